/* SPDX-License-Identifier: MIT */
/*
 * Pool: many items of work, on all processors.
 *
 *   pool_run        item(0) item(1) ...   on threads of this process
 *   pool_fork       likewise, in processes forked from this one; each answer comes back
 *                   as bytes (map/pack.h) through a pipe
 *
 * Threads take the next item from one atomic counter, processes from one in memory that
 * they share, so uneven items balance; nothing else is shared, no lock is taken for an
 * item. Every item is done once, whatever happens to the others. An item must depend on
 * nothing but its index, so that results do not depend on the number of workers.
 *
 * A process that ends in the middle of an item (killed, or out of memory) costs this one
 * item; another is started for the rest.
 *
 * Threads that find no more items wait for pools that items run, and take items of those.
 *
 * Cost: a thread some 50 microseconds, a process some 300 and more with the size of the
 * memory (its page tables are copied); both are gone at the end.
 */
#ifndef MOONLET_POOL_H
#define MOONLET_POOL_H

#include "map/pack.h"
#include "stack/limits.h"

typedef struct Pool {
    size_t count;
    unsigned workers;      /* 0: as many as processors */
    bool here;             /* pool_run: no other thread than the calling one */
    bool within;           /* pool_run: an item of another pool runs this one, so no threads
                              are started; those that have no items help */
    const StopChain *stop; /* no item is begun once it says so; NULL: never */
    void *context;         /* for all of these: */
    /* Does item i: on any thread; in any process. */
    void (*item)(void *context, size_t i);
    /* Processes only: the answer of the item just done, in the process that did it. */
    void (*pack)(void *context, size_t i, Pack *out);
    /* Takes the answer in the process that waits: bytes, or NULL and why there are none. */
    void (*unpack)(void *context, size_t i, const char *bytes, size_t length, const char *why);
    /* Called by the thread that waits, or between items by the one that works alone, every
     * 50 ms at most, and at the end; may be NULL. */
    void (*progress)(void *context, size_t done);
} Pool;

/* Blocks until all items are done, or stopped and none is in work. Gives how many were. */
size_t pool_run(const Pool *pool);
size_t pool_fork(const Pool *pool);

/* Says that this process has been forked from an item: the other threads are not there. */
void pool_leave_crew(void);

unsigned pool_processors(void);

/* The time when progress was last told. */
typedef struct PoolClock {
    uint64_t told_ns;
} PoolClock;
/* Tells it if there is somebody to tell, and time. */
void pool_tell(const Pool *pool, PoolClock *clock, size_t done);
enum { POOL_TELL_MS = 50 };

#endif
