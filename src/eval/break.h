/* SPDX-License-Identifier: MIT */
/* Nodes that are broken: what they do before what their kind does (stack/breaks.h). */
#ifndef MOONLET_BREAK_H
#define MOONLET_BREAK_H

#include "eval/exec.h"

EXEC(break_line);
EXEC(break_look);
EXEC(break_store);
EXEC(break_after);
/* The exec of a broken node to which a frame has returned. */
EXEC(break_ret);
EXEC(break_ret_many);
/* Looks at the twin of a node, perhaps a broken one (stack/hook.h). Gives the frame, perhaps
 * moved. If M->call_frame is NULL then, the run ends here. */
Value *break_hooked(Machine *M, const Node *n, Value *fp);
/* The exec of a broken node that takes acc where its kind says d. */
EXEC(break_boxed);

#endif
