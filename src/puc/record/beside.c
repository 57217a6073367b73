/* SPDX-License-Identifier: MIT */
/*
 * Handles on coroutines at the points of a recording: a replay that goes on from there has them
 * as the recorded run had.
 *
 * Main invariant: a point is taken where no C function runs, so that all handles have the
 * windows of their own stacks.
 */
#include "puc/record/beside.h"

#include <assert.h>

#include "puc/puc.h"

typedef struct HandleKept {
    Coroutine *co;
    lua_Hook hook;
    size_t count, below; /* of values on its own stack */
    Value *values;
} HandleKept;

typedef struct HandlesKept {
    lua_Hook hook; /* the last one that was set */
    size_t count;
    HandleKept handles[];
} HandlesKept;

static bool keep_handle(HandleKept *k, const lua_State *L, Coroutine *co)
{
    size_t count = puc_own_count(L);
    assert(!L->inside && "no C function runs");
    *k = (HandleKept){.co = co, .hook = L->hook, .count = count, .below = L->below};
    if (!count) return true;
    k->values = mem_try_alloc(count * sizeof(Value));
    if (k->values) memcpy(k->values, L->own, count * sizeof(Value));
    return k->values != NULL;
}

bool puc_keep_beside(Machine *M, void **kept)
{
    const Puc *P = M->puc;
    *kept = NULL;
    if (!P) return true;
    HandlesKept *all = mem_try_alloc(sizeof *all + P->count * sizeof *all->handles);
    if (!all) return false;
    all->hook = P->hook;
    all->count = 0;
    for (uint32_t i = 0; i < P->size; i++) {
        const lua_State *L = P->table[i];
        Coroutine *co = L ? mem_weak_get(&L->weak) : NULL;
        if (co && !keep_handle(&all->handles[all->count++], L, co)) return false;
    }
    *kept = all;
    return true;
}

void puc_give_beside(Machine *M, const void *kept)
{
    const HandlesKept *all = kept;
    Puc *P = puc_attach(M);
    P->hook = all->hook;
    for (size_t i = 0; i < all->count; i++) {
        const HandleKept *k = &all->handles[i];
        lua_State *L = puc_state_of(P, k->co);
        L->hook = k->hook;
        L->below = 0;
        puc_window_own(L, 0);
        if (!puc_room(L, k->count)) mem_fail("not enough memory");
        if (k->count) memcpy(L->own, k->values, k->count * sizeof(Value));
        L->below = k->below;
        puc_window_own(L, k->count);
        L->pins.count = k->count;
    }
}
