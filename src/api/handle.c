/* SPDX-License-Identifier: MIT */
/*
 * Handles of states: lists of free ones for each thread, and one of all threads.
 *
 * Main invariant: a handle is in use, with at least one reference, or in exactly one list of
 * free ones, and then it is zero but for its links.
 */
#include "api/handle.h"

#include <assert.h>
#include <pthread.h>

enum { SLAB = 64 };

/* This thread's free handles: the list in use, and one that is full or empty. */
static MEM_THREAD moonlet_state *free_list;
static MEM_THREAD uint32_t free_count;

static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static moonlet_state *shared_lists;

static pthread_once_t end_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

/* Free handles ---------------------------------------------------------------------- */

static void share(moonlet_state *list, uint32_t count)
{
    pthread_mutex_lock(&shared_lock);
    list->kind = count;
    list->next_list = shared_lists;
    shared_lists = list;
    pthread_mutex_unlock(&shared_lock);
}

static moonlet_state *take_shared(void)
{
    pthread_mutex_lock(&shared_lock);
    moonlet_state *list = shared_lists;
    if (list) shared_lists = list->next_list;
    pthread_mutex_unlock(&shared_lock);
    return list;
}

static void thread_ended(void *unused)
{
    (void)unused;
    if (free_list) share(free_list, free_count);
    free_list = NULL;
    free_count = 0;
}

static void lock_shared(void) { pthread_mutex_lock(&shared_lock); }
static void unlock_shared(void) { pthread_mutex_unlock(&shared_lock); }

static void make_key(void)
{
    pthread_key_create(&thread_end, thread_ended);
    pthread_atfork(lock_shared, unlock_shared, unlock_shared);
}

static moonlet_state *new_slab(void)
{
    moonlet_state *slab = mem_alloc_root(SLAB * sizeof *slab);
    for (int i = 0; i + 1 < SLAB; i++) slab[i].u.next = &slab[i + 1];
    slab->kind = SLAB;
    return slab;
}

/* Makes the list of this thread have something. */
static __attribute__((noinline)) void refill(void)
{
    pthread_once(&end_once, make_key);
    pthread_setspecific(thread_end, &free_list);
    moonlet_state *list = take_shared();
    if (!list) list = new_slab();
    free_list = list;
    free_count = list->kind;
    list->kind = 0;
    list->next_list = NULL;
}

/* Two slabs full: the newer half stays here. */
static __attribute__((noinline)) void give_away(void)
{
    moonlet_state *last = free_list;
    for (int i = 1; i < SLAB; i++) last = last->u.next;
    share(last->u.next, free_count - SLAB);
    last->u.next = NULL;
    free_count = SLAB;
}

/* Handles --------------------------------------------------------------------------- */

moonlet_state *handle_new(const State *state, const Config *config)
{
    assert(state && "a handle is one of a state");
    assert((!config || mem_is_block(config)) && "what a handle keeps is a block");
    if (!free_list) refill();
    moonlet_state *h = free_list;
    free_list = h->u.next;
    free_count--;
    h->u.next = NULL;
    h->state = state;
    h->config = config;
    h->refs = 1;
    return h;
}

bool handle_set_values(moonlet_state *h, const Value *values, size_t count)
{
    if (count <= 1) {
        h->kind = count ? HANDLE_VALUE : HANDLE_NONE;
        if (count) h->u.value = values[0];
        return true;
    }
    HandleAnswer *a = mem_try_alloc(sizeof *a + count * sizeof *values);
    if (!a) return false;
    a->count = count;
    memcpy(a->values, values, count * sizeof *values);
    h->kind = HANDLE_ANSWER;
    h->u.answer = a;
    return true;
}

void handle_set_error(moonlet_state *h, const moonlet_error *error)
{
    assert(h->kind != HANDLE_VALUE && "what has failed answers no values");
    if (!error) return;
    HandleAnswer *a = mem_alloc(sizeof *a);
    a->error = error;
    h->kind = HANDLE_ANSWER;
    h->u.answer = a;
}

const moonlet_error *handle_error(const moonlet_state *h)
{
    return h->kind == HANDLE_ANSWER ? h->u.answer->error : NULL;
}

const Value *handle_values(const moonlet_state *h, size_t *count)
{
    *count = h->kind == HANDLE_ANSWER ? h->u.answer->count : h->kind == HANDLE_VALUE;
    return h->kind == HANDLE_ANSWER ? h->u.answer->values : &h->u.value;
}

static void handle_free(moonlet_state *h)
{
    memset(h, 0, sizeof *h);
    h->u.next = free_list;
    free_list = h;
    if (++free_count >= 2 * SLAB) give_away();
}

moonlet_state *moonlet_retain(const moonlet_state *s)
{
    moonlet_state *h = (moonlet_state *)s;
    assert_live(s);
    __atomic_fetch_add(&h->refs, 1, __ATOMIC_RELAXED);
    return h;
}

void moonlet_release(moonlet_state *s)
{
    if (!s) return;
    assert_live(s);
    if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) == 0) handle_free(s);
}
