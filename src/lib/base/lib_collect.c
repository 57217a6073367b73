/* SPDX-License-Identifier: MIT */
/*
 * collectgarbage (manual 6.1). Memory is the collector's business, and no program needs
 * to ask for it. What programs can notice (weak tables, finalizers, the figures) is the
 * state's own: control/collect.h.
 *
 * Main invariant: what it answers depends on the state alone, never on what the process's
 * collector has done.
 */
#include "control/collect.h"
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

static int count(Machine *M, Value *a)
{
    uint64_t bytes = collect_count(M, a);
    a[0] = value_number((double)bytes / 1024);
    a[1] = value_number((double)(bytes % 1024));
    return 2;
}

/* Gives the old value of a percentage, which is kept less its default, and sets it. */
static Value exchange(Machine *M, Option o, int32_t percent)
{
    Collection *c = run_edit_collection(&M->run);
    int32_t *kept = o == OPTION_PAUSE     ? &c->pause
                    : o == OPTION_STEPMUL ? &c->stepmul
                                          : &c->majorinc;
    int32_t old = (int32_t)((uint32_t)*kept + DEFAULT_PERCENT);
    *kept = (int32_t)((uint32_t)percent - DEFAULT_PERCENT);
    collect_arm(M);
    return value_number(old);
}

static int base_collectgarbage(Machine *M, Value *a, int n)
{
    int32_t argument;
    int option = arg_option(M, a, n, 0, "collect", options);
    if (option < 0 || !arg_int_or(M, a, n, 1, 0, &argument)) return NATIVE_ERROR;
    switch ((Option)option) {
    case OPTION_COUNT: return count(M, a);
    case OPTION_COLLECT: return collect_full(M, a);
    case OPTION_STEP: return collect_step(M, a, argument);
    case OPTION_STOP: collect_stop(M, true); break;
    case OPTION_RESTART: collect_stop(M, false); break;
    case OPTION_ISRUNNING: NATIVE_RETURN(value_boolean(!M->run.world->collection.stopped));
    case OPTION_PAUSE:
    case OPTION_STEPMUL:
    case OPTION_MAJORINC: NATIVE_RETURN(exchange(M, (Option)option, argument));
    default: break;
    }
    NATIVE_RETURN(value_number(0));
}

const NativeDef natives_collect[] = {
    NATIVE_OWN(
        "collectgarbage", base_collectgarbage, WORK_STATE,
        NATIVE_DOC("[what [, n]]",
                   "Collects garbage, or tells of it: \"count\", \"step\", \"isrunning\" ...")),
    NATIVE_ROWS_END,
};

void lib_open_collect(Machine *M)
{
    native_register(M, M->run.world->globals, natives_collect);
}
