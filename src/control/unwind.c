/* SPDX-License-Identifier: MIT */
/*
 * Errors on their way up: who takes one, and how control comes there.
 *
 * Main invariant: an error unwinds frames and never the C stack. What each frame does with one
 * that comes by is in the table of glue (node/glues.h).
 */
#include <assert.h>

#include "control/collect.h"
#include "control/eval.h"
#include "control/raise.h"
#include "control/stress.h"
#include "control/switch.h"
#include "control/world.h"
#include "eval/event.h"
#include "eval/exec.h"
#include "operate/error.h"

enum { HANDLERS_MAX = 221, HANDLERS_MIN = 20 };

/* The error of a stack without room for what the frame at fp wants, at node n or, if that is
 * none of its, called from the frame below. As in PUC Lua no handler sees it if already one
 * runs in the room that was left for it. */
static NOINLINE void set_overflow(Machine *M, Value *fp, const Node *n)
{
    FrameCursor c = frame_cursor(M->segment, fp, n);
    if (error_line(fp, n) < 0) frame_down(&c);
    error_set(M, c.fp, c.at, "stack overflow");
    if (!M->error_room) return;
    error_raise(M, new_c_string("error in error handling"));
    M->error_handled = true;
}

EXEC(eval_overflow)
{
    if (UNLIKELY(mem_short)) HAND(eval_no_memory, n, fp, acc, d);
    set_overflow(M, fp, n);
    if (M->limits.stack_limited) { /* nobody may notice, and there is nowhere to go on */
        M->stop = STOP_STACK;
        M->fatal = true;
    }
    HAND(eval_throw, n, fp, acc, d);
}

EXEC(eval_overflow_call)
{
    if (UNLIKELY(mem_short)) {
        error_set_memory(M);
        HAND(call_throw, n, fp, acc, d);
    }
    if (M->limits.stack_limited) {
        M->stop = STOP_STACK;
        HAND(eval_stop_call, n, fp, acc, d);
    }
    set_overflow(M, fp, NULL);
    HAND(call_throw, n, fp, acc, d);
}

EXEC(eval_overflow_node)
{
    if (!M->limits.stack_limited || mem_short) HAND(eval_overflow, n, fp, acc, d);
    M->stop = STOP_STACK;
    HAND(eval_stop, n, fp, acc, d);
}

typedef enum Unwind {
    UNWIND_ON, /* nobody yet: the frame below */
    UNWIND_CATCH,
    UNWIND_HANDLE,
    UNWIND_WORLD,
    UNWIND_COROUTINE,
    UNWIND_OUT
} Unwind;

/* How often a handler that fails is called again: as often as PUC Lua's C stack allows. */
static int handlers_max(const Machine *M)
{
    bool few = M->pcalls + HANDLERS_MIN < HANDLERS_MAX;
    return few ? HANDLERS_MAX - (int)M->pcalls : HANDLERS_MIN;
}

/* Whether a handler is to see the error; it is left in M->value. That there is no memory is
 * no handler's business, as in PUC Lua. */
static bool has_handler(Machine *M, Value handler, int handlers)
{
    if (M->error_handled || M->fatal || M->raised == RAISED_BY_MEMORY) return false;
    M->value = handler;
    if (handlers < handlers_max(M) && value_is_function(handler)) return true;
    error_raise(M, new_c_string("error in error handling"));
    return false;
}

/* Who of the frame that returns to c->ret takes the error, or UNWIND_ON. `handlers` have
 * failed.
 */
static Unwind who_takes(Machine *M, const FrameCursor *c, int handlers)
{
    Value *base = c->ret_base;
    switch ((FrameError)frame_kinds[c->ret->kind].error) {
    case ERROR_CATCHES: return UNWIND_CATCH;
    case ERROR_HANDLES:
        return has_handler(M, base[AT_HANDLER], handlers) ? UNWIND_HANDLE : UNWIND_CATCH;
    case ERROR_RESTORES: return UNWIND_WORLD;
    case ERROR_ENDS: return UNWIND_COROUTINE;
    case ERROR_LEAVES:
        if (M->depth > 1) return UNWIND_OUT;
        if (M->handler == V_NIL && M->make_handler) M->handler = M->make_handler(M);
        if (M->handler == V_NIL) return UNWIND_OUT;
        return has_handler(M, M->handler, handlers) ? UNWIND_HANDLE : UNWIND_OUT;
    case ERROR_RETURNS:
        if (!frame_is_awaited(M, base)) return UNWIND_ON;
        if (base[AT_C_HANDLER] == V_NIL) return UNWIND_OUT;
        return has_handler(M, base[AT_C_HANDLER], handlers) ? UNWIND_HANDLE : UNWIND_OUT;
    case ERROR_PASSES:
    case ERROR_COUNTS:
    case ERROR_UNHOOKS: break;
    }
    return UNWIND_ON;
}

/* Finds who takes the error: leaves the frame that the catching native called in
 * M->catch_*. Frames that are passed count as steps. */
static NOINLINE Unwind find_catcher(Machine *M, Value *fp, const Node *n)
{
    FrameCursor c = frame_cursor(M->segment, fp, n);
    int handlers = 0;
    bool paid = M->error_paid;
    M->error_paid = false;
    M->hook_left = M->finalizers_left = false;
    for (unsigned passed = 1;; passed++) {
        if (passed % STEP_LEVELS == 0 && !paid) M->fuel--;
        FrameError what = frame_kinds[c.ret->kind].error;
        M->hook_left |= what == ERROR_UNHOOKS || collect_hooks_were_on(c.ret, c.ret_base);
        M->finalizers_left |= collect_is_caller(c.ret, c.ret_base);
        if (!M->fatal || what == ERROR_ENDS || what >= ERROR_LEAVES) {
            M->catch_segment = c.ret_segment;
            M->catch_frame = c.ret_base;
            handlers += what == ERROR_COUNTS;
            Unwind unwind = who_takes(M, &c, handlers);
            if (unwind != UNWIND_ON) return unwind;
        }
        if (!frame_down(&c)) return UNWIND_OUT;
    }
}

/* What an error for want of memory has unwound is to keep nothing alive. */
static void forget(Machine *M, Value *a)
{
    Value *end = M->segment->slots + M->segment->size;
    memset(a, 0, (size_t)(end - a) * sizeof *a);
    M->next_segment = M->left = M->holding = NULL;
}

/* The frame of pcall or xpcall is the running one again, with false, error. */
static NOINLINE Value *catch_error(Machine *M)
{
    assert(M->catch_segment && M->catch_frame && "somebody catches the error");
    Segment *s = M->catch_segment;
    Value *a = frame_owner(M->catch_frame);
    M->pcalls = frame_payload_pcalls(M->catch_frame);
    bool deep = s->below + (size_t)(a - s->slots) > M->limits.stack;
    frame_set_error_room(M, M->error_room && deep); /* else a handler is left, if any */
    a = frame_thaw(M, s, a, a, NATIVE_SLOTS);
    if (M->raised == RAISED_BY_MEMORY || M->error == string_value(string_no_memory()))
        forget(M, a);
    a[0] = V_FALSE;
    a[1] = M->error;
    M->error = V_NIL;
    M->cause = NULL;
    M->error_handled = false;
    M->results = a;
    M->result_count = 2;
    return a;
}

/* The handler, M->value, runs at the point of the error, on top of the failing frames. Whether
 * it was paused there is not kept. */
static NOINLINE void call_handler(Machine *M, Value *fp, const Node *n)
{
    if (node_is_again(n)) n = &glue_native;
    assert(value_is_function(M->value) && "a handler can be called");
    frame_set_error_room(M, true);
    frame_enter_segment(M, M->segment);
    size_t used = frame_is_lua(fp) ? frame_extent(fp) : 0;
    Value *nf = frame_push(M, fp, used, &glue_handler, value_object(n));
    if (UNLIKELY(M->hooking)) nf = hook_mark_handler(M, nf, n, M->value);
    nf[AT_FUNCTION] = M->value;
    nf[0] = M->error;
    M->call_frame = nf;
}

/* Nobody catches it, and what the program has done is not paid yet. */
static bool stops_first(Machine *M, Value *fp, const Node *n)
{
    bool owes = (M->fuel < 0 || M->debt) && M->depth == 1 && !M->fatal;
    return UNLIKELY(owes) && eval_stop_error(M, fp, n);
}

/* Tells who has started the run, which is no work of the program's. */
static NOINLINE void note_uncaught(Machine *M, Value *fp, const Node *n)
{
    M->status = RUN_ERROR;
    if (M->depth > 1) return;
    int64_t spent = machine_spent(M);
    M->error_handled = false;
    if (M->hooks && M->hooks->uncaught) M->hooks->uncaught(M, fp, n);
    if (UNLIKELY(M->watch)) M->watch->uncaught(M, n, fp);
    machine_set_spent(M, spent);
}

static COLD EXEC(throw_told)
{
    fp = raise_tell(M, n, fp);
    HAND(eval_throw_on, n, fp, acc, d);
}

EXEC(eval_throw)
{
    if (UNLIKELY(M->watch != NULL || M->breaks != NULL)) HAND(throw_told, n, fp, acc, d);
    HAND(eval_throw_on, n, fp, acc, d);
}

/* The catcher's frame is there still. */
static NOINLINE void finalizers_left(Machine *M, Unwind unwind)
{
    bool inside = unwind != UNWIND_COROUTINE && (unwind != UNWIND_OUT || M->depth > 1);
    if (!inside) {
        collect_left(M, NULL);
        return;
    }
    FrameCursor c = frame_cursor(M->catch_segment, frame_owner(M->catch_frame), NULL);
    collect_left(M, &c);
}

EXEC(eval_throw_on)
{
    if (UNLIKELY(M->stop && !M->fatal)) HAND(eval_stop, n, fp, acc, d);
    stress_stack(M, n, fp);
    Unwind unwind = find_catcher(M, fp, n);
    if (unwind == UNWIND_OUT && stops_first(M, fp, n)) return NULL;
    if (UNLIKELY(M->hook_left) && unwind != UNWIND_HANDLE) hook_leave(M);
    if (UNLIKELY(M->finalizers_left) && unwind != UNWIND_HANDLE) finalizers_left(M, unwind);
    switch (unwind) {
    case UNWIND_CATCH: fp = catch_error(M); RETURN_MANY(fp);
    case UNWIND_HANDLE: call_handler(M, fp, n); HAND(call_any, n, M->call_frame, 1, d);
    case UNWIND_WORLD: HAND(world_fail, n, M->catch_frame, acc, d);
    case UNWIND_COROUTINE: HAND(switch_fail, n, fp, acc, d);
    default: note_uncaught(M, fp, n); return NULL;
    }
}

/* The handler's value replaces the error, which then goes to the xpcall; or, where nobody's
 * frame has returned, to the host (eval_stop_error). */
EXEC(many_GLUE_HANDLER)
{
    if (LIKELY(fp[AT_FUNCTION] != V_NIL))
        error_raise(M, M->result_count ? M->results[0] : V_NIL);
    else
        eval_take_error(M);
    M->error_handled = true;
    n = frame_payload_node(fp);
    fp = frame_owner(fp);
    HAND(eval_throw, n, fp, acc, d);
}
EXEC(exec_GLUE_HANDLER)
{
    M->value = acc;
    M->results = &M->value;
    M->result_count = 1;
    HAND(many_GLUE_HANDLER, n, fp, acc, d);
}
