/* SPDX-License-Identifier: MIT */
/*
 * Images: what was saved and loaded is the same world, object by object, goes on as the other
 * does, and gives the same bytes again. Deltas to earlier images, whichever, too.
 */
#include "api_test.h"
#include "image/format.h"
#include "image/image.h"
#include "random_program.h"
#include "state_dump.h"

enum { PROGRAMS = 40, KEPT = 5 };

static int mutations = 300; /* test_images N: so many in each of four worlds */

static moonlet_image *saved(const moonlet_state *s, const moonlet_image *base)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, base, NULL, &message);
    ck_assert_msg(i != NULL, "%s", message);
    return i;
}

static moonlet_image *loaded(const moonlet_image *i, const moonlet_image *base)
{
    char *message = NULL;
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, base, NULL, &message);
    ck_assert_msg(j != NULL, "%s", message);
    return j;
}

/* Object by object, with ids, in the order of pairs. */
static void assert_same(const moonlet_state *a, const moonlet_state *b)
{
    Dump x = dump_state(a->state, DUMP_LOADED), y = dump_state(b->state, DUMP_LOADED);
    ck_assert(dump_equal(&x, &y));
    dump_free(&x);
    dump_free(&y);
    ck_assert_uint_eq(moonlet_digest(a), moonlet_digest(b));
}

static void assert_same_bytes(const moonlet_image *a, const moonlet_image *b)
{
    size_t m, n;
    const char *x = moonlet_image_bytes(a, &m), *y = moonlet_image_bytes(b, &n);
    ck_assert_uint_eq(m, n);
    ck_assert_mem_eq(x, y, n);
    ck_assert_mem_eq(moonlet_image_id(a), moonlet_image_id(b), 16);
}

/* What a program is told of its memory, and after how many steps. */
static void assert_same_figures(const moonlet_state *a, const moonlet_state *b)
{
    const char count[] = "local now = collectgarbage('count') collectgarbage() "
                         "return now, collectgarbage('count')";
    moonlet_result x = moonlet_do(a, count), y = moonlet_do(b, count);
    assert_ok(x);
    assert_ok(y);
    ck_assert_uint_eq(x.steps, y.steps);
    for (int i = 0; i < 2; i++) ck_assert(moonlet_equal(x.values[i], y.values[i]));
    moonlet_release(x.state);
    moonlet_release(y.state);
}

/* The state as it comes back from bytes. */
static moonlet_state *through_bytes(const moonlet_state *s)
{
    moonlet_image *i = saved(s, NULL), *j = loaded(i, NULL);
    moonlet_state *t = moonlet_image_state(j);
    moonlet_image *again = saved(t, NULL);
    assert_same(s, t);
    assert_same_bytes(i, again);
    if (!s->state->base->paused) assert_same_figures(s, t);
    moonlet_image_release(again);
    moonlet_image_release(j);
    moonlet_image_release(i);
    return t;
}

/* Runs it in both; they must do the same. */
static void go_on(moonlet_state **a, moonlet_state **b, const moonlet_chunk *c)
{
    moonlet_result x = moonlet_call_chunk(*a, c, NULL, 0),
                   y = moonlet_call_chunk(*b, c, NULL, 0);
    ck_assert_int_eq(x.status, y.status);
    ck_assert_uint_eq(x.steps, y.steps);
    moonlet_release(*a);
    moonlet_release(*b);
    *a = x.state;
    *b = y.state;
}

static moonlet_state *random_world(void) { return after(moonlet_init(), program_world); }

static const moonlet_chunk *next_program(Program *p)
{
    program_make(p);
    moonlet_chunk *c = moonlet_compile(p->text, p->length, "=random", NULL);
    ck_assert_ptr_nonnull(c);
    return c;
}

/* Two worlds, one of which goes through bytes after each program. */
START_TEST(random_worlds_go_on)
{
    Program p = {.seed = (uint64_t)_i};
    moonlet_state *s = random_world(), *t = random_world();
    for (int i = 0; i < PROGRAMS; i++) {
        go_on(&s, &t, next_program(&p));
        moonlet_state *back = through_bytes(t);
        moonlet_release(t);
        t = back;
        assert_same(s, t);
    }
    moonlet_release(s);
    moonlet_release(t);
}
END_TEST

/* Deltas to one of the last states, at random, some of them loaded ones. */
START_TEST(deltas_to_any_state)
{
    Program p = {.seed = 1000 + (uint64_t)_i};
    moonlet_image *here[KEPT], *there[KEPT]; /* saved, and loaded of these bytes */
    moonlet_state *s = random_world();
    here[0] = saved(s, NULL);
    there[0] = loaded(here[0], NULL);
    for (int i = 1; i < PROGRAMS; i++) {
        moonlet_result r = moonlet_call_chunk(s, next_program(&p), NULL, 0);
        moonlet_release(s);
        s = r.state;
        int base = (int)program_random(&p, (unsigned)(i < KEPT ? i : KEPT)), to = i % KEPT;
        moonlet_image *delta = saved(s, here[base]), *back = loaded(delta, there[base]);
        moonlet_state *t = moonlet_image_state(back);
        assert_same(s, t);
        assert_same_figures(s, t);
        if (i >= KEPT) moonlet_image_release(here[to]);
        if (i >= KEPT) moonlet_image_release(there[to]);
        here[to] = delta;
        there[to] = back;
        if (program_random(&p, 3) == 0) { /* the program goes on from what was loaded */
            moonlet_state *other = s;
            s = t;
            t = other;
        }
        moonlet_release(t);
    }
    moonlet_release(s);
}
END_TEST

enum { CHAIN = 8 };

/* A chain as one is what would have been made at its end, whole or as a delta to its base. */
START_TEST(chains_collapse)
{
    Program p = {.seed = 2000 + (uint64_t)_i};
    const char *bytes[CHAIN];
    size_t lengths[CHAIN];
    moonlet_image *here[CHAIN];
    moonlet_state *s = random_world();
    char *message = NULL;
    for (int i = 0; i < CHAIN; i++) {
        here[i] = saved(s, i ? here[i - 1] : NULL);
        bytes[i] = moonlet_image_bytes(here[i], &lengths[i]);
        if (i == CHAIN - 1) break;
        moonlet_result r = moonlet_call_chunk(s, next_program(&p), NULL, 0);
        moonlet_release(s);
        s = r.state;
    }
    moonlet_image *whole = saved(s, NULL), *base = loaded(here[0], NULL);
    moonlet_image *one = moonlet_image_collapse(bytes, lengths, CHAIN, NULL, NULL, &message);
    ck_assert_msg(one != NULL, "%s", message);
    assert_same_bytes(one, whole);
    moonlet_image *first = moonlet_image_collapse(bytes, lengths, 1, NULL, NULL, &message);
    assert_same_bytes(first, here[0]);
    moonlet_image *delta = saved(s, here[0]);
    for (int i = 0; i < 2; i++) { /* to what was saved, and to what was loaded of it */
        moonlet_image *all = moonlet_image_collapse(bytes + 1, lengths + 1, CHAIN - 1,
                                                    i ? base : here[0], NULL, &message);
        ck_assert_msg(all != NULL, "%s", message);
        assert_same_bytes(all, delta);
        moonlet_image *back = loaded(all, base);
        moonlet_state *t = moonlet_image_state(back);
        assert_same(s, t);
        moonlet_release(t);
        moonlet_image_release(back);
        moonlet_image_release(all);
    }
    moonlet_release(s);
}
END_TEST

static void cannot_collapse(const moonlet_image *const *images, size_t count, const char *why)
{
    const char *bytes[3];
    size_t lengths[3];
    char *message = NULL;
    for (size_t i = 0; i < count; i++) bytes[i] = moonlet_image_bytes(images[i], &lengths[i]);
    ck_assert_ptr_null(moonlet_image_collapse(bytes, lengths, count, NULL, NULL, &message));
    ck_assert_str_eq(message, why);
    free(message);
}

/* One is a constant, the other is computed. */
START_TEST(a_key_may_be_another_string_of_the_same_bytes)
{
    moonlet_state *first =
        world("t = {} _G[('ke'):rep(1) .. 'y'] = 1 t[('o'):rep(1) .. 'ne'] = 1"
              " for i = 1, 20 do t['k' .. i] = i end");
    moonlet_state *s = after(moonlet_retain(first), "key = nil t.one = nil");
    s = after(s, "key = 2 t.one = 1");
    moonlet_image *base = saved(first, NULL), *straight = saved(s, NULL);
    moonlet_image *next = saved(s, base);
    const char *bytes[2];
    size_t lengths[2];
    bytes[0] = moonlet_image_bytes(base, &lengths[0]);
    bytes[1] = moonlet_image_bytes(next, &lengths[1]);
    moonlet_image *whole = moonlet_image_collapse(bytes, lengths, 2, NULL, NULL, NULL);
    ck_assert_int_eq(memcmp(moonlet_image_id(whole), moonlet_image_id(straight), 16), 0);
    moonlet_image_release(base);
    moonlet_image_release(next);
    moonlet_image_release(whole);
    moonlet_image_release(straight);
}
END_TEST

START_TEST(what_is_no_chain_does_not_collapse)
{
    moonlet_state *s = world("a = {}"), *t = after(moonlet_retain(s), "a.b = 1"),
                  *u = after(moonlet_retain(t), "a.b = 2");
    moonlet_image *whole = saved(s, NULL), *next = saved(t, whole), *last = saved(u, next);
    cannot_collapse(NULL, 0, "there are no images");
    cannot_collapse((const moonlet_image *[]){next, last}, 2,
                    "the image is a delta, and needs its base");
    cannot_collapse((const moonlet_image *[]){whole, last}, 2,
                    "the image is a delta to another base");
    cannot_collapse((const moonlet_image *[]){whole, next, whole}, 3,
                    "an image of the chain is no delta");
}
END_TEST

/* Small tables whose keys come and go: the bits by which they lie are those of the keys that
 * were there together, and so is the order of pairs. */
START_TEST(keys_that_come_and_go_keep_their_order)
{
    static const char world[] =
        "seed, tables, names = ..., {}, {}\n"
        "function random(n) seed = (seed * 69069 + 1) % 2^32 return seed % 65537 % n + 1 end\n"
        "for i = 1, 60 do names[i] = 'k' .. i end\n"
        "for i = 1, 40 do tables[i] = {} end";
    static const char change[] = "for i = 1, 30 do\n"
                                 "  local t = tables[random(#tables)]\n"
                                 "  local n = 0\n"
                                 "  for k in pairs(t) do n = n + 1 if n > random(8) or "
                                 "random(9) == 1 then t[k] = nil end end\n"
                                 "  for _ = 1, random(2) do t[names[random(#names)]] = i end\n"
                                 "end";
    moonlet_value seed = moonlet_number(_i + 1);
    moonlet_chunk *c = moonlet_compile(world, sizeof world - 1, "=world", NULL);
    moonlet_result r = moonlet_call_chunk(moonlet_init(), c, &seed, 1);
    moonlet_state *s = r.state;
    moonlet_image *here = saved(s, NULL), *there = loaded(here, NULL);
    for (int i = 0; i < PROGRAMS; i++) {
        s = after(s, change);
        moonlet_image *delta = saved(s, here), *back = loaded(delta, there);
        moonlet_state *t = moonlet_image_state(back);
        moonlet_image *a = saved(s, NULL), *b = saved(t, NULL);
        assert_same_bytes(a, b);
        moonlet_image_release(here);
        moonlet_image_release(there);
        moonlet_image_release(a);
        moonlet_image_release(b);
        moonlet_release(t);
        here = delta;
        there = back;
    }
    moonlet_release(s);
}
END_TEST

/* What is the host's ------------------------------------------------------------------ */

typedef struct Point {
    double x, y;
} Point;

static int point_x(moonlet_context *c, const moonlet_value *args, size_t count);

static void copy_point(void *to, const void *from, size_t size) { memcpy(to, from, size); }

static bool save_point(const void *bytes, moonlet_writer *write, void *context)
{
    write(context, bytes, sizeof(Point));
    return true;
}

static bool load_point(void *to, const char *bytes, size_t length)
{
    if (length != sizeof(Point)) return false;
    memcpy(to, bytes, length);
    return true;
}

static const moonlet_entry point_methods[] = {{"x", point_x, NULL, NULL, false}, {0}};
static const moonlet_type_info point_type = {.name = "Point",
                                             .size = sizeof(Point),
                                             .copy = copy_point,
                                             .methods = point_methods,
                                             .save = save_point,
                                             .load = load_point};

static int point_x(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const Point *p = moonlet_context_userdata(c, args[0], &point_type);
    ck_assert_uint_eq(count, 1);
    return moonlet_return_one(c, moonlet_number(p->x));
}

static int twice(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double d = 0;
    if (count) moonlet_to_number(args[0], &d);
    return moonlet_return_one(c, moonlet_number(2 * d));
}

static int plus_data(moonlet_context *c, const moonlet_value *results, size_t count)
{
    double d = 0, data = 0;
    if (count) moonlet_to_number(results[0], &d);
    moonlet_to_number(moonlet_context_data(c), &data);
    return moonlet_return_one(c, moonlet_number(d + data));
}

static int call_plus(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ck_assert_uint_eq(count, 1);
    return moonlet_call_then(c, args[0], NULL, 0, plus_data, moonlet_number(100));
}

static const moonlet_entry entries[] = {{"twice", twice, NULL, NULL, false},
                                        {"call_plus", call_plus, NULL, NULL, false},
                                        {"plus_data", plus_data, NULL, NULL, false},
                                        {0}};
static const moonlet_library libraries[] = {{"host.tools", entries}, {NULL, NULL}};
static const moonlet_type_info *const types[] = {&point_type, NULL};
static const moonlet_image_host host = {.libraries = libraries, .types = types};

static moonlet_state *host_world(void)
{
    Point p = {3, 4};
    moonlet_result r = moonlet_load_module(world("host = {}"), "host.tools", entries);
    assert_ok(r);
    moonlet_result u = moonlet_new_userdata(r.state, &point_type, &p);
    assert_ok(u);
    moonlet_result s = moonlet_set(u.state, "point", u.values[0]);
    assert_ok(s);
    return after(
        s.state,
        "waiting = coroutine.create(function()\n"
        "  return host.tools.call_plus(function() return coroutine.yield(1) end) end)\n"
        "coroutine.resume(waiting)");
}

static moonlet_image *host_saved(const moonlet_state *s)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, NULL, &host, &message);
    ck_assert_msg(i != NULL, "%s", message);
    return i;
}

START_TEST(host_functions_and_userdata_have_names)
{
    moonlet_image *i = host_saved(host_world());
    size_t length;
    char *message = NULL;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, NULL, &host, &message);
    ck_assert_msg(j != NULL, "%s", message);
    moonlet_state *s = moonlet_image_state(j);
    ck_assert_uint_eq(moonlet_digest(moonlet_image_state(i)), moonlet_digest(s));
    ck_assert_double_eq(number_in(s, "host.tools.twice(21)"), 42);
    ck_assert_double_eq(number_in(s, "point:x()"), 3);
    ck_assert_double_eq(number_in(s, "select(2, coroutine.resume(waiting, 7))"), 107);
}
END_TEST

/* What the host has registered twice, or what was copied, is told by its name, in frames as
 * well.
 */
START_TEST(functions_of_other_worlds_have_the_same_digests)
{
    static const char *const names[] = {"twice", "waiting", "twice_more", "waiting_more"};
    moonlet_state *from = host_world(), *s = host_world();
    moonlet_result f = moonlet_get(from, "host.tools.twice");
    for (int i = 0; i < 4; i++) {
        moonlet_value v = i % 2 ? moonlet_global(from, "waiting") : moonlet_result_value(&f, 0);
        moonlet_result r = moonlet_import(s, from, &v, 1, NULL);
        assert_ok(r);
        moonlet_result set = moonlet_set(r.state, names[i], moonlet_result_value(&r, 0));
        assert_ok(set);
        moonlet_release(r.state);
        s = moonlet_next(s, &set);
    }
    moonlet_image *i = host_saved(s);
    size_t length;
    char *message = NULL;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, NULL, &host, &message);
    ck_assert_msg(j != NULL, "%s", message);
    ck_assert_uint_eq(moonlet_digest(s), moonlet_digest(moonlet_image_state(j)));
}
END_TEST

START_TEST(what_the_host_lacks_is_listed)
{
    moonlet_image *i = host_saved(host_world());
    size_t length;
    char *message = NULL;
    const char *bytes = moonlet_image_bytes(i, &length);
    const moonlet_image_host less = {.types = types};
    ck_assert_ptr_null(moonlet_image_load(bytes, length, NULL, &less, &message));
    ck_assert_ptr_nonnull(
        strstr(message, "the image needs host functions that are not there: "));
    for (const moonlet_entry *e = entries; e->name; e++)
        ck_assert_msg(strstr(message, e->name) != NULL, "%s", message);
    free(message);
    const moonlet_image_host later = {.types = types, .allow_missing = true};
    moonlet_image *j = moonlet_image_load(bytes, length, NULL, &later, &message);
    ck_assert_ptr_nonnull(j);
    ck_assert_uint_eq(moonlet_digest(moonlet_image_state(j)),
                      moonlet_digest(moonlet_image_state(i)));
    moonlet_result r = moonlet_do(moonlet_image_state(j), "return pcall(host.tools.twice, 1)");
    assert_ok(r);
    assert_bytes(r.values[1], "the host has no function 'host.tools.twice'");
    ck_assert_ptr_null(moonlet_image_load(bytes, length, NULL, NULL, &message));
    ck_assert_ptr_nonnull(
        strstr(message, "the image needs host functions or types that are not there: Point, "));
    free(message);
    const moonlet_image_host none = {.allow_missing = true};
    ck_assert_ptr_null(moonlet_image_load(bytes, length, NULL, &none, &message));
    ck_assert_ptr_nonnull(strstr(message, ": Point, "));
    free(message);
}
END_TEST

enum { MANY_NAMES = 3000 };

/* However many, each is named once, and in order. */
START_TEST(all_that_the_host_lacks_is_listed)
{
    static char names[MANY_NAMES][24];
    static moonlet_entry many[MANY_NAMES + 1];
    for (int i = 0; i < MANY_NAMES; i++) {
        snprintf(names[i], sizeof names[i], "function_%04d", i);
        many[i] = (moonlet_entry){.name = names[i], .call = entries[0].call};
    }
    const moonlet_library lacking[] = {{"many", many}, {0}};
    const moonlet_image_host full = {.libraries = lacking};
    moonlet_result r = moonlet_load_module(moonlet_init(), "many", many);
    assert_ok(r);
    moonlet_state *s = after(r.state, "a, b = many.function_0007, {many.function_0007}");
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, NULL, &full, &message);
    ck_assert_msg(i != NULL, "%s", message);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length), *at;
    ck_assert_ptr_null(moonlet_image_load(bytes, length, NULL, NULL, &message));
    at = message;
    for (int k = 0; k < MANY_NAMES; k++, at++) ck_assert_ptr_nonnull(at = strstr(at, names[k]));
    ck_assert_ptr_null(strstr(strstr(message, names[7]) + 1, names[7]));
    free(message);
}
END_TEST

/* Where it is, wherever it is: u is moved there from _G, which has nothing else like it. */
static const struct {
    const char *code, *path;
} odd_places[] = {
    {"u = nil t = setmetatable({}, setmetatable({}, {__index = v}))",
     "_G.t.<metatable>.<metatable>.__index"},
    {"t = {[{[coroutine.create(function() return v end)] = 1}] = 2}",
     "_G.t.<key>.<key>.<stack>.<upvalue 1>"},
    {"local co = coroutine.create(function() local w = v coroutine.yield() return w end) "
     "coroutine.resume(co) t = {[co] = 1}",
     "_G.t.<key>.<stack>"},
    {"t = setmetatable({}, {__mode = 'k'}) t[v] = 1 hold = function() return v end",
     "_G.t.<key>"},
    {"t = setmetatable({}, {__mode = 'v'}) t[1] = v hold = function() return v end", "_G.t[1]"},
    {"debug.getregistry().here = {v}", "registry.here[1]"},
    {"debug.setmetatable(1, {__index = v})", "<metatable of each number>.__index"},
    {"getmetatable('').at = {v}", "<metatable of each string>.at[1]"},
    {"debug.setuservalue(io.stdout, {v})", "registry._IO_output.<uservalue>[1]"},
    {"t = {['a b'] = {[true] = {[1.5] = {['\\n\\0\"'] = v}}}}",
     "_G.t[\"a b\"][true][1.5][\"\\010\\000\\\"\"]"},
    {"t = {[('x'):rep(100)] = v}", "_G.t.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."},
    {"local state = require 'state' x = v s = state.snapshot() x = nil", "_G.x, in a snapshot"},
};

START_TEST(where_it_is_is_told)
{
    for (size_t i = 0; i < sizeof odd_places / sizeof *odd_places; i++) {
        char *message = NULL, code[512], want[256];
        snprintf(code, sizeof code, "local v = u u = nil %s", odd_places[i].code);
        snprintf(want, sizeof want, "cannot save a light userdata (%s)", odd_places[i].path);
        moonlet_result r = moonlet_set(world(""), "u", moonlet_pointer(&host));
        r = moonlet_do(r.state, code);
        ck_assert_msg(r.status == MOONLET_OK, "%s", code);
        ck_assert_ptr_null(moonlet_image_save(r.state, NULL, NULL, &message));
        ck_assert_str_eq(message, want);
        free(message);
        r = moonlet_do(r.state, "return 1"); /* as it was */
        ck_assert_int_eq(r.status, MOONLET_OK);
    }
}
END_TEST

START_TEST(what_cannot_be_saved_is_found)
{
    char *message = NULL;
    moonlet_state *s = host_world();
    ck_assert_ptr_null(moonlet_image_save(s, NULL, NULL, &message));
    ck_assert_ptr_nonnull(strstr(message, "cannot save a"));
    free(message);
    moonlet_result r = moonlet_set(world("a = {b = {}}"), "a.b", moonlet_pointer(&host));
    ck_assert_ptr_null(moonlet_image_save(r.state, NULL, NULL, &message));
    ck_assert_str_eq(message, "cannot save a light userdata (_G.a.b)");
    free(message);
    moonlet_state *before = world("a = {b = {}}"); /* the table is the base's */
    moonlet_image *base = saved(before, NULL);
    r = moonlet_set(before, "a.b", moonlet_pointer(&host));
    ck_assert_ptr_null(moonlet_image_save(r.state, base, NULL, &message));
    ck_assert_str_eq(message, "cannot save a light userdata (_G.a.b)");
    free(message);
}
END_TEST

/* What waits in the libraries' own frames ----------------------------------------------- */

static const char *const waits[] = {
    "table.sort({3, 1, 2}, function(a, b) yield() return a < b end) return 1",
    "return (string.gsub('abc', '%w', function(c) yield() return c .. c end))",
    "return (string.gsub('abc', '%w', setmetatable({}, {__index = function(t, c) "
    "yield() return c end})))",
    "return tostring(setmetatable({}, {__tostring = function() yield() return 'x' end}))",
    "return string.format('%s-%s', setmetatable({}, {__tostring = function() yield() "
    "return 'x' end}), 2)",
    "return load(function() yield() end)",
    "for k in pairs(setmetatable({}, {__pairs = function(t) yield() return next, {a = 1} "
    "end})) do "
    "yield() end return 1",
    "return #setmetatable({}, {__len = function() yield() return 3 end})",
    "return table.concat(setmetatable({'a', 'b'}, {__len = function() yield() return 2 end}))",
    "return table.unpack(setmetatable({1, 2}, {__len = function() yield() return 2 end}))",
    "local t = setmetatable({1, 2}, {__len = function() yield() return 2 end}) "
    "table.insert(t, 3) return t[3]",
    "local t = setmetatable({1, 2}, {__len = function() yield() return 2 end}) "
    "return table.remove(t)",
    "return pcall(function() yield() error('e', 0) end)",
    "return xpcall(function() yield() error('e', 0) end, function(m) yield() return m .. '!' "
    "end)",
    "package.preload.m = function() yield() return 7 end return require 'm'",
    "local m = setmetatable({}, {__lt = function() yield() return true end, __concat = "
    "function() yield() return 'c' end, __eq = function() yield() return true end}) "
    "return m < m, 'a' .. m .. 'b', m == setmetatable({}, getmetatable(m))",
    "local function f(...) yield() return select('#', ...), ... end return f(1, nil, 3)",
    "local function g() yield() return 5 end local function f() return g() end return f()",
    "local c = 0 local function inc() c = c + 1 yield() return c end inc() return inc(), c",
    "return select(2, coroutine.resume(coroutine.create(function() yield() return 9 end)))",
    "local s = 0 for i = 1, 3 do for _, v in ipairs{i} do yield() s = s + v end end return s",
    "print = nil local t = {} for i = 1, 5 do t[i] = yield() or i end return unpack(t)",
    "local t = setmetatable({}, {__index = function(t, k) yield() return k end, __newindex = "
    "function(t, k, v) yield() rawset(t, k, v) yield() end, __call = function(self, x) yield() "
    "return x end, __unm = function() yield() return 4 end, __le = function() yield() return "
    "nil "
    "end}) t.a = 1 return t.a, t.b, t(3), -t, t <= t",
    "local n = 0 for i, v in ipairs(setmetatable({}, {__ipairs = function(t) yield() return "
    "function(_, i) yield() if i < 3 then return i + 1, i end end, t, 0 end})) do n = n + v "
    "end "
    "return n",
    "table.insert(package.searchers, 1, function(name) yield() return function() yield() "
    "return 8 "
    "end end) return require 'n'",
    "dead = {} for i = 1, 2 do dead[i] = coroutine.create(function() return 1 + "
    "coroutine.wrap(function() if i == 2 then yield() end local t = {} t.x.y = 1 end)() end) "
    "coroutine.resume(dead[i]) yield() end return debug.traceback(dead[1])",
    "dead = {} for i, f in ipairs{error, setmetatable, string.rep} do dead[i] = "
    "coroutine.create(f) coroutine.resume(dead[i], i) end return coroutine.status(dead[2])",
    "local n = 0 debug.sethook(function(e) n = n + #e yield() end, 'crl') local x = 0 for i = "
    "1, "
    "5 do x = x + #tostring(i) end debug.sethook() return n, x",
    "local n, t = 0, setmetatable({v = 2}, {__add = function() return 3 end}) "
    "debug.sethook(function(e) n = n + #e yield() end, 'crl', 1)\n local x = t\n.v * 2 + (t "
    "+\n1)\n "
    "x = -x ^ 2 / 3 .. x\n x = #x + t\n x = x and x * 2 or (t + t)\n * 3\n t[x] = x * 2 + 1 "
    "debug.sethook() return n, x, t[x]",
    "local n = 0 for i = 1, 2 do setmetatable({}, {__gc = function() n = n + 1 pcall(yield) "
    "end}) "
    "collectgarbage() end return n",
    "local w = setmetatable({}, {__mode = 'k'}) for i = 1, 6 do local k = {} w[k] = {k} "
    "yield() "
    "if i % 3 == 0 then collectgarbage() end end local n = 0 for k in pairs(w) do n = n + 1 "
    "end "
    "return n",
    "local state = require 'state' return state.fork(function() pcall(yield) return 2 end)",
    "local state = require 'state' return state.try(function() pcall(yield) x = 1 error('e', "
    "0) end)",
    "local state = require 'state' local t = {} for i = 1, 3 do pcall(function() x = i t[i] = "
    "state.snapshot() yield() error(i) end) end return #state.diff(t[1], t[3])",
    "return pcall(pcall, xpcall, function() yield() local function f() yield() return 1 + f() "
    "end "
    "return 1 end, print)",
    "local s = ('x'):rep(2048) local t = ('x'):rep(2047) .. 'y' yield() local x = s < t "
    "yield() "
    "x = 0.5 .. t .. 0.25 yield() return x == s .. 'x.25', 0.5 .. 1e300",
    "local state = require 'state' return unpack(state.map(function(i) return i * 2 end, {1, "
    "2}))",
};
enum {
    WAITS = sizeof waits / sizeof *waits,
    STEPPED = WAITS - 1
}; /* a map is one step or many */

static void assert_same_end(moonlet_state *a, moonlet_state *b)
{
    static const char drain[] =
        "for i = 1, 40 do local r = {coroutine.resume(co)} "
        "if coroutine.status(co) == 'dead' then "
        "for k = 1, 6 do r[k] = tostring(r[k]) end return table.concat(r, ' ') end end "
        "return 'never'";
    moonlet_result x = moonlet_do(a, drain), y = moonlet_do(b, drain);
    assert_ok(x);
    assert_ok(y);
    ck_assert(moonlet_equal(x.values[0], y.values[0]));
    size_t length;
    const char *bytes = moonlet_to_bytes(x.values[0], &length);
    ck_assert(length != 5 || memcmp(bytes, "never", 5) != 0);
    ck_assert_uint_eq(x.steps, y.steps);
    moonlet_release(x.state);
    moonlet_release(y.state);
}

START_TEST(coroutines_wait_anywhere)
{
    char source[1024];
    snprintf(source, sizeof source,
             "yield = coroutine.yield co = coroutine.create(function() %s end)", waits[_i]);
    moonlet_state *s = world(source);
    for (int i = 0; i < 12; i++) {
        moonlet_state *t = through_bytes(s);
        assert_same_end(s, t);
        moonlet_release(s);
        s = after(t, "coroutine.resume(co)");
    }
    moonlet_release(s);
}
END_TEST

/* A program paused at every step goes on as one that is not. */
START_TEST(paused_programs_go_on)
{
    char source[1024];
    snprintf(source, sizeof source,
             "local out = {} yield = function() out[#out + 1] = 1 end "
             "local r = {(function() %s end)()} for i = 1, 6 do r[i] = tostring(r[i]) end "
             "result = table.concat(r, ' ') .. #out",
             waits[_i]);
    moonlet_state *plain = world(source);
    moonlet_limits limits = {.steps = 3};
    moonlet_result r = moonlet_do(moonlet_limit(moonlet_init(), &limits), source);
    for (int i = 0; i < 3000 && r.status == MOONLET_PAUSED; i++) {
        moonlet_state *s = r.state, *t = i % 4 ? moonlet_retain(s) : through_bytes(s);
        moonlet_state *limited = moonlet_limit(t, &limits);
        moonlet_release(s);
        moonlet_release(t);
        r = moonlet_resume(limited);
        moonlet_release(limited);
    }
    assert_ok(r);
    ck_assert(
        moonlet_equal(moonlet_global(r.state, "result"), moonlet_global(plain, "result")));
    moonlet_release(r.state);
    moonlet_release(plain);
}
END_TEST

static moonlet_result with_steps(moonlet_state *s, uint64_t steps, const char *source)
{
    moonlet_limits limits = {.steps = steps};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = source ? moonlet_do(limited, source) : moonlet_resume(limited);
    moonlet_release(limited);
    moonlet_release(s);
    return r;
}

/* A state at which a program has come with a pause after each step, and one at which it came at
 * once. */
START_TEST(each_step_has_one_image)
{
    char source[1024];
    snprintf(source, sizeof source,
             "local n = 0 yield = function() n = n + 1 end (function() %s end)()", waits[_i]);
    moonlet_result often = with_steps(moonlet_init(), 1, source);
    for (uint64_t n = often.steps; often.status == MOONLET_PAUSED && n < 400;) {
        moonlet_result once = with_steps(moonlet_init(), n, source);
        ck_assert_int_eq(once.status, MOONLET_PAUSED);
        ck_assert_uint_eq(once.steps, n);
        moonlet_image *a = saved(often.state, NULL), *b = saved(once.state, NULL);
        size_t x, y;
        const char *here = moonlet_image_bytes(a, &x), *there = moonlet_image_bytes(b, &y);
        ck_assert_msg(x == y && memcmp(here, there, x) == 0, "after %u steps", (unsigned)n);
        moonlet_image_release(a);
        moonlet_image_release(b);
        moonlet_release(once.state);
        do {
            often = with_steps(often.state, 1, NULL);
            n += often.steps;
        } while (often.status == MOONLET_PAUSED && !often.steps);
    }
    moonlet_release(often.state);
}
END_TEST

/* How often a program was paused on its way is not in its image, though its stack lies in
 * memory in other pieces then. */
static moonlet_state *paused_after(uint64_t steps, uint64_t at_once)
{
    const char source[] = "local co = coroutine.wrap(function(...) while true do local t = {} "
                          "for i = 1, 5 do t[i] = i .. '' end coroutine.yield(#t) end end) "
                          "for i = 1, 300 do co() end";
    moonlet_state *s = moonlet_init();
    for (uint64_t done = 0; done < steps;) {
        moonlet_limits limits = {.steps = at_once < steps - done ? at_once : steps - done};
        moonlet_state *limited = moonlet_limit(s, &limits);
        moonlet_result r = done ? moonlet_resume(limited) : moonlet_do(limited, source);
        ck_assert_int_eq(r.status, MOONLET_PAUSED);
        done += r.steps;
        moonlet_release(limited);
        moonlet_release(s);
        s = r.state;
    }
    return s;
}

START_TEST(pauses_before_are_not_in_images)
{
    for (uint64_t steps = 50 + (uint64_t)_i; steps < 3000; steps += 397) {
        moonlet_state *once = paused_after(steps, steps), *often = paused_after(steps, 13);
        moonlet_image *a = saved(once, NULL), *b = saved(often, NULL);
        size_t m, n;
        const char *x = moonlet_image_bytes(a, &m), *y = moonlet_image_bytes(b, &n);
        ck_assert_msg(m == n && memcmp(x, y, n) == 0, "after %u steps", (unsigned)steps);
        moonlet_image_release(a);
        moonlet_image_release(b);
        moonlet_release(once);
        moonlet_release(often);
    }
}
END_TEST

/* Tables that had numbers as keys, and had not when they were held; objects that only the other
 * state has; a snapshot of one branch that is kept in another, whose objects have the same ids.
 */
START_TEST(held_states_may_have_parted)
{
    moonlet_state *s = world(
        "local state = require 'state'\n"
        "t, u, kept = {}, {x = 1}, {}\n"
        "local function fill(n) for i = 1, n do u[i] = setmetatable({i}, {name = i}) end end\n"
        "function back(k) state.restore(kept[k], {}) end\n"
        "local early, came = state.snapshot()\n"
        "if came then kept = came end\n"
        "for i = #kept + 1, 8 do\n"
        "  fill(i * 3) local s, again = state.snapshot()\n"
        "  if again then return end\n"
        "  kept[i] = s\n"
        "  u = {x = i, [-i] = {}}\n"
        "  state.restore(early, kept)\n"
        "end\n"
        "t[2^40] = 1\n");
    moonlet_state *t = through_bytes(s), *u = through_bytes(t);
    for (int i = 1; i <= 8; i++) {
        char source[64];
        snprintf(source, sizeof source, "back(%d)", i);
        moonlet_result x = moonlet_do(s, source), y = moonlet_do(u, source);
        ck_assert_int_eq(x.status, y.status);
        assert_same(x.state, y.state);
        moonlet_release(x.state);
        moonlet_release(y.state);
    }
    moonlet_release(s);
    moonlet_release(t);
    moonlet_release(u);
}
END_TEST

/* Held states side by side, in which objects come, change, go, are found again and change where
 * a state between cannot reach them; some were loaded, so they reach no object that the others
 * have. Each is told as what differs from the one before. */
START_TEST(held_states_differ_from_each_other)
{
    moonlet_value seed = moonlet_number(_i * 7 + 1);
    static const char source[] =
        "local state = require 'state'\n"
        "seed, kept, root, aside = ..., {}, {}, {}\n"
        "function random(n) seed = (seed * 69069 + 1) % 2^32 return seed % 65537 % n + 1 end\n"
        "local function change()\n"
        "  local t = root\n"
        "  for _ = 1, random(4) do local u = t[random(5)] if type(u) == 'table' then t = u end "
        "end\n"
        "  local what = random(9)\n"
        "  if what == 1 then t[random(5)] = {name = 'n' .. seed % 50}\n"
        "  elseif what == 2 then t[random(5)], root[random(5)] = nil, t\n"
        "  elseif what == 3 then t.x = seed\n"
        "  elseif what == 4 then setmetatable(t, root[random(5)])\n"
        "  elseif what == 5 then local n = seed t.f = function(k) n = n + k return n end\n"
        "  elseif what == 7 then\n"
        "    local n, m = seed, 1\n"
        "    t.f = function(k) n = n + k return n end\n"
        "    t.g = root.g or function() m = m + 1 return m end\n"
        "  elseif what == 9 then\n"
        "    local f, g = t.f or root.f, root.g or root.f\n"
        "    if f and g then debug.upvaluejoin(f, 1, g, 1) end\n"
        "  elseif what == 8 then\n"
        "    root.w = root.w or {}\n"
        "    root.w[{}] = seed\n"
        "    if random(2) == 1 then root.w[next(root.w)] = nil end\n"
        "  else t.c = coroutine.wrap(function() local i = 0 while true do i = i + 1 "
        "coroutine.yield(i) end end) t.c() end\n"
        "  if random(5) == 1 then t.f = t.f and t.f(1) and t.f end\n"
        "end\n"
        "function back(k) state.restore(kept[k], {}) end\n"
        "while #kept < 24 do\n"
        "  for _ = 1, random(6) do change() end\n"
        "  local s, came = state.snapshot()\n"
        "  if came and not came.kept then return end\n"
        "  if came then kept, seed = came.kept, came.seed else kept[#kept + 1] = s end\n"
        "  if random(7) == 1 then\n"
        "    kept[#kept + 1] = state.load(state.save(kept[random(#kept)]))\n"
        "  end\n"
        "  if random(4) == 1 then\n"
        "    state.restore(kept[random(#kept)], {kept = kept, seed = seed})\n"
        "  end\n"
        "end";
    moonlet_chunk *c = moonlet_compile(source, sizeof source - 1, "=held", NULL);
    moonlet_result r = moonlet_call_chunk(moonlet_init(), c, &seed, 1);
    assert_ok(r);
    moonlet_state *s = r.state, *t = through_bytes(s), *u = through_bytes(t);
    for (int i = 1; i <= 24; i++) {
        char go[64];
        snprintf(go, sizeof go, "back(%d)", i);
        moonlet_result x = moonlet_do(s, go), y = moonlet_do(u, go);
        ck_assert_int_eq(x.status, y.status);
        assert_same(x.state, y.state);
        moonlet_release(x.state);
        moonlet_release(y.state);
    }
    moonlet_release(s);
    moonlet_release(t);
    moonlet_release(u);
}
END_TEST

/* An object is changed in the first held state, unknown in the second, and in the third as it
 * is now. */
START_TEST(held_states_may_have_a_stranger_between)
{
    moonlet_state *s = world("local state = require 'state'\n"
                             "kept = {state.snapshot()}\n"
                             "other = {}\n"
                             "kept[2] = state.load(state.save(kept[1]))\n"
                             "kept[3] = state.snapshot()\n");
    moonlet_state *t = through_bytes(s);
    moonlet_release(s);
    moonlet_release(t);
}
END_TEST

/* What a run stops for it owes where it stops, and in no snapshot that is taken later. */
START_TEST(snapshots_owe_nothing)
{
    static const char source[] = "local state = require 'state'\n"
                                 "local s = ('ab'):rep(200000)\n"
                                 "local image = state.save()\n"
                                 "state.load(image)\n"
                                 "return image";
    moonlet_limits limits = {.steps = 100};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(s, source), p = moonlet_do(limited, source);
    assert_ok(r);
    ck_assert_int_eq(p.status, MOONLET_PAUSED);
    while (p.status == MOONLET_PAUSED) {
        moonlet_state *paused = p.state;
        p = moonlet_resume(paused);
        moonlet_release(paused);
    }
    assert_ok(p);
    size_t m, n;
    const char *at_once = moonlet_to_bytes(r.values[0], &m);
    const char *in_portions = moonlet_to_bytes(p.values[0], &n);
    ck_assert_uint_eq(m, n);
    ck_assert_mem_eq(at_once, in_portions, n);
    moonlet_release(r.state);
    moonlet_release(p.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* The bytes of snapshots go by what is different in each. */
START_TEST(many_snapshots_take_few_bytes)
{
    static const char source[] =
        "local state, n = require 'state', ...\n"
        "world, kept = {}, {} for i = 1, 300 do world[i] = {x = i} end\n"
        "for i = 1, n do world[i % 300 + 1].x = i + 0.5 kept[i] = state.snapshot() end";
    moonlet_chunk *c = moonlet_compile(source, sizeof source - 1, "=many", NULL);
    size_t length[2];
    for (int i = 0; i < 2; i++) {
        moonlet_value n = moonlet_number(100 + 300 * i);
        moonlet_result r = moonlet_call_chunk(moonlet_init(), c, &n, 1);
        assert_ok(r);
        moonlet_image *image = saved(r.state, NULL);
        moonlet_image_bytes(image, &length[i]);
        moonlet_image_release(image);
        moonlet_release(r.state);
    }
    ck_assert_uint_lt(length[1] - length[0], 300 * 150);
}
END_TEST

/* Each held state has its own copy of the code, so long that collections come between them. */
START_TEST(code_is_in_an_image_once)
{
    enum { WORDS = 20000, COPIES = 8 };
    static const char end[] = "local state = require 'state'\n"
                              "function f() return x end\n"
                              "local now, kept = state.save(), {}\n"
                              "for i = 1, ... do kept[i] = state.load(now) end\n"
                              "_G.kept = kept";
    static const char line[] = "x = 'something'\n";
    size_t length = 0, size[2];
    char *source = malloc(WORDS * sizeof line + sizeof end);
    for (int i = 0; i < WORDS; i++, length += sizeof line - 1)
        memcpy(source + length, line, sizeof line);
    memcpy(source + length, end, sizeof end);
    moonlet_chunk *c = moonlet_compile(source, length + sizeof end - 1, "=once", NULL);
    for (int i = 0; i < 2; i++) {
        moonlet_value n = moonlet_number(1 + i * (COPIES - 1));
        moonlet_result r = moonlet_call_chunk(moonlet_init(), c, &n, 1);
        assert_ok(r);
        moonlet_image *image = saved(r.state, NULL);
        moonlet_image_bytes(image, &size[i]);
        moonlet_image_release(image);
        moonlet_release(r.state);
    }
    ck_assert_uint_gt(size[0], WORDS);
    ck_assert_uint_lt(size[1], size[0] + WORDS);
    free(source);
}
END_TEST

START_TEST(snapshots_in_variables_come_along)
{
    moonlet_state *s =
        world("local state = require 'state'\n"
              "big = {} for i = 1, 100 do big[i] = {i} end\n"
              "function take() kept = kept or {} local s, n = state.snapshot()\n"
              "  if n then return n + #big end kept[#kept + 1] = s return 0 end\n"
              "function back(i) state.restore(kept[i], 1000) end\n"
              "take() big[5] = nil big[#big] = nil take() big = {} take()");
    moonlet_state *t = through_bytes(s);
    for (int i = 1; i <= 3; i++) {
        char source[64];
        snprintf(source, sizeof source, "back(%d)", i);
        moonlet_result x = moonlet_do(s, source), y = moonlet_do(t, source);
        ck_assert_int_eq(x.status, y.status);
        assert_same(x.state, y.state);
        moonlet_release(x.state);
        moonlet_release(y.state);
    }
    moonlet_release(s);
    moonlet_release(t);
}
END_TEST

/* Hostile bytes ---------------------------------------------------------------------- */

/* What is in a world that may be anything: all of it is looked at and called. */
static const char probe[] =
    "for k, v in pairs(_G) do pcall(tostring, v) end\n"
    "for k, f in pairs(type(fns) == 'table' and fns or {}) do pcall(f, 1) end\n"
    "for k, c in pairs(type(cos) == 'table' and cos or {}) do\n"
    "  pcall(debug.traceback, c) pcall(coroutine.resume, c, 1) end\n"
    "for k, f in pairs(string) do pcall(f, 'a', 'b', 1) end\n"
    "collectgarbage()\n"
    "return 1\n";

static void look_into(const moonlet_state *s)
{
    moonlet_limits limits = {.steps = 100000, .bytes = 20000000, .stack = 20000};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_digest(s);
    moonlet_memory(s, NULL);
    if (moonlet_is_paused(s)) moonlet_release(moonlet_resume(limited).state);
    moonlet_result r = moonlet_do(limited, probe);
    char *message = NULL;
    moonlet_image *again = moonlet_image_save(r.state, NULL, NULL, &message);
    moonlet_image_release(again);
    free(message);
    moonlet_release(r.state);
    moonlet_release(limited);
}

/* Other bytes with the right hash; gives whether they were an image. */
static bool try_bytes(char *bytes, size_t length)
{
    uint8_t hash[IMAGE_ID];
    char *message = NULL;
    image_hash((uint8_t *)bytes, length, hash);
    memcpy(bytes + IMAGE_AT_HASH, hash, sizeof hash);
    moonlet_image *i = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert((i != NULL) != (message != NULL));
    free(message);
    if (!i) return false;
    moonlet_state *s = moonlet_image_state(i);
    look_into(s);
    moonlet_release(s);
    moonlet_image_release(i);
    return true;
}

static void mutate(Program *p, char *bytes, size_t length)
{
    for (unsigned n = 1 + program_random(p, 3); n > 0; n--) {
        size_t at = IMAGE_HEADER + program_random(p, (unsigned)(length - IMAGE_HEADER));
        switch (program_random(p, 4)) {
        case 0: bytes[at] ^= (char)(1 << program_random(p, 8)); break;
        case 1: bytes[at] = (char)program_random(p, 256); break;
        case 2: bytes[at] = (char)program_random(p, 24); break;
        default:
            bytes[at] =
                bytes[IMAGE_HEADER + program_random(p, (unsigned)(at - IMAGE_HEADER + 1))];
            break;
        }
    }
}

START_TEST(any_bytes_are_an_image_or_an_error)
{
    Program p = {.seed = 77 + (uint64_t)_i};
    moonlet_state *s = random_world();
    for (int i = 0; i < 8; i++) {
        moonlet_result r = moonlet_call_chunk(s, next_program(&p), NULL, 0);
        moonlet_release(s);
        s = r.state;
    }
    size_t length;
    moonlet_image *image = saved(s, NULL);
    const char *good = moonlet_image_bytes(image, &length);
    char *bytes = malloc(length);
    unsigned loaded_ones = 0;
    for (int i = 0; i < mutations; i++) {
        memcpy(bytes, good, length);
        mutate(&p, bytes, length);
        loaded_ones += try_bytes(bytes, length);
    }
    ck_assert_uint_gt(loaded_ones, 0); /* numbers and texts may be any */
    free(bytes);
    moonlet_image_release(image);
    moonlet_release(s);
}
END_TEST

/* Seven bits a byte, the lowest first. */
static size_t write_number(char *to, uint64_t n)
{
    size_t i = 0;
    for (; n >= 0x80; n >>= 7) to[i++] = (char)(n | 0x80);
    to[i++] = (char)n;
    return i;
}

/* A delta whose new table has the id of an object of the base: they could both be keys of one
 * table. */
START_TEST(a_delta_has_no_id_of_its_base_again)
{
    moonlet_state *s = world("a = {}"), *t = after(moonlet_retain(s), "b = {}");
    moonlet_image *base = saved(s, NULL), *delta = saved(t, base);
    size_t length, n;
    char *message = NULL, old[12], forged[12];
    const char *good = moonlet_image_bytes(delta, &length);
    char *bytes = memcpy(malloc(length), good, length), *at = bytes + IMAGE_HEADER;
    uint64_t id = s->state->next_id;
    while (id < t->state->next_id && *at) { /* which of the new ids is the table's */
        old[0] = forged[0] = TAG_TABLE;
        n = 1 + write_number(old + 1, 2 * id);
        for (at = bytes + IMAGE_HEADER; at + n <= bytes + length; at++)
            if (memcmp(at, old, n) == 0) break;
        if (at + n <= bytes + length) break;
        id++;
        at = bytes + IMAGE_HEADER;
    }
    ck_assert_uint_lt(id, t->state->next_id);
    ck_assert_uint_eq(n, 1 + write_number(forged + 1, 2 * (s->state->next_id - 1)));
    ck_assert_ptr_nonnull(moonlet_image_load(bytes, length, base, NULL, &message));
    memcpy(at, forged, n);
    image_hash((uint8_t *)bytes, length, (uint8_t *)bytes + IMAGE_AT_HASH);
    ck_assert_ptr_null(moonlet_image_load(bytes, length, base, NULL, &message));
    ck_assert_str_eq(message, "the image is damaged");
    free(message);
    free(bytes);
}
END_TEST

/* Where strings have other hashes, pairs has another order: a traversal would not go on. */
START_TEST(an_image_of_another_seed_is_refused)
{
    moonlet_state *s = world("t = {a = 1, [1.5] = 2}");
    size_t length;
    uint64_t seed = 0;
    char *message = NULL;
    moonlet_image *image = saved(s, NULL);
    const char *good = moonlet_image_bytes(image, &length);
    char *bytes = memcpy(malloc(length), good, length);
    ck_assert(moonlet_image_seed(bytes, IMAGE_HEADER, &seed));
    ck_assert_uint_eq(seed, string_seed_in_use());
    bytes[IMAGE_AT_SEED] ^= 1;
    image_hash((uint8_t *)bytes, length, (uint8_t *)bytes + IMAGE_AT_HASH);
    ck_assert_ptr_null(moonlet_image_load(bytes, length, NULL, NULL, &message));
    ck_assert_ptr_nonnull(strstr(message, "strings are hashed by the seed"));
    ck_assert(moonlet_image_seed(bytes, length, &seed));
    ck_assert_uint_eq(seed, string_seed_in_use() ^ 1);
    ck_assert(!moonlet_image_seed(bytes, IMAGE_HEADER - 1, &seed));
    bytes[IMAGE_AT_FORMAT]++;
    ck_assert(!moonlet_image_seed(bytes, length, &seed));
    free(message);
    free(bytes);
    moonlet_image_release(image);
    moonlet_release(s);
}
END_TEST

/* The delta, of a state with this next id; as good as it says. */
static moonlet_image *with_next_id(const moonlet_image *delta, const moonlet_image *base,
                                   uint64_t id)
{
    size_t length, rest = IMAGE_HEADER + 1;
    const char *good = moonlet_image_bytes(delta, &length);
    char *bytes = malloc(length + 10), *message = NULL;
    while (good[rest++] & (char)0x80) {
    }
    memcpy(bytes, good, IMAGE_HEADER + 1);
    size_t at = IMAGE_HEADER + 1 + write_number(bytes + IMAGE_HEADER + 1, id);
    memcpy(bytes + at, good + rest, length - rest);
    length = at + length - rest;
    uint64_t body = htole64(length - IMAGE_HEADER);
    memcpy(bytes + IMAGE_AT_LENGTH, &body, sizeof body);
    image_hash((uint8_t *)bytes, length, (uint8_t *)bytes + IMAGE_AT_HASH);
    moonlet_image *i = moonlet_image_load(bytes, length, base, NULL, &message);
    free(message);
    free(bytes);
    return i;
}

/* Ids that an image says were given out may be nearly all: programs end before they have none.
 */
START_TEST(programs_have_no_more_objects_than_ids)
{
    moonlet_state *s = world("x = 1");
    moonlet_image *whole = saved(s, NULL);
    ck_assert_ptr_null(with_next_id(whole, NULL, (uint64_t)1 << 47));
    ck_assert_ptr_null(with_next_id(whole, NULL, RUN_IDS * 3 / 2 + 1));
    moonlet_image *late = with_next_id(whole, NULL, RUN_IDS - 100);
    ck_assert_ptr_nonnull(late);
    moonlet_state *t = moonlet_image_state(late);
    moonlet_result r = moonlet_do(t, "local t = {} for i = 1, 20 do t[i] = {} end"
                                     " repeat t = {} until not pcall(rawset, t, 1, {})");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_str_eq(r.error->message, "not enough memory");
    ck_assert_uint_lt(r.state->state->next_id, RUN_IDS * 3 / 2);
    moonlet_release(r.state);
    r = moonlet_do(t, "return #tostring({})");
    ck_assert_int_eq(r.status, MOONLET_OK);
    moonlet_release(r.state);
    moonlet_release(t);
    moonlet_release(s);
}
END_TEST

/* A delta to an earlier state has nothing that was made later: no object that its values, or
 * changes, or the world itself lead to. */
START_TEST(a_delta_has_nothing_newer_than_itself)
{
    static const char *const changes[] = {"x = 1", "x = late", "late.x = 1"};
    moonlet_state *s = world("early = {}");
    uint64_t least = s->state->next_id + (_i > 0);
    s = after(s, _i ? "late = {}" : "debug.setmetatable(1, {}) late = early");
    moonlet_state *t = after(moonlet_retain(s), changes[_i]);
    moonlet_image *base = saved(s, NULL), *delta = saved(t, base);
    ck_assert(moonlet_image_is_delta(delta));
    uint64_t refused = 0, taken = 0;
    for (uint64_t id = 1; id <= t->state->next_id; id++) {
        moonlet_image *i = with_next_id(delta, base, id);
        ck_assert(!i || id >= least);
        i ? taken++ : refused++;
        moonlet_image_release(i);
    }
    ck_assert(refused >= least - 1 && taken > 0);
    moonlet_image_release(delta);
    moonlet_image_release(base);
    moonlet_release(t);
    moonlet_release(s);
}
END_TEST

/* Chunks of the base are known by their code. */
START_TEST(what_is_loaded_again_is_as_if_it_were_new)
{
    const char *more = "g = load(text, 'name') h = load(string.dump(g), 'd', 'b', {}) "
                       "i = string.dump(g) j = load(string.dump(load(text)))";
    moonlet_state *s =
        world("text = 'local a = ... function f() return a .. [['.. ('x'):rep(3000)"
              " .. ']] end return f' f = load(text, 'name')");
    moonlet_image *base = saved(s, NULL);
    moonlet_result known = moonlet_do(s, more);
    assert_ok(known);
    for (int i = 0; i < 3; i++) {
        if (i != 1) moonlet_collect(); /* now it is forgotten */
        moonlet_result other = moonlet_do(s, more);
        assert_ok(other);
        ck_assert_uint_eq(other.steps, known.steps);
        assert_same_figures(other.state, known.state);
        for (int k = 0; k < 2; k++) {
            moonlet_image *x = saved(other.state, k ? base : NULL);
            moonlet_image *y = saved(known.state, k ? base : NULL);
            assert_same_bytes(x, y);
            moonlet_image_release(x);
            moonlet_image_release(y);
        }
        moonlet_release(other.state);
    }
    moonlet_release(known.state);
    moonlet_image_release(base);
    moonlet_release(s);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1) mutations = atoi(argv[1]);
    TCase *t = tcase_create("images");
    tcase_add_loop_test(t, random_worlds_go_on, 0, 12);
    tcase_add_loop_test(t, deltas_to_any_state, 0, 12);
    tcase_add_loop_test(t, chains_collapse, 0, 12);
    tcase_add_test(t, a_key_may_be_another_string_of_the_same_bytes);
    tcase_add_test(t, what_is_no_chain_does_not_collapse);
    tcase_add_loop_test(t, keys_that_come_and_go_keep_their_order, 0, 6);
    tcase_add_test(t, host_functions_and_userdata_have_names);
    tcase_add_test(t, functions_of_other_worlds_have_the_same_digests);
    tcase_add_test(t, what_the_host_lacks_is_listed);
    tcase_add_test(t, all_that_the_host_lacks_is_listed);
    tcase_add_test(t, what_cannot_be_saved_is_found);
    tcase_add_test(t, where_it_is_is_told);
    tcase_add_loop_test(t, coroutines_wait_anywhere, 0, WAITS);
    tcase_add_loop_test(t, paused_programs_go_on, 0, STEPPED);
    tcase_add_loop_test(t, each_step_has_one_image, 0, STEPPED);
    tcase_add_test(t, snapshots_in_variables_come_along);
    tcase_add_loop_test(t, held_states_differ_from_each_other, 0, 40);
    tcase_add_test(t, held_states_may_have_a_stranger_between);
    tcase_add_test(t, snapshots_owe_nothing);
    tcase_add_test(t, many_snapshots_take_few_bytes);
    tcase_add_test(t, code_is_in_an_image_once);
    tcase_add_loop_test(t, pauses_before_are_not_in_images, 0, 4);
    tcase_add_test(t, held_states_may_have_parted);
    tcase_add_test(t, a_delta_has_no_id_of_its_base_again);
    tcase_add_test(t, an_image_of_another_seed_is_refused);
    tcase_add_test(t, programs_have_no_more_objects_than_ids);
    tcase_add_loop_test(t, a_delta_has_nothing_newer_than_itself, 0, 3);
    tcase_add_test(t, what_is_loaded_again_is_as_if_it_were_new);
    tcase_add_loop_test(t, any_bytes_are_an_image_or_an_error, 0, 4);
    return run_suite(t);
}
