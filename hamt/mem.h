/* SPDX-License-Identifier: MIT */
/*
 * Memory: collected blocks, per-thread free lists, and edit tokens.
 *
 *   mem_cache --> [ free[1] | free[2] | ... ]     one per thread, a root
 *                     |
 *                     v  size 16     zeroed, linked through the first word
 *                   [block] -> [block] -> 0
 *
 *   pointer-free blocks cannot be kept alive through links that nobody scans, so
 *   theirs are kept in arrays of pointers ("trays").
 *
 * Invariants: a block handed out by mem_new or mem_alloc is zero throughout; so is
 * a free block but for its link. mem_free is only for a block that nobody else can
 * see; it is never needed, and saves work for the collector.
 *
 * Two back-ends: bdwgc (pointers inside heap objects must point to the beginning
 * of a block), and with -DMOONLET_MALLOC calloc, which gives back only what is given
 * to mem_free: for AddressSanitizer and Valgrind, which are blind inside bdwgc.
 *
 * Cost: mem_new and mem_free some 5 ns for small sizes, no lock. A thread that
 * allocates is attached by itself; it is detached when it ends.
 */
#ifndef MOONLET_MEM_H
#define MOONLET_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What hamt.h and pvec.h keep: a number, or a pointer as it is. */
typedef uint64_t Word;

enum {
    MEM_GRANULE = 16,
    MEM_SMALL_MAX = 1024, /* larger blocks come straight from the back-end */
    MEM_CLASSES = MEM_SMALL_MAX / MEM_GRANULE + 1
};

/* To be called before anything else, from the main thread; may be called again. */
void mem_init(void);
/* The same, for a program in which nothing but what is here uses the collector, and whose
 * static variables have no pointers into collected memory: starts in half the time, as
 * nobody looks for them. */
void mem_init_program(void);
/* What a thread not made by this program does before and after; optional. */
void mem_thread_attach(void);
void mem_thread_detach(void);

/* Ends the program, saying why. */
_Noreturn void mem_fail(const char *why);

/* Zeroed and scanned for pointers; pointer-free and not zeroed. Ends the program
 * when there is no memory. */
void *mem_alloc(size_t size);
void *mem_alloc_atomic(size_t size);
/* As mem_alloc, for a block that may be large and is only used while somebody has a pointer to
 * its beginning. Then the heap grows by no more than that. */
void *mem_alloc_array(size_t size);
/* As the first two, but NULL when it cannot be had. */
void *mem_try_alloc(size_t size);
void *mem_try_alloc_atomic(size_t size);
/* Zeroed, scanned and never collected: a root. */
void *mem_alloc_root(size_t size);
void mem_free_root(void *p);

/* Whether a block that was handed out begins there; with the malloc back-end, where nobody
 * knows, whether p is not NULL. */
bool mem_is_block(const void *p);

/* Bytes allocated since the start of the process (counted by batches). */
uint64_t mem_bytes_total(void);
/* Bytes the collector holds now. */
uint64_t mem_bytes_heap(void);
void mem_collect(void);
/* In a process that is one of many: the collector is to mark without the threads that help
 * it in a large heap where there are processors to spare. */
void mem_refuse_helpers(void);
/* From now on marks in slices, in one thread, and tries to stop threads for no longer than
 * this at a time. false: the back-end cannot. Programs take longer; pages are write-protected
 * meanwhile, so the system must not be told to write to what mem_new and mem_alloc have
 * given. */
bool mem_limit_pauses(unsigned milliseconds);
/* How often the collector has run. No lock. */
uint64_t mem_collections(void);
/* How often, and for how long, it has stopped all threads; busy: in processor time of the
 * thread that collected, so that waiting for a busy machine does not count. */
typedef struct MemPauses {
    uint64_t count, ns, busy_ns, longest_ns, longest_busy_ns;
} MemPauses;
MemPauses mem_pauses(void);

/*
 * Weak pointers: a slot of hidden words that is cleared when the object has become
 * unreachable otherwise. The slot lies in collected memory. With the malloc back-end
 * nothing ever is.
 */
void mem_weak_set(uintptr_t *slot, void *object);
void *mem_weak_get(const uintptr_t *slot);
void mem_weak_clear(uintptr_t *slot);

/*
 * Weak lists: objects in the order in which they were added; those that have become
 * unreachable otherwise leave. Much cheaper than weak pointers. A list begins zeroed, is
 * used by one thread at a time, and once used must never be freed.
 */
typedef struct MemWeakList {
    uintptr_t *slots; /* hidden words; 0: has left */
    uint32_t count, size;
    struct MemWeakList *next; /* of all that are used */
} MemWeakList;

/* Amortised O(1), no lock but when the list grows. */
void mem_weak_list_add(MemWeakList *l, void *object);
/* What is left, which goes to `to`, collected memory with room for l->count; gives how much
 * that is. -1: the host has put another function in the place where the collector tells what
 * it does, so nobody knows. */
int64_t mem_weak_list_get(MemWeakList *l, void **to);
static inline void mem_weak_list_clear(MemWeakList *l) { l->count = 0; }

#define MEM_THREAD __thread __attribute__((tls_model("initial-exec")))

/* What a thread has counted as allocated, in bytes: for those who count by what was done
 * and not by where the memory came from, so that a replay counts the same. */
extern MEM_THREAD uint64_t mem_counted;

/* How far this thread may count, and whom each count beyond that is told. */
typedef struct MemBound {
    int64_t counted_max; /* of mem_counted */
    void (*reached)(void *context);
    void *context;
} MemBound;
extern MEM_THREAD MemBound mem_bound;

static inline void mem_count(size_t bytes)
{
    mem_counted += bytes;
    if (__builtin_expect((int64_t)mem_counted > mem_bound.counted_max, 0))
        mem_bound.reached(mem_bound.context);
}
/* Bytes up to the bound. */
static inline size_t mem_room(void)
{
    int64_t room = mem_bound.counted_max - (int64_t)mem_counted;
    return room > 0 ? (size_t)room : 0;
}
static inline void mem_uncount(size_t bytes) { mem_counted -= bytes; }

/* What is allocated between the two is not counted, nor can it reach the bound. */
static inline uint64_t mem_count_stop(void)
{
    uint64_t counted = mem_counted;
    mem_counted = (uint64_t)INT64_MIN;
    return counted;
}
static inline void mem_count_go_on(uint64_t counted) { mem_counted = counted; }

/* What those who measure are told of each block that a structure is made of. */
typedef void MemBlockFn(void *context, const void *block, size_t bytes);

/* Edit tokens: unique in the process, never 0, never like an address; a
 * thread's own grow. */
#define EPOCH_NONE ((uint64_t)0)
extern MEM_THREAD uint64_t epoch_next, epoch_end;
void epoch_refill(void);

static inline uint64_t epoch_new(void)
{
    if (__builtin_expect(epoch_next == epoch_end, 0)) epoch_refill();
    return epoch_next++;
}
/* One greater than that of another thread's work, or of one's own. */
static inline uint64_t epoch_after(uint64_t epoch)
{
    if (__builtin_expect(epoch_next <= epoch, 0)) epoch_refill();
    return epoch_new();
}

#ifdef MOONLET_MALLOC

void *mem_malloc(size_t size);
void mem_malloc_free(void *p);

static inline void *mem_new(size_t size) { return mem_malloc(size); }
static inline void *mem_new_atomic(size_t size) { return mem_malloc(size); }
static inline void mem_free(void *p, size_t size)
{
    (void)size;
    mem_malloc_free(p);
}

#else

typedef struct MemTray {
    size_t count;
    void *slots[];
} MemTray;

typedef struct MemCache {
    void *free[MEM_CLASSES];
    MemTray *trays[MEM_CLASSES];
} MemCache;

extern MEM_THREAD MemCache *mem_cache;
void *mem_refill(size_t size_class);
void *mem_refill_atomic(size_t size_class);
void mem_free_slow(void *p, size_t size);

static inline size_t mem_class(size_t size) { return (size + MEM_GRANULE - 1) / MEM_GRANULE; }

/* A zeroed block for a size that is best a constant. As mem_alloc, faster. */
static inline void *mem_new(size_t size)
{
    if (size > MEM_SMALL_MAX) return mem_alloc(size);
    size_t c = mem_class(size);
    MemCache *cache = mem_cache;
    void **p = cache->free[c];
    if (__builtin_expect(!p, 0)) return mem_refill(c);
    cache->free[c] = *p;
    *p = NULL;
    return p;
}

/* A pointer-free block, not zeroed. As mem_alloc_atomic, faster. */
static inline void *mem_new_atomic(size_t size)
{
    if (size > MEM_SMALL_MAX) return mem_alloc_atomic(size);
    size_t c = mem_class(size);
    MemTray *tray = mem_cache->trays[c];
    if (__builtin_expect(!tray->count, 0)) return mem_refill_atomic(c);
    void *p = tray->slots[--tray->count];
    tray->slots[tray->count] = NULL;
    return p;
}

/* Gives back a block of mem_new or mem_alloc that only the caller can see. */
static inline void mem_free(void *p, size_t size)
{
    if (size > MEM_SMALL_MAX || !mem_cache->free[0]) {
        mem_free_slow(p, size);
        return;
    }
    memset(p, 0, size);
    void **link = p;
    *link = mem_cache->free[mem_class(size)];
    mem_cache->free[mem_class(size)] = p;
}

#endif

/* The same, counted. */
static inline void *mem_new_counted(size_t size)
{
    mem_count(size);
    return mem_new(size);
}
static inline void *mem_alloc_counted(size_t size)
{
    mem_count(size);
    return mem_alloc(size);
}

#endif
