/* SPDX-License-Identifier: MIT */
/*
 * What has been compiled lately; see recent.h. A machine's chunks are in a pointer-free table,
 * in which each has one place. It becomes larger once it has been filled.
 *
 * The collector does not see what an entry has, but gives nothing back before it has run. It
 * counts while all threads stand still; so what is taken from an entry, and is on the stack by
 * then, is there if the count is the entry's afterwards.
 *
 * Main invariant: what an entry has is looked at only as long as the collector has not run
 * since it was made.
 */
#include "native/recent.h"

#include <string.h>

enum { SIZE_FIRST = 16, SIZE_GROWTH = 4, SIZE_MAX_LOG = 10 };

typedef struct Entry {
    uint64_t collections;
    RecentKey key;
    const Proto *chunk;
    RecentCost cost;
} Entry;

struct Recent {
    uint32_t size, kept; /* entries; how many have come */
    Entry entries[];
};

static uint32_t text_hash(const String *s, size_t from)
{
    uint32_t known = from ? 0 : string_hash_known(s);
    return known ? known : string_hash_bytes(s->data + from, s->length - from);
}

RecentKey recent_key(const String *text, size_t from, const String *name)
{
    uint64_t hash = text_hash(text, from);
    if (name != text || from) hash |= (uint64_t)text_hash(name, 0) << 32;
    return (RecentKey){text, name, from, hash};
}

static uint64_t place_of(uint64_t hash, uint32_t size)
{
    return (hash ^ hash >> 32 ^ hash >> 12) & (size - 1);
}

static bool bytes_equal(const String *a, size_t from_a, const String *b, size_t from_b)
{
    size_t length = a->length - from_a;
    if (length != b->length - from_b) return false;
    const char *x = a->data + from_a, *y = b->data + from_b;
    return x == y || memcmp(x, y, length) == 0;
}

static bool key_equal(const RecentKey *a, const RecentKey *b)
{
    return bytes_equal(a->text, a->from, b->text, b->from) &&
           bytes_equal(a->name, 0, b->name, 0);
}

const Proto *recent_chunk(const Machine *M, const RecentKey *key, RecentCost *cost)
{
    const Recent *r = M->recent;
    if (!r) return NULL;
    const Entry *known = &r->entries[place_of(key->hash, r->size)];
    volatile RecentKey had = known->key;
    const Proto *volatile chunk = known->chunk;
    if (known->collections != mem_collections() || had.hash != key->hash) return NULL;
    const RecentKey other = {had.text, had.name, had.from, had.hash};
    *cost = known->cost;
    return key_equal(key, &other) ? chunk : NULL;
}

/* Answers NULL where there is no room for it: then nothing is remembered. */
static Recent *room(Machine *M)
{
    Recent *r = M->recent;
    uint32_t size = r ? r->size : SIZE_FIRST;
    if (r && (r->kept < size || size >> SIZE_MAX_LOG)) return r;
    if (r) size *= SIZE_GROWTH;
    size_t bytes = sizeof *r + size * sizeof *r->entries;
    Recent *larger = mem_try_alloc_atomic(bytes);
    if (!larger) return r;
    memset(larger, 0, bytes);
    larger->size = size;
    return M->recent = larger;
}

void recent_keep_chunk(Machine *M, const RecentKey *key, const Proto *p, RecentCost cost)
{
    Recent *r = mem_short ? NULL : room(M);
    if (!r) return;
    r->kept++;
    r->entries[place_of(key->hash, r->size)] = (Entry){mem_collections(), *key, p, cost};
}

/* Dumps ---------------------------------------------------------------------------- */

typedef struct ProtoDump {
    const String *bytes;
    RecentCost cost;
    bool strip;
} ProtoDump;

String *recent_dump(const Proto *p, bool strip, RecentCost *cost)
{
    const ProtoDump *d = __atomic_load_n(&p->dump, __ATOMIC_ACQUIRE);
    if (!d || d->strip != strip) return NULL;
    *cost = d->cost;
    return (String *)(uintptr_t)d->bytes;
}

void recent_keep_dump(const Proto *p, bool strip, const String *dump, RecentCost cost)
{
    ProtoDump *d = mem_short ? NULL : mem_try_alloc(sizeof *d);
    if (!d) return;
    *d = (ProtoDump){dump, cost, strip};
    __atomic_store_n(&((Proto *)(uintptr_t)p)->dump, d, __ATOMIC_RELEASE);
}
