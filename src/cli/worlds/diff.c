/* SPDX-License-Identifier: MIT */
/*
 * What differs between two images: see diff.h.
 *
 * Main invariant: each object of a is compared with one of b, the first beside which it is
 * met; beside any other it is told as another object. Both states stay as they are.
 */
#include "cli/worlds/diff.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/output/report.h"
#include "cli/output/sheet.h"
#include "cli/worlds/any_host.h"
#include "code/read.h"
#include "image/numbering.h"
#include "lib/lib.h"
#include "operate/error.h"
#include "stack/trace_stack.h"
#include "state/trail.h"
#include "table/table_bundles.h"
#include "value/number.h"

enum { PATH_SHOWN = 300, TEXT_SHOWN = 40 };

typedef struct Side {
    Machine *M;
    const AnyHost *host;
} Side;

typedef struct Diff {
    Side a, b;
    Trail trail; /* the pairs: objects of a, and those of b as their copies */
    const char *root;
    bool live; /* no images, but states of one process: light userdata are addresses */
    bool differs, failed;
} Diff;

/* Telling ------------------------------------------------------------------------------ */

static void print_value(Value v)
{
    char number[NUMBER_TEXT_MAX + 1];
    Sheet out = {.bytes = NULL};
    if (value_is_number(v)) {
        number[number_format(value_to_double(v), number)] = 0;
        sheet_text(&out, INK_NUMBER, number);
    } else if (value_is_string(v)) {
        const String *s = value_string(v);
        size_t shown = s->length < TEXT_SHOWN ? s->length : TEXT_SHOWN;
        sheet_quoted(&out, INK_STRING, s->data, shown);
        if (shown < s->length) sheet_text(&out, INK_NOTE, "...");
    } else if (value_is_boolean(v)) {
        sheet_text(&out, INK_WORD, v == V_TRUE ? "true" : "false");
    } else {
        sheet_text(&out, INK_PLAIN, value_type_name(v));
    }
    sheet_print(&out);
    sheet_free(&out);
}

static void print_path(Diff *d, char mark, Step step)
{
    char path[PATH_SHOWN];
    const char *rest = trail_path(&d->trail, step, path, sizeof path);
    Sheet line = {.bytes = NULL};
    d->differs = true;
    sheet_format(&line, INK_PLAIN, "%c %s", mark, d->root);
    if (strncmp(rest, "value", 5) == 0) rest += 5;
    sheet_safe(&line, INK_PLAIN, rest, strlen(rest));
    sheet_text(&line, INK_PLAIN, ": ");
    sheet_print(&line);
    sheet_free(&line);
}

static void tell(Diff *d, Step step, Value a, Value b)
{
    print_path(d, a == V_NIL ? '+' : b == V_NIL ? '-' : '!', step);
    if (a != V_NIL) print_value(a);
    if (a != V_NIL && b != V_NIL) printf(" -> ");
    if (b != V_NIL) print_value(b);
    putchar('\n');
}

static void tell_text(Diff *d, Step step, const char *what)
{
    print_path(d, '!', step);
    printf("%s\n", what);
}

/* Values ------------------------------------------------------------------------------- */

static bool is_plain(Value v)
{
    return !value_is_object(v) || value_is_string(v) || value_is(v, OBJ_LIGHT);
}

static const String *light_text(Value v) { return ((const Light *)value_pointer(v))->pointer; }

static bool plain_equal(const Diff *d, Value a, Value b)
{
    if (!d->live && value_is(a, OBJ_LIGHT) && value_is(b, OBJ_LIGHT))
        return string_equal(light_text(a), light_text(b));
    return value_equal(a, b);
}

/* The pair is looked at later, if it was not met. */
static void compare(Diff *d, Step step, Value a, Value b)
{
    if (is_plain(a) || is_plain(b)) {
        if (!is_plain(a) || !is_plain(b) || !plain_equal(d, a, b)) tell(d, step, a, b);
        return;
    }
    if (object_type(value_pointer(a)) != object_type(value_pointer(b))) {
        tell(d, step, a, b);
        return;
    }
    const TrailItem *met = trail_find(&d->trail, a);
    if (met && met->copy != b) tell_text(d, step, "another object");
    if (!met && !trail_add(&d->trail, a, b, step)) d->failed = true;
}

static void compare_objects(Diff *d, Step step, const void *a, const void *b)
{
    if (a && b)
        compare(d, step, value_object(a), value_object(b));
    else if (a || b)
        tell(d, step, a ? value_object(a) : V_NIL, b ? value_object(b) : V_NIL);
}

/* Tables ------------------------------------------------------------------------------- */

typedef struct ObjectKeys { /* of a table, by id */
    Numbering ids;
    Value *keys;
} ObjectKeys;

static const void *key_id(Value key)
{
    return (const void *)(uintptr_t)object_id(value_pointer(key));
}

static void take_object_keys(Diff *d, ObjectKeys *k, const TableBody *t)
{
    Value key = V_NIL, v;
    bool fresh;
    *k =
        (ObjectKeys){.keys = calloc(table_pairs(t) + (size_t)t->array_size + 1, sizeof(Value))};
    while (k->keys && table_next(t, &key, &v)) {
        if (is_plain(key)) continue;
        const NumberedPlace *place = numbering_place(&k->ids, key_id(key), &fresh);
        if (fresh) k->keys[place->number] = key;
    }
    if (!k->keys || k->ids.failed) d->failed = true;
}

/* The key of the other table that stands for this one; nil: it has none. */
static Value same_key(const ObjectKeys *k, Value key)
{
    if (is_plain(key)) return key;
    const NumberedPlace *place = numbering_find(&k->ids, key_id(key));
    return place ? k->keys[place->number] : V_NIL;
}

static void compare_tables(Diff *d, uint32_t at, const TableBody *a, const TableBody *b)
{
    ObjectKeys mine, theirs;
    Value key = V_NIL, v;
    take_object_keys(d, &mine, a);
    take_object_keys(d, &theirs, b);
    while (!d->failed && table_next(a, &key, &v)) {
        Value other = same_key(&theirs, key);
        Step step = {STEP_VALUE, at, key};
        compare(d, step, v, other == V_NIL ? V_NIL : table_get(b, other));
        if (!is_plain(key) && other != V_NIL) compare(d, (Step){STEP_KEY, at, key}, key, other);
    }
    key = V_NIL;
    while (!d->failed && table_next(b, &key, &v)) {
        Value other = same_key(&mine, key);
        if (other == V_NIL || table_get(a, other) == V_NIL)
            tell(d, (Step){STEP_VALUE, at, key}, V_NIL, v);
    }
    compare_objects(d, (Step){STEP_META, at, V_NIL}, a->meta, b->meta);
    if (table_is_frozen(a) != table_is_frozen(b))
        tell_text(d, (Step){STEP_CELL, at, V_NIL},
                  table_is_frozen(b) ? "is read-only now" : "is not read-only any more");
    numbering_free(&mine.ids);
    numbering_free(&theirs.ids);
    free(mine.keys);
    free(theirs.keys);
}

/* Other objects ------------------------------------------------------------------------- */

static void compare_values(Diff *d, uint32_t at, const Value *a, size_t m, const Value *b,
                           size_t n)
{
    for (size_t i = 0; i < m || i < n; i++)
        compare(d, (Step){STEP_UPVALUE, at, value_number((double)i + 1)}, i < m ? a[i] : V_NIL,
                i < n ? b[i] : V_NIL);
}

static void compare_functions(Diff *d, uint32_t at, const Closure *a, const Closure *b)
{
    if (a->proto->source != b->proto->source) {
        String *x = code_dump(a->proto, false), *y = code_dump(b->proto, false);
        if (!x || !y)
            d->failed = true;
        else if (!string_equal(x, y))
            tell_text(d, (Step){STEP_CELL, at, V_NIL}, "other code");
    }
    compare_values(d, at, a->upvalues, a->proto->upvalue_count, b->upvalues,
                   b->proto->upvalue_count);
}

static void compare_natives(Diff *d, uint32_t at, const Native *a, const Native *b)
{
    const char *x = d->a.host->host.function_name(NULL, a),
               *y = d->b.host->host.function_name(NULL, b);
    if (a->fn != b->fn || (x && y && strcmp(x, y) != 0))
        tell_text(d, (Step){STEP_CELL, at, V_NIL}, "another function");
    else if (!x)
        compare_values(d, at, a->upvalues, a->count, b->upvalues, b->count);
}

static void compare_userdata(Diff *d, uint32_t at, const Userdata *a, const Userdata *b)
{
    const UserdataBody *x = heap_userdata(&d->a.M->run, a), *y = heap_userdata(&d->b.M->run, b);
    const char *p = d->a.host->host.type_name((void *)d->a.host, a->tag),
               *q = d->b.host->host.type_name((void *)d->b.host, b->tag);
    bool bytes = p && q && x->own && y->own;
    if (!p != !q || (p && strcmp(p, q) != 0))
        tell_text(d, (Step){STEP_CELL, at, V_NIL}, "another type");
    else if (bytes && !string_equal(x->own, y->own))
        tell_text(d, (Step){STEP_CELL, at, V_NIL}, "other bytes");
    compare_objects(d, (Step){STEP_META, at, V_NIL}, x->meta, y->meta);
    compare(d, (Step){STEP_USER, at, V_NIL}, x->user, y->user);
}

/* Coroutines ---------------------------------------------------------------------------- */

typedef struct Slots {
    Value *items;
    size_t count, capacity;
} Slots;

static void take_slots(void *context, Value *slots, size_t count)
{
    Slots *s = context;
    for (size_t i = 0; i < count; i++) {
        if (s->count == s->capacity) {
            s->capacity = s->capacity ? 2 * s->capacity : 64;
            s->items = reallocarray(s->items, s->capacity, sizeof *s->items);
            if (!s->items) report_no_memory();
        }
        s->items[s->count++] = slots[i];
    }
}

/* Whether the frames are of the same functions, at the same lines. */
static bool same_places(const CoBody *a, const CoBody *b)
{
    StackTop x = stack_top(a), y = stack_top(b);
    FrameCursor c = frame_cursor(a->segment, x.fp, x.node),
                e = frame_cursor(b->segment, y.fp, y.node);
    for (;;) {
        bool lua = frame_is_lua(c.fp);
        if (lua != frame_is_lua(e.fp)) return false;
        if (lua && error_line(c.fp, c.at) != error_line(e.fp, e.at)) return false;
        bool more = frame_down(&c);
        if (more != frame_down(&e)) return false;
        if (!more) return true;
    }
}

static bool has_stack(const State *s, const Coroutine *c, const CoBody *b)
{
    return b->segment && (b->status != CO_RUNNING || c == s->base->paused);
}

static void compare_coroutines(Diff *d, uint32_t at, const Coroutine *a, const Coroutine *b,
                               const State *s, const State *t)
{
    const CoBody *x = heap_coroutine(&d->a.M->run, a), *y = heap_coroutine(&d->b.M->run, b);
    bool p = has_stack(s, a, x), q = has_stack(t, b, y);
    if (x->status != y->status || p != q || (p && !same_places(x, y))) {
        tell_text(d, (Step){STEP_CELL, at, V_NIL}, "is elsewhere");
        return;
    }
    Slots m = {0}, n = {0};
    StackVisitor v = {.live = take_slots, .context = &m},
                 w = {.live = take_slots, .context = &n};
    if (p) stack_visit(&v, stack_top(x));
    if (q) stack_visit(&w, stack_top(y));
    if (m.count != n.count) tell_text(d, (Step){STEP_STACK, at, V_NIL}, "other values");
    for (size_t i = 0; m.count == n.count && i < m.count; i++)
        compare(d, (Step){STEP_STACK, at, V_NIL}, m.items[i], n.items[i]);
    free(m.items);
    free(n.items);
}

/* All ------------------------------------------------------------------------------------ */

static void compare_pair(Diff *d, uint32_t at, const State *s, const State *t)
{
    const void *a = value_pointer(d->trail.items[at].object),
               *b = value_pointer(d->trail.items[at].copy);
    switch (object_type(a)) {
    case OBJ_TABLE:
        compare_tables(d, at, heap_table(&d->a.M->run, a), heap_table(&d->b.M->run, b));
        break;
    case OBJ_CELL:
        compare(d, (Step){STEP_CELL, at, V_NIL}, heap_cell(&d->a.M->run, a),
                heap_cell(&d->b.M->run, b));
        break;
    case OBJ_CLOSURE:
        compare_functions(d, at, heap_closure(&d->a.M->run, a), heap_closure(&d->b.M->run, b));
        break;
    case OBJ_NATIVE: compare_natives(d, at, a, b); break;
    case OBJ_COROUTINE: compare_coroutines(d, at, a, b, s, t); break;
    default: compare_userdata(d, at, a, b); break;
    }
}

/* All that is reached from a root and has not been met from another. */
static void compare_root(Diff *d, const char *root, const void *a, const void *b,
                         const State *s, const State *t)
{
    uint32_t first = d->trail.count;
    d->root = root;
    compare_objects(d, (Step){STEP_START, 0, V_NIL}, a, b);
    for (uint32_t i = first; i < d->trail.count && !d->failed; i++) compare_pair(d, i, s, t);
}

static void compare_states(Diff *d, const State *s, const State *t)
{
    compare_root(d, "_G", s->base->world->globals, t->base->world->globals, s, t);
    compare_root(d, "registry", s->base->world->registry, t->base->world->registry, s, t);
    for (int i = 0; i < TYPE_COUNT; i++) {
        char root[60];
        snprintf(root, sizeof root, "metatable of %s", lua_type_name((LuaType)i));
        compare_root(d, root, s->base->world->type_meta[i], t->base->world->type_meta[i], s, t);
    }
    compare_root(d, "paused program", s->base->paused, t->base->paused, s, t);
}

/* Whether there is a difference; or there was no memory, which is said. */
static bool run_comparison(const Cli *c, Diff *d, const State *s, const State *t)
{
    d->a.M = machine_begin(s);
    d->b.M = machine_begin(t);
    d->trail.R = &d->a.M->run;
    compare_states(d, s, t);
    if (d->failed || mem_short) report_message(c, "not enough memory");
    d->failed |= mem_short;
    machine_end_look(d->b.M);
    machine_end_look(d->a.M);
    return d->differs || d->failed;
}

bool diff_live(const Cli *c, const State *a, const State *b)
{
    static AnyHost host;
    any_host_init(&host);
    Diff d = {.a = {NULL, &host}, .b = {NULL, &host}, .live = true};
    bool differs = run_comparison(c, &d, a, b);
    fflush(stdout);
    return differs;
}

int diff_images(const Cli *c, const Options *o, char **argv)
{
    static AnyHost hosts[2];
    AnyImage images[2];
    for (int i = 0; i < 2; i++) {
        any_host_init(&hosts[i]);
        if (!any_image_read(c, o, &hosts[i], argv[o->rest + i], &images[i])) return 2;
    }
    Diff d = {.a = {NULL, &hosts[0]}, .b = {NULL, &hosts[1]}};
    run_comparison(c, &d, images[0].image->state, images[1].image->state);
    if (!report_written(c) || d.failed) return 2;
    return d.differs;
}
