/* SPDX-License-Identifier: MIT */
/*
 * moonlet_map: one function, many inputs, on threads or processes (lib/pool.h).
 *
 *   run_item      an item as moonlet_call would do it; on any thread, in any process
 *   pack, unpack  the same for its way out of a process
 *   settle        in the order of the items: their values go where they were asked for
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/bring.h"
#include "api/term.h"
#include "eval/error.h"
#include "lib/lib.h"
#include "lib/pool.h"

typedef struct Packed {
    char *bytes; /* malloc; NULL: lost, and error says why */
    size_t length;
    char error[64];
} Packed;

typedef struct Map {
    moonlet_state *s; /* with the limits of the items */
    Value function;
    const Value *inputs;
    moonlet_map_options options;
    moonlet_item *items;
    size_t count;
    Packed *packed; /* for processes */
    StopChain stop, outer;
} Map;

static bool gives(const Map *m, unsigned what) { return (m->options.give & what) != 0; }

/* Items ---------------------------------------------------------------------------- */

static void set_item(moonlet_item *item, const moonlet_result *r)
{
    item->status = r->status;
    item->limit = r->limit;
    item->state = r->state;
    item->count = r->count;
    item->values = r->values;
    item->error = r->error;
    item->steps = r->steps;
}

/* What it has come to is not to be had. */
static void refuse_item(moonlet_item *item, moonlet_result r)
{
    moonlet_release(item->state);
    r.steps = item->steps;
    set_item(item, &r);
}

static void fail_item(const Map *m, moonlet_item *item, moonlet_error_kind kind,
                      const char *why)
{
    refuse_item(item, api_refuse(item->state ? item->state : m->s, kind, why));
}

/* Its values as terms, in place of its state unless that was asked for. */
static void decode_item(moonlet_item *item, Decoding d)
{
    Machine *M = machine_begin(item->state->state);
    item->terms =
        term_decode_list(M, item->state, (const Value *)item->values, item->count, &d);
    machine_end(M);
    if (!item->terms) refuse_item(item, term_decode_refuse(item->state, &d));
}

static void drop_state(const Map *m, moonlet_item *item)
{
    if (item->error || gives(m, MOONLET_GIVE_STATES)) return;
    moonlet_release(item->state);
    item->state = NULL;
    item->values = NULL;
    item->count = 0;
}

static void call_item(void *context, size_t i)
{
    Map *m = context;
    Session S;
    api_begin(&S, m->s);
    S.M->stops = &m->stop;
    moonlet_result r = api_end(&S, eval_call(S.M, m->function, &m->inputs[i], 1));
    set_item(&m->items[i], &r);
}

/* Terms are made where the item is done. */
static void run_item(void *context, size_t i)
{
    Map *m = context;
    moonlet_item *item = &m->items[i];
    Decoding d = term_decoding(m->s); /* the time is for both */
    call_item(m, i);
    if (item->status == MOONLET_OK && gives(m, MOONLET_GIVE_TERMS)) decode_item(item, d);
    if (gives(m, MOONLET_GIVE_TERMS) || item->status == MOONLET_PAUSED) drop_state(m, item);
}

/* Processes ------------------------------------------------------------------------ */

static void pack_text(Pack *p, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    pack_number(p, length);
    pack_bytes(p, text, length);
}

static void pack_error(const Map *m, Pack *p, Machine *M, const moonlet_error *e)
{
    pack_number(p, e->kind);
    pack_text(p, e->message);
    pack_text(p, e->traceback);
    pack_text(p, e->chunk);
    pack_number(p, (uint64_t)e->line);
    pack_number(p, (uint64_t)e->column);
    pack_number(p, (uint64_t)e->column_line);
    size_t texts = p->length;
    Value v = value_in(e->value);
    pack_values(p, M, &v, 1, m->s->state->next_id);
    if (!p->error[0]) return;
    p->error[0] = 0; /* a value that must stay there: the texts are enough */
    p->length = texts;
    pack_values(p, M, &(Value){V_NIL}, 1, 0);
}

static void pack_head(Pack *p, const moonlet_item *item, moonlet_status status)
{
    pack_number(p, status);
    pack_number(p, item->limit);
    pack_number(p, item->steps);
}

static void pack_results(const Map *m, const moonlet_item *item, Pack *p)
{
    pack_head(p, item, item->status);
    if (item->status == MOONLET_PAUSED) return;
    Machine *M = machine_begin(item->state->state);
    if (item->status == MOONLET_FAILED) {
        pack_error(m, p, M, item->error);
    } else {
        p->max = m->s->config ? m->s->config->limits.bytes : 0;
        pack_values(p, M, (const Value *)item->values, item->count, m->s->state->next_id);
        p->max = 0;
        if (p->error[0]) {
            const moonlet_error *e =
                api_error(MOONLET_ERROR_HOST, V_NIL, p->error, strlen(p->error));
            p->length = 0;
            p->error[0] = 0;
            pack_head(p, item, MOONLET_FAILED);
            pack_error(m, p, M, e);
        }
    }
    machine_end(M);
}

static void pack_item(void *context, size_t i, Pack *p)
{
    const Map *m = context;
    moonlet_item *item = &m->items[i];
    pack_results(m, item, p);
    moonlet_release(item->state);
    item->state = NULL;
}

static void keep_packed(void *context, size_t i, const char *bytes, size_t length,
                        const char *why)
{
    Map *m = context;
    Packed *packed = &m->packed[i];
    if (bytes) packed->bytes = malloc(length + 1);
    if (bytes && packed->bytes) memcpy(packed->bytes, bytes, length);
    packed->length = length;
    snprintf(packed->error, sizeof packed->error, "%s", why ? why : "not enough memory");
}

static const char *unpack_text(Unpack *u)
{
    size_t length = unpack_number(u);
    const char *bytes = unpack_bytes(u, length);
    return bytes ? api_c_text(bytes, length) : "";
}

static moonlet_result unpack_failure(const Map *m, Session *S, Unpack *u)
{
    moonlet_error_kind kind = (moonlet_error_kind)unpack_number(u);
    const char *message = unpack_text(u), *traceback = unpack_text(u), *chunk = unpack_text(u);
    int line = (int)unpack_number(u), column = (int)unpack_number(u);
    int column_line = (int)unpack_number(u);
    size_t count;
    Value *v = unpack_values(u, S->M, &count, m->s->state->next_id);
    moonlet_result r = api_end_error(S, kind, v ? message : "damaged answer of a process");
    if (!v || count != 1) return r;
    moonlet_error *e = api_error(kind, *v, message, strlen(message));
    e->traceback = traceback;
    e->chunk = *chunk ? chunk : NULL;
    e->line = line;
    e->column = column;
    e->column_line = column_line;
    r.state->error = r.error = e;
    return r;
}

/* The item as if it had been done here; its state is s with the values. */
static void unpack_item(const Map *m, size_t i)
{
    moonlet_item *item = &m->items[i];
    Packed *packed = &m->packed[i];
    Unpack u = {packed->bytes, packed->bytes + packed->length, false};
    Session S;
    size_t count;
    item->status = (moonlet_status)unpack_number(&u);
    item->limit = (moonlet_limit_kind)unpack_number(&u);
    uint64_t steps = unpack_number(&u);
    moonlet_limit_kind limit = item->limit;
    item->steps = steps;
    if (item->status == MOONLET_PAUSED) return;
    api_begin(&S, m->s);
    moonlet_result r;
    if (item->status == MOONLET_OK) {
        Value *v = unpack_values(&u, S.M, &count, m->s->state->next_id);
        r = v ? api_end_values(&S, v, count)
              : api_end_error(&S, MOONLET_ERROR_HOST, "damaged answer of a process");
    } else {
        r = unpack_failure(m, &S, &u);
    }
    set_item(item, &r);
    item->limit = limit;
    item->steps = steps;
}

static void take_packed(Map *m, size_t i)
{
    moonlet_item *item = &m->items[i];
    if (m->packed[i].bytes) {
        unpack_item(m, i);
        if (item->status == MOONLET_OK && gives(m, MOONLET_GIVE_TERMS)) {
            decode_item(item, term_decoding(m->s));
            drop_state(m, item);
        }
    } else if (!stop_wanted(&m->stop)) {
        const char *why = m->packed[i].error;
        fail_item(m, item, MOONLET_ERROR_HOST, *why ? why : "cannot start a process");
    }
    free(m->packed[i].bytes);
}

/* Results -------------------------------------------------------------------------- */

static bool import_wanted(const Map *m) { return m->options.give == 0; }

/* The values of an item that went well, into the run of the session. */
static void import_item(const Map *m, Session *S, moonlet_item *item, Value *to)
{
    char why[BRING_ERROR_MAX];
    Import im;
    bring_begin(&im, S, item->state->state, m->s->state->next_id);
    bool good =
        bring_values(&im, (const Value *)item->values, to, item->count, why, sizeof why);
    bring_end(&im);
    if (!good) fail_item(m, item, MOONLET_ERROR_HOST, why);
}

/* All have failed, for want of memory. */
static moonlet_state *no_values(const Map *m, const moonlet_state *into)
{
    const String *why = error_memory_text();
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].status == MOONLET_OK)
            fail_item(m, &m->items[i], MOONLET_ERROR_MEMORY, lib_c_text(why));
    return moonlet_retain(into);
}

/* In the order of the items; they then share the values of one state. */
static moonlet_state *import_all(const Map *m, const moonlet_state *into)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < m->count; i++) total += m->items[i].count;
    Value *values = api_values(total);
    if (!values) return no_values(m, into);
    Session S;
    api_begin(&S, into);
    for (size_t i = 0; i < m->count; i++) {
        if (m->items[i].status != MOONLET_OK) continue;
        import_item(m, &S, &m->items[i], values + at);
        at += m->items[i].count;
    }
    moonlet_result r = api_end_values(&S, values, at);
    if (r.status != MOONLET_OK) {
        moonlet_release(r.state);
        return no_values(m, into);
    }
    at = 0;
    for (size_t i = 0; i < m->count; i++) {
        moonlet_item *item = &m->items[i];
        if (item->status != MOONLET_OK) continue;
        size_t count = item->count;
        drop_state(m, item);
        item->values = r.values + at;
        item->count = count;
        at += count;
    }
    return r.state;
}

static void not_begun(Map *m)
{
    for (size_t i = 0; i < m->count; i++)
        m->items[i] =
            (moonlet_item){.status = MOONLET_PAUSED, .limit = MOONLET_LIMIT_INTERRUPT};
}

static void tell(void *context, size_t done)
{
    const Map *m = context;
    m->options.progress(m->options.data, done, m->count);
}

static void run_items(Map *m)
{
    Pool pool = {.count = m->count,
                 .stop = &m->stop,
                 .context = m,
                 .item = run_item,
                 .pack = pack_item,
                 .unpack = keep_packed,
                 .progress = m->options.progress ? tell : NULL};
    if (!m->options.processes) {
        pool.workers = m->options.threads;
        pool_run(&pool);
        return;
    }
    m->packed = calloc(m->count + 1, sizeof *m->packed);
    if (!m->packed) return; /* no item has been done */
    pool.workers = m->options.processes;
    pool.item = call_item;
    pool_fork(&pool);
    for (size_t i = 0; i < m->count; i++) take_packed(m, i);
    free(m->packed);
}

moonlet_items moonlet_map(const moonlet_state *s, moonlet_value function,
                          const moonlet_value *inputs, size_t n,
                          const moonlet_map_options *options)
{
    assert_live(s);
    assert_values(s, &function, 1);
    assert_values(s, inputs, n);
    Map m = {.function = value_in(function), .inputs = (const Value *)inputs, .count = n};
    if (options) m.options = *options;
    m.s = m.options.limits ? moonlet_limit(s, m.options.limits) : moonlet_retain(s);
    m.outer.flag = m.s->config ? m.s->config->limits.interrupt : NULL;
    m.stop = (StopChain){m.options.cancel, &m.outer};
    m.items = calloc(n + 1, sizeof *m.items);
    if (!m.items) {
        moonlet_release(m.s);
        return (moonlet_items){.failed = n};
    }
    not_begun(&m);
    run_items(&m);
    const moonlet_state *into = m.options.into ? m.options.into : s;
    moonlet_items all = {.count = n, .items = m.items};
    all.state = import_wanted(&m) ? import_all(&m, into) : moonlet_retain(into);
    for (size_t i = 0; i < n; i++) all.failed += m.items[i].status != MOONLET_OK;
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
