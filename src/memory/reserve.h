/* SPDX-License-Identifier: MIT */
/*
 * The reserve: memory kept for when there is no other.
 *
 *   blocks [ p | p | p | 0 | 0 ]     4 KB each, of threads together; 0: given to the back-end
 *
 * What is small must never be refused: structures are changed in place, and there is no way
 * back from the middle of a change. So when the back-end says no, blocks are given to it, one
 * after the other, until it says yes, and the thread is told (mem_short in mem.h): it raises
 * an error at its next poll. Between two polls a thread allocates less than its share.
 *
 * A program may have many threads, which all lack memory at once. So each has a share of the
 * reserve, promised to it before it is started: what one thread takes, another one has still.
 * Before the reserve is filled for the first time, what the first heap has free stands for it.
 *
 * Invariants:
 *  1. a block is either in its place or the back-end's; any thread may take or put one.
 *  2. the reserve is filled again from what the back-end gives freely, and from nothing else.
 *  3. a share is promised only when there is as much in the reserve as all shares take
 *     together; but a thread that comes from outside has one whatever there is.
 *
 * Internal to src/memory: the back-ends use it.
 */
#ifndef MOONLET_RESERVE_H
#define MOONLET_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block is as large as one of the collector's. Each of those needs a header, which comes
 * back with it; there may be no memory for others. They are given sixteen at a time.
 *
 * A share is what a thread takes in a shortage from when it attaches until it has raised an
 * error: a machine and its first frames, blocks of each size. */
enum {
    RESERVE_BLOCK = 4 << 10,
    RESERVE_THREAD = 128 << 10,
    RESERVE_THREADS = 256,
    RESERVE_BLOCKS = RESERVE_THREADS * RESERVE_THREAD / RESERVE_BLOCK,
    RESERVE_HEAP_MAX = 4 << 20, /* for a heap of any size with few threads */
    RESERVE_LEAST = 256 << 10,
    RESERVE_GIVEN = 16
};

/* The back-end's: a block that is not collected, and never contains pointers; or NULL. */
void *reserve_block_new(void);
void reserve_block_free(void *block);
/* The back-end's: fills the reserve, which is to have shares for so many threads more. */
void mem_fill_reserve(unsigned more);
/* Does what mem_thread_attach does, for a thread that was promised its share. */
void mem_thread_attach_promised(void);

/* Takes so many bytes of what has been given to the back-end, and more is given if need be.
 * Answers false when nothing is left. */
bool reserve_take(size_t size);
/* Does what reserve_take does, with what has been given: in a shortage the back-end may say yes
 * because of it. */
void reserve_count(size_t size);
/* Says that reserve_take was wrong: what was given is used up, or somebody else's. */
void reserve_taken_all(void);
/* Gives some blocks to the back-end, if there are any. Answers how many. */
size_t reserve_give(void);
/* The reserve is to have at least so many bytes from now on. Answers false if it was to have
 * them before. */
bool reserve_want(size_t bytes);
/* And the shares that are promised, and so many more. */
bool reserve_want_shares(unsigned more);
/* Fills what is missing. Answers true if nothing is missing then. O(blocks missing), each a
 * page fault. */
bool reserve_fill(void);
/* Promises shares to so many threads more. Answers to how many; without `sure` those that are
 * there. */
unsigned reserve_promise(unsigned threads, bool sure);
void reserve_break_promises(unsigned threads);
/* Says, in a process that has just been forked, that this thread has a share, or nobody has. */
void reserve_promise_one(bool promised);
/* Bytes ever put in the reserve. */
uint64_t reserve_total(void);
/* Bytes in the reserve; whether some of what there was is missing. */
size_t reserve_bytes(void);
bool reserve_is_low(void);
/* Whether reserve_take has given some since reserve_fill. */
bool reserve_was_given(void);
/* Whether this thread has taken a quarter of its share, or half of it; or as much is missing of
 * the whole. */
bool reserve_is_falling(void);
bool reserve_is_spent(void);

#endif
