/* SPDX-License-Identifier: MIT */
/*
 * Breaks of the debugger at the terminal:
 *
 *   break 12   break FILE:12   break f   ... hits % 10   ... if n > 5   ... log n is {n}
 *
 * Main invariant: a break that is refused is removed again, and the next one gets its number;
 * the others stay as they are.
 */
#include "cli/debug/debugger_break.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/debug/code_lines.h"
#include "lib/lib.h"

static const char *without_sign(const String *chunk)
{
    return lib_c_text(chunk) + (chunk->length && (*chunk->data == '@' || *chunk->data == '='));
}

static const char *sign_of(HitRule rule)
{
    static const char *const signs[] = {[HIT_EQUAL] = "==",
                                        [HIT_LESS] = "<",
                                        [HIT_LEAST] = ">=",
                                        [HIT_MORE] = ">",
                                        [HIT_EVERY] = "%"};
    return signs[rule];
}

static void show_break(const TourBreak *b)
{
    if (b->errors)
        printf("break %d at errors that are caught", b->number);
    else
        printf("break %d at %s:%d%s", b->number, b->file, b->line,
               b->enters ? " (function)" : "");
    if (b->rule) printf(" hits %s %llu", sign_of(b->rule), (unsigned long long)b->rule_number);
    if (b->condition) printf(" if %s", b->condition);
    if (b->log) printf(" log %s", b->log);
    printf("\n");
}

void debugger_breaks(const Debugger *d)
{
    for (int i = 0; i < d->tour->break_count; i++) {
        TourBreak *b = d->tour->breaks[i];
        unsigned long long hits = tour_hits(d->tour, b);
        show_break(b);
        if (hits) printf("  hit %llu times up to here\n", hits);
    }
}

void debugger_says(void *context, const TourBreak *b, const char *text, int line,
                   const String *chunk)
{
    (void)context, (void)line, (void)chunk;
    printf("break %d: %s\n", b->number, text);
}

/* Places ------------------------------------------------------------------------------ */

/* Moves the break to the next line that has code, where the file can be read. */
static bool find_line(TourBreak *b)
{
    CodeLines l = code_lines(b->file);
    int line = code_lines_from(&l, b->line);
    free(l.has);
    if (!line || b->line < 1)
        printf("there is no code at line %d of %s or behind it\n", b->line, b->file);
    else
        b->line = line;
    return line && b->line >= 1;
}

/* line, file:line or a function. */
static bool set_place(Debugger *d, const char *text, TourBreak *b)
{
    const DebugPlace *p = debugger_place(d);
    const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text;
    size_t n = strspn(digits, "0123456789");
    if (!n || digits[n]) {
        const AstFunction *f = tour_find_function(d->tour, p, text);
        b->enters = true;
        if (f) b->line = f->line;
        if (f) b->file = strdup(without_sign(f->chunk_name));
        if (!f) printf("there is no function %s\n", text);
        return f != NULL;
    }
    b->line = n < 10 ? atoi(digits) : 0;
    if (colon && colon > text)
        b->file = strndup(text, (size_t)(colon - text));
    else if (p && p->chunk)
        b->file = strdup(without_sign(p->chunk));
    else
        printf("there is no file here: break file:line\n");
    return b->file && find_line(b);
}

/* What follows the place --------------------------------------------------------------- */

/* The first of what may follow a place; NULL: nothing does. */
static char *find_rest(char *text)
{
    static const char *const words[] = {" hits ", " if ", " log "};
    char *first = NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *at = strstr(text, words[i]);
        if (at && (!first || at < first)) first = at;
    }
    return first;
}

/* What is an expression; a log may follow. Gives that, which may be empty; NULL: there is no
 * expression. */
static char *set_condition(TourBreak *b, char *text)
{
    for (char *end = strchr(text, 0); end; end = strstr(text, " log ")) {
        for (char *more; *end && (more = strstr(end + 1, " log "));) end = more;
        *end = 0;
        if (debug_is_expression(text)) {
            b->condition = strdup(text);
            return end + (end[1] == 'l');
        }
    }
    printf("'%s' is no expression\n", text);
    return NULL;
}

static char *set_hits(TourBreak *b, char *text)
{
    char *rest = find_rest(text);
    char *end = rest ? rest : strchr(text, 0);
    if (rest) *rest = 0;
    if (tour_parse_rule(b, text)) return rest ? rest + 1 : end;
    printf("hits takes a number, which <, <=, ==, >=, > or %% may precede\n");
    return NULL;
}

/* hits, if and log, in this order. */
static bool set_rest(TourBreak *b, char *text)
{
    if (text && strncmp(text, "hits ", 5) == 0) text = set_hits(b, text + 5);
    if (text && strncmp(text, "if ", 3) == 0) text = set_condition(b, text + 3);
    if (text && strncmp(text, "log ", 4) == 0) {
        b->log = strdup(text + 4);
        return true;
    }
    if (text && *text) printf("what is '%s'? hits, if and log come in this order\n", text);
    return text && !*text;
}

/* Commands ---------------------------------------------------------------------------- */

static void forget(Debugger *d, const TourBreak *b)
{
    tour_unbreak(d->tour, b->number);
    d->tour->breaks_made--;
}

bool debugger_break(Debugger *d, const char *argument)
{
    char *text = strdup(argument), *rest = text ? find_rest(text) : NULL;
    TourBreak *b = text && *text ? tour_break(d->tour) : NULL;
    if (rest) *rest++ = 0;
    if (!b)
        printf(*argument ? "too many breaks\n"
                         : "break takes a line, file:line or a function\n");
    else if (!set_place(d, text, b) || (rest && !set_rest(b, rest)))
        forget(d, b);
    else
        show_break(b);
    free(text);
    return true;
}

bool debugger_catch(Debugger *d, const char *argument)
{
    char *text = strdup(argument);
    TourBreak *b = text ? tour_break(d->tour) : NULL;
    if (!b) {
        printf("too many breaks\n");
    } else {
        b->errors = true;
        if (set_rest(b, text))
            show_break(b);
        else
            forget(d, b);
    }
    free(text);
    return true;
}

bool debugger_delete(Debugger *d, const char *argument)
{
    int number = atoi(argument);
    if ((*argument && !number) || !tour_unbreak(d->tour, number))
        printf("there is no such break\n");
    return true;
}
