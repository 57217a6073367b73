/* SPDX-License-Identifier: MIT */
/*
 * Rank 0: hands out batches of lines to whoever is free, and puts what comes back in order.
 *
 * Batches are numbered. A worker has one at a time; what it answers waits until all batches
 * before it have been written. So that one slow line does not make that much, no batch is given
 * out that is WINDOW batches a worker after the first one that is not written. A batch has as
 * many lines as take about BATCH_SECONDS: how many that is, is measured.
 *
 * Main invariant: a batch is with one worker, in the window, or written; and lines are written
 * in their order.
 */
#include "job.h"

#include <mpi.h>
#include <stdlib.h>

#include "input.h"
#include "output.h"

enum { WINDOW = 8, LINES_MAX = 16384, POLL_MS = 1 };
static const double BATCH_SECONDS = 0.02;

typedef struct Batch {
    uint64_t lines;
    uint64_t input; /* the digest of all lines up to its last */
    double since;
    bool done;
    Bytes answers;
} Batch;

typedef struct Coordinator {
    Input in;
    Output out;
    Bytes message;
    int workers, busy;
    uint64_t *at; /* the batch that each rank has; NO_BATCH: none yet */
    int *idle;    /* ranks, a stack */
    int idle_count;
    Batch *window; /* batch n at n % size */
    uint64_t size, given, written;
    double line_seconds; /* measured */
} Coordinator;

static const uint64_t NO_BATCH = UINT64_MAX;

static uint64_t lines_of_batch(const Coordinator *c)
{
    if (c->line_seconds <= 0) return 1;
    double lines = BATCH_SECONDS / c->line_seconds;
    return lines < 1 ? 1 : lines > LINES_MAX ? LINES_MAX : (uint64_t)lines;
}

/* Lines differ: what was measured last counts as much as all before. */
static void measure(Coordinator *c, const Batch *b)
{
    double seconds = (now_seconds() - b->since) / (double)b->lines;
    c->line_seconds = c->line_seconds > 0 ? (c->line_seconds + seconds) / 2 : seconds;
}

static void write_done(Coordinator *c)
{
    while (c->written < c->given && c->window[c->written % c->size].done) {
        Batch *b = &c->window[c->written++ % c->size];
        output_write(&c->out, &b->answers, b->input);
        b->done = false;
        b->answers.length = 0;
    }
}

static Batch *new_batch(Coordinator *c)
{
    Batch *b = &c->window[c->given % c->size];
    c->message.length = 0;
    b->lines = input_take(&c->in, lines_of_batch(c), &c->message);
    b->input = c->in.digest;
    b->since = now_seconds();
    c->given++;
    return b;
}

static void give(Coordinator *c)
{
    int rank = c->idle[--c->idle_count];
    c->at[rank] = c->given;
    new_batch(c);
    c->busy++;
    message_send(rank, &c->message);
}

static void receive(Coordinator *c)
{
    c->message.length = 0;
    int rank = message_receive(MPI_ANY_SOURCE, &c->message);
    c->idle[c->idle_count++] = rank;
    if (c->at[rank] == NO_BATCH) return; /* it is there */
    Batch *b = &c->window[c->at[rank] % c->size];
    bytes_add(&b->answers, c->message.data, c->message.length);
    b->done = true;
    c->busy--;
    measure(c, b);
    write_done(c);
}

static bool is_waiting(void)
{
    int waiting;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &waiting, MPI_STATUS_IGNORE);
    return waiting;
}

static bool is_done(Coordinator *c)
{
    return !c->busy && (input_finished(&c->in) || !c->out.good);
}

static void hand_out(Coordinator *c)
{
    while (!is_done(c)) {
        bool may = c->out.good && c->idle_count && c->given - c->written < c->size;
        if (is_waiting())
            receive(c);
        else if (may && input_ready(&c->in))
            give(c);
        else if (may && !c->in.ended)
            input_wait(&c->in, c->busy || c->idle_count < c->workers ? POLL_MS : -1);
        else
            receive(c);
    }
    c->message.length = 0;
    while (c->idle_count < c->workers) receive(c);
    c->message.length = 0;
    for (int rank = 1; rank <= c->workers; rank++) message_send(rank, &c->message);
}

static void work_alone(Coordinator *c, const Job *j)
{
    while (!is_done(c)) {
        if (!input_ready(&c->in)) {
            input_wait(&c->in, -1);
            continue;
        }
        Batch *b = new_batch(c);
        job_work(j, &c->message, &b->answers);
        b->done = true;
        measure(c, b);
        write_done(c);
    }
}

/* What an earlier job has done. Answers false if it was another input's. */
static bool skip_lines(Coordinator *c, const char *program)
{
    uint64_t left = c->out.lines;
    while (left && !input_finished(&c->in)) {
        input_wait(&c->in, -1);
        c->message.length = 0;
        left -= input_take(&c->in, left, &c->message);
    }
    if (!left && c->in.digest == c->out.input) return true;
    fprintf(stderr, "%s: the input is not that of the job that is to go on: %s\n", program,
            left ? "it is shorter" : "its lines are others");
    return false;
}

static bool begin(Coordinator *c, const JobOptions *o)
{
    MPI_Comm_size(MPI_COMM_WORLD, &c->workers);
    c->workers--;
    c->size = (uint64_t)(c->workers ? c->workers : 1) * WINDOW;
    c->in.good = true;
    c->at = malloc(((size_t)c->workers + 1) * sizeof *c->at);
    c->idle = malloc(((size_t)c->workers + 1) * sizeof *c->idle);
    c->window = calloc(c->size, sizeof *c->window);
    if (!c->at || !c->idle || !c->window) {
        fprintf(stderr, "%s: not enough memory\n", o->program);
        return false;
    }
    for (int i = 0; i <= c->workers; i++) c->at[i] = NO_BATCH;
    if (!output_open(&c->out, o)) return false;
    return skip_lines(c, o->program);
}

static void end(Coordinator *c)
{
    for (uint64_t i = 0; c->window && i < c->size; i++) bytes_free(&c->window[i].answers);
    free(c->window);
    free(c->at);
    free(c->idle);
    bytes_free(&c->message);
    input_free(&c->in);
}

bool coordinator_run(const Job *j, const JobOptions *o)
{
    Coordinator c = {0};
    bool begun = begin(&c, o);
    c.in.ended = c.in.ended || !begun; /* the workers are told in any case */
    if (!begun) c.in.read.length = c.in.at = 0;
    if (!c.idle || !c.at || !c.window) MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    if (c.workers)
        hand_out(&c);
    else
        work_alone(&c, j);
    bool good = begun && output_close(&c.out) && c.in.good;
    end(&c);
    return good;
}
