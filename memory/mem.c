/* SPDX-License-Identifier: MIT */
/*
 * The two memory back-ends; see mem.h.
 *
 * Main invariant: what must be there is given, from the reserve if need be, and then mem_short
 * is set; only where the reserve is empty, too, does the process end. What may be refused is
 * NULL, and the caller sees to that.
 */
#include "mem.h"

#include "inject.h"
#include "reserve.h"
#include "scratch.h"
#include "watch.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EPOCH_BLOCK = 1 << 20 };

/* Bit 63 keeps tokens apart from every address the collector may see. */
static _Atomic uint64_t epoch_blocks = ((uint64_t)1 << 63) + EPOCH_BLOCK;
MEM_THREAD uint64_t epoch_next, epoch_end;
MEM_THREAD MemAccount mem_account = {
    .bound = {MEM_UNBOUNDED, MEM_UNBOUNDED, MEM_UNBOUNDED, MEM_UNBOUNDED, NULL, NULL}};

static bool counting_stopped(void) { return (int64_t)mem_counted < 0; }

void mem_count_beside(size_t bytes)
{
    if (counting_stopped()) return;
    mem_beside += (int64_t)bytes;
    int64_t max = mem_used_max() - mem_beside;
    if (max < mem_bound.counted_max) mem_bound.counted_max = max;
    if (mem_bound_reached()) mem_bound.reached(mem_bound.context);
}

void mem_uncount_beside(size_t bytes)
{
    if (!counting_stopped()) mem_beside -= (int64_t)bytes;
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
static void check_processor(void)
{
#if defined(__x86_64__) && defined(__POPCNT__)
    if (!HAS_POPCNT) mem_fail("this build needs a processor with POPCNT");
#endif
}

/* When there is no memory -------------------------------------------------------------- */

MEM_THREAD bool mem_short;
MEM_THREAD MemAlarm mem_alarm;
static MEM_THREAD bool refused; /* what cannot be done without */
static MEM_THREAD bool lacked;  /* this thread itself: see share_shortage */

/* Gives a block, or NULL; `what` is a size or a size class. */
typedef void *TryFn(size_t what);

/* Collects, if more than so many bytes were allocated since that was last done. */
static bool collect_after(size_t bytes);

static void set_short(void)
{
    if (mem_short) return;
    mem_short = true;
    if (mem_alarm.ring) mem_alarm.ring(mem_alarm.context);
}

void mem_refuse(void)
{
    refused = lacked = true;
    set_short();
}

bool mem_has_refused(void) { return refused; }

/* Tries again after a refusal, with the reserve's help. bytes: of what is wanted. */
static __attribute__((noinline)) void *sure_again(TryFn *try, size_t what, size_t bytes,
                                                  bool on_purpose)
{
    bool collects = !mem_short && !on_purpose && collect_after(0);
    void *p = collects ? try(what) : NULL;
    if (p) return p;
    lacked = true;
    set_short();
    while (!p) {
        if (!reserve_take(bytes)) mem_fail("not enough memory");
        p = try(what);
        if (!p) reserve_taken_all();
    }
    return p;
}

/* Some other thread has given of the reserve to the back-end, and this one asks it for memory:
 * it must not take without end what the other one lacks. An error is needed only if the reserve
 * cannot be filled. */
static void share_shortage(void)
{
    if (__builtin_expect(reserve_was_given(), 0)) set_short();
}

static void *sure_of(TryFn *try, size_t what, size_t bytes)
{
    bool on_purpose = inject_failure();
    void *p = on_purpose ? NULL : try(what);
    if (__builtin_expect(!p, 0)) return sure_again(try, what, bytes, on_purpose);
    share_shortage();
    if (__builtin_expect(mem_short, 0)) reserve_count(bytes);
    return p;
}

static void *sure(TryFn *try, size_t size) { return sure_of(try, size, size); }

/* A block that is needed, or NULL where there is none even after a collection. */
static void *maybe(TryFn *try, size_t size)
{
    if ((mem_short && size > MEM_SURE_MAX) || inject_failure()) return NULL;
    void *p = try(size);
    if (__builtin_expect(p != NULL, 1)) return p;
    return collect_after(0) ? try(size) : NULL;
}

/* The smallest size that was refused since there last may have come to be more memory. */
static _Atomic size_t refused_size = SIZE_MAX;

static void refuse_nothing(void)
{
    atomic_store_explicit(&refused_size, SIZE_MAX, memory_order_relaxed);
}

/* A block that can be done without, for somebody who will ask again and again. */
static void *perhaps(TryFn *try, size_t size)
{
    if (mem_short || size >= atomic_load(&refused_size) || inject_failure()) return NULL;
    void *p = try(size);
    if (__builtin_expect(p != NULL, 1)) return p;
    p = collect_after(size / 4) ? try(size) : NULL;
    if (!p) atomic_store(&refused_size, size);
    return p;
}

/* Whoever has a bound is not to take at once what goes beyond it. */
static bool is_beyond_bound(size_t size)
{
    enum { LARGE_ENOUGH = 256 << 10 };
    return size >= LARGE_ENOUGH && size > mem_room_due();
}

#define ASSERT_SURE(size) assert((size) <= MEM_SURE_MAX && "what may be large is asked for")

void *mem_alloc_most(size_t *count, size_t item_size)
{
    void *p;
    while (!(p = mem_try_alloc(*count * item_size))) *count /= 2;
    return p;
}

bool mem_is_spent(void) { return reserve_is_spent(); }

static uint32_t weak_list_grown(uint32_t size) { return size ? 2 * size : 64; }

#ifdef MOONLET_MALLOC

/* AddressSanitizer ends the program when asked for more. */
#define RING_BLOCK_MAX ((size_t)1 << 39)

/* Each block is preceded by its links in a ring, which keeps it reachable. */
typedef struct Link {
    struct Link *next, *prev;
} Link;

static Link ring = {&ring, &ring};
static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t ring_bytes;

static void *ring_add(size_t size)
{
    if (size > RING_BLOCK_MAX) return NULL;
    Link *link = calloc(1, sizeof(Link) + size);
    if (!link) return NULL;
    pthread_mutex_lock(&ring_lock);
    ring_bytes += size;
    link->next = ring.next;
    link->prev = &ring;
    ring.next->prev = link;
    ring.next = link;
    pthread_mutex_unlock(&ring_lock);
    return link + 1;
}

static bool collect_after(size_t bytes) { return (void)bytes, false; }

/* Nobody knows how large the heap will be: what is meant are tests. */
#define SCRATCH_HEAP ((size_t)1 << 30)

void *reserve_block_new(void) { return malloc(RESERVE_BLOCK); }
void reserve_block_free(void *block) { free(block); }

bool mem_is_low(void) { return reserve_is_low(); }

bool mem_recover(void)
{
    inject_reported();
    refused = false;
    refuse_nothing();
    mem_short = !reserve_fill() && reserve_is_falling();
    return false;
}

MEM_THREAD void *mem_hint;

void *mem_malloc(size_t size) { return sure(ring_add, size); }

void mem_malloc_free(void *p)
{
    Link *link = (Link *)p - 1;
    pthread_mutex_lock(&ring_lock);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    pthread_mutex_unlock(&ring_lock);
    free(link);
}

void *mem_sure_alloc(size_t size)
{
    ASSERT_SURE(size);
    return sure(ring_add, size);
}
void *mem_sure_alloc_atomic(size_t size) { return mem_alloc(size); }
void *mem_sure_alloc_root(size_t size) { return mem_alloc(size); }
void *mem_try_alloc(size_t size)
{
    return size <= MEM_SURE_MAX ? sure(ring_add, size) : maybe(ring_add, size);
}
void *mem_try_alloc_atomic(size_t size)
{
    return size <= MEM_SMALL_MAX ? sure(ring_add, size) : maybe(ring_add, size);
}
void *mem_try_alloc_array(size_t size)
{
    if (size <= MEM_SURE_MAX) return sure(ring_add, size);
    return is_beyond_bound(size) ? NULL : perhaps(ring_add, size);
}
void *mem_try_alloc_root(size_t size)
{
    return size <= MEM_SURE_MAX ? sure(ring_add, size) : maybe(ring_add, size);
}

bool mem_can(size_t bytes)
{
    void *p = maybe(ring_add, bytes);
    if (p) mem_malloc_free(p);
    return p != NULL;
}
void mem_free_root(void *p) { mem_malloc_free(p); }

static void lock_ring(void) { pthread_mutex_lock(&ring_lock); }
static void unlock_ring(void) { pthread_mutex_unlock(&ring_lock); }

static void init(void)
{
    check_processor();
    reserve_promise(1, true);
    reserve_want(RESERVE_HEAP_MAX);
    reserve_fill();
    scratch_want(SCRATCH_HEAP);
    scratch_fill();
    inject_init();
    pthread_atfork(lock_ring, unlock_ring, unlock_ring);
}

void mem_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init);
}
void mem_init_program(void) { mem_init(); }
bool mem_can_start(void) { return true; }
void mem_when_grown(void (*prepare)(void)) { prepare(); }

static MEM_THREAD bool attached; /* a thread of the program's own, with a share */

void mem_thread_attach(void) {}
void mem_thread_attach_promised(void) { attached = true; }
bool mem_thread_try_attach(void)
{
    if (!attached) attached = reserve_promise(1, false);
    return attached;
}
void mem_thread_detach(void)
{
    if (attached) reserve_break_promises(1);
    attached = false;
}
void mem_fill_reserve(unsigned more)
{
    reserve_want_shares(more);
    reserve_fill();
}

void mem_collect(void) {}
void mem_collect_after(size_t bytes) { (void)bytes; }
void mem_expect(size_t bytes) { (void)bytes; }
void mem_refuse_helpers(void) {}
uint64_t mem_collections(void) { return 0; }
MemPauses mem_pauses(void) { return (MemPauses){0}; }
bool mem_limit_pauses(unsigned milliseconds) { return (void)milliseconds, false; }
bool mem_idle(uint64_t ns) { return (void)ns, false; }

uint64_t mem_bytes_total(void)
{
    pthread_mutex_lock(&ring_lock);
    uint64_t bytes = ring_bytes;
    pthread_mutex_unlock(&ring_lock);
    return bytes;
}
uint64_t mem_bytes_heap(void) { return mem_bytes_total(); }
bool mem_is_block(const void *p) { return p != NULL; }

void mem_weak_set(uintptr_t *slot, void *object) { *slot = (uintptr_t)object; }
void *mem_weak_get(const uintptr_t *slot) { return (void *)*slot; }
void mem_weak_clear(uintptr_t *slot) { *slot = 0; }

bool mem_weak_list_add(MemWeakList *l, void *object)
{
    if (l->count == l->size) {
        uint32_t size = weak_list_grown(l->size);
        bool fails = l->size > UINT32_MAX / 2 || inject_failure();
        uintptr_t *slots = fails ? NULL : realloc(l->slots, size * sizeof *slots);
        if (!slots) return false;
        l->slots = slots;
        l->size = size;
    }
    l->slots[l->count++] = (uintptr_t)object;
    return true;
}
int64_t mem_weak_list_get(MemWeakList *l, void **to)
{
    for (uint32_t i = 0; i < l->count; i++) to[i] = (void *)l->slots[i];
    return l->count;
}

#else

#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    HEAP_FIRST = 1 << 20, /* bytes of address space; touched as needed */
    HEAP_STEP = 8,        /* see heap_resized */
    HEAP_SMALL = 4 << 20,
    HEAP_LARGE = 32 << 20,
    LARGE = 256 << 10,      /* see make_room */
    HEAP_HELPED = 16 << 20, /* see want_helpers */
    THREAD_PART = 2 << 20,  /* see set_least_between */
    THREAD_PARTS = 16,
    CACHE_LINES = 128, /* two, as processors fetch them in pairs */
    SPINS = 20000,     /* before others are let run: see take_turn */
    ASKED_FOR_ONE = 4, /* so often is asked before a list more is fetched */
    MARKERS_MAX = 4,
    PROCESSORS_MAX = 1024,
    LIST_BYTES = 4096, /* what a list of free blocks has */
    TRAY_BYTES = 4096, /* what is in a full one; a block of the collector's is as large */
    TRAY_TRIES = 3
};

static MemTray tray_none;
static MemCache cache_none;
MEM_THREAD MemCache *mem_cache = &cache_none;

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

/* Changed under the allocation lock. */
static atomic_uint threads_attached;
static GC_word heap_size;

static bool several_threads(void)
{
    return atomic_load_explicit(&threads_attached, memory_order_relaxed) > 1;
}

/* Marks a cache as a real one; see mem_free. Never handed out: no size has class 0. */
static void *const cache_real = &cache_none;

static void thread_ended(void *cache)
{
    mem_cache = cache;
    mem_thread_detach();
}

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

static void start_helpers(void)
{
    if (!atomic_load_explicit(&helpers_wanted, memory_order_relaxed)) return;
    atomic_store_explicit(&helpers_wanted, false, memory_order_relaxed);
    if (!atomic_load(&helpers_refused)) GC_start_mark_threads();
}

void mem_refuse_helpers(void) { atomic_store(&helpers_refused, true); }

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

static void *ask(void *(*give)(size_t), size_t size)
{
    hear_oom();
    asking = true;
    void *p = give(size);
    asking = false;
    return p;
}

static void *list_of(size_t size_class, int kind)
{
    void *list = NULL;
    hear_oom();
    asking = true;
    GC_generic_malloc_many(size_class * MEM_GRANULE, kind, &list);
    asking = false;
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

static void *try_list(size_t size_class)
{
    MemCache *cache = mem_cache;
    if (cache->more[size_class]) return cache->lists[size_class][--cache->more[size_class]];
    if (!several_threads()) return list_of(size_class, GC_I_NORMAL);
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
static void *try_normal(size_t size) { return ask(GC_malloc, size); }
static void *try_atomic(size_t size) { return ask(GC_malloc_atomic, size); }
static void *try_array(size_t size) { return ask(GC_malloc_ignore_off_page, size); }
/* Roots are what threads have for themselves: no two in one line of the cache. */
static void *try_root(size_t size)
{
    return ask(GC_malloc_uncollectable, (size + CACHE_LINES - 1) / CACHE_LINES * CACHE_LINES);
}
static void *try_reserve(size_t size) { return ask(GC_malloc_atomic_uncollectable, size); }

void *reserve_block_new(void) { return try_reserve(RESERVE_BLOCK); }
/* Filling it takes as long as starting the whole program does, so it is a share of the heap. */
enum { RESERVE_SHARE = 16 };
static atomic_bool reserve_wanted;

/* Space for the headers that the collector makes for each of its blocks, a twelfth of them,
 * when it begins to use what was added to the heap, which is an eighth; and for its stack.
 * Without headers it goes wrong. So it is not to take the last space there is for the heap:
 * when hardly any is left, what is kept here is given, and the heap grows no more until it can
 * be kept again. */
enum { SPARE_SHARE = 32, SPARE_LEAST = 2 << 20 };
static _Atomic(void *) spare_space;
static _Atomic size_t spare_bytes;
static bool limited_by_user;

static size_t spare_wanted(size_t heap)
{
    return heap / SPARE_SHARE > SPARE_LEAST ? heap / SPARE_SHARE : SPARE_LEAST;
}

static void *map_space(size_t bytes)
{
    void *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return space == MAP_FAILED ? NULL : space;
}

static void limit_heap(size_t size)
{
    if (!limited_by_user) GC_set_max_heap_size(size);
}

static void give_space(void)
{
    void *space = atomic_exchange(&spare_space, NULL);
    if (space) munmap(space, atomic_load(&spare_bytes));
}

/* One thread's at a time: there is none, or it is to be larger. */
static void keep_space(void)
{
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    size_t bytes = spare_wanted(GC_get_heap_size());
    if (atomic_load(&spare_space) && atomic_load(&spare_bytes) >= bytes) return;
    if (atomic_flag_test_and_set(&busy)) return;
    give_space();
    void *space = map_space(bytes);
    if (space) {
        atomic_store(&spare_bytes, bytes);
        atomic_store(&spare_space, space);
        limit_heap(0);
    }
    atomic_flag_clear(&busy);
}

/* Called under the allocation lock, when the heap has grown. */
static void watch_space(size_t heap)
{
    void *probe = map_space(spare_wanted(heap));
    if (probe) {
        munmap(probe, spare_wanted(heap));
        return;
    }
    give_space();
    limit_heap(heap);
}

/* Called under the allocation lock. */
static void want_reserve(size_t heap)
{
    size_t share = heap / RESERVE_SHARE;
    if (share < RESERVE_LEAST) share = RESERVE_LEAST;
    bool more = reserve_want(share < RESERVE_HEAP_MAX ? share : RESERVE_HEAP_MAX);
    bool spare = atomic_load(&spare_bytes) < spare_wanted(heap);
    if (scratch_want(heap) || more || spare)
        atomic_store_explicit(&reserve_wanted, true, memory_order_relaxed);
}

void reserve_block_free(void *block)
{
    GC_free(block);
    give_space();
}

static bool collect_after(size_t bytes)
{
    if (GC_get_bytes_since_gc() <= bytes) return false;
    GC_gcollect();
    return true;
}

/* The collector needs memory for a table when a size of small blocks is used for the first
 * time, and goes wrong without. So all are used while there is some. */
static uint64_t used_for_sizes; /* bytes */

static void use_all_sizes(void)
{
    uint64_t before = GC_get_total_bytes();
    for (size_t c = 1; c < MEM_CLASSES; c++) {
        if (mem_cache->free[c]) continue;
        mem_cache->free[c] = try_list(c);
    }
    for (size_t size = MEM_SMALL_MAX; size < 4096; size += 256) GC_free(try_atomic(size));
    used_for_sizes += GC_get_total_bytes() - before;
}

/* A heap that grows no more may grow by what the reserve lacks, if there is more space than
 * that takes with its headers: what was kept for them and was not needed. */
static bool fill_stopped(void)
{
    enum { STEP = 1 << 20 };
    size_t heap = GC_get_heap_size() + GC_get_unmapped_bytes();
    size_t needed = spare_wanted(heap) / 2 + 2 * STEP;
    void *probe = limited_by_user ? NULL : map_space(needed);
    if (!probe) return false;
    munmap(probe, needed);
    limit_heap(heap + STEP);
    bool filled = reserve_fill();
    limit_heap(GC_get_heap_size() + GC_get_unmapped_bytes());
    return filled;
}

static _Atomic GC_word
    low_since; /* the collection after which the reserve was last tried to fill */

static bool fill(void)
{
    if (!reserve_total()) use_all_sizes();
    atomic_store_explicit(&low_since, GC_get_gc_no(), memory_order_relaxed);
    bool filled = reserve_fill() || fill_stopped();
    scratch_fill();
    if (filled) keep_space();
    return filled;
}

bool mem_is_low(void)
{
    if (!reserve_is_low()) return false;
    GC_word since = atomic_load_explicit(&low_since, memory_order_relaxed);
    return reserve_was_given() || since != GC_get_gc_no();
}

/* Each request would soon collect again if less than this share of the heap were free. */
enum { FREE_SHARE = 16 };

bool mem_recover(void)
{
    bool error = refused;
    inject_reported();
    refused = false;
    refuse_nothing();
    if (reserve_is_falling()) collect_after(0);
    bool filled = fill();
    mem_short = !filled && reserve_is_falling();
    lacked = lacked && GC_get_free_bytes() <= GC_get_heap_size() / FREE_SHARE;
    return filled && !error && !lacked;
}

static void (*_Atomic when_grown)(void);

void mem_when_grown(void (*prepare)(void)) { atomic_store(&when_grown, prepare); }

/* Filling the reserve takes as long as all else that a start does, and so it waits until hardly
 * more is left of the first heap than it needs, which many programs do not come to. Requests
 * that fail on purpose fail at once. */
enum { RESERVE_FROM = RESERVE_LEAST + RESERVE_THREAD };

static __attribute__((noinline)) void start_reserve(void)
{
    if (!INJECTS && !reserve_total() && GC_get_free_bytes() > RESERVE_FROM) return;
    if (!atomic_exchange(&reserve_wanted, false)) return;
    void (*prepare)(void) = atomic_exchange(&when_grown, NULL);
    if (prepare) prepare();
    fill();
}

/* The collector, when the heap is full, collects if at least min_bytes_allocd have been
 * allocated since it last did, and else makes the heap an eighth larger: steps so small
 * that the heap does not overshoot. The share of the heap that may be garbage says how
 * often the living are marked for how much memory: here heaps of a little more than 3, 4
 * and 1.7 times what lives. Several threads share one heap, fill it in a part of the time,
 * and are all stopped to collect: they have a part for each of them, at least. */
static void set_least_between(void)
{
    GC_word percent = heap_size < HEAP_SMALL ? 67 : heap_size < HEAP_LARGE ? 75 : 40;
    GC_word least = heap_size / 100 * percent;
    GC_word attached = atomic_load(&threads_attached);
    GC_word parts = attached < THREAD_PARTS ? attached : THREAD_PARTS;
    if (parts > 1 && least < parts * THREAD_PART) least = parts * THREAD_PART;
    GC_set_min_bytes_allocd(least);
}

/* Called under the allocation lock. */
static void heap_resized(GC_word size)
{
    refuse_nothing();
    if (size > HEAP_FIRST) watch_space(size);
    size -= reserve_bytes() < size ? reserve_bytes() : 0;
    want_reserve(size);
    heap_size = size;
    set_least_between();
    want_helpers(size);
}

static void *count_thread(void *change)
{
    atomic_fetch_add(&threads_attached, (unsigned)*(const int *)change);
    set_least_between();
    return change;
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Changed under the allocation lock. */
static MemWeakList *weak_lists;

static MemPauses pauses;
static _Atomic uint64_t last_pause, last_pause_heap; /* ns; bytes of the heap then */
static uint64_t pause_began, pause_began_busy;

/* All threads stand still, and what is not marked is garbage. */
static void weak_lists_sweep(void)
{
    for (MemWeakList *l = weak_lists; l; l = l->next)
        for (uint32_t i = 0; i < l->count; i++)
            if (l->slots[i] && !GC_is_marked(GC_REVEAL_POINTER(l->slots[i]))) l->slots[i] = 0;
}

/* Called under the allocation lock, at every step of a collection. */
static void collection_event(GC_EventType event)
{
    if (event == GC_EVENT_MARK_END) {
        weak_lists_sweep();
        watch_sweep();
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
        refuse_nothing();
        want_helpers(GC_get_heap_size());
        if (reserve_is_low()) atomic_store(&reserve_wanted, true);
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

/* The collector would read /proc/self/maps for where the main thread's stack ends. It takes
 * the thread that initializes it for that one, so of any other it is told as well. */
static void tell_stack_base(void)
{
#ifdef __GLIBC__
    extern void *__libc_stack_end;
    struct GC_stack_base base = {.mem_base = __libc_stack_end};
    if (GC_is_init_called()) return;
    if (syscall(SYS_gettid) == getpid() || GC_get_stack_base(&base) == GC_SUCCESS)
        GC_set_stackbottom(NULL, &base);
#endif
}

static int count_processors(void)
{
    uint64_t mask[PROCESSORS_MAX / 64] = {0};
    int count = 0;
    if (syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) < 0) return PROCESSORS_MAX;
    for (size_t i = 0; i < PROCESSORS_MAX / 64; i++) count += __builtin_popcountll(mask[i]);
    return count;
}

/* It would also read /proc/stat to count processors. Only through the environment can it
 * be told; a library must not write to that. */
static void init_collector(bool program, int processors)
{
    char count[] = {(char)('0' + (processors < 9 ? processors : 9)), 0};
    const char *name = "GC_NPROCS";
    bool tell = program && !getenv(name);
    if (tell) setenv(name, count, 1); /* what it does depends on one or several */
    GC_INIT();
    if (tell) unsetenv(name);
}

/* Allowing threads includes starting the helpers, unless the collector takes them to run
 * already: nobody else is here yet who might believe it too. The variable is the public one
 * behind GC_get_parallel; if writing to it did nothing, they would start now. */
static void allow_threads(void)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    GC_parallel = 1;
    GC_allow_register_threads();
    GC_parallel = 0;
#pragma GCC diagnostic pop
}

/* The child has one thread, whoever had a turn. */
static void forked(void)
{
    atomic_store(&turn.taken, 0);
    atomic_store(&threads_attached, mem_cache != &cache_none);
    reserve_promise_one(mem_cache != &cache_none);
}

static void init_as(bool program)
{
    int processors = count_processors();
    bool first = !GC_is_init_called(); /* the host may use the collector as well */
    check_processor();
    for (int i = 0; i < MEM_CLASSES; i++) cache_none.trays[i] = &tray_none;
    GC_set_all_interior_pointers(0);
    GC_set_free_space_divisor(HEAP_STEP);
    GC_set_handle_fork(1); /* a forked process goes on collecting */
    GC_set_warn_proc(GC_ignore_warn_proc);
    GC_set_markers_count(processors < MARKERS_MAX ? (unsigned)processors : MARKERS_MAX);
    GC_set_on_heap_resize(heap_resized);
    GC_set_on_collection_event(collection_event);
    GC_set_dont_precollect(1);
    hear_oom();
    if (program) GC_set_no_dls(1);
    tell_stack_base();
    limited_by_user = getenv("GC_MAXIMUM_HEAP_SIZE") != NULL;
    init_collector(program, processors);
    GC_expand_hp(HEAP_FIRST);
    inject_init();
    if (first)
        allow_threads();
    else
        GC_allow_register_threads();
    pthread_key_create(&thread_end, thread_ended);
    pthread_atfork(NULL, NULL, forked);
}

static void init(void) { init_as(false); }
static void init_program(void) { init_as(true); }
void mem_init(void) { pthread_once(&init_once, init); }
void mem_init_program(void) { pthread_once(&init_once, init_program); }

/* What it needs at once, in several pieces, and what is kept for its headers. */
bool mem_can_start(void)
{
    if (GC_is_init_called()) return true;
    size_t bytes = HEAP_FIRST + SPARE_LEAST;
    void *space = map_space(bytes);
    if (space) munmap(space, bytes);
    return space != NULL;
}

/* The collector makes what it keeps of a thread when it gets to know it, in two small blocks,
 * and ends the process when it cannot have them. So where little is free it is given room
 * first, of the reserve. Before it knows the thread this must ask it for nothing. */
static void register_thread(void)
{
    enum { ROOM = 64 << 10 };
    struct GC_stack_base base;
    if (GC_get_stack_base(&base) != GC_SUCCESS) return;
    while (GC_get_free_bytes() < ROOM && reserve_give())
        atomic_store_explicit(&reserve_wanted, true, memory_order_relaxed);
    GC_register_my_thread(&base);
}

void mem_thread_attach_promised(void)
{
    if (!GC_thread_is_registered()) register_thread();
    MemCache *cache = sure(try_root, sizeof(MemCache));
    for (int i = 0; i < MEM_CLASSES; i++) cache->trays[i] = &tray_none;
    cache->free[0] = cache_real;
    mem_cache = cache;
    pthread_setspecific(thread_end, cache);
    GC_call_with_alloc_lock(count_thread, &(int){1});
}

void mem_thread_attach(void)
{
    mem_init();
    if (mem_cache != &cache_none) return;
    reserve_promise(1, true);
    mem_thread_attach_promised();
}

void mem_fill_reserve(unsigned more)
{
    reserve_want_shares(more);
    fill();
}

bool mem_thread_try_attach(void)
{
    if (mem_cache != &cache_none) return true;
    if (!reserve_promise(1, false)) return false;
    mem_thread_attach_promised();
    return true;
}

void mem_thread_detach(void)
{
    MemCache *cache = mem_cache;
    if (cache == &cache_none) return;
    if (mem_short) mem_recover(); /* or others would have to */
    mem_cache = &cache_none;
    pthread_setspecific(thread_end, NULL);
    mem_free_root(cache);
    reserve_break_promises(1);
    GC_call_with_alloc_lock(count_thread, &(int){-1});
    if (GC_thread_is_registered()) GC_unregister_my_thread();
}

/* What was noticed under the allocation lock. */
static void tend(void)
{
    start_helpers();
    if (__builtin_expect(atomic_load_explicit(&reserve_wanted, memory_order_relaxed), 0))
        start_reserve();
}

void *mem_refill(size_t size_class)
{
    mem_thread_attach();
    tend();
    void **p = sure_of(try_list, size_class, LIST_BYTES);
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
    bool several = several_threads();
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
    tend();
    return sure_of(try_tray, size_class, LIST_BYTES);
}

/* Large blocks that were given back since the collection with this number, by all threads; what
 * is lost when two note it at once does not matter. */
static _Atomic GC_word freed_after;
static atomic_size_t freed_bytes;

static size_t freed_since_gc(void)
{
    return atomic_load(&freed_after) == GC_get_gc_no() ? atomic_load(&freed_bytes) : 0;
}

static void note_freed(size_t size)
{
    size_t before = freed_since_gc();
    atomic_store(&freed_after, GC_get_gc_no());
    atomic_store(&freed_bytes, before + size);
}

/* So much may be allocated between collections, this thread says (mem_expect). */
static MEM_THREAD size_t expected_until;

void mem_free_slow(void *p, size_t size)
{
    mem_thread_attach();
    if (size > MEM_SMALL_MAX) {
        GC_free(p);
        if (size >= LARGE) note_freed(size);
        refuse_nothing();
    } else {
        mem_free(p, size);
    }
}

/* Whoever makes a large array, perhaps to move a smaller one to it, has often left a
 * larger one as garbage. Rather than make the heap grow by that much, collect, if so much
 * has been allocated since the last time, and not given back, that this is no waste. Whose
 * memory is limited is promised that garbage is not much. */
static void make_room(size_t size)
{
    mem_thread_attach();
    tend();
    if (size < LARGE) return;
    size_t since = GC_get_bytes_since_gc(), back = freed_since_gc();
    size_t enough = mem_used_max() < MEM_UNBOUNDED / 2 ? size / 4 : 2 * size;
    since -= back < since ? back : since;
    if (since > expected_until && since > enough && since > GC_get_heap_size() / 4)
        GC_gcollect();
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
    make_room(size);
    return sure(try_normal, size);
}

void *mem_sure_alloc_atomic(size_t size)
{
    ASSERT_SURE(size);
    make_room(size);
    return sure(try_atomic, size);
}

void *mem_try_alloc(size_t size)
{
    if (size <= MEM_SURE_MAX) return mem_alloc(size);
    make_room(size);
    return maybe(try_normal, size);
}

void *mem_try_alloc_atomic(size_t size)
{
    make_room(size);
    return size <= MEM_SMALL_MAX ? sure(try_atomic, size) : maybe(try_atomic, size);
}

/* The collector wants as much again for other large blocks, as room to avoid pages that some
 * word on the stack seems to point into. */
void *mem_try_alloc_array(size_t size)
{
    if (size <= MEM_SURE_MAX) return mem_alloc(size);
    if (is_beyond_bound(size)) return NULL;
    make_room(size);
    return perhaps(size < LARGE ? try_normal : try_array, size);
}

bool mem_can(size_t bytes)
{
    void *p = mem_try_alloc_atomic(bytes);
    GC_free(p);
    return p != NULL;
}

void *mem_sure_alloc_root(size_t size)
{
    ASSERT_SURE(size);
    mem_thread_attach();
    return sure(try_root, size);
}

void *mem_try_alloc_root(size_t size)
{
    if (size <= MEM_SURE_MAX) return mem_alloc_root(size);
    mem_thread_attach();
    return maybe(try_root, size);
}
void mem_free_root(void *p) { GC_free(p); }

bool mem_is_block(const void *p) { return p && GC_base((void *)p) == p; }

uint64_t mem_bytes_total(void)
{
    return GC_get_total_bytes() - reserve_total() - used_for_sizes;
}
uint64_t mem_bytes_heap(void) { return GC_get_heap_size() - reserve_bytes(); }
uint64_t mem_collections(void) { return GC_get_gc_no(); }
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
    if (GC_get_bytes_since_gc() > bytes) mem_collect();
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
    expected_until = GC_get_bytes_since_gc() + bytes;
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
    if (GC_get_bytes_since_gc() < GC_get_min_bytes_allocd() / IDLE_PARTS) return false;
    if (expected_pause() > ns) return false;
    GC_gcollect();
    return true;
}

static void *try_link(size_t slot)
{
    asking = true;
    int answer = GC_general_register_disappearing_link((void **)slot,
                                                       GC_REVEAL_POINTER(*(uintptr_t *)slot));
    asking = false;
    return answer == GC_NO_MEMORY ? NULL : (void *)slot;
}

static void register_link(uintptr_t *slot) { sure_of(try_link, (size_t)slot, MEM_SMALL_MAX); }

void mem_weak_set(uintptr_t *slot, void *object)
{
    mem_thread_attach();
    *slot = (uintptr_t)GC_HIDE_POINTER(object);
    hear_oom();
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
    uint32_t size = weak_list_grown(l->size);
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
    if (GC_get_on_collection_event() != collection_event) return -1;
    WeakListGet g = {l, to};
    GC_call_with_alloc_lock(weak_list_get, &g);
    return l->count;
}

#endif
