/* SPDX-License-Identifier: MIT */
/*
 * Where the lines of a function begin, as far as its nodes tell.
 *
 * A line is come to at a node, by PUC Lua's rule (eval/event.c), when the node that was
 * executed last is of another line, or not before it. Which that can be follows from the jumps;
 * nodes without a line do not count, one passes through them.
 */
#ifndef MOONLET_LINK_LINES_H
#define MOONLET_LINK_LINES_H

#include "node/node.h"

typedef enum LineBegins {
    LINE_NEVER,    /* within a line */
    LINE_ALWAYS,   /* control always comes from elsewhere */
    LINE_SOMETIMES /* what was executed last decides */
} LineBegins;

/* A byte for each node, in malloc's memory. Answers NULL if there is none. O(nodes), but for
 * long rows of nodes without lines. */
uint8_t *link_line_begins(const Proto *p);

typedef void LinkedFn(void *context, Proto *root);
/* Calls fn with the outermost function of each chunk that has been linked and is still there.
 * Answers false if nobody knows which there are. */
bool link_each_chunk(LinkedFn *fn, void *context);
/* The thread's next chunks are told of; fn NULL: not any more. */
void link_tell(LinkedFn *fn, void *context);
/* Whether they are. */
bool link_tells(void);

/* The linker notes each chunk with this. */
void link_note_chunk(Proto *root);

#endif
