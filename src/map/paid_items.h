/* SPDX-License-Identifier: MIT */
/*
 * PaidItems: items that a running program waits for, and pays for.
 *
 *   face       sets the function, the inputs, the options; brings the outcomes
 *   PaidItems  calls the function in forks of the program's world; charges the program
 *   Items      threads, processes (map/items.h)
 *
 * What the items use counts as the waiting run's own. When they reach one of its limits, it
 * stops, with all that has come of the items before that which was at work. When it goes on,
 * that one does, too (Begun). Together they may use what that run has left: items wait for
 * their turn to use more than a share of it (map/turns.h). The time that the run has left is
 * for the sum of what its threads use of the processors. Ctrl-C ends all items.
 *
 * Invariants:
 *  1. an item has the waiting run's limits, and its own where these are lower. Which of them
 * has stopped it is said by its status: OUTCOME_LIMIT for its own, OUTCOME_STOPPED for the
 * run's.
 *  2. whether the run stops, why, and what it is charged for then is as if the items had been
 * done one after the other.
 *  3. an item's outcome does not depend on when progress is told: that is done in a fork, too.
 *  4. nor does it depend on how often the run stops, nor does what all of that costs.
 */
#ifndef MOONLET_PAID_ITEMS_H
#define MOONLET_PAID_ITEMS_H

#include <stdatomic.h>

#include "map/items.h"
#include "map/turns.h"

/* How far a call has come that a limit of the waiting run has stopped. */
typedef struct Begun {
    State *paused; /* where it goes on; NULL: where it begins */
    Usage used;    /* of its own limits, up to there */
    uint64_t ns;
    Usage paid;     /* by the run, for what it is to do once more from there on */
    uint64_t owed;  /* steps that were done ahead of the turn, and more than the run had left */
    bool went_back; /* as in Outcome */
} Begun;

typedef struct PaidItems {
    /* the face sets these, and count, threads and processes of the items */
    Items items; /* some of a map's; their base is NULL, or the world in which they begin */
    Machine *M;  /* waits, and pays */
    Value function;
    const Value *inputs; /* what it is called with, one value an item */
    EvalLimits limits;   /* of each item */
    Value progress;     /* a function, or nil: called now and then with how many items are done,
                           of how many. That it answers false ends the map. */
    size_t before, all; /* the map has so many items before these, and so many in all */
    Begun begun;        /* of the first of the items, or of the last call of `progress` */

    /* what has come of it */
    Outcome told; /* of the last call of `progress` */
    size_t done;  /* items from the first on, in an unbroken row; `begun` is of the next */
    volatile int cancelled;

    /* the rest is not the face's */
    EvalLimits first_limits;       /* of the first, but for what it has used */
    Usage left;                    /* what M had when the items began; UINT64_MAX: no limit */
    _Atomic uint64_t steps, bytes; /* used by all that has ended */
    Usage telling;                 /* by the last call of `progress` */
    Turns turns;
    uint64_t began_ns, ns; /* and the time that it had; 0: no limit */
    uint64_t told_ns;      /* when progress was last told */
    State *kept;           /* where an item goes on that is done alone */
    volatile int over;     /* all that M had is spent */
    volatile int enough;   /* what is done is to be brought before more is begun */
    StopChain stop, cancel, outer, begin;
} PaidItems;

/* Makes *p one that M pays for. It has no inputs yet, and no options. */
void paid_items_init(PaidItems *p, Machine *M, Value function);
/* Whether M may wait here: evaluators within evaluators are limited, as C functions are. */
bool paid_items_may_begin(Machine *M);
/* Has M pay for room for the inputs and outcomes of these items, before it is taken, or take it
 * only, if it has paid already. What M has left after that is for the items. Answers 0, or what
 * a native is to answer at once. */
int paid_items_take_aside(PaidItems *p, bool paid);
/* Packs M's world, unless the items have a base, and makes room for outcomes. Answers false if
 * there is no memory, which is a shortage. */
MEM_TRY bool paid_items_begin(PaidItems *p);
/* Does the items, and blocks until all are done, or none is to be done any more. */
void paid_items_run(PaidItems *p);
/* Tells that all items of the map are done. */
void paid_items_tell(PaidItems *p);
/* Charges M for what has been used, and says how far it has come. Answers 0, or what a native
 * is to answer at once: that M has to stop, or Ctrl-C. */
int paid_items_charge(PaidItems *p);
/* Gives back the outcomes. */
void paid_items_end(PaidItems *p);

#endif
