/* SPDX-License-Identifier: MIT */
/*
 * The queue of requests; see dap_queue.h.
 *
 * Main invariant: under the lock, dap_interrupted says whether a program runs and a message
 * that is to stop it waits, or nobody is there any more. It is changed nowhere else (`update`).
 */
#ifdef MOONLET_DAP

#include "cli/dap/dap_queue.h"

#include <pthread.h>
#include <stdlib.h>

/* The process has one session. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t queued;
    DapMessage *first, **last;
    json_int_t current; /* the number of the request taken last */
    json_int_t running; /* the thread whose program runs; 0: none does */
    bool ended;         /* nothing more will be put */
} queue;

volatile int dap_interrupted;

void queue_begin(void)
{
    queue.last = &queue.first;
    pthread_mutex_init(&queue.lock, NULL);
    pthread_cond_init(&queue.queued, NULL);
}

/* With the lock ----------------------------------------------------------------------- */

typedef bool Passes(const DapMessage *m, json_int_t number);

static bool pauses(const DapMessage *m, json_int_t unused) { return m->pauses; }

static bool leaves(const DapMessage *m, json_int_t unused) { return m->leaves; }

static bool asks_threads(const DapMessage *m, json_int_t unused) { return m->threads; }

static json_int_t number_of(const DapMessage *m)
{
    return json_integer_value(json_object_get(m->json, "seq"));
}

static bool has_number(const DapMessage *m, json_int_t number)
{
    return !m->refused && number_of(m) == number;
}

/* The place of the first one that passes; of NULL: there is none. */
static DapMessage **find(Passes *passes, json_int_t number)
{
    DapMessage **at = &queue.first;
    while (*at && !passes(*at, number)) at = &(*at)->next;
    return at;
}

static bool has(Passes *passes) { return *find(passes, 0) != NULL; }

static void update(void)
{
    bool stops = queue.running && (queue.ended || has(pauses) || has(leaves));
    __atomic_store_n(&dap_interrupted, stops, __ATOMIC_RELAXED); /* the run reads it so */
}

/* Answers NULL where there is none. */
static DapMessage *unlink_at(DapMessage **at)
{
    DapMessage *m = *at;
    if (!m) return NULL;
    *at = m->next;
    if (!*at) queue.last = at;
    m->next = NULL;
    update();
    return m;
}

static void end_with_lock(void)
{
    queue.ended = true;
    update();
    pthread_cond_signal(&queue.queued);
}

/* Messages ---------------------------------------------------------------------------- */

void queue_free(DapMessage *m)
{
    if (!m) return;
    json_decref(m->json);
    free(m->refused);
    free(m);
}

void queue_put(DapMessage new)
{
    DapMessage *m = malloc(sizeof *m);
    pthread_mutex_lock(&queue.lock);
    if (m) {
        *m = new;
        *queue.last = m;
        queue.last = &m->next;
        update();
        pthread_cond_signal(&queue.queued);
    } else {
        json_decref(new.json);
        free(new.refused);
        end_with_lock();
    }
    pthread_mutex_unlock(&queue.lock);
}

void queue_end(void)
{
    pthread_mutex_lock(&queue.lock);
    end_with_lock();
    pthread_mutex_unlock(&queue.lock);
}

DapMessage *queue_take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (!queue.first && !queue.ended) pthread_cond_wait(&queue.queued, &queue.lock);
    DapMessage *m = unlink_at(&queue.first);
    queue.current = m ? number_of(m) : 0;
    pthread_mutex_unlock(&queue.lock);
    return m;
}

DapMessage *queue_take_threads(json_int_t *thread)
{
    DapMessage *all = NULL, *m;
    pthread_mutex_lock(&queue.lock);
    *thread = queue.running;
    while (queue.running && (m = unlink_at(find(asks_threads, 0)))) {
        m->next = all;
        all = m;
    }
    pthread_mutex_unlock(&queue.lock);
    return all;
}

DapMessage *queue_take_number(json_int_t number)
{
    pthread_mutex_lock(&queue.lock);
    DapMessage *m = unlink_at(find(has_number, number));
    pthread_mutex_unlock(&queue.lock);
    return m;
}

/* Questions --------------------------------------------------------------------------- */

bool queue_has_threads(void)
{
    pthread_mutex_lock(&queue.lock);
    bool yes = has(asks_threads);
    pthread_mutex_unlock(&queue.lock);
    return yes;
}

bool queue_is_current(json_int_t number)
{
    pthread_mutex_lock(&queue.lock);
    bool yes = queue.current == number;
    pthread_mutex_unlock(&queue.lock);
    return yes;
}

static bool is_over(void) { return queue.ended || has(leaves); }

bool queue_is_over(void)
{
    pthread_mutex_lock(&queue.lock);
    bool over = is_over();
    pthread_mutex_unlock(&queue.lock);
    return over;
}

/* Runs -------------------------------------------------------------------------------- */

void queue_run(json_int_t thread)
{
    pthread_mutex_lock(&queue.lock);
    queue.running = thread;
    update();
    pthread_mutex_unlock(&queue.lock);
}

bool queue_rest(void)
{
    pthread_mutex_lock(&queue.lock);
    bool stopped = dap_interrupted && !is_over();
    queue.running = 0;
    update();
    pthread_mutex_unlock(&queue.lock);
    return stopped;
}

void queue_obey(void)
{
    pthread_mutex_lock(&queue.lock);
    for (DapMessage *m = queue.first; m; m = m->next) m->pauses = false;
    update();
    pthread_mutex_unlock(&queue.lock);
}

#endif
