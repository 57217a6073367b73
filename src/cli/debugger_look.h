/* SPDX-License-Identifier: MIT */
/* What the debugger asks a state, in Lua, in a fork of it: looking changes nothing. */
#ifndef MOONLET_CLI_DEBUGGER_LOOK_H
#define MOONLET_CLI_DEBUGGER_LOOK_H

#include "api/debug.h"

typedef enum Look {
    LOOK_PRINT,   /* the values of an expression, or what a statement does */
    LOOK_TRUE,    /* "true" if the expression is */
    LOOK_LOCALS,  /* a line for each */
    LOOK_GLOBALS, /* likewise, those that the libraries have not made */
    LOOK_FRAMES,  /* a line for each, innermost first */
    LOOK_PLACE,   /* "line source" of the frame */
    LOOK_FUNCTION /* "line source" where the function is that the expression gives */
} Look;

/* In the frame of this number, 0 is the innermost; where there is none, among the globals.
 * *good: it is no message about what went wrong. The text is for free(). */
char *debugger_look(const moonlet_state *s, Look what, int frame, const char *text, bool *good);

#endif
