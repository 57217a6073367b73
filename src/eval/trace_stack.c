/* SPDX-License-Identifier: MIT */
#include "eval/trace_stack.h"

#include "eval/hook.h"

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

static uint64_t *analyse(const Proto *p)
{
    Flows f = {.p = p, .words = row_words(p)};
    size_t row = f.words * sizeof(uint64_t);
    f.before = mem_alloc_atomic(p->node_count * row);
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
        __atomic_store_n(place, rows, __ATOMIC_RELEASE);
    }
    return rows + (size_t)proto_index(p, at) * row_words(p);
}

/* Frames ---------------------------------------------------------------------------- */

static void dead(const StackVisitor *v, Value *slots, size_t count)
{
    if (v->dead && count) v->dead(v->context, slots, count);
}

/* Slots below `limit` of a Lua function's frame that is at a node. */
static void lua_frame(const StackVisitor *v, Value *fp, const Node *at, size_t limit)
{
    const Proto *p = frame_proto(fp);
    if (frame_ret(fp) == &glue_vararg) {
        dead(v, fp - fp[-3], p->params); /* moved to fp */
        v->live(v->context, (Value *)frame_varargs(fp), frame_vararg_count(fp));
    }
    if (!at) return; /* it has not begun: its segment ends here */
    uint32_t index = proto_index(p, at);
    if (index == UINT32_MAX) return; /* not known */
    const uint64_t *written = trace_written(p, at);
    size_t top = p->tops[index];
    if (top > limit) top = limit;
    for (size_t i = 0; i < top; i++) {
        if (written[i / 64] >> i % 64 & 1)
            v->live(v->context, fp + i, 1);
        else
            dead(v, fp + i, 1);
    }
    if (limit != SIZE_MAX) dead(v, fp + top, limit - top);
}

/* What the hook's frame at base keeps for the frame below it: the value on its way, an open
 * list or results. */
static void visit_hook(const StackVisitor *v, Value *base, const FrameCursor *below)
{
    uint32_t count;
    Value *kept = hook_kept(base, below->fp, &count);
    if (kept != value_pointer(base[-6])) v->live(v->context, base - 6, 1);
    v->live(v->context, kept, count);
}

/* From the frame at the cursor down; `limit` for the first. */
static void visit_frames(const StackVisitor *v, FrameCursor c, size_t limit)
{
    for (;;) {
        if (v->callee)
            v->callee(v->context, c.fp);
        else
            v->live(v->context, c.fp - 1, 1);
        if (value_is(c.fp[-1], OBJ_CLOSURE))
            lua_frame(v, c.fp, c.at, limit);
        else
            v->live(v->context, c.fp, limit);
        Value *base = c.ret_base;
        const Node *ret = c.ret;
        if (!frame_down(&c)) return;
        if (ret->kind == N_GLUE_HOOK) visit_hook(v, base, &c);
        size_t distance = (size_t)(base - c.fp);
        limit = distance - frame_header(ret, base, distance);
    }
}

StackTop stack_top(const CoBody *body)
{
    StackTop top = {body->segment->slots + body->fp, NULL, 0};
    if (body->status == CO_PAUSED) {
        top.node = body->node;
        top.open = body->open;
    }
    return top;
}

/* A list whose user is the node: of function's nodes, the one kind at which control stops
 * with one. */
static void visit_open(const StackVisitor *v, StackTop top)
{
    if (!top.node) return;
    if (top.node->kind == N_TAIL_OPEN)
        v->live(v->context, top.fp + top.node->a + top.node->b, top.open);
    if (node_is_again(top.node)) v->live(v->context, top.fp, top.open);
}

void stack_visit(const StackVisitor *v, Segment *segment, StackTop top)
{
    visit_open(v, top);
    bool lua = value_is(top.fp[-1], OBJ_CLOSURE);
    visit_frames(v, frame_cursor(segment, top.fp, top.node), lua ? SIZE_MAX : 0);
}

/* Traces ---------------------------------------------------------------------------- */

static void trace_slots(void *T, Value *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) trace_value(T, slots[i]);
}

void trace_stack(Trace *T, const CoBody *body, void *context)
{
    StackVisitor v = {.live = trace_slots, .context = T};
    if (body)
        stack_visit(&v, body->segment, stack_top(body));
    else if (context)
        stack_visit(&v, T->R->segment, *(const StackTop *)context);
}

/* Copies ---------------------------------------------------------------------------- */

static Segment *segment_copy(Run *R, const Segment *s, uint32_t used)
{
    Segment *copy = segment_new(R, s->size);
    memcpy(copy, s, sizeof *s + used * sizeof(Value));
    copy->epoch = R->epoch;
    return copy;
}

Segment *stack_copy(Run *R, const CoBody *body)
{
    Segment *top = segment_copy(R, body->segment, body->top);
    for (Segment *s = top; s->prev; s = s->prev)
        s->prev = segment_copy(R, s->prev, s->prev_frame);
    return top;
}

bool stack_holds_world(const CoBody *body)
{
    StackTop top = stack_top(body);
    FrameCursor c = frame_cursor(body->segment, top.fp, top.node);
    do {
        if (c.ret->kind == N_GLUE_FORK || c.ret->kind == N_GLUE_TRY) return true;
    } while (frame_down(&c));
    return false;
}
