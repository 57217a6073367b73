/* SPDX-License-Identifier: MIT */
/*
 * The basic functions (manual 6.1), but for those that compile (lib_load.c) and for
 * collectgarbage (lib_collect.c).
 *
 * Main invariant: what print writes is in its frame until it is written, so that a pause
 * between two arguments writes none twice.
 */
#include "control/collect.h"
#include "control/switch.h"
#include "lib/io/file.h"
#include "lib/lib.h"
#include "lib/natives.h"
#include "native/iterate.h"
#include "native/long_work.h"
#include "operate/cause.h"
#include "outside/outside.h"
#include "stack/hook.h"

#include <stdio.h>
#include <stdio_ext.h>

/* Interned, filled when the library is opened; the same for all states. */
static Value type_names[TYPE_COUNT], tostring_name;

static void set_name(Value *where, const char *name)
{
    Value v = string_value(string_constant(name, strlen(name)));
    __atomic_store_n(where, v, __ATOMIC_RELEASE);
}

/* Errors --------------------------------------------------------------------------- */

static int base_assert(Machine *M, Value *a, int n)
{
    if (!value_is_false(arg(a, n, 0))) return n;
    if (arg_absent(a, n, 1)) return native_error(M, "assertion failed!");
    String *message = arg_string(M, a, n, 1);
    return message ? lib_error(M, string_from_c(lib_c_text(message))) : NATIVE_ERROR;
}

static int base_error(Machine *M, Value *a, int n)
{
    int32_t level;
    if (!arg_int_or(M, a, n, 1, 1, &level)) return NATIVE_ERROR;
    Value error = arg(a, n, 0);
    if (level > 0 && (value_is_string(error) || value_is_number(error))) {
        const String *text = arg_string(M, a, n, 0);
        const String *s = lib_positioned(M, level, text);
        if (!s) return native_memory_error(M);
        error = string_value(s);
    }
    return native_throw(M, error);
}

/* Metatables ----------------------------------------------------------------------- */

static int base_getmetatable(Machine *M, Value *a, int n)
{
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    Table *meta = run_metatable(&M->run, a[0]);
    if (!meta) NATIVE_RETURN(V_NIL);
    Value field = meta_of_table(M, meta, META_METATABLE);
    NATIVE_RETURN(field != V_NIL ? field : value_object(meta));
}

static int base_setmetatable(Machine *M, Value *a, int n)
{
    Table *t = arg_table(M, a, n, 0);
    if (!t) return NATIVE_ERROR;
    if (n < 2 || (a[1] != V_NIL && !value_is_table(a[1])))
        return native_arg_error(M, a, n, 1, "nil or table expected");
    if (meta_of_table(M, heap_table(&M->run, t)->meta, META_METATABLE) != V_NIL)
        return native_refuse(M, a, 1, "cannot change a protected metatable");
    TableBody *b = native_table_mut(M, t);
    if (!b) return NATIVE_ERROR;
    b->meta = a[1] == V_NIL ? NULL : value_pointer(a[1]);
    if (a[1] != V_NIL) collect_metatable(M, a[0], value_pointer(a[1]));
    return 1;
}

/* Raw access ----------------------------------------------------------------------- */

static int base_rawequal(Machine *M, Value *a, int n)
{
    if (!arg_any(M, a, n, 0) || !arg_any(M, a, n, 1)) return NATIVE_ERROR;
    if (a[0] == a[1]) string_pay_same(a[0]);
    NATIVE_RETURN(value_boolean(value_equal(a[0], a[1])));
}

static int base_rawget(Machine *M, Value *a, int n)
{
    Table *t = arg_table(M, a, n, 0);
    if (!t || !arg_any(M, a, n, 1)) return NATIVE_ERROR;
    NATIVE_RETURN(run_get(&M->run, t, a[1]));
}

static int base_rawset(Machine *M, Value *a, int n)
{
    Table *t = arg_table(M, a, n, 0);
    if (!t || !arg_any(M, a, n, 1) || !arg_any(M, a, n, 2)) return NATIVE_ERROR;
    if (a[1] == V_NIL) {
        native_throw(M, new_c_string("table index is nil"));
        cause_set(M, CAUSE_INDEX, "", a, 2);
        return NATIVE_ERROR;
    }
    if (value_is_number(a[1]) && value_to_double(a[1]) != value_to_double(a[1]))
        return native_throw(M, new_c_string("table index is NaN"));
    return native_set(M, t, a[1], a[2]) ? 1 : NATIVE_ERROR;
}

static int base_rawlen(Machine *M, Value *a, int n)
{
    Value v = arg(a, n, 0);
    if (value_is_string(v)) NATIVE_RETURN(value_number((double)value_string(v)->length));
    if (!value_is_table(v)) return native_arg_error(M, a, n, 0, "table or string expected");
    NATIVE_RETURN(value_number((double)table_length(heap_table(&M->run, value_pointer(v)))));
}

/* Traversal: the metamethod's first three results, or the iterator, t and a start ---- */

static int three_results(Machine *M, Value *a, int n)
{
    Value v[3] = {lib_result(M, 0), lib_result(M, 1), lib_result(M, 2)};
    memcpy(a, v, sizeof v);
    return 3;
}

static int traverse(Machine *M, Value *a, int n, Meta method, Value start)
{
    Value handler = n ? meta_of(M, a[0], method) : V_NIL;
    if (handler != V_NIL) {
        a[NATIVE_HEADER] = handler;
        a[NATIVE_HEADER + 1] = a[0];
        return native_call(M, a, 1, 1, three_results);
    }
    if (!arg_table(M, a, n, 0)) return NATIVE_ERROR;
    a[1] = a[0];
    a[0] = lib_upvalue(a, 0);
    a[2] = start;
    return 3;
}

static int base_pairs(Machine *M, Value *a, int n)
{
    return traverse(M, a, n, META_PAIRS, V_NIL);
}

static int base_ipairs(Machine *M, Value *a, int n)
{
    return traverse(M, a, n, META_IPAIRS, value_number(0));
}

/* Conversions ---------------------------------------------------------------------- */

static int base_type(Machine *M, Value *a, int n)
{
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    NATIVE_RETURN(type_names[value_type(a[0])]);
}

static int to_base(Machine *M, Value *a, int n)
{
    double d;
    int32_t base;
    String *text = arg_string(M, a, n, 0);
    if (!text || !arg_int(M, a, n, 1, &base)) return NATIVE_ERROR;
    if (base < 2 || base > 36) return native_arg_error(M, a, n, 1, "base out of range");
    if (!number_parse_base(text->data, text->length, base, &d)) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(value_number(d));
}

static int to_number(Machine *M, Value *a, int n)
{
    double d;
    if (!arg_absent(a, n, 1)) return to_base(M, a, n);
    if (n && value_to_number(a[0], &d)) NATIVE_RETURN(value_number(d));
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    NATIVE_RETURN(V_NIL);
}

static int base_tonumber(Machine *M, Value *a, int n)
{
    bool is_long = n && value_is_string(a[0]) && value_string(a[0])->length > MEM_LONG / 8;
    return UNLIKELY(is_long) ? long_work_do(M, a, n, to_number) : to_number(M, a, n);
}

static int tostring_result(Machine *M, Value *a, int n)
{
    Value v = lib_result(M, 0);
    NATIVE_RETURN(value_is_number(v) ? value_to_text(M, v) : v);
}

static int base_tostring(Machine *M, Value *a, int n)
{
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    return native_tostring(M, a, 1, a[0], tostring_result);
}

static int base_select(Machine *M, Value *a, int n)
{
    int32_t i;
    if (n && value_is_string(a[0])) {
        const String *s = value_string(a[0]);
        if (s->length && s->data[0] == '#') NATIVE_RETURN(value_number(n - 1));
    }
    if (!arg_int(M, a, n, 0, &i)) return NATIVE_ERROR;
    if (i < 0)
        i = i < -n ? 0 : n + i;
    else if (i > n)
        i = n;
    if (i < 1) return native_arg_error(M, a, n, 0, "index out of range");
    return native_results(M, a + i, (size_t)(n - i));
}

/* print ---------------------------------------------------------------------------- */

/* Its frame: the global tostring, where to print, how many arguments, the next one's
 * number, and they. A plain tostring is not called. */
enum { PRINT_TOSTRING, PRINT_FILE, PRINT_COUNT, PRINT_NEXT, PRINT_ARGS };

static FILE *print_file(const Value *a) { return a[PRINT_FILE] == V_TRUE ? stderr : stdout; }

static void print_text(Machine *M, Value *a, const char *text, size_t length)
{
    FILE *out = print_file(a);
    mem_work(length);
    if (!outside_recalls(M)) {
        if (value_to_double(a[PRINT_NEXT]) > 0) putc('\t', out);
        file_put(M, out, text, length);
    }
    a[PRINT_NEXT] = value_number(value_to_double(a[PRINT_NEXT]) + 1);
}

static bool print_value(Machine *M, Value *a, Value v)
{
    if (value_is_number(v)) {
        char text[NUMBER_TEXT_MAX];
        print_text(M, a, text, number_format(value_to_double(v), text));
        return true;
    }
    if (!value_is_string(v)) return false;
    print_text(M, a, value_string(v)->data, value_string(v)->length);
    return true;
}

static int print_rest(Machine *M, Value *a);

static int print_converted(Machine *M, Value *a, int n)
{
    if (!print_value(M, a, lib_result(M, 0)))
        return native_error(M, "'tostring' must return a string to 'print'");
    return print_rest(M, a);
}

static int print_call(Machine *M, Value *a, Value f, Value v)
{
    int at = PRINT_ARGS + (int)value_to_double(a[PRINT_COUNT]);
    a[at + NATIVE_HEADER - 1] = f;
    a[at + NATIVE_HEADER] = v;
    return native_call(M, a, at, 1, print_converted);
}

static bool is_plain_tostring(Value f)
{
    return value_is(f, OBJ_NATIVE) && ((Native *)value_pointer(f))->fn == base_tostring;
}

/* The user has ended it, perhaps while it waited for who reads. */
static int print_ended(Machine *M, Value *a)
{
    clearerr(print_file(a));
    __fpurge(print_file(a)); /* or to end the program would be the next wait */
    return native_woken(M);
}

static int print_rest(Machine *M, Value *a)
{
    int count = (int)value_to_double(a[PRINT_COUNT]);
    bool plain = is_plain_tostring(a[PRINT_TOSTRING]) && !hook_mask(M); /* it sees it */
    int i;
    while ((i = (int)value_to_double(a[PRINT_NEXT])) < count) {
        if (__builtin_expect(stop_flag(M->interrupt), 0)) return print_ended(M, a);
        Value v = a[PRINT_ARGS + i];
        if (!plain) return print_call(M, a, a[PRINT_TOSTRING], v);
        Value handler = meta_of(M, v, META_TOSTRING);
        if (handler != V_NIL) return print_call(M, a, handler, v);
        if (!print_value(M, a, v)) print_value(M, a, value_to_text(M, v));
    }
    if (outside_recalls(M)) return 0;
    putc('\n', print_file(a));
    fflush(print_file(a));
    return stop_flag(M->interrupt) ? print_ended(M, a) : 0;
}

static int print_with(Machine *M, Value *a, int n)
{
    a[PRINT_TOSTRING] = lib_result(M, 0);
    return print_rest(M, a);
}

static int print_to(Machine *M, Value *a, int n, Value file)
{
    memmove(a + PRINT_ARGS, a, (size_t)n * sizeof(Value));
    a[PRINT_TOSTRING] = V_NIL;
    a[PRINT_FILE] = file;
    a[PRINT_COUNT] = value_number(n);
    a[PRINT_NEXT] = value_number(0);
    Value globals = value_object(M->run.world->globals);
    return native_index(M, a, PRINT_ARGS + n, globals, tostring_name, print_with);
}

static int base_print(Machine *M, Value *a, int n) { return print_to(M, a, n, V_FALSE); }
static int base_eprint(Machine *M, Value *a, int n) { return print_to(M, a, n, V_TRUE); }

/* Opening -------------------------------------------------------------------------- */

static bool print_holds(const Value *a, size_t used)
{
    return frame_has_list(used, a[PRINT_COUNT], a[PRINT_NEXT], PRINT_ARGS);
}

const NativeDef natives_base[] = {
    NATIVE_OWN("assert", base_assert, WORK_VALUES,
               NATIVE_DOC("v [, message]",
                          "Gives all its arguments; an error with the message if v is false.")),
    NATIVE_SEES("eprint", base_eprint, WORK_BYTES, OUTSIDE_STREAMS, true,
                "writes what it is given, to standard error",
                NATIVE_DOC("...", "As print, to standard error.")),
    NATIVE_OWN(
        "error", base_error, WORK_BYTES,
        NATIVE_DOC(
            "value [, level]",
            "Raises an error; level 1 adds where it is, 2 where the caller is, 0 nothing.")),
    NATIVE_OWN(
        "getmetatable", base_getmetatable, WORK_FIXED,
        NATIVE_DOC("v", "The metatable of v, or its field __metatable; nil if it has none.")),
    NATIVE_INNER(
        "ipairs", base_ipairs, WORK_FIXED, .captures = "f", .hides = true,
        NATIVE_DOC("t",
                   "For loops: i, t[i] for i = 1, 2 ... up to the first nil; by __ipairs.")),
    NATIVE_CONTINUED("ipairs:three_results", three_results, WORK_FIXED, "|ipairs|pairs|", "*"),
    NATIVE_INNER("ipairs:step", native_ipairs_step, WORK_FIXED),
    NATIVE_OWN(
        "next", native_next, WORK_FIXED,
        NATIVE_DOC("t [, key]", "The key after this one and its value; nil at the end.")),
    NATIVE_INNER("pairs", base_pairs, WORK_FIXED, .captures = "f", .hides = true,
                 NATIVE_DOC("t", "For loops: each key of t and its value, in the same order "
                                 "everywhere; by __pairs.")),
    NATIVE_JUMPS(
        "pcall", control_pcall, PLACE_FIELD, .glue = N_GLUE_PCALL,
        NATIVE_DOC("f, ...", "Calls f(...): true and what it gives, or false and the error.")),
    NATIVE_PCALL_UNSEEN,
    NATIVE_SEES(
        "print", base_print, WORK_BYTES, OUTSIDE_STREAMS, true,
        "writes what it is given, to standard output",
        NATIVE_DOC("...", "Writes its arguments to standard output, as tostring makes them.")),
    NATIVE_CONTINUED("print:converted", print_converted, WORK_BYTES, "|print|", ".bii*",
                     .holds = print_holds),
    NATIVE_CONTINUED("print:with", print_with, WORK_BYTES, "|print|", ".bii*",
                     .holds = print_holds),
    NATIVE_OWN("rawequal", base_rawequal, WORK_BYTES,
               NATIVE_DOC("a, b", "Whether they are equal, without metamethods.")),
    NATIVE_OWN("rawget", base_rawget, WORK_FIXED,
               NATIVE_DOC("t, key", "t[key] without metamethods.")),
    NATIVE_OWN("rawlen", base_rawlen, WORK_FIXED,
               NATIVE_DOC("v", "#v of a table or a string, without metamethods.")),
    NATIVE_OWN("rawset", base_rawset, WORK_FIXED,
               NATIVE_DOC("t, key, v", "t[key] = v without metamethods; gives t.")),
    NATIVE_OWN(
        "select", base_select, WORK_VALUES,
        NATIVE_DOC("n, ...", "The arguments from the n-th on; their number if n is \"#\".")),
    NATIVE_OWN(
        "setmetatable", base_setmetatable, WORK_FIXED,
        NATIVE_DOC("t, meta", "Sets the metatable of t, or removes it with nil; gives t.")),
    NATIVE_OWN("tonumber", base_tonumber, WORK_BYTES,
               NATIVE_DOC("v [, base]", "v as a number; nil if it is none.")),
    NATIVE_OWN("tostring", base_tostring, WORK_FIXED,
               NATIVE_DOC("v", "v as a string; by __tostring.")),
    NATIVE_CONTINUED("tostring:result", tostring_result, WORK_FIXED, "|tostring|", "*"),
    NATIVE_OWN("type", base_type, WORK_FIXED, NATIVE_DOC("v", "The type of v, as a string.")),
    NATIVE_JUMPS("xpcall", control_xpcall, PLACE_FIELD, .glue = N_GLUE_XPCALL,
                 NATIVE_DOC("f, handler, ...",
                            "As pcall; the handler makes of the error what is given.")),
    NATIVE_ROWS_END,
};

void lib_open_base(Machine *M)
{
    Table *g = M->run.world->globals;
    for (int t = 0; t < TYPE_COUNT; t++) set_name(&type_names[t], lua_type_name((LuaType)t));
    set_name(&tostring_name, "tostring");
    native_register(M, g, natives_base);
    lib_closure(M, g, native_row(natives_base, "pairs"), run_get_field(&M->run, g, "next"));
    Value step = native_value(M, native_row(natives_base, "ipairs:step"));
    lib_closure(M, g, native_row(natives_base, "ipairs"), step);
    run_set_field(&M->run, g, "_G", value_object(g));
    run_set_field(&M->run, g, "_VERSION", new_c_string("Lua 5.2"));
    run_set_field(&M->run, lib_registry_table(&M->run, "_LOADED"), "_G", value_object(g));
}
