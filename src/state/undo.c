/* SPDX-License-Identifier: MIT */
#include "state/undo.h"

#include "mem.h"

/* With their headers 64 bytes and a page of the collector. */
enum { ENTRIES_FIRST = 3, ENTRIES_MAX = 255 };

Undo *undo_new(struct Run *open)
{
    Undo *u = mem_new(sizeof *u);
    u->open = open;
    return u;
}

static UndoBlock *block_new(UndoBlock *older)
{
    uint32_t size = older ? older->size * 4 + ENTRIES_FIRST : ENTRIES_FIRST;
    if (size > ENTRIES_MAX) size = ENTRIES_MAX;
    UndoBlock *b = mem_new(sizeof *b + size * sizeof b->entries[0]);
    b->older = older;
    b->size = size;
    return b;
}

void undo_add(Undo *u, void *object, uint64_t *box)
{
    UndoBlock *b = u->block;
    if (!b || b->count == b->size) b = u->block = block_new(b);
    b->entries[b->count++] = (UndoEntry){object, box};
}

void undo_each(const Undo *u, UndoFn *fn, void *context)
{
    for (; u; u = u->next)
        for (const UndoBlock *b = u->block; b; b = b->older)
            for (uint32_t i = 0; i < b->count; i++) fn(context, &b->entries[i]);
}
