/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: looking into functions (manual 4.9).
 *
 * Main invariant: a lua_Debug has the depth of a frame, no address: the activation is found
 * anew by it in each call, as the stack may have moved.
 */
#include "lib/debug/inspect.h"
#include "puc/puc.h"
#include "puc/record/note.h"
#include "stack/hook.h"
#include "stack/upvalue.h"
#include "tree/text.h"

#include <stdio.h>

/* Activations ----------------------------------------------------------------------------
 *
 * A lua_Debug knows the function by how deep its frame lies in its coroutine's stack, plus 1.
 */

static size_t depth_of(const Activation *a)
{
    return a->host ? 0 : a->c.segment->below + (size_t)(a->c.base - a->c.segment->slots);
}

static bool activation(lua_State *L, int level, Activation *out)
{
    Machine *M = L->M;
    Coroutine *co = puc_coroutine(L);
    if (!M->depth && co == M->run.world->main) return false;
    return inspect_level(M, co, level, out);
}

static int place_of(const lua_Debug *ar) { return (int)(uintptr_t)ar->i_ci; }

static bool find(lua_State *L, const lua_Debug *ar, Activation *out)
{
    size_t depth = (size_t)place_of(ar) - 1;
    for (int level = 0; activation(L, level, out); level++)
        if (depth_of(out) == depth) return true;
    return false;
}

int lua_getstack(lua_State *L, int level, lua_Debug *ar)
{
    Activation a;
    if (level < 0 || !activation(L, level, &a)) return 0;
    ar->i_ci = (struct CallInfo *)(uintptr_t)(depth_of(&a) + 1);
    return 1;
}

/* Information ---------------------------------------------------------------------------- */

typedef struct Info {
    Value function;
    const AstFunction *source; /* NULL: a C function */
    const Activation *where;   /* NULL: not at work */
} Info;

static const char *text_of(lua_State *L, const String *s)
{
    return puc_c_text(L, string_value(s));
}

static void set_source(lua_State *L, const Info *info, lua_Debug *ar)
{
    const AstFunction *f = info->source;
    char id[CHUNK_ID_MAX] = "[C]";
    if (f) chunk_id(f->chunk_name, id);
    snprintf(ar->short_src, sizeof ar->short_src, "%s", id);
    ar->source = f ? text_of(L, f->chunk_name) : "=[C]";
    ar->linedefined = f ? f->line : -1;
    ar->lastlinedefined = !f ? -1 : f->line ? f->end_line : 0;
    ar->what = !f ? "C" : f->line ? "Lua" : "main";
}

static void set_counts(const Info *info, lua_Debug *ar)
{
    const Proto *p = info->source ? ((Closure *)value_pointer(info->function))->proto : NULL;
    ar->nups = (unsigned char)upvalue_count(info->function);
    ar->nparams = p ? (unsigned char)p->params : 0;
    ar->isvararg = p ? p->vararg : 1;
}

static void set_name(lua_State *L, const Info *info, lua_Debug *ar)
{
    const char *kind;
    const String *name;
    bool named =
        info->where && !info->where->host && error_frame_name(&info->where->c, &kind, &name);
    ar->name = named ? text_of(L, name) : NULL;
    ar->namewhat = named ? kind : "";
}

static void push_lines(lua_State *L, const Info *info)
{
    if (!info->source) {
        puc_push(L, V_NIL);
        return;
    }
    Run *R = &L->M->run;
    const Proto *p = ((Closure *)value_pointer(info->function))->proto;
    Table *lines = run_new_table(R);
    uint32_t count = info->source->stripped ? 0 : p->node_count;
    for (uint32_t i = 0; i < count; i++)
        if (proto_line(p, i)) run_set(R, lines, value_number(proto_line(p, i)), V_TRUE);
    puc_push(L, value_object(lines));
}

/* What is put in ar. Answers false where there is no such option. */
static bool set_option(lua_State *L, const Info *info, char option, lua_Debug *ar)
{
    const Activation *where = info->where;
    switch (option) {
    case 'S': set_source(L, info, ar); break;
    case 'l': ar->currentline = where ? inspect_line(where) : -1; break;
    case 'u': set_counts(info, ar); break;
    case 'n': set_name(L, info, ar); break;
    case 't': ar->istailcall = where && !where->host && where->c.tail; break;
    case 'L':
    case 'f': break;
    default: return false;
    }
    return true;
}

int lua_getinfo(lua_State *L, const char *what, lua_Debug *ar)
{
    Activation where;
    Info info = {0};
    NOTE(L, NOTE_GETINFO, *what == '>' ? 0 : place_of(ar), what);
    if (*what == '>') {
        what++;
        info.function = *--L->top;
    } else {
        if (!find(L, ar, &where)) return 0;
        info.where = &where;
        info.function = where.host
                            ? run_get_field(&L->M->run, L->M->run.world->registry, "_HOST")
                            : inspect_function(&where);
    }
    if (value_is(info.function, OBJ_CLOSURE))
        info.source = ((Closure *)value_pointer(info.function))->proto->source;
    bool good = value_is_function(info.function);
    for (const char *o = what; good && *o; o++)
        if (!set_option(L, &info, *o, ar)) good = false;
    if (strchr(what, 'f')) puc_push(L, info.function);
    if (strchr(what, 'L')) push_lines(L, &info);
    return good;
}

/* Variables ------------------------------------------------------------------------------ */

static const char *name_of(lua_State *L, const Variable *v)
{
    return v->name ? text_of(L, string_intern(v->name, v->name_length)) : NULL;
}

const char *lua_getlocal(lua_State *L, const lua_Debug *ar, int n)
{
    NOTE(L, NOTE_GETLOCAL, ar ? place_of(ar) : 0, n);
    if (!ar) {
        Value f = L->top[-1];
        if (!value_is(f, OBJ_CLOSURE)) return NULL;
        const String *name = inspect_parameter(((Closure *)value_pointer(f))->proto, n);
        return name ? text_of(L, name) : NULL;
    }
    Activation a;
    Variable v = {0};
    if (find(L, ar, &a)) v = inspect_variable(&L->M->run, &a, n);
    if (v.name) puc_push(L, v.value);
    return name_of(L, &v);
}

const char *lua_setlocal(lua_State *L, const lua_Debug *ar, int n)
{
    NOTE(L, NOTE_SETLOCAL, place_of(ar), n);
    Activation a;
    Variable v = {0};
    if (find(L, ar, &a)) v = inspect_variable(&L->M->run, &a, n);
    L->top--;
    if (v.name && !v.temporary) inspect_assign(L->M, &a, &v, *L->top);
    return name_of(L, &v);
}

/* The function at funcindex has an upvalue of this number. */
static bool has_upvalue(Value f, int n)
{
    return value_is_function(f) && n >= 1 && (uint32_t)n <= upvalue_count(f);
}

static const char *upvalue_text(lua_State *L, Value f, int n)
{
    if (!value_is(f, OBJ_CLOSURE)) return "";
    const String *name = upvalue_name(f, (uint32_t)n - 1);
    return name ? text_of(L, name) : "";
}

const char *lua_getupvalue(lua_State *L, int funcindex, int n)
{
    NOTE(L, NOTE_GETUPVALUE, funcindex, n);
    Value f = puc_value(L, funcindex);
    if (!has_upvalue(f, n)) return NULL;
    puc_push(L, upvalue_get(&L->M->run, f, (uint32_t)n - 1));
    return upvalue_text(L, f, n);
}

const char *lua_setupvalue(lua_State *L, int funcindex, int n)
{
    NOTE(L, NOTE_SETUPVALUE, funcindex, n);
    Value f = puc_value(L, funcindex);
    if (!has_upvalue(f, n)) return NULL;
    Value v = *--L->top;
    if (value_is(f, OBJ_CLOSURE))
        upvalue_set(L->M, value_pointer(f), (uint32_t)n - 1, v);
    else
        upvalue_set_native(L->M, value_pointer(f), (uint32_t)n - 1, v);
    return upvalue_text(L, f, n);
}

void *lua_upvalueid(lua_State *L, int fidx, int n)
{
    Value f = puc_value(L, fidx);
    if (!has_upvalue(f, n)) return NULL;
    return (void *)(uintptr_t)upvalue_id(&L->M->run, f, (uint32_t)n - 1);
}

void lua_upvaluejoin(lua_State *L, int fidx1, int n1, int fidx2, int n2)
{
    NOTE(L, NOTE_UPVALUEJOIN, fidx1, n1, fidx2, n2);
    Value f = puc_value(L, fidx1), g = puc_value(L, fidx2);
    if (!value_is(f, OBJ_CLOSURE) || !value_is(g, OBJ_CLOSURE)) return;
    if (!has_upvalue(f, n1) || !has_upvalue(g, n2)) return;
    bool joined = upvalue_join(L->M, value_pointer(f), (uint32_t)n1 - 1, value_pointer(g),
                               (uint32_t)n2 - 1);
    if (!joined && !mem_short) puc_throw_text(L, "function too complex");
}

/* Tracebacks ----------------------------------------------------------------------------- */

void luaL_traceback(lua_State *L, lua_State *L1, const char *msg, int level)
{
    NOTE(L, NOTE_TRACEBACK, L1, msg, level);
    const String *s;
    Machine *M = L->M;
    const Coroutine *co = puc_coroutine(L1);
    if (M->depth || co != M->run.world->main) {
        s = native_traceback(M, co, msg ? string_from_c(msg) : NULL, level);
        if (!s) puc_throw_memory(L);
    } else {
        s = lib_join(msg ? msg : "", msg ? "\n" : "", "stack traceback:", NULL);
    }
    puc_push(L, string_value(s));
}
