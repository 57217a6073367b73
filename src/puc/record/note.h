/* SPDX-License-Identifier: MIT */
/*
 * C functions in recordings (docs/RECORDING.md).
 *
 * Nobody knows what a C function looks at. So while a run is recorded, each call of lua.h that
 * it makes and that changes the world is written down, just before it happens; and a replay
 * makes these calls instead of calling the C function. What Lua does meanwhile that C has
 * called writes down what it sees, in between:
 *
 *   lfs.dir(f)   [push ...][call f]  ... what f asks of the outside ...  [return 2]
 *
 * Functions of libraries that see nothing but their arguments (pure.h) are called in the
 * replay.
 *
 * Invariants:
 *  1. a function that notes a call makes no other noted call before it has noted its own.
 *  2. the bytes of userdata that a replay has made for C functions are nowhere: who asks for
 *     their address gets an error, and addresses of functions that come from a file are of a
 *     kind that no machine has (note_is_elsewhere).
 *  3. C calls in a replay never come from bytes that nobody has verified (again.c).
 */
#ifndef MOONLET_PUC_NOTE_H
#define MOONLET_PUC_NOTE_H

#include "outside/outside.h"
#include "puc/puc.h"
#include "puc/record/ops.h"

/* Writes a call down, if a C function makes it that is recorded. */
void note_write(lua_State *L, NoteOp op, ...);
#define NOTE(L, ...)                                                  \
    do {                                                              \
        if (UNLIKELY(outside_was_used())) note_write(L, __VA_ARGS__); \
    } while (0)

/* The lua_CFunction to be called in place of this one. */
lua_CFunction note_instead(Machine *M, lua_CFunction fn);
/* Calls a hook, or does what it has done. In a replay it may be NULL, where it is not known: a
 * state has none. */
void note_call_hook(lua_State *L, lua_Hook hook, lua_Debug *ar);
/* The function that opens a module, found by `address` if it is no replay's. Answers NULL if
 * the replay ends here. */
lua_CFunction note_open(Machine *M, void *address, const char *file, const char *symbol);
/* The function that closes a file of C's, or in a replay the one that did. */
lua_CFunction note_closes(Machine *M, lua_CFunction close);
/* Whether what this function does is written down, and not done again in replays. */
bool note_is_recorded(lua_CFunction fn);
/* Whether it is the address of a function of another process. */
static inline bool note_is_elsewhere(lua_CFunction fn) { return (uintptr_t)fn >> 48 != 0; }

/* Written down outside of C functions. */
void note_opened(Machine *M, lua_CFunction fn, uint64_t contents);
void note_closed(Machine *M, lua_CFunction close);
/* A lua_CFunction: does what the recorded one has done. */
int note_again(lua_State *L);

#endif
