/* SPDX-License-Identifier: MIT */
/*
 * Content: what an object contains, for digests: a sum of hashes, and the objects it refers to.
 *
 *   pair of a table     hash(id of the table, types, key, value)      added up, 128 bits
 *   frames of a stack   hash(id of the coroutine, place, 30 slots)
 *   ...                 each thing an object holds is hashed with the object's id
 *
 * Objects are named by their ids, which are part of a state, strings by their bytes. Sums have
 * no order, so it does not matter in which order a table has its keys, nor objects are met;
 * and what has changed can be taken out and put in again without the rest.
 *
 * No address may count. A light userdata, which is nothing but one, counts by the places at
 * which it is: their hashes are added up, and the sum is hashed.
 */
#ifndef MOONLET_CONTENT_H
#define MOONLET_CONTENT_H

#include "digest/address_map.h"
#include "state/state.h"
#include "trace/walk.h"

typedef struct Sum {
    uint64_t low, high;
} Sum;

static inline void sum_add(Sum *s, Sum x)
{
    unsigned carry = s->low + x.low < x.low;
    s->low += x.low;
    s->high += x.high + carry;
}
static inline Sum sum_negative(Sum x) { return (Sum){-x.low, ~x.high + !x.low}; }

/* What is met on the way: collects what is added, and taken off, until content_end. */
typedef struct Content {
    Walk *walk;
    Sum sum;
    bool off;                                   /* what is met is taken off */
    bool references;                            /* only these are looked for */
    void (*refer)(void *context, void *object); /* to all but strings and light userdata */
    void *context;
    AddressMap lights; /* pointer -> Sum of its places */
    AddressMap texts;  /* long string -> hash: each is read once */
} Content;

void content_end(Content *c);

/* All of an object; body: its contents, as run_contents gives them. O(what is in it). */
void content_add(Content *c, const void *object, const void *body);
/* The difference that it makes that an object contains `now` instead of `old`: of tables what
 * they share costs nothing. Tells only of references that were not there, or are no more, with
 * `off` for these. */
void content_change(Content *c, const void *object, const void *old, const void *now);

/* What a world has beside its objects: references and the sum of them. */
void content_add_world(Content *c, const World *world);
void content_add_random(Content *c, const Random *r);
/* The bytes of a userdata that all states share: they may change at any time, and are no part
 * of what content_add adds. */
bool content_is_shared(const Userdata *u, const UserdataBody *b);
void content_add_shared(Content *c, const Userdata *u);

/* 64 bits of it all. */
uint64_t content_digest(const Content *c);

/* Whether two userdata, or one in two states, are of one type and have the same bytes that
 * count.
 */
bool content_same_bytes(const Userdata *u, const UserdataBody *a, const Userdata *other,
                        const UserdataBody *b);

#endif
