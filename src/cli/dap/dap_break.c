/* SPDX-License-Identifier: MIT */
/*
 * Breaks: at lines, functions, errors, and where something changes.
 *
 * Main invariant: once there is a tour, its breaks are those of the client's last lists that
 * are verified, each with the number that the client was told, and one more where caught
 * errors are to stop it.
 */
#ifdef MOONLET_DAP

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "cli/dap/dap_session.h"
#include "cli/debug/code_lines.h"

/* What the client has set -------------------------------------------------------------- */

static json_t *told(const json_t *b)
{
    json_t *t = json_object();
    static const char *const names[] = {"id", "verified", "line", "message"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *v = json_object_get(b, names[i]);
        if (v) json_object_set(t, names[i], v);
    }
    return t;
}

/* Why its condition, or its number of hits, is none, or NULL if all is well. */
static const char *fault_of(const json_t *b)
{
    TourBreak rule = {0};
    const char *hits = dap_word(b, "hitCondition");
    if (hits && *hits && !tour_parse_rule(&rule, hits))
        return "the number of hits is a number, or one behind ==, >, >=, <, <= or %";
    const char *condition = dap_word(b, "condition");
    if (condition && condition[strspn(condition, " ")] && !debug_is_expression(condition))
        return "the condition is no expression";
    return NULL;
}

/* The client's own words, and ours: a number, and whether there is such a place. */
static json_t *note_break(Dap *d, const json_t *words, const char *fault)
{
    json_t *b = json_copy((json_t *)words);
    if (!fault) fault = fault_of(words);
    json_object_set_new(b, "id", json_integer(++d->breaks_made));
    json_object_set_new(b, "verified", json_boolean(!fault));
    if (fault) json_object_set_new(b, "message", json_string(fault));
    return b;
}

static json_t *note_line(Dap *d, const CodeLines *l, const json_t *words)
{
    int from_0 = d->lines_from_0;
    json_int_t wanted = dap_number(words, "line", 0) + from_0;
    int line = wanted > 0 && wanted < INT_MAX ? code_lines_from(l, (int)wanted) : 0;
    json_t *b = note_break(d, words, line ? NULL : "there is no code");
    if (line) json_object_set_new(b, "line", json_integer(line - from_0));
    return b;
}

/* The answer, in the order of the list. */
static void answer_breaks(const json_t *request, const json_t *list)
{
    json_t *all = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(all, told(json_array_get(list, i)));
    dap_answer(request, json_pack("{s:o}", "breakpoints", all));
}

void dap_set_breaks(Dap *d, const json_t *request, const json_t *arguments)
{
    const json_t *source = json_object_get(arguments, "source");
    const json_t *list = json_object_get(arguments, "breakpoints"), *words;
    const char *path = dap_word(source, "path");
    json_t *all = json_array();
    size_t i;
    if (!path) path = dap_word(source, "name");
    if (!path) {
        dap_refuse(request, "'source' has no path");
        json_decref(all);
        return;
    }
    CodeLines l = code_lines(path);
    char *real = realpath(path, NULL); /* the client may have other names for it */
    json_array_foreach(list, i, words) if (json_is_object(words))
        json_array_append_new(all, note_line(d, &l, words));
    free(l.has);
    json_object_set_new(d->breaks, real ? real : path,
                        json_pack("{s:s, s:O}", "path", path, "list", all));
    free(real);
    dap_apply_breaks(d);
    answer_breaks(request, all);
    json_decref(all);
}

void dap_break_lines(Dap *d, const json_t *request, const json_t *arguments)
{
    json_t *all = json_array();
    int from_0 = d->lines_from_0;
    json_int_t line = dap_number(arguments, "line", 0) + from_0;
    json_int_t last = dap_number(arguments, "endLine", line - from_0) + from_0;
    CodeLines l = code_lines(dap_word(json_object_get(arguments, "source"), "path"));
    if (line < 1) line = 1;
    for (; l.has && line <= last && line < l.count; line++)
        if (l.has[line]) json_array_append_new(all, json_pack("{s:I}", "line", line - from_0));
    free(l.has);
    dap_answer(request, json_pack("{s:o}", "breakpoints", all));
}

/*
 * Names for what may change, which are good at all moments:
 *
 *   L<coroutine>:<depth>:<born>-<dies>/<branch>:<name>
 *   C<cell>   T<table>:n<number>   T<table>:s<text>
 */
static bool parse_data(DebugPath *p, const char *id)
{
    char kind, rest;
    int end = 0, branch;
    uint64_t a, b, born, dies;
    *p = (DebugPath){0};
    if (strlen(id) >= sizeof p->text) return false;
    if (sscanf(id, "L%" SCNu64 ":%" SCNu64 ":%" SCNu64 "-%" SCNu64 "/%d:%n", &a, &b, &born,
               &dies, &branch, &end) == 5 &&
        end) {
        if (!path_parse(p, id + end) || p->count != 1) return false;
        p->base = PATH_LOCAL;
        p->frame = (DebugFrame){a, (size_t)b};
        p->born = born;
        p->dies = dies;
        p->branch = branch;
        return true;
    }
    p->base = PATH_OBJECT;
    if (sscanf(id, "C%" SCNu64 "%c", &p->id, &rest) == 1) return true;
    if (sscanf(id, "T%" SCNu64 ":%c%n", &p->id, &kind, &end) != 2 || !end) return false;
    path_set_field(p, p->id, id + end, kind == 'n');
    return kind == 'n' || kind == 's';
}

static const char *fault_of_data(const json_t *b)
{
    DebugPath *p = mem_alloc(sizeof *p);
    const char *id = dap_word(b, "dataId");
    return id && parse_data(p, id) ? NULL : "there are no such data";
}

typedef const char *FaultOf(const json_t *b);

/* A list of them as it is to be kept in *kept. */
static void keep_list(Dap *d, json_t **kept, const json_t *list, FaultOf *fault)
{
    const json_t *words;
    size_t i;
    json_decref(*kept);
    *kept = json_array();
    json_array_foreach(list, i, words) if (json_is_object(words))
        json_array_append_new(*kept, note_break(d, words, fault ? fault(words) : NULL));
    dap_apply_breaks(d);
}

void dap_set_functions(Dap *d, const json_t *request, const json_t *arguments)
{
    keep_list(d, &d->functions, json_object_get(arguments, "breakpoints"), NULL);
    answer_breaks(request, d->functions);
}

void dap_set_data(Dap *d, const json_t *request, const json_t *arguments)
{
    keep_list(d, &d->data, json_object_get(arguments, "breakpoints"), fault_of_data);
    answer_breaks(request, d->data);
}

static void set_filter(Dap *d, const char *name, const char *condition)
{
    if (!name) return;
    if (strcmp(name, "uncaught") == 0) d->stops_at_errors = true;
    if (strcmp(name, "all") != 0) return;
    d->stops_at_errors = d->stops_at_caught = true;
    free(d->caught_condition);
    d->caught_condition = condition && *condition ? strdup(condition) : NULL;
}

void dap_set_exceptions(Dap *d, const json_t *request, const json_t *arguments)
{
    const json_t *names = json_object_get(arguments, "filters"),
                 *options = json_object_get(arguments, "filterOptions"), *one;
    size_t i;
    d->stops_at_errors = d->stops_at_caught = false;
    json_array_foreach(names, i, one) set_filter(d, json_string_value(one), NULL);
    json_array_foreach(options, i, one)
        set_filter(d, dap_word(one, "filterId"), dap_word(one, "condition"));
    dap_apply_breaks(d);
    dap_answer(request, NULL);
}

/* Data -------------------------------------------------------------------------------- */

static void data_of_field(char *id, size_t size, Value table, Value key)
{
    unsigned long long n = object_id(value_pointer(table));
    if (value_is_number(key))
        snprintf(id, size, "T%llu:n%.17g", n, value_to_double(key));
    else if (value_is_string(key) && value_string(key)->length < size / 2 &&
             !memchr(value_string(key)->data, 0, value_string(key)->length))
        snprintf(id, size, "T%llu:s%.*s", n, (int)value_string(key)->length,
                 value_string(key)->data);
}

/* That of this call. */
static void data_of_local(const Dap *d, char *id, size_t size, const DebugPlace *p,
                          const char *name)
{
    DebugPath *path = mem_alloc(sizeof *path);
    *path = (DebugPath){.base = PATH_LOCAL, .frame = p->frame, .function = p->function};
    tour_find_life(d->tour, path);
    snprintf(id, size, "L%" PRIu64 ":%zu:%" PRIu64 "-%" PRIu64 "/%d:%s", p->frame.coroutine,
             p->frame.depth, path->born, path->dies, path->branch, name);
}

/* A variable of a frame. Answers false where it has none of this name. */
static bool data_of_variable(const Dap *d, char *id, size_t size, const DebugPlace *p,
                             const char *name)
{
    DebugVariables all = debug_variables(d->tour->state, p);
    const DebugVariable *v = debug_variable_find(&all, name, strlen(name));
    if (v && v->cell)
        snprintf(id, size, "C%" PRIu64, v->cell);
    else if (v && v->kind == DEBUG_LOCAL)
        data_of_local(d, id, size, p, name);
    bool found = v != NULL;
    debug_variables_free(&all);
    return found;
}

/* A name within a table, as it was shown to the client. */
static void data_of_name(char *id, size_t size, Value table, const char *name)
{
    DebugPath *p = mem_alloc(sizeof *p);
    char path[PATH_TEXT_MAX];
    snprintf(path, sizeof path, "_%s%s", *name == '[' ? "" : ".", name);
    if (path_parse(p, path) && p->count == 2)
        data_of_field(id, size, table, value_in(path_key(p, 1)));
}

/* An expression: a variable, or a field of what is before its last key. */
static void data_of_expression(Dap *d, char *id, size_t size, const DebugPlace *p,
                               const char *text)
{
    DebugPath *path = mem_alloc(sizeof *path);
    if (!path_parse(path, text)) return;
    Value globals = value_object(d->tour->state->state->base->world->globals);
    if (path->count == 1) {
        if (!p || !data_of_variable(d, id, size, p, text))
            data_of_field(id, size, globals, value_in(path_key(path, 0)));
        return;
    }
    const PathKey *last = &path->keys[path->count - 1];
    const char *dot = strrchr(path->text, '.'), *bracket = strrchr(path->text, '[');
    const char *end = last->number || bracket > dot ? bracket : dot;
    char before[PATH_TEXT_MAX];
    snprintf(before, sizeof before, "%.*s", (int)(end - path->text), path->text);
    moonlet_result r = debug_evaluate(d->tour->state, p, before);
    moonlet_value v = moonlet_result_value(&r, 0);
    if (r.status == MOONLET_OK && value_is_table(value_in(v)))
        data_of_field(id, size, value_in(v), value_in(path_key(path, path->count - 1)));
    moonlet_release(r.state);
}

void dap_data_info(Dap *d, const json_t *request, const json_t *arguments)
{
    char id[PATH_TEXT_MAX] = "";
    const char *name = dap_word(arguments, "name");
    const DapReference *r = dap_reference(d, dap_number(arguments, "variablesReference", 0));
    if (!dap_has_stopped(d, request)) return;
    if (!name) {
        dap_refuse(request, "'name' is missing");
        return;
    }
    if (!r)
        data_of_expression(d, id, sizeof id, dap_frame(d, dap_number(arguments, "frameId", 0)),
                           name);
    else if (r->kind == REFERS_TO_SCOPE)
        data_of_variable(d, id, sizeof id, &r->place, name);
    else
        data_of_name(id, sizeof id,
                     r->kind == REFERS_TO_TABLE
                         ? r->table
                         : value_object(r->state->state->base->world->globals),
                     name);
    json_t *body = json_pack(
        "{s:o, s:o, s:[s], s:b}", "dataId", *id ? dap_text(id, strlen(id)) : json_null(),
        "description",
        dap_text(*id ? name : "it cannot change", strlen(*id ? name : "it cannot change")),
        "accessTypes", "write", "canPersist", 0);
    dap_answer(request, body);
}

/* Applying ---------------------------------------------------------------------------- */

static char *copy_of(const json_t *b, const char *name)
{
    const char *text = dap_word(b, name);
    return text && *text ? strdup(text) : NULL;
}

/* One with the conditions that the client has said, or NULL where it is not good, or too many.
 */
static TourBreak *begin_break(Dap *d, const json_t *b)
{
    const char *hits = dap_word(b, "hitCondition");
    if (!dap_is(b, "verified", false)) return NULL;
    TourBreak *t = tour_break(d->tour);
    if (!t) return NULL;
    t->number = (int)dap_number(b, "id", 0);
    t->condition = copy_of(b, "condition");
    t->log = copy_of(b, "logMessage");
    if (hits && *hits) tour_parse_rule(t, hits);
    return t;
}

static void apply_line(Dap *d, const char *path, const json_t *b)
{
    TourBreak *t = begin_break(d, b);
    size_t n = d->directory ? strlen(d->directory) : 0;
    if (!t) return;
    if (n && strncmp(path, d->directory, n) == 0 && path[n] == '/') path += n + 1;
    t->file = strdup(path);
    t->line = (int)dap_number(b, "line", 0) + d->lines_from_0;
}

static void apply_function(Dap *d, json_t *b)
{
    const char *name = dap_word(b, "name");
    json_object_set_new(b, "verified", json_true());
    const AstFunction *f = name ? tour_find_function(d->tour, NULL, name) : NULL;
    TourBreak *t = f ? begin_break(d, b) : NULL;
    json_object_set_new(b, "verified", json_boolean(t != NULL));
    if (!t) {
        json_object_set_new(b, "message",
                            json_string("there is no global function of this name"));
        return;
    }
    const String *chunk = f->chunk_name;
    size_t skipped = chunk->length && (*chunk->data == '@' || *chunk->data == '=');
    t->file = strndup(chunk->data + skipped, chunk->length - skipped);
    t->line = f->line;
    t->enters = true;
}

static void apply_data(Dap *d, const json_t *b)
{
    const char *id = dap_word(b, "dataId");
    DebugPath *p = mem_alloc(sizeof *p);
    TourBreak *t = id && parse_data(p, id) ? begin_break(d, b) : NULL;
    if (t) t->path = p;
}

static void say(void *context, const TourBreak *b, const char *text, int line,
                const String *chunk)
{
    Dap *d = context;
    char *path = dap_path(d, chunk);
    json_t *body =
        json_pack("{s:s, s:i}", "category", "console", "line", line - d->lines_from_0);
    size_t length = strlen(text);
    char *with_end = malloc(length + 2);
    (void)b;
    if (with_end) {
        memcpy(with_end, text, length);
        memcpy(with_end + length, "\n", 2);
    }
    json_object_set_new(body, "output",
                        dap_text(with_end ? with_end : "", with_end ? length + 1 : 0));
    if (path)
        json_object_set_new(body, "source",
                            json_pack("{s:o}", "path", dap_text(path, strlen(path))));
    dap_event("output", body);
    free(with_end);
    free(path);
}

static void apply_errors(Dap *d)
{
    TourBreak *t = d->stops_at_caught ? tour_break(d->tour) : NULL;
    if (!t) return;
    t->errors = true;
    t->condition = d->caught_condition ? strdup(d->caught_condition) : NULL;
}

void dap_apply_breaks(Dap *d)
{
    const char *real;
    json_t *source, *b;
    size_t i;
    if (!d->tour) return;
    tour_unbreak(d->tour, 0);
    d->tour->says = say;
    d->tour->context = d;
    json_object_foreach(d->breaks, real, source)
    {
        const json_t *list = json_object_get(source, "list");
        json_array_foreach(list, i, b) apply_line(d, dap_word(source, "path"), b);
    }
    json_array_foreach(d->functions, i, b) apply_function(d, b);
    json_array_foreach(d->data, i, b) apply_data(d, b);
    apply_errors(d);
}

#endif
