/* SPDX-License-Identifier: MIT */
/*
 * Threads of the BEAM and the collector's signals.
 *
 * The collector stops threads with a signal, and scans their stacks from where its handler
 * finds the stack pointer. In the BEAM each thread has an alternate stack for signals, because
 * compiled Erlang code uses the stack pointer for the stack of an Erlang process. So:
 *
 *   in Erlang    the handler runs on the alternate stack, and only that is scanned: the
 *                thread holds nothing of Moonlet's (GC_register_altstack)
 *   in a NIF     the thread is on its own stack, and has no alternate one: the handler runs
 *                there, and what lies below is scanned
 */
#define _GNU_SOURCE /* pthread_getattr_np */
#include "nif.h"

#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>

#include <pthread.h>
#include <signal.h>

static __thread bool known, has_alternate;
static __thread int depth;
static __thread stack_t alternate;

static void register_alternate(void)
{
    pthread_attr_t attributes;
    void *stack = NULL;
    size_t size = 0;
    if (!has_alternate || pthread_getattr_np(pthread_self(), &attributes)) return;
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_attr_destroy(&attributes);
    GC_register_altstack(stack, size, alternate.ss_sp, alternate.ss_size);
}

/* The alternate stack must be gone before the collector knows the thread. */
void thread_enter(void)
{
    static const stack_t none = {.ss_flags = SS_DISABLE};
    if (depth++) return;
    if (!known) {
        has_alternate = !sigaltstack(NULL, &alternate) && !(alternate.ss_flags & SS_DISABLE);
        alternate.ss_flags = 0;
    }
    if (has_alternate) sigaltstack(&none, NULL);
    if (known) return;
    moonlet_thread_attach();
    register_alternate();
    known = true;
}

void thread_leave(void)
{
    if (--depth == 0 && has_alternate) sigaltstack(&alternate, NULL);
}
