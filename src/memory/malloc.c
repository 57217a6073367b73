/* SPDX-License-Identifier: MIT */
/*
 * The malloc back-end (-DMOONLET_MALLOC), for AddressSanitizer and Valgrind; see mem.h.
 *
 * Main invariant: each block that was not given back is in a ring, so that nothing is taken for
 * a leak.
 */
#include "memory/backend.h"
#include "memory/scratch.h"

#include <pthread.h>
#include <stdlib.h>

#ifdef MOONLET_MALLOC

/* AddressSanitizer ends the program when asked for more. */
#define RING_BLOCK_MAX ((size_t)1 << 39)

/* Each block is preceded by its links in a ring, which keeps it reachable. */
typedef struct Link {
    struct Link *next, *prev;
} Link;

static Link ring = {&ring, &ring};
static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t ring_bytes;

static void *ring_add(size_t size)
{
    if (size > RING_BLOCK_MAX) return NULL;
    Link *link = calloc(1, sizeof(Link) + size);
    if (!link) return NULL;
    pthread_mutex_lock(&ring_lock);
    ring_bytes += size;
    link->next = ring.next;
    link->prev = &ring;
    ring.next->prev = link;
    ring.next = link;
    pthread_mutex_unlock(&ring_lock);
    return link + 1;
}

bool backend_collect_after(size_t bytes) { return (void)bytes, false; }

/* Nobody knows how large the heap will be: what is meant are tests. */
#define SCRATCH_HEAP ((size_t)1 << 30)

void *reserve_block_new(void) { return malloc(RESERVE_BLOCK); }
void reserve_block_free(void *block) { free(block); }

bool mem_is_low(void) { return reserve_is_low(); }

bool mem_recover(void)
{
    inject_reported();
    backend_refused = false;
    backend_refuse_nothing();
    mem_short = !reserve_fill() && reserve_is_falling();
    return false;
}

MEM_THREAD void *mem_hint;

void *mem_malloc(size_t size) { return backend_sure(ring_add, size); }

void mem_malloc_free(void *p)
{
    Link *link = (Link *)p - 1;
    pthread_mutex_lock(&ring_lock);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    pthread_mutex_unlock(&ring_lock);
    free(link);
}

void *mem_sure_alloc(size_t size)
{
    ASSERT_SURE(size);
    return backend_sure(ring_add, size);
}

void *mem_sure_alloc_atomic(size_t size) { return mem_alloc(size); }
void *mem_sure_alloc_root(size_t size) { return mem_alloc(size); }
void *mem_try_alloc(size_t size)
{
    return size <= MEM_SURE_MAX ? backend_sure(ring_add, size) : backend_maybe(ring_add, size);
}

void *mem_try_alloc_atomic(size_t size)
{
    return size <= MEM_SMALL_MAX ? backend_sure(ring_add, size) : backend_maybe(ring_add, size);
}

void *mem_try_alloc_array(size_t size)
{
    if (size <= MEM_SURE_MAX) return backend_sure(ring_add, size);
    return backend_is_beyond_bound(size) ? NULL : backend_perhaps(ring_add, size);
}

void *mem_try_alloc_root(size_t size)
{
    return size <= MEM_SURE_MAX ? backend_sure(ring_add, size) : backend_maybe(ring_add, size);
}

bool mem_can(size_t bytes)
{
    void *p = backend_maybe(ring_add, bytes);
    if (p) mem_malloc_free(p);
    return p != NULL;
}

void mem_free_root(void *p) { mem_malloc_free(p); }

static void lock_ring(void) { pthread_mutex_lock(&ring_lock); }
static void unlock_ring(void) { pthread_mutex_unlock(&ring_lock); }

static void init(void)
{
    backend_check_processor();
    reserve_promise(1, true);
    reserve_want(RESERVE_HEAP_MAX);
    reserve_fill();
    scratch_want(SCRATCH_HEAP);
    scratch_fill();
    inject_init();
    pthread_atfork(lock_ring, unlock_ring, unlock_ring);
}

void mem_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init);
}

void mem_init_program(void) { mem_init(); }
bool mem_can_start(void) { return true; }
void mem_when_grown(void (*prepare)(void)) { prepare(); }

static MEM_THREAD bool attached; /* a thread of the program's own, with a share */

void mem_thread_attach(void) {}
void mem_thread_attach_promised(void) { attached = true; }
bool mem_thread_try_attach(void)
{
    if (!attached) attached = reserve_promise(1, false);
    return attached;
}

void mem_thread_detach(void)
{
    if (attached) reserve_break_promises(1);
    attached = false;
}

void mem_fill_reserve(unsigned more)
{
    reserve_want_shares(more);
    reserve_fill();
}

void mem_collect(void) {}
void mem_collect_after(size_t bytes) { (void)bytes; }
void mem_expect(size_t bytes) { (void)bytes; }
void mem_refuse_helpers(void) {}
uint64_t mem_collections(void) { return 0; }
MemPauses mem_pauses(void) { return (MemPauses){0}; }
bool mem_limit_pauses(unsigned milliseconds) { return (void)milliseconds, false; }
bool mem_idle(uint64_t ns) { return (void)ns, false; }

uint64_t mem_bytes_total(void)
{
    pthread_mutex_lock(&ring_lock);
    uint64_t bytes = ring_bytes;
    pthread_mutex_unlock(&ring_lock);
    return bytes;
}

uint64_t mem_bytes_heap(void) { return mem_bytes_total(); }
bool mem_is_block(const void *p) { return p != NULL; }

void mem_weak_set(uintptr_t *slot, void *object) { *slot = (uintptr_t)object; }
void *mem_weak_get(const uintptr_t *slot) { return (void *)*slot; }
void mem_weak_clear(uintptr_t *slot) { *slot = 0; }

bool mem_weak_list_add(MemWeakList *l, void *object)
{
    if (l->count == l->size) {
        uint32_t size = backend_list_grown(l->size);
        bool fails = l->size > UINT32_MAX / 2 || inject_failure();
        uintptr_t *slots = fails ? NULL : realloc(l->slots, size * sizeof *slots);
        if (!slots) return false;
        l->slots = slots;
        l->size = size;
    }
    l->slots[l->count++] = (uintptr_t)object;
    return true;
}

int64_t mem_weak_list_get(MemWeakList *l, void **to)
{
    for (uint32_t i = 0; i < l->count; i++) to[i] = (void *)l->slots[i];
    return l->count;
}

#endif
