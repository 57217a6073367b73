/* SPDX-License-Identifier: MIT */
/*
 * Chunks: where a hash part has many integers, 16 neighbours are one entry of the map.
 *
 *   map   {chunk 7: -> [epoch | count | key 112, 113 ... 127],  "name": value ...}
 *
 * Keys that are used one after the other share an entry and a cache line or two: those of a
 * queue, of an array that is filled from its end, or below 0. As entries of their own they
 * would be all over a large map. A table has chunks (TABLE_CHUNKED) when its hash has more than
 * NODES_MAX nodes and a chunk has 4 integers or more on average. It loses them when there are
 * fewer than 2. Both are looked at when its room changes.
 *
 * Invariants (table_chunks_check):
 *  1. all integers in the hash of a table with chunks are in chunks.
 *  2. a chunk has `count` values that are not nil, and at least one.
 *  3. the last two words of the table's vector are the number of chunks, and that of all the
 *     integers in them.
 *
 * The word that stands for a chunk in the map is a NaN that no Lua value is.
 */
#ifndef MOONLET_TABLE_CHUNKS_H
#define MOONLET_TABLE_CHUNKS_H

#include "table/table_room.h"

enum { CHUNK_WIDTH = 16, CHUNK_COUNTS = 2 };

static inline bool table_chunked(const TableBody *t) { return table_flags(t) & TABLE_CHUNKED; }

/* Is this key one that chunks have? -0 is none. */
static inline bool chunk_integer(Value key, int64_t *i)
{
    const double limit = 0x1p51;
    if (!value_is_number(key)) return false;
    double d = value_to_double(key);
    if (!(d > -limit && d < limit)) return false;
    *i = (int64_t)d;
    return (double)*i == d;
}

/* Pairs in the hash. */
uint64_t table_pairs_chunked(const TableBody *t);
static inline uint64_t table_pairs(const TableBody *t)
{
    return table_chunked(t) ? table_pairs_chunked(t) : t->hash.count;
}

/* What follows is for tables with chunks. A slot is NULL if the value is nil. The function
 * that sets a value answers whether it was nil before. */
Value table_chunk_get(const TableBody *t, int64_t i);
Value *table_chunk_slot(TableBody *t, int64_t i, uint64_t token);
bool table_chunk_set(TableBody *t, int64_t i, Value v, uint64_t token);
/* The first integer at or above i in its chunk. */
bool table_chunk_at(const TableBody *t, int64_t i, Value *key, Value *value);
/* The chunk's key; the chunk's first integer; is a key of the map one of a chunk? */
Value chunk_key(int64_t i);
int64_t chunk_first(Value key);
bool chunk_is_key(Value key);

/* Would the integers above `size` make good chunks in so many nodes? */
bool table_wants_chunks(const TableBody *t, uint32_t size, uint32_t nodes);
/* Puts the integers of the hash in chunks, and back. The words for the counts are there, or
 * stay for the caller to take off. */
void table_chunk_all(TableBody *t, uint64_t token);
void table_unchunk_all(TableBody *t, uint64_t token);
/* Moves the integers that belong to the array there. */
void table_absorb_chunks(TableBody *t, uint64_t token);

void table_chunks_check(const TableBody *t);

#endif
