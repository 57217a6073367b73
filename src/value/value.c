/* SPDX-License-Identifier: MIT */
/*
 * What all values have in common; see value.h.
 *
 * Main invariant: equal values have the same hash, and value_order answers 0 for them alone.
 */
#include "value/value.h"

#include "value/string.h"

LuaType value_type(Value v)
{
    static const uint8_t object_types[] = {
        [OBJ_STRING] = TYPE_STRING,    [OBJ_TABLE] = TYPE_TABLE,
        [OBJ_CLOSURE] = TYPE_FUNCTION, [OBJ_NATIVE] = TYPE_FUNCTION,
        [OBJ_COROUTINE] = TYPE_THREAD, [OBJ_USERDATA] = TYPE_USERDATA,
        [OBJ_LIGHT] = TYPE_LIGHT,      [OBJ_CELL] = TYPE_NIL,
    };
    if (value_is_number(v)) return TYPE_NUMBER;
    if (value_is_object(v)) return (LuaType)object_types[object_type(value_pointer(v))];
    return v == V_NIL ? TYPE_NIL : TYPE_BOOLEAN;
}

const char *lua_type_name(LuaType t)
{
    static const char *const names[TYPE_COUNT] = {"nil",      "boolean",  "userdata",
                                                  "number",   "string",   "table",
                                                  "function", "userdata", "thread"};
    return names[t];
}

const char *value_type_name(Value v) { return lua_type_name(value_type(v)); }

bool value_equal_slow(Value a, Value b)
{
    const Object *x = value_pointer(a), *y = value_pointer(b);
    ObjectType type = object_type(x);
    if (type != object_type(y)) return false;
    if (type == OBJ_STRING) return string_equal(value_string(a), value_string(b));
    if (type == OBJ_LIGHT) return ((const Light *)x)->pointer == ((const Light *)y)->pointer;
    return x == y;
}

/* The bits of an id by fives, the highest of the last 25 first: objects made in a row are
 * neighbours in a map, in full nodes, so that a large one is walked through and not jumped
 * about in. */
static uint32_t hash_id(uint64_t id)
{
#ifdef MOONLET_MUTABLE /* open addressing goes by the low bits */
    return value_hash_word(id);
#else
    uint32_t x = (uint32_t)id;
    return (x >> 20 & 31) | (x >> 15 & 31) << 5 | (x >> 10 & 31) << 10 | (x >> 5 & 31) << 15 |
           (x & 31) << 20 | x >> 25 << 25;
#endif
}

uint32_t value_hash(Value v)
{
    if (value_is_number(v))
        return value_hash_number(value_to_double(v) == 0 ? value_number(0) : v);
    if (!value_is_object(v)) return value_hash_word(v);
    const Object *o = value_pointer(v);
    switch (object_type(o)) {
    case OBJ_STRING: return string_hash(value_string(v));
    case OBJ_LIGHT: return value_hash_word((uintptr_t)((const Light *)o)->pointer);
    default: return hash_id(object_id(o));
    }
}

static int order_words(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int order_strings(const String *a, const String *b)
{
    if (a->length != b->length) return order_words(a->length, b->length);
    return memcmp(a->data, b->data, a->length);
}

/* Numbers and the rest by their words (which puts the rest first), objects by type, then
 * content or id; strings by length first, which is soon told. The address decides only between
 * objects of different lineages, which are never in one table. */
int value_order(Value a, Value b)
{
    if (!value_is_object(a) || !value_is_object(b)) return order_words(a, b);
    const Object *x = value_pointer(a), *y = value_pointer(b);
    ObjectType type = object_type(x);
    if (type != object_type(y)) return type < object_type(y) ? -1 : 1;
    if (type == OBJ_STRING) return order_strings(value_string(a), value_string(b));
    if (type == OBJ_LIGHT)
        return order_words((uintptr_t)((const Light *)x)->pointer,
                           (uintptr_t)((const Light *)y)->pointer);
    int order = order_words(object_id(x), object_id(y));
    return order ? order : order_words(a, b);
}

bool value_is_valid(Value v)
{
    if (!value_is_object(v)) return v <= V_TRUE || value_is_number(v);
    if (v < 4096 || v % sizeof(Value)) return false;
    ObjectType type = object_type(value_pointer(v));
    return type >= OBJ_STRING && type <= OBJ_CELL;
}
