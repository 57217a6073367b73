/* SPDX-License-Identifier: MIT */
/*
 * Strings: their bytes, the appendable buffer, hash and order; see string.h.
 *
 * Main invariant: bytes that a String has are never written again. Only the room before and
 * behind the used part of a buffer is, by the one who has claimed it.
 */
#include "value/string.h"

#include "memory/mem.h"

#include <pthread.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    APPEND_MIN = 256 /* shorter results of concatenation are plain strings */
};
/* An append copies all when another got the room: who makes a long string pays for a part of
 * that, the same always. Strings that long are not compared when their hashes differ. */
enum { COPY_MANY = 1 << 18, COPY_PART = 64, HASH_FIRST = 4096 };

typedef struct Buffer {
    size_t first, used; /* where what is used begins and ends; claimed by compare-and-swap */
    size_t capacity;
    size_t terminated; /* where what has a zero behind it ends, with that; 0: nothing has */
    char bytes[];
} Buffer;

typedef struct LongString {
    String s;
    Buffer *buffer; /* what s.data points into; collected heap objects must see its head */
} LongString;

String *string_try_reserve(size_t length, char **data)
{
    if (length > STRING_MAX) return NULL;
    size_t size = sizeof(String) + length; /* and a byte that is not counted */
    if (!mem_may_take(size)) return NULL;
    String *s =
        size < MEM_SMALL_MAX ? mem_new_atomic(size + 1) : mem_try_alloc_atomic(size + 1);
    if (!s) return NULL;
    mem_count(size);
    mem_work(length);
    object_init(&s->h, OBJ_STRING, 0);
    s->length = length;
    s->data = *data = (char *)(s + 1);
    return s;
}

String *string_reserve(size_t length, char **data)
{
    String *s = string_try_reserve(length, data);
    if (!s) mem_refuse();
    return s;
}

void string_give_back(String *s, size_t length)
{
    size_t size = sizeof(String) + length + 1;
    if (size > MEM_SMALL_MAX) mem_free(s, size); /* else it is in no free list */
}

String *string_new(const char *bytes, size_t length)
{
    char *data;
    String *s = string_reserve(length, &data);
    if (s && length && !mem_copy_wanted(data, bytes, length))
        return string_give_back(s, length), NULL;
    return s;
}

String *string_from_c(const char *text) { return string_new(text, strlen(text)); }

/* ---- concatenation ---- */

/* The String of so many bytes in the buffer, from data on. */
static String *long_new(Buffer *buffer, char *data, size_t length)
{
    LongString *l = mem_new(sizeof(LongString));
    object_init(&l->s.h, OBJ_STRING, 0);
    l->s.h.flags = STRING_LONG;
    l->s.length = length;
    l->s.data = data;
    l->buffer = buffer;
    return &l->s;
}

static bool claim(size_t *border, size_t from, size_t to)
{
    return from == to || __atomic_compare_exchange_n(border, &from, to, false, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED);
}

/* Where in the buffer the string begins, or SIZE_MAX: it may be moved to another one meanwhile
 * (string_terminated). */
static size_t place_in(const Buffer *buffer, const String *a)
{
    uintptr_t at = (uintptr_t)__atomic_load_n(&a->data, __ATOMIC_ACQUIRE);
    size_t place = at - (uintptr_t)buffer->bytes;
    return place <= buffer->capacity && a->length <= buffer->capacity - place ? place
                                                                              : SIZE_MAX;
}

/* Claims the room around a, if a begins and ends where the used part does and there is room.
 * Gives where a is, or NULL. */
static char *claim_room(const String *a, size_t before, size_t after, Buffer **in)
{
    if (!(a->h.flags & STRING_LONG)) return NULL;
    Buffer *buffer = *in = __atomic_load_n(&((const LongString *)a)->buffer, __ATOMIC_ACQUIRE);
    size_t place = place_in(buffer, a);
    if (place == SIZE_MAX || before > place) return NULL;
    size_t end = place + a->length;
    if (after > buffer->capacity - end) return NULL;
    bool claimed =
        claim(&buffer->used, end, end + after) && claim(&buffer->first, place, place - before);
    return claimed ? buffer->bytes + place : NULL;
}

static void buffer_give_back(Buffer *buffer)
{
    size_t size = sizeof(Buffer) + buffer->capacity;
    if (size > MEM_SMALL_MAX) mem_free(buffer, size); /* else it is in no free list */
}

/* How much room a text gets that grows for the first time: a quarter, but of some KB no more
 * than to the end of the page that it would end in. */
static size_t first_room(size_t total)
{
    enum { PAGE = 4096, BLOCK_HEAD = 16, LONG = 4 * PAGE };
    size_t whole = sizeof(Buffer) + total + BLOCK_HEAD;
    size_t rest = (PAGE - whole % PAGE) % PAGE;
    bool wants_page = total > PAGE / 2 && total < LONG && rest < total / 4;
    return wants_page ? rest : total / 4;
}

/* A buffer with a in it, and room where it grows: little when a is met for the first time, as
 * much as there is when it has grown before. So it takes at most twice what is counted. Gives
 * where a is, or NULL. */
static char *buffer_around(const String *a, size_t before, size_t after, Buffer **in)
{
    size_t total = before + a->length + after;
    size_t room = a->h.flags & STRING_LONG ? total : first_room(total);
    if (!mem_may_take(total)) return NULL;
    if (before && after) room /= 2;
    size_t front = before ? room : 0, back = after ? room : 0;
    Buffer *buffer = mem_try_alloc_atomic(sizeof(Buffer) + front + total + back);
    if (!buffer && room)
        buffer = mem_try_alloc_atomic(sizeof(Buffer) + total + (front = back = 0));
    if (!buffer) return NULL;
    *buffer = (Buffer){front, front + total, front + total + back, 0};
    *in = buffer;
    char *at = buffer->bytes + front + before;
    if (mem_copy_wanted(at, a->data, a->length)) return at;
    buffer_give_back(buffer);
    return NULL;
}

static String *join_short(const char *a, size_t n, const char *b, size_t m)
{
    char *data;
    String *s = string_reserve(n + m, &data);
    if (!s) return NULL;
    if (n) mem_copy(data, a, n);
    if (m) mem_copy(data + n, b, m);
    return s;
}

String *string_surround(const char *before, size_t n, const String *a, const char *after,
                        size_t m)
{
    if (!a) return NULL;
    bool fits = m <= STRING_MAX - a->length && n <= STRING_MAX - a->length - m;
    if (!fits) mem_refuse();
    if (!fits) return NULL;
    size_t total = n + a->length + m;
    Buffer *buffer;
    char *at = claim_room(a, n, m, &buffer);
    if (!at) at = buffer_around(a, n, m, &buffer);
    if (!at) mem_refuse();
    if (!at) return NULL;
    mem_count(sizeof(LongString) + total); /* whoever got the room */
    mem_work(n + m);
    if (total >= COPY_MANY) mem_work(total / COPY_PART);
    if (n) mem_copy(at - n, before, n);
    if (m) mem_copy(at + a->length, after, m);
    return long_new(buffer, at - n, total);
}

String *string_concat(const String *a, const char *bytes, size_t length)
{
    if (a && length < APPEND_MIN && a->length + length < APPEND_MIN)
        return join_short(a->data, a->length, bytes, length);
    return string_surround(NULL, 0, a, bytes, length);
}

/* ---- in pieces ---- */

static Buffer *buffer_with_room(size_t room)
{
    if (!mem_may_take(room)) return NULL;
    Buffer *buffer = mem_try_alloc_atomic(sizeof(Buffer) + room);
    if (buffer) *buffer = (Buffer){.capacity = room};
    return buffer;
}

String *string_begin(size_t room)
{
    Buffer *buffer = buffer_with_room(room);
    return buffer ? long_new(buffer, buffer->bytes, 0) : NULL;
}

String *string_extend(const String *a, size_t more, size_t room, char **data)
{
    size_t total = a->length + more;
    Buffer *buffer;
    char *at = claim_room(a, 0, more, &buffer);
    if (!at && (buffer = buffer_with_room(room > total ? room : total))) {
        at = buffer->bytes;
        if (a->length && !mem_copy_wanted(at, a->data, a->length))
            return buffer_give_back(buffer), NULL;
        buffer->used = total;
        mem_count_beside(buffer->capacity);
    }
    if (!at) return NULL;
    mem_work(more);
    *data = at + a->length;
    return long_new(buffer, at, total);
}

/* ---- for C ---- */

/* Writes the same wherever it is called. */
static void put_zero(const char *end)
{
    if (__atomic_load_n(end, __ATOMIC_RELAXED))
        __atomic_store_n((char *)end, 0, __ATOMIC_RELAXED);
}

/* Whether the byte behind the string is a zero for ever: claimed now, or before. Another
 * string's byte there is not looked at: whoever has claimed it may not have written it yet. */
static bool has_zero(const String *s, Buffer *buffer)
{
    size_t place = place_in(buffer, s);
    if (place == SIZE_MAX) return false;
    size_t end = place + s->length;
    if (__atomic_load_n(&buffer->terminated, __ATOMIC_ACQUIRE) == end + 1) return true;
    if (!claim_room(s, 0, 1, &buffer)) return false;
    buffer->bytes[end] = 0;
    __atomic_store_n(&buffer->terminated, end + 1, __ATOMIC_RELEASE);
    return true;
}

const char *string_terminated(const String *s)
{
    if (!(s->h.flags & STRING_LONG)) {
        put_zero(s->data + s->length);
        return s->data;
    }
    LongString *l = (LongString *)s;
    if (has_zero(s, l->buffer)) return s->data;
    size_t size = s->length + 1;
    Buffer *buffer = mem_try_alloc_atomic(sizeof(Buffer) + size);
    if (!buffer) mem_refuse();
    if (!buffer) return NULL;
    *buffer = (Buffer){0, size, size, size};
    mem_copy(buffer->bytes, s->data, s->length);
    buffer->bytes[s->length] = 0;
    __atomic_store_n(&l->buffer, buffer, __ATOMIC_RELEASE); /* others may have either */
    __atomic_store_n(&l->s.data, buffer->bytes, __ATOMIC_RELEASE);
    return buffer->bytes;
}

void string_blocks(const String *s, MemBlockFn *fn, void *context)
{
    if (!(s->h.flags & STRING_LONG)) {
        fn(context, s, sizeof(String) + s->length);
        return;
    }
    const Buffer *buffer = ((const LongString *)s)->buffer;
    fn(context, s, sizeof(LongString));
    fn(context, buffer, sizeof(Buffer) + buffer->capacity);
}

/* ---- hash and comparison ---- */

static uint64_t hash_seed = 0x6d6f6f6e6c6574;
static bool seed_in_use;

bool string_seed(uint64_t seed)
{
    if (__atomic_load_n(&seed_in_use, __ATOMIC_RELAXED)) return false;
    hash_seed = seed;
    return true;
}

static String **no_memory; /* a root */

uint64_t string_seed_in_use(void) { return hash_seed; }

String *string_no_memory(void) { return *no_memory; }

static void make_no_memory(void)
{
    no_memory = mem_alloc_root(sizeof *no_memory);
    *no_memory = string_from_c("not enough memory");
    string_hash(*no_memory);
}

void string_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    __atomic_store_n(&seed_in_use, true, __ATOMIC_RELAXED);
    string_interned_init();
    pthread_once(&once, make_no_memory);
}

uint32_t string_hash_bytes(const char *bytes, size_t length)
{
    uint32_t h = (uint32_t)XXH3_64bits_withSeed(bytes, length, hash_seed);
    return h ? h : 1;
}

uint32_t string_hash_compute(const String *s)
{
    uint32_t h = string_hash_bytes(s->data, s->length);
    __atomic_store_n(&((String *)s)->h.id_low, h, __ATOMIC_RELAXED);
    return h;
}

/* Compares as memcmp does; paid for as far as they are equal. */
static int compare_bytes(const char *a, const char *b, size_t n)
{
    enum { PIECE = STRING_PAID };
    for (; n > PIECE; a += PIECE, b += PIECE, n -= PIECE) {
        int order = memcmp(a, b, PIECE);
        if (order) return order;
        mem_work(PIECE);
    }
    return n ? memcmp(a, b, n) : 0;
}

bool string_equal_slow(const String *a, const String *b)
{
    if (a->length != b->length) return false;
    if (a->length >= HASH_FIRST) {
        if (string_hash(a) != string_hash(b)) return false;
    } else {
        uint32_t ha = string_hash_known(a), hb = string_hash_known(b);
        if (ha && hb && ha != hb) return false;
    }
    return compare_bytes(a->data, b->data, a->length) == 0;
}

static bool collates; /* has os.setlocale set another order than that of the bytes? */

void string_use_locale(bool on) { __atomic_store_n(&collates, on, __ATOMIC_RELAXED); }

/* A copy that ends in a NUL, for strcoll, or NULL where there is no memory. */
static char *c_copy(const String *s)
{
    char *copy = mem_try_alloc_atomic(s->length + 1);
    if (!copy) mem_refuse();
    if (!copy) return NULL;
    mem_work(s->length);
    mem_copy(copy, s->data, s->length);
    copy[s->length] = 0;
    return copy;
}

/* Compares by strcoll, piece by piece between NULs as PUC Lua does it. */
static int compare_locale(const String *a, const String *b)
{
    const char *x = c_copy(a), *y = c_copy(b);
    if (!x || !y) return 0; /* an error follows */
    const char *x_end = x + a->length, *y_end = y + b->length;
    for (;;) {
        int order = strcoll(x, y);
        if (order) return order < 0 ? -1 : 1;
        x += strlen(x);
        y += strlen(y);
        if (y == y_end) return x != x_end;
        if (x == x_end) return -1;
        x++, y++;
    }
}

int string_compare(const String *a, const String *b)
{
    if (a == b) {
        string_pay_equal(a);
        return 0;
    }
    if (__atomic_load_n(&collates, __ATOMIC_RELAXED)) return compare_locale(a, b);
    size_t n = a->length < b->length ? a->length : b->length;
    int order = compare_bytes(a->data, b->data, n);
    if (order) return order < 0 ? -1 : 1;
    return (a->length > b->length) - (a->length < b->length);
}
