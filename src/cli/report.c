/* SPDX-License-Identifier: MIT */
/* Calls and messages. */
#include "cli/report.h"

#include <signal.h>
#include <stdio.h>

#include "lib/lib.h"

/* Signals have no context: this is the process's, and there is one run. */
static volatile int interrupted;

static void on_interrupt(int number)
{
    signal(number, SIG_DFL);
    __atomic_store_n(&interrupted, 1, __ATOMIC_RELAXED); /* threads read it */
}

void report_message(const Cli *c, const char *text)
{
    if (c->program) fprintf(stderr, "%s: ", c->program);
    fprintf(stderr, "%s\n", text);
    fflush(stderr);
}

static int message_made(Run *R, Value *a, int n) { NATIVE_RETURN(lib_result(R, 0)); }

/* What an error that nothing catches becomes. */
static int make_message(Run *R, Value *a, int n)
{
    Value error = a[0];
    if (value_is_string(error) || value_is_number(error)) {
        const char *text = lib_c_text(value_string(value_to_text(R, error)));
        NATIVE_RETURN(string_value(native_traceback(R, NULL, text, 1)));
    }
    if (error == V_NIL) return 1;
    Value tostring = meta_of(R, error, META_TOSTRING);
    if (tostring == V_NIL) NATIVE_RETURN(new_c_string("(no error message)"));
    a[NATIVE_HEADER] = tostring;
    a[NATIVE_HEADER + 1] = error;
    return native_call(R, a, 1, 1, message_made);
}

static void report_error(const Cli *c)
{
    Value error = c->R->error;
    if (error == V_NIL) return;
    bool text = value_is_string(error) || value_is_number(error);
    report_message(c, text ? lib_c_text(value_string(value_to_text(c->R, error)))
                           : "(error object is not a string)");
}

bool report_call(const Cli *c, Value f, const Value *args, size_t n)
{
    interrupted = 0;
    c->R->interrupt = &interrupted;
    signal(SIGINT, on_interrupt);
    c->R->handler = value_object(run_new_native(c->R, make_message, "?", 0));
    RunStatus status = eval_call(c->R, f, args, n);
    c->R->handler = V_NIL;
    signal(SIGINT, SIG_DFL);
    if (status == RUN_OK) return true;
    report_error(c);
    return false;
}

bool report_run(const Cli *c, Closure *f, const String *error, const Value *args, size_t n)
{
    if (f) return report_call(c, value_object(f), args, n);
    report_message(c, lib_c_text(error));
    return false;
}
