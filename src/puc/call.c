/* SPDX-License-Identifier: MIT */
/*
 * C functions called by Lua, Lua called by C functions, and errors between the two.
 *
 * Main invariant: base, top and end of a handle are set anew after whatever may have moved the
 * stack. `jump` is the place of the innermost C function, so a jump passes no frame of the
 * evaluator's.
 */
#include "api/api.h"
#include "puc/attach.h"
#include "puc/hook.h"
#include "puc/names/names.h"
#include "puc/puc.h"
#include "puc/record/beside.h"
#include "puc/record/note.h"
#include "record/record.h"
#include "stack/hook.h"
#include "stack/trace_stack.h"

#include <stdlib.h>

/* Errors --------------------------------------------------------------------------------- */

/* Nobody catches it: as in PUC Lua the host's function is told, and the process ends. The error
 * is at the top of the stack, if it was not there already. */
static _Noreturn void panic(lua_State *L)
{
    Puc *P = L->P;
    if (L->inside) L->inside = 0, puc_window_own(L, L->own_count);
    if (L->top == L->base || L->top[-1] != L->M->error) *L->top++ = L->M->error;
    if (P->panic) P->panic(L);
    abort();
}

void puc_throw(lua_State *L)
{
    Jump *j = L->P->jump;
    if (!j) panic(L);
    j->code = JUMP_ERROR;
    jump_to(j->place);
}

void puc_throw_memory(lua_State *L)
{
    error_set_memory(L->M);
    puc_throw(L);
}

void puc_throw_text(lua_State *L, const char *text)
{
    error_raise(L->M, new_c_string(text));
    puc_throw(L);
}

void puc_throw_type(lua_State *L, const char *what, Value culprit)
{
    const char *type = value_type_name(culprit);
    error_raise(L->M, string_value(lib_join("attempt to ", what, " a ", type, " value", NULL)));
    puc_throw(L);
}

int puc_status_of(Value error)
{
    static const char twice[] = "error in error handling";
    static const char finalizer[] = "error in __gc metamethod (";
    if (error == string_value(string_no_memory())) return LUA_ERRMEM;
    const String *s = value_is_string(error) ? value_string(error) : NULL;
    if (s && s->length == sizeof twice - 1 && !memcmp(s->data, twice, s->length))
        return LUA_ERRERR;
    if (s && s->length >= sizeof finalizer && !memcmp(s->data, finalizer, sizeof finalizer - 1))
        return LUA_ERRGCMM;
    return LUA_ERRRUN;
}

int puc_status_of_error(Machine *M, Value *error)
{
    *error = M->error;
    M->error = V_NIL;
    M->error_handled = false;
    return puc_status_of(*error);
}

/* C functions ---------------------------------------------------------------------------- */

static inline lua_CFunction function_of(const Native *f)
{
    return (lua_CFunction)(uintptr_t)((const Light *)value_pointer(f->upvalues[f->count - 1]))
        ->pointer;
}

static int puc_enter(Machine *M, Value *a, int n);

lua_CFunction puc_c_function(Value v)
{
    const Native *f = value_is(v, OBJ_NATIVE) ? value_pointer(v) : NULL;
    return f && f->fn == puc_enter ? function_of(f) : NULL;
}

/* What the function answers with its `count` topmost values. */
static int answer(lua_State *L, int count)
{
    Machine *M = L->M;
    if (count == 1 && L->top > L->base) {
        L->base[0] = L->top[-1];
        return 1;
    }
    if (count <= 0) return 0;
    if ((size_t)count > puc_count(L)) count = (int)puc_count(L);
    return native_results(M, L->top - count, (size_t)count);
}

/* The window of a handle whose C function has returned is its own stack again. */
static inline void begin_inside(lua_State *L, Jump *j)
{
    assert(puc_has_own_window(L) && "who calls a C function has buried the one that waits");
    j->own_count = L->own_count;
    if (!L->inside++) L->at_rest = (size_t)(L->top - L->own);
    L->own_count = (size_t)(L->top - L->own);
    L->pins.count = L->own_count;
}
static inline void end_inside(lua_State *L, const Jump *j)
{
    size_t count = L->own_count;
    L->inside--;
    L->own_count = j->own_count;
    puc_window_own(L, count);
}

/* Values that are kept behind those of the C function, for its continuation. */
enum { KEPT_K, KEPT_CTX, KEPT_INFO, KEPT };
/* KEPT_INFO: how many results are wanted; or what a protected call, or a yield, gives. */
enum { INFO_PROTECTED = 1 << 30, INFO_YIELD = 1 << 29, INFO_BIAS = 1 << 20 };

/* What a C function with a continuation has called under protection has failed: as in PUC Lua
 * it goes on there, with what is on its stack. */
static int go_on_failed(Jump *j);

/* What is done before a call when userdata have been lost, or runs were recorded: a recorded
 * run does not see what the collector of memory finds. */
static NOINLINE lua_CFunction instead(Machine *M, lua_CFunction fn)
{
    if (puc_has_lost && !M->outside) puc_take_lost(M);
    return note_instead(M, fn);
}

/* Calls fn with the n values at a. Never inlined: it is what is jumped into. */
static NOINLINE int run_function(Machine *M, Value *a, size_t n, lua_CFunction fn, int ctx,
                                 int status)
{
    Jump j;
    lua_State *L = puc_running(M);
    if (UNLIKELY(puc_has_lost || outside_was_used())) fn = instead(M, fn);
    j.L = L;
    j.ctx = ctx;
    j.status = status;
    j.code = JUMP_ERROR;
    j.notes = j.bars = false;
    j.outer = L->P->jump;
    begin_inside(L, &j);
    L->base = a;
    L->top = a + n;
    L->end = M->segment->slots + M->segment->size - END_SLACK;
    L->P->jump = &j;
    int code;
    if (!jump_set(j.place))
        code = answer(L, fn(L));
    else
        code = j.code == JUMP_CALL ? NATIVE_CALL : NATIVE_ERROR;
    L = j.L;
    if (UNLIKELY(code < 0) && j.code == JUMP_GO_ON && code == NATIVE_ERROR)
        return go_on_failed(&j);
    L->P->jump = j.outer;
    end_inside(L, &j);
    return code;
}

static NOINLINE int go_on_failed(Jump *j)
{
    lua_State *L = j->L;
    Machine *M = L->M;
    size_t count = puc_count(L);
    L->P->jump = j->outer;
    end_inside(L, j);
    return run_function(M, M->native, count, j->k, j->ctx, j->status);
}

static int puc_enter(Machine *M, Value *a, int n)
{
    return run_function(M, a, (size_t)n, function_of(value_pointer(a[-1])), 0, LUA_OK);
}

/* What a protected call has given, whose first result is pcall's, goes on as its status. */
static int continued_status(Machine *M, int info)
{
    if (!(info & INFO_PROTECTED)) return LUA_YIELD;
    bool ok = M->result_count && M->results[0] == V_TRUE;
    if (M->result_count) M->results++, M->result_count--;
    if (ok) return LUA_YIELD;
    return puc_status_of(M->result_count ? M->results[0] : V_NIL);
}

/* A CallAgain: what a C function with a continuation had called has returned. */
static int go_on(Machine *M, Value *a, size_t used)
{
    size_t kept = used - KEPT;
    lua_CFunction k =
        (lua_CFunction)(uintptr_t)((const Light *)value_pointer(a[kept + KEPT_K]))->pointer;
    int ctx = (int)value_to_double(a[kept + KEPT_CTX]);
    int info = (int)value_to_double(a[kept + KEPT_INFO]);
    int status = continued_status(M, info);
    int wanted = (info & (INFO_YIELD - 1)) - INFO_BIAS;
    bool failed = status != LUA_YIELD;
    size_t have = M->result_count, want = wanted < 0 ? have : (size_t)wanted;
    if (failed) want = 1;
    M->next_segment = NULL; /* results may lie in it */
    Value *to = frame_grow(M, a, kept, kept + want + NATIVE_SLOTS);
    if (!to) return native_stack_error(M, want, "stack overflow");
    M->native = a = to;
    if (have > want) have = want;
    if (have) memmove(a + kept, M->results, have * sizeof *a);
    for (size_t i = have; i < want; i++) a[kept + i] = V_NIL;
    return run_function(M, a, kept + want, k, ctx, status);
}

/* Those that have been pushed without upvalues, by their addresses. Answers NULL where there is
 * none. */
static Table *known_functions(Run *R)
{
    static String *name;
    String *key = __atomic_load_n(&name, __ATOMIC_ACQUIRE);
    if (UNLIKELY(!key)) {
        key = string_constant("\0C functions", 12);
        __atomic_store_n(&name, key, __ATOMIC_RELEASE);
    }
    Table *hidden = run_hidden_table(R);
    Value known = table_get_string(heap_table(R, hidden), key, string_hash(key));
    if (LIKELY(value_is_table(known))) return value_pointer(known);
    Table *t = run_new_table(R);
    t->h.flags |= TABLE_MEMO;
    run_set(R, hidden, string_value(key), value_object(t));
    return t;
}

static Value key_of_function(lua_CFunction fn) { return value_number((double)(uintptr_t)fn); }

Native *puc_new_function(Run *R, lua_CFunction fn, int upvalues)
{
    Native *f = run_new_native(R, puc_enter, "?", upvalues + 1);
    f->h.flags |= NATIVE_HIDES | (puc_is_unseen(fn) ? NATIVE_UNSEEN : 0);
    f->upvalues[upvalues] = puc_light((const void *)(uintptr_t)fn);
    return f;
}

/* Remembers the function without making the table: an image that has no such table has lied. */
void puc_remember_function(Run *R, Native *f)
{
    const World *w = R->world;
    Value key = new_string("\0C functions", 12);
    Value known = w->hidden ? run_get(R, w->hidden, key) : V_NIL;
    if (!value_is_table(known)) return;
    Table *t = value_pointer(known);
    t->h.flags |= TABLE_MEMO;
    run_set(R, t, key_of_function(function_of(f)), value_object(f));
}

Value puc_function(lua_State *L, lua_CFunction fn, int upvalues)
{
    Run *R = &L->M->run;
    if (upvalues) return value_object(puc_new_function(R, fn, upvalues));
    Table *known = known_functions(R);
    Value f = run_get(R, known, key_of_function(fn));
    if (LIKELY(puc_c_function(f) == fn)) return f;
    f = value_object(puc_new_function(R, fn, 0));
    run_set(R, known, key_of_function(fn), f);
    return f;
}

Value puc_unseen_native(Machine *M, const char *name)
{
    Run *R = &M->run;
    Table *known = known_functions(R);
    Value key = new_c_string(name), f = run_get(R, known, key);
    if (value_is(f, OBJ_NATIVE)) return f;
    Native *made = native_new(M, natives_by_name(name), 0);
    made->h.flags |= NATIVE_UNSEEN;
    run_set(R, known, key, value_object(made));
    return value_object(made);
}

/* A LibCFunction. */
static Value library_function(Machine *M, void *address, const char *file, const char *symbol)
{
    lua_CFunction fn;
    memcpy(&fn, &address, sizeof fn); /* POSIX: they have the same size */
    if (M->outside) fn = note_open(M, address, file, symbol);
    if (!fn) return V_NIL;
    if (!note_is_elsewhere(fn)) puc_names_opened(fn, file, symbol);
    return puc_function(puc_attach(M)->main, fn, 0);
}

bool puc_init(void)
{
    if (!api_init()) return false;
    image_c = &puc_image_names;
    puc_names_own("lua_newthread", puc_run_own);
    lib_c_function = library_function;
    lib_c_close = puc_close_file;
    hook_is_inherited = puc_is_hook;
    trace_beside = puc_trace_beside;
    record_beside = (RecordBeside){puc_keep_beside, puc_give_beside};
    return true;
}

/* The value at the top comes below the n - 1 under it. */
static void insert(lua_State *L, size_t n)
{
    Value *p = L->top - n, v = L->top[-1];
    memmove(p + 1, p, (n - 1) * sizeof *p);
    *p = v;
}

/* Calls ---------------------------------------------------------------------------------- */

/* The results that lie in M->results come to the top. */
static bool take_results(lua_State *L, int wanted)
{
    Machine *M = L->M;
    size_t have = M->result_count, want = wanted < 0 ? have : (size_t)wanted;
    if (UNLIKELY((size_t)(L->end - L->top) < want)) {
        if (!puc_room(L, want)) return false;
    }
    if (have > want) have = want;
    const Value *from = M->results;
    for (size_t i = 0; i < have; i++) L->top[i] = from[i]; /* downwards: may overlap */
    for (size_t i = have; i < want; i++) L->top[i] = V_NIL;
    L->top += want;
    return true;
}

/* The values of the C function that runs are seen while its frame is buried, too: those whom it
 * lets run may find some by its handle, and may push others. */
static void show_buried(lua_State *C)
{
    size_t count = puc_count(C);
    const Value *from = C->base;
    puc_bury(C);
    if (!puc_room(C, count)) {
        puc_window(C, count);
        puc_throw_stack(C);
    }
    if (count) memcpy(C->top, from, count * sizeof *from);
    C->top += count;
    C->pins.count = puc_own_count(C);
}

/* The values that are seen come into the frame of the C function, which had `count`. The
 * results of what it has called may lie right behind it. */
static void take_shown(lua_State *C, size_t count)
{
    Machine *M = C->M;
    const Value *shown = C->base;
    size_t now = puc_count(C), results = M->status == RUN_OK ? M->result_count : 0;
    C->pins.count = C->own_count;
    puc_window(C, count);
    if (now > count) {
        Value *apart = mem_try_alloc((results + 1) * sizeof *apart);
        if (!apart) puc_throw_memory(C);
        if (results) memcpy(apart, M->results, results * sizeof *apart);
        M->results = apart;
        if (!puc_room(C, now - count)) puc_throw_stack(C);
    }
    if (now) memcpy(C->base, shown, now * sizeof *shown);
    C->top = C->base + now;
}

/* Calls by a handle on whose coroutine no C function runs: the call is one of the program, or
 * of the C function that does run. From now on the function and its arguments are no values of
 * this stack's. */
RunStatus puc_call_own(lua_State *L, int nargs, Value handler)
{
    Machine *M = L->M;
    size_t n = (size_t)nargs, used = puc_count(L) - n - 1;
    RunStatus status;
    const Value *f = L->base + used;
    if (puc_has_own_window(L)) L->pins.count = puc_own_count(L);
    L->top -= n + 1;
    lua_State *C = M->depth ? puc_running(M) : NULL;
    if (C && puc_is_running(C)) {
        size_t count = puc_count(C);
        if (!puc_room(C, n + 1)) puc_throw_stack(C);
        memcpy(C->top, f, (n + 1) * sizeof *f);
        show_buried(C);
        status = eval_call_above(M, count, n, handler, NULL);
        take_shown(C, count);
    } else {
        Value outer = M->handler;
        M->handler = handler;
        status = eval_call(M, f[0], f + 1, n);
        M->handler = outer;
    }
    return status;
}

RunStatus puc_call(lua_State *L, int nargs, int nresults, Value handler)
{
    Machine *M = L->M;
    size_t n = (size_t)nargs, used = puc_count(L) - n - 1;
    RunStatus status;
    if (LIKELY(puc_is_running(L))) {
        puc_bury(L);
        status = eval_call_above(M, used, n, handler, NULL);
        puc_window(L, used);
    } else if (puc_is_idle(L)) {
        status = puc_call_within(L, nargs, handler);
    } else {
        status = puc_call_own(L, nargs, handler);
    }
    if (UNLIKELY(status == RUN_PAUSED)) {
        error_raise(M, new_c_string("paused"));
        M->fatal = true;
        return RUN_ERROR;
    }
    if (status != RUN_OK) return status;
    if (LIKELY(take_results(L, nresults))) return RUN_OK;
    error_raise(M, new_c_string("stack overflow"));
    return RUN_ERROR;
}

Value puc_call_value(lua_State *L, Value f, const Value *args, int n)
{
    puc_push(L, f);
    for (int i = 0; i < n; i++) puc_push(L, args[i]);
    if (puc_call(L, n, 1, V_NIL) != RUN_OK) puc_throw(L);
    return *--L->top;
}

void puc_call_native(lua_State *L, const char *name, int nargs, int nresults)
{
    puc_push(L, native_value(L->M, natives_by_name(name)));
    insert(L, (size_t)nargs + 1);
    if (puc_call(L, nargs, nresults, V_NIL) != RUN_OK) puc_throw(L);
}

/* A CallAgain: a yield without continuation has returned, and so does the C function. */
static int answer_all(Machine *M, Value *a, size_t used) { return NATIVE_MANY; }

/* Calls that may yield ------------------------------------------------------------------- */

/* Puts what a continuation needs behind the values of the C function that calls: below the n
 * values at the top and the function below these. */
static void keep(lua_State *L, size_t n, lua_CFunction k, int ctx, int info)
{
    if (!puc_room(L, KEPT + LUA_MINSTACK)) puc_throw_stack(L);
    Value *f = L->top - n;
    memmove(f + KEPT, f, n * sizeof *f);
    f[KEPT_K] = puc_light((const void *)(uintptr_t)k);
    f[KEPT_CTX] = value_number(ctx);
    f[KEPT_INFO] = value_number(info);
    L->top += KEPT;
}

/* The C function is left; its wrapper makes the call in M->call_frame. */
static _Noreturn void leave(lua_State *L)
{
    Jump *j = L->P->jump;
    j->code = JUMP_CALL;
    jump_to(j->place);
}

/* Calls as puc_call does, for a C function that goes on in k when the callee yields. */
static RunStatus call_with(lua_State *L, int nargs, int nresults, int ctx, lua_CFunction k,
                           int info)
{
    Machine *M = L->M;
    size_t n = (size_t)nargs, used = puc_count(L) - n - 1 + KEPT;
    keep(L, n + 1, k, ctx, info | (nresults + INFO_BIAS));
    puc_bury(L);
    RunStatus status = eval_call_above(M, used, n, V_NIL, go_on);
    if (status == RUN_YIELDED) leave(L);
    puc_window(L, used - KEPT);
    return status;
}

/* Whether what it calls may yield: in the main coroutine nothing does. */
static bool may_yield(lua_State *L, lua_CFunction k)
{
    const Machine *M = L->M;
    const Coroutine *co = M->run.co;
    return k && puc_is_running(L) && co != M->run.world->main && !L->P->jump->bars &&
           (M->boundary != co || M->goes_on);
}

void lua_callk(lua_State *L, int nargs, int nresults, int ctx, lua_CFunction k)
{
    NOTE(L, NOTE_CALL, nargs, nresults, ctx, k);
    RunStatus status;
    if (may_yield(L, k)) {
        status = call_with(L, nargs, nresults, ctx, k, 0);
        if (status == RUN_OK && !take_results(L, nresults)) puc_throw_stack(L);
    } else {
        status = puc_call(L, nargs, nresults, V_NIL);
    }
    if (status != RUN_OK) puc_throw(L);
}

/* The same under pcall, or xpcall, which are on the stack when the callee has yielded. */
static int protected_with(lua_State *L, int nargs, int nresults, Value handler, int ctx,
                          lua_CFunction k)
{
    Machine *M = L->M;
    bool handles = handler != V_NIL;
    const char *name = handles ? "xpcall" : "pcall";
    puc_push(L, puc_unseen_native(M, name));
    insert(L, (size_t)nargs + 2);
    if (handles) {
        puc_push(L, handler);
        insert(L, (size_t)nargs + 1);
    }
    if (call_with(L, nargs + 1 + handles, nresults, ctx, k, INFO_PROTECTED) != RUN_OK)
        puc_throw(L);
    bool ok = M->results[0] == V_TRUE;
    M->results++;
    M->result_count--;
    if (!take_results(L, ok ? nresults : 1)) puc_throw_stack(L);
    if (ok) return LUA_OK;
    Jump *j = L->P->jump;
    j->code = JUMP_GO_ON;
    j->k = k;
    j->ctx = ctx;
    j->status = puc_status_of(L->top[-1]);
    jump_to(j->place);
}

bool puc_is_for_host(Machine *M)
{
    if (M->depth || M->puc->jump) return false;
    if (mem_short || mem_is_low()) mem_recover();
    M->fatal = false;
    M->stop = STOP_NONE;
    return true;
}

/* What every protected call does with an error: it takes the place of function and arguments.
 */
static int fail(lua_State *L)
{
    Machine *M = L->M;
    Value error;
    if (!puc_is_for_host(M) && M->fatal) puc_throw(L);
    int status = puc_status_of_error(M, &error);
    puc_push(L, error);
    return status;
}

int lua_pcallk(lua_State *L, int nargs, int nresults, int errfunc, int ctx, lua_CFunction k)
{
    NOTE(L, NOTE_PCALL, nargs, nresults, errfunc, ctx, k);
    Value handler = errfunc ? puc_value(L, errfunc) : V_NIL;
    if (may_yield(L, k)) return protected_with(L, nargs, nresults, handler, ctx, k);
    return puc_call(L, nargs, nresults, handler) == RUN_OK ? LUA_OK : fail(L);
}

int lua_getctx(lua_State *L, int *ctx)
{
    const Jump *j = L->P->jump;
    if (!j || j->L != L || j->status == LUA_OK) return LUA_OK;
    *ctx = j->ctx;
    return j->status;
}

static const char outside_coroutine[] = "attempt to yield from outside a coroutine";
static const char across_boundary[] = "attempt to yield across a C-call boundary";

void puc_yield(lua_State *L, size_t n, int ctx, lua_CFunction k)
{
    Machine *M = L->M;
    if (!k) { /* what it is resumed with are its results, and nothing else is kept */
        memmove(L->base, L->top - n, n * sizeof(Value));
        L->top = L->base + n;
    }
    puc_push(L, puc_unseen_native(M, "coroutine.yield"));
    insert(L, n + 1);
    if (k) keep(L, n + 1, k, ctx, INFO_BIAS + LUA_MULTRET);
    if (!puc_room(L, NATIVE_SLOTS)) puc_throw_stack(L);
    size_t used = puc_count(L) - n - 1;
    M->call_frame = eval_frame_above(L->base, used, n);
    M->call_frame[AT_PAYLOAD] = (Value)(uintptr_t)(k ? go_on : answer_all);
    M->call_count = (int)n;
    leave(L);
}

/* A hook goes on, and the coroutine yields when it has returned; if it may. */
static int yield_after_hook(lua_State *L)
{
    const Machine *M = L->M;
    const Coroutine *co = M->run.co;
    bool outside = co == M->run.world->main;
    L->yields = !outside && (co != M->boundary || M->goes_on);
    if (L->yields) return 0;
    const String *where = native_where(L->M, 1); /* the hook's frame is not seen */
    const char *why = outside ? outside_coroutine : across_boundary;
    error_raise(L->M, string_value(lib_join(lib_c_text(where), why, NULL)));
    puc_throw(L);
}

int lua_yieldk(lua_State *L, int nresults, int ctx, lua_CFunction k)
{
    NOTE(L, NOTE_YIELD, nresults, ctx, k);
    if (!puc_is_running(L)) puc_throw_text(L, outside_coroutine);
    if (L->P->jump->bars) puc_throw_text(L, across_boundary);
    if (puc_is_hook(L->base[-1])) return yield_after_hook(L);
    puc_yield(L, (size_t)nresults, ctx, k);
}

int lua_error(lua_State *L)
{
    NOTE(L, NOTE_ERROR);
    error_raise(L->M, L->top[-1]);
    puc_throw(L);
}

lua_CFunction lua_atpanic(lua_State *L, lua_CFunction panicf)
{
    lua_CFunction old = L->P->panic;
    L->P->panic = panicf;
    return old;
}
