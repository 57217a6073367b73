/* SPDX-License-Identifier: MIT */
/*
 * Weak tables: taking out what a trace has found dead (manual 2.5.2).
 *
 * Main invariant: only what a complete trace has found dead is taken out.
 */
#include "trace/trace_internal.h"

#include <assert.h>

typedef struct Sweep {
    const Trace *T;
    bool keys;        /* look at keys, else at values */
    PointerList dead; /* keys of the entries to go */
} Sweep;

static bool is_dead(const Sweep *s, Value key, Value value)
{
    return trace_is_dead(s->T, s->keys ? key : value);
}

static void sweep_item(void *context, uint32_t index, Value v)
{
    Sweep *s = context;
    Value key = value_number((double)index + 1);
    if (is_dead(s, key, v)) pointer_list_note(&s->dead, value_pointer(key));
}

static void sweep_pair(void *context, Word key, Word value)
{
    Sweep *s = context;
    if (is_dead(s, key, value)) pointer_list_note(&s->dead, value_pointer(key));
}

static void take_out(const Sweep *s, TableBody *own)
{
    for (size_t i = s->dead.count; i-- > 0;) /* the array from its end */
        table_set(own, value_object(s->dead.items[i]), V_NIL, s->T->R->epoch);
}

enum { SOME = 64 };

/* Where there is no memory for a list of all: some, and then some more. */
static void clear_by_some(Sweep *s, TableBody *own)
{
    void *some[SOME];
    PointerList all = s->dead;
    s->dead = (PointerList){.items = some, .capacity = SOME, .lent = true};
    for (Value key = V_NIL, value; table_next(own, &key, &value);) {
        if (is_dead(s, key, value)) pointer_list_note(&s->dead, value_pointer(key));
        if (s->dead.count < SOME) continue;
        take_out(s, own);
        s->dead.count = 0;
    }
    take_out(s, own);
    s->dead = all;
    s->dead.failed = false;
}

/* A table of which nothing is dead is not written: it may be another state's too. */
static void clear(void *context, Table *t)
{
    Sweep *s = context;
    assert(value_is_table(value_object(t)) && "weak tables are tables");
    Run *R = s->T->R;
    const TableBody *b = heap_table(R, t);
    s->dead.count = 0;
    trace_array(b, sweep_item, s);
    table_each_hashed(b, sweep_pair, s);
    if (!s->dead.count && !s->dead.failed) return;
    bool frozen = table_is_frozen(b);
    TableBody *own = heap_thaw(R, t);
    take_out(s, own);
    if (s->dead.failed) clear_by_some(s, own);
    if (frozen) heap_freeze(R, t);
}

static void clear_all(const Trace *T, int kind, size_t from, bool keys)
{
    Sweep s = {.T = T, .keys = keys};
    trace_each_weak(T, kind, from, clear, &s);
    pointer_list_free(&s.dead);
}

void weak_clear_keys(const Trace *T, int kind) { clear_all(T, kind, 0, true); }

void weak_clear_values(const Trace *T, int kind, size_t from)
{
    clear_all(T, kind, from, false);
}
