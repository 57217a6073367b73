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

#include "node/node.h"

/* Says what nodes do, by kind. `manys` says what nodes to which frames return do with another
 * number of values than one. Once per process, before anything is linked. */
void link_init(Exec *const *execs, Exec *const *manys);

/* What nodes of this kind do; and k.many of one to which frames return. */
Exec *link_exec_of(unsigned kind);
Exec *link_many(NodeKind kind);

/* Makes nodes of a chunk. O(size of the tree). The result is immutable and good for
 * any state and thread. If a function needs too many slots, it answers NULL and sets *error. */
Proto *link_chunk(const AstFunction *main, String **error);

/* The function with all its upvalues in cells, which is p itself if they are. It is made once
 * and then kept, and counts for nobody. Answers NULL if it needs too many slots. Any thread may
 * call this. */
const Proto *link_celled(const Proto *p);

#endif
