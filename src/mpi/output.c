/* SPDX-License-Identifier: MIT */
/*
 * Output and its progress file.
 *
 * Main invariant: the progress file never says more than what is on the disk.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_ROOM = 160, PROGRESS_FIELDS = 4 };
static const char progress_format[] =
    "%020" PRIu64 " lines %020" PRIu64 " bytes %020" PRIu64 " failed %020" PRIu64 " input\n";
static const char progress_scanned[] =
    "%" SCNu64 " lines %" SCNu64 " bytes %" SCNu64 " failed %" SCNu64 " input%n";

static bool complain(Output *o, const char *name)
{
    fprintf(stderr, "%s: %s: %s\n", o->program, name, strerror(errno));
    return o->good = false;
}

static bool read_progress(Output *o, const char *name, uint64_t *bytes)
{
    char text[PROGRESS_ROOM] = "";
    ssize_t n = pread(o->progress, text, sizeof text - 1, 0);
    if (n < 0) return complain(o, name);
    if (n == 0) return true; /* nothing has been done */
    int end = 0;             /* after the last word, if that is there */
    int fields = sscanf(text, progress_scanned, &o->lines, bytes, &o->failed, &o->input, &end);
    if (fields == PROGRESS_FIELDS && end) return true;
    fprintf(stderr, "%s: %s does not say how far a job was\n", o->program, name);
    return o->good = false;
}

/* The output as far as it counts. */
static bool cut(Output *o, uint64_t bytes)
{
    off_t there = lseek(fileno(o->file), 0, SEEK_END);
    if (there < 0) return complain(o, o->name);
    if ((uint64_t)there < bytes) {
        fprintf(stderr, "%s: %s is shorter than it was when the job ended\n", o->program,
                o->name);
        return o->good = false;
    }
    if (ftruncate(fileno(o->file), (off_t)bytes) != 0) return complain(o, o->name);
    return lseek(fileno(o->file), (off_t)bytes, SEEK_SET) >= 0 || complain(o, o->name);
}

static bool open_files(Output *o, bool resume)
{
    char name[4096];
    uint64_t bytes = 0;
    int flags = O_RDWR | O_CREAT | O_CLOEXEC;
    if ((size_t)snprintf(name, sizeof name, "%s.progress", o->name) >= sizeof name) {
        errno = ENAMETOOLONG;
        return complain(o, o->name);
    }
    int fd = open(o->name, flags, 0666);
    o->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!o->file) return complain(o, o->name);
    o->progress = open(name, flags | (resume ? 0 : O_TRUNC), 0666);
    if (o->progress < 0) return complain(o, name);
    if (resume && !read_progress(o, name, &bytes)) return false;
    return cut(o, bytes);
}

bool output_open(Output *o, const JobOptions *options)
{
    *o = (Output){.program = options->program,
                  .name = options->output,
                  .file = stdout,
                  .progress = -1,
                  .good = true,
                  .saved_at = now_seconds()};
    return !o->name || open_files(o, options->resume);
}

static bool flush(Output *o)
{
    if (fflush(o->file) == 0 && !ferror(o->file)) return true;
    return complain(o, o->name ? o->name : "standard output");
}

static void save_progress(Output *o)
{
    char text[PROGRESS_ROOM];
    off_t bytes = lseek(fileno(o->file), 0, SEEK_CUR);
    int n = snprintf(text, sizeof text, progress_format, o->lines, (uint64_t)bytes, o->failed,
                     o->input);
    if (bytes < 0 || fdatasync(fileno(o->file)) != 0)
        complain(o, o->name);
    else if (pwrite(o->progress, text, (size_t)n, 0) != n || fdatasync(o->progress) != 0)
        complain(o, "progress");
    o->saved_at = now_seconds();
}

void output_write(Output *o, const Bytes *answers, uint64_t input)
{
    enum { EVERY_SECONDS = 1 };
    size_t at = 0, length;
    RecordTag tag;
    const char *data;
    o->input = input;
    while (record_next(answers, &at, &tag, &data, &length)) {
        o->lines++;
        if (tag == RECORD_ERROR) {
            o->failed++;
            fprintf(stderr, "%s: line %" PRIu64 ": %.*s\n", o->program, o->lines, (int)length,
                    data);
        } else if (tag == RECORD_TEXT) {
            fwrite(data, 1, length, o->file);
            putc('\n', o->file);
        }
    }
    if (!flush(o) || o->progress < 0) return;
    if (now_seconds() - o->saved_at >= EVERY_SECONDS) save_progress(o);
}

bool output_close(Output *o)
{
    if (o->progress >= 0 && o->good) save_progress(o);
    if (o->progress >= 0) close(o->progress);
    if (o->name && o->file && fclose(o->file) != 0) complain(o, o->name);
    return o->good && o->failed == 0;
}
