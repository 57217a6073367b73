/* SPDX-License-Identifier: MIT */
/*
 * A pool of threads.
 *
 * Main invariant: an item belongs to the thread that has taken its number from the counter.
 * The pool returns when no thread works any more.
 */
#include "map/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 256, NS_PER_MS = 1000000 };

typedef struct Work {
    const Pool *pool;
    atomic_size_t next, done;
    pthread_mutex_t lock; /* of those that wait for the end only */
    pthread_cond_t ended;
    unsigned running;
} Work;

unsigned pool_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

void pool_tell(const Pool *pool, PoolClock *clock, size_t done)
{
    struct timespec t;
    if (!pool->progress) return;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    if (clock->told_ns && now - clock->told_ns < (uint64_t)POOL_TELL_MS * NS_PER_MS) return;
    pool->progress(pool->context, done);
    clock->told_ns = now;
}

/* clock NULL: another thread tells. */
static void take_items(Work *work, PoolClock *clock)
{
    const Pool *pool = work->pool;
    while (!stop_wanted(pool->stop)) {
        size_t i = atomic_fetch_add(&work->next, 1);
        if (i >= pool->count) return;
        pool->item(pool->context, i);
        size_t done = atomic_fetch_add(&work->done, 1) + 1;
        if (clock) pool_tell(pool, clock, done);
    }
}

static void *worker(void *context)
{
    Work *work = context;
    mem_thread_attach();
    take_items(work, NULL);
    mem_thread_detach();
    pthread_mutex_lock(&work->lock);
    if (--work->running == 0) pthread_cond_signal(&work->ended);
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

static struct timespec after_ms(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += (long)ms * NS_PER_MS;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* With somebody to tell, the calling thread tells, and does not work itself. */
static void tell(Work *work)
{
    pthread_mutex_lock(&work->lock);
    while (work->running) {
        struct timespec until = after_ms(POOL_TELL_MS);
        pthread_mutex_unlock(&work->lock);
        if (!stop_wanted(work->pool->stop))
            work->pool->progress(work->pool->context, atomic_load(&work->done));
        pthread_mutex_lock(&work->lock);
        if (work->running) pthread_cond_timedwait(&work->ended, &work->lock, &until);
    }
    pthread_mutex_unlock(&work->lock);
}

static bool start(Work *work, pthread_t *thread)
{
    pthread_mutex_lock(&work->lock);
    bool good = pthread_create(thread, NULL, worker, work) == 0;
    if (good) work->running++;
    pthread_mutex_unlock(&work->lock);
    return good;
}

size_t pool_run(const Pool *pool)
{
    Work work = {.pool = pool, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[THREADS_MAX];
    PoolClock clock = {0};
    unsigned want = pool->here ? 1 : pool->workers ? pool->workers : pool_processors();
    if (want > THREADS_MAX) want = THREADS_MAX;
    if (want > pool->count) want = (unsigned)pool->count;
    unsigned others = want && (pool->here || !pool->progress) ? want - 1 : want, started = 0;
    pthread_cond_init(&work.ended, NULL);
    while (started < others && start(&work, &threads[started])) started++;
    if (pool->progress && started) tell(&work);
    if (!pool->progress || !started) take_items(&work, &clock);
    while (started > 0) pthread_join(threads[--started], NULL);
    pthread_cond_destroy(&work.ended);
    if (pool->progress) pool->progress(pool->context, atomic_load(&work.done));
    return atomic_load(&work.done);
}
