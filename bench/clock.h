/* SPDX-License-Identifier: MIT */
/* What the benchmarks of pauses and memory share: a clock, resident memory, quantiles, the
 * collector's pauses. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "moonlet.h"

/* Processor time of the process: what passes when the machine has nothing else to do. */
static inline double clock_busy(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The same with that of the children that have ended. */
static inline double clock_busy_all(void)
{
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    struct timeval t[] = {self.ru_utime, self.ru_stime, children.ru_utime, children.ru_stime};
    double seconds = 0;
    for (int i = 0; i < 4; i++) seconds += (double)t[i].tv_sec + (double)t[i].tv_usec / 1e6;
    return seconds;
}

/* On the wall: what several threads and processes take together. */
static inline double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double resident_mb(void)
{
    long total, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &total, &pages) != 2) pages = 0;
    if (f) fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

/* Times by order of magnitude: 16 buckets for each power of 2 of nanoseconds, so that a
 * quantile is right to 6 % and takes no memory. */
enum { TIMES_POWERS = 40, TIMES_STEPS = 16 };
typedef struct Times {
    uint64_t count, buckets[TIMES_POWERS * TIMES_STEPS];
    double sum, longest;
} Times;

static inline void times_add(Times *t, double seconds)
{
    uint64_t ns = (uint64_t)(seconds * 1e9) + TIMES_STEPS;
    unsigned power = 63 - (unsigned)__builtin_clzll(ns) - 4;
    unsigned bucket = power * TIMES_STEPS + (unsigned)(ns >> power & (TIMES_STEPS - 1));
    if (bucket < TIMES_POWERS * TIMES_STEPS) t->buckets[bucket]++;
    t->count++;
    t->sum += seconds;
    if (seconds > t->longest) t->longest = seconds;
}

/* The time that a share of all stays under, in seconds. */
static inline double times_quantile(const Times *t, double share)
{
    uint64_t left = (uint64_t)(share * (double)t->count);
    for (unsigned i = 0; i < TIMES_POWERS * TIMES_STEPS; i++) {
        if (t->buckets[i] > left)
            return (double)((uint64_t)(TIMES_STEPS + i % TIMES_STEPS) << i / TIMES_STEPS) / 1e9;
        left -= t->buckets[i];
    }
    return t->longest;
}

/* The collector's pauses so far. */
static inline void print_pauses(void)
{
    moonlet_pauses p = moonlet_collector_pauses();
    double count = p.count ? (double)p.count : 1;
    printf("collector: %llu pauses, ms: mean %.2f (by the clock %.2f)  longest %.2f (%.2f)\n",
           (unsigned long long)p.count, (double)p.busy / count / 1e6,
           (double)p.nanoseconds / count / 1e6, (double)p.longest_busy / 1e6,
           (double)p.longest / 1e6);
}

#endif
