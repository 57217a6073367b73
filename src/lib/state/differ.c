/* SPDX-License-Identifier: MIT */
/*
 * What differs between two states, by path: see differ.h. Tables are met breadth first, from
 * the globals, each once; what is shared by both and has no entry of its own in either heap map
 * is still walked, for what changed may be below it, until all that changed has been met.
 *
 * Main invariant: no table is looked at twice, and of each difference there is the shortest
 * path.
 */
#include "lib/state/differ.h"

#include "digest/digest.h"
#include "lib/lib.h"

typedef struct Diff {
    Machine *M, *a, *b;
    Table *changed; /* tables, userdata that differ and were not met yet */
    Table *seen;
    Table *out;
    Table *queue; /* three words for each table that was met: see Met */
    int64_t queued, left;
    Walk *walk;       /* over the entries */
    uint64_t counted; /* bytes of what is found */
    bool full;        /* there is no room for what is found */
} Diff;

/* A table in the queue: where it was found. Paths are made when they are reported: all
 * together are as long as the square of how deep tables are. */
typedef enum Met { MET_TABLE = 1, MET_KEY, MET_FROM, MET_WORDS = 3 } Met;

static Value met(const Diff *d, int64_t i, Met what)
{
    return table_get_int(&d->queue->body, i * MET_WORDS + what);
}

static void note_changed(void *context, void *object)
{
    Diff *d = context;
    ObjectType type = object_type(object);
    if (type != OBJ_TABLE && type != OBJ_USERDATA) return;
    table_set(&d->changed->body, value_object(object), V_TRUE, d->M->run.epoch);
    d->left++;
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

static void later(Diff *d, Value table, Value key, int64_t from)
{
    if (run_get(&d->M->run, d->seen, table) != V_NIL) return;
    int64_t at = d->queued++ * MET_WORDS;
    run_set(&d->M->run, d->seen, table, V_TRUE);
    table_set_int(&d->queue->body, at + MET_TABLE, table, d->M->run.epoch);
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

static void compare_values(Diff *d, int64_t i, Value key, Value old, Value new)
{
    if (!value_equal(old, new)) {
        report(d, i, key, old, new);
    } else if (value_is_table(old)) {
        later(d, old, key, i);
    } else if (value_is(old, OBJ_USERDATA) && run_get(&d->M->run, d->changed, old) != V_NIL) {
        run_set(&d->M->run, d->changed, old, V_NIL);
        d->left--;
        if (!digest_same_userdata(&d->a->run, &d->b->run, value_pointer(old)))
            report(d, i, key, old, new);
    }
}

/* One table as both worlds have it. */
static void compare(Diff *d, int64_t i)
{
    Table *t = value_pointer(met(d, i, MET_TABLE));
    const TableBody *a = heap_table(&d->a->run, t), *b = heap_table(&d->b->run, t);
    bool changed = run_get(&d->M->run, d->changed, value_object(t)) != V_NIL;
    if (changed) d->left--;
    Value key = V_NIL, v;
    while (table_next(a, &key, &v) && walk_take(d->walk, 1, 0)) {
        Value new = changed ? table_get(b, key) : v;
        compare_values(d, i, key, v, new);
    }
    key = V_NIL;
    while (changed && table_next(b, &key, &v) && walk_take(d->walk, 1, 0))
        if (table_get(a, key) == V_NIL) report(d, i, key, V_NIL, v);
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
    uint64_t before = mem_counted;
    Diff d = {.M = M, .a = machine_begin(from), .b = machine_begin(to), .walk = walk};
    d.changed = run_new_table(&M->run);
    d.seen = run_new_table(&M->run);
    d.queue = run_new_table(&M->run);
    d.out = run_new_table(&M->run);
    state_diff(from, to, note_changed, &d);
    later(&d, value_object(from->base->world->globals), V_TRUE, 0);
    for (int64_t i = 0; i < d.queued && d.left > 0 && !d.full && !walk->end; i++)
        compare(&d, i);
    machine_end_look(d.b);
    machine_end_look(d.a);
    count_found(&d, before);
    return d.full ? NULL : d.out;
}
