/* SPDX-License-Identifier: MIT */
/*
 * Bucket: the pairs of one hash, below the last level of a Hamt, as a B-tree.
 *
 *   leaf    [pair pair pair ...]
 *   inner   [child pair child pair ... child]
 *
 * Whoever can choose keys can choose keys of one hash. So their number must not matter: find,
 * put, slot, remove and next are O(log n), and there is no limit. A node is a HamtNode with
 * bitmap 0. Its entries are as in any node, and stand in order from left to right. So a walk
 * over the entries of a map needs not know of buckets.
 *
 * Invariants (NAME_check):
 *  1. every node has BUCKET_MIN to BUCKET_MAX entries; the topmost may have fewer, but two
 *     pairs (removal pulls up a lone one), or two children and the pair between them.
 *  2. all leaves are equally deep.
 *  3. the keys ascend, by HAMT_KEY_ORDER, from left to right.
 *
 * Mutation is by edit token, as in hamt.h. This file has what needs no keys;
 * bucket_template.h has the rest. Which pairs share a node depends on the order in which they
 * came; the order of the pairs does not.
 */
#ifndef MOONLET_BUCKET_H
#define MOONLET_BUCKET_H

#include "hamt.h"

/* BUCKET_MAX is 4k + 3: the entry in the middle of a full node is a pair, and each half has
 * BUCKET_MIN entries. BUCKET_DEPTH: nodes on a way down, with two children each. */
#ifdef MOONLET_DEBUG /* deep trees, to give bugs a chance */
enum { BUCKET_MAX = 7 };
#else
enum { BUCKET_MAX = 31 };
#endif
enum { BUCKET_MIN = BUCKET_MAX / 2, BUCKET_DEPTH = 34 };

static inline bool bucket_is_leaf(const HamtNode *node) { return node->entries[0].key != 0; }

/* An inner node above two halves of a full one, which it replaces. */
HamtNode *bucket_raise(HamtNode *full, uint64_t token);
/* Halves the full child at index i of a node that is not full; the result replaces the node,
 * and is the token's. */
HamtNode *bucket_split(HamtNode *node, uint32_t i, uint64_t token);
/* The child at index i of an owned node has too few entries: joins it with one beside it, or
 * gives it some of that one's. The result replaces the node. */
HamtNode *bucket_mend(HamtNode *node, uint32_t i, uint64_t token);

/* Levels of nodes below an entry. */
uint32_t bucket_height(const HamtEntry *e);

/* A walk over the entries from left to right. */
typedef struct BucketWalk {
    uint32_t depth;
    uint32_t at[BUCKET_DEPTH];
    const HamtNode *nodes[BUCKET_DEPTH];
} BucketWalk;

void bucket_walk_begin(BucketWalk *w, const HamtNode *top);
/* The entry where it is: a pair or a child; NULL at the end. */
const HamtEntry *bucket_walk_entry(BucketWalk *w);
/* Moves on over that entry and what is below it; or down into the child that the entry is. */
void bucket_walk_over(BucketWalk *w);
void bucket_walk_into(BucketWalk *w);

#endif
