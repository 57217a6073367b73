/* SPDX-License-Identifier: MIT */
/*
 * What Tab offers: globals and keywords, fields, methods, commands, branches. Nothing runs.
 *
 * Main invariant: the words are of the state that the interactive mode is in.
 */
#include <string.h>

#include "cli/line/offer.h"
#include "cli/output/names.h"
#include "cli/repl/session.h"

static void complete_command(Repl *r, const char *line, size_t cursor, LineWords *out)
{
    const char *blank = memchr(line, ' ', cursor);
    if (!blank) {
        out->typed = cursor - 1;
        offer_list(out, command_names, line + 1);
        return;
    }
    const char *typed = line + cursor;
    while (typed[-1] != ' ') typed--;
    out->typed = (size_t)(line + cursor - typed);
    for (size_t i = 0; i < r->frames->branch_count; i++)
        offer_word(out, r->frames->branches[i].name, strlen(r->frames->branches[i].name),
                   typed);
}

void complete_line(void *context, const char *line, size_t cursor, LineWords *out)
{
    Repl *r = context;
    Machine *M = r->c->M;
    size_t begin, typed;
    bool command = line[0] == ':' && cursor > 1 && strncmp(line, ":doc ", 5) != 0 &&
                   strncmp(line, ":time ", 6) != 0;
    if (command) {
        complete_command(r, line, cursor, out);
        return;
    }
    offer_begin(line, cursor, &begin, &typed);
    out->typed = cursor - typed;
    if (typed > begin) {
        Value v = name_value(M, line + begin, typed - begin - 1);
        offer_fields(M, v, line[typed - 1] == ':', line + typed, out);
    } else {
        offer_fields(M, value_object(M->run.world->globals), false, line + typed, out);
        offer_list(out, name_keywords, line + typed);
    }
}
