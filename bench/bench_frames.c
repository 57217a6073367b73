/* SPDX-License-Identifier: MIT */
/*
 * bench_frames [flock_world.lua]: what a frame costs a host that can go back.
 *
 * 1000 creatures (immutability/flock_world.lua) have their turn in a frame. Microseconds of
 * processor time for one frame: when all are one call, which can be undone nowhere; when
 * each is a call, from state to state or in a timeline, and the last 8 are kept. The world
 * is built by the same call or in the timeline, or it is a state's, from an earlier call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { WARM = 100, FRAMES = 300, ROUNDS = 5, KEPT = 8 };

static const char program[] = "function build()\n"
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
                              "end\n"
                              "function build_and_time(warm, count)\n"
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
    moonlet_state *kept[KEPT] = {NULL};
    double began = 0;
    moonlet_retain(s);
    for (int i = 0; i < WARM + FRAMES; i++) {
        if (i == WARM) began = clock_busy();
        s = call(s, "frames", 1);
        moonlet_release(kept[i % KEPT]);
        kept[i % KEPT] = moonlet_retain(s);
    }
    double seconds = (clock_busy() - began) / FRAMES;
    for (int i = 0; i < KEPT; i++) moonlet_release(kept[i]);
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
    moonlet_timeline *t = moonlet_timeline_begin(s, KEPT);
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

int main(int argc, char **argv)
{
    static const char *const names[] = {
        "one call that builds the world", "a timeline in which it was built",
        "one call in a state's world", "a timeline that began in it", "from state to state"};
    enum { KINDS = sizeof names / sizeof *names };
    double times[KINDS][ROUNDS];
    const char *file = argc > 1 ? argv[1] : "bench/immutability/flock_world.lua";
    moonlet_result r = moonlet_do(moonlet_init(), program);
    must(&r);
    moonlet_result set = moonlet_set(r.state, "FILE", moonlet_string(file, strlen(file)));
    must(&set);
    moonlet_state *empty = set.state, *built = call(moonlet_retain(empty), "build", 0);
    for (int i = 0; i < ROUNDS; i++) {
        times[0][i] = in_one_call(empty, "build_and_time");
        times[1][i] = in_timeline(empty, true);
        times[2][i] = in_one_call(built, "time");
        times[3][i] = in_timeline(built, false);
        times[4][i] = in_states(built);
    }
    printf("a frame of 1000 turns, us of processor time (medians of %d)\n", ROUNDS);
    for (int k = 0; k < KINDS; k++) {
        qsort(times[k], ROUNDS, sizeof(double), compare);
        printf("  %-36s %6.0f\n", names[k], times[k][ROUNDS / 2] * 1e6);
    }
    return 0;
}
