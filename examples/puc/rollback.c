/* SPDX-License-Identifier: MIT */
/*
 * A program that embeds Lua with lua.h, and rolls its world back. Each frame is kept; when an
 * input comes late, the frames since are played again with it.
 *
 *     cc rollback.c $(pkg-config --cflags --libs moonlet-lua5.2)
 */
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <moonlet_puc.h>

static const char game[] = "x, log = 0, {}\n"
                           "walk = coroutine.wrap(function()\n"
                           "    local speed = 1\n"
                           "    while true do\n"
                           "        local key = coroutine.yield()\n"
                           "        if key == 'faster' then speed = speed * 2 end\n"
                           "        x = x + speed\n"
                           "    end\n"
                           "end)\n"
                           "walk()\n"
                           "function frame(key) walk(key) log[#log + 1] = x end\n";

enum { FRAMES = 6 };
static moonlet_state *before[FRAMES]; /* each frame */

static void play(lua_State *L, int from, const char *const *keys)
{
    for (int i = from; i < FRAMES; i++) {
        moonlet_release(before[i]);
        before[i] = moonlet_puc_state(L);
        lua_getglobal(L, "frame");
        lua_pushstring(L, keys[i]);
        if (lua_pcall(L, 1, 0, 0)) {
            fprintf(stderr, "%s\n", lua_tostring(L, -1));
            exit(EXIT_FAILURE);
        }
    }
}

static void show(lua_State *L, const char *what)
{
    luaL_dostring(L, "return x, table.concat(log, ' ')");
    printf("%-24s x = %s, after %s\n", what, lua_tostring(L, -2), lua_tostring(L, -1));
    lua_pop(L, 2);
}

int main(void)
{
    const char *keys[FRAMES] = {NULL};
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    if (luaL_dostring(L, game)) return EXIT_FAILURE;

    play(L, 0, keys);
    show(L, "nobody has pressed a key");

    keys[2] = "faster"; /* this comes late: coroutines go back, too */
    const char *why = moonlet_puc_restore(L, before[2]);
    if (why) return fprintf(stderr, "%s\n", why), EXIT_FAILURE;
    play(L, 2, keys);
    show(L, "one was in frame 2");

    lua_State *fork = moonlet_puc_open(before[4]); /* what if there was one in frame 4? */
    keys[4] = "faster";
    for (int i = 4; i < FRAMES; i++) {
        lua_getglobal(fork, "frame");
        lua_pushstring(fork, keys[i]);
        lua_call(fork, 1, 0);
    }
    show(fork, "a fork, with another");
    lua_close(fork);
    show(L, "the world itself");

    for (int i = 0; i < FRAMES; i++) moonlet_release(before[i]);
    lua_close(L);
    return EXIT_SUCCESS;
}
