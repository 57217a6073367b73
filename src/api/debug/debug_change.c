/* SPDX-License-Identifier: MIT */
/*
 * What searches for changes of a path are given; see debug_change.h.
 *
 * Main invariant: the filter passes over no event at which debug_change_was_other would end the
 * search.
 */
#include "api/debug/debug_change.h"

#include "stack/breaks.h"

bool debug_change_note(void *context, DebugEvent *e)
{
    DebugChange *c = context;
    bool relevant;
    path_bind(c->path, e);
    c->now = path_see(c->path, e, &relevant);
    return true;
}

bool debug_change_was_other(void *context, DebugEvent *e)
{
    DebugChange *c = context;
    bool relevant;
    DebugSeen s = path_see(c->path, e, &relevant);
    c->other = !seen_same(s, c->now);
    return relevant && (c->other || path_enters(c->path, e));
}

static unsigned wants(void *context, const Proto *p, uint32_t i)
{
    return path_wants(((DebugChange *)context)->path, p, i);
}

static bool changed(void *context, DebugEvent *e)
{
    DebugChange *c = context;
    bool relevant;
    DebugSeen s = path_see(c->path, e, &relevant);
    if (c->path->base != PATH_LOCAL) return !seen_same(s, c->now);
    return e->assigns || (relevant && !seen_same(s, c->now));
}

static bool changed_in(void *context, const moonlet_state *s, DebugMoment at)
{
    DebugChange *c = context;
    bool relevant;
    DebugSeen seen = path_see_in(c->path, s, at, &relevant);
    return relevant && !seen_same(seen, c->now);
}

static bool touches(void *context, Machine *M, uint64_t replay, const void *object, Value key)
{
    return path_touches(((DebugChange *)context)->path, M, replay, object, key);
}

static uint64_t keys(const void *context)
{
    return path_key_bits(((const DebugChange *)context)->path);
}

static bool untouched(void *context, const State *before, const State *after)
{
    return path_is_untouched(((DebugChange *)context)->path, before, after);
}

static unsigned wants_lines(void *context, const Proto *p, uint32_t i)
{
    return path_wants_lines(((DebugChange *)context)->path, p, i);
}

static unsigned wants_entry(void *path, const Proto *p, uint32_t i)
{
    const DebugPath *x = path;
    bool first = x->function && debug_same_function(p->source, x->function);
    return first && i == breaks_first_line(p) ? BREAK_LINE | BREAK_ENTRY : 0;
}

static bool is_entry(void *path, DebugEvent *e) { return path_enters(path, e); }

void debug_find_life(moonlet_recording *rec, DebugPath *p, DebugTime now)
{
    const DebugFilter entries = {.wants = wants_entry};
    DebugTime found, behind = {now.step, now.event + (now.event < UINT32_MAX)};
    p->lives = false;
    p->born = debug_quick_last(rec, behind, &entries, is_entry, p, &found) ? found.step : 0;
    bool again = now.step < rec->record->steps &&
                 debug_quick_next(rec, now, &entries, is_entry, p, &found);
    p->dies = again ? found.step : UINT64_MAX;
    p->lives = true;
}

DebugFilter debug_change_filter(const DebugPath *path)
{
    static const DebugFilter lines = {.wants = wants_lines};
    bool local = path->base == PATH_LOCAL && path->count == 1;
    return (DebugFilter){wants,
                         changed,
                         changed_in,
                         local ? &lines : NULL,
                         touches,
                         keys,
                         path->base == PATH_GLOBAL ? untouched : NULL};
}
