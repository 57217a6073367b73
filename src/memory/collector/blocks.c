/* SPDX-License-Identifier: MIT */
/*
 * What is asked of the collector: blocks of all sizes, roots, blocks of the reserve.
 *
 * Main invariant: its function for when there is no memory knows which requests are ours.
 */
#include "memory/collector/collector.h"

#include <stdbool.h>

#ifndef MOONLET_MALLOC

/* Asking the collector -----------------------------------------------------------------

 * Its function for when there is no memory is the process's: a host that uses the collector
 * as well may have set its own, which is not to hear of our requests, but of its own. */
static MEM_THREAD bool asking;
static GC_oom_func host_oom;

static void *oom(size_t bytes) { return asking || !host_oom ? NULL : host_oom(bytes); }

/* The variable is the public one behind GC_get_oom_fn, which takes the lock. */
static void hear_oom(void)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    if (__builtin_expect(GC_oom_fn == oom, 1)) return;
#pragma GCC diagnostic pop
    host_oom = GC_get_oom_fn();
    GC_set_oom_fn(oom);
}

void collector_begin_asking(void)
{
    hear_oom();
    asking = true;
}

void collector_end_asking(void) { asking = false; }

static void *ask(void *(*give)(size_t), size_t size)
{
    collector_begin_asking();
    void *p = give(size);
    collector_end_asking();
    return p;
}

static void *try_normal(size_t size) { return ask(GC_malloc, size); }
void *collector_try_atomic(size_t size) { return ask(GC_malloc_atomic, size); }

/* Arrays are scanned as what GC_malloc gives, but not zeroed, which takes long in one go.
 */
static int array_kind;

void collector_start_arrays(void)
{
    array_kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 0);
}

static void *give_array(size_t size)
{
    return GC_generic_malloc_ignore_off_page(size, array_kind);
}
static void *try_array(size_t size) { return ask(give_array, size); }
static void *give_middling(size_t size) { return GC_generic_malloc(size, array_kind); }
static void *try_middling(size_t size) { return ask(give_middling, size); }

/* Roots are what threads have for themselves: no two in one line of the cache. */
void *collector_try_root(size_t size)
{
    return ask(GC_malloc_uncollectable, (size + CACHE_LINES - 1) / CACHE_LINES * CACHE_LINES);
}

void *reserve_block_new(void) { return ask(GC_malloc_atomic_uncollectable, RESERVE_BLOCK); }
void mem_free_slow(void *p, size_t size)
{
    mem_thread_attach();
    if (size > MEM_SMALL_MAX) {
        if (!collector_gives_back(p)) GC_free(p);
        if (size >= LARGE) collector_note_freed(size);
        backend_refuse_nothing();
    } else {
        mem_free(p, size);
    }
}

/* Small blocks are from the lists of mem_new: the collector's own lists would take other
 * pages for the same sizes. */
static void *alloc_small(size_t size)
{
    mem_thread_attach();
    size_t c = size ? mem_class(size) : 1;
    return mem_cache->free[c] ? mem_new(c * MEM_GRANULE) : mem_refill(c);
}

void *mem_sure_alloc(size_t size)
{
    ASSERT_SURE(size);
    if (size <= MEM_SMALL_MAX) return alloc_small(size);
    collector_make_room(size);
    return backend_sure(try_normal, size);
}

void *mem_sure_alloc_atomic(size_t size)
{
    ASSERT_SURE(size);
    collector_make_room(size);
    return backend_sure(collector_try_pages, size);
}

void *mem_try_alloc(size_t size)
{
    if (size <= MEM_SURE_MAX) return mem_alloc(size);
    collector_make_room(size);
    return backend_maybe(try_normal, size);
}

void *mem_try_alloc_atomic(size_t size)
{
    collector_make_room(size);
    return size <= MEM_SMALL_MAX ? backend_sure(collector_try_atomic, size)
                                 : backend_maybe(collector_try_pages, size);
}

/* The collector wants as much again for other large blocks, as room to avoid pages that some
 * word on the stack seems to point into. */
void *mem_try_alloc_array(size_t size)
{
    if (size <= MEM_SURE_MAX) return mem_alloc(size);
    if (backend_is_beyond_bound(size)) return NULL;
    collector_make_room(size);
    return backend_perhaps(size < LARGE ? try_middling : try_array, size);
}

bool mem_can(size_t bytes)
{
    collector_make_room(bytes);
    void *p = backend_maybe(collector_try_atomic, bytes);
    GC_free(p);
    return p != NULL;
}

void *mem_sure_alloc_root(size_t size)
{
    ASSERT_SURE(size);
    mem_thread_attach();
    return backend_sure(collector_try_root, size);
}

void *mem_try_alloc_root(size_t size)
{
    if (size <= MEM_SURE_MAX) return mem_alloc_root(size);
    mem_thread_attach();
    return backend_maybe(collector_try_root, size);
}

void mem_free_root(void *p) { GC_free(p); }

bool mem_is_block(const void *p) { return p && GC_base((void *)p) == p; }

uint64_t mem_bytes_total(void)
{
    return GC_get_total_bytes() + collector_bytes_ever_reused() - reserve_total() -
           collector_used_for_sizes;
}

uint64_t mem_bytes_heap(void) { return GC_get_heap_size() - reserve_bytes(); }
uint64_t mem_collections(void) { return GC_get_gc_no(); }

#endif
