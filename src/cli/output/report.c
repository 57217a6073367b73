/* SPDX-License-Identifier: MIT */
/*
 * Calls and messages.
 *
 * Main invariant: while a call runs, Ctrl-C sets the flag that its machine looks at, and
 * afterwards it ends the process again. An error that report_call or report_run has caught is
 * written to standard error once; report_try leaves it to its caller.
 */
#include "cli/output/report.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/lib.h"

/* Signals have no context: this is the process's, and there is one run. */
static volatile int interrupted;

static void on_interrupt(int number, siginfo_t *info, void *context)
{
    int flag = info->si_code == SI_KERNEL ? INTERRUPT_ALL : 1;
    __atomic_store_n(&interrupted, flag, __ATOMIC_RELAXED); /* threads read it */
}

/* Catches it once, as lua does. It ends waits for files and commands, which PUC Lua begins
 * again. */
static void catch_interrupt(void)
{
    struct sigaction a = {.sa_sigaction = on_interrupt, .sa_flags = SA_RESETHAND | SA_SIGINFO};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
}

void report_message(const Cli *c, const char *text)
{
    if (c->program) fprintf(stderr, "%s: ", c->program);
    fprintf(stderr, "%s\n", text);
    fflush(stderr);
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
    static const StopChain stop = {&interrupted, NULL};
    interrupted = 0;
    c->M->interrupt = c->pauses ? NULL : &interrupted;
    c->M->stops = c->pauses ? &stop : NULL;
    catch_interrupt();
    c->M->make_handler = lib_message_handler;
}

static bool end_call(const Cli *c, RunStatus status)
{
    c->M->make_handler = NULL;
    c->M->handler = V_NIL;
    c->M->stops = NULL;
    signal(SIGINT, SIG_DFL);
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
