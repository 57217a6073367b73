/* SPDX-License-Identifier: MIT */
/* Limits that pause, whatever the program does; interrupts; sandboxes; tracing. */
#include "api_test.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static moonlet_result limited(moonlet_state *s, moonlet_limits limits, const char *source)
{
    moonlet_state *l = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(l, source);
    moonlet_release(l);
    return r;
}

static void assert_paused(moonlet_result r, moonlet_limit_kind kind)
{
    ck_assert_msg(r.status == MOONLET_PAUSED, "status %d: %s", r.status,
                  r.error ? r.error->message : "");
    ck_assert_int_eq(r.limit, kind);
    ck_assert(moonlet_is_paused(r.state));
}

/* Goes on without limits to the end. */
static moonlet_result finished(moonlet_result r)
{
    moonlet_state *free = moonlet_limit(r.state, NULL);
    moonlet_release(r.state);
    r = moonlet_resume(free);
    moonlet_release(free);
    assert_ok(r);
    return r;
}

START_TEST(steps_are_exact)
{
    moonlet_state *s = moonlet_init();
    for (uint64_t n = 1; n < 60; n++) {
        moonlet_result r =
            limited(s, (moonlet_limits){.steps = n}, "i = 0 while true do i = i + 1 end");
        assert_paused(r, MOONLET_LIMIT_STEPS);
        ck_assert_uint_eq(r.steps, n);
        double i = number_of(moonlet_global(r.state, "i"));
        ck_assert(i >= (double)n - 2 && i <= (double)n + 1);
        moonlet_release(r.state);
    }
    moonlet_release(s);
}
END_TEST

/* Programs of which single steps cost many. */
static const char *const costly[] = {
    "local s = ('x'):rep(3000) local n = 0 for i = 1, 30 do if s .. i == s .. 7 then n = i end "
    "end",
    "local s = ('x'):rep(2000) for i = 1, 20 do local t = {(s):byte(1, 900)} end",
    "local function f(...) return ... end local t = {} for i = 1, 300 do t[i] = i end\n"
    "for i = 1, 20 do local x = #{f(f(table.unpack(t)))} end",
    "for i = 1, 30 do pcall(coroutine.wrap(function()\n"
    "  coroutine.wrap(function() error('x') end)() end)) end",
    "local s = ('y'):rep(2000) local t = setmetatable({}, {__index = function(t, k) return k "
    "end})\n"
    "for i = 1, 20 do local a, b = t[s .. i], -(s:len() .. '') end",
};

/* However a run is divided into portions, it takes as many steps. */
START_TEST(slices_take_as_many_steps)
{
    moonlet_state *s = moonlet_init();
    moonlet_result whole = limited(s, (moonlet_limits){.steps = 1000000}, costly[_i]);
    assert_ok(whole);
    moonlet_release(whole.state);
    for (uint64_t slice = 1; slice < 40; slice++) {
        moonlet_limits limits = {.steps = slice};
        moonlet_result r = limited(s, limits, costly[_i]);
        uint64_t steps = r.steps;
        while (r.status == MOONLET_PAUSED) {
            moonlet_state *l = moonlet_limit(r.state, &limits);
            moonlet_release(r.state);
            r = moonlet_resume(l);
            moonlet_release(l);
            steps += r.steps;
        }
        assert_ok(r);
        moonlet_release(r.state);
        ck_assert_msg(steps == whole.steps, "%llu in slices of %llu, %llu at once",
                      (unsigned long long)steps, (unsigned long long)slice,
                      (unsigned long long)whole.steps);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(a_paused_program_goes_on)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r =
        limited(s, (moonlet_limits){.steps = 100},
                "local sum = 0 for i = 1, 1000 do sum = sum + i n = i end return sum");
    assert_paused(r, MOONLET_LIMIT_STEPS);
    moonlet_state *paused = moonlet_retain(r.state);
    int portions = 0;
    while (r.status == MOONLET_PAUSED) {
        moonlet_state *from = r.state;
        r = moonlet_resume(from);
        moonlet_release(from);
        portions++;
    }
    assert_ok(r);
    assert_number(r.values[0], 500500);
    ck_assert_int_ge(portions, 9);
    ck_assert_int_le(portions, 11);
    moonlet_release(r.state);
    /* again from the same pause, in a world that was changed meanwhile */
    moonlet_state *changed = after(moonlet_limit(paused, NULL), "m = n");
    r = finished((moonlet_result){.state = changed});
    assert_number(r.values[0], 500500);
    ck_assert_double_eq(number_in(r.state, "m < 200 and n"), 1000);
    moonlet_release(r.state);
    moonlet_release(paused);
    moonlet_release(s);
}
END_TEST

/* Each asks the system, which may take any time. */
static const char *const asking[] = {
    "os.remove(os.tmpname())",
    "os.remove('/none')",
    "os.rename('/none', '/none')",
    "os.execute()",
    "os.execute(':')",
    "io.open('/none')",
    "io.popen(':'):close()",
    "io.tmpfile():close()",
    "loadfile('/none')",
    "pcall(io.lines, '/none')",
    "package.searchpath('x', '/none')",
};

/* Time that has run out while the program waited is noticed after the first one, and not after
 * so many steps. */
START_TEST(the_clock_is_looked_at_after_each)
{
    char source[200];
    moonlet_state *s = after(moonlet_init(), "i = 0");
    snprintf(source, sizeof source,
             "io.popen('sleep 0.1; echo'):read(1) while true do i = i + 1 %s end", asking[_i]);
    moonlet_result r = limited(s, (moonlet_limits){.nanoseconds = 50000000}, source);
    assert_paused(r, MOONLET_LIMIT_TIME);
    ck_assert_double_le(number_of(moonlet_global(r.state, "i")), 2);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static const char *const endless[] = {
    "while true do end",
    "repeat until false",
    "for i = 1, math.huge do end",
    "goto a ::a:: goto a",
    "local function f() return f() end f()",
    "while true do pcall(error) end",
    "while true do pcall(function() while true do end end) end",
    "local function f() return pcall(f) end f()",
    "coroutine.wrap(function() while true do end end)()",
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true "
    "do co() end",
    "setmetatable({}, {__index = function() while true do end end}).x = nil "
    "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
    "for _ in function() return 1 end do end",
    "table.sort({3, 2, 1}, function() while true do end end)",
    "string.gsub('aaa', 'a', function() while true do end end)",
    "xpcall(error, function() while true do end end)",
    "load(function() while true do end end)",
    "string.rep('a', 50):find(('a*'):rep(30) .. 'b')",
    "local s = ('x'):rep(1000) while true do s = s:reverse() end",
    "local t = {} for i = 1, 100 do t[i] = i % 7 end while true do table.sort(t) "
    "table.concat(t) end",
    /* what would end in some 2^60 calls, of each way to call */
    "local function f(n, ...) if n > 0 then f(n - 1, ...) f(n - 1, ...) end end f(60)",
    "local u = table.unpack local function f(n) if n > 0 then f(u {n - 1}) f(u {n - 1}) end "
    "end "
    "f(60)",
    "local t = setmetatable({}, {__index = function(t, k) return k == 0 or t[k - 1] and "
    "t[k - 1] end}) return t[60]",
    "local t = setmetatable({}, {__call = function(t, n) return n == 0 or t(n - 1) and t(n - "
    "1) "
    "end}) return t(60)",
    "local m = {} m.__unm = function(a) local b = setmetatable({n = a.n - 1}, m) "
    "return b.n == 0 or -b and -b end return -setmetatable({n = 60}, m)",
    "local function f(n) if n > 0 then pcall(f, n - 1) pcall(f, n - 1) end end f(60)",
    "local function f(n) if n > 0 then pcall(f, n - 1) pcall(f, n - 1) end error() end "
    "pcall(f, 60)",
    "local function f(n) if n > 0 then coroutine.wrap(f)(n - 1) coroutine.wrap(f)(n - 1) end "
    "end "
    "f(60)",
    "local function f(n) if n > 0 then ('aa'):gsub('a', function() f(n - 1) end) end end "
    "f(60)",
    "local function f(n) if n > 0 then table.sort({1, 2}, function() f(n - 1) f(n - 1) end) "
    "end "
    "end f(60)",
    "load(function() return ' ' end)",
    "load(os.clock)",
    "setmetatable({}, {__gc = function() while true do end end}) collectgarbage()",
    "setmetatable({}, {__gc = function() while true do end end}) while true do "
    "collectgarbage() "
    "end",
};

/* It ends as by an error: its coroutines are dead, and the world can be saved. */
START_TEST(a_limit_beside_a_paused_program)
{
    moonlet_limits limits = {.steps = 1000};
    moonlet_state *first = world("n = 0"), *s = moonlet_limit(first, &limits);
    moonlet_result p = moonlet_do(s, "while true do n = n + 1 end");
    assert_paused(p, MOONLET_LIMIT_STEPS);
    moonlet_result r =
        moonlet_do(p.state, "co = coroutine.create(function() while true do end end)"
                            " return pcall(coroutine.resume, co)");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
    ck_assert_ptr_nonnull(strstr(r.error->message, "limit reached beside a paused program"));
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
    ck_assert(moonlet_is_paused(r.state));
    moonlet_result status = moonlet_do(r.state, "return coroutine.status(co)");
    assert_bytes(moonlet_result_value(&status, 0), "dead");
    moonlet_image *i = moonlet_image_save(r.state, NULL, NULL, NULL);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *back = moonlet_image_load(bytes, length, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(back);
    moonlet_image_release(i);
    moonlet_image_release(back);
    moonlet_release(status.state);
    moonlet_release(r.state);
    moonlet_release(p.state);
    moonlet_release(s);
    moonlet_release(first);
}
END_TEST

START_TEST(nothing_escapes_the_steps)
{
    moonlet_state *s = moonlet_init();
    moonlet_limits limits = {.steps = 5000};
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        moonlet_result r = limited(s, limits, endless[i]);
        ck_assert_msg(r.status == MOONLET_PAUSED, "not paused: %s (%s)", endless[i],
                      r.error ? r.error->message : "ok");
        ck_assert_uint_ge(r.steps, 5000);
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        ck_assert_msg(r.status == MOONLET_PAUSED, "not paused again: %s", endless[i]);
        moonlet_release(paused);
        moonlet_release(r.state);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(stacks)
{
    moonlet_state *s = moonlet_init();
    moonlet_limits limits = {.stack = 5000};
    moonlet_result r =
        limited(s, limits,
                "function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end "
                "ok, x = pcall(f, 5000) return x");
    assert_paused(r, MOONLET_LIMIT_STACK);
    r = finished(r);
    assert_number(r.values[0], 5000);
    moonlet_release(r.state);
    r = limited(s, limits, "local function f() return pcall(f) or f() end f()");
    assert_paused(r, MOONLET_LIMIT_STACK);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(strings)
{
    moonlet_state *s = moonlet_init();
    moonlet_limits limits = {.string = 1000};
    static const char *const sources[] = {
        "local s = 'x' for i = 1, 12 do s = s .. s end return #s",
        "local a = ('x'):rep(1000) local s = a .. a .. a .. a .. a:sub(1, 96) return #s",
        "return #pcall and 0 or #('x'):rep(4096)",
        "local ok, s = pcall(string.rep, 'x', 4096) return #s",
        "local t = {} for i = 1, 4096 do t[i] = 'x' end local ok, s = pcall(table.concat, t) "
        "return #s",
        "return #string.format('%s%s%s%s', ('x'):rep(999), ('x'):rep(999), ('x'):rep(999), "
        "('x'):rep(1000)) + 99",
        "return #(('x'):rep(1000):gsub('x', 'yyyy')) + 96",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (i == 2) continue; /* #pcall is an error */
        moonlet_result r = limited(s, limits, sources[i]);
        ck_assert_msg(r.status == MOONLET_PAUSED && r.limit == MOONLET_LIMIT_STRING,
                      "%s: %d %s", sources[i], r.status, r.error ? r.error->message : "");
        r = finished(r);
        assert_number(r.values[0], 4096);
        moonlet_release(r.state);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(bytes)
{
    moonlet_state *s = moonlet_init();
    static const char *const sources[] = {
        "t = {} for i = 1, math.huge do t[i] = {} end",
        "t = {} for i = 1, math.huge do t[i] = ('x'):rep(1000) .. i end",
        "local s = 'x' while true do s = s .. s end",
        "local function f() return {f} end while true do pcall(f) end",
        "while true do coroutine.create(print) end",
        "t = {} for i = 1, math.huge do t['k' .. i] = function() return i end end",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        uint64_t before = moonlet_bytes_allocated();
        moonlet_result r = limited(s, (moonlet_limits){.bytes = 1000000}, sources[i]);
        ck_assert_msg(r.status == MOONLET_PAUSED, "%s", sources[i]);
        ck_assert_msg(r.limit == MOONLET_LIMIT_BYTES || r.limit == MOONLET_LIMIT_STRING, "%d",
                      r.limit);
        uint64_t used = moonlet_bytes_allocated() - before;
        ck_assert_msg(used < 40000000, "%s: %llu", sources[i], (unsigned long long)used);
        moonlet_release(r.state);
    }
    moonlet_release(s);
}
END_TEST

START_TEST(time_on_the_wall)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r =
        limited(s, (moonlet_limits){.nanoseconds = 20000000}, "while true do end");
    assert_paused(r, MOONLET_LIMIT_TIME);
    moonlet_release(r.state);
    r = limited(s, (moonlet_limits){.nanoseconds = 20000000},
                "string.rep('a', 50):find(('a*'):rep(30) .. 'b')");
    assert_paused(r, MOONLET_LIMIT_TIME);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static volatile int stop_flag;

static void *stop_soon(void *unused)
{
    (void)unused;
    usleep(20000);
    __atomic_store_n(&stop_flag, 1, __ATOMIC_RELAXED);
    return NULL;
}

START_TEST(interrupts)
{
    pthread_t thread;
    moonlet_state *s = moonlet_init();
    stop_flag = 0;
    pthread_create(&thread, NULL, stop_soon, NULL);
    moonlet_result r = limited(s, (moonlet_limits){.interrupt = &stop_flag},
                               "n = 0 while true do n = n + 1 end");
    pthread_join(thread, NULL);
    assert_paused(r, MOONLET_LIMIT_INTERRUPT);
    ck_assert_double_gt(number_of(moonlet_global(r.state, "n")), 0);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static void on_signal(int number)
{
    (void)number;
    __atomic_store_n(&stop_flag, 1, __ATOMIC_RELAXED);
}

START_TEST(interrupts_from_a_signal_handler)
{
    moonlet_state *s = moonlet_init();
    stop_flag = 0;
    signal(SIGALRM, on_signal);
    ualarm(20000, 0);
    moonlet_result r = limited(s, (moonlet_limits){.interrupt = &stop_flag},
                               "n = 0 while true do n = n + 1 end");
    signal(SIGALRM, SIG_DFL);
    assert_paused(r, MOONLET_LIMIT_INTERRUPT);
    ck_assert_double_gt(number_of(moonlet_global(r.state, "n")), 0);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static int call_it(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)count;
    const moonlet_value *values;
    size_t n;
    moonlet_status status = moonlet_context_call(c, args[0], NULL, 0, &values, &n);
    return status == MOONLET_OK ? moonlet_return(c, values, n) : moonlet_throw(c, values[0]);
}

START_TEST(within_a_c_function_a_limit_is_an_error)
{
    moonlet_state *s = moonlet_init();
    const moonlet_entry entries[] = {{.name = "call", .call = call_it}, {0}};
    moonlet_result r = moonlet_load_module(s, "host", entries);
    s = moonlet_next(s, &r);
    static const char *const sources[] = {
        "x = 1 pcall(host.call, function() while true do end end)",
        "x = 1 host.call(function() pcall(function() while true do end end) end)",
        "x = 1 while true do pcall(host.call, function() while true do end end) end",
        "x = 1 coroutine.resume(coroutine.create(function() host.call(function() while true do "
        "end end) end))",
        "x = 1 host.call(function() coroutine.wrap(function() while true do end end)() end)",
        "x = 1 host.call(function() host.call(function() while true do end end) end)",
        "x = 1 xpcall(host.call, print, function() while true do end end)",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        r = limited(s, (moonlet_limits){.steps = 1000}, sources[i]);
        ck_assert_msg(r.status == MOONLET_FAILED, "%s", sources[i]);
        ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
        assert_number(moonlet_global(r.state, "x"), 1);
        moonlet_release(r.state);
    }
    /* what was done and is owed has been used: nobody pays it later */
    r = limited(s, (moonlet_limits){.steps = 200000},
                "a, b = ('x'):rep(1e6), ('x'):rep(1e6) local n = 0\n"
                "host.call(function() for i = 1, 9 do n = n + 1 end while a == b do n = n + 1\n"
                "  if a ~= b or a ~= b or a ~= b or a ~= b or a ~= b then n = 0 end end end)");
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
    ck_assert_uint_gt(r.steps, 210000);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(stack_traces_of_paused_programs)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = limited(s, (moonlet_limits){.steps = 100},
                               "local function spin(a, b)\n while true do end\n end\n"
                               "coroutine.wrap(function() spin(1, 'b') end)()");
    assert_paused(r, MOONLET_LIMIT_STEPS);
    moonlet_result t = moonlet_stacktrace(r.state);
    ck_assert_uint_ge(t.error->count, 4);
    ck_assert_str_eq(t.error->frames[0].name, "spin");
    ck_assert_int_eq(t.error->frames[0].line, 2);
    assert_bytes(t.error->frames[0].arguments[1], "b");
    ck_assert_str_eq(t.error->frames[t.error->count - 1].kind, "main chunk");
    moonlet_release(t.state);
    moonlet_release(r.state);
    t = moonlet_stacktrace(s);
    ck_assert_uint_eq(t.error->count, 0);
    moonlet_release(t.state);
    moonlet_release(s);
}
END_TEST

START_TEST(beside_a_paused_program)
{
    moonlet_state *s =
        world("function f(n) local c = coroutine.wrap(function() for i = 1, n do "
              "coroutine.yield(i) end end)"
              " local sum = 0 for i = 1, n do sum = sum + c() end return sum end");
    moonlet_result r =
        limited(s, (moonlet_limits){.steps = 300}, "result = f(1000) return result");
    assert_paused(r, MOONLET_LIMIT_STEPS);
    moonlet_state *free = moonlet_limit(r.state, NULL);
    ck_assert_double_eq(number_in(free, "f(10)"), 55);
    moonlet_state *other = after(moonlet_retain(free), "other = f(20)");
    ck_assert(moonlet_is_paused(other));
    moonlet_result q = moonlet_resume(other);
    assert_ok(q);
    assert_number(q.values[0], 500500);
    ck_assert_double_eq(number_in(q.state, "other + result"), 500710);
    moonlet_release(q.state);
    q = moonlet_do(r.state, "while true do end");
    ck_assert_int_eq(q.status, MOONLET_FAILED);
    ck_assert_int_eq(q.error->kind, MOONLET_ERROR_LIMIT);
    ck_assert(moonlet_is_paused(q.state));
    moonlet_release(q.state);
    moonlet_release(other);
    moonlet_release(free);
    moonlet_release(r.state);
    assert_error(moonlet_resume(s), MOONLET_ERROR_HOST, "the state holds no paused program");
    moonlet_release(s);
}
END_TEST

START_TEST(sandboxes)
{
    moonlet_state *s = moonlet_init(), *box = moonlet_sandbox(s, NULL, NULL);
    ck_assert_double_eq(
        number_in(
            box,
            "not (io or file or package or load or loadfile or loadstring or require or dofile"
            " or os.execute or os.exit or os.getenv or os.remove or os.rename or os.tmpname) "
            "and 1"),
        1);
    ck_assert_double_eq(number_in(box, "os.time and string.rep and print and math.pi and 2"),
                        2);
    ck_assert_double_eq(number_in(s, "io and load and os.getenv and require and 3"), 3);
    moonlet_release(box);
    static const char *const no_math[] = {"math", "string.rep", "no.such.thing", NULL};
    static const char *const but[] = {"string.rep", NULL};
    box = moonlet_sandbox(s, no_math, but);
    assert_error(
        moonlet_do(box, "return math.sin(1)"), MOONLET_ERROR_RUNTIME,
        "[string \"return math.sin(1)\"]:1: attempt to index global 'math' (a nil value)");
    ck_assert_double_eq(number_in(box, "#('x'):rep(5)"), 5);
    ck_assert_double_eq(number_in(box, "io and 1"), 1);
    moonlet_release(box);
    moonlet_release(s);
}
END_TEST

static void count_lines(void *data, const char *chunk, int line)
{
    int *lines = data;
    if (strcmp(chunk, "traced") == 0 && line > 0 && line < 10) lines[line]++;
}

START_TEST(traces)
{
    int lines[10] = {0};
    const char *source = "local function f() end\nfor i = 1, 5 do\n f()\nend\n";
    moonlet_chunk *c = moonlet_compile(source, strlen(source), "=traced", NULL);
    moonlet_state *s = moonlet_init(), *traced = moonlet_set_trace(s, count_lines, lines);
    ck_assert_ptr_eq(moonlet_trace_data(traced), lines);
    moonlet_result r = moonlet_call_chunk(traced, c, NULL, 0);
    assert_ok(r);
    moonlet_release(r.state);
    ck_assert_int_eq(lines[3], 5);
    ck_assert_int_ge(lines[2] + lines[4], 4);
    moonlet_state *quiet = moonlet_set_trace(traced, NULL, NULL);
    r = moonlet_call_chunk(quiet, c, NULL, 0);
    ck_assert_int_eq(lines[3], 5);
    moonlet_release(r.state);
    moonlet_release(quiet);
    moonlet_release(traced);
    moonlet_release(s);
    moonlet_chunk_release(c);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("limits");
    tcase_add_test(t, steps_are_exact);
    tcase_add_loop_test(t, the_clock_is_looked_at_after_each, 0,
                        sizeof asking / sizeof *asking);
    tcase_add_loop_test(t, slices_take_as_many_steps, 0, sizeof costly / sizeof *costly);
    tcase_add_test(t, a_paused_program_goes_on);
    tcase_add_test(t, a_limit_beside_a_paused_program);
    tcase_add_test(t, nothing_escapes_the_steps);
    tcase_add_test(t, stacks);
    tcase_add_test(t, strings);
    tcase_add_test(t, bytes);
    tcase_add_test(t, time_on_the_wall);
    tcase_add_test(t, interrupts);
    tcase_add_test(t, interrupts_from_a_signal_handler);
    tcase_add_test(t, within_a_c_function_a_limit_is_an_error);
    tcase_add_test(t, stack_traces_of_paused_programs);
    tcase_add_test(t, beside_a_paused_program);
    tcase_add_test(t, sandboxes);
    tcase_add_test(t, traces);
    return run_suite(t);
}
