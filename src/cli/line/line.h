/* SPDX-License-Identifier: MIT */
/*
 * Lines of the interactive mode, from standard input.
 *
 * At a terminal, and where Moonlet was built with libedit: with editing, a history that is
 * kept in a file (line_history.h), and completion; ~/.editrc is obeyed. Ctrl-C drops the line.
 * Elsewhere each line is shown after its prompt, so that what comes out reads as a session,
 * like what lua makes of such input.
 */
#ifndef MOONLET_LINE_H
#define MOONLET_LINE_H

#include "value/string.h"

typedef struct LineInput LineInput;

/* What may stand at the cursor: words, malloc's, of which so many bytes stand before it
 * already. */
typedef struct LineWords {
    char **items;
    size_t count, room;
    size_t typed;
} LineWords;
typedef void LineComplete(void *context, const char *line, size_t cursor, LineWords *out);

LineInput *line_open(void);
void line_close(LineInput *in);
/* What Tab asks; it inserts itself where only blanks are before it. */
void line_completes(LineInput *in, LineComplete *complete, void *context);

/* Shows the prompt and reads a line, without its end. Answers NULL if there are no more. */
String *line_read(LineInput *in, const char *prompt);
/* Whether the last line was dropped with Ctrl-C: it reads as an empty one. */
bool line_dropped(const LineInput *in);
/* Puts a line in the history, if it is not empty. */
void line_remember(LineInput *in, const String *line);

/* Adds a copy of a word. */
void line_add_word(LineWords *words, const char *bytes, size_t length);
/* Sorts, drops what is there twice, and gives how many bytes all have in common. */
size_t line_sort_words(LineWords *words);
void line_free_words(LineWords *words);

#endif
