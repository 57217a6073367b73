/* SPDX-License-Identifier: MIT */
/*
 * Coroutines (manual 6.2); the switches between them are the evaluator's.
 *
 * Main invariant: nothing here switches: resume, yield and what wrap makes are rows with the
 * evaluator's own code.
 */
#include "control/switch.h"
#include "lib/lib.h"
#include "lib/natives.h"

enum { WRAP_RESUME }; /* where in the table the function that wrap makes is */

static int co_create(Machine *M, Value *a, int n)
{
    if (!arg_function(M, a, n, 0)) return NATIVE_ERROR;
    NATIVE_RETURN(value_object(machine_new_coroutine(M, a[0])));
}

static int co_wrap(Machine *M, Value *a, int n)
{
    if (!arg_function(M, a, n, 0)) return NATIVE_ERROR;
    Coroutine *co = machine_new_coroutine(M, a[0]);
    Native *f = native_new(M, &natives_coroutine[WRAP_RESUME], 1);
    f->upvalues[0] = value_object(co);
    NATIVE_RETURN(value_object(f));
}

static int co_running(Machine *M, Value *a, int n)
{
    a[0] = value_object(M->run.co);
    a[1] = value_boolean(M->run.co == M->run.world->main);
    return 2;
}

static const char *status_text(Machine *M, const Coroutine *co)
{
    switch ((CoStatus)heap_coroutine(&M->run, co)->status) {
    case CO_DEAD: return "dead";
    case CO_NORMAL: return "normal";
    case CO_RUNNING:
    case CO_PAUSED: return "running";
    default: return "suspended";
    }
}

static int co_status(Machine *M, Value *a, int n)
{
    if (!n || !value_is(a[0], OBJ_COROUTINE))
        return native_arg_error(M, a, n, 0, "coroutine expected");
    const char *text = status_text(M, value_pointer(a[0]));
    NATIVE_RETURN(string_value(string_intern(text, strlen(text))));
}

const NativeDef natives_coroutine[] = {
    [WRAP_RESUME] =
        NATIVE_JUMPS("coroutine.wrap:resume", control_wrapped, PLACE_INNER, .captures = "c",
                     NATIVE_DOC("...", "Resumes the coroutine that coroutine.wrap has made.")),
    NATIVE_OWN("coroutine.create", co_create, WORK_FIXED,
               NATIVE_DOC("f", "A coroutine with the function f, not yet begun.")),
    NATIVE_JUMPS(
        "coroutine.resume", control_resume, PLACE_FIELD,
        NATIVE_DOC(
            "co, ...",
            "Goes on with it: true and what it yields or returns; false and its error.")),
    NATIVE_OWN("coroutine.running", co_running, WORK_FIXED,
               NATIVE_DOC("", "The coroutine that runs, and whether it is the main one.")),
    NATIVE_OWN("coroutine.status", co_status, WORK_FIXED,
               NATIVE_DOC("co", "\"running\", \"suspended\", \"normal\" or \"dead\".")),
    NATIVE_OWN(
        "coroutine.wrap", co_wrap, WORK_FIXED,
        NATIVE_DOC("f", "A function that resumes a new coroutine; its errors are raised.")),
    NATIVE_JUMPS("coroutine.yield", control_yield, PLACE_FIELD,
                 NATIVE_DOC("...", "Suspends the coroutine; resume gives these values.")),
    NATIVE_ROWS_END,
};

void lib_open_coroutine(Machine *M) { lib_new(M, "coroutine", natives_coroutine); }
