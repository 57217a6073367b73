/* SPDX-License-Identifier: MIT */
/*
 * Which slots of frames hold values, by a flow analysis of a function's nodes.
 *
 * Main invariant: a slot counts as written at a node only if it is written on every way to it.
 */
#include "stack/trace_stack.h"

#include <assert.h>

#include "stack/hook.h"
#include "stack/upvalue.h"

/* Written slots --------------------------------------------------------------------- */

/* A forward analysis: before[i] has a bit for each slot that is written on every way
 * to node i. All ones stands for "no way found yet". */
typedef struct Flows {
    const Proto *p;
    uint64_t *before, *out;
    uint32_t words;
    bool changed;
} Flows;

static uint32_t row_words(const Proto *p) { return (proto_frame(p) + 63) / 64; }

static void set_slots(Flows *f, uint32_t from, uint32_t count)
{
    for (uint32_t i = from; i < from + count && i < f->words * 64; i++)
        f->out[i / 64] |= (uint64_t)1 << i % 64;
}

/* A call: its frame, header and all, was there. */
static void clear_from(Flows *f, uint32_t from)
{
    for (uint32_t i = from; i < f->words * 64; i++) f->out[i / 64] &= ~((uint64_t)1 << i % 64);
}

/* What a node does to the slots, on the way to the next node. */
static void apply(Flows *f, const Node *n)
{
    if (node_kinds[n->kind].dest == DEST_S) set_slots(f, n->c, 1);
    switch (n->kind) {
    case N_CALL_0:
    case N_CALL_1:
    case N_CALL_2:
    case N_CALL_3:
    case N_CALL_N:
    case N_CALL_OPEN:
    case N_TAIL_N:
    case N_TAIL_OPEN: clear_from(f, n->a - 2u); break;
    case N_ITER_CALL: clear_from(f, n->aux - 2u); break;
    case N_RET_N:
    case N_VARARG_N:
    case N_NIL_N: set_slots(f, n->c, n->b); break;
    case N_NEW_CELL:
    case N_WRAP_CELL:
    case N_TABLE: set_slots(f, n->c, 1); break;
    case N_SELF_L:
    case N_SELF_A:
    case N_SELF_U: set_slots(f, n->b - 1u, 2); break;
    default: break;
    }
}

static void join(Flows *f, const Node *to)
{
    uint64_t *row = f->before + (size_t)(to - f->p->nodes) * f->words;
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t met = row[w] & f->out[w];
        f->changed |= met != row[w];
        row[w] = met;
    }
}

static void follow(Flows *f, uint32_t i)
{
    const Node *n = &f->p->nodes[i];
    bool last = i + 1 == f->p->node_count;
    memcpy(f->out, f->before + (size_t)i * f->words, f->words * sizeof(uint64_t));
    switch (n->kind) {
    case N_JUMP:
    case N_LOOP:
    case N_FOR_PREP: join(f, n + n->target); return;
    case N_FOR_LOOP:
    case N_FOR_LOOP_1: /* the variable is written on the way back only */
        join(f, n + 1);
        set_slots(f, n->c, 1);
        join(f, n + n->target);
        return;
    case N_RETURN_0:
    case N_RETURN_A:
    case N_RETURN_L:
    case N_RETURN_K:
    case N_RETURN_N:
    case N_RETURN_OPEN:
    case N_RET_TAIL: return;
    default: break;
    }
    apply(f, n);
    if (!last) join(f, n + 1);
    Destination dest = node_kinds[n->kind].dest;
    if (dest == DEST_F || dest == DEST_T || n->kind == N_ITER_TEST) join(f, n + n->target);
}

/* Takes no more than half of the reserve in a shortage: there might be as many rows as there
 * are functions on the stack, and the rest is for other things. */
static uint64_t *analyse(const Proto *p)
{
    Flows f = {.p = p, .words = row_words(p)};
    size_t row = f.words * sizeof(uint64_t);
    if (mem_short && mem_is_spent()) return NULL;
    f.before = mem_try_alloc_atomic(p->node_count * row);
    if (!f.before) return NULL;
    f.out = mem_alloc_atomic(row);
    memset(f.before, 0xff, p->node_count * row);
    memset(f.out, 0, row);
    set_slots(&f, 0, p->params);
    join(&f, p->nodes);
    do {
        f.changed = false;
        for (uint32_t i = 0; i < p->node_count; i++) follow(&f, i);
    } while (f.changed);
    return f.before;
}

const uint64_t *trace_written(const Proto *p, const Node *at)
{
    uint64_t **place = &((Proto *)p)->written; /* a cache; any thread's result will do */
    uint64_t *rows = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (!rows) {
        rows = analyse(p);
        if (!rows) return NULL;
        __atomic_store_n(place, rows, __ATOMIC_RELEASE);
    }
    return rows + (size_t)proto_index(p, at) * row_words(p);
}

/* Where a call at the node has its frame, or 0 if it is no call. */
static uint32_t callee_slot(const Node *n)
{
    switch (n->kind) {
    case N_CALL_0:
    case N_CALL_1:
    case N_CALL_2:
    case N_CALL_3:
    case N_CALL_N:
    case N_CALL_OPEN:
    case N_TAIL_N:
    case N_TAIL_OPEN: return n->a;
    case N_ITER_CALL: return n->aux;
    default: return 0;
    }
}

/* Whether a slot below the node's top holds a value; callee: callee_slot of the node. */
static inline bool holds_value(const uint64_t *written, uint32_t callee, size_t slot)
{
    if (callee && slot == callee - 2u) return false; /* where it returns to */
    return written[slot / 64] >> slot % 64 & 1;
}

bool trace_holds_value(const Proto *p, const Node *at, size_t slot)
{
    uint32_t index = proto_index(p, at);
    if (index == UINT32_MAX || slot >= proto_top(p, index)) return false;
    const uint64_t *written = trace_written(p, at);
    return written && holds_value(written, callee_slot(at), slot);
}

bool trace_is_unwritten(const Proto *p, const Node *at, size_t slot)
{
    uint32_t index = proto_index(p, at);
    if (index == UINT32_MAX) return false;
    if (slot >= proto_top(p, index)) return true;
    const uint64_t *written = trace_written(p, at);
    return written && !holds_value(written, callee_slot(at), slot);
}

/* Frames ---------------------------------------------------------------------------- */

/* A cell in the slot of a variable that lives in none is left over from another variable, that
 * had the slot before; nobody reads it. O(variables), but only for cells. */
static bool is_left_over(const Proto *p, const Node *at, const Value *fp, size_t slot)
{
    return value_is(fp[slot], OBJ_CELL) && !trace_needs_cell(p, at, slot);
}

bool trace_needs_cell(const Proto *p, const Node *at, size_t slot)
{
    uint32_t node = proto_index(p, at);
    for (uint32_t i = 0; i < p->local_count; i++) {
        const ProtoLocal *l = &p->locals[i];
        if (l->cell && l->slot == slot && l->start <= node && node < l->end) return true;
    }
    return false;
}

static void dead(const StackVisitor *v, Value *slots, size_t count)
{
    if (v->dead && count) v->dead(v->context, slots, count);
}

/* The open list of a node, `open` values. */
static void open_list(const StackVisitor *v, Value *fp, const Node *at, uint32_t open)
{
    Value *list = node_is_again(at) ? fp : frame_open_list(at, fp);
    if (list) v->live(v->context, list, open);
}

/* Slots below `limit` of a Lua function's frame that is at a node. */
static void lua_frame(const StackVisitor *v, Value *fp, const Node *at, size_t limit)
{
    const Proto *p = frame_proto(fp);
    if (frame_ret(fp) == &glue_vararg) {
        dead(v, frame_unshifted(fp), p->params); /* moved to fp */
        v->live(v->context, (Value *)frame_varargs(fp), frame_vararg_count(fp));
    }
    uint32_t index = at ? proto_index(p, at) : UINT32_MAX;
    if (index == UINT32_MAX) return; /* it has not begun */
    const uint64_t *written = trace_written(p, at);
    if (!written) {
        v->unknown(v->context);
        return;
    }
    uint32_t callee = callee_slot(at);
    size_t top = proto_top(p, index);
    if (top > limit) top = limit;
    for (size_t i = 0; i < top; i++) {
        bool holds = holds_value(written, callee, i);
        bool stale = holds && is_left_over(p, at, fp, i);
        if (holds && !stale)
            v->live(v->context, fp + i, 1);
        else if (stale && v->left_over)
            v->left_over(v->context, fp + i);
        else
            dead(v, fp + i, 1);
    }
    if (limit != SIZE_MAX) dead(v, fp + top, limit - top);
}

/* A method that is looked up by a call: its object lies where the method's frame will begin. */
static void visit_self(const StackVisitor *v, const FrameCursor *c, const Node *ret,
                       size_t limit)
{
    const Node *n = c->at;
    if (ret->kind != N_GLUE_VALUE || !frame_is_lua(c->fp)) return;
    if (n->kind != N_SELF_L && n->kind != N_SELF_A && n->kind != N_SELF_U) return;
    if (n->b < limit) v->live(v->context, c->fp + n->b, 1);
}

/* What the hook's frame at base keeps for the frame below it: the value on its way, an open
 * list or results. */
static void visit_hook(const StackVisitor *v, Value *base, const FrameCursor *below)
{
    uint32_t count;
    Value *kept = hook_kept(base, below->fp, &count);
    if (kept != value_pointer(base[AT_HOOK_VALUE]))
        v->live(v->context, base + AT_HOOK_VALUE, 1);
    v->live(v->context, kept, count);
}

/* Visits the frames from that at the cursor down; `limit` is of the first. */
static void visit_frames(const StackVisitor *v, FrameCursor c, size_t limit)
{
    const Node *ret = NULL; /* of the frame above */
    for (uint32_t i = 1;; i++) {
        if (v->callee)
            v->callee(v->context, c.fp);
        else
            v->live(v->context, c.fp - 1, 1);
        if (frame_is_lua(c.fp))
            lua_frame(v, c.fp, c.at, limit);
        else
            v->live(v->context, c.fp, limit);
        if (ret) visit_self(v, &c, ret, limit);
        Value *base = c.ret_base;
        ret = c.ret;
        if (i == v->frames || !frame_down(&c)) return;
        limit = frame_used_below(ret, base, c.fp);
        bool kept = false; /* at the node: arguments, results, an open list */
        switch ((FrameExtra)frame_kinds[ret->kind].extra) {
        case EXTRA_HOOK:
            visit_hook(v, base, &c);
            kept = true;
            break;
        case EXTRA_POLL:
            open_list(v, c.fp, c.at, (uint32_t)value_to_double(base[AT_POLL_OPEN]));
            kept = node_is_again(c.at);
            break;
        case EXTRA_NOTHING:
        case EXTRA_OPERANDS:
        case EXTRA_WORLDS:
        case EXTRA_TICKET: break;
        }
        if (kept && !frame_is_lua(c.fp)) limit = 0; /* nothing else */
    }
}

StackTop stack_top(const CoBody *body)
{
    StackTop top = {body->segment, body->segment->slots + body->fp, NULL, 0};
    if (body->status == CO_PAUSED || body->status == CO_DEAD) top.node = body->node;
    if (body->status == CO_PAUSED) top.open = body->open;
    return top;
}

void stack_visit(const StackVisitor *v, StackTop top)
{
    if (top.node) open_list(v, top.fp, top.node, top.open);
    bool lua = frame_is_lua(top.fp);
    visit_frames(v, frame_cursor(top.segment, top.fp, top.node), lua ? SIZE_MAX : 0);
}

/* Traces ---------------------------------------------------------------------------- */

static void trace_slots(void *T, Value *slots, size_t count)
{
    Trace *t = T;
    t->bytes += count * sizeof *slots;
    t->slots += count;
    for (size_t i = 0; i < count; i++) trace_value(t, slots[i]);
}

static void trace_callee(void *T, Value *fp)
{
    ((Trace *)T)->slots++;
    trace_value(T, upvalue_identity(fp[AT_FUNCTION]));
}

static void trace_lacks(void *T) { ((Trace *)T)->marks.failed = true; }

void trace_stack(Trace *T, const CoBody *body, void *context)
{
    StackVisitor v = {
        .live = trace_slots, .callee = trace_callee, .unknown = trace_lacks, .context = T};
    if (body)
        stack_visit(&v, stack_top(body));
    else if (context)
        stack_visit(&v, *(const StackTop *)context);
}

static void trace_given(void *T, Value v) { trace_value(T, v); }

static void trace_held(Trace *T, const void *machine)
{
    const Machine *M = machine;
    M->hooks->held(M, trace_given, T);
}

TraceBesideFn *trace_beside;

static TraceRoots roots_beside(const Machine *M)
{
    bool asked = M->hooks && M->hooks->held;
    return (TraceRoots){.stack = trace_stack,
                        .pins = M->pins,
                        .held = asked ? trace_held : NULL,
                        .beside = M->puc ? trace_beside : NULL,
                        .holder = M};
}

TraceRoots trace_roots_at_rest(const Machine *M, const Value *values, size_t count)
{
    TraceRoots roots = roots_beside(M);
    roots.values = values;
    roots.count = count;
    return roots;
}

TraceRoots trace_roots(const Machine *M, StackTop *top)
{
    TraceRoots roots = roots_beside(M);
    roots.context = top;
    roots.waiting = M->boundary;
    roots.values = M->pinned;
    roots.count = M->pinned_count;
    return roots;
}

/* Copies ---------------------------------------------------------------------------- */

static Segment *segment_copy(Run *R, const Segment *s, uint32_t used)
{
    Segment *copy = segment_try_new(R, s->size);
    if (!copy) {
        mem_refuse();
        return NULL;
    }
    memcpy(copy, s, sizeof *s + used * sizeof(Value));
    copy->epoch = R->epoch;
    return copy;
}

Segment *stack_copy(Run *R, const CoBody *body)
{
    assert(body->segment && "a coroutine that is copied has a stack");
    Segment *top = segment_copy(R, body->segment, body->top);
    for (Segment *s = top; s && s->prev; s = s->prev) {
        s->prev = segment_copy(R, s->prev, s->prev_frame);
        if (!s->prev) return NULL;
    }
    return top;
}

size_t stack_slots(const CoBody *body)
{
    size_t slots = body->top;
    for (const Segment *s = body->segment; s->prev; s = s->prev) slots += s->prev_frame;
    return slots;
}

bool stack_holds_world(const CoBody *body)
{
    StackTop top = stack_top(body);
    FrameCursor c = frame_cursor(body->segment, top.fp, top.node);
    do {
        const FrameKind *kind = &frame_kinds[c.ret->kind];
        if (kind->payload == PAYLOAD_WORLD || kind->extra == EXTRA_WORLDS) return true;
    } while (frame_down(&c));
    return false;
}
