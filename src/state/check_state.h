/* SPDX-License-Identifier: MIT */
/*
 * Checks of the invariants that state.h, stack.h and undo.h number. If one does not hold, the
 * process ends with words that say what should hold. Builds with NDEBUG have no checks.
 *
 * Cost: O(1). segment_check looks at no more than 20 segments. The heap map is checked now and
 * then only: each check of a state pays for 64 entries, and when a whole map has been paid for,
 * it is checked. state_check_whole and undo_check take O(what there is).
 */
#ifndef MOONLET_CHECK_STATE_H
#define MOONLET_CHECK_STATE_H

#include "state/state.h"

#ifndef NDEBUG
/* A state that has just been made, or is gone on from. */
void state_check(const State *s);
/* Checks a state with its heap map. It must be nobody's own snapshot. */
void state_check_whole(const State *s);
/* A run between two things that it does. */
void run_check(const Run *R);
/* The top segment of a stack, and those below. */
void segment_check(const Segment *s);
/* What was put aside for the snapshot with this epoch: alone, and from u on. */
void undo_check(const UndoList *alone, const Undo *u, uint64_t epoch);
#else
static inline void state_check(const State *s) {}
static inline void state_check_whole(const State *s) {}
static inline void run_check(const Run *R) {}
static inline void segment_check(const Segment *s) {}
static inline void undo_check(const UndoList *alone, const Undo *u, uint64_t epoch) {}
#endif

#endif
