/* SPDX-License-Identifier: MIT */
/*
 * Handles on runs and coroutines; the stack of one.
 *
 * Main invariant: a run has one handle for each coroutine that C has seen, and M->native is the
 * base of the running one's.
 */
#include "puc/puc.h"

#include <assert.h>
#include <stdlib.h>

enum { OWN_FIRST = 64, TABLE_FIRST = 16 };

/* Making --------------------------------------------------------------------------------- */

/* What PUC Lua's own program uses. */
void *puc_plain_alloc(void *data, void *p, size_t old, size_t size)
{
    (void)data, (void)old;
    if (size) return realloc(p, size);
    free(p);
    return NULL;
}

Puc *puc_attach(Machine *M)
{
    if (M->puc) return M->puc;
    Puc *P = mem_alloc(sizeof *P); /* the machine, a root, holds it and all handles */
    P->M = M;
    P->alloc = puc_plain_alloc;
    P->size = TABLE_FIRST;
    P->table = mem_alloc(P->size * sizeof *P->table);
    M->puc = P;
    P->main = puc_state_of(P, M->run.world->main);
    M->pins = &P->main->pins;
    return P;
}

static const void *hidden(const Coroutine *co) { return (const void *)~(uintptr_t)co; }

static lua_State **place_of(lua_State **table, uint32_t size, const void *key)
{
    uint32_t i = value_hash_word((uintptr_t)key) & (size - 1);
    while (table[i] && table[i]->key != key) i = (i + 1) & (size - 1);
    return &table[i];
}

/* Handles whose coroutines are gone go, too. */
static void grow_table(Puc *P)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < P->size; i++)
        if (P->table[i] && mem_weak_get(&P->table[i]->weak)) live++;
    uint32_t size = TABLE_FIRST;
    while (size < live * 4) size *= 2;
    lua_State **table = mem_try_alloc(size * sizeof *table);
    if (!table) mem_fail("not enough memory");
    P->count = 0;
    for (uint32_t i = 0; i < P->size; i++) {
        lua_State *L = P->table[i];
        if (!L || !mem_weak_get(&L->weak)) continue;
        *place_of(table, size, L->key) = L;
        P->count++;
    }
    P->table = table;
    P->size = size;
}

static void start(lua_State *L, Puc *P, Coroutine *co)
{
    L->M = P->M;
    L->P = P;
    L->key = hidden(co);
    mem_weak_set(&L->weak, co);
    if (!L->own) {
        L->own_size = OWN_FIRST;
        L->own = mem_alloc(L->own_size * sizeof(Value));
    }
    L->below = 0;
    L->inside = 0;
    puc_window_own(L, 0);
    L->pins.values = L->own;
    L->pins.count = 0;
    const CoBody *b = heap_coroutine(&P->M->run, co);
    Value f = b->status == CO_FRESH ? b->segment->slots[b->fp - 1] : V_NIL;
    if (f != V_NIL && puc_c_function(f) != puc_run_own) *L->top++ = f;
}

lua_State *puc_state_of(Puc *P, Coroutine *co)
{
    if (P->last_co == co) return P->last;
    lua_State **place = place_of(P->table, P->size, hidden(co));
    if (!*place) {
        if (P->count * 2 >= P->size) {
            grow_table(P);
            place = place_of(P->table, P->size, hidden(co));
        }
        lua_State *L = mem_alloc(sizeof *L);
        start(L, P, co);
        *place = L;
        P->count++;
    } else if (mem_weak_get(&(*place)->weak) != co) {
        start(*place, P, co); /* that of another, which is gone */
    }
    P->last_co = co;
    return P->last = *place;
}

void puc_set_main(Puc *P, Coroutine *co)
{
    lua_State *main = P->main, **from = place_of(P->table, P->size, main->key);
    if (mem_weak_get(&main->weak) == co) return;
    lua_State *own = puc_state_of(P, co), **to = place_of(P->table, P->size, own->key);
    *from = own; /* they change places */
    *to = main;
    void *old = mem_weak_get(&main->weak);
    own->key = main->key;
    old ? mem_weak_set(&own->weak, old) : mem_weak_clear(&own->weak);
    start(main, P, co);
    P->last_co = co;
    P->last = main;
}

void puc_make_resumable(Puc *P)
{
    lua_State *L = P->main;
    Run *R = &P->M->run;
    size_t count = puc_own_count(L);
    Coroutine *co = machine_new_coroutine(P->M, puc_function(L, puc_run_own, 0));
    heap_coroutine_mut(R, co)->hook = heap_coroutine(R, R->world->main)->hook;
    puc_set_main(P, co);
    puc_window_own(L, count);
    L->pins.count = count;
    run_set(R, R->world->registry, value_number(LUA_RIDX_MAINTHREAD), value_object(co));
}

lua_State *puc_running_slow(Machine *M)
{
    Puc *P = puc_attach(M);
    return M->run.co ? puc_state_of(P, M->run.co) : P->main;
}

/* A handle's values live as long as its coroutine does: whether the collector of memory still
 * has the handle is nothing that a program may notice. The main one's always live. */
void puc_trace_beside(Trace *T, const Coroutine *co, const void *machine)
{
    const Puc *P = ((const Machine *)machine)->puc;
    const lua_State *L = *place_of(P->table, P->size, hidden(co));
    if (!L || L == P->main || mem_weak_get(&L->weak) != co) return;
    size_t count = puc_own_count(L);
    for (size_t i = 0; i < count; i++) trace_value(T, L->own[i]);
}

Coroutine *puc_coroutine(lua_State *L)
{
    Coroutine *co = mem_weak_get(&L->weak);
    assert(co && "who uses a handle has its coroutine");
    return co;
}

/* Room ----------------------------------------------------------------------------------- */

void puc_window(lua_State *L, size_t count)
{
    Machine *M = L->M;
    L->base = M->native;
    L->top = L->base + count;
    L->end = M->segment->slots + M->segment->size - END_SLACK;
}

static bool own_room(lua_State *L, size_t n)
{
    size_t count = puc_own_count(L), size = L->own_size;
    if (count + n > LUAI_MAXSTACK) return false;
    while (size < count + n) size *= 2;
    Value *own = mem_try_alloc(size * sizeof *own);
    if (!own) return false;
    memcpy(own, L->own, count * sizeof *own);
    L->own = own;
    L->own_size = size;
    puc_window_own(L, count);
    L->pins.values = own;
    return true;
}

bool puc_room(lua_State *L, size_t n)
{
    if (LIKELY((size_t)(L->end - L->top) >= n && L->top <= L->end)) return true;
    if (puc_has_own_window(L)) return own_room(L, n);
    Machine *M = L->M;
    if (!puc_is_running(L)) return false;
    size_t count = puc_count(L);
    M->next_segment = NULL; /* results may lie in it */
    Value *a = frame_grow(M, L->base, count, count + n);
    if (!a) return false;
    M->native = a;
    puc_window(L, count);
    return true;
}

void puc_throw_stack(lua_State *L)
{
    Machine *M = L->M;
    if (mem_short) puc_throw_memory(L);
    if (M->limits.stack_limited) {
        M->stop = STOP_STACK;
        M->fatal = true;
    }
    puc_throw_text(L, "stack overflow");
}

void puc_room_slow(lua_State *L)
{
    if (!puc_room(L, LUA_MINSTACK)) puc_throw_stack(L);
}

/* Indices -------------------------------------------------------------------------------- */

/* The cell of an upvalue of the C function that runs, or NULL where it has none of this number.
 */
static Cell *upvalue_cell(lua_State *L, int idx)
{
    if (puc_has_own_window(L) || !frame_is_native(L->base)) return NULL;
    const Native *f = frame_native(L->base);
    int64_t i = (int64_t)LUA_REGISTRYINDEX - idx;
    return i >= 1 && i < f->count ? value_pointer(f->upvalues[i - 1]) : NULL;
}

Value puc_pseudo(lua_State *L, int idx)
{
    if (idx == LUA_REGISTRYINDEX) return value_object(L->M->run.world->registry);
    const Cell *c = upvalue_cell(L, idx);
    return c ? heap_cell(&L->M->run, c) : PUC_NONE;
}

void puc_put(lua_State *L, int idx, Value v)
{
    if (idx > LUA_REGISTRYINDEX) {
        Value *p = idx > 0 ? L->base + idx - 1 : L->top + idx;
        if (p < L->top) *p = v;
        return;
    }
    Cell *c = upvalue_cell(L, idx);
    if (c) *heap_cell_mut(&L->M->run, c) = v;
}
