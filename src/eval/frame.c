/* SPDX-License-Identifier: MIT */
#include "eval/frame.h"

#include "eval/exec.h"
#include "eval/hook.h"
#include "eval/upvalue.h"

enum { SEGMENT_GROWN_MIN = SCRATCH_SLOTS, SEGMENT_GROWN_MAX = 1 << 16 };

void frame_enter_segment(Run *R, Segment *s)
{
    R->segment = s;
    R->limit = frame_limit(R);
    if (UNLIKELY(R->hooking)) R->limit = s->slots;
}

static void cursor_set(FrameCursor *c, Segment *segment, Value *fp)
{
    c->segment = c->ret_segment = segment;
    c->fp = fp;
    c->base = c->ret_base = frame_as_called(fp);
    c->tail = frame_ret(frame_without_varargs(fp)) == &glue_tail;
    c->ret = frame_ret(c->base);
    if (c->ret == &glue_underflow) {
        c->ret = segment->ret;
        c->ret_segment = segment->prev;
        c->ret_base = segment->prev->slots + segment->prev_frame;
    }
}

FrameCursor frame_cursor(Segment *segment, Value *fp, const Node *at)
{
    FrameCursor c;
    cursor_set(&c, segment, fp);
    c.at = at;
    return c;
}

FrameCursor frame_cursor_running(Run *R) { return frame_cursor(R->segment, R->native, NULL); }

/* How far below a frame's base the frame lies that it returns into; 0: none. */
static size_t frame_distance(const Node *ret, const Value *base)
{
    switch (ret->kind) {
    case N_GLUE_BASE:
    case N_GLUE_HALT: return 0;
    case N_RET_A:
    case N_RET_S:
    case N_RET_0:
    case N_RET_N:
    case N_RET_OPEN:
    case N_RET_TAIL: return ret->a;
    default: return (size_t)base[-4];
    }
}

size_t frame_header(const Node *ret, const Value *base, size_t distance)
{
    switch (ret->kind) {
    case N_RET_A:
    case N_RET_S:
    case N_RET_0:
    case N_RET_N:
    case N_RET_OPEN:
    case N_RET_TAIL: return 2;
    case N_GLUE_NATIVE: return base[-3] ? 4 : distance; /* no continuation, no need */
    case N_GLUE_POLL: return 5;
    case N_GLUE_HOOK: return 8;
    default: return FRAME_HEADER;
    }
}

/* The node that the frame below is at. */
static const Node *frame_caller_node(const Node *ret, const Value *base)
{
    switch (ret->kind) {
    case N_GLUE_VALUE:
    case N_GLUE_BOOL:
    case N_GLUE_NOT:
    case N_GLUE_NONE:
    case N_GLUE_POLL:
    case N_GLUE_CONCAT:
    case N_GLUE_HANDLER:
    case N_GLUE_HOOK: return value_pointer(base[-3]);
    case N_GLUE_NATIVE:
    case N_GLUE_PCALL:
    case N_GLUE_XPCALL:
    case N_GLUE_FORK:
    case N_GLUE_TRY: return NULL;
    default: return ret - 1;
    }
}

bool frame_down(FrameCursor *c)
{
    size_t distance = frame_distance(c->ret, c->ret_base);
    if (!distance) return false;
    c->at = frame_caller_node(c->ret, c->ret_base);
    cursor_set(c, c->ret_segment, c->ret_base - distance);
    return true;
}

/* The main coroutine, which never yields, would keep them. */
static bool scratch_fits(const Run *R, size_t size)
{
    return size <= SCRATCH_SLOTS && R->co != R->world->main;
}

enum { SCRATCH_BYTES = sizeof(Segment) + SCRATCH_SLOTS * sizeof(Value) };

/* Counts as if it were new: whether there is one left is no part of the state. */
static Segment *scratch_take(Run *R)
{
    Segment *s = R->scratch;
    R->scratch_used = true;
    if (s) {
        mem_count(SCRATCH_BYTES);
        R->scratch = s->prev;
        s->epoch = R->epoch;
        return s;
    }
    s = segment_new(R, SCRATCH_SLOTS);
    s->kind = SEGMENT_SCRATCH;
    return s;
}

/* For a frame that is moved from `from`, of which `filled` slots lie below it. */
static Segment *segment_for(Run *R, const Segment *from, size_t filled, size_t size)
{
    Segment *spare = R->spare;
    if (spare && spare != from && spare->epoch == R->epoch && spare->size >= size) {
        R->spare = NULL;
        return spare;
    }
    if (from->epoch != R->epoch && scratch_fits(R, size)) return scratch_take(R);
    size_t grown = filled * 2 < SEGMENT_GROWN_MAX ? filled * 2 : SEGMENT_GROWN_MAX;
    if (grown < SEGMENT_GROWN_MIN) grown = SEGMENT_GROWN_MIN;
    if (from->epoch == R->epoch && grown > size) size = grown;
    return segment_new(R, (uint32_t)size);
}

/* A frame that has lain frozen sees what the debug library has done to its closure. */
static void refresh_closure(Run *R, Value *fp)
{
    if (LIKELY(!heap_closures_set())) return;
    Value f = upvalue_identity(fp[-1]);
    if (value_is(f, OBJ_CLOSURE) && object_is_remapped(value_pointer(f)))
        fp[-1] = value_object(upvalue_view(R, value_pointer(f), frame_proto(fp)));
}

Value *frame_move(Run *R, Segment *from, Value *fp, const Value *top, size_t room)
{
    Value *base = frame_as_called(fp);
    size_t used = (size_t)(top - base);
    size_t size = FRAME_HEADER + used + room + STACK_SLACK;
    bool lowest = frame_ret(base) == &glue_underflow;
    size_t below = lowest ? from->below : from->below + (size_t)(base - from->slots);
    if (below + size > R->stack_max) return NULL;
    Segment *s = segment_for(R, from, (size_t)(base - from->slots), size);
    s->below = (uint32_t)below;
    s->prev = lowest ? from->prev : from;
    s->prev_frame = lowest ? from->prev_frame : (uint32_t)(base - from->slots);
    s->ret = lowest ? from->ret : frame_ret(base);
    Value *to = s->slots + FRAME_HEADER;
    memcpy(to - FRAME_HEADER, base - FRAME_HEADER, (FRAME_HEADER + used) * sizeof(Value));
    to[-2] = value_object(&glue_underflow);
    frame_enter_segment(R, s);
    fp = to + (fp - base);
    refresh_closure(R, fp);
    return fp;
}

/* Slots from the first one on that the frames of s may use, the top one being at fp. */
static size_t frames_extent(const Segment *s, Value *fp)
{
    size_t extent = 0;
    FrameCursor c = frame_cursor((Segment *)s, fp, NULL);
    do {
        size_t end = (size_t)(c.fp - s->slots) + frame_extent(c.fp);
        if (end > extent) extent = end;
    } while (frame_down(&c) && c.segment == s);
    return extent;
}

static void refresh_closures(Run *R, Segment *s, Value *fp)
{
    FrameCursor c = frame_cursor(s, fp, NULL);
    do refresh_closure(R, c.fp);
    while (frame_down(&c) && c.segment == s);
}

static void segment_take(Segment *to, const Segment *from, uint32_t used)
{
    to->prev = from->prev;
    to->ret = from->ret;
    to->prev_frame = from->prev_frame;
    to->below = from->below;
    memcpy(to->slots, from->slots, used * sizeof(Value));
}

Value *frame_unfold(Run *R, const Segment *s, Value *fp, const Value *top, size_t room)
{
    size_t used = (size_t)(top - s->slots), size = s->roomy ? frames_extent(s, fp) : 0;
    if (size < used + room) size = used + room;
    size += FRAME_HEADER + STACK_SLACK;
    if (s->below + size > R->stack_max) return NULL;
    Segment *to = scratch_fits(R, size) ? scratch_take(R) : segment_new(R, (uint32_t)size);
    segment_take(to, s, (uint32_t)used);
    frame_enter_segment(R, to);
    fp = to->slots + (fp - s->slots);
    if (s->epoch != R->epoch && heap_closures_set()) refresh_closures(R, to, fp);
    return fp;
}

Segment *frame_fold(Run *R, const Segment *s, uint32_t top, Segment *home)
{
    bool fits =
        home && home->kind == SEGMENT_COMPACT && home->epoch == R->epoch && home->size >= top;
    if (!fits) {
        home = segment_new(R, top);
        home->kind = SEGMENT_COMPACT;
    }
    home->roomy = s->kind != SEGMENT_SCRATCH;
    segment_take(home, s, top);
    memset(home->slots + top, 0, (home->size - top) * sizeof(Value));
    return home;
}

void frame_vacate(Run *R, Segment *s)
{
    run_reclaim(R);
    if (s->kind != SEGMENT_SCRATCH || s->epoch != R->epoch) return;
    mem_uncount(SCRATCH_BYTES);
    R->vacated = s;
}

Value *frame_thaw(Run *R, Segment *s, Value *fp, const Value *top, size_t room)
{
    if (s->kind == SEGMENT_COMPACT) return frame_unfold(R, s, fp, top, room);
    if (s->epoch == R->epoch) {
        frame_enter_segment(R, s);
        return fp;
    }
    return frame_move(R, s, fp, top, room);
}

Value *frame_start(Run *R, const Segment *s, size_t room)
{
    const Value *fp = s->slots + FRAME_HEADER;
    if (s->epoch != R->epoch) return frame_unfold(R, s, (Value *)fp, fp, room);
    size_t size = FRAME_HEADER + room + STACK_SLACK;
    if (size > R->stack_max) return NULL;
    Segment *to = segment_new(R, size > SEGMENT_FIRST ? (uint32_t)size : SEGMENT_FIRST);
    segment_take(to, s, FRAME_HEADER);
    frame_enter_segment(R, to);
    return to->slots + FRAME_HEADER;
}

static Segment *segment_copy(Run *R, const Segment *s)
{
    Segment *copy = segment_new(R, s->size);
    memcpy(copy, s, sizeof *s + s->size * sizeof(Value));
    copy->epoch = R->epoch;
    return copy;
}

Segment *frame_own_segment(Run *R, Coroutine *co, Segment *s)
{
    if (s->epoch == R->epoch) return s;
    CoBody *b = heap_coroutine_mut(R, co);
    Segment *top = co == R->co ? R->segment : b->segment;
    if (top->epoch != R->epoch) {
        bool found = top == s;
        top = b->segment = segment_copy(R, top);
        if (found) return top;
    }
    for (;; top = top->prev) {
        bool found = top->prev == s;
        if (top->prev->epoch != R->epoch) top->prev = segment_copy(R, top->prev);
        if (found) return top->prev;
    }
}

static NOINLINE Value *return_into_copy(Run *R, Segment *s, Value *base)
{
    size_t distance = frame_distance(R->ret, base);
    if (!distance) {
        frame_enter_segment(R, s);
        return base;
    }
    Value *fp = base - distance;
    size_t extent = frame_extent(fp);
    size_t room = extent > distance ? extent - distance : 0;
    Value *moved = frame_move(R, s, fp, base, room + FRAME_HEADER);
    if (UNLIKELY(R->hooking) && moved) R->ret = hook_return(R->ret, moved);
    return moved ? moved + distance : NULL;
}

/* The frame at base in s has returned, to R->ret: control goes on in the frame below, in
 * a copy of just that frame if s is frozen. Gives where base is then; NULL on overflow. */
static Value *return_into(Run *R, Segment *s, Value *base)
{
    if (s->epoch != R->epoch) return return_into_copy(R, s, base);
    frame_enter_segment(R, s);
    return base;
}

/* The lowest frame of the running segment has returned. The segment may be used again
 * unless results lie in it. */
static NOINLINE Value *frame_underflow(Run *R, bool reuse)
{
    Segment *s = R->segment;
    R->ret = s->ret;
    R->spare = reuse ? s : NULL;
    return return_into(R, s->prev, s->prev->slots + s->prev_frame);
}

Value *frame_leave(Run *R, Segment *s, Value *base)
{
    if (s->kind == SEGMENT_COMPACT) {
        base = frame_unfold(R, s, base, base, 0);
        if (!base) return NULL;
        s = R->segment;
    }
    R->ret = frame_ret(base);
    if (R->ret != &glue_underflow) return return_into(R, s, base);
    R->ret = s->ret;
    return return_into(R, s->prev, s->prev->slots + s->prev_frame);
}

EXEC(exec_GLUE_UNDERFLOW)
{
    Value *base = frame_underflow(R, true);
    if (UNLIKELY(!base)) HAND(eval_overflow, n, fp, acc, d);
    GO(R->ret, base, acc, d);
}

EXEC(many_GLUE_UNDERFLOW)
{
    Value *base = frame_underflow(R, false);
    if (UNLIKELY(!base)) HAND(eval_overflow, n, fp, acc, d);
    HAND(R->ret->k.many, R->ret, base, acc, d);
}

Value *frame_take_open(Run *R, Value *fp, unsigned at, const Value *from, size_t count)
{
    size_t need = at + count + FRAME_HEADER;
    if (UNLIKELY(fp + need > R->limit) && fp + need > frame_limit(R)) {
        if (count > R->stack_max) return NULL;
        fp = frame_move(R, R->segment, fp, fp + proto_frame(frame_proto(fp)),
                        need > frame_extent(fp) ? need - frame_extent(fp) : 0);
        if (!fp) return NULL;
    }
    if (count) memmove(fp + at, from, count * sizeof(Value));
    if (UNLIKELY(count >= STEP_VALUES)) R->fuel -= (int64_t)(count / STEP_VALUES);
    R->open = (uint32_t)count;
    return fp;
}

Value *frame_native_room(Run *R, Value *a, size_t used, size_t n)
{
    if (LIKELY(a + n <= R->limit) || a + n <= frame_limit(R)) return a;
    if (n > R->stack_max) return NULL;
    return frame_move(R, R->segment, a, a + used, n > used ? n - used : 0);
}
