/* SPDX-License-Identifier: MIT */
/*
 * Paths: parsed, resolved, and looked up at other moments; see debug_path.h.
 *
 * Main invariant: what a path is called by (ids, depths, keys) means the same in each replay.
 * Addresses that it holds (`object`, `chain`) are good only in the replay whose number stands
 * beside them.
 */
#include "api/debug/debug_path.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>

#include "stack/upvalue.h"

static DebugSeen seen(Value v)
{
    DebugSeen s = {true, value_type(v), V_NIL, 0};
    if (value_is_string(v))
        s.identity = (uint64_t)string_hash(value_string(v)) << 32 ^ value_string(v)->length;
    else if (!value_is_object(v))
        s.plain = v;
    else
        s.identity = object_id(value_pointer(v));
    return s;
}

/* Texts ------------------------------------------------------------------------------- */

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* "text" or 'text', without escapes; *at is left behind it. */
static bool parse_quoted(const char **at, PathKey *k)
{
    char quote = **at;
    const char *end = strchr(*at + 1, quote);
    if (!end) return false;
    k->text = *at + 1;
    k->length = (size_t)(end - k->text);
    *at = end + 1;
    return !memchr(k->text, '\\', k->length);
}

/* [3], ["text"], .name; the first one is a name only. */
static bool parse_key(const char **at, bool first, PathKey *k)
{
    const char *p = *at;
    char *end;
    *k = (PathKey){0};
    if (!first && *p == '[') {
        p++;
        if (*p == '"' || *p == '\'') {
            if (!parse_quoted(&p, k)) return false;
        } else {
            k->number = true;
            k->n = strtod(p, &end);
            if (end == p || k->n != k->n) return false;
            p = end;
        }
        *at = p + 1;
        return *p == ']';
    }
    if (!first && *p++ != '.') return false;
    k->text = p;
    while (is_name(*p)) p++;
    k->length = (size_t)(p - k->text);
    *at = p;
    return k->length && !isdigit((unsigned char)*k->text);
}

static void set_value(PathKey *k)
{
    k->value = k->number ? value_number(k->n) : new_string(k->text, k->length);
}

void path_set_field(DebugPath *p, uint64_t id, const char *text, bool number)
{
    assert(strlen(text) < sizeof p->text && !p->count && "there is room for it");
    strcpy(p->text, text);
    p->base = PATH_OBJECT;
    p->id = id;
    p->keys[0] =
        (PathKey){number, number ? strtod(text, NULL) : 0, p->text, strlen(text), V_NIL};
    set_value(&p->keys[0]);
    p->count = 1;
}

bool path_parse(DebugPath *p, const char *text)
{
    *p = (DebugPath){.base = PATH_GLOBAL};
    if (strlen(text) >= sizeof p->text) return false;
    strcpy(p->text, text);
    for (const char *at = p->text; *at; p->count++) {
        if (p->count == PATH_KEYS_MAX) return false;
        PathKey *k = &p->keys[p->count];
        if (!parse_key(&at, !p->count, k)) return false;
        set_value(k);
    }
    return p->count > 0;
}

/* Finding ----------------------------------------------------------------------------- */

static Activation activation_of(const DebugEvent *e)
{
    return (Activation){.c = frame_cursor(e->segment, e->fp, e->n),
                        .co = e->M->run.co,
                        .end = e->fp + frame_extent(e->fp)};
}

/* The last of the name hides the others. */
static bool find_local(const DebugPath *p, Run *R, const Activation *a, Variable *out)
{
    const PathKey *name = &p->keys[0];
    bool found = false;
    for (int i = 1;; i++) {
        Variable v = inspect_variable(R, a, i);
        if (!v.name) return found;
        if (v.temporary || v.name_length != name->length ||
            memcmp(v.name, name->text, name->length) != 0)
            continue;
        found = true;
        *out = v;
    }
}

/* The cell that the function has captured under this name, or NULL where there is none. */
static Cell *find_captured(const DebugPath *p, const DebugEvent *e)
{
    const Closure *f = frame_closure(e->fp);
    for (uint32_t i = 0; i < f->proto->upvalue_count; i++) {
        const ProtoUpvalue *u = &f->proto->upvalues[i];
        if (!u->name || u->name->length != p->keys[0].length ||
            memcmp(u->name->data, p->keys[0].text, u->name->length) != 0)
            continue;
        return value_is(f->upvalues[i], OBJ_CELL) ? value_pointer(f->upvalues[i]) : NULL;
    }
    return NULL;
}

void path_bind(DebugPath *p, const DebugEvent *e)
{
    Variable v;
    if (p->base != PATH_GLOBAL || !e->n) return;
    Activation a = activation_of(e);
    bool local = find_local(p, &e->M->run, &a, &v);
    Cell *cell = local && value_is(*v.slot, OBJ_CELL) ? value_pointer(*v.slot)
                 : local                              ? NULL
                                                      : find_captured(p, e);
    p->frame = debug_frame(e);
    p->function = frame_proto(e->fp)->source;
    if (cell) {
        p->base = PATH_OBJECT;
        p->id = object_id(cell);
    } else if (local) {
        p->base = PATH_LOCAL;
    }
}

/* The object of an id, which is looked for when there may be one, and not again: in another
 * replay it may be elsewhere. */
static void *find_object(DebugPath *p, DebugEvent *e)
{
    if (p->replay != e->replay) {
        p->replay = e->replay;
        p->object = NULL;
        p->given_up = false;
    }
    if (p->object || p->given_up || e->M->run.next_id <= p->id) return p->object;
    if (!e->n && !e->begin) return NULL;
    p->object = e->n ? debug_find_object(e, p->id) : debug_object(e->begin, p->id);
    p->given_up = !p->object;
    return p->object;
}

moonlet_value path_key(const DebugPath *p, int i) { return value_out(p->keys[i].value); }

static DebugFrame place_of(Coroutine *co, const FrameCursor *c)
{
    return (DebugFrame){object_id(co), c->segment->below + (size_t)(c->fp - c->segment->slots)};
}

/* Other calls have their frames there at other moments. */
static bool is_frame(const DebugPath *p, DebugFrame f, uint64_t step)
{
    if (f.coroutine != p->frame.coroutine || f.depth != p->frame.depth) return false;
    return !p->lives || !p->dies || (p->born <= step && step < p->dies);
}

/* Another function may have a frame there at another moment. */
static bool is_function(const DebugPath *p, const Value *fp)
{
    if (!frame_is_lua(fp)) return false;
    return !p->function || debug_same_function(frame_proto(fp)->source, p->function);
}

/* Goes down from a frame to that of the path, if it is in this coroutine. */
static bool find_frame_below(const DebugPath *p, Coroutine *co, FrameCursor c, uint64_t step,
                             Activation *out)
{
    if (object_id(co) != p->frame.coroutine) return false;
    while (place_of(co, &c).depth > p->frame.depth)
        if (!frame_down(&c)) return false;
    *out = (Activation){.c = c, .co = co, .end = c.fp};
    return is_frame(p, place_of(co, &c), step) && is_function(p, c.fp);
}

/* The frame of a path to a field, where another one is the innermost: it has called that, or
 * has resumed the coroutine. */
static bool find_frame(const DebugPath *p, const DebugEvent *e, Activation *out)
{
    Run *R = &e->M->run;
    if (!e->n && e->M->depth != 1) return false;
    FrameCursor c = e->n ? frame_cursor(e->segment, e->fp, e->n) : frame_cursor_running(e->M);
    if (find_frame_below(p, R->co, c, e->at.step, out)) return true;
    for (Coroutine *co = heap_coroutine(R, R->co)->resumer; co;
         co = heap_coroutine(R, co)->resumer) {
        const CoBody *b = heap_coroutine(R, co);
        c = frame_cursor(b->segment, b->segment->slots + b->fp, NULL);
        if (find_frame_below(p, co, c, e->at.step, out)) return true;
    }
    return false;
}

static bool is_in_frame(const DebugPath *p, const DebugEvent *e)
{
    return e->n && is_frame(p, debug_frame(e), e->at.step) && is_function(p, e->fp);
}

bool path_enters(const DebugPath *p, const DebugEvent *e)
{
    return p->base == PATH_LOCAL && e->enters && is_in_frame(p, e);
}

/* The variable that the path begins with. *relevant: false if its frame is not there, or, of a
 * variable itself, not the innermost: only its function gives it another value. */
static bool find_base_local(const DebugPath *p, const DebugEvent *e, Value *v, bool *relevant)
{
    Variable local;
    Activation a;
    bool inner = is_in_frame(p, e);
    if (inner) a = activation_of(e);
    *relevant = inner || (p->count > 1 && find_frame(p, e, &a));
    if (!*relevant || !find_local(p, &e->M->run, &a, &local)) return false;
    *v = local.value;
    return true;
}

/* The value that the path begins with, and the number of the first key from there. */
static bool find_base(DebugPath *p, DebugEvent *e, Value *v, int *first)
{
    *first = 1;
    if (p->base == PATH_OBJECT) {
        if (!find_object(p, e)) return false;
        *v = value_object(p->object);
        if (object_type(p->object) != OBJ_CELL) return *first = 0, true;
        *v = heap_cell(&e->M->run, p->object);
        p->chain.cell = p->object;
        return true;
    }
    *v = value_object(e->M->run.world->globals);
    *first = 0;
    return true;
}

/* What is there from a value on; the chain is what has been passed. */
static DebugSeen follow(DebugPath *p, const DebugEvent *e, Value v, int i)
{
    PathChain *c = &p->chain;
    c->first = i;
    for (; i < p->count; i++) {
        if (!value_is_table(v)) return (DebugSeen){0};
        c->at[c->count++] = value_pointer(v);
        v = run_get(&e->M->run, value_pointer(v), p->keys[i].value);
    }
    return seen(v);
}

DebugSeen path_see(DebugPath *p, DebugEvent *e, bool *relevant)
{
    Value v;
    int i = 1;
    p->chain = (PathChain){.replay = e->replay, .view = e->M->run.view};
    *relevant = true;
    bool found =
        p->base == PATH_LOCAL ? find_base_local(p, e, &v, relevant) : find_base(p, e, &v, &i);
    DebugSeen now = found ? follow(p, e, v, i) : (DebugSeen){0};
    p->chain.known = found || !*relevant; /* who enters the function is looked at */
    return now;
}

/* The variable that the path begins with, in its frame; false: the frame is not there. */
static bool find_local_in(const DebugPath *p, const moonlet_state *s, uint64_t step, Value *v,
                          bool *found)
{
    DebugPlaces all = debug_places(s, NULL);
    size_t i = 0;
    while (i < all.count && !is_frame(p, all.at[i].frame, step)) i++;
    bool live = i < all.count && all.at[i].function &&
                (!p->function || debug_same_function(all.at[i].function, p->function));
    DebugVariables vs = {0};
    if (live) vs = debug_variables(s, &all.at[i]);
    const DebugVariable *x = debug_variable_find(&vs, p->keys[0].text, p->keys[0].length);
    *found = x && x->kind == DEBUG_LOCAL;
    if (*found) *v = x->value;
    debug_variables_free(&vs);
    debug_places_free(&all);
    return live;
}

DebugSeen path_see_in(DebugPath *p, const moonlet_state *s, DebugMoment at, bool *relevant)
{
    DebugSeen now = {0};
    Value v;
    int i = 1;
    bool found = false;
    *relevant = true;
    if (p->base == PATH_LOCAL) *relevant = find_local_in(p, s, at.step, &v, &found);
    DebugEvent e = {.M = machine_begin(s->state), .replay = at.replay, .begin = s};
    if (!at.replay) p->replay = UINT64_MAX; /* what was found is of others */
    p->chain = (PathChain){0};
    if (p->base != PATH_LOCAL) found = find_base(p, &e, &v, &i);
    if (found) now = follow(p, &e, v, i);
    machine_end(e.M);
    return now;
}

/* Assigning ---------------------------------------------------------------------------- */

/* The table and the key that the path ends in. Answers false where there is no such table. */
static bool find_field(const moonlet_state *s, const DebugPath *p, moonlet_value v, int first,
                       moonlet_value *table, moonlet_value *key)
{
    for (int i = first; i < p->count; i++) {
        *table = v;
        *key = path_key(p, i);
        if (!value_is_table(value_in(v))) return false;
        v = moonlet_raw_get(s, v, *key);
    }
    return true;
}

moonlet_result path_assign(const moonlet_state *s, const DebugPlace *place, const DebugPath *p,
                           moonlet_value value)
{
    DebugVariables all = place ? debug_variables(s, place) : (DebugVariables){0};
    const DebugVariable *v = debug_variable_find(&all, p->keys[0].text, p->keys[0].length);
    moonlet_value table, key,
        base = value_out(v ? v->value : value_object(s->state->base->world->globals));
    moonlet_result r;
    if (v && p->count == 1) {
        r = debug_assign(s, place, v, value_in(value));
    } else if (find_field(s, p, base, v != NULL, &table, &key)) {
        r = moonlet_set_keys(s, table, &key, 1, value);
    } else {
        r = api_refuse(s, MOONLET_ERROR_HOST, "there is no such table");
    }
    debug_variables_free(&all);
    return r;
}
