/* SPDX-License-Identifier: MIT */
/*
 * Value: one Lua value in 64 bits.
 *
 *   0000 pppp pppp pppp   pointer to a heap object (raw, so that bdwgc sees it)
 *   0000 0000 0000 000i   immediates: nil 0, false 1, true 2
 *   0002 .... .... .... \
 *   ...                  } a double, its bits plus 2^49
 *   fffc .... .... .... /
 *
 * This is JavaScriptCore's encoding. Invariants:
 *  1. nil is the zero word, so cleared memory is an array of nils.
 *  2. a value is false in a condition exactly when it is <= V_FALSE.
 *  3. a NaN is one of the two quiet NaNs of the machine (value_number keeps it
 *     so for every double that arithmetic can make; bytes from outside go
 *     through value_number_checked).
 *
 * Every heap object starts with an Object header. Objects with identity and
 * mutable contents (Table, Cell, Coroutine, Userdata) go on with `epoch`, the
 * edit token of the run that made them; see state/heap.h for how contents are
 * found once that epoch is over.
 */
#ifndef MOONLET_VALUE_H
#define MOONLET_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if UINTPTR_MAX != 0xffffffffffffffff
#error "Moonlet needs pointers of 64 bits: a Value is one, or a double"
#endif

typedef uint64_t Value;

#define V_NIL ((Value)0)
#define V_FALSE ((Value)1)
#define V_TRUE ((Value)2)
#define VALUE_DOUBLE_OFFSET ((uint64_t)1 << 49)

typedef enum ObjectType {
    OBJ_STRING = 1,
    OBJ_TABLE,
    OBJ_CLOSURE, /* a Lua function */
    OBJ_NATIVE,  /* a C function */
    OBJ_COROUTINE,
    OBJ_USERDATA,
    OBJ_LIGHT, /* light userdata: a boxed C pointer, equal by content */
    OBJ_CELL,  /* a captured variable; never a Lua value of its own */
    /* Added to the type of an object that some state's heap map has an entry
     * for. A test for the plain type is thus also the test that the contents
     * may be read straight from the object. Sticky, set with a relaxed store. */
    OBJ_REMAPPED = 0x80
} ObjectType;

typedef struct Object {
    union {
        struct {
            uint8_t type;  /* ObjectType, perhaps with OBJ_REMAPPED */
            uint8_t flags; /* by type */
        };
        uint16_t kind; /* both */
    };
    uint16_t id_high;
    uint32_t id_low; /* strings: the hash, 0 if not yet known */
} Object;

/* A boxed C pointer (OBJ_LIGHT). Two with the same pointer are the same value. */
typedef struct Light {
    Object h;
    void *pointer;
} Light;

/* Object.flags of a Light: it points to what the host knows of a function, which has a name.
 * Its address is no part of a state; no program sees it. */
enum { LIGHT_RECORD = 1 };

/* The types as Lua programs see them, in the order of the manual's lua_type. */
typedef enum LuaType {
    TYPE_NIL,
    TYPE_BOOLEAN,
    TYPE_LIGHT,
    TYPE_NUMBER,
    TYPE_STRING,
    TYPE_TABLE,
    TYPE_FUNCTION,
    TYPE_USERDATA,
    TYPE_THREAD,
    TYPE_COUNT
} LuaType;

static inline bool value_is_number(Value v) { return v >= VALUE_DOUBLE_OFFSET; }
static inline bool value_is_object(Value v) { return v > 15 && v < VALUE_DOUBLE_OFFSET; }
static inline bool value_is_false(Value v) { return v <= V_FALSE; }
static inline bool value_is_boolean(Value v) { return v == V_FALSE || v == V_TRUE; }

static inline Value value_number(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, 8);
    return bits + VALUE_DOUBLE_OFFSET;
}

static inline double value_to_double(Value v)
{
    double d;
    v -= VALUE_DOUBLE_OFFSET;
    memcpy(&d, &v, 8);
    return d;
}

/* The evaluator's arithmetic uses these. value_unbox is value_is_number and value_to_double in
 * one: the carry of the subtraction tells. The empty asm keeps compilers from comparing first,
 * with another constant; it is the same for all in a function. */
static inline uint64_t value_offset(void)
{
    uint64_t offset = VALUE_DOUBLE_OFFSET;
    __asm__("" : "+r"(offset));
    return offset;
}

static inline bool value_unbox(Value v, double *d)
{
    uint64_t bits;
    bool number = !__builtin_sub_overflow(v, value_offset(), &bits);
    memcpy(d, &bits, 8);
    return number;
}

static inline Value value_box(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, 8);
    return bits + value_offset();
}

/* The value of a double whose bits come from outside: any NaN becomes a plain one, of its sign.
 */
static inline Value value_number_checked(double d)
{
    return value_number(d == d ? d : __builtin_copysign(__builtin_nan(""), d));
}

static inline Value value_boolean(bool b) { return b ? V_TRUE : V_FALSE; }
static inline Value value_object(const void *o) { return (Value)(uintptr_t)o; }
static inline void *value_pointer(Value v) { return (void *)(uintptr_t)v; }

static inline uint8_t object_raw_type(const void *o)
{
    return __atomic_load_n(&((const Object *)o)->type, __ATOMIC_RELAXED);
}
/* Both, to be compared with OBJECT_KIND of a type with flags 0. */
static inline uint16_t object_raw_kind(const void *o)
{
    return __atomic_load_n(&((const Object *)o)->kind, __ATOMIC_RELAXED);
}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OBJECT_KIND(type) ((uint16_t)(type))
#else
#define OBJECT_KIND(type) ((uint16_t)((type) << 8))
#endif
/* Whether v is a value, as far as one word and the object's type tell: for checks. */
bool value_is_valid(Value v);

static inline ObjectType object_type(const void *o)
{
    return (ObjectType)(object_raw_type(o) & ~OBJ_REMAPPED);
}
static inline bool object_is_remapped(const void *o)
{
    return object_raw_type(o) & OBJ_REMAPPED;
}
static inline void object_mark_remapped(void *o)
{
    Object *h = o;
    __atomic_store_n(&h->type, (uint8_t)(object_raw_type(o) | OBJ_REMAPPED), __ATOMIC_RELAXED);
}

/* The object's per-lineage serial number: what stands in for its address in
 * hashes and in tostring, so that a replay is the same everywhere. */
static inline uint64_t object_id(const void *o)
{
    const Object *h = o;
    return (uint64_t)h->id_high << 32 | h->id_low;
}
static inline void object_init(Object *h, ObjectType type, uint64_t id)
{
    h->type = (uint8_t)type;
    h->flags = 0;
    h->id_high = (uint16_t)(id >> 32);
    h->id_low = (uint32_t)id;
}

static inline bool value_is(Value v, ObjectType type)
{
    return value_is_object(v) && object_type(value_pointer(v)) == type;
}
static inline bool value_is_string(Value v) { return value_is(v, OBJ_STRING); }
static inline bool value_is_table(Value v) { return value_is(v, OBJ_TABLE); }
static inline bool value_is_function(Value v)
{
    return value_is(v, OBJ_CLOSURE) || value_is(v, OBJ_NATIVE);
}

LuaType value_type(Value v);
/* "nil", "boolean", "number" ...: static storage. */
const char *value_type_name(Value v);
const char *lua_type_name(LuaType t);

/* Lua's raw equality (manual 3.4.3), O(1) but for long strings. */
bool value_equal_slow(Value a, Value b);
static inline bool value_equal(Value a, Value b)
{
    if (value_is_number(a) && value_is_number(b))
        return value_to_double(a) == value_to_double(b);
    return a == b || (value_is_object(a) && value_is_object(b) && value_equal_slow(a, b));
}

/* 32-bit hash that depends on contents (strings, numbers) or id (objects). */
uint32_t value_hash(Value v);
/* Mixes a word so that regular keys (small integers as doubles, ids) spread evenly. */
static inline uint32_t value_hash_word(uint64_t x)
{
    unsigned __int128 product = (unsigned __int128)x * 0x9e3779b97f4a7c15u;
    return (uint32_t)(product >> 64) ^ (uint32_t)(product >> 32);
}
/* x without its fraction, or the least integer where that is none of 64 bits. C leaves open
 * what the conversion of such gives, and the processor does not. */
static inline int64_t value_whole(double x)
{
#ifdef __SSE2__
    int64_t i;
    __asm__("cvttsd2si %1, %0" : "=r"(i) : "x"(x));
    return i;
#else
    return x > -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
#endif
}
/* value_hash for v, which is i and a fraction. Those of one fraction, 32 in a row, have the
 * bits of a map's first three levels in common: they are neighbours in one node. */
static inline uint32_t value_hash_fraction(Value v, int64_t i)
{
    uint64_t word = v, place = 0;
#ifndef MOONLET_MUTABLE /* open addressing goes by the low bits */
    enum { ROW_BITS = 5, LEVELS_BITS = 15 };
    double fraction = value_to_double(v) - (double)i;
    if (fraction > -1 && fraction < 1) {
        word = value_number(fraction) ^ (uint64_t)(i >> ROW_BITS);
        place = (uint64_t)i % (1u << ROW_BITS) << LEVELS_BITS;
    }
#else
    (void)i;
#endif
    return value_hash_word(word) + (uint32_t)place;
}
/* value_hash for numbers; the key -0 must be a 0 already. Integers made in a row have the low
 * bits of their hashes in a row, so that a map of few has a place for each; what is far away is
 * mixed in. */
static inline uint32_t value_hash_number(Value v)
{
    enum { NEAR_BITS = 10 };
    int64_t i = value_whole(value_to_double(v));
    if ((double)i != value_to_double(v)) return value_hash_fraction(v, i);
    return (uint32_t)i + (uint32_t)(((uint64_t)i >> NEAR_BITS) * 0x9e3779b97f4a7c15u >> 32);
}
/* A total order on table keys of one hash, the same on every machine: see bucket.h. */
int value_order(Value a, Value b);

#endif
