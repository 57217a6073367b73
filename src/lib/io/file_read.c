/* SPDX-License-Identifier: MIT */
/*
 * Reading files: numbers, lines, bytes; and iterators over lines.
 *
 * What is long is read in pieces of a megabyte at most, between which the run may have to stop.
 * Then the frame keeps what is needed to go on:
 *
 *   a[0] n  [1] the file  [2] at which format  [3] how many results there are
 *    [4] what that format has read so far  [5] whether that is all of it, and lacks only room
 *    [6..6+n) results, and formats that are left
 *
 * Main invariant: what has been read is a result, or in the frame, or put back, which a signal
 * does that ends the function with an error.
 */
#include "lib/io/file.h"

#include "control/eval.h"
#include "lib/natives.h"
#include "native/long_work.h"
#include "outside/outside.h"
#include "text/buffer.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* How reading one thing went. */
typedef enum Got { GOT_IT, GOT_NOTHING, GOT_ERROR } Got;

enum { ARGS, FROM, FORMAT, RESULTS, TEXT, ENDED, SAVED };
enum {
    PIECE = 1 << 20
}; /* so many bytes are read before the run looks whether it has to stop */

typedef struct Input {
    Machine *M;
    File *file;
    Value *
        args; /* formats, and results in their places; where the native has them, or moved up */
    int n, at, results;
    const String *before; /* what the format has read until it was suspended, or NULL */
    bool ended;           /* that is all */
    size_t room;          /* for all of it */
    int stopped;          /* not 0: what it has to answer */
} Input;

static bool is_real(const Input *in) { return !outside_recalls(in->M); }

/* Whether a signal has ended a read that goes on now. */
static bool goes_on(Input *in)
{
    bool real = is_real(in);
    if (!outside_answer(in->M, real && ferror(in->file->f) && errno == EINTR)) return false;
    if (real) file_abandon(in->M, in->file);
    int what = native_woken(in->M);
    in->stopped = what == NATIVE_PAUSE ? NATIVE_SUSPEND : what;
    if (real) clearerr(in->file->f);
    return !what;
}

/* What has been read is paid for by where it ends, so that it does not matter in which pieces
 * it was. Where there is more to come, answers whether the run may go on. */
static bool pay(Input *in, size_t from, size_t to, bool more)
{
    in->M->fuel -= (int64_t)(to / MEM_WORK_STEP - from / MEM_WORK_STEP);
    if (more && UNLIKELY(in->M->fuel < 0) && !native_go_on(in->M)) in->stopped = NATIVE_SUSPEND;
    return more && !in->stopped;
}

/* The buffer has the room that what was read before leaves. */
static void begin(Input *in, Buffer *b)
{
    size_t before = in->before ? in->before->length : 0;
    in->room = machine_string_room(in->M);
    buffer_init_joined(b, in->room > before ? in->room - before : 0);
}

static size_t length_so_far(const Input *in, const Buffer *b)
{
    return (in->before ? in->before->length : 0) + buffer_length(b);
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
    if (!is_real(in)) return GOT_ERROR;
    if (length > BUFFER_ROOM && !fseek(in->file->f, -(long)length, SEEK_CUR)) return GOT_ERROR;
    bool all = unget(in, b->data, b->length);
    for (unsigned i = b->part_count; all && i > 0; i--)
        all = unget(in, b->parts[i - 1]->data, b->parts[i - 1]->length);
    return GOT_ERROR;
}

/* The run may not have what has been read as a result. Where it can go on later, the frame has
 * it until then: twice what the run may allocate is taken at most, for a moment. */
static Got out_of_room(Input *in, Buffer *b)
{
    bool whole = b->error == BUFFER_OK && in->stopped != NATIVE_SUSPEND;
    in->stopped = native_memory_error(in->M);
    if (in->stopped != NATIVE_PAUSE) return GOT_ERROR;
    const String *s = in->before;
    if (!s || buffer_length(b)) s = buffer_keep(b, s);
    if (!s) {
        in->M->stop = STOP_NONE;
        in->stopped = NATIVE_ERROR;
        return GOT_ERROR;
    }
    in->before = s;
    in->ended = whole;
    return GOT_ERROR;
}

static Got finish(Input *in, Buffer *b, bool success, Value *out)
{
    bool suspended = in->stopped == NATIVE_SUSPEND;
    if (in->stopped && !suspended) return put_back(in, b);
    b->limit = in->room;
    const String *s = buffer_join(b, in->before, !suspended);
    if (!s && mem_gives_up()) return GOT_ERROR;
    if (!s) return out_of_room(in, b);
    in->before = s;
    in->ended = false;
    if (suspended) return GOT_ERROR;
    *out = success ? string_value(s) : V_NIL;
    return success ? GOT_IT : GOT_NOTHING;
}

enum { PIECE_END = EOF - 1 };

/* What is left of a line, as far as it fits into the buffer: gives what ends it. */
static int read_rest(const Input *in, Buffer *b)
{
    FILE *f = in->file->f;
    int c = PIECE_END;
    flockfile(f);
    while (b->length < b->capacity && (c = getc_unlocked(f)) != EOF && c != '\n')
        b->data[b->length++] = (char)c;
    funlockfile(f);
    return b->length < b->capacity || c == EOF || c == '\n' ? c : PIECE_END;
}

/* The same, recorded or recalled: the next piece. */
static int next_rest(Input *in, Buffer *b)
{
    int32_t c = EOF;
    size_t from = length_so_far(in, b), length;
    if (!buffer_reserve(b, 1)) return c;
    if (is_real(in)) {
        size_t before = b->length;
        c = read_rest(in, b);
        if (outside_records(in->M))
            outside_write(in->M, SEEN_BYTES, b->data + before, b->length - before);
    } else {
        const uint8_t *bytes = outside_read(in->M, SEEN_BYTES, &length);
        for (size_t i = 0; i < length && buffer_append_char(b, (char)bytes[i]); i++) continue;
    }
    outside_record(in->M, SEEN_NUMBER, &c, sizeof c);
    pay(in, from, length_so_far(in, b), c == PIECE_END);
    return c;
}

static Got read_line(Input *in, bool keep_end, Value *out)
{
    Buffer b;
    int c;
    begin(in, &b);
    do c = next_rest(in, &b);
    while (!b.error && !in->stopped && (c == PIECE_END || (c == EOF && goes_on(in))));
    bool success = c == '\n' || length_so_far(in, &b) > 0;
    if (keep_end && c == '\n') buffer_append_char(&b, '\n');
    return finish(in, &b, success, out);
}

/* Reads at most `count` bytes; nothing if there are none, unless none are asked for. */
static Got read_bytes(Input *in, size_t count, bool nothing_is_fine, Value *out)
{
    Buffer b;
    size_t length = in->before ? in->before->length : 0;
    begin(in, &b);
    for (bool more = true; more && length < count;) {
        size_t block = length < PIECE - BUFFER_ROOM ? length + BUFFER_ROOM : PIECE;
        size_t want = count - length < block ? count - length : block;
        if (!buffer_reserve(&b, want)) break;
        size_t got = is_real(in) ? fread(b.data + b.length, 1, want, in->file->f) : 0;
        got = outside_bytes(in->M, b.data + b.length, got, want);
        b.length += got;
        more = got == want || goes_on(in);
        length += got;
        more = pay(in, length - got, length, more && length < count);
    }
    return finish(in, &b, nothing_is_fine || length > 0, out);
}

/* Whether, when reading is given up, the file can be as if it had not begun. */
static bool can_go_back(const Input *in, off_t *from)
{
    if (!is_real(in) || outside_records(in->M)) return false;
    *from = ftello(in->file->f);
    return *from >= 0;
}

/* Reads as read_bytes does, what may be long. */
static Got read_many(Input *in, size_t count, bool nothing_is_fine, Value *out)
{
    off_t from;
    if (count <= MEM_LONG || !can_go_back(in, &from))
        return read_bytes(in, count, nothing_is_fine, out);
    for (;;) {
        LongWork work = long_work_begin(in->M);
        mem_look.given_up = &work.given_up;
        Got got = read_bytes(in, count, nothing_is_fine, out);
        mem_look.given_up = NULL;
        if (LIKELY(!work.given_up)) return got;
        bool back = !fseeko(in->file->f, from, SEEK_SET);
        int what = long_work_given_up(&work);
        if (!what && !back) what = native_error(in->M, "cannot go back in a file");
        in->stopped = what == NATIVE_PAUSE ? NATIVE_SUSPEND : what;
        if (what) return GOT_ERROR;
    }
}

enum {
    SPACES = 1 << 16,
    NUMBER_WORK = 8 /* reading a digit takes as long as copying so many */
};

/* Skips up to SPACES of them; gives what comes next. */
static int skip_some_spaces(Input *in)
{
    int32_t seen[] = {0, ' '};
    while (is_real(in) && seen[0] < SPACES && isspace(seen[1] = getc(in->file->f))) seen[0]++;
    outside_record(in->M, SEEN_NUMBER, seen, sizeof seen);
    if (seen[0] < 0 || seen[0] > SPACES || seen[1] < EOF || seen[1] > UCHAR_MAX) return EOF;
    pay(in, 0, (uint32_t)seen[0], isspace(seen[1]) != 0);
    return seen[1];
}

/* Skips spaces as the conversions of fscanf do. But a pipe may have any number of spaces: those
 * that are skipped are gone, and the function goes on behind them. */
static void skip_spaces(Input *in)
{
    bool more;
    int c;
    do {
        c = skip_some_spaces(in);
        more = !in->stopped && (c == EOF ? goes_on(in) : isspace(c) != 0);
    } while (more);
    if (is_real(in) && c != EOF && !isspace(c)) ungetc(c, in->file->f);
}

/* fscanf reads nothing of a file that is open to write only, and does not call that an error.
 */
static void forget_bad_mode(Input *in)
{
    FILE *f = in->file->f;
    if (is_real(in) && ferror(f) && errno == EBADF) clearerr(f);
}

static bool scan_number(Input *in, double *out)
{
    int length = 0, got = 0;
    double d = 0;
    if (is_real(in)) got = fscanf(in->file->f, "%65536lf%n", &d, &length);
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
    while (!got && !in->stopped && goes_on(in));
    if (in->stopped) return GOT_ERROR;
    if (!got) return GOT_NOTHING;
    *out = value_number_checked(d);
    return GOT_IT;
}

/* The empty string, unless the file is at its end. */
static Got test_end(Input *in, Value *out)
{
    int c = EOF;
    bool more;
    do {
        if (is_real(in)) c = getc(in->file->f);
        more = outside_answer(in->M, c != EOF);
    } while (!more && goes_on(in));
    if (in->stopped) return GOT_ERROR;
    if (is_real(in)) ungetc(c, in->file->f);
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

/* Reads by the format that is next. */
/* There was no room for it as a result, and may be now. */
static Got take_ended(Input *in, Value *out)
{
    Buffer b;
    begin(in, &b);
    return finish(in, &b, true, out);
}

static Got read_format(Input *in, Value *out)
{
    Machine *M = in->M;
    if (in->ended) return take_ended(in, out);
    Value format = in->args[in->at];
    if (value_is_number(format)) {
        size_t count = (size_t)double_to_integer(value_to_double(format));
        if (count >= COUNT_MAX) return refuse_count(in, count);
        return count ? read_many(in, count, false, out) : test_end(in, out);
    }
    const String *s = value_is_string(format) ? value_string(format) : NULL;
    if (!s || s->length == 0 || s->data[0] != '*') {
        in->stopped = native_arg_error(M, NULL, 0, in->at, "invalid option");
        return GOT_ERROR;
    }
    switch (s->length > 1 ? s->data[1] : 0) {
    case 'n': return read_number(in, out);
    case 'l': return read_line(in, false, out);
    case 'L': return read_line(in, true, out);
    case 'a': return read_many(in, SIZE_MAX, true, out);
    default:
        in->stopped = native_arg_error(M, NULL, 0, in->at, "invalid format");
        return GOT_ERROR;
    }
}

static void keep(const Input *in, Value *a)
{
    a[FORMAT] = value_number(in->at);
    a[RESULTS] = value_number(in->results);
    a[TEXT] = in->before ? string_value(in->before) : V_NIL;
    a[ENDED] = value_boolean(in->ended);
}

/* Puts what is needed to go on into the frame, in front of what is there of arguments. */
static int suspend(Input *in, Value *a, Value file, NativeCont *cont)
{
    size_t from = (size_t)(in->args - a);
    a = native_room(in->M, a, (int)from + in->n, SAVED + NATIVE_HEADER);
    if (!a) return native_stack_error(in->M, SAVED, "too many formats");
    memmove(a + SAVED, a + from, (size_t)in->n * sizeof(Value));
    a[ARGS] = value_number(in->n);
    a[FROM] = file;
    keep(in, a);
    eval_poll_soon(in->M);
    return native_suspend(in->M, a, SAVED + in->n, cont);
}

/* Where there is a frame that says how far it has come, it can begin again. */
static int stop(Input *in, Value *a, Value file, NativeCont *cont)
{
    bool moved = in->args != a;
    if (in->stopped == NATIVE_PAUSE && moved) {
        keep(in, a);
        return NATIVE_PAUSE;
    }
    in->M->stop = STOP_NONE;
    return suspend(in, a, file, cont);
}

static int read_on(Input *in, Value *a, Value file, NativeCont *cont)
{
    Got got = GOT_IT;
    while (in->at < in->n && got == GOT_IT) {
        Value v = V_NIL;
        got = read_format(in, &v);
        if (in->stopped == NATIVE_PAUSE || in->stopped == NATIVE_SUSPEND)
            return stop(in, a, file, cont);
        if (got == GOT_ERROR) return in->stopped;
        in->args[in->results++] = v;
        in->before = NULL;
        in->at++;
    }
    if (!outside_done(in->M, !is_real(in) || !ferror(in->file->f)))
        return lib_file_result(in->M, a, false, NULL);
    memmove(a, in->args, (size_t)in->results * sizeof(Value));
    return in->results;
}

static bool begin_reading(Input *in, Value file)
{
    in->file = file_of(file);
    bool closed = is_real(in) && (!in->file || in->file->kind == FILE_CLOSED);
    if (closed)
        native_error(in->M, "attempt to use a closed file");
    else if (is_real(in))
        clearerr(in->file->f);
    return !closed;
}

int file_read(Machine *M, Value *a, int n, int first, Value file, NativeCont *cont)
{
    static const char line[] = "*l";
    if (n <= first) a[first] = string_value(string_intern(line, sizeof line - 1));
    Input in = {.M = M, .args = a, .n = n > first ? n : first + 1, .at = first};
    return begin_reading(&in, file) ? read_on(&in, a, file, cont) : NATIVE_ERROR;
}

int file_read_on(Machine *M, Value *a, NativeCont *cont)
{
    Input in = {.M = M,
                .args = a + SAVED,
                .n = (int)value_to_double(a[ARGS]),
                .at = (int)value_to_double(a[FORMAT]),
                .results = (int)value_to_double(a[RESULTS]),
                .before = a[TEXT] == V_NIL ? NULL : value_string(a[TEXT]),
                .ended = a[TEXT] != V_NIL && a[ENDED] == V_TRUE};
    Value file = a[FROM];
    return begin_reading(&in, file) ? read_on(&in, a, file, cont) : NATIVE_ERROR;
}

bool file_read_holds(const Value *a, size_t used)
{
    return frame_has_list(used, a[ARGS], a[FORMAT], SAVED) &&
           frame_size_in(a[FORMAT]) < frame_size_in(a[ARGS]) &&
           frame_size_in(a[RESULTS]) <= frame_size_in(a[FORMAT]);
}

int file_read_text(Machine *M, File *file, size_t most, const String **text)
{
    Value all;
    Input in = {.M = M, .file = file, .before = *text};
    if (is_real(&in) && file->kind == FILE_CLOSED)
        return native_error(M, "attempt to use a closed file");
    read_bytes(&in, most, true, &all);
    if (in.before) *text = in.before;
    return in.stopped;
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

static int lines_read(Machine *M, Value *a, int results)
{
    return results < 0 || !value_is_false(a[0]) ? results : lines_end(M, a, results);
}

static int lines_go_on(Machine *M, Value *a, int n)
{
    int results = file_read_on(M, a, lines_go_on);
    return lines_read(M, a, results);
}

static int lines_step(Machine *M, Value *a, int n)
{
    const Native *self = lib_self(a);
    File *file = file_of(self->upvalues[LINES_FILE]);
    if (file_kind(M, file) == FILE_CLOSED) return native_error(M, "file is already closed");
    int formats = (int)self->count - LINES_FORMATS;
    if (n < 1) a[0] = V_NIL;
    for (int i = 0; i < formats; i++) a[1 + i] = self->upvalues[LINES_FORMATS + i];
    int results = file_read(M, a, 1 + formats, 1, self->upvalues[LINES_FILE], lines_go_on);
    return lines_read(M, a, results);
}

int file_lines(Machine *M, Value *a, int n, int first, Value self, bool close)
{
    int formats = n > first ? n - first : 0;
    if (formats > FORMATS_MAX)
        return native_arg_error(M, a, n, FORMATS_MAX - 1, "too many options");
    Native *f = native_new(M, natives_lines, LINES_FORMATS + formats);
    f->upvalues[LINES_FILE] = self;
    f->upvalues[LINES_CLOSE] = value_boolean(close);
    for (int i = 0; i < formats; i++) f->upvalues[LINES_FORMATS + i] = a[first + i];
    NATIVE_RETURN(value_object(f));
}

const NativeDef natives_lines[] = {
    NATIVE_INNER_SEES("file.lines:step", lines_step, WORK_BYTES, OUTSIDE_FILES, false,
                      "needs a file, which only io gives", .captures = "ub*"),
    NATIVE_CONTINUED("file.lines:go_on", lines_go_on, WORK_BYTES, "|file.lines:step|",
                     FILE_READS, .holds = file_read_holds),
    NATIVE_ROWS_END,
};
