/* SPDX-License-Identifier: MIT */
/*
 * The captured variables of functions, as the debug library reaches them.
 *
 *   closure (OBJ_REMAPPED) --heap map--> stand-in [hdr|proto|upvalues...|closure]
 *
 * A closure never changes. Where debug.setupvalue or upvaluejoin has changed one, the
 * state's heap map has a stand-in for it: that is what calls put in frames (call_any),
 * and it knows the closure it stands for. Invariants (closure_check):
 *  1. only frames (fp[-1]) and the heap map refer to stand-ins; never is one a value of
 *     a program, nor has it a stand-in itself.
 *  2. an upvalue held by value is changed in a stand-in of the same Proto; joining needs
 *     cells, so then it is one of the function's twin whose upvalues all are
 *     (link_celled). Running frames go on in the Proto they began in, with the new
 *     values.
 *
 * What is held by value is shared by nobody: changing it changes one closure, and those
 * that the closure makes later.
 */
#ifndef MOONLET_UPVALUE_H
#define MOONLET_UPVALUE_H

#include "link/node.h"
#include "stack/machine.h"

/* The function that the program knows, for what is in a frame. */
static inline Value upvalue_identity(Value f)
{
    return value_is(f, OBJ_CLOSURE) ? value_object(closure_identity(value_pointer(f))) : f;
}

/* f is a function; upvalues are numbered from 0. O(1) and no allocation, where nothing
 * else is said. */
uint32_t upvalue_count(Value f);
/* NULL: it has none, being a native's. */
const String *upvalue_name(Value f, uint32_t i);
Value upvalue_get(Run *R, Value f, uint32_t i);
/* Allocates; O(depth of the stack), where the upvalue is held by value. */
void upvalue_set(Machine *M, Closure *f, uint32_t i, Value v);
/* Equal numbers mean the same variable: a cell's id; or for what is held by value, a
 * number made of the variable's place in the source and its value. */
uint64_t upvalue_id(Run *R, Value f, uint32_t i);
/* f's upvalue i becomes g's upvalue j. false: the function would be too
 * complex, or there is no memory, which is a shortage. */
bool upvalue_join(Machine *M, Closure *f, uint32_t i, Closure *g, uint32_t j);

/* What a frame of this Proto has at fp[-1] when it runs c, or a stand-in of c. */
const Closure *upvalue_view(Run *R, const Closure *c, const Proto *p);

/* What may stand in for f, with this code; the upvalues are to be filled in. */
Closure *upvalue_stand_in(const Closure *f, const Proto *p);

#endif
