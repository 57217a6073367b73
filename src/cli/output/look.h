/* SPDX-License-Identifier: MIT */
/*
 * Values with what is in them, for people.
 *
 *   {1, 2, 3, name = "moon", orbit = {a = 384400, e = 0.0549}}
 *
 * Tables stand in a line if there is room, else an entry in a line, keys sorted. How many
 * entries, how deep and how long is bounded, and what is left out is said; a table within
 * itself is told by the path at which it was first. Functions and coroutines have their place,
 * what has __tostring is shown by it.
 *
 * All happens in a run of its own that begins in a state and is then thrown away: looking at
 * something changes nothing, whatever __tostring does. Depth is bounded, so the C stack is too.
 */
#ifndef MOONLET_CLI_LOOK_H
#define MOONLET_CLI_LOOK_H

#include "cli/output/report.h"
#include "cli/output/sheet.h"

enum { LOOK_DEPTH_MAX = 6, LOOK_PAGE = 40 };

typedef struct Look {
    Cli cli; /* the run to look with */
    Sheet *out;
    size_t width;      /* columns of a line */
    size_t first;      /* entry of the outermost table to begin with */
    size_t left;       /* entries of that table that are still to be shown */
    size_t lines_left; /* when there are none, tables are no longer spread */
    size_t depth;
    const Table *above[LOOK_DEPTH_MAX]; /* the tables that this one is in */
    Value keys[LOOK_DEPTH_MAX];
} Look;

/* Begins to look into a state, for the program that c runs. The caller ends it. */
void look_begin(Look *l, const Cli *c, const State *s, Sheet *out);
void look_end(Look *l);

/* Shows v, a table from entry `first` on for LOOK_PAGE entries; l->left says how many are left
 * then. */
void look_show(Look *l, Value v, size_t first);

/* Shows a value that is a part of others. If it is flat, it is all in this line, or the sheet
 * is over. */
void look_value(Look *l, Value v, bool flat);
void look_table(Look *l, Table *t, bool flat);

#endif
