/* SPDX-License-Identifier: MIT */
/*
 * The line that says how far --map is; see progress.h.
 *
 * Main invariant: the line is the last one on the terminal, and is gone before anything else is
 * written.
 */
#include "cli/output/progress.h"

#include <stdio.h>
#include <time.h>

enum { EVERY_NS = 100000000, BAR = 30 };

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void progress_show(Progress *p, uint64_t lines, double bytes)
{
    uint64_t now = now_ns();
    if (now - p->shown_ns < EVERY_NS) return;
    p->shown_ns = now;
    p->shown = true;
    fprintf(stderr, "\r%llu lines", (unsigned long long)lines);
    if (p->size > 0) {
        double part = bytes / (double)p->size;
        int full = part < 1 ? (int)(part * BAR) : BAR;
        fprintf(stderr, " [%.*s%*s] %d %%", full, "##############################", BAR - full,
                "", part < 1 ? (int)(part * 100) : 100);
    }
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_wipe(Progress *p)
{
    if (p->shown) fputs("\r\033[K", stderr);
    p->shown = false;
}
