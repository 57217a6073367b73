/* SPDX-License-Identifier: MIT */
/*
 * Searching a recording at full speed.
 *
 *   steps   ..... b   b      b ....        b: a broken node that control has come to
 *                     |<--->|              line by line, where one of them is it
 *
 * At a broken node the step is known, but not the number of the line in it. So where a visitor
 * has found something, the step is passed once more line by line, to the wanted line of the
 * same number. What was changed by a store was changed after the last broken node; so the first
 * line at which it is seen lies between.
 *
 * Main invariant: it finds just what going line by line would find.
 */
#include "api/debug/debug_seek.h"

/* Looking ----------------------------------------------------------------------------- */

static DebugEvent event_of(Seek *s, Machine *M, const Node *n, Value *fp)
{
    const Proto *p = n ? frame_proto(fp) : NULL;
    int line = p ? proto_line(p, proto_index(p, n)) : 0;
    DebugTime at = time_end_of(replay_step(&s->replay.replay));
    return (DebugEvent){.at = at,
                        .M = M,
                        .n = n,
                        .fp = fp,
                        .segment = M->segment,
                        .line = line,
                        .replay = s->rec->replays,
                        .seek = s};
}

/* Whether something that is watched is another now. */
static bool has_changed(Seek *s, DebugEvent *e)
{
    if (!s->filter->changed) return false;
    s->counting = seek_stop_counting();
    bool changed = s->filter->changed(s->context, e);
    seek_go_on_counting(&s->counting);
    return changed;
}

/* Whether the moment is one that is searched; *ends: it is behind them. */
static bool is_searched(Seek *s, const Machine *M, bool *ends)
{
    uint64_t step = replay_step(&s->replay.replay);
    *ends = false;
    if (M != s->replay.S.M || step == s->skipped) return false;
    if (!s->from_first && step <= s->after.step) return false;
    *ends = step >= s->before.step || debug_is_interrupted(s->rec);
    return !*ends;
}

/* Something may be made after the beginning, without a store: then what came first is behind
 * it. */
static void note_first(Seek *s, uint64_t step)
{
    if (s->began_other && !s->first_step) s->first_step = step;
}

/* What is watched has changed: forwards that is looked at line by line; backwards the last one
 * counts. */
static bool note_change(Seek *s, uint64_t step)
{
    if (s->first) s->suspects = true;
    s->has = true;
    s->found = (DebugTime){step, UINT32_MAX};
    s->found_ordinal = 0;
    return s->first;
}

/* Counts what is wanted in this step; gives the step. */
static DebugTime next_ordinal(Seek *s)
{
    DebugTime at = time_end_of(replay_step(&s->replay.replay));
    s->ordinal = at.step == s->at.step ? s->ordinal + 1 : 1;
    return s->at = at;
}

/* true ends the run. */
static bool show_to(Seek *s, DebugEvent *e)
{
    s->counting = seek_stop_counting();
    bool found = s->visit(s->context, e);
    seek_go_on_counting(&s->counting);
    if (!found) return false;
    s->has = true;
    s->found = e->at;
    s->found_ordinal = s->ordinal;
    return s->first;
}

/* Looks at what is watched where something is visited. true ends the run. */
static bool looks_changed(Seek *s, DebugEvent *e)
{
    bool changed = has_changed(s, e);
    note_first(s, e->at.step);
    if (changed && note_change(s, e->at.step)) return true;
    s->before_it = e->at.step;
    return false;
}

static bool at_line(Machine *M, const Node *n, Value **fp, bool enters)
{
    Seek *s = M->breaks->context;
    bool ends;
    if (!is_searched(s, M, &ends)) return ends;
    DebugEvent e = event_of(s, M, n, *fp);
    next_ordinal(s);
    e.enters = enters;
    ends = looks_changed(s, &e) || show_to(s, &e);
    *fp = e.fp;
    return ends;
}

static Value *at_raised(Machine *M, const Node *n, Value *fp, bool *ends)
{
    Seek *s = M->breaks->context;
    if (!is_searched(s, M, ends)) return fp;
    DebugEvent e = seek_raised(s, M, n, fp);
    e.at = next_ordinal(s);
    *ends = looks_changed(s, &e) || show_to(s, &e);
    return s->thrown_at;
}

static bool at_store(Machine *M, const Node *n, Value **fp)
{
    Seek *s = M->breaks->context;
    bool ends, searched = is_searched(s, M, &ends);
    if (!searched && (!ends || s->ended)) return ends;
    DebugEvent e = event_of(s, M, n, fp ? *fp : NULL);
    e.assigns = s->breaks.assigns;
    if (!searched) {
        s->ended = true;
        s->ended_other = has_changed(s, &e);
    } else {
        ends = looks_changed(s, &e);
    }
    if (fp) *fp = e.fp;
    return ends;
}

static unsigned wants(void *seek, const Proto *p, uint32_t i)
{
    Seek *s = seek;
    return s->filter->wants(s->context, p, i);
}

static bool touches(void *seek, Machine *M, const void *object, Value key)
{
    Seek *s = seek;
    if (M != s->replay.S.M) return false;
    if (!s->from_first && replay_step(&s->replay.replay) <= s->after.step) return false;
    return s->filter->touches(s->context, M, s->rec->replays, object, key);
}

static void look_at_begin(Seek *s)
{
    s->first_step = 0;
    s->began_other = false;
    if (s->first || !s->filter->changed_in) return;
    s->counting = seek_stop_counting();
    s->began_other = s->filter->changed_in(
        s->context, s->replay.h, (DebugMoment){s->rec->replays, s->replay.replay.from});
    seek_go_on_counting(&s->counting);
}

/* Looks at the step where the replay ends. Backwards, what is another there is so still, but
 * perhaps for what comes in this step. */
static void look_at_end(Seek *s, const moonlet_state *end, uint64_t step)
{
    if (s->first && s->has) return;
    bool other =
        s->ended ? s->ended_other
                 : s->filter->changed_in(s->context, end, (DebugMoment){s->rec->replays, step});
    if (other) note_change(s, step);
    if (!s->has && s->began_other) note_change(s, s->first_step ? s->first_step : step);
}

/* Nothing but stores is looked at: then what lies behind the point in its step is, too. */
static bool is_of_stores(const Seek *s) { return s->filter->untouched != NULL; }

static bool replay(moonlet_recording *rec, Seek *s)
{
    uint64_t end = rec->record->steps;
    bool good = breaks_begin(&s->breaks, s->replay.S.M);
    if (good) {
        look_at_begin(s);
        replay_run(&s->replay.replay, s->before.step < end ? s->before.step : end, 0);
        breaks_end(&s->breaks);
    }
    uint64_t step = replay_step(&s->replay.replay);
    moonlet_state *state =
        recording_end(rec, &s->replay, good && s->filter->changed_in != NULL);
    if (state) look_at_end(s, state, step);
    moonlet_release(state);
    return good;
}

/* Runs from the point before a step to that of s->before. Answers false where it cannot be done
 * so. */
static bool run(moonlet_recording *rec, Seek *s, uint64_t from)
{
    s->rec = rec;
    s->config = rec->config;
    s->has = s->suspects = s->ended = false;
    s->ordinal = s->found_ordinal = 0;
    rec->replays++;
    recording_begin(rec, &s->replay, from);
    uint64_t begin = s->replay.replay.from;
    s->at = (DebugTime){begin, UINT32_MAX};
    s->skipped = begin && !is_of_stores(s) ? begin : UINT64_MAX;
    s->before_it = begin > s->after.step ? begin : s->after.step;
    s->breaks = (Breaks){.wants = wants, .line = at_line, .store = at_store, .context = s};
    s->breaks.again = seek_begins_anew(s);
    if (!s->breaks.again) s->breaks.last = seek_begun_at(s);
    if (s->filter->touches) s->breaks.touches = touches;
    if (s->filter->touches && s->filter->keys) s->breaks.keys = s->filter->keys(s->context);
    if (rec->raises) s->breaks.raised = at_raised;
    return replay(rec, s);
}

/* Placing ----------------------------------------------------------------------------- */

typedef struct Place {
    const DebugFilter *filter;
    void *context;
    uint32_t left;
} Place;

static bool is_wanted(void *place, DebugEvent *e)
{
    Place *p = place;
    if (e->raises) return --p->left == 0;
    const Proto *proto = frame_proto(e->fp);
    uint32_t i = proto_index(proto, e->n);
    unsigned wanted = p->filter->wants(p->context, proto, i);
    if (!(wanted & BREAK_LINE) && !(wanted & BREAK_ENTRY)) return false;
    return --p->left == 0;
}

/* The number of what was found at a wanted line. */
static bool place(moonlet_recording *rec, const Seek *s, DebugTime *found)
{
    Place p = {s->filter, s->context, s->found_ordinal};
    DebugTime from = time_before_step(s->found.step);
    return debug_next(rec, from, is_wanted, &p, found) && found->step == s->found.step;
}

/* Searching --------------------------------------------------------------------------- */

static bool is_untouched(moonlet_recording *rec, const Seek *s, const RecordPoint *p)
{
    bool more = s->filter->untouched && p + 1 < rec->record->points + rec->record->count;
    return more && s->filter->untouched(s->context, p[0].state, p[1].state);
}

/* Whether what is watched is another at a point than it was when it was seen last: after that
 * line it was written. */
static bool is_other_at(moonlet_recording *rec, const Seek *s, const RecordPoint *p)
{
    moonlet_state *h = handle_new(p->state, rec->config);
    bool other = s->filter->changed_in(s->context, h, (DebugMoment){0, p->step});
    moonlet_release(h);
    return other;
}

/* The step at which a replay is to begin that looks for what is first written at a step or
 * later. */
static uint64_t untouched_from(moonlet_recording *rec, const Seek *s, uint64_t step)
{
    const RecordPoint *p = record_point(rec->record, step);
    if (!is_untouched(rec, s, p) || is_other_at(rec, s, p)) return step;
    do p++;
    while (is_untouched(rec, s, p));
    return p->step + 1;
}

/* The step to which a replay is to go that looks for what was last written before a point: 0,
 * if that is the beginning. */
static uint64_t untouched_to(moonlet_recording *rec, const Seek *s, uint64_t point)
{
    while (point && is_untouched(rec, s, record_point(rec->record, point)))
        point = record_point(rec->record, point)->step;
    return point;
}

typedef struct Until {
    DebugVisit *visit;
    void *context;
    DebugTime last; /* that too */
    bool has;
} Until;

static bool until(void *context, DebugEvent *e)
{
    Until *u = context;
    if (time_before(u->last, e->at)) return true;
    return u->has = u->visit(u->context, e);
}

/* The first one after a time up to another, line by line. */
static bool next_until(moonlet_recording *rec, DebugTime after, DebugTime last,
                       DebugVisit *visit, void *context, DebugTime *found)
{
    Until u = {visit, context, last, false};
    debug_next(rec, after, until, &u, found);
    return u.has;
}

bool debug_quick_next(moonlet_recording *rec, DebugTime after, const DebugFilter *filter,
                      DebugVisit *visit, void *context, DebugTime *found)
{
    if (!filter) return debug_next(rec, after, visit, context, found);
    for (;;) {
        bool begins = !after.step && after.event == UINT32_MAX;
        Seek s = {.visit = visit,
                  .context = context,
                  .filter = filter,
                  .first = true,
                  .from_first = begins,
                  .after = after,
                  .before = time_never};
        DebugTime end = time_end_of(after.step);
        if (!begins && time_before(after, end) &&
            next_until(rec, after, end, visit, context, found))
            return true;
        uint64_t step = begins ? 0 : after.step + 1;
        if (!run(rec, &s, begins ? step : untouched_from(rec, &s, step)))
            return debug_next(rec, begins ? after : end, visit, context, found);
        if (!s.has) return false;
        if (s.suspects) {
            /* also the first line of that step: its node may come behind a store's */
            DebugTime from = time_before_step(s.before_it);
            if (time_before(from, after)) from = after;
            if (next_until(rec, begins && !s.before_it ? time_begin : from, s.found, visit,
                           context, found))
                return true;
        } else if (place(rec, &s, found)) {
            return true;
        }
        /* what changes after the last line is seen at the end only */
        if (debug_is_interrupted(rec) || (!begins && s.found.step <= after.step)) return false;
        after = time_end_of(s.found.step);
    }
}

/* The last one in the steps below one, at full speed; s->found is where. */
static bool last_in_steps(moonlet_recording *rec, Seek *s, uint64_t before, bool *good)
{
    uint64_t from = before; /* the point is one before that */
    for (;;) {
        s->before = (DebugTime){before, 0};
        *good = run(rec, s, from);
        from = s->replay.replay.from;
        if (*good && !s->has) from = untouched_to(rec, s, from);
        if (!*good || s->has || !from || debug_is_interrupted(rec)) return s->has;
        before =
            from + 1; /* the point lies within its step: what comes before it is this run's */
    }
}

bool debug_quick_last(moonlet_recording *rec, DebugTime before, const DebugFilter *filter,
                      DebugVisit *visit, void *context, DebugTime *found)
{
    bool good;
    if (!filter) return debug_last(rec, before, visit, context, found);
    if (before.step > rec->record->steps) before = (DebugTime){rec->record->steps + 1, 0};
    for (;;) {
        Seek s = {.visit = visit, .context = context, .filter = filter, .from_first = true};
        DebugTime from = time_before_step(before.step);
        if (debug_last_after(rec, from, before, visit, context, found)) return true;
        if (!before.step) return false;
        if (!last_in_steps(rec, &s, before.step, &good))
            return !good && debug_last(rec, (DebugTime){before.step, 0}, visit, context, found);
        if (!s.found_ordinal) {
            DebugTime behind = {s.found.step + 1, 0};
            if (time_before(before, behind)) behind = before;
            return debug_quick_last(rec, behind, filter->lines, visit, context, found);
        }
        if (place(rec, &s, found)) return true;
        before = (DebugTime){s.found.step, 0};
    }
}

void debug_quick_pass(moonlet_recording *rec, DebugTime after, DebugTime last,
                      const DebugFilter *filter, DebugVisit *visit, void *context)
{
    bool begins = !after.step && after.event == UINT32_MAX;
    DebugTime end = time_end_of(after.step);
    if (last.step > rec->record->steps) last = (DebugTime){rec->record->steps + 1, 0};
    Seek s = {.visit = visit,
              .context = context,
              .filter = filter,
              .from_first = begins,
              .after = after,
              .before = {last.step, 0}};
    if (!filter || (!begins && after.step == last.step)) {
        debug_pass(rec, after, last, visit, context);
        return;
    }
    if (!begins && time_before(after, end)) debug_pass(rec, after, end, visit, context);
    if (last.step && !run(rec, &s, begins ? 0 : after.step + 1)) {
        debug_pass(rec, begins ? after : end, last, visit, context);
        return;
    }
    debug_pass(rec, time_before_step(last.step), last, visit, context);
}
