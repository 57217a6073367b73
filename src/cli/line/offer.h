/* SPDX-License-Identifier: MIT */
/*
 * Words that may stand where a name is being typed: globals, fields, methods, keywords.
 *
 *   t.list.le|     begin: the path before it, "t.list"; typed: "le"
 */
#ifndef MOONLET_CLI_OFFER_H
#define MOONLET_CLI_OFFER_H

#include "cli/line/line.h"
#include "stack/machine.h"

/* Where the path begins that the cursor is at the end of, and where its last name does. */
void offer_begin(const char *line, size_t cursor, size_t *begin, size_t *typed);

/* Those that begin with what has been typed, of which out->typed says the length. */
void offer_word(LineWords *out, const char *word, size_t length, const char *typed);
/* Ends with NULL. */
void offer_list(LineWords *out, const char *const *words, const char *typed);
/* The names of a value's fields; for a method's call those of what can be called. */
void offer_fields(Machine *M, Value v, bool methods, const char *typed, LineWords *out);

#endif
