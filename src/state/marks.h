/* SPDX-License-Identifier: MIT */
/*
 * Marks: a set of addresses, for one trace.
 *
 *   slots [ 0 | p | 0 | 0 | q | r | ... ]     open addressing, a power of 2 in size
 *
 * Marks are not kept in the objects, which other states and threads see too. The set
 * is in memory of malloc's, which keeps nothing alive: all that is in it is reachable
 * anyway while the trace goes on.
 *
 * Invariants: at most three quarters of the slots are in use; 0 is no member.
 * Cost: add, has O(1), some 5 ns while the set is in the cache.
 */
#ifndef MOONLET_MARKS_H
#define MOONLET_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Marks {
    uintptr_t *slots;
    size_t count, mask; /* mask: the number of slots less 1 */
    unsigned shift;
} Marks;

/* Room for about `expected` members; ends the program when there is no memory. */
void marks_init(Marks *m, size_t expected);
void marks_free(Marks *m);
void marks_grow(Marks *m);

static inline size_t marks_place(const Marks *m, uintptr_t p)
{
    size_t i = (size_t)((uint64_t)p * 0x9e3779b97f4a7c15u >> m->shift);
    while (m->slots[i] && m->slots[i] != p) i = (i + 1) & m->mask;
    return i;
}

static inline bool marks_has(const Marks *m, const void *p)
{
    return m->slots[marks_place(m, (uintptr_t)p)] != 0;
}

/* false: it was there already. */
static inline bool marks_add(Marks *m, const void *p)
{
    size_t i = marks_place(m, (uintptr_t)p);
    if (m->slots[i]) return false;
    m->slots[i] = (uintptr_t)p;
    if (++m->count > m->mask / 4 * 3) marks_grow(m);
    return true;
}

/* A growing array of pointers in memory of malloc's. */
typedef struct PointerList {
    void **items;
    size_t count, capacity;
} PointerList;

void pointer_list_grow(PointerList *l);
static inline void pointer_list_add(PointerList *l, const void *p)
{
    if (l->count == l->capacity) pointer_list_grow(l);
    l->items[l->count++] = (void *)p;
}
void pointer_list_free(PointerList *l);

#endif
