/* SPDX-License-Identifier: MIT */
/*
 * Undo: what a run has written over since a snapshot that it keeps to itself.
 *
 * Nobody but the run that took such a snapshot can look into it, so it need not be whole. The
 * run goes on writing to its objects in place. Before it writes over something, it puts the
 * old contents aside, once for each object and snapshot. So the run finds its objects where
 * they always were. Whoever looks into the snapshot pays, because it is made whole then
 * (state_heap in own.c). The technique is known as shallow binding (Baker, "Shallow Binding in
 * Lisp 1.5", CACM 1978).
 *
 *   State k   -> alone  [what only k needs: as it was written between k - 1 and k]
 *             -> Undo k [what k and earlier ones need; put aside before k + 1]
 *                  -next-> Undo k + 1
 *   entry        object, and the contents with their epoch as they were: a box of the heap map
 *
 * Invariants (undo_check):
 *  1. if an object has been written over since snapshot k, there is exactly one entry for it,
 *     in the list of k alone or from Undo k on, whose epoch is not after that of k. That entry
 *     has the contents of k. An object without an entry contains now what it did then.
 *  2. no entry in the list of k alone has an epoch after that of k.
 *  3. only the last log is open, and only the newest block of a list has room.
 *
 * A snapshot refers to the logs of later snapshots and not to those of earlier ones, and the
 * run refers to its snapshots weakly. So what only dropped snapshots need is dropped with
 * them. When k is dropped and an earlier snapshot is not, the earlier one takes from Undo k
 * what it needs.
 *
 * Only the run's thread may touch an open log. run_close (state.h) ends the writing over. It is
 * called before anybody else can see one of the snapshots, and before anybody looks into one.
 */
#ifndef MOONLET_UNDO_H
#define MOONLET_UNDO_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/mem.h"

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

/* Bytes of logs that the thread has ever begun. They are no bytes of the program's, whose
 * limits must not go by who keeps which of its states. */
extern MEM_THREAD uint64_t undo_logged;

/* Amortised O(1). */
void undo_add(UndoList *l, void *object, uint64_t *box);
/* Adds to a list that is not full. O(1). */
static inline void undo_put(UndoList *l, void *object, uint64_t *box)
{
    UndoBlock *b = l->block;
    b->entries[b->count++] = (UndoEntry){object, box};
}
/* Whether the next entry begins a new block. */
static inline bool undo_full(const UndoList *l)
{
    return !l->block || l->block->count == l->block->size;
}
/* The snapshots between that of u and that of next are no more. u takes over those entries of
 * their logs whose epochs are up to that of its own snapshot. If next is NULL, all logs after u
 * are meant. */
void undo_merge(Undo *u, Undo *next, uint64_t epoch);

typedef void UndoFn(void *context, const UndoEntry *e);
void undo_each(const UndoList *l, UndoFn *fn, void *context);

#endif
