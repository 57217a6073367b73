/* SPDX-License-Identifier: MIT */
/*
 * bench_game [frames]: a game that snapshots every frame and keeps the last 600.
 *
 * 1000 entities, tables with a coroutine and a closure each, come and go; every frame is
 * one call, and its result is the next state. Prints resident memory at the tenths and
 * fails when it has grown by more than 5 % between frame 20 000 and the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "moonlet.h"

enum { KEPT = 600, WARM = 20000, FRAMES = 200000, GROWTH_PERCENT = 5 };

static const char program[] =
    "local entities, now = {}, 0\n"
    "local function spawn(id)\n"
    "  local e = { id = id, x = 0, hp = id % 50 + 10, items = { id, id + 1 } }\n"
    "  e.co = coroutine.create(function(s)\n"
    "    while true do s.x = s.x + 1; s = coroutine.yield() end\n"
    "  end)\n"
    "  e.hit = function() e.hp = e.hp - 1; return e.hp <= 0 end\n"
    "  return e\n"
    "end\n"
    "for i = 1, 1000 do entities[i] = spawn(i) end\n"
    "function frame()\n"
    "  now = now + 1\n"
    "  for k = 1, 20 do\n"
    "    local i = (now * 20 + k) % 1000 + 1\n"
    "    local e = entities[i]\n"
    "    coroutine.resume(e.co, e)\n"
    "    if e.hit() then entities[i] = spawn(now * 1000 + i) end\n"
    "  end\n"
    "end\n";

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long resident_kb(void)
{
    long total, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2) pages = 0;
    if (f) fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static moonlet_state *must(moonlet_state *s, moonlet_result r)
{
    if (r.status != MOONLET_OK) {
        fprintf(stderr, "bench_game: %s\n", r.error ? r.error->message : "paused");
        exit(EXIT_FAILURE);
    }
    (void)s;
    return r.state;
}

int main(int argc, char **argv)
{
    static moonlet_state *ring[KEPT];
    long frames = argc > 1 ? atol(argv[1]) : FRAMES, warm = 0;
    moonlet_state *base = moonlet_init(), *s = must(base, moonlet_do(base, program));
    moonlet_release(base);
    double start = seconds(), worst = 0;
    for (long i = 1; i <= frames; i++) {
        double before = seconds();
        moonlet_state *next = must(s, moonlet_call_function(s, "frame", NULL, 0));
        double took = seconds() - before;
        if (took > worst) worst = took;
        moonlet_release(ring[i % KEPT]);
        ring[i % KEPT] = s;
        s = next;
        if (i == WARM) warm = resident_kb();
        if (frames >= 10 && i % (frames / 10) == 0) {
            printf("frame %8ld  %7ld KB  %6.2f us a frame  worst %6.2f ms\n", i, resident_kb(),
                   (seconds() - start) / (double)i * 1e6, worst * 1e3);
            fflush(stdout);
            worst = 0;
        }
    }
    long grown = warm ? resident_kb() - warm : 0;
    if (warm) printf("grown by %ld KB of %ld since frame %d\n", grown, warm, WARM);
    return warm && grown > warm / 100 * GROWTH_PERCENT ? EXIT_FAILURE : EXIT_SUCCESS;
}
