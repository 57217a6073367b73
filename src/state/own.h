/* SPDX-License-Identifier: MIT */
/*
 * A run's own snapshots: those that nobody else has looked into, so that the run may go on
 * writing to its objects where they lie (undo.h). For heap.c and state.c.
 */
#ifndef MOONLET_OWN_H
#define MOONLET_OWN_H

#include "state/state.h"

/* s, just taken, is one. */
void own_begin(Run *R, State *s);
/* The object's contents, of which box is a copy, are about to be written over. */
void own_save(Run *R, void *object, uint64_t *box);
/* Gives undo what has been put aside for s, and gives up all own snapshots after it. false: s
 * is none any more, nor are others. */
bool own_undo(Run *R, const State *s, UndoFn *undo);

#endif
