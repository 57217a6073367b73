/* SPDX-License-Identifier: MIT */
/*
 * Marks: a set of addresses of blocks, for one trace.
 *
 *   roots -> tables -> tables -> [ 0110001000... ]     a bit for each 16 bytes of 512 KB
 *                                     ^
 *   near  [ 512 KB, bits ] -----------'                those that were used last
 *
 * Marks are not kept in the objects, which other states and threads see too. The set is in
 * scratch blocks (scratch.h), which keep nothing alive: all that is in it is reachable anyway
 * while the trace goes on. A set that is `sure` has some also when there is no other memory.
 *
 * Invariants: members lie at multiples of 16, as all blocks do; 0 is none. A set of zeros is
 * empty.
 * Cost: add, has, remove O(1): one lookup in `near`, or four more down the tables.
 */
#ifndef MOONLET_MARKS_H
#define MOONLET_MARKS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MARK_GRANULE_BITS = 4,
    MARK_PAGE_BITS = MARK_GRANULE_BITS + 15, /* the bits of a scratch block stand for a page */
    MARK_TABLE_BITS = 9,                     /* as many pointers are in one */
    MARK_ROOTS = 4, /* of three tables one below the other: addresses of 48 bits */
    MARK_NEAR = 64
};

typedef struct MarkPage {
    uintptr_t page; /* p >> MARK_PAGE_BITS; no block is on page 0 */
    uint64_t *bits;
} MarkPage;

typedef struct Marks {
    MarkPage near[MARK_NEAR];
    void **roots[MARK_ROOTS];
    size_t count;
    bool sure;
    bool failed; /* something is not in it, as there was no memory */
} Marks;

void marks_free(Marks *m);
/* The bits of p's page, or NULL if no member is on it. */
uint64_t *marks_find(const Marks *m, uintptr_t p);
/* Makes the bits of p's page. Answers NULL if there is no memory; then the set has failed. */
uint64_t *marks_make(Marks *m, uintptr_t p);
/* The smallest member that is not below `from`, or NULL. O(pages), mostly O(1). */
void *marks_next(const Marks *m, uintptr_t from);

static inline MarkPage *marks_near(const Marks *m, uintptr_t p)
{
    return (MarkPage *)&m->near[p >> MARK_PAGE_BITS & (MARK_NEAR - 1)];
}
static inline uint64_t *marks_bits(const Marks *m, uintptr_t p)
{
    const MarkPage *near = marks_near(m, p);
    return near->page == p >> MARK_PAGE_BITS ? near->bits : marks_find(m, p);
}
static inline size_t marks_word(uintptr_t p)
{
    return p >> (MARK_GRANULE_BITS + 6) &
           ((1u << (MARK_PAGE_BITS - MARK_GRANULE_BITS - 6)) - 1);
}
static inline uint64_t marks_bit(uintptr_t p)
{
    return (uint64_t)1 << (p >> MARK_GRANULE_BITS & 63);
}

static inline bool marks_has(const Marks *m, const void *p)
{
    const uint64_t *bits = marks_bits(m, (uintptr_t)p);
    return bits && bits[marks_word((uintptr_t)p)] & marks_bit((uintptr_t)p);
}

/* Answers false if the block is a member already, or if the set has failed. */
static inline bool marks_add(Marks *m, const void *block)
{
    uintptr_t p = (uintptr_t)block;
    assert(!(p & ((1 << MARK_GRANULE_BITS) - 1)) && "what is marked begins where blocks do");
    uint64_t *bits = marks_bits(m, p);
    if (__builtin_expect(!bits, 0) && !(bits = marks_make(m, p))) return false;
    if (bits[marks_word(p)] & marks_bit(p)) return false;
    bits[marks_word(p)] |= marks_bit(p);
    m->count++;
    return true;
}

/* Takes out a block that is a member. */
static inline void marks_remove(Marks *m, const void *block)
{
    uintptr_t p = (uintptr_t)block;
    marks_bits(m, p)[marks_word(p)] &= ~marks_bit(p);
    m->count--;
}

/* A growing array of pointers in memory of malloc's. It may begin in memory that the caller has
 * lent. */
typedef struct PointerList {
    void **items;
    size_t count, capacity;
    bool lent;   /* items are the caller's */
    bool failed; /* something is not in it, as there was no memory: it does not grow */
} PointerList;

bool pointer_list_grow(PointerList *l);
/* Answers false if there is no memory: then the list lacks something, and who asks has to do
 * without it, or to say so. */
static inline bool __attribute__((warn_unused_result))
pointer_list_add(PointerList *l, const void *p)
{
    if (__builtin_expect(l->count == l->capacity, 0) && !pointer_list_grow(l)) return false;
    l->items[l->count++] = (void *)p;
    return true;
}
/* Adds what `failed` is looked at for, once all is in. */
static inline void pointer_list_note(PointerList *l, const void *p)
{
    if (!pointer_list_add(l, p)) l->failed = true;
}
void pointer_list_free(PointerList *l);

#endif
