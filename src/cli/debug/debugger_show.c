/* SPDX-License-Identifier: MIT */
/*
 * Sources, frames and values as text; see debugger_show.h.
 *
 * Main invariant: what comes from the program reaches the terminal through a sheet, which shows
 * control characters as escapes; of lines and messages all but tabs and newlines.
 */
#include "cli/debug/debugger_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output/look.h"
#include "lib/lib.h"
#include "tree/text.h"

const DebugPlace *debugger_place(const Debugger *d)
{
    return d->level < d->places.count ? &d->places.at[d->level] : NULL;
}

/* Lines ------------------------------------------------------------------------------- */

/* Text of the program, with its tabs and newlines. */
static void print_safe(const char *text, size_t length)
{
    Sheet out = {0};
    for (size_t i = 0, n; i < length; i += n) {
        for (n = 0; i + n < length && text[i + n] != '\t' && text[i + n] != '\n'; n++) continue;
        sheet_safe(&out, INK_PLAIN, text + i, n);
        sheet_print(&out);
        if (i + n < length) putchar(text[i + n++]);
    }
    sheet_free(&out);
}

/* Lines of a file; nothing where there is no such file. */
static void show_lines(const String *chunk, int from, int to, int marked)
{
    FILE *f = chunk && chunk->length && *chunk->data == '@' ? fopen(lib_c_text(chunk) + 1, "r")
                                                            : NULL;
    char *line = NULL;
    size_t size = 0;
    for (int n = 1; f && n <= to && getline(&line, &size, f) >= 0; n++) {
        if (n < from) continue;
        line[strcspn(line, "\r\n")] = 0;
        printf("%c%5d  ", n == marked ? '>' : ' ', n);
        print_safe(line, strlen(line));
        printf("\n");
    }
    free(line);
    if (f) fclose(f);
}

void debugger_list(const Debugger *d, int line, int count)
{
    const DebugPlace *p = debugger_place(d);
    int from = line - count / 2 > 1 ? line - count / 2 : 1;
    if (p) show_lines(p->chunk, from, from + count - 1, p->line);
}

static void print_place(const DebugPlace *p)
{
    char id[CHUNK_ID_MAX];
    if (p->chunk) chunk_id(p->chunk, id);
    if (p->chunk)
        print_safe(id, strlen(id));
    else
        printf("[C]");
    if (p->line) printf(":%d", p->line);
}

static void print_value(const Debugger *d, const State *s, Value v)
{
    Look l;
    Sheet out = {.coloured = sheet_wants_colours()};
    look_begin(&l, d->cli, s, &out);
    look_show(&l, v, 0);
    look_end(&l);
    sheet_print(&out);
    sheet_free(&out);
}

static void show_error(const Debugger *d)
{
    printf("raised, to be caught: ");
    print_value(d, d->tour->state->state, d->tour->error);
    printf("\n");
}

void debugger_show(const Debugger *d)
{
    const char *how[] = {"returned", "failed", "was stopped", "ended the process"};
    const Tour *t = d->tour;
    const DebugPlace *p = debugger_place(d);
    if (t->where == TOUR_END || !p) {
        if (t->broken)
            printf("the recording ends here: the program asks for what is not in it\n");
        else
            printf("the end: the program %s\n", how[t->rec->record->end]);
        return;
    }
    if (t->where == TOUR_FAILURE) printf("failed, ");
    if (t->hit) printf("break %d, ", t->hit->number);
    print_place(p);
    printf("\n");
    if (t->where == TOUR_ERROR) show_error(d);
    if (p->line) show_lines(p->chunk, p->line, p->line, p->line);
}

void debugger_moved(Debugger *d)
{
    debug_places_free(&d->places);
    d->level = 0;
    if (d->tour->where != TOUR_END) d->places = debug_places(d->tour->state, NULL);
    while (d->level + 1 < d->places.count && !d->places.at[d->level].line) d->level++;
    debugger_show(d);
}

/* Values ------------------------------------------------------------------------------ */

void debugger_result(const Debugger *d, const moonlet_result *r)
{
    if (r->status == MOONLET_FAILED) {
        print_safe(r->error->message, strlen(r->error->message));
        printf("\n");
    }
    if (r->status == MOONLET_PAUSED) printf("%s\n", moonlet_limit_text(r->limit));
    for (size_t i = 0; r->status == MOONLET_OK && i < r->count; i++) {
        print_value(d, r->state->state, value_in(r->values[i]));
        printf("\n");
    }
}

void debugger_frames(const Debugger *d)
{
    for (size_t i = 0; i < d->places.count; i++) {
        const DebugPlace *p = &d->places.at[i];
        if (i && p->co != d->places.at[i - 1].co) printf("    resumed by\n");
        printf("#%zu  ", i);
        if (p->name)
            print_safe(p->name->data, p->name->length);
        else
            printf("%s", p->chunk && !p->first_line ? "main chunk" : "?");
        printf(" at ");
        print_place(p);
        printf(i == d->level ? "  <--\n" : "\n");
    }
}

void debugger_variables(const Debugger *d, bool globals)
{
    const DebugPlace *p = debugger_place(d);
    DebugVariables v = globals ? debug_globals(d->tour->state, true)
                       : p     ? debug_variables(d->tour->state, p)
                               : (DebugVariables){0};
    for (size_t i = 0; i < v.count; i++) {
        const DebugVariable *x = &v.at[i];
        if (x->kind == DEBUG_UPVALUE && x->length == 4 && !memcmp(x->name, "_ENV", 4)) continue;
        print_safe(x->name, x->length);
        printf(" = ");
        print_value(d, d->tour->state->state, x->value);
        printf(x->kind == DEBUG_UPVALUE ? " (upvalue)\n" : "\n");
    }
    debug_variables_free(&v);
}
