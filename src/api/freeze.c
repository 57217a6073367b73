/* SPDX-License-Identifier: MIT */
/*
 * Read-only tables, for the host.
 *
 * Main invariant: the state that was given stays as it is.
 */
#include "lib/state/freeze.h"

#include "api/host/host.h"

/* What a run has made of the state, which is over. */
static moonlet_state *state_after(Machine *M, const moonlet_state *s)
{
    State *state = machine_snapshot(M);
    state_set_paused(state, s->state->base->paused);
    machine_end(M);
    return handle_new(state, s->config);
}

static void freeze(Machine *M, moonlet_value t, bool deep)
{
    Walk whole = walk_begin();
    if (value_is_table(value_in(t)))
        freeze_table(&M->run, value_pointer(value_in(t)), deep, &whole);
}

moonlet_state *moonlet_freeze(const moonlet_state *s, moonlet_value t, bool deep)
{
    assert_live(s);
    assert_values(s, &t, 1);
    Machine *M = machine_begin(s->state);
    freeze(M, t, deep);
    return state_after(M, s);
}

moonlet_state *moonlet_freeze_libraries(const moonlet_state *s)
{
    assert_live(s);
    Machine *M = machine_begin(s->state);
    freeze_libraries(&M->run);
    return state_after(M, s);
}

bool moonlet_is_frozen(const moonlet_state *s, moonlet_value t)
{
    assert_live(s);
    assert_values(s, &t, 1);
    if (!value_is_table(value_in(t))) return false;
    Machine *M = machine_begin(s->state);
    bool frozen = heap_is_frozen(&M->run, value_pointer(value_in(t)));
    machine_end(M);
    return frozen;
}

void moonlet_context_freeze(moonlet_context *c, moonlet_value t, bool deep)
{
    assert_context(c);
    freeze(c->M, t, deep);
}
