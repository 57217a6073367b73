/* SPDX-License-Identifier: MIT */
#include "api/debug.h"

#include "control/switch.h"
#include "stack/hook.h"

enum {
    NEAR = 50000, /* steps that are looked at line by line without more points */
    NEAR_POINTS = 64
};

const DebugTime time_never = {UINT64_MAX, UINT32_MAX};

/* Events ------------------------------------------------------------------------------ */

DebugFrame debug_frame(const DebugEvent *e)
{
    return (DebugFrame){object_id(e->M->run.co), frame_depth(e->M, e->fp)};
}

bool debug_is_within(const DebugEvent *e, DebugFrame f)
{
    DebugFrame now = debug_frame(e);
    if (now.coroutine == f.coroutine) return now.depth > f.depth;
    const Coroutine *co = heap_coroutine(&e->M->run, e->M->run.co)->resumer;
    for (; co; co = heap_coroutine(&e->M->run, co)->resumer)
        if (object_id(co) == f.coroutine) return true;
    return false;
}

/* Seeking ----------------------------------------------------------------------------- */

typedef struct Seek {
    Watch watch;
    RecordingReplay replay;
    DebugVisit *visit;
    void *context;
    DebugTime after, before; /* what is looked at lies between */
    DebugTime at, found;
    uint64_t skipped; /* the step of the point: its lines are those of the point before */
    bool has, first;  /* found; it is to be the first and not the last */
    bool wants_failure;
    State *failure;
    DebugTest *test; /* instead of the visitor */
    const Config *config;
} Seek;

/* Asks about a state of this moment. */
static bool is_true(Seek *s, Machine *M, const Node *n, Value **fp)
{
    State *state;
    if (!record_may_take(M)) return false;
    *fp = record_take(M, n, *fp, &state);
    /* what that takes is not the program's */
    int64_t *meter = mem_meter, beside = mem_beside;
    uint64_t counted = mem_counted;
    MemBound outer = mem_bound;
    mem_meter = NULL;
    moonlet_state *h = handle_new(state, s->config);
    bool yes = s->test(s->context, h);
    moonlet_release(h);
    mem_meter = meter;
    mem_counted = counted;
    mem_beside = beside;
    mem_bound = outer;
    return yes;
}

/* A Watch's line. */
static bool look(Machine *M, const Node *n, Value **frame)
{
    Value *fp = *frame;
    Seek *s = M->watch->context;
    uint64_t step = replay_step(&s->replay.replay);
    if (M != s->replay.S.M) return false; /* an item of a map */
    s->at = step == s->at.step ? (DebugTime){step, s->at.event + 1} : (DebugTime){step, 0};
    if (step == s->skipped || !time_before(s->after, s->at)) return false;
    if (!time_before(s->at, s->before)) return true;
    const Proto *p = frame_proto(fp);
    DebugEvent e = {s->at, M, n, fp, p->lines[proto_index(p, n)], s->watch.enters};
    if (s->test ? !is_true(s, M, n, frame) : !s->visit(s->context, &e)) return false;
    s->has = true;
    s->found = s->at;
    return s->first;
}

/* A Watch's uncaught. */
static void look_at_failure(Machine *M, const Node *n, Value *fp)
{
    Seek *s = M->watch->context;
    if (!s->wants_failure || M->depth > 1) return;
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, b, fp, fp + frame_extent(fp), CO_PAUSED);
    b->node = value_is(fp[-1], OBJ_CLOSURE) ? n : NULL;
    s->failure = machine_snapshot(M);
}

/* Runs from the point before a step, and gives the state where it has ended, if wanted. */
static moonlet_state *seek(moonlet_recording *rec, Seek *s, uint64_t from, bool wanted)
{
    recording_begin(rec, &s->replay, from);
    uint64_t begin = s->replay.replay.from;
    s->at = (DebugTime){begin, UINT32_MAX};
    s->skipped = begin ? begin : UINT64_MAX;
    s->watch = (Watch){.line = look, .uncaught = look_at_failure, .context = s};
    hook_watch(s->replay.S.M, &s->watch);
    replay_run(&s->replay.replay, rec->record->steps, 0);
    hook_watch(s->replay.S.M, NULL);
    moonlet_state *end = recording_end(rec, &s->replay, wanted && s->has && s->first);
    return s->failure ? handle_new(s->failure, &rec->config) : end;
}

/* Leaves points on the way to a step, when there are none near. */
static void approach(moonlet_recording *rec, uint64_t step)
{
    if (step > rec->record->steps) step = rec->record->steps;
    for (;;) {
        uint64_t distance = step - record_point(rec->record, step)->step;
        if (distance < NEAR) return;
        RecordingReplay p;
        record_drop_near(rec->record);
        distance = step - record_point(rec->record, step)->step;
        recording_begin(rec, &p, step);
        replay_run(&p.replay, step, distance / NEAR_POINTS + 1);
        recording_end(rec, &p, false);
        if (step - record_point(rec->record, step)->step >= distance / 2) return; /* no polls */
    }
}

bool debug_next(moonlet_recording *rec, DebugTime after, DebugVisit *visit, void *context,
                DebugTime *found)
{
    Seek s = {.visit = visit,
              .context = context,
              .after = after,
              .before = time_never,
              .first = true};
    approach(rec, after.step);
    seek(rec, &s, after.step, false);
    *found = s.found;
    return s.has;
}

bool debug_last(moonlet_recording *rec, DebugTime before, DebugVisit *visit, void *context,
                DebugTime *found)
{
    uint64_t begin = before.step; /* the point is one before that */
    for (;;) {
        Seek s = {.visit = visit, .context = context, .before = before};
        approach(rec, begin);
        seek(rec, &s, begin, false);
        *found = s.found;
        begin = s.replay.replay.from;
        if (s.has || !begin) return s.has;
        before = (DebugTime){begin + 1, 0}; /* its lines are those of the point before */
    }
}

bool debug_first(moonlet_recording *rec, DebugTime after, DebugTest *test, void *context,
                 DebugTime *found)
{
    Seek s = {.test = test,
              .context = context,
              .config = &rec->config,
              .after = after,
              .before = time_never,
              .first = true};
    approach(rec, after.step);
    seek(rec, &s, after.step, false);
    *found = s.found;
    return s.has;
}

/* States ------------------------------------------------------------------------------ */

typedef struct Wanted {
    DebugTime at;
    DebugVisit *visit;
    void *context;
} Wanted;

static bool is_wanted(void *context, const DebugEvent *e)
{
    Wanted *w = context;
    if (time_before(e->at, w->at)) return false;
    if (w->visit) w->visit(w->context, e);
    return true;
}

moonlet_state *debug_state(moonlet_recording *rec, DebugTime at, DebugVisit *visit,
                           void *context)
{
    Wanted w = {at, visit, context};
    Seek s = {.visit = is_wanted, .context = &w, .before = time_never, .first = true};
    approach(rec, at.step);
    return seek(rec, &s, at.step, true);
}

static bool never(void *context, const DebugEvent *e) { return false; }

moonlet_state *debug_failure(moonlet_recording *rec)
{
    Seek s = {.visit = never, .before = time_never, .wants_failure = true};
    if (rec->record->end != RECORD_FAILED) return NULL;
    approach(rec, rec->record->steps);
    return seek(rec, &s, rec->record->steps, false);
}
