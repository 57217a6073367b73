/* SPDX-License-Identifier: MIT */
/*
 * Coroutines, frames, variables and values of expressions; see debug_look.h.
 *
 * Main invariant: looking runs in a run of its own, and the state that is looked at stays as it
 * is.
 */
#include "api/debug/debug_look.h"

#include <ctype.h>
#include <stdlib.h>

#include "operate/error.h"
#include "stack/upvalue.h"

enum { EVALUATE_STEPS = 100000000 };

/* A run that looks at the state: its stack is the caller's, not the program's. */
static Machine *begin_look(const moonlet_state *s)
{
    Machine *M = machine_begin(s->state);
    M->run.co = NULL;
    return M;
}

/* Frames ------------------------------------------------------------------------------ */

static bool add_place(DebugPlaces *p, const DebugPlace *place)
{
    enum { FIRST = 16 };
    if (p->count < FIRST ? !p->count : !(p->count & (p->count - 1))) {
        size_t room = p->count < FIRST ? FIRST : 2 * p->count;
        DebugPlace *more = realloc(p->at, room * sizeof *more);
        if (!more) return false;
        p->at = more;
    }
    p->at[p->count++] = *place;
    return true;
}

static DebugPlace place_of(const Activation *a, int level)
{
    const Segment *s = a->c.segment;
    DebugFrame frame = {object_id(a->co), s->below + (size_t)(a->c.fp - s->slots)};
    DebugPlace p = {.co = a->co, .level = level, .frame = frame};
    if (!error_frame_name(&a->c, &p.kind, &p.name)) p.kind = NULL;
    if (!frame_is_lua(a->c.fp)) return p;
    const AstFunction *source = frame_proto(a->c.fp)->source;
    int line = inspect_line(a);
    p.function = source;
    p.chunk = source->chunk_name;
    p.line = line > 0 ? line : 0;
    p.first_line = source->line;
    return p;
}

static void add_places(Machine *M, DebugPlaces *all, Coroutine *co)
{
    Activation a;
    if (!inspect_level(M, co, 0, &a)) return;
    for (int level = 0;; level++) {
        DebugPlace p = place_of(&a, level);
        if (!add_place(all, &p) || !frame_down_level(&a.c)) return;
    }
}

DebugPlaces debug_places(const moonlet_state *s, const Coroutine *co)
{
    DebugPlaces all = {0};
    Machine *M = begin_look(s);
    if (co) {
        add_places(M, &all, (Coroutine *)co);
    } else {
        for (Coroutine *c = s->state->base->paused; c; c = heap_coroutine(&M->run, c)->resumer)
            add_places(M, &all, c);
    }
    machine_end(M);
    return all;
}

void debug_places_free(DebugPlaces *p)
{
    free(p->at);
    *p = (DebugPlaces){0};
}

const char *debug_coroutine_status(const moonlet_state *s, const Coroutine *co)
{
    bool normal = false;
    Machine *M = begin_look(s);
    for (const Coroutine *c = s->state->base->paused; c;
         c = heap_coroutine(&M->run, c)->resumer)
        if (c == co) normal = true;
    machine_end(M);
    return co == s->state->base->paused ? "running" : normal ? "normal" : "suspended";
}

/* Variables --------------------------------------------------------------------------- */

static void add_variable(DebugVariables *all, const DebugVariable *v)
{
    enum { FIRST = 16 };
    if (all->count < FIRST ? !all->count : !(all->count & (all->count - 1))) {
        size_t room = all->count < FIRST ? FIRST : 2 * all->count;
        DebugVariable *more = realloc(all->at, room * sizeof *more);
        if (!more) return;
        all->at = more;
    }
    all->at[all->count++] = *v;
}

static uint64_t cell_of(Value v)
{
    return value_is(v, OBJ_CELL) ? object_id(value_pointer(v)) : 0;
}

/* Adds local variables from number `from` on, in steps of `by`. */
static void add_locals(Machine *M, DebugVariables *all, const Activation *a, int from, int by)
{
    for (int i = from;; i += by) {
        Variable v = inspect_variable(&M->run, a, i);
        if (!v.name) return;
        if (v.temporary || (*v.name == '(' && by > 0)) continue;
        DebugVariable one = {by > 0 ? DEBUG_LOCAL : DEBUG_VARARG,
                             i,
                             v.name,
                             v.name_length,
                             v.value,
                             cell_of(*v.slot)};
        add_variable(all, &one);
    }
}

static void add_upvalues(Machine *M, DebugVariables *all, const Activation *a)
{
    Value f = inspect_function(a);
    if (!value_is(f, OBJ_CLOSURE)) return;
    const Closure *seen = heap_closure(&M->run, value_pointer(f));
    for (uint32_t i = 0; i < upvalue_count(f); i++) {
        const String *name = upvalue_name(f, i);
        if (!name || !name->length) continue;
        DebugVariable one = {DEBUG_UPVALUE,
                             (int)i + 1,
                             name->data,
                             name->length,
                             upvalue_get(&M->run, f, i),
                             cell_of(seen->upvalues[i])};
        add_variable(all, &one);
    }
}

DebugVariables debug_variables(const moonlet_state *s, const DebugPlace *p)
{
    DebugVariables all = {0};
    Activation a;
    Machine *M = begin_look(s);
    if (inspect_level(M, p->co, p->level, &a) && !a.host) {
        add_locals(M, &all, &a, 1, 1);
        add_locals(M, &all, &a, -1, -1);
        add_upvalues(M, &all, &a);
    }
    machine_end(M);
    return all;
}

static bool is_of_library(Machine *M, Table *loaded, Value key, Value v)
{
    const char *name = value_string(key)->data;
    if (value_is(v, OBJ_NATIVE) || v == value_object(M->run.world->globals)) return true;
    if (loaded && run_get(&M->run, loaded, key) == v) return true;
    return strcmp(name, "_VERSION") == 0;
}

static int by_name(const void *a, const void *b)
{
    const DebugVariable *x = a, *y = b;
    size_t n = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, n);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

DebugVariables debug_globals(const moonlet_state *s, bool own)
{
    DebugVariables all = {0};
    Machine *M = begin_look(s);
    Value loaded = run_get_field(&M->run, M->run.world->registry, "_LOADED"), key = V_NIL, v;
    Table *libraries = value_is_table(loaded) ? value_pointer(loaded) : NULL;
    const TableBody *t = heap_table(&M->run, M->run.world->globals);
    while (table_next(t, &key, &v)) {
        if (!value_is_string(key)) continue;
        if (is_of_library(M, libraries, key, v) == own) continue;
        const String *name = value_string(key);
        DebugVariable one = {DEBUG_GLOBAL, 0, name->data, name->length, v, 0};
        add_variable(&all, &one);
    }
    machine_end(M);
    if (all.count) qsort(all.at, all.count, sizeof *all.at, by_name);
    return all;
}

void debug_variables_free(DebugVariables *v)
{
    free(v->at);
    *v = (DebugVariables){0};
}

/* Locals hide each other, the later the earlier ones, and upvalues. */
const DebugVariable *debug_variable_find(const DebugVariables *v, const char *name,
                                         size_t length)
{
    const DebugVariable *found = NULL;
    for (size_t i = 0; i < v->count; i++) {
        const DebugVariable *x = &v->at[i];
        if (x->kind == DEBUG_VARARG || x->length != length ||
            memcmp(x->name, name, length) != 0)
            continue;
        if (!found || x->kind == DEBUG_LOCAL) found = x;
    }
    return found;
}

static bool is_jumped_to(const Proto *p, uint32_t at)
{
    for (uint32_t i = 0; i < p->node_count; i++)
        if (p->nodes[i].target && i + (uint32_t)p->nodes[i].target == at) return true;
    return false;
}

/* The node from which control can go on that has come to a line: the line's first, or, if that
 * takes what the one before does no more than fetch, that one, which has no line. NULL: none.
 */
static const Node *resumed_at(const CoBody *b)
{
    const Value *fp = b->segment ? b->segment->slots + b->fp : NULL;
    if (!fp || !frame_is_lua(fp) || !b->node || !node_takes_value(b->node)) return b->node;
    const Proto *p = frame_proto(fp);
    uint32_t i = proto_index(p, b->node);
    if (!i || i == UINT32_MAX || proto_line(p, i - 1) || is_jumped_to(p, i)) return NULL;
    uint16_t kind = p->nodes[i - 1].kind;
    bool fetches = kind == N_CONST_A || kind == N_CONST_D || kind == N_LOCAL_A;
    return fetches ? &p->nodes[i - 1] : NULL;
}

bool debug_can_go_on(const moonlet_state *s)
{
    if (!s->state->base->paused) return false;
    Machine *M = begin_look(s);
    const CoBody *b = heap_coroutine(&M->run, s->state->base->paused);
    bool can = !b->node || resumed_at(b);
    machine_end(M);
    return can;
}

moonlet_state *debug_to_go_on(const moonlet_state *s, bool *line_again)
{
    HostRun S;
    api_begin(&S, s);
    Coroutine *co = s->state->base->paused;
    const CoBody *b = heap_coroutine(&S.M->run, co);
    const Node *n = resumed_at(b);
    *line_again = n == b->node;
    if (!*line_again) heap_coroutine_mut(&S.M->run, co)->node = n;
    return api_end_values(&S, NULL, 0).state;
}

moonlet_result debug_assign(const moonlet_state *s, const DebugPlace *p, const DebugVariable *v,
                            Value value)
{
    HostRun S;
    Activation a;
    api_begin(&S, s);
    if (inspect_level(S.M, p->co, p->level, &a)) {
        if (v->kind == DEBUG_UPVALUE) {
            Closure *f = value_pointer(inspect_function(&a));
            upvalue_set(S.M, f, (uint32_t)v->number - 1, value);
        } else {
            Variable x = inspect_variable(&S.M->run, &a, v->number);
            if (x.name && !x.temporary) inspect_assign(S.M, &a, &x, value);
        }
    }
    return api_end_values(&S, NULL, 0);
}

/* Expressions ------------------------------------------------------------------------- */

/* What the text is put in: a function of the variables that it names.
 *
 *   return (function(n, r, ...) return n * r
 *   end)(...)                                    */
typedef struct Wrapper {
    char *text; /* malloc's */
    size_t length, room;
    moonlet_value *values; /* the arguments */
    size_t count, values_room;
    bool failed;
} Wrapper;

static void put(Wrapper *w, const char *text, size_t length)
{
    if (w->failed) return;
    if (w->length + length + 1 > w->room) {
        size_t room = 2 * (w->length + length + 1);
        char *more = realloc(w->text, room);
        w->failed = !more;
        if (!more) return;
        w->text = more;
        w->room = room;
    }
    memcpy(w->text + w->length, text, length);
    w->text[w->length += length] = 0;
}

static void put_text(Wrapper *w, const char *text) { put(w, text, strlen(text)); }

static void put_value(Wrapper *w, Value v)
{
    if (w->failed || w->count == w->values_room) return;
    w->values[w->count++] = value_out(v);
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Whether a word of the text is the name; strings and comments count, which does no harm. */
static bool mentions(const char *text, const char *name, size_t length)
{
    for (const char *at = text; (at = strstr(at, name)); at++)
        if ((at == text || !is_word(at[-1])) && !is_word(at[length])) return true;
    return false;
}

/* The variables that the text can see, each name once: what it calls _ENV is always among them,
 * as all its globals are that one's. */
static void put_parameters(Wrapper *w, const DebugVariables *v, const char *text)
{
    char name[256];
    for (size_t i = 0; i < v->count; i++) {
        const DebugVariable *x = &v->at[i];
        if (x->kind == DEBUG_VARARG || x->length >= sizeof name) continue;
        if (debug_variable_find(v, x->name, x->length) != x) continue;
        memcpy(name, x->name, x->length);
        name[x->length] = 0;
        if (strcmp(name, "_ENV") != 0 && !mentions(text, name, x->length)) continue;
        put_text(w, name);
        put_text(w, ", ");
        put_value(w, x->value);
    }
    for (size_t i = 0; i < v->count; i++)
        if (v->at[i].kind == DEBUG_VARARG) put_value(w, v->at[i].value);
}

static bool compiles(const char *before, const char *text, ParseResult *why)
{
    Wrapper w = {0};
    put_text(&w, before);
    put_text(&w, text);
    const Proto *p =
        w.failed ? NULL
                 : api_compile(w.text, w.length, string_from_c("=(debugger)"), false, why);
    free(w.text);
    return p != NULL;
}

static Wrapper wrap(const DebugVariables *v, const char *text, bool expression)
{
    Wrapper w = {.values_room = v->count};
    w.values = malloc((v->count + 1) * sizeof *w.values);
    w.failed = !w.values;
    put_text(&w, "return (function(");
    put_parameters(&w, v, text);
    put_text(&w, expression ? "...) return " : "...) ");
    put_text(&w, text);
    put_text(&w, "\nend)(...)");
    return w;
}

static moonlet_result call_wrapped(const moonlet_state *s, const Wrapper *w)
{
    ParseResult why;
    HostRun S;
    String *name = string_from_c("=(debugger)");
    const Proto *p = api_compile(w->text, w->length, name, false, &why);
    if (!p) return api_refuse_source(s, name, &why);
    api_begin(&S, s);
    eval_set_budget(S.M, EVALUATE_STEPS);
    Closure *f = native_closure(S.M, p, NULL);
    RunStatus status = eval_call(S.M, value_object(f), (const Value *)w->values, w->count);
    return api_end(&S, status);
}

bool debug_is_expression(const char *text)
{
    ParseResult why;
    return compiles("return nil, ", text, &why); /* so that nothing is none */
}

moonlet_result debug_evaluate(const moonlet_state *s, const DebugPlace *p, const char *text)
{
    ParseResult why = {0}, as_statement = {0};
    bool expression = compiles("return ", text, &why);
    if (!expression && !compiles("", text, &as_statement)) {
        if (!why.incomplete || !why.error) why = as_statement; /* which says more */
        return api_refuse_source(s, string_from_c("=(debugger)"), &why);
    }
    DebugVariables v = p ? debug_variables(s, p) : (DebugVariables){0};
    Wrapper w = wrap(&v, text, expression);
    moonlet_result r = w.failed ? api_refuse_memory(s) : call_wrapped(s, &w);
    free(w.text);
    free(w.values);
    debug_variables_free(&v);
    return r;
}
