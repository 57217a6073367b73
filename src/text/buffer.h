/* SPDX-License-Identifier: MIT */
/*
 * Buffer: bytes that grow until they become a String.
 *
 *   small:  data -> room inside the Buffer itself      no allocation at all
 *   grown:  data -> bytes of a String in the making    buffer_finish gives just it
 *   parted: the same; what came before it lies in parts, each of a megabyte or more:
 *           [ part | part | ... ] data                 buffer_finish copies them to one String
 *
 * A Buffer lives in a C variable of the function that fills it. It points into
 * itself, so it is not copied or moved, and it does not outlive the call: what has
 * to survive a call of Lua in between (gsub with a function) goes into a String on
 * the Lua stack by string_concat, which is safe when two forks go on from there.
 *
 * To grow is to copy: then there are for a moment the old room, the new one and what earlier
 * ones have left, some four times as much as the text. In parts it is never more than twice as
 * much, which is what those are promised who limit memory.
 *
 * Invariants (buffer_check):
 *  1. length <= capacity, done + capacity <= limit; done is the sum of what is in parts.
 *  2. data is the inline room exactly when string is NULL.
 *  3. once error is set, nothing is appended any more and finish answers NULL.
 *
 * Appending is amortised O(bytes). A limit (the longest result the caller allows)
 * or a lack of memory is reported, never fatal; callers may ignore the answers of
 * the appends and look at buffer_finish or `error` once at the end.
 */
#ifndef MOONLET_BUFFER_H
#define MOONLET_BUFFER_H

#include "value/string.h"

enum { BUFFER_ROOM = 512, BUFFER_PART = 1 << 20, BUFFER_PARTS = 24 };

typedef enum BufferError {
    BUFFER_OK,
    BUFFER_TOO_LARGE, /* the limit: Lua says "resulting string too large" */
    BUFFER_NO_MEMORY, /* Lua says "not enough memory" */
    BUFFER_GIVEN_UP   /* see mem_gives_up */
} BufferError;

typedef struct Buffer {
    char *data;
    size_t length; /* of what is at data */
    size_t capacity;
    size_t limit;
    size_t done;    /* bytes before that, in parts */
    String *string; /* not yet seen by anyone */
    bool quiet;     /* its maker pays for the work: by what is appended */
    bool parted;    /* it may have parts */
    uint8_t part_count;
    BufferError error;
    String
        *parts[BUFFER_PARTS]; /* each is 1 / 2 of what was before it, at least, or a megabyte */
    char room[BUFFER_ROOM];
} Buffer;

/* An empty buffer for at most `limit` bytes (at most STRING_MAX). O(1). */
void buffer_init(Buffer *b, size_t limit);
/* Makes a buffer like buffer_init, for what may become large: it is in parts, and its text is
 * not at data. */
void buffer_init_parts(Buffer *b, size_t limit);
/* Makes a buffer like buffer_init_parts, for a result that may be put together of parts
 * (buffer_join). What it costs to grow such a buffer depends on where a run was paused. So it
 * is not charged (mem_work), but for `whole`. */
void buffer_init_joined(Buffer *b, size_t limit);

/* All that was appended. */
static inline size_t buffer_length(const Buffer *b) { return b->done + b->length; }

/* Makes room for `extra` bytes more: exactly so many when the buffer is small against them,
 * else half again what there is. Answers false, and sets error, if it cannot. */
bool buffer_grow(Buffer *b, size_t extra);
static inline bool buffer_reserve(Buffer *b, size_t extra)
{
    return extra <= b->capacity - b->length ? b->error == BUFFER_OK : buffer_grow(b, extra);
}

bool buffer_append_long(Buffer *b, const char *bytes, size_t n);
static inline bool buffer_append(Buffer *b, const char *bytes, size_t n)
{
    if (__builtin_expect(n > MEM_LONG, 0)) return buffer_append_long(b, bytes, n);
    if (!buffer_reserve(b, n)) return false;
    if (n) mem_copy(b->data + b->length, bytes, n);
    b->length += n;
    return true;
}

static inline bool buffer_append_char(Buffer *b, char c)
{
    if (!buffer_reserve(b, 1)) return false;
    b->data[b->length++] = c;
    return true;
}

/* n times the byte c. */
bool buffer_append_repeated(Buffer *b, char c, size_t n);
/* A NUL-terminated text. */
bool buffer_append_text(Buffer *b, const char *text);
/* A count or position in decimal. */
bool buffer_append_integer(Buffer *b, int64_t n);

/* Forgets all that was appended since it was so long. The error is forgotten, too. */
void buffer_cut(Buffer *b, size_t length);

/* Forgets the contents of a buffer without parts, keeps the room; error stays. */
static inline void buffer_clear(Buffer *b) { b->length = 0; }

/* The contents as a String: a large one without copying, unless more than a quarter of its
 * room would be wasted. The buffer is empty afterwards, ready for the next result. Answers
 * NULL if something could not be appended (see error). */
String *buffer_finish(Buffer *b);

/* Joins `before`, a part that is made already or NULL, and the contents behind it. A run may
 * be paused anywhere, and that must not matter. So the room that the buffer has had counts
 * only beside what was allocated, and parts do so, too. Only a `whole` result counts as
 * allocated, twice if the buffer had to grow. Answers NULL if there is no room. */
String *buffer_join(Buffer *b, const String *before, bool whole);

/* Joins them like buffer_join, where the buffer has had no room, or the result has none: for
 * what must not be lost. The limits do not hold. Answers NULL if there is no memory. */
String *buffer_keep(Buffer *b, const String *before);

void buffer_check(const Buffer *b);

#endif
