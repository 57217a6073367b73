/* SPDX-License-Identifier: MIT */
/* Coroutines (manual 6.2); the switches between them are the evaluator's. */
#include "lib/lib.h"

static int co_create(Run *R, Value *a, int n)
{
    if (!arg_function(R, a, n, 0)) return NATIVE_ERROR;
    NATIVE_RETURN(value_object(run_new_coroutine(R, a[0])));
}

static int co_wrap(Run *R, Value *a, int n)
{
    if (!arg_function(R, a, n, 0)) return NATIVE_ERROR;
    Coroutine *co = run_new_coroutine(R, a[0]);
    Native *f = native_control(R, native_wrapped(), "wrap", 1);
    f->upvalues[0] = value_object(co);
    NATIVE_RETURN(value_object(f));
}

static int co_running(Run *R, Value *a, int n)
{
    a[0] = value_object(R->co);
    a[1] = value_boolean(R->co == R->world->main);
    return 2;
}

static const char *status_text(Run *R, const Coroutine *co)
{
    switch ((CoStatus)heap_coroutine(R, co)->status) {
    case CO_DEAD: return "dead";
    case CO_NORMAL: return "normal";
    case CO_RUNNING:
    case CO_PAUSED: return "running";
    default: return "suspended";
    }
}

static int co_status(Run *R, Value *a, int n)
{
    if (!n || !value_is(a[0], OBJ_COROUTINE))
        return native_arg_error(R, 0, "coroutine expected");
    const char *text = status_text(R, value_pointer(a[0]));
    NATIVE_RETURN(string_value(string_intern(text, strlen(text))));
}

static const NativeDef functions[] = {
    {"create", co_create}, {"running", co_running}, {"status", co_status}, {"wrap", co_wrap},
    {NULL, NULL},
};

static void set_control(Run *R, Table *t, const char *name, NativeFn *exec)
{
    run_set_field(R, t, name, value_object(native_control(R, exec, name, 0)));
}

void lib_open_coroutine(Run *R)
{
    Table *t = lib_new(R, "coroutine", functions);
    set_control(R, t, "resume", native_resume());
    set_control(R, t, "yield", native_yield());
}
