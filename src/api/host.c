/* SPDX-License-Identifier: MIT */
#include "api/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/term.h"
#include "eval/world.h"

enum {
    ARGUMENTS_KEPT = 24, /* more are copied before the function may call */
    CALLS_MAX = 200      /* nested on the C stack, as in PUC Lua */
};

/* Calls in ------------------------------------------------------------------------------ */

static const moonlet_value *kept_arguments(const Value *a, int n)
{
    if (n <= ARGUMENTS_KEPT) return (const moonlet_value *)a;
    Value *copy = mem_alloc((size_t)n * sizeof *copy);
    memcpy(copy, a, (size_t)n * sizeof *copy);
    return (const moonlet_value *)copy;
}

static int call_terms(moonlet_context *c, const moonlet_value *args, size_t count)
{
    char *error = NULL;
    const moonlet_state *s = api_session(c->R)->from;
    moonlet_term *list = moonlet_term_list(0), *results = NULL;
    for (size_t i = 0; i < count && !error; i++) {
        moonlet_term *t = term_decode(c->R, s, value_in(args[i]), 0, &error);
        if (t) moonlet_term_add(list, t);
    }
    if (!error) results = c->function->term_call(c->function->user, list, &error);
    size_t n = moonlet_term_count(results);
    Value *values = mem_alloc((n + 1) * sizeof *values);
    for (size_t i = 0; i < n && !error; i++)
        values[i] = term_encode(c->R, moonlet_term_item(results, i), &error);
    moonlet_term_free(list);
    int answer;
    if (!results || error)
        answer = moonlet_fail(c, "%s", error ? error : "no results");
    else
        answer = moonlet_return(c, (moonlet_value *)values, n);
    moonlet_term_free(results);
    free(error);
    return answer;
}

static int enter(Run *R, const HostFunction *f, moonlet_function *call, Value data,
                 const moonlet_value *args, int n)
{
    moonlet_context c = {.R = R, .function = f, .data = data, .co = R->co, .live = &c};
#ifdef MOONLET_DEBUG
    c.thread = pthread_self();
#endif
    int code = call(&c, args, (size_t)n);
    c.live = NULL;
    moonlet_release(c.state);
    return code;
}

static const HostFunction *record_of(Value light)
{
    return ((Light *)value_pointer(light))->pointer;
}

static int host_call(Run *R, Value *a, int n)
{
    const HostFunction *f = record_of(((Native *)value_pointer(a[-1]))->upvalues[0]);
    return enter(R, f, f->call ? f->call : call_terms, V_NIL, kept_arguments(a, n), n);
}

static int host_continue(Run *R, Value *a, int n)
{
    const HostFunction *f = record_of(a[0]);
    Value *results = mem_alloc(((size_t)n + 1) * sizeof *results);
    if (n) memcpy(results, R->results, (size_t)n * sizeof *results);
    return enter(R, f, f->call, a[1], (moonlet_value *)results, n);
}

/* Making ------------------------------------------------------------------------------ */

Value host_pointer(const void *p) { return value_in(moonlet_pointer(p)); }

static Value record(moonlet_function *call, moonlet_term_call *term_call, void *user)
{
    HostFunction *f = mem_alloc(sizeof *f);
    *f = (HostFunction){call, term_call, user};
    return host_pointer(f);
}

static Value new_native(Run *R, const char *name, Value light)
{
    Native *f = run_new_native(R, host_call, name ? name : "?", 1);
    f->upvalues[0] = light;
    return value_object(f);
}

Value host_function(Run *R, const char *name, moonlet_function *call, void *user)
{
    return new_native(R, name, record(call, NULL, user));
}

Value host_entry(Run *R, const moonlet_entry *e)
{
    return new_native(R, e->name, record(e->call, e->term_call, e->user));
}

void host_register(Run *R, Table *t, const moonlet_entry *entries)
{
    for (; entries->name; entries++)
        run_set(R, t, new_c_string(entries->name), host_entry(R, entries));
}

/* Answers ----------------------------------------------------------------------------- */

int moonlet_return(moonlet_context *c, const moonlet_value *values, size_t count)
{
    assert_context(c);
    Run *R = c->R;
    if (count <= NATIVE_SLOTS / 2) {
        if (count) memmove(R->native, values, count * sizeof *values);
        return native_results(R, R->native, count);
    }
    Value *copy = mem_alloc(count * sizeof *copy);
    memcpy(copy, values, count * sizeof *copy);
    return native_results(R, copy, count);
}

int moonlet_return_one(moonlet_context *c, moonlet_value v) { return moonlet_return(c, &v, 1); }

static int host_error(moonlet_context *c)
{
    Session *S = api_session(c->R);
    S->by_host = true;
    S->host_error = c->R->error;
    return NATIVE_ERROR;
}

int moonlet_throw(moonlet_context *c, moonlet_value v)
{
    assert_context(c);
    c->R->error = value_in(v);
    return host_error(c);
}

int moonlet_fail(moonlet_context *c, const char *format, ...)
{
    assert_context(c);
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    const String *where = native_where(c->R, 1);
    c->R->error = string_value(string_concat(where, text, strlen(text)));
    return host_error(c);
}

int moonlet_bad_argument(moonlet_context *c, size_t i, const char *message)
{
    assert_context(c);
    native_arg_error(c->R, (int)i - 1, "%s", message);
    return host_error(c);
}

int moonlet_call_then(moonlet_context *c, moonlet_value function, const moonlet_value *args,
                      size_t count, moonlet_function *then, moonlet_value data)
{
    assert_context(c);
    enum { AT = 2 };
    Run *R = c->R;
    Value f = value_in(function), *copy = mem_alloc((count + 1) * sizeof *copy);
    if (count) memcpy(copy, args, count * sizeof *copy);
    Value *a = native_room(R, R->native, 0, AT + NATIVE_HEADER + count);
    if (!a) return native_stack_error(R, count, "stack overflow");
    a[0] = then ? record(then, NULL, c->function->user) : V_NIL;
    a[1] = value_in(data);
    a[AT + NATIVE_HEADER - 1] = f;
    if (count) memcpy(a + AT + NATIVE_HEADER, copy, count * sizeof *copy);
    return native_call(R, a, AT, (int)count, then ? host_continue : NULL);
}

/* The context ------------------------------------------------------------------------- */

void *moonlet_context_user(const moonlet_context *c) { return c->function->user; }

moonlet_value moonlet_context_data(const moonlet_context *c) { return value_out(c->data); }

const moonlet_state *moonlet_context_state(moonlet_context *c)
{
    assert_context(c);
    moonlet_release(c->state);
    const Config *config = api_session(c->R)->from->config;
    return c->state = handle_new(eval_snapshot(c->R), config);
}

int moonlet_return_state(moonlet_context *c, const moonlet_state *s,
                         const moonlet_value *values, size_t count)
{
    assert_context(c);
    Run *R = c->R;
    assert_live(s);
    if (R->boundary)
        return moonlet_fail(c, "attempt to change the state across a C-call boundary");
    if (s->state->paused != c->co)
        return moonlet_fail(c, "a state that did not come of this call's");
    run_load(R, s->state);
    R->native = eval_reenter(R);
    return moonlet_return(c, values, count);
}

moonlet_status moonlet_context_call(moonlet_context *c, moonlet_value function,
                                    const moonlet_value *args, size_t count,
                                    const moonlet_value **values, size_t *results)
{
    assert_context(c);
    Run *R = c->R;
    if (R->depth >= CALLS_MAX) R->error = new_c_string("C stack overflow");
    bool ok = R->depth < CALLS_MAX &&
              eval_call(R, value_in(function), (const Value *)args, count) == RUN_OK;
    const Value *from = ok ? R->results : &R->error;
    size_t n = ok ? R->result_count : 1;
    Value *copy = mem_alloc((n + 1) * sizeof *copy);
    if (n) memcpy(copy, from, n * sizeof *copy);
    if (!ok && !R->fatal) R->error = V_NIL;
    *values = (const moonlet_value *)copy;
    *results = n;
    return ok ? MOONLET_OK : MOONLET_FAILED;
}

moonlet_value moonlet_context_globals(moonlet_context *c)
{
    assert_context(c);
    return value_out(value_object(c->R->world->globals));
}

moonlet_value moonlet_context_new_function(moonlet_context *c, const char *name,
                                           moonlet_function *call, void *user)
{
    assert_context(c);
    return value_out(host_function(c->R, name, call, user));
}

moonlet_value moonlet_context_new_library(moonlet_context *c, const moonlet_entry *entries)
{
    assert_context(c);
    Table *t = run_new_table(c->R);
    host_register(c->R, t, entries);
    return value_out(value_object(t));
}

moonlet_value moonlet_context_new_table(moonlet_context *c)
{
    assert_context(c);
    return value_out(value_object(run_new_table(c->R)));
}

moonlet_value moonlet_context_get(moonlet_context *c, moonlet_value t, moonlet_value key)
{
    assert_context(c);
    if (!value_is_table(value_in(t))) return moonlet_nil();
    return value_out(run_get(c->R, value_pointer(value_in(t)), value_in(key)));
}

bool moonlet_context_set(moonlet_context *c, moonlet_value t, moonlet_value key,
                         moonlet_value v)
{
    assert_context(c);
    Value k = value_in(key);
    bool nan = value_is_number(k) && value_to_double(k) != value_to_double(k);
    if (!value_is_table(value_in(t)) || k == V_NIL || nan) return false;
    run_set(c->R, value_pointer(value_in(t)), k, value_in(v));
    return true;
}
