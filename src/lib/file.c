/* SPDX-License-Identifier: MIT */
/*
 * File objects: opening, closing, and what a lost one leaves behind.
 *
 * Main invariant: whoever closes a file takes it first, by an atomic exchange of its kind; so
 * a FILE is closed once, however many threads and states have the object.
 */
#include "lib/file.h"

#include "control/collect.h"
#include "lib/natives.h"
#include "lib/process.h"
#include "stack/outside.h"
#include "state/trace.h"
#include "text/buffer.h"
#include "watch.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const char file_tag[] = FILE_TYPE_NAME;

enum {
    OPEN_FIRST = 256,
    OPEN_BYTES = 8192 /* what C takes for one */
};

/* File objects --------------------------------------------------------------------- */

/* Closing ---------------------------------------------------------------------------- */

/* Files that are open, and how many may be before the collector looks for lost ones. */
static _Atomic size_t open_count, open_max = OPEN_FIRST;

/* Takes the file from all others: FILE_CLOSED: somebody has done so before. */
static FileKind take(File *file)
{
    FileKind kind = __atomic_exchange_n(&file->kind, FILE_CLOSED, __ATOMIC_ACQ_REL);
    if (kind != FILE_CLOSED) open_count--;
    return kind;
}

/* A pipe that nobody has: it is closed, and its command waited for. */
static void *reap(void *copy)
{
    File pipe = *(File *)copy;
    free(copy);
    fclose(pipe.f);
    while (pipe.process && waitpid(pipe.process, NULL, 0) < 0 && errno == EINTR) continue;
    return NULL;
}

/* Nobody waits but another thread. */
static void reap_apart(const File *pipe)
{
    pthread_t thread;
    File *copy = malloc(sizeof *copy);
    if (!copy) return;
    *copy = *pipe;
    if (pthread_create(&thread, NULL, reap, copy) == 0)
        pthread_detach(thread);
    else
        reap(copy);
}

/* A WatchLostFn. */
static void lost(void *block, const void *unused)
{
    File *file = block;
    FileKind kind = take(file);
    (void)unused;
    if (kind == FILE_PIPE) reap_apart(file);
    if (kind == FILE_PLAIN) fclose(file->f);
}

/* Descriptors are few, and the collector does not count them. */
static void count_open(void)
{
    if (++open_count < open_max) return;
    mem_collect();
    watch_settle();
    size_t left = open_count;
    open_max = left + (left > OPEN_FIRST ? left : OPEN_FIRST);
}

/* What a replay has opened is nobody's to use but by what was recorded of it. */
Value file_new(Machine *M, FILE *f, FileKind kind)
{
    Userdata *u = run_new_userdata(&M->run, file_tag, sizeof(File));
    bool real = f != file_recalled();
    *(File *)u->data = (File){f, real ? kind : FILE_CLOSED, 0};
    u->body.meta = lib_registry_table(&M->run, FILE_TYPE_NAME);
    if (kind == FILE_STANDARD) return value_object(u);
    mem_count(OPEN_BYTES);
    collect_metatable(M, value_object(u), u->body.meta);
    watch_add(u->data, lost, NULL);
    if (real) count_open();
    return value_object(u);
}

/* Opening ---------------------------------------------------------------------------- */

FILE *file_recalled(void)
{
    static char nothing;
    return (FILE *)(void *)&nothing;
}

LibCClose *lib_c_close;

/* A luaL_Stream of a C module, which has the address of a function where `kind` is. */
static bool is_stream(const File *file) { return (unsigned)file->kind > FILE_PIPE; }

FileKind file_kind(Machine *M, const File *file)
{
    if (is_stream(file)) return FILE_PLAIN;
    uint8_t kind = (uint8_t)file->kind;
    if (kind == FILE_STANDARD) return FILE_STANDARD;
    outside_record(M, SEEN_BYTES, &kind, sizeof kind);
    return (FileKind)kind;
}

static bool is_plain_file(Machine *M, Value v)
{
    const File *file = file_of(v);
    Value gc = file && !is_stream(file) ? meta_of(M, v, META_GC) : V_NIL;
    return value_is(gc, OBJ_NATIVE) && ((Native *)value_pointer(gc))->fn == file_gc;
}

/* Does for the files that this run can no longer reach what their finalizers would do, which
 * cannot be called now. */
static void close_unreachable(Machine *M)
{
    collect_now(M);
    Table *queue = M->run.world->collection.queue;
    for (uint32_t i = 0; queue && i < heap_table(&M->run, queue)->array_size; i++) {
        Value v = pvec_get(&heap_table(&M->run, queue)->array, i);
        if (!is_plain_file(M, v)) continue;
        if (!file_is_seen_elsewhere(M, v)) lost(file_of(v), NULL);
        run_set(&M->run, queue, value_number((double)i + 1), V_FALSE);
        trace_remove_finalizer(&M->run, v);
    }
}

static bool is_short_of_files(void) { return errno == EMFILE || errno == ENFILE; }

/* To open a pipe that has a name means to wait for who opens its other end. */
static FILE *open_waiting(Machine *M, FileOpenFn *open, const char *name, const char *mode)
{
    FILE *f = outside_recalls(M) ? file_recalled() : NULL;
    if (!f) {
        do f = open(name, mode);
        while (!f && errno == EINTR && M && native_woken(M) != NATIVE_ERROR);
    }
    return outside_done(M, f != NULL) ? f : NULL;
}

FILE *file_open(Machine *M, FileOpenFn *open, const char *name, const char *mode)
{
    FILE *f = open_waiting(M, open, name, mode);
    if (f || !is_short_of_files()) return f;
    if (M) close_unreachable(M);
    for (int tries = 0; !f && is_short_of_files() && tries < 3; tries++) {
        mem_collect();
        if (M) run_drop_lost(&M->run);
        watch_settle();
        f = open_waiting(M, open, name, mode);
    }
    return f;
}

File *file_of(Value v)
{
    if (!value_is(v, OBJ_USERDATA)) return NULL;
    const Userdata *u = value_pointer(v);
    return u->tag == file_tag ? u->data : NULL;
}

File *file_arg(Machine *M, Value *a, int n, int i)
{
    Userdata *u = arg_userdata(M, a, n, i, file_tag, FILE_TYPE_NAME);
    return u ? u->data : NULL;
}

File *file_arg_open(Machine *M, Value *a, int n, int i)
{
    File *file = file_arg(M, a, n, i);
    if (!file || file_kind(M, file) != FILE_CLOSED) return file;
    native_error(M, "attempt to use a closed file");
    return NULL;
}

Value file_open_checked(Machine *M, const String *name, const char *mode)
{
    const char *text = lib_c_text(name);
    FILE *f = file_open(M, fopen, text, mode);
    if (!f && errno == EINTR) return V_NIL;
    if (f) return file_new(M, f, FILE_PLAIN);
    const char *why = strerror(errno);
    lib_error(M, lib_join("cannot open file '", text, "' (", why, ")", NULL));
    return V_NIL;
}

bool file_is_seen_elsewhere(Machine *M, Value v)
{
    const Userdata *u = value_pointer(v);
    return outside_is_older(M, u->epoch);
}

int file_gc(Machine *M, Value *a, int n)
{
    File *file = file_arg(M, a, n, 0);
    if (!file) return NATIVE_ERROR;
    if (is_stream(file)) return file_close(M, a, a[0]);
    bool open = file_kind(M, file) > FILE_STANDARD;
    if (open && !outside_answer(M, file_is_seen_elsewhere(M, a[0]))) file_close(M, a, a[0]);
    return 0;
}

int file_close(Machine *M, Value *a, Value self)
{
    File *file = file_of(self);
    if (is_stream(file)) return lib_c_close(M, a, self);
    if (file->kind == FILE_STANDARD) {
        a[0] = V_NIL;
        a[1] = new_c_string("cannot close standard file");
        return 2;
    }
    trace_remove_finalizer(&M->run, self);
    uint8_t kind = outside_recalls(M) ? FILE_CLOSED : (uint8_t)take(file);
    outside_record(M, SEEN_BYTES, &kind, sizeof kind);
    if (kind == FILE_CLOSED) return native_error(M, "attempt to use a closed file");
    bool closed = outside_done(M, outside_recalls(M) || fclose(file->f) == 0);
    if (kind != FILE_PIPE) return lib_file_result(M, a, closed, NULL);
    int status = SIGINT; /* what the command was told, as waitpid would say */
    if (!outside_recalls(M) && file->process && process_wait(M, file->process, &status) < 0)
        return NATIVE_ERROR;
    return process_result(M, a, status);
}

/* Reading -------------------------------------------------------------------------- */

/* The user has perhaps ended a wait for the command behind a pipe. */
static void abandon(Machine *M, File *file)
{
    if (file->kind == FILE_PIPE && file->process && process_abandon(M, file->process))
        file->process = 0;
}

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
    if (real) abandon(in->M, in->file);
    int what = native_woken(in->M);
    if (real) clearerr(in->file->f);
    if (what == 0 || (what == NATIVE_PAUSE && !in->first)) return true;
    in->stopped = what;
    return false;
}

/* As much of it as the C library takes. */
static Got put_back(Input *in, const char *bytes, size_t length)
{
    if (outside_recalls(in->M)) return GOT_ERROR;
    while (length && ungetc((uint8_t)bytes[length - 1], in->file->f) != EOF) length--;
    return GOT_ERROR;
}

static Got finish(Input *in, Buffer *b, bool success, Value *out)
{
    if (in->stopped) return put_back(in, b->data, b->length);
    const String *s = buffer_finish(b);
    if (!s) {
        in->stopped = native_memory_error(in->M);
        return GOT_ERROR;
    }
    *out = success ? string_value(s) : V_NIL;
    return success ? GOT_IT : GOT_NOTHING;
}

/* What is left of a line, as far as there is room: gives what ends it. */
static int read_rest(Input *in, Buffer *b)
{
    FILE *f = in->file->f;
    int c;
    flockfile(f);
    while ((c = getc_unlocked(f)) != EOF && c != '\n')
        if (!buffer_append_char(b, (char)c)) break;
    funlockfile(f);
    return c;
}

/* The same, recorded or recalled; the buffer grows as it has grown. */
static int next_rest(Input *in, Buffer *b)
{
    size_t before = b->length, length;
    int32_t c = EOF;
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
    buffer_init(&b, machine_string_room(in->M));
    do c = next_rest(in, &b);
    while (c == EOF && goes_on(in));
    bool success = c == '\n' || b.length > 0;
    if (keep_end && c == '\n') buffer_append_char(&b, '\n');
    return finish(in, &b, success, out);
}

/* At most `count` bytes; nothing if there are none, unless none are asked for. */
static Got read_bytes(Input *in, size_t count, bool nothing_is_fine, Value *out)
{
    Buffer b;
    size_t block = BUFFER_ROOM, got;
    buffer_init(&b, machine_string_room(in->M));
    do {
        size_t want = count - b.length < block ? count - b.length : block;
        if (!buffer_reserve(&b, want)) break;
        bool real = !outside_recalls(in->M);
        got = real ? fread(b.data + b.length, 1, want, in->file->f) : 0;
        got = outside_bytes(in->M, b.data + b.length, got, want);
        b.length += got;
        if (got < want && !goes_on(in)) break;
        if (block < ((size_t)1 << 20)) block *= 2;
    } while (b.length < count);
    return finish(in, &b, nothing_is_fine || b.length > 0, out);
}

enum {
    SPACES = 1 << 16,
    NUMBER_WORK = 8 /* reading a digit takes as long as copying so many */
};

/* Up to SPACES of them; gives what comes next. */
static int skip_some_spaces(Input *in)
{
    int32_t seen[] = {0, ' '};
    bool real = !outside_recalls(in->M);
    while (real && seen[0] < SPACES && isspace(seen[1] = getc(in->file->f))) seen[0]++;
    outside_record(in->M, SEEN_NUMBER, seen, sizeof seen);
    mem_work((uint32_t)seen[0]);
    return seen[1];
}

/* As the conversions of fscanf do; but a pipe may have any number of spaces, and those that
 * are skipped are gone, so that the function can begin again. */
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

static bool scan_number(Input *in, double *out)
{
    int length = 0, got = 0;
    double d = 0;
    if (!outside_recalls(in->M)) got = fscanf(in->file->f, "%65536lf%n", &d, &length);
    bool good = outside_answer(in->M, got == 1);
    if (good) *out = outside_number(in->M, d);
    mem_work((size_t)outside_number(in->M, length) * NUMBER_WORK);
    return good;
}

static Got read_number(Input *in, Value *out)
{
    double d;
    bool got;
    *out = V_NIL;
    skip_spaces(in);
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

/* Reads by the format in argument i. */
static Got read_format(Input *in, Value *a, int i, Value *out)
{
    Machine *M = in->M;
    if (value_is_number(a[i])) {
        size_t count = (size_t)double_to_integer(value_to_double(a[i]));
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

/* Writing -------------------------------------------------------------------------- */

/* From here on a write to a pipe may be done in part, and the C library would then wait again
 * for the rest, signal or not. */
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
        abandon(M, file);
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
    for (int i = first; i < n && ok; i++) {
        if (value_is_number(a[i])) {
            char text[NUMBER_TEXT_MAX];
            size_t length = number_format(value_to_double(a[i]), text);
            ok = !real || fwrite(text, 1, length, f) == length;
            continue;
        }
        const String *s = arg_string(M, a, n, i);
        if (!s) return NATIVE_ERROR;
        ok = !real || file_put(M, f, s->data, s->length);
    }
    if (!outside_done(M, ok)) return write_failed(M, a, file);
    NATIVE_RETURN(self);
}

const NativeDef natives_lines[] = {
    NATIVE_INNER_SEES("file.lines:step", lines_step, WORK_BYTES, OUTSIDE_FILES, false,
                      "needs a file, which only io gives"),
    NATIVE_ROWS_END,
};
