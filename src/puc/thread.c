/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: coroutines (manual 4.7 and 4.8).
 *
 * Main invariant: what goes into a coroutine, and what has come out of it, lies on its
 * handle's own stack: lua_resume takes the arguments from there, and then just what was
 * yielded, returned or raised is there.
 */
#include "puc/puc.h"

lua_State *lua_newthread(lua_State *L)
{
    Coroutine *co = machine_new_coroutine(L->M, V_NIL);
    puc_push(L, value_object(co));
    lua_State *L1 = puc_state_of(L->P, co);
    L1->hook = L->hook;
    return L1;
}

int lua_status(lua_State *L)
{
    const CoBody *b = heap_coroutine(&L->M->run, puc_coroutine(L));
    if (b->status == CO_SUSPENDED) return LUA_YIELD;
    return b->status == CO_DEAD && b->failed ? LUA_ERRRUN : LUA_OK;
}

/* The arguments at the top are for the function below them, or the yield. */
static void prepare(lua_State *L, Coroutine *co, int narg)
{
    Run *R = &L->M->run;
    const CoBody *b = heap_coroutine(R, co);
    bool over = b->status == CO_DEAD && !b->failed;
    bool given = puc_count(L) > (size_t)narg;
    if ((b->status == CO_FRESH || over) && given)
        run_restart_coroutine(R, co, L->top[-narg - 1]);
}

/* The values that have come, but for the first, are all that is on its stack. */
static void take_answer(lua_State *L)
{
    Machine *M = L->M;
    uint32_t count = M->result_count - 1;
    const Value *from = M->results + 1;
    L->top = L->base;
    if (!puc_room(L, count)) puc_throw_stack(puc_running(M));
    for (uint32_t i = 0; i < count; i++) *L->top++ = from[i];
    L->pins.count = puc_count(L);
}

int lua_resume(lua_State *L, lua_State *from, int narg)
{
    Machine *M = L->M;
    Coroutine *co = puc_coroutine(L);
    prepare(L, co, narg);
    if (!puc_room(L, 2)) puc_throw_stack(from ? from : puc_running(M));
    Value *args = L->top - narg;
    memmove(args + 2, args, (size_t)narg * sizeof *args);
    args[0] = native_value(M, natives_by_name("coroutine.resume"));
    args[1] = value_object(co);
    L->top += 2;
    if (puc_call_own(L, narg + 1, V_NIL) != RUN_OK) {
        Value error;
        if (!puc_is_for_host(M)) puc_throw(puc_running(M));
        int status = puc_status_of_error(M, &error);
        L->top = L->base;
        puc_push(L, error);
        return status;
    }
    bool ok = M->results[0] == V_TRUE;
    Value error = !ok ? M->results[1] : V_NIL;
    take_answer(L);
    if (ok) return lua_status(L);
    return error == string_value(string_no_memory()) ? LUA_ERRMEM : LUA_ERRRUN;
}
