/* SPDX-License-Identifier: MIT */
/*
 * What the points of a recording hold, and that it stays within bounds.
 *
 * At any poll, the program and the points together take no more than the most that the program
 * has taken by itself, and Record.bytes, and the first state. (Bytes are counted as they were
 * asked for.) For what that is known of:
 *
 *   looked at      allocated since
 *   [own | held ]  [ .............. ]      points hold of this at most held, and what has been
 *                                          allocated since
 *   size, size, size                       or what each of them takes by itself
 *
 * The less of the two is to be within the bound. If it is not, and if looking is not too dear,
 * somebody looks; else points are dropped, until it is.
 */
#ifndef MOONLET_RECORD_BOUND_H
#define MOONLET_RECORD_BOUND_H

#include "record/record.h"
#include "state/undo.h"

/* Bytes that the thread has allocated: what counts for programs, and logs for what is kept. */
static inline int64_t bound_used(void) { return mem_used() + (int64_t)undo_logged; }
/* The recording of a run begins. */
void bound_begin(Record *r);
/* What a point holds at most that is taken now. O(1). */
uint64_t bound_size(const Record *r);
/* Drops points that hold too much, when the run is at n after so many steps. O(points); looks
 * take a thirtieth of the time. */
void bound_points(Record *r, Machine *M, const Node *n, Value *fp, uint64_t step);

#endif
