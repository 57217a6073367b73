/* SPDX-License-Identifier: MIT */
/*
 * Nodes: how full PUC Lua's hash part would be.
 *
 * PUC Lua 5.2 moves integer keys to the array when it finds no free node for a new key. So the
 * border that `#` finds in a table with holes depends on which nodes are free. That in turn
 * depends on where in its nodes all keys are, also those whose value has become nil. If a hash
 * part has numbers among its keys, and up to NODES_MAX nodes, this keeps what is needed of the
 * nodes. The pairs themselves are in the map. (Larger hash parts go by the number of pairs
 * alone: table.c.)
 *
 *   words of a vector, from `at` on:   [last | node 0 | node 1 ... node count-1]
 *   node   0: never used, or   link 8 | used 1 | live 1 | identity 54
 *   identity   kind 2 | an integer, the hash of another number, that of a string ...
 *
 * Invariants (nodes_check):
 *  1. each node is in the chain of links that begins at its key's main place.
 *  2. equal keys have the same identity, and one node. So have, seldom, strings or fractions
 *     of one hash. All objects have the same (NODE_OBJECT), and a node for each: they are
 *     counted and not told apart, so that a copy of a table has the same nodes. For these and
 *     for strings this is an approximation: PUC Lua's own places are a matter of chance.
 *  3. no node at or above `last` is unused.
 * No word looks like a pointer. Costs: a step or two along a chain.
 */
#ifndef MOONLET_NODES_H
#define MOONLET_NODES_H

#include "pvec.h"
#include "value/value.h"

enum { NODES_MAX = 256 }; /* a power of two: links have 8 bits */

typedef struct Nodes {
    Pvec *vector;
    uint32_t at;    /* in the vector */
    uint32_t count; /* a power of two, 2 to NODES_MAX */
    uint64_t token;
    Word *words; /* the same, where the token may write straight to them; else NULL */
} Nodes;

#define NODE_OBJECT ((uint64_t)3 << 52)

/* What nodes know of a key, which must not be nil, NaN or -0. */
uint64_t node_identity(Value key);
uint64_t node_key(uint64_t node); /* its key's identity */
/* Sets *i to the integer that a node's key is. Answers false if it is none. */
bool node_integer(uint64_t node, int64_t *i);
bool node_is_live(uint64_t node);

static inline uint32_t nodes_words(uint32_t count) { return count + 1; }
static inline uint64_t node_at(const Nodes *n, uint32_t i)
{
    return n->words ? n->words[1 + i] : pvec_get(n->vector, n->at + 1 + i);
}

/* All unused; their words must be 0. */
void nodes_begin(const Nodes *n);
/* The key's node, or -1. */
int nodes_find(const Nodes *n, uint64_t identity);
/* Notes that a key has a value, or nil. The key gets a node if it has none. Answers false when
 * PUC Lua would find no free node. For NODE_OBJECT it notes that one more object has a value,
 * or one less. */
bool nodes_set(const Nodes *n, uint64_t identity, bool live);
/* Does as nodes_set for a key that is an integer, in the words from node 0 on, which may be
 * written to. Answers false, and does nothing, where that takes another node than the main
 * place or the key's own, or where the integer is too large. */
bool nodes_set_integer(Word *nodes, uint32_t count, double d, bool live);

/* Whether these words, which may come from anywhere, are nodes at all. O(count). */
bool nodes_sound(const Nodes *n);
void nodes_check(const Nodes *n);

#endif
