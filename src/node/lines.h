/* SPDX-License-Identifier: MIT */
/*
 * Lines of nodes in a byte each, as proto_line reads them (node.h): 64 nodes are a group, whose
 * lines are by at most 255 above the line that the group has.
 */
#ifndef MOONLET_NODE_LINES_H
#define MOONLET_NODE_LINES_H

#include "node/node.h"

/* Whether they are so close together in each group. O(count). */
bool proto_lines_fit(const int32_t *lines, uint32_t count);

/* The bytes for so many lines that fit, and how they are stored there. */
static inline size_t proto_lines_size(uint32_t count)
{
    return proto_line_groups(count) * sizeof(int32_t) + count;
}
void proto_lines_store(void *to, const int32_t *lines, uint32_t count);

#endif
