/* SPDX-License-Identifier: MIT */
/*
 * The edge of the stack: each program is run under every limit from one that has hardly room
 * for it to one that has plenty, so that everything that makes a frame meets the edge at every
 * distance. What it comes to is right, or an error of the stack; nobody writes beyond it
 * (which the address sanitizer sees). Under a limit of the host's it waits there, however
 * often it is resumed, and is not given more; then it goes on as if nothing had been.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/eval.h"
#include "lib/lib.h"
#include "stack/frame.h"

enum { LIMIT_MIN = 200, LIMIT_MAX = 1400, PLENTY = 4000, RESUMED = 3 };

/* The last lines of each make the value; `deep` gets a function to try at some depth. */
static const char prelude[] =
    "local function deep(n, f, ...) if n == 0 then return f(...) end "
    "local r = deep(n - 1, f, ...) return r end "
    "local function try(f, ...) return tostring(select(2, pcall(deep, 5, f, ...))) end ";

static const char *const programs[] = {
    "return try(function() local function f() f() end f() end)",
    "return try(function() local function f() return 1 + f() end f() end)",
    "local function f(n) local x = f(n + 1) return x end "
    "return tostring(select(2, xpcall(f, function(m) return m .. '!' end, 1)))",
    /* handlers that fail, and handlers of handlers */
    "local function f() return 1 + f() end "
    "return tostring(select(2, xpcall(f, function(m) return 1 + f() end)))",
    "local function f() return 1 + f() end local function h(m) return (select(2, xpcall(f, "
    "function(m) return m .. '?' end))) .. '!' end return tostring(select(2, xpcall(f, h)))",
    "local function f() return 1 + f() end "
    "return tostring(select(2, xpcall(f, debug.traceback))):sub(1, 30)",
    "return try(function() error(setmetatable({}, {__tostring = function() return 'E' end})) "
    "end)",
    /* metamethods */
    "local m = {} m.__index = function(t, k) return k .. 'i' end m.__newindex = rawset "
    "m.__eq = function() return true end m.__lt = m.__eq m.__le = m.__eq "
    "m.__concat = function(a, b) return 'c' end m.__len = function() return 7 end "
    "m.__unm = function() return 'u' end m.__add = function() return 'a' end "
    "m.__call = function(self, a) return a end "
    "return try(function() local a, b = setmetatable({}, m), setmetatable({}, m) a.x = 1 "
    "local v0, v1, v2, v3, v4, v5, v6, v7 "
    "return a.y .. tostring(a == b) .. tostring(a < b) .. tostring(a <= b) .. (a .. b) .. "
    "('x' .. a .. 'y') .. #a .. -a .. (a + b) .. a('d') .. a.x end)",
    "local m = {} local function t() return setmetatable({}, m) end "
    "m.__index = function(x, k) return t()[k] end m.__add = function() return t() + t() end "
    "m.__eq = function() return t() == t() end m.__lt = function() return t() < t() end "
    "m.__le = function() return t() <= t() end m.__len = function() return #t() + 1 end "
    "m.__unm = function() return -t() end m.__concat = function() return t() .. t() end "
    "m.__call = function() return t()() + 1 end "
    "m.__newindex = function(x, k, v) t()[k] = v end "
    "pcall(function() return t().x end) pcall(function() return t() + t() end) "
    "pcall(function() return t() == t() end) pcall(function() return t() < t() end) "
    "pcall(function() return t() <= t() end) pcall(function() return #t() end) "
    "pcall(function() return -t() end) pcall(function() return t() .. t() end) "
    "pcall(function() return t()() end) pcall(function() t().x = 1 end) return 'done'",
    "local t = setmetatable({}, {__call = pcall}) local n = select('#', pcall(t)) "
    "local u = setmetatable({}, {}) getmetatable(u).__tostring = tostring pcall(tostring, u) "
    "local v = setmetatable({}, {}) getmetatable(v).__len = function(x) return #x end "
    "pcall(table.insert, v, 1) return 'done'",
    /* natives that call */
    "return try(function() local t = {} for i = 1, 20 do t[i] = i * 7 % 20 end "
    "table.sort(t, function(a, b) local x, y = a, b return x < y end) "
    "return table.concat(t) end)",
    "return try(function() return (('abc'):gsub('.', function(c) local d = c return d .. d "
    "end)) "
    ".. ('abc'):gsub('.', setmetatable({}, {__index = function(t, k) return k .. 'x' end})) "
    "end)",
    "return try(function() return tostring(setmetatable({}, {__tostring = function() return "
    "('x'):rep(3) end})) end)",
    "local i, parts = 0, {'return ', '1 ', '+ 2'} return try(function() i = 0 "
    "return load(function() i = i + 1 return parts[i] end)() end)",
    "package.searchers = {function(n) return function(name) return name .. '?' end end} "
    "return try(function() package.loaded.a = nil return require('a') end)",
    "return try(function() local r = {} for k, v in pairs(setmetatable({}, {__pairs = "
    "function() return function(_, k) if not k then return 1, 2 end end end})) do r[1] = v end "
    "return r[1] end)",
    "local function f() return (('x'):gsub('x', f)) end pcall(f) "
    "local function g() table.sort({1, 2, 3}, g) end pcall(g) "
    "local function h() return pcall(h) end pcall(h) "
    "local function l() return load(l) end pcall(l) return 'done'",
    /* many values */
    "local t = {} for i = 1, 150 do t[i] = i end local function id(...) return ... end "
    "return try(function() return select('#', id(id(table.unpack(t)))) .. "
    "#{id(table.unpack(t, 1, 90))} .. select('#', ('x'):rep(80):byte(1, -1)) .. "
    "select(3, string.char(id(table.unpack(t, 65, 70))):byte(1, -1)) end)",
    "local function f(...) return select('#', ...) + f(1, ...) end pcall(f) "
    "local function g(...) return g(1, ...) end pcall(g) "
    "local function h(a, ...) return h(...) + 1 end pcall(h, 1, 2, 3) return 'done'",
    /* coroutines */
    "return try(function() local s = '' for a, b in coroutine.wrap(function() for i = 1, 5 do "
    "coroutine.yield(i, (pcall(coroutine.yield, i))) end end) do s = s .. a end return s end)",
    "local function f(n) if n == 0 then return 'end' end return coroutine.wrap(f)(n - 1) end "
    "return try(f, 30)",
    "local t = {} for i = 1, 120 do t[i] = i end return try(function() "
    "local co = coroutine.create(function(...) return select('#', ...), "
    "select('#', coroutine.yield(table.unpack(t))) end) "
    "local n = select('#', coroutine.resume(co, table.unpack(t))) "
    "local _, a, b = coroutine.resume(co, table.unpack(t)) return n .. a .. tostring(b) end)",
    "local n = 0 local function f() n = n + 1 return n < 50 and coroutine.wrap(f)() end "
    "pcall(f) "
    "local co = coroutine.create(function() local function g() return 1 + g() end g() end) "
    "coroutine.resume(co) return #debug.traceback(co) > 10 and 'done'",
    "return try(function() local co = coroutine.wrap(function() local function f() return 1 + "
    "f() end return xpcall(f, function(m) coroutine.yield('y') return m end) end) "
    "return co() .. tostring(co()) end)",
    /* worlds */
    "x = 1 return try(function() local r = state.fork(function(a) x = a return a end, 5) "
    "local ok = state.try(function() x = 7 error('e') end) "
    "return r .. tostring(ok) .. x end)",
    "x = 0 local function f() x = x + 1 return 1 + state.fork(f) end pcall(f) "
    "local function g() return 1 + select(2, state.try(g)) end pcall(g) return tostring(x)",
    "return try(function() local s = state.snapshot() local t = {1, 2, 3} "
    "return #t .. (s and 's') end)",
    /* finalizers */
    "local n = 0 return try(function() for i = 1, 4 do setmetatable({}, {__gc = function(o) "
    "local a, b, c = o, o, o n = n + 1 end}) end collectgarbage() return n end)",
    /* the debug library */
    "return try(function() local a = 5 local s = '' for l = 1, 40 do "
    "local i = debug.getinfo(l, 'nSl') if not i then break end for k = 1, 60 do "
    "if not debug.getlocal(l, k) then break end end end return 'seen' end)",
    "return try(function() local s = '' debug.sethook(function(e, l) local x, y, z = e, l "
    "s = 'h' end, 'crl', 2) local a = tostring(setmetatable({}, {__tostring = function() "
    "return 'T' end})) debug.sethook() return a .. s end)",
};

static State *world;

static void make_world(void)
{
    eval_init();
    Machine *M = machine_begin(NULL);
    lib_open_all(M);
    Value big = string_value(string_concat(string_new("", 0), calloc(1, 400000), 400000));
    run_set_field(&M->run, M->run.world->globals, "s",
                  big); /* what it costs makes traces due */
    State **root = mem_alloc_root(sizeof *root);
    world = *root = machine_snapshot(M);
    machine_end(M);
}

/* How a program runs: as it is, under a hook, with finalizers called at its polls. */
enum { PLAIN, HOOKED, POLLED, MODES };

static State *loaded[MODES]; /* with the program, as the global "program" */

static void load(const char *program)
{
    static const char *const first[MODES] = {
        "", "debug.sethook(function(e, l) local a, b = e, l end, 'crl') ",
        "for i = 1, 9 do setmetatable({s}, {__gc = function() local a, b, c end}) end "};
    char source[8000];
    for (int mode = 0; mode < MODES; mode++) {
        Machine *M = machine_begin(world);
        snprintf(source, sizeof source, "%s%s%s", first[mode], prelude, program);
        String *error;
        Closure *f =
            native_load(M, source, strlen(source), string_from_c("=program"), NULL, &error);
        ck_assert(f != NULL);
        run_set_field(&M->run, M->run.world->globals, "program", value_object(f));
        loaded[mode] = machine_snapshot(M);
        machine_end(M);
    }
}

static RunStatus start(Machine *M)
{
    eval_set_budget(M, UINT64_MAX);
    return eval_call(M, run_get_field(&M->run, M->run.world->globals, "program"), NULL, 0);
}

static Machine *run(int mode, size_t limit)
{
    Machine *M = machine_begin(loaded[mode]);
    M->stack_max = M->limits.stack = limit;
    if (mode == POLLED) eval_limit_portion(M, 1);
    return M;
}

static bool has(Machine *M, Value v, const char *text)
{
    const String *s = value_string(value_to_text(M, v));
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= s->length; i++)
        if (memcmp(s->data + i, text, n) == 0) return true;
    return false;
}

static bool is_of_the_stack(Machine *M, Value v)
{
    return has(M, v, "stack overflow") || has(M, v, "error in error handling") ||
           has(M, v, "too many results") || has(M, v, "dead coroutine") ||
           has(M, v, "string slice too long");
}

static String *expected(const char *program)
{
    load(program);
    Machine *M = run(PLAIN, PLENTY);
    ck_assert_int_eq(start(M), RUN_OK);
    ck_assert_uint_eq(M->result_count, 1);
    ck_assert(value_is_string(M->results[0]));
    String *s = value_string(M->results[0]);
    machine_end(M);
    return s;
}

static void check_result(Machine *M, RunStatus status, const String *right, size_t limit)
{
    Value v = status == RUN_OK ? M->results[0] : M->error;
    bool fine = is_of_the_stack(M, v) ||
                (status == RUN_OK && string_equal(value_string(value_to_text(M, v)), right));
    const String *text = value_string(value_to_text(M, v));
    ck_assert_msg(fine, "limit %zu: '%.*s', not '%.*s'", limit, (int)text->length, text->data,
                  (int)right->length, right->data);
}

/* The error is one that the program may catch. */
START_TEST(every_frame_at_the_edge)
{
    String *right = expected(programs[_i]);
    for (size_t limit = LIMIT_MIN; limit <= LIMIT_MAX; limit++) {
        Machine *M = run((int)(limit % MODES), limit);
        check_result(M, start(M), right, limit);
        ck_assert_uint_eq(M->limits.stack, limit);
        machine_end(M);
    }
}
END_TEST

/* The depth of a paused program's stack, and the slots of all its segments. */
static size_t depth_of(const State *s, size_t *slots)
{
    Machine *M = machine_begin(s);
    const CoBody *b = heap_coroutine(&M->run, s->base->paused);
    *slots = 0;
    for (const Segment *k = b->segment; k; k = k->prev) *slots += k->size;
    size_t depth = b->segment->below + b->fp;
    machine_end(M);
    return depth;
}

static State *packed(Machine *M)
{
    State *s = machine_snapshot(M);
    machine_end(M);
    return s;
}

static RunStatus resume(Machine **M, const State *s, size_t limit)
{
    *M = machine_begin(s);
    eval_set_budget(*M, UINT64_MAX);
    (*M)->stack_max = (*M)->limits.stack = limit;
    (*M)->limits.stack_limited = limit != PLENTY;
    return eval_resume_paused(*M);
}

/* The host's limit: nobody notices, and resuming grants nothing. */
START_TEST(every_stop_at_the_edge)
{
    String *right = expected(programs[_i]);
    for (size_t limit = LIMIT_MIN; limit <= LIMIT_MAX; limit += 7) {
        Machine *M = run(PLAIN, limit);
        M->limits.stack_limited = true;
        RunStatus status = start(M);
        if (status == RUN_ERROR) ck_assert(M->fatal || is_of_the_stack(M, M->error));
        if (status != RUN_PAUSED) {
            machine_end(M);
            continue;
        }
        ck_assert_int_eq(M->stop, STOP_STACK);
        State *s = packed(M);
        size_t slots, now, depth = depth_of(s, &slots);
        for (int i = 0; i < RESUMED; i++) {
            ck_assert_int_eq(resume(&M, s, limit), RUN_PAUSED);
            ck_assert_int_eq(M->stop, STOP_STACK);
            s = packed(M);
            ck_assert_uint_eq(depth_of(s, &now), depth);
            if (i) ck_assert_uint_eq(now, slots);
            slots = now;
        }
        status = resume(&M, s, PLENTY);
        check_result(M, status, right, limit);
        machine_end(M);
    }
}
END_TEST

/* Thousands of times: what is held does not grow. */
START_TEST(resumed_for_ever)
{
    load("local function f(n) return 1 + f(n + 1) end return f(1)");
    Machine *M = run(PLAIN, 1000);
    M->limits.stack_limited = true;
    RunStatus status = start(M);
    size_t first = 0, slots = 0;
    for (int i = 0; i < 5000; i++) {
        ck_assert_int_eq(status, RUN_PAUSED);
        State *s = packed(M);
        depth_of(s, &slots);
        if (i == 1) first = slots;
        status = resume(&M, s, 1000);
    }
    ck_assert_uint_eq(slots, first);
    machine_end(M);
}
END_TEST

int main(void)
{
    make_world();
    Suite *s = suite_create("stack_limit");
    TCase *t = tcase_create("edge");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, every_frame_at_the_edge, 0, sizeof programs / sizeof *programs);
    tcase_add_loop_test(t, every_stop_at_the_edge, 0, sizeof programs / sizeof *programs);
    tcase_add_test(t, resumed_for_ever);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
