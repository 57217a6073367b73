/* SPDX-License-Identifier: MIT */
#include "eval/collect.h"

#include "eval/eval.h"
#include "eval/exec.h"
#include "eval/trace_stack.h"

enum {
    OBJECTS_STEP = 4,           /* live ones that a step pays to trace */
    ALLOCATED_MIN = 256 * 1024, /* between traces */
    PROBE_MIN = 64 << 20,       /* the same, when nothing weak is known */
    PROBES_MAX = 16,
    ENTRIES_MIN = 1024 /* new ones in the heap map */
};

/* When ------------------------------------------------------------------------------- */

static uint64_t allocated(const Run *R)
{
    const Collection *c = &R->world->collection;
    uint64_t counted = run_counted(R);
    return counted > c->counted ? counted - c->counted : 0;
}

uint64_t collect_bytes(const Run *R) { return R->world->collection.bytes + allocated(R); }

static bool has_entries(Run *R, const Table *t)
{
    const TableBody *b = t ? heap_table(R, t) : NULL;
    return b && (b->hash.count || b->array.size);
}

static bool purge_due(const Run *R)
{
    const Collection *c = &R->world->collection;
    uint32_t entries = R->heap.count > c->entries ? R->heap.count - c->entries : 0;
    return entries > ENTRIES_MIN && entries > c->objects / 2;
}

static bool trace_due(Run *R)
{
    const Collection *c = &R->world->collection;
    uint64_t since = allocated(R), limit = c->bytes / 100 * (uint64_t)(100 + c->pause);
    if (limit < ALLOCATED_MIN) limit = ALLOCATED_MIN;
    if (since <= limit) return false;
    if (c->weak || c->watched || has_entries(R, c->finalizers)) return true;
    if (limit < PROBE_MIN) limit = PROBE_MIN;
    return since > limit << (c->probes < PROBES_MAX ? c->probes : PROBES_MAX);
}

/* Whether there is a C function that waits for Lua. */
static bool is_nested(const Run *R) { return R->depth > 1; }

bool collect_due(Run *R)
{
    const Collection *c = &R->world->collection;
    if (c->stopped || c->finalizing || is_nested(R)) return false;
    return has_entries(R, c->queue) || purge_due(R) || trace_due(R);
}

static void trace(Run *R, StackTop *top)
{
    if (trace_due(R))
        trace_run(R, trace_stack, top);
    else if (purge_due(R))
        trace_purge(R, trace_stack, top);
}

/* Polls ------------------------------------------------------------------------------ */

/* The end of the slots that the frame at a poll uses, an open list included. */
static size_t used_slots(Run *R, const Node *n, const Value *fp)
{
    if (node_is_again(n)) return R->open;
    size_t used = frame_extent(fp), open = 0;
    if (n->kind == N_TAIL_OPEN) open = n->a + n->b + (size_t)R->open;
    return used > open ? used : open;
}

Value *collect_poll(Run *R, const Node *n, Value *fp)
{
    StackTop top = {fp, n, R->open};
    trace(R, &top);
    if (!has_entries(R, R->world->collection.queue)) return NULL;
    run_edit_collection(R)->finalizing = true;
    size_t at = used_slots(R, n, fp) + FRAME_HEADER + 1;
    Value *nf = fp + at;
    nf[-5] = value_number(R->open);
    nf[-4] = at;
    nf[-3] = value_object(n);
    nf[-2] = value_object(&glue_poll);
    nf[-1] = value_object(run_new_native(R, collect_finalizers, "collectgarbage", 0));
    return nf;
}

void collect_end(Run *R)
{
    const Collection *c = &R->world->collection;
    if (c->stopped || c->finalizing || R->depth) return;
    if (!purge_due(R) && !trace_due(R)) return;
    Coroutine *co = R->co;
    const Value *pinned = R->pinned;
    size_t pinned_count = R->pinned_count;
    R->co = R->world->main; /* which has no stack now */
    R->pinned = R->results;
    R->pinned_count = R->result_count;
    trace(R, NULL);
    R->co = co;
    R->pinned = pinned;
    R->pinned_count = pinned_count;
}

EXEC(exec_GLUE_POLL)
{
    n = value_pointer(fp[-3]);
    R->open = (uint32_t)value_to_double(fp[-5]);
    fp -= fp[-4];
    GO(n, fp, acc, d);
}
EXEC(many_GLUE_POLL) { HAND(exec_GLUE_POLL, n, fp, acc, d); }

void collect_tidy(Run *R, const Node *n, Value *fp)
{
    uint64_t collections = mem_collections();
    if (collections == R->collections) return;
    R->collections = collections;
    Value *top = fp + used_slots(R, n, fp), *end = R->segment->slots + R->segment->size;
    if (top < end) memset(top, 0, (size_t)(end - top) * sizeof *top);
}

/* Finalizers ------------------------------------------------------------------------- */

/* The frame of who calls them: pcall, and whether errors are ignored. */
enum { PCALL, CLOSING, AT };

static int finalized(Run *R, Value *a, int n);

static int next_finalizer(Run *R, Value *a)
{
    Value object;
    while ((object = trace_next_finalizer(R)) != V_NIL) {
        Value handler = meta_of(R, object, META_GC);
        if (!value_is_function(handler)) continue;
        Value *f = a + AT + NATIVE_HEADER - 1;
        f[0] = a[PCALL];
        f[1] = handler;
        f[2] = object;
        return native_call(R, a, AT, 2, finalized);
    }
    if (R->world->collection.finalizing) run_edit_collection(R)->finalizing = false;
    NATIVE_RETURN(value_number(0));
}

static int finalized(Run *R, Value *a, int n)
{
    if (a[CLOSING] == V_TRUE || R->results[0] == V_TRUE) return next_finalizer(R, a);
    Value error = R->result_count > 1 ? R->results[1] : V_NIL;
    String *text = string_from_c("error in __gc metamethod (");
    const String *said =
        value_is_string(error) ? value_string(error) : string_from_c("no message");
    text = string_concat(string_concat(text, said->data, said->length), ")", 1);
    if (R->world->collection.finalizing) run_edit_collection(R)->finalizing = false;
    return native_throw(R, string_value(text));
}

static int call_finalizers(Run *R, Value *a, bool closing)
{
    a[PCALL] = value_object(native_control(R, native_pcall(), "pcall", 0));
    a[CLOSING] = value_boolean(closing);
    return next_finalizer(R, a);
}

int collect_finalizers(Run *R, Value *a, int n) { return call_finalizers(R, a, false); }

static int close_finalizers(Run *R, Value *a, int n)
{
    trace_finalize_all(R);
    return call_finalizers(R, a, true);
}

void collect_close(Run *R)
{
    if (!has_entries(R, R->world->collection.finalizers) &&
        !has_entries(R, R->world->collection.queue))
        return;
    Native *f = run_new_native(R, close_finalizers, "close", 0);
    eval_call(R, value_object(f), NULL, 0);
}

int collect_close_call(Run *R, Value *a, int at, NativeCont *cont)
{
    Native *f = run_new_native(R, close_finalizers, "close", 0);
    a[at + NATIVE_HEADER - 1] = value_object(f);
    return native_call(R, a, at, 0, cont);
}

void collect_metatable_slow(Run *R, Value object, const Table *meta)
{
    if (meta_of_table(R, meta, META_GC) != V_NIL) trace_add_finalizer(R, object);
    if (meta_of_table(R, meta, META_MODE) != V_NIL && !R->world->collection.weak)
        run_edit_collection(R)->weak = true;
}

/* collectgarbage --------------------------------------------------------------------- */

/* What the program asks for, it pays in steps. */
static void trace_paid(Run *R, StackTop *top)
{
    trace_run(R, trace_stack, top);
    native_charge(R, R->world->collection.objects / OBJECTS_STEP);
}

int collect_full(Run *R, Value *a)
{
    StackTop top = {a, NULL, 0};
    if (is_nested(R)) NATIVE_RETURN(value_number(0));
    trace_paid(R, &top);
    if (!has_entries(R, R->world->collection.queue)) NATIVE_RETURN(value_number(0));
    return call_finalizers(R, a, false);
}

static int stepped(Run *R, Value *a, int n) { NATIVE_RETURN(V_TRUE); }

int collect_step(Run *R, Value *a, int32_t kilobytes)
{
    uint64_t credit = kilobytes > 0 ? (uint64_t)kilobytes * 2048 : 1024;
    credit += R->world->collection.credit;
    if (credit < collect_bytes(R)) {
        run_edit_collection(R)->credit = credit;
        NATIVE_RETURN(V_FALSE);
    }
    StackTop top = {a, NULL, 0};
    if (!is_nested(R)) trace_paid(R, &top);
    if (!has_entries(R, R->world->collection.queue)) NATIVE_RETURN(V_TRUE);
    a[NATIVE_HEADER - 1] =
        value_object(run_new_native(R, collect_finalizers, "collectgarbage", 0));
    return native_call(R, a, 0, 0, stepped);
}
