/* SPDX-License-Identifier: MIT */
/*
 * The table of interned strings; see string.h.
 *
 *   16 shards, each with its lock and 16 trees, which 8 bits of a hash tell, from the top
 *   tree  [root | parts | turn]   parts: 16 trees by 4 more bits, once there are many entries
 *   Entry [weak pointer to the string | constant | left | right | hash | size]
 *
 * A tree is ordered by hash, then length, then bytes, and balanced by weight, so that it does
 * not matter which strings a program is made of: a look takes O(log n), and so does an
 * addition, whatever was there before; usually a tree has few entries. A constant, which stays
 * for good, has a plain pointer instead of the weak one, which costs much more.
 *
 * Invariants:
 *  1. size is the number of entries at and below one; with their sizes plus 1 as weights, no
 *     child weighs more than BALANCE times as much as the other.
 *  2. an entry whose string is gone cannot be compared with, but by hash: it is taken out when
 *     one is met, and each addition looks whether two others of its tree, in turn, are such.
 *  3. nothing is allocated under a lock, but a shard's trees, once, and what is done under one
 *     takes O(log n).
 */
#include "value/string.h"

#include "memory/mem.h"

#include <assert.h>
#include <pthread.h>

enum {
    SHARDS = 16,
    TREES = 16, /* of a shard, and parts of a tree, for HASH_BITS more of the hash */
    HASH_BITS = 4,
    SPLIT = 8,    /* entries of a tree that becomes parts */
    BALANCE = 3,  /* with a rotation twice if the inner grandchild weighs TWICE the outer */
    TWICE = 2,    /* or more: Hirai and Yamamoto have proved that this pair will do */
    WAY_MAX = 80, /* log(2^32) / log(4/3), the height of a tree with all hashes, and some */
    LOOKS = 2
};

typedef struct Entry {
    uintptr_t weak; /* unless it is a constant */
    String *constant;
    struct Entry *left, *right;
    uint32_t hash, size;
} Entry;

typedef struct Tree {
    Entry *root;
    struct Tree *parts; /* then root is NULL */
    uint32_t turn;      /* which entry is next to be looked at */
} Tree;

typedef struct Shard {
    pthread_mutex_t lock;
    Tree *trees; /* a root */
} Shard;

/* The links from the root to the last one, which is empty or to an entry of interest. */
typedef struct Way {
    Entry **links[WAY_MAX];
    int length;
} Way;

typedef struct Wanted {
    const char *bytes;
    size_t length;
    uint32_t hash;
} Wanted;

static Shard shards[SHARDS] = {
#define SHARD                           \
    {                                   \
        PTHREAD_MUTEX_INITIALIZER, NULL \
    }
    SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD,
    SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD,
#undef SHARD
};

/* Entries -------------------------------------------------------------------------- */

/* Answers NULL where it is gone. */
static String *entry_string(const Entry *e)
{
    return e->constant ? e->constant : mem_weak_get(&e->weak);
}

/* An entry with a new string, which the caller must hold. */
static Entry *entry_new(const Wanted *w, bool constant, String **string)
{
    int64_t *meter = mem_meter;
    mem_meter = NULL;
    String *s = *string = string_new(w->bytes, w->length);
    mem_meter = meter;
    if (!s) return NULL;
    mem_uncount(sizeof(String) + w->length); /* it may have been there */
    s->h.flags = STRING_INTERNED;
    s->h.id_low = w->hash;
    Entry *e = mem_new(sizeof(Entry));
    e->hash = w->hash;
    e->size = 1;
    if (constant)
        e->constant = s;
    else
        mem_weak_set(&e->weak, s);
    return e;
}

/* Balance -------------------------------------------------------------------------- */

static uint32_t size_of(const Entry *e) { return e ? e->size : 0; }
static uint64_t weight(const Entry *e) { return (uint64_t)size_of(e) + 1; }
static void resize(Entry *e) { e->size = size_of(e->left) + size_of(e->right) + 1; }

static Entry *rotate_left(Entry *e)
{
    Entry *top = e->right;
    e->right = top->left;
    top->left = e;
    resize(e);
    resize(top);
    return top;
}

static Entry *rotate_right(Entry *e)
{
    Entry *top = e->left;
    e->left = top->right;
    top->right = e;
    resize(e);
    resize(top);
    return top;
}

/* What goes where e was, when there is one entry more or less below one side of it. */
static Entry *balanced(Entry *e)
{
    Entry *l = e->left, *r = e->right;
    if (weight(r) > BALANCE * weight(l)) {
        if (weight(r->left) >= TWICE * weight(r->right)) e->right = rotate_right(r);
        return rotate_left(e);
    }
    if (weight(l) > BALANCE * weight(r)) {
        if (weight(l->right) >= TWICE * weight(l->left)) e->left = rotate_left(l);
        return rotate_right(e);
    }
    resize(e);
    return e;
}

/* Takes the first entry, or the last one, out of a tree; gives what is left. */
static Entry *take_first(Entry *e, Entry **first)
{
    if (!e->left) {
        *first = e;
        return e->right;
    }
    e->left = take_first(e->left, first);
    return balanced(e);
}

static Entry *take_last(Entry *e, Entry **last)
{
    if (!e->right) {
        *last = e;
        return e->left;
    }
    e->right = take_last(e->right, last);
    return balanced(e);
}

/* Ways ----------------------------------------------------------------------------- */

static void way_add(Way *way, Entry **link)
{
    assert(way->length < WAY_MAX && "the trees are balanced");
    way->links[way->length++] = link;
}

static Entry **way_end(const Way *way) { return way->links[way->length - 1]; }

static int order(const Wanted *w, const String *s)
{
    if (w->length != s->length) return w->length < s->length ? -1 : 1;
    return w->length ? memcmp(w->bytes, s->data, w->length) : 0;
}

/* The way leads to the string wanted, which is the result; to an entry met whose string is
 * gone; or to where the string belongs. */
static String *way_to(Way *way, Tree *t, const Wanted *w)
{
    Entry **link = &t->root;
    for (way->length = 0;;) {
        Entry *e = *link;
        int side;
        way_add(way, link);
        if (!e) return NULL;
        if (w->hash == e->hash) {
            String *s = entry_string(e);
            side = s ? order(w, s) : 0;
            if (!side) return s;
        } else {
            side = w->hash < e->hash ? -1 : 1;
        }
        link = side < 0 ? &e->left : &e->right;
    }
}

static void way_to_number(Way *way, Tree *t, uint32_t number)
{
    Entry **link = &t->root;
    for (way->length = 0;;) {
        Entry *e = *link;
        uint32_t before = size_of(e->left);
        way_add(way, link);
        if (number == before) return;
        link = number < before ? &e->left : &e->right;
        if (number > before) number -= before + 1;
    }
}

/* Rebalances from the last link up. */
static void rebalance(const Way *way)
{
    for (int i = way->length - 2; i >= 0; i--) *way->links[i] = balanced(*way->links[i]);
}

static void remove_at(const Way *way)
{
    Entry *gone = *way_end(way), *l = gone->left, *r = gone->right, *heir = l ? l : r;
    if (l && r) {
        if (l->size > r->size)
            l = take_last(l, &heir);
        else
            r = take_first(r, &heir);
        heir->left = l;
        heir->right = r;
        heir = balanced(heir);
    }
    *way_end(way) = heir;
    rebalance(way);
}

/* Trees ---------------------------------------------------------------------------- */

/* The string, or NULL; without entries in the way whose string is gone. */
static String *tree_find(Tree *t, const Wanted *w, bool constant, Way *way)
{
    for (;;) {
        String *s = way_to(way, t, w);
        Entry *e = *way_end(way);
        if (s && constant) e->constant = s;
        if (s || !e) return s;
        remove_at(way);
    }
}

static void tree_look_round(Tree *t)
{
    for (int i = 0; i < LOOKS && t->root; i++) {
        Way way;
        way_to_number(&way, t, (uint32_t)(t->turn % t->root->size));
        if (entry_string(*way_end(&way)))
            t->turn++;
        else
            remove_at(&way);
    }
}

/* Adds an entry, unless another thread was faster and the string is there. */
static String *tree_add(Tree *t, const Wanted *w, bool constant, Entry *e)
{
    Way way;
    tree_look_round(t);
    String *s = tree_find(t, w, constant, &way);
    if (s) return s;
    *way_end(&way) = e;
    rebalance(&way);
    return NULL;
}

/* The tree that has a hash's strings, and at which of the hash's bits it is. */
static Tree *tree_of(const Shard *shard, uint32_t hash, uint32_t *bit)
{
    *bit = 24;
    Tree *t = &shard->trees[hash >> *bit & (TREES - 1)];
    while (t->parts) t = &t->parts[hash >> (*bit -= HASH_BITS) & (TREES - 1)];
    return t;
}

static bool tree_is_large(const Tree *t, uint32_t bit)
{
    return bit > 0 && t->root && t->root->size >= SPLIT;
}

/* Moves what is at and below an entry to the parts. */
static void tree_move(Entry *e, Tree *parts, uint32_t bit)
{
    if (!e) return;
    const String *s = entry_string(e);
    tree_move(e->left, parts, bit);
    tree_move(e->right, parts, bit);
    if (!s) return;
    Wanted w = {s->data, s->length, e->hash};
    Way way;
    e->left = e->right = NULL;
    e->size = 1;
    tree_find(&parts[e->hash >> bit & (TREES - 1)], &w, false, &way);
    *way_end(&way) = e;
    rebalance(&way);
}

static void tree_split(Tree *t, Tree *parts, uint32_t bit)
{
    tree_move(t->root, parts, bit - HASH_BITS);
    *t = (Tree){.parts = parts};
}

/* The process's ------------------------------------------------------------------- */

/* A process forked meanwhile must not find them locked for ever. */
static void lock_shards(void)
{
    for (int i = 0; i < SHARDS; i++) pthread_mutex_lock(&shards[i].lock);
}
static void unlock_shards(void)
{
    for (int i = 0; i < SHARDS; i++) pthread_mutex_unlock(&shards[i].lock);
}

static void protect_shards(void) { pthread_atfork(lock_shards, unlock_shards, unlock_shards); }

void string_interned_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, protect_shards);
}

/* The string if it is there; and whether its tree is to be split. */
static String *find(Shard *shard, const Wanted *w, bool constant, bool *large)
{
    uint32_t bit;
    Way way;
    pthread_mutex_lock(&shard->lock);
    if (!shard->trees) shard->trees = mem_alloc_root(TREES * sizeof(Tree));
    Tree *t = tree_of(shard, w->hash, &bit);
    String *s = tree_find(t, w, constant, &way);
    *large = tree_is_large(t, bit);
    pthread_mutex_unlock(&shard->lock);
    return s;
}

/* Adds an entry, unless the string is there. */
static String *add(Shard *shard, const Wanted *w, bool constant, Entry *e, Tree *parts)
{
    uint32_t bit;
    pthread_mutex_lock(&shard->lock);
    Tree *t = tree_of(shard, w->hash, &bit);
    if (parts && tree_is_large(t, bit)) {
        tree_split(t, parts, bit);
        t = tree_of(shard, w->hash, &bit);
    }
    String *s = tree_add(t, w, constant, e);
    pthread_mutex_unlock(&shard->lock);
    return s;
}

static String *intern(const char *bytes, size_t length, bool constant)
{
    Wanted w = {bytes, length, string_hash_bytes(bytes, length)};
    Shard *shard = &shards[w.hash >> 28];
    bool large;
    String *s = find(shard, &w, constant, &large), *fresh;
    if (s) return s;
    Entry *e = entry_new(&w, constant, &fresh);
    if (!e) return NULL;
    s = add(shard, &w, constant, e, large ? mem_alloc(TREES * sizeof(Tree)) : NULL);
    return s ? s : fresh;
}

String *string_intern(const char *bytes, size_t length) { return intern(bytes, length, false); }

String *string_constant(const char *bytes, size_t length)
{
    return intern(bytes, length, true);
}

/* Invariants ----------------------------------------------------------------------- */

/* Invariant 1, and the order, at and below an entry; the one before it. */
static const Entry *check_below(const Entry *e, const Entry *before)
{
    if (!e) return before;
    before = check_below(e->left, before);
    assert((!before || before->hash <= e->hash) && "entries are in the order of their hashes");
    const String *a = before ? entry_string(before) : NULL, *b = entry_string(e);
    if (a && b && before->hash == e->hash) {
        Wanted w = {a->data, a->length, e->hash};
        assert(order(&w, b) < 0 && "and strings in theirs, where these are the same");
        (void)w;
    }
    assert(e->size == size_of(e->left) + size_of(e->right) + 1 && "sizes are right");
    assert(weight(e->left) <= BALANCE * weight(e->right) && "balance");
    assert(weight(e->right) <= BALANCE * weight(e->left) && "balance");
    return check_below(e->right, e);
}

/* The number of entries of these trees. */
static size_t check_trees(const Tree *trees)
{
    size_t entries = 0;
    for (int i = 0; trees && i < TREES; i++) {
        const Tree *t = &trees[i];
        assert((!t->parts || !t->root) && "entries are in the parts, where there are any");
        check_below(t->root, NULL);
        entries += size_of(t->root) + check_trees(t->parts);
    }
    return entries;
}

size_t string_interned_check(void)
{
    size_t entries = 0;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&shards[i].lock);
        entries += check_trees(shards[i].trees);
        pthread_mutex_unlock(&shards[i].lock);
    }
    return entries;
}
