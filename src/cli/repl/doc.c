/* SPDX-License-Identifier: MIT */
/*
 * What :doc tells: see doc.h.
 *
 * Main invariant: a native has its row told, also under another name; so has a name like
 * file.read, which leads to nothing. Of all else only what is in the state, or in the
 * function's file, is told.
 */
#include "cli/repl/doc.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/output/look.h"
#include "cli/output/names.h"
#include "lib/lib.h"
#include "lib/natives.h"
#include "node/node.h"

enum { COMMENT_MAX = 40 }; /* lines of it that are told, the last ones */

/* How a program calls a native: "file.read" is a method. */
static void tell_row(Sheet *out, const NativeDef *row)
{
    bool method = strncmp(row->name, "file.", 5) == 0;
    sheet_format(out, INK_KEY, method ? "file:%s" : "%s", row->name + (method ? 5 : 0));
    sheet_format(out, INK_KEY, "(%s)", row->takes);
    sheet_line(out, 2);
    sheet_text(out, INK_PLAIN, row->doc);
    sheet_line(out, 0);
}

/* Comments ------------------------------------------------------------------------------ */

typedef struct Comment {
    char *lines[COMMENT_MAX];
    size_t count;
} Comment;

static void clear_comment(Comment *c)
{
    for (size_t i = 0; i < c->count && i < COMMENT_MAX; i++) free(c->lines[i]);
    c->count = 0;
}

static void add_comment(Comment *c, const char *line, size_t length)
{
    char **place = &c->lines[c->count % COMMENT_MAX];
    if (c->count >= COMMENT_MAX) free(*place);
    *place = strndup(line, length);
    c->count++;
}

/* The lines that begin with "--" just above the line of this number. */
static void read_comment(FILE *file, int before, Comment *c)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    for (int number = 1; number < before && (length = getline(&line, &room, file)) > 0;
         number++) {
        const char *text = line + strspn(line, " \t");
        if (line[length - 1] == '\n') line[length - 1] = 0;
        if (strncmp(text, "--", 2) == 0)
            add_comment(c, text, strlen(text));
        else
            clear_comment(c);
    }
    free(line);
}

static void tell_comment(Sheet *out, const AstFunction *f)
{
    const char *name = lib_c_text(f->chunk_name);
    FILE *file = name[0] == '@' && f->line > 0 ? fopen(name + 1, "re") : NULL;
    Comment c = {.count = 0};
    if (!file) return;
    read_comment(file, f->line, &c);
    for (size_t i = c.count > COMMENT_MAX ? c.count - COMMENT_MAX : 0; i < c.count; i++) {
        const char *line = c.lines[i % COMMENT_MAX];
        if (line) sheet_safe(out, INK_PLAIN, line, strlen(line));
        sheet_line(out, 0);
    }
    clear_comment(&c);
    fclose(file);
}

/* All ------------------------------------------------------------------------------------ */

bool doc_tell(const Cli *c, Sheet *out, const State *s, const char *name)
{
    Look look;
    look_begin(&look, c, s, out);
    Value v = name_value(look.cli.M, name, strlen(name));
    const NativeDef *native = natives_row_of(v);
    const NativeDef *row = native ? native : natives_by_name(name);
    if (row && !row->doc) row = NULL;
    if (row && (native || v == V_NIL)) {
        tell_row(out, row);
    } else if (v != V_NIL) {
        if (value_is(v, OBJ_CLOSURE))
            tell_comment(out, heap_closure(&look.cli.M->run, value_pointer(v))->proto->source);
        look_show(&look, v, 0);
        sheet_line(out, 0);
    }
    look_end(&look);
    return row || v != V_NIL;
}
