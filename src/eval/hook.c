/* SPDX-License-Identifier: MIT */
#include "eval/hook.h"

#include "eval/native.h"

/* What is due before a node, in this order; the first also before a native. */
typedef enum Stage {
    STAGE_CALL,
    STAGE_COUNT,
    STAGE_LINE,
    STAGE_RETURN,
    STAGE_RUN, /* nothing more: the node itself */

    /* When a frame has returned to a node: a native's return; the line of a result's
     * place, if it is another one; the return of a function whose value it is. */
    STAGE_NATIVE_RETURN,
    STAGE_RESULT_LINE,
    STAGE_TAIL_RETURN,
    STAGE_GO_ON,

    STAGE_NATIVE_CALL,
    STAGE_BOXED = 16 /* added: the node's operand is in acc, not in d */
} Stage;

enum { HOOK_HEADER = 8 };

/* On and off ------------------------------------------------------------------------ */

static void set_hooking(Run *R)
{
    const Hook *h = R->hook.hook;
    R->hooking = h && h->function != V_NIL && h->mask && !R->hook.busy;
}

static void refresh(Run *R)
{
    set_hooking(R);
    frame_enter_segment(R, R->segment);
}

void hook_load_slow(Run *R, const CoBody *b)
{
    R->hook = b->hook ? *b->hook : (HookState){0};
    set_hooking(R);
}

void hook_save_slow(Run *R, CoBody *b)
{
    HookState *s = mem_new(sizeof *s);
    *s = R->hook;
    b->hook = s;
}

void hook_leave(Run *R)
{
    R->hook.busy = false;
    refresh(R);
}

/* Twins ------------------------------------------------------------------------------ */

static bool is_ret(const Node *n) { return n->kind >= N_RET_A && n->kind <= N_RET_TAIL; }

static EXEC(hook_ret);
static EXEC(hook_ret_many);

static Node *make_twin(const Proto *p)
{
    Node *twin = mem_alloc(p->node_count * sizeof *twin);
    memcpy(twin, p->nodes, p->node_count * sizeof *twin);
    for (uint32_t i = 0; i < p->node_count; i++) {
        twin[i].exec = is_ret(&twin[i]) ? hook_ret : hook_step;
        if (is_ret(&twin[i])) twin[i].k.many = hook_ret_many;
    }
    return twin;
}

/* A function's nodes to run under a hook: made once. */
static const Node *twin_of(const Proto *p)
{
    Node **known = &((Proto *)p)->twin, *twin = __atomic_load_n(known, __ATOMIC_ACQUIRE);
    if (twin) return twin;
    Node *made = make_twin(p);
    bool first = __atomic_compare_exchange_n(known, &twin, made, false, __ATOMIC_ACQ_REL,
                                             __ATOMIC_ACQUIRE);
    return first ? made : twin;
}

/* The node of the function's twin for one of either. */
static const Node *in_twin(const Proto *p, const Node *n)
{
    uint32_t i = proto_index(p, n);
    return i == UINT32_MAX ? n : twin_of(p) + i;
}

/* X(glue): what a native can return to but nodes of functions. */
/* clang-format off */
#define GLUES(X) \
    X(GLUE_VALUE) X(GLUE_BOOL) X(GLUE_NOT) X(GLUE_NONE) X(GLUE_CONCAT) X(GLUE_NATIVE) \
    X(GLUE_PCALL) X(GLUE_XPCALL) X(GLUE_HANDLER) X(GLUE_FORK) X(GLUE_TRY) X(GLUE_POLL) \
    X(GLUE_BASE) X(GLUE_HALT)
/* clang-format on */

static const Node *glue_twin(const Node *glue)
{
#define X_GLUE(name)                                                      \
    case N_##name: {                                                      \
        static const Node twin = {                                        \
            .exec = hook_ret, .kind = N_##name, .k.many = hook_ret_many}; \
        return &twin;                                                     \
    }
    switch (glue->kind) {
        GLUES(X_GLUE)
    default: return glue;
    }
#undef X_GLUE
}

const Node *hook_return(const Node *ret, const Value *fp)
{
    if (!is_ret(ret)) return glue_twin(ret);
    return value_is(fp[-1], OBJ_CLOSURE) ? in_twin(frame_proto(fp), ret) : ret;
}

/* Is it glue of an operation, which goes on at the node base[-3]? */
static bool is_operation(const Node *glue)
{
    switch (glue->kind) {
    case N_GLUE_VALUE:
    case N_GLUE_BOOL:
    case N_GLUE_NOT:
    case N_GLUE_NONE:
    case N_GLUE_CONCAT: return true;
    default: return false;
    }
}

/* The node that glue goes on at, if it has one. */
static void turn_over_payload(const Node *ret, Value *base, const Value *fp)
{
    if (!is_operation(ret) && ret->kind != N_GLUE_POLL) return;
    if (!value_is(fp[-1], OBJ_CLOSURE)) return;
    base[-3] = value_object(in_twin(frame_proto(fp), value_pointer(base[-3])));
}

/* The frames of a coroutine's stack return to twins, as far as they are this run's. */
static void turn_over(Run *R, FrameCursor c)
{
    for (;;) {
        FrameCursor below = c;
        if (c.segment->epoch != R->epoch) return;
        bool more = frame_down(&below);
        const Node *ret = hook_return(c.ret, below.fp);
        if (c.ret_segment != c.segment)
            c.segment->ret = ret;
        else
            c.base[-2] = value_object(ret);
        if (!more || c.ret_segment->epoch != R->epoch) return;
        turn_over_payload(c.ret, c.ret_base, below.fp);
        c = below;
    }
}

void hook_set(Run *R, Coroutine *co, Value function, uint32_t mask, uint32_t count)
{
    Hook *h = NULL;
    CoBody *b = heap_coroutine_mut(R, co);
    HookState s = co == R->co ? R->hook : b->hook ? *b->hook : (HookState){0};
    if (function != V_NIL) {
        h = mem_new(sizeof *h);
        *h = (Hook){function, mask, count};
    }
    s.hook = h;
    s.left = count;
    b->hook = NULL;
    if (h) {
        HookState *kept = mem_new(sizeof *kept);
        *kept = s;
        b->hook = kept;
    }
    if (co == R->co) {
        R->hook = s;
        refresh(R);
    }
    if (!h || !mask) return;
    if (co == R->co)
        turn_over(R, frame_cursor_running(R));
    else if (b->segment && b->status != CO_FRESH)
        turn_over(R, frame_cursor(b->segment, b->segment->slots + b->fp, b->node));
}

/* What is due ------------------------------------------------------------------------ */

static int32_t line_of(const Proto *p, uint32_t i) { return p->lines[i]; }

/* PUC Lua's rule: at the first node (last is none of the function's), after a jump back,
 * where the line is another. */
static bool new_line(const Proto *p, const Node *n, const Node *last)
{
    uint32_t i = proto_index(p, n), k = proto_index(p, last);
    return k == UINT32_MAX || i <= k || line_of(p, i) != line_of(p, k);
}

static bool line_due(Run *R, const Node *n, const Value *fp)
{
    if (!(R->hook.hook->mask & HOOK_LINE)) return false;
    const Node *last = R->hook.last;
    R->hook.last = n;
    return new_line(frame_proto(fp), n, last);
}

static bool count_due(Run *R)
{
    const Hook *h = R->hook.hook;
    if (!(h->mask & HOOK_COUNT) || --R->hook.left > 0) return false;
    R->hook.left = h->count;
    return true;
}

static bool is_return(const Node *n)
{
    return n->kind >= N_RETURN_0 && n->kind <= N_RETURN_OPEN;
}

static Stage due(Run *R, const Node *n, const Value *fp, Stage from)
{
    if (!R->hooking) return STAGE_RUN;
    uint32_t mask = R->hook.hook->mask;
    if (from == STAGE_CALL && mask & HOOK_CALL) return STAGE_CALL;
    const Proto *p = frame_proto(fp);
    if (!line_of(p, proto_index(p, n)) && !p->source->stripped) return STAGE_RUN;
    if (from <= STAGE_COUNT && count_due(R)) return STAGE_COUNT;
    if (from <= STAGE_LINE && line_due(R, n, fp)) return STAGE_LINE;
    if (from <= STAGE_RETURN && mask & HOOK_RETURN && is_return(n)) return STAGE_RETURN;
    return STAGE_RUN;
}

/* fp: the frame that has returned to n. */
static Stage due_after(Run *R, const Node *n, const Value *fp, Stage from)
{
    if (!R->hooking) return STAGE_GO_ON;
    uint32_t mask = R->hook.hook->mask;
    bool native = value_is(fp[-1], OBJ_NATIVE);
    if (from == STAGE_NATIVE_RETURN && mask & HOOK_RETURN && native) return from;
    if (!is_ret(n)) {
        if (is_operation(n)) R->hook.last = value_pointer(fp[-3]);
        return STAGE_GO_ON;
    }
    if (from <= STAGE_RESULT_LINE && mask & HOOK_LINE) {
        R->hook.last = n - 1;
        if (new_line(frame_proto(fp - n->a), n, n - 1)) return STAGE_RESULT_LINE;
    }
    if (from <= STAGE_TAIL_RETURN && n->kind == N_RET_TAIL && mask & HOOK_RETURN)
        return STAGE_TAIL_RETURN;
    R->hook.last = n;
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
    return p->source->stripped ? V_NIL : value_number(line_of(p, proto_index(p, n)));
}

/* Its frame, above fp's slots, which end at top. acc may be no value where nobody needs it:
 * then it is a small number. */
static Value *hook_frame(Run *R, const Node *n, Value *fp, Value *top, Value acc, double d,
                         int stage, uint32_t kept)
{
    Stage s = (Stage)(stage & ~STAGE_BOXED);
    Value *nf = top + HOOK_HEADER;
    nf[-8] = value_number(kept);
    nf[-7] = value_number(d);
    nf[-6] = value_is_number(acc) || acc <= V_TRUE || acc > UINT32_MAX ? acc : V_NIL;
    nf[-5] = value_number(stage);
    nf[-4] = (Value)(nf - fp);
    nf[-3] = value_object(n);
    nf[-2] = value_object(&glue_hook);
    nf[-1] = R->hook.hook->function;
    nf[0] = event_name(s, fp);
    nf[1] = event_line(s, n, fp);
    R->hook.busy = true;
    refresh(R);
    return nf;
}

/* The end of the frame at a node, with the open list that the node may use. */
static NOINLINE Value *step_frame(Run *R, const Node *n, Value *fp, Value acc, double d,
                                  int stage)
{
    Value *top = fp + proto_frame(frame_proto(fp)), *open = frame_open_list(n, fp);
    uint32_t kept = open ? R->open : 0;
    if (kept && open + kept > top) top = open + kept;
    return hook_frame(R, n, fp, top, acc, d, stage, kept);
}

/* The same, when a frame has returned to n from fp; the results are put aside. */
static NOINLINE Value *after_frame(Run *R, const Node *n, Value *fp, double d, Stage stage)
{
    uint32_t count = R->result_count;
    Value *copy = mem_alloc((count + 1) * sizeof *copy), *top = fp;
    if (count) memcpy(copy, R->results, count * sizeof *copy);
    if (stage != STAGE_NATIVE_RETURN) {
        fp -= n->a;
        top = fp + proto_frame(frame_proto(fp));
    }
    return hook_frame(R, n, fp, top, value_object(copy), d, stage, count);
}

static bool is_after(int stage) { return stage >= STAGE_NATIVE_RETURN && stage < STAGE_GO_ON; }

Value *hook_kept(Value *base, Value *fp, uint32_t *count)
{
    const Node *n = value_pointer(base[-3]);
    *count = (uint32_t)value_to_double(base[-8]);
    if (is_after((int)value_to_double(base[-5]))) return value_pointer(base[-6]);
    Value *list = frame_open_list(n, fp);
    return list ? list : base - HOOK_HEADER - *count;
}

/* Nodes ------------------------------------------------------------------------------- */

/* What the kind does, but for calls, all of which go to call_any. */
static EXEC(run_node)
{
    Value *nf = fp + n->a;
    switch (n->kind) {
    case N_CALL_0:
    case N_CALL_1:
    case N_CALL_2:
    case N_CALL_3:
    case N_CALL_N: nf[-2] = value_object(n + 1); HAND(call_any, n, nf, n->b, d);
    case N_ITER_CALL: HAND(slow_iter_call, n, fp, acc, d);
    default: HAND(node_kinds[n->kind].exec, n, fp, acc, d);
    }
}

static EXEC(run_boxed) { HAND(node_kinds[node_kinds[n->kind].twin].exec, n, fp, acc, d); }

/* From R->hook_stage on. */
static EXEC(step_from)
{
    int boxed = R->hook_stage & STAGE_BOXED;
    Stage stage = due(R, n, fp, (Stage)(R->hook_stage & ~STAGE_BOXED));
    if (stage != STAGE_RUN) {
        fp = step_frame(R, n, fp, acc, d, (int)stage | boxed);
        HAND(call_any, &glue_hook, fp, 2, d);
    }
    if (boxed) HAND(run_boxed, n, fp, acc, d);
    HAND(run_node, n, fp, acc, d);
}

/* A node that may have to wait does so before any event: it is then begun again. */
static bool may_poll(const Node *n)
{
    switch (n->kind) {
    case N_LOOP:
    case N_FOR_LOOP:
    case N_FOR_LOOP_1:
    case N_ITER_TEST:
    case N_CALL_0:
    case N_CALL_1:
    case N_CALL_2:
    case N_CALL_3:
    case N_CALL_N:
    case N_TAIL_N:
    case N_TAIL_OPEN: return true;
    default: return false;
    }
}

EXEC(hook_step)
{
    if (UNLIKELY(!R->hooking)) { /* back to the plain nodes */
        const Proto *p = frame_proto(fp);
        n = p->nodes + proto_index(p, n);
        GO(n, fp, acc, d);
    }
    if (UNLIKELY(R->fuel < 1) && may_poll(n)) HAND(eval_poll, n, fp, acc, d);
    R->hook_stage = STAGE_COUNT;
    HAND(step_from, n, fp, acc, d);
}

EXEC(hook_step_boxed)
{
    R->hook_stage = STAGE_COUNT | STAGE_BOXED;
    HAND(step_from, n, fp, acc, d);
}

Value *hook_mark_handler(Run *R, Value *nf, const Node *n, Value f)
{
    if (!(R->hook.hook->mask & HOOK_CALL)) return nf;
    if ((n->kind != N_TAIL_N && n->kind != N_TAIL_OPEN) || !value_is(f, OBJ_CLOSURE)) return nf;
    nf += 3;
    nf[-3] = 3;
    nf[-2] = value_object(&glue_tail);
    return nf;
}

static void return_to_twin(Run *R, Value *fp)
{
    const Node *ret = frame_ret(fp);
    if (ret->kind == N_GLUE_UNDERFLOW)
        R->segment->ret = glue_twin(R->segment->ret);
    else
        fp[-2] = value_object(glue_twin(ret));
}

EXEC(hook_enter)
{
    return_to_twin(R, frame_as_called(fp));
    n = in_twin(frame_proto(fp), n);
    R->hook.last = NULL;
    R->hook_stage = STAGE_CALL;
    HAND(step_from, n, fp, V_NIL, d);
}

EXEC(hook_enter_native)
{
    return_to_twin(R, fp);
    if (!(R->hook.hook->mask & HOOK_CALL)) HAND(call_native, n, fp, acc, d);
    fp = hook_frame(R, &glue_hook, fp, fp + acc, V_NIL, d, STAGE_NATIVE_CALL, (uint32_t)acc);
    HAND(call_any, &glue_hook, fp, 2, d);
}

/* Returns ----------------------------------------------------------------------------- */

/* R->results have returned to n from fp. */
static EXEC(go_on_after)
{
    if (R->result_count == 1) HAND(node_kinds[n->kind].exec, n, fp, R->results[0], d);
    HAND(node_many[n->kind], n, fp, V_NIL, d);
}

/* Looks what is due before that, from R->hook_stage on. */
static EXEC(after_from)
{
    Stage stage = due_after(R, n, fp, (Stage)R->hook_stage);
    if (stage == STAGE_GO_ON) HAND(go_on_after, n, fp, acc, d);
    fp = after_frame(R, n, fp, d, stage);
    HAND(call_any, &glue_hook, fp, 2, d);
}

static EXEC(hook_ret_many)
{
    R->hook_stage = STAGE_NATIVE_RETURN;
    HAND(after_from, n, fp, acc, d);
}

static EXEC(hook_ret)
{
    R->value = acc;
    R->results = &R->value;
    R->result_count = 1;
    HAND(hook_ret_many, n, fp, acc, d);
}

/* The hook has been called ------------------------------------------------------------ */

/* Takes up what hook_frame has put down: R->hook_stage, R->open or the results; gives the
 * frame to go on with. */
static NOINLINE Value *resume(Run *R, const Node *n, const Value *fp)
{
    Value *owner = (Value *)fp - fp[-4];
    R->hook_stage = (int)value_to_double(fp[-5]);
    R->open = (uint32_t)value_to_double(fp[-8]);
    hook_leave(R);
    if (!is_after(R->hook_stage)) return owner;
    R->results = value_pointer(fp[-6]);
    R->result_count = R->open;
    return R->hook_stage == STAGE_NATIVE_RETURN ? owner : owner + n->a;
}

EXEC(exec_GLUE_HOOK)
{
    n = value_pointer(fp[-3]);
    acc = fp[-6];
    d = value_to_double(fp[-7]);
    fp = resume(R, n, fp);
    switch (R->hook_stage) {
    case STAGE_NATIVE_CALL: HAND(call_native, n, fp, R->open, d);
    case STAGE_NATIVE_RETURN:
    case STAGE_RESULT_LINE:
    case STAGE_TAIL_RETURN: R->hook_stage++; HAND(after_from, n, fp, acc, d);
    default: R->hook_stage++; HAND(step_from, n, fp, acc, d);
    }
}
EXEC(many_GLUE_HOOK) { HAND(exec_GLUE_HOOK, n, fp, acc, d); }
