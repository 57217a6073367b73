/* SPDX-License-Identifier: MIT */
/*
 * moonlet-mpi: the contract of `moonlet --map` on the machines of an MPI job.
 *
 *   rank 0   coordinator.c  runs the script, sends its world to all, hands out batches of lines
 *                           to whoever is free, and writes what comes back in the order of the
 *                           lines; alone, it does the work as well
 *   others   worker.c       ask for a batch, call the function with each line in a fork of the
 *                           world, send the answers
 *
 * Built on the public interface alone, and the text of map/line_function.h. Ranks know nothing
 * of each other but messages of bytes:
 *
 *   world    one broadcast: the image of the state; nothing where the script failed
 *   batch    to a worker: lines; no line ends the work
 *   answers  to rank 0: an answer for each line, and the time it took; none: "I am free"
 *
 * A message is a series of records: a tag (1 byte), a length (8 bytes, little-endian), bytes.
 */
#ifndef MOONLET_MPI_JOB_H
#define MOONLET_MPI_JOB_H

#include <moonlet.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct JobOptions {
    const char *program;
    moonlet_limits limits; /* of each line */
    const char *output;    /* NULL: standard output */
    bool resume;
    const char *script;
    char **args; /* of the script; NULL at the end */
} JobOptions;

/* Bytes of malloc's that grow. Without memory the whole job ends, as MPI programs do. */
typedef struct Bytes {
    char *data;
    size_t length, capacity;
} Bytes;

void bytes_add(Bytes *b, const void *data, size_t length);
void bytes_free(Bytes *b);

typedef enum RecordTag { RECORD_LINE, RECORD_TEXT, RECORD_NOTHING, RECORD_ERROR } RecordTag;

void record_add(Bytes *b, RecordTag tag, const char *data, size_t length);
/* The record at *at, which is left behind it. Answers false where there are no more. */
bool record_next(const Bytes *b, size_t *at, RecordTag *tag, const char **data, size_t *length);

/* The world that lines are worked on in; also the function, as what private name "mpi" holds.
 */
typedef struct Job {
    moonlet_state *state;
    moonlet_value function;
} Job;

/* Runs the script here. Answers false if something is wrong, which has been said on standard
 * error. */
bool job_run_script(Job *j, const JobOptions *o);
/* Everybody calls this. Rank 0 gives its world or, where its state is NULL, that there is none;
 * then all answer false. */
bool job_share(Job *j, const moonlet_limits *limits);
/* An answer for each line of a batch, appended. */
void job_work(const Job *j, const Bytes *batch, Bytes *answers);
void job_end(Job *j);

/* Does what rank 0 sends, until that has no more. */
void worker_run(const Job *j);
/* The whole of the input; gives whether all went well. */
bool coordinator_run(const Job *j, const JobOptions *o);

/* Messages of any length. */
void message_send(int to, const Bytes *b);
/* Appends to b; from may be MPI_ANY_SOURCE. Gives who sent it. */
int message_receive(int from, Bytes *b);

double now_seconds(void);

#endif
