/* SPDX-License-Identifier: MIT */
/*
 * Input by poll and read.
 *
 * Main invariant: a line is given once, in the order of the input; only the last one may have
 * no newline.
 */
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { READ_SIZE = 1 << 16, BATCH_BYTES = 1 << 20 };

static bool has_line(Input *in)
{
    if (in->scan < in->at) in->scan = in->at;
    size_t rest = in->read.length - in->scan;
    const char *end = rest ? memchr(in->read.data + in->scan, '\n', rest) : NULL;
    in->scan = end ? (size_t)(end - in->read.data) : in->read.length;
    return end != NULL;
}

static void drop_given(Input *in)
{
    if (in->at < READ_SIZE) return;
    size_t rest = in->read.length - in->at;
    memmove(in->read.data, in->read.data + in->at, rest);
    in->scan = in->scan > in->at ? in->scan - in->at : 0;
    in->read.length = rest;
    in->at = 0;
}

static void read_some(Input *in)
{
    drop_given(in);
    size_t before = in->read.length;
    bytes_add(&in->read, NULL, READ_SIZE);
    ssize_t n;
    do n = read(STDIN_FILENO, in->read.data + before, READ_SIZE);
    while (n < 0 && errno == EINTR);
    in->read.length = before + (n > 0 ? (size_t)n : 0);
    if (n < 0) fprintf(stderr, "moonlet-mpi: standard input: %s\n", strerror(errno));
    if (n < 0) in->good = false;
    if (n <= 0) in->ended = true;
}

void input_wait(Input *in, int milliseconds)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!in->ended && !has_line(in) && poll(&fd, 1, milliseconds) > 0) read_some(in);
}

bool input_ready(Input *in) { return has_line(in) || (in->ended && in->at < in->read.length); }

uint64_t input_take(Input *in, uint64_t count, Bytes *batch)
{
    uint64_t taken = 0;
    while (taken < count && batch->length < BATCH_BYTES && input_ready(in)) {
        bool whole = has_line(in);
        const char *line = in->read.data + in->at;
        size_t length = (whole ? in->scan : in->read.length) - in->at;
        record_add(batch, RECORD_LINE, line, length);
        in->digest = XXH64(line, length, in->digest);
        in->at += length + whole;
        taken++;
        input_wait(in, 0);
    }
    return taken;
}

bool input_finished(Input *in) { return in->ended && in->at == in->read.length; }

void input_free(Input *in) { bytes_free(&in->read); }
