/* SPDX-License-Identifier: MIT */
/*
 * Coroutines: control moves from one Lua stack to another, O(1) (manual 2.6).
 *
 * The running coroutine's registers are in the Machine; those of any other are in its CoBody.
 * A suspended one's top frame is that of the native it called (yield), or for a fresh
 * one its function's, not yet entered.
 */
#ifndef MOONLET_SWITCH_H
#define MOONLET_SWITCH_H

#include "stack/frame.h"

/* Puts the running coroutine's registers in its body. */
void switch_save(Machine *M, CoBody *b, const Value *fp, const Value *top, CoStatus status);
/* Takes back those that are not its frame's: before that is the running one again. */
void switch_load(Machine *M, const CoBody *b);
/* The running coroutine has failed with M->error: it dies, and its resumer gets the
 * error, as values from resume or again as an error from a wrapped function. */
EXEC(switch_fail);

/* NATIVE_CONTROL functions. */
EXEC(control_pcall);
EXEC(control_xpcall);
EXEC(control_resume);
EXEC(control_wrapped); /* upvalue 0: the coroutine */
EXEC(control_yield);

#endif
