/* SPDX-License-Identifier: MIT */
/*
 * The map of hamt.h for one kind of key. To be included once per kind, after
 *
 *   #define HAMT_NAME name            prefix of the functions below
 *   #define HAMT_KEY_HASH(k)          32-bit hash of a key in the map
 *   #define HAMT_KEY_EQ(a, b)         are two different words the same key?
 *   #define HAMT_KEY_ORDER(a, b)      <0, 0, >0: total order on keys of one hash
 *   #define HAMT_BITS 5               optional; the tests use 1 and 2
 *
 * Keys are never 0. HAMT_KEY_EQ is asked only when the words differ; `b` is the key
 * that was passed in. All functions are static; find is made to be inlined.
 */
#include "hamt.h"

#include <assert.h>

#ifndef HAMT_BITS
#define HAMT_BITS 5
#endif

#define HAMT_JOIN2(a, b) a##_##b
#define HAMT_JOIN(a, b) HAMT_JOIN2(a, b)
#define HAMT(f) HAMT_JOIN(HAMT_NAME, f)
#define HAMT_FN static __attribute__((unused))
#define HAMT_DEPTH ((32 + HAMT_BITS - 1) / HAMT_BITS + 1)
#define HAMT_BIT(hash, shift) (1u << ((hash) >> (shift) & ((1u << HAMT_BITS) - 1)))

static inline bool HAMT(same)(Word stored, Word key)
{
    return stored == key || HAMT_KEY_EQ(stored, key);
}

/* Position of the key in a bucket, or where it belongs. */
HAMT_FN uint32_t HAMT(bucket_index)(const HamtNode *bucket, Word key)
{
    uint32_t low = 0, high = bucket->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (HAMT_KEY_ORDER(bucket->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

HAMT_FN const HamtEntry *HAMT(bucket_find)(const HamtNode *bucket, Word key)
{
    uint32_t i = HAMT(bucket_index)(bucket, key);
    if (i == bucket->count || !HAMT(same)(bucket->entries[i].key, key)) return NULL;
    return &bucket->entries[i];
}

/* The search below the root; hash is shifted already. */
HAMT_FN __attribute__((noinline)) const HamtEntry *HAMT(find_below)(const HamtNode *node,
                                                                    Word key, uint32_t hash)
{
    for (;; hash >>= HAMT_BITS) {
        uint32_t bit = HAMT_BIT(hash, 0);
        if (!(node->bitmap & bit)) return node->bitmap ? NULL : HAMT(bucket_find)(node, key);
        const HamtEntry *e = &node->entries[hamt_index(node, bit)];
        if (e->key == key) return e;
        if (e->key) return HAMT_KEY_EQ(e->key, key) ? e : NULL;
        node = hamt_child(e);
    }
}

/* The key's entry, or NULL. */
static inline __attribute__((unused)) const HamtEntry *HAMT(find)(const Hamt *map, Word key,
                                                                  uint32_t hash)
{
    const HamtNode *node = map->root;
    if (!node) return NULL;
    uint32_t bit = HAMT_BIT(hash, 0);
    if (!(node->bitmap & bit)) return NULL;
    const HamtEntry *e = &node->entries[hamt_index(node, bit)];
    if (e->key == key) return e;
    if (e->key) return HAMT_KEY_EQ(e->key, key) ? e : NULL;
    return HAMT(find_below)(hamt_child(e), key, hash >> HAMT_BITS);
}

/* A new node for two pairs whose hashes agree up to shift. */
HAMT_FN HamtNode *HAMT(split)(HamtEntry a, uint32_t hash_a, HamtEntry b, uint32_t hash_b,
                              uint32_t shift, uint64_t token)
{
    if (shift < 32 && HAMT_BIT(hash_a, shift) == HAMT_BIT(hash_b, shift)) {
        HamtNode *node = hamt_node_new(1, token);
        node->bitmap = HAMT_BIT(hash_a, shift);
        node->count = 1;
        HamtNode *below = HAMT(split)(a, hash_a, b, hash_b, shift + HAMT_BITS, token);
        node->entries[0].value = hamt_child_word(below);
        return node;
    }
    HamtNode *node = hamt_node_new(2, token);
    bool b_first = false;
    if (shift < 32) {
        node->bitmap = HAMT_BIT(hash_a, shift) | HAMT_BIT(hash_b, shift);
        b_first = HAMT_BIT(hash_b, shift) < HAMT_BIT(hash_a, shift);
    } else {
        b_first = HAMT_KEY_ORDER(b.key, a.key) < 0;
    }
    node->count = 2;
    node->entries[b_first] = a;
    node->entries[!b_first] = b;
    return node;
}

HAMT_FN bool HAMT(bucket_put)(Hamt *map, HamtEntry *up, HamtEntry pair, uint64_t token)
{
    HamtNode *bucket = hamt_child(up);
    uint32_t i = HAMT(bucket_index)(bucket, pair.key);
    if (i < bucket->count && HAMT(same)(bucket->entries[i].key, pair.key)) {
        if (bucket->epoch != token) bucket = hamt_node_copy(bucket, token);
        bucket->entries[i].value = pair.value;
        hamt_relink(map, up, bucket);
        return false;
    }
    bucket = hamt_node_open(bucket, i, token);
    bucket->entries[i] = pair;
    hamt_relink(map, up, bucket);
    map->count++;
    return true;
}

/* Adds the pair or replaces the value; true if the key is new. */
HAMT_FN bool HAMT(put)(Hamt *map, Word key, uint32_t hash, Word value, uint64_t token)
{
    assert(key && token != EPOCH_NONE && "key 0 marks children, token 0 old nodes");
    if (!map->root) map->root = hamt_node_new(1, token);
    HamtEntry *up = NULL;
    HamtNode *node = map->root;
    for (uint32_t shift = 0; shift < 32; shift += HAMT_BITS) {
        uint32_t bit = HAMT_BIT(hash, shift);
        uint32_t i = hamt_index(node, bit);
        if (!(node->bitmap & bit)) {
            node = hamt_node_open(node, i, token);
            node->bitmap |= bit;
            node->entries[i] = (HamtEntry){key, value};
            hamt_relink(map, up, node);
            map->count++;
            return true;
        }
        if (node->epoch != token) {
            node = hamt_node_copy(node, token);
            hamt_relink(map, up, node);
        }
        HamtEntry *e = &node->entries[i];
        if (e->key) {
            if (HAMT(same)(e->key, key)) {
                e->value = value;
                return false;
            }
            node = HAMT(split)(*e, HAMT_KEY_HASH(e->key), (HamtEntry){key, value}, hash,
                               shift + HAMT_BITS, token);
            *e = (HamtEntry){0, hamt_child_word(node)};
            map->count++;
            return true;
        }
        up = e;
        node = hamt_child(e);
    }
    return HAMT(bucket_put)(map, up, (HamtEntry){key, value}, token);
}

/* The place of the value of a key that is there, to be written by the token's owner
 * before any other change of the map; NULL if the key is not there. */
HAMT_FN Word *HAMT(slot)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    HamtEntry *up = NULL;
    HamtNode *node = map->root;
    bool present = false;
    if (!node) return NULL;
    for (uint32_t shift = 0;; shift += HAMT_BITS) {
        if (node->epoch != token) {
            if (!present && !HAMT(find)(map, key, hash)) return NULL;
            present = true;
            node = hamt_node_copy(node, token);
            hamt_relink(map, up, node);
        }
        if (shift >= 32) {
            HamtEntry *e = (HamtEntry *)HAMT(bucket_find)(node, key);
            return e ? &e->value : NULL;
        }
        uint32_t bit = HAMT_BIT(hash, shift);
        if (!(node->bitmap & bit)) return NULL;
        HamtEntry *e = &node->entries[hamt_index(node, bit)];
        if (e->key) return HAMT(same)(e->key, key) ? &e->value : NULL;
        up = e;
        node = hamt_child(e);
    }
}

/* Removes the key; false if it was not there. */
HAMT_FN bool HAMT(remove)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    if (!HAMT(slot)(map, key, hash, token)) return false; /* owns the path from here on */
    HamtEntry *ups[HAMT_DEPTH];
    uint32_t depth = 0, shift = 0, i, bit = 0;
    HamtNode *node = map->root;
    ups[0] = NULL;
    for (;; shift += HAMT_BITS) {
        bit = shift < 32 ? HAMT_BIT(hash, shift) : 0;
        i = bit ? hamt_index(node, bit) : HAMT(bucket_index)(node, key);
        if (node->entries[i].key) break;
        ups[++depth] = &node->entries[i];
        node = hamt_child(ups[depth]);
    }
    node = hamt_node_close(node, i);
    node->bitmap &= ~bit;
    hamt_relink(map, ups[depth], node);
    map->count--;
    while (depth > 0 && node->count == 1 && node->entries[0].key) {
        *ups[depth--] = node->entries[0];
        hamt_node_free(node);
        node = depth ? hamt_child(ups[depth]) : map->root;
    }
    if (node->count == 0) {
        hamt_node_free(node);
        map->root = NULL;
    }
    return true;
}

/* The order of `next`: by slot from the first level on, then HAMT_KEY_ORDER. */
HAMT_FN bool HAMT(precedes)(Word a, uint32_t hash_a, Word b, uint32_t hash_b)
{
    uint32_t differing = hash_a ^ hash_b;
    if (!differing) return a != b && HAMT_KEY_ORDER(a, b) < 0;
    uint32_t shift = (uint32_t)__builtin_ctz(differing) / HAMT_BITS * HAMT_BITS;
    return HAMT_BIT(hash_a, shift) < HAMT_BIT(hash_b, shift);
}

/* The pair after the key, which need not be there; key 0 is before the first. */
HAMT_FN const HamtEntry *HAMT(next)(const Hamt *map, Word key, uint32_t hash)
{
    const HamtNode *node = map->root;
    if (!node || !node->count) return NULL;
    if (!key) return hamt_first(node->entries);
    const HamtEntry *after = NULL; /* what follows the subtree we are in */
    for (uint32_t shift = 0;; shift += HAMT_BITS) {
        uint32_t bit = shift < 32 ? HAMT_BIT(hash, shift) : 0;
        uint32_t i = bit ? hamt_index(node, bit) : HAMT(bucket_index)(node, key);
        const HamtEntry *e = &node->entries[i], *end = &node->entries[node->count];
        if (e < end && node->bitmap & bit && !e->key) {
            if (e + 1 < end) after = e + 1;
            node = hamt_child(e);
            continue;
        }
        if (e < end && e->key && (!bit || node->bitmap & bit) &&
            !HAMT(precedes)(key, hash, e->key, HAMT_KEY_HASH(e->key)))
            e++;
        if (e == end) e = after;
        return e ? hamt_first(e) : NULL;
    }
}

typedef struct HAMT(Diff) {
    HamtDiffFn *fn;
    void *context;
} HAMT(Diff);

/* Reports what one side (the left, or the right) has at or below e. */
HAMT_FN void HAMT(diff_side)(const HAMT(Diff) * d, const HamtEntry *e, bool left)
{
    if (e->key) {
        d->fn(d->context, e->key, left ? e->value : 0, left ? 0 : e->value);
        return;
    }
    const HamtNode *node = hamt_child(e);
    for (uint32_t i = 0; i < node->count; i++) HAMT(diff_side)(d, &node->entries[i], left);
}

/* A pair against the subtree on the other side: true once its key has been met. */
HAMT_FN bool HAMT(diff_pair)(const HAMT(Diff) * d, const HamtEntry *pair, const HamtNode *node,
                             bool left)
{
    bool met = false;
    for (uint32_t i = 0; i < node->count; i++) {
        const HamtEntry *e = &node->entries[i];
        if (!e->key)
            met |= HAMT(diff_pair)(d, pair, hamt_child(e), left);
        else if (!HAMT(same)(e->key, pair->key))
            HAMT(diff_side)(d, e, !left);
        else {
            met = true;
            const HamtEntry *a = left ? pair : e, *b = left ? e : pair;
            if (a->value != b->value) d->fn(d->context, pair->key, a->value, b->value);
        }
    }
    return met;
}

HAMT_FN void HAMT(diff_nodes)(const HAMT(Diff) * d, const HamtNode *a, const HamtNode *b);

HAMT_FN void HAMT(diff_entries)(const HAMT(Diff) * d, const HamtEntry *a, const HamtEntry *b)
{
    if (!a || !b) {
        HAMT(diff_side)(d, a ? a : b, a != NULL);
    } else if (!a->key && !b->key) {
        if (a->value != b->value) HAMT(diff_nodes)(d, hamt_child(a), hamt_child(b));
    } else if (!a->key || !b->key) {
        const HamtEntry *pair = a->key ? a : b;
        if (!HAMT(diff_pair)(d, pair, hamt_child(a->key ? b : a), a->key != 0))
            HAMT(diff_side)(d, pair, a->key != 0);
    } else if (!HAMT(same)(a->key, b->key)) {
        HAMT(diff_side)(d, a, true);
        HAMT(diff_side)(d, b, false);
    } else if (a->value != b->value) {
        d->fn(d->context, a->key, a->value, b->value);
    }
}

HAMT_FN void HAMT(diff_buckets)(const HAMT(Diff) * d, const HamtNode *a, const HamtNode *b)
{
    uint32_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        const HamtEntry *x = i < a->count ? &a->entries[i] : NULL;
        const HamtEntry *y = j < b->count ? &b->entries[j] : NULL;
        int order = !x ? 1 : !y ? -1 : HAMT_KEY_ORDER(x->key, y->key);
        HAMT(diff_entries)(d, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

HAMT_FN void HAMT(diff_nodes)(const HAMT(Diff) * d, const HamtNode *a, const HamtNode *b)
{
    if (!a->bitmap && !b->bitmap) {
        HAMT(diff_buckets)(d, a, b);
        return;
    }
    for (uint32_t bits = a->bitmap | b->bitmap; bits; bits &= bits - 1) {
        uint32_t bit = bits & -bits;
        const HamtEntry *x = &a->entries[hamt_index(a, bit)];
        const HamtEntry *y = &b->entries[hamt_index(b, bit)];
        HAMT(diff_entries)(d, a->bitmap & bit ? x : NULL, b->bitmap & bit ? y : NULL);
    }
}

/* Calls fn for each key whose value is not the same word on both sides; what both
 * share costs nothing. */
HAMT_FN void HAMT(diff)(const Hamt *a, const Hamt *b, HamtDiffFn *fn, void *context)
{
    static const HamtNode empty;
    HAMT(Diff) d = {fn, context};
    if (a->root == b->root) return;
    HAMT(diff_nodes)(&d, a->root ? a->root : &empty, b->root ? b->root : &empty);
}

/* Invariants 1 to 3 at and below a node; gives the number of pairs. */
HAMT_FN uint32_t HAMT(check_node)(const HamtNode *node, uint32_t shift, uint32_t prefix)
{
    uint32_t pairs = 0, bits = node->bitmap;
    bool bucket = shift >= 32;
    assert(node->count <= node->capacity && "entries fit the node");
    assert((bucket ? !bits : hamt_popcount(bits) == node->count) && "a bit for each entry");
    for (uint32_t i = 0; i < node->count; i++, bits &= bits - 1) {
        const HamtEntry *e = &node->entries[i];
        uint32_t slot = bits ? (uint32_t)__builtin_ctz(bits) : 0;
        uint32_t path = bucket ? prefix : prefix | slot << shift;
        uint32_t mask = shift + HAMT_BITS >= 32 ? ~0u : (1u << (shift + HAMT_BITS)) - 1;
        if (!e->key) {
            assert(!bucket && "a bucket has no children");
            pairs += HAMT(check_node)(hamt_child(e), shift + HAMT_BITS, path);
            continue;
        }
        assert((HAMT_KEY_HASH(e->key) & mask) == path && "a pair is where its hash leads");
        assert((!bucket || !i || HAMT_KEY_ORDER(e[-1].key, e->key) < 0) && "bucket order");
        (void)mask, (void)path;
        pairs++;
    }
    for (uint32_t i = node->count; i < node->capacity; i++)
        assert(!node->entries[i].key && !node->entries[i].value && "slack is zero");
    assert((shift == 0 || node->count > 1 || pairs > 1) && "a lone pair is pulled up");
    return pairs;
}

HAMT_FN void HAMT(check)(const Hamt *map)
{
    uint32_t pairs = map->root ? HAMT(check_node)(map->root, 0, 0) : 0;
    assert(pairs == map->count && "the map knows its size");
    (void)pairs;
}

#undef HAMT
#undef HAMT_JOIN
#undef HAMT_JOIN2
#undef HAMT_FN
#undef HAMT_DEPTH
#undef HAMT_BIT
#undef HAMT_BITS
#undef HAMT_NAME
#undef HAMT_KEY_HASH
#undef HAMT_KEY_EQ
#undef HAMT_KEY_ORDER
