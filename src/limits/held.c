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

enum { SHARE = 4, OBJECTS_STEP = 4, COLLECT_SHARE = 8, GAIN_SHARE = 32 };

void held_begin(Machine *M)
{
    M->held_asked = false;
    uint64_t since = run_counted(&M->run) - M->run.world->collection.held_counted;
    M->held_from = mem_used() - (int64_t)since;
}

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

/* The worlds to which frames of forks go back. */
static void add_worlds(PointerList *to, FrameCursor c)
{
    do {
        if (frame_kinds[c.ret->kind].payload == PAYLOAD_WORLD)
            pointer_list_add(to, frame_payload_world(c.ret_base));
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

/* Snapshots may be many, each as large as the world: the steps that it takes to look at them
 * are paid, and a run that has to stop does not go on with it. */
static bool enough(void *machine, uint64_t objects)
{
    Machine *M = machine;
    uint64_t steps = objects / OBJECTS_STEP;
    return machine_stopped(M) || stop_flag(M->interrupt) || eval_reached(M) != STOP_NONE ||
           steps > eval_steps_left(M);
}

static uint64_t measured(Machine *M, const Node *n, Value *fp)
{
    StackTop top = {M->segment, fp, n, M->open};
    MeasureHeld m = {.snapshot_tag = world_snapshot_tag,
                     .roots = trace_roots(M, &top),
                     .running = M->segment,
                     .enough = enough,
                     .context = M};
    add_all_worlds(M, &m.first, n, fp);
    uint64_t bytes = measure_held(&M->run, &m);
    pointer_list_free(&m.first);
    M->fuel -= (int64_t)(m.objects / OBJECTS_STEP);
    return bytes;
}

static bool measure_now(Machine *M, const Node *n, Value *fp)
{
    uint64_t held = measured(M, n, fp);
    Collection *c = run_edit_collection(&M->run);
    c->held = held;
    c->held_counted = run_counted(&M->run);
    M->held_from = mem_used();
    collect_arm(M);
    return held > M->limits.held;
}

bool held_reached(Machine *M, const Node *n, Value *fp)
{
    if (!M->limits.held || mem_used() <= held_bound(M)) return false;
    return M->depth > 1 || measure_now(M, n, fp);
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
