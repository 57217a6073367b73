/* SPDX-License-Identifier: MIT */
/*
 * A run's own snapshots: those that nobody else has looked into, so that the run may go on
 * writing to its objects where they lie (undo.h). For heap.c and state.c.
 */
#ifndef MOONLET_OWN_H
#define MOONLET_OWN_H

#include "state/marks.h"
#include "state/state.h"

/* Makes s, which the run has just taken, an own snapshot. */
void own_begin(Run *R, State *s);
/* Where to put what was last written in this epoch: after o->before it is for the last
 * snapshot alone. */
static inline UndoList *own_list_for(OwnSnapshots *o, uint64_t epoch)
{
    return epoch > o->before ? o->alone : &o->undo->list;
}
void own_save_slow(Run *R, void *object, uint64_t *box);
/* The object's contents, of which box is a copy, are about to be written over. */
static inline void own_save(Run *R, void *object, uint64_t *box)
{
    UndoList *l = own_list_for(&R->own, *box);
    if (__builtin_expect(undo_full(l) || *box > R->own.last, 0))
        own_save_slow(R, object, box);
    else
        undo_put(l, object, box);
}
/* Each thing that s contained and that has been put aside for it. */
void own_each(const State *s, UndoFn *fn, void *context);
/* Hands to undo what has been put aside for s, and gives up all own snapshots after it. Answers
 * false if s is no own snapshot any more; then the run has none at all. */
bool own_undo(Run *R, const State *s, UndoFn *undo);
/* Lets go of what has been put aside for s, which is whole. Nobody else knows s. */
void own_forget(State *s);
/*
 * Gives up own snapshots that the program has lost, beginning with the newest. Such a snapshot
 * is a value of the program (run_own_value), and it is not in `seen`, the set of all snapshots
 * that the program can still reach. It stops at the first snapshot that is not lost, because
 * what that one holds may lead to older ones. The collector finds most lost snapshots by
 * itself, but now and then a stale word keeps the last one, and with it whatever had a
 * finalizer when it was taken. O(own snapshots).
 */
void own_drop_unseen(Run *R, const Marks *seen);

#endif
