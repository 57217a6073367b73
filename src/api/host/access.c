/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing the running world from host functions, and values kept by number.
 *
 *   hidden table of the state:  [ pins_key -> { [0] = first free, {value}, next free, ... } ]
 *
 * So pins are part of the state: going back takes them back, and images have them. A place that
 * is free holds the number of the next one, or 0; values are in tables, so as to be told from
 * that.
 *
 * Main invariant: a value that is pinned is reached from the state, under a number that no
 * other pin has.
 */
#include "api/host/host.h"
#include "control/collect.h"
#include "stack/hook.h"

/* Values about to be returned, and what errors are about --------------------------------- */

const moonlet_value *moonlet_context_returned(moonlet_context *c, size_t *count)
{
    assert_context(c);
    assert_given(count);
    Returned r = hook_returned(c->M);
    *count = r.count;
    return (const moonlet_value *)r.values;
}

moonlet_cause moonlet_context_cause(const moonlet_context *c)
{
    assert_context(c);
    return api_cause(c->M);
}

/* Tables --------------------------------------------------------------------------------- */

static Table *table_in(moonlet_value t)
{
    return value_is_table(value_in(t)) ? value_pointer(value_in(t)) : NULL;
}

size_t moonlet_context_length(moonlet_context *c, moonlet_value v)
{
    assert_context(c);
    if (value_is_string(value_in(v))) return value_string(value_in(v))->length;
    const Table *t = table_in(v);
    return t ? (size_t)table_length(heap_table(&c->M->run, t)) : 0;
}

bool moonlet_context_next(moonlet_context *c, moonlet_value t, moonlet_value *key,
                          moonlet_value *value)
{
    assert_context(c);
    assert_given(key);
    assert_given(value);
    const Table *table = table_in(t);
    return table && table_next(heap_table(&c->M->run, table), &key->bits, &value->bits);
}

moonlet_value moonlet_context_get_field(moonlet_context *c, moonlet_value t, const char *name)
{
    assert_context(c);
    assert_given(name);
    const Table *table = table_in(t);
    return value_out(table ? run_get_field(&c->M->run, table, name) : V_NIL);
}

bool moonlet_context_set_field(moonlet_context *c, moonlet_value t, const char *name,
                               moonlet_value v)
{
    assert_given(name);
    return moonlet_context_set(c, t, moonlet_text(name), v);
}

moonlet_value moonlet_context_get_index(moonlet_context *c, moonlet_value t, int64_t i)
{
    return moonlet_context_get(c, t, moonlet_number((double)i));
}

bool moonlet_context_set_index(moonlet_context *c, moonlet_value t, int64_t i, moonlet_value v)
{
    return moonlet_context_set(c, t, moonlet_number((double)i), v);
}

moonlet_value moonlet_raw_field(const moonlet_state *s, moonlet_value t, const char *name)
{
    assert_given(name);
    return moonlet_raw_get(s, t, moonlet_text(name));
}

moonlet_value moonlet_raw_index(const moonlet_state *s, moonlet_value t, int64_t i)
{
    return moonlet_raw_get(s, t, moonlet_number((double)i));
}

/* Metatables ----------------------------------------------------------------------------- */

moonlet_value moonlet_context_metatable(moonlet_context *c, moonlet_value v)
{
    assert_context(c);
    Table *meta = run_metatable(&c->M->run, value_in(v));
    return value_out(meta ? value_object(meta) : V_NIL);
}

/* Answers false where it can have none, or meta is none. */
static bool set_metatable(Machine *M, Value v, Value m)
{
    Run *R = &M->run;
    Table *meta = value_is_table(m) ? value_pointer(m) : NULL;
    if (!meta && m != V_NIL) return false;
    if (value_is_table(v)) {
        TableBody *b = heap_table_mut(R, value_pointer(v));
        if (heap_is_lost(R, b)) return false;
        b->meta = meta;
    } else if (value_is(v, OBJ_USERDATA)) {
        heap_userdata_mut(R, value_pointer(v))->meta = meta;
    } else {
        return false;
    }
    collect_metatable(M, v, meta);
    return true;
}

bool moonlet_context_set_metatable(moonlet_context *c, moonlet_value v, moonlet_value meta)
{
    assert_context(c);
    return set_metatable(c->M, value_in(v), value_in(meta));
}

moonlet_result moonlet_set_metatable(const moonlet_state *s, moonlet_value v,
                                     moonlet_value meta)
{
    HostRun S;
    api_begin(&S, s);
    assert_values(s, &v, 1);
    assert_values(s, &meta, 1);
    Value object = value_in(v);
    if (!set_metatable(S.M, object, value_in(meta)))
        return api_end_error(&S, MOONLET_ERROR_HOST, "cannot set the metatable");
    return api_end_values(&S, &object, 1);
}

/* Pins ----------------------------------------------------------------------------------- */

/* No name of moonlet_put_private has a zero in it. */
static Value pins_key(void)
{
    static const char key[] = "pins\0";
    return string_value(string_new(key, sizeof key - 1));
}

static Table *pins_of(Run *R)
{
    const World *w = R->world;
    Value t = w->hidden ? run_get(R, w->hidden, pins_key()) : V_NIL;
    return value_is_table(t) ? value_pointer(t) : NULL;
}

static uint32_t pin(Run *R, Value v)
{
    Table *pins = pins_of(R), *box = run_new_table(R);
    if (!pins) {
        pins = run_new_table(R);
        run_set(R, run_hidden_table(R), pins_key(), value_object(pins));
    }
    run_set(R, box, value_number(1), v);
    Value free = run_get(R, pins, value_number(0)), n = free;
    if (free == V_NIL || free == value_number(0))
        n = value_number((double)table_length(heap_table(R, pins)) + 1);
    else
        run_set(R, pins, value_number(0), run_get(R, pins, free));
    run_set(R, pins, n, value_object(box));
    return (uint32_t)value_to_double(n);
}

static Value pinned(Run *R, uint32_t n)
{
    const Table *pins = pins_of(R);
    Value box = pins && n ? run_get(R, pins, value_number(n)) : V_NIL;
    return value_is_table(box) ? run_get(R, value_pointer(box), value_number(1)) : V_NIL;
}

static void unpin(Run *R, uint32_t n)
{
    Table *pins = pins_of(R);
    if (!pins || !n || !value_is_table(run_get(R, pins, value_number(n)))) return;
    Value free = run_get(R, pins, value_number(0));
    run_set(R, pins, value_number(n), free == V_NIL ? value_number(0) : free);
    run_set(R, pins, value_number(0), value_number(n));
}

uint32_t moonlet_context_pin(moonlet_context *c, moonlet_value v)
{
    assert_context(c);
    return pin(&c->M->run, value_in(v));
}

moonlet_value moonlet_context_pinned(moonlet_context *c, uint32_t n)
{
    assert_context(c);
    return value_out(pinned(&c->M->run, n));
}

void moonlet_context_unpin(moonlet_context *c, uint32_t n)
{
    assert_context(c);
    unpin(&c->M->run, n);
}

/* What has become of a world in a run that is over; what is paused in it stays so. */
static moonlet_state *packed(Machine *M, const moonlet_state *s)
{
    State *state = machine_snapshot(M);
    state_set_paused(state, s->state->base->paused);
    machine_end(M);
    return handle_new(state, s->config);
}

moonlet_state *moonlet_pin(const moonlet_state *s, moonlet_value v, uint32_t *n)
{
    assert_given(n);
    assert_live(s);
    assert_values(s, &v, 1);
    Machine *M = machine_begin(s->state);
    *n = pin(&M->run, value_in(v));
    return packed(M, s);
}

moonlet_value moonlet_pinned(const moonlet_state *s, uint32_t n)
{
    assert_live(s);
    Machine *M = machine_begin(s->state);
    Value v = pinned(&M->run, n);
    machine_end(M);
    return value_out(v);
}

moonlet_state *moonlet_unpin(const moonlet_state *s, uint32_t n)
{
    assert_live(s);
    Machine *M = machine_begin(s->state);
    unpin(&M->run, n);
    return packed(M, s);
}
