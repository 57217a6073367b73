/* SPDX-License-Identifier: MIT */
/*
 * Failures on purpose; see inject.h.
 *
 * Main invariant: every request that may fail is counted just once, so that the n-th of a
 * program fails in each run of it.
 */
#include "memory/inject.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "memory/mem.h"

#if defined(MOONLET_DEBUG) || defined(MOONLET_MALLOC)

static _Atomic uint64_t requests, fail_first;
static _Atomic int fail_mode;
static _Atomic(MemRequestFn *) request_watch;

bool inject_failure(void)
{
    uint64_t n = atomic_fetch_add_explicit(&requests, 1, memory_order_relaxed) + 1;
    uint64_t first = atomic_load_explicit(&fail_first, memory_order_relaxed);
    MemRequestFn *watch = atomic_load_explicit(&request_watch, memory_order_relaxed);
    if (watch) watch(n);
    if (!first || n < first) return false;
    return n == first || atomic_load(&fail_mode) != MEM_FAIL_ONCE;
}

void inject_reported(void)
{
    if (atomic_load(&fail_mode) == MEM_FAIL_UNTIL_REPORTED &&
        atomic_load(&requests) >= fail_first)
        atomic_store(&fail_first, 0);
}

bool mem_fail_requests(uint64_t first, MemFailMode mode)
{
    atomic_store(&fail_first, 0);
    atomic_store(&requests, 0);
    atomic_store(&fail_mode, mode);
    atomic_store(&fail_first, first);
    return true;
}

uint64_t mem_fail_count(void) { return atomic_load(&requests); }

void mem_fail_watch(MemRequestFn *watch) { atomic_store(&request_watch, watch); }

void inject_init(void)
{
    const char *text = getenv("MOONLET_FAIL_ALLOC");
    if (!text) return;
    char *end;
    uint64_t first = strtoull(text, &end, 10);
    mem_fail_requests(first, *end == '+'   ? MEM_FAIL_FROM
                             : *end == '-' ? MEM_FAIL_UNTIL_REPORTED
                                           : MEM_FAIL_ONCE);
}

#else

bool mem_fail_requests(uint64_t first, MemFailMode mode)
{
    return (void)first, (void)mode, false;
}

uint64_t mem_fail_count(void) { return 0; }

void mem_fail_watch(MemRequestFn *watch) { (void)watch; }

#endif
