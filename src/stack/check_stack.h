/* SPDX-License-Identifier: MIT */
/*
 * Checks of the invariants that stack.h and upvalue.h number. They are like those of
 * state/check_state.h, but need to know of nodes.
 *
 * Cost: O(1). At most 20 frames are looked at, from the top.
 */
#ifndef MOONLET_CHECK_STACK_H
#define MOONLET_CHECK_STACK_H

#include "stack/machine.h"
#include "state/check_state.h"

#ifndef NDEBUG
/* Checks a closure that may be in a frame, or a value of a program. */
void closure_check(const Closure *c);
/* Checks a coroutine that does not run, or is about to go on from where its body says. */
void coroutine_check(const CoBody *b);
/* Checks a machine between two things that it does, not while a frame is made or left. */
void machine_check(const Machine *M);
#else
static inline void closure_check(const Closure *c) {}
static inline void coroutine_check(const CoBody *b) {}
static inline void machine_check(const Machine *M) {}
#endif

#endif
