/* SPDX-License-Identifier: MIT */
/*
 * The budget of a run: steps in portions, polls between them, and stops.
 *
 * A step is a call, also of a native, or a turn of a loop; whatever does long work is charged
 * for it: fuel falls below zero. When the fuel of a portion is used up, control comes to
 * eval_poll, at the next call or turn or when the work is done, which gives another portion
 * unless the run has to stop. A stop saves where control is in the coroutine that runs, and
 * leaves the evaluator; eval_resume_paused goes on:
 *
 *   at a node           that polls: it is executed again
 *   at a call           fp[-1] with M->open arguments is called again
 *   in a native         the same, but that hooks know of the call
 *   at a return         M->open results at fp go to the native that waits for them
 *   at an error         fp[0] is thrown by the native at fp
 *
 * What was charged beyond the limit is the state's debt, which the steps of the next resume
 * pay first; before it is paid, no program has come to its end. A native whose work is large
 * and known before it begins asks whether it may (native_afford); if not, it waits, with the
 * price as debt, and the state knows that it has paid. So with any number of steps at a time a
 * program comes to its end, and uses as many as one that is not paused.
 *
 * A node is stopped only in what its kind does, after the events that hooks are told of; when
 * it is executed again (eval_again), that is without any.
 *
 * Where a C function waits on the C stack, nothing can be saved: the stop then is an
 * error that nothing but the host catches (M->fatal).
 */
#include "control/collect.h"

#include "control/eval.h"
#include "control/held.h"
#include "control/stress.h"
#include "control/switch.h"
#include "eval/error.h"
#include "eval/event.h"
#include "eval/exec.h"
#include "stack/breaks.h"
#include "stack/check_stack.h"
#include "stack/outside.h"
#include "watch.h"
#include <assert.h>

/* Portions ---------------------------------------------------------------------------- */

static void next_portion(Machine *M)
{
    assert(M->portion == 0 && M->fuel == 0 && "the last portion is settled");
    int64_t most = stress_portion(M->limits.portion);
    M->portion = M->steps_left < (uint64_t)most ? (int64_t)M->steps_left : most;
    if (M->steps_left != UINT64_MAX) M->steps_left -= (uint64_t)M->portion;
    M->fuel = M->portion;
}

static uint32_t add_steps(uint32_t x, uint64_t y)
{
    return y < UINT32_MAX - x ? x + (uint32_t)y : UINT32_MAX;
}

/* Counts what of the portion is spent, and gives back what is not. What was spent and is
 * more than was left becomes debt. */
static void settle(Machine *M)
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
    settle(M);
    M->steps_left = steps;
    next_portion(M);
    if (mem_bound_reached()) eval_poll_soon(M);
}

void eval_set_debt(Machine *M, const CoBody *paused)
{
    settle(M);
    M->debt = paused->debt;
    M->paid = paused->paid;
    M->loading = paused->loading;
    pay_debt(M);
    next_portion(M);
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

void eval_poll_soon(void *machine)
{
    Machine *M = machine;
    if (M->fuel <= 0) return;
    M->portion -= M->fuel;
    if (M->steps_left != UINT64_MAX) M->steps_left += (uint64_t)M->fuel;
    M->fuel = 0;
}

/* The step for which there was no fuel has not been done: it is taken again. */
static void untake_step(Machine *M) { M->fuel++; }

/* Another portion; false: the run has to stop. */
static NOINLINE bool refuel(Machine *M, Value *fp, const Node *n)
{
    settle(M);
    next_portion(M);
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
    if (refuel(M, NULL, NULL)) {
        if (mem_bound_reached()) eval_poll_soon(M); /* the one that it asked for is lost */
        return true;
    }
    settle(M); /* so that the next poll is soon */
    return false;
}

Walk native_walk(const Machine *M)
{
    Walk w = walk_begin();
    if (M->limits.deadline) w.deadline = M->limits.deadline;
    return w;
}

/* All that is left is paid now, the rest when there are steps again; then the native is run
 * again and finds that it has paid. */
static NOINLINE bool pay_later(Machine *M, uint64_t steps, uint64_t left)
{
    settle(M);
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
    return LIKELY(M->fuel >= -CHARGE_CREDIT) || is_over(M, CHARGE_CREDIT) || may_go_on(M);
}

bool native_go_on(Machine *M)
{
    return LIKELY(M->fuel >= 0) || (is_over(M, 0) && !machine_stopped(M)) || may_go_on(M);
}

/* The error has the position of the running function's caller, as PUC Lua's. */
static void interrupt_at(Machine *M, FrameCursor c)
{
    *M->interrupt = 0;
    settle(M);
    next_portion(M);
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

int native_woken(Machine *M)
{
    if (stop_flag(M->interrupt)) {
        interrupt_at(M, frame_cursor_running(M));
        return NATIVE_ERROR;
    }
    return refuel(M, NULL, NULL) ? 0 : NATIVE_PAUSE;
}

EXEC(eval_again)
{
    if (UNLIKELY(M->hooking) && !node_is_again(n)) HAND(hook_run, n, fp, acc, d);
    if (UNLIKELY(M->breaks != NULL) && breaks_is_broken(n))
        HAND(node_execs[n->kind], n, fp, acc, d);
    GO(n, fp, acc, d);
}

static NOINLINE bool over_held(Machine *M, const Node *n, Value *fp)
{
    if (LIKELY(!held_reached(M, n, fp))) return false;
    M->stop = STOP_HELD;
    return true;
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
    if (mem_recover()) return true;
    if (M->run.world->collection.finalizing && !mem_short)
        return true; /* that gives some back */
    bool due = collect_short(M, n, fp);
    if (mem_recover() || (due && !mem_is_spent())) return true;
    settle(M);
    next_portion(M);
    error_set_lasting(M);
    return false;
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
    untake_step(M);
    if (UNLIKELY(mem_short) && !memory_recovered(M, n, fp)) HAND(eval_throw, n, fp, acc, d);
    if (stop_flag(M->interrupt)) {
        interrupt(M, fp, n);
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(!refuel(M, fp, n))) HAND(eval_stop, n, fp, acc, d);
    fp = record_poll(M, n, fp);
    fp = stress_poll(M, n, fp);
    if (UNLIKELY(over_held(M, n, fp))) HAND(eval_stop, n, fp, acc, d);
    watch_settle();
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

/* The same before the call of fp[-1] with acc arguments. */
EXEC(eval_poll_call)
{
    untake_step(M);
    if (stop_flag(M->interrupt)) {
        interrupt(M, fp, n);
        HAND(call_throw, n, fp, acc, d);
    }
    M->open = (uint32_t)acc;
    if (UNLIKELY(mem_short) && !memory_recovered(M, &node_call_again, fp))
        HAND(eval_throw, n, fp, acc, d);
    if (UNLIKELY(!refuel(M, fp, &node_call_again))) HAND(eval_stop_call, n, fp, acc, d);
    fp = record_poll(M, &node_call_again, fp);
    fp = stress_poll(M, &node_call_again, fp);
    if (UNLIKELY(over_held(M, &node_call_again, fp))) HAND(eval_stop_call, n, fp, acc, d);
    watch_settle();
    collect_tidy(M, &node_call_again, fp);
    if (UNLIKELY(collect_due(M))) {
        Value *nf = collect_poll(M, &node_call_again, fp);
        if (nf) HAND(call_any, n, nf, 0, d);
    }
    HAND(call_any, n, fp, acc, d);
}

/* Stops ------------------------------------------------------------------------------- */

static EvalStop why_stop(const Machine *M)
{
    if (M->portion <= 0 && !M->steps_left) return STOP_STEPS; /* settled: native_charge */
    if (machine_stopped(M)) return STOP_OUTSIDE;
    EvalStop stop = eval_reached(M);
    return stop == STOP_NONE ? STOP_HOST : stop;
}

/* Whether a stop is possible here: if not, M->error is set. */
static NOINLINE bool can_stop(Machine *M, Value *fp, const Node *n)
{
    if (UNLIKELY(mem_short) && !M->stop) {
        error_set_memory(M);
        return false;
    }
    if (!M->stop) M->stop = why_stop(M);
    if (!M->boundary) return true;
    M->fatal = true;
    error_set(M, fp, n, "limit reached within a C function");
    return false;
}

static NOINLINE void stop(Machine *M, const Value *fp, size_t live, const Node *at)
{
    assert(M->stop != STOP_NONE && "a run stops for a reason");
    assert(!M->boundary && "no C function waits");
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, b, fp, fp + live, CO_PAUSED);
    settle(M);
    b->node = at;
    b->debt = M->debt;
    b->paid = M->paid;
    b->loading = M->loading;
    coroutine_check(b);
    M->error = V_NIL;
    M->status = RUN_PAUSED;
}

EXEC(eval_stop)
{
    if (!can_stop(M, fp, n)) HAND(eval_throw, n, fp, acc, d);
    if (!frame_open_list(n, fp)) M->open = 0;
    stop(M, fp, proto_frame(frame_proto(fp)) + M->open, n);
    return NULL;
}

int native_stop(Machine *M)
{
    M->stop = STOP_OUTSIDE;
    return NATIVE_PAUSE;
}

EXEC(eval_stop_watched)
{
    M->stop = STOP_HOST;
    HAND(eval_stop, n, fp, acc, d);
}

/* What a native has paid is good for this call of it: an image can say that anything is paid.
 */
EXEC(eval_native_again)
{
    acc = (Value)M->open;
    const Native *f = value_pointer(fp[-1]);
    if (!M->paid || f->h.flags & NATIVE_CONTROL) HAND(call_native, n, fp, acc, d);
    if (UNLIKELY(--M->fuel < 0) && LIKELY(!M->hooking)) HAND(eval_poll_call, n, fp, acc, d);
    M->native = fp;
    stress_values(fp, acc);
    stress_stack(M, NULL, fp);
    int count = f->fn(M, fp, (int)acc);
    fp = M->native;
    if (count == NATIVE_PAUSE) HAND(eval_stop_native, n, fp, acc, d);
    M->paid = 0;
    acc = (Value)(int64_t)count;
    HAND(native_finish, n, fp, acc, d);
}
EXEC(eval_call_again)
{
    if (UNLIKELY(M->paid) && value_is(fp[-1], OBJ_NATIVE))
        HAND(eval_native_again, n, fp, acc, d);
    HAND(call_any, n, fp, (Value)M->open, d);
}
EXEC(eval_return_again)
{
    M->results = fp;
    M->result_count = M->open;
    fp = frame_leave(M, M->segment, fp);
    HAND(node_many[M->ret->kind], M->ret, fp, acc, d);
}
EXEC(eval_throw_again)
{
    M->native = fp;
    M->error = fp[0];
    HAND(eval_throw_on, n, fp, acc, d);
}

EXEC(eval_stop_call)
{
    if (!can_stop(M, fp, NULL)) HAND(call_throw, n, fp, acc, d);
    M->open = (uint32_t)acc;
    stop(M, fp, M->open, &node_call_again);
    return NULL;
}

EXEC(eval_stop_native)
{
    if (!can_stop(M, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
    untake_step(M); /* of its call, which is made again */
    M->open = (uint32_t)acc;
    stop(M, fp, M->open, &node_native_again);
    return NULL;
}

/* The results, at the frame that gave them; NULL: no room. */
static NOINLINE Value *keep_results(Machine *M, Value *fp)
{
    fp = frame_grow(M, fp, 0, M->result_count);
    if (fp && M->result_count) memmove(fp, M->results, M->result_count * sizeof(Value));
    return fp;
}

EXEC(eval_stop_return)
{
    if (!can_stop(M, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
    fp = keep_results(M, fp);
    if (UNLIKELY(!fp)) HAND(eval_overflow, n, M->native, acc, d);
    M->open = M->result_count;
    stop(M, fp, M->open, &node_return_again);
    return NULL;
}

EXEC(eval_poll_return)
{
    M->native = fp;
    if (UNLIKELY(!refuel(M, fp, &node_return_again))) HAND(eval_stop_return, n, fp, acc, d);
    RETURN_MANY(fp);
}

/* The value of node n, delivered when there are steps again: as if a metamethod had returned
 * it, whose frame is made for that. */
static NOINLINE Value *value_frame(const Node *n, Value *fp, Value v)
{
    size_t at = frame_extent(fp) + FRAME_HEADER;
    Value *nf = fp + at;
    frame_link(nf, at, &glue_value, value_object(n));
    nf[-1] = V_NIL;
    nf[0] = v;
    return nf;
}

EXEC(eval_poll_value)
{
    Value *nf = value_frame(n, fp, acc);
    M->open = 1;
    if (UNLIKELY(!refuel(M, nf, &node_return_again))) {
        if (!can_stop(M, fp, n)) HAND(eval_throw, n, fp, acc, d);
        stop(M, nf, 1, &node_return_again);
        return NULL;
    }
    HAND(eval_deliver, n, fp, acc, d);
}

/* A frame of nobody, at the stack's end, with the results. NULL: no memory. */
static NOINLINE Value *end_frame(Machine *M)
{
    size_t size = FRAME_HEADER + M->result_count + NATIVE_SLOTS + STACK_SLACK;
    uint64_t counted = mem_count_stop();
    Segment *s = segment_try_new(&M->run, (uint32_t)size);
    mem_count_go_on(counted);
    if (!s) return NULL;
    Value *fp = s->slots + FRAME_HEADER;
    fp[AT_RETURN] = value_object(&glue_halt);
    fp[-1] = V_NIL;
    if (M->result_count) memcpy(fp, M->results, M->result_count * sizeof(Value));
    M->main_segment = s;
    frame_enter_segment(M, s);
    return fp;
}

bool eval_stop_end(Machine *M)
{
    settle(M);
    if (!M->debt) return false;
    Value *fp = end_frame(M);
    if (!fp) return false;
    M->stop = STOP_STEPS;
    M->open = M->result_count;
    stop(M, fp, M->open, &node_return_again);
    return true;
}

EXEC(eval_poll_throw)
{
    if (LIKELY(refuel(M, fp, &node_throw_again))) HAND(eval_throw_on, n, fp, acc, d);
    Value error = M->error;
    if (!can_stop(M, fp, NULL)) HAND(eval_throw_on, n, fp, acc, d);
    fp[0] = error;
    M->open = 1;
    stop(M, fp, 1, &node_throw_again);
    return NULL;
}

EXEC(eval_suspend)
{
    M->open = M->result_count = 0;
    M->results = fp;
    if (UNLIKELY(M->fuel < 1) && !refuel(M, fp, &node_suspended)) {
        if (!can_stop(M, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
        stop(M, fp, 0, &node_suspended);
        return NULL;
    }
    HAND(eval_return_again, n, fp, acc, d);
}
