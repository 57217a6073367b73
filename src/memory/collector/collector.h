/* SPDX-License-Identifier: MIT */
/*
 * Collector: what the parts of the bdwgc back-end share.
 *
 *   blocks.c   what is asked of the collector       lists.c   lists of small blocks, by threads
 *   space.c    what is kept for when there is none  pace.c    when it collects, and how long
 *   start.c    its start; threads                   weak.c    weak pointers and lists
 *   pages.c    pointer-free blocks, used again
 *
 * Internal to src/memory.
 */
#ifndef MOONLET_COLLECTOR_H
#define MOONLET_COLLECTOR_H

#ifndef MOONLET_MALLOC

#include "memory/backend.h"

#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>

enum {
    HEAP_FIRST = 1 << 20,  /* bytes of address space; touched as needed */
    SPARE_LEAST = 2 << 20, /* see collector_spare_wanted */
    LARGE = 256 << 10,     /* see collector_make_room */
    CACHE_LINES = 128      /* two, as processors fetch them in pairs */
};

/* blocks.c ----------------------------------------------------------------------------- */

/* Our requests stand between the two: its function for when there is no memory then says so to
 * us alone. */
void collector_begin_asking(void);
void collector_end_asking(void);
void collector_start_arrays(void);
void *collector_try_atomic(size_t size);
void *collector_try_root(size_t size);

/* lists.c ------------------------------------------------------------------------------ */

extern MemTray collector_no_tray;
extern MemCache collector_no_cache; /* of a thread that is not attached */
/* Forgets whoever had a turn, in a process that has just been forked. */
void collector_forget_turn(void);
/* The collector needs memory for a table when a size of small blocks is used for the first
 * time, and goes wrong without. So all are used while there is some. */
void collector_use_all_sizes(void);
/* Bytes that this took. */
extern uint64_t collector_used_for_sizes;
/* Does what was noticed under the allocation lock. */
void collector_tend(void);

/* space.c ------------------------------------------------------------------------------ */

extern bool collector_is_limited; /* the user has, by GC_MAXIMUM_HEAP_SIZE */
extern atomic_bool
    collector_wants_reserve; /* it is to be filled: see collector_start_reserve */
size_t collector_spare_wanted(size_t heap);
/* Address space, or NULL; to be given back with munmap. */
void *collector_map_space(size_t bytes);
/* These two are called under the allocation lock, when the heap has grown. */
void collector_watch_space(size_t heap);
void collector_want_reserve(size_t heap);
void collector_start_reserve(void);

/* pace.c ------------------------------------------------------------------------------- */

extern _Atomic GC_word collector_least_between; /* bytes, see set_least_between */
static inline GC_word collector_least(void)
{
    return atomic_load_explicit(&collector_least_between, memory_order_relaxed);
}
extern atomic_uint collector_threads; /* attached; changed under the allocation lock */
static inline bool collector_has_several_threads(void)
{
    return atomic_load_explicit(&collector_threads, memory_order_relaxed) > 1;
}

/* Adds the int to the number of threads. To be called under the allocation lock. */
void *collector_count_thread(void *change);
/* The collector's own callbacks, under the allocation lock. */
void collector_heap_resized(GC_word size);
void collector_event(GC_EventType event);
void collector_start_helpers(void);
/* Collects, where that is better than that the heap grows by so much. */
void collector_make_room(size_t size);
/* A block of LARGE bytes at least was given back. */
void collector_note_freed(size_t size);

/* pages.c ------------------------------------------------------------------------------ */

/* A pointer-free block of any size, which was used before if it can be. */
void *collector_try_pages(size_t size);
/* Takes back a block that the thread does not need any more, if it is of those. */
bool collector_gives_back(void *p);
/* What nobody uses is free for all behind the next collection. Answers whether that is
 * anything. */
bool collector_lets_pages_go(void);
size_t collector_pages_kept(void);   /* bytes that the last collection found free */
size_t collector_bytes_reused(void); /* since the last collection */
uint64_t collector_bytes_ever_reused(void);
/* Looks which blocks are free, while all threads stand still. */
void collector_sweep_pages(void);
void collector_end_pages(MemPages *pages); /* of a thread that ends; or NULL */

/* weak.c ------------------------------------------------------------------------------- */

/* Takes what is not marked from the weak lists, while all threads stand still. */
void collector_sweep_lists(void);

#endif
#endif
