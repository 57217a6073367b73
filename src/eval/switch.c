/* SPDX-License-Identifier: MIT */
#include "eval/switch.h"

#include "eval/error.h"
#include "eval/exec.h"
#include "eval/hook.h"
#include "eval/native.h"

void switch_save(Run *R, CoBody *b, const Value *fp, const Value *top, CoStatus status)
{
    b->segment = R->segment;
    b->fp = (uint32_t)(fp - R->segment->slots);
    b->top = (uint32_t)(top - R->segment->slots);
    b->open = R->open;
    b->pcalls = R->pcalls;
    b->status = (uint8_t)status;
    hook_save(R, b);
}

/* Protected calls ------------------------------------------------------------------ */

/* Their nesting is bounded, as PUC Lua bounds that of C calls. The count before the call
 * is kept in the payload word of its glue. */
enum { PCALL_DEPTH_MAX = 20000 };

static NOINLINE bool pcall_refused(Run *R, Value *fp)
{
    if (R->pcalls < PCALL_DEPTH_MAX) return false;
    R->native = fp;
    native_error(R, "C stack overflow");
    return true;
}

EXEC(control_pcall)
{
    if (acc == 0) {
        R->native = fp;
        native_arg_error(R, 0, "value expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(pcall_refused(R, fp))) HAND(eval_throw, n, fp, acc, d);
    memmove(fp + 3, fp, (size_t)acc * sizeof(Value));
    Value *nf = fp + 4;
    nf[-4] = 4;
    nf[-3] = R->pcalls++;
    nf[-2] = value_object(&glue_pcall);
    HAND(call_any, &glue_pcall, nf, acc - 1, d);
}

EXEC(control_xpcall)
{
    if (acc < 2) {
        R->native = fp;
        native_arg_error(R, 1, "value expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(pcall_refused(R, fp))) HAND(eval_throw, n, fp, acc, d);
    Value f = fp[0], handler = fp[1];
    memmove(fp + 5, fp + 2, (size_t)(acc - 2) * sizeof(Value));
    Value *nf = fp + 5;
    nf[-5] = handler;
    nf[-4] = 5;
    nf[-3] = R->pcalls++;
    nf[-2] = value_object(&glue_xpcall);
    nf[-1] = f;
    HAND(call_any, &glue_xpcall, nf, acc - 2, d);
}

EXEC(exec_GLUE_PCALL)
{
    R->pcalls = (uint32_t)fp[-3];
    fp -= fp[-4];
    fp[0] = V_TRUE;
    fp[1] = acc;
    R->results = fp;
    R->result_count = 2;
    RETURN_MANY(fp);
}

/* true, results... for the frame a: where they are, if that is a dead part of this very
 * segment above a, else at a. NULL on overflow. */
static NOINLINE Value *prefix_true(Run *R, Value *a)
{
    const Segment *s = R->segment;
    if (R->results > a && R->results < s->slots + s->size) {
        R->results--;
        *(Value *)R->results = V_TRUE;
        R->result_count++;
        return a;
    }
    a = frame_native_room(R, a, 0, R->result_count + 1);
    if (!a) return NULL;
    if (R->result_count) memmove(a + 1, R->results, R->result_count * sizeof(Value));
    a[0] = V_TRUE;
    R->results = a;
    R->result_count++;
    return a;
}

EXEC(many_GLUE_PCALL)
{
    R->pcalls = (uint32_t)fp[-3];
    Value *a = prefix_true(R, fp - fp[-4]);
    if (UNLIKELY(!a)) HAND(eval_overflow, n, fp, acc, d);
    RETURN_MANY(a);
}
EXEC(exec_GLUE_XPCALL) { HAND(exec_GLUE_PCALL, n, fp, acc, d); }
EXEC(many_GLUE_XPCALL) { HAND(many_GLUE_PCALL, n, fp, acc, d); }

/* Coroutines ------------------------------------------------------------------------ */

/* The resumer of the running coroutine runs again; gives its native frame, where there
 * is room for `room` values. NULL on overflow. */
static NOINLINE Value *to_resumer(Run *R, size_t room)
{
    Coroutine *resumer = heap_coroutine(R, R->co)->resumer;
    CoBody *b = heap_coroutine_mut(R, resumer);
    b->status = CO_RUNNING;
    R->pcalls = b->pcalls;
    hook_load(R, b);
    R->co = resumer;
    R->spare = NULL; /* results may lie in it */
    Value *a = b->segment->slots + b->fp;
    a = frame_thaw(R, b->segment, a, a, room + NATIVE_SLOTS);
    return a ? frame_native_room(R, a, 0, room) : NULL;
}

/* R->results go to the resumer, as resume's or the wrapped function's own. They may lie
 * in the segment that is left; `vacant`: and nothing else that is needed. */
static NOINLINE Value *give_results(Run *R, bool vacant)
{
    bool wrapped = heap_coroutine(R, R->co)->wrapped;
    Segment *left = R->segment;
    run_reclaim(R);
    Value *a = to_resumer(R, R->result_count + 1);
    if (vacant) frame_vacate(R, left);
    return a && !wrapped ? prefix_true(R, a) : a;
}

/* n: the node that failed, NULL for none. */
static NOINLINE void bury(Run *R, const Node *n, const Value *fp)
{
    bool failed = n != NULL;
    CoBody *b = heap_coroutine_mut(R, R->co);
    b->status = CO_DEAD;
    b->failed = failed;
    b->segment = failed ? R->segment : NULL;
    b->fp = b->top = failed ? (uint32_t)(fp - R->segment->slots) : 0;
    b->node = n;
}

EXEC(many_GLUE_BASE)
{
    bury(R, NULL, fp);
    Value *a = give_results(R, true);
    if (UNLIKELY(!a)) HAND(eval_overflow, n, R->segment->slots + FRAME_HEADER, acc, d);
    RETURN_MANY(a);
}
EXEC(exec_GLUE_BASE)
{
    R->value = acc; /* the frame may be frozen */
    R->results = &R->value;
    R->result_count = 1;
    HAND(many_GLUE_BASE, n, fp, acc, d);
}

/* Control leaves the running coroutine at its native's frame fp, with count values. True:
 * its frames were few enough to be taken out of their scratch segment. */
static NOINLINE bool suspend(Run *R, const Value *fp, size_t count)
{
    CoBody *b = heap_coroutine_mut(R, R->co);
    Segment *home = b->segment;
    R->results = fp;
    R->result_count = (uint32_t)count;
    switch_save(R, b, fp, fp + count, CO_SUSPENDED);
    if (R->segment->kind != SEGMENT_SCRATCH || b->top > COMPACT_MAX) return false;
    b->segment = frame_fold(R, R->segment, b->top, home);
    return true;
}

EXEC(control_yield)
{
    if (R->co == R->world->main || R->co == R->boundary || R->hook.busy) {
        R->native = fp;
        native_throw(R, new_c_string(R->co == R->world->main
                                         ? "attempt to yield from outside a coroutine"
                                         : "attempt to yield across a C-call boundary"));
        HAND(eval_throw, n, fp, acc, d);
    }
    Value *a = give_results(R, suspend(R, fp, (size_t)acc));
    if (UNLIKELY(!a)) HAND(eval_overflow, n, R->segment->slots + FRAME_HEADER, acc, d);
    RETURN_MANY(a);
}

/* Coroutines that have resumed each other: bounded as PUC Lua's C stack is, if higher. */
enum { RESUME_DEPTH_MAX = 20000 };

/* PUC Lua takes a coroutine for dead whose top frame is empty, as that of a wrapped
 * function is which has handed on its arguments or was called without. */
static bool seems_dead(Run *R, const Coroutine *co, bool empty)
{
    if (co == R->co) return empty;
    const CoBody *b = heap_coroutine(R, R->co);
    while (b->resumer && b->resumer != co) b = heap_coroutine(R, b->resumer);
    return b->wrapped;
}

/* Why co cannot be resumed; NULL if it can. empty: by a wrapped function without arguments. */
static const char *resume_refusal(Run *R, const Coroutine *co, bool empty)
{
    if (heap_coroutine(R, R->co)->depth >= RESUME_DEPTH_MAX) return "C stack overflow";
    switch (heap_coroutine(R, co)->status) {
    case CO_FRESH:
    case CO_SUSPENDED: return NULL;
    case CO_DEAD: return "cannot resume dead coroutine";
    default:
        return seems_dead(R, co, empty) ? "cannot resume dead coroutine"
                                        : "cannot resume non-suspended coroutine";
    }
}

/* Switches to co with count arguments (R->results); the frame at a waits in the
 * coroutine left. Gives the frame of co's function, or that of its yield, which returns to
 * R->ret; NULL on overflow. */
static NOINLINE Value *switch_to(Run *R, Coroutine *co, Value *a, bool wrapped)
{
    switch_save(R, heap_coroutine_mut(R, R->co), a, a + NATIVE_SLOTS, CO_NORMAL);
    CoBody *b = heap_coroutine_mut(R, co);
    bool fresh = b->status == CO_FRESH;
    b->resumer = R->co;
    b->depth = heap_coroutine(R, R->co)->depth + 1;
    b->wrapped = wrapped;
    b->status = CO_RUNNING;
    R->pcalls = b->pcalls;
    hook_load(R, b);
    R->co = co;
    R->spare = NULL;
    run_reclaim(R);
    Value *fp = b->segment->slots + b->fp;
    if (!fresh) return frame_leave(R, b->segment, fp);
    size_t room = R->result_count + NATIVE_SLOTS;
    fp = frame_start(R, b->segment, room);
    if (fp) fp = frame_native_room(R, fp, 0, R->result_count);
    if (fp && R->result_count) memcpy(fp, R->results, R->result_count * sizeof(Value));
    return fp;
}

/* Goes on in co; its fresh function is called, its yield returns. */
static Flow resume(const Node *n, Value *fp, Value acc, Run *R, double d)
{
    bool fresh = R->resume_fresh;
    fp = switch_to(R, R->resume_co, fp, R->resume_wrapped);
    if (UNLIKELY(!fp)) HAND(eval_overflow, n, R->segment->slots + FRAME_HEADER, acc, d);
    if (fresh) HAND(call_any, n, fp, (Value)R->result_count, d);
    if (R->result_count == 1) GO(R->ret, fp, R->results[0], d);
    HAND(R->ret->k.many, R->ret, fp, acc, d);
}

static NOINLINE void set_resume(Run *R, Coroutine *co, bool wrapped, const Value *args,
                                size_t n)
{
    R->resume_co = co;
    R->resume_wrapped = wrapped;
    R->resume_fresh = heap_coroutine(R, co)->status == CO_FRESH;
    R->results = args;
    R->result_count = (uint32_t)n;
}

EXEC(control_resume)
{
    if (acc == 0 || !value_is(fp[0], OBJ_COROUTINE)) {
        R->native = fp;
        native_arg_error(R, 0, "coroutine expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    Coroutine *co = value_pointer(fp[0]);
    const char *refusal = resume_refusal(R, co, false);
    if (refusal) {
        fp[0] = V_FALSE;
        fp[1] = new_c_string(refusal);
        R->results = fp;
        R->result_count = 2;
        RETURN_MANY(fp);
    }
    set_resume(R, co, false, fp + 1, (size_t)acc - 1);
    HAND(resume, n, fp, acc, d);
}

EXEC(control_wrapped)
{
    Coroutine *co = value_pointer(((Native *)value_pointer(fp[-1]))->upvalues[0]);
    const char *refusal = resume_refusal(R, co, acc == 0);
    if (refusal) {
        R->native = fp;
        native_error(R, "%s", refusal);
        HAND(eval_throw, n, fp, acc, d);
    }
    set_resume(R, co, true, fp, (size_t)acc);
    HAND(resume, n, fp, acc, d);
}

/* A wrapped function adds its caller's position to an error message (auxwrap). */
static NOINLINE void add_position(Run *R)
{
    if (!value_is_string(R->error) && !value_is_number(R->error)) return;
    const String *message = value_string(value_to_text(R, R->error));
    R->error = string_value(string_concat(native_where(R, 1), message->data, message->length));
}

EXEC(switch_fail)
{
    bury(R, n, fp);
    bool wrapped = heap_coroutine(R, R->co)->wrapped;
    fp = to_resumer(R, 2);
    if (UNLIKELY(!fp)) HAND(eval_overflow, n, R->segment->slots + FRAME_HEADER, acc, d);
    R->native = fp;
    if (wrapped || R->fatal) {
        if (!R->fatal) add_position(R);
        HAND(eval_throw, n, fp, acc, d);
    }
    fp[0] = V_FALSE;
    fp[1] = R->error;
    R->error = V_NIL;
    R->results = fp;
    R->result_count = 2;
    RETURN_MANY(fp);
}
