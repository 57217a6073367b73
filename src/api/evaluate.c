/* SPDX-License-Identifier: MIT */
/*
 * Running: a state in, a result out.
 *
 * Main invariant: the state that a run begins with stays as it is. What the run has come to is
 * another one.
 */
#include "api/api.h"

#include <stdlib.h>
#include <time.h>

#include "api/path.h"
#include "syntax/parser.h"

/* Results --------------------------------------------------------------------------- */

moonlet_value moonlet_result_value(const moonlet_result *r, size_t i)
{
    assert_given(r);
    return i < r->count ? r->values[i] : moonlet_nil();
}

moonlet_state *moonlet_next(moonlet_state *s, moonlet_result *r)
{
    if (s) assert_live(s);
    assert_given(r);
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
    HostRun S;
    api_begin(&S, s);
    assert_values(s, &function, 1);
    assert_values(s, args, count);
    return api_end(&S, eval_call(S.M, value_in(function), (const Value *)args, count));
}

moonlet_result moonlet_call_function(const moonlet_state *s, const char *path,
                                     const moonlet_value *args, size_t count)
{
    HostRun S;
    Value f;
    api_begin(&S, s);
    assert_given(path);
    assert_values(s, args, count);
    RunStatus status = path_get_callee(&S, path, NULL, &f);
    if (status == RUN_OK) status = eval_call(S.M, f, (const Value *)args, count);
    return api_end(&S, status);
}

moonlet_result moonlet_call_method(const moonlet_state *s, const char *path,
                                   const moonlet_value *args, size_t count)
{
    HostRun S;
    Value f, few[16], *all = few;
    api_begin(&S, s);
    assert_given(path);
    assert_values(s, args, count);
    if (count + 1 > sizeof few / sizeof *few) all = api_values(count);
    if (!all) return api_end_memory(&S);
    RunStatus status = path_get_callee(&S, path, &all[0], &f);
    if (count) memcpy(all + 1, args, count * sizeof *all);
    if (status == RUN_OK) status = eval_call(S.M, f, all, count + 1);
    return api_end(&S, status);
}

moonlet_result moonlet_resume(const moonlet_state *s)
{
    assert_live(s);
    if (!s->state->base->paused)
        return api_refuse(s, MOONLET_ERROR_HOST, "the state holds no paused program");
    HostRun S;
    api_begin_resumed(&S, s);
    return api_end(&S, eval_resume_paused(S.M));
}

/* Sources --------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* deadline: of compiling and running; 0: none but the run's own. */
static moonlet_result call_proto(const moonlet_state *s, const Proto *p,
                                 const moonlet_value *args, size_t count, uint64_t deadline)
{
    HostRun S;
    api_begin(&S, s);
    assert_values(s, args, count);
    if (deadline) eval_limit_time(S.M, deadline > now_ns() ? deadline - now_ns() : 1);
    Closure *f = native_closure(S.M, p, NULL);
    RunStatus status = eval_call(S.M, value_object(f), (const Value *)args, count);
    run_merge_globals(&S.M->run);
    return api_end(&S, status);
}

/* The function as value 0, and these more values. */
static moonlet_result load_proto(const moonlet_state *s, const Proto *p, const char *full_name)
{
    HostRun S;
    api_begin(&S, s);
    Value v[2] = {value_object(native_closure(S.M, p, NULL))};
    if (full_name) v[1] = new_c_string(full_name);
    return api_end_values(&S, v, full_name ? 2 : 1);
}

moonlet_result moonlet_call_chunk(const moonlet_state *s, const moonlet_chunk *c,
                                  const moonlet_value *args, size_t count)
{
    assert_given(c);
    return call_proto(s, c->proto, args, count, 0);
}

moonlet_result moonlet_load_chunk(const moonlet_state *s, const moonlet_chunk *c)
{
    assert_given(c);
    return load_proto(s, c->proto, NULL);
}

/* What to do with a chunk once it is compiled. */
typedef enum Use { USE_RUN, USE_LOAD, USE_LOAD_NAMED } Use;

/* A source is compiled under the limits on bytes and time of the state that it is for. Small
 * ones always may be. */
enum { SOURCE_BYTES_MIN = 1 << 20 };

typedef struct SourceLimits {
    uint64_t deadline; /* 0: none */
    bool late;
} SourceLimits;

static bool is_late(void *context)
{
    SourceLimits *l = context;
    return l->late = l->late || now_ns() > l->deadline;
}

static void nobody(void *context) { (void)context; }

static MemBound source_bound(uint64_t bytes)
{
    int64_t most = bytes < SOURCE_BYTES_MIN    ? SOURCE_BYTES_MIN
                   : bytes < MEM_UNBOUNDED / 2 ? (int64_t)bytes
                                               : MEM_UNBOUNDED / 2;
    int64_t end = mem_used() + most;
    return mem_bound_new(end < mem_bound.bytes_max ? end : mem_bound.bytes_max, nobody, NULL);
}

/* Answers NULL if it fails: *why says what is wrong, or *limit is what it has reached. */
static const Proto *compile_within(const moonlet_state *s, const char *source, size_t length,
                                   String *name, bool skip_shebang, SourceLimits *limits,
                                   ParseResult *why, moonlet_limit_kind *limit)
{
    static const moonlet_limits none;
    const moonlet_limits *l = s->config ? &s->config->limits : &none;
    MemBound outer = mem_bound;
    CompileLook look = compile_look;
    *limit = MOONLET_LIMIT_NONE;
    if (l->bytes) mem_bound = source_bound(l->bytes);
    if (l->nanoseconds && l->nanoseconds < UINT64_MAX - now_ns()) {
        limits->deadline = now_ns() + l->nanoseconds;
        compile_look = compile_look_new(is_late, limits, false);
    }
    const Proto *p = api_compile(source, length, name, skip_shebang, why);
    if (l->bytes && !mem_room() && !mem_short) *limit = MOONLET_LIMIT_BYTES;
    if (limits->late) *limit = MOONLET_LIMIT_TIME;
    compile_look = look;
    mem_bound = outer;
    return *limit ? NULL : p;
}

static moonlet_result use_source(const moonlet_state *s, const char *source, size_t length,
                                 const char *file, Use use)
{
    assert_live(s);
    String *name = api_source_name(source, length);
    ParseResult why;
    if (file) name = string_concat(string_from_c("@"), file, strlen(file));
    SourceLimits limits = {0};
    moonlet_limit_kind limit;
    const Proto *p =
        compile_within(s, source, length, name, file != NULL, &limits, &why, &limit);
    if (limit) {
        moonlet_result r = api_refuse(s, MOONLET_ERROR_LIMIT, moonlet_limit_text(limit));
        r.limit = limit;
        return r;
    }
    if (!p) return api_refuse_source(s, name, &why);
    if (use == USE_RUN) return call_proto(s, p, NULL, 0, limits.deadline);
    return load_proto(s, p, use == USE_LOAD_NAMED ? file : NULL);
}

static moonlet_result use_file(const moonlet_state *s, const char *path, Use use)
{
    assert_live(s);
    assert_given(path);
    size_t length;
    char *error, *source = api_read_file(path, &length, &error);
    if (!source) {
        moonlet_result r =
            error ? api_refuse(s, MOONLET_ERROR_HOST, error) : api_refuse_memory(s);
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
    assert_given(source);
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
    assert_live(s);
    assert_given(name);
    char *full = moonlet_find_file(path, name);
    if (!full) return api_refuse(s, MOONLET_ERROR_HOST, "file not found");
    moonlet_result r = use_file(s, full, USE_LOAD_NAMED);
    free(full);
    return r;
}
