/* SPDX-License-Identifier: MIT */
/*
 * Sets of blocks for traces: tables of bits by address.
 *
 * Main invariant: a bit stands for 16 bytes. A set that has failed may lack members, and has
 * none too many.
 */
#include "state/marks.h"

#include <stdlib.h>
#include <string.h>

#include "memory/inject.h"
#include "memory/mem.h"
#include "memory/scratch.h"

enum {
    LEVELS = 3,
    LIST_FIRST = 64,
    TABLE = 1 << MARK_TABLE_BITS,
    WORDS = SCRATCH_BLOCK / sizeof(uint64_t)
};
_Static_assert(TABLE * sizeof(void *) == SCRATCH_BLOCK, "a table is a scratch block");
_Static_assert(WORDS * 64 == 1 << (MARK_PAGE_BITS - MARK_GRANULE_BITS), "so are bits");

/* Where the block is that is `level` levels above the bits of the page. */
static size_t slot_of(uintptr_t page, unsigned level)
{
    return page >> (level * MARK_TABLE_BITS) & (TABLE - 1);
}
static size_t root_of(uintptr_t page)
{
    return page >> (LEVELS * MARK_TABLE_BITS) & (MARK_ROOTS - 1);
}

uint64_t *marks_find(const Marks *m, uintptr_t p)
{
    uintptr_t page = p >> MARK_PAGE_BITS;
    void **table = m->roots[root_of(page)];
    for (unsigned level = LEVELS; table && level-- > 0;) table = table[slot_of(page, level)];
    if (table) *marks_near(m, p) = (MarkPage){page, (uint64_t *)table};
    return (uint64_t *)table;
}

static void *made(Marks *m, void **place)
{
    if (!*place) *place = scratch_new(m->sure);
    return *place;
}

uint64_t *marks_make(Marks *m, uintptr_t p)
{
    uintptr_t page = p >> MARK_PAGE_BITS;
    if (m->failed) return NULL;
    void **table = made(m, (void **)&m->roots[root_of(page)]);
    for (unsigned level = LEVELS; table && level-- > 0;)
        table = made(m, &table[slot_of(page, level)]);
    m->failed = !table;
    return table ? marks_find(m, p) : NULL;
}

/* The next marked block at or after p on its page, or 0 where there is none. */
static uintptr_t next_on_page(const uint64_t *bits, uintptr_t p)
{
    uint64_t word = bits[marks_word(p)] & ~(marks_bit(p) - 1);
    for (size_t i = marks_word(p);; word = bits[i]) {
        if (word) {
            uintptr_t granule = i * 64 + (size_t)__builtin_ctzll(word);
            return (p >> MARK_PAGE_BITS << MARK_PAGE_BITS) + (granule << MARK_GRANULE_BITS);
        }
        if (++i == WORDS) return 0;
    }
}

/* The bits of a page, or NULL if *pages are without. */
static const uint64_t *look_up(const Marks *m, uintptr_t page, uintptr_t *pages)
{
    void **table = m->roots[root_of(page)];
    for (unsigned level = LEVELS;; table = table[slot_of(page, level)]) {
        *pages = (uintptr_t)1 << (level * MARK_TABLE_BITS);
        if (!table || !level) return (uint64_t *)table;
        level--;
    }
}

void *marks_next(const Marks *m, uintptr_t from)
{
    const uintptr_t end = (uintptr_t)MARK_ROOTS << (LEVELS * MARK_TABLE_BITS);
    for (uintptr_t page = from >> MARK_PAGE_BITS, pages; page < end;) {
        const uint64_t *bits = look_up(m, page, &pages);
        uintptr_t p = bits ? next_on_page(bits, from) : 0;
        if (p) return (void *)p;
        page = (page / pages + 1) * pages;
        from = page << MARK_PAGE_BITS;
    }
    return NULL;
}

static void free_below(void **table, unsigned level)
{
    for (size_t i = 0; level && i < TABLE; i++)
        if (table[i]) free_below(table[i], level - 1);
    scratch_free(table);
}

void marks_free(Marks *m)
{
    for (size_t i = 0; i < MARK_ROOTS; i++)
        if (m->roots[i]) free_below(m->roots[i], LEVELS);
    *m = (Marks){.sure = m->sure};
}

bool pointer_list_grow(PointerList *l)
{
    size_t capacity = l->capacity ? 2 * l->capacity : LIST_FIRST;
    size_t bytes = capacity * sizeof *l->items;
    void **items = NULL;
    if (!l->failed && !mem_short && !inject_failure())
        items = l->lent ? malloc(bytes) : realloc(l->items, bytes);
    if (!items) {
        l->failed = true;
        return false;
    }
    if (l->lent) memcpy(items, l->items, l->count * sizeof *items);
    l->items = items;
    l->lent = false;
    l->capacity = capacity;
    return true;
}

void pointer_list_free(PointerList *l)
{
    if (!l->lent) free(l->items);
    *l = (PointerList){0};
}
