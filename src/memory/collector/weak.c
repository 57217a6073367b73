/* SPDX-License-Identifier: MIT */
/*
 * Weak pointers and lists over the collector.
 *
 * Main invariant: a slot holds a hidden word, or 0 since its object is gone.
 */
#include "memory/collector/collector.h"

#include <stdlib.h>

#ifndef MOONLET_MALLOC

static MemWeakList *weak_lists; /* changed under the allocation lock */
void collector_sweep_lists(void)
{
    for (MemWeakList *l = weak_lists; l; l = l->next)
        for (uint32_t i = 0; i < l->count; i++)
            if (l->slots[i] && !GC_is_marked(GC_REVEAL_POINTER(l->slots[i]))) l->slots[i] = 0;
}

static void *try_link(size_t slot)
{
    collector_begin_asking();
    int answer = GC_general_register_disappearing_link((void **)slot,
                                                       GC_REVEAL_POINTER(*(uintptr_t *)slot));
    collector_end_asking();
    return answer == GC_NO_MEMORY ? NULL : (void *)slot;
}

static void register_link(uintptr_t *slot)
{
    backend_sure_of(try_link, (size_t)slot, MEM_SMALL_MAX);
}

void mem_weak_set(uintptr_t *slot, void *object)
{
    mem_thread_attach();
    *slot = (uintptr_t)GC_HIDE_POINTER(object);
    register_link(slot);
    GC_reachable_here(object);
}

static void *weak_reveal(void *slot)
{
    uintptr_t hidden = *(const uintptr_t *)slot;
    return hidden ? GC_REVEAL_POINTER(hidden) : NULL;
}

void *mem_weak_get(const uintptr_t *slot)
{
    mem_thread_attach();
    return GC_call_with_alloc_lock(weak_reveal, (void *)slot);
}

void mem_weak_clear(uintptr_t *slot)
{
    GC_unregister_disappearing_link((void **)slot);
    *slot = 0;
}

static void *weak_list_grow(void *list)
{
    MemWeakList *l = list;
    uint32_t size = backend_list_grown(l->size);
    bool fails = l->size > UINT32_MAX / 2 || inject_failure();
    uintptr_t *slots = fails ? NULL : realloc(l->slots, size * sizeof *slots);
    if (!slots) return NULL;
    if (!l->size) {
        l->next = weak_lists;
        weak_lists = l;
    }
    l->slots = slots;
    l->size = size;
    return l;
}

/* A collection may come between any two steps, in another thread: it finds the list as it
 * was, or with a word for an object that is still at hand here. */
bool mem_weak_list_add(MemWeakList *l, void *object)
{
    if (l->count == l->size) {
        mem_thread_attach();
        if (!GC_call_with_alloc_lock(weak_list_grow, l)) return false;
    }
    l->slots[l->count] = (uintptr_t)GC_HIDE_POINTER(object);
    atomic_signal_fence(memory_order_seq_cst);
    l->count++;
    GC_reachable_here(object);
    return true;
}

typedef struct WeakListGet {
    MemWeakList *list;
    void **to;
} WeakListGet;

static void *weak_list_get(void *context)
{
    const WeakListGet *g = context;
    MemWeakList *l = g->list;
    uint32_t left = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        uintptr_t hidden = l->slots[i];
        if (!hidden) continue;
        g->to[left] = GC_REVEAL_POINTER(hidden);
        l->slots[left++] = hidden;
    }
    l->count = left;
    return l;
}

int64_t mem_weak_list_get(MemWeakList *l, void **to)
{
    mem_thread_attach();
    if (GC_get_on_collection_event() != collector_event) return -1;
    WeakListGet g = {l, to};
    GC_call_with_alloc_lock(weak_list_get, &g);
    return l->count;
}

#endif
