/* SPDX-License-Identifier: MIT */
/*
 * The part of the map that does not depend on the kind of key; see hamt.h.
 *
 * Main invariant: a node is written in place only by the token that is its epoch. For anybody
 * else a copy of it is made, and the map is led to that.
 */
#include "hamt.h"

#include <assert.h>

uint32_t hamt_capacity_for(uint32_t count)
{
    static const uint8_t steps[] = {1, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32};
    size_t i = 0;
    assert(count <= 32 && "a node has 32 slots");
    while (steps[i] < count) i++;
    return steps[i];
}

static size_t node_size(uint32_t capacity)
{
    return sizeof(HamtNode) + capacity * sizeof(HamtEntry);
}

HamtNode *hamt_node_new(uint32_t capacity, uint64_t token)
{
    size_t size = node_size(capacity);
    HamtNode *node = mem_new(size);
    mem_count_beside(size);
    node->epoch = token;
    node->capacity = (uint8_t)capacity;
    return node;
}

void hamt_node_free(HamtNode *node)
{
    mem_uncount_beside(node_size(hamt_capacity(node)));
    if (node->inner)
        memset(node, 0, node_size(hamt_capacity(node)));
    else
        mem_free(node, node_size(hamt_capacity(node)));
}

static HamtNode *node_resize(const HamtNode *node, uint32_t capacity, uint64_t token)
{
    HamtNode *copy = hamt_node_new(capacity, token);
    copy->bitmap = node->bitmap;
    copy->count = node->count;
    copy->shift = node->shift;
    memcpy(copy->entries, node->entries, node->count * sizeof(HamtEntry));
    return copy;
}

HamtNode *hamt_node_copy(const HamtNode *node, uint64_t token)
{
    return node_resize(node, node->count, token);
}

void hamt_move_out(Hamt *map)
{
    if (hamt_root_is_inner(map)) map->root = hamt_node_copy(map->root, map->root->epoch);
}

/* A new node with the same entries and a gap at index. */
static HamtNode *copy_with_gap(const HamtNode *node, uint32_t index, uint32_t gap,
                               uint32_t capacity, uint64_t token)
{
    HamtNode *copy = hamt_node_new(capacity, token);
    copy->bitmap = node->bitmap;
    copy->count = (uint16_t)(node->count + gap);
    copy->shift = node->shift;
    memcpy(copy->entries, node->entries, index * sizeof(HamtEntry));
    memcpy(copy->entries + index + gap, node->entries + index,
           (node->count - index) * sizeof(HamtEntry));
    return copy;
}

HamtNode *hamt_node_open(HamtNode *node, uint32_t index, uint32_t gap, uint64_t token)
{
    uint32_t count = node->count + gap;
    if (node->epoch != token) return copy_with_gap(node, index, gap, count, token);
    if (count > hamt_capacity(node)) {
        HamtNode *copy = copy_with_gap(node, index, gap, hamt_capacity_for(count), token);
        hamt_node_free(node);
        return copy;
    }
    HamtEntry *e = node->entries + index;
    memmove(e + gap, e, (node->count - index) * sizeof(HamtEntry));
    node->count = (uint16_t)count;
    return node;
}

HamtNode *hamt_node_close(HamtNode *node, uint32_t index, uint32_t gap)
{
    HamtEntry *e = node->entries + index, *end = node->entries + node->count - gap;
    for (; e < end; e++) *e = e[gap];
    for (uint32_t i = 0; i < gap; i++) end[i] = (HamtEntry){0, 0};
    node->count = (uint16_t)(node->count - gap);
    if (!hamt_shrinks(node, node->count)) return node;
    HamtNode *copy = node_resize(node, hamt_capacity(node) / 2, node->epoch);
    hamt_node_free(node);
    return copy;
}

/* Patches -------------------------------------------------------------------------- */

static size_t patch_size(uint32_t capacity)
{
    return sizeof(HamtPatch) + capacity * sizeof(Word);
}

/* What a patch counts for, whether it shares its keys or not: that depends on what the thread
 * has done before. */
static size_t patch_cost(uint32_t count)
{
    return sizeof(HamtPatch) + count * sizeof(HamtEntry);
}

/* Sizes patches and keys grow through. */
static uint32_t patch_capacity_for(uint32_t count)
{
    return count <= 2 ? 2 : count <= 6 ? 6 : count <= 12 ? 12 : PATCH_MAX;
}

/* The first n of the old keys, which may be none, with room for one more. */
static HamtKeys *keys_copy(const HamtKeys *old, uint32_t n, uint64_t token)
{
    bool grows = !n || old->epoch == token;
    uint32_t capacity = grows ? patch_capacity_for(n + 1) : n + 1;
    HamtKeys *keys = mem_new(sizeof *keys + capacity * sizeof(Word));
    keys->epoch = token;
    keys->capacity = (uint8_t)capacity;
    keys->count = (uint8_t)n;
    keys->lasting = !n || old->lasting;
    if (!n) return keys;
    keys->filter = old->filter;
    memcpy(keys->words, old->words, n * sizeof(Word));
    return keys;
}

/* Keys of which the first n are the old ones, which may be none, and the next is this. */
static HamtKeys *keys_with(HamtKeys *keys, uint32_t n, Word key, uint32_t hash, bool lasting,
                           uint64_t token)
{
    if (keys && n < keys->count && keys->words[n] == key) return keys;
    bool open = keys && keys->epoch == token && n == keys->count && n < keys->capacity;
    if (!open) keys = keys_copy(keys, n, token);
    keys->words[n] = key;
    keys->filter |= 1u << (hash & 31);
    keys->count = (uint8_t)(n + 1);
    keys->lasting = keys->lasting && lasting;
    if (keys->lasting)
        mem_hint = keys;
    else if (mem_hint == keys)
        mem_hint = NULL;
    return keys;
}

/* The map gets a patch of the token's with so much room, and these keys. */
static HamtPatch *patch_renew(Hamt *map, HamtKeys *keys, uint32_t capacity, uint64_t token)
{
    HamtPatch *old = hamt_patch(map), *p = mem_new(patch_size(capacity));
    *p = (HamtPatch){.epoch = token,
                     .count = old ? old->count : 0,
                     .capacity = (uint8_t)capacity,
                     .mark = HAMT_PATCH,
                     .base = old ? old->base : map->root,
                     .keys = keys};
    bool owned = old && old->epoch == token;
    if (old) p->wear = owned ? old->wear : old->wear / 2;
    if (old) memcpy(p->values, old->values, old->count * sizeof(Word));
    mem_count_beside(patch_cost(p->count));
    if (owned) hamt_patch_free(old);
    map->root = (HamtNode *)p;
    return p;
}

HamtPatch *hamt_patch_own(Hamt *map, uint64_t token)
{
    HamtPatch *p = hamt_patch(map);
    return p->epoch == token ? p : patch_renew(map, p->keys, p->count, token);
}

Word *hamt_patch_add(Hamt *map, Word key, uint32_t hash, bool lasting, uint64_t token)
{
    HamtPatch *p = hamt_patch(map);
    uint32_t n = p ? p->count : 0;
    HamtKeys *keys = keys_with(p         ? p->keys
                               : lasting ? mem_hint
                                         : NULL,
                               n, key, hash, lasting, token);
    bool owned = p && p->epoch == token;
    if (!owned || n == p->capacity) {
        uint32_t more = owned || !p ? patch_capacity_for(n + 1) : n + 1;
        p = patch_renew(map, keys, keys->count > more ? keys->count : more, token);
    }
    p->keys = keys;
    mem_count_beside(sizeof(HamtEntry));
    return &p->values[p->count++];
}

void hamt_patch_free(HamtPatch *p)
{
    mem_uncount_beside(patch_cost(p->count));
    mem_free(p, patch_size(p->capacity));
}

void hamt_reserve(Hamt *map, size_t count, uint64_t token)
{
    if (map->root || !count) return;
    map->root = hamt_node_new(count > 32 ? 32 : (uint32_t)count, token);
    if (count > HAMT_FLAT_MAX) map->root->shift = HAMT_UNFLAT;
}

void hamt_reserve_like(Hamt *map, const Hamt *like, uint64_t token)
{
    const HamtPatch *p = hamt_patch(like);
    const HamtNode *root = p ? p->base : like->root;
    if (root) hamt_reserve_shift(map, root->count, root->shift, token);
}

void hamt_reserve_shift(Hamt *map, size_t count, uint8_t shift, uint64_t token)
{
    if (map->root || (!count && !shift)) return;
    map->root = hamt_node_new(count > 32 ? 32 : count ? (uint32_t)count : 1, token);
    map->root->shift = shift;
}

const HamtEntry *hamt_first(const HamtEntry *e)
{
    while (!e->key) e = hamt_child(e)->entries;
    return e;
}

static void each_below(const HamtNode *node, HamtEachFn *fn, void *context)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const HamtEntry *e = &node->entries[i];
        if (e->key)
            fn(context, e->key, e->value);
        else
            each_below(hamt_child(e), fn, context);
    }
}

typedef struct EachUnpatched {
    const HamtPatch *patch;
    uint64_t keys; /* bits that the words of the patch's keys have */
    HamtEachFn *fn;
    void *context;
} EachUnpatched;

static uint64_t key_bit(Word key) { return (uint64_t)1 << (key * 0x9e3779b97f4a7c15u >> 58); }

static void each_unpatched(void *context, Word key, Word value)
{
    const EachUnpatched *e = context;
    if (e->keys & key_bit(key))
        for (uint32_t i = 0; i < e->patch->count; i++)
            if (e->patch->keys->words[i] == key) return;
    e->fn(e->context, key, value);
}

void hamt_each(const Hamt *map, HamtEachFn *fn, void *context)
{
    const HamtPatch *p = hamt_patch(map);
    if (!p) {
        if (map->root) each_below(map->root, fn, context);
        return;
    }
    EachUnpatched e = {p, 0, fn, context};
    for (uint32_t i = 0; i < p->count; i++) e.keys |= key_bit(p->keys->words[i]);
    each_below(p->base, each_unpatched, &e);
    for (uint32_t i = 0; i < p->count; i++) fn(context, p->keys->words[i], p->values[i]);
}

static void blocks_below(const HamtNode *node, MemBlockFn *fn, void *context)
{
    fn(context, node, node_size(hamt_capacity(node)));
    for (uint32_t i = 0; i < node->count; i++)
        if (!node->entries[i].key) blocks_below(hamt_child(&node->entries[i]), fn, context);
}

void hamt_blocks(const Hamt *map, MemBlockFn *fn, void *context)
{
    const HamtPatch *p = hamt_patch(map);
    if (p) {
        fn(context, p, patch_size(p->capacity));
        fn(context, p->keys, sizeof *p->keys + p->keys->capacity * sizeof(Word));
    }
    if (map->root) blocks_below(p ? p->base : map->root, fn, context);
}
