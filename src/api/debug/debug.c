/* SPDX-License-Identifier: MIT */
/*
 * Going about in a recording: events of lines, and searches among them by replays.
 *
 * Main invariant: a search runs in replays, each with a state of its own. Of the recording it
 * changes only which points are kept, and how many replays there were. What a visitor
 * allocates is not counted as the program's, so that limits strike where they did.
 */
#include "api/debug/debug_seek.h"

#include "api/debug/debug_look.h"
#include "control/switch.h"
#include "operate/error.h"

enum {
    NEAR = 5000,      /* steps that are looked at line by line without more points */
    NEAR_POINTS = 64, /* that are left on the way there */
    NEAR_KEPT = 256
};

const DebugTime time_never = {UINT64_MAX, UINT32_MAX}, time_begin = {0, UINT32_MAX};

/* Events ------------------------------------------------------------------------------ */

DebugFrame debug_frame(const DebugEvent *e)
{
    const Segment *s = e->segment;
    return (DebugFrame){object_id(e->M->run.co), s->below + (size_t)(e->fp - s->slots)};
}

bool debug_same_function(const AstFunction *a, const AstFunction *b)
{
    if (a == b) return true;
    return a->line == b->line && a->end_line == b->end_line && a->params == b->params &&
           a->local_count == b->local_count && a->upvalue_count == b->upvalue_count &&
           value_equal(string_value(a->chunk_name), string_value(b->chunk_name));
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

Counting seek_stop_counting(void)
{
    Counting c = {mem_meter, mem_beside, mem_count_stop(), mem_bound};
    mem_meter = NULL;
    return c;
}

void seek_go_on_counting(const Counting *c)
{
    mem_meter = c->meter;
    mem_count_go_on(c->counted);
    mem_beside = c->beside;
    mem_bound = c->outer;
}

/* Sets the event's frame and line, anew when the stack has been moved. */
static void seek_find_function(const Seek *s, DebugEvent *e)
{
    FrameCursor c = frame_cursor(e->M->segment, s->thrown_at, s->throws);
    while (!frame_is_lua(c.fp))
        if (!frame_down(&c)) return;
    int line = error_line(c.fp, c.at);
    e->segment = c.segment;
    e->fp = c.fp;
    e->n = c.at;
    e->line = line > 0 ? line : 0;
}

int debug_ask(DebugEvent *e, DebugTest *test, void *context)
{
    State *state;
    Seek *s = e->seek;
    if (!record_may_take(e->M)) return -1;
    seek_go_on_counting(&s->counting); /* which record_take stops by itself */
    if (e->raises) {
        s->thrown_at = record_take_raised(e->M, s->throws, s->thrown_at, &state);
        seek_find_function(s, e);
    } else {
        e->fp = record_take(e->M, e->n, e->fp, &state);
        e->segment = e->M->segment;
    }
    Counting outer = {mem_meter, mem_beside, mem_counted, mem_bound};
    mem_meter = NULL;
    moonlet_state *h = handle_new(state, s->config);
    bool yes = test(context, h);
    moonlet_release(h);
    seek_go_on_counting(&outer);
    s->counting = seek_stop_counting();
    return yes;
}

typedef struct Sought {
    uint64_t id;
    void *object;
} Sought;

static bool has_object(void *context, const moonlet_state *s)
{
    Sought *o = context;
    o->object = debug_object(s, o->id);
    return true;
}

void *debug_find_object(DebugEvent *e, uint64_t id)
{
    Sought o = {id, NULL};
    debug_ask(e, has_object, &o);
    return o.object;
}

/* The next event. Whether it is one that is looked at; *ends: it is behind these. */
static bool is_looked_at(Seek *s, const Machine *M, bool *ends)
{
    uint64_t step = replay_step(&s->replay.replay);
    *ends = false;
    if (M != s->replay.S.M) return false; /* an item of a map */
    s->at = step == s->at.step ? (DebugTime){step, s->at.event + 1} : (DebugTime){step, 0};
    if (step == s->skipped) return false;
    if (!s->from_first && !time_before(s->after, s->at)) return false;
    *ends = !time_before(s->at, s->before) || debug_is_interrupted(s->rec);
    return !*ends;
}

/* true ends the run. */
static bool show_to(Seek *s, DebugEvent *e)
{
    s->counting = seek_stop_counting();
    bool found = s->visit(s->context, e);
    seek_go_on_counting(&s->counting);
    if (!found) return false;
    s->has = true;
    s->found = s->at;
    return s->first;
}

/* A Watch's line. */
static bool look(Machine *M, const Node *n, Value **frame)
{
    Seek *s = M->watch->context;
    bool ends;
    if (!is_looked_at(s, M, &ends)) return ends;
    const Proto *p = frame_proto(*frame);
    DebugEvent e = {.at = s->at,
                    .M = M,
                    .n = n,
                    .fp = *frame,
                    .segment = M->segment,
                    .line = proto_line(p, proto_index(p, n)),
                    .enters = s->watch.enters,
                    .replay = s->rec->replays,
                    .seek = s};
    ends = show_to(s, &e);
    *frame = e.fp;
    return ends;
}

DebugEvent seek_raised(Seek *s, Machine *M, const Node *n, Value *fp)
{
    DebugEvent e = {.at = s->at,
                    .M = M,
                    .raises = true,
                    .error = M->error,
                    .replay = s->rec->replays,
                    .seek = s};
    s->throws = n;
    s->thrown_at = fp;
    seek_find_function(s, &e);
    return e;
}

/* A Watch's raised. */
static Value *look_at_raised(Machine *M, const Node *n, Value *fp, bool *ends)
{
    Seek *s = M->watch->context;
    if (!is_looked_at(s, M, ends) || !(s->rec->raises || s->wants_state)) return fp;
    DebugEvent e = seek_raised(s, M, n, fp);
    *ends = show_to(s, &e);
    if (!*ends || !s->wants_state || !record_may_take(M)) return s->thrown_at;
    fp = record_take_raised(M, n, s->thrown_at, &s->thrown);
    return fp;
}

/* A Watch's uncaught. */
static void look_at_failure(Machine *M, const Node *n, Value *fp)
{
    Seek *s = M->watch->context;
    if (!s->wants_failure || M->depth > 1) return;
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, b, fp, fp + frame_extent(fp), CO_PAUSED);
    b->node = frame_is_lua(fp) ? n : NULL;
    s->failure = machine_snapshot(M);
    s->error = M->error;
}

/* Nodes without a line are none that were met: before one of these it was the one above it. */
static const Node *with_line(const CoBody *b)
{
    const Value *fp = b->segment ? b->segment->slots + b->fp : NULL;
    if (!fp || !frame_is_lua(fp)) return b->node;
    const Proto *p = frame_proto(fp);
    uint32_t i = proto_index(p, b->node);
    if (i == UINT32_MAX) return b->node;
    while (i && !proto_line(p, i)) i--;
    return &p->nodes[i];
}

const Node *seek_begun_at(const Seek *s)
{
    Machine *M = s->replay.S.M;
    if (s->rec->last && !s->replay.replay.from) return s->rec->last;
    return with_line(heap_coroutine(&M->run, M->run.co));
}

/* Runs from the point before a step, and gives the state where it has ended, if wanted. */
static moonlet_state *seek_lines(moonlet_recording *rec, Seek *s, uint64_t from, bool wanted)
{
    s->rec = rec;
    s->config = rec->config;
    rec->replays++;
    recording_begin(rec, &s->replay, from);
    uint64_t begin = s->replay.replay.from;
    s->at = (DebugTime){begin, UINT32_MAX};
    s->skipped = begin ? begin : UINT64_MAX;
    s->watch = (Watch){
        .line = look, .uncaught = look_at_failure, .raised = look_at_raised, .context = s};
    s->watch.again = seek_begins_anew(s);
    if (!s->watch.again) s->watch.last = seek_begun_at(s);
    hook_watch(s->replay.S.M, &s->watch);
    replay_run(&s->replay.replay, rec->record->steps, 0);
    hook_watch(s->replay.S.M, NULL);
    moonlet_state *end = recording_end(rec, &s->replay, wanted && s->has && s->first);
    State *taken = s->failure ? s->failure : s->thrown;
    if (!taken) return end;
    moonlet_release(end);
    return handle_new(taken, rec->config);
}

/* Leaves points on the way to a step, when there are none near. */
static void seek_approach(moonlet_recording *rec, uint64_t step)
{
    if (step > rec->record->steps) step = rec->record->steps;
    for (;;) {
        uint64_t distance = step - record_point(rec->record, step)->step;
        if (distance < NEAR) return;
        RecordingReplay p;
        record_drop_near(rec->record, NEAR_KEPT);
        distance = step - record_point(rec->record, step)->step;
        recording_begin(rec, &p, step);
        replay_run(&p.replay, step, distance / NEAR_POINTS + 1);
        recording_end(rec, &p, false);
        if (step - record_point(rec->record, step)->step >= distance / 2) return; /* no polls */
    }
}

static bool is_begin(DebugTime t) { return !t.step && t.event == UINT32_MAX; }

bool debug_next(moonlet_recording *rec, DebugTime after, DebugVisit *visit, void *context,
                DebugTime *found)
{
    Seek s = {.visit = visit,
              .context = context,
              .after = after,
              .from_first = is_begin(after),
              .before = time_never,
              .first = true};
    seek_approach(rec, after.step);
    seek_lines(rec, &s, after.step, false);
    *found = s.found;
    return s.has;
}

bool debug_last_after(moonlet_recording *rec, DebugTime after, DebugTime before,
                      DebugVisit *visit, void *context, DebugTime *found)
{
    Seek s = {.visit = visit,
              .context = context,
              .after = after,
              .from_first = is_begin(after),
              .before = before};
    seek_approach(rec, after.step + !is_begin(after));
    seek_lines(rec, &s, after.step + !is_begin(after), false);
    *found = s.found;
    return s.has;
}

void debug_pass(moonlet_recording *rec, DebugTime after, DebugTime last, DebugVisit *visit,
                void *context)
{
    DebugTime before = {last.step, last.event + (last.event < UINT32_MAX)};
    Seek s = {.visit = visit,
              .context = context,
              .after = after,
              .from_first = is_begin(after),
              .before = before,
              .first = true};
    seek_approach(rec, after.step);
    seek_lines(rec, &s, after.step, false);
}

bool debug_last(moonlet_recording *rec, DebugTime before, DebugVisit *visit, void *context,
                DebugTime *found)
{
    uint64_t begin = before.step; /* the point is one before that */
    for (;;) {
        Seek s = {.visit = visit, .context = context, .from_first = true, .before = before};
        seek_approach(rec, begin);
        seek_lines(rec, &s, begin, false);
        *found = s.found;
        begin = s.replay.replay.from;
        if (s.has || !begin || debug_is_interrupted(rec)) return s.has;
        before = (DebugTime){begin + 1, 0}; /* its lines are those of the point before */
    }
}

/* States ------------------------------------------------------------------------------ */

typedef struct Wanted {
    DebugTime at;
    DebugVisit *visit;
    void *context;
} Wanted;

static bool is_wanted(void *context, DebugEvent *e)
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
    Seek s = {.visit = is_wanted,
              .context = &w,
              .from_first = true,
              .before = time_never,
              .wants_state = true,
              .first = true};
    seek_approach(rec, at.step);
    return seek_lines(rec, &s, at.step, true);
}

static bool never(void *context, DebugEvent *e) { return false; }

moonlet_state *debug_failure(moonlet_recording *rec, Value *error)
{
    Seek s = {.visit = never, .before = time_never, .wants_failure = true};
    if (rec->record->end != RECORD_FAILED) return NULL;
    seek_approach(rec, rec->record->steps);
    moonlet_state *state = seek_lines(rec, &s, rec->record->steps, false);
    *error = s.error;
    return state;
}

const Node *debug_last_node(moonlet_recording *rec)
{
    uint64_t end = rec->record->steps;
    Seek s = {.visit = never, .before = time_never};
    seek_approach(rec, end);
    moonlet_release(seek_lines(rec, &s, end, false));
    return s.watch.last;
}
