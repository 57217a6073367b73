/* SPDX-License-Identifier: MIT */
/*
 * The outcomes of a moonlet_map as results: states, values, terms, errors; see host_map.h.
 *
 * Main invariant: results are made in the order of the items, and so are the ids of what is
 * brought; an item that cannot be brought has failed, whatever it has done.
 */
#include "api/worlds/host_map.h"

#include "api/worlds/bring.h"
#include "lib/lib.h"
#include "operate/error.h"

moonlet_term *host_map_decode(moonlet_result *r, Decoding *d)
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
static moonlet_state *state_of(const HostMap *m, const Outcome *out)
{
    bool here = !out->packed && out->state;
    return here ? handle_new(out->state, m->s->config) : moonlet_retain(m->s);
}

/* An item whose values are not to be had. */
static void fail_item(const HostMap *m, size_t i, const char *why)
{
    moonlet_state *s = state_of(m, &m->items.outcomes[i]);
    bool lacks = strcmp(why, ITEM_NO_MEMORY) == 0;
    moonlet_result r = lacks ? api_refuse_memory(s) : api_refuse(s, MOONLET_ERROR_HOST, why);
    moonlet_release(s);
    m->results[i].limit = MOONLET_LIMIT_NONE;
    set_item(&m->results[i], &r);
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
static void give_error(const HostMap *m, size_t i)
{
    const Outcome *out = &m->items.outcomes[i];
    moonlet_result r = {.status = MOONLET_FAILED};
    if (out->packed) {
        Session S;
        ItemRefusal why;
        OutcomeError error;
        Value v = V_NIL;
        items_error(out, &error);
        api_begin(&S, m->s);
        bool good = out->why || items_bring(&m->items, out, S.M, &v, &why);
        r = api_end_error(&S, (moonlet_error_kind)error.kind, ITEM_DAMAGED);
        if (good) handle_set_error(r.state, error_from(&error, v));
    } else {
        r.state = state_of(m, out);
        handle_set_error(r.state, out->detail);
    }
    r.error = handle_error(r.state);
    set_item(&m->results[i], &r);
}

/* The item's own state with its values; s with them, if it was done by another process. */
static moonlet_result result_of(const HostMap *m, const Outcome *out)
{
    if (out->packed) {
        Session S;
        ItemRefusal why;
        Value *values = api_values(out->count);
        api_begin(&S, m->s);
        if (!values) return api_end_memory(&S);
        bool good = items_bring(&m->items, out, S.M, values, &why);
        if (good) return api_end_values(&S, values, out->count);
        return api_end_error(&S, MOONLET_ERROR_HOST, why.what);
    }
    moonlet_state *s = state_of(m, out);
    moonlet_result r = api_answer(s, out->values, out->count);
    moonlet_release(s);
    return r;
}

static void give_values(const HostMap *m, size_t i)
{
    Outcome *out = &m->items.outcomes[i];
    moonlet_item *item = &m->results[i];
    if (item->terms && !host_map_gives(m, MOONLET_GIVE_STATES))
        return; /* all that was asked for */
    moonlet_result r = result_of(m, out);
    if (host_map_gives(m, MOONLET_GIVE_TERMS) && !item->terms && r.status == MOONLET_OK) {
        Decoding d = term_decoding(m->s);
        item->terms = host_map_decode(&r, &d);
        if (!item->terms) item->limit = r.limit;
    }
    if (item->terms && !host_map_gives(m, MOONLET_GIVE_STATES)) {
        moonlet_release(r.state);
        r = (moonlet_result){.status = MOONLET_OK};
    }
    set_item(item, &r);
}

static void give_item(const HostMap *m, size_t i)
{
    const Outcome *out = &m->items.outcomes[i];
    moonlet_item *item = &m->results[i];
    item->steps = out->steps;
    item->limit = api_limit_kind(out->stop);
    item->status = out->status == OUTCOME_OK ? MOONLET_OK : MOONLET_PAUSED;
    switch (out->status) {
    case OUTCOME_WAITING: item->limit = MOONLET_LIMIT_INTERRUPT; break;
    case OUTCOME_LOST: fail_item(m, i, out->why); break;
    case OUTCOME_FAILED: give_error(m, i); break;
    case OUTCOME_OK:
        if (!host_map_imports(m)) give_values(m, i);
        break;
    default:
        if (!out->packed && out->state) item->state = state_of(m, out);
        break;
    }
}

/* Values in one state --------------------------------------------------------------- */

/* The values of an item that went well, into the run of the session. */
static bool import_item(const HostMap *m, Session *S, size_t i, Value *to)
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
    Session S;
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

/* The whole ------------------------------------------------------------------------ */

moonlet_items host_map_finish(HostMap *m, const moonlet_state *into)
{
    moonlet_items all = {.count = m->items.count, .items = m->results};
    for (size_t i = 0; i < all.count; i++) give_item(m, i);
    all.state = host_map_imports(m) ? import_all(m, into) : moonlet_retain(into);
    for (size_t i = 0; i < all.count; i++) all.failed += m->results[i].status != MOONLET_OK;
    items_end(&m->items);
    return all;
}
