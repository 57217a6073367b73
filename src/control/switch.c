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
#include "eval/exec.h"
#include "native/native.h"
#include "operate/error.h"
#include "stack/check_stack.h"
#include "stack/hook.h"
#include "stack/upvalue.h"

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
    if (status == CO_PAUSED) b->debt = b->paid = 0; /* who stops says what is owed */
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
        native_arg_error(M, fp, 0, 0, "value expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(pcall_refused(M, fp))) HAND(eval_throw, n, fp, acc, d);
    charge_values(M, (size_t)acc);
    memmove(fp + 3, fp, (size_t)acc * sizeof(Value));
    Value *nf = frame_link(fp + 4, 4, &glue_pcall, M->pcalls++);
    HAND(call_any, &glue_pcall, nf, acc - 1, d);
}

EXEC(control_pcall_unseen) { HAND(control_pcall, n, fp, acc, d); }

EXEC(control_xpcall)
{
    if (acc < 2) {
        M->native = fp;
        native_arg_error(M, fp, (int)acc, 1, "value expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    if (UNLIKELY(pcall_refused(M, fp))) HAND(eval_throw, n, fp, acc, d);
    Value f = fp[0], handler = fp[1];
    charge_values(M, (size_t)acc);
    memmove(fp + 5, fp + 2, (size_t)(acc - 2) * sizeof(Value));
    Value *nf = frame_link(fp + 5, 5, &glue_xpcall, M->pcalls++);
    nf[AT_HANDLER] = handler;
    nf[AT_FUNCTION] = f;
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

EXEC(switch_return_true)
{
    Value *a = prefix_true(M, frame_owner(fp));
    if (UNLIKELY(!a)) HAND(eval_overflow, n, fp, acc, d);
    if (UNLIKELY(M->fuel < 0) && LIKELY(!hook_mask(M))) /* returns alone may be long */
        HAND(eval_poll_return, n, a, acc, d);
    RETURN_MANY(a);
}

EXEC(many_GLUE_PCALL)
{
    M->pcalls = frame_payload_pcalls(fp);
    HAND(switch_return_true, n, fp, acc, d);
}
EXEC(exec_GLUE_XPCALL) { HAND(exec_GLUE_PCALL, n, fp, acc, d); }
EXEC(many_GLUE_XPCALL) { HAND(many_GLUE_PCALL, n, fp, acc, d); }

/* Coroutines ------------------------------------------------------------------------ */

/* Room for so many values at fp, where nothing is. Answers NULL where there is none. */
static inline Value *room_for(Machine *M, Value *fp, size_t count)
{
    return LIKELY(fp + count <= M->limit) ? fp : frame_grow(M, fp, 0, count);
}

/* from: the running coroutine's. Its resumer runs again; gives its native frame, which is
 * M->native. */
static inline Value *to_resumer(Machine *M, const CoBody *from)
{
    Coroutine *resumer = from->resumer;
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

/* M->results go to the resumer of the running coroutine, whose body is `from`, as resume's or
 * the wrapped function's own. They may lie in the segment that is left; `vacant`: and nothing
 * else that is needed. Answers NULL where there is no room for them in the resumer's native
 * M->native. */
static inline Value *give_results(Machine *M, const CoBody *from, bool vacant)
{
    bool wrapped = from->wrapped;
    Segment *left = M->segment;
    machine_reclaim(M);
    Value *a = to_resumer(M, from);
    if (vacant) frame_vacate(M, left);
    a = room_for(M, a, M->result_count + 1);
    return a && !wrapped ? prefix_true(M, a) : a;
}

/* n: the node that failed, NULL for none. */
static CoBody *bury(Machine *M, const Node *n, const Value *fp)
{
    bool failed = n != NULL;
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    b->was = NULL;
    b->status = CO_DEAD;
    b->failed = failed;
    b->segment = failed ? M->segment : NULL;
    b->fp = failed ? (uint32_t)(fp - M->segment->slots) : 0;
    b->top = b->fp;
    if (failed && frame_is_lua(fp) && proto_index(frame_proto(fp), n) != UINT32_MAX)
        b->top += proto_frame(frame_proto(fp));      /* what it died with is there to be seen */
    b->node = failed && node_is_again(n) ? NULL : n; /* not whether it was paused there */
    coroutine_check(b);
    return b;
}

static NOINLINE Value *end(Machine *M, const Value *fp)
{
    return give_results(M, bury(M, NULL, fp), true);
}

/* false and why, as results of resume's frame fp. */
static inline void answer_failure(Machine *M, Value *fp, Value why)
{
    fp[0] = V_FALSE;
    fp[1] = why;
    M->results = fp;
    M->result_count = 2;
}

/* The native at fp, which has resumed a coroutine, has no room for what that gives: it is told
 * so instead. The coroutine has ended, or waits for more, as if all had been taken. */
static NOINLINE EXEC(results_refused)
{
    if (mem_short || M->limits.stack_limited) HAND(eval_overflow, n, fp, acc, d);
    bool wrapped = frame_native(fp)->count > 0; /* has captured the coroutine */
    if (wrapped) {
        native_error(M, "too many results to resume");
        HAND(eval_throw, n, fp, acc, d);
    }
    answer_failure(M, fp, new_c_string("too many results to resume"));
    RETURN_MANY(fp);
}

EXEC(many_GLUE_BASE)
{
    Value *a = end(M, fp);
    if (UNLIKELY(!a)) HAND(results_refused, n, M->native, acc, d);
    RETURN_MANY(a);
}
EXEC(exec_GLUE_BASE)
{
    M->value = acc; /* the frame may be frozen */
    M->results = &M->value;
    M->result_count = 1;
    HAND(many_GLUE_BASE, n, fp, acc, d);
}

/* The frames of the running coroutine are taken out of their scratch segment if they are few:
 * true if they were. */
static NOINLINE bool fold(Machine *M, CoBody *b, Segment *home)
{
    if (b->top > COMPACT_MAX) return false;
    b->segment = frame_fold(M, M->segment, b->top, home);
    coroutine_check(b);
    return true;
}

/* Control leaves the running coroutine at its native's frame fp, with count values: they are
 * the resumer's from now on, and no part of what waits. */
static NOINLINE Value *yield(Machine *M, const Value *fp, size_t count)
{
    assert(!frame_is_lua(fp) && "what yields is a native");
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    Segment *home = b->segment;
    M->results = fp;
    M->result_count = (uint32_t)count;
    switch_save(M, b, fp, fp, CO_SUSPENDED);
    b->captures = M->captures;
    coroutine_check(b);
    bool scratch = UNLIKELY(M->segment->kind == SEGMENT_SCRATCH);
    bool vacant = scratch && fold(M, b, home);
    return give_results(M, heap_coroutine_settle(&M->run, M->run.co, b), vacant);
}

static inline EXEC(yield_inside)
{
    Value *a = yield(M, fp, (size_t)acc);
    if (UNLIKELY(!a)) HAND(results_refused, n, M->native, acc, d);
    RETURN_MANY(a);
}

/* Where a yield is refused, or ends the evaluator that it is in. */
static NOINLINE EXEC(yield_at_boundary)
{
    bool outside = M->run.co == M->run.world->main;
    bool crosses = (M->hook.busy && !M->hook_yields) || collect_in_finalizer(M, fp);
    if (M->run.co == M->boundary && M->goes_on && !crosses) {
        M->call_frame = fp; /* in the evaluator below it yields again */
        M->call_count = (int)acc;
        M->status = RUN_YIELDED;
        return NULL;
    }
    M->hook_yields = false;
    if (!outside && !crosses && M->run.co != M->boundary) HAND(yield_inside, n, fp, acc, d);
    M->native = fp;
    native_throw(M, new_c_string(outside ? "attempt to yield from outside a coroutine"
                                         : "attempt to yield across a C-call boundary"));
    HAND(eval_throw, n, fp, acc, d);
}

EXEC(control_yield)
{
    const Coroutine *co = M->run.co;
    if (UNLIKELY(co == M->boundary || co == M->run.world->main || M->hook.busy ||
                 M->run.world->collection.finalizing))
        HAND(yield_at_boundary, n, fp, acc, d);
    HAND(yield_inside, n, fp, acc, d);
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

/* Whether the stack of a coroutine that waits has room for count arguments, which are handed
 * down to where it goes on. Nobody may notice a limit that is not the default. */
static inline bool has_room(const Machine *M, const CoBody *b, size_t count)
{
    if (LIKELY(count <= NATIVE_SLOTS) || M->limits.stack_limited) return true;
    size_t most = M->limits.stack + (b->error_room ? ERROR_ROOM : 0);
    return b->segment->below + b->fp + FRAME_HEADER + count <= most;
}

/* Why co cannot be resumed with count arguments; NULL if it can. */
static inline const char *resume_refusal(Machine *M, const Coroutine *co, size_t count,
                                         bool wrapped)
{
    if (heap_coroutine(&M->run, M->run.co)->depth >= RESUME_DEPTH_MAX)
        return "C stack overflow";
    const CoBody *b = heap_coroutine(&M->run, co);
    switch (b->status) {
    case CO_FRESH:
    case CO_SUSPENDED: return has_room(M, b, count) ? NULL : "too many arguments to resume";
    case CO_DEAD: return "cannot resume dead coroutine";
    default:
        return seems_dead(M, co, wrapped && count == 0)
                   ? "cannot resume dead coroutine"
                   : "cannot resume non-suspended coroutine";
    }
}

/* Makes the frame of a coroutine that has not run, with the arguments (M->results). Answers
 * NULL where there is no room for them in M->native. */
static NOINLINE Value *start(Machine *M, const CoBody *b)
{
    M->native = frame_start(M, b->segment);
    Value *fp = frame_grow(M, M->native, 0, M->result_count);
    if (fp && M->result_count) memcpy(fp, M->results, M->result_count * sizeof(Value));
    charge_values(M, M->result_count);
    return fp;
}

/* Switches to co with M->results; the frame at a waits in the coroutine left. Gives the frame
 * of co's function, or that of its yield, which returns to M->ret, or NULL where there is no
 * room for them in the first, M->native. */
static NOINLINE Value *switch_to(Machine *M, Coroutine *co, Value *a, bool wrapped)
{
    assert(co != M->run.co && "a coroutine does not resume itself");
    CoBody *from = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, from, a, a + NATIVE_SLOTS, CO_NORMAL);
    uint32_t depth = from->depth + 1;
    CoBody *b = heap_coroutine_mut(&M->run, co);
    coroutine_check(b);
    bool fresh = b->status == CO_FRESH;
    if (UNLIKELY(b->captures != M->captures) && !fresh) upvalue_refresh(M, co);
    b->resumer = M->run.co;
    b->depth = depth;
    b->wrapped = wrapped;
    b->status = CO_RUNNING;
    switch_load(M, b);
    M->run.co = co;
    M->next_segment = NULL;
    machine_reclaim(M);
    if (UNLIKELY(fresh)) return start(M, b);
    return frame_leave(M, b->segment, b->segment->slots + b->fp);
}

/* Goes on in co, with M->results; its fresh function is called, its yield returns. */
#define RESUME(co_, wrapped_)                                                   \
    do {                                                                        \
        bool fresh_ = heap_coroutine(&M->run, co_)->status == CO_FRESH;         \
        fp = switch_to(M, co_, fp, wrapped_);                                   \
        if (UNLIKELY(!fp)) HAND(eval_overflow, &glue_base, M->native, acc, d);  \
        if (UNLIKELY(fresh_)) HAND(call_any, n, fp, (Value)M->result_count, d); \
        if (M->result_count == 1) GO(M->ret, fp, M->results[0], d);             \
        HAND(M->ret->k.many, M->ret, fp, acc, d);                               \
    } while (0)

static inline void set_results(Machine *M, const Value *values, size_t n)
{
    M->results = values;
    M->result_count = (uint32_t)n;
}

EXEC(control_resume)
{
    if (acc == 0 || !value_is(fp[0], OBJ_COROUTINE)) {
        M->native = fp;
        native_arg_error(M, fp, (int)acc, 0, "coroutine expected");
        HAND(eval_throw, n, fp, acc, d);
    }
    Coroutine *co = value_pointer(fp[0]);
    const char *refusal = resume_refusal(M, co, (size_t)acc - 1, false);
    if (refusal) {
        answer_failure(M, fp, new_c_string(refusal));
        RETURN_MANY(fp);
    }
    set_results(M, fp + 1, (size_t)acc - 1);
    RESUME(co, false);
}

EXEC(control_wrapped)
{
    Coroutine *co = value_pointer(frame_native(fp)->upvalues[0]);
    const char *refusal = resume_refusal(M, co, (size_t)acc, true);
    if (refusal) {
        M->native = fp;
        native_error(M, "%s", refusal);
        HAND(eval_throw, n, fp, acc, d);
    }
    set_results(M, fp, (size_t)acc);
    RESUME(co, true);
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
    M->place = (AstPlace){0};
}

EXEC(switch_fail)
{
    const CoBody *b = bury(M, n, fp);
    bool wrapped = b->wrapped;
    fp = to_resumer(M, b);
    M->error_handled = false; /* by those of the resumer */
    if (wrapped || M->fatal) {
        if (M->fatal) HAND(eval_throw_on, n, fp, acc, d);
        add_position(M);
        if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll_throw, n, fp, acc, d);
        HAND(eval_throw_on, n, fp, acc, d);
    }
    answer_failure(M, fp, M->error);
    M->error = V_NIL;
    M->cause = NULL;
    RETURN_MANY(fp);
}
