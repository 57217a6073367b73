/* SPDX-License-Identifier: MIT */
/*
 * moonlet [options] [script [args]]: the program, with the flags of lua (manual 6).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "eval/eval.h"
#include "lib/lib.h"

static const char *program = "moonlet";

static void usage(void)
{
    fprintf(stderr,
            "usage: %s [options] [script [args]]\n"
            "Available options are:\n"
            "  -e stat  execute string 'stat'\n"
            "  -l name  require library 'name'\n"
            "  -v       show version information\n"
            "  --       stop handling options\n"
            "  -        stop handling options and execute stdin\n",
            program);
}

/* What lua's own message handler makes of an error that nobody caught. */
static String *message_of(Run *R, Value error)
{
    if (value_is_string(R->traceback)) return value_string(R->traceback);
    if (meta_of(R, error, META_TOSTRING) != V_NIL) {
        Value tostring = run_get_field(R, R->world->globals, "tostring");
        if (eval_call(R, tostring, &error, 1) == RUN_OK && R->result_count &&
            value_is_string(R->results[0]))
            return value_string(R->results[0]);
    }
    return string_from_c("(no error message)");
}

static void report(Run *R)
{
    fflush(stdout);
    if (R->error == V_NIL) return;
    const String *s = message_of(R, R->error);
    fprintf(stderr, "%s: %.*s\n", program, (int)s->length, s->data);
}

static bool run_chunk(Run *R, const char *source, size_t length, String *name, const Value *args,
                      size_t n)
{
    String *error;
    Closure *f = native_load(R, source, length, name, value_object(R->world->globals), &error);
    if (!f) {
        fprintf(stderr, "%s: %.*s\n", program, (int)error->length, error->data);
        return false;
    }
    if (eval_call(R, value_object(f), args, n) == RUN_OK) return true;
    report(R);
    return false;
}

static char *read_all(FILE *f, size_t *length)
{
    size_t capacity = 65536, used = 0, got;
    char *text = malloc(capacity);
    while (text && (got = fread(text + used, 1, capacity - used, f)) > 0) {
        used += got;
        if (used == capacity) text = realloc(text, capacity *= 2);
    }
    *length = used;
    return text;
}

static bool run_script(Run *R, const char *path, const Value *args, size_t n)
{
    bool standard = !path || strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "%s: cannot open %s\n", program, path);
        return false;
    }
    size_t length, skip = 0;
    char *text = read_all(f, &length);
    if (f != stdin) fclose(f);
    if (!text) return false;
    if (length && text[0] == '#') /* the line break stays, for the line numbers */
        while (skip < length && text[skip] != '\n') skip++;
    String *name = string_from_c(standard ? "=stdin" : "@");
    if (!standard) name = string_concat(name, path, strlen(path));
    bool ok = run_chunk(R, text + skip, length - skip, name, args, n);
    free(text);
    return ok;
}

static void set_arg(Run *R, char **argv, int argc, int script)
{
    Table *t = run_new_table(R);
    for (int i = 0; i < argc; i++)
        run_set(R, t, value_number(i - script), new_c_string(argv[i]));
    run_set_field(R, R->world->globals, "arg", value_object(t));
}

static bool require_library(Run *R, const char *name)
{
    Value require = run_get_field(R, R->world->globals, "require"), arg = new_c_string(name);
    if (eval_call(R, require, &arg, 1) != RUN_OK) {
        report(R);
        return false;
    }
    run_set_field(R, R->world->globals, name, R->result_count ? R->results[0] : V_NIL);
    return true;
}

/* Handles one option; gives how many words it took, 0 for none, -1 for failure. */
static int option(Run *R, int argc, char **argv, int i, bool *worked)
{
    const char *o = argv[i];
    if (o[0] != '-' || !o[1] || strcmp(o, "--") == 0) return 0;
    if (o[1] == 'v' && !o[2]) {
        printf("Moonlet 0.1.0  Lua 5.2\n");
        *worked = true;
        return 1;
    }
    if (o[1] != 'e' && o[1] != 'l') {
        fprintf(stderr, "%s: unrecognized option '%s'\n", program, o);
        usage();
        return -1;
    }
    const char *value = o[2] ? o + 2 : argv[i + 1];
    if (i + 1 >= argc && !o[2]) {
        fprintf(stderr, "%s: '%s' needs argument\n", program, o);
        usage();
        return -1;
    }
    *worked = true;
    bool ok = o[1] == 'l' ? require_library(R, value)
                          : run_chunk(R, value, strlen(value), string_from_c("=(command line)"), NULL, 0);
    return ok ? (o[2] ? 1 : 2) : -1;
}

static int run_program(Run *R, int argc, char **argv)
{
    bool worked = false;
    int script = 1;
    while (script < argc) { /* find the script first: arg is there for -e too */
        const char *o = argv[script];
        if (o[0] != '-' || !o[1]) break;
        script++;
        if (strcmp(o, "--") == 0) break;
        if ((o[1] == 'e' || o[1] == 'l') && !o[2]) script++;
    }
    set_arg(R, argv, argc, script < argc ? script : 0);
    for (int i = 1; i < argc;) {
        int used = option(R, argc, argv, i, &worked);
        if (used < 0) return EXIT_FAILURE;
        if (used == 0) break;
        i += used;
    }
    if (script >= argc && (worked || isatty(0))) return EXIT_SUCCESS;
    size_t n = script < argc ? (size_t)(argc - script - 1) : 0;
    Value args[256];
    if (n > 256) n = 256;
    for (size_t i = 0; i < n; i++) args[i] = new_c_string(argv[script + 1 + (int)i]);
    return run_script(R, script < argc ? argv[script] : NULL, args, n) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    eval_init();
    Run *R = run_begin(NULL);
    lib_open_all(R);
    int status = run_program(R, argc, argv);
    fflush(stdout);
    return status;
}
