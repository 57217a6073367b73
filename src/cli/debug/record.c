/* SPDX-License-Identifier: MIT */
/*
 * --record and -d: a script is run and recorded, and then written to a file or debugged.
 *
 * Main invariant: the recording is written however the script ends: by itself, by an error, by
 * os.exit or by Ctrl-C.
 */
#include "cli/debug/record.h"

#include <errno.h>
#include <stdlib.h>

#include "api/image/record.h"
#include "cli/debug/debugger.h"
#include "cli/output/interrupt.h"
#include "cli/output/replace.h"
#include "control/collect.h"
#include "control/eval.h"
#include "lib/lib.h"

typedef struct Recording {
    const Cli *cli;
    const char *file; /* NULL: it is not written */
    bool written, debugs;
} Recording;

static bool complain(const Recording *r, const char *why)
{
    report_message(r->cli, lib_c_text(lib_join("cannot write ", r->file, ": ", why, NULL)));
    return false;
}

static bool write_recording(Recording *r, const moonlet_recording *rec)
{
    size_t length;
    char *message = NULL, *bytes = moonlet_recording_save(rec, NULL, &length, &message);
    if (bytes)
        r->written = replace_file(r->file, bytes, length) || complain(r, strerror(errno));
    else
        complain(r, message ? message : "not enough memory");
    free(bytes);
    free(message);
    return r->written;
}

/* The program is about to end the process. */
static void on_exit_of_program(void *data, const moonlet_recording *rec, int status)
{
    Recording *r = data;
    (void)status;
    if (r->file) write_recording(r, rec);
}

/* What lua says of an error that is no text. Answers NULL if even that fails. */
static const char *words_for(const moonlet_state *s, Value error)
{
    const char *text = NULL;
    Machine *M = machine_begin(s->state);
    api_attach(M);
    if (eval_call(M, lib_message_handler(M), &error, 1) == RUN_OK && M->result_count &&
        value_is_string(M->results[0]))
        text = lib_c_text(value_string(M->results[0]));
    machine_end(M);
    return text;
}

static bool report(const Cli *c, const moonlet_result *r)
{
    if (r->status == MOONLET_OK) return true;
    if (r->status == MOONLET_PAUSED) {
        report_message(c, "interrupted!");
        return false;
    }
    Value error = value_in(r->error->value);
    if (error == V_NIL) return false;
    bool is_text = value_is_string(error) || value_is_number(error);
    const char *words = is_text ? NULL : words_for(r->state, error);
    report_message(c, words ? words : r->error->traceback);
    return false;
}

/* What lua does when it ends. */
void record_close(const moonlet_state *s)
{
    if (s->state->base->paused) return;
    Machine *M = machine_begin(s->state);
    api_attach(M);
    collect_close(M);
    machine_end(M);
}

moonlet_recording *record_run(const Cli *c, Closure *f, const Value *args, size_t n,
                              const moonlet_record_options *o, const volatile int *interrupt,
                              moonlet_result *r)
{
    moonlet_limits limits = {.interrupt = interrupt};
    moonlet_state *world = handle_new(machine_snapshot(c->M), NULL),
                  *s = moonlet_limit(world, &limits);
    moonlet_recording *rec =
        moonlet_record(s, value_out(value_object(f)), (const moonlet_value *)args, n, o, r);
    moonlet_release(s);
    moonlet_release(world);
    return rec;
}

static bool record(Recording *recording, Closure *f, const Value *args, size_t n)
{
    const Cli *c = recording->cli;
    if (recording->file && !replace_is_possible(recording->file))
        return complain(recording, strerror(errno));
    moonlet_record_options o = {
        .exits = on_exit_of_program, .data = recording, .stays = recording->debugs};
    moonlet_result r;
    interrupt_begin(); /* Ctrl-C is where the recording ends */
    moonlet_recording *rec = record_run(c, f, args, n, &o, &interrupt_flag, &r);
    interrupt_end();
    bool exited = rec && rec->record->end == RECORD_EXITED, good = exited || report(c, &r);
    if (rec && recording->file && !recording->written && !write_recording(recording, rec))
        good = false;
    if (rec && rec->record->outside.foreign)
        report_message(c,
                       "a C module has done what a replay cannot do again: replays end there");
    record_close(r.state);
    if (rec && recording->debugs) debugger_run(c, rec);
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    return good || recording->debugs;
}

bool record_script(const Cli *c, const char *file, Closure *f, const Value *args, size_t n)
{
    return record(&(Recording){.cli = c, .file = file}, f, args, n);
}

bool record_debug(const Cli *c, const char *file, Closure *f, const Value *args, size_t n)
{
    return record(&(Recording){.cli = c, .file = file, .debugs = true}, f, args, n);
}

bool record_open(const Cli *c, const char *file)
{
    size_t length;
    char *message = NULL, *bytes = api_read_file(file, &length, &message);
    free(message);
    bool is = bytes && moonlet_is_recording(bytes, length);
    message = NULL;
    moonlet_recording *rec = is ? moonlet_recording_load(bytes, length, NULL, &message) : NULL;
    if (rec) debugger_run(c, rec);
    if (message) report_message(c, message);
    moonlet_recording_release(rec);
    free(message);
    free(bytes);
    return is;
}
