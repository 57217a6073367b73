/* SPDX-License-Identifier: MIT */
/*
 * Which chunks are dumps, and what of a file is skipped before its chunk.
 *
 * Main invariant: a dump is told by its first byte, which no source begins with.
 */
#include "chunk/chunk.h"

#include <string.h>

#include "chunk/dump.h"

static const char *skip_first_line(const char *source, const char *end)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (end - source >= 3 && !memcmp(source, mark, 3)) source += 3;
    if (source == end || *source != '#') return source;
    const char *newline = memchr(source, '\n', (size_t)(end - source));
    if (!newline) return end;
    bool dump = dump_begins(newline + 1, (size_t)(end - newline - 1));
    return dump ? newline + 1 : newline;
}

const char *chunk_start(const char *source, size_t *length)
{
    const char *start = skip_first_line(source, source + *length);
    *length -= (size_t)(start - source);
    return start;
}

ParseResult parse_chunk(const char *source, size_t length, String *chunk_name,
                        bool skip_shebang)
{
    if (!chunk_name) chunk_name = string_from_c("=?");
    const char *start = skip_shebang ? chunk_start(source, &length) : source;
    if (dump_begins(start, length)) return dump_read(start, length, chunk_name);
    ParseResult r = parse_source(start, length, chunk_name);
#ifdef MOONLET_DEBUG
    if (r.main) ast_check(r.main);
#endif
    return r;
}
