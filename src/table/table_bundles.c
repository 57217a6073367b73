/* SPDX-License-Identifier: MIT */
/*
 * Integer keys by sixteens: entries of the map that hold 16 neighbours.
 *
 * Main invariant: a bundle has at least one value, and the last two words of the table's vector
 * count the bundles and their values.
 */
#include "table/table_bundles.h"

#include <assert.h>

enum { BUNDLE_MASK = BUNDLE_WIDTH - 1, GOOD_SHARE = 4, BAD_SHARE = 2, NUMBER_BITS = 50 };
#define BUNDLE_TAG ((uint64_t)0x7ffc << 48)

typedef struct Bundle {
    uint64_t epoch;
    uint64_t count;
    Value words[BUNDLE_WIDTH];
} Bundle;

/* ---- keys ---- */

Value bundle_key(int64_t i)
{
    uint64_t number = (uint64_t)(i >> 4) & (((uint64_t)1 << NUMBER_BITS) - 1);
    return (BUNDLE_TAG | number) + VALUE_DOUBLE_OFFSET;
}

bool bundle_is_key(Value key)
{
    return value_is_number(key) &&
           (key - VALUE_DOUBLE_OFFSET) >> NUMBER_BITS == BUNDLE_TAG >> NUMBER_BITS;
}

int64_t bundle_first(Value key)
{
    uint64_t number = (key - VALUE_DOUBLE_OFFSET) << (64 - NUMBER_BITS);
    return ((int64_t)number >> (64 - NUMBER_BITS)) * BUNDLE_WIDTH;
}

/* ---- counts ---- */

static uint64_t count_of(const TableBody *t, uint32_t which)
{
    return pvec_get(&t->array, t->array.size - BUNDLE_COUNTS + which);
}

static void count_add(TableBody *t, uint32_t which, int more, uint64_t token)
{
    *pvec_slot(&t->array, t->array.size - BUNDLE_COUNTS + which, token) += (uint64_t)more;
}

enum { BUNDLES, INTEGERS };

uint64_t table_pairs_bundled(const TableBody *t)
{
    return t->hash.count - count_of(t, BUNDLES) + count_of(t, INTEGERS);
}

/* ---- one integer ---- */

static Bundle *bundle_at(const TableBody *t, Value key)
{
    return value_pointer(table_get_hashed(t, key, value_hash_number(key)));
}

/* Made the token's. If it is that already, so is the way to it. */
static Bundle *bundle_own(TableBody *t, Bundle *c, Value key, uint64_t token)
{
    if (c->epoch == token) return c;
    Word *word = table_map_slot(t, key, token);
    Bundle *copy = mem_new(sizeof *copy);
    mem_count_beside(sizeof *copy);
    *copy = *c;
    copy->epoch = token;
    *word = value_object(copy);
    return copy;
}

static Bundle *bundle_new(TableBody *t, Value key, uint64_t token)
{
    Bundle *c = mem_new(sizeof *c);
    mem_count_beside(sizeof *c);
    c->epoch = token;
    table_map_put(t, key, value_object(c), token);
    count_add(t, BUNDLES, 1, token);
    return c;
}

Value table_bundle_get(const TableBody *t, int64_t i)
{
    const Bundle *c = bundle_at(t, bundle_key(i));
    return c ? c->words[i & BUNDLE_MASK] : V_NIL;
}

Value *table_bundle_slot(TableBody *t, int64_t i, uint64_t token)
{
    Bundle *c = bundle_at(t, bundle_key(i));
    if (!c || c->words[i & BUNDLE_MASK] == V_NIL) return NULL;
    return &bundle_own(t, c, bundle_key(i), token)->words[i & BUNDLE_MASK];
}

static void bundle_clear(TableBody *t, int64_t i, uint64_t token)
{
    Bundle *c = bundle_at(t, bundle_key(i));
    if (!c || c->words[i & BUNDLE_MASK] == V_NIL) return;
    c = bundle_own(t, c, bundle_key(i), token);
    c->words[i & BUNDLE_MASK] = V_NIL;
    count_add(t, INTEGERS, -1, token);
    table_set_flags(t, table_flags(t) | TABLE_REMOVED);
    if (--c->count) return;
    table_map_remove(t, bundle_key(i), token);
    count_add(t, BUNDLES, -1, token);
    mem_uncount_beside(sizeof *c);
    mem_free(c, sizeof *c);
}

bool table_bundle_set(TableBody *t, int64_t i, Value v, uint64_t token)
{
    if (v == V_NIL) {
        bundle_clear(t, i, token);
        return false;
    }
    Value key = bundle_key(i);
    Bundle *c = bundle_at(t, key);
    c = c ? bundle_own(t, c, key, token) : bundle_new(t, key, token);
    Value *place = &c->words[i & BUNDLE_MASK];
    bool new = *place == V_NIL;
    if (new) {
        c->count++;
        count_add(t, INTEGERS, 1, token);
    }
    *place = v;
    return new;
}

bool table_bundle_at(const TableBody *t, int64_t i, Value *key, Value *value)
{
    const Bundle *c = bundle_at(t, bundle_key(i));
    for (uint32_t k = i & BUNDLE_MASK; c && k < BUNDLE_WIDTH; k++) {
        if (c->words[k] == V_NIL) continue;
        *key = table_integer_key((i & ~(int64_t)BUNDLE_MASK) + k);
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
    if (!bundle_is_key(key)) {
        each->fn(each->context, key, value);
        return;
    }
    const Bundle *c = value_pointer(value);
    int64_t first = bundle_first(key);
    for (uint32_t k = 0; k < BUNDLE_WIDTH; k++)
        if (c->words[k] != V_NIL)
            each->fn(each->context, table_integer_key(first + k), c->words[k]);
}

void table_each_hashed(const TableBody *t, HamtEachFn *fn, void *context)
{
    if (table_bundled(t))
        hamt_each(&t->hash, each_entry, &(Each){fn, context});
    else
        hamt_each(&t->hash, fn, context);
}

typedef struct Blocks {
    MemBlockFn *fn;
    void *context;
} Blocks;

static void bundle_block(void *context, Word key, Word value)
{
    const Blocks *b = context;
    if (bundle_is_key(key)) b->fn(b->context, value_pointer(value), sizeof(Bundle));
}

void table_blocks(const TableBody *t, MemBlockFn *fn, void *context)
{
    pvec_blocks(&t->array, fn, context);
    hamt_blocks(&t->hash, fn, context);
    if (table_bundled(t)) hamt_each(&t->hash, bundle_block, &(Blocks){fn, context});
}

/* ---- are they worth it? ---- */

/* How many bundles integers would need, by the bits of a filter with one bit or two for each.
 */
typedef struct Spread {
    uint64_t *bits;
    uint32_t mask, size;
    uint32_t integers, bundles;
} Spread;

static void spread_pair(void *context, Word key, Word value)
{
    Spread *s = context;
    int64_t i;
    (void)value;
    if (!bundle_integer(key, &i) || table_index_in(key, s->size)) return;
    uint32_t at = value_hash_number(bundle_key(i)) & s->mask;
    uint64_t bit = (uint64_t)1 << (at & 63);
    s->bundles += !(s->bits[at >> 6] & bit);
    s->bits[at >> 6] |= bit;
    s->integers++;
}

bool table_wants_bundles(const TableBody *t, uint32_t size, uint32_t nodes)
{
    if (nodes <= NODES_MAX || !(table_flags(t) & TABLE_NUMBERS || size < t->array_size))
        return false;
    if (table_bundled(t)) return count_of(t, INTEGERS) >= BAD_SHARE * count_of(t, BUNDLES);
    Spread s = {mem_try_alloc_atomic(nodes / 8), nodes - 1, size, 0, 0};
    if (!s.bits) return false;
    memset(s.bits, 0, nodes / 8);
    hamt_each(&t->hash, spread_pair, &s);
    for (uint32_t i = size; i < t->array_size; i++)
        if (pvec_get(&t->array, i) != V_NIL)
            spread_pair(&s, table_integer_key((int64_t)i + 1), V_TRUE);
    return s.integers >= nodes / GOOD_SHARE && s.integers >= GOOD_SHARE * s.bundles;
}

/* ---- there and back ---- */

/* Those of the map, as many at a time as there is memory for. */
typedef struct Pairs {
    HamtEntry *items;
    size_t count, room;
    bool bundles; /* else integers */
} Pairs;

static void gather_pair(void *context, Word key, Word value)
{
    Pairs *p = context;
    int64_t i;
    if (p->count < p->room && (p->bundles ? bundle_is_key(key) : bundle_integer(key, &i)))
        p->items[p->count++] = (HamtEntry){key, value};
}

static Pairs pairs_begin(const TableBody *t, bool bundles)
{
    Pairs p = {.room = t->hash.count + (size_t)1, .bundles = bundles};
    p.items = mem_alloc_most(&p.room, sizeof(HamtEntry));
    return p;
}

static void pairs_gather(Pairs *p, const TableBody *t)
{
    p->count = 0;
    hamt_each(&t->hash, gather_pair, p);
}

/* Takes integers, or bundles, out of the map. */
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

void table_bundle_all(TableBody *t, uint64_t token)
{
    Pairs p = pairs_begin(t, false);
    do {
        pairs_take(&p, t, token);
        table_set_flags(t, table_flags(t) | TABLE_BUNDLED);
        for (size_t k = 0; k < p.count; k++)
            table_bundle_set(t, (int64_t)value_to_double(p.items[k].key), p.items[k].value,
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

void table_unbundle_all(TableBody *t, uint64_t token)
{
    Pairs p = pairs_begin(t, true);
    Putting putting = {t, token};
    Each each = {put_pair, &putting};
    table_set_flags(t, table_flags(t) & ~TABLE_BUNDLED);
    do {
        pairs_take(&p, t, token);
        for (size_t k = 0; k < p.count; k++)
            each_entry(&each, p.items[k].key, p.items[k].value);
    } while (p.count == p.room);
}

/* Where a bundle has integers of the array and others, at 0 and at the array's end. */
static void absorb_part(TableBody *t, int64_t first, uint64_t token)
{
    for (int64_t i = first; i < first + BUNDLE_WIDTH; i++) {
        if (i < 1 || i > t->array_size) continue;
        Value v = table_bundle_get(t, i);
        if (v == V_NIL) continue;
        pvec_set(&t->array, (uint32_t)(i - 1), v, token);
        bundle_clear(t, i, token);
    }
}

static void absorb_pairs(TableBody *t, const Pairs *p, uint64_t token)
{
    for (size_t k = 0; k < p->count; k++) {
        int64_t first = bundle_first(p->items[k].key), end = first + BUNDLE_WIDTH;
        if (first < 1 || end > (int64_t)t->array_size + 1) {
            absorb_part(t, first, token);
            continue;
        }
        const Bundle *c = value_pointer(p->items[k].value);
        for (uint32_t i = 0; i < BUNDLE_WIDTH; i++) /* nil may be the old end of the array */
            if (c->words[i] != V_NIL)
                pvec_set(&t->array, (uint32_t)(first - 1) + i, c->words[i], token);
        count_add(t, INTEGERS, -(int)c->count, token);
        count_add(t, BUNDLES, -1, token);
        table_map_remove(t, p->items[k].key, token);
    }
}

void table_absorb_bundles(TableBody *t, uint64_t token)
{
    Pairs p = pairs_begin(t, true);
    do {
        pairs_gather(&p, t);
        absorb_pairs(t, &p, token);
    } while (p.count == p.room);
}

/* ---- invariants ---- */

typedef struct Sums {
    uint64_t bundles, integers;
} Sums;

static void check_entry(void *context, Word key, Word value)
{
    Sums *sums = context;
    int64_t i;
    uint32_t count = 0;
    assert(!bundle_integer(key, &i) && "all integers are in bundles");
    if (!bundle_is_key(key)) return;
    const Bundle *c = value_pointer(value);
    for (uint32_t k = 0; k < BUNDLE_WIDTH; k++) count += c->words[k] != V_NIL;
    assert(count && count == c->count && "a bundle counts its values");
    sums->bundles++;
    sums->integers += count;
    (void)i;
}

void table_bundles_check(const TableBody *t)
{
    Sums sums = {0, 0};
    assert(t->array.size == t->array_size + BUNDLE_COUNTS && "the counts are there");
    hamt_each(&t->hash, check_entry, &sums);
    assert(sums.bundles == count_of(t, BUNDLES) && sums.integers == count_of(t, INTEGERS) &&
           "bundles and integers are counted");
}
