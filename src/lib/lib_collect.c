/* SPDX-License-Identifier: MIT */
/*
 * collectgarbage (manual 6.1). Memory is the collector's business, and no program needs
 * to ask for it. What programs can notice (weak tables, finalizers, the figures) is the
 * state's own: eval/collect.h.
 */
#include "eval/collect.h"
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

static int count(Run *R, Value *a)
{
    if (!R->world->collection.watched) run_edit_collection(R)->watched = true;
    uint64_t bytes = collect_bytes(R);
    a[0] = value_number((double)bytes / 1024);
    a[1] = value_number((double)(bytes % 1024));
    return 2;
}

/* Gives the old value of a percentage, which is kept less its default, and sets it. */
static Value exchange(Run *R, Option o, int32_t percent)
{
    Collection *c = run_edit_collection(R);
    int32_t *kept = o == OPTION_PAUSE     ? &c->pause
                    : o == OPTION_STEPMUL ? &c->stepmul
                                          : &c->majorinc;
    int32_t old = (int32_t)((uint32_t)*kept + DEFAULT_PERCENT);
    *kept = (int32_t)((uint32_t)percent - DEFAULT_PERCENT);
    return value_number(old);
}

static void stop(Run *R, bool stopped)
{
    if (R->world->collection.stopped != stopped) run_edit_collection(R)->stopped = stopped;
}

static int base_collectgarbage(Run *R, Value *a, int n)
{
    int32_t argument;
    int option = arg_option(R, a, n, 0, "collect", options);
    if (option < 0 || !arg_int_or(R, a, n, 1, 0, &argument)) return NATIVE_ERROR;
    switch ((Option)option) {
    case OPTION_COUNT: return count(R, a);
    case OPTION_COLLECT: return collect_full(R, a);
    case OPTION_STEP: return collect_step(R, a, argument);
    case OPTION_STOP: stop(R, true); break;
    case OPTION_RESTART: stop(R, false); break;
    case OPTION_ISRUNNING: NATIVE_RETURN(value_boolean(!R->world->collection.stopped));
    case OPTION_PAUSE:
    case OPTION_STEPMUL:
    case OPTION_MAJORINC: NATIVE_RETURN(exchange(R, (Option)option, argument));
    default: break;
    }
    NATIVE_RETURN(value_number(0));
}

static const NativeDef functions[] = {
    {"collectgarbage", base_collectgarbage},
    {NULL, NULL},
};

void lib_open_collect(Run *R) { native_register(R, R->world->globals, functions); }
