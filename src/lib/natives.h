/* SPDX-License-Identifier: MIT */
/*
 * The table of natives: each library's rows (native/native.h), and a way through all of them.
 *
 * Invariant: every function that is in a fresh state, and every native that the libraries
 * make or go on in, has just one row, and no two rows have a name in common.
 */
#ifndef MOONLET_NATIVES_H
#define MOONLET_NATIVES_H

#include "native/native.h"

#define X_NATIVES(X) \
    X(base)          \
    X(bit32)         \
    X(collect)       \
    X(coroutine)     \
    X(debug)         \
    X(file)          \
    X(finalizers)    \
    X(format)        \
    X(gsub)          \
    X(io)            \
    X(lines)         \
    X(load)          \
    X(map)           \
    X(match)         \
    X(math)          \
    X(message)       \
    X(module)        \
    X(os)            \
    X(package)       \
    X(sort)          \
    X(state)         \
    X(string)        \
    X(table)

#define X_DECLARE(name) extern const NativeDef natives_##name[];
X_NATIVES(X_DECLARE)
#undef X_DECLARE

/* The row after this one; the first for NULL, NULL after the last. O(number of arrays). */
const NativeDef *natives_next(const NativeDef *row);
/* These find the row of this name, or of this function. They answer NULL if there is none.
 * O(1). */
const NativeDef *natives_by_name(const char *name);
const NativeDef *natives_by_function(NativeFn *fn);
/* Finds the row of a value that is a library's function. Answers NULL for any other value.
 * O(1). */
static inline const NativeDef *natives_row_of(Value f)
{
    return value_is(f, OBJ_NATIVE) ? natives_by_function(((const Native *)value_pointer(f))->fn)
                                   : NULL;
}

#endif
