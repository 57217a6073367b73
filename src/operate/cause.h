/* SPDX-License-Identifier: MIT */
/*
 * What errors of the interpreter and of its libraries are about, for hosts that have words of
 * their own for them: the operands of what failed.
 *
 *   M->cause -> Cause [ kind | name | count | values ]     NULL: not known, as of error()
 *
 * Who makes such an error says its cause after its text. error_raise, which every error goes
 * through, forgets that of the one before; so does who catches one. What runs without errors
 * does nothing for causes.
 *
 * A cause is told with the error when nothing has caught it, and to the function that xpcall
 * calls. When the run stops between, the coroutine that is paused has it; images do not.
 */
#ifndef MOONLET_CAUSE_H
#define MOONLET_CAUSE_H

#include "stack/machine.h"

typedef enum CauseKind {
    CAUSE_NONE,
    CAUSE_OPERATOR, /* its operands, in the order in which they are compared or computed */
    CAUSE_INDEX,    /* what was indexed, the key */
    CAUSE_CALL,     /* what was called, the arguments */
    CAUSE_METHOD,   /* the object that has no method of the name, the name */
    CAUSE_LOOP,     /* initial value, limit, step */
    CAUSE_NATIVE    /* the arguments of the native of that name, or what it is about in them */
} CauseKind;

/* To be called when M->error has been set. The name is in static storage; where there is no
 * memory, there is no cause. O(count). */
void cause_set(Machine *M, CauseKind kind, const char *name, const Value *about, size_t count);
/* The same, of the binary operator of node n, called `otherwise` where the source is not known.
 */
void cause_set_operator(Machine *M, const Value *fp, const Node *n, const char *otherwise,
                        Value x, Value y);
/* The same, of the call at node n of the frame at fp: nf is the frame made for it, in which are
 * what is no function and so many arguments. */
void cause_set_call(Machine *M, const Value *fp, const Node *n, const Value *nf, size_t count);
/* The same, of the native that runs, called with these arguments. */
void cause_set_native(Machine *M, const Value *about, size_t count);

#endif
