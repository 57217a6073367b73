/* SPDX-License-Identifier: MIT */
/* Calls and messages. */
#include "cli/report.h"

#include <signal.h>
#include <stdio.h>

#include "lib/lib.h"

enum { ERRORS_MAX = 10 }; /* of __tostring's about __tostring's errors */

/* Signals have no context: this is the process's, and there is one run. */
static volatile int interrupted;

static void on_interrupt(int number)
{
    signal(number, SIG_DFL);
    interrupted = 1;
}

void report_message(const Cli *c, const char *text)
{
    if (c->program) fprintf(stderr, "%s: ", c->program);
    fprintf(stderr, "%s\n", text);
    fflush(stderr);
}

/* The message of the run's error, NULL for none. */
static const char *message_of(Run *R)
{
    for (int i = 0; i < ERRORS_MAX; i++) {
        Value error = R->error;
        if (value_is_string(R->traceback)) return lib_c_text(value_string(R->traceback));
        if (error == V_NIL) return NULL;
        Value tostring = meta_of(R, error, META_TOSTRING);
        if (tostring == V_NIL) return "(no error message)";
        if (eval_call(R, tostring, &error, 1) != RUN_OK) continue;
        Value text = lib_result(R, 0);
        if (!value_is_string(text) && !value_is_number(text))
            return "(error object is not a string)";
        return lib_c_text(value_string(value_to_text(R, text)));
    }
    return "error in error handling";
}

bool report_call(const Cli *c, Value f, const Value *args, size_t n)
{
    interrupted = 0;
    c->R->interrupt = &interrupted;
    signal(SIGINT, on_interrupt);
    RunStatus status = eval_call(c->R, f, args, n);
    signal(SIGINT, SIG_DFL);
    if (status == RUN_OK) return true;
    const char *message = message_of(c->R);
    if (message) report_message(c, message);
    return false;
}

bool report_run(const Cli *c, Closure *f, const String *error, const Value *args, size_t n)
{
    if (f) return report_call(c, value_object(f), args, n);
    report_message(c, lib_c_text(error));
    return false;
}
