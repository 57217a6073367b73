/* SPDX-License-Identifier: MIT */
/*
 * Walk: how far a walk over a state's data may go, and how far it has come.
 *
 * What a program has made can be larger than it looks. Thirty tables, each of which holds the
 * next one twice, are 2^30 tables to a walk that does not notice. A string of a megabyte may
 * stand in a thousand places. So all walks for the host (terms, imports, packs, digests) ask
 * before each step whether it may be taken. `nodes` are values looked at, `bytes` those of what
 * is made.
 *
 * Invariant: once a walk has ended it takes no more steps, and `end` says why.
 */
#ifndef MOONLET_WALK_H
#define MOONLET_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/state.h"

typedef enum WalkEnd {
    WALK_OPEN,
    WALK_NODES,
    WALK_BYTES,
    WALK_DEPTH,
    WALK_TIME, /* so far bounds that the data has met, from here on what comes from outside */
    WALK_STOPPED, /* by others */
    WALK_MEMORY   /* there is none left */
} WalkEnd;

#define WALK_UNBOUNDED UINT64_MAX
enum { WALK_TEXT_MAX = 80 };

typedef struct Walk {
    uint64_t nodes_max, bytes_max, depth_max;
    uint64_t deadline;               /* of the monotonic clock, in ns; WALK_UNBOUNDED: none */
    bool (*stopped)(const void *by); /* whether others end it; NULL: nobody does */
    const void *by;
    uint64_t nodes, bytes;     /* so far */
    uint64_t nodes_until_look; /* at others and the clock, or that are all */
    WalkEnd end;
} Walk;

/* A walk without bounds. The caller may set some. */
Walk walk_begin(void);
/* It may take no longer than this from now on. */
void walk_limit_time(Walk *w, uint64_t ns);

bool walk_look(Walk *w);
/* Takes a step. Answers false if the walk has ended. O(1). */
static inline bool walk_take(Walk *w, uint64_t nodes, uint64_t bytes)
{
    w->nodes += nodes;
    w->bytes += bytes;
    if (w->nodes < w->nodes_until_look && w->bytes <= w->bytes_max) return true;
    return walk_look(w);
}
/* Takes the first look into a state (state_look_first). Answers false if the walk has ended. */
bool walk_look_into(Walk *w, const State *s);
/* Ends the walk. Answers false. */
bool walk_end(Walk *w, WalkEnd why);
/* Asks as walk_take does, for going down to this depth, counted from 1. */
static inline bool walk_deepen(Walk *w, uint64_t depth)
{
    return depth > w->depth_max ? walk_end(w, WALK_DEPTH) : !w->end;
}

/* "more than 100 values", and so on, in out of WALK_TEXT_MAX bytes. Gives out. */
const char *walk_text(const Walk *w, char *out);

#endif
