/* SPDX-License-Identifier: MIT */
/*
 * The linker: syntax tree to threaded nodes.
 *
 * Slots: locals get theirs as they are declared, temporaries lie above. An expression
 * is evaluated to a destination: the accumulator, the unboxed accumulator (arithmetic
 * only), or a slot. Operands that are locals or constants are read by the node that
 * uses them. Nodes are laid out in evaluation order, so that "next" is n+1; and, or,
 * not and comparisons become branches.
 */
#ifndef MOONLET_LINK_H
#define MOONLET_LINK_H

#include "eval/node.h"

/* Makes nodes of a chunk. O(size of the tree). The result is immutable and good for
 * any state and thread. NULL: *error is set (a function needs too many slots). */
Proto *link_chunk(const AstFunction *main, String **error);

/* The same function with all its upvalues in cells; p itself where they are. Made once,
 * then known. NULL: it needs too many slots. Any thread may call it. */
const Proto *link_celled(const Proto *p);

/* A function of a chunk; its first upvalue, if it has any, is *env. NULL: the globals if it
 * has just one upvalue, which is then taken for _ENV (as lua_load does). */
Closure *link_closure(Run *R, const Proto *p, const Value *env);

/* Lists a function's nodes, and its inner functions', as text (moonlet --nodes). */
void link_print(const Proto *p, void (*write)(void *ctx, const char *s, size_t n), void *ctx);

#endif
