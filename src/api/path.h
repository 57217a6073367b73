/* SPDX-License-Identifier: MIT */
/*
 * Key paths in a run of the host: raw steps as long as there are no metamethods, else a Lua
 * function makes all of them, within the limits.
 */
#ifndef MOONLET_PATH_H
#define MOONLET_PATH_H

#include "api/api.h"

/* The value at a path, "a.b[1]" (moonlet.h), from the globals; a value put there. What is
 * indexed and cannot be is an error, and so is a text that is no path. */
RunStatus path_get(HostRun *S, const char *path, Value *out);
RunStatus path_set(HostRun *S, const char *path, Value v);
/* Gets what is to be called by a path; *owner, if owner is not NULL, gets the value in which
 * the last key was looked up. It is an error, which names the path, if it cannot be called. */
RunStatus path_get_callee(HostRun *S, const char *path, Value *owner, Value *out);
/* Keys of a path in collected memory, and their number; NULL and 0: it is none. */
Value *path_keys(const char *path, size_t *count);

/* from[k1][k2]...; from[k1][k2]... = v. */

#endif
