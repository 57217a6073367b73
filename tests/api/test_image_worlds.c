/* SPDX-License-Identifier: MIT */
/*
 * Everything at once in an image: each thing that a program may be in (a handler, a finalizer,
 * a hook, a sort, a piece of a chunk ...), with each thing that it may do there (hold states,
 * go back to them, collect, join upvalues, save itself ...). The program is paused every few
 * steps, and goes on from bytes: from a whole image, a delta to the last one, or one to an
 * image of long ago. It must do what it does without, in as many steps, and saving again must
 * give the same bytes.
 */
#include "api_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char prelude[] = "state = require 'state'\n"
                              "held, n, r, done, fin, x = {}, 0\n"
                              "kept = {one = function() return held end}\n";

/* Each calls body. */
static const char *const places[] = {
    "return body()",
    "return pcall(body)",
    "return xpcall(function() error('e', 0) end, function(m) return m .. tostring(body()) end)",
    "return xpcall(function() local t = nil; t.x = 1 end, function(m) return select(2, "
    "pcall(error, body())) end)",
    "local w = coroutine.wrap(function() local v = body() coroutine.yield(1) return v end) "
    "return w(), w()",
    "setmetatable({}, {__gc = function() r = body() end}) collectgarbage() return r",
    "table.sort({3, 1, 2}, function(a, b) r = body() return a < b end) return r",
    "return (('abc'):gsub('%w', function(c) n = n + 1 return n == 2 and tostring(body()) end))",
    "return load(function() if not done then done = body() or 1 return 'return 7' end end)(), "
    "done",
    "return state.try(function() local v = body() x = 3 error(v, 0) end)",
    "return state.fork(function() x = 4 return body() end)",
    "local t = {} for i = 1, 2 do t[i] = {state.try(function() x = i return (body()) end)} end "
    "return t[1][2], t[2][2]",
    "debug.sethook(function(e) debug.sethook() r = body() end, '', 1) local v = 1 v = v + 1 "
    "return r, v",
    "debug.sethook(function(e, l) if l and n < 2 then n = n + 1 r = body() end end, 'l')\n"
    "local v = {1}\nv = v[1] * 2 + #v\ndebug.sethook() return r, v, n",
    "debug.sethook(function(e) if n < 2 then n = n + 1 r = body() end end, 'cr')\n"
    "local v = tostring(1) .. tostring(2) debug.sethook() return r, v",
    "return setmetatable({}, {__index = function(t, k) return body() end}).x",
    "return setmetatable({}, {__concat = function(a, b) return body() end}) .. 'x' .. 'y'",
    "local m = {__lt = function() r = body() return true end} "
    "return setmetatable({}, m) < setmetatable({}, m), r",
    "for k in setmetatable({}, {__call = function(_, _, c) return not c and (body() or 1) "
    "end}) "
    "do r = k break end return r",
    "package.preload.m = function() return body() end return (require 'm')",
    "return tostring(setmetatable({}, {__tostring = function() return tostring(body()) end}))",
    "local co = coroutine.create(function() return body() end)\n"
    "debug.sethook(co, function(e) n = n + #e end, 'crl', 3)\n"
    "local ok, v repeat ok, v = coroutine.resume(co) until coroutine.status(co) == 'dead'\n"
    "return ok, v, n",
    "local function deep(k) if k == 0 then return body() end local v = deep(k - 1) return v "
    "end "
    "return deep(60)",
    "local function tail(k, ...) if k == 0 then return body(), ... end "
    "return tail(k - 1, k, ...) end return tail(5)",
    "local waits = {} for i = 1, 3 do waits[i] = coroutine.wrap(function() local v = "
    "i == 2 and body() coroutine.yield(i) return v end) waits[i]() end "
    "return waits[1](), waits[2](), waits[3]()",
    "local t = setmetatable({}, {__len = function() r = body() return 2 end}) t[1], t[2] = "
    "'a', 'b' return table.concat(t), table.unpack(t), r",
    "return pcall(pcall, pcall, error, body())",
    "kept.co = coroutine.create(function() while true do n = n + 1 coroutine.yield(n) end "
    "end)\n"
    "coroutine.resume(kept.co) r = body() return r, select(2, coroutine.resume(kept.co))",
};

static const char *const bodies[] = {
    "local w = setmetatable({}, {__mode = 'k'}) for i = 1, 6 do local k = {} w[k] = {k} "
    "if i % 3 == 0 then collectgarbage() end end local c = 0 for _ in pairs(w) do c = c + 1 "
    "end "
    "return c",
    "local w, last = setmetatable({}, {__mode = 'v'}) for i = 1, 6 do last = {i} w[i] = last "
    "end collectgarbage() local c = 0 for _ in pairs(w) do c = c + 1 end return c .. last[1]",
    "local s, back = state.snapshot() if not back and #held < 4 then held[#held + 1] = s "
    "x = (x or 0) + 1 end return #held .. ':' .. #state.diff(s)",
    "local s, v = state.snapshot() if not v then x = {} state.restore(s, 5) end return v, x",
    "local s, v = state.snapshot() kept.f = function() return s end "
    "for i = 1, 4 do kept[i] = {i} end return state.digest(s) == state.digest(kept.f())",
    "for i = 1, 4 do setmetatable({}, {__gc = function() fin = (fin or 0) + i end}) end "
    "collectgarbage() return fin",
    "return #table.concat({('x'):rep(300):gsub('x', 'yy'), ('%s %d %q'):format('a', 3, 'z')})",
    "local c = coroutine.wrap(function() for i = 1, 4 do coroutine.yield(i) end end) "
    "local s = 0 for v in c do s = s + v end return s",
    "math.randomseed(3) local t = {} for i = 1, 20 do t[i] = math.random(100) end "
    "table.sort(t, function(a, b) return a > b end) return table.concat(t, ',')",
    "local a, b = 1, 2 local function f() return a end local function g() return b end "
    "debug.upvaluejoin(f, 1, g, 1) debug.setupvalue(g, 1, 9) kept.f, kept.g = f, g return f()",
    "local function down(k) if k == 0 then error({code = k + 4}) end return 1 + down(k - 1) "
    "end "
    "return select(2, pcall(down, 9)).code",
    "local i = state.save(state.snapshot()) local s = state.load(i) "
    "return state.digest(s) == state.digest(state.load(state.save(s)))",
    "local e = setmetatable({}, {__mode = 'k'}) local a, b = {}, {} e[a], e[b] = b, {a} "
    "kept.a, kept.e = a, e a, b = nil collectgarbage() return next(e) ~= nil",
    "local t = state.freeze({1, {2}}, true) return select(2, pcall(rawset, t, 1, 1)), t[2][1]",
};
enum {
    PLACES = sizeof places / sizeof *places,
    BODIES = sizeof bodies / sizeof *bodies,
    PAUSES_MAX = 4000
};

static char source[4096];

/* What it gives is in `result`, as a text. */
static void make_source(const char *place, const char *body)
{
    snprintf(source, sizeof source,
             "%s\nlocal function body() %s end\n"
             "local t = table.pack(pcall(function() %s end))\n"
             "for i = 1, t.n do local v = t[i]\n"
             "  t[i] = type(v) == 'table' and 'table' or tostring(v) end\n"
             "result = table.concat(t, ' ') .. ' ' .. #held .. ' ' .. tostring(x)\n",
             prelude, body, place);
}

static moonlet_image *saved(const moonlet_state *s, const moonlet_image *base)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, base, NULL, &message);
    ck_assert_msg(i != NULL, "%s\n%s", message, source);
    return i;
}

static moonlet_image *loaded(const moonlet_image *i, const moonlet_image *base)
{
    char *message = NULL;
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, base, NULL, &message);
    ck_assert_msg(j != NULL, "%s\n%s", message, source);
    return j;
}

static void assert_same_bytes(const moonlet_image *a, const moonlet_image *b)
{
    size_t m, n;
    const char *x = moonlet_image_bytes(a, &m), *y = moonlet_image_bytes(b, &n);
    ck_assert_msg(m == n && memcmp(x, y, n) == 0, "other bytes\n%s", source);
}

/* Images that deltas are made to: of the last pause, and of long ago. */
typedef struct Bases {
    moonlet_image *near, *far;
    unsigned pauses, deltas;
} Bases;

/* s is released. */
static moonlet_state *through_bytes(moonlet_state *s, Bases *b)
{
    enum { WHOLE = 16 }; /* each so many pauses */
    bool whole = b->pauses % WHOLE == 0, far = b->pauses % 2;
    const moonlet_image *base = whole ? NULL : far ? b->far : b->near;
    moonlet_image *i = saved(s, base); /* whole, too, when a fork has ended that base is from */
    if (!moonlet_image_is_delta(i)) base = NULL;
    moonlet_image *j = loaded(i, base);
    b->deltas += base != NULL;
    moonlet_state *t = moonlet_image_state(j);
    ck_assert_msg(moonlet_digest(s) == moonlet_digest(t), "%s", source);
    moonlet_image *again = saved(t, base);
    assert_same_bytes(i, again);
    moonlet_image_release(again);
    moonlet_image_release(i);
    moonlet_release(s);
    if (b->near != b->far) moonlet_image_release(b->near);
    if (whole) moonlet_image_release(b->far);
    if (whole) b->far = j;
    b->near = j;
    b->pauses++;
    return t;
}

static moonlet_result in_portion(moonlet_state *s, uint64_t steps, const char *text)
{
    moonlet_limits limits = {.steps = steps};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = text ? moonlet_do(limited, text) : moonlet_resume(limited);
    moonlet_release(limited);
    moonlet_release(s);
    return r;
}

static void same_result(const moonlet_state *a, const moonlet_state *b)
{
    size_t m, n;
    const char *x = moonlet_to_bytes(moonlet_global(a, "result"), &m),
               *y = moonlet_to_bytes(moonlet_global(b, "result"), &n);
    ck_assert_msg(m == n && memcmp(x, y, n) == 0, "%s\ninstead of\n%s\n%s", y, x, source);
    ck_assert_msg(moonlet_digest(a) == moonlet_digest(b), "another world\n%s", source);
}

static void try_in_portions(uint64_t portion)
{
    moonlet_result plain = moonlet_do(moonlet_init(), source);
    ck_assert_msg(plain.status == MOONLET_OK, "%s\n%s",
                  plain.error ? plain.error->traceback : "", source);
    Bases b = {0};
    moonlet_result r = in_portion(moonlet_init(), portion, source);
    while (r.status == MOONLET_PAUSED && b.pauses < PAUSES_MAX)
        r = in_portion(through_bytes(r.state, &b), portion, NULL);
    ck_assert_msg(r.status == MOONLET_OK, "%s\n%s", r.error ? r.error->traceback : "", source);
    ck_assert_msg(b.deltas > 0 || b.pauses < 4, "no deltas\n%s", source);
    same_result(plain.state, r.state);
    moonlet_release(plain.state);
    moonlet_release(r.state);
    if (b.near != b.far) moonlet_image_release(b.near);
    moonlet_image_release(b.far);
}

START_TEST(anything_anywhere_goes_on)
{
    for (unsigned i = 0; i < BODIES; i++) {
        make_source(places[_i], bodies[i]);
        try_in_portions(1);
        try_in_portions(5 + 7 * ((unsigned)_i + i) % 13);
    }
}
END_TEST

/* Another process, which has another address space, goes on and says what comes out. */
START_TEST(another_process_goes_on)
{
    make_source(places[_i], bodies[_i % BODIES]);
    moonlet_result plain = moonlet_do(moonlet_init(), source);
    moonlet_result r = in_portion(moonlet_init(), 40 + 9 * (unsigned)_i, source);
    if (r.status != MOONLET_PAUSED) return;
    moonlet_image *i = saved(r.state, NULL);
    moonlet_release(r.state);
    pid_t child = fork();
    if (child == 0) {
        moonlet_limits limits = {.stack = 50000, .bytes = 100000000};
        moonlet_state *s = moonlet_image_state(loaded(i, NULL)),
                      *limited = moonlet_limit(s, &limits);
        moonlet_result end = moonlet_resume(limited);
        _exit(end.status == MOONLET_OK &&
                      moonlet_digest(end.state) == moonlet_digest(plain.state)
                  ? 0
                  : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", source);
    moonlet_image_release(i);
    moonlet_release(plain.state);
}
END_TEST

/* States of a timeline, each as a delta to the one before and to the first; back and on again.
 */
START_TEST(states_of_timelines_come_back)
{
    moonlet_state *s = world("state = require 'state' held, x = {}, 0\n"
                             "function frame(k) x = x + k held[k % 3 + 1] = {x}\n"
                             "  kept = kept or state.snapshot()\n"
                             "  w = w or coroutine.wrap(function() while true do "
                             "coroutine.yield(x) end end)\n"
                             "  return w() end");
    moonlet_timeline *t = moonlet_timeline_begin(s, 8);
    moonlet_image *first = saved(s, NULL), *there = loaded(first, NULL), *near = first;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned k = 0; k < 4; k++) {
            moonlet_value n = moonlet_number(k + 1);
            assert_ok(moonlet_timeline_call(t, "frame", &n, 1));
            moonlet_state *now = moonlet_timeline_state(t);
            moonlet_image *far = saved(now, first), *next = saved(now, near);
            moonlet_image *back = loaded(far, there);
            moonlet_state *u = moonlet_image_state(back);
            ck_assert_uint_eq(moonlet_digest(now), moonlet_digest(u));
            moonlet_image *one = saved(now, NULL), *other = saved(u, NULL);
            assert_same_bytes(one, other);
            near = next;
            moonlet_release(u);
            moonlet_release(now);
        }
        ck_assert(moonlet_timeline_back(t, 2));
        near = first;
    }
    moonlet_timeline_end(t);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("image_worlds");
    tcase_add_loop_test(t, anything_anywhere_goes_on, 0, PLACES);
    tcase_add_loop_test(t, another_process_goes_on, 0, PLACES);
    tcase_add_test(t, states_of_timelines_come_back);
    return run_suite(t);
}
