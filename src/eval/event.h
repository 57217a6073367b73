/* SPDX-License-Identifier: MIT */
/*
 * The events of debug hooks: what is due before a node and after a call, and the calls of the
 * hook's function. Which coroutine has which hook, and the twins of functions, are in
 * stack/hook.h, which also has a picture of the hook's frame.
 */
#ifndef MOONLET_EVENT_H
#define MOONLET_EVENT_H

#include "eval/exec.h"
#include "stack/hook.h"

/* Marks the frame at nf of an error handler, f, that is called at node n, as tail-called if n
 * is a tail call: PUC Lua's call hooks see it so. Answers the frame. */
Value *hook_mark_handler(Machine *M, Value *nf, const Node *n, Value f);

/* call_any goes on here when the frame is complete: control is about to go to its first node,
 * n, or to the native, with acc arguments. */
EXEC(hook_enter);
EXEC(hook_enter_native);
/* Executes the node that a run goes on with, whose events have been delivered. */
EXEC(hook_run_again);
/* What the nodes of twins do. */
EXEC(hook_step);
/* Does what hook_step does, for a node that takes acc where its kind says d. */
EXEC(hook_step_boxed);
/* What the nodes of twins do when a frame has returned to them: hook_ret with one value,
 * hook_ret_many with another number of values. */
EXEC(hook_ret);
EXEC(hook_ret_many);

/* A frame has returned to n, for who looks at lines without hooks of the program's. */
void event_returned(Machine *M, const Node *n, const Value *fp);

#endif
