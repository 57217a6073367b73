/* SPDX-License-Identifier: MIT */
/*
 * What C functions do to a world: the calls of lua.h that change it, or take steps, as
 * recordings have them.
 *
 *   X(name, what it is given, values that it takes from the stack, the same call again)
 *
 * Main invariant: the numbers of the calls, which are their places here, are in files: new ones
 * come at the end.
 *
 * The letters say what is written down of each argument, and what a replay asks of it, as bytes
 * may come from anywhere:
 *
 *   x  an index: something is there, or it is above the top, or a pseudo-index
 *   y  an index of a value on the stack
 *   t  an index for lua_settop
 *   c  so many values are on the stack; f: and a function below them
 *   i  an int; o: that of an operator; z: a size
 *   n  a double
 *   s  a text; S: or NULL; b: bytes
 *   p  an address; small ones stand for functions that open libraries of Lua
 *   h  the coroutine of a handle, by its number
 */
#ifndef MOONLET_PUC_OPS_H
#define MOONLET_PUC_OPS_H

#define I(n) ((int)a->i[n])

#define NOTE_OPS(X)                                                                    \
    X(RETURN, "i", 0, (void)L) /* the C function has returned so many */               \
    X(ON, "h", 0, (void)L)     /* what follows is done with this handle */             \
    X(PIECE, "b", 0, (void)L)  /* a reader has given bytes */                          \
    X(WRITTEN, "i", 0, (void)L)                                                        \
    X(OPEN, "pz", 0, (void)L)                                                          \
    X(CLOSES, "p", 0, (void)L)                                                         \
    X(UNKNOWN, "", 0, (void)L) /* nobody can do that again */                          \
    X(SETTOP, "t", 0, lua_settop(L, I(0)))                                             \
    X(PUSHVALUE, "x", 0, lua_pushvalue(L, I(0)))                                       \
    X(REMOVE, "y", 0, lua_remove(L, I(0)))                                             \
    X(INSERT, "y", 0, lua_insert(L, I(0)))                                             \
    X(REPLACE, "x", 1, lua_replace(L, I(0)))                                           \
    X(COPY, "xx", 0, lua_copy(L, I(0), I(1)))                                          \
    X(CHECKSTACK, "i", 0, lua_checkstack(L, I(0)))                                     \
    X(XMOVE, "hc", 0, lua_xmove(L, a->handle, I(0)))                                   \
    X(TOLSTRING, "x", 0, lua_tolstring(L, I(0), NULL))                                 \
    X(TOTHREAD, "x", 0, lua_tothread(L, I(0)))                                         \
    X(PUSHNIL, "", 0, lua_pushnil(L))                                                  \
    X(PUSHNUMBER, "n", 0, lua_pushnumber(L, a->n))                                     \
    X(PUSHBOOLEAN, "i", 0, lua_pushboolean(L, I(0)))                                   \
    X(PUSHLSTRING, "b", 0, lua_pushlstring(L, a->s[0], a->length))                     \
    X(PUSHCCLOSURE, "pc", 0, lua_pushcclosure(L, note_function(a->p), I(0)))           \
    X(PUSHLIGHT, "p", 0, lua_pushlightuserdata(L, a->p))                               \
    X(PUSHTHREAD, "", 0, lua_pushthread(L))                                            \
    X(GETGLOBAL, "s", 0, lua_getglobal(L, a->s[0]))                                    \
    X(GETTABLE, "x", 1, lua_gettable(L, I(0)))                                         \
    X(GETFIELD, "xs", 0, lua_getfield(L, I(0), a->s[0]))                               \
    X(RAWGET, "x", 1, lua_rawget(L, I(0)))                                             \
    X(RAWGETI, "xi", 0, lua_rawgeti(L, I(0), I(1)))                                    \
    X(RAWGETP, "xp", 0, lua_rawgetp(L, I(0), a->p))                                    \
    X(CREATETABLE, "ii", 0, lua_createtable(L, I(0), I(1)))                            \
    X(NEWUSERDATA, "z", 0, puc_new_recorded(L, (size_t)a->i[0]))                       \
    X(GETMETATABLE, "x", 0, lua_getmetatable(L, I(0)))                                 \
    X(GETUSERVALUE, "x", 0, lua_getuservalue(L, I(0)))                                 \
    X(SETGLOBAL, "s", 1, lua_setglobal(L, a->s[0]))                                    \
    X(SETTABLE, "x", 2, lua_settable(L, I(0)))                                         \
    X(SETFIELD, "xs", 1, lua_setfield(L, I(0), a->s[0]))                               \
    X(RAWSET, "x", 2, lua_rawset(L, I(0)))                                             \
    X(RAWSETI, "xi", 1, lua_rawseti(L, I(0), I(1)))                                    \
    X(RAWSETP, "xp", 1, lua_rawsetp(L, I(0), a->p))                                    \
    X(SETMETATABLE, "x", 1, lua_setmetatable(L, I(0)))                                 \
    X(SETUSERVALUE, "x", 1, lua_setuservalue(L, I(0)))                                 \
    X(NEXT, "x", 1, lua_next(L, I(0)))                                                 \
    X(CONCAT, "c", 0, lua_concat(L, I(0)))                                             \
    X(LEN, "x", 0, lua_len(L, I(0)))                                                   \
    X(ARITH, "o", 1, lua_arith(L, I(0)))                                               \
    X(COMPARE, "xxi", 0, lua_compare(L, I(0), I(1), I(2)))                             \
    X(CALL, "fiip", 0, lua_callk(L, I(0), I(1), I(2), note_function(a->p)))            \
    X(PCALL, "fixip", 0, lua_pcallk(L, I(0), I(1), I(2), I(3), note_function(a->p)))   \
    X(YIELD, "cip", 0, (void)lua_yieldk(L, I(0), I(1), note_function(a->p)))           \
    X(ERROR, "", 1, lua_error(L))                                                      \
    X(NEWTHREAD, "", 0, lua_newthread(L))                                              \
    X(RESUME, "c", 0, lua_resume(L, NULL, I(0)))                                       \
    X(GC, "ii", 0, lua_gc(L, I(0), I(1)))                                              \
    X(LOAD, "SS", 0, lua_load(L, note_reader, a->again, a->s[0], a->s[1]))             \
    X(LOADBUFFER, "bSS", 0, luaL_loadbufferx(L, a->s[0], a->length, a->s[1], a->s[2])) \
    X(LOADFILE, "SS", 0, luaL_loadfilex(L, a->s[0], a->s[1]))                          \
    X(DUMP, "", 1, lua_dump(L, note_writer, a->again))                                 \
    X(GETINFO, "is", 0, lua_getinfo(L, a->s[0], note_place(a, &ar)))                   \
    X(GETLOCAL, "ii", 0, lua_getlocal(L, note_debug(a, &ar), I(1)))                    \
    X(SETLOCAL, "ii", 1, lua_setlocal(L, note_place(a, &ar), I(1)))                    \
    X(GETUPVALUE, "xi", 0, lua_getupvalue(L, I(0), I(1)))                              \
    X(SETUPVALUE, "xi", 1, lua_setupvalue(L, I(0), I(1)))                              \
    X(UPVALUEJOIN, "xixi", 0, lua_upvaluejoin(L, I(0), I(1), I(2), I(3)))              \
    X(SETHOOK, "pii", 0, lua_sethook(L, note_hook(a->p), I(0), I(1)))                  \
    X(WHERE, "i", 0, luaL_where(L, I(0)))                                              \
    X(ARGERROR, "is", 0, luaL_argerror(L, I(0), a->s[0]))                              \
    X(TRACEBACK, "hSi", 0, luaL_traceback(L, a->handle, a->s[0], I(0)))                \
    X(GETMETAFIELD, "xs", 0, luaL_getmetafield(L, I(0), a->s[0]))                      \
    X(TOTEXT, "x", 0, luaL_tolstring(L, I(0), NULL))                                   \
    X(ROOM, "iS", 0, luaL_checkstack(L, I(0), a->s[0]))                                \
    X(RAWEQUAL, "xx", 0, lua_rawequal(L, I(0), I(1)))                                  \
    X(ISNUMBER, "x", 0, lua_isnumber(L, I(0)))                                         \
    X(RAWLEN, "x", 0, lua_rawlen(L, I(0)))                                             \
    X(OPENSTATE, "", 0, lib_open_state(L->M))

#define NOTE_NUMBER(name, format, takes, call) NOTE_##name,
typedef enum NoteOp { NOTE_NONE, NOTE_OPS(NOTE_NUMBER) NOTE_COUNT } NoteOp;
#undef NOTE_NUMBER

#endif
