/* SPDX-License-Identifier: MIT */
/*
 * The reserve; see reserve.h.
 *
 * Main invariant: a block is in one place of `blocks` or given out, never both: places are
 * emptied and filled by one atomic exchange.
 */
#include "memory/reserve.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "memory/inject.h"
#include "memory/mem.h"

static _Atomic(void *) blocks[RESERVE_BLOCKS];
static atomic_int count, wanted;            /* blocks */
static atomic_size_t given = RESERVE_LEAST; /* bytes that the back-end has and nobody took */
static atomic_size_t size = RESERVE_LEAST;  /* of the whole */
static atomic_uint promised;                /* shares */
static atomic_bool was_given;
static _Atomic uint64_t total;

/* How often the reserve has become whole: what a thread took before is there again. */
static atomic_uint filled;
static MEM_THREAD size_t taken; /* bytes, since then */
static MEM_THREAD unsigned taken_since;

static void settle(void)
{
    unsigned now = atomic_load_explicit(&filled, memory_order_relaxed);
    if (taken_since != now) taken = 0;
    taken_since = now;
}

/* Taking ------------------------------------------------------------------------------ */

size_t reserve_give(void)
{
    size_t n = 0;
    for (int i = 0; i < RESERVE_BLOCKS && n < RESERVE_GIVEN && atomic_load(&count); i++) {
        void *block = atomic_load(&blocks[i]) ? atomic_exchange(&blocks[i], NULL) : NULL;
        if (!block) continue;
        atomic_fetch_sub(&count, 1);
        reserve_block_free(block);
        n++;
    }
    atomic_fetch_add(&given, n * RESERVE_BLOCK);
    return n;
}

/* Takes no more than there is. Answers what is missing. */
static size_t take_given(size_t want)
{
    size_t there = atomic_load(&given), take;
    do {
        take = there < want ? there : want;
    } while (!atomic_compare_exchange_weak(&given, &there, there - take));
    return want - take;
}

bool reserve_take(size_t want)
{
    settle();
    taken += want;
    while ((want = take_given(want))) {
        if (!reserve_give()) return false;
        atomic_store(&was_given, true);
    }
    return true;
}

void reserve_count(size_t want)
{
    settle();
    taken += want;
    take_given(want);
}

void reserve_taken_all(void) { atomic_store(&given, 0); }

/* Filling ----------------------------------------------------------------------------- */

uint64_t reserve_total(void) { return atomic_load_explicit(&total, memory_order_relaxed); }

static bool put_block(_Atomic(void *) *place)
{
    void *block = inject_failure() ? NULL : reserve_block_new(), *nothing = NULL;
    if (!block) return false;
    atomic_fetch_add(&total, RESERVE_BLOCK);
    take_given(RESERVE_BLOCK);
    taken -= taken < RESERVE_BLOCK ? taken : RESERVE_BLOCK;
    if (atomic_compare_exchange_strong(place, &nothing, block))
        atomic_fetch_add(&count, 1);
    else
        reserve_block_free(block);
    return true;
}

bool reserve_want(size_t bytes)
{
    size_t n = bytes / RESERVE_BLOCK;
    int want = n < RESERVE_BLOCKS ? (int)n : RESERVE_BLOCKS, now = atomic_load(&wanted);
    while (want > now)
        if (atomic_compare_exchange_weak(&wanted, &now, want)) return true;
    return false;
}

bool reserve_want_shares(unsigned more)
{
    return reserve_want(((size_t)atomic_load(&promised) + more) * RESERVE_THREAD);
}

bool reserve_fill(void)
{
    settle();
    atomic_store(&was_given, false);
    int end = atomic_load(&wanted);
    for (int i = 0; i < end; i++)
        if (!atomic_load(&blocks[i]) && !put_block(&blocks[i])) return false;
    atomic_store(&given, 0);
    atomic_store(&size, (size_t)end * RESERVE_BLOCK);
    atomic_fetch_add(&filled, 1);
    return true;
}

/* Shares ------------------------------------------------------------------------------ */

/* What there is when all blocks are in their places. */
static size_t whole(void) { return atomic_load_explicit(&size, memory_order_relaxed); }

static size_t there(void) { return reserve_bytes() + atomic_load(&given); }

static size_t share(void)
{
    unsigned threads = atomic_load(&promised);
    size_t each = threads ? whole() / threads : whole();
    return each > RESERVE_THREAD ? each : RESERVE_THREAD;
}

unsigned reserve_promise(unsigned threads, bool sure)
{
    unsigned now = atomic_load(&promised), more;
    do {
        size_t all = there() / RESERVE_THREAD, left = all > now ? all - now : 0;
        more = sure || threads <= left ? threads : (unsigned)left;
    } while (!atomic_compare_exchange_weak(&promised, &now, now + more));
    return more;
}

void reserve_break_promises(unsigned threads) { atomic_fetch_sub(&promised, threads); }
void reserve_promise_one(bool is_promised) { atomic_store(&promised, is_promised); }

size_t reserve_bytes(void)
{
    return (size_t)atomic_load_explicit(&count, memory_order_relaxed) * RESERVE_BLOCK;
}

bool reserve_is_low(void) { return reserve_total() && reserve_bytes() < whole(); }
bool reserve_was_given(void) { return atomic_load_explicit(&was_given, memory_order_relaxed); }

static size_t taken_here(void)
{
    settle();
    return taken;
}

bool reserve_is_falling(void)
{
    return 4 * taken_here() > share() || 4 * there() < 3 * whole();
}

bool reserve_is_spent(void) { return 2 * taken_here() > share() || 2 * there() < whole(); }
