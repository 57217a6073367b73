/* SPDX-License-Identifier: MIT */
/*
 * Protected calls, and control going from one coroutine to another.
 *
 * Main invariant: exactly one coroutine of a run is CO_RUNNING, and its registers are in the
 * Machine. Those that it has been resumed by, up to the main one, are CO_NORMAL.
 */
#include "control/switch.h"

#include <assert.h>

#include "control/collect.h"
#include "eval/error.h"
#include "eval/exec.h"
#include "eval/native.h"
#include "stack/check_stack.h"
#include "stack/hook.h"

void switch_save(Machine *M, CoBody *b, const Value *fp, const Value *top, CoStatus status)
{
    assert(M->segment->slots <= fp && fp <= top && "what is live lies above the frame");
    assert(status != CO_RUNNING && "what is saved does not run");
    b->segment = M->segment;
    b->fp = (uint32_t)(fp - M->segment->slots);
    b->top = (uint32_t)(top - M->segment->slots);
    b->open = M->open;
    b->pcalls = M->pcalls;
    b->error_room = M->error_room;
    b->status = (uint8_t)status;
    hook_save(M, b);
}

void switch_load(Machine *M, const CoBody *b)
{
    M->pcalls = b->pcalls;
    frame_set_error_room(M, b->error_room);
    hook_load(M, b);
}

/* Protected calls ------------------------------------------------------------------ */

/* Their nesting is bounded, as PUC Lua bounds that of C calls. The count before the call
 * is kept in the payload word of its glue. */
enum { PCALL_DEPTH_MAX = 20000 };

static NOINLINE bool pcall_refused(Machine *M, Value *fp)
{
    if (M->pcalls < PCALL_DEPTH_MAX) return false;
    M->native = fp;
    native_error(M, "C stack overflow");
    return true;
}

EXEC(control_pcall)
{
    if (acc == 0) {
        M->native = fp;
        native_arg_error(M, 0, "value expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(pcall_refused(M, fp))) HAND(eval_throw, n, fp, acc, d);
    charge_values(M, (size_t)acc);
    memmove(fp + 3, fp, (size_t)acc * sizeof(Value));
    Value *nf = frame_link(fp + 4, 4, &glue_pcall, M->pcalls++);
    HAND(call_any, &glue_pcall, nf, acc - 1, d);
}

EXEC(control_xpcall)
{
    if (acc < 2) {
        M->native = fp;
        native_arg_error(M, 1, "value expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(pcall_refused(M, fp))) HAND(eval_throw, n, fp, acc, d);
    Value f = fp[0], handler = fp[1];
    charge_values(M, (size_t)acc);
    memmove(fp + 5, fp + 2, (size_t)(acc - 2) * sizeof(Value));
    Value *nf = frame_link(fp + 5, 5, &glue_xpcall, M->pcalls++);
    nf[AT_HANDLER] = handler;
    nf[-1] = f;
    HAND(call_any, &glue_xpcall, nf, acc - 2, d);
}

EXEC(exec_GLUE_PCALL)
{
    M->pcalls = frame_payload_pcalls(fp);
    fp = frame_owner(fp);
    fp[0] = V_TRUE;
    fp[1] = acc;
    M->results = fp;
    M->result_count = 2;
    RETURN_MANY(fp);
}

/* true, results... for the frame a: where they are, if that is a dead part of this very
 * segment above a, else at a. NULL on overflow. */
static NOINLINE Value *prefix_true(Machine *M, Value *a)
{
    const Segment *s = M->segment;
    charge_values(M, M->result_count); /* wherever they lie: a pause must not matter */
    if (M->results > a && M->results < s->slots + s->size) {
        M->results--;
        *(Value *)M->results = V_TRUE;
        M->result_count++;
        return a;
    }
    a = frame_grow(M, a, 0, M->result_count + 1);
    if (!a) return NULL;
    if (M->result_count) memmove(a + 1, M->results, M->result_count * sizeof(Value));
    a[0] = V_TRUE;
    M->results = a;
    M->result_count++;
    return a;
}

EXEC(many_GLUE_PCALL)
{
    M->pcalls = frame_payload_pcalls(fp);
    Value *a = prefix_true(M, frame_owner(fp));
    if (UNLIKELY(!a)) HAND(eval_overflow, n, fp, acc, d);
    if (UNLIKELY(M->fuel < 0) && LIKELY(!M->hooking)) /* returns alone may be long */
        HAND(eval_poll_return, n, a, acc, d);
    RETURN_MANY(a);
}
EXEC(exec_GLUE_XPCALL) { HAND(exec_GLUE_PCALL, n, fp, acc, d); }
EXEC(many_GLUE_XPCALL) { HAND(many_GLUE_PCALL, n, fp, acc, d); }

/* Coroutines ------------------------------------------------------------------------ */

/* The resumer of the running coroutine runs again; gives its native frame, which is
 * M->native. */
static NOINLINE Value *to_resumer(Machine *M)
{
    Coroutine *resumer = heap_coroutine(&M->run, M->run.co)->resumer;
    assert(resumer && "a coroutine that ends was resumed");
    CoBody *b = heap_coroutine_mut(&M->run, resumer);
    coroutine_check(b);
    b->status = CO_RUNNING;
    switch_load(M, b);
    M->run.co = resumer;
    M->next_segment = NULL; /* results may lie in it */
    Value *a = b->segment->slots + b->fp;
    return M->native = frame_thaw(M, b->segment, a, a, NATIVE_SLOTS);
}

/* M->results go to the resumer, as resume's or the wrapped function's own. They may lie
 * in the segment that is left; `vacant`: and nothing else that is needed. NULL: no room for
 * them in the resumer's native M->native. */
static NOINLINE Value *give_results(Machine *M, bool vacant)
{
    bool wrapped = heap_coroutine(&M->run, M->run.co)->wrapped;
    Segment *left = M->segment;
    machine_reclaim(M);
    Value *a = to_resumer(M);
    if (vacant) frame_vacate(M, left);
    a = frame_grow(M, a, 0, M->result_count + 1);
    return a && !wrapped ? prefix_true(M, a) : a;
}

/* n: the node that failed, NULL for none. */
static NOINLINE void bury(Machine *M, const Node *n, const Value *fp)
{
    bool failed = n != NULL;
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    b->status = CO_DEAD;
    b->failed = failed;
    b->segment = failed ? M->segment : NULL;
    b->fp = failed ? (uint32_t)(fp - M->segment->slots) : 0;
    b->top = b->fp;
    if (failed && value_is(fp[-1], OBJ_CLOSURE) &&
        proto_index(frame_proto(fp), n) != UINT32_MAX)
        b->top += proto_frame(frame_proto(fp)); /* what it died with is there to be seen */
    b->node = n;
    coroutine_check(b);
}

EXEC(many_GLUE_BASE)
{
    bury(M, NULL, fp);
    Value *a = give_results(M, true);
    if (UNLIKELY(!a)) HAND(eval_overflow, n, M->native, acc, d);
    RETURN_MANY(a);
}
EXEC(exec_GLUE_BASE)
{
    M->value = acc; /* the frame may be frozen */
    M->results = &M->value;
    M->result_count = 1;
    HAND(many_GLUE_BASE, n, fp, acc, d);
}

/* Control leaves the running coroutine at its native's frame fp, with count values. True:
 * its frames were few enough to be taken out of their scratch segment. */
static NOINLINE bool suspend(Machine *M, const Value *fp, size_t count)
{
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    Segment *home = b->segment;
    M->results = fp;
    M->result_count = (uint32_t)count;
    switch_save(M, b, fp, fp + count, CO_SUSPENDED);
    coroutine_check(b);
    if (M->segment->kind != SEGMENT_SCRATCH || b->top > COMPACT_MAX) return false;
    b->segment = frame_fold(M, M->segment, b->top, home);
    coroutine_check(b);
    return true;
}

EXEC(control_yield)
{
    if (UNLIKELY(M->run.co == M->boundary && M->goes_on) && !M->hook.busy &&
        !collect_in_finalizer(M, fp)) {
        M->call_frame = fp; /* in the evaluator below it yields again */
        M->call_count = (int)acc;
        M->status = RUN_YIELDED;
        return NULL;
    }
    if (M->run.co == M->run.world->main || M->run.co == M->boundary || M->hook.busy ||
        UNLIKELY(collect_in_finalizer(M, fp))) {
        M->native = fp;
        native_throw(M, new_c_string(M->run.co == M->run.world->main
                                         ? "attempt to yield from outside a coroutine"
                                         : "attempt to yield across a C-call boundary"));
        HAND(eval_throw, n, fp, acc, d);
    }
    Value *a = give_results(M, suspend(M, fp, (size_t)acc));
    if (UNLIKELY(!a)) HAND(eval_overflow, n, M->native, acc, d);
    RETURN_MANY(a);
}

/* Coroutines that have resumed each other: bounded as PUC Lua's C stack is, if higher. */
enum { RESUME_DEPTH_MAX = 20000 };

/* PUC Lua takes a coroutine for dead whose top frame is empty, as that of a wrapped
 * function is which has handed on its arguments or was called without. */
static NOINLINE bool seems_dead(Machine *M, const Coroutine *co, bool empty)
{
    if (co == M->run.co) return empty;
    const CoBody *b = heap_coroutine(&M->run, M->run.co);
    while (b->resumer && b->resumer != co) b = heap_coroutine(&M->run, b->resumer);
    return b->wrapped;
}

/* Why co cannot be resumed; NULL if it can. empty: by a wrapped function without arguments. */
static inline const char *resume_refusal(Machine *M, const Coroutine *co, bool empty)
{
    if (heap_coroutine(&M->run, M->run.co)->depth >= RESUME_DEPTH_MAX)
        return "C stack overflow";
    switch (heap_coroutine(&M->run, co)->status) {
    case CO_FRESH:
    case CO_SUSPENDED: return NULL;
    case CO_DEAD: return "cannot resume dead coroutine";
    default:
        return seems_dead(M, co, empty) ? "cannot resume dead coroutine"
                                        : "cannot resume non-suspended coroutine";
    }
}

/* Switches to co with count arguments (M->results); the frame at a waits in the
 * coroutine left. Gives the frame of co's function, or that of its yield, which returns to
 * M->ret; NULL: no room for them in the first, M->native. */
static NOINLINE Value *switch_to(Machine *M, Coroutine *co, Value *a, bool wrapped)
{
    switch_save(M, heap_coroutine_mut(&M->run, M->run.co), a, a + NATIVE_SLOTS, CO_NORMAL);
    CoBody *b = heap_coroutine_mut(&M->run, co);
    coroutine_check(b);
    bool fresh = b->status == CO_FRESH;
    b->resumer = M->run.co;
    b->depth = heap_coroutine(&M->run, M->run.co)->depth + 1;
    b->wrapped = wrapped;
    b->status = CO_RUNNING;
    switch_load(M, b);
    M->run.co = co;
    M->next_segment = NULL;
    machine_reclaim(M);
    Value *fp = b->segment->slots + b->fp;
    if (!fresh) return frame_leave(M, b->segment, fp);
    M->native = frame_start(M, b->segment);
    fp = frame_grow(M, M->native, 0, M->result_count);
    if (fp && M->result_count) memcpy(fp, M->results, M->result_count * sizeof(Value));
    charge_values(M, M->result_count);
    return fp;
}

/* Goes on in co; its fresh function is called, its yield returns. */
static Flow resume(const Node *n, Value *fp, Value acc, Machine *M, double d)
{
    bool fresh = M->resume_fresh;
    fp = switch_to(M, M->resume_co, fp, M->resume_wrapped);
    if (UNLIKELY(!fp)) HAND(eval_overflow, &glue_base, M->native, acc, d);
    if (fresh) HAND(call_any, n, fp, (Value)M->result_count, d);
    if (M->result_count == 1) GO(M->ret, fp, M->results[0], d);
    HAND(M->ret->k.many, M->ret, fp, acc, d);
}

static NOINLINE void set_resume(Machine *M, Coroutine *co, bool wrapped, const Value *args,
                                size_t n)
{
    assert(co != M->run.co && "a coroutine does not resume itself");
    M->resume_co = co;
    M->resume_wrapped = wrapped;
    M->resume_fresh = heap_coroutine(&M->run, co)->status == CO_FRESH;
    M->results = args;
    M->result_count = (uint32_t)n;
}

EXEC(control_resume)
{
    if (acc == 0 || !value_is(fp[0], OBJ_COROUTINE)) {
        M->native = fp;
        native_arg_error(M, 0, "coroutine expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    Coroutine *co = value_pointer(fp[0]);
    const char *refusal = resume_refusal(M, co, false);
    if (refusal) {
        fp[0] = V_FALSE;
        fp[1] = new_c_string(refusal);
        M->results = fp;
        M->result_count = 2;
        RETURN_MANY(fp);
    }
    set_resume(M, co, false, fp + 1, (size_t)acc - 1);
    HAND(resume, n, fp, acc, d);
}

EXEC(control_wrapped)
{
    Coroutine *co = value_pointer(((Native *)value_pointer(fp[-1]))->upvalues[0]);
    const char *refusal = resume_refusal(M, co, acc == 0);
    if (refusal) {
        M->native = fp;
        native_error(M, "%s", refusal);
        HAND(eval_throw, n, fp, acc, d);
    }
    set_resume(M, co, true, fp, (size_t)acc);
    HAND(resume, n, fp, acc, d);
}

/* A wrapped function adds its caller's position to an error message (auxwrap). */
static NOINLINE void add_position(Machine *M)
{
    if (!value_is_string(M->error) && !value_is_number(M->error)) return;
    const String *message = value_string(value_to_text(M, M->error));
    const String *where = native_where(M, 1);
    String *s = where->length + message->length > machine_string_room(M)
                    ? NULL
                    : string_concat(where, message->data, message->length);
    if (s)
        M->error = string_value(s);
    else
        error_set_memory(M);
    M->culprit = NULL;
}

EXEC(switch_fail)
{
    bury(M, n, fp);
    bool wrapped = heap_coroutine(&M->run, M->run.co)->wrapped;
    fp = to_resumer(M);
    if (wrapped || M->fatal) {
        if (M->fatal) HAND(eval_throw, n, fp, acc, d);
        add_position(M);
        if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll_throw, n, fp, acc, d);
        HAND(eval_throw, n, fp, acc, d);
    }
    fp[0] = V_FALSE;
    fp[1] = M->error;
    M->error = V_NIL;
    M->results = fp;
    M->result_count = 2;
    RETURN_MANY(fp);
}
