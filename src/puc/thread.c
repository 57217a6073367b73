/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: coroutines (manual 4.7 and 4.8).
 *
 * Main invariant: what goes into a coroutine, and what has come out of it, lies on its
 * handle's own stack. While the coroutine waits at a yield, `base` is behind what lay below the
 * function that it runs, so that only what was yielded is seen.
 */
#include "puc/hook.h"
#include "puc/puc.h"
#include "puc/record/note.h"

/* A lua_CFunction, that of a coroutine which C has made, for the case that Lua resumes it: it
 * runs the function that C has put on the handle's own stack. */
static int return_all(lua_State *L) { return lua_gettop(L); }
int puc_run_own(lua_State *L)
{
    if (!L->own_count) puc_throw_text(L, "cannot resume dead coroutine");
    puc_push(L, L->own[--L->own_count]);
    L->pins.count = L->at_rest = L->own_count;
    lua_insert(L, 1);
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, return_all);
    return lua_gettop(L);
}

lua_State *lua_newthread(lua_State *L)
{
    NOTE(L, NOTE_NEWTHREAD);
    Coroutine *co = machine_new_coroutine(L->M, puc_function(L, puc_run_own, 0));
    puc_push(L, value_object(co));
    lua_State *L1 = puc_state_of(L->P, co);
    puc_inherit_hook(L, L1);
    return L1;
}

int lua_status(lua_State *L)
{
    const CoBody *b = heap_coroutine(&L->M->run, puc_coroutine(L));
    if (b->status == CO_SUSPENDED) return LUA_YIELD;
    return b->status == CO_DEAD && b->failed ? LUA_ERRRUN : LUA_OK;
}

/* Resuming ------------------------------------------------------------------------------- */

static bool is_over(const CoBody *b) { return b->status == CO_DEAD && !b->failed; }

/* The n arguments at the top are for the function below them, or the yield. Answers why there
 * is nothing to go on with, or NULL. */
static const char *prepare(lua_State *L, Coroutine *co, size_t n)
{
    Run *R = &L->M->run;
    const CoBody *b = heap_coroutine(R, co);
    size_t count = puc_count(L);
    if ((b->status == CO_FRESH || is_over(b)) && count > n) {
        L->below = count - n - 1;
        run_restart_coroutine(R, co, L->top[-(ptrdiff_t)n - 1]);
        return NULL;
    }
    if (b->status == CO_FRESH || b->status == CO_SUSPENDED) return NULL;
    return b->status == CO_DEAD ? "cannot resume dead coroutine"
                                : "cannot resume non-suspended coroutine";
}

/* All that is seen of the stack. */
static void take_values(lua_State *L, const Value *from, size_t count)
{
    puc_window_own(L, L->below);
    if (!puc_room(L, count)) puc_throw_stack(puc_running(L->M));
    for (size_t i = 0; i < count; i++) *L->top++ = from[i];
    L->pins.count = puc_own_count(L);
}

/* The function has returned: what lay below it is seen again. */
static void show_all(lua_State *L)
{
    L->below = 0;
    puc_window_own(L, (size_t)(L->top - L->own));
}

int lua_resume(lua_State *L, lua_State *from, int narg)
{
    NOTE(L, NOTE_RESUME, narg);
    Machine *M = L->M;
    if (puc_coroutine(L) == M->run.world->main && !M->depth) puc_make_resumable(L->P);
    Coroutine *co = puc_coroutine(L);
    const char *refusal = prepare(L, co, (size_t)narg);
    if (refusal) {
        L->top -= narg;
        puc_push(L, puc_string(L, refusal, strlen(refusal)));
        return LUA_ERRRUN;
    }
    if (!puc_room(L, 2)) puc_throw_stack(from ? from : puc_running(M));
    Value *args = L->top - narg;
    memmove(args + 2, args, (size_t)narg * sizeof *args);
    args[0] = puc_unseen_native(M, "coroutine.resume");
    args[1] = value_object(co);
    L->top += 2;
    if (puc_call_own(L, narg + 1, V_NIL) != RUN_OK) {
        Value error;
        if (!puc_is_for_host(M) && M->fatal) puc_throw(puc_running(M));
        int status = puc_status_of_error(M, &error);
        take_values(L, &error, 1);
        return status;
    }
    bool ok = M->results[0] == V_TRUE;
    Value error = !ok ? M->results[1] : V_NIL;
    take_values(L, M->results + 1, M->result_count - 1);
    if (!ok) return puc_status_of(error);
    if (lua_status(L) == LUA_YIELD) return LUA_YIELD;
    show_all(L);
    return LUA_OK;
}

/* Calls on a coroutine that is idle ------------------------------------------------------ */

bool puc_is_idle(lua_State *L)
{
    Machine *M = L->M;
    const Coroutine *co = puc_coroutine(L);
    const CoBody *b = heap_coroutine(&M->run, co);
    if (L->inside || co == M->run.co || co == M->run.world->main) return false;
    return b->status == CO_FRESH || is_over(b);
}

/* A lua_CFunction, so that nothing yields across it: handler, f, argument ... -> whether f went
 * well, and its results or the error. */
static int call_within(lua_State *L)
{
    Value error;
    Machine *M = L->M;
    if (puc_call(L, lua_gettop(L) - 2, LUA_MULTRET, L->base[0]) == RUN_OK) {
        L->base[0] = V_TRUE;
        return lua_gettop(L);
    }
    if (M->fatal) puc_throw(L);
    puc_status_of_error(M, &error);
    lua_pushboolean(L, 0);
    puc_push(L, error);
    return 2;
}

RunStatus puc_call_within(lua_State *L, int nargs, Value handler)
{
    Machine *M = L->M;
    size_t n = (size_t)nargs;
    Coroutine *co = puc_coroutine(L);
    if (!puc_room(L, 3)) puc_throw_stack(puc_running(M));
    run_restart_coroutine(&M->run, co, puc_function(L, call_within, 0));
    Value *f = L->top - n - 1;
    memmove(f + 3, f, (n + 1) * sizeof *f);
    f[0] = puc_unseen_native(M, "coroutine.resume");
    f[1] = value_object(co);
    f[2] = handler;
    L->top += 3;
    RunStatus status = puc_call_own(L, nargs + 3, V_NIL);
    if (status != RUN_OK) return status;
    bool began = M->results[0] == V_TRUE;
    if (began && M->results[1] == V_TRUE) {
        M->results += 2;
        M->result_count -= 2;
        return RUN_OK;
    }
    error_raise(M, M->results[began ? 2 : 1]);
    return RUN_ERROR;
}

bool puc_is_own(lua_CFunction fn)
{
    return puc_is_unseen(fn) || fn == return_all || puc_library_number(fn) != 0;
}

bool puc_is_unseen(lua_CFunction fn)
{
    return fn == puc_run_own || fn == call_within || fn == puc_call_hook;
}
