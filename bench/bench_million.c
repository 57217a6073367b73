/* SPDX-License-Identifier: MIT */
/*
 * bench_million [forks [megabytes]]: a million forks of a state of 100 MB, each with
 * another field of another object changed, all alive at once.
 *
 * Prints what the state takes, and then resident memory with the forks. Once with a state
 * as it was made, and once with one whose objects have all been written since: their
 * contents are in its heap map. Fails when all together takes 1 GB.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

enum { FORKS = 1000000, MEGABYTES = 100, OBJECT_BYTES = 169, LIMIT_MB = 1024 };

static const char program[] =
    "objects = {}\n"
    "function make(n)\n"
    "  for i = 1, n do objects[i] = { id = i, x = 0, y = 0, kind = 'orc', hp = 10 } end\n"
    "end\n"
    "function age() for i = 1, #objects do objects[i].y = i end end\n"
    "function touch(i) local o = objects[i % #objects + 1] o.x = i end\n";

static moonlet_state *must(moonlet_result r)
{
    if (r.status != MOONLET_OK) {
        fprintf(stderr, "bench_million: %s\n", r.error ? r.error->message : "paused");
        exit(EXIT_FAILURE);
    }
    return r.state;
}

/* s after a call of a function with a number; s is released. */
static moonlet_state *after(moonlet_state *s, const char *name, double x)
{
    moonlet_value v = moonlet_number(x);
    moonlet_state *next = must(moonlet_call_function(s, name, &v, 1));
    moonlet_release(s);
    return next;
}

/* The one field that a fork has changed, in the fork and in its origin. */
static double field(const moonlet_state *s, long i, long count)
{
    moonlet_value keys[] = {moonlet_number((double)(i % count) + 1), moonlet_text("x")};
    moonlet_result r = moonlet_get_keys(s, moonlet_global(s, "objects"), keys, 2);
    double x = -1;
    moonlet_to_number(moonlet_result_value(&r, 0), &x);
    moonlet_release(r.state);
    return x;
}

static double fork_all(moonlet_state *s, const char *what, long forks, long objects)
{
    moonlet_state **kept = malloc((size_t)forks * sizeof *kept);
    moonlet_value touch = moonlet_global(s, "touch");
    if (!kept) exit(EXIT_FAILURE);
    moonlet_collect();
    moonlet_memory_use m = moonlet_memory(s, NULL);
    printf("%s: %.1f MB in %llu objects, heap map %llu; resident %.0f MB\n", what,
           (double)m.bytes / 1e6, (unsigned long long)m.objects, (unsigned long long)m.entries,
           resident_mb());
    double before = resident_mb(), start = clock_busy();
    for (long i = 0; i < forks; i++) {
        moonlet_value v = moonlet_number((double)i);
        kept[i] = must(moonlet_call(s, touch, &v, 1));
    }
    double seconds = clock_busy() - start, resident = resident_mb();
    for (long i = 0; i < forks; i += forks / 100 + 1)
        if (field(kept[i], i, objects) != (double)i) exit(EXIT_FAILURE);
    if (forks > 1 && field(s, forks - 1, objects) != 0) exit(EXIT_FAILURE);
    m = moonlet_memory(kept[forks / 2], s);
    printf("  %ld forks: resident %.0f MB, %.0f bytes and %.2f us a fork, "
           "%llu bytes of which are its own\n",
           forks, resident, (resident - before) * (1 << 20) / (double)forks,
           seconds / (double)forks * 1e6, (unsigned long long)(m.bytes - m.shared));
    printf("  ");
    print_pauses();
    fflush(stdout);
    for (long i = 0; i < forks; i++) moonlet_release(kept[i]);
    free(kept);
    moonlet_collect();
    return resident;
}

int main(int argc, char **argv)
{
    long forks = argc > 1 ? atol(argv[1]) : FORKS;
    long objects = (argc > 2 ? atol(argv[2]) : MEGABYTES) * 1000000 / OBJECT_BYTES;
    moonlet_state *base = moonlet_init(), *s = must(moonlet_do(base, program));
    moonlet_release(base);
    s = after(s, "make", (double)objects);
    double fresh = fork_all(s, "a state as it was made", forks, objects);
    s = after(s, "age", 0);
    double aged =
        fork_all(s, "a state all of whose objects were written later", forks, objects);
    moonlet_release(s);
    return fresh > LIMIT_MB || aged > LIMIT_MB ? EXIT_FAILURE : EXIT_SUCCESS;
}
