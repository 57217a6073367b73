/* SPDX-License-Identifier: MIT */
/*
 * Text on its way to a terminal: see sheet.h.
 *
 * Main invariant: `columns` counts the characters of the line, without the colours. What a
 * program gives goes through sheet_safe or sheet_quoted, which let no character through that a
 * terminal obeys.
 */
#include "cli/output/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const inks[INK_COUNT] = {"",        "\33[32m", "\33[36m", "\33[35m",
                                            "\33[34m", "\33[1m",  "\33[2m"};

bool sheet_wants_colours(void)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    if (none && *none) return false;
    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

static void put(Sheet *s, const char *bytes, size_t length)
{
    if (s->length + length > s->room) {
        size_t room = 2 * s->room > s->length + length ? 2 * s->room : s->length + length + 200;
        char *grown = realloc(s->bytes, room);
        if (!grown) {
            s->over = true;
            return;
        }
        s->bytes = grown;
        s->room = room;
    }
    memcpy(s->bytes + s->length, bytes, length);
    s->length += length;
}

static void put_counted(Sheet *s, const char *bytes, size_t length)
{
    if (s->columns_max && s->over) return;
    put(s, bytes, length);
    for (size_t i = 0; i < length; i++) s->columns += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    if (s->columns_max && s->columns > s->columns_max) s->over = true;
}

static void begin_ink(Sheet *s, Ink ink)
{
    if (s->coloured && ink != INK_PLAIN) put(s, inks[ink], strlen(inks[ink]));
}

static void end_ink(Sheet *s, Ink ink)
{
    if (s->coloured && ink != INK_PLAIN) put(s, "\33[0m", 4);
}

static void sheet_bytes(Sheet *s, Ink ink, const char *bytes, size_t length)
{
    begin_ink(s, ink);
    put_counted(s, bytes, length);
    end_ink(s, ink);
}

void sheet_text(Sheet *s, Ink ink, const char *text)
{
    sheet_bytes(s, ink, text, strlen(text));
}

void sheet_format(Sheet *s, Ink ink, const char *format, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    sheet_text(s, ink, text);
}

/* The length of the UTF-8 character there, or 0 where there is none that can be shown. */
static size_t character(const unsigned char *p, size_t length)
{
    static const unsigned least[] = {0, 0, 0xa0, 0x800, 0x10000};
    size_t n = *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
    if (*p >= ' ' && *p < 127) return 1;
    if (!n || n > length) return 0;
    unsigned code = *p & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    /* what turns the direction of text round would show something else than there is */
    bool turns = (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                 (code >= 0x2066 && code <= 0x2069);
    return code < least[n] || code > 0x10ffff || surrogate || turns ? 0 : n;
}

/* A byte that is not safe, as Lua reads it: in three digits where one follows. */
static void escaped(Sheet *s, const unsigned char *p, bool last)
{
    static const char letters[] = "\aa\bb\ff\nn\rr\tt\vv";
    char text[8];
    for (size_t i = 0; i + 1 < sizeof letters; i += 2)
        if ((char)*p == letters[i]) {
            snprintf(text, sizeof text, "\\%c", letters[i + 1]);
            put_counted(s, text, 2);
            return;
        }
    bool digit = !last && p[1] >= '0' && p[1] <= '9';
    put_counted(s, text, (size_t)snprintf(text, sizeof text, digit ? "\\%03d" : "\\%d", *p));
}

static void safe(Sheet *s, const char *bytes, size_t length, bool quoted)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < length && !(s->columns_max && s->over);) {
        size_t n = character(p + i, length - i);
        if (quoted && (p[i] == '"' || p[i] == '\\')) put_counted(s, "\\", 1);
        if (n)
            put_counted(s, bytes + i, n);
        else
            escaped(s, p + i, i + 1 == length);
        i += n ? n : 1;
    }
}

void sheet_safe(Sheet *s, Ink ink, const char *bytes, size_t length)
{
    begin_ink(s, ink);
    safe(s, bytes, length, false);
    end_ink(s, ink);
}

void sheet_quoted(Sheet *s, Ink ink, const char *bytes, size_t length)
{
    begin_ink(s, ink);
    put_counted(s, "\"", 1);
    safe(s, bytes, length, true);
    put_counted(s, "\"", 1);
    end_ink(s, ink);
}

void sheet_line(Sheet *s, size_t indent)
{
    put(s, "\n", 1);
    s->columns = 0;
    while (indent--) put_counted(s, " ", 1);
}

void sheet_add(Sheet *s, const Sheet *other)
{
    put(s, other->bytes, other->length);
    s->columns += other->columns;
    if (s->columns_max && s->columns > s->columns_max) s->over = true;
}

void sheet_print(Sheet *s)
{
    fwrite(s->bytes, 1, s->length, stdout);
    fflush(stdout);
    sheet_clear(s);
}

void sheet_clear(Sheet *s)
{
    s->length = s->columns = 0;
    s->over = false;
}

void sheet_free(Sheet *s) { free(s->bytes); }
