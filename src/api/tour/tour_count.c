/* SPDX-License-Identifier: MIT */
/*
 * How often breaks were hit.
 *
 * Main invariant: a break's count is how often it was hit from the program's beginning up to a
 * moment, so it does not depend on the way there.
 */
#include "api/tour/tour_break.h"

/* Counting ---------------------------------------------------------------------------- */

typedef struct Count {
    TourBreak *b;
    uint64_t hits;
    DebugSeen seen; /* what the break's path was before the event */
    bool begun;     /* that is known */
} Count;

static bool count_hit(void *context, DebugEvent *e)
{
    Count *c = context;
    if (break_is_met(c->b, e)) c->hits++;
    return false;
}

static bool see(void *context, DebugEvent *e)
{
    bool relevant;
    Count *c = context;
    c->seen = path_see(c->b->path, e, &relevant);
    return c->begun = true;
}

/* Sees what the path was at the last line before a branch that goes on from the end of the one
 * before it, if there is a line. */
static void see_before(const Tour *t, int branch, Count *c)
{
    DebugTime found;
    while (!c->begun && branch > 0 && t->branches[branch].from.step == time_never.step) {
        moonlet_recording *rec = t->branches[--branch].rec;
        debug_last(rec, (DebugTime){rec->record->steps + 1, 0}, see, c, &found);
    }
}

static bool count_change(void *context, DebugEvent *e)
{
    Count *c = context;
    if (e->raises) return false;
    if (!c->begun)
        see(c, e);
    else if (break_has_changed(c->b->path, &c->seen, false, e) && break_holds(c->b, e))
        c->hits++;
    return false;
}

static unsigned wants_hit(void *context, const Proto *p, uint32_t i)
{
    return break_wants(((Count *)context)->b, p, i);
}

/* The hits after a time of the branch, up to another one. */
static uint64_t hits_between(const Tour *t, int branch, TourBreak *b, DebugTime after,
                             DebugTime last)
{
    static const DebugFilter f = {.wants = wants_hit};
    Count c = {.b = b};
    moonlet_recording *rec = t->branches[branch].rec;
    const volatile int *interrupt = rec->interrupt;
    rec->interrupt = NULL; /* what is counted is wanted */
    rec->raises = b->errors;
    break_prepare(b);
    if (!b->path) {
        debug_quick_pass(rec, after, last, &f, count_hit, &c);
    } else {
        if (tour_is_beginning(after))
            see_before(t, branch, &c);
        else
            moonlet_release(debug_state(rec, after, see, &c));
        debug_pass(rec, after, last, count_change, &c);
    }
    rec->raises = false;
    rec->interrupt = interrupt;
    return c.hits;
}

/* The time of a branch at which nothing in it is counted. What was begun at a line begins with
 * that line once more. */
static DebugTime begin_of(const Tour *t, int branch)
{
    bool line = branch && t->branches[branch].from.step != time_never.step;
    return line ? (DebugTime){0, 0} : time_begin;
}

/* Counts up to a time of a branch. */
static void count_to(const Tour *t, TourBreak *b, int branch, DebugTime to)
{
    TourCount *c = &b->count;
    if (c->branch != branch) {
        c->branch = branch;
        c->at = begin_of(t, branch);
        c->hits = 0;
    }
    if (c->at.step == to.step && c->at.event == to.event) return;
    if (tour_is_beginning(c->at) || (!tour_is_beginning(to) && time_before(c->at, to)))
        c->hits += hits_between(t, branch, b, c->at, to);
    else
        c->hits -= hits_between(t, branch, b, to, c->at);
    c->at = to;
}

/* The hits up to where the tour's branch begins. */
uint64_t tour_hits_before(const Tour *t, TourBreak *b)
{
    TourCount *c = &b->count;
    while (c->known <= t->branch) {
        int i = c->known;
        uint64_t *before = tour_room(c->before, i, sizeof *before);
        if (!before) return 0; /* nobody knows */
        c->before = before;
        if (i) count_to(t, b, i - 1, t->branches[i].from);
        before[i] = i ? before[i - 1] + c->hits : 0;
        c->known++;
    }
    return c->before[t->branch];
}

DebugSeen tour_seen_before(const Tour *t, TourBreak *b)
{
    Count c = {.b = b};
    see_before(t, t->branch, &c);
    return c.seen;
}

uint64_t tour_hits(Tour *t, TourBreak *b)
{
    uint64_t before = tour_hits_before(t, b);
    count_to(t, b, t->branch, t->now);
    return before + b->count.hits;
}

void tour_forget_counts(Tour *t, int i)
{
    for (int k = 0; k < t->break_count; k++) {
        TourCount *c = &t->breaks[k]->count;
        if (c->known > i) c->known = i;
        if (c->branch >= i) c->branch = -1;
    }
}

void tour_counted_to(Tour *t, DebugTime end)
{
    for (int i = 0; i < t->break_count; i++) {
        TourCount *c = &t->breaks[i]->count;
        bool beyond = !tour_is_beginning(c->at) && time_before(end, c->at);
        if (t->breaks[i]->rule && beyond) c->at = end;
    }
}
