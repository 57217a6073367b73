/* SPDX-License-Identifier: MIT */
/*
 * Output: answers in the order of the lines, whoever was first; and how far that is, on the
 * disk.
 *
 *   file.progress   lines done, bytes of the output, lines that failed, and a digest of the
 *                   lines done: in decimal, so many digits each time
 *
 * The output is on the disk before the file says so: what a job that ends at any moment has
 * written beyond it is cut off by the next one, and made again.
 */
#ifndef MOONLET_MPI_OUTPUT_H
#define MOONLET_MPI_OUTPUT_H

#include "job.h"

typedef struct Output {
    const char *program, *name; /* name NULL: standard output */
    FILE *file;
    int progress; /* descriptor, or -1 */
    uint64_t lines, failed;
    uint64_t input; /* the digest of the lines */
    double saved_at;
    bool good;
} Output;

/* Answers false if it cannot, and has said why. `lines` says how many are done already, which
 * is not 0 with resume. */
bool output_open(Output *o, const JobOptions *options);
/* Writes the answers of the lines that come next; with them, the lines have this digest. */
void output_write(Output *o, const Bytes *answers, uint64_t input);
/* Gives whether all lines went well, those of earlier jobs too. */
bool output_close(Output *o);

#endif
