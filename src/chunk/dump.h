/* SPDX-License-Identifier: MIT */
/*
 * Dumps, Lua's binary chunks: the bound tree of a function as bytes, and back.
 *
 *   0   "\33Lua"                  what load tells a dump from source by
 *   4   0x52, DUMP_FORMAT         Lua's version, and that of what follows
 *   6   "\x19\x93\r\n\x1a\n"      as in PUC Lua: bytes that careless copying changes
 *   12  length of the contents    8 bytes, little-endian, as is
 *   20  their XXH3 hash           8 bytes
 *   28  contents:
 *
 *   contents  stripped? [chunk name]  n {upvalue: constant? [name]}  function
 *   function  line, last line, flags, n {parameter}, statements
 *   nested    the same with n {upvalue: index * 2 + from_parent [name]} before parameters
 *   block     {statement} 0, last line
 *
 * Trees are written in the order of the source, an expression from its leftmost part on:
 * a.b(c) is a, then .b, then (c); each part says whether another follows, so that the
 * reader's recursion is as deep as the parser's, however long the chain. Numbers of things
 * are LEB128, constants 8 bytes or a small integer; a line is the difference to the one before,
 * and with that of an expression comes its place: its column, and if that is not 0 by how many
 * lines it is above; of one that is on the line before, and no line above, just the column. A
 * global is its _ENV (twice its number, and 1 if it is a local) and its name, with one place. A
 * string is its bytes where it is met first, and its number afterwards. A stripped dump has no
 * names of variables, no lines but those of the functions, no places, and no chunk name.
 *
 * Equal trees give equal bytes on every machine.
 *
 * Bytes may come from anywhere. The reader builds the tree by the parser's own scopes
 * (scope.h) and enforces all limits and rules that source is held to: what it gives is a
 * tree that some source has, but for lines. So the linker need not know about dumps.
 */
#ifndef MOONLET_DUMP_H
#define MOONLET_DUMP_H

#include "syntax/parser.h"

enum {
    DUMP_FORMAT = 0xa3,
    DUMP_LENGTH_AT = 12,
    DUMP_HASH_AT = 20,
    DUMP_HEADER = 28,
    DUMP_MORE = 0x80, /* in an expression's tag: another part follows */
    DUMP_NEAR = 0x40, /* it has a column, and is on the line that came last */
    DUMP_VARARG = 1,  /* flags of a function */
    DUMP_METHOD = 2
};

/* Tags of the commonest expressions, behind those that are kinds: _ENV.name and object.name
 * whose parts have the place of the index, as in source; a number that is a small integer. */
enum { DUMP_GLOBAL = EXPR_TABLE + 1, DUMP_FIELD, DUMP_INTEGER, DUMP_TAGS };
enum { DUMP_INTEGERS = 1 << 30 };
/* Whether a part of an index has its place: it is the name in the source, or _ENV. */
static inline bool dump_is_alike(const AstExpr *part, const AstExpr *index, bool stripped)
{
    if (stripped || ast_is_shared(part)) return true;
    return index->place_column && part->place_column == index->place_column &&
           !part->place_up && part->line == ast_place(index).line;
}

/* What a dump begins with, up to its length. */
extern const char dump_start[DUMP_LENGTH_AT];
/* The hash of contents. */
uint64_t dump_hash(const char *bytes, size_t length);

/* The hash that a dump says it has, never 0. */
uint64_t dump_code(const char *dump);

/* The length of a dump with its head, as that says; 0 if it is none, or not whole. O(1). */
size_t dump_whole(const char *bytes, size_t length);

/* Writes any function of a chunk. Answers NULL if there is no memory. O(size of its tree). */
String *dump_write(const AstFunction *f, bool strip);

/* Is it a dump, or wants to be one? */
static inline bool dump_begins(const char *bytes, size_t length)
{
    return length > 0 && *bytes == dump_start[0];
}
/* The other way round. chunk_name is for messages; a stripped function's is "=?". What is
 * behind the contents is ignored. O(length), allocates some 100 times that at most. */
ParseResult dump_read(const char *bytes, size_t length, const String *chunk_name);

#endif
