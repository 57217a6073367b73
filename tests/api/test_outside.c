/* SPDX-License-Identifier: MIT */
/*
 * What is outside of states (files, processes, resources of the host) is given back when no
 * state has it any more, and not before. Where memory is never collected, nothing is.
 */
#include "api_test.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Twice, as the collector sees what lies in registers and stale frames, too. */
static void collect(void)
{
    moonlet_collect();
    moonlet_release(world("local t = {} for i = 1, 200 do t[i] = {i} end"));
    moonlet_collect();
}

static bool collects(void)
{
    moonlet_pauses before = moonlet_collector_pauses();
    moonlet_collect();
    return moonlet_collector_pauses().count > before.count;
}

static int open_files(void)
{
    int count = 0;
    DIR *d = opendir("/proc/self/fd");
    if (!d) return 0;
    while (readdir(d)) count++;
    closedir(d);
    return count;
}

/* Leaves what a function kept on the C stack. */
static __attribute__((noinline)) void times(int n, void (*each)(const char *), const char *what)
{
    for (int i = 0; i < n; i++) each(what);
}

/* Files ---------------------------------------------------------------------------------- */

static void run_and_forget(const char *source)
{
    moonlet_state *s = moonlet_init();
    moonlet_release(moonlet_do(s, source).state);
    moonlet_release(s);
}

static const char *const losses[] = {
    "f = io.open'/dev/null'",
    "f = io.open'/dev/null' error'x'",
    "local f = io.open'/dev/null' local t = {} t.t = t t.f = f",
    "for line in io.lines('/dev/zero', 1) do return end",
    "f = io.tmpfile()",
    "local state = require'state'\n"
    "state.fork(function() f = io.open'/dev/null' return 1 end)\n"
    "state.try(function() f = io.open'/dev/null' error'x' end)",
    "f = io.open'/dev/null' local s = require'state'.snapshot() f = nil",
    "co = coroutine.wrap(function() local f = io.open'/dev/null' coroutine.yield() end) co()",
};

START_TEST(lost_files_are_closed)
{
    if (!collects()) return;
    int before = open_files();
    times(3000, run_and_forget, losses[_i]);
    ck_assert_int_lt(open_files(), before + 600);
    collect();
    collect();
    ck_assert_int_lt(open_files(), before + 20);
}
END_TEST

/* In one run, at which no other ends. */
static const char *const loops[] = {
    "for i = 1, 3000 do f = assert(io.open'/dev/null') end",
    "for i = 1, 3000 do for line in io.lines('/dev/zero', 1) do break end end",
    "for i = 1, 3000 do f = assert(io.tmpfile()) end",
    "local state = require'state'\n"
    "for i = 1, 3000 do state.fork(function() f = assert(io.open'/dev/null') return 1 end) end",
    "collectgarbage'stop' local state = require'state'\n"
    "for i = 1, 3000 do state.try(function() f = assert(io.open'/dev/null') error'x' end) end",
    "local state = require'state'\n"
    "for i = 1, 3000 do f = assert(io.open'/dev/null') state.snapshot() end",
    "for i = 1, 3000 do f = assert(loadfile'/dev/null') io.open'/dev/null' end",
};

static bool ends_well(const char *source)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, source);
    bool well = r.status == MOONLET_OK;
    moonlet_release(r.state);
    moonlet_release(s);
    return well;
}

/* At few descriptors each must go well, time and again: nothing that only a stale word keeps
 * may hold them all. */
START_TEST(few_descriptors_are_enough)
{
    if (!collects()) return;
    static const rlim_t most[] = {40, 900};
    int failed = 0;
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){most[i % 2], 4096}), 0);
        failed += !ends_well(loops[_i]);
        collect();
    }
    ck_assert_int_le(failed, 1); /* that it holds some can be */
}
END_TEST

START_TEST(files_that_a_state_has_stay_open)
{
    char path[] = "/tmp/moonlet-test-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, "a\nb\nc\n", 6), 6);
    close(fd);
    char source[200];
    snprintf(source, sizeof source, "f = io.open('%s') g = f:lines() t = {f}", path);
    moonlet_state *s = world(source);
    moonlet_state *fork = after(moonlet_retain(s), "f, g = nil collectgarbage()");
    for (int i = 0; i < 300; i++) run_and_forget(losses[0]);
    collect();
    s = after(s, "assert(f:read() == 'a' and g() == 'b')");
    moonlet_release(s);
    collect();
    fork = after(fork, "assert(t[1]:read() == 'c')");
    moonlet_release(fork);
    unlink(path);
}
END_TEST

START_TEST(lost_processes_are_reaped)
{
    if (!collects()) return;
    times(40, run_and_forget, "f = io.popen('exit 3')");
    collect();
    collect();
    siginfo_t info;
    int left = 0, how = WEXITED | WNOHANG | WNOWAIT;
    for (int i = 0; i < 2000 && (left = waitid(P_ALL, 0, &info, how)) == 0; i++) usleep(10000);
    ck_assert_int_eq(left, -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* Types of the host ----------------------------------------------------------------------- */

typedef struct Thing {
    int number;
    int generation;
} Thing;

static int made, finalized;
static int alive[100000];

static void thing_copy(void *to, const void *from, size_t size)
{
    ck_assert_uint_eq(size, sizeof(Thing));
    Thing *thing = to;
    ck_assert_int_eq(thing->number, ((const Thing *)from)->number);
    thing->number = made++;
    thing->generation++;
    alive[thing->number] = 1;
}

static void thing_finalize(void *bytes, size_t size)
{
    ck_assert_uint_eq(size, sizeof(Thing));
    const Thing *thing = bytes;
    ck_assert_int_eq(alive[thing->number], 1);
    alive[thing->number] = 0;
    finalized++;
}

static int thing_gc(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value t = moonlet_context_globals(c), gcs = moonlet_text("gcs");
    double n = 0;
    ck_assert_uint_eq(count, 1);
    moonlet_to_number(moonlet_context_get(c, t, gcs), &n);
    moonlet_context_set(c, t, gcs, moonlet_number(n + 1));
    return moonlet_return(c, NULL, 0);
}

static const moonlet_entry thing_methods[] = {{"__gc", thing_gc, NULL, NULL, false}, {NULL}};
static const moonlet_type_info shared_type = {.name = "thing",
                                              .size = sizeof(Thing),
                                              .methods = thing_methods,
                                              .finalize = thing_finalize};
static const moonlet_type_info own_type = {.name = "own thing",
                                           .size = sizeof(Thing),
                                           .copy = thing_copy,
                                           .methods = thing_methods,
                                           .finalize = thing_finalize};

static int new_thing(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_type_info *type = moonlet_context_user(c);
    Thing thing = {made++, 0};
    alive[thing.number] = 1;
    return moonlet_return_one(c, moonlet_context_new_userdata(c, type, &thing));
}

static int touch(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_type_info *type = moonlet_context_user(c);
    const Thing *thing = moonlet_context_userdata_write(c, args[0], type);
    ck_assert_ptr_nonnull(thing);
    ck_assert_int_eq(alive[thing->number], 1);
    return moonlet_return_one(c, moonlet_number(thing->generation));
}

static moonlet_state *with_things(const moonlet_type_info *type)
{
    const moonlet_entry entries[] = {{"new", new_thing, NULL, (void *)type, false},
                                     {"touch", touch, NULL, (void *)type, false},
                                     {0}};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "thing", entries);
    return moonlet_next(s, &r);
}

static void lose_things(const char *source)
{
    moonlet_state *s = with_things(source[0] == 'o' ? &own_type : &shared_type);
    s = after(s, source[0] == 'o' ? "own = thing.new() thing.touch(own)"
                                  : "shared = thing.new() thing.touch(shared)");
    moonlet_state *fork = after(moonlet_retain(s), source);
    moonlet_release(s);
    moonlet_release(fork);
}

/* Each of them once, and none that is reachable. */
START_TEST(what_no_state_has_is_finalized)
{
    static const char *const sources[] = {
        "shared = {thing.new(), shared} thing.touch(shared[2])",
        "own = {thing.new(), own} thing.touch(own[2]) local s = require'state'\n"
        "s.fork(function() thing.touch(own[2]) return 1 end)"};
    if (!collects()) return;
    moonlet_state *kept = with_things(&own_type);
    kept = after(kept, "t = {} for i = 1, 100 do t[i] = thing.new() end");
    moonlet_state *fork =
        after(moonlet_retain(kept), "for i = 1, 100 do thing.touch(t[i]) end");
    for (int i = 0; i < 2; i++) times(1000, lose_things, sources[i]);
    collect();
    collect();
    ck_assert_int_ge(made, 6000);
    ck_assert_int_le(finalized, made - 200);
    ck_assert_int_ge(finalized, made - 200 - 20);
    kept = after(kept, "for i = 1, 100 do assert(thing.touch(t[i]) == 1) end");
    fork = after(fork, "for i = 1, 100 do assert(thing.touch(t[i]) == 2) end");
    moonlet_release(kept);
    moonlet_release(fork);
    collect();
    collect();
    ck_assert_int_ge(finalized, made - 20);
}
END_TEST

static int count_finalized(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_collect();
    moonlet_collect();
    return moonlet_return_one(c, moonlet_number(finalized));
}

/* What items of a map have made is gone while others are at work, if their results are numbers
 * or texts: the last item of 100 counts what is left of the others'. */
START_TEST(items_do_not_hold_what_they_have_made)
{
    static const char items[] =
        "inputs = {} for i = 1, 100 do inputs[i] = i end\n"
        "function item(i)\n"
        "  keep = {} for k = 1, 10 do keep[k] = thing.new() end\n"
        "  return i == 100 and thing.count() or tostring(i)\n"
        "end\n"
        "function within() return require'state'.map(item, inputs, {threads = 1})[100] end";
    if (!collects()) return;
    const moonlet_entry count[] = {{"count", count_finalized, NULL, NULL, false}, {0}};
    moonlet_state *s = with_things(&shared_type);
    moonlet_result r = moonlet_load_module(s, "counter", count);
    s = after(moonlet_next(s, &r), items);
    s = after(s, "thing.count = counter.count");
    int before = finalized;
    ck_assert_double_ge(number_in(s, "within()") - before, 800);
    moonlet_value inputs[100];
    for (int i = 0; i < 100; i++) inputs[i] = moonlet_number(i + 1);
    before = finalized;
    moonlet_map_options one = {.threads = 1};
    moonlet_items all = moonlet_map(s, moonlet_global(s, "item"), inputs, 100, &one);
    ck_assert_uint_eq(all.failed, 0);
    double left = 0;
    ck_assert(moonlet_to_number(all.items[99].values[0], &left));
    ck_assert_double_ge(left - before, 800);
    assert_bytes(all.items[41].values[0], "42");
    moonlet_items_release(&all);
    moonlet_release(s);
}
END_TEST

/* Lua's, in each state by itself. */
START_TEST(gc_among_methods_is_called)
{
    moonlet_state *s = with_things(_i ? &own_type : &shared_type);
    s = after(s, "gcs = 0 x = thing.new() for i = 1, 10 do thing.new() end collectgarbage()");
    ck_assert_double_eq(number_in(s, "gcs"), 10);
    moonlet_result r = moonlet_new_userdata(s, _i ? &own_type : &shared_type, &(Thing){0, 0});
    made++;
    s = moonlet_next(s, &r);
    moonlet_state *fork = after(moonlet_retain(s), "x = nil collectgarbage()");
    ck_assert_double_eq(number_in(fork, "gcs"), 12);
    ck_assert_double_eq(number_in(s, "gcs"), 10);
    s = after(s, "for i = 1, 100000 do y = {} end x = nil\n"
                 "for i = 1, 100000 do y = {} end assert(gcs == 12)");
    moonlet_release(s);
    moonlet_release(fork);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("outside");
    tcase_add_loop_test(t, lost_files_are_closed, 0, sizeof losses / sizeof *losses);
    tcase_add_loop_test(t, few_descriptors_are_enough, 0, sizeof loops / sizeof *loops);
    tcase_add_test(t, files_that_a_state_has_stay_open);
    tcase_add_test(t, lost_processes_are_reaped);
    tcase_add_test(t, what_no_state_has_is_finalized);
    tcase_add_test(t, items_do_not_hold_what_they_have_made);
    tcase_add_loop_test(t, gc_among_methods_is_called, 0, 2);
    return run_suite(t);
}
