/* SPDX-License-Identifier: MIT */
/*
 * Bytes: what images are written to and read from.
 *
 *   ByteSink    a growing block of malloc's; once there is no memory, or no time, `failed`, and
 *               all that follows is dropped: the writer looks at the end
 *   ByteSource  bytes from anywhere, with an end; once something does not fit, `failed`, and
 *               all that follows reads as zeros: the reader looks where it matters
 *
 * Numbers of things are LEB128 (7 bits a byte, the lowest first, at most 10 bytes), signed
 * ones zigzag (0 -1 1 -2 ...); words are little-endian on every machine.
 *
 * Invariant of a source: at <= end, and no byte at or behind `end` is read.
 */
#ifndef MOONLET_BYTES_H
#define MOONLET_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "memory/mem.h"
#include "trace/walk.h"

typedef struct ByteSink {
    uint8_t *bytes;
    size_t length, capacity, allocated; /* capacity is all of it, if there is no walk */
    bool failed;
    Walk *walk; /* it fails when this has ended, which takes a byte for each; NULL: none */
    size_t walked;
    uint64_t looked; /* at so many slots, to find out what is to be written */
} ByteSink;

/* Room for n more bytes. Answers false without memory; the sink has then failed. */
bool sink_grow(ByteSink *s, size_t n);
static inline bool sink_room(ByteSink *s, size_t n)
{
    return s->capacity - s->length >= n || sink_grow(s, n);
}
static inline void sink_byte(ByteSink *s, uint8_t b)
{
    if (sink_room(s, 1)) s->bytes[s->length++] = b;
}
static inline void sink_bytes(ByteSink *s, const void *bytes, size_t n)
{
    if (!sink_room(s, n)) return;
    if (n) mem_copy(s->bytes + s->length, bytes, n);
    s->length += n;
}
/* Where the next byte comes: who has asked for room may write there, and then says up to where
 * it has. */
static inline uint8_t *sink_at(const ByteSink *s) { return s->bytes + s->length; }
static inline void sink_is_at(ByteSink *s, const uint8_t *end)
{
    s->length = (size_t)(end - s->bytes);
}
/* Writes a number, at most NUMBER_MAX bytes. Gives where it ends. */
enum { NUMBER_MAX = 10 };
static inline uint8_t *number_put_long(uint8_t *to, uint64_t n)
{
    for (; n >= 0x80; n >>= 7) *to++ = (uint8_t)(n | 0x80);
    *to++ = (uint8_t)n;
    return to;
}
static inline uint8_t *number_put(uint8_t *to, uint64_t n)
{
    if (n >= 0x4000) return number_put_long(to, n);
    bool more = n >= 0x80;
    to[0] = (uint8_t)(n | (unsigned)more << 7);
    to[1] = (uint8_t)(n >> 7); /* what comes next is written over it, if there is no more */
    return to + 1 + more;
}
/* A signed number is written as this one. */
static inline uint64_t number_of_signed(int64_t n)
{
    return (uint64_t)n << 1 ^ (uint64_t)(n >> 63);
}
static inline void sink_number(ByteSink *s, uint64_t n)
{
    if (sink_room(s, NUMBER_MAX)) sink_is_at(s, number_put(sink_at(s), n));
}
static inline void sink_signed(ByteSink *s, int64_t n) { sink_number(s, number_of_signed(n)); }
static inline void sink_word(ByteSink *s, uint64_t w)
{
    if (!sink_room(s, 8)) return;
    w = htole64(w);
    memcpy(s->bytes + s->length, &w, 8);
    s->length += 8;
}
/* Gives back what is reserved behind the bytes, if that is much: nothing more will come. */
void sink_trim(ByteSink *s);
void sink_free(ByteSink *s);

typedef struct ByteSource {
    const uint8_t *at, *end;
    bool failed;
} ByteSource;

/* The fuzzers of images want to know where each field begins and ends. */
#ifdef MOONLET_SEE_FIELDS
typedef enum SourceField { FIELD_BYTE, FIELD_NUMBER, FIELD_WORD, FIELD_BYTES } SourceField;
extern void (*source_seen)(SourceField field, const uint8_t *from, const uint8_t *to);
#define SOURCE_SEEN(field_, from_, to_) \
    (source_seen ? source_seen(field_, from_, to_) : (void)0)
#define SOURCE_IS_SEEN (source_seen != NULL)
#else
#define SOURCE_SEEN(field_, from_, to_) ((void)0)
#define SOURCE_IS_SEEN false
#endif

static inline size_t source_left(const ByteSource *s) { return (size_t)(s->end - s->at); }
/* Nothing is left, and no more is read. */
void source_fail(ByteSource *s);
static inline uint8_t source_byte(ByteSource *s)
{
    SOURCE_SEEN(FIELD_BYTE, s->at, s->at + 1);
    if (s->at < s->end) return *s->at++;
    source_fail(s);
    return 0;
}
uint64_t source_number_slow(ByteSource *s);
static inline uint64_t source_number(ByteSource *s)
{
    const uint8_t *at = s->at;
    if (at < s->end && *at < 0x80) {
        SOURCE_SEEN(FIELD_NUMBER, at, at + 1);
        s->at = at + 1;
        return *at;
    }
    if (source_left(s) > 1 && at[1] - 1u < 0x7f) { /* two bytes, the other of which is not 0 */
        SOURCE_SEEN(FIELD_NUMBER, at, at + 2);
        s->at = at + 2;
        return (at[0] & 0x7fu) | (uint64_t)at[1] << 7;
    }
    return source_number_slow(s);
}
static inline int64_t source_signed(ByteSource *s)
{
    uint64_t n = source_number(s);
    return (int64_t)(n >> 1 ^ -(n & 1));
}
/* A number of things that take at least so many bytes each: no more than can follow. */
static inline size_t source_count(ByteSource *s, size_t bytes_each)
{
    uint64_t n = source_number(s);
    if (n <= source_left(s) / bytes_each) return (size_t)n;
    source_fail(s);
    return 0;
}
static inline uint64_t source_word(ByteSource *s)
{
    uint64_t w = 0;
    if (source_left(s) < 8) {
        source_fail(s);
        return 0;
    }
    SOURCE_SEEN(FIELD_WORD, s->at, s->at + 8);
    memcpy(&w, s->at, 8);
    s->at += 8;
    return le64toh(w);
}
/* Takes the next n bytes, in place. Answers NULL if there are not as many. */
static inline const uint8_t *source_bytes(ByteSource *s, size_t n)
{
    const uint8_t *p = s->at;
    if (source_left(s) < n) {
        source_fail(s);
        return NULL;
    }
    SOURCE_SEEN(FIELD_BYTES, p, p + n);
    s->at += n;
    return p;
}

#endif
