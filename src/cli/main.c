/* SPDX-License-Identifier: MIT */
/*
 * moonlet [options] [script [args]]: the program. It does what lua does, in lua's order:
 * LUA_INIT, the options, the script, and then the interactive mode.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "cli/files.h"
#include "cli/map.h"
#include "cli/repl.h"
#include "cli/start.h"
#include "eval/collect.h"
#include "eval/trace_stack.h"
#include "lib/lib.h"
#include "moonlet.h"
#include "state/measure.h"

static void show_version(void)
{
    printf("Moonlet %d.%d.%d (Lua 5.2)\n", MOONLET_VERSION_MAJOR, MOONLET_VERSION_MINOR,
           MOONLET_VERSION_PATCH);
    fflush(stdout);
}

/* before: the state that the program began in. */
static void show_stats(Run *R, const State *before)
{
    typedef unsigned long long Number;
    MemPauses p = mem_pauses();
    fprintf(stderr, "steps %llu, allocated %llu KB, heap %llu KB\n", (Number)eval_steps_used(R),
            (Number)(mem_bytes_total() / 1024), (Number)(mem_bytes_heap() / 1024));
    fprintf(stderr, "collections %llu, longest pause %.1f ms\n", (Number)mem_collections(),
            (double)p.longest_ns / 1e6);
    Measure m = measure_state(run_snapshot(R), before, trace_stack);
    fprintf(stderr, "state %llu bytes in %llu objects, %llu bytes as before; heap map %llu\n",
            (Number)m.bytes, (Number)m.objects, (Number)m.shared, (Number)m.entries);
}

/* Chunks ------------------------------------------------------------------------------ */

static bool run_text(const Cli *c, const char *text, const char *name)
{
    String *error;
    Closure *f = native_load(c->R, text, strlen(text), string_from_c(name), NULL, &error);
    return report_run(c, f, error, NULL, 0);
}

/* name NULL: standard input. */
static bool run_file(const Cli *c, const char *name, const Value *args, size_t n)
{
    String *error;
    Closure *f = lib_load_file(c->R, name, NULL, NULL, &error);
    return report_run(c, f, error, args, n);
}

static bool run_library(const Cli *c, const char *name)
{
    Run *R = c->R;
    Value argument = new_c_string(name);
    if (!report_call(c, run_get_field(R, R->world->globals, "require"), &argument, 1))
        return false;
    run_set(R, R->world->globals, argument, lib_result(R, 0));
    return true;
}

/* What LUA_INIT says: a file if it begins with @, else code. */
static bool run_init(const Cli *c)
{
    const char *name = "=LUA_INIT_5_2", *init = getenv(name + 1);
    if (!init) {
        name = "=LUA_INIT";
        init = getenv(name + 1);
    }
    if (!init) return true;
    return init[0] == '@' ? run_file(c, init + 1, NULL, 0) : run_text(c, init, name);
}

/* Does what -e and -l say, up to argv[end]. */
static bool run_options(const Cli *c, char **argv, int end)
{
    const char *argument;
    for (int i = 1; i < end; i++) {
        char action = option_action(argv, &i, &argument);
        if (action == 'e' && !run_text(c, argument, "=(command line)")) return false;
        if (action == 'l' && !run_library(c, argument)) return false;
    }
    return true;
}

/* The global arg: the script's name at 0, what is before it at negative indices. */
static void set_arg(Run *R, char **argv, int script)
{
    Table *t = run_new_table(R);
    for (int i = 0; argv[i]; i++)
        run_set(R, t, value_number(i - script), new_c_string(argv[i]));
    run_set_field(R, R->world->globals, "arg", value_object(t));
}

static bool run_script(const Cli *c, char **argv, int script)
{
    const char *name = argv[script];
    size_t n = 0;
    while (argv[script + 1 + (int)n]) n++;
    Value *args = mem_alloc((n + 1) * sizeof *args);
    for (size_t i = 0; i < n; i++) args[i] = new_c_string(argv[script + 1 + (int)i]);
    set_arg(c->R, argv, script);
    if (strcmp(name, "-") == 0 && strcmp(argv[script - 1], "--") != 0) name = NULL;
    return run_file(c, name, args, n);
}

/* The program -------------------------------------------------------------------------- */

static bool run_all(Cli *c, const Options *o, char **argv)
{
    if (o->version) show_version();
    if (!o->no_environment && !run_init(c)) return false;
    if (!run_options(c, argv, o->rest)) return false;
    if (o->map && !o->script) {
        report_message(c, "--map needs a script");
        return false;
    }
    if (o->script && !run_script(c, argv, o->script)) return false;
    if (o->map) return map_run(c, &o->mapping);
    if (o->interactive) {
        repl_run(c);
    } else if (!o->script && !o->execute && !o->version) {
        if (!isatty(STDIN_FILENO)) {
            run_file(c, NULL, NULL, 0); /* its errors do not count, as in lua */
            return true;
        }
        show_version();
        repl_run(c);
    }
    return true;
}

static bool run_task(Cli *c, const Options *o, char **argv)
{
    if (o->task >= TASK_DUMP) return files_dump(c, o->task == TASK_STRIP, argv + o->rest);
    if (o->task != TASK_RUN) return files_inspect(c, o->task, argv + o->rest);
    const State *before = o->stats ? run_snapshot(c->R) : NULL;
    bool good = run_all(c, o, argv);
    if (o->stats) show_stats(c->R, before);
    return good;
}

static Run *open_run(bool no_environment)
{
    start_collector();
    eval_init();
    Run *R = run_begin(NULL);
    if (no_environment) run_set_field(R, R->world->registry, "LUA_NOENV", V_TRUE);
    lib_open_all(R);
    api_attach(R);
    return R;
}

int main(int argc, char **argv)
{
    Options o;
    Cli c = {.program = argc && argv[0][0] ? argv[0] : "moonlet"};
    const char *bad = options_parse(&o, argv);
    if (bad) {
        options_complain(c.program, bad);
        return EXIT_FAILURE;
    }
    if (o.task == TASK_HELP || o.task == TASK_VERSION) {
        o.task == TASK_HELP ? options_help(c.program) : show_version();
        return EXIT_SUCCESS;
    }
    c.R = open_run(o.no_environment);
    if (o.pause) mem_limit_pauses(o.pause);
    bool good = run_task(&c, &o, argv);
    collect_close(c.R);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
