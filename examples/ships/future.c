/* SPDX-License-Identifier: MIT */
/* What lies ahead of a ship: see future.h. */
#include "future.h"

#include <string.h>

/* An item's values: whether the ship lives, and x, y, x, y ... */
static void read_ghost(const moonlet_item *item, Ghost *g)
{
    *g = (Ghost){.lives = item->count && moonlet_is_true(item->values[0])};
    for (size_t i = 1; i + 1 < item->count && g->count < POINTS; i += 2) {
        Place *p = &g->point[g->count++];
        if (!moonlet_to_number(item->values[i], &p->x)) p->x = 0;
        if (!moonlet_to_number(item->values[i + 1], &p->y)) p->y = 0;
    }
}

static const moonlet_limits limits = {.steps = 30000000, .bytes = 1 << 30}; /* of a fork */

static void look_ahead(const moonlet_state *s, Future *f)
{
    moonlet_value args[] = {moonlet_number(f->ship), moonlet_number(FORKS),
                            moonlet_number(AHEAD)},
                  directions[FORKS];
    double began = clock_ms();
    moonlet_result r = moonlet_call_function(s, "futures", args, 3);
    for (int i = 0; i < FORKS; i++) directions[i] = moonlet_number(i);
    if (r.status == MOONLET_OK) {
        const moonlet_map_options options = {.limits = &limits};
        moonlet_items all =
            moonlet_map(r.state, moonlet_result_value(&r, 0), directions, FORKS, &options);
        for (int i = 0; i < FORKS; i++) read_ghost(&all.items[i], &f->ghost[i]);
        f->forks = FORKS;
        moonlet_items_release(&all);
    }
    moonlet_release(r.state);
    f->ms = clock_ms() - began;
}

static void *work(void *data)
{
    Oracle *o = data;
    look_ahead(o->state, &o->next);
    moonlet_release(o->state);
    moonlet_thread_detach();
    pthread_mutex_lock(&o->lock);
    o->answered = true;
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

void oracle_begin(Oracle *o)
{
    memset(o, 0, sizeof *o);
    pthread_mutex_init(&o->lock, NULL);
}

void oracle_ask(Oracle *o, const moonlet_state *s, int ship, Place from, double now)
{
    if (o->busy) return;
    o->state = moonlet_retain(s);
    o->next = (Future){.ship = ship, .from = from, .now = now};
    o->answered = false;
    o->busy = pthread_create(&o->thread, NULL, work, o) == 0;
    if (!o->busy) moonlet_release(o->state);
}

bool oracle_answer(Oracle *o, Future *f, bool wait)
{
    if (!o->busy) return false;
    pthread_mutex_lock(&o->lock);
    bool answered = o->answered;
    pthread_mutex_unlock(&o->lock);
    if (!answered && !wait) return false;
    pthread_join(o->thread, NULL);
    o->busy = false;
    *f = o->next;
    return true;
}

void oracle_end(Oracle *o)
{
    if (o->busy) pthread_join(o->thread, NULL);
    pthread_mutex_destroy(&o->lock);
}
