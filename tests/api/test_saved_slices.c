/* SPDX-License-Identifier: MIT */
/*
 * Limits of programs that go on in slices: one that is saved and loaded between any two slices,
 * or whose slices are all run twice, takes as many of them as one that is not, comes to the
 * same end, and has paid as much as one that was never stopped. Each program is long work of
 * one kind of library function; or, of the hostile ones, a few things in each other, in slices
 * of few steps.
 */
#include "api_test.h"

#include <stdio.h>

static const char *const programs[] = {
    "local s, n = ('x'):rep(2e4), 0 s = s:gsub('x', function(c) n = n + 1 return c .. n end) "
    "return #s",
    "return #('xy'):rep(3e4):gsub('(x)(y)', '%2%1%0')",
    "t = {} for i = 1, 40 do t[i] = coroutine.wrap(function()\n"
    "  return #('x'):rep(3e4 + i):gsub('x', function(c) if i then coroutine.yield() end end) "
    "end)\n"
    "end for k = 1, 400 do for i = 1, 40 do t[i]() end end return 1",
    "t = {} for i = 1, 5000 do t[i] = -i % 977 end table.sort(t) return t[17]",
    "t = {} for i = 1, 3000 do t[i] = -i % 977 end\n"
    "table.sort(t, function(a, b) local c = {a} return c[1] < b end) return t[17]",
    "t = {} for i = 1, 20000 do t[i] = i end for i = 1, 20 do s = table.concat(t, ', ') end "
    "return #s",
    "for i = 1, 40 do s = ('xy'):rep(1e5 + i) end return #s",
    "for i = 1, 9 do f = load(('x = 1 '):rep(3000) .. 'return ' .. i) end return f()",
    "s = ('x = function() return y end '):rep(5000) .. 'return 5' s = load(s) return s()",
    "s = ('local function f(x) return x + 1 end '):rep(100) s = 'do ' .. s .. ' end '\n"
    "s = load(s:rep(50) .. 'return 5') s = string.dump(s) return load(s)()",
    "local t = {} for i = 1, 30000 do t[i] = '{' .. i .. '},' end\n"
    "return #load('return {' .. table.concat(t) .. '}')()",
    "local s = ('x = function() return y end '):rep(300)\n"
    "for i = 1, 9 do f = string.dump(load(s .. 'return ' .. i)) end return load(f)()",
    "t = {} for i = 1, 8000 do t[i] = i end for i = 1, 99 do n = select('#', table.unpack(t)) "
    "end "
    "return n",
    "s = ('x'):rep(8000) for i = 1, 99 do n = select('#', s:byte(1, -1)) end return n",
    "local state = require 'state' t = {} for i = 1, 2000 do t[i] = {i} end\n"
    "s = state.save() for i = 1, 9 do h = state.load(s) end return 1",
    "local i = 0 f = load(function() i = i + 1 return i < 4000 and 'x = {} ' or nil end) f() "
    "return i",
    "return (('a'):rep(24)):find(('a*'):rep(6) .. 'b') or 0",
    "local state = require 'state' t = state.map(function(x) local t = {}\n"
    "  for i = 1, 300 do t[i] = {x} end return t end, {1, 2, 3, 4, 5, 6, 7, 8}) return #t",
    "local state = require 'state' t = {} for i = 1, 300 do t[i] = {i} h = state.snapshot() "
    "end "
    "return #t",
    "t = {} for i = 1, 40 do t[i] = coroutine.wrap(function() return #('x'):rep(3e4 + "
    "i):gsub('x',\n"
    "  function(c) coroutine.yield() return c .. c end) end)\n"
    "end for k = 1, 700 do for i = 1, 40 do t[i]() end end return 1",
    "t = {} for i = 1, 30000 do t[i] = {i} end return #t",
    "t = {} for i = 1, 400 do t[i] = coroutine.wrap(coroutine.yield) t[i]() end return #t",
    "for k = 1, 30 do t = {} for i = 1, 1500 do t['k' .. i] = {i} end end return 1",
    "local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(9000)",
    "for i = 1, 3000 do setmetatable({}, {__gc = function(o) x = o end}) end return 1",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

/* Hooks, finalizers, errors, coroutines, forks, readers and damaged code, where they are least
 * expected. Some fail. */
static const char *const hostile[] = {
    "local n, bad = 0, 0 local ok, e = pcall(function() debug.sethook(function(e) n = n + 1 if "
    "n % 7 == 0 and n < 90 then error('hook ' .. n, 0) end end, 'crl') for k = 1, 30 do "
    "pcall(function() for i = 1, 30 do if not pcall(tostring, i) then bad = bad + 1 end end "
    "end) end debug.sethook() end) return n .. ' ' .. bad .. tostring(ok) .. tostring(e)",
    "local co = coroutine.create(function() debug.sethook(function(e, l) coroutine.yield(e) "
    "end, 'c') local s = 0 for i = 1, 9 do s = s + #tostring(i) end debug.sethook() return s "
    "end) local out = {} repeat local _, v = coroutine.resume(co) out[#out + 1] = tostring(v) "
    "until coroutine.status(co) == 'dead' or #out > 40 return table.concat(out, ' ')",
    "local n = 0 local function hook(e) n = n + 1 debug.sethook() debug.sethook(hook, 'r', 3) "
    "if n > 40 then debug.sethook() error{n} end end debug.sethook(hook, 'l') local ok, e = "
    "pcall(function() while true do tostring(n) end end) debug.sethook() return tostring(ok) "
    ".. type(e) .. (type(e) == 'table' and e[1] or 0)",
    "local back, n = {}, 0 local mt mt = {__gc = function(o) n = n + 1 back[#back + 1] = o if "
    "n < 12 then setmetatable(o, mt) end end} for i = 1, 4 do setmetatable({}, mt) end for i = "
    "1, 6 do collectgarbage() back[i] = nil end return n > 0 and 'back' or 'none'",
    "local n = 0 for i = 1, 5 do setmetatable({}, {__gc = function() for k = 1, 40 do n = n + "
    "1 end error('in gc') end}) end local ok, e = pcall(collectgarbage) ok, e = "
    "pcall(collectgarbage) return tostring(n >= 40)",
    "local made = 0 local function grow() made = made + 1 if made < 25 then setmetatable({}, "
    "{__gc = grow}) end end setmetatable({}, {__gc = grow}) for i = 1, 30 do collectgarbage() "
    "end return tostring(made > 1)",
    "local c = coroutine.wrap(function() local t = {} for i = 1, 12 do t[i] = setmetatable({v "
    "= i * 7 % 13}, {__lt = function(a, b) coroutine.yield(a.v) return a.v < b.v end}) end "
    "table.sort(t, function(a, b) return a < b end) local s = '' for i = 1, 12 do s = s .. "
    "t[i].v .. ' ' end return s end) local n, last = 0 repeat last = c() n = n + 1 until "
    "type(last) == 'string' return last .. n",
    "local t = {} for i = 1, 9 do t[i] = i * 5 % 9 end local n = 0 local ok, e = "
    "pcall(table.sort, t, function(a, b) n = n + 1 return coroutine.wrap(function() "
    "coroutine.yield(select(2, pcall(function() return a < b end))) end)() end) return "
    "tostring(ok) .. n .. table.concat(t, ',')",
    "local n = 0 local ok, e = pcall(table.sort, {5, 4, 3, 2, 1, 6, 7, 8}, function(a, b) n = "
    "n + 1 if n == 9 then error({n}) end return true end) return tostring(ok) .. n .. type(e)",
    "local state = require 'state' x = 1 local ok, v = state.try(function() x = 2 local t = "
    "state.map(function(i) local ok, v = state.fork(function() x = x + i return x end) return "
    "tostring(v) .. x end, {1, 2, 3}) error(table.concat(t, ' '), 0) end) return tostring(ok) "
    ".. tostring(v) .. x",
    "local state = require 'state' local s = state.snapshot() n = n or 0 local k = 0 if s then "
    "n = n + 1 end x = {} x[1] = s x.s = x local t = state.snapshot() x[2] = t "
    "collectgarbage() return type(s) .. type(t) .. n .. tostring(x.s == x)",
    "local state = require 'state' x = {n = 0} local function go(d) x.n = x.n + 1 if d == 0 "
    "then return x.n end local ok, v = state.fork(go, d - 1) x[d] = {state.snapshot(), x} "
    "return v end local ok, v = pcall(go, 6) return tostring(ok) .. tostring(v) .. x.n",
    "local state = require 'state' x = 0 local out = '' for i = 1, 5 do local ok, v = "
    "state.try(function() x = x + i local ok, v = pcall(state.map, function(k) x = x + k if k "
    "== 2 then error('k') end return x end, {1, 2, 3}) out = out .. tostring(ok) if i % 2 == 0 "
    "then error('odd', 0) end return x end) out = out .. tostring(ok) .. tostring(v) .. x .. ' "
    "' end return out",
    "local n = 0 local e = setmetatable({}, {__tostring = function(s) n = n + 1 if n == 90 "
    "then error(s) end return tostring(setmetatable({}, getmetatable(s))) end}) local ok, m = "
    "pcall(tostring, e) local ok2, m2 = pcall(error, e) return tostring(ok) .. type(m) .. "
    "tostring(m2 == e)",
    "local e = setmetatable({}, {__tostring = function() error(setmetatable({}, {__tostring = "
    "function() return ('x'):rep(50) end})) end}) local ok, m = xpcall(function() error(e) "
    "end, function(m) return tostring(m) end) return tostring(ok) .. type(m)",
    "local n = 0 local ok, e = xpcall(function() error('a') end, function(m) n = n + 1 if n < "
    "9 then error(m .. n, 0) end return m end) return tostring(ok) .. n .. tostring(e)",
    "local out = '' local co = coroutine.wrap(function() local i = 0 local f, e = "
    "load(function() i = i + 1 coroutine.yield(i) return ({'return ', '1 + ', '2, ', "
    "'...'})[i] end) return f end) local v repeat v = co() out = out .. type(v) until type(v) "
    "~= 'number' return out .. table.concat({v(7)}, ' ')",
    "local i, out = 0, '' local f, e = load(function() i = i + 1 if i == 3 then error('reader "
    "' .. i, 0) end return 'x = ' .. i .. ' ' end) out = tostring(f) .. tostring(e) i = 0 f, e "
    "= load(function() i = i + 1 return i < 5 and {} or nil end) return out .. tostring(f) .. "
    "tostring(e)",
    "local d = string.dump(function(a, ...) local t = {a, ...} for i = 1, #t do t[i] = t[i] * "
    "2 end return t end) local good, bad = 0, 0 for i = 1, #d, 9 do local m = d:sub(1, i - 1) "
    ".. string.char((d:byte(i) + 1) % 256) .. d:sub(i + 1) local f = load(m, 'm', 'b') if f "
    "then good = good + 1 debug.sethook(function() error('long') end, '', 200) pcall(f, 1, 2) "
    "debug.sethook() else bad = bad + 1 end end return tostring(good + bad)",
    "local d = string.dump(load('local a <const> = 1') or function() return 1 end) local n = 0 "
    "for i = 0, #d, 5 do if not load(d:sub(1, i)) then n = n + 1 end end return tostring(n)",
    "local n, bad = 0, 0 for name, f in pairs(debug) do if name ~= 'debug' and name ~= "
    "'sethook' and name ~= 'setmetatable' then for _, v in ipairs{1, 'x', print, {}, "
    "coroutine.create(print), false} do n = n + 1 if not pcall(f, v, v, v) then bad = bad + 1 "
    "end end end end return n .. ' ' .. bad",
    "local out = {} local function f(a, b, ...) local c = coroutine.running() for l = 0, 4 do "
    "local i = debug.getinfo(l, 'nSlutf') out[#out + 1] = i and (i.what .. i.currentline .. "
    "tostring(i.name)) or '-' local k = 1 while i and select(2, pcall(debug.getlocal, l + 1, "
    "k)) and k < 9 do k = k + 1 end out[#out + 1] = k end debug.setlocal(1, 1, b) "
    "debug.setupvalue(f, 1, out) return a end return tostring(f(1, 2, 3)) .. table.concat(out, "
    "' ')",
    "local co = coroutine.create(function(a) local x = a while true do x = coroutine.yield(x) "
    "end end) local out = '' for i = 1, 9 do coroutine.resume(co, i) debug.setlocal(co, 1, 2, "
    "{i}) out = out .. tostring(debug.getlocal(co, 1, 1)) .. #debug.traceback(co, 'm', 0) .. "
    "debug.getinfo(co, 1, 'l').currentline end return out",
    "debug.setmetatable(1, {__index = function(n, k) return n end, __call = function(n, x) "
    "return n + x end, __len = function(n) return n end}) debug.setmetatable(nil, {__index = "
    "function() return 5 end, __concat = function() return 'nil' end}) local x local s = "
    "(1).foo(2) + #7 + x.y debug.setmetatable(1, nil) local t = x .. 's' "
    "debug.setmetatable(nil, nil) return s .. t",
    "local mt = {} for _, e in ipairs{'add', 'sub', 'mul', 'div', 'mod', 'pow', 'concat', "
    "'call', 'index', 'unm', 'len'} do mt['__' .. e] = function(...) coroutine.yield(e) return "
    "select('#', ...) end end local o = setmetatable({}, mt) local c = "
    "coroutine.wrap(function() return {o + 1, 1 - o, o * o, o / 1, o % 2, 2 ^ o, 'x' .. o, "
    "o(1, 2, 3), o.x, -o, #o} end) local out = '' repeat local v = c() out = out .. (type(v) "
    "== 'table' and table.concat(v, ' ') or v) until type(v) == 'table' return out",
    "local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v) if k < 40 then "
    "t[k + 1] = v end end, __index = function(t, k) return k > 60 and k or t[k + 1] end}) t[1] "
    "= 'x' local ok, e = pcall(function() return t[41] end) return #t .. tostring(ok) .. "
    "tostring(e)",
    "local p = setmetatable({}, {__pairs = function(t) return coroutine.wrap(function() for i "
    "= 1, 6 do coroutine.yield(i, setmetatable({}, {__tostring = function() return 'v' .. i "
    "end})) end end) end}) local s = '' for k, v in pairs(p) do s = s .. k .. tostring(v) end "
    "return s",
    "local w = coroutine.wrap(function() local ok, e = pcall(function() local ok, e = "
    "xpcall(function() coroutine.yield(1) error('in') end, function(m) "
    "coroutine.yield('handler') return m end) coroutine.yield(tostring(e)) error(e, 0) end) "
    "return e end) local out = '' for i = 1, 4 do local ok, v = pcall(w) out = out .. "
    "tostring(v) .. ';' end return out",
    "local cs = {} for i = 1, 12 do cs[i] = coroutine.create(function(d) local ok, v = "
    "coroutine.resume(cs[i + 1] or coroutine.create(error), d) coroutine.yield(tostring(v)) "
    "return coroutine.resume(cs[1]) end) end local a = {coroutine.resume(cs[1], 'deep')} local "
    "b = {coroutine.resume(cs[1])} return tostring(a[2]) .. tostring(b[2]) .. tostring(b[3])",
    "local s = ('x'):rep(40) local n = 0 s = s:gsub('x', function(c) n = n + 1 if n % 9 == 0 "
    "then local ok, e = pcall(error, {n}) return e[1] end return coroutine.wrap(function() "
    "return (c:gsub('.', '%0%0')) end)() end) return #s .. ' ' .. n",
    "local state = require 'state' local t = state.map(function(i) local c = "
    "coroutine.wrap(function() for k = 1, i do coroutine.yield(k) end error('end ' .. i, 0) "
    "end) local s = 0 local ok, e repeat ok, e = pcall(c) s = s + (ok and e or 0) until not ok "
    "return s .. e end, {3, 1, 2}) return table.concat(t, ' ')",
    "local function f(n) return pcall(n == 0 and error or f, n - 1) end local r = {f(40)} "
    "local d, hit = 0 local function g() d = d + 1 return g() + 1 end local ok = "
    "pcall(function() debug.sethook(function() if d > 60 and not hit then hit = true "
    "error('deep', 0) end end, 'c') return g() end) debug.sethook() return #r .. tostring(ok) "
    ".. d",
    "local t = setmetatable({}, {__mode = 'k'}) for i = 1, 20 do local k = {} t[k] = "
    "setmetatable({k}, {__gc = function() t[{}] = 1 end}) end collectgarbage() "
    "collectgarbage() local ok = pcall(next, t, {}) return tostring(ok)",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static const moonlet_limits limits[] = {
    {.steps = 1000},    {.steps = 7001},
    {.bytes = 3000000}, {.held = 2000000, .steps = 3001},
    {.held = 1000000},  {.held = 2000000, .bytes = 3000000, .steps = 2000},
    {.bytes = 1000000},
};
static const moonlet_limits small_limits[] = {
    {.steps = 1},     {.steps = 7},
    {.steps = 50},    {.held = 60000, .steps = 20},
    {.held = 200000}, {.bytes = 30000, .steps = 100},
};
enum {
    LIMITS = sizeof limits / sizeof *limits,
    SMALL_LIMITS = sizeof small_limits / sizeof *small_limits,
    SLICES_MAX = 300,
    SMALL_SLICES_MAX = 20000
};

typedef struct Story {
    int slices;
    uint64_t steps, held;
    char result[300]; /* "": it has not come to its end */
} Story;

/* Another slice, with more of what may be alive if it was that which was lacking. */
static moonlet_result next_slice(moonlet_state *s, const moonlet_limits *l, uint64_t held)
{
    moonlet_limits now = *l;
    now.held = held;
    moonlet_state *limited = moonlet_limit(s, &now);
    moonlet_result r = moonlet_resume(limited);
    moonlet_release(limited);
    moonlet_release(s);
    return r;
}

typedef enum Way { AS_IT_IS, SAVED, TWICE } Way;

static void tell(const moonlet_result *r, char result[300])
{
    char text[280];
    if (r->status == MOONLET_FAILED)
        snprintf(result, 300, "failed: %.280s", r->error->message);
    else
        snprintf(result, 300, "%s", moonlet_to_text(r->values[0], text, sizeof text));
}

/* Images take long: of many slices a sixteenth is saved. */
static bool is_to_be_saved(int slice) { return slice < 40 || slice % 16 == 0; }

static Story run_in_slices(const char *source, const moonlet_limits *l, Way way, int most)
{
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, l);
    moonlet_result r = moonlet_do(limited, source);
    Story story = {.slices = 1, .steps = r.steps, .held = l->held};
    while (r.status == MOONLET_PAUSED && story.slices < most) {
        if (way == SAVED && is_to_be_saved(story.slices)) r.state = saved_and_loaded(r.state);
        if (r.limit == MOONLET_LIMIT_HELD) story.held += l->held;
        if (way == TWICE) {
            moonlet_result first = next_slice(moonlet_retain(r.state), l, story.held);
            moonlet_release(first.state);
        }
        r = next_slice(r.state, l, story.held);
        story.slices++;
        story.steps += r.steps;
    }
    if (r.status != MOONLET_PAUSED) tell(&r, story.result);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
    return story;
}

static bool is_near(uint64_t x, uint64_t y) { return x <= y + y / 5 + 1 && y <= x + x / 5 + 1; }

/* Under a limit on steps alone all is exact. Memory lies in other places after a load, a text
 * for which there was no room is written once more, and to measure what is alive takes steps.
 */
static void compare(const char *source, const moonlet_limits *l, Way way)
{
    const moonlet_limits none = {0};
    Story whole = run_in_slices(source, &none, AS_IT_IS, SLICES_MAX),
          a = run_in_slices(source, l, AS_IT_IS, SLICES_MAX),
          b = run_in_slices(source, l, way, SLICES_MAX);
    char what[400];
    snprintf(what, sizeof what, "%d and %d slices, %d, %d and %d steps: %.200s (%d, %d, %d)",
             a.slices, b.slices, (int)whole.steps, (int)a.steps, (int)b.steps, source,
             (int)l->steps, (int)l->bytes, (int)l->held);
    ck_assert_msg(strncmp(whole.result, "failed", 6) != 0, "%s: %s", whole.result, what);
    ck_assert_msg(strcmp(a.result, whole.result) == 0 && strcmp(b.result, whole.result) == 0,
                  "%s, %s, %s: %s", whole.result, a.result, b.result, what);
    bool exact = !l->held && !l->bytes;
    ck_assert_msg(is_near((uint64_t)a.slices, (uint64_t)b.slices), "%s", what);
    if (!exact)
        ck_assert_msg(is_near(a.steps, whole.steps) && is_near(b.steps, whole.steps), "%s",
                      what);
    else
        ck_assert_msg(a.steps == whole.steps && b.steps == whole.steps, "%s", what);
}

START_TEST(whoever_is_saved_stops_as_others_do)
{
    compare(programs[_i / LIMITS], &limits[_i % LIMITS], SAVED);
}
END_TEST

START_TEST(whoever_goes_on_twice_stops_as_others_do)
{
    compare(programs[_i / LIMITS], &limits[_i % LIMITS], TWICE);
}
END_TEST

START_TEST(hostile_programs_end_as_in_one_go)
{
    const moonlet_limits *l = &small_limits[_i % SMALL_LIMITS];
    const moonlet_limits none = {0};
    const char *source = hostile[_i / SMALL_LIMITS];
    Story whole = run_in_slices(source, &none, AS_IT_IS, 1);
    ck_assert_str_ne(whole.result, "");
    for (int way = AS_IT_IS; way <= TWICE; way++) {
        Story sliced = run_in_slices(source, l, (Way)way, SMALL_SLICES_MAX);
        ck_assert_msg(strcmp(sliced.result, whole.result) == 0,
                      "'%s', not '%s', way %d, %d: %s", sliced.result, whole.result, way,
                      _i % SMALL_LIMITS, source);
        bool exact = !l->held && !l->bytes;
        ck_assert_msg(!exact || sliced.steps == whole.steps, "%d steps, not %d, way %d, %d: %s",
                      (int)sliced.steps, (int)whole.steps, way, _i % SMALL_LIMITS, source);
    }
}
END_TEST

/* Arrays of the compiler that find no room until what is alive has been measured: wherever that
 * is, what is compiled is whole. */
START_TEST(a_compilation_that_lacked_room_is_whole)
{
    const moonlet_limits l = {.held = 1000000 + 23456 * (uint64_t)_i, .bytes = 3000000};
    const char *source =
        "s = ('x = function() return y end '):rep(2000) .. 'return 5' s = load(s) "
        "return s()";
    Story story = run_in_slices(source, &l, AS_IT_IS, SLICES_MAX);
    ck_assert_msg(strcmp(story.result, "5") == 0, "%s after %d slices", story.result,
                  story.slices);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("saved_slices");
    tcase_add_loop_test(t, whoever_is_saved_stops_as_others_do, 0, PROGRAMS * LIMITS);
    tcase_add_loop_test(t, whoever_goes_on_twice_stops_as_others_do, 0, PROGRAMS * LIMITS);
    tcase_add_loop_test(t, hostile_programs_end_as_in_one_go, 0, HOSTILE * SMALL_LIMITS);
    tcase_add_loop_test(t, a_compilation_that_lacked_room_is_whole, 0, 40);
    return run_suite(t);
}
