/* SPDX-License-Identifier: MIT */
/*
 * The budget of a run: steps in portions, polls between them, and stops.
 *
 * A step is a call or a turn of a loop; natives charge for long work. When the fuel of a
 * portion is used up, control comes to eval_poll, which gives another portion unless the
 * run has to stop. A stop saves where control is in the coroutine that runs, and leaves
 * the evaluator; eval_resume_paused goes on:
 *
 *   at a node           that polls: it is executed again
 *   at a call           fp[-1] with R->open arguments is called again
 *   at a return         R->open results at fp go to the native that waits for them
 *
 * Where a C function waits on the C stack, nothing can be saved: the stop then is an
 * error that nothing but the host catches (R->fatal).
 */
#include "eval/collect.h"
#include "eval/error.h"
#include "eval/eval.h"
#include "eval/exec.h"
#include "eval/switch.h"

/* Portions ---------------------------------------------------------------------------- */

static void next_portion(Run *R)
{
    int64_t most = R->portion_max;
    R->portion = R->steps_left < (uint64_t)most ? (int64_t)R->steps_left : most;
    if (R->steps_left != UINT64_MAX) R->steps_left -= (uint64_t)R->portion;
    R->fuel = R->portion;
}

/* Counts what of the portion is spent, and gives back what is not. */
static void settle(Run *R)
{
    int64_t spent = R->portion - (R->fuel < 0 ? R->fuel + 1 : R->fuel);
    R->steps_used += (uint64_t)spent;
    if (R->steps_left != UINT64_MAX) {
        if (spent <= R->portion)
            R->steps_left += (uint64_t)(R->portion - spent);
        else
            R->steps_left -= (uint64_t)(spent - R->portion) < R->steps_left
                                 ? (uint64_t)(spent - R->portion)
                                 : R->steps_left;
    }
    R->portion = 0;
    R->fuel = 0;
}

void eval_set_budget(Run *R, uint64_t steps)
{
    settle(R);
    R->steps_left = steps;
    next_portion(R);
}

uint64_t eval_steps_used(const Run *R)
{
    return R->steps_used + (uint64_t)(R->portion - (R->fuel < 0 ? 0 : R->fuel));
}

uint64_t eval_steps_left(const Run *R)
{
    if (R->steps_left == UINT64_MAX) return UINT64_MAX;
    return R->steps_left + (R->fuel > 0 ? (uint64_t)R->fuel : 0);
}

void eval_poll_soon(void *run)
{
    Run *R = run;
    if (R->fuel <= 0) return;
    R->portion -= R->fuel;
    if (R->steps_left != UINT64_MAX) R->steps_left += (uint64_t)R->fuel;
    R->fuel = 0;
}

/* Another portion; false: the run has to stop. */
static NOINLINE bool refuel(Run *R, Value *fp, const Node *n)
{
    settle(R);
    next_portion(R);
    if (R->portion <= 0 || run_stopped(R)) return false;
    if (R->hooks && R->hooks->poll && !R->hooks->poll(R, fp, n)) return false;
    return eval_reached(R) == STOP_NONE;
}

/* What a native may be over the limit: one that is stopped begins again, so without any
 * credit a program with few steps at a time would not get past it. */
enum { CHARGE_CREDIT = 1000 };

bool native_charge(Run *R, uint64_t steps)
{
    R->fuel -= steps > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)steps;
    if (LIKELY(R->fuel >= -CHARGE_CREDIT) || refuel(R, NULL, NULL)) return true;
    settle(R); /* so that the next poll is soon */
    return false;
}

/* The error has the position of the running function's caller, as PUC Lua's. */
static NOINLINE void interrupt(Run *R, Value *fp, const Node *n)
{
    FrameCursor c = frame_cursor(R->segment, fp, n);
    *R->interrupt = 0;
    settle(R);
    next_portion(R);
    if (frame_down(&c))
        error_set(R, c.fp, c.at, "interrupted!");
    else
        R->error = new_c_string("interrupted!");
}

EXEC(eval_poll)
{
    if (run_flag(R->interrupt)) {
        interrupt(R, fp, n);
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(!refuel(R, fp, n))) HAND(eval_stop, n, fp, acc, d);
    collect_tidy(R, n, fp);
    if (UNLIKELY(collect_due(R))) {
        Value *nf = collect_poll(R, n, fp);
        if (nf) HAND(call_any, n, nf, 0, d);
    }
    GO(n, fp, acc, d);
}

/* The same before the call of fp[-1] with acc arguments. */
EXEC(eval_poll_call)
{
    if (run_flag(R->interrupt)) {
        interrupt(R, fp, n);
        HAND(eval_throw, n, fp, acc, d);
    }
    R->open = (uint32_t)acc;
    if (UNLIKELY(!refuel(R, fp, &node_call_again))) HAND(eval_stop_call, n, fp, acc, d);
    collect_tidy(R, &node_call_again, fp);
    if (UNLIKELY(collect_due(R))) {
        Value *nf = collect_poll(R, &node_call_again, fp);
        if (nf) HAND(call_any, n, nf, 0, d);
    }
    HAND(call_any, n, fp, acc, d);
}

/* Stops ------------------------------------------------------------------------------- */

static EvalStop why_stop(const Run *R)
{
    if (R->portion <= 0 && !R->steps_left) return STOP_STEPS; /* settled: native_charge */
    if (run_stopped(R)) return STOP_OUTSIDE;
    EvalStop stop = eval_reached(R);
    return stop == STOP_NONE ? STOP_HOST : stop;
}

/* Whether a stop is possible here: if not, R->error is set. */
static NOINLINE bool can_stop(Run *R, Value *fp, const Node *n)
{
    if (!R->stop) R->stop = why_stop(R);
    if (!R->boundary) return true;
    R->fatal = true;
    error_set(R, fp, n, "limit reached within a C function");
    return false;
}

static NOINLINE void stop(Run *R, const Value *fp, size_t live, const Node *at)
{
    CoBody *b = heap_coroutine_mut(R, R->co);
    switch_save(R, b, fp, fp + live, CO_PAUSED);
    b->node = at;
    R->error = V_NIL;
    R->status = RUN_PAUSED;
}

EXEC(eval_stop)
{
    if (!can_stop(R, fp, n)) HAND(eval_throw, n, fp, acc, d);
    if (n->kind != N_TAIL_OPEN) R->open = 0; /* the one node that polls with an open list */
    stop(R, fp, proto_frame(frame_proto(fp)) + R->open, n);
    return NULL;
}

static EXEC(call_again) { HAND(call_any, n, fp, (Value)R->open, d); }
static EXEC(return_again)
{
    R->results = fp;
    R->result_count = R->open;
    RETURN_MANY(fp);
}
const Node node_call_again = {.exec = call_again, .kind = N_JUMP};
const Node node_return_again = {.exec = return_again, .kind = N_JUMP};

EXEC(eval_stop_call)
{
    if (!can_stop(R, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
    R->open = (uint32_t)acc;
    stop(R, fp, R->open, &node_call_again);
    return NULL;
}

EXEC(eval_overflow_call)
{
    if (!R->stack_limited) HAND(eval_overflow, n, fp, acc, d);
    R->stop = STOP_STACK;
    HAND(eval_stop_call, n, fp, acc, d);
}

EXEC(eval_overflow_node)
{
    if (!R->stack_limited) HAND(eval_overflow, n, fp, acc, d);
    R->stop = STOP_STACK;
    HAND(eval_stop, n, fp, acc, d);
}

/* The results, at the frame that gave them; NULL: no room. */
static NOINLINE Value *keep_results(Run *R, Value *fp)
{
    fp = frame_native_room(R, fp, 0, R->result_count);
    if (fp && R->result_count) memmove(fp, R->results, R->result_count * sizeof(Value));
    return fp;
}

EXEC(eval_stop_return)
{
    if (!can_stop(R, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
    fp = keep_results(R, fp);
    if (UNLIKELY(!fp)) HAND(eval_overflow, n, R->native, acc, d);
    R->open = R->result_count;
    stop(R, fp, R->open, &node_return_again);
    return NULL;
}
