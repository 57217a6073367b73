/* SPDX-License-Identifier: MIT */
/*
 * Metamethods: their names, and the look-up when the cache in the flags does not know.
 *
 * Main invariant: the bit of a metamethod is set in a metatable's flags only while the table
 * has no such key.
 */
#include "operate/meta.h"

_Static_assert(((uint64_t)1 << META_COUNT) - 1 <= TABLE_ABSENT, "each has a bit");

String *meta_names[META_COUNT];
/* The interpreter's metatables live in states; only the names are the process's. */

static const char *const texts[META_COUNT] = {
#define X_META(id, name) [META_##id] = name,
    META_METHODS(X_META)
#undef X_META
};

void meta_init(void)
{
    for (int m = 0; m < META_COUNT; m++) {
        String *s = string_constant(texts[m], strlen(texts[m]));
        string_hash(s);
        __atomic_store_n(&meta_names[m], s, __ATOMIC_RELEASE);
    }
}

Value meta_of_table_slow(Machine *M, const Table *meta, Meta m)
{
    TableBody *b = (TableBody *)heap_table(&M->run, meta);
    const String *name = meta_names[m];
    Value v = table_get_string(b, name, name->h.id_low);
    /* a cache, idempotent: safe in a frozen body too */
    if (v == V_NIL) __atomic_fetch_or(&b->flags, (uint32_t)1 << m, __ATOMIC_RELAXED);
    return v;
}
