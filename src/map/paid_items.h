/* SPDX-License-Identifier: MIT */
/*
 * PaidItems: items that a running program waits for, and pays for.
 *
 *   face       sets the function, the inputs, the options; brings the outcomes
 *   PaidItems  calls the function in forks of the program's world; charges the program
 *   Items      threads, processes (map/items.h)
 *
 * What the items use counts as the waiting run's own. When they reach one of its limits, it
 * stops, to do the whole map again when it goes on. Together they may use what that run has
 * left: items wait for their turn to use more than a share of it (map/turns.h). The time that
 * the run has left is for the sum of what its threads use of the processors. Ctrl-C ends all
 * items.
 *
 * Invariants:
 *  1. an item has the waiting run's limits, and its own where these are lower. Which of them
 * has stopped it is said by its status: OUTCOME_LIMIT for its own, OUTCOME_STOPPED for the
 * run's.
 *  2. whether the run stops, why, and what it is charged for then is as if the items had been
 * done one after the other.
 *  3. an item's outcome does not depend on when progress is told: that is done in a fork, too.
 */
#ifndef MOONLET_PAID_ITEMS_H
#define MOONLET_PAID_ITEMS_H

#include <stdatomic.h>

#include "map/items.h"
#include "map/turns.h"

typedef struct PaidItems {
    /* the face sets these, and count, threads and processes of the items */
    Items items;
    Machine *M; /* waits, and pays */
    Value function;
    const Value *inputs; /* what it is called with, one value an item */
    EvalLimits limits;   /* of each item */
    Value progress; /* a function, or nil: called now and then with how many items are done,
                       of how many. That it answers false ends the map. */

    Outcome told; /* what has become of its last call */

    /* the rest is not the face's */
    Usage left;                    /* what M had when the items began; UINT64_MAX: no limit */
    _Atomic uint64_t steps, bytes; /* used by all that has ended */
    Turns turns;
    uint64_t began_ns, ns; /* and the time that it had; 0: no limit */
    volatile int over;     /* all that M had is spent */
    volatile int cancelled;
    StopChain stop, cancel, outer;
} PaidItems;

/* Makes *p one that M pays for. It has no inputs yet, and no options. */
void paid_items_init(PaidItems *p, Machine *M, Value function);
/* Whether M may wait here: evaluators within evaluators are limited, as C functions are. */
bool paid_items_may_begin(Machine *M);
/* Has M pay for room for the inputs and outcomes of all items, before it is taken. What M has
 * left after that is for the items. Answers 0, or what a native is to answer at once. */
int paid_items_take_aside(PaidItems *p);
/* Packs M's world, in which the items begin, and makes room for outcomes. Answers false if
 * there is no memory, which is a shortage. */
MEM_TRY bool paid_items_begin(PaidItems *p);
/* Does the items, and blocks until all are done, or none is to be done any more. */
void paid_items_run(PaidItems *p);
/* Charges M for what the items have used. Answers 0, or what a native is to answer at once,
 * because M has to stop, or because of Ctrl-C. */
int paid_items_charge(PaidItems *p);
/* Gives back the outcomes. */
void paid_items_end(PaidItems *p);

#endif
