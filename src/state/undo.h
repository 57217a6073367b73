/* SPDX-License-Identifier: MIT */
/*
 * Undo: what a run has written over since a snapshot that it keeps to itself.
 *
 * A snapshot that nobody but the run that took it can look into need not be whole: the run
 * goes on writing to its objects where they lie, and puts what it writes over aside, once
 * for each object and snapshot. The run finds its objects where they always were; only who
 * looks into the snapshot pays, as it is then made whole (state_heap in own.c). Also
 * called shallow binding, or rerooting without going back (Baker, "Shallow Binding in Lisp
 * 1.5", CACM 1978).
 *
 *   State k   -> alone  [what only k needs: as it was written between k - 1 and k]
 *             -> Undo k [what k and earlier ones need; put aside before k + 1]
 *                  -next-> Undo k + 1
 *   entry        object, and the contents with their epoch as they were: a box of the heap map
 *
 * Invariants (undo_check):
 *  1. what an object contained in snapshot k is the only entry for it, alone or from Undo k on,
 *     whose epoch is not after that of k; if there is none, what it contains now.
 *  2. what is put aside for k alone is of no epoch after that of k.
 *  3. only the last log is open, and only the newest block of a list has room.
 *
 * A snapshot knows the logs of later ones but no earlier ones, and the run knows its
 * snapshots by a weak list: so what only dropped ones need goes with them. When k is dropped
 * and an earlier one is not, that one takes over from Undo k what it needs.
 *
 * Only the run's thread may touch an open log. run_close (state.h) ends the writing over:
 * before others can see one of the snapshots, and before one of them is looked into.
 */
#ifndef MOONLET_UNDO_H
#define MOONLET_UNDO_H

#include <stdbool.h>
#include <stdint.h>

typedef struct UndoEntry {
    void *object;
    uint64_t *box; /* epoch, contents */
} UndoEntry;

typedef struct UndoBlock {
    struct UndoBlock *older;
    uint32_t count, size;
    UndoEntry entries[];
} UndoBlock;

typedef struct UndoList {
    UndoBlock *block; /* the newest, or NULL */
} UndoList;

typedef struct Undo {
    struct Undo *next; /* of the run's next snapshot, or NULL */
    struct Run *open;  /* in the last one: the run that goes on writing over, or NULL */
    UndoList list;
} Undo;

/* Amortised O(1). */
void undo_add(UndoList *l, void *object, uint64_t *box);
/* Whether the next entry begins a new block. */
static inline bool undo_full(const UndoList *l)
{
    return !l->block || l->block->count == l->block->size;
}
/* Takes the place of the logs between u and next (NULL: all after u), whose snapshots are no
 * more: of their entries those of epochs up to that of u's snapshot. */
void undo_merge(Undo *u, Undo *next, uint64_t epoch);

typedef void UndoFn(void *context, const UndoEntry *e);
void undo_each(const UndoList *l, UndoFn *fn, void *context);

#endif
