/* SPDX-License-Identifier: MIT */
/*
 * Buffers in which texts are built; a long one becomes a String without a copy.
 *
 * Main invariant: length <= capacity <= limit. After the first failure a buffer stays as it
 * is.
 */
#include "text/buffer.h"

#include "mem.h"

#include <assert.h>

void buffer_init(Buffer *b, size_t limit)
{
    b->data = b->room;
    b->length = 0;
    b->limit = limit < STRING_MAX ? limit : STRING_MAX;
    b->capacity = b->limit < BUFFER_ROOM ? b->limit : BUFFER_ROOM;
    b->string = NULL;
    b->quiet = false;
    b->error = BUFFER_OK;
}

void buffer_init_parts(Buffer *b, size_t limit)
{
    buffer_init(b, limit);
    b->quiet = true;
}

/* Between the two nobody pays for work, if the buffer is one that is quiet. */
static int64_t *meter_stop(const Buffer *b)
{
    int64_t *meter = mem_meter;
    if (b->quiet) mem_meter = NULL;
    return meter;
}

static bool buffer_fail(Buffer *b, BufferError error)
{
    if (b->error == BUFFER_OK) b->error = error;
    return false;
}

/* The room that the buffer has is garbage from now on. */
static void leave_room(const Buffer *b)
{
    if (b->string) mem_count_beside(b->capacity);
}

bool buffer_grow(Buffer *b, size_t extra)
{
    if (b->error != BUFFER_OK) return false;
    if (extra > b->limit - b->length) return buffer_fail(b, BUFFER_TOO_LARGE);
    leave_room(b);
    size_t needed = b->length + extra, room = mem_room();
    if (needed > room) return buffer_fail(b, BUFFER_TOO_LARGE);
    size_t wanted = b->capacity + b->capacity / 2;
    if (wanted < needed) wanted = needed;
    if (wanted > b->limit) wanted = b->limit;
    if (wanted > room) wanted = room;
    char *data = NULL;
    uint64_t counted = mem_count_stop();
    int64_t *meter = meter_stop(b);
    String *string = string_try_reserve(wanted, &data);
    if (!string) string = string_reserve(wanted = needed, &data);
    mem_meter = meter;
    mem_count_go_on(counted);
    if (!string) return buffer_fail(b, BUFFER_NO_MEMORY);
    memcpy(data, b->data, b->length);
    b->string = string;
    b->data = data;
    b->capacity = wanted;
    return true;
}

bool buffer_append_repeated(Buffer *b, char c, size_t n)
{
    if (!buffer_reserve(b, n)) return false;
    memset(b->data + b->length, c, n);
    b->length += n;
    return true;
}

bool buffer_append_text(Buffer *b, const char *text)
{
    return buffer_append(b, text, strlen(text));
}

bool buffer_append_integer(Buffer *b, int64_t n)
{
    char digits[20];
    char *first = digits + sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        *--first = (char)('0' + rest % 10);
    } while ((rest /= 10) != 0);
    if (n < 0) *--first = '-';
    return buffer_append(b, first, (size_t)(digits + sizeof digits - first));
}

/* True when the String in the making can be handed out as it is. */
static bool buffer_is_full_enough(const Buffer *b)
{
    return b->string && b->length >= b->capacity - b->capacity / 4;
}

String *buffer_finish(Buffer *b)
{
    if (b->error != BUFFER_OK) return NULL;
    String *result;
    if (buffer_is_full_enough(b)) {
        result = b->string;
        mem_count(sizeof(String) + b->capacity);
        result->length = b->length;
    } else {
        leave_room(b);
        result = string_new(b->data, b->length);
        if (!result) return buffer_fail(b, BUFFER_NO_MEMORY), NULL;
    }
    bool quiet = b->quiet;
    buffer_init(b, b->limit);
    b->quiet = quiet;
    return result;
}

String *buffer_join(Buffer *b, const String *before, bool whole)
{
    if (b->error != BUFFER_OK) return NULL;
    if (before && before->length + b->length > b->limit) return NULL;
    uint64_t counted = mem_count_stop();
    int64_t *meter = meter_stop(b);
    String *s = before ? string_concat(before, b->data, b->length) : buffer_finish(b);
    mem_meter = meter;
    mem_count_go_on(counted);
    bool moved = before && s && s->data != before->data;
    if (moved) mem_count_beside(before->length); /* which is garbage now */
    if (s && whole) {
        mem_work(s->length);
        mem_count(sizeof(String) + s->length + (s->length > BUFFER_ROOM ? s->length : 0));
    }
    return s;
}

void buffer_check(const Buffer *b)
{
    assert(b->length <= b->capacity && "contents fit in the room");
    assert(b->capacity <= b->limit && "the room is within the limit");
    assert((b->data == b->room) == !b->string && "grown buffers belong to a String");
    (void)b;
}
