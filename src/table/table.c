/* SPDX-License-Identifier: MIT */
/*
 * The contents of tables: reading, writing where there is room, traversal; see table.h. How
 * the room is made is in table_room.c.
 *
 * Main invariant: a key is in one place: in the array if it is 1 to its size, else in the hash;
 * and a body is written only by its token.
 */
#include "table/table_bundles.h"

#include "value/number.h"

#include <assert.h>
#include <stdlib.h>

/* Whether n bytes are the same: most keys are short. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
    uint64_t x, y, u, v;
    if (n < sizeof x) {
        for (size_t i = 0; i < n; i++)
            if (a[i] != b[i]) return false;
        return true;
    }
    if (n > 2 * sizeof x) return memcmp(a, b, n) == 0;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    memcpy(&u, a + n - sizeof u, sizeof u);
    memcpy(&v, b + n - sizeof v, sizeof v);
    return x == y && u == v;
}

static inline bool same_string(const String *a, const String *b)
{
    if (a->length != b->length || string_hash(a) != string_hash(b)) return false;
    return same_bytes(a->data, b->data, a->length); /* whoever looks up has paid for the key */
}

static bool key_equal(Value stored, Value key)
{
    if (!value_is_object(stored) || !value_is_object(key)) return false;
    const Object *a = value_pointer(stored), *b = value_pointer(key);
    if (object_raw_type(a) == OBJ_STRING && object_raw_type(b) == OBJ_STRING)
        return same_string((const String *)a, (const String *)b);
    return value_equal_slow(stored, key);
}

/* value_hash, with the strings inline. */
static inline uint32_t key_hash(Value key)
{
    return value_is_string(key) ? string_hash(value_string(key)) : value_hash(key);
}

#ifndef MOONLET_MUTABLE
/* Names of fields and global variables, which whatever program has them holds as long. */
enum { NAME_MAX = 40 };

static bool is_name(Value key)
{
    const String *s = value_is_string(key) ? value_string(key) : NULL;
    return s && s->h.flags & STRING_INTERNED && s->length <= NAME_MAX;
}

/* An image tells which strings are interned. */
static bool key_alike(Value a, Value b)
{
    bool strings = a != b && value_is_string(a) && value_is_string(b);
    return !(strings &&
             ((value_string(a)->h.flags ^ value_string(b)->h.flags) & STRING_INTERNED));
}
#endif

#define HAMT_NAME map
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) key_hash(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) value_order(a, b)
#define HAMT_KEY_LASTING(k) is_name(k)
#define HAMT_KEY_ALIKE(a, b) key_alike(a, b)
#ifdef MOONLET_MUTABLE
#include "mutable_template.h"
#else
#include "hamt_template.h"
#endif

/* -0 and 0 are the same key. */
static Value normal_key(Value key)
{
    return value_is_number(key) && value_to_double(key) == 0 ? value_number(0) : key;
}

/* ---- reading ---- */

const Value *table_find_hashed(const TableBody *t, Value key, uint32_t hash)
{
    return map_find(&t->hash, key, hash);
}

NOINLINE Value table_get_hashed(const TableBody *t, Value key, uint32_t hash)
{
    const Value *v = map_find(&t->hash, key, hash);
    return v ? *v : V_NIL;
}

/* Apart, and not inline, so that strings need few registers. */
static NOINLINE Value get_other(const TableBody *t, Value key)
{
    uint32_t i = table_index_in(key, t->array_size);
    if (i) return pvec_get(&t->array, i - 1);
    if (!t->hash.count || key == V_NIL) return V_NIL; /* a map has no key 0 */
    key = normal_key(key);
    int64_t integer;
    if (table_bundled(t) && bundle_integer(key, &integer)) return table_bundle_get(t, integer);
    return table_get_hashed(t, key, value_hash(key));
}

Value table_get(const TableBody *t, Value key)
{
    uint32_t hash = value_is_string(key) ? string_hash_known(value_string(key)) : 0;
    if (value_is_string(key)) string_pay_key(value_string(key));
    return hash ? table_get_string(t, value_string(key), hash) : get_other(t, key);
}

Value table_get_int_slow(const TableBody *t, int64_t i)
{
    if ((uint64_t)i - 1 < t->array_size) return pvec_get(&t->array, (uint32_t)(i - 1));
    if (!t->hash.count) return V_NIL;
    if (table_bundled(t)) return get_other(t, table_integer_key(i));
    return table_get_hashed(t, table_integer_key(i), value_hash_number(table_integer_key(i)));
}

/* ---- places ---- */

Value *table_slot_hashed(TableBody *t, Value key, uint32_t hash, uint64_t token)
{
    return map_slot(&t->hash, key, hash, token);
}

Value *table_slot_int_slow(TableBody *t, int64_t i, uint64_t token)
{
    if ((uint64_t)i - 1 < t->array_size) return table_slot_int(t, i, token);
    if (!t->hash.count) return NULL;
    if (table_bundled(t)) return table_slot(t, table_integer_key(i), token);
    return map_slot(&t->hash, table_integer_key(i), value_hash_number(table_integer_key(i)),
                    token);
}

Value *table_slot(TableBody *t, Value key, uint64_t token)
{
    uint32_t i = table_index_in(key, t->array_size);
    if (i) return table_slot_int(t, i, token);
    key = normal_key(key);
    int64_t integer;
    if (table_bundled(t) && bundle_integer(key, &integer))
        return table_bundle_slot(t, integer, token);
    return map_slot(&t->hash, key, value_hash(key), token);
}

/* ---- writing ---- */

Value table_map_get(const TableBody *t, Value key)
{
    return table_get_hashed(t, key, key_hash(key));
}

Word *table_map_slot(TableBody *t, Value key, uint64_t token)
{
    return map_slot(&t->hash, key, key_hash(key), token);
}

bool table_map_put(TableBody *t, Value key, Value v, uint64_t token)
{
    return map_put(&t->hash, key, key_hash(key), v, token);
}

#ifdef MOONLET_MUTABLE
void table_map_rekey(TableBody *t, Value key, uint64_t token)
{
    (void)t, (void)key, (void)token;
}
/* Deltas are of states, of which this kind has none. */
void table_map_diff(const TableBody *a, const TableBody *b, HamtDiffFn *fn, void *context)
{
    (void)a, (void)b, (void)fn, (void)context;
}
#else
void table_map_diff(const TableBody *a, const TableBody *b, HamtDiffFn *fn, void *context)
{
    map_diff(&a->hash, &b->hash, fn, context);
}
void table_map_rekey(TableBody *t, Value key, uint64_t token)
{
    map_rekey(&t->hash, key, key_hash(key), token);
}
#endif

void table_map_remove(TableBody *t, Value key, uint64_t token)
{
    map_remove(&t->hash, key, key_hash(key), token);
}

#ifdef MOONLET_MUTABLE
#define map_take_own(...) false
#define map_put_own(...) (-1)
#endif

/* Answers whether it is new. by_word: the key is a constant. */
static inline __attribute__((always_inline)) bool pair_put(TableBody *t, Value key,
                                                           uint32_t hash, Value v,
                                                           uint64_t token, bool by_word)
{
    int added = map_put_own(&t->hash, (HamtEntry){key, v}, hash, token, by_word);
    return added < 0 ? map_put(&t->hash, key, hash, v, token) : added;
}

static inline void pair_remove(TableBody *t, Value key, uint32_t hash, uint64_t token)
{
    uint32_t count = t->hash.count;
    if (!map_take_own(&t->hash, key, hash, token)) map_remove(&t->hash, key, hash, token);
    if (t->hash.count != count) table_set_flags(t, table_flags(t) | TABLE_REMOVED);
}

/* Where nodes are followed, or integers are in bundles; what follows them knows of the key. */
static inline void noted_set(TableBody *t, Value key, uint32_t hash, Value v, uint64_t token)
{
    if (v == V_NIL) {
        pair_remove(t, key, hash, token);
    } else if (pair_put(t, key, hash, v, token, false)) {
        table_set_flags(t, table_flags(t) & ~TABLE_ABSENT);
        mem_count_content(TABLE_PAIR_BYTES);
        if (table_pairs(t) > table_node_count(t)) table_rehash(t, V_NIL, token);
    }
}
static NOINLINE void hidden_set(TableBody *t, Value key, uint32_t hash, Value v, uint64_t token)
{
    if (!table_has_nodes(t) || table_note(t, key, v != V_NIL, token)) {
        noted_set(t, key, hash, v, token);
        return;
    }
    table_rehash(t, key, token);
    table_set(t, key, v, token);
}

/* The map has got another pair; no nodes are followed, and there are no chunks. */
static inline void pair_added(TableBody *t, uint64_t token)
{
    table_set_flags(t, table_flags(t) & ~TABLE_ABSENT);
    mem_count_content(TABLE_PAIR_BYTES);
    if (t->hash.count > table_node_count(t)) table_rehash(t, V_NIL, token);
}

/* A key that is not in the array. */
static inline __attribute__((always_inline)) void hash_set_here(TableBody *t, Value key,
                                                                uint32_t hash, Value v,
                                                                uint64_t token, bool by_word)
{
    if (t->array.size > t->array_size) {
        hidden_set(t, key, hash, v, token);
    } else if (v == V_NIL) {
        pair_remove(t, key, hash, token);
    } else if (pair_put(t, key, hash, v, token, by_word)) {
        pair_added(t, token);
    }
}
static void hash_set(TableBody *t, Value key, uint32_t hash, Value v, uint64_t token)
{
    hash_set_here(t, key, hash, v, token, false);
}

#ifndef MOONLET_MUTABLE
void table_set_patched(TableBody *t, const String *key, uint32_t hash, Value v, uint64_t token)
{
    bool hidden = t->array.size > t->array_size;
    int added = hidden ? -1 : map_put_next(&t->hash, string_value(key), hash, v, token);
    if (added > 0) pair_added(t, token);
    if (added < 0) hash_set(t, string_value(key), hash, v, token);
}
#endif

static NOINLINE void bundle_set(TableBody *t, int64_t i, Value v, uint64_t token)
{
    if (!table_bundle_set(t, i, v, token)) return;
    mem_count_content(TABLE_PAIR_BYTES);
    if (table_pairs(t) > table_node_count(t)) table_rehash(t, V_NIL, token);
}

/* Tells the nodes of a number. Answers false if that is not done at once. */
static inline bool number_noted(TableBody *t, double d, bool live, uint64_t token)
{
    PvecFlat *flat = t->array.root;
    return PVEC_OWNS(&t->array, flat, token) &&
           nodes_set_integer(flat->words + t->array_size + 1, table_node_count(t), d, live);
}

/* A number where nodes are followed. */
static NOINLINE void followed_set(TableBody *t, Value key, Value v, uint64_t token)
{
    if (!number_noted(t, value_to_double(key), v != V_NIL, token) &&
        !table_note(t, key, v != V_NIL, token)) {
        table_rehash(t, key, token);
        table_set(t, key, v, token);
        return;
    }
    uint32_t flags = table_flags(t);
    if (!(flags & TABLE_NUMBERS)) table_set_flags(t, flags | TABLE_NUMBERS);
    noted_set(t, key, value_hash_number(key), v, token);
}

/* A number that is no place of the array, where none are. */
static NOINLINE void unfollowed_set(TableBody *t, Value key, Value v, uint64_t token)
{
    int64_t integer;
    if (table_bundled(t) && bundle_integer(key, &integer)) {
        bundle_set(t, integer, v, token);
        return;
    }
    uint32_t hash = value_hash_number(key), nodes = table_node_count(t);
    if (t->array.size == t->array_size) {
        if (t->hash.count >= nodes && table_get_hashed(t, key, hash) == V_NIL) {
            table_rehash(t, key, token);
            table_set(t, key, v, token); /* somewhere else now, where there is room */
            return;
        }
        if (nodes >= 2 && nodes <= NODES_MAX) /* they are followed from now on */
            table_resize(t, t->array_size, nodes, key, token);
    }
    uint32_t flags = table_flags(t);
    if (!(flags & TABLE_NUMBERS)) table_set_flags(t, flags | TABLE_NUMBERS);
    hash_set(t, key, hash, v, token);
}

static inline void number_set(TableBody *t, Value key, Value v, uint64_t token)
{
    if (table_has_nodes(t))
        followed_set(t, key, v, token);
    else
        unfollowed_set(t, key, v, token);
}

/* A place in the array has become nil, or is no longer. */
static inline void border_moves(TableBody *t, uint32_t i, bool filled)
{
    uint32_t border = t->hash.border, next = filled ? border + 1 : border - 1;
    if (!(border & TABLE_HOLES)) {
        if (i != (filled ? next : border)) next |= TABLE_HOLES;
    } else if (next == TABLE_HOLES || next == (TABLE_HOLES | t->array_size)) {
        next &= ~TABLE_HOLES;
    }
    t->hash.border = next;
}

static NOINLINE void array_set(TableBody *t, uint32_t at, Value v, uint64_t token)
{
    Value old = pvec_get(&t->array, at);
    if (v == old) return;
    pvec_set(&t->array, at, v, token);
    if (v == V_NIL || old == V_NIL) border_moves(t, at + 1, v != V_NIL);
}

void table_set_int(TableBody *t, int64_t i, Value v, uint64_t token)
{
    if ((uint64_t)i - 1 < t->array_size)
        array_set(t, (uint32_t)(i - 1), v, token);
    else
        number_set(t, table_integer_key(i), v, token);
}

void table_set_string(TableBody *t, const String *key, Value v, uint64_t token)
{
    hash_set_here(t, string_value(key), string_hash(key), v, token, true);
}

void table_set(TableBody *t, Value key, Value v, uint64_t token)
{
    assert(key != V_NIL && "nil is no key");
    uint32_t i = table_index_in(key, t->array_size);
    if (i) {
        table_set_int(t, i, v, token);
    } else if (value_is_number(key)) {
        number_set(t, normal_key(key), v, token);
    } else {
        if (value_is_string(key)) string_pay_key(value_string(key));
        hash_set(t, key, key_hash(key), v, token);
    }
}

void table_add_like(TableBody *t, Value key, Value v, uint64_t token)
{
    int64_t i;
    uint32_t place = table_index_in(key, t->array_size);
    if (place) {
        table_set_int(t, place, v, token);
        return;
    }
    if (table_bundled(t) && bundle_integer(key, &i))
        table_bundle_set(t, i, v, token);
    else
        table_map_put(t, key, v, token);
    mem_count_content(TABLE_PAIR_BYTES);
}

bool table_add_new(TableBody *t, Value key, Value v, uint64_t token)
{
    int64_t i;
    if (v == V_NIL || table_index_in(key, t->array_size)) return false;
    if (table_bundled(t) && bundle_integer(key, &i)) return table_bundle_set(t, i, v, token);
    uint32_t hash = key_hash(key);
#ifndef MOONLET_MUTABLE
    if (hamt_append(&t->hash, (HamtEntry){key, v}, hash)) return true;
#endif
    return map_put(&t->hash, key, hash, v, token);
}

uint32_t table_list_border(const Value *v, uint32_t n)
{
    uint32_t dense = 0, used = 0;
    while (dense < n && v[dense] != V_NIL) dense++;
    for (uint32_t k = dense; k < n; k++) used += v[k] != V_NIL;
    return used ? TABLE_HOLES | (dense + used) : dense;
}

void table_set_list(TableBody *t, int64_t first, const Value *v, size_t n, uint64_t token)
{
    int64_t last = first + (int64_t)n - 1;
    if (last > (int64_t)t->array_size)
        table_resize(t, (uint32_t)last, table_node_count(t), V_NIL, token);
    PvecFlat *flat = t->array.root;
    if (n && first - 1 == t->hash.border && PVEC_OWNS(&t->array, flat, token)) {
        memcpy(flat->words + first - 1, v, n * sizeof *v);
        t->hash.border += table_list_border(v, (uint32_t)n);
        return;
    }
    for (size_t k = 0; k < n; k++) table_set_int(t, first + (int64_t)k, v[k], token);
}

void table_cut(TableBody *t, int64_t first, int64_t last, uint64_t token)
{
    PvecFlat *flat = t->array.root;
    bool own =
        last == t->hash.border && last <= t->array_size && PVEC_OWNS(&t->array, flat, token);
    if (own && first <= last) {
        memset(flat->words + first - 1, 0, (size_t)(last - first + 1) * sizeof(Value));
        t->hash.border = (uint32_t)first - 1;
        return;
    }
    for (int64_t i = last; i >= first; i--) table_set_int(t, i, V_NIL, token);
}

bool table_list_room(TableBody *t, size_t size, uint64_t token)
{
    if (size > t->array_size)
        table_resize(t, (uint32_t)size, table_node_count(t), V_NIL, token);
    return !t->array.shape || mem_can(size / 2 * 3 * sizeof(Value));
}

void table_merge_patch(TableBody *t, uint64_t token)
{
#ifdef MOONLET_MUTABLE
    (void)t, (void)token;
#else
    if (hamt_patch(&t->hash)) map_merge(&t->hash, token);
#endif
}

/* ---- traversal ---- */

static bool next_in_map(const TableBody *t, Value *key, Value *value)
{
    HamtEntry e = map_next(&t->hash, *key, *key ? value_hash(*key) : 0);
    if (!e.key) return false;
    if (bundle_is_key(e.key)) return table_bundle_at(t, bundle_first(e.key), key, value);
    *key = e.key;
    *value = e.value;
    return true;
}

static bool next_in_hash(const TableBody *t, Value *key, Value *value)
{
    int64_t i;
    if (table_bundled(t) && bundle_integer(*key, &i)) {
        if ((i + 1) % BUNDLE_WIDTH && table_bundle_at(t, i + 1, key, value)) return true;
        *key = bundle_key(i);
    }
    return next_in_map(t, key, value);
}

/* The first index from i on that is in use, or the array's size. Passing many others is work.
 */
static NOINLINE uint32_t next_in_array(const TableBody *t, uint32_t i, Value *value)
{
    uint32_t from = i;
    while (i < t->array_size && (*value = pvec_get(&t->array, i)) == V_NIL) i++;
    mem_work((size_t)(i - from) * 2);
    return i;
}

bool table_next(const TableBody *t, Value *key, Value *value)
{
    uint32_t i = *key == V_NIL ? 0 : table_index_in(*key, t->array_size);
    if (!i && *key != V_NIL) {
        *key = normal_key(*key);
        return next_in_hash(t, key, value);
    }
    if (i < t->array_size && (*value = pvec_get(&t->array, i)) == V_NIL)
        i = next_in_array(t, i, value);
    if (i < t->array_size) {
        *key = table_integer_key((int64_t)i + 1);
        return true;
    }
    *key = V_NIL;
    return next_in_map(t, key, value);
}

bool table_may_have_had(const TableBody *t, Value key)
{
    return table_flags(t) & TABLE_REMOVED || table_index_in(key, t->array_size) ||
           table_get(t, key) != V_NIL;
}

/* ---- length ---- */

/* Not nil at low, or 0; nil at high. */
static int64_t border_between(const TableBody *t, int64_t low, int64_t high)
{
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (table_get_int(t, middle) == V_NIL)
            high = middle;
        else
            low = middle;
    }
    return low;
}

/* Goes on from the array into the hash, in doubling steps, and one by one where these would
 * leave the integers of C. */
static int64_t border_above(const TableBody *t, int64_t low)
{
    int64_t high = low + 1;
    while (table_get_int(t, high) != V_NIL) {
        low = high;
        high *= 2;
        if (high <= INT32_MAX) continue;
        for (high = 1; table_get_int(t, high) != V_NIL;) high++;
        return high - 1;
    }
    return border_between(t, low, high);
}

int64_t table_length_slow(const TableBody *t)
{
    uint32_t size = t->array_size;
    if (size && pvec_get(&t->array, size - 1) == V_NIL) return border_between(t, 0, size);
    return table_flags(t) & TABLE_NUMBERS ? border_above(t, size) : size;
}

/* ---- invariants ---- */

static void check_pair(void *context, Value key, Value value)
{
    const TableBody *t = context;
    assert(value != V_NIL && "no value in the hash is nil");
    assert((!value_is_number(key) || value_to_double(key) == value_to_double(key)) && "no NaN");
    assert(key == normal_key(key) && "-0 is stored as 0");
    assert(!table_index_in(key, t->array_size) && "1..array_size is not in the hash");
    assert((!value_is_number(key) || t->flags & TABLE_NUMBERS) && "numbers are told of");
    if (value_is_number(key) && table_has_nodes(t)) {
        Nodes n = table_nodes((TableBody *)t, EPOCH_NONE);
        int at = nodes_find(&n, node_identity(key));
        assert(at >= 0 && node_is_live(node_at(&n, (uint32_t)at)) && "a number has a node");
        (void)at;
    }
    (void)t, (void)key, (void)value;
}

static void check_border(const TableBody *t)
{
    uint32_t used = 0, dense = 0, size = t->array_size, border = t->hash.border;
    for (uint32_t i = 0; i < size; i++) {
        if (pvec_get(&t->array, i) == V_NIL) continue;
        dense += used == i;
        used++;
    }
    assert((border & TABLE_HOLES || (dense == used && border == dense)) && "a border is right");
    assert((!(border & TABLE_HOLES) || (border & ~TABLE_HOLES) == used) && "holes are counted");
    (void)dense, (void)used, (void)border;
}

void table_check(const TableBody *t)
{
    pvec_check(&t->array, EPOCH_NONE);
    map_check(&t->hash);
    assert(t->array.size >= t->array_size && "the vector has the array");
    if (table_has_nodes(t)) {
        Nodes n = table_nodes((TableBody *)t, EPOCH_NONE);
        nodes_check(&n);
    }
    if (table_bundled(t)) table_bundles_check(t);
    check_border(t);
    table_each_hashed(t, check_pair, (void *)t);
}
