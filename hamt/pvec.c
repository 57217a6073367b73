/* SPDX-License-Identifier: MIT */
/*
 * Persistent vectors; see pvec.h.
 *
 * Main invariant: a block is written only by the token that is its epoch, and what a trie does
 * not have is as it is in the base.
 */
#include "pvec.h"

#include <assert.h>

enum {
    FLATTEN_SHARE = 2,  /* flat again when one in so many leaves is owned */
    DENSE_EPOCHS = 7,   /* An array of which one epoch has written so much is copied at once */
    DENSE_MAX = 1 << 15 /* by so many that follow, if it has no more words than that. */
};

static uint32_t min_size(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* ---- flat ---- */

static size_t flat_bytes(uint64_t capacity)
{
    return sizeof(PvecFlat) + capacity * sizeof(Word);
}

/* Answers NULL where a large one cannot be had. From 256 KB on it is not zeroed. */
static PvecFlat *flat_new(uint32_t capacity, uint64_t token)
{
    capacity += capacity & 1;
    size_t bytes = flat_bytes(capacity);
    PvecFlat *flat = bytes > MEM_SMALL_MAX ? mem_try_alloc_array(bytes) : mem_new(bytes);
    if (!flat) return NULL;
    mem_count_beside(bytes);
    flat->epoch = token;
    flat->capacity = capacity;
    flat->dense = 0;
    return flat;
}

static uint32_t trie_shift(const Pvec *v) { return v->shape & PVEC_SHIFT; }
static uint32_t trie_owned(const Pvec *v) { return v->shape / PVEC_OWNED; }
static uint32_t slot_at(uint32_t i, uint32_t shift) { return i >> shift & PVEC_MASK; }

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

static void flat_free(PvecFlat *flat)
{
    mem_uncount_beside(flat_bytes(flat->capacity));
    mem_free(flat, flat_bytes(flat->capacity));
}

/* Gives back what the token made. */
static void vec_free(Pvec *v, uint64_t token)
{
    PvecFlat *flat = v->root;
    if (v->shape) {
        node_free(v->root, trie_shift(v), token);
    } else if (flat && flat->epoch == token) {
        flat_free(flat);
    }
}

enum { LOOK_WORDS = MEM_LONG / sizeof(Word) }; /* see mem_is_wanted */

/* Copies the first words to a new array. Answers false if nobody wants it any more. */
static bool copy_words(Word *to, const Pvec *v, uint32_t keep)
{
    for (uint32_t i = 0, count; i < keep; i += count) {
        const Word *words = pvec_piece(v, i, &count);
        count = min_size(min_size(count, keep - i), LOOK_WORDS - i % LOOK_WORDS);
        memcpy(to + i, words, count * sizeof(Word));
        if ((i + count) % LOOK_WORDS == 0 && !mem_is_wanted()) return false;
    }
    return true;
}

static bool clear_words(Word *to, uint32_t from, uint32_t end)
{
    for (uint32_t i = from, count; i < end; i += count) {
        count = min_size(end - i, LOOK_WORDS - i % LOOK_WORDS);
        memset(to + i, 0, count * sizeof(Word));
        if ((i + count) % LOOK_WORDS == 0 && !mem_is_wanted()) return false;
    }
    return true;
}

static bool fill(PvecFlat *flat, const Pvec *v, uint32_t keep)
{
    bool clear = flat_bytes(flat->capacity) <= MEM_SURE_MAX;
    return copy_words(flat->words, v, keep) &&
           (clear || clear_words(flat->words, keep, (uint32_t)flat->capacity));
}

/* Makes the vector a flat one of n words that the token owns, of which the first `keep` are
 * as they were. Answers false where there is no memory for a large one, or it is not wanted any
 * more, and it stays as it is. */
static bool flat_copy(Pvec *v, uint32_t keep, uint32_t n, uint64_t token)
{
    if (keep >= LOOK_WORDS && !mem_is_wanted()) return false; /* not a part of it each time */
    PvecFlat *flat = flat_new(n, token);
    if (!flat) return false;
    if (!fill(flat, v, keep)) {
        flat_free(flat);
        return false;
    }
    vec_free(v, token);
    *v = (Pvec){flat, n, 0};
    return true;
}

/* false as above. */
static bool flat_resize(Pvec *v, uint32_t keep, uint32_t n, uint64_t token)
{
    PvecFlat *flat = v->root;
    bool fits = flat && PVEC_OWNS(v, flat, token) && n <= flat->capacity;
    if (!fits || n < flat->capacity / 2) {
        bool copied = flat_copy(v, keep, n, token);
        if (copied || !fits) return copied;
    }
    if (v->size > keep) memset(flat->words + keep, 0, (v->size - keep) * sizeof(Word));
    v->size = n;
    return true;
}

/* ---- trie ---- */

/* Words that a trie with this shift has room for. */
static uint64_t trie_room(uint32_t shift) { return (uint64_t)1 << (shift + PVEC_BITS); }

/* Turns a flat vector that is shared, or cannot grow, into a trie over it, of which nothing
 * is made yet. */
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
    mem_count_beside(sizeof(PvecNode));
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
    mem_count_beside(sizeof(PvecLeaf));
    copy->epoch = token;
    uint32_t end = leaf ? v->size : min_size(v->size, pvec_base_size(base));
    if (start >= end) return copy;
    const Word *words = leaf ? leaf->words : base->words + start;
    memcpy(copy->words, words, min_size(PVEC_WIDTH, end - start) * sizeof(Word));
    return copy;
}

/* Is enough of the trie made anew by its owner, or has he written to it so often, that an array
 * would have cost the same? */
static bool worth_flattening(const Pvec *v)
{
    return (uint64_t)trie_owned(v) * PVEC_WIDTH * FLATTEN_SHARE > v->size;
}

/* A write to a leaf that is owned already counts as a word of a leaf: one place in each leaf
 * tells for all. */
static void note_write(Pvec *v, uint32_t i)
{
    if ((i & PVEC_MASK) == 0 && !worth_flattening(v)) v->shape += PVEC_OWNED;
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
    if (leaf && leaf->epoch == token) {
        note_write(v, i);
        return leaf;
    }
    *link = leaf = leaf_copy(v, leaf, i & ~(uint32_t)PVEC_MASK, token);
    v->shape += PVEC_OWNED;
    return leaf;
}

/* ---- both ---- */

Word pvec_trie_get(const Pvec *v, uint32_t i) { return pvec_trie_word(v, i); }

Word *pvec_slot_slow(Pvec *v, uint32_t i, uint64_t token)
{
    assert(i < v->size && token != EPOCH_NONE && "slots are of words that are there");
    if (!v->shape) {
        PvecFlat *flat = v->root;
        if (flat->epoch == token) return &flat->words[i];
        if (v->size <= PVEC_FLAT_MAX || flat->dense) {
            uint32_t dense = flat->dense;
            if (flat_copy(v, v->size, v->size, token)) {
                PvecFlat *copy = v->root;
                copy->dense = dense ? dense - 1 : 0;
                return &copy->words[i];
            }
        }
        trie_begin(v, v->size, token);
    }
    PvecLeaf *leaf = leaf_own(v, i, token);
    if (!worth_flattening(v) || !flat_copy(v, v->size, v->size, token))
        return &leaf->words[i & PVEC_MASK];
    PvecFlat *flat = v->root;
    flat->dense = v->size <= DENSE_MAX ? DENSE_EPOCHS : 0;
    return &flat->words[i];
}

/* Lets the trie have n words, of which the first `keep` are as they were: what leaves or the
 * base have above these is written over with zeros. */
static void trie_resize(Pvec *v, uint32_t keep, uint32_t n, uint64_t token)
{
    uint32_t stale = v->size;
    if (!v->shape) trie_begin(v, n > stale ? n : stale, token);
    root_own(v, token);
    while (trie_room(trie_shift(v)) < n) root_raise(v, token);
    uint32_t base = min_size(pvec_base_size(((PvecNode *)v->root)->base), n);
    if (base > stale) stale = base;
    v->size = keep; /* leaves are copied up to here */
    for (uint32_t i = keep; i < stale; i = (i | PVEC_MASK) + 1) {
        uint32_t at = i & PVEC_MASK;
        memset(leaf_own(v, i, token)->words + at, 0, (PVEC_WIDTH - at) * sizeof(Word));
    }
    v->size = n;
    if (worth_flattening(v)) flat_copy(v, n, n, token);
}

void pvec_resize(Pvec *v, uint32_t keep, uint32_t n, uint64_t token)
{
    assert(keep <= v->size && keep <= n && n <= PVEC_SIZE_MAX && token != EPOCH_NONE &&
           "what is kept is there");
    const PvecFlat *flat = v->root;
    if (!n) {
        vec_free(v, token);
        *v = (Pvec){NULL, 0, 0};
        return;
    }
    bool flatly = !flat || (!v->shape && PVEC_OWNS(v, flat, token)) || keep <= PVEC_FLAT_MAX ||
                  v->size - keep > keep;
    if (flatly && flat_resize(v, keep, n, token)) return;
    if (keep < v->size || n > keep) trie_resize(v, keep, n, token);
}

void pvec_begin(Pvec *v, uint32_t n, uint64_t token)
{
    assert(!v->root && n && n <= PVEC_SIZE_MAX && token != EPOCH_NONE && "it has no words yet");
    if (flat_bytes(n + (n & 1)) <= MEM_SMALL_MAX)
        *v = (Pvec){flat_new(n, token), n, 0};
    else if (!flat_copy(v, 0, n, token))
        pvec_resize(v, 0, n, token);
}

static const Word zeros[PVEC_WIDTH];

const Word *pvec_piece(const Pvec *v, uint32_t i, uint32_t *count)
{
    assert(i < v->size && "a piece has words");
    *count = v->size - i;
    if (!v->shape) return ((const PvecFlat *)v->root)->words + i;
    uint32_t shift;
    const PvecLeaf *leaf = pvec_trie_find(v, i, &shift);
    const PvecFlat *base = ((const PvecNode *)v->root)->base;
    bool in_base = !leaf && i < pvec_base_size(base);
    uint64_t span = (uint64_t)1 << (in_base ? shift : PVEC_BITS);
    uint64_t rest = span - (i & (span - 1));
    if (in_base && rest > pvec_base_size(base) - i) rest = pvec_base_size(base) - i;
    if (rest < *count) *count = (uint32_t)rest;
    if (in_base) return base->words + i;
    return (leaf ? leaf->words : zeros) + (i & PVEC_MASK);
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
    if (s.node) return ((const PvecLeaf *)s.node)->words[i & PVEC_MASK];
    return i < pvec_base_size(s.base) ? s.base->words[i] : 0;
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
    if (a->root == b->root && a->size == b->size) return;
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
    if (!p) return 0;
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
    assert(owned <= trie_owned(v) && "owned leaves are counted");
    (void)owned;
}
