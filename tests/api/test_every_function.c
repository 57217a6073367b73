/* SPDX-License-Identifier: MIT */
/*
 * Each function of moonlet.h, in each kind of world, with odd arguments; in host functions that
 * are called from everywhere; by several threads; while requests for memory fail; with what is
 * very deep. Nothing crashes or leaks, and the state that was given reads as before.
 */
#include "every_function.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#include "memory/mem.h"

/* Memory of malloc --------------------------------------------------------------------------
 */

/* Blocks that there are, and which request fails (0: none). */
static _Atomic int64_t blocks_live;
static _Atomic uint64_t blocks_made, blocks_fail;

#ifndef MOONLET_MALLOC
enum { WAYS = 4, FAIL_BY_MALLOC = 3 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static bool block_fails(void) { return ++blocks_made == blocks_fail; }

static void *block(void *p)
{
    blocks_live += p != NULL;
    return p;
}

void *malloc(size_t size) { return block_fails() ? NULL : block(__libc_malloc(size)); }
void *calloc(size_t n, size_t size)
{
    return block_fails() ? NULL : block(__libc_calloc(n, size));
}
void *realloc(void *p, size_t size)
{
    if (block_fails()) return NULL;
    void *q = __libc_realloc(p, size);
    if (!p) return block(q);
    return q;
}
void free(void *p)
{
    blocks_live -= p != NULL;
    __libc_free(p);
}
#else
enum { WAYS = 3, FAIL_BY_MALLOC = 3 };
#endif

/* Worlds ------------------------------------------------------------------------------------
 */

static const char text_of_world[] =
    "local state = require 'state' v1 = {} v1.v1 = v1 v1[1] = v1 v1[v1] = v1 "
    "v2 = {} for i = 1, 400 do v2 = {v2, x = {v2}} end "
    "v3 = setmetatable({}, {__index = error, __newindex = error, __call = error, __eq = error, "
    "__tostring = error, __metatable = error, __len = error, __lt = error}) "
    "v4 = function(...) return ... end v5 = coroutine.create(function(...) "
    "local a, b = ... while true do a, b = coroutine.yield(a, b) end end) "
    "coroutine.resume(v5, 1, {}) v6 = ('long\\0 text '):rep(3000) "
    "v7 = setmetatable({}, {__call = coroutine.yield, __index = coroutine.yield, "
    "__newindex = coroutine.yield}) v8 = state.snapshot() v9 = type "
    "v10 = function(...) for i = 1, 300 do coroutine.yield(...) end end "
    "v11 = function() error(v3) end v12 = coroutine.create(v11) coroutine.resume(v12) "
    "v13 = setmetatable({[{}] = 1}, {__mode = 'k', __gc = function() v14 = v13 end}) "
    "v14 = function() state.restore(v8, 1) end "
    "v15 = setmetatable({}, {__index = function(t, k) return t[k] end}) "
    "v16 = function(n) local t = {} for i = 1, 300 do t[i] = {pcall(v9, t[i - 1])} end return "
    "t "
    "end v17 = function() return state.map(v16, {1, 2}) end v18 = debug.getinfo(1) "
    "v19 = function() return pcall(v19) end v20 = function(f) return pcall(f or v20, v20) end "
    "function frame() n = (n or 0) + 1 v1[n] = {n} if n % 2 == 0 then error(n) end end "
    "a = {b = {c = v4}}";
enum { NAMED = 20, UNNAMED = 8, VALUES = NAMED + UNNAMED + 2 };

static const char *const texts[] = {"",
                                    "v4",
                                    "x = 1 return x, {x}",
                                    "return ...",
                                    "v1.v1[",
                                    "v3.x.y",
                                    "error(v3, 2)",
                                    "%s%n%",
                                    "\xff\xfe[1]",
                                    "/dev/null",
                                    "/",
                                    "coroutine.yield(1)",
                                    "return v15.x",
                                    "a = = 1",
                                    "a.b.c",
                                    "v1[1].v1['v1'][1]",
                                    "v20",
                                    "return v16(), v17()",
                                    "local a <const> = 1",
                                    "v14() return 1",
                                    "return debug.traceback(v5), debug.getlocal(v5, 1, 1)",
                                    "package.path",
                                    "while n do n = nil end v1.x = v1",
                                    NULL};
enum { TEXTS = sizeof texts / sizeof *texts };
static char long_text[60000];
static const uint64_t numbers[] = {0, 1, 2, 3, 7, 1000, 1u << 31, UINT64_MAX};

enum { WORLDS = 16 };
static moonlet_state *worlds[WORLDS];
static moonlet_chunk *chunk;
static FILE *out;
static char *image_bytes;
static size_t image_length;

static moonlet_state *limited(moonlet_state *s, moonlet_limits limits)
{
    return moonlet_limit(s, &limits);
}

/* With the host's objects in it. */
static moonlet_state *with_host(moonlet_state *s)
{
    moonlet_result r = moonlet_new_userdata(s, &odd_type, NULL);
    moonlet_value u = moonlet_result_value(&r, 0);
    moonlet_result r2 = moonlet_set(r.state, "u", u);
    moonlet_result r3 = moonlet_new_function(r2.state, "odd", odd_function, NULL);
    moonlet_result r4 = moonlet_set(r3.state, "odd", moonlet_result_value(&r3, 0));
    moonlet_result r5 = moonlet_load_module(r4.state, "lib", odd_entries);
    assert_ok(r5);
    moonlet_release(r.state);
    moonlet_release(r2.state);
    moonlet_release(r3.state);
    moonlet_release(r4.state);
    return r5.state;
}

/* That programs in it end soon. */
static moonlet_state *bounded(const moonlet_state *s)
{
    const moonlet_limits limits = {.steps = 5000, .stack = 2000};
    return moonlet_limit(s, &limits);
}

/* What a source leaves, however it ends. */
static moonlet_state *left_by(moonlet_state *s, const char *source)
{
    moonlet_result r = moonlet_do(s, source);
    moonlet_state *left = bounded(r.state);
    moonlet_release(r.state);
    return left;
}

static moonlet_state *recorded_moment(moonlet_state *s)
{
    moonlet_result r;
    moonlet_recording *rec = moonlet_record(s, moonlet_global(s, "v16"), NULL, 0, NULL, &r);
    moonlet_state *moment = moonlet_recording_state(rec, moonlet_recording_steps(rec) / 2);
    moonlet_release(r.state);
    moonlet_recording_release(rec);
    return moment;
}

static moonlet_state *evaluated(moonlet_state *s)
{
    moonlet_result r = moonlet_evaluate(s, NULL, "v1.evaluated = 1");
    assert_ok(r);
    return r.state;
}

static moonlet_state *loaded(moonlet_state *s)
{
    moonlet_image *saved = moonlet_image_save(s, NULL, NULL, NULL);
    const char *bytes = moonlet_image_bytes(saved, &image_length);
    image_bytes = malloc(image_length);
    memcpy(image_bytes, bytes, image_length);
    moonlet_image *i = moonlet_image_load(bytes, image_length, NULL, NULL, NULL);
    moonlet_state *state = moonlet_image_state(i);
    moonlet_image_release(saved);
    moonlet_image_release(i);
    return state;
}

static moonlet_state *frozen(moonlet_state *s)
{
    moonlet_state *t = moonlet_freeze(s, moonlet_globals(s), true);
    moonlet_state *u = moonlet_sandbox(t, NULL, NULL);
    moonlet_release(t);
    return u;
}

static moonlet_state *without_memory(moonlet_state *s)
{
    mem_fail_requests(30, MEM_FAIL_FROM);
    moonlet_result r = moonlet_do(s, "local t = {} for i = 1, 1e5 do t[i] = {} v1[i] = t end");
    mem_fail_requests(0, MEM_FAIL_ONCE);
    mem_recover();
    return r.state;
}

static void make_worlds(void)
{
    out = fopen("/dev/null", "w");
    memset(long_text, 'v', sizeof long_text - 1);
    for (size_t i = 2; i < sizeof long_text - 1; i += 3) long_text[i] = '.';
    chunk = moonlet_compile("v1.x = ... return v4(...)", 25, "=chunk", NULL);
    moonlet_state *lua = bounded(world(text_of_world)), *rich = with_host(lua);
    int n = 0;
    worlds[n++] = moonlet_init();
    worlds[n++] = lua;
    worlds[n++] = rich;
    worlds[n++] = left_by(limited(rich, (moonlet_limits){.steps = 300}),
                          "return pcall(coroutine.wrap(function() return {v16()} end))");
    worlds[n++] = left_by(rich, "return {pcall(odd, 2)}");
    worlds[n++] = left_by(rich, "v1.odd = coroutine.wrap(function() odd(2) end) v1.odd()");
    worlds[n++] = left_by(rich, "v1.n = 1 coroutine.wrap(function() v11() end)()");
    worlds[n++] = limited(rich, (moonlet_limits){.steps = 1});
    worlds[n++] = limited(rich, (moonlet_limits){.bytes = 1});
    worlds[n++] = limited(rich, (moonlet_limits){.held = 100, .nanoseconds = 1});
    worlds[n++] = limited(rich, (moonlet_limits){.stack = 40, .string = 5});
    worlds[n++] = frozen(rich);
    worlds[n++] = bounded(loaded(lua));
    worlds[n++] = recorded_moment(lua);
    worlds[n++] = evaluated(worlds[3]);
    worlds[n++] = without_memory(rich);
    ck_assert_int_eq(n, WORLDS);
}

static moonlet_value some_value(const moonlet_state *s, uint64_t k)
{
    char name[20];
    k %= VALUES;
    switch (k) {
    case 0: return moonlet_nil();
    case 1: return moonlet_boolean(true);
    case 2: return moonlet_number(0 / (numbers[0] + 0.0));
    case 3: return moonlet_number(-1);
    case 4: return moonlet_number(6);
    case 5: return moonlet_number(0x1p53);
    case 6: return moonlet_text("");
    case 7: return moonlet_pointer(NULL);
    case 8: return moonlet_global(s, "u");
    case 9: return moonlet_global(s, "odd");
    default: snprintf(name, sizeof name, "v%d", (int)k - UNNAMED - 1);
    }
    return moonlet_global(s, name);
}

/* The k-th hand of a use in a world; who asks frees its term. */
static Hand hand(const moonlet_state *s, uint64_t k)
{
    static const char zeros[] = "\0x\0";
    const char *text = texts[k % TEXTS];
    Hand h = {.s = s, .other = worlds[k * 5 % WORLDS], .out = out, .chunk = chunk};
    h.v = some_value(s, k);
    h.w = some_value(s, k * 7 + 3);
    h.count = k % 4;
    for (uint64_t i = 0; i < 3; i++) h.many[i] = some_value(s, k + i * 11);
    h.text = text ? text : long_text;
    h.bytes = k % 3 ? h.text : k % 2 ? zeros : image_bytes;
    h.length = k % 3 ? strlen(h.text) : k % 2 ? 3 : image_length - (k & 4) * 30;
    h.n = numbers[k % (sizeof numbers / sizeof *numbers)];
    h.term = moonlet_term_list(2, moonlet_term_text(h.text), moonlet_term_value(s, h.v));
    return h;
}

static void use_with(const Use *use, const moonlet_state *s, uint64_t k)
{
    Hand h = hand(s, k);
    use->use(&h);
    moonlet_term_free(h.term);
}

/* The header --------------------------------------------------------------------------------
 */

static char *text_of_file(const char *path)
{
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s is read from where make runs the tests", path);
    char *text = calloc(1, 1 << 20);
    ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, f), (1 << 20) - 1);
    fclose(f);
    return text;
}

static bool is_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(name, elsewhere[i]) == 0) return true;
    return false;
}

/* Whether a function is called. */
static bool is_called(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *p = text; (p = strstr(p, name)); p++)
        if (p[length] == '(') return true;
    return false;
}

START_TEST(no_function_is_left_out)
{
    int found = 0;
    char *header = text_of_file("include/moonlet.h"),
         *calls = text_of_file("tests/api/every_function.h");
    for (char *p = header; (p = strstr(p, "\nMOONLET_API ")); p++) {
        char name[80] = "", *open = strchr(p, '('), *start = open;
        if (!open || open > strchr(p, ';')) continue; /* a variable */
        while (start[-1] == '_' || (start[-1] >= 'a' && start[-1] <= 'z')) start--;
        snprintf(name, sizeof name, "%.*s", (int)(open - start), start);
        ck_assert_msg(is_called(calls, name) || is_elsewhere(name), "no use of %s", name);
        found++;
    }
    ck_assert_int_gt(found, 200);
    free(header);
    free(calls);
}
END_TEST

/* In each world -----------------------------------------------------------------------------
 */

static int64_t blocks_left_by(const Use *use, const moonlet_state *s, uint64_t k)
{
    int64_t before = blocks_live;
    use_with(use, s, k);
    return blocks_live - before;
}

/* Whether it leaves more blocks each time. */
static bool leaks(const Use *use, const moonlet_state *s, uint64_t k)
{
    for (int i = 0; i < 4; i++)
        if (blocks_left_by(use, s, k) <= 0) return false;
    return true;
}

START_TEST(each_function_in_each_world)
{
    make_worlds();
    moonlet_state *s = worlds[_i];
    uint64_t digest = moonlet_digest(s);
    for (int u = 0; u < USES; u++) {
        for (uint64_t k = (uint64_t)(u + _i); k < (uint64_t)u + 3 * VALUES; k += 19) {
            if (getenv("EVERY_VERBOSE"))
                fprintf(stderr, "%s %d %d\n", uses[u].name, _i, (int)k);
            bool leaves = blocks_left_by(&uses[u], s, k) > 0;
            ck_assert_msg(moonlet_digest(s) == digest, "%s has changed world %d (hand %d)",
                          uses[u].name, _i, (int)k);
            ck_assert_msg(!leaves || !leaks(&uses[u], s, k), "%s leaks in world %d (hand %d)",
                          uses[u].name, _i, (int)k);
        }
    }
}
END_TEST

/* Within host functions ---------------------------------------------------------------------
 */

static struct Plan {
    int use, answer, depth, calls;
    uint64_t k;
    bool own; /* the state of the moment */
} plan;

static int inside(moonlet_context *c, const moonlet_value *args, size_t count)
{
    if (plan.depth > 2 || ++plan.calls > 40) return moonlet_return(c, args, count);
    plan.depth++;
    Hand h = hand(plan.own ? moonlet_context_state(c) : worlds[2], plan.k);
    h.c = c;
    if (count && plan.own) h.v = args[0];
    if (plan.use < USES)
        uses[plan.use].use(&h);
    else
        context_uses[plan.use - USES].use(&h);
    if (plan.own) h.s = moonlet_context_state(c);
    h.w = some_value(worlds[2], plan.k + 1);
    answers[plan.answer].use(&h);
    moonlet_term_free(h.term);
    plan.depth--;
    return h.answer;
}

static int boundary(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t n;
    moonlet_status status = moonlet_context_call(c, args[0], args + 1, count - 1, &values, &n);
    return status == MOONLET_OK ? moonlet_return(c, values, n) : moonlet_throw(c, values[0]);
}

static const char *const places[] = {
    "return inside(v1, 2)",
    "local c = coroutine.create(inside) return coroutine.resume(c, v4, 1), "
    "coroutine.resume(c, 2)",
    "debug.sethook(inside, 'crl', 1) local x = type(1) debug.sethook() return x",
    "debug.sethook(inside, 'r') local x = v4(1, 2) debug.sethook() return x",
    "setmetatable({}, {__gc = inside}) collectgarbage() collectgarbage()",
    "return ('xy'):gsub('.', inside)",
    "local t = {3, 2, 1, 5, 4} table.sort(t, inside)",
    "local t = setmetatable({}, {__index = inside, __newindex = inside, __unm = inside, __len "
    "= "
    "inside, __concat = inside, __eq = inside, __call = inside, __tostring = inside}) t.x = "
    "t.x local u = setmetatable({}, getmetatable(t)) return -t, #t, t .. 1, t == u, t(v4), "
    "tostring(t)",
    "return xpcall(error, inside, v1)",
    "return pcall(inside, v4)",
    "for i in inside do break end",
    "return (require 'state').fork(inside, v1)",
    "return load(inside)",
    "package.preload.p = inside return require 'p'",
    "return boundary(inside, v4)",
    "return pcall(boundary, pcall, inside, v4)",
    "return select(2, boundary(coroutine.wrap(function(...) return inside(...) end), v4))",
    "return boundary(table.sort, {1, 2, 3}, inside)",
    "return string.format('%s', setmetatable({}, {__tostring = inside}))",
    "return inside(inside, inside)",
};
enum { PLACES = sizeof places / sizeof *places };

static moonlet_state *add_function(moonlet_state *s, const char *name, moonlet_function *f)
{
    moonlet_result r = moonlet_new_function(s, name, f, NULL);
    moonlet_result r2 = moonlet_set(r.state, name, moonlet_result_value(&r, 0));
    moonlet_release(r.state);
    assert_ok(r2);
    return r2.state;
}

/* Goes on a few times with what is paused. */
static void run_place(const moonlet_state *s, const char *text)
{
    moonlet_result r = moonlet_do(s, text);
    for (int i = 0; i < 3 && r.status == MOONLET_PAUSED; i++) {
        moonlet_state *paused = r.state;
        moonlet_value v = moonlet_number(i);
        r = i == 1 ? moonlet_resume_with(paused, &v, 1) : moonlet_resume(paused);
        moonlet_release(paused);
    }
    Hand h = {.out = out};
    take(&h, r);
}

static moonlet_state *with_places(void)
{
    moonlet_state *s = add_function(worlds[2], "boundary", boundary);
    s = add_function(s, "inside", inside);
    const moonlet_limits limits = {.steps = 3000};
    return moonlet_limit(s, &limits);
}

START_TEST(each_function_within_host_functions)
{
    make_worlds();
    moonlet_state *s = with_places();
    uint64_t digest = moonlet_digest(s);
    for (int use = 0; use < USES + CONTEXT_USES; use++) {
        for (int a = (use + _i) % ANSWERS; a < ANSWERS; a += 9) {
            plan = (struct Plan){use, a, 0, 0, (uint64_t)(use * 3 + a * 5), (use + a) % 2};
            if (getenv("EVERY_VERBOSE"))
                fprintf(stderr, "place %d use %d answer %d\n", _i, use, a);
            run_place(s, places[_i]);
        }
        ck_assert_msg(moonlet_digest(s) == digest, "use %d in place %d has changed the state",
                      use, _i);
    }
}
END_TEST

/* Without memory ----------------------------------------------------------------------------
 */

static uint64_t fail_in(int way, uint64_t n, void (*act)(void *), void *data)
{
    blocks_made = 0;
    if (way == FAIL_BY_MALLOC)
        blocks_fail = n;
    else
        mem_fail_requests(n, (MemFailMode)way);
    act(data);
    uint64_t made = way == FAIL_BY_MALLOC ? blocks_made : mem_fail_count();
    blocks_fail = 0;
    mem_fail_requests(0, MEM_FAIL_ONCE);
    mem_recover();
    return made;
}

typedef struct Call {
    const Use *use;
    const moonlet_state *s;
    Hand h;
    const char *place;
} Call;

static void act_use(void *data)
{
    Call *call = data;
    plan.calls = 0;
    if (call->place)
        run_place(call->s, call->place);
    else
        call->use->use(&call->h);
}

/* Blocks that are left each time when the n-th request fails. */
static bool leaks_failing(int way, uint64_t n, Call *call)
{
    for (int i = 0; i < 4; i++) {
        int64_t before = blocks_live;
        fail_in(way, n, act_use, call);
        if (blocks_live <= before) return false;
    }
    return true;
}

enum { FAILURES = 12 }; /* of a use; EVERY_FAILURES=n sets another number */

static void fail_each(int way, Call *call, const char *name)
{
    const char *most = getenv("EVERY_FAILURES");
    uint64_t all = fail_in(way, 0, act_use, call);
    for (uint64_t n = 1; n <= all; n += all / (uint64_t)(most ? atoi(most) : FAILURES) + 1) {
        int64_t before = blocks_live;
        if (getenv("EVERY_VERBOSE"))
            fprintf(stderr, "%s fails at %d of %d, way %d\n", name, (int)n, (int)all, way);
        fail_in(way, n, act_use, call);
        bool leaves = blocks_live > before;
        ck_assert_msg(!leaves || !leaks_failing(way, n, call),
                      "%s leaks when request %d of %d fails in way %d", name, (int)n, (int)all,
                      way);
    }
}

START_TEST(each_function_without_memory)
{
    make_worlds();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    for (int u = 0; u < USES; u++) {
        for (int w = 2; w < WORLDS; w += 1 + (_i + u) % 4) {
            uint64_t digest = moonlet_digest(worlds[w]);
            Hand h = hand(worlds[w], (uint64_t)(u + w * 3));
            Call call = {&uses[u], worlds[w], h, NULL};
            fail_each(_i, &call, uses[u].name);
            moonlet_term_free(h.term);
            ck_assert_msg(moonlet_digest(worlds[w]) == digest, "%s has changed world %d",
                          uses[u].name, w);
        }
    }
}
END_TEST

START_TEST(host_functions_without_memory)
{
    make_worlds();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    moonlet_state *s = with_places();
    uint64_t digest = moonlet_digest(s);
    for (int i = 0; i < USES + CONTEXT_USES + ANSWERS; i++) {
        int use = i % (USES + CONTEXT_USES), place = (i * 7 + _i) % PLACES;
        plan = (struct Plan){use, i % ANSWERS, 0, 0, (uint64_t)i, i % 2};
        Call call = {NULL, s, {0}, places[place]};
        fail_each(_i, &call, places[place]);
        ck_assert_msg(moonlet_digest(s) == digest, "use %d in place %d has changed the state",
                      use, place);
    }
}
END_TEST

/* What is deep ------------------------------------------------------------------------------
 */

enum { DEEP = 1000000 };

static moonlet_term *deep_term(void)
{
    moonlet_term *t = moonlet_term_list(0);
    for (int i = 0; i < DEEP; i++)
        t = i % 3 ? moonlet_term_list(1, t) : moonlet_term_field(moonlet_term_list(0), "x", t);
    return t;
}

START_TEST(each_function_with_what_is_deep)
{
    make_worlds();
    const moonlet_limits limits = {.nanoseconds = 20000000000};
    moonlet_state *s = world("v1 = {} for i = 1, 1e6 do v1 = {v1} end v2 = v1 "
                             "v4 = function(...) return ... end");
    s = moonlet_limit(s, &limits);
    moonlet_term *term = deep_term();
    for (int u = _i; u < USES; u += 8) {
        if (uses[u].use == use_map || uses[u].use == use_images) continue; /* minutes */
        Hand h = hand(s, 9);
        moonlet_term_free(h.term);
        h.term = term;
        h.big = true;
        h.other = s;
        h.v = h.w = h.many[0] = h.many[1] = moonlet_global(s, "v1");
        h.text = "v4";
        uses[u].use(&h);
    }
    moonlet_term_free(term);
}
END_TEST

/* By several threads ------------------------------------------------------------------------
 */

static void *use_all(void *data)
{
    uint64_t from = (uint64_t)(uintptr_t)data;
    for (int u = 0; u < USES; u++)
        for (uint64_t k = 0; k < 6; k++)
            use_with(&uses[u], worlds[(k * 3 + (uint64_t)u) % WORLDS], k * 5 + from);
    return NULL;
}

START_TEST(each_function_by_several_threads)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    uint64_t digests[WORLDS];
    make_worlds();
    for (int i = 0; i < WORLDS; i++) digests[i] = moonlet_digest(worlds[i]);
    for (uintptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_all, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < WORLDS; i++)
        ck_assert_msg(moonlet_digest(worlds[i]) == digests[i], "world %d has changed", i);
}
END_TEST

/* A part of its own for each test: CK_RUN_CASE=worlds runs one. */
static void add(Suite *s, const char *name, const TTest *test, int count)
{
    TCase *t = tcase_create(name);
    tcase_set_timeout(t, 240);
    tcase_add_loop_test(t, test, 0, count);
    suite_add_tcase(s, t);
}

int main(void)
{
    Suite *s = suite_create("every function");
    add(s, "header", no_function_is_left_out, 1);
    add(s, "worlds", each_function_in_each_world, WORLDS);
    add(s, "within", each_function_within_host_functions, PLACES);
    add(s, "memory", each_function_without_memory, WAYS);
    add(s, "within memory", host_functions_without_memory, WAYS);
    add(s, "deep", each_function_with_what_is_deep, 8);
    add(s, "threads", each_function_by_several_threads, 1);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
