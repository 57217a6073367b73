/* SPDX-License-Identifier: MIT */
/*
 * Debuggers for the host: see moonlet.h, and tour.h for what they are.
 *
 *   moonlet_debugger (a root) -> Tour -> the recording, and those of other futures
 *
 * Main invariant: a break that is refused is removed again, and a search that finds nothing
 * has not moved. Only a move that finds nothing goes on to the end, or to the first line.
 */
#include <stdlib.h>

#include "api/tour/tour.h"
#include "tree/text.h"

struct moonlet_debugger {
    Tour *tour;
    moonlet_debugger_options options;
    const char *chunk; /* of the moment that was asked for last */
};

static const char *text_of_chunk(const String *chunk)
{
    char id[CHUNK_ID_MAX];
    if (!chunk) return NULL;
    chunk_id(chunk, id);
    return api_c_text(id, strlen(id));
}

static void says(void *context, const TourBreak *b, const char *text, int line,
                 const String *chunk)
{
    const moonlet_debugger *d = context;
    d->options.says(d->options.data, b->number, text, text_of_chunk(chunk), line);
}

moonlet_debugger *moonlet_debugger_new(moonlet_recording *rec,
                                       const moonlet_debugger_options *options)
{
    assert_given(rec);
    moonlet_debugger *d = mem_alloc_root(sizeof *d);
    *d = (moonlet_debugger){.options = options ? *options : (moonlet_debugger_options){0}};
    Tour *t = tour_begin(rec);
    t->options = d->options.record;
    t->interrupt = d->options.interrupt;
    t->portion = d->options.portion;
    t->says = d->options.says ? says : NULL;
    t->context = d;
    d->tour = t;
    return d;
}

void moonlet_debugger_release(moonlet_debugger *d)
{
    if (!d) return;
    tour_end(d->tour);
    mem_free_root(d);
}

/* Where it is ------------------------------------------------------------------------- */

moonlet_moment moonlet_debugger_moment(moonlet_debugger *d)
{
    assert_given(d);
    static const moonlet_moment_kind kinds[] = {[TOUR_LINE] = MOONLET_AT_LINE,
                                                [TOUR_ERROR] = MOONLET_AT_ERROR,
                                                [TOUR_FAILURE] = MOONLET_AT_FAILURE,
                                                [TOUR_END] = MOONLET_AT_END};
    const Tour *t = d->tour;
    bool within = tour_is_within(t->where);
    d->chunk = text_of_chunk(t->chunk);
    return (moonlet_moment){.kind = kinds[t->where],
                            .step = within ? t->now.step : moonlet_recording_steps(t->rec),
                            .event = within ? t->now.event : 0,
                            .chunk = d->chunk,
                            .line = t->line,
                            .hit = t->hit ? t->hit->number : 0,
                            .error = value_out(t->error),
                            .futures = (size_t)t->branch,
                            .changed = t->changed,
                            .goes_on = tour_goes_on(t)};
}

const moonlet_state *moonlet_debugger_state(const moonlet_debugger *d)
{
    assert_given(d);
    return d->tour->state;
}

/* Moving ------------------------------------------------------------------------------ */

bool moonlet_debugger_move(moonlet_debugger *d, moonlet_move how, bool back)
{
    assert_given(d);
    static const TourMove moves[] = {[MOONLET_MOVE_INTO] = TOUR_INTO,
                                     [MOONLET_MOVE_OVER] = TOUR_OVER,
                                     [MOONLET_MOVE_OUT] = TOUR_OUT,
                                     [MOONLET_MOVE_ON] = TOUR_ON};
    return tour_move(d->tour, moves[how], back);
}

bool moonlet_debugger_run(moonlet_debugger *d)
{
    assert_given(d);
    if (tour_run(d->tour)) return true;
    return d->options.portion && tour_goes_on(d->tour) && tour_move(d->tour, TOUR_ON, false);
}

void moonlet_debugger_go_begin(moonlet_debugger *d)
{
    assert_given(d);
    tour_go_first(d->tour);
}
void moonlet_debugger_go_end(moonlet_debugger *d)
{
    assert_given(d);
    tour_go_end(d->tour);
}

bool moonlet_debugger_go(moonlet_debugger *d, uint64_t step, uint32_t event)
{
    assert_given(d);
    bool gone = tour_go(d->tour, (DebugTime){step, event});
    if (gone) d->tour->hit = NULL;
    return gone;
}

bool moonlet_debugger_last_write(moonlet_debugger *d, const char *path)
{
    assert_given(d);
    assert_given(path);
    DebugPath *p = mem_alloc(sizeof *p);
    return path_parse(p, path) && tour_go_change(d->tour, p);
}

bool moonlet_debugger_first_true(moonlet_debugger *d, const char *expression, uint64_t most,
                                 uint64_t *asked)
{
    assert_given(d);
    uint64_t n = 0;
    assert_given(expression);
    bool found = debug_is_expression(expression) && tour_go_true(d->tour, expression, most, &n);
    if (asked) *asked = n;
    return found;
}

const char *moonlet_debugger_change(moonlet_debugger *d, const moonlet_state *s)
{
    assert_given(d);
    assert_live(s);
    const char *why = tour_cannot_change(d->tour);
    if (!why && !s->state->base->paused) why = "no program is paused in that state";
    if (!why) tour_change(d->tour, handle_new(s->state, d->tour->state->config));
    return why;
}

/* Breaks ------------------------------------------------------------------------------ */

static bool bind(void *path, DebugEvent *e)
{
    path_bind(path, e);
    return true;
}

/* Answers why it is no place, or NULL if it is a good one. */
static const char *set_line(const Tour *t, TourBreak *b, const moonlet_break *wanted)
{
    const String *chunk = t->chunk;
    if (wanted->line < 1) return "a break has a line, a function, a variable, or is at errors";
    if (!wanted->file && !chunk) return "there is no file here";
    bool signed_name = chunk && chunk->length && strchr("@=", *chunk->data);
    b->line = wanted->line;
    b->file = wanted->file ? strdup(wanted->file)
                           : strndup(chunk->data + signed_name, chunk->length - signed_name);
    return b->file ? NULL : "not enough memory";
}

static const char *set_function(Tour *t, TourBreak *b, const char *expression)
{
    DebugPlaces p = debug_places(t->state, NULL);
    const AstFunction *f = tour_find_function(t, p.count ? p.at : NULL, expression);
    debug_places_free(&p);
    if (!f) return "there is no such Lua function";
    const String *chunk = f->chunk_name;
    bool signed_name = chunk->length && strchr("@=", *chunk->data);
    b->enters = true;
    b->line = f->line;
    b->file = strndup(chunk->data + signed_name, chunk->length - signed_name);
    return b->file ? NULL : "not enough memory";
}

static const char *set_write(Tour *t, TourBreak *b, const char *path)
{
    b->path = mem_alloc(sizeof *b->path);
    if (!path_parse(b->path, path)) return "that is no variable, nor a field";
    if (tour_is_within(t->where)) moonlet_release(debug_state(t->rec, t->now, bind, b->path));
    tour_find_life(t, b->path);
    return NULL;
}

static const char *set_rest(TourBreak *b, const moonlet_break *wanted)
{
    if (wanted->hits && !tour_parse_rule(b, wanted->hits))
        return "hits are a number, which <, <=, >, >= or % may precede";
    if (wanted->condition && !debug_is_expression(wanted->condition))
        return "the condition is no expression";
    b->condition = wanted->condition ? strdup(wanted->condition) : NULL;
    b->log = wanted->log ? strdup(wanted->log) : NULL;
    return NULL;
}

int moonlet_debugger_break(moonlet_debugger *d, const moonlet_break *wanted, char **message)
{
    assert_given(d);
    Tour *t = d->tour;
    assert_given(wanted);
    TourBreak *b = tour_break(t);
    const char *why = b ? set_rest(b, wanted) : "there are too many breaks";
    if (message) *message = NULL;
    if (why) {
    } else if (wanted->caught) {
        b->errors = true;
    } else if (wanted->function) {
        why = set_function(t, b, wanted->function);
    } else if (wanted->write) {
        why = set_write(t, b, wanted->write);
    } else {
        why = set_line(t, b, wanted);
    }
    if (!why) return b->number;
    if (b) tour_unbreak(t, b->number);
    if (message) *message = strdup(why);
    return 0;
}

bool moonlet_debugger_unbreak(moonlet_debugger *d, int number)
{
    assert_given(d);
    return tour_unbreak(d->tour, number);
}

uint64_t moonlet_debugger_hits(moonlet_debugger *d, int number)
{
    assert_given(d);
    Tour *t = d->tour;
    for (int i = 0; i < t->break_count; i++)
        if (t->breaks[i]->number == number) return tour_hits(t, t->breaks[i]);
    return 0;
}
