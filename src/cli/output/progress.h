/* SPDX-License-Identifier: MIT */
/*
 * Progress: one line on standard error that says how many lines of the input are done; a bar,
 * too, where the size of the input is known.
 */
#ifndef MOONLET_CLI_PROGRESS_H
#define MOONLET_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero at first, but for the size. */
typedef struct Progress {
    off_t size; /* bytes of the input; 0: not known */
    bool shown; /* the line is there */
    uint64_t shown_ns;
} Progress;

/* Shows that so many lines are done, and so many bytes of the input; ten times a second at
 * most. */
void progress_show(Progress *p, uint64_t lines, double bytes);
/* Takes the line away, for other output. */
void progress_wipe(Progress *p);

#endif
