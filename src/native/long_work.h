/* SPDX-License-Identifier: MIT */
/*
 * Long work: natives, and operators, that do what may take long in one go.
 *
 *   by pieces   they look after each whether the run is to stop (long_work_look)
 *   whole       what they call looks and gives up (mem_look): long_work_do
 *
 * When the run is to stop, what was charged and counted since the work began is as if it had
 * not been: it begins again when the run goes on. So nothing observable may have happened.
 */
#ifndef MOONLET_LONG_WORK_H
#define MOONLET_LONG_WORK_H

#include "native/native.h"

enum { LONG_PIECE = MEM_LONG }; /* bytes: some 100 us */

typedef struct LongWork {
    Machine *M;
    int64_t spent;
    uint64_t counted;
    uint32_t paid; /* see native_afford */
    bool given_up;
} LongWork;

static inline LongWork long_work_begin(Machine *M)
{
    return (LongWork){M, machine_spent(M), mem_counted, M->paid, false};
}
/* 0, or what the native is to return. */
int long_work_end(const LongWork *w);
static inline int long_work_look(const LongWork *w)
{
    return UNLIKELY(native_is_due(w->M)) ? long_work_end(w) : 0;
}

/* What the native is to return when its work has given up; 0 if it is to begin again at once.
 */
int long_work_given_up(const LongWork *w);

/* Does the work; whatever of it gives up is done again, at once if the run does not stop. Until
 * then the work may only have changed a[0], and must not have called. Gives what the native is
 * to return. */
typedef int LongWorkFn(Machine *M, Value *a, int n);
int long_work_do(Machine *M, Value *a, int n, LongWorkFn *fn);

#endif
