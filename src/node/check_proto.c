/* SPDX-License-Identifier: MIT */
/*
 * Checks of functions that have been linked, in debug builds.
 *
 * Main invariant: a check changes nothing.
 */
#include "node/check_proto.h"

#ifndef NDEBUG

#include <assert.h>

static void check_node(const Proto *p, uint32_t i)
{
    const Node *n = &p->nodes[i];
    int64_t to = (int64_t)i + node_target(n);
    assert(n->exec && n->kind < N_GLUE_VALUE && "a node is of a kind that functions have");
    assert(to >= 0 && to < p->node_count && "a branch leads to a node of the function");
    assert((i || n->kind < N_RET_A || n->kind > N_RET_TAIL) &&
           "a call comes before its return");
    assert(proto_top(p, i) <= proto_frame(p) && "what is in use is in the frame");
}

void proto_check(const Proto *p)
{
    assert(p->node_count && p->entry == p->nodes && "a function begins with its first node");
    assert(p->nodes[p->node_count - 1].kind == N_RETURN_0 && "its last node leaves it");
    assert(p->params <= proto_frame(p) && "its parameters are in its frame");
    assert(p->vararg == (p->frame >= FRAME_VARARG) && "who takes more has the slow call");
    for (uint32_t i = 0; i < p->node_count; i++) check_node(p, i);
}

#endif
