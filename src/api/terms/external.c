/* SPDX-License-Identifier: MIT */
/*
 * States as data: what their globals have that those of a new state have not.
 *
 * Main invariant: the state that is asked stays as it is: what differs is gathered in a run
 * that is thrown away.
 */
#include <stdlib.h>

#include "api/terms/term.h"

/* A table of the globals that differ, in a run that is thrown away. */
static Table *own_globals(Machine *M, const moonlet_state *base)
{
    Machine *B = machine_begin(base->state);
    Table *own = run_new_table(&M->run);
    const TableBody *globals = heap_table(&M->run, M->run.world->globals);
    Value key = V_NIL, v;
    while (table_next(globals, &key, &v))
        if (!value_equal(run_get(&B->run, B->run.world->globals, key), v))
            run_set(&M->run, own, key, v);
    machine_end(B);
    return own;
}

moonlet_term *moonlet_externalize(const moonlet_state *s, char **message)
{
    assert_live(s);
    moonlet_state *base = moonlet_init();
    Decoding d = term_decoding(s);
    d.flags |= MOONLET_DECODE_REFERENCES;
    Machine *M = machine_begin(s->state);
    Value own = value_object(own_globals(M, base));
    moonlet_term *t = term_decode(M, s, own, &d);
    machine_end(M);
    moonlet_release(base);
    if (message)
        *message = d.error;
    else
        free(d.error);
    return t;
}

moonlet_result moonlet_internalize(const moonlet_term *t)
{
    HostRun S;
    const char *error;
    moonlet_state *base = moonlet_init();
    api_begin(&S, base);
    Machine *M = S.M;
    Value own = term_import(M, t, base->state->next_id, &error), key = V_NIL, v;
    moonlet_result r;
    if (error) {
        r = api_end_error(&S, MOONLET_ERROR_HOST, error);
    } else {
        while (value_is_table(own) &&
               table_next(heap_table(&M->run, value_pointer(own)), &key, &v))
            run_set(&M->run, M->run.world->globals, key, v);
        r = api_end_values(&S, NULL, 0);
    }
    moonlet_release(base);
    return r;
}
