/* SPDX-License-Identifier: MIT */
/*
 * Expressions that only look: variables, fields without metamethods, numbers, comparisons, and,
 * or, not. They are worked out where a replay is, without a fork, in some 100 ns: for
 * conditions of breaks, which are asked often.
 *
 * What they cannot tell (a call, a metamethod, what would be an error) is left to a fork.
 */
#ifndef MOONLET_API_DEBUG_PURE_H
#define MOONLET_API_DEBUG_PURE_H

#include "api/debug/debug.h"
#include "tree/ast.h"

typedef struct DebugPure DebugPure;

/* Compiles the text, in collected memory. Answers NULL if it is no such expression. */
DebugPure *debug_pure(const char *text);
/* Computes the expression. Answers false if only a fork can tell. Allocates nothing. */
bool debug_pure_value(const DebugPure *p, const DebugEvent *e, Value *out);

#endif
