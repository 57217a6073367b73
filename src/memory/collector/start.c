/* SPDX-License-Identifier: MIT */
/*
 * Start of the collector, and of threads that allocate.
 *
 * Main invariant: a thread is known to the collector, and has its share of the reserve, before
 * it asks for anything.
 */
#include "memory/collector/collector.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MOONLET_MALLOC

enum {
    HEAP_STEP = 8, /* see collector_heap_resized */
    MARKERS_MAX = 4,
    PROCESSORS_MAX = 1024
};

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

/* Marks a cache as a real one; see mem_free. Never handed out: no size has class 0. */
static void *const cache_real = &collector_no_cache;

static void thread_ended(void *cache)
{
    mem_cache = cache;
    mem_thread_detach();
}

int mem_stop_signal(void) { return GC_get_suspend_signal(); }
int mem_go_on_signal(void) { return GC_get_thr_restart_signal(); }

/* The collector gives up if a signal does not come through, and programs begin threads with all
 * signals blocked. */
static void let_signals_through(void)
{
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, mem_stop_signal());
    sigaddset(&ours, mem_go_on_signal());
    pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
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
    collector_forget_turn();
    atomic_store(&collector_threads, mem_cache != &collector_no_cache);
    reserve_promise_one(mem_cache != &collector_no_cache);
}

static void init_as(bool program)
{
    int processors = count_processors();
    bool first = !GC_is_init_called(); /* the host may use the collector as well */
    backend_check_processor();
    for (int i = 0; i < MEM_CLASSES; i++) collector_no_cache.trays[i] = &collector_no_tray;
    GC_set_all_interior_pointers(0);
    GC_set_free_space_divisor(HEAP_STEP);
    GC_set_handle_fork(1); /* a forked process goes on collecting */
    GC_set_warn_proc(GC_ignore_warn_proc);
    GC_set_markers_count(processors < MARKERS_MAX ? (unsigned)processors : MARKERS_MAX);
    GC_set_on_heap_resize(collector_heap_resized);
    GC_set_on_collection_event(collector_event);
    GC_set_dont_precollect(1);
    collector_start_arrays();
    collector_begin_asking(); /* its function is set */
    collector_end_asking();
    if (program) GC_set_no_dls(1);
    tell_stack_base();
    collector_is_limited = getenv("GC_MAXIMUM_HEAP_SIZE") != NULL;
    init_collector(program, processors);
    GC_register_displacement(MEM_INNER); /* GC_INIT forgets them */
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
    void *space = collector_map_space(bytes);
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
        atomic_store_explicit(&collector_wants_reserve, true, memory_order_relaxed);
    let_signals_through();
    GC_register_my_thread(&base);
}

void mem_thread_attach_promised(void)
{
    if (!GC_thread_is_registered()) register_thread();
    MemCache *cache = backend_sure(collector_try_root, sizeof(MemCache));
    for (int i = 0; i < MEM_CLASSES; i++) cache->trays[i] = &collector_no_tray;
    cache->free[0] = cache_real;
    mem_cache = cache;
    pthread_setspecific(thread_end, cache);
    GC_call_with_alloc_lock(collector_count_thread, &(int){1});
}

void mem_thread_attach(void)
{
    mem_init();
    if (mem_cache != &collector_no_cache) return;
    reserve_promise(1, true);
    mem_thread_attach_promised();
}

bool mem_thread_try_attach(void)
{
    if (mem_cache != &collector_no_cache) return true;
    if (!reserve_promise(1, false)) return false;
    mem_thread_attach_promised();
    return true;
}

void mem_thread_detach(void)
{
    MemCache *cache = mem_cache;
    if (cache == &collector_no_cache) return;
    if (mem_short) mem_recover(); /* or others would have to */
    collector_end_pages(cache->pages);
    mem_cache = &collector_no_cache;
    pthread_setspecific(thread_end, NULL);
    mem_free_root(cache);
    reserve_break_promises(1);
    GC_call_with_alloc_lock(collector_count_thread, &(int){-1});
    if (GC_thread_is_registered()) GC_unregister_my_thread();
}

#endif
