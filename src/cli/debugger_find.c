/* SPDX-License-Identifier: MIT */
/* Who wrote a variable last, and when an expression is first true. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/debugger_state.h"
#include "lib/inspect.h"

/* Values ------------------------------------------------------------------------------ */

/* A value for comparison with those of other replays: objects are told by their ids. */
typedef struct Seen {
    LuaType type;
    Value plain;       /* of what is no object */
    uint64_t identity; /* an id; of a string its hash and its length */
} Seen;

static Seen seen(Value v)
{
    Seen s = {value_type(v), V_NIL, 0};
    if (value_is_string(v))
        s.identity = (uint64_t)string_hash(value_string(v)) << 32 ^ value_string(v)->length;
    else if (!value_is_object(v))
        s.plain = v;
    else
        s.identity = object_id(value_pointer(v));
    return s;
}

static bool same(Seen a, Seen b)
{
    return a.type == b.type && a.plain == b.plain && a.identity == b.identity;
}

/* Where it is ------------------------------------------------------------------------- */

enum { PARTS_MAX = 20 };

typedef struct Part {
    const char *at;
    size_t length;
    bool number; /* as in a[3] */
} Part;

/* a.b[3].c, of which a is a local variable of a frame or a global one. */
typedef struct Path {
    Part parts[PARTS_MAX];
    int count;
    bool local;
    DebugFrame frame; /* of a local one */
} Path;

/* The part at *at, which is left behind it; false: there is none. */
static bool parse_part(const char **at, bool first, Part *out)
{
    const char *p = *at;
    out->number = *p == '[';
    if (!first && *p != '.' && *p != '[') return false;
    if (!first) p++;
    out->at = p;
    out->length = out->number ? strspn(p, "0123456789") : strcspn(p, ".[");
    p += out->length;
    if (out->number && *p++ != ']') return false;
    *at = p;
    return out->length > 0;
}

static bool parse_path(Path *p, const char *text)
{
    p->count = 0;
    while (*text && p->count < PARTS_MAX) {
        if (!parse_part(&text, !p->count, &p->parts[p->count])) return false;
        p->count++;
    }
    return p->count > 0 && !p->parts[0].number && !*text;
}

static bool find_local(const Path *p, const DebugEvent *e, Value *out)
{
    Activation a = {.c = frame_cursor(e->M->segment, e->fp, e->n),
                    .co = e->M->run.co,
                    .end = e->fp + frame_extent(e->fp)};
    const Part *name = &p->parts[0];
    bool found = false;
    for (int i = 1;; i++) {
        Variable v = inspect_variable(&e->M->run, &a, i);
        if (!v.name) return found;
        if (v.temporary || v.name_length != name->length ||
            memcmp(v.name, name->at, name->length) != 0)
            continue;
        found = true;
        *out = v.value;
    }
}

static Value key_of(const Part *p)
{
    return p->number ? value_number(strtod(p->at, NULL)) : new_string(p->at, p->length);
}

static bool find_value(const Path *p, const DebugEvent *e, Value *out)
{
    int i = 0;
    Value v = value_object(e->M->run.world->globals);
    if (p->local) {
        if (!find_local(p, e, &v)) return false;
        i = 1;
    }
    for (; i < p->count; i++) {
        if (!value_is_table(v)) return false;
        v = run_get(&e->M->run, value_pointer(v), key_of(&p->parts[i]));
    }
    *out = v;
    return true;
}

/* The last write ---------------------------------------------------------------------- */

typedef struct Writes {
    Path path;
    bool known; /* the value now */
    Seen now;
    Debugger *d;
} Writes;

/* The path begins with a local variable of the frame, if it has one of this name. */
static bool note_now(void *context, const DebugEvent *e)
{
    Writes *w = context;
    Value v;
    w->path.frame = debug_frame(e);
    w->path.local = find_local(&w->path, e, &v);
    w->known = find_value(&w->path, e, &v);
    if (w->known) w->now = seen(v);
    return true;
}

static bool was_other(void *context, const DebugEvent *e)
{
    Writes *w = context;
    Value v;
    DebugFrame f = debug_frame(e);
    bool here = f.coroutine == w->path.frame.coroutine && f.depth == w->path.frame.depth;
    if (w->path.local && !here) return false;
    bool known = find_value(&w->path, e, &v);
    return known != w->known || (known && !same(seen(v), w->now));
}

void debugger_watch(Debugger *d, const char *text)
{
    Writes w = {.d = d};
    DebugTime found;
    if (!parse_path(&w.path, text)) {
        printf("watch takes a variable, or a field: a.b[3].c\n");
        return;
    }
    if (d->where != AT_LINE) {
        printf("watch needs a line to look back from: rs goes to the last one\n");
        return;
    }
    moonlet_release(debug_state(d->rec, d->now, note_now, &w));
    d->hit = 0;
    if (debug_last(d->rec, d->now, was_other, &w, &found))
        debugger_go(d, found);
    else
        printf("%s has been so %s\n", text,
               w.path.local ? "since its function was entered" : "from the beginning");
}

/* The first moment -------------------------------------------------------------------- */

/* -1: the expression fails. */
static int is_true(const moonlet_state *s, const char *expression)
{
    bool good;
    if (!s) return 0;
    char *answer = debugger_look(s, LOOK_TRUE, 0, expression, &good);
    int yes = good ? strcmp(answer, "true") == 0 : -1;
    free(answer);
    return yes;
}

static bool true_at_step(Debugger *d, uint64_t step, const char *expression)
{
    moonlet_state *s = moonlet_recording_state(d->rec, step);
    bool yes = is_true(s, expression) == 1;
    moonlet_release(s);
    return yes;
}

/* The first step at which it is true, between one where it is not and one where it is. */
static uint64_t first_step(Debugger *d, uint64_t not_yet, uint64_t already, const char *e)
{
    while (already - not_yet > 1) {
        uint64_t middle = not_yet + (already - not_yet) / 2;
        if (true_at_step(d, middle, e))
            already = middle;
        else
            not_yet = middle;
    }
    return already;
}

typedef struct Test {
    const char *expression;
    uint64_t left; /* so many may be asked */
} Test;

static bool passes(void *context, const moonlet_state *s)
{
    Test *t = context;
    if (!t->left) return true;
    t->left--;
    return is_true(s, t->expression) == 1;
}

enum { ASKED_MAX = 20000 };

/* The first line after a time before which it is true. */
static void go_true(Debugger *d, DebugTime after, const char *expression)
{
    Test t = {expression, ASKED_MAX};
    DebugTime found;
    bool has = debug_first(d->rec, after, passes, &t, &found);
    d->hit = 0;
    if (has && t.left)
        debugger_go(d, found);
    else
        printf("%s: true before none of the %d lines that were looked at\n", expression,
               (int)(ASKED_MAX - t.left));
}

/* The kept states say between which it becomes true, if it then stays so for a while. */
void debugger_when(Debugger *d, const char *expression)
{
    const Record *r = d->rec->record;
    uint64_t before = 0;
    record_drop_near(d->rec->record);
    for (size_t i = 1; i <= r->count; i++) {
        uint64_t step = i < r->count ? r->points[i].step : r->steps;
        if (!true_at_step(d, step, expression)) {
            before = step;
            continue;
        }
        step = first_step(d, before, step, expression);
        go_true(d, (DebugTime){step ? step - 1 : 0, 0}, expression);
        return;
    }
    go_true(d, (DebugTime){0, 0}, expression);
}
