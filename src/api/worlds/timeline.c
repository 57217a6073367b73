/* SPDX-License-Identifier: MIT */
/*
 * Timelines: a run that is not ended between two calls of the host. The states between them
 * are its own (state/undo.h): so it writes in place, and goes back in place.
 *
 *   kept    a ring: the state after call n is at n % size, for n from oldest to frame; it
 *           grows until it has room for frames + 1
 *   ledger  what is known of the state `at`, that of frame `entered`; NULL: of none
 *
 * Main invariant: what a kept state says stays true until it leaves the ring, whatever later
 * calls write.
 */
#include "api/api.h"

#include "api/path.h"
#include "control/collect.h"
#include "digest/digest.h"
#include "digest/ledger.h"
#include "operate/error.h"

#include <assert.h>

enum { SIZE_FIRST = 8 };

typedef struct Kept {
    State *state;
    uint64_t digest;
    bool known; /* the digest */
} Kept;

struct moonlet_timeline {
    struct moonlet_state now; /* what a run begins from: no handle for others */
    Machine *M;
    Kept *kept;
    Ledger *ledger;
    const State *at;
    uint64_t entered;
    size_t size, frames;
    uint64_t oldest, frame;
    const Value *values; /* of the last call */
    const moonlet_error *error;
    bool running;
};

static Kept *place_of(const moonlet_timeline *t, uint64_t frame)
{
    assert(t->oldest <= frame && frame < t->oldest + t->size && "the frame is kept");
    return &t->kept[frame % t->size];
}

static State *kept_at(const moonlet_timeline *t, uint64_t frame)
{
    return place_of(t, frame)->state;
}

/* Makes room for more frames. If there is no memory, it stays as it is, and has fewer. */
static void grow(moonlet_timeline *t)
{
    size_t size = t->size ? 2 * t->size : SIZE_FIRST;
    if (size > t->frames) size = t->frames + 1;
    Kept *kept = mem_try_alloc(size * sizeof *kept);
    if (!kept) return;
    for (uint64_t n = t->oldest; n < t->frame; n++) kept[n % size] = *place_of(t, n);
    t->kept = kept;
    t->size = size;
}

enum { LEDGER_LAG = 64 }; /* frames that it may be behind, beside those that are kept */

static void keep(moonlet_timeline *t, State *state)
{
    assert(state->heap.more == STATE_OWN && "states of a timeline are its own");
    uint64_t kept = t->frame - t->oldest;
    if (kept == t->size && t->size <= t->frames) grow(t);
    if (kept == t->size) t->oldest++;
    t->kept[t->frame % t->size] = (Kept){state, 0, false};
    t->now.state = state;
    if (t->frame - t->entered > t->frames + LEDGER_LAG) t->at = NULL;
}

moonlet_timeline *moonlet_timeline_begin(const moonlet_state *s, size_t frames)
{
    assert_live(s);
    moonlet_timeline *t = mem_alloc_root(sizeof *t);
    t->frames = frames;
    t->now.config = s->config;
    t->M = machine_begin(s->state);
    t->M->run.own.expected = frames;
    State *state = machine_snapshot_own(t->M, NULL);
    state_set_paused(state, s->state->base->paused);
    keep(t, state);
    machine_rest(t->M);
    return t;
}

void moonlet_timeline_end(moonlet_timeline *t)
{
    if (!t || t->running) return;
    machine_wake(t->M, t->now.state);
    machine_end(t->M);
    ledger_free(t->ledger);
    mem_free_root(t);
}

uint64_t moonlet_timeline_frame(const moonlet_timeline *t)
{
    assert_given(t);
    return t->frame;
}

uint64_t moonlet_timeline_oldest(const moonlet_timeline *t)
{
    assert_given(t);
    return t->oldest;
}

/* What it answered, until the next call. */
static moonlet_result answer(moonlet_timeline *t, moonlet_status status, size_t count)
{
    return (moonlet_result){.status = status,
                            .count = count,
                            .values = (const moonlet_value *)t->values,
                            .error = t->error};
}

static bool set_values(moonlet_timeline *t, const Value *values, size_t count)
{
    Value *to = api_values(count);
    if (!to) return false;
    if (count) memcpy(to, values, count * sizeof *to);
    t->values = to;
    t->error = NULL;
    return true;
}

static moonlet_result fail(moonlet_timeline *t, const moonlet_error *e)
{
    t->values = NULL;
    t->error = e;
    return answer(t, MOONLET_FAILED, 0);
}

static moonlet_error *error_of(moonlet_error_kind kind, const char *message)
{
    size_t length = strlen(message);
    return api_error(kind, string_value(string_new(message, length)), message, length);
}

/* The world is again what it was before the call. */
static moonlet_result failed(moonlet_timeline *t, HostRun *S, RunStatus status)
{
    assert(t->now.state && "there is a state to go back to");
    Machine *M = S->M;
    bool limit = status == RUN_PAUSED;
    if (limit) M->fatal = true;
    moonlet_limit_kind kind = M->fatal ? api_limit_of(S) : MOONLET_LIMIT_NONE;
    const moonlet_error *e = S->error;
    if (limit)
        e = error_of(MOONLET_ERROR_LIMIT, moonlet_limit_text(kind));
    else if (!e)
        e = api_error_of_run(S, NULL, NULL);
    machine_back(M, t->now.state);
    moonlet_result r = fail(t, e);
    r.limit = kind;
    return r;
}

static moonlet_result succeeded(moonlet_timeline *t, HostRun *S)
{
    size_t count = S->M->result_count;
    collect_end(S->M, S->M->results, count);
    if (!set_values(t, S->M->results, count)) {
        error_set_memory(S->M);
        return failed(t, S, RUN_ERROR);
    }
    State *state = api_pack(S, true);
    t->frame++;
    keep(t, state);
    return answer(t, MOONLET_OK, count);
}

moonlet_result moonlet_timeline_call(moonlet_timeline *t, const char *path,
                                     const moonlet_value *args, size_t count)
{
    assert_given(t);
    assert_given(path);
    if (t->running)
        return fail(t, error_of(MOONLET_ERROR_HOST, "the timeline is in the middle of a call"));
    assert_values(&t->now, args, count);
    t->running = true;
    HostRun S;
    Value f;
    machine_wake(t->M, t->now.state);
    api_begin_in(&S, &t->now, t->M);
    RunStatus status = path_get_callee(&S, path, NULL, &f);
    if (status == RUN_OK) status = eval_call(S.M, f, (const Value *)args, count);
    uint64_t steps = eval_steps_used(S.M);
    moonlet_result r = status == RUN_OK ? succeeded(t, &S) : failed(t, &S, status);
    r.steps = steps;
    machine_rest(t->M);
    api_leave(&S);
    t->running = false;
    return r;
}

/* Finds the digest in the run itself, which is to notice nothing of it: its own snapshots stay
 * its own. */
static bool find_digest(moonlet_timeline *t, uint64_t *digest)
{
    if (!t->ledger) t->ledger = ledger_new();
    bool good = t->ledger && ledger_digest(t->ledger, &t->M->run, t->at, digest);
    t->at = good ? t->now.state : NULL;
    t->entered = t->frame;
    if (good) return true;
    Walk w = walk_begin();
    return digest_world(&t->M->run, &w, digest);
}

/* The ledger, if it is after the frame to go back to, goes with it. */
static void go_back(moonlet_timeline *t, uint64_t frame)
{
    State *to = kept_at(t, frame);
    LedgerBack back;
    uint64_t digest;
    bool along = t->at && t->entered > frame;
    if (along && t->at != t->now.state) along = find_digest(t, &digest) && t->at;
    if (along) ledger_before_back(&back, &t->M->run, to);
    for (; t->frame > frame; t->frame--) *place_of(t, t->frame) = (Kept){0};
    t->now.state = to;
    machine_back(t->M, to);
    if (!along) return;
    t->at = ledger_after_back(t->ledger, &back, &t->M->run) ? to : NULL;
    t->entered = frame;
}

bool moonlet_timeline_back(moonlet_timeline *t, uint64_t frame)
{
    assert_given(t);
    if (t->running || frame < t->oldest || frame > t->frame) return false;
    machine_wake(t->M, t->now.state);
    uint64_t counted = mem_count_stop();
    go_back(t, frame);
    mem_count_go_on(counted);
    machine_rest(t->M);
    return true;
}

moonlet_state *moonlet_timeline_state(moonlet_timeline *t)
{
    assert_given(t);
    if (t->running) return NULL;
    machine_wake(t->M, t->now.state);
    State *state = machine_snapshot(t->M);
    state_set_paused(state, t->now.state->base->paused);
    machine_rest(t->M);
    return handle_new(state, t->now.config);
}

moonlet_state *moonlet_timeline_state_at(moonlet_timeline *t, uint64_t frame)
{
    assert_given(t);
    if (t->running || frame < t->oldest || frame > t->frame) return NULL;
    if (frame == t->frame) return moonlet_timeline_state(t);
    machine_wake(t->M, t->now.state);
    run_close(&t->M->run); /* others see it from now on */
    machine_rest(t->M);
    return handle_new(kept_at(t, frame), t->now.config);
}

static bool digest_now(moonlet_timeline *t, uint64_t *digest)
{
    machine_wake(t->M, t->now.state);
    uint64_t counted = mem_count_stop();
    bool whole = find_digest(t, digest);
    mem_count_go_on(counted);
    machine_rest(t->M);
    return whole;
}

static bool digest_at(moonlet_timeline *t, uint64_t frame, uint64_t *digest)
{
    if (frame == t->frame) return digest_now(t, digest);
    moonlet_state *s = moonlet_timeline_state_at(t, frame);
    if (s) *digest = moonlet_digest(s);
    moonlet_release(s);
    return s != NULL;
}

bool moonlet_timeline_digest(moonlet_timeline *t, uint64_t frame, uint64_t *digest)
{
    assert_given(t);
    assert_given(digest);
    if (t->running || frame < t->oldest || frame > t->frame) return false;
    Kept *kept = place_of(t, frame);
    if (!kept->known && !digest_at(t, frame, &kept->digest)) return false;
    kept->known = true;
    *digest = kept->digest;
    return true;
}
