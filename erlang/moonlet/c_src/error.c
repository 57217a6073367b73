/* SPDX-License-Identifier: MIT */
/*
 * Errors as Luerl's interface needs them: beside the error value what it is about, and the Lua
 * functions that were running, with what they were called with.
 *
 *   values to decode   [error value | of the cause | arguments of frame 1 | of frame 2 | ...]
 *
 * All are decoded at once, by reference; then the list of terms is cut into these parts again.
 */
#include "nif.h"

enum { ARGUMENTS_MAX = 1 << 16 }; /* bytes */

/* One in Lua code: others are no part of Luerl's stacks. */
static bool is_shown(const moonlet_frame *f) { return strcmp(f->chunk, "[C]") != 0; }

/* Whether the arguments are told: not where their texts, of which each is copied, are long. */
static bool tells_arguments(const moonlet_error *e)
{
    size_t bytes = 0, length;
    for (size_t i = 0; i < e->count; i++)
        for (size_t k = 0; is_shown(&e->frames[i]) && k < e->frames[i].count; k++)
            if (moonlet_to_bytes(e->frames[i].arguments[k], &length)) bytes += length;
    return bytes <= ARGUMENTS_MAX;
}

moonlet_value *error_values(const moonlet_error *e, bool all, size_t *count)
{
    size_t n = 1, at = 1;
    bool arguments = all && tells_arguments(e);
    for (size_t i = 0; arguments && i < e->count; i++)
        if (is_shown(&e->frames[i])) n += e->frames[i].count;
    if (all) n += e->cause.count;
    moonlet_value *values = take(n * sizeof *values);
    values[0] = e->value;
    *count = n;
    if (!all) return values;
    for (size_t i = 0; i < e->cause.count; i++) values[at++] = e->cause.values[i];
    for (size_t i = 0; arguments && i < e->count; i++) {
        const moonlet_frame *f = &e->frames[i];
        for (size_t k = 0; is_shown(f) && k < f->count; k++) values[at++] = f->arguments[k];
    }
    return values;
}

/* The first items of the list, as a list; the rest remains. */
static ERL_NIF_TERM cut(ErlNifEnv *env, ERL_NIF_TERM *list, size_t count)
{
    ERL_NIF_TERM *items = take(count * sizeof *items);
    for (size_t i = 0; i < count; i++) enif_get_list_cell(env, *list, &items[i], list);
    ERL_NIF_TERM t = enif_make_list_from_array(env, items, (unsigned)count);
    free(items);
    return t;
}

static ERL_NIF_TERM text(ErlNifEnv *env, const char *bytes)
{
    return make_text(env, bytes, strlen(bytes));
}

ERL_NIF_TERM error_value(ErlNifEnv *env, ERL_NIF_TERM *terms)
{
    ERL_NIF_TERM value = atom_nil;
    enif_get_list_cell(env, *terms, &value, terms);
    return value;
}

/* {Kind, Name, Values}, or none */
ERL_NIF_TERM error_cause(ErlNifEnv *env, const moonlet_cause *c, ERL_NIF_TERM *terms)
{
    static const ERL_NIF_TERM *const kinds[] = {
        [MOONLET_CAUSE_NONE] = &atom_none,     [MOONLET_CAUSE_OPERATOR] = &atom_operator,
        [MOONLET_CAUSE_INDEX] = &atom_index,   [MOONLET_CAUSE_CALL] = &atom_call,
        [MOONLET_CAUSE_METHOD] = &atom_method, [MOONLET_CAUSE_LOOP] = &atom_loop,
        [MOONLET_CAUSE_NATIVE] = &atom_native};
    ERL_NIF_TERM values = cut(env, terms, c->count);
    if (c->kind == MOONLET_CAUSE_NONE) return atom_none;
    return enif_make_tuple3(env, *kinds[c->kind], text(env, c->name), values);
}

/* [{Name or nil, Arguments, Chunk, Line}], innermost first */
ERL_NIF_TERM error_frames(ErlNifEnv *env, const moonlet_error *e, ERL_NIF_TERM *terms)
{
    ERL_NIF_TERM *frames = take(e->count * sizeof *frames);
    size_t count = 0;
    bool arguments = tells_arguments(e);
    for (size_t i = 0; i < e->count; i++) {
        const moonlet_frame *f = &e->frames[i];
        if (!is_shown(f)) continue;
        ERL_NIF_TERM name = f->name ? text(env, f->name) : atom_nil;
        ERL_NIF_TERM args = cut(env, terms, arguments ? f->count : 0);
        frames[count++] =
            enif_make_tuple4(env, name, args, text(env, f->chunk), enif_make_int(env, f->line));
    }
    ERL_NIF_TERM t = enif_make_list_from_array(env, frames, (unsigned)count);
    free(frames);
    return t;
}
