/* SPDX-License-Identifier: MIT */
/* States as data: what their globals have that those of a new state have not. */
#include <stdlib.h>

#include "api/term.h"

/* A table of the globals that differ, in a run that is thrown away. */
static Table *own_globals(Run *R, const moonlet_state *base)
{
    Run *B = run_begin(base->state);
    Table *own = run_new_table(R);
    const TableBody *globals = heap_table(R, R->world->globals);
    Value key = V_NIL, v;
    while (table_next(globals, &key, &v))
        if (!value_equal(run_get(B, B->world->globals, key), v)) run_set(R, own, key, v);
    run_end(B);
    return own;
}

moonlet_term *moonlet_externalize(const moonlet_state *s, char **message)
{
    assert_live(s);
    char *error = NULL;
    moonlet_state *base = moonlet_init();
    Run *R = run_begin(s->state);
    Value own = value_object(own_globals(R, base));
    moonlet_term *t = term_decode(R, s, own, MOONLET_DECODE_REFERENCES, &error);
    run_end(R);
    moonlet_release(base);
    if (message)
        *message = error;
    else
        free(error);
    return t;
}

moonlet_result moonlet_internalize(const moonlet_term *t)
{
    Session S;
    char *error;
    moonlet_state *base = moonlet_init();
    api_begin(&S, base);
    Run *R = S.R;
    Value own = term_import(R, t, base->state->next_id, &error), key = V_NIL, v;
    moonlet_result r;
    if (error) {
        r = api_end_error(&S, MOONLET_ERROR_HOST, error);
        free(error);
    } else {
        while (value_is_table(own) && table_next(heap_table(R, value_pointer(own)), &key, &v))
            run_set(R, R->world->globals, key, v);
        r = api_end_values(&S, NULL, 0);
    }
    moonlet_release(base);
    return r;
}
