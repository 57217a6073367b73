/* SPDX-License-Identifier: MIT */
/*
 * Strings, the appendable buffer, and the table of interned constants; see string.h.
 *
 *   intern table: 16 shards, each with its lock and chains of
 *   Entry [weak pointer to the string | constant | hash | next]; entries whose string is
 *   gone are left behind when a shard is full and built anew. A constant, which stays for
 *   good, has a plain pointer instead of the weak one, which costs much more.
 */
#include "value/string.h"

#include "mem.h"

#include <pthread.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    APPEND_MIN = 256, /* shorter results of concatenation are plain strings */
    SHARDS = 16,
    SHARD_FIRST = 32 /* chains of a new shard */
};

typedef struct Buffer {
    size_t used; /* atomic: claimed by compare-and-swap */
    size_t capacity;
    char bytes[];
} Buffer;

typedef struct LongString {
    String s;
    Buffer *buffer; /* what s.data points into; collected heap objects must see its head */
} LongString;

String *string_reserve(size_t length, char **data)
{
    if (length > STRING_MAX) return NULL;
    size_t size = sizeof(String) + length;
    String *s = size <= MEM_SMALL_MAX ? mem_new_atomic(size) : mem_try_alloc_atomic(size);
    if (!s) return NULL;
    mem_count(size);
    object_init(&s->h, OBJ_STRING, 0);
    s->length = length;
    s->data = *data = (char *)(s + 1);
    return s;
}

String *string_new(const char *bytes, size_t length)
{
    char *data;
    String *s = string_reserve(length, &data);
    if (s && length) memcpy(data, bytes, length);
    return s;
}

String *string_from_c(const char *text) { return string_new(text, strlen(text)); }

/* ---- concatenation ---- */

static String *long_new(Buffer *buffer, size_t length)
{
    LongString *l = mem_new(sizeof(LongString));
    object_init(&l->s.h, OBJ_STRING, 0);
    l->s.h.flags = STRING_LONG;
    l->s.length = length;
    l->s.data = buffer->bytes;
    l->buffer = buffer;
    return &l->s;
}

/* Claims the room behind a, if a ends where the used part ends and there is room. */
static Buffer *claim_room(const String *a, size_t length)
{
    if (!(a->h.flags & STRING_LONG)) return NULL;
    Buffer *buffer = ((const LongString *)a)->buffer;
    size_t end = a->length;
    if (length > buffer->capacity - end) return NULL;
    bool claimed = __atomic_compare_exchange_n(&buffer->used, &end, end + length, false,
                                               __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return claimed ? buffer : NULL;
}

/* A buffer that starts with a and has room for more: little when a is met for the
 * first time, twice the size when it has grown before. */
static Buffer *buffer_new(const String *a, size_t length)
{
    size_t spare = a->h.flags & STRING_LONG ? length : length / 4;
    Buffer *buffer = mem_try_alloc_atomic(sizeof(Buffer) + length + spare);
    if (!buffer && spare) buffer = mem_try_alloc_atomic(sizeof(Buffer) + length + (spare = 0));
    if (!buffer) return NULL;
    buffer->used = length;
    buffer->capacity = length + spare;
    memcpy(buffer->bytes, a->data, a->length);
    return buffer;
}

static String *concat_short(const String *a, const char *bytes, size_t length)
{
    char *data;
    String *s = string_reserve(a->length + length, &data);
    if (!s) return NULL;
    if (a->length) memcpy(data, a->data, a->length);
    if (length) memcpy(data + a->length, bytes, length);
    return s;
}

String *string_concat(const String *a, const char *bytes, size_t length)
{
    if (length > STRING_MAX - a->length) return NULL;
    size_t total = a->length + length;
    if (total < APPEND_MIN) return concat_short(a, bytes, length);
    Buffer *buffer = claim_room(a, length);
    if (!buffer) buffer = buffer_new(a, total);
    if (!buffer) return NULL;
    mem_count(sizeof(LongString) + total); /* whoever got the room */
    if (length) memcpy(buffer->bytes + a->length, bytes, length);
    return long_new(buffer, total);
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

void string_seed(uint64_t seed) { hash_seed = seed; }

static uint32_t hash_bytes(const char *bytes, size_t length)
{
    uint32_t h = (uint32_t)XXH3_64bits_withSeed(bytes, length, hash_seed);
    return h ? h : 1;
}

uint32_t string_hash_compute(const String *s)
{
    uint32_t h = hash_bytes(s->data, s->length);
    __atomic_store_n(&((String *)s)->h.id_low, h, __ATOMIC_RELAXED);
    return h;
}

bool string_equal_slow(const String *a, const String *b)
{
    if (a->length != b->length) return false;
    uint32_t ha = __atomic_load_n(&a->h.id_low, __ATOMIC_RELAXED);
    uint32_t hb = __atomic_load_n(&b->h.id_low, __ATOMIC_RELAXED);
    if (ha && hb && ha != hb) return false;
    return memcmp(a->data, b->data, a->length) == 0;
}

static bool collates; /* has os.setlocale set another order than that of the bytes? */

void string_use_locale(bool on) { __atomic_store_n(&collates, on, __ATOMIC_RELAXED); }

/* A copy that ends in a NUL, for strcoll. */
static char *c_copy(const String *s)
{
    char *copy = mem_alloc_atomic(s->length + 1);
    memcpy(copy, s->data, s->length);
    copy[s->length] = 0;
    return copy;
}

/* By strcoll, piece by piece between NULs as PUC Lua does it. */
static int compare_locale(const String *a, const String *b)
{
    const char *x = c_copy(a), *y = c_copy(b);
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
    if (a == b) return 0;
    if (__atomic_load_n(&collates, __ATOMIC_RELAXED)) return compare_locale(a, b);
    size_t n = a->length < b->length ? a->length : b->length;
    int order = n ? memcmp(a->data, b->data, n) : 0;
    if (order) return order < 0 ? -1 : 1;
    return (a->length > b->length) - (a->length < b->length);
}

/* ---- interning ---- */

typedef struct Entry {
    uintptr_t weak; /* unless it is a constant */
    String *constant;
    struct Entry *next;
    uint32_t hash;
} Entry;

typedef struct Shard {
    pthread_mutex_t lock;
    Entry **chains;       /* a root */
    uint32_t mask, count; /* of chains; of entries, dead ones as well */
} Shard;

static Shard shards[SHARDS] = {
#define SHARD                                 \
    {                                         \
        PTHREAD_MUTEX_INITIALIZER, NULL, 0, 0 \
    }
    SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD,
    SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD, SHARD,
#undef SHARD
};

static String *entry_string(const Entry *e)
{
    return e->constant ? e->constant : mem_weak_get(&e->weak);
}

static String *shard_find(Shard *shard, const char *bytes, size_t length, uint32_t hash,
                          bool constant)
{
    if (!shard->chains) return NULL;
    for (Entry *e = shard->chains[hash & shard->mask]; e; e = e->next) {
        if (e->hash != hash) continue;
        String *s = entry_string(e);
        if (!s || s->length != length || memcmp(s->data, bytes, length) != 0) continue;
        if (constant) e->constant = s;
        return s;
    }
    return NULL;
}

static uint32_t shard_live(const Shard *shard)
{
    uint32_t live = 0;
    for (uint32_t i = 0; shard->chains && i <= shard->mask; i++)
        for (const Entry *e = shard->chains[i]; e; e = e->next) live += entry_string(e) != NULL;
    return live;
}

/* Leaves behind the entries whose string is gone, and doubles the number of chains if
 * there are many others. */
static void shard_rebuild(Shard *shard)
{
    uint32_t size = shard->chains ? shard->mask + 1 : SHARD_FIRST, count = 0;
    if (shard_live(shard) > size / 2) size *= 2;
    Entry **chains = mem_alloc_root(size * sizeof(Entry *));
    for (uint32_t i = 0; shard->chains && i <= shard->mask; i++) {
        for (Entry *e = shard->chains[i], *next; e; e = next) {
            next = e->next;
            e->next = NULL;
            if (!entry_string(e)) continue;
            e->next = chains[e->hash & (size - 1)];
            chains[e->hash & (size - 1)] = e;
            count++;
        }
    }
    if (shard->chains) mem_free_root(shard->chains);
    shard->chains = chains;
    shard->mask = size - 1;
    shard->count = count;
}

static String *shard_add(Shard *shard, const char *bytes, size_t length, uint32_t hash,
                         bool constant)
{
    String *s = string_new(bytes, length);
    if (!s) return NULL;
    mem_uncount(sizeof(String) + length); /* it may have been there */
    s->h.flags = STRING_INTERNED;
    s->h.id_low = hash;
    if (!shard->chains || shard->count > shard->mask) shard_rebuild(shard);
    Entry *e = mem_new(sizeof(Entry));
    e->hash = hash;
    if (constant)
        e->constant = s;
    else
        mem_weak_set(&e->weak, s);
    e->next = shard->chains[hash & shard->mask];
    shard->chains[hash & shard->mask] = e;
    shard->count++;
    return s;
}

/* A process forked meanwhile must not find them locked for ever. */
static void lock_shards(void)
{
    for (int i = 0; i < SHARDS; i++) pthread_mutex_lock(&shards[i].lock);
}
static void unlock_shards(void)
{
    for (int i = 0; i < SHARDS; i++) pthread_mutex_unlock(&shards[i].lock);
}

static void protect_shards(void) { pthread_atfork(lock_shards, unlock_shards, unlock_shards); }

void string_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, protect_shards);
}

static String *intern(const char *bytes, size_t length, bool constant)
{
    uint32_t hash = hash_bytes(bytes, length);
    Shard *shard = &shards[hash >> 28];
    pthread_mutex_lock(&shard->lock);
    String *s = shard_find(shard, bytes, length, hash, constant);
    if (!s) s = shard_add(shard, bytes, length, hash, constant);
    pthread_mutex_unlock(&shard->lock);
    return s;
}

String *string_intern(const char *bytes, size_t length) { return intern(bytes, length, false); }

String *string_constant(const char *bytes, size_t length)
{
    return intern(bytes, length, true);
}
