/* SPDX-License-Identifier: MIT */
/*
 * Library functions that call Lua, paused anywhere in between: programs are run in
 * portions of a few steps with a state packed after each, and each of these states is
 * run to the end as well, again and again. All must come to what an undisturbed run
 * comes to.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/eval.h"
#include "lib/lib.h"

static const char *const programs[] = {
    /* sort by a function */
    "local t = {} for i = 1, 60 do t[i] = (i * 37) % 61 end "
    "table.sort(t, function(a, b) local x = a < b return x end) return table.concat(t, ' ')",
    /* sort by __lt */
    "local m = {__lt = function(a, b) return a.v > b.v end} local t = {} "
    "for i = 1, 20 do t[i] = setmetatable({v = i * 7 % 23}, m) end table.sort(t) "
    "local s = {} for i = 1, 20 do s[i] = t[i].v end return table.concat(s, ' ')",
    /* lengths */
    "local m = {__len = function(t) local n = t.n for i = 1, 3 do n = n + i end return n - 6 "
    "end} "
    "local t = setmetatable({n = 0}, m) "
    "for i = 1, 10 do table.insert(t, i * i) t.n = t.n + 1 end "
    "return table.concat(t, '+') .. #{table.unpack(t)} .. table.remove(t)",
    /* load from pieces */
    "local i, parts = 0, {'return ', '1 ', '+ 2', ' .. \"x\"'} "
    "local f = load(function() i = i + 1 for k = 1, 3 do local z = k end return parts[i] end) "
    "return f()",
    /* require: searchers and loaders */
    "package.searchers = {function(n) for i = 1, 2 do local z = i end return '\\n\\tno' end, "
    "function(n) return function(name, x) for i = 1, 2 do local z = i end "
    "return name .. x end, '!' end} return require('a') .. require('b') .. require('a')",
    /* traversal */
    "local m = {__pairs = function(t) for i = 1, 2 do local z = i end return next, t.real end, "
    "__ipairs = function(t) return ipairs(t.real) end} "
    "local t, s = setmetatable({real = {4, 5, 6}}, m), '' "
    "for k, v in pairs(t) do s = s .. k .. v end for k, v in ipairs(t) do s = s .. k .. v end "
    "return s",
    /* tostring, os.time, module */
    "local t = setmetatable({}, {__tostring = function() for i = 1, 2 do local z = i end "
    "return 'T' end}) module('m', function(mod) for i = 1, 3 do mod.x = i end end) return "
    "_M._NAME .. x",
    "local m = {__index = function(_, k) for i = 1, 2 do local z = i end "
    "return ({year = 2000, month = 1, day = 2, hour = 12})[k] end} "
    "return os.time(setmetatable({}, m)) .. tostring(setmetatable({}, "
    "{__tostring = function() for i = 1, 2 do local z = i end return 'T' end}))",
    /* gsub by functions, tables and __index, nested */
    "local function f(c) for i = 1, 2 do local z = i end return c == 'b' and c or c:upper() "
    "end "
    "local t = setmetatable({a = 'A'}, {__index = function(t, k) for i = 1, 2 do local z = i "
    "end return k ~= 'c' and k .. k end}) local s = ('abcd'):rep(70) "
    "local r = s:gsub('%a', f) .. s:gsub('%a', t, 9) .. s:gsub('()(%a)%a', function(p, c) "
    "return p .. c:gsub('.', f) end) return r .. s:gsub('x*', f, 5) .. s:gsub('^b', f)",
    /* gsub by strings and plain tables, which pauses by itself */
    "local s = ('key=value; '):rep(300) return s:gsub('(%w+)=(%w+)', '%2=%1') .. s:gsub('%w', "
    "{k = 'K', v = 12, e = false}) .. s:gsub('', '-', 100) .. s:gsub('%s+$', '')",
    /* gmatch: each state has its own place */
    "local s = {} for k, v in ('a=1, b=2, c=3, d=4'):gmatch('(%w+)=(%w+)') do "
    "for w in v:gmatch('.') do s[#s + 1] = k .. w end end local f = ('xyz'):gmatch('()') "
    "for i = 1, 3 do for k = 1, i do s[#s + 1] = f() end end return table.concat(s, ' ')",
    /* format */
    "local m = {__tostring = function(t) for i = 1, 3 do local z = i end return t[1] end} "
    "local function o(x) return setmetatable({x}, m) end local s = "
    "('%s|%5s|%d|%-5s|%.2s|%q|%s') "
    "return s:format(o'a', o'b', 3, o'c', o'def', 'g', o(('h'):rep(600))) .. "
    "('%s%s'):format(o'', o'x')",
    /* searches that are long for the budget */
    "local s = ('a'):rep(40) return tostring(s:find(('a*'):rep(2) .. 'b')) .. "
    "tostring(('x'):rep(5e4):match('[^x]')) .. #s:rep(100):upper():reverse() .. "
    "s:rep(100):gsub('a', 'b'):sub(-3)",
    /* the same in what is cheap, but each of which stops in mid-work */
    "local s = ('ab'):rep(9) return (s:gsub(('[ab]-'):rep(3) .. 'c', 'x')):sub(-3) .. "
    "tostring(s:match('((a?)(b*).-)%2c')) .. #table.concat({s, 1, s}, s)",
    "local t = {} for i = 1, 400 do t[i] = i * 7919 % 401 end table.sort(t) "
    "table.insert(t, 1, 'x') table.remove(t, 3) t.k = 1 "
    "return t[1] .. t[2] .. t[400] .. #t .. table.maxn(t) .. table.concat(t, ' ', 380) .. "
    "('%d %s %5.1f'):rep(20):format(table.unpack(t, 2, 61))",
    /* all at once, in coroutines */
    "local function work(k) return coroutine.wrap(function() local t = {} "
    "for i = 1, 12 do t[i] = (i * k) % 13 end "
    "table.sort(t, function(a, b) coroutine.yield() return pcall(error) or a < b end) "
    "return table.concat(t, ' ') end) end local threads, out = {}, {} "
    "for k = 1, 4 do threads[k] = work(k) end while #out < 4 do for k = 1, 4 do "
    "if threads[k] then local r = threads[k]() if r then out[#out + 1] = k .. ':' .. r "
    "threads[k] = nil end end end end return table.concat(out, ';')",
};

static State *world;

static void make_world(void)
{
    eval_init();
    Machine *M = machine_begin(NULL);
    lib_open_all(M);
    State **root = mem_try_alloc_root(sizeof *root);
    world = *root = machine_snapshot(M);
    machine_end(M);
}

static String *result(Machine *M, RunStatus status)
{
    if (status == RUN_ERROR) {
        const String *s = value_string(value_to_text(M, M->error));
        ck_abort_msg("error: %.*s", (int)s->length, s->data);
    }
    ck_assert_int_eq(status, RUN_OK);
    ck_assert_uint_eq(M->result_count, 1);
    ck_assert(value_is_string(M->results[0]));
    return value_string(M->results[0]);
}

static RunStatus start(Machine *M, const char *program, uint64_t steps)
{
    String *error;
    eval_set_budget(M, steps);
    Closure *f =
        native_load(M, program, strlen(program), string_from_c("=program"), NULL, &error);
    ck_assert(f != NULL);
    return eval_call(M, value_object(f), NULL, 0);
}

static String *finish(const State *s)
{
    Machine *M = machine_begin(s);
    eval_set_budget(M, UINT64_MAX);
    String *text = result(M, eval_resume_paused(M));
    machine_end(M);
    return text;
}

enum { FINISHED = 100, FINISHED_LATER = 29 };

/* Runs a program in portions; states in between are finished twice: all of the first ones, and
 * of the later ones some. */
static void run_in_portions(const char *program, uint64_t steps, const String *expected)
{
    Machine *M = machine_begin(world);
    RunStatus status = start(M, program, steps);
    int states = 0;
    while (status == RUN_PAUSED) {
        const State *s = machine_snapshot(M);
        machine_end(M);
        if (states++ < FINISHED || states % FINISHED_LATER == 0)
            for (int i = 0; i < 2; i++) ck_assert(string_equal(finish(s), expected));
        M = machine_begin(s);
        eval_set_budget(M, steps);
        status = eval_resume_paused(M);
    }
    ck_assert(string_equal(result(M, status), expected));
    machine_end(M);
}

START_TEST(paused_anywhere)
{
    const char *program = programs[_i];
    Machine *M = machine_begin(world);
    String *expected = result(M, start(M, program, UINT64_MAX));
    machine_end(M);
    for (uint64_t steps = 1; steps <= 5; steps++) run_in_portions(program, steps, expected);
}
END_TEST

int main(void)
{
    make_world();
    Suite *s = suite_create("lib_pause");
    TCase *t = tcase_create("pause");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, paused_anywhere, 0, sizeof programs / sizeof *programs);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
