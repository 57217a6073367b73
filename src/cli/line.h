/* SPDX-License-Identifier: MIT */
/*
 * Lines of the interactive mode, from standard input.
 *
 * At a terminal, and where Moonlet was built with libedit: with editing and a history;
 * ~/.editrc is obeyed. Elsewhere each line is shown after its prompt, so that what comes
 * out reads as a session, like what lua makes of such input.
 */
#ifndef MOONLET_LINE_H
#define MOONLET_LINE_H

#include "value/string.h"

typedef struct LineInput LineInput;

LineInput *line_open(void);
void line_close(LineInput *in);

/* Shows the prompt and reads a line; without its end. NULL: there are no more. */
String *line_read(LineInput *in, const char *prompt);
/* Puts a line in the history, if it is not empty. */
void line_remember(LineInput *in, const String *line);

#endif
