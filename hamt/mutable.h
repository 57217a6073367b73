/* SPDX-License-Identifier: MIT */
/*
 * A mutable map with the names of hamt.h, for measuring what persistence costs: with
 * -DMOONLET_MUTABLE tables are made of this instead, behind the same names.
 *
 *   [mask | used | e0 e1 e2 ...]    open addressing, linear probing, load <= 3/4
 *
 * A removed key stays, with value 0, until the next growth, so that `next` can go on
 * from it. Every change is in place, whatever the edit token: there are no snapshots in
 * such a build.
 */
#ifndef MOONLET_MUTABLE_H
#define MOONLET_MUTABLE_H

#include "hamt.h"

typedef struct MutableMap {
    uint32_t mask; /* entries - 1 */
    uint32_t used; /* keys, removed ones too */
    HamtEntry entries[];
} MutableMap;

static inline MutableMap *mutable_of(const Hamt *map)
{
    return (MutableMap *)(void *)map->root;
}

static inline MutableMap *mutable_new(uint32_t size)
{
    MutableMap *m = mem_alloc(sizeof *m + size * sizeof(HamtEntry));
    m->mask = size - 1;
    return m;
}

static inline void mutable_reserve(Hamt *map, size_t count, uint64_t token)
{
    uint32_t size = 4;
    (void)token;
    while (size * 3 / 4 < count) size *= 2;
    if (!map->root && count) map->root = (void *)mutable_new(size);
}

static inline void mutable_reserve_like(Hamt *map, const Hamt *like, uint64_t token)
{
    mutable_reserve(map, like->count, token);
}

static inline size_t mutable_root_size(const Hamt *map) { return (void)map, 0; }
static inline void mutable_copy_in(Hamt *map, void *place, uint64_t token)
{
    (void)map, (void)place, (void)token;
}
static inline void mutable_move_out(Hamt *map) { (void)map; }
static inline bool mutable_root_is_inner(const Hamt *map) { return (void)map, false; }
static inline void mutable_reserve_shift(Hamt *map, size_t count, uint8_t shift, uint64_t token)
{
    (void)shift;
    mutable_reserve(map, count, token);
}

static inline void mutable_each(const Hamt *map, HamtEachFn *fn, void *context)
{
    const MutableMap *m = mutable_of(map);
    for (uint32_t i = 0; m && i <= m->mask; i++)
        if (m->entries[i].value) fn(context, m->entries[i].key, m->entries[i].value);
}

static inline void mutable_blocks(const Hamt *map, MemBlockFn *fn, void *context)
{
    const MutableMap *m = mutable_of(map);
    if (m) fn(context, m, sizeof *m + (m->mask + (size_t)1) * sizeof(HamtEntry));
}

#endif
