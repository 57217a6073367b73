/* SPDX-License-Identifier: MIT */
/*
 * Objects by number, and their numbers.
 *
 *   list    [ o0 o1 o2 ... ]           in the order of meeting
 *   by_id   [ 0 | 3 | 1 | 0 | ... ]    at an object's id: 1 + its number
 *   others  o -> its number            of those whose id is another's, or was too large then
 *
 * Ids are small numbers, and what was made together has neighbouring ones: so numbers are found
 * by looking into an array that is walked through nearly in order. Objects of different
 * branches of a history may have one id: by_id has one of them, the list says which.
 *
 * Invariant: an object of the list is found; by_id[i] is 0, or list[by_id[i] - 1] has the id i.
 * All is collected memory. Without memory it is `failed`, and gives the number 0.
 * Cost: O(1).
 */
#ifndef MOONLET_OBJECTS_H
#define MOONLET_OBJECTS_H

#include "image/numbering.h"

enum { OBJECT_NONE = UINT32_MAX };

typedef struct Objects {
    void **list;
    uint32_t count, capacity;
    uint32_t *by_id;
    uint64_t id_limit; /* ids below have a place in by_id */
    Numbering others;
    bool failed;
} Objects;

/* OBJECT_NONE: it has none. */
uint32_t objects_number(const Objects *x, const void *o);
/* The next number, for an object that has none. */
void objects_add(Objects *x, const void *o);
/* Both in one: answers OBJECT_NONE if it had none, and then it has the next one. */
uint32_t objects_meet_slow(Objects *x, const void *o);
static inline uint32_t objects_meet(Objects *x, const void *o)
{
    uint64_t id = object_id(o);
    if (id >= x->id_limit || x->count == x->capacity || x->others.count)
        return objects_meet_slow(x, o);
    uint32_t n = x->by_id[id];
    if (n) return x->list[n - 1] == o ? n - 1 : objects_meet_slow(x, o);
    x->list[x->count++] = (void *)o;
    x->by_id[id] = x->count;
    return OBJECT_NONE;
}
/* What only the caller knows of. */
void objects_free(Objects *x);

#endif
