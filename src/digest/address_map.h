/* SPDX-License-Identifier: MIT */
/*
 * AddressMap: a mutable map from addresses to two words, in memory of malloc's.
 *
 *   slots  [key | two words] ...    open addressing, at most three quarters full
 *
 * A slot whose key is 0 is free; the words of the key 0 are apart.
 *
 * Never in an order that shows: addresses differ from run to run.
 */
#ifndef MOONLET_ADDRESS_MAP_H
#define MOONLET_ADDRESS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AddressSlot {
    uintptr_t key;
    uint64_t words[2];
} AddressSlot;

typedef struct AddressMap {
    AddressSlot *slots;
    size_t mask; /* slots less 1 */
    size_t count;
    uint64_t zero[2]; /* of address 0, which is always there */
} AddressMap;

static inline size_t address_hash(const void *p)
{
    return (size_t)(((uintptr_t)p >> 3) * 0x9e3779b97f4a7c15u >> 20);
}

/* The words of a key, or NULL where it is not there. O(1). */
uint64_t *address_map_find(const AddressMap *m, const void *key);
/* Finds it like the function above, but makes it of zeros when it is not there. It is good
 * until the next one is made. Answers NULL if there is no memory. Amortised O(1). */
uint64_t *address_map_make(AddressMap *m, const void *key);
void address_map_free(AddressMap *m);

#endif
