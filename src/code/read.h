/* SPDX-License-Identifier: MIT */
/*
 * Chunks to functions and functions to dumps, without doing twice what is still there.
 *
 *   known   code of a dump | its length | function, weak       one table of the process
 *                                           |
 *                                           v
 *                                         Proto [... dump]     kept, once it was asked for
 *
 * The outermost function of a chunk that has been dumped, or read from a dump, is known by the
 * hash in the dump's head. A dump of the same bytes is that function: nothing is read. Hashes
 * can be forged, so all bytes are compared: with the dump that the function has kept, or that
 * is written then, which takes less than reading, and no room for a second tree.
 *
 * Cost: what a dump counts as allocated, written or read, goes by its length. So it does not
 * depend on what is known, which other threads have a part in.
 */
#ifndef MOONLET_CODE_READ_H
#define MOONLET_CODE_READ_H

#include "chunk/chunk.h"
#include "node/node.h"

/* What a byte of a dump counts when it is read. */
enum { CODE_READ_COUNT = 16 };

/* Source or a dump, as parse_chunk has it, to a function. If it is in a string, that is `in`,
 * which the function may keep, and else NULL. Answers NULL if there is an error,
 * which *why has, or no room. O(length); O(1) to compare if it is the very string that a
 * function has kept. */
const Proto *code_read(const char *source, size_t length, const String *in, String *chunk_name,
                       bool skip_shebang, ParseResult *why);

/* The dump of a function, which keeps it unless it is stripped. Answers NULL if there is no
 * memory. O(size of its tree) the first time. */
String *code_dump(const Proto *p, bool strip);

/* Whether that is known already. */
bool code_has_dump(const Proto *p, bool strip);

/* Forgets by which dumps functions are known. For tests of what reading takes. */
void code_forget_dumps(void);

#endif
