/* SPDX-License-Identifier: MIT */
/*
 * A recording while it is made: its points, and how many are kept.
 *
 * Main invariant: points are in the order of steps, and the first is never dropped.
 */
#include "record/record.h"

#include <assert.h>
#include <stdlib.h>

#include "control/switch.h"
#include "record/bound.h"

enum {
    POINTS_FIRST = 16,
    PORTION_MOST = 100000,
    COPY_STEPS = 4, /* for each byte that a point makes the run copy */
    USED_BYTES = 4, /* allocated a step, for which points are as far from each other again */
};

RecordBeside record_beside;

Record *record_new(uint64_t spacing, uint64_t bytes)
{
    Record *r = mem_alloc_root(sizeof *r);
    *r = (Record){.spacing = spacing ? spacing : RECORD_SPACING,
                  .has_all = spacing != 0,
                  .most = RECORD_POINTS,
                  .bytes = bytes ? bytes : RECORD_BYTES};
    r->outside.context = r;
    return r;
}

void record_free(Record *r)
{
    if (!r) return;
    free(r->outside.log);
    mem_free_root(r);
}

/* Points ------------------------------------------------------------------------------ */

/* The number of points at steps below `before`, at least 1. */
static size_t points_before(const Record *r, uint64_t before)
{
    size_t low = 1, high = r->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (r->points[middle].step < before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const RecordPoint *record_point(const Record *r, uint64_t before)
{
    return &r->points[points_before(r, before) - 1];
}

static bool has_room(Record *r)
{
    if (r->count < r->room) return true;
    size_t room = r->room ? 2 * r->room : POINTS_FIRST;
    RecordPoint *points = mem_try_alloc(room * sizeof *points);
    if (!points) return false;
    if (r->count) memcpy(points, r->points, r->count * sizeof *points);
    r->points = points;
    r->room = room;
    return true;
}

void record_add(Record *r, RecordPoint p)
{
    if (!has_room(r)) return;
    size_t i = r->count ? points_before(r, p.step) : 0;
    if (i < r->count && r->points[i].step == p.step) return;
    if (i && r->points[i - 1].step == p.step) return; /* the first: polled before a step */
    memmove(r->points + i + 1, r->points + i, (r->count - i) * sizeof p);
    r->points[i] = p;
    r->count++;
    assert((!i || r->points[i - 1].step < p.step) &&
           (i + 1 == r->count || p.step < r->points[i + 1].step) &&
           "points ascend by their steps");
}

void record_add_taken(Record *r, Machine *M, RecordPoint p)
{
    int64_t *meter = mem_meter;
    mem_meter = NULL;
    uint64_t counted = mem_count_stop();
    bool kept = !record_beside.keep || record_beside.keep(M, &p.beside);
    mem_count_go_on(counted);
    mem_meter = meter;
    if (kept) record_add(r, p);
}

/* Every other one goes; the first stays. */
void record_thin(Record *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->count; i += 2) r->points[n++] = r->points[i];
    memset(r->points + n, 0, (r->count - n) * sizeof *r->points);
    r->count = n;
}

void record_drop_near(Record *r, size_t most)
{
    size_t n = 0, near = 0;
    for (size_t i = 0; i < r->count; i++) near += r->points[i].near;
    if (near <= most) return;
    for (size_t i = 0; i < r->count; i++)
        if (!r->points[i].near) r->points[n++] = r->points[i];
    memset(r->points + n, 0, (r->count - n) * sizeof *r->points);
    r->count = n;
}

/* Taking one -------------------------------------------------------------------------- */

/* Where a C function waits, or a map's item runs, there are none. */
bool record_may_take(const Machine *M) { return M->depth == 1 && !M->boundary && !mem_short; }

/* Takes a state as the build kind stress does: nothing of it is the program's work, nor has the
 * program allocated anything. */
static Value *take(Machine *M, const Node *n, Value *fp, size_t used, State **state)
{
    int64_t *meter = mem_meter;
    mem_meter = NULL;
    uint64_t counted = mem_count_stop(), before = M->run.counted, from = M->run.counted_from;
    uint64_t epoch = M->run.epoch;
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, b, fp, fp + used, CO_PAUSED);
    b->node = n;
    *state = machine_snapshot_own(M, NULL);
    (*state)->counted = before + (counted - from);
    outside_note_snapshot(M, epoch);
    fp = eval_go_on(M);
    M->run.counted = before;
    M->run.counted_from = from;
    mem_count_go_on(counted);
    mem_meter = meter;
    return fp;
}

Value *record_take(Machine *M, const Node *n, Value *fp, State **state)
{
    return take(M, n, fp, frame_used_at(M, n, fp), state);
}

Value *record_take_raised(Machine *M, const Node *n, Value *fp, State **state)
{
    bool native = M->native == fp;
    uint32_t open = M->open;
    M->open = 0;
    fp = take(M, frame_is_lua(fp) ? n : NULL, fp, frame_extent(fp), state);
    M->open = open;
    if (native) M->native = fp;
    return fp;
}

static void set_portion(Machine *M, uint64_t spacing)
{
    if (M->hooks && M->hooks->poll) return; /* they have their own */
    M->limits.portion = spacing < PORTION_MOST ? (int64_t)spacing : PORTION_MOST;
}

/* What a point costs: what has been written since the last one was copied first, of what the
 * program has; and what the program had else dropped takes fresh memory, which is the more, the
 * faster it allocates. `beside` and `used` have been counted since the last one. */
static uint64_t distance_to_next(const Record *r, uint64_t step, int64_t beside, int64_t used)
{
    if (r->has_all) return r->spacing;
    uint64_t copied = beside > 0 ? (uint64_t)beside : 0, steps = step - r->taken;
    if (copied > bound_size(r)) copied = bound_size(r); /* the rest was new, and is garbage */
    uint64_t distance = copied * COPY_STEPS;
    if (!steps || used <= 0) return distance;
    uint64_t rate = (uint64_t)used / steps;
    uint64_t more = RECORD_SPACING + RECORD_SPACING / USED_BYTES * (rate < 100 ? rate : 100);
    return distance > more ? distance : more;
}

/* An Outside's poll. Also where no point is due, what has been allocated may have to be paid
 * for with points. */
static Value *take_point(Machine *M, const Node *n, Value *fp)
{
    Record *r = M->outside->context;
    uint64_t step = eval_steps_used(M) - r->began;
    if (M != r->M || !record_may_take(M)) return fp;
    if (step < r->next) {
        bound_points(r, M, n, fp, step);
        return fp;
    }
    if (!r->has_all && r->count >= r->most) {
        record_thin(r);
        r->spacing *= 2;
    }
    State *state;
    int64_t beside = mem_beside - r->beside, used = mem_used() - r->used;
    Value *now = record_take(M, n, fp, &state);
    RecordPoint taken = {state, step, r->outside.length, NULL, bound_size(r), false};
    record_add_taken(r, M, taken);
    bound_points(r, M, n, now, step);
    uint64_t distance = distance_to_next(r, step, beside, used);
    r->beside = mem_beside;
    r->used = mem_used();
    r->taken = step;
    r->next = step + (distance > r->spacing ? distance : r->spacing);
    set_portion(M, r->spacing);
    return now;
}

/* Recording --------------------------------------------------------------------------- */

void record_begin(Record *r, Machine *M)
{
    r->M = M;
    r->shortages = mem_shortages;
    r->outside.poll = take_point;
    r->began = eval_steps_used(M);
    r->beside = mem_beside;
    r->used = mem_used();
    bound_begin(r);
    outside_give(M, &r->outside);
    M->run.own.expected = r->most;
    set_portion(M, r->spacing);
    eval_poll_soon(M);
}

void record_end(Record *r, RecordEnd end)
{
    r->steps = eval_steps_used(r->M) - r->began;
    r->end = end;
    r->lacked = mem_shortages != r->shortages;
    outside_give(r->M, NULL);
    r->M = NULL;
}
