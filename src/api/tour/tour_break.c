/* SPDX-License-Identifier: MIT */
/*
 * Breaks: which there are, whether an event is a hit of one, and what one says.
 *
 * Main invariant: whether an event is a hit depends on the event alone, but for what changes:
 * that also on what was seen before.
 */
#include "api/tour/tour_break.h"

#include <stdlib.h>

#include "stack/breaks.h"

/* Making ------------------------------------------------------------------------------ */

TourBreak *tour_break(Tour *t)
{
    TourBreak **breaks = tour_room(t->breaks, t->break_count, sizeof(void *));
    if (t->break_count == BREAKS_MAX || !breaks) return NULL;
    t->breaks = breaks;
    TourBreak *b = mem_alloc(sizeof *b);
    *b = (TourBreak){.number = ++t->breaks_made, .count.branch = -1};
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

bool break_rule_holds(const TourBreak *b, uint64_t hits)
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
unsigned break_wants(const TourBreak *b, const Proto *p, uint32_t i)
{
    if (!b->file) return 0;
    bool entry = b->enters && p->source->line == b->line && i == breaks_first_line(p);
    if (!entry && (b->enters || proto_line(p, i) != b->line)) return 0;
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

bool break_holds(TourBreak *b, DebugEvent *e)
{
    Value v;
    if (!b->condition) return true;
    if (b->pure && e->n && debug_pure_value(b->pure, e, &v)) return !value_is_false(v);
    return debug_ask(e, condition_holds, b) != 0;
}

bool break_is_met(TourBreak *b, DebugEvent *e) { return is_at(b, e) && break_holds(b, e); }

/* Compiles before a search, as nothing can be compiled in one. */
void break_prepare(TourBreak *b)
{
    if (b->condition && !b->pure) b->pure = debug_pure(b->condition);
}

/* The value is another one than before; backwards: than where the search began. */
bool break_has_changed(DebugPath *p, DebugSeen *seen, bool back, DebugEvent *e)
{
    bool relevant;
    DebugSeen now = path_see(p, e, &relevant);
    if (!relevant || seen_same(now, *seen)) return false;
    if (!back && path_enters(p, e)) {
        *seen = now; /* another call's */
        return false;
    }
    bool had = seen->known || p->base != PATH_LOCAL;
    if (!back) *seen = now;
    return had;
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

void break_say(const TourSeek *s, const TourBreak *b, DebugEvent *e)
{
    Said said = {.text = b->log};
    int line = e->line;
    if (!s->t->says) return;
    debug_ask(e, say_there, &said);
    const String *chunk = e->n ? frame_proto(e->fp)->source->chunk_name : NULL;
    s->t->says(s->t->context, b, said.out, line, chunk);
}
