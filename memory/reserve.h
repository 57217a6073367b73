/* SPDX-License-Identifier: MIT */
/*
 * The reserve: memory kept for when there is no other.
 *
 *   blocks [ p | p | p | 0 | 0 ]     4 KB each, up to 4 MB together; 0: given to the back-end
 *
 * What is small must never be refused: structures are changed in place, and there is no way
 * back from the middle of a change. So when the back-end says no, blocks are given to it, one
 * after the other, until it says yes, and the thread is told (mem_short in mem.h): it raises
 * an error at its next poll. Between two polls a thread allocates less than the reserve.
 *
 * Invariants:
 *  1. a block is either in its place or the back-end's; any thread may take or put one.
 *  2. the reserve is filled again from what the back-end gives freely, and from nothing else.
 *
 * Internal to memory/mem.c, which is the back-end.
 */
#ifndef MOONLET_RESERVE_H
#define MOONLET_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block is as large as one of the collector's. Each of those needs a header, which comes
 * back with it; there may be no memory for others. They are given sixteen at a time. */
enum { RESERVE_BLOCK = 4 << 10, RESERVE_BLOCKS = 1024, RESERVE_GIVEN = 16 };

/* The back-end's: a block that is not collected, and never contains pointers; or NULL. */
void *reserve_block_new(void);
void reserve_block_free(void *block);

/* This thread may take so many bytes more of what has been given to the back-end, and more is
 * given if need be. Answers false when nothing is left. */
bool reserve_take(size_t size);
/* Says that reserve_take was wrong: what was given is used up, or somebody else's. */
void reserve_taken_all(void);
/* The reserve is to have at least so many bytes from now on. Answers false if it was to have
 * them before. */
bool reserve_want(size_t bytes);
/* Fills what is missing. Answers true if nothing is missing then. O(blocks missing), each a
 * page fault. */
bool reserve_fill(void);
/* Bytes ever put in the reserve. */
uint64_t reserve_total(void);
/* Bytes in the reserve; whether some of what there was is missing, a quarter, a half. */
size_t reserve_bytes(void);
bool reserve_is_low(void);
bool reserve_is_falling(void);
bool reserve_is_spent(void);

#endif
