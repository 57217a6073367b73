/* SPDX-License-Identifier: MIT */
/*
 * Making tables read-only, one or all that it reaches.
 *
 * Main invariant: each table is met once, and the registry never.
 */
#include "lib/state/freeze.h"

#include "lib/lib.h"

typedef struct Freezing {
    Run *R;
    Table *met;   /* table -> true */
    Table *queue; /* of the tables that were met, in order */
    int64_t count;
} Freezing;

static void meet(Freezing *f, Value v)
{
    if (!value_is_table(v) || value_pointer(v) == f->R->world->registry) return;
    if (run_get(f->R, f->met, v) != V_NIL) return;
    run_set(f->R, f->met, v, V_TRUE);
    table_set_int(&f->queue->body, ++f->count, v, f->R->epoch);
}

static void meet_contents(Freezing *f, const TableBody *b, Walk *walk)
{
    Value key = V_NIL, v;
    if (b->meta) meet(f, value_object(b->meta));
    while (table_next(b, &key, &v) && walk_take(walk, 2, 0)) {
        meet(f, key);
        meet(f, v);
    }
}

void freeze_table(Run *R, Table *t, bool deep, Walk *walk)
{
    Freezing f = {.R = R, .met = run_new_table(R), .queue = run_new_table(R)};
    meet(&f, value_object(t));
    for (int64_t i = 1; i <= f.count && walk_take(walk, 1, 0); i++) {
        Table *next = value_pointer(table_get_int(&f.queue->body, i));
        heap_freeze(R, next);
        if (deep) meet_contents(&f, heap_table(R, next), walk);
    }
}

static void freeze_with_metatable(Run *R, Table *t)
{
    if (!t) return;
    heap_freeze(R, t);
    Table *meta = heap_table(R, t)->meta;
    if (meta) heap_freeze(R, meta);
}

void freeze_libraries(Run *R)
{
    const Table *loaded = lib_registry_table(R, "_LOADED");
    Value key = V_NIL, v;
    while (table_next(heap_table(R, loaded), &key, &v)) {
        bool left_out = !value_is_table(v) || value_pointer(v) == R->world->globals ||
                        value_pointer(v) == loaded;
        if (!left_out) freeze_with_metatable(R, value_pointer(v));
    }
    for (int i = 0; i < TYPE_COUNT; i++) freeze_with_metatable(R, R->world->type_meta[i]);
}
