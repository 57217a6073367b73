/* SPDX-License-Identifier: MIT */
/*
 * Values to terms. A table becomes a list: the elements 1, 2, ... without keys, then
 * pairs in the order of next; metatables are not looked at. Deep tables need no C stack.
 *
 * A table that is met within itself is an error that says where; with
 * MOONLET_DECODE_REFERENCES any table that is met again becomes a reference.
 *
 * The memory of a term is asked for (walk_take) before it is taken: what a term comes to may
 * be much more than what its value takes.
 *
 * Main invariant: what hangs in the list is owned by it at each moment, so that an error at any
 * place frees all.
 */
#include "api/terms/term.h"

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
    Machine *M;
    const moonlet_state *state;
    Decoding *d;
    Level *levels; /* collected memory */
    size_t depth, capacity;
    Table *seen; /* table -> address of its list, if it is open or may be referred to */
} Decoder;

enum {
    ITEM_BYTES = 2 * sizeof(TermItem),        /* arrays double */
    TABLE_BYTES = 64 + 2 * (int)sizeof(Level) /* beside its term, as long as the work lasts */
};

static bool keeps_sharing(const Decoder *d) { return d->d->flags & MOONLET_DECODE_REFERENCES; }

/* Errors ------------------------------------------------------------------------------ */

static size_t add_step(char *text, size_t size, Value key)
{
    int n;
    if (value_is_string(key)) {
        const String *s = value_string(key);
        n = snprintf(text, size, ".%.*s", (int)(s->length < 40 ? s->length : 40), s->data);
    } else if (value_is_number(key)) {
        char number[NUMBER_TEXT_MAX + 1];
        number[number_format(value_to_double(key), number)] = 0;
        n = snprintf(text, size, "[%s]", number);
    } else {
        n = snprintf(text, size, "[%s]", value_type_name(key));
    }
    return n > 0 && (size_t)n < size ? (size_t)n : size - 1;
}

/* The first `depth` steps from the outermost table. */
static void add_path(char *text, size_t size, const Decoder *d, size_t depth)
{
    size_t used = strlen(text);
    used += (size_t)snprintf(text + used, size - used, "value");
    for (size_t i = 0; i < depth && used + 1 < size; i++)
        used += add_step(text + used, size - used, d->levels[i].key);
}

static void cycle_error(Decoder *d, const Table *t)
{
    char text[1024] = "cyclic table: ";
    size_t at = 0;
    while (d->levels[at].table != t) at++;
    add_path(text, sizeof text / 2, d, d->depth);
    strcat(text, " is ");
    add_path(text, sizeof text, d, at);
    d->d->error = strdup(text);
    if (!d->d->error) walk_end(&d->d->walk, WALK_MEMORY);
}

static void walk_error(Decoder *d)
{
    char text[512 + WALK_TEXT_MAX] = "cannot decode ", why[WALK_TEXT_MAX];
    bool bound = d->d->walk.end < WALK_TIME;
    walk_text(&d->d->walk, why);
    if (bound) strcat(strcat(text, why), ": ");
    add_path(text, 512, d, d->depth);
    if (!bound) strcat(strcat(text, ": "), why);
    d->d->error = strdup(text);
}

static bool failed(const Decoder *d) { return d->d->error || d->d->walk.end; }

/* Decoding ---------------------------------------------------------------------------- */

static moonlet_term *made(Decoder *d, moonlet_term *t)
{
    if (!t) walk_end(&d->d->walk, WALK_MEMORY);
    return t;
}

static moonlet_term *fresh_term(Decoder *d, moonlet_term_type type, size_t more)
{
    bool may = walk_take(&d->d->walk, 1, sizeof(moonlet_term) + more);
    return may ? made(d, term_try_new(type)) : NULL;
}

static moonlet_term *string_term(Decoder *d, const String *s)
{
    bool may = walk_take(&d->d->walk, 1, sizeof(moonlet_term) + s->length + 1);
    return may ? made(d, term_try_string(s->data, s->length)) : NULL;
}

static bool deepen(Decoder *d)
{
    size_t capacity = d->capacity ? d->capacity * 2 : 16;
    Level *more = mem_try_alloc(capacity * sizeof *more);
    if (!more) return walk_end(&d->d->walk, WALK_MEMORY);
    if (d->depth) memcpy(more, d->levels, d->depth * sizeof *more);
    d->levels = more;
    d->capacity = capacity;
    return true;
}

static moonlet_term *open_table(Decoder *d, Value v)
{
    Value known = run_get(&d->M->run, d->seen, v);
    if (known != V_NIL && !keeps_sharing(d)) {
        cycle_error(d, value_pointer(v));
        return NULL;
    }
    if (known != V_NIL) {
        moonlet_term *t = fresh_term(d, MOONLET_TERM_REFERENCE, 0);
        if (t) t->u.target = (moonlet_term *)(uintptr_t)value_to_double(known);
        return t;
    }
    if (!walk_deepen(&d->d->walk, d->depth + 1)) return NULL;
    if (d->depth == d->capacity && !deepen(d)) return NULL;
    moonlet_term *list = fresh_term(d, MOONLET_TERM_LIST, TABLE_BYTES);
    if (!list) return NULL;
    d->levels[d->depth++] = (Level){.table = value_pointer(v), .list = list};
    run_set(&d->M->run, d->seen, v, value_number((double)(uintptr_t)list));
    return list;
}

/* The term holds the state, and who has it may look into that, in any thread. */
static moonlet_term *hold(Decoder *d, Value v)
{
    if (!walk_take(&d->d->walk, 1, sizeof(moonlet_term) + sizeof(moonlet_state))) return NULL;
    run_close(&d->M->run);
    return moonlet_term_value(d->state, value_out(v));
}

/* The term; of a table the empty list, whose items come next. Answers NULL after an error. */
static moonlet_term *decode_one(Decoder *d, Value v)
{
    moonlet_term *t;
    switch (value_type(v)) {
    case TYPE_NIL: return fresh_term(d, MOONLET_TERM_NIL, 0);
    case TYPE_BOOLEAN:
        if ((t = fresh_term(d, MOONLET_TERM_BOOLEAN, 0))) t->boolean = v == V_TRUE;
        return t;
    case TYPE_NUMBER:
        if ((t = fresh_term(d, MOONLET_TERM_NUMBER, 0))) t->u.number = value_to_double(v);
        return t;
    case TYPE_STRING: return string_term(d, value_string(v));
    case TYPE_LIGHT:
        if ((t = fresh_term(d, MOONLET_TERM_POINTER, 0)))
            t->u.pointer = ((Light *)value_pointer(v))->pointer;
        return t;
    case TYPE_TABLE: return open_table(d, v);
    default: return hold(d, v);
    }
}

static void close_table(Decoder *d)
{
    const Level *l = &d->levels[--d->depth];
    if (!keeps_sharing(d)) run_set(&d->M->run, d->seen, value_object(l->table), V_NIL);
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
    if (!table_next(heap_table(&d->M->run, l->table), &l->key, &v)) {
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

/* Takes over key and item, which may be NULL after an error. */
static void push(Decoder *d, moonlet_term *list, moonlet_term *key, moonlet_term *item)
{
    bool may = item && walk_take(&d->d->walk, 0, ITEM_BYTES);
    if (may && term_try_push(list, key, item)) return;
    if (may) walk_end(&d->d->walk, WALK_MEMORY);
    moonlet_term_free(key);
    moonlet_term_free(item);
}

static void decode_pair(Decoder *d)
{
    size_t at = d->depth - 1;
    if (!next_key(d, at)) return;
    moonlet_term *key = d->levels[at].pair, *list = d->levels[at].list;
    moonlet_term *item =
        decode_one(d, run_get(&d->M->run, d->levels[at].table, d->levels[at].key));
    d->levels[at].pair = NULL;
    push(d, list, key, item);
}

/* A key that is a table hangs nowhere yet when an error ends the work. */
static void free_pending(Decoder *d, moonlet_term *root)
{
    for (size_t i = 0; i < d->depth; i++) moonlet_term_free(d->levels[i].pair);
    moonlet_term_free(root);
}

static moonlet_term *decode(Decoder *d, Value v)
{
    moonlet_term *root = decode_one(d, v);
    while (d->depth && !failed(d)) decode_pair(d);
    if (!failed(d)) return root;
    if (!d->d->error) walk_error(d);
    free_pending(d, root);
    return NULL;
}

moonlet_term *term_decode(Machine *M, const moonlet_state *s, Value v, Decoding *d)
{
    Decoder decoder = {.M = M, .state = s, .d = d, .seen = run_new_table(&M->run)};
    return decode(&decoder, v);
}

moonlet_term *term_decode_list(Machine *M, const moonlet_state *s, const Value *values,
                               size_t count, Decoding *d)
{
    Decoder decoder = {.M = M, .state = s, .d = d, .seen = run_new_table(&M->run)};
    moonlet_term *list = fresh_term(&decoder, MOONLET_TERM_LIST, 0);
    for (size_t i = 0; i < count && !failed(&decoder); i++) {
        moonlet_term *t = decode(&decoder, values[i]);
        if (t) push(&decoder, list, NULL, t);
    }
    if (!failed(&decoder)) return list;
    if (!d->error) walk_error(&decoder);
    moonlet_term_free(list);
    return NULL;
}

/* How and how far --------------------------------------------------------------------- */

static void lower(uint64_t *max, uint64_t limit)
{
    if (limit && limit < *max) *max = limit;
}

Decoding term_decoding(const moonlet_state *s)
{
    Decoding d = {.walk = api_walk(s)};
    if (!s->config) return d;
    const moonlet_decode_options *o = &s->config->decoding;
    d.flags = o->flags;
    lower(&d.walk.nodes_max, o->nodes);
    lower(&d.walk.bytes_max, o->bytes);
    lower(&d.walk.depth_max, o->depth);
    return d;
}

/* What the error is. */
static moonlet_error_kind term_decode_kind(const Decoding *d)
{
    if (d->walk.end == WALK_MEMORY) return MOONLET_ERROR_MEMORY;
    return d->walk.end ? MOONLET_ERROR_LIMIT : MOONLET_ERROR_HOST;
}

moonlet_result term_decode_refuse(const moonlet_state *s, Decoding *d)
{
    const char *message = d->error ? d->error : "not enough memory";
    moonlet_result r = api_refuse(s, term_decode_kind(d), message);
    r.limit = api_walk_limit(&d->walk);
    free(d->error);
    d->error = NULL;
    return r;
}
