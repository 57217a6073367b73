/* SPDX-License-Identifier: MIT */
/*
 * Objects with finalizers (manual 2.5.1): who has one, and the queue of those to be
 * called. Both are tables of the state, so they are versioned as all tables are.
 *
 *   finalizers   object -> number, growing in the order of marking; false when it has
 *                been queued: an object that came to life again gets no second call
 *   queue        1..n, the next one to be called at n
 *
 * Main invariant: an object is called at most once for each time that it was marked, in the
 * contrary order of marking.
 */
#include "trace/trace_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "memory/scratch.h"

void trace_add_finalizer(Run *R, Value object)
{
    assert((value_is_table(object) || value_is(object, OBJ_USERDATA)) &&
           "tables and userdata have finalizers");
    if (!R->world->collection.finalizers) {
        Table *t = run_new_table(R);
        run_edit_collection(R)->finalizers = t;
    }
    Table *all = R->world->collection.finalizers;
    if (run_get(R, all, object) != V_NIL) return;
    run_set(R, all, object, value_number((double)run_new_id(R)));
}

void trace_remove_finalizer(Run *R, Value object)
{
    Table *all = R->world->collection.finalizers;
    if (all && run_get(R, all, object) != V_NIL) run_set(R, all, object, V_NIL);
}

void trace_queue_finalizer(Run *R, Value object)
{
    if (!R->world->collection.queue) {
        Table *t = run_new_table(R);
        run_edit_collection(R)->queue = t;
    }
    Table *queue = R->world->collection.queue;
    int64_t n = table_length(heap_table(R, queue));
    run_set(R, queue, value_number((double)n + 1), object);
}

/* Separating ----------------------------------------------------------------------- */

typedef struct Entry {
    Value object;
    double number;
} Entry;

typedef struct Entries {
    const Trace *T; /* NULL: take all */
    Entry *items;
    size_t count, room;
    size_t scratch; /* bytes of a piece of scratch memory; 0: items are no such */
    double least;   /* older ones are passed */
    bool later;     /* such were dead */
    bool done;      /* such have been finalized */
} Entries;

/* Those that were finalized before come first, with number 0. */
static int oldest_first(const void *a, const void *b)
{
    double x = ((const Entry *)a)->number, y = ((const Entry *)b)->number;
    return (x > y) - (x < y);
}

/* The later half stays: the others' turn comes later, and that of any which is older still. */
static void halve(Entries *e)
{
    qsort(e->items, e->count, sizeof(Entry), oldest_first);
    e->count /= 2;
    memcpy(e->items, e->items + (e->room - e->count), e->count * sizeof(Entry));
    e->least = e->items[0].number;
    e->later = true;
}

static void take_dead(void *context, Word key, Word value)
{
    Entries *e = context;
    if (e->T && !trace_is_dead(e->T, key)) return;
    double number = value == V_FALSE ? 0 : value_to_double(value);
    if (number < e->least) {
        e->done |= !number;
        return;
    }
    if (e->count == e->room) halve(e);
    e->items[e->count++] = (Entry){key, number};
}

/* So many at a time are queued if there is no memory: the reserve has room for as many. */
enum { LEAST = 1000, SOME = 1 << 14 };

static Entries entries_for(const Trace *T, size_t room)
{
    Entries e = {.T = T, .room = room};
    e.items = mem_short ? NULL : mem_try_alloc(room * sizeof(Entry));
    if (e.items) return e;
    size_t most = mem_short ? SOME : 8 * SOME;
    size_t bytes = (room < most ? room : most) * sizeof(Entry);
    e.items = scratch_take_piece(&bytes);
    e.scratch = bytes;
    e.room = bytes / sizeof(Entry);
    if (e.room < LEAST) {
        e = (Entries){.T = T, .room = room};
        e.items = mem_alloc_most(&e.room, sizeof(Entry));
    }
    if (e.room < room) e.least = 1;
    return e;
}

/* Objects made in a row are met in the other order, the youngest first (value_hash). */
static void sort(Entries *e)
{
    bool sorted = true;
    for (size_t i = 0, k = e->count; i + 1 < k--; i++) {
        Entry was = e->items[i];
        e->items[i] = e->items[k];
        e->items[k] = was;
    }
    for (size_t i = 1; i < e->count && sorted; i++)
        sorted = e->items[i - 1].number <= e->items[i].number;
    if (!sorted) qsort(e->items, e->count, sizeof(Entry), oldest_first);
}

/* A stale pointer to them must keep nothing. */
static void entries_free(Entries *e)
{
    if (e->scratch)
        scratch_give_back(e->items, e->scratch);
    else
        memset(e->items, 0, e->count * sizeof(Entry));
}

static void put_objects(Run *R, TableBody *b, const Entries *e)
{
    Value some[64]; /* they lie in a row here */
    table_begin(b, (uint32_t)e->count, 0, R->epoch);
    for (size_t done = 0, n; done < e->count; done += n) {
        n = e->count - done;
        if (n > sizeof some / sizeof *some) n = sizeof some / sizeof *some;
        for (size_t i = 0; i < n; i++) some[i] = e->items[done + i].object;
        table_set_list(b, (int64_t)done + 1, some, n, R->epoch);
    }
}

/* The queue: these, the oldest at 1, below those that were waiting before. */
static void enqueue(Run *R, const Entries *e)
{
    assert(e->count > 0 && "there are objects to be finalized");
    Table *t = run_new_table(R), *old = R->world->collection.queue;
    TableBody *b = &t->body;
    put_objects(R, b, e);
    const TableBody *waiting = old ? heap_table(R, old) : NULL;
    int64_t n = waiting ? table_length(waiting) : 0;
    for (int64_t i = 1; i <= n; i++)
        table_set_int(b, (int64_t)e->count + i, table_get_int(waiting, i), R->epoch);
    run_edit_collection(R)->queue = t;
}

/* What has been finalized and is dead again leaves, one by one. */
static void drop_done(Run *R, const Trace *T, Table *all)
{
    Value key = V_NIL, value;
    while (table_next(heap_table(R, all), &key, &value))
        if (value == V_FALSE && (!T || trace_is_dead(T, key))) run_set(R, all, key, V_NIL);
}

bool finalize_separate(Run *R, const Trace *T, bool *later)
{
    Table *all = R->world->collection.finalizers;
    if (!all || !heap_table(R, all)->hash.count) return false;
    const TableBody *b = heap_table(R, all);
    Entries e = entries_for(T, b->hash.count);
    hamt_each(&b->hash, take_dead, &e);
    *later = e.later;
    if (e.done) drop_done(R, T, all);
    sort(&e);
    size_t done = 0;
    while (done < e.count && e.items[done].number == 0) done++;
    Entries left = {.items = e.items + done, .count = e.count - done};
    if (left.count) enqueue(R, &left); /* first: nothing else may hold them but `all` */
    for (size_t i = 0; i < e.count; i++)
        run_set(R, all, e.items[i].object,
                i >= done && T ? V_FALSE : V_NIL); /* no T: the end */
    entries_free(&e);
    return left.count > 0;
}

bool trace_finalize_all(Run *R)
{
    bool later = false;
    finalize_separate(R, NULL, &later);
    scratch_leave();
    return later;
}

Value trace_next_finalizer(Run *R)
{
    Table *queue = R->world->collection.queue;
    int64_t n = queue ? table_length(heap_table(R, queue)) : 0;
    if (!n) return V_NIL;
    Value object = table_get_int(heap_table(R, queue), n);
    run_set(R, queue, value_number((double)n), V_NIL);
    return object;
}
