/* SPDX-License-Identifier: MIT */
/*
 * C modules: shared libraries opened, and their functions found.
 *
 * Main invariant: a library that was opened stays loaded, because any state may hold its
 * functions.
 */
#include "api/host/shared.h"

#include <dlfcn.h>
#include <string.h>

#include "api/host/host.h"
#include "lib/lib.h"
#include "outside/outside.h"
#include "value/libm.h"

/* The name that PUC Lua's modules have is ours with another prefix. */
#define PREFIX "moonlet"
static const char foreign[] = "a module for PUC Lua's C API: Moonlet's have a 'moonletopen_' "
                              "function and use moonlet.h";

static const char *c_text(const char *text) { return api_c_text(text, strlen(text)); }

/* dlerror's text lives until the next call that fails on this thread. */
static const char *last_error(void) { return c_text(dlerror()); }

/* What PUC Lua's modules lack where there is no PUC Lua. */
static bool is_foreign_error(const char *text)
{
    const char *symbol = strstr(text, "undefined symbol: lua");
    if (!symbol) return false;
    symbol += strlen("undefined symbol: lua");
    return *symbol == '_' || strncmp(symbol, "L_", 2) == 0;
}

static bool is_foreign(const char *name) { return strncmp(name, "luaopen_", 8) == 0; }

static bool has_foreign(void *library, const char *name)
{
    if (lib_c_function) return false;
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           dlsym(library, lib_c_text(lib_join("lua", name + strlen(PREFIX), NULL)));
}

/* Looks in the library itself. '*' is the name of one that is only to be there, for others. */
static LibraryStatus find(const char *file, const char *name, void **address,
                          const char **error)
{
    bool all = *name == '*';
    void *library = libm_open_library(file, RTLD_NOW | (all ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!library) {
        *error = last_error();
        if (is_foreign_error(*error)) *error = foreign;
        return LIBRARY_NOT_OPEN;
    }
    if (all) return LIBRARY_OK;
    *address = dlsym(library, name);
    if (*address) return LIBRARY_OK;
    *error = last_error();
    if (has_foreign(library, name)) *error = foreign;
    return LIBRARY_NO_FUNCTION;
}

/* What was found; in a replay, what was found then. A replay needs the library only for
 * functions that it calls. */
static LibraryStatus find_now(Machine *M, const char *file, const char *name, void **address,
                              const char **error)
{
    bool recalls = outside_recalls(M);
    int found = recalls ? LIBRARY_OK : (int)find(file, name, address, error);
    LibraryStatus status =
        (LibraryStatus)outside_int(M, found, LIBRARY_OK, LIBRARY_NO_FUNCTION);
    if (status != LIBRARY_OK) {
        *error = outside_text(M, *error);
        if (!*error) *error = "";
    } else if (recalls && !is_foreign(name) && *name != '*' &&
               find(file, name, address, error) != LIBRARY_OK) {
        outside_end(M);
        return LIBRARY_NOT_OPEN;
    }
    return status;
}

LibraryStatus library_function(Machine *M, const char *file, const char *name, Value *function,
                               const char **error)
{
    void *address = NULL;
    LibraryStatus status = find_now(M, file, name, &address, error);
    if (status != LIBRARY_OK) return status;
    if (*name == '*') {
        *function = V_TRUE;
        return LIBRARY_OK;
    }
    if (lib_c_function && is_foreign(name)) {
        *function = lib_c_function(M, address, file, name);
        return LIBRARY_OK;
    }
    moonlet_function *call;
    memcpy(&call, &address, sizeof call); /* POSIX: they have the same size */
    *function = host_function(M, c_text(name), call, NULL);
    return LIBRARY_OK;
}
