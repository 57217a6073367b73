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
#include "text/buffer.h"

#include <errno.h>
#include <stdio.h>

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

static Closure *compile(Machine *M, const char *source, size_t length, String *name,
                        const String *mode, const Value *env, String **error)
{
    *error = refuse(mode, source, length);
    return *error ? NULL : native_load(M, source, length, name, env, error);
}

static int failed(Value *a, Value message)
{
    a[0] = V_NIL;
    a[1] = message;
    return 2;
}

/* load ------------------------------------------------------------------------------ */

static int load_text(Machine *M, Value *a, const String *text)
{
    String *error, *mode = value_is_string(a[LOAD_MODE]) ? value_string(a[LOAD_MODE]) : NULL;
    if (!native_charge(M, text->length / LOAD_STEP)) return NATIVE_PAUSE;
    const Value *env = a[LOAD_HAS_ENV] == V_TRUE ? &a[LOAD_ENV] : NULL;
    Closure *f =
        compile(M, text->data, text->length, value_string(a[LOAD_NAME]), mode, env, &error);
    bool out = !mem_room_due() && !M->loading;
    int stopped = out ? native_memory_error(M) : f ? 0 : native_load_stopped(M);
    if (stopped == NATIVE_PAUSE) M->paid = (uint32_t)(text->length / LOAD_STEP);
    if (stopped) return stopped;
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
 * Whether what a reader has given so far cannot be made good by what follows: PUC Lua stops
 * asking then. Looked at when the text has grown past 64 KB, 1 MB, 16 MB ...: a reader may
 * have no end. What lies behind the last space may be half a token; errors that name no
 * token are of the text's end.
 */
static String *early_error(Machine *M, const Value *a, const String *text, size_t before)
{
    size_t mark = 1 << 16, length = text->length;
    while (mark <= before) mark *= 16;
    if (length < mark || text->data[0] == '\033') return NULL;
    while (length && !strchr(" \n\r\t", text->data[length - 1])) length--;
    if (!length) return NULL;
    native_charge(M, length / LOAD_STEP);
    ParseResult r = native_parse(M, text->data, length, value_string(a[LOAD_NAME]));
    if (r.main || r.incomplete || !r.near) return NULL;
    return r.error;
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
    String *error = early_error(M, a, text, before);
    if (error) return failed(a, string_value(error));
    a[LOAD_TEXT] = string_value(text);
    return load_read(M, a);
}

/* A text argument as C sees it: cut at its first zero. */
static bool arg_c_string(Machine *M, Value *a, int n, int i)
{
    if (arg_absent(a, n, i)) return true;
    const String *s = arg_string(M, a, n, i);
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

static size_t read_block(Machine *M, FILE *f, char *to, size_t size)
{
    return outside_bytes(M, to, outside_recalls(M) ? 0 : fread(to, 1, size, f), size);
}

static String *read_all(Machine *M, FILE *f)
{
    Buffer b;
    size_t n;
    bool real = !outside_recalls(M);
    buffer_init_parts(&b, machine_string_room(M));
    for (;;) {
        char block[8192];
        while ((n = read_block(M, f, block, sizeof block)) > 0)
            if (!buffer_append(&b, block, n)) return NULL;
        bool woken = real && ferror(f) && errno == EINTR && !stop_flag(M->interrupt);
        if (!woken) return buffer_finish(&b);
        clearerr(f); /* some other signal */
    }
}

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

/* Answers NULL, and *error says why, or is NULL too if it is too long. */
static String *read_file(Machine *M, const char *name, String **error)
{
    FILE *f = name ? file_open(M, fopen, name, "r") : stdin;
    const char *shown = name ? name : "stdin";
    if (!f) {
        *error = errno == EINTR ? value_string(M->error) : file_error("open", shown);
        return NULL;
    }
    errno = 0;
    String *text = read_all(M, f);
    bool real = !outside_recalls(M), bad = !outside_done(M, !real || !ferror(f));
    if (bad) *error = file_error("read", shown);
    if (bad && stop_flag(M->interrupt)) {
        *M->interrupt = 0;
        *error = string_from_c("interrupted!");
    }
    if (name && real) fclose(f);
    if (bad) return NULL;
    if (!text) *error = NULL;
    return text;
}

static String *file_chunk(const char *name)
{
    return lib_join(name ? "@" : "=", name ? name : "stdin", NULL);
}

static Closure *compile_file(Machine *M, const String *text, String *chunk, const String *mode,
                             const Value *env, String **error)
{
    const char *source = text->data;
    size_t length = text->length;
    skip_first_line(&source, &length);
    return compile(M, source, length, chunk, mode, env, error);
}

Closure *lib_load_file(Machine *M, const char *name, const char *mode, const Value *env,
                       String **error)
{
    String *text = read_file(M, name, error);
    if (!text && !*error) *error = error_memory_text();
    if (!text) return NULL;
    const String *modes = mode ? string_from_c(mode) : NULL;
    return compile_file(M, text, file_chunk(name), modes, env, error);
}

int lib_file_begin(Machine *M, Value *a, const char *name, String **error)
{
    String *text = read_file(M, name, error);
    if (!text) return *error ? native_load_stopped(M) : native_memory_error(M);
    a[FILE_TEXT] = string_value(text);
    a[FILE_CHUNK] = string_value(file_chunk(name));
    M->fuel -= (int64_t)(text->length / LOAD_STEP);
    *error = NULL;
    return 0;
}

int lib_file_go_on(Machine *M, Value *a, NativeCont *cont, Closure **f, String **error)
{
    if (M->fuel < 0 && !native_go_on(M)) return native_suspend(M, a, FILE_FRAME, cont);
    String *mode = value_is_string(a[FILE_MODE]) ? value_string(a[FILE_MODE]) : NULL;
    const Value *env = a[FILE_HAS_ENV] == V_TRUE ? &a[FILE_ENV] : NULL;
    *f = compile_file(M, value_string(a[FILE_TEXT]), value_string(a[FILE_CHUNK]), mode, env,
                      error);
    int stopped = *f ? 0 : native_load_stopped(M);
    if (stopped != NATIVE_PAUSE) return stopped;
    eval_poll_soon(M);
    return native_suspend(M, a, FILE_FRAME, cont);
}

static bool arg_file_name(Machine *M, Value *a, int n, const char **name)
{
    String *s;
    if (!arg_string_or_null(M, a, n, 0, &s)) return false;
    *name = s ? lib_c_text(s) : NULL;
    return true;
}

static int loadfile_go_on(Machine *M, Value *a, int n)
{
    Closure *f;
    String *error;
    int stopped = lib_file_go_on(M, a, loadfile_go_on, &f, &error);
    if (stopped) return stopped;
    if (!f) return failed(a, string_value(error));
    NATIVE_RETURN(value_object(f));
}

static int base_loadfile(Machine *M, Value *a, int n)
{
    const char *name;
    String *mode, *error;
    if (!arg_file_name(M, a, n, &name) || !arg_string_or_null(M, a, n, 1, &mode))
        return NATIVE_ERROR;
    Value env = arg(a, n, 2);
    int stopped = lib_file_begin(M, a, name, &error);
    if (stopped) return stopped;
    a[FILE_MODE] = mode ? string_value(mode) : V_NIL;
    a[FILE_ENV] = env;
    a[FILE_HAS_ENV] = value_boolean(n > 2);
    a[FILE_FOR] = V_NIL;
    return error ? failed(a, string_value(error)) : loadfile_go_on(M, a, 0);
}

static int dofile_go_on(Machine *M, Value *a, int n)
{
    Closure *f;
    String *error;
    int stopped = lib_file_go_on(M, a, dofile_go_on, &f, &error);
    if (stopped) return stopped;
    if (!f) return native_throw(M, string_value(error));
    a[NATIVE_HEADER] = value_object(f);
    return native_tail(M, a, 1, 0);
}

static int base_dofile(Machine *M, Value *a, int n)
{
    const char *name;
    String *error;
    if (!arg_file_name(M, a, n, &name)) return NATIVE_ERROR;
    a[FILE_MODE] = a[FILE_ENV] = a[FILE_FOR] = V_NIL;
    a[FILE_HAS_ENV] = V_FALSE;
    int stopped = lib_file_begin(M, a, name, &error);
    if (stopped) return stopped;
    return error ? native_throw(M, string_value(error)) : dofile_go_on(M, a, 0);
}

/* Opening --------------------------------------------------------------------------- */

const NativeDef natives_load[] = {
    NATIVE_SEES(
        "dofile", base_dofile, WORK_SOURCE, OUTSIDE_FILES, false, "reads files",
        NATIVE_DOC("[file]", "Runs a file, or standard input, and gives what it returns.")),
    NATIVE_INNER_SEES(
        "load", base_load, WORK_SOURCE, OUTSIDE_NONE, false,
        "runs binary chunks and code that a host has not seen", .captures = "f",
        NATIVE_DOC("text|f [, name [, mode [, env]]]",
                   "The function that a chunk is; nil and a message if it is none.")),
    NATIVE_CONTINUED("load:piece", load_piece, WORK_SOURCE, "|load|", "fSS.bS*"),
    NATIVE_CONTINUED("dofile:go_on", dofile_go_on, WORK_SOURCE, "|dofile|", "ssS.b.*"),
    NATIVE_CONTINUED("loadfile:go_on", loadfile_go_on, WORK_SOURCE, "|loadfile|", "ssS.b.*"),
    NATIVE_SEES("loadfile", base_loadfile, WORK_SOURCE, OUTSIDE_FILES, false, "reads files",
                NATIVE_DOC("[file [, mode [, env]]]", "As load, of a file.")),
    NATIVE_ROWS_END,
};

void lib_open_load(Machine *M)
{
    Table *g = M->run.world->globals;
    native_register(M, g, natives_load);
    Native *load = lib_closure(M, g, native_row(natives_load, "load"), native_pcall(M));
    run_set_field(&M->run, g, "loadstring", value_object(load));
}
