/* SPDX-License-Identifier: MIT */
/* Weak tables: taking out what a trace has found dead (manual 2.5.2). */
#include "state/trace_internal.h"

typedef struct Sweep {
    const Trace *T;
    bool keys;        /* look at keys, else at values */
    PointerList dead; /* keys of the entries to go */
} Sweep;

static void sweep_item(void *context, uint32_t index, Value v)
{
    Sweep *s = context;
    if (!s->keys && trace_is_dead(s->T, v))
        pointer_list_add(&s->dead, value_pointer(value_number((double)index + 1)));
}

static void sweep_pair(void *context, Word key, Word value)
{
    Sweep *s = context;
    if (trace_is_dead(s->T, s->keys ? key : value))
        pointer_list_add(&s->dead, value_pointer(key));
}

/* A table of which nothing is dead is not written: it may be another state's too. */
static void clear(Sweep *s, Table *t)
{
    Run *R = s->T->R;
    const TableBody *b = heap_table(R, t);
    s->dead.count = 0;
    trace_array(&b->array, sweep_item, s);
    hamt_each(&b->hash, sweep_pair, s);
    if (!s->dead.count) return;
    TableBody *own = heap_table_mut(R, t);
    for (size_t i = s->dead.count; i-- > 0;) /* the array from its end */
        table_set(own, value_object(s->dead.items[i]), V_NIL, R->epoch);
}

static void clear_all(Trace *T, const PointerList *tables, size_t from, bool keys)
{
    Sweep s = {.T = T, .keys = keys};
    for (size_t i = from; i < tables->count; i++) clear(&s, tables->items[i]);
    pointer_list_free(&s.dead);
}

void weak_clear_keys(Trace *T, const PointerList *tables) { clear_all(T, tables, 0, true); }

void weak_clear_values(Trace *T, const PointerList *tables, size_t from)
{
    clear_all(T, tables, from, false);
}
