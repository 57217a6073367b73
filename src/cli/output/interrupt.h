/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C while something runs that can be stopped. Signals have no context: the flag is the
 * process's, and one thing runs at a time.
 */
#ifndef MOONLET_CLI_INTERRUPT_H
#define MOONLET_CLI_INTERRUPT_H

extern volatile int interrupt_flag;

/* Ctrl-C sets the flag from now on; the second one ends the process. */
void interrupt_begin(void);
/* Ctrl-C ends the process again. */
void interrupt_end(void);

#endif
