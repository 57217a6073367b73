/* SPDX-License-Identifier: MIT */
/*
 * Calling Lua from the command line, and telling what went wrong.
 *
 * A message goes to standard error as "program: message", in interactive mode without
 * the program. Of an error that nobody caught it is: its text with a traceback, or what
 * __tostring makes of it, or "(no error message)"; for nil there is none at all. It is
 * made where the error is, by a function that runs there as xpcall's handlers do.
 *
 * While a call runs that is not to be paused, Ctrl-C makes it fail with "interrupted!" at its
 * next call or turn of a loop; a second one, or one while nothing runs, ends the program.
 */
#ifndef MOONLET_REPORT_H
#define MOONLET_REPORT_H

#include "control/eval.h"

typedef struct Cli {
    Machine *M;
    const char *program; /* its name in messages; NULL in interactive mode */
    bool pauses;         /* Ctrl-C is no error, but pauses the program */
} Cli;

void report_message(const Cli *c, const char *text);
/* Whether all that the program itself has printed is written; says why, if it is not. */
bool report_written(const Cli *c);
/* Says that there is no memory for the program's own needs, without which it cannot go on, and
 * exits with 1. */
_Noreturn void report_no_memory(void);

/* Calls f and reports its error; false if there was one, or it was paused (M->status). The
 * results are in the run. */
bool report_call(const Cli *c, Value f, const Value *args, size_t n);

/* Calls f and tells nobody of its error, which is in the run. */
RunStatus report_try(const Cli *c, Value f, const Value *args, size_t n);

/* Goes on with the program that was paused when the run's state was packed, and reports. */
bool report_resume(const Cli *c);

/* Reports `error` if there is no function; else calls it. */
bool report_run(const Cli *c, Closure *f, const String *error, const Value *args, size_t n);

#endif
