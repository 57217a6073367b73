/* SPDX-License-Identifier: MIT */
/*
 * What Lua 5.2's C interface leaves to each build, as Debian builds it for 64 bits: these
 * decide the binary interface, and are not to be changed.
 */
#ifndef lconfig_h
#define lconfig_h

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
#define LUA_API extern "C" __attribute__((visibility("default")))
#else
#define LUA_API extern __attribute__((visibility("default")))
#endif
#define LUALIB_API LUA_API
#define LUAMOD_API LUALIB_API

#define LUA_NUMBER double
#define LUA_INTEGER ptrdiff_t
#define LUA_UNSIGNED unsigned int
#define LUAI_UACNUMBER double
#define LUA_NUMBER_SCAN "%lf"
#define LUA_NUMBER_FMT "%.14g"
#define LUAI_MAXNUMBER2STR 32
#define lua_number2str(s, n) sprintf((s), LUA_NUMBER_FMT, (n))
#define lua_str2number(s, p) strtod((s), (p))

#define LUAI_MAXSTACK 1000000
#define LUAI_FIRSTPSEUDOIDX (-LUAI_MAXSTACK - 1000)
#define LUA_IDSIZE 60
#define LUAL_BUFFERSIZE BUFSIZ

#define LUA_QL(x) "'" x "'"
#define LUA_QS LUA_QL("%s")
#define LUA_DIRSEP "/"
#define LUA_ENV "_ENV"

/* Of Lua 5.1, for sources that ask for them. */
#if defined(LUA_COMPAT_ALL)
#define LUA_COMPAT_MODULE
#define lua_cpcall(L, f, u) \
    (lua_pushcfunction(L, (f)), lua_pushlightuserdata(L, (u)), lua_pcall(L, 1, 0, 0))
#define lua_strlen(L, i) lua_rawlen(L, (i))
#define lua_objlen(L, i) lua_rawlen(L, (i))
#define lua_equal(L, a, b) lua_compare(L, (a), (b), LUA_OPEQ)
#define lua_lessthan(L, a, b) lua_compare(L, (a), (b), LUA_OPLT)
#endif

#endif
