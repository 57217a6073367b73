/* SPDX-License-Identifier: MIT */
/* Nodes that are broken: what they do before what their kind does (stack/breaks.h). */
#ifndef MOONLET_BREAK_H
#define MOONLET_BREAK_H

#include "eval/exec.h"

EXEC(break_line);
EXEC(break_look);
EXEC(break_store);
EXEC(break_after);
/* When a frame has returned to one. */
EXEC(break_ret);
EXEC(break_ret_many);
/* Of the twin of a node, perhaps a broken one (stack/hook.h): gives the frame, perhaps moved;
 * M->call_frame NULL: the run ends here. */
Value *break_hooked(Machine *M, const Node *n, Value *fp);
/* For a node that takes acc where its kind says d. */
EXEC(break_boxed);

#endif
