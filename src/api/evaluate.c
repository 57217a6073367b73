/* SPDX-License-Identifier: MIT */
/* Running: a state in, a result out. */
#include "api/api.h"

#include <stdlib.h>

#include "api/path.h"

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
    Session S;
    api_begin(&S, s);
    assert_values(s, &function, 1);
    assert_values(s, args, count);
    return api_end(&S, eval_call(S.R, value_in(function), (const Value *)args, count));
}

moonlet_result moonlet_call_function(const moonlet_state *s, const char *path,
                                     const moonlet_value *args, size_t count)
{
    Session S;
    Value f;
    api_begin(&S, s);
    assert_given(path);
    assert_values(s, args, count);
    RunStatus status = path_get(&S, path, NULL, &f);
    if (status == RUN_OK) status = eval_call(S.R, f, (const Value *)args, count);
    return api_end(&S, status);
}

moonlet_result moonlet_call_method(const moonlet_state *s, const char *path,
                                   const moonlet_value *args, size_t count)
{
    Session S;
    Value f, few[16], *all = few;
    api_begin(&S, s);
    assert_given(path);
    assert_values(s, args, count);
    if (count + 1 > sizeof few / sizeof *few) all = mem_alloc((count + 1) * sizeof *all);
    RunStatus status = path_get(&S, path, &all[0], &f);
    if (count) memcpy(all + 1, args, count * sizeof *all);
    if (status == RUN_OK) status = eval_call(S.R, f, all, count + 1);
    return api_end(&S, status);
}

moonlet_result moonlet_resume(const moonlet_state *s)
{
    assert_live(s);
    if (!s->state->paused)
        return api_refuse(s, MOONLET_ERROR_HOST, "the state holds no paused program");
    Session S;
    api_begin_resumed(&S, s);
    return api_end(&S, eval_resume_paused(S.R));
}

/* Sources --------------------------------------------------------------------------- */

static moonlet_result call_proto(const moonlet_state *s, const Proto *p,
                                 const moonlet_value *args, size_t count)
{
    Session S;
    api_begin(&S, s);
    assert_values(s, args, count);
    Closure *f = link_closure(S.R, p, NULL);
    RunStatus status = eval_call(S.R, value_object(f), (const Value *)args, count);
    run_settle_globals(S.R);
    return api_end(&S, status);
}

/* The function as value 0, and these more values. */
static moonlet_result load_proto(const moonlet_state *s, const Proto *p, const char *full_name)
{
    Session S;
    api_begin(&S, s);
    Value v[2] = {value_object(link_closure(S.R, p, NULL))};
    if (full_name) v[1] = new_c_string(full_name);
    return api_end_values(&S, v, full_name ? 2 : 1);
}

moonlet_result moonlet_call_chunk(const moonlet_state *s, const moonlet_chunk *c,
                                  const moonlet_value *args, size_t count)
{
    assert_given(c);
    return call_proto(s, c->proto, args, count);
}

moonlet_result moonlet_load_chunk(const moonlet_state *s, const moonlet_chunk *c)
{
    return load_proto(s, c->proto, NULL);
}

/* What to do with a chunk once it is compiled. */
typedef enum Use { USE_RUN, USE_LOAD, USE_LOAD_NAMED } Use;

static moonlet_result use_source(const moonlet_state *s, const char *source, size_t length,
                                 const char *file, Use use)
{
    String *error, *name = api_source_name(source, length);
    int line;
    if (file) name = string_concat(string_from_c("@"), file, strlen(file));
    const Proto *p = api_compile(source, length, name, file != NULL, &error, &line);
    if (!p) return api_refuse_source(s, name, error, line);
    if (use == USE_RUN) return call_proto(s, p, NULL, 0);
    return load_proto(s, p, use == USE_LOAD_NAMED ? file : NULL);
}

static moonlet_result use_file(const moonlet_state *s, const char *path, Use use)
{
    size_t length;
    char *error, *source = api_read_file(path, &length, &error);
    if (!source) {
        moonlet_result r = api_refuse(s, MOONLET_ERROR_HOST, error);
        free(error);
        return r;
    }
    moonlet_result r = use_source(s, source, length, path, use);
    free(source);
    return r;
}

moonlet_result moonlet_do(const moonlet_state *s, const char *source)
{
    assert_given(source);
    return use_source(s, source, strlen(source), NULL, USE_RUN);
}

moonlet_result moonlet_load(const moonlet_state *s, const char *source)
{
    return use_source(s, source, strlen(source), NULL, USE_LOAD);
}

moonlet_result moonlet_dofile(const moonlet_state *s, const char *path)
{
    return use_file(s, path, USE_RUN);
}

moonlet_result moonlet_loadfile(const moonlet_state *s, const char *path)
{
    return use_file(s, path, USE_LOAD);
}

moonlet_result moonlet_path_loadfile(const moonlet_state *s, const char *path, const char *name)
{
    char *full = moonlet_find_file(path, name);
    if (!full) return api_refuse(s, MOONLET_ERROR_HOST, "file not found");
    moonlet_result r = use_file(s, full, USE_LOAD_NAMED);
    free(full);
    return r;
}
