/* SPDX-License-Identifier: MIT */
/*
 * What a program that embeds Lua with lua.h, or a C module made for that, can do beyond lua.h
 * when it runs on Moonlet: the world of a lua_State is a value.
 *
 *     lua_State *L = luaL_newstate();
 *     luaL_openlibs(L);
 *     luaL_dostring(L, "hp = 10");
 *     moonlet_state *before = moonlet_puc_state(L);
 *     luaL_dostring(L, "hp = 0");
 *     moonlet_puc_restore(L, before); // hp is 10
 *
 * These functions are in the program moonlet and in libmoonlet-lua52 (docs/PUC.md), with those
 * of moonlet.h: such a state can be run, forked, compared, saved as an image as any other. A C
 * module that is to load under PUC Lua as well declares those that it uses weak, and looks
 * whether they are there:
 *
 *     #pragma weak moonlet_puc_userdata
 *     if (moonlet_puc_userdata) ...
 *
 * Include lua.h before or after this, that of Moonlet or of PUC Lua 5.2. What moonlet.h says of
 * threads holds for states; a lua_State, and all that belong to its world, are one thread's at
 * a time.
 */
#ifndef MOONLET_PUC_HEADER
#define MOONLET_PUC_HEADER

#include "moonlet.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lua_State;
typedef int moonlet_puc_function(struct lua_State *L); /* a lua_CFunction */

/* Worlds ---------------------------------------------------------------------------- */

/*
 * The world of L as a state, to be released. In it are all that Lua programs can reach, the
 * registry, the coroutines, and the stacks of all lua_State handles of the world as they are
 * outside of C functions: so for a program that calls this when nothing runs, the whole of L.
 * Not in it are the C stack, bytes of full userdata (but see moonlet_puc_userdata), and what
 * belongs to handles: hooks of C, the function of lua_atpanic, the allocator.
 *
 * While Lua or C functions run in the world, the state holds the program paused in this very
 * call, as one of moonlet_context_state does, and the stacks of handles as they are below the
 * functions that run: where that program has come to its end in moonlet_resume,
 * moonlet_puc_restore puts them back. It may be looked at, compared, called in beside that
 * program, and saved if nothing in it is C's; when that is gone on with (moonlet_resume),
 * it fails as soon as control comes back to a C function, which has no C stack there, unless
 * this has a continuation.
 *
 * O(1), and O(values on the stacks of handles); what is written next costs as after any
 * snapshot.
 */
MOONLET_API moonlet_state *moonlet_puc_state(struct lua_State *L);
/*
 * Goes on from a state: the world of L, and the stacks of its handles, are as when it was
 * taken; stacks that it does not have are empty. s may be any state, also one that came of
 * moonlet_puc_state by calls of moonlet.h, or of another world; it stays the caller's, and may
 * be gone back to any number of times. Limits of s do not hold for L.
 *
 * Handles of coroutines that the state has stay good, and L itself does; others must not be
 * used any more, nor pointers to strings and userdata of the world that is given up, nor
 * references (luaL_ref) made there.
 *
 * Gives NULL, or, when nothing was done, why not, a static text: a Lua or C function runs in
 * the world ("functions are running"), or s holds a paused program ("the state holds a paused
 * program"). O(values on the stacks).
 */
MOONLET_API const char *moonlet_puc_restore(struct lua_State *L, const moonlet_state *s);
/*
 * Another lua_State on the world of a state, to be closed by lua_close: a fork, for this thread
 * or another one. Its main coroutine is that of the state, with its stack. Answers NULL if s
 * holds a paused program. Limits of s do not hold. Some 10 us.
 *
 *     moonlet_state *now = moonlet_puc_state(L);
 *     lua_State *fork = moonlet_puc_open(now);
 *
 * lua_close calls the __gc of full userdata once: of those that this lua_State has made, and
 * that are in no state which was taken of it. The others' is called when the collector has
 * found that no state has them, by the next run of the process that calls a C function.
 */
MOONLET_API struct lua_State *moonlet_puc_open(const moonlet_state *s);

/* Values ---------------------------------------------------------------------------- */

/* The value at an index, as moonlet.h has it, for states that are taken from now on; nil where
 * there is none. And the other way: pushes a value of the world, or of a state from which the
 * world has come. A stack without room is an error as for lua_pushvalue. */
MOONLET_API moonlet_value moonlet_puc_value(struct lua_State *L, int index);
MOONLET_API void moonlet_puc_push(struct lua_State *L, moonlet_value v);

/* Makes require and package.loadlib find modules made for lua.h in all states of the
 * process, for a program that has linked these functions and makes its states by moonlet.h,
 * from now on. lua_newstate and the functions below do so, too. */
MOONLET_API void moonlet_puc_attach(void);
/* A C function as value 0 of the new state: for moonlet_set, moonlet_call. */
MOONLET_API moonlet_result moonlet_puc_new_function(const moonlet_state *s,
                                                    moonlet_puc_function *f);

/* Userdata -------------------------------------------------------------------------- */

/*
 * This is lua_newuserdata(L, type->size) for a module that knows Moonlet. It pushes a userdata
 * that is as the type says (moonlet.h), and gives its bytes, which are zeroed. With type->copy
 * each state has bytes of its own, so going back takes them back; with save and load they are
 * in images; finalize is called once for each of the bytes, when no state has them any more;
 * __gc is called in each state that has lost the userdata. The metatable is that of
 * type->methods, which is mostly NULL, until lua_setmetatable sets another one.
 *
 * lua_touserdata, luaL_checkudata and luaL_testudata give the bytes for writing: for a type
 * with a copy function, those of this state, copied at the first look after a snapshot or in a
 * fork. So their address is good until control leaves the C function, or Lua is called, for
 * then there may be a snapshot; a module must not keep it. moonlet_puc_look gives the bytes to
 * read only, under the same rule, and copies nothing; NULL if there is no userdata of the type.
 */
MOONLET_API void *moonlet_puc_userdata(struct lua_State *L, const moonlet_type_info *type);
/*
 * Images need these: a name for a C function that is in no module, as a program's own, in
 * states of this process; and a type by which it will be known. A module calls the second in
 * its luaopen_ function; functions of modules have names (docs/PUC.md). Names and types must
 * live as long as the process, and be the same in that which loads the image.
 */
MOONLET_API void moonlet_puc_name_function(const char *name, moonlet_puc_function *f);
MOONLET_API void moonlet_puc_name_type(const moonlet_type_info *type);
MOONLET_API const void *moonlet_puc_look(struct lua_State *L, int index,
                                         const moonlet_type_info *type);

#ifdef __cplusplus
}
#endif
#endif
