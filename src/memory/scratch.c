/* SPDX-License-Identifier: MIT */
/*
 * Scratch blocks: from malloc, or in a shortage from the regions.
 *
 * Main invariant: the regions belong to the thread that has the lock, and are handed out as
 * zeroed blocks; when it is done all of their blocks are free again.
 */
#include "memory/scratch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory/inject.h"
#include "memory/mem.h"

/* A trace has two sets of marks, a bit for 16 bytes of the heap each, and a heap lies in some
 * pieces: so a 64th, and as much again for tables and lists. */
enum { SHARE = 32, LEAST = 256 << 10, REGIONS = 64 };

typedef struct Region {
    char *begin, *end;
} Region;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, fill_lock = PTHREAD_MUTEX_INITIALIZER;
static MEM_THREAD bool has_lock;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static Region regions[REGIONS]; /* a new one is seen when region_count is */
static atomic_size_t region_count, wanted, had;

/* These are his who has the lock: the next block that was never used, and those that were,
 * linked. */
static size_t at_region, at_byte;
static void *unused;

bool scratch_want(size_t heap)
{
    size_t bytes = heap / SHARE + LEAST;
    if (bytes > atomic_load(&wanted)) atomic_store(&wanted, bytes);
    return atomic_load(&wanted) > atomic_load(&had);
}

static bool add_region(size_t bytes)
{
    size_t n = atomic_load(&region_count);
    if (n == REGIONS || inject_failure()) return false;
    char *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) return false;
    regions[n] = (Region){space, space + bytes};
    atomic_fetch_add(&had, bytes);
    atomic_store(&region_count, n + 1);
    return true;
}

/* Each is a third at least of what there is, so that they stay few. */
bool scratch_fill(void)
{
    if (atomic_load(&wanted) <= atomic_load(&had)) return true;
    pthread_mutex_lock(&fill_lock);
    size_t has = atomic_load(&had), want = atomic_load(&wanted);
    size_t lacks = want > has ? want - has : 0;
    if (lacks && lacks < has / 3) lacks = has / 3;
    lacks = (lacks + LEAST - 1) / LEAST * LEAST;
    bool filled = !lacks || add_region(lacks);
    pthread_mutex_unlock(&fill_lock);
    return filled;
}

static void lock_all(void)
{
    if (!has_lock) pthread_mutex_lock(&lock);
    pthread_mutex_lock(&fill_lock);
}

static void unlock_all(void)
{
    pthread_mutex_unlock(&fill_lock);
    if (!has_lock) pthread_mutex_unlock(&lock);
}

static void protect(void) { pthread_atfork(lock_all, unlock_all, unlock_all); }

static void *never_used(void)
{
    for (; at_region < atomic_load(&region_count); at_region++, at_byte = 0) {
        const Region *r = &regions[at_region];
        if (at_byte + SCRATCH_BLOCK > (size_t)(r->end - r->begin)) continue;
        void *block = r->begin + at_byte;
        at_byte += SCRATCH_BLOCK;
        return block;
    }
    return NULL;
}

static void enter(void)
{
    if (has_lock) return;
    pthread_once(&once, protect);
    pthread_mutex_lock(&lock);
    has_lock = true;
}

static void *from_regions(void)
{
    enter();
    if (!unused) return never_used();
    void *block = unused;
    unused = *(void **)block;
    return memset(block, 0, SCRATCH_BLOCK);
}

/* malloc would take the last of the address space in a shortage, and the collector needs that.
 */
void *scratch_new(bool sure)
{
    bool none = (sure && mem_short) || inject_failure();
    void *block = none ? NULL : calloc(1, SCRATCH_BLOCK);
    return block || !sure ? block : from_regions();
}

static bool is_in_region(const void *block)
{
    uintptr_t p = (uintptr_t)block;
    for (size_t i = 0; i < atomic_load(&region_count); i++)
        if (p >= (uintptr_t)regions[i].begin && p < (uintptr_t)regions[i].end) return true;
    return false;
}

void scratch_free(void *block)
{
    if (!has_lock || !is_in_region(block)) {
        free(block);
        return;
    }
    *(void **)block = unused;
    unused = block;
}

void scratch_leave(void)
{
    if (!has_lock) return;
    has_lock = false;
    pthread_mutex_unlock(&lock);
}
