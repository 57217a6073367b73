/* SPDX-License-Identifier: MIT */
/*
 * What may stand where one types in the console: variables of the frame, globals, fields,
 * methods, keywords.
 *
 * Main invariant: no code of the program runs (line/offer.h), and nothing is changed.
 */
#ifdef MOONLET_DAP

#include <stdlib.h>

#include "cli/dap/dap_session.h"
#include "cli/line/offer.h"
#include "cli/output/names.h"

/* The bytes before a place that a client counts in units of UTF-16. */
static size_t bytes_before(const char *text, json_int_t units)
{
    size_t i = 0;
    while (text[i] && units > 0) {
        unsigned char c = (unsigned char)text[i++];
        units -= c >= 0xf0 ? 2 : 1;
        while ((text[i] & 0xc0) == 0x80) i++;
    }
    return i;
}

static json_int_t units_in(const char *text, size_t length)
{
    json_int_t units = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c & 0xc0) != 0x80) units += c >= 0xf0 ? 2 : 1;
    }
    return units;
}

/* The line of this number, 0 the first; the last one where there are fewer. */
static const char *line_of(const char *text, json_int_t number)
{
    const char *end;
    while (number-- > 0 && (end = strchr(text, '\n'))) text = end + 1;
    return text;
}

/* What a path's first name is in the frame, and where the rest of it begins. From the globals
 * there is no name to skip. */
static Value first_value(const Dap *d, const DebugVariables *v, const char *path, size_t length,
                         size_t *rest)
{
    size_t n = 0;
    while (n < length && name_letter(path[n])) n++;
    const DebugVariable *x = debug_variable_find(v, path, n);
    *rest = x ? n + (n < length) : 0;
    return x ? x->value : value_object(d->tour->state->state->base->world->globals);
}

static void offer(Dap *d, const DebugPlace *p, const char *line, size_t cursor, LineWords *out)
{
    size_t begin, typed, rest;
    DebugVariables v = p ? debug_variables(d->tour->state, p) : (DebugVariables){0};
    Machine *M = machine_begin(d->tour->state->state);
    offer_begin(line, cursor, &begin, &typed);
    const char *path = line + begin, *word = line + typed;
    out->typed = cursor - typed;
    if (typed > begin) {
        size_t length = typed - begin - 1;
        Value first = first_value(d, &v, path, length, &rest);
        if (!rest || rest < length) first = name_value_in(M, first, path + rest, length - rest);
        offer_fields(M, first, line[typed - 1] == ':', word, out);
    } else {
        for (size_t i = 0; i < v.count; i++)
            if (v.at[i].kind != DEBUG_VARARG && name_is_good(v.at[i].name, v.at[i].length))
                offer_word(out, v.at[i].name, v.at[i].length, word);
        offer_fields(M, value_object(M->run.world->globals), false, word, out);
        offer_list(out, name_keywords, word);
    }
    machine_end(M);
    debug_variables_free(&v);
}

static json_t *targets(const Dap *d, const LineWords *words, const char *line, size_t cursor)
{
    json_t *list = json_array();
    if (!words->count) return list;
    json_int_t length = units_in(line + cursor - words->typed, words->typed);
    json_int_t start = units_in(line, cursor - words->typed) + !d->columns_from_0;
    for (size_t i = 0; i < words->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "label", words->items[i],
                                              "start", start, "length", length));
    return list;
}

void dap_complete(Dap *d, const json_t *request, const json_t *arguments)
{
    LineWords words = {0};
    const char *text = dap_word(arguments, "text");
    if (!dap_has_stopped(d, request)) return;
    if (!text) {
        dap_refuse(request, "'text' is missing");
        return;
    }
    json_int_t first = d->lines_from_0 ? 0 : 1, column = d->columns_from_0 ? 0 : 1;
    const char *line = line_of(text, dap_number(arguments, "line", first) - first);
    char *copy = strndup(line, strcspn(line, "\n"));
    size_t cursor = copy ? bytes_before(copy, dap_number(arguments, "column", 0) - column) : 0;
    if (copy) offer(d, dap_frame(d, dap_number(arguments, "frameId", 0)), copy, cursor, &words);
    line_sort_words(&words);
    dap_answer(request, json_pack("{s:o}", "targets", targets(d, &words, copy, cursor)));
    line_free_words(&words);
    free(copy);
}

#endif
