/* SPDX-License-Identifier: MIT */
/*
 * Buffers in which texts are built; a long one becomes a String without a copy.
 *
 * Main invariant: length <= capacity, done + capacity <= limit. After the first failure a
 * buffer stays as it is.
 */
#include "text/buffer.h"

#include "memory/mem.h"

#include <assert.h>

void buffer_init(Buffer *b, size_t limit)
{
    b->data = b->room;
    b->length = b->done = 0;
    b->limit = limit < STRING_MAX ? limit : STRING_MAX;
    b->capacity = b->limit < BUFFER_ROOM ? b->limit : BUFFER_ROOM;
    b->string = NULL;
    b->quiet = b->parted = false;
    b->part_count = 0;
    b->error = BUFFER_OK;
}

void buffer_init_parts(Buffer *b, size_t limit)
{
    buffer_init(b, limit);
    b->parted = true;
}

void buffer_init_joined(Buffer *b, size_t limit)
{
    buffer_init_parts(b, limit);
    b->quiet = true;
}

/* Nobody pays for work between these two, if the buffer is one that is quiet. */
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

/* The room that the buffer has had is given back, but it was allocated. */
static void leave_room(String *string, size_t capacity)
{
    if (!string) return;
    mem_count_beside(capacity);
    string_give_back(string, capacity);
}

/* The contents so far become a part. */
static void keep_part(Buffer *b)
{
    assert(b->part_count < BUFFER_PARTS && "each part is larger by half than all before it");
    b->string->length = b->length;
    b->parts[b->part_count++] = b->string;
    b->done += b->length;
    b->string = NULL;
    b->length = 0;
}

/* How much room to ask for: half again what there is, but no more than there may be. */
static size_t wanted_room(const Buffer *b, bool part, size_t needed, size_t room)
{
    size_t wanted = part ? buffer_length(b) / 2 : b->capacity + b->capacity / 2;
    if (part && wanted < BUFFER_PART) wanted = BUFFER_PART;
    if (wanted < needed) wanted = needed + (needed > BUFFER_PART ? needed / 16 : 0);
    if (wanted > b->limit - b->done) wanted = b->limit - b->done;
    return wanted > room - b->done ? room - b->done : wanted;
}

bool buffer_grow(Buffer *b, size_t extra)
{
    if (b->error != BUFFER_OK) return false;
    if (extra > b->limit - buffer_length(b)) return buffer_fail(b, BUFFER_TOO_LARGE);
    size_t room = mem_room_due();
    if (buffer_length(b) + extra > room) return buffer_fail(b, BUFFER_TOO_LARGE);
    if (!mem_may_take(buffer_length(b) + extra)) return buffer_fail(b, BUFFER_NO_MEMORY);
    bool part = b->parted && b->length >= BUFFER_PART && b->part_count < BUFFER_PARTS;
    if (part) keep_part(b);
    size_t needed = b->length + extra, wanted = wanted_room(b, part, needed, room);
    char *data = NULL;
    uint64_t counted = mem_count_stop();
    int64_t *meter = meter_stop(b);
    String *string = string_try_reserve(wanted, &data);
    if (!string) string = string_reserve(wanted = needed, &data);
    mem_meter = meter;
    mem_count_go_on(counted);
    if (!string) return buffer_fail(b, BUFFER_NO_MEMORY);
    if (!mem_copy_wanted(data, b->data, b->length)) {
        string_give_back(string, wanted);
        return buffer_fail(b, BUFFER_GIVEN_UP);
    }
    leave_room(b->string, b->capacity);
    b->string = string;
    b->data = data;
    b->capacity = wanted;
    return true;
}

bool buffer_append_long(Buffer *b, const char *bytes, size_t n)
{
    if (!buffer_reserve(b, n)) return false;
    if (!mem_copy_long(b->data + b->length, bytes, n)) return buffer_fail(b, BUFFER_GIVEN_UP);
    b->length += n;
    return true;
}

void buffer_cut(Buffer *b, size_t length)
{
    assert(length <= buffer_length(b) && "it is there");
    /* The last part is what is appended to, again, also if there was no room for another. */
    while (length < b->done || (b->part_count && !b->string)) {
        leave_room(b->string, b->capacity);
        b->string = b->parts[--b->part_count];
        b->length = b->capacity = b->string->length;
        b->data = (char *)b->string->data;
        b->done -= b->length;
    }
    b->length = length - b->done;
    b->error = BUFFER_OK;
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

/* Copies all that there is, and gives back each part when it has been copied; or at the end, if
 * it may give up. Then all are there, and it answers false. */
static bool move_all(Buffer *b, char *to)
{
    bool keeps = mem_look.given_up;
    for (unsigned i = 0; i < b->part_count; i++) {
        String *part = b->parts[i];
        size_t length = part->length;
        if (!mem_copy_wanted(to, part->data, length)) return false;
        to += length;
        if (!keeps) leave_room(part, length);
    }
    if (!mem_copy_wanted(to, b->data, b->length)) return false;
    for (unsigned i = 0; keeps && i < b->part_count; i++)
        leave_room(b->parts[i], b->parts[i]->length);
    leave_room(b->string, b->capacity);
    return true;
}

static inline bool move_parts(Buffer *b, char *to)
{
    if (b->part_count || b->length > MEM_LONG) return move_all(b, to);
    mem_copy(to, b->data, b->length);
    leave_room(b->string, b->capacity);
    return true;
}

static String *join_parts(Buffer *b)
{
    char *data;
    String *s = string_reserve(buffer_length(b), &data);
    if (!s || move_parts(b, data)) return s;
    string_give_back(s, s->length);
    return NULL;
}

static void begin_again(Buffer *b)
{
    bool quiet = b->quiet, parted = b->parted;
    buffer_init(b, b->limit);
    b->quiet = quiet;
    b->parted = parted;
}

String *buffer_finish(Buffer *b)
{
    if (b->error != BUFFER_OK) return NULL;
    String *result;
    if (!b->part_count && buffer_is_full_enough(b)) {
        result = b->string;
        mem_count(sizeof(String) + b->capacity);
        result->length = b->length;
    } else {
        result = join_parts(b);
        if (!result) return buffer_fail(b, BUFFER_NO_MEMORY), NULL;
    }
    begin_again(b);
    return result;
}

/* Joins it behind a string that grows, in its room if there is some. */
static String *join_behind(Buffer *b, const String *before)
{
    if (!b->part_count) return string_concat(before, b->data, b->length);
    char *data;
    size_t total = before->length + buffer_length(b), room = total + total / 4;
    String *s = string_extend(before, buffer_length(b), room, &data);
    if (!s) mem_refuse();
    return s && move_parts(b, data) ? s : NULL;
}

String *buffer_keep(Buffer *b, const String *before)
{
    b->error = BUFFER_OK;
    b->limit = STRING_MAX;
    return buffer_join(b, before, false);
}

String *buffer_join(Buffer *b, const String *before, bool whole)
{
    if (b->error != BUFFER_OK) return NULL;
    if (before && before->length + buffer_length(b) > b->limit) return NULL;
    uint64_t counted = mem_count_stop();
    int64_t *meter = meter_stop(b);
    String *s = before ? join_behind(b, before) : buffer_finish(b);
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
    assert(b->done + b->capacity <= b->limit && "the room is within the limit");
    size_t done = 0;
    for (unsigned i = 0; i < b->part_count; i++) done += b->parts[i]->length;
    assert(b->done == done && "what is done is in parts");
    assert((b->data == b->room) == !b->string && "grown buffers belong to a String");
    (void)done;
}
