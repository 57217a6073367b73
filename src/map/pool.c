/* SPDX-License-Identifier: MIT */
/*
 * A pool of threads.
 *
 * Main invariant: an item belongs to the thread that has taken its number from the counter.
 * The pool returns when no thread works for it any more.
 *
 * The threads of a pool are a crew. One that finds no more items waits, as long as others of
 * the crew have some in work: for an item may run a pool itself, within, and whoever waits
 * takes items of that. Who runs a pool within waits for those who help it, who are at items of
 * that pool, or of one within them: so nobody waits in a circle.
 */
#include "map/pool.h"

#include "memory/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 256, NS_PER_MS = 1000000, LOOK_MS_MAX = 16 };

typedef struct Work {
    const Pool *pool;
    atomic_size_t next, done;
    struct Crew *crew;
    unsigned others, others_max; /* threads, beside the one that runs the pool */
    pthread_cond_t ended;        /* the others have */
    struct Work *outer;          /* the next one in the crew's list */
} Work;

typedef struct Crew {
    pthread_mutex_t lock; /* of all that follows, and of `others` */
    pthread_cond_t ended; /* nobody is busy */
    Work *within;         /* a list of pools that items run */
    unsigned busy;        /* threads that have items of their own */
} Crew;

/* That of the item that this thread does, if there are others in it. */
static MEM_THREAD Crew *crew;

void pool_leave_crew(void) { crew = NULL; }

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

static struct timespec after_ms(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += (long)ms * NS_PER_MS;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* A pool within that has something to do for one thread more. */
static Work *find_within(const Crew *c)
{
    for (Work *w = c->within; w; w = w->outer)
        if (w->others < w->others_max && atomic_load(&w->next) < w->pool->count &&
            !stop_wanted(w->pool->stop))
            return w;
    return NULL;
}

/* Waits for work, with the crew's lock. Who runs a pool within calls nobody, because most are
 * done before anybody could come. Who waits looks, after a time like that for which it has
 * waited. Meanwhile the collector need not stop it, if it may be unknown to it. Answers false
 * where there is no memory to go on. */
static bool wait_for_work(Crew *c, bool known)
{
    if (!known) {
        pthread_mutex_unlock(&c->lock);
        mem_thread_detach();
        pthread_mutex_lock(&c->lock);
    }
    for (unsigned ms = 1; c->busy && !find_within(c); ms += ms < LOOK_MS_MAX ? ms : 0) {
        struct timespec until = after_ms(ms);
        pthread_cond_timedwait(&c->ended, &c->lock, &until);
    }
    if (known) return true;
    pthread_mutex_unlock(&c->lock);
    bool attached = mem_thread_try_attach();
    pthread_mutex_lock(&c->lock);
    return attached;
}

/* This thread has no items of its own any more: it helps others of the crew until they have
 * none. */
static void help(Crew *c, bool known)
{
    pthread_mutex_lock(&c->lock);
    if (--c->busy == 0) pthread_cond_broadcast(&c->ended);
    while (c->busy) {
        Work *w = find_within(c);
        if (!w) {
            if (!wait_for_work(c, known)) break;
            continue;
        }
        w->others++;
        pthread_mutex_unlock(&c->lock);
        take_items(w, NULL);
        pthread_mutex_lock(&c->lock);
        if (--w->others == 0) pthread_cond_signal(&w->ended);
    }
    pthread_mutex_unlock(&c->lock);
}

static void worker(void *context)
{
    Work *work = context;
    crew = work->crew;
    take_items(work, NULL);
    help(crew, false);
    pthread_mutex_lock(&work->crew->lock);
    if (--work->others == 0) pthread_cond_signal(&work->ended);
    pthread_mutex_unlock(&work->crew->lock);
}

/* Has the crew's lock. Waits until the others have ended; meanwhile tells whom there is to
 * tell. */
static void wait_for_others(Work *work)
{
    const Pool *pool = work->pool;
    pthread_mutex_t *lock = &work->crew->lock;
    while (work->others) {
        if (!pool->progress) {
            pthread_cond_wait(&work->ended, lock);
            continue;
        }
        struct timespec until = after_ms(POOL_TELL_MS);
        pthread_mutex_unlock(lock);
        if (!stop_wanted(pool->stop)) pool->progress(pool->context, atomic_load(&work->done));
        pthread_mutex_lock(lock);
        if (work->others) pthread_cond_timedwait(&work->ended, lock, &until);
    }
}

static bool start(Work *work, pthread_t *thread)
{
    Crew *c = work->crew;
    pthread_mutex_lock(&c->lock);
    bool good = thread_start(thread, NULL, worker, work);
    work->others += good;
    c->busy += good;
    pthread_mutex_unlock(&c->lock);
    return good;
}

/* Answers how many there are then. */
static unsigned start_all(Work *work, pthread_t *threads)
{
    unsigned promised = thread_promise(work->others_max), started = 0;
    while (started < promised && start(work, &threads[started])) started++;
    if (started < promised) thread_give_up(promised - started - 1);
    return started;
}

/* The calling thread tells if there is somebody to tell, and does not work itself then. */
static void run_with_crew(Work *work)
{
    Crew c = {.lock = PTHREAD_MUTEX_INITIALIZER, .busy = 1}, *outer = crew;
    pthread_t threads[THREADS_MAX];
    PoolClock clock = {0};
    pthread_cond_init(&c.ended, NULL);
    work->crew = crew = &c;
    unsigned started = start_all(work, threads);
    work->others_max = started;
    if (!work->pool->progress || !started) take_items(work, &clock);
    if (work->pool->progress) {
        pthread_mutex_lock(&c.lock);
        if (--c.busy == 0) pthread_cond_broadcast(&c.ended);
        wait_for_others(work);
        pthread_mutex_unlock(&c.lock);
    } else {
        help(&c, true);
    }
    while (started > 0) pthread_join(threads[--started], NULL);
    pthread_cond_destroy(&c.ended);
    pthread_mutex_destroy(&c.lock);
    crew = outer;
}

/* The calling thread works, and those of its crew that have nothing to do. */
static void run_within(Work *work)
{
    Crew *c = work->crew = crew;
    PoolClock clock = {0};
    pthread_mutex_lock(&c->lock);
    work->outer = c->within;
    c->within = work;
    pthread_mutex_unlock(&c->lock);
    take_items(work, &clock);
    pthread_mutex_lock(&c->lock);
    Work **link = &c->within;
    while (*link != work) link = &(*link)->outer;
    *link = work->outer;
    wait_for_others(work);
    pthread_mutex_unlock(&c->lock);
}

static void run_alone(Work *work)
{
    Crew *outer = crew;
    PoolClock clock = {0};
    crew = NULL;
    take_items(work, &clock);
    crew = outer;
}

/* Threads to work, that of the caller among them. */
static unsigned wanted(const Pool *pool)
{
    unsigned want = pool->workers;
    if (pool->here || (pool->within && !crew)) want = 1;
    if (!want) want = pool->within ? THREADS_MAX : pool_processors();
    if (want > THREADS_MAX) want = THREADS_MAX;
    return want < pool->count ? want : (unsigned)pool->count;
}

size_t pool_run(const Pool *pool)
{
    Work work = {.pool = pool};
    bool starts = !pool->here && !pool->within, waits = starts && pool->progress;
    unsigned want = wanted(pool);
    work.others_max = want && !waits ? want - 1 : want;
    pthread_cond_init(&work.ended, NULL);
    if (!work.others_max)
        run_alone(&work);
    else if (pool->within)
        run_within(&work);
    else
        run_with_crew(&work);
    pthread_cond_destroy(&work.ended);
    if (pool->progress) pool->progress(pool->context, atomic_load(&work.done));
    return atomic_load(&work.done);
}
