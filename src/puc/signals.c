/* SPDX-License-Identifier: MIT */
/*
 * Two functions of the C library, in its place: pthread_sigmask and sigprocmask. The collector
 * stops threads by two signals. A C module that blocks all signals while it waits for a thread
 * with a lua_State of its own, as that of cqueues does, would keep them out, and the thread
 * could get no memory. So here all may be blocked but those two.
 *
 * Main invariant: no thread of the program, or of one that is linked with the library in place
 * of liblua5.2, blocks the collector's signals by these functions.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "memory/mem.h"

#if defined(__GLIBC__) && !defined(MOONLET_MALLOC)

#include <dlfcn.h>
#include <signal.h>

typedef int ChangeMask(int how, const sigset_t *set, sigset_t *old);

__attribute__((visibility("default"))) ChangeMask pthread_sigmask, sigprocmask;

/* Calls the C library's function of this name, which is looked for once. */
static int change(ChangeMask **function, const char *name, int how, const sigset_t *set,
                  sigset_t *old)
{
    sigset_t less;
    ChangeMask *call = __atomic_load_n(function, __ATOMIC_RELAXED);
    if (!call) {
        void *address = dlsym(RTLD_NEXT, name);
        memcpy(&call, &address, sizeof call); /* POSIX: they have the same size */
        __atomic_store_n(function, call, __ATOMIC_RELAXED);
    }
    if (set && how != SIG_UNBLOCK) {
        less = *set;
        sigdelset(&less, mem_stop_signal());
        sigdelset(&less, mem_go_on_signal());
        set = &less;
    }
    return call(how, set, old);
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    static ChangeMask *function;
    return change(&function, "pthread_sigmask", how, set, old);
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    static ChangeMask *function;
    return change(&function, "sigprocmask", how, set, old);
}

#endif
