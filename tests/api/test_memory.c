/* SPDX-License-Identifier: MIT */
/* What states take: moonlet_memory. */
#include "api_test.h"

static moonlet_memory_use alone(const moonlet_state *s) { return moonlet_memory(s, NULL); }

/* What a source adds to a state that takes it. */
static moonlet_memory_use added(const char *source)
{
    moonlet_state *before = moonlet_init(), *s = world(source);
    moonlet_memory_use m = moonlet_memory(s, before);
    ck_assert_uint_eq(moonlet_memory(before, s).shared, m.shared);
    m.bytes -= m.shared;
    moonlet_release(before);
    moonlet_release(s);
    return m;
}

START_TEST(a_state_shares_all_with_itself)
{
    moonlet_state *s = world("t = {1, 2, x = {}}"), *fork = moonlet_retain(s);
    moonlet_memory_use m = moonlet_memory(s, fork);
    ck_assert_uint_gt(m.bytes, 1000);
    ck_assert_uint_eq(m.shared, m.bytes);
    ck_assert_uint_eq(alone(s).shared, 0);
    ck_assert_uint_eq(alone(s).bytes, m.bytes);
    ck_assert_uint_eq(alone(s).objects, m.objects);
    moonlet_release(fork);
    moonlet_release(s);
}
END_TEST

/* The record of the state, the path to a new global; arrays and maps have room to grow. */
enum { RECORDS = 3000 };

static void assert_near(const char *what, uint64_t found, uint64_t bytes)
{
    ck_assert_msg(found >= bytes && found <= 2 * bytes + RECORDS, "%s: %d, not %d", what,
                  (int)found, (int)bytes);
}

static void assert_added(const char *source, uint64_t bytes)
{
    assert_near(source, added(source).bytes, bytes);
}

START_TEST(bytes_are_those_of_the_contents)
{
    assert_added("x = 1", 0);
    assert_added("s = ('x'):rep(100000)", 100000);
    assert_added("t = {} for i = 1, 10000 do t[i] = i end", 80000);
    assert_added("t = {} for i = 1, 100 do t[i] = {} end", 100 * 64);
    assert_added("t = {} for i = 1, 1000 do t[-i] = i end", 1000 * 8);
    assert_added("t = {} for i = 1, 1000 do t[-i * 100] = i end", 1000 * 16);
    assert_added("t = {} for i = 1, 1000 do t[i] = coroutine.create(print) end", 1000 * 150);
    assert_added("local s = ('x'):rep(10000) f = function() return s end", 10000);
    assert_added("local s = 1 f = function() s = s .. ('x'):rep(9000) end f()", 9000);
}
END_TEST

START_TEST(garbage_does_not_count)
{
    assert_added("s = ('x'):rep(100000) s = nil", 0);
    assert_added("t = setmetatable({}, {__mode = 'v'}) t[1] = {('x'):rep(9000)}", 0);
    assert_added("t = setmetatable({}, {__mode = 'k'}) t[{}] = {('x'):rep(9000)}", 0);
    assert_added("t = setmetatable({}, {__mode = 'k'}) t[_G] = {('x'):rep(9000)}", 9000);
}
END_TEST

START_TEST(suspended_and_paused_programs_count)
{
    assert_added("co = coroutine.wrap(function(s) coroutine.yield() return s end)"
                 "co(('x'):rep(50000))",
                 50000);
    moonlet_limits limits = {.steps = 1000000};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    uint64_t before = alone(s).bytes;
    moonlet_result r = moonlet_do(limited, "local t = ('x'):rep(40000)\n"
                                           "coroutine.wrap(function()\n"
                                           "  local u = ('y'):rep(50000)\n"
                                           "  coroutine.wrap(function()\n"
                                           "    local v = ('z'):rep(60000)\n"
                                           "    while #v > 0 do end\n"
                                           "  end)()\n"
                                           "  return #u\n"
                                           "end)()\n"
                                           "return #t");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    assert_near("paused", alone(r.state).bytes - before, 150000);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

START_TEST(a_fork_shares_what_it_has_not_changed)
{
    moonlet_state *s = world("t = {} for i = 1, 1000 do t[i] = {x = i, y = i} end");
    moonlet_state *fork = after(moonlet_retain(s), "t[500].x = 0");
    moonlet_memory_use m = moonlet_memory(fork, s);
    ck_assert_uint_lt(m.bytes - m.shared, 1000);
    ck_assert_uint_gt(m.shared, 100000);
    ck_assert_uint_eq(m.entries, alone(s).entries + 1);
    moonlet_release(fork);
    moonlet_release(s);
}
END_TEST

START_TEST(entries_are_objects_written_later)
{
    moonlet_state *s = world("t = {} for i = 1, 100 do t[i] = {} end");
    uint64_t before = alone(s).entries;
    s = after(s, "for i = 1, 100 do t[i].x = 1 end");
    ck_assert_uint_eq(alone(s).entries, before + 100);
    s = after(s, "for i = 1, 100 do t[i].x = 2 end");
    ck_assert_uint_eq(alone(s).entries, before + 100);
    s = after(s, "t = nil collectgarbage()");
    ck_assert_uint_eq(alone(s).entries, before);
    moonlet_release(s);
}
END_TEST

/* Objects that were made together are near each other in the heap map: 200 in a row cost
 * few paths through it, 200 far apart cost one each. */
START_TEST(neighbours_share_a_path)
{
    moonlet_state *s = world("t = {} for i = 1, 8000 do t[i] = {x = 1} end");
    s = after(s, "for i = 1, 8000 do t[i].x = 2 end");
    moonlet_state *near = after(moonlet_retain(s), "for i = 401, 600 do t[i].x = 3 end");
    moonlet_state *far = after(moonlet_retain(s), "for i = 1, 200 do t[i * 40].x = 3 end");
    moonlet_memory_use n = moonlet_memory(near, s), f = moonlet_memory(far, s);
    ck_assert_uint_lt(4 * (n.bytes - n.shared), 3 * (f.bytes - f.shared));
    moonlet_release(far);
    moonlet_release(near);
    moonlet_release(s);
}
END_TEST

/* The sweep is made by the run that makes it due, not by each fork of what it leaves; what
 * the run answers is still there. */
START_TEST(a_run_sweeps_at_its_end)
{
    moonlet_state *s = world("t = {} for i = 1, 3000 do t[i] = {} end");
    moonlet_result r = moonlet_do(s, "for i = 1, 3000 do t[i].x = i end "
                                     "local last = t[3000] t = nil return last, 7");
    assert_ok(r);
    ck_assert_uint_lt(alone(r.state).entries, 10);
    moonlet_value keys[] = {moonlet_text("x")};
    moonlet_result x = moonlet_get_keys(r.state, r.values[0], keys, 1);
    assert_number(x.values[0], 3000);
    assert_number(r.values[1], 7);
    moonlet_release(x.state);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

/* Measuring changes nothing, and a program can be measured while it runs. */
static int measure_itself(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_memory_use m = moonlet_memory(moonlet_context_state(c), NULL);
    moonlet_value v = moonlet_number((double)m.bytes);
    return moonlet_return(c, &v, 1);
}

/* A frame that measures is copied out of its segment; that of one who waits is not. */
START_TEST(a_running_program_is_measured)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_new_function(s, "measure", measure_itself, NULL);
    r = moonlet_set(r.state, "measure", r.values[0]);
    s = moonlet_next(s, &r);
    s = after(s, "local before = measure()\n"
                 "local s = ('x'):rep(30000)\n"
                 "local co = coroutine.wrap(function() return measure() end)\n"
                 "grown = co() - before\n"
                 "assert(grown >= 30000 and grown < 50000 and #s == 30000, grown)\n");
    moonlet_release(s);
}
END_TEST

/* A world whose objects come and go while the collector marks in slices: nothing that is
 * kept is lost. */
START_TEST(pauses_can_be_limited)
{
    enum { KEPT = 50, FRAMES = 3000 };
    moonlet_state *kept[KEPT] = {0};
    moonlet_limit_pauses(1);
    moonlet_state *s = world("objects, now = {}, 0\n"
                             "function frame()\n"
                             "  now = now + 1\n"
                             "  for k = 1, 20 do\n"
                             "    local born, i = now, (now * 20 + k) % 1000 + 1\n"
                             "    objects[i] = {born = born, text = 'born ' .. born,\n"
                             "      co = coroutine.wrap(function()\n"
                             "        while true do coroutine.yield(born) end\n"
                             "      end)}\n"
                             "  end\n"
                             "end\n"
                             "function check()\n"
                             "  local n = 0\n"
                             "  for _, o in pairs(objects) do\n"
                             "    assert(o.text == 'born ' .. o.born and o.co() == o.born)\n"
                             "    assert(now - o.born < 50)\n"
                             "    n = n + 1\n"
                             "  end\n"
                             "  return now\n"
                             "end\n");
    uint64_t before = moonlet_collector_pauses().count;
    for (int i = 0; i < FRAMES; i++) {
        moonlet_release(kept[i % KEPT]);
        kept[i % KEPT] = moonlet_retain(s);
        s = after(s, "frame()");
    }
    ck_assert_uint_ge(moonlet_collector_pauses().count, before);
    for (int i = 0; i < KEPT; i++) {
        ck_assert_double_ge(number_in(kept[i], "check()"), FRAMES - KEPT);
        moonlet_release(kept[i]);
    }
    moonlet_release(s);
}
END_TEST

/* Entries of garbage leave the heap map; what is only weakly reachable is no garbage yet. */
/* Texts of more than 256 KB keep their trees; a tree must not keep the one before it. */
START_TEST(loaded_chunks_do_not_pile_up)
{
    if (moonlet_collector_pauses().count == 0) moonlet_collect();
    if (moonlet_collector_pauses().count == 0) return; /* everything is kept */
    moonlet_release(world("local text = ('f(x, y)\\n'):rep(40000)\n"
                          "for i = 1, 25 do assert(load(text .. '--' .. i)) end"));
    ck_assert_uint_lt(moonlet_bytes_held(), 100 << 20);
}
END_TEST

START_TEST(sweeps_are_not_noticed)
{
    moonlet_state *s = world("collectgarbage('setpause', 1000) "
                             "t = {} for i = 1, 4000 do t[i] = {0} end "
                             "kept = {0} weak = setmetatable({kept}, {__mode = 'v'}) "
                             "gone = setmetatable({0}, {__gc = function() done = true end})");
    s = after(s, "kept[1] = 7 kept = nil gone[1] = 7 gone = nil "
                 "for i = 1, 2600 do t[i][1] = 1 t[i] = 0 end");
    uint64_t entries = alone(s).entries;
    ck_assert_uint_lt(entries, 500);
    s = after(s, "for i = 2601, 3600 do t[i][1] = 1 end");
    ck_assert_uint_ge(alone(s).entries, 1000);
    ck_assert_double_eq(number_in(s, "weak[1] and weak[1][1] or 0"), 7);
    ck_assert_double_eq(number_in(s, "done and 1 or 0"), 0);
    ck_assert_double_eq(number_in(s, "collectgarbage() == 0 and weak[1] and 1 or 0"), 0);
    ck_assert_double_eq(number_in(s, "collectgarbage() == 0 and done and 1 or 0"), 1);
    moonlet_release(s);
}
END_TEST

/* Whether the thread has a segment left for a coroutine to run in is no part of the state. */
START_TEST(coroutines_count_the_same_again)
{
    moonlet_state *s =
        world("c = coroutine.wrap(function() while true do coroutine.yield() end "
              "end) c()");
    const char *used = "(function() c() return collectgarbage('count') end)()";
    double first = number_in(s, used);
    ck_assert_double_eq(number_in(s, used), first);
    moonlet_release(s);
}
END_TEST

/* To suspend one gives back what it ran in. */
START_TEST(resuming_counts_little)
{
    moonlet_state *s =
        world("c = coroutine.wrap(function() while true do coroutine.yield() end "
              "end) c()");
    ck_assert_double_lt(number_in(s, "(function() local a = collectgarbage('count') "
                                     "for i = 1, 100 do c() end "
                                     "return collectgarbage('count') - a end)()"),
                        20);
    moonlet_release(s);
}
END_TEST

/* The old contents of x, which an early snapshot's log holds on to without need, have
 * snapshots in them, whose logs do the same. */
START_TEST(snapshots_in_old_contents_do_not_pile_up)
{
    moonlet_collect();
    bool collects = moonlet_collector_pauses().count > 0; /* else everything is kept */
    moonlet_state *s = world(collects ? "rounds = 150000" : "rounds = 1000");
    s = after(s, "local take, x = require 'state'.snapshot, {s = false}\n"
                 "local first, t, d = take(), {}\n"
                 "for i = 1, 100 do t[i] = {0} end\n"
                 "for i = 1, rounds do\n"
                 "  x.s = nil d = nil x.s = take() d = take() d = nil d = take()\n"
                 "  for j = 1, 100 do t[j][1] = i end\n"
                 "end");
    /* of 15 million contents of tables, in a heap that grows as the machine is busy */
    if (collects) ck_assert_uint_lt(moonlet_bytes_held(), 256 << 20);
    moonlet_release(s);
}
END_TEST

/* A collection comes when there is time for it, and not again before there is need. */
START_TEST(idle_time_is_for_collections)
{
    moonlet_state *s = world("t = {} for i = 1, 20000 do t[i] = {i} end "
                             "function f() for i = 1, 2000 do t[i] = {i} end end");
    const uint64_t ever = UINT64_MAX; /* a busy machine's last pause may have been any time */
    for (int i = 0; i < 3; i++) s = after(s, "f()");
    moonlet_collect();
    uint64_t collected = moonlet_collector_pauses().count;
    ck_assert(!moonlet_idle(ever));
    int idle = 0;
    for (int i = 0; i < 200; i++) {
        s = after(s, "f()");
        ck_assert(!moonlet_idle(0));
        uint64_t before = moonlet_collector_pauses().count;
        if (!moonlet_idle(ever)) continue;
        idle++;
        ck_assert_uint_eq(moonlet_collector_pauses().count, before + 1);
        ck_assert(!moonlet_idle(ever));
    }
    ck_assert(!collected || idle > 0);
    ck_assert_int_lt(idle, 200);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("memory");
    tcase_add_test(t, sweeps_are_not_noticed);
    tcase_add_test(t, loaded_chunks_do_not_pile_up);
    tcase_add_test(t, snapshots_in_old_contents_do_not_pile_up);
    tcase_add_test(t, a_state_shares_all_with_itself);
    tcase_add_test(t, bytes_are_those_of_the_contents);
    tcase_add_test(t, garbage_does_not_count);
    tcase_add_test(t, suspended_and_paused_programs_count);
    tcase_add_test(t, a_fork_shares_what_it_has_not_changed);
    tcase_add_test(t, entries_are_objects_written_later);
    tcase_add_test(t, neighbours_share_a_path);
    tcase_add_test(t, a_run_sweeps_at_its_end);
    tcase_add_test(t, a_running_program_is_measured);
    tcase_add_test(t, coroutines_count_the_same_again);
    tcase_add_test(t, resuming_counts_little);
    tcase_add_test(t, idle_time_is_for_collections);
    tcase_add_test(t, pauses_can_be_limited);
    return run_suite(t);
}
