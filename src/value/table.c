/* SPDX-License-Identifier: MIT */
/*
 * The contents of tables: array part, hash part, and how keys move between them; see
 * table.h.
 *
 *   array 1..n                    hash
 *   [a|b|c]        t[5]=e         {5:e}
 *   [a|b|c|d|e]    t[4]=d         {}         key n+1 goes to the array, and with it
 *                                            those after it that wait in the hash
 */
#include "value/table.h"

#include "value/number.h"

#include <assert.h>

static bool key_equal(Value stored, Value key)
{
    if (!value_is_object(stored) || !value_is_object(key)) return false;
    const Object *a = value_pointer(stored), *b = value_pointer(key);
    if (object_raw_type(a) == OBJ_STRING && object_raw_type(b) == OBJ_STRING)
        return string_hash((const String *)a) == string_hash((const String *)b) &&
               string_equal((const String *)a, (const String *)b);
    return value_equal_slow(stored, key);
}

/* value_hash, with the strings inline. */
static inline uint32_t key_hash(Value key)
{
    return value_is_string(key) ? string_hash(value_string(key)) : value_hash(key);
}

#define HAMT_NAME map
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) key_hash(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) value_order(a, b)
#ifdef MOONLET_MUTABLE
#include "mutable_template.h"
#else
#include "hamt_template.h"
#endif

enum { SPARSE_MIN = 64 }; /* shorter arrays may be as sparse as they like */

static uint32_t holes(const TableBody *t) { return t->hash.spare; }

/* i if the key is an integer in 1..limit, else 0. */
static uint32_t index_in(Value key, uint32_t limit)
{
    if (!value_is_number(key)) return 0;
    double d = value_to_double(key);
    if (!(d >= 1 && d <= limit)) return 0;
    uint32_t i = (uint32_t)d;
    return i == d ? i : 0;
}

static Value integer_key(int64_t i) { return value_number((double)i); }

/* -0 and 0 are the same key. */
static Value normal_key(Value key)
{
    return value_is_number(key) && value_to_double(key) == 0 ? value_number(0) : key;
}

/* ---- reading ---- */

__attribute__((noinline)) Value table_get_hashed(const TableBody *t, Value key, uint32_t hash)
{
    const HamtEntry *e = map_find(&t->hash, key, hash);
    return e ? e->value : V_NIL;
}

/* Apart, and not inline, so that strings need few registers. */
static __attribute__((noinline)) Value get_other(const TableBody *t, Value key)
{
    uint32_t i = index_in(key, t->array.size);
    if (i) return pvec_get(&t->array, i - 1);
    if (!t->hash.count || key == V_NIL) return V_NIL; /* a map has no key 0 */
    key = normal_key(key);
    return table_get_hashed(t, key, value_hash(key));
}

Value table_get(const TableBody *t, Value key)
{
    uint32_t hash = value_is_string(key) ? string_hash_known(value_string(key)) : 0;
    return hash ? table_get_string(t, value_string(key), hash) : get_other(t, key);
}

Value table_get_int_slow(const TableBody *t, int64_t i)
{
    if ((uint64_t)i - 1 < t->array.size) return pvec_get(&t->array, (uint32_t)(i - 1));
    if (!t->hash.count) return V_NIL;
    return table_get_hashed(t, integer_key(i), value_hash_number(integer_key(i)));
}

/* ---- places ---- */

Value *table_slot_hashed(TableBody *t, Value key, uint32_t hash, uint64_t token)
{
    return map_slot(&t->hash, key, hash, token);
}

Value *table_slot_int_slow(TableBody *t, int64_t i, uint64_t token)
{
    if ((uint64_t)i - 1 < t->array.size) return table_slot_int(t, i, token);
    if (!t->hash.count) return NULL;
    return map_slot(&t->hash, integer_key(i), value_hash_number(integer_key(i)), token);
}

Value *table_slot(TableBody *t, Value key, uint64_t token)
{
    uint32_t i = index_in(key, t->array.size);
    if (i) return table_slot_int(t, i, token);
    key = normal_key(key);
    return map_slot(&t->hash, key, value_hash(key), token);
}

/* ---- writing ---- */

static uint32_t flags(const TableBody *t)
{
    return __atomic_load_n(&t->absent_flags, __ATOMIC_RELAXED);
}

static void set_flags(TableBody *t, uint32_t now)
{
    __atomic_store_n(&t->absent_flags, now, __ATOMIC_RELAXED);
}

static void hash_set(TableBody *t, Value key, uint32_t hash, Value v, uint64_t token)
{
    if (v == V_NIL) {
        uint32_t count = t->hash.count;
        map_remove(&t->hash, key, hash, token);
        if (t->hash.count != count) set_flags(t, flags(t) | TABLE_REMOVED);
    } else if (map_put(&t->hash, key, hash, v, token)) {
        set_flags(t, flags(t) & TABLE_REMOVED);
    }
}

/* Puts v at the array's end, whose key must not be in the hash. */
static void array_push(TableBody *t, Value v, uint64_t token)
{
    pvec_push(&t->array, v, token);
    t->hash.spare += v == V_NIL;
    if (t->array_high < t->array.size) t->array_high = t->array.size;
}

static void array_pop(TableBody *t, uint64_t token)
{
    t->hash.spare -= pvec_get(&t->array, t->array.size - 1) == V_NIL;
    pvec_pop(&t->array, token);
}

/* Restores invariant 1. */
static void array_trim(TableBody *t, uint64_t token)
{
    while (t->array.size && pvec_get(&t->array, t->array.size - 1) == V_NIL)
        array_pop(t, token);
}

/* Takes a key out of the hash, if it is there: its value or nil. */
static Value hash_take(TableBody *t, int64_t i, uint64_t token)
{
    if (!t->hash.count) return V_NIL;
    Value key = integer_key(i);
    uint32_t hash = value_hash_number(key);
    Value v = table_get_hashed(t, key, hash);
    if (v != V_NIL) map_remove(&t->hash, key, hash, token);
    return v;
}

/* Restores invariant 2: moves the keys that follow the array's last out of the hash. */
static void array_absorb(TableBody *t, uint64_t token)
{
    while (t->hash.count && t->array.size < PVEC_SIZE_MAX) {
        Value v = hash_take(t, (int64_t)t->array.size + 1, token);
        if (v == V_NIL) return;
        array_push(t, v, token);
    }
}

/* The longest part of the array, by powers of two, of which more than half is in use. */
static uint32_t dense_size(const TableBody *t)
{
    uint32_t used = 0, dense = 0, size = t->array.size;
    for (uint32_t i = 0, limit = 1; i < size; i++) {
        used += pvec_get(&t->array, i) != V_NIL;
        if (i + 1 < limit && i + 1 < size) continue;
        if (used > limit / 2) dense = i + 1;
        limit *= 2;
    }
    while (dense < size && pvec_get(&t->array, dense) != V_NIL) dense++;
    return dense;
}

/* Moves the sparse end of the array to the hash. */
static void array_spill(TableBody *t, uint64_t token)
{
    uint32_t size = dense_size(t);
    while (t->array.size > size) {
        uint32_t i = t->array.size;
        Value v = pvec_get(&t->array, i - 1);
        array_pop(t, token);
        Value key = integer_key(i);
        if (v != V_NIL) map_put(&t->hash, key, value_hash_number(key), v, token);
    }
    array_trim(t, token);
    t->array_high = t->array.size;
    set_flags(t, flags(t) | TABLE_REMOVED); /* its nils had a place, and have none now */
}

/* A key that is not in the array. */
static void set_int_new(TableBody *t, int64_t i, Value v, uint64_t token)
{
    uint32_t size = t->array.size;
    if (i == (int64_t)size + 1 && v != V_NIL && size < PVEC_SIZE_MAX) {
        if (size >= SPARSE_MIN && holes(t) > size / 2) array_spill(t, token);
        if (t->array.size == size) {
            array_push(t, v, token);
            if (t->hash.count) array_absorb(t, token);
            return;
        }
    }
    if (i > 0 && i <= t->array_high && v != V_NIL) t->array_high = (uint32_t)(i - 1);
    hash_set(t, integer_key(i), value_hash_number(integer_key(i)), v, token);
}

void table_set_int(TableBody *t, int64_t i, Value v, uint64_t token)
{
    if ((uint64_t)i - 1 >= t->array.size) {
        set_int_new(t, i, v, token);
        return;
    }
    uint32_t at = (uint32_t)(i - 1);
    Value old = pvec_get(&t->array, at);
    if (v == old) return;
    if (v != V_NIL || at + 1 < t->array.size) pvec_set(&t->array, at, v, token);
    if (v != V_NIL) {
        t->hash.spare -= old == V_NIL;
    } else if (at + 1 < t->array.size) {
        t->hash.spare++;
    } else {
        array_pop(t, token);
        array_trim(t, token);
        set_flags(t, flags(t) | TABLE_REMOVED);
    }
}

void table_set_string(TableBody *t, const String *key, Value v, uint64_t token)
{
    hash_set(t, string_value(key), string_hash(key), v, token);
}

void table_set(TableBody *t, Value key, Value v, uint64_t token)
{
    assert(key != V_NIL && "nil is no key");
    uint32_t limit = t->array_high < PVEC_SIZE_MAX ? t->array_high + 1 : t->array_high;
    uint32_t i = index_in(key, limit);
    if (i) {
        table_set_int(t, i, v, token);
        return;
    }
    key = normal_key(key);
    hash_set(t, key, value_hash(key), v, token);
}

void table_set_list(TableBody *t, int64_t first, const Value *v, size_t n, uint64_t token)
{
    for (; n && v[n - 1] == V_NIL; n--) table_set_int(t, first + (int64_t)n - 1, V_NIL, token);
    if (first <= t->array.size || first - 1 > (int64_t)t->array.size + SPARSE_MIN) {
        for (size_t k = 0; k < n; k++) table_set_int(t, first + (int64_t)k, v[k], token);
        return;
    }
    if (!n) return;
    while (t->array.size < first - 1)
        array_push(t, hash_take(t, (int64_t)t->array.size + 1, token), token);
    for (size_t k = 0; k < n; k++) {
        t->hash.spare += v[k] == V_NIL;
        hash_take(t, first + (int64_t)k, token);
    }
    pvec_append(&t->array, v, (uint32_t)n, token);
    if (t->array_high < t->array.size) t->array_high = t->array.size;
    array_absorb(t, token);
}

void table_reserve(TableBody *t, size_t array, size_t hash, uint64_t token)
{
    if (array && array <= PVEC_SIZE_MAX) pvec_reserve(&t->array, (uint32_t)array, token);
    hamt_reserve(&t->hash, hash, token);
}

void table_reserve_like(TableBody *t, const TableBody *like, uint64_t token)
{
    hamt_reserve_like(&t->hash, &like->hash, token);
}

void table_settle(TableBody *t, uint64_t token)
{
#ifdef MOONLET_MUTABLE
    (void)t, (void)token;
#else
    if (hamt_patch(&t->hash)) map_merge(&t->hash, token);
#endif
}

/* ---- traversal ---- */

typedef const HamtEntry *NextFn(const Hamt *map, Word key, uint32_t hash);

static inline bool next_in_hash(const TableBody *t, Value *key, Value *value, uint32_t hash,
                                NextFn *next)
{
    const HamtEntry *e = next(&t->hash, *key, hash);
    if (!e) return false;
    *key = e->key;
    *value = e->value;
    return true;
}

static inline bool next_by(const TableBody *t, Value *key, Value *value, NextFn *next)
{
    uint32_t i = *key == V_NIL ? 0 : index_in(*key, t->array_high);
    if (!i && *key != V_NIL) {
        *key = normal_key(*key);
        return next_in_hash(t, key, value, value_hash(*key), next);
    }
    for (; i < t->array.size; i++) {
        *value = pvec_get(&t->array, i);
        if (*value == V_NIL) continue;
        *key = integer_key((int64_t)i + 1);
        return true;
    }
    *key = V_NIL;
    return next_in_hash(t, key, value, 0, next);
}

bool table_next(const TableBody *t, Value *key, Value *value)
{
    return next_by(t, key, value, map_next);
}

bool table_next_canonical(const TableBody *t, Value *key, Value *value)
{
    return next_by(t, key, value, map_next_canonical);
}

bool table_may_have_had(const TableBody *t, Value key)
{
    return flags(t) & TABLE_REMOVED || index_in(key, t->array_high) ||
           table_get(t, key) != V_NIL;
}

/* ---- invariants ---- */

static void check_pair(void *context, Value key, Value value)
{
    const TableBody *t = context;
    assert(value != V_NIL && "no value in the hash is nil");
    assert((!value_is_number(key) || value_to_double(key) == value_to_double(key)) && "no NaN");
    assert(key == normal_key(key) && "-0 is stored as 0");
    assert(!index_in(key, t->array_high) && "1..array_high is not in the hash");
    (void)t, (void)key, (void)value;
}

void table_check(const TableBody *t)
{
    uint32_t nils = 0, n = t->array.size;
    pvec_check(&t->array, EPOCH_NONE);
    map_check(&t->hash);
    for (uint32_t i = 0; i < n; i++) nils += pvec_get(&t->array, i) == V_NIL;
    assert((!n || pvec_get(&t->array, n - 1) != V_NIL) && "the last element is not nil");
    assert(nils == holes(t) && "nils in the array are counted");
    assert(t->array_high >= n && "array_high is at or above the array's end");
    assert(table_get_int(t, (int64_t)n + 1) == V_NIL && "key n+1 is not in the hash");
    hamt_each(&t->hash, check_pair, (void *)t);
    (void)nils;
}
