/* SPDX-License-Identifier: MIT */
/* The room of tables: what table.c and table_room.c have in common. */
#ifndef MOONLET_TABLE_ROOM_H
#define MOONLET_TABLE_ROOM_H

#include "table/nodes.h"
#include "table/table.h"

#define NOINLINE __attribute__((noinline))

static inline void table_set_flags(TableBody *t, uint32_t now)
{
    __atomic_store_n(&t->flags, now, __ATOMIC_RELAXED);
}

/* i if the key is an integer in 1..limit, else 0. */
static inline uint32_t table_index_in(Value key, uint32_t limit)
{
    if (!value_is_number(key)) return 0;
    double d = value_to_double(key);
    if (!(d >= 1 && d <= limit)) return 0;
    uint32_t i = (uint32_t)d;
    return i == d ? i : 0;
}
static inline Value table_integer_key(int64_t i) { return value_number((double)i); }

static inline uint32_t table_node_count(const TableBody *t)
{
    uint32_t code = (table_flags(t) & TABLE_NODES) >> TABLE_NODES_SHIFT;
    return (uint32_t)(((uint64_t)1 << code) >> 1);
}
static inline bool table_has_nodes(const TableBody *t)
{
    return t->array.size > t->array_size && !(table_flags(t) & TABLE_BUNDLED);
}
static inline Nodes table_nodes(TableBody *t, uint64_t token)
{
    PvecFlat *flat = t->array.root;
    bool own = PVEC_OWNS(&t->array, flat, token);
    Word *words = own ? flat->words + t->array_size : NULL;
    return (Nodes){&t->array, t->array_size, table_node_count(t), token, words};
}

static inline uint8_t table_shift(const TableBody *t)
{
    const HamtPatch *p = hamt_patch(&t->hash);
    const HamtNode *root = p ? p->base : t->hash.root;
    return root ? root->shift : 0;
}
/* table_room, inline. */
static inline TableRoom table_room_of(const TableBody *t)
{
    uint32_t flags = table_flags(t);
    return (TableRoom){.array = t->array_size,
                       .nodes = table_node_count(t),
                       .words = table_has_nodes(t) ? t->array.size - t->array_size : 0,
                       .bundled = flags & TABLE_BUNDLED,
                       .numbers = flags & TABLE_NUMBERS,
                       .removed = flags & TABLE_REMOVED,
                       .shift = table_shift(t)};
}

/* These go to the map alone. The first answers nil if the key is not there, the third whether
 * it was new. */
Value table_map_get(const TableBody *t, Value key);
Word *table_map_slot(TableBody *t, Value key, uint64_t token);
bool table_map_put(TableBody *t, Value key, Value v, uint64_t token);
/* Makes this string the one by which the map has the key, which is there. */
void table_map_rekey(TableBody *t, Value key, uint64_t token);
void table_map_remove(TableBody *t, Value key, uint64_t token);
void table_map_diff(const TableBody *a, const TableBody *b, HamtDiffFn *fn, void *context);

/* Tells the nodes of a key that gets a value or nil. Answers false when no node is free. */
bool table_note(TableBody *t, Value key, bool live, uint64_t token);
/* Makes room for one more key, which is not there. If the key is nil, makes room for those
 * that there are. O(n). */
void table_rehash(TableBody *t, Value key, uint64_t token);
/* Changes the table to an array of this size, and a number of nodes for the rest (a power of
 * two or 0). The key is as for table_rehash. */
void table_resize(TableBody *t, uint32_t size, uint32_t nodes, Value key, uint64_t token);

/* The flags of a table with this room. */
uint32_t table_room_flags(const TableRoom *room);
/* What n words add to the border that they follow. */
uint32_t table_list_border(const Value *v, uint32_t n);

#endif
