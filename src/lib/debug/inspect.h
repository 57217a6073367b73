/* SPDX-License-Identifier: MIT */
/*
 * Looking into running functions: the activation at a level of a coroutine's stack, its
 * line, its variables.
 *
 *   level 0   what runs: a native, when somebody looks
 *         1   what called it ...
 *         n   the outermost function, then what started it, a C function without frame
 *
 * Variables are numbered as PUC Lua's debug library does: 1.. the active named ones in
 * order of declaration, the hidden state of loops among them; then whatever else lies
 * in the frame; -1, -2 ... the extra arguments. A variable that lives in a cell is seen
 * through. One that was copied into a closure is the frame's copy only.
 *
 * An Activation is good until Lua code runs.
 */
#ifndef MOONLET_INSPECT_H
#define MOONLET_INSPECT_H

#include "stack/frame.h"

typedef struct Activation {
    FrameCursor c;
    Coroutine *co;
    const Value *end; /* of the slots in use */
    bool host;        /* the C code below the outermost function: c says nothing */
} Activation;

/* Finds the activation at a level. Answers false if there is no such level. O(level). */
bool inspect_level(Machine *M, Coroutine *co, int level, Activation *out);
/* The function at work, as the program knows it. Not for a host's activation. */
Value inspect_function(const Activation *a);
/* The current line, or -1 where there is none. */
int inspect_line(const Activation *a);

typedef struct Variable {
    const char *name; /* NULL: there is no such variable */
    size_t name_length;
    Value *slot;
    Value value;
    bool temporary; /* no variable of the program's: not to be assigned to */
} Variable;

Variable inspect_variable(Run *R, const Activation *a, int n);
/* Assigns to a variable found: to its cell, or to the slot, for which frozen parts of the
 * stack are copied. */
void inspect_assign(Machine *M, const Activation *a, const Variable *v, Value value);

/* The n-th parameter's name, from 1; NULL for none. */
const String *inspect_parameter(const Proto *p, int n);

#endif
