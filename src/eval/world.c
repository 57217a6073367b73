/* SPDX-License-Identifier: MIT */
#include "eval/world.h"

#include "eval/eval.h"
#include "eval/exec.h"
#include "eval/import.h"

const char world_snapshot_tag[] = "snapshot";

enum { COPY_STEP = 256 }; /* bytes copied for a step */

EXEC(world_return) { RETURN_MANY(fp); }

/* Values that outlive the world they were in. */
static Value *save_values(const Value *from, size_t n)
{
    Value *to = mem_alloc((n + 1) * sizeof *to);
    if (n) memcpy(to, from, n * sizeof *to);
    return to;
}

/* Goes back to s with these n values, which become R->results; gives the frame of the
 * native that was running in s. NULL: R->error says what could not be brought. */
static Value *go_back(Run *R, State *s, Value *values, size_t n, uint64_t shared_below)
{
    Import im;
    uint64_t counted = mem_counted;
    Run *from = run_begin(run_snapshot(R));
    run_load(R, s);
    Value *a = eval_reenter(R);
    R->native = a;
    import_begin(&im, R, from, shared_below);
    for (size_t i = 0; i < n; i++) values[i] = import_value(&im, values[i]);
    run_end_view(from);
    native_charge(R, (mem_counted - counted) / COPY_STEP);
    R->results = values;
    R->result_count = (uint32_t)n;
    if (im.refused) native_error(R, "cannot bring %s out of a fork (%s)", im.refused, im.path);
    return im.refused ? NULL : a;
}

/* The frame of the function to be called, a State of this moment below it. The arguments
 * are still where they were, in what is now frozen. NULL: an error is set. */
static NOINLINE Value *begin(Run *R, Value *a, size_t n, const Node *glue)
{
    R->native = a;
    if (n == 0 || R->boundary) {
        if (n == 0)
            native_arg_error(R, 0, "value expected");
        else
            native_error(R, "attempt to fork across a C-call boundary");
        return NULL;
    }
    /* that what is tried fails is not what one expects */
    State *s = glue == &glue_try ? eval_snapshot_own(R) : eval_snapshot(R);
    Value *to = frame_native_room(R, R->native, NATIVE_SLOTS, n + 2 * FRAME_HEADER);
    if (!to) {
        native_error(R, "stack overflow");
        return NULL;
    }
    Value *nf = to + FRAME_HEADER;
    memmove(nf, a + 1, (n - 1) * sizeof *nf);
    nf[-1] = a[0];
    nf[-2] = value_object(glue);
    nf[-3] = value_object(s);
    nf[-4] = FRAME_HEADER;
    return nf;
}

EXEC(control_fork)
{
    Value *nf = begin(R, fp, (size_t)acc, &glue_fork);
    if (!nf) HAND(eval_throw, n, R->native, acc, d);
    HAND(call_any, &glue_fork, nf, acc - 1, d);
}

EXEC(control_try)
{
    Value *nf = begin(R, fp, (size_t)acc, &glue_try);
    if (!nf) HAND(eval_throw, n, R->native, acc, d);
    HAND(call_any, &glue_try, nf, acc - 1, d);
}

static inline State *saved_state(const Value *nf) { return value_pointer(nf[-3]); }

static NOINLINE Value *end_fork(Run *R, Value *nf)
{
    State *s = saved_state(nf);
    Value *values = save_values(R->results, R->result_count);
    return go_back(R, s, values, R->result_count, s->next_id);
}

EXEC(many_GLUE_FORK)
{
    fp = end_fork(R, fp);
    if (!fp) HAND(eval_throw, n, R->native, acc, d);
    RETURN_MANY(fp);
}
EXEC(exec_GLUE_FORK)
{
    fp[0] = acc;
    R->results = fp;
    R->result_count = 1;
    HAND(many_GLUE_FORK, n, fp, acc, d);
}

/* As pcall, in whose glue this word counts protected calls. */
EXEC(many_GLUE_TRY)
{
    fp[-3] = R->pcalls;
    HAND(many_GLUE_PCALL, n, fp, acc, d);
}
EXEC(exec_GLUE_TRY)
{
    fp[-3] = R->pcalls;
    HAND(exec_GLUE_PCALL, n, fp, acc, d);
}

/* Back to before the call; the error value comes along. True: it goes on as an error. */
static NOINLINE bool undo(Run *R, Value *nf)
{
    bool fork = frame_ret(nf)->kind == N_GLUE_FORK;
    State *s = saved_state(nf);
    Value *values = save_values((Value[]){V_FALSE, R->error}, 2);
    R->error = V_NIL;
    R->error_handled = false;
    if (!go_back(R, s, values, 2, s->next_id)) return true;
    if (fork) R->error = values[1];
    return fork;
}

EXEC(world_fail)
{
    if (undo(R, fp)) HAND(eval_throw, n, R->native, acc, d);
    RETURN_MANY(R->native);
}

/* Plain values only: what else the two worlds share is not known. */
static NOINLINE Value *restore(Run *R, Value *a, size_t n)
{
    R->native = a;
    Userdata *u = arg_userdata(R, a, (int)n, 0, world_snapshot_tag, "snapshot");
    if (!u) return NULL;
    if (R->boundary) {
        native_error(R, "attempt to restore across a C-call boundary");
        return NULL;
    }
    State *s = u->data;
    Value *values = save_values(a, n);
    Value *to = go_back(R, s, values + 1, n - 1, 0);
    if (!to) return NULL;
    Userdata *again = run_new_userdata(R, world_snapshot_tag, 0);
    again->data = s;
    again->body.meta = heap_userdata(R, u)->meta;
    values[0] = value_object(again);
    R->results = values;
    R->result_count = (uint32_t)n;
    return to;
}

EXEC(control_restore)
{
    fp = restore(R, fp, (size_t)acc);
    if (!fp) HAND(eval_throw, n, R->native, acc, d);
    RETURN_MANY(fp);
}
