/* SPDX-License-Identifier: MIT */
/* Code that comes in pieces, from buffers and files, and goes out and comes back as a dump. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

typedef struct Source {
    const char *at;
    size_t left, piece;
    int calls, fails;
} Source;

static const char *read_piece(lua_State *L, void *data, size_t *size)
{
    Source *s = data;
    s->calls++;
    if (s->fails && s->calls > s->fails) luaL_error(L, "reader failed after %d", s->fails);
    size_t n = s->left < s->piece ? s->left : s->piece;
    const char *p = s->at;
    s->at += n;
    s->left -= n;
    *size = n;
    return n ? p : NULL;
}

static void run(lua_State *L, const char *code)
{
    if (luaL_dostring(L, code)) printf("failed: %s\n", lua_tostring(L, -1));
}

static void show(lua_State *L, int status)
{
    printf("  %d:", status);
    for (int i = 1; i <= lua_gettop(L); i++) {
        printf(" %s", lua_isfunction(L, i) ? "function" : luaL_tolstring(L, i, NULL));
        if (!lua_isfunction(L, i)) lua_pop(L, 1);
    }
    printf("\n");
    lua_settop(L, 0);
}

static void load_pieces(lua_State *L, const char *code, size_t piece, int fails)
{
    Source s = {code, strlen(code), piece, 0, fails};
    int status = lua_load(L, read_piece, &s, "=pieces", NULL);
    if (status == LUA_OK) status = lua_pcall(L, 0, LUA_MULTRET, 0);
    show(L, status);
}

typedef struct Bytes {
    char *at;
    size_t count;
    int calls, stop;
} Bytes;

static int write_piece(lua_State *L, const void *p, size_t n, void *data)
{
    Bytes *b = data;
    if (b->stop && ++b->calls >= b->stop) return 42;
    b->at = realloc(b->at, b->count + n);
    memcpy(b->at + b->count, p, n);
    b->count += n;
    return 0;
}

static void dumps(lua_State *L)
{
    Bytes b = {NULL, 0, 0, 0}, stopped = {NULL, 0, 0, 1};
    luaL_loadstring(
        L,
        "local x = ... local function f(y) n = (n or 0) + y return x, n end return f(2), f(3)");
    printf("dump %d, top %d\n", lua_dump(L, write_piece, &b), lua_gettop(L));
    printf("stopped %d\n", lua_dump(L, write_piece, &stopped) != 0);
    printf("%d\n", b.count > 10 && b.at[0] == LUA_SIGNATURE[0]);
    static const char *const modes[] = {"b", "t", "bt", NULL};
    for (int i = 0; i < 4; i++) {
        int status = luaL_loadbufferx(L, b.at, b.count, "dumped", modes[i]);
        if (status == LUA_OK) {
            lua_pushliteral(L, "argument");
            status = lua_pcall(L, 1, LUA_MULTRET, 0);
        }
        lua_remove(L, 1);
        show(L, status);
        luaL_loadstring(L, "return 1");
    }
    lua_settop(L, 0);
    Source s = {b.at, b.count, 1, 0, 0};
    int status = lua_load(L, read_piece, &s, "=one by one", "b");
    if (status == LUA_OK) status = lua_pcall(L, 0, LUA_MULTRET, 0);
    show(L, status);
    printf("text as binary: %d", luaL_loadbufferx(L, "return 1", 8, "=text", "b"));
    show(L, 0);
    lua_pushcfunction(L, luaopen_base);
    printf("of C: %d\n", lua_dump(L, write_piece, &b));
    lua_settop(L, 0);
    free(b.at);
    free(stopped.at);
}

static void file(lua_State *L, const char *text, size_t n, const char *mode)
{
    FILE *f = fopen("embed.lua", "wb");
    fwrite(text, 1, n, f);
    fclose(f);
    int status = luaL_loadfilex(L, "embed.lua", mode);
    if (status == LUA_OK) status = lua_pcall(L, 0, LUA_MULTRET, 0);
    show(L, status);
    remove("embed.lua");
}

static void upvalues(lua_State *L)
{
    run(L, "local a, b = 1, 2 return function() a = a + 1 return a, b end, function() return "
           "b, a end");
    for (int f = 1; f <= 2; f++)
        for (int i = 0; i <= 4; i++) {
            const char *name = lua_getupvalue(L, f, i);
            printf("  %s", name ? name : "none");
            if (name) printf("=%s", lua_tostring(L, -1)), lua_pop(L, 1);
        }
    printf("\n  %d %d\n", lua_upvalueid(L, 1, 1) == lua_upvalueid(L, 2, 2),
           lua_upvalueid(L, 1, 1) == lua_upvalueid(L, 2, 1));
    lua_pushliteral(L, "set");
    printf("  %s %d\n", lua_setupvalue(L, 1, 2), lua_gettop(L));
    lua_pushliteral(L, "not set");
    printf("  %s %d\n", lua_setupvalue(L, 1, 9) == NULL ? "none" : "some", lua_gettop(L));
    lua_settop(L, 2);
    lua_upvaluejoin(L, 2, 1, 1, 1);
    lua_pushvalue(L, 1);
    lua_call(L, 0, 0);
    lua_pushvalue(L, 2);
    lua_call(L, 0, 2);
    lua_remove(L, 1);
    lua_remove(L, 1);
    show(L, 0);
    luaL_loadstring(L, "x = 5 return x");
    lua_newtable(L);
    printf("  %s\n", lua_setupvalue(L, 1, 1));
    lua_call(L, 0, 1);
    lua_getglobal(L, "x");
    show(L, 0);
}

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    const char *code = "local t = {} for i = 1, 3 do t[i] = i * 2 end return #t, t[3], 'text', "
                       "[[long\nstring]]";
    for (size_t piece = 1; piece < 200; piece = piece * 3 + 1) load_pieces(L, code, piece, 0);
    load_pieces(L, "", 1, 0);
    load_pieces(L, "return", 2, 0);
    load_pieces(L, "return 1 1", 3, 0);
    load_pieces(L, "x = 'unfinished", 4, 0);
    load_pieces(L, code, 5, 3);
    load_pieces(L, "\xEF\xBB\xBFreturn 1", 5, 0);
    dumps(L);
    static const char *const names[] = {"=name",
                                        "@file.lua",
                                        "short",
                                        "two\nlines",
                                        "=",
                                        "@",
                                        "",
                                        "a very long name of a chunk that is a text of its own "
                                        "and so is cut where it becomes too long"};
    for (int i = 0; i < 8; i++) {
        int status = luaL_loadbuffer(L, "error('here')", 13, names[i]);
        if (!status) status = lua_pcall(L, 0, 0, 0);
        show(L, status);
        luaL_loadbuffer(L, "x x", 3, names[i]);
        show(L, 0);
    }
    file(L, "return 1", 8, NULL);
    file(L, "#!/usr/bin/lua\nreturn 2, error", 30, "t");
    file(L, "#!/usr/bin/lua\nerror('line 2')", 30, "t");
    file(L, "\xEF\xBB\xBF#x\nreturn 3", 14, NULL);
    file(L, "# only", 6, NULL);
    file(L, "", 0, NULL);
    file(L, "return 1", 8, "b");
    printf("%d", luaL_loadfile(L, "none.lua"));
    show(L, 0);
    printf("%d", luaL_dofile(L, "none.lua"));
    show(L, 0);
    upvalues(L);
    lua_close(L);
    return 0;
}
