/* SPDX-License-Identifier: MIT */
/*
 * state.fork, state.try and state.restore: glue whose payload is a State.
 *
 * Main invariant: values that cross from one world to another are saved outside of both, and
 * are imported by the run that goes on.
 */
#include "control/world.h"

#include <assert.h>

#include "control/eval.h"
#include "control/raise.h"
#include "control/switch.h"
#include "eval/exec.h"
#include "import/import.h"
#include "operate/error.h"
#include "stack/breaks.h"
#include "stack/hook.h"

const char world_snapshot_tag[] = "snapshot";

enum { COPY_STEP = 256 }; /* bytes copied for a step */

EXEC(world_return) { RETURN_MANY(fp); }

/* Values that outlive the world they were in. Answers NULL if M->error says that there is no
 * memory. */
static Value *save_values(Machine *M, const Value *from, size_t n)
{
    Value *to = mem_try_alloc((n + 1) * sizeof *to);
    if (!to) error_set_memory(M);
    if (!to) return NULL;
    if (n) memcpy(to, from, n * sizeof *to);
    return to;
}

/* Goes back to s with these n values, which become M->results; gives the frame of the
 * native that was running in s. Answers NULL if M->error says what could not be brought. */
static Value *go_back(Machine *M, State *s, Value *values, size_t n, uint64_t shared_below)
{
    assert(s->base->paused && "a world that is gone back to is in mid-run");
    Import im;
    uint64_t counted = mem_counted;
    if (UNLIKELY(M->breaks != NULL)) breaks_store(M, NULL);
    Machine *from = machine_begin(machine_snapshot(M));
    machine_load(M, s);
    Value *a = eval_reenter(M);
    M->native = a;
    import_begin(&im, &M->run, &from->run, shared_below);
    for (size_t i = 0; i < n; i++) values[i] = import_value(&im, values[i]);
    machine_end_look(from);
    if (!native_charge(M, (mem_counted - counted) / COPY_STEP)) M->paid = 0;
    M->results = values;
    M->result_count = (uint32_t)n;
    if (im.walk.end == WALK_MEMORY)
        error_set_memory(M);
    else if (im.refused)
        native_error(M, "cannot bring %s out of a fork (%s)", im.refused, im.path);
    return im.refused ? NULL : a;
}

/* The frame of the function to be called, a State of this moment below it. The arguments
 * are still where they were, in what is now frozen. Answers NULL where an error is set. */
static NOINLINE Value *begin(Machine *M, Value *a, size_t n, const Node *glue)
{
    M->native = a;
    if (n == 0 || M->boundary) {
        if (n == 0)
            native_arg_error(M, a, 0, 0, "value expected");
        else
            native_error(M, "attempt to fork across a C-call boundary");
        return NULL;
    }
    /* that what is tried fails is not what one expects */
    State *s = glue == &glue_try ? eval_snapshot_own(M) : eval_snapshot(M);
    Value *to = frame_grow(M, M->native, 0, n + 2 * FRAME_HEADER);
    if (!to) {
        native_error(M, "stack overflow");
        return NULL;
    }
    Value *nf = to + FRAME_HEADER;
    memmove(nf, a + 1, (n - 1) * sizeof *nf);
    nf[AT_FUNCTION] = a[0];
    return frame_link(nf, FRAME_HEADER, glue, value_object(s));
}

EXEC(control_fork)
{
    Value *nf = begin(M, fp, (size_t)acc, &glue_fork);
    if (!nf) HAND(eval_throw, n, M->native, acc, d);
    HAND(call_any, &glue_fork, nf, acc - 1, d);
}

EXEC(control_try)
{
    Value *nf = begin(M, fp, (size_t)acc, &glue_try);
    if (!nf) HAND(eval_throw, n, M->native, acc, d);
    HAND(call_any, &glue_try, nf, acc - 1, d);
}

static NOINLINE Value *end_fork(Machine *M, Value *nf)
{
    State *s = frame_payload_world(nf);
    Value *values = save_values(M, M->results, M->result_count);
    M->native = nf;
    return !values ? NULL : go_back(M, s, values, M->result_count, s->next_id);
}

/* Results in a world that is gone back to are a step: a hundred thousand forks may lie within
 * each other, and end at once. */
static EXEC(return_step)
{
    if (UNLIKELY(--M->fuel < 0) && LIKELY(!hook_mask(M))) HAND(eval_poll_return, n, fp, acc, d);
    RETURN_MANY(fp);
}

EXEC(many_GLUE_FORK)
{
    fp = end_fork(M, fp);
    if (!fp) HAND(eval_throw, n, M->native, acc, d);
    HAND(return_step, n, fp, acc, d);
}
EXEC(exec_GLUE_FORK)
{
    fp[0] = acc;
    M->results = fp;
    M->result_count = 1;
    HAND(many_GLUE_FORK, n, fp, acc, d);
}

/* Answers as pcall does, in whose glue this word counts protected calls. The State is needed
 * where there is no room for so many results. */
EXEC(many_GLUE_TRY) { HAND(switch_return_true, n, fp, acc, d); }
EXEC(exec_GLUE_TRY)
{
    fp[AT_PAYLOAD] = M->pcalls;
    HAND(exec_GLUE_PCALL, n, fp, acc, d);
}

/* Goes back to before the call; the error value comes along. Answers whether it goes on as an
 * error. */
static NOINLINE bool undo(Machine *M, Value *nf)
{
    bool fork = frame_ret(nf)->kind == N_GLUE_FORK;
    State *s = frame_payload_world(nf);
    Value *values = save_values(M, (Value[]){V_FALSE, M->error}, 2);
    M->error = V_NIL;
    M->cause = NULL; /* it is about values of the world that is left */
    M->error_handled = false;
    if (!go_back(M, s, values, 2, s->next_id)) return true;
    if (fork) M->error = values[1]; /* raised by the same */
    M->place = (AstPlace){0};
    return fork;
}

/* And so is an error. */
EXEC(world_fail)
{
    bool goes_on = undo(M, fp);
    fp = M->native;
    if (!goes_on) HAND(return_step, n, fp, acc, d);
    if (UNLIKELY(M->watch != NULL || M->breaks != NULL)) fp = raise_tell(M, n, fp);
    if (UNLIKELY(--M->fuel < 0 && !M->fatal)) HAND(eval_poll_throw, n, fp, acc, d);
    HAND(eval_throw_on, n, fp, acc, d);
}

/* That of snapshots in this world, or NULL: the one that a snapshot has where it comes from may
 * be an object that this world does not know. */
static Table *snapshot_meta(Machine *M)
{
    Value v = run_get_field(&M->run, M->run.world->registry, "SNAPSHOT*");
    return value_is_table(v) ? value_pointer(v) : NULL;
}

/* Plain values only: what else the two worlds share is not known. */
static NOINLINE Value *restore(Machine *M, Value *a, size_t n)
{
    M->native = a;
    Userdata *u = arg_userdata(M, a, (int)n, 0, world_snapshot_tag, "snapshot");
    if (!u) return NULL;
    if (M->boundary) {
        native_error(M, "attempt to restore across a C-call boundary");
        return NULL;
    }
    State *s = u->data;
    void *image = heap_userdata(&M->run, u)->own; /* see image/load/lua.c */
    Value *values = save_values(M, a, n);
    if (!values) return NULL;
    M->went_back = true;
    Value *to = go_back(M, s, values + 1, n - 1, import_libraries());
    if (!to) return NULL;
    Userdata *again = run_new_userdata(&M->run, world_snapshot_tag, 0);
    again->data = s;
    again->body.own = image;
    again->body.meta = snapshot_meta(M);
    values[0] = value_object(again);
    M->results = values;
    M->result_count = (uint32_t)n;
    return to;
}

EXEC(control_restore)
{
    fp = restore(M, fp, (size_t)acc);
    if (!fp) HAND(eval_throw, n, M->native, acc, d);
    RETURN_MANY(fp);
}
