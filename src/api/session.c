/* SPDX-License-Identifier: MIT */
/* Beginning and ending a run for the host; its limits. */
#include "api/api.h"

#include "api/shared.h"
#include "eval/collect.h"
#include "eval/error.h"
#include "syntax/parser.h"

enum { PORTION_INTERRUPTED = 1000 };

/* Polls ------------------------------------------------------------------------------- */

/* A function that is about to be called is not there yet: its caller is. */
static void trace(const Run *R, const Config *c, Value *fp, const Node *n)
{
    FrameCursor at = frame_cursor(R->segment, fp, n);
    int line = error_line(fp, n);
    if (line < 0 && frame_down(&at)) line = error_line(at.fp, at.at);
    char id[CHUNK_ID_MAX] = "[C]";
    if (line >= 0) chunk_id(frame_proto(at.fp)->source->chunk_name, id);
    c->trace(c->trace_data, id, line < 0 ? 0 : line);
}

static bool on_poll(Run *R, Value *fp, const Node *n)
{
    Session *S = R->host;
    const Config *c = S->from->config;
    if (c->trace && fp) trace(R, c, fp, n);
    return !run_flag(c->limits.interrupt);
}

static void on_uncaught(Run *R, Value *fp, const Node *n)
{
    Session *S = R->host;
    S->error = api_error_of_run(S, fp, n);
}

static void adopt(Run *child, const Run *R);

static const RunHooks hooks_plain = {on_uncaught, NULL, adopt, library_function, false};
static const RunHooks hooks_polled = {on_uncaught, on_poll, adopt, library_function, false};
static const RunHooks hooks_traced = {on_uncaught, on_poll, adopt, library_function, true};
static const RunHooks hooks_attached = {NULL, NULL, adopt, library_function, false};

/* An item of state.map: a session of its own, that ends with the run. */
static void adopt(Run *child, const Run *R)
{
    child->hooks = R->hooks;
    const Session *S = R->host;
    if (!S) return;
    Session *own = mem_alloc(sizeof *own);
    *own = (Session){.R = child, .from = S->from};
    child->host = own;
}

/* Beginning --------------------------------------------------------------------------- */

static void apply_bytes(Session *S, uint64_t bytes)
{
    S->bounded = true;
    S->outer = mem_bound;
    mem_bound = (MemBound){INT64_MAX, eval_poll_soon, S->R};
    if (bytes) eval_limit_bytes(S->R, bytes); /* or in a run that is bounded, one that is not */
}

static void apply_limits(Session *S, const Config *c)
{
    Run *R = S->R;
    const moonlet_limits *l = &c->limits;
    if (l->interrupt) eval_limit_portion(R, PORTION_INTERRUPTED);
    if (c->trace) eval_limit_portion(R, 1);
    if (l->interrupt || c->trace) R->hooks = c->trace ? &hooks_traced : &hooks_polled;
    if (l->nanoseconds) eval_limit_time(R, l->nanoseconds);
    if (l->stack) eval_limit_stack(R, l->stack);
    if (l->string) eval_limit_string(R, l->string);
    if (l->steps) eval_set_budget(R, l->steps);
}

static World *copy_world(const World *world, Coroutine *main)
{
    World *w = mem_alloc(sizeof *w);
    *w = *world;
    w->main = main;
    return w;
}

/* A main coroutine for this session; the paused program waits for it, so that what it
 * holds is not taken for garbage. */
static __attribute__((noinline)) void lend_main(Session *S)
{
    Run *R = S->R;
    S->paused = S->from->state->paused;
    S->main = R->world->main;
    Coroutine *main = run_new_coroutine(R, V_NIL);
    main->body.status = CO_RUNNING;
    main->body.resumer = S->paused;
    R->world = copy_world(R->world, main);
    R->co = NULL;
}

static void attach(Session *S, const moonlet_state *s, Run *R)
{
    *S = (Session){.from = s, .R = R};
    R->host = S;
    R->hooks = &hooks_plain;
    if (s->config) apply_limits(S, s->config);
    uint64_t bytes = s->config ? s->config->limits.bytes : 0;
    if (__builtin_expect(bytes || mem_bound.reached, 0)) apply_bytes(S, bytes);
}

void api_begin_resumed(Session *S, const moonlet_state *s)
{
    assert_live(s);
    attach(S, s, run_begin(s->state));
}

void api_begin_in(Session *S, const moonlet_state *s, Run *R)
{
    attach(S, s, R);
    if (__builtin_expect(s->state->paused != NULL, 0)) lend_main(S);
}

void api_begin(Session *S, const moonlet_state *s)
{
    assert_live(s);
    api_begin_in(S, s, run_begin(s->state));
}

void api_attach(Run *R) { R->hooks = &hooks_attached; }

Session *api_session(Run *R)
{
    if (__builtin_expect(!R->host, 0)) {
        Session *S = mem_alloc(sizeof *S);
        *S = (Session){.R = R, .from = moonlet_init()};
        R->host = S;
    }
    return R->host;
}

/* Ending ------------------------------------------------------------------------------ */

moonlet_limit_kind api_limit_of(const Session *S)
{
    switch (eval_stop_reason(S->R)) {
    case STOP_NONE: return MOONLET_LIMIT_NONE;
    case STOP_STEPS: return MOONLET_LIMIT_STEPS;
    case STOP_BYTES: return MOONLET_LIMIT_BYTES;
    case STOP_TIME: return MOONLET_LIMIT_TIME;
    case STOP_STACK: return MOONLET_LIMIT_STACK;
    case STOP_STRING: return MOONLET_LIMIT_STRING;
    default: return MOONLET_LIMIT_INTERRUPT;
    }
}

static State *take(Run *R, bool own)
{
    return own ? run_snapshot_own(R, NULL) : run_snapshot(R);
}

State *api_pack(Session *S, bool own)
{
    Run *R = S->R;
    if (!S->paused) return take(R, own);
    R->status = RUN_OK;
    R->world = copy_world(R->world, S->main);
    State *state = take(R, own);
    state->paused = S->paused;
    return state;
}

static moonlet_result result_of(moonlet_status status, moonlet_state *h)
{
    return (moonlet_result){.status = status,
                            .state = h,
                            .count = h->count,
                            .values = (const moonlet_value *)h->values,
                            .error = h->error};
}

void api_leave(Session *S)
{
    if (S->bounded) mem_bound = S->outer;
}

void api_drop(Session *S)
{
    run_end(S->R);
    api_leave(S);
}

static moonlet_result finish(Session *S, moonlet_status status, moonlet_state *h)
{
    moonlet_result r = result_of(status, h);
    r.steps = eval_steps_used(S->R);
    if (status != MOONLET_OK && (status == MOONLET_PAUSED || S->R->fatal))
        r.limit = api_limit_of(S);
    api_drop(S);
    return r;
}

moonlet_result api_end(Session *S, RunStatus status)
{
    Run *R = S->R;
    if (__builtin_expect(S->paused && status == RUN_PAUSED, 0)) {
        R->fatal = true;
        return api_end_error(S, MOONLET_ERROR_LIMIT, "limit reached beside a paused program");
    }
    if (status == RUN_OK) collect_end(R);
    moonlet_state *h = handle_new(api_pack(S, false), S->from->config);
    if (status == RUN_OK) {
        handle_set_values(h, R->results, R->result_count);
        return finish(S, MOONLET_OK, h);
    }
    if (status == RUN_PAUSED) return finish(S, MOONLET_PAUSED, h);
    h->error = S->error ? S->error : api_error_of_run(S, NULL, NULL);
    return finish(S, MOONLET_FAILED, h);
}

moonlet_result api_end_values(Session *S, const Value *values, size_t count)
{
    moonlet_state *h = handle_new(api_pack(S, false), S->from->config);
    handle_set_values(h, values, count);
    return finish(S, MOONLET_OK, h);
}

moonlet_result api_end_error(Session *S, moonlet_error_kind kind, const char *message)
{
    moonlet_state *h = handle_new(api_pack(S, false), S->from->config);
    size_t length = strlen(message);
    h->error = api_error(kind, string_value(string_new(message, length)), message, length);
    return finish(S, MOONLET_FAILED, h);
}

moonlet_result api_answer(const moonlet_state *s, const Value *values, size_t count)
{
    moonlet_state *h = handle_new(s->state, s->config);
    handle_set_values(h, values, count);
    return result_of(MOONLET_OK, h);
}

moonlet_result api_refuse(const moonlet_state *s, moonlet_error_kind kind, const char *message)
{
    moonlet_state *h = handle_new(s->state, s->config);
    size_t length = strlen(message);
    h->error = api_error(kind, string_value(string_new(message, length)), message, length);
    return result_of(MOONLET_FAILED, h);
}

moonlet_result api_refuse_source(const moonlet_state *s, const String *name,
                                 const String *message, int line)
{
    moonlet_state *h = handle_new(s->state, s->config);
    moonlet_error *e =
        api_error(MOONLET_ERROR_SYNTAX, string_value(message), message->data, message->length);
    api_error_at(e, name, line);
    h->error = e;
    return result_of(MOONLET_FAILED, h);
}
