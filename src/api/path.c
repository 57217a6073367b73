/* SPDX-License-Identifier: MIT */
#include "api/path.h"

#include <pthread.h>
#include <stdio.h>

#include "eval/operate.h"

/* The Lua functions for paths with metamethods; a key is never nil. */
static const char get_source[] = "local function get(t, k, ...)\n"
                                 "if k == nil then return t end\n"
                                 "return get(t[k], ...) end\n"
                                 "return get(...)";
static const char set_source[] = "local function set(v, t, k, more, ...)\n"
                                 "if more == nil then t[k] = v return end\n"
                                 "return set(v, t[k], more, ...) end\n"
                                 "return set(...)";
static const Proto *get_proto, *set_proto;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const Proto *compile(const char *source)
{
    String *error;
    int line;
    const Proto **root = mem_alloc_root(sizeof *root);
    *root = api_compile(source, strlen(source), string_from_c("=path"), false, &error, &line);
    return *root;
}

static void compile_both(void)
{
    get_proto = compile(get_source);
    set_proto = compile(set_source);
}

static RunStatus call_proto(Session *S, const Proto *const *p, const Value *args, size_t count)
{
    pthread_once(&once, compile_both);
    S->ran = true;
    Closure *f = link_closure(S->R, *p, NULL);
    return eval_call(S->R, value_object(f), args, count);
}

/* Errors ----------------------------------------------------------------------------- */

static void add_key(char *text, size_t size, Value key)
{
    char part[64];
    size_t used = strlen(text);
    moonlet_to_text(value_out(key), part, sizeof part);
    snprintf(text + used, size - used, value_is_string(key) ? "%s%s" : "%s[%s]",
             value_is_string(key) && used ? "." : "", part);
}

static RunStatus index_error(Session *S, const Value *keys, size_t at, Value v)
{
    char path[512] = "", text[640];
    for (size_t i = 0; i < at; i++) add_key(path, sizeof path, keys[i]);
    if (at)
        snprintf(text, sizeof text, "attempt to index '%s' (a %s value)", path,
                 value_type_name(v));
    else
        snprintf(text, sizeof text, "attempt to index a %s value", value_type_name(v));
    S->R->error = new_c_string(text);
    return RUN_ERROR;
}

static RunStatus fail(Session *S, const char *text)
{
    S->R->error = new_c_string(text);
    return RUN_ERROR;
}

/* What a lookup that was no success means. */
static RunStatus lookup_error(Session *S, Lookup l, const Value *keys, size_t at, Value v)
{
    switch (l) {
    case LOOKUP_LOOP: return fail(S, "loop in a metatable's chain");
    case LOOKUP_KEY_NIL: return fail(S, "table index is nil");
    case LOOKUP_KEY_NAN: return fail(S, "table index is NaN");
    default: return index_error(S, keys, at, v);
    }
}

/* Steps ------------------------------------------------------------------------------- */

/* Makes the steps that need no call: gives how many, with *v what they lead to. */
static size_t raw_steps(Session *S, Value *v, const Value *keys, size_t count, Lookup *l)
{
    *l = LOOKUP_DONE;
    for (size_t i = 0; i < count; i++) {
        Value object = *v, found = V_NIL;
        *l = operate_index(S->R, &object, keys[i], &found);
        if (*l != LOOKUP_DONE) return i;
        *v = found;
    }
    return count;
}

static Value *arguments(const Value *keys, size_t count, Value a, Value b, size_t *n)
{
    Value *args = mem_alloc((count + 2) * sizeof *args);
    args[0] = a;
    args[1] = b;
    memcpy(args + 2, keys, count * sizeof *args);
    *n = count + 2;
    return args;
}

RunStatus path_get_keys(Session *S, Value from, const Value *keys, size_t count, Value *out)
{
    Lookup l;
    *out = from;
    size_t n, done = raw_steps(S, out, keys, count, &l);
    if (done == count) return RUN_OK;
    if (l != LOOKUP_CALL) return lookup_error(S, l, keys, done, *out);
    Value *args = arguments(keys + done, count - done, V_NIL, *out, &n);
    RunStatus status = call_proto(S, &get_proto, args + 1, n - 1);
    *out = status == RUN_OK && S->R->result_count ? S->R->results[0] : V_NIL;
    return status;
}

RunStatus path_set_keys(Session *S, Value from, const Value *keys, size_t count, Value v)
{
    Lookup l;
    Value at = from, handler = V_NIL;
    size_t n, done = raw_steps(S, &at, keys, count - 1, &l);
    if (done == count - 1) {
        Value object = at;
        l = operate_store(S->R, &object, keys[done], v, &handler);
        if (l == LOOKUP_DONE) return RUN_OK;
    }
    if (l != LOOKUP_CALL) return lookup_error(S, l, keys, done, at);
    Value *args = arguments(keys + done, count - done, v, at, &n);
    return call_proto(S, &set_proto, args, n);
}

static Value *split(const char *path, size_t *count,
                    String *make(const char *bytes, size_t length))
{
    size_t n = *path != 0;
    for (const char *p = path; *p; p++) n += *p == '.';
    Value *keys = mem_alloc((n + 1) * sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        size_t length = strcspn(path, ".");
        keys[i] = string_value(make(path, length));
        path += length + 1;
    }
    *count = n;
    return keys;
}

Value *path_keys(const char *path, size_t *count) { return split(path, count, string_intern); }

/* To look up: interning takes a lock, which no evaluation shall. */
static Value *lookup_keys(const char *path, size_t *count)
{
    return split(path, count, string_new);
}

RunStatus path_get(Session *S, const char *path, Value *owner, Value *out)
{
    size_t count;
    Value globals = value_object(S->R->world->globals), *keys = lookup_keys(path, &count), at;
    if (!owner) return path_get_keys(S, globals, keys, count, out);
    if (!count) return fail(S, "an empty path has no method");
    RunStatus status = path_get_keys(S, globals, keys, count - 1, owner);
    if (status != RUN_OK) return status;
    at = *owner;
    return path_get_keys(S, at, keys + count - 1, 1, out);
}

/* The public functions ---------------------------------------------------------------- */

moonlet_result moonlet_get_keys(const moonlet_state *s, moonlet_value from,
                                const moonlet_value *keys, size_t count)
{
    Session S;
    Value out;
    api_begin(&S, s);
    assert_values(s, &from, 1);
    assert_values(s, keys, count);
    RunStatus status = path_get_keys(&S, value_in(from), (const Value *)keys, count, &out);
    if (status != RUN_OK) return api_end(&S, status);
    if (S.ran) return api_end_values(&S, &out, 1);
    api_drop(&S);
    return api_answer(s, &out, 1);
}

moonlet_result moonlet_get(const moonlet_state *s, const char *path)
{
    size_t count;
    Value *keys = lookup_keys(path, &count);
    return moonlet_get_keys(s, moonlet_globals(s), (moonlet_value *)keys, count);
}

moonlet_result moonlet_set_keys(const moonlet_state *s, moonlet_value from,
                                const moonlet_value *keys, size_t count, moonlet_value v)
{
    if (!count) return api_refuse(s, MOONLET_ERROR_HOST, "no keys to set");
    Session S;
    api_begin(&S, s);
    assert_values(s, &from, 1);
    assert_values(s, keys, count);
    assert_values(s, &v, 1);
    RunStatus status =
        path_set_keys(&S, value_in(from), (const Value *)keys, count, value_in(v));
    return status == RUN_OK ? api_end_values(&S, NULL, 0) : api_end(&S, status);
}

moonlet_result moonlet_set(const moonlet_state *s, const char *path, moonlet_value v)
{
    size_t count;
    Value *keys = path_keys(path, &count);
    return moonlet_set_keys(s, moonlet_globals(s), (moonlet_value *)keys, count, v);
}

static bool is_key(Value v)
{
    return v != V_NIL && (!value_is_number(v) || value_to_double(v) == value_to_double(v));
}

moonlet_result moonlet_new_table(const moonlet_state *s, const moonlet_value *pairs,
                                 size_t count)
{
    Session S;
    api_begin(&S, s);
    assert_values(s, pairs, 2 * count);
    Table *t = run_new_table(S.R);
    for (size_t i = 0; i < count; i++) {
        if (!is_key(value_in(pairs[2 * i])))
            return api_end_error(&S, MOONLET_ERROR_HOST, "a key is nil or NaN");
        run_set(S.R, t, value_in(pairs[2 * i]), value_in(pairs[2 * i + 1]));
    }
    return api_end_values(&S, (Value[]){value_object(t)}, 1);
}

moonlet_value moonlet_globals(const moonlet_state *s)
{
    assert_live(s);
    return value_out(value_object(s->state->world->globals));
}

moonlet_value moonlet_global(const moonlet_state *s, const char *name)
{
    assert_live(s);
    Run *R = run_begin(s->state);
    Value v = run_get_field(R, R->world->globals, name);
    run_end(R);
    return value_out(v);
}

/* Private data ------------------------------------------------------------------------ */

moonlet_state *moonlet_put_private(const moonlet_state *s, const char *name, moonlet_value v)
{
    assert_live(s);
    assert_given(name);
    assert_values(s, &v, 1);
    Run *R = run_begin(s->state);
    run_set(R, run_hidden_table(R), new_c_string(name), value_in(v));
    State *state = run_snapshot(R);
    state->paused = s->state->paused;
    run_end(R);
    return handle_new(state, s->config);
}

moonlet_state *moonlet_delete_private(const moonlet_state *s, const char *name)
{
    return moonlet_put_private(s, name, moonlet_nil());
}

moonlet_value moonlet_get_private(const moonlet_state *s, const char *name)
{
    assert_live(s);
    const Table *t = s->state->world->hidden;
    if (!t) return moonlet_nil();
    Run *R = run_begin(s->state);
    Value v = run_get_field(R, t, name);
    run_end(R);
    return value_out(v);
}
