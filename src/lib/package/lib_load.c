/* SPDX-License-Identifier: MIT */
/*
 * load, loadstring, loadfile, dofile (manual 6.1).
 *
 * load with a reader function calls it under a pcall and gathers its pieces in a
 * string of the frame; the chunk is compiled when it is complete.
 *
 * Main invariant: a reader's pieces are in the frame, and nothing is compiled before the last
 * one has come.
 */
#include "control/eval.h"
#include "lib/io/file.h"
#include "lib/natives.h"
#include "operate/error.h"
#include "outside/outside.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* The frame of load: arguments, whether there is an env, the text so far. */
enum { LOAD_SOURCE, LOAD_NAME, LOAD_MODE, LOAD_ENV, LOAD_HAS_ENV, LOAD_TEXT, LOAD_AT };

enum { LOAD_STEP = 8 }; /* bytes of source for a step */

/* The message if the mode (NULL: any) forbids this kind of chunk, else NULL. */
static String *refuse(const String *mode, const char *source, size_t length)
{
    bool binary = length && source[0] == '\033';
    if (!mode || memchr(mode->data, binary ? 'b' : 't', strnlen(mode->data, mode->length)))
        return NULL;
    return lib_join("attempt to load a ", binary ? "binary" : "text", " chunk (mode is '",
                    lib_c_text(mode), "')", NULL);
}

static Closure *compile(Machine *M, const String *text, String *name, const String *mode,
                        const Value *env, String **error)
{
    *error = refuse(mode, text->data, text->length);
    return *error ? NULL : native_load_string(M, text, name, env, error);
}

static int failed(Value *a, Value message)
{
    a[0] = V_NIL;
    a[1] = message;
    return 2;
}

/* load ------------------------------------------------------------------------------ */

/* Whether there was no room to compile, or the run has to stop: what a native is to answer. */
static int load_stopped(Machine *M, const Closure *f)
{
    if (!mem_room_due() && !native_is_compiling(M)) return native_memory_error(M);
    return f ? 0 : native_load_stopped(M);
}

static int load_text(Machine *M, Value *a, const String *text)
{
    String *error, *mode = value_is_string(a[LOAD_MODE]) ? value_string(a[LOAD_MODE]) : NULL;
    uint64_t price = text->length / LOAD_STEP;
    if (!native_charge(M, price)) return NATIVE_PAUSE;
    const Value *env = a[LOAD_HAS_ENV] == V_TRUE ? &a[LOAD_ENV] : NULL;
    Closure *f = compile(M, text, value_string(a[LOAD_NAME]), mode, env, &error);
    int stopped = load_stopped(M, f);
    if (stopped) return native_answer_paid(M, stopped, price);
    if (!f) return failed(a, string_value(error));
    NATIVE_RETURN(value_object(f));
}

static int load_piece(Machine *M, Value *a, int n);

/* Calls pcall(reader). */
static int load_read(Machine *M, Value *a)
{
    a[LOAD_AT + NATIVE_HEADER - 1] = lib_upvalue(a, 0);
    a[LOAD_AT + NATIVE_HEADER] = a[LOAD_SOURCE];
    return native_call(M, a, LOAD_AT, 1, load_piece);
}

/*
 * Whether what a reader or a file has given so far cannot be made good by what follows: PUC Lua
 * stops asking then. Looked at where the text grows past 64 KB, 1 MB, 16 MB ...: it may have no
 * end.
 */
enum { FIRST_MARK = 1 << 16, MARKS_APART = 16 };

static size_t next_mark(size_t length)
{
    size_t mark = FIRST_MARK;
    while (mark <= length) mark *= MARKS_APART;
    return mark;
}

static String *early_error(Machine *M, const char *source, size_t length, String *chunk)
{
    if (source[0] == '\033') return NULL;
    M->fuel -= (int64_t)(length / LOAD_STEP);
    ParseResult r = native_parse(M, source, length, chunk);
    return r.main || !r.final ? NULL : r.error;
}

static int load_piece(Machine *M, Value *a, int n)
{
    Value piece = lib_result(M, 1);
    if (lib_result(M, 0) == V_FALSE) return failed(a, piece);
    if (value_is_number(piece)) piece = value_to_text(M, piece);
    if (piece == V_NIL) return load_text(M, a, value_string(a[LOAD_TEXT]));
    if (!value_is_string(piece)) {
        lib_error(M, string_from_c("reader function must return a string"));
        return failed(a, M->error);
    }
    const String *s = value_string(piece);
    if (s->length == 0) return load_text(M, a, value_string(a[LOAD_TEXT]));
    const String *text = value_string(a[LOAD_TEXT]);
    size_t before = text->length;
    if (before + s->length > machine_string_room(M)) return native_memory_error(M);
    text = string_concat(text, s->data, s->length);
    if (!text) return native_memory_error(M);
    String *error = NULL;
    if (text->length >= next_mark(before))
        error = early_error(M, text->data, text->length, value_string(a[LOAD_NAME]));
    if (error) return failed(a, string_value(error));
    a[LOAD_TEXT] = string_value(text);
    return load_read(M, a);
}

/* A text argument as C sees it: cut at its first zero. */
static bool arg_c_string(Machine *M, Value *a, int n, int i)
{
    if (arg_absent(a, n, i)) return true;
    const String *s = arg_string(M, a, n, i);
    if (s) mem_work(s->length);
    if (s && memchr(s->data, 0, s->length)) a[i] = new_c_string(lib_c_text(s));
    return s != NULL;
}

static int base_load(Machine *M, Value *a, int n)
{
    Value has_env = value_boolean(n > LOAD_ENV);
    bool is_text = n && (value_is_string(a[0]) || value_is_number(a[0]));
    if (is_text) a[0] = value_to_text(M, a[0]);
    if (!arg_c_string(M, a, n, LOAD_MODE) || !arg_c_string(M, a, n, LOAD_NAME))
        return NATIVE_ERROR;
    if (!is_text && !arg_function(M, a, n, 0)) return NATIVE_ERROR;
    lib_settop(a, n, LOAD_AT);
    a[LOAD_HAS_ENV] = has_env;
    if (is_text) {
        if (a[LOAD_NAME] == V_NIL) a[LOAD_NAME] = a[LOAD_SOURCE];
        return load_text(M, a, value_string(a[LOAD_SOURCE]));
    }
    if (a[LOAD_NAME] == V_NIL) a[LOAD_NAME] = new_c_string("=(load)");
    a[LOAD_TEXT] = new_string("", 0);
    return load_read(M, a);
}

/* Files ----------------------------------------------------------------------------- */

static String *file_error(const char *what, const char *name)
{
    const char *why = strerror(errno);
    return lib_join("cannot ", what, " ", name, ": ", why, NULL);
}

/* What is compiled of a file: without a byte order mark, and without the first line if
 * it begins with '#', but with its end, so that lines keep their numbers. */
static void skip_first_line(const char **source, size_t *length)
{
    const char *s = *source, *end = s + *length;
    if (end - s >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) s += 3;
    if (s < end && *s == '#') {
        while (s < end && *s != '\n') s++;
        if (end - s > 1 && s[1] == '\033') s++;
    }
    *source = s;
    *length = (size_t)(end - s);
}

static String *file_chunk(const char *name)
{
    return lib_join(name ? "@" : "=", name ? name : "stdin", NULL);
}

/* Answers V_NIL, and *error says why. */
static Value open_file(Machine *M, const char *name, String **error)
{
    FILE *f = name ? file_open(M, fopen, name, "r") : stdin;
    if (f) return file_new_hidden(M, f, name ? FILE_PLAIN : FILE_STANDARD);
    bool ended = errno == EINTR && value_is_string(M->error);
    *error = ended ? value_string(M->error) : file_error("open", name);
    return V_NIL;
}

/* Whether nobody knows beforehand where it ends. */
static bool is_endless(Machine *M, const File *file)
{
    struct stat s;
    bool real = !outside_recalls(M);
    return outside_answer(M, real && fstat(fileno(file->f), &s) == 0 && !S_ISREG(s.st_mode));
}

/* Reads it behind *text. Answers what a native is to answer, or 0: *text is all, or *error. */
static int read_file(Machine *M, File *file, const String *chunk, const String *mode,
                     const String **text, String **error)
{
    bool endless = is_endless(M, file), more = true;
    errno = 0;
    for (size_t most = SIZE_MAX; more && !*error;) {
        if (endless) most = next_mark((*text)->length);
        int stopped = file_read_text(M, file, most, text);
        if (stopped) return stopped;
        more = (*text)->length == most;
        if (!more) break;
        const char *source = (*text)->data;
        size_t length = most;
        skip_first_line(&source, &length);
        *error = refuse(mode, source, length);
        if (!*error) *error = early_error(M, source, length, (String *)chunk);
    }
    if (!outside_done(M, outside_recalls(M) || !ferror(file->f)))
        *error = file_error("read", lib_c_text(chunk) + 1);
    return 0;
}

static Closure *compile_file(Machine *M, const String *text, String *chunk, const String *mode,
                             const Value *env, String **error)
{
    const char *source = text->data;
    size_t length = text->length;
    skip_first_line(&source, &length);
    *error = refuse(mode, source, length);
    return *error ? NULL : native_load(M, source, length, chunk, env, error);
}

Closure *lib_load_file(Machine *M, const char *name, const char *mode, const Value *env,
                       String **error)
{
    String *chunk = file_chunk(name), *modes = mode ? string_from_c(mode) : NULL;
    const String *text = string_new("", 0);
    Value file = open_file(M, name, error);
    if (file == V_NIL) return NULL;
    *error = NULL;
    int stopped = read_file(M, file_of(file), chunk, modes, &text, error);
    file_close_hidden(M, file);
    if (stopped)
        *error = value_is_string(M->error) ? value_string(M->error) : error_memory_text();
    return *error ? NULL : compile_file(M, text, chunk, modes, env, error);
}

/* An image has the file's name, and how much of it has been read. */
static bool open_again(Machine *M, Value *a, String **error)
{
    const File *file = file_of(a[FILE_OPEN]);
    const String *chunk = value_string(a[FILE_CHUNK]);
    if (file && file_kind(M, file) != FILE_CLOSED) return true;
    const char *name = chunk->length && chunk->data[0] == '@' ? lib_c_text(chunk) + 1 : NULL;
    a[FILE_OPEN] = open_file(M, name, error);
    if (*error) return false;
    file = file_of(a[FILE_OPEN]);
    off_t at = (off_t)value_string(a[FILE_TEXT])->length;
    bool real = !outside_recalls(M);
    if (outside_done(M, !real || fseeko(file->f, at, SEEK_SET) == 0)) return true;
    *error = file_error("read", name ? name : "stdin");
    return false;
}

static int read_frame(Machine *M, Value *a, String **error)
{
    if (!open_again(M, a, error)) return 0;
    Value file = a[FILE_OPEN];
    const String *text = value_string(a[FILE_TEXT]);
    const String *mode = value_is_string(a[FILE_MODE]) ? value_string(a[FILE_MODE]) : NULL;
    int stopped = read_file(M, file_of(file), value_string(a[FILE_CHUNK]), mode, &text, error);
    a[FILE_TEXT] = string_value(text);
    if (stopped) return stopped;
    file_close_hidden(M, file);
    a[FILE_OPEN] = V_NIL;
    M->fuel -= (int64_t)(text->length / LOAD_STEP);
    return 0;
}

/* The frame has how far it has come. */
static int suspend_file(Machine *M, Value *a, NativeCont *cont)
{
    M->stop = STOP_NONE;
    eval_poll_soon(M);
    return native_suspend(M, a, FILE_FRAME, cont);
}

int lib_file_begin(Machine *M, Value *a, const char *name, NativeCont *cont, Closure **f,
                   String **error)
{
    *f = NULL;
    *error = NULL;
    a[FILE_TEXT] = new_string("", 0);
    a[FILE_CHUNK] = string_value(file_chunk(name));
    a[FILE_OPEN] = open_file(M, name, error);
    if (*error) return 0;
    int stopped = read_frame(M, a, error);
    if (stopped == NATIVE_PAUSE || stopped == NATIVE_SUSPEND) return suspend_file(M, a, cont);
    if (stopped || *error) return stopped;
    if (!mem_room_due()) return suspend_file(M, a, cont);
    stopped = lib_file_go_on(M, a, cont, f, error);
    return stopped == NATIVE_PAUSE ? suspend_file(M, a, cont) : stopped;
}

int lib_file_go_on(Machine *M, Value *a, NativeCont *cont, Closure **f, String **error)
{
    *f = NULL;
    *error = NULL;
    bool reads = a[FILE_OPEN] != V_NIL;
    int stopped = reads ? read_frame(M, a, error) : 0;
    if (stopped == NATIVE_SUSPEND) return suspend_file(M, a, cont);
    if (stopped || *error) return stopped;
    if (reads && !mem_room_due()) return suspend_file(M, a, cont); /* it has come so far */
    if (M->fuel < 0 && !native_go_on(M)) return native_suspend(M, a, FILE_FRAME, cont);
    String *mode = value_is_string(a[FILE_MODE]) ? value_string(a[FILE_MODE]) : NULL;
    const Value *env = a[FILE_HAS_ENV] == V_TRUE ? &a[FILE_ENV] : NULL;
    *f = compile_file(M, value_string(a[FILE_TEXT]), value_string(a[FILE_CHUNK]), mode, env,
                      error);
    stopped = load_stopped(M, *f);
    bool goes_on = stopped == NATIVE_PAUSE && M->stop != STOP_STRING;
    return goes_on ? suspend_file(M, a, cont) : stopped;
}

static bool arg_file_name(Machine *M, Value *a, int n, const char **name)
{
    String *s;
    if (!arg_string_or_null(M, a, n, 0, &s)) return false;
    *name = s ? lib_c_text(s) : NULL;
    return true;
}

static int loadfile_answer(Value *a, int stopped, Closure *f, String *error)
{
    if (stopped) return stopped;
    if (!f) return failed(a, string_value(error));
    NATIVE_RETURN(value_object(f));
}

static int loadfile_go_on(Machine *M, Value *a, int n)
{
    Closure *f;
    String *error;
    int stopped = lib_file_go_on(M, a, loadfile_go_on, &f, &error);
    return loadfile_answer(a, stopped, f, error);
}

static int base_loadfile(Machine *M, Value *a, int n)
{
    const char *name;
    String *mode, *error;
    Closure *f;
    if (!arg_file_name(M, a, n, &name) || !arg_string_or_null(M, a, n, 1, &mode))
        return NATIVE_ERROR;
    a[FILE_ENV] = arg(a, n, 2);
    a[FILE_MODE] = mode ? string_value(mode) : V_NIL;
    a[FILE_HAS_ENV] = value_boolean(n > 2);
    a[FILE_FOR] = V_NIL;
    int stopped = lib_file_begin(M, a, name, loadfile_go_on, &f, &error);
    return loadfile_answer(a, stopped, f, error);
}

static int dofile_answer(Machine *M, Value *a, int stopped, Closure *f, String *error)
{
    if (stopped) return stopped;
    if (!f) return native_throw(M, string_value(error));
    a[NATIVE_HEADER] = value_object(f);
    return native_tail(M, a, 1, 0);
}

static int dofile_go_on(Machine *M, Value *a, int n)
{
    Closure *f;
    String *error;
    int stopped = lib_file_go_on(M, a, dofile_go_on, &f, &error);
    return dofile_answer(M, a, stopped, f, error);
}

static int base_dofile(Machine *M, Value *a, int n)
{
    const char *name;
    String *error;
    Closure *f;
    if (!arg_file_name(M, a, n, &name)) return NATIVE_ERROR;
    a[FILE_MODE] = a[FILE_ENV] = a[FILE_FOR] = V_NIL;
    a[FILE_HAS_ENV] = V_FALSE;
    int stopped = lib_file_begin(M, a, name, dofile_go_on, &f, &error);
    return dofile_answer(M, a, stopped, f, error);
}

/* Opening --------------------------------------------------------------------------- */

const NativeDef natives_load[] = {
    NATIVE_SEES(
        "dofile", base_dofile, WORK_SOURCE, OUTSIDE_FILES, false, "reads files",
        NATIVE_DOC("[file]", "Runs a file, or standard input, and gives what it returns.")),
    NATIVE_INNER_SEES(
        "load", base_load, WORK_SOURCE, OUTSIDE_NONE, false,
        "runs binary chunks and code that a host has not seen", .captures = "f", .hides = true,
        NATIVE_DOC("text|f [, name [, mode [, env]]]",
                   "The function that a chunk is; nil and a message if it is none.")),
    NATIVE_CONTINUED("load:piece", load_piece, WORK_SOURCE, "|load|", "fSS.bS*"),
    NATIVE_CONTINUED("dofile:go_on", dofile_go_on, WORK_SOURCE, "|dofile|", "ssS.b..*"),
    NATIVE_CONTINUED("loadfile:go_on", loadfile_go_on, WORK_SOURCE, "|loadfile|", "ssS.b..*"),
    NATIVE_SEES("loadfile", base_loadfile, WORK_SOURCE, OUTSIDE_FILES, false, "reads files",
                NATIVE_DOC("[file [, mode [, env]]]", "As load, of a file.")),
    NATIVE_ROWS_END,
};

void lib_open_load(Machine *M)
{
    Table *g = M->run.world->globals;
    native_register(M, g, natives_load);
    Native *load = lib_closure(M, g, native_row(natives_load, "load"), native_pcall_unseen(M));
    run_set_field(&M->run, g, "loadstring", value_object(load));
}
