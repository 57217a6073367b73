/* SPDX-License-Identifier: MIT */
/*
 * bench_game [frames [turns [pause [idle]]]]: a game that snapshots every frame and keeps the
 * last 600.
 *
 * 1000 entities, tables with a coroutine and two closures each, come and go; every frame
 * some of them (20) have their turn. A frame is one call, and its result is the next state.
 *
 * A third argument limits the collector's pauses to so many milliseconds, if it is not 0. A
 * fourth says that so many milliseconds are idle after each frame (moonlet_idle), which are no
 * part of its time.
 *
 * Prints, for each tenth of the run, resident memory and how long frames took in
 * processor time; then the collector's pauses. Fails when resident memory has
 * grown by more than 5 % between frame 20 000 and the end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

enum { KEPT = 600, WARM = 20000, FRAMES = 200000, TURNS = 20, GROWTH_PERCENT = 5 };

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
    "function frame(turns)\n"
    "  now = now + 1\n"
    "  for k = 1, turns do\n"
    "    local i = (now * turns + k) % 1000 + 1\n"
    "    local e = entities[i]\n"
    "    coroutine.resume(e.co, e)\n"
    "    if e.hit() then entities[i] = spawn(now * 1000 + i) end\n"
    "  end\n"
    "end\n";

static moonlet_state *must(moonlet_result r)
{
    if (r.status != MOONLET_OK) {
        fprintf(stderr, "bench_game: %s\n", r.error ? r.error->message : "paused");
        exit(EXIT_FAILURE);
    }
    return r.state;
}

static void report(long frame, const Times *t)
{
    printf("frame %8ld %7.1f MB   ms a frame: mean %.3f  p50 %.3f  p99 %.3f  longest %.2f\n",
           frame, resident_mb(), t->sum / (double)t->count * 1e3, times_quantile(t, 0.5) * 1e3,
           times_quantile(t, 0.99) * 1e3, t->longest * 1e3);
    fflush(stdout);
}

static void report_pauses(const moonlet_state *first, const moonlet_state *last)
{
    moonlet_memory_use m = moonlet_memory(last, first);
    print_pauses();
    printf("last state: %.1f KB, %.1f KB of them in the first of the kept ones too; "
           "%llu entries in the heap map\n",
           (double)m.bytes / 1024, (double)m.shared / 1024, (unsigned long long)m.entries);
}

int main(int argc, char **argv)
{
    static moonlet_state *ring[KEPT];
    static Times tenth;
    long frames = argc > 1 ? atol(argv[1]) : FRAMES;
    moonlet_value turns = moonlet_number(argc > 2 ? atof(argv[2]) : TURNS);
    if (argc > 3 && atoi(argv[3])) moonlet_limit_pauses((unsigned)atoi(argv[3]));
    uint64_t idle = argc > 4 ? strtoull(argv[4], NULL, 10) * 1000000 : 0;
    moonlet_state *base = moonlet_init(), *s = must(moonlet_do(base, program));
    moonlet_release(base);
    double warm = 0;
    for (long i = 1; i <= frames; i++) {
        double before = clock_busy();
        moonlet_state *next = must(moonlet_call_function(s, "frame", &turns, 1));
        times_add(&tenth, clock_busy() - before);
        moonlet_release(ring[i % KEPT]);
        ring[i % KEPT] = s;
        s = next;
        if (idle) moonlet_idle(idle);
        if (i == WARM) warm = resident_mb();
        if (frames >= 10 && i % (frames / 10) == 0) {
            report(i, &tenth);
            tenth = (Times){0};
        }
    }
    report_pauses(ring[(frames + 1) % KEPT], s);
    if (!warm) return EXIT_SUCCESS;
    double grown = (resident_mb() / warm - 1) * 100;
    printf("grown by %.2f %% since frame %d\n", grown, WARM);
    return grown > GROWTH_PERCENT ? EXIT_FAILURE : EXIT_SUCCESS;
}
