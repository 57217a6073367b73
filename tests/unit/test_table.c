/* SPDX-License-Identifier: MIT */
/* Table contents: against a model with older versions, borders, traversal, growth. */
#include "table/table.h"

#include "collide.h"
#include "memory/mem.h"
#include "model.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 260, INTEGERS = 160, VERSIONS = 8, STEPS = 12000, COLLECT_EVERY = 1000 };

typedef struct Version {
    TableBody body;
    Value values[KEYS]; /* nil: absent */
} Version;

typedef struct Model {
    Random random;
    uint64_t token;
    Value keys[KEYS];
    Version now;
    Version old[VERSIONS];
    int differences;
} Model;

static Value text(const char *s) { return string_value(string_from_c(s)); }

static Value object(ObjectType type, uint64_t id)
{
    Table *t = mem_new(sizeof *t);
    object_init(&t->h, type, id);
    return value_object(t);
}

/* Integers around the array part, other numbers, names, booleans, objects. */
static Value make_key(int i)
{
    char name[16];
    snprintf(name, sizeof name, "name%d", i);
    if (i < INTEGERS) return value_number(i - 5);
    switch (i % 5) {
    case 0: return value_number(i + 0.5);
    case 1: return value_number(i * 1e10);
    case 2: return object(OBJ_TABLE, (uint64_t)i / 10); /* some share an id, thus a hash */
    case 3: return i < INTEGERS + 5 ? V_TRUE : text(name);
    default: return string_value(string_intern(name, strlen(name)));
    }
}

/* Another word for the same key, where there is one. */
static Value same_key(Value key)
{
    if (key == value_number(0)) return value_number(-0.0);
    if (!value_is_string(key)) return key;
    return string_value(string_new(value_string(key)->data, value_string(key)->length));
}

static void verify(const Model *m, const Version *v)
{
    for (int i = 0; i < KEYS; i++) must(table_get(&v->body, m->keys[i]) == v->values[i]);
}

static void verify_integers(const Version *v)
{
    for (int i = 0; i < INTEGERS; i++) must(table_get_int(&v->body, i - 5) == v->values[i]);
    int64_t n = table_length(&v->body);
    must(n == table_length_slow(&v->body));
    must(n == 0 || table_get_int(&v->body, n) != V_NIL);
    must(table_get_int(&v->body, n + 1) == V_NIL);
}

static void verify_traversal(const Model *m, const Version *v)
{
    bool met[KEYS] = {false};
    Value key = V_NIL, value;
    int count = 0;
    while (table_next(&v->body, &key, &value)) {
        int i = 0;
        while (i < KEYS && !value_equal(m->keys[i], key)) i++;
        must(i < KEYS && !met[i] && v->values[i] == value);
        met[i] = true;
        count++;
    }
    for (int i = 0; i < KEYS; i++) count -= v->values[i] != V_NIL;
    must(count == 0);
}

/* What has been told of a key, added up, is what differs. */
typedef struct Told {
    const Model *m;
    double by[KEYS];
} Told;

static double weight(Value v) { return v == V_NIL ? -7 : value_to_double(v); }

static void tell(void *context, Value key, Value old, Value now)
{
    Told *told = context;
    int i = 0;
    while (i < KEYS && !value_equal(told->m->keys[i], key)) i++;
    must(i < KEYS);
    told->by[i] += weight(now) - weight(old);
}

static bool verify_difference(const Model *m, const Version *a, const Version *b)
{
    Told told = {.m = m};
    if (!table_diff_moved(&a->body, &b->body, tell, &told)) return false;
    for (int i = 0; i < KEYS; i++)
        must(told.by[i] == weight(b->values[i]) - weight(a->values[i]));
    return true;
}

static Value random_value(Model *m)
{
    return random_below(&m->random, 3) ? value_number(random_below(&m->random, 1000)) : V_NIL;
}

/* The changes that take no call where they can be made. */
static bool change_at_root(Model *m, int i, Value key, Value v)
{
    TableBody *t = &m->now.body;
    const String *name = value_string(key);
    if (v == V_NIL) return table_take_at_root(t, name, string_hash(name), m->token);
    return m->now.values[i] == V_NIL &&
           table_add_at_root(t, name, string_hash(name), v, m->token);
}

static void set_one(Model *m, int i, Value v)
{
    TableBody *t = &m->now.body;
    Value key = random_below(&m->random, 4) ? m->keys[i] : same_key(m->keys[i]);
    uint32_t way = random_below(&m->random, 3);
    if (way == 0 && v != V_NIL) {
        Value *slot = table_slot(t, key, m->token);
        must((slot != NULL) == (m->now.values[i] != V_NIL));
        if (slot)
            *slot = v;
        else
            table_set(t, key, v, m->token);
    } else if (way == 1 && i < INTEGERS) {
        table_set_int(t, i - 5, v, m->token);
    } else if (way == 1 && value_is_string(key) && v != V_NIL && table_is_patched(t)) {
        const String *name = value_string(key);
        table_set_patched(t, name, string_hash(name), v, m->token);
        Value peeked = table_peek_patched(t, name, string_hash(name));
        must(peeked == TABLE_LOOK || peeked == v);
    } else if (way == 1 && value_is_string(key)) {
        table_set_string(t, value_string(key), v, m->token);
    } else if (way != 2 || !value_is_string(key) || !change_at_root(m, i, key, v)) {
        table_set(t, key, v, m->token);
    }
    m->now.values[i] = v;
}

/* A run of integers, which is what makes and unmakes arrays. */
static void set_run(Model *m)
{
    int first = 6 + (int)random_below(&m->random, INTEGERS - 10);
    int n = 1 + (int)random_below(&m->random, 40), step = random_below(&m->random, 2) ? 1 : -1;
    bool clear = random_below(&m->random, 2);
    for (int i = first; n && i > 5 && i < INTEGERS; i += step, n--)
        set_one(m, i, clear ? V_NIL : value_number(i));
}

static void set_list(Model *m)
{
    Value list[30];
    int n = (int)random_below(&m->random, 30);
    int first = random_below(&m->random, 2) ? (int)table_length(&m->now.body) + 1
                                            : 1 + (int)random_below(&m->random, INTEGERS / 2);
    if (first + n > INTEGERS - 6) n = INTEGERS - 6 - first;
    for (int i = 0; i < n; i++) m->now.values[first + i + 5] = list[i] = random_value(m);
    if (n > 0) table_set_list(&m->now.body, first, list, (size_t)n, m->token);
}

/* Removes some of the keys a traversal meets; it must meet all the others. */
static void clear_while_traversing(Model *m)
{
    Value key = V_NIL, value;
    int met = 0, expected = 0;
    uint32_t keep = 1 + random_below(&m->random, 3);
    for (int i = 0; i < KEYS; i++) expected += m->now.values[i] != V_NIL;
    while (table_next(&m->now.body, &key, &value)) {
        met++;
        if (random_below(&m->random, keep)) continue;
        int i = 0;
        while (!value_equal(m->keys[i], key)) i++;
        table_set(&m->now.body, key, V_NIL, m->token);
        m->now.values[i] = V_NIL;
    }
    must(met == expected);
}

static void step(Model *m)
{
    uint32_t which = random_below(&m->random, VERSIONS);
    switch (random_below(&m->random, 40)) {
    case 0:
    case 1:
    case 2: /* snapshot */
        m->old[which] = m->now;
        m->token = epoch_new();
        break;
    case 3: /* on from an older version */
        m->now.body = m->old[which].body;
        memcpy(m->now.values, m->old[which].values, sizeof m->now.values);
        m->token = epoch_new();
        break;
    case 4:
    case 5:
    case 6: set_run(m); break;
    case 7:
    case 8: set_list(m); break;
    case 9: clear_while_traversing(m); break;
    default: set_one(m, (int)random_below(&m->random, KEYS), random_value(m));
    }
    table_check(&m->now.body);
    verify(m, &m->now);
    verify_integers(&m->now);
    for (int i = 0; i < VERSIONS; i++) verify(m, &m->old[i]);
    if (random_below(&m->random, 10) == 0) verify_traversal(m, &m->now);
    m->differences += verify_difference(m, &m->old[which], &m->now);
}

START_TEST(behaves_as_the_model)
{
    Model *m = mem_try_alloc_root(sizeof *m);
    m->random.state = (uint64_t)_i + 1;
    m->token = epoch_new();
    for (int i = 0; i < KEYS; i++) m->keys[i] = make_key(i);
    for (int i = 0; i < STEPS; i++) {
        step(m);
        if (i % COLLECT_EVERY == 0) mem_collect();
    }
    must(m->differences > 0);
    mem_free_root(m);
}
END_TEST

static TableBody sequence(int64_t n, uint64_t token)
{
    TableBody t = {0};
    for (int64_t i = 1; i <= n; i++) table_set_int(&t, i, value_number((double)i), token);
    return t;
}

START_TEST(sequences_live_in_the_array)
{
    TableBody t = sequence(1000, epoch_new());
    ck_assert_uint_eq(t.array_size, 1024);
    ck_assert_uint_eq(t.hash.count, 0);
    ck_assert_int_eq(table_length(&t), 1000);
}
END_TEST

START_TEST(filled_backwards_it_becomes_an_array)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    for (int64_t i = 1000; i >= 1; i--) table_set_int(&t, i, V_TRUE, token);
    ck_assert_uint_eq(t.array_size, 1024);
    ck_assert_uint_eq(t.hash.count, 0);
    table_check(&t);
}
END_TEST

START_TEST(far_keys_cost_nothing)
{
    TableBody t = {0};
    uint64_t token = epoch_new(), before = mem_bytes_total();
    table_set_int(&t, 100000000, V_TRUE, token);
    table_set_int(&t, INT64_C(1) << 53, V_TRUE, token);
    table_set_int(&t, INT64_MIN, V_TRUE, token);
    ck_assert(table_get(&t, value_number(-0x1p63)) == V_TRUE);
    ck_assert(table_get(&t, value_number(0x1p53)) == V_TRUE);
    ck_assert_int_eq(table_length(&t), 0);
    ck_assert_uint_lt(mem_bytes_total() - before, 100000);
    table_check(&t);
}
END_TEST

START_TEST(a_queue_stays_small)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    for (int64_t i = 1; i <= 100; i++) table_set_int(&t, i, V_TRUE, token);
    for (int64_t i = 1; i <= 200000; i++) {
        table_set_int(&t, i, V_NIL, token);
        table_set_int(&t, i + 100, V_TRUE, token);
    }
    table_check(&t);
    ck_assert_uint_lt(t.array.size, 1000);
    ck_assert_uint_lt(t.hash.count, 101);
}
END_TEST

START_TEST(a_stack_goes_up_and_down)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    for (int64_t round = 0; round < 10; round++) {
        for (int64_t i = 1; i <= 1000; i++) {
            table_set_int(&t, table_length(&t) + 1, V_TRUE, token);
            must(table_length(&t) == i);
        }
        for (int64_t i = 1000; i >= 1; i--) {
            table_set_int(&t, table_length(&t), V_NIL, token);
            must(table_length(&t) == i - 1);
        }
    }
    ck_assert_uint_eq(t.hash.count, 0);
}
END_TEST

START_TEST(holes_are_kept)
{
    TableBody t = {0};
    Value list[] = {V_NIL, V_TRUE, V_NIL, V_TRUE, V_NIL};
    table_set_list(&t, 1, list, 5, epoch_new());
    table_check(&t);
    ck_assert_int_eq(table_length(&t), 2);
    ck_assert(table_get_int(&t, 1) == V_NIL && table_get_int(&t, 2) == V_TRUE);
    table_set_list(&t, 1, list, 1, epoch_new());
    table_check(&t);
}
END_TEST

START_TEST(a_list_replaces_what_was_there)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    table_set_int(&t, 2, V_TRUE, token);
    table_set_int(&t, 3, V_TRUE, token);
    table_set_int(&t, 5, V_TRUE, token);
    Value list[] = {value_number(1), V_NIL, value_number(3), value_number(4), V_NIL};
    table_set_list(&t, 1, list, 5, token);
    table_check(&t);
    ck_assert(table_get_int(&t, 2) == V_NIL && table_get_int(&t, 3) == value_number(3));
    /* key 5 was assigned nil by the list */
    ck_assert(table_get_int(&t, 5) == V_NIL);
    ck_assert_int_eq(table_length(&t), 1);
}
END_TEST

START_TEST(keys_that_are_equal_are_one)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    table_set(&t, value_number(-0.0), V_TRUE, token);
    ck_assert(table_get(&t, value_number(0)) == V_TRUE);
    Value key = V_NIL, value;
    ck_assert(table_next(&t, &key, &value) && key == value_number(0));
    table_set(&t, text("a"), V_TRUE, token);
    table_set(&t, text("a"), V_FALSE, token);
    ck_assert(table_get(&t, text("a")) == V_FALSE);
    ck_assert_uint_eq(t.hash.count, 2);
    int x;
    for (int i = 0; i < 2; i++) {
        Light *l = mem_new(sizeof *l);
        object_init(&l->h, OBJ_LIGHT, 0);
        l->pointer = &x;
        table_set(&t, value_object(l), value_number(i), token);
    }
    ck_assert_uint_eq(t.hash.count, 3);
    table_check(&t);
}
END_TEST

START_TEST(objects_that_are_remapped_are_the_same_keys)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    Value key = object(OBJ_TABLE, 5);
    table_set(&t, key, V_TRUE, token);
    object_mark_remapped(value_pointer(key));
    ck_assert(table_get(&t, key) == V_TRUE);
    table_check(&t);
}
END_TEST

START_TEST(slots_are_for_present_keys)
{
    TableBody t = sequence(10, epoch_new());
    uint64_t token = epoch_new();
    String *name = string_from_c("name");
    uint32_t hash = string_hash(name);
    ck_assert_ptr_null(table_slot_string(&t, name, hash, token));
    ck_assert_ptr_null(table_slot_int(&t, 17, token));
    ck_assert_ptr_null(table_slot_int(&t, 0, token));
    TableBody before = t;
    table_set_string(&t, name, V_TRUE, token);
    *table_slot_string(&t, name, hash, token) = V_FALSE;
    *table_slot_string(&t, string_from_c("name"), hash, token) = value_number(3);
    *table_slot_int(&t, 10, token) = V_TRUE;
    ck_assert(table_get_string(&t, name, hash) == value_number(3));
    ck_assert(table_get_int(&t, 10) == V_TRUE);
    ck_assert(table_get_int(&before, 10) == value_number(10));
    ck_assert(table_get_string(&before, name, hash) == V_NIL);
    table_set_int(&t, 5, V_NIL, token);
    ck_assert_ptr_null(table_slot_int(&t, 5, token));
}
END_TEST

START_TEST(new_keys_clear_the_flags)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    String *name = string_from_c("__index");
    t.flags = 7;
    table_set_string(&t, name, V_NIL, token);
    ck_assert_uint_eq(t.flags & TABLE_ABSENT, 7);
    table_set_string(&t, name, V_TRUE, token);
    ck_assert_uint_eq(t.flags & TABLE_ABSENT, 0);
    t.flags = 7;
    table_set(&t, text("__newindex"), V_TRUE, token);
    ck_assert_uint_eq(t.flags & TABLE_ABSENT, 0);
    t.flags = 7;
    TableBody copy;
    table_body_copy(&copy, &t);
    ck_assert_uint_eq(copy.flags, 7);
}
END_TEST

START_TEST(fields_come_and_go_at_the_root)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    String *a = string_from_c("a"), *b = string_from_c("b"), *c = string_from_c("c");
    ck_assert_msg(!table_add_at_root(&t, a, string_hash(a), V_TRUE, token), "there is no root");
    table_begin(&t, 0, 2, token);
    t.flags |= 7;
    ck_assert(table_add_at_root(&t, a, string_hash(a), V_TRUE, token));
    ck_assert_uint_eq(t.flags & TABLE_ABSENT, 0);
    ck_assert(!table_add_at_root(&t, a, string_hash(a), V_TRUE, token));
    ck_assert(!table_take_at_root(&t, b, string_hash(b), token));
    ck_assert(table_get_string(&t, a, string_hash(a)) == V_TRUE);
    table_set_string(&t, b, V_FALSE, token);
    ck_assert_msg(!table_add_at_root(&t, c, string_hash(c), V_TRUE, token), "it is full");
    uint64_t other = epoch_new();
    ck_assert_msg(!table_take_at_root(&t, a, string_hash(a), other), "it is another's");
    ck_assert(table_take_at_root(&t, a, string_hash(a), token));
    ck_assert(t.flags & TABLE_REMOVED);
    ck_assert_msg(!table_add_at_root(&t, a, string_hash(a), V_TRUE, other), "it is another's");
    ck_assert(table_take_at_root(&t, b, string_hash(b), token));
    ck_assert_uint_eq(t.hash.count, 0);
    table_check(&t);
}
END_TEST

START_TEST(room_is_used)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    table_begin(&t, 100, 4, token);
    const void *array = t.array.root, *hash = t.hash.root;
    for (int64_t i = 1; i <= 100; i++) table_set_int(&t, i, V_TRUE, token);
    table_set(&t, text("a"), V_TRUE, token);
    table_set(&t, text("b"), V_TRUE, token);
    ck_assert_ptr_eq(t.array.root, array);
    ck_assert_ptr_eq(t.hash.root, hash);
    table_check(&t);
    TableBody empty = {0};
    table_begin(&empty, 0, 0, token);
    table_check(&empty);
    Value key = V_NIL, value;
    ck_assert(!table_next(&empty, &key, &value));
}
END_TEST

/* Whether a key is in the array, and which border there is, is PUC Lua's rule. */
START_TEST(the_key_that_needs_room_counts)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    table_set_int(&t, 1, V_TRUE, token);
    table_set_int(&t, 2, V_TRUE, token);
    table_set_int(&t, 3, V_NIL, token);
    ck_assert_uint_eq(t.array_size, 4);
    table_set_int(&t, 4, V_TRUE, token);
    ck_assert_int_eq(table_length(&t), 4);
    table_check(&t);
}
END_TEST

START_TEST(a_hole_at_one_leaves_an_array)
{
    TableBody t = {0};
    uint64_t token = epoch_new();
    for (int64_t i = 2; i <= 1000; i++) table_set_int(&t, i, V_TRUE, token);
    table_check(&t);
    ck_assert_uint_eq(t.array_size, 1024);
    ck_assert_uint_eq(t.hash.count, 0);
}
END_TEST

START_TEST(sparse_keys_leave_the_array)
{
    TableBody t = sequence(1000, epoch_new());
    uint64_t token = epoch_new(), before = mem_bytes_total();
    for (int64_t i = 1; i <= 990; i++) table_set_int(&t, i, V_NIL, token);
    for (int64_t i = 1; i <= 100; i++) table_set_int(&t, i * 1000000, V_TRUE, token);
    table_check(&t);
    ck_assert_uint_eq(t.array_size, 0);
    ck_assert_uint_eq(t.hash.count, 110);
    ck_assert_uint_lt(mem_bytes_total() - before, 100000);
}
END_TEST

START_TEST(many_keys_of_each_kind)
{
    enum { MANY = 100000 };
    TableBody t = {0};
    uint64_t token = epoch_new();
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        table_set(&t, text(name), value_number(i), token);
        table_set(&t, value_number(i + 0.25), value_number(i), token);
        table_set_int(&t, i + 1, value_number(i), token);
        if (i % 1000 == 0) token = epoch_new();
    }
    table_check(&t);
    ck_assert_uint_eq(t.hash.count + t.hash.border, 3 * MANY);
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        must(table_get(&t, text(name)) == value_number(i));
        must(table_get(&t, value_number(i + 0.25)) == value_number(i));
    }
    Value key = V_NIL, value;
    int n = 0;
    while (table_next(&t, &key, &value)) n++;
    ck_assert_int_eq(n, 3 * MANY);
}
END_TEST

#ifndef NDEBUG
START_TEST(nil_is_refused)
{
    TableBody t = {0};
    table_set(&t, V_NIL, V_TRUE, epoch_new());
}
END_TEST

START_TEST(check_finds_a_wrong_border)
{
    uint64_t token = epoch_new();
    TableBody t = sequence(3, token);
    pvec_set(&t.array, 2, V_NIL, token);
    table_check(&t);
}
END_TEST
#endif

/* Keys of one hash ----------------------------------------------------------------- */

enum { COLLIDING = 100000 };

static Value *colliding_strings(void)
{
    Value *keys = mem_try_alloc(COLLIDING * sizeof *keys);
    for (uint32_t i = 0; i < COLLIDING; i++) {
        char bytes[8];
        collide_bytes(i, bytes);
        keys[i] = string_value(string_new(bytes, sizeof bytes));
    }
    return keys;
}

static Value *colliding_numbers(void)
{
    Value *keys = mem_try_alloc(COLLIDING * sizeof *keys);
    CollideLattice l = collide_lattice();
    int count = 0;
    for (uint32_t n = 1; count < COLLIDING; n++)
        if ((keys[count] = collide_number(&l, n * 3571u)) != V_NIL) count++;
    return keys;
}

/* Lets a traversal remove every key, and half of the time the next one before it is met. */
static uint32_t remove_all(TableBody *t, uint64_t token)
{
    uint32_t met = 0;
    Value key = V_NIL, v;
    while (table_next(t, &key, &v)) {
        Value next = key, w;
        must(table_get(t, key) == v);
        if (met++ % 2 && table_next(t, &next, &w)) {
            table_set(t, next, V_NIL, token);
            met++;
        }
        table_set(t, key, V_NIL, token);
    }
    return met;
}

static void use_colliding(const Value *keys)
{
    uint32_t hash = value_hash(keys[0]);
    uint64_t token = epoch_new();
    TableBody t = {0}, before = {0};
    for (uint32_t i = 0; i < COLLIDING; i++) {
        must(value_hash(keys[i]) == hash);
        table_set(&t, keys[i], value_number(i), token);
    }
    table_check(&t);
    table_body_copy(&before, &t);
    token = epoch_new();
    for (uint32_t i = 0; i < COLLIDING; i++)
        *table_slot(&t, same_key(keys[i]), token) = value_number(i + 1);
    Value key = V_NIL, v, last = V_NIL;
    while (table_next(&t, &key, &v)) {
        must(last == V_NIL || value_order(last, key) < 0);
        last = key;
    }
    ck_assert_uint_eq(remove_all(&t, token), COLLIDING);
    ck_assert_uint_eq(t.hash.count, 0);
    table_check(&before);
    for (uint32_t i = 0; i < COLLIDING; i++)
        must(table_get(&before, keys[i]) == value_number(i));
}

START_TEST(strings_of_one_hash) { use_colliding(colliding_strings()); }
END_TEST

START_TEST(numbers_of_one_hash) { use_colliding(colliding_numbers()); }
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tc = tcase_create("table");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, mem_init, NULL);
    tcase_add_loop_test(tc, behaves_as_the_model, 0, 4);
    tcase_add_test(tc, sequences_live_in_the_array);
    tcase_add_test(tc, filled_backwards_it_becomes_an_array);
    tcase_add_test(tc, far_keys_cost_nothing);
    tcase_add_test(tc, a_queue_stays_small);
    tcase_add_test(tc, a_stack_goes_up_and_down);
    tcase_add_test(tc, holes_are_kept);
    tcase_add_test(tc, a_list_replaces_what_was_there);
    tcase_add_test(tc, keys_that_are_equal_are_one);
    tcase_add_test(tc, objects_that_are_remapped_are_the_same_keys);
    tcase_add_test(tc, slots_are_for_present_keys);
    tcase_add_test(tc, new_keys_clear_the_flags);
    tcase_add_test(tc, fields_come_and_go_at_the_root);
    tcase_add_test(tc, room_is_used);
    tcase_add_test(tc, the_key_that_needs_room_counts);
    tcase_add_test(tc, a_hole_at_one_leaves_an_array);
    tcase_add_test(tc, sparse_keys_leave_the_array);
    tcase_add_test(tc, many_keys_of_each_kind);
    tcase_add_test(tc, strings_of_one_hash);
    tcase_add_test(tc, numbers_of_one_hash);
#ifndef NDEBUG
    tcase_add_test_raise_signal(tc, nil_is_refused, SIGABRT);
    tcase_add_test_raise_signal(tc, check_finds_a_wrong_border, SIGABRT);
#endif
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
