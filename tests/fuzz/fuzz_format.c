/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a format of any number and any string. Input: the number's 8 bytes, the
 * format's length, the format, the string.
 */
#include "text/format.h"

#include "memory/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) abort();
}

static char *copy(const uint8_t *bytes, size_t n)
{
    char *p = malloc(n + !n);
    require(p != NULL);
    if (n) memcpy(p, bytes, n);
    return p;
}

/* One conversion; it appends at most what its width, precision or argument asks for. */
static void convert(const FormatSpec *spec, double number, const char *s, size_t n)
{
    size_t most = 512;
    Buffer out;
    buffer_init(&out, BUFFER_ROOM); /* allocates nothing, as nothing is freed here */
    switch (format_wants(spec)) {
    case FORMAT_NUMBER: format_number(&out, spec, number); break;
    case FORMAT_STRING:
        format_string(&out, spec, s, n);
        most = n + 99;
        break;
    case FORMAT_QUOTED:
        format_quoted(&out, s, n, 0, n);
        most = 4 * n + 2;
        break;
    }
    require(out.length <= most);
    buffer_check(&out);
}

static void format_all(const char *format, size_t length, double number, const char *s,
                       size_t n)
{
    Format f;
    FormatKind kind;
    format_init(&f, format, length);
    while ((kind = format_next(&f)) == FORMAT_LITERAL || kind == FORMAT_CONVERSION) {
        if (kind == FORMAT_LITERAL) {
            require(f.literal >= format && f.literal + f.literal_length <= f.end);
        } else {
            convert(&f.spec, number, s, n);
        }
    }
    if (kind == FORMAT_ERROR) require(f.error_length > 0 && f.error_length < sizeof f.error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double number;
    if (size < 9) return 0;
    mem_init();
    memcpy(&number, data, 8);
    size_t length = data[8];
    data += 9;
    size -= 9;
    if (length > size) length = size;
    char *format = copy(data, length);
    char *s = copy(data + length, size - length);
    format_all(format, length, number, s, size - length);
    free(format);
    free(s);
    return 0;
}
