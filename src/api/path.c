/* SPDX-License-Identifier: MIT */
/*
 * Getting and setting by paths of keys, "a.b[1]".
 *
 * Main invariant: no Lua code runs on the raw steps. When one needs a metamethod, a Lua
 * function makes all steps from the beginning, within the run's limits.
 */
#include "api/path.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>

#include "operate/cause.h"
#include "operate/error.h"
#include "operate/meta.h"
#include "operate/operate.h"
#include "value/number.h"

/* The Lua functions for paths with metamethods; a key is never nil. */
static const char get_source[] = "local function get(t, k, ...)\n"
                                 "if k == nil then return t end\n"
                                 "return get(t[k], ...) end\n"
                                 "return get(...)";
static const char set_source[] = "local function set(v, t, k, more, ...)\n"
                                 "if more == nil then t[k] = v return end\n"
                                 "return set(v, t[k], more, ...) end\n"
                                 "return set(...)";
static _Atomic(const Proto **) get_proto, set_proto; /* roots, when first needed */

/* Several threads may compile at once; what the first has is kept. Answers NULL where there is
 * no memory. */
static const Proto *compiled(_Atomic(const Proto **) *place, const char *source)
{
    const Proto **root = atomic_load(place), **none = NULL;
    if (root) return *root;
    ParseResult why;
    const Proto *p = api_compile(source, strlen(source), string_from_c("=path"), false, &why);
    if (!p) return NULL;
    root = mem_alloc_root(sizeof *root);
    *root = p;
    if (!atomic_compare_exchange_strong(place, &none, root)) mem_free_root(root);
    return p;
}

static RunStatus no_memory(HostRun *S);

static RunStatus call_proto(HostRun *S, const Proto *p, const Value *args, size_t count)
{
    if (!p) return no_memory(S);
    S->ran = true;
    Closure *f = native_closure(S->M, p, NULL);
    return eval_call(S->M, value_object(f), args, count);
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

static RunStatus index_error(HostRun *S, const Value *keys, size_t at, Value v)
{
    char path[512] = "", text[640];
    for (size_t i = 0; i < at; i++) add_key(path, sizeof path, keys[i]);
    if (at)
        snprintf(text, sizeof text, "attempt to index '%s' (a %s value)", path,
                 value_type_name(v));
    else
        snprintf(text, sizeof text, "attempt to index a %s value", value_type_name(v));
    error_raise(S->M, new_c_string(text));
    return RUN_ERROR;
}

static RunStatus fail(HostRun *S, const char *text)
{
    error_raise(S->M, new_c_string(text));
    return RUN_ERROR;
}

static RunStatus no_memory(HostRun *S)
{
    error_set_memory(S->M);
    return RUN_ERROR;
}

static RunStatus lookup_text(HostRun *S, Lookup l, const Value *keys, size_t at, Value v)
{
    switch (l) {
    case LOOKUP_LOOP: return fail(S, "loop in a metatable's chain");
    case LOOKUP_KEY_NIL: return fail(S, "table index is nil");
    case LOOKUP_KEY_NAN: return fail(S, "table index is NaN");
    case LOOKUP_FROZEN: return fail(S, FROZEN_TEXT);
    default: return index_error(S, keys, at, v);
    }
}

/* What a lookup that was no success means. */
static RunStatus lookup_error(HostRun *S, Lookup l, const Value *keys, size_t at, Value v)
{
    RunStatus status = lookup_text(S, l, keys, at, v);
    if (l != LOOKUP_LOOP) cause_set(S->M, CAUSE_INDEX, "", (Value[]){v, keys[at]}, 2);
    return status;
}

/* Steps ------------------------------------------------------------------------------- */

/* Makes the steps that need no call: gives how many, with *v what they lead to. */
static size_t raw_steps(HostRun *S, Value *v, const Value *keys, size_t count, Lookup *l)
{
    *l = LOOKUP_DONE;
    for (size_t i = 0; i < count; i++) {
        Value object = *v, found = V_NIL;
        *l = operate_index(S->M, &object, keys[i], &found);
        if (*l != LOOKUP_DONE) return i;
        *v = found;
    }
    return count;
}

static Value *arguments(const Value *keys, size_t count, Value a, Value b, size_t *n)
{
    Value *args = api_values(count + 1);
    if (!args) return NULL;
    args[0] = a;
    args[1] = b;
    memcpy(args + 2, keys, count * sizeof *args);
    *n = count + 2;
    return args;
}

/* Goes on from a value to which the first keys, `before`, have led. */
static RunStatus get_rest(HostRun *S, Value from, const Value *keys, size_t before,
                          size_t count, Value *out)
{
    Lookup l;
    *out = from;
    size_t n, done = before + raw_steps(S, out, keys + before, count - before, &l);
    if (done == count) return RUN_OK;
    if (l != LOOKUP_CALL) return lookup_error(S, l, keys, done, *out);
    Value *args = arguments(keys + done, count - done, V_NIL, *out, &n);
    if (!args) return no_memory(S);
    RunStatus status = call_proto(S, compiled(&get_proto, get_source), args + 1, n - 1);
    *out = status == RUN_OK && S->M->result_count ? S->M->results[0] : V_NIL;
    return status;
}

static RunStatus path_get_keys(HostRun *S, Value from, const Value *keys, size_t count,
                               Value *out)
{
    return get_rest(S, from, keys, 0, count, out);
}

static RunStatus path_set_keys(HostRun *S, Value from, const Value *keys, size_t count, Value v)
{
    assert(count > 0 && "a path has keys");
    Lookup l;
    Value at = from, handler = V_NIL;
    size_t n, done = raw_steps(S, &at, keys, count - 1, &l);
    if (done == count - 1) {
        Value object = at;
        l = operate_store(S->M, &object, keys[done], v, &handler);
        if (l == LOOKUP_DONE) return RUN_OK;
    }
    if (l != LOOKUP_CALL) return lookup_error(S, l, keys, done, at);
    Value *args = arguments(keys + done, count - done, v, at, &n);
    if (!args) return no_memory(S);
    return call_proto(S, compiled(&set_proto, set_source), args, n);
}

/* Paths ------------------------------------------------------------------------------- */

typedef String *Maker(const char *bytes, size_t length);

static bool all_digits(const char *text, size_t length)
{
    while (length && text[length - 1] >= '0' && text[length - 1] <= '9') length--;
    return !length;
}

/* What stands there up to the next '.' or '['. */
static const char *read_name(const char *at, Value *key, Maker *make)
{
    size_t length = strcspn(at, ".[");
    double number;
    if (!length) return NULL;
    if (all_digits(at, length) && number_parse(at, length, &number))
        *key = value_number(number);
    else
        *key = string_value(make(at, length));
    return at + length;
}

/* [number], ["text"] or ['text']. */
static const char *read_subscript(const char *at, Value *key, Maker *make)
{
    char quote = *++at;
    bool quoted = quote == '"' || quote == '\'';
    const char *end = strchr(at + quoted, quoted ? quote : ']');
    double number;
    if (!end || (quoted && end[1] != ']')) return NULL;
    if (quoted)
        *key = string_value(make(at + 1, (size_t)(end - at - 1)));
    else if (number_parse(at, (size_t)(end - at), &number))
        *key = value_number(number);
    else
        return NULL;
    return end + 1 + quoted;
}

enum { SURE_NAMES = 100 };

/* A path of many names ends where there is no memory, as no poll is between them; one of few is
 * always read: it may be one that a sandbox denies. */
static Value *read_path(const char *path, size_t *count, Maker *make)
{
    size_t most = 1;
    for (const char *p = path; *p; p++) most += *p == '.' || *p == '[';
    Value *keys = api_values(most);
    if (!keys) return NULL;
    const char *at = path;
    for (*count = 0; at && *at; ++*count) {
        if (mem_short && *count >= SURE_NAMES) {
            at = NULL;
        } else if (*at == '[') {
            at = read_subscript(at, &keys[*count], make);
        } else if (at == path || *at == '.') {
            at = read_name(at + (at != path), &keys[*count], make);
        } else {
            at = NULL;
        }
    }
    if (at) return keys;
    *count = 0;
    return NULL;
}

Value *path_keys(const char *path, size_t *count)
{
    return read_path(path, count, string_intern);
}

/* The keys to look up. They are not interned: that takes a lock, which no evaluation shall. */
static Value *lookup_keys(const char *path, size_t *count)
{
    return read_path(path, count, string_new);
}

/* An error that is the host's own. */
static RunStatus refuse(HostRun *S, const char *text)
{
    error_raise(S->M, new_c_string(text));
    S->M->raised = RAISED_BY_HOST;
    return RUN_ERROR;
}

static RunStatus malformed(HostRun *S, const char *path)
{
    char text[256];
    if (mem_short) return no_memory(S);
    snprintf(text, sizeof text, "malformed path '%s'", path);
    return refuse(S, text);
}

RunStatus path_get(HostRun *S, const char *path, Value *out)
{
    size_t count;
    Value *keys = lookup_keys(path, &count);
    if (!keys) return malformed(S, path);
    return path_get_keys(S, value_object(S->M->run.world->globals), keys, count, out);
}

RunStatus path_set(HostRun *S, const char *path, Value v)
{
    size_t count;
    Value *keys = path_keys(path, &count);
    if (!keys) return malformed(S, path);
    if (!count) return refuse(S, "no keys to set");
    return path_set_keys(S, value_object(S->M->run.world->globals), keys, count, v);
}

static bool is_callable(Machine *M, Value v)
{
    return value_is_function(v) || meta_of(M, v, META_CALL) != V_NIL;
}

RunStatus path_get_callee(HostRun *S, const char *path, Value *owner, Value *out)
{
    size_t count;
    char text[512];
    Value *keys = lookup_keys(path, &count), at = value_object(S->M->run.world->globals);
    if (!keys) return malformed(S, path);
    if (owner && !count) return refuse(S, "an empty path has no method");
    size_t before = owner ? count - 1 : 0;
    RunStatus status = path_get_keys(S, at, keys, before, &at);
    if (status == RUN_OK && owner) *owner = at;
    if (status == RUN_OK) status = get_rest(S, at, keys, before, count, out);
    if (status != RUN_OK || !count || is_callable(S->M, *out)) return status;
    snprintf(text, sizeof text, "attempt to call %s '%.400s' (a %s value)",
             owner       ? "method"
             : count > 1 ? "field"
                         : "global",
             path, value_type_name(*out));
    return fail(S, text);
}

/* The public functions ---------------------------------------------------------------- */

static moonlet_result got(HostRun *S, RunStatus status, Value v)
{
    if (status != RUN_OK) return api_end(S, status);
    if (S->ran) return api_end_values(S, &v, 1);
    api_drop(S);
    return api_answer(S->from, &v, 1);
}

moonlet_result moonlet_get_keys(const moonlet_state *s, moonlet_value from,
                                const moonlet_value *keys, size_t count)
{
    HostRun S;
    Value out = V_NIL;
    api_begin(&S, s);
    assert_values(s, &from, 1);
    assert_values(s, keys, count);
    RunStatus status = path_get_keys(&S, value_in(from), (const Value *)keys, count, &out);
    return got(&S, status, out);
}

moonlet_result moonlet_get(const moonlet_state *s, const char *path)
{
    HostRun S;
    Value out = V_NIL;
    api_begin(&S, s);
    assert_given(path);
    RunStatus status = path_get(&S, path, &out);
    return got(&S, status, out);
}

moonlet_result moonlet_set_keys(const moonlet_state *s, moonlet_value from,
                                const moonlet_value *keys, size_t count, moonlet_value v)
{
    if (!count) return api_refuse(s, MOONLET_ERROR_HOST, "no keys to set");
    HostRun S;
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
    HostRun S;
    api_begin(&S, s);
    assert_given(path);
    assert_values(s, &v, 1);
    RunStatus status = path_set(&S, path, value_in(v));
    return status == RUN_OK ? api_end_values(&S, NULL, 0) : api_end(&S, status);
}

static bool is_key(Value v)
{
    return v != V_NIL && (!value_is_number(v) || value_to_double(v) == value_to_double(v));
}

moonlet_result moonlet_new_table(const moonlet_state *s, const moonlet_value *pairs,
                                 size_t count)
{
    HostRun S;
    api_begin(&S, s);
    assert_values(s, pairs, 2 * count);
    Table *t = run_new_table(&S.M->run);
    for (size_t i = 0; i < count; i++) {
        if (!is_key(value_in(pairs[2 * i])))
            return api_end_error(&S, MOONLET_ERROR_HOST, "a key is nil or NaN");
        run_set(&S.M->run, t, value_in(pairs[2 * i]), value_in(pairs[2 * i + 1]));
    }
    return api_end_values(&S, (Value[]){value_object(t)}, 1);
}

moonlet_value moonlet_globals(const moonlet_state *s)
{
    assert_live(s);
    return value_out(value_object(s->state->base->world->globals));
}

moonlet_value moonlet_global(const moonlet_state *s, const char *name)
{
    assert_given(name);
    assert_live(s);
    Machine *M = machine_begin(s->state);
    Value v = run_get_field(&M->run, M->run.world->globals, name);
    machine_end(M);
    return value_out(v);
}

/* Private data ------------------------------------------------------------------------ */

moonlet_state *moonlet_put_private(const moonlet_state *s, const char *name, moonlet_value v)
{
    assert_live(s);
    assert_given(name);
    assert_values(s, &v, 1);
    Machine *M = machine_begin(s->state);
    run_set(&M->run, run_hidden_table(&M->run), new_c_string(name), value_in(v));
    State *state = machine_snapshot(M);
    state_set_paused(state, s->state->base->paused);
    machine_end(M);
    return handle_new(state, s->config);
}

moonlet_state *moonlet_delete_private(const moonlet_state *s, const char *name)
{
    return moonlet_put_private(s, name, moonlet_nil());
}

moonlet_value moonlet_get_private(const moonlet_state *s, const char *name)
{
    assert_given(name);
    assert_live(s);
    const Table *t = s->state->base->world->hidden;
    if (!t) return moonlet_nil();
    Machine *M = machine_begin(s->state);
    Value v = run_get_field(&M->run, t, name);
    machine_end(M);
    return value_out(v);
}
