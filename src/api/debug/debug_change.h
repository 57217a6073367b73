/* SPDX-License-Identifier: MIT */
/* The last change of what a path leads to, looked for backwards: what searches are given. */
#ifndef MOONLET_API_DEBUG_CHANGE_H
#define MOONLET_API_DEBUG_CHANGE_H

#include "api/debug/debug.h"
#include "api/debug/debug_path.h"

typedef struct DebugChange {
    DebugPath *path;
    DebugSeen now; /* what it was where the search began */
    bool other;    /* what was found is that it had another value, not that its call begins */
} DebugChange;

/* Visitors of events, with a DebugChange as context. The first binds the path at the event, and
 * notes what it is there. The second ends a search where it was something else, or where the
 * call begins of whose frame it is a variable: what is earlier is another's. */
bool debug_change_note(void *context, DebugEvent *e);
bool debug_change_was_other(void *context, DebugEvent *e);

/* What finds the places for debug_change_was_other at full speed, with the DebugChange as
 * context. The path is bound. */
DebugFilter debug_change_filter(const DebugPath *path);

/* Finds when that call was made whose frame p is a variable of, at a time when it is there, and
 * when the function was next called at its place. */
void debug_find_life(moonlet_recording *rec, DebugPath *p, DebugTime now);

#endif
