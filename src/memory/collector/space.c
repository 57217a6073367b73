/* SPDX-License-Identifier: MIT */
/*
 * Space: what is kept of memory for when there is no other.
 *
 * Main invariant: the heap never takes the last space, which its headers need; see keep_space.
 */
#include "memory/collector/collector.h"
#include "memory/scratch.h"

#include <sys/mman.h>

#ifndef MOONLET_MALLOC

/* Filling it takes as long as starting the whole program does, so it is a share of the heap. */
enum { RESERVE_SHARE = 16 };
atomic_bool collector_wants_reserve;

/* Space for the headers that the collector makes for each of its blocks, a twelfth of them,
 * when it begins to use what was added to the heap, which is an eighth; and for its stack.
 * Without headers it goes wrong. So it is not to take the last space there is for the heap:
 * when hardly any is left, what is kept here is given, and the heap grows no more until it can
 * be kept again. */
enum { SPARE_SHARE = 32 };
static _Atomic(void *) spare_space;
static _Atomic size_t spare_bytes;
bool collector_is_limited;

size_t collector_spare_wanted(size_t heap)
{
    return heap / SPARE_SHARE > SPARE_LEAST ? heap / SPARE_SHARE : SPARE_LEAST;
}

void *collector_map_space(size_t bytes)
{
    void *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return space == MAP_FAILED ? NULL : space;
}

static void limit_heap(size_t size)
{
    if (!collector_is_limited) GC_set_max_heap_size(size);
}

static void give_space(void)
{
    void *space = atomic_exchange(&spare_space, NULL);
    if (space) munmap(space, atomic_load(&spare_bytes));
}

/* One thread's at a time: there is none, or it is to be larger. */
static void keep_space(void)
{
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    size_t bytes = collector_spare_wanted(GC_get_heap_size());
    if (atomic_load(&spare_space) && atomic_load(&spare_bytes) >= bytes) return;
    if (atomic_flag_test_and_set(&busy)) return;
    give_space();
    void *space = collector_map_space(bytes);
    if (space) {
        atomic_store(&spare_bytes, bytes);
        atomic_store(&spare_space, space);
        limit_heap(0);
    }
    atomic_flag_clear(&busy);
}

void collector_watch_space(size_t heap)
{
    void *probe = collector_map_space(collector_spare_wanted(heap));
    if (probe) {
        munmap(probe, collector_spare_wanted(heap));
        return;
    }
    give_space();
    limit_heap(heap);
}

void collector_want_reserve(size_t heap)
{
    size_t share = heap / RESERVE_SHARE;
    if (share < RESERVE_LEAST) share = RESERVE_LEAST;
    bool more = reserve_want(share < RESERVE_HEAP_MAX ? share : RESERVE_HEAP_MAX);
    bool spare = atomic_load(&spare_bytes) < collector_spare_wanted(heap);
    if (scratch_want(heap) || more || spare)
        atomic_store_explicit(&collector_wants_reserve, true, memory_order_relaxed);
}

void reserve_block_free(void *block)
{
    GC_free(block);
    give_space();
}

/* A heap that grows no more may grow by what the reserve lacks, if there is more space than
 * that takes with its headers: what was kept for them and was not needed. */
static bool fill_stopped(void)
{
    enum { STEP = 1 << 20 };
    size_t heap = GC_get_heap_size() + GC_get_unmapped_bytes();
    size_t needed = collector_spare_wanted(heap) / 2 + 2 * STEP;
    void *probe = collector_is_limited ? NULL : collector_map_space(needed);
    if (!probe) return false;
    munmap(probe, needed);
    limit_heap(heap + STEP);
    bool filled = reserve_fill();
    limit_heap(GC_get_heap_size() + GC_get_unmapped_bytes());
    return filled;
}

static _Atomic GC_word
    low_since; /* the collection after which the reserve was last tried to fill */

static bool fill(void)
{
    if (!reserve_total()) collector_use_all_sizes();
    atomic_store_explicit(&low_since, GC_get_gc_no(), memory_order_relaxed);
    bool filled = reserve_fill() || fill_stopped();
    scratch_fill();
    if (filled) keep_space();
    return filled;
}

bool mem_is_low(void)
{
    if (!reserve_is_low()) return false;
    GC_word since = atomic_load_explicit(&low_since, memory_order_relaxed);
    return reserve_was_given() || since != GC_get_gc_no();
}

/* Each request would soon collect again if less than this share of the heap were free. */
enum { FREE_SHARE = 16 };

bool mem_recover(void)
{
    bool error = backend_refused;
    inject_reported();
    backend_refused = false;
    backend_refuse_nothing();
    if (reserve_is_falling()) backend_collect_after(0);
    bool filled = fill();
    mem_short = !filled && reserve_is_falling();
    backend_lacked = backend_lacked && GC_get_free_bytes() <= GC_get_heap_size() / FREE_SHARE;
    return filled && !error && !backend_lacked;
}

static void (*_Atomic when_grown)(void);

void mem_when_grown(void (*prepare)(void)) { atomic_store(&when_grown, prepare); }

/* Filling the reserve takes as long as all else that a start does, and so it waits until hardly
 * more is left of the first heap than it needs, which many programs do not come to. Requests
 * that fail on purpose fail at once. */
enum { RESERVE_FROM = RESERVE_LEAST + RESERVE_THREAD };

void collector_start_reserve(void)
{
    if (!INJECTS && !reserve_total() && GC_get_free_bytes() > RESERVE_FROM) return;
    if (!atomic_exchange(&collector_wants_reserve, false)) return;
    void (*prepare)(void) = atomic_exchange(&when_grown, NULL);
    if (prepare) prepare();
    fill();
}

void mem_fill_reserve(unsigned more)
{
    reserve_want_shares(more);
    fill();
}

#endif
