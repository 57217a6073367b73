/* SPDX-License-Identifier: MIT */
/* Input: lines of the standard input, a batch at a time, without waiting where there is
 * something else to do. */
#ifndef MOONLET_MPI_INPUT_H
#define MOONLET_MPI_INPUT_H

#include "job.h"

typedef struct Input {
    Bytes read;  /* what has been read */
    size_t at;   /* of that, what has been given */
    size_t scan; /* up to here there is no end of a line */
    bool ended;  /* there is no more to read */
    bool good;
    uint64_t digest; /* of all lines that were given */
} Input;

/* Reads what is there, for at most so many milliseconds, if there is no whole line. */
void input_wait(Input *in, int milliseconds);
/* Whether input_take has something to give. */
bool input_ready(Input *in);
/* Takes up to so many lines as records, a megabyte at most where lines are short. Gives how
 * many. */
uint64_t input_take(Input *in, uint64_t count, Bytes *batch);
bool input_finished(Input *in);
void input_free(Input *in);

#endif
