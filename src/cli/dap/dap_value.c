/* SPDX-License-Identifier: MIT */
/*
 * Variables, what is in tables, expressions, and assigning.
 *
 * Main invariant: only an assignment, or a statement behind '!', gives the tour another state,
 * and references to the state before are then to the new one (dap_rehome). All else is
 * evaluated in runs whose states are dropped.
 */
#ifdef MOONLET_DAP

#include <stdlib.h>

#include "cli/dap/dap_session.h"
#include "cli/output/look.h"
#include "cli/output/names.h"
#include "value/number.h"

enum {
    SHOWN_COLUMNS = 120,
    NAMED_MAX = 500,   /* of a table's keys that are no items, at once */
    ITEMS_MAX = 100000 /* of what a client wants at once */
};

/* Values ------------------------------------------------------------------------------ */

static json_t *shown(Dap *d, const moonlet_state *s, Value v, bool whole)
{
    Look l;
    Sheet out = {.columns_max = whole ? 0 : SHOWN_COLUMNS};
    look_begin(&l, d->cli, s->state, &out);
    l.width = 1000000;
    look_value(&l, v, true);
    look_end(&l);
    if (out.over) {
        out.over = false;
        out.columns_max = 0;
        sheet_text(&out, INK_PLAIN, "...");
    }
    json_t *text = dap_text(out.bytes ? out.bytes : "", out.length);
    sheet_free(&out);
    return text;
}

/* A variable, or a result ("result" instead of "value"), as the protocol has it. */
static json_t *dap_value(Dap *d, const char *field, moonlet_state *s, Value v, char *name)
{
    json_t *o = json_object();
    json_object_set_new(o, field, shown(d, s, v, false));
    json_object_set_new(o, "type", json_string(value_type_name(v)));
    if (name) json_object_set_new(o, "evaluateName", dap_text(name, strlen(name)));
    if (value_is_table(v)) {
        size_t items = moonlet_raw_length(s, value_out(v));
        DapReference r = {
            .kind = REFERS_TO_TABLE, .state = s, .table = v, .after = V_NIL, .name = name};
        json_object_set_new(o, "variablesReference", json_integer(dap_refer(d, &r)));
        json_object_set_new(o, "indexedVariables", json_integer((json_int_t)items));
    } else {
        json_object_set_new(o, "variablesReference", json_integer(0));
        free(name);
    }
    return o;
}

/* "name", "[3]", "["a b"]": how a key is shown, and what an expression has for it. */
static char *key_text(Dap *d, const moonlet_state *s, Value key, bool behind)
{
    Sheet out = {0};
    if (value_is_string(key) &&
        name_is_good(value_string(key)->data, value_string(key)->length)) {
        if (behind) sheet_text(&out, INK_PLAIN, ".");
        sheet_safe(&out, INK_PLAIN, value_string(key)->data, value_string(key)->length);
    } else {
        json_t *text = shown(d, s, key, true);
        sheet_text(&out, INK_PLAIN, "[");
        sheet_text(&out, INK_PLAIN, json_string_value(text));
        sheet_text(&out, INK_PLAIN, "]");
        json_decref(text);
    }
    char *copy = out.bytes ? strndup(out.bytes, out.length) : strdup("");
    sheet_free(&out);
    return copy;
}

static char *joined(const char *a, const char *b)
{
    size_t n = strlen(a) + strlen(b) + 1;
    char *out = malloc(n);
    if (out) snprintf(out, n, "%s%s", a, b);
    return out;
}

/* Variables --------------------------------------------------------------------------- */

static void append(json_t *list, json_t *variable, const char *name, size_t length)
{
    json_object_set_new(variable, "name", dap_text(name, length));
    json_array_append_new(list, variable);
}

static bool is_of(const DebugVariable *v, DebugVariableKind kind)
{
    return kind == DEBUG_UPVALUE ? v->kind == kind : v->kind != DEBUG_UPVALUE;
}

static void add_scope(Dap *d, json_t *list, const DapReference *r)
{
    DebugVariables all = r->kind == REFERS_TO_GLOBALS ? debug_globals(r->state, !r->libraries)
                                                      : debug_variables(r->state, &r->place);
    for (size_t i = 0; i < all.count; i++) {
        const DebugVariable *v = &all.at[i];
        if (r->kind == REFERS_TO_SCOPE && !is_of(v, r->variables)) continue;
        bool has_name = v->kind != DEBUG_VARARG && name_is_good(v->name, v->length);
        json_t *one = dap_value(d, "value", r->state, v->value,
                                has_name ? strndup(v->name, v->length) : NULL);
        append(list, one, v->name, v->length);
    }
    debug_variables_free(&all);
}

static void add_field(Dap *d, json_t *list, const DapReference *r, Value key, Value v)
{
    char *name = key_text(d, r->state, key, false), *behind = key_text(d, r->state, key, true);
    bool plain = value_is_string(key) || value_is_number(key) || value_is_boolean(key);
    char *path = r->name && plain && behind ? joined(r->name, behind) : NULL;
    json_t *one = dap_value(d, "value", r->state, v, path);
    append(list, one, name ? name : "?", name ? strlen(name) : 1);
    free(name);
    free(behind);
}

static void add_items(Dap *d, json_t *list, const DapReference *r, size_t from, size_t count)
{
    size_t length = moonlet_raw_length(r->state, value_out(r->table));
    for (size_t i = from; i < length && i - from < count; i++) {
        Value key = value_number((double)i + 1);
        Value v = value_in(moonlet_raw_get(r->state, value_out(r->table), value_out(key)));
        add_field(d, list, r, key, v);
    }
}

static bool is_item(Value key, size_t items)
{
    if (!value_is_number(key)) return false;
    double n = value_to_double(key);
    return n >= 1 && n <= (double)items && n == (double)(size_t)n;
}

static void add_rest(Dap *d, json_t *list, const DapReference *r, Value after)
{
    DapReference rest = *r;
    rest.after = after;
    rest.name = r->name ? strdup(r->name) : NULL;
    json_t *one =
        json_pack("{s:s, s:I}", "value", "", "variablesReference", dap_refer(d, &rest));
    append(list, one, "(more)", 6);
}

/* Where the keys begin that are no items, as the order has the array first. */
static moonlet_value behind_items(const DapReference *r, size_t items)
{
    Machine *M = machine_begin(r->state->state);
    size_t size = heap_table(&M->run, value_pointer(r->table))->array_size;
    machine_end(M);
    size_t skipped = items < size ? items : size;
    return value_out(skipped ? value_number((double)skipped) : V_NIL);
}

/* The keys that are no items, from some on; what is too many at once is behind a last one. */
static void add_named(Dap *d, json_t *list, const DapReference *r, size_t from, size_t count)
{
    size_t items = moonlet_raw_length(r->state, value_out(r->table)), n = 0, added = 0;
    moonlet_value v, table = value_out(r->table);
    moonlet_value key = r->after == V_NIL ? behind_items(r, items) : value_out(r->after);
    while (moonlet_table_next(r->state, table, &key, &v)) {
        if (is_item(value_in(key), items) || n++ < from) continue;
        add_field(d, list, r, value_in(key), value_in(v));
        if (++added == count) break;
        if (added < NAMED_MAX) continue;
        add_rest(d, list, r, value_in(key));
        return;
    }
    moonlet_value meta = moonlet_metatable(r->state, table);
    if (added == count || value_in(meta) == V_NIL) return;
    append(list, dap_value(d, "value", r->state, value_in(meta), NULL), "(metatable)", 11);
}

void dap_variables(Dap *d, const json_t *request, const json_t *arguments)
{
    const DapReference *known =
        dap_reference(d, dap_number(arguments, "variablesReference", 0));
    const char *filter = dap_word(arguments, "filter");
    json_int_t from = dap_number(arguments, "start", 0),
               count = dap_number(arguments, "count", 0);
    if (!known || from < 0 || count < 0) {
        dap_refuse(request,
                   known ? "there are no such variables" : "there is no such reference");
        return;
    }
    DapReference r = *known; /* it may move */
    json_t *list = json_array();
    if (!count || count > ITEMS_MAX) count = ITEMS_MAX;
    if (r.kind != REFERS_TO_TABLE) {
        add_scope(d, list, &r);
    } else {
        bool indexed = !filter || strcmp(filter, "indexed") == 0, named = !filter || !indexed;
        if (indexed && r.after == V_NIL) add_items(d, list, &r, (size_t)from, (size_t)count);
        if (named) add_named(d, list, &r, filter ? (size_t)from : 0, (size_t)count);
    }
    dap_answer(request, json_pack("{s:o}", "variables", list));
}

/* Expressions ------------------------------------------------------------------------- */

/* What went wrong. */
static void refuse_result(const json_t *request, const moonlet_result *r)
{
    dap_refuse(request, "%s",
               r->status == MOONLET_FAILED ? r->error->message : moonlet_limit_text(r->limit));
}

static void answer_values(Dap *d, const json_t *request, const moonlet_result *r,
                          const char *expression, bool variable)
{
    json_t *body;
    if (r->count == 1) {
        body = dap_value(d, "result", r->state, value_in(r->values[0]),
                         variable ? strdup(expression) : NULL);
    } else {
        char *text = strdup("");
        for (size_t i = 0; i < r->count && text; i++) {
            json_t *one = shown(d, r->state, value_in(r->values[i]), false);
            char *before = joined(text, i ? ", " : "");
            free(text);
            text = before ? joined(before, json_string_value(one)) : NULL;
            free(before);
            json_decref(one);
        }
        body = json_pack("{s:s, s:i}", "result", text ? text : "", "variablesReference", 0);
        free(text);
    }
    dap_answer(request, body);
}

/* The state that the statement has led to is the moment's from here on. */
static void do_for_real(Dap *d, moonlet_result *r)
{
    moonlet_state *before = moonlet_retain(d->tour->state);
    tour_change(d->tour, handle_new(r->state->state, before->config));
    dap_rehome(d, before);
    moonlet_release(before);
    dap_event("invalidated", json_pack("{s:[s]}", "areas", "variables"));
}

/* Commands of the console, which have no request: ":when expression", ":changed path". */
static bool do_command(Dap *d, const json_t *request, const char *text)
{
    enum { ASKED_MAX = 20000 };
    uint64_t asked;
    DebugPath *p = mem_alloc(sizeof *p);
    bool when = strncmp(text, ":when ", 6) == 0, changed = strncmp(text, ":changed ", 9) == 0;
    if (!when && !changed) return false;
    dap_running(d, true);
    bool moved = when ? tour_go_true(d->tour, text + 6, ASKED_MAX, &asked)
                      : path_parse(p, text + 9) && tour_go_change(d->tour, p);
    dap_running(d, false);
    if (moved) {
        dap_answer(request, json_pack("{s:s, s:i}", "result", "", "variablesReference", 0));
        dap_stopped(d, "goto");
    } else {
        dap_refuse(request, d->paused ? "cancelled" : "there is no such line");
    }
    return true;
}

static bool can_assign(const Dap *d, const json_t *request)
{
    if (!dap_has_stopped(d, request)) return false;
    const char *why = tour_cannot_change(d->tour);
    if (why) dap_refuse(request, "%s", why);
    return !why;
}

void dap_evaluate(Dap *d, const json_t *request, const json_t *arguments)
{
    const char *text = dap_word(arguments, "expression"),
               *context = dap_word(arguments, "context");
    json_int_t number = dap_number(arguments, "frameId", 0);
    if (!dap_has_stopped(d, request)) return;
    const DebugPlace *p = dap_frame(d, number);
    if (!text || (number && !p)) {
        dap_refuse(request, text ? "there is no such frame" : "'expression' is missing");
        return;
    }
    bool console = context && strcmp(context, "repl") == 0;
    if (console && *text == ':' && do_command(d, request, text)) return;
    bool real = console && *text == '!';
    if (real && !can_assign(d, request)) return;
    moonlet_result r = debug_evaluate(d->tour->state, p, real ? text + 1 : text);
    dap_io_flush();
    if (r.status != MOONLET_OK)
        refuse_result(request, &r);
    else
        answer_values(d, request, &r, text, !console);
    if (real && r.status == MOONLET_OK) do_for_real(d, &r);
    moonlet_release(r.state);
}

/* Assigning --------------------------------------------------------------------------- */

static void assign(Dap *d, const json_t *request, const DebugPlace *p, const char *path,
                   const char *text)
{
    moonlet_state *before = moonlet_retain(d->tour->state);
    moonlet_result r = tour_assign(d->tour, p, path, text);
    dap_io_flush();
    if (r.status == MOONLET_OK) {
        dap_rehome(d, before);
        dap_answer(request, dap_value(d, "value", d->tour->state,
                                      value_in(moonlet_result_value(&r, 0)), strdup(path)));
    } else {
        refuse_result(request, &r);
    }
    moonlet_release(r.state);
    moonlet_release(before);
}

/* v: what an expression has given. The state in which the table's field has that value. */
static void set_field(Dap *d, const json_t *request, Value table, moonlet_value key,
                      const moonlet_result *v)
{
    moonlet_state *before = moonlet_retain(d->tour->state);
    moonlet_value value = moonlet_result_value(v, 0);
    moonlet_result done = moonlet_set_keys(v->state, value_out(table), &key, 1, value);
    if (done.status == MOONLET_OK) {
        tour_change(d->tour, handle_new(done.state->state, before->config));
        dap_rehome(d, before);
        dap_answer(request, dap_value(d, "value", d->tour->state, value_in(value), NULL));
    } else {
        refuse_result(request, &done);
    }
    moonlet_release(done.state);
    moonlet_release(before);
}

/* A field of a table that a reference is to, whatever leads there. */
static void assign_field(Dap *d, const json_t *request, const DapReference *r, const char *name,
                         const char *text)
{
    DebugPath *key = mem_alloc(sizeof *key);
    char path[PATH_TEXT_MAX];
    snprintf(path, sizeof path, "_%s%s", *name == '[' ? "" : ".", name);
    if (!path_parse(key, path) || key->count != 2) {
        dap_refuse(request, "that cannot be assigned to");
        return;
    }
    DebugPlaces p = debug_places(d->tour->state, NULL);
    moonlet_result v = debug_evaluate(d->tour->state, p.count ? p.at : NULL, text);
    dap_io_flush();
    if (v.status == MOONLET_OK)
        set_field(d, request, r->table, path_key(key, 1), &v);
    else
        refuse_result(request, &v);
    moonlet_release(v.state);
    debug_places_free(&p);
}

void dap_set_variable(Dap *d, const json_t *request, const json_t *arguments)
{
    const char *name = dap_word(arguments, "name"), *text = dap_word(arguments, "value");
    const DapReference *known =
        dap_reference(d, dap_number(arguments, "variablesReference", 0));
    if (!can_assign(d, request)) return;
    if (!name || !text || !known || known->state->state != d->tour->state->state) {
        dap_refuse(request,
                   known ? "it is no variable of this moment" : "there is no such variable");
        return;
    }
    DapReference r = *known;
    if (r.kind == REFERS_TO_TABLE)
        assign_field(d, request, &r, name, text);
    else
        assign(d, request, r.kind == REFERS_TO_SCOPE ? &r.place : NULL, name, text);
}

void dap_set_expression(Dap *d, const json_t *request, const json_t *arguments)
{
    const char *path = dap_word(arguments, "expression"), *text = dap_word(arguments, "value");
    const DebugPlace *p = dap_frame(d, dap_number(arguments, "frameId", 0));
    if (!can_assign(d, request)) return;
    if (path && text)
        assign(d, request, p, path, text);
    else
        dap_refuse(request, "'expression' or 'value' is missing");
}

#endif
