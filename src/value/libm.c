/* SPDX-License-Identifier: MIT */
/*
 * libm, which is loaded when it is first needed.
 *
 * Main invariant: libm_opened is NULL, or points to a table in which all functions have been
 * found.
 */
#include "value/libm.h"

#include "memory/mem.h"

#include <dlfcn.h>
#include <pthread.h>

#ifdef __GLIBC__
#include <gnu/lib-names.h>
#include <sys/mman.h>
#endif

const Libm *libm_opened;

static Libm functions;

#ifdef __GLIBC__

enum { SPACE = 1280 << 10 }; /* what it maps, and something for the loader's tables */
static void *space;

static void keep_space(void)
{
    if (__atomic_load_n(&libm_opened, __ATOMIC_ACQUIRE)) return;
    void *p = mmap(NULL, SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED) __atomic_store_n(&space, p, __ATOMIC_RELEASE);
}

static void give_space(void)
{
    void *p = __atomic_exchange_n(&space, NULL, __ATOMIC_ACQ_REL);
    if (p) munmap(p, SPACE);
}

void libm_prepare(void) { mem_when_grown(keep_space); }

static void find(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);
    if (!address) mem_fail(dlerror());
    memcpy(function, &address, sizeof address); /* POSIX: they have the same size */
}

static void fill(void)
{
    give_space();
    void *library = dlopen(LIBM_SO, RTLD_LAZY | RTLD_LOCAL);
    if (!library) mem_fail(dlerror());
#define X_FIND(f) find(library, #f, &functions.f);
    X_LIBM_1(X_FIND)
    X_LIBM_2(X_FIND)
#undef X_FIND
    __atomic_store_n(&libm_opened, &functions, __ATOMIC_RELEASE);
}

void *libm_open_library(const char *file, int flags)
{
    void *library = dlopen(file, flags);
    if (library) return library;
    const char *error = dlerror();
    if (error && strstr(error, "undefined symbol")) dlopen(LIBM_SO, RTLD_LAZY | RTLD_GLOBAL);
    return dlopen(file, flags); /* the error is told of once only: the caller's is to come */
}

#else

void libm_prepare(void) {}

void *libm_open_library(const char *file, int flags) { return dlopen(file, flags); }

static void fill(void)
{
#define X_NAME(f) functions.f = f;
    X_LIBM_1(X_NAME)
    X_LIBM_2(X_NAME)
#undef X_NAME
    __atomic_store_n(&libm_opened, &functions, __ATOMIC_RELEASE);
}

#endif

const Libm *libm_open(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill);
    return &functions;
}
