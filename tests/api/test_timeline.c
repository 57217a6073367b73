/* SPDX-License-Identifier: MIT */
/*
 * Timelines: whatever is called and however they go back, they are in the worlds that plain
 * states come to by the same calls.
 */
#include "api_test.h"

#include <pthread.h>
#include <stdio.h>

#include "random_program.h"

/* call(source) runs a text; every world of the tests has it. */
static const char caller[] = "function call(source) return assert(load(source))() end\n";

static moonlet_result run(moonlet_timeline *t, const char *source)
{
    moonlet_value v = moonlet_string(source, strlen(source));
    return moonlet_timeline_call(t, "call", &v, 1);
}

static moonlet_result run_state(const moonlet_state *s, const char *source)
{
    moonlet_value v = moonlet_string(source, strlen(source));
    return moonlet_call_function(s, "call", &v, 1);
}

static moonlet_timeline *timeline(const char *source, size_t frames)
{
    moonlet_state *s = after(world(caller), source);
    moonlet_timeline *t = moonlet_timeline_begin(s, frames);
    moonlet_release(s);
    return t;
}

static double number_now(moonlet_timeline *t, const char *expression)
{
    moonlet_state *s = moonlet_timeline_state(t);
    double d = number_in(s, expression);
    moonlet_release(s);
    return d;
}

START_TEST(frames_go_on_and_back)
{
    moonlet_timeline *t = timeline("x = 0 t = {n = 0}", 10);
    for (int i = 1; i <= 5; i++) {
        moonlet_result r = run(t, "x = x + 1 t.n = t.n + 10 return x, t.n");
        assert_ok(r);
        ck_assert_ptr_null(r.state);
        assert_number(r.values[0], i);
        assert_number(r.values[1], 10 * i);
    }
    ck_assert_uint_eq(moonlet_timeline_frame(t), 5);
    ck_assert(moonlet_timeline_back(t, 2));
    ck_assert_uint_eq(moonlet_timeline_frame(t), 2);
    ck_assert_double_eq(number_now(t, "x + t.n"), 22);
    ck_assert(!moonlet_timeline_back(t, 3));
    assert_ok(run(t, "x = 'again' t = nil"));
    ck_assert(moonlet_timeline_back(t, 2));
    ck_assert_double_eq(number_now(t, "x + t.n"), 22);
    ck_assert(moonlet_timeline_back(t, 0));
    ck_assert_double_eq(number_now(t, "x + t.n"), 0);
    moonlet_timeline_end(t);
    moonlet_timeline_end(NULL);
}
END_TEST

START_TEST(only_so_many_frames_are_kept)
{
    moonlet_timeline *t = timeline("x = 0", 3);
    for (int i = 0; i < 10; i++) assert_ok(run(t, "x = x + 1"));
    ck_assert_uint_eq(moonlet_timeline_oldest(t), 7);
    ck_assert(!moonlet_timeline_back(t, 6));
    ck_assert(moonlet_timeline_back(t, 7));
    ck_assert_double_eq(number_now(t, "x"), 7);
    for (int i = 0; i < 2; i++) assert_ok(run(t, "x = x + 1"));
    ck_assert_uint_eq(moonlet_timeline_oldest(t), 7);
    ck_assert(moonlet_timeline_back(t, 7));
    moonlet_timeline_end(t);

    t = timeline("x = 0", 0);
    assert_ok(run(t, "x = 1"));
    ck_assert(!moonlet_timeline_back(t, 0));
    ck_assert(moonlet_timeline_back(t, 1));
    ck_assert_double_eq(number_now(t, "x"), 1);
    moonlet_timeline_end(t);
}
END_TEST

START_TEST(frames_are_kept_as_they_come)
{
    size_t most[] = {1, 6, 7, 8, 9, 15, 16, 17, 50, SIZE_MAX / sizeof(void *), SIZE_MAX};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        moonlet_timeline *t = timeline("x = 0", most[i]);
        for (uint64_t n = 1; n <= 60; n++) {
            assert_ok(run(t, "x = x + 1"));
            uint64_t oldest = n > most[i] ? n - most[i] : 0;
            ck_assert_uint_eq(moonlet_timeline_oldest(t), oldest);
            ck_assert(n % 7 || moonlet_timeline_back(t, n));
        }
        uint64_t oldest = moonlet_timeline_oldest(t);
        for (uint64_t n = 60; n-- > oldest;) {
            ck_assert(moonlet_timeline_back(t, n));
            ck_assert_double_eq(number_now(t, "x"), (double)n);
        }
        ck_assert(!moonlet_timeline_back(t, oldest - 1));
        moonlet_timeline_end(t);
    }
}
END_TEST

START_TEST(failures_change_nothing)
{
    moonlet_timeline *t = timeline("x = 1 t = {1, 2, 3} c = coroutine.wrap(function() "
                                   "local n = 0 while true do n = n + 1 coroutine.yield(n) end "
                                   "end)",
                                   4);
    assert_ok(run(t, "return c()"));
    moonlet_result r = run(t, "x = 2 t[2] = nil t[4] = 4 c() error({})");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_RUNTIME);
    ck_assert_str_eq(r.error->message, "(error object is a table value)");
    ck_assert_uint_eq(moonlet_timeline_frame(t), 1);
    r = moonlet_timeline_call(t, "no.such.thing", NULL, 0);
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    r = run(t, "return x, #t, t[2], c()");
    assert_ok(r);
    assert_number(r.values[0], 1);
    assert_number(r.values[1], 3);
    assert_number(r.values[2], 2);
    assert_number(r.values[3], 2);
    moonlet_timeline_end(t);
}
END_TEST

START_TEST(limits_change_nothing)
{
    moonlet_state *s = after(world(caller), "x = 1");
    moonlet_limits limits = {.steps = 1000};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_timeline *t = moonlet_timeline_begin(limited, 4);
    for (int i = 0; i < 3; i++) {
        moonlet_result r = run(t, "x = x + 1 while true do x = x + 1 end");
        ck_assert_int_eq(r.status, MOONLET_FAILED);
        ck_assert_int_eq(r.error->kind, MOONLET_ERROR_LIMIT);
        ck_assert_int_eq(r.limit, MOONLET_LIMIT_STEPS);
        ck_assert_str_eq(r.error->message, moonlet_limit_text(MOONLET_LIMIT_STEPS));
        ck_assert_uint_eq(r.steps, 1000);
        r = run(t, "x = x + 1 return x");
        assert_ok(r);
        assert_number(r.values[0], i + 2);
    }
    moonlet_timeline_end(t);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* What is paused stays so, and can go on in a state that the timeline gives. */
START_TEST(beside_a_paused_program)
{
    moonlet_state *s = after(world(caller), "x = 0 y = 0");
    moonlet_limits limits = {.steps = 100};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, "for i = 1, 1e6 do x = i end");
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    moonlet_timeline *t = moonlet_timeline_begin(r.state, 4);
    double before = number_in(r.state, "x");
    for (int i = 0; i < 3; i++) assert_ok(run(t, "y = y + 1"));
    ck_assert(moonlet_timeline_back(t, 2));
    moonlet_state *now = moonlet_timeline_state(t);
    ck_assert(moonlet_is_paused(now));
    ck_assert_double_eq(number_in(now, "y"), 2);
    moonlet_result more = moonlet_resume(now);
    ck_assert_int_eq(more.status, MOONLET_PAUSED);
    ck_assert(number_in(more.state, "x") > before);
    moonlet_release(more.state);
    moonlet_release(now);
    moonlet_timeline_end(t);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

static moonlet_timeline *within;
static moonlet_state *seen_within;

static int from_within(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    moonlet_timeline_end(within);
    ck_assert(!moonlet_timeline_back(within, 0));
    ck_assert_ptr_null(moonlet_timeline_state(within));
    moonlet_result r = run(within, "x = 'no'");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->kind, MOONLET_ERROR_HOST);
    ck_assert_str_eq(r.error->message, "the timeline is in the middle of a call");
    seen_within = moonlet_retain(moonlet_context_state(c));
    return moonlet_return(c, NULL, 0);
}

START_TEST(not_from_within_a_call)
{
    moonlet_state *s = after(world(caller), "x = 0");
    moonlet_result r = moonlet_new_function(s, "from_within", from_within, NULL);
    assert_ok(r);
    moonlet_result set = moonlet_set(r.state, "from_within", r.values[0]);
    assert_ok(set);
    within = moonlet_timeline_begin(set.state, 4);
    assert_ok(run(within, "x = 1"));
    r = run(within, "x = x + 1 from_within() x = x + 1 return x");
    assert_ok(r);
    assert_number(r.values[0], 3);
    ck_assert_double_eq(number_in(seen_within, "x"), 2);
    ck_assert(moonlet_timeline_back(within, 1));
    ck_assert_double_eq(number_now(within, "x"), 1);
    ck_assert_double_eq(number_in(seen_within, "x"), 2);
    moonlet_timeline_end(within);
    moonlet_release(seen_within);
    moonlet_release(set.state);
}
END_TEST

/* Plays so many frames in a timeline of its own. */
static int play_frames(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)count;
    moonlet_timeline *t =
        timeline("x = {} function frame() for i = 1, 100 do x[i] = {} end end "
                 "function fails() frame() error('e') end",
                 2);
    for (double n = number_of(args[0]); n > 0; n--) {
        assert_ok(moonlet_timeline_call(t, "frame", NULL, 0));
        moonlet_timeline_call(t, "fails", NULL, 0);
        moonlet_release(moonlet_timeline_state(t));
    }
    moonlet_timeline_back(t, 0);
    moonlet_timeline_end(t);
    return moonlet_return(c, NULL, 0);
}

/* What a timeline allocates is not its caller's. */
START_TEST(within_a_program_they_count_nothing)
{
    moonlet_state *s = world("");
    moonlet_result r = moonlet_new_function(s, "frames", play_frames, NULL);
    assert_ok(r);
    moonlet_result set = moonlet_set(r.state, "frames", r.values[0]);
    const char *used = "(function(n) local a = collectgarbage('count') frames(n) "
                       "return collectgarbage('count') - a end)";
    char few[200], many[200];
    snprintf(few, sizeof few, "%s(1)", used);
    snprintf(many, sizeof many, "%s(100)", used);
    ck_assert_double_eq(number_in(set.state, few), number_in(set.state, many));
    moonlet_limits limits = {.bytes = 1000000, .steps = 100000000};
    moonlet_state *limited = moonlet_limit(set.state, &limits);
    moonlet_result stopped = moonlet_do(limited, "frames(1) while true do local t = {} end");
    ck_assert_int_eq(stopped.limit, MOONLET_LIMIT_BYTES);
    moonlet_release(stopped.state);
    moonlet_release(limited);
    moonlet_release(set.state);
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

static moonlet_term *kept_term;

static moonlet_term *keep_term(void *user, const moonlet_term *args, char **error)
{
    (void)user, (void)error;
    const moonlet_state *s;
    moonlet_value v = moonlet_term_to_value(moonlet_term_item(args, 0), &s);
    moonlet_term_free(kept_term);
    kept_term = moonlet_term_value(s, v);
    return moonlet_term_list(0);
}

/* The state that a term has with its value is as it was, whatever then becomes of the call. */
START_TEST(terms_keep_their_state)
{
    static const moonlet_entry library[] = {{"term", NULL, keep_term, NULL, false}, {0}};
    moonlet_state *s = world(caller);
    moonlet_result r = moonlet_load_module(s, "keep", library);
    assert_ok(r);
    moonlet_timeline *t = moonlet_timeline_begin(r.state, 4);
    moonlet_release(r.state);
    moonlet_release(s);
    assert_ok(run(t, "x = {1} function f() return x[1] end"));
    assert_ok(run(t, "x[1] = 2"));
    assert_ok(run(t, "keep.term(f)"));
    ck_assert(moonlet_timeline_back(t, 1));
    assert_ok(run(t, "x[1] = 4"));
    const moonlet_state *at;
    moonlet_value f = moonlet_term_to_value(kept_term, &at);
    r = moonlet_call(at, f, NULL, 0);
    assert_ok(r);
    assert_number(r.values[0], 2);
    moonlet_release(r.state);
    moonlet_timeline_end(t);
    moonlet_term_free(kept_term);
}
END_TEST

/* States given away, and looked into, do not move with the timeline. */
START_TEST(states_given_away_stay)
{
    enum { GIVEN = 20 };
    moonlet_timeline *t = timeline("t = {} for i = 1, 100 do t[i] = {n = i} end f = 0", 8);
    moonlet_state *given[GIVEN];
    uint64_t digests[GIVEN];
    for (int i = 0; i < GIVEN; i++) {
        assert_ok(run(t, "f = f + 1 for i = 1, 100 do t[i].n = t[i].n + f * i end"));
        given[i] = moonlet_timeline_state(t);
        digests[i] = moonlet_digest(given[i]);
        for (int j = 0; j <= i % 4; j++)
            assert_ok(run(t, "for i = 1, 100, 3 do t[i].n = {} end"));
        moonlet_timeline_back(t, moonlet_timeline_frame(t) - (uint64_t)(i % 4) - 1);
    }
    for (int i = 0; i < GIVEN; i++) {
        ck_assert_double_eq(number_in(given[i], "f"), i + 1);
        ck_assert_uint_eq(moonlet_digest(given[i]), digests[i]);
        moonlet_release(given[i]);
    }
    moonlet_timeline_end(t);
}
END_TEST

START_TEST(states_given_away_are_looked_into_later)
{
    moonlet_timeline *t = timeline("x = {0}", 4);
    assert_ok(run(t, "x[1] = 1"));
    assert_ok(run(t, "x[1] = 2"));
    moonlet_state *s = moonlet_timeline_state(t);
    ck_assert(moonlet_timeline_back(t, 1));
    assert_ok(run(t, "x[1] = 3"));
    ck_assert_double_eq(number_in(s, "x[1]"), 2);
    moonlet_release(s);
    moonlet_timeline_end(t);
}
END_TEST

/* The host may look whenever it likes: programs see no other memory, nor other steps. */
START_TEST(looking_changes_nothing)
{
    const char *source = "t, w = {}, setmetatable({}, {__mode = 'k'}) collectgarbage('count') "
                         "for i = 1, 50 do t[i] = {n = i} end f = 0";
    moonlet_timeline *a = timeline(source, 8), *b = timeline(source, 8);
    for (int i = 0; i < 1500; i++) {
        const char *frame = "f = f + 1 for i = 1, 50 do t[i].n = f end w[{}] = f "
                            "local n = 0 for k in pairs(w) do n = n + 1 end "
                            "return n, collectgarbage('count')";
        moonlet_result x = run(a, frame), y = run(b, frame);
        ck_assert_uint_eq(x.steps, y.steps);
        for (size_t k = 0; k < 2; k++) {
            double n;
            ck_assert(moonlet_to_number(x.values[k], &n));
            assert_number(y.values[k], n);
        }
        if (i % 3 == 0) moonlet_release(moonlet_timeline_state(b));
    }
    moonlet_timeline_end(a);
    moonlet_timeline_end(b);
}
END_TEST

/* A table that is younger than the snapshot is no change, wherever what it contains lies. */
START_TEST(differences_take_the_same_steps)
{
    const char *const frames[] = {"k = state.snapshot() t[1] = {}", "t[1][1] = 1",
                                  "return #state.diff(k)"};
    moonlet_state *s = after(world(caller), "state = require 'state' t, z = {}, {{}} "
                                            "for i = 1, 1000 do z[1][i] = i end");
    moonlet_timeline *t = moonlet_timeline_begin(s, 4);
    for (int i = 0; i < 3; i++) {
        moonlet_result want = run_state(s, frames[i]), got = run(t, frames[i]);
        assert_ok(got);
        ck_assert_uint_eq(want.steps, got.steps);
        s = moonlet_next(s, &want);
    }
    moonlet_timeline_end(t);
    moonlet_release(s);
}
END_TEST

enum { FRAMES = 40, KEPT = 12 };

/* What random programs call: keeps snapshots, looks into them, and lets things fail. */
static const char snap[] = "local state = require 'state' local kept = {} "
                           "function snap(n) local s = kept[n % 5] "
                           "if n % 4 == 0 and s then s1 = state.digest(s) "
                           "elseif n % 9 == 1 and s then n4 = #state.diff(s) "
                           "elseif n % 9 == 2 then state.try(function() map[n] = {n} "
                           "  list[1] = n state.snapshot() list[2] = n n5 = #list "
                           "  if n % 2 == 0 then error(n) end end) "
                           "elseif n % 9 == 3 then n6 = state.fork(function() map[n] = {n} "
                           "  state.snapshot() go(cos[n % 9 + 1], n) return n % 7 end) "
                           "else kept[n % 5] = state.snapshot() end end";

/* Calls random programs in a timeline and in plain states, goes back at random. */
static void compare_with_states(uint64_t seed)
{
    static Program p;
    p.seed = seed;
    moonlet_state *s = after(world(caller), program_world);
    if (program_random(&p, 3)) s = after(s, snap);
    moonlet_timeline *t = moonlet_timeline_begin(s, KEPT);
    moonlet_state *states[FRAMES + 1] = {s};
    for (int i = 0; i < 3 * FRAMES; i++) {
        uint64_t n = moonlet_timeline_frame(t);
        if (n == FRAMES || program_random(&p, 4) == 0) {
            uint64_t to =
                n - program_random(&p, (unsigned)(n - moonlet_timeline_oldest(t)) + 1);
            ck_assert(moonlet_timeline_back(t, to));
            for (; n > to; n--) moonlet_release(states[n]);
        }
        program_make(&p);
        moonlet_result want = run_state(states[n], p.text), got = run(t, p.text);
        ck_assert_msg(want.status == got.status, "seed %llu: %s", (unsigned long long)seed,
                      p.text);
        ck_assert_uint_eq(want.steps, got.steps);
        if (want.status == MOONLET_OK)
            states[++n] = want.state;
        else
            moonlet_release(want.state);
        ck_assert_uint_eq(moonlet_timeline_frame(t), n);
        if (program_random(&p, 6)) continue;
        moonlet_state *now = moonlet_timeline_state(t);
        ck_assert_msg(moonlet_digest(now) == moonlet_digest(states[n]), "seed %llu, frame %llu",
                      (unsigned long long)seed, (unsigned long long)n);
        moonlet_release(now);
    }
    moonlet_state *now = moonlet_timeline_state(t);
    uint64_t n = moonlet_timeline_frame(t);
    ck_assert_uint_eq(moonlet_digest(now), moonlet_digest(states[n]));
    moonlet_release(now);
    for (;; n--) {
        moonlet_release(states[n]);
        if (!n) break;
    }
    moonlet_timeline_end(t);
}

START_TEST(random_programs_as_in_states)
{
    for (uint64_t seed = 1; seed <= 40; seed++) compare_with_states(seed);
}
END_TEST

static void *call_there(void *context)
{
    moonlet_timeline *t = context;
    assert_ok(run(t, "x = x + 1 for i = 1, 50 do t[i] = {x} end"));
    if (moonlet_timeline_frame(t) % 7 == 0)
        ck_assert(moonlet_timeline_back(t, moonlet_timeline_frame(t) - 3));
    return NULL;
}

START_TEST(threads_take_turns)
{
    moonlet_timeline *t = timeline("x, t = 0, {}", 5);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, call_there, t), 0);
        pthread_join(thread, NULL);
        call_there(t);
    }
    ck_assert_double_eq(number_now(t, "x"), (double)moonlet_timeline_frame(t));
    ck_assert_double_eq(number_now(t, "t[50][1]"), (double)moonlet_timeline_frame(t));
    moonlet_timeline_end(t);
}
END_TEST

/* What old frames held is garbage once they are not kept, if nobody looks either. */
START_TEST(memory_stays_flat)
{
    moonlet_timeline *t = timeline("t = {} for i = 1, 1000 do t[i] = {0} end", 8);
    size_t early = 0;
    for (int i = 0; i < 2000; i++) {
        assert_ok(run(t, "for i = 1, 1000 do t[i] = {i} end"));
        if (i % 16 == 0) moonlet_timeline_back(t, moonlet_timeline_frame(t) - 5);
        if (i == 500) early = moonlet_bytes_held();
    }
    if (moonlet_collector_pauses().count) /* or the back-end keeps everything */
        ck_assert_uint_lt(moonlet_bytes_held(), early + early / 2);
    moonlet_timeline_end(t);
}
END_TEST

static const char play[] = "x = (x or 0) + 1 t = t or {} t[x % 7] = {x, tostring({})} "
                           "t.last = t[x % 7] return tostring({})";

/* Looking at frames changes nothing: the same ids, the same worlds as without. */
START_TEST(frames_are_looked_at_without_going_back)
{
    moonlet_timeline *t = timeline("", 20);
    moonlet_state *states[21] = {moonlet_timeline_state_at(t, 0)};
    for (uint64_t i = 1; i <= 20; i++) {
        moonlet_result r = run_state(states[i - 1], play), q = run(t, play);
        assert_ok(r);
        assert_ok(q);
        size_t n, m;
        const char *id = moonlet_to_bytes(r.values[0], &n);
        const char *same = moonlet_to_bytes(q.values[0], &m);
        ck_assert_uint_eq(n, m);
        ck_assert_mem_eq(id, same, n);
        states[i] = r.state;
        uint64_t digest = 0;
        ck_assert(moonlet_timeline_digest(t, i, &digest));
        ck_assert_uint_eq(digest, moonlet_digest(states[i]));
        uint64_t past = i * 7 % (i + 1);
        if (i % 3) continue;
        ck_assert(moonlet_timeline_digest(t, past, &digest));
        ck_assert_uint_eq(digest, moonlet_digest(states[past]));
        moonlet_state *s = moonlet_timeline_state_at(t, past);
        ck_assert_double_eq(number_in(s, "x or 0"), (double)past);
        moonlet_release(s);
        ck_assert_uint_eq(moonlet_timeline_frame(t), i);
    }
    uint64_t digest;
    ck_assert_ptr_null(moonlet_timeline_state_at(t, 21));
    ck_assert(!moonlet_timeline_digest(t, 21, &digest));
    ck_assert(moonlet_timeline_back(t, 5));
    ck_assert_ptr_null(moonlet_timeline_state_at(t, 6));
    ck_assert(moonlet_timeline_digest(t, 5, &digest));
    ck_assert_uint_eq(digest, moonlet_digest(states[5]));
    moonlet_timeline_end(t);
    for (int i = 0; i <= 20; i++) moonlet_release(states[i]);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("timeline");
    tcase_add_test(t, frames_go_on_and_back);
    tcase_add_test(t, frames_are_looked_at_without_going_back);
    tcase_add_test(t, only_so_many_frames_are_kept);
    tcase_add_test(t, frames_are_kept_as_they_come);
    tcase_add_test(t, failures_change_nothing);
    tcase_add_test(t, limits_change_nothing);
    tcase_add_test(t, beside_a_paused_program);
    tcase_add_test(t, not_from_within_a_call);
    tcase_add_test(t, within_a_program_they_count_nothing);
    tcase_add_test(t, terms_keep_their_state);
    tcase_add_test(t, states_given_away_stay);
    tcase_add_test(t, states_given_away_are_looked_into_later);
    tcase_add_test(t, looking_changes_nothing);
    tcase_add_test(t, differences_take_the_same_steps);
    tcase_add_test(t, random_programs_as_in_states);
    tcase_add_test(t, threads_take_turns);
    tcase_add_test(t, memory_stays_flat);
    return run_suite(t);
}
