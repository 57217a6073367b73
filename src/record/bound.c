/* SPDX-License-Identifier: MIT */
/*
 * Bounding what the points of a recording hold (bound.h).
 *
 * Main invariant: `held`, `own` and the points' sizes are never less than what is so.
 */
#include "record/bound.h"

#include <assert.h>
#include <time.h>

#include "control/world.h"
#include "stack/trace_stack.h"
#include "state/own.h"
#include "trace/measure.h"

enum {
    LOOKS_SHARE = 30, /* of the time, one such part is for looks */
    SIZE_GROWS = 2,   /* so many times as large as it was, it is worth being looked at again */
    ROOM_SHARE = 4,   /* of the bound: room that a look is to leave */
};

static double processor_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

static uint64_t allocated_since(int64_t then)
{
    int64_t used = bound_used() - then;
    return used > 0 ? (uint64_t)used : 0;
}

void bound_begin(Record *r)
{
    r->held = 0;
    r->own = SIZE_UNKNOWN;
    r->measured = r->sized = bound_used();
    r->begin = processor_time();
}

uint64_t bound_size(const Record *r) { return sum(r->own, allocated_since(r->sized)); }

/* The first state is beside the bound. */
static uint64_t held_at_most(const Record *r)
{
    uint64_t sizes = 0, held = sum(r->held, allocated_since(r->measured));
    for (size_t i = 1; i < r->count && sizes < held; i++) sizes = sum(sizes, r->points[i].size);
    return sizes < held ? sizes : held;
}

/* Looking ------------------------------------------------------------------------------- */

static bool never_enough(void *context, uint64_t objects) { return false; }

/* What the run holds, with its points or without. Answers false, and leaves *bytes alone, where
 * there is no memory to find all of it. */
static bool measured(Record *r, Machine *M, const Node *n, Value *fp, bool points,
                     uint64_t *bytes)
{
    StackTop top = {M->segment, fp, n, M->open};
    MeasureHeld m = {.snapshot_tag = world_snapshot_tag,
                     .roots = trace_roots(M, &top),
                     .running = M->segment,
                     .enough = never_enough};
    for (size_t i = 0; points && i < r->count; i++)
        pointer_list_note(&m.first, r->points[i].state);
    int64_t beside = mem_beside;
    uint64_t counted = mem_count_stop(); /* points are no work of the program */
    uint64_t found = measure_held(&M->run, &m);
    mem_count_go_on(counted);
    mem_beside = beside;
    pointer_list_free(&m.first);
    if (!m.cut) *bytes = found;
    return !m.cut;
}

static void measure_own(Record *r, Machine *M, const Node *n, Value *fp)
{
    if (!measured(r, M, n, fp, false, &r->own)) return;
    r->sized = bound_used();
    if (r->own > r->most_own) r->most_own = r->own;
}

/* Measuring makes states whole, after which their logs are not needed. These would hold what
 * others need that are no more. */
static void look(Record *r, Machine *M, const Node *n, Value *fp)
{
    uint64_t with;
    measure_own(r, M, n, fp);
    if (!measured(r, M, n, fp, true, &with)) return;
    for (size_t i = 0; i < r->count; i++) own_forget(r->points[i].state);
    r->held = with > r->own ? with - r->own : 0;
    r->measured = bound_used();
    for (size_t i = 0; i < r->count; i++)
        if (r->points[i].size > with) r->points[i].size = with;
}

static bool may_look(const Record *r, double last)
{
    return (r->looking + last) * LOOKS_SHARE < processor_time() - r->begin;
}

/* Whether that took a share of the time that it may take. */
static void note_look(Record *r, double began, double *last)
{
    *last = processor_time() - began;
    r->looking += *last;
}

/* Bounding ------------------------------------------------------------------------------ */

/* Points are no nearer to each other than those that are left. */
static void thin(Record *r, uint64_t step)
{
    record_thin(r);
    uint64_t spacing = step / r->count;
    if (!r->has_all && r->spacing < spacing)
        r->spacing = spacing < 2 * r->spacing ? spacing : 2 * r->spacing;
    if (r->count > 1) return;
    r->held = 0;
    r->measured = bound_used();
}

static void look_and_thin(Record *r, Machine *M, const Node *n, Value *fp, uint64_t step)
{
    double began = processor_time();
    look(r, M, n, fp);
    while (r->count > 1 && r->held > r->bytes - r->bytes / ROOM_SHARE) {
        thin(r, step);
        if (r->count > 1) look(r, M, n, fp);
    }
    note_look(r, began, &r->look);
}

/* Sizes are what they were measured to be and what was allocated since: if that is much, it is
 * time to measure. */
static void size_again(Record *r, Machine *M, const Node *n, Value *fp)
{
    if (r->own == SIZE_UNKNOWN || bound_size(r) / SIZE_GROWS < r->own) return;
    if (!may_look(r, r->sizing)) return;
    double began = processor_time();
    measure_own(r, M, n, fp);
    note_look(r, began, &r->sizing);
}

#ifndef NDEBUG
enum { CHECK_SHARE = 4 };

/* What the program has had in between, since it was last looked at, is at most a share more. */
static void check(Record *r, Machine *M, const Node *n, Value *fp)
{
    if (allocated_since(r->checked) < r->bytes / CHECK_SHARE) return;
    uint64_t own, with;
    if (!measured(r, M, n, fp, false, &own) || !measured(r, M, n, fp, true, &with)) return;
    uint64_t counted = mem_count_stop();
    uint64_t first = measure_state(r->points[0].state, NULL, trace_stack).bytes;
    mem_count_go_on(counted);
    if (own > r->most_own) r->most_own = own;
    uint64_t held = held_at_most(r);
    if (mem_short || first < sizeof(State)) return; /* there was no memory to measure it */
    assert((r->count < 2 || held < r->bytes) && "points hold what they may");
    assert(with <= r->most_own + r->bytes / CHECK_SHARE + held + first && "no more than that");
    r->checked = bound_used();
}
#else
static void check(Record *r, Machine *M, const Node *n, Value *fp) {}
#endif

static void bound(Record *r, Machine *M, const Node *n, Value *fp, uint64_t step)
{
    if (r->count < 2 || held_at_most(r) < r->bytes) return;
    if (may_look(r, r->look)) look_and_thin(r, M, n, fp, step);
    while (r->count > 1 && held_at_most(r) >= r->bytes) thin(r, step);
}

void bound_points(Record *r, Machine *M, const Node *n, Value *fp, uint64_t step)
{
    size_again(r, M, n, fp);
    bound(r, M, n, fp, step);
    if (r->count) check(r, M, n, fp);
}
