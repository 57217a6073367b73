/* SPDX-License-Identifier: MIT */
/*
 * Reading files: numbers, lines, bytes; and iterators over lines.
 *
 * Main invariant: a read that a signal has ended puts back what it has read, so that the
 * function can begin again, or says that it cannot.
 */
#include "lib/io/file.h"

#include "lib/io/process.h"
#include "lib/natives.h"
#include "outside/outside.h"
#include "text/buffer.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* How reading one thing went. */
typedef enum Got { GOT_IT, GOT_NOTHING, GOT_ERROR } Got;

typedef struct Input {
    Machine *M;
    File *file;
    bool first;  /* nothing has been read: the function can begin again */
    int stopped; /* not 0: what it has to answer */
} Input;

/* Whether a signal has ended a read that goes on now. */
static bool goes_on(Input *in)
{
    bool real = !outside_recalls(in->M);
    if (!outside_answer(in->M, real && ferror(in->file->f) && errno == EINTR)) return false;
    if (real) file_abandon(in->M, in->file);
    int what = native_woken(in->M);
    if (real) clearerr(in->file->f);
    if (what == 0 || (what == NATIVE_PAUSE && !in->first)) return true;
    in->stopped = what;
    return false;
}

static bool unget(Input *in, const char *bytes, size_t length)
{
    while (length && ungetc((uint8_t)bytes[length - 1], in->file->f) != EOF) length--;
    return !length;
}

/* Puts back as much of it as the C library takes, where there is no going back in the file. */
static Got put_back(Input *in, const Buffer *b)
{
    size_t length = buffer_length(b);
    if (outside_recalls(in->M)) return GOT_ERROR;
    if (length > BUFFER_ROOM && !fseek(in->file->f, -(long)length, SEEK_CUR)) return GOT_ERROR;
    bool all = unget(in, b->data, b->length);
    for (unsigned i = b->part_count; all && i > 0; i--)
        all = unget(in, b->parts[i - 1]->data, b->parts[i - 1]->length);
    return GOT_ERROR;
}

static Got finish(Input *in, Buffer *b, bool success, Value *out)
{
    if (in->stopped) return put_back(in, b);
    const String *s = buffer_finish(b);
    if (!s) {
        in->stopped = native_memory_error(in->M);
        return in->stopped == NATIVE_PAUSE ? put_back(in, b) : GOT_ERROR;
    }
    *out = success ? string_value(s) : V_NIL;
    return success ? GOT_IT : GOT_NOTHING;
}

enum { PART_END = EOF - 1 };

/* Whether the next part of a long line is to begin. */
static bool is_part_end(const Buffer *b)
{
    return b->length == b->capacity && b->length >= BUFFER_PART;
}

/* What is left of a line, or of its part, as far as there is room: gives what ends it. */
static int read_rest(Input *in, Buffer *b)
{
    FILE *f = in->file->f;
    int c = PART_END;
    flockfile(f);
    while (!is_part_end(b) && (c = getc_unlocked(f)) != EOF && c != '\n')
        if (!buffer_append_char(b, (char)c)) break;
    funlockfile(f);
    return is_part_end(b) && c != EOF && c != '\n' ? PART_END : c;
}

/* The same, recorded or recalled; the buffer grows as it has grown. */
static int next_rest(Input *in, Buffer *b)
{
    int32_t c = EOF;
    if (is_part_end(b) && !buffer_reserve(b, 1)) return c;
    size_t before = b->length, length;
    if (!outside_recalls(in->M)) {
        c = read_rest(in, b);
        if (outside_records(in->M))
            outside_write(in->M, SEEN_BYTES, b->data + before, b->length - before);
    } else {
        const uint8_t *bytes = outside_read(in->M, SEEN_BYTES, &length);
        for (size_t i = 0; i < length && buffer_append_char(b, (char)bytes[i]); i++) continue;
    }
    outside_record(in->M, SEEN_NUMBER, &c, sizeof c);
    return c;
}

static Got read_line(Input *in, bool keep_end, Value *out)
{
    Buffer b;
    int c;
    buffer_init_parts(&b, machine_string_room(in->M));
    do c = next_rest(in, &b);
    while (!b.error && (c == PART_END || (c == EOF && goes_on(in))));
    bool success = c == '\n' || buffer_length(&b) > 0;
    if (keep_end && c == '\n') buffer_append_char(&b, '\n');
    return finish(in, &b, success, out);
}

/* Reads at most `count` bytes; nothing if there are none, unless none are asked for. */
static Got read_bytes(Input *in, size_t count, bool nothing_is_fine, Value *out)
{
    Buffer b;
    size_t block = BUFFER_ROOM, got;
    buffer_init_parts(&b, machine_string_room(in->M));
    do {
        size_t left = count - buffer_length(&b), want = left < block ? left : block;
        if (!buffer_reserve(&b, want)) break;
        bool real = !outside_recalls(in->M);
        got = real ? fread(b.data + b.length, 1, want, in->file->f) : 0;
        got = outside_bytes(in->M, b.data + b.length, got, want);
        b.length += got;
        if (got < want && !goes_on(in)) break;
        if (block < ((size_t)1 << 20)) block *= 2;
    } while (buffer_length(&b) < count);
    return finish(in, &b, nothing_is_fine || buffer_length(&b) > 0, out);
}

enum {
    SPACES = 1 << 16,
    NUMBER_WORK = 8 /* reading a digit takes as long as copying so many */
};

/* Skips up to SPACES of them; gives what comes next. */
static int skip_some_spaces(Input *in)
{
    int32_t seen[] = {0, ' '};
    bool real = !outside_recalls(in->M);
    while (real && seen[0] < SPACES && isspace(seen[1] = getc(in->file->f))) seen[0]++;
    outside_record(in->M, SEEN_NUMBER, seen, sizeof seen);
    if (seen[0] < 0 || seen[0] > SPACES || seen[1] < EOF || seen[1] > UCHAR_MAX) return EOF;
    mem_work((uint32_t)seen[0]);
    return seen[1];
}

/* Skips spaces as the conversions of fscanf do. But a pipe may have any number of spaces. So
 * those that are skipped are gone, and the function can begin again. */
static void skip_spaces(Input *in)
{
    int c;
    do {
        c = skip_some_spaces(in);
        bool more = c == EOF ? goes_on(in) : isspace(c) != 0;
        if (!more) break;
        if (!native_go_on(in->M)) in->stopped = in->first ? NATIVE_PAUSE : native_woken(in->M);
        if (in->stopped == NATIVE_PAUSE && !in->first) in->stopped = 0;
    } while (!in->stopped);
    if (!in->stopped && !outside_recalls(in->M)) ungetc(c, in->file->f);
}

/* fscanf reads nothing of a file that is open to write only, and does not call that an error.
 */
static void forget_bad_mode(Input *in)
{
    FILE *f = in->file->f;
    if (!outside_recalls(in->M) && ferror(f) && errno == EBADF) clearerr(f);
}

static bool scan_number(Input *in, double *out)
{
    int length = 0, got = 0;
    double d = 0;
    if (!outside_recalls(in->M)) got = fscanf(in->file->f, "%65536lf%n", &d, &length);
    bool good = outside_answer(in->M, got == 1);
    if (good) *out = outside_number(in->M, d);
    mem_work((size_t)outside_int(in->M, length, 0, SPACES) * NUMBER_WORK);
    return good;
}

static Got read_number(Input *in, Value *out)
{
    double d;
    bool got;
    *out = V_NIL;
    skip_spaces(in);
    forget_bad_mode(in);
    do got = !in->stopped && scan_number(in, &d);
    while (!got && goes_on(in));
    if (in->stopped) return GOT_ERROR;
    if (!got) return GOT_NOTHING;
    *out = value_number_checked(d);
    return GOT_IT;
}

/* The empty string, unless the file is at its end. */
static Got test_end(Input *in, Value *out)
{
    int c = EOF;
    bool real = !outside_recalls(in->M), more;
    do {
        if (real) c = getc(in->file->f);
        more = outside_answer(in->M, c != EOF);
    } while (!more && goes_on(in));
    if (in->stopped) return GOT_ERROR;
    if (real) ungetc(c, in->file->f);
    *out = more ? new_string("", 0) : V_NIL;
    return more ? GOT_IT : GOT_NOTHING;
}

/* A count that no machine has memory for: lua5.2, which asks for it before it reads, refuses
 * it in other words when it is negative and its own header does not fit either. */
static const size_t COUNT_MAX = (size_t)1 << 40, COUNT_TOO_BIG = (size_t)-42;

static Got refuse_count(Input *in, size_t count)
{
    static const char too_big[] = "memory allocation error: block too big";
    in->stopped = count < COUNT_TOO_BIG
                      ? native_memory_error(in->M)
                      : native_throw(in->M, new_string(too_big, sizeof too_big - 1));
    return GOT_ERROR;
}

/* Reads by the format in argument i. */
static Got read_format(Input *in, Value *a, int i, Value *out)
{
    Machine *M = in->M;
    if (value_is_number(a[i])) {
        size_t count = (size_t)double_to_integer(value_to_double(a[i]));
        if (count >= COUNT_MAX) return refuse_count(in, count);
        return count ? read_bytes(in, count, false, out) : test_end(in, out);
    }
    const String *s = value_is_string(a[i]) ? value_string(a[i]) : NULL;
    if (!s || s->length == 0 || s->data[0] != '*') {
        in->stopped = native_arg_error(M, i, "invalid option");
        return GOT_ERROR;
    }
    switch (s->length > 1 ? s->data[1] : 0) {
    case 'n': return read_number(in, out);
    case 'l': return read_line(in, false, out);
    case 'L': return read_line(in, true, out);
    case 'a': return read_bytes(in, SIZE_MAX, true, out);
    default: in->stopped = native_arg_error(M, i, "invalid format"); return GOT_ERROR;
    }
}

int file_read(Machine *M, Value *a, int n, int first, File *file)
{
    Input in = {M, file, true, 0};
    int results = 0;
    Value v = V_NIL;
    Got got = GOT_IT;
    bool real = !outside_recalls(M);
    if (real) clearerr(file->f);
    if (n <= first) {
        got = read_line(&in, false, &v);
        if (got != GOT_ERROR) a[results++] = v;
    }
    for (int i = first; i < n && got == GOT_IT; i++) {
        v = V_NIL;
        got = read_format(&in, a, i, &v);
        if (got != GOT_ERROR) a[results++] = v;
        in.first = false;
    }
    if (got == GOT_ERROR) return in.stopped;
    if (!outside_done(M, !real || !ferror(file->f))) return lib_file_result(M, a, false, NULL);
    return results;
}

/* Lines ---------------------------------------------------------------------------- */

/* What the iterator of lines() has captured: the file, whether to close it at its end,
 * and the formats. */
enum { LINES_FILE, LINES_CLOSE, LINES_FORMATS, FORMATS_MAX = 17 };

static int lines_end(Machine *M, Value *a, int results)
{
    if (results > 1) return lib_error(M, value_string(a[1]));
    if (lib_upvalue(a, LINES_CLOSE) == V_TRUE) file_close(M, a, lib_upvalue(a, LINES_FILE));
    return 0;
}

static int lines_step(Machine *M, Value *a, int n)
{
    const Native *self = lib_self(a);
    File *file = file_of(self->upvalues[LINES_FILE]);
    if (file_kind(M, file) == FILE_CLOSED) return native_error(M, "file is already closed");
    int formats = (int)self->count - LINES_FORMATS;
    for (int i = 0; i < formats; i++) a[1 + i] = self->upvalues[LINES_FORMATS + i];
    int results = file_read(M, a, 1 + formats, 1, file);
    if (results < 0 || !value_is_false(a[0])) return results;
    return lines_end(M, a, results);
}

int file_lines(Machine *M, Value *a, int n, int first, Value self, bool close)
{
    int formats = n > first ? n - first : 0;
    if (formats > FORMATS_MAX) return native_arg_error(M, FORMATS_MAX - 1, "too many options");
    Native *f = native_new(M, natives_lines, LINES_FORMATS + formats);
    f->upvalues[LINES_FILE] = self;
    f->upvalues[LINES_CLOSE] = value_boolean(close);
    for (int i = 0; i < formats; i++) f->upvalues[LINES_FORMATS + i] = a[first + i];
    NATIVE_RETURN(value_object(f));
}

const NativeDef natives_lines[] = {
    NATIVE_INNER_SEES("file.lines:step", lines_step, WORK_BYTES, OUTSIDE_FILES, false,
                      "needs a file, which only io gives", .captures = "ub*"),
    NATIVE_ROWS_END,
};
