/* SPDX-License-Identifier: MIT */
/*
 * What the files of content.h share: content.c (hashes, tables, functions, userdata) and
 * content_stack.c (coroutines).
 */
#ifndef MOONLET_CONTENT_INTERNAL_H
#define MOONLET_CONTENT_INTERNAL_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "digest/content.h"

/* What an object has, for the head of its hash. */
typedef enum Role {
    ROLE_PAIR,
    ROLE_LIGHT_VALUE, /* where a light userdata is */
    ROLE_LIGHT_KEY,
    ROLE_META,
    ROLE_CODE,
    ROLE_UPVALUE,
    ROLE_CELL,
    ROLE_STATUS,
    ROLE_STACK,
    ROLE_USER,
    ROLE_BYTES,
    ROLE_SHARED,
    ROLE_ROOT,
    ROLE_RANDOM
} Role;

static inline Sum sum_of(XXH128_hash_t h) { return (Sum){h.low64, h.high64}; }
static inline Sum content_hash_bytes(const void *bytes, size_t n)
{
    return sum_of(XXH3_128bits(bytes, n));
}

static inline void content_put(Content *c, Sum s)
{
    sum_add(&c->sum, c->off ? sum_negative(s) : s);
}

static inline uint64_t content_head(uint64_t id, Role role, unsigned types)
{
    return id << 16 | (uint64_t)role << 8 | types;
}

static inline Sum content_hash(uint64_t head, uint64_t a, uint64_t b)
{
    uint64_t words[3] = {head, a, b};
    return content_hash_bytes(words, sizeof words);
}

/* The hash of a string. A long one is read once. */
uint64_t content_text(Content *c, const String *s);
/* A light userdata is also, or no more, at the place. */
void content_add_place(Content *c, Value light, Sum place);
/* A value that is at a place of the object. */
void content_add_at(Content *c, uint64_t id, Role role, uint32_t at, Value v);

/* A value as 4 bits and a word: what it is, and its bits, bytes or id. */
typedef struct Word4 {
    unsigned type;
    uint64_t word;
} Word4;

static inline Word4 content_word(Content *c, Value v)
{
    if (!value_is_object(v)) return (Word4){0, v};
    const void *o = value_pointer(v);
    ObjectType type = object_type(o);
    if (type == OBJ_STRING) return (Word4){type, content_text(c, o)};
    if (type == OBJ_LIGHT) return (Word4){type, 0};
    return (Word4){type, object_id(o)};
}

static inline bool content_is_reference(Value v)
{
    if (!value_is_object(v)) return false;
    ObjectType type = object_type(value_pointer(v));
    return type != OBJ_STRING && type != OBJ_LIGHT;
}

static inline void content_refer(Content *c, Value v)
{
    if (content_is_reference(v)) c->refer(c->context, value_pointer(v));
}

/* The parts of content_add and content_change that are about coroutines.
 * content_change_coroutine answers false, and has done nothing, if all of both is to be looked
 * at. */
void content_add_coroutine(Content *c, const Coroutine *co, const CoBody *b);
bool content_change_coroutine(Content *c, const Coroutine *co, const CoBody *old,
                              const CoBody *now);

#endif
