/* SPDX-License-Identifier: MIT */
/*
 * Bitwise operations (manual 6.7). The operations themselves are in bits.h.
 *
 * Main invariant: arguments are looked at in PUC Lua's order, so that of several wrong ones the
 * same is named.
 */
#include "lib/lib.h"
#include "lib/natives.h"

static bool arg_unsigned(Machine *M, Value *a, int n, int i, uint32_t *out)
{
    double d;
    if (!arg_number(M, a, n, i, &d)) return false;
    *out = bits_unsigned(d);
    return true;
}

/* All arguments, and-ed. */
static bool and_all(Machine *M, Value *a, int n, uint32_t *out)
{
    *out = UINT32_MAX;
    for (int i = 0; i < n; i++) {
        uint32_t x;
        if (!arg_unsigned(M, a, n, i, &x)) return false;
        *out &= x;
    }
    return true;
}

static int bit_and(Machine *M, Value *a, int n)
{
    uint32_t x;
    if (!and_all(M, a, n, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(x));
}

static int bit_test(Machine *M, Value *a, int n)
{
    uint32_t x;
    if (!and_all(M, a, n, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_boolean(x != 0));
}

static int bit_or(Machine *M, Value *a, int n)
{
    uint32_t all = 0, x;
    for (int i = 0; i < n; i++) {
        if (!arg_unsigned(M, a, n, i, &x)) return NATIVE_ERROR;
        all |= x;
    }
    NATIVE_RETURN(value_number(all));
}

static int bit_xor(Machine *M, Value *a, int n)
{
    uint32_t all = 0, x;
    for (int i = 0; i < n; i++) {
        if (!arg_unsigned(M, a, n, i, &x)) return NATIVE_ERROR;
        all ^= x;
    }
    NATIVE_RETURN(value_number(all));
}

static int bit_not(Machine *M, Value *a, int n)
{
    uint32_t x;
    if (!arg_unsigned(M, a, n, 0, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(~x));
}

/* Shifts and rotations: a number and a number of places. PUC Lua, where C leaves the
 * order open, looks at the places first; only arshift does not. */
static bool shift_args(Machine *M, Value *a, int n, uint32_t *x, int32_t *places)
{
    return arg_int(M, a, n, 1, places) && arg_unsigned(M, a, n, 0, x);
}

#define X_SHIFTS(X)                         \
    X(lshift, bits_shift_left(x, places))   \
    X(rshift, bits_shift_right(x, places))  \
    X(lrotate, bits_rotate_left(x, places)) \
    X(rrotate, bits_rotate_left(x, -(int64_t)places))

#define X_DEFINE(name, result)                                      \
    static int bit_##name(Machine *M, Value *a, int n)              \
    {                                                               \
        uint32_t x;                                                 \
        int32_t places;                                             \
        if (!shift_args(M, a, n, &x, &places)) return NATIVE_ERROR; \
        NATIVE_RETURN(value_number(result));                        \
    }
X_SHIFTS(X_DEFINE)
#undef X_DEFINE

static int bit_arshift(Machine *M, Value *a, int n)
{
    uint32_t x;
    int32_t places;
    if (!arg_unsigned(M, a, n, 0, &x) || !arg_int(M, a, n, 1, &places)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(bits_shift_arithmetic(x, places)));
}

/* The field from argument i on and the width behind it. */
static bool arg_field(Machine *M, Value *a, int n, int i, int32_t *from, int32_t *width)
{
    if (!arg_int(M, a, n, i, from) || !arg_int_or(M, a, n, i + 1, 1, width)) return false;
    BitsFault fault = bits_check_field(*from, *width);
    const char *text = bits_fault_text(fault);
    if (fault == BITS_BAD_RANGE)
        native_refuse(M, a, n, text);
    else if (fault != BITS_OK)
        native_arg_error(M, a, n, fault == BITS_BAD_FROM ? i : i + 1, "%s", text);
    return fault == BITS_OK;
}

static int bit_extract(Machine *M, Value *a, int n)
{
    uint32_t x;
    int32_t from, width;
    if (!arg_unsigned(M, a, n, 0, &x) || !arg_field(M, a, n, 1, &from, &width))
        return NATIVE_ERROR;
    NATIVE_RETURN(value_number(bits_extract(x, from, width)));
}

static int bit_replace(Machine *M, Value *a, int n)
{
    uint32_t x, v;
    int32_t from, width;
    if (!arg_unsigned(M, a, n, 0, &x) || !arg_unsigned(M, a, n, 1, &v) ||
        !arg_field(M, a, n, 2, &from, &width))
        return NATIVE_ERROR;
    NATIVE_RETURN(value_number(bits_replace(x, v, from, width)));
}

const NativeDef natives_bit32[] = {
    NATIVE_OWN("bit32.arshift", bit_arshift, WORK_FIXED,
               NATIVE_DOC("x, n", "x shifted to the right, filled with its highest bit.")),
    NATIVE_OWN("bit32.band", bit_and, WORK_VALUES, NATIVE_DOC("...", "Bits that all have.")),
    NATIVE_OWN("bit32.bnot", bit_not, WORK_FIXED,
               NATIVE_DOC("x", "The bits that x does not have.")),
    NATIVE_OWN("bit32.bor", bit_or, WORK_VALUES, NATIVE_DOC("...", "Bits that any has.")),
    NATIVE_OWN("bit32.btest", bit_test, WORK_VALUES,
               NATIVE_DOC("...", "Whether there are bits that all have.")),
    NATIVE_OWN("bit32.bxor", bit_xor, WORK_VALUES,
               NATIVE_DOC("...", "Bits that an odd number of them has.")),
    NATIVE_OWN("bit32.extract", bit_extract, WORK_FIXED,
               NATIVE_DOC("x, field [, width]", "The bits field..field+width-1 as a number.")),
    NATIVE_OWN("bit32.lrotate", bit_lrotate, WORK_FIXED,
               NATIVE_DOC("x, n", "x rotated to the left.")),
    NATIVE_OWN("bit32.lshift", bit_lshift, WORK_FIXED,
               NATIVE_DOC("x, n", "x shifted to the left.")),
    NATIVE_OWN("bit32.replace", bit_replace, WORK_FIXED,
               NATIVE_DOC("x, v, field [, width]", "x with these bits replaced by v.")),
    NATIVE_OWN("bit32.rrotate", bit_rrotate, WORK_FIXED,
               NATIVE_DOC("x, n", "x rotated to the right.")),
    NATIVE_OWN("bit32.rshift", bit_rshift, WORK_FIXED,
               NATIVE_DOC("x, n", "x shifted to the right.")),
    NATIVE_ROWS_END,
};

void lib_open_bit32(Machine *M) { lib_new(M, "bit32", natives_bit32); }
