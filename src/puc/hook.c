/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: debug hooks (manual 4.9).
 *
 * Main invariant: the hook that C gives a coroutine is the C function puc_call_hook, which
 * nobody sees on the stack; which lua_Hook that calls stands in the coroutine's handle, or in
 * none, if the coroutine has got its hook from the one that made it.
 */
#include "puc/hook.h"
#include "puc/record/note.h"
#include "stack/hook.h"

static int event_of(const String *name)
{
    switch (name->data[0]) {
    case 'c': return name->length == 4 ? LUA_HOOKCALL : LUA_HOOKCOUNT;
    case 'r': return LUA_HOOKRET;
    case 'l': return LUA_HOOKLINE;
    default: return LUA_HOOKTAILCALL;
    }
}

static lua_Hook called_hook(const lua_State *L) { return L->hook ? L->hook : L->P->hook; }

/* A lua_CFunction: the event's name, and the line if it is one. */
int puc_call_hook(lua_State *L)
{
    lua_Debug ar = {0};
    ar.event = event_of(value_string(L->base[0]));
    ar.currentline = lua_isnumber(L, 2) ? (int)lua_tointeger(L, 2) : -1;
    lua_settop(L, 0);
    L->yields = false;
    lua_Hook call = called_hook(L);
    if (!(call || outside_recalls(L->M)) || !lua_getstack(L, 0, &ar)) return 0;
    if (UNLIKELY(outside_was_used()))
        note_call_hook(L, call, &ar);
    else
        call(L, &ar);
    if (!L->yields) return 0;
    lua_settop(L, 0);
    L->M->hook_yields = true;
    puc_yield(L, 0, 0, NULL);
}

bool puc_is_hook(Value f) { return puc_c_function(f) == puc_call_hook; }

/* The hook that a coroutine has, or NULL where there is none. */
static const Hook *hook_of(lua_State *L)
{
    Machine *M = L->M;
    const Coroutine *co = puc_coroutine(L);
    if (M->depth && co == M->run.co && M->hook.hook) return M->hook.hook;
    const HookState *s = heap_coroutine(&M->run, co)->hook;
    return s ? s->hook : NULL;
}

void puc_inherit_hook(lua_State *L, lua_State *L1)
{
    const Hook *h = hook_of(L);
    L1->hook = L->hook;
    if (h && puc_is_hook(h->function))
        hook_set(L->M, puc_coroutine(L1), h->function, h->mask, h->count);
}

int lua_sethook(lua_State *L, lua_Hook func, int mask, int count)
{
    NOTE(L, NOTE_SETHOOK, func, mask, count);
    bool none = !func || !mask;
    L->hook = none ? NULL : func;
    if (!none) L->P->hook = func;
    Value f = none ? V_NIL : puc_function(L, puc_call_hook, 0);
    hook_set(L->M, puc_coroutine(L), f, none ? 0 : (uint32_t)mask, (uint32_t)count);
    return 1;
}

/* Stands for a hook that debug.sethook has set. */
static void other_hook(lua_State *L, lua_Debug *ar) { (void)L, (void)ar; }

lua_Hook lua_gethook(lua_State *L)
{
    const Hook *h = hook_of(L);
    if (!h || h->function == V_NIL) return NULL;
    return puc_is_hook(h->function) ? called_hook(L) : other_hook;
}

int lua_gethookmask(lua_State *L)
{
    const Hook *h = hook_of(L);
    return h && h->function != V_NIL ? (int)h->mask : 0;
}

int lua_gethookcount(lua_State *L)
{
    const Hook *h = hook_of(L);
    return h && h->function != V_NIL ? (int)h->count : 0;
}
