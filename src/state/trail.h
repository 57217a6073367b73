/* SPDX-License-Identifier: MIT */
/*
 * Trail: the objects that a walk has met, in order, and how each was reached.
 *
 *   steps   [object | copy | from, how, key] [...] ...     step i came from step `from`
 *   index   object -> i, a table
 *
 * For walks that copy graphs: the steps are the queue of what is still to be looked at
 * and, when something cannot be copied, say where it is: "value.players[3].<metatable>".
 * Collected memory; lives as long as the caller keeps it. Adding is O(1), no recursion.
 */
#ifndef MOONLET_TRAIL_H
#define MOONLET_TRAIL_H

#include "state/state.h"

typedef enum StepKind {
    STEP_START, /* the walk begins here */
    STEP_VALUE, /* at a key */
    STEP_KEY,   /* the key itself */
    STEP_META,
    STEP_UPVALUE, /* key: its number from 1 */
    STEP_CELL,    /* what a captured variable holds */
    STEP_STACK,   /* of a coroutine */
    STEP_USER     /* debug.setuservalue */
} StepKind;

typedef struct Step {
    StepKind kind;
    uint32_t from;
    Value key;
} Step;

typedef struct TrailItem {
    Value object, copy;
    Step step;
} TrailItem;

typedef struct Trail {
    Run *R; /* whose ids the index uses up */
    Table *index;
    TrailItem *items;
    uint32_t count, capacity;
} Trail;

/* The item of an object, or NULL if the walk has not met it. Good until the next trail_add. */
TrailItem *trail_find(const Trail *t, Value object);
/* Answers NULL if there is no memory, which is a shortage. */
MEM_TRY TrailItem *trail_add(Trail *t, Value object, Value copy, Step step);

static inline uint32_t trail_number(const Trail *t, const TrailItem *item)
{
    return (uint32_t)(item - t->items);
}

/* The path of what a step leads to, cut to the size. Gives out. */
const char *trail_path(const Trail *t, Step step, char *out, size_t size);

#endif
