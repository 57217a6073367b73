/* SPDX-License-Identifier: MIT */
/*
 * Backend: what the two back-ends share of how a request goes that is refused. Each gives `try`
 * functions, which answer a block or NULL; what is here tries again, with the reserve's help.
 *
 * Internal to memory/: collector.h and malloc.c are the back-ends.
 */
#ifndef MOONLET_BACKEND_H
#define MOONLET_BACKEND_H

#include "memory/inject.h"
#include "memory/mem.h"
#include "memory/reserve.h"

#include <assert.h>
#include <stdatomic.h>

/* Gives a block, or NULL; `what` is a size or a size class. */
typedef void *TryFn(size_t what);

#define ASSERT_SURE(size) assert((size) <= MEM_SURE_MAX && "what may be large is asked for")

/* The back-end's: collects, if more than so many bytes were allocated since that was last done.
 */
bool backend_collect_after(size_t bytes);

/* Ends the process, saying so, when the program was built for newer processors (ARCH in the
 * Makefile). */
void backend_check_processor(void);

/* Since mem_recover this thread was refused what cannot be done without; and it has itself
 * taken from the reserve. */
extern MEM_THREAD bool backend_refused, backend_lacked;
/* The smallest size that was refused since there last may have come to be more memory. */
extern _Atomic size_t backend_refused_size;

void backend_set_short(void);
/* Tries again after a refusal, with the reserve's help. bytes: of what is wanted. */
__attribute__((noinline)) void *backend_sure_again(TryFn *try, size_t what, size_t bytes,
                                                   bool on_purpose);

/* Some other thread has given of the reserve to the back-end, and this one asks it for memory:
 * it must not take without end what the other one lacks. An error is needed only if the reserve
 * cannot be filled. */
static inline void backend_share_shortage(void)
{
    if (__builtin_expect(reserve_was_given(), 0)) backend_set_short();
}

static inline void *backend_sure_of(TryFn *try, size_t what, size_t bytes)
{
    bool on_purpose = inject_failure();
    void *p = on_purpose ? NULL : try(what);
    if (__builtin_expect(!p, 0)) return backend_sure_again(try, what, bytes, on_purpose);
    backend_share_shortage();
    if (__builtin_expect(mem_short, 0)) reserve_count(bytes);
    return p;
}

static inline void *backend_sure(TryFn *try, size_t size)
{
    return backend_sure_of(try, size, size);
}

/* A block that is needed, or NULL where there is none even after a collection. */
static inline void *backend_maybe(TryFn *try, size_t size)
{
    if ((mem_short && size > MEM_SURE_MAX) || inject_failure()) return NULL;
    void *p = try(size);
    if (__builtin_expect(p != NULL, 1)) return p;
    return backend_collect_after(0) ? try(size) : NULL;
}

static inline void backend_refuse_nothing(void)
{
    atomic_store_explicit(&backend_refused_size, SIZE_MAX, memory_order_relaxed);
}

/* A block that can be done without, for somebody who will ask again and again. */
static inline void *backend_perhaps(TryFn *try, size_t size)
{
    if (mem_short || size >= atomic_load(&backend_refused_size) || inject_failure())
        return NULL;
    void *p = try(size);
    if (__builtin_expect(p != NULL, 1)) return p;
    p = backend_collect_after(size / 4) ? try(size) : NULL;
    if (!p) atomic_store(&backend_refused_size, size);
    return p;
}

/* Whoever has a bound is not to take at once what goes beyond it. */
static inline bool backend_is_beyond_bound(size_t size)
{
    enum { LARGE_ENOUGH = 256 << 10 };
    return size >= LARGE_ENOUGH && size > mem_room_due();
}

/* How long a weak list of this size becomes when it is full. */
static inline uint32_t backend_list_grown(uint32_t size) { return size ? 2 * size : 64; }

#endif
