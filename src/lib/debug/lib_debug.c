/* SPDX-License-Identifier: MIT */
/*
 * The debug library (manual 6.10) but for what describes functions (lib_getinfo.c) and
 * for hooks (lib_hook.c): variables, upvalues, metatables, tracebacks, debug.debug.
 *
 * Main invariant: what is set through it (variables, upvalues, metatables) is set in this world
 * alone; snapshots keep what they had.
 */
#include "lib/debug/lib_debug.h"

#include "control/collect.h"
#include "lib/natives.h"
#include "outside/outside.h"
#include "stack/upvalue.h"

#include <stdio.h>

Value lib_debug_text(const String *s)
{
    mem_work(s->length);
    bool whole = !s->length || !memchr(s->data, 0, s->length);
    return whole ? string_value(s) : new_c_string(lib_c_text(s));
}

/* Variables ------------------------------------------------------------------------ */

/* The activation at the level that argument i is; end: of the running native's slots. */
static bool arg_activation(Machine *M, Value *a, int n, int i, Coroutine *co, Activation *out)
{
    int32_t level;
    if (!arg_int(M, a, n, i, &level)) return false;
    if (!inspect_level(M, co, level, out)) {
        native_arg_error(M, a, n, i, "level out of range");
        return false;
    }
    if (level == 0 && co == M->run.co) out->end = a + n;
    return true;
}

static int parameter_name(Value *a, Value f, int32_t index)
{
    const String *name = NULL;
    if (value_is(f, OBJ_CLOSURE))
        name = inspect_parameter(((Closure *)value_pointer(f))->proto, index);
    NATIVE_RETURN(name ? string_value(name) : V_NIL);
}

static int debug_getlocal(Machine *M, Value *a, int n)
{
    int shift;
    int32_t index;
    Activation where;
    Coroutine *co = lib_debug_thread(M, a, n, &shift);
    if (!arg_int(M, a, n, shift + 1, &index)) return NATIVE_ERROR;
    if (value_is_function(arg(a, n, shift))) return parameter_name(a, a[shift], index);
    if (!arg_activation(M, a, n, shift, co, &where)) return NATIVE_ERROR;
    Variable v = inspect_variable(&M->run, &where, index);
    if (!v.name) NATIVE_RETURN(V_NIL);
    a[0] = new_string(v.name, v.name_length);
    a[1] = v.value;
    return 2;
}

/* What lies above the variables is the evaluator's and its natives', which know what is
 * there: it can be looked at, but not be changed. */
static int debug_setlocal(Machine *M, Value *a, int n)
{
    int shift;
    int32_t index;
    Activation where;
    Coroutine *co = lib_debug_thread(M, a, n, &shift);
    if (!arg_activation(M, a, n, shift, co, &where) || !arg_any(M, a, n, shift + 2) ||
        !arg_int(M, a, n, shift + 1, &index))
        return NATIVE_ERROR;
    Variable v = inspect_variable(&M->run, &where, index);
    if (!v.name || v.temporary) NATIVE_RETURN(V_NIL);
    inspect_assign(M, &where, &v, a[shift + 2]);
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
static bool arg_upvalue(Machine *M, Value *a, int n, int i, uint32_t *out, bool *absent)
{
    int32_t index;
    *absent = false;
    if (!arg_int(M, a, n, i + 1, &index) || !arg_function(M, a, n, i)) return false;
    *out = (uint32_t)index - 1;
    *absent = *out >= upvalue_count(a[i]);
    return !*absent;
}

static int debug_getupvalue(Machine *M, Value *a, int n)
{
    uint32_t i;
    bool absent;
    if (!arg_upvalue(M, a, n, 0, &i, &absent)) return absent ? 0 : NATIVE_ERROR;
    a[1] = upvalue_get(&M->run, a[0], i);
    if (value_is(a[0], OBJ_NATIVE) && value_is(a[1], OBJ_LIGHT)) a[1] = V_NIL; /* an address */
    a[0] = upvalue_name_text(a[0], i);
    return 2;
}

/* What a library function has captured is its own affair and cannot be changed; what functions
 * of Lua's C interface have, lies in cells. */
static int debug_setupvalue(Machine *M, Value *a, int n)
{
    uint32_t i;
    bool absent;
    if (!arg_any(M, a, n, 2)) return NATIVE_ERROR;
    if (!arg_upvalue(M, a, n, 0, &i, &absent)) return absent ? 0 : NATIVE_ERROR;
    if (value_is(a[0], OBJ_CLOSURE))
        upvalue_set(M, value_pointer(a[0]), i, a[2]);
    else if (!upvalue_set_native(M, value_pointer(a[0]), i, a[2]))
        return 0;
    NATIVE_RETURN(upvalue_name_text(a[0], i));
}

static bool check_upvalue(Machine *M, Value *a, int n, int i, uint32_t *out)
{
    bool absent;
    if (arg_upvalue(M, a, n, i, out, &absent)) return true;
    if (absent) native_arg_error(M, a, n, i + 1, "invalid upvalue index");
    return false;
}

static int debug_upvalueid(Machine *M, Value *a, int n)
{
    uint32_t i;
    if (!check_upvalue(M, a, n, 0, &i)) return NATIVE_ERROR;
    Light *id = mem_new_atomic(sizeof *id);
    object_init(&id->h, OBJ_LIGHT, 0);
    id->pointer = (void *)(uintptr_t)upvalue_id(&M->run, a[0], i);
    NATIVE_RETURN(value_object(id));
}

static int debug_upvaluejoin(Machine *M, Value *a, int n)
{
    uint32_t i, j;
    if (!check_upvalue(M, a, n, 0, &i) || !check_upvalue(M, a, n, 2, &j)) return NATIVE_ERROR;
    for (int k = 0; k < 4; k += 2)
        if (!value_is(a[k], OBJ_CLOSURE))
            return native_arg_error(M, a, n, k, "Lua function expected");
    bool ok = upvalue_join(M, value_pointer(a[0]), i, value_pointer(a[2]), j);
    return ok ? 0 : native_throw(M, new_c_string("function or expression too complex"));
}

/* Metatables, user values, the registry --------------------------------------------- */

static int debug_getregistry(Machine *M, Value *a, int n)
{
    NATIVE_RETURN(value_object(M->run.world->registry));
}

static int debug_getmetatable(Machine *M, Value *a, int n)
{
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    const Table *meta = run_metatable(&M->run, a[0]);
    NATIVE_RETURN(meta ? value_object(meta) : V_NIL);
}

static int debug_setmetatable(Machine *M, Value *a, int n)
{
    if (n < 2 || (a[1] != V_NIL && !value_is_table(a[1])))
        return native_arg_error(M, a, n, 1, "nil or table expected");
    Table *meta = a[1] == V_NIL ? NULL : value_pointer(a[1]);
    TableBody *b = value_is_table(a[0]) ? native_table_mut(M, value_pointer(a[0])) : NULL;
    if (b)
        b->meta = meta;
    else if (value_is_table(a[0]))
        return NATIVE_ERROR;
    else if (value_is(a[0], OBJ_USERDATA))
        heap_userdata_mut(&M->run, value_pointer(a[0]))->meta = meta;
    else
        run_set_type_metatable(&M->run, value_type(a[0]), meta);
    if (value_is(a[0], OBJ_TABLE) || value_is(a[0], OBJ_USERDATA))
        collect_metatable(M, a[0], meta);
    return 1;
}

static int debug_getuservalue(Machine *M, Value *a, int n)
{
    if (!n || !value_is(a[0], OBJ_USERDATA)) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(heap_userdata(&M->run, value_pointer(a[0]))->user);
}

static int debug_setuservalue(Machine *M, Value *a, int n)
{
    if (n && value_is(a[0], OBJ_LIGHT))
        return native_arg_error(M, a, n, 0, "full userdata expected, got light userdata");
    if (!arg_type(M, a, n, 0, TYPE_USERDATA)) return NATIVE_ERROR;
    if (!arg_absent(a, n, 1) && !arg_table(M, a, n, 1)) return NATIVE_ERROR;
    heap_userdata_mut(&M->run, value_pointer(a[0]))->user = arg(a, n, 1);
    return 1;
}

/* Tracebacks ------------------------------------------------------------------------ */

static int debug_traceback(Machine *M, Value *a, int n)
{
    int shift;
    int32_t level;
    Coroutine *co = lib_debug_thread(M, a, n, &shift);
    Value message = arg(a, n, shift);
    if (value_is_number(message)) message = value_to_text(M, message);
    if (message != V_NIL && !value_is_string(message)) NATIVE_RETURN(message);
    if (!arg_int_or(M, a, n, shift + 1, co == M->run.co, &level)) return NATIVE_ERROR;
    const String *text = message == V_NIL ? NULL : value_string(message);
    text = native_traceback(M, co, text, level);
    if (!text) return native_memory_error(M);
    NATIVE_RETURN(string_value(text));
}

/* debug.debug ----------------------------------------------------------------------- */

/* The frame of debug.debug has nothing to keep; a line's chunk is called with pcall. */
static int debug_line(Machine *M, Value *a, int n);

static void complain(Machine *M, Value error)
{
    if (outside_recalls(M)) return;
    if (value_is_number(error)) error = value_to_text(M, error);
    if (value_is_string(error))
        fputs(lib_c_text(value_string(error)), stderr);
    else
        fputs("(null)", stderr);
    fputc('\n', stderr);
    fflush(stderr);
}

static bool read_command(Machine *M, char *line, size_t size)
{
    if (!outside_recalls(M)) {
        fputs("lua_debug> ", stderr);
        fflush(stderr);
    }
    bool got = outside_answer(M, !outside_recalls(M) && fgets(line, (int)size, stdin));
    if (!got) return false;
    size_t length = outside_bytes(M, line, outside_recalls(M) ? 0 : strlen(line), size - 1);
    line[length] = 0;
    return true;
}

static int debug_debug(Machine *M, Value *a, int n)
{
    char line[250];
    for (;;) {
        if (!read_command(M, line, sizeof line))
            return stop_flag(M->interrupt) ? native_woken(M) : 0;
        if (strcmp(line, "cont\n") == 0) return 0;
        String *error, *name = string_intern("=(debug command)", 16);
        Closure *f = native_load(M, line, strlen(line), name, NULL, &error);
        if (!f) {
            complain(M, string_value(error));
            continue;
        }
        a[NATIVE_HEADER] = value_object(f);
        a[NATIVE_HEADER - 1] = lib_upvalue(a, 0);
        return native_call(M, a, 0, 1, debug_line);
    }
}

static int debug_line(Machine *M, Value *a, int n)
{
    if (lib_result(M, 0) == V_FALSE) complain(M, lib_result(M, 1));
    return debug_debug(M, a, 0);
}

/* Opening --------------------------------------------------------------------------- */

/* What getinfo shows as the function below a program's outermost one. */
static int host_code(Machine *M, Value *a, int n) { return 0; }

const NativeDef natives_debug[] = {
    NATIVE_OWN("debug.gethook", lib_debug_gethook, WORK_FIXED,
               NATIVE_DOC("[co]", "The hook of a coroutine: function, mask, count.")),
    NATIVE_OWN("debug.getinfo", lib_debug_getinfo, WORK_LEVELS,
               NATIVE_DOC("[co,] f|level [, what]", "A table of what is known of a function.")),
    NATIVE_OWN("debug.getlocal", debug_getlocal, WORK_LEVELS,
               NATIVE_DOC("[co,] level|f, n", "The name and value of a local variable.")),
    NATIVE_OWN("debug.getmetatable", debug_getmetatable, WORK_FIXED,
               NATIVE_DOC("v", "The metatable of v, whatever its __metatable says.")),
    NATIVE_OWN("debug.getregistry", debug_getregistry, WORK_FIXED,
               NATIVE_DOC("", "The registry.")),
    NATIVE_OWN("debug.getupvalue", debug_getupvalue, WORK_FIXED,
               NATIVE_DOC("f, n", "The name and value of what a function has captured.")),
    NATIVE_OWN("debug.getuservalue", debug_getuservalue, WORK_FIXED,
               NATIVE_DOC("u", "The value that belongs to a userdata.")),
    NATIVE_OWN("debug.sethook", lib_debug_sethook, WORK_LEVELS,
               NATIVE_DOC("[co,] f, mask [, count]",
                          "Calls f at events: \"c\" calls, \"r\" returns, \"l\" lines.")),
    NATIVE_OWN("debug.setlocal", debug_setlocal, WORK_LEVELS,
               NATIVE_DOC("[co,] level, n, v", "Assigns to a local variable.")),
    NATIVE_OWN("debug.setmetatable", debug_setmetatable, WORK_FIXED,
               NATIVE_DOC("v, meta", "Sets the metatable of any value.")),
    NATIVE_OWN("debug.setupvalue", debug_setupvalue, WORK_FIXED,
               NATIVE_DOC("f, n, v", "Assigns to what a function has captured.")),
    NATIVE_OWN("debug.setuservalue", debug_setuservalue, WORK_FIXED,
               NATIVE_DOC("u, v", "Sets the value that belongs to a userdata.")),
    NATIVE_OWN("debug.traceback", debug_traceback, WORK_LEVELS,
               NATIVE_DOC("[co,] [message [, level]]", "The stack as a text.")),
    NATIVE_OWN("debug.upvalueid", debug_upvalueid, WORK_FIXED,
               NATIVE_DOC("f, n", "What tells one captured variable from another.")),
    NATIVE_OWN("debug.upvaluejoin", debug_upvaluejoin, WORK_FIXED,
               NATIVE_DOC("f, n, g, m", "Lets f have the captured variable of g.")),
    NATIVE_INNER_SEES("debug.debug", debug_debug, WORK_SOURCE, OUTSIDE_STREAMS, false,
                      "reads and runs what the standard input says", .captures = "f",
                      .hides = true,
                      NATIVE_DOC("", "Reads lines and runs them, up to \"cont\".")),
    NATIVE_CONTINUED("debug.debug:line", debug_line, WORK_SOURCE, "|debug.debug|", "*"),
    NATIVE_INNER("debug.?", host_code, WORK_FIXED),
    NATIVE_ROWS_END,
};

void lib_open_debug(Machine *M)
{
    Table *t = lib_new(M, "debug", natives_debug);
    run_set_field(&M->run, M->run.world->registry, "_HOST",
                  native_value(M, native_row(natives_debug, "debug.?")));
    lib_closure(M, t, native_row(natives_debug, "debug.debug"), native_pcall_unseen(M));
}
