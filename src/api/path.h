/* SPDX-License-Identifier: MIT */
/*
 * Key paths in a session: raw steps as long as there are no metamethods, else a Lua
 * function makes all of them, within the limits.
 */
#ifndef MOONLET_PATH_H
#define MOONLET_PATH_H

#include "api/api.h"

/* The value at "a.b.c" from the globals; *owner, if owner is not NULL, the value in which
 * the last name was looked up. What is indexed and cannot be is an error. */
RunStatus path_get(Session *S, const char *path, Value *owner, Value *out);
/* Keys of a path in collected memory, and their number. */
Value *path_keys(const char *path, size_t *count);

/* from[k1][k2]...; from[k1][k2]... = v. */
RunStatus path_get_keys(Session *S, Value from, const Value *keys, size_t count, Value *out);
RunStatus path_set_keys(Session *S, Value from, const Value *keys, size_t count, Value v);

#endif
