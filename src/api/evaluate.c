/* SPDX-License-Identifier: MIT */
/* Running: a state in, a result out. */
#include "api/api.h"

#include <stdio.h>
#include <stdlib.h>

/* Beginning and ending -------------------------------------------------------------- */

Run *api_begin(const moonlet_state *s)
{
    Run *R = run_begin(s->state);
    const Config *c = s->config;
    if (c && c->limits.steps) eval_set_budget(R, c->limits.steps);
    return R;
}

static moonlet_result result_of(moonlet_status status, moonlet_state *state)
{
    return (moonlet_result){status, state, state->count, (const moonlet_value *)state->values,
                            state->error};
}

static const moonlet_error *error_of_run(const Run *R)
{
    const String *text = string_new("", 0), *trace = NULL;
    if (value_is_string(R->error)) text = value_string(R->error);
    if (value_is_number(R->error)) text = number_to_string(value_to_double(R->error));
    if (value_is_string(R->traceback)) trace = value_string(R->traceback);
    bool memory = text->length == 17 && memcmp(text->data, "not enough memory", 17) == 0;
    return api_error(memory ? MOONLET_ERROR_MEMORY : MOONLET_ERROR_RUNTIME, R->error, 0,
                     text->data, text->length, trace);
}

moonlet_result api_end(const moonlet_state *s, Run *R, RunStatus status)
{
    moonlet_state *h = handle_new(run_snapshot(R), s->config);
    moonlet_status answer = MOONLET_OK;
    if (status == RUN_OK) {
        handle_set_values(h, R->results, R->result_count);
    } else if (status == RUN_ERROR) {
        h->error = error_of_run(R);
        answer = MOONLET_FAILED;
    } else {
        answer = MOONLET_PAUSED;
    }
    run_end(R);
    return result_of(answer, h);
}

moonlet_result api_end_values(const moonlet_state *s, Run *R, const Value *values, size_t count)
{
    moonlet_state *h = handle_new(run_snapshot(R), s->config);
    handle_set_values(h, values, count);
    run_end(R);
    return result_of(MOONLET_OK, h);
}

moonlet_result api_refuse(const moonlet_state *s, moonlet_error_kind kind, int line,
                          const char *message, size_t length)
{
    moonlet_state *h = handle_new(s->state, s->config);
    String *text = string_new(message, length);
    h->error = api_error(kind, string_value(text), line, message, length, NULL);
    return result_of(MOONLET_FAILED, h);
}

static moonlet_result refuse_paused(const moonlet_state *s)
{
    static const char message[] = "the state holds a paused program";
    return api_refuse(s, MOONLET_ERROR_HOST, 0, message, sizeof message - 1);
}

static moonlet_result refuse_source(const moonlet_state *s, const String *error, int line)
{
    return api_refuse(s, MOONLET_ERROR_SYNTAX, line, error->data, error->length);
}

/* Results --------------------------------------------------------------------------- */

moonlet_value moonlet_result_value(const moonlet_result *r, size_t i)
{
    return i < r->count ? r->values[i] : moonlet_nil();
}

moonlet_state *moonlet_next(moonlet_state *s, moonlet_result *r)
{
    moonlet_state *kept = r->status == MOONLET_OK ? r->state : s;
    moonlet_release(r->status == MOONLET_OK ? s : r->state);
    r->state = NULL;
    r->error = NULL;
    return kept;
}

/* Calls ----------------------------------------------------------------------------- */

moonlet_result moonlet_call(const moonlet_state *s, moonlet_value function,
                            const moonlet_value *args, size_t count)
{
    if (s->state->paused) return refuse_paused(s);
    Run *R = api_begin(s);
    RunStatus status = eval_call(R, value_in(function), (const Value *)args, count);
    return api_end(s, R, status);
}

moonlet_value moonlet_global(const moonlet_state *s, const char *name)
{
    Run *R = run_begin(s->state);
    Value v = run_get_field(R, R->world->globals, name);
    run_end(R);
    return value_out(v);
}

moonlet_result moonlet_call_global(const moonlet_state *s, const char *name,
                                   const moonlet_value *args, size_t count)
{
    if (s->state->paused) return refuse_paused(s);
    Run *R = api_begin(s);
    Value f = run_get_field(R, R->world->globals, name);
    RunStatus status = eval_call(R, f, (const Value *)args, count);
    return api_end(s, R, status);
}

moonlet_result moonlet_resume(const moonlet_state *s)
{
    static const char message[] = "the state holds no paused program";
    if (!s->state->paused)
        return api_refuse(s, MOONLET_ERROR_HOST, 0, message, sizeof message - 1);
    Run *R = api_begin(s);
    return api_end(s, R, eval_resume_paused(R));
}

/* Sources --------------------------------------------------------------------------- */

static moonlet_result call_proto(const moonlet_state *s, const Proto *p,
                                 const moonlet_value *args, size_t count)
{
    if (s->state->paused) return refuse_paused(s);
    Run *R = api_begin(s);
    Closure *f = link_closure(R, p, value_object(R->world->globals));
    RunStatus status = eval_call(R, value_object(f), (const Value *)args, count);
    return api_end(s, R, status);
}

moonlet_result moonlet_call_chunk(const moonlet_state *s, const moonlet_chunk *c,
                                  const moonlet_value *args, size_t count)
{
    return call_proto(s, c->proto, args, count);
}

moonlet_result moonlet_load(const moonlet_state *s, const moonlet_chunk *c)
{
    if (s->state->paused) return refuse_paused(s);
    Run *R = api_begin(s);
    Value f = value_object(link_closure(R, c->proto, value_object(R->world->globals)));
    return api_end_values(s, R, &f, 1);
}

static moonlet_result do_source(const moonlet_state *s, const char *source, size_t length,
                                String *name, bool is_file)
{
    String *error;
    int line;
    const Proto *p = api_compile(source, length, name, is_file, &error, &line);
    return p ? call_proto(s, p, NULL, 0) : refuse_source(s, error, line);
}

moonlet_result moonlet_do(const moonlet_state *s, const char *source)
{
    size_t length = strlen(source);
    return do_source(s, source, length, string_new(source, length), false);
}

moonlet_result moonlet_dofile(const moonlet_state *s, const char *path)
{
    size_t length;
    char *error, *source = api_read_file(path, &length, &error);
    if (!source) {
        moonlet_result r = api_refuse(s, MOONLET_ERROR_HOST, 0, error, strlen(error));
        free(error);
        return r;
    }
    String *name = string_concat(string_from_c("@"), path, strlen(path));
    moonlet_result r = do_source(s, source, length, name, true);
    free(source);
    return r;
}
