/* SPDX-License-Identifier: MIT */
/*
 * The worlds of the fuzzers of images: programs whose states are the seeds, and the host that
 * they have.
 *
 * Main invariant: whatever an image can hold, one of the worlds has; what takes long or needs
 * files has been left out.
 */
#ifndef MOONLET_IMAGE_WORLDS_H
#define MOONLET_IMAGE_WORLDS_H

#include "moonlet.h"

#include <string.h>

/* The host ----------------------------------------------------------------------------- */

static int image_then(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_return(c, args, count);
}

static int image_call(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value f = count ? args[0] : moonlet_nil();
    return moonlet_call_then(c, f, args + (count > 0), count - (count > 0), image_then,
                             moonlet_number(2));
}

static int image_pcall(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value f = count ? args[0] : moonlet_nil();
    return moonlet_pcall_then(c, f, args + (count > 0), count - (count > 0), image_then,
                              moonlet_nil());
}

static int image_yield(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_yield_then(c, args, count, image_then, moonlet_text("kept"));
}

static int image_resume(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value co = count ? args[0] : moonlet_nil();
    return moonlet_resume_then(c, co, args + (count > 0), count - (count > 0), image_then,
                               moonlet_nil());
}

static int image_light(moonlet_context *c, const moonlet_value *args, size_t count)
{
    static const char places[4];
    (void)args;
    return moonlet_return_one(c, moonlet_pointer(places + count % 4));
}

static bool image_save_box(const void *bytes, moonlet_writer *write, void *context)
{
    write(context, bytes, sizeof(double));
    return true;
}

static bool image_load_box(void *to, const char *bytes, size_t length)
{
    if (length != sizeof(double)) return false;
    memcpy(to, bytes, length);
    return true;
}

static void image_copy_box(void *to, const void *from, size_t size) { memcpy(to, from, size); }

static const moonlet_type_info image_box_type = {
    .name = "box", .size = sizeof(double), .save = image_save_box, .load = image_load_box};
static const moonlet_type_info image_jar_type = {.name = "jar",
                                                 .size = sizeof(double),
                                                 .copy = image_copy_box,
                                                 .save = image_save_box,
                                                 .load = image_load_box};

/* box(x): a userdata; with a second argument one that each state has its own bytes of. */
static int image_box(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double d = 0;
    if (count) moonlet_to_number(args[0], &d);
    return moonlet_return_one(
        c, moonlet_context_new_userdata(c, count > 1 ? &image_jar_type : &image_box_type, &d));
}

/* set(u, x): writes the bytes of one that was made with two. */
static int image_set(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double *to = count > 1 ? moonlet_context_userdata_write(c, args[0], &image_jar_type) : NULL;
    if (to) *to = (double)count;
    return moonlet_return(c, args, count);
}

static const moonlet_entry image_entries[] = {{.name = "call", .call = image_call},
                                              {.name = "pcall", .call = image_pcall},
                                              {.name = "yield", .call = image_yield},
                                              {.name = "resume", .call = image_resume},
                                              {.name = "light", .call = image_light},
                                              {.name = "box", .call = image_box},
                                              {.name = "set", .call = image_set},
                                              {.name = "then", .call = image_then},
                                              {0}};
static const moonlet_library image_libraries[] = {{"host", image_entries}, {0}};
static const moonlet_type_info *const image_types[] = {&image_box_type, &image_jar_type, NULL};

static bool image_save_pointer(void *data, const void *pointer, moonlet_writer *write,
                               void *context)
{
    uintptr_t number = (uintptr_t)pointer & 3;
    (void)data;
    write(context, (const char *)&number, 1);
    return true;
}

static bool image_load_pointer(void *data, const char *bytes, size_t length,
                               const void **pointer)
{
    (void)data;
    *pointer = length ? (const void *)(uintptr_t)(16 + (bytes[0] & 3)) : NULL;
    return length <= 1;
}

static const moonlet_image_host image_host = {.libraries = image_libraries,
                                              .types = image_types,
                                              .save_pointer = image_save_pointer,
                                              .load_pointer = image_load_pointer};

/* Programs ----------------------------------------------------------------------------- */

/* Of the libraries, only what the probe and the worlds call: so there is little else to change
 * than what may matter. */
static const char strip[] =
    "yield, resume, create = coroutine.yield, coroutine.resume, coroutine.create\n"
    "local G, state = _G, require 'state'\n"
    "freeze, snapshot = state.freeze, state.snapshot\n"
    "sort, gsub, format, concat = table.sort, string.gsub, string.format, table.concat\n"
    "insert, remove, gmatch = table.insert, table.remove, string.gmatch\n"
    "random, dump, info = math.random, string.dump, debug.getinfo\n"
    "upvalue, traceback, sethook = debug.getupvalue, debug.traceback, debug.sethook\n"
    "join, setupvalue, setuser = debug.upvaluejoin, debug.setupvalue, debug.setuservalue\n"
    "try, fork, restore, map = state.try, state.fork, state.restore, state.map\n"
    "wrap, rep, unpack, out = coroutine.wrap, string.rep, table.unpack, io.stdout\n"
    "local registry = debug.getregistry()\n"
    "local keep, loaded = {}, package.loaded\n"
    "for name in gmatch('yield resume create freeze snapshot sort gsub format concat insert "
    "'..\n"
    "  'remove gmatch random dump info upvalue traceback sethook pcall xpcall next type error "
    "'..\n"
    "  'join setupvalue setuser try fork restore map wrap rep unpack out rawset tostring host "
    "'..\n"
    "  'getmetatable setmetatable collectgarbage load pairs ipairs select', '%S+') do\n"
    "  keep[name] = G[name] end\n"
    "getmetatable('').__index = nil\n"
    "for k in next, loaded do loaded[k] = nil end\n"
    "for k in next, package do package[k] = nil end\n"
    "local m = getmetatable(out) local kept = {__index = m, lines = m.lines}\n"
    "for k in next, m do m[k] = kept[k] end\n"
    "for k in next, G do if not keep[k] then G[k] = nil end end\n"
    "for k, v in next, registry do if v ~= G then registry[k] = nil end end\n";

/* What the base of deltas has beside that, for them to change. */
static const char grown[] =
    "big = {} for i = 1, 40 do big[i] = i big['k' .. i] = i end small = {a = 1} "
    "neg = {} for i = 1, 300 do neg[-i] = i end nums = {[1.5] = 1, [3] = 3, [2^40] = 4} "
    "ice = freeze{1, {2}} box = host.box(1) jar = host.box(2, true) "
    "do local up = 1 function inc() up = up + 1 return up end function get() return up end end "
    "co0 = create(function(a) while true do a = yield(a, {}) end end) resume(co0, 1) "
    "co1 = create(function() error('dead') end) resume(co1) "
    "was = snapshot() weak = setmetatable({}, {__mode = 'k'}) weak[big] = {1}";

/* Small worlds, each with something of its own. A coroutine `co` waits in the middle of what
 * it does; where there is a text `go`, it is run with few steps, so it pauses. */
static const char *const worlds[] = {
    "t = {1, 2, 3, x = {y = 1.5}, [2^40] = 'big', [-1] = true}",
    "t = setmetatable({}, {__mode = 'k', __gc = function() t = 1 end}) t[{}] = 1",
    "t = {} for i = 1, 100 do t[i] = i t[-i] = {i} end for i = 1, 50 do t[2 * i] = nil end",
    "t = {} for i = 1, 40 do t['k' .. i] = i end for i = 1, 30 do t['k' .. i] = nil end",
    "t = freeze{1, {2}, x = {3}}",
    "local a, b = 1, 2 function f(x) a = a + x return a end function g() b = a return b end "
    "f(1)",
    "function f(...) local n = select('#', ...) return function() n = n + 1 return n end end g "
    "= f()",
    "x = random(10) y = random(10)",
    "t = 0 s = snapshot() t = {s}",
    "co = create(function() sort({3, 1, 2, 5, 4}, function(a, b) yield() return a < b end) "
    "end) "
    "resume(co)",
    "co = create(function() return (gsub('abcd', '(%w)', function(c) yield() return c end)) "
    "end) "
    "resume(co)",
    "co = create(function() return format('%s-%s', setmetatable({}, {__tostring = function() "
    "yield() return 'x' end}), 2) end) resume(co)",
    "co = create(function() return load(function() yield() end) end) resume(co)",
    "co = create(function() for k in pairs(setmetatable({}, {__pairs = function(t) yield() "
    "return "
    "next, {a = 1} end})) do yield() end end) resume(co) resume(co)",
    "co = create(function() return concat(setmetatable({'a', 'b'}, {__len = function() yield() "
    "return 2 end})) end) resume(co)",
    "co = create(function() local t = setmetatable({1, 2}, {__len = function() yield() return "
    "2 "
    "end}) insert(t, 3) return remove(t) end) resume(co)",
    "co = create(function() return pcall(function() yield() error('e') end) end) resume(co)",
    "co = create(function() return xpcall(function() error('e') end, function(m) yield() "
    "return m "
    "end) end) resume(co)",
    "local m = setmetatable({}, {__lt = function() yield() return true end, __concat = "
    "function() "
    "yield() return 'c' end, __eq = function() yield() return true end, __index = function() "
    "yield() return 1 end, __newindex = function() yield() end, __call = function() yield() "
    "end}) "
    "co = create(function() local x = 'a' .. m .. 'b' .. m local y = m.x m.z = m < m and m(1) "
    "end)"
    " resume(co) resume(co)",
    "local function f(...) yield() return select('#', ...), ... end "
    "co = create(function() return f(1, nil, 3) end) resume(co)",
    "local function f(n) if n == 0 then yield() return 0 end return 1 + f(n - 1) end "
    "co = create(function() return f(30) end) resume(co)",
    "local c = 0 local function inc() c = c + 1 yield() return c end "
    "co = create(function() for i = 1, 3 do local k = i local g = function() k = k + c return "
    "k end "
    "inc() g() end end) resume(co) resume(co)",
    "co = create(function() local inner = create(function() yield() end) resume(inner) "
    "yield(inner) "
    "end) resume(co)",
    "co = create(function() sethook(function() end, 'l') yield() sethook() end) resume(co)",
    "co = create(function() for a, b in gmatch('a=1 b=2', '(%w)=(%w)') do yield(a) end end) "
    "resume(co)",
    "go = 'for i = 1, 9 do t = {i, t} end'",
    "go = 'local s = 0 for i = 1, 9 do s = s + i x = pcall(error, s) end'",
    "go = 't = {5, 3, 1, 4, 2} sort(t, function(a, b) return a < b end)'",
    "go = 'local t = setmetatable({}, {__index = function(t, k) return k .. 1 end}) "
    "for i = 1, 5 do x = t[i] .. t.y end'",
    "go = 'co = create(function(a) while true do a = yield(a) end end) for i = 1, 5 do "
    "resume(co, i) end'",
    "t = {} for i = 1, 300 do t[-i] = i end for i = 1, 300, 7 do t[-i] = nil end",
    "t = {[1.5] = 1, [3] = 3, [5] = 4, [-0.5] = 5, x = 1} t[3] = nil t[7] = 8",
    "a = 'text' b = 'te' .. concat{'x', 't'} c = {b, a, [b] = a} d = rep('long', 20) e = "
    "rep('lo' "
    ".. 'ng', 20)",
    "s1 = snapshot() x = {1} s2 = snapshot() x[1] = s1 y = {s1, s2} s3 = snapshot() z = y x = "
    "nil",
    "local s, b = snapshot() if not b then a = {1} restore(s, snapshot()) end c = {} other = b",
    "local s = snapshot() co = create(function() yield(s) end) resume(co) q = snapshot() co = "
    "nil",
    "go = 'try(function() for i = 1, 9 do t = {i} end error(0) end)'",
    "go = 'x = fork(function() for i = 1, 9 do t = {i} end return t end)'",
    "go = 'x, y = map(function(v) for i = 1, v do t = {i, t} end return v > 3 and t or "
    "error(v) "
    "end, {2, 5, 3}, {threads = 1, steps = 9})'",
    "go = 'x = wrap(function() return map(function(v) return map(function(w) local n = v for i "
    "= "
    "1, w do n = {n} end return n end, {2, 3}, {threads = 1})[1] end, {4, 5}, {threads = 1}) "
    "end) x()'",
    "go = 'co = create(function() try(function() yield(1) end) end) resume(co) x = 1 "
    "resume(co)'",
    "go = 'sethook(function(e, l) n = (n or 0) + 1 end, [[crl]], 2) local function f(a, b) "
    "return "
    "a end for i = 1, 4 do f(i) end sethook()'",
    "go = 'sethook(function(e, l) local x = e for i = 1, 3 do x = i end end, [[r]]) local "
    "function "
    "f(...) return ... end x = f(f(1, 2)) x = select(2, 1, {}) sethook()'",
    "co = create(function() local function f() return 1 end f() yield() f() end) sethook(co, "
    "function() end, 'cr', 3) resume(co)",
    "local function f(...) yield() return ... end "
    "co = create(function(...) return f(...) end) resume(co, 1, 2, 3)",
    "local function f(n, ...) if n == 0 then yield() return ... end return (f(n - 1, n, ...)) "
    "end "
    "co = create(function() return f(15) end) resume(co)",
    "local function c() local v = 1 return function() v = v + 1 return v end end "
    "a, b = c(), c() join(a, 1, b, 1) d = c() co = create(function() yield() return d() end) "
    "resume(co) join(d, 1, a, 1)",
    "local k = 5 f = function() return k end g = function() return f, k end setupvalue(f, 1, "
    "{})",
    "f = function() local v = 1 local g = function() yield() v = v + 1 return v end return g() "
    "end "
    "co = create(f) resume(co)",
    "for i = 1, 3 do setmetatable({}, {__gc = function() x = (x or 0) + i end}) end "
    "go = 'collectgarbage() collectgarbage()'",
    "t = setmetatable({}, {__mode = 'v'}) t[1] = {} t.x = print e = setmetatable({}, {__mode = "
    "'k'}) local k = {} e[k] = {k} kk = k",
    "w = wrap(function() local c2 = wrap(function() yield() for i = 1, 9 do x = i end end) "
    "c2() "
    "c2() end) go = 'w() w()'",
    "co = create(function() local t = {} error(t) end) resume(co) fresh = create(function(...) "
    "return ... end)",
    "if out then it = out:lines() end",
    "co = wrap(function(...) yield(...) end) co(1, 2) it = gmatch('a b c', '%w') it()",
    "go = 'x = #rep([[ab]], 2000) x = #rep([[ab]], 3000)'",
    "go = 't = {} for i = 1, 12 do t[i] = {13 - i} end sort(t, function(a, b) return a[1] < "
    "b[1] "
    "end)'",
    "go = 'x = tostring(setmetatable({}, {__tostring = function() for i = 1, 3 do x = i end "
    "return "
    "[[t]] end}))'",
    "go = 'x = xpcall(function() local function f() return f() + 1 end f() end, function(m) "
    "for i = "
    "1, 3 do x = i end return m end)'",
    "go = 'for i = 1, 2 do x = pcall(pcall, error, {}) end x = load([[return 1 + 1]])() x = "
    "dump(load([[local a = 1 return function() return a end]]))'",
    "go = 'for k, v in pairs{1, 2, a = 3} do x = k end for i, v in ipairs{1, 2} do x = i end "
    "for i = "
    "3, 1, -1 do x = i end while x < 9 do x = x + 1 end repeat x = x - 1 until x < 5'",
    "go = 'local a, b = {}, {} function a:m(...) self.x = ... return ... end x = a:m(1, b, "
    "nil) b[x] "
    "= {a:m(2, 3)} x = -x ^ 2 .. #b .. tostring(not x)'",
    "u = host.box(7) v = host.box(8, true) setuser(u, {v}) lights = {host.light(), "
    "host.light(1), "
    "[host.light(1, 2)] = 3}",
    "co = create(function() return host.call(function() return yield(1) end, 5) end) "
    "resume(co)",
    "co = create(function() return host.pcall(function() yield(1) error(2) end, 5) end) "
    "resume(co)",
    "co = create(function() return host.yield(1, 2) end) resume(co)",
    "go = 'x = host.call(function(a) for i = 1, 3 do x = i end return a end, 1) x = "
    "host.resume(create("
    "function() for i = 1, 3 do x = i end end))'",
    "local v, w = 1, 2 d = function() yield() return v end co = create(d) resume(co) "
    "local function other() w = w + 1 return w end join(d, 1, other, 1) e = create(d)",
    "local v = {} d = function() yield() return v end co = create(d) resume(co) "
    "setupvalue(d, 1, 7)",
    "go = 'sethook(function() for i = 1, 3 do x = i end end, [[c]]) for k in next, {1, 2} do "
    "x = tostring(k) end local function f(...) return ... end x = f(f(1), 2)'",
    "go = 'sethook(function() for i = 1, 3 do x = i end end, [[r]]) for k in next, {1} do "
    "x = {rawset({}, k, 1)} end local function f(a) return a, 2 end local t = {f(1)} x = f(2)'",
    "go = 'sethook(function() for i = 1, 3 do x = i end end, [[l]]) local function f(...)\\n"
    "return ...\\nend\\nx = {f(1, 2)}\\nx = f(1)\\n'",
    "go = 'xpcall(function() local x = nil + 1 end, function(m) for i = 1, 4 do x = i end end) "
    "xpcall(nil, function() for i = 1, 4 do x = i end end)'",
    /* of what deltas' base has */
    "if big then big[3] = nil big.k1 = nil big[41] = 1 big.new = {} small.a = nil small.b = 2 "
    "end",
    "if big then for i = 1, 40 do big['k' .. i] = nil end for i = 2, 40 do big[i] = nil end "
    "end",
    "if neg then neg[-5] = nil neg[-301] = {} neg.x = 1 nums[3] = nil nums[9] = 1 end",
    "if big then setmetatable(small, {__index = big}) inc() resume(co0, {}) host.set(jar, 9) "
    "end",
    "if big then join(get, 1, function() return small end, 1) setuser(box, {box}) end",
    "if big then big, was, box = nil collectgarbage() weak[small] = small end",
    "if big then now = snapshot() inc() small[now] = was later = snapshot() resume(co0) end",
    "if big then go = 'for i = 1, 5 do inc() resume(co0) big[i] = {i} end' end",
};

#endif
