/* SPDX-License-Identifier: MIT */
/*
 * collectgarbage (manual 6.1). Collecting is bdwgc's business, and no program needs to
 * ask for it; the options are here for programs that do. What they set is kept in the
 * registry, and does nothing.
 */
#include "lib/lib.h"

enum { DEFAULT_PERCENT = 200 };

typedef enum Option {
    OPTION_STOP,
    OPTION_RESTART,
    OPTION_COLLECT,
    OPTION_COUNT,
    OPTION_STEP,
    OPTION_PAUSE,
    OPTION_STEPMUL,
    OPTION_MAJORINC,
    OPTION_GENERATIONAL,
    OPTION_INCREMENTAL,
    OPTION_ISRUNNING
} Option;

static const char *const options[] = {
    "stop",       "restart",     "collect",      "count",       "step",      "setpause",
    "setstepmul", "setmajorinc", "generational", "incremental", "isrunning", NULL};

/* Gives the old value of a setting, and sets it. */
static Value exchange(Run *R, Option o, Value otherwise, Value v)
{
    Table *settings = lib_registry_table(R, "_COLLECT");
    Value old = run_get_field(R, settings, options[o]);
    run_set_field(R, settings, options[o], v);
    return old == V_NIL ? otherwise : old;
}

static int count(Value *a)
{
    uint64_t bytes = mem_bytes_heap();
    a[0] = value_number((double)bytes / 1024);
    a[1] = value_number((double)(bytes % 1024));
    return 2;
}

static int base_collectgarbage(Run *R, Value *a, int n)
{
    int32_t argument;
    int option = arg_option(R, a, n, 0, "collect", options);
    if (option < 0 || !arg_int_or(R, a, n, 1, 0, &argument)) return NATIVE_ERROR;
    Value percent = value_number(DEFAULT_PERCENT);
    switch ((Option)option) {
    case OPTION_COUNT: return count(a);
    case OPTION_COLLECT: mem_collect(); break;
    case OPTION_STEP: NATIVE_RETURN(V_TRUE);
    case OPTION_STOP: exchange(R, OPTION_STOP, V_NIL, V_TRUE); break;
    case OPTION_RESTART: exchange(R, OPTION_STOP, V_NIL, V_FALSE); break;
    case OPTION_ISRUNNING: {
        Value stopped = run_get_field(R, lib_registry_table(R, "_COLLECT"), "stop");
        NATIVE_RETURN(value_boolean(value_is_false(stopped)));
    }
    case OPTION_PAUSE:
    case OPTION_STEPMUL:
    case OPTION_MAJORINC:
        NATIVE_RETURN(exchange(R, (Option)option, percent, value_number(argument)));
    default: break;
    }
    NATIVE_RETURN(value_number(0));
}

static const NativeDef functions[] = {
    {"collectgarbage", base_collectgarbage},
    {NULL, NULL},
};

void lib_open_collect(Run *R) { native_register(R, R->world->globals, functions); }
