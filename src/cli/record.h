/* SPDX-License-Identifier: MIT */
/* moonlet --record=file: the script's run is recorded and written to a file when it ends. */
#ifndef MOONLET_CLI_RECORD_H
#define MOONLET_CLI_RECORD_H

#include "cli/options.h"
#include "cli/report.h"

/* Calls f, with these arguments, and records it. The run is as it was; what is left is another
 * state, whose finalizers have been called. false: it has failed, or could not be written. */
bool record_script(const Cli *c, const char *file, Closure *f, const Value *args, size_t n);

/* -d: the same, but that it is debugged then; file may be NULL. */
bool record_debug(const Cli *c, const char *file, Closure *f, const Value *args, size_t n);
/* Whether the file is a recording, which is debugged then. */
bool record_open(const Cli *c, const char *file);

#endif
