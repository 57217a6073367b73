/* SPDX-License-Identifier: MIT */
/*
 * Debug hooks: which events are due, and the calls of the hook's function.
 *
 * Main invariant: a node's events come in the order of Stage, each once, before the node does
 * what its kind does. That it polls, or is stopped, comes after them.
 */
#include "eval/event.h"

#include <assert.h>

#include "eval/break.h"
#include "native/native.h"
#include "stack/breaks.h"

/* What is due ------------------------------------------------------------------------ */

/* Stripped functions have none, though each knows where it stands itself. */
static int32_t line_of(const Proto *p, uint32_t i)
{
    return p->source->stripped ? 0 : proto_line(p, i);
}

/* PUC Lua's rule: at the first node (last is none of the function's), after a jump back,
 * where the line is another. */
static bool new_line(const Proto *p, const Node *n, const Node *last)
{
    assert(proto_index(p, n) != UINT32_MAX && "the node is one of the function");
    uint32_t i = proto_index(p, n), k = proto_index(p, last);
    return k == UINT32_MAX || i <= k || line_of(p, i) != line_of(p, k);
}

static bool line_due(Machine *M, const Node *n, const Value *fp)
{
    if (!(hook_mask(M) & HOOK_LINE)) return false;
    const Node *last = M->hook.last;
    M->hook.last = n;
    return new_line(frame_proto(fp), n, last);
}

static bool count_due(Machine *M)
{
    if (!(hook_mask(M) & HOOK_COUNT) || --M->hook.left > 0) return false;
    M->hook.left = M->hook.hook->count;
    return true;
}

static bool is_return(const Node *n)
{
    return n->kind >= N_RETURN_0 && n->kind <= N_RETURN_OPEN;
}

static Stage due(Machine *M, const Node *n, const Value *fp, Stage from)
{
    assert(frame_is_lua(fp) && "events of nodes are those of Lua functions");
    uint32_t mask = hook_mask(M);
    if (!mask) return STAGE_RUN;
    if (from == STAGE_CALL && mask & HOOK_CALL) return STAGE_CALL;
    const Proto *p = frame_proto(fp);
    if (!line_of(p, proto_index(p, n)) && !p->source->stripped) return STAGE_RUN;
    if (from <= STAGE_COUNT && count_due(M)) return STAGE_COUNT;
    if (from <= STAGE_LINE && line_due(M, n, fp)) return STAGE_LINE;
    if (from <= STAGE_RETURN && mask & HOOK_RETURN && is_return(n)) return STAGE_RETURN;
    return STAGE_RUN;
}

/* The node that is the last one for who looks at lines, when a frame has returned to n. */
static const Node *after(const Node *last, const Node *n, const Value *fp)
{
    if (frame_is_called(n)) return n;
    return hook_goes_on(n) ? frame_payload_node(fp) : last;
}

void event_returned(Machine *M, const Node *n, const Value *fp)
{
    if (UNLIKELY(M->watch != NULL)) M->watch->last = after(M->watch->last, n, fp);
    if (UNLIKELY(M->breaks != NULL)) M->breaks->last = after(M->breaks->last, n, fp);
}

/* fp: the frame that has returned to n. */
static Stage due_after(Machine *M, const Node *n, const Value *fp, Stage from)
{
    uint32_t mask = hook_mask(M);
    event_returned(M, n, fp);
    if (!mask) return STAGE_GO_ON;
    bool native = frame_is_native(fp) && frame_is_seen(fp);
    if (from == STAGE_NATIVE_RETURN && mask & HOOK_RETURN && native) return from;
    if (!frame_is_called(n)) {
        if (hook_is_operation(n)) M->hook.last = frame_payload_node(fp);
        return STAGE_GO_ON;
    }
    if (from <= STAGE_RESULT_LINE && mask & HOOK_LINE) {
        M->hook.last = n - 1;
        if (new_line(frame_proto(fp - n->a), n, n - 1)) return STAGE_RESULT_LINE;
    }
    if (from <= STAGE_TAIL_RETURN && n->kind == N_RET_TAIL && mask & HOOK_RETURN)
        return STAGE_TAIL_RETURN;
    M->hook.last = n;
    return STAGE_GO_ON;
}

/* Calling the hook -------------------------------------------------------------------- */

static Value event_name(Stage stage, const Value *fp)
{
    switch (stage) {
    case STAGE_CALL:
        if (frame_ret(frame_without_varargs((Value *)fp)) == &glue_tail)
            return new_c_string("tail call");
        return new_c_string("call");
    case STAGE_NATIVE_CALL: return new_c_string("call");
    case STAGE_COUNT: return new_c_string("count");
    case STAGE_LINE:
    case STAGE_RESULT_LINE: return new_c_string("line");
    default: return new_c_string("return");
    }
}

static Value event_line(Stage stage, const Node *n, const Value *fp)
{
    if (stage != STAGE_LINE && stage != STAGE_RESULT_LINE) return V_NIL;
    const Proto *p = frame_proto(fp);
    return value_number(line_of(p, proto_index(p, n)));
}

/* Its frame, above fp's slots, which end at top. */
static Value *hook_frame(Machine *M, const Node *n, Value *fp, Value *top, Value acc, double d,
                         int stage, uint32_t kept)
{
    assert(top >= fp && "what is kept lies above the frame");
    assert(!M->hook.busy && "a hook's function has no hooks");
    Stage s = (Stage)(stage & ~STAGE_BOXED);
    Value event = event_name(s, fp), line = event_line(s, n, fp);
    Value *nf = frame_push(M, fp, (size_t)(top - fp), &glue_hook, value_object(n));
    nf[AT_HOOK_COUNT] = value_number(kept);
    nf[AT_HOOK_NUMBER] = value_number(d);
    nf[AT_HOOK_VALUE] = acc;
    nf[AT_HOOK_STAGE] = value_number(stage);
    nf[AT_FUNCTION] = M->hook.hook->function;
    nf[0] = event;
    nf[1] = line;
    M->hook.busy = true;
    hook_refresh(M);
    return nf;
}

/* The end of the frame at a node, with the open list that the node may use. Of acc and d it
 * keeps what the node takes: the rest depends on where the run was paused before, and need be
 * no value. */
static NOINLINE Value *step_frame(Machine *M, const Node *n, Value *fp, Value acc, double d,
                                  int stage)
{
    assert(frame_is_lua(fp) && "nodes are those of Lua functions");
    Value *top = fp + proto_frame(frame_proto(fp)), *open = frame_open_list(n, fp);
    uint32_t kept = open ? M->open : 0;
    if (kept && open + kept > top) top = open + kept;
    NodeTakes takes = node_takes(n);
    if (takes == TAKES_NUMBER && stage & STAGE_BOXED) takes = TAKES_ACC;
    return hook_frame(M, n, fp, top, takes == TAKES_ACC ? acc : V_NIL,
                      takes == TAKES_NUMBER ? d : 0, stage, kept);
}

/* The same, when a frame has returned to n from fp; the results are put aside. Answers NULL
 * where there is no memory for that. */
static NOINLINE Value *after_frame(Machine *M, const Node *n, Value *fp, Stage stage)
{
    uint32_t count = M->result_count;
    Value *copy = mem_try_alloc((count + 1) * sizeof *copy), *top = fp;
    if (!copy) mem_refuse();
    if (!copy) return NULL;
    if (count) memcpy(copy, M->results, count * sizeof *copy);
    if (stage != STAGE_NATIVE_RETURN) {
        fp -= n->a;
        top = fp + proto_frame(frame_proto(fp));
    }
    return hook_frame(M, n, fp, top, value_object(copy), 0, stage, count);
}

/* Nodes ------------------------------------------------------------------------------- */

/* What the kind does, but for calls, all of which go to call_any. */
static EXEC(run_twin)
{
    Value *nf = fp + n->a;
    switch (n->kind) {
    case N_CALL_0:
    case N_CALL_1:
    case N_CALL_2:
    case N_CALL_3:
    case N_CALL_N: nf[AT_RETURN] = value_object(n + 1); HAND(call_any, n, nf, n->b, d);
    case N_ITER_CALL: /* a watch must take no more steps than the program does */
        if (!hook_mask(M)) HAND(node_execs[n->kind], n, fp, acc, d);
        HAND(slow_iter_call, n, fp, acc, d);
    default: HAND(node_execs[n->kind], n, fp, acc, d);
    }
}

static EXEC(hook_run)
{
    n = hook_twin_node(frame_proto(fp), n); /* the hook may have come just now */
    HAND(run_twin, n, fp, acc, d);
}

static EXEC(run_boxed) { HAND(node_execs[node_kinds[n->kind].boxed], n, fp, acc, d); }

/* Whether the watch ends the run before this node; gives the frame, perhaps moved. */
static NOINLINE Value *look_by_watch(Machine *M, const Node *n, Value *fp, bool *ends)
{
    Watch *w = M->watch;
    const Proto *p = frame_proto(fp);
    const Node *last = w->last;
    *ends = false;
    if (M->depth > 1 || !line_of(p, proto_index(p, n))) return fp;
    w->last = n;
    w->enters = proto_index(p, last) == UINT32_MAX;
    if (new_line(p, n, last)) *ends = w->line(M, n, &fp);
    return fp;
}

/* Goes on with the stages from M->hook_stage on. */
static EXEC(step_from)
{
    int boxed = M->hook_stage & STAGE_BOXED;
    Stage stage = due(M, n, fp, (Stage)(M->hook_stage & ~STAGE_BOXED));
    if (stage != STAGE_RUN) {
        fp = step_frame(M, n, fp, acc, d, (int)stage | boxed);
        HAND(call_any, &glue_hook, fp, 2, d);
    }
    if (boxed) HAND(run_boxed, n, fp, acc, d);
    HAND(hook_run, n, fp, acc, d);
}

static NOINLINE Value *watched(Machine *M, const Node *n, Value *fp)
{
    bool ends;
    fp = look_by_watch(M, n, fp, &ends);
    M->call_frame = ends ? NULL : fp;
    return fp;
}

EXEC(hook_run_again)
{
    if (UNLIKELY(M->watch != NULL) && M->watch->again) {
        M->watch->again = false;
        fp = watched(M, n, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    HAND(hook_run, n, fp, acc, d);
}

static EXEC(watched_from)
{
    if (UNLIKELY(M->breaks != NULL)) {
        fp = break_hooked(M, n, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    if (UNLIKELY(M->watch)) {
        fp = watched(M, n, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    HAND(step_from, n, fp, acc, d);
}

/* Most programs that have a hook bound their time by it: it counts, and is seldom due. */
static inline bool only_counts(const Machine *M)
{
    return LIKELY(!M->breaks && !M->watch) && hook_mask(M) == HOOK_COUNT;
}

/* Counts the node of a twin; answers false, and does nothing, where more is to be done. */
static inline bool just_counted(Machine *M, const Node *n, const Value *fp)
{
    if (M->hook.left <= 1 || !only_counts(M)) return false;
    const Proto *p = frame_proto(fp);
    M->hook.left -= line_of(p, proto_index(p, n)) || p->source->stripped;
    return true;
}

EXEC(hook_step)
{
    assert(proto_index(frame_proto(fp), n) != UINT32_MAX && "a twin is one of the function");
    if (UNLIKELY(!M->hooking)) { /* back to the plain nodes */
        const Proto *p = frame_proto(fp);
        n = p->nodes + proto_index(p, n);
        GO(n, fp, acc, d);
    }
    if (LIKELY(just_counted(M, n, fp))) HAND(run_twin, n, fp, acc, d);
    M->hook_stage = STAGE_COUNT;
    HAND(watched_from, n, fp, acc, d);
}

EXEC(hook_step_boxed)
{
    if (LIKELY(just_counted(M, n, fp))) HAND(run_boxed, n, fp, acc, d);
    M->hook_stage = STAGE_COUNT | STAGE_BOXED;
    HAND(watched_from, n, fp, acc, d);
}

Value *hook_mark_handler(Machine *M, Value *nf, const Node *n, Value f)
{
    if (!(hook_mask(M) & HOOK_CALL)) return nf;
    if ((n->kind != N_TAIL_N && n->kind != N_TAIL_OPEN) || !value_is(f, OBJ_CLOSURE)) return nf;
    nf += SHIFT_HEADER;
    nf[AT_SHIFT] = SHIFT_HEADER;
    nf[AT_RETURN] = value_object(&glue_tail);
    return nf;
}

static void return_to_twin(Machine *M, Value *fp)
{
    FrameCursor c = frame_cursor(M->segment, fp, NULL);
    frame_set_ret(M, &c, hook_glue_twin(c.ret));
}

EXEC(hook_enter)
{
    assert(frame_is_lua(fp) && "natives are entered elsewhere");
    return_to_twin(M, frame_as_called(fp));
    n = hook_twin_node(frame_proto(fp), n);
    if (LIKELY(!M->watch) || hook_mask(M)) M->hook.last = NULL;
    M->hook_stage = STAGE_CALL;
    if (UNLIKELY(M->watch)) M->watch->last = NULL;
    if (LIKELY(just_counted(M, n, fp))) HAND(run_twin, n, fp, V_NIL, d);
    HAND(watched_from, n, fp, V_NIL, d);
}

EXEC(hook_enter_native)
{
    return_to_twin(M, fp);
    if (!(hook_mask(M) & HOOK_CALL) || !frame_is_seen(fp)) HAND(call_native, n, fp, acc, d);
    fp = hook_frame(M, &glue_hook, fp, fp + acc, V_NIL, 0, STAGE_NATIVE_CALL, (uint32_t)acc);
    HAND(call_any, &glue_hook, fp, 2, d);
}

/* Returns ----------------------------------------------------------------------------- */

/* M->results have returned to n from fp. */
static EXEC(go_on_after)
{
    if (M->result_count == 1) HAND(node_execs[n->kind], n, fp, M->results[0], d);
    HAND(node_many[n->kind], n, fp, V_NIL, d);
}

/* Looks what is due before that, from M->hook_stage on. */
static EXEC(after_from)
{
    assert(M->hook_stage >= STAGE_NATIVE_RETURN && "the stages of a return are the last ones");
    Stage stage = due_after(M, n, fp, (Stage)M->hook_stage);
    if (stage == STAGE_GO_ON) HAND(go_on_after, n, fp, acc, d);
    Value *frame = after_frame(M, n, fp, stage);
    if (UNLIKELY(!frame)) HAND(eval_no_memory, n, fp, acc, d);
    HAND(call_any, &glue_hook, frame, 2, d);
}

EXEC(hook_ret_many)
{
    M->hook_stage = STAGE_NATIVE_RETURN;
    HAND(after_from, n, fp, acc, d);
}

EXEC(hook_ret)
{
    if (LIKELY(only_counts(M) && frame_is_called(n))) {
        M->hook.last = n; /* as due_after has it */
        HAND(node_execs[n->kind], n, fp, acc, d);
    }
    M->value = acc;
    M->results = &M->value;
    M->result_count = 1;
    HAND(hook_ret_many, n, fp, acc, d);
}

/* The hook has been called ------------------------------------------------------------ */

/* Takes up what hook_frame has put down: M->hook_stage, M->open or the results; gives the
 * frame to go on with. A native that has returned does so again, to M->ret: if it has lain
 * frozen its frame is a copy now, without the one that it returns into. NULL on overflow. */
static NOINLINE Value *resume(Machine *M, const Node *n, const Value *fp)
{
    Value *owner = frame_owner((Value *)fp);
    M->hook_stage = (int)value_to_double(fp[AT_HOOK_STAGE]);
    M->open = (uint32_t)value_to_double(fp[AT_HOOK_COUNT]);
    hook_leave(M);
    if (!hook_stage_is_after(M->hook_stage)) return owner;
    M->results = value_pointer(fp[AT_HOOK_VALUE]);
    M->result_count = M->open;
    if (M->hook_stage == STAGE_NATIVE_RETURN) return frame_leave(M, M->segment, owner);
    return owner + n->a;
}

EXEC(exec_GLUE_HOOK)
{
    n = frame_payload_node(fp);
    acc = fp[AT_HOOK_VALUE];
    d = value_to_double(fp[AT_HOOK_NUMBER]);
    fp = resume(M, n, fp);
    if (UNLIKELY(M->watch) && M->hook_stage != STAGE_NATIVE_CALL) M->watch->last = n;
    if (UNLIKELY(M->breaks != NULL) && M->hook_stage != STAGE_NATIVE_CALL) M->breaks->last = n;
    if (UNLIKELY(!fp)) HAND(eval_overflow, n, M->segment->slots + FRAME_HEADER, acc, d);
    switch (M->hook_stage) {
    case STAGE_NATIVE_CALL: HAND(call_native, n, fp, M->open, d);
    case STAGE_NATIVE_RETURN: n = M->ret; /* fall through */
    case STAGE_RESULT_LINE:
    case STAGE_TAIL_RETURN: M->hook_stage++; HAND(after_from, n, fp, acc, d);
    default: M->hook_stage++; HAND(step_from, n, fp, acc, d);
    }
}
EXEC(many_GLUE_HOOK) { HAND(exec_GLUE_HOOK, n, fp, acc, d); }
