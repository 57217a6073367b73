/* SPDX-License-Identifier: MIT */
/*
 * The interactive mode: reads a chunk, calls it, shows its results with print; again.
 *
 * "=expr" is "return expr". A chunk whose text ends too early goes on in the next line:
 * it is the parser that says so. The prompts are the globals _PROMPT and _PROMPT2.
 */
#ifndef MOONLET_REPL_H
#define MOONLET_REPL_H

#include "cli/report.h"

/* Until there is no more input. */
void repl_run(Cli *c);

#endif
