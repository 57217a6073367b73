/* SPDX-License-Identifier: MIT */
/*
 * The map of hamt.h for one kind of key. To be included once per kind, after
 *
 *   #define HAMT_NAME name            prefix of the functions below
 *   #define HAMT_KEY_HASH(k)          32-bit hash of a key in the map
 *   #define HAMT_KEY_EQ(a, b)         are two different words the same key?
 *   #define HAMT_KEY_ORDER(a, b)      <0, 0, >0: total order on keys of one hash
 *   #define HAMT_BITS 5               optional; the tests use 1 and 2
 *   #define HAMT_FLAT 1               optional: may the root go by other bits of the hash?
 *   #define HAMT_KEY_LASTING(k)       optional: does it do no harm to hold on to the key?
 *   #define HAMT_KEY_ALIKE(a, b)      optional: does it not matter which word is the key?
 *
 * Keys are never 0. HAMT_KEY_EQ is asked only when the words differ; `b` is the key
 * that was passed in. All functions are static; find is made to be inlined.
 */
#include "bucket.h"

#include <assert.h>

#ifndef HAMT_BITS
#define HAMT_BITS 5
#endif

#ifndef HAMT_FLAT
#define HAMT_FLAT 0
#endif

#ifndef HAMT_KEY_LASTING
#define HAMT_KEY_LASTING(k) false
#endif

#ifndef HAMT_KEY_ALIKE
#define HAMT_KEY_ALIKE(a, b) true
#endif

#define HAMT_JOIN2(a, b) a##_##b
#define HAMT_JOIN(a, b) HAMT_JOIN2(a, b)
#define HAMT(f) HAMT_JOIN(HAMT_NAME, f)
#define HAMT_FN static __attribute__((unused))
#define HAMT_DEPTH ((32 + HAMT_BITS - 1) / HAMT_BITS + 1)
#define HAMT_SLOT(hash, shift) ((hash) >> (shift) & ((1u << HAMT_BITS) - 1))
#define HAMT_BIT(hash, shift) (1u << HAMT_SLOT(hash, shift))

static inline bool HAMT(same)(Word stored, Word key)
{
    return stored == key || HAMT_KEY_EQ(stored, key);
}

typedef struct HAMT(Diff) {
    HamtDiffFn *fn;
    void *context;
    const HamtPatch *a, *b; /* keys that these have are not met in the nodes */
} HAMT(Diff);

HAMT_FN void HAMT(check_room)(const HamtNode *node)
{
    assert(node->count <= hamt_capacity(node) && "entries fit the node");
    for (uint32_t i = node->count; i < hamt_capacity(node); i++)
        assert(!node->entries[i].key && !node->entries[i].value && "slack is zero");
}

#include "bucket_template.h"

/* Where the bits that a root goes by begin. */
static inline uint32_t HAMT(shift)(const HamtNode *root)
{
    return HAMT_FLAT ? root->shift & 31 : 0;
}

/* The search below the root; hash is shifted already. */
HAMT_FN __attribute__((noinline)) const HamtEntry *HAMT(find_below)(const HamtNode *node,
                                                                    Word key, uint32_t hash)
{
    for (;; hash >>= HAMT_BITS) {
        const HamtEntry *e = hamt_at(node, HAMT_SLOT(hash, 0));
        if (!e && !node->count) return NULL; /* an empty root that keeps a shift */
        if (!e) return node->bitmap ? NULL : HAMT(bucket_find)(node, key);
        if (e->key == key) return e;
        if (e->key) return HAMT_KEY_EQ(e->key, key) ? e : NULL;
        node = hamt_child(e);
    }
}

/* The place of the key's value in the patch, or NULL. A word that is among the keys is not
 * looked for in another shape: they are different keys. */
HAMT_FN Word *HAMT(patch_find)(const HamtPatch *p, Word key, uint32_t hash)
{
    const HamtKeys *keys = p->keys;
    if (!(keys->filter >> (hash & 31) & 1) || hamt_patch_is_next(p, key)) return NULL;
    for (uint32_t i = 0; i < keys->count; i++)
        if (keys->words[i] == key) return i < p->count ? (Word *)&p->values[i] : NULL;
    for (uint32_t i = 0; i < p->count; i++)
        if (HAMT_KEY_EQ(keys->words[i], key)) return (Word *)&p->values[i];
    return NULL;
}

HAMT_FN __attribute__((noinline)) const Word *HAMT(find_patched)(const Hamt *map, Word key,
                                                                 uint32_t hash)
{
    const HamtPatch *p = (const HamtPatch *)map->root;
    const Word *value = HAMT(patch_find)(p, key, hash);
    if (value) return value;
    const HamtEntry *e = HAMT(find_below)(p->base, key, hash);
    return e ? &e->value : NULL;
}

/* The place of the key's value, or NULL. */
static inline __attribute__((unused)) const Word *HAMT(find)(const Hamt *map, Word key,
                                                             uint32_t hash)
{
    const HamtNode *node = map->root;
    if (!node) return NULL;
    const HamtEntry *e = hamt_at(node, HAMT_SLOT(hash, HAMT(shift)(node)));
    if (!e) return hamt_is_patch(node) ? HAMT(find_patched)(map, key, hash) : NULL;
    if (e->key == key) return &e->value;
    if (e->key) return HAMT_KEY_EQ(e->key, key) ? &e->value : NULL;
    e = HAMT(find_below)(hamt_child(e), key, hash >> HAMT_BITS);
    return e ? &e->value : NULL;
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
        b_first = HAMT_BIT(hash_b, shift) > HAMT_BIT(hash_a, shift);
    } else {
        b_first = HAMT_KEY_ORDER(b.key, a.key) < 0; /* a bucket */
    }
    node->count = 2;
    node->entries[b_first] = a;
    node->entries[!b_first] = b;
    return node;
}

HAMT_FN bool HAMT(put_in_nodes)(Hamt *map, Word key, uint32_t hash, Word value, uint64_t token);

#if HAMT_FLAT
/* The pairs of a root that is made anew, with their hashes; bitmap is the new one. */
typedef struct HAMT(Pairs) {
    uint32_t count, bitmap;
    uint32_t hashes[33];
    HamtEntry all[33];
} HAMT(Pairs);

/* The first shift after the given one that gives each of the hashes a slot of its own, and
 * the bitmap for it; HAMT_UNFLAT if there is none. */
HAMT_FN uint32_t HAMT(shift_for)(HAMT(Pairs) * p, uint32_t shift)
{
    while (++shift <= 32 - HAMT_BITS) {
        uint32_t bitmap = 0, i = p->count;
        for (;;) {
            uint32_t slot = HAMT_SLOT(p->hashes[--i], shift);
            if (bitmap >> slot & 1) break;
            bitmap |= 1u << slot;
            if (i) continue;
            p->bitmap = bitmap;
            return shift;
        }
    }
    return HAMT_UNFLAT;
}

/* Makes the map of the pairs with children, in the emptied root. */
HAMT_FN void HAMT(unflatten)(Hamt *map, const HAMT(Pairs) * p, uint64_t token)
{
    HamtNode *root = map->root;
    memset(root->entries, 0, root->count * sizeof *root->entries);
    root->bitmap = root->count = 0;
    map->count = 0;
    for (uint32_t i = 0; i < p->count; i++)
        HAMT(put_in_nodes)(map, p->all[i].key, p->hashes[i], p->all[i].value, token);
}

/* Puts the pairs into the root by the shift, for which the bitmap is. */
HAMT_FN void HAMT(fill_root)(Hamt *map, const HAMT(Pairs) * p, uint32_t shift, uint64_t token)
{
    HamtNode *root = map->root;
    if (hamt_capacity(root) < p->count) {
        hamt_node_free(root);
        root = map->root = hamt_node_new(hamt_capacity_for(p->count), token);
        root->shift = (uint8_t)shift;
    }
    root->bitmap = p->bitmap;
    root->count = (uint16_t)p->count;
    map->count = p->count;
    for (uint32_t i = 0; i < p->count; i++)
        root->entries[hamt_popcount(p->bitmap >> HAMT_SLOT(p->hashes[i], shift)) - 1] =
            p->all[i];
}

/* Adds a pair, whose slot is taken, to an owned root without children: it gets another
 * shift, or children. */
HAMT_FN __attribute__((noinline)) void HAMT(put_in_flat)(Hamt *map, HamtEntry pair,
                                                         uint32_t hash, uint64_t token)
{
    HamtNode *root = map->root;
    HAMT(Pairs) p;
    uint32_t n = root->count, was = root->shift, shift = HAMT_UNFLAT;
    for (uint32_t i = 0; i < n; i++) {
        p.all[i] = root->entries[i];
        p.hashes[i] = HAMT_KEY_HASH(p.all[i].key);
    }
    p.all[n] = pair;
    p.hashes[n] = hash;
    p.count = n + 1;
    if (n < HAMT_FLAT_MAX) shift = HAMT(shift_for)(&p, was);
    root->shift = (uint8_t)shift;
    if (shift != HAMT_UNFLAT)
        HAMT(fill_root)(map, &p, shift, token);
    else if (was)
        HAMT(unflatten)(map, &p, token);
    else
        HAMT(put_in_nodes)(map, pair.key, hash, pair.value, token);
}
#endif

/* Puts the pair in a slot that the node has free. Answers that it is new. */
HAMT_FN bool HAMT(put_in_free)(Hamt *map, HamtEntry *up, HamtNode *node, uint32_t slot,
                               HamtEntry pair, uint64_t token)
{
    uint32_t i = hamt_index(node, slot);
    node = hamt_node_open(node, i, 1, token);
    node->bitmap |= 1u << slot;
    node->entries[i] = pair;
    hamt_relink(map, up, node);
    map->count++;
    return true;
}

/* Puts the pair in a node of its own with that of the entry, which has another key; the entry's
 * node is owned. */
HAMT_FN void HAMT(put_beside)(Hamt *map, HamtEntry *e, HamtEntry pair, uint32_t hash,
                              uint32_t shift, uint64_t token)
{
    HamtNode *node = HAMT(split)(*e, HAMT_KEY_HASH(e->key), pair, hash, shift, token);
    *e = (HamtEntry){0, hamt_child_word(node)};
    map->count++;
}

/* Puts it into the nodes themselves: the map has no patch. */
HAMT_FN bool HAMT(put_in_nodes)(Hamt *map, Word key, uint32_t hash, Word value, uint64_t token)
{
    if (!map->root) map->root = hamt_node_new(1, token);
    HamtEntry *up = NULL;
    HamtNode *node = map->root;
    for (uint32_t shift = HAMT(shift)(node); shift < 32; shift += HAMT_BITS) {
        uint32_t slot = HAMT_SLOT(hash, shift);
        HamtEntry *e = hamt_at(node, slot);
        if (!e) return HAMT(put_in_free)(map, up, node, slot, (HamtEntry){key, value}, token);
        if (node->epoch != token) {
            size_t i = (size_t)(e - node->entries);
            node = hamt_node_copy(node, token);
            hamt_relink(map, up, node);
            e = &node->entries[i];
        }
        if (e->key) {
            if (HAMT(same)(e->key, key)) {
                e->value = value;
                return false;
            }
#if HAMT_FLAT
            if (!up && node->shift != HAMT_UNFLAT) {
                HAMT(put_in_flat)(map, (HamtEntry){key, value}, hash, token);
                return true;
            }
#endif
            HAMT(put_beside)(map, e, (HamtEntry){key, value}, hash, shift + HAMT_BITS, token);
            return true;
        }
        up = e;
        node = hamt_child(e);
    }
    return HAMT(bucket_put)(map, up, (HamtEntry){key, value}, token);
}

/* Most changes: of nodes that are all the token's already, by the very word that the map has
 * for the key, or to a free place. */
typedef struct HAMT(Place) {
    HamtEntry *up;  /* what leads to the node, if it is not the root */
    HamtNode *node; /* NULL: it is not so */
    HamtEntry *e;   /* the entry there, or where it would be */
    uint32_t bit;
    bool free;
} HAMT(Place);
static inline __attribute__((always_inline)) HAMT(Place)
    HAMT(own_place)(const Hamt *map, uint32_t hash, uint64_t token)
{
    HAMT(Place) at = {NULL, map->root, NULL, 0, true};
    if (!at.node) return at;
    for (hash >>= HAMT(shift)(at.node);; hash >>= HAMT_BITS) {
        if (at.node->epoch != token) break;
        if (!at.node->bitmap && (at.up || hamt_is_patch(at.node))) break;
        uint32_t slot = HAMT_SLOT(hash, 0), bits = at.node->bitmap >> slot;
        at.bit = (uint32_t)1 << slot;
        at.free = !(bits & 1);
        at.e = at.node->entries + (uint64_t)hamt_popcount(bits);
        if (at.free || (--at.e)->key) return at;
        at.up = at.e;
        at.node = hamt_child(at.e);
    }
    at.node = NULL;
    return at;
}

/* Does as put; answers -1, and does nothing, where it is not so. by_word: the key is mostly
 * there by this very word, if it is there; so no other one is looked into. */
static inline __attribute__((always_inline, unused)) int HAMT(put_own)(
    Hamt *map, HamtEntry pair, uint32_t hash, uint64_t token, bool by_word)
{
    HAMT(Place) at = HAMT(own_place)(map, hash, token);
    if (!at.node) return -1;
    if (!at.free && at.e->key != pair.key && (by_word || !HAMT_KEY_EQ(at.e->key, pair.key)))
        return -1;
    if (!at.free) {
        at.e->value = pair.value;
        return 0;
    }
    uint32_t i = (uint32_t)(at.e - at.node->entries);
    HamtNode *node = hamt_node_open(at.node, i, 1, token);
    node->entries[i] = pair;
    node->bitmap |= at.bit;
    hamt_relink(map, at.up, node);
    map->count++;
    return 1;
}

/* Removes a key that is there, by this word; answers false, and does nothing, where it is not
 * so, or where a node would go with it. */
static inline __attribute__((unused)) bool HAMT(take_own)(Hamt *map, Word key, uint32_t hash,
                                                          uint64_t token)
{
    HAMT(Place) at = HAMT(own_place)(map, hash, token);
    if (!at.node || at.free || at.e->key != key) return false;
    if (at.node->count < (at.up ? 3 : 1 + !HAMT_FLAT)) return false;
    HamtNode *node = hamt_node_close(at.node, (uint32_t)(at.e - at.node->entries), 1);
    node->bitmap &= ~at.bit;
    if (!node->bitmap) hamt_emptied(node);
    hamt_relink(map, at.up, node);
    map->count--;
    return true;
}

/* Puts the pairs of the map's patch into nodes. */
HAMT_FN void HAMT(merge)(Hamt *map, uint64_t token)
{
    HamtPatch *p = hamt_patch(map);
    uint32_t count = map->count;
    map->root = p->base;
    for (uint32_t i = 0; i < p->count; i++) {
        Word key = p->keys->words[i];
        HAMT(put_in_nodes)(map, key, HAMT_KEY_HASH(key), p->values[i], token);
    }
    map->count = count;
    if (p->epoch == token) hamt_patch_free(p);
}

/* Is the next change of the map one for a patch? If it has a patch that is full or worn,
 * that is merged first. Merging must leave the order, so the base must be UNFLAT. */
HAMT_FN bool HAMT(patches)(Hamt *map, bool found, uint64_t token)
{
    const HamtNode *root = map->root;
    const HamtPatch *p = hamt_patch(map);
    if (!p)
        return root && root->epoch != token && map->count >= PATCH_BASE_MIN &&
               (!HAMT_FLAT || root->shift == HAMT_UNFLAT);
    if (hamt_patch_is_fresh(p) && (found || p->count < PATCH_MAX)) return true;
    HAMT(merge)(map, token);
    return false;
}

/* Is the root one that changes go to at once? */
HAMT_FN bool HAMT(is_plain)(const Hamt *map, uint64_t token)
{
    const HamtNode *root = map->root;
    return !root || (root->bitmap && (root->epoch == token || map->count < PATCH_BASE_MIN));
}

/* The place of a value in the map's patch, made the token's. */
HAMT_FN Word *HAMT(patch_slot)(Hamt *map, const Word *in_patch, uint64_t token)
{
    size_t i = (size_t)(in_patch - hamt_patch(map)->values);
    HamtPatch *p = hamt_patch_own(map, token);
    p->wear++;
    return &p->values[i];
}

/* The nodes' entry with the key; of a map with a patch, the base's. */
HAMT_FN const HamtEntry *HAMT(find_in_nodes)(const Hamt *map, Word key, uint32_t hash)
{
    const HamtPatch *p = hamt_patch(map);
    const HamtNode *root = p ? p->base : map->root;
    return HAMT(find_below)(root, key, hash >> HAMT(shift)(root));
}

/* Gives the map's patch a key that it has not: the nodes' word, if they have it. */
HAMT_FN Word *HAMT(patch_add)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    Word *value = hamt_patch_add(map, key, hash, HAMT_KEY_LASTING(key), token);
    hamt_patch(map)->wear++;
    return value;
}

/* Does as put, of which it answers, where the map's patch is the token's and the key the next
 * that others have written; else answers -1, and does nothing. */
HAMT_FN int HAMT(put_next)(Hamt *map, Word key, uint32_t hash, Word value, uint64_t token)
{
    HamtPatch *p = hamt_patch(map);
    if (!p || !hamt_patch_takes(p, key, token)) return -1;
    const HamtEntry *e = HAMT(find_in_nodes)(map, key, hash);
    if (e && e->key != key) return -1;
    p->values[p->count++] = value;
    p->wear++;
    mem_count_beside(sizeof(HamtEntry));
    map->count += !e;
    return !e;
}

/* Adds the pair or replaces the value; true if the key is new. */
HAMT_FN bool HAMT(put)(Hamt *map, Word key, uint32_t hash, Word value, uint64_t token)
{
    assert(key && token != EPOCH_NONE && "key 0 marks children, token 0 old nodes");
    if (HAMT(is_plain)(map, token)) return HAMT(put_in_nodes)(map, key, hash, value, token);
    const HamtPatch *p = hamt_patch(map);
    const Word *in_patch = p ? HAMT(patch_find)(p, key, hash) : NULL;
    if (!HAMT(patches)(map, in_patch, token))
        return HAMT(put_in_nodes)(map, key, hash, value, token);
    if (in_patch) {
        *HAMT(patch_slot)(map, in_patch, token) = value;
        return false;
    }
    const HamtEntry *e = HAMT(find_in_nodes)(map, key, hash);
    *HAMT(patch_add)(map, e ? e->key : key, hash, token) = value;
    map->count += !e;
    return !e;
}

/* Finds it in the nodes themselves: the map has no patch. */
HAMT_FN Word *HAMT(slot_in_nodes)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    HamtEntry *up = NULL;
    HamtNode *node = map->root;
    bool present = false;
    for (uint32_t shift = HAMT(shift)(node);; shift += HAMT_BITS) {
        if (node->epoch != token) {
            if (!present && !HAMT(find)(map, key, hash)) return NULL;
            present = true;
            node = hamt_node_copy(node, token);
            hamt_relink(map, up, node);
        }
        if (shift >= 32) {
            if (!present && !HAMT(bucket_find)(node, key)) return NULL;
            return HAMT(bucket_slot)(map, up, key, token);
        }
        HamtEntry *e = hamt_at(node, HAMT_SLOT(hash, shift));
        if (!e) return NULL;
        if (e->key) return HAMT(same)(e->key, key) ? &e->value : NULL;
        up = e;
        node = hamt_child(e);
    }
}

/* Makes this word the one by which the map has the key, which is there. */
HAMT_FN void HAMT(rekey)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    if (hamt_is_patch(map->root)) HAMT(merge)(map, token);
    Word *value = HAMT(slot_in_nodes)(map, key, hash, token);
    if (value) ((HamtEntry *)((char *)value - offsetof(HamtEntry, value)))->key = key;
}

/* The place of the value of a key that is there, to be written by the token's owner
 * before any other change of the map; NULL if the key is not there. */
HAMT_FN Word *HAMT(slot)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    if (!map->root) return NULL;
    if (HAMT(is_plain)(map, token)) return HAMT(slot_in_nodes)(map, key, hash, token);
    const HamtPatch *p = hamt_patch(map);
    const Word *in_patch = p ? HAMT(patch_find)(p, key, hash) : NULL;
    const HamtEntry *e = in_patch ? NULL : HAMT(find_in_nodes)(map, key, hash);
    if (!in_patch && !e) return NULL;
    if (!HAMT(patches)(map, in_patch, token)) return HAMT(slot_in_nodes)(map, key, hash, token);
    if (in_patch) return HAMT(patch_slot)(map, in_patch, token);
    Word before = e->value, *value = HAMT(patch_add)(map, e->key, hash, token);
    *value = before;
    return value;
}

/* The way to a pair: the entries that lead to the nodes passed, and the node and place it is
 * in.
 */
typedef struct HAMT(Way) {
    HamtEntry *ups[HAMT_DEPTH];
    HamtNode *node;
    uint32_t depth, shift, i;
} HAMT(Way);

/* Takes the pair out where the way leads, whose nodes are all owned. */
HAMT_FN void HAMT(remove_at)(Hamt *map, HAMT(Way) * w, Word key, uint32_t hash, uint64_t token)
{
    HamtNode *node = w->node;
    if (w->shift < 32) {
        node = hamt_node_close(node, w->i, 1);
        node->bitmap &= ~HAMT_BIT(hash, w->shift);
        if (node != w->node) hamt_relink(map, w->ups[w->depth], node);
    } else {
        HAMT(bucket_remove)(map, w->ups[w->depth], key, token);
        node = hamt_child(w->ups[w->depth]);
    }
    map->count--;
    while (w->depth > 0 && node->count == 1 && node->entries[0].key) {
        *w->ups[w->depth--] = node->entries[0];
        hamt_node_free(node);
        node = w->depth ? hamt_child(w->ups[w->depth]) : map->root;
    }
    if (node->count > 0) return;
#if HAMT_FLAT
    hamt_emptied(node);
#else
    hamt_node_free(node);
    map->root = NULL;
#endif
}

/* Goes down to the key. Answers false where it is not there, or where a node is not owned; then
 * the way's node is not owned, or NULL. */
HAMT_FN bool HAMT(go_down)(const Hamt *map, HAMT(Way) * w, Word key, uint32_t hash,
                           uint64_t token)
{
    HamtNode *node = map->root;
    w->ups[0] = NULL;
    w->depth = 0;
    for (w->shift = HAMT(shift)(node); w->shift < 32; w->shift += HAMT_BITS) {
        w->node = node;
        if (node->epoch != token) return false;
        HamtEntry *e = hamt_at(node, HAMT_SLOT(hash, w->shift));
        if (!e || (e->key && !HAMT(same)(e->key, key))) {
            w->node = NULL;
            return false;
        }
        w->i = (uint32_t)(e - node->entries);
        if (e->key) return true;
        w->ups[++w->depth] = e;
        node = hamt_child(e);
    }
    w->node = node;
    if (node->epoch != token) return false;
    if (HAMT(bucket_find)(node, key)) return true;
    w->node = NULL;
    return false;
}

/* Removes the key; false if it was not there. */
HAMT_FN bool HAMT(remove)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    HAMT(Way) w;
    if (!map->root) return false;
    if (!hamt_is_patch(map->root)) {
        if (HAMT(go_down)(map, &w, key, hash, token)) {
            HAMT(remove_at)(map, &w, key, hash, token);
            return true;
        }
        if (!w.node) return false;
    }
    if (!HAMT(find)(map, key, hash)) return false;
    if (hamt_is_patch(map->root)) HAMT(merge)(map, token);
    HAMT(slot_in_nodes)(map, key, hash, token); /* owns the path from here on */
    HAMT(go_down)(map, &w, key, hash, token);
    HAMT(remove_at)(map, &w, key, hash, token);
    return true;
}

/* The order of `next`: by slot from the first level on, then HAMT_KEY_ORDER. */
HAMT_FN bool HAMT(precedes)(Word a, uint32_t hash_a, Word b, uint32_t hash_b)
{
    uint32_t differing = hash_a ^ hash_b;
    if (!differing) return a != b && HAMT_KEY_ORDER(a, b) < 0;
    uint32_t shift = (uint32_t)__builtin_ctz(differing) / HAMT_BITS * HAMT_BITS;
    return HAMT_BIT(hash_a, shift) > HAMT_BIT(hash_b, shift);
}

/* The pair after the key at or below a node. */
HAMT_FN const HamtEntry *HAMT(next_in_nodes)(const HamtNode *node, Word key, uint32_t hash)
{
    if (!key) return hamt_first(node->entries);
    const HamtEntry *after = NULL; /* what follows the subtree we are in */
    for (uint32_t shift = HAMT(shift)(node);; shift += HAMT_BITS) {
        if (shift >= 32) return HAMT(bucket_next)(node, key, after);
        uint32_t bits = node->bitmap >> HAMT_SLOT(hash, shift);
        const HamtEntry *e = &node->entries[hamt_popcount(bits >> 1)];
        const HamtEntry *end = &node->entries[node->count];
        if (bits & 1 && !e->key) {
            if (e + 1 < end) after = e + 1;
            node = hamt_child(e);
            continue;
        }
        if (bits & 1 &&
            (e->key == key || !HAMT(precedes)(key, hash, e->key, HAMT_KEY_HASH(e->key))))
            e++;
        if (e == end) e = after;
        return e ? hamt_first(e) : NULL;
    }
}

HAMT_FN HamtEntry HAMT(next_patched)(const HamtPatch *p, Word key, uint32_t hash)
{
    const HamtEntry *e = HAMT(next_in_nodes)(p->base, key, hash);
    HamtEntry best = e ? *e : (HamtEntry){0, 0};
    uint32_t best_hash = e ? HAMT_KEY_HASH(best.key) : 0;
    for (uint32_t i = 0; i < p->count; i++) {
        Word other = p->keys->words[i];
        uint32_t other_hash = HAMT_KEY_HASH(other);
        if (key && !HAMT(precedes)(key, hash, other, other_hash)) continue;
        if (best.key && other != best.key &&
            !HAMT(precedes)(other, other_hash, best.key, best_hash))
            continue;
        best = (HamtEntry){other, p->values[i]};
        best_hash = other_hash;
    }
    return best;
}

/* The pair after the key, which need not be there; key 0 is before the first. Behind the last
 * is one with key 0. */
HAMT_FN HamtEntry HAMT(next)(const Hamt *map, Word key, uint32_t hash)
{
    const HamtNode *root = map->root;
    if (!root || !root->count) return (HamtEntry){0, 0};
    if (!root->bitmap) return HAMT(next_patched)((const HamtPatch *)root, key, hash);
    const HamtEntry *e = HAMT(next_in_nodes)(root, key, hash);
    return e ? *e : (HamtEntry){0, 0};
}

HAMT_FN void HAMT(diff_key)(const HAMT(Diff) * d, Word key, Word a, Word b)
{
    if (d->a || d->b) {
        uint32_t hash = HAMT_KEY_HASH(key);
        if (d->a && HAMT(patch_find)(d->a, key, hash)) return;
        if (d->b && HAMT(patch_find)(d->b, key, hash)) return;
    }
    d->fn(d->context, key, a, b);
}

/* What both sides have of a key. */
HAMT_FN void HAMT(diff_both)(const HAMT(Diff) * d, const HamtEntry *a, const HamtEntry *b)
{
    if (a->value != b->value || !HAMT_KEY_ALIKE(a->key, b->key))
        HAMT(diff_key)(d, b->key, a->value, b->value);
}

/* Reports what one side (the left, or the right) has at or below e. */
HAMT_FN void HAMT(diff_side)(const HAMT(Diff) * d, const HamtEntry *e, bool left)
{
    if (e->key) {
        HAMT(diff_key)(d, e->key, left ? e->value : 0, left ? 0 : e->value);
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
            HAMT(diff_both)(d, a, b);
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
    } else {
        HAMT(diff_both)(d, a, b);
    }
}

/* Nodes with the same slots, from the first slot on. */
HAMT_FN void HAMT(diff_alike)(const HAMT(Diff) * d, const HamtNode *a, const HamtNode *b)
{
    for (uint32_t i = a->count; i-- > 0;) {
        const HamtEntry *x = &a->entries[i], *y = &b->entries[i];
        if (x->key != y->key || x->value != y->value) HAMT(diff_entries)(d, x, y);
    }
}

HAMT_FN void HAMT(diff_nodes)(const HAMT(Diff) * d, const HamtNode *a, const HamtNode *b)
{
    if (!a->bitmap && !b->bitmap) {
        HAMT(diff_buckets)(d, a, b);
        return;
    }
    if (a->bitmap == b->bitmap) {
        HAMT(diff_alike)(d, a, b);
        return;
    }
    for (uint32_t bits = a->bitmap | b->bitmap; bits; bits &= bits - 1) {
        uint32_t slot = (uint32_t)__builtin_ctz(bits);
        HAMT(diff_entries)(d, hamt_at(a, slot), hamt_at(b, slot));
    }
}

/* What one side has at or below a node, against a root that goes by other bits; the pairs
 * of both are for the left side to report. */
HAMT_FN void HAMT(diff_apart)(const HAMT(Diff) * d, const HamtNode *node, const HamtNode *root,
                              bool left)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const HamtEntry *e = &node->entries[i], *o;
        if (!e->key) {
            HAMT(diff_apart)(d, hamt_child(e), root, left);
            continue;
        }
        o = HAMT(find_below)(root, e->key, HAMT_KEY_HASH(e->key) >> HAMT(shift)(root));
        if (!o)
            HAMT(diff_side)(d, e, left);
        else if (left)
            HAMT(diff_both)(d, e, o);
    }
}

/* The pair with the key; its key is 0 if there is none. */
HAMT_FN HamtEntry HAMT(pair)(const Hamt *map, Word key, uint32_t hash)
{
    const HamtPatch *p = hamt_patch(map);
    for (uint32_t i = 0; p && i < p->count; i++)
        if (HAMT(same)(p->keys->words[i], key))
            return (HamtEntry){p->keys->words[i], p->values[i]};
    const HamtEntry *e = map->root ? HAMT(find_in_nodes)(map, key, hash) : NULL;
    return e ? *e : (HamtEntry){0, 0};
}

/* The keys of a patch that `but` has not. */
HAMT_FN void HAMT(diff_patch)(const HAMT(Diff) * d, const Hamt *a, const Hamt *b,
                              const HamtPatch *p, const HamtPatch *but)
{
    for (uint32_t i = 0; i < p->count; i++) {
        Word key = p->keys->words[i];
        uint32_t hash = HAMT_KEY_HASH(key);
        if (but && HAMT(patch_find)(but, key, hash)) continue;
        HamtEntry x = HAMT(pair)(a, key, hash), y = HAMT(pair)(b, key, hash);
        bool alike = !x.key || !y.key || HAMT_KEY_ALIKE(x.key, y.key);
        if (x.value != y.value || !alike)
            d->fn(d->context, y.key ? y.key : x.key, x.value, y.value);
    }
}

/* Calls fn for each key whose value is not the same word on both sides, or that is not the same
 * on both where that matters; what both share costs nothing. */
HAMT_FN void HAMT(diff)(const Hamt *a, const Hamt *b, HamtDiffFn *fn, void *context)
{
    static const HamtNode empty;
    HAMT(Diff) d = {fn, context, hamt_patch(a), hamt_patch(b)};
    if (a->root == b->root) return;
    if (d.a) HAMT(diff_patch)(&d, a, b, d.a, NULL);
    if (d.b) HAMT(diff_patch)(&d, a, b, d.b, d.a);
    const HamtNode *x = d.a ? d.a->base : a->root, *y = d.b ? d.b->base : b->root;
    if (x == y) return;
    if (x && y && HAMT(shift)(x) != HAMT(shift)(y)) {
        HAMT(diff_apart)(&d, x, y, true);
        HAMT(diff_apart)(&d, y, x, false);
    } else {
        HAMT(diff_nodes)(&d, x ? x : &empty, y ? y : &empty);
    }
}

/* Invariant 6 for a root with a shift; gives the number of pairs. */
HAMT_FN uint32_t HAMT(check_shifted)(const HamtNode *root)
{
    uint32_t bits = root->bitmap, shift = HAMT(shift)(root);
    HAMT(check_room)(root);
    assert(shift <= 32 - HAMT_BITS && "the bits are the hash's");
    assert(hamt_popcount(bits) == root->count && "a bit for each entry");
    for (uint32_t i = 0; i < root->count; i++) {
        const HamtEntry *e = &root->entries[i];
        uint32_t slot = 31 - (uint32_t)__builtin_clz(bits);
        assert(e->key && "a root with a shift has no children");
        assert(HAMT_SLOT(HAMT_KEY_HASH(e->key), shift) == slot && "a pair has its slot");
        bits &= ~(1u << slot);
        (void)e, (void)shift;
    }
    return root->count;
}

/* Invariants 1 to 3 at and below a node; gives the number of pairs. */
HAMT_FN uint32_t HAMT(check_node)(const HamtNode *node, uint32_t shift, uint32_t prefix)
{
    uint32_t pairs = 0, bits = node->bitmap;
    const HamtEntry *before = NULL;
    if (shift >= 32)
        return HAMT(check_bucket)(node, prefix, 1 + bucket_height(node->entries), true,
                                  &before);
    HAMT(check_room)(node);
    assert(hamt_popcount(bits) == node->count && "a bit for each entry");
    for (uint32_t i = 0; i < node->count; i++) {
        const HamtEntry *e = &node->entries[i];
        uint32_t slot = 31 - (uint32_t)__builtin_clz(bits);
        bits &= ~(1u << slot);
        uint32_t path = prefix | slot << shift;
        uint32_t mask = shift + HAMT_BITS >= 32 ? ~0u : (1u << (shift + HAMT_BITS)) - 1;
        if (!e->key) {
            pairs += HAMT(check_node)(hamt_child(e), shift + HAMT_BITS, path);
            continue;
        }
        assert((HAMT_KEY_HASH(e->key) & mask) == path && "a pair is where its hash leads");
        (void)mask, (void)path;
        pairs++;
    }
    assert((shift == 0 || node->count > 1 || pairs > 1) && "a lone pair is pulled up");
    return pairs;
}

/* Invariant 5; gives the number of keys that the base has not. */
HAMT_FN uint32_t HAMT(check_patch)(const HamtPatch *p)
{
    uint32_t added = 0;
    const HamtKeys *keys = p->keys;
    assert(p->count && p->count <= p->capacity && p->count <= PATCH_MAX && "values fit");
    assert(p->count <= keys->count && keys->count <= keys->capacity && "each has a key");
    for (uint32_t i = p->count; i < p->capacity; i++) assert(!p->values[i] && "slack is zero");
    for (uint32_t i = 0; i < p->count; i++) {
        Word key = keys->words[i];
        uint32_t hash = HAMT_KEY_HASH(key);
        const HamtEntry *e = HAMT(find_below)(p->base, key, hash);
        assert((!e || e->key == key) && "the word of the key is the base's");
        assert(HAMT(patch_find)(p, key, hash) == &p->values[i] && "a key is there once");
        added += !e;
    }
    (void)keys;
    return added;
}

HAMT_FN void HAMT(check)(const Hamt *map)
{
    const HamtPatch *p = hamt_patch(map);
    uint32_t pairs = p ? HAMT(check_patch)(p) : 0;
    const HamtNode *root = p ? p->base : map->root;
    uint32_t shifted = root ? HAMT(shift)(root) : 0;
    assert((!p || !HAMT_FLAT || root->shift == HAMT_UNFLAT) && "a base is as it will be");
    if (root) pairs += shifted ? HAMT(check_shifted)(root) : HAMT(check_node)(root, 0, 0);
    assert((!HAMT_FLAT || !root || p || root->shift || pairs == root->count) && "children");
    assert(pairs == map->count && "the map knows its size");
    (void)pairs;
}

#undef HAMT
#undef HAMT_JOIN
#undef HAMT_JOIN2
#undef HAMT_FN
#undef HAMT_DEPTH
#undef HAMT_BIT
#undef HAMT_SLOT
#undef HAMT_FLAT
#undef HAMT_BITS
#undef HAMT_NAME
#undef HAMT_KEY_HASH
#undef HAMT_KEY_LASTING
#undef HAMT_KEY_ALIKE
#undef HAMT_KEY_EQ
#undef HAMT_KEY_ORDER
