/* SPDX-License-Identifier: MIT */
/*
 * moonlet_map: the host's face of the map engine (map/items.h).
 *
 *   run_item   an item as moonlet_call would do it; on any thread, in any process
 *   settle     in the order of the items: outcomes become results
 *   import     the same for values that are to be in one state
 *
 * Main invariant: until it is settled an item is an Outcome. Only its terms, which the thread
 * makes that does it, are in the moonlet_item before.
 */
#include <stdlib.h>

#include "api/terms/term.h"
#include "api/worlds/bring.h"
#include "lib/lib.h"
#include "map/items.h"
#include "operate/error.h"

typedef struct Work {
    Items items;
    moonlet_state *s; /* with the limits of the items */
    Value function;
    const Value *inputs;
    moonlet_map_options options;
    moonlet_item *results;
    StopChain stop, outer;
} Work;

static bool gives(const Work *w, unsigned what) { return (w->options.give & what) != 0; }
static bool import_wanted(const Work *w) { return w->options.give == 0; }

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

/* Few values are in their handle, which is about to be released. */
static void set_values(Outcome *out, const moonlet_state *h)
{
    out->values = h->values;
    out->count = h->count;
    if (!h->count || h->values != h->u.inlined) return;
    Value *copy = mem_new(sizeof h->u.inlined);
    memcpy(copy, h->values, h->count * sizeof *copy);
    out->values = copy;
}

/* The state is kept for values that are in no other, or if it is asked for. */
static void set_outcome(const Work *w, Outcome *out, const moonlet_result *r)
{
    out->state = r->state->state;
    if (r->error) {
        set_error(out, r->error);
        return;
    }
    set_values(out, r->state);
    bool only_values = import_wanted(w) && !w->items.processes && r->status == MOONLET_OK;
    if (!only_values) return;
    ItemsWorld world = items_world_of(&w->items, out->values, out->count);
    if (world != ITEMS_WORLD_OWN) out->state = world == ITEMS_WORLD_BASE ? w->items.base : NULL;
}

/* Whether nobody asks for more of an item than its terms, or that it was stopped. */
static bool is_done(const Work *w, const moonlet_item *item, const moonlet_result *r)
{
    if (w->items.processes || gives(w, MOONLET_GIVE_STATES)) return false;
    return item->terms || r->status == MOONLET_PAUSED;
}

/* The values as terms; *r says it if that fails. */
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

/* Terms are made where the item is done, but not in another process. */
static void run_item(void *work, size_t i, Outcome *out)
{
    static const OutcomeStatus status[] = {[MOONLET_OK] = OUTCOME_OK,
                                           [MOONLET_FAILED] = OUTCOME_FAILED,
                                           [MOONLET_PAUSED] = OUTCOME_LIMIT};
    Work *w = work;
    moonlet_item *item = &w->results[i];
    Session S;
    Decoding d = term_decoding(w->s); /* the time is for both */
    api_begin(&S, w->s);
    S.M->stops = w->items.stop;
    moonlet_result r = api_end(&S, eval_call(S.M, w->function, &w->inputs[i], 1));
    out->steps = r.steps;
    if (r.status == MOONLET_OK && !w->items.processes && gives(w, MOONLET_GIVE_TERMS))
        item->terms = decode(&r, &d);
    out->status = status[r.status];
    out->stop = api_stop_of(r.limit);
    if (!is_done(w, item, &r)) set_outcome(w, out, &r);
    moonlet_release(r.state);
}

/* Results -------------------------------------------------------------------------- */

/* The steps and the limit are the outcome's, whatever becomes of it. */
static void set_item(moonlet_item *item, const moonlet_result *r)
{
    item->status = r->status;
    item->state = r->state;
    item->count = r->count;
    item->values = r->values;
    item->error = r->error;
}

/* A handle of the state in which an item has ended: s, if that was in another process. */
static moonlet_state *state_of(const Work *w, const Outcome *out)
{
    bool here = !out->packed && out->state;
    return here ? handle_new(out->state, w->s->config) : moonlet_retain(w->s);
}

/* An item whose values are not to be had. */
static void fail_item(const Work *w, size_t i, moonlet_error_kind kind, const char *why)
{
    moonlet_state *s = state_of(w, &w->items.outcomes[i]);
    moonlet_result r = api_refuse(s, kind, why);
    moonlet_release(s);
    w->results[i].limit = MOONLET_LIMIT_NONE;
    set_item(&w->results[i], &r);
}

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
static void settle_error(const Work *w, size_t i)
{
    const Outcome *out = &w->items.outcomes[i];
    moonlet_result r = {.status = MOONLET_FAILED};
    if (out->packed) {
        Session S;
        ItemRefusal why;
        OutcomeError error;
        Value v = V_NIL;
        items_error(out, &error);
        api_begin(&S, w->s);
        bool good = out->why || items_bring(&w->items, out, S.M, &v, &why);
        r = api_end_error(&S, (moonlet_error_kind)error.kind, ITEM_DAMAGED);
        if (good) r.state->error = error_from(&error, v);
    } else {
        r.state = state_of(w, out);
        r.state->error = out->detail;
    }
    r.error = r.state->error;
    set_item(&w->results[i], &r);
}

/* The item's own state with its values; s with them, if it was done by another process. */
static moonlet_result result_of(const Work *w, const Outcome *out)
{
    if (out->packed) {
        Session S;
        ItemRefusal why;
        Value *values = api_values(out->count);
        api_begin(&S, w->s);
        if (!values) return api_end_memory(&S);
        bool good = items_bring(&w->items, out, S.M, values, &why);
        if (good) return api_end_values(&S, values, out->count);
        return api_end_error(&S, MOONLET_ERROR_HOST, why.what);
    }
    moonlet_state *s = state_of(w, out);
    moonlet_result r = api_answer(s, out->values, out->count);
    moonlet_release(s);
    return r;
}

static void settle_values(const Work *w, size_t i)
{
    Outcome *out = &w->items.outcomes[i];
    moonlet_item *item = &w->results[i];
    if (item->terms && !gives(w, MOONLET_GIVE_STATES)) return; /* all that was asked for */
    moonlet_result r = result_of(w, out);
    if (gives(w, MOONLET_GIVE_TERMS) && !item->terms && r.status == MOONLET_OK) {
        Decoding d = term_decoding(w->s);
        item->terms = decode(&r, &d);
        if (!item->terms) item->limit = r.limit;
    }
    if (item->terms && !gives(w, MOONLET_GIVE_STATES)) {
        moonlet_release(r.state);
        r = (moonlet_result){.status = MOONLET_OK};
    }
    set_item(item, &r);
}

static void settle_item(const Work *w, size_t i)
{
    const Outcome *out = &w->items.outcomes[i];
    moonlet_item *item = &w->results[i];
    item->steps = out->steps;
    item->limit = api_limit_kind(out->stop);
    item->status = out->status == OUTCOME_OK ? MOONLET_OK : MOONLET_PAUSED;
    switch (out->status) {
    case OUTCOME_WAITING: item->limit = MOONLET_LIMIT_INTERRUPT; break;
    case OUTCOME_LOST: fail_item(w, i, MOONLET_ERROR_HOST, out->why); break;
    case OUTCOME_FAILED: settle_error(w, i); break;
    case OUTCOME_OK:
        if (!import_wanted(w)) settle_values(w, i);
        break;
    default:
        if (!out->packed && out->state) item->state = state_of(w, out);
        break;
    }
}

/* Values in one state --------------------------------------------------------------- */

/* The values of an item that went well, into the run of the session. */
static bool import_item(const Work *w, Session *S, size_t i, Value *to)
{
    char text[BRING_TEXT_MAX];
    ItemRefusal why;
    if (items_bring(&w->items, &w->items.outcomes[i], S->M, to, &why)) return true;
    fail_item(w, i, MOONLET_ERROR_HOST, bring_text(text, why.what, why.path));
    return false;
}

/* All have failed, for want of memory. */
static moonlet_state *no_values(const Work *w, const moonlet_state *into)
{
    const String *why = error_memory_text();
    for (size_t i = 0; i < w->items.count; i++)
        if (w->results[i].status == MOONLET_OK)
            fail_item(w, i, MOONLET_ERROR_MEMORY, lib_c_text(why));
    return moonlet_retain(into);
}

/* The items share the values of the new state. */
static void share_values(const Work *w, const moonlet_result *r)
{
    size_t at = 0;
    for (size_t i = 0; i < w->items.count; i++) {
        moonlet_item *item = &w->results[i];
        if (item->status != MOONLET_OK) continue;
        item->values = r->values + at;
        item->count = w->items.outcomes[i].count;
        at += item->count;
    }
}

static moonlet_state *import_all(const Work *w, const moonlet_state *into)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < w->items.count; i++)
        if (w->results[i].status == MOONLET_OK) total += w->items.outcomes[i].count;
    Value *values = api_values(total);
    if (!values) return no_values(w, into);
    Session S;
    api_begin(&S, into);
    for (size_t i = 0; i < w->items.count; i++)
        if (w->results[i].status == MOONLET_OK && import_item(w, &S, i, values + at))
            at += w->items.outcomes[i].count;
    moonlet_result r = api_end_values(&S, values, at);
    if (r.status == MOONLET_OK) {
        share_values(w, &r);
        return r.state;
    }
    moonlet_release(r.state);
    return no_values(w, into);
}

/* The whole ------------------------------------------------------------------------- */

static void tell(void *work, size_t done)
{
    const Work *w = work;
    w->options.progress(w->options.data, done, w->items.count);
}

static void begin(Work *w, const moonlet_state *s)
{
    const moonlet_map_options *o = &w->options;
    w->s = o->limits ? moonlet_limit(s, o->limits) : moonlet_retain(s);
    const Config *c = w->s->config;
    w->outer.flag = c ? c->limits.interrupt : NULL;
    w->stop = (StopChain){o->cancel, &w->outer};
    w->items.base = w->s->state;
    w->items.threads = o->threads;
    w->items.processes = o->processes;
    w->items.stop = &w->stop;
    w->items.results_max = c ? c->limits.bytes : 0;
    w->items.face = w;
    w->items.run = run_item;
    w->items.describe = describe;
    w->items.progress = o->progress ? tell : NULL;
}

static moonlet_items finish(Work *w, const moonlet_state *into)
{
    moonlet_items all = {.count = w->items.count, .items = w->results};
    for (size_t i = 0; i < all.count; i++) settle_item(w, i);
    all.state = import_wanted(w) ? import_all(w, into) : moonlet_retain(into);
    for (size_t i = 0; i < all.count; i++) all.failed += w->results[i].status != MOONLET_OK;
    items_end(&w->items);
    return all;
}

moonlet_items moonlet_map(const moonlet_state *s, moonlet_value function,
                          const moonlet_value *inputs, size_t n,
                          const moonlet_map_options *options)
{
    assert_live(s);
    assert_values(s, &function, 1);
    assert_values(s, inputs, n);
    Work w = {
        .items.count = n, .function = value_in(function), .inputs = (const Value *)inputs};
    if (options) w.options = *options;
    w.results = calloc(n + 1, sizeof *w.results);
    begin(&w, s);
    if (!w.results || !items_begin(&w.items)) {
        free(w.results);
        moonlet_release(w.s);
        return (moonlet_items){.failed = n};
    }
    items_run(&w.items);
    moonlet_items all = finish(&w, w.options.into ? w.options.into : s);
    moonlet_release(w.s);
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
