/* SPDX-License-Identifier: MIT */
/*
 * Chunks (manual 3.3.2), whatever they are written in: source text or a dump to a tree, and a
 * tree as text for people.
 *
 * Invariant: a tree has what ast.h promises, whichever of the two it comes from. Debug builds
 * check each.
 */
#ifndef MOONLET_CHUNK_H
#define MOONLET_CHUNK_H

#include "syntax/parser.h"

/* Source text, or a dump (dump.h). chunk_name as load takes it; NULL: one for which there was
 * no memory. A UTF-8 byte order mark and a first line beginning with '#' are skipped only when
 * skip_shebang, as for files. Allocates collected memory only; O(length). */
ParseResult parse_chunk(const char *source, size_t length, String *chunk_name,
                        bool skip_shebang);

/* What that begins with when the first line is skipped; *length is what is left. */
const char *chunk_start(const char *source, size_t *length);

/* Prints the tree as indented s-expressions, for debugging (moonlet --ast). */
void ast_print(const AstFunction *f, void (*write)(void *ctx, const char *s, size_t n),
               void *ctx);

/* Ends the program unless the tree of a chunk's outermost function is as ast.h says. For
 * tests. */
void ast_check(const AstFunction *f);

#endif
