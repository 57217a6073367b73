/* SPDX-License-Identifier: MIT */
/* Looking into a state without running anything in it. */
#include "api/api.h"
#include "lib/digest.h"

static const TableBody *body_of(Run *R, moonlet_value t)
{
    return value_is_table(value_in(t)) ? heap_table(R, value_pointer(value_in(t))) : NULL;
}

bool moonlet_table_next(const moonlet_state *s, moonlet_value t, moonlet_value *key,
                        moonlet_value *value)
{
    assert_live(s);
    assert_values(s, &t, 1);
    assert_values(s, key, 1);
    Run *R = run_begin(s->state);
    const TableBody *b = body_of(R, t);
    bool there = b && table_next(b, &key->bits, &value->bits);
    run_end(R);
    return there;
}

moonlet_value moonlet_raw_get(const moonlet_state *s, moonlet_value t, moonlet_value key)
{
    assert_live(s);
    assert_values(s, &t, 1);
    assert_values(s, &key, 1);
    Run *R = run_begin(s->state);
    const TableBody *b = body_of(R, t);
    Value v = b ? table_get(b, value_in(key)) : V_NIL;
    run_end(R);
    return value_out(v);
}

size_t moonlet_raw_length(const moonlet_state *s, moonlet_value v)
{
    assert_live(s);
    assert_values(s, &v, 1);
    if (value_is_string(value_in(v))) return value_string(value_in(v))->length;
    Run *R = run_begin(s->state);
    const TableBody *b = body_of(R, v);
    size_t length = b ? (size_t)table_length(b) : 0;
    run_end(R);
    return length;
}

moonlet_value moonlet_metatable(const moonlet_state *s, moonlet_value v)
{
    assert_live(s);
    assert_values(s, &v, 1);
    Run *R = run_begin(s->state);
    Table *meta = run_metatable(R, value_in(v));
    run_end(R);
    return value_out(meta ? value_object(meta) : V_NIL);
}

uint64_t moonlet_digest(const moonlet_state *s)
{
    size_t values;
    assert_live(s);
    Run *R = run_begin(s->state);
    uint64_t digest = digest_world(R, &values);
    run_end(R);
    return digest;
}
