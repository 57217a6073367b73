/* SPDX-License-Identifier: MIT */
/* The functions of hamt_template.h over mutable.h: the same macros, the same names. */
#include "mutable.h"

#define MUTABLE_JOIN2(a, b) a##_##b
#define MUTABLE_JOIN(a, b) MUTABLE_JOIN2(a, b)
#define MUTABLE(f) MUTABLE_JOIN(HAMT_NAME, f)
#define MUTABLE_FN static __attribute__((unused))

/* The key's entry, or the free one where it would go. */
MUTABLE_FN HamtEntry *MUTABLE(probe)(MutableMap *m, Word key, uint32_t hash)
{
    for (uint32_t i = hash & m->mask;; i = (i + 1) & m->mask) {
        HamtEntry *e = &m->entries[i];
        if (!e->key || e->key == key || HAMT_KEY_EQ(e->key, key)) return e;
    }
}

MUTABLE_FN const Word *MUTABLE(find)(const Hamt *map, Word key, uint32_t hash)
{
    if (!map->root) return NULL;
    const HamtEntry *e = MUTABLE(probe)(mutable_of(map), key, hash);
    return e->value ? &e->value : NULL;
}

MUTABLE_FN Word *MUTABLE(slot)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    (void)token;
    return (Word *)MUTABLE(find)(map, key, hash);
}

/* Makes room for the keys there are and as many again. */
MUTABLE_FN void MUTABLE(grow)(Hamt *map)
{
    const MutableMap *old = mutable_of(map);
    uint32_t size = 4;
    while (size * 3 / 8 < map->count + 1) size *= 2;
    MutableMap *m = mutable_new(size);
    for (uint32_t i = 0; old && i <= old->mask; i++) {
        const HamtEntry *e = &old->entries[i];
        if (!e->value) continue;
        *MUTABLE(probe)(m, e->key, HAMT_KEY_HASH(e->key)) = *e;
        m->used++;
    }
    map->root = (void *)m;
}

MUTABLE_FN bool MUTABLE(put)(Hamt *map, Word key, uint32_t hash, Word value, uint64_t token)
{
    (void)token;
    MutableMap *m = mutable_of(map);
    HamtEntry *e = m ? MUTABLE(probe)(m, key, hash) : NULL;
    if (e && e->value) {
        e->value = value;
        return false;
    }
    if (!m || (!e->key && (m->used + 1) * 4 > (m->mask + 1) * 3)) {
        MUTABLE(grow)(map);
        m = mutable_of(map);
        e = MUTABLE(probe)(m, key, hash);
    }
    m->used += !e->key;
    *e = (HamtEntry){key, value};
    map->count++;
    return true;
}

MUTABLE_FN bool MUTABLE(remove)(Hamt *map, Word key, uint32_t hash, uint64_t token)
{
    Word *slot = MUTABLE(slot)(map, key, hash, token);
    if (!slot) return false;
    *slot = 0;
    map->count--;
    return true;
}

MUTABLE_FN HamtEntry MUTABLE(next)(const Hamt *map, Word key, uint32_t hash)
{
    MutableMap *m = mutable_of(map);
    if (!m) return (HamtEntry){0, 0};
    uint32_t i = 0;
    if (key) i = (uint32_t)(MUTABLE(probe)(m, key, hash) - m->entries) + 1;
    for (; i <= m->mask; i++)
        if (m->entries[i].value) return m->entries[i];
    return (HamtEntry){0, 0};
}

MUTABLE_FN uint32_t MUTABLE(check)(const Hamt *map) { return map->count; }

#undef MUTABLE_JOIN2
#undef MUTABLE_JOIN
#undef MUTABLE
#undef MUTABLE_FN
#undef HAMT_NAME
#undef HAMT_KEY_HASH
#undef HAMT_KEY_LASTING
#undef HAMT_KEY_ALIKE
#undef HAMT_KEY_EQ
#undef HAMT_KEY_ORDER
