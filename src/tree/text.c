/* SPDX-License-Identifier: MIT */
/*
 * Text, growing arrays, and how a chunk is called in messages.
 *
 * Main invariant: a text is as long as what was added to it, or there was no memory for all of
 * it, and that is a shortage.
 */
#include "tree/text.h"

#include <assert.h>
#include <stdio.h>

#include "memory/mem.h"
#include "tree/compile.h"

enum { TEXT_MIN = 64, ARRAY_MIN = 4 };

bool text_reserve(Text *t, size_t n)
{
    assert(t->length <= t->capacity && "a text fits its memory");
    if (t->capacity - t->length >= n) return true;
    size_t capacity = t->capacity < TEXT_MIN ? TEXT_MIN : t->capacity * 2;
    if (capacity < t->length + n) capacity = t->length + n;
    mem_count_beside(capacity);
    char *bytes = mem_try_alloc_atomic(capacity);
    if (!bytes) mem_refuse();
    if (!bytes) return false;
    if (t->length) mem_copy(bytes, t->bytes, t->length);
    t->bytes = bytes;
    t->capacity = capacity;
    return true;
}

void text_add(Text *t, const char *bytes, size_t n)
{
    if (!n || !text_reserve(t, n)) return;
    mem_copy(t->bytes + t->length, bytes, n);
    t->length += n;
}

void text_add_char_slow(Text *t, char c)
{
    if (!text_reserve(t, 1)) return;
    t->bytes[t->length++] = c;
}

void text_add_c(Text *t, const char *s) { text_add(t, s, strlen(s)); }

void text_format_args(Text *t, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n > 0 && text_reserve(t, (size_t)n + 1)) {
        vsnprintf(t->bytes + t->length, (size_t)n + 1, format, again);
        t->length += (size_t)n;
    }
    va_end(again);
}

void text_format(Text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_format_args(t, format, args);
    va_end(args);
}

bool array_room(void *array, int count, int *capacity, size_t item_size)
{
    assert(count >= 0 && count <= *capacity && "items fit the array");
    void *old, *copy;
    if (count < *capacity) return true;
    int wider = *capacity ? *capacity * 2 : ARRAY_MIN;
    compile_save_up((size_t)wider * item_size);
    bool allowed = mem_count_first((size_t)wider * item_size) || mem_short;
    copy = allowed ? mem_try_alloc((size_t)wider * item_size) : NULL;
    if (allowed && !copy) mem_refuse();
    if (!copy) compile_lacks();
    if (!copy) return false;
    memcpy(&old, array, sizeof old); /* a pointer to items of any type */
    if (count) memcpy(copy, old, (size_t)count * item_size);
    memcpy(array, &copy, sizeof copy);
    *capacity = wider;
    return true;
}

static void put(char **out, const char *bytes, size_t n)
{
    memcpy(*out, bytes, n);
    *out += n;
}

/* The end of a file name too long is what tells files apart. */
static void put_file(char **out, const char *name, size_t length)
{
    static const char dots[] = "...";
    size_t room = CHUNK_ID_MAX - 1;
    if (length > room) {
        put(out, dots, 3);
        name += length - (room - 3);
        length = room - 3;
    }
    put(out, name, length);
}

static void put_source(char **out, const char *source, size_t length)
{
    static const char before[] = "[string \"", dots[] = "...", after[] = "\"]";
    size_t room = CHUNK_ID_MAX - (sizeof before - 1) - (sizeof dots - 1) - sizeof after;
    const char *newline = memchr(source, '\n', length);
    size_t line = newline ? (size_t)(newline - source) : length;
    put(out, before, sizeof before - 1);
    put(out, source, line < room ? line : room);
    if (newline || line >= room) put(out, dots, sizeof dots - 1);
    put(out, after, sizeof after - 1);
}

/* How far to look for what ends a name: just the beginning of a text shows, of a file the end.
 */
static size_t look_at(const String *chunk_name)
{
    if (chunk_name->length < CHUNK_ID_MAX) return chunk_name->length;
    if (chunk_name->data[0] != '@') return CHUNK_ID_MAX;
    mem_work(chunk_name->length);
    return chunk_name->length;
}

void chunk_id(const String *chunk_name, char out[CHUNK_ID_MAX])
{
    const char *name = chunk_name->data;
    size_t length = strnlen(name, look_at(chunk_name));
    if (length && *name == '=') {
        put(&out, name + 1, length - 1 < CHUNK_ID_MAX - 1 ? length - 1 : CHUNK_ID_MAX - 1);
    } else if (length && *name == '@') {
        put_file(&out, name + 1, length - 1);
    } else {
        put_source(&out, name, length);
    }
    *out = 0;
}
