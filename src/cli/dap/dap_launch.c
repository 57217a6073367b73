/* SPDX-License-Identifier: MIT */
/*
 * Beginning and ending: the program runs and is recorded.
 *
 * Main invariant: a tour begins only when the client has both launched and configured the
 * program, and its recording is complete. Until then there is no state to show, and requests
 * for one are refused.
 */
#ifdef MOONLET_DAP

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/dap/dap_session.h"
#include "cli/debug/record.h"
#include "lib/lib.h"

/* What it can ----------------------------------------------------------------------- */

static json_t *filter(const char *name, const char *label, bool normally)
{
    return json_pack("{s:s, s:s, s:b, s:b}", "filter", name, "label", label, "default",
                     normally, "supportsCondition", !normally);
}

static json_t *capabilities(void)
{
    static const char *const words[] = {"supportsConfigurationDoneRequest",
                                        "supportsFunctionBreakpoints",
                                        "supportsConditionalBreakpoints",
                                        "supportsHitConditionalBreakpoints",
                                        "supportsLogPoints",
                                        "supportsEvaluateForHovers",
                                        "supportsClipboardContext",
                                        "supportsStepBack",
                                        "supportsSetVariable",
                                        "supportsSetExpression",
                                        "supportsDataBreakpoints",
                                        "supportsExceptionInfoRequest",
                                        "supportsExceptionFilterOptions",
                                        "supportsTerminateRequest",
                                        "supportsRestartRequest",
                                        "supportsDelayedStackTraceLoading",
                                        "supportsBreakpointLocationsRequest",
                                        "supportsLoadedSourcesRequest",
                                        "supportsCompletionsRequest",
                                        "supportsCancelRequest"};
    json_t *body = json_pack("{s:[s, s]}", "completionTriggerCharacters", ".", ":");
    json_t *filters = json_array();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        json_object_set_new(body, words[i], json_true());
    json_array_append_new(filters, filter("uncaught", "Errors that nothing catches", true));
    json_array_append_new(filters, filter("all", "Errors that are caught, too", false));
    json_object_set_new(body, "exceptionBreakpointFilters", filters);
    return body;
}

void dap_initialize(Dap *d, const json_t *request, const json_t *arguments)
{
    d->lines_from_0 = !dap_is(arguments, "linesStartAt1", true);
    d->columns_from_0 = !dap_is(arguments, "columnsStartAt1", true);
    dap_answer(request, capabilities());
    dap_event("initialized", NULL);
}

/* The program ------------------------------------------------------------------------- */

static bool is_file(const Dap *d, const json_t *request, const char *file)
{
    (void)d;
    if (!file) dap_refuse(request, "'program' is missing: the file to run");
    if (file && access(file, R_OK) == 0) return true;
    if (file) dap_refuse(request, "cannot read '%s': %s", file, strerror(errno));
    return false;
}

/* The arguments as values. Answers NULL where they are no texts, which has been said. */
static Value *arguments_of(const json_t *request, const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    Value *v = mem_try_alloc((*count + 1) * sizeof *v);
    for (size_t i = 0; v && i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item)) v = NULL;
        if (v) v[i] = new_string(json_string_value(item), json_string_length(item));
    }
    if (!v) dap_refuse(request, "'args' is a list of texts");
    return v;
}

static void set_arg(Machine *M, const char *program, const Value *args, size_t count)
{
    Table *t = run_new_table(&M->run);
    run_set(&M->run, t, value_number(0), new_c_string(program));
    for (size_t i = 0; i < count; i++)
        run_set(&M->run, t, value_number((double)i + 1), args[i]);
    run_set_field(&M->run, M->run.world->globals, "arg", value_object(t));
}

static void set_environment(const json_t *environment)
{
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)environment, name, v)
    {
        if (json_is_string(v)) setenv(name, json_string_value(v), 1);
        if (json_is_null(v)) unsetenv(name);
    }
}

/* Where it runs, and what it reads. Answers false if it has said why not. */
static bool prepare(Dap *d, const json_t *request, const json_t *a)
{
    const char *directory = dap_word(a, "cwd"), *input = dap_word(a, "stdin");
    if (directory && chdir(directory) != 0) {
        dap_refuse(request, "cannot go to '%s': %s", directory, strerror(errno));
        return false;
    }
    free(d->directory);
    d->directory = getcwd(NULL, 0);
    set_environment(json_object_get(a, "env"));
    if (!input) return true;
    int fd = open(input, O_RDONLY | O_CLOEXEC);
    __fpurge(stdin); /* what a run before has left there */
    if (fd >= 0 && dup2(fd, STDIN_FILENO) >= 0) {
        close(fd);
        rewind(stdin);
        return true;
    }
    dap_refuse(request, "cannot read '%s': %s", input, strerror(errno));
    return false;
}

static bool load_program(Dap *d, const json_t *request, const json_t *a)
{
    Machine *M = d->cli->M;
    const char *file = dap_word(a, "program");
    String *error;
    if (!is_file(d, request, file)) return false;
    d->args = arguments_of(request, json_object_get(a, "args"), &d->arg_count);
    if (!d->args) return false;
    set_arg(M, file, d->args, d->arg_count);
    Closure *f = lib_load_file(M, file, NULL, NULL, &error);
    if (!f) {
        dap_refuse(request, "%s", lib_c_text(error));
        return false;
    }
    d->function = value_object(f);
    return true;
}

static bool load_recording(Dap *d, const json_t *request, const char *file)
{
    size_t length;
    char *message = NULL, *bytes = api_read_file(file, &length, &message);
    d->rec = NULL;
    if (bytes && moonlet_is_recording(bytes, length))
        d->rec = moonlet_recording_load(bytes, length, NULL, &message);
    else if (bytes)
        message = strdup("it is no recording");
    if (!d->rec)
        dap_refuse(request, "cannot load '%s': %s", file, message ? message : "no memory");
    free(message);
    free(bytes);
    return d->rec != NULL;
}

/* Running ----------------------------------------------------------------------------- */

static void on_exit_of(void *data, const moonlet_recording *rec, int status)
{
    Dap *d = data;
    (void)rec;
    d->exit_code = status;
}

static void note_failure(Dap *d, const moonlet_result *r)
{
    if (r->status != MOONLET_FAILED) return;
    d->exit_code = EXIT_FAILURE;
    if (value_in(r->error->value) == V_NIL) return;
    d->error = strdup(r->error->traceback);
    fprintf(stderr, "%s: %s\n", d->cli->program, r->error->traceback);
}

void dap_running(Dap *d, bool runs)
{
    d->paused = false;
    if (runs)
        queue_run((json_int_t)object_id(d->cli->M->run.world->main));
    else
        d->paused = queue_rest();
}

static void record(Dap *d)
{
    moonlet_result r;
    dap_running(d, true);
    moonlet_record_options o = {.exits = on_exit_of, .data = d, .stays = true};
    d->rec = record_run(d->cli, value_pointer(d->function), d->args, d->arg_count, &o,
                        &dap_interrupted, &r);
    dap_running(d, false);
    note_failure(d, &r);
    record_close(r.state);
    moonlet_release(r.state);
    dap_io_flush();
}

/* Where the client is to begin. */
static void begin_tour(Dap *d)
{
    d->tour = tour_begin(d->rec);
    d->tour->interrupt = &dap_interrupted;
    d->tour->options = (moonlet_record_options){.exits = on_exit_of, .data = d, .stays = true};
    dap_apply_breaks(d);
    if (d->attached || dap_is(d->launch, "stopOnEntry", false)) {
        tour_go_first(d->tour);
        dap_stopped(d, "entry");
    } else {
        dap_running(d, true);
        tour_run(d->tour);
        dap_running(d, false);
        dap_stopped(d, NULL);
    }
}

/* Both have come: how the program is begun, and what it is to stop at. */
static void begin(Dap *d)
{
    if (!d->configured || !d->launch || d->tour) return;
    if (!d->rec) record(d);
    if (queue_is_over()) return;
    queue_obey(); /* it has ended the recording */
    if (d->rec && !dap_is(d->launch, "noDebug", false))
        begin_tour(d);
    else
        dap_ended(d);
}

/* The program, or the recording, as a client wants it. Answers false if it has said why not. */
static bool load(Dap *d, const json_t *request, const json_t *arguments)
{
    const char *recording = dap_word(arguments, "recording");
    if (!prepare(d, request, arguments)) return false;
    if (recording ? !load_recording(d, request, recording)
                  : !load_program(d, request, arguments))
        return false;
    json_t *launch =
        json_is_object(arguments) ? json_incref((json_t *)arguments) : json_object();
    json_decref(d->launch);
    d->launch = launch;
    d->attached = recording != NULL;
    return true;
}

void dap_launch(Dap *d, const json_t *request, const json_t *arguments)
{
    if (d->launch) {
        dap_refuse(request, "a program has been launched already");
        return;
    }
    if (!load(d, request, arguments)) return;
    dap_answer(request, NULL);
    begin(d);
}

/* The program runs once more, as its file is now; or the recording is read again. Breaks stay.
 * What cannot be loaded leaves all as it was. */
void dap_restart(Dap *d, const json_t *request, const json_t *arguments)
{
    const json_t *other = json_object_get(arguments, "arguments");
    moonlet_recording *before = d->rec;
    if (!d->launch || !d->configured) {
        dap_refuse(request, "nothing has been launched yet");
        return;
    }
    if (!dap_word(json_is_object(other) ? other : d->launch, "recording")) d->rec = NULL;
    if (!load(d, request, json_is_object(other) ? other : d->launch)) {
        d->rec = before;
        return;
    }
    dap_forget(d);
    tour_end(d->tour);
    d->tour = NULL;
    moonlet_recording_release(before);
    free(d->error);
    d->error = NULL;
    d->exit_code = 0;
    d->ended = false;
    dap_answer(request, NULL);
    begin(d);
}

void dap_attach(Dap *d, const json_t *request, const json_t *arguments)
{
    if (dap_word(arguments, "recording"))
        dap_launch(d, request, arguments);
    else
        dap_refuse(request, "'recording' is missing: one attaches to what has been recorded");
}

void dap_configured(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    d->configured = true;
    dap_answer(request, NULL);
    begin(d);
}

/* Ending ------------------------------------------------------------------------------ */

void dap_ended(Dap *d)
{
    if (d->ended) return;
    d->ended = true;
    dap_io_flush();
    dap_event("exited", json_pack("{s:i}", "exitCode", d->exit_code));
    dap_event("terminated", NULL);
}

void dap_terminate(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    dap_answer(request, NULL);
    dap_ended(d);
}

void dap_disconnect(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    dap_answer(request, NULL);
    d->over = true;
}

#endif
