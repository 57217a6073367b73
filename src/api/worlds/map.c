/* SPDX-License-Identifier: MIT */
/*
 * moonlet_map: each item is done as moonlet_call would do it; see host_map.h.
 *
 * Main invariant: an item is done under its own limits, in a session that begins in the state
 * of the map; nothing but its Outcome, and its terms, is left of that.
 */
#include <stdlib.h>

#include "api/worlds/host_map.h"

/* Items ---------------------------------------------------------------------------- */

static void set_error(Outcome *out, const moonlet_error *e)
{
    out->detail = e;
    outcome_set_value(out, value_in(e->value));
}

static void describe(void *work, const Outcome *out, OutcomeError *error)
{
    const moonlet_error *e = out->detail;
    (void)work;
    *error = (OutcomeError){.kind = (int)e->kind,
                            .message = e->message,
                            .traceback = e->traceback,
                            .chunk = e->chunk,
                            .line = e->line,
                            .column = e->column,
                            .column_line = e->column_line};
}

/* A single value is in its handle, which is about to be released. Several are within an answer,
 * which only a pointer to its beginning keeps. */
static void set_values(Outcome *out, const moonlet_state *h)
{
    size_t count;
    out->values = handle_values(h, &count);
    out->count = (uint32_t)count;
    if (h->kind == HANDLE_ANSWER) out->detail = h->u.answer;
    if (h->kind != HANDLE_VALUE) return;
    Value *copy = mem_new(sizeof *copy);
    *copy = h->u.value;
    out->values = copy;
}

/* The state is kept for values that are in no other, or if it is asked for. */
static void set_outcome(const HostMap *m, Outcome *out, const moonlet_result *r)
{
    out->state = r->state->state;
    if (r->error) {
        set_error(out, r->error);
        return;
    }
    set_values(out, r->state);
    bool only_values = host_map_imports(m) && !m->items.processes && r->status == MOONLET_OK;
    if (!only_values) return;
    ItemsWorld world =
        items_world_of(&m->items, out->state->base->world, out->values, out->count);
    if (world != ITEMS_WORLD_OWN) out->state = world == ITEMS_WORLD_BASE ? m->items.base : NULL;
}

/* Whether nobody asks for more of an item than its terms, or that it was stopped. */
static bool is_done(const HostMap *m, const moonlet_item *item, const moonlet_result *r)
{
    if (m->items.processes || host_map_gives(m, MOONLET_GIVE_STATES)) return false;
    return item->terms || r->status == MOONLET_PAUSED;
}

/* Terms are made where the item is done, but not in another process. */
static void run_item(void *work, size_t i, Outcome *out)
{
    static const OutcomeStatus status[] = {[MOONLET_OK] = OUTCOME_OK,
                                           [MOONLET_FAILED] = OUTCOME_FAILED,
                                           [MOONLET_PAUSED] = OUTCOME_LIMIT};
    HostMap *m = work;
    moonlet_item *item = &m->results[i];
    Session S;
    Decoding d = term_decoding(m->s); /* the time is for both */
    api_begin(&S, m->s);
    S.M->stops = m->items.stop;
    moonlet_result r = api_end(&S, eval_call(S.M, m->function, &m->inputs[i], 1));
    out->steps = r.steps;
    if (r.status == MOONLET_OK && !m->items.processes && host_map_gives(m, MOONLET_GIVE_TERMS))
        item->terms = host_map_decode(&r, &d);
    out->status = status[r.status];
    out->stop = api_stop_of(r.limit);
    if (!is_done(m, item, &r)) set_outcome(m, out, &r);
    moonlet_release(r.state);
}

/* The whole ------------------------------------------------------------------------- */

static void tell(void *work, size_t done)
{
    const HostMap *m = work;
    m->options.progress(m->options.data, done, m->items.count);
}

static void begin(HostMap *m, const moonlet_state *s)
{
    const moonlet_map_options *o = &m->options;
    m->s = o->limits ? moonlet_limit(s, o->limits) : moonlet_retain(s);
    const Config *c = m->s->config;
    m->outer.flag = c ? c->limits.interrupt : NULL;
    m->stop = (StopChain){o->cancel, &m->outer};
    m->items.base = m->s->state;
    m->items.threads = o->threads;
    m->items.processes = o->processes;
    m->items.stop = &m->stop;
    m->items.results_max = c ? c->limits.bytes : 0;
    m->items.face = m;
    m->items.run = run_item;
    m->items.describe = describe;
    m->items.progress = o->progress ? tell : NULL;
}

moonlet_items moonlet_map(const moonlet_state *s, moonlet_value function,
                          const moonlet_value *inputs, size_t n,
                          const moonlet_map_options *options)
{
    assert_live(s);
    assert_values(s, &function, 1);
    assert_values(s, inputs, n);
    HostMap m = {
        .items.count = n, .function = value_in(function), .inputs = (const Value *)inputs};
    if (options) m.options = *options;
    m.results = calloc(n + 1, sizeof *m.results);
    begin(&m, s);
    if (!m.results || !items_begin(&m.items)) {
        free(m.results);
        moonlet_release(m.s);
        return (moonlet_items){.failed = n};
    }
    items_run(&m.items);
    moonlet_items all = host_map_finish(&m, m.options.into ? m.options.into : s);
    moonlet_release(m.s);
    return all;
}

void moonlet_items_release(moonlet_items *all)
{
    for (size_t i = 0; i < all->count; i++) {
        moonlet_release(all->items[i].state);
        moonlet_term_free(all->items[i].terms);
    }
    free(all->items);
    moonlet_release(all->state);
    *all = (moonlet_items){0};
}
