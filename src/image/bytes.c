/* SPDX-License-Identifier: MIT */
/* The rare parts of reading and writing bytes: growing, long numbers, failing. See bytes.h
 * for the invariants. */
#include "image/bytes.h"

#include <stdlib.h>
#include <sys/mman.h>

/* What is written once from end to end is best in large pages, where the system has them: each
 * fresh small one costs as much as writing some thousand bytes. */
enum { LARGE_PAGE = 2 << 20 };
/* Bytes after which a walk is asked; some that count as a value of it. */
enum { WALK_EVERY = 1 << 16, BYTES_A_NODE = 16 };

static void want_large_pages(uint8_t *bytes, size_t size)
{
#ifdef MADV_HUGEPAGE
    if (size < 2 * LARGE_PAGE) return;
    uintptr_t from = ((uintptr_t)bytes + LARGE_PAGE - 1) & ~((uintptr_t)LARGE_PAGE - 1);
    uintptr_t to = ((uintptr_t)bytes + size) & ~((uintptr_t)LARGE_PAGE - 1);
    madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
    (void)bytes, (void)size;
#endif
}

/* The bytes in a block of another size, or NULL where there is no memory, and they stay where
 * they are. To copy them into large pages costs less than the small ones that moving them would
 * need. */
static uint8_t *resized(const ByteSink *s, size_t capacity)
{
    if (capacity < 2 * LARGE_PAGE) return realloc(s->bytes, capacity);
    uint8_t *bytes = malloc(capacity);
    if (!bytes) return realloc(s->bytes, capacity);
    want_large_pages(bytes, capacity);
    if (s->length) mem_copy(bytes, s->bytes, s->length);
    free(s->bytes);
    return bytes;
}

static bool fail(ByteSink *s)
{
    s->failed = true;
    s->capacity = s->length; /* so that whatever follows comes here again */
    return false;
}

/* Whether the walk goes on, which is told of each byte once: some may have been taken back
 * since.
 */
static bool walk_on(ByteSink *s)
{
    size_t bytes = s->length > s->walked ? s->length - s->walked : 0;
    s->walked += bytes;
    return walk_take(s->walk, 1 + bytes / BYTES_A_NODE, bytes);
}

/* What is large grows by much more, where there is address space: to copy it costs more than
 * pages that nobody has written to. */
static bool allocate(ByteSink *s, size_t n)
{
    size_t capacity = s->allocated ? s->allocated : 256;
    while (capacity - s->length < n) capacity *= 2;
    size_t roomy = capacity < 2 * LARGE_PAGE ? capacity : 16 * capacity;
    uint8_t *bytes = resized(s, roomy);
    if (bytes)
        capacity = roomy;
    else if (roomy > capacity)
        bytes = resized(s, capacity);
    if (!bytes) return false;
    s->bytes = bytes;
    s->allocated = capacity;
    return true;
}

bool sink_grow(ByteSink *s, size_t n)
{
    if (s->failed || n > SIZE_MAX / 4 - s->length) return fail(s);
    if (s->walk && !walk_on(s)) return fail(s);
    if (s->allocated - s->length < n && !allocate(s, n)) return fail(s);
    s->capacity = s->allocated;
    if (s->walk && s->capacity - s->length > n + WALK_EVERY)
        s->capacity = s->length + n + WALK_EVERY;
    return true;
}

void sink_trim(ByteSink *s)
{
    if (s->allocated < 2 * LARGE_PAGE) return;
    uint8_t *bytes = realloc(s->bytes, s->length);
    if (!bytes) return;
    s->bytes = bytes;
    s->capacity = s->allocated = s->length;
}

void sink_free(ByteSink *s)
{
    free(s->bytes);
    *s = (ByteSink){0};
}

#ifdef MOONLET_SEE_FIELDS
void (*source_seen)(SourceField field, const uint8_t *from, const uint8_t *to);
#endif

void source_fail(ByteSource *s)
{
    s->failed = true;
    s->at = s->end;
}

uint64_t source_number_slow(ByteSource *s)
{
    uint64_t n = 0;
    const uint8_t *from = s->at;
    (void)from;
    for (unsigned shift = 0; shift < 64 && s->at < s->end; shift += 7) {
        uint8_t b = *s->at++;
        if (shift == 63 && b > 1) break; /* more than 64 bits */
        n |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            if (b == 0 && shift > 0) break; /* not the one way to write it */
            SOURCE_SEEN(FIELD_NUMBER, from, s->at);
            return n;
        }
    }
    source_fail(s);
    return 0;
}
