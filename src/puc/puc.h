/* SPDX-License-Identifier: MIT */
/*
 * Lua's own C interface from inside: handles on runs and their coroutines, and what the files
 * of this layer share.
 *
 *   Machine -> Puc    [ main | table of handles | jump | panic ]     one a run
 *              lua_State  [ base | top | end | inside | own stack ]  one a coroutine
 *
 * A C function is a native (puc_enter) that has its lua_CFunction in its first captured value;
 * its own upvalues follow. Its values lie in its frame on the Lua stack, where the caller put
 * the arguments: nothing is copied, traces and tracebacks see them, and a snapshot holds them.
 * `base` and `top` of the handle then point into that frame. When no C function runs on a
 * coroutine they point into a stack of the handle's own, which belongs to no state; behind what
 * lay there before, if the coroutine waits at a yield. The same holds while the C function
 * waits for what it has called: its frame is buried below others, and other coroutines' C
 * functions may push to the handle meanwhile.
 *
 *   own       below ... | yielded values | room ... |
 *                        ^ base           ^ top      ^ end
 *
 *   segment   ... | ret | native | value 1 | value 2 | ...  room ... |
 *                                 ^ base            ^ top           ^ end
 *
 * Invariants:
 *  1. while a C function runs, M->native is the base of the handle of the running coroutine.
 *     Whatever calls Lua may move the frame, and sets base, top and end anew: no function here
 *     keeps a pointer into the stack across that.
 *  2. lua_error and all other errors jump to the innermost jump, which is in puc_enter or in
 *     a call from outside. They do so only from functions of this layer, after everything
 *     below it has returned: no frame of the evaluator's is ever jumped over.
 *  3. strings given out end with a zero, and stay as long as the String (string_terminated).
 *     Blocks of userdata never move.
 */
#ifndef MOONLET_PUC_H
#define MOONLET_PUC_H

#include "control/collect.h"
#include "control/eval.h"
#include "lib/lib.h"
#include "lib/natives.h"
#include "operate/error.h"
#include "operate/operate.h"
#include "puc/lauxlib.h"
#include "puc/lualib.h"
#include "text/bits.h"
#include "trace/trace.h"

#define PUC_NONE ((Value)14) /* no value: nothing is at this index */

/* What a C function wants that has been left by a jump. */
typedef enum JumpCode { JUMP_ERROR, JUMP_CALL, JUMP_GO_ON } JumpCode;

/* Where errors go. gcc's own setjmp keeps only what it must; sanitizers know only C's. */
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#include <setjmp.h>
typedef jmp_buf JumpPlace;
#define jump_set(place) _setjmp(place)
#define jump_to(place) longjmp(place, 1)
#else
typedef void *JumpPlace[5];
#define jump_set(place) __builtin_setjmp(place)
#define jump_to(place) __builtin_longjmp(place, 1)
#endif

typedef struct Jump {
    JumpPlace place;
    struct Jump *outer;
    lua_State *L;
    JumpCode code;
    int ctx, status;  /* of a continuation, for lua_getctx */
    size_t own_count; /* that of the handle before */
    bool notes;       /* what the C function does is written down (record/note.h) */
    bool bars;        /* who waits here goes on by a return only: nothing yields across it */
    lua_CFunction k;  /* JUMP_GO_ON: the one to go on in */
    lua_State *noted; /* the handle of the last call that was written down */
} Jump;

struct lua_State {
    Value *base, *top, *end;
    Machine *M;
    struct Puc *P;
    Value *own; /* the handle's own stack, in use while no C function runs on its coroutine */
    size_t own_size;
    size_t own_count; /* while C functions run: what lay there when the innermost was called */
    size_t at_rest;   /* and when the outermost was */
    size_t below; /* of a coroutine that waits: values that the function it runs does not see */
    Pins pins;    /* of the main handle: the values on its own stack, for traces */
    uint32_t inside; /* how many C functions run on the coroutine */
    uintptr_t weak;  /* a weak pointer to the coroutine */
    const void *key; /* the coroutine's hidden address, by which Puc.table finds the handle */
    lua_Hook hook;
    bool yields; /* its hook wants to yield when it returns */
};

enum { END_SLACK = 8 /* slots at a segment's end that are for headers of frames */ };

typedef struct Puc {
    Machine *M;
    Coroutine *last_co; /* the one looked for last */
    lua_State *last, *main;
    Jump *jump;
    lua_State **table; /* by the coroutines' hidden addresses; open addressing */
    uint32_t count, size;
    lua_CFunction panic;
    lua_Hook
        hook; /* the last one that was set: that of coroutines which have inherited theirs */
    lua_Alloc alloc;
    void *alloc_data;
    lua_CFunction recorded; /* the function that is about to be called, and recorded */
    const State *taken;     /* a state on its way from the native that took it (world.c) */
    bool owned;             /* the run is lua_close's to end */
} Puc;

/* Handles -------------------------------------------------------------------------------- */

void *puc_plain_alloc(void *data, void *p, size_t old, size_t size);

/* The run gets handles; it may have them already. */
Puc *puc_attach(Machine *M);
/* The handle of a coroutine, made when it is not there. */
lua_State *puc_state_of(Puc *P, Coroutine *co);
/* The handle of the main coroutine stands for this one from now on, which has taken its place.
 */
void puc_set_main(Puc *P, Coroutine *co);
/* It stands for a new coroutine, as the program's own cannot be resumed, and is as it was else.
 */
void puc_make_resumable(Puc *P);
lua_State *puc_running_slow(Machine *M);
static inline lua_State *puc_running(Machine *M)
{
    Puc *P = M->puc;
    if (LIKELY(P && P->last_co == M->run.co)) return P->last;
    return puc_running_slow(M);
}
Coroutine *puc_coroutine(lua_State *L);
/* A TraceBesideFn. */
void puc_trace_beside(Trace *T, const Coroutine *co, const void *machine);
static inline bool puc_is_running(lua_State *L) { return L->inside && L->base == L->M->native; }

/* The stack ------------------------------------------------------------------------------ */

/* Makes room for n more values. Answers false if the stack would be too deep, or if there is
 * no memory. */
bool puc_room(lua_State *L, size_t n);
/* The same, within what lua_checkstack allows. */
bool puc_has_room(lua_State *L, int n);
void puc_room_slow(lua_State *L); /* for one more, or an error */
static inline void puc_push(lua_State *L, Value v)
{
    if (UNLIKELY(L->top >= L->end)) puc_room_slow(L);
    *L->top++ = v;
}
/* The window is that of the running C function, with `count` values. */
void puc_window(lua_State *L, size_t count);
static inline size_t puc_count(const lua_State *L) { return (size_t)(L->top - L->base); }
/* Whether the window is one of the handle's own stack. */
static inline bool puc_has_own_window(const lua_State *L)
{
    return !L->inside || L->base == L->own + L->own_count;
}
/* How many values its own stack has outside of C functions: those that are in states. */
static inline size_t puc_rest_count(const lua_State *L)
{
    return L->inside ? L->at_rest : (size_t)(L->top - L->own);
}
/* The window is that of the handle's own stack, which has `count` values. */
static inline void puc_window_own(lua_State *L, size_t count)
{
    L->base = L->own + (L->inside ? L->own_count : L->below);
    L->top = L->own + count;
    L->end = L->own + L->own_size;
}
/* The C function that runs waits for what it has called: its values are not in sight. */
static inline void puc_bury(lua_State *L)
{
    L->base = L->top = L->own + L->own_count;
    L->end = L->own + L->own_size;
}
/* How many values its own stack has. */
static inline size_t puc_own_count(const lua_State *L)
{
    return puc_has_own_window(L) ? (size_t)(L->top - L->own) : L->own_count;
}

Value puc_pseudo(lua_State *L, int idx);
/* The value at an index; PUC_NONE where there is none. */
static inline Value puc_at(lua_State *L, int idx)
{
    if (idx > 0) {
        Value *p = L->base + idx - 1;
        return p < L->top ? *p : PUC_NONE;
    }
    if (LIKELY(idx > LUA_REGISTRYINDEX)) return L->top[idx];
    return puc_pseudo(L, idx);
}
/* The value that puc_at finds; where there is none, nil, as C sees it. */
static inline Value puc_value(lua_State *L, int idx)
{
    Value v = puc_at(L, idx);
    return v == PUC_NONE ? V_NIL : v;
}
void puc_put(lua_State *L, int idx, Value v);

/* Errors --------------------------------------------------------------------------------- */

/* M->error goes to who catches it. */
_Noreturn void puc_throw(lua_State *L);
_Noreturn void puc_throw_memory(lua_State *L);
_Noreturn void puc_throw_text(lua_State *L, const char *text); /* without position */
/* "attempt to <what> a <type> value". */
_Noreturn void puc_throw_type(lua_State *L, const char *what, Value culprit);
/* Throws the error of a stack that is too deep, or for which there is no memory. */
_Noreturn void puc_throw_stack(lua_State *L);

/* Values --------------------------------------------------------------------------------- */

/* The length that rawlen gives. */
size_t puc_raw_length(lua_State *L, Value v);
/* A string, or an error. */
Value puc_string(lua_State *L, const char *bytes, size_t length);
const char *puc_c_text(lua_State *L, Value string);
/* The C function as a value; the same for each push, without upvalues. */
Value puc_function(lua_State *L, lua_CFunction fn, int upvalues);
/* Whether it is no level of the stack, and hooks are not told of it: one of this layer's own.
 */
bool puc_is_unseen(lua_CFunction fn);
/* Whether it is one that lets coroutines made by C run, or opens a library of Lua's. */
bool puc_is_own(lua_CFunction fn);
/* Which of Lua's libraries the function opens, from 1 on; 0: none. And back: NULL, if there is
 * none of this number. */
size_t puc_library_number(lua_CFunction fn);
lua_CFunction puc_library_function(size_t number);
/* A function of the libraries, of which there is no level on the stack. */
Value puc_unseen_native(Machine *M, const char *name);
/* Another one in any case; its upvalues are to be set. */
Native *puc_new_function(Run *R, lua_CFunction fn, int upvalues);
/* One without upvalues that came with an image is the one that is pushed from now on. */
void puc_remember_function(Run *R, Native *f);
/* Answers NULL if it is none of C. */
lua_CFunction puc_c_function(Value v);
/* t[k], raw. */
Value puc_get_raw(Run *R, const Table *t, const char *k);
Value puc_light(const void *p);

/* Userdata whose blocks a collection has found lost are queued in this run, to be finalized. */
extern bool puc_has_lost;
void puc_take_lost(Machine *M);
/* The bytes, for writing, of one that has none that all states share. */
void *puc_userdata_own(lua_State *L, Userdata *u);
/* One as a replay makes it in place of lua_newuserdata: it has no bytes. */
void puc_new_recorded(lua_State *L, size_t size);
bool puc_is_recorded(const Userdata *u);
/* A LibCClose. */
int puc_close_file(Machine *M, Value *a, Value file);
void puc_userdata_meta(lua_State *L, Userdata *u, Table *meta);

/* Calls ---------------------------------------------------------------------------------- */

/* Calls the function below the nargs values at the top, which all go; the results come, as
 * many as wanted, or LUA_MULTRET. handler as xpcall's, or nil. Else they are gone too, and
 * M->error is set. */
RunStatus puc_call(lua_State *L, int nargs, int nresults, Value handler);
/* Calls as puc_call does, for a handle on whose coroutine no C function runs. The results stay
 * where they are, in M->results. */
RunStatus puc_call_own(lua_State *L, int nargs, Value handler);
/* Leaves the C function that runs, as lua_yieldk does. */
_Noreturn void puc_yield(lua_State *L, size_t n, int ctx, lua_CFunction k);
/* The function of coroutines that lua_newthread has made. */
int puc_run_own(lua_State *L);
/* Whether no function runs or waits on the coroutine of the handle, which is not the running
 * one. */
bool puc_is_idle(lua_State *L);
/* Does what puc_call_own does, but the function runs on the handle's coroutine, which is idle.
 */
RunStatus puc_call_within(lua_State *L, int nargs, Value handler);
/* Calls a value with its arguments. Answers its one result; errors go on. */
Value puc_call_value(lua_State *L, Value f, const Value *args, int n);
/* Calls a row of the libraries. */
void puc_call_native(lua_State *L, const char *name, int nargs, int nresults);
/* Whether an error has come to the C program that has the run, outside of all functions: it
 * catches also those that no function does, and the run is good again. */
bool puc_is_for_host(Machine *M);
/* What LUA_ERR... this error is: there is nothing but the value by which to tell. */
int puc_status_of(Value error);
/* Likewise the error in M->error; it is taken. */
int puc_status_of_error(Machine *M, Value *error);

#endif
