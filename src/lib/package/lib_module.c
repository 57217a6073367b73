/* SPDX-License-Identifier: MIT */
/*
 * module and package.seeall: modules as in Lua 5.1 (manual 5.1, section 5.3).
 *
 * Main invariant: the module is in package.loaded before its options are called.
 */
#include "lib/lib.h"
#include "lib/natives.h"
#include "stack/frame.h"

/* The table at "a.b.c" below t, made where nothing is; NULL where something else is, or,
 * with *frozen and an error, where it cannot be made. */
static Table *find_table(Machine *M, Table *t, const char *path, bool *frozen)
{
    while (t) {
        size_t length = strcspn(path, ".");
        Value key = string_value(string_intern(path, length));
        Value v = run_get(&M->run, t, key);
        if (v == V_NIL) {
            v = value_object(run_new_table(&M->run));
            if ((*frozen = !native_set(M, t, key, v))) return NULL;
        }
        t = value_is_table(v) ? value_pointer(v) : NULL;
        if (!path[length]) break;
        path += length + 1;
    }
    return t;
}

static Table *find_module(Machine *M, const char *name, bool *frozen)
{
    Table *loaded = lib_registry_table(&M->run, "_LOADED");
    Value v = run_get_field(&M->run, loaded, name);
    if (value_is_table(v)) return value_pointer(v);
    Table *t = find_table(M, M->run.world->globals, name, frozen);
    if (t) *frozen = !native_set(M, loaded, new_c_string(name), value_object(t));
    return *frozen ? NULL : t;
}

static bool name_module(Machine *M, Table *module, const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!native_table_mut(M, module)) return false;
    run_set_field(&M->run, module, "_M", value_object(module));
    run_set_field(&M->run, module, "_NAME", new_c_string(name));
    run_set_field(&M->run, module, "_PACKAGE",
                  new_string(name, dot ? (size_t)(dot + 1 - name) : 0));
    return true;
}

/* The first upvalue of the function that called, _ENV in a main chunk, becomes the
 * module. A closure does not change: the running frame gets a new one. */
static bool set_environment(Machine *M, Value module)
{
    FrameCursor c = frame_cursor_running(M);
    if (!frame_down(&c) || !frame_is_lua(c.fp)) return false;
    const Closure *f = frame_closure(c.fp);
    const Proto *p = f->proto;
    if (p->upvalue_count == 0) return true;
    if (p->upvalues[0].cell) {
        *heap_cell_mut(&M->run, value_pointer(f->upvalues[0])) = module;
        return true;
    }
    Closure *changed = run_new_closure(p->upvalue_count);
    memcpy(changed, f, sizeof *f + p->upvalue_count * sizeof(Value));
    object_init(&changed->h, OBJ_CLOSURE, run_new_id(&M->run));
    changed->h.flags = f->h.flags;
    changed->upvalues[0] = module;
    c.fp[AT_FUNCTION] = c.base[AT_FUNCTION] = value_object(changed);
    return true;
}

/* module's frame: how many options there are, the next one, the module, they. */
enum { COUNT, NEXT, MODULE, OPTIONS };

static int call_options(Machine *M, Value *a, int n)
{
    int count = (int)value_to_double(a[COUNT]), i = (int)value_to_double(a[NEXT]);
    while (i < count && !value_is_function(a[OPTIONS + i])) i++;
    if (i >= count) NATIVE_RETURN(a[MODULE]);
    a[NEXT] = value_number(i + 1);
    int at = OPTIONS + count;
    a[at + NATIVE_HEADER - 1] = a[OPTIONS + i];
    a[at + NATIVE_HEADER] = a[MODULE];
    return native_call(M, a, at, 1, call_options);
}

static int base_module(Machine *M, Value *a, int n)
{
    String *s = arg_string(M, a, n, 0);
    if (!s) return NATIVE_ERROR;
    const char *name = lib_c_text(s);
    bool frozen = false;
    Table *module = find_module(M, name, &frozen);
    if (frozen) return NATIVE_ERROR;
    if (!module) return lib_error(M, lib_join("name conflict for module '", name, "'", NULL));
    if (run_get_field(&M->run, module, "_NAME") == V_NIL && !name_module(M, module, name))
        return NATIVE_ERROR;
    if (!set_environment(M, value_object(module)))
        return native_error(M, "'module' not called from a Lua function");
    memmove(a + OPTIONS, a + 1, (size_t)(n - 1) * sizeof(Value));
    a[COUNT] = value_number(n - 1);
    a[NEXT] = value_number(0);
    a[MODULE] = value_object(module);
    return call_options(M, a, 0);
}

static int package_seeall(Machine *M, Value *a, int n)
{
    Table *t = arg_table(M, a, n, 0);
    if (!t) return NATIVE_ERROR;
    Table *meta = heap_table(&M->run, t)->meta;
    if (!meta) {
        TableBody *b = native_table_mut(M, t);
        if (!b) return NATIVE_ERROR;
        b->meta = meta = run_new_table(&M->run);
    }
    if (!native_table_mut(M, meta)) return NATIVE_ERROR;
    run_set_field(&M->run, meta, "__index", value_object(M->run.world->globals));
    return 0;
}

static bool module_holds(const Value *a, size_t used)
{
    return frame_has_list(used, a[COUNT], a[NEXT], OPTIONS);
}

const NativeDef natives_module[] = {
    NATIVE_SEES("module", base_module, WORK_BYTES, OUTSIDE_NONE, true,
                "names a table, and makes it the environment of its caller",
                NATIVE_DOC("name [, ...]", "Makes a module in the manner of Lua 5.1.")),
    NATIVE_INNER_SEES(
        "package.seeall", package_seeall, WORK_FIXED, OUTSIDE_NONE, false,
        "is a part of package",
        NATIVE_DOC("module", "Lets a module see the globals, in the manner of Lua 5.1.")),
    NATIVE_CONTINUED("module:call_options", call_options, WORK_CALLEE, "|module|", "iit*",
                     .holds = module_holds),
    NATIVE_ROWS_END,
};

void lib_open_module(Machine *M)
{
    Table *package = value_pointer(run_get_field(&M->run, M->run.world->globals, "package"));
    native_register(M, M->run.world->globals, natives_module);
    Value seeall = native_value(M, native_row(natives_module, "package.seeall"));
    run_set_field(&M->run, package, "seeall", seeall);
}
