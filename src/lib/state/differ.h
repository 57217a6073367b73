/* SPDX-License-Identifier: MIT */
/*
 * Differ: what differs between two states, for programs (state.diff) and hosts (moonlet_diff).
 *
 * An array of {path=, old=, new=} for each key, in the tables and userdata that globals reach,
 * whose values differ. Of a path of more than 1000 bytes there is the end. What is shared by
 * both states costs nothing where nothing below it has changed.
 */
#ifndef MOONLET_DIFFER_H
#define MOONLET_DIFFER_H

#include "stack/machine.h"
#include "trace/walk.h"

/* A table of M's, whose state need be neither. Answers NULL if there is no room for it, or if
 * walk->end says why it is not whole. O(tables on the way to what differs). */
Table *differ(Machine *M, const State *from, const State *to, Walk *walk);

#endif
