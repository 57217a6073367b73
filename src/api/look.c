/* SPDX-License-Identifier: MIT */
/*
 * Looking into a state without running anything in it.
 *
 * Main invariant: nothing here runs code of the program, metamethods included, and the state
 * stays as it is.
 */
#include "api/api.h"
#include "digest/digest.h"
#include "lib/state/differ.h"

static const TableBody *body_of(Machine *M, moonlet_value t)
{
    return value_is_table(value_in(t)) ? heap_table(&M->run, value_pointer(value_in(t))) : NULL;
}

bool moonlet_table_next(const moonlet_state *s, moonlet_value t, moonlet_value *key,
                        moonlet_value *value)
{
    assert_given(value);
    assert_live(s);
    assert_values(s, &t, 1);
    assert_values(s, key, 1);
    Machine *M = machine_begin(s->state);
    const TableBody *b = body_of(M, t);
    bool there = b && table_next(b, &key->bits, &value->bits);
    machine_end(M);
    return there;
}

moonlet_value moonlet_raw_get(const moonlet_state *s, moonlet_value t, moonlet_value key)
{
    assert_live(s);
    assert_values(s, &t, 1);
    assert_values(s, &key, 1);
    Machine *M = machine_begin(s->state);
    const TableBody *b = body_of(M, t);
    Value v = b ? table_get(b, value_in(key)) : V_NIL;
    machine_end(M);
    return value_out(v);
}

size_t moonlet_raw_length(const moonlet_state *s, moonlet_value v)
{
    assert_live(s);
    assert_values(s, &v, 1);
    if (value_is_string(value_in(v))) return value_string(value_in(v))->length;
    Machine *M = machine_begin(s->state);
    const TableBody *b = body_of(M, v);
    size_t length = b ? (size_t)table_length(b) : 0;
    machine_end(M);
    return length;
}

moonlet_value moonlet_metatable(const moonlet_state *s, moonlet_value v)
{
    assert_live(s);
    assert_values(s, &v, 1);
    Machine *M = machine_begin(s->state);
    Table *meta = run_metatable(&M->run, value_in(v));
    machine_end(M);
    return value_out(meta ? value_object(meta) : V_NIL);
}

static bool digest_of(const moonlet_state *s, Walk *w, uint64_t *digest)
{
    api_recover();
    Machine *M = machine_begin(s->state);
    bool good = digest_world(&M->run, w, digest);
    machine_end(M);
    return good;
}

uint64_t moonlet_digest(const moonlet_state *s)
{
    uint64_t digest;
    assert_live(s);
    Walk w = walk_begin();
    return digest_of(s, &w, &digest) ? digest : 0;
}

bool moonlet_digest_limited(const moonlet_state *s, uint64_t *digest)
{
    assert_given(digest);
    uint64_t found;
    assert_live(s);
    Walk w = api_walk(s);
    if (!digest_of(s, &w, &found)) return false;
    *digest = found;
    return true;
}

moonlet_result moonlet_diff(const moonlet_state *from, const moonlet_state *to)
{
    HostRun S;
    assert_live(from);
    api_begin(&S, to);
    Walk w = api_walk(to);
    Table *found = differ(S.M, from->state, to->state, &w);
    if (w.end) {
        char why[WALK_TEXT_MAX];
        moonlet_result r = api_end_error(&S, MOONLET_ERROR_LIMIT, walk_text(&w, why));
        r.limit = api_walk_limit(&w);
        return r;
    }
    if (!found) return api_end_memory(&S);
    Value v = value_object(found);
    return api_end_values(&S, &v, 1);
}
