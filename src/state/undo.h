/* SPDX-License-Identifier: MIT */
/*
 * Undo: what a run has written over since a snapshot that it keeps to itself.
 *
 * A snapshot that nobody but the run that took it can look into need not be whole: the run
 * goes on writing to its objects where they lie, and puts what it writes over aside, once
 * for each object and snapshot. The run finds its objects where they always were; only who
 * looks into the snapshot pays, as it is then made whole (state_heap in state.c). Also
 * called shallow binding, or rerooting without going back (Baker, "Shallow Binding in Lisp
 * 1.5", CACM 1978).
 *
 *   State k   -> Undo k  [what was written over before snapshot k + 1] -next-> Undo k + 1
 *   entry     object, and the contents with their epoch as they were: a box of the heap map
 *
 * What an object contained in snapshot k is the only entry for it, from Undo k on, whose
 * epoch is not after that of k; if there is none, what it contains now. An undo log knows
 * the later ones but no earlier ones, so a snapshot that is dropped takes its own with it.
 *
 * Only the run's thread may touch an open log. run_close (state.h) ends the writing over:
 * before others can see one of the snapshots, and before one of them is looked into.
 */
#ifndef MOONLET_UNDO_H
#define MOONLET_UNDO_H

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

typedef struct Undo {
    struct Undo *next; /* of the run's next snapshot, or NULL */
    struct Run *open;  /* in the last one: the run that goes on writing over, or NULL */
    UndoBlock *block;  /* the newest, or NULL */
} Undo;

Undo *undo_new(struct Run *open);
/* Amortised O(1). */
void undo_add(Undo *u, void *object, uint64_t *box);

/* Each entry from this log on. */
typedef void UndoFn(void *context, const UndoEntry *e);
void undo_each(const Undo *u, UndoFn *fn, void *context);

#endif
