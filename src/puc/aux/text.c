/* SPDX-License-Identifier: MIT */
/*
 * Strings for C: formats, buffers, gsub (manual 4.8 and 5).
 *
 * Main invariant: a buffer's bytes are in itself, or in the userdata that is then at the top.
 */
#include "puc/puc.h"
#include "puc/record/note.h"

#include <stdio.h>

/* Formats -------------------------------------------------------------------------------- */

static void push_char(lua_State *L, int c)
{
    char byte = (char)c;
    lua_pushlstring(L, &byte, 1);
}

static void push_pointer(lua_State *L, const void *p)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%p", p);
    lua_pushlstring(L, text, (size_t)n);
}

const char *lua_pushvfstring(lua_State *L, const char *fmt, va_list argp)
{
    int n = 0;
    for (const char *e; (e = strchr(fmt, '%')); fmt = e + 2, n += 2) {
        luaL_checkstack(L, 2, NULL);
        lua_pushlstring(L, fmt, (size_t)(e - fmt));
        switch (e[1]) {
        case 's': {
            const char *s = va_arg(argp, char *);
            if (!s) s = "(null)";
            lua_pushlstring(L, s, strlen(s));
            break;
        }
        case 'c': push_char(L, va_arg(argp, int)); break;
        case 'd': lua_pushinteger(L, va_arg(argp, int)); break;
        case 'f': lua_pushnumber(L, va_arg(argp, LUAI_UACNUMBER)); break;
        case 'p': push_pointer(L, va_arg(argp, void *)); break;
        case '%': lua_pushlstring(L, "%", 1); break;
        default:
            luaL_error(L, "invalid option " LUA_QL("%%%c") " to " LUA_QL("lua_pushfstring"),
                       e[1]);
        }
    }
    luaL_checkstack(L, 1, NULL);
    lua_pushlstring(L, fmt, strlen(fmt));
    if (n > 0) lua_concat(L, n + 1);
    return lua_tostring(L, -1);
}

const char *lua_pushfstring(lua_State *L, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *s = lua_pushvfstring(L, fmt, ap);
    va_end(ap);
    return s;
}

/* Buffers: in the buffer itself, or in a userdata at the top ------------------------------ */

static bool is_outgrown(const luaL_Buffer *B) { return B->b != B->initb; }

void luaL_buffinit(lua_State *L, luaL_Buffer *B)
{
    B->L = L;
    B->b = B->initb;
    B->n = 0;
    B->size = LUAL_BUFFERSIZE;
}

char *luaL_prepbuffsize(luaL_Buffer *B, size_t sz)
{
    lua_State *L = B->L;
    if (B->size - B->n >= sz) return B->b + B->n;
    size_t size = B->size * 2;
    if (size - B->n < sz) size = B->n + sz;
    if (size < B->n || size - B->n < sz) luaL_error(L, "buffer too large");
    char *b = lua_newuserdata(L, size);
    memcpy(b, B->b, B->n);
    if (is_outgrown(B)) lua_remove(L, -2);
    B->b = b;
    B->size = size;
    return b + B->n;
}

char *luaL_buffinitsize(lua_State *L, luaL_Buffer *B, size_t sz)
{
    luaL_buffinit(L, B);
    return luaL_prepbuffsize(B, sz);
}

void luaL_addlstring(luaL_Buffer *B, const char *s, size_t l)
{
    char *b = luaL_prepbuffsize(B, l);
    if (l) memcpy(b, s, l);
    luaL_addsize(B, l);
}

void luaL_addstring(luaL_Buffer *B, const char *s) { luaL_addlstring(B, s, strlen(s)); }

void luaL_addvalue(luaL_Buffer *B)
{
    size_t l;
    lua_State *L = B->L;
    const char *s = lua_tolstring(L, -1, &l);
    if (is_outgrown(B)) lua_insert(L, -2); /* the userdata is to be on top */
    luaL_addlstring(B, s, l);
    lua_remove(L, is_outgrown(B) ? -2 : -1);
}

void luaL_pushresult(luaL_Buffer *B)
{
    lua_State *L = B->L;
    lua_pushlstring(L, B->b, B->n);
    if (is_outgrown(B)) lua_remove(L, -2);
}

void luaL_pushresultsize(luaL_Buffer *B, size_t sz)
{
    luaL_addsize(B, sz);
    luaL_pushresult(B);
}

const char *luaL_gsub(lua_State *L, const char *s, const char *p, const char *r)
{
    const char *found;
    size_t length = strlen(p);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while ((found = strstr(s, p))) {
        luaL_addlstring(&b, s, (size_t)(found - s));
        luaL_addstring(&b, r);
        s = found + length;
    }
    luaL_addstring(&b, s);
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}
