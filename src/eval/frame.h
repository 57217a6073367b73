/* SPDX-License-Identifier: MIT */
/*
 * Frames and segments: finding one's way on the Lua stack, and making room on it.
 * state/stack.h has the picture and the invariants.
 */
#ifndef MOONLET_FRAME_H
#define MOONLET_FRAME_H

#include "eval/node.h"

/* Static nodes that frames of the evaluator's own return to. */
extern const Node glue_value, glue_bool, glue_not, glue_none, glue_concat, glue_native;
extern const Node glue_pcall, glue_xpcall, glue_handler, glue_vararg, glue_underflow;
extern const Node glue_base, glue_halt, glue_tail, glue_hook;
extern const Node glue_fork, glue_try, glue_poll;
/* Where a program may be stopped but at nodes of functions (budget.c): before a call of
 * fp[-1] with R->open arguments at fp; before R->open results at fp are handed on. */
extern const Node node_call_again, node_return_again;
static inline bool node_is_again(const Node *n)
{
    return n == &node_call_again || n == &node_return_again;
}

static inline const Node *frame_ret(const Value *fp) { return value_pointer(fp[-2]); }

/* The frame before varargs were moved below it. */
static inline Value *frame_without_varargs(Value *fp)
{
    return UNLIKELY(frame_ret(fp) == &glue_vararg) ? fp - fp[-3] : fp;
}
/* The frame as its caller made it, for the function that then tail-called this one. */
static inline Value *frame_as_called(Value *fp)
{
    fp = frame_without_varargs(fp);
    return UNLIKELY(frame_ret(fp) == &glue_tail) ? fp - fp[-3] : fp;
}

static inline const Proto *frame_proto(const Value *fp)
{
    return ((const Closure *)value_pointer(fp[-1]))->proto;
}

/* The values of `...` in a vararg function's frame. */
static inline uint32_t frame_vararg_count(const Value *fp)
{
    return (uint32_t)fp[-3] - 3 - frame_proto(fp)->params;
}
static inline const Value *frame_varargs(const Value *fp)
{
    return fp - fp[-3] + frame_proto(fp)->params;
}

/* A frame seen from outside, for walking down from the top. */
typedef struct FrameCursor {
    Segment *segment;
    Value *fp;       /* as its function sees it */
    Value *base;     /* as its caller made it (differs for varargs, tail calls) */
    const Node *ret; /* where it returns to; never glue_underflow, glue_vararg */
    Value *ret_base; /* base, or what stands for it in the segment below */
    Segment *ret_segment;
    bool tail;      /* was tail-called */
    const Node *at; /* the node the frame is at, if it is a Lua function's */
} FrameCursor;

/* at: the node the top frame is at, or NULL. */
FrameCursor frame_cursor(Segment *segment, Value *fp, const Node *at);
FrameCursor frame_cursor_running(Run *R);
/* To the frame that this one returns into; false at the coroutine's lowest. */
bool frame_down(FrameCursor *c);

/* Moves the frame at fp, live up to top, to a new segment of this run with `room`
 * slots above top (and the slack). Makes that segment the current one and gives the
 * new fp; NULL when the stack would exceed its limit. */
Value *frame_move(Run *R, Segment *from, Value *fp, const Value *top, size_t room);
/* Makes a segment the current one. */
void frame_enter_segment(Run *R, Segment *s);
/* What R->limit is where there is no hook. */
static inline Value *frame_limit(const Run *R)
{
    return R->segment->slots + R->segment->size - STACK_SLACK;
}

/* Where the open list of a node lies that uses one, R->open values; NULL: it does not. */
static inline Value *frame_open_list(const Node *n, Value *fp)
{
    switch (n->kind) {
    case N_CALL_OPEN:
    case N_TAIL_OPEN:
    case N_RETURN_OPEN: return fp + n->a + n->b;
    case N_LIST_OPEN: return fp + n->c + n->b;
    default: return NULL;
    }
}
/* The frame at fp in segment s becomes the running one: moved if s is not ours. */
Value *frame_thaw(Run *R, Segment *s, Value *fp, const Value *top, size_t room);

/* The frames of a compact segment, the top one at fp and live up to top, go to one that
 * they can run in, with `room` slots above top: gives fp; NULL on overflow. */
Value *frame_unfold(Run *R, const Segment *s, Value *fp, const Value *top, size_t room);

/* The same for the frame of a coroutine that has not run; if it has not lain frozen either,
 * it gets a segment of its own, for it may well yield often before the next snapshot. */
Value *frame_start(Run *R, const Segment *s, size_t room);
/* The opposite: the frames of s, live up to its slot `top`, in a compact segment: in home
 * if that can be. For at most COMPACT_MAX slots. */
Segment *frame_fold(Run *R, const Segment *s, uint32_t top, Segment *home);
/* Control has left s for good; results may still lie in it. */
void frame_vacate(Run *R, Segment *s);

/* The native whose frame is at base in s returns, to R->ret: gives where base is then,
 * for R->ret to go on from; NULL on overflow. */
Value *frame_leave(Run *R, Segment *s, Value *base);

/* Puts count values at fp[at..] as the open list, making room; gives the frame,
 * perhaps moved, or NULL on overflow. */
Value *frame_take_open(Run *R, Value *fp, unsigned at, const Value *from, size_t count);

/* Room for a native's n values at a[0..n); gives its frame, perhaps moved. */
Value *frame_native_room(Run *R, Value *a, size_t used, size_t n);

/* Of the words between the frame that a frame returns into and its own base, distance of
 * them: those that are its header, or nobody's. */
size_t frame_header(const Node *ret, const Value *base, size_t distance);

/* Segment s of co's stack, or its copy that this run may write. O(size of what lies above
 * and is frozen). */
Segment *frame_own_segment(Run *R, Coroutine *co, Segment *s);

/* Slots that the function of a frame may use from fp. */
static inline size_t frame_extent(const Value *fp)
{
    return value_is(fp[-1], OBJ_CLOSURE) ? proto_frame(frame_proto(fp)) : NATIVE_SLOTS;
}

#endif
