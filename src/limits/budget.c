/* SPDX-License-Identifier: MIT */
/*
 * The budget of a run: steps in portions, debts, and what natives are charged.
 *
 * A step is a call, also of a native, or a turn of a loop; whatever does long work is charged
 * for it: fuel falls below zero. When the fuel of a portion is used up, control comes to
 * eval_poll (poll.c), at the next call or turn or when the work is done, which gives another
 * portion unless the run has to stop.
 *
 * What was charged beyond the limit is the state's debt, which the steps of the next resume
 * pay first; before it is paid, no program has come to its end. A native whose work is large
 * and known before it begins asks whether it may (native_afford); if not, it waits, with the
 * price as debt, and the state knows that it has paid. So with any number of steps at a time a
 * program comes to its end, and uses as many as one that is not paused.
 *
 * Main invariant: what a run has used and what it has left (eval_steps_used, eval_steps_left)
 * is the same before and after a portion is ended or begun.
 */
#include "limits/budget.h"

#include <assert.h>

#include "control/eval.h"
#include "control/stress.h"

/* Portions ---------------------------------------------------------------------------- */

void budget_begin(Machine *M)
{
    assert(M->portion == 0 && M->fuel == 0 && "the last portion has ended");
    int64_t most = stress_portion(M->limits.portion);
    M->portion = M->steps_left < (uint64_t)most ? (int64_t)M->steps_left : most;
    if (M->steps_left != UINT64_MAX) M->steps_left -= (uint64_t)M->portion;
    M->fuel = M->portion;
}

static uint32_t add_steps(uint32_t x, uint64_t y)
{
    return y < UINT32_MAX - x ? x + (uint32_t)y : UINT32_MAX;
}

void budget_end(Machine *M)
{
    int64_t rest = M->fuel;
    M->steps_used += (uint64_t)(M->portion - rest);
    if (M->steps_left != UINT64_MAX) {
        if (rest >= 0 || (uint64_t)-rest <= M->steps_left) {
            M->steps_left += (uint64_t)rest;
        } else {
            uint64_t debt = (uint64_t)-rest - M->steps_left;
            M->steps_used -= debt;
            M->debt = add_steps(M->debt, debt);
            M->steps_left = 0;
        }
    }
    M->portion = 0;
    M->fuel = 0;
}

/* Debts come first. */
static void pay_debt(Machine *M)
{
    uint32_t pays = M->steps_left < M->debt ? (uint32_t)M->steps_left : M->debt;
    if (M->steps_left != UINT64_MAX) M->steps_left -= pays;
    M->steps_used += pays;
    M->debt -= pays;
}

void eval_set_budget(Machine *M, uint64_t steps)
{
    budget_end(M);
    M->steps_left = steps;
    budget_begin(M);
    if (mem_bound_reached()) eval_poll_soon(M);
}

bool budget_owes(const Machine *M)
{
    return M->debt && !eval_steps_left(M) && !M->turn; /* a turn may give more */
}

BudgetLoan budget_lend(Machine *M, uint64_t more)
{
    budget_end(M);
    BudgetLoan loan = {M->steps_left, M->steps_used};
    if (M->steps_left != UINT64_MAX) M->steps_left += more;
    budget_begin(M);
    if (mem_bound_reached()) eval_poll_soon(M);
    return loan;
}

void budget_take_back(Machine *M, const BudgetLoan *loan)
{
    budget_end(M);
    uint64_t spent = M->steps_used - loan->used;
    if (loan->left != UINT64_MAX) M->steps_left = loan->left > spent ? loan->left - spent : 0;
    budget_begin(M);
    if (mem_bound_reached()) eval_poll_soon(M);
}

bool eval_take_turn(void *machine)
{
    Machine *M = machine;
    Turn *turn = M->turn;
    if (!turn) return true;
    M->turn = NULL;
    mem_bound.turn_due = MEM_UNBOUNDED;
    bool good = turn->take(turn);
    mem_bound_tune();
    pay_debt(M);
    return good;
}

/* A run whose turn comes has steps again. */
static NOINLINE void turn_for_more(Machine *M)
{
    if (!M->steps_left || mem_used() > mem_bound.turn_due) eval_take_turn(M);
}

void eval_set_debt(Machine *M, const CoBody *paused)
{
    budget_end(M);
    M->debt = paused->debt;
    M->paid = paused->paid;
    M->progress = paused->progress;
    M->cause = paused->cause;
    pay_debt(M);
    budget_begin(M);
    if (mem_bound_reached()) eval_poll_soon(M);
}

uint64_t eval_steps_used(const Machine *M)
{
    int64_t rest = M->fuel;
    int64_t used = (int64_t)M->steps_used + M->portion - rest;
    bool owes = rest < 0 && M->steps_left != UINT64_MAX && (uint64_t)-rest > M->steps_left;
    if (owes) used -= -rest - (int64_t)M->steps_left;
    return used < 0 ? 0 : (uint64_t)used;
}

uint64_t eval_steps_done(Machine *M)
{
    budget_end(M);
    return M->steps_used + M->debt;
}

uint64_t eval_steps_left(const Machine *M)
{
    if (M->steps_left == UINT64_MAX) return UINT64_MAX;
    if (M->fuel >= 0) return M->steps_left + (uint64_t)M->fuel;
    return (uint64_t)-M->fuel < M->steps_left ? M->steps_left - (uint64_t)-M->fuel : 0;
}

void eval_count_reached(void *machine)
{
    Machine *M = machine;
    if (M->limits.bytes_limited && !mem_room()) M->urgent = true;
    eval_poll_soon(M);
}

void eval_poll_soon(void *machine) { machine_poll_soon(machine); }

bool budget_refuel(Machine *M, Value *fp, const Node *n)
{
    budget_end(M);
    if (UNLIKELY(M->turn != NULL)) turn_for_more(M);
    budget_begin(M);
    if (n) M->held_asked = false; /* whoever had no room has got on */
    if (M->portion <= 0 || machine_stopped(M)) return false;
    if (M->hooks && M->hooks->poll && !M->hooks->poll(M, fp, n)) return false;
    M->paid = 0;
    M->urgent = mem_short;
    if (UNLIKELY(mem_short)) eval_poll_soon(M); /* until somebody has raised the error */
    if (eval_reached(M) != STOP_NONE) return false;
    return !n || !stress_pauses(M); /* a native in mid-run has not said that it can */
}

/* Work of natives --------------------------------------------------------------------- */

/* What a native may be over the limit without a pause, which costs something, too. */
enum { CHARGE_CREDIT = 1000 };

static NOINLINE bool may_go_on(Machine *M)
{
    if (UNLIKELY(mem_short)) return false; /* can_stop raises the error */
    if (budget_refuel(M, NULL, NULL)) {
        if (mem_bound_reached() || M->held_asked)
            eval_poll_soon(M); /* the one that it asked for is lost */
        return true;
    }
    budget_end(M); /* so that the next poll is soon */
    return false;
}

static bool is_stopped(const void *machine)
{
    Machine *M = (Machine *)machine;
    if (native_is_woken(M)) return true;
    return M->hooks && M->hooks->poll && !M->hooks->poll(M, NULL, NULL);
}

/* What was in vain is good for one walk. */
static uint64_t take_vain(Machine *M)
{
    uint64_t vain = M->progress ? M->progress->vain : 0;
    if (vain) M->progress = NULL;
    return vain;
}

NativeWalk native_walk(Machine *M)
{
    NativeWalk w = {.walk = walk_begin(),
                    .next_id = M->run.next_id,
                    .counted = mem_counted,
                    .began = eval_now(),
                    .vain = take_vain(M)};
    if (M->limits.deadline) w.walk.deadline = M->limits.deadline + w.vain;
    w.walk.stopped = is_stopped;
    w.walk.by = M;
    return w;
}

void native_walk_forget(Machine *M, const NativeWalk *w)
{
    uint64_t made = mem_counted - w->counted;
    mem_counted = w->counted;
    mem_count_beside((size_t)made);
    M->run.next_id = w->next_id;
}

int native_walk_ended(Machine *M, const NativeWalk *w)
{
    native_walk_forget(M, w);
    M->progress = mem_new(sizeof *M->progress);
    *M->progress = (NativeProgress){.vain = w->vain + eval_now() - w->began};
    return stop_flag(M->interrupt) ? native_woken(M) : NATIVE_PAUSE;
}

/* All that is left is paid now, the rest when there are steps again; then the native is run
 * again and finds that it has paid. */
static NOINLINE bool pay_later(Machine *M, uint64_t steps, uint64_t left)
{
    budget_end(M);
    M->steps_used += M->steps_left;
    M->steps_left = 0;
    M->debt = add_steps(M->debt, steps - left);
    M->paid = add_steps(0, steps);
    return false;
}

bool native_afford(Machine *M, uint64_t steps)
{
    if (steps > UINT32_MAX) steps = UINT32_MAX;
    if (UNLIKELY(M->paid)) { /* the work will cost it once more */
        uint32_t back = steps < M->paid ? (uint32_t)steps : M->paid;
        M->fuel += back;
        M->portion += back;
        M->steps_used -= back;
        M->paid -= back;
    }
    if (M->fuel >= (int64_t)steps - CHARGE_CREDIT) return true;
    uint64_t left = eval_steps_left(M);
    if (UNLIKELY(M->turn != NULL) && left < steps) {
        eval_take_turn(M);
        left = eval_steps_left(M);
    }
    if (left < steps && left + CHARGE_CREDIT < steps) return pay_later(M, steps, left);
    if (machine_stopped(M) || eval_reached(M) != STOP_NONE) return may_go_on(M);
    return true;
}

/* Whether all steps are spent, and at most so many more: as if they had been one portion, for
 * where a run stops must not depend on how its steps are portioned. */
static bool is_over(const Machine *M, int64_t most)
{
    if (M->steps_left > INT64_MAX) return false;
    int64_t left = (int64_t)M->steps_left + M->fuel;
    return left <= 0 && left >= -most;
}

bool native_charge(Machine *M, uint64_t steps)
{
    if (UNLIKELY(mem_short)) return false; /* can_stop raises the error */
    if (!native_afford(M, steps)) return false;
    M->fuel -= steps > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)steps;
    if (LIKELY(M->fuel >= -CHARGE_CREDIT) || is_over(M, CHARGE_CREDIT) || may_go_on(M))
        return true;
    M->paid = add_steps(M->paid, steps);
    return false;
}

int native_answer_paid(Machine *M, int answer, uint64_t steps)
{
    if (answer == NATIVE_PAUSE) M->paid = add_steps(M->paid, steps);
    return answer;
}

bool native_go_on(Machine *M)
{
    return LIKELY(M->fuel >= 0) || (is_over(M, 0) && !machine_stopped(M)) || may_go_on(M);
}
