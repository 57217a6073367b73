/* SPDX-License-Identifier: MIT */
/*
 * Stops: leaving the evaluator in mid-run. Where control is is saved in the coroutine that
 * runs, and eval_resume_paused goes on:
 *
 *   at a node           that polls: it is executed again
 *   at a call           the function of fp with M->open arguments is called again
 *   in a native         the same, but that hooks know of the call
 *   at a return         M->open results at fp go to the native that waits for them
 *   at an error         fp[0] is thrown by the native at fp
 *
 * A node is stopped only in what its kind does, after the events that hooks are told of; when
 * it is executed again (eval_again), that is without any.
 *
 * Main invariant: what has been saved is a coroutine as coroutine_check wants it, whatever the
 * reason of the stop. Where a C function waits on the C stack, nothing can be saved, and where
 * another program is paused there is no place for this one: the stop then is an error that
 * nothing but the host catches (M->fatal).
 */
#include <assert.h>
#include <limits.h>

#include "control/eval.h"
#include "control/stress.h"
#include "control/switch.h"
#include "eval/event.h"
#include "eval/exec.h"
#include "limits/budget.h"
#include "limits/held.h"
#include "operate/error.h"
#include "stack/check_stack.h"

static EvalStop why_stop(const Machine *M)
{
    if (M->portion <= 0 && !M->steps_left) return STOP_STEPS; /* it has ended: native_charge */
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
    if (!M->boundary && !machine_is_beside(M)) return true;
    M->fatal = true;
    error_set(M, fp, n,
              M->boundary ? "limit reached within a C function"
                          : "limit reached beside a paused program");
    return false;
}

/* Whether a native's work is to be done there, or the rest of it, which it may have paid. */
static bool is_for_work(const Value *fp, const Node *at)
{
    if (at == &node_return_again) return frame_ret(fp)->kind == N_GLUE_NATIVE;
    return (at == &node_call_again || at == &node_native_again) && frame_is_native(fp) &&
           !(frame_native(fp)->h.flags & NATIVE_CONTROL);
}

/* What was paid by a native that has answered without its work is owed all the same. */
static NOINLINE void stop(Machine *M, const Value *fp, size_t live, const Node *at)
{
    assert(M->stop != STOP_NONE && "a run stops for a reason");
    assert(!M->boundary && "no C function waits");
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, b, fp, fp + live, CO_PAUSED);
    budget_end(M);
    b->node = at;
    b->debt = M->debt;
    b->paid = is_for_work(fp, at) ? M->paid : 0;
    b->progress = M->progress;
    b->cause = M->cause;
    coroutine_check(b);
    M->error = V_NIL;
    M->status = RUN_PAUSED;
}

EXEC(eval_stop)
{
    if (UNLIKELY(held_makes_room(M, n, fp))) HAND(eval_again, n, fp, acc, d);
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

static EXEC(eval_native_retry)
{
    const Native *f = frame_native(fp);
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

/* What a native has paid is good for this call of it: an image can say that anything is paid.
 */
EXEC(eval_native_again)
{
    acc = (Value)M->open;
    const Native *f = frame_native(fp);
    if (!M->paid || f->h.flags & NATIVE_CONTROL) HAND(call_native, n, fp, acc, d);
    if (UNLIKELY(--M->fuel < 0) && LIKELY(!M->hooking)) HAND(eval_poll_call, n, fp, acc, d);
    HAND(eval_native_retry, n, fp, acc, d);
}
EXEC(eval_call_again)
{
    if (UNLIKELY(M->paid) && frame_is_native(fp)) HAND(eval_native_again, n, fp, acc, d);
    HAND(call_any, n, fp, (Value)M->open, d);
}
EXEC(eval_return_again)
{
    M->results = fp;
    M->result_count = M->open;
    fp = frame_leave(M, M->segment, fp);
    event_returned(M, M->ret, fp);
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

/* The call has been paid, and hooks have been told of it. */
EXEC(eval_stop_native)
{
    M->open = (uint32_t)acc;
    if (UNLIKELY(held_makes_room(M, &node_native_again, fp)))
        HAND(eval_native_retry, n, fp, acc, d);
    if (!can_stop(M, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
    budget_untake(M); /* of its call, which is made again */
    stop(M, fp, M->open, &node_native_again);
    return NULL;
}

/* The results, at the frame that gave them, or NULL where there is no room. */
static NOINLINE Value *keep_results(Machine *M, Value *fp)
{
    fp = frame_grow(M, fp, 0, M->result_count);
    if (fp && M->result_count) memmove(fp, M->results, M->result_count * sizeof(Value));
    return fp;
}

EXEC(eval_stop_return)
{
    bool held = M->stop == STOP_STRING && M->limits.held && !M->boundary;
    if (!held && !can_stop(M, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
    fp = keep_results(M, fp);
    if (UNLIKELY(!fp)) HAND(eval_overflow, n, M->native, acc, d);
    M->open = M->result_count;
    if (UNLIKELY(held) && held_makes_room(M, &node_return_again, fp))
        HAND(eval_return_again, n, fp, acc, d);
    if (held && !can_stop(M, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
    stop(M, fp, M->open, &node_return_again);
    return NULL;
}

/* Whether there is no memory, and the error is raised. A program hears of that here, too: each
 * of many returns may take a segment for the frame that it returns to. */
static NOINLINE bool lacks_memory(Machine *M)
{
    bool misses = mem_has_refused(); /* then only an error tells */
    if (mem_recover() && !misses) return false;
    error_set_lasting(M);
    return true;
}

EXEC(eval_poll_return)
{
    M->native = fp;
    bool goes_on = budget_refuel(M, fp, &node_return_again);
    if (UNLIKELY(mem_short) && lacks_memory(M)) HAND(eval_throw, n, fp, acc, d);
    if (UNLIKELY(!goes_on)) HAND(eval_stop_return, n, fp, acc, d);
    RETURN_MANY(fp);
}

/* The value of node n, delivered when there are steps again: as if a metamethod had returned
 * it, whose frame is made for that. */
static NOINLINE Value *value_frame(const Node *n, Value *fp, Value v)
{
    size_t at = frame_extent(fp) + FRAME_HEADER;
    Value *nf = fp + at;
    frame_link(nf, at, &glue_value, value_object(n));
    nf[AT_FUNCTION] = V_NIL;
    nf[0] = v;
    return nf;
}

EXEC(eval_poll_value)
{
    Value *nf = value_frame(n, fp, acc);
    M->open = 1;
    bool goes_on = budget_refuel(M, nf, &node_return_again);
    if (UNLIKELY(mem_short) && lacks_memory(M)) HAND(eval_throw, n, fp, acc, d);
    if (UNLIKELY(!goes_on)) {
        if (!can_stop(M, fp, n)) HAND(eval_throw, n, fp, acc, d);
        stop(M, nf, 1, &node_return_again);
        return NULL;
    }
    HAND(eval_deliver, n, fp, acc, d);
}

/* A frame of nobody, at the stack's end, with the results. Answers NULL where there is no
 * memory. */
static NOINLINE Value *end_frame(Machine *M)
{
    size_t size = FRAME_HEADER + M->result_count + NATIVE_SLOTS + STACK_SLACK;
    uint64_t counted = mem_count_stop();
    Segment *s = segment_try_new(&M->run, (uint32_t)size);
    mem_count_go_on(counted);
    if (!s) return NULL;
    Value *fp = s->slots + FRAME_HEADER;
    fp[AT_RETURN] = value_object(&glue_halt);
    fp[AT_FUNCTION] = V_NIL;
    if (M->result_count) memcpy(fp, M->results, M->result_count * sizeof(Value));
    M->main_segment = s;
    frame_enter_segment(M, s);
    return fp;
}

/* Whether the run has taken more than it had, and is to wait for more at its end. Beside a
 * paused program it cannot, and is at its end anyway. */
static bool must_wait_at_end(Machine *M)
{
    budget_end(M);
    if (M->debt && M->turn) eval_take_turn(M);
    return M->debt && !machine_is_beside(M);
}

bool eval_stop_end(Machine *M)
{
    if (!must_wait_at_end(M)) return false;
    Value *fp = end_frame(M);
    if (!fp) return false;
    M->stop = STOP_STEPS;
    M->open = M->result_count;
    stop(M, fp, M->open, &node_return_again);
    return true;
}

/* What is kept of an error on its way. */
enum { ERROR_VALUE, ERROR_RAISED, ERROR_LINE, ERROR_COLUMN, ERROR_KEPT };

/* A frame of nobody above the one that has failed, as if a handler was about to return. */
static NOINLINE Value *error_frame(Machine *M, Value *fp, const Node *n)
{
    size_t used = frame_is_lua(fp) ? frame_extent(fp) : 0;
    Value *nf = frame_push(M, fp, used, &glue_handler, value_object(n));
    nf[AT_FUNCTION] = V_NIL;
    nf[ERROR_VALUE] = M->error;
    nf[ERROR_RAISED] = value_number(M->raised);
    nf[ERROR_LINE] = value_number(M->place.line);
    nf[ERROR_COLUMN] = value_number(M->place.column);
    return nf;
}

bool eval_stop_error(Machine *M, Value *fp, const Node *n)
{
    if (!must_wait_at_end(M)) return false;
    if (M->segment->epoch != M->run.epoch) return false; /* no memory */
    Value *nf = error_frame(M, fp, n);
    M->stop = STOP_STEPS;
    M->open = ERROR_KEPT;
    stop(M, nf, ERROR_KEPT, &node_return_again);
    return true;
}

static int kept_number(const Machine *M, unsigned i)
{
    bool there = i < M->result_count && value_is_number(M->results[i]);
    double d = there ? value_to_double(M->results[i]) : 0;
    return d > 0 && d < INT_MAX ? (int)d : 0;
}

void eval_take_error(Machine *M)
{
    AstPlace place = {kept_number(M, ERROR_LINE), kept_number(M, ERROR_COLUMN)};
    int raised = kept_number(M, ERROR_RAISED);
    const Cause *cause = M->cause;
    error_raise(M, M->result_count ? M->results[ERROR_VALUE] : V_NIL);
    M->cause = cause;
    if (raised <= RAISED_BY_HOST) M->raised = (RaisedBy)raised;
    M->place = place;
    M->error_paid = true;
}

EXEC(eval_poll_throw)
{
    if (LIKELY(budget_refuel(M, fp, &node_throw_again))) HAND(eval_throw_on, n, fp, acc, d);
    Value error = M->error;
    if (!can_stop(M, fp, NULL)) HAND(eval_throw_on, n, fp, acc, d);
    fp[0] = error;
    M->open = 1;
    stop(M, fp, 1, &node_throw_again);
    return NULL;
}

/* Whether a native that has suspended itself is to stop: it has a reason of its own, or it has
 * used up what it had. */
static NOINLINE bool suspends(Machine *M, Value *fp)
{
    if (M->stop != STOP_NONE) return true;
    return !budget_refuel(M, fp, &node_suspended) || held_stops(M, &node_suspended, fp);
}

EXEC(eval_suspend)
{
    M->open = M->result_count = 0;
    M->results = fp;
    if (UNLIKELY(M->fuel < 1 || M->stop != STOP_NONE) && suspends(M, fp)) {
        if (!can_stop(M, fp, NULL)) HAND(eval_throw, n, fp, acc, d);
        stop(M, fp, 0, &node_suspended);
        return NULL;
    }
    HAND(eval_return_again, n, fp, acc, d);
}
