/* SPDX-License-Identifier: MIT */
/*
 * Values from one state into another; threads of the host.
 *
 * Main invariant: what is brought has objects of the new state only, and the old state stays as
 * it is.
 */
#include "api/worlds/bring.h"

#include <stdio.h>

const char *bring_text(char *out, const char *what, const char *path)
{
    if (*path)
        snprintf(out, BRING_TEXT_MAX, "cannot bring %s into another state: %s", what, path);
    else
        snprintf(out, BRING_TEXT_MAX, "%s", what);
    return out;
}

static moonlet_result bring_limited(HostRun *S, const Import *im, const char *why)
{
    moonlet_result r = api_end_error(S, MOONLET_ERROR_LIMIT, why);
    r.limit = api_walk_limit(&im->walk);
    return r;
}

moonlet_result moonlet_import(const moonlet_state *to, const moonlet_state *from,
                              const moonlet_value *values, size_t count,
                              const moonlet_state *common)
{
    char why[BRING_TEXT_MAX];
    HostRun S;
    Import im;
    assert_live(from);
    assert_values(from, values, count);
    moonlet_state *base = common ? moonlet_retain(common) : moonlet_init();
    Value *brought = api_values(count);
    if (!brought) {
        moonlet_release(base);
        return api_refuse_memory(to);
    }
    api_begin(&S, to);
    Machine *M = machine_begin(from->state);
    import_begin(&im, &S.M->run, &M->run, base->state->next_id);
    im.walk = api_walk(to);
    for (size_t i = 0; i < count; i++) brought[i] = import_value(&im, value_in(values[i]));
    machine_end(M);
    moonlet_release(base);
    if (im.walk.end == WALK_MEMORY) return api_end_memory(&S);
    if (im.refused) bring_text(why, im.refused, im.path);
    if (im.refused && im.walk.end) return bring_limited(&S, &im, why);
    if (im.refused) return api_end_error(&S, MOONLET_ERROR_HOST, why);
    return api_end_values(&S, brought, count);
}

void moonlet_thread_attach(void)
{
    if (api_init()) mem_thread_attach();
}

void moonlet_thread_detach(void)
{
    if (api_init()) mem_thread_detach();
}
