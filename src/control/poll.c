/* SPDX-License-Identifier: MIT */
/*
 * Polls: what is looked at when a portion of steps is used up. Interrupts, limits, recorders,
 * memory that is short, finalizers.
 *
 * Main invariant: a poll comes before a node is executed, a call is made or results are handed
 * on, and that is done afterwards as if there had been no poll. So a program cannot notice
 * where polls are.
 */
#include "control/collect.h"
#include "control/eval.h"
#include "control/stress.h"
#include "eval/event.h"
#include "eval/exec.h"
#include "limits/budget.h"
#include "limits/held.h"
#include "memory/watch.h"
#include "operate/error.h"
#include "outside/outside.h"
#include "stack/breaks.h"

/* Interrupts --------------------------------------------------------------------------- */

/* The error has the position of the running function's caller, as PUC Lua's. */
static void interrupt_at(Machine *M, FrameCursor c)
{
    *M->interrupt = 0;
    budget_end(M);
    budget_begin(M);
    if (mem_bound_reached()) eval_poll_soon(M);
    if (frame_down(&c))
        error_set(M, c.fp, c.at, "interrupted!");
    else
        error_raise(M, new_c_string("interrupted!"));
}

static NOINLINE void interrupt(Machine *M, Value *fp, const Node *n)
{
    interrupt_at(M, frame_cursor(M->segment, fp, n));
}

bool native_is_woken(const Machine *M) { return stop_flag(M->interrupt) || machine_stopped(M); }

bool native_is_due(const Machine *M)
{
    return native_is_woken(M) || (M->limits.deadline && eval_reached(M) == STOP_TIME);
}

int native_woken(Machine *M)
{
    if (stop_flag(M->interrupt)) {
        interrupt_at(M, frame_cursor_running(M));
        return NATIVE_ERROR;
    }
    return budget_refuel(M, NULL, NULL) ? 0 : NATIVE_PAUSE;
}

EXEC(eval_again)
{
    if (UNLIKELY(M->hooking) && !node_is_again(n)) HAND(hook_run_again, n, fp, acc, d);
    if (UNLIKELY(M->breaks != NULL) && !breaks_look_again(M->breaks) && breaks_is_broken(n))
        HAND(node_execs[n->kind], n, fp, acc, d);
    GO(n, fp, acc, d);
}

void eval_memory_alarm(void *machine)
{
    Machine *M = machine;
    eval_poll_soon(M);
    M->urgent = true;
    if (M->fuel < 0) return;
    M->fuel--; /* also before the next step is done */
    M->portion--;
}

/* There is memory again, or may be soon; or an error is raised. */
static NOINLINE bool memory_recovered(Machine *M, const Node *n, Value *fp)
{
    bool misses = mem_has_refused(); /* then only an error tells */
    if (mem_recover()) return true;
    if (!misses && M->run.world->collection.finalizing && !mem_short)
        return true; /* that gives some back */
    bool due = collect_short(M, n, fp);
    bool good = mem_recover() || (due && !mem_is_spent());
    if (good && !misses) return true;
    budget_end(M);
    budget_begin(M);
    error_set_lasting(M);
    return false;
}

/* Whether the program has no memory, or may make no more objects: an error is raised. */
static inline bool is_short(Machine *M, const Node *n, Value *fp)
{
    if (LIKELY(!run_ids_are_spent(&M->run)))
        return UNLIKELY(mem_short) && !memory_recovered(M, n, fp);
    budget_end(M);
    budget_begin(M);
    error_set_lasting(M);
    return true;
}

/* Who records the run may take a snapshot, of which it notices nothing. */
static inline Value *record_poll(Machine *M, const Node *n, Value *fp)
{
    if (LIKELY(!M->outside) || !M->outside->poll) return fp;
    return M->outside->poll(M, n, fp);
}

EXEC(eval_no_memory)
{
    error_set_memory(M);
    HAND(eval_throw, n, fp, acc, d);
}

EXEC(eval_poll)
{
    budget_untake(M);
    if (is_short(M, n, fp)) HAND(eval_throw, n, fp, acc, d);
    if (stop_flag(M->interrupt)) {
        interrupt(M, fp, n);
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(!budget_refuel(M, fp, n))) HAND(eval_stop, n, fp, acc, d);
    fp = record_poll(M, n, fp);
    fp = stress_poll(M, n, fp);
    if (UNLIKELY(held_stops(M, n, fp))) HAND(eval_stop, n, fp, acc, d);
    watch_give_back();
    collect_tidy(M, n, fp);
    if (UNLIKELY(collect_due(M))) {
        Value *nf = collect_poll(M, n, fp);
        if (nf) HAND(call_any, n, nf, 0, d);
    }
    HAND(eval_again, n, fp, acc, d);
}

EXEC(eval_poll_untaken)
{
    M->fuel--;
    HAND(eval_poll, n, fp, acc, d);
}
EXEC(eval_poll_next)
{
    if (LIKELY(!M->hooking && !M->breaks)) HAND(eval_poll_untaken, n, fp, acc, d);
    if (mem_short && !memory_recovered(M, n, fp)) HAND(eval_throw, n, fp, acc, d);
    GO(n, fp, acc, d); /* with its events; hooks are called, which polls */
}

/* Polls before the call of the function of fp with acc arguments. What a native has paid that
 * is called again it has paid until it has done its work: no finalizer comes in between, which
 * would use that up. */
EXEC(eval_poll_call)
{
    uint32_t paid = M->paid;
    M->paid = 0;
    budget_untake(M);
    if (stop_flag(M->interrupt)) {
        interrupt(M, fp, n);
        HAND(call_throw, n, fp, acc, d);
    }
    M->open = (uint32_t)acc;
    if (is_short(M, &node_call_again, fp)) HAND(eval_throw, n, fp, acc, d);
    bool goes_on = budget_refuel(M, fp, &node_call_again);
    M->paid = paid;
    if (UNLIKELY(!goes_on)) HAND(eval_stop_call, n, fp, acc, d);
    fp = record_poll(M, &node_call_again, fp);
    fp = stress_poll(M, &node_call_again, fp);
    if (UNLIKELY(held_stops(M, &node_call_again, fp))) HAND(eval_stop_call, n, fp, acc, d);
    watch_give_back();
    collect_tidy(M, &node_call_again, fp);
    if (UNLIKELY(paid)) HAND(eval_call_again, n, fp, acc, d);
    if (UNLIKELY(collect_due(M))) {
        Value *nf = collect_poll(M, &node_call_again, fp);
        if (nf) HAND(call_any, n, nf, 0, d);
    }
    HAND(call_any, n, fp, acc, d);
}
