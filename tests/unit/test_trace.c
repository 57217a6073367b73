/* SPDX-License-Identifier: MIT */
/*
 * The precise trace: which slots it takes for written, that it disturbs nothing wherever
 * it is made, that the heap map stays small, and that older states keep what they saw.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/collect.h"
#include "control/eval.h"
#include "lib/lib.h"
#include "link/link.h"
#include "stack/trace_stack.h"

static const char *const programs[] = {
    "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end "
    "return fib(9)",
    "local t = {} for i = 1, 40 do local a, b = {i}, i * 2 t[i] = {a = a, b = b, [a] = a} end "
    "local s = 0 for i, v in ipairs(t) do s = s + v.a[1] + v.b + v[v.a][1] end return s",
    "local s = '' for k, v in pairs{10, 20, 30, x = 1} do s = s .. k .. v end "
    "local i = 0 repeat local j = i * 2 i = i + 1 until j >= 10 "
    "while i > 0 do i = i - 1 if i == 2 then break end end return s .. i",
    "local function v(...) local a, b = ... local function w() a = a + 1 return a end "
    "w() if select('#', ...) > 3 then return a, b, ... end return v(b, w(), ...) end "
    "return table.concat({v(1, 2)}, ',')",
    "local m = {__add = function(a, b) local t = {a.v + (b.v or b)} return t[1] end, "
    "__concat = function(a, b) return 'c' .. (type(a) == 'table' and a.v or a) end, "
    "__index = function(t, k) local r = {k} return r[1] end, __eq = function() return true "
    "end, "
    "__lt = function(a, b) return a.v < b.v end, __len = function() return 7 end, "
    "__call = function(self, x) local y = {x} return self.v + y[1] end, "
    "__newindex = function(t, k, v) rawset(t, k, v .. '!') end} "
    "local function new(v) return setmetatable({v = v}, m) end local a, b = new(1), new(2) "
    "a.z = 'q' return (a + b) .. ':' .. (1 .. a) .. a.other .. tostring(a == b) .. "
    "tostring(a < b) .. #a .. a(5) .. a.z",
    "local function gen(n) return coroutine.wrap(function(x) for i = 1, n do local t = {x, i} "
    "x = coroutine.yield(t[1] + t[2]) end return -1 end) end local g, h, s = gen(5), gen(7), 0 "
    "for i = 1, 6 do local p = {g(i), h(i)} s = s + p[1] * 10 + p[2] end return s",
    "local log = {} local ok, e = xpcall(function() local o = setmetatable({}, {__index = "
    "function(t, k) error({k}) end}) return o.missing end, function(e) log[1] = e[1] "
    "return {e[1] .. '!'} end) return tostring(ok) .. e[1] .. log[1] .. "
    "select(2, pcall(error, 'x', 0))",
    "local t = {} for i = 1, 30 do t[i] = {(i * 17) % 31} end "
    "table.sort(t, function(a, b) local x, y = {a[1]}, {b[1]} return x[1] < y[1] end) "
    "local s = '' for i = 1, 30 do s = s .. t[i][1] end "
    "return (s:gsub('%d', function(c) local u = {c} return u[1] .. ',' end))",
};

enum { PROGRAMS = sizeof programs / sizeof *programs };

static State **world; /* a root */

static void make_world(void)
{
    eval_init();
    Machine *M = machine_begin(NULL);
    lib_open_all(M);
    world = mem_try_alloc_root(sizeof *world);
    *world = machine_snapshot(M);
    machine_end(M);
}

static Closure *compile(Machine *M, const char *source)
{
    String *error;
    Closure *f = native_load(M, source, strlen(source), string_from_c("=test"), NULL, &error);
    ck_assert_msg(f, "%s", f ? "" : error->data);
    return f;
}

static const String *result(Machine *M, RunStatus status)
{
    if (status == RUN_ERROR) {
        const String *s = value_string(value_to_text(M, M->error));
        ck_abort_msg("error: %.*s", (int)s->length, s->data);
    }
    ck_assert_int_eq(status, RUN_OK);
    return M->result_count ? value_string(value_to_text(M, M->results[0])) : string_new("", 0);
}

/* Runs source in a state, with the results dropped; the state after it. */
static State *run_in(const State *s, const char *source)
{
    Machine *M = machine_begin(s);
    result(M, eval_call(M, value_object(compile(M, source)), NULL, 0));
    State *after = machine_snapshot(M);
    machine_end(M);
    return after;
}

static int64_t number_in(const State *s, const char *source)
{
    Machine *M = machine_begin(s);
    result(M, eval_call(M, value_object(compile(M, source)), NULL, 0));
    double d = value_to_double(M->results[0]);
    machine_end(M);
    return (int64_t)d;
}

/* Written slots ---------------------------------------------------------------------- */

static bool is_written(const Proto *p, uint32_t node, uint32_t slot)
{
    return trace_written(p, &p->nodes[node])[slot / 64] >> slot % 64 & 1;
}

/* Where a function may be traced while another runs. A loop's variable and a local
 * function are active before they are there. */
static bool is_call(const Node *n) { return n->kind >= N_CALL_0 && n->kind <= N_CALL_OPEN; }

/* Parameters at the start, and every active local variable at every call. */
static void check_proto(const Proto *p)
{
    for (uint32_t i = 0; i < p->params; i++) ck_assert(is_written(p, 0, i));
    for (uint32_t i = p->params; i < proto_frame(p); i++) ck_assert(!is_written(p, 0, i));
    for (uint32_t i = 0; i < p->local_count; i++) {
        const ProtoLocal *l = &p->locals[i];
        for (uint32_t n = l->start; n < l->end; n++)
            ck_assert_msg(!is_call(&p->nodes[n]) || is_written(p, n, l->slot), "%s at node %u",
                          l->name->data, n);
    }
    for (uint32_t i = 0; i < p->proto_count; i++) check_proto(p->protos[i]);
}

START_TEST(every_active_local_is_written)
{
    Machine *M = machine_begin(*world);
    check_proto(compile(M, programs[_i])->proto);
    machine_end(M);
}
END_TEST

START_TEST(what_is_not_yet_written_is_not_looked_at)
{
    Machine *M = machine_begin(*world);
    const Proto *p = compile(M, "local a, b = f(1), g(2) return a + b")->proto;
    uint32_t calls = 0;
    for (uint32_t i = 0; i < p->node_count; i++) {
        if (p->nodes[i].kind != N_CALL_1) continue;
        ck_assert_int_eq(is_written(p, i, 0), calls == 1); /* a */
        ck_assert(!is_written(p, i, 1));                   /* b */
        ck_assert(is_written(p, i, p->nodes[i].a - 1u) && is_written(p, i, p->nodes[i].a));
        ck_assert(!is_written(p, i, p->nodes[i].a - 2u));
        ck_assert(!is_written(p, i + 1, p->nodes[i].a));
        calls++;
    }
    ck_assert_uint_eq(calls, 2);
    machine_end(M);
}
END_TEST

/* Traces anywhere -------------------------------------------------------------------- */

static void trace_paused(Machine *M)
{
    const CoBody *b = heap_coroutine(&M->run, M->run.co);
    M->segment = b->segment;
    StackTop top = {b->segment, b->segment->slots + b->fp, b->node, b->open};
    TraceRoots roots = trace_roots(M, &top);
    trace_run(&M->run, &roots);
}

/* A weak table sees whether all that the trace takes for dead is so. */
START_TEST(traces_disturb_nothing)
{
    for (uint64_t portion = 1; portion <= 7; portion += 2) {
        Machine *M = machine_begin(*world);
        const String *want =
            result(M, eval_call(M, value_object(compile(M, programs[_i])), NULL, 0));
        machine_end(M);
        M = machine_begin(*world);
        Closure *f = compile(M, programs[_i]);
        eval_set_budget(M, portion);
        RunStatus status = eval_call(M, value_object(f), NULL, 0);
        while (status == RUN_PAUSED) {
            trace_paused(M);
            eval_set_budget(M, portion);
            status = eval_resume_paused(M);
        }
        const String *got = result(M, status);
        ck_assert_msg(string_equal(want, got), "%s: %.*s, not %.*s", programs[_i],
                      (int)got->length, got->data, (int)want->length, want->data);
        machine_end(M);
    }
}
END_TEST

/* The heap map ----------------------------------------------------------------------- */

enum { FRAMES = 20000, ALIVE = 50 };

/* A state for every frame, in which older objects are written, and die. */
START_TEST(heap_map_stays_small)
{
    State **s = mem_try_alloc_root(sizeof *s);
    *s = run_in(*world, "list, n = {}, 0 "
                        "function frame() n = n + 1 for i = 1, #list do "
                        "list[i].age = (list[i].age or 0) + 1 end "
                        "table.insert(list, {born = n, f = function() n = n end}) "
                        "if #list > 50 then table.remove(list, 1) end "
                        "end function check() local sum = 0 for i = 1, #list do "
                        "assert(list[i].born + (list[i].age or 0) == n) sum = sum + 1 end "
                        "return sum end");
    uint32_t most = 0;
    for (int i = 0; i < FRAMES; i++) {
        Machine *M = machine_begin(*s);
        Value f = run_get_field(&M->run, M->run.world->globals, "frame");
        result(M, eval_call(M, f, NULL, 0));
        *s = machine_snapshot(M);
        machine_end(M);
        if ((*s)->heap.count > most) most = (*s)->heap.count;
    }
    ck_assert_int_eq(number_in(*s, "return check()"), ALIVE);
    ck_assert_uint_lt(most, 2000);
    mem_free_root(s);
}
END_TEST

static State *purged(const State *s)
{
    Machine *M = machine_begin(s);
    M->run.co = M->run.world->main;
    TraceRoots roots = trace_roots(M, NULL);
    trace_purge(&M->run, &roots);
    M->run.co = NULL;
    State *after = machine_snapshot(M);
    machine_end(M);
    return after;
}

/* What is seen weakly, or by finalizers only, stays as it was last written. */
START_TEST(no_program_notices_a_purge)
{
    State *s = run_in(*world, "w = setmetatable({}, {__mode = 'v'}) w[1] = {n = 1} t = {n = 1} "
                              "f = setmetatable({n = 1}, {__gc = function(o) seen = o.n end})");
    s = run_in(s, "w[1].n = 2 f.n = 3 f = nil t.n = 4 t = nil");
    State *p = purged(s);
    ck_assert_uint_lt(p->heap.count, s->heap.count);
    ck_assert_uint_eq(p->counted, s->counted);
    ck_assert_int_eq(number_in(p, "return w[1].n"), 2);
    ck_assert_int_eq(number_in(p, "collectgarbage() return w[1] and 0 or seen"), 3);
}
END_TEST

/* Older states ----------------------------------------------------------------------- */

static int64_t weak_count(const State *s)
{
    return number_in(s, "local c = 0 for _ in pairs(w) do c = c + 1 end return c");
}

/* Each step adds weakly held objects, or drops strong references, or collects. */
START_TEST(old_states_keep_their_weak_entries)
{
    enum { STEPS = 60 };
    static const char *const modes[] = {"k", "v", "kv"};
    static const char *const steps[] = {
        "local o = {} strong[#strong + 1] = o n = n + 1 w[mode == 'v' and n or o] = o",
        "for i = 1, 5 do n = n + 1 w[mode == 'v' and n or {}] = {} end",
        "table.remove(strong)",
        "collectgarbage()",
    };
    char source[200];
    struct {
        State *state;
        int64_t count;
    } *old = mem_try_alloc_root(STEPS * sizeof *old);
    snprintf(source, sizeof source,
             "mode, n = '%s', 0 w, strong = setmetatable({}, {__mode = mode}), {}", modes[_i]);
    State *s = run_in(*world, source);
    srand(1);
    for (int i = 0; i < STEPS; i++) {
        s = run_in(s, steps[rand() % 4]);
        old[i].state = s;
        old[i].count = weak_count(s);
    }
    s = run_in(s, "collectgarbage()");
    ck_assert_int_eq(weak_count(s), number_in(s, "return #strong"));
    for (int i = 0; i < STEPS; i++) {
        ck_assert_int_eq(weak_count(old[i].state), old[i].count);
        State *swept = run_in(old[i].state, "collectgarbage()");
        ck_assert_int_eq(weak_count(swept), number_in(swept, "return #strong"));
        ck_assert_int_eq(weak_count(old[i].state), old[i].count);
    }
    mem_free_root(old);
}
END_TEST

/* A finalizer that one fork has called waits in the other. */
START_TEST(forks_finalize_for_themselves)
{
    State *s = run_in(*world, "n = 0 setmetatable({}, {__gc = function() n = n + 1 end})");
    State *a = run_in(s, "collectgarbage() collectgarbage()");
    State *b = run_in(s, "local x");
    ck_assert_int_eq(number_in(a, "return n"), 1);
    ck_assert_int_eq(number_in(b, "return n"), 0);
    ck_assert_int_eq(number_in(b, "collectgarbage() return n"), 1);
}
END_TEST

/* The same program traces at the same steps, whatever else the process has done. */
START_TEST(traces_are_deterministic)
{
    static const char source[] =
        "local w, n, log = setmetatable({}, {__mode = 'v'}), 0, {} "
        "for i = 1, 400000 do local garbage = {} if not w[1] then w[1] = {} log[#log + 1] = i "
        "end end "
        "local h = 0 for i = 1, #log do h = (h * 31 + log[i]) % 1000003 end "
        "return h * 1000 + #log % 1000";
    int64_t first = number_in(*world, source);
    mem_collect();
    for (int i = 0; i < 100; i++) string_new("some garbage in between", 20 + (size_t)i % 3);
    ck_assert_int_eq(number_in(*world, source), first);
    ck_assert_int_gt(first % 1000, 1);
}
END_TEST

static int body_has_a_stack(Machine *M, Value *a, int n)
{
    (void)a, (void)n;
    NATIVE_RETURN(value_boolean(heap_coroutine(&M->run, M->run.co)->segment != NULL));
}

/* Its contents as they were are put aside for own snapshots: they must not hold old stacks. */
START_TEST(who_runs_has_no_copy_of_its_stack)
{
    static const char source[] =
        "local take = require 'state'.snapshot "
        "local function deep(n) if n > 0 then return deep(n - 1) + 0 end "
        "local s = take() assert(not body_has_a_stack()) return 0 end "
        "deep(100) deep(100) coroutine.wrap(function() deep(100) end)() return 'well'";
    Machine *M = machine_begin(*world);
    run_set_field(
        &M->run, M->run.world->globals, "body_has_a_stack",
        value_object(run_new_native(&M->run, body_has_a_stack, "body_has_a_stack", 0)));
    const String *s = result(M, eval_call(M, value_object(compile(M, source)), NULL, 0));
    ck_assert_uint_eq(s->length, 4);
    ck_assert_mem_eq(s->data, "well", 4);
    machine_end(M);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *t = tcase_create("trace");
    tcase_add_unchecked_fixture(t, make_world, NULL);
    tcase_add_loop_test(t, every_active_local_is_written, 0, PROGRAMS);
    tcase_add_test(t, what_is_not_yet_written_is_not_looked_at);
    tcase_add_loop_test(t, traces_disturb_nothing, 0, PROGRAMS);
    tcase_add_test(t, heap_map_stays_small);
    tcase_add_test(t, no_program_notices_a_purge);
    tcase_add_loop_test(t, old_states_keep_their_weak_entries, 0, 3);
    tcase_add_test(t, forks_finalize_for_themselves);
    tcase_add_test(t, traces_are_deterministic);
    tcase_add_test(t, who_runs_has_no_copy_of_its_stack);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
