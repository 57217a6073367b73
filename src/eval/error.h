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

/* Line of a node of the function whose frame is at fp; -1 if it is none of its. */
int error_line(const Value *fp, const Node *n);
const AstExpr *error_origin(const Value *fp, const Node *n);
/* "chunk:line: ", or "" where there is no position. */
String *error_where(const Value *fp, const Node *n);

/* M->error is v, raised by the program. All errors begin with this or what is below. */
void error_raise(Machine *M, Value v);
/* M->error = where + message. */
void error_set(Machine *M, const Value *fp, const Node *n, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same about an expression of the node's, or NULL. */
void error_set_at(Machine *M, const Value *fp, const Node *n, const AstExpr *culprit,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* "attempt to <what> <variable> (a <type> value)"; expr may be NULL. */
void error_set_type(Machine *M, const Value *fp, const Node *n, const char *what,
                    const AstExpr *expr, Value culprit);
/* The same of what the call at n calls. */
void error_set_call(Machine *M, const Value *fp, const Node *n, Value culprit);
/* "not enough memory", which has no position. What is raised then lets memory go; when even the
 * reserve is nearly used up, nothing but the host catches it. */
void error_set_memory(Machine *M);
/* The same, after mem_recover. */
void error_set_lasting(Machine *M);
/* The same as a message that is answered: the shortage is dealt with. */
String *error_memory_text(void);

/* Where in the source to point for an error at node n about the culprit; NULL: about all that
 * the node does. */
AstPlace error_place(const Value *fp, const Node *n, const AstExpr *culprit);

/* What a call expression calls: "global" 'f', "method" 'm', "field" 'x', ...; false if
 * it has no name. */
bool error_callee_name(const AstExpr *call, const char **kind, const String **name);
/* The name under which the function of this frame was called. */
bool error_frame_name(const FrameCursor *c, const char **kind, const String **name);

/* A loaded library function's full name, "string.rep"; false if it has none. */
bool error_global_name(Machine *M, Value f, char *out, size_t size);

/* luaL_traceback's text from `level` down; c is the frame at level `here`. */
String *error_traceback(Machine *M, FrameCursor c, const char *message, size_t length, int here,
                        int level);

#endif
