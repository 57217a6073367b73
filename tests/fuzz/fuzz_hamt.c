/* SPDX-License-Identifier: MIT */
/*
 * Maps whose keys have few hashes, or one, against plain arrays: what the bytes say is done to
 * some versions of a map, which share what they can, and all of them must stay what they are.
 *
 *   first byte   how many bits of a hash are left, and which
 *   then         operation and version, key (two bytes), for each change
 */
#include "hamt.h"

#include <stdint.h>
#include <stdlib.h>

enum { KEYS = 600, VERSIONS = 4, CHANGES_MAX = 4000 };

static uint32_t hash_mask, hash_shift;

static uint32_t hash_of(Word k)
{
    return (uint32_t)(k * 0x9e3779b97f4a7c15u >> 32) & hash_mask << hash_shift;
}

#define HAMT_NAME map
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) hash_of(k)
#define HAMT_KEY_EQ(a, b) false
#define HAMT_KEY_LASTING(k) ((k) % 3)
#define HAMT_KEY_ORDER(a, b) (((a) > (b)) - ((a) < (b)))
#include "hamt_template.h"

typedef struct Version {
    Hamt map;
    Word values[KEYS + 1]; /* 0: absent */
    uint64_t token;
} Version;

static Version versions[VERSIONS];

#define must(condition) ((condition) ? (void)0 : abort())

static void verify(const Version *v)
{
    uint32_t count = 0;
    map_check(&v->map);
    for (Word k = 1; k <= KEYS; k++) {
        const Word *value = map_find(&v->map, k, hash_of(k));
        must((value ? *value : 0) == v->values[k]);
        count += v->values[k] != 0;
    }
    must(count == v->map.count);
}

/* What is there is met once, whatever a traversal takes away. */
static void traverse(const Version *v, Word step)
{
    Version now = *v;
    Word key = 0;
    uint64_t token = epoch_new();
    for (HamtEntry e; (e = map_next(&now.map, key, key ? hash_of(key) : 0)).key;) {
        key = e.key;
        must(now.values[key] && e.value == now.values[key]);
        now.values[key] = 0;
        if (key % 2) map_remove(&now.map, key, hash_of(key), token);
        Word other = 1 + key * step % KEYS;
        if (key % 5 == 0 && map_remove(&now.map, other, hash_of(other), token))
            now.values[other] = 0;
    }
    for (Word k = 1; k <= KEYS; k++) must(!now.values[k]);
    map_check(&now.map);
}

static Word differences;

static void note(void *context, Word key, Word a, Word b)
{
    const Version *const *two = context;
    must(two[0]->values[key] == a && two[1]->values[key] == b && a != b);
    differences++;
}

static void compare(const Version *a, const Version *b)
{
    const Version *two[2] = {a, b};
    Word expected = 0;
    differences = 0;
    map_diff(&a->map, &b->map, note, two);
    for (Word k = 1; k <= KEYS; k++) expected += a->values[k] != b->values[k];
    must(differences == expected);
}

static void change(const uint8_t *bytes, Word value)
{
    Version *v = &versions[bytes[0] >> 3 & 3], *other = &versions[bytes[0] >> 5 & 3];
    Word key = 1 + (bytes[1] | (Word)bytes[2] << 8) % KEYS, *place;
    switch (bytes[0] & 7) {
    case 0:
    case 1:
    case 2:
        must(map_put(&v->map, key, hash_of(key), value, v->token) == !v->values[key]);
        v->values[key] = value;
        break;
    case 3:
    case 4:
        must(map_remove(&v->map, key, hash_of(key), v->token) == (v->values[key] != 0));
        v->values[key] = 0;
        break;
    case 5:
        place = map_slot(&v->map, key, hash_of(key), v->token);
        must(!place == !v->values[key]);
        if (place) *place = v->values[key] = value;
        break;
    case 6: /* many neighbours at once */
        for (Word i = 0; i < 40; i++) {
            Word k = 1 + (key + i) % KEYS;
            map_put(&v->map, k, hash_of(k), v->values[k] = value + i, v->token);
        }
        break;
    default:
        compare(v, other);
        traverse(v, bytes[1]);
        *other = *v;
        v->token = epoch_new();
        other->token = epoch_new();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    mem_init();
    if (size < 1) return 0;
    mem_hint = NULL; /* keys with hashes of the last input */
    hash_mask = (1u << bytes[0] % 8) - 1;
    hash_shift = bytes[0] / 8 % 25;
    for (int i = 0; i < VERSIONS; i++) versions[i] = (Version){.token = epoch_new()};
    for (size_t i = 1; i + 3 <= size && i < 3 * CHANGES_MAX; i += 3) change(bytes + i, i);
    for (int i = 0; i < VERSIONS; i++) {
        verify(&versions[i]);
        traverse(&versions[i], 7);
        compare(&versions[i], &versions[(i + 1) % VERSIONS]);
    }
    return 0;
}
