/* SPDX-License-Identifier: MIT */
/*
 * os.date and os.time without their tables.
 *
 * Main invariant: a conversion that C's strftime might not know never comes to it.
 */
#include "text/osdate.h"

#include "text/bits.h"

/* Text ---------------------------------------------------------------------------------- */

/* How long the conversion at p, behind its '%', is: those of C99's strftime. 0 if it is
 * none. */
static size_t conversion_length(const char *p, size_t left)
{
    if (!left || !*p) return 0;
    if (strchr("aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%", *p)) return 1;
    const char *modified = *p == 'E' ? "cCxXyY" : *p == 'O' ? "deHImMSuUVwWy" : "";
    return left > 1 && p[1] && strchr(modified, p[1]) ? 2 : 0;
}

/* What most formats have: two digits, whatever the locale; -1 for another conversion. */
static int two_digits(char letter, const struct tm *fields)
{
    switch (letter) {
    case 'd': return fields->tm_mday;
    case 'm': return fields->tm_mon + 1;
    case 'y': return fields->tm_year % 100;
    case 'H': return fields->tm_hour;
    case 'M': return fields->tm_min;
    case 'S': return fields->tm_sec;
    default: return -1;
    }
}

static void append_digits(Buffer *out, int n)
{
    const char text[2] = {(char)('0' + n / 10), (char)('0' + n % 10)};
    buffer_append(out, text, sizeof text);
}

static void append_conversion(Buffer *out, const char *p, size_t length,
                              const struct tm *fields)
{
    int year = fields->tm_year + 1900, n = length == 1 ? two_digits(*p, fields) : -1;
    if (*p == 'Y' && length == 1 && year >= 1000 && year <= 9999) {
        append_digits(out, year / 100);
        n = year % 100;
    }
    if (n >= 0) {
        append_digits(out, n);
        return;
    }
    char conversion[4] = {'%', p[0], length > 1 ? p[1] : '\0', '\0'};
    char text[256];
    buffer_append(out, text, strftime(text, sizeof text, conversion, fields));
}

/* What of the format is read in one go where it has no conversion. */
enum { LITERAL_MAX = 4096 };

static size_t literal_length(const char *p, size_t left)
{
    size_t most = left < LITERAL_MAX ? left : LITERAL_MAX;
    const char *end = memchr(p, '%', most);
    return end ? (size_t)(end - p) : most;
}

size_t osdate_append(const char *format, size_t length, size_t at, const struct tm *fields,
                     Buffer *out)
{
    const char *p = format + at;
    size_t left = length - at;
    if (*p != '%') {
        size_t literal = literal_length(p, left);
        buffer_append(out, p, literal);
        return at + literal;
    }
    size_t conversion = conversion_length(p + 1, left - 1);
    if (conversion) append_conversion(out, p + 1, conversion, fields);
    return conversion ? at + 1 + conversion : at;
}

void osdate_refuse(const char *format, size_t length, size_t at, Buffer *message)
{
    buffer_append_text(message, "invalid conversion specifier '");
    buffer_append(message, format + at, length - at);
    buffer_append_char(message, '\'');
}

OsdateKind osdate_begin(const char *format, size_t length, double seconds, struct tm *fields,
                        size_t *at)
{
    time_t t = (time_t)bits_integer(seconds);
    bool utc = length && format[0] == '!';
    *at = utc;
    if (!(utc ? gmtime_r(&t, fields) : localtime_r(&t, fields))) return OSDATE_NONE;
    bool is_table = length - *at == 2 && memcmp(format + *at, "*t", 2) == 0;
    return is_table ? OSDATE_TABLE : OSDATE_TEXT;
}

/* Fields --------------------------------------------------------------------------------- */

const char *osdate_field(const struct tm *fields, int i, int64_t *value)
{
    switch (i) {
    case 0: *value = fields->tm_sec; return "sec";
    case 1: *value = fields->tm_min; return "min";
    case 2: *value = fields->tm_hour; return "hour";
    case 3: *value = fields->tm_mday; return "day";
    case 4: *value = (int64_t)fields->tm_mon + 1; return "month";
    case 5: *value = (int64_t)fields->tm_year + 1900; return "year";
    case 6: *value = (int64_t)fields->tm_wday + 1; return "wday";
    case 7: *value = (int64_t)fields->tm_yday + 1; return "yday";
    default: return NULL;
    }
}

/* What os.time reads. */
typedef struct Input {
    const char *name;
    size_t member;  /* the offset of its int in struct tm */
    int offset;     /* what struct tm does not count */
    int by_default; /* REQUIRED if there is none */
} Input;

enum { REQUIRED = -1 };

static const Input inputs[OSDATE_INPUT_COUNT] = {
    {"sec", offsetof(struct tm, tm_sec), 0, 0},
    {"min", offsetof(struct tm, tm_min), 0, 0},
    {"hour", offsetof(struct tm, tm_hour), 0, 12},
    {"day", offsetof(struct tm, tm_mday), 0, REQUIRED},
    {"month", offsetof(struct tm, tm_mon), 1, REQUIRED},
    {"year", offsetof(struct tm, tm_year), 1900, REQUIRED},
};

const char *osdate_input_name(int i) { return inputs[i].name; }

/* a - b, wrapping as PUC Lua's int does in practice. */
static int wrapping_minus(int a, int b) { return bits_int((double)a - b); }

bool osdate_set_input(struct tm *fields, int i, bool given, double value)
{
    const Input *input = &inputs[i];
    if (!given && input->by_default == REQUIRED) return false;
    int n = given ? bits_int(value) : input->by_default;
    n = wrapping_minus(n, input->offset);
    memcpy((char *)fields + input->member, &n, sizeof n);
    return true;
}

bool osdate_seconds(const struct tm *fields, double *out)
{
    struct tm copy = *fields;
    time_t t = mktime(&copy);
    *out = (double)t;
    return t != (time_t)-1;
}
