/* SPDX-License-Identifier: MIT */
/*
 * The lines of earlier sessions: $XDG_STATE_HOME/moonlet/history, without that
 * ~/.local/state/moonlet/history.
 *
 * A line in the file for each; it is appended when it is entered, so that sessions at the same
 * time both keep theirs. The last HISTORY_MAX are read; a file that has become much longer is
 * cut to these. Whatever is in the file, what has control characters or is very long is
 * skipped. It is for its owner alone. When anything fails there is no history, and nothing is
 * said.
 */
#ifndef MOONLET_CLI_LINE_HISTORY_H
#define MOONLET_CLI_LINE_HISTORY_H

#include <stddef.h>

enum { HISTORY_MAX = 1000, HISTORY_LINE_MAX = 4000 };

/* Makes the file's directory. Answers the file's name, to be given to free(), or NULL if there
 * is no place for it. */
char *line_history_file(void);
/* Calls add with each line of the file that is good, oldest first. file may be NULL. */
void line_history_read(const char *file, void (*add)(void *context, const char *line),
                       void *context);
void line_history_append(const char *file, const char *line);

#endif
