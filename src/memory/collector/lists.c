/* SPDX-License-Identifier: MIT */
/*
 * Lists of small free blocks, which each thread has of its own, and how they are filled.
 *
 * Main invariant: a thread that is not attached has the cache in which nothing is free.
 */
#include "memory/collector/collector.h"

#include <sched.h>

#ifndef MOONLET_MALLOC

enum {
    SPINS = 20000,     /* before others are let run: see take_turn */
    ASKED_FOR_ONE = 4, /* so often is asked before a list more is fetched */
    LIST_BYTES = 4096, /* what a list of free blocks has */
    TRAY_BYTES = 4096, /* what is in a full one; a block of the collector's is as large */
    TRAY_TRIES = 3
};

MemTray collector_no_tray;
MemCache collector_no_cache;
MEM_THREAD MemCache *mem_cache = &collector_no_cache;

static void *list_of(size_t size_class, int kind)
{
    void *list = NULL;
    collector_begin_asking();
    GC_generic_malloc_many(size_class * MEM_GRANULE, kind, &list);
    collector_end_asking();
    return list;
}

/* Several threads have to hand the collector's words from processor to processor. So each takes
 * some lists at once, of the sizes that it keeps asking for. One that waits for its turn does
 * not sleep, for that takes longer than what is done here. */
static struct Turn {
    _Alignas(CACHE_LINES) atomic_int taken;
    char alone[CACHE_LINES - sizeof(atomic_int)];
} turn;

static void take_turn(void)
{
    for (unsigned spins = 1;; spins++) {
        if (!atomic_load_explicit(&turn.taken, memory_order_relaxed) &&
            !atomic_exchange_explicit(&turn.taken, 1, memory_order_acquire))
            return;
        if (spins % SPINS == 0) sched_yield();
    }
}

static void end_turn(void) { atomic_store_explicit(&turn.taken, 0, memory_order_release); }

void collector_forget_turn(void) { end_turn(); }

static void *try_list(size_t size_class)
{
    MemCache *cache = mem_cache;
    if (cache->more[size_class]) return cache->lists[size_class][--cache->more[size_class]];
    if (!collector_has_several_threads()) return list_of(size_class, GC_I_NORMAL);
    take_turn();
    void *list = list_of(size_class, GC_I_NORMAL);
    uint8_t want = cache->asked[size_class] / ASKED_FOR_ONE;
    for (uint8_t i = 0; list && i < want; i++) {
        void *another = list_of(size_class, GC_I_NORMAL);
        if (!another) break;
        cache->lists[size_class][cache->more[size_class]++] = another;
    }
    end_turn();
    if (want < MEM_LISTS) cache->asked[size_class]++;
    return list;
}

uint64_t collector_used_for_sizes;

void collector_use_all_sizes(void)
{
    uint64_t before = GC_get_total_bytes();
    for (size_t c = 1; c < MEM_CLASSES; c++) {
        if (!mem_cache->free[c]) try_list(c); /* and dropped: kept, it would be marked */
    }
    for (size_t size = MEM_SMALL_MAX; size < 4096; size += 256)
        GC_free(collector_try_atomic(size));
    collector_used_for_sizes += GC_get_total_bytes() - before;
}

void collector_tend(void)
{
    collector_start_helpers();
    if (__builtin_expect(atomic_load_explicit(&collector_wants_reserve, memory_order_relaxed),
                         0))
        collector_start_reserve();
}

void *mem_refill(size_t size_class)
{
    mem_thread_attach();
    collector_tend();
    void **p = backend_sure_of(try_list, size_class, LIST_BYTES);
    mem_cache->free[size_class] = *p;
    *p = NULL;
    return p;
}

typedef struct TrayFill {
    MemTray *tray;
    void *list;
    GC_word collection;
} TrayFill;

/* Called under the allocation lock, so that no collection can come in between. */
static void *tray_fill(void *context)
{
    TrayFill *fill = context;
    if (GC_get_gc_no() != fill->collection) return NULL;
    MemTray *tray = fill->tray;
    for (void **p = fill->list; p && tray->count < tray->room; p = *p)
        tray->slots[tray->count++] = p;
    return tray;
}

static size_t tray_room(size_t size_class) { return TRAY_BYTES / (size_class * MEM_GRANULE); }

/* The thread's, with room for so many lists at least. */
static MemTray *tray_of(size_t size_class, size_t lists)
{
    MemTray *tray = mem_cache->trays[size_class];
    size_t room = lists * tray_room(size_class);
    if (tray->room >= room) return tray;
    tray = mem_alloc(sizeof(MemTray) + room * sizeof(void *));
    tray->room = room;
    mem_cache->trays[size_class] = tray;
    return tray;
}

/* The links of a list of pointer-free blocks count for nothing in a collection: when
 * there was one since the list was made, the list is dropped and another made. */
static bool tray_add(MemTray *tray, size_t size_class)
{
    TrayFill fill = {.tray = tray};
    for (int i = 0; i < TRAY_TRIES; i++) {
        fill.collection = GC_get_gc_no();
        fill.list = list_of(size_class, GC_I_PTRFREE);
        if (!fill.list) return false;
        if (GC_call_with_alloc_lock(tray_fill, &fill)) return true;
    }
    return false;
}

static void *try_tray(size_t size_class)
{
    MemCache *cache = mem_cache;
    bool several = collector_has_several_threads();
    uint8_t more = several ? cache->asked_atomic[size_class] / ASKED_FOR_ONE : 0;
    MemTray *tray = tray_of(size_class, (size_t)more + 1);
    if (several) take_turn();
    bool added = tray_add(tray, size_class);
    for (uint8_t i = 0; added && i < more && tray_add(tray, size_class); i++) continue;
    if (several) end_turn();
    if (several && more < MEM_LISTS) cache->asked_atomic[size_class]++;
    if (!added) return NULL;
    void *p = tray->slots[--tray->count];
    tray->slots[tray->count] = NULL;
    return p;
}

void *mem_refill_atomic(size_t size_class)
{
    mem_thread_attach();
    collector_tend();
    return backend_sure_of(try_tray, size_class, LIST_BYTES);
}

#endif
