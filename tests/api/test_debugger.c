/* SPDX-License-Identifier: MIT */
/*
 * Debuggers for the host: moves, breaks, searches and changes are what moonlet.h says, and
 * looking changes nothing. (What is beneath is tested line by line in test_debug.c.)
 */
#include "api_test.h"

static const char source[] = "local function fact(n)\n" /* 1 */
                             "  if n <= 1 then\n"
                             "    return 1\n"
                             "  end\n"
                             "  local r = n * fact(n - 1)\n"
                             "  return r\n"
                             "end\n"
                             "total = 0\n" /* 8 */
                             "for i = 1, 5 do\n"
                             "  total = total + fact(i)\n"
                             "end\n"
                             "t = {x = {1, 2, 3}}\n" /* 12 */
                             "t.x[2] = 5\n"
                             "local co = coroutine.wrap(function(a, ...)\n"
                             "  local b = a + 1\n"
                             "  coroutine.yield(b)\n" /* 16 */
                             "  error('within')\n"
                             "end)\n"
                             "co(1, 'x', 'y')\n"
                             "pcall(co)\n" /* 20 */
                             "function named() end\n"
                             "named()\n"
                             "error('at the end')\n";

typedef struct World {
    moonlet_recording *rec;
    moonlet_debugger *d;
    moonlet_result r;
} World;

static moonlet_result function_of(const char *text, moonlet_state *s)
{
    moonlet_chunk *c = moonlet_compile(text, strlen(text), "@prog.lua", NULL);
    moonlet_result f = moonlet_load_chunk(s, c);
    moonlet_chunk_release(c);
    assert_ok(f);
    return f;
}

/* A debugger of the program, recorded under these limits. */
static World begin(const char *text, const moonlet_limits *limits,
                   const moonlet_debugger_options *options)
{
    World w;
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, limits);
    moonlet_result f = function_of(text, limited);
    w.rec = moonlet_record(f.state, f.values[0], NULL, 0, NULL, &w.r);
    ck_assert_ptr_nonnull(w.rec);
    w.d = moonlet_debugger_new(w.rec, options);
    moonlet_release(f.state);
    moonlet_release(limited);
    moonlet_release(s);
    return w;
}

static void end(World *w)
{
    moonlet_debugger_release(w->d);
    moonlet_recording_release(w->rec);
    moonlet_release(w->r.state);
}

static int line(World *w) { return moonlet_debugger_moment(w->d).line; }
static moonlet_moment_kind kind(World *w) { return moonlet_debugger_moment(w->d).kind; }

static moonlet_stack *stack_of(World *w)
{
    return moonlet_stack_of(moonlet_debugger_state(w->d), moonlet_nil(), 0, 1000);
}

/* In the innermost Lua frame. */
static double value(World *w, const char *expression)
{
    double out = -1;
    moonlet_stack *stack = stack_of(w);
    size_t i = 0;
    while (i < stack->count && !stack->places[i].line) i++;
    moonlet_result r = moonlet_evaluate(
        moonlet_debugger_state(w->d), i < stack->count ? &stack->places[i] : NULL, expression);
    moonlet_to_number(moonlet_result_value(&r, 0), &out);
    moonlet_release(r.state);
    moonlet_stack_release(stack);
    return out;
}

static int add(World *w, moonlet_break b)
{
    char *message;
    int number = moonlet_debugger_break(w->d, &b, &message);
    ck_assert_msg(number > 0, "%s", message);
    ck_assert_ptr_null(message);
    return number;
}

static void refused(World *w, moonlet_break b, const char *why)
{
    char *message;
    ck_assert_int_eq(moonlet_debugger_break(w->d, &b, &message), 0);
    ck_assert_str_eq(message, why);
    free(message);
    ck_assert_int_eq(moonlet_debugger_break(w->d, &b, NULL), 0);
}

/* Moves ------------------------------------------------------------------------------- */

START_TEST(both_ways)
{
    World w = begin(source, NULL, NULL);
    ck_assert_int_eq(kind(&w), MOONLET_AT_FAILURE);
    moonlet_value error = moonlet_debugger_moment(w.d).error;
    size_t length;
    ck_assert_str_eq(moonlet_debugger_moment(w.d).chunk, "prog.lua");
    ck_assert_ptr_nonnull(strstr(moonlet_to_bytes(error, &length), "at the end"));
    ck_assert(!moonlet_debugger_move(w.d, MOONLET_MOVE_INTO, false));

    moonlet_debugger_go_begin(w.d);
    ck_assert_int_eq(line(&w), 7);
    static const int over[] = {8, 9, 10, 9, 10};
    for (size_t i = 0; i < 5; i++) {
        ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_OVER, false));
        ck_assert_int_eq(line(&w), over[i]);
    }
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_INTO, false));
    ck_assert_int_eq(line(&w), 2);
    uint64_t digest = moonlet_digest(moonlet_debugger_state(w.d));
    moonlet_moment there = moonlet_debugger_moment(w.d);
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_OUT, true));
    ck_assert_int_eq(line(&w), 10);
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_OVER, true));
    ck_assert_int_eq(line(&w), 9);
    ck_assert(!moonlet_debugger_move(w.d, MOONLET_MOVE_ON, true));
    ck_assert_int_eq(line(&w), 7);
    ck_assert(moonlet_debugger_go(w.d, there.step, there.event));
    ck_assert_int_eq(line(&w), 2);
    ck_assert_uint_eq(moonlet_digest(moonlet_debugger_state(w.d)), digest);
    ck_assert(!moonlet_debugger_go(w.d, UINT64_MAX, 0));
    ck_assert_int_eq(line(&w), 2);
    moonlet_debugger_go_end(w.d);
    ck_assert_int_eq(kind(&w), MOONLET_AT_FAILURE);
    end(&w);
}
END_TEST

/* Breaks ------------------------------------------------------------------------------ */

static void note(void *data, int number, const char *text, const char *chunk, int line)
{
    char *all = data, one[100];
    snprintf(one, sizeof one, "%d %s %s:%d;", number, text, chunk, line);
    strcat(all, one);
}

START_TEST(breaks_of_all_sorts)
{
    char said[1000] = "";
    moonlet_debugger_options o = {.says = note, .data = said};
    World w = begin(source, NULL, &o);
    int a = add(&w, (moonlet_break){.file = "prog.lua", .line = 3});
    ck_assert(moonlet_debugger_run(w.d));
    ck_assert_int_eq(line(&w), 3);
    ck_assert_int_eq(moonlet_debugger_moment(w.d).hit, a);
    moonlet_debugger_move(w.d, MOONLET_MOVE_ON, false);
    ck_assert_uint_eq(moonlet_debugger_hits(w.d, a), 2);
    ck_assert(moonlet_debugger_unbreak(w.d, a));
    ck_assert(!moonlet_debugger_unbreak(w.d, a));

    add(&w, (moonlet_break){.line = 10, .condition = "i == 4"}); /* of this file */
    ck_assert(moonlet_debugger_run(w.d));
    ck_assert(value(&w, "total") == 9);
    moonlet_debugger_unbreak(w.d, 0);
    add(&w, (moonlet_break){.line = 10, .hits = ">= 2", .log = "sum {total}"});
    int named = add(&w, (moonlet_break){.function = "named"});
    ck_assert(moonlet_debugger_run(w.d));
    ck_assert_int_eq(moonlet_debugger_moment(w.d).hit, named);
    ck_assert_str_eq(said, "3 sum 1 prog.lua:10;3 sum 3 prog.lua:10;3 sum 9 prog.lua:10;"
                           "3 sum 33 prog.lua:10;");
    moonlet_debugger_unbreak(w.d, 0);

    add(&w, (moonlet_break){.write = "t.x[2]"});
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_ON, true));
    ck_assert_int_eq(line(&w), 13);
    moonlet_debugger_unbreak(w.d, 0);
    add(&w, (moonlet_break){.caught = true});
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_ON, false));
    ck_assert_int_eq(kind(&w), MOONLET_AT_ERROR);
    ck_assert_int_eq(line(&w), 17);
    ck_assert(value(&w, "b") == 2);
    ck_assert(!moonlet_debugger_move(w.d, MOONLET_MOVE_ON, false));
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_ON, true));
    ck_assert_int_eq(line(&w), 17);
    end(&w);
}
END_TEST

START_TEST(what_is_no_break)
{
    World w = begin(source, NULL, NULL);
    refused(&w, (moonlet_break){0},
            "a break has a line, a function, a variable, or is at errors");
    refused(&w, (moonlet_break){.function = "print"}, "there is no such Lua function");
    refused(&w, (moonlet_break){.write = "a()"}, "that is no variable, nor a field");
    refused(&w, (moonlet_break){.line = 3, .condition = "x ="},
            "the condition is no expression");
    refused(&w, (moonlet_break){.line = 3, .hits = "often"},
            "hits are a number, which <, <=, >, >= or % may precede");
    ck_assert(!moonlet_debugger_run(w.d));
    end(&w);
}
END_TEST

/* Searches ---------------------------------------------------------------------------- */

START_TEST(history_of_data)
{
    uint64_t asked = 0;
    World w = begin(source, NULL, NULL);
    ck_assert(moonlet_debugger_last_write(w.d, "t.x[2]"));
    ck_assert_int_eq(line(&w), 13);
    ck_assert(moonlet_debugger_last_write(w.d, "t"));
    ck_assert_int_eq(line(&w), 12);
    ck_assert(!moonlet_debugger_last_write(w.d, "print"));
    ck_assert(!moonlet_debugger_last_write(w.d, "f()"));
    ck_assert_int_eq(line(&w), 12);
    ck_assert(moonlet_debugger_first_true(w.d, "total > 30", 1000, &asked));
    ck_assert(value(&w, "total") == 33);
    ck_assert_uint_gt(asked, 0);
    ck_assert(!moonlet_debugger_first_true(w.d, "total > 1000", 1000, NULL));
    ck_assert(!moonlet_debugger_first_true(w.d, "total >", 1000, NULL));
    end(&w);
}
END_TEST

/* Looking ----------------------------------------------------------------------------- */

static void has(const moonlet_variables *v, size_t i, moonlet_variable_kind kind,
                const char *name)
{
    ck_assert_uint_lt(i, v->count);
    ck_assert_int_eq(v->items[i].kind, kind);
    ck_assert_str_eq(v->items[i].name, name);
    ck_assert_uint_eq(v->items[i].length, strlen(name));
}

static void check_frames(World *w)
{
    moonlet_stack *stack = stack_of(w);
    ck_assert_uint_eq(stack->count,
                      3); /* the coroutine's, the wrapped function, the main one */
    ck_assert_int_eq(stack->places[0].line, 16);
    ck_assert_int_eq(stack->places[0].line_defined, 14);
    ck_assert_str_eq(stack->places[0].file, "prog.lua");
    ck_assert_str_eq(stack->places[1].chunk, "[C]");
    ck_assert_ptr_null(stack->places[1].file);
    ck_assert_int_eq(stack->places[2].line, 19);
    ck_assert(!moonlet_equal(stack->places[0].thread, stack->places[2].thread));
    moonlet_stack *last = moonlet_stack_of(moonlet_debugger_state(w->d), moonlet_nil(), 2, 5);
    ck_assert_uint_eq(last->count, 1);
    ck_assert_uint_eq(last->all, 3);
    ck_assert_int_eq(last->places[0].line, 19);
    moonlet_stack_release(last);
    last = moonlet_stack_of(moonlet_debugger_state(w->d), stack->places[2].thread, 0, 5);
    ck_assert_int_eq(last->places[1].line, 19);
    ck_assert_uint_eq(last->all, 2);
    moonlet_stack_release(last);
    moonlet_stack_release(stack);
}

START_TEST(frames_and_variables)
{
    World w = begin(source, NULL, NULL);
    add(&w, (moonlet_break){.file = "prog.lua", .line = 16});
    ck_assert(moonlet_debugger_run(w.d));
    check_frames(&w);
    const moonlet_state *s = moonlet_debugger_state(w.d);
    moonlet_stack *stack = stack_of(&w);
    moonlet_variables *v = moonlet_variables_of(
        s, stack->places, MOONLET_LOCAL | MOONLET_VARARG | MOONLET_UPVALUE, 0, 100);
    has(v, 0, MOONLET_LOCAL, "a");
    has(v, 1, MOONLET_LOCAL, "b");
    ck_assert_int_eq(v->items[2].kind, MOONLET_VARARG);
    ck_assert_int_eq(v->items[3].kind, MOONLET_VARARG);
    has(v, 4, MOONLET_UPVALUE, "_ENV");
    ck_assert_uint_eq(v->count, 5);
    moonlet_variables_release(v);
    v = moonlet_variables_of(s, stack->places, MOONLET_LOCAL, 1, 100);
    has(v, 0, MOONLET_LOCAL, "b");
    ck_assert_uint_eq(v->all, 2);
    moonlet_variables_release(v);
    v = moonlet_variables_of(s, NULL, MOONLET_GLOBAL, 0, 100);
    has(v, 0, MOONLET_GLOBAL, "t");
    has(v, 1, MOONLET_GLOBAL, "total");
    ck_assert_uint_eq(v->all, 2);
    moonlet_variables_release(v);
    v = moonlet_variables_of(s, NULL, MOONLET_LIBRARY, 3, 2);
    ck_assert_uint_eq(v->count, 2);
    ck_assert_uint_gt(v->all, 20);
    moonlet_variables_release(v);

    moonlet_value threads[10];
    ck_assert_uint_eq(moonlet_threads(s, threads, 10), 2);
    ck_assert_str_eq(moonlet_thread_status(s, threads[0]), "running");
    ck_assert_str_eq(moonlet_thread_status(s, threads[1]), "normal");
    ck_assert_uint_eq(moonlet_threads(s, threads, 1), 1);
    moonlet_stack_release(stack);
    end(&w);
}
END_TEST

START_TEST(looking_changes_nothing)
{
    World w = begin(source, NULL, NULL);
    moonlet_debugger_go_begin(w.d);
    for (int i = 0; i < 40; i++) moonlet_debugger_move(w.d, MOONLET_MOVE_INTO, false);
    uint64_t digest = moonlet_digest(moonlet_debugger_state(w.d));
    int before = line(&w);
    ck_assert(value(&w, "(function() total = 1000 return total end)()") == 1000);
    ck_assert(value(&w, "nothing.x") == -1);
    ck_assert_uint_eq(moonlet_digest(moonlet_debugger_state(w.d)), digest);
    ck_assert_int_eq(line(&w), before);
    end(&w);
}
END_TEST

/* Changes ----------------------------------------------------------------------------- */

static const char *assign(World *w, const char *path, double n)
{
    moonlet_stack *stack = stack_of(w);
    moonlet_result r =
        moonlet_assign(moonlet_debugger_state(w->d), stack->places, path, moonlet_number(n));
    assert_ok(r);
    const char *why = moonlet_debugger_change(w->d, r.state);
    moonlet_release(r.state);
    moonlet_stack_release(stack);
    return why;
}

START_TEST(another_future)
{
    World w = begin(source, NULL, NULL);
    int b = add(&w, (moonlet_break){.file = "prog.lua", .line = 10, .condition = "i == 3"});
    ck_assert(moonlet_debugger_run(w.d));
    ck_assert_ptr_null(assign(&w, "total", 100));
    ck_assert(moonlet_debugger_moment(w.d).changed);
    moonlet_debugger_unbreak(w.d, b);
    b = add(&w, (moonlet_break){.file = "prog.lua", .line = 12});
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_ON, false));
    ck_assert_uint_eq(moonlet_debugger_moment(w.d).futures, 1);
    ck_assert(value(&w, "total") == 250);
    ck_assert(!moonlet_debugger_move(w.d, MOONLET_MOVE_ON, true));
    ck_assert_int_eq(line(&w), 7);
    ck_assert_uint_eq(moonlet_debugger_moment(w.d).futures, 0);
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_ON, false));
    ck_assert(value(&w, "total") == 153);

    moonlet_result r =
        moonlet_assign(moonlet_debugger_state(w.d), NULL, "none.x", moonlet_nil());
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_HOST);
    moonlet_release(r.state);
    moonlet_state *s = moonlet_init();
    ck_assert_str_eq(moonlet_debugger_change(w.d, s), "no program is paused in that state");
    moonlet_debugger_go_end(w.d);
    ck_assert_str_eq(moonlet_debugger_change(w.d, s), "the program has ended");
    moonlet_release(s);
    end(&w);
}
END_TEST

/* Live -------------------------------------------------------------------------------- */

START_TEST(a_live_program)
{
    moonlet_limits limits = {.steps = 100};
    moonlet_debugger_options o = {.portion = 1000};
    World w = begin("n = 0\nwhile true do\n  n = n + 1\nend\n", &limits, &o);
    ck_assert_int_eq(w.r.status, MOONLET_PAUSED);
    add(&w, (moonlet_break){.file = "prog.lua", .line = 3, .condition = "n == 5000"});
    ck_assert(moonlet_debugger_run(w.d));
    ck_assert(value(&w, "n") == 5000);
    ck_assert_uint_ge(moonlet_debugger_moment(w.d).futures, 4);
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_INTO, true));
    ck_assert(value(&w, "n") == 4999);
    moonlet_debugger_unbreak(w.d, 0);
    add(&w, (moonlet_break){.file = "prog.lua", .line = 3, .condition = "n == 10"});
    ck_assert(moonlet_debugger_move(w.d, MOONLET_MOVE_ON, true));
    ck_assert(value(&w, "n") == 10);
    ck_assert_uint_eq(moonlet_debugger_moment(w.d).futures, 0);
    end(&w);
}
END_TEST

START_TEST(what_is_paused_is_recorded)
{
    moonlet_limits limits = {.steps = 100};
    World w = begin("n = 0\nfor i = 1, 1000 do n = n + i end\nreturn n", &limits, NULL), v;
    moonlet_state *free_one = moonlet_limit(w.r.state, NULL);
    v.rec = moonlet_record_resume(free_one, NULL, &v.r);
    assert_ok(v.r);
    assert_number(moonlet_result_value(&v.r, 0), 500500);
    v.d = moonlet_debugger_new(v.rec, NULL);
    moonlet_debugger_go_begin(v.d);
    ck_assert(value(&v, "i") >= 90);
    ck_assert_ptr_null(moonlet_record_resume(v.r.state, NULL, &w.r));
    ck_assert_int_eq(w.r.status, MOONLET_FAILED);
    moonlet_release(free_one);
    end(&v);
    end(&w);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("debugger");
    tcase_add_test(t, both_ways);
    tcase_add_test(t, breaks_of_all_sorts);
    tcase_add_test(t, what_is_no_break);
    tcase_add_test(t, history_of_data);
    tcase_add_test(t, frames_and_variables);
    tcase_add_test(t, looking_changes_nothing);
    tcase_add_test(t, another_future);
    tcase_add_test(t, a_live_program);
    tcase_add_test(t, what_is_paused_is_recorded);
    return run_suite(t);
}
