/* SPDX-License-Identifier: MIT */
/*
 * Which coroutine has which hook, and the twins of functions and of glue.
 *
 * Main invariant: while a hook is on, all frames of its coroutine that are in the run's own
 * segments return to twins. Frozen ones are turned over when control returns into them.
 */
#include "stack/hook.h"

#include <assert.h>

/* On and off ------------------------------------------------------------------------ */

static void set_hooking(Machine *M) { M->hooking = hook_mask(M) || M->watch; }

void hook_watch(Machine *M, Watch *w)
{
    M->watch = w;
    set_hooking(M);
}

void hook_refresh(Machine *M)
{
    set_hooking(M);
    frame_enter_segment(M, M->segment);
}

const Hook hook_none = {V_NIL, 0, 0};

void hook_load_slow(Machine *M, const CoBody *b)
{
    M->hook = b->hook ? *b->hook : (HookState){0};
    set_hooking(M);
}

void hook_save_slow(Machine *M, CoBody *b)
{
    assert(M->hook.hook && "there is a hook");
    HookState *s = mem_new(sizeof *s);
    *s = M->hook;
    b->hook = s;
}

void hook_leave(Machine *M)
{
    M->hook.busy = false;
    if (M->hook.hook == &hook_none) {
        M->hook.hook = NULL;
        if (heap_coroutine(&M->run, M->run.co)->hook)
            heap_coroutine_mut(&M->run, M->run.co)->hook = NULL;
    }
    hook_refresh(M);
}

bool hook_off(Machine *M)
{
    bool was = M->hook.busy;
    M->hook.busy = true;
    if (!M->hook.hook) M->hook.hook = &hook_none;
    hook_refresh(M);
    return was;
}

/* Twins ------------------------------------------------------------------------------ */

/* What the nodes of twins do: the evaluator's. */
static Exec *step_exec, *ret_exec, *ret_many_exec;

static Node *make_twin(const Proto *p)
{
    Node *twin = mem_try_alloc(p->node_count * sizeof *twin);
    if (!twin) mem_refuse();
    if (!twin) return NULL;
    memcpy(twin, p->nodes, p->node_count * sizeof *twin);
    for (uint32_t i = 0; i < p->node_count; i++) {
        twin[i].exec = frame_is_called(&twin[i]) ? ret_exec : step_exec;
        if (frame_is_called(&twin[i])) twin[i].k.many = ret_many_exec;
    }
    return twin;
}

/* A function's nodes to run under a hook: made once. Answers NULL where there is no memory. */
static const Node *twin_of(const Proto *p)
{
    Node **known = &((Proto *)p)->twin, *twin = __atomic_load_n(known, __ATOMIC_ACQUIRE);
    if (twin) return twin;
    Node *made = make_twin(p);
    bool first = made && __atomic_compare_exchange_n(known, &twin, made, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? made : twin;
}

const Node *hook_twin_node(const Proto *p, const Node *n)
{
    uint32_t i = proto_index(p, n);
    const Node *twin = i == UINT32_MAX ? NULL : twin_of(p);
    return twin ? twin + i : n;
}

/* One for each kind of glue, whether it has a twin or not. */
#define X_GLUE(kind, ...) +1
enum { TWINS = 0 KINDS_GLUE(X_GLUE) };
#undef X_GLUE
static Node glue_twins[TWINS];
_Static_assert(N_KINDS == N_GLUE_VALUE + TWINS,
               "glue has the last kinds, in the table's order");

void hook_init(Exec *step, Exec *ret, Exec *ret_many)
{
    if (step_exec) return;
    step_exec = step;
    ret_exec = ret;
    ret_many_exec = ret_many;
    for (unsigned i = 0; i < TWINS; i++)
        glue_twins[i] =
            (Node){.exec = ret, .kind = (uint16_t)(N_GLUE_VALUE + i), .k.many = ret_many};
}

const Node *hook_glue_twin(const Node *glue)
{
    bool has = frame_kinds[glue->kind].hook != HOOKED_NOTHING;
    return has ? &glue_twins[glue->kind - N_GLUE_VALUE] : glue;
}

const Node *hook_return(const Node *ret, const Value *fp)
{
    if (!frame_is_called(ret)) return hook_glue_twin(ret);
    return frame_is_lua(fp) ? hook_twin_node(frame_proto(fp), ret) : ret;
}

bool hook_is_operation(const Node *glue)
{
    return frame_kinds[glue->kind].hook == HOOKED_OPERATION;
}

bool hook_goes_on(const Node *glue) { return frame_kinds[glue->kind].hook >= HOOKED_NODE; }

/* The node that glue goes on at, if it has one. */
static void turn_over_payload(const Node *ret, Value *base, const Value *fp)
{
    if (!hook_goes_on(ret)) return;
    if (!frame_is_lua(fp)) return;
    base[AT_PAYLOAD] = value_object(hook_twin_node(frame_proto(fp), frame_payload_node(base)));
}

const Node *hook_returning(const Node *ret, Value *base, const Value *fp)
{
    turn_over_payload(ret, base, fp);
    ret = hook_return(ret, fp);
    base[AT_RETURN] = value_object(ret); /* it may return again: see resume */
    return ret;
}

/* The frames of a coroutine's stack return to twins, as far as they are this run's. */
static void turn_over(Machine *M, FrameCursor c)
{
    for (;;) {
        FrameCursor below = c;
        if (c.segment->epoch != M->run.epoch) return;
        bool more = frame_down(&below);
        frame_set_ret(M, &c, hook_return(c.ret, below.fp));
        if (!more || c.ret_segment->epoch != M->run.epoch) return;
        turn_over_payload(c.ret, c.ret_base, below.fp);
        c = below;
    }
}

void hook_unfolded(Machine *M, Value *fp)
{
    if (M->watch || M->hook.hook->mask) turn_over(M, frame_cursor(M->segment, fp, NULL));
}

void hook_owned(Machine *M, const Coroutine *co)
{
    const CoBody *b = heap_coroutine(&M->run, co);
    if (co == M->run.co) {
        if (M->hooking) turn_over(M, frame_cursor_running(M));
    } else if (M->watch || (b->hook && b->hook->hook->mask)) {
        turn_over(M, frame_cursor(b->segment, b->segment->slots + b->fp, b->node));
    }
}

void hook_set(Machine *M, Coroutine *co, Value function, uint32_t mask, uint32_t count)
{
    const Hook *h = NULL;
    bool runs = M->depth && co == M->run.co;
    CoBody *b = heap_coroutine_mut(&M->run, co);
    HookState s = runs ? M->hook : b->hook ? *b->hook : (HookState){0};
    if (function != V_NIL) {
        Hook *made = mem_new(sizeof *made);
        *made = (Hook){function, mask, count};
        h = made;
    } else if (s.busy) {
        h = &hook_none;
    }
    s.hook = h;
    s.left = count;
    b->hook = NULL;
    if (h) {
        HookState *kept = mem_new(sizeof *kept);
        *kept = s;
        b->hook = kept;
    }
    if (runs) {
        M->hook = s;
        hook_refresh(M);
    }
    if (!h || !mask) return;
    if (runs)
        turn_over(M, frame_cursor_running(M));
    else if (b->segment && b->status != CO_FRESH && b->status != CO_RUNNING)
        turn_over(M, frame_cursor(b->segment, b->segment->slots + b->fp, b->node));
}

/* Frames of hooks ---------------------------------------------------------------------- */

HookMoment hook_moment(unsigned stage)
{
    switch (stage) {
    case STAGE_NATIVE_CALL: return HOOK_AT_CALL;
    case STAGE_NATIVE_RETURN: return HOOK_AFTER_NATIVE;
    case STAGE_RESULT_LINE:
    case STAGE_TAIL_RETURN: return HOOK_AFTER_CALL;
    default: return (stage & ~(unsigned)STAGE_BOXED) < STAGE_RUN ? HOOK_AT_NODE : HOOK_NEVER;
    }
}

/* What the node returns of its frame at fp. acc: of the hook's header; open: so many of the
 * open list. */
static Returned returned_by(const Node *n, const Value *fp, const Value *acc, uint32_t open)
{
    switch (n->kind) {
    case N_RETURN_A: return (Returned){acc, 1};
    case N_RETURN_L: return (Returned){fp + n->a, 1};
    case N_RETURN_K: return (Returned){&n->k.v, 1};
    case N_RETURN_N: return (Returned){fp + n->a, n->b};
    case N_RETURN_OPEN: return (Returned){fp + n->a, n->b + open};
    default: return (Returned){NULL, 0};
    }
}

Returned hook_returned(Machine *M)
{
    FrameCursor c = frame_cursor_running(M);
    while (c.ret != &glue_hook)
        if (!frame_down(&c)) return (Returned){NULL, 0};
    Value *nf = c.ret_base;
    int stage = (int)value_to_double(nf[AT_HOOK_STAGE]);
    uint32_t count;
    if (!frame_down(&c) || stage == STAGE_RESULT_LINE) return (Returned){NULL, 0};
    const Value *kept = hook_kept(nf, c.fp, &count);
    if (hook_stage_is_after(stage)) return (Returned){kept, count};
    if ((stage & ~STAGE_BOXED) != STAGE_RETURN) return (Returned){NULL, 0};
    return returned_by(frame_payload_node(nf), c.fp, nf + AT_HOOK_VALUE, count);
}

Value *hook_kept(Value *base, Value *fp, uint32_t *count)
{
    const Node *n = frame_payload_node(base);
    *count = (uint32_t)value_to_double(base[AT_HOOK_COUNT]);
    if (hook_stage_is_after((int)value_to_double(base[AT_HOOK_STAGE])))
        return value_pointer(base[AT_HOOK_VALUE]);
    Value *list = frame_open_list(n, fp);
    return list ? list : base - HOOK_HEADER - *count;
}
