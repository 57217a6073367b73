/* SPDX-License-Identifier: MIT */
/*
 * Lines that have code: those of the nodes of a file's functions.
 *
 * Main invariant: of a file that compiles, a line is told to have code only where one of its
 * nodes is. Of a file that does not, every line is taken as it was asked for.
 */
#include "cli/debug/code_lines.h"

#include <stdlib.h>

#include "api/api.h"

enum { LINES_MAX = 1 << 20 };

static void note_lines(CodeLines *l, const Proto *p)
{
    for (uint32_t i = 0; i < p->node_count; i++)
        if (proto_line(p, i) > 0 && proto_line(p, i) < l->count)
            l->has[proto_line(p, i)] = true;
    for (uint32_t i = 0; i < p->proto_count; i++) note_lines(l, p->protos[i]);
}

CodeLines code_lines(const char *path)
{
    CodeLines l = {0};
    ParseResult why;
    size_t length;
    char *message = NULL, *source = path ? api_read_file(path, &length, &message) : NULL;
    const Proto *p =
        source ? api_compile(source, length, string_from_c("=?"), true, &why) : NULL;
    if (p) l.has = calloc(LINES_MAX, sizeof *l.has);
    if (l.has) {
        l.count = LINES_MAX;
        note_lines(&l, p);
    }
    free(source);
    free(message);
    return l;
}

int code_lines_from(const CodeLines *l, int line)
{
    if (!l->has) return line;
    for (int i = line > 0 ? line : 1; i < l->count; i++)
        if (l->has[i]) return i;
    return 0;
}
