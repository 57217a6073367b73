/* SPDX-License-Identifier: MIT */
/*
 * Pace: when the collector collects, for how long it stops the threads, and what it does when
 * there is nothing else to do.
 *
 * Main invariant: what is decided about the heap is decided under the allocation lock.
 */
#include "memory/collector/collector.h"
#include "memory/watch.h"

#include <time.h>

#ifndef MOONLET_MALLOC

enum {
    HEAP_SMALL = 4 << 20,
    HEAP_LARGE = 32 << 20,
    HEAP_HELPED = 16 << 20, /* see want_helpers */
    THREAD_PART = 2 << 20,  /* see set_least_between */
    THREAD_PARTS = 16
};

atomic_uint collector_threads;
static GC_word heap_size; /* bytes; changed under the allocation lock */
static GC_word live_size; /* what the last collection has left, in bytes of pages */

/* Threads that help to mark make pauses shorter; but in a small heap waking them costs more
 * than they do, and each takes 70 us to start. So they are started when the heap has become
 * large, and again in a forked process, which has none. Noticed under the allocation lock,
 * done by whoever allocates next. */
static atomic_bool helpers_wanted, helpers_refused;

static void want_helpers(size_t heap)
{
    if (heap < HEAP_HELPED || GC_get_parallel() || GC_is_incremental_mode()) return;
    if (GC_is_disabled() || atomic_load(&helpers_refused)) return;
    atomic_store_explicit(&helpers_wanted, true, memory_order_relaxed);
}

void collector_start_helpers(void)
{
    if (!atomic_load_explicit(&helpers_wanted, memory_order_relaxed)) return;
    atomic_store_explicit(&helpers_wanted, false, memory_order_relaxed);
    if (!atomic_load(&helpers_refused)) GC_start_mark_threads();
}

void mem_refuse_helpers(void) { atomic_store(&helpers_refused, true); }

static size_t bytes_since(void) { return GC_get_bytes_since_gc() + collector_bytes_reused(); }

bool backend_collect_after(size_t bytes)
{
    bool keeps_free = !bytes && collector_lets_pages_go();
    if (!keeps_free && bytes_since() <= bytes) return false;
    GC_gcollect();
    return true;
}

_Atomic GC_word collector_least_between;

/* The collector, when the heap is full, collects if at least min_bytes_allocd have been
 * allocated since it last did, and else makes the heap an eighth larger: steps so small
 * that the heap does not overshoot. The share of the heap that may be garbage says how
 * often the living are marked for how much memory: here heaps of a little more than 3, 4
 * and 1.7 times what lives. Several threads share one heap, fill it in a part of the time,
 * and are all stopped to collect: they have a part for each of them, at least. Of pages that
 * are used again the collector does not know: they are counted as allocated.
 *
 * A heap that is full of gaps, in which blocks of other sizes find no room, goes by what lives
 * in it. And a heap can be full before so much was allocated, as the rest of a block's last
 * page does not count, nor what was given back: half of what arrays of 2 KB take. If that much
 * was free after the last collection, half of it is enough, lest the heap grows again and
 * again. */
static void set_least_between(void)
{
    GC_word percent = heap_size < HEAP_SMALL ? 67 : heap_size < HEAP_LARGE ? 75 : 40;
    GC_word least = heap_size / 100 * percent;
    GC_word small = live_size > HEAP_FIRST ? live_size : HEAP_FIRST;
    GC_word enough = small / (100 - percent) * percent;
    if (least > enough) least = enough;
    bool was_free = live_size && live_size < heap_size && heap_size - live_size >= least;
    if (was_free) least /= 2;
    GC_word attached = atomic_load(&collector_threads);
    GC_word parts = attached < THREAD_PARTS ? attached : THREAD_PARTS;
    if (parts > 1 && least < parts * THREAD_PART) least = parts * THREAD_PART;
    GC_word kept = collector_pages_kept(), rest = least / 4;
    atomic_store_explicit(&collector_least_between, least, memory_order_relaxed);
    GC_set_min_bytes_allocd(kept < least - rest ? least - kept : rest);
}

static GC_word without_reserve(GC_word size)
{
    return size - (reserve_bytes() < size ? reserve_bytes() : 0);
}

void collector_heap_resized(GC_word size)
{
    backend_refuse_nothing();
    if (size > HEAP_FIRST) collector_watch_space(size);
    size = without_reserve(size);
    collector_want_reserve(size);
    heap_size = size;
    set_least_between();
    want_helpers(size);
}

void *collector_count_thread(void *change)
{
    atomic_fetch_add(&collector_threads, (unsigned)*(const int *)change);
    set_least_between();
    return change;
}

static void note_live(void)
{
    GC_word live = without_reserve(GC_get_heap_size() - GC_get_free_bytes());
    GC_word kept = collector_pages_kept();
    live_size = live > kept ? live - kept : 0;
    set_least_between();
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static MemPauses pauses;
static _Atomic uint64_t last_pause, last_pause_heap; /* ns; bytes of the heap then */
static uint64_t pause_began, pause_began_busy;
/* Called under the allocation lock, at every step of a collection. */
void collector_event(GC_EventType event)
{
    if (event == GC_EVENT_MARK_END) {
        collector_sweep_lists();
        collector_sweep_pages();
        watch_sweep();
    } else if (event == GC_EVENT_RECLAIM_END) {
        note_live();
    } else if (event == GC_EVENT_PRE_STOP_WORLD) {
        pause_began = now_ns(CLOCK_MONOTONIC);
        pause_began_busy = now_ns(CLOCK_THREAD_CPUTIME_ID);
    } else if (event == GC_EVENT_POST_START_WORLD) {
        uint64_t ns = now_ns(CLOCK_MONOTONIC) - pause_began;
        uint64_t busy = now_ns(CLOCK_THREAD_CPUTIME_ID) - pause_began_busy;
        atomic_store_explicit(&last_pause, ns, memory_order_relaxed);
        atomic_store_explicit(&last_pause_heap, GC_get_heap_size(), memory_order_relaxed);
        pauses.count++;
        pauses.ns += ns;
        pauses.busy_ns += busy;
        if (ns > pauses.longest_ns) pauses.longest_ns = ns;
        if (busy > pauses.longest_busy_ns) pauses.longest_busy_ns = busy;
        backend_refuse_nothing();
        want_helpers(GC_get_heap_size());
        if (reserve_is_low()) atomic_store(&collector_wants_reserve, true);
    }
}

static void *copy_pauses(void *to)
{
    *(MemPauses *)to = pauses;
    return NULL;
}

MemPauses mem_pauses(void)
{
    MemPauses p;
    GC_call_with_alloc_lock(copy_pauses, &p);
    return p;
}

/* Large blocks that were given back since the collection with this number, by all threads; what
 * is lost when two note it at once does not matter. */
static _Atomic GC_word freed_after;
static atomic_size_t freed_bytes;

static size_t freed_since_gc(void)
{
    return atomic_load(&freed_after) == GC_get_gc_no() ? atomic_load(&freed_bytes) : 0;
}

void collector_note_freed(size_t size)
{
    size_t before = freed_since_gc();
    atomic_store(&freed_after, GC_get_gc_no());
    atomic_store(&freed_bytes, before + size);
}

/* So much may be allocated between collections, this thread says (mem_expect). */
static MEM_THREAD size_t expected_until;

/* Whoever makes a large array, perhaps to move a smaller one to it, has often left a
 * larger one as garbage. Rather than make the heap grow by that much, collect, if so much
 * has been allocated since the last time, and not given back, that this is no waste. Whose
 * memory is limited is promised that garbage is not much. */
void collector_make_room(size_t size)
{
    mem_thread_attach();
    collector_tend();
    if (size < LARGE) return;
    size_t since = bytes_since(), back = freed_since_gc();
    size_t enough = mem_used_max() < MEM_UNBOUNDED / 2 ? size / 4 : 2 * size;
    since -= back < since ? back : since;
    if (since > expected_until && since > enough && since > GC_get_heap_size() / 4)
        GC_gcollect();
}

/* The collector looks at its own frames, too, and what calls before left in their place would
 * keep whole states alive. */
static __attribute__((noinline)) void clear_dead_stack(void)
{
    char dead[16384];
    memset(dead, 0, sizeof dead);
    __asm__ volatile("" : : "r"(dead) : "memory");
}

void mem_collect(void)
{
    mem_thread_attach();
    clear_dead_stack();
    GC_gcollect();
}

void mem_collect_after(size_t bytes)
{
    if (bytes_since() > bytes) mem_collect();
}

/* Whether a heap of which so much is used is still as set_least_between lets it become when so
 * much lives. */
static bool is_within(size_t used, size_t live)
{
    size_t percent = heap_size < HEAP_SMALL ? 300 : heap_size < HEAP_LARGE ? 400 : 170;
    return used / percent <= live / 100;
}

void mem_expect(size_t bytes)
{
    mem_thread_attach();
    expected_until = 0;
    if (bytes < MEM_EXPECT_MIN || mem_short) return;
    size_t used = GC_get_memory_use(), since = GC_get_bytes_since_gc();
    size_t live = used > since ? used - since : 0;
    if (!is_within(used + bytes, live + bytes)) GC_gcollect();
    size_t have = GC_get_free_bytes();
    if (have < bytes) GC_expand_hp(bytes - have);
    expected_until = bytes_since() + bytes;
}

/* Every collection is a whole one: what is marked as old goes by pages, and nearly each
 * page has something new on it. */
bool mem_limit_pauses(unsigned milliseconds)
{
    mem_thread_attach();
    GC_set_time_limit(milliseconds);
    GC_set_full_freq(0);
    GC_enable_incremental();
    return GC_is_incremental_mode();
}

/* The next pause takes as long as the last one, and longer by as much as the heap is larger.
 * The first is known from this: marking takes half a nanosecond for a byte of the heap. */
static uint64_t expected_pause(void)
{
    uint64_t heap = GC_get_heap_size();
    uint64_t ns = atomic_load_explicit(&last_pause, memory_order_relaxed);
    uint64_t then = atomic_load_explicit(&last_pause_heap, memory_order_relaxed);
    if (!then) return heap / 2;
    return heap > then ? ns / then * heap + ns % then * heap / then : ns;
}

/* Marks in slices. */
static bool mark_for(uint64_t ns)
{
    uint64_t now = now_ns(CLOCK_MONOTONIC), end = ns < UINT64_MAX - now ? now + ns : UINT64_MAX;
    bool marked = false;
    while (now_ns(CLOCK_MONOTONIC) < end && GC_collect_a_little()) marked = true;
    return marked;
}

/* Soon: when a third of what is allocated between two collections has been. */
enum { IDLE_PARTS = 3 };

bool mem_idle(uint64_t ns)
{
    mem_thread_attach();
    if (GC_is_incremental_mode()) return mark_for(ns);
    if (bytes_since() < collector_least() / IDLE_PARTS) return false;
    if (expected_pause() > ns) return false;
    GC_gcollect();
    return true;
}

#endif
