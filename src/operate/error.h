/* SPDX-License-Identifier: MIT */
/*
 * Error values with PUC Lua's words: positions, names of variables, tracebacks.
 *
 * Names come from the syntax tree: each node remembers the expression it evaluates,
 * so "attempt to index local 'x' (a nil value)" costs nothing until it is needed.
 */
#ifndef MOONLET_ERROR_H
#define MOONLET_ERROR_H

#include "stack/frame.h"

#include <stdarg.h>

/* Line of a node of the function whose frame is at fp, or -1 if n is no node of that. */
int error_line(const Value *fp, const Node *n);
const AstExpr *error_origin(const Value *fp, const Node *n);
/* "chunk:line: ", or "" where there is no position. */
String *error_where(const Value *fp, const Node *n);

/* Sets M->error to v, raised by the program. All errors begin here or in a function below. */
void error_raise(Machine *M, Value v);
/* What a message is made of, however long names in it are: NULL if there is no memory. */
String *error_text(const String *before, const char *format, va_list ap, const char *after)
    __attribute__((format(printf, 2, 0)));
/* error_raise of such a message, or of the lack of memory. */
void error_raise_text(Machine *M, const String *s);
/* Sets M->error to the message with its position. */
void error_set(Machine *M, const Value *fp, const Node *n, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Sets an error as error_set does, about an expression of the node's, the culprit, which may be
 * NULL. */
void error_set_at(Machine *M, const Value *fp, const Node *n, const AstExpr *culprit,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Which part of the expression gives its value, whatever the rest is, in PUC Lua's eyes: x in
 * `true and x`, `nil or x`, `y and nil or x`. */
const AstExpr *error_giver(const AstExpr *e);
/* "attempt to <what> <variable> (a <type> value)"; expr may be NULL. */
void error_set_type(Machine *M, const Value *fp, const Node *n, const char *what,
                    const AstExpr *expr, Value culprit);
/* Sets an error as error_set_type does, about what the call at n calls. */
void error_set_call(Machine *M, const Value *fp, const Node *n, Value culprit);
/* Sets M->error to "not enough memory", which has no position. As it unwinds, it lets memory
 * go. When even the reserve is nearly used up, only the host catches it. */
void error_set_memory(Machine *M);
/* Sets the error of error_set_memory, after mem_recover. */
void error_set_lasting(Machine *M);
/* The text of that error, for those who answer it as a message. They have dealt with the
 * shortage then. */
String *error_memory_text(void);

/* Where in the source to point for the error on its way, at node n: to what it is about, or if
 * it does not say, to all that the node does. */
AstPlace error_place(const Machine *M, const Value *fp, const Node *n);

/* The name under which the function of this frame was called: "global" 'f', "method" 'm',
 * "field" 'x', ... Answers false if it has none. */
bool error_frame_name(const FrameCursor *c, const char **kind, const String **name);

/* A loaded library function's full name, "string.rep", or NULL if it has none. */
const String *error_global_name(Machine *M, Value f);

/* luaL_traceback's text from `level` down; c is the frame at level `here`. The message ends at
 * a zero in it, as C's do, and may be NULL. Answers NULL if the text would have more than
 * `room` bytes, or there is no memory. */
String *error_traceback(Machine *M, FrameCursor c, const String *message, size_t room, int here,
                        int level);

#endif
