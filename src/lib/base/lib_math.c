/* SPDX-License-Identifier: MIT */
/*
 * The mathematical functions (manual 6.6), with those of Lua 5.1 that Debian's Lua 5.2
 * keeps. Random numbers are part of the state (state/random.h), so a fork repeats them.
 *
 * Main invariant: a result depends on the arguments and on the state alone, whatever thread it
 * is worked out in.
 */
#include "lib/lib.h"
#include "lib/natives.h"
#include "value/libm.h"

#include <math.h>

/* One number to one number. */
#define X_UNARY(X)                                              \
    X(abs, fabs, "x without its sign.")                         \
    X(acos, libm()->acos, "Arc cosine, in radians.")            \
    X(asin, libm()->asin, "Arc sine, in radians.")              \
    X(atan, libm()->atan, "Arc tangent, in radians.")           \
    X(ceil, ceil, "The smallest integer that is not below x.")  \
    X(cos, libm()->cos, "Cosine of radians.")                   \
    X(cosh, libm()->cosh, "Hyperbolic cosine.")                 \
    X(deg, to_degrees, "Radians as degrees.")                   \
    X(exp, libm()->exp, "e to the power of x.")                 \
    X(floor, floor, "The largest integer that is not above x.") \
    X(log10, libm()->log10, "Logarithm to the base of 10.")     \
    X(rad, to_radians, "Degrees as radians.")                   \
    X(sin, libm()->sin, "Sine of radians.")                     \
    X(sinh, libm()->sinh, "Hyperbolic sine.")                   \
    X(sqrt, sqrt, "Square root.")                               \
    X(tan, libm()->tan, "Tangent of radians.")                  \
    X(tanh, libm()->tanh, "Hyperbolic tangent.")

static const double pi = 3.1415926535897932384626433832795;

static double to_degrees(double x) { return x / (pi / 180.0); }
static double to_radians(double x) { return x * (pi / 180.0); }

#define X_DEFINE(name, f, text)                               \
    static int math_##name(Machine *M, Value *a, int n)       \
    {                                                         \
        double x;                                             \
        if (!arg_number(M, a, n, 0, &x)) return NATIVE_ERROR; \
        NATIVE_RETURN(value_number(f(x)));                    \
    }
X_UNARY(X_DEFINE)
#undef X_DEFINE

static int math_atan2(Machine *M, Value *a, int n)
{
    double y, x;
    if (!arg_number(M, a, n, 1, &x) || !arg_number(M, a, n, 0, &y)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(libm()->atan2(y, x)));
}

static int math_fmod(Machine *M, Value *a, int n)
{
    double x, y;
    if (!arg_number(M, a, n, 1, &y) || !arg_number(M, a, n, 0, &x)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(libm()->fmod(x, y)));
}

static int math_pow(Machine *M, Value *a, int n)
{
    double x, y;
    if (!arg_number(M, a, n, 0, &x) || !arg_number(M, a, n, 1, &y)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(libm()->pow(x, y)));
}

static int math_log(Machine *M, Value *a, int n)
{
    double x, base;
    if (!arg_number(M, a, n, 0, &x)) return NATIVE_ERROR;
    if (arg_absent(a, n, 1)) NATIVE_RETURN(value_number(libm()->log(x)));
    if (!arg_number(M, a, n, 1, &base)) return NATIVE_ERROR;
    const Libm *m = libm();
    NATIVE_RETURN(value_number(base == 10 ? m->log10(x) : m->log(x) / m->log(base)));
}

static int math_modf(Machine *M, Value *a, int n)
{
    double x, whole;
    if (!arg_number(M, a, n, 0, &x)) return NATIVE_ERROR;
    double fraction = modf(x, &whole);
    a[0] = value_number(whole);
    a[1] = value_number(fraction);
    return 2;
}

static int math_frexp(Machine *M, Value *a, int n)
{
    double x;
    int exponent = 0;
    if (!arg_number(M, a, n, 0, &x)) return NATIVE_ERROR;
    a[0] = value_number(frexp(x, &exponent));
    a[1] = value_number(exponent);
    return 2;
}

static int math_ldexp(Machine *M, Value *a, int n)
{
    double x;
    int32_t exponent;
    if (!arg_number(M, a, n, 0, &x) || !arg_int(M, a, n, 1, &exponent)) return NATIVE_ERROR;
    NATIVE_RETURN(value_number(ldexp(x, exponent)));
}

/* The arguments are compared as PUC Lua does, which matters for NaN and -0. */
static int math_max(Machine *M, Value *a, int n)
{
    double max, x;
    if (!arg_number(M, a, n, 0, &max)) return NATIVE_ERROR;
    for (int i = 1; i < n; i++) {
        if (!arg_number(M, a, n, i, &x)) return NATIVE_ERROR;
        if (x > max) max = x;
    }
    NATIVE_RETURN(value_number(max));
}

static int math_min(Machine *M, Value *a, int n)
{
    double min, x;
    if (!arg_number(M, a, n, 0, &min)) return NATIVE_ERROR;
    for (int i = 1; i < n; i++) {
        if (!arg_number(M, a, n, i, &x)) return NATIVE_ERROR;
        if (x < min) min = x;
    }
    NATIVE_RETURN(value_number(min));
}

/* Random numbers ------------------------------------------------------------------- */

static double uniform(Machine *M)
{
    return random_next(&M->run.random, M->run.epoch) % RANDOM_MAX / (double)RANDOM_MAX;
}

static int math_random(Machine *M, Value *a, int n)
{
    double low = 1, high, r = uniform(M);
    switch (n) {
    case 0: NATIVE_RETURN(value_number(r));
    case 1:
        if (!arg_number(M, a, n, 0, &high)) return NATIVE_ERROR;
        if (!(high >= 1)) return native_arg_error(M, a, n, 0, "interval is empty");
        break;
    case 2:
        if (!arg_number(M, a, n, 0, &low) || !arg_number(M, a, n, 1, &high))
            return NATIVE_ERROR;
        if (!(low <= high)) return native_arg_error(M, a, n, 1, "interval is empty");
        break;
    default: return native_refuse(M, a, n, "wrong number of arguments");
    }
    NATIVE_RETURN(value_number(floor(r * (high - low + 1)) + low));
}

static int math_randomseed(Machine *M, Value *a, int n)
{
    double seed;
    if (!arg_number(M, a, n, 0, &seed)) return NATIVE_ERROR;
    M->run.random = random_new(bits_unsigned(seed), M->run.epoch);
    random_next(&M->run.random, M->run.epoch); /* as lua5.2 does */
    return 0;
}

/* Opening -------------------------------------------------------------------------- */

const NativeDef natives_math[] = {
#define X_ENTRY(name, f, text) \
    NATIVE_OWN("math." #name, math_##name, WORK_FIXED, NATIVE_DOC("x", text)),
    X_UNARY(X_ENTRY)
#undef X_ENTRY
        NATIVE_OWN("math.atan2", math_atan2, WORK_FIXED,
                   NATIVE_DOC("y, x", "Arc tangent of y/x, by the signs of both.")),
    NATIVE_OWN("math.fmod", math_fmod, WORK_FIXED,
               NATIVE_DOC("x, y", "The rest of x/y, with the sign of x.")),
    NATIVE_OWN("math.frexp", math_frexp, WORK_FIXED,
               NATIVE_DOC("x", "m and e with x = m * 2^e, m in [0.5, 1).")),
    NATIVE_OWN("math.ldexp", math_ldexp, WORK_FIXED, NATIVE_DOC("m, e", "m * 2^e")),
    NATIVE_OWN("math.log", math_log, WORK_FIXED,
               NATIVE_DOC("x [, base]", "Logarithm, natural without a base.")),
    NATIVE_OWN("math.max", math_max, WORK_VALUES, NATIVE_DOC("x, ...", "The largest.")),
    NATIVE_OWN("math.min", math_min, WORK_VALUES, NATIVE_DOC("x, ...", "The smallest.")),
    NATIVE_OWN("math.modf", math_modf, WORK_FIXED,
               NATIVE_DOC("x", "The integer part of x and the rest.")),
    NATIVE_OWN("math.pow", math_pow, WORK_FIXED, NATIVE_DOC("x, y", "x^y")),
    NATIVE_OWN("math.random", math_random, WORK_FIXED,
               NATIVE_DOC("[m [, n]]", "A number in [0, 1), in 1..m, in m..n; part of the "
                                       "state, so a replay has the same.")),
    NATIVE_OWN("math.randomseed", math_randomseed, WORK_FIXED,
               NATIVE_DOC("x", "Begins another sequence of random numbers.")),
    NATIVE_ROWS_END,
};

void lib_open_math(Machine *M)
{
    Table *t = lib_new(M, "math", natives_math);
    run_set_field(&M->run, t, "pi", value_number(pi));
    run_set_field(&M->run, t, "huge", value_number(HUGE_VAL));
}
