/* SPDX-License-Identifier: MIT */
/*
 * The mathematical functions (manual 6.6), with those of Lua 5.1 that Debian's Lua 5.2
 * keeps. Random numbers are part of the state (state/random.h), so a fork repeats them.
 */
#include "lib/lib.h"
#include "value/libm.h"

#include <math.h>

/* One number to one number. */
#define X_UNARY(X)          \
    X(abs, fabs)            \
    X(acos, libm()->acos)   \
    X(asin, libm()->asin)   \
    X(atan, libm()->atan)   \
    X(ceil, ceil)           \
    X(cos, libm()->cos)     \
    X(cosh, libm()->cosh)   \
    X(deg, to_degrees)      \
    X(exp, libm()->exp)     \
    X(floor, floor)         \
    X(log10, libm()->log10) \
    X(rad, to_radians)      \
    X(sin, libm()->sin)     \
    X(sinh, libm()->sinh)   \
    X(sqrt, sqrt)           \
    X(tan, libm()->tan)     \
    X(tanh, libm()->tanh)

static const double pi = 3.1415926535897932384626433832795;

static double to_degrees(double x) { return x / (pi / 180.0); }
static double to_radians(double x) { return x * (pi / 180.0); }

#define X_DEFINE(name, f)                                     \
    static int math_##name(Run *R, Value *a, int n)           \
    {                                                         \
        double x;                                             \
        if (!arg_number(R, a, n, 0, &x)) return NATIVE_ERROR; \
        NATIVE_RETURN(value_number(f(x)));                    \
    }
X_UNARY(X_DEFINE)
#undef X_DEFINE

static int math_atan2(Run *R, Value *a, int n)
{
    double y, x;
    if (!arg_number(R, a, n, 1, &x) || !arg_number(R, a, n, 0, &y)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(libm()->atan2(y, x)));
}

static int math_fmod(Run *R, Value *a, int n)
{
    double x, y;
    if (!arg_number(R, a, n, 1, &y) || !arg_number(R, a, n, 0, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(libm()->fmod(x, y)));
}

static int math_pow(Run *R, Value *a, int n)
{
    double x, y;
    if (!arg_number(R, a, n, 0, &x) || !arg_number(R, a, n, 1, &y)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(libm()->pow(x, y)));
}

static int math_log(Run *R, Value *a, int n)
{
    double x, base;
    if (!arg_number(R, a, n, 0, &x)) return NATIVE_ERROR;
    if (arg_absent(a, n, 1)) NATIVE_RETURN(value_number(libm()->log(x)));
    if (!arg_number(R, a, n, 1, &base)) return NATIVE_ERROR;
    const Libm *m = libm();
    NATIVE_RETURN(value_number(base == 10 ? m->log10(x) : m->log(x) / m->log(base)));
}

static int math_modf(Run *R, Value *a, int n)
{
    double x, whole;
    if (!arg_number(R, a, n, 0, &x)) return NATIVE_ERROR;
    double fraction = modf(x, &whole);
    a[0] = value_number(whole);
    a[1] = value_number(fraction);
    return 2;
}

static int math_frexp(Run *R, Value *a, int n)
{
    double x;
    int exponent = 0;
    if (!arg_number(R, a, n, 0, &x)) return NATIVE_ERROR;
    a[0] = value_number(frexp(x, &exponent));
    a[1] = value_number(exponent);
    return 2;
}

static int math_ldexp(Run *R, Value *a, int n)
{
    double x;
    int32_t exponent;
    if (!arg_number(R, a, n, 0, &x) || !arg_int(R, a, n, 1, &exponent)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(ldexp(x, exponent)));
}

/* The arguments are compared as PUC Lua does, which matters for NaN and -0. */
static int math_max(Run *R, Value *a, int n)
{
    double max, x;
    if (!arg_number(R, a, n, 0, &max)) return NATIVE_ERROR;
    for (int i = 1; i < n; i++) {
        if (!arg_number(R, a, n, i, &x)) return NATIVE_ERROR;
        if (x > max) max = x;
    }
    NATIVE_RETURN(value_number(max));
}

static int math_min(Run *R, Value *a, int n)
{
    double min, x;
    if (!arg_number(R, a, n, 0, &min)) return NATIVE_ERROR;
    for (int i = 1; i < n; i++) {
        if (!arg_number(R, a, n, i, &x)) return NATIVE_ERROR;
        if (x < min) min = x;
    }
    NATIVE_RETURN(value_number(min));
}

/* Random numbers ------------------------------------------------------------------- */

static double uniform(Run *R)
{
    return random_next(&R->random, R->epoch) % RANDOM_MAX / (double)RANDOM_MAX;
}

static int math_random(Run *R, Value *a, int n)
{
    double low = 1, high, r = uniform(R);
    switch (n) {
    case 0: NATIVE_RETURN(value_number(r));
    case 1:
        if (!arg_number(R, a, n, 0, &high)) return NATIVE_ERROR;
        if (!(high >= 1)) return native_arg_error(R, 0, "interval is empty");
        break;
    case 2:
        if (!arg_number(R, a, n, 0, &low) || !arg_number(R, a, n, 1, &high))
            return NATIVE_ERROR;
        if (!(low <= high)) return native_arg_error(R, 1, "interval is empty");
        break;
    default: return native_error(R, "wrong number of arguments");
    }
    NATIVE_RETURN(value_number(floor(r * (high - low + 1)) + low));
}

static int math_randomseed(Run *R, Value *a, int n)
{
    double seed;
    if (!arg_number(R, a, n, 0, &seed)) return NATIVE_ERROR;
    R->random = random_new(bits_unsigned(seed), R->epoch);
    random_next(&R->random, R->epoch); /* as lua5.2 does */
    return 0;
}

/* Opening -------------------------------------------------------------------------- */

static const NativeDef functions[] = {
#define X_ENTRY(name, f) {#name, math_##name},
    X_UNARY(X_ENTRY)
#undef X_ENTRY
        {"atan2", math_atan2},
    {"fmod", math_fmod},
    {"frexp", math_frexp},
    {"ldexp", math_ldexp},
    {"log", math_log},
    {"max", math_max},
    {"min", math_min},
    {"modf", math_modf},
    {"pow", math_pow},
    {"random", math_random},
    {"randomseed", math_randomseed},
    {NULL, NULL},
};

void lib_open_math(Run *R)
{
    Table *t = lib_new(R, "math", functions);
    run_set_field(R, t, "pi", value_number(pi));
    run_set_field(R, t, "huge", value_number(HUGE_VAL));
}
