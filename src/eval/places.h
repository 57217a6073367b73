/* SPDX-License-Identifier: MIT */
/*
 * Where the field of a node is: at the place that the node remembers, or where its key's hash
 * leads, or under a key that is equal and another object. A place is the root's bitmap (32
 * bits), the offset of the entry at the root (16), and the numbers, plus 1, of the entries one
 * and two levels below (8 each).
 *
 * Main invariant: an entry that is answered has a key equal to the node's, whatever place the
 * node remembers.
 */
#ifndef MOONLET_PLACES_H
#define MOONLET_PLACES_H

#include <assert.h>

#include "eval/exec.h"
#include "state/methods.h"

/* Used so often here that gcc would make calls of them. (clang wants to be told before.) */
#define PLACE_INLINE static inline __attribute__((always_inline))
#ifndef __clang__
PLACE_INLINE TableBody *heap_table_at_hand(const Run *R, Value v);
PLACE_INLINE Value table_peek_string(const TableBody *t, const String *key, uint32_t hash);
PLACE_INLINE HamtEntry *table_entry_at_root(const TableBody *t, const String *key,
                                            uint32_t hash);
PLACE_INLINE HamtEntry *table_entry_at_place(const TableBody *t, const String *key,
                                             uint64_t place);
PLACE_INLINE Value methods_get(const Run *R, const Table *meta, const String *key,
                               uint32_t hash);
#ifndef MOONLET_MUTABLE
PLACE_INLINE HamtEntry *table_entry(HamtNode *root, uint32_t hash);
PLACE_INLINE Value table_peek_other(Value stored, uint32_t hash);
PLACE_INLINE bool table_add_at_root(TableBody *t, const String *key, uint32_t hash, Value v,
                                    uint64_t token);
#endif
#endif

static inline uint32_t field_hash(const Node *n)
{
    assert(string_hash_known(n->k.p) && "the key of a node has its hash");
    return string_hash_known(n->k.p);
}

static inline uint64_t place_known(const Node *n)
{
    return __atomic_load_n(&n->place, __ATOMIC_RELAXED);
}

/* Remembers where the node's key is, for tables alike: nodes are shared, and whose place it is
 * does not matter. Where it is now here, now there, it is seldom written: threads that run the
 * same code would take the node from each other. */
static inline void place_note(const Machine *M, const Node *n, uint64_t place)
{
    enum { SELDOM = 16 };
    if (place_known(n) && M->fuel % SELDOM) return;
    __atomic_store_n(&((Node *)n)->place, place, __ATOMIC_RELAXED);
}

/* Most objects have few fields, which are at their root. */
PLACE_INLINE HamtEntry *root_place(const Node *n, const TableBody *b)
{
    return table_entry_at_place(b, n->k.p, place_known(n));
}
PLACE_INLINE HamtEntry *seek_root(const Machine *M, const Node *n, const TableBody *b)
{
    HamtEntry *e = table_entry_at_root(b, n->k.p, field_hash(n));
    if (e) place_note(M, n, table_place_of(b, e));
    return e;
}

/* A program's globals are many: half of them are one level below, and one or the other two.
 * Then a place has the number of the entry in each node below the root. */
enum { ANY = EPOCH_NONE };
#ifdef MOONLET_MUTABLE
#define levels_place(n_, b_, token_) root_place(n_, b_)
#define seek_levels(M_, n_, b_, token_) seek_root(M_, n_, b_)
#else
enum { BELOW = 48, LEVEL = 8 };
/* The entry with this number in the node below an entry; NULL where the token does not own
 * that. */
PLACE_INLINE HamtEntry *entry_below(const HamtEntry *e, uint64_t number, uint64_t token)
{
    if (e->key) return NULL;
    HamtNode *below = hamt_child(e);
    if (number > below->count || (token != ANY && below->epoch != token)) return NULL;
    return below->entries + number - 1;
}
PLACE_INLINE HamtEntry *levels_place(const Node *n, const TableBody *b, uint64_t token)
{
    uint64_t place = place_known(n), levels = place >> BELOW;
    HamtNode *root = b->hash.root;
    if (!root || root->bitmap != (uint32_t)place) return NULL;
    HamtEntry *e = (HamtEntry *)((char *)root + (uint16_t)(place >> 32));
    if (levels) {
        e = entry_below(e, (uint8_t)levels, token);
        if (e && UNLIKELY(levels >> LEVEL)) e = entry_below(e, levels >> LEVEL, token);
        if (!e) return NULL;
    }
    return e->key == n->k.v ? e : NULL;
}
/* The entry of the node's key, where all below the root is the token's. */
PLACE_INLINE HamtEntry *seek_levels(const Machine *M, const Node *n, const TableBody *b,
                                    uint64_t token)
{
    uint32_t hash = field_hash(n);
    HamtEntry *e = table_entry(b->hash.root, hash);
    if (!e) return NULL;
    uint64_t place = table_place_of(b, e);
    for (unsigned at = BELOW; !e->key; at += LEVEL) {
        HamtNode *below = hamt_child(e);
        hash >>= 5;
        e = hamt_at(below, hash);
        if (!e || at >= 64 || (token != ANY && below->epoch != token)) return NULL;
        place |= (uint64_t)(e - below->entries + 1) << at;
    }
    if (e->key != n->k.v) return NULL;
    place_note(M, n, place);
    return e;
}
#endif

/* Keys that a program has computed are other objects than constants. Is this one a short string
 * equal to the node's? */
PLACE_INLINE bool is_same_text(Value stored, const Node *n)
{
    enum { SHORT = 40 };
    if (!value_is_object(stored)) return false;
    const String *s = value_pointer(stored), *key = n->k.p;
    if (string_hash_known(s) != field_hash(n) || object_raw_type(s) != OBJ_STRING) return false;
    if (s->length != key->length || s->length > SHORT) return false;
    return string_same_bytes(s->data, key->data, s->length);
}
#ifdef MOONLET_MUTABLE
PLACE_INLINE HamtEntry *find_equal(const Node *n, const TableBody *b, uint64_t token)
{
    return (void)n, (void)b, (void)token, (void)is_same_text, NULL;
}
PLACE_INLINE bool may_have_equal(const Node *n, const TableBody *b)
{
    return (void)n, (void)b, false;
}
#else
/* The entry of a key equal to the node's, if it is in one of the first levels, and all below
 * the root that leads to it is the token's. */
PLACE_INLINE HamtEntry *find_equal(const Node *n, const TableBody *b, uint64_t token)
{
    uint32_t hash = field_hash(n);
    HamtEntry *e = table_entry(b->hash.root, hash);
    for (unsigned left = 2; e && !e->key && left; left--) {
        const HamtNode *below = hamt_child(e);
        if (token != ANY && below->epoch != token) return NULL;
        e = hamt_at(below, hash >>= 5);
    }
    return e && (e->key == n->k.v || is_same_text(e->key, n)) ? e : NULL;
}
/* Whether there may be one where the node's key itself is not at the root. */
PLACE_INLINE bool may_have_equal(const Node *n, const TableBody *b)
{
    const HamtEntry *e = table_entry(b->hash.root, field_hash(n));
    if (!e || e->key == n->k.v) return false;
    return !e->key || table_peek_other(e->key, field_hash(n)) != V_NIL;
}
#endif

#define FIELD_PLACE_L(n_, b_, token_) root_place(n_, b_)
#define FIELD_PLACE_A(n_, b_, token_) root_place(n_, b_)
#define FIELD_PLACE_U levels_place
#define FIELD_SEEK_L(M_, n_, b_, token_) seek_root(M_, n_, b_)
#define FIELD_SEEK_A(M_, n_, b_, token_) seek_root(M_, n_, b_)
#define FIELD_SEEK_U seek_levels

/* Stores look below the root apart: together it takes more registers than there are. */
#ifdef MOONLET_MUTABLE
#define store_place_U(n_, b_) root_place(n_, b_)
#define store_seek_U(M_, n_, b_) seek_root(M_, n_, b_)
#else
PLACE_INLINE HamtEntry *store_place_U(const Node *n, const TableBody *b)
{
    return place_known(n) >> BELOW ? NULL : root_place(n, b);
}
PLACE_INLINE HamtEntry *store_seek_U(const Machine *M, const Node *n, const TableBody *b)
{
    HamtEntry *e = levels_place(n, b, M->run.epoch);
    return e ? e : seek_levels(M, n, b, M->run.epoch);
}
#endif
#define store_place_L root_place
#define store_seek_L seek_root

#endif
