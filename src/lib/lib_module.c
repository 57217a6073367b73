/* SPDX-License-Identifier: MIT */
/* module and package.seeall: modules as in Lua 5.1 (manual 5.1, section 5.3). */
#include "eval/frame.h"
#include "lib/lib.h"

/* The table at "a.b.c" below t, made where nothing is; NULL where something else is. */
static Table *find_table(Run *R, Table *t, const char *path)
{
    while (t) {
        size_t length = strcspn(path, ".");
        Value key = string_value(string_intern(path, length));
        Value v = run_get(R, t, key);
        if (v == V_NIL) {
            v = value_object(run_new_table(R));
            run_set(R, t, key, v);
        }
        t = value_is_table(v) ? value_pointer(v) : NULL;
        if (!path[length]) break;
        path += length + 1;
    }
    return t;
}

static Table *find_module(Run *R, const char *name)
{
    Table *loaded = lib_registry_table(R, "_LOADED");
    Value v = run_get_field(R, loaded, name);
    if (value_is_table(v)) return value_pointer(v);
    Table *t = find_table(R, R->world->globals, name);
    if (t) run_set(R, loaded, new_c_string(name), value_object(t));
    return t;
}

static void name_module(Run *R, Table *module, const char *name)
{
    const char *dot = strrchr(name, '.');
    run_set_field(R, module, "_M", value_object(module));
    run_set_field(R, module, "_NAME", new_c_string(name));
    run_set_field(R, module, "_PACKAGE", new_string(name, dot ? (size_t)(dot + 1 - name) : 0));
}

/* The first upvalue of the function that called, _ENV in a main chunk, becomes the
 * module. A closure does not change: the running frame gets a new one. */
static bool set_environment(Run *R, Value module)
{
    FrameCursor c = frame_cursor_running(R);
    if (!frame_down(&c) || !value_is(c.fp[-1], OBJ_CLOSURE)) return false;
    const Closure *f = value_pointer(c.fp[-1]);
    const Proto *p = f->proto;
    if (p->upvalue_count == 0) return true;
    if (p->upvalues[0].cell) {
        *heap_cell_mut(R, value_pointer(f->upvalues[0])) = module;
        return true;
    }
    Closure *changed = run_new_closure(p->upvalue_count);
    memcpy(changed, f, sizeof *f + p->upvalue_count * sizeof(Value));
    object_init(&changed->h, OBJ_CLOSURE, run_new_id(R));
    changed->h.flags = f->h.flags;
    changed->upvalues[0] = module;
    c.fp[-1] = c.base[-1] = value_object(changed);
    return true;
}

/* module's frame: how many options there are, the next one, the module, they. */
enum { COUNT, NEXT, MODULE, OPTIONS };

static int call_options(Run *R, Value *a, int n)
{
    int count = (int)value_to_double(a[COUNT]), i = (int)value_to_double(a[NEXT]);
    while (i < count && !value_is_function(a[OPTIONS + i])) i++;
    if (i >= count) NATIVE_RETURN(a[MODULE]);
    a[NEXT] = value_number(i + 1);
    int at = OPTIONS + count;
    a[at + NATIVE_HEADER - 1] = a[OPTIONS + i];
    a[at + NATIVE_HEADER] = a[MODULE];
    return native_call(R, a, at, 1, call_options);
}

static int base_module(Run *R, Value *a, int n)
{
    String *s = arg_string(R, a, n, 0);
    if (!s) return NATIVE_ERROR;
    const char *name = lib_c_text(s);
    Table *module = find_module(R, name);
    if (!module) return lib_error(R, lib_join("name conflict for module '", name, "'", NULL));
    if (run_get_field(R, module, "_NAME") == V_NIL) name_module(R, module, name);
    if (!set_environment(R, value_object(module)))
        return native_error(R, "'module' not called from a Lua function");
    memmove(a + OPTIONS, a + 1, (size_t)(n - 1) * sizeof(Value));
    a[COUNT] = value_number(n - 1);
    a[NEXT] = value_number(0);
    a[MODULE] = value_object(module);
    return call_options(R, a, 0);
}

static int package_seeall(Run *R, Value *a, int n)
{
    Table *t = arg_table(R, a, n, 0);
    if (!t) return NATIVE_ERROR;
    Table *meta = heap_table(R, t)->meta;
    if (!meta) heap_table_mut(R, t)->meta = meta = run_new_table(R);
    run_set_field(R, meta, "__index", value_object(R->world->globals));
    return 0;
}

void lib_open_module(Run *R)
{
    Table *package = value_pointer(run_get_field(R, R->world->globals, "package"));
    Native *module = run_new_native(R, base_module, "module", 0);
    Native *seeall = run_new_native(R, package_seeall, "seeall", 0);
    run_set_field(R, R->world->globals, "module", value_object(module));
    run_set_field(R, package, "seeall", value_object(seeall));
}
