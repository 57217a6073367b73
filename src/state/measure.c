/* SPDX-License-Identifier: MIT */
#include "state/measure.h"

#include "state/trace_internal.h"

typedef struct Measuring {
    Run *R;
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
    pvec_blocks(&b->array, count, m);
    hamt_blocks(&b->hash, count, m);
}

static void count_coroutine(Measuring *m, const Coroutine *c)
{
    count(m, c, sizeof *c);
    if (c == m->R->co) return;
    for (const Segment *s = heap_coroutine(m->R, c)->segment; s; s = s->prev)
        count(m, s, sizeof *s + s->size * sizeof(Value));
}

static void count_userdata(Measuring *m, const Userdata *u)
{
    const UserdataBody *b = heap_userdata(m->R, u);
    count(m, u, sizeof *u);
    if (u->data && u->size) count(m, u->data, u->size);
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

/* A view of the state, in which nothing runs: what it holds paused is one of the suspended
 * coroutines, its registers in its contents; else the main one has no stack, whatever
 * segment it once had. */
static Run *view(const State *s, Value *paused)
{
    Run *R = run_begin(s);
    *paused = value_object(s->paused);
    R->co = s->paused ? NULL : s->world->main;
    R->pinned = paused;
    R->pinned_count = s->paused ? 1 : 0;
    return R;
}

static void measure(Measuring *m, const State *s, TraceStackFn *stack)
{
    Value paused;
    Trace T = {.every = true};
    m->R = view(s, &paused);
    trace_mark(&T, m->R, stack, NULL);
    marks_init(&m->blocks, T.marks.count);
    for (size_t i = 0; i <= T.marks.mask; i++)
        if (T.marks.slots[i]) count_object(m, (const void *)T.marks.slots[i]);
    heap_blocks(m->R, trace_has, &T, count, m);
    count(m, s, state_size(s->heap.spare));
    count(m, s->world, sizeof *s->world);
    m->sum.objects = T.marks.count;
    m->sum.entries = state_heap(s).count;
    trace_free(&T);
    run_end(m->R);
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
