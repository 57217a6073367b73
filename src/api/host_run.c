/* SPDX-License-Identifier: MIT */
/*
 * Beginning and ending a run for the host; its limits.
 *
 * Main invariant: a run that was begun is ended once, with a result that holds all that the
 * host is given.
 */
#include "api/api.h"

#include <assert.h>

#include "api/host/shared.h"
#include "api/image/image.h"
#include "control/collect.h"
#include "memory/watch.h"
#include "operate/error.h"
#include "syntax/parser.h"
#include "tree/text.h"

enum { PORTION_INTERRUPTED = 1000 };

/* Polls ------------------------------------------------------------------------------- */

/* A function that is about to be called is not there yet: its caller is. */
static void trace(const Machine *M, const Config *c, Value *fp, const Node *n)
{
    FrameCursor at = frame_cursor(M->segment, fp, n);
    int line = error_line(fp, n);
    if (line < 0 && frame_down(&at)) line = error_line(at.fp, at.at);
    char id[CHUNK_ID_MAX] = "[C]";
    if (line >= 0) chunk_id(frame_proto(at.fp)->source->chunk_name, id);
    c->trace(c->trace_data, id, line < 0 ? 0 : line);
}

static bool on_poll(Machine *M, Value *fp, const Node *n)
{
    HostRun *S = M->host;
    const Config *c = S->from->config;
    if (c->trace && fp) trace(M, c, fp, n);
    return !stop_flag(c->limits.interrupt);
}

static void on_uncaught(Machine *M, Value *fp, const Node *n)
{
    HostRun *S = M->host;
    S->error = api_error_of_run(S, fp, n);
}

static void adopt(Machine *child, const Machine *M);

typedef struct Giving {
    MachineGiveFn *give;
    void *to;
} Giving;

static void hold(void *to, moonlet_value v)
{
    const Giving *g = to;
    g->give(g->to, value_in(v));
}

/* Not to items of state.map, which end before anybody could ask for the value. */
static void give_held(const Machine *M, MachineGiveFn *give, void *to)
{
    const HostRun *S = M->host;
    const Config *c = S ? S->from->config : NULL;
    Giving giving = {give, to};
    if (c && c->held && !S->adopted) c->held(c->held_user, hold, &giving);
}

#define HOOKS(uncaught_, poll_, one_thread_)                                               \
    {                                                                                      \
        .uncaught = uncaught_, .poll = poll_, .adopt = adopt, .library = library_function, \
        .images = image_host_of, .held = give_held, .one_thread = one_thread_              \
    }
static const MachineHooks hooks_plain = HOOKS(on_uncaught, NULL, false);
static const MachineHooks hooks_polled = HOOKS(on_uncaught, on_poll, false);
static const MachineHooks hooks_traced = HOOKS(on_uncaught, on_poll, true);
static const MachineHooks hooks_attached = HOOKS(NULL, NULL, false);

/* An item of state.map has one of its own, which ends with its machine. */
static void adopt(Machine *child, const Machine *M)
{
    child->hooks = M->hooks;
    const HostRun *S = M->host;
    if (!S) return;
    HostRun *own = mem_alloc(sizeof *own);
    *own = (HostRun){.M = child, .from = S->from, .adopted = true};
    child->host = own;
}

/* Beginning --------------------------------------------------------------------------- */

static void apply_bytes(HostRun *S, uint64_t bytes)
{
    S->bounded = true;
    S->outer = mem_bound;
    mem_bound = mem_bound_new(MEM_UNBOUNDED, eval_count_reached, S->M);
    if (bytes) eval_limit_bytes(S->M, bytes); /* or in a run that is bounded, one that is not */
}

static void apply_limits(HostRun *S, const Config *c)
{
    Machine *M = S->M;
    const moonlet_limits *l = &c->limits;
    if (l->interrupt) eval_limit_portion(M, PORTION_INTERRUPTED);
    if (c->trace) eval_limit_portion(M, 1);
    if (l->interrupt || c->trace) M->hooks = c->trace ? &hooks_traced : &hooks_polled;
    eval_limit(M, &(EvalLimits){.ns = l->nanoseconds,
                                .stack = l->stack,
                                .string = l->string,
                                .held = l->held,
                                .steps = l->steps});
}

static World *copy_world(const World *world, Coroutine *main)
{
    World *w = mem_alloc(sizeof *w);
    *w = *world;
    w->main = main;
    return w;
}

/* A main coroutine for this run; the paused program waits for it, so that what it
 * holds is not taken for garbage. */
static __attribute__((noinline)) void lend_main(HostRun *S)
{
    assert(S->from->state->base->paused && "a paused program waits");
    Machine *M = S->M;
    S->paused = S->from->state->base->paused;
    S->main = M->run.world->main;
    Coroutine *main = machine_new_coroutine(M, V_NIL);
    main->body.status = CO_RUNNING;
    main->body.resumer = S->paused;
    M->run.world = copy_world(M->run.world, main);
    M->run.co = NULL;
    M->lent = main;
}

static void attach(HostRun *S, const moonlet_state *s, Machine *M)
{
    assert(s->state && "a run is one of a state that lives");
    *S = (HostRun){.from = s, .M = M};
    api_recover();
    M->host = S;
    M->hooks = &hooks_plain;
    if (s->config) apply_limits(S, s->config);
    uint64_t bytes = s->config ? s->config->limits.bytes : 0;
    if (__builtin_expect(bytes || mem_bound.reached, 0)) apply_bytes(S, bytes);
}

void api_begin_resumed(HostRun *S, const moonlet_state *s)
{
    assert_live(s);
    attach(S, s, machine_begin(s->state));
}

void api_begin_in(HostRun *S, const moonlet_state *s, Machine *M)
{
    assert(!M->depth && "a run begins at rest");
    attach(S, s, M);
    if (__builtin_expect(s->state->base->paused != NULL, 0)) lend_main(S);
}

void api_begin(HostRun *S, const moonlet_state *s)
{
    assert_live(s);
    api_begin_in(S, s, machine_begin(s->state));
}

void api_attach(Machine *M)
{
    (void)api_init();
    M->hooks = &hooks_attached;
}

HostRun *api_host_run(Machine *M)
{
    if (__builtin_expect(!M->host, 0)) {
        HostRun *S = mem_alloc(sizeof *S);
        *S = (HostRun){.M = M, .from = moonlet_init()};
        M->host = S;
    }
    return M->host;
}

/* Ending ------------------------------------------------------------------------------ */

moonlet_limit_kind api_limit_kind(EvalStop stop)
{
    switch (stop) {
    case STOP_NONE: return MOONLET_LIMIT_NONE;
    case STOP_STEPS: return MOONLET_LIMIT_STEPS;
    case STOP_BYTES: return MOONLET_LIMIT_BYTES;
    case STOP_TIME: return MOONLET_LIMIT_TIME;
    case STOP_STACK: return MOONLET_LIMIT_STACK;
    case STOP_STRING: return MOONLET_LIMIT_STRING;
    case STOP_HELD: return MOONLET_LIMIT_HELD;
    default: return MOONLET_LIMIT_INTERRUPT;
    }
}

EvalStop api_stop_of(moonlet_limit_kind limit)
{
    for (EvalStop stop = STOP_NONE; stop <= STOP_HELD; stop++)
        if (api_limit_kind(stop) == limit) return stop;
    return STOP_OUTSIDE;
}

moonlet_limit_kind api_limit_of(const HostRun *S)
{
    return api_limit_kind(eval_stop_reason(S->M));
}

static State *take(Machine *M, bool own)
{
    return own ? machine_snapshot_own(M, NULL) : machine_snapshot(M);
}

State *api_pack(HostRun *S, bool own)
{
    assert(!S->M->depth && "a state is packed at rest");
    Machine *M = S->M;
    if (!machine_is_beside(M)) return take(M, own);
    M->status = RUN_OK;
    M->run.world = copy_world(M->run.world, S->main);
    State *state = take(M, own);
    state_set_paused(state, S->paused);
    return state;
}

static moonlet_result result_of(moonlet_status status, moonlet_state *h)
{
    moonlet_result r = {.status = status, .state = h, .error = handle_error(h)};
    r.values = (const moonlet_value *)handle_values(h, &r.count);
    return r;
}

/* What is lacking now is lacking no more when the next call begins, or is told of then. */
void api_leave(HostRun *S)
{
    if (__builtin_expect(mem_short, 0)) mem_recover();
    if (S->bounded) mem_bound = S->outer;
}

void api_drop(HostRun *S)
{
    assert(!S->M->depth && "no evaluator is left behind");
    machine_end(S->M);
    api_leave(S);
    watch_give_back();
}

static moonlet_result finish(HostRun *S, moonlet_status status, moonlet_state *h)
{
    moonlet_result r = result_of(status, h);
    r.steps = status == MOONLET_PAUSED ? eval_steps_used(S->M) : eval_steps_done(S->M);
    if (status != MOONLET_OK && (status == MOONLET_PAUSED || S->M->fatal))
        r.limit = api_limit_of(S);
    api_drop(S);
    return r;
}

static moonlet_error *memory_error(void)
{
    const String *s = error_memory_text();
    return api_error(MOONLET_ERROR_MEMORY, string_value(s), s->data, s->length);
}

static moonlet_result finish_memory(HostRun *S, moonlet_state *h)
{
    handle_set_error(h, memory_error());
    return finish(S, MOONLET_FAILED, h);
}

moonlet_result api_end_memory(HostRun *S)
{
    return finish_memory(S, handle_new(api_pack(S, false), S->from->config));
}

Value *api_values(size_t count)
{
    Value *values = mem_try_alloc((count + 1) * sizeof *values);
    if (!values) mem_refuse();
    return values;
}

static const moonlet_error *error_of(HostRun *S)
{
    return S->error ? S->error : api_error_of_run(S, NULL, NULL);
}

/* All values that the error tells the host of are seen. */
static void end_failed(Machine *M, const moonlet_error *e)
{
    assert(e && "an error is told of");
    size_t count = 1, n = 0;
    for (size_t i = 0; i < e->count; i++) count += 1 + e->frames[i].count;
    Value *seen = api_values(count);
    if (!seen) return;
    seen[n++] = value_in(e->value);
    for (size_t i = 0; i < e->count; i++) {
        seen[n++] = value_in(e->frames[i].function);
        for (size_t k = 0; k < e->frames[i].count; k++)
            seen[n++] = value_in(e->frames[i].arguments[k]);
    }
    collect_end(M, seen, n);
    memset(seen, 0, count * sizeof *seen);
}

moonlet_result api_end(HostRun *S, RunStatus status)
{
    Machine *M = S->M;
    assert(!(machine_is_beside(M) && status == RUN_PAUSED) && "one program at most is paused");
    const moonlet_error *error = status == RUN_ERROR ? error_of(S) : NULL;
    if (status == RUN_OK) collect_end(M, M->results, M->result_count);
    if (status == RUN_PAUSED) collect_pause(M);
    if (error) end_failed(M, error);
    moonlet_state *h = handle_new(api_pack(S, false), S->from->config);
    if (status == RUN_OK && handle_set_values(h, M->results, M->result_count))
        return finish(S, MOONLET_OK, h);
    if (status == RUN_OK) return finish_memory(S, h);
    if (status == RUN_PAUSED) return finish(S, MOONLET_PAUSED, h);
    handle_set_error(h, error);
    return finish(S, MOONLET_FAILED, h);
}

moonlet_result api_end_values(HostRun *S, const Value *values, size_t count)
{
    assert((values || !count) && "values are somewhere");
    collect_end(S->M, values, count);
    moonlet_state *h = handle_new(api_pack(S, false), S->from->config);
    if (!handle_set_values(h, values, count)) return finish_memory(S, h);
    return finish(S, MOONLET_OK, h);
}

moonlet_result api_end_error(HostRun *S, moonlet_error_kind kind, const char *message)
{
    moonlet_state *h = handle_new(api_pack(S, false), S->from->config);
    size_t length = strlen(message);
    handle_set_error(
        h, api_error(kind, string_value(string_new(message, length)), message, length));
    return finish(S, MOONLET_FAILED, h);
}

moonlet_result api_answer(const moonlet_state *s, const Value *values, size_t count)
{
    assert((values || !count) && "values are somewhere");
    moonlet_state *h = handle_new(s->state, s->config);
    if (handle_set_values(h, values, count)) return result_of(MOONLET_OK, h);
    handle_set_error(h, memory_error());
    return result_of(MOONLET_FAILED, h);
}

moonlet_result api_refuse_memory(const moonlet_state *s)
{
    moonlet_state *h = handle_new(s->state, s->config);
    handle_set_error(h, memory_error());
    return result_of(MOONLET_FAILED, h);
}

moonlet_result api_refuse(const moonlet_state *s, moonlet_error_kind kind, const char *message)
{
    moonlet_state *h = handle_new(s->state, s->config);
    size_t length = strlen(message);
    handle_set_error(
        h, api_error(kind, string_value(string_new(message, length)), message, length));
    return result_of(MOONLET_FAILED, h);
}

moonlet_result api_refuse_source(const moonlet_state *s, const String *name,
                                 const ParseResult *why)
{
    const String *message = why->error;
    if (!message || message == string_no_memory()) return api_refuse_memory(s);
    moonlet_state *h = handle_new(s->state, s->config);
    moonlet_error *e =
        api_error(MOONLET_ERROR_SYNTAX, string_value(message), message->data, message->length);
    api_error_at(e, name, why->error_line, why->error_at);
    handle_set_error(h, e);
    return result_of(MOONLET_FAILED, h);
}
