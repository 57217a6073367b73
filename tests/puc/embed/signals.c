/* SPDX-License-Identifier: MIT */
/*
 * Threads with a lua_State each, begun with all signals blocked by one that waits for them and
 * has a lua_State too, as programs do that leave signals to one thread.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static void *run(void *name)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_pushstring(L, name);
    lua_setglobal(L, "name");
    int failed = luaL_dostring(L, "local t = {}\n"
                                  "for i = 1, 200 do\n"
                                  "    t[i] = {name .. i}\n"
                                  "    for k = 1, 2000 do t.last = {t.last and k} end\n"
                                  "end\n"
                                  "return #t, t[200][1]");
    printf("%s: %d %s %s\n", (char *)name, failed, lua_tostring(L, 1), lua_tostring(L, 2));
    lua_close(L);
    return NULL;
}

static void block_by_thread(const sigset_t *set, sigset_t *old)
{
    pthread_sigmask(SIG_SETMASK, set, old);
}
static void block_by_process(const sigset_t *set, sigset_t *old)
{
    sigprocmask(SIG_BLOCK, set, old);
}

static int wait_blocked(lua_State *L, void (*block)(const sigset_t *set, sigset_t *old),
                        const char *name)
{
    pthread_t thread;
    sigset_t all, old, now;
    sigfillset(&all);
    block(&all, &old);
    pthread_create(&thread, NULL, run, (void *)name);
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &old, &now);
    lua_pushfstring(L, "%d %d %d", sigismember(&old, SIGINT), sigismember(&now, SIGINT),
                    sigismember(&now, SIGUSR1));
    return 1;
}
static int by_thread(lua_State *L) { return wait_blocked(L, block_by_thread, "first"); }
static int by_process(lua_State *L) { return wait_blocked(L, block_by_process, "second"); }

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "by_thread", by_thread);
    lua_register(L, "by_process", by_process);
    if (luaL_dostring(L, "print(by_thread()) print(by_process())"))
        printf("error: %s\n", lua_tostring(L, -1));
    lua_close(L);
    return 0;
}
