/* SPDX-License-Identifier: MIT */
/*
 * The io library (manual 6.8); file.h has what files are, lib_file.c their methods.
 *
 * Main invariant: the default files are in the registry, so a fork has its own; which files are
 * open is the process's.
 */
#include "lib/io/file.h"
#include "lib/io/process.h"
#include "lib/natives.h"
#include "outside/outside.h"

#include <errno.h>

/* Default files -------------------------------------------------------------------- */

typedef enum Default { DEFAULT_INPUT, DEFAULT_OUTPUT } Default;

static const char *const default_names[] = {"_IO_input", "_IO_output"};
static String *default_keys[2]; /* interned, filled when the library is opened */

static Value default_file(Machine *M, Default which)
{
    const String *key = default_keys[which];
    return table_get_string(heap_table(&M->run, M->run.world->registry), key, string_hash(key));
}

/* The open default file, or NULL after an error. */
static File *default_open(Machine *M, Default which)
{
    File *file = file_of(default_file(M, which));
    if (file && file_kind(M, file) != FILE_CLOSED) return file;
    native_error(M, "standard %s file is closed", which == DEFAULT_INPUT ? "input" : "output");
    return NULL;
}

/* io.input and io.output. */
static int redirect(Machine *M, Value *a, int n, Default which, const char *mode)
{
    if (arg_absent(a, n, 0)) NATIVE_RETURN(default_file(M, which));
    Value file = a[0];
    if (value_is_string(file) || value_is_number(file))
        file = file_open_checked(M, arg_string(M, a, n, 0), mode);
    else if (!file_arg_open(M, a, n, 0))
        return NATIVE_ERROR;
    if (file == V_NIL) return NATIVE_ERROR;
    run_set_field(&M->run, M->run.world->registry, default_names[which], file);
    NATIVE_RETURN(file);
}

static int io_input(Machine *M, Value *a, int n)
{
    return redirect(M, a, n, DEFAULT_INPUT, "r");
}
static int io_output(Machine *M, Value *a, int n)
{
    return redirect(M, a, n, DEFAULT_OUTPUT, "w");
}

/* On the default files ------------------------------------------------------------- */

static int read_go_on(Machine *M, Value *a, int n) { return file_read_on(M, a, read_go_on); }

static int io_read(Machine *M, Value *a, int n)
{
    if (!default_open(M, DEFAULT_INPUT)) return NATIVE_ERROR;
    return file_read(M, a, n, 0, default_file(M, DEFAULT_INPUT), read_go_on);
}

static int io_write(Machine *M, Value *a, int n)
{
    File *file = default_open(M, DEFAULT_OUTPUT);
    if (!file) return NATIVE_ERROR;
    return file_write(M, a, n, 0, file, default_file(M, DEFAULT_OUTPUT));
}

static int io_flush(Machine *M, Value *a, int n)
{
    File *file = default_open(M, DEFAULT_OUTPUT);
    return file ? file_flush(M, a, file) : NATIVE_ERROR;
}

/* This is the method file:close, too. */
static int io_close(Machine *M, Value *a, int n)
{
    if (n == 0) a[0] = default_file(M, DEFAULT_OUTPUT);
    File *file = file_arg_open(M, a, n ? n : 1, 0);
    return file ? file_close(M, a, a[0]) : NATIVE_ERROR;
}

static int io_lines(Machine *M, Value *a, int n)
{
    if (!arg_absent(a, n, 0)) {
        const String *name = arg_string(M, a, n, 0);
        Value file = name ? file_open_checked(M, name, "r") : V_NIL;
        return file == V_NIL ? NATIVE_ERROR : file_lines(M, a, n, 1, file, true);
    }
    a[0] = default_file(M, DEFAULT_INPUT);
    if (!file_arg_open(M, a, 1, 0)) return NATIVE_ERROR;
    return file_lines(M, a, n, 1, a[0], false);
}

/* Opening files -------------------------------------------------------------------- */

/* [rwa]%+?b? */
static bool is_mode(const char *mode)
{
    if (!*mode || !strchr("rwa", *mode++)) return false;
    if (*mode == '+') mode++;
    if (*mode == 'b') mode++;
    return *mode == 0;
}

static int opened(Machine *M, Value *a, FILE *f, FileKind kind, const char *name)
{
    if (!f) return lib_file_result(M, a, false, name);
    NATIVE_RETURN(file_new(M, f, kind));
}

/* The name and the mode that io.open and io.popen take. */
static bool arg_name_mode(Machine *M, Value *a, int n, const char **name, const char **mode)
{
    String *s = arg_string(M, a, n, 0), *m;
    if (!s || !arg_string_or_null(M, a, n, 1, &m)) return false;
    *name = lib_c_text(s);
    *mode = m ? lib_c_text(m) : "r";
    return true;
}

static int io_open(Machine *M, Value *a, int n)
{
    const char *name, *mode;
    if (!arg_name_mode(M, a, n, &name, &mode)) return NATIVE_ERROR;
    if (!is_mode(mode)) return native_arg_error(M, a, n, 1, "invalid mode");
    FILE *f = file_open(M, fopen, name, mode);
    return !f && errno == EINTR ? NATIVE_ERROR : opened(M, a, f, FILE_PLAIN, name);
}

static _Thread_local pid_t process_opened; /* by the last call */

static FILE *open_process(const char *command, const char *mode)
{
    return process_open(command, mode, &process_opened);
}

static int io_popen(Machine *M, Value *a, int n)
{
    const char *command, *mode;
    if (!arg_name_mode(M, a, n, &command, &mode)) return NATIVE_ERROR;
    if (!outside_recalls(M)) fflush(NULL);
    FILE *f = file_open(M, open_process, command, mode);
    int results = opened(M, a, f, FILE_PIPE, command);
    if (f) file_of(a[0])->process = process_opened;
    return results;
}

static FILE *open_temporary(const char *name, const char *mode) { return tmpfile(); }

static int io_tmpfile(Machine *M, Value *a, int n)
{
    return opened(M, a, file_open(M, open_temporary, NULL, NULL), FILE_PLAIN, NULL);
}

static int io_type(Machine *M, Value *a, int n)
{
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    const File *file = file_of(a[0]);
    if (!file) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(new_c_string(file_kind(M, file) == FILE_CLOSED ? "closed file" : "file"));
}

/* Opening -------------------------------------------------------------------------- */

const NativeDef natives_io[] = {
    NATIVE_SEES("io.close", io_close, WORK_FIXED, OUTSIDE_FILES, false, "closes files",
                .uses = USES_FILES | USES_OUTPUT,
                NATIVE_DOC("[file]", "Closes a file, without one the default output.")),
    NATIVE_SEES("io.flush", io_flush, WORK_FIXED, OUTSIDE_FILES, false, "writes to files",
                .uses = USES_FILES | USES_OUTPUT,
                NATIVE_DOC("", "Writes what the default output still has.")),
    NATIVE_SEES("io.input", io_input, WORK_FIXED, OUTSIDE_FILES, false, "opens files",
                .uses = USES_FILES | USES_INPUT,
                NATIVE_DOC("[file]", "The default input; sets it to a file or a name.")),
    NATIVE_SEES(
        "io.lines", io_lines, WORK_FIXED, OUTSIDE_FILES, false, "opens files",
        .uses = USES_FILES | USES_INPUT,
        NATIVE_DOC("[name, ...]", "For loops: the lines of a file, or what formats read.")),
    NATIVE_SEES(
        "io.open", io_open, WORK_FIXED, OUTSIDE_FILES, false, "opens files", .uses = USES_FILES,
        NATIVE_DOC(
            "name [, mode]",
            "Opens a file, mode \"r\", \"w\", \"a\" ...; nil and a message if it fails.")),
    NATIVE_SEES("io.output", io_output, WORK_FIXED, OUTSIDE_FILES, false, "opens files",
                .uses = USES_FILES | USES_OUTPUT,
                NATIVE_DOC("[file]", "The default output; sets it to a file or a name.")),
    NATIVE_SEES(
        "io.popen", io_popen, WORK_FIXED, OUTSIDE_PROCESS, false, "runs commands",
        .uses = USES_FILES,
        NATIVE_DOC("command [, mode]",
                   "Runs a command, to read what it writes or to write what it reads.")),
    NATIVE_SEES("io.read", io_read, WORK_BYTES, OUTSIDE_STREAMS, false,
                "reads the standard input", .uses = USES_FILES | USES_INPUT,
                NATIVE_DOC("...", "Reads from the default input: \"*l\" a line, \"*n\" a "
                                  "number, \"*a\" all, or n bytes.")),
    NATIVE_SEES("io.tmpfile", io_tmpfile, WORK_FIXED, OUTSIDE_FILES, false, "makes files",
                .uses = USES_FILES,
                NATIVE_DOC("", "A file that is gone when the program ends.")),
    NATIVE_SEES("io.type", io_type, WORK_FIXED, OUTSIDE_FILES, false,
                "is of use with files only",
                NATIVE_DOC("v", "\"file\" or \"closed file\"; nil if it is none.")),
    NATIVE_SEES(
        "io.write", io_write, WORK_BYTES, OUTSIDE_STREAMS, false, "writes to files",
        .uses = USES_FILES | USES_OUTPUT,
        NATIVE_DOC("...", "Writes strings and numbers to the default output; gives it.")),
    NATIVE_CONTINUED("io.read:go_on", read_go_on, WORK_BYTES, "|io.read|", FILE_READS,
                     .holds = file_read_holds),
    NATIVE_ROWS_END,
};

void lib_open_io(Machine *M)
{
    for (int i = 0; i < 2; i++) {
        String *key = string_constant(default_names[i], strlen(default_names[i]));
        __atomic_store_n(&default_keys[i], key, __ATOMIC_RELEASE);
    }
    Table *meta = lib_open_file(M), *t = lib_new(M, "io", natives_io);
    run_set_field(&M->run, meta, "close",
                  run_get_field(&M->run, t, "close")); /* one function */
    Value in = file_new(M, stdin, FILE_STANDARD), out = file_new(M, stdout, FILE_STANDARD);
    run_set_field(&M->run, t, "stdin", in);
    run_set_field(&M->run, t, "stdout", out);
    run_set_field(&M->run, t, "stderr", file_new(M, stderr, FILE_STANDARD));
    run_set_field(&M->run, M->run.world->registry, default_names[DEFAULT_INPUT], in);
    run_set_field(&M->run, M->run.world->registry, default_names[DEFAULT_OUTPUT], out);
}
