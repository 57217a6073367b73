/* SPDX-License-Identifier: MIT */
/*
 * The moves on the nodes of a bucket that do not depend on the kind of key; see bucket.h.
 *
 *   split   [c x c]                 mend   [... c p c ...]         join   [... c ...]
 *              |           ->                 |   |         or                |
 *       [.... m ....]                      few   [x ...]              few p x ...
 *   -> [c x c m c]
 *           |   |                   -> [... c x c ...]
 *        [....] [....]                      |   |
 *                                       few p   [...]
 *
 * Main invariant: every move leaves all leaves equally deep and the keys in order; what it
 * writes is the token's.
 */
#include "bucket.h"

#include <assert.h>

static HamtNode *node_of(const HamtEntry *entries, uint32_t count, uint64_t token)
{
    HamtNode *node = hamt_node_new(hamt_capacity_for(count), token);
    node->count = (uint16_t)count;
    memcpy(node->entries, entries, count * sizeof *entries);
    return node;
}

static HamtEntry child_entry(const HamtNode *node)
{
    return (HamtEntry){0, hamt_child_word(node)};
}

/* Two nodes with the entries on either side of the pair in the middle. In inner nodes the
 * pairs are at odd places. */
static void halve(HamtEntry out[3], const HamtEntry *all, uint32_t count, uint64_t token)
{
    uint32_t middle = (count - 1) / 2 | 1;
    out[0] = child_entry(node_of(all, middle, token));
    out[1] = all[middle];
    out[2] = child_entry(node_of(all + middle + 1, count - middle - 1, token));
    assert(out[1].key && "a pair is between two children");
}

static void drop(HamtNode *node, uint64_t token)
{
    if (node->epoch == token) hamt_node_free(node);
}

HamtNode *bucket_raise(HamtNode *full, uint64_t token)
{
    HamtEntry three[3];
    halve(three, full->entries, full->count, token);
    drop(full, token);
    return node_of(three, 3, token);
}

HamtNode *bucket_split(HamtNode *node, uint32_t i, uint64_t token)
{
    HamtEntry three[3];
    HamtNode *full = hamt_child(&node->entries[i]);
    halve(three, full->entries, full->count, token);
    node = hamt_node_open(node, i + 1, 2, token);
    memcpy(node->entries + i, three, sizeof three);
    drop(full, token);
    return node;
}

HamtNode *bucket_mend(HamtNode *node, uint32_t i, uint64_t token)
{
    HamtEntry all[2 * BUCKET_MAX + 1], *three = &node->entries[i ? i - 2 : 0];
    HamtNode *left = hamt_child(&three[0]), *right = hamt_child(&three[2]);
    uint32_t count = left->count + 1u + right->count;
    memcpy(all, left->entries, left->count * sizeof *all);
    all[left->count] = three[1];
    memcpy(all + left->count + 1, right->entries, right->count * sizeof *all);
    if (count > BUCKET_MAX) {
        halve(three, all, count, token);
    } else {
        *three = child_entry(node_of(all, count, token));
        node = hamt_node_close(node, (uint32_t)(three + 1 - node->entries), 2);
    }
    drop(left, token);
    drop(right, token);
    return node;
}

uint32_t bucket_height(const HamtEntry *e)
{
    uint32_t height = 0;
    for (; !e->key; e = hamt_child(e)->entries) height++;
    return height;
}

void bucket_walk_begin(BucketWalk *w, const HamtNode *top)
{
    w->depth = 1;
    w->at[0] = 0;
    w->nodes[0] = top;
}

const HamtEntry *bucket_walk_entry(BucketWalk *w)
{
    for (; w->depth; w->depth--) {
        const HamtNode *node = w->nodes[w->depth - 1];
        uint32_t at = w->at[w->depth - 1];
        if (at < node->count) return &node->entries[at];
    }
    return NULL;
}

void bucket_walk_over(BucketWalk *w) { w->at[w->depth - 1]++; }

void bucket_walk_into(BucketWalk *w)
{
    const HamtEntry *e = bucket_walk_entry(w);
    bucket_walk_over(w);
    assert(w->depth < BUCKET_DEPTH && "a tree of all keys is not as deep");
    w->at[w->depth] = 0;
    w->nodes[w->depth++] = hamt_child(e);
}
