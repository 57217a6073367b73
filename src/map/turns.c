/* SPDX-License-Identifier: MIT */
/*
 * Turns of the items of a map; see turns.h.
 *
 * Main invariant: a bill that says `done` never changes, and is complete. So each process may
 * add up for itself those that it has not seen yet.
 */
#include "map/turns.h"

#include <stdlib.h>
#include <sys/mman.h>

/* What items have used when they are done. */
typedef struct Bill {
    atomic_bool done;
    Ended ended;
} Bill;

typedef struct Bills {
    _Atomic uint64_t steps, bytes, ns; /* of all that are done */
    Bill of[];
} Bills;

static size_t bills_size(size_t count) { return sizeof(Bills) + count * sizeof(Bill); }

/* Half of what is left is for items in work ahead of the turn, half for those that are done. */
static uint64_t share_of(uint64_t left, unsigned workers)
{
    return left == UINT64_MAX ? left : left / (2 * (uint64_t)workers);
}

bool turns_begin(Turns *t, Usage left, Usage own, Usage own_first, uint64_t waiting,
                 size_t count, unsigned workers)
{
    *t = (Turns){
        .left = left, .own = own, .own_first = own_first, .workers = workers, .count = count};
    if (workers < 2) return true;
    void *p = mmap(NULL, bills_size(count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                   -1, 0);
    if (p == MAP_FAILED) return false;
    t->bills = p;
    t->share = (Usage){share_of(left.steps, workers), share_of(left.bytes, workers)};
    t->waiting = waiting < left.bytes ? waiting : left.bytes;
    t->bytes_share = share_of(t->waiting, workers);
    pthread_mutex_init(&t->lock, NULL);
    return true;
}

void turns_end(Turns *t)
{
    if (!t->bills) return;
    munmap(t->bills, bills_size(t->count));
    pthread_mutex_destroy(&t->lock);
    t->bills = NULL;
}

_Atomic uint64_t *turns_clock(const Turns *t) { return t->bills ? &t->bills->ns : NULL; }

/* It is said a second time by the process that waits, after the one that has done the item. */
void turns_done(Turns *t, size_t i, const Ended *e)
{
    Bill *bill = &t->bills->of[i];
    if (atomic_load(&bill->done)) return;
    bill->ended = *e;
    atomic_fetch_add(&t->bills->steps, e->used.steps);
    atomic_fetch_add(&t->bills->bytes, e->used.bytes);
    atomic_store(&bill->done, true);
}

bool turns_own(EvalStop stop, Usage own, Usage rest)
{
    return stop == STOP_STEPS ? own.steps <= rest.steps : own.bytes <= rest.bytes;
}

EvalStop turns_stop(const Ended *e, Usage own, Usage rest)
{
    if (e->status == OUTCOME_STOPPED) return e->stop;
    if (e->used.steps > rest.steps) return STOP_STEPS;
    if (e->used.bytes > rest.bytes) return STOP_BYTES;
    bool counted = e->stop == STOP_STEPS || e->stop == STOP_BYTES;
    if (e->status != OUTCOME_LIMIT || !counted) return STOP_NONE;
    return turns_own(e->stop, own, rest) ? STOP_NONE : e->stop;
}

static Usage rest_of(const Turns *t)
{
    return (Usage){turns_rest(t->left.steps, t->before.steps),
                   turns_rest(t->left.bytes, t->before.bytes)};
}

/* Has the lock. */
static void look(Turns *t)
{
    while (!t->over && t->known < t->count) {
        const Bill *bill = &t->bills->of[t->known];
        if (!atomic_load(&bill->done)) return;
        t->over = turns_stop(&bill->ended, t->known ? t->own : t->own_first, rest_of(t));
        t->before.steps += bill->ended.used.steps;
        t->before.bytes += bill->ended.used.bytes;
        t->known++;
    }
}

bool turns_come(Turns *t, size_t i, Usage *rest)
{
    pthread_mutex_lock(&t->lock);
    look(t);
    *rest = rest_of(t);
    bool come = t->known == i && !t->over;
    pthread_mutex_unlock(&t->lock);
    return come;
}

EvalStop turns_over(Turns *t, Usage *used)
{
    pthread_mutex_lock(&t->lock);
    look(t);
    EvalStop over = t->over;
    *used = t->before;
    pthread_mutex_unlock(&t->lock);
    return over;
}

uint64_t turns_bytes(Turns *t)
{
    Usage used;
    (void)turns_over(t, &used);
    return used.bytes;
}

static bool is_ahead(uint64_t used, uint64_t before, uint64_t left)
{
    return left != UINT64_MAX && used > before && used - before > left / 2;
}

bool turns_may_begin(Turns *t, size_t i)
{
    pthread_mutex_lock(&t->lock);
    look(t);
    Usage used = {t->bills->steps, t->bills->bytes};
    bool may =
        !t->over && (t->known == i || (!is_ahead(used.steps, t->before.steps, t->left.steps) &&
                                       !is_ahead(used.bytes, t->before.bytes, t->waiting)));
    pthread_mutex_unlock(&t->lock);
    return may;
}

void turns_sleep(uint64_t *ns)
{
    enum { FIRST = 16000, LONGEST = 1000000 };
    if (!*ns) *ns = FIRST;
    nanosleep(&(struct timespec){.tv_nsec = (long)*ns}, NULL);
    if (*ns < LONGEST) *ns *= 2;
}
