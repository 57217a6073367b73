/* SPDX-License-Identifier: MIT */
/*
 * The two memory back-ends; see mem.h.
 */
#include "mem.h"

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
MEM_THREAD uint64_t mem_counted;
MEM_THREAD MemBound mem_bound = {.counted_max = INT64_MAX};

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

static void *mem_checked(void *p)
{
    if (!p) mem_fail("not enough memory");
    return p;
}

void *mem_alloc(size_t size) { return mem_checked(mem_try_alloc(size)); }
void *mem_alloc_atomic(size_t size) { return mem_checked(mem_try_alloc_atomic(size)); }

static uint32_t weak_list_grown(uint32_t size)
{
    if (size > UINT32_MAX / 2) mem_fail("out of memory");
    return size ? 2 * size : 64;
}

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

void *mem_malloc(size_t size) { return mem_checked(ring_add(size)); }

void mem_malloc_free(void *p)
{
    Link *link = (Link *)p - 1;
    pthread_mutex_lock(&ring_lock);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    pthread_mutex_unlock(&ring_lock);
    free(link);
}

void *mem_try_alloc(size_t size) { return ring_add(size); }
void *mem_try_alloc_atomic(size_t size) { return ring_add(size); }
void *mem_alloc_array(size_t size) { return mem_malloc(size); }
void *mem_alloc_root(size_t size) { return mem_malloc(size); }
void mem_free_root(void *p) { mem_malloc_free(p); }

static void lock_ring(void) { pthread_mutex_lock(&ring_lock); }
static void unlock_ring(void) { pthread_mutex_unlock(&ring_lock); }

static void init(void)
{
    check_processor();
    pthread_atfork(lock_ring, unlock_ring, unlock_ring);
}

void mem_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init);
}
void mem_init_program(void) { mem_init(); }
void mem_thread_attach(void) {}
void mem_thread_detach(void) {}
void mem_collect(void) {}
void mem_refuse_helpers(void) {}
uint64_t mem_collections(void) { return 0; }
MemPauses mem_pauses(void) { return (MemPauses){0}; }
bool mem_limit_pauses(unsigned milliseconds) { return (void)milliseconds, false; }

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

void mem_weak_list_add(MemWeakList *l, void *object)
{
    if (l->count == l->size) {
        l->size = weak_list_grown(l->size);
        l->slots = realloc(l->slots, l->size * sizeof *l->slots);
        if (!l->slots) mem_fail("out of memory");
    }
    l->slots[l->count++] = (uintptr_t)object;
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
#include <sys/syscall.h>
#include <unistd.h>

enum {
    HEAP_FIRST = 1 << 20, /* bytes of address space; touched as needed */
    HEAP_STEP = 8,        /* see heap_resized */
    HEAP_SMALL = 4 << 20,
    HEAP_LARGE = 32 << 20,
    LARGE = 256 << 10,      /* see make_room */
    HEAP_HELPED = 16 << 20, /* see want_helpers */
    MARKERS_MAX = 4,
    PROCESSORS_MAX = 1024,
    TRAY_BYTES = 4096, /* what is in a full one; a block of the collector's is as large */
    TRAY_TRIES = 3
};

static MemTray tray_none;
static MemCache cache_none;
MEM_THREAD MemCache *mem_cache = &cache_none;

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

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

/* When the heap is full, the collector collects if at least min_bytes_allocd have been
 * allocated since it last did, and else makes the heap an eighth larger: steps so small
 * that the heap does not overshoot. The share of the heap that may be garbage says how
 * often the living are marked for how much memory: here heaps of a little more than 3, 4
 * and 1.7 times what lives. Under the allocation lock. */
static void heap_resized(GC_word size)
{
    GC_word percent = size < HEAP_SMALL ? 67 : size < HEAP_LARGE ? 75 : 40;
    GC_set_min_bytes_allocd(size / 100 * percent);
    want_helpers(size);
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
static uint64_t pause_began, pause_began_busy;

/* All threads stand still, and what is not marked is garbage. */
static void weak_lists_sweep(void)
{
    for (MemWeakList *l = weak_lists; l; l = l->next)
        for (uint32_t i = 0; i < l->count; i++)
            if (l->slots[i] && !GC_is_marked(GC_REVEAL_POINTER(l->slots[i]))) l->slots[i] = 0;
}

/* Under the allocation lock, at every step of a collection. */
static void collection_event(GC_EventType event)
{
    if (event == GC_EVENT_MARK_END) {
        weak_lists_sweep();
    } else if (event == GC_EVENT_PRE_STOP_WORLD) {
        pause_began = now_ns(CLOCK_MONOTONIC);
        pause_began_busy = now_ns(CLOCK_THREAD_CPUTIME_ID);
    } else if (event == GC_EVENT_POST_START_WORLD) {
        uint64_t ns = now_ns(CLOCK_MONOTONIC) - pause_began;
        uint64_t busy = now_ns(CLOCK_THREAD_CPUTIME_ID) - pause_began_busy;
        pauses.count++;
        pauses.ns += ns;
        pauses.busy_ns += busy;
        if (ns > pauses.longest_ns) pauses.longest_ns = ns;
        if (busy > pauses.longest_busy_ns) pauses.longest_busy_ns = busy;
        want_helpers(GC_get_heap_size());
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

/* The collector would read /proc/self/maps for where the main thread's stack ends. */
static void tell_stack_base(void)
{
#ifdef __GLIBC__
    extern void *__libc_stack_end;
    struct GC_stack_base base = {.mem_base = __libc_stack_end};
    if (!GC_is_init_called() && syscall(SYS_gettid) == getpid())
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
    if (program) GC_set_no_dls(1);
    tell_stack_base();
    init_collector(program, processors);
    GC_expand_hp(HEAP_FIRST);
    if (first)
        allow_threads();
    else
        GC_allow_register_threads();
    pthread_key_create(&thread_end, thread_ended);
}

static void init(void) { init_as(false); }
static void init_program(void) { init_as(true); }
void mem_init(void) { pthread_once(&init_once, init); }
void mem_init_program(void) { pthread_once(&init_once, init_program); }

static void *root_alloc(size_t size) { return mem_checked(GC_malloc_uncollectable(size)); }

void mem_thread_attach(void)
{
    mem_init();
    if (mem_cache != &cache_none) return;
    struct GC_stack_base base;
    if (!GC_thread_is_registered() && GC_get_stack_base(&base) == GC_SUCCESS)
        GC_register_my_thread(&base);
    MemCache *cache = root_alloc(sizeof(MemCache));
    for (int i = 0; i < MEM_CLASSES; i++) cache->trays[i] = &tray_none;
    cache->free[0] = cache_real;
    mem_cache = cache;
    pthread_setspecific(thread_end, cache);
}

void mem_thread_detach(void)
{
    MemCache *cache = mem_cache;
    if (cache == &cache_none) return;
    mem_cache = &cache_none;
    pthread_setspecific(thread_end, NULL);
    mem_free_root(cache);
    if (GC_thread_is_registered()) GC_unregister_my_thread();
}

static void *try_refill(size_t size_class)
{
    mem_thread_attach();
    start_helpers();
    void *list = NULL;
    GC_generic_malloc_many(size_class * MEM_GRANULE, GC_I_NORMAL, &list);
    void **p = list;
    if (!p) return NULL;
    mem_cache->free[size_class] = *p;
    *p = NULL;
    return p;
}

void *mem_refill(size_t size_class) { return mem_checked(try_refill(size_class)); }

typedef struct TrayFill {
    MemTray *tray;
    size_t room;
    void *list;
    GC_word collection;
} TrayFill;

/* Under the allocation lock, so that no collection can come in between. */
static void *tray_fill(void *context)
{
    TrayFill *fill = context;
    if (GC_get_gc_no() != fill->collection) return NULL;
    MemTray *tray = fill->tray;
    for (void **p = fill->list; p && tray->count < fill->room; p = *p)
        tray->slots[tray->count++] = p;
    return tray;
}

static size_t tray_room(size_t size_class) { return TRAY_BYTES / (size_class * MEM_GRANULE); }

static MemTray *tray_of(size_t size_class)
{
    MemTray *tray = mem_cache->trays[size_class];
    if (tray != &tray_none) return tray;
    tray = mem_alloc(sizeof(MemTray) + tray_room(size_class) * sizeof(void *));
    mem_cache->trays[size_class] = tray;
    return tray;
}

/* The links of a list of pointer-free blocks count for nothing in a collection: when
 * there was one since the list was made, the list is dropped and another made. */
void *mem_refill_atomic(size_t size_class)
{
    mem_thread_attach();
    start_helpers();
    TrayFill fill = {.tray = tray_of(size_class), .room = tray_room(size_class)};
    for (int i = 0; i < TRAY_TRIES; i++) {
        fill.collection = GC_get_gc_no();
        GC_generic_malloc_many(size_class * MEM_GRANULE, GC_I_PTRFREE, &fill.list);
        mem_checked(fill.list);
        if (GC_call_with_alloc_lock(tray_fill, &fill)) {
            void *p = fill.tray->slots[--fill.tray->count];
            fill.tray->slots[fill.tray->count] = NULL;
            return p;
        }
    }
    return mem_alloc_atomic(size_class * MEM_GRANULE);
}

void mem_free_slow(void *p, size_t size)
{
    mem_thread_attach();
    if (size > MEM_SMALL_MAX)
        GC_free(p);
    else
        mem_free(p, size);
}

/* Whoever makes a large array, perhaps to move a smaller one to it, has often left a
 * larger one as garbage. Rather than make the heap grow by that much, collect, if so much
 * has been allocated since the last time that this is no waste. */
static void make_room(size_t size)
{
    start_helpers();
    if (size < LARGE) return;
    size_t since = GC_get_bytes_since_gc();
    if (since > 2 * size && since > GC_get_heap_size() / 4) GC_gcollect();
}

/* Small blocks are from the lists of mem_new: the collector's own lists would take other
 * pages for the same sizes. */
void *mem_try_alloc(size_t size)
{
    mem_thread_attach();
    if (size <= MEM_SMALL_MAX) {
        size_t c = size ? mem_class(size) : 1;
        return mem_cache->free[c] ? mem_new(c * MEM_GRANULE) : try_refill(c);
    }
    make_room(size);
    return GC_malloc(size);
}

void *mem_try_alloc_atomic(size_t size)
{
    mem_thread_attach();
    make_room(size);
    return GC_malloc_atomic(size);
}

/* For other large blocks the collector wants as much again as room to avoid pages that some
 * word on the stack seems to point into. */
void *mem_alloc_array(size_t size)
{
    if (size < LARGE) return mem_alloc(size);
    mem_thread_attach();
    make_room(size);
    return mem_checked(GC_malloc_ignore_off_page(size));
}

void *mem_alloc_root(size_t size)
{
    mem_thread_attach();
    return root_alloc(size);
}
void mem_free_root(void *p) { GC_free(p); }

bool mem_is_block(const void *p) { return p && GC_base((void *)p) == p; }

uint64_t mem_bytes_total(void) { return GC_get_total_bytes(); }
uint64_t mem_bytes_heap(void) { return GC_get_heap_size(); }
uint64_t mem_collections(void) { return GC_get_gc_no(); }
void mem_collect(void)
{
    mem_thread_attach();
    GC_gcollect();
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

void mem_weak_set(uintptr_t *slot, void *object)
{
    mem_thread_attach();
    *slot = (uintptr_t)GC_HIDE_POINTER(object);
    GC_general_register_disappearing_link((void **)slot, object);
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
    uintptr_t *slots = realloc(l->slots, size * sizeof *slots);
    if (!slots) mem_fail("out of memory");
    if (!l->size) {
        l->next = weak_lists;
        weak_lists = l;
    }
    l->slots = slots;
    l->size = size;
    return NULL;
}

/* A collection may come between any two steps, in another thread: it finds the list as it
 * was, or with a word for an object that is still at hand here. */
void mem_weak_list_add(MemWeakList *l, void *object)
{
    if (l->count == l->size) {
        mem_thread_attach();
        GC_call_with_alloc_lock(weak_list_grow, l);
    }
    l->slots[l->count] = (uintptr_t)GC_HIDE_POINTER(object);
    atomic_signal_fence(memory_order_seq_cst);
    l->count++;
    GC_reachable_here(object);
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
