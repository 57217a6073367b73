/* SPDX-License-Identifier: MIT */
/*
 * The reserve; see reserve.h.
 *
 * Main invariant: a block is in one place of `blocks` or given out, never both: places are
 * emptied and filled by one atomic exchange.
 */
#include "reserve.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "mem.h"

static _Atomic(void *) blocks[RESERVE_BLOCKS];
static atomic_int count, most; /* blocks there, and the most there ever were */
static atomic_int wanted;
static MEM_THREAD size_t left; /* of what this thread has had given to the back-end */

static size_t give(void)
{
    size_t given = 0;
    for (int i = 0; i < RESERVE_BLOCKS && given < RESERVE_GIVEN; i++) {
        void *block = atomic_exchange(&blocks[i], NULL);
        if (!block) continue;
        atomic_fetch_sub(&count, 1);
        reserve_block_free(block);
        given++;
    }
    return given * RESERVE_BLOCK;
}

bool reserve_take(size_t size)
{
    while (left < size) {
        size_t given = give();
        if (!given) return false;
        left += given;
    }
    left -= size;
    return true;
}

void reserve_taken_all(void) { left = 0; }

static _Atomic uint64_t total;

uint64_t reserve_total(void) { return atomic_load_explicit(&total, memory_order_relaxed); }

static bool put_block(_Atomic(void *) *place)
{
    void *block = reserve_block_new(), *nothing = NULL;
    if (!block) return false;
    atomic_fetch_add(&total, RESERVE_BLOCK);
    if (!atomic_compare_exchange_strong(place, &nothing, block)) {
        reserve_block_free(block);
        return true;
    }
    int now = atomic_fetch_add(&count, 1) + 1;
    if (now > atomic_load(&most)) atomic_store(&most, now);
    return true;
}

bool reserve_want(size_t bytes)
{
    size_t n = bytes / RESERVE_BLOCK;
    int blocks_wanted = n < RESERVE_BLOCKS ? (int)n : RESERVE_BLOCKS;
    if (blocks_wanted <= atomic_load(&wanted)) return false;
    atomic_store(&wanted, blocks_wanted);
    return true;
}

bool reserve_fill(void)
{
    left = 0;
    for (int i = 0, end = atomic_load(&wanted); i < end; i++)
        if (!atomic_load(&blocks[i]) && !put_block(&blocks[i])) return false;
    return true;
}

size_t reserve_bytes(void)
{
    return (size_t)atomic_load_explicit(&count, memory_order_relaxed) * RESERVE_BLOCK;
}

bool reserve_is_low(void)
{
    return atomic_load_explicit(&count, memory_order_relaxed) <
           atomic_load_explicit(&most, memory_order_relaxed);
}

bool reserve_is_falling(void) { return 4 * atomic_load(&count) < 3 * atomic_load(&most); }
bool reserve_is_spent(void) { return 2 * atomic_load(&count) < atomic_load(&most); }
