/* SPDX-License-Identifier: MIT */
/*
 * Values from one state into another.
 *
 * The model: random programs make a world; all its globals are imported into a new state,
 * where the same programs must then do the same, step by step. And moving on in one of
 * the two must not change the other.
 */
#include "api_test.h"
#include "random_program.h"
#include "state_dump.h"

static moonlet_value global(const moonlet_state *s, const char *name)
{
    return moonlet_global(s, name);
}

/* `to` with a global of `from`. */
static moonlet_state *bring(moonlet_state *to, const moonlet_state *from, const char *name)
{
    moonlet_value v = global(from, name);
    moonlet_result r = moonlet_import(to, from, &v, 1, NULL);
    assert_ok(r);
    v = r.values[0];
    to = moonlet_next(to, &r);
    r = moonlet_set(to, name, v);
    return moonlet_next(to, &r);
}

START_TEST(graphs_keep_their_shape)
{
    moonlet_state *from = world("t = {list = {1, 2, 3}} t.self = t t.also = t.list "
                                "local n = 5 t.inc = function() n = n + 1 return n end "
                                "t.get = function() return n end setmetatable(t, {__len = "
                                "function() return 42 end})");
    moonlet_state *to = bring(world("x = 1"), from, "t");
    ck_assert_double_eq(number_in(to, "t.self == t and t.also == t.list and #t + x"), 43);
    ck_assert_double_eq(number_in(to, "t.inc() + t.get()"), 12);
    ck_assert_double_eq(number_in(from, "t.get()"), 5);
    to = after(to, "t.list[2] = 20 table.insert(t.list, 4)");
    ck_assert_double_eq(number_in(to, "t.list[2] + #t.list"), 24);
    ck_assert_double_eq(number_in(from, "t.list[2] + #t.list"), 5);
    moonlet_release(from);
    moonlet_release(to);
}
END_TEST

START_TEST(libraries_are_common)
{
    moonlet_state *from = world("f = print g = string h = _G"), *to = moonlet_init();
    moonlet_value v[] = {global(from, "f"), global(from, "g"), global(from, "h"),
                         moonlet_number(7), moonlet_nil(),     moonlet_text("text")};
    moonlet_result r = moonlet_import(to, from, v, 6, NULL);
    assert_ok(r);
    ck_assert_uint_eq(r.count, 6);
    ck_assert(moonlet_equal(r.values[0], global(to, "print")));
    ck_assert(moonlet_equal(r.values[1], global(to, "string")));
    ck_assert(moonlet_equal(r.values[2], moonlet_globals(to)));
    assert_number(r.values[3], 7);
    assert_bytes(r.values[5], "text");
    moonlet_release(r.state);
    moonlet_release(from);
    moonlet_release(to);
}
END_TEST

/* What a common state has is the same object, as the receiver sees it. */
START_TEST(a_common_state)
{
    moonlet_state *base = world("old = {n = 1}");
    moonlet_state *from = after(moonlet_retain(base), "old.n = 2 new = {old = old}");
    moonlet_state *to = after(moonlet_retain(base), "old.n = 3");
    moonlet_value v = global(from, "new");
    moonlet_result r = moonlet_import(to, from, &v, 1, base);
    assert_ok(r);
    v = r.values[0];
    to = moonlet_next(to, &r);
    r = moonlet_set(to, "new", v);
    to = moonlet_next(to, &r);
    ck_assert_double_eq(number_in(to, "new.old == old and new.old.n"), 3);
    moonlet_release(base);
    moonlet_release(from);
    moonlet_release(to);
}
END_TEST

static moonlet_state *loaded(moonlet_state *s)
{
    moonlet_image *i = moonlet_image_save(s, NULL, NULL, NULL);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *back = moonlet_image_load(bytes, length, NULL, NULL, NULL);
    moonlet_state *l = moonlet_image_state(back);
    moonlet_image_release(i);
    moonlet_image_release(back);
    moonlet_release(s);
    return l;
}

static void assert_saves(moonlet_state *s) { moonlet_release(loaded(moonlet_retain(s))); }

/* A loaded state has objects of its own with the same ids. */
START_TEST(strangers_have_nothing_in_common_but_libraries)
{
    static const char source[] =
        "x = {print, string, io.stdout, getmetatable(''), {1}} x[6] = x[5]";
    static const char test[] =
        "assert(x[1] == print and x[2] == string and x[3] == io.stdout)"
        "assert(x[4] == getmetatable('') and x[5] ~= y and x[5] == x[6])"
        "assert(x[5][1] == 1 and x[1] ~= type and x[2].rep == string.rep)";
    moonlet_state *plain = world(source), *image = loaded(world(source));
    moonlet_state *other = loaded(world("y = {2}")), *fresh = world("y = {2}");
    moonlet_state *pairs[][2] = {{fresh, image}, {other, plain}, {other, image}};
    for (unsigned i = 0; i < 3; i++) {
        moonlet_state *s = bring(moonlet_retain(pairs[i][0]), pairs[i][1], "x");
        moonlet_result r = moonlet_do(s, test);
        assert_ok(r);
        assert_saves(r.state);
        moonlet_release(r.state);
        moonlet_release(s);
    }
    moonlet_release(plain);
    moonlet_release(image);
    moonlet_release(other);
    moonlet_release(fresh);
}
END_TEST

START_TEST(what_cannot_be_brought)
{
    moonlet_limits limits = {.steps = 100};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, "co = coroutine.create(function() while true do end "
                                           "end) t = {a = {co}} coroutine.resume(co)");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    moonlet_value v = global(r.state, "t");
    assert_error(moonlet_import(s, r.state, &v, 1, NULL), MOONLET_ERROR_HOST,
                 "cannot bring a running coroutine into another state: value.a[1]");
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* Userdata --------------------------------------------------------------------------- */

static void copy_number(void *to, const void *from, size_t size) { memcpy(to, from, size); }

static int increment(moonlet_context *c, const moonlet_value *args, size_t count);
static const moonlet_entry methods[] = {{"increment", increment, NULL, NULL, false}, {0}};
static const moonlet_type_info own_type = {
    .name = "own", .size = sizeof(int), .copy = copy_number, .methods = methods};
static const moonlet_type_info shared_type = {.name = "shared", .size = sizeof(int)};

static int increment(moonlet_context *c, const moonlet_value *args, size_t count)
{
    int *n = count ? moonlet_context_userdata_write(c, args[0], &own_type) : NULL;
    if (!n) return moonlet_bad_argument(c, 1, "own expected");
    return moonlet_return_one(c, moonlet_number(++*n));
}

static int make(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    int n = 10;
    return moonlet_return_one(c, moonlet_context_new_userdata(c, &own_type, &n));
}

START_TEST(userdata)
{
    int n = 5;
    moonlet_state *from = moonlet_init(), *to = moonlet_init();
    moonlet_result r = moonlet_new_userdata(from, &own_type, &n);
    moonlet_value v[2] = {r.values[0]};
    from = moonlet_next(from, &r);
    r = moonlet_new_userdata(from, &shared_type, &n);
    v[1] = r.values[0];
    from = moonlet_next(from, &r);
    r = moonlet_import(to, from, v, 2, NULL);
    assert_ok(r);
    moonlet_value w[2] = {r.values[0], r.values[1]};
    to = moonlet_next(to, &r);
    ck_assert_ptr_eq(moonlet_userdata(to, w[1], &shared_type),
                     moonlet_userdata(from, v[1], &shared_type));
    r = moonlet_set(to, "own", w[0]);
    to = after(moonlet_next(to, &r), "x = own:increment() y = own:increment()");
    ck_assert_double_eq(number_in(to, "x * 10 + y"), 67);
    ck_assert_int_eq(*(const int *)moonlet_userdata(to, w[0], &own_type), 7);
    ck_assert_int_eq(*(const int *)moonlet_userdata(from, v[0], &own_type), 5);
    moonlet_release(from);
    moonlet_release(to);
}
END_TEST

/* Written in the very run that has brought it: the fork's bytes stay. */
START_TEST(userdata_out_of_a_fork)
{
    const moonlet_entry entries[] = {{"make", make, NULL, NULL, false}, {0}};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "host", entries);
    s = after(moonlet_next(s, &r), "state = require 'state' local made = state.fork(host.make) "
                                   "local before = state.snapshot() n = (n or 0) + 1 "
                                   "x = made:increment() y = made:increment() keep = made");
    ck_assert_double_eq(number_in(s, "x * 100 + y"), 1112);
    ck_assert_double_eq(number_in(s, "keep:increment()"), 13);
    ck_assert_double_eq(number_in(s, "keep:increment()"), 13);
    moonlet_release(s);
}
END_TEST

/* The model -------------------------------------------------------------------------- */

/* All globals of `from` that a new state has not. */
static moonlet_state *copy_world(const moonlet_state *from)
{
    moonlet_state *to = moonlet_init();
    moonlet_result own = moonlet_do(from, "local t = {} for k, v in pairs(_G) do t[k] = v end "
                                          "return t");
    assert_ok(own);
    moonlet_result r = moonlet_import(to, own.state, own.values, 1, NULL);
    assert_ok(r);
    moonlet_release(own.state);
    moonlet_value t = r.values[0];
    to = moonlet_next(to, &r);
    moonlet_result f = moonlet_load(to, "for k, v in pairs(...) do _G[k] = v end");
    r = moonlet_call(f.state, f.values[0], &t, 1);
    assert_ok(r);
    moonlet_release(f.state);
    return moonlet_next(to, &r);
}

static moonlet_state *seeded(moonlet_state *s) { return after(s, "math.randomseed(1)"); }

static void assert_alike(const moonlet_state *a, const moonlet_state *b, const Program *p)
{
    Dump x = dump_state(a->state, DUMP_ALIKE), y = dump_state(b->state, DUMP_ALIKE);
    ck_assert_msg(dump_equal(&x, &y), "seed %llu: not the same after\n%s",
                  (unsigned long long)p->seed, p->text);
    dump_free(&x);
    dump_free(&y);
}

static moonlet_state *run(moonlet_state *s, const moonlet_chunk *c)
{
    moonlet_result r = moonlet_call_chunk(s, c, NULL, 0);
    moonlet_release(s);
    return r.state;
}

/* Kept for good: dumps recognise its nodes by address. */
static const moonlet_chunk *compile(const char *text)
{
    moonlet_chunk *c = moonlet_compile(text, strlen(text), "=random", NULL);
    ck_assert_ptr_nonnull(c);
    dump_chunk(c);
    return c;
}

static const moonlet_chunk *next_program(Program *p)
{
    program_make(p);
    return compile(p->text);
}

START_TEST(copies_of_random_worlds)
{
    enum { WORLDS = 40, BEFORE = 12, AFTER = 6 };
    static Program p;
    p.seed = 5;
    for (int i = 0; i < WORLDS; i++) {
        moonlet_state *a = run(moonlet_init(), compile(program_world));
        for (int k = 0; k < BEFORE; k++) a = run(a, next_program(&p));
        Dump before = dump_state(a->state, DUMP_EXACT);
        moonlet_state *b = seeded(copy_world(a)), *c = copy_world(a);
        Dump now = dump_state(a->state, DUMP_EXACT);
        ck_assert(dump_equal(&before, &now));
        dump_free(&now);
        moonlet_state *first = moonlet_retain(a);
        a = seeded(a);
        assert_alike(a, b, &p);
        if (i % 8 == 0) moonlet_collect();
        for (int k = 0; k < AFTER; k++) {
            const moonlet_chunk *chunk = next_program(&p);
            a = run(a, chunk);
            b = run(b, chunk);
            assert_alike(a, b, &p);
        }
        c = seeded(c);
        moonlet_state *again = seeded(copy_world(first));
        assert_alike(c, again, &p);
        now = dump_state(first->state, DUMP_EXACT);
        ck_assert(dump_equal(&before, &now));
        dump_free(&now);
        dump_free(&before);
        moonlet_release(a);
        moonlet_release(b);
        moonlet_release(c);
        moonlet_release(first);
        moonlet_release(again);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("import");
    tcase_add_test(t, graphs_keep_their_shape);
    tcase_add_test(t, libraries_are_common);
    tcase_add_test(t, a_common_state);
    tcase_add_test(t, strangers_have_nothing_in_common_but_libraries);
    tcase_add_test(t, what_cannot_be_brought);
    tcase_add_test(t, userdata);
    tcase_add_test(t, userdata_out_of_a_fork);
    tcase_add_test(t, copies_of_random_worlds);
    return run_suite(t);
}
