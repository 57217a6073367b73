/* SPDX-License-Identifier: MIT */
/*
 * Names and what they lead to, as one types them: `a.b.c`, `s:rep`.
 *
 * Looking up runs nothing: a name is found in a table, or in those that __index leads to as
 * long as these are tables; what only a function could tell is not there.
 */
#ifndef MOONLET_CLI_NAMES_H
#define MOONLET_CLI_NAMES_H

#include "stack/machine.h"

/* Ends with NULL. */
extern const char *const name_keywords[];

static inline bool name_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c >= '0' && c <= '9');
}
/* Whether Lua takes it for a name. */
bool name_is_good(const char *bytes, size_t length);

/* The table in which a value's fields are looked up after `step` others, or NULL where there is
 * none.
 */
enum { NAME_STEPS = 10 };
const TableBody *name_fields(Machine *M, Value v, int step);
/* What a path of names with '.' and ':' leads to, from the globals. That is nil if it leads
 * nowhere. */
Value name_value(Machine *M, const char *path, size_t length);
/* The same from a value's fields. */
Value name_value_in(Machine *M, Value v, const char *path, size_t length);

#endif
