/* SPDX-License-Identifier: MIT */
/*
 * Pvec: a persistent vector of words.
 *
 *   flat   shape 0   root -> [epoch | capacity | w0 w1 w2 ... room]
 *   trie   shape s   root -> [epoch | base | child child 0 child ...]
 *                                      |       |     '--- 0: as in base
 *                                      |       v
 *                                      |     [epoch | base 0 | child 0 0 ...] -> leaf
 *                                      v                             [epoch|w w ... w]
 *                          a flat vector that others share
 *
 * A vector has a size that its user sets, and any word may be 0. As long as one owner builds
 * it, it is flat, a plain array, whatever its size. The first write to somebody else's flat
 * vector copies it if it is small. If it is large, the write starts a trie over it. A missing
 * child of the trie means "still as in the base", or 0 where the base does not reach. When half
 * of the leaves are the owner's, or the owner has written as often, the vector becomes flat
 * again.
 *
 * Invariants (pvec_check):
 *  1. words at and above `size` are 0 in what the last owner wrote (no stale pointers
 *     but those of frozen nodes).
 *  2. flat: size <= capacity.
 *  3. trie: base, if any, is a flat vector frozen when the trie was begun; only roots have
 *     one. Where an index below size has no leaf, what the base has there is right.
 *  4. shape: bits of index below the root's children (5 or more), and the number of
 *     leaves that the root's epoch has made, and of as many words written to these, at
 *     least; see PVEC_SHIFT.
 *
 * Mutation is by edit token as in hamt.h: same token in place, else copied. Keep no
 * pointer into a vector across a change.
 * Cost: get, set O(1) when flat, else O(log16 n); copies for a foreign token: one path of
 * small nodes.
 */
#ifndef MOONLET_PVEC_H
#define MOONLET_PVEC_H

#include "memory/mem.h"

#include <stdbool.h>

#ifndef PVEC_BITS /* children per node and words per leaf, as a power of 2 */
#ifdef MOONLET_DEBUG
#define PVEC_BITS 2 /* deep tries, to give bugs a chance */
#else
#define PVEC_BITS 4
#endif
#endif

enum {
    PVEC_WIDTH = 1 << PVEC_BITS,
    PVEC_MASK = PVEC_WIDTH - 1,
    PVEC_FLAT_MAX = PVEC_WIDTH < 16 ? 2 * PVEC_WIDTH - 2 : 64, /* copied, not shared */
    PVEC_SHIFT = 63, /* mask of the shift in `shape` */
    PVEC_OWNED = 64  /* one owned leaf in `shape` */
};
#define PVEC_SIZE_MAX ((uint32_t)1 << 31)

typedef struct Pvec {
    void *root; /* PvecFlat, PvecNode, or NULL: empty */
    uint32_t size;
    uint32_t shape; /* 0: flat; else shift + PVEC_OWNED * owned leaves */
} Pvec;

typedef struct PvecFlat {
    uint64_t epoch;
    uint32_t capacity;
    uint32_t dense; /* so many epochs more copy it at their first write: see pvec.c */
    Word words[];
} PvecFlat;

typedef struct PvecNode {
    uint64_t epoch;
    PvecFlat *base;
    void *children[PVEC_WIDTH];
} PvecNode;

typedef struct PvecLeaf {
    uint64_t epoch;
    uint64_t unused;
    Word words[PVEC_WIDTH];
} PvecLeaf;

_Static_assert(offsetof(PvecFlat, epoch) == 0 && offsetof(PvecNode, epoch) == 0 &&
                   offsetof(PvecLeaf, epoch) == 0,
               "whatever a vector is made of begins with its epoch");

/* Words that a base has. */
static inline uint32_t pvec_base_size(const PvecFlat *base)
{
    return base ? base->capacity : 0;
}

/* What index i of a trie hangs from: the leaf, or NULL if it is as in the base; *shift tells
 * how many bits of the index the missing subtree spans. */
static inline const PvecLeaf *pvec_trie_find(const Pvec *v, uint32_t i, uint32_t *shift)
{
    const PvecNode *node = v->root;
    for (*shift = v->shape & PVEC_SHIFT;; *shift -= PVEC_BITS) {
        const void *child = node->children[i >> *shift & PVEC_MASK];
        if (!child || *shift == PVEC_BITS) return child;
        node = child;
    }
}

/* Word i of a trie, for who must not make a call. */
static inline Word pvec_trie_word(const Pvec *v, uint32_t i)
{
    uint32_t shift;
    const PvecLeaf *leaf = pvec_trie_find(v, i, &shift);
    if (leaf) return leaf->words[i & PVEC_MASK];
    const PvecFlat *base = ((const PvecNode *)v->root)->base;
    return i < pvec_base_size(base) ? base->words[i] : 0;
}

Word pvec_trie_get(const Pvec *v, uint32_t i);
Word *pvec_slot_slow(Pvec *v, uint32_t i, uint64_t token);

/* i < size. */
static inline Word pvec_get(const Pvec *v, uint32_t i)
{
    if (__builtin_expect(!v->shape, 1)) return ((const PvecFlat *)v->root)->words[i];
    return pvec_trie_get(v, i);
}

#ifdef MOONLET_MUTABLE /* a plain array, for measuring: mutable.h */
#define PVEC_OWNS(v, flat, token) ((void)(token), true)
#else
#define PVEC_OWNS(v, flat, token) (!(v)->shape && (flat)->epoch == (token))
#endif

/* The place of word i < size, to be read and written by the token's owner until the
 * next change of the vector. */
static inline Word *pvec_slot(Pvec *v, uint32_t i, uint64_t token)
{
    PvecFlat *flat = v->root;
    if (PVEC_OWNS(v, flat, token)) return &flat->words[i];
    return pvec_slot_slow(v, i, token);
}

static inline void pvec_set(Pvec *v, uint32_t i, Word w, uint64_t token)
{
    *pvec_slot(v, i, token) = w;
}

/* Makes the vector n words long. The first `keep`, which it has, stay; the others become 0.
 * O(n + size) if the token owns it, if it is small, or if it is cut to less than half; else
 * O(words taken off + log n). If there is no memory for a large block, the new part is made of
 * small ones, as it is written. */
void pvec_resize(Pvec *v, uint32_t keep, uint32_t n, uint64_t token);

/* The same for a vector without words. */
void pvec_begin(Pvec *v, uint32_t n, uint64_t token);

/* The words from i on that lie side by side, and their number; i < size. */
const Word *pvec_piece(const Pvec *v, uint32_t i, uint32_t *count);

/* Calls fn for each index where the words differ; a missing word is 0. What both share
 * costs nothing. */
typedef void PvecDiffFn(void *context, uint32_t i, Word a, Word b);
void pvec_diff(const Pvec *a, const Pvec *b, PvecDiffFn *fn, void *context);

/* The blocks that it is made of. O(size / PVEC_WIDTH). */
void pvec_blocks(const Pvec *v, MemBlockFn *fn, void *context);

/* token: of the vector's owner, or EPOCH_NONE. */
void pvec_check(const Pvec *v, uint64_t token);

#endif
