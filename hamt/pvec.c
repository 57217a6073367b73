/* SPDX-License-Identifier: MIT */
/*
 * Persistent vectors; see pvec.h.
 */
#include "pvec.h"

#include <assert.h>

enum {
    FLAT_HEADER_WORDS = sizeof(PvecFlat) / sizeof(Word),
    FLAT_FIRST_WORDS = 4,      /* words of the smallest flat block, header and all */
    FLAT_DOUBLES_WORDS = 4096, /* up to here blocks grow by 2, then by 1.5 */
    FLATTEN_SHARE = 2          /* flat again when one in so many leaves is owned */
};

static uint32_t min_size(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* ---- flat ---- */

static size_t flat_bytes(uint64_t capacity)
{
    return sizeof(PvecFlat) + capacity * sizeof(Word);
}

static PvecFlat *flat_new(uint32_t capacity, uint64_t token)
{
    capacity += capacity & 1;
    size_t bytes = flat_bytes(capacity);
    PvecFlat *flat = bytes > MEM_SMALL_MAX ? mem_alloc_array(bytes) : mem_new(bytes);
    mem_count(bytes);
    flat->epoch = token;
    flat->capacity = capacity;
    return flat;
}

/* The capacity an owned vector that needs `need` words grows to. */
static uint32_t flat_grown(uint32_t need)
{
    uint64_t words = FLAT_FIRST_WORDS;
    while (words < (uint64_t)need + FLAT_HEADER_WORDS)
        words = words < FLAT_DOUBLES_WORDS ? 2 * words : words / 2 * 3;
    return (uint32_t)(words - FLAT_HEADER_WORDS);
}

/* Makes the flat vector an owned one of the given capacity. */
static PvecFlat *flat_move(Pvec *v, uint32_t capacity, uint64_t token)
{
    PvecFlat *old = v->root, *flat = flat_new(capacity, token);
    if (old) {
        memcpy(flat->words, old->words, v->size * sizeof(Word));
        if (old->epoch == token) {
            mem_uncount(flat_bytes(old->capacity));
            mem_free(old, flat_bytes(old->capacity));
        }
    }
    v->root = flat;
    return flat;
}

/* ---- trie ---- */

static uint32_t trie_shift(const Pvec *v) { return v->shape & PVEC_SHIFT; }
static uint32_t trie_owned(const Pvec *v) { return v->shape / PVEC_OWNED; }
static uint32_t slot_at(uint32_t i, uint32_t shift) { return i >> shift & PVEC_MASK; }

/* Words that a trie with this shift has room for. */
static uint64_t trie_room(uint32_t shift) { return (uint64_t)1 << (shift + PVEC_BITS); }

/* Turns a shared flat vector into a trie over it, of which nothing is made yet. */
static void trie_begin(Pvec *v, uint32_t need, uint64_t token)
{
    PvecNode *root = mem_new(sizeof(PvecNode));
    root->epoch = token;
    root->base = v->root;
    v->root = root;
    v->shape = PVEC_BITS;
    while (trie_room(v->shape) < need) v->shape += PVEC_BITS;
}

static PvecNode *node_own(PvecNode *node, uint64_t token)
{
    if (node && node->epoch == token) return node;
    PvecNode *copy = mem_new(sizeof(PvecNode));
    mem_count(sizeof(PvecNode));
    if (node) *copy = *node;
    copy->epoch = token;
    return copy;
}

static PvecNode *root_own(Pvec *v, uint64_t token)
{
    PvecNode *root = v->root;
    if (root->epoch == token) return root;
    v->shape = trie_shift(v);
    return v->root = node_own(root, token);
}

/* One more level, so that there is room above the old root. */
static void root_raise(Pvec *v, uint64_t token)
{
    PvecNode *old = v->root, *root = mem_new(sizeof(PvecNode));
    root->epoch = token;
    root->base = old->base;
    root->children[0] = old;
    v->root = root;
    v->shape = (old->epoch == token ? v->shape : trie_shift(v)) + PVEC_BITS;
}

static PvecLeaf *leaf_copy(const Pvec *v, const PvecLeaf *leaf, uint32_t start, uint64_t token)
{
    const PvecFlat *base = ((const PvecNode *)v->root)->base;
    PvecLeaf *copy = mem_new(sizeof(PvecLeaf));
    mem_count(sizeof(PvecLeaf));
    copy->epoch = token;
    if (start >= v->size) return copy;
    const Word *words = leaf ? leaf->words : base->words + start;
    memcpy(copy->words, words, min_size(PVEC_WIDTH, v->size - start) * sizeof(Word));
    return copy;
}

/* The leaf for index i, made the token's with all above it. */
static PvecLeaf *leaf_own(Pvec *v, uint32_t i, uint64_t token)
{
    PvecNode *node = root_own(v, token);
    for (uint32_t shift = trie_shift(v); shift > PVEC_BITS; shift -= PVEC_BITS) {
        void **link = &node->children[slot_at(i, shift)];
        *link = node = node_own(*link, token);
    }
    void **link = &node->children[slot_at(i, PVEC_BITS)];
    PvecLeaf *leaf = *link;
    if (leaf && leaf->epoch == token) return leaf;
    *link = leaf = leaf_copy(v, leaf, i & ~(uint32_t)PVEC_MASK, token);
    v->shape += PVEC_OWNED;
    return leaf;
}

/* Gives back what the token made at and below a node. */
static void node_free(void *p, uint32_t shift, uint64_t token)
{
    PvecNode *node = p;
    if (!node || *(uint64_t *)p != token) return;
    if (!shift) {
        mem_free(p, sizeof(PvecLeaf));
        return;
    }
    for (int k = 0; k < PVEC_WIDTH; k++) node_free(node->children[k], shift - PVEC_BITS, token);
    mem_free(node, sizeof(PvecNode));
}

/* Makes the trie a flat vector that the token owns. */
static void flatten(Pvec *v, uint32_t capacity, uint64_t token)
{
    PvecFlat *flat = flat_new(capacity, token);
    for (uint32_t i = 0, n; i < v->size; i += n) {
        const Word *words = pvec_chunk(v, i, &n);
        memcpy(flat->words + i, words, n * sizeof(Word));
    }
    node_free(v->root, trie_shift(v), token);
    v->root = flat;
    v->shape = 0;
}

/* Is enough of the trie made anew by its owner that an array would have cost the same? */
static bool worth_flattening(const Pvec *v)
{
    return (uint64_t)trie_owned(v) * PVEC_WIDTH * FLATTEN_SHARE > v->size;
}

/* After the last word of a leaf was taken off: forgets the leaf and what is above it
 * and has nothing else. */
static void trie_prune(Pvec *v, uint64_t token)
{
    uint32_t i = v->size, shift = trie_shift(v);
    PvecNode *node = root_own(v, token);
    for (; shift > PVEC_BITS && i & ((1u << shift) - 1); shift -= PVEC_BITS) {
        void **link = &node->children[slot_at(i, shift)];
        if (!*link) return;
        *link = node = node_own(*link, token);
    }
    void **link = &node->children[slot_at(i, shift)];
    void *gone = *link;
    *link = NULL;
    for (uint32_t s = shift; gone && s > PVEC_BITS; s -= PVEC_BITS) {
        void *below = ((PvecNode *)gone)->children[0];
        if (*(uint64_t *)gone == token) mem_free(gone, sizeof(PvecNode));
        gone = below;
    }
    if (gone && *(uint64_t *)gone == token) {
        mem_free(gone, sizeof(PvecLeaf));
        v->shape -= PVEC_OWNED;
    }
}

/* What index i hangs from: the leaf, or NULL if it is as in the base; *shift tells how
 * many bits of the index the missing subtree spans. */
static const PvecLeaf *trie_find(const Pvec *v, uint32_t i, uint32_t *shift)
{
    const PvecNode *node = v->root;
    for (*shift = trie_shift(v);; *shift -= PVEC_BITS) {
        const void *child = node->children[slot_at(i, *shift)];
        if (!child || *shift == PVEC_BITS) return child;
        node = child;
    }
}

/* ---- both ---- */

Word pvec_trie_get(const Pvec *v, uint32_t i)
{
    uint32_t shift;
    const PvecLeaf *leaf = trie_find(v, i, &shift);
    return leaf ? leaf->words[i & PVEC_MASK] : ((const PvecNode *)v->root)->base->words[i];
}

Word *pvec_slot_slow(Pvec *v, uint32_t i, uint64_t token)
{
    assert(i < v->size && token != EPOCH_NONE && "slots are of words that are there");
    if (!v->shape) {
        PvecFlat *flat = v->root;
        if (flat->epoch == token) return &flat->words[i];
        if (v->size <= PVEC_FLAT_MAX) return &flat_move(v, v->size, token)->words[i];
        trie_begin(v, v->size, token);
    }
    PvecLeaf *leaf = leaf_own(v, i, token);
    if (!worth_flattening(v)) return &leaf->words[i & PVEC_MASK];
    flatten(v, v->size, token);
    return &((PvecFlat *)v->root)->words[i];
}

void pvec_push_slow(Pvec *v, Word w, uint64_t token)
{
    assert(v->size < PVEC_SIZE_MAX && token != EPOCH_NONE && "vectors have at most 2^31 words");
    PvecFlat *flat = v->root;
    if (!v->shape && (!flat || flat->epoch == token || v->size < PVEC_FLAT_MAX)) {
        bool grows = !flat || flat->epoch == token;
        flat = flat_move(v, grows ? flat_grown(v->size + 1) : v->size + 1, token);
        flat->words[v->size++] = w;
        return;
    }
    if (!v->shape) trie_begin(v, v->size + 1, token);
    if (v->size == trie_room(trie_shift(v))) root_raise(v, token);
    leaf_own(v, v->size, token)->words[v->size & PVEC_MASK] = w;
    v->size++;
    if (worth_flattening(v)) flatten(v, flat_grown(v->size), token);
}

void pvec_pop_slow(Pvec *v, uint64_t token)
{
    assert(v->size > 0 && token != EPOCH_NONE && "there is a word to take off");
    uint32_t i = --v->size, shift;
    if (!v->shape) {
        PvecFlat *flat = v->root;
        if (flat->epoch == token)
            flat->words[i] = 0;
        else if (v->size == PVEC_WIDTH)
            flat_move(v, v->size, token);
        return;
    }
    PvecLeaf *leaf = (PvecLeaf *)trie_find(v, i, &shift);
    if (leaf && leaf->epoch == token) leaf->words[i & PVEC_MASK] = 0;
    if (v->size <= PVEC_WIDTH)
        flatten(v, v->size, token);
    else if (!(i & PVEC_MASK))
        trie_prune(v, token);
}

void pvec_reserve(Pvec *v, uint32_t n, uint64_t token)
{
    PvecFlat *flat = v->root;
    if (v->shape || n <= v->size) return;
    if (!flat || ((flat->epoch == token || v->size <= PVEC_FLAT_MAX) && n > flat->capacity))
        flat_move(v, n, token);
}

void pvec_append(Pvec *v, const Word *words, uint32_t n, uint64_t token)
{
    assert(n <= PVEC_SIZE_MAX - v->size && "vectors have at most 2^31 words");
    PvecFlat *flat = v->root;
    if (!v->shape && (!flat || (flat->epoch == token && v->size + n > flat->capacity)))
        flat = flat_move(v, flat ? flat_grown(v->size + n) : n, token);
    if (v->shape || flat->epoch != token) {
        for (uint32_t k = 0; k < n; k++) pvec_push(v, words[k], token);
        return;
    }
    memcpy(flat->words + v->size, words, n * sizeof(Word));
    v->size += n;
}

void pvec_truncate(Pvec *v, uint32_t n, uint64_t token)
{
    while (v->size > n) pvec_pop(v, token);
}

const Word *pvec_chunk(const Pvec *v, uint32_t i, uint32_t *count)
{
    assert(i < v->size && "a chunk has words");
    *count = v->size - i;
    if (!v->shape) return ((const PvecFlat *)v->root)->words + i;
    uint32_t shift;
    const PvecLeaf *leaf = trie_find(v, i, &shift);
    uint64_t span = (uint64_t)1 << (leaf ? PVEC_BITS : shift);
    uint64_t rest = span - (i & (span - 1));
    if (rest < *count) *count = (uint32_t)rest;
    if (leaf) return leaf->words + (i & PVEC_MASK);
    return ((const PvecNode *)v->root)->base->words + i;
}

/* ---- differences ---- */

/* One side of the comparison: a node that spans 2^level words, or NULL and the base. */
typedef struct Side {
    const void *node;
    const PvecFlat *base;
    uint32_t level, size;
} Side;

typedef struct Diff {
    PvecDiffFn *fn;
    void *context;
} Diff;

static Side side_of(const Pvec *v)
{
    if (!v->shape) return (Side){NULL, v->root, 0, v->size};
    const PvecNode *root = v->root;
    return (Side){root, root->base, trie_shift(v) + PVEC_BITS, v->size};
}

static Side side_below(Side s, uint32_t level, uint32_t k)
{
    if (s.node && s.level == level) {
        s.node = ((const PvecNode *)s.node)->children[k];
        s.level -= PVEC_BITS;
    } else if (k) {
        s.node = NULL; /* beyond the end of a lower trie */
    }
    return s;
}

static Word side_word(Side s, uint32_t i)
{
    if (i >= s.size) return 0;
    return s.node ? ((const PvecLeaf *)s.node)->words[i & PVEC_MASK] : s.base->words[i];
}

static void diff_words(const Diff *d, Side a, Side b, uint64_t i, uint64_t end)
{
    for (; i < end; i++) {
        Word x = side_word(a, (uint32_t)i), y = side_word(b, (uint32_t)i);
        if (x != y) d->fn(d->context, (uint32_t)i, x, y);
    }
}

static void diff_span(const Diff *d, Side a, Side b, uint64_t start, uint32_t level)
{
    uint64_t end = start + ((uint64_t)1 << level);
    uint32_t size = a.size > b.size ? a.size : b.size, both = min_size(a.size, b.size);
    if (end > size) end = size;
    if (start >= end) return;
    if (a.node == b.node && (a.node || a.base == b.base) && end <= both) return;
    if ((!a.node && !b.node) || level <= PVEC_BITS) {
        diff_words(d, a, b, start, end);
        return;
    }
    level -= PVEC_BITS;
    for (uint32_t k = 0; k < PVEC_WIDTH; k++)
        diff_span(d, side_below(a, level + PVEC_BITS, k), side_below(b, level + PVEC_BITS, k),
                  start + ((uint64_t)k << level), level);
}

void pvec_diff(const Pvec *a, const Pvec *b, PvecDiffFn *fn, void *context)
{
    Diff d = {fn, context};
    uint32_t size = a->size > b->size ? a->size : b->size;
    Side x = side_of(a), y = side_of(b);
    uint32_t level = x.level > y.level ? x.level : y.level;
    if (level < PVEC_BITS) level = PVEC_BITS;
    while ((uint64_t)1 << level < size) level += PVEC_BITS;
    diff_span(&d, x, y, 0, level);
}

/* ---- blocks ---- */

static void blocks_below(const void *p, uint32_t shift, MemBlockFn *fn, void *context)
{
    const PvecNode *node = p;
    if (!p) return;
    fn(context, p, shift ? sizeof(PvecNode) : sizeof(PvecLeaf));
    for (uint32_t k = 0; shift && k < PVEC_WIDTH; k++)
        blocks_below(node->children[k], shift - PVEC_BITS, fn, context);
}

void pvec_blocks(const Pvec *v, MemBlockFn *fn, void *context)
{
    const PvecFlat *flat = v->root;
    if (v->shape) {
        blocks_below(v->root, trie_shift(v), fn, context);
        flat = ((const PvecNode *)v->root)->base;
    }
    if (flat) fn(context, flat, flat_bytes(flat->capacity));
}

/* ---- invariants ---- */

static void check_words(const Word *words, uint32_t n, uint32_t capacity)
{
    for (uint32_t i = n; i < capacity; i++) assert(!words[i] && "nothing above the size");
    (void)words;
}

/* Gives the number of leaves with the root's epoch. */
static uint32_t check_node(const Pvec *v, const void *p, uint32_t shift, uint64_t start,
                           uint64_t token)
{
    const PvecNode *node = p, *root = v->root;
    uint64_t end = start + ((uint64_t)1 << shift);
    if (!p) {
        assert((start >= v->size || (root->base && root->base->capacity >= v->size) ||
                (root->base && root->base->capacity >= end)) &&
               "a missing subtree is in the base");
        return 0;
    }
    if (shift == PVEC_BITS) {
        const PvecLeaf *leaf = p;
        uint32_t n = v->size > start ? min_size(PVEC_WIDTH, v->size - (uint32_t)start) : 0;
        if (leaf->epoch == token) check_words(leaf->words, n, PVEC_WIDTH);
        return leaf->epoch == root->epoch;
    }
    uint32_t owned = 0;
    shift -= PVEC_BITS;
    for (uint32_t k = 0; k < PVEC_WIDTH; k++)
        owned += check_node(v, node->children[k], shift, start + ((uint64_t)k << shift), token);
    (void)end, (void)root;
    return owned;
}

void pvec_check(const Pvec *v, uint64_t token)
{
    assert((v->root || (!v->size && !v->shape)) && "no root: empty");
    if (!v->root) return;
    if (!v->shape) {
        const PvecFlat *flat = v->root;
        assert(v->size <= flat->capacity && "the words fit");
        if (flat->epoch == token) check_words(flat->words, v->size, (uint32_t)flat->capacity);
        return;
    }
    assert(v->size <= trie_room(trie_shift(v)) && "the trie has room");
    uint32_t owned = check_node(v, v->root, trie_shift(v) + PVEC_BITS, 0, token);
    assert(owned == trie_owned(v) && "owned leaves are counted");
    (void)owned;
}
