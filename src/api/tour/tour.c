/* SPDX-License-Identifier: MIT */
/*
 * Moving about in a recording and its branches; see tour.h.
 *
 * Main invariant: at a line or a caught error, `now` is a time of the current branch;
 * elsewhere it is time_never. `state` is that moment's, unless `changed` says that it is to
 * have another future.
 */
#include "api/tour/tour.h"

#include "api/debug/debug_change.h"

#include <stdlib.h>

/* Where it is ------------------------------------------------------------------------- */

static bool note_place(void *context, DebugEvent *e)
{
    Tour *t = context;
    t->now = e->at;
    t->here = e->n ? debug_frame(e) : (DebugFrame){0, 0};
    t->line = e->line;
    t->chunk = e->n ? frame_proto(e->fp)->source->chunk_name : NULL;
    t->where = e->raises ? TOUR_ERROR : TOUR_LINE;
    t->error = e->raises ? e->error : V_NIL;
    return true;
}

static void set_state(Tour *t, moonlet_state *s, TourWhere where)
{
    moonlet_release(t->state);
    t->state = s;
    t->where = where;
    t->changed = false;
}

bool tour_go(Tour *t, DebugTime to)
{
    moonlet_state *s = debug_state(t->rec, to, note_place, t);
    if (!s) return false;
    set_state(t, s, t->where);
    return true;
}

/* The line of the innermost frame that has one. */
static void find_failure(Tour *t)
{
    DebugPlaces p = debug_places(t->state, NULL);
    for (size_t i = 0; i < p.count && !t->line; i++) {
        t->line = p.at[i].line;
        t->chunk = p.at[i].line ? p.at[i].chunk : NULL;
    }
    debug_places_free(&p);
}

void tour_go_end(Tour *t)
{
    Value error = V_NIL;
    moonlet_state *s = debug_failure(t->rec, &error);
    TourWhere where = s ? TOUR_FAILURE : TOUR_END;
    t->broken = false;
    if (!s) {
        bool whole;
        s = recording_state(t->rec, UINT64_MAX, &whole);
        t->broken = !whole;
    }
    t->hit = NULL;
    set_state(t, s, where);
    t->now = time_never;
    t->here = (DebugFrame){0, 0};
    t->line = 0;
    t->chunk = NULL;
    t->error = error;
    if (where == TOUR_FAILURE) find_failure(t);
}

/* The branch's time of before its first line is the moment where it was begun. */
static void leave_branch(Tour *t)
{
    DebugTime from = t->branches[t->branch].from;
    tour_forget_counts(t, t->branch);
    moonlet_recording_release(t->rec);
    t->branches[t->branch].rec = NULL;
    t->rec = t->branches[--t->branch].rec;
    if (from.step == time_never.step)
        tour_go_end(t);
    else
        tour_go(t, from);
}

/* Goes back to the branch's first line, or where it was begun. */
static void go_back_all(Tour *t)
{
    t->hit = NULL;
    if (t->branch)
        leave_branch(t);
    else if (!tour_go(t, (DebugTime){0, 0}))
        tour_go_end(t);
}

void tour_go_first(Tour *t)
{
    while (t->branch) leave_branch(t);
    go_back_all(t);
}

void *tour_room(void *array, int count, size_t size)
{
    if (count & (count - 1)) return array;
    void *more = mem_try_alloc((count ? 2 * (size_t)count : 1) * size);
    if (more && count) memcpy(more, array, (size_t)count * size);
    return more;
}

Tour *tour_begin(moonlet_recording *rec)
{
    Tour *t = mem_alloc_root(sizeof *t);
    *t = (Tour){.rec = rec, .options.stays = true};
    t->branches = mem_alloc(sizeof *t->branches);
    t->branches[0] = (TourBranch){.rec = rec};
    if (rec->record->end == RECORD_FAILED)
        tour_go_end(t);
    else
        go_back_all(t);
    return t;
}

void tour_end(Tour *t)
{
    if (!t) return;
    tour_unbreak(t, 0);
    for (int i = t->branch; i > 0; i--) moonlet_recording_release(t->branches[i].rec);
    t->branches[0].rec->interrupt = NULL;
    moonlet_release(t->state);
    mem_free_root(t);
}

/* Changing ---------------------------------------------------------------------------- */

const char *tour_cannot_change(const Tour *t)
{
    if (t->where == TOUR_ERROR) return "an error is on its way: nothing can be changed here";
    if (t->where != TOUR_LINE) return "the program has ended";
    if (!debug_can_go_on(t->state))
        return "in the middle of an expression: nothing can be changed before its line ends";
    return NULL;
}

void tour_change(Tour *t, moonlet_state *s)
{
    moonlet_release(t->state);
    t->state = s;
    t->changed = true;
}

/* Runs the program from the changed state on. Answers false where there are too many branches.
 */
static bool begin_branch(Tour *t)
{
    moonlet_result r;
    TourBranch *branches = tour_room(t->branches, t->branch + 1, sizeof *branches);
    if (t->branch + 1 == BRANCHES_MAX || !branches) return false;
    t->branches = branches;
    moonlet_limits limits = {.interrupt = t->interrupt, .steps = t->portion};
    bool again = t->where == TOUR_LINE;
    moonlet_state *from = again ? debug_to_go_on(t->state, &again) : moonlet_retain(t->state);
    moonlet_state *s =
        t->interrupt || t->portion ? moonlet_limit(from, &limits) : moonlet_retain(from);
    moonlet_recording *rec = recording_go_on(s, &t->options, &r);
    rec->interrupt = t->interrupt;
    moonlet_release(r.state);
    moonlet_release(s);
    moonlet_release(from);
    t->branches[++t->branch] = (TourBranch){rec, t->now};
    t->rec = rec;
    rec->from_line = again;
    if (t->where == TOUR_END) rec->last = debug_last_node(t->branches[t->branch - 1].rec);
    bool line = t->where == TOUR_LINE; /* that one again */
    t->now = line ? (DebugTime){0, 0} : time_begin;
    t->changed = false;
    return true;
}

moonlet_result tour_assign(Tour *t, const DebugPlace *p, const char *path,
                           const char *expression)
{
    DebugPath *to = mem_alloc(sizeof *to);
    const char *why = tour_cannot_change(t);
    if (why) return api_refuse(t->state, MOONLET_ERROR_HOST, why);
    if (!path_parse(to, path))
        return api_refuse(t->state, MOONLET_ERROR_HOST, "that is no variable, nor a field");
    moonlet_result r = debug_evaluate(t->state, p, expression);
    if (r.status != MOONLET_OK) return r;
    moonlet_result done = path_assign(r.state, p, to, moonlet_result_value(&r, 0));
    if (done.status != MOONLET_OK) {
        moonlet_release(r.state);
        return done;
    }
    tour_change(t, handle_new(done.state->state, t->state->config));
    moonlet_release(done.state);
    return r;
}

/* Moving ------------------------------------------------------------------------------ */

static bool any_line(void *context, DebugEvent *e) { return true; }

/* A line of the same function, or of what has called it. */
static bool not_within(void *context, DebugEvent *e)
{
    const Tour *t = context;
    return !debug_is_within(e, t->here);
}

static bool outside_of(void *context, DebugEvent *e)
{
    const Tour *t = context;
    DebugFrame f = debug_frame(e);
    if (f.coroutine == t->here.coroutine) return f.depth < t->here.depth;
    return !debug_is_within(e, t->here);
}

static DebugVisit *visit_of(const Tour *t, TourMove how)
{
    if (how == TOUR_ON) return NULL;
    if (how == TOUR_INTO || !t->here.depth) return any_line; /* there is no frame */
    return how == TOUR_OVER ? not_within : outside_of;
}

bool tour_goes_on(const Tour *t)
{
    return t->where == TOUR_END && t->rec->record->end == RECORD_PAUSED && t->state &&
           t->state->state->base->paused;
}

/* Moves to the nearest event of the way, or of a break; says in *s what it is. */
static bool move_to_event(Tour *t, TourMove how, TourSeek *s)
{
    DebugTime found;
    if (!s->also && !t->break_count) return false;
    tour_seek_begin(s);
    t->rec->raises = tour_has_errors(t);
    const DebugFilter *f = how == TOUR_INTO || s->also == any_line ? NULL : tour_filter(s);
    bool has = s->back ? debug_quick_last(t->rec, t->now, f, tour_is_hit, s, &found)
                       : debug_quick_next(t->rec, t->now, f, tour_is_hit, s, &found);
    t->rec->raises = false;
    tour_seek_end(s, has);
    if (has && !s->back) tour_counted_to(t, found);
    return has && tour_go(t, found);
}

/* Backwards, a break whose rule does not hold there hides neither another one nor the way. */
static bool move(Tour *t, TourMove how, bool back)
{
    t->hit = NULL;
    for (;;) {
        TourSeek s = {.t = t, .also = visit_of(t, how), .context = t, .back = back};
        if (!move_to_event(t, how, &s)) return false;
        t->hit = back ? tour_hit_back(&s) : s.hit;
        if (t->hit || s.is_way) return true;
    }
}

/* Moves back through the branches before, as far as it takes. */
static bool move_back(Tour *t, TourMove how)
{
    if (t->changed) { /* to before the change */
        tour_go(t, t->now);
        if (how == TOUR_INTO) return true;
    }
    bool ahead = false;
    while (!move(t, how, true)) {
        if (debug_is_interrupted(t->rec)) {
            if (ahead) t->now.event--;
            return false;
        }
        if (!t->branch) {
            go_back_all(t);
            return false;
        }
        leave_branch(t);
        ahead = tour_is_within(t->where);
        if (ahead) t->now.event++; /* so that where it was begun is looked at */
    }
    return true;
}

/* Where the program was stopped, it goes on for real. */
static bool move_on(Tour *t, TourMove how)
{
    if (tour_goes_on(t)) t->changed = true;
    if (!tour_is_within(t->where) && !t->changed) return false;
    for (;;) {
        bool runs = t->changed;
        if (runs && !begin_branch(t)) return false;
        if (move(t, how, false)) return true;
        if (debug_is_interrupted(t->rec) && !runs) return false;
        tour_go_end(t);
        if (!tour_goes_on(t) || debug_is_interrupted(t->rec)) return false;
        t->changed = true;
    }
}

bool tour_move(Tour *t, TourMove how, bool back)
{
    t->rec->interrupt = t->interrupt;
    bool moved = back ? move_back(t, how) : move_on(t, how);
    free(t->seen_behind);
    t->seen_behind = NULL;
    return moved;
}

bool tour_run(Tour *t)
{
    tour_go_first(t);
    if (t->where != TOUR_LINE) return false;
    t->now = time_begin;
    t->rec->interrupt = t->interrupt;
    if (move(t, TOUR_ON, false)) return true;
    tour_go_end(t);
    return false;
}

/* Searching --------------------------------------------------------------------------- */

typedef struct Asked {
    const char *expression;
    uint64_t left, asked; /* so many lines may be asked, and have been */
} Asked;

/* What takes too long is not asked again. */
static bool is_true_there(void *context, const moonlet_state *s)
{
    Asked *a = context;
    DebugPlaces p = debug_places(s, NULL);
    moonlet_result r = debug_evaluate(s, p.count ? p.at : NULL, a->expression);
    if (r.status == MOONLET_PAUSED) a->left = 0;
    bool yes = r.status == MOONLET_OK && moonlet_is_true(moonlet_result_value(&r, 0));
    moonlet_release(r.state);
    debug_places_free(&p);
    return yes;
}

static bool is_true(void *context, DebugEvent *e)
{
    Asked *a = context;
    if (!a->left) return true;
    a->left--;
    a->asked++;
    return debug_ask(e, is_true_there, a) == 1;
}

static bool was_true_at(Tour *t, uint64_t step, Asked *a)
{
    if (!a->left || debug_is_interrupted(t->rec)) return false;
    moonlet_state *s = moonlet_recording_state(t->rec, step);
    bool yes = s && is_true_there(a, s);
    moonlet_release(s);
    return yes;
}

/* The kept states say between which it becomes true, if it then stays so for a while: the last
 * step before, at which it is not. */
static uint64_t false_until(Tour *t, Asked *a)
{
    const Record *r = t->rec->record;
    uint64_t before = 0, already = 0;
    record_drop_near(t->rec->record, 0);
    for (size_t i = 1; i <= r->count && !already; i++) {
        uint64_t step = i < r->count ? r->points[i].step : r->steps;
        if (was_true_at(t, step, a))
            already = step;
        else
            before = step;
    }
    if (!already) return 0;
    while (already - before > 1) {
        uint64_t middle = before + (already - before) / 2;
        if (was_true_at(t, middle, a))
            already = middle;
        else
            before = middle;
    }
    return before;
}

bool tour_go_true(Tour *t, const char *expression, uint64_t most, uint64_t *asked)
{
    Asked a = {expression, most, 0};
    DebugTime found;
    t->rec->interrupt = t->interrupt;
    uint64_t step = false_until(t, &a);
    bool has =
        debug_next(t->rec, step ? (DebugTime){step, 0} : time_begin, is_true, &a, &found);
    *asked = a.asked;
    if (!has || !a.left || debug_is_interrupted(t->rec)) return false;
    t->hit = NULL;
    return tour_go(t, found);
}

static const AstFunction *function_in(const moonlet_state *s, const DebugPlace *p,
                                      const char *expression)
{
    const AstFunction *f = NULL;
    moonlet_result r = debug_evaluate(s, p, expression);
    Value v = r.status == MOONLET_OK ? value_in(moonlet_result_value(&r, 0)) : V_NIL;
    if (value_is(v, OBJ_CLOSURE)) f = ((Closure *)value_pointer(v))->proto->source;
    moonlet_release(r.state);
    return f;
}

const AstFunction *tour_find_function(Tour *t, const DebugPlace *p, const char *expression)
{
    const AstFunction *f = function_in(t->state, p, expression);
    DebugPlaces all = debug_places(t->state, NULL);
    for (size_t i = 0; i < all.count && !f; i++)
        f = function_in(t->state, &all.at[i], expression);
    debug_places_free(&all);
    if (f || t->where == TOUR_END) return f;
    moonlet_state *end = moonlet_recording_state(t->rec, UINT64_MAX);
    if (end) f = function_in(end, NULL, expression);
    moonlet_release(end);
    return f;
}

void tour_find_life(Tour *t, DebugPath *p)
{
    if (p->base != PATH_LOCAL || !p->function) return;
    debug_find_life(t->rec, p, t->now);
    p->branch = t->branch;
    if (debug_is_interrupted(t->rec)) p->dies = 0;
}

/* What the path is now, and the time before which it is looked for. At a failure the variables
 * are those of the line that has failed. */
static DebugTime see_now(Tour *t, DebugChange *c)
{
    DebugTime last;
    if (tour_is_within(t->where)) {
        moonlet_release(debug_state(t->rec, t->now, debug_change_note, c));
        return t->now;
    }
    if (t->where == TOUR_FAILURE && debug_last(t->rec, time_never, any_line, NULL, &last))
        moonlet_release(debug_state(t->rec, last, debug_change_note, c));
    if (c->path->base != PATH_GLOBAL) return last;
    bool relevant;
    c->now = path_see_in(c->path, t->state, (DebugMoment){0, 0}, &relevant);
    return time_never;
}

bool tour_go_change(Tour *t, DebugPath *p)
{
    DebugChange c = {.path = p};
    DebugTime found, before = see_now(t, &c);
    t->rec->interrupt = t->interrupt;
    const DebugFilter f = debug_change_filter(p);
    bool slow = p->base == PATH_LOCAL && !p->function;
    if (!debug_quick_last(t->rec, before, slow ? NULL : &f, debug_change_was_other, &c, &found))
        return false;
    moonlet_release(debug_state(t->rec, found, debug_change_was_other, &c));
    if (!c.other || debug_is_interrupted(t->rec)) return false;
    t->hit = NULL;
    return tour_go(t, found);
}
