/* SPDX-License-Identifier: MIT */
/*
 * Hamt: a persistent map from words to words, 32-way, one allocation per node.
 *
 *   node [epoch | bitmap count capacity shift | e0 e1 e2 ...  slack]
 *         bitmap 0000 0100 0000 1001: entries for slots 10, 3, 0 in this order
 *         entry  {key, value}   a pair;   {0, child}   a subtree
 *   bucket: a node with bitmap 0 below the last level, the top of a tree of pairs of one and
 *           the same hash, which is ordered by the keys: see bucket.h
 *
 *   patch [epoch | bitmap 0 count capacity wear | base | keys | value value ...]
 *         a root: the map is as the frozen node base has it but for these values
 *   keys  [epoch | filter count capacity lasting | key key key ...]
 *         in the order in which they were written; a patch has the first `count` of them
 *
 * If the root of a large map is not the token's own, the first changes go to a patch. So a fork
 * that writes ten keys of a large map, and is kept, costs these ten values and not the nodes
 * that they are in. The keys are shared: by the patches that come of one another, and by those
 * of forks that write the same keys in the same order, because a thread remembers the last keys
 * that it has made (if holding on to them does no harm: HAMT_KEY_LASTING). A patch is merged
 * into nodes when it has too many keys, when somebody writes to it again and again, or when a
 * key is removed. That it was copied often is no reason: who writes a few keys after each of
 * thousands of snapshots would have a new one at once.
 *
 * A key's slot is 5 bits of its hash per level, low bits first. Entries in slot order
 * (the highest first: one shift of the bitmap tells presence and position) make `next` a
 * descent: it needs the key only, not the key's presence.
 *
 * If the instantiation allows it, a small map is flat: its root goes by 5 bits of the hash from
 * a place where no two keys collide, its shift. The shift only grows, and only when a key is
 * added whose slot is taken. If there are HAMT_FLAT_MAX pairs already, or if no shift is left,
 * it becomes 0 for good (until the map is empty), and the map gets children. So removal leaves
 * the order as it is, and a map that was emptied is filled again by its shift. A map of up to
 * HAMT_FLAT_MAX pairs from which none was ever removed has the first shift that will do.
 *
 * Invariants (NAME_check):
 *  1. bitmap has `count` bits, except in buckets; count <= capacity; slack is zero.
 *  2. each pair's hash leads to its place.
 *  3. a node other than the root never holds just one pair: removal pulls it up, so
 *     that the shape depends on the contents and the root's shift only, but for what is in
 *     buckets. The empty map may have an empty root.
 *  4. map.count is the number of pairs.
 *  5. a patch has 1 to PATCH_MAX different keys, each of which has the bit of its hash's last
 *     5 bits in `filter`; the word of a key that the base has too is the base's. Only roots
 *     are patches, and no base is one; in maps that may be flat, bases have the shift
 *     HAMT_UNFLAT.
 *  6. flat maps: the root has children only if its shift is HAMT_UNFLAT. Other nodes have
 *     shift 0.
 *  7. keys are added at the end, by the token that is their epoch; so what a patch has of them
 *     never changes.
 *
 * Mutation: every change takes an edit token (EPOCH_NONE never). A node with the same
 * token is changed in place, any other is copied first. A token belongs to one map
 * value at a time: once the Hamt struct was copied, its owner takes a new token.
 * Nodes that a change in place replaces are freed: keep no pointer into a map across it.
 *
 * This file has what needs no keys; hamt_template.h makes the map for a kind of key.
 * Cost of find, put, slot, remove, next: O(log32 n), and O(log n) where the hashes of many
 * keys are the same; persistent changes copy the path.
 */
#ifndef MOONLET_HAMT_H
#define MOONLET_HAMT_H

#include "memory/mem.h"

#include <stdbool.h>

typedef struct HamtEntry {
    Word key, value;
} HamtEntry;

enum {
    HAMT_FLAT_MAX = 12, /* pairs for which a shift is searched */
    HAMT_UNFLAT = 32,   /* a root's shift: as 0, and no other is searched any more */
    HAMT_PATCH = 0xff,  /* where a node has its capacity */
};

typedef struct HamtNode {
    uint64_t epoch;
    uint32_t bitmap;
    uint16_t count;
    uint8_t capacity;
    uint8_t shift : 6; /* modulo 32, the first of the bits that a root goes by */
    uint8_t inner : 1; /* it is no block of its own: see hamt_copy_in */
    HamtEntry entries[];
} HamtNode;

typedef struct HamtKeys {
    uint64_t epoch;
    uint32_t filter;
    uint8_t count;
    uint8_t capacity;
    bool lasting; /* all of them: a thread may remember them */
    Word words[];
} HamtKeys;

typedef struct HamtPatch {
    uint64_t epoch;
    uint32_t bitmap; /* 0: this is no node */
    uint8_t count;
    uint8_t capacity;
    uint8_t mark; /* HAMT_PATCH */
    uint8_t wear; /* writes since the first one; a copy begins with half of them */
    HamtNode *base;
    HamtKeys *keys;
    Word values[];
} HamtPatch;

#ifdef MOONLET_DEBUG /* often, to give bugs a chance */
enum { PATCH_BASE_MIN = 1, PATCH_MAX = 6, PATCH_WEAR_MAX = 32 };
#else
enum { PATCH_BASE_MIN = 16, PATCH_MAX = 16, PATCH_WEAR_MAX = 250 };
#endif
_Static_assert(offsetof(HamtPatch, mark) == offsetof(HamtNode, capacity),
               "a root tells by one byte whether it is a patch");
_Static_assert(offsetof(HamtPatch, bitmap) == offsetof(HamtNode, bitmap),
               "a patch looks like a node without pairs");
/* PATCH_BASE_MIN: pairs of a map that is worth it; PATCH_WEAR_MAX: writes. */

typedef struct Hamt {
    HamtNode *root; /* NULL: empty */
    uint32_t count;
    union {              /* the user's; the map leaves it alone */
        uint32_t border; /* of a table's array (table/table.h) */
        uint32_t more;   /* of a state: how much of it there is (state/run.h) */
    };
} Hamt;

/* What a traversal calls for each pair; and for each difference, where 0 stands for
 * the value of a key that one side has not; a key that both have is told as b has it. */
typedef void HamtEachFn(void *context, Word key, Word value);
typedef void HamtDiffFn(void *context, Word key, Word a, Word b);

/* All pairs, those of a patch last. O(n), no allocation. */
void hamt_each(const Hamt *map, HamtEachFn *fn, void *context);

/* The nodes. O(n). */
void hamt_blocks(const Hamt *map, MemBlockFn *fn, void *context);

/* Room for a number of pairs in an empty map; a hint. */
void hamt_reserve(Hamt *map, size_t count, uint64_t token);
/* Room in an empty map for the pairs of another one, with its root's shift; a hint. */
void hamt_reserve_like(Hamt *map, const Hamt *like, uint64_t token);
/* The same for so many pairs, with this shift. */
void hamt_reserve_shift(Hamt *map, size_t count, uint8_t shift, uint64_t token);

/* The moves on one node that the template is made of.
 * Sizes a node grows through: few reallocations while small, little waste when full. */
uint32_t hamt_capacity_for(uint32_t count);
HamtNode *hamt_node_new(uint32_t capacity, uint64_t token);
HamtNode *hamt_node_copy(const HamtNode *node, uint64_t token);
/* Gap for so many more entries at index; the result replaces the node. */
HamtNode *hamt_node_open(HamtNode *node, uint32_t index, uint32_t gap, uint64_t token);
/* Takes so many entries from index on out of an owned node; the result replaces the node. */
HamtNode *hamt_node_close(HamtNode *node, uint32_t index, uint32_t gap);
void hamt_node_free(HamtNode *node);
/*
 * A small root may lie in a block of the map's user, behind the struct itself, so that the two
 * are one block. hamt_root_size tells how many bytes it takes there, or 0: not this one.
 * hamt_copy_in copies the root there and leads the map to the copy, which is the token's.
 * Whoever copies the struct to another block calls hamt_copy_in, or hamt_move_out, which gives
 * the map a root in a block of its own: else the old block would be kept. O(1).
 */
static inline size_t hamt_root_size(const Hamt *map)
{
    const HamtNode *root = map->root;
    bool fits = root && root->capacity <= HAMT_FLAT_MAX && root->count;
    return fits ? sizeof *root + root->count * sizeof root->entries[0] : 0;
}
static inline void hamt_copy_in(Hamt *map, void *place, uint64_t token)
{
    const HamtNode *root = map->root;
    HamtNode *copy = place;
    copy->epoch = token;
    copy->bitmap = root->bitmap;
    copy->count = root->count;
    copy->capacity = (uint8_t)root->count;
    copy->shift = root->shift;
    copy->inner = 1;
    memcpy(copy->entries, root->entries, root->count * sizeof root->entries[0]);
    map->root = copy;
}
void hamt_move_out(Hamt *map);
static inline bool hamt_root_is_inner(const Hamt *map)
{
    const HamtNode *root = map->root;
    return root && root->capacity != HAMT_PATCH && root->inner;
}

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

/* The node there, made the token's. */
static inline HamtNode *hamt_own(Hamt *map, HamtEntry *up, uint64_t token)
{
    HamtNode *node = up ? hamt_child(up) : map->root;
    if (node->epoch != token) hamt_relink(map, up, node = hamt_node_copy(node, token));
    return node;
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
static inline uint32_t hamt_index(const HamtNode *node, uint32_t slot)
{
    return hamt_popcount(node->bitmap >> slot >> 1);
}

/* Entries that a node has room for; and whether it has too much, with so many. */
static inline uint32_t hamt_capacity(const HamtNode *node) { return node->capacity; }
static inline bool hamt_shrinks(const HamtNode *node, uint32_t count)
{
    return node->capacity > 8 && count <= node->capacity / 4u;
}

/* The hash as a root goes by it. */
static inline uint32_t hamt_root_hash(const HamtNode *root, uint32_t hash)
{
    return hash >> (root->shift & 31);
}

/* The entry of the slot that the last bits of the hash name; NULL if it is empty. The slot's
 * bit is shifted to the sign, so that one shift does for the test and for the count. */
static inline HamtEntry *hamt_at(const HamtNode *node, uint32_t hash)
{
    uint32_t bits = node->bitmap >> (hash & 31);
    if (!(bits & 1)) return NULL;
    return (HamtEntry *)node->entries + (uint64_t)hamt_popcount(bits) - 1;
}

/* Adds a pair to a map of one node that the caller owns and has made room in, if its place is
 * behind all others and free. Else it answers false, and does nothing. */
static inline bool hamt_append(Hamt *map, HamtEntry pair, uint32_t hash)
{
    HamtNode *root = map->root;
    if (!root || root->count >= root->capacity) return false;
    uint32_t bit = (uint32_t)1 << (hamt_root_hash(root, hash) & 31);
    if (root->bitmap & (bit | (bit - 1))) return false;
    root->entries[root->count++] = pair;
    root->bitmap |= bit;
    map->count++;
    return true;
}

/* Is this root a patch? An empty root is none. */
static inline bool hamt_is_patch(const HamtNode *root)
{
    return root && root->capacity == HAMT_PATCH;
}

/* An empty root stays: sets are filled again, and then go by the same bits. */
static inline void hamt_emptied(HamtNode *root)
{
    if (root->shift == HAMT_UNFLAT) root->shift = 0;
}

static inline HamtPatch *hamt_patch(const Hamt *map)
{
    return hamt_is_patch(map->root) ? (HamtPatch *)map->root : NULL;
}
/* Writes to a patch before it is merged have been few enough. */
static inline bool hamt_patch_is_fresh(const HamtPatch *p) { return p->wear < PATCH_WEAR_MAX; }
/* Is the key the one that others have written next? Then the patch has it not. */
static inline bool hamt_patch_is_next(const HamtPatch *p, Word key)
{
    return p->count < p->keys->count && p->keys->words[p->count] == key;
}
/* Is it, and can the token put it there as things are? */
static inline bool hamt_patch_takes(const HamtPatch *p, Word key, uint64_t token)
{
    return p->epoch == token && p->count < p->capacity && hamt_patch_is_next(p, key) &&
           hamt_patch_is_fresh(p);
}
/* The map's patch, made the token's. */
HamtPatch *hamt_patch_own(Hamt *map, uint64_t token);
/* The place of the value of a key that the map's patch has not. The map gets a patch, if it has
 * none, and that becomes the token's. */
Word *hamt_patch_add(Hamt *map, Word key, uint32_t hash, bool lasting, uint64_t token);
void hamt_patch_free(HamtPatch *p);

/* The leftmost pair at or below an entry. */
const HamtEntry *hamt_first(const HamtEntry *e);

#endif
