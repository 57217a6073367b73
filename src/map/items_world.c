/* SPDX-License-Identifier: MIT */
/*
 * What an outcome keeps of its item's world. A map keeps the outcomes of all items until the
 * last is done, and a world holds all that its item has made.
 *
 * Main invariant: whatever is said of it, the values are read as in the item's world. A table
 * that the item has made, and of which it has taken no snapshot, has its contents in itself:
 * so it is read the same from the base.
 */
#include "map/items.h"

enum { TABLES_MAX = 64 }; /* that are looked into; results are seldom larger */

/* The world that values are of. */
typedef enum ItemWorld {
    WORLD_NONE, /* of none: numbers, strings */
    WORLD_BASE, /* the base's, and few tables that have their contents in themselves */
    WORLD_OWN   /* that in which the item has ended */
} ItemWorld;

typedef struct Look {
    uint64_t base_below; /* ids of the objects shared with the base; 0: it is a stranger */
    ItemWorld world;
    unsigned count;
    const Table *tables[TABLES_MAX]; /* the item's own */
} Look;

static void look_at_table(Look *l, const Table *t)
{
    for (unsigned i = 0; i < l->count; i++)
        if (l->tables[i] == t) return;
    if (object_is_remapped(t) || l->count == TABLES_MAX)
        l->world = WORLD_OWN;
    else
        l->tables[l->count++] = t;
}

static void look_at(Look *l, Value v)
{
    if (!value_is_object(v) || value_is_string(v) || value_is(v, OBJ_LIGHT)) return;
    if (l->world == WORLD_NONE) l->world = WORLD_BASE;
    const void *o = value_pointer(v);
    if (object_id(o) < l->base_below) return;
    if (object_type(o) == OBJ_TABLE && l->base_below)
        look_at_table(l, o);
    else
        l->world = WORLD_OWN;
}

static void look_at_pair(void *look, Word key, Word value)
{
    look_at(look, key);
    look_at(look, value);
}

static void look_into(Look *l, const TableBody *t)
{
    uint32_t count;
    if (t->meta) look_at(l, value_object(t->meta));
    for (uint32_t i = 0; i < t->array_size && l->world != WORLD_OWN; i += count) {
        const Word *words = pvec_piece(&t->array, i, &count);
        if (count > t->array_size - i) count = t->array_size - i;
        for (uint32_t k = 0; k < count; k++) look_at(l, words[k]);
    }
    table_each_hashed(t, look_at_pair, l);
}

uint64_t items_shared_below(const Items *m, const World *ended, const Outcome *out)
{
    if (world_is_stranger(m->base->base->world, ended)) return 0;
    return out->went_back ? import_libraries() : m->base->next_id;
}

static ItemWorld world_of(const Items *m, const World *ended, const Outcome *out)
{
    Look l = {.base_below = items_shared_below(m, ended, out)};
    for (size_t i = 0; i < out->count; i++) look_at(&l, out->values[i]);
    for (unsigned i = 0; i < l.count && l.world != WORLD_OWN; i++)
        look_into(&l, &l.tables[i]->body);
    return l.world;
}

bool items_of_no_world(const Items *m, const Outcome *out)
{
    return world_of(m, m->base->base->world, out) == WORLD_NONE;
}

bool items_need_own(const Items *m, const World *ended, Outcome *out)
{
    if (m->processes) return true;
    ItemWorld world = world_of(m, ended, out);
    out->state = world == WORLD_BASE ? m->base : NULL;
    return world == WORLD_OWN;
}
