/* SPDX-License-Identifier: MIT */
/* Where the debugger is in a recording, and how it moves (debugger.h). */
#ifndef MOONLET_CLI_DEBUGGER_STATE_H
#define MOONLET_CLI_DEBUGGER_STATE_H

#include "cli/debugger_look.h"
#include "cli/report.h"
#include "stack/frame.h"

enum { BREAKS_MAX = 64, NAME_MAX_SHOWN = 300 };

typedef struct Break {
    int number;
    char file[NAME_MAX_SHOWN]; /* the end of a chunk's name, behind @ or = */
    int line;
    bool function; /* the line is where a function begins: stops where it is called */
    char *condition;
    uint64_t hits;
} Break;

typedef enum Where { AT_LINE, AT_FAILURE, AT_END } Where;

typedef struct Debugger {
    const Cli *cli;
    moonlet_recording *rec;
    moonlet_state *state; /* of now */
    Where where;
    DebugTime now;
    DebugFrame here; /* the innermost frame */
    int line, level; /* of the frame that is looked at */
    char chunk[NAME_MAX_SHOWN];
    Break breaks[BREAKS_MAX];
    int break_count, breaks_made;
    int hit; /* the number of the break that it has come to, or 0 */
} Debugger;

/* Moves there, and shows it. */
bool debugger_go(Debugger *d, DebugTime to);
void debugger_go_end(Debugger *d);
/* To the next, or the last, event that the visitor wants; false: it has moved to the end, or to
 * the first line. */
bool debugger_seek(Debugger *d, bool back, DebugVisit *visit, void *context);
/* The same for breaks, and, if it is not NULL, what else is wanted. */
bool debugger_seek_break(Debugger *d, bool back, DebugVisit *also, void *context);
/* Whether the chunk's name is that of the file, or ends in it. */
bool debugger_is_file(const char *chunk, size_t length, const char *file);
void debugger_show(const Debugger *d);
/* Lines of the file around a line. */
void debugger_list(const Debugger *d, int line, int count);

/* Who wrote a variable, or a global's field, last: goes there. Says what is wrong. */
void debugger_watch(Debugger *d, const char *path);
/* When an expression is first true: goes there. */
void debugger_when(Debugger *d, const char *expression);

#endif
