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
 * of a block, or MEM_INNER bytes further), and with -DMOONLET_MALLOC calloc, which gives back
 * only what is given to mem_free: for AddressSanitizer and Valgrind, which are blind inside
 * bdwgc.
 *
 * Cost: mem_new and mem_free some 5 ns for small sizes, no lock. A thread that
 * allocates is attached by itself; it is detached when it ends.
 *
 * When there is no memory: what is small is given all the same, from a reserve (reserve.h),
 * and mem_short tells. What may be large is asked for with mem_try_... or mem_can, which may
 * say no, after a collection.
 */
#ifndef MOONLET_MEM_H
#define MOONLET_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MEM_TRY __attribute__((warn_unused_result))
#define MEM_THREAD __thread __attribute__((tls_model("initial-exec")))

/* What hamt.h and pvec.h keep: a number, or a pointer as it is. */
typedef uint64_t Word;

enum {
    MEM_GRANULE = 16,
    MEM_SMALL_MAX = 1024, /* larger blocks come straight from the back-end */
    MEM_INNER = 64,       /* so far into a block a pointer may lead, too, and keep it */
    MEM_CLASSES = MEM_SMALL_MAX / MEM_GRANULE + 1
};

/* Copies bytes as memcpy does, for texts of any size. Some processors copy more than 2 KB at
 * once 15 to 30 times slower where the copy begins 1 to 15 bytes further in its page than the
 * bytes do in theirs, as behind a short prefix. Pieces are as fast everywhere. */
enum { MEM_PIECE = 2048 };
void *mem_copy_pieces(void *to, const void *from, size_t n);
static inline void *mem_copy(void *to, const void *from, size_t n)
{
    bool is_long = n > MEM_PIECE;
    __asm__("" : "+r"(n)); /* else gcc knows that n is small, and copies by such instructions */
    return __builtin_expect(is_long, 0) ? mem_copy_pieces(to, from, n) : memcpy(to, from, n);
}

/*
 * Work on megabytes in one go looks after each of them whether it is still wanted: a run that
 * is to stop is not to be held up by it. An array that is not wanted is refused. Who makes
 * texts gives up only for those who have said that they then begin again (long_work_do).
 */
enum { MEM_LONG = 1 << 20 };
typedef struct MemLook {
    bool (*ended)(void *context); /* NULL: all is wanted */
    void *context;
    bool *given_up; /* set when something was; NULL: nothing may be */
} MemLook;
extern MEM_THREAD MemLook mem_look;
static inline bool mem_is_wanted(void)
{
    return !mem_look.ended || !mem_look.ended(mem_look.context);
}
/* Whether to give up now. */
bool mem_gives_up(void);
/* Copies as mem_copy does. Answers false if it has given up. */
MEM_TRY bool mem_copy_long(void *to, const void *from, size_t n);
MEM_TRY static inline bool mem_copy_wanted(void *to, const void *from, size_t n)
{
    if (__builtin_expect(n > MEM_LONG, 0)) return mem_copy_long(to, from, n);
    mem_copy(to, from, n);
    return true;
}

/* To be called before anything else, from the main thread; may be called again. */
void mem_init(void);
/* mem_init for a program in which nothing but what is here uses the collector, and whose
 * static variables have no pointers into collected memory: starts in half the time, as
 * nobody looks for them. */
void mem_init_program(void);
/* Whether there is memory to begin with, before either; afterwards true. The collector ends the
 * process where it has none. */
MEM_TRY bool mem_can_start(void);
/* Has `prepare` called once, by a thread that allocates, when the heap has outgrown its first
 * size. It is for what a process may need later and could not have without memory. There is one
 * such function.
 */
void mem_when_grown(void (*prepare)(void));
/* The signals by which the collector stops threads and lets them go on: nobody may block them.
 * MOONLET_MALLOC: there are none, and no such functions. */
int mem_stop_signal(void);
int mem_go_on_signal(void);
/* What a thread not made by this program does before and after; optional. */
void mem_thread_attach(void);
void mem_thread_detach(void);
/* Does what mem_thread_attach does, for a thread that can be done without. Answers false where
 * there is no share of the reserve for it: then the thread is to ask for nothing. */
bool mem_thread_try_attach(void);

/* Ends the program, saying why. */
_Noreturn void mem_fail(const char *why);

/* Larger blocks may be refused. */
enum { MEM_SURE_MAX = 20 << 10 };

/* A constant size above MEM_SURE_MAX, as that of a type which has grown, does not compile where
 * the compiler knows that it is one. */
void mem_is_not_sure(void) __attribute__((error("what may be large is asked for")));
static inline __attribute__((always_inline)) size_t mem_sure(size_t size)
{
    if (__builtin_constant_p(size) && size > MEM_SURE_MAX) mem_is_not_sure();
    return size;
}

/* Zeroed and scanned for pointers; pointer-free and not zeroed. Never NULL: for no more than
 * MEM_SURE_MAX bytes, which builds with assertions assert. */
void *mem_sure_alloc(size_t size);
void *mem_sure_alloc_atomic(size_t size);
static inline void *mem_alloc(size_t size) { return mem_sure_alloc(mem_sure(size)); }
static inline void *mem_alloc_atomic(size_t size)
{
    return mem_sure_alloc_atomic(mem_sure(size));
}

/* Blocks of any size. These answer NULL when one cannot be had, which happens to scanned
 * blocks above MEM_SURE_MAX and pointer-free ones above MEM_SMALL_MAX. */
MEM_TRY void *mem_try_alloc(size_t size);
MEM_TRY void *mem_try_alloc_atomic(size_t size);
/* Allocates as mem_try_alloc does, for a block that may be large and is only used while
 * somebody has a pointer to its beginning. Then the heap grows by no more than that. It is for
 * what can also be done without. It hardly ever collects, and is refused when it is large and
 * beyond this thread's bound. Above MEM_SURE_MAX it is not zeroed: who asks fills it. */
MEM_TRY void *mem_try_alloc_array(size_t size);
/* So many bytes, of blocks of any size, will be allocated soon and stay: the heap gets room
 * for them at once, so that they are not marked again and again while they come. Less than
 * MEM_EXPECT_MIN is not worth it. A call with 0 says that they have come. */
enum { MEM_EXPECT_MIN = 256 << 10 };
void mem_expect(size_t bytes);
/* Zeroed, scanned and never collected: a root. Up to MEM_SURE_MAX; of any size, or NULL. */
void *mem_sure_alloc_root(size_t size);
static inline void *mem_alloc_root(size_t size) { return mem_sure_alloc_root(mem_sure(size)); }
MEM_TRY void *mem_try_alloc_root(size_t size);
void mem_free_root(void *p);

/* Room for *count items of this size; or, without memory, for as many as *count then says: some
 * 1000 at least of 20 bytes. Zeroed and scanned. */
void *mem_alloc_most(size_t *count, size_t item_size);

/* Whether so many bytes could be had now, in one block or in many. O(1), but where there is
 * little memory a collection. */
MEM_TRY bool mem_can(size_t bytes);

/* Since mem_recover this thread has had what it has from the reserve: it should allocate no
 * more, but see to it that an error is raised. */
extern MEM_THREAD bool mem_short;
/* How often that has become so in this thread. */
extern MEM_THREAD uint64_t mem_shortages;
/* Whom that is told when it becomes so. */
typedef struct MemAlarm {
    void (*ring)(void *context);
    void *context;
} MemAlarm;
extern MEM_THREAD MemAlarm mem_alarm;
/* Makes it so: what was refused is missed, so an error has to be raised. */
void mem_refuse(void);
/* Whether it was so since mem_recover. */
bool mem_has_refused(void);
/* Ends a shortage and fills the reserve. Answers true when there is memory again and no error
 * is needed; false when the error is raised now and what it lets go can be collected. When a
 * quarter of the reserve is gone the shortage stays until there is memory: each poll raises the
 * error then, so that whoever has caught it without letting go of much does not go on. */
bool mem_recover(void);
/* More than half of the reserve is gone: what is raised now must end the program. */
bool mem_is_spent(void);
/* Some of the reserve is missing, and nobody has tried to fill it since. */
bool mem_is_low(void);

/* Failures on purpose, for tests: of requests counted from now, the first-th (from 1; 0:
 * none), and those after it as the mode says. Answers false in kinds of builds without it. */
typedef enum MemFailMode {
    MEM_FAIL_ONCE,
    MEM_FAIL_FROM,
    MEM_FAIL_UNTIL_REPORTED /* by mem_recover */
} MemFailMode;
bool mem_fail_requests(uint64_t first, MemFailMode mode);
/* Requests since then. */
uint64_t mem_fail_count(void);
/* Is told the number of each request from now on, by who makes it; NULL: nobody is. */
typedef void MemRequestFn(uint64_t n);
void mem_fail_watch(MemRequestFn *watch);

/* Whether a block that was handed out begins there; with the malloc back-end, where nobody
 * knows, whether p is not NULL. */
bool mem_is_block(const void *p);

/* Bytes allocated since the start of the process (counted by batches). */
uint64_t mem_bytes_total(void);
/* Bytes the collector holds now. */
uint64_t mem_bytes_heap(void);
void mem_collect(void);
/* Calls mem_collect if more than so many bytes have been allocated since that was last done. */
void mem_collect_after(size_t bytes);
/* Says that this process is one of many. The collector is to mark without the threads that help
 * it in a large heap where there are processors to spare. */
void mem_refuse_helpers(void);
/* Makes the collector mark in slices, in one thread, from now on. It tries to stop threads for
 * no longer than this at a time. Answers false when the back-end cannot. Programs take longer;
 * pages are write-protected meanwhile, so the system must not be told to write to what mem_new
 * and mem_alloc have given. */
bool mem_limit_pauses(unsigned milliseconds);
/* This thread has nothing to do for so long: what the collector would soon stop everybody for
 * is done now, if the last time tells that it takes no longer. Answers whether anything was. */
bool mem_idle(uint64_t ns);
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

/* Amortised O(1), no lock but when the list grows. Answers false when it cannot grow. */
MEM_TRY bool mem_weak_list_add(MemWeakList *l, void *object);
/* Copies what is left to `to`, collected memory with room for l->count, and answers how much
 * that is. Answers -1 if nobody knows, because the host has put another function in the place
 * where the collector tells what it does. */
int64_t mem_weak_list_get(MemWeakList *l, void **to);
static inline void mem_weak_list_clear(MemWeakList *l) { l->count = 0; }

/* What a thread has counted as allocated, in bytes: for those who count by what was done
 * and not by where the memory came from, so that a replay counts the same, in one go or with
 * pauses. And what it has allocated beside that, because of how things happen to lie (copies
 * on write, room to grow): this does depend on where epochs end. It may be negative. */
#define mem_counted mem_account.counted
#define mem_beside mem_account.beside

/* How far this thread may count, and who is told of each count beyond that. */
typedef struct MemBound {
    int64_t counted_max; /* mem_counted above this calls `reached`: mem_bound_tune */
    int64_t due;         /* mem_counted at which something is to be done; no limit */
    int64_t used_due;    /* mem_used() at which something is to be done; no limit */
    int64_t bytes_max;   /* the limit on mem_used() */
    int64_t turn_due;    /* mem_used() beyond which this thread is to wait for its turn first */
    int64_t quiet;       /* the least of the last three: mem_bound_tune */
    void (*reached)(void *context);
    bool (*take_turn)(void *context); /* waits; answers false if there is no turn any more */
    void *context;
} MemBound;
#define MEM_UNBOUNDED (INT64_MAX / 4)
#define mem_bound mem_account.bound

/* Side by side, so that counting takes few instructions. */
typedef struct MemAccount {
    uint64_t counted;
    int64_t beside;
    MemBound bound;
} MemAccount;
extern MEM_THREAD MemAccount mem_account;

static inline int64_t mem_used(void) { return (int64_t)mem_counted + mem_beside; }

static inline int64_t mem_used_max(void)
{
    return mem_bound.bytes_max < mem_bound.used_due ? mem_bound.bytes_max : mem_bound.used_due;
}

/* To be called after a change of due, used_due, bytes_max or turn_due. */
static inline void mem_bound_tune(void)
{
    int64_t most = mem_used_max();
    mem_bound.quiet = most < mem_bound.turn_due ? most : mem_bound.turn_due;
    int64_t max = mem_bound.quiet - mem_beside;
    mem_bound.counted_max = max < mem_bound.due ? max : mem_bound.due;
}

/* A bound with a limit, at which nothing is due. */
static inline MemBound mem_bound_new(int64_t bytes_max, void (*reached)(void *), void *context)
{
    return (MemBound){.counted_max = bytes_max - mem_beside,
                      .due = MEM_UNBOUNDED,
                      .used_due = MEM_UNBOUNDED,
                      .bytes_max = bytes_max,
                      .turn_due = MEM_UNBOUNDED,
                      .quiet = bytes_max,
                      .reached = reached,
                      .context = context};
}

static inline bool mem_bound_reached(void)
{
    return (int64_t)mem_counted > mem_bound.counted_max;
}

static inline void mem_count(size_t bytes)
{
    mem_counted += bytes;
    if (__builtin_expect(mem_bound_reached(), 0)) mem_bound.reached(mem_bound.context);
}

/* What is in memory that mem_count_beside counts, or has counted. */
static inline void mem_count_content(size_t bytes)
{
    mem_beside -= (int64_t)bytes;
    mem_count(bytes);
}

/* Not between mem_count_stop and mem_count_go_on. */
static inline void mem_count_beside(size_t bytes)
{
    if (__builtin_expect((int64_t)mem_counted < 0, 0)) return;
    mem_beside += (int64_t)bytes;
    int64_t max = mem_bound.quiet - mem_beside;
    if (max < mem_bound.counted_max) mem_bound.counted_max = max;
    if (__builtin_expect(mem_bound_reached(), 0)) mem_bound.reached(mem_bound.context);
}
void mem_uncount_beside(size_t bytes);

/* Bytes up to the bound; none in a shortage. */
static inline size_t mem_room(void)
{
    if (mem_short) return 0;
    int64_t room = mem_bound.bytes_max - mem_used();
    return room > 0 ? (size_t)room : 0;
}

/* Bytes up to the bound, or up to where something is due if that comes first. */
static inline size_t mem_room_due(void)
{
    if (mem_short) return 0;
    int64_t room = mem_used_max() - mem_used();
    return room > 0 ? (size_t)room : 0;
}

/* Asked before a block for a text is taken, by whoever has seen that there is room for
 * it: several threads may see that the same room is there. Waits for this thread's turn if the
 * block is large and the turn comes first. Answers false if the room is gone; then the run
 * stops. */
MEM_TRY bool mem_take_turn(size_t bytes);
MEM_TRY static inline bool mem_may_take(size_t bytes)
{
    if (__builtin_expect(bytes <= MEM_SURE_MAX, 1)) return true; /* perhaps under a lock */
    return mem_used() + (int64_t)bytes <= mem_bound.turn_due || mem_take_turn(bytes);
}

/* Counts what is about to be allocated. Answers false if it must not be, because that is beyond
 * the bound. */
MEM_TRY static inline bool mem_count_first(size_t bytes)
{
    bool allowed = bytes <= mem_room();
    mem_count(bytes);
    return allowed;
}

static inline void mem_uncount(size_t bytes) { mem_counted -= bytes; }

/* What is allocated between the two is not counted, nor can it reach the bound; nothing is to
 * be counted as content. */
static inline uint64_t mem_count_stop(void)
{
    uint64_t counted = mem_counted;
    mem_counted = (uint64_t)(INT64_MIN / 2);
    return counted;
}

static inline void mem_count_go_on(uint64_t counted) { mem_counted = counted; }

/*
 * The meter: who does work on long strings (makes, compares, hashes, reads them) pays for it
 * where it is done, from the steps of the run that works in this thread. So no way to such
 * work is forgotten.
 */
enum { MEM_WORK_MIN = 1024, MEM_WORK_STEP = 64 }; /* bytes that are paid for; for a step */
extern MEM_THREAD int64_t *mem_meter;             /* steps left; NULL: nobody pays */
void mem_work_pay(size_t bytes);
static inline void mem_work(size_t bytes)
{
    if (__builtin_expect(bytes >= MEM_WORK_MIN, 0)) mem_work_pay(bytes);
}

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

/* mem_hint: a block that hamt.c remembers for this thread, to use it again. It is kept from the
 * collector. NULL before the thread's first allocation, which must come before it is set. */
#ifdef MOONLET_MALLOC

extern MEM_THREAD void *mem_hint;

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
    size_t count, room;
    void *slots[];
} MemTray;

enum { MEM_LISTS = 7 };

typedef struct MemPages MemPages;

typedef struct MemCache {
    void *free[MEM_CLASSES];
    MemTray *trays[MEM_CLASSES];
    void *lists[MEM_CLASSES][MEM_LISTS]; /* so many more, of which the last comes next */
    uint8_t more[MEM_CLASSES];
    /* How often that was too few: see try_list. */
    uint8_t asked[MEM_CLASSES], asked_atomic[MEM_CLASSES];
    void *hint;
    MemPages *pages; /* pages.c */
} MemCache;

extern MEM_THREAD MemCache *mem_cache;
#define mem_hint mem_cache->hint
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

/* Whatever the size. */
MEM_TRY static inline void *mem_try_new(size_t size)
{
    return size > MEM_SURE_MAX ? mem_try_alloc(size) : mem_new(size);
}

/* mem_alloc, counted. */
static inline void *mem_alloc_counted(size_t size)
{
    mem_count(size);
    return mem_alloc(size);
}

#endif
