/* SPDX-License-Identifier: MIT */
/* Running with terms in and out. */
#include <stdlib.h>

#include "api/path.h"
#include "api/term.h"

static void give_text(char **message, char *text)
{
    if (message)
        *message = text;
    else
        free(text);
}

/* Values and terms -------------------------------------------------------------------- */

/* The values of a list's items, in collected memory; NULL: *error. */
static Value *encode_items(Run *R, const moonlet_term *list, char **error)
{
    size_t count = moonlet_term_count(list);
    Value *values = mem_alloc((count + 1) * sizeof *values);
    *error = NULL;
    for (size_t i = 0; i < count && !*error; i++)
        values[i] = term_encode(R, moonlet_term_item(list, i), error);
    return *error ? NULL : values;
}

static moonlet_result end_with_text(Session *S, char *error)
{
    moonlet_result r = api_end_error(S, MOONLET_ERROR_HOST, error);
    free(error);
    return r;
}

moonlet_result moonlet_encode(const moonlet_state *s, const moonlet_term *t)
{
    Session S;
    char *error;
    api_begin(&S, s);
    Value v = term_encode(S.R, t, &error);
    return error ? end_with_text(&S, error) : api_end_values(&S, &v, 1);
}

moonlet_result moonlet_encode_list(const moonlet_state *s, const moonlet_term *list)
{
    Session S;
    char *error;
    api_begin(&S, s);
    Value *v = encode_items(S.R, list, &error);
    return v ? api_end_values(&S, v, moonlet_term_count(list)) : end_with_text(&S, error);
}

moonlet_term *moonlet_decode(const moonlet_state *s, moonlet_value v, unsigned options,
                             char **message)
{
    char *error = NULL;
    assert_live(s);
    Run *R = run_begin(s->state);
    moonlet_term *t = term_decode(R, s, value_in(v), options, &error);
    run_end(R);
    if (!t) give_text(message, error);
    return t;
}

moonlet_term *moonlet_decode_list(const moonlet_state *s, const moonlet_value *values,
                                  size_t count, unsigned options, char **message)
{
    moonlet_term *list = moonlet_term_list(0);
    for (size_t i = 0; i < count; i++) {
        moonlet_term *t = moonlet_decode(s, values[i], options, message);
        if (!t) {
            moonlet_term_free(list);
            return NULL;
        }
        moonlet_term_add(list, t);
    }
    return list;
}

/* Runs -------------------------------------------------------------------------------- */

/* The result with its values as terms too. */
static moonlet_result decoded(moonlet_result r, moonlet_term **results)
{
    char *message = NULL;
    *results = NULL;
    if (r.status != MOONLET_OK) return r;
    *results = moonlet_decode_list(r.state, r.values, r.count, 0, &message);
    if (*results) return r;
    moonlet_result failed = api_refuse(r.state, MOONLET_ERROR_HOST, message);
    free(message);
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
    if (!moonlet_term_count(args)) return decoded(call_values(s, c, NULL, 0), results);
    *results = NULL;
    moonlet_result in = moonlet_encode_list(s, args);
    if (in.status != MOONLET_OK) return in;
    moonlet_result r = call_values(in.state, c, in.values, in.count);
    moonlet_release(in.state);
    return decoded(r, results);
}

moonlet_result moonlet_do_terms(const moonlet_state *s, const char *source,
                                moonlet_term **results)
{
    return decoded(moonlet_do(s, source), results);
}

moonlet_result moonlet_call_chunk_terms(const moonlet_state *s, const moonlet_chunk *c,
                                        const moonlet_term *args, moonlet_term **results)
{
    return call_terms(s, &(Callee){.chunk = c}, args, results);
}

moonlet_result moonlet_call_function_terms(const moonlet_state *s, const char *path,
                                           const moonlet_term *args, moonlet_term **results)
{
    return call_terms(s, &(Callee){.path = path}, args, results);
}

moonlet_result moonlet_call_method_terms(const moonlet_state *s, const char *path,
                                         const moonlet_term *args, moonlet_term **results)
{
    return call_terms(s, &(Callee){.path = path, .method = true}, args, results);
}

moonlet_result moonlet_get_term(const moonlet_state *s, const char *path, moonlet_term **result)
{
    moonlet_term *list;
    moonlet_result r = decoded(moonlet_get(s, path), &list);
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

static moonlet_term *only_results(moonlet_result r, char **message)
{
    moonlet_term *results;
    r = decoded(r, &results);
    if (r.status == MOONLET_PAUSED) give_text(message, strdup("a limit was reached"));
    if (r.status == MOONLET_FAILED) give_text(message, strdup(r.error->traceback));
    moonlet_release(r.state);
    return results;
}

moonlet_term *moonlet_eval(const moonlet_state *s, const char *source, char **message)
{
    moonlet_state *own = s ? moonlet_retain(s) : moonlet_init();
    moonlet_term *t = only_results(moonlet_do(own, source), message);
    moonlet_release(own);
    return t;
}

moonlet_term *moonlet_evalfile(const moonlet_state *s, const char *path, char **message)
{
    moonlet_state *own = s ? moonlet_retain(s) : moonlet_init();
    moonlet_term *t = only_results(moonlet_dofile(own, path), message);
    moonlet_release(own);
    return t;
}
