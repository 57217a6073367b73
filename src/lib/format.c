/* SPDX-License-Identifier: MIT */
#include "lib/format.h"

#include "lib/bits.h"
#include "lib/byteclass.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    FLAGS_MAX = 5,  /* so many characters, repeated or not */
    ITEM_MAX = 512, /* the longest is %99.99f of the largest number: 409 */
    WHOLE_MIN = 100 /* %s copies strings of this length without looking at them */
};

/* Reading the format ------------------------------------------------------------------- */

void format_init(Format *f, const char *format, size_t length)
{
    *f = (Format){.at = format, .end = format + length};
}

static FormatKind fail(Format *f, const char *text)
{
    f->error_length = strlen(text);
    memcpy(f->error, text, f->error_length);
    return FORMAT_ERROR;
}

static FormatKind fail_option(Format *f, char option)
{
    static const char before[] = "invalid option '%", after[] = "' to 'format'";
    char *p = f->error;
    memcpy(p, before, sizeof before - 1);
    p += sizeof before - 1;
    *p++ = option;
    memcpy(p, after, sizeof after - 1);
    f->error_length = sizeof before + sizeof after - 1;
    return FORMAT_ERROR;
}

/* The next character; a zero at the end. */
static char peek(const Format *f) { return f->at < f->end ? *f->at : '\0'; }

static bool is_digit(char c) { return byteclass_is((unsigned char)c, CLASS_DIGIT); }

static uint8_t flag_of(char c)
{
    switch (c) {
    case '-': return FORMAT_LEFT;
    case '+': return FORMAT_PLUS;
    case ' ': return FORMAT_SPACE;
    case '#': return FORMAT_ALTERNATE;
    case '0': return FORMAT_ZERO;
    default: return 0;
    }
}

/* At most two digits; 0 if there is none. */
static int8_t read_digits(Format *f)
{
    int n = 0;
    for (int i = 0; i < 2 && is_digit(peek(f)); i++) n = n * 10 + (*f->at++ - '0');
    return (int8_t)n;
}

/* A conversion, behind its '%'. */
static FormatKind read_conversion(Format *f)
{
    FormatSpec *spec = &f->spec;
    *spec = (FormatSpec){.precision = -1};
    const char *flags = f->at;
    uint8_t flag;
    while ((flag = flag_of(peek(f)))) {
        spec->flags |= flag;
        f->at++;
    }
    if (f->at - flags > FLAGS_MAX) return fail(f, "invalid format (repeated flags)");
    spec->width = read_digits(f);
    if (peek(f) == '.') {
        f->at++;
        spec->precision = read_digits(f);
    }
    if (is_digit(peek(f))) return fail(f, "invalid format (width or precision too long)");
    spec->conversion = peek(f);
    if (!spec->conversion || !strchr("cdiouxXeEfgGaAqs", spec->conversion)) {
        return fail_option(f, spec->conversion);
    }
    f->at++;
    return FORMAT_CONVERSION;
}

FormatKind format_next(Format *f)
{
    if (f->at == f->end) return FORMAT_END;
    f->literal = f->at;
    if (*f->at != '%') {
        const char *percent = memchr(f->at, '%', (size_t)(f->end - f->at));
        f->at = percent ? percent : f->end;
    } else {
        f->at++;
        if (peek(f) != '%') return read_conversion(f);
        f->literal = f->at++;
    }
    f->literal_length = (size_t)(f->at - f->literal);
    return FORMAT_LITERAL;
}

FormatWants format_wants(const FormatSpec *spec)
{
    if (spec->conversion == 's') return FORMAT_STRING;
    return spec->conversion == 'q' ? FORMAT_QUOTED : FORMAT_NUMBER;
}

/* Strings ------------------------------------------------------------------------------- */

/* The bytes, with blanks to the width on the side where they belong. */
static void append_padded(Buffer *out, const FormatSpec *spec, const char *bytes, size_t n)
{
    size_t width = (size_t)spec->width;
    size_t blanks = n < width ? width - n : 0;
    bool left = spec->flags & FORMAT_LEFT;
    if (!left) buffer_append_repeated(out, ' ', blanks);
    buffer_append(out, bytes, n);
    if (left) buffer_append_repeated(out, ' ', blanks);
}

void format_string(Buffer *out, const FormatSpec *spec, const char *bytes, size_t length)
{
    if (spec->precision < 0 && length >= WHOLE_MIN) {
        buffer_append(out, bytes, length);
        return;
    }
    if (spec->precision >= 0 && length > (size_t)spec->precision) {
        length = (size_t)spec->precision;
    }
    const char *zero = length ? memchr(bytes, 0, length) : NULL;
    append_padded(out, spec, bytes, zero ? (size_t)(zero - bytes) : length);
}

/* A control character as \ddd, with three digits where a digit follows. */
static void append_control(Buffer *out, unsigned char c, char next)
{
    char text[5];
    int n = snprintf(text, sizeof text, is_digit(next) ? "\\%03d" : "\\%d", c);
    buffer_append(out, text, (size_t)n);
}

void format_quoted(Buffer *out, const char *bytes, size_t length)
{
    buffer_append_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        if (c == '"' || c == '\\' || c == '\n') {
            buffer_append_char(out, '\\');
            buffer_append_char(out, c);
        } else if (byteclass_is((unsigned char)c, CLASS_CNTRL)) {
            append_control(out, (unsigned char)c, i + 1 < length ? bytes[i + 1] : '\0');
        } else {
            buffer_append_char(out, c);
        }
    }
    buffer_append_char(out, '"');
}

/* Numbers ------------------------------------------------------------------------------- */

/* Which flags C defines for the conversion. */
static unsigned meaningful_flags(char conversion)
{
    switch (conversion) {
    case 'd':
    case 'i': return FORMAT_LEFT | FORMAT_PLUS | FORMAT_SPACE | FORMAT_ZERO;
    case 'u': return FORMAT_LEFT | FORMAT_ZERO;
    case 'o':
    case 'x':
    case 'X': return FORMAT_LEFT | FORMAT_ALTERNATE | FORMAT_ZERO;
    default: return FORMAT_LEFT | FORMAT_PLUS | FORMAT_SPACE | FORMAT_ALTERNATE | FORMAT_ZERO;
    }
}

/* Writes the conversion for C's printf, its argument's type given by `modifier`. */
static void write_c_format(char *p, const FormatSpec *spec, const char *modifier)
{
    static const char characters[] = "-+ #0";
    unsigned flags = spec->flags & meaningful_flags(spec->conversion);
    *p++ = '%';
    for (int i = 0; characters[i]; i++) {
        if (flags >> i & 1) *p++ = characters[i];
    }
    /* a width of 0 would be one more flag */
    if (spec->width) p += sprintf(p, "%d", spec->width);
    if (spec->precision >= 0) p += sprintf(p, ".%d", spec->precision);
    sprintf(p, "%s%c", modifier, spec->conversion);
}

static void append_float(Buffer *out, const FormatSpec *spec, double n)
{
    char c_format[24], item[ITEM_MAX];
    write_c_format(c_format, spec, "");
    int length = snprintf(item, sizeof item, c_format, n);
    buffer_append(out, item, (size_t)length);
}

/* Conversions of an integer; all of C's take a word of the same size. */
static void append_integer(Buffer *out, const FormatSpec *spec, int64_t n)
{
    char c_format[24], item[ITEM_MAX];
    bool is_signed = spec->conversion == 'd' || spec->conversion == 'i';
    if (is_signed && !spec->flags && !spec->width && spec->precision < 0) {
        buffer_append_integer(out, n);
        return;
    }
    write_c_format(c_format, spec, "ll");
    int length = is_signed ? snprintf(item, sizeof item, c_format, (long long)n)
                           : snprintf(item, sizeof item, c_format, (unsigned long long)n);
    buffer_append(out, item, (size_t)length);
}

static const char *format_signed(Buffer *out, const FormatSpec *spec, double n)
{
    if (!(n >= -0x1p63 && n < 0x1p63)) return "not a number in proper range";
    append_integer(out, spec, (int64_t)n);
    return NULL;
}

static const char *format_unsigned(Buffer *out, const FormatSpec *spec, double n)
{
    if (!(n > -1 && n < 0x1p64)) return "not a non-negative number in proper range";
    append_integer(out, spec, n < 0 ? 0 : (int64_t)(uint64_t)n);
    return NULL;
}

const char *format_number(Buffer *out, const FormatSpec *spec, double n)
{
    char byte;
    switch (spec->conversion) {
    case 'c':
        byte = (char)(unsigned char)bits_int(n);
        append_padded(out, spec, &byte, 1);
        return NULL;
    case 'd':
    case 'i': return format_signed(out, spec, n);
    case 'o':
    case 'u':
    case 'x':
    case 'X': return format_unsigned(out, spec, n);
    default: append_float(out, spec, n); return NULL;
    }
}
