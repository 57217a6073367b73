/* SPDX-License-Identifier: MIT */
/*
 * What differs between two states, by path: see differ.h. Tables are met breadth first, from
 * the globals, each once; what is shared by both and has no entry of its own in either heap map
 * is still walked, for what changed may be below it, until all that changed has been met.
 *
 * States that are strangers (one was loaded from an image) have no object in common. There an
 * object's twin is the other's object with the same id, which images keep; and all is walked.
 *
 * Main invariant: no table is looked at twice, and of each difference there is the shortest
 * path.
 */
#include "lib/state/differ.h"

#include "digest/content.h"
#include "lib/lib.h"

typedef struct Diff {
    Machine *M, *a, *b;
    Table *changed; /* tables, userdata that differ and were not met yet */
    Table *seen;
    Table *out;
    Table *queue; /* four words for each table that was met: see Met */
    int64_t queued, left;
    bool strangers;
    Walk *walk;       /* over the entries */
    uint64_t counted; /* bytes of what is found */
    bool full;        /* there is no room for what is found */
} Diff;

/* A table in the queue, its twin, and where it was found. Paths are made when they are
 * reported: all together are as long as the square of how deep tables are. */
typedef enum Met { MET_TABLE = 1, MET_TWIN, MET_KEY, MET_FROM, MET_WORDS = 4 } Met;

static Value met(const Diff *d, int64_t i, Met what)
{
    return table_get_int(&d->queue->body, i * MET_WORDS + what);
}

/* No step is taken: what may have changed depends on which states others keep. */
enum { NOTED_LOOK = 1000 };

static bool note_changed(void *context, void *object)
{
    Diff *d = context;
    ObjectType type = object_type(object);
    if (type != OBJ_TABLE && type != OBJ_USERDATA) return true;
    table_set(&d->changed->body, value_object(object), V_TRUE, d->M->run.epoch);
    return ++d->left % NOTED_LOOK || walk_look(d->walk);
}

static bool is_name(const String *s)
{
    for (size_t i = 0; i < s->length; i++) {
        char c = s->data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9')) return false;
    }
    return s->length > 0;
}

enum { PATH_MAX = 1000, KEY_MAX = 200 }; /* bytes of a path, of which the end is shown */

/* A step of a path with what follows it; long keys are cut. */
static const String *step_of(Machine *M, Value key, bool first, const String *rest)
{
    const String *k = value_string(value_to_text(M, key));
    bool quoted = value_is_string(key), name = quoted && is_name(k);
    const char *before = name ? (first ? "" : ".") : quoted ? "[\"" : "[";
    const char *after = name ? "" : quoted ? "\"]" : "]";
    size_t shown = k->length < KEY_MAX ? k->length : KEY_MAX;
    const String *step = string_concat(string_from_c(before), k->data, shown);
    if (shown < k->length) step = string_concat(step, "...", 3);
    step = string_concat(step, after, strlen(after));
    return rest->length ? string_concat(step, rest->data, rest->length) : step;
}

/* The path of a key in the i-th table, or NULL where there is no memory. */
static const String *path_of(const Diff *d, int64_t i, Value key)
{
    const String *path = step_of(d->M, key, i == 0, string_new("", 0));
    while (i > 0 && path) {
        if (path->length > PATH_MAX)
            return string_concat(string_from_c("..."), path->data, path->length);
        key = met(d, i, MET_KEY);
        i = (int64_t)value_to_double(met(d, i, MET_FROM));
        path = step_of(d->M, key, i == 0, path);
    }
    return path;
}

static void later(Diff *d, Value table, Value twin, Value key, int64_t from)
{
    if (run_get(&d->M->run, d->seen, table) != V_NIL) return;
    int64_t at = d->queued++ * MET_WORDS;
    run_set(&d->M->run, d->seen, table, V_TRUE);
    table_set_int(&d->queue->body, at + MET_TABLE, table, d->M->run.epoch);
    table_set_int(&d->queue->body, at + MET_TWIN, twin, d->M->run.epoch);
    table_set_int(&d->queue->body, at + MET_KEY, key, d->M->run.epoch);
    table_set_int(&d->queue->body, at + MET_FROM, value_number((double)from), d->M->run.epoch);
}

/* Objects of other worlds are shown as text. */
static Value shown(Machine *M, Value v)
{
    return value_is_object(v) && !value_is_string(v) ? value_to_text(M, v) : v;
}

static void report(Diff *d, int64_t i, Value key, Value old, Value new)
{
    if (d->full) return;
    uint64_t before = mem_counted;
    const String *path = path_of(d, i, key);
    d->full = !path || !mem_room();
    Table *t = run_new_table(&d->M->run);
    run_set_field(&d->M->run, t, "path", string_value(path));
    run_set_field(&d->M->run, t, "old", shown(d->M, old));
    run_set_field(&d->M->run, t, "new", shown(d->M, new));
    int64_t at = table_length(&d->out->body) + 1;
    table_set_int(&d->out->body, at, value_object(t), d->M->run.epoch);
    d->counted += mem_counted - before;
}

/* Twins ----------------------------------------------------------------------------- */

static bool has_twins(const Diff *d, Value v)
{
    return d->strangers && value_is_object(v) && !value_is_string(v);
}

static bool are_twins(const Diff *d, Value old, Value new)
{
    if (!has_twins(d, old) || !has_twins(d, new)) return value_equal(old, new);
    const void *a = value_pointer(old), *b = value_pointer(new);
    return object_type(a) == object_type(b) && object_id(a) == object_id(b);
}

/* The keys of a table that are objects, by their ids. */
static Table *keys_by_id(const Diff *d, const TableBody *t)
{
    Table *keys = run_new_table(&d->M->run);
    Value key = V_NIL, v;
    while (table_next(t, &key, &v) && walk_take(d->walk, 1, 0)) {
        if (!has_twins(d, key)) continue;
        Value id = value_number((double)object_id(value_pointer(key)));
        run_set(&d->M->run, keys, id, key);
    }
    return keys;
}

/* What a table has at the twin of a key. */
static Value at_twin(const Diff *d, const TableBody *t, Table *keys, Value key)
{
    if (!has_twins(d, key)) return table_get(t, key);
    Value twin = run_get(&d->M->run, keys, value_number((double)object_id(value_pointer(key))));
    return twin != V_NIL && are_twins(d, key, twin) ? table_get(t, twin) : V_NIL;
}

static bool same_userdata(const Diff *d, Value old, Value new)
{
    const Userdata *u = value_pointer(old), *twin = value_pointer(new);
    const UserdataBody *x = heap_userdata(&d->a->run, u);
    const UserdataBody *y = heap_userdata(&d->b->run, twin);
    Value meta = x->meta ? value_object(x->meta) : V_NIL;
    Value other = y->meta ? value_object(y->meta) : V_NIL;
    return are_twins(d, meta, other) && are_twins(d, x->user, y->user) &&
           content_same_bytes(u, x, twin, y);
}

/* Comparing ------------------------------------------------------------------------- */

/* Whether it may have changed, and has not been met. */
static bool first_met(Diff *d, Value userdata)
{
    Table *t = d->strangers ? d->seen : d->changed;
    bool first = (run_get(&d->M->run, t, userdata) == V_NIL) == d->strangers;
    if (first) run_set(&d->M->run, t, userdata, d->strangers ? V_TRUE : V_NIL);
    if (first) d->left--;
    return first;
}

static void compare_values(Diff *d, int64_t i, Value key, Value old, Value new)
{
    if (!are_twins(d, old, new))
        report(d, i, key, old, new);
    else if (value_is_table(old))
        later(d, old, new, key, i);
    else if (value_is(old, OBJ_USERDATA) && first_met(d, old) && !same_userdata(d, old, new))
        report(d, i, key, old, new);
}

/* One table as both worlds have it. */
static void compare(Diff *d, int64_t i)
{
    Value table = met(d, i, MET_TABLE), twin = met(d, i, MET_TWIN), key = V_NIL, v;
    const TableBody *a = heap_table(&d->a->run, value_pointer(table));
    const TableBody *b = heap_table(&d->b->run, value_pointer(twin));
    bool changed = d->strangers || run_get(&d->M->run, d->changed, table) != V_NIL;
    Table *keys = d->strangers ? keys_by_id(d, b) : NULL;
    if (changed) d->left--;
    while (table_next(a, &key, &v) && walk_take(d->walk, 1, 0))
        compare_values(d, i, key, v, changed ? at_twin(d, b, keys, key) : v);
    if (!changed) return;
    keys = d->strangers ? keys_by_id(d, a) : NULL;
    for (key = V_NIL; table_next(b, &key, &v) && walk_take(d->walk, 1, 0);)
        if (at_twin(d, a, keys, key) == V_NIL) report(d, i, key, V_NIL, v);
}

/* How far one had to look is no work of the program's: among what may have changed are objects
 * that are dead, the more of them the more states others keep. Only what is found counts. */
static void count_found(const Diff *d, uint64_t before)
{
    uint64_t all = mem_counted - before;
    mem_counted = before + d->counted;
    mem_count_beside(all - d->counted);
}

Table *differ(Machine *M, const State *from, const State *to, Walk *walk)
{
    if (!walk_look_into(walk, from) || !walk_look_into(walk, to)) return NULL;
    uint64_t before = mem_counted;
    Diff d = {.M = M, .a = machine_begin(from), .b = machine_begin(to), .walk = walk};
    d.changed = run_new_table(&M->run);
    d.seen = run_new_table(&M->run);
    d.queue = run_new_table(&M->run);
    d.out = run_new_table(&M->run);
    const World *old = from->base->world, *new = to->base->world;
    d.strangers = world_is_stranger(old, new);
    if (d.strangers)
        d.left = INT64_MAX; /* what has changed is not known before */
    else
        state_diff(from, to, note_changed, &d);
    later(&d, value_object(old->globals), value_object(new->globals), V_TRUE, 0);
    for (int64_t i = 0; i < d.queued && d.left > 0 && !d.full && !walk->end; i++)
        compare(&d, i);
    machine_end_look(d.b);
    machine_end_look(d.a);
    count_found(&d, before);
    return d.full ? NULL : d.out;
}
