/* SPDX-License-Identifier: MIT */
/*
 * The captured variables of functions, as the debug library reaches them.
 *
 *   closure (OBJ_REMAPPED) --heap map--> stand-in [hdr|proto|upvalues...|closure]
 *
 * A closure never changes. When debug.setupvalue or upvaluejoin changes one, the state's heap
 * map gets a stand-in for it. A stand-in refers to the closure that it stands for. Calls put
 * the stand-in in frames (call_any). Invariants (closure_check):
 *  1. only frames (AT_FUNCTION) and the heap map refer to stand-ins. A stand-in is never a
 * value of a program, and has no stand-in itself.
 *  2. debug.setupvalue makes a stand-in with the closure's Proto. upvaluejoin needs cells, so
 *     its stand-in has a Proto whose upvalues are all cells (link_celled). Running frames go on
 *     in the Proto in which they began, with the new values.
 *
 * Closures do not share what they hold by value. To change it changes one closure, and the
 * closures that it makes later.
 */
#ifndef MOONLET_UPVALUE_H
#define MOONLET_UPVALUE_H

#include "node/node.h"
#include "stack/machine.h"

/* The function that the program knows, for a function in a frame. */
static inline Value upvalue_identity(Value f)
{
    return value_is(f, OBJ_CLOSURE) ? value_object(closure_identity(value_pointer(f))) : f;
}

/* f is a function in what follows, and upvalues are numbered from 0. Functions take O(1) and
 * allocate nothing, unless something else is said. */
uint32_t upvalue_count(Value f);
/* The upvalue's name. Answers NULL for those of natives, which have none. */
const String *upvalue_name(Value f, uint32_t i);
Value upvalue_get(Run *R, Value f, uint32_t i);
/* Allocates; O(depth of the stack), where the upvalue is held by value. */
void upvalue_set(Machine *M, Closure *f, uint32_t i, Value v);
/* Sets an upvalue of a function of Lua's C interface. Answers false if f is none, whose
 * upvalues are its own. */
bool upvalue_set_native(Machine *M, const Native *f, uint32_t i, Value v);
/* A number by which to tell whether two upvalues are one variable. It is a cell's id. For what
 * is held by value it is made of the variable's place in the source and its value. */
uint64_t upvalue_id(Run *R, Value f, uint32_t i);
/* Makes f's upvalue i refer to g's upvalue j. Answers false if the function would be too
 * complex, or if there is no memory, which is a shortage. */
bool upvalue_join(Machine *M, Closure *f, uint32_t i, Closure *g, uint32_t j);

/* What a frame of this Proto has as its function when it runs c or a stand-in of c. */
const Closure *upvalue_in_proto(Run *R, const Closure *c, const Proto *p);

/* A frame that has lain frozen, or waited, sees what has been done to its function. */
void upvalue_refresh_frame(Machine *M, Value *fp);
/* So do the frames of a coroutine that are this run's. O(depth of its stack). */
void upvalue_refresh(Machine *M, const Coroutine *co);

/* A new stand-in for f, with this code. The caller fills in the upvalues. */
Closure *upvalue_stand_in(const Closure *f, const Proto *p);

#endif
