/* SPDX-License-Identifier: MIT */
/*
 * Shapes: a hash part with some string keys, made beforehand, for constructors that make tables
 * with these keys again and again.
 *
 *   {x = a, y = b}    shape: keys x, y; root [x -> true | y -> true]; place of x, y in it
 *   a table of it     a copy of the root in which the values are put
 *
 * Invariants:
 *  1. a table filled by a shape is as if it had been begun for so many keys and each had been
 *     added in turn: the same order, the same room, as much counted.
 *  2. a shape is immutable, and shared by all who run the function that has it.
 */
#ifndef MOONLET_TABLE_SHAPE_H
#define MOONLET_TABLE_SHAPE_H

#include "table/table.h"

enum { SHAPE_MAX = HAMT_FLAT_MAX }; /* keys; more are not in one node */

typedef struct TableShape {
    HamtNode *root;
    uint32_t flags, count, room; /* room: for so many the table is begun */
    uint8_t place[SHAPE_MAX];
    const String *keys[SHAPE_MAX];
} TableShape;

/* Collected memory, not counted. Answers NULL if the keys are not all different, or not in one
 * node. O(count). */
TableShape *table_shape_new(const String *const *keys, uint32_t count, uint32_t room);

/* Gives an empty table, which was begun with no room, the keys with these values, none of which
 * is nil. One allocation. */
void table_shape_fill(TableBody *t, const TableShape *s, const Value *values, uint64_t token);
static inline bool table_shape_fits(const TableBody *t)
{
    return !t->hash.root && !t->meta && !t->array.size && !table_flags(t);
}
/* Gives any table the keys with any values, one by one. */
void table_shape_set(TableBody *t, const TableShape *s, const Value *values, uint64_t token);

#endif
