/* SPDX-License-Identifier: MIT */
/* Files that C gives to Lua's io library, and the results that C functions of files give. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static int closed;

static int close_mine(lua_State *L)
{
    luaL_Stream *s = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    closed++;
    return luaL_fileresult(L, fclose(s->f) == 0, NULL);
}

static int refuse_close(lua_State *L)
{
    luaL_Stream *s = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    s->closef = refuse_close;
    lua_pushnil(L);
    lua_pushliteral(L, "stays open");
    return 2;
}

static luaL_Stream *stream(lua_State *L, lua_CFunction closef)
{
    luaL_Stream *s = lua_newuserdata(L, sizeof *s);
    s->closef = NULL;
    luaL_setmetatable(L, LUA_FILEHANDLE);
    s->f = tmpfile();
    s->closef = closef;
    return s;
}

static int open(lua_State *L)
{
    static const char *const kinds[] = {"mine", "refused", "unopened", NULL};
    static const lua_CFunction closes[] = {close_mine, refuse_close, NULL};
    int kind = luaL_checkoption(L, 1, "mine", kinds);
    size_t n;
    const char *text = luaL_optlstring(L, 2, "", &n);
    luaL_Stream *s = stream(L, closes[kind]);
    fwrite(text, 1, n, s->f);
    rewind(s->f);
    return 1;
}

static int size(lua_State *L)
{
    luaL_Stream *s = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    luaL_argcheck(L, s->closef, 1, "closed");
    fflush(s->f);
    long at = ftell(s->f);
    fseek(s->f, 0, SEEK_END);
    lua_pushinteger(L, ftell(s->f));
    fseek(s->f, at, SEEK_SET);
    return 1;
}

static int result(lua_State *L)
{
    errno = luaL_checkint(L, 1);
    return luaL_fileresult(L, lua_toboolean(L, 2), luaL_optstring(L, 3, NULL));
}

static int exec_result(lua_State *L) { return luaL_execresult(L, luaL_checkint(L, 1)); }

static const luaL_Reg functions[] = {
    {"open", open}, {"size", size}, {"result", result}, {"exec", exec_result}, {NULL, NULL}};

static const char script[] =
    "local f = open('mine', 'first line\\nsecond 42 0x1F\\nlast')\n"
    "print(io.type(f), size(f), f:read(), f:read('*n') == nil, f:read(7), f:read('*n', '*n'), "
    "f:read('*l'), f:read('*a'), f:read(1))\n"
    "print(f:seek('set', 3), f:read(3), f:seek('end'), f:write('+', 5, '!'), f:seek('set'), "
    "#f:read('*a'), size(f))\n"
    "print(f:close()) print(io.type(f), pcall(f.read, f), pcall(size, f), tostring(f))\n"
    "print(pcall(f.close, f))\n"
    "for l in open(nil, 'a\\nb\\n'):lines() do io.write('<', l, '>') end print()\n"
    "for a, b in open(nil, '1 2 3 4'):lines('*n', '*n') do io.write(a, ',', b, ' ') end "
    "print()\n"
    "local g = open('refused', 'x') print(g:close()) print(io.type(g), g:read('*a'))\n"
    "local h = open('unopened') print(io.type(h), tostring(h), pcall(h.read, h))\n"
    "print(pcall(size, 1)) print(pcall(size)) print(pcall(size, io.stdout) == true)\n"
    "io.input(open(nil, 'input\\nmore')) print(io.read(), io.read('*a'), io.read('*a'), "
    "io.read())\n"
    "print(pcall(io.close, io.input())) print(pcall(io.read))\n"
    "local o = open() io.output(o) io.write('written ', 1) print(size(o)) "
    "io.output(io.stdout)\n"
    "print(o:seek('set'), o:read('*a'), o:setvbuf('no'), o:flush() == o)\n"
    "print(result(2, false)) print(result(2, false, 'name')) print(result(0, true, 'name')) "
    "print(result(13))\n"
    "print(exec(0)) print(exec(256)) print(exec(9)) print(exec(-1) == nil)\n"
    "print(os.rename('none', 'other')) print(io.open('none/x')) print(pcall(io.lines, "
    "'none/x'))\n"
    "print(os.remove('none'))\n"
    "f, g, h, o = nil\n";

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    if (luaL_loadbuffer(L, script, sizeof script - 1, "=script") || lua_pcall(L, 0, 0, 0))
        printf("failed: %s\n", lua_tostring(L, -1));
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_close(L);
    printf("closed %d\n", closed);
    return 0;
}
