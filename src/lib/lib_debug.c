/* SPDX-License-Identifier: MIT */
/*
 * The debug library (manual 6.10) but for what describes functions (lib_getinfo.c) and
 * for hooks (lib_hook.c): variables, upvalues, metatables, tracebacks, debug.debug.
 */
#include "lib/lib_debug.h"

#include "eval/collect.h"
#include "eval/upvalue.h"

#include <stdio.h>

Value lib_debug_text(const String *s)
{
    bool whole = !s->length || !memchr(s->data, 0, s->length);
    return whole ? string_value(s) : new_c_string(lib_c_text(s));
}

/* Variables ------------------------------------------------------------------------ */

/* The activation at the level that argument i is; end: of the running native's slots. */
static bool arg_activation(Run *R, Value *a, int n, int i, Coroutine *co, Activation *out)
{
    int32_t level;
    if (!arg_int(R, a, n, i, &level)) return false;
    if (!inspect_level(R, co, level, out)) {
        native_arg_error(R, i, "level out of range");
        return false;
    }
    if (level == 0 && co == R->co) out->end = a + n;
    return true;
}

static int parameter_name(Value *a, Value f, int32_t index)
{
    const String *name = NULL;
    if (value_is(f, OBJ_CLOSURE))
        name = inspect_parameter(((Closure *)value_pointer(f))->proto, index);
    NATIVE_RETURN(name ? string_value(name) : V_NIL);
}

static int debug_getlocal(Run *R, Value *a, int n)
{
    int shift;
    int32_t index;
    Activation where;
    Coroutine *co = lib_debug_thread(R, a, n, &shift);
    if (!arg_int(R, a, n, shift + 1, &index)) return NATIVE_ERROR;
    if (value_is_function(arg(a, n, shift))) return parameter_name(a, a[shift], index);
    if (!arg_activation(R, a, n, shift, co, &where)) return NATIVE_ERROR;
    Variable v = inspect_variable(R, &where, index);
    if (!v.name) NATIVE_RETURN(V_NIL);
    a[0] = new_string(v.name, v.name_length);
    a[1] = v.value;
    return 2;
}

static int debug_setlocal(Run *R, Value *a, int n)
{
    int shift;
    int32_t index;
    Activation where;
    Coroutine *co = lib_debug_thread(R, a, n, &shift);
    if (!arg_activation(R, a, n, shift, co, &where) || !arg_any(R, a, n, shift + 2) ||
        !arg_int(R, a, n, shift + 1, &index))
        return NATIVE_ERROR;
    Variable v = inspect_variable(R, &where, index);
    if (!v.name) NATIVE_RETURN(V_NIL);
    inspect_assign(R, &where, &v, a[shift + 2]);
    NATIVE_RETURN(new_string(v.name, v.name_length));
}

/* Upvalues ------------------------------------------------------------------------- */

static Value upvalue_name_text(Value f, uint32_t i)
{
    const String *name = upvalue_name(f, i);
    return name ? string_value(name) : string_value(string_intern("", 0));
}

/* Argument i + 1 as the number of an upvalue of the function that is argument i; absent:
 * false without an error. */
static bool arg_upvalue(Run *R, Value *a, int n, int i, uint32_t *out, bool *absent)
{
    int32_t index;
    *absent = false;
    if (!arg_int(R, a, n, i + 1, &index) || !arg_function(R, a, n, i)) return false;
    *out = (uint32_t)index - 1;
    *absent = *out >= upvalue_count(a[i]);
    return !*absent;
}

static int debug_getupvalue(Run *R, Value *a, int n)
{
    uint32_t i;
    bool absent;
    if (!arg_upvalue(R, a, n, 0, &i, &absent)) return absent ? 0 : NATIVE_ERROR;
    a[1] = upvalue_get(R, a[0], i);
    a[0] = upvalue_name_text(a[0], i);
    return 2;
}

/* What a C function has captured is its own affair and cannot be changed. */
static int debug_setupvalue(Run *R, Value *a, int n)
{
    uint32_t i;
    bool absent;
    if (!arg_any(R, a, n, 2)) return NATIVE_ERROR;
    if (!arg_upvalue(R, a, n, 0, &i, &absent)) return absent ? 0 : NATIVE_ERROR;
    if (!value_is(a[0], OBJ_CLOSURE)) return 0;
    upvalue_set(R, value_pointer(a[0]), i, a[2]);
    NATIVE_RETURN(upvalue_name_text(a[0], i));
}

static bool check_upvalue(Run *R, Value *a, int n, int i, uint32_t *out)
{
    bool absent;
    if (arg_upvalue(R, a, n, i, out, &absent)) return true;
    if (absent) native_arg_error(R, i + 1, "invalid upvalue index");
    return false;
}

static int debug_upvalueid(Run *R, Value *a, int n)
{
    uint32_t i;
    if (!check_upvalue(R, a, n, 0, &i)) return NATIVE_ERROR;
    Light *id = mem_new_atomic(sizeof *id);
    object_init(&id->h, OBJ_LIGHT, 0);
    id->pointer = (void *)(uintptr_t)upvalue_id(R, a[0], i);
    NATIVE_RETURN(value_object(id));
}

static int debug_upvaluejoin(Run *R, Value *a, int n)
{
    uint32_t i, j;
    if (!check_upvalue(R, a, n, 0, &i) || !check_upvalue(R, a, n, 2, &j)) return NATIVE_ERROR;
    for (int k = 0; k < 4; k += 2)
        if (!value_is(a[k], OBJ_CLOSURE))
            return native_arg_error(R, k, "Lua function expected");
    bool ok = upvalue_join(R, value_pointer(a[0]), i, value_pointer(a[2]), j);
    return ok ? 0 : NATIVE_ERROR;
}

/* Metatables, user values, the registry --------------------------------------------- */

static int debug_getregistry(Run *R, Value *a, int n)
{
    NATIVE_RETURN(value_object(R->world->registry));
}

static int debug_getmetatable(Run *R, Value *a, int n)
{
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    const Table *meta = run_metatable(R, a[0]);
    NATIVE_RETURN(meta ? value_object(meta) : V_NIL);
}

static int debug_setmetatable(Run *R, Value *a, int n)
{
    if (n < 2 || (a[1] != V_NIL && !value_is_table(a[1])))
        return native_arg_error(R, 1, "nil or table expected");
    Table *meta = a[1] == V_NIL ? NULL : value_pointer(a[1]);
    if (value_is_table(a[0]))
        heap_table_mut(R, value_pointer(a[0]))->meta = meta;
    else if (value_is(a[0], OBJ_USERDATA))
        heap_userdata_mut(R, value_pointer(a[0]))->meta = meta;
    else
        run_set_type_metatable(R, value_type(a[0]), meta);
    if (value_is(a[0], OBJ_TABLE) || value_is(a[0], OBJ_USERDATA))
        collect_metatable(R, a[0], meta);
    return 1;
}

static int debug_getuservalue(Run *R, Value *a, int n)
{
    if (!n || !value_is(a[0], OBJ_USERDATA)) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(heap_userdata(R, value_pointer(a[0]))->user);
}

static int debug_setuservalue(Run *R, Value *a, int n)
{
    if (n && value_is(a[0], OBJ_LIGHT))
        return native_arg_error(R, 0, "full userdata expected, got light userdata");
    if (!arg_type(R, a, n, 0, TYPE_USERDATA)) return NATIVE_ERROR;
    if (!arg_absent(a, n, 1) && !arg_table(R, a, n, 1)) return NATIVE_ERROR;
    heap_userdata_mut(R, value_pointer(a[0]))->user = arg(a, n, 1);
    return 1;
}

/* Tracebacks ------------------------------------------------------------------------ */

static int debug_traceback(Run *R, Value *a, int n)
{
    int shift;
    int32_t level;
    Coroutine *co = lib_debug_thread(R, a, n, &shift);
    Value message = arg(a, n, shift);
    if (value_is_number(message)) message = value_to_text(R, message);
    if (message != V_NIL && !value_is_string(message)) NATIVE_RETURN(message);
    if (!arg_int_or(R, a, n, shift + 1, co == R->co, &level)) return NATIVE_ERROR;
    const char *text = message == V_NIL ? NULL : lib_c_text(value_string(message));
    NATIVE_RETURN(string_value(native_traceback(R, co, text, level)));
}

/* debug.debug ----------------------------------------------------------------------- */

/* The frame of debug.debug has nothing to keep; a line's chunk is called with pcall. */
static int debug_line(Run *R, Value *a, int n);

static void complain(Run *R, Value error)
{
    if (value_is_number(error)) error = value_to_text(R, error);
    if (value_is_string(error))
        fputs(lib_c_text(value_string(error)), stderr);
    else
        fputs("(null)", stderr);
    fputc('\n', stderr);
    fflush(stderr);
}

static int debug_debug(Run *R, Value *a, int n)
{
    char line[250];
    for (;;) {
        fputs("lua_debug> ", stderr);
        fflush(stderr);
        if (!fgets(line, sizeof line, stdin) || strcmp(line, "cont\n") == 0) return 0;
        String *error, *name = string_intern("=(debug command)", 16);
        Closure *f = native_load(R, line, strlen(line), name, NULL, &error);
        if (!f) {
            complain(R, string_value(error));
            continue;
        }
        a[NATIVE_HEADER] = value_object(f);
        a[NATIVE_HEADER - 1] = lib_upvalue(a, 0);
        return native_call(R, a, 0, 1, debug_line);
    }
}

static int debug_line(Run *R, Value *a, int n)
{
    if (lib_result(R, 0) == V_FALSE) complain(R, lib_result(R, 1));
    return debug_debug(R, a, 0);
}

/* Opening --------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"gethook", lib_debug_gethook},       {"getinfo", lib_debug_getinfo},
    {"getlocal", debug_getlocal},         {"getmetatable", debug_getmetatable},
    {"getregistry", debug_getregistry},   {"getupvalue", debug_getupvalue},
    {"getuservalue", debug_getuservalue}, {"sethook", lib_debug_sethook},
    {"setlocal", debug_setlocal},         {"setmetatable", debug_setmetatable},
    {"setupvalue", debug_setupvalue},     {"setuservalue", debug_setuservalue},
    {"traceback", debug_traceback},       {"upvalueid", debug_upvalueid},
    {"upvaluejoin", debug_upvaluejoin},   {NULL, NULL},
};

/* What getinfo shows as the function below a program's outermost one. */
static int host_code(Run *R, Value *a, int n) { return 0; }

void lib_open_debug(Run *R)
{
    Table *t = lib_new(R, "debug", functions);
    run_set_field(R, R->world->registry, "_HOST",
                  value_object(run_new_native(R, host_code, "?", 0)));
    Value pcall = value_object(native_control(R, native_pcall(), "pcall", 0));
    lib_closure(R, t, debug_debug, "debug", pcall);
}
