/* SPDX-License-Identifier: MIT */
/*
 * Functions and userdata of the host, as programs and images see them.
 *
 * Main invariant: a context given to a host function is good until that function returns. What
 * it has handed in is pinned for the run.
 */
#include "api/host/host.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/terms/term.h"
#include "operate/error.h"

enum {
    ARGUMENTS_KEPT = 24, /* more are copied before the function may call */
};

/* Calls in ------------------------------------------------------------------------------ */

static const moonlet_value *kept_arguments(const Value *a, int n)
{
    if (n <= ARGUMENTS_KEPT) return (const moonlet_value *)a;
    Value *copy = api_values((size_t)n);
    if (!copy) return NULL;
    memcpy(copy, a, (size_t)n * sizeof *copy);
    return (const moonlet_value *)copy;
}

/* Terms may take what a whole run may, so that it does not depend on what this one has done
 * whether they are made, and it pays for them. */
static moonlet_term *decode_arguments(moonlet_context *c, const moonlet_value *args,
                                      size_t count, Decoding *d, NativeWalk *w)
{
    Machine *M = c->M;
    const moonlet_state *s = api_host_run(M)->from;
    *d = term_decoding(s);
    *w = native_walk(M);
    if (w->walk.deadline < d->walk.deadline) d->walk.deadline = w->walk.deadline;
    moonlet_term *list = term_decode_list(M, s, (const Value *)args, count, d);
    mem_count(d->walk.bytes < d->walk.bytes_max ? d->walk.bytes : d->walk.bytes_max);
    native_charge_values(M, d->walk.nodes);
    return list;
}

static int call_terms(moonlet_context *c, const moonlet_value *args, size_t count)
{
    Decoding d;
    NativeWalk w;
    moonlet_term *list = decode_arguments(c, args, count, &d, &w), *results = NULL;
    char *error = d.error;
    if (!list && (d.walk.end == WALK_TIME || d.walk.end == WALK_STOPPED)) {
        free(error);
        return native_walk_ended(c->M, &w);
    }
    if (list) results = c->function->term_call(c->function->user, list, &error);
    const char *refused = NULL;
    Value *values = results && !error ? term_encode_items(c->M, results, &refused) : NULL;
    moonlet_term_free(list);
    int answer;
    if (values)
        answer = moonlet_return(c, (moonlet_value *)values, moonlet_term_count(results));
    else
        answer = moonlet_fail(c, "%s", error ? error : refused ? refused : "no results");
    moonlet_term_free(results);
    free(error);
    return answer;
}

static int enter(Machine *M, const HostFunction *f, moonlet_function *call, Value data,
                 const moonlet_value *args, int n)
{
    moonlet_context c = {.M = M, .function = f, .data = data, .co = M->run.co, .live = &c};
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

static int host_call(Machine *M, Value *a, int n)
{
    const HostFunction *f = record_of(frame_native(a)->upvalues[0]);
    if (__builtin_expect(M->outside && f->looks_outside, 0))
        return host_record_call(M, f, a, n);
    return host_enter(M, f, a, n);
}

int host_enter(Machine *M, const HostFunction *f, Value *a, int n)
{
    const moonlet_value *args = kept_arguments(a, n);
    if (!args) return native_memory_error(M);
    return enter(M, f, f->call ? f->call : call_terms, V_NIL, args, n);
}

static int host_continue(Machine *M, Value *a, int n)
{
    const HostFunction *f = record_of(a[0]);
    Value *results = api_values((size_t)n);
    if (!results) return native_memory_error(M);
    if (n) memcpy(results, M->results, (size_t)n * sizeof *results);
    return enter(M, f, f->call, a[1], (moonlet_value *)results, n);
}

/* Making ------------------------------------------------------------------------------ */

Value host_pointer(const void *p) { return value_in(moonlet_pointer(p)); }

static Value record_light(const HostFunction *f)
{
    Value light = host_pointer(f);
    ((Light *)value_pointer(light))->h.flags = LIGHT_RECORD;
    return light;
}

static Value record(moonlet_function *call, moonlet_term_call *term_call, void *user,
                    const char *name)
{
    HostFunction *f = mem_alloc(sizeof *f);
    *f = (HostFunction){call, term_call, user, name, false};
    return record_light(f);
}

static Value record_entry(const moonlet_entry *e, const char *name)
{
    HostFunction *f = mem_alloc(sizeof *f);
    *f = (HostFunction){e->call, e->term_call, e->user, name, e->looks_outside};
    return record_light(f);
}

const HostFunction *host_new_record(const moonlet_entry *e, const char *name)
{
    return record_of(record_entry(e, name));
}

/* "path.name", in collected memory; the name itself if there is no path. */
static const char *full_name(const char *path, const char *name)
{
    if (!*path) return name;
    size_t size = strlen(path) + strlen(name) + 2;
    char *full = mem_alloc_atomic(size);
    snprintf(full, size, "%s.%s", path, name);
    return full;
}

static Value new_native(Machine *M, const char *name, Value light)
{
    Native *f = run_new_native(&M->run, host_call, name ? name : "?", 1);
    f->upvalues[0] = light;
    return value_object(f);
}

Native *host_native(Machine *M, const char *name, const HostFunction *record, uint32_t captured)
{
    Native *f = run_new_native(&M->run, host_call, name ? name : "?", 1 + (int)captured);
    f->upvalues[0] = record_light(record);
    for (uint32_t i = 1; i <= captured; i++) f->upvalues[i] = V_NIL;
    return f;
}

Value *host_captured(Native *f, uint32_t *count)
{
    if (f->fn != host_call || f->count == 1) return NULL;
    *count = f->count - 1;
    return f->upvalues + 1;
}

Value host_function(Machine *M, const char *name, moonlet_function *call, void *user)
{
    return new_native(M, name, record(call, NULL, user, name));
}

/* The value of an entry of a library. The path is that of the table in which the entry is, and
 * may be "". */
static Value host_entry(Machine *M, const moonlet_entry *e, const char *path)
{
    const char *name = full_name(path, e->name);
    return new_native(M, e->name, record_entry(e, name));
}

const HostFunction *host_record(const Native *f)
{
    return f->fn == host_call ? record_of(f->upvalues[0]) : NULL;
}

NativeCont *const host_continuation = host_continue;

void host_register(Machine *M, Table *t, const moonlet_entry *entries, const char *path)
{
    for (; entries->name; entries++)
        run_set(&M->run, t, new_c_string(entries->name), host_entry(M, entries, path));
}

/* Answers ----------------------------------------------------------------------------- */

int moonlet_return(moonlet_context *c, const moonlet_value *values, size_t count)
{
    assert_context(c);
    assert_array(values, count);
    Machine *M = c->M;
    if (count <= NATIVE_SLOTS / 2) {
        if (count) memmove(M->native, values, count * sizeof *values);
        return native_results(M, M->native, count);
    }
    Value *copy = api_values(count);
    if (!copy) return native_memory_error(M);
    memcpy(copy, values, count * sizeof *copy);
    return native_results(M, copy, count);
}

int moonlet_return_one(moonlet_context *c, moonlet_value v) { return moonlet_return(c, &v, 1); }

static int host_error(moonlet_context *c)
{
    c->M->raised = RAISED_BY_HOST;
    return NATIVE_ERROR;
}

int moonlet_throw(moonlet_context *c, moonlet_value v)
{
    assert_context(c);
    error_raise(c->M, value_in(v));
    return host_error(c);
}

int moonlet_fail(moonlet_context *c, const char *format, ...)
{
    assert_context(c);
    assert_given(format);
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    const String *where = native_where(c->M, 1);
    error_raise(c->M, string_value(string_concat(where, text, strlen(text))));
    return host_error(c);
}

int moonlet_bad_argument(moonlet_context *c, size_t i, const char *message)
{
    assert_context(c);
    assert_given(message);
    int at = i < INT_MAX ? (int)i : INT_MAX;
    native_arg_error(c->M, NULL, 0, at - 1, "%s", message);
    return host_error(c);
}

int moonlet_call_then(moonlet_context *c, moonlet_value function, const moonlet_value *args,
                      size_t count, moonlet_function *then, moonlet_value data)
{
    assert_context(c);
    assert_array(args, count);
    enum { AT = 2 };
    Machine *M = c->M;
    Value f = value_in(function), *copy = api_values(count);
    if (!copy) return native_memory_error(M);
    if (count) memcpy(copy, args, count * sizeof *copy);
    Value *a = native_room(M, M->native, 0, AT + NATIVE_HEADER + count);
    if (!a) return native_stack_error(M, count, "stack overflow");
    a[0] = then ? record(then, NULL, c->function->user, NULL) : V_NIL;
    a[1] = value_in(data);
    a[AT + NATIVE_HEADER - 1] = f;
    if (count) memcpy(a + AT + NATIVE_HEADER, copy, count * sizeof *copy);
    return native_call(M, a, AT, (int)count, then ? host_continue : NULL);
}

int moonlet_pause(moonlet_context *c)
{
    assert_context(c);
    return NATIVE_PAUSE;
}

/* The context ------------------------------------------------------------------------- */

void *moonlet_context_user(const moonlet_context *c)
{
    assert_context(c);
    return c->function->user;
}

void *moonlet_context_run_user(moonlet_context *c)
{
    assert_context(c);
    return moonlet_user(api_host_run(c->M)->from);
}

moonlet_value moonlet_context_data(const moonlet_context *c)
{
    assert_context(c);
    return value_out(c->data);
}

/* The frames of a state's paused program. No two snapshots share them, and what runs beside a
 * paused program leaves them where they are: so they tell where it came from. */
static const Segment *paused_frames(const State *s)
{
    if (!s->base->paused) return NULL;
    if (state_is_running(s)) return state_frames(s);
    Machine *M = machine_begin(s);
    const Segment *frames = heap_coroutine(&M->run, s->base->paused)->segment;
    machine_end(M);
    return frames;
}

static void note_given(moonlet_context *c, const State *s)
{
    if (c->given_count == c->given_size) {
        c->given_size = c->given_size ? 2 * c->given_size : 2;
        const Segment **more = mem_alloc(c->given_size * sizeof *more);
        if (c->given_count) memcpy(more, c->given, c->given_count * sizeof *more);
        c->given = more;
    }
    c->given[c->given_count++] = paused_frames(s);
}

/* Whether a state came of one that the context has given, and is paused where that was. */
static bool has_given(const moonlet_context *c, const State *s)
{
    if (s->base->paused != c->co) return false;
    const Segment *frames = paused_frames(s);
    for (size_t i = c->given_count; i > 0; i--)
        if (c->given[i - 1] == frames) return true;
    return false;
}

const moonlet_state *moonlet_context_state(moonlet_context *c)
{
    assert_context(c);
    moonlet_release(c->state);
    const Config *config = api_host_run(c->M)->from->config;
    c->state = handle_new(eval_snapshot(c->M), config);
    note_given(c, c->state->state);
    return c->state;
}

int moonlet_return_state(moonlet_context *c, const moonlet_state *s,
                         const moonlet_value *values, size_t count)
{
    assert_context(c);
    assert_array(values, count);
    Machine *M = c->M;
    assert_live(s);
    if (M->boundary)
        return moonlet_fail(c, "attempt to change the state across a C-call boundary");
    if (!has_given(c, s->state))
        return moonlet_fail(c, "a state that did not come of this call's");
    machine_load(M, s->state);
    M->native = eval_reenter(M);
    return moonlet_return(c, values, count);
}

moonlet_status moonlet_context_call(moonlet_context *c, moonlet_value function,
                                    const moonlet_value *args, size_t count,
                                    const moonlet_value **values, size_t *results)
{
    assert_context(c);
    assert_array(args, count);
    assert_given(values);
    assert_given(results);
    Machine *M = c->M;
    bool ok = eval_call(M, value_in(function), (const Value *)args, count) == RUN_OK;
    const Value *from = ok ? M->results : &M->error;
    size_t n = ok ? M->result_count : 1;
    Value *copy = api_values(n);
    if (!copy) {
        error_set_memory(M);
        copy = api_values(n = 1);
        ok = false;
        from = &M->error;
    }
    if (n) memcpy(copy, from, n * sizeof *copy);
    if (!ok && !M->fatal) M->error = V_NIL;
    *values = (const moonlet_value *)copy;
    *results = n;
    return ok ? MOONLET_OK : MOONLET_FAILED;
}

moonlet_value moonlet_context_globals(moonlet_context *c)
{
    assert_context(c);
    return value_out(value_object(c->M->run.world->globals));
}

moonlet_value moonlet_context_new_function(moonlet_context *c, const char *name,
                                           moonlet_function *call, void *user)
{
    assert_context(c);
    assert_given(name);
    assert_given(call);
    return value_out(host_function(c->M, name, call, user));
}

moonlet_value moonlet_context_new_library(moonlet_context *c, const moonlet_entry *entries)
{
    assert_context(c);
    assert_given(entries);
    Table *t = run_new_table(&c->M->run);
    host_register(c->M, t, entries, "");
    return value_out(value_object(t));
}

moonlet_value moonlet_context_new_table(moonlet_context *c)
{
    assert_context(c);
    return value_out(value_object(run_new_table(&c->M->run)));
}

moonlet_value moonlet_context_get(moonlet_context *c, moonlet_value t, moonlet_value key)
{
    assert_context(c);
    if (!value_is_table(value_in(t))) return moonlet_nil();
    return value_out(run_get(&c->M->run, value_pointer(value_in(t)), value_in(key)));
}

bool moonlet_context_set(moonlet_context *c, moonlet_value t, moonlet_value key,
                         moonlet_value v)
{
    assert_context(c);
    Value k = value_in(key);
    bool nan = value_is_number(k) && value_to_double(k) != value_to_double(k);
    if (!value_is_table(value_in(t)) || k == V_NIL || nan) return false;
    TableBody *b = heap_table_mut(&c->M->run, value_pointer(value_in(t)));
    if (heap_is_lost(&c->M->run, b)) return false;
    table_set(b, k, value_in(v), c->M->run.epoch);
    return true;
}
