/* SPDX-License-Identifier: MIT */
/* What the debug library's files share. */
#ifndef MOONLET_LIB_DEBUG_H
#define MOONLET_LIB_DEBUG_H

#include "lib/debug/inspect.h"
#include "lib/lib.h"

/* The coroutine meant: the first argument if it is one (*shift is 1, the others come
 * behind it), else the running one. */
static inline Coroutine *lib_debug_thread(Machine *M, const Value *a, int n, int *shift)
{
    *shift = n && value_is(a[0], OBJ_COROUTINE);
    return *shift ? value_pointer(a[0]) : M->run.co;
}

/* A text as C sees it, up to its first zero. */
Value lib_debug_text(const String *s);

int lib_debug_getinfo(Machine *M, Value *a, int n);
int lib_debug_sethook(Machine *M, Value *a, int n);
int lib_debug_gethook(Machine *M, Value *a, int n);

#endif
