/* SPDX-License-Identifier: MIT */
/*
 * What the libraries share: making them, arguments, texts.
 *
 * Main invariant: a library is the same table in the globals and in the registry's _LOADED.
 */
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

Table *lib_new(Machine *M, const char *name, const NativeDef *defs)
{
    Table *t = run_new_table(&M->run);
    native_register(M, t, defs);
    run_set_field(&M->run, M->run.world->globals, name, value_object(t));
    run_set_field(&M->run, lib_registry_table(&M->run, "_LOADED"), name, value_object(t));
    return t;
}

Native *lib_closure(Machine *M, Table *t, const NativeDef *def, Value upvalue)
{
    Native *f = native_new(M, def, 1);
    f->upvalues[0] = upvalue;
    run_set_field(&M->run, t, native_field(def), value_object(f));
    return f;
}

/* Arguments ------------------------------------------------------------------------ */

bool arg_int(Machine *M, Value *a, int n, int i, int32_t *out)
{
    double d;
    if (!arg_number(M, a, n, i, &d)) return false;
    *out = bits_int(d);
    return true;
}

bool arg_int_or(Machine *M, Value *a, int n, int i, int32_t otherwise, int32_t *out)
{
    *out = otherwise;
    return arg_absent(a, n, i) || arg_int(M, a, n, i, out);
}

enum { SYSTEM_STEPS = 100 };

void lib_pay_system(void) { mem_work_pay((size_t)SYSTEM_STEPS * MEM_WORK_STEP); }

/* Texts ---------------------------------------------------------------------------- */

const char *lib_c_text(const String *s)
{
    char *text = s ? mem_try_alloc_atomic(s->length + 1) : NULL;
    if (!text) mem_refuse();
    if (!text) return "";
    mem_work(s->length);
    if (s->length >= MEM_WORK_MIN) mem_count_beside(s->length);
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

String *lib_positioned(Machine *M, int level, const String *text)
{
    const String *where = native_where(M, level);
    if (!text) return NULL;
    if (where->length + text->length > machine_string_room(M)) return NULL;
    return string_concat(where, text->data, text->length);
}

int lib_error(Machine *M, const String *text)
{
    String *s = lib_positioned(M, 1, text);
    return s ? native_throw(M, string_value(s)) : native_memory_error(M);
}

/* Results of the system ------------------------------------------------------------ */

int lib_file_result(Machine *M, Value *a, bool ok, const char *name)
{
    int number = errno;
    if (ok) NATIVE_RETURN(V_TRUE);
    const char *why = strerror(number);
    a[0] = V_NIL;
    a[1] = name ? string_value(lib_join(name, ": ", why, NULL)) : new_c_string(why);
    a[2] = value_number(number);
    return 3;
}

int lib_exec_result(Machine *M, Value *a, int status)
{
    if (status == -1) return lib_file_result(M, a, false, NULL);
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
