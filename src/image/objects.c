/* SPDX-License-Identifier: MIT */
/* Objects by number: see objects.h for the invariants. */
#include "image/objects.h"

enum {
    FIRST = 512, /* more than MEM_SMALL_MAX bytes, so that blocks can be given back */
    SPARSE = 8   /* places of by_id for an object, at the most */
};
_Static_assert(FIRST * sizeof(uint32_t) > MEM_SMALL_MAX, "blocks of by_id are large ones");

uint32_t objects_number(const Objects *x, const void *o)
{
    uint64_t id = object_id(o);
    if (id < x->id_limit) {
        uint32_t n = x->by_id[id];
        if (n && x->list[n - 1] == o) return n - 1;
        if (!n && !x->others.count) return OBJECT_NONE;
    }
    const NumberedPlace *place = numbering_find(&x->others, o);
    return place ? place->note : OBJECT_NONE;
}

static bool grow_list(Objects *x)
{
    uint32_t capacity = x->capacity ? x->capacity * 2 : FIRST;
    void **list = mem_try_alloc(capacity * sizeof *list);
    if (!list) return false;
    if (x->count) memcpy(list, x->list, x->count * sizeof *list);
    if (x->list) mem_free(x->list, x->capacity * sizeof *list);
    x->list = list;
    x->capacity = capacity;
    return true;
}

/* Places for ids up to this one, if that is not too many. */
static bool grow_ids(Objects *x, uint64_t id)
{
    uint64_t limit = x->id_limit ? x->id_limit : FIRST;
    while (limit <= id) limit *= 2;
    if (limit > (uint64_t)x->capacity * SPARSE) return false;
    uint32_t *by_id = mem_try_alloc_atomic(limit * sizeof *by_id);
    if (!by_id) return false;
    memset(by_id + x->id_limit, 0, (limit - x->id_limit) * sizeof *by_id);
    if (x->id_limit) memcpy(by_id, x->by_id, x->id_limit * sizeof *by_id);
    if (x->by_id) mem_free(x->by_id, x->id_limit * sizeof *by_id);
    x->by_id = by_id;
    x->id_limit = limit;
    return true;
}

void objects_add(Objects *x, const void *o)
{
    bool fresh;
    uint64_t id = object_id(o);
    if (x->failed || x->count >= UINT32_MAX / 2 || (x->count == x->capacity && !grow_list(x))) {
        x->failed = true;
        return;
    }
    if ((id < x->id_limit || grow_ids(x, id)) && !x->by_id[id]) {
        x->by_id[id] = x->count + 1;
    } else {
        x->others.collected = true;
        numbering_place(&x->others, o, &fresh)->note = x->count;
        x->failed |= x->others.failed;
    }
    x->list[x->count++] = (void *)o;
}

uint32_t objects_meet_slow(Objects *x, const void *o)
{
    uint32_t number = objects_number(x, o);
    if (number == OBJECT_NONE) objects_add(x, o);
    return number;
}

void objects_free(Objects *x)
{
    if (x->list) mem_free(x->list, x->capacity * sizeof *x->list);
    if (x->by_id) mem_free(x->by_id, x->id_limit * sizeof *x->by_id);
    numbering_free(&x->others);
    *x = (Objects){0};
}
