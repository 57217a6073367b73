/* SPDX-License-Identifier: MIT */
/*
 * See start.h. What starting takes is mostly page faults, so here are pages that need none; and
 * pages that are wanted again stay.
 *
 * bdwgc begins by clearing four tables of 32 KB (its black lists) that it has just got from
 * the system and that are zero already; most programs end before anything is written there.
 * A program with its own copy of bdwgc is linked so that the copy's calls of memset come
 * here (--wrap=memset): while it starts, whole pages are not written but given back, and
 * come from the system again, as zeros, when they are needed.
 *
 * Main invariant: while `starting` is set, only private anonymous memory is cleared: other
 * pages that are given back would come again with a file's bytes instead of zeros.
 */
#include "cli/start.h"

#include <stdbool.h>
#include <sys/mman.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "memory/mem.h"

enum {
    PAGE = 4096, /* where pages are larger, madvise refuses what is not at their beginning */
    CLEAR_LARGE = 4 * PAGE,
    HEAP_WRITTEN = 32 * PAGE, /* what opening the libraries and running a line write to */
    PROBE = 512
};

void *__wrap_memset(void *p, int c, size_t size);
/* Nobody's where the program is linked without --wrap, and then not called. */
void *__real_memset(void *p, int c, size_t size) __attribute__((weak));

/* Private anonymous memory alone is cleared while this is set: bdwgc's, and this program's. */
static bool starting;

/* Clears pages out of line, so that small blocks are cleared as fast as ever. */
static void *__attribute__((noinline, cold)) clear_pages(char *p, size_t size)
{
    size_t before = -(uintptr_t)p % PAGE, pages = (size - before) / PAGE * PAGE;
    if (madvise(p + before, pages, MADV_DONTNEED) != 0) return __real_memset(p, 0, size);
    __real_memset(p, 0, before);
    __real_memset(p + before + pages, 0, size - before - pages);
    return p;
}

void *__wrap_memset(void *p, int c, size_t size)
{
    if (size >= CLEAR_LARGE && starting && c == 0) return clear_pages(p, size);
    return __real_memset(p, c, size);
}

/* Asks for the heap's first pages all at once; where the system cannot do it (Linux before
 * 5.14), they come one by one. */
static void populate_heap(void)
{
#if defined(MADV_POPULATE_WRITE) && !defined(MOONLET_MALLOC)
    char *block = mem_alloc_root(PROBE); /* one of the first */
    madvise(block - (uintptr_t)block % PAGE, HEAP_WRITTEN, MADV_POPULATE_WRITE);
    mem_free_root(block);
#endif
}

/* What the linker has made of a function lies in malloc's memory until it is complete. glibc
 * gives 128 KB of it back at once, and the next function's pages come one by one again. */
static void keep_pages(void)
{
#ifdef __GLIBC__
    enum { KEPT = 4 << 20 };
    mallopt(M_MMAP_THRESHOLD, KEPT);
    mallopt(M_TRIM_THRESHOLD, KEPT);
#endif
}

bool start_collector(void)
{
    if (!mem_can_start()) return false;
    keep_pages();
    starting = true;
    mem_init_program();
    starting = false;
    populate_heap();
    return true;
}
