/* SPDX-License-Identifier: MIT */
/*
 * Methods: what a run has found lately through metatables whose __index is a table.
 *
 *   (metatable, key) -> value, or nil     256 places, two for each
 *   (metatable, NULL) -> its __index, a function
 *
 * An object's method is looked for in the object, and then in its class, in that one's class,
 * and so on: two look-ups for each. Here it is one compare, as long as nothing of what was
 * passed has been written to.
 *
 * Invariants:
 *  1. each table whose contents have said what an entry says has TABLE_PASSED set, which stays.
 *  2. whoever asks for such a table's contents to write to them makes all entries stale
 *     (R->methods_age), and so does a new view: an entry of the run's age is what a look-up
 *     would give. Who writes under a key that no entry depends on need not (methods_notice).
 *  3. no entry keeps a program from being the same, in steps or in order: only time differs.
 * The bit is shared by all states that have the table, and its writes race with each other
 * only.
 */
#ifndef MOONLET_METHODS_H
#define MOONLET_METHODS_H

#include "state/state.h"

static inline uint32_t methods_place(const Table *meta, uint32_t hash)
{
    return (hash ^ (uint32_t)((uintptr_t)meta >> 6)) % METHODS;
}

/* Where it is when another one is there. */
static inline uint32_t methods_second(const Table *meta, uint32_t hash)
{
    return (methods_place(meta, hash) ^ (hash >> 8 | 1)) % METHODS;
}

/* What the entry at a place says of it, or TABLE_LOOK. */
static inline Value methods_get_at(const Run *R, const Table *meta, const String *key,
                                   uint32_t place)
{
    const Method *m = &R->methods[place];
    bool known = m->meta == meta && m->key == key && m->age == R->methods_age;
    return known ? m->value : TABLE_LOOK;
}

/* What the key is in what a table with this metatable inherits. Answers TABLE_LOOK if that is
 * not known, or is at its second place, which methods_look sees. */
static inline Value methods_get(const Run *R, const Table *meta, const String *key,
                                uint32_t hash)
{
    return methods_get_at(R, meta, key, methods_place(meta, hash));
}

/* The function that __index of a metatable is. Answers TABLE_LOOK if that is not known. */
static inline Value methods_handler(const Run *R, const Table *meta)
{
    Value v = methods_get(R, meta, NULL, 0);
    return v != TABLE_LOOK ? v : methods_get_at(R, meta, NULL, methods_second(meta, 0));
}
/* ... which is known from now on, if contents are at hand. `index` is the name __index. */
void methods_keep_handler(Run *R, Table *meta, const String *index, Value handler);

/* What is under a key with this hash is written, in a table that has been passed: entries that
 * depend on it become stale. Others are what they were, so that a class which counts its
 * instances keeps its methods. May be too careful: several keys share a bit. */
static inline void methods_notice(Run *R, uint32_t hash)
{
    bool is_of_age = R->methods_keys_age == R->methods_age;
    uint64_t keys = R->methods_keys[hash % METHOD_KEYS / 64];
    if (is_of_age && keys >> hash % 64 & 1) R->methods_age++;
}

/* Finds what methods_get has not, by looking; then it is known. Answers TABLE_LOOK if an
 * __index is no table, or if contents are not at hand. `index` is the name __index. */
Value methods_look(Run *R, Table *meta, const String *index, const String *key, uint32_t hash);

#endif
