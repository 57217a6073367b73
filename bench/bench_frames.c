/* SPDX-License-Identifier: MIT */
/*
 * bench_frames [flock_world.lua]: what a frame costs a host that can go back.
 *
 * 1000 creatures (immutability/flock_world.lua) have their turn in a frame; or each of 330
 * coroutines is resumed, and writes three fields of its own table. Microseconds of processor
 * time for one frame: when all are one call, which can be undone nowhere; when each is a call,
 * from state to state or in a timeline, and the last 8, or 60, are kept. The world is built by
 * the same call or in the timeline, or it is a state's, from an earlier call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { WARM = 100, FRAMES = 300, ROUNDS = 5, KEPT_MAX = 60 };

static const char timing[] = "function build_and_time(warm, count)\n"
                             "  build()\n"
                             "  frames(warm)\n"
                             "  return time(warm, count)\n"
                             "end\n"
                             "function time(warm, count)\n"
                             "  frames(warm)\n"
                             "  local began = os.clock()\n"
                             "  frames(count)\n"
                             "  return (os.clock() - began) / count\n"
                             "end\n";

static const char flock[] = "function build()\n"
                            "  creatures, now = dofile(FILE).creatures, 0\n"
                            "end\n"
                            "function frames(count)\n"
                            "  local creatures, now, N = creatures, now, #creatures\n"
                            "  for _ = 1, count * 1000 do\n"
                            "    now = now + 1\n"
                            "    local c = creatures[now % N + 1]\n"
                            "    c.turn()\n"
                            "    c:move(c:steer())\n"
                            "  end\n"
                            "  _G.now = now\n"
                            "end\n";

static const char coroutines[] = "function build()\n"
                                 "  all = {}\n"
                                 "  for i = 1, 330 do\n"
                                 "    local e = {x = i, y = 0, age = 0}\n"
                                 "    e.co = coroutine.create(function(e, step)\n"
                                 "      while true do\n"
                                 "        e.x, e.y = e.x + step, e.y - step\n"
                                 "        e.age = e.age + 1\n"
                                 "        e, step = coroutine.yield(e.age)\n"
                                 "      end\n"
                                 "    end)\n"
                                 "    all[i] = e\n"
                                 "  end\n"
                                 "end\n"
                                 "function frames(count)\n"
                                 "  local all, resume = all, coroutine.resume\n"
                                 "  for _ = 1, count do\n"
                                 "    for i = 1, #all do resume(all[i].co, all[i], 1) end\n"
                                 "  end\n"
                                 "end\n";

static int kept_count; /* states that are kept */

static void must(const moonlet_result *r)
{
    if (r->status == MOONLET_OK) return;
    fprintf(stderr, "bench_frames: %s\n", r->error ? r->error->message : "paused");
    exit(EXIT_FAILURE);
}

static moonlet_state *call(moonlet_state *s, const char *function, int a)
{
    moonlet_value v = moonlet_number(a);
    moonlet_result r = moonlet_call_function(s, function, &v, 1);
    must(&r);
    return moonlet_next(s, &r);
}

/* The seconds that the program has measured itself. */
static double in_one_call(const moonlet_state *s, const char *function)
{
    moonlet_value v[2] = {moonlet_number(WARM), moonlet_number(FRAMES)};
    moonlet_result r = moonlet_call_function(s, function, v, 2);
    must(&r);
    double seconds = 0;
    moonlet_to_number(moonlet_result_value(&r, 0), &seconds);
    moonlet_release(r.state);
    return seconds;
}

static double in_states(moonlet_state *s)
{
    moonlet_state *kept[KEPT_MAX] = {NULL};
    double began = 0;
    moonlet_retain(s);
    for (int i = 0; i < WARM + FRAMES; i++) {
        if (i == WARM) began = clock_busy();
        s = call(s, "frames", 1);
        moonlet_release(kept[i % kept_count]);
        kept[i % kept_count] = moonlet_retain(s);
    }
    double seconds = (clock_busy() - began) / FRAMES;
    for (int i = 0; i < kept_count; i++) moonlet_release(kept[i]);
    moonlet_release(s);
    return seconds;
}

static void advance(moonlet_timeline *t, const char *function, int count)
{
    moonlet_value one = moonlet_number(1);
    for (int i = 0; i < count; i++) {
        moonlet_result r = moonlet_timeline_call(t, function, &one, 1);
        must(&r);
    }
}

static double in_timeline(const moonlet_state *s, bool build)
{
    moonlet_timeline *t = moonlet_timeline_begin(s, (size_t)kept_count);
    if (build) advance(t, "build", 1);
    advance(t, "frames", WARM);
    double began = clock_busy();
    advance(t, "frames", FRAMES);
    double seconds = (clock_busy() - began) / FRAMES;
    moonlet_timeline_end(t);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static moonlet_state *run(moonlet_state *s, const char *source)
{
    moonlet_result r = moonlet_do(s, source);
    must(&r);
    return moonlet_next(s, &r);
}

static void show(const char *title, moonlet_state *empty)
{
    static const char *const names[] = {
        "one call that builds the world", "a timeline in which it was built",
        "one call in a state's world", "a timeline that began in it", "from state to state"};
    enum { KINDS = sizeof names / sizeof *names };
    double times[KINDS][ROUNDS];
    moonlet_state *built = call(moonlet_retain(empty), "build", 0);
    for (int i = 0; i < ROUNDS; i++) {
        times[0][i] = in_one_call(empty, "build_and_time");
        times[1][i] = in_timeline(empty, true);
        times[2][i] = in_one_call(built, "time");
        times[3][i] = in_timeline(built, false);
        times[4][i] = in_states(built);
    }
    printf("a frame of %s, %d kept, us of processor time (medians of %d)\n", title, kept_count,
           ROUNDS);
    for (int k = 0; k < KINDS; k++) {
        qsort(times[k], ROUNDS, sizeof(double), compare);
        printf("  %-36s %6.0f\n", names[k], times[k][ROUNDS / 2] * 1e6);
    }
    moonlet_release(built);
    moonlet_release(empty);
}

int main(int argc, char **argv)
{
    const char *file = argc > 1 ? argv[1] : "bench/immutability/flock_world.lua";
    moonlet_state *s = run(moonlet_init(), timing);
    kept_count = 60;
    show("330 coroutines", run(moonlet_retain(s), coroutines));
    moonlet_result set = moonlet_set(s, "FILE", moonlet_string(file, strlen(file)));
    must(&set);
    kept_count = 8;
    show("1000 turns", run(moonlet_next(s, &set), flock));
    return 0;
}
