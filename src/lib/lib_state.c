/* SPDX-License-Identifier: MIT */
/*
 * The library `state`, Moonlet's own: a script forks, snapshots and goes back.
 *
 *   snapshot()        this world, as a value; O(1)
 *   restore(s, ...)   goes on from where s was taken: snapshot returns s, ... again
 *   fork(f, ...)      f(...)'s results; its changes are discarded
 *   try(f, ...)       as pcall; on error the changes of f are undone
 *   map(f, list, options)  f of each item, in parallel forks (lib_map.c)
 *   diff(a [, b])     what changed by path, from snapshot a to b (or now)
 *   digest([s])       16 hex digits that depend on contents alone
 *
 * eval/world.h has the first four; here are the two that only read.
 */
#include <stdio.h>

#include "eval/eval.h"
#include "eval/world.h"
#include "lib/digest.h"
#include "lib/lib.h"

static int state_snapshot(Run *R, Value *a, int n)
{
    State *s = eval_snapshot_own(R);
    Userdata *u = run_new_userdata(R, world_snapshot_tag, 0);
    u->data = s;
    u->body.meta = lib_registry_table(R, "SNAPSHOT*");
    R->native[0] = value_object(u);
    return 1;
}

/* The State of argument i; of now if it is absent. NULL: an error is set. */
static const State *state_arg(Run *R, Value **a, int n, int i)
{
    if (!arg_absent(*a, n, i)) {
        const Userdata *u = arg_userdata(R, *a, n, i, world_snapshot_tag, "snapshot");
        return u ? u->data : NULL;
    }
    const State *s = eval_snapshot(R);
    *a = R->native;
    return s;
}

static int state_digest(Run *R, Value *a, int n)
{
    const State *s = state_arg(R, &a, n, 0);
    if (!s) return NATIVE_ERROR;
    char text[20];
    Run *view = run_begin(s);
    size_t values;
    snprintf(text, sizeof text, "%016llx", (unsigned long long)digest_world(view, &values));
    run_end_view(view);
    native_charge_values(R, values);
    NATIVE_RETURN(new_string(text, 16));
}

/* Differences ---------------------------------------------------------------------- */

typedef struct Diff {
    Run *R, *a, *b;
    Table *changed; /* tables that differ and were not met yet */
    Table *seen;
    Table *out;
    Table *queue; /* table, path, table, path ... */
    int64_t queued, left;
    size_t entries; /* looked at */
} Diff;

static void note_changed(void *context, void *object)
{
    Diff *d = context;
    if (object_type(object) != OBJ_TABLE) return;
    table_set(&d->changed->body, value_object(object), V_TRUE, d->R->epoch);
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

static const String *path_of(Run *R, const String *path, Value key)
{
    if (value_is_string(key) && is_name(value_string(key))) {
        const String *k = value_string(key);
        if (path->length) path = string_concat(path, ".", 1);
        return string_concat(path, k->data, k->length);
    }
    const String *k = value_string(value_to_text(R, key));
    bool quoted = value_is_string(key);
    path = string_concat(path, quoted ? "[\"" : "[", quoted ? 2 : 1);
    path = string_concat(path, k->data, k->length);
    return string_concat(path, quoted ? "\"]" : "]", quoted ? 2 : 1);
}

static void later(Diff *d, Value table, const String *path)
{
    if (run_get(d->R, d->seen, table) != V_NIL) return;
    run_set(d->R, d->seen, table, V_TRUE);
    table_set_int(&d->queue->body, ++d->queued, table, d->R->epoch);
    table_set_int(&d->queue->body, ++d->queued, string_value(path), d->R->epoch);
}

/* Objects of other worlds are shown as text. */
static Value shown(Run *R, Value v)
{
    return value_is_object(v) && !value_is_string(v) ? value_to_text(R, v) : v;
}

static void report(Diff *d, const String *path, Value key, Value old, Value new)
{
    if (value_equal(old, new)) return;
    Table *t = run_new_table(d->R);
    run_set_field(d->R, t, "path", string_value(path_of(d->R, path, key)));
    run_set_field(d->R, t, "old", shown(d->R, old));
    run_set_field(d->R, t, "new", shown(d->R, new));
    int64_t at = table_length(&d->out->body) + 1;
    table_set_int(&d->out->body, at, value_object(t), d->R->epoch);
}

/* One table as both worlds have it. */
static void compare(Diff *d, Table *t, const String *path)
{
    const TableBody *a = heap_table(d->a, t), *b = heap_table(d->b, t);
    bool changed = run_get(d->R, d->changed, value_object(t)) != V_NIL;
    if (changed) d->left--;
    Value key = V_NIL, v;
    d->entries += a->array.size + a->hash.count + (changed ? b->array.size + b->hash.count : 0);
    while (table_next(a, &key, &v)) {
        Value new = changed ? table_get(b, key) : v;
        report(d, path, key, v, new);
        if (value_is_table(v) && v == new) later(d, v, path_of(d->R, path, key));
    }
    key = V_NIL;
    while (changed && table_next(b, &key, &v))
        if (table_get(a, key) == V_NIL) report(d, path, key, V_NIL, v);
}

static int state_diff_(Run *R, Value *a, int n)
{
    const State *from = state_arg(R, &a, n, 0);
    const State *to = from ? state_arg(R, &a, n, 1) : NULL;
    if (!to) return NATIVE_ERROR;
    Diff d = {.R = R, .a = run_begin(from), .b = run_begin(to)};
    d.changed = run_new_table(R);
    d.seen = run_new_table(R);
    d.queue = run_new_table(R);
    d.out = run_new_table(R);
    state_diff(from, to, note_changed, &d);
    later(&d, value_object(from->world->globals), string_new("", 0));
    for (int64_t i = 1; i < d.queued && d.left > 0; i += 2) {
        Value t = table_get_int(&d.queue->body, i);
        compare(&d, value_pointer(t), value_string(table_get_int(&d.queue->body, i + 1)));
    }
    run_end_view(d.b);
    run_end_view(d.a);
    native_charge_values(R, d.entries);
    NATIVE_RETURN(value_object(d.out));
}

static int snapshot_tostring(Run *R, Value *a, int n)
{
    Userdata *u = arg_userdata(R, a, n, 0, world_snapshot_tag, "snapshot");
    if (!u) return NATIVE_ERROR;
    char text[48];
    snprintf(text, sizeof text, "snapshot: 0x%08llx", (unsigned long long)object_id(u));
    NATIVE_RETURN(new_c_string(text));
}

static int open_state(Run *R, Value *a, int n)
{
    static const NativeDef defs[] = {{"snapshot", state_snapshot},
                                     {"map", state_map},
                                     {"diff", state_diff_},
                                     {"digest", state_digest},
                                     {NULL, NULL}};
    Table *t = run_new_table(R);
    native_register(R, t, defs);
    static const struct {
        const char *name;
        Exec *exec;
    } control[] = {{"restore", control_restore}, {"fork", control_fork}, {"try", control_try}};
    for (int i = 0; i < 3; i++) {
        NativeFn *fn = (NativeFn *)(void (*)(void))control[i].exec;
        run_set_field(R, t, control[i].name,
                      value_object(native_control(R, fn, control[i].name, 0)));
    }
    Table *meta = lib_registry_table(R, "SNAPSHOT*");
    run_set_field(R, meta, "__tostring",
                  value_object(run_new_native(R, snapshot_tostring, "__tostring", 0)));
    NATIVE_RETURN(value_object(t));
}

void lib_open_state(Run *R)
{
    Value package = run_get_field(R, R->world->globals, "package");
    if (!value_is_table(package)) return;
    Value preload = run_get_field(R, value_pointer(package), "preload");
    if (!value_is_table(preload)) return;
    run_set_field(R, value_pointer(preload), "state",
                  value_object(run_new_native(R, open_state, "state", 0)));
}
