/* SPDX-License-Identifier: MIT */
/*
 * The two memory back-ends; see mem.h.
 *
 * Main invariant: what must be there is given, from the reserve if need be, and then mem_short
 * is set; only where the reserve is empty, too, does the process end. What may be refused is
 * NULL, and the caller sees to that.
 */
#include "memory/mem.h"

#include "memory/backend.h"
#include "memory/reserve.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { EPOCH_BLOCK = 1 << 20 };

/* Bit 63 keeps tokens apart from every address the collector may see. */
static _Atomic uint64_t epoch_blocks = ((uint64_t)1 << 63) + EPOCH_BLOCK;
MEM_THREAD uint64_t epoch_next, epoch_end;
MEM_THREAD MemAccount mem_account = {.bound = {.counted_max = MEM_UNBOUNDED,
                                               .due = MEM_UNBOUNDED,
                                               .used_due = MEM_UNBOUNDED,
                                               .bytes_max = MEM_UNBOUNDED,
                                               .turn_due = MEM_UNBOUNDED,
                                               .quiet = MEM_UNBOUNDED}};

static bool counting_stopped(void) { return (int64_t)mem_counted < 0; }

void *mem_copy_pieces(void *to, const void *from, size_t n)
{
    char *at = to;
    const char *next = from;
    for (; n > MEM_PIECE; n -= MEM_PIECE, at += MEM_PIECE, next += MEM_PIECE)
        mem_copy(at, next, MEM_PIECE);
    mem_copy(at, next, n);
    return to;
}

MEM_THREAD MemLook mem_look;

bool mem_gives_up(void)
{
    if (!mem_look.given_up) return false;
    if (!*mem_look.given_up) *mem_look.given_up = !mem_is_wanted();
    return *mem_look.given_up;
}

bool mem_copy_long(void *to, const void *from, size_t n)
{
    char *at = to;
    const char *next = from;
    for (; n > MEM_LONG; n -= MEM_LONG, at += MEM_LONG, next += MEM_LONG) {
        mem_copy_pieces(at, next, MEM_LONG);
        if (mem_gives_up()) return false;
    }
    mem_copy(at, next, n);
    return true;
}

void mem_uncount_beside(size_t bytes)
{
    if (!counting_stopped()) mem_beside -= (int64_t)bytes;
}

/* What is refused counts, so that whoever catches an error because of it stops, too. */
bool mem_take_turn(size_t bytes)
{
    if (mem_bound.take_turn && !mem_bound.take_turn(mem_bound.context)) return false;
    if (bytes <= mem_room()) return true;
    mem_count_beside(bytes);
    return false;
}

MEM_THREAD int64_t *mem_meter;

void mem_work_pay(size_t bytes)
{
    if (mem_meter) *mem_meter -= (int64_t)(bytes / MEM_WORK_STEP);
}

void epoch_refill(void)
{
    epoch_next = atomic_fetch_add_explicit(&epoch_blocks, EPOCH_BLOCK, memory_order_relaxed);
    epoch_end = epoch_next + EPOCH_BLOCK;
}

void mem_fail(const char *why)
{
    fprintf(stderr, "moonlet: %s\n", why);
    abort();
}

/* glibc has asked the processor already, which under a hypervisor takes some 50 us. */
#if defined(__has_include)
#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define HAS_POPCNT CPU_FEATURE_PRESENT(POPCNT)
#endif
#endif
#ifndef HAS_POPCNT
#define HAS_POPCNT __builtin_cpu_supports("popcnt")
#endif

/* Says so when the program was built for newer processors (ARCH in the Makefile). */
void backend_check_processor(void)
{
#if defined(__x86_64__) && defined(__POPCNT__)
    if (!HAS_POPCNT) mem_fail("this build needs a processor with POPCNT");
#endif
}

/* When there is no memory -------------------------------------------------------------- */

MEM_THREAD bool mem_short;
MEM_THREAD MemAlarm mem_alarm;
MEM_THREAD uint64_t mem_shortages;
MEM_THREAD bool backend_refused, backend_lacked;
_Atomic size_t backend_refused_size = SIZE_MAX;

void backend_set_short(void)
{
    if (mem_short) return;
    mem_short = true;
    mem_shortages++;
    if (mem_alarm.ring) mem_alarm.ring(mem_alarm.context);
}

/* What was given up is not missed. */
void mem_refuse(void)
{
    if (mem_look.given_up && *mem_look.given_up) return;
    backend_refused = backend_lacked = true;
    backend_set_short();
}

bool mem_has_refused(void) { return backend_refused; }

void *backend_sure_again(TryFn *try, size_t what, size_t bytes, bool on_purpose)
{
    bool collects = !mem_short && !on_purpose && backend_collect_after(0);
    void *p = collects ? try(what) : NULL;
    if (p) return p;
    backend_lacked = true;
    backend_set_short();
    while (!p) {
        if (!reserve_take(bytes)) mem_fail("not enough memory");
        p = try(what);
        if (!p) reserve_taken_all();
    }
    return p;
}

void *mem_alloc_most(size_t *count, size_t item_size)
{
    void *p;
    while (!(p = mem_try_alloc(*count * item_size))) *count /= 2;
    return p;
}

bool mem_is_spent(void) { return reserve_is_spent(); }
