/* SPDX-License-Identifier: MIT */
/*
 * Pool: one state, one function, many inputs, on all processors.
 *
 *   base --+-- fork 0: f(input 0) --> outcome 0      thread 1 takes 0, 2, 3, ...
 *          +-- fork 1: f(input 1) --> outcome 1      thread 2 takes 1, 4, ...
 *          '-- fork 2: ...
 *
 * Each item runs in a fork of its own, so an outcome depends on base, f and the input
 * alone: not on the number of threads, not on the other items. Threads take the next
 * item from one atomic counter, so uneven items balance; nothing else is shared, no
 * lock is taken per item. An item that fails or runs out of steps fails alone.
 */
#ifndef MOONLET_POOL_H
#define MOONLET_POOL_H

#include "eval/eval.h"

typedef enum PoolStatus {
    POOL_WAITING, /* never begun: cancelled before its turn */
    POOL_OK,
    POOL_FAILED,
    POOL_LIMIT /* out of steps; state holds the paused program */
} PoolStatus;

typedef struct PoolOutcome {
    PoolStatus status;
    State *state;  /* the item's world when it ended */
    Value *values; /* results, belonging to state; of a failure: the error value */
    uint32_t count;
} PoolOutcome;

typedef struct Pool {
    const State *base;
    Value function;
    const Value *inputs; /* one argument for each item */
    size_t count;
    unsigned threads;     /* 0: as many as processors */
    uint64_t steps;       /* for each item; UINT64_MAX: no limit */
    volatile int *cancel; /* stop taking items when it is not 0; may be NULL */
    /* Called now and then, by the thread that called pool_run; may be NULL. */
    void (*progress)(void *context, size_t done, size_t count);
    void *context;
} Pool;

/* Fills outcomes[0..count), which must be collected memory. Blocks. */
void pool_run(const Pool *pool, PoolOutcome *outcomes);
unsigned pool_processors(void);

#endif
