/* SPDX-License-Identifier: MIT */
/*
 * Turns: what items of a map may use, where all of them together may use no more than a run has
 * left that waits for them.
 *
 *   items   0 1 2 3 4 5 6 7 ...
 *           . . . 3         .    done
 *                 ^ whose turn it is: may use what those before it have left
 *                   4 5 6        in work: each may use its share, and waits for its turn then
 *                           8    not begun while too much has been used ahead of the turn
 *
 * An item's turn comes when all items before it are done. From then on it may use exactly as
 * much as if items were done one after the other. So whatever comes out does not depend on how
 * many threads there are, nor on which of them was faster.
 *
 * Invariants:
 *  1. all that is used ahead of the turn is at most as much as the run had left, and of bytes
 * half of what may wait to be brought: so a map takes at most twice what the run had left, also
 * where what has been done ahead is dropped each time that results are brought.
 *  2. whoever has the turn waits for nobody, so that nobody waits in a circle.
 *
 * What processes have to know of each other is in memory that they share. There is no lock in
 * it: a process may be killed at any time.
 */
#ifndef MOONLET_TURNS_H
#define MOONLET_TURNS_H

#include <pthread.h>

#include "map/items.h"

typedef struct Usage {
    uint64_t steps, bytes;
} Usage;

/* What is known of an item that is done. */
typedef struct Ended {
    Usage used;
    OutcomeStatus status;
    EvalStop stop;
} Ended;

/* Why the run is to stop because of an item, where it has so much left, and items may use so
 * much by their own limits; STOP_NONE: it need not. */
EvalStop turns_stop(const Ended *e, Usage own, Usage rest);
/* Whether a limit on steps or bytes is the item's own. */
bool turns_own(EvalStop stop, Usage own, Usage rest);
static inline uint64_t turns_rest(uint64_t left, uint64_t used)
{
    if (left == UINT64_MAX) return left;
    return left > used ? left - used : 0;
}

typedef struct Turns {
    Usage left;           /* what the run had when the items began */
    Usage own;            /* what each may use by its own limits; UINT64_MAX: no limit */
    Usage own_first;      /* what the first may use, which has been begun before */
    Usage share;          /* what an item may use before its turn */
    uint64_t bytes_share; /* ... of bytes; less than share.bytes where few may wait */
    uint64_t waiting;     /* bytes that may be used ahead of the turn */
    unsigned workers;
    size_t count;
    struct Bills
        *bills; /* shared; NULL: items are done one after the other, or without limits */
    pthread_mutex_t lock; /* of what follows */
    size_t known;         /* all items before this one are done */
    Usage before;         /* and have used so much */
    EvalStop over;        /* because of the last of them the run is to stop; STOP_NONE: not */
} Turns;

/* `left` is what all items may use, `waiting` how many bytes what is used ahead of the turn may
 * take; UINT64_MAX is no limit. Answers false where there is no memory. */
MEM_TRY bool turns_begin(Turns *t, Usage left, Usage own, Usage own_first, uint64_t waiting,
                         size_t count, unsigned workers);
void turns_end(Turns *t);
/* ns of processor time that all items have used; NULL where nobody shares any. */
_Atomic uint64_t *turns_clock(const Turns *t);
/* Bytes that those items have used which are done in an unbroken row from the first on. */
uint64_t turns_bytes(Turns *t);

/* To be called when an item is done. What is said of it a second time does not count. */
void turns_done(Turns *t, size_t i, const Ended *e);
/* Whether it is the turn of item i. If so, *rest is what it may use; if not, it is no less. */
bool turns_come(Turns *t, size_t i, Usage *rest);
/* Whether item i may begin before its turn. */
bool turns_may_begin(Turns *t, size_t i);
/* Why the run is to stop because of one of the items that are done in an unbroken row from the
 * first on; STOP_NONE: it need not. *used is what these have used. */
EvalStop turns_over(Turns *t, Usage *used);
/* Sleeps a little, *ns long and longer each time. */
void turns_sleep(uint64_t *ns);

#endif
