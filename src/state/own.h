/* SPDX-License-Identifier: MIT */
/*
 * A run's own snapshots: those that nobody else has looked into, so that the run may go on
 * writing to its objects where they lie (undo.h). For heap.c and state.c.
 */
#ifndef MOONLET_OWN_H
#define MOONLET_OWN_H

#include "state/marks.h"
#include "state/state.h"

/* s, just taken, is one. */
void own_begin(Run *R, State *s);
/* The object's contents, of which box is a copy, are about to be written over. */
void own_save(Run *R, void *object, uint64_t *box);
/* Each thing that s contained and that has been put aside for it. */
void own_each(const State *s, UndoFn *fn, void *context);
/* Gives undo what has been put aside for s, and gives up all own snapshots after it. false: s
 * is none any more, nor are others. */
bool own_undo(Run *R, const State *s, UndoFn *undo);
/*
 * Gives up the newest own snapshots: those that are values of the program (run_own_value) but
 * not in `seen`, which has all that it can still come to, up to the newest of which that is not
 * so; what an older one holds may lead to those before it. The collector finds most of them
 * without being told. But a stale word keeps the last one now and then, and with it whatever
 * had a finalizer when it was taken. O(own snapshots).
 */
void own_drop_unseen(Run *R, const Marks *seen);

#endif
