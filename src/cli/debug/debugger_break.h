/* SPDX-License-Identifier: MIT */
/* The debugger's commands for breaks. */
#ifndef MOONLET_CLI_DEBUGGER_BREAK_H
#define MOONLET_CLI_DEBUGGER_BREAK_H

#include "cli/debug/debugger_show.h"

bool debugger_break(Debugger *d, const char *argument);
bool debugger_catch(Debugger *d, const char *argument);
bool debugger_delete(Debugger *d, const char *argument);
/* Shows them all, and how often each has been hit. */
void debugger_breaks(const Debugger *d);
/* A Tour's: a break with a text has been passed. */
void debugger_says(void *context, const TourBreak *b, const char *text, int line,
                   const String *chunk);

#endif
