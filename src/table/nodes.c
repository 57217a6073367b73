/* SPDX-License-Identifier: MIT */
/*
 * The nodes that PUC Lua's hash part would have, with their links.
 *
 * Main invariant: a node is in the chain of its main place, unless that is taken by a node
 * which is in its own; as in ltable.c.
 */
#include "table/nodes.h"

#include <assert.h>

#define NODE_USED ((uint64_t)1 << 55)
#define NODE_LIVE ((uint64_t)1 << LIVE_SHIFT)
#define NODE_IDENTITY (NODE_LIVE - 1)
enum {
    KIND_SHIFT = 52,
    LIVE_SHIFT = 54,
    LINK_SHIFT = 56,
    KIND_INTEGER = 0,
    KIND_NUMBER,
    KIND_OTHER,
    KIND_OBJECT
};
enum { OTHERS_FIRST = 2 }; /* below it: false and true */
#define INTEGER_MAX ((int64_t)1 << 51)
#define PAYLOAD (((uint64_t)1 << KIND_SHIFT) - 1)

/* What PUC Lua adds up of a number before it takes the remainder. */
static uint32_t number_sum(double d)
{
    uint64_t bits;
    d += 1;
    memcpy(&bits, &d, sizeof bits);
    uint32_t sum = (uint32_t)bits + (uint32_t)(bits >> 32);
    if (!(sum >> 31)) return sum;
    return sum == (uint32_t)1 << 31 ? 0 : -sum;
}

static uint64_t identity_of(uint32_t kind, uint64_t payload)
{
    return (uint64_t)kind << KIND_SHIFT | payload;
}

/* Whether nodes know a number itself, and not its hash alone. */
static inline bool is_integer(double d)
{
    return d > (double)-INTEGER_MAX && d < (double)INTEGER_MAX && d == (double)(int64_t)d;
}

uint64_t node_identity(Value key)
{
    if (!value_is_number(key)) {
        if (value_is_boolean(key)) return identity_of(KIND_OTHER, key == V_TRUE);
        if (!value_is_string(key)) return NODE_OBJECT;
        return identity_of(KIND_OTHER, OTHERS_FIRST + (uint64_t)value_hash(key));
    }
    double d = value_to_double(key);
    if (is_integer(d)) return identity_of(KIND_INTEGER, (uint64_t)((int64_t)d + INTEGER_MAX));
    uint64_t more = value_hash_number(key) & 0xfffff;
    return identity_of(KIND_NUMBER, more << 32 | number_sum(d));
}

uint64_t node_key(uint64_t node) { return node & NODE_IDENTITY; }

bool node_integer(uint64_t node, int64_t *i)
{
    *i = (int64_t)(node & PAYLOAD) - INTEGER_MAX;
    return node_key(node) >> KIND_SHIFT == KIND_INTEGER;
}

bool node_is_live(uint64_t node) { return node & NODE_LIVE; }

/* ---- places and links ---- */

/* 2^64 divided by the number of nodes less 1, rounded up: a remainder then takes two
 * multiplications, which is less than a division (Lemire, Kaser, Kurz 2019). */
#define RECIPROCAL(bits) (UINT64_MAX / (((uint64_t)1 << (bits)) - 1) + 1)
static const uint64_t reciprocals[] = {0,
                                       RECIPROCAL(1),
                                       RECIPROCAL(2),
                                       RECIPROCAL(3),
                                       RECIPROCAL(4),
                                       RECIPROCAL(5),
                                       RECIPROCAL(6),
                                       RECIPROCAL(7),
                                       RECIPROCAL(8)};

static inline uint32_t remainder_of(uint32_t x, uint32_t count)
{
    uint64_t fraction = reciprocals[__builtin_ctz(count)] * x;
    return (uint32_t)((unsigned __int128)fraction * (count - 1) >> 64);
}

static inline uint32_t main_place(const Nodes *n, uint64_t node)
{
    uint64_t payload = node & PAYLOAD;
    switch (node_key(node) >> KIND_SHIFT) {
    case KIND_INTEGER:
        return remainder_of(number_sum((double)((int64_t)payload - INTEGER_MAX)), n->count);
    case KIND_NUMBER: return remainder_of((uint32_t)payload, n->count);
    default: return (uint32_t)payload & (n->count - 1);
    }
}

static void put(const Nodes *n, uint32_t i, uint64_t node)
{
    if (n->words)
        n->words[1 + i] = node;
    else
        pvec_set(n->vector, n->at + 1 + i, node, n->token);
}

/* The next in the chain, or -1. A link is a distance, 0 is the end. */
static int next_of(uint64_t node, uint32_t i)
{
    uint32_t distance = (uint32_t)(node >> LINK_SHIFT);
    return distance ? (int)((i + distance) & (NODES_MAX - 1)) : -1;
}

static uint64_t linked(uint64_t node, uint32_t i, int next)
{
    uint64_t distance = next < 0 ? 0 : ((uint32_t)next - i) & (NODES_MAX - 1);
    return (node & (((uint64_t)1 << LINK_SHIFT) - 1)) | distance << LINK_SHIFT;
}

static uint32_t last_of(const Nodes *n)
{
    return (uint32_t)(pvec_get(n->vector, n->at) & ~NODE_USED);
}

static void set_last(const Nodes *n, uint32_t last)
{
    pvec_set(n->vector, n->at, NODE_USED | last, n->token);
}

void nodes_begin(const Nodes *n) { set_last(n, n->count); }

/* The highest unused node below those that were taken so before, or -1. */
static int take_unused(const Nodes *n)
{
    uint32_t last = last_of(n);
    int found = -1;
    while (last && found < 0)
        if (!node_at(n, --last)) found = (int)last;
    set_last(n, last);
    return found;
}

/* ---- keys ---- */

static int find_from(const Nodes *n, uint64_t identity, uint32_t place)
{
    int i = (int)place;
    while (i >= 0) {
        uint64_t node = node_at(n, (uint32_t)i);
        if (node && node_key(node) == identity) return i;
        i = next_of(node, (uint32_t)i);
    }
    return -1;
}

int nodes_find(const Nodes *n, uint64_t identity)
{
    return find_from(n, identity, main_place(n, identity));
}

/* Moves a node that is not at its main place, and is linked from there, to a free one. */
static void move(const Nodes *n, uint32_t from, uint32_t to)
{
    uint64_t node = node_at(n, from);
    int before = (int)main_place(n, node), next;
    while ((next = next_of(node_at(n, (uint32_t)before), (uint32_t)before)) != (int)from)
        before = next;
    put(n, (uint32_t)before, linked(node_at(n, (uint32_t)before), (uint32_t)before, (int)to));
    put(n, to, linked(node, to, next_of(node, from)));
}

/* The main place, if no live key is there; else the newcomer goes elsewhere, unless it is the
 * other one that does not belong there. */
static bool add(const Nodes *n, uint64_t node, uint32_t at)
{
    uint64_t other = node_at(n, at);
    int next = next_of(other, at);
    if (node_is_live(other)) {
        int unused = take_unused(n);
        if (unused < 0) return false;
        if (node_key(other) == NODE_OBJECT || main_place(n, other) == at) {
            put(n, at, linked(other, at, unused));
            at = (uint32_t)unused;
        } else {
            move(n, at, (uint32_t)unused);
            next = -1;
        }
    }
    put(n, at, linked(node, at, next));
    return true;
}

/* An object is never found, and its place never wanted for another: it is at home anywhere. */
static bool set_object(const Nodes *n, bool live)
{
    uint64_t node = NODE_OBJECT | NODE_USED | (live ? NODE_LIVE : 0);
    for (uint32_t i = 0; i < n->count; i++) {
        uint64_t other = node_at(n, i);
        if (!other || node_key(other) != NODE_OBJECT || node_is_live(other) == live) continue;
        put(n, i, other ^ NODE_LIVE);
        return true;
    }
    int unused = take_unused(n);
    if (unused >= 0) put(n, (uint32_t)unused, node);
    return unused >= 0;
}

bool nodes_set(const Nodes *n, uint64_t identity, bool live)
{
    if (identity == NODE_OBJECT) return set_object(n, live);
    uint64_t node = identity | NODE_USED | (live ? NODE_LIVE : 0);
    uint32_t place = main_place(n, identity);
    int at = find_from(n, identity, place);
    if (at < 0) return add(n, node, place);
    uint64_t old = node_at(n, (uint32_t)at);
    if (node_is_live(old) != live) put(n, (uint32_t)at, old ^ NODE_LIVE);
    return true;
}

bool nodes_set_integer(Word *nodes, uint32_t count, double d, bool live)
{
    if (!is_integer(d)) return false;
    uint64_t identity = (uint64_t)((int64_t)d + INTEGER_MAX) | NODE_USED;
    uint64_t life = (uint64_t)live << LIVE_SHIFT;
    uint32_t place = remainder_of(number_sum(d), count);
    for (uint32_t i = place;;) {
        uint64_t node = nodes[i], distance = node >> LINK_SHIFT;
        if ((node & (NODE_IDENTITY | NODE_USED)) == identity) {
            nodes[i] = (node & ~NODE_LIVE) | life;
            return true;
        }
        if (!distance) break;
        i = (uint32_t)(i + distance) & (NODES_MAX - 1);
    }
    uint64_t other = nodes[place];
    if (node_is_live(other)) return false;
    nodes[place] = identity | life | other >> LINK_SHIFT << LINK_SHIFT;
    return true;
}

/* ---- invariants ---- */

/* Whether the chain from the main place comes to node i, without leaving the nodes. */
static bool is_in_chain(const Nodes *n, uint64_t node, uint32_t i)
{
    int at = (int)main_place(n, node);
    for (uint32_t steps = 0; steps < n->count && at >= 0 && (uint32_t)at < n->count; steps++) {
        if ((uint32_t)at == i) return true;
        at = next_of(node_at(n, (uint32_t)at), (uint32_t)at);
    }
    return false;
}

/* Whether chains end within the nodes, from whatever node on. */
static bool ends(const Nodes *n, uint32_t i)
{
    int at = (int)i;
    for (uint32_t steps = 0; steps <= n->count; steps++) {
        if (at < 0) return true;
        if ((uint32_t)at >= n->count) return false;
        at = next_of(node_at(n, (uint32_t)at), (uint32_t)at);
    }
    return false;
}

bool nodes_sound(const Nodes *n)
{
    if (n->count < 2 || n->count > NODES_MAX || (n->count & (n->count - 1))) return false;
    if (n->at + nodes_words(n->count) != n->vector->size) return false;
    uint64_t last = pvec_get(n->vector, n->at);
    if (!(last & NODE_USED) || (last & ~NODE_USED) > n->count) return false;
    for (uint32_t i = 0; i < n->count; i++) {
        uint64_t node = node_at(n, i);
        if (!node && i >= last_of(n)) return false; /* no unused node is above the last */
        if (node && (!(node & NODE_USED) || !ends(n, i))) return false;
        if (node && node_key(node) != NODE_OBJECT && !is_in_chain(n, node, i)) return false;
    }
    return true;
}

void nodes_check(const Nodes *n)
{
    assert(nodes_sound(n) && "each key is in the chain from its main place");
    for (uint32_t i = 0; i < n->count; i++) {
        uint64_t node = node_at(n, i);
        assert((!node || node_key(node) == NODE_OBJECT ||
                nodes_find(n, node_key(node)) == (int)i) &&
               "a key has one node");
        (void)node;
    }
}
