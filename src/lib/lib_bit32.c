/* SPDX-License-Identifier: MIT */
/* Bitwise operations (manual 6.7). The operations themselves are in bits.h. */
#include "lib/lib.h"

static bool arg_unsigned(Run *R, Value *a, int n, int i, uint32_t *out)
{
    double d;
    if (!arg_number(R, a, n, i, &d)) return false;
    *out = bits_unsigned(d);
    return true;
}

/* All arguments, and-ed. */
static bool and_all(Run *R, Value *a, int n, uint32_t *out)
{
    *out = UINT32_MAX;
    for (int i = 0; i < n; i++) {
        uint32_t x;
        if (!arg_unsigned(R, a, n, i, &x)) return false;
        *out &= x;
    }
    return true;
}

static int bit_and(Run *R, Value *a, int n)
{
    uint32_t x;
    if (!and_all(R, a, n, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(x));
}

static int bit_test(Run *R, Value *a, int n)
{
    uint32_t x;
    if (!and_all(R, a, n, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_boolean(x != 0));
}

static int bit_or(Run *R, Value *a, int n)
{
    uint32_t all = 0, x;
    for (int i = 0; i < n; i++) {
        if (!arg_unsigned(R, a, n, i, &x)) return NATIVE_ERROR;
        all |= x;
    }
    NATIVE_RETURN(value_number(all));
}

static int bit_xor(Run *R, Value *a, int n)
{
    uint32_t all = 0, x;
    for (int i = 0; i < n; i++) {
        if (!arg_unsigned(R, a, n, i, &x)) return NATIVE_ERROR;
        all ^= x;
    }
    NATIVE_RETURN(value_number(all));
}

static int bit_not(Run *R, Value *a, int n)
{
    uint32_t x;
    if (!arg_unsigned(R, a, n, 0, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(~x));
}

/* Shifts and rotations: a number and a number of places. PUC Lua, where C leaves the
 * order open, looks at the places first; only arshift does not. */
static bool shift_args(Run *R, Value *a, int n, uint32_t *x, int32_t *places)
{
    return arg_int(R, a, n, 1, places) && arg_unsigned(R, a, n, 0, x);
}

#define X_SHIFTS(X)                         \
    X(lshift, bits_shift_left(x, places))   \
    X(rshift, bits_shift_right(x, places))  \
    X(lrotate, bits_rotate_left(x, places)) \
    X(rrotate, bits_rotate_left(x, -(int64_t)places))

#define X_DEFINE(name, result)                                      \
    static int bit_##name(Run *R, Value *a, int n)                  \
    {                                                               \
        uint32_t x;                                                 \
        int32_t places;                                             \
        if (!shift_args(R, a, n, &x, &places)) return NATIVE_ERROR; \
        NATIVE_RETURN(value_number(result));                        \
    }
X_SHIFTS(X_DEFINE)
#undef X_DEFINE

static int bit_arshift(Run *R, Value *a, int n)
{
    uint32_t x;
    int32_t places;
    if (!arg_unsigned(R, a, n, 0, &x) || !arg_int(R, a, n, 1, &places)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(bits_shift_arithmetic(x, places)));
}

/* The field from argument i on and the width behind it. */
static bool arg_field(Run *R, Value *a, int n, int i, int32_t *from, int32_t *width)
{
    if (!arg_int(R, a, n, i, from) || !arg_int_or(R, a, n, i + 1, 1, width)) return false;
    BitsFault fault = bits_check_field(*from, *width);
    const char *text = bits_fault_text(fault);
    if (fault == BITS_BAD_RANGE)
        native_error(R, "%s", text);
    else if (fault != BITS_OK)
        native_arg_error(R, fault == BITS_BAD_FROM ? i : i + 1, "%s", text);
    return fault == BITS_OK;
}

static int bit_extract(Run *R, Value *a, int n)
{
    uint32_t x;
    int32_t from, width;
    if (!arg_unsigned(R, a, n, 0, &x) || !arg_field(R, a, n, 1, &from, &width))
        return NATIVE_ERROR;
    NATIVE_RETURN(value_number(bits_extract(x, from, width)));
}

static int bit_replace(Run *R, Value *a, int n)
{
    uint32_t x, v;
    int32_t from, width;
    if (!arg_unsigned(R, a, n, 0, &x) || !arg_unsigned(R, a, n, 1, &v) ||
        !arg_field(R, a, n, 2, &from, &width))
        return NATIVE_ERROR;
    NATIVE_RETURN(value_number(bits_replace(x, v, from, width)));
}

static const NativeDef functions[] = {
    {"arshift", bit_arshift},
    {"band", bit_and},
    {"bnot", bit_not},
    {"bor", bit_or},
    {"btest", bit_test},
    {"bxor", bit_xor},
    {"extract", bit_extract},
    {"replace", bit_replace},
#define X_ENTRY(name, result) {#name, bit_##name},
    X_SHIFTS(X_ENTRY)
#undef X_ENTRY
        {NULL, NULL},
};

void lib_open_bit32(Run *R) { lib_new(R, "bit32", functions); }
