/* SPDX-License-Identifier: MIT */
/*
 * state.map(f, list [, options]): f(x) for each x of list, each in a fork of this world,
 * on several threads. Answers a list of the (first) results, in order, and a table of the
 * error values of the items that failed, by index, or nil if none did; a failed item's
 * result is false. options: threads, steps (for each item).
 */
#include "lib/lib.h"
#include "lib/pool.h"
#include "state/import.h"

static bool option(Run *R, Table *options, const char *name, double *out)
{
    Value v = run_get_field(R, options, name);
    if (v == V_NIL) return true;
    if (value_to_number(v, out) && *out >= 0) return true;
    native_arg_error(R, 2, "invalid option '%s'", name);
    return false;
}

static bool options(Run *R, Value *a, int n, Pool *pool)
{
    double threads = 0, steps = 0;
    if (arg_absent(a, n, 2)) return true;
    Table *t = arg_table(R, a, n, 2);
    if (!t || !option(R, t, "threads", &threads) || !option(R, t, "steps", &steps))
        return false;
    pool->threads = threads < 256 ? (unsigned)threads : 256;
    if (steps >= 1) pool->steps = steps < 1e18 ? (uint64_t)steps : UINT64_MAX;
    return true;
}

/* One item's outcome, brought into this run: what it answers, and the error or nil. */
static Value bring(Run *R, const Pool *pool, const PoolOutcome *out, Value *error)
{
    *error = V_NIL;
    if (out->status == POOL_LIMIT || out->status == POOL_WAITING) {
        *error = new_c_string(out->status == POOL_LIMIT ? "out of steps" : "interrupted!");
        return V_FALSE;
    }
    Import im;
    Run *from = run_begin(out->state);
    import_begin(&im, R, from, pool->base->next_id);
    Value v = import_value(&im, out->count ? out->values[0] : V_NIL);
    run_end(from);
    if (im.refused) {
        *error = new_c_string("cannot bring a coroutine or userdata out of a fork");
        return V_FALSE;
    }
    if (out->status == POOL_OK) return v == V_NIL ? V_FALSE : v;
    *error = v;
    return V_FALSE;
}

int state_map(Run *R, Value *a, int n)
{
    Table *list = n > 1 ? arg_table(R, a, n, 1) : NULL;
    if (!arg_any(R, a, n, 0)) return NATIVE_ERROR;
    if (!list) return n > 1 ? NATIVE_ERROR : native_type_error(R, a, n, 1, "table");
    size_t count = (size_t)table_length(heap_table(R, list));
    Value *inputs = mem_alloc((count + 1) * sizeof *inputs);
    for (size_t i = 0; i < count; i++)
        inputs[i] = table_get_int(heap_table(R, list), (int64_t)i + 1);
    Pool pool = {.function = a[0], .inputs = inputs, .count = count, .steps = UINT64_MAX};
    if (!options(R, a, n, &pool)) return NATIVE_ERROR;
    pool.cancel = R->interrupt;
    PoolOutcome *outcomes = mem_alloc((count + 1) * sizeof *outcomes);
    pool.base = eval_snapshot(R);
    pool_run(&pool, outcomes);
    a = R->native;
    Table *results = run_new_table(R), *errors = NULL;
    for (size_t i = 0; i < count; i++) {
        Value error, v = bring(R, &pool, &outcomes[i], &error);
        table_set_int(&results->body, (int64_t)i + 1, v, R->epoch);
        if (error == V_NIL) continue;
        if (!errors) errors = run_new_table(R);
        table_set_int(&errors->body, (int64_t)i + 1, error, R->epoch);
    }
    a[0] = value_object(results);
    a[1] = errors ? value_object(errors) : V_NIL;
    return 2;
}
