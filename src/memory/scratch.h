/* SPDX-License-Identifier: MIT */
/*
 * Scratch: zeroed blocks of 4 KB outside of the heap. Traces look through the heap with them,
 * also when there is no other memory: without them nothing would be found that can be given
 * back.
 *
 *   regions   address space, a 32nd of the heap, which grows with it; untouched until needed
 *
 * Blocks come from malloc, and from the regions only when there is nothing else. These are one
 * thread's at a time: another one that needs them waits until that is done.
 *
 * Invariant: whoever has the regions finds all of their blocks free.
 * Cost: that of calloc; O(regions) for a block of theirs.
 */
#ifndef MOONLET_SCRATCH_H
#define MOONLET_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

enum { SCRATCH_BLOCK = 4 << 10 };

/* A zeroed block. Answers NULL if there is none. With `sure` it may come from the regions,
 * which then are this thread's until scratch_leave. */
void *scratch_new(bool sure);
void scratch_free(void *block);
/* The regions are not needed any more: all blocks of theirs have been freed. */
void scratch_leave(void);

/* Says how large the heap is now. Answers whether the regions are to be filled. No system
 * call. */
bool scratch_want(size_t heap);
/* Makes the regions as large as is wanted. Answers false if there is no memory for that. */
bool scratch_fill(void);

#endif
