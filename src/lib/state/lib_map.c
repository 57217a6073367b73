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

/* What is in the frame of a map, of which so many items are done. What is said of the call that
 * a limit has stopped is in the order of Begun. */
enum {
    FUNCTION,
    LIST,
    OPTIONS,
    RESULTS,
    ERRORS,
    COUNT, /* of all items */
    DONE,
    ROOM, /* for so many, in their batches, the run has paid */
    BEGUN,
    FRAME = BEGUN + 7
};
/* Items that are done at a time. Their outcomes are brought before the next ones begin. */
enum { BATCH = 4096 };
/* Threads and processes take time before they do anything. How many there are, and whether
 * there are any, makes no difference to a program. */
enum { MAP_STEPS = 500 };

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

/* Says what has come of item i. */
static void put(Machine *M, Value *a, size_t i, Value v, Value error)
{
    int64_t key = (int64_t)i + 1;
    table_set_int(heap_table_mut(&M->run, value_pointer(a[RESULTS])), key, v, M->run.epoch);
    if (error == V_NIL) return;
    if (a[ERRORS] == V_NIL) a[ERRORS] = value_object(run_new_table(&M->run));
    table_set_int(heap_table_mut(&M->run, value_pointer(a[ERRORS])), key, error, M->run.epoch);
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

/* Brings those of the items that are done. */
static void bring_done(Machine *M, Value *a, const PaidItems *p)
{
    if (a[RESULTS] == V_NIL) a[RESULTS] = value_object(run_new_table(&M->run));
    for (size_t i = 0; i < p->done; i++) {
        Value error, v = bring(M, p, &p->items.outcomes[i], &error);
        put(M, a, p->before + i, v, error);
    }
}

/* Options -------------------------------------------------------------------------- */

static bool invalid(Machine *M, const char *name)
{
    native_arg_error(M, NULL, 0, 2, "invalid option '%s'", name);
    return false;
}

/* A number from `least` up, or 0, as where there is none. */
static bool option(Machine *M, Run *R, Table *options, const char *name, double least,
                   double *out)
{
    Value v = run_get_field(R, options, name);
    *out = 0;
    if (v == V_NIL) return true;
    return (value_to_number(v, out) && (*out >= least || *out == 0)) || invalid(M, name);
}

static bool worker_option(Machine *M, Run *R, Table *options, const char *name, unsigned *out)
{
    double n;
    if (!option(M, R, options, name, 0, &n)) return false;
    *out = n < 256 ? (unsigned)n : 256;
    return true;
}

static bool limit_option(Machine *M, Run *R, Table *options, const char *name, uint64_t *out)
{
    double n;
    if (!option(M, R, options, name, 1, &n)) return false;
    *out = n < 1e18 ? (uint64_t)n : (uint64_t)1e18;
    return true;
}

static bool limit_options(Machine *M, Run *R, Table *t, EvalLimits *out)
{
    uint64_t stack, string;
    double seconds;
    if (!limit_option(M, R, t, "steps", &out->steps) ||
        !limit_option(M, R, t, "bytes", &out->bytes) ||
        !limit_option(M, R, t, "held", &out->held) || !limit_option(M, R, t, "stack", &stack) ||
        !limit_option(M, R, t, "string", &string) ||
        !option(M, R, t, "seconds", 1e-9, &seconds))
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
static bool known_options(Machine *M, Run *R, Table *t)
{
    Value key = V_NIL, v;
    while (table_next(heap_table(R, t), &key, &v)) {
        const char *name = value_is_string(key) ? lib_c_text(value_string(key)) : "?";
        if (!is_option(name)) return invalid(M, name);
    }
    return true;
}

/* The options, as they were when the map began: R sees that. */
static bool options(Machine *M, Run *R, Value *a, int n, PaidItems *p)
{
    if (arg_absent(a, n, OPTIONS)) return true;
    Table *t = arg_table(M, a, n, OPTIONS);
    if (!t || !known_options(M, R, t) ||
        !worker_option(M, R, t, "threads", &p->items.threads) ||
        !worker_option(M, R, t, "processes", &p->items.processes) ||
        !limit_options(M, R, t, &p->limits))
        return false;
    p->progress = run_get_field(R, t, "progress");
    bool callable = p->progress == V_NIL || value_is_function(p->progress) ||
                    meta_of(M, p->progress, META_CALL) != V_NIL;
    return callable || invalid(M, "progress");
}

/* Frames --------------------------------------------------------------------------- */

static uint64_t number_at(const Value *a, int i) { return (uint64_t)value_to_double(a[i]); }

static Begun begun_at(const Value *a, State *paused)
{
    return (Begun){.paused = paused,
                   .used = {number_at(a, BEGUN), number_at(a, BEGUN + 1)},
                   .ns = number_at(a, BEGUN + 2),
                   .paid = {number_at(a, BEGUN + 3), number_at(a, BEGUN + 4)},
                   .owed = number_at(a, BEGUN + 5),
                   .went_back = number_at(a, BEGUN + 6) != 0};
}

static void put_begun(Value *a, const Begun *b)
{
    const uint64_t words[] = {b->used.steps, b->used.bytes, b->ns,       b->paid.steps,
                              b->paid.bytes, b->owed,       b->went_back};
    for (int i = 0; i < FRAME - BEGUN; i++) a[BEGUN + i] = value_number((double)words[i]);
}

/* What an image may say is in a frame. */
static bool frame_holds(const Value *a, size_t used)
{
    for (size_t i = BEGUN; i < FRAME; i++)
        if (i >= used || !(value_to_double(a[i]) >= 0 && value_to_double(a[i]) < 1e18))
            return false;
    return number_at(a, COUNT) <= UINT32_MAX && number_at(a, DONE) <= number_at(a, COUNT) &&
           number_at(a, ROOM) <= number_at(a, COUNT);
}

/* Batches -------------------------------------------------------------------------- */

/* Sets out what is to be done next: the rest of a batch. What has been begun by a process,
 * which it cannot leave, is done here first. */
static void next_batch(PaidItems *p, const Value *a)
{
    Items *m = &p->items;
    size_t end = (p->before / BATCH + 1) * BATCH;
    if (end > p->all) end = p->all;
    m->count = end - p->before;
    m->alone = m->processes && (p->begun.paused || p->begun.paid.steps || p->begun.paid.bytes);
    if (m->alone) m->count = 1;
}

/* The inputs, with room for one more; NULL where there is no memory. */
static const Value *inputs_of(const PaidItems *p, Run *R, const Table *list)
{
    size_t count = p->items.count;
    Value *inputs = mem_try_alloc((count + 1) * sizeof *inputs);
    if (!inputs) mem_refuse();
    for (size_t i = 0; inputs && i < count; i++)
        inputs[i] = table_get_int(heap_table(R, list), (int64_t)(p->before + i) + 1);
    return inputs;
}

/* Does the next of the items, or tells that all are done, and brings what has come of them.
 * Answers 0, or what a native is to answer. */
static int step(PaidItems *p)
{
    Machine *M = p->M;
    bool paid = number_at(M->native, ROOM) > p->before;
    int stopped = paid_items_take_aside(p, paid);
    if (stopped) return stopped;
    if (!paid_items_begin(p)) return native_memory_error(M);
    Value *a = M->native; /* it may have moved */
    if (!paid) a[ROOM] = value_number((double)(p->before + p->items.count));
    if (p->items.count)
        paid_items_run(p);
    else
        paid_items_tell(p);
    int answer = paid_items_charge(p);
    if (answer == 0 || answer == NATIVE_PAUSE) bring_done(M, a, p);
    p->before += p->done;
    paid_items_end(p);
    return answer;
}

static int do_batch(PaidItems *p, const Table *list)
{
    Machine *M = p->M;
    next_batch(p, M->native);
    uint64_t counted = mem_count_stop(); /* what is read again in each slice */
    Machine *look = p->items.base ? machine_begin(p->items.base) : NULL;
    p->inputs = inputs_of(p, look ? &look->run : &M->run, list);
    if (look) machine_end_look(look);
    mem_count_go_on(counted);
    return p->inputs ? step(p) : native_memory_error(M);
}

/* Does what is left, and pauses between batches to find out whether what has been brought may
 * stay. */
static int do_all(PaidItems *p, const Table *list)
{
    int answer = 0;
    while (!answer && p->before < p->all && !p->cancelled) {
        answer = do_batch(p, list);
        if (!answer && p->M->fuel < 1 && p->before < p->all && !p->cancelled)
            answer = NATIVE_PAUSE;
    }
    for (; !answer && p->before < p->all; p->before++)
        put(p->M, p->M->native, p->before, V_FALSE, new_c_string("cancelled"));
    if (!answer && p->progress != V_NIL && !p->cancelled) {
        p->items.count = 0;
        p->items.alone = false;
        answer = step(p);
    }
    if (answer || p->told.status != OUTCOME_FAILED) return answer;
    Value refusal = V_NIL, v = brought(p->M, p, &p->told, &refusal);
    return native_throw(p->M, refusal == V_NIL ? v : refusal);
}

static int map_go_on(Machine *M, Value *a, int n);

/* The whole, or what is left of it in this world. */
static int map(Machine *M, Value *a, State *base, State *paused)
{
    PaidItems p;
    paid_items_init(&p, M, a[FUNCTION]);
    p.items.base = base;
    p.begun = begun_at(a, paused);
    M->fuel -= (int64_t)p.begun.owed;
    p.begun.owed = 0;
    p.before = number_at(a, DONE);
    p.all = number_at(a, COUNT);
    uint64_t counted = mem_count_stop();
    Machine *look = base ? machine_begin(base) : NULL;
    bool good = options(M, look ? &look->run : &M->run, a, OPTIONS + 1, &p);
    if (look) machine_end_look(look);
    mem_count_go_on(counted);
    if (!good) return NATIVE_ERROR;
    if (!base && p.all > 1) M->fuel -= MAP_STEPS;
    if (M->stops || M->outside) p.items.processes = 0;
    if (!paid_items_may_begin(M)) return native_error(M, "C stack overflow");
    int answer = do_all(&p, value_pointer(a[LIST]));
    a = M->native;
    if (answer == 0 && a[RESULTS] == V_NIL) a[RESULTS] = value_object(run_new_table(&M->run));
    if (answer == 0) {
        a[0] = a[RESULTS];
        a[1] = a[ERRORS];
        return 2;
    }
    if (answer != NATIVE_PAUSE || !p.items.base) return answer;
    if (mem_short) { /* something may not have been brought */
        M->stop = STOP_NONE;
        return native_memory_error(M);
    }
    a[DONE] = value_number((double)p.before);
    put_begun(a, &p.begun);
    return native_suspend_worlds(M, a, FRAME, map_go_on, (State *)p.items.base, p.begun.paused);
}

int lib_map(Machine *M, Value *a, int n)
{
    Table *list = n > 1 ? arg_table(M, a, n, LIST) : NULL;
    if (!arg_any(M, a, n, FUNCTION)) return NATIVE_ERROR;
    if (!list) return n > 1 ? NATIVE_ERROR : native_type_error(M, a, n, LIST, "table");
    if (n <= OPTIONS) a[OPTIONS] = V_NIL;
    a[RESULTS] = a[ERRORS] = V_NIL;
    for (int i = COUNT; i < FRAME; i++) a[i] = value_number(0);
    a[COUNT] = value_number((double)table_length(heap_table(&M->run, list)));
    return map(M, a, NULL, NULL);
}

/* Whether the world has come of this state, and has what the program had when it was taken. An
 * image can say anything. */
static bool is_of(const Machine *M, const State *s)
{
    const World *world = s->base->world;
    return !world_is_stranger(world, M->run.world) && s->next_id <= M->run.next_id;
}

static bool has(const State *s, Value v)
{
    bool apart = !value_is_object(v) || value_is_string(v) || value_is(v, OBJ_LIGHT);
    return apart || object_id(value_pointer(v)) < s->next_id;
}

/* Whether an item that begins in the state can have come to this one. */
static bool can_come_to(const State *base, const State *paused, bool went_back)
{
    bool of_base = !world_is_stranger(base->base->world, paused->base->world) &&
                   paused->next_id >= base->next_id;
    return paused->base->paused && (of_base || went_back);
}

static int map_go_on(Machine *M, Value *a, int n)
{
    (void)n;
    State *base = frame_world(M->results), *paused = frame_inner_world(M->results);
    bool good = is_of(M, base) && has(base, a[FUNCTION]) && has(base, a[LIST]) &&
                has(base, a[OPTIONS]) && !base->base->paused &&
                (!paused || can_come_to(base, paused, begun_at(a, paused).went_back));
    return good ? map(M, a, base, paused) : native_error(M, "malformed progress of a map");
}

const NativeDef natives_map[] = {
    NATIVE_CONTINUED("state.map:go_on", map_go_on, WORK_CALLEE, "|state.map|",
                     ".t.TTiiinnnnnnn*", .glue = N_GLUE_WORLDS, .holds = frame_holds),
    NATIVE_ROWS_END,
};
