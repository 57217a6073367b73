/* SPDX-License-Identifier: MIT */
/*
 * Makes shapes, which constructors copy, and tables of them.
 *
 * Main invariant: a table made from a shape is, to the last bit of its room, what its
 * constructor would have made key by key.
 */
#include "table/table_shape.h"

#include <assert.h>

#ifdef MOONLET_MUTABLE
TableShape *table_shape_new(const String *const *keys, uint32_t count, uint32_t room)
{
    (void)keys, (void)count, (void)room;
    return NULL;
}

void table_shape_fill(TableBody *t, const TableShape *s, const Value *values, uint64_t token)
{
    table_shape_set(t, s, values, token);
}
#else
/* All keys with true, as a constructor adds them. */
static void fill_plainly(TableBody *t, const String *const *keys, uint32_t count, uint32_t room)
{
    uint64_t counted = mem_count_stop(), token = epoch_new();
    table_begin(t, 0, room, token);
    for (uint32_t i = 0; i < count; i++) table_set_string(t, keys[i], V_TRUE, token);
    mem_count_go_on(counted);
}

TableShape *table_shape_new(const String *const *keys, uint32_t count, uint32_t room)
{
    TableBody t = {0};
    if (!count || count > SHAPE_MAX) return NULL;
    fill_plainly(&t, keys, count, room);
    if (t.hash.count != count || t.array.size || t.hash.root->count != count) return NULL;
    TableShape *s = mem_alloc(sizeof *s);
    *s = (TableShape){.root = t.hash.root, .flags = table_flags(&t), .count = count};
    s->room = room;
    for (uint32_t i = 0; i < count; i++) {
        const HamtEntry *e = table_entry_at_root(&t, keys[i], string_hash(keys[i]));
        if (!e) return NULL;
        s->place[i] = (uint8_t)(e - t.hash.root->entries);
        s->keys[i] = keys[i];
    }
    return s;
}

void table_shape_fill(TableBody *t, const TableShape *s, const Value *values, uint64_t token)
{
    assert(table_shape_fits(t) && "the table is as it was made");
    HamtNode *root = hamt_node_copy(s->root, token);
    for (uint32_t i = 0; i < s->count; i++) root->entries[s->place[i]].value = values[i];
    t->hash.root = root;
    t->hash.count = s->count;
    t->flags = s->flags;
    mem_count_content(s->count * TABLE_PAIR_BYTES);
}
#endif

void table_shape_set(TableBody *t, const TableShape *s, const Value *values, uint64_t token)
{
    if (table_shape_fits(t)) table_begin(t, 0, s->room, token);
    for (uint32_t i = 0; i < s->count; i++) table_set_string(t, s->keys[i], values[i], token);
}
