/* SPDX-License-Identifier: MIT */
/*
 * os.date and os.time (manual 6.9) without the tables: between seconds, C's struct tm,
 * and text. The clock is not read here; the time zone is the process's.
 *
 * Years and seconds that do not fit are answered with nothing (nil in Lua), as PUC Lua
 * does on 64-bit machines; a format ends at its first zero, as there.
 */
#ifndef MOONLET_OSDATE_H
#define MOONLET_OSDATE_H

#include "text/buffer.h"

#include <time.h>

typedef enum OsdateKind {
    OSDATE_NONE,  /* no such date: nil */
    OSDATE_TABLE, /* the format was "*t": fields holds the answer, see osdate_field */
    OSDATE_TEXT,
    OSDATE_ERROR /* a bad argument #1; the text is the message */
} OsdateKind;

/* What os.date(format, seconds) will be: nothing, a table (then fields holds the answer, see
 * osdate_field), or a text, which begins at *at in the format. */
OsdateKind osdate_begin(const char *format, size_t length, double seconds, struct tm *fields,
                        size_t *at);
/* Appends what the format says at `at` < length, a conversion or a stretch without any, so that
 * who has to stop can go on later. Answers where that ends; `at` if it is no conversion. */
size_t osdate_append(const char *format, size_t length, size_t at, const struct tm *fields,
                     Buffer *out);
/* The message for what is no conversion, at `at`. */
void osdate_refuse(const char *format, size_t length, size_t at, Buffer *message);

/* The numbers of a "*t" table, in the order of their assignment. isdst follows them,
 * a boolean, set only if fields.tm_isdst >= 0. */
enum { OSDATE_FIELD_COUNT = 8 };
const char *osdate_field(const struct tm *fields, int i, int64_t *value);

/* The fields os.time reads, in this order; isdst follows: nil -1, else 0 or 1. */
enum { OSDATE_INPUT_COUNT = 6 };
const char *osdate_input_name(int i);
/* Stores input i; given is false if the field is no number. Answers false if the field is
 * missing and has no default: "field 'day' missing in date table". */
bool osdate_set_input(struct tm *fields, int i, bool given, double value);
/* Sets *out to the seconds of that local time. Answers false if it has none. */
bool osdate_seconds(const struct tm *fields, double *out);

#endif
