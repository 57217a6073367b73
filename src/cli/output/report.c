/* SPDX-License-Identifier: MIT */
/*
 * Calls and messages.
 *
 * Main invariant: while a call runs, Ctrl-C sets the flag that its machine looks at, and
 * afterwards it ends the process again. An error that report_call or report_run has caught is
 * written to standard error once; report_try leaves it to its caller.
 */
#include "cli/output/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output/interrupt.h"
#include "lib/lib.h"

void report_message(const Cli *c, const char *text)
{
    if (c->program) fprintf(stderr, "%s: ", c->program);
    fprintf(stderr, "%s\n", text);
    fflush(stderr);
}

bool report_written(const Cli *c)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    const char *why = errno ? strerror(errno) : "some of it is lost";
    report_message(c, lib_c_text(lib_join("cannot write standard output: ", why, NULL)));
    return false;
}

void report_no_memory(void)
{
    fputs("moonlet: not enough memory\n", stderr);
    exit(EXIT_FAILURE);
}

static void report_error(const Cli *c)
{
    Value error = c->M->error;
    if (error == V_NIL) return;
    bool text = value_is_string(error) || value_is_number(error);
    report_message(c, text ? lib_c_text(value_string(value_to_text(c->M, error)))
                           : "(error object is not a string)");
}

static void begin_call(const Cli *c)
{
    static const StopChain stop = {&interrupt_flag, NULL};
    c->M->interrupt = c->pauses ? NULL : &interrupt_flag;
    c->M->stops = c->pauses ? &stop : NULL;
    interrupt_begin();
    c->M->make_handler = lib_message_handler;
}

static bool end_call(const Cli *c, RunStatus status)
{
    c->M->make_handler = NULL;
    c->M->handler = V_NIL;
    c->M->stops = NULL;
    interrupt_end();
    if (status == RUN_ERROR) report_error(c);
    return status == RUN_OK;
}

bool report_call(const Cli *c, Value f, const Value *args, size_t n)
{
    begin_call(c);
    return end_call(c, eval_call(c->M, f, args, n));
}

RunStatus report_try(const Cli *c, Value f, const Value *args, size_t n)
{
    begin_call(c);
    c->M->make_handler = NULL;
    RunStatus status = eval_call(c->M, f, args, n);
    end_call(c, RUN_OK);
    return status;
}

bool report_resume(const Cli *c)
{
    begin_call(c);
    return end_call(c, eval_resume_paused(c->M));
}

bool report_run(const Cli *c, Closure *f, const String *error, const Value *args, size_t n)
{
    if (f) return report_call(c, value_object(f), args, n);
    report_message(c, lib_c_text(error));
    return false;
}
