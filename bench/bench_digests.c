/* SPDX-License-Identifier: MIT */
/*
 * bench_digests [demo_world.lua]: what digests cost beside the frames that they are of.
 *
 * The world of `make demo`, 10 000 entities of which some 500 have their turn in a frame, and a
 * world in which each frame moves 300 of 10 000 tables. Microseconds of processor time: a frame
 * of a timeline that keeps 60; the digest of each frame; the digest of a state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { WARM = 200, FRAMES = 300, ROUNDS = 5, KEPT = 60, ENTITIES = 10000 };

static const char moves[] =
    "entities, at, frame = {}, 0, 0\n"
    "function build(count)\n"
    "  for i = 1, count do entities[i] = {x = i, y = 0, name = 'e' .. i} "
    "end\n"
    "end\n"
    "function play(count)\n"
    "  local entities, n = entities, #entities\n"
    "  for _ = 1, 300 do\n"
    "    at = at % n + 1\n"
    "    local e = entities[at]\n"
    "    e.x = e.x + 1\n"
    "  end\n"
    "  frame = frame + 1\n"
    "end\n";

static void must(const moonlet_result *r)
{
    if (r->status == MOONLET_OK) return;
    fprintf(stderr, "bench_digests: %s\n", r->error ? r->error->message : "paused");
    exit(EXIT_FAILURE);
}

static moonlet_state *call(moonlet_state *s, const char *function, int a)
{
    moonlet_value v[2] = {moonlet_number(a), moonlet_number(1)};
    moonlet_result r = moonlet_call_function(s, function, v, 2);
    must(&r);
    return moonlet_next(s, &r);
}

static void advance(moonlet_timeline *t, int count, bool digests)
{
    moonlet_value v[2] = {moonlet_number(1), moonlet_number(1)};
    for (int i = 0; i < count; i++) {
        moonlet_result r = moonlet_timeline_call(t, "play", v, 2);
        must(&r);
        uint64_t digest;
        if (!digests) continue;
        if (!moonlet_timeline_digest(t, moonlet_timeline_frame(t), &digest)) abort();
    }
}

static double in_timeline(const moonlet_state *s, bool digests)
{
    moonlet_timeline *t = moonlet_timeline_begin(s, KEPT);
    advance(t, WARM, digests);
    double began = clock_busy();
    advance(t, FRAMES, digests);
    double seconds = (clock_busy() - began) / FRAMES;
    moonlet_timeline_end(t);
    return seconds;
}

static double of_states(const moonlet_state *s)
{
    double began = clock_busy();
    for (int i = 0; i < 100; i++) moonlet_digest(s);
    return (clock_busy() - began) / 100;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times)
{
    qsort(times, ROUNDS, sizeof *times, compare);
    return times[ROUNDS / 2] * 1e6;
}

static void show(const char *name, moonlet_state *s)
{
    double frame[ROUNDS], both[ROUNDS], whole[ROUNDS];
    s = call(s, "build", ENTITIES);
    s = call(s, "play", WARM);
    for (int i = 0; i < ROUNDS; i++) {
        frame[i] = in_timeline(s, false);
        both[i] = in_timeline(s, true);
        whole[i] = of_states(s);
    }
    double alone = median(frame);
    printf("%-8s %12.0f %12.0f %12.0f\n", name, alone, median(both) - alone, median(whole));
    moonlet_release(s);
}

int main(int argc, char **argv)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_dofile(s, argc > 1 ? argv[1] : "examples/demo_world.lua");
    must(&r);
    printf("%-8s %12s %12s %12s\n", "us", "a frame", "its digest", "of a state");
    show("demo", moonlet_next(s, &r));
    s = moonlet_init();
    r = moonlet_do(s, moves);
    must(&r);
    show("moves", moonlet_next(s, &r));
}
