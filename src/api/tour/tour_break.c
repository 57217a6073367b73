/* SPDX-License-Identifier: MIT */
/*
 * Breaks: which there are, and whether an event is a hit of one.
 *
 * Main invariant: a break's `hits` is how often it was hit from the program's beginning up to
 * `counted`, so it does not depend on the way there.
 */
#include <stdlib.h>

#include "api/tour/tour.h"
#include "stack/breaks.h"

/* Making ------------------------------------------------------------------------------ */

TourBreak *tour_break(Tour *t)
{
    TourBreak **breaks = tour_room(t->breaks, t->break_count, sizeof(void *));
    if (t->break_count == BREAKS_MAX || !breaks) return NULL;
    t->breaks = breaks;
    TourBreak *b = mem_alloc(sizeof *b);
    *b = (TourBreak){.number = ++t->breaks_made, .counted = time_begin};
    t->breaks[t->break_count++] = b;
    return b;
}

bool tour_unbreak(Tour *t, int number)
{
    int n = 0, before = t->break_count;
    for (int i = 0; i < before; i++) {
        TourBreak *b = t->breaks[i];
        if (number && b->number != number) {
            t->breaks[n++] = b;
            continue;
        }
        free(b->file);
        free(b->condition);
        free(b->log);
        if (t->hit == b) t->hit = NULL;
    }
    t->break_count = n;
    return n < before;
}

bool tour_parse_rule(TourBreak *b, const char *text)
{
    static const struct {
        const char *sign;
        HitRule rule;
    } signs[] = {{"==", HIT_EQUAL}, {">=", HIT_LEAST}, {"=", HIT_EQUAL}, {">", HIT_MORE},
                 {"<=", HIT_LESS},  {"<", HIT_LESS},   {"%", HIT_EVERY}, {"", HIT_EQUAL}};
    const char *at = text + strspn(text, " ");
    size_t i = 0;
    char *end;
    while (strncmp(at, signs[i].sign, strlen(signs[i].sign)) != 0) i++;
    at += strlen(signs[i].sign);
    at += strspn(at, " ");
    if (*at < '0' || *at > '9') return false;
    b->rule = signs[i].rule;
    b->rule_number = strtoull(at, &end, 10);
    if (b->rule == HIT_LESS && at > text && strstr(text, "<=") && at[-1] != '<')
        b->rule_number++;
    return !end[strspn(end, " ")] && (b->rule != HIT_EVERY || b->rule_number > 0);
}

static bool rule_holds(const TourBreak *b, uint64_t hits)
{
    switch (b->rule) {
    case HIT_EQUAL: return hits == b->rule_number;
    case HIT_LESS: return hits < b->rule_number;
    case HIT_LEAST: return hits >= b->rule_number;
    case HIT_MORE: return hits > b->rule_number;
    case HIT_EVERY: return hits % b->rule_number == 0;
    default: return true;
    }
}

/* Places ------------------------------------------------------------------------------ */

/* Whether the chunk's name is that of the file, or ends in it. */
static bool tour_is_file(const char *chunk, size_t length, const char *file)
{
    size_t n = strlen(file);
    if (length && (*chunk == '@' || *chunk == '=')) chunk++, length--;
    if (length > 2 && chunk[0] == '.' && chunk[1] == '/') chunk += 2, length -= 2;
    if (n > 2 && file[0] == '.' && file[1] == '/') file += 2, n -= 2;
    if (n < length) {
        if (memcmp(chunk + length - n, file, n) != 0) return false;
        return chunk[length - n - 1] == '/' || *file == '/';
    }
    /* the chunk may have the shorter name: of a file in the directory where it was run */
    if (memcmp(file + n - length, chunk, length) != 0) return false;
    return n == length || (length && *chunk != '/' && file[n - length - 1] == '/');
}

/* Whether node i of a function may be at its place. */
static unsigned break_wants(const TourBreak *b, const Proto *p, uint32_t i)
{
    if (!b->file) return 0;
    bool entry = b->enters && p->source->line == b->line && i == breaks_first_line(p);
    if (!entry && (b->enters || p->lines[i] != b->line)) return 0;
    const String *name = p->source->chunk_name;
    if (!tour_is_file(name->data, name->length, b->file)) return 0;
    return entry ? BREAK_ENTRY : BREAK_LINE;
}

bool tour_has_errors(const Tour *t)
{
    for (int i = 0; i < t->break_count; i++)
        if (t->breaks[i]->errors) return true;
    return false;
}

static bool is_at(const TourBreak *b, const DebugEvent *e)
{
    if (b->errors || e->raises) return b->errors && e->raises;
    if (!b->file) return false;
    const AstFunction *source = frame_proto(e->fp)->source;
    const String *name = source->chunk_name;
    if (b->enters ? !e->enters || source->line != b->line : e->line != b->line) return false;
    return tour_is_file(name->data, name->length, b->file);
}

/* What fails is worth a look. */
static bool condition_holds(void *context, const moonlet_state *s)
{
    const TourBreak *b = context;
    DebugPlaces p = debug_places(s, NULL);
    moonlet_result r = debug_evaluate(s, p.count ? p.at : NULL, b->condition);
    bool yes = r.status != MOONLET_OK || moonlet_is_true(moonlet_result_value(&r, 0));
    moonlet_release(r.state);
    debug_places_free(&p);
    return yes;
}

static bool holds(TourBreak *b, DebugEvent *e)
{
    Value v;
    if (!b->condition) return true;
    if (b->pure && e->n && debug_pure_value(b->pure, e, &v)) return !value_is_false(v);
    return debug_ask(e, condition_holds, b) != 0;
}

static bool is_met(TourBreak *b, DebugEvent *e) { return is_at(b, e) && holds(b, e); }

/* Compiles before a search, as nothing can be compiled in one. */
static void prepare(TourBreak *b)
{
    if (b->condition && !b->pure) b->pure = debug_pure(b->condition);
}

/* Counting ---------------------------------------------------------------------------- */

typedef struct Count {
    TourBreak *b;
    uint64_t hits;
} Count;

static bool count_hit(void *context, DebugEvent *e)
{
    Count *c = context;
    if (is_met(c->b, e)) c->hits++;
    return false;
}

static unsigned wants_hit(void *context, const Proto *p, uint32_t i)
{
    return break_wants(((Count *)context)->b, p, i);
}

static bool is_beginning(DebugTime t) { return !t.step && t.event == UINT32_MAX; }

/* Counts up to another time of the branch. */
static void count_to(Tour *t, TourBreak *b, DebugTime to)
{
    static const DebugFilter f = {.wants = wants_hit};
    Count c = {b, 0};
    DebugTime from = b->counted;
    if (from.step == to.step && from.event == to.event) return;
    prepare(b);
    bool forwards = is_beginning(from) || (!is_beginning(to) && !time_before(to, from));
    t->rec->raises = b->errors;
    if (forwards)
        debug_quick_pass(t->rec, from, to, &f, count_hit, &c);
    else
        debug_quick_pass(t->rec, to, from, &f, count_hit, &c);
    b->hits = forwards ? b->hits + c.hits : b->hits - c.hits;
    b->counted = to;
    t->rec->raises = false;
}

uint64_t tour_hits(Tour *t, TourBreak *b)
{
    if (tour_is_within(t->where) || b->counted.step != t->now.step) count_to(t, b, t->now);
    return b->hits;
}

void tour_count_branch(Tour *t, DebugTime in, DebugTime beyond)
{
    for (int i = 0; i < t->break_count; i++) {
        TourBreak *b = t->breaks[i];
        if (!b->path) count_to(t, b, in);
        b->counted = beyond;
    }
}

/* Texts ------------------------------------------------------------------------------- */

typedef struct Said {
    const char *text;
    char out[1000];
    size_t length;
} Said;

static void say(Said *s, const char *bytes, size_t length)
{
    size_t room = sizeof s->out - 1 - s->length;
    if (length > room) length = room;
    memcpy(s->out + s->length, bytes, length);
    s->out[s->length += length] = 0;
}

static void say_value(Said *s, const moonlet_state *state, const DebugPlace *p,
                      const char *expression)
{
    char text[2 * PATH_TEXT_MAX];
    size_t length;
    snprintf(text, sizeof text, "tostring(%s)", expression);
    moonlet_result r = debug_evaluate(state, p, text);
    const char *bytes =
        r.status == MOONLET_OK ? moonlet_to_bytes(moonlet_result_value(&r, 0), &length) : NULL;
    if (bytes)
        say(s, bytes, length);
    else
        say(s, "?", 1);
    moonlet_release(r.state);
}

/* {expressions} of the text become their values. */
static bool say_there(void *context, const moonlet_state *state)
{
    Said *s = context;
    DebugPlaces p = debug_places(state, NULL);
    for (const char *at = s->text; *at;) {
        const char *open = strchr(at, '{'), *close = open ? strchr(open, '}') : NULL;
        size_t plain = close ? (size_t)(open - at) : strlen(at);
        char expression[PATH_TEXT_MAX];
        say(s, at, plain);
        at += plain;
        if (!close) break;
        snprintf(expression, sizeof expression, "%.*s", (int)(close - open - 1), open + 1);
        say_value(s, state, p.count ? p.at : NULL, expression);
        at = close + 1;
    }
    debug_places_free(&p);
    return true;
}

static void say_text(const TourSeek *s, const TourBreak *b, DebugEvent *e)
{
    Said said = {.text = b->log};
    int line = e->line;
    if (!s->t->says) return;
    debug_ask(e, say_there, &said);
    const String *chunk = e->n ? frame_proto(e->fp)->source->chunk_name : NULL;
    s->t->says(s->t->context, b, said.out, line, chunk);
}

/* Hits -------------------------------------------------------------------------------- */

/* The value is another one than before; backwards: than where the search began. */
static bool has_changed(TourSeek *s, int i, DebugEvent *e)
{
    bool relevant;
    DebugSeen now = path_see(s->t->breaks[i]->path, e, &relevant);
    if (!relevant || seen_same(now, s->seen[i])) return false;
    if (!s->back && path_enters(s->t->breaks[i]->path, e)) {
        s->seen[i] = now; /* another call's */
        return false;
    }
    bool had = s->seen[i].known || s->t->breaks[i]->path->base != PATH_LOCAL;
    if (!s->back) s->seen[i] = now;
    return had;
}

/* Notes a hit. Whether an earlier pass of the search has met it already. */
static bool is_met_again(TourBreak *b, const DebugEvent *e)
{
    TourPass *now = &b->pass, *was = &b->passed;
    if (now->replay != e->replay || now->step != e->at.step)
        *now = (TourPass){e->replay, e->at.step, 0};
    now->met++;
    if (now->step < was->step || (now->step == was->step && now->met <= was->met)) return true;
    *was = *now;
    return false;
}

/* How often it was hit up to the hit that was noted last. What is passed again are hits of one
 * step. */
static uint64_t hits_there(const TourBreak *b)
{
    return b->hits - (b->passed.met - b->pass.met);
}

static bool is_stop(TourSeek *s, int i, DebugEvent *e)
{
    TourBreak *b = s->t->breaks[i];
    if (b->path) {
        if (e->raises || !has_changed(s, i, e)) return false;
        return holds(b, e);
    }
    if (!is_met(b, e)) return false;
    if (s->back) return !b->log;
    bool again = is_met_again(b, e);
    if (b->rule) {
        if (!again) b->hits++, b->counted = e->at;
        if (!rule_holds(b, hits_there(b))) return false;
    }
    if (b->log && !again) say_text(s, b, e);
    return !b->log;
}

bool tour_is_hit(void *seek, DebugEvent *e)
{
    TourSeek *s = seek;
    TourBreak *hit = NULL;
    for (int i = 0; i < s->t->break_count; i++) {
        if (!is_stop(s, i, e)) continue;
        s->t->breaks[i]->stopped = s->found + 1;
        if (!hit) hit = s->t->breaks[i];
    }
    bool is_way = !e->raises && s->also && s->also(s->context, e);
    if (!hit && !is_way) return false;
    s->found++;
    s->hit = hit;
    s->is_way = is_way;
    return true;
}

TourBreak *tour_hit_back(const TourSeek *s)
{
    for (int i = 0; i < s->t->break_count; i++) {
        TourBreak *b = s->t->breaks[i];
        if (b->stopped != s->found) continue;
        if (!b->rule || rule_holds(b, tour_hits(s->t, b))) return b;
    }
    return NULL;
}

void tour_counted_to(Tour *t, DebugTime end)
{
    for (int i = 0; i < t->break_count; i++) {
        TourBreak *b = t->breaks[i];
        bool beyond = !is_beginning(b->counted) && time_before(end, b->counted);
        if (b->rule && beyond) b->counted = end;
    }
}

/* Where hits can be --------------------------------------------------------------------- */

static bool is_on_stack(const TourSeek *s, const AstFunction *f)
{
    for (size_t i = 0; i < s->function_count; i++)
        if (debug_same_function(s->functions[i], f)) return true;
    return false;
}

static unsigned wants(void *seek, const Proto *p, uint32_t i)
{
    const TourSeek *s = seek;
    unsigned all = 0;
    if (s->also && p->lines[i] && is_on_stack(s, p->source)) all |= BREAK_LINE;
    for (int k = 0; k < s->t->break_count; k++) {
        const TourBreak *b = s->t->breaks[k];
        all |= b->path ? path_wants(b->path, p, i) : break_wants(b, p, i);
    }
    return all;
}

static bool changed(void *seek, DebugEvent *e)
{
    TourSeek *s = seek;
    bool relevant, any = false;
    for (int i = 0; i < s->t->break_count; i++) {
        DebugPath *p = s->t->breaks[i]->path;
        if (!p) continue;
        bool local = p->base == PATH_LOCAL;
        DebugSeen now = path_see(p, e, &relevant);
        if (local && (!relevant || path_enters(p, e))) continue; /* another call's */
        if ((local && e->assigns) || !seen_same(now, s->seen[i])) any = true;
    }
    return any;
}

static unsigned wants_lines(void *seek, const Proto *p, uint32_t i)
{
    const TourSeek *s = seek;
    unsigned all = wants(seek, p, i) & ~(unsigned)(BREAK_STORE | BREAK_AFTER);
    for (int k = 0; k < s->t->break_count; k++)
        if (s->t->breaks[k]->path) all |= path_wants_lines(s->t->breaks[k]->path, p, i);
    return all;
}

static bool changed_in(void *seek, const moonlet_state *state, DebugMoment at)
{
    const TourSeek *s = seek;
    bool relevant;
    for (int i = 0; i < s->t->break_count; i++) {
        DebugPath *p = s->t->breaks[i]->path;
        if (!p || (p->base == PATH_LOCAL && !s->seen[i].known)) continue;
        DebugSeen now = path_see_in(p, state, at, &relevant);
        if (relevant && !seen_same(now, s->seen[i])) return true;
    }
    return false;
}

static bool touches(void *seek, Machine *M, uint64_t replay, const void *object, Value key)
{
    const TourSeek *s = seek;
    bool any = false;
    for (int i = 0; i < s->t->break_count; i++) {
        DebugPath *p = s->t->breaks[i]->path;
        if (p && path_touches(p, M, replay, object, key)) any = true;
    }
    return any;
}

static uint64_t keys(const void *seek)
{
    const TourSeek *s = seek;
    uint64_t all = 0;
    for (int i = 0; i < s->t->break_count; i++)
        if (s->t->breaks[i]->path) all |= path_key_bits(s->t->breaks[i]->path);
    return all;
}

static bool untouched(void *seek, const State *before, const State *after)
{
    const TourSeek *s = seek;
    for (int i = 0; i < s->t->break_count; i++)
        if (!path_is_untouched(s->t->breaks[i]->path, before, after)) return false;
    return true;
}

const DebugFilter *tour_filter(TourSeek *s)
{
    bool locals = true, globals = !s->also;
    for (int i = 0; i < s->t->break_count; i++) {
        const DebugPath *p = s->t->breaks[i]->path;
        if (p && (p->base != PATH_LOCAL || p->count > 1)) locals = false;
        if (!p || p->base != PATH_GLOBAL) globals = false;
    }
    s->lines = (DebugFilter){.wants = wants_lines};
    s->filter = (DebugFilter){.wants = wants};
    if (s->seen)
        s->filter = (DebugFilter){wants,
                                  changed,
                                  changed_in,
                                  locals ? &s->lines : NULL,
                                  touches,
                                  keys,
                                  globals ? untouched : NULL};
    return s->slow ? NULL : &s->filter;
}

/* The functions of the frames that there are, and that of the variable's frame. */
static void note_functions(TourSeek *s)
{
    const Tour *t = s->t;
    DebugPlaces p = debug_places(t->state, NULL);
    s->functions = calloc(p.count + 1, sizeof *s->functions);
    s->slow = !s->functions;
    for (size_t i = 0; i < p.count && s->functions; i++)
        if (p.at[i].function && !is_on_stack(s, p.at[i].function))
            s->functions[s->function_count++] = p.at[i].function;
    for (int k = 0; k < t->break_count; k++) {
        DebugPath *path = t->breaks[k]->path;
        if (!path || path->base != PATH_LOCAL) continue;
        for (size_t i = 0; i < p.count && !path->function; i++)
            if (p.at[i].frame.coroutine == path->frame.coroutine &&
                p.at[i].frame.depth == path->frame.depth)
                path->function = p.at[i].function;
        if (!path->function) s->slow = true;
    }
    debug_places_free(&p);
}

void tour_seek_end(TourSeek *s)
{
    free(s->seen);
    free(s->functions);
}

/* Beginning --------------------------------------------------------------------------- */

static bool note_values(void *seek, DebugEvent *e)
{
    TourSeek *s = seek;
    bool relevant;
    for (int i = 0; i < s->t->break_count; i++)
        if (s->t->breaks[i]->path) s->seen[i] = path_see(s->t->breaks[i]->path, e, &relevant);
    return true;
}

/* Where there is no line: what the state says of all but local variables. */
static void note_values_at_end(TourSeek *s)
{
    const Tour *t = s->t;
    bool relevant;
    for (int i = 0; i < t->break_count; i++)
        if (t->breaks[i]->path)
            s->seen[i] = path_see_in(t->breaks[i]->path, t->state,
                                     (DebugMoment){0, t->rec->record->steps}, &relevant);
}

void tour_seek_begin(TourSeek *s)
{
    Tour *t = s->t;
    bool watches = false;
    for (int i = 0; i < t->break_count; i++) {
        TourBreak *b = t->breaks[i];
        prepare(b);
        if (b->path) watches = true;
        if (b->path) b->path->lives = b->path->dies && b->path->branch == t->branch;
        if (b->rule && !s->back && tour_is_within(t->where)) tour_hits(t, b);
        b->pass = (TourPass){0};
        b->passed = (TourPass){.step = t->now.step};
        b->stopped = 0;
    }
    note_functions(s);
    if (!watches) return;
    s->seen = calloc((size_t)t->break_count, sizeof *s->seen);
    if (!s->seen) return;
    if (tour_is_within(t->where))
        moonlet_release(debug_state(t->rec, t->now, note_values, s));
    else
        note_values_at_end(s);
}
