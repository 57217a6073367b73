/* SPDX-License-Identifier: MIT */
/*
 * Adding up the blocks of a state, and of what a run holds.
 *
 * Main invariant: each block is counted once, with the size that was asked for.
 */
#include "trace/measure.h"

#include <assert.h>

#include "trace/trace_internal.h"

typedef struct Measuring {
    Run *R;
    const void *snapshot_tag; /* NULL: none are looked for */
    PointerList states;       /* of such snapshots */
    Marks blocks;
    const Marks *others; /* NULL: nothing to compare with */
    Measure sum;
} Measuring;

static void count(void *context, const void *block, size_t bytes)
{
    Measuring *m = context;
    if (!marks_add(&m->blocks, block)) return;
    m->sum.bytes += bytes;
    if (m->others && marks_has(m->others, block)) m->sum.shared += bytes;
}

static void count_table(Measuring *m, const Table *t)
{
    const TableBody *b = heap_table(m->R, t);
    count(m, t, sizeof *t);
    table_blocks(b, count, m);
}

static void count_stack(Measuring *m, const Segment *s)
{
    for (; s; s = s->prev) count(m, s, sizeof *s + s->size * sizeof(Value));
}

static void count_coroutine(Measuring *m, const Coroutine *c)
{
    count(m, c, sizeof *c);
    if (c != m->R->co) count_stack(m, heap_coroutine(m->R, c)->segment);
}

static void note_snapshot(Measuring *m, const State *s)
{
    assert(s && s->base->world && "a snapshot is a state");
    if (!marks_add(&m->blocks, s)) return;
    m->sum.bytes += state_size(s->heap.more);
    count(m, s->base, sizeof *s->base);
    pointer_list_note(&m->states, (void *)s);
}

static void count_userdata(Measuring *m, const Userdata *u)
{
    const UserdataBody *b = heap_userdata(m->R, u);
    count(m, u, sizeof *u);
    if (u->data && u->size) count(m, u->data, u->size);
    if (m->snapshot_tag && u->tag == m->snapshot_tag) note_snapshot(m, u->data);
    if (b->own) count(m, b->own, u->size);
}

static void count_closure(Measuring *m, const Closure *f)
{
    size_t words = f->h.flags + (closure_identity(f) != f);
    count(m, f, sizeof *f + words * sizeof(Value));
}

static void count_object(Measuring *m, const void *o)
{
    switch (object_type(o)) {
    case OBJ_STRING: string_blocks(o, count, m); break;
    case OBJ_TABLE: count_table(m, o); break;
    case OBJ_CLOSURE: count_closure(m, o); break;
    case OBJ_NATIVE:
        count(m, o, sizeof(Native) + ((const Native *)o)->count * sizeof(Value));
        break;
    case OBJ_COROUTINE: count_coroutine(m, o); break;
    case OBJ_USERDATA: count_userdata(m, o); break;
    case OBJ_LIGHT: count(m, o, sizeof(Light)); break;
    default: count(m, o, sizeof(Cell)); break;
    }
}

/* What m->R reaches. */
static void count_reached(Measuring *m, Trace *T, const TraceRoots *roots)
{
    trace_mark(T, m->R, roots);
    for (void *o = NULL; (o = marks_next(&T->marks, (uintptr_t)o + MEM_GRANULE));)
        count_object(m, o);
    heap_blocks(m->R, trace_has, T, count, m);
}

/* Measures in a run that only looks at the state, in which nothing runs: what it holds paused
 * is one of the suspended coroutines, its registers in its contents; else the main one has no
 * stack, whatever segment it once had. */
static void measure(Measuring *m, const State *s, TraceStackFn *stack)
{
    Value paused = value_object(s->base->paused);
    TraceRoots roots = {.stack = stack, .values = &paused, .count = s->base->paused ? 1 : 0};
    Trace T = {.every = true};
    Run look = {0};
    run_prepare(&look);
    run_begin(&look, s);
    look.co = s->base->paused ? NULL : s->base->world->main;
    m->R = &look;
    count_reached(m, &T, &roots);
    count(m, s, state_size(s->heap.more));
    count(m, s->base, sizeof *s->base);
    count(m, s->base->world, sizeof *s->base->world);
    m->sum.objects = T.marks.count;
    m->sum.entries = state_heap(s).count;
    trace_free(&T);
    run_end(&look);
    m->R = NULL;
}

Measure measure_state(const State *s, const State *other, TraceStackFn *stack)
{
    Measuring theirs = {0}, mine = {0};
    if (other) {
        measure(&theirs, other, stack);
        mine.others = &theirs.blocks;
    }
    measure(&mine, s, stack);
    if (other) marks_free(&theirs.blocks);
    marks_free(&mine.blocks);
    return mine.sum;
}

uint64_t measure_held(Run *R, MeasureHeld *held)
{
    Measuring m = {.R = R, .snapshot_tag = held->snapshot_tag};
    Trace T = {.every = true};
    count_reached(&m, &T, &held->roots);
    trace_free(&T);
    count_stack(&m, held->running);
    for (size_t i = 0; i < held->first.count; i++) note_snapshot(&m, held->first.items[i]);
    held->objects = 0;
    held->cut = held->first.failed;
    uint64_t most = held->most ? held->most : UINT64_MAX;
    for (size_t i = 0; i < m.states.count && m.sum.bytes <= most && !held->cut; i++) {
        measure(&m, m.states.items[i], held->roots.stack);
        held->objects += m.sum.objects;
        held->cut = held->enough(held->context, held->objects);
    }
    held->cut |= m.states.failed || m.blocks.failed;
    pointer_list_free(&m.states);
    marks_free(&m.blocks);
    return m.sum.bytes;
}
