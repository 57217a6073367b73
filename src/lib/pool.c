/* SPDX-License-Identifier: MIT */
#include "lib/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 256, PROGRESS_EVERY_MS = 50 };

typedef struct Work {
    const Pool *pool;
    PoolOutcome *outcomes;
    atomic_size_t next, done;
} Work;

unsigned pool_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

static void keep(PoolOutcome *out, const Value *values, uint32_t count)
{
    out->values = mem_alloc((count + 1) * sizeof *out->values);
    if (count) memcpy(out->values, values, count * sizeof *out->values);
    out->count = count;
}

static void run_item(const Pool *pool, Value input, PoolOutcome *out)
{
    Run *R = run_begin(pool->base);
    R->interrupt = pool->cancel;
    eval_set_budget(R, pool->steps);
    switch (eval_call(R, pool->function, &input, 1)) {
    case RUN_OK:
        keep(out, R->results, R->result_count);
        out->status = POOL_OK;
        break;
    case RUN_ERROR:
        keep(out, &R->error, 1);
        out->status = POOL_FAILED;
        break;
    case RUN_PAUSED:
        keep(out, NULL, 0);
        out->status = POOL_LIMIT;
        break;
    }
    out->state = run_snapshot(R);
    run_end(R);
}

static void take_items(Work *work)
{
    const Pool *pool = work->pool;
    for (;;) {
        if (pool->cancel && *pool->cancel) return;
        size_t i = atomic_fetch_add(&work->next, 1);
        if (i >= pool->count) return;
        run_item(pool, pool->inputs[i], &work->outcomes[i]);
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
static void tell(Work *work, unsigned running)
{
    const Pool *pool = work->pool;
    const struct timespec pause = {0, PROGRESS_EVERY_MS * 1000000};
    while (running && atomic_load(&work->done) < pool->count) {
        if (pool->cancel && *pool->cancel) break;
        pool->progress(pool->context, atomic_load(&work->done), pool->count);
        nanosleep(&pause, NULL);
    }
}

void pool_run(const Pool *pool, PoolOutcome *outcomes)
{
    Work work = {.pool = pool, .outcomes = outcomes};
    pthread_t threads[THREADS_MAX];
    unsigned want = pool->threads ? pool->threads : pool_processors(), running = 0;
    if (want > THREADS_MAX) want = THREADS_MAX;
    if (want > pool->count) want = (unsigned)pool->count;
    unsigned others = pool->progress ? want : want ? want - 1 : 0;
    while (running < others && pthread_create(&threads[running], NULL, worker, &work) == 0)
        running++;
    if (pool->progress) tell(&work, running);
    if (!pool->progress || !running) take_items(&work);
    while (running > 0) pthread_join(threads[--running], NULL);
    if (pool->progress) pool->progress(pool->context, atomic_load(&work.done), pool->count);
}
