/* SPDX-License-Identifier: MIT */
/*
 * Coroutines of an image: where they are, and the frames on their stacks.
 *
 * A stack is its frames from the lowest on. Which words of a frame are Values is found by the
 * walk that traces make (stack/trace_stack.h), what its header says by the table of frame kinds
 * (stack/frame.h); all other words are nobody's, and are not written. Nodes are numbers within
 * their functions. Where segments begin is not said: that depends on how often a stack has been
 * frozen and gone on with, no program notices it, and equal states are to have equal images.
 *
 * Main invariant: equal stacks give equal bytes, however their segments lie.
 */
#include "image/frames.h"
#include "image/save/saver.h"
#include "stack/hook.h"
#include "stack/trace_stack.h"
#include "stack/upvalue.h"

#include <stdlib.h>

/* Which words hold values --------------------------------------------------------------- */

/* A mark for each slot of the segments, from the top one down: whether it holds a Value. One
 * with a cell that is left over is nil where it is loaded, and so in all images. */
enum { MARK_LIVE = 1, MARK_NIL };

typedef struct LiveMap {
    Segment **segments;
    uint8_t **live;
    size_t count, at;
    bool failed;
} LiveMap;

static void live_begin(LiveMap *m, Segment *top)
{
    *m = (LiveMap){0};
    for (const Segment *s = top; s; s = s->prev) m->count++;
    m->segments = calloc(m->count + 1, sizeof *m->segments);
    m->live = calloc(m->count + 1, sizeof *m->live);
    m->failed = !m->segments || !m->live;
    size_t i = 0;
    for (Segment *s = top; s && !m->failed; s = s->prev, i++) {
        m->segments[i] = s;
        m->live[i] = calloc(s->size + 1u, 1);
        m->failed |= !m->live[i];
    }
}

static void live_free(LiveMap *m)
{
    for (size_t i = 0; m->live && i < m->count; i++) free(m->live[i]);
    free(m->live);
    free(m->segments);
}

static bool is_within(const Segment *s, const Value *slot)
{
    return slot >= s->slots && slot < s->slots + s->size;
}

/* The mark of a slot; walks go down, so mostly in the segment of the last one, or below. */
static uint8_t *live_mark(LiveMap *m, const Value *slot)
{
    for (size_t tried = 0; tried < m->count; tried++) {
        const Segment *s = m->segments[m->at];
        if (is_within(s, slot)) return &m->live[m->at][slot - s->slots];
        m->at = (m->at + 1) % m->count;
    }
    return NULL;
}

static void mark_live(void *context, Value *slots, size_t count)
{
    uint8_t *mark = count ? live_mark(context, slots) : NULL;
    if (mark) memset(mark, MARK_LIVE, count);
}

static void mark_nil(void *context, Value *slot)
{
    uint8_t *mark = live_mark(context, slot);
    if (mark) *mark = MARK_NIL;
}

static void ignore_callee(void *context, Value *fp) { (void)context, (void)fp; }

/* Frames ------------------------------------------------------------------------------ */

typedef struct StackSaver {
    Saver *S;
    LiveMap live;
    uint32_t number; /* of the coroutine */
    FrameCursor *frames;
    size_t count;
    const Node *last; /* that the hook has seen; NULL: none, or it is written */
    size_t last_frame;
} StackSaver;

/* Words from..to, each a value or nobody's; the last ones of these are left out. host: they are
 * the slots of a host function that is to go on. */
static void save_words(StackSaver *k, const Value *from, const Value *to, bool host)
{
    const uint8_t *live = from < to ? live_mark(&k->live, from) : NULL;
    size_t n = live ? (size_t)(to - from) : 0;
    while (n && !live[n - 1]) n--;
    sink_number(k->S->out, n);
    for (size_t i = 0; i < n; i++) {
        saver_step(k->S, STEP_STACK, k->number, V_NIL);
        if (host && i == 0)
            save_host_record(k->S, from[i]);
        else if (live[i])
            save_value(k->S, live[i] == MARK_NIL ? V_NIL : from[i]);
        else
            sink_byte(k->S->out, TAG_NOBODY);
    }
}

/* A node where control is to go on: of the function of the frame at fp, or before a call or a
 * return. */
static void save_node(Saver *S, const Value *fp, const Node *n)
{
    uint64_t code = NODE_NOWHERE;
    if (n == &node_call_again) code = NODE_CALL_AGAIN;
    if (n == &node_native_again) code = NODE_NATIVE_AGAIN;
    if (n == &node_return_again) code = NODE_RETURN_AGAIN;
    if (n == &node_throw_again) code = NODE_THROW_AGAIN;
    if (n == &node_suspended) code = NODE_SUSPENDED;
    if (n && code == NODE_NOWHERE && frame_is_lua(fp)) {
        const Proto *p = frame_proto(fp);
        uint32_t i = proto_index(p, n);
        if (i != UINT32_MAX) code = NODE_FIRST + (uint64_t)i;
    }
    sink_number(S->out, code);
}

/* The function of a frame, and the code it runs, which the debug library may have parted. Only
 * where both are the plain code it is not said: in a delta the reader may know the function as
 * it was before. */
static void save_function(Saver *S, const Value *fp)
{
    Value f = upvalue_identity(fp[AT_FUNCTION]);
    save_value(S, f);
    if (!value_is(f, OBJ_CLOSURE)) return;
    const Proto *now = heap_closure(&S->M->run, value_pointer(f))->proto;
    bool same = now == frame_proto(fp) && !now->celled_path;
    sink_byte(S->out, !same);
    if (!same) save_proto(S, frame_proto(fp));
}

/* How many operands of a concatenation are left (operate/slow.c): in the slot behind them. */
static uint64_t concat_left(const Value *fp, const Node *n)
{
    return (uint64_t)value_to_double(fp[n->a + n->b]);
}

/* What a hook's function was called for at the frame below, and what is kept for that. */
static void save_hook_frame(StackSaver *k, Value *base, const FrameCursor *below)
{
    uint32_t count;
    unsigned stage = (unsigned)value_to_double(base[AT_HOOK_STAGE]);
    HookMoment moment = hook_moment(stage);
    const Value *kept = hook_kept(base, below->fp, &count);
    sink_byte(k->S->out, (uint8_t)stage);
    save_value(k->S, base[AT_HOOK_NUMBER]);
    sink_number(k->S->out, count);
    saver_step(k->S, STEP_STACK, k->number, V_NIL);
    if (moment == HOOK_AT_NODE || moment == HOOK_AT_CALL) {
        save_value(k->S,
                   base[AT_HOOK_VALUE]); /* what is kept lies below, among the frame's slots */
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        saver_step(k->S, STEP_STACK, k->number, V_NIL);
        save_value(k->S, kept[i]);
    }
}

static void save_worlds(Saver *S, const Value *base)
{
    const State *inner = frame_inner_world(base);
    save_state_number(S, frame_world(base));
    sink_byte(S->out, inner != NULL);
    if (inner) save_state_number(S, inner);
}

/* What the header of the frame at c says of the frame below it. */
static void save_header(StackSaver *k, const FrameCursor *c, const FrameCursor *below)
{
    Saver *S = k->S;
    Value *base = c->ret_base;
    const FrameKind *kind = &frame_kinds[c->ret->kind];
    if (kind->owner == OWNER_BELOW) sink_number(S->out, base[AT_DISTANCE]);
    if (kind->owner == OWNER_CALLER) save_node(S, below->fp, c->ret);
    switch ((FramePayload)kind->payload) {
    case PAYLOAD_NODE: save_node(S, below->fp, frame_payload_node(base)); break;
    case PAYLOAD_CONTINUATION: save_continuation(S, frame_payload_code(base)); break;
    case PAYLOAD_PCALLS: sink_number(S->out, frame_payload_pcalls(base)); break;
    case PAYLOAD_WORLD: save_state_number(S, frame_payload_world(base)); break;
    case PAYLOAD_NOTHING: break;
    }
    switch ((FrameExtra)kind->extra) {
    case EXTRA_POLL:
        sink_number(S->out, (uint64_t)value_to_double(base[AT_POLL_OPEN]));
        sink_byte(S->out, base[AT_POLL_OFF] == V_TRUE);
        break;
    case EXTRA_OPERANDS:
        sink_number(S->out, concat_left(below->fp, frame_payload_node(base)));
        break;
    case EXTRA_HOOK: save_hook_frame(k, base, below); break;
    case EXTRA_WORLDS: save_worlds(S, base); break;
    case EXTRA_NOTHING:
    case EXTRA_TICKET: break;
    }
}

/* Where the slots of frame i end that may be in use. */
static const Value *frame_end(const StackSaver *k, size_t i, const Value *top)
{
    if (i == 0) return top;
    const FrameCursor *above = &k->frames[i - 1];
    return k->frames[i].fp + frame_used_below(above->ret, above->ret_base, k->frames[i].fp);
}

static unsigned frame_bits(const StackSaver *k, size_t i)
{
    const FrameCursor *c = &k->frames[i];
    unsigned bits = 0;
    if (frame_ret(c->fp) == &glue_vararg) bits |= FRAME_VARARGS;
    if (c->tail) bits |= FRAME_TAIL;
    if (k->last && i == k->last_frame) bits |= FRAME_LAST;
    return bits;
}

/* Whether frame i is of a host function that waits for a call. */
static bool is_host_waiting(const StackSaver *k, size_t i)
{
    const FrameCursor *above = i ? &k->frames[i - 1] : NULL;
    NativeCont *host = k->S->host->continuation;
    return above && host && above->ret->kind == N_GLUE_NATIVE &&
           frame_payload_code(above->ret_base) == host;
}

static void save_frame(StackSaver *k, size_t i, const Value *top)
{
    Saver *S = k->S;
    const FrameCursor *c = &k->frames[i];
    unsigned bits = frame_bits(k, i);
    sink_byte(S->out, (uint8_t)frame_code(c->ret));
    sink_byte(S->out, (uint8_t)bits);
    save_header(k, c, i + 1 < k->count ? c + 1 : NULL);
    save_function(S, c->fp);
    if (bits & FRAME_LAST) sink_number(S->out, proto_index(frame_proto(c->fp), k->last));
    if (bits & FRAME_VARARGS) {
        save_words(k, frame_varargs(c->fp), frame_varargs(c->fp) + frame_vararg_count(c->fp),
                   false);
    }
    save_words(k, c->fp, frame_end(k, i, top), is_host_waiting(k, i));
}

/* Finds the frames from the top one down. */
static bool find_frames(StackSaver *k, FrameCursor c)
{
    size_t capacity = 0;
    do {
        if (k->count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            FrameCursor *frames = reallocarray(k->frames, capacity, sizeof *frames);
            if (!frames) return false;
            k->frames = frames;
        }
        k->frames[k->count++] = c;
    } while (frame_down(&c));
    return true;
}

/* The node that the hook has last seen counts where control returns to a function that has it:
 * the first such frame from the top. */
static void find_last(StackSaver *k, const HookState *h)
{
    k->last = h ? h->last : NULL;
    for (k->last_frame = 0; k->last && k->last_frame < k->count; k->last_frame++) {
        const Value *fp = k->frames[k->last_frame].fp;
        if (!frame_is_lua(fp)) continue;
        if (proto_index(frame_proto(fp), k->last) != UINT32_MAX) return;
    }
    k->last = NULL;
}

static bool has_open(StackTop top) { return top.node && frame_has_open(top.node, top.fp); }

static void save_frames(StackSaver *k, const CoBody *b)
{
    Saver *S = k->S;
    StackTop top = stack_top(b);
    StackVisitor v = {
        .live = mark_live, .left_over = mark_nil, .callee = ignore_callee, .context = &k->live};
    if (!find_frames(k, frame_cursor(b->segment, top.fp, top.node))) {
        S->out->failed = true;
        return;
    }
    stack_visit(&v, top);
    find_last(k, b->hook);
    sink_number(S->out, k->count);
    for (size_t i = k->count; i-- > 0 && !S->out->failed && !*S->error;)
        save_frame(k, i, b->segment->slots + b->top);
    save_node(S, top.fp, top.node);
    sink_number(S->out, b->top - b->fp);
    sink_number(S->out, has_open(top) ? top.open : 0);
}

static void save_hook(Saver *S, const CoBody *b, uint32_t number)
{
    const HookState *h = b->hook;
    sink_byte(S->out, h != NULL);
    if (!h) return;
    saver_step(S, STEP_STACK, number, V_NIL);
    save_value(S, h->hook ? h->hook->function : V_NIL);
    sink_number(S->out, h->hook ? h->hook->mask : 0);
    sink_number(S->out, h->hook ? h->hook->count : 0);
    sink_number(S->out, h->left);
    sink_byte(S->out, h->busy);
}

/* The main coroutine of a world in which nothing runs has no stack that counts. */
static bool has_stack(const Saver *S, const Coroutine *c, const CoBody *b)
{
    return b->segment && (b->status != CO_RUNNING || c == S->paused);
}

void save_coroutine(Saver *S, const Coroutine *c, uint32_t number)
{
    const CoBody *b = heap_coroutine(&S->M->run, c);
    bool stack = has_stack(S, c, b), paused = b->status == CO_PAUSED;
    sink_byte(S->out, b->status);
    sink_byte(S->out,
              (uint8_t)(b->wrapped | b->failed << 1 | stack << 2 | (b->error_room != 0) << 3));
    saver_step(S, STEP_STACK, number, V_NIL);
    save_object(S, coroutine_has_resumer(b) ? b->resumer : NULL);
    save_hook(S, b, number);
    if (!stack) return;
    if (b->status != CO_FRESH) S->frames = true;
    sink_number(S->out, b->depth);
    sink_number(S->out, b->pcalls);
    sink_number(S->out, paused ? b->debt : 0);
    sink_number(S->out, paused ? b->paid : 0);
    sink_number(S->out, paused && b->progress ? b->progress->made : 0);
    StackSaver k = {.S = S, .number = number};
    live_begin(&k.live, b->segment);
    if (k.live.failed)
        S->out->failed = true;
    else
        save_frames(&k, b);
    live_free(&k.live);
    free(k.frames);
}
