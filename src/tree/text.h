/* SPDX-License-Identifier: MIT */
/*
 * Text: bytes that grow at the end, for messages and for literals with escapes.
 *
 * Invariants:
 *  1. length <= capacity; bytes is NULL when capacity is 0, else collected memory. What
 *     there is no memory for is left out, which is a shortage (mem_refuse).
 *  2. The bytes stay where they are until the next addition.
 */
#ifndef MOONLET_TREE_TEXT_H
#define MOONLET_TREE_TEXT_H

#include <stdarg.h>

#include "memory/mem.h"
#include "value/string.h"

typedef struct Text {
    char *bytes;
    size_t length, capacity;
} Text;

/* Appends; amortised O(n), allocates when it has to grow. */
void text_add(Text *t, const char *bytes, size_t n);
void text_add_char_slow(Text *t, char c);
/* Makes room for n bytes behind the last. Answers false without memory, which is a shortage. */
bool text_reserve(Text *t, size_t n);
static inline bool text_room(Text *t, size_t n)
{
    return __builtin_expect(t->capacity - t->length >= n, 1) || text_reserve(t, n);
}
static inline void text_add_char(Text *t, char c)
{
    if (t->length < t->capacity)
        t->bytes[t->length++] = c;
    else
        text_add_char_slow(t, c);
}
void text_add_c(Text *t, const char *s);
__attribute__((format(printf, 2, 3), nonnull)) void text_format(Text *t, const char *format,
                                                                ...);
__attribute__((format(printf, 2, 0), nonnull(1, 2))) void text_format_args(Text *t,
                                                                           const char *format,
                                                                           va_list args);

/* The length of a piece of source as an int, for "%.*s". */
static inline int text_int(size_t n) { return n < (size_t)0x7fffffff ? (int)n : 0x7fffffff; }

/* The array at `array` has room for one more item behind `count` of them: it is itself, or a
 * copy of twice the size. Amortised O(1). Answers false without memory, which is a shortage:
 * the lexer finds no more tokens then. */
MEM_TRY bool array_room(void *array, int count, int *capacity, size_t item_size);

/* "=x" -> x, "@file" -> file (cut with ... on the left), else [string "first line..."]:
 * luaO_chunkid, LUA_IDSIZE 60. */
enum { CHUNK_ID_MAX = 60 };
void chunk_id(const String *chunk_name, char out[CHUNK_ID_MAX]);

#endif
