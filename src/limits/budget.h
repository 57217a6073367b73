/* SPDX-License-Identifier: MIT */
/*
 * What the files of the budget share: portions of steps.
 *
 *   budget.c   portions, debts, what natives are charged
 *   poll.c     polls: what is looked at when a portion is used up
 *   stop.c     leaving the evaluator in mid-run, and going on there
 *
 * A run has M->portion steps of its budget in hand, of which M->fuel are left; M->steps_left
 * more may come. Fuel that is below 0 has been taken from what comes next.
 */
#ifndef MOONLET_BUDGET_H
#define MOONLET_BUDGET_H

#include "stack/frame.h"

/* Ends the portion: counts what of it is spent, and gives back what is not. What was spent
 * beyond the budget becomes debt. */
void budget_end(Machine *M);
/* Begins a portion. The last one has ended. */
void budget_begin(Machine *M);
/* Ends the portion and begins another one, at a poll before node n of the frame at fp; n is
 * NULL in a native in mid-run. Answers false if the run has to stop. */
bool budget_refuel(Machine *M, Value *fp, const Node *n);
/* Whether there are no steps, and debts are still to be paid. */
bool budget_owes(const Machine *M);
/* A loan: the run may take so many steps more while no stop is possible. They count, and when
 * it has taken too many it stops at the next poll. */
typedef struct BudgetLoan {
    uint64_t left, used; /* when it began */
} BudgetLoan;
BudgetLoan budget_lend(Machine *M, uint64_t more);
void budget_take_back(Machine *M, const BudgetLoan *loan);
/* Gives back a step for which there was no fuel. It has not been done, and is taken again. */
static inline void budget_untake(Machine *M) { M->fuel++; }

#endif
