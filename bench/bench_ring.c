/* SPDX-License-Identifier: MIT */
/*
 * bench_ring [calls]: states threaded through millions of calls, the last 64 kept.
 *
 * Each call takes the state that the one before has made, and changes a counter, a field
 * of a table, a closure's variable; it resumes a coroutine, makes a table, a string and a
 * closure and forgets others. Prints resident memory at the tenths and the longest call;
 * fails when resident memory has grown by more than 5 % since the first tenth.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

enum { KEPT = 64, CALLS = 2000000, GROWTH_PERCENT = 5 };

static const char program[] =
    "local calls, recent, total = 0, {}, 0\n"
    "local function count() total = total + 1 end\n"
    "local co = coroutine.wrap(function(x) while true do x = coroutine.yield(x + 1) end end)\n"
    "function step()\n"
    "  calls = calls + 1\n"
    "  count()\n"
    "  local n = co(calls)\n"
    "  recent[calls % 100 + 1] = { at = calls, name = 'call ' .. n, f = function() return n "
    "end }\n"
    "  return recent[(calls * 7) % 100 + 1] and total\n"
    "end\n";

static moonlet_state *must(moonlet_result r)
{
    if (r.status != MOONLET_OK) {
        fprintf(stderr, "bench_ring: %s\n", r.error ? r.error->message : "paused");
        exit(EXIT_FAILURE);
    }
    return r.state;
}

int main(int argc, char **argv)
{
    static moonlet_state *ring[KEPT];
    static Times tenth;
    long calls = argc > 1 ? atol(argv[1]) : CALLS;
    if (calls < 10) calls = 10;
    moonlet_state *base = moonlet_init(), *s = must(moonlet_do(base, program));
    moonlet_release(base);
    double warm = 0;
    for (long i = 1; i <= calls; i++) {
        double before = clock_busy();
        moonlet_state *next = must(moonlet_call_function(s, "step", NULL, 0));
        times_add(&tenth, clock_busy() - before);
        moonlet_release(ring[i % KEPT]);
        ring[i % KEPT] = s;
        s = next;
        if (i % (calls / 10)) continue;
        printf("call %9ld %6.1f MB   us a call: mean %.2f  p50 %.2f  p99 %.2f  longest %.0f\n",
               i, resident_mb(), tenth.sum / (double)tenth.count * 1e6,
               times_quantile(&tenth, 0.5) * 1e6, times_quantile(&tenth, 0.99) * 1e6,
               tenth.longest * 1e6);
        fflush(stdout);
        if (!warm) warm = resident_mb();
        tenth = (Times){0};
    }
    moonlet_memory_use m = moonlet_memory(s, NULL);
    double grown = (resident_mb() / warm - 1) * 100;
    printf("last state: %.1f KB, %llu entries in the heap map\n", (double)m.bytes / 1024,
           (unsigned long long)m.entries);
    print_pauses();
    printf("grown by %.2f %% since the first tenth\n", grown);
    return grown > GROWTH_PERCENT ? EXIT_FAILURE : EXIT_SUCCESS;
}
