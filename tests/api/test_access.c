/* SPDX-License-Identifier: MIT */
/* What host functions do with the running world: tables, metatables, pins; protected calls,
 * yields, resuming; and the same on states. */
#include "api_test.h"

/* The function is the global f of a new state, which the source is run in. */
static moonlet_state *with(moonlet_function *f, void *user, const char *source)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_new_function(s, "f", f, user);
    moonlet_value v = moonlet_result_value(&r, 0);
    s = moonlet_next(s, &r);
    r = moonlet_set(s, "f", v);
    s = moonlet_next(s, &r);
    return after(s, source);
}

/* Tables --------------------------------------------------------------------------------- */

static int sums(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ck_assert_uint_eq(count, 1);
    moonlet_value t = args[0], key = moonlet_nil(), v;
    double sum = 0;
    size_t n = 0;
    for (; moonlet_context_next(c, t, &key, &v); n++) {
        sum += number_of(v);
        ck_assert(moonlet_context_set(c, t, key, moonlet_nil()));
    }
    ck_assert(!moonlet_context_next(c, moonlet_text("none"), &key, &v));
    ck_assert_uint_eq(moonlet_context_length(c, moonlet_text("four")), 4);
    ck_assert_uint_eq(moonlet_context_length(c, moonlet_number(4)), 0);
    ck_assert_uint_eq(moonlet_context_length(c, t), 0);
    for (int i = 1; i <= 40; i++) ck_assert(moonlet_context_set_index(c, t, i, args[0]));
    ck_assert_uint_eq(moonlet_context_length(c, t), 40);
    ck_assert(moonlet_equal(moonlet_context_get_index(c, t, 40), t));
    ck_assert_int_eq(moonlet_type_of(moonlet_context_get_index(c, t, 41)), MOONLET_NIL);
    ck_assert(moonlet_context_set_field(c, t, "name", moonlet_number(n)));
    ck_assert_double_eq(number_of(moonlet_context_get_field(c, t, "name")), n);
    ck_assert(!moonlet_context_set_field(c, moonlet_text("no table"), "name", t));
    ck_assert_int_eq(moonlet_type_of(moonlet_context_get_field(c, moonlet_number(1), "x")),
                     MOONLET_NIL);
    return moonlet_return_one(c, moonlet_number(sum));
}

START_TEST(tables)
{
    moonlet_state *s = with(sums, NULL,
                            "t = setmetatable({1, 2, x = 3, [2.5] = 4}, {__index = error, "
                            "__newindex = error, __len = error}) before = f(t)");
    ck_assert_double_eq(number_in(s, "before"), 10);
    ck_assert_double_eq(number_in(s, "rawget(t, 'name')"), 4);
    moonlet_value t = moonlet_global(s, "t");
    ck_assert(moonlet_equal(moonlet_raw_index(s, t, 40), t));
    ck_assert_double_eq(number_of(moonlet_raw_field(s, t, "name")), 4);
    ck_assert_int_eq(moonlet_type_of(moonlet_raw_field(s, t, "nothing")), MOONLET_NIL);
    ck_assert_int_eq(moonlet_type_of(moonlet_raw_index(s, moonlet_nil(), 1)), MOONLET_NIL);
    moonlet_release(s);
}
END_TEST

static int metatables(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ck_assert_uint_eq(count, 3);
    ck_assert(moonlet_equal(moonlet_context_metatable(c, args[0]), args[1]));
    ck_assert(moonlet_context_set_metatable(c, args[0], args[2]));
    ck_assert(!moonlet_context_set_metatable(c, args[0], moonlet_number(1)));
    ck_assert(!moonlet_context_set_metatable(c, moonlet_number(1), args[1]));
    ck_assert(moonlet_equal(moonlet_context_metatable(c, args[0]), args[2]));
    moonlet_value frozen = moonlet_context_new_table(c);
    moonlet_context_freeze(c, frozen, false);
    ck_assert(!moonlet_context_set_metatable(c, frozen, args[1]));
    ck_assert_int_eq(moonlet_type_of(moonlet_context_metatable(c, moonlet_text(""))),
                     MOONLET_TABLE);
    return moonlet_return(c, NULL, 0);
}

START_TEST(metatables_)
{
    moonlet_state *s =
        with(metatables, NULL,
             "a, b = {__metatable = 'locked'}, {__index = {x = 7}} "
             "t = setmetatable({}, a) f(t, a, b) x = t.x "
             "done = 0 g = setmetatable({}, {}) f(g, getmetatable(g), {__gc = function() "
             "done = done + 1 end}) g = nil collectgarbage()");
    ck_assert_double_eq(number_in(s, "x"), 7);
    ck_assert_double_eq(number_in(s, "done"), 1);
    moonlet_value t = moonlet_global(s, "t"), a = moonlet_global(s, "a");
    moonlet_result r = moonlet_set_metatable(s, t, a);
    assert_ok(r);
    ck_assert(moonlet_equal(moonlet_metatable(r.state, t), a));
    ck_assert(moonlet_equal(moonlet_metatable(s, t), moonlet_global(s, "b")));
    ck_assert(moonlet_equal(moonlet_result_value(&r, 0), t));
    moonlet_result none = moonlet_set_metatable(r.state, t, moonlet_nil());
    ck_assert_int_eq(moonlet_type_of(moonlet_metatable(none.state, t)), MOONLET_NIL);
    moonlet_release(none.state);
    moonlet_release(r.state);
    assert_error(moonlet_set_metatable(s, moonlet_number(1), a), MOONLET_ERROR_HOST,
                 "cannot set the metatable");
    assert_error(moonlet_set_metatable(s, t, moonlet_number(1)), MOONLET_ERROR_HOST,
                 "cannot set the metatable");
    moonlet_state *frozen = moonlet_freeze(s, t, false);
    assert_error(moonlet_set_metatable(frozen, t, a), MOONLET_ERROR_HOST,
                 "cannot set the metatable");
    moonlet_release(frozen);
    moonlet_release(s);
}
END_TEST

/* Pins ----------------------------------------------------------------------------------- */

static uint32_t *kept; /* by malloc, where the collector does not look */
enum { KEPT = 1000 };

static int pins(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ck_assert_uint_eq(count, 0);
    (void)args;
    for (int i = 0; i < KEPT; i++) {
        moonlet_value t = moonlet_context_new_table(c);
        moonlet_context_set_index(c, t, 1, moonlet_number(i));
        kept[i] = moonlet_context_pin(c, t);
    }
    return moonlet_return(c, NULL, 0);
}

static int look_at_pins(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    for (int i = 0; i < KEPT; i++) {
        moonlet_value t = moonlet_context_pinned(c, kept[i]);
        ck_assert_double_eq(number_of(moonlet_context_get_index(c, t, 1)), i);
    }
    for (int i = 0; i < KEPT; i += 2) moonlet_context_unpin(c, kept[i]);
    ck_assert_int_eq(moonlet_type_of(moonlet_context_pinned(c, kept[0])), MOONLET_NIL);
    uint32_t again = moonlet_context_pin(c, moonlet_nil());
    ck_assert_uint_eq(again, kept[KEPT - 2]); /* the last that was freed */
    ck_assert_int_eq(moonlet_type_of(moonlet_context_pinned(c, again)), MOONLET_NIL);
    moonlet_context_unpin(c, 0);
    moonlet_context_unpin(c, 123456);
    ck_assert_int_eq(moonlet_type_of(moonlet_context_pinned(c, 0)), MOONLET_NIL);
    return moonlet_return(c, NULL, 0);
}

START_TEST(pins_)
{
    kept = malloc(KEPT * sizeof *kept);
    moonlet_state *s = with(pins, NULL, "f()");
    s = after(s, "setmetatable({}, {__mode = 'k'}) collectgarbage() "
                 "for i = 1, 1e5 do local t = {i} end collectgarbage()");
    moonlet_collect();
    moonlet_result r = moonlet_new_function(s, "look", look_at_pins, NULL);
    moonlet_result looked = moonlet_call(r.state, moonlet_result_value(&r, 0), NULL, 0);
    assert_ok(looked);
    moonlet_release(looked.state);
    moonlet_release(r.state);
    /* in s they are as they were, and in what is loaded of its image */
    moonlet_value first = moonlet_pinned(s, kept[0]);
    assert_number(moonlet_raw_index(s, first, 1), 0);
    moonlet_state *without = moonlet_unpin(s, kept[0]);
    ck_assert_int_eq(moonlet_type_of(moonlet_pinned(without, kept[0])), MOONLET_NIL);
    uint32_t pin;
    moonlet_state *with_seven = moonlet_pin(without, moonlet_number(7), &pin);
    ck_assert_uint_eq(pin, kept[0]);
    assert_number(moonlet_pinned(with_seven, pin), 7);
    assert_number(moonlet_raw_index(s, moonlet_pinned(s, pin), 1), 0);
    moonlet_state *plain = after(with_seven, "f = nil");
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(plain, NULL, NULL, &message);
    ck_assert_msg(i != NULL, "%s", message);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(j != NULL, "%s", message);
    moonlet_state *back = moonlet_image_state(j);
    assert_number(moonlet_pinned(back, pin), 7);
    assert_number(moonlet_raw_index(back, moonlet_pinned(back, kept[KEPT - 1]), 1), KEPT - 1);
    moonlet_image_release(i);
    moonlet_image_release(j);
    moonlet_release(back);
    moonlet_release(plain);
    moonlet_release(without);
    moonlet_release(s);
    free(kept);
}
END_TEST

/* The run's pointer ---------------------------------------------------------------------- */

static int who(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    const char *name = moonlet_context_run_user(c);
    ck_assert_ptr_eq(moonlet_context_user(c), &kept);
    return moonlet_return_one(c, name ? moonlet_text(name) : moonlet_nil());
}

START_TEST(user_of_the_run)
{
    static char one[] = "one", two[] = "two";
    moonlet_state *s = with(who, &kept, ""), *a = moonlet_set_user(s, one),
                  *b = moonlet_set_user(a, two), *none = moonlet_set_user(a, NULL);
    ck_assert_ptr_null(moonlet_user(s));
    ck_assert_ptr_eq(moonlet_user(a), one);
    a = after(a, "name = f() other = coroutine.wrap(f)()");
    b = after(b, "name = f()");
    none = after(none, "name = f()");
    assert_bytes(moonlet_global(a, "name"), "one");
    assert_bytes(moonlet_global(a, "other"), "one");
    assert_bytes(moonlet_global(b, "name"), "two");
    ck_assert_int_eq(moonlet_type_of(moonlet_global(none, "name")), MOONLET_NIL);
    a = after(a, "local s = require 'state' third = table.concat(s.map(f, {1, 2}), ' ')");
    assert_bytes(moonlet_global(a, "third"), "one one");
    moonlet_release(s);
    moonlet_release(a);
    moonlet_release(b);
    moonlet_release(none);
}
END_TEST

/* Returns -------------------------------------------------------------------------------- */

static int returned(moonlet_context *c, const moonlet_value *args, size_t count)
{
    size_t some;
    const moonlet_value *values = moonlet_context_returned(c, &some);
    return moonlet_return(c, values, some);
}

/* What a hook sees returned by each way to return, and nothing at other events. */
static const char returns[] =
    "local log, names = {}, {} "
    "local function note(event, line) "
    "  local i, t = debug.getinfo(3, 'f'), table.pack(f()) "
    "  for i = 1, t.n do t[i] = tostring(t[i]) end "
    "  local name = event == 'return' and names[i.func] or t.n > 0 and event "
    "  if name then log[#log + 1] = name .. '(' .. table.concat(t, ',') .. ')' end "
    "end "
    "local function name(n, g) names[g] = n return g end "
    "local max = name('max', math.max) "
    "local nothing = name('nothing', function() end) "
    "local variable = name('variable', function(x) local y = x return y end) "
    "local cell = name('cell', function(x) local function g() x = x + 1 end g() return x end) "
    "local constant = name('constant', function() return 'k' end) "
    "local expression = name('expression', function(x) return x * 2 end) "
    "local object = name('object', function(x) return x .. 'y' end) "
    "local several = name('several', function(x) return x, nil, x + 1 end) "
    "local open = name('open', function(...) return 1, ... end) "
    "local calls = name('calls', function(x) return 0, several(x) end) "
    "local tail = name('tail', function(x) return expression(x) end) "
    "local native = name('native', function(x) return max(x, 1) end) "
    "debug.sethook(%s, 'crl') "
    "nothing() variable(1) cell(2) constant() expression(3) object('x') several(4) open() "
    "open(5) open(6, nil) calls(7) tail(8) native(9) max(1, 2) "
    "debug.sethook() "
    "result = table.concat(log, ' ')";

static const char seen[] =
    "nothing() variable(1) cell(3) constant(k) expression(6) object(xy) several(4,nil,5) "
    "open(1) open(1,5) open(1,6,nil) several(7,nil,8) calls(0,7,nil,8) expression(16) "
    "max(9) native(9) max(2)";

static void check_returns(const char *hook, uint64_t steps)
{
    char source[4096];
    snprintf(source, sizeof source, returns, hook);
    moonlet_state *s = with(returned, NULL, "result = 'none'");
    moonlet_state *limited = moonlet_limit(s, &(moonlet_limits){.steps = steps});
    moonlet_result r = moonlet_do(limited, source);
    while (r.status == MOONLET_PAUSED) {
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    ck_assert_int_eq(r.status, MOONLET_OK);
    assert_bytes(moonlet_global(r.state, "result"), seen);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}

START_TEST(what_a_hook_sees_returned)
{
    check_returns("function(event) note(event) end", 0);
    check_returns("function(event) note(event) end", 1);
    check_returns("function(...) note(...) end", 0);
    check_returns("function(...) note(...) end", 3);
    moonlet_state *s = with(returned, NULL, "result = select('#', f())");
    double n;
    ck_assert(moonlet_to_number(moonlet_global(s, "result"), &n) && n == 0);
    moonlet_release(s);
}
END_TEST

/* Control -------------------------------------------------------------------------------- */

static int caught(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value data = moonlet_context_data(c);
    ck_assert_uint_ge(count, 1);
    if (moonlet_is_true(args[0])) return moonlet_return(c, args + 1, count - 1);
    return moonlet_return(c, (moonlet_value[]){data, args[1]}, 2);
}

static int protects(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_pcall_then(c, args[0], args + 1, count - 1, caught, moonlet_text("caught"));
}

START_TEST(protected_calls)
{
    moonlet_state *s = with(protects, NULL,
                            "a, b = f(error, 'x') c = f(math.max, 1, 5) "
                            "co = coroutine.wrap(function() return f(function(n) "
                            "error(coroutine.yield(n + 1), 0) end, 1) end) "
                            "d = co() e, g = co('later')");
    assert_bytes(moonlet_global(s, "a"), "caught");
    assert_bytes(moonlet_global(s, "b"), "x");
    ck_assert_double_eq(number_in(s, "c"), 5);
    ck_assert_double_eq(number_in(s, "d"), 2);
    assert_bytes(moonlet_global(s, "e"), "caught");
    assert_bytes(moonlet_global(s, "g"), "later");
    assert_error(moonlet_do(s, "f(nil)"), MOONLET_ERROR_HOST,
                 "[string \"f(nil)\"]:1: attempt to call a nil value");
    moonlet_limits l = {.steps = 10000};
    moonlet_state *limited = moonlet_limit(s, &l);
    moonlet_result r = moonlet_do(limited, "f(function() while true do end end)");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

static int asked(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double x = 0, sum;
    moonlet_convert(args, count, "|n", &x);
    sum = number_of(moonlet_context_data(c)) + x;
    if (x == 0) return moonlet_return_one(c, moonlet_number(sum));
    moonlet_value v = moonlet_number(sum);
    return moonlet_yield_then(c, &v, 1, asked, v);
}

static int asks(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ck_assert_uint_eq(count, 1);
    return moonlet_yield_then(c, args, count, asked, args[0]);
}

START_TEST(yields)
{
    moonlet_state *s =
        with(asks, NULL, "co = coroutine.wrap(function() return 'done', f(10) end) a = co()");
    ck_assert_double_eq(number_in(s, "a"), 10);
    moonlet_state *fork = after(moonlet_retain(s), "b = co(100) c, d = co(0)");
    s = after(s, "b = co(5) b2 = co(6) c, d = co()");
    ck_assert_double_eq(number_in(fork, "b"), 110);
    ck_assert_double_eq(number_in(fork, "d"), 110);
    ck_assert_double_eq(number_in(s, "b2"), 21);
    ck_assert_double_eq(number_in(s, "d"), 21);
    assert_bytes(moonlet_global(s, "c"), "done");
    assert_error(moonlet_do(s, "f(1)"), MOONLET_ERROR_RUNTIME,
                 "attempt to yield from outside a coroutine");
    moonlet_release(s);
    moonlet_release(fork);
}
END_TEST

/* Resumes a coroutine until it is over, each time with what it has yielded, doubled. */
static int resumed(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value co = moonlet_context_data(c);
    double x;
    if (!moonlet_is_true(args[0])) return moonlet_throw(c, args[1]);
    if (moonlet_convert(args + 1, count - 1, "n", &x))
        return moonlet_return(c, args + 1, count - 1);
    moonlet_value twice = moonlet_number(2 * x);
    return moonlet_resume_then(c, co, &twice, 1, resumed, co);
}

static int drives(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ck_assert_uint_eq(count, 2);
    moonlet_value co = args[0];
    if (moonlet_type_of(co) == MOONLET_FUNCTION) co = moonlet_context_new_coroutine(c, co);
    ck_assert_int_eq(moonlet_type_of(moonlet_context_new_coroutine(c, args[1])), MOONLET_NIL);
    return moonlet_resume_then(c, co, args + 1, 1, resumed, co);
}

START_TEST(resumes)
{
    moonlet_state *s = with(drives, NULL,
                            "a = f(function(n) for i = 1, 3 do n = coroutine.yield(n) end "
                            "return 'x' .. n end, 1) ok, e = pcall(f, coroutine.create("
                            "function(n) error(coroutine.yield(n), 0) end), 4)");
    assert_bytes(moonlet_global(s, "a"), "x8");
    ck_assert_double_eq(number_in(s, "e"), 8);
    assert_error(moonlet_do(s, "f(1, 2)"), MOONLET_ERROR_HOST,
                 "[string \"f(1, 2)\"]:1: attempt to resume a number value");
    moonlet_release(s);
}
END_TEST

/* Programs that wait for values ---------------------------------------------------------- */

static int waits(moonlet_context *c, const moonlet_value *args, size_t count)
{
    int *calls = moonlet_context_user(c);
    (void)args, (void)count;
    ++*calls;
    return moonlet_pause(c);
}

static int waits_then(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ck_assert_uint_eq(count, 1);
    return moonlet_call_then(c, args[0], NULL, 0, waits, moonlet_nil());
}

START_TEST(resumed_with_values)
{
    static const char *const sources[] = {
        "a, b, c = f('question')",
        "a, b, c = select(2, pcall(f))",
        "a, b, c = coroutine.wrap(function() return f() end)()",
        "a, b = setmetatable({}, {__index = f}).x, 2",
        "local t = table.pack(f(f)) a, b, n = t[1], t[2], t.n",
    };
    int calls = 0;
    moonlet_state *s = with(waits, &calls, "");
    moonlet_result r = moonlet_do(s, sources[_i]);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    moonlet_value values[] = {moonlet_number(1), moonlet_number(2)};
    for (int i = 0; i < 2; i++) { /* the same question may have many answers */
        values[0] = moonlet_number(40 + i);
        moonlet_result q = moonlet_resume_with(r.state, values, 2);
        assert_ok(q);
        ck_assert_double_eq(number_in(q.state, "a"), 40 + i);
        ck_assert_double_eq(number_in(q.state, "b"), 2);
        ck_assert_int_eq(moonlet_type_of(moonlet_global(q.state, "c")), MOONLET_NIL);
        moonlet_release(q.state);
    }
    ck_assert_int_eq(calls, 1);
    moonlet_result nothing = moonlet_resume_with(r.state, NULL, 0);
    assert_ok(nothing);
    ck_assert_int_eq(moonlet_type_of(moonlet_global(nothing.state, "a")), MOONLET_NIL);
    moonlet_release(nothing.state);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(resumed_many_times)
{
    int calls = 0;
    moonlet_state *s = with(
        waits, &calls, "function go() local n = 0 for i = 1, 100 do n = n + f() end x = n end");
    moonlet_result r = moonlet_call_function(s, "go", NULL, 0);
    for (int i = 1; i <= 100; i++) {
        ck_assert_int_eq(r.status, MOONLET_PAUSED);
        moonlet_value v = moonlet_number(i);
        moonlet_result next = moonlet_resume_with(r.state, &v, 1);
        moonlet_release(r.state);
        r = next;
    }
    assert_ok(r);
    ck_assert_int_eq(calls, 100);
    ck_assert_double_eq(number_in(r.state, "x"), 5050);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static moonlet_state *given;
static int gives(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    given = moonlet_retain(moonlet_context_state(c));
    return moonlet_return_one(c, moonlet_number(1));
}

START_TEST(a_given_state_resumed_with_values)
{
    moonlet_state *s = with(gives, NULL, "x = f() + 1");
    ck_assert_double_eq(number_in(s, "x"), 2);
    moonlet_value v = moonlet_number(41);
    moonlet_result r = moonlet_resume_with(given, &v, 1);
    assert_ok(r);
    ck_assert_double_eq(number_in(r.state, "x"), 42);
    moonlet_release(r.state);
    moonlet_release(given);
    moonlet_release(s);
}
END_TEST

START_TEST(others_wait_for_no_values)
{
    int calls = 0;
    const char *why = "the paused program waits for no values";
    moonlet_state *s = with(waits_then, &calls, "function g() end");
    assert_error(moonlet_resume_with(s, NULL, 0), MOONLET_ERROR_HOST,
                 "the state holds no paused program");
    moonlet_result r = moonlet_do(s, "f(g)");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    assert_error(moonlet_resume_with(r.state, NULL, 0), MOONLET_ERROR_HOST, why);
    moonlet_release(r.state);
    moonlet_limits l = {.steps = 1000};
    moonlet_state *limited = moonlet_limit(s, &l);
    r = moonlet_do(limited, "while true do g() end");
    assert_error(moonlet_resume_with(r.state, NULL, 0), MOONLET_ERROR_HOST, why);
    moonlet_release(r.state);
    r = moonlet_do(limited, "string.find(('a'):rep(3000), ('a-'):rep(30) .. 'b')");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    assert_error(moonlet_resume_with(r.state, NULL, 0), MOONLET_ERROR_HOST, why);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("access");
    tcase_add_test(t, tables);
    tcase_add_test(t, metatables_);
    tcase_add_test(t, pins_);
    tcase_add_test(t, user_of_the_run);
    tcase_add_test(t, protected_calls);
    tcase_add_test(t, yields);
    tcase_add_test(t, resumes);
    tcase_add_loop_test(t, resumed_with_values, 0, 5);
    tcase_add_test(t, what_a_hook_sees_returned);
    tcase_add_test(t, resumed_many_times);
    tcase_add_test(t, a_given_state_resumed_with_values);
    tcase_add_test(t, others_wait_for_no_values);
    return run_suite(t);
}
