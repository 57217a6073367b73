/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: moving values about, and what they are in C (manual 4.8).
 *
 * Main invariant: a positive index above the top reads as none, and puc_put writes nothing
 * there. That a negative one is within the stack is the C function's promise, as in PUC Lua.
 */
#include "puc/puc.h"
#include "puc/record/note.h"

/* Positions ------------------------------------------------------------------------------ */

int lua_absindex(lua_State *L, int idx)
{
    return idx > 0 || idx <= LUA_REGISTRYINDEX ? idx : (int)puc_count(L) + idx + 1;
}

int lua_gettop(lua_State *L) { return (int)puc_count(L); }

void lua_settop(lua_State *L, int idx)
{
    NOTE(L, NOTE_SETTOP, idx);
    if (idx < 0) {
        L->top += idx + 1;
        return;
    }
    Value *to = L->base + idx;
    if (UNLIKELY(to > L->end)) {
        if (!puc_room(L, (size_t)(to - L->top))) puc_throw_stack(L);
        to = L->base + idx;
    }
    for (Value *p = L->top; p < to; p++) *p = V_NIL;
    L->top = to;
}

void lua_pushvalue(lua_State *L, int idx)
{
    NOTE(L, NOTE_PUSHVALUE, idx);
    puc_push(L, puc_value(L, idx));
}

static Value *place(lua_State *L, int idx)
{
    return idx > 0 ? L->base + idx - 1 : L->top + idx;
}

void lua_remove(lua_State *L, int idx)
{
    NOTE(L, NOTE_REMOVE, idx);
    Value *p = place(L, idx);
    memmove(p, p + 1, (size_t)(L->top - p - 1) * sizeof *p);
    L->top--;
}

void lua_insert(lua_State *L, int idx)
{
    NOTE(L, NOTE_INSERT, idx);
    Value *p = place(L, idx), v = L->top[-1];
    memmove(p + 1, p, (size_t)(L->top - p - 1) * sizeof *p);
    *p = v;
}

void lua_replace(lua_State *L, int idx)
{
    NOTE(L, NOTE_REPLACE, idx);
    puc_put(L, idx, L->top[-1]);
    L->top--;
}

void lua_copy(lua_State *L, int fromidx, int toidx)
{
    NOTE(L, NOTE_COPY, fromidx, toidx);
    puc_put(L, toidx, puc_value(L, fromidx));
}

bool puc_has_room(lua_State *L, int n)
{
    return n >= 0 && puc_count(L) + (size_t)n <= LUAI_MAXSTACK && puc_room(L, (size_t)n);
}

int lua_checkstack(lua_State *L, int sz)
{
    NOTE(L, NOTE_CHECKSTACK, sz);
    return puc_has_room(L, sz);
}

void lua_xmove(lua_State *from, lua_State *to, int n)
{
    if (from == to) return;
    NOTE(from, NOTE_XMOVE, to, n);
    if (!puc_room(to, (size_t)n)) puc_throw_stack(from);
    from->top -= n;
    memcpy(to->top, from->top, (size_t)n * sizeof(Value));
    to->top += n;
}

/* What they are -------------------------------------------------------------------------- */

int lua_type(lua_State *L, int idx)
{
    Value v = puc_at(L, idx);
    return v == PUC_NONE ? LUA_TNONE : (int)value_type(v);
}

const char *lua_typename(lua_State *L, int tp)
{
    return tp == LUA_TNONE ? "no value" : lua_type_name((LuaType)tp);
}

int lua_isnumber(lua_State *L, int idx)
{
    double d;
    Value v = puc_value(L, idx);
    if (LIKELY(value_is_number(v))) return 1;
    NOTE(L, NOTE_ISNUMBER, idx); /* to read a long text takes steps */
    return value_to_number(v, &d);
}

int lua_isstring(lua_State *L, int idx)
{
    Value v = puc_value(L, idx);
    return value_is_number(v) || value_is_string(v);
}

int lua_iscfunction(lua_State *L, int idx) { return value_is(puc_value(L, idx), OBJ_NATIVE); }

int lua_isuserdata(lua_State *L, int idx)
{
    Value v = puc_value(L, idx);
    return value_is(v, OBJ_USERDATA) || value_is(v, OBJ_LIGHT);
}

lua_Number lua_tonumberx(lua_State *L, int idx, int *isnum)
{
    double d = 0;
    Value v = puc_value(L, idx);
    bool is = true;
    if (LIKELY(value_is_number(v))) {
        d = value_to_double(v);
    } else {
        NOTE(L, NOTE_ISNUMBER, idx);
        is = value_to_number(v, &d);
        if (!is) d = 0;
    }
    if (isnum) *isnum = is;
    return d;
}

lua_Integer lua_tointegerx(lua_State *L, int idx, int *isnum)
{
    int is;
    double d = lua_tonumberx(L, idx, &is);
    if (isnum) *isnum = is;
    return double_to_integer(d);
}

lua_Unsigned lua_tounsignedx(lua_State *L, int idx, int *isnum)
{
    int is;
    double d = lua_tonumberx(L, idx, &is);
    if (isnum) *isnum = is;
    return bits_unsigned(d);
}

int lua_toboolean(lua_State *L, int idx) { return !value_is_false(puc_value(L, idx)); }

const char *puc_c_text(lua_State *L, Value string)
{
    const char *text = string_terminated(value_string(string));
    if (UNLIKELY(!text)) puc_throw_memory(L);
    return text;
}

const char *lua_tolstring(lua_State *L, int idx, size_t *len)
{
    Value v = puc_value(L, idx);
    NOTE(L, NOTE_TOLSTRING, idx);
    if (!value_is_string(v)) {
        if (!value_is_number(v)) {
            if (len) *len = 0;
            return NULL;
        }
        v = string_value(number_to_string(value_to_double(v)));
        puc_put(L, idx, v);
    }
    if (len) *len = value_string(v)->length;
    return puc_c_text(L, v);
}

size_t puc_raw_length(lua_State *L, Value v)
{
    if (value_is_string(v)) return value_string(v)->length;
    if (value_is_table(v))
        return (size_t)table_length(heap_table(&L->M->run, value_pointer(v)));
    return value_is(v, OBJ_USERDATA) ? ((Userdata *)value_pointer(v))->size : 0;
}

size_t lua_rawlen(lua_State *L, int idx)
{
    NOTE(L, NOTE_RAWLEN, idx);
    return puc_raw_length(L, puc_value(L, idx));
}

lua_CFunction lua_tocfunction(lua_State *L, int idx)
{
    return puc_c_function(puc_value(L, idx));
}

void *lua_touserdata(lua_State *L, int idx)
{
    Value v = puc_value(L, idx);
    if (value_is(v, OBJ_USERDATA)) {
        Userdata *u = value_pointer(v);
        return LIKELY(u->data != NULL) ? u->data : puc_userdata_own(L, u);
    }
    return value_is(v, OBJ_LIGHT) ? ((Light *)value_pointer(v))->pointer : NULL;
}

lua_State *lua_tothread(lua_State *L, int idx)
{
    Value v = puc_value(L, idx);
    NOTE(L, NOTE_TOTHREAD, idx);
    return value_is(v, OBJ_COROUTINE) ? puc_state_of(L->P, value_pointer(v)) : NULL;
}

const void *lua_topointer(lua_State *L, int idx)
{
    Value v = puc_value(L, idx);
    switch (value_type(v)) {
    case TYPE_USERDATA: {
        const Userdata *u = value_pointer(v);
        return u->data ? u->data : u;
    }
    case TYPE_LIGHT: return lua_touserdata(L, idx);
    case TYPE_THREAD: return lua_tothread(L, idx);
    case TYPE_TABLE:
    case TYPE_FUNCTION: return value_pointer(v);
    default: return NULL;
    }
}

/* New values ----------------------------------------------------------------------------- */

void lua_pushnil(lua_State *L)
{
    NOTE(L, NOTE_PUSHNIL);
    puc_push(L, V_NIL);
}

void lua_pushnumber(lua_State *L, lua_Number n)
{
    NOTE(L, NOTE_PUSHNUMBER, n);
    puc_push(L, value_number_checked(n));
}

void lua_pushinteger(lua_State *L, lua_Integer n)
{
    NOTE(L, NOTE_PUSHNUMBER, (double)n);
    puc_push(L, value_number((double)n));
}

void lua_pushunsigned(lua_State *L, lua_Unsigned n)
{
    NOTE(L, NOTE_PUSHNUMBER, (double)n);
    puc_push(L, value_number((double)n));
}

void lua_pushboolean(lua_State *L, int b)
{
    NOTE(L, NOTE_PUSHBOOLEAN, b);
    puc_push(L, value_boolean(b != 0));
}

Value puc_string(lua_State *L, const char *bytes, size_t length)
{
    if (UNLIKELY(length > L->M->limits.string && L->M->limits.string_limited)) {
        native_memory_error(L->M);
        L->M->fatal = true;
        puc_throw(L);
    }
    const String *s = string_new(bytes, length);
    if (UNLIKELY(!s)) puc_throw_memory(L);
    return string_value(s);
}

const char *lua_pushlstring(lua_State *L, const char *s, size_t l)
{
    NOTE(L, NOTE_PUSHLSTRING, s, l);
    Value v = puc_string(L, s, l);
    puc_push(L, v);
    return puc_c_text(L, v);
}

const char *lua_pushstring(lua_State *L, const char *s)
{
    if (s) return lua_pushlstring(L, s, strlen(s));
    lua_pushnil(L);
    return NULL;
}

void lua_pushcclosure(lua_State *L, lua_CFunction fn, int n)
{
    NOTE(L, NOTE_PUSHCCLOSURE, fn, n);
    Value f = puc_function(L, fn, n);
    Native *native = value_pointer(f);
    L->top -= n;
    for (int i = 0; i < n; i++)
        native->upvalues[i] = value_object(run_new_cell(&L->M->run, L->top[i]));
    puc_push(L, f);
}

void lua_pushlightuserdata(lua_State *L, void *p)
{
    NOTE(L, NOTE_PUSHLIGHT, p);
    mem_count(sizeof(Light));
    puc_push(L, puc_light(p));
}

int lua_pushthread(lua_State *L)
{
    NOTE(L, NOTE_PUSHTHREAD);
    Coroutine *co = puc_coroutine(L);
    puc_push(L, value_object(co));
    return L == L->P->main;
}
