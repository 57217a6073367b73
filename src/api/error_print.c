/* SPDX-License-Identifier: MIT */
/*
 * Errors for people:
 *
 *   script.lua:3: attempt to index local 't' (a nil value)
 *       3 | local x = t.y
 *         |           ^
 *   stack traceback:
 *       ...
 */
#include "api/api.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_SHOWN = 200 };

/* Reads a line of a file into out; false if there is none. */
static bool read_line(const char *file, int line, char *out, size_t size)
{
    FILE *f = fopen(file, "r");
    if (!f) return false;
    size_t used = 0;
    int c;
    while (line > 1 && (c = getc(f)) != EOF) line -= c == '\n';
    while (line == 1 && (c = getc(f)) != EOF && c != '\n')
        if (used + 1 < size) out[used++] = (char)c;
    out[used] = 0;
    fclose(f);
    return line == 1;
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Where `what` is in the text, as a word of its own; NULL if it is not. */
static const char *find_word(const char *text, const char *what, size_t length)
{
    for (const char *at = text; (at = strchr(at, *what)); at++) {
        bool before = at > text && is_word(at[-1]) && is_word(*what);
        if (strncmp(at, what, length) == 0 && !before &&
            !(is_word(what[length - 1]) && is_word(at[length])))
            return at;
    }
    return NULL;
}

/* The column that a message is about, from what it has in quotes; else the first that is
 * not blank. */
static size_t column_of(const char *line, const char *message)
{
    size_t blank = strspn(line, " \t");
    if (strstr(message, "near <eof>")) return strlen(line);
    for (const char *quote = message; (quote = strchr(quote, '\'')); quote++) {
        size_t length = strcspn(quote + 1, "'");
        if (!length || !quote[length + 1]) break;
        const char *at = find_word(line, quote + 1, length);
        if (at) return (size_t)(at - line);
        quote += length + 1;
    }
    return blank;
}

static void put_line(FILE *out, int number, const char *line, const char *message)
{
    size_t column = column_of(line, message);
    int width = fprintf(out, "%6d | ", number);
    fprintf(out, "%s\n%*s", line, width - 2, "");
    fputs("| ", out);
    for (size_t i = 0; i < column; i++) putc(line[i] == '\t' ? '\t' : ' ', out);
    fputs("^\n", out);
}

void moonlet_error_print(const moonlet_error *e, FILE *out)
{
    char line[LINE_MAX_SHOWN];
    fprintf(out, "%s\n", e->message);
    if (e->source && strlen(e->source) < LINE_MAX_SHOWN)
        put_line(out, e->line, e->source, e->message);
    else if (e->file && e->line > 0 && read_line(e->file, e->line, line, sizeof line))
        put_line(out, e->line, line, e->message);
    size_t length = strlen(e->message);
    if (strncmp(e->traceback, e->message, length) == 0 && e->traceback[length] == '\n')
        fprintf(out, "%s\n", e->traceback + length + 1);
}

char *moonlet_error_format(const moonlet_error *e)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    if (!f) return NULL;
    moonlet_error_print(e, f);
    fclose(f);
    return text;
}
