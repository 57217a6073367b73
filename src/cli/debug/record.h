/* SPDX-License-Identifier: MIT */
/* moonlet --record=file: the script's run is recorded and written to a file when it ends. */
#ifndef MOONLET_CLI_RECORD_H
#define MOONLET_CLI_RECORD_H

#include "cli/options/options.h"
#include "cli/output/report.h"
#include "moonlet.h"

/* Calls f, with these arguments, and records it; what interrupt points to stops it when it is
 * not 0. */
moonlet_recording *record_run(const Cli *c, Closure *f, const Value *args, size_t n,
                              const moonlet_record_options *o, const volatile int *interrupt,
                              moonlet_result *r);

/* What lua does when it ends: calls the finalizers of what the program has left. */
void record_close(const moonlet_state *s);

/* Calls f, with these arguments, and records it. The run is as it was; what is left is another
 * state, whose finalizers have been called. Answers false if it has failed, or could not be
 * written. */
bool record_script(const Cli *c, const char *file, Closure *f, const Value *args, size_t n);

/* -d: the same, but that it is debugged then; file may be NULL. */
bool record_debug(const Cli *c, const char *file, Closure *f, const Value *args, size_t n);
/* Whether the file is a recording, which is debugged then. */
bool record_open(const Cli *c, const char *file);

#endif
