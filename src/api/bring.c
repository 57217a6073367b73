/* SPDX-License-Identifier: MIT */
/* Values from one state into another; threads of the host. */
#include "api/bring.h"

#include <stdio.h>

void bring_begin(Import *im, Session *S, const State *from, uint64_t common_below)
{
    import_begin(im, S->M, machine_begin(from), common_below);
}

void bring_end(const Import *im) { machine_end(im->from); }

bool bring_values(Import *im, const Value *from, Value *to, size_t count, char *why,
                  size_t size)
{
    for (size_t i = 0; i < count; i++) to[i] = import_value(im, from[i]);
    if (!im->refused) return true;
    snprintf(why, size, "cannot bring %s into another state: %s", im->refused, im->path);
    return false;
}

static moonlet_result bring_limited(Session *S, const Import *im, const char *why)
{
    moonlet_result r = api_end_error(S, MOONLET_ERROR_LIMIT, why);
    r.limit = api_walk_limit(&im->walk);
    return r;
}

moonlet_result moonlet_import(const moonlet_state *to, const moonlet_state *from,
                              const moonlet_value *values, size_t count,
                              const moonlet_state *common)
{
    char why[BRING_ERROR_MAX];
    Session S;
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
    bring_begin(&im, &S, from->state, base->state->next_id);
    im.walk = api_walk(to);
    bool good = bring_values(&im, (const Value *)values, brought, count, why, sizeof why);
    bring_end(&im);
    moonlet_release(base);
    if (!good && im.walk.end) return bring_limited(&S, &im, why);
    if (!good) return api_end_error(&S, MOONLET_ERROR_HOST, why);
    return api_end_values(&S, brought, count);
}

void moonlet_thread_attach(void)
{
    api_init();
    mem_thread_attach();
}

void moonlet_thread_detach(void)
{
    api_init();
    mem_thread_detach();
}
