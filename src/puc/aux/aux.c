/* SPDX-License-Identifier: MIT */
/*
 * Lua's auxiliary library (manual, section 5): arguments, metatables, references, errors.
 *
 * Main invariant: an index that is relative to the top is made absolute before it is used
 * behind something pushed, and what is pushed meanwhile is popped: a function that returns
 * leaves the stack just as the manual says.
 */
#include "puc/hook.h"
#include "puc/puc.h"
#include "puc/record/note.h"

#include <errno.h>
#include <stdarg.h>

/* Errors --------------------------------------------------------------------------------- */

void luaL_where(lua_State *L, int lvl)
{
    NOTE(L, NOTE_WHERE, lvl);
    Machine *M = L->M;
    if (M->depth && puc_is_hook(M->native[AT_FUNCTION])) lvl++; /* its frame is not seen */
    const String *where = M->depth ? native_where(M, lvl) : string_new("", 0);
    puc_push(L, string_value(where));
}

int luaL_error(lua_State *L, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    luaL_where(L, 1);
    lua_pushvfstring(L, fmt, ap);
    va_end(ap);
    lua_concat(L, 2);
    return lua_error(L);
}

int luaL_argerror(lua_State *L, int numarg, const char *extramsg)
{
    if (!L->M->depth) return luaL_error(L, "bad argument #%d (%s)", numarg, extramsg);
    NOTE(L, NOTE_ARGERROR, numarg, extramsg);
    native_arg_error(L->M, NULL, 0, numarg - 1, "%s", extramsg);
    puc_throw(L);
}

static int type_error(lua_State *L, int narg, const char *expected)
{
    return luaL_argerror(
        L, narg, lua_pushfstring(L, "%s expected, got %s", expected, luaL_typename(L, narg)));
}

/* Arguments ------------------------------------------------------------------------------ */

void luaL_checktype(lua_State *L, int narg, int t)
{
    if (lua_type(L, narg) != t) type_error(L, narg, lua_typename(L, t));
}

void luaL_checkany(lua_State *L, int narg)
{
    if (lua_type(L, narg) == LUA_TNONE) luaL_argerror(L, narg, "value expected");
}

const char *luaL_checklstring(lua_State *L, int numArg, size_t *l)
{
    const char *s = lua_tolstring(L, numArg, l);
    if (UNLIKELY(!s)) type_error(L, numArg, "string");
    return s;
}

const char *luaL_optlstring(lua_State *L, int numArg, const char *def, size_t *l)
{
    if (!lua_isnoneornil(L, numArg)) return luaL_checklstring(L, numArg, l);
    if (l) *l = def ? strlen(def) : 0;
    return def;
}

lua_Number luaL_checknumber(lua_State *L, int numArg)
{
    int is;
    lua_Number d = lua_tonumberx(L, numArg, &is);
    if (UNLIKELY(!is)) type_error(L, numArg, "number");
    return d;
}

lua_Number luaL_optnumber(lua_State *L, int nArg, lua_Number def)
{
    return luaL_opt(L, luaL_checknumber, nArg, def);
}

lua_Integer luaL_checkinteger(lua_State *L, int numArg)
{
    int is;
    lua_Integer i = lua_tointegerx(L, numArg, &is);
    if (UNLIKELY(!is)) type_error(L, numArg, "number");
    return i;
}

lua_Integer luaL_optinteger(lua_State *L, int nArg, lua_Integer def)
{
    return luaL_opt(L, luaL_checkinteger, nArg, def);
}

lua_Unsigned luaL_checkunsigned(lua_State *L, int numArg)
{
    int is;
    lua_Unsigned u = lua_tounsignedx(L, numArg, &is);
    if (UNLIKELY(!is)) type_error(L, numArg, "number");
    return u;
}

lua_Unsigned luaL_optunsigned(lua_State *L, int numArg, lua_Unsigned def)
{
    return luaL_opt(L, luaL_checkunsigned, numArg, def);
}

int luaL_checkoption(lua_State *L, int narg, const char *def, const char *const lst[])
{
    const char *name = def ? luaL_optstring(L, narg, def) : luaL_checkstring(L, narg);
    for (int i = 0; lst[i]; i++)
        if (strcmp(lst[i], name) == 0) return i;
    return luaL_argerror(L, narg, lua_pushfstring(L, "invalid option " LUA_QS, name));
}

void luaL_checkstack(lua_State *L, int sz, const char *msg)
{
    enum { EXTRA = LUA_MINSTACK };
    NOTE(L, NOTE_ROOM, sz, msg);
    if (puc_has_room(L, sz + EXTRA)) return;
    bool most = sz < 0 || puc_count(L) + (size_t)sz + EXTRA > LUAI_MAXSTACK;
    if (L->M->limits.stack_limited && !most) puc_throw_stack(L);
    const char *where = lib_c_text(native_where(L->M, 1));
    const String *text = msg ? lib_join(where, "stack overflow (", msg, ")", NULL)
                             : lib_join(where, "stack overflow", NULL);
    error_raise(L->M, string_value(text));
    puc_throw(L);
}

/* Metatables ----------------------------------------------------------------------------- */

int luaL_newmetatable(lua_State *L, const char *tname)
{
    luaL_getmetatable(L, tname);
    if (!lua_isnil(L, -1)) return 0;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, tname);
    return 1;
}

void luaL_setmetatable(lua_State *L, const char *tname)
{
    luaL_getmetatable(L, tname);
    lua_setmetatable(L, -2);
}

void *luaL_testudata(lua_State *L, int ud, const char *tname)
{
    Run *R = &L->M->run;
    Value v = puc_value(L, ud);
    if (!value_is(v, OBJ_USERDATA) && !value_is(v, OBJ_LIGHT)) return NULL;
    const Table *meta = run_metatable(R, v);
    if (!meta || puc_get_raw(R, R->world->registry, tname) != value_object(meta)) return NULL;
    return lua_touserdata(L, ud);
}

void *luaL_checkudata(lua_State *L, int ud, const char *tname)
{
    void *p = luaL_testudata(L, ud, tname);
    if (UNLIKELY(!p)) type_error(L, ud, tname);
    return p;
}

int luaL_getmetafield(lua_State *L, int obj, const char *e)
{
    NOTE(L, NOTE_GETMETAFIELD, obj, e);
    Run *R = &L->M->run;
    const Table *meta = run_metatable(R, puc_value(L, obj));
    Value v = meta ? puc_get_raw(R, meta, e) : V_NIL;
    if (v == V_NIL) return 0;
    puc_push(L, v);
    return 1;
}

int luaL_callmeta(lua_State *L, int obj, const char *e)
{
    obj = lua_absindex(L, obj);
    if (!luaL_getmetafield(L, obj, e)) return 0;
    lua_pushvalue(L, obj);
    lua_call(L, 1, 1);
    return 1;
}

static void push_text(lua_State *L, int idx)
{
    NOTE(L, NOTE_TOTEXT, idx);
    puc_push(L, value_to_text(L->M, puc_value(L, idx)));
}

const char *luaL_tolstring(lua_State *L, int idx, size_t *len)
{
    if (!luaL_callmeta(L, idx, "__tostring")) push_text(L, idx);
    return lua_tolstring(L, -1, len);
}

int luaL_len(lua_State *L, int idx)
{
    int is;
    lua_len(L, idx);
    int length = (int)lua_tointegerx(L, -1, &is);
    if (!is) luaL_error(L, "object length is not a number");
    lua_pop(L, 1);
    return length;
}

/* Tables and libraries ------------------------------------------------------------------- */

int luaL_getsubtable(lua_State *L, int idx, const char *fname)
{
    lua_getfield(L, idx, fname);
    if (lua_istable(L, -1)) return 1;
    lua_pop(L, 1);
    idx = lua_absindex(L, idx);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, idx, fname);
    return 0;
}

void luaL_setfuncs(lua_State *L, const luaL_Reg *l, int nup)
{
    luaL_checkversion(L);
    luaL_checkstack(L, nup, "too many upvalues");
    for (; l->name; l++) {
        for (int i = 0; i < nup; i++) lua_pushvalue(L, -nup);
        lua_pushcclosure(L, l->func, nup);
        lua_setfield(L, -(nup + 2), l->name);
    }
    lua_pop(L, nup);
}

void luaL_requiref(lua_State *L, const char *modname, lua_CFunction openf, int glb)
{
    lua_pushcfunction(L, openf);
    lua_pushstring(L, modname);
    lua_call(L, 1, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, modname);
    lua_pop(L, 1);
    if (!glb) return;
    lua_pushvalue(L, -1);
    lua_setglobal(L, modname);
}

/* The table at the path of names in the table at the top; NULL, or the name that is no table.
 */
static const char *find_table(lua_State *L, int idx, const char *fname, int szhint)
{
    const char *e;
    if (idx) lua_pushvalue(L, idx);
    do {
        e = strchr(fname, '.');
        if (!e) e = fname + strlen(fname);
        lua_pushlstring(L, fname, (size_t)(e - fname));
        lua_rawget(L, -2);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_createtable(L, 0, *e == '.' ? 1 : szhint);
            lua_pushlstring(L, fname, (size_t)(e - fname));
            lua_pushvalue(L, -2);
            lua_settable(L, -4);
        } else if (!lua_istable(L, -1)) {
            lua_pop(L, 2);
            return fname;
        }
        lua_remove(L, -2);
        fname = e + 1;
    } while (*e == '.');
    return NULL;
}

void luaL_pushmodule(lua_State *L, const char *modname, int sizehint)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, modname);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_pushglobaltable(L);
        if (find_table(L, 0, modname, sizehint))
            luaL_error(L, "name conflict for module " LUA_QS, modname);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, modname);
    }
    lua_remove(L, -2);
}

void luaL_openlib(lua_State *L, const char *libname, const luaL_Reg *l, int nup)
{
    luaL_checkversion(L);
    if (libname) {
        int size = 0;
        while (l && l[size].name) size++;
        luaL_pushmodule(L, libname, size);
        lua_insert(L, -(nup + 1));
    }
    if (l)
        luaL_setfuncs(L, l, nup);
    else
        lua_pop(L, nup);
}

void luaL_checkversion_(lua_State *L, lua_Number ver)
{
    const lua_Number *v = lua_version(L);
    if (v != lua_version(NULL)) luaL_error(L, "multiple Lua VMs detected");
    if (*v != ver)
        luaL_error(L, "version mismatch: app. needs %f, Lua core provides %f", ver, *v);
}

/* References ----------------------------------------------------------------------------- */

int luaL_ref(lua_State *L, int t)
{
    enum { FREE_LIST = 0 };
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return LUA_REFNIL;
    }
    t = lua_absindex(L, t);
    lua_rawgeti(L, t, FREE_LIST);
    int ref = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (ref) {
        lua_rawgeti(L, t, ref);
        lua_rawseti(L, t, FREE_LIST);
    } else {
        ref = (int)lua_rawlen(L, t) + 1;
    }
    lua_rawseti(L, t, ref);
    return ref;
}

void luaL_unref(lua_State *L, int t, int ref)
{
    if (ref < 0) return;
    t = lua_absindex(L, t);
    lua_rawgeti(L, t, 0);
    lua_rawseti(L, t, ref);
    lua_pushinteger(L, ref);
    lua_rawseti(L, t, 0);
}

/* What the system answers ---------------------------------------------------------------- */

static int push_native(lua_State *L, int count, const Value *values)
{
    for (int i = 0; i < count; i++) {
        Value v = values[i];
        if (value_is_string(v))
            lua_pushlstring(L, value_string(v)->data, value_string(v)->length);
        else if (value_is_number(v))
            lua_pushnumber(L, value_to_double(v));
        else if (v == V_NIL)
            lua_pushnil(L);
        else
            lua_pushboolean(L, v == V_TRUE);
    }
    return count;
}

int luaL_fileresult(lua_State *L, int stat, const char *fname)
{
    Value values[3];
    return push_native(L, lib_file_result(L->M, values, stat != 0, fname), values);
}

int luaL_execresult(lua_State *L, int stat)
{
    Value values[3];
    return push_native(L, lib_exec_result(L->M, values, stat), values);
}
