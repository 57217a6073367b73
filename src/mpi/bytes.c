/* SPDX-License-Identifier: MIT */
/*
 * Growing bytes, records in them, and messages of any length: MPI counts in int.
 *
 * Main invariant: a record is read only within the bytes that have come.
 */
#include "job.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Part of a message: MPI's counts are of type int. */
enum { PART = 1 << 30, TAG = 1, HEAD = 9 };

void bytes_add(Bytes *b, const void *data, size_t length)
{
    if (b->capacity - b->length < length) {
        b->capacity = b->capacity * 2 + length;
        b->data = realloc(b->data, b->capacity);
        if (!b->data) {
            fputs("moonlet-mpi: not enough memory\n", stderr);
            MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
            abort();
        }
    }
    if (data && length) memcpy(b->data + b->length, data, length);
    b->length += length;
}

void bytes_free(Bytes *b)
{
    free(b->data);
    *b = (Bytes){0};
}

void record_add(Bytes *b, RecordTag tag, const char *data, size_t length)
{
    unsigned char head[HEAD] = {(unsigned char)tag};
    for (int i = 1; i < HEAD; i++) head[i] = (unsigned char)((uint64_t)length >> (8 * (i - 1)));
    bytes_add(b, head, sizeof head);
    bytes_add(b, data, length);
}

bool record_next(const Bytes *b, size_t *at, RecordTag *tag, const char **data, size_t *length)
{
    if (b->length - *at < HEAD) return false;
    const unsigned char *head = (const unsigned char *)b->data + *at;
    uint64_t n = 0;
    for (int i = HEAD - 1; i > 0; i--) n = n << 8 | head[i];
    if (n > b->length - *at - HEAD) return false;
    *tag = (RecordTag)head[0];
    *data = (const char *)head + HEAD;
    *length = (size_t)n;
    *at += HEAD + (size_t)n;
    return true;
}

void message_send(int to, const Bytes *b)
{
    uint64_t length = b->length;
    MPI_Send(&length, 1, MPI_UINT64_T, to, TAG, MPI_COMM_WORLD);
    for (uint64_t at = 0; at < length; at += PART) {
        int part = length - at < PART ? (int)(length - at) : PART;
        MPI_Send(b->data + at, part, MPI_BYTE, to, TAG, MPI_COMM_WORLD);
    }
}

int message_receive(int from, Bytes *b)
{
    uint64_t length;
    MPI_Status status;
    MPI_Recv(&length, 1, MPI_UINT64_T, from, TAG, MPI_COMM_WORLD, &status);
    size_t start = b->length;
    bytes_add(b, NULL, length);
    for (uint64_t at = 0; at < length; at += PART) {
        int part = length - at < PART ? (int)(length - at) : PART;
        MPI_Recv(b->data + start + at, part, MPI_BYTE, status.MPI_SOURCE, TAG, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
    }
    return status.MPI_SOURCE;
}

double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
