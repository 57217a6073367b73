/* SPDX-License-Identifier: MIT */
/*
 * Random walks of debuggers through recordings of random programs.
 *
 * Line by line forwards, once, gives the list of all moments, and of what is in nine globals at
 * each. From that list follows where any other way must lead: back, to the next or last pass of
 * a line with a condition and a count, to the last write of a global, to where one is first
 * over a bound. Two debuggers go the same ways beside each other, the other one in a recording
 * that has been saved and loaded and keeps its states elsewhere; only one of them can search at
 * full speed.
 *
 * Environment: DEBUGGER_WALK_FIRST and _LAST seeds, _STEPS of a walk, _TELL to see it.
 */
#include "api_test.h"
#include "random_program.h"

#include <math.h>

enum { MOMENTS = 1500, NUMBERS = 9, BREAKS = 5, LINES = 400 };

typedef struct Moment {
    uint64_t step, digest;
    uint32_t event;
    int line;
    moonlet_moment_kind kind;
    double n[NUMBERS]; /* NaN: no number */
} Moment;

typedef struct Break {
    int number, line, variable; /* of the condition; -1: none */
    double above;
    unsigned every; /* 0: each time */
    bool write;     /* it is where the variable changes */
    bool unknown;   /* the list does not say where it stops */
} Break;

/* What the breaks with a text have said. */
typedef struct Said {
    size_t length;
    char text[1 << 16];
} Said;

typedef struct Walk {
    Program program;
    char source[sizeof(Program) * 2];
    moonlet_recording *rec, *other_rec;
    moonlet_debugger *d, *other;
    Said said, other_said;
    Moment moments[MOMENTS];
    size_t count, at;
    bool whole; /* the list reaches the program's end */
    bool live;  /* the other one runs the program for real, in portions: its times are others */
    Break breaks[BREAKS];
    unsigned break_count;
    char doing[200];
} Walk;

static unsigned below(Walk *w, unsigned n) { return program_random(&w->program, n); }

/* Says what was done and, above it, the program. */
static void complain(const Walk *w, const char *words)
{
    fprintf(stderr, "%s\n", w->source);
    ck_abort_msg("%s, at %zu of %zu: %s", w->doing, w->at, w->count, words);
}

#define must(w_, condition_, ...)                     \
    do {                                              \
        if (condition_) break;                        \
        char words_[300];                             \
        snprintf(words_, sizeof words_, __VA_ARGS__); \
        complain((w_), words_);                       \
    } while (0)

/* What is seen ------------------------------------------------------------------------- */

static Moment look(moonlet_debugger *d)
{
    moonlet_moment now = moonlet_debugger_moment(d);
    const moonlet_state *s = moonlet_debugger_state(d);
    Moment m = {.step = now.step,
                .event = now.event,
                .line = now.line,
                .kind = now.kind,
                .digest = moonlet_digest(s)};
    moonlet_value globals = moonlet_globals(s);
    for (int i = 0; i < NUMBERS; i++) {
        char name[3] = {'n', (char)('1' + i), 0};
        m.n[i] = NAN;
        moonlet_to_number(moonlet_raw_get(s, globals, moonlet_string(name, 2)), &m.n[i]);
    }
    return m;
}

static bool same_number(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static bool same_moment(const Moment *a, const Moment *b)
{
    for (int i = 0; i < NUMBERS; i++)
        if (!same_number(a->n[i], b->n[i])) return false;
    return a->step == b->step && a->event == b->event && a->line == b->line &&
           a->kind == b->kind && a->digest == b->digest;
}

static void check_at(Walk *w, moonlet_debugger *d, const char *which)
{
    Moment m = look(d), *e = &w->moments[w->at];
    if (w->live && d == w->other) {
        m.step = e->step;
        m.event = e->event;
    }
    must(w, same_moment(&m, e),
         "the %s is at %llu.%u, line %d, kind %d, digest %llx, not %llu.%u, %d, %d, %llx",
         which, (unsigned long long)m.step, m.event, m.line, (int)m.kind,
         (unsigned long long)m.digest, (unsigned long long)e->step, e->event, e->line,
         (int)e->kind, (unsigned long long)e->digest);
}

static void check(Walk *w)
{
    check_at(w, w->d, "first");
    check_at(w, w->other, "other");
}

/* The walk's worlds ---------------------------------------------------------------------- */

static void write_program(Walk *w)
{
    char *to = w->source + strlen(strcpy(w->source, program_world));
    size_t room = sizeof w->source - strlen(w->source);
    int count = 1 + (int)below(w, 4);
    for (int i = 0; i < count; i++) {
        program_make(&w->program);
        const char *as = below(w, 3) ? "pcall(function()\n%s\nend)\n" : "do\n%s\nend\n";
        int n = snprintf(to, room, as, w->program.text);
        if (n < 0 || (size_t)n >= room) break;
        to += n;
        room -= (size_t)n;
    }
}

enum { RUN_STEPS = 30000 };

static moonlet_recording *record(Walk *w, uint64_t spacing, uint64_t steps)
{
    moonlet_state *s = moonlet_init();
    moonlet_limits limits = {.steps = steps};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_chunk *c = moonlet_compile(w->source, strlen(w->source), "@walk.lua", NULL);
    moonlet_result f = moonlet_load_chunk(limited, c), r;
    assert_ok(f);
    moonlet_record_options o = {.spacing = spacing};
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, &o, &r);
    ck_assert_ptr_nonnull(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_chunk_release(c);
    moonlet_release(limited);
    moonlet_release(s);
    return rec;
}

static moonlet_recording *elsewhere(moonlet_recording *rec)
{
    size_t length;
    char *bytes = moonlet_recording_save(rec, NULL, &length, NULL);
    ck_assert_ptr_nonnull(bytes);
    moonlet_recording *loaded = moonlet_recording_load(bytes, length, NULL, NULL);
    ck_assert_ptr_nonnull(loaded);
    free(bytes);
    return loaded;
}

/* The first list, line by line. */
static void list_moments(Walk *w)
{
    moonlet_debugger_go_begin(w->d);
    w->whole = false;
    w->count = 0;
    do {
        w->moments[w->count] = look(w->d);
        w->whole = w->moments[w->count].kind >= MOONLET_AT_FAILURE;
        w->count++;
        if (w->whole) break;
        moonlet_debugger_move(w->d, MOONLET_MOVE_INTO, false);
    } while (w->count < MOMENTS);
    w->at = 0;
}

static void says(void *said, int number, const char *text, const char *chunk, int line)
{
    Said *to = said;
    size_t room = sizeof to->text - to->length;
    int n = snprintf(to->text + to->length, room, "%d %s %s:%d\n", number, text, chunk, line);
    to->length += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

static void begin(Walk *w, uint64_t seed)
{
    moonlet_debugger_options o = {.says = says, .data = &w->said};
    moonlet_debugger_options other = {.says = says, .data = &w->other_said};
    w->program.seed = seed * 7919 + 5;
    write_program(w);
    snprintf(w->doing, sizeof w->doing, "seed %llu", (unsigned long long)seed);
    w->rec = record(w, (uint64_t[]){0, 1, 40}[below(w, 3)], RUN_STEPS);
    w->d = moonlet_debugger_new(w->rec, &o);
    list_moments(w);
    for (size_t i = 0; getenv("DEBUGGER_WALK_TELL") && i < w->count; i++)
        fprintf(stderr, "%zu: %llu.%u line %d\n", i, (unsigned long long)w->moments[i].step,
                w->moments[i].event, w->moments[i].line);
    if (w->live) {
        w->other_rec = record(w, below(w, 3), 1 + below(w, 100));
        other.portion = 30 + below(w, below(w, 2) ? 10 : 300);
    } else {
        w->other_rec =
            below(w, 2) ? elsewhere(w->rec) : record(w, 1 + below(w, 500), RUN_STEPS);
    }
    w->other = moonlet_debugger_new(w->other_rec, &other);
    moonlet_debugger_go_begin(w->d);
    moonlet_debugger_go_begin(w->other);
    check(w);
}

static void end(Walk *w)
{
    moonlet_debugger_release(w->d);
    moonlet_debugger_release(w->other);
    moonlet_recording_release(w->rec);
    moonlet_recording_release(w->other_rec);
}

/* Ways ----------------------------------------------------------------------------------- */

static void go_to(Walk *w, moonlet_debugger *d)
{
    const Moment *to = &w->moments[w->at];
    if (w->live && d == w->other) {
        moonlet_debugger_go_begin(d);
        for (size_t i = 0; i < w->at; i++) moonlet_debugger_move(d, MOONLET_MOVE_INTO, false);
    } else if (to->kind >= MOONLET_AT_FAILURE)
        moonlet_debugger_go_end(d);
    else
        moonlet_debugger_go(d, to->step, to->event);
}

/* Of a search that leads beyond the list nothing is known but that both agree. */
static void come_back(Walk *w)
{
    Moment a = look(w->d), b = look(w->other);
    if (w->live) {
        b.step = a.step;
        b.event = a.event;
    }
    must(w, same_moment(&a, &b), "beyond the list, %llu.%u is not %llu.%u",
         (unsigned long long)a.step, a.event, (unsigned long long)b.step, b.event);
    go_to(w, w->d);
    go_to(w, w->other);
    check(w);
}

static void go(Walk *w)
{
    size_t to = below(w, (unsigned)w->count);
    if (w->moments[to].kind >= MOONLET_AT_FAILURE) return;
    snprintf(w->doing, sizeof w->doing, "go to %zu", to);
    const Moment *m = &w->moments[to];
    w->at = to;
    must(w, moonlet_debugger_go(w->d, m->step, m->event), "not there");
    go_to(w, w->other);
    check(w);
}

/* Both have gone the same way, which the list does not tell: it leads to one of its moments in
 * that direction, to an error, or beyond it. */
static void follow(Walk *w, bool back)
{
    Moment m = look(w->d);
    for (size_t i = 0; i < w->count; i++) {
        if (!same_moment(&m, &w->moments[i])) continue;
        must(w, back ? i <= w->at : i >= w->at, "to %zu", i);
        w->at = i;
        check(w);
        return;
    }
    must(w, m.kind == MOONLET_AT_ERROR || (!back && !w->whole), "to no moment, %llu.%u",
         (unsigned long long)m.step, m.event);
    come_back(w);
}

/* Breaks --------------------------------------------------------------------------------- */

/* A break of which the list does not tell where it stops. */
static Break make_unknown(Walk *w, moonlet_break *m)
{
    static const char *const paths[] = {"i",    "x",         "a",      "t[1]",      "sum",
                                        "mine", "list[1]",   "map.k1", "list[2].x", "o.x",
                                        "s1",   "objs[1].x", "c",      "n",         "d"};
    static const char *const functions[] = {"go", "trim", "object", "fns[1]", "bodies[1]"};
    Break b = {.unknown = true, .variable = -1};
    switch (below(w, 4)) {
    case 0: m->caught = true; break;
    case 1: m->function = functions[below(w, sizeof functions / sizeof *functions)]; break;
    case 2: m->write = paths[below(w, sizeof paths / sizeof *paths)]; break;
    default:
        b.line = m->line = w->moments[below(w, (unsigned)w->count)].line;
        m->file = "walk.lua";
        m->log = "n1 {n1} i {i}";
    }
    if (below(w, 3) == 0) m->hits = below(w, 2) ? "% 3" : ">= 2";
    if (below(w, 3) == 0) m->condition = below(w, 2) ? "n1 > 5" : "math.max(n1) > 5";
    return b;
}

static Break make_known(Walk *w, moonlet_break *m)
{
    static char condition[40], hits[20], path[4];
    Break b = {.line = w->moments[below(w, (unsigned)w->count)].line, .variable = -1};
    b.write = below(w, 4) == 0;
    if (b.write || below(w, 2)) b.variable = (int)below(w, NUMBERS);
    if (below(w, 3) == 0) b.every = 2 + below(w, 4);
    b.above = below(w, 30);
    snprintf(path, sizeof path, "n%d", 1 + b.variable % NUMBERS);
    /* The second form is none that only looks. */
    snprintf(condition, sizeof condition, below(w, 2) ? "%s > %g" : "math.max(%s) > %g", path,
             b.above);
    snprintf(hits, sizeof hits, "%% %u", b.every);
    *m = (moonlet_break){.file = b.write ? NULL : "walk.lua",
                         .line = b.write ? 0 : b.line,
                         .write = b.write ? path : NULL,
                         .condition = b.variable >= 0 && !b.write ? condition : NULL,
                         .hits = b.every ? hits : NULL};
    return b;
}

static void add_break(Walk *w)
{
    if (w->break_count == BREAKS) return;
    moonlet_break m = {0};
    Break b = w->live || below(w, 4) ? make_known(w, &m) : make_unknown(w, &m);
    snprintf(w->doing, sizeof w->doing, "break at %d, %s, %s, %s, %s, %s, %s", m.line,
             m.write ? m.write : "-", m.function ? m.function : "-", m.caught ? "caught" : "-",
             m.condition ? m.condition : "-", m.hits ? m.hits : "-", m.log ? m.log : "-");
    char *message = NULL;
    b.number = moonlet_debugger_break(w->d, &m, &message);
    int other = moonlet_debugger_break(w->other, &m, NULL);
    must(w, b.number == other, "%d is not %d", b.number, other);
    free(message);
    if (b.number) w->breaks[w->break_count++] = b;
}

static void remove_break(Walk *w)
{
    if (!w->break_count) return;
    unsigned i = below(w, w->break_count);
    snprintf(w->doing, sizeof w->doing, "remove break %d", w->breaks[i].number);
    must(w, moonlet_debugger_unbreak(w->d, w->breaks[i].number), "not there");
    must(w, moonlet_debugger_unbreak(w->other, w->breaks[i].number), "not there");
    w->breaks[i] = w->breaks[--w->break_count];
}

static bool is_changed(const Break *b, const Moment *m)
{
    return !same_number(m[-1].n[b->variable], m->n[b->variable]);
}

/* Whether the moment is a hit, for who comes from before. The condition is an error where the
 * variable is no number, and stops there, too. */
static bool is_hit(const Walk *w, const Break *b, size_t i)
{
    const Moment *m = &w->moments[i];
    if (m->kind != MOONLET_AT_LINE) return false;
    if (b->write) return i > 0 && is_changed(b, m);
    return m->line == b->line &&
           (b->variable < 0 || isnan(m->n[b->variable]) || m->n[b->variable] > b->above);
}

static uint64_t hits_at(const Walk *w, const Break *b, size_t moment)
{
    uint64_t hits = 0;
    for (size_t i = 0; i <= moment; i++) hits += is_hit(w, b, i);
    return hits;
}

/* Whether the break stops one at the moment, who comes from that side. Backwards, a write is
 * met before the line that makes it. */
static bool stops(const Walk *w, const Break *b, size_t i, bool back)
{
    bool write = back && b->write;
    if (write && i + 1 == w->count) return false;
    if (write ? !is_changed(b, &w->moments[i + 1]) : !is_hit(w, b, i)) return false;
    return !b->every || (hits_at(w, b, i) + write) % b->every == 0;
}

static bool any_stops(const Walk *w, size_t i, bool back)
{
    for (unsigned k = 0; k < w->break_count; k++)
        if (stops(w, &w->breaks[k], i, back)) return true;
    return false;
}

static bool all_known(const Walk *w)
{
    for (unsigned k = 0; k < w->break_count; k++)
        if (w->breaks[k].unknown) return false;
    return true;
}

static void check_said(Walk *w)
{
    must(w, strcmp(w->said.text, w->other_said.text) == 0, "said %.100s, and %.100s",
         w->said.text, w->other_said.text);
    w->said.length = w->other_said.length = 0;
    *w->said.text = *w->other_said.text = 0;
}

static void into(Walk *w)
{
    bool back = below(w, 2);
    size_t last = w->count - 1, to = back ? w->at - (w->at > 0) : w->at + (w->at < last);
    if (!back && w->at == last && !w->whole) return;
    snprintf(w->doing, sizeof w->doing, "into, %s", back ? "back" : "forwards");
    bool moved = moonlet_debugger_move(w->d, MOONLET_MOVE_INTO, back);
    must(w, moved == moonlet_debugger_move(w->other, MOONLET_MOVE_INTO, back),
         "only one moves");
    check_said(w);
    if (!all_known(w)) { /* errors */
        follow(w, back);
        return;
    }
    bool ends = !back && w->moments[to].kind >= MOONLET_AT_FAILURE;
    must(w, moved == (to != w->at && !ends), "answers %d", moved);
    w->at = to;
    check(w);
}

static void over_or_out(Walk *w)
{
    moonlet_move how = below(w, 2) ? MOONLET_MOVE_OVER : MOONLET_MOVE_OUT;
    bool back = below(w, 2);
    snprintf(w->doing, sizeof w->doing, "%s, %s", how == MOONLET_MOVE_OVER ? "over" : "out",
             back ? "back" : "forwards");
    bool moved = moonlet_debugger_move(w->d, how, back);
    must(w, moved == moonlet_debugger_move(w->other, how, back), "only one moves");
    check_said(w);
    follow(w, back);
}

static void on(Walk *w)
{
    bool back = below(w, 2);
    snprintf(w->doing, sizeof w->doing, "on, %s", back ? "back" : "forwards");
    size_t to = w->at;
    bool found = false;
    while (!found && (back ? to > 0 : to + 1 < w->count)) {
        to += back ? (size_t)-1 : 1;
        found = w->moments[to].kind < MOONLET_AT_FAILURE && any_stops(w, to, back);
    }
    bool moved = moonlet_debugger_move(w->d, MOONLET_MOVE_ON, back);
    must(w, moved == moonlet_debugger_move(w->other, MOONLET_MOVE_ON, back), "only one moves");
    check_said(w);
    if (!all_known(w)) {
        follow(w, back);
        return;
    }
    if (!found && !back && !w->whole) {
        come_back(w);
        return;
    }
    must(w, moved == found, "answers %d, to %zu", moved, to);
    w->at = to;
    check(w);
}

static void run(Walk *w)
{
    snprintf(w->doing, sizeof w->doing, "run");
    size_t to = 0;
    while (to < w->count &&
           !(w->moments[to].kind < MOONLET_AT_FAILURE && any_stops(w, to, false)))
        to++;
    bool moved = moonlet_debugger_run(w->d);
    must(w, moved == moonlet_debugger_run(w->other), "only one moves");
    check_said(w);
    if (!all_known(w)) {
        w->at = 0;
        follow(w, false);
        return;
    }
    if (to == w->count && !w->whole) {
        come_back(w);
        return;
    }
    must(w, moved == (to < w->count), "answers %d, to %zu", moved, to);
    w->at = to < w->count ? to : w->count - 1;
    check(w);
}

static void count_hits(Walk *w)
{
    if (!w->break_count) return;
    const Break *b = &w->breaks[below(w, w->break_count)];
    snprintf(w->doing, sizeof w->doing, "hits of %d", b->number);
    uint64_t hits = moonlet_debugger_hits(w->d, b->number);
    uint64_t other = moonlet_debugger_hits(w->other, b->number);
    must(w, hits == other, "not the same: %llu, %llu", (unsigned long long)hits,
         (unsigned long long)other);
    if (b->unknown) return;
    must(w, hits == hits_at(w, b, w->at), "%llu", (unsigned long long)hits);
}

/* Searches ------------------------------------------------------------------------------- */

static void last_write(Walk *w)
{
    int v = (int)below(w, NUMBERS);
    char path[3] = {'n', (char)('1' + v), 0};
    snprintf(w->doing, sizeof w->doing, "last write of %s", path);
    size_t to = w->at;
    while (to > 0 && same_number(w->moments[to - 1].n[v], w->moments[w->at].n[v])) to--;
    bool moved = moonlet_debugger_last_write(w->d, path);
    must(w, moved == moonlet_debugger_last_write(w->other, path), "only one moves");
    must(w, moved == (to > 0), "answers %d, to %zu", moved, to);
    if (moved) w->at = to - 1;
    check(w);
}

static void last_write_of_any(Walk *w)
{
    static const char *const paths[] = {
        "i",         "x",  "a",         "t[1]", "sum", "mine", "list[1]", "map.k1",
        "list[2].x", "s1", "objs[1].x", "c",    "n",   "d",    "acc",     "o.x"};
    const char *path = paths[below(w, sizeof paths / sizeof *paths)];
    snprintf(w->doing, sizeof w->doing, "last write of %s", path);
    bool moved = moonlet_debugger_last_write(w->d, path);
    must(w, moved == moonlet_debugger_last_write(w->other, path), "only one moves");
    follow(w, true);
}

static void first_true(Walk *w)
{
    char text[60];
    uint64_t asked, other_asked;
    snprintf(text, sizeof text, "n%u > %u", 1 + below(w, NUMBERS), below(w, 60));
    snprintf(w->doing, sizeof w->doing, "first %s", text);
    bool moved = moonlet_debugger_first_true(w->d, text, 5000, &asked);
    bool other = moonlet_debugger_first_true(w->other, text, 5000, &other_asked);
    if (moved) {
        moonlet_result r = moonlet_evaluate(moonlet_debugger_state(w->d), NULL, text);
        must(w, r.status == MOONLET_OK && moonlet_is_true(r.values[0]), "is not true");
        moonlet_release(r.state);
    }
    (void)other; /* which states were kept says which time is found */
    go_to(w, w->d);
    go_to(w, w->other);
    check(w);
}

static void looks(Walk *w)
{
    snprintf(w->doing, sizeof w->doing, "looks");
    moonlet_stack *stack = moonlet_stack_of(moonlet_debugger_state(w->d), moonlet_nil(), 0, 50);
    size_t i = 0;
    while (i < stack->count && !stack->places[i].line) i++;
    const moonlet_place *p = i < stack->count ? &stack->places[i] : NULL;
    moonlet_result r = moonlet_evaluate(moonlet_debugger_state(w->d), p, "n1 + 1");
    if (r.status == MOONLET_OK)
        must(w, number_of(r.values[0]) == w->moments[w->at].n[0] + 1, "another n1");
    moonlet_release(r.state);
    r = moonlet_evaluate(moonlet_debugger_state(w->d), p, "n1, list, map = 7, nil, 5");
    moonlet_release(r.state);
    moonlet_stack_release(stack);
    check(w);
}

/* Another future, and back from it: what was there before is there again. */
static void change(Walk *w)
{
    snprintf(w->doing, sizeof w->doing, "change");
    moonlet_debugger *d = w->other;
    const moonlet_state *s = moonlet_debugger_state(d);
    moonlet_result r = moonlet_assign(s, NULL, "n1", moonlet_number(below(w, 100)));
    if (r.status == MOONLET_OK && !moonlet_debugger_change(d, r.state)) {
        unsigned n = below(w, 6);
        for (unsigned i = 0; i < n; i++) moonlet_debugger_move(d, MOONLET_MOVE_INTO, false);
        if (below(w, 3) == 0) moonlet_debugger_move(d, MOONLET_MOVE_ON, false);
    }
    moonlet_release(r.state);
    moonlet_debugger_go_begin(d);
    go_to(w, d);
    w->other_said.length = 0;
    *w->other_said.text = 0;
    check(w);
}

/* ---------------------------------------------------------------------------------------- */

static void step(Walk *w)
{
    static void (*const ways[])(Walk *) = {into,
                                           into,
                                           go,
                                           on,
                                           on,
                                           on,
                                           run,
                                           add_break,
                                           count_hits,
                                           looks,
                                           remove_break, /* and, of what has been recorded: */
                                           add_break,
                                           last_write,
                                           last_write,
                                           last_write_of_any,
                                           last_write_of_any,
                                           first_true,
                                           change,
                                           over_or_out};
    enum { ALL = sizeof ways / sizeof *ways, LIVE = 11 };
    ways[below(w, w->live ? LIVE : ALL)](w);
    if (getenv("DEBUGGER_WALK_TELL")) fprintf(stderr, "%s: at %zu\n", w->doing, w->at);
}

static int setting(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

static void walk(uint64_t seed, bool live)
{
    static Walk w;
    memset(&w, 0, sizeof w);
    w.live = live;
    begin(&w, seed);
    int steps = setting("DEBUGGER_WALK_STEPS", 60);
    for (int i = 0; i < steps; i++) step(&w);
    end(&w);
}

START_TEST(random_ways) { walk((uint64_t)_i, false); }
END_TEST

START_TEST(random_ways_of_live_programs) { walk((uint64_t)_i, true); }
END_TEST

int main(void)
{
    TCase *t = tcase_create("debugger walk");
    int first = setting("DEBUGGER_WALK_FIRST", 0);
    int last = setting("DEBUGGER_WALK_LAST", first + 12);
    tcase_add_loop_test(t, random_ways, first, last);
    tcase_add_loop_test(t, random_ways_of_live_programs, first, last);
    return run_suite(t);
}
