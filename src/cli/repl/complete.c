/* SPDX-License-Identifier: MIT */
/*
 * What Tab offers: globals and keywords, fields, methods, commands, branches. Nothing runs.
 *
 * Main invariant: no code of the program runs: fields are read without metamethods, and
 * __index is followed only to tables.
 */
#include <string.h>

#include "cli/output/names.h"
#include "cli/repl/session.h"

enum { WORDS_MAX = 5000 };

static void add_if(LineWords *out, const char *word, size_t length, const char *typed)
{
    if (out->count < WORDS_MAX && length >= out->typed && memcmp(word, typed, out->typed) == 0)
        line_add_word(out, word, length);
}

static void add_list(LineWords *out, const char *const *words, const char *typed)
{
    for (; *words; words++) add_if(out, *words, strlen(*words), typed);
}

/* The names of fields, of a method's call those of what can be called. */
static void add_fields(Machine *M, Value v, bool methods, const char *typed, LineWords *out)
{
    for (int step = 0; step < NAME_STEPS; step++) {
        const TableBody *t = name_fields(M, v, step);
        Value key = V_NIL, field;
        while (t && out->count < WORDS_MAX && table_next(t, &key, &field)) {
            if (!value_is_string(key) || (methods && !value_is_function(field))) continue;
            const String *name = value_string(key);
            if (name_is_good(name->data, name->length))
                add_if(out, name->data, name->length, typed);
        }
        if (!t) return;
    }
}

static void complete_command(Repl *r, const char *line, size_t cursor, LineWords *out)
{
    const char *blank = memchr(line, ' ', cursor);
    if (!blank) {
        out->typed = cursor - 1;
        add_list(out, command_names, line + 1);
        return;
    }
    const char *typed = line + cursor;
    while (typed[-1] != ' ') typed--;
    out->typed = (size_t)(line + cursor - typed);
    for (size_t i = 0; i < r->frames->branch_count; i++)
        add_if(out, r->frames->branches[i].name, strlen(r->frames->branches[i].name), typed);
}

void complete_line(void *context, const char *line, size_t cursor, LineWords *out)
{
    Repl *r = context;
    Machine *M = r->c->M;
    size_t begin = cursor, typed = cursor;
    bool command = line[0] == ':' && cursor > 1 && strncmp(line, ":doc ", 5) != 0 &&
                   strncmp(line, ":time ", 6) != 0;
    if (command) {
        complete_command(r, line, cursor, out);
        return;
    }
    while (begin &&
           (name_letter(line[begin - 1]) || line[begin - 1] == '.' || line[begin - 1] == ':'))
        begin--;
    while (typed > begin && name_letter(line[typed - 1])) typed--;
    out->typed = cursor - typed;
    if (typed > begin) {
        Value v = name_value(M, line + begin, typed - begin - 1);
        add_fields(M, v, line[typed - 1] == ':', line + typed, out);
    } else {
        add_fields(M, value_object(M->run.world->globals), false, line + typed, out);
        add_list(out, name_keywords, line + typed);
    }
}
