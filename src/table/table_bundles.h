/* SPDX-License-Identifier: MIT */
/*
 * Bundles: where a hash part has many integers, 16 neighbours are one entry of the map.
 *
 *   map   {bundle 7: -> [epoch | count | key 112, 113 ... 127],  "name": value ...}
 *
 * Keys that are used one after the other share an entry and a cache line or two: those of a
 * queue, of an array that is filled from its end, or below 0. As entries of their own they
 * would be all over a large map. A table has bundles (TABLE_BUNDLED) when its hash has more
 * than NODES_MAX nodes and a bundle has 4 integers or more on average. It loses them when there
 * are fewer than 2. Both are looked at when its room changes.
 *
 * Invariants (table_bundles_check):
 *  1. all integers in the hash of a table with bundles are in bundles.
 *  2. a bundle has `count` values that are not nil, and at least one.
 *  3. the last two words of the table's vector are the number of bundles, and that of all the
 *     integers in them.
 *
 * The word that stands for a bundle in the map is a NaN that no Lua value is.
 */
#ifndef MOONLET_TABLE_BUNDLES_H
#define MOONLET_TABLE_BUNDLES_H

#include "table/table_room.h"

enum { BUNDLE_WIDTH = 16, BUNDLE_COUNTS = 2 };

static inline bool table_bundled(const TableBody *t) { return table_flags(t) & TABLE_BUNDLED; }

/* Is this key one that bundles have? -0 is none. */
static inline bool bundle_integer(Value key, int64_t *i)
{
    const double limit = 0x1p51;
    if (!value_is_number(key)) return false;
    double d = value_to_double(key);
    if (!(d > -limit && d < limit)) return false;
    *i = (int64_t)d;
    return (double)*i == d;
}

/* Pairs in the hash. */
uint64_t table_pairs_bundled(const TableBody *t);
static inline uint64_t table_pairs(const TableBody *t)
{
    return table_bundled(t) ? table_pairs_bundled(t) : t->hash.count;
}

/* What follows is for tables with bundles. A slot is NULL if the value is nil. The function
 * that sets a value answers whether it was nil before. */
Value table_bundle_get(const TableBody *t, int64_t i);
Value *table_bundle_slot(TableBody *t, int64_t i, uint64_t token);
bool table_bundle_set(TableBody *t, int64_t i, Value v, uint64_t token);
/* The first integer at or above i in its bundle. */
bool table_bundle_at(const TableBody *t, int64_t i, Value *key, Value *value);
/* The bundle's key; the bundle's first integer; is a key of the map one of a bundle? */
Value bundle_key(int64_t i);
int64_t bundle_first(Value key);
bool bundle_is_key(Value key);

/* Would the integers above `size` make good bundles in so many nodes? */
bool table_wants_bundles(const TableBody *t, uint32_t size, uint32_t nodes);
/* Puts the integers of the hash in bundles, and back. The words for the counts are there, or
 * stay for the caller to take off. */
void table_bundle_all(TableBody *t, uint64_t token);
void table_unbundle_all(TableBody *t, uint64_t token);
/* Moves the integers that belong to the array there. */
void table_absorb_bundles(TableBody *t, uint64_t token);

void table_bundles_check(const TableBody *t);

#endif
