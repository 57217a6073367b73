/* SPDX-License-Identifier: MIT */
/*
 * Commands in processes of their own: what C's system and popen do, but that Ctrl-C ends the
 * wait for them (manual 6.8, 6.9).
 *
 * While C's functions wait they ignore SIGINT, or begin the wait again. Here a handler that
 * sets the run's flag (native_woken) ends the wait, and the command is told by a SIGINT. But
 * with Ctrl-C the terminal has told the command as well: then the wait goes on until that ends,
 * for it may have caught the signal, as an editor does; if not, it was the end. Where the
 * process has no handler for SIGINT it is ignored meanwhile, as by system.
 */
#ifndef MOONLET_PROCESS_H
#define MOONLET_PROCESS_H

#include "lib/lib.h"

#include <stdio.h>
#include <sys/types.h>

/* A shell with the command; one end of a pipe is its standard output ("r") or input ("w"), the
 * other one the answer. Answers NULL if that fails, and errno says why. */
FILE *process_open(const char *command, const char *mode, pid_t *pid);
/* Waits until it has ended. *status is as waitpid gives it, or -1 with errno. Answers 0, or
 * NATIVE_ERROR if the user has ended it, and M->error says so. */
int process_wait(Machine *M, pid_t pid, int *status);
/* What the program is told of how it ended, with errno if status is -1: lib_exec_result's. */
int process_result(Machine *M, Value *a, int status);
/* What the program is told of how it ended, with errno if status is -1: lib_exec_result's. */
int process_result(Machine *M, Value *a, int status);
/* Both for a command without a pipe. */
int process_run(Machine *M, const char *command, int *status);
/* The user has ended what waits for the process: true if nobody is to wait for it any more. */
bool process_abandon(Machine *M, pid_t pid);

#endif
