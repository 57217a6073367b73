/* SPDX-License-Identifier: MIT */
/*
 * Erlang terms to Lua values, as Luerl does it:
 *
 *   nil false true     themselves          number     a number
 *   binary             a string            atom       a string, its name
 *   list, map          a table: {K, V} is a pair, anything else the next of 1, 2, ...
 *   fun of 1 or 2      a function          {userdata, Term}   a userdata
 *   {erl_func, Fun} {erl_mfa, M, F, A}     a function that gets values, not terms
 *   {tref, Ref} {funref, Ref, _} {usdref, Ref} {coroutine, Ref} {userdata, Ref}, Ref
 *                      the value that the reference stands for
 *
 * Lists and maps become terms of Moonlet (moonlet_term), and those a table; what has none
 * becomes a value without that.
 */
#include "nif.h"

enum {
    DEPTH_MAX = 400,   /* of lists in each other, on the C stack */
    NODES_SHORT = 4000 /* are some 0.5 ms of work */
};

typedef struct Encoder {
    ErlNifEnv *env;
    moonlet_state *state; /* that has what was made so far */
    const State *given;   /* of which it came */
    size_t left;
    bool bad, is_long;
} Encoder;

static moonlet_term *encode(Encoder *e, ERL_NIF_TERM t, int depth);

static void *bad(Encoder *e)
{
    e->bad = true;
    return NULL;
}

/* Scalars ------------------------------------------------------------------------------ */

/* A bignum, by its external format: 131 110 bytes sign, or 131 111 and four bytes of length;
 * the digits begin with the last. */
static bool big_number(ErlNifEnv *env, ERL_NIF_TERM t, double *out)
{
    ErlNifBinary b;
    if (!enif_term_to_binary(env, t, &b)) return false;
    size_t at = b.data[1] == 110 ? 4 : 7;
    bool negative = b.data[at - 1];
    *out = 0;
    for (size_t i = b.size; i > at; i--) *out = *out * 256 + b.data[i - 1];
    if (negative) *out = -*out;
    enif_release_binary(&b);
    return true;
}

static bool get_number(ErlNifEnv *env, ERL_NIF_TERM t, double *out)
{
    ErlNifSInt64 i;
    if (enif_get_double(env, t, out)) return true;
    if (enif_get_int64(env, t, &i)) {
        *out = (double)i;
        return true;
    }
    return enif_is_number(env, t) && big_number(env, t, out);
}

/* A value that needs no state; false: it does need one. */
static bool encode_plain(ErlNifEnv *env, ERL_NIF_TERM t, moonlet_value *out)
{
    ErlNifBinary b;
    double d;
    char name[256];
    if (t == atom_nil) {
        *out = moonlet_nil();
    } else if (t == atom_true || t == atom_false) {
        *out = moonlet_boolean(t == atom_true);
    } else if (get_number(env, t, &d)) {
        *out = moonlet_number(d);
    } else if (enif_is_binary(env, t) && enif_inspect_binary(env, t, &b)) {
        *out = moonlet_string((const char *)b.data, b.size);
    } else if (enif_get_atom(env, t, name, sizeof name, ERL_NIF_LATIN1)) {
        *out = moonlet_text(name);
    } else {
        return false;
    }
    return true;
}

/* What is a value of the state ----------------------------------------------------------- */

static moonlet_term *held_value(Encoder *e, moonlet_result r)
{
    moonlet_release(e->state);
    e->state = r.state;
    if (r.status != MOONLET_OK) return bad(e);
    return moonlet_term_value(r.state, r.values[0]);
}

/* The value that was given with the state, and whose reference is equal to that of another. */
static bool get_answer(const State *s, moonlet_value other, moonlet_value *out)
{
    uint64_t id = moonlet_identity(other);
    for (size_t i = 0; i < s->count; i++) {
        *out = s->values[i];
        if (moonlet_identity(*out) == id && moonlet_type_of(*out) == moonlet_type_of(other))
            return true;
    }
    return false;
}

static bool get_value(Encoder *e, ERL_NIF_TERM t, moonlet_value *out)
{
    void *p;
    if (!enif_get_resource(e->env, t, type_of_value, &p)) return false;
    const ValueRef *v = p;
    if (!label_reaches(v->label, e->given->label)) return get_answer(e->given, v->value, out);
    *out = v->value;
    return true;
}

static bool is_reference(ERL_NIF_TERM tag, int arity)
{
    if (arity == 3) return tag == atom_funref;
    return arity == 2 && (tag == atom_tref || tag == atom_usdref || tag == atom_coroutine ||
                          tag == atom_userdata);
}

static moonlet_term *encode_tuple(Encoder *e, ERL_NIF_TERM t)
{
    int arity;
    const ERL_NIF_TERM *at;
    moonlet_value v;
    void *p;
    if (!enif_get_tuple(e->env, t, &arity, &at) || arity < 2) return bad(e);
    if ((arity == 2 && at[0] == atom_erl_func) || (arity == 4 && at[0] == atom_erl_mfa))
        return held_value(e, callback_function(e->state, e->env, t));
    if (!is_reference(at[0], arity)) return bad(e);
    if (get_value(e, at[1], &v)) return moonlet_term_value(e->state, v);
    bool foreign = enif_get_resource(e->env, at[1], type_of_value, &p);
    if (at[0] != atom_userdata || foreign) return bad(e);
    return held_value(e, callback_userdata(e->state, e->env, at[1]));
}

static moonlet_term *encode_special(Encoder *e, ERL_NIF_TERM t)
{
    moonlet_value v;
    if (enif_is_fun(e->env, t)) return held_value(e, callback_function(e->state, e->env, t));
    if (get_value(e, t, &v)) return moonlet_term_value(e->state, v);
    return encode_tuple(e, t);
}

/* Lists and maps ------------------------------------------------------------------------- */

/* (A nil is no pair, and takes away none that came before.) */
static void add_pair(Encoder *e, moonlet_term *list, ERL_NIF_TERM key, ERL_NIF_TERM item,
                     int depth)
{
    moonlet_term *k = encode(e, key, depth), *v = k ? encode(e, item, depth) : NULL;
    bool good = v && moonlet_term_type_of(k) != MOONLET_TERM_NIL;
    if (good && moonlet_term_type_of(v) != MOONLET_TERM_NIL) {
        moonlet_term_pair(list, k, v);
        return;
    }
    moonlet_term_free(k);
    moonlet_term_free(v);
    if (!good) bad(e);
}

static void add_item(Encoder *e, moonlet_term *list, ERL_NIF_TERM item, int depth)
{
    int arity;
    const ERL_NIF_TERM *at;
    if (enif_get_tuple(e->env, item, &arity, &at) && arity == 2) {
        add_pair(e, list, at[0], at[1], depth);
        return;
    }
    moonlet_term *v = encode(e, item, depth);
    if (v) moonlet_term_add(list, v);
}

static moonlet_term *encode_list(Encoder *e, ERL_NIF_TERM t, int depth)
{
    moonlet_term *list = moonlet_term_list(0);
    ERL_NIF_TERM head;
    while (!e->bad && enif_get_list_cell(e->env, t, &head, &t)) add_item(e, list, head, depth);
    if (!e->bad && enif_is_empty_list(e->env, t)) return list;
    moonlet_term_free(list);
    return bad(e);
}

static moonlet_term *encode_map(Encoder *e, ERL_NIF_TERM t, int depth)
{
    moonlet_term *list = moonlet_term_list(0);
    ErlNifMapIterator it;
    ERL_NIF_TERM key, item;
    if (!enif_map_iterator_create(e->env, t, &it, ERL_NIF_MAP_ITERATOR_FIRST)) return bad(e);
    for (; !e->bad && enif_map_iterator_get_pair(e->env, &it, &key, &item);
         enif_map_iterator_next(e->env, &it))
        add_pair(e, list, key, item, depth);
    enif_map_iterator_destroy(e->env, &it);
    if (!e->bad) return list;
    moonlet_term_free(list);
    return NULL;
}

static moonlet_term *plain_term(Encoder *e, ERL_NIF_TERM t)
{
    ErlNifBinary b;
    double d;
    char name[256];
    if (t == atom_nil) return moonlet_term_nil();
    if (t == atom_true || t == atom_false) return moonlet_term_boolean(t == atom_true);
    if (get_number(e->env, t, &d)) return moonlet_term_number(d);
    if (enif_is_binary(e->env, t) && enif_inspect_binary(e->env, t, &b))
        return moonlet_term_string((const char *)b.data, b.size);
    if (enif_get_atom(e->env, t, name, sizeof name, ERL_NIF_LATIN1))
        return moonlet_term_text(name);
    return NULL;
}

static moonlet_term *encode(Encoder *e, ERL_NIF_TERM t, int depth)
{
    if (e->left-- == 0) {
        e->is_long = true;
        return bad(e);
    }
    if (depth == 0) return bad(e);
    if (enif_is_list(e->env, t)) return encode_list(e, t, depth - 1);
    if (enif_is_map(e->env, t)) return encode_map(e, t, depth - 1);
    moonlet_term *plain = plain_term(e, t);
    return plain ? plain : encode_special(e, t);
}

/* Lists of values -------------------------------------------------------------------------- */

/* Few values, none of which needs a new state. */
static bool encode_few(ErlNifEnv *env, const State *s, ERL_NIF_TERM list, Values *out)
{
    ERL_NIF_TERM head;
    Encoder e = {.env = env, .given = s};
    for (out->count = 0; enif_get_list_cell(env, list, &head, &list); out->count++) {
        if (out->count == VALUES_INLINE) return false;
        moonlet_value *v = &out->inlined[out->count];
        if (!encode_plain(env, head, v) && !get_value(&e, head, v)) return false;
    }
    if (!enif_is_empty_list(env, list)) return false;
    out->values = out->inlined;
    out->state = moonlet_retain(s->state);
    return true;
}

/* The items, each by itself: a pair is no value. */
static moonlet_term *encode_items(Encoder *e, ERL_NIF_TERM list)
{
    moonlet_term *all = moonlet_term_list(0);
    ERL_NIF_TERM head;
    while (!e->bad && enif_get_list_cell(e->env, list, &head, &list)) {
        moonlet_term *t = encode(e, head, DEPTH_MAX);
        if (t) moonlet_term_add(all, t);
    }
    if (!e->bad && enif_is_empty_list(e->env, list)) return all;
    moonlet_term_free(all);
    return bad(e);
}

Encoding encode_values(ErlNifEnv *env, const State *s, ERL_NIF_TERM list, Values *out)
{
    memset(out, 0, sizeof *out);
    if (encode_few(env, s, list, out)) return ENCODED;
    Encoder e = {.env = env,
                 .state = moonlet_retain(s->state),
                 .given = s,
                 .left = on_dirty_scheduler() ? SIZE_MAX : NODES_SHORT};
    moonlet_term *all = encode_items(&e, list);
    if (!all) {
        moonlet_release(e.state);
        return e.is_long ? ENCODED_LONG : ENCODED_BAD;
    }
    moonlet_result r = moonlet_encode_list(e.state, all);
    moonlet_term_free(all);
    moonlet_release(e.state);
    out->state = r.state;
    out->count = r.count;
    out->values = r.values;
    return r.status == MOONLET_OK ? ENCODED : ENCODED_BAD;
}

void values_release(Values *v) { moonlet_release(v->state); }
