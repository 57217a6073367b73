/* SPDX-License-Identifier: MIT */
/*
 * The list of watched blocks.
 *
 * Main invariant: the list is in memory that the collector does not look at, and is changed
 * under the collector's lock only. The first `lost` items are those that a collection has
 * found unreachable.
 */
#include "memory/watch.h"

#include <stdlib.h>

bool watch_waiting;

#ifdef MOONLET_MALLOC

void watch_add(void *block, WatchLostFn *lost, const void *context)
{
    (void)block, (void)lost, (void)context;
}

void watch_sweep(void) {}
void watch_give_back_slow(void) {}
void watch_forget(void) {}

#else

#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>
#include <gc/gc_mark.h>

typedef struct Watched {
    uintptr_t hidden;
    WatchLostFn *lost;
    const void *context;
} Watched;

/* Changed under the collector's lock. In memory that it does not look at. */
static Watched *list;
static size_t count, size;
static size_t lost;

static bool grow(void)
{
    size_t more = size ? 2 * size : 64;
    Watched *grown = realloc(list, more * sizeof *grown);
    if (!grown) return false;
    list = grown;
    size = more;
    return true;
}

static void *add(void *w)
{
    if (count == size && !grow()) return NULL;
    list[count++] = *(const Watched *)w;
    return list;
}

void watch_add(void *block, WatchLostFn *fn, const void *context)
{
    Watched w = {(uintptr_t)GC_HIDE_POINTER(block), fn, context};
    mem_thread_attach();
    GC_call_with_alloc_lock(add, &w);
    GC_reachable_here(block);
}

static void swap(size_t i, size_t j)
{
    Watched w = list[i];
    list[i] = list[j];
    list[j] = w;
}

void watch_sweep(void)
{
    for (size_t i = lost; i < count; i++)
        if (!GC_is_marked(GC_REVEAL_POINTER(list[i].hidden))) swap(i, lost++);
    for (size_t i = 0; i < lost; i++) GC_set_mark_bit(GC_REVEAL_POINTER(list[i].hidden));
    if (lost) __atomic_store_n(&watch_waiting, true, __ATOMIC_RELAXED);
}

typedef struct Taken {
    void *block;
    Watched watched;
} Taken;

/* The last of the lost; its place goes to the last of all. */
static void *take(void *to)
{
    Taken *t = to;
    if (!lost) {
        __atomic_store_n(&watch_waiting, false, __ATOMIC_RELAXED);
        return NULL;
    }
    t->watched = list[--lost];
    t->block = GC_REVEAL_POINTER(t->watched.hidden);
    list[lost] = list[--count];
    return t;
}

void watch_give_back_slow(void)
{
    mem_thread_attach();
    for (Taken t; GC_call_with_alloc_lock(take, &t);) {
        t.watched.lost(t.block, t.watched.context);
        GC_reachable_here(t.block);
    }
}

static void *forget(void *unused)
{
    count = lost = 0;
    return unused;
}

void watch_forget(void) { GC_call_with_alloc_lock(forget, NULL); }

#endif
