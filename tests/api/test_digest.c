/* SPDX-License-Identifier: MIT */
/*
 * What counts in digests and differences: the bytes of userdata of which each state has its
 * own, or what their type says; light userdata by their identity; addresses never.
 */
#include "api_test.h"

#include <stdio.h>

typedef struct Item {
    int number;
    char *text; /* from malloc */
} Item;

static void copy_number(void *to, const void *from, size_t size) { memcpy(to, from, size); }

static void copy_item(void *to, const void *from, size_t size)
{
    (void)size;
    ((Item *)to)->text = strdup(((const Item *)from)->text);
}

static void free_item(void *bytes, size_t size)
{
    (void)size;
    free(((Item *)bytes)->text);
}

static void digest_item(const void *bytes, size_t size, moonlet_add_bytes *add, void *to)
{
    const Item *item = bytes;
    (void)size;
    add(to, &item->number, sizeof item->number);
    add(to, item->text, strlen(item->text));
}

static const moonlet_type_info number_type = {
    .name = "number", .size = sizeof(int), .copy = copy_number};
static const moonlet_type_info shared_type = {.name = "shared", .size = sizeof(int)};
static const moonlet_type_info item_type = {.name = "item",
                                            .size = sizeof(Item),
                                            .copy = copy_item,
                                            .finalize = free_item,
                                            .digest = digest_item};
static const moonlet_type_info hidden_type = {
    .name = "hidden", .size = sizeof(Item), .copy = copy_item, .finalize = free_item};

static moonlet_state *with(moonlet_state *s, const char *name, moonlet_value v)
{
    moonlet_result r = moonlet_set(s, name, v);
    return moonlet_next(s, &r);
}

static moonlet_state *with_userdata(moonlet_state *s, const char *name,
                                    const moonlet_type_info *type, const void *init)
{
    moonlet_result r = moonlet_new_userdata(s, type, init);
    moonlet_value v = moonlet_result_value(&r, 0);
    return with(moonlet_next(s, &r), name, v);
}

/* Writes ------------------------------------------------------------------------------------
 */

static int write_number(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double d = 0;
    (void)count;
    moonlet_to_number(args[1], &d);
    int *number = moonlet_context_userdata_write(c, args[0], moonlet_context_user(c));
    ck_assert_ptr_nonnull(number);
    *number = (int)d;
    return moonlet_return(c, NULL, 0);
}

static moonlet_state *with_writer(moonlet_state *s, const moonlet_type_info *type)
{
    moonlet_result r = moonlet_new_function(s, "write", write_number, (void *)type);
    moonlet_value v = moonlet_result_value(&r, 0);
    return with(moonlet_next(s, &r), "write", v);
}

static const moonlet_type_info *const written[] = {&number_type, &item_type, &shared_type,
                                                   &hidden_type};
enum { COUNTED = 2, WRITTEN = 4 };

START_TEST(what_is_written_counts)
{
    const moonlet_type_info *type = written[_i];
    Item item = {7, strdup("text")};
    moonlet_state *s = with_userdata(moonlet_init(), "u", type, &item);
    s = with_writer(s, type);
    s = after(s, "state = require'state' before = state.snapshot() t = {{deep = u}}");
    uint64_t digest = moonlet_digest(s);
    moonlet_state *same = after(moonlet_retain(s), "write(u, 7)");
    moonlet_state *other = after(moonlet_retain(s), "write(u, 8)");
    moonlet_state *again = after(moonlet_retain(other), "write(u, 7)");
    ck_assert_uint_eq(moonlet_digest(same), digest);
    ck_assert_uint_eq(moonlet_digest(again), digest);
    ck_assert_int_eq(moonlet_digest(other) != digest, _i < COUNTED);
    moonlet_state *told =
        after(moonlet_retain(s), "local a = state.snapshot() write(t[1].deep, 9)\n"
                                 "local b = state.digest()\n"
                                 "local d = state.diff(a) n = #d\n"
                                 "path = d[1] and d[1].path or ''\n"
                                 "differs = state.digest(a) ~= b and 1 or 0");
    ck_assert_double_eq(number_in(told, "n"), _i < COUNTED);
    ck_assert_double_eq(number_in(told, "differs"), _i < COUNTED);
    if (_i < COUNTED) {
        moonlet_state *u = after(told, "assert(path == 'u' or path == 't[1].deep', path)");
        told = u;
    }
    moonlet_state *none = after(moonlet_retain(s), "local a = state.snapshot() write(u, 7)\n"
                                                   "n = #state.diff(a)");
    ck_assert_double_eq(number_in(none, "n"), 0);
    moonlet_release(none);
    moonlet_release(told);
    moonlet_release(same);
    moonlet_release(other);
    moonlet_release(again);
    moonlet_release(s);
}
END_TEST

/* Equal worlds made by themselves: their bytes lie elsewhere, what is in them does as well. */
START_TEST(addresses_do_not_count)
{
    for (int i = 0; i < 2; i++) {
        Item one = {1, strdup("text")}, two = {1, strdup("text")}, three = {1, strdup("else")};
        const moonlet_type_info *type = i ? &hidden_type : &item_type;
        moonlet_state *a = with_userdata(moonlet_init(), "u", type, &one);
        moonlet_state *b = with_userdata(moonlet_init(), "u", type, &two);
        moonlet_state *c = with_userdata(moonlet_init(), "u", type, &three);
        ck_assert_uint_eq(moonlet_digest(a), moonlet_digest(b));
        ck_assert_int_eq(moonlet_digest(a) == moonlet_digest(c), i);
        moonlet_release(a);
        moonlet_release(b);
        moonlet_release(c);
    }
}
END_TEST

START_TEST(imported_bytes_count)
{
    int number = 5;
    moonlet_state *from = with_userdata(moonlet_init(), "u", &number_type, &number);
    moonlet_value v = moonlet_global(from, "u");
    moonlet_state *empty = moonlet_init();
    moonlet_result r = moonlet_import(empty, from, &v, 1, NULL);
    assert_ok(r);
    v = moonlet_result_value(&r, 0);
    moonlet_state *to = with(r.state, "u", v);
    ck_assert_uint_eq(moonlet_digest(to), moonlet_digest(from));
    to = after(with_writer(to, &number_type), "write(u, 6) write = nil");
    ck_assert_uint_ne(moonlet_digest(to), moonlet_digest(from));
    moonlet_release(empty);
    moonlet_release(to);
    moonlet_release(from);
}
END_TEST

/* Light userdata ------------------------------------------------------------------------------
 */

/* Two pointers, as values and keys; in any order of the addresses. */
static uint64_t digest_of(const char *source, const void *p, const void *q)
{
    moonlet_state *s = with(moonlet_init(), "p", moonlet_pointer(p));
    s = after(with(s, "q", moonlet_pointer(q)), source);
    s = after(s, "p, q = nil");
    uint64_t digest = moonlet_digest(s);
    moonlet_release(s);
    return digest;
}

static const char *const lights[] = {
    "x, y = p, q",
    "t = {[p] = 1, [q] = 2, 3}",
    "t = {[p] = 'a', [q] = {1}, x = p}",
    "t = {[p] = {p}, [q] = {1, q}} x = q",
    "t = {[p] = q, [q] = p}",
};

START_TEST(light_userdata_count_without_address)
{
    static char places[64];
    uint64_t digest = digest_of(lights[_i], &places[0], &places[1]);
    for (int i = 0; i < 64; i++) {
        int k = (i * 29 + 17) % 64;
        if (k == i) continue;
        ck_assert_uint_eq(digest_of(lights[_i], &places[i], &places[k]), digest);
    }
}
END_TEST

START_TEST(light_userdata_count)
{
    static char places[2];
    char *p = &places[0], *q = &places[1];
    ck_assert_uint_ne(digest_of("x, y = p, q", p, q), digest_of("x, y = p, p", p, q));
    ck_assert_uint_eq(digest_of("x, y = q, q", p, q), digest_of("x, y = p, p", p, q));
    ck_assert_uint_ne(digest_of("t = {[p] = 1}", p, q), digest_of("t = {[p] = 2}", p, q));
    ck_assert_uint_ne(digest_of("t = {[p] = 1, [q] = 1}", p, q),
                      digest_of("t = {[p] = 1}", p, q));
}
END_TEST

/* Each statement changes the digest, and what follows it changes it back. */
static const char *const changes[][2] = {
    {"t.a = 1", "t.a = nil"},
    {"t.a = false", "t.a = nil"},
    {"t.s = 'x'", "t.s = 's'"},
    {"t.s = 1", "t.s = 's'"},
    {"t.s, t.r = t.r, t.s", "t.s, t.r = t.r, t.s"},
    {"t[1], t[2] = 2, 1", "t[1], t[2] = 1, 2"},
    {"t['1'], t[1] = 1, nil", "t['1'], t[1] = nil, 1"},
    {"t[1e9] = 1", "t[1e9] = nil"},
    {"t[-1] = 0", "t[-1] = nil"},
    {"t[0] = 0 / 0", "t[0] = nil"},
    {"t[t] = t", "t[t] = nil"},
    {"t.x, t.y = t.y, t.x", "t.x, t.y = t.y, t.x"}, /* two that are alike */
    {"t.x.deep.z, t.y.deep.z = t.y.deep.z, t.x.deep.z",
     "t.x.deep.z, t.y.deep.z = t.y.deep.z, t.x.deep.z"},
    {"setmetatable(t, t.x)", "setmetatable(t, nil)"},
    {"debug.setmetatable(1, t)", "debug.setmetatable(1, nil)"},
    {"set(2)", "set(1)"},
    {"f, g = g, f", "f, g = g, f"},
    {"debug.setupvalue(f, 1, 6)", "debug.setupvalue(f, 1, 5)"},
    {"co, other = other, co", "co, other = other, co"},
    {"print = type", "print = p"},
    {"long = long .. 'x'", "long = long:sub(1, -2)"},
};

START_TEST(each_change_changes_it)
{
    moonlet_state *s = world("t = {1, 2, s = 's', r = 'r'}\n"
                             "for _, k in ipairs {'x', 'y'} do t[k] = {deep = {z = {}}} end\n"
                             "local n, up = 1, 5 function set(v) n = v end\n"
                             "function f() return up end function g() return up end\n"
                             "p, long = print, ('long'):rep(1000)\n"
                             "co = coroutine.create(function() coroutine.yield() end)\n"
                             "other = coroutine.create(function() coroutine.yield() end)\n"
                             "coroutine.resume(co)");
    uint64_t digest = moonlet_digest(s);
    moonlet_state *changed = after(moonlet_retain(s), changes[_i][0]);
    ck_assert_uint_ne(moonlet_digest(changed), digest);
    moonlet_state *back = after(changed, changes[_i][1]);
    ck_assert_uint_eq(moonlet_digest(back), digest);
    moonlet_release(back);
    moonlet_release(s);
}
END_TEST

/* What is on a stack counts, and where control is. */
START_TEST(coroutines_count)
{
    moonlet_state *s = world("co = coroutine.wrap(function(a) local b = {} while true do\n"
                             "b[1] = a a = coroutine.yield(b) a = coroutine.yield(a) end end)\n"
                             "co(1)");
    uint64_t digests[4] = {moonlet_digest(s)};
    for (int i = 1; i < 4; i++) {
        s = after(s, i == 2 ? "co(7)" : "co(8)");
        digests[i] = moonlet_digest(s);
        for (int k = 0; k < i; k++) ck_assert_uint_ne(digests[i], digests[k]);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(hosts_see_what_differs)
{
    moonlet_state *a = world("hp, name, t = 10, 'x', {a = {b = {1, 2}}}");
    moonlet_state *b = after(moonlet_retain(a), "hp = 7 t.a.b[2] = nil t.a.c = print");
    moonlet_result r = moonlet_diff(a, b);
    assert_ok(r);
    ck_assert_uint_eq(r.count, 1);
    moonlet_result s = moonlet_set(r.state, "found", r.values[0]);
    assert_ok(s);
    const char *paths = "local s = '' for _, d in ipairs(found) do s = s .. d.path .. ' ' .. "
                        "tostring(d.old) .. ' ' .. tostring(d.new):sub(1, 8) .. '; ' end "
                        "return s";
    moonlet_result text = moonlet_do(s.state, paths);
    assert_ok(text);
    assert_bytes(text.values[0], "hp 10 7; t.a.c nil function; t.a.b[2] 2 nil; ");
    r = moonlet_diff(a, a);
    assert_ok(r);
    ck_assert_uint_eq(moonlet_raw_length(r.state, r.values[0]), 0);
    const moonlet_limits limits = {.steps = 1};
    moonlet_state *wide = after(moonlet_retain(a), "for i = 1, 1000 do _G['k' .. i] = {i} end");
    r = moonlet_diff(a, moonlet_limit(wide, &limits));
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("digest");
    tcase_add_loop_test(t, what_is_written_counts, 0, WRITTEN);
    tcase_add_loop_test(t, each_change_changes_it, 0, sizeof changes / sizeof *changes);
    tcase_add_test(t, coroutines_count);
    tcase_add_test(t, hosts_see_what_differs);
    tcase_add_test(t, addresses_do_not_count);
    tcase_add_test(t, imported_bytes_count);
    tcase_add_loop_test(t, light_userdata_count_without_address, 0,
                        sizeof lights / sizeof *lights);
    tcase_add_test(t, light_userdata_count);
    return run_suite(t);
}
