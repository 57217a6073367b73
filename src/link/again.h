/* SPDX-License-Identifier: MIT */
/*
 * Trees that have been let go, and are made again when they are wanted: for the names in
 * messages, for dumps, for debug.upvaluejoin.
 *
 *   root    [source | text | again]      of a chunk whose loose nodes (tree.h) are let go
 *              |        |      |
 *              |        |      v
 *              |        |    Proto of the tree made again, with origins
 *              |        v
 *              |      source text, or dump, that gives the same tree
 *              v
 *            AstFunction without a body
 *
 * A tree takes ten times the room of its text. Few programs need it: an error does that names
 * what it is about, once for each chunk.
 *
 * Cost: making a tree again takes as long as loading the chunk. It does not count, as it
 * depends on what others have done with the chunk; then the tree stays.
 */
#ifndef MOONLET_LINK_AGAIN_H
#define MOONLET_LINK_AGAIN_H

#include "node/node.h"

/* Lets go of the tree of a chunk just linked, which nobody else has, if the chunk is long
 * enough; this is what it was made of, which is in the string `in`, or, if that is NULL, is
 * copied. O(length). */
void link_let_go(Proto *root, const char *text, size_t length, const String *in);

/* Whether the chunk was made of these bytes. */
bool link_is_text(const Proto *root, const char *bytes, size_t length);

/* The function's tree with its body, which may be another than p->source. Answers NULL if there
 * is no memory. Any thread may call this. */
const AstFunction *link_tree(const Proto *p);

/* The same for a moment: what was made for it, *made, is to be let go (tree.h), if it is not
 * NULL. Compiling may be due to stop (compile.h): then it answers NULL. */
const AstFunction *link_tree_once(const Proto *p, AstFunction **made);

/* Per node what to name in messages. Answers NULL if there is no memory. */
const AstExpr *const *link_origins(const Proto *p);

#endif
