/* SPDX-License-Identifier: MIT */
/*
 * Checks of the invariants that state.h, stack.h and undo.h number. What does not hold ends
 * the process, with words that say what should. In builds with NDEBUG there is nothing of it.
 *
 * Cost: O(1), and for segment_check O(segments), of which it looks at 20; but the heap map,
 * now and then: each check of a state pays for 64 entries, and when enough has been paid for
 * the whole map, that is checked. state_check_whole and undo_check take O(what there is).
 */
#ifndef MOONLET_CHECK_STATE_H
#define MOONLET_CHECK_STATE_H

#include "state/state.h"

#ifndef NDEBUG
/* A state that has just been made, or is gone on from. */
void state_check(const State *s);
/* The same, with its heap map. For one that is nobody's own. */
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
