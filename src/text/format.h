/* SPDX-License-Identifier: MIT */
/*
 * The conversions of string.format (manual 6.4), one at a time, so that the arguments
 * can be converted by Lua code (__tostring) in between.
 *
 *   while (format_next(&f))             one piece of the format string:
 *       FORMAT_LITERAL                  bytes to copy
 *       FORMAT_CONVERSION               spec: take the next argument, then by format_wants
 *           FORMAT_NUMBER               format_number
 *           FORMAT_STRING               tostring() it, format_string
 *           FORMAT_QUOTED               format_quoted
 *       FORMAT_ERROR                    a conversion Lua does not know; error, error_length
 *
 * Before a conversion is looked at, Lua wants its argument: for FORMAT_CONVERSION and
 * FORMAT_ERROR alike, "bad argument #n to 'format' (no value)" comes first.
 *
 * What C's printf leaves undefined (flags and precisions a conversion has no use for)
 * is dropped, which is also what glibc makes of it. Nothing allocates but the Buffer;
 * its failures stay in it.
 */
#ifndef MOONLET_FORMAT_H
#define MOONLET_FORMAT_H

#include "text/buffer.h"

/* Flags of a conversion. */
enum {
    FORMAT_LEFT = 1,  /* - */
    FORMAT_PLUS = 2,  /* + */
    FORMAT_SPACE = 4, /* blank */
    FORMAT_ALTERNATE = 8,
    FORMAT_ZERO = 16
};

typedef struct FormatSpec {
    char conversion; /* one of cdiouxXeEfgGaAqs */
    uint8_t flags;
    int8_t width;     /* 0..99 */
    int8_t precision; /* 0..99, -1 without */
} FormatSpec;

typedef enum FormatKind {
    FORMAT_END,
    FORMAT_LITERAL,
    FORMAT_CONVERSION,
    FORMAT_ERROR
} FormatKind;

/* A position in a format string: plain data, may be copied. */
typedef struct Format {
    const char *at, *end;
    const char *literal; /* of FORMAT_LITERAL */
    size_t literal_length;
    FormatSpec spec; /* of FORMAT_CONVERSION */
    char error[64];  /* of FORMAT_ERROR; may contain a zero */
    size_t error_length;
} Format;

void format_init(Format *f, const char *format, size_t length);
/* The next piece. O(its length). */
FormatKind format_next(Format *f);

typedef enum FormatWants { FORMAT_NUMBER, FORMAT_STRING, FORMAT_QUOTED } FormatWants;
FormatWants format_wants(const FormatSpec *spec);

/* Appends a number by the conversion (all but s and q). Gives the argument error's
 * text, "not a number in proper range" ..., or NULL. */
const char *format_number(Buffer *out, const FormatSpec *spec, double n);
/* Appends a string by %s. As in PUC Lua, one that needs formatting ends at its first
 * zero: all but those of 100 bytes or more without a precision. */
void format_string(Buffer *out, const FormatSpec *spec, const char *bytes, size_t length);
/* Appends the part [from, to) of a string by %q: quoted so that Lua reads it back. All its
 * parts, in order, give the whole. */
void format_quoted(Buffer *out, const char *bytes, size_t length, size_t from, size_t to);

#endif
