/* SPDX-License-Identifier: MIT */
/*
 * The interactive mode: reads a chunk, calls it, shows its results; again.
 *
 * From a file or a pipe it is what lua is: "=expr" is "return expr"; a chunk whose text ends
 * too early goes on in the next line, and it is the parser that says so; results go through
 * print. The prompts are the globals _PROMPT and _PROMPT2. At a terminal it does more:
 * session.h.
 */
#ifndef MOONLET_REPL_H
#define MOONLET_REPL_H

#include "cli/output/report.h"

/* Runs what is typed until there is no more input. frames: how many states it keeps to go back
 * to. */
void repl_run(Cli *c, size_t frames);

/* Both modes need these: a prompt; the results of the last call, which must not be lost, and
 * are fewer when there is no memory; a call of print with them. */
const char *repl_prompt(Machine *M, const char *name, const char *otherwise);
Value *repl_results(const Cli *c, size_t *count);
void repl_print(const Cli *c, const Value *values, size_t count);

/* The one at a terminal. */
void repl_run_terminal(Cli *c, size_t frames);

#endif
