/* SPDX-License-Identifier: MIT */
/*
 * Checks of the invariants of stacks and functions: stack.h and upvalue.h number them. As
 * state/check_state.h, of which this is the part that knows of nodes.
 *
 * Cost: O(1): no more than 20 frames are looked at, from the top.
 */
#ifndef MOONLET_CHECK_STACK_H
#define MOONLET_CHECK_STACK_H

#include "stack/machine.h"
#include "state/check_state.h"

#ifndef NDEBUG
/* What may stand in a frame, or as a value in a program. */
void closure_check(const Closure *c);
/* A coroutine that does not run, or that is about to go on from where its body says. */
void coroutine_check(const CoBody *b);
/* A machine between two things that it does: not while a frame is made or left. */
void machine_check(const Machine *M);
#else
static inline void closure_check(const Closure *c) {}
static inline void coroutine_check(const CoBody *b) {}
static inline void machine_check(const Machine *M) {}
#endif

#endif
