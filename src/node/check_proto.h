/* SPDX-License-Identifier: MIT */
/* What the linker has made is as the evaluator takes it: in debug builds. */
#ifndef MOONLET_CHECK_PROTO_H
#define MOONLET_CHECK_PROTO_H

#include "node/node.h"

/*
 * A function that has been linked:
 *  1. its entry is its first node, and its last node leaves it: no node is beyond.
 *  2. each branch leads to a node of it.
 *  3. a node to which calls return comes behind another one.
 *  4. no more slots are in use at a node than its frame has.
 * O(nodes).
 */
#ifdef NDEBUG
static inline void proto_check(const Proto *p) { (void)p; }
#else
void proto_check(const Proto *p);
#endif

#endif
