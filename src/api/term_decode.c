/* SPDX-License-Identifier: MIT */
/*
 * Values to terms. A table becomes a list: the elements 1, 2, ... without keys, then
 * pairs in the order of next; metatables are not looked at. Deep tables need no C stack.
 *
 * A table that is met within itself is an error that says where; with
 * MOONLET_DECODE_REFERENCES any table that is met again becomes a reference.
 */
#include "api/term.h"

#include <stdlib.h>

/* A table that is being turned into a list. */
typedef struct Level {
    const Table *table;
    moonlet_term *list;
    Value key;           /* of the pair in work */
    double positional;   /* items without a key so far */
    moonlet_term *pair;  /* key of the pair in work, when it is to be written */
    bool key_is_a_table; /* and is in work now */
} Level;

typedef struct Decoder {
    Run *R;
    const moonlet_state *state;
    unsigned options;
    Level *levels; /* collected memory */
    size_t depth, capacity;
    Table *seen; /* table -> address of its list, if it is open or may be referred to */
    moonlet_term *root;
    char *error;
} Decoder;

/* Where a cycle is -------------------------------------------------------------------- */

static void add_step(char *text, size_t size, Value key)
{
    size_t used = strlen(text);
    if (value_is_string(key)) {
        const String *s = value_string(key);
        snprintf(text + used, size - used, ".%.*s", (int)(s->length < 40 ? s->length : 40),
                 s->data);
    } else if (value_is_number(key)) {
        char number[NUMBER_TEXT_MAX + 1];
        number[number_format(value_to_double(key), number)] = 0;
        snprintf(text + used, size - used, "[%s]", number);
    } else {
        snprintf(text + used, size - used, "[%s]", value_type_name(key));
    }
}

/* The first `depth` steps from the outermost table. */
static void add_path(char *text, size_t size, const Decoder *d, size_t depth)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "value");
    for (size_t i = 0; i < depth; i++) add_step(text, size, d->levels[i].key);
}

static void cycle_error(Decoder *d, const Table *t)
{
    char text[1024] = "cyclic table: ";
    size_t at = 0;
    while (d->levels[at].table != t) at++;
    add_path(text, sizeof text, d, d->depth);
    strncat(text, " is ", sizeof text - strlen(text) - 1);
    add_path(text, sizeof text, d, at);
    d->error = strdup(text);
}

/* Decoding ---------------------------------------------------------------------------- */

static void deepen(Decoder *d)
{
    d->capacity = d->capacity ? d->capacity * 2 : 16;
    Level *more = mem_alloc(d->capacity * sizeof *more);
    if (d->depth) memcpy(more, d->levels, d->depth * sizeof *more);
    d->levels = more;
}

static moonlet_term *open_table(Decoder *d, Value v)
{
    Value known = run_get(d->R, d->seen, v);
    if (known != V_NIL) {
        moonlet_term *list = (moonlet_term *)(uintptr_t)value_to_double(known);
        if (d->options & MOONLET_DECODE_REFERENCES) return term_reference(list);
        cycle_error(d, value_pointer(v));
        return NULL;
    }
    if (d->depth == d->capacity) deepen(d);
    moonlet_term *list = moonlet_term_list(0);
    d->levels[d->depth++] = (Level){.table = value_pointer(v), .list = list};
    run_set(d->R, d->seen, v, value_number((double)(uintptr_t)list));
    return list;
}

/* The term; of a table the empty list, whose items come next. NULL: an error. */
static moonlet_term *decode_one(Decoder *d, Value v)
{
    switch (value_type(v)) {
    case TYPE_NIL: return moonlet_term_nil();
    case TYPE_BOOLEAN: return moonlet_term_boolean(v == V_TRUE);
    case TYPE_NUMBER: return moonlet_term_number(value_to_double(v));
    case TYPE_STRING:
        return moonlet_term_string(value_string(v)->data, value_string(v)->length);
    case TYPE_LIGHT: return moonlet_term_pointer(((Light *)value_pointer(v))->pointer);
    case TYPE_TABLE: return open_table(d, v);
    default:
        run_close(d->R); /* the term's owner may look into the state, in any thread */
        return moonlet_term_value(d->state, value_out(v));
    }
}

static void close_table(Decoder *d)
{
    const Level *l = &d->levels[--d->depth];
    if (!(d->options & MOONLET_DECODE_REFERENCES))
        run_set(d->R, d->seen, value_object(l->table), V_NIL);
}

/* Goes on to the next key of the innermost table; false if its value has to wait: there
 * is none, or the key is a table, which comes first. */
static bool next_key(Decoder *d, size_t at)
{
    Level *l = &d->levels[at];
    Value v;
    if (l->key_is_a_table) {
        l->key_is_a_table = false;
        return true;
    }
    if (!table_next(heap_table(d->R, l->table), &l->key, &v)) {
        close_table(d);
        return false;
    }
    l->pair = NULL;
    if (l->key == value_number(l->positional + 1)) {
        l->positional++;
        return true;
    }
    moonlet_term *key = decode_one(d, l->key);
    bool waits = d->depth > at + 1;
    d->levels[at].pair = key;
    d->levels[at].key_is_a_table = waits;
    return key && !waits;
}

static void decode_pair(Decoder *d)
{
    size_t at = d->depth - 1;
    if (!next_key(d, at)) return;
    moonlet_term *key = d->levels[at].pair, *list = d->levels[at].list;
    moonlet_term *item = decode_one(d, run_get(d->R, d->levels[at].table, d->levels[at].key));
    d->levels[at].pair = NULL;
    if (item)
        term_push(list, key, item);
    else
        moonlet_term_free(key);
}

/* A key that is a table hangs nowhere yet when an error ends the work. */
static void free_pending(Decoder *d)
{
    for (size_t i = 0; i < d->depth; i++) moonlet_term_free(d->levels[i].pair);
    moonlet_term_free(d->root);
}

moonlet_term *term_decode(Run *R, const moonlet_state *s, Value v, unsigned options,
                          char **error)
{
    Decoder d = {.R = R, .state = s, .options = options, .seen = run_new_table(R)};
    d.root = decode_one(&d, v);
    while (d.depth && !d.error) decode_pair(&d);
    *error = d.error;
    if (!d.error) return d.root;
    free_pending(&d);
    return NULL;
}
