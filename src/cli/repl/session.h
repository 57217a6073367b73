/* SPDX-License-Identifier: MIT */
/*
 * The interactive mode at a terminal: what its files share.
 *
 *   repl_terminal.c   reads lines, runs them, shows what they answer
 *   command.c         :undo, :history and the others
 *   frames.h          the states that there have been
 *   complete.c        what Tab offers
 *   doc.h             what :doc tells
 */
#ifndef MOONLET_CLI_SESSION_H
#define MOONLET_CLI_SESSION_H

#include "cli/line/line.h"
#include "cli/output/report.h"
#include "cli/output/sheet.h"
#include "cli/repl/frames.h"

/* A root of the collector's. */
typedef struct Repl {
    Cli *c;
    Frames *frames;
    LineInput *in;
    Sheet out;
    const State *shown_in; /* where what was shown last is; NULL: nothing was */
    Value shown;
    size_t shown_next; /* the entry of it that :more begins with; 0: it is all shown */
    bool ended;
} Repl;

/* Runs a chunk that was entered as this line. Whether it did without an error. */
bool repl_line(Repl *r, const String *chunk, const String *line);
/* The chunk that a line is: what it answers is shown if it is an expression, also without '='.
 * Sets *incomplete if it goes on in a further line. Answers NULL if it is neither, or not
 * yet. */
const String *repl_chunk(const String *line, bool *incomplete);
/* Shows a value of a state from an entry on. */
void repl_show(Repl *r, const State *s, Value v, size_t first);

/* Whether a line is a command and no Lua: ':' and a letter. */
bool command_is(const String *line);
void command_run(Repl *r, const String *line);
/* Ends with NULL; without the ':'. */
extern const char *const command_names[];

/* A LineComplete; context is the Repl. */
void complete_line(void *context, const char *line, size_t cursor, LineWords *out);

#endif
