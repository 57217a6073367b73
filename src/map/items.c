/* SPDX-License-Identifier: MIT */
/*
 * The items of a map on their way: to threads or processes, and back in their order.
 *
 * What a process sends of an outcome:
 *
 *   status, stop, steps, bytes    numbers
 *   why                           text; empty: values follow, in the end
 *   kind, message ... line ...    of an error only; texts have a zero behind them
 *   values                        map/pack.h
 *
 * Main invariant: nothing that came through a pipe is believed. What is damaged is an
 * outcome that was lost.
 */
#include "map/items.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static bool has_values(const Outcome *out)
{
    return out->status == OUTCOME_OK || out->status == OUTCOME_FAILED;
}

static void lose(Outcome *out, const char *why)
{
    out->status = OUTCOME_LOST;
    out->why = why;
    out->count = 0;
}

/* Out of a process ----------------------------------------------------------------- */

static void pack_text(Pack *p, const char *text)
{
    if (!text) text = "";
    size_t length = strlen(text);
    pack_number(p, length);
    pack_bytes(p, text, length + 1);
}

static void pack_error(Pack *p, const OutcomeError *e)
{
    pack_number(p, (uint64_t)e->kind);
    pack_text(p, e->message);
    pack_text(p, e->traceback);
    pack_text(p, e->chunk);
    pack_number(p, (uint64_t)e->line);
    pack_number(p, (uint64_t)e->column);
    pack_number(p, (uint64_t)e->column_line);
}

static void pack_head(const Items *m, Pack *p, const Outcome *out, OutcomeStatus status,
                      const char *why)
{
    OutcomeError error = {0};
    pack_number(p, status);
    pack_number(p, out->stop);
    pack_number(p, out->steps);
    pack_number(p, out->bytes);
    pack_text(p, why);
    if (status != OUTCOME_FAILED) return;
    if (m->describe) m->describe(m->face, out, &error);
    pack_error(p, &error);
}

/* Where the values cannot leave, why takes their place. */
static void pack_item(void *context, size_t i, Pack *p)
{
    (void)i;
    const Items *m = context;
    const Outcome *out = m->in_hand;
    char why[PACK_ERROR_MAX];
    pack_head(m, p, out, out->status, NULL);
    if (!has_values(out)) return;
    p->max = out->status == OUTCOME_OK ? m->results_max : m->error_max;
    Machine *M = machine_begin(out->state);
    pack_values(p, &M->run, out->values, out->count, items_shared_below(m, M->run.world, out));
    machine_end(M);
    p->max = 0;
    if (!p->error[0]) return;
    memcpy(why, p->error, sizeof why);
    p->length = p->error[0] = 0;
    pack_head(m, p, out, out->status == OUTCOME_OK ? OUTCOME_LOST : out->status, why);
}

/* Into the one that waits ---------------------------------------------------------- */

/* Answers NULL where it is empty. */
static const char *unpack_text(Unpack *u)
{
    size_t length = unpack_number(u);
    const char *bytes = u->bad ? NULL : unpack_bytes(u, length + 1);
    bool good = bytes && bytes[length] == 0;
    if (!good) u->bad = true;
    return good && length ? bytes : NULL;
}

static void unpack_error(Unpack *u, OutcomeError *e)
{
    e->kind = (int)unpack_number(u);
    e->message = unpack_text(u);
    e->traceback = unpack_text(u);
    e->chunk = unpack_text(u);
    e->line = (int)unpack_number(u);
    e->column = (int)unpack_number(u);
    e->column_line = (int)unpack_number(u);
}

/* All but the error and the values, which are unpacked when it is their turn. */
static void unpack_head(Outcome *out, Unpack *u)
{
    uint64_t status = unpack_number(u);
    out->status = status > OUTCOME_LOST ? OUTCOME_LOST : (OutcomeStatus)status;
    out->stop = (EvalStop)unpack_number(u);
    out->steps = unpack_number(u);
    out->bytes = unpack_number(u);
    out->why = unpack_text(u);
    out->at = u->at;
    if (out->status == OUTCOME_FAILED) out->count = !out->why;
    if (out->status == OUTCOME_OK) {
        uint64_t count = unpack_number(u);
        out->count = (uint32_t)count;
        if (count > (size_t)(u->end - u->at)) u->bad = true; /* each takes a byte at least */
    }
    if (u->bad || (out->why && out->status == OUTCOME_OK)) lose(out, ITEM_DAMAGED);
}

static void ended(const Items *m, size_t i, const Outcome *out)
{
    if (m->ended) m->ended(m->face, i, out);
}

/* bytes NULL: there are none, and this is why. */
static void take_answer(Outcome *out, const char *bytes, size_t length, const char *why)
{
    if (!bytes) length = strlen(why) + 1;
    *out = (Outcome){.packed = true, .pack = malloc(length + 1)};
    if (!out->pack) {
        lose(out, ITEM_NO_MEMORY);
        return;
    }
    memcpy(out->pack, bytes ? bytes : why, length);
    out->end = out->pack + length;
    if (!bytes) {
        lose(out, out->pack);
        return;
    }
    Unpack u = {out->pack, out->end, false};
    unpack_head(out, &u);
}

static void unpack_item(void *context, size_t i, const char *bytes, size_t length,
                        const char *why)
{
    const Items *m = context;
    take_answer(&m->outcomes[i], bytes, length, why);
    ended(m, i, &m->outcomes[i]);
}

void items_error(const Outcome *out, OutcomeError *error)
{
    Unpack u = {out->at, out->end, false};
    *error = (OutcomeError){0};
    if (out->packed && out->status == OUTCOME_FAILED) unpack_error(&u, error);
}

/* Doing them ----------------------------------------------------------------------- */

/* An item polls only when it has done some steps, but a thread of its own takes some of the
 * reserve before that: many that begin while there is no memory would use up all of it. */
static bool may_begin(Outcome *out)
{
    if (mem_short || mem_is_low() || mem_is_spent()) mem_recover();
    if (!mem_short && !mem_is_spent()) return true;
    *out = (Outcome){0};
    lose(out, ITEM_NO_MEMORY);
    return false;
}

static void run_item(void *context, size_t i)
{
    const Items *m = context;
    if (may_begin(&m->outcomes[i])) m->run(m->face, i, &m->outcomes[i]);
    ended(m, i, &m->outcomes[i]);
}

/* Does an item in a process, which would get its own copy of each page of the outcomes that it
 * writes to. */
static void run_item_apart(void *context, size_t i)
{
    const Items *m = context;
    *m->in_hand = (Outcome){0};
    if (may_begin(m->in_hand)) m->run(m->face, i, m->in_hand);
    ended(m, i, m->in_hand);
}

/* Does an item that needs no process: what comes of it depends on whether it has left one, not
 * on when it does. */
static void run_item_alone(void *context, size_t i)
{
    Items *m = context;
    Pack p = {0};
    *m->in_hand = (Outcome){0};
    if (may_begin(m->in_hand)) m->run(m->face, i, m->in_hand);
    pack_item(m, i, &p);
    unpack_item(m, i, p.bytes, p.length, ITEM_NO_MEMORY);
    m->outcomes[i].went_back = m->in_hand->went_back;
    pack_free(&p);
}

static void tell(void *context, size_t done)
{
    const Items *m = context;
    m->progress(m->face, done);
}

/* What has come from processes is in no collected memory. */
bool items_begin(Items *m)
{
    size_t size = sizeof *m->outcomes;
    m->outcomes =
        m->processes ? calloc(m->count + 1, size) : mem_try_alloc_root((m->count + 1) * size);
    if (!m->outcomes) mem_refuse();
    return m->outcomes != NULL;
}

void items_run(Items *m)
{
    Pool pool = {.count = m->count,
                 .workers = m->processes ? m->processes : m->threads,
                 .here = m->here,
                 .within = m->within,
                 .stop = m->stop,
                 .context = m,
                 .item = run_item,
                 .pack = pack_item,
                 .unpack = unpack_item,
                 .progress = m->progress ? tell : NULL};
    Outcome in_hand;
    m->in_hand = &in_hand;
    if (m->alone) {
        pool.workers = 1;
        pool.item = run_item_alone;
        pool_run(&pool);
    } else if (m->processes) {
        pool.item = run_item_apart;
        pool_fork(&pool);
    } else {
        pool_run(&pool);
    }
    m->in_hand = NULL;
    if (stop_wanted(m->stop)) return;
    for (size_t i = 0; i < m->count; i++)
        if (m->outcomes[i].status == OUTCOME_WAITING)
            lose(&m->outcomes[i], "cannot start a process");
}

void items_end(Items *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->outcomes[i].packed) free(m->outcomes[i].pack);
    if (m->processes)
        free(m->outcomes);
    else
        mem_free_root(m->outcomes);
    m->outcomes = NULL;
}

/* Bringing ------------------------------------------------------------------------- */

static bool bring_packed(const Items *m, const Outcome *out, Machine *M, Value *to)
{
    size_t count = 0;
    OutcomeError error;
    Unpack u = {out->at, out->end, false};
    if (out->status == OUTCOME_FAILED) unpack_error(&u, &error);
    Value *values = unpack_values(&u, &M->run, &count, m->base->next_id);
    if (!values || count != out->count) return false;
    if (count) memcpy(to, values, count * sizeof *values);
    return true;
}

static bool bring_imported(const Items *m, const Outcome *out, Machine *M, Value *to,
                           ItemRefusal *why)
{
    Import im;
    Machine *from = machine_begin(out->state);
    import_begin(&im, &M->run, &from->run, items_shared_below(m, from->run.world, out));
    for (size_t i = 0; i < out->count; i++) to[i] = import_value(&im, out->values[i]);
    machine_end_look(from);
    if (!im.refused) return true;
    snprintf(why->what, sizeof why->what, "%s", im.refused);
    memcpy(why->path, im.path, sizeof why->path);
    return false;
}

bool items_bring(const Items *m, const Outcome *out, Machine *M, Value *to, ItemRefusal *why)
{
    why->what[0] = why->path[0] = 0;
    if (!out->packed && out->state) return bring_imported(m, out, M, to, why);
    if (!out->packed) {
        assert(items_of_no_world(m, out) && "values of a world have a state");
        if (out->count) memcpy(to, out->values, out->count * sizeof *to);
        return true;
    }
    if (bring_packed(m, out, M, to)) return true;
    snprintf(why->what, sizeof why->what, "%s", ITEM_DAMAGED);
    return false;
}
