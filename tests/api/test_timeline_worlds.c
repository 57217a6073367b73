/* SPDX-License-Identifier: MIT */
/*
 * Timelines over all that a world may have: coroutines, snapshots, weak tables, finalizers,
 * hooks, userdata of the host, limits that are reached. Statements of a kind run in a random
 * order, in a timeline that goes back now and then and in plain states: with the same results,
 * errors, steps, bytes and digests, whether or not somebody looks at the timeline's states.
 */
#include "api_test.h"

#include <pthread.h>
#include <stdio.h>

#include "random_program.h"

enum { CALLS = 60, FRAMES = 24, KEPT = 10, SOURCE_MAX = 1 << 12 };

static const char caller[] =
    "function call(source) return assert(load(source))() end\n"
    "n, s, t, c, f, keep, w, u, log = 0, '', {}, {}, {}, {}, {}, {}, {}\n"
    "require 'state'\n"
    "state = require 'state'\n";

/* '#' and '@': as in random_program.h; "$" stands for the sign of length. */
typedef struct Kind {
    const char *name, *setup;
    const char *const *statements;
    moonlet_limits limits;
} Kind;

static const char *const data[] = {
    "n = n + # t[#] = {n = n, t = t[#]} return n",
    "for i = 1, 9 do if t[i] then t[i].n = @ t[i].t = nil end end",
    "t[@] = @ t['k#'] = t",
    "table.insert(t, {}) return $t",
    "s = s .. '@' local a = s .. '#' s = s .. '#' return a, s",
    "s = s .. s:sub(1, 50) .. '#' return s",
    "for i = 1, @ do s = s .. i end s = s:sub(-1000) .. '#' return s",
    "return math.random(), math.random(@ + 1)",
    "math.randomseed(#) return math.random()",
    "t[#] = setmetatable({}, {__index = t[#], __newindex = t[#]})",
    "local a = t[#] a.b = a t[#].q = 1", /* fails now and then */
    "t[#] = nil n = n + 1 error({n})",
    "t[#] = 7 n = -1 error(setmetatable({}, {__tostring = function() n = 3 return 'x' end}))",
    "return xpcall(function() n = n + 1 local x = nil + 1 end, function(m) t[#] = m return m "
    "end)",
    "setmetatable(_G, {__index = function(_, k) n = n + 1 return nil end}) return missing",
    "setmetatable(_G, nil)",
    "_ENV = {n = 1} n = 2",
    "f[#] = load('local a = ... n = n + a return n') return f[#] and f[#](@)",
    "string.x# = # return ('').x#",
    "debug.setmetatable(1, {__index = function(a, k) n = n + a return k end}) return (5).y",
    NULL};

static const char *const coroutines[] = {
    "c[#] = coroutine.wrap(function(a) while true do n = n + a a = coroutine.yield(n) end end)",
    "c[#] = coroutine.wrap(function() for i = 1, # do coroutine.yield(i) end end)",
    "c[#] = coroutine.wrap(function(...) local function deep(k, a, b, d, e) "
    "if k == 0 then return coroutine.yield(a, e) end local x = deep(k - 1, k, a, b, d) n = n + "
    "1 "
    "return x end while true do deep(@) end end)",
    "c[#] = coroutine.wrap(function() while true do pcall(function() n = n + 1 "
    "coroutine.yield(n) n = n + 1 error(coroutine.yield('second')) end) end end)",
    "c[#] = coroutine.wrap(function(a) coroutine.yield(1) error({a}) end)",
    "c[#] = coroutine.wrap(function() for k, v in pairs(t) do coroutine.yield(v) end end)",
    "c[#] = coroutine.wrap(function() local m = setmetatable({}, {__index = function(_, k) "
    "return coroutine.yield(k) end}) while true do n = m[n] or 0 end end)",
    "c[#] = coroutine.wrap(function() table.sort({3, 1, 2, 5, 4}, function(a, b) "
    "coroutine.yield(a) return a < b end) end)",
    "c[#] = coroutine.wrap(function() while true do coroutine.yield(c[#] and c[#](#)) end end)",
    /* They yield at the same place again, with other things on their stacks. */
    "c[#] = coroutine.wrap(function() local l while true do local b = {n, t[#]} "
    "l = debug.upvalueid(function() b = 1 end, 1) t[#] = l coroutine.yield(@) end end)",
    "c[#] = coroutine.wrap(function() while true do do local x = {n} t[#] = function() x = {x} "
    "return x end end local y = n % 3 == 0 and t or n coroutine.yield(y) end end)",
    "c[#] = coroutine.wrap(function() local function f(...) return select('$', ...), "
    "coroutine.yield(...) end while true do n = n + 1 f(unpack({n, t, c}, 1, n % 4)) end end)",
    "c[#] = coroutine.wrap(function() local g = {function(v) local a = {v} return "
    "coroutine.yield(v), a end, function(v) local a = v return coroutine.yield(v), a end} "
    "while true do n = n + 1 g[n % 2 + 1](n) pcall(g[n % 2 + 1], t) end end)",
    "c[#] = coroutine.wrap(function() return state.try(function() n = n + 1 "
    "coroutine.yield(n) n = n + 1 error('e') end) end)",
    "local a = c[#] return a and a(@)", "local a = c[#] return a and a(@)",
    "for i = 1, 9 do if c[i] then pcall(c[i], @) end end return n",
    "for i = 1, 9 do if c[i] then pcall(c[i], @) end end return n",
    "local r = {} for i = 1, 9 do r[i] = c[i] and select(2, pcall(c[i], i)) end "
    "return r[#], r[#]",
    "c[#](#) c[#](#) error('no')", "c[#] = nil", NULL};

static const char *const snapshots[] = {
    "keep[#] = state.snapshot() n = n + 1 t[#] = {}",
    "keep[#] = state.snapshot() n = n + # t[#] = n return n",
    "local a = {} keep[#] = state.snapshot() a[1] = n t[#] = a",
    "local k = keep[#] if k and n < 1000 then n = n + 100 state.restore(k, @) end",
    "c[#] = coroutine.wrap(function() local k while true do k = state.snapshot() "
    "n = n + 1 coroutine.yield(k and 1) end end)",
    "local a = c[#] return a and a()",
    "local k = keep[#] if k and n < 1000 then n = n + 100 t[#] = nil state.restore(k) end",
    "local k = keep[#] return k and state.digest(k)",
    "local k = keep[#] return k and $state.diff(k)",
    "keep[#] = nil",
    "return state.fork(function() n = n + 1 t[#] = {} keep[#] = state.snapshot() return n end)",
    "return pcall(state.fork, function() n = n + 1 t[#] = {} error('e') end)",
    "return state.try(function() n = n + 1 t[#] = {} error('e') end)",
    "return state.try(function() n = n + 1 t[#] = {} keep[#] = state.snapshot() return n end)",
    "return state.try(function() n = n + 1 return state.try(function() t[#] = 1 error(n) end) "
    "end)",
    "local r = state.map(function(i) n = n + i t[i] = i return n end, {1, 2, 3}) return r[3]",
    "for i = 1, # do keep[i] = state.snapshot() n = n + 1 t[i] = {n} end",
    "for i = 1, 9 do if type(t[i]) == 'table' then t[i][1] = @ end end",
    "n = n % 1000 keep[#] = state.snapshot() t[#] = {} error('e')",
    NULL};

static const char *const closures[] = {
    "local a = @ f[#] = function(x) a = a + (x or 1) return a end f[#] = function() return a "
    "end",
    "local a, b = @, # f[#] = function(x) a, b = b, a + (x or 1) return a, b end",
    "local a = f[#] return a and a(#)",
    "for i = 1, 9 do if f[i] then n = n + f[i](#) end end return n",
    "local a = f[#] return a and debug.getupvalue(a, 1)",
    "local a = f[#] return a and debug.setupvalue(a, 1, @)",
    "local a, b = f[#], f[#] if a and b then debug.upvaluejoin(a, 1, b, 1) end",
    "local a, b = f[#], f[#] return a and b and debug.upvalueid(a, 1) == debug.upvalueid(b, 1)",
    "f[#] = f[#]",
    "local a = f[#] if a then a(#) debug.setupvalue(a, 1, 5) error('e') end",
    "local g = f[#] f[#] = function(x) n = n + 1 return g and g(x) or 0 end",
    NULL};

static const char *const garbage[] = {
    "w[{}] = # w[#] = {} return next(w) ~= nil",
    "w[$t + 1] = t[#] w[t[#] or 1] = {}",
    "for i = 1, 2500 do t[i] = {n = i} end",
    "for i = 1, 2500 do local x = t[i] if type(x) == 'table' then x.n = @ end end",
    "for i = 1, 2500, # do t[i] = {} end",
    "for i = 1, #00 do t[i] = nil end",
    "collectgarbage() return next(w) ~= nil",
    "collectgarbage('step', @)",
    "t[#] = setmetatable({}, {__gc = function(o) n = n + 1 log[#] = o end})",
    "setmetatable({}, {__gc = function() n = n + 1 t[#] = {n} end})",
    "setmetatable({}, {__gc = function() n = n + 1 error('in gc') end}) collectgarbage()",
    "log[#] = nil collectgarbage() error('e')",
    "collectgarbage(# % 2 == 0 and 'stop' or 'restart')",
    "collectgarbage('setpause', #0 + 100)",
    "keep[#] = state.snapshot()",
    "for i = 1, @ * 100 do local x = {} end",
    NULL};

static const char *const hooks[] = {
    "debug.sethook(function(e, l) n = n + 1 t[#] = l end, 'l')",
    "debug.sethook(function(e) n = n + 1 end, 'cr')",
    "debug.sethook(function() n = n + 1 end, '', #)",
    "debug.sethook(function() n = n + 1 if n % 50 == 0 then error('hook') end end, 'l')",
    "debug.sethook()",
    "for i = 1, @ do\n t[i] = i\n end return n, debug.gethook() ~= nil",
    "c[#] = coroutine.wrap(function() debug.sethook(function() n = n + 2 end, 'l')\n while "
    "true "
    "do\n coroutine.yield(n)\n end end)",
    "local a = c[#] return a and a()",
    "n = n + 1 error('e')",
    NULL};

static const char *const hosted[] = {
    "u[#] = host.new()",
    "local a = u[#] return a and host.add(a, #)",
    "for i = 1, 9 do if u[i] then host.add(u[i], #) end end",
    "local r = 0 for i = 1, 9 do if u[i] then r = r * 10 + host.add(u[i], 0) end end return r",
    "local a = u[#] if a then host.add(a, #) error('e') end",
    "n = n + 1 t[#] = {n} return host.look()",
    "n = n + 1 t[#] = {n} return host.undo(function() n = n + 1 t[#] = {} end)",
    "return host.call(function() n = n + 1 t[#] = {} return n end)",
    "return host.call(function() n = n + 1 t[#] = {} error('e') end)",
    "return host.after(function() n = n + 1 t[#] = {} return n end)",
    "c[#] = coroutine.wrap(function() while true do n = n + host.after(coroutine.yield, n) end "
    "end)",
    "local a = c[#] return a and a(#)",
    "return host.other()",
    "keep[#] = state.snapshot() return host.other()",
    "for i = 1, 9 do t[i] = {#} end",
    NULL};

static const char *const limited[] = {
    "n = n + 1 for i = 1, @ do t[i] = {i} end return n",
    "for i = 1, 9 do local x = t[i] if type(x) == 'table' then x[1] = (x[1] or 0) + 1 end end",
    "for i = 1, @ * 100 do t[#] = {i} end return n",
    "s = s .. '#' .. s s = s:sub(1, 2000) return s",
    "local a = '' for i = 1, @ * 30 do a = a .. 'x' end s = a return $s",
    "return $('x'):rep(@ * 3000)",
    "local function down(k) if k > 0 then t[#] = k return 1 + down(k - 1) end return 0 end "
    "return down(@ * 10)",
    "c[#] = coroutine.wrap(function() for i = 1, 1e9 do t[#] = {} coroutine.yield(i) end end)",
    "local a = c[#] for i = 1, @ do if a then a() end end",
    "keep[#] = state.snapshot() for i = 1, @ do t[i] = {} end",
    "return state.try(function() for i = 1, @ * 50 do t[i] = {i} end error('e') end)",
    "while true do n = n + 1 t[n % 100] = {} end",
    "return collectgarbage('count')",
    NULL};

/* What is reached and by which ways: for the digests that are kept up. */
static const char *const graphs[] = {
    "t[#] = {t[#], t[#], t[#], n = @}",
    "t[#] = t[#]",
    "t[#], t[#] = t[#], nil",
    "t[#] = nil",
    "local a = t[#] if a then a[#] = t[#] end",
    "local a = t[#] if a then a[#] = nil end",
    "local a, b = t[#], t[#] if a and b then a.x, b.x = b, a end t[#] = nil",
    "local a = t[#] if a then a.x = a t[#] = nil end",
    "local a = t[#] if a then a[a] = t[#] a[t[#] or 1] = {a} end",
    "local a = t[#] if a then for k in pairs(a) do a[k] = nil end end",
    "local a = t[#] if a then setmetatable(a, t[#]) end",
    "local a = t[#] for i = 1, 20 do a = {a, n = i} end t[#] = a",
    "local hub = t[#] or {} for i = 1, 9 do t[i] = {hub, t[i]} end",
    "local hub = t[#] or {} for i = 1, 9 do if t[i] and t[i] ~= hub then t[i].hub = hub end "
    "end",
    "for i = 1, 9 do if t[i] then t[i].hub = nil end end",
    "for i = 1, 9 do if t[i] then t[i].x, t[i].n = t[#], # end end",
    "local a = t[#] f[#] = function() a = {a} return n end",
    "local a = t[#] f[#] = coroutine.wrap(function(b) while true do a, b = b, a "
    "coroutine.yield(1) end end)",
    "local a = f[#] return a and a(t[#])",
    "f[#] = nil",
    "c = {c, t[#]}",
    "c = c and c[1] or {}",
    "t[#] = {} for i = 1, # * # do t[#] = {t[#], t[#]} end",
    NULL};

static const Kind kinds[] = {
    {"data", "", data, {0}},
    {"coroutines", "", coroutines, {0}},
    {"snapshots", "", snapshots, {.steps = 20000}},
    {"closures", "", closures, {.steps = 20000}},
    {"garbage", "setmetatable(w, {__mode = 'kv'})", garbage, {0}},
    {"hooks", "", hooks, {.steps = 20000}},
    {"hosted", "", hosted, {0}},
    {"steps", "", limited, {.steps = 3000}},
    {"bytes", "", limited, {.bytes = 100000, .steps = 1000000}},
    {"stack", "", limited, {.stack = 2000, .steps = 30000}},
    {"string", "", limited, {.string = 1000, .steps = 30000}},
    {"graphs", "", graphs, {.steps = 20000}},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The host's functions ----------------------------------------------------------------- */

static void copy_bytes(void *to, const void *from, size_t size) { memcpy(to, from, size); }

static const moonlet_type_info counter = {
    .name = "counter", .size = sizeof(double), .copy = copy_bytes};

static int host_new(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    return moonlet_return_one(c, moonlet_context_new_userdata(c, &counter, NULL));
}

static int host_add(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double by = count > 1 ? number_of(args[1]) : 0;
    const double *bytes = count ? moonlet_context_userdata(c, args[0], &counter) : NULL;
    if (!bytes) return moonlet_bad_argument(c, 1, "counter expected");
    double now = *bytes + by;
    if (by != 0) *(double *)moonlet_context_userdata_write(c, args[0], &counter) = now;
    return moonlet_return_one(c, moonlet_number(now));
}

static int host_look(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    uint64_t digest = moonlet_digest(moonlet_context_state(c));
    return moonlet_return_one(c, moonlet_number((double)(digest % 1000003)));
}

static int host_call(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t n;
    moonlet_status status = moonlet_context_call(c, args[0], args + 1, count - 1, &values, &n);
    if (status == MOONLET_OK) return moonlet_return(c, values, n);
    return moonlet_throw(c, values[0]);
}

/* What the function does is undone. */
static int host_undo(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t n;
    (void)count;
    moonlet_state *before = moonlet_retain(moonlet_context_state(c));
    moonlet_context_call(c, args[0], NULL, 0, &values, &n);
    int answer = moonlet_return_state(c, before, NULL, 0);
    moonlet_release(before);
    return answer;
}

static int host_then(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_return(c, args, count);
}

static int host_after(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, host_then, moonlet_nil());
}

static moonlet_result run(moonlet_timeline *t, const char *source)
{
    moonlet_value v = moonlet_string(source, strlen(source));
    return moonlet_timeline_call(t, "call", &v, 1);
}

/* Another timeline, from where the program is now. */
static int host_other(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    moonlet_timeline *t = moonlet_timeline_begin(moonlet_context_state(c), 3);
    for (int i = 0; i < 3; i++) assert_ok(run(t, "n = n + 1 t[2] = {n} s = s .. 'x'"));
    ck_assert(moonlet_timeline_back(t, 1));
    moonlet_result r = run(t, "n = n + 1 return n");
    assert_ok(r);
    moonlet_value n = r.values[0];
    moonlet_timeline_end(t);
    return moonlet_return_one(c, n);
}

static const moonlet_entry host_library[] = {
    {"new", host_new, NULL, NULL, false},     {"add", host_add, NULL, NULL, false},
    {"look", host_look, NULL, NULL, false},   {"call", host_call, NULL, NULL, false},
    {"undo", host_undo, NULL, NULL, false},   {"after", host_after, NULL, NULL, false},
    {"other", host_other, NULL, NULL, false}, {0}};

static moonlet_state *world_of(const Kind *k)
{
    moonlet_state *s = after(world(caller), k->setup);
    moonlet_result r = moonlet_load_module(s, "host", host_library);
    assert_ok(r);
    s = moonlet_next(s, &r);
    moonlet_state *with_limits = moonlet_limit(s, &k->limits);
    moonlet_release(s);
    return with_limits;
}

/* The comparison ------------------------------------------------------------------------ */

typedef enum Looking { LOOK_NEVER, LOOK_SOMETIMES, LOOK_ALWAYS } Looking;

typedef struct Game {
    Program p;
    const Kind *kind;
    Looking looking;
    unsigned digests;
    moonlet_timeline *t;
    moonlet_state *states[FRAMES + 1];
    uint64_t frame;
    char name[200];
} Game;

static void expect(bool ok, const Game *g, const char *what)
{
    ck_assert_msg(ok, "%s: %s differ after\n%s", g->name, what, g->p.text);
}

static const char *value_text(moonlet_value v, char *out, size_t size)
{
    size_t length;
    const char *bytes = moonlet_to_bytes(v, &length);
    if (!bytes) return moonlet_to_text(v, out, size);
    snprintf(out, size, "%zu %.*s", length, (int)(length < 2000 ? length : 2000), bytes);
    return out;
}

static void expect_same_values(const Game *g, const moonlet_result *a, const moonlet_result *b)
{
    char x[SOURCE_MAX], y[SOURCE_MAX];
    expect(a->count == b->count, g, "numbers of results");
    for (size_t i = 0; i < a->count; i++) {
        value_text(a->values[i], x, sizeof x);
        value_text(b->values[i], y, sizeof y);
        ck_assert_msg(!strcmp(x, y), "%s: %s is %s after\n%s", g->name, x, y, g->p.text);
    }
}

static void expect_same(const Game *g, const moonlet_result *want, const moonlet_result *got)
{
    expect((want->status == MOONLET_OK) == (got->status == MOONLET_OK), g, "outcomes");
    expect(want->steps == got->steps, g, "steps");
    expect(want->limit == got->limit, g, "limits");
    expect_same_values(g, want, got);
    if (want->status == MOONLET_FAILED) {
        expect(want->error->kind == got->error->kind, g, "kinds of error");
        expect(!strcmp(want->error->message, got->error->message), g, "messages");
        expect(!strcmp(want->error->traceback, got->error->traceback), g, "tracebacks");
    }
    if (want->status == MOONLET_PAUSED)
        expect(got->error->kind == MOONLET_ERROR_LIMIT, g, "stops");
}

/* Also what there is of memory and of ids shows. */
static void make_call(Game *g, bool probe)
{
    size_t count = 0;
    while (g->kind->statements[count]) count++;
    g->p.length = 0;
    if (probe)
        program_expand(&g->p, "return n, s, next(w) ~= nil, collectgarbage('count'), "
                              "tostring({}), math.random()");
    else
        program_expand(&g->p, g->kind->statements[program_random(&g->p, (unsigned)count)]);
    program_lengths(&g->p);
}

static void call_both(Game *g, bool probe)
{
    make_call(g, probe);
    moonlet_value v = moonlet_string(g->p.text, strlen(g->p.text));
    moonlet_result want = moonlet_call_function(g->states[g->frame], "call", &v, 1);
    moonlet_result got = run(g->t, g->p.text);
    expect_same(g, &want, &got);
    if (want.status == MOONLET_OK)
        g->states[++g->frame] = want.state;
    else
        moonlet_release(want.state);
    expect(moonlet_timeline_frame(g->t) == g->frame, g, "frames");
}

static void go_back(Game *g)
{
    uint64_t least = moonlet_timeline_oldest(g->t);
    uint64_t to = g->frame - program_random(&g->p, (unsigned)(g->frame - least) + 1);
    ck_assert(moonlet_timeline_back(g->t, to));
    for (; g->frame > to; g->frame--) moonlet_release(g->states[g->frame]);
}

static void look(Game *g)
{
    moonlet_state *now = moonlet_timeline_state(g->t);
    expect(moonlet_digest(now) == moonlet_digest(g->states[g->frame]), g, "digests");
    moonlet_release(now);
}

/* What the timeline keeps up with what has changed is what a walk over all finds. */
static void digest(Game *g)
{
    uint64_t found = 0;
    ck_assert(moonlet_timeline_digest(g->t, g->frame, &found));
    expect(found == moonlet_digest(g->states[g->frame]), g, "digests kept up");
}

static void play(Game *g, const moonlet_state *first)
{
    g->states[0] = moonlet_retain(first);
    g->frame = 0;
    g->t = moonlet_timeline_begin(g->states[0], KEPT);
    for (int i = 0; i < CALLS; i++) {
        if (program_random(&g->p, 5) == 0) go_back(g);
        while (g->frame + 2 > FRAMES) go_back(g);
        call_both(g, false);
        if (program_random(&g->p, 3) == 0) call_both(g, true);
        if (g->digests && program_random(&g->p, g->digests) == 0) digest(g);
        if (g->looking == LOOK_ALWAYS || (g->looking && program_random(&g->p, 8) == 0)) look(g);
    }
    digest(g);
    look(g);
    moonlet_timeline_end(g->t);
    for (; g->frame > 0; g->frame--) moonlet_release(g->states[g->frame]);
    moonlet_release(g->states[0]);
}

static unsigned repeat(unsigned runs)
{
    const char *factor = getenv("PERSISTENCE_RUNS");
    return factor ? runs * (unsigned)atoi(factor) : runs;
}

/* Of one kind, from one state: the games of one of the threads that play at once. */
typedef struct Games {
    const Kind *kind;
    moonlet_state *first;
    unsigned from, step, end;
} Games;

static void *play_games(void *context)
{
    const Games *games = context;
    Game *g = malloc(sizeof *g);
    ck_assert_ptr_nonnull(g);
    g->kind = games->kind;
    for (unsigned seed = games->from; seed < games->end; seed += games->step) {
        g->p.seed = seed * KINDS + (unsigned)(g->kind - kinds);
        g->looking = (Looking)(seed % 3);
        g->digests = seed / 3 % 4; /* 0: none, 1: each frame's, else one of so many */
        snprintf(g->name, sizeof g->name, "%s, seed %u", g->kind->name, seed);
        play(g, games->first);
    }
    free(g);
    return NULL;
}

START_TEST(as_in_plain_states)
{
    Games games = {&kinds[_i], world_of(&kinds[_i]), 0, 1, repeat(18)};
    play_games(&games);
    moonlet_release(games.first);
}
END_TEST

START_TEST(several_threads_at_once)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    Games games[THREADS];
    moonlet_state *first = world_of(&kinds[_i]);
    for (unsigned i = 0; i < THREADS; i++) {
        games[i] = (Games){&kinds[_i], first, 100 + i, THREADS, 100 + repeat(6)};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, play_games, &games[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    moonlet_release(first);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("timeline_worlds");
    tcase_add_loop_test(t, as_in_plain_states, 0, KINDS);
    tcase_add_loop_test(t, several_threads_at_once, 0, KINDS);
    return run_suite(t);
}
