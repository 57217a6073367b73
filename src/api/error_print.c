/* SPDX-License-Identifier: MIT */
/*
 * Errors for people:
 *
 *   script.lua:3: attempt to index local 't' (a nil value)
 *       3 | local x = t.y
 *         |           ^
 *   stack traceback:
 *       ...
 *
 * Main invariant: a name that a program has given its chunk leads to nothing but a plain file,
 * of which a bounded part is read.
 */
#include "api/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LINE_MAX_SHOWN = 200, FILE_MAX_READ = 1 << 24 }; /* bytes */

/* Programs name their chunks: the name may be that of a device without end, of a pipe in which
 * nothing comes, of what is no source. */
static FILE *open_source(const char *file)
{
    struct stat s;
    if (stat(file, &s) != 0 || !S_ISREG(s.st_mode) || !s.st_size || s.st_size > FILE_MAX_READ)
        return NULL;
    return fopen(file, "r");
}

/* A line of a file, to be given to free(); NULL if there is none. */
static char *read_line(const char *file, int number)
{
    FILE *f = number > 0 ? open_source(file) : NULL;
    if (!f) return NULL;
    char *line = NULL;
    size_t size = 0;
    ssize_t length = 0;
    for (; number > 0 && length >= 0; number--) length = getline(&line, &size, f);
    fclose(f);
    if (length < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = 0;
    return line;
}

/* Where a line begins to be shown, so that the column can be seen. */
static size_t shown_from(const char *line, size_t column)
{
    if (column < LINE_MAX_SHOWN / 2) return 0;
    size_t from = column - LINE_MAX_SHOWN / 2;
    while ((line[from] & 0xc0) == 0x80) from++; /* not within a character of UTF-8 */
    return from;
}

/* column: from 0. */
static void put_line(FILE *out, int number, const char *line, size_t column)
{
    size_t from = shown_from(line, column), length = strlen(line + from);
    if (length > LINE_MAX_SHOWN) length = LINE_MAX_SHOWN;
    int width = fprintf(out, "%6d | ", number);
    fprintf(out, "%.*s\n%*s| ", (int)length, line + from, width - 2, "");
    for (size_t i = from; i < column; i++)
        if ((line[i] & 0xc0) != 0x80) putc(line[i] == '\t' ? '\t' : ' ', out);
    fputs("^\n", out);
}

/* Where there is no column, the first one that is not blank. */
static void put_place(FILE *out, const moonlet_error *e, const char *line)
{
    size_t column = e->column ? (size_t)e->column - 1 : strspn(line, " \t"), end = strlen(line);
    put_line(out, e->column_line, line, column < end ? column : end);
}

void moonlet_error_print(const moonlet_error *e, FILE *out)
{
    assert_given(e);
    assert_given(out);
    fprintf(out, "%s\n", e->message);
    char *line = e->column_source || !e->file ? NULL : read_line(e->file, e->column_line);
    if (line || e->column_source) put_place(out, e, line ? line : e->column_source);
    free(line);
    size_t length = strlen(e->message);
    if (strncmp(e->traceback, e->message, length) == 0 && e->traceback[length] == '\n')
        fprintf(out, "%s\n", e->traceback + length + 1);
}

char *moonlet_error_format(const moonlet_error *e)
{
    assert_given(e);
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    if (!f) return NULL;
    moonlet_error_print(e, f);
    fclose(f);
    return text;
}
