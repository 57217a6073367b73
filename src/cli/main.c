/* SPDX-License-Identifier: MIT */
/*
 * moonlet [options] [script [args]]: the program. It does what lua does, in lua's order:
 * LUA_INIT, the options, the script, and then the interactive mode.
 *
 * Main invariant: what the options ask for is done in lua's order, and nothing more after the
 * first that fails. The exit code is 0 only if none has failed; as in lua, errors in the
 * interactive mode, and in a chunk that is read from standard input for want of a script, do
 * not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "cli/dap/dap.h"
#include "cli/debug/record.h"
#include "cli/files.h"
#include "cli/output/report.h"
#include "cli/repl/repl.h"
#include "cli/start.h"
#include "cli/worlds/collapse.h"
#include "cli/worlds/diff.h"
#include "cli/worlds/file.h"
#include "cli/worlds/map.h"
#include "cli/worlds/show.h"
#include "cli/worlds/world.h"
#include "control/collect.h"
#include "lib/lib.h"
#include "moonlet.h"
#include "puc/attach.h"
#include "stack/trace_stack.h"
#include "trace/measure.h"

static void show_version(void)
{
    printf("Moonlet %d.%d.%d (Lua 5.2)\n", MOONLET_VERSION_MAJOR, MOONLET_VERSION_MINOR,
           MOONLET_VERSION_PATCH);
    fflush(stdout);
}

/* before: the state that the program began in. */
static void show_stats(Machine *M, const State *before)
{
    typedef unsigned long long Number;
    MemPauses p = mem_pauses();
    fprintf(stderr, "steps %llu, allocated %llu KB, heap %llu KB\n", (Number)eval_steps_used(M),
            (Number)(mem_bytes_total() / 1024), (Number)(mem_bytes_heap() / 1024));
    fprintf(stderr, "collections %llu, longest pause %.1f ms\n", (Number)mem_collections(),
            (double)p.longest_ns / 1e6);
    Measure m = measure_state(machine_snapshot(M), before, trace_stack);
    fprintf(stderr, "state %llu bytes in %llu objects, %llu bytes as before; heap map %llu\n",
            (Number)m.bytes, (Number)m.objects, (Number)m.shared, (Number)m.entries);
}

/* Chunks ------------------------------------------------------------------------------ */

static bool run_text(const Cli *c, const char *text, const char *name)
{
    String *error;
    Closure *f = native_load(c->M, text, strlen(text), string_from_c(name), NULL, &error);
    return report_run(c, f, error, NULL, 0);
}

/* name NULL: standard input. */
static bool run_file(const Cli *c, const char *name, const Value *args, size_t n)
{
    String *error;
    Closure *f = lib_load_file(c->M, name, NULL, NULL, &error);
    return report_run(c, f, error, args, n);
}

static bool run_library(const Cli *c, const char *name)
{
    Machine *M = c->M;
    Value argument = new_c_string(name);
    if (!report_call(c, run_get_field(&M->run, M->run.world->globals, "require"), &argument, 1))
        return false;
    run_set(&M->run, M->run.world->globals, argument, lib_result(M, 0));
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
static void set_arg(Machine *M, char **argv, int script)
{
    Table *t = run_new_table(&M->run);
    for (int i = 0; argv[i]; i++)
        run_set(&M->run, t, value_number(i - script), new_c_string(argv[i]));
    run_set_field(&M->run, M->run.world->globals, "arg", value_object(t));
}

static bool run_script(const Cli *c, char **argv, const Options *o)
{
    int script = o->script;
    const char *name = argv[script];
    size_t n = 0;
    while (argv[script + 1 + (int)n]) n++;
    Value *args = mem_try_alloc((n + 1) * sizeof *args);
    if (!args) report_no_memory();
    for (size_t i = 0; i < n; i++) args[i] = new_c_string(argv[script + 1 + (int)i]);
    set_arg(c->M, argv, script);
    if (strcmp(name, "-") == 0 && strcmp(argv[script - 1], "--") != 0) name = NULL;
    if (!o->record && !o->debug) return run_file(c, name, args, n);
    if (o->debug && name && record_open(c, name)) return true;
    String *error;
    Closure *f = lib_load_file(c->M, name, NULL, NULL, &error);
    if (!f) return report_run(c, NULL, error, NULL, 0);
    return (o->debug ? record_debug : record_script)(c, o->record, f, args, n);
}

/* The program -------------------------------------------------------------------------- */

static bool run_all(Cli *c, const Options *o, char **argv)
{
    if (o->version) show_version();
    if (!o->no_environment && !o->load_count && !run_init(c)) return false;
    if (!run_options(c, argv, o->rest)) return false;
    if (o->map && !o->script) {
        report_message(c, "--map needs a script");
        return false;
    }
    if (o->script && !run_script(c, argv, o)) return false;
    if (o->map) return map_lines(c, &o->mapping);
    if (o->interactive) {
        repl_run(c, o->frames);
    } else if (!o->script && !o->execute && !o->version) {
        if (!isatty(STDIN_FILENO)) {
            run_file(c, NULL, NULL, 0); /* its errors do not count, as in lua */
            return true;
        }
        show_version();
        repl_run(c, o->frames);
    }
    return true;
}

/* That of a program whose world is saved. */
static void apply_limits(Machine *M, const moonlet_limits *l)
{
    if (l->nanoseconds) eval_limit_time(M, l->nanoseconds);
    if (l->stack) eval_limit_stack(M, l->stack);
    if (l->string) eval_limit_string(M, l->string);
    if (l->held) eval_limit_held(M, l->held);
    if (l->steps) eval_set_budget(M, l->steps);
    if (l->bytes) eval_limit_bytes(M, l->bytes);
}

enum { EXIT_PAUSED = 3 };

/* A delta is loaded after all that leads to it. */
static const char *loads_text(const Options *o)
{
    const char *text = "";
    for (int i = 0; o->delta && i < o->load_count; i++)
        text = lib_c_text(lib_join(text, "--load=", o->loads[i], " ", NULL));
    return lib_c_text(lib_join(text, "--load=", o->save, NULL));
}

static void say_paused(const Cli *c, const Options *o)
{
    EvalStop stop = eval_stop_reason(c->M);
    const char *why = stop == STOP_OUTSIDE ? "interrupted" : eval_stop_text(stop);
    report_message(
        c, lib_c_text(lib_join("paused (", why, "): go on with ", loads_text(o), NULL)));
}

/* The exit code of a program whose world is loaded, saved, or both. A world that is saved lives
 * on, so its finalizers are not called. */
static int run_world(Cli *c, CliWorld *w, const Options *o, char **argv)
{
    c->pauses = o->save && !o->interactive && !w->host_run.paused;
    if (o->save && !world_can_save(c, o)) return EXIT_FAILURE;
    const State *before = o->stats ? machine_snapshot(c->M) : NULL;
    apply_limits(c->M, &o->mapping.limits);
    bool good = world_goes_on(w, o) ? report_resume(c) : run_all(c, o, argv);
    bool paused = c->M->status == RUN_PAUSED;
    if (o->stats && !paused) show_stats(c->M, before);
    if (paused || (good && o->save)) {
        bool saved = world_save(w, c, o);
        if (paused && saved) say_paused(c, o);
        return !saved ? EXIT_FAILURE : paused ? EXIT_PAUSED : EXIT_SUCCESS;
    }
    collect_close(c->M);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool run_task(Cli *c, const Options *o, char **argv)
{
    if (o->task >= TASK_DUMP) return files_dump(c, o->task == TASK_STRIP, argv + o->rest);
    if (o->task != TASK_RUN) return files_inspect(c, o->task, argv + o->rest);
    const State *before = o->stats ? machine_snapshot(c->M) : NULL;
    bool good = run_all(c, o, argv);
    if (o->stats) show_stats(c->M, before);
    return good;
}

static Machine *open_run(bool no_environment)
{
    Machine *M = machine_begin(NULL);
    if (no_environment) run_set_field(&M->run, M->run.world->registry, "LUA_NOENV", V_TRUE);
    lib_open_all(M);
    api_attach(M);
    return M;
}

int main(int argc, char **argv)
{
    Options o;
    CliWorld world = {0};
    Cli c = {.program = argc && argv[0][0] ? argv[0] : "moonlet"};
    if (!options_parse(&o, argv)) {
        options_complain(c.program, &o);
        return EXIT_FAILURE;
    }
    if (o.task == TASK_HELP || o.task == TASK_VERSION) {
        o.task == TASK_HELP ? options_help(c.program) : show_version();
        return EXIT_SUCCESS;
    }
    if (o.seeded) string_seed(o.seed);
    world_take_seed(&o, argv);
    if (!start_collector()) {
        report_message(&c, "not enough memory");
        return EXIT_FAILURE;
    }
    eval_init();
    (void)puc_init();
    if (o.task == TASK_SHOW) return show_image(&c, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
    if (o.task == TASK_COLLAPSE) return collapse_images(&c, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
    if (o.task == TASK_DIFF) return diff_images(&c, &o, argv);
    if (o.load_count && !world_open(&world, &c, &o)) return EXIT_FAILURE;
    if (!c.M) c.M = open_run(o.no_environment);
    if (o.dap) return dap_run(&c, o.dap_port);
    if (o.pause) mem_limit_pauses(o.pause);
    if (o.task == TASK_RUN && (o.save || o.load_count)) return run_world(&c, &world, &o, argv);
    bool good = run_task(&c, &o, argv);
    collect_close(c.M);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
