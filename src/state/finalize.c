/* SPDX-License-Identifier: MIT */
/*
 * Objects with finalizers (manual 2.5.1): who has one, and the queue of those to be
 * called. Both are tables of the state, so they are versioned as all tables are.
 *
 *   finalizers   object -> number, growing in the order of marking; false when it has
 *                been queued: an object that came to life again gets no second call
 *   queue        1..n, the next one to be called at n
 */
#include "state/trace_internal.h"

#include <stdlib.h>

void trace_add_finalizer(Run *R, Value object)
{
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

/* Separating ----------------------------------------------------------------------- */

typedef struct Entry {
    Value object;
    double number;
} Entry;

typedef struct Entries {
    const Trace *T; /* NULL: take all */
    Entry *items;
    size_t count;
} Entries;

static void take_dead(void *context, Word key, Word value)
{
    Entries *e = context;
    if (e->T && !trace_is_dead(e->T, key)) return;
    double number = value == V_FALSE ? 0 : value_to_double(value);
    e->items[e->count++] = (Entry){key, number};
}

/* Those that were finalized before come first, with number 0. */
static int oldest_first(const void *a, const void *b)
{
    double x = ((const Entry *)a)->number, y = ((const Entry *)b)->number;
    return (x > y) - (x < y);
}

/* The queue: these, the oldest at 1, below those that were waiting before. */
static void enqueue(Run *R, const Entries *e)
{
    Table *t = run_new_table(R), *old = R->world->collection.queue;
    TableBody *b = &t->body;
    for (size_t i = 0; i < e->count; i++)
        table_set_int(b, (int64_t)i + 1, e->items[i].object, R->epoch);
    const TableBody *waiting = old ? heap_table(R, old) : NULL;
    uint32_t n = waiting ? waiting->array.size : 0;
    for (uint32_t i = 0; i < n; i++)
        table_set_int(b, (int64_t)e->count + i + 1, pvec_get(&waiting->array, i), R->epoch);
    run_edit_collection(R)->queue = t;
}

bool finalize_separate(Run *R, const Trace *T)
{
    Table *all = R->world->collection.finalizers;
    if (!all || !heap_table(R, all)->hash.count) return false;
    const TableBody *b = heap_table(R, all);
    Entries e = {T, mem_alloc(b->hash.count * sizeof(Entry)), 0};
    hamt_each(&b->hash, take_dead, &e);
    if (!e.count) return false;
    qsort(e.items, e.count, sizeof(Entry), oldest_first);
    size_t done = 0;
    for (size_t i = 0; i < e.count; i++) {
        bool waits = e.items[i].number > 0;
        run_set(R, all, e.items[i].object, waits ? V_FALSE : V_NIL);
        done += !waits;
    }
    e.items += done;
    e.count -= done;
    if (e.count) enqueue(R, &e);
    return e.count > 0;
}

void trace_finalize_all(Run *R) { finalize_separate(R, NULL); }

Value trace_next_finalizer(Run *R)
{
    Table *queue = R->world->collection.queue;
    uint32_t n = queue ? heap_table(R, queue)->array.size : 0;
    if (!n) return V_NIL;
    Value object = pvec_get(&heap_table(R, queue)->array, n - 1);
    run_set(R, queue, value_number(n), V_NIL);
    return object;
}
