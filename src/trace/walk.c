/* SPDX-License-Identifier: MIT */
/*
 * The bounds of walks.
 *
 * Main invariant: others and the clock are looked at once in so many values, and bounds at
 * each step, so a walk exceeds its bounds by one step at most.
 */
#include "trace/walk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "memory/mem.h"

enum { LOOK_EVERY = 1000 }; /* nodes: some 100 us at most */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

Walk walk_begin(void)
{
    return (Walk){.nodes_max = WALK_UNBOUNDED,
                  .bytes_max = WALK_UNBOUNDED,
                  .depth_max = WALK_UNBOUNDED,
                  .deadline = WALK_UNBOUNDED};
}

void walk_limit_time(Walk *w, uint64_t ns)
{
    uint64_t now = now_ns(), deadline = ns < WALK_UNBOUNDED - now ? now + ns : WALK_UNBOUNDED;
    if (deadline < w->deadline) w->deadline = deadline;
}

bool walk_end(Walk *w, WalkEnd why)
{
    assert(why != WALK_OPEN && "a walk ends for a reason");
    if (!w->end) w->end = why;
    w->nodes_until_look = 0; /* so that every step comes by */
    return false;
}

static WalkEnd reached(const Walk *w)
{
    if (mem_short) return WALK_MEMORY;
    if (w->nodes > w->nodes_max) return WALK_NODES;
    if (w->bytes > w->bytes_max) return WALK_BYTES;
    if (w->stopped && w->stopped(w->by)) return WALK_STOPPED;
    if (w->deadline != WALK_UNBOUNDED && now_ns() > w->deadline) return WALK_TIME;
    return WALK_OPEN;
}

bool walk_look(Walk *w)
{
    WalkEnd why = w->end ? w->end : reached(w);
    if (why != WALK_OPEN) return walk_end(w, why);
    w->nodes_until_look = w->nodes + LOOK_EVERY;
    if (w->nodes_until_look > w->nodes_max) w->nodes_until_look = w->nodes_max;
    return true;
}

static bool goes_on(void *walk) { return walk_look(walk); }

bool walk_look_into(Walk *w, const State *s) { return state_look_first(s, goes_on, w); }

const char *walk_text(const Walk *w, char *out)
{
    switch (w->end) {
    case WALK_NODES:
        snprintf(out, WALK_TEXT_MAX, "more than %" PRIu64 " values", w->nodes_max);
        break;
    case WALK_BYTES:
        snprintf(out, WALK_TEXT_MAX, "more than %" PRIu64 " bytes", w->bytes_max);
        break;
    case WALK_DEPTH:
        snprintf(out, WALK_TEXT_MAX, "more than %" PRIu64 " tables deep", w->depth_max);
        break;
    case WALK_TIME: snprintf(out, WALK_TEXT_MAX, "out of time"); break;
    case WALK_STOPPED: snprintf(out, WALK_TEXT_MAX, "interrupted!"); break;
    case WALK_MEMORY: snprintf(out, WALK_TEXT_MAX, "not enough memory"); break;
    case WALK_OPEN: *out = 0; break;
    }
    return out;
}
