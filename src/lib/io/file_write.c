/* SPDX-License-Identifier: MIT */
/*
 * Writing to files.
 *
 * Main invariant: a signal ends a long write, also where C's functions would go on.
 */
#include "lib/io/file.h"

#include "outside/outside.h"

#include <errno.h>
#include <stdio_ext.h>
#include <unistd.h>

/* A write of this many bytes to a pipe may be done in part, and the C library would then wait
 * again for the rest, signal or not. */
enum { WRITE_LARGE = 4096 };

static bool is_seekable(FILE *f) { return lseek(fileno(f), 0, SEEK_CUR) >= 0; }

static bool write_all(Machine *M, int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t n = write(fd, bytes, length);
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
        if (length && stop_flag(M->interrupt)) {
            errno = EINTR;
            return false;
        }
    }
    return true;
}

bool file_put(Machine *M, FILE *f, const char *bytes, size_t length)
{
    if (length < WRITE_LARGE || is_seekable(f)) return fwrite(bytes, 1, length, f) == length;
    return fflush(f) == 0 && write_all(M, fileno(f), bytes, length);
}

/* What has failed because the user has ended it is an error of the program. */
static int write_failed(Machine *M, Value *a, File *file)
{
    int number = errno;
    if (number == EINTR && stop_flag(M->interrupt) && !outside_recalls(M)) {
        file_abandon(M, file);
        __fpurge(file->f); /* or to close it would be the next wait */
        return native_woken(M);
    }
    errno = number;
    return lib_file_result(M, a, false, NULL);
}

int file_flush(Machine *M, Value *a, File *file)
{
    bool flushed = outside_done(M, outside_recalls(M) || fflush(file->f) == 0);
    if (!flushed) return write_failed(M, a, file);
    NATIVE_RETURN(V_TRUE);
}

int file_write(Machine *M, Value *a, int n, int first, File *file, Value self)
{
    FILE *f = file->f;
    bool ok = true, real = !outside_recalls(M);
    for (int i = first; i < n; i++) { /* also when one has failed: a later one may be wrong */
        if (value_is_number(a[i])) {
            char text[NUMBER_TEXT_MAX];
            size_t length = number_format(value_to_double(a[i]), text);
            ok = ok && (!real || fwrite(text, 1, length, f) == length);
            continue;
        }
        const String *s = arg_string(M, a, n, i);
        if (!s) return NATIVE_ERROR;
        mem_work(s->length);
        ok = ok && (!real || file_put(M, f, s->data, s->length));
    }
    if (!outside_done(M, ok)) return write_failed(M, a, file);
    NATIVE_RETURN(self);
}
