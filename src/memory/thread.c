/* SPDX-License-Identifier: MIT */
/*
 * Threads of the program's own; see thread.h.
 *
 * Main invariant: a promise is the thread's from when it is started on, and ends when it is
 * detached.
 */
#include "memory/thread.h"

#include <stdlib.h>

#include "memory/inject.h"
#include "memory/mem.h"
#include "memory/reserve.h"

unsigned thread_promise(unsigned more)
{
    mem_thread_attach();
    unsigned promised = reserve_promise(more, false);
    if (promised == more) return more;
    mem_fill_reserve(more - promised);
    return promised + reserve_promise(more - promised, false);
}

void thread_give_up(unsigned promised) { reserve_break_promises(promised); }

typedef struct Start {
    void (*body)(void *);
    void *context;
} Start;

static void *begin(void *start)
{
    Start s = *(Start *)start;
    free(start);
    mem_thread_attach_promised();
    s.body(s.context);
    mem_thread_detach();
    return NULL;
}

bool thread_start(pthread_t *thread, const pthread_attr_t *attributes, void (*body)(void *),
                  void *context)
{
    Start *s = inject_failure() ? NULL : malloc(sizeof *s);
    if (s) *s = (Start){body, context};
    if (s && pthread_create(thread, attributes, begin, s) == 0) return true;
    free(s);
    thread_give_up(1);
    return false;
}
