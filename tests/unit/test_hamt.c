/* SPDX-License-Identifier: MIT */
/* Maps: against a model for several widths and hashes, at size, and what is shared. */
#include "bucket.h"
#include "model.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

enum { KEYS = 60, VERSIONS = 12, STEPS = 4000, COLLECT_EVERY = 500, TAG_SHIFT = 32 };
#define TAG_MASK (((Word)1 << TAG_SHIFT) - 1)

static uint32_t mixed(Word k)
{
    k = (k & TAG_MASK) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(k >> 32);
}
static uint32_t masked(Word k) { return mixed(k) & 15; }
static uint32_t high_only(Word k) { return mixed(k) & 0xc0000000u; }
static uint32_t constant(Word k)
{
    (void)k;
    return 7;
}

static int key_order(Word a, Word b)
{
    a &= TAG_MASK;
    b &= TAG_MASK;
    return (a > b) - (a < b);
}
static bool key_equal(Word a, Word b) { return (a & TAG_MASK) == (b & TAG_MASK); }

typedef struct Differences {
    Word a[KEYS + 1], b[KEYS + 1];
    uint32_t count;
} Differences;

static void note_difference(void *context, Word key, Word a, Word b)
{
    Differences *d = context;
    key &= TAG_MASK;
    must(!d->a[key] && !d->b[key]);
    d->a[key] = a;
    d->b[key] = b;
    d->count++;
}

static uint32_t root_shift(const Hamt *map)
{
    return map->root && !hamt_is_patch(map->root) ? map->root->shift & 31 : 0;
}

/* The same pairs in the same order, in whatever nodes. */
static bool same_bucket(const HamtNode *a, const HamtNode *b)
{
    BucketWalk v, w;
    bucket_walk_begin(&v, a);
    bucket_walk_begin(&w, b);
    for (;;) {
        const HamtEntry *x = bucket_walk_entry(&v), *y = bucket_walk_entry(&w);
        if (!x || !y) return x == y;
        if (x->key && y->key) {
            if (!key_equal(x->key, y->key) || x->value != y->value) return false;
            bucket_walk_over(&v);
            bucket_walk_over(&w);
        }
        if (!x->key) bucket_walk_into(&v);
        if (!y->key) bucket_walk_into(&w);
    }
}

static bool same_shape(const HamtNode *a, const HamtNode *b)
{
    if (!a || !b) return a == b;
    if (!a->bitmap && !b->bitmap) return same_bucket(a, b);
    if (a->bitmap != b->bitmap || a->count != b->count) return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const HamtEntry *x = &a->entries[i], *y = &b->entries[i];
        if (!x->key != !y->key) return false;
        if (x->key ? !key_equal(x->key, y->key) || x->value != y->value
                   : !same_shape(hamt_child(x), hamt_child(y)))
            return false;
    }
    return true;
}

/* Keys of patches are shared. */
#define HAMT_NAME wide
#define HAMT_KEY_HASH(k) mixed(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#define HAMT_KEY_LASTING(k) ((k)&1)
#include "hamt_template.h"
#define MODEL wide
#define key_hash_of mixed
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME wide_masked
#define HAMT_KEY_HASH(k) masked(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL wide_masked
#define key_hash_of masked
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME wide_high
#define HAMT_KEY_HASH(k) high_only(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL wide_high
#define key_hash_of high_only
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME wide_constant
#define HAMT_KEY_HASH(k) constant(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL wide_constant
#define key_hash_of constant
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME four
#define HAMT_BITS 2
#define HAMT_KEY_HASH(k) mixed(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL four
#define key_hash_of mixed
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME four_masked
#define HAMT_BITS 2
#define HAMT_KEY_HASH(k) masked(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL four_masked
#define key_hash_of masked
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME two
#define HAMT_BITS 1
#define HAMT_KEY_HASH(k) mixed(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL two
#define key_hash_of mixed
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME two_high
#define HAMT_BITS 1
#define HAMT_KEY_HASH(k) high_only(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL two_high
#define key_hash_of high_only
#include "hamt_model.h"
#undef key_hash_of

/* Small maps, whose roots have shifts: see hamt.h. */
#define HAMT_NAME flat
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) mixed(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#define HAMT_KEY_LASTING(k) true
#include "hamt_template.h"
#define MODEL flat
#define MODEL_KEYS 14
#define key_hash_of mixed
#include "hamt_model.h"
#undef key_hash_of

/* No shift for more than a few keys. */
#define HAMT_NAME flat_masked
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) masked(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL flat_masked
#define MODEL_KEYS 12
#define key_hash_of masked
#include "hamt_model.h"
#undef key_hash_of

/* Only the last shifts do, and for at most four keys. */
#define HAMT_NAME flat_high
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) high_only(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL flat_high
#define MODEL_KEYS 5
#define key_hash_of high_only
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME flat_constant
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) constant(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL flat_constant
#define MODEL_KEYS 5
#define key_hash_of constant
#include "hamt_model.h"
#undef key_hash_of

#define HAMT_NAME flat_four
#define HAMT_BITS 2
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) mixed(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL flat_four
#define MODEL_KEYS 7
#define key_hash_of mixed
#include "hamt_model.h"
#undef key_hash_of

/* From small ones to ones with patches and back. */
#define HAMT_NAME flat_large
#define HAMT_FLAT 1
#define HAMT_KEY_HASH(k) mixed(k)
#define HAMT_KEY_EQ(a, b) key_equal(a, b)
#define HAMT_KEY_ORDER(a, b) key_order(a, b)
#include "hamt_template.h"
#define MODEL flat_large
#define key_hash_of mixed
#include "hamt_model.h"
#undef key_hash_of

static void (*const models[])(void) = {
    wide_run_model,      wide_masked_run_model, wide_high_run_model, wide_constant_run_model,
    four_run_model,      four_masked_run_model, two_run_model,       two_high_run_model,
    flat_run_model,      flat_masked_run_model, flat_high_run_model, flat_constant_run_model,
    flat_four_run_model, flat_large_run_model,
};

START_TEST(behaves_as_the_model) { models[_i](); }
END_TEST

static Hamt map_of(uint32_t n, uint64_t token)
{
    Hamt map = {0};
    for (Word k = 1; k <= n; k++) wide_put(&map, k, mixed(k), k + 1, token);
    return map;
}

START_TEST(holds_a_million_keys)
{
    enum { MANY = 1000000 };
    uint64_t token = epoch_new();
    Hamt map = map_of(MANY, token);
    ck_assert_uint_eq(map.count, MANY);
    wide_check(&map);
    for (Word k = 1; k <= MANY; k++) must(*wide_find(&map, k, mixed(k)) == k + 1);
    ck_assert_ptr_null(wide_find(&map, MANY + 1, mixed(MANY + 1)));
    Hamt all = map;
    token = epoch_new();
    for (Word k = 1; k <= MANY; k++)
        if (k % 1000) must(wide_remove(&map, k, mixed(k), token));
    wide_check(&map);
    ck_assert_uint_eq(map.count, MANY / 1000);
    ck_assert_uint_eq(all.count, MANY);
    for (Word k = 1; k <= MANY; k++) {
        must((wide_find(&map, k, mixed(k)) != NULL) == (k % 1000 == 0));
        must(*wide_find(&all, k, mixed(k)) == k + 1);
    }
}
END_TEST

/* A map of n keys from `first` on, put in from either end. */
static Hamt small_map(Word first, uint32_t n, bool backwards)
{
    Hamt map = {0};
    uint64_t token = epoch_new();
    for (uint32_t i = 0; i < n; i++) {
        Word k = first + (backwards ? n - 1 - i : i);
        flat_put(&map, k, mixed(k), k, token);
    }
    flat_check(&map);
    return map;
}

START_TEST(small_maps_have_no_children)
{
    enum { MAPS = 2000 };
    uint32_t without = 0;
    for (uint32_t i = 0; i < MAPS; i++) {
        uint32_t n = 1 + i % 9;
        without += small_map(1 + i * 1000, n, false).root->count == n;
    }
    ck_assert_uint_gt(without, MAPS * 99 / 100);
}
END_TEST

START_TEST(the_shape_of_small_maps_is_not_that_of_their_making)
{
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t n = 1 + i % HAMT_FLAT_MAX;
        Hamt a = small_map(1 + i * 1000, n, false), b = small_map(1 + i * 1000, n, true);
        must(a.root->shift == b.root->shift && same_shape(a.root, b.root));
    }
}
END_TEST

START_TEST(small_maps_become_large_ones)
{
    for (Word first = 1; first < 200000; first += 1000) {
        Hamt map = small_map(first, 40, first & 1), before = map;
        uint64_t token = epoch_new();
        ck_assert_uint_eq(map.root->shift, HAMT_UNFLAT);
        for (Word k = first + 1; k < first + 40; k++)
            must(flat_remove(&map, k, mixed(k), token));
        flat_check(&map);
        flat_check(&before);
        ck_assert_uint_eq(before.count, 40);
        ck_assert_uint_eq(map.root->count, 1);
    }
}
END_TEST

/* Also one that has lost pairs and would have another order if it were made now. */
START_TEST(a_map_made_like_another_has_its_order)
{
    for (Word first = 1; first < 2000000; first += 1000) {
        Hamt a = small_map(first, 1 + first / 1000 % 20, false), b = {0};
        uint64_t token = epoch_new();
        for (Word k = first; k < first + first / 1000 % 7; k++)
            flat_remove(&a, k, mixed(k), token);
        hamt_reserve_like(&b, &a, token);
        HamtEntry e = flat_next(&a, 0, 0), o;
        for (; e.key; e = flat_next(&a, e.key, mixed(e.key)))
            flat_put(&b, e.key, mixed(e.key), e.value, token);
        flat_check(&b);
        e = flat_next(&a, 0, 0);
        o = flat_next(&b, 0, 0);
        while (e.key && e.key == o.key) {
            e = flat_next(&a, e.key, mixed(e.key));
            o = flat_next(&b, o.key, mixed(o.key));
        }
        must(!e.key && !o.key);
    }
}
END_TEST

/* Lua does not say what such a traversal meets, but as the shift only grows, it ends. */
START_TEST(addition_during_a_traversal_ends)
{
    enum { MANY = 14 };
    Random random = {1};
    for (Word first = 1; first < 1000000; first += 1000) {
        Hamt map = small_map(first, 1 + first / 1000 % MANY, false);
        uint64_t token = epoch_new();
        uint32_t met = 0;
        for (HamtEntry e = flat_next(&map, 0, 0); e.key; met++) {
            Word key = e.key, out = first + random_below(&random, MANY);
            for (int i = 0; i < 3; i++) {
                Word in = first + random_below(&random, MANY);
                flat_put(&map, in, mixed(in), 1, token);
            }
            if (map.count > 1) flat_remove(&map, out, mixed(out), token);
            e = flat_next(&map, key, mixed(key));
        }
        must(met <= 29 * MANY);
        flat_check(&map);
    }
}
END_TEST

START_TEST(removal_during_a_traversal_misses_nothing)
{
    uint64_t token = epoch_new();
    Hamt map = map_of(5000, token);
    uint32_t met = 0;
    for (HamtEntry e = wide_next(&map, 0, 0); e.key;) {
        Word key = e.key;
        met++;
        must(wide_remove(&map, key, mixed(key), token));
        e = wide_next(&map, key, mixed(key));
    }
    ck_assert_uint_eq(met, 5000);
    ck_assert_uint_eq(map.count, 0);
    ck_assert_ptr_null(map.root);
}
END_TEST

START_TEST(update_during_a_traversal_keeps_the_order)
{
    Hamt map = map_of(1000, epoch_new()), before = map;
    uint64_t token = epoch_new();
    HamtEntry e = wide_next(&map, 0, 0), old = wide_next(&before, 0, 0);
    while (old.key) {
        ck_assert_uint_eq(e.key, old.key);
        Word key = e.key;
        wide_put(&map, key, mixed(key), 9, token);
        e = wide_next(&map, key, mixed(key));
        old = wide_next(&before, key, mixed(key));
    }
    ck_assert_uint_eq(e.key, 0);
}
END_TEST

START_TEST(the_empty_map)
{
    Hamt map = {0};
    uint64_t token = epoch_new();
    ck_assert_ptr_null(wide_find(&map, 1, mixed(1)));
    ck_assert_ptr_null(wide_slot(&map, 1, mixed(1), token));
    ck_assert(!wide_remove(&map, 1, mixed(1), token));
    ck_assert_uint_eq(wide_next(&map, 0, 0).key, 0);
    ck_assert_uint_eq(wide_next(&map, 1, mixed(1)).key, 0);
    hamt_reserve(&map, 3, token);
    wide_check(&map);
    ck_assert_ptr_null(wide_find(&map, 1, mixed(1)));
    ck_assert_uint_eq(wide_next(&map, 0, 0).key, 0);
    ck_assert_uint_eq(wide_next(&map, 1, mixed(1)).key, 0);
    ck_assert(!wide_remove(&map, 1, mixed(1), token));
}
END_TEST

START_TEST(reserved_room_is_used)
{
    Hamt map = {0};
    uint64_t token = epoch_new();
    hamt_reserve(&map, 3, token);
    const HamtNode *root = map.root;
    for (Word k = 1; k <= 3; k++) wide_put(&map, k, mixed(k), k, token);
    ck_assert_ptr_eq(map.root, root);
}
END_TEST

START_TEST(what_changes_nothing_copies_nothing)
{
    Hamt map = map_of(1000, epoch_new());
    const HamtNode *root = map.root;
    ck_assert(!wide_remove(&map, 5000, mixed(5000), epoch_new()));
    ck_assert_ptr_null(wide_slot(&map, 5000, mixed(5000), epoch_new()));
    ck_assert_ptr_eq(map.root, root);
}
END_TEST

START_TEST(the_first_changes_are_a_patch)
{
    Hamt before = map_of(1000, epoch_new()), after = before;
    uint64_t token = epoch_new();
    for (Word k = 1; k <= PATCH_MAX; k++) wide_put(&after, 60 * k, mixed(60 * k), 1, token);
    must(hamt_patch(&after) && hamt_patch(&after)->base == before.root);
    ck_assert_uint_eq(after.count, 1000);
    wide_put(&after, 1001, mixed(1001), 1, token);
    ck_assert_ptr_null(hamt_patch(&after));
    ck_assert_uint_eq(after.count, 1001);
    wide_check(&after);
    for (Word k = 1; k <= 1000; k++) {
        must(*wide_find(&before, k, mixed(k)) == k + 1);
        bool changed = k % 60 == 0 && k / 60 <= PATCH_MAX;
        must(*wide_find(&after, k, mixed(k)) == (changed ? 1 : k + 1));
    }
}
END_TEST

/* One that is written to again and again, or copied, does not stay. */
static Hamt patched(const Hamt *map, const Word *keys, uint32_t n)
{
    Hamt m = *map;
    uint64_t token = epoch_new();
    for (uint32_t i = 0; i < n; i++) flat_put(&m, keys[i], mixed(keys[i]), 100 + i, token);
    flat_check(&m);
    must(hamt_patch(&m) && hamt_patch(&m)->count == n);
    return m;
}

/* Forks that write the same keys in the same order have them once; one that writes others has
 * its own, and what the first have is left alone. */
START_TEST(patches_share_their_keys)
{
    static const Word few[] = {3, 5, 60}, other[] = {3, 6, 60, 9};
    Hamt map = {0};
    uint64_t token = epoch_new();
    for (Word k = 1; k <= 50; k++) flat_put(&map, k, mixed(k), k, token);
    Hamt a = patched(&map, few, 3), b = patched(&map, few, 3), c = patched(&map, few, 2);
    must(hamt_patch(&a)->keys == hamt_patch(&b)->keys);
    must(hamt_patch(&a)->keys == hamt_patch(&c)->keys);
    ck_assert_ptr_null(flat_find(&c, 60, mixed(60)));
    Hamt d = patched(&map, other, 4), e = b;
    must(hamt_patch(&a)->keys != hamt_patch(&d)->keys);
    ck_assert_uint_eq(*flat_find(&b, 5, mixed(5)), 101);
    ck_assert_uint_eq(*flat_find(&d, 5, mixed(5)), 5);
    token = epoch_new();
    flat_put(&e, 7, mixed(7), 1, token);
    *flat_slot(&e, 3, mixed(3), token) = 2;
    flat_check(&e);
    flat_check(&b);
    ck_assert_uint_eq(*flat_find(&b, 3, mixed(3)), 100);
    ck_assert_uint_eq(*flat_find(&b, 7, mixed(7)), 7);
    *flat_slot(&b, 60, mixed(60), token = epoch_new()) = 3; /* from one another, too */
    must(hamt_patch(&a)->keys == hamt_patch(&b)->keys);
}
END_TEST

/* What others have written next goes to the token's own patch at once: a new key and one that
 * the base has. Another key does not, nor another word for a key of the base, nor one for a
 * patch that is somebody else's or full. */
START_TEST(what_others_wrote_next_is_put_at_once)
{
    static const Word few[] = {3, 5, 60, 61};
    const Word again = (Word)1 << TAG_SHIFT | 60;
    uint64_t token = epoch_new();
    Hamt map = {0};
    for (Word k = 1; k <= 50; k++) flat_put(&map, k, mixed(k), k, token);
    Hamt a = patched(&map, few, 4), b = map;
    token = epoch_new();
    must(flat_put_next(&b, 3, mixed(3), 1, token) < 0); /* has no patch */
    flat_put(&b, 3, mixed(3), 1, token);
    must(flat_put_next(&b, 60, mixed(60), 1, token) < 0);
    must(flat_put_next(&b, 5, mixed(5), 2, epoch_new()) < 0);
    ck_assert_int_eq(flat_put_next(&b, 5, mixed(5), 2, token), 0);
    ck_assert_int_eq(flat_put_next(&b, 60, mixed(60), 3, token), 1);
    must(flat_put_next(&b, again, mixed(60), 1, token) < 0);
    must(hamt_patch(&a)->keys == hamt_patch(&b)->keys && b.count == 51);
    flat_check(&b);
    ck_assert_uint_eq(*flat_find(&b, 5, mixed(5)), 2);
    ck_assert_uint_eq(*flat_find(&b, 60, mixed(60)), 3);
    ck_assert_ptr_null(flat_find(&b, 61, mixed(61)));
    flat_put(&map, again, mixed(60), 4, token = epoch_new()); /* in a base to come */
    flat_merge(&map, token);
    flat_put(&map, 3, mixed(3), 1, token = epoch_new());
    flat_put(&map, 5, mixed(5), 1, token);
    must(flat_put_next(&map, 60, mixed(60), 5, token) < 0);
    flat_put(&map, 60, mixed(60), 5, token);
    flat_check(&map);
}
END_TEST

START_TEST(a_worn_patch_is_merged)
{
    uint64_t token = epoch_new();
    Hamt first = map_of(1000, token), map = first;
    token = epoch_new();
    for (int i = 0; i <= PATCH_WEAR_MAX; i++) *wide_slot(&map, 5, mixed(5), token) = 7;
    ck_assert_ptr_null(hamt_patch(&map));
    ck_assert_uint_eq(*wide_find(&map, 5, mixed(5)), 7);
    map = first;
    for (int i = 0; i <= PATCH_WEAR_MAX; i++) wide_put(&map, 5, mixed(5), 7, epoch_new());
    ck_assert_ptr_nonnull(hamt_patch(&map)); /* as a new one would be begun at once */
    ck_assert_uint_eq(*wide_find(&first, 5, mixed(5)), 6);
}
END_TEST

START_TEST(a_change_shares_all_but_its_path)
{
    Hamt before = map_of(1000, epoch_new()), after = before;
    uint64_t token = epoch_new();
    wide_put(&after, 500, mixed(500), 1, token);
    wide_merge(&after, token);
    uint32_t shared = 0;
    for (uint32_t i = 0; i < before.root->count; i++)
        shared += before.root->entries[i].value == after.root->entries[i].value;
    ck_assert_uint_eq(shared, before.root->count - 1u);
}
END_TEST

START_TEST(the_owner_writes_in_place)
{
    uint64_t token = epoch_new();
    Hamt map = map_of(1000, token);
    const HamtNode *root = map.root;
    for (Word k = 1; k <= 1000; k++) {
        *wide_slot(&map, k, mixed(k), token) = 3;
        wide_put(&map, k, mixed(k), 4, token);
    }
    ck_assert_ptr_eq(map.root, root);
}
END_TEST

START_TEST(a_small_root_may_lie_in_the_block_of_its_user)
{
    uint64_t token = epoch_new();
    Hamt map = map_of(3, epoch_new());
    size_t size = hamt_root_size(&map);
    ck_assert_uint_gt(size, 0);
    char *block = mem_alloc(MEM_INNER + size);
    hamt_copy_in(&map, block + MEM_INNER, token);
    ck_assert_ptr_eq(map.root, block + MEM_INNER);
    ck_assert(hamt_root_is_inner(&map));
    wide_put(&map, 2, mixed(2), 9, token); /* in place */
    ck_assert_ptr_eq(map.root, block + MEM_INNER);
    for (Word k = 4; k <= 60; k++) wide_put(&map, k, mixed(k), k + 1, token); /* it moves */
    ck_assert(!hamt_root_is_inner(&map));
    for (size_t i = 0; i < size; i++) ck_assert_int_eq(block[MEM_INNER + i], 0);
    for (Word k = 1; k <= 60; k++)
        ck_assert_uint_eq(*wide_find(&map, k, mixed(k)), k == 2 ? 9 : k + 1);
    wide_check(&map);
    ck_assert_uint_eq(hamt_root_size(&map), 0); /* too large */
}
END_TEST

START_TEST(no_patch_lies_in_the_block_of_its_user)
{
    Hamt map = map_of(1000, epoch_new());
    uint64_t token = epoch_new();
    for (int i = 0; i <= PATCH_WEAR_MAX && (!i || hamt_is_patch(map.root)); i++) {
        wide_put(&map, 1, mixed(1), 9, token);
        ck_assert(!hamt_root_is_inner(&map));
        ck_assert_uint_eq(hamt_is_patch(map.root) ? hamt_root_size(&map) : 0, 0);
    }
    ck_assert(!hamt_is_patch(map.root)); /* it was worn */
}
END_TEST

START_TEST(a_root_that_moves_out_is_the_same)
{
    Hamt map = map_of(3, epoch_new()), empty = {0};
    char *block = mem_alloc(MEM_INNER + hamt_root_size(&map));
    hamt_copy_in(&map, block + MEM_INNER, epoch_new());
    uint64_t epoch = map.root->epoch;
    hamt_move_out(&map);
    ck_assert(!hamt_root_is_inner(&map));
    ck_assert_uint_eq(map.root->epoch, epoch);
    for (Word k = 1; k <= 3; k++) ck_assert_uint_eq(*wide_find(&map, k, mixed(k)), k + 1);
    wide_check(&map);
    hamt_move_out(&empty);
    ck_assert_ptr_null(empty.root);
}
END_TEST

static void count_pair(void *context, Word key, Word value)
{
    must(value == key + 1);
    ++*(uint32_t *)context;
}

START_TEST(each_meets_all_pairs)
{
    Hamt map = map_of(3000, epoch_new());
    uint32_t n = 0;
    hamt_each(&map, count_pair, &n);
    ck_assert_uint_eq(n, 3000);
}
END_TEST

/* Many keys of one hash ------------------------------------------------------------ */

enum { COLLIDING = 100000 };

/* Keys 1..n in another order. */
static Word shuffled(Word i, Word n) { return 1 + i * 7919 % n; }

static Hamt bucket_of(Word n)
{
    Hamt map = {0};
    uint64_t token = epoch_new();
    for (Word i = 0; i < n; i++) {
        Word k = shuffled(i, n);
        must(wide_constant_put(&map, k, constant(k), k, token));
    }
    return map;
}

static const HamtNode *top_of(const Hamt *map)
{
    const HamtNode *node = map->root;
    while (node->bitmap) node = hamt_child(node->entries);
    return node;
}

START_TEST(a_bucket_takes_many_keys)
{
    Hamt map = bucket_of(COLLIDING);
    wide_constant_check(&map);
    ck_assert_uint_eq(map.count, COLLIDING);
    for (Word k = 1; k <= COLLIDING; k++) must(*wide_constant_find(&map, k, constant(k)) == k);
    ck_assert_ptr_null(wide_constant_find(&map, COLLIDING + 1, constant(0)));
    must(bucket_height(top_of(&map)->entries) < BUCKET_DEPTH / 2);
}
END_TEST

START_TEST(a_bucket_is_in_the_order_of_its_keys)
{
    Hamt map = bucket_of(COLLIDING);
    Word k = 0;
    for (HamtEntry e; (e = wide_constant_next(&map, k, constant(k))).key; k = e.key)
        must(e.key == k + 1);
    ck_assert_uint_eq(k, COLLIDING);
}
END_TEST

/* In any order, down to none, with what was before unchanged. */
START_TEST(a_bucket_gives_keys_back)
{
    Hamt all = bucket_of(COLLIDING), map = all;
    uint64_t token = epoch_new();
    for (Word i = 0; i < COLLIDING; i++) {
        Word k = shuffled(COLLIDING - 1 - i, COLLIDING);
        must(wide_constant_remove(&map, k, constant(k), token));
        must(!wide_constant_remove(&map, k, constant(k), token));
        if (i % 5000 == 0) wide_constant_check(&map);
    }
    ck_assert_uint_eq(map.count, 0);
    ck_assert_ptr_null(map.root);
    wide_constant_check(&all);
    ck_assert_uint_eq(all.count, COLLIDING);
}
END_TEST

START_TEST(removal_from_a_bucket_during_a_traversal)
{
    Hamt map = bucket_of(COLLIDING);
    uint64_t token = epoch_new();
    Word met = 0;
    for (HamtEntry e = wide_constant_next(&map, 0, 0); e.key; met++) {
        Word k = e.key;
        must(k == 2 * met + 1);
        must(wide_constant_remove(&map, k, constant(k), token));
        wide_constant_remove(&map, k + 1, constant(k), token);
        if (met % 1000 == 0) token = epoch_new();
        e = wide_constant_next(&map, k, constant(k));
    }
    ck_assert_uint_eq(met, COLLIDING / 2);
    ck_assert_uint_eq(map.count, 0);
}
END_TEST

static void count_block(void *context, const void *block, size_t bytes)
{
    *(size_t *)context += bytes;
    (void)block;
}

START_TEST(a_change_of_a_bucket_copies_a_path)
{
    enum { PATH = 12 * (16 + 32 * 16) };
    Hamt map = bucket_of(COLLIDING), before = map;
    for (Word k = 1; k <= COLLIDING; k += COLLIDING / 100) {
        uint64_t counted = mem_counted;
        *wide_constant_slot(&map, k, constant(k), epoch_new()) = 1;
        wide_constant_put(&map, k + COLLIDING, constant(k), 1, epoch_new());
        wide_constant_remove(&map, k + 1, constant(k), epoch_new());
        must(mem_counted - counted < 4 * PATH);
    }
    wide_constant_check(&map);
    for (Word k = 1; k <= COLLIDING; k++)
        must(*wide_constant_find(&before, k, constant(k)) == k);
    size_t bytes = 0;
    hamt_blocks(&map, count_block, &bytes);
    ck_assert_uint_lt(bytes, COLLIDING * 2 * sizeof(HamtEntry) + 4096);
}
END_TEST

static void count_difference(void *context, Word key, Word a, Word b)
{
    must(!a || !b || a != b);
    ++*(uint32_t *)context;
    (void)key;
}

/* Those of other keys only, also between trees of different heights, and from both sides. */
START_TEST(a_difference_of_buckets_is_found)
{
    Hamt a = bucket_of(COLLIDING), b = a;
    uint64_t token = epoch_new();
    uint32_t changes = 0, found = 0, back = 0;
    for (Word k = 1; k < COLLIDING; k += 97) {
        changes += wide_constant_remove(&b, k, constant(k), token);
        changes += wide_constant_put(&b, k + COLLIDING, constant(k), k, token);
    }
    wide_constant_diff(&a, &b, count_difference, &found);
    wide_constant_diff(&b, &a, count_difference, &back);
    ck_assert_uint_eq(found, changes);
    ck_assert_uint_eq(back, changes);
    Hamt small = bucket_of(3);
    found = 0;
    wide_constant_diff(&small, &a, count_difference, &found);
    ck_assert_uint_eq(found, COLLIDING - 3);
}
END_TEST

/* Random changes of a large bucket, and old versions that stay as they were. */
START_TEST(a_large_bucket_behaves_as_the_model)
{
    enum { MANY = 2000, OLD = 4, CHANGES = 40000 };
    static Word now[MANY + 1], then[OLD][MANY + 1];
    Hamt map = {0}, old[OLD] = {{0}};
    Random random = {7};
    uint64_t token = epoch_new();
    for (int i = 0; i < CHANGES; i++) {
        Word k = 1 + random_below(&random, MANY), v = random_word(&random) | 1;
        bool grows = i / 5000 % 2 == 0;
        if (random_below(&random, 4) < (grows ? 3u : 1u)) {
            must(wide_constant_put(&map, k, constant(k), v, token) == !now[k]);
            now[k] = v;
        } else {
            must(wide_constant_remove(&map, k, constant(k), token) == (now[k] != 0));
            now[k] = 0;
        }
        if (random_below(&random, 500)) continue;
        wide_constant_check(&map);
        uint32_t at = random_below(&random, OLD);
        old[at] = map;
        memcpy(then[at], now, sizeof now);
        token = epoch_new();
        at = random_below(&random, OLD);
        wide_constant_check(&old[at]);
        for (k = 1; k <= MANY; k++) {
            const Word *e = wide_constant_find(&old[at], k, constant(k));
            must((e ? *e : 0) == then[at][k]);
        }
    }
}
END_TEST

#ifndef NDEBUG
START_TEST(key_0_is_refused)
{
    Hamt map = {0};
    wide_put(&map, 0, 0, 1, epoch_new());
}
END_TEST

START_TEST(check_finds_a_lost_pair)
{
    Hamt map = map_of(10, epoch_new());
    map.count++;
    wide_check(&map);
}
END_TEST

START_TEST(check_finds_a_misplaced_pair)
{
    Hamt map = map_of(10, epoch_new());
    map.root->entries[0].key += 1000;
    wide_check(&map);
}
END_TEST

START_TEST(check_finds_disorder_in_a_bucket)
{
    Hamt map = bucket_of(1000);
    ((HamtNode *)top_of(&map))->entries[1].key = 1;
    wide_constant_check(&map);
}
END_TEST

START_TEST(check_finds_a_small_node_in_a_bucket)
{
    Hamt map = bucket_of(1000);
    HamtNode *node = hamt_child(top_of(&map)->entries);
    memset(node->entries + 2, 0, (node->count - 2u) * sizeof *node->entries);
    node->count = 2;
    wide_constant_check(&map);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("hamt");
    TCase *tc = tcase_create("hamt");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_loop_test(tc, behaves_as_the_model, 0, sizeof models / sizeof *models);
    tcase_add_test(tc, holds_a_million_keys);
    tcase_add_test(tc, small_maps_have_no_children);
    tcase_add_test(tc, the_shape_of_small_maps_is_not_that_of_their_making);
    tcase_add_test(tc, small_maps_become_large_ones);
    tcase_add_test(tc, a_map_made_like_another_has_its_order);
    tcase_add_test(tc, addition_during_a_traversal_ends);
    tcase_add_test(tc, removal_during_a_traversal_misses_nothing);
    tcase_add_test(tc, update_during_a_traversal_keeps_the_order);
    tcase_add_test(tc, the_empty_map);
    tcase_add_test(tc, reserved_room_is_used);
    tcase_add_test(tc, what_changes_nothing_copies_nothing);
    tcase_add_test(tc, a_change_shares_all_but_its_path);
    tcase_add_test(tc, the_first_changes_are_a_patch);
    tcase_add_test(tc, patches_share_their_keys);
    tcase_add_test(tc, what_others_wrote_next_is_put_at_once);
    tcase_add_test(tc, a_worn_patch_is_merged);
    tcase_add_test(tc, the_owner_writes_in_place);
    tcase_add_test(tc, a_small_root_may_lie_in_the_block_of_its_user);
    tcase_add_test(tc, a_root_that_moves_out_is_the_same);
    tcase_add_test(tc, no_patch_lies_in_the_block_of_its_user);
    tcase_add_test(tc, each_meets_all_pairs);
    tcase_add_test(tc, a_bucket_takes_many_keys);
    tcase_add_test(tc, a_bucket_is_in_the_order_of_its_keys);
    tcase_add_test(tc, a_bucket_gives_keys_back);
    tcase_add_test(tc, removal_from_a_bucket_during_a_traversal);
    tcase_add_test(tc, a_change_of_a_bucket_copies_a_path);
    tcase_add_test(tc, a_difference_of_buckets_is_found);
    tcase_add_test(tc, a_large_bucket_behaves_as_the_model);
#ifndef NDEBUG
    tcase_add_test_raise_signal(tc, key_0_is_refused, SIGABRT);
    tcase_add_test_raise_signal(tc, check_finds_a_lost_pair, SIGABRT);
    tcase_add_test_raise_signal(tc, check_finds_a_misplaced_pair, SIGABRT);
    tcase_add_test_raise_signal(tc, check_finds_disorder_in_a_bucket, SIGABRT);
    tcase_add_test_raise_signal(tc, check_finds_a_small_node_in_a_bucket, SIGABRT);
#endif
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
