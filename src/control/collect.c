/* SPDX-License-Identifier: MIT */
/*
 * When a run traces its state, and the frames in which finalizers run.
 *
 * Main invariant: whether a program notices a trace depends on what it has counted alone
 * (mem_counted), so it happens at one step in every replay.
 */
#include "control/collect.h"

#include <assert.h>

#include "control/eval.h"
#include "control/world.h"
#include "eval/exec.h"
#include "limits/held.h"
#include "outside/outside.h"
#include "stack/breaks.h"
#include "stack/hook.h"
#include "stack/trace_stack.h"

/* Rows of natives_finalizers. */
enum { COLLECTED, CLOSE };

enum {
    OBJECTS_STEP = 4,             /* live ones that a step pays to trace */
    ALLOCATED_MIN = 1 << 20,      /* between traces */
    ALLOCATED_QUEUED = 16 * 1024, /* before waiting finalizers are called */
    PROBE_MIN = 64 << 20,         /* the same, when nothing weak is known */
    PROBES_MAX = 16,
    ENTRIES_MIN = 1024,   /* new ones in the heap map */
    PURGE_MIN = 64 << 20, /* bytes allocated between two looks for dead ones, */
    PURGE_OBJECT = 256,   /* ... and so many more for each object that was alive */
    FINALIZING_MAX = 196  /* finalizers within finalizers: as in a script of PUC Lua */
};

/* When ------------------------------------------------------------------------------- */

static uint64_t allocated(const Machine *M)
{
    const Collection *c = &M->run.world->collection;
    uint64_t counted = run_counted(&M->run);
    return counted > c->counted ? counted - c->counted : 0;
}

static uint64_t collect_bytes(const Machine *M)
{
    return M->run.world->collection.bytes + allocated(M);
}

static bool has_entries(Machine *M, const Table *t)
{
    const TableBody *b = t ? heap_table(&M->run, t) : NULL;
    return b && (b->hash.count || table_length(b));
}

/* Dead entries of the heap map keep what they have, which may be much for each. */
static bool purge_due(const Machine *M)
{
    const Collection *c = &M->run.world->collection;
    uint32_t count = M->run.heap.count, entries = count > c->entries ? count - c->entries : 0;
    if (entries > ENTRIES_MIN && entries > c->objects / 2) return true;
    uint64_t most = PURGE_MIN + (uint64_t)c->objects * PURGE_OBJECT;
    return count && run_counted(&M->run) > c->purged + most;
}

/* Bytes that may be allocated between the last trace and the next. */
static uint64_t allowed(Machine *M)
{
    const Collection *c = &M->run.world->collection;
    uint64_t percent = c->pause > -100 ? (uint64_t)(100 + (int64_t)c->pause) : 0;
    uint64_t limit = c->bytes / 100 * percent;
    if (limit < ALLOCATED_MIN) limit = ALLOCATED_MIN;
    if (c->weak || c->watched || has_entries(M, c->finalizers)) return limit;
    if (limit < PROBE_MIN) limit = PROBE_MIN;
    return limit << (c->probes < PROBES_MAX ? c->probes : PROBES_MAX);
}

/* Whether there is a C function that waits for Lua, and holds nobody knows what. */
static bool is_nested(const Machine *M) { return M->opaque > 0; }

/* Whether what the program can notice is not to happen now. */
static bool is_held_off(const Machine *M)
{
    const Collection *c = &M->run.world->collection;
    return c->stopped || c->finalizing || is_nested(M);
}

static bool trace_due(Machine *M) { return !is_held_off(M) && allocated(M) > allowed(M); }

/* Those that were not called after the trace that found them: it was made at the end of a
 * host's call, or an error came in between. */
static bool finalizers_due(Machine *M)
{
    return !is_held_off(M) && has_entries(M, M->run.world->collection.queue) &&
           (M->finalizes_soon || allocated(M) > ALLOCATED_QUEUED);
}

bool collect_due(Machine *M)
{
    return mem_bound_reached() || M->finalizes_soon || (purge_due(M) && !is_nested(M));
}

void collect_arm(Machine *M)
{
    uint64_t since = allocated(M), limit = allowed(M);
    mem_bound.due = MEM_UNBOUNDED;
    if (has_entries(M, M->run.world->collection.queue)) limit = ALLOCATED_QUEUED;
    if (!is_held_off(M) && limit < MEM_UNBOUNDED / 2)
        mem_bound.due = (int64_t)(mem_counted + limit - since);
    mem_bound.used_due = held_bound(M);
    mem_bound.reached = eval_count_reached;
    mem_bound.context = M;
    mem_bound_tune();
    if (mem_bound_reached()) eval_poll_soon(M);
}

/* Gives whether finalizers are to be called. */
static bool trace(Machine *M, const TraceRoots *roots)
{
    bool due = !M->finalizes_soon && trace_due(M);
    if (due)
        trace_run(&M->run, roots);
    else if (purge_due(M) && !is_nested(M))
        trace_purge(&M->run, roots);
    return due ? has_entries(M, M->run.world->collection.queue) : finalizers_due(M);
}

/* Polls ------------------------------------------------------------------------------ */

void collect_purge(Machine *M, const Node *n, Value *fp)
{
    if (!M->run.heap.count || is_nested(M)) return;
    StackTop top = {M->segment, fp, n, M->open};
    TraceRoots roots = trace_roots(M, &top);
    trace_purge(&M->run, &roots);
}

Value *collect_poll(Machine *M, const Node *n, Value *fp)
{
    StackTop top = {M->segment, fp, n, M->open};
    TraceRoots roots = trace_roots(M, &top);
    bool finalize = trace(M, &roots);
    M->finalizes_soon = false;
    if (finalize) run_edit_collection(&M->run)->finalizing = true; /* till the frame is there */
    collect_arm(M);
    if (!finalize) return NULL;
    Value *nf = frame_push(M, fp, frame_used_at(M, n, fp), &glue_poll, value_object(n));
    nf[AT_POLL_OFF] = value_boolean(hook_off(M));
    nf[AT_POLL_OPEN] = value_number(frame_has_open(n, fp) ? M->open : 0);
    nf[AT_FUNCTION] = native_value(M, &natives_finalizers[COLLECTED]);
    return nf;
}

/* Traces when nothing runs: co has no stack, or none that is not in its contents. */
static void trace_at_rest(Machine *M, Coroutine *co, const Value *values, size_t count)
{
    TraceRoots roots = trace_roots_at_rest(M, values, count);
    Coroutine *was = M->run.co;
    M->run.co = co;
    trace(M, &roots);
    M->run.co = was;
}

void collect_end(Machine *M, const Value *values, size_t count)
{
    assert((values || !count) && "values are somewhere");
    if (M->depth) return;
    if (M->run.world->collection.finalizing) run_edit_collection(&M->run)->finalizing = false;
    if (purge_due(M) || trace_due(M)) trace_at_rest(M, M->run.world->main, values, count);
}

void collect_pause(Machine *M)
{
    if (M->depth || !purge_due(M)) return;
    Value paused = value_object(M->run.co);
    TraceRoots roots = trace_roots_at_rest(M, &paused, 1);
    Coroutine *was = M->run.co;
    M->run.co = NULL;
    trace_purge(&M->run, &roots);
    M->run.co = was;
}

bool collect_hooks_were_on(const Node *ret, const Value *base)
{
    return ret->kind == N_GLUE_POLL && base[AT_POLL_OFF] == V_FALSE;
}

EXEC(exec_GLUE_POLL)
{
    if (fp[AT_POLL_OFF] == V_FALSE) hook_leave(M);
    n = frame_payload_node(fp);
    breaks_return(M, n);
    M->open = (uint32_t)value_to_double(fp[AT_POLL_OPEN]);
    fp = frame_owner(fp);
    HAND(eval_again, n, fp, acc, d);
}
EXEC(many_GLUE_POLL) { HAND(exec_GLUE_POLL, n, fp, acc, d); }

static void clear_dead(Machine *M, Value *top)
{
    Value *end = M->segment->slots + M->segment->size;
    if (top < end) memset(top, 0, (size_t)(end - top) * sizeof *top);
}

void collect_tidy(Machine *M, const Node *n, Value *fp)
{
    uint64_t collections = mem_collections();
    if (collections == M->collections) return;
    M->collections = collections;
    clear_dead(M, fp + frame_used_at(M, n, fp));
}

bool collect_short(Machine *M, const Node *n, Value *fp)
{
    const Collection *c = &M->run.world->collection;
    bool traces = c->weak || has_entries(M, c->finalizers) || M->run.heap.count;
    StackTop top = {M->segment, fp, n, M->open};
    TraceRoots roots = trace_roots(M, &top);
    clear_dead(M, fp + frame_used_at(M, n, fp));
    run_close(&M->run); /* its own snapshots hold on to more than they need */
    if (traces && !is_held_off(M))
        trace_run(&M->run, &roots);
    else if (traces && !is_nested(M))
        trace_purge(&M->run, &roots);
    mem_collect();
    M->finalizes_soon = !is_held_off(M) && has_entries(M, M->run.world->collection.queue);
    return M->finalizes_soon;
}

/* Finalizers ------------------------------------------------------------------------- */

/* The frame of who calls them: pcall; whether errors are ignored (nil: yes, and there are more
 * than are queued); whether hooks were off. */
enum { PCALL, CLOSING, OFF, AT };

static int finalized(Machine *M, Value *a, int n);

static void end_finalizers(Machine *M, const Value *a)
{
    FrameCursor c = frame_cursor(M->segment, (Value *)a, NULL);
    if (a[OFF] == V_FALSE) hook_leave(M);
    collect_left(M, &c);
}

bool collect_is_caller(const Node *ret, const Value *base)
{
    if (ret->kind == N_GLUE_POLL) return true;
    return ret->kind == N_GLUE_NATIVE && frame_payload_code(base) == finalized;
}

/* How many of the frames from the cursor down call finalizers, up to the most. */
static unsigned callers(FrameCursor c)
{
    unsigned count = 0;
    do {
        if (c.ret->kind != N_GLUE_POLL && collect_is_caller(c.ret, c.ret_base)) count++;
    } while (count < FINALIZING_MAX && frame_down(&c));
    return count;
}

/* And of those that wait for the running coroutine. c NULL: only of these. */
static unsigned callers_around(Machine *M, const FrameCursor *c)
{
    unsigned count = c ? callers(*c) : 0;
    const CoBody *b = heap_coroutine(&M->run, M->run.co);
    while (count < FINALIZING_MAX && coroutine_has_resumer(b) && b->resumer) {
        b = heap_coroutine(&M->run, b->resumer);
        count += callers(frame_cursor(b->segment, b->segment->slots + b->fp, NULL));
    }
    return count;
}

void collect_left(Machine *M, const FrameCursor *to)
{
    if (!M->run.world->collection.finalizing || callers_around(M, to)) return;
    run_edit_collection(&M->run)->finalizing = false;
    collect_arm(M);
}

static Value finalize_all(Machine *M) { return trace_finalize_all(&M->run) ? V_NIL : V_TRUE; }

/* What all states share waits until no other can have it; then whoever watches it sees to it.
 */
static bool may_finalize(Machine *M, const Value *a, Value object)
{
    Userdata *u = value_is(object, OBJ_USERDATA) ? value_pointer(object) : NULL;
    if (!u || !u->kind || !u->kind->finalizes) return true;
    if (outside_recalls(M)) return outside_answer(M, true);
    bool waits = (a[CLOSING] == V_FALSE || M->shares) && outside_is_older(M, u->epoch);
    return outside_answer(M, !waits && u->kind->finalizes(M, u));
}

static int next_finalizer(Machine *M, Value *a)
{
    Value object;
    while ((object = trace_next_finalizer(&M->run)) != V_NIL) {
        if (!may_finalize(M, a, object)) continue;
        Value handler = meta_of(M, object, META_GC);
        if (!value_is_function(handler)) continue;
        Value *f = a + AT + NATIVE_HEADER - 1;
        f[0] = a[PCALL];
        f[1] = handler;
        f[2] = object;
        return native_call(M, a, AT, 2, finalized);
    }
    if (a[CLOSING] == V_NIL) {
        a[CLOSING] = finalize_all(M);
        return next_finalizer(M, a);
    }
    end_finalizers(M, a);
    NATIVE_RETURN(value_number(0));
}

/* One within another is told of once. */
static Value failure_of(Machine *M, Value error)
{
    static const char intro[] = "error in __gc metamethod (";
    const String *said =
        value_is_string(error) ? value_string(error) : string_from_c("no message");
    if (said->length >= sizeof intro && !memcmp(said->data, intro, sizeof intro - 1))
        return error;
    if (said->length + sizeof intro > machine_string_room(M))
        return string_value(string_no_memory());
    String *text = string_concat(string_from_c(intro), said->data, said->length);
    if (text) text = string_concat(text, ")", 1);
    return string_value(text ? text : string_no_memory());
}

static int fail_finalizer(Machine *M, const Value *a, Value error)
{
    end_finalizers(M, a);
    native_throw(M, failure_of(M, error));
    M->error_handled = true; /* no handler sees it, as in PUC Lua */
    return NATIVE_ERROR;
}

static int finalized(Machine *M, Value *a, int n)
{
    bool ok = M->result_count && M->results[0] == V_TRUE; /* an image may say what was called */
    if (a[CLOSING] != V_FALSE || ok) return next_finalizer(M, a);
    return fail_finalizer(M, a, M->result_count > 1 ? M->results[1] : V_NIL);
}

/* The next one is called no more, as if its call had failed. */
static int refuse_finalizers(Machine *M, Value *a)
{
    if (a[CLOSING] == V_FALSE) {
        trace_next_finalizer(&M->run);
        return fail_finalizer(M, a, new_c_string("C stack overflow"));
    }
    end_finalizers(M, a);
    NATIVE_RETURN(value_number(0));
}

static int call_finalizers(Machine *M, Value *a, Value closing)
{
    a[PCALL] = native_pcall_unseen(M);
    a[CLOSING] = closing;
    a[OFF] = value_boolean(hook_off(M));
    if (!M->run.world->collection.finalizing) run_edit_collection(&M->run)->finalizing = true;
    FrameCursor c = frame_cursor(M->segment, a, NULL);
    bool too_deep = callers_around(M, &c) >= FINALIZING_MAX; /* one that makes its like */
    return too_deep ? refuse_finalizers(M, a) : next_finalizer(M, a);
}

static int collect_finalizers(Machine *M, Value *a, int n)
{
    return call_finalizers(M, a, V_FALSE);
}

static int close_finalizers(Machine *M, Value *a, int n)
{
    return call_finalizers(M, a, finalize_all(M));
}

bool collect_in_finalizer(Machine *M, Value *fp)
{
    if (!M->run.world->collection.finalizing) return false;
    return callers(frame_cursor(M->segment, fp, NULL)) > 0;
}

void collect_close(Machine *M)
{
    if (!has_entries(M, M->run.world->collection.finalizers) &&
        !has_entries(M, M->run.world->collection.queue))
        return;
    run_edit_collection(&M->run)->finalizing = true;
    bool alone = M->alone;
    M->alone = true; /* the program has ended, and with it what called it */
    eval_call(M, native_value(M, &natives_finalizers[CLOSE]), NULL, 0);
    M->alone = alone;
}

int collect_close_call(Machine *M, Value *a, int at, NativeCont *cont)
{
    run_edit_collection(&M->run)->finalizing = true;
    a[at + NATIVE_HEADER - 1] = native_value(M, &natives_finalizers[CLOSE]);
    return native_call(M, a, at, 0, cont);
}

/* Where something of the kind was known before, the next trace is due when it was. */
void collect_metatable_slow(Machine *M, Value object, const Table *meta)
{
    const Collection *c = &M->run.world->collection;
    bool known = c->weak || c->watched || has_entries(M, c->finalizers);
    if (meta_of_table(M, meta, META_GC) != V_NIL) trace_add_finalizer(&M->run, object);
    if (meta_of_table(M, meta, META_MODE) != V_NIL && !M->run.world->collection.weak)
        run_edit_collection(&M->run)->weak = true;
    if (M->depth && !known) collect_arm(M);
}

/* collectgarbage --------------------------------------------------------------------- */

/* What the program asks for, it pays in steps, when it is done: what cannot be paid is debt. */
static void trace_paid(Machine *M, StackTop *top)
{
    TraceRoots roots = trace_roots(M, top);
    uint64_t slots = trace_run(&M->run, &roots);
    collect_arm(M);
    M->fuel -= M->run.world->collection.objects / OBJECTS_STEP;
    charge_values(M, slots);
    charge_values(M, frame_depth(M, top->fp));
}

uint64_t collect_count(Machine *M, Value *a)
{
    if (!M->run.world->collection.watched) {
        StackTop top = {M->segment, a, NULL, 0};
        run_edit_collection(&M->run)->watched = true;
        if (!is_held_off(M)) trace_paid(M, &top);
    }
    return collect_bytes(M);
}

void collect_now(Machine *M)
{
    StackTop top = {M->segment, M->native, NULL, 0};
    TraceRoots roots = trace_roots(M, &top);
    if (is_held_off(M)) return;
    roots.snapshot_tag = world_snapshot_tag;
    trace_run(&M->run, &roots);
    collect_arm(M);
    clear_dead(M, M->native + NATIVE_SLOTS);
}

void collect_stop(Machine *M, bool stopped)
{
    if (M->run.world->collection.stopped == stopped) return;
    run_edit_collection(&M->run)->stopped = stopped;
    collect_arm(M);
}

int collect_full(Machine *M, Value *a)
{
    StackTop top = {M->segment, a, NULL, 0};
    if (is_nested(M)) NATIVE_RETURN(value_number(0));
    trace_paid(M, &top);
    if (!has_entries(M, M->run.world->collection.queue)) NATIVE_RETURN(value_number(0));
    return call_finalizers(M, a, V_FALSE);
}

static int stepped(Machine *M, Value *a, int n) { NATIVE_RETURN(V_TRUE); }

int collect_step(Machine *M, Value *a, int32_t kilobytes)
{
    uint64_t credit = kilobytes > 0 ? (uint64_t)kilobytes * 2048 : 1024;
    credit += M->run.world->collection.credit;
    if (credit < collect_bytes(M)) {
        run_edit_collection(&M->run)->credit = credit;
        NATIVE_RETURN(V_FALSE);
    }
    StackTop top = {M->segment, a, NULL, 0};
    if (!is_nested(M)) trace_paid(M, &top);
    if (!has_entries(M, M->run.world->collection.queue)) NATIVE_RETURN(V_TRUE);
    a[NATIVE_HEADER - 1] = native_value(M, &natives_finalizers[COLLECTED]);
    return native_call(M, a, 0, 0, stepped);
}

const NativeDef natives_finalizers[] = {
    [COLLECTED] = NATIVE_INNER("finalizers.collectgarbage", collect_finalizers, WORK_CALLEE,
                               .unseen = true),
    [CLOSE] = NATIVE_INNER("finalizers.close", close_finalizers, WORK_STATE, .unseen = true),
    NATIVE_CONTINUED("finalizers:finalized", finalized, WORK_CALLEE,
                     "|finalizers.collectgarbage|finalizers.close|collectgarbage|", "f.b*"),
    NATIVE_CONTINUED("collectgarbage:stepped", stepped, WORK_FIXED, "|collectgarbage|", "*"),
    NATIVE_ROWS_END,
};
