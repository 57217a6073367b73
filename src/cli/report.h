/* SPDX-License-Identifier: MIT */
/*
 * Calling Lua from the command line, and telling what went wrong.
 *
 * A message goes to standard error as "program: message", in interactive mode without
 * the program. Of an error that nobody caught it is: its text with a traceback, or what
 * __tostring makes of it, or "(no error message)"; for nil there is none at all. It is
 * made where the error is, by a function that runs there as xpcall's handlers do.
 *
 * While a call runs, Ctrl-C makes it fail with "interrupted!" at its next call or turn
 * of a loop; a second one, or one while nothing runs, ends the program.
 */
#ifndef MOONLET_REPORT_H
#define MOONLET_REPORT_H

#include "eval/eval.h"

typedef struct Cli {
    Run *R;
    const char *program; /* its name in messages; NULL in interactive mode */
} Cli;

void report_message(const Cli *c, const char *text);

/* Calls f and reports its error; false if there was one. The results are in the run. */
bool report_call(const Cli *c, Value f, const Value *args, size_t n);

/* Reports `error` if there is no function; else calls it. */
bool report_run(const Cli *c, Closure *f, const String *error, const Value *args, size_t n);

#endif
