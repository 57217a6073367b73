/* SPDX-License-Identifier: MIT */
/*
 * Text on its way to a terminal: bytes, how many columns they take, and colours.
 *
 * What comes from programs goes through sheet_quoted and sheet_safe, which let no byte
 * through that a terminal would obey: control characters, and what is no UTF-8.
 *
 * A sheet may have a limit of columns. When it is reached, `over` is set and the rest of what
 * is written does not count: so a caller tries whether something fits in a line, and does
 * otherwise.
 */
#ifndef MOONLET_CLI_SHEET_H
#define MOONLET_CLI_SHEET_H

#include <stdbool.h>
#include <stddef.h>

typedef enum Ink {
    INK_PLAIN,
    INK_STRING,
    INK_NUMBER,
    INK_WORD, /* nil, true, false */
    INK_FUNCTION,
    INK_KEY,
    INK_NOTE, /* what is told and is no part of the value */
    INK_COUNT
} Ink;

typedef struct Sheet {
    char *bytes; /* malloc's */
    size_t length, room;
    size_t columns; /* of the line that is being written */
    size_t columns_max;
    bool over;
    bool coloured;
} Sheet;

/* Whether what goes to standard output is to have colours: it is a terminal that knows them
 * (TERM), and NO_COLOR is not set. */
bool sheet_wants_colours(void);

void sheet_text(Sheet *s, Ink ink, const char *text);
void sheet_format(Sheet *s, Ink ink, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Bytes of a program as they are, but for what is not safe, which becomes \ddd. */
void sheet_safe(Sheet *s, Ink ink, const char *bytes, size_t length);
/* Bytes of a program as a Lua string. */
void sheet_quoted(Sheet *s, Ink ink, const char *bytes, size_t length);
/* A new line, which begins with so many blanks. */
void sheet_line(Sheet *s, size_t indent);
/* Appends what is on another sheet. */
void sheet_add(Sheet *s, const Sheet *other);
/* Writes all of it to standard output; the sheet is empty then. */
void sheet_print(Sheet *s);
void sheet_clear(Sheet *s);
void sheet_free(Sheet *s);

#endif
