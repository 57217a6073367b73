/* SPDX-License-Identifier: MIT */
#include "state/marks.h"

#include <stdio.h>
#include <stdlib.h>

enum { SLOTS_MIN_BITS = 10, LIST_FIRST = 64 };

static void *checked(void *p)
{
    if (!p) {
        fputs("moonlet: not enough memory\n", stderr);
        abort();
    }
    return p;
}

static void make(Marks *m, unsigned bits)
{
    m->slots = checked(calloc((size_t)1 << bits, sizeof *m->slots));
    m->mask = ((size_t)1 << bits) - 1;
    m->shift = 64 - bits;
    m->count = 0;
}

void marks_init(Marks *m, size_t expected)
{
    unsigned bits = SLOTS_MIN_BITS;
    while (((size_t)1 << bits) / 4 * 3 <= expected) bits++;
    make(m, bits);
}

void marks_free(Marks *m)
{
    free(m->slots);
    m->slots = NULL;
}

void marks_grow(Marks *m)
{
    Marks old = *m;
    make(m, 64 - old.shift + 1);
    for (size_t i = 0; i <= old.mask; i++)
        if (old.slots[i]) m->slots[marks_place(m, old.slots[i])] = old.slots[i];
    m->count = old.count;
    free(old.slots);
}

void pointer_list_grow(PointerList *l)
{
    l->capacity = l->capacity ? 2 * l->capacity : LIST_FIRST;
    l->items = checked(realloc(l->items, l->capacity * sizeof *l->items));
}

void pointer_list_free(PointerList *l)
{
    free(l->items);
    *l = (PointerList){0};
}
