/* SPDX-License-Identifier: MIT */
/*
 * Pages: pointer-free blocks of 1 to 32 KB, as texts are, which are used again.
 *
 *   slots [ given out ... | free ... ]     hidden words, in a list for each size
 *                         given      count
 *
 * The collector makes a header for each block of more than half a page, takes it from what is
 * free, and joins it to that when nobody has it any more: more work than such a text is worth.
 * So each thread notes the blocks that it was given. A collection tells which of them nobody
 * has; so many as were given out since the one before are marked all the same, which keeps
 * them, and are given out again.
 *
 * Main invariant: whoever is stopped while he changes a list is busy, and the collection leaves
 * it as it is, with everything in it marked: so all of it are blocks at any moment, and whoever
 * takes one out holds it.
 */
#include "memory/collector/collector.h"

#include <stdlib.h>

#ifndef MOONLET_MALLOC

enum {
    PAGE = 4096,
    PAGES_MAX = 8,
    THIRD = 1344, /* so many bytes are taken three times from a page, by the collector too */
    HALF = 2032,
    WHOLE = PAGE - MEM_GRANULE, /* in the last of some pages */
    SIZES = PAGES_MAX + 2,
    CYCLE = 1 << 20, /* what is used between two collections at least; see is_collection_due */
    NOTED_FIRST = 16,
    LOOK_BACK = 4 /* what is given back was given out not long ago */
};

typedef struct PageList {
    uintptr_t *slots;
    uint32_t given, count, size;
    uint32_t asked; /* so many were given out since the last collection */
} PageList;

struct MemPages {
    PageList lists[SIZES];
    GC_word seen; /* the collection by which it is known what is free */
    volatile bool busy;
    struct MemPages *next; /* of all threads */
};

static MemPages *all_pages; /* changed under the allocation lock */
static atomic_bool unwanted;
static atomic_size_t reused, kept_free; /* bytes, since the last collection; by it */
static _Atomic uint64_t reused_before;

static size_t list_for(size_t size)
{
    if (size <= HALF) return size > THIRD;
    return (size + MEM_GRANULE + PAGE - 1) / PAGE + 1;
}

static size_t size_in(size_t list)
{
    return list < 2 ? (list ? HALF : THIRD) : (list - 2) * PAGE + WHOLE;
}

/* What comes before it is done when a collection sees what comes after it. */
static void in_order(void) { atomic_signal_fence(memory_order_seq_cst); }

static void set_busy(MemPages *pages, bool busy)
{
    in_order();
    pages->busy = busy;
    in_order();
}

size_t collector_pages_kept(void) { return atomic_load(&kept_free); }

size_t collector_bytes_reused(void) { return atomic_load(&reused); }

uint64_t collector_bytes_ever_reused(void)
{
    return atomic_load(&reused_before) + atomic_load(&reused);
}

/* Called while all threads stand still. Answers how many are free. */
static size_t sweep_list(PageList *l)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        uintptr_t slot = l->slots[i];
        if (!GC_is_marked(GC_REVEAL_POINTER(slot))) continue;
        l->slots[i] = l->slots[live];
        l->slots[live++] = slot;
    }
    uint32_t kept = atomic_load(&unwanted) ? 0 : l->asked;
    if (kept > l->count - live) kept = l->count - live;
    l->given = live;
    l->count = live + kept;
    l->asked = 0;
    for (uint32_t i = live; i < l->count; i++) GC_set_mark_bit(GC_REVEAL_POINTER(l->slots[i]));
    return kept;
}

static void keep_all(const PageList *l)
{
    for (uint32_t i = 0; i < l->count; i++) GC_set_mark_bit(GC_REVEAL_POINTER(l->slots[i]));
}

void collector_sweep_pages(void)
{
    size_t kept = 0;
    for (MemPages *p = all_pages; p; p = p->next) {
        for (size_t i = 0; i < SIZES; i++) {
            if (p->busy)
                keep_all(&p->lists[i]);
            else
                kept += sweep_list(&p->lists[i]) * size_in(i);
        }
        p->seen = GC_get_gc_no();
    }
    atomic_store(&reused_before, collector_bytes_ever_reused());
    atomic_store(&reused, 0);
    atomic_store(&kept_free, kept);
    atomic_store(&unwanted, false);
}

/* The host has had another function be told of a collection: what was free is nobody's. */
static bool is_current(MemPages *pages)
{
    if (__builtin_expect(pages->seen == GC_get_gc_no(), 1)) return true;
    for (size_t i = 0; i < SIZES; i++) pages->lists[i].given = pages->lists[i].count = 0;
    pages->seen = GC_get_gc_no();
    return false;
}

static void *take(MemPages *pages, size_t list, size_t size)
{
    PageList *l = &pages->lists[list];
    set_busy(pages, true);
    void *p = NULL;
    if (is_current(pages) && l->given < l->count) {
        p = GC_REVEAL_POINTER(l->slots[l->given++]);
        l->asked++;
        if (!is_current(pages)) p = NULL;
    }
    set_busy(pages, false);
    if (p) atomic_fetch_add_explicit(&reused, size, memory_order_relaxed);
    return p;
}

static void *grow(void *list)
{
    PageList *l = list;
    uint32_t size = l->size ? 2 * l->size : NOTED_FIRST;
    uintptr_t *slots =
        l->size > UINT32_MAX / 2 ? NULL : realloc(l->slots, size * sizeof *slots);
    if (!slots) return NULL;
    l->slots = slots;
    l->size = size;
    return l;
}

static void note(MemPages *pages, size_t list, void *p)
{
    PageList *l = &pages->lists[list];
    if (l->count == l->size && !GC_call_with_alloc_lock(grow, l)) return;
    uintptr_t slot = (uintptr_t)GC_HIDE_POINTER(p);
    set_busy(pages, true);
    is_current(pages);
    l->slots[l->count] = l->given < l->count ? l->slots[l->given] : slot;
    in_order();
    l->count++;
    in_order();
    l->slots[l->given] = slot;
    in_order();
    l->given++;
    l->asked++;
    set_busy(pages, false);
    GC_reachable_here(p);
}

static void *list_pages(void *pages)
{
    MemPages *p = pages;
    p->next = all_pages;
    p->seen = GC_get_gc_no();
    return all_pages = p;
}

static void *unlist_pages(void *pages)
{
    MemPages **at = &all_pages;
    while (*at && *at != pages) at = &(*at)->next;
    if (*at) *at = (*at)->next;
    return NULL;
}

void collector_end_pages(MemPages *pages)
{
    if (!pages) return;
    GC_call_with_alloc_lock(unlist_pages, pages);
    for (size_t i = 0; i < SIZES; i++) free(pages->lists[i].slots);
    free(pages);
}

/* When nothing is free and as much was given out as the collector lets be allocated between two
 * collections, the next one is due. A collection of next to nothing takes as long as to make
 * some dozens of texts; but what is used in turn should stay in a processor's cache. */
static bool is_collection_due(void)
{
    size_t bytes = atomic_load_explicit(&reused, memory_order_relaxed);
    GC_word wanted = collector_least(), least = wanted < CYCLE ? CYCLE : wanted;
    return bytes && bytes + GC_get_bytes_since_gc() >= least && !GC_is_incremental_mode();
}

static MemPages *pages_of_thread(void)
{
    if (!mem_cache->pages && mem_cache != &collector_no_cache) {
        mem_cache->pages = calloc(1, sizeof *mem_cache->pages);
        if (mem_cache->pages) GC_call_with_alloc_lock(list_pages, mem_cache->pages);
    }
    return mem_cache->pages;
}

void *collector_try_pages(size_t size)
{
    MemPages *pages =
        size <= MEM_SMALL_MAX || size > size_in(SIZES - 1) ? NULL : pages_of_thread();
    if (!pages) return collector_try_atomic(size);
    size_t list = list_for(size);
    void *p = take(pages, list, size);
    if (!p && is_collection_due()) {
        GC_gcollect();
        p = take(pages, list, size);
    }
    if (p) return p;
    p = collector_try_atomic(size_in(list));
    if (p) note(pages, list, p);
    return p;
}

bool collector_gives_back(void *p)
{
    size_t size;
    if (GC_get_kind_and_size(p, &size) != GC_I_PTRFREE || size > size_in(SIZES - 1))
        return false;
    if (size > PAGE / 2 && size % PAGE != WHOLE) return false;
    size_t list = list_for(size);
    MemPages *pages = mem_cache->pages;
    PageList *l = pages ? &pages->lists[list] : NULL;
    if (!l) return true;
    set_busy(pages, true);
    if (is_current(pages))
        for (uint32_t i = l->given; i > 0 && l->given - i < LOOK_BACK; i--) {
            uintptr_t slot = l->slots[i - 1];
            if (GC_REVEAL_POINTER(slot) != p) continue;
            l->slots[i - 1] = l->slots[--l->given];
            l->slots[l->given] = slot;
            break;
        }
    set_busy(pages, false);
    GC_reachable_here(p); /* it was in no slot for a moment */
    return true;
}

bool collector_lets_pages_go(void)
{
    atomic_store(&unwanted, true);
    return atomic_load(&kept_free) > 0;
}

#endif
