/* SPDX-License-Identifier: MIT */
/*
 * Threads that take turns with who waits for their work; see aside.h.
 *
 * Main invariant: one of the two threads has the turn, and only that one runs.
 */
#include "memory/aside.h"

#include <pthread.h>
#include <stdatomic.h>

#include "memory/thread.h"

enum { WAITING_MAX = 64, STACK = 4 << 20 };

/* What goes with the turn. */
typedef struct AsideLoad {
    MemAccount account;
    MemAlarm alarm;
    int64_t *meter;
    bool is_short;
} AsideLoad;

struct Aside {
    AsideWork *work;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    bool works, ended, dropped; /* under the lock */
    AsideLoad load;
    unsigned process;
};

static atomic_uint process; /* how many forks away from the first one */
static atomic_int waiting;
static MEM_THREAD Aside *own;

static void put_down(AsideLoad *l)
{
    *l = (AsideLoad){mem_account, mem_alarm, mem_meter, mem_short};
}

static void take_up(const AsideLoad *l)
{
    mem_account = l->account;
    mem_alarm = l->alarm;
    mem_meter = l->meter;
    mem_short = l->is_short;
}

/* Gives the turn to the work, or back; waits for it. With the lock. */
static void turn(Aside *a, bool works)
{
    put_down(&a->load);
    a->works = works;
    pthread_cond_signal(&a->turned);
    while (a->works == works) pthread_cond_wait(&a->turned, &a->lock);
    if (!a->dropped) take_up(&a->load);
}

static void forget(Aside *a)
{
    pthread_cond_destroy(&a->turned);
    pthread_mutex_destroy(&a->lock);
    mem_free_root(a);
    atomic_fetch_sub(&waiting, 1);
}

static void thread_main(void *aside)
{
    Aside *a = own = aside;
    AsideLoad none;
    put_down(&none);
    pthread_mutex_lock(&a->lock);
    while (!a->works) pthread_cond_wait(&a->turned, &a->lock);
    bool dropped = a->dropped;
    if (!dropped) take_up(&a->load);
    pthread_mutex_unlock(&a->lock);
    if (!dropped) a->work(a->context);
    pthread_mutex_lock(&a->lock);
    dropped = a->dropped;
    put_down(&a->load);
    take_up(&none);
    a->ended = true;
    a->works = false;
    pthread_cond_signal(&a->turned);
    pthread_mutex_unlock(&a->lock);
    if (dropped) forget(a);
}

static void forked(void)
{
    atomic_fetch_add(&process, 1);
    atomic_store(&waiting, 0);
}

static void prepare(void) { pthread_atfork(NULL, NULL, forked); }

static bool start(Aside *a)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    bool good = thread_start(&a->thread, &attributes, thread_main, a);
    pthread_attr_destroy(&attributes);
    return good;
}

Aside *aside_new(AsideWork *work, void *context)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);
    if (atomic_fetch_add(&waiting, 1) >= WAITING_MAX) {
        atomic_fetch_sub(&waiting, 1);
        return NULL;
    }
    Aside *a = mem_alloc_root(sizeof *a);
    *a = (Aside){.work = work, .context = context, .process = atomic_load(&process)};
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->turned, NULL);
    if (thread_promise(1) && start(a)) return a;
    forget(a);
    return NULL;
}

bool aside_is_there(const Aside *a) { return a->process == atomic_load(&process); }

bool aside_go_on(Aside *a)
{
    pthread_mutex_lock(&a->lock);
    turn(a, true);
    bool ended = a->ended;
    pthread_mutex_unlock(&a->lock);
    if (!ended) return false;
    pthread_join(a->thread, NULL);
    forget(a);
    return true;
}

void aside_drop(Aside *a)
{
    if (!aside_is_there(a)) return;
    pthread_t thread = a->thread;
    pthread_mutex_lock(&a->lock);
    a->dropped = a->works = true;
    pthread_cond_signal(&a->turned);
    pthread_mutex_unlock(&a->lock);
    pthread_detach(thread);
}

bool aside_pause(void)
{
    Aside *a = own;
    pthread_mutex_lock(&a->lock);
    turn(a, false);
    bool dropped = a->dropped;
    pthread_mutex_unlock(&a->lock);
    if (dropped) { /* whatever it still does is nobody's */
        mem_bound = mem_bound_new(MEM_UNBOUNDED, NULL, NULL);
        mem_alarm = (MemAlarm){NULL, NULL};
        mem_meter = NULL;
    }
    return !dropped;
}
