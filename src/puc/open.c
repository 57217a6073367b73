/* SPDX-License-Identifier: MIT */
/* C modules in states of lua_newstate: functions of shared libraries. */
#include <dlfcn.h>

#include "puc/open.h"
#include "puc/puc.h"

static const char *last_error(void)
{
    const char *text = dlerror();
    size_t size = strlen(text) + 1;
    char *copy = mem_try_alloc_atomic(size);
    return copy ? memcpy(copy, text, size) : "cannot open the library";
}

static LibraryStatus library(Machine *M, const char *file, const char *name, Value *function,
                             const char **error)
{
    bool all = *name == '*'; /* only to be there, for others */
    void *library = dlopen(file, RTLD_NOW | (all ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!library) {
        *error = last_error();
        return LIBRARY_NOT_OPEN;
    }
    if (all) {
        *function = V_TRUE;
        return LIBRARY_OK;
    }
    void *address = dlsym(library, name);
    if (!address) {
        *error = last_error();
        return LIBRARY_NO_FUNCTION;
    }
    *function = lib_c_function(M, address);
    return LIBRARY_OK;
}

static void adopt(Machine *child, const Machine *M) { child->hooks = M->hooks; }

const MachineHooks puc_hooks = {.adopt = adopt, .library = library};
