/* SPDX-License-Identifier: MIT */
/*
 * Lua values to Erlang terms, as Luerl does it: encode.c the other way round. Tables become
 * lists of {Key, Value}: keys 1, 2, ... first, then in the order of Erlang's terms; numbers
 * that are integers, below 2^53, integers. Functions are references, which the module makes
 * funs of. Without recursion: tables may be nested as deeply as they like, but not in
 * themselves.
 *
 *   levels   [table, key | table, key | ...]      tables that are in work
 *   terms    [pair pair | pair pair pair | ...]   what they have so far, from `first`
 */
#define _GNU_SOURCE /* qsort_r */
#include "nif.h"

#include <float.h>
#include <math.h>

enum { NODES_SHORT = 4000, NODES_MAX = 50000000, BYTES_A_NODE = 64, DEPTH_SCANNED = 64 };

typedef struct Level {
    moonlet_value table, key; /* of the pair in work */
    ERL_NIF_TERM key_term;
    bool has_key;     /* key_term is there: the value is in work */
    size_t first;     /* in terms */
    double positions; /* so many pairs are 1, 2, ... */
} Level;

typedef struct Decoder {
    ErlNifEnv *env;
    const moonlet_state *state;
    Label *label;
    unsigned mode; /* TermsMode */
    bool functions, references;
    size_t left;
    Level *levels;
    size_t depth, depth_size;
    ERL_NIF_TERM *terms;
    size_t count, size;
    const char *refused;
    bool is_long;
} Decoder;

static void stop(Decoder *d, const char *why)
{
    if (!d->refused) d->refused = why;
}

static void spend(Decoder *d, size_t nodes)
{
    if (nodes > d->left) {
        d->is_long = !on_dirty_scheduler();
        stop(d, "the values are too many to be decoded");
        nodes = d->left;
    }
    d->left -= nodes;
}

/* Scalars ------------------------------------------------------------------------------ */

static bool is_short_integer(double x)
{
    return x > -0x1p53 && x < 0x1p53 && x == floor(x) && !(x == 0 && signbit(x));
}

/* The key of a table is an integer if it is one, in any mode. */
static bool is_key(const Decoder *d) { return d->depth && !d->levels[d->depth - 1].has_key; }

static ERL_NIF_TERM number_term(const Decoder *d, double x)
{
    if (isnan(x)) return atom_nan;
    if (isinf(x) && d->mode & AS_FINITE) x = x > 0 ? DBL_MAX : -DBL_MAX;
    if (isinf(x)) return x > 0 ? atom_inf : atom_minus_inf;
    bool integer = is_short_integer(x) && (!(d->mode & AS_FLOATS) || is_key(d));
    return integer ? enif_make_int64(d->env, (ErlNifSInt64)x) : enif_make_double(d->env, x);
}

static ERL_NIF_TERM string_term(Decoder *d, moonlet_value v)
{
    size_t length;
    const char *bytes = moonlet_to_bytes(v, &length);
    spend(d, length / BYTES_A_NODE);
    return d->refused ? atom_nil : make_text(d->env, bytes, length);
}

static ERL_NIF_TERM reference_term(Decoder *d, moonlet_value v, ERL_NIF_TERM tag)
{
    d->references = true;
    return enif_make_tuple2(d->env, tag, make_value(d->env, d->state, v, d->label, true));
}

static ERL_NIF_TERM function_term(Decoder *d, moonlet_value v)
{
    ERL_NIF_TERM r = make_value(d->env, d->state, v, d->label, d->mode & AS_REFERENCES);
    d->functions = d->references = true;
    return d->mode & AS_REFERENCES
               ? enif_make_tuple3(d->env, atom_funref, r, enif_make_list(d->env, 0))
               : r;
}

static ERL_NIF_TERM userdata_term(Decoder *d, moonlet_value v)
{
    ERL_NIF_TERM t;
    if (d->mode & AS_REFERENCES) return reference_term(d, v, atom_usdref);
    if (!callback_term(d->env, d->state, v, &t)) return reference_term(d, v, atom_userdata);
    return enif_make_tuple2(d->env, atom_userdata, t);
}

static ERL_NIF_TERM scalar_term(Decoder *d, moonlet_value v)
{
    double x = 0;
    switch (moonlet_type_of(v)) {
    case MOONLET_NIL: return atom_nil;
    case MOONLET_BOOLEAN: return moonlet_is_true(v) ? atom_true : atom_false;
    case MOONLET_NUMBER: moonlet_to_number(v, &x); return number_term(d, x);
    case MOONLET_STRING: return string_term(d, v);
    case MOONLET_TABLE: return reference_term(d, v, atom_tref);
    case MOONLET_FUNCTION: return function_term(d, v);
    case MOONLET_THREAD: return reference_term(d, v, atom_coroutine);
    default: return userdata_term(d, v);
    }
}

/* Tables ------------------------------------------------------------------------------- */

/* A cycle makes levels for ever, so beyond some it is enough to look now and then. */
static bool is_open(const Decoder *d, moonlet_value table)
{
    if (d->depth > DEPTH_SCANNED && (d->depth & (d->depth - 1))) return false;
    for (size_t i = 0; i < d->depth; i++)
        if (d->levels[i].table.bits == table.bits) return true;
    return false;
}

static void push_term(Decoder *d, ERL_NIF_TERM t)
{
    if (d->count == d->size) {
        d->size = d->size ? 2 * d->size : 64;
        d->terms = realloc(d->terms, d->size * sizeof *d->terms);
        if (!d->terms) abort();
    }
    d->terms[d->count++] = t;
}

static void open_table(Decoder *d, moonlet_value table)
{
    if (is_open(d, table)) {
        stop(d, "cyclic table");
        return;
    }
    if (d->depth == d->depth_size) {
        d->depth_size = d->depth_size ? 2 * d->depth_size : 16;
        d->levels = realloc(d->levels, d->depth_size * sizeof *d->levels);
        if (!d->levels) abort();
    }
    d->levels[d->depth++] = (Level){table, moonlet_nil(), atom_nil, false, d->count, 0};
}

static bool is_index(ErlNifEnv *env, ERL_NIF_TERM pair)
{
    int arity;
    const ERL_NIF_TERM *at;
    ErlNifSInt64 i;
    return enif_get_tuple(env, pair, &arity, &at) && enif_get_int64(env, at[0], &i) && i > 0;
}

static int compare(const void *a, const void *b, void *env)
{
    ERL_NIF_TERM x = *(const ERL_NIF_TERM *)a, y = *(const ERL_NIF_TERM *)b;
    bool first = is_index(env, x), second = is_index(env, y);
    return first == second ? enif_compare(x, y) : second - first;
}

static ERL_NIF_TERM close_table(Decoder *d)
{
    Level *l = &d->levels[--d->depth];
    size_t count = d->count - l->first;
    ERL_NIF_TERM *pairs = d->terms + l->first;
    if ((double)count != l->positions) qsort_r(pairs, count, sizeof *pairs, compare, d->env);
    d->count = l->first;
    return enif_make_list_from_array(d->env, pairs, (unsigned)count);
}

/* A finished term goes where it is waited for. */
static void deliver(Decoder *d, ERL_NIF_TERM t)
{
    if (!d->depth) {
        push_term(d, t);
        return;
    }
    Level *l = &d->levels[d->depth - 1];
    l->has_key = !l->has_key;
    if (l->has_key)
        l->key_term = t;
    else
        push_term(d, enif_make_tuple2(d->env, l->key_term, t));
}

static void begin(Decoder *d, moonlet_value v)
{
    spend(d, 1);
    if (d->refused) return;
    if (!(d->mode & AS_REFERENCES) && moonlet_type_of(v) == MOONLET_TABLE)
        open_table(d, v);
    else
        deliver(d, scalar_term(d, v));
}

/* The next key or value of the innermost table. */
static void go_on(Decoder *d)
{
    Level *l = &d->levels[d->depth - 1];
    moonlet_value v;
    if (l->has_key) {
        begin(d, moonlet_raw_get(d->state, l->table, l->key));
        return;
    }
    if (!moonlet_table_next(d->state, l->table, &l->key, &v)) {
        deliver(d, close_table(d));
        return;
    }
    double x;
    bool number = moonlet_type_of(l->key) == MOONLET_NUMBER && moonlet_to_number(l->key, &x);
    if (number && x == l->positions + 1) l->positions++;
    begin(d, l->key);
}

Decoded decode_values(ErlNifEnv *env, const moonlet_state *s, const moonlet_value *values,
                      size_t count, Label *label, unsigned mode)
{
    Decoder d = {.env = env, .state = s, .label = label, .mode = mode};
    d.left = on_dirty_scheduler() ? NODES_MAX : NODES_SHORT;
    for (size_t i = 0; i < count && !d.refused; i++) {
        begin(&d, values[i]);
        while (d.depth && !d.refused) go_on(&d);
    }
    Decoded out = {.functions = d.functions,
                   .references = d.references,
                   .is_long = d.is_long,
                   .refused = d.refused};
    if (!d.refused) out.term = enif_make_list_from_array(env, d.terms, (unsigned)d.count);
    free(d.terms);
    free(d.levels);
    return out;
}
