/* SPDX-License-Identifier: MIT */
/* What errors are about: operands, keys, arguments; the same wherever the run has stopped. */
#include "api_test.h"

static const char *const kind_names[] = {"none",   "operator", "index", "call",
                                         "method", "loop",     "native"};

/* "kind name value value": numbers and strings as they are, of others the type. */
static void describe(const moonlet_cause *c, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "%s %s", kind_names[c->kind], c->name);
    for (size_t i = 0; i < c->count; i++) {
        char text[64];
        n += (size_t)snprintf(out + n, size - n, " %s",
                              moonlet_to_text(c->values[i], text, sizeof text));
    }
}

typedef struct Case {
    const char *source, *cause;
} Case;

static const Case cases[] = {
    {"return 1 + {}", "operator + 1 table"},
    {"local a, b = {}, 2 return a ^ b", "operator ^ table 2"},
    {"return -{}", "operator - table"},
    {"local t = {} return -t .. 1", "operator - table"},
    {"return #nil", "operator # nil"},
    {"return 'a' .. 1 .. {} .. 'b' .. 'c'", "operator .. table bc"},
    {"local a, b = {}, 5 return a > b", "operator > 5 table"},
    {"local a = {} if a <= 'x' then return 1 end", "operator <= table x"},
    {"local a = {} while a < a do end", "operator < table table"},
    {"return x.y", "index  nil y"},
    {"local t = {} t.a.b = 1", "index  nil b"},
    {"local t = {} t[nil] = 1", "index  table nil"},
    {"rawset({}, nil, 1)", "index  table nil"},
    {"local t = setmetatable({}, {__index = 5}) return t.k", "index  5 k"},
    {"x(1, 'a')", "call  nil 1 a"},
    {"local t = {f = 7} return t.f(true)", "call  7 true"},
    {"local t = {} t:go(1)", "method  table go"},
    {"local t = {go = 1} t:go(2)", "call  1 table 2"},
    {"for k in 5 do end", "call  5 nil nil"},
    {"for i = 1, {}, '3' do end", "loop  1 table 3"},
    {"string.rep({}, 2)", "native rep table 2"},
    {"('x'):rep()", "native rep x"},
    {"setmetatable(setmetatable({}, {__metatable = 1}), {})", "native setmetatable table"},
    {"table.sort({1, {}})", "operator sort table 1"},
    {"table.concat({{}})", "native concat table"},
    {"string.find('x', '[')", "native find"},
    {"return string.format('%d %s', 1)", "native format %d %s 1"},
    {"package.searchers = {} require('x')", "native require x "},
    {"error('own')", "none "},
    {"error({})", "none "},
    {"assert(false, 'own')", "none "},
    {"local ok, e = pcall(function() return 1 + {} end) error(e)", "none "},
    {"pcall(function() return x.y end) x()", "call  nil"},
    {"local f = coroutine.wrap(function() return 1 + {} end) f()", "operator + 1 table"},
    {"local f = coroutine.wrap(string.rep) f(nil, 5)", "native rep nil 5"},
    {"local t = setmetatable({}, {__add = function(a, b) return b.x.y end}) return t + {}",
     "index  nil y"},
    {"xpcall(function() error('x') end, function(e) return e + {} end) x.y = 1",
     "index  nil y"},
};

static void check_case(const Case *c, const moonlet_result *r)
{
    char text[256];
    ck_assert_int_eq(r->status, MOONLET_FAILED);
    describe(&r->error->cause, text, sizeof text);
    if (strcmp(text, c->cause) != 0)
        ck_abort_msg("%s: %s, and not %s", c->source, text, c->cause);
}

START_TEST(of_all_kinds)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        moonlet_state *s = moonlet_init();
        moonlet_result r = moonlet_do(s, cases[i].source);
        check_case(&cases[i], &r);
        moonlet_release(r.state);
        moonlet_release(s);
    }
}
END_TEST

/* Goes on in portions of so many steps. */
static moonlet_result in_portions(const char *source, uint64_t steps)
{
    moonlet_state *s = moonlet_init();
    moonlet_limits l = {.steps = steps};
    moonlet_state *limited = moonlet_limit(s, &l);
    moonlet_result r = moonlet_do(limited, source);
    moonlet_release(limited);
    moonlet_release(s);
    while (r.status == MOONLET_PAUSED) {
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    return r;
}

START_TEST(wherever_a_run_stops)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t steps = 1; steps <= 12; steps++) {
            moonlet_result r = in_portions(cases[i].source, steps);
            check_case(&cases[i], &r);
            moonlet_release(r.state);
        }
}
END_TEST

static int handler(moonlet_context *c, const moonlet_value *args, size_t count)
{
    char text[256];
    moonlet_cause cause = moonlet_context_cause(c);
    describe(&cause, text, sizeof text);
    return moonlet_return_one(c, moonlet_text(text));
}

/* Also after a pause between the error and its handler's call. */
START_TEST(told_to_handlers)
{
    static const Case all[] = {
        {"return 1 + {}", "operator + 1 table"},
        {"string.rep({}, 2)", "native rep table 2"},
        {"x(1)", "call  nil 1"},
        {"error('x')", "none "},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (uint64_t steps = 0; steps <= 12; steps++) {
            char source[256];
            snprintf(source, sizeof source,
                     "local _, text = xpcall(function() %s end, handler) return text",
                     all[i].source);
            moonlet_state *s = moonlet_init();
            moonlet_result f = moonlet_new_function(s, "handler", handler, NULL);
            moonlet_result set = moonlet_set(f.state, "handler", f.values[0]);
            moonlet_limits l = {.steps = steps};
            moonlet_state *limited = moonlet_limit(set.state, &l);
            moonlet_result r = moonlet_do(limited, source);
            while (r.status == MOONLET_PAUSED) {
                moonlet_state *paused = r.state;
                r = moonlet_resume(paused);
                moonlet_release(paused);
            }
            ck_assert_int_eq(r.status, MOONLET_OK);
            assert_bytes(r.values[0], all[i].cause);
            moonlet_release(r.state);
            moonlet_release(limited);
            moonlet_release(set.state);
            moonlet_release(f.state);
            moonlet_release(s);
        }
}
END_TEST

START_TEST(of_paths)
{
    char text[256];
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_get(s, "a.b.c");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    describe(&r.error->cause, text, sizeof text);
    ck_assert_str_eq(text, "index  nil b");
    moonlet_release(r.state);
    r = moonlet_set(s, "string.none.x", moonlet_number(1));
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    describe(&r.error->cause, text, sizeof text);
    ck_assert_str_eq(text, "index  nil x");
    moonlet_release(r.state);
    r = moonlet_do(s, "x =");
    ck_assert_int_eq(r.error->cause.kind, MOONLET_CAUSE_NONE);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("causes");
    tcase_add_test(t, of_all_kinds);
    tcase_add_test(t, wherever_a_run_stops);
    tcase_add_test(t, told_to_handlers);
    tcase_add_test(t, of_paths);
    return run_suite(t);
}
