/* SPDX-License-Identifier: MIT */
/*
 * The functions on buckets (bucket.h) that need keys: a part of hamt_template.h, which alone
 * includes it, once per kind of key.
 */
#ifdef HAMT_FN

/* Position of the first pair of a node that does not precede the key; the end, if there is
 * none. In an inner node, the child where the key belongs is the entry before. */
HAMT_FN uint32_t HAMT(bucket_index)(const HamtNode *node, Word key)
{
    bool inner = !bucket_is_leaf(node);
    uint32_t low = 0, high = inner ? node->count / 2u : node->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (HAMT_KEY_ORDER(node->entries[inner ? 2 * middle + 1 : middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return inner ? 2 * low + 1 : low;
}

static inline bool HAMT(bucket_is_at)(const HamtNode *node, uint32_t i, Word key)
{
    return i < node->count && HAMT(same)(node->entries[i].key, key);
}

HAMT_FN const HamtEntry *HAMT(bucket_find)(const HamtNode *node, Word key)
{
    for (;;) {
        uint32_t i = HAMT(bucket_index)(node, key);
        if (HAMT(bucket_is_at)(node, i, key)) return &node->entries[i];
        if (bucket_is_leaf(node)) return NULL;
        node = hamt_child(&node->entries[i - 1]);
    }
}

/* The place of the value of a key that is there. */
HAMT_FN Word *HAMT(bucket_slot)(Hamt *map, HamtEntry *up, Word key, uint64_t token)
{
    for (;;) {
        HamtNode *node = hamt_own(map, up, token);
        uint32_t i = HAMT(bucket_index)(node, key);
        if (HAMT(bucket_is_at)(node, i, key)) return &node->entries[i].value;
        up = &node->entries[i - 1];
    }
}

/* Adds a pair whose key is not there, below `up`. Full nodes are split on the way down, so
 * that there is always room for another child. */
HAMT_FN void HAMT(bucket_add)(Hamt *map, HamtEntry *up, HamtEntry pair, uint64_t token)
{
    if (hamt_child(up)->count == BUCKET_MAX)
        hamt_relink(map, up, bucket_raise(hamt_child(up), token));
    for (;;) {
        HamtNode *node = hamt_child(up);
        uint32_t i = HAMT(bucket_index)(node, pair.key);
        if (bucket_is_leaf(node)) {
            node = hamt_node_open(node, i, 1, token);
            node->entries[i] = pair;
            hamt_relink(map, up, node);
            return;
        }
        if (hamt_child(&node->entries[i - 1])->count == BUCKET_MAX)
            hamt_relink(map, up, bucket_split(node, i - 1, token));
        else
            up = &hamt_own(map, up, token)->entries[i - 1];
    }
}

HAMT_FN bool HAMT(bucket_put)(Hamt *map, HamtEntry *up, HamtEntry pair, uint64_t token)
{
    if (HAMT(bucket_find)(hamt_child(up), pair.key)) {
        *HAMT(bucket_slot)(map, up, pair.key, token) = pair.value;
        return false;
    }
    HAMT(bucket_add)(map, up, pair, token);
    map->count++;
    return true;
}

/* Removes the pair of a key that is there. One in an inner node is replaced by the one before
 * it, which is a leaf's; what then has too few entries is mended from below. */
HAMT_FN void HAMT(bucket_remove)(Hamt *map, HamtEntry *up, Word key, uint64_t token)
{
    HamtEntry *ups[BUCKET_DEPTH], *place = NULL;
    uint32_t depth = 0, i;
    HamtNode *node;
    for (;; up = &node->entries[i - 1]) {
        ups[depth] = up;
        node = hamt_own(map, up, token);
        i = place ? node->count : HAMT(bucket_index)(node, key);
        if (!place && HAMT(bucket_is_at)(node, i, key)) place = &node->entries[i];
        if (bucket_is_leaf(node)) break;
        depth++;
    }
    if (place != &node->entries[i]) *place = node->entries[--i];
    node = hamt_node_close(node, i, 1);
    hamt_relink(map, ups[depth], node);
    for (; depth > 0 && node->count < BUCKET_MIN; depth--) {
        HamtNode *above = hamt_child(ups[depth - 1]);
        node = bucket_mend(above, (uint32_t)(ups[depth] - above->entries), token);
        hamt_relink(map, ups[depth - 1], node);
    }
    if (depth || node->count > 1 || bucket_is_leaf(node)) return;
    hamt_relink(map, ups[0], hamt_child(&node->entries[0]));
    hamt_node_free(node);
}

/* The first pair behind the key, which need not be there; what follows the bucket is after. */
HAMT_FN const HamtEntry *HAMT(bucket_next)(const HamtNode *node, Word key,
                                           const HamtEntry *after)
{
    for (;;) {
        uint32_t i = HAMT(bucket_index)(node, key);
        bool met = HAMT(bucket_is_at)(node, i, key);
        i += met;
        if (i < node->count) after = &node->entries[i];
        if (met || bucket_is_leaf(node)) return after ? hamt_first(after) : NULL;
        node = hamt_child(&node->entries[i - 1]);
    }
}

HAMT_FN void HAMT(diff_entries)(const HAMT(Diff) * d, const HamtEntry *a, const HamtEntry *b);

/* Both in order, side by side; of children, which may be of different sizes, the higher first,
 * so that those which both share come to stand side by side, too. */
HAMT_FN void HAMT(diff_buckets)(const HAMT(Diff) * d, const HamtNode *a, const HamtNode *b)
{
    BucketWalk v, w;
    bucket_walk_begin(&v, a);
    bucket_walk_begin(&w, b);
    for (;;) {
        const HamtEntry *x = bucket_walk_entry(&v), *y = bucket_walk_entry(&w);
        if (!x && !y) return;
        uint32_t x_height = x ? bucket_height(x) : 0, y_height = y ? bucket_height(y) : 0;
        if (x_height && x_height == y_height && x->value == y->value) {
            bucket_walk_over(&v);
            bucket_walk_over(&w);
        } else if (x_height || y_height) {
            if (x_height >= y_height) bucket_walk_into(&v);
            if (y_height >= x_height) bucket_walk_into(&w);
        } else {
            int order = !x ? 1 : !y ? -1 : HAMT_KEY_ORDER(x->key, y->key);
            HAMT(diff_entries)(d, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
            if (order <= 0) bucket_walk_over(&v);
            if (order >= 0) bucket_walk_over(&w);
        }
    }
}

/* The invariants of bucket.h at and below a node that is so high, where the last pair met was
 * before; gives the number of pairs. */
HAMT_FN uint32_t HAMT(check_bucket)(const HamtNode *node, uint32_t hash, uint32_t height,
                                    bool top, const HamtEntry **before)
{
    uint32_t pairs = 0;
    HAMT(check_room)(node);
    assert(!node->bitmap && "a bucket is not gone through by slots");
    assert(node->count <= BUCKET_MAX && "a node is not too large");
    assert(node->count >= (top ? height > 1 ? 3 : 2 : BUCKET_MIN) && "nor too small");
    for (uint32_t i = 0; i < node->count; i++) {
        const HamtEntry *e = &node->entries[i];
        assert(bucket_height(e) == (height > 1 && i % 2 == 0 ? height - 1 : 0) &&
               "children and pairs take turns, and leaves are equally deep");
        if (!e->key) {
            pairs += HAMT(check_bucket)(hamt_child(e), hash, height - 1, false, before);
            continue;
        }
        assert(HAMT_KEY_HASH(e->key) == hash && "a pair is where its hash leads");
        assert((!*before || HAMT_KEY_ORDER((*before)->key, e->key) < 0) && "in order");
        *before = e;
        pairs++;
    }
    assert((height == 1 || node->count % 2) && "the last is a child, too");
    (void)hash, (void)top;
    return pairs;
}

#endif
