/* SPDX-License-Identifier: MIT */
/*
 * Walking down stacks, making room on them, moving frames from segment to segment.
 *
 * Main invariant: a frame is found by its header alone, so copying its words to another
 * segment moves it. Only segments of the run's epoch are written.
 */
#include "stack/frame.h"

#include <assert.h>

#include "stack/hook.h"
#include "stack/trace_stack.h"
#include "stack/upvalue.h"

enum { SEGMENT_GROWN_MIN = SCRATCH_SLOTS, SEGMENT_GROWN_MAX = 1 << 16 };

const FrameKind frame_kinds[N_KINDS] = {
#define X_RETURN(name, dest) [N_##name] = {.header = CALL_HEADER, .owner = OWNER_CALLER},
    KINDS_RETURNED_TO(X_RETURN)
#undef X_RETURN
#define X_GLUE(name, node, header, owner, payload, native, error, hook, image, of, at, extra) \
    [N_##name] = {                                                                            \
        header,        OWNER_##owner, PAYLOAD_##payload, NATIVE_##native, ERROR_##error,      \
        HOOKED_##hook, image,         OF_##of,           GOES_##at,       EXTRA_##extra},
        KINDS_GLUE(X_GLUE)
#undef X_GLUE
};

#define X_GLUE(kind_, name, ...) Node name = {.kind = N_##kind_};
KINDS_GLUE(X_GLUE)
#undef X_GLUE

Node node_call_again = {.kind = N_JUMP}, node_native_again = {.kind = N_JUMP},
     node_return_again = {.kind = N_JUMP}, node_throw_again = {.kind = N_JUMP},
     node_suspended = {.kind = N_JUMP};

void frame_init(const FrameExecs *execs)
{
    if (node_suspended.exec) return;
#define X_GLUE(kind_, name, ...)        \
    name.exec = execs->exec[N_##kind_]; \
    name.k.many = execs->many[N_##kind_];
    KINDS_GLUE(X_GLUE)
#undef X_GLUE
    node_call_again.exec = execs->again.call;
    node_native_again.exec = execs->again.native;
    node_return_again.exec = execs->again.returns;
    node_throw_again.exec = execs->again.throws;
    node_suspended.exec = execs->again.suspended;
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

void frame_set_ret(Machine *M, const FrameCursor *c, const Node *ret)
{
    if (c->ret_segment != c->segment) c->segment->ret = ret;
    if (c->ret_segment->epoch == M->run.epoch) c->ret_base[AT_RETURN] = value_object(ret);
}

FrameCursor frame_cursor_running(Machine *M)
{
    return frame_cursor(M->segment, M->native, NULL);
}

/* How far below a frame's base the frame lies that it returns into, or 0 where there is none.
 */
static size_t frame_distance(const Node *ret, const Value *base)
{
    switch (frame_kinds[ret->kind].owner) {
    case OWNER_CALLER: return ret->a;
    case OWNER_BELOW: return (size_t)base[AT_DISTANCE];
    default: return 0;
    }
}

/* The node that the frame below is at. */
static const Node *frame_caller_node(const Node *ret, const Value *base)
{
    const FrameKind *k = &frame_kinds[ret->kind];
    if (k->owner == OWNER_CALLER) return ret - 1;
    return k->payload == PAYLOAD_NODE ? frame_payload_node(base) : NULL;
}

size_t frame_used_below(const Node *ret, const Value *base, const Value *fp)
{
    assert(base >= fp + frame_kinds[ret->kind].header && "a header lies above the frame below");
    const FrameKind *k = &frame_kinds[ret->kind];
    if (k->native == NATIVE_NOBODY && !frame_is_lua(fp)) return 0;
    return (size_t)(base - fp) - k->header;
}

bool frame_down(FrameCursor *c)
{
    size_t distance = frame_distance(c->ret, c->ret_base);
    if (!distance) return false;
    c->at = frame_caller_node(c->ret, c->ret_base);
    cursor_set(c, c->ret_segment, c->ret_base - distance);
    return true;
}

bool frame_is_seen(const Value *fp)
{
    Value f = fp[AT_FUNCTION];
    if (value_is(f, OBJ_CLOSURE)) return true;
    return value_is(f, OBJ_NATIVE) &&
           !(((const Native *)value_pointer(f))->h.flags & NATIVE_UNSEEN);
}

bool frame_skip_uncalled(FrameCursor *c)
{
    while (!frame_is_seen(c->fp))
        if (!frame_down(c)) return false;
    return true;
}

bool frame_down_level(FrameCursor *c) { return frame_down(c) && frame_skip_uncalled(c); }

/* The main coroutine, which never yields, would keep them. */
static bool scratch_fits(const Machine *M, size_t size)
{
    return size <= SCRATCH_SLOTS && M->run.co != M->run.world->main;
}

enum { SCRATCH_BYTES = sizeof(Segment) + SCRATCH_SLOTS * sizeof(Value) };

/* Counts as if it were new: whether there is one left is no part of the state. */
static Segment *scratch_take(Machine *M)
{
    Segment *s = M->scratch;
    M->scratch_used = true;
    if (s) {
        mem_count_beside(SCRATCH_BYTES);
        M->scratch = s->prev;
        s->epoch = M->run.epoch;
        return s;
    }
    s = segment_new(&M->run, SCRATCH_SLOTS);
    s->kind = SEGMENT_SCRATCH;
    return s;
}

#ifdef MOONLET_STRESS
static __thread bool displacing; /* to a segment that has just room enough */
#else
enum { displacing };
#endif

/* A segment for a frame that is moved from `from`, of which `filled` slots lie below it; or
 * NULL where there is no memory, which no small one meets. */
static Segment *segment_for(Machine *M, const Segment *from, size_t filled, size_t size)
{
    Segment *next = M->next_segment;
    if (next && next != from && next->epoch == M->run.epoch && next->size >= size) {
        M->next_segment = NULL;
        return next;
    }
    if (from->epoch != M->run.epoch && scratch_fits(M, size)) return scratch_take(M);
    if (UNLIKELY(displacing)) return segment_try_new(&M->run, (uint32_t)size);
    size_t grown = filled * 2 < SEGMENT_GROWN_MAX ? filled * 2 : SEGMENT_GROWN_MAX;
    if (grown < SEGMENT_GROWN_MIN) grown = SEGMENT_GROWN_MIN;
    if (grown < size + size / 4) grown = size + size / 4; /* the next one may need more */
    Segment *s = NULL;
    if (from->epoch == M->run.epoch && grown > size)
        s = segment_try_new(&M->run, (uint32_t)grown);
    return s ? s : segment_try_new(&M->run, (uint32_t)size);
}

/* Moves the frame at fp, live up to top, to a new segment of this run with `room` slots
 * above top (and the slack), which becomes the current one: gives the new fp, or NULL where
 * there is no memory. */
static NOINLINE Value *frame_try_move(Machine *M, Segment *from, Value *fp, const Value *top,
                                      size_t room)
{
    Value *base = frame_as_called(fp);
    size_t used = (size_t)(top - base), index = (size_t)(base - from->slots);
    bool lowest = frame_ret(base) == &glue_underflow;
    Segment *s = segment_for(M, from, index, FRAME_HEADER + used + room + STACK_SLACK);
    if (UNLIKELY(!s)) return NULL;
    s->below = lowest ? from->below : from->below + (uint32_t)index - FRAME_HEADER;
    s->prev = lowest ? from->prev : from;
    s->prev_frame = lowest ? from->prev_frame : (uint32_t)index;
    s->ret = lowest ? from->ret : frame_ret(base);
    Value *to = s->slots + FRAME_HEADER;
    memcpy(to - FRAME_HEADER, base - FRAME_HEADER, (FRAME_HEADER + used) * sizeof(Value));
    to[AT_RETURN] = value_object(&glue_underflow);
    frame_enter_segment(M, s);
    fp = to + (fp - base);
    if (UNLIKELY(heap_closures_set())) upvalue_refresh_frame(M, fp);
    return fp;
}

/* The same for what never fails, which is small: frames of natives, without their arguments. */
static Value *frame_move(Machine *M, Segment *from, Value *fp, const Value *top, size_t room)
{
    assert((size_t)(top - frame_as_called(fp)) + room <= SEGMENT_SURE_MAX &&
           "a segment for it can always be had");
    Value *moved = frame_try_move(M, from, fp, top, room);
    if (UNLIKELY(!moved)) mem_fail("not enough memory");
    return moved;
}

Value *frame_grow(Machine *M, Value *fp, size_t used, size_t need)
{
    assert(fp >= M->segment->slots && fp <= M->segment->slots + M->segment->size &&
           "the frame is in the running segment");
    if (need > M->stack_max || frame_depth(M, fp) + need > M->stack_max) return NULL;
    if (fp + need <= frame_limit(M)) return fp;
    Value *moved = frame_try_move(M, M->segment, fp, fp + used, need > used ? need - used : 0);
    if (UNLIKELY(!moved)) mem_refuse();
    return moved;
}

Value *frame_push(Machine *M, Value *fp, size_t used, const Node *glue, Value payload)
{
    assert(frame_kinds[glue->kind].header >= FRAME_HEADER && "glue has a whole header");
    size_t distance = used + frame_kinds[glue->kind].header;
    const Value *end = M->segment->slots + M->segment->size;
    assert(M->segment->epoch == M->run.epoch && "nobody writes to what is frozen");
    if (UNLIKELY(fp + distance + PUSHED_ROOM > end))
        fp = frame_move(M, M->segment, fp, fp + used, 0); /* the slack is enough */
    return frame_link(fp + distance, distance, glue, payload);
}

#ifdef MOONLET_STRESS
Value *frame_displace(Machine *M, Value *fp, size_t used)
{
    Segment *from = M->segment;
    M->next_segment = NULL;
    const Value *base = frame_as_called(fp);
    size_t first = (size_t)(base - from->slots);
    displacing = true;
    Value *moved = frame_try_move(M, from, fp, fp + used, 0);
    displacing = false;
    if (!moved) return fp;
    for (size_t i = first; i < from->size; i++) from->slots[i] = SEGMENT_GUARD_WORD;
    return moved;
}
#endif

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

bool frame_may_fold(const Segment *s, const Value *fp)
{
    if (fp - s->slots > COMPACT_MAX) return false;
    return s->size <= SEGMENT_SURE_MAX || frames_extent(s, (Value *)fp) <= SEGMENT_SURE_MAX;
}

static void refresh_closures(Machine *M, Segment *s, Value *fp)
{
    FrameCursor c = frame_cursor(s, fp, NULL);
    do upvalue_refresh_frame(M, c.fp);
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

/* The frames of a compact segment, the top one at fp and live up to top, go to one that
 * they can run in, with `room` slots above top: gives fp. */
static Value *frame_unfold(Machine *M, const Segment *s, Value *fp, const Value *top,
                           size_t room)
{
    assert(s->kind == SEGMENT_COMPACT && "only compact segments are unfolded");
    bool stays = s->folds == FOLDS_MAX && s->epoch == M->run.epoch;
    size_t used = (size_t)(top - s->slots), size = s->roomy || stays ? frames_extent(s, fp) : 0;
    if (size < used + room) size = used + room;
    size += FRAME_HEADER + STACK_SLACK;
    if (stays && size < SEGMENT_FIRST) size = SEGMENT_FIRST;
    bool scratch = !stays && scratch_fits(M, size);
    Segment *to = scratch ? scratch_take(M) : segment_new(&M->run, (uint32_t)size);
    segment_take(to, s, (uint32_t)used);
    frame_enter_segment(M, to);
    fp = to->slots + (fp - s->slots);
    if (UNLIKELY(heap_closures_set())) refresh_closures(M, to, fp);
    if (UNLIKELY(M->hook.hook || M->watch)) hook_unfolded(M, fp);
    return fp;
}

/* Whether nobody reads the slots of s, from the first of them on, that differ from those of
 * home: they are of a frame in Lua that calls what yields at top, and in no use there. */
static bool differs_in_dead(const Segment *home, const Segment *s, uint32_t top, uint32_t first)
{
    const Value *base = s->slots + top;
    const Node *ret = frame_ret(base);
    if (!frame_is_called(ret)) return false;
    uint32_t from = top - ret->a, end = top - CALL_HEADER;
    for (uint32_t i = first; i < top; i++) {
        if (home->slots[i] == s->slots[i]) continue;
        if (i < from || i >= end) return false;
        if (!trace_is_unwritten(frame_proto(base - ret->a), ret - 1, i - from)) return false;
    }
    return true;
}

/* Whether the frozen segment `home` has the frames of s, the top one of which begins at top: a
 * coroutine that waits again where it has waited before needs no other. Those of which some
 * word changes each time are compared now and then only. */
static bool is_folded(const Segment *home, const Segment *s, uint32_t top)
{
    if (home->varied >= VARIED_MAX) return false;
    if (home->size != top || home->prev != s->prev || home->ret != s->ret ||
        home->prev_frame != s->prev_frame || home->below != s->below ||
        home->roomy != (s->kind != SEGMENT_SCRATCH))
        return false;
    uint32_t i = 0;
    while (i < top && home->slots[i] == s->slots[i]) i++;
    return i == top || differs_in_dead(home, s, top, i);
}

/* A compact segment for `top` slots, where `home` will not do. */
static Segment *compact_new(Machine *M, uint32_t top, const Segment *home)
{
    Segment *s = segment_new(&M->run, top);
    s->kind = SEGMENT_COMPACT;
    bool varies = home && home->kind == SEGMENT_COMPACT && home->epoch != M->run.epoch;
    if (varies) s->varied = home->varied + 1 < VARIED_AGAIN ? home->varied + 1 : VARIED_MAX - 1;
    return s;
}

Segment *frame_fold(Machine *M, const Segment *s, uint32_t top, Segment *home)
{
    assert(top <= s->size && "what is live is in the segment");
    assert(!s->roomy && "what is folded has room to run");
    if (home && home->kind == SEGMENT_COMPACT && home->epoch != M->run.epoch &&
        is_folded(home, s, top))
        return home;
    bool fits = home && home->kind == SEGMENT_COMPACT && home->epoch == M->run.epoch &&
                home->size >= top;
    if (!fits)
        home = compact_new(M, top, home);
    else if (home->folds < FOLDS_MAX)
        home->folds++;
    home->roomy = s->kind != SEGMENT_SCRATCH;
    segment_take(home, s, top);
    if (home->size > top) memset(home->slots + top, 0, (home->size - top) * sizeof(Value));
    return home;
}

void frame_vacate(Machine *M, Segment *s)
{
    machine_reclaim(M);
    if (s->kind == SEGMENT_OWN && s->size == SEGMENT_FIRST && s->epoch == M->run.epoch)
        M->ended = s;
    if (s->kind != SEGMENT_SCRATCH || s->epoch != M->run.epoch) return;
    mem_uncount_beside(SCRATCH_BYTES);
    M->vacated = s;
}

Value *frame_thaw_moved(Machine *M, Segment *s, Value *fp, const Value *top, size_t room)
{
    if (s->kind == SEGMENT_COMPACT) return frame_unfold(M, s, fp, top, room);
    return frame_move(M, s, fp, top, room);
}

Value *frame_try_thaw(Machine *M, Segment *s, Value *fp, const Value *top, size_t room)
{
    bool moves = s->kind != SEGMENT_COMPACT && s->epoch != M->run.epoch;
    return moves ? frame_try_move(M, s, fp, top, room) : frame_thaw(M, s, fp, top, room);
}

/* A first segment for a coroutine: that of the last one that has ended, if it was of this
 * epoch, so that nobody else has it, and if M->results do not lie in it. It counts as a new
 * one. */
static Segment *first_segment(Machine *M)
{
    Segment *s = M->ended;
    M->ended = NULL;
    if (!s || s->epoch != M->run.epoch) return segment_new(&M->run, SEGMENT_FIRST);
    uintptr_t results = (uintptr_t)M->results - (uintptr_t)s->slots;
    if (results <= s->size * sizeof(Value)) return segment_new(&M->run, SEGMENT_FIRST);
    size_t bytes = sizeof *s + SEGMENT_FIRST * sizeof(Value);
    memset(s, 0, bytes);
    s->epoch = M->run.epoch;
    s->size = SEGMENT_FIRST;
    mem_count_beside(bytes);
    return s;
}

Value *frame_start(Machine *M, const Segment *s)
{
    assert(s->kind == SEGMENT_COMPACT && "a coroutine begins in a compact segment");
    const Value *fp = s->slots + FRAME_HEADER;
    if (s->epoch != M->run.epoch) return frame_unfold(M, s, (Value *)fp, fp, NATIVE_SLOTS);
    Segment *to = first_segment(M);
    segment_take(to, s, FRAME_HEADER);
    frame_enter_segment(M, to);
    return to->slots + FRAME_HEADER;
}

static Segment *segment_copy(Machine *M, const Segment *s)
{
    Segment *copy = segment_try_new(&M->run, s->size);
    if (!copy) {
        mem_refuse();
        return NULL;
    }
    memcpy(copy, s, sizeof *s + s->size * sizeof(Value));
    copy->epoch = M->run.epoch;
    return copy;
}

Segment *frame_own_segment(Machine *M, Coroutine *co, Segment *s)
{
    if (s->epoch == M->run.epoch) return s;
    CoBody *b = heap_coroutine_mut(&M->run, co);
    Segment *top = co == M->run.co ? M->segment : b->segment;
    if (top->epoch != M->run.epoch) {
        bool found = top == s;
        top = segment_copy(M, top);
        if (!top) return NULL;
        b->segment = top;
        if (found && heap_closures_set()) upvalue_refresh(M, co);
        if (found) return top;
    }
    for (;; top = top->prev) {
        bool found = top->prev == s;
        Segment *below = top->prev;
        if (below->epoch != M->run.epoch) below = segment_copy(M, below);
        if (!below) return NULL;
        top->prev = below;
        if (found) break;
    }
    if (heap_closures_set()) upvalue_refresh(M, co);
    return top->prev;
}

/* s is the running segment, in which nothing runs. */
static void enter_frozen(Machine *M, Segment *s)
{
    M->segment = s;
    M->limit = s->slots;
}

/* There is no memory for a copy of the frame that the one at base returns into: glue_lost
 * raises that there. Nobody writes to what is frozen: nothing runs until somebody has caught
 * the error, in whose native's frame, which is small, control goes on. */
static NOINLINE Value *lose(Machine *M, Segment *s, Value *base)
{
    assert(M->ret && "a frame returns somewhere");
    mem_refuse();
    enter_frozen(M, s);
    M->lost_ret = M->ret;
    M->ret = &glue_lost;
    return base;
}

Value *frame_lost(Machine *M, Value *base, const Node **n)
{
    assert(M->lost_ret && "a return has been lost");
    *n = frame_is_called(M->lost_ret) ? M->lost_ret : frame_caller_node(M->lost_ret, base);
    return base - frame_distance(M->lost_ret, base);
}

static NOINLINE Value *return_into_copy(Machine *M, Segment *s, Value *base)
{
    size_t distance = frame_distance(M->ret, base);
    if (!distance && LIKELY(!M->hooking)) { /* else a hook's frame may come above it */
        enter_frozen(M, s);
        return base;
    }
    Value *fp = base - distance;
    size_t extent = frame_extent(fp);
    size_t room = extent > distance ? extent - distance : 0;
    Value *moved = frame_try_move(M, s, fp, base, room);
    if (UNLIKELY(!moved)) return lose(M, s, base);
    if (UNLIKELY(M->hooking)) M->ret = hook_returning(M->ret, moved + distance, moved);
    return moved + distance;
}

/* The frame at base in s has returned, to M->ret: control goes on in the frame below, in
 * a copy of just that frame if s is frozen. Gives where base is then. */
static Value *return_into(Machine *M, Segment *s, Value *base)
{
    if (s->epoch != M->run.epoch) return return_into_copy(M, s, base);
    frame_enter_segment(M, s);
    return base;
}

static bool holds_results(const Machine *M, const Segment *s)
{
    return M->results >= s->slots && M->results <= s->slots + s->size;
}

/* Keeps the results of a return that leaves the segment: they are in its middle, to which
 * pointers from the heap do not count. */
static void hold_results(Machine *M, Segment *s)
{
    if (holds_results(M, s)) M->holding = s;
}

/* Many results that are returned through many frames, each of which needs a segment for them,
 * take turns in two. */
static Segment *next_after_results(Machine *M, Segment *s)
{
    Segment *before = M->left;
    assert(s->epoch == M->run.epoch && "frames run in segments of the run's own epoch");
    M->left = s;
    return before && before != s && !holds_results(M, before) ? before : NULL;
}

/* The larger one: where a stack goes down and up again and again, one is enough for all of it.
 * What was below it there may go. */
static Segment *next_after(const Machine *M, Segment *s)
{
    Segment *next = M->next_segment;
    bool larger = next && next->epoch == M->run.epoch && next->size > s->size;
    if (!larger || next->size > SEGMENT_GROWN_MAX) return s;
    next->prev = NULL;
    return next;
}

Value *frame_underflow(Machine *M, bool reuse)
{
    Segment *s = M->segment;
    assert(s->prev && "there is a frame below");
    M->ret = s->ret;
    if (!reuse) hold_results(M, s);
    M->next_segment = reuse ? next_after(M, s) : next_after_results(M, s);
    return return_into(M, s->prev, s->prev->slots + s->prev_frame);
}

Value *frame_leave_slow(Machine *M, Segment *s, Value *base)
{
    hold_results(M, s);
    if (s->kind == SEGMENT_COMPACT) {
        base = frame_unfold(M, s, base, base, 0);
        s = M->segment;
    }
    M->ret = frame_ret(base);
    if (M->ret != &glue_underflow) return return_into(M, s, base);
    M->ret = s->ret;
    return return_into(M, s->prev, s->prev->slots + s->prev_frame);
}

Value *frame_take_open(Machine *M, Value *fp, unsigned at, const Value *from, size_t count)
{
    assert((from || !count) && "values are somewhere");
    size_t need = at + count + FRAME_HEADER;
    if (UNLIKELY(fp + need > M->limit)) {
        fp = frame_grow(M, fp, frame_extent(fp), need);
        if (!fp) return NULL;
    }
    if (count) memmove(fp + at, from, count * sizeof(Value));
    charge_values(M, count);
    M->open = (uint32_t)count;
    return fp;
}

size_t frame_used_at(const Machine *M, const Node *n, const Value *fp)
{
    if (node_is_again(n)) return M->open;
    size_t used = frame_extent(fp), open = 0;
    const Value *list = frame_open_list(n, (Value *)fp);
    if (list) open = (size_t)(list - fp) + M->open;
    return used > open ? used : open;
}
