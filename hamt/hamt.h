/* SPDX-License-Identifier: MIT */
/*
 * Hamt: a persistent map from words to words, 32-way, one allocation per node.
 *
 *   node [epoch | bitmap count capacity | e0 e1 e2 ...  slack]
 *         bitmap 0000 0100 0000 1001: entries for slots 0, 3, 10 in this order
 *         entry  {key, value}   a pair;   {0, child}   a subtree
 *   bucket: a node with bitmap 0 below the last level; pairs of one and the same hash
 *
 *   patch [epoch | bitmap 0 | count capacity | base | filter wear | pair pair ...]
 *         a root: the map is as the frozen node base has it but for these pairs
 *
 * The first changes of a large root that is not the token's own go to a patch, so that one
 * who writes ten keys of a large map and is kept costs these ten pairs and not the nodes
 * they are in. It is merged into nodes when it has got too many pairs, was written to or
 * copied often, or a key is removed.
 *
 * A key's slot is 5 bits of its hash per level, low bits first. Entries in slot order
 * make `next` a descent: it needs the key only, not the key's presence.
 *
 * Invariants (NAME_check):
 *  1. bitmap has `count` bits, except in buckets; count <= capacity; slack is zero.
 *  2. each pair's hash leads to its place; buckets are in the order of HAMT_KEY_ORDER.
 *  3. a node other than the root never holds just one pair: removal pulls it up, so
 *     that the shape depends on the contents only. The empty map may have an empty root.
 *  4. map.count is the number of pairs.
 *  5. a patch has 1 to PATCH_MAX pairs with different keys, in the order of the hash's last
 *     5 bits, each of which has its bit in `filter`; the word of a key that the base has too
 *     is the base's. Only roots are patches, and no base is one.
 *
 * Mutation: every change takes an edit token (EPOCH_NONE never). A node with the same
 * token is changed in place, any other is copied first. A token belongs to one map
 * value at a time: once the Hamt struct was copied, its owner takes a new token.
 * Nodes that a change in place replaces are freed: keep no pointer into a map across it.
 *
 * This file has what needs no keys; hamt_template.h makes the map for a kind of key.
 * Cost of find, put, slot, remove, next: O(log32 n); persistent changes copy the path.
 * A bucket has room for 65535 keys; one more ends the program.
 */
#ifndef MOONLET_HAMT_H
#define MOONLET_HAMT_H

#include "mem.h"

#include <stdbool.h>

typedef struct HamtEntry {
    Word key, value;
} HamtEntry;

typedef struct HamtNode {
    uint64_t epoch;
    uint32_t bitmap;
    uint16_t count, capacity;
    HamtEntry entries[];
} HamtNode;

typedef struct HamtPatch {
    uint64_t epoch;
    uint32_t bitmap; /* 0: this is no node */
    uint16_t count, capacity;
    HamtNode *base;
    uint32_t filter;
    uint32_t wear; /* writes since the first pair, and some for each copy */
    HamtEntry pairs[];
} HamtPatch;

#ifdef MOONLET_DEBUG /* often, to give bugs a chance */
enum { PATCH_BASE_MIN = 1, PATCH_MAX = 6, PATCH_WEAR_MAX = 32 };
#else
enum { PATCH_BASE_MIN = 16, PATCH_MAX = 16, PATCH_WEAR_MAX = 256 };
#endif
enum { PATCH_WEAR_COPY = 4 }; /* PATCH_BASE_MIN: entries of a root that is worth it */

typedef struct Hamt {
    HamtNode *root; /* NULL: empty */
    uint32_t count;
    uint32_t spare; /* the user's; the map leaves it alone */
} Hamt;

/* What a traversal calls for each pair; and for each difference, where 0 stands for
 * the value of a key that one side has not. */
typedef void HamtEachFn(void *context, Word key, Word value);
typedef void HamtDiffFn(void *context, Word key, Word a, Word b);

/* All pairs, those of a patch last. O(n), no allocation. */
void hamt_each(const Hamt *map, HamtEachFn *fn, void *context);

/* The nodes. O(n). */
void hamt_blocks(const Hamt *map, MemBlockFn *fn, void *context);

/* Room for a number of pairs in an empty map; a hint. */
void hamt_reserve(Hamt *map, size_t count, uint64_t token);

/* The moves on one node that the template is made of. */
HamtNode *hamt_node_new(uint32_t capacity, uint64_t token);
HamtNode *hamt_node_copy(const HamtNode *node, uint64_t token);
/* Gap for one more entry at index; the result replaces the node. */
HamtNode *hamt_node_open(HamtNode *node, uint32_t index, uint64_t token);
/* Takes the entry at index out of an owned node; the result replaces the node. */
HamtNode *hamt_node_close(HamtNode *node, uint32_t index);
void hamt_node_free(HamtNode *node);

static inline HamtNode *hamt_child(const HamtEntry *e)
{
    return (HamtNode *)(uintptr_t)e->value;
}

static inline Word hamt_child_word(const HamtNode *node) { return (Word)(uintptr_t)node; }

/* Puts the node where its predecessor was: in `up`, or at the root if up is NULL. */
static inline void hamt_relink(Hamt *map, HamtEntry *up, HamtNode *node)
{
    if (up)
        up->value = hamt_child_word(node);
    else
        map->root = node;
}

static inline uint32_t hamt_popcount(uint32_t x)
{
#if defined(__POPCNT__) || !defined(__x86_64__)
    return (uint32_t)__builtin_popcount(x);
#else
    x -= x >> 1 & 0x55555555u;
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return ((x + (x >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
#endif
}

/* Position of a slot's entry among a node's entries. */
static inline uint32_t hamt_index(const HamtNode *node, uint32_t bit)
{
    return hamt_popcount(node->bitmap & (bit - 1));
}

/* Is this root a patch? An empty root is none. */
static inline bool hamt_is_patch(const HamtNode *root)
{
    return root && !root->bitmap && root->count;
}
static inline HamtPatch *hamt_patch(const Hamt *map)
{
    return hamt_is_patch(map->root) ? (HamtPatch *)map->root : NULL;
}
/* A patch without pairs over the map's root; and the map's own, made the token's, with
 * room for one more pair. The result is the map's root. */
HamtPatch *hamt_patch_begin(Hamt *map, uint64_t token);
HamtPatch *hamt_patch_own(Hamt *map, uint64_t token);
void hamt_patch_free(HamtPatch *p);

/* The leftmost pair at or below an entry. */
const HamtEntry *hamt_first(const HamtEntry *e);

#endif
