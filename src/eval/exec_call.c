/* SPDX-License-Identifier: MIT */
/*
 * Calls and returns.
 *
 * The caller's nodes have put the callee below nf and the arguments at nf[0..b),
 * nf = fp + a. The call node writes the node after it, a RET node, to nf[AT_RETURN], and the
 * callee's frame begins where its arguments are. A return jumps to that RET node
 * with fp still the callee's: one value travels in acc through exec, any other
 * number in M->results through k.many.
 *
 * Main invariant: whatever enters a function has checked that its frame ends below M->limit,
 * and has paid a step.
 */
#include <assert.h>

#include "control/stress.h"
#include "eval/exec.h"
#include "native/native.h"
#include "stack/frame.h"

/* Enters a Lua function of no surprises; anything else is call_any's. */
#define CALL_BODY(nargs_, fill_)                                                    \
    Value *nf = fp + n->a;                                                          \
    Value f = nf[AT_FUNCTION];                                                      \
    assert(frame_is_called(n + 1) && "behind a call is the node to return to");     \
    nf[AT_RETURN] = value_object(n + 1);                                            \
    if (LIKELY(value_is_object(f))) {                                               \
        const Closure *c = value_pointer(f);                                        \
        if (LIKELY(c->h.type == OBJ_CLOSURE)) {                                     \
            const Proto *p = c->proto;                                              \
            if (LIKELY(nf + p->frame <= M->limit)) {                                \
                if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);        \
                assert(!p->vararg && "the frames of others are made by call_any");  \
                assert(frame_runs(M, nf) && "a limit lies in the running segment"); \
                fill_;                                                              \
                GO(p->entry, nf, acc, d);                                           \
            }                                                                       \
        } else if (c->h.type == OBJ_NATIVE) {                                       \
            HAND(call_native, n, nf, (nargs_), d);                                  \
        }                                                                           \
    }                                                                               \
    HAND(call_any, n, nf, (nargs_), d)

#define FILL_FROM(count_) fill_nil(nf, (count_), p->params)

EXEC(exec_CALL_0) { CALL_BODY(0, FILL_FROM(0)); }
EXEC(exec_CALL_1) { CALL_BODY(1, FILL_FROM(1)); }
EXEC(exec_CALL_2) { CALL_BODY(2, FILL_FROM(2)); }
EXEC(exec_CALL_3) { CALL_BODY(3, FILL_FROM(3)); }
EXEC(exec_CALL_N) { CALL_BODY(n->b, FILL_FROM(n->b)); }
EXEC(exec_CALL_OPEN)
{
    Value *nf = fp + n->a;
    assert(nf + n->b + M->open <= M->segment->slots + M->segment->size &&
           "an open list lies behind the other arguments, where there is room");
    nf[AT_RETURN] = value_object(n + 1);
    HAND(call_any, n, nf, n->b + (Value)M->open, d);
}

EXEC(call_native)
{
    Value *nf = fp;
    if (UNLIKELY(--M->fuel < 0) && LIKELY(!M->hooking)) HAND(eval_poll_call, n, fp, acc, d);
    assert(frame_is_native(nf) && "who hands over has looked at what is called");
    const Native *f = frame_native(nf);
    if (f->h.flags & NATIVE_CONTROL) HAND((Exec *)(void (*)(void))f->fn, n, nf, acc, d);
    M->native = nf;
    stress_values(nf, acc);
    stress_stack(M, NULL, nf);
    int count = f->fn(M, nf, (int)acc);
    nf = M->native; /* it may have moved */
    assert(count >= NATIVE_SUSPEND && "a native answers a number of results, or a code");
    assert(frame_runs(M, count == NATIVE_CALL ? M->call_frame : nf) &&
           "a native leaves its frame, or that of what it calls, in the running segment");
    if (LIKELY(count == 1)) RETURN_ONE(nf, nf[0]);
    if (UNLIKELY(count == NATIVE_PAUSE)) HAND(eval_stop_native, n, nf, acc, d);
    acc = (Value)(int64_t)count;
    HAND(native_finish, n, nf, acc, d);
}

/* RET nodes: fp is the frame that returns. ------------------------------------- */

/* The frame that a call of node n - 1 has been made in, when it returns from fp. */
static inline Value *caller(const Machine *M, const Node *n, Value *fp)
{
    fp -= n->a;
    assert(frame_runs(M, fp) && "a return stays in the running segment");
    assert(frame_is_lua(fp) && "who calls in Lua code is a function in Lua");
    assert(proto_index(frame_proto(fp), n) != UINT32_MAX &&
           "a frame returns to its caller's node");
    return fp;
}

EXEC(exec_RET_A) { GO(n + 1, caller(M, n, fp), acc, d); }
EXEC(many_RET_A)
{
    acc = M->result_count ? M->results[0] : V_NIL;
    GO(n + 1, caller(M, n, fp), acc, d);
}
EXEC(exec_RET_S)
{
    fp = caller(M, n, fp);
    fp[n->c] = acc;
    GO(n + 1, fp, acc, d);
}
EXEC(many_RET_S)
{
    fp = caller(M, n, fp);
    fp[n->c] = M->result_count ? M->results[0] : V_NIL;
    GO(n + 1, fp, acc, d);
}
EXEC(exec_RET_0) { GO(n + 1, caller(M, n, fp), acc, d); }

EXEC(exec_RET_N)
{
    fp = caller(M, n, fp);
    fp[n->c] = acc;
    fill_nil(fp + n->c, 1, n->b);
    GO(n + 1, fp, acc, d);
}
EXEC(many_RET_N)
{
    fp = caller(M, n, fp);
    unsigned have = M->result_count < n->b ? M->result_count : n->b;
    const Value *from = M->results;
    Value *to = fp + n->c;
    for (unsigned i = 0; i < have; i++) to[i] = from[i]; /* downwards: may overlap */
    fill_nil(to, have, n->b);
    GO(n + 1, fp, acc, d);
}

EXEC(exec_RET_OPEN)
{
    fp = caller(M, n, fp);
    fp[n->c] = acc;
    M->open = 1;
    GO(n + 1, fp, acc, d);
}
EXEC(many_RET_OPEN)
{
    fp = caller(M, n, fp);
    Value *to = frame_take_open(M, fp, n->c, M->results, M->result_count);
    if (UNLIKELY(!to)) HAND(eval_overflow, n, fp, acc, d);
    if (UNLIKELY(M->fuel < 0) && LIKELY(!M->hooking)) /* returns alone may be long */
        HAND(eval_poll_untaken, n + 1, to, acc, d);
    GO(n + 1, to, acc, d);
}

/* What a native called in tail position answers is this function's answer. */
EXEC(exec_RET_TAIL)
{
    fp = caller(M, n, fp);
    RETURN_ONE(fp, acc);
}
EXEC(many_RET_TAIL)
{
    fp = caller(M, n, fp);
    RETURN_MANY(fp);
}

/* Returns ----------------------------------------------------------------------- */

EXEC(exec_RETURN_0)
{
    M->result_count = 0;
    RETURN_MANY(fp);
}
EXEC(exec_RETURN_A) { RETURN_ONE(fp, acc); }
EXEC(exec_RETURN_L) { RETURN_ONE(fp, fp[n->a]); }
EXEC(exec_RETURN_K) { RETURN_ONE(fp, n->k.v); }
EXEC(exec_RETURN_N)
{
    assert(n->a + n->b <= proto_frame(frame_proto(fp)) && "results lie in the frame");
    M->results = fp + n->a;
    M->result_count = n->b;
    RETURN_MANY(fp);
}
EXEC(exec_RETURN_OPEN)
{
    M->results = fp + n->a;
    M->result_count = n->b + M->open;
    if (M->result_count == 1) RETURN_ONE(fp, fp[n->a]);
    RETURN_MANY(fp);
}

/* Tail calls: callee and arguments move down to this frame's place, and the callee
 * returns to where this function would have. Natives are called as usual, and their
 * results passed on: as in PUC Lua they are not tail-called. The first tail call of a
 * chain leaves a mark below the frame, so that tracebacks can tell. */
static inline Value *tail_frame(Machine *M, Value *fp, const Value *from, size_t count)
{
    assert(frame_is_lua(fp) && "tail calls are those of functions in Lua");
    charge_values(M, count);
    Value *nf = frame_without_varargs(fp), f = from[AT_FUNCTION];
    bool first = frame_ret(nf) != &glue_tail;
    if (first) nf += SHIFT_HEADER;
    memmove(nf, from, count * sizeof(Value));
    if (first) {
        nf[AT_SHIFT] = SHIFT_HEADER;
        nf[AT_RETURN] = value_object(&glue_tail);
    }
    nf[AT_FUNCTION] = f;
    return nf;
}

/* The callee at fp, with acc arguments, is no function: perhaps its __call is one. */
static COLD EXEC(tail_other)
{
    size_t count = (size_t)acc;
    if (call_resolve(M, fp, count)) count++;
    if (frame_is_lua(fp)) {
        fp = tail_frame(M, fp - n->a, fp, count);
        HAND(call_any, n, fp, count, d);
    }
    fp[AT_RETURN] = value_object(n + 1);
    HAND(call_any, n, fp, count, d);
}

EXEC(exec_TAIL_N)
{
    Value *from = fp + n->a;
    unsigned count = n->b;
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);
    if (!frame_is_lua(from)) {
        if (!frame_is_native(from)) HAND(tail_other, n, from, count, d);
        from[AT_RETURN] = value_object(n + 1);
        HAND(call_any, n, from, count, d);
    }
    Value *nf = tail_frame(M, fp, from, count);
    const Closure *c = frame_closure(nf);
    const Proto *p = c->proto;
    if (UNLIKELY(nf + p->frame > M->limit || object_is_remapped(c))) {
        M->fuel++; /* it takes the step again: how the stack lies must not matter */
        HAND(call_any, n, nf, count, d);
    }
    FILL_FROM(count);
    GO(p->entry, nf, acc, d);
}
EXEC(exec_TAIL_OPEN)
{
    Value *from = fp + n->a;
    size_t count = n->b + (size_t)M->open;
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);
    if (!frame_is_lua(from)) {
        if (!frame_is_native(from)) HAND(tail_other, n, from, count, d);
        from[AT_RETURN] = value_object(n + 1);
        HAND(call_any, n, from, count, d);
    }
    Value *nf = tail_frame(M, fp, from, count);
    HAND(call_any, n, nf, count, d);
}

/* Varargs ------------------------------------------------------------------------ */

EXEC(exec_VARARG_N)
{
    assert(frame_proto(fp)->vararg && "extra arguments are those of a vararg function");
    uint32_t extra = frame_varargs_moved(fp);
    const Value *from = frame_varargs(fp);
    for (unsigned i = 0; i < n->b; i++) fp[n->c + i] = i < extra ? from[i] : V_NIL;
    GO(n + 1, fp, acc, d);
}
EXEC(exec_VARARG_A)
{
    uint32_t extra = frame_varargs_moved(fp);
    const Value *from = frame_varargs(fp);
    acc = extra ? from[0] : V_NIL;
    GO(n + 1, fp, acc, d);
}
EXEC(exec_VARARG_OPEN)
{
    assert(frame_proto(fp)->vararg && "extra arguments are those of a vararg function");
    uint32_t extra = frame_varargs_moved(fp);
    const Value *from = frame_varargs(fp);
    Value *to = frame_take_open(M, fp, n->c, from, extra);
    if (UNLIKELY(!to)) HAND(eval_overflow_node, n, fp, acc, d);
    GO(n + 1, to, acc, d);
}
EXEC(exec_GLUE_VARARG)
{
    fp = frame_unshifted(fp);
    RETURN_ONE(fp, acc);
}
EXEC(exec_GLUE_TAIL)
{
    fp = frame_unshifted(fp);
    RETURN_ONE(fp, acc);
}
EXEC(many_GLUE_TAIL)
{
    fp = frame_unshifted(fp);
    RETURN_MANY(fp);
}
EXEC(many_GLUE_VARARG)
{
    fp = frame_unshifted(fp);
    RETURN_MANY(fp);
}
