/* SPDX-License-Identifier: MIT */
/*
 * The heap map and the cache in front of it, for those who make runs and states: see state.h
 * for what they are.
 */
#ifndef MOONLET_HEAP_H
#define MOONLET_HEAP_H

#include "state/state.h"

/* A new run's. */
void heap_init_cache(Run *R);
/* Nothing that is in the cache is what the run sees. */
void heap_new_view(Run *R);

/* The object is found in box there. */
void heap_put(Hamt *heap, void *object, uint64_t *box, uint64_t token);
#ifndef NDEBUG
/* The map of a state with this next id and epoch is sound: see check_state.h. O(n). */
void heap_check(const Hamt *heap, uint64_t next_id, uint64_t epoch);
#endif
/* An UndoFn for the State that is the context: what its object contained is written back
 * where it was written over, in a box of the state or in the object. */
void heap_put_back(void *state, const UndoEntry *e);

#endif
