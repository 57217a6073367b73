/* SPDX-License-Identifier: MIT */
/*
 * Values as bytes, put where there is room for them: numbers, strings that were written a
 * moment ago, nil, booleans, tables. Nearly all values of most states are such.
 *
 * Main invariant: a put_* function writes at most VALUE_MAX bytes, and says where they end; or
 * it has done nothing, and answers NULL: the value is something else (save_other).
 */
#ifndef MOONLET_PUT_H
#define MOONLET_PUT_H

#include "image/save/saver.h"
#include "table/table_room.h"

enum { VALUE_MAX = NUMBER_MAX + 1 };
#define PUT_INLINE inline __attribute__((always_inline))

static PUT_INLINE uint8_t *put_double(uint8_t *to, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, 8);
    bits = htole64(bits);
    *to = TAG_DOUBLE;
    memcpy(to + 1, &bits, 8);
    return to + 9;
}

/* Small ones are in the tag. */
static PUT_INLINE uint8_t *put_integer(uint8_t *to, int64_t i)
{
    enum { SMALL = TAG_NEAR - TAG_SMALL };
    if ((uint64_t)i < SMALL) {
        *to = (uint8_t)(TAG_SMALL + i);
        return to + 1;
    }
    *to = i < 0 ? TAG_NEGATIVE : TAG_INTEGER;
    return number_put(to + 1, i < 0 ? (uint64_t)(-1 - i) : (uint64_t)i);
}

/* A number that may be a large integer. */
static PUT_INLINE uint8_t *put_large(uint8_t *to, double d)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    int64_t i = __builtin_fabs(d) <= exact ? (int64_t)d : 0;
    return d == (double)i && i ? put_integer(to, i) : put_double(to, d);
}

static PUT_INLINE uint8_t *put_number(uint8_t *to, Value v)
{
    double d = value_to_double(v);
    if (!(__builtin_fabs(d) < (double)INT32_MAX)) return put_large(to, d);
    int32_t i = (int32_t)d;
    return value_number(i) == v ? put_integer(to, i) : put_double(to, d); /* -0 is none */
}

static inline RecentString *recent_place(Saver *S, const String *s)
{
    return &S->recent[(uintptr_t)s / MEM_GRANULE % RECENT_STRINGS];
}

static PUT_INLINE uint8_t *put_string_number(uint8_t *to, uint32_t number)
{
    if (number < 0x100 - TAG_NEAR) {
        *to = (uint8_t)(TAG_NEAR + number);
        return to + 1;
    }
    *to = TAG_STRING_REF;
    return number_put(to + 1, number);
}

/* An object if it is a table and all is `plain`. */
static PUT_INLINE uint8_t *put_table(Saver *S, uint8_t *to, const Object *o)
{
    if (!S->plain || object_type(o) != OBJ_TABLE) return NULL;
    uint32_t number = objects_meet(&S->objects, o);
    bool fresh = number == OBJECT_NONE;
    *to = fresh ? TAG_TABLE : TAG_OBJECT;
    if (!fresh) return number_put(to + 1, S->objects.count - 1 - number);
    uint64_t before = S->last_id;
    S->last_id = object_id(o);
    return number_put(to + 1, number_of_signed((int64_t)(S->last_id - before)));
}

static PUT_INLINE uint8_t *put_value(Saver *S, uint8_t *to, Value v)
{
    if (value_is_number(v)) return put_number(to, v);
    if (value_is_object(v)) {
        const String *s = value_pointer(v);
        const RecentString *recent = recent_place(S, s);
        return recent->string == s ? put_string_number(to, recent->number)
                                   : put_table(S, to, &s->h);
    }
    *to = v == V_NIL ? TAG_NIL : v == V_FALSE ? TAG_FALSE : TAG_TRUE;
    return to + 1;
}

/* What is in front of a table's contents, as bits; all else of the room is mostly nothing. */
static inline unsigned table_bits(const TableBody *b, const TableRoom *room)
{
    return (b->meta ? TABLE_HAS_META : 0) | (room->array ? TABLE_HAS_ARRAY : 0) |
           (room->nodes ? TABLE_HAS_HASH : 0) | (room->shift ? TABLE_HAS_SHIFT : 0) |
           (room->removed ? TABLE_HAS_REMOVED : 0) | (room->numbers ? TABLE_HAS_NUMBERS : 0) |
           (room->words ? TABLE_HAS_WORDS : 0) | (room->bundled ? TABLE_HAS_BUNDLES : 0) |
           (table_is_frozen(b) ? TABLE_IS_FROZEN : 0) |
           (table_flags(b) & TABLE_GIVEN ? TABLE_IS_GIVEN : 0);
}

static PUT_INLINE uint8_t *put_room(uint8_t *to, const TableRoom *room)
{
    if (room->array) to = number_put(to, room->array);
    if (room->nodes) *to++ = (uint8_t)__builtin_ctz(room->nodes);
    if (room->shift) *to++ = room->shift;
    return to;
}

#endif
