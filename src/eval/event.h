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

/* For the frame at nf of an error handler, f, called at node n. To PUC Lua's call hooks what
 * the instruction of a tail call calls is called so. */
Value *hook_mark_handler(Machine *M, Value *nf, const Node *n, Value f);

/* For call_any: the frame is complete, control is about to go to its first node (n), or
 * to the native with acc arguments. */
EXEC(hook_enter);
EXEC(hook_enter_native);
/* Executes a node whose events have been delivered: see eval_again. */
EXEC(hook_run);
/* What the nodes of twins do. */
EXEC(hook_step);
/* The same, for a node that takes acc where its kind says d. */
EXEC(hook_step_boxed);
/* The same when a frame has returned to one: with one value, with another number. */
EXEC(hook_ret);
EXEC(hook_ret_many);

#endif
