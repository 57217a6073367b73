/* SPDX-License-Identifier: MIT */
/*
 * moonlet_map: the host's face of the map engine (map/items.h). An item is done as moonlet_call
 * would do it, under its own limits, in a run that begins in the state of the map.
 *
 *   on a thread     a result becomes the moonlet_item at once
 *   in a process    it becomes an Outcome, and the moonlet_item where that arrives
 *   MOONLET_GIVE_   nothing: values that went well wait as Outcomes, for all are brought into
 *                   one state, which comes of `into`
 *
 * Main invariant: values are brought in the order of the items, and so are ids given. An item
 * whose values cannot be brought has failed, whatever it has done.
 */
#include <stdlib.h>

#include "api/terms/term.h"
#include "api/worlds/bring.h"
#include "map/items.h"

typedef struct HostMap {
    Items items;
    moonlet_state *s; /* with the limits of the items */
    Value function;
    const Value *inputs;
    moonlet_map_options options;
    moonlet_item *results;
    StopChain stop, outer;
} HostMap;

static bool gives(const HostMap *m, unsigned what) { return (m->options.give & what) != 0; }

/* Whether the values of all items are to be in one state. */
static bool imports(const HostMap *m) { return m->options.give == 0; }

/* Results -------------------------------------------------------------------------- */

/* The values of *r as terms. Where they cannot be terms it answers NULL, and *r is that error.
 */
static moonlet_term *decode(moonlet_result *r, Decoding *d)
{
    Machine *M = machine_begin(r->state->state);
    moonlet_term *terms = term_decode_list(M, r->state, (const Value *)r->values, r->count, d);
    machine_end(M);
    if (terms) return terms;
    moonlet_state *state = r->state;
    *r = term_decode_refuse(state, d);
    moonlet_release(state);
    return NULL;
}

/* The item's result, from now on. What nobody has asked for is released. */
static void give(const HostMap *m, size_t i, moonlet_result *r, Decoding *d)
{
    moonlet_item *item = &m->results[i];
    if (r->status == MOONLET_OK && gives(m, MOONLET_GIVE_TERMS)) item->terms = decode(r, d);
    item->status = r->status;
    item->limit = r->limit;
    if (r->status != MOONLET_FAILED && !gives(m, MOONLET_GIVE_STATES)) {
        moonlet_release(r->state);
        return;
    }
    item->state = r->state;
    item->count = r->count;
    item->values = r->values;
    item->error = r->error;
}

/* An item whose values are not to be had: in its own state, if that is here. */
static void fail_item(const HostMap *m, size_t i, const char *why)
{
    const Outcome *out = &m->items.outcomes[i];
    bool here = !out->packed && out->state, lacks = strcmp(why, ITEM_NO_MEMORY) == 0;
    moonlet_state *s = here ? handle_new(out->state, m->s->config) : moonlet_retain(m->s);
    moonlet_result r = lacks ? api_refuse_memory(s) : api_refuse(s, MOONLET_ERROR_HOST, why);
    moonlet_release(s);
    r.limit = MOONLET_LIMIT_NONE;
    give(m, i, &r, NULL);
}

/* Doing an item -------------------------------------------------------------------- */

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

/* What the engine is to have of an item: its error, or its values, and where these are. */
static void set_outcome(const HostMap *m, Outcome *out, const moonlet_result *r)
{
    out->detail = r->error;
    if (r->error)
        outcome_set_value(out, value_in(r->error->value));
    else
        set_values(out, r->state);
    if (items_need_own(&m->items, r->state->state->base->world, out))
        out->state = r->state->state;
}

/* Terms are made where the item is done, but not in another process. */
static void run_item(void *work, size_t i, Outcome *out)
{
    static const OutcomeStatus status[] = {[MOONLET_OK] = OUTCOME_OK,
                                           [MOONLET_FAILED] = OUTCOME_FAILED,
                                           [MOONLET_PAUSED] = OUTCOME_LIMIT};
    HostMap *m = work;
    HostRun S;
    Decoding d = term_decoding(m->s); /* the time is for both */
    api_begin(&S, m->s);
    S.M->stops = m->items.stop;
    RunStatus end = eval_call(S.M, m->function, &m->inputs[i], 1);
    bool went_back = S.M->went_back;
    moonlet_result r = api_end(&S, end);
    out->status = status[r.status];
    out->stop = api_stop_of(r.limit);
    out->steps = r.steps;
    out->went_back = went_back;
    bool here = !m->items.processes, waits = imports(m) && r.status == MOONLET_OK;
    if (!here || waits) set_outcome(m, out, &r);
    if (here)
        give(m, i, &r, &d);
    else
        moonlet_release(r.state);
}

/* What has come from another process ----------------------------------------------- */

static const char *kept_text(const char *text) { return api_c_text(text, strlen(text)); }

/* An error that has come from another process. */
static moonlet_error *error_from(const OutcomeError *from, Value v)
{
    const char *message = from->message ? from->message : "";
    moonlet_error *e = api_error((moonlet_error_kind)from->kind, v, message, strlen(message));
    e->traceback = kept_text(from->traceback ? from->traceback : "");
    e->chunk = from->chunk ? kept_text(from->chunk) : NULL;
    e->line = from->line;
    e->column = from->column;
    e->column_line = from->column_line;
    return e;
}

/* The item as if it had failed here; nil is the value that could not leave its process. */
static moonlet_result packed_error(const HostMap *m, const Outcome *out)
{
    HostRun S;
    ItemRefusal why;
    OutcomeError error;
    Value v = V_NIL;
    items_error(out, &error);
    api_begin(&S, m->s);
    bool good = out->why || items_bring(&m->items, out, S.M, &v, &why);
    moonlet_result r = api_end_error(&S, (moonlet_error_kind)error.kind, ITEM_DAMAGED);
    if (good) handle_set_error(r.state, error_from(&error, v));
    r.error = handle_error(r.state);
    return r;
}

/* The state of the map with the item's values in it. */
static moonlet_result packed_values(const HostMap *m, const Outcome *out)
{
    HostRun S;
    ItemRefusal why;
    Value *values = api_values(out->count);
    api_begin(&S, m->s);
    if (!values) return api_end_memory(&S);
    bool good = items_bring(&m->items, out, S.M, values, &why);
    if (good) return api_end_values(&S, values, out->count);
    return api_end_error(&S, MOONLET_ERROR_HOST, why.what);
}

static void give_packed(const HostMap *m, size_t i)
{
    const Outcome *out = &m->items.outcomes[i];
    Decoding d = term_decoding(m->s);
    moonlet_result r = {.status = MOONLET_PAUSED};
    if (out->status == OUTCOME_FAILED) r = packed_error(m, out);
    if (out->status == OUTCOME_OK) r = packed_values(m, out);
    r.limit = api_limit_kind(out->stop);
    give(m, i, &r, &d);
}

/* Values that wait are brought when all items are known. */
static void finish_item(const HostMap *m, size_t i)
{
    const Outcome *out = &m->items.outcomes[i];
    moonlet_item *item = &m->results[i];
    bool waits = imports(m) && out->status == OUTCOME_OK;
    item->steps = out->steps;
    if (out->status == OUTCOME_LOST) {
        fail_item(m, i, out->why);
    } else if (out->status == OUTCOME_WAITING) {
        item->status = MOONLET_PAUSED;
        item->limit = MOONLET_LIMIT_INTERRUPT;
    } else if (out->packed && !waits) {
        give_packed(m, i);
    }
}

/* Values in one state --------------------------------------------------------------- */

/* The values of an item that went well, into the run that waits. */
static bool import_item(const HostMap *m, HostRun *S, size_t i, Value *to)
{
    char text[BRING_TEXT_MAX];
    ItemRefusal why;
    if (items_bring(&m->items, &m->items.outcomes[i], S->M, to, &why)) return true;
    fail_item(m, i, bring_text(text, why.what, why.path));
    return false;
}

/* All have failed, for want of memory. */
static moonlet_state *no_values(const HostMap *m, const moonlet_state *into)
{
    for (size_t i = 0; i < m->items.count; i++)
        if (m->results[i].status == MOONLET_OK) fail_item(m, i, ITEM_NO_MEMORY);
    return moonlet_retain(into);
}

/* The items share the values of the new state. */
static void share_values(const HostMap *m, const moonlet_result *r)
{
    size_t at = 0;
    for (size_t i = 0; i < m->items.count; i++) {
        moonlet_item *item = &m->results[i];
        if (item->status != MOONLET_OK) continue;
        item->values = r->values + at;
        item->count = m->items.outcomes[i].count;
        at += item->count;
    }
}

static moonlet_state *import_all(const HostMap *m, const moonlet_state *into)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < m->items.count; i++)
        if (m->results[i].status == MOONLET_OK) total += m->items.outcomes[i].count;
    Value *values = api_values(total);
    if (!values) return no_values(m, into);
    HostRun S;
    api_begin(&S, into);
    for (size_t i = 0; i < m->items.count; i++)
        if (m->results[i].status == MOONLET_OK && import_item(m, &S, i, values + at))
            at += m->items.outcomes[i].count;
    moonlet_result r = api_end_values(&S, values, at);
    if (r.status == MOONLET_OK) {
        share_values(m, &r);
        return r.state;
    }
    moonlet_release(r.state);
    return no_values(m, into);
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

static moonlet_items finish(HostMap *m, const moonlet_state *into)
{
    moonlet_items all = {.count = m->items.count, .items = m->results};
    for (size_t i = 0; i < all.count; i++) finish_item(m, i);
    all.state = imports(m) ? import_all(m, into) : moonlet_retain(into);
    for (size_t i = 0; i < all.count; i++) all.failed += m->results[i].status != MOONLET_OK;
    items_end(&m->items);
    return all;
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
    moonlet_items all = finish(&m, m.options.into ? m.options.into : s);
    moonlet_release(m.s);
    return all;
}

void moonlet_items_release(moonlet_items *all)
{
    assert_given(all);
    for (size_t i = 0; i < all->count; i++) {
        moonlet_release(all->items[i].state);
        moonlet_term_free(all->items[i].terms);
    }
    free(all->items);
    moonlet_release(all->state);
    *all = (moonlet_items){0};
}
