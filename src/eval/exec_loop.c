/* SPDX-License-Identifier: MIT */
/*
 * The loops' own nodes: numeric and generic for (manual 3.3.5).
 *
 * Main invariant: each turn of a loop costs a step, and so comes to a poll.
 */
#include <assert.h>

#include "eval/exec.h"
#include "native/iterate.h"
#include "operate/cause.h"
#include "operate/error.h"

static NOINLINE bool for_prepare(const Node *n, Value *fp, Machine *M)
{
    static const char *const names[] = {"initial value", "limit", "step"};
    Value *v = fp + n->a, about[] = {v[0], v[1], v[2]};
    for (int i = 0; i < 3; i++) {
        double x;
        if (!value_to_number(v[i], &x)) {
            const AstExpr *e = error_origin(fp, n);
            for (int k = 0; e && k < i; k++) e = e->next;
            error_set_at(M, fp, n, e, "'for' %s must be a number", names[i]);
            cause_set(M, CAUSE_LOOP, "", about, 3);
            return false;
        }
        v[i] = value_number(x);
    }
    return true;
}

/* Index less step, then to the loop node, which adds it again: as PUC Lua does. */
EXEC(exec_FOR_PREP)
{
    Value *v = fp + n->a;
    if (UNLIKELY(!value_is_number(v[0]) || !value_is_number(v[1]) || !value_is_number(v[2])))
        if (!for_prepare(n, fp, M)) HAND(eval_throw, n, fp, acc, d);
    assert(value_is_number(v[0]) && value_is_number(v[1]) && value_is_number(v[2]) &&
           "a loop counts with numbers");
    v[0] = value_number(value_to_double(v[0]) - value_to_double(v[2]));
    GO(n + n->target, fp, acc, d);
}

EXEC(exec_FOR_LOOP_1)
{
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);
    double i = value_load(&fp[n->a]) + 1;
    if (LIKELY(i <= value_load(&fp[n->a + 1]))) {
        value_store(&fp[n->a], i);
        value_store(&fp[n->c], i);
        GO(n + n->target, fp, acc, d);
    }
    GO(n + 1, fp, acc, d);
}

EXEC(exec_FOR_LOOP)
{
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);
    double step = value_load(&fp[n->a + 2]), limit = value_load(&fp[n->a + 1]);
    double i = value_load(&fp[n->a]) + step;
    if (step > 0 ? i <= limit : limit <= i) {
        value_store(&fp[n->a], i);
        value_store(&fp[n->c], i);
        GO(n + n->target, fp, acc, d);
    }
    GO(n + 1, fp, acc, d);
}

/* next and the step of ipairs on a table need no call. Answers false where a call is needed. */
static NOINLINE bool iterate_directly(const Node *n, Value *fp, Machine *M)
{
    const Value *v = fp + n->a;
    if (!value_is(v[0], OBJ_NATIVE) || !value_is_table(v[1])) return false;
    const Native *f = value_pointer(v[0]);
    const TableBody *t = heap_table(&M->run, value_pointer(v[1]));
    Value *out = fp + n->c, key = v[2], value = V_NIL;
    if (f->fn == native_next) {
        if (!table_next(t, &key, &value)) key = V_NIL;
    } else if (f->fn == native_ipairs_step && value_is_number(key)) {
        double i = value_to_double(key) + 1;
        value = table_get_int(t, (int64_t)i);
        key = value == V_NIL ? V_NIL : value_number(i);
    } else {
        return false;
    }
    out[0] = key;
    if (n->b > 1) out[1] = value;
    for (unsigned i = 2; i < n->b; i++) out[i] = V_NIL;
    return true;
}

static inline Value *iterator_frame(const Node *n, Value *fp)
{
    Value *nf = fp + n->aux;
    nf[AT_FUNCTION] = fp[n->a];
    nf[0] = fp[n->a + 1];
    nf[1] = fp[n->a + 2];
    assert(frame_is_called(n + 1) && "behind a call is the node to return to");
    nf[AT_RETURN] = value_object(n + 1);
    return nf;
}

EXEC(slow_iter_call) { HAND(call_any, n, iterator_frame(n, fp), 2, d); }

EXEC(exec_ITER_CALL)
{
    assert(n[2].kind == N_ITER_TEST && "what an iterator gave is tested behind the return");
    if (LIKELY(iterate_directly(n, fp, M))) GO(n + 2, fp, acc, d);
    HAND(call_any, n, iterator_frame(n, fp), 2, d);
}

EXEC(exec_ITER_TEST)
{
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);
    Value first = fp[n->c];
    if (first == V_NIL) GO(n + 1, fp, acc, d);
    fp[n->a] = first;
    GO(n + n->target, fp, acc, d);
}
