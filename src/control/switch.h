/* SPDX-License-Identifier: MIT */
/*
 * Coroutines: control moves from one Lua stack to another, O(1) (manual 2.6).
 *
 * The running coroutine's registers are in the Machine. Those of any other coroutine are in its
 * CoBody. The top frame of a suspended coroutine is that of the native that it called, yield.
 * The top frame of a fresh one is that of its function, which has not been entered.
 */
#ifndef MOONLET_SWITCH_H
#define MOONLET_SWITCH_H

#include "stack/frame.h"

/* Puts the running coroutine's registers in its body. */
void switch_save(Machine *M, CoBody *b, const Value *fp, const Value *top, CoStatus status);
/* Takes back the registers that are not about the frame, before the frame is the running one.
 */
void switch_load(Machine *M, const CoBody *b);
/* To be called when the running coroutine has failed with M->error. It dies. Its resumer gets
 * the error: as values from resume, or as an error from a wrapped function. */
EXEC(switch_fail);
/* A protected call has ended well: true, and M->results, to the frame below the glue frame fp.
 * The glue is as it was where there is no room for them, which is an error that it catches. */
EXEC(switch_return_true);

/* NATIVE_CONTROL functions. */
EXEC(control_pcall);
EXEC(control_pcall_unseen);
EXEC(control_xpcall);
EXEC(control_resume);
EXEC(control_wrapped); /* upvalue 0: the coroutine */
EXEC(control_yield);

#endif
