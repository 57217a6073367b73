/* SPDX-License-Identifier: MIT */
/*
 * Running with terms in and out.
 *
 * Main invariant: terms that are handed in stay the caller's.
 */
#include <stdlib.h>

#include "api/terms/term.h"

static void give_text(char **message, char *text)
{
    if (message)
        *message = text;
    else
        free(text);
}

/* Values and terms -------------------------------------------------------------------- */

static moonlet_result end_refused(HostRun *S, const char *error)
{
    if (error == term_no_memory) return api_end_memory(S);
    return api_end_error(S, MOONLET_ERROR_HOST, error);
}

moonlet_result moonlet_encode(const moonlet_state *s, const moonlet_term *t)
{
    HostRun S;
    const char *error;
    api_begin(&S, s);
    Value v = term_encode(S.M, t, &error);
    return error ? end_refused(&S, error) : api_end_values(&S, &v, 1);
}

moonlet_result moonlet_encode_list(const moonlet_state *s, const moonlet_term *list)
{
    HostRun S;
    const char *error;
    api_begin(&S, s);
    Value *v = term_encode_items(S.M, list, &error);
    return v ? api_end_values(&S, v, moonlet_term_count(list)) : end_refused(&S, error);
}

moonlet_term *moonlet_decode_list(const moonlet_state *s, const moonlet_value *values,
                                  size_t count, unsigned options, char **message)
{
    assert_live(s);
    assert_values(s, values, count);
    Decoding d = term_decoding(s);
    d.flags = options;
    Machine *M = machine_begin(s->state);
    moonlet_term *t = term_decode_list(M, s, (const Value *)values, count, &d);
    machine_end(M);
    if (!t) give_text(message, d.error);
    return t;
}

moonlet_term *moonlet_decode(const moonlet_state *s, moonlet_value v, unsigned options,
                             char **message)
{
    assert_live(s);
    assert_values(s, &v, 1);
    Decoding d = term_decoding(s);
    d.flags = options;
    Machine *M = machine_begin(s->state);
    moonlet_term *t = term_decode(M, s, value_in(v), &d);
    machine_end(M);
    if (!t) give_text(message, d.error);
    return t;
}

/* Runs -------------------------------------------------------------------------------- */

/* The result with its values as terms too. The decoding was begun before the run, so that
 * both together have the time that a run may take. */
static moonlet_result decoded(moonlet_result r, Decoding *d, moonlet_term **results)
{
    *results = NULL;
    if (r.status != MOONLET_OK) return r;
    Machine *M = machine_begin(r.state->state);
    *results = term_decode_list(M, r.state, (const Value *)r.values, r.count, d);
    machine_end(M);
    if (*results) return r;
    moonlet_result failed = term_decode_refuse(r.state, d);
    failed.steps = r.steps;
    moonlet_release(r.state);
    return failed;
}

/* What is called with encoded arguments. */
typedef struct Callee {
    const moonlet_chunk *chunk;
    const char *path;
    bool method;
} Callee;

static moonlet_result call_values(const moonlet_state *s, const Callee *c,
                                  const moonlet_value *args, size_t count)
{
    if (c->chunk) return moonlet_call_chunk(s, c->chunk, args, count);
    return c->method ? moonlet_call_method(s, c->path, args, count)
                     : moonlet_call_function(s, c->path, args, count);
}

static moonlet_result call_terms(const moonlet_state *s, const Callee *c,
                                 const moonlet_term *args, moonlet_term **results)
{
    assert_live(s);
    Decoding d = term_decoding(s);
    if (!moonlet_term_count(args)) return decoded(call_values(s, c, NULL, 0), &d, results);
    *results = NULL;
    moonlet_result in = moonlet_encode_list(s, args);
    if (in.status != MOONLET_OK) return in;
    moonlet_result r = call_values(in.state, c, in.values, in.count);
    moonlet_release(in.state);
    return decoded(r, &d, results);
}

moonlet_result moonlet_do_terms(const moonlet_state *s, const char *source,
                                moonlet_term **results)
{
    assert_given(results);
    assert_live(s);
    Decoding d = term_decoding(s);
    return decoded(moonlet_do(s, source), &d, results);
}

moonlet_result moonlet_call_chunk_terms(const moonlet_state *s, const moonlet_chunk *c,
                                        const moonlet_term *args, moonlet_term **results)
{
    assert_given(results);
    return call_terms(s, &(Callee){.chunk = c}, args, results);
}

moonlet_result moonlet_call_function_terms(const moonlet_state *s, const char *path,
                                           const moonlet_term *args, moonlet_term **results)
{
    assert_given(results);
    return call_terms(s, &(Callee){.path = path}, args, results);
}

moonlet_result moonlet_call_method_terms(const moonlet_state *s, const char *path,
                                         const moonlet_term *args, moonlet_term **results)
{
    assert_given(results);
    return call_terms(s, &(Callee){.path = path, .method = true}, args, results);
}

moonlet_result moonlet_get_term(const moonlet_state *s, const char *path, moonlet_term **result)
{
    assert_given(result);
    assert_live(s);
    moonlet_term *list;
    Decoding d = term_decoding(s);
    moonlet_result r = decoded(moonlet_get(s, path), &d, &list);
    *result = NULL;
    if (list) {
        *result = list->u.items[0].value;
        list->count = 0;
        moonlet_term_free(list);
    }
    return r;
}

moonlet_result moonlet_set_term(const moonlet_state *s, const char *path, const moonlet_term *t)
{
    moonlet_result in = moonlet_encode(s, t);
    if (in.status != MOONLET_OK) return in;
    moonlet_result r = moonlet_set(in.state, path, in.values[0]);
    moonlet_release(in.state);
    return r;
}

/* Results only ------------------------------------------------------------------------ */

static moonlet_term *only_results(moonlet_result r, Decoding *d, char **message)
{
    moonlet_term *results;
    r = decoded(r, d, &results);
    if (r.status == MOONLET_PAUSED) give_text(message, strdup("a limit was reached"));
    if (r.status == MOONLET_FAILED) give_text(message, strdup(r.error->traceback));
    moonlet_release(r.state);
    return results;
}

typedef moonlet_result Runner(const moonlet_state *s, const char *what);

static moonlet_term *eval_in(const moonlet_state *s, Runner *run, const char *what,
                             char **message)
{
    moonlet_state *own = s ? moonlet_retain(s) : moonlet_init();
    Decoding d = term_decoding(own);
    moonlet_term *t = only_results(run(own, what), &d, message);
    moonlet_release(own);
    return t;
}

moonlet_term *moonlet_eval(const moonlet_state *s, const char *source, char **message)
{
    return eval_in(s, moonlet_do, source, message);
}

moonlet_term *moonlet_evalfile(const moonlet_state *s, const char *path, char **message)
{
    return eval_in(s, moonlet_dofile, path, message);
}
