/* SPDX-License-Identifier: MIT */
/*
 * Names and what they lead to: see names.h.
 *
 * Main invariant: looking up runs no code of the program.
 */
#include "cli/output/names.h"

#include "operate/meta.h"

const char *const name_keywords[] = {"and",   "break", "do",       "else",  "elseif", "end",
                                     "false", "for",   "function", "goto",  "if",     "in",
                                     "local", "nil",   "not",      "or",    "repeat", "return",
                                     "then",  "true",  "until",    "while", NULL};

bool name_is_good(const char *bytes, size_t length)
{
    if (!length || (bytes[0] >= '0' && bytes[0] <= '9')) return false;
    for (size_t i = 0; i < length; i++)
        if (!name_letter(bytes[i])) return false;
    for (const char *const *k = name_keywords; *k; k++)
        if (strlen(*k) == length && memcmp(*k, bytes, length) == 0) return false;
    return true;
}

const TableBody *name_fields(Machine *M, Value v, int step)
{
    if (value_is_table(v)) {
        if (!step) return heap_table(&M->run, value_pointer(v));
        step--;
    }
    for (; step >= 0; step--) {
        v = meta_of(M, v, META_INDEX);
        if (!value_is_table(v)) return NULL;
    }
    return heap_table(&M->run, value_pointer(v));
}

/* The field of this name, or nil. */
static Value name_field(Machine *M, Value v, const char *name, size_t length)
{
    Value key = string_value(string_new(name, length)), found = V_NIL;
    for (int step = 0; step < NAME_STEPS && found == V_NIL; step++) {
        const TableBody *t = name_fields(M, v, step);
        if (!t) break;
        found = table_get(t, key);
    }
    return found;
}

Value name_value_in(Machine *M, Value v, const char *path, size_t length)
{
    for (size_t i = 0; v != V_NIL; i++) {
        size_t begin = i;
        while (i < length && path[i] != '.' && path[i] != ':') i++;
        v = name_field(M, v, path + begin, i - begin);
        if (i >= length) break;
    }
    return v;
}

Value name_value(Machine *M, const char *path, size_t length)
{
    return name_value_in(M, value_object(M->run.world->globals), path, length);
}
