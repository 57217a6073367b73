/* SPDX-License-Identifier: MIT */
/* The io library (manual 6.8); file.h has what files are, lib_file.c their methods. */
#include "lib/file.h"

#include <errno.h>

/* Default files -------------------------------------------------------------------- */

typedef enum Default { DEFAULT_INPUT, DEFAULT_OUTPUT } Default;

static const char *const default_names[] = {"_IO_input", "_IO_output"};
static String *default_keys[2]; /* interned, filled when the library is opened */

static Value default_file(Run *R, Default which)
{
    const String *key = default_keys[which];
    return table_get_string(heap_table(R, R->world->registry), key, string_hash(key));
}

/* The open default file; NULL: error. */
static File *default_open(Run *R, Default which)
{
    File *file = file_of(default_file(R, which));
    if (file && file->kind != FILE_CLOSED) return file;
    native_error(R, "standard %s file is closed", which == DEFAULT_INPUT ? "input" : "output");
    return NULL;
}

/* io.input and io.output. */
static int redirect(Run *R, Value *a, int n, Default which, const char *mode)
{
    if (arg_absent(a, n, 0)) NATIVE_RETURN(default_file(R, which));
    Value file = a[0];
    if (value_is_string(file) || value_is_number(file))
        file = file_open_checked(R, arg_string(R, a, n, 0), mode);
    else if (!file_arg_open(R, a, n, 0))
        return NATIVE_ERROR;
    if (file == V_NIL) return NATIVE_ERROR;
    run_set_field(R, R->world->registry, default_names[which], file);
    NATIVE_RETURN(file);
}

static int io_input(Run *R, Value *a, int n) { return redirect(R, a, n, DEFAULT_INPUT, "r"); }
static int io_output(Run *R, Value *a, int n) { return redirect(R, a, n, DEFAULT_OUTPUT, "w"); }

/* On the default files ------------------------------------------------------------- */

static int io_read(Run *R, Value *a, int n)
{
    File *file = default_open(R, DEFAULT_INPUT);
    return file ? file_read(R, a, n, 0, file->f) : NATIVE_ERROR;
}

static int io_write(Run *R, Value *a, int n)
{
    File *file = default_open(R, DEFAULT_OUTPUT);
    if (!file) return NATIVE_ERROR;
    return file_write(R, a, n, 0, file->f, default_file(R, DEFAULT_OUTPUT));
}

static int io_flush(Run *R, Value *a, int n)
{
    File *file = default_open(R, DEFAULT_OUTPUT);
    return file ? lib_file_result(R, a, fflush(file->f) == 0, NULL) : NATIVE_ERROR;
}

/* Also the method. */
static int io_close(Run *R, Value *a, int n)
{
    if (n == 0) a[0] = default_file(R, DEFAULT_OUTPUT);
    File *file = file_arg_open(R, a, n ? n : 1, 0);
    return file ? file_close(R, a, a[0]) : NATIVE_ERROR;
}

static int io_lines(Run *R, Value *a, int n)
{
    if (!arg_absent(a, n, 0)) {
        const String *name = arg_string(R, a, n, 0);
        Value file = name ? file_open_checked(R, name, "r") : V_NIL;
        return file == V_NIL ? NATIVE_ERROR : file_lines(R, a, n, 1, file, true);
    }
    a[0] = default_file(R, DEFAULT_INPUT);
    if (!file_arg_open(R, a, 1, 0)) return NATIVE_ERROR;
    return file_lines(R, a, n, 1, a[0], false);
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

static int opened(Run *R, Value *a, FILE *f, FileKind kind, const char *name)
{
    if (!f) return lib_file_result(R, a, false, name);
    NATIVE_RETURN(file_new(R, f, kind));
}

/* The name and the mode that io.open and io.popen take. */
static bool arg_name_mode(Run *R, Value *a, int n, const char **name, const char **mode)
{
    String *s = arg_string(R, a, n, 0), *m;
    if (!s || !arg_string_or_null(R, a, n, 1, &m)) return false;
    *name = lib_c_text(s);
    *mode = m ? lib_c_text(m) : "r";
    return true;
}

static int io_open(Run *R, Value *a, int n)
{
    const char *name, *mode;
    if (!arg_name_mode(R, a, n, &name, &mode)) return NATIVE_ERROR;
    if (!is_mode(mode)) return native_arg_error(R, 1, "invalid mode");
    return opened(R, a, fopen(name, mode), FILE_PLAIN, name);
}

static int io_popen(Run *R, Value *a, int n)
{
    const char *command, *mode;
    if (!arg_name_mode(R, a, n, &command, &mode)) return NATIVE_ERROR;
    fflush(NULL);
    return opened(R, a, popen(command, mode), FILE_PIPE, command);
}

static int io_tmpfile(Run *R, Value *a, int n)
{
    return opened(R, a, tmpfile(), FILE_PLAIN, NULL);
}

static int io_type(Run *R, Value *a, int n)
{
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    const File *file = file_of(a[0]);
    if (!file) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(new_c_string(file->kind == FILE_CLOSED ? "closed file" : "file"));
}

/* Opening -------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"close", io_close},     {"flush", io_flush},   {"input", io_input}, {"lines", io_lines},
    {"open", io_open},       {"output", io_output}, {"popen", io_popen}, {"read", io_read},
    {"tmpfile", io_tmpfile}, {"type", io_type},     {"write", io_write}, {NULL, NULL},
};

void lib_open_io(Run *R)
{
    for (int i = 0; i < 2; i++) {
        String *key = string_constant(default_names[i], strlen(default_names[i]));
        __atomic_store_n(&default_keys[i], key, __ATOMIC_RELEASE);
    }
    Table *meta = lib_open_file(R), *t = lib_new(R, "io", functions);
    run_set_field(R, meta, "close", run_get_field(R, t, "close")); /* one function */
    Value in = file_new(R, stdin, FILE_STANDARD), out = file_new(R, stdout, FILE_STANDARD);
    run_set_field(R, t, "stdin", in);
    run_set_field(R, t, "stdout", out);
    run_set_field(R, t, "stderr", file_new(R, stderr, FILE_STANDARD));
    run_set_field(R, R->world->registry, default_names[DEFAULT_INPUT], in);
    run_set_field(R, R->world->registry, default_names[DEFAULT_OUTPUT], out);
}
