/* SPDX-License-Identifier: MIT */
/*
 * string.format: reading the format, and writing one conversion at a time.
 *
 * Main invariant: a specification handed to printf is made here from parts that are known. It
 * is never a piece of the program's text.
 */
#include "text/format.h"

#include "text/bits.h"
#include "text/byteclass.h"
#include "value/decimal.h"

#include <locale.h>
#include <math.h>
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

/* Reads at most two digits; 0 if there is none. */
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

static bool is_escaped(unsigned char c) { return c == '"' || c == '\\' || c == '\n'; }

/* Quotes bytes from i on, until one needs more than a backslash or room: answers which. */
static size_t quote_in_place(Buffer *out, const char *bytes, size_t i, size_t to)
{
    if (out->error) return i;
    char *at = out->data + out->length, *end = out->data + out->capacity;
    for (; i < to && end - at > 1; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (is_escaped(c))
            *at++ = '\\';
        else if (byteclass_is(c, CLASS_CNTRL))
            break;
        *at++ = (char)c;
    }
    out->length = (size_t)(at - out->data);
    return i;
}

void format_quoted(Buffer *out, const char *bytes, size_t length, size_t from, size_t to)
{
    if (!from) buffer_append_char(out, '"');
    buffer_reserve(out, to - from);
    for (size_t i = from; (i = quote_in_place(out, bytes, i, to)) < to && !out->error; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool escaped = is_escaped(c);
        if (escaped) buffer_append_char(out, '\\');
        if (!escaped && byteclass_is(c, CLASS_CNTRL))
            append_control(out, c, i + 1 < length ? bytes[i + 1] : '\0');
        else
            buffer_append_char(out, (char)c);
    }
    if (to == length) buffer_append_char(out, '"');
}

/* Numbers ------------------------------------------------------------------------------- */

/* Writes the conversion of a float for C's printf. */
static void write_c_format(char *p, const FormatSpec *spec)
{
    static const char characters[] = "-+ #0";
    *p++ = '%';
    for (int i = 0; characters[i]; i++) {
        if (spec->flags >> i & 1) *p++ = characters[i];
    }
    /* a width of 0 would be one more flag */
    if (spec->width) p += sprintf(p, "%d", spec->width);
    if (spec->precision >= 0) p += sprintf(p, ".%d", spec->precision);
    *p++ = spec->conversion;
    *p = '\0';
}

/* Sign or prefix, zeros, digits; blanks to the width on the side where they belong. */
static void append_number(Buffer *out, const FormatSpec *spec, const char *prefix,
                          const char *digits, size_t n, size_t zeros)
{
    size_t prefix_length = strlen(prefix), width = (size_t)spec->width;
    size_t length = prefix_length + zeros + n;
    size_t blanks = length < width ? width - length : 0;
    bool left = spec->flags & FORMAT_LEFT;
    if (blanks && !left) buffer_append_repeated(out, ' ', blanks);
    if (prefix_length) buffer_append(out, prefix, prefix_length);
    if (zeros) buffer_append_repeated(out, '0', zeros);
    buffer_append(out, digits, n);
    if (blanks && left) buffer_append_repeated(out, ' ', blanks);
}

/* How many zeros bring that many characters to the width, if zeros shall do that. */
static size_t zeros_to_width(const FormatSpec *spec, size_t length)
{
    bool wanted = (spec->flags & (FORMAT_ZERO | FORMAT_LEFT)) == FORMAT_ZERO;
    size_t width = (size_t)spec->width;
    return wanted && length < width ? width - length : 0;
}

static const char *sign_of(const FormatSpec *spec, bool negative)
{
    if (negative) return "-";
    return spec->flags & FORMAT_PLUS ? "+" : spec->flags & FORMAT_SPACE ? " " : "";
}

/* %f and %g of the usual kind; false if they are not. */
static bool append_decimal(Buffer *out, const FormatSpec *spec, double n)
{
    char digits[DECIMAL_TEXT_MAX];
    size_t length = 0;
    int precision = spec->precision < 0 ? 6 : spec->precision;
    if (!isfinite(n) || spec->flags & FORMAT_ALTERNATE) return false;
    if (spec->conversion == 'f') length = decimal_fixed(fabs(n), precision, digits);
    if (spec->conversion == 'g') length = decimal_general(fabs(n), precision, digits);
    if (!length) return false;
    const char *sign = sign_of(spec, signbit(n));
    append_number(out, spec, sign, digits, length, zeros_to_width(spec, strlen(sign) + length));
    return true;
}

/* A point is a point in every locale, as in numbers made strings. */
static size_t normalise_point(char *text, size_t length)
{
    const char *point = localeconv()->decimal_point;
    char *found = point[0] == '.' || !point[0] ? NULL : strstr(text, point);
    if (!found) return length;
    size_t more = strlen(point) - 1;
    *found = '.';
    memmove(found + 1, found + 1 + more, length - (size_t)(found + more - text));
    return length - more;
}

static void append_float(Buffer *out, const FormatSpec *spec, double n)
{
    char c_format[24], item[ITEM_MAX];
    if (append_decimal(out, spec, n)) return;
    write_c_format(c_format, spec);
    int length = snprintf(item, sizeof item, c_format, n);
    buffer_append(out, item, normalise_point(item, (size_t)length));
}

/* The digits in the conversion's base, ending at `end`: gives the first. */
static char *write_digits(char *end, char conversion, uint64_t n)
{
    if (conversion == 'x' || conversion == 'X') {
        const char *digits = conversion == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
        for (; n; n >>= 4) *--end = digits[n & 15];
    } else if (conversion == 'o') {
        for (; n; n >>= 3) *--end = (char)('0' + (n & 7));
    } else {
        for (; n; n /= 10) *--end = (char)('0' + n % 10);
    }
    return end;
}

/* Appends an integer of this magnitude; the sign is for %d. */
static void append_integer(Buffer *out, const FormatSpec *spec, uint64_t n, const char *sign)
{
    char digits[24], *end = digits + sizeof digits;
    const char *first = write_digits(end, spec->conversion, n), *prefix = sign;
    size_t length = (size_t)(end - first), zeros = 0;
    size_t least = spec->precision < 0 ? 1 : (size_t)spec->precision;
    bool alternate = spec->flags & FORMAT_ALTERNATE;
    if (alternate && spec->conversion == 'o' && least <= length) least = length + 1;
    if (alternate && n && spec->conversion == 'x') prefix = "0x";
    if (alternate && n && spec->conversion == 'X') prefix = "0X";
    if (length < least) zeros = least - length;
    if (spec->precision < 0) zeros += zeros_to_width(spec, strlen(prefix) + zeros + length);
    append_number(out, spec, prefix, first, length, zeros);
}

static const char *format_signed(Buffer *out, const FormatSpec *spec, double n)
{
    if (!(n >= -0x1p63 && n < 0x1p63)) return "not a number in proper range";
    int64_t i = (int64_t)n;
    append_integer(out, spec, i < 0 ? 0 - (uint64_t)i : (uint64_t)i, sign_of(spec, i < 0));
    return NULL;
}

static const char *format_unsigned(Buffer *out, const FormatSpec *spec, double n)
{
    if (!(n > -1 && n < 0x1p64)) return "not a non-negative number in proper range";
    append_integer(out, spec, n < 0 ? 0 : (uint64_t)n, "");
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
