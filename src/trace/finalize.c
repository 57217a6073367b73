/* SPDX-License-Identifier: MIT */
/*
 * Objects with finalizers (manual 2.5.1): who has one, and the queue of those to be
 * called. Both are tables of the state, so they are versioned as all tables are.
 *
 *   finalizers   1..n, in the order of marking
 *   queue        1..n, the next one to be called at n
 *
 * Each object tells itself that it has been marked (TABLE_GIVEN, UserdataBody.finalizer), for
 * good: one that came to life again gets no second call. A userdata whose finalizer is taken
 * back stays where it is until a trace passes it.
 *
 * Main invariant: an object is in one of the lists once at most, and called once at most, in
 * the contrary order of marking.
 */
#include "trace/trace_internal.h"

#include <assert.h>

static void append(Run *R, Table *list, Value object)
{
    TableBody *b = heap_table_mut(R, list);
    table_set_int(b, table_length(b) + 1, object, R->epoch);
}

/* One that was taken back is still in the list. */
static bool is_first(Run *R, Value object)
{
    if (value_is_table(object)) {
        TableBody *b = heap_table_mut(R, value_pointer(object));
        bool first = !(table_flags(b) & TABLE_GIVEN);
        if (first) __atomic_fetch_or(&b->flags, TABLE_GIVEN, __ATOMIC_RELAXED);
        return first;
    }
    UserdataBody *b = heap_userdata_mut(R, value_pointer(object));
    bool first = !b->finalizer;
    b->finalizer = FINALIZER_GIVEN;
    return first;
}

void trace_note_finalizer(Run *R, Value object)
{
    if (!R->world->collection.finalizers) {
        Table *t = run_new_table(R);
        run_edit_collection(R)->finalizers = t;
    }
    append(R, R->world->collection.finalizers, object);
}

void trace_add_finalizer(Run *R, Value object)
{
    assert((value_is_table(object) || value_is(object, OBJ_USERDATA)) &&
           "tables and userdata have finalizers");
    if (is_first(R, object)) trace_note_finalizer(R, object);
}

static bool is_taken_back(Run *R, Value object)
{
    return value_is(object, OBJ_USERDATA) &&
           heap_userdata(R, value_pointer(object))->finalizer == FINALIZER_TAKEN_BACK;
}

void trace_remove_finalizer(Run *R, Value object)
{
    Userdata *u = value_pointer(object);
    if (heap_userdata(R, u)->finalizer == FINALIZER_GIVEN)
        heap_userdata_mut(R, u)->finalizer = FINALIZER_TAKEN_BACK;
}

void trace_queue_finalizer(Run *R, Value object)
{
    if (!R->world->collection.queue) {
        Table *t = run_new_table(R);
        run_edit_collection(R)->queue = t;
    }
    append(R, R->world->collection.queue, object);
}

/* Separating ----------------------------------------------------------------------- */

/* What is put behind one another in a table. */
typedef struct Row {
    TableBody *to;
    uint64_t token;
    int64_t done;
    uint32_t count;
    Value some[64]; /* the last ones: they are put there together */
} Row;

static void row_flush(Row *r)
{
    table_set_list(r->to, r->done + 1, r->some, r->count, r->token);
    r->done += r->count;
    r->count = 0;
}

static void row_add(Row *r, Value v)
{
    if (r->count == sizeof r->some / sizeof *r->some) row_flush(r);
    r->some[r->count++] = v;
}

/* T is NULL: all are to go. */
static bool is_dead(const Trace *T, Value object) { return !T || trace_is_dead(T, object); }

/* So many at a time are queued if there is no memory: the reserve has room for as many. */
enum { SOME = 1 << 14 };

static int64_t length(Run *R, const Table *list)
{
    return list ? table_length(heap_table(R, list)) : 0;
}

/* A list keeps room for so many, or for four times what is in it. */
enum { ROOM_KEPT = 1 << 14 };

static bool is_roomy(Run *R, const Table *list, int64_t count)
{
    uint32_t room = heap_table(R, list)->array_size;
    return room > ROOM_KEPT && room / 4 > count;
}

/* Where so many are to be put, and those that wait; or as many as there is memory for. It is
 * the old one if that is empty. */
static Table *queue_for(Run *R, int64_t *count)
{
    Table *t = R->world->collection.queue;
    int64_t waiting = length(R, t), all = *count + waiting;
    if (!t || waiting || is_roomy(R, t, all)) t = run_new_table(R);
    bool fits = !mem_short && all <= (int64_t)TABLE_ARRAY_MAX / 2 &&
                table_list_room(heap_table_mut(R, t), (size_t)all, R->epoch);
    if (!fits && *count > SOME) *count = SOME;
    return t;
}

/* Moves the `count` youngest dead ones, of so many, to a queue, the oldest first. The others
 * move up; what is behind them is to be cut off. Gives how many they are. */
static int64_t separate(Run *R, const Trace *T, Row *queue, int64_t dead, int64_t count)
{
    TableBody *b = heap_table_mut(R, R->world->collection.finalizers);
    int64_t n = table_length(b), kept = 0;
    for (int64_t i = 1; i <= n; i++) {
        Value object = table_get_int(b, i);
        if (is_dead(T, object)) {
            if (dead-- <= count) {
                row_add(queue, object);
                continue;
            }
        } else if (!mem_short && is_taken_back(R, object)) {
            heap_userdata_mut(R, value_pointer(object))->finalizer = 0;
            continue;
        }
        if (++kept != i) table_set_int(b, kept, object, R->epoch);
    }
    return kept;
}

/* Those that were waiting before are called first. */
static void enqueue(Run *R, Row *row, Table *queue)
{
    const Table *old = R->world->collection.queue;
    int64_t waiting = queue == old ? 0 : length(R, old);
    for (int64_t i = 1; i <= waiting; i++) row_add(row, table_get_int(heap_table(R, old), i));
    row_flush(row);
    if (queue != old) run_edit_collection(R)->queue = queue;
}

/* If few of many are left, they get a list of their own. */
static void cut(Run *R, int64_t kept)
{
    Table *list = R->world->collection.finalizers, *shorter;
    TableBody *b = heap_table_mut(R, list);
    if (mem_short || !is_roomy(R, list, kept)) {
        table_cut(b, kept + 1, table_length(b), R->epoch);
        return;
    }
    shorter = run_new_table(R);
    Row row = {.to = &shorter->body, .token = R->epoch};
    for (int64_t i = 1; i <= kept; i++) row_add(&row, table_get_int(b, i));
    row_flush(&row);
    run_edit_collection(R)->finalizers = shorter;
}

/* What leaves the list: the dead, and those whose finalizers were taken back. */
typedef struct Leaving {
    int64_t dead, others;
} Leaving;

static Leaving leaving(Run *R, const Trace *T, const TableBody *b)
{
    Leaving l = {0, 0};
    for (int64_t i = 1, n = table_length(b); i <= n; i++) {
        Value object = table_get_int(b, i);
        if (is_dead(T, object))
            l.dead++;
        else if (is_taken_back(R, object))
            l.others++;
    }
    return l;
}

bool finalize_separate(Run *R, const Trace *T, bool *later)
{
    Table *all = R->world->collection.finalizers;
    if (!all) return false;
    Leaving l = leaving(R, T, heap_table(R, all));
    if (!l.dead && !l.others) return false;
    int64_t count = l.dead;
    Table *queue = queue_for(R, &count);
    Row row = {.to = heap_table_mut(R, queue), .token = R->epoch};
    int64_t kept = separate(R, T, &row, l.dead, count);
    if (count) enqueue(R, &row, queue);
    cut(R, kept);
    *later = count < l.dead;
    return count > 0;
}

bool trace_finalize_all(Run *R)
{
    bool later = false;
    finalize_separate(R, NULL, &later);
    return later;
}

Value trace_next_finalizer(Run *R)
{
    Table *queue = R->world->collection.queue;
    Value object = V_NIL;
    do {
        int64_t n = length(R, queue);
        if (!n) return V_NIL;
        TableBody *b = heap_table_mut(R, queue);
        object = table_get_int(b, n);
        table_set_int(b, n, V_NIL, R->epoch);
    } while (is_taken_back(R, object));
    return object;
}
