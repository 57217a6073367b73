/* SPDX-License-Identifier: MIT */
/*
 * state.map(f, list [, options]): f(x) for each x of list, each in a fork of this world,
 * on several threads or processes (map/paid_items.h). Answers a list of the (first) results, in
 * order, and a table of the error values of the items that failed, by index, or nil if none
 * did; a failed item's result is false. options:
 *
 *   threads, processes      how many, of which
 *   steps bytes held        what each item may use
 *     seconds stack string
 *   progress                a function, called now and then with how many items are done,
 *                           of how many; in a fork of its own, so that what the map gives
 *                           does not depend on when. That it answers false ends the map:
 *                           items not done are "cancelled". Its error is the map's.
 *
 * Main invariant: an item's outcome depends on its input and the world alone, not on which
 * worker did it, nor when; and outcomes are brought in the order of the items.
 */
#include <stdio.h>

#include "lib/lib.h"
#include "map/paid_items.h"

/* Results -------------------------------------------------------------------------- */

/* Why an item that has neither result nor error has none. */
static Value reason(const Outcome *out)
{
    if (out->why) return new_c_string(out->why);
    return new_c_string(out->status == OUTCOME_LIMIT ? eval_stop_text(out->stop) : "cancelled");
}

static Value refusal_text(const ItemRefusal *why)
{
    char text[sizeof *why + 64];
    if (!*why->path) return new_c_string(why->what);
    snprintf(text, sizeof text, "cannot bring %s out of a fork (%s)", why->what, why->path);
    return new_c_string(text);
}

/* Its result or error; nil, and *refusal set, if it cannot be brought. */
static Value brought(Machine *M, const PaidItems *p, const Outcome *out, Value *refusal)
{
    Value v = V_NIL;
    ItemRefusal why;
    if (out->count != 1)
        *refusal = new_c_string(ITEM_DAMAGED);
    else if (!items_bring(&p->items, out, M, &v, &why))
        *refusal = refusal_text(&why);
    return *refusal == V_NIL ? v : V_NIL;
}

/* One item's outcome, brought into this run: what it answers, and the error or nil. */
static Value bring(Machine *M, const PaidItems *p, const Outcome *out, Value *error)
{
    *error = V_NIL;
    if (out->why || (out->status != OUTCOME_OK && out->status != OUTCOME_FAILED)) {
        *error = reason(out);
        return V_FALSE;
    }
    Value v = brought(M, p, out, error);
    if (*error != V_NIL) return V_FALSE;
    if (out->status == OUTCOME_OK) return v == V_NIL ? V_FALSE : v;
    *error = v == V_NIL ? new_c_string("nil") : v;
    return V_FALSE;
}

static int bring_all(Machine *M, const PaidItems *p)
{
    Value *a = M->native;
    Table *results = run_new_table(&M->run), *errors = NULL;
    for (size_t i = 0; i < p->items.count; i++) {
        Value error, v = bring(M, p, &p->items.outcomes[i], &error);
        table_set_int(&results->body, (int64_t)i + 1, v, M->run.epoch);
        if (error == V_NIL) continue;
        if (!errors) errors = run_new_table(&M->run);
        table_set_int(&errors->body, (int64_t)i + 1, error, M->run.epoch);
    }
    a[0] = value_object(results);
    a[1] = errors ? value_object(errors) : V_NIL;
    return 2;
}

/* Options -------------------------------------------------------------------------- */

static bool invalid(Machine *M, const char *name)
{
    native_arg_error(M, 2, "invalid option '%s'", name);
    return false;
}

/* A number from `least` up, or 0, as where there is none. */
static bool option(Machine *M, Table *options, const char *name, double least, double *out)
{
    Value v = run_get_field(&M->run, options, name);
    *out = 0;
    if (v == V_NIL) return true;
    return (value_to_number(v, out) && (*out >= least || *out == 0)) || invalid(M, name);
}

static bool worker_option(Machine *M, Table *options, const char *name, unsigned *out)
{
    double n;
    if (!option(M, options, name, 0, &n)) return false;
    *out = n < 256 ? (unsigned)n : 256;
    return true;
}

static bool limit_option(Machine *M, Table *options, const char *name, uint64_t *out)
{
    double n;
    if (!option(M, options, name, 1, &n)) return false;
    *out = n < 1e18 ? (uint64_t)n : (uint64_t)1e18;
    return true;
}

static bool limit_options(Machine *M, Table *t, EvalLimits *out)
{
    uint64_t stack, string;
    double seconds;
    if (!limit_option(M, t, "steps", &out->steps) ||
        !limit_option(M, t, "bytes", &out->bytes) || !limit_option(M, t, "held", &out->held) ||
        !limit_option(M, t, "stack", &stack) || !limit_option(M, t, "string", &string) ||
        !option(M, t, "seconds", 1e-9, &seconds))
        return false;
    out->stack = (size_t)stack;
    out->string = (size_t)string;
    out->ns = seconds < 1e9 ? (uint64_t)(seconds * 1e9) : (uint64_t)1e18;
    return true;
}

static bool is_option(const char *name)
{
    static const char *const names[] = {"threads", "processes", "steps",  "bytes",   "held",
                                        "seconds", "stack",     "string", "progress"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* A misspelt limit is none: better an error. */
static bool known_options(Machine *M, Table *t)
{
    Value key = V_NIL, v;
    while (table_next(heap_table(&M->run, t), &key, &v)) {
        const char *name = value_is_string(key) ? lib_c_text(value_string(key)) : "?";
        if (!is_option(name)) return invalid(M, name);
    }
    return true;
}

static bool options(Machine *M, Value *a, int n, PaidItems *p)
{
    if (arg_absent(a, n, 2)) return true;
    Table *t = arg_table(M, a, n, 2);
    if (!t || !known_options(M, t) || !worker_option(M, t, "threads", &p->items.threads) ||
        !worker_option(M, t, "processes", &p->items.processes) ||
        !limit_options(M, t, &p->limits))
        return false;
    p->progress = run_get_field(&M->run, t, "progress");
    bool callable = p->progress == V_NIL || value_is_function(p->progress) ||
                    meta_of(M, p->progress, META_CALL) != V_NIL;
    return callable || invalid(M, "progress");
}

/* The whole ------------------------------------------------------------------------ */

static int finish(PaidItems *p)
{
    int answer = paid_items_charge(p);
    if (answer != 0) return answer;
    if (p->told.status != OUTCOME_FAILED) return bring_all(p->M, p);
    Value refusal = V_NIL, v = brought(p->M, p, &p->told, &refusal);
    return native_throw(p->M, refusal == V_NIL ? v : refusal);
}

/* The items of a list, with room for one more; NULL where there is no memory. */
static const Value *inputs_of(Machine *M, const Table *list, size_t count)
{
    Value *inputs = mem_try_alloc((count + 1) * sizeof *inputs);
    if (!inputs) mem_refuse();
    for (size_t i = 0; inputs && i < count; i++)
        inputs[i] = table_get_int(heap_table(&M->run, list), (int64_t)i + 1);
    return inputs;
}

int lib_map(Machine *M, Value *a, int n)
{
    Table *list = n > 1 ? arg_table(M, a, n, 1) : NULL;
    uint64_t counted = mem_counted;
    if (!arg_any(M, a, n, 0)) return NATIVE_ERROR;
    if (!list) return n > 1 ? NATIVE_ERROR : native_type_error(M, a, n, 1, "table");
    PaidItems p;
    paid_items_init(&p, M, a[0]);
    if (!options(M, a, n, &p)) return NATIVE_ERROR;
    if (M->stops || M->outside) p.items.processes = 0;
    if (!paid_items_may_begin(M)) return native_error(M, "C stack overflow");
    p.items.count = (size_t)table_length(heap_table(&M->run, list));
    int stopped = paid_items_take_aside(&p);
    if (stopped) return stopped;
    p.inputs = inputs_of(M, list, p.items.count);
    if (!p.inputs || !paid_items_begin(&p)) return native_memory_error(M);
    paid_items_run(&p);
    int answer = finish(&p);
    paid_items_end(&p);
    if (answer == NATIVE_PAUSE)
        mem_uncount(mem_counted - counted); /* all of it is done again */
    return answer;
}
