/* SPDX-License-Identifier: MIT */
/*
 * The limit on memory that is alive: what the run's program can reach, and what its snapshots
 * keep besides (trace/measure.h).
 *
 *   measured        allocated since          may be reached
 *   |-- held -----|-- mem_used() - held_from -->|
 *   0                                        limits.held
 *
 * It is measured when what was alive and what was allocated since may together exceed the
 * limit, but not before a quarter of the limit has been allocated. Otherwise a program that is
 * close to the limit would do nothing but measure. So when a run stops, what it holds exceeds
 * the limit by at most a quarter, and by the last thing that it has allocated. The last measure
 * is part of the state (Collection), so many short runs are measured as seldom as a long one.
 *
 * Strings are asked for before they are made. One that is longer than what may be allocated
 * until the next measure has that done at once, and is made if there is room then.
 *
 * While a C function waits nothing can be measured. Then all that is allocated counts as alive,
 * and the limit is three times as high.
 */
#ifndef MOONLET_HELD_H
#define MOONLET_HELD_H

#include "node/node.h"
#include "stack/machine.h"

/* To be called when the run begins, and when it goes on from another state. */
void held_begin(Machine *M);
/* To be called when it ends, or pauses. */
void held_end(Machine *M);
/* To be called before a snapshot in mid-run. */
void held_fork(Machine *M);
/* The value of mem_used() at which it is to be measured again. */
int64_t held_bound(const Machine *M);
/* Measures, at a poll at node n, if it is time. Answers true if the run must stop,
 * and gives the reason, M->stop. */
bool held_stops(Machine *M, const Node *n, Value *fp);
/* Whether a string has no room because of what may be alive, though there is room when garbage
 * since the last measure does not count. Then whoever wanted it is to begin again at n, where
 * the run would stop; else it has to stop. */
bool held_makes_room(Machine *M, const Node *n, Value *fp);

#endif
