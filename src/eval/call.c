/* SPDX-License-Identifier: MIT */
/*
 * Calling anything, and what follows when a frame of the evaluator's own returns:
 * the glue of metamethods and of natives that call.
 *
 * Main invariant: the header of a frame that returns to glue says all that is needed to go on.
 * Nothing of that is on the C stack.
 */
#include <assert.h>

#include "eval/break.h"
#include "eval/event.h"
#include "eval/exec.h"
#include "native/native.h"
#include "operate/cause.h"
#include "operate/error.h"
#include "operate/operate.h"
#include "stack/breaks.h"

/* "attempt to call ...", at the line of the caller. */
static void call_error(Machine *M, Value *nf, size_t count)
{
    FrameCursor c = frame_cursor(M->segment, nf, NULL);
    bool below = frame_down(&c);
    const Value *fp = below ? c.fp : nf;
    error_set_call(M, fp, c.at, nf[AT_FUNCTION]);
    cause_set_call(M, fp, c.at, nf, count);
}

NOINLINE bool call_resolve(Machine *M, Value *nf, size_t count)
{
    assert(!value_is_function(nf[AT_FUNCTION]) && "what can be called needs no handler");
    Value handler = meta_of(M, nf[AT_FUNCTION], META_CALL);
    if (!value_is_function(handler)) return false;
    assert(nf + count < M->segment->slots + M->segment->size && "the arguments fit the slack");
    charge_values(M, count);
    memmove(nf + 1, nf, count * sizeof(Value));
    nf[0] = nf[AT_FUNCTION];
    nf[AT_FUNCTION] = handler;
    return true;
}

/* What cannot be called is the caller's error. A frame that returns elsewhere than to a call
 * stays, for who catches the error may be what it returns to; but nobody sees it. */
COLD EXEC(call_throw)
{
    const Node *ret = frame_ret(fp);
    if (frame_is_called(ret)) HAND(eval_throw, ret - 1, fp - ret->a, acc, d);
    fp[AT_FUNCTION] = V_NIL;
    HAND(eval_throw, n, fp, acc, d);
}

static COLD EXEC(throw_uncalled)
{
    call_error(M, fp, (size_t)acc);
    HAND(call_throw, n, fp, acc, d);
}

/* A native whose frame ends above M->limit: the segment is full, or there is a hook. */
static NOINLINE EXEC(call_native_high)
{
    size_t count = (size_t)acc;
    Value *moved = frame_grow(M, fp, count, count);
    if (!moved) HAND(eval_overflow_call, n, fp, acc, d);
    fp = moved;
    if (M->hooking) HAND(hook_enter_native, n, fp, acc, d);
    HAND(call_native, n, fp, acc, d);
}

/* The frame of a function that begins behind its arguments, which all stay where they are: they
 * are what ... gives. */
static inline Value *shifted_frame(Value *fp, size_t count, const Proto *p)
{
    Value *inner = fp + count + SHIFT_HEADER;
    assert(count >= p->params && "parameters that were not given are nil by now");
    inner[AT_FUNCTION] = fp[AT_FUNCTION];
    inner[AT_RETURN] = value_object(&glue_vararg);
    inner[AT_SHIFT] = count + SHIFT_HEADER;
    for (uint32_t i = 0; i < p->params; i++) inner[i] = fp[i];
    return inner;
}

EXEC(call_any)
{
    size_t count = (size_t)acc;
    assert(frame_runs(M, fp) && "what is called lies in the running segment");
    if (UNLIKELY(!value_is_function(fp[AT_FUNCTION]))) {
        if (!call_resolve(M, fp, count)) HAND(throw_uncalled, n, fp, acc, d);
        count++;
    }
    if (frame_is_native(fp)) {
        if (UNLIKELY(M->hooking && M->fuel < 1)) {
            M->fuel--;
            HAND(eval_poll_call, n, fp, (Value)count, d);
        }
        if (UNLIKELY(fp + count > M->limit)) HAND(call_native_high, n, fp, (Value)count, d);
        HAND(call_native, n, fp, (Value)count, d);
    }
    if (UNLIKELY(object_is_remapped(value_pointer(fp[AT_FUNCTION]))))
        fp[AT_FUNCTION] = value_object(heap_closure(&M->run, value_pointer(fp[AT_FUNCTION])));
    const Proto *p = frame_proto(fp);
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll_call, n, fp, (Value)count, d);
    size_t room = proto_frame(p) + (p->vararg ? count + SHIFT_HEADER : 0);
    if (room < count) room = count;
    if (UNLIKELY(fp + room > M->limit)) {
        Value *moved = frame_grow(M, fp, count, room);
        if (!moved) HAND(eval_overflow_call, n, fp, (Value)count, d);
        fp = moved;
    }
    if (count < p->params) {
        fill_nil(fp, (uint32_t)count, p->params);
        count = p->params;
    }
    if (p->vararg) fp = shifted_frame(fp, count, p);
    if (UNLIKELY(M->hooking)) HAND(hook_enter, p->entry, fp, acc, d);
    GO(p->entry, fp, acc, d);
}

EXEC(native_finish)
{
    int64_t count = (int64_t)acc;
    Value *a = M->native;
    assert(frame_is_native(a) && "the frame is that of a native");
    if (count == 1) RETURN_ONE(a, a[0]);
    if (count >= 0) {
        M->results = a;
        M->result_count = (uint32_t)count;
        RETURN_MANY(a);
    }
    switch (count) {
    case NATIVE_MANY:
        if (M->result_count == 1) RETURN_ONE(a, M->results[0]);
        RETURN_MANY(a);
    case NATIVE_CALL: HAND(call_any, &glue_native, M->call_frame, (Value)M->call_count, d);
    case NATIVE_SUSPEND: HAND(eval_suspend, &glue_native, M->call_frame, 0, d);
    default:
        if (UNLIKELY(M->stop)) M->fatal = true; /* what it has begun cannot be done again */
        HAND(eval_throw, n, a, acc, d);
    }
}

/* Glue of natives: back into the continuation, or through to the native's caller. */
EXEC(many_GLUE_ANSWER)
{
    fp = frame_owner(fp);
    RETURN_MANY(fp);
}
EXEC(exec_GLUE_ANSWER)
{
    fp = frame_owner(fp);
    RETURN_ONE(fp, acc);
}

EXEC(many_GLUE_NATIVE)
{
    Value *a = frame_owner(fp);
    NativeCont *cont = frame_payload_code(fp);
    M->native = a;
    acc = (Value)(int64_t)cont(M, a, (int)M->result_count);
    if (UNLIKELY((int64_t)acc == NATIVE_PAUSE)) HAND(eval_stop_return, n, fp, acc, d);
    M->paid = 0; /* it was good for this work: budget.c */
    HAND(native_finish, n, a, acc, d);
}
EXEC(exec_GLUE_NATIVE)
{
    fp[0] = acc;
    M->results = fp;
    M->result_count = 1;
    HAND(many_GLUE_NATIVE, n, fp, acc, d);
}

/* The continuation finds its worlds in the header of the frame at M->results. */
EXEC(many_GLUE_WORLDS)
{
    M->results = fp;
    M->result_count = 0;
    HAND(many_GLUE_NATIVE, n, fp, acc, d);
}
EXEC(exec_GLUE_WORLDS) { HAND(many_GLUE_WORLDS, n, fp, acc, d); }

/* Glue of metamethods: the node that called goes on with their first value. */
static inline Value first_result(const Machine *M)
{
    return M->result_count ? M->results[0] : V_NIL;
}

/* The function whose operation has called the metamethod at fp; the node of that is
 * operation(). */
static inline Value *operating(Value *fp)
{
    assert(frame_is_lua(frame_owner(fp)) &&
           "operations with metamethods are those of Lua code");
    assert(proto_index(frame_proto(frame_owner(fp)), frame_payload_node(fp)) != UINT32_MAX &&
           "the glue of an operation knows its node");
    return frame_owner(fp);
}

static inline const Node *operation(Machine *M, const Value *fp)
{
    const Node *n = frame_payload_node(fp);
    breaks_return(M, n);
    return n;
}

EXEC(exec_GLUE_VALUE) { HAND(eval_deliver, operation(M, fp), operating(fp), acc, d); }
EXEC(exec_GLUE_BOOL)
{
    acc = value_boolean(!value_is_false(acc));
    HAND(eval_deliver, operation(M, fp), operating(fp), acc, d);
}
EXEC(exec_GLUE_NOT)
{
    acc = value_boolean(value_is_false(acc));
    HAND(eval_deliver, operation(M, fp), operating(fp), acc, d);
}
EXEC(exec_GLUE_NONE) { GO(operation(M, fp) + 1, operating(fp), acc, d); }
EXEC(exec_GLUE_CONCAT)
{
    n = operation(M, fp);
    fp = operating(fp);
    Value *slots = fp + n->a;
    size_t left = (size_t)value_to_double(slots[n->b]) - 1;
    assert(left >= 1 && left < n->b && "a concatenation goes on to the left");
    slots[left - 1] = acc;
    ACT(operate_concat(n, fp, M, left));
}

#define MANY_AS_ONE(name) \
    EXEC(many_##name) { HAND(exec_##name, n, fp, first_result(M), d); }
MANY_AS_ONE(GLUE_VALUE)
MANY_AS_ONE(GLUE_BOOL)
MANY_AS_ONE(GLUE_NOT)
MANY_AS_ONE(GLUE_NONE)
MANY_AS_ONE(GLUE_CONCAT)
MANY_AS_ONE(RET_0)

/* Goes to n, which has a value where its kind has a number. */
static EXEC(eval_go_boxed)
{
    if (UNLIKELY(n->exec == hook_step)) HAND(hook_step_boxed, n, fp, acc, d);
    if (UNLIKELY(breaks_is_broken(n))) HAND(break_boxed, n, fp, acc, d);
    HAND(node_execs[node_kinds[n->kind].boxed], n, fp, acc, d);
}

EXEC(exec_PAY_BOXED)
{
    M->fuel -= n->a;
    HAND(eval_go_boxed, n + 1, fp, acc, d);
}

EXEC(eval_deliver)
{
    assert(value_is_valid(acc) && "what is delivered is a value");
    const KindInfo *k = &node_kinds[n->kind];
    switch (k->dest) {
    case DEST_A: GO(n + 1, fp, acc, d);
    case DEST_S: fp[n->c] = acc; GO(n + 1, fp, acc, d);
    case DEST_F: BRANCH_F(!value_is_false(acc));
    case DEST_T: BRANCH_T(!value_is_false(acc));
    case DEST_D:
        if (value_is_number(acc)) GO(n + 1, fp, acc, value_to_double(acc));
        HAND(eval_go_boxed, n + 1, fp, acc, d);
    default: /* SELF, the one kind of another destination that delivers */
        fp[n->b - 1] = acc;
        GO(n + 1, fp, acc, d);
    }
}

EXEC(exec_GLUE_UNDERFLOW)
{
    Value *base = frame_underflow(M, true);
    GO(M->ret, base, acc, d);
}

EXEC(many_GLUE_UNDERFLOW)
{
    Value *base = frame_underflow(M, false);
    HAND(M->ret->k.many, M->ret, base, acc, d);
}

static NOINLINE Value *lost_node(Machine *M, Value *fp)
{
    const Node *n;
    fp = frame_lost(M, fp, &n);
    M->ret = n;
    return fp;
}

EXEC(many_GLUE_LOST)
{
    fp = lost_node(M, fp);
    HAND(eval_no_memory, M->ret, fp, acc, d);
}
EXEC(exec_GLUE_LOST) { HAND(many_GLUE_LOST, n, fp, acc, d); }
