/* SPDX-License-Identifier: MIT */
/*
 * bench_history FILE [entries [images.lua]]: a game of 10 000 entities, each frame of which is
 * appended to a history in a new file, synced once in 60 frames; then entries at random are read
 * back from the file, opened anew. Prints what a second takes, by the clock and of the processor,
 * with the game's own work and without it, and what reading takes.
 */
#include <moonlet.h>
#include <moonlet_history.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../clock.h"

enum { BATCH = 60, ENTRIES = 10000, READS = 300 };

typedef struct Spent {
    double clock, busy;
} Spent;

static void fail(const char *what)
{
    fprintf(stderr, "bench_history: %s\n", what ? what : "failed");
    exit(EXIT_FAILURE);
}

static moonlet_state *after(moonlet_state *s, const char *function)
{
    moonlet_value none = moonlet_number(0);
    moonlet_result r = moonlet_call_function(s, function, &none, 1);
    if (r.status != MOONLET_OK) fail(r.error ? r.error->message : "paused");
    return moonlet_next(s, &r);
}

static moonlet_state *game(const char *file)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_dofile(s, file);
    if (r.status != MOONLET_OK) fail(r.error->message);
    return after(moonlet_next(s, &r), "game");
}

static void append(const char *path, moonlet_state *s, int64_t entries)
{
    char *message = NULL;
    moonlet_history *h = moonlet_history_open(path, NULL, &message);
    if (!h) fail(message);
    Spent all = {clock_seconds(), clock_busy()}, own = {0, 0};
    for (int64_t i = 0, last = 0; i < entries; i++) {
        s = after(s, "step");
        Spent began = {clock_seconds(), clock_busy()};
        last = moonlet_history_append(h, s, last, NULL, &message);
        if (!last) fail(message);
        if (i % BATCH == BATCH - 1 && !moonlet_history_sync(h, &message)) fail(message);
        own.clock += clock_seconds() - began.clock;
        own.busy += clock_busy() - began.busy;
    }
    if (!moonlet_history_close(h, &message)) fail(message);
    moonlet_release(s);
    double n = (double)entries;
    printf("append   %.0f frames a second by the clock, %.0f of the processor; without the game's "
           "work %.0f, %.0f\n",
           n / (clock_seconds() - all.clock), n / (clock_busy() - all.busy), n / own.clock,
           n / own.busy);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, double *times)
{
    qsort(times, READS, sizeof *times, by_size);
    printf("read     %s, ms: median %.2f  99 of 100 %.2f  longest %.2f\n", what,
           times[READS / 2] * 1e3, times[READS * 99 / 100] * 1e3, times[READS - 1] * 1e3);
}

static void read_some(const char *path, int64_t entries)
{
    static double clock[READS], busy[READS];
    char *message = NULL;
    unsigned seed = 1;
    moonlet_history *h =
        moonlet_history_open(path, &(moonlet_history_options){.read_only = true}, &message);
    if (!h) fail(message);
    for (int i = 0; i < READS; i++) {
        int64_t id = 1 + (int64_t)(((uint64_t)rand_r(&seed) << 16 ^ (uint64_t)rand_r(&seed)) %
                                   (uint64_t)entries);
        Spent began = {clock_seconds(), clock_busy()};
        moonlet_state *s = moonlet_history_read(h, id, &message);
        if (!s) fail(message);
        clock[i] = clock_seconds() - began.clock;
        busy[i] = clock_busy() - began.busy;
        moonlet_release(s);
    }
    moonlet_history_close(h, NULL);
    print_times("by the clock", clock);
    print_times("of the processor", busy);
}

int main(int argc, char **argv)
{
    struct stat info;
    if (argc < 2) fail("bench_history FILE [entries [images.lua]]");
    int64_t entries = argc > 2 ? atoll(argv[2]) : ENTRIES;
    if (access(argv[1], F_OK) == 0) fail("the file is there already");
    append(argv[1], game(argc > 3 ? argv[3] : "bench/images.lua"), entries);
    if (stat(argv[1], &info)) fail("no file");
    printf("file     %.1f MB, %.0f bytes an entry\n", (double)info.st_size / 1e6,
           (double)info.st_size / (double)entries);
    read_some(argv[1], entries);
    return EXIT_SUCCESS;
}
