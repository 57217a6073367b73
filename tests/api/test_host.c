/* SPDX-License-Identifier: MIT */
/* Functions of the host: both formats, calls back, continuations, states, userdata. */
#include "api_test.h"

static moonlet_state *with(const moonlet_entry *entries, const char *source)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "host", entries);
    assert_ok(r);
    return after(moonlet_next(s, &r), source);
}

static int add(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double sum = *(double *)moonlet_context_user(c);
    for (size_t i = 0; i < count; i++) {
        double d;
        if (!moonlet_to_number(args[i], &d))
            return moonlet_bad_argument(c, i + 1, "number expected");
        sum += d;
    }
    moonlet_value results[2] = {moonlet_number(sum), moonlet_number((double)count)};
    return moonlet_return(c, results, 2);
}

static int refuse(moonlet_context *c, const moonlet_value *args, size_t count)
{
    if (count) return moonlet_throw(c, args[0]);
    return moonlet_fail(c, "failed with %d", 42);
}

static moonlet_term *reverse(void *user, const moonlet_term *args, char **error)
{
    (void)user;
    size_t n = moonlet_term_count(args);
    if (n > 3) {
        *error = strdup("too many");
        return NULL;
    }
    moonlet_term *list = moonlet_term_list(0);
    while (n-- > 0)
        moonlet_term_add(
            list, moonlet_term_number(moonlet_term_to_number(moonlet_term_item(args, n), 0)));
    return list;
}

/* The argument that is bad is any number. */
static int blame(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_bad_argument(c, count ? SIZE_MAX - (size_t)number_of(args[0]) : 0, "odd");
}

START_TEST(any_argument_may_be_bad)
{
    const moonlet_entry entries[] = {{.name = "blame", .call = blame}, {0}};
    moonlet_state *s = with(entries, "return 1");
    for (int i = 0; i < 2; i++) {
        char source[40], message[100];
        snprintf(source, sizeof source, "host.blame(%d)", i * 0x7fffffff);
        snprintf(message, sizeof message,
                 "[string \"%s\"]:1: bad argument #2147483647 to 'blame' (odd)", source);
        assert_error(moonlet_do(s, source), MOONLET_ERROR_HOST, message);
    }
    assert_error(moonlet_do(s, "host.blame()"), MOONLET_ERROR_HOST,
                 "[string \"host.blame()\"]:1: bad argument #0 to 'blame' (odd)");
    moonlet_release(s);
}
END_TEST

START_TEST(both_formats)
{
    static double base = 100;
    const moonlet_entry entries[] = {{"add", add, NULL, &base, false},
                                     {"fail", refuse, NULL, NULL, false},
                                     {"reverse", NULL, reverse, NULL, false},
                                     {0}};
    moonlet_state *s =
        with(entries, "x, n = host.add(1, 2, 3) a, b, c = host.reverse(1, 2, 3)");
    ck_assert_double_eq(number_in(s, "x"), 106);
    ck_assert_double_eq(number_in(s, "n"), 3);
    ck_assert_double_eq(number_in(s, "a * 100 + b * 10 + c"), 321);
    assert_error(moonlet_do(s, "host.add(1, {})"), MOONLET_ERROR_HOST,
                 "[string \"host.add(1, {})\"]:1: bad argument #2 to 'add' (number expected)");
    assert_error(moonlet_do(s, "host.fail()"), MOONLET_ERROR_HOST,
                 "[string \"host.fail()\"]:1: failed with 42");
    assert_error(moonlet_do(s, "host.fail('plain')"), MOONLET_ERROR_HOST, "plain");
    assert_error(moonlet_do(s, "host.reverse(1, 2, 3, 4)"), MOONLET_ERROR_HOST,
                 "[string \"host.reverse(1, 2, 3, 4)\"]:1: too many");
    ck_assert_double_eq(number_in(s, "select('#', pcall(host.fail, {}))"), 2);
    moonlet_release(s);
}
END_TEST

/* fold(f, ...): f(f(f(a, b), c), d), by calls on the C stack. */
static int fold(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value sum = args[1];
    for (size_t i = 2; i < count; i++) {
        const moonlet_value *values, pair[2] = {sum, args[i]};
        size_t n;
        if (moonlet_context_call(c, args[0], pair, 2, &values, &n) != MOONLET_OK)
            return moonlet_throw(c, values[0]);
        sum = n ? values[0] : moonlet_nil();
    }
    return moonlet_return_one(c, sum);
}

START_TEST(calls_on_the_c_stack)
{
    const moonlet_entry entries[] = {{"fold", fold, NULL, NULL, false}, {0}};
    moonlet_state *s =
        with(entries, "function plus(a, b) calls = (calls or 0) + 1 return a + b end "
                      "x = host.fold(plus, 1, 2, 3, 4)");
    ck_assert_double_eq(number_in(s, "x"), 10);
    ck_assert_double_eq(number_in(s, "calls"), 3);
    s = after(
        s, "ok, m = pcall(host.fold, function() error('e', 0) end, 1, 2) "
           "co = coroutine.wrap(function() return pcall(host.fold, coroutine.yield, 1, 2) end) "
           "_, y = co() "
           "deep = host.fold(function(a, b) return host.fold(plus, a, b, 100) end, 1, 2, 3)");
    assert_bytes(moonlet_global(s, "m"), "e");
    assert_bytes(moonlet_global(s, "y"), "attempt to yield across a C-call boundary");
    ck_assert_double_eq(number_in(s, "deep"), 206);
    s = after(
        s, "local t = {} for i = 1, 60 do t[i] = i end x = host.fold(plus, table.unpack(t))");
    ck_assert_double_eq(number_in(s, "x"), 1830);
    s = after(
        s,
        "local function f() depth = (depth or 0) + 1 host.fold(f, 1, 2) end ok, m = pcall(f)");
    assert_bytes(moonlet_global(s, "m"), "C stack overflow");
    ck_assert_double_eq(number_in(s, "depth"), 200);
    moonlet_release(s);
}
END_TEST

/* Begins a run of its own, in the same world, and so on. */
static int begin_another(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    const moonlet_state *s = moonlet_context_state(c);
    moonlet_result r = moonlet_call_function(s, "f", NULL, 0);
    int answer =
        r.status == MOONLET_OK
            ? moonlet_return_one(c, moonlet_number(1 + number_of(moonlet_result_value(&r, 0))))
            : moonlet_return_one(c, moonlet_number(0));
    if (r.status != MOONLET_OK) ck_assert_str_eq(r.error->message, "C stack overflow");
    moonlet_release(r.state);
    return answer;
}

START_TEST(runs_within_runs_end)
{
    const moonlet_entry entries[] = {{"another", begin_another, NULL, NULL, false}, {0}};
    moonlet_state *s = with(entries, "function f() return host.another() end n = f()");
    ck_assert_double_eq(number_in(s, "n"), 199);
    moonlet_release(s);
}
END_TEST

static int doubled(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double d, by;
    if (!count || !moonlet_to_number(args[0], &d)) return moonlet_fail(c, "no number");
    moonlet_to_number(moonlet_context_data(c), &by);
    return moonlet_return_one(c, moonlet_number(d * by));
}

/* twice(f, ...): 2 * f(...) */
static int twice(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, doubled, moonlet_number(2));
}
static int through(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, NULL, moonlet_nil());
}

START_TEST(continuations)
{
    const moonlet_entry entries[] = {
        {"twice", twice, NULL, NULL, false}, {"through", through, NULL, NULL, false}, {0}};
    moonlet_state *s = with(
        entries, "co = coroutine.create(function() "
                 "return host.twice(function(x) return x + coroutine.yield(x) end, 5) end) "
                 "_, y = coroutine.resume(co)");
    ck_assert_double_eq(number_in(s, "y"), 5);
    /* the same suspended coroutine, continued differently in two forks */
    ck_assert_double_eq(number_in(s, "select(2, coroutine.resume(co, 1))"), 12);
    ck_assert_double_eq(number_in(s, "select(2, coroutine.resume(co, 10))"), 30);
    ck_assert_double_eq(number_in(s, "select('#', host.through(table.unpack, {1, 2, 3, 4}))"),
                        4);
    ck_assert_double_eq(number_in(s, "host.twice(host.twice, function() return 3 end)"), 12);
    moonlet_release(s);
}
END_TEST

/* (arguments, state) -> (results, state): adds to a global, through states only. */
static int bump(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)count;
    double d;
    const moonlet_state *now = moonlet_context_state(c);
    moonlet_to_number(moonlet_global(now, "counter"), &d);
    moonlet_result r = moonlet_set(now, "counter", moonlet_number(d + 1));
    if (r.status != MOONLET_OK) abort();
    moonlet_result q = moonlet_call_function(r.state, "watch", args, 1);
    moonlet_release(r.state);
    if (q.status != MOONLET_OK) abort();
    int answer = moonlet_return_state(c, q.state, q.values, q.count);
    moonlet_release(q.state);
    return answer;
}

START_TEST(states_in_and_out)
{
    const moonlet_entry entries[] = {{"bump", bump, NULL, NULL, false}, {0}};
    moonlet_state *s = with(
        entries,
        "counter, watched = 0, {} "
        "function watch(x) watched[#watched + 1] = x return #watched end "
        "local sum = 0 for i = 1, 10 do sum = sum + host.bump(i) end total = sum "
        "local co = coroutine.wrap(function() coroutine.yield(host.bump(7)) end) last = co()");
    ck_assert_double_eq(number_in(s, "counter"), 11);
    ck_assert_double_eq(number_in(s, "total"), 55);
    ck_assert_double_eq(number_in(s, "last + #watched"), 22);
    moonlet_release(s);
}
END_TEST

static int keep_state(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_state **kept = moonlet_context_user(c);
    if (!*kept) *kept = moonlet_retain(moonlet_context_state(c));
    return moonlet_return(c, args, count);
}

/* A snapshot taken in mid-run can be gone on with: the function returns again. */
START_TEST(a_kept_state_goes_on)
{
    static moonlet_state *kept;
    const moonlet_entry entries[] = {{"keep", keep_state, NULL, &kept, false}, {0}};
    moonlet_state *s = with(entries, "n = 1 local got = host.keep(5) n = n + 1 result = got");
    ck_assert_double_eq(number_in(s, "n * 100 + result"), 205);
    ck_assert(moonlet_is_paused(kept));
    ck_assert_double_eq(number_in(kept, "n"), 1);
    moonlet_state *changed = after(moonlet_retain(kept), "n = 10");
    ck_assert(moonlet_is_paused(changed));
    moonlet_result r = moonlet_resume(changed);
    assert_ok(r);
    ck_assert_double_eq(number_in(r.state, "n"), 11);
    moonlet_release(r.state);
    moonlet_release(changed);
    moonlet_release(kept);
    moonlet_release(s);
}
END_TEST

/* Goes on in another state than its own: that of the first call, of another coroutine's, of one
 * that has been run on. */
static moonlet_state *other_state;

static int go_elsewhere(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)count;
    const moonlet_state *now = moonlet_context_state(c);
    if (!other_state) other_state = moonlet_retain(now);
    moonlet_state *to = moonlet_retain(moonlet_is_true(args[0]) ? other_state : now);
    if (moonlet_is_true(args[1])) to = after(to, "mark = (mark or 0) + 1");
    int answer = moonlet_return_state(c, to, args, 1);
    moonlet_release(to);
    return answer;
}

static int later(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    return moonlet_return_state(c, other_state, NULL, 0);
}

static int go_later(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)count;
    moonlet_release(other_state);
    other_state = moonlet_retain(moonlet_context_state(c));
    return moonlet_call_then(c, args[0], NULL, 0, later, moonlet_nil());
}

#define REFUSED "a state that did not come of this call's"

START_TEST(states_of_other_calls_are_refused)
{
    const moonlet_entry entries[] = {
        {"go", go_elsewhere, NULL, NULL, false}, {"later", go_later, NULL, NULL, false}, {0}};
    moonlet_state *s =
        with(entries,
             "assert(host.go(false, true) == false and mark == 1)\n"
             "assert(host.go(false, true) == false and mark == 2)\n"
             "function refused(...) local ok, e = pcall(...)\n"
             "return not ok and e:find(\"" REFUSED "\", 1, true) ~= nil end\n"
             "for _, changed in ipairs {true, false} do\n"
             "assert(refused(host.go, true, changed))\n"
             "assert(coroutine.wrap(function() return refused(host.go, true, changed) end)())\n"
             "end assert(refused(host.later, function() end)) done = 1");
    ck_assert_double_eq(number_in(s, "done"), 1);
    /* In a run of its own, from the same state as the first one. */
    moonlet_result r = moonlet_do(s, "return refused(host.go, true, false), mark");
    assert_ok(r);
    ck_assert(moonlet_is_true(r.values[0]));
    assert_number(r.values[1], 2);
    moonlet_release(r.state);
    moonlet_release(other_state);
    moonlet_release(s);
}
END_TEST

/* One that has been resumed and is paused again, elsewhere. */
static int go_resumed(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    const moonlet_limits few = {.steps = 100};
    moonlet_state *limited = moonlet_limit(moonlet_context_state(c), &few);
    moonlet_result r = moonlet_resume(limited);
    moonlet_release(limited);
    int answer = r.status == MOONLET_PAUSED ? moonlet_return_state(c, r.state, NULL, 0)
                                            : moonlet_fail(c, "not paused");
    moonlet_release(r.state);
    return answer;
}

START_TEST(states_that_were_resumed_are_refused)
{
    const moonlet_entry entries[] = {{"go", go_resumed, NULL, NULL, false}, {0}};
    moonlet_state *s = with(entries, "local ok, e = pcall(host.go) n = 0\n"
                                     "for i = 1, 1000 do n = n + i end text = e");
    ck_assert_double_eq(number_in(s, "text:find(\"" REFUSED "\", 1, true) and n"), 500500);
    moonlet_release(s);
}
END_TEST

static int tables(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    moonlet_value t = moonlet_context_new_table(c);
    moonlet_value key = moonlet_text("k"), nan = moonlet_number(0.0 / 0.0);
    ck_assert(moonlet_context_set(c, t, key, moonlet_number(3)));
    ck_assert(!moonlet_context_set(c, t, nan, key));
    assert_number(moonlet_context_get(c, t, key), 3);
    moonlet_context_set(c, moonlet_context_globals(c), moonlet_text("made"), t);
    return moonlet_return_one(c, t);
}

START_TEST(tables_in_a_run)
{
    const moonlet_entry entries[] = {{"tables", tables, NULL, NULL, false}, {0}};
    moonlet_state *s = with(entries, "t = host.tables()");
    ck_assert_double_eq(number_in(s, "t == made and t.k or 0"), 3);
    moonlet_release(s);
}
END_TEST

/* Userdata: a buffer of its own in each state. ------------------------------------------ */

typedef struct Counter {
    int value, copies;
} Counter;

static void copy_counter(void *to, const void *from, size_t size)
{
    (void)from;
    ck_assert_uint_eq(size, sizeof(Counter));
    ((Counter *)to)->copies++;
}

static int counter_add(moonlet_context *c, const moonlet_value *args, size_t count);
static const moonlet_entry counter_methods[] = {{"add", counter_add, NULL, NULL, false}, {0}};
static const moonlet_type_info counter_type = {.name = "counter",
                                               .size = sizeof(Counter),
                                               .copy = copy_counter,
                                               .methods = counter_methods};
static const moonlet_type_info shared_type = {.name = "shared", .size = sizeof(Counter)};

static int counter_add(moonlet_context *c, const moonlet_value *args, size_t count)
{
    Counter *p = count ? moonlet_context_userdata_write(c, args[0], &counter_type) : NULL;
    if (!p) return moonlet_bad_argument(c, 1, "counter expected");
    p->value++;
    return moonlet_return_one(c, moonlet_number(p->value));
}

START_TEST(userdata_of_each_state)
{
    Counter init = {5, 0};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_new_userdata(s, &counter_type, &init);
    moonlet_value v = r.values[0];
    s = moonlet_next(s, &r);
    r = moonlet_set(s, "c", v);
    s = moonlet_next(s, &r);
    moonlet_state *a = after(moonlet_retain(s), "x = c:add() + c:add()");
    moonlet_state *b = after(moonlet_retain(s), "c:add()");
    ck_assert_double_eq(number_in(a, "x"), 13);
    const Counter *in_s = moonlet_userdata(s, v, &counter_type);
    const Counter *in_a = moonlet_userdata(a, v, &counter_type);
    const Counter *in_b = moonlet_userdata(b, v, &counter_type);
    ck_assert_int_eq(in_s->value, 5);
    ck_assert_int_eq(in_a->value, 7);
    ck_assert_int_eq(in_b->value, 6);
    ck_assert_int_eq(in_s->copies, 0);
    ck_assert_int_eq(in_a->copies, 1);
    ck_assert_ptr_null(moonlet_userdata(s, v, &shared_type));
    ck_assert_ptr_null(moonlet_userdata(s, moonlet_number(1), &counter_type));
    assert_error(moonlet_do(s, "c.add(5)"), MOONLET_ERROR_HOST,
                 "[string \"c.add(5)\"]:1: bad argument #1 to 'add' (counter expected)");
    moonlet_release(a);
    moonlet_release(b);
    moonlet_release(s);
}
END_TEST

/* What else of a userdata was written in a run does not make its bytes that run's. */
START_TEST(userdata_with_another_value)
{
    Counter init = {5, 0};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_new_userdata(s, &counter_type, &init);
    moonlet_value v = r.values[0];
    s = moonlet_next(s, &r);
    r = moonlet_set(s, "c", v);
    s = moonlet_next(s, &r);
    moonlet_state *a = after(moonlet_retain(s), "debug.setuservalue(c, {}) c:add()");
    moonlet_state *b =
        after(moonlet_retain(s), "debug.setmetatable(c, debug.getmetatable(c)) c:add()");
    ck_assert_int_eq(((const Counter *)moonlet_userdata(s, v, &counter_type))->value, 5);
    ck_assert_int_eq(((const Counter *)moonlet_userdata(a, v, &counter_type))->value, 6);
    ck_assert_int_eq(((const Counter *)moonlet_userdata(b, v, &counter_type))->value, 6);
    moonlet_release(a);
    moonlet_release(b);
    moonlet_release(s);
}
END_TEST

START_TEST(a_function_as_a_term)
{
    static double base = 1;
    moonlet_state *s = moonlet_init();
    moonlet_term *t =
        moonlet_term_field(moonlet_term_list(0), "add", moonlet_term_function(add, &base));
    moonlet_result r = moonlet_set_term(s, "lib", t);
    moonlet_term_free(t);
    s = moonlet_next(s, &r);
    ck_assert_double_eq(number_in(s, "(lib.add(2))"), 3);
    r = moonlet_new_function(s, "named", add, &base);
    moonlet_value two = moonlet_number(2);
    moonlet_result q = moonlet_call(r.state, r.values[0], &two, 1);
    assert_number(q.values[0], 3);
    moonlet_release(q.state);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Its argument times what the answer is, for which it waits if there is none. */
static int await(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double *answer = moonlet_context_user(c), x;
    if (moonlet_convert(args, count, "n", &x)) return moonlet_bad_argument(c, 1, "number");
    return *answer == 0 ? moonlet_pause(c) : moonlet_return_one(c, moonlet_number(x * *answer));
}

static int await_then(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, await, moonlet_nil());
}

static moonlet_state *resumed(const moonlet_state *s, double *answer, double value)
{
    *answer = value;
    moonlet_result r = moonlet_resume(s);
    *answer = 0;
    assert_ok(r);
    ck_assert(!moonlet_is_paused(r.state));
    return r.state;
}

static void waits(const char *source)
{
    static double answer;
    const moonlet_entry entries[] = {{"await", await, NULL, &answer, false},
                                     {"await_then", await_then, NULL, &answer, false},
                                     {0}};
    moonlet_state *s = with(entries, "function three() return 3 end");
    moonlet_result r = moonlet_do(s, source);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_INTERRUPT);
    moonlet_result again = moonlet_resume(r.state);
    ck_assert_int_eq(again.status, MOONLET_PAUSED);
    moonlet_state *a = resumed(again.state, &answer, 5), *b = resumed(r.state, &answer, 7);
    ck_assert_double_eq(number_in(a, "x"), 15);
    ck_assert_double_eq(number_in(b, "x"), 21);
    moonlet_release(a);
    moonlet_release(b);
    moonlet_release(again.state);
    moonlet_release(r.state);
    moonlet_release(s);
}

START_TEST(functions_that_wait)
{
    waits("x = host.await(3)");
    waits("x = select(2, pcall(host.await, 3))");
    waits("x = coroutine.wrap(function() return host.await(3) end)()");
    waits("x = setmetatable({}, {__index = function(_, k) return host.await(k) end})[3]");
    waits("x = host.await_then(three)");
    waits("x = host.await_then(coroutine.wrap(function() return host.await_then(three) end)) "
          "x = math.sqrt(x / 3) * 3");
}
END_TEST

static int call_at_once(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t n;
    if (moonlet_context_call(c, args[0], args + 1, count - 1, &values, &n) != MOONLET_OK)
        return moonlet_throw(c, values[0]);
    return moonlet_return(c, values, n);
}

START_TEST(no_waiting_on_the_c_stack)
{
    static double answer;
    const moonlet_entry entries[] = {{"await", await, NULL, &answer, false},
                                     {"at_once", call_at_once, NULL, NULL, false},
                                     {0}};
    moonlet_state *s = with(entries, "");
    moonlet_result r = moonlet_do(s, "pcall(host.at_once, host.await, 3)");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* More values than any stack has room for. */
static int flood(moonlet_context *c, const moonlet_value *args, size_t count)
{
    enum { FLOOD = 2000000 };
    moonlet_value *values = malloc(FLOOD * sizeof *values);
    (void)args, (void)count;
    for (size_t i = 0; i < FLOOD; i++) values[i] = moonlet_number(1);
    int answer = moonlet_return(c, values, FLOOD);
    free(values);
    return answer;
}

/* Whoever calls such a function, within what: the error is caught, and the run goes on. */
START_TEST(too_many_results)
{
    static const moonlet_entry entries[] = {{.name = "flood", .call = flood}, {0}};
    static const char *const calls[] = {
        "pcall(f)",
        "xpcall(f, function(m) return m end)",
        "state.try(f)",
        "state.try(function() x = 2 return f() end)",
        "pcall(state.fork, f)",
        "pcall(state.fork, state.try, f)",
        "state.try(state.try, f)",
        "state.try(pcall, f)",
        "state.try(state.fork, f)",
        "pcall(coroutine.resume, coroutine.create(f))",
        "pcall(coroutine.wrap(f))",
        "state.try(coroutine.wrap(f))",
        "pcall(function() return (select('#', f())) end)",
        "pcall(function() return {f()} end)",
        "pcall(function() for _ in f do return 1 end end)",
        "pcall(table.sort, {3, 2, 1}, f)",
        "pcall(function() return setmetatable({}, {__call = f})() end)",
        "pcall(function() return #setmetatable({}, {__len = f}) end)",
        "pcall(string.gsub, 'x', 'x', f)",
        "pcall(load, f)",
    };
    moonlet_state *s =
        with(entries, "state, f, x = require 'state', host.flood, 1\n"
                      "function last(...) return (select(select('#', ...), ...)) end");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char source[200];
        snprintf(source, sizeof source,
                 "local m = last(%s) assert(x == 1) for i = 1, 3 do pcall(f) end\n"
                 "assert(state.try(function() x = 3 end)) return x, tostring(m)",
                 calls[i]);
        moonlet_result r = moonlet_do(s, source);
        ck_assert_msg(r.status == MOONLET_OK, "%s: %s", calls[i],
                      r.error ? r.error->message : "");
        assert_number(moonlet_result_value(&r, 0), 3);
        moonlet_release(r.state);
    }
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("host");
    tcase_add_test(t, too_many_results);
    tcase_add_test(t, both_formats);
    tcase_add_test(t, any_argument_may_be_bad);
    tcase_add_test(t, calls_on_the_c_stack);
    tcase_add_test(t, runs_within_runs_end);
    tcase_add_test(t, continuations);
    tcase_add_test(t, states_in_and_out);
    tcase_add_test(t, a_kept_state_goes_on);
    tcase_add_test(t, states_of_other_calls_are_refused);
    tcase_add_test(t, states_that_were_resumed_are_refused);
    tcase_add_test(t, tables_in_a_run);
    tcase_add_test(t, userdata_of_each_state);
    tcase_add_test(t, userdata_with_another_value);
    tcase_add_test(t, a_function_as_a_term);
    tcase_add_test(t, functions_that_wait);
    tcase_add_test(t, no_waiting_on_the_c_stack);
    return run_suite(t);
}
