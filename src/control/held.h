/* SPDX-License-Identifier: MIT */
/*
 * The limit on memory that is alive: what the run's program can reach, and what its snapshots
 * keep besides (state/measure.h).
 *
 *   measured        allocated since          may be reached
 *   |-- held -----|-- mem_used() - held_from -->|
 *   0                                        held_max
 *
 * It is measured when what was alive and what was allocated since together may exceed the
 * limit; but not before a quarter of the limit has been allocated, so that a program close
 * to it gets on. So when a run stops, what it holds is at most a quarter above the limit, and
 * the one thing that it has allocated last. The last measure is the state's own (Collection),
 * so that many short runs are measured as seldom as a long one.
 *
 * While a C function waits nothing can be measured: all that is allocated counts as alive
 * then, and the limit is three times as high.
 */
#ifndef MOONLET_HELD_H
#define MOONLET_HELD_H

#include "link/node.h"
#include "stack/machine.h"

/* The run begins, or goes on from another state. */
void held_begin(Machine *M);
/* Where mem_used() is when to measure again. */
int64_t held_bound(const Machine *M);
/* At a poll, at a node: measures if it is time; true: the run must stop. */
bool held_reached(Machine *M, const Node *n, Value *fp);

#endif
