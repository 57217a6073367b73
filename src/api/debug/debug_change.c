/* SPDX-License-Identifier: MIT */
/*
 * What searches for changes of a path are given; see debug_change.h.
 *
 * Main invariant: the filter passes over no event at which debug_change_was_other would end the
 * search.
 */
#include "api/debug/debug_change.h"

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

static bool untouched(void *context, const State *before, const State *after)
{
    return path_is_untouched(((DebugChange *)context)->path, before, after);
}

static unsigned wants_lines(void *context, const Proto *p, uint32_t i)
{
    return path_wants_lines(((DebugChange *)context)->path, p, i);
}

DebugFilter debug_change_filter(const DebugPath *path)
{
    static const DebugFilter lines = {.wants = wants_lines};
    bool local = path->base == PATH_LOCAL && path->count == 1;
    return (DebugFilter){wants,      changed,
                         changed_in, local ? &lines : NULL,
                         touches,    path->base == PATH_GLOBAL ? untouched : NULL};
}
