/* SPDX-License-Identifier: MIT */
/*
 * Undo logs: lists of blocks of entries, the newest first.
 *
 * Main invariant: an entry never changes. Blocks but the newest are full.
 */
#include "state/undo.h"

#include <assert.h>

/* Blocks of so many are 64 bytes and, with their headers, the largest that have free lists. */
enum { ENTRIES_FIRST = 3, ENTRIES_MAX = 63 };

MEM_THREAD uint64_t undo_logged;

static UndoBlock *block_new(UndoBlock *older)
{
    uint32_t size = older ? older->size * 4 + ENTRIES_FIRST : ENTRIES_FIRST;
    if (size > ENTRIES_MAX) size = ENTRIES_MAX;
    UndoBlock *b = mem_new(sizeof *b + size * sizeof b->entries[0]);
    undo_logged += sizeof *b + size * sizeof b->entries[0];
    b->older = older;
    b->size = size;
    return b;
}

void undo_add(UndoList *l, void *object, uint64_t *box)
{
    assert(object && box && "an entry has an object and contents");
    if (undo_full(l)) l->block = block_new(l->block);
    undo_put(l, object, box);
}

void undo_each(const UndoList *l, UndoFn *fn, void *context)
{
    for (const UndoBlock *b = l->block; b; b = b->older)
        for (uint32_t i = 0; i < b->count; i++) fn(context, &b->entries[i]);
}

typedef struct Merging {
    UndoList *to;
    uint64_t epoch;
} Merging;

static void merge_entry(void *context, const UndoEntry *e)
{
    const Merging *m = context;
    if (*e->box <= m->epoch) undo_add(m->to, e->object, e->box);
}

void undo_merge(Undo *u, Undo *next, uint64_t epoch)
{
    assert(u != next && "there is a log to take over from, or the end");
    Merging m = {&u->list, epoch};
    for (const Undo *v = u->next; v != next; v = v->next) undo_each(&v->list, merge_entry, &m);
    u->next = next;
}
