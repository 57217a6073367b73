/* SPDX-License-Identifier: MIT */
/*
 * Measuring what a run holds, at polls.
 *
 * Main invariant: between two measures no more than held_bound() says has been allocated.
 */
#include "limits/held.h"

#include "control/collect.h"
#include "control/eval.h"
#include "control/world.h"
#include "stack/trace_stack.h"
#include "trace/measure.h"

enum {
    DEBT_MAX = 200000,
    SHARE = 4,
    OBJECTS_STEP = 4,
    COLLECT_SHARE = 8,
    GAIN_SHARE = 32,
    KEEP_SHARE = 64
};

void held_begin(Machine *M)
{
    M->held_asked = false;
    const Collection *c = &M->run.world->collection;
    uint64_t since = run_counted(&M->run) - c->held_counted + c->held_beside;
    M->held_from = mem_used() - (int64_t)since;
}

/* A state knows what was counted. */
static void keep_beside(Machine *M, uint64_t least)
{
    if (!M->limits.held) return;
    const Collection *c = &M->run.world->collection;
    int64_t since = mem_used() - M->held_from;
    int64_t beside = since - (int64_t)(run_counted(&M->run) - c->held_counted);
    if (beside > 0 && (uint64_t)beside > c->held_beside + least)
        run_edit_collection(&M->run)->held_beside = (uint64_t)beside;
}

void held_end(Machine *M) { keep_beside(M, 0); }

void held_fork(Machine *M) { keep_beside(M, M->limits.held / KEEP_SHARE); }

int64_t held_bound(const Machine *M)
{
    if (!M->limits.held) return MEM_UNBOUNDED;
    uint64_t held = M->run.world->collection.held, max = M->limits.held;
    if (max > MEM_UNBOUNDED / 8) return MEM_UNBOUNDED;
    if (held > max) return mem_used() - 1;
    uint64_t room = max - held > max / SHARE ? max - held : max / SHARE;
    if (M->depth > 1) room += 2 * max;
    return M->held_from + (int64_t)room;
}

static void add_kept(PointerList *to, const Value *base)
{
    State *inner = frame_inner_world(base);
    pointer_list_note(to, frame_world(base));
    if (inner) pointer_list_note(to, inner);
}

/* The worlds to which frames of forks go back, and in which natives work. */
static void add_worlds(PointerList *to, FrameCursor c)
{
    do {
        if (frame_kinds[c.ret->kind].payload == PAYLOAD_WORLD)
            pointer_list_note(to, frame_payload_world(c.ret_base));
        if (frame_kinds[c.ret->kind].extra == EXTRA_WORLDS) add_kept(to, c.ret_base);
    } while (frame_down(&c));
}

/* Adds the worlds of the running coroutine and those that wait for it. */
static void add_all_worlds(Machine *M, PointerList *to, const Node *n, Value *fp)
{
    add_worlds(to, frame_cursor(M->segment, fp, n));
    for (const Coroutine *co = heap_coroutine(&M->run, M->run.co)->resumer; co;) {
        const CoBody *b = heap_coroutine(&M->run, co);
        StackTop top = stack_top(b);
        add_worlds(to, frame_cursor(b->segment, top.fp, top.node));
        co = b->resumer;
    }
}

static bool has_to_stop(const Machine *M)
{
    return machine_stopped(M) || stop_flag(M->interrupt) || eval_reached(M) != STOP_NONE;
}

/* Snapshots may be many, each as large as the world: the steps that it takes to look at them
 * are paid, also later, but there is an end to that. A run that has to stop does not go on. */
static bool enough(void *machine, uint64_t objects)
{
    const Machine *M = machine;
    uint64_t steps = objects / OBJECTS_STEP, left = eval_steps_left(M);
    return has_to_stop(M) || (steps > DEBT_MAX && steps - DEBT_MAX > left);
}

/* Answers UINT64_MAX if nobody knows. */
static uint64_t measured(Machine *M, const Node *n, Value *fp)
{
    StackTop top = {M->segment, fp, n, M->open};
    MeasureHeld m = {.snapshot_tag = world_snapshot_tag,
                     .roots = trace_roots(M, &top),
                     .running = M->segment,
                     .most = M->limits.held,
                     .enough = enough,
                     .context = M};
    add_all_worlds(M, &m.first, n, fp);
    uint64_t bytes = measure_held(&M->run, &m) + (M->progress ? M->progress->made : 0);
    pointer_list_free(&m.first);
    M->fuel -= (int64_t)(m.objects / OBJECTS_STEP);
    return m.cut && bytes <= M->limits.held ? UINT64_MAX : bytes;
}

/* A measure that was cut short says nothing of what is held: it is too much only if that would
 * take too long to know. */
static bool measure_now(Machine *M, const Node *n, Value *fp)
{
    uint64_t held = measured(M, n, fp);
    if (held == UINT64_MAX) return !has_to_stop(M);
    Collection *c = run_edit_collection(&M->run);
    c->held = held;
    c->held_counted = run_counted(&M->run);
    c->held_beside = 0;
    M->held_from = mem_used();
    collect_purge(M, n, fp); /* what is not held is to be garbage */
    collect_arm(M);
    return held > M->limits.held;
}

static NOINLINE bool is_too_much(Machine *M, const Node *n, Value *fp)
{
    if (M->depth <= 1 && !measure_now(M, n, fp)) return false;
    M->stop = STOP_HELD;
    return true;
}

bool held_stops(Machine *M, const Node *n, Value *fp)
{
    if (LIKELY(!M->limits.held) || mem_used() <= held_bound(M)) return false;
    return is_too_much(M, n, fp);
}

/* Whether a measure can give more room: nothing else allows as little, and what was alive, or
 * has come since, may be garbage. */
static bool may_help(const Machine *M)
{
    size_t room = mem_room_due(), max = (size_t)M->limits.held;
    return !mem_short && room < mem_room() && room < M->limits.string &&
           room < max - max / GAIN_SHARE;
}

/* It is asked once: the next poll tells that whoever asked has got on. */
bool held_makes_room(Machine *M, const Node *n, Value *fp)
{
    if (M->stop != STOP_STRING || !M->limits.held || M->boundary) return false;
    if (!may_help(M)) return false;
    M->stop = STOP_HELD;
    if (M->held_asked || M->depth > 1 || measure_now(M, n, fp)) return false;
    mem_collect_after((size_t)M->limits.held / COLLECT_SHARE);
    M->held_asked = true;
    M->stop = STOP_NONE;
    eval_poll_soon(M);
    return true;
}
