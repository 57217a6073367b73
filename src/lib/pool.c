/* SPDX-License-Identifier: MIT */
#include "lib/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 256, PROGRESS_EVERY_MS = 50 };

typedef struct Work {
    const Pool *pool;
    atomic_size_t next, done;
} Work;

unsigned pool_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

static void take_items(Work *work)
{
    const Pool *pool = work->pool;
    while (!stop_wanted(pool->stop)) {
        size_t i = atomic_fetch_add(&work->next, 1);
        if (i >= pool->count) return;
        pool->item(pool->context, i);
        atomic_fetch_add(&work->done, 1);
    }
}

static void *worker(void *context)
{
    mem_thread_attach();
    take_items(context);
    mem_thread_detach();
    return NULL;
}

/* With somebody to tell, the calling thread tells and does not work itself. */
static void tell(Work *work)
{
    const Pool *pool = work->pool;
    const struct timespec pause = {0, PROGRESS_EVERY_MS * 1000000};
    while (atomic_load(&work->done) < pool->count && !stop_wanted(pool->stop)) {
        pool->progress(pool->context, atomic_load(&work->done));
        nanosleep(&pause, NULL);
    }
}

size_t pool_run(const Pool *pool)
{
    Work work = {.pool = pool};
    pthread_t threads[THREADS_MAX];
    unsigned want = pool->workers ? pool->workers : pool_processors(), running = 0;
    if (want > THREADS_MAX) want = THREADS_MAX;
    if (want > pool->count) want = (unsigned)pool->count;
    unsigned others = pool->progress ? want : want ? want - 1 : 0;
    while (running < others && pthread_create(&threads[running], NULL, worker, &work) == 0)
        running++;
    if (pool->progress && running) tell(&work);
    if (!pool->progress || !running) take_items(&work);
    while (running > 0) pthread_join(threads[--running], NULL);
    if (pool->progress) pool->progress(pool->context, atomic_load(&work.done));
    return atomic_load(&work.done);
}
