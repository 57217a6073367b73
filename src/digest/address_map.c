/* SPDX-License-Identifier: MIT */
/*
 * Open addressing, in memory of malloc; see address_map.h.
 *
 * Main invariant: a key is in one slot, with no free slot between its hash's and that; at most
 * three quarters are taken.
 */
#include "digest/address_map.h"

#include "memory/inject.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

static AddressSlot *slot_for(const AddressMap *m, uintptr_t key)
{
    size_t i = address_hash((const void *)key) & m->mask;
    while (m->slots[i].key && m->slots[i].key != key) i = (i + 1) & m->mask;
    return &m->slots[i];
}

uint64_t *address_map_find(const AddressMap *m, const void *key)
{
    if (!key) return (uint64_t *)m->zero;
    if (!m->slots) return NULL;
    AddressSlot *s = slot_for(m, (uintptr_t)key);
    return s->key ? s->words : NULL;
}

static bool grow(AddressMap *m)
{
    size_t size = m->slots ? 2 * (m->mask + 1) : SLOTS_FIRST;
    AddressSlot *old = m->slots, *end = old ? old + m->mask + 1 : old;
    AddressSlot *slots = inject_failure() ? NULL : calloc(size, sizeof *slots);
    if (!slots) return false;
    m->slots = slots;
    m->mask = size - 1;
    for (const AddressSlot *s = old; s != end; s++)
        if (s->key) *slot_for(m, s->key) = *s;
    free(old);
    return true;
}

uint64_t *address_map_make(AddressMap *m, const void *key)
{
    uint64_t *words = address_map_find(m, key);
    if (words) return words;
    if ((!m->slots || m->count >= (m->mask + 1) / 4 * 3) && !grow(m)) return NULL;
    AddressSlot *s = slot_for(m, (uintptr_t)key);
    m->count++;
    s->key = (uintptr_t)key;
    return s->words;
}

void address_map_free(AddressMap *m)
{
    free(m->slots);
    *m = (AddressMap){0};
}
