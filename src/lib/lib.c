/* SPDX-License-Identifier: MIT */
#include "lib/lib.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/wait.h>

/* Making libraries ----------------------------------------------------------------- */

Table *lib_registry_table(Run *R, const char *name)
{
    Value v = run_get_field(R, R->world->registry, name);
    if (value_is_table(v)) return value_pointer(v);
    Table *t = run_new_table(R);
    run_set_field(R, R->world->registry, name, value_object(t));
    return t;
}

Table *lib_new(Run *R, const char *name, const NativeDef *defs)
{
    Table *t = run_new_table(R);
    native_register(R, t, defs);
    run_set_field(R, R->world->globals, name, value_object(t));
    run_set_field(R, lib_registry_table(R, "_LOADED"), name, value_object(t));
    return t;
}

Native *lib_closure(Run *R, Table *t, NativeFn *fn, const char *name, Value upvalue)
{
    Native *f = run_new_native(R, fn, name, 1);
    f->upvalues[0] = upvalue;
    run_set_field(R, t, name, value_object(f));
    return f;
}

/* What is at the registry's fixed places in PUC Lua. */
static void set_registry(Run *R)
{
    Table *registry = R->world->registry;
    run_set(R, registry, value_number(1), value_object(R->world->main));
    run_set(R, registry, value_number(2), value_object(R->world->globals));
}

void lib_open_all(Run *R)
{
    set_registry(R);
    lib_open_base(R);
    lib_open_collect(R);
    lib_open_load(R);
    lib_open_package(R);
    lib_open_module(R);
    lib_open_coroutine(R);
    lib_open_table(R);
    lib_open_io(R);
    lib_open_os(R);
    lib_open_string(R);
    lib_open_bit32(R);
    lib_open_math(R);
    lib_open_debug(R);
    lib_open_state(R);
}

/* Arguments ------------------------------------------------------------------------ */

bool arg_int(Run *R, Value *a, int n, int i, int32_t *out)
{
    double d;
    if (!arg_number(R, a, n, i, &d)) return false;
    *out = bits_int(d);
    return true;
}

bool arg_int_or(Run *R, Value *a, int n, int i, int32_t otherwise, int32_t *out)
{
    *out = otherwise;
    return arg_absent(a, n, i) || arg_int(R, a, n, i, out);
}

/* Texts ---------------------------------------------------------------------------- */

const char *lib_c_text(const String *s)
{
    char *text = mem_alloc_atomic(s->length + 1);
    if (s->length) memcpy(text, s->data, s->length);
    text[s->length] = 0;
    return text;
}

String *lib_join(const char *first, ...)
{
    va_list ap;
    String *s = string_new("", 0);
    va_start(ap, first);
    for (const char *part = first; part; part = va_arg(ap, const char *))
        s = string_concat(s, part, strlen(part));
    va_end(ap);
    return s;
}

int lib_error(Run *R, const String *text)
{
    String *s = string_concat(native_where(R, 1), text->data, text->length);
    return s ? native_throw(R, string_value(s)) : native_memory_error(R);
}

/* Results of the system ------------------------------------------------------------ */

int lib_file_result(Run *R, Value *a, bool ok, const char *name)
{
    int number = errno;
    if (ok) NATIVE_RETURN(V_TRUE);
    const char *why = strerror(number);
    a[0] = V_NIL;
    a[1] = name ? string_value(lib_join(name, ": ", why, NULL)) : new_c_string(why);
    a[2] = value_number(number);
    return 3;
}

int lib_exec_result(Run *R, Value *a, int status)
{
    if (status == -1) return lib_file_result(R, a, false, NULL);
    const char *what = "exit";
    if (WIFEXITED(status)) {
        status = WEXITSTATUS(status);
    } else if (WIFSIGNALED(status)) {
        status = WTERMSIG(status);
        what = "signal";
    }
    a[0] = *what == 'e' && status == 0 ? V_TRUE : V_NIL;
    a[1] = new_c_string(what);
    a[2] = value_number(status);
    return 3;
}
