/* SPDX-License-Identifier: MIT */
/*
 * Searches for hits of breaks, and for lines of a tour's way.
 *
 * Main invariant: the filter passes over no event that is a hit, or one of the way.
 */
#include <stdlib.h>

#include "api/tour/tour_break.h"
#include "stack/breaks.h"

/* Hits -------------------------------------------------------------------------------- */

/* Notes a hit. Whether an earlier pass of the search has met it already. */
static bool is_met_again(TourBreak *b, const DebugEvent *e)
{
    TourPass *now = &b->pass, *was = &b->passed;
    if (now->replay != e->replay || now->step != e->at.step)
        *now = (TourPass){e->replay, e->at.step, 0};
    now->met++;
    if (now->step < was->step || (now->step == was->step && now->met <= was->met)) return true;
    *was = *now;
    return false;
}

/* How often it was hit up to the hit that was noted last. What is passed again are hits of one
 * step. */
static uint64_t hits_there(const TourSeek *s, TourBreak *b)
{
    return tour_hits_before(s->t, b) + b->count.hits - (b->passed.met - b->pass.met);
}

static bool is_stop(TourSeek *s, int i, DebugEvent *e)
{
    TourBreak *b = s->t->breaks[i];
    if (!b->path && !break_is_met(b, e)) return false;
    if (b->path && (e->raises || !break_has_changed(b->path, &s->seen[i], s->back, e) ||
                    !break_holds(b, e)))
        return false;
    if (s->back) return !b->log;
    bool again = is_met_again(b, e);
    if (b->rule) {
        if (!again) b->count.hits++, b->count.at = e->at;
        if (!break_rule_holds(b, hits_there(s, b))) return false;
    }
    if (b->log && !again) break_say(s, b, e);
    return !b->log;
}

bool tour_is_hit(void *seek, DebugEvent *e)
{
    TourSeek *s = seek;
    TourBreak *hit = NULL;
    for (int i = 0; i < s->t->break_count; i++) {
        if (!is_stop(s, i, e)) continue;
        s->t->breaks[i]->stopped = s->found + 1;
        if (!hit) hit = s->t->breaks[i];
    }
    bool is_way = !e->raises && s->also && s->also(s->context, e);
    if (!hit && !is_way) return false;
    s->found++;
    s->hit = hit;
    s->is_way = is_way;
    return true;
}

TourBreak *tour_hit_back(const TourSeek *s)
{
    for (int i = 0; i < s->t->break_count; i++) {
        TourBreak *b = s->t->breaks[i];
        if (b->stopped != s->found) continue;
        /* a line that will change something is before that hit */
        if (!b->rule || break_rule_holds(b, tour_hits(s->t, b) + (b->path != NULL))) return b;
    }
    return NULL;
}

/* Where hits can be --------------------------------------------------------------------- */

static bool is_on_stack(const TourSeek *s, const AstFunction *f)
{
    for (size_t i = 0; i < s->function_count; i++)
        if (debug_same_function(s->functions[i], f)) return true;
    return false;
}

static unsigned wants(void *seek, const Proto *p, uint32_t i)
{
    const TourSeek *s = seek;
    unsigned all = 0;
    if (s->also && proto_line(p, i) && is_on_stack(s, p->source)) all |= BREAK_LINE;
    for (int k = 0; k < s->t->break_count; k++) {
        const TourBreak *b = s->t->breaks[k];
        all |= b->path ? path_wants(b->path, p, i) : break_wants(b, p, i);
    }
    return all;
}

static bool changed(void *seek, DebugEvent *e)
{
    TourSeek *s = seek;
    bool relevant, any = false;
    for (int i = 0; i < s->t->break_count; i++) {
        DebugPath *p = s->t->breaks[i]->path;
        if (!p) continue;
        bool local = p->base == PATH_LOCAL;
        DebugSeen now = path_see(p, e, &relevant);
        if (local && (!relevant || path_enters(p, e))) continue; /* another call's */
        if ((local && e->assigns) || !seen_same(now, s->seen[i])) any = true;
    }
    return any;
}

static unsigned wants_lines(void *seek, const Proto *p, uint32_t i)
{
    const TourSeek *s = seek;
    unsigned all = wants(seek, p, i) & ~(unsigned)(BREAK_STORE | BREAK_AFTER);
    for (int k = 0; k < s->t->break_count; k++)
        if (s->t->breaks[k]->path) all |= path_wants_lines(s->t->breaks[k]->path, p, i);
    return all;
}

static bool changed_in(void *seek, const moonlet_state *state, DebugMoment at)
{
    const TourSeek *s = seek;
    bool relevant;
    for (int i = 0; i < s->t->break_count; i++) {
        DebugPath *p = s->t->breaks[i]->path;
        if (!p || (p->base == PATH_LOCAL && !s->seen[i].known)) continue;
        DebugSeen now = path_see_in(p, state, at, &relevant);
        if (relevant && !seen_same(now, s->seen[i])) return true;
    }
    return false;
}

static bool touches(void *seek, Machine *M, uint64_t replay, const void *object, Value key)
{
    const TourSeek *s = seek;
    bool any = false;
    for (int i = 0; i < s->t->break_count; i++) {
        DebugPath *p = s->t->breaks[i]->path;
        if (p && path_touches(p, M, replay, object, key)) any = true;
    }
    return any;
}

static uint64_t keys(const void *seek)
{
    const TourSeek *s = seek;
    uint64_t all = 0;
    for (int i = 0; i < s->t->break_count; i++)
        if (s->t->breaks[i]->path) all |= path_key_bits(s->t->breaks[i]->path);
    return all;
}

static bool untouched(void *seek, const State *before, const State *after)
{
    const TourSeek *s = seek;
    for (int i = 0; i < s->t->break_count; i++)
        if (!path_is_untouched(s->t->breaks[i]->path, before, after)) return false;
    return true;
}

const DebugFilter *tour_filter(TourSeek *s)
{
    bool locals = true, globals = !s->also;
    for (int i = 0; i < s->t->break_count; i++) {
        const DebugPath *p = s->t->breaks[i]->path;
        if (p && (p->base != PATH_LOCAL || p->count > 1)) locals = false;
        if (!p || p->base != PATH_GLOBAL) globals = false;
    }
    s->lines = (DebugFilter){.wants = wants_lines};
    s->filter = (DebugFilter){.wants = wants};
    if (s->seen)
        s->filter = (DebugFilter){wants,
                                  changed,
                                  changed_in,
                                  locals ? &s->lines : NULL,
                                  touches,
                                  keys,
                                  globals ? untouched : NULL};
    return s->slow ? NULL : &s->filter;
}

/* The functions of the frames that there are, and that of the variable's frame. */
static void note_functions(TourSeek *s)
{
    const Tour *t = s->t;
    DebugPlaces p = debug_places(t->state, NULL);
    s->functions = calloc(p.count + 1, sizeof *s->functions);
    s->slow = !s->functions;
    for (size_t i = 0; i < p.count && s->functions; i++)
        if (p.at[i].function && !is_on_stack(s, p.at[i].function))
            s->functions[s->function_count++] = p.at[i].function;
    for (int k = 0; k < t->break_count; k++) {
        DebugPath *path = t->breaks[k]->path;
        if (!path || path->base != PATH_LOCAL) continue;
        for (size_t i = 0; i < p.count && !path->function; i++)
            if (p.at[i].frame.coroutine == path->frame.coroutine &&
                p.at[i].frame.depth == path->frame.depth)
                path->function = p.at[i].function;
        if (!path->function) s->slow = true;
    }
    debug_places_free(&p);
}

void tour_seek_end(TourSeek *s, bool found)
{
    if (found || !s->back)
        free(s->seen);
    else
        s->t->seen_behind = s->seen;
    free(s->functions);
}

/* Beginning --------------------------------------------------------------------------- */

static bool note_values(void *seek, DebugEvent *e)
{
    TourSeek *s = seek;
    bool relevant;
    for (int i = 0; i < s->t->break_count; i++)
        if (s->t->breaks[i]->path) s->seen[i] = path_see(s->t->breaks[i]->path, e, &relevant);
    return true;
}

/* Where there is no line: what the state says of all but local variables. */
static void note_values_at_end(TourSeek *s)
{
    const Tour *t = s->t;
    bool relevant;
    for (int i = 0; i < t->break_count; i++)
        if (t->breaks[i]->path)
            s->seen[i] = path_see_in(t->breaks[i]->path, t->state,
                                     (DebugMoment){0, t->rec->record->steps}, &relevant);
}

/* What they were before the beginning of a branch that goes on from the end of another one. */
static void note_values_before(TourSeek *s)
{
    for (int i = 0; i < s->t->break_count; i++)
        if (s->t->breaks[i]->path) s->seen[i] = tour_seen_before(s->t, s->t->breaks[i]);
}

/* What the paths were where the search begins, or at the line before. */
static void note_start(TourSeek *s)
{
    Tour *t = s->t;
    DebugTime first = {0, 0};
    s->seen = t->seen_behind;
    t->seen_behind = NULL;
    if (s->seen && s->back && t->where == TOUR_END) return;
    free(s->seen);
    s->seen = calloc((size_t)t->break_count, sizeof *s->seen);
    if (!s->seen) return;
    if (tour_is_within(t->where))
        moonlet_release(
            debug_state(t->rec, tour_is_beginning(t->now) ? first : t->now, note_values, s));
    else if (tour_is_beginning(t->now))
        note_values_before(s);
    else
        note_values_at_end(s);
}

void tour_seek_begin(TourSeek *s)
{
    Tour *t = s->t;
    bool watches = false;
    for (int i = 0; i < t->break_count; i++) {
        TourBreak *b = t->breaks[i];
        break_prepare(b);
        if (b->path) watches = true;
        if (b->path) b->path->lives = b->path->dies && b->path->branch == t->branch;
        if (b->rule && !s->back) tour_hits(t, b);
        b->pass = (TourPass){0};
        b->passed = (TourPass){.step = t->now.step};
        b->stopped = 0;
    }
    note_functions(s);
    if (watches) note_start(s);
}
