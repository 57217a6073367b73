/* SPDX-License-Identifier: MIT */
/*
 * moonlet -d script [args]: a debugger at the terminal, with gdb's words (docs/DEBUGGING.md).
 *
 * The script runs to its end and is recorded (record/record.h). What the debugger shows is the
 * recording, in which one can go both ways. Instead of a script it takes a file that --record
 * has written.
 */
#ifndef MOONLET_CLI_DEBUGGER_H
#define MOONLET_CLI_DEBUGGER_H

#include "cli/output/report.h"
#include "moonlet.h"

/* Reads commands until the last one; the recording stays the caller's. */
void debugger_run(const Cli *c, moonlet_recording *rec);

#endif
