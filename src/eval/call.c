/* SPDX-License-Identifier: MIT */
/*
 * Calling anything, and what follows when a frame of the evaluator's own returns:
 * the glue of metamethods and of natives that call.
 */
#include "eval/error.h"
#include "eval/exec.h"
#include "eval/hook.h"
#include "eval/native.h"
#include "eval/operate.h"

/* "attempt to call ...", at the line of the caller. */
static void call_error(Run *R, Value *nf)
{
    FrameCursor c = frame_cursor(R->segment, nf, NULL);
    bool below = frame_down(&c);
    error_set_call(R, below ? c.fp : nf, c.at, nf[-1]);
}

NOINLINE bool call_resolve(Run *R, Value *nf, size_t count)
{
    Value handler = meta_of(R, nf[-1], META_CALL);
    if (!value_is_function(handler) || nf + count + 2 > frame_limit(R) + STACK_SLACK)
        return false;
    memmove(nf + 1, nf, count * sizeof(Value));
    nf[0] = nf[-1];
    nf[-1] = handler;
    return true;
}

/* The call of no function is the caller's error. What a native has called is left to that,
 * as it may catch errors. */
static COLD EXEC(throw_uncalled)
{
    const Node *ret = frame_ret(fp);
    call_error(R, fp);
    if (ret->kind < N_RET_A || ret->kind > N_RET_TAIL) HAND(eval_throw, n, fp, acc, d);
    HAND(eval_throw, ret - 1, fp - ret->a, acc, d);
}

/* A native whose frame ends above R->limit: the segment is full, or there is a hook. */
static NOINLINE EXEC(call_native_high)
{
    size_t count = (size_t)acc;
    if (fp + count > frame_limit(R)) {
        Value *moved = frame_move(R, R->segment, fp, fp + count, NATIVE_SLOTS);
        if (!moved) HAND(eval_overflow_call, n, fp, acc, d);
        fp = moved;
    }
    if (R->hooking) HAND(hook_enter_native, n, fp, acc, d);
    HAND(call_native, n, fp, acc, d);
}

EXEC(call_any)
{
    size_t count = (size_t)acc;
    if (UNLIKELY(!value_is_function(fp[-1]))) {
        if (!call_resolve(R, fp, count)) HAND(throw_uncalled, n, fp, acc, d);
        count++;
    }
    if (value_is(fp[-1], OBJ_NATIVE)) {
        if (UNLIKELY(fp + count > R->limit)) HAND(call_native_high, n, fp, (Value)count, d);
        HAND(call_native, n, fp, (Value)count, d);
    }
    if (UNLIKELY(object_is_remapped(value_pointer(fp[-1]))))
        fp[-1] = value_object(heap_closure(R, value_pointer(fp[-1])));
    const Proto *p = frame_proto(fp);
    if (UNLIKELY(--R->fuel < 0)) HAND(eval_poll_call, n, fp, (Value)count, d);
    size_t room = count + proto_frame(p) + (p->vararg ? p->params + 3 : 0);
    if (UNLIKELY(fp + room > R->limit) && fp + room > frame_limit(R)) {
        Value *moved = frame_move(R, R->segment, fp, fp + count, room - count);
        if (!moved) HAND(eval_overflow_call, n, fp, (Value)count, d);
        fp = moved;
    }
    if (count < p->params) {
        fill_nil(fp, (uint32_t)count, p->params);
        count = p->params;
    }
    if (p->vararg) {
        Value *inner = fp + count + 3;
        inner[-1] = fp[-1];
        inner[-2] = value_object(&glue_vararg);
        inner[-3] = count + 3;
        for (uint32_t i = 0; i < p->params; i++) inner[i] = fp[i];
        fp = inner;
    }
    if (UNLIKELY(R->hooking)) HAND(hook_enter, p->entry, fp, acc, d);
    GO(p->entry, fp, acc, d);
}

EXEC(native_finish)
{
    int64_t count = (int64_t)acc;
    Value *a = R->native;
    if (count == 1) RETURN_ONE(a, a[0]);
    if (count >= 0) {
        R->results = a;
        R->result_count = (uint32_t)count;
        RETURN_MANY(a);
    }
    switch (count) {
    case NATIVE_MANY:
        if (R->result_count == 1) RETURN_ONE(a, R->results[0]);
        RETURN_MANY(a);
    case NATIVE_CALL:
        /* a native may call natives without an end: load(os.date) */
        if (value_is(R->call_frame[-1], OBJ_NATIVE) && UNLIKELY(--R->fuel < 0))
            HAND(eval_poll_call, &glue_native, R->call_frame, (Value)R->call_count, d);
        HAND(call_any, &glue_native, R->call_frame, (Value)R->call_count, d);
    default:
        if (UNLIKELY(R->stop)) R->fatal = true; /* what it has begun cannot be done again */
        HAND(eval_throw, n, a, acc, d);
    }
}

/* Glue of natives: back into the continuation, or through to the native's caller. */
static inline Value *glue_owner(Value *nf) { return nf - nf[-4]; }

EXEC(many_GLUE_NATIVE)
{
    Value *a = glue_owner(fp);
    NativeCont *cont = (NativeCont *)(uintptr_t)fp[-3];
    if (!cont) RETURN_MANY(a);
    R->native = a;
    acc = (Value)(int64_t)cont(R, a, (int)R->result_count);
    if (UNLIKELY((int64_t)acc == NATIVE_PAUSE)) HAND(eval_stop_return, n, fp, acc, d);
    HAND(native_finish, n, a, acc, d);
}
EXEC(exec_GLUE_NATIVE)
{
    if (!fp[-3]) {
        fp = glue_owner(fp);
        RETURN_ONE(fp, acc);
    }
    fp[0] = acc;
    R->results = fp;
    R->result_count = 1;
    HAND(many_GLUE_NATIVE, n, fp, acc, d);
}

/* Glue of metamethods: the node that called goes on with their first value. */
static inline const Node *glue_node(const Value *nf) { return value_pointer(nf[-3]); }
static inline Value first_result(const Run *R)
{
    return R->result_count ? R->results[0] : V_NIL;
}

EXEC(exec_GLUE_VALUE) { HAND(eval_deliver, glue_node(fp), glue_owner(fp), acc, d); }
EXEC(exec_GLUE_BOOL)
{
    acc = value_boolean(!value_is_false(acc));
    HAND(eval_deliver, glue_node(fp), glue_owner(fp), acc, d);
}
EXEC(exec_GLUE_NOT)
{
    acc = value_boolean(value_is_false(acc));
    HAND(eval_deliver, glue_node(fp), glue_owner(fp), acc, d);
}
EXEC(exec_GLUE_NONE) { GO(glue_node(fp) + 1, glue_owner(fp), acc, d); }
EXEC(exec_GLUE_CONCAT)
{
    n = glue_node(fp);
    fp = glue_owner(fp);
    Value *slots = fp + n->a;
    size_t left = (size_t)value_to_double(slots[n->b]) - 1;
    slots[left - 1] = acc;
    ACT(operate_concat(n, fp, R, left));
}

#define MANY_AS_ONE(name) \
    EXEC(many_##name) { HAND(exec_##name, n, fp, first_result(R), d); }
MANY_AS_ONE(GLUE_VALUE)
MANY_AS_ONE(GLUE_BOOL)
MANY_AS_ONE(GLUE_NOT)
MANY_AS_ONE(GLUE_NONE)
MANY_AS_ONE(GLUE_CONCAT)
MANY_AS_ONE(RET_0)

EXEC(eval_deliver)
{
    const KindInfo *k = &node_kinds[n->kind];
    switch (k->dest) {
    case DEST_A: GO(n + 1, fp, acc, d);
    case DEST_S: fp[n->c] = acc; GO(n + 1, fp, acc, d);
    case DEST_F: BRANCH_F(!value_is_false(acc));
    case DEST_T: BRANCH_T(!value_is_false(acc));
    case DEST_D:
        if (value_is_number(acc)) GO(n + 1, fp, acc, value_to_double(acc));
        if (UNLIKELY(n[1].exec == hook_step)) HAND(hook_step_boxed, n + 1, fp, acc, d);
        HAND(node_kinds[node_kinds[n[1].kind].twin].exec, n + 1, fp, acc, d);
    default: /* SELF, the one kind of another destination that delivers */
        fp[n->b - 1] = acc;
        GO(n + 1, fp, acc, d);
    }
}
