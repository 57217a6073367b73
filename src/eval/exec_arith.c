/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic, comparison, negation: the numeric families.
 *
 * Main invariant: a node here works on numbers alone. Before it has changed anything it hands
 * all else over to a slow path.
 */

#include "eval/exec.h"

/* CALC_<op>(z, x, y): the result z, or jump to `slow`. */
#define CALC_ADD(z, x, y) double z = (x) + (y);
#define CALC_SUB(z, x, y) double z = (x) - (y);
#define CALC_MUL(z, x, y) double z = (x) * (y);
#define CALC_DIV(z, x, y) double z = (x) / (y);
#define CALC_MOD(z, x, y)                                   \
    double z;                                               \
    if (UNLIKELY(!arith_mod_whole(x, y, &z))) {             \
        if (UNLIKELY(!arith_mod_is_quick(x, y))) goto slow; \
        z = arith_mod_quick(x, y);                          \
    }
#define CALC_POW(z, x, y) double z = number_pow(x, y);

#define X_ARITH(op, l, r, dst)                                                    \
    EXEC(exec_##op##_##l##r##_##dst)                                              \
    {                                                                             \
        FETCH_left_##l(x) FETCH_right_##r(y) CALC_##op(z, x, y) DELIVER_##dst(z); \
        SLOW_LABEL;                                                               \
        HAND(slow_arith, n, fp, BOXED_##l##r, d);                                 \
    }
KINDS_ARITH(X_ARITH)
#undef X_ARITH

#define OP_LT(x, y) ((x) < (y))
#define OP_LE(x, y) ((x) <= (y))

#define X_COMPARE(op, l, r, s)                                          \
    EXEC(exec_##op##_##l##r##_##s)                                      \
    {                                                                   \
        FETCH_left_##l(x) FETCH_right_##r(y) BRANCH_##s(OP_##op(x, y)); \
        SLOW_LABEL;                                                     \
        HAND(slow_compare, n, fp, BOXED_##l##r, d);                     \
    }
KINDS_COMPARE(X_COMPARE)
#undef X_COMPARE

#define X_NEG(o, dst)                        \
    EXEC(exec_NEG_##o##_##dst)               \
    {                                        \
        FETCH_left_##o(x) DELIVER_##dst(-x); \
        SLOW_LABEL;                          \
        HAND(slow_neg, n, fp, BOXED_##o, d); \
    }
KINDS_NEG(X_NEG)
#undef X_NEG

/* Equality. Two tables or userdata may have an __eq: that is the slow path. */
#define EQUAL_left_L fp[n->a]
#define EQUAL_left_A acc
#define EQUAL_right_L fp[n->b]
#define EQUAL_right_K n->k.v
#define EQUAL_right_A acc

static inline bool equal_may_have_meta(Value x, Value y)
{
    return value_is_object(x) && value_is_object(y);
}

/* Whether its equality with itself is paid for (string_pay_same). */
static inline bool equal_is_paid(Value x)
{
    return value_is_object(x) && object_raw_type(value_pointer(x)) == OBJ_STRING &&
           value_string(x)->length > STRING_PAID;
}

/* Two strings: most differ in their lengths, or are constants, or short. */
typedef enum Sight { ARE_NOT, ARE_SAME, TO_LOOK_AT } Sight;
static inline Sight equal_at_sight(const String *x, const String *y)
{
    enum { SHORT = 32 };
    if (x->length != y->length) return ARE_NOT;
    if (x->length > SHORT) return TO_LOOK_AT;
    if (x->h.flags & y->h.flags & STRING_INTERNED) return x == y ? ARE_SAME : ARE_NOT;
    return string_same_bytes(x->data, y->data, x->length) ? ARE_SAME : ARE_NOT;
}
static inline bool equal_long(const String *x, const String *y)
{
    if (x == y) string_pay_equal(x);
    if (x == y) return true;
    return !(x->h.flags & y->h.flags & STRING_INTERNED) && string_equal_slow(x, y);
}

/* objects_: x and y are two objects. long_: they are strings that take a call. */
#define X_EQUAL(l, r, s)                                                                     \
    static NOINLINE EXEC(long_EQ_##l##r##_##s)                                               \
    {                                                                                        \
        BRANCH_##s(equal_long(value_string(EQUAL_left_##l), value_string(EQUAL_right_##r))); \
    }                                                                                        \
    static NOINLINE EXEC(objects_EQ_##l##r##_##s)                                            \
    {                                                                                        \
        const void *x = value_pointer(EQUAL_left_##l);                                       \
        const void *y = value_pointer(EQUAL_right_##r);                                      \
        if (object_type(x) != object_type(y)) BRANCH_##s(false);                             \
        if (UNLIKELY(object_type(x) != OBJ_STRING)) HAND(slow_equal, n, fp, acc, d);         \
        Sight seen = equal_at_sight(x, y);                                                   \
        if (UNLIKELY(seen == TO_LOOK_AT)) HAND(long_EQ_##l##r##_##s, n, fp, acc, d);         \
        BRANCH_##s(seen == ARE_SAME);                                                        \
    }                                                                                        \
    EXEC(exec_EQ_##l##r##_##s)                                                               \
    {                                                                                        \
        Value x = EQUAL_left_##l, y = EQUAL_right_##r;                                       \
        if (value_is_number(x) && value_is_number(y))                                        \
            BRANCH_##s(value_to_double(x) == value_to_double(y));                            \
        if (x == y && !equal_is_paid(x)) BRANCH_##s(true);                                   \
        if (!equal_may_have_meta(x, y)) BRANCH_##s(false);                                   \
        HAND(objects_EQ_##l##r##_##s, n, fp, acc, d);                                        \
    }
KINDS_EQUAL(X_EQUAL)
#undef X_EQUAL
