/* SPDX-License-Identifier: MIT */
/*
 * Terms to values. A list becomes a new table: items without a key get the positions
 * 1, 2, ... in their order, so [v1, v2] is [{1, v1}, {2, v2}]. Deep terms need no C stack.
 *
 * Main invariant: the term stays as it is, and after an error no value of it is reached.
 */
#include "api/host/host.h"
#include "api/terms/term.h"
#include "import/import.h"

#include <stdio.h>

/* A list that is being turned into a table. */
typedef struct Level {
    const moonlet_term *list;
    Table *table;
    size_t next;   /* item */
    double number; /* of the last positional one */
    Value key;     /* waits for the value below it */
} Level;

typedef struct Encoder {
    Machine *M;
    Level *levels; /* collected memory */
    size_t depth, capacity;
    Table *made;       /* address of a list -> its table */
    const char *error; /* collected memory, or constant */
    bool copies;       /* values of states are imported */
    uint64_t shared_below;
    Import import;
    const State *imported; /* the state that `import` is from */
    Machine *sender;       /* in that state */
} Encoder;

static Value address_key(const moonlet_term *list)
{
    return value_number((double)(uintptr_t)list);
}

static bool deepen(Encoder *e)
{
    size_t capacity = e->capacity ? e->capacity * 2 : 16;
    Level *more = mem_try_alloc(capacity * sizeof *more);
    if (!more) return false;
    if (e->depth) memcpy(more, e->levels, e->depth * sizeof *more);
    e->levels = more;
    e->capacity = capacity;
    return true;
}

const char term_no_memory[] = "not enough memory";

static const char *text_of(const char *error)
{
    size_t size = strlen(error) + 1;
    return memcpy(mem_alloc_atomic(size), error, size);
}

static Value open_list(Encoder *e, const moonlet_term *list)
{
    if (mem_short || (e->depth == e->capacity && !deepen(e))) {
        if (!e->error) e->error = term_no_memory;
        return V_NIL;
    }
    Table *t = run_new_table(&e->M->run);
    e->levels[e->depth++] = (Level){.list = list, .table = t};
    run_set(&e->M->run, e->made, address_key(list), value_object(t));
    return value_object(t);
}

static Value encode_reference(Encoder *e, const moonlet_term *t)
{
    Value table = run_get(&e->M->run, e->made, address_key(t->u.target));
    if (table == V_NIL) e->error = text_of("a reference to a list outside of the term");
    return table;
}

static void end_import(Encoder *e)
{
    if (e->imported) machine_end(e->sender);
    e->imported = NULL;
}

static Value encode_value(Encoder *e, const moonlet_term *t)
{
    Value v = value_in(t->u.held.value);
    const State *s = t->u.held.state->state;
    bool stranger = value_is_object(v) && world_is_stranger(s->base->world, e->M->run.world);
    if (!e->copies && stranger)
        e->error = text_of("a value of a state that this one did not come from");
    if (!e->copies) return v;
    if (e->imported != s) {
        end_import(e);
        e->imported = s;
        e->sender = machine_begin(s);
        import_begin(&e->import, &e->M->run, &e->sender->run, e->shared_below);
    }
    v = import_value(&e->import, v);
    if (!e->import.refused) return v;
    if (e->import.walk.end == WALK_MEMORY) {
        e->error = term_no_memory;
        return V_NIL;
    }
    char text[64 + IMPORT_PATH_MAX];
    snprintf(text, sizeof text, "%s cannot be copied: %s", e->import.refused, e->import.path);
    e->error = text_of(text);
    return V_NIL;
}

/* The value; of a list the empty table, whose items come next. */
static Value encode_one(Encoder *e, const moonlet_term *t)
{
    if (t && t->lacks) {
        e->error = term_no_memory;
        return V_NIL;
    }
    switch (moonlet_term_type_of(t)) {
    case MOONLET_TERM_BOOLEAN: return value_boolean(t->boolean);
    case MOONLET_TERM_NUMBER: return value_number_checked(t->u.number);
    case MOONLET_TERM_STRING: {
        const String *s = string_new(t->u.bytes, t->count);
        if (!s) e->error = term_no_memory;
        return s ? string_value(s) : V_NIL;
    }
    case MOONLET_TERM_LIST: return open_list(e, t);
    case MOONLET_TERM_FUNCTION:
        return host_function(e->M, NULL, t->u.function.call, t->u.function.user);
    case MOONLET_TERM_POINTER: return host_pointer(t->u.pointer);
    case MOONLET_TERM_VALUE: return encode_value(e, t);
    case MOONLET_TERM_REFERENCE: return encode_reference(e, t);
    default: return V_NIL;
    }
}

static bool key_is_good(Encoder *e, Value key)
{
    if (key != V_NIL && (!value_is_number(key) || value_to_double(key) == value_to_double(key)))
        return true;
    if (!e->error) e->error = text_of(key == V_NIL ? "a key is nil" : "a key is NaN");
    return false;
}

/* One item of the innermost list; a key that is a list is encoded before its value. */
static void encode_item(Encoder *e, Level *l)
{
    const TermItem *item = &l->list->u.items[l->next];
    size_t at = e->depth - 1;
    Value key;
    if (l->key != V_NIL) {
        key = l->key;
    } else if (item->key) {
        key = encode_one(e, item->key);
        if (!key_is_good(e, key)) return;
        e->levels[at].key = key;
        if (e->depth > at + 1) return;
    } else {
        key = value_number(++l->number);
    }
    e->levels[at].key = V_NIL;
    e->levels[at].next++;
    Table *t = e->levels[at].table;
    Value v = encode_one(e, item->value);
    run_set(&e->M->run, t, key, v);
}

static Value encode(Encoder *e, const moonlet_term *term, const char **error)
{
    if (!e->made) e->made = run_new_table(&e->M->run);
    Value v = encode_one(e, term);
    while (e->depth && !e->error) {
        Level *l = &e->levels[e->depth - 1];
        if (l->next == l->list->count)
            e->depth--;
        else
            encode_item(e, l);
    }
    end_import(e);
    *error = e->error;
    return e->error ? V_NIL : v;
}

Value term_encode(Machine *M, const moonlet_term *term, const char **error)
{
    Encoder e = {.M = M};
    return encode(&e, term, error);
}

Value *term_encode_items(Machine *M, const moonlet_term *list, const char **error)
{
    Encoder e = {.M = M};
    size_t count = moonlet_term_count(list);
    Value *values = list && list->lacks ? NULL : api_values(count);
    *error = values ? NULL : term_no_memory;
    if (!values) return NULL;
    for (size_t i = 0; i < count && !*error; i++)
        values[i] = encode(&e, moonlet_term_item(list, i), error);
    return *error ? NULL : values;
}

Value term_import(Machine *M, const moonlet_term *term, uint64_t shared_below,
                  const char **error)
{
    Encoder e = {.M = M, .copies = true, .shared_below = shared_below};
    return encode(&e, term, error);
}
