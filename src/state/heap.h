/* SPDX-License-Identifier: MIT */
/*
 * The heap map and the cache in front of it, for those who make runs and states: see state.h
 * for what they are.
 */
#ifndef MOONLET_HEAP_H
#define MOONLET_HEAP_H

#include "state/state.h"

/* Gives a new run its cache. */
void heap_init_cache(Run *R);
/* Makes all entries of the cache invalid for the run. */
void heap_new_view(Run *R);

/* Puts an entry into the map: the object's contents are in box. */
void heap_put(Hamt *heap, void *object, uint64_t *box, uint64_t token);
#ifndef NDEBUG
/* The map of a state with this next id and epoch is sound: see check_state.h. O(n). */
void heap_check(const Hamt *heap, uint64_t next_id, uint64_t epoch);
#endif
/* An UndoFn, whose context is a State. It writes the old contents of the entry's object back
 * to where they were written over: in a box of that state, or in the object. */
void heap_put_back(void *state, const UndoEntry *e);

#endif
