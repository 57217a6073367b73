/* SPDX-License-Identifier: MIT */
/*
 * Table: an object with identity, and TableBody: what a table contains.
 *
 *   Table  [hdr|epoch|body]          body: what was in it when its epoch ended
 *   body   [meta | array 1..n | hash for all other keys | flags]
 *
 * All functions here work on a body. Which body a state sees for a Table, and
 * whether it may be written, is the business of state/heap.h: writers get a body
 * that the epoch `token` owns; what hangs below it is copied on the way as far as
 * it is older (hamt.h, pvec.h).
 *
 * Invariants (table_check):
 *  1. the array's last element is not nil (elements before it may be).
 *  2. key n+1, n the array's size, is not in the hash.
 *  3. no value in the hash is nil; no key is nil, NaN, -0, or a number in 1..array_high.
 *  4. absent_flags bit m set => metamethod m is absent from this body's hash. Its bit
 *     TABLE_REMOVED is set when a key has ever been removed.
 *  5. array_high >= n: keys up to it belong before the hash in a traversal, even when
 *     the traversal itself has shortened the array.
 *  6. hash.spare is the number of nils in the array. When a key is added to an array
 *     that is mostly nils, its sparse end moves to the hash (a queue stays small).
 */
#ifndef MOONLET_TABLE_H
#define MOONLET_TABLE_H

#include "hamt.h"
#include "mutable.h"
#include "pvec.h"
#include "value/string.h"

#define TABLE_REMOVED 0x80000000u

typedef struct TableBody {
    struct Table *meta;
    Pvec array;
    Hamt hash;
    uint32_t absent_flags; /* a cache: also written, atomically, in frozen bodies */
    uint32_t array_high;
} TableBody;

typedef struct Table {
    Object h;
    uint64_t epoch;
    TableBody body;
} Table;

/* The copy of a body that an epoch begins its writes with. */
static inline void table_body_copy(TableBody *to, const TableBody *from)
{
    to->meta = from->meta;
    to->array = from->array;
    to->hash = from->hash;
    to->absent_flags = __atomic_load_n(&from->absent_flags, __ATOMIC_RELAXED);
    to->array_high = from->array_high;
}

/* Raw access; nil when absent. No allocation. */
Value table_get(const TableBody *t, Value key);
Value table_get_hashed(const TableBody *t, Value key, uint32_t hash);
Value table_get_int_slow(const TableBody *t, int64_t i);
static inline Value table_get_int(const TableBody *t, int64_t i)
{
    if ((uint64_t)i - 1 < t->array.size) return pvec_get(&t->array, (uint32_t)(i - 1));
    return table_get_int_slow(t, i);
}

#define TABLE_LOOK ((Value)15) /* no Lua value */

#ifdef MOONLET_MUTABLE
#define hamt_each mutable_each
#define hamt_blocks mutable_blocks
#define hamt_reserve mutable_reserve
#define hamt_reserve_like mutable_reserve_like

static inline HamtEntry *table_entry(const TableBody *t, const String *key, uint32_t hash)
{
    MutableMap *m = mutable_of(&t->hash);
    for (uint32_t i = hash; m; i++) {
        HamtEntry *e = &m->entries[i & m->mask];
        if (e->key == string_value(key)) return e;
        if (!e->key) return NULL;
        if (value_is_string(e->key) && string_hash(value_string(e->key)) == hash) return e;
    }
    return NULL;
}

static inline Value table_peek_string(const TableBody *t, const String *key, uint32_t hash)
{
    const HamtEntry *e = table_entry(t, key, hash);
    if (!e) return V_NIL;
    return e->key == string_value(key) ? e->value : TABLE_LOOK;
}
#else
/* The first-level entry for the hash; NULL if there is no key with such a hash. */
static inline HamtEntry *table_entry(HamtNode *root, uint32_t hash)
{
    return root ? hamt_at(root, hamt_root_hash(root, hash)) : NULL;
}

/* hash must be string_hash(key). The first two levels, inline: the third has keys only in
 * maps of hundreds. TABLE_LOOK: not to be told so easily. */
static inline Value table_peek_string(const TableBody *t, const String *key, uint32_t hash)
{
    HamtNode *root = t->hash.root;
    const HamtEntry *e = table_entry(root, hash);
    if (!e) return hamt_is_patch(root) ? TABLE_LOOK : V_NIL;
    if (e->key == string_value(key)) return e->value;
    if (e->key) return TABLE_LOOK;
    e = hamt_at(hamt_child(e), hash >> 5);
    if (!e) return V_NIL;
    return e->key == string_value(key) ? e->value : TABLE_LOOK;
}
#endif

/* The entry of a key if it is at the root of the hash, as those of small tables are. */
static inline HamtEntry *table_entry_at_root(const TableBody *t, const String *key,
                                             uint32_t hash)
{
#ifdef MOONLET_MUTABLE
    HamtEntry *e = table_entry(t, key, hash);
    return e && e->key == string_value(key) && e->value ? e : NULL;
#else
    HamtEntry *e = table_entry(t->hash.root, hash);
    return e && e->key == string_value(key) ? e : NULL;
#endif
}
static inline bool table_owns_root(const TableBody *t, uint64_t token)
{
#ifdef MOONLET_MUTABLE
    return (void)t, (void)token, true;
#else
    return t->hash.root->epoch == token;
#endif
}
/* The element of the array, if that is flat and the element there and not nil; else nil. */
static inline Value table_peek_int(const TableBody *t, int64_t i)
{
    if ((uint64_t)i - 1 >= t->array.size || t->array.shape) return V_NIL;
    return ((const PvecFlat *)t->array.root)->words[i - 1];
}
/* The place of a word of the array, if it lies where the token's owner may write; else NULL. */
static inline Value *table_own_item(TableBody *t, int64_t i, uint64_t token)
{
    PvecFlat *flat = t->array.root;
    bool own = (uint64_t)i - 1 < t->array.size && PVEC_OWNS(&t->array, flat, token);
    return own ? &flat->words[i - 1] : NULL;
}

static inline Value table_get_string(const TableBody *t, const String *key, uint32_t hash)
{
    Value v = table_peek_string(t, key, hash);
    return v == TABLE_LOOK ? table_get_hashed(t, string_value(key), hash) : v;
}

/*
 * The place of the value of a key that is there, NULL if it is not (or nil). What is
 * stored in it must not be nil; it is good until the next change of the body.
 */
Value *table_slot_hashed(TableBody *t, Value key, uint32_t hash, uint64_t token);
Value *table_slot(TableBody *t, Value key, uint64_t token);
static inline Value *table_slot_string(TableBody *t, const String *key, uint32_t hash,
                                       uint64_t token)
{
#ifdef MOONLET_MUTABLE
    HamtEntry *e = table_entry(t, key, hash);
    if (!e) return NULL;
    if (e->key == string_value(key)) return e->value ? &e->value : NULL;
#else
    HamtNode *node = t->hash.root;
    HamtEntry *e = table_entry(node, hash);
    if (!e) {
        if (!hamt_is_patch(node)) return NULL;
        return table_slot_hashed(t, string_value(key), hash, token);
    }
    if (node->epoch == token) {
        if (e->key == string_value(key)) return &e->value;
        if (!e->key) {
            node = hamt_child(e);
            e = hamt_at(node, hash >> 5);
            if (!e) return NULL;
            if (e->key == string_value(key) && node->epoch == token) return &e->value;
        }
    }
#endif
    return table_slot_hashed(t, string_value(key), hash, token);
}
Value *table_slot_int_slow(TableBody *t, int64_t i, uint64_t token);
static inline Value *table_slot_int(TableBody *t, int64_t i, uint64_t token)
{
    if ((uint64_t)i - 1 >= t->array.size) return table_slot_int_slow(t, i, token);
    Value *slot = pvec_slot(&t->array, (uint32_t)(i - 1), token);
    return *slot == V_NIL ? NULL : slot;
}

/* Raw assignment; a nil value deletes. key is neither nil nor NaN. O(log32 n),
 * amortised O(1) for appending. */
void table_set(TableBody *t, Value key, Value v, uint64_t token);
void table_set_int(TableBody *t, int64_t i, Value v, uint64_t token);
void table_set_string(TableBody *t, const String *key, Value v, uint64_t token);
/* Puts v[0..n) at first, first+1 ... as a constructor does; holes are kept. */
void table_set_list(TableBody *t, int64_t first, const Value *v, size_t n, uint64_t token);
/* Makes room for a known number of elements. A hint. */
void table_reserve(TableBody *t, size_t array, size_t hash, uint64_t token);

/* The same for the keys of another table's hash, which are then put in its order: the order
 * will be the same, if their hashes are. The hash must be empty. */
void table_reserve_like(TableBody *t, const TableBody *like, uint64_t token);

/* For a table that will be read often, and begun from: see hamt.h, patches. */
void table_settle(TableBody *t, uint64_t token);

/* A border (manual 3.4.6). O(1). */
static inline int64_t table_length(const TableBody *t) { return t->array.size; }

/* The entry after *key in the table's order (nil starts); false at the end.
 * Works when *key was deleted meanwhile. O(log32 n). */
bool table_next(const TableBody *t, Value *key, Value *value);
/* The same in an order that depends on the contents only and not on their history, unless
 * keys were in the array: for digests. O(n) for small tables. */
bool table_next_canonical(const TableBody *t, Value *key, Value *value);
/* Whether a traversal may have come to this key: it is there, or may have been. */
bool table_may_have_had(const TableBody *t, Value key);

void table_check(const TableBody *t);

#endif
