/* SPDX-License-Identifier: MIT */
/*
 * Freezing: tables made read-only (heap_freeze), one or all that it reaches.
 *
 * Deep: by keys, values and metatables. Functions stay as they are, with the variables that
 * they have captured: those are no tables, and what they hold is the functions' own. The
 * registry, where libraries keep what they must be able to change, is never frozen, nor is
 * what is reached only through it.
 */
#ifndef MOONLET_FREEZE_H
#define MOONLET_FREEZE_H

#include "state/state.h"
#include "trace/walk.h"

/* No recursion. When the walk has ended before, some tables are not frozen yet. */
void freeze_table(Run *R, Table *t, bool deep, Walk *walk);
/* The tables of all libraries that are loaded, but the globals' own, with their metatables,
 * and the metatables of types. */
void freeze_libraries(Run *R);

#endif
