/* SPDX-License-Identifier: MIT */
/* Arithmetic, comparison, negation: the numeric families. */
#include <math.h>

#include "eval/exec.h"

#define OP_ADD(x, y) ((x) + (y))
#define OP_SUB(x, y) ((x) - (y))
#define OP_MUL(x, y) ((x) * (y))
#define OP_DIV(x, y) ((x) / (y))
#define OP_MOD(x, y) arith_mod(x, y)
#define OP_POW(x, y) number_pow(x, y)

#define X_ARITH(op, l, r, dst)                                             \
    EXEC(exec_##op##_##l##r##_##dst)                                       \
    {                                                                      \
        FETCH_left_##l(x) FETCH_right_##r(y) DELIVER_##dst(OP_##op(x, y)); \
        SLOW_LABEL;                                                        \
        HAND(slow_arith, n, fp, BOXED_##l##r, d);                          \
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

#define X_EQUAL(l, r, s)                                          \
    EXEC(exec_EQ_##l##r##_##s)                                    \
    {                                                             \
        Value x = EQUAL_left_##l, y = EQUAL_right_##r;            \
        if (value_is_number(x) && value_is_number(y))             \
            BRANCH_##s(value_to_double(x) == value_to_double(y)); \
        if (x == y) BRANCH_##s(true);                             \
        if (!equal_may_have_meta(x, y)) BRANCH_##s(false);        \
        HAND(slow_equal, n, fp, acc, d);                          \
    }
KINDS_EQUAL(X_EQUAL)
#undef X_EQUAL
