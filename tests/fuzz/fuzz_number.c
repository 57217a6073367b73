/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a number's text, and any number as a text, against C's own functions. Input:
 * a number's 8 bytes, 4 bytes that choose a conversion of string.format, the text.
 */
#include "syntax/lexer.h"
#include "text/format.h"
#include "value/number.h"

#include <ctype.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The back-end for fuzzing gives no memory back: then it is time for a new process. */
static const uint64_t bytes_max = (uint64_t)1 << 30;

enum { HEAD = 12, TEXT_MAX = 512 };

static void require(bool condition)
{
    if (!condition) abort();
}

static bool same(double a, double b)
{
    return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0;
}

/* Texts to numbers --------------------------------------------------------------------- */

/* What lua_str2number is in PUC Lua. */
static bool reference_parse(const char *text, size_t length, double *out)
{
    char *end;
    if (strpbrk(text, "nN")) return false;
    *out = strtod(text, &end);
    if (end == text) return false;
    while (isspace((unsigned char)*end)) end++;
    return end == text + length;
}

/* An integer in a base, where it is below 2^53. */
static void check_base(const char *text, size_t length, int base)
{
    char *end;
    double d;
    if (!number_parse_base(text, length, base, &d) || fabs(d) >= 9007199254740992.0) return;
    require(d == (double)strtoll(text, &end, base) || length > 60);
}

static void check_parse(const char *text, size_t length)
{
    double expected, got;
    bool is_one = reference_parse(text, length, &expected);
    require(number_parse(text, length, &got) == is_one);
    require(!is_one || same(got, expected));
}

/* A number's token is all of what C reads, and is followed by no more of it. */
static void check_token(const char *text, size_t length)
{
    Lexer l;
    double expected;
    lexer_init(&l, text, length, string_intern("=n", 2));
    lexer_next(&l);
    if (l.failed || l.token.kind != TK_NUMBER) return;
    char spelled[TEXT_MAX + 1];
    require(l.text_length > 0 && l.text_length <= length);
    memcpy(spelled, l.text, l.text_length);
    spelled[l.text_length] = 0;
    require(reference_parse(spelled, l.text_length, &expected));
    require(same(l.token.u.number, expected));
    require(l.at == l.end || (!isxdigit((unsigned char)*l.at) && *l.at != '.'));
}

/* Numbers to texts --------------------------------------------------------------------- */

static void check_tostring(double d)
{
    char got[NUMBER_TEXT_MAX], expected[64];
    size_t length = number_format(d, got);
    require(length < NUMBER_TEXT_MAX && got[length] == 0);
    snprintf(expected, sizeof expected, "%.14g", d);
    require(strcmp(got, expected) == 0);
    double back;
    snprintf(expected, sizeof expected, "%.17g", d);
    if (isfinite(d)) require(number_parse(expected, strlen(expected), &back) && same(back, d));
}

/* %e %f %g %a and their like, with flags, width and precision, as printf has them. */
static void check_format(double d, const uint8_t choice[4])
{
    static const char conversions[] = "eEfgGaA", flags[] = "-+ #0";
    char text[32] = "%", expected[1024];
    size_t n = 1;
    for (int i = 0; i < 5; i++)
        if (choice[0] >> i & 1) text[n++] = flags[i];
    if (choice[1] < 200) n += (size_t)sprintf(text + n, "%d", 1 + choice[1] % 99);
    if (choice[2] < 200) n += (size_t)sprintf(text + n, ".%d", choice[2] % 100);
    text[n++] = conversions[choice[3] % (sizeof conversions - 1)];
    text[n] = 0;
    Format f;
    Buffer out;
    format_init(&f, text, n);
    require(format_next(&f) == FORMAT_CONVERSION && format_wants(&f.spec) == FORMAT_NUMBER);
    buffer_init(&out, BUFFER_ROOM);
    require(!format_number(&out, &f.spec, d));
    snprintf(expected, sizeof expected, text, d);
    require(out.length == strlen(expected) && memcmp(out.data, expected, out.length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double d;
    if (mem_bytes_total() > bytes_max) return raise(SIGUSR1), 0;
    if (size < HEAD || size > HEAD + TEXT_MAX) return 0;
    mem_init();
    memcpy(&d, data, 8);
    if (isnan(d)) d = signbit(d) ? -NAN : NAN;
    size_t length = size - HEAD;
    char *text = malloc(length + 1);
    require(text != NULL);
    memcpy(text, data + HEAD, length);
    text[length] = 0;
    check_parse(text, length);
    check_base(text, length, 2 + data[8] % 35);
    check_token(text, length);
    check_tostring(d);
    check_format(d, data + 8);
    free(text);
    return 0;
}
