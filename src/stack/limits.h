/* SPDX-License-Identifier: MIT */
/*
 * Limits: what a run may use, but for steps and bytes, which are counted elsewhere
 * (limits/budget.c, mem_bound).
 *
 * A run that reaches one of them stops, and the program cannot catch that. Where nobody has set
 * a limit, there still is a longest string and a deepest stack. To reach these is an error.
 */
#ifndef MOONLET_LIMITS_H
#define MOONLET_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    STACK_MAX_DEFAULT = 1000000, /* slots */
    STRING_MAX_DEFAULT = 0x7fffffff,
    PORTION_DEFAULT = 100000
};

typedef struct Limits {
    uint64_t deadline;                  /* ns on the monotonic clock; 0: none */
    uint64_t held;                      /* bytes that are alive; 0: no limit */
    int64_t portion;                    /* steps between polls */
    size_t string;                      /* bytes */
    size_t stack;                       /* slots of a coroutine's */
    bool stack_limited, string_limited; /* somebody has set these */
    bool bytes_limited;                 /* mem_bound is a limit of this run */
    bool stack_of_bytes;                /* from which the limit of the stack comes */
} Limits;

/* The limits of a run on which nobody has set any. */
static inline Limits limits_none(void)
{
    return (Limits){
        .portion = PORTION_DEFAULT, .string = STRING_MAX_DEFAULT, .stack = STACK_MAX_DEFAULT};
}

/* The processor time that all threads of a map have used, of which this one's run is a part. */
typedef struct SharedClock {
    _Atomic uint64_t *spent; /* ns, by all threads */
    uint64_t most;           /* ns: more stops them */
    clockid_t thread;        /* this thread's time, */
    uint64_t told;           /* of which so much is in *spent */
    uint64_t next;           /* when that is told again, on the monotonic clock */
} SharedClock;

/* What a run has until its turn comes, because it is an item of a map whose others run beside
 * it (map/turns.h). */
typedef struct Turn {
    /* Waits until it comes, and gives the run what it may use from then on. Answers false if
     * the run is to stop instead. */
    bool (*take)(struct Turn *);
} Turn;

/* Flags of others that make a run stop when they are not 0: a chain, seen at polls. */
typedef struct StopChain {
    const volatile int *flag; /* NULL: none */
    const struct StopChain *outer;
} StopChain;

static inline bool stop_flag(const volatile int *flag)
{
    return flag && __atomic_load_n(flag, __ATOMIC_RELAXED);
}
/* Whether others want the run to stop. */
static inline bool stop_wanted(const StopChain *s)
{
    for (; s; s = s->outer)
        if (stop_flag(s->flag)) return true;
    return false;
}

#endif
