/* SPDX-License-Identifier: MIT */
/*
 * The basic functions (manual 6.1), but for those that compile (lib_load.c) and for
 * collectgarbage (lib_collect.c).
 */
#include "eval/collect.h"
#include "eval/iterate.h"
#include "lib/lib.h"

#include <stdio.h>

/* Interned, filled when the library is opened; the same for all states. */
static Value type_names[TYPE_COUNT], tostring_name;

static void set_name(Value *where, const char *name)
{
    Value v = string_value(string_constant(name, strlen(name)));
    __atomic_store_n(where, v, __ATOMIC_RELEASE);
}

/* Errors --------------------------------------------------------------------------- */

static int base_assert(Run *R, Value *a, int n)
{
    if (!value_is_false(arg(a, n, 0))) return n;
    if (arg_absent(a, n, 1)) return native_error(R, "assertion failed!");
    String *message = arg_string(R, a, n, 1);
    return message ? lib_error(R, string_from_c(lib_c_text(message))) : NATIVE_ERROR;
}

static int base_error(Run *R, Value *a, int n)
{
    int32_t level;
    if (!arg_int_or(R, a, n, 1, 1, &level)) return NATIVE_ERROR;
    Value error = arg(a, n, 0);
    if (level > 0 && (value_is_string(error) || value_is_number(error))) {
        const String *text = arg_string(R, a, n, 0);
        const String *where = native_where(R, level);
        error = string_value(string_concat(where, text->data, text->length));
    }
    return native_throw(R, error);
}

/* Metatables ----------------------------------------------------------------------- */

static int base_getmetatable(Run *R, Value *a, int n)
{
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    Table *meta = run_metatable(R, a[0]);
    if (!meta) NATIVE_RETURN(V_NIL);
    Value field = meta_of_table(R, meta, META_METATABLE);
    NATIVE_RETURN(field != V_NIL ? field : value_object(meta));
}

static int base_setmetatable(Run *R, Value *a, int n)
{
    Table *t = arg_table(R, a, n, 0);
    if (!t) return NATIVE_ERROR;
    if (n < 2 || (a[1] != V_NIL && !value_is_table(a[1])))
        return native_arg_error(R, 1, "nil or table expected");
    if (meta_of_table(R, heap_table(R, t)->meta, META_METATABLE) != V_NIL)
        return native_error(R, "cannot change a protected metatable");
    heap_table_mut(R, t)->meta = a[1] == V_NIL ? NULL : value_pointer(a[1]);
    if (a[1] != V_NIL) collect_metatable(R, a[0], value_pointer(a[1]));
    return 1;
}

/* Raw access ----------------------------------------------------------------------- */

static int base_rawequal(Run *R, Value *a, int n)
{
    if (!arg_any(R, a, n, 0) || !arg_any(R, a, n, 1)) return NATIVE_ERROR;
    NATIVE_RETURN(value_boolean(value_equal(a[0], a[1])));
}

static int base_rawget(Run *R, Value *a, int n)
{
    Table *t = arg_table(R, a, n, 0);
    if (!t || !arg_any(R, a, n, 1)) return NATIVE_ERROR;
    NATIVE_RETURN(run_get(R, t, a[1]));
}

static int base_rawset(Run *R, Value *a, int n)
{
    Table *t = arg_table(R, a, n, 0);
    if (!t || !arg_any(R, a, n, 1) || !arg_any(R, a, n, 2)) return NATIVE_ERROR;
    if (a[1] == V_NIL) return native_throw(R, new_c_string("table index is nil"));
    if (value_is_number(a[1]) && value_to_double(a[1]) != value_to_double(a[1]))
        return native_throw(R, new_c_string("table index is NaN"));
    run_set(R, t, a[1], a[2]);
    return 1;
}

static int base_rawlen(Run *R, Value *a, int n)
{
    Value v = arg(a, n, 0);
    if (value_is_string(v)) NATIVE_RETURN(value_number((double)value_string(v)->length));
    if (!value_is_table(v)) return native_arg_error(R, 0, "table or string expected");
    NATIVE_RETURN(value_number((double)table_length(heap_table(R, value_pointer(v)))));
}

/* Traversal: the metamethod's first three results, or the iterator, t and a start ---- */

static int three_results(Run *R, Value *a, int n)
{
    Value v[3] = {lib_result(R, 0), lib_result(R, 1), lib_result(R, 2)};
    memcpy(a, v, sizeof v);
    return 3;
}

static int traverse(Run *R, Value *a, int n, Meta method, Value start)
{
    Value handler = n ? meta_of(R, a[0], method) : V_NIL;
    if (handler != V_NIL) {
        a[NATIVE_HEADER] = handler;
        a[NATIVE_HEADER + 1] = a[0];
        return native_call(R, a, 1, 1, three_results);
    }
    if (!arg_table(R, a, n, 0)) return NATIVE_ERROR;
    a[1] = a[0];
    a[0] = lib_upvalue(a, 0);
    a[2] = start;
    return 3;
}

static int base_pairs(Run *R, Value *a, int n) { return traverse(R, a, n, META_PAIRS, V_NIL); }

static int base_ipairs(Run *R, Value *a, int n)
{
    return traverse(R, a, n, META_IPAIRS, value_number(0));
}

/* Conversions ---------------------------------------------------------------------- */

static int base_type(Run *R, Value *a, int n)
{
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    NATIVE_RETURN(type_names[value_type(a[0])]);
}

static int to_base(Run *R, Value *a, int n)
{
    double d;
    int32_t base;
    String *text = arg_string(R, a, n, 0);
    if (!text || !arg_int(R, a, n, 1, &base)) return NATIVE_ERROR;
    if (base < 2 || base > 36) return native_arg_error(R, 1, "base out of range");
    if (!number_parse_base(text->data, text->length, base, &d)) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(value_number(d));
}

static int base_tonumber(Run *R, Value *a, int n)
{
    double d;
    if (!arg_absent(a, n, 1)) return to_base(R, a, n);
    if (n && value_to_number(a[0], &d)) NATIVE_RETURN(value_number(d));
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    NATIVE_RETURN(V_NIL);
}

static int tostring_result(Run *R, Value *a, int n)
{
    Value v = lib_result(R, 0);
    NATIVE_RETURN(value_is_number(v) ? value_to_text(R, v) : v);
}

static int base_tostring(Run *R, Value *a, int n)
{
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    return native_tostring(R, a, 1, a[0], tostring_result);
}

static int base_select(Run *R, Value *a, int n)
{
    int32_t i;
    if (n && value_is_string(a[0])) {
        const String *s = value_string(a[0]);
        if (s->length && s->data[0] == '#') NATIVE_RETURN(value_number(n - 1));
    }
    if (!arg_int(R, a, n, 0, &i)) return NATIVE_ERROR;
    if (i < 0)
        i = i < -n ? 0 : n + i;
    else if (i > n)
        i = n;
    if (i < 1) return native_arg_error(R, 0, "index out of range");
    return native_results(R, a + i, (size_t)(n - i));
}

/* print ---------------------------------------------------------------------------- */

/* Its frame: the global tostring, where to print, how many arguments, the next one's
 * number, and they. A plain tostring is not called. */
enum { PRINT_TOSTRING, PRINT_FILE, PRINT_COUNT, PRINT_NEXT, PRINT_ARGS };

static FILE *print_file(const Value *a) { return a[PRINT_FILE] == V_TRUE ? stderr : stdout; }

static void print_text(Value *a, const char *text, size_t length)
{
    FILE *out = print_file(a);
    if (value_to_double(a[PRINT_NEXT]) > 0) putc('\t', out);
    fwrite(text, 1, length, out);
    a[PRINT_NEXT] = value_number(value_to_double(a[PRINT_NEXT]) + 1);
}

static bool print_value(Run *R, Value *a, Value v)
{
    if (value_is_number(v)) {
        char text[NUMBER_TEXT_MAX];
        print_text(a, text, number_format(value_to_double(v), text));
        return true;
    }
    if (!value_is_string(v)) return false;
    print_text(a, value_string(v)->data, value_string(v)->length);
    return true;
}

static int print_rest(Run *R, Value *a);

static int print_converted(Run *R, Value *a, int n)
{
    if (!print_value(R, a, lib_result(R, 0)))
        return native_error(R, "'tostring' must return a string to 'print'");
    return print_rest(R, a);
}

static int print_call(Run *R, Value *a, Value f, Value v)
{
    int at = PRINT_ARGS + (int)value_to_double(a[PRINT_COUNT]);
    a[at + NATIVE_HEADER - 1] = f;
    a[at + NATIVE_HEADER] = v;
    return native_call(R, a, at, 1, print_converted);
}

static bool is_plain_tostring(Value f)
{
    return value_is(f, OBJ_NATIVE) && ((Native *)value_pointer(f))->fn == base_tostring;
}

static int print_rest(Run *R, Value *a)
{
    int count = (int)value_to_double(a[PRINT_COUNT]);
    bool plain = is_plain_tostring(a[PRINT_TOSTRING]) && !R->hooking; /* a hook sees it */
    int i;
    while ((i = (int)value_to_double(a[PRINT_NEXT])) < count) {
        Value v = a[PRINT_ARGS + i];
        if (!plain) return print_call(R, a, a[PRINT_TOSTRING], v);
        Value handler = meta_of(R, v, META_TOSTRING);
        if (handler != V_NIL) return print_call(R, a, handler, v);
        if (!print_value(R, a, v)) print_value(R, a, value_to_text(R, v));
    }
    putc('\n', print_file(a));
    fflush(print_file(a));
    return 0;
}

static int print_with(Run *R, Value *a, int n)
{
    a[PRINT_TOSTRING] = lib_result(R, 0);
    return print_rest(R, a);
}

static int print_to(Run *R, Value *a, int n, Value file)
{
    memmove(a + PRINT_ARGS, a, (size_t)n * sizeof(Value));
    a[PRINT_TOSTRING] = V_NIL;
    a[PRINT_FILE] = file;
    a[PRINT_COUNT] = value_number(n);
    a[PRINT_NEXT] = value_number(0);
    Value globals = value_object(R->world->globals);
    return native_index(R, a, PRINT_ARGS + n, globals, tostring_name, print_with);
}

static int base_print(Run *R, Value *a, int n) { return print_to(R, a, n, V_FALSE); }
static int base_eprint(Run *R, Value *a, int n) { return print_to(R, a, n, V_TRUE); }

/* Opening -------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"assert", base_assert},
    {"eprint", base_eprint},
    {"error", base_error},
    {"getmetatable", base_getmetatable},
    {"print", base_print},
    {"rawequal", base_rawequal},
    {"rawget", base_rawget},
    {"rawlen", base_rawlen},
    {"rawset", base_rawset},
    {"select", base_select},
    {"setmetatable", base_setmetatable},
    {"tonumber", base_tonumber},
    {"tostring", base_tostring},
    {"type", base_type},
    {NULL, NULL},
};

void lib_open_base(Run *R)
{
    Table *g = R->world->globals;
    for (int t = 0; t < TYPE_COUNT; t++) set_name(&type_names[t], lua_type_name((LuaType)t));
    set_name(&tostring_name, "tostring");
    native_register(R, g, functions);
    Native *next = run_new_native(R, native_next, "next", 0);
    run_set_field(R, g, "next", value_object(next));
    lib_closure(R, g, base_pairs, "pairs", value_object(next));
    Native *step = run_new_native(R, native_ipairs_step, "ipairs", 0);
    lib_closure(R, g, base_ipairs, "ipairs", value_object(step));
    run_set_field(R, g, "pcall", value_object(native_control(R, native_pcall(), "pcall", 0)));
    run_set_field(R, g, "xpcall",
                  value_object(native_control(R, native_xpcall(), "xpcall", 0)));
    run_set_field(R, g, "_G", value_object(g));
    run_set_field(R, g, "_VERSION", new_c_string("Lua 5.2"));
    run_set_field(R, lib_registry_table(R, "_LOADED"), "_G", value_object(g));
}
