/* SPDX-License-Identifier: MIT */
/*
 * Replays go on from a point of a recording, and are told what the outside said (record.h).
 *
 * Main invariant: a replay takes the steps that the recording took, and is told what that was
 * told, in the same order.
 */
#include "record/record.h"

#include "record/bound.h"

enum { PORTION = 100000 };

uint64_t replay_step(const Replay *p) { return p->from + eval_steps_used(p->M); }

/* Near points hold one world, and what was allocated between them; of each replay that has left
 * some. Those that hold too much go, and those still to come are farther from each other. */
static void bound_near(Replay *p)
{
    uint64_t held = 0;
    const Record *r = p->record;
    for (size_t i = 0; i < r->count; i++)
        if (r->points[i].near) held += r->points[i].size;
    if (held <= r->bytes) return;
    record_drop_near(p->record, 0);
    p->leaves = false;
    p->spacing *= 2;
}

/* An Outside's poll. */
static Value *leave_point(Machine *M, const Node *n, Value *fp)
{
    Replay *p = M->outside->context;
    if (!p->spacing || M != p->M || !record_may_take(M)) return fp;
    uint64_t step = replay_step(p);
    if (step < p->next) return fp;
    State *state;
    Value *now = record_take(M, n, fp, &state);
    int64_t grown = p->leaves ? bound_used() - p->used : 0;
    uint64_t size = grown > 0 ? (uint64_t)grown : 0;
    RecordPoint left = {state, step, p->outside.at, NULL, size, true};
    record_add_taken(p->record, M, left);
    p->leaves = true;
    p->used = bound_used();
    bound_near(p);
    p->next = step + p->spacing;
    return now;
}

void replay_begin(Replay *p, Record *r, const RecordPoint *from, Machine *M)
{
    *p = (Replay){.record = r, .M = M, .from = from->step, .shortages = mem_shortages};
    p->outside = (Outside){.replays = true,
                           .log = r->outside.log,
                           .length = r->outside.length,
                           .elsewhere = r->outside.elsewhere,
                           .at = from->log,
                           .poll = leave_point,
                           .context = p};
    p->outside.stops = (StopChain){&p->outside.stop, NULL};
    outside_give(M, &p->outside);
    M->stops = &p->outside.stops;
    if (from->beside) record_beside.give(M, from->beside);
}

RunStatus replay_run(Replay *p, uint64_t to, uint64_t spacing)
{
    Machine *M = p->M;
    p->outside.later = p->record->steps > to ? p->record->steps - to : 0;
    p->spacing = spacing;
    p->next = replay_step(p) + spacing;
    M->limits.portion = spacing && spacing < PORTION ? (int64_t)spacing : PORTION;
    eval_set_budget(M, to - replay_step(p));
    return eval_resume_paused(M);
}
