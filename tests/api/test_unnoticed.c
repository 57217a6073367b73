/* SPDX-License-Identifier: MIT */
/*
 * A limit on bytes pauses a run, wherever it is reached: no error, which the program could
 * catch, comes of it. Each program does one thing for ever, and fails if that does; the limits
 * lie close together, so that they are reached in each of the allocations that it takes.
 */
#include "api_test.h"

/* What is done for ever; x is a number that grows, s a text of some thousand bytes, t a table
 * of some hundred numbers, f a function with many others in it. */
static const char *const doings[] = {
    "load('local t' .. x .. ' t' .. x .. '.x = 1 x = 1 y = 2 z = {1, 2, 3, x = 3}')",
    "load(('x = 1 '):rep(200) .. '--' .. x)",
    "load(('a.b = c(d, \"e\") '):rep(100) .. '--' .. x)",
    "load(('x = function() return x end '):rep(50) .. '--' .. x)",
    "load('goto a ' .. ('x = 1 '):rep(50) .. '::a::')",
    "load(function() i = (i or 0) + 1 return i % 50 ~= 0 and 'x = 1 ' or nil end)",
    "load(string.dump(f))",
    "string.dump(load('return ' .. x .. (' + 1'):rep(99)))",
    "string.dump(load('return ' .. x .. (' + 1'):rep(99)), true)",
    "select(2, pcall(load('local t' .. x .. ' t' .. x .. '.x = 1' .. (' x = 1'):rep(100))))",
    "s:rep(2)",
    "x .. s",
    "x .. s .. x",
    "s:gsub('x', 'yy')",
    "s:gsub('x', function(c) return c .. c end)",
    "s:upper():lower():reverse():sub(2)",
    "('%s%q%99d'):format(s, s, x)",
    "table.concat(t, ', ')",
    "table.pack(table.unpack(t))",
    "#{table.unpack(t)}",
    "string.char(s:byte(1, 900))",
    "coroutine.wrap(function(...) return ... end)(table.unpack(t))",
    "coroutine.create(print)",
    "(function() local u = {} for i = 1, 300 do u[i] = i u['k' .. i] = i end return u end)()",
    "(function() local function g(n) return n == 0 and 1 or 1 + g(n - 1) end return g(200) "
    "end)()",
    "debug.traceback(s)",
    "debug.getinfo(1, 'nSlufL').source",
    "select(2, pcall(error, {}))",
    "select(2, pcall(function() local u = x .. x u.y.z = 1 end))",
    "os.date(('%Y'):rep(50) .. x)",
    "setmetatable({}, {__gc = function() end})",
    "setmetatable({}, {__mode = 'k'})",
    "(function() local u = {} for i = 1, 200 do u[i] = -i end table.sort(u) return u end)()",
    "state.snapshot()",
    "state.fork(function() x = x + 1 return {x} end)",
    "select(2, state.try(function() t[1] = x error({x}) end))",
    "state.digest()",
    "state.diff(old)",
    "state.save(old)",
    "state.load(saved)",
    "state.freeze({{x}}, true)",
    "state.map(function(y) return {y} end, {1, 2, 3})[3]",
};
enum { DOINGS = sizeof doings / sizeof *doings, FIRST = 1000, APART = 3083, LAST = 400000 };

static const char setup[] =
    "state, s, t = require 'state', ('x'):rep(3000), {} for i = 1, 300 do t[i] = i end "
    "f = load(('x = function() return x end '):rep(50)) old = state.snapshot() "
    "saved = state.save(old)";

START_TEST(nobody_notices)
{
    char source[1000];
    snprintf(source, sizeof source,
             "x = 0 while true do x = x + 1 if not (%s) then error('noticed') end end",
             doings[_i]);
    moonlet_state *s = world(setup);
    for (uint64_t bytes = FIRST; bytes < LAST; bytes += APART) {
        moonlet_state *limited = moonlet_limit(s, &(moonlet_limits){.bytes = bytes});
        moonlet_result r = moonlet_do(limited, source);
        bool paused = r.status == MOONLET_PAUSED || r.limit == MOONLET_LIMIT_BYTES;
        ck_assert_msg(paused, "%s, with %d bytes: %s", doings[_i], (int)bytes,
                      r.error ? r.error->message : "well");
        moonlet_release(r.state);
        moonlet_release(limited);
    }
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("unnoticed");
    tcase_add_loop_test(t, nobody_notices, 0, DOINGS);
    return run_suite(t);
}
