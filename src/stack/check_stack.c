/* SPDX-License-Identifier: MIT */
/*
 * Checks of frames, functions and coroutines in debug builds.
 *
 * Main invariant: a check changes nothing, and looks at no more than 20 frames.
 */
#include "stack/check_stack.h"

#ifndef NDEBUG

#include <assert.h>

#include "stack/frame.h"
#include "stack/trace_stack.h"

enum { FRAMES = 20 };

/* Functions ------------------------------------------------------------------------ */

static void check_upvalue(const Proto *p, uint32_t i, Value v)
{
    if (p->upvalues[i].cell) {
        assert(value_is(v, OBJ_CELL) && "a variable that is assigned to lives in a cell");
        return;
    }
    assert(value_is_valid(v) && !value_is(v, OBJ_CELL) && "another one is held by value");
    assert(
        (!value_is(v, OBJ_CLOSURE) || closure_identity(value_pointer(v)) == value_pointer(v)) &&
        "a stand-in is no value of a program");
}

void closure_check(const Closure *c)
{
    const Closure *f = closure_identity(c);
    const Proto *p = c->proto;
    assert(object_type(f) == OBJ_CLOSURE && "a function is a closure");
    assert(closure_identity(f) == f && "a stand-in has no stand-in itself");
    assert(p->source == f->proto->source && "a stand-in has the code of its function");
    assert(p->upvalue_count == f->proto->upvalue_count && c->h.flags == p->upvalue_count &&
           "and as many upvalues");
    for (uint32_t i = 0; i < p->upvalue_count; i++) check_upvalue(p, i, c->upvalues[i]);
}

/* Frames --------------------------------------------------------------------------- */

static bool is_in(const Segment *s, const Value *fp)
{
    return fp >= s->slots + 2 && fp <= s->slots + s->size;
}

static void check_callee(const FrameCursor *c)
{
    assert(value_is_valid(c->fp[AT_FUNCTION]) && "below a frame is what was called");
    if (frame_is_lua(c->fp)) closure_check(frame_closure(c->fp));
}

static void check_frame(const FrameCursor *c)
{
    assert(is_in(c->segment, c->fp) && is_in(c->segment, c->base) &&
           "a frame is in its segment");
    assert(c->base <= c->fp && "varargs and the mark of a tail call lie below a frame");
    assert(is_in(c->ret_segment, c->ret_base) && "a frame returns into the segment below");
    assert(frame_kinds[c->ret->kind].header && "a frame returns to a node of the table");
    check_callee(c);
}

/* The caller of a frame has its own header, if no more, between the two. */
static void check_distance(const FrameCursor *above, const FrameCursor *below)
{
    assert(below->fp < above->ret_base && "a frame returns into one below it");
    assert((size_t)(above->ret_base - below->fp) >= frame_kinds[above->ret->kind].header &&
           "a frame's header is its own");
}

static void check_frames(StackTop top)
{
    FrameCursor c = frame_cursor(top.segment, top.fp, top.node);
    check_frame(&c);
    for (int i = 1; i < FRAMES; i++) {
        FrameCursor above = c;
        if (!frame_down(&c)) return;
        check_frame(&c);
        check_distance(&above, &c);
    }
}

void coroutine_check(const CoBody *b)
{
    assert(b->status <= CO_DEAD && "a coroutine has one of the statuses");
    assert((!b->hook || b->hook->hook) && "who has a state of hooks has a hook");
    if (!b->segment) return;
    assert(b->fp >= 2 && b->fp <= b->top && b->top <= b->segment->size &&
           "the top frame is in its segment");
    segment_check(b->segment);
    check_frames(stack_top(b));
}

void machine_check(const Machine *M)
{
    run_check(&M->run);
    assert((!M->next_segment || M->next_segment->epoch <= M->run.epoch) &&
           "the next segment was the run's");
    assert((!M->next_segment || M->next_segment != M->segment || !M->depth) &&
           "and is not the running one");
    assert(M->stack_max >= M->limits.stack && "handlers have more room, not less");
    assert((!M->depth || M->run.co) && "a coroutine runs while the evaluator does");
    const Segment *s = M->scratch;
    for (int i = 0; s && i < FRAMES; s = s->prev, i++)
        assert(s->kind == SEGMENT_SCRATCH && s != M->segment && "scratch segments lie idle");
}

#endif
