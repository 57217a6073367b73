/* SPDX-License-Identifier: MIT */
/*
 * The cache of methods: filled, looked up and forgotten by a run; see methods.h.
 *
 * Main invariant: an entry of the run's age is what a look-up through the metatables would
 * give.
 */
#include "state/methods.h"

#include <assert.h>

enum {
    CLASSES_MAX = 8, /* above each other that are looked through here */
    LOOKS_MIN = 32   /* before there are places for what was found */
};

const Method methods_none[METHODS];

typedef struct Chain {
    Table *passed[2 * CLASSES_MAX];
    int count;
} Chain;

/* Contents of the table that v is, if they are at hand: it is passed. */
static const TableBody *pass(Run *R, Chain *c, Value v)
{
    const TableBody *b = heap_table_at_hand(R, v);
    if (b) c->passed[c->count++] = value_pointer(v);
    return b;
}

/* Manual 2.4, where each __index is a table. */
static Value look(Run *R, Chain *c, Table *meta, const String *index, const String *key,
                  uint32_t hash)
{
    for (int i = 0; i < CLASSES_MAX; i++) {
        if (!meta) return V_NIL;
        const TableBody *b = pass(R, c, value_object(meta));
        if (!b) return TABLE_LOOK;
        Value handler = table_get_string(b, index, string_hash(index));
        if (handler == V_NIL) return V_NIL;
        b = pass(R, c, handler);
        if (!b) return TABLE_LOOK;
        Value v = table_get_string(b, key, hash);
        if (v != V_NIL) return v;
        meta = b->meta;
    }
    return TABLE_LOOK;
}

/* Whether there are places. */
static bool open_places(Run *R)
{
    if (R->methods != methods_none) return true;
    if (++R->methods_looks < LOOKS_MIN) return false;
    R->methods = mem_alloc(sizeof methods_none);
    return true;
}

/* Entries of this age depend on it. */
static void note_key(Run *R, uint32_t hash)
{
    R->methods_keys[hash % METHOD_KEYS / 64] |= (uint64_t)1 << hash % 64;
}

static void note_keys(Run *R, const String *index, uint32_t hash)
{
    if (R->methods_keys_age != R->methods_age) {
        memset(R->methods_keys, 0, sizeof R->methods_keys);
        R->methods_keys_age = R->methods_age;
    }
    note_key(R, string_hash(index));
    note_key(R, hash);
}

static void remember(Run *R, const Chain *c, Method m, const String *index, uint32_t hash)
{
    if (!open_places(R)) return;
    note_keys(R, index, hash);
    for (int i = 0; i < c->count; i++) table_set_passed(c->passed[i]);
    m.age = R->methods_age;
    const Method *to = &R->methods[methods_place(m.meta, hash)];
    bool taken = to->age == m.age && (to->meta != m.meta || to->key != m.key);
    if (taken) to = &R->methods[methods_second(m.meta, hash)];
    *(Method *)to = m;
}

void methods_keep_handler(Run *R, Table *meta, const String *index, Value handler)
{
    assert(value_is_function(handler) && "a handler is called");
    Chain c = {.count = 0};
    if (pass(R, &c, value_object(meta)))
        remember(R, &c, (Method){meta, NULL, handler, 0}, index, 0);
}

Value methods_look(Run *R, Table *meta, const String *index, const String *key, uint32_t hash)
{
    assert(meta && key && "something is looked for in a class");
    Value v = methods_get_at(R, meta, key, methods_second(meta, hash));
    if (v != TABLE_LOOK) return v;
    Chain c = {.count = 0};
    v = look(R, &c, meta, index, key, hash);
    if (v != TABLE_LOOK) remember(R, &c, (Method){meta, key, v, 0}, index, hash);
    return v;
}

void methods_forget(Run *R)
{
    R->methods = methods_none;
    R->methods_looks = 0;
    R->methods_age++;
}
