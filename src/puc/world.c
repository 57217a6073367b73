/* SPDX-License-Identifier: MIT */
/*
 * include/moonlet_puc.h: the world of a lua_State as a value, and values of moonlet.h in it.
 *
 *   hidden table of the state:
 *   [ stacks_key -> { coroutine -> {n = count, below = unseen of these, value ...},
 *                     main = coroutine of the main handle } ]
 *
 * Stacks of handles are memory of the run's, and in no state: one that is taken gets a copy,
 * which the run gives up again at once.
 *
 * Main invariant: a state that is given out has the values of all handles' own stacks, a world
 * that is taken in puts them back, and no run keeps the copies.
 */
#include "moonlet_puc.h"

#include "api/host/host.h"
#include "puc/attach.h"
#include "puc/puc.h"
#include "puc/record/note.h"

/* Stacks --------------------------------------------------------------------------------- */

/* No name of moonlet_put_private has a zero in it. */
static Value stacks_key(void)
{
    static const char key[] = "lua_State stacks\0";
    return string_value(string_new(key, sizeof key - 1));
}

static Table *copy_of_stack(Run *R, const lua_State *L)
{
    Table *t = run_new_table(R);
    size_t count = puc_rest_count(L);
    run_set_field(R, t, "n", value_number((double)count));
    if (L->below) run_set_field(R, t, "below", value_number((double)L->below));
    for (size_t i = 0; i < count; i++) run_set(R, t, value_number((double)i + 1), L->own[i]);
    return t;
}

static bool has_stack(const lua_State *L)
{
    return L && mem_weak_get(&L->weak) && puc_rest_count(L);
}

/* Answers whether there were any. */
static bool keep_stacks(Puc *P)
{
    Run *R = &P->M->run;
    Table *all = NULL;
    for (uint32_t i = 0; i < P->size; i++) {
        const lua_State *L = P->table[i];
        if (!has_stack(L)) continue;
        if (!all) all = run_new_table(R);
        Value co = value_object(puc_coroutine((lua_State *)L));
        run_set(R, all, co, value_object(copy_of_stack(R, L)));
    }
    Value main = value_object(puc_coroutine(P->main));
    if (!all && value_pointer(main) == R->world->main) return false;
    if (!all) all = run_new_table(R);
    run_set_field(R, all, "main", main);
    run_set(R, run_hidden_table(R), stacks_key(), value_object(all));
    return true;
}

static void drop_stacks(Run *R)
{
    if (!R->world->hidden || run_get(R, R->world->hidden, stacks_key()) == V_NIL) return;
    run_set(R, run_hidden_table(R), stacks_key(), V_NIL);
}

static size_t number_in(Run *R, const Table *t, const char *field)
{
    Value n = run_get_field(R, t, field);
    double d = value_is_number(n) ? value_to_double(n) : 0;
    return d >= 1 && d <= LUAI_MAXSTACK ? (size_t)d : 0;
}

static void fill_stack(lua_State *L, const Table *t)
{
    Run *R = &L->M->run;
    size_t count = number_in(R, t, "n"), below = number_in(R, t, "below");
    if (!puc_room(L, count)) mem_fail("not enough memory");
    for (size_t i = 1; i <= count; i++) *L->top++ = run_get(R, t, value_number((double)i));
    L->pins.count = count;
    L->below = below < count ? below : count;
    puc_window_own(L, count);
}

static void set_main(Puc *P, Coroutine *co)
{
    Run *R = &P->M->run;
    puc_set_main(P, co);
    run_set(R, R->world->registry, value_number(LUA_RIDX_MAINTHREAD), value_object(co));
}

static void take_stacks(Puc *P)
{
    Run *R = &P->M->run;
    Value all = R->world->hidden ? run_get(R, R->world->hidden, stacks_key()) : V_NIL;
    if (!value_is_table(all)) return;
    Value co = V_NIL, t, main = run_get_field(R, value_pointer(all), "main");
    if (value_is(main, OBJ_COROUTINE)) set_main(P, value_pointer(main));
    while (table_next(heap_table(R, value_pointer(all)), &co, &t))
        if (value_is(co, OBJ_COROUTINE) && value_is_table(t))
            fill_stack(puc_state_of(P, value_pointer(co)), value_pointer(t));
    drop_stacks(R);
}

/* States --------------------------------------------------------------------------------- */

/* A native, so that the frame of the C function that runs is one that waits. */
static int take_inside(Machine *M, Value *a, int n)
{
    bool stacks = keep_stacks(M->puc);
    M->puc->taken = eval_snapshot(M);
    if (stacks) drop_stacks(&M->run);
    return native_results(M, M->native, 0);
}

static const State *state_inside(Machine *M)
{
    lua_State *C = puc_running(M);
    Puc *P = M->puc;
    puc_push(C, value_object(run_new_native(&M->run, take_inside, "?", 0)));
    if (puc_call(C, 0, 0, V_NIL) != RUN_OK) puc_throw(C);
    const State *s = P->taken;
    P->taken = NULL;
    return s;
}

static const State *state_at_rest(Puc *P)
{
    bool stacks = keep_stacks(P);
    const State *s = machine_snapshot(P->M);
    if (stacks) drop_stacks(&P->M->run);
    return s;
}

moonlet_state *moonlet_puc_state(lua_State *L)
{
    NOTE(L, NOTE_UNKNOWN);
    Machine *M = L->M;
    const Config *config = M->host ? api_host_run(M)->from->config : NULL;
    M->shares = true;
    return handle_new(M->depth ? state_inside(M) : state_at_rest(L->P), config);
}

/* The world has come from elsewhere. */
static void meet_world(Puc *P)
{
    Run *R = &P->M->run;
    set_main(P, R->world->main);
    run_set(R, R->world->registry, value_number(LUA_RIDX_GLOBALS),
            value_object(R->world->globals));
    take_stacks(P);
}

static void empty_stacks(Puc *P)
{
    for (uint32_t i = 0; i < P->size; i++) {
        lua_State *L = P->table[i];
        if (!L) continue;
        memset(L->own, 0, L->own_size * sizeof *L->own);
        L->below = 0;
        puc_window_own(L, 0);
        L->pins.count = 0;
    }
}

const char *moonlet_puc_restore(lua_State *L, const moonlet_state *s)
{
    Puc *P = L->P;
    Machine *M = P->M;
    assert_live(s);
    if (M->depth || P->jump) return "functions are running";
    if (s->state->base->paused) return "the state holds a paused program";
    empty_stacks(P);
    machine_load(M, s->state);
    M->shares = true;
    meet_world(P);
    return NULL;
}

lua_State *moonlet_puc_open(const moonlet_state *s)
{
    assert_live(s);
    if (s->state->base->paused) return NULL;
    (void)puc_init();
    Machine *M = machine_begin(s->state);
    api_attach(M);
    Puc *P = puc_attach(M);
    P->owned = M->shares = M->alone = true;
    meet_world(P);
    return P->main;
}

/* Values --------------------------------------------------------------------------------- */

moonlet_value moonlet_puc_value(lua_State *L, int index)
{
    return value_out(puc_value(L, index));
}

void moonlet_puc_push(lua_State *L, moonlet_value v)
{
    NOTE(L, NOTE_UNKNOWN);
    puc_push(L, value_in(v));
}

void moonlet_puc_attach(void) { (void)puc_init(); }

moonlet_result moonlet_puc_new_function(const moonlet_state *s, moonlet_puc_function *f)
{
    HostRun S;
    (void)puc_init();
    api_begin(&S, s);
    Value v = puc_function(puc_attach(S.M)->main, f, 0);
    return api_end_values(&S, &v, 1);
}

/* Userdata ------------------------------------------------------------------------------- */

void *moonlet_puc_userdata(lua_State *L, const moonlet_type_info *type)
{
    NOTE(L, NOTE_UNKNOWN);
    if (type->size > machine_string_room(L->M)) puc_throw_memory(L);
    Value v = library_new_userdata(L->M, type, NULL);
    if (v == V_NIL) puc_throw_memory(L);
    puc_push(L, v);
    return lua_touserdata(L, -1);
}

const void *moonlet_puc_look(lua_State *L, int index, const moonlet_type_info *type)
{
    Value v = puc_value(L, index);
    const Userdata *u = value_is(v, OBJ_USERDATA) ? value_pointer(v) : NULL;
    if (!u || u->tag != type) return NULL;
    return type->copy ? heap_userdata(&L->M->run, u)->own : u->data;
}

void *puc_userdata_own(lua_State *L, Userdata *u)
{
    if (puc_is_recorded(u))
        puc_throw_text(L, "a userdata of a recording: what C had in it is not there");
    if (u->kind != &library_kind) return NULL;
    void *bytes = library_userdata_write(L->M, u);
    if (!bytes) puc_throw_memory(L);
    return bytes;
}
