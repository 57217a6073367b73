/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: whole states, the standard libraries, the collector.
 *
 * Main invariant: lua_close ends the machine of a state that C has opened (`owned`), and of no
 * other: a handle on a run of somebody else's lives as long as that run.
 */
#include "api/api.h"
#include "puc/attach.h"
#include "puc/puc.h"
#include "puc/record/note.h"

#include <limits.h>
#include <stdio.h>

const char lua_ident[] = "$LuaVersion: " LUA_COPYRIGHT " (as Moonlet has it) $";

const lua_Number *lua_version(lua_State *L)
{
    static const lua_Number version = LUA_VERSION_NUM;
    (void)L;
    return &version;
}

/* States --------------------------------------------------------------------------------- */

lua_State *lua_newstate(lua_Alloc f, void *ud)
{
    if (!puc_init()) return NULL;
    Machine *M = machine_begin(NULL);
    api_attach(M);
    Run *R = &M->run;
    run_set(R, R->world->registry, value_number(1), value_object(R->world->main));
    run_set(R, R->world->registry, value_number(2), value_object(R->world->globals));
    Puc *P = puc_attach(M);
    P->owned = M->alone = true;
    P->alloc = f;
    P->alloc_data = ud;
    return P->main;
}

static int default_panic(lua_State *L)
{
    fprintf(stderr, "PANIC: unprotected error in call to Lua API (%s)\n", lua_tostring(L, -1));
    fflush(stderr);
    return 0;
}

lua_State *luaL_newstate(void)
{
    lua_State *L = lua_newstate(puc_plain_alloc, NULL);
    if (L) lua_atpanic(L, default_panic);
    return L;
}

void lua_close(lua_State *L)
{
    Puc *P = L->P;
    Machine *M = L->M;
    if (!P->owned || M->depth) return;
    if (puc_has_lost) puc_take_lost(M);
    collect_close(M);
    machine_end(M);
    M->puc = NULL;
    M->pins = NULL;
}

lua_Alloc lua_getallocf(lua_State *L, void **ud)
{
    if (ud) *ud = L->P->alloc_data;
    return L->P->alloc;
}

void lua_setallocf(lua_State *L, lua_Alloc f, void *ud)
{
    L->P->alloc = f;
    L->P->alloc_data = ud;
}

/* Libraries ------------------------------------------------------------------------------ */

/* Opens one with `open`, without a global of its name, and pushes it. */
static int open_library(lua_State *L, void (*open)(Machine *), const char *name)
{
    Run *R = &L->M->run;
    Table *g = R->world->globals;
    Value before = run_get_field(R, g, name);
    open(L->M);
    Value library = run_get_field(R, g, name);
    run_set_field(R, g, name, before);
    puc_push(L, library);
    return 1;
}

static void open_base(Machine *M)
{
    lib_open_base(M);
    lib_open_collect(M);
    lib_open_load(M);
}

int luaopen_base(lua_State *L)
{
    open_base(L->M);
    lua_pushglobaltable(L);
    return 1;
}

static void open_package(Machine *M)
{
    lib_open_package(M);
    lib_open_module(M);
}

#define OPENS(name, open) \
    int luaopen_##name(lua_State *L) { return open_library(L, open, #name); }
OPENS(package, open_package)
OPENS(coroutine, lib_open_coroutine)
OPENS(table, lib_open_table)
OPENS(io, lib_open_io)
OPENS(os, lib_open_os)
OPENS(string, lib_open_string)
OPENS(bit32, lib_open_bit32)
OPENS(math, lib_open_math)
OPENS(debug, lib_open_debug)

static const luaL_Reg libraries[] = {{"_G", luaopen_base},
                                     {LUA_LOADLIBNAME, luaopen_package},
                                     {LUA_COLIBNAME, luaopen_coroutine},
                                     {LUA_TABLIBNAME, luaopen_table},
                                     {LUA_IOLIBNAME, luaopen_io},
                                     {LUA_OSLIBNAME, luaopen_os},
                                     {LUA_STRLIBNAME, luaopen_string},
                                     {LUA_BITLIBNAME, luaopen_bit32},
                                     {LUA_MATHLIBNAME, luaopen_math},
                                     {LUA_DBLIBNAME, luaopen_debug}};

enum { LIBRARIES = sizeof libraries / sizeof *libraries };

size_t puc_library_number(lua_CFunction fn)
{
    size_t i = 0;
    while (i < LIBRARIES && libraries[i].func != fn) i++;
    return i < LIBRARIES ? i + 1 : 0;
}

lua_CFunction puc_library_function(size_t number)
{
    return number && number <= LIBRARIES ? libraries[number - 1].func : NULL;
}

void luaL_openlibs(lua_State *L)
{
    for (size_t i = 0; i < LIBRARIES; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    NOTE(L, NOTE_OPENSTATE);
    lib_open_state(L->M);
}

/* The collector -------------------------------------------------------------------------- */

/* collectgarbage(what, data), as a number. */
static double collect(lua_State *L, const char *what, int data)
{
    puc_push(L, puc_string(L, what, strlen(what)));
    puc_push(L, value_number(data));
    puc_call_native(L, "collectgarbage", 2, 1);
    Value v = *--L->top;
    return v == V_TRUE ? 1 : value_is_number(v) ? value_to_double(v) : 0;
}

int lua_gc(lua_State *L, int what, int data)
{
    NOTE(L, NOTE_GC, what, data);
    static const char *const names[] = {
        "stop",     "restart",    "collect",     "count",     "count",        "step",
        "setpause", "setstepmul", "setmajorinc", "isrunning", "generational", "incremental"};
    if (what < 0 || what > LUA_GCINC) return -1;
    double d = collect(L, names[what], data);
    if (what == LUA_GCCOUNTB) return (int)(d * 1024) % 1024;
    return d < INT_MAX ? (int)d : INT_MAX;
}
