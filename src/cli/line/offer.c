/* SPDX-License-Identifier: MIT */
/*
 * Words for a name that is being typed: see offer.h.
 *
 * Main invariant: no code of the program runs: fields are read without metamethods, and
 * __index is followed only to tables.
 */
#include "cli/line/offer.h"

#include <string.h>

#include "cli/output/names.h"

enum { WORDS_MAX = 5000 };

void offer_begin(const char *line, size_t cursor, size_t *begin, size_t *typed)
{
    size_t b = cursor, t = cursor;
    while (b && (name_letter(line[b - 1]) || line[b - 1] == '.' || line[b - 1] == ':')) b--;
    while (t > b && name_letter(line[t - 1])) t--;
    *begin = b;
    *typed = t;
}

void offer_word(LineWords *out, const char *word, size_t length, const char *typed)
{
    if (out->count < WORDS_MAX && length >= out->typed && memcmp(word, typed, out->typed) == 0)
        line_add_word(out, word, length);
}

void offer_list(LineWords *out, const char *const *words, const char *typed)
{
    for (; *words; words++) offer_word(out, *words, strlen(*words), typed);
}

void offer_fields(Machine *M, Value v, bool methods, const char *typed, LineWords *out)
{
    for (int step = 0; step < NAME_STEPS; step++) {
        const TableBody *t = name_fields(M, v, step);
        Value key = V_NIL, field;
        while (t && out->count < WORDS_MAX && table_next(t, &key, &field)) {
            if (!value_is_string(key) || (methods && !value_is_function(field))) continue;
            const String *name = value_string(key);
            if (name_is_good(name->data, name->length))
                offer_word(out, name->data, name->length, typed);
        }
        if (!t) return;
    }
}
