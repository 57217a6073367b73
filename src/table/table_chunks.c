/* SPDX-License-Identifier: MIT */
/*
 * Integer keys by sixteens: entries of the map that hold 16 neighbours.
 *
 * Main invariant: a chunk has at least one value, and the last two words of the table's vector
 * count the chunks and their values.
 */
#include "table/table_chunks.h"

#include <assert.h>

enum { CHUNK_MASK = CHUNK_WIDTH - 1, GOOD_SHARE = 4, BAD_SHARE = 2, NUMBER_BITS = 50 };
#define CHUNK_TAG ((uint64_t)0x7ffc << 48)

typedef struct Chunk {
    uint64_t epoch;
    uint64_t count;
    Value words[CHUNK_WIDTH];
} Chunk;

/* ---- keys ---- */

Value chunk_key(int64_t i)
{
    uint64_t number = (uint64_t)(i >> 4) & (((uint64_t)1 << NUMBER_BITS) - 1);
    return (CHUNK_TAG | number) + VALUE_DOUBLE_OFFSET;
}

bool chunk_is_key(Value key)
{
    return value_is_number(key) &&
           (key - VALUE_DOUBLE_OFFSET) >> NUMBER_BITS == CHUNK_TAG >> NUMBER_BITS;
}

int64_t chunk_first(Value key)
{
    uint64_t number = (key - VALUE_DOUBLE_OFFSET) << (64 - NUMBER_BITS);
    return ((int64_t)number >> (64 - NUMBER_BITS)) * CHUNK_WIDTH;
}

/* ---- counts ---- */

static uint64_t count_of(const TableBody *t, uint32_t which)
{
    return pvec_get(&t->array, t->array.size - CHUNK_COUNTS + which);
}

static void count_add(TableBody *t, uint32_t which, int more, uint64_t token)
{
    *pvec_slot(&t->array, t->array.size - CHUNK_COUNTS + which, token) += (uint64_t)more;
}

enum { CHUNKS, INTEGERS };

uint64_t table_pairs_chunked(const TableBody *t)
{
    return t->hash.count - count_of(t, CHUNKS) + count_of(t, INTEGERS);
}

/* ---- one integer ---- */

static const Chunk *chunk_at(const TableBody *t, Value key)
{
    return value_pointer(table_map_get(t, key));
}

/* Made the token's, or NULL where there is none there. */
static Chunk *chunk_own(TableBody *t, Value key, uint64_t token)
{
    Word *word = table_map_slot(t, key, token);
    if (!word) return NULL;
    Chunk *c = value_pointer(*word);
    if (c->epoch == token) return c;
    Chunk *copy = mem_new(sizeof *copy);
    mem_count_beside(sizeof *copy);
    *copy = *c;
    copy->epoch = token;
    *word = value_object(copy);
    return copy;
}

static Chunk *chunk_new(TableBody *t, Value key, uint64_t token)
{
    Chunk *c = mem_new(sizeof *c);
    mem_count_beside(sizeof *c);
    c->epoch = token;
    table_map_put(t, key, value_object(c), token);
    count_add(t, CHUNKS, 1, token);
    return c;
}

Value table_chunk_get(const TableBody *t, int64_t i)
{
    const Chunk *c = chunk_at(t, chunk_key(i));
    return c ? c->words[i & CHUNK_MASK] : V_NIL;
}

Value *table_chunk_slot(TableBody *t, int64_t i, uint64_t token)
{
    if (table_chunk_get(t, i) == V_NIL) return NULL;
    return &chunk_own(t, chunk_key(i), token)->words[i & CHUNK_MASK];
}

static void chunk_clear(TableBody *t, int64_t i, uint64_t token)
{
    if (table_chunk_get(t, i) == V_NIL) return;
    Chunk *c = chunk_own(t, chunk_key(i), token);
    c->words[i & CHUNK_MASK] = V_NIL;
    count_add(t, INTEGERS, -1, token);
    table_set_flags(t, table_flags(t) | TABLE_REMOVED);
    if (--c->count) return;
    table_map_remove(t, chunk_key(i), token);
    count_add(t, CHUNKS, -1, token);
    mem_uncount_beside(sizeof *c);
    mem_free(c, sizeof *c);
}

bool table_chunk_set(TableBody *t, int64_t i, Value v, uint64_t token)
{
    if (v == V_NIL) {
        chunk_clear(t, i, token);
        return false;
    }
    Chunk *c = chunk_own(t, chunk_key(i), token);
    if (!c) c = chunk_new(t, chunk_key(i), token);
    Value *place = &c->words[i & CHUNK_MASK];
    bool new = *place == V_NIL;
    if (new) {
        c->count++;
        count_add(t, INTEGERS, 1, token);
    }
    *place = v;
    return new;
}

bool table_chunk_at(const TableBody *t, int64_t i, Value *key, Value *value)
{
    const Chunk *c = chunk_at(t, chunk_key(i));
    for (uint32_t k = i & CHUNK_MASK; c && k < CHUNK_WIDTH; k++) {
        if (c->words[k] == V_NIL) continue;
        *key = table_integer_key((i & ~(int64_t)CHUNK_MASK) + k);
        *value = c->words[k];
        return true;
    }
    return false;
}

/* ---- all of them ---- */

typedef struct Each {
    HamtEachFn *fn;
    void *context;
} Each;

static void each_entry(void *context, Word key, Word value)
{
    const Each *each = context;
    if (!chunk_is_key(key)) {
        each->fn(each->context, key, value);
        return;
    }
    const Chunk *c = value_pointer(value);
    int64_t first = chunk_first(key);
    for (uint32_t k = 0; k < CHUNK_WIDTH; k++)
        if (c->words[k] != V_NIL)
            each->fn(each->context, table_integer_key(first + k), c->words[k]);
}

void table_each_hashed(const TableBody *t, HamtEachFn *fn, void *context)
{
    if (table_chunked(t))
        hamt_each(&t->hash, each_entry, &(Each){fn, context});
    else
        hamt_each(&t->hash, fn, context);
}

typedef struct Blocks {
    MemBlockFn *fn;
    void *context;
} Blocks;

static void chunk_block(void *context, Word key, Word value)
{
    const Blocks *b = context;
    if (chunk_is_key(key)) b->fn(b->context, value_pointer(value), sizeof(Chunk));
}

void table_blocks(const TableBody *t, MemBlockFn *fn, void *context)
{
    pvec_blocks(&t->array, fn, context);
    hamt_blocks(&t->hash, fn, context);
    if (table_chunked(t)) hamt_each(&t->hash, chunk_block, &(Blocks){fn, context});
}

/* ---- are they worth it? ---- */

/* How many chunks integers would need, by the bits of a filter with one bit or two for each. */
typedef struct Spread {
    uint64_t *bits;
    uint32_t mask, size;
    uint32_t integers, chunks;
} Spread;

static void spread_pair(void *context, Word key, Word value)
{
    Spread *s = context;
    int64_t i;
    (void)value;
    if (!chunk_integer(key, &i) || table_index_in(key, s->size)) return;
    uint32_t at = value_hash_number(chunk_key(i)) & s->mask;
    uint64_t bit = (uint64_t)1 << (at & 63);
    s->chunks += !(s->bits[at >> 6] & bit);
    s->bits[at >> 6] |= bit;
    s->integers++;
}

bool table_wants_chunks(const TableBody *t, uint32_t size, uint32_t nodes)
{
    if (nodes <= NODES_MAX || !(table_flags(t) & TABLE_NUMBERS || size < t->array_size))
        return false;
    if (table_chunked(t)) return count_of(t, INTEGERS) >= BAD_SHARE * count_of(t, CHUNKS);
    Spread s = {mem_try_alloc_atomic(nodes / 8), nodes - 1, size, 0, 0};
    if (!s.bits) return false;
    memset(s.bits, 0, nodes / 8);
    hamt_each(&t->hash, spread_pair, &s);
    for (uint32_t i = size; i < t->array_size; i++)
        if (pvec_get(&t->array, i) != V_NIL)
            spread_pair(&s, table_integer_key((int64_t)i + 1), V_TRUE);
    return s.integers >= nodes / GOOD_SHARE && s.integers >= GOOD_SHARE * s.chunks;
}

/* ---- there and back ---- */

/* Those of the map, as many at a time as there is memory for. */
typedef struct Pairs {
    HamtEntry *items;
    size_t count, room;
    bool chunks; /* else integers */
} Pairs;

static void gather_pair(void *context, Word key, Word value)
{
    Pairs *p = context;
    int64_t i;
    if (p->count < p->room && (p->chunks ? chunk_is_key(key) : chunk_integer(key, &i)))
        p->items[p->count++] = (HamtEntry){key, value};
}

static Pairs pairs_begin(const TableBody *t, bool chunks)
{
    Pairs p = {.room = t->hash.count + (size_t)1, .chunks = chunks};
    p.items = mem_alloc_most(&p.room, sizeof(HamtEntry));
    return p;
}

static void pairs_gather(Pairs *p, const TableBody *t)
{
    p->count = 0;
    hamt_each(&t->hash, gather_pair, p);
}

/* Takes integers, or chunks, out of the map. */
static void pairs_take(Pairs *p, TableBody *t, uint64_t token)
{
    pairs_gather(p, t);
    if (p->count == t->hash.count) {
        t->hash.root = NULL;
        t->hash.count = 0;
    }
    for (size_t k = 0; k < p->count && t->hash.root; k++)
        table_map_remove(t, p->items[k].key, token);
}

void table_chunk_all(TableBody *t, uint64_t token)
{
    Pairs p = pairs_begin(t, false);
    do {
        pairs_take(&p, t, token);
        table_set_flags(t, table_flags(t) | TABLE_CHUNKED);
        for (size_t k = 0; k < p.count; k++)
            table_chunk_set(t, (int64_t)value_to_double(p.items[k].key), p.items[k].value,
                            token);
    } while (p.count == p.room);
}

typedef struct Putting {
    TableBody *t;
    uint64_t token;
} Putting;

static void put_pair(void *context, Word key, Word value)
{
    const Putting *p = context;
    table_map_put(p->t, key, value, p->token);
}

void table_unchunk_all(TableBody *t, uint64_t token)
{
    Pairs p = pairs_begin(t, true);
    Putting putting = {t, token};
    Each each = {put_pair, &putting};
    table_set_flags(t, table_flags(t) & ~TABLE_CHUNKED);
    do {
        pairs_take(&p, t, token);
        for (size_t k = 0; k < p.count; k++)
            each_entry(&each, p.items[k].key, p.items[k].value);
    } while (p.count == p.room);
}

/* Where a chunk has integers of the array and others, at 0 and at the array's end. */
static void absorb_part(TableBody *t, int64_t first, uint64_t token)
{
    for (int64_t i = first; i < first + CHUNK_WIDTH; i++) {
        if (i < 1 || i > t->array_size) continue;
        Value v = table_chunk_get(t, i);
        if (v == V_NIL) continue;
        pvec_set(&t->array, (uint32_t)(i - 1), v, token);
        chunk_clear(t, i, token);
    }
}

static void absorb_pairs(TableBody *t, const Pairs *p, uint64_t token)
{
    for (size_t k = 0; k < p->count; k++) {
        int64_t first = chunk_first(p->items[k].key), end = first + CHUNK_WIDTH;
        if (first < 1 || end > (int64_t)t->array_size + 1) {
            absorb_part(t, first, token);
            continue;
        }
        const Chunk *c = value_pointer(p->items[k].value);
        for (uint32_t i = 0; i < CHUNK_WIDTH; i++) /* nil may be the old end of the array */
            if (c->words[i] != V_NIL)
                pvec_set(&t->array, (uint32_t)(first - 1) + i, c->words[i], token);
        count_add(t, INTEGERS, -(int)c->count, token);
        count_add(t, CHUNKS, -1, token);
        table_map_remove(t, p->items[k].key, token);
    }
}

void table_absorb_chunks(TableBody *t, uint64_t token)
{
    Pairs p = pairs_begin(t, true);
    do {
        pairs_gather(&p, t);
        absorb_pairs(t, &p, token);
    } while (p.count == p.room);
}

/* ---- invariants ---- */

typedef struct Sums {
    uint64_t chunks, integers;
} Sums;

static void check_entry(void *context, Word key, Word value)
{
    Sums *sums = context;
    int64_t i;
    uint32_t count = 0;
    assert(!chunk_integer(key, &i) && "all integers are in chunks");
    if (!chunk_is_key(key)) return;
    const Chunk *c = value_pointer(value);
    for (uint32_t k = 0; k < CHUNK_WIDTH; k++) count += c->words[k] != V_NIL;
    assert(count && count == c->count && "a chunk counts its values");
    sums->chunks++;
    sums->integers += count;
    (void)i;
}

void table_chunks_check(const TableBody *t)
{
    Sums sums = {0, 0};
    assert(t->array.size == t->array_size + CHUNK_COUNTS && "the counts are there");
    hamt_each(&t->hash, check_entry, &sums);
    assert(sums.chunks == count_of(t, CHUNKS) && sums.integers == count_of(t, INTEGERS) &&
           "chunks and integers are counted");
}
