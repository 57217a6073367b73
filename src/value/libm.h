/* SPDX-License-Identifier: MIT */
/*
 * The C library's mathematical functions that are not one instruction, behind an indirection.
 * With glibc, libm is opened when the first of them is called, because most programs call none,
 * and opening it takes a tenth of the time to start and 300 KB. The address space that it needs
 * is kept for it while programs grow.
 *
 * Cost: one load and an indirect call.
 */
#ifndef MOONLET_LIBM_H
#define MOONLET_LIBM_H

#include <stddef.h>

/* The functions of one number, and of two. */
#define X_LIBM_1(X) \
    X(acos) X(asin) X(atan) X(cos) X(cosh) X(exp) X(log) X(log10) X(sin) X(sinh) X(tan) X(tanh)
#define X_LIBM_2(X) X(atan2) X(fmod) X(pow)

typedef struct Libm {
#define X_MEMBER_1(f) double (*f)(double);
#define X_MEMBER_2(f) double (*f)(double, double);
    X_LIBM_1(X_MEMBER_1)
    X_LIBM_2(X_MEMBER_2)
#undef X_MEMBER_1
#undef X_MEMBER_2
} Libm;

extern const Libm *libm_opened; /* NULL until libm_open is called; atomic */
const Libm *libm_open(void);
/* To be called once, at the start. Keeps the memory that opening libm needs, in case the
 * program uses up all there is. */
void libm_prepare(void);
/* A shared library, as dlopen opens it. PUC Lua's programs are linked with libm, so modules
 * made for them may call its functions without naming it: one that lacks functions has libm's.
 */
void *libm_open_library(const char *file, int flags);

static inline const Libm *libm(void)
{
    const Libm *m = __atomic_load_n(&libm_opened, __ATOMIC_ACQUIRE);
    return __builtin_expect(m != NULL, 1) ? m : libm_open();
}

#endif
