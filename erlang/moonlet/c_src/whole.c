/* SPDX-License-Identifier: MIT */
/* What looks at whole states: images, digests, differences; and many calls at once. All of
 * this is on dirty schedulers. */
#include "nif.h"

#include <pthread.h>

/* Images ---------------------------------------------------------------------------------

 * Of a state that was saved or loaded, the image stays: without its bytes, as what deltas are
 * made to. */
typedef struct Image {
    moonlet_image *image;
    pthread_mutex_t lock; /* an image is one thread's at a time */
} Image;

void image_destroy(ErlNifEnv *env, void *resource)
{
    Image *i = resource;
    thread_enter();
    moonlet_image_release(i->image);
    thread_leave();
    pthread_mutex_destroy(&i->lock);
}

/* The state's own, from now on; if another thread was faster, that one's. */
static Image *keep_image(State *s, moonlet_image *made)
{
    moonlet_image_drop_bytes(made);
    Image *i = enif_alloc_resource(type_of_image, sizeof *i);
    i->image = made;
    pthread_mutex_init(&i->lock, NULL);
    void *none = NULL;
    if (atomic_compare_exchange_strong(&s->image, &none, i)) return i;
    enif_release_resource(i);
    return none;
}

static ERL_NIF_TERM give_message(ErlNifEnv *env, char *message)
{
    const char *text = message ? message : "not enough memory";
    ERL_NIF_TERM keys[] = {atom_kind, atom_message}, map;
    ERL_NIF_TERM values[] = {atom_host, make_text(env, text, strlen(text))};
    enif_make_map_from_arrays(env, keys, values, 2, &map);
    free(message);
    return enif_make_tuple2(env, atom_error, map);
}

/* What a delta is made to; made if it is not there. NULL: *message. */
static Image *base_of(State *s, char **message)
{
    Image *i = atomic_load(&s->image);
    if (i) return i;
    moonlet_image *made = moonlet_image_save(s->state, NULL, callback_image_host(), message);
    return made ? keep_image(s, made) : NULL;
}

static moonlet_image *save_to(State *s, Image *base, char **message)
{
    if (!base) return moonlet_image_save(s->state, NULL, callback_image_host(), message);
    pthread_mutex_lock(&base->lock);
    moonlet_image *made =
        moonlet_image_save(s->state, base->image, callback_image_host(), message);
    pthread_mutex_unlock(&base->lock);
    return made;
}

/* (State, Base | none) */
NIF(nif_save)
{
    State *s = get_state(env, argv[0]), *from = get_state(env, argv[1]);
    char *message = NULL;
    if (!s || (!from && argv[1] != atom_none)) return enif_make_badarg(env);
    if (from && label_root(from->label) != label_root(s->label))
        return give_message(env, strdup("the state did not come of the base"));
    Image *base = from ? base_of(from, &message) : NULL;
    moonlet_image *made = !from || base ? save_to(s, base, &message) : NULL;
    if (!made) return give_message(env, message);
    size_t length;
    const char *bytes = moonlet_image_bytes(made, &length);
    ERL_NIF_TERM t = make_text(env, bytes, length);
    keep_image(s, made);
    return enif_make_tuple2(env, atom_ok, t);
}

static moonlet_image *load_from(const ErlNifBinary *b, Image *base, char **message)
{
    if (base) pthread_mutex_lock(&base->lock);
    moonlet_image *i = moonlet_image_load((char *)b->data, b->size, base ? base->image : NULL,
                                          callback_image_host(), message);
    if (base) pthread_mutex_unlock(&base->lock);
    return i;
}

static ERL_NIF_TERM give_loaded(ErlNifEnv *env, moonlet_image *loaded, Label *label)
{
    static const moonlet_limits none;
    moonlet_state *s = state_prepare(moonlet_image_state(loaded));
    if (!s) {
        moonlet_image_release(loaded);
        return enif_raise_exception(env, atom_memory);
    }
    ERL_NIF_TERM t = make_state(env, with_first_slice(s, &none), label, &none, NULL);
    keep_image(get_state(env, t), loaded);
    return enif_make_tuple2(env, atom_ok, t);
}

/* (Binary, Base | none) */
NIF(nif_load_image)
{
    ErlNifBinary b;
    State *from = get_state(env, argv[1]);
    char *message = NULL;
    bool good = enif_inspect_binary(env, argv[0], &b) && (from || argv[1] == atom_none);
    if (!good) return enif_make_badarg(env);
    Image *base = from ? base_of(from, &message) : NULL;
    moonlet_image *loaded = !from || base ? load_from(&b, base, &message) : NULL;
    if (!loaded) return give_message(env, message);
    Label *label = label_new(from ? from->label : NULL);
    ERL_NIF_TERM t = give_loaded(env, loaded, label);
    label_release(label);
    return t;
}

/* Digests and differences --------------------------------------------------------------------
 */

NIF(nif_digest)
{
    State *s = get_state(env, argv[0]);
    return s ? enif_make_uint64(env, moonlet_digest(s->state)) : enif_make_badarg(env);
}

NIF(nif_memory)
{
    State *s = get_state(env, argv[0]);
    return s ? enif_make_uint64(env, moonlet_memory(s->state, NULL).bytes)
             : enif_make_badarg(env);
}

/* Collects garbage now; otherwise memory that is taken brings that about. */
NIF(nif_collect)
{
    moonlet_collect();
    return atom_ok;
}

static ERL_NIF_TERM give_result(ErlNifEnv *env, moonlet_result r)
{
    Label *label = label_new(NULL);
    ERL_NIF_TERM t;
    Decoded d = {.functions = false};
    if (r.status == MOONLET_OK)
        d = decode_values(env, r.state, r.values, r.count, label, AS_TERMS);
    if (r.status == MOONLET_FAILED)
        t = give_message(env, strdup(r.error->message));
    else if (d.refused)
        t = give_message(env, strdup(d.refused));
    else
        t = enif_make_tuple2(env, atom_ok, d.term);
    if (d.functions) t = enif_make_tuple2(env, atom_wrap, t);
    label_release(label);
    moonlet_release(r.state);
    return t;
}

/* (State, State) */
NIF(nif_diff)
{
    static const moonlet_limits none;
    State *a = get_state(env, argv[0]), *b = get_state(env, argv[1]);
    if (!a || !b) return enif_make_badarg(env);
    if (label_root(a->label) != label_root(b->label))
        return give_message(env, strdup("the states have no common origin"));
    moonlet_state *to = moonlet_limit(b->state, &none);
    moonlet_result r = moonlet_diff(a->state, to);
    moonlet_release(to);
    return give_result(env, r);
}

/* Many at once
 * --------------------------------------------------------------------------------- */

static ERL_NIF_TERM item_term(ErlNifEnv *env, const moonlet_items *all, const moonlet_item *i,
                              Label *label, bool *functions)
{
    if (i->status == MOONLET_FAILED) {
        const char *text = i->error->message;
        const char *trace = i->error->traceback ? i->error->traceback : text;
        bool limit = i->error->kind == MOONLET_ERROR_LIMIT;
        ERL_NIF_TERM keys[] = {atom_kind, atom_message, atom_traceback}, map;
        ERL_NIF_TERM values[] = {limit ? atom_limit : atom_runtime,
                                 make_text(env, text, strlen(text)),
                                 make_text(env, trace, strlen(trace))};
        enif_make_map_from_arrays(env, keys, values, 3, &map);
        return enif_make_tuple2(env, atom_error, map);
    }
    if (i->status == MOONLET_PAUSED) {
        const char *why = moonlet_limit_text(i->limit);
        return enif_make_tuple2(env, atom_paused, make_text(env, why, strlen(why)));
    }
    Decoded d = decode_values(env, all->state, i->values, i->count, label, AS_TERMS);
    *functions |= d.functions;
    if (d.refused) return give_message(env, strdup(d.refused));
    return enif_make_tuple2(env, atom_ok, d.term);
}

static ERL_NIF_TERM items_term(ErlNifEnv *env, const moonlet_items *all)
{
    Label *label = label_new(NULL);
    bool functions = false;
    ERL_NIF_TERM list = enif_make_list(env, 0);
    for (size_t i = all->count; i > 0; i--) {
        ERL_NIF_TERM t = item_term(env, all, &all->items[i - 1], label, &functions);
        list = enif_make_list_cell(env, t, list);
    }
    label_release(label);
    ERL_NIF_TERM answer = enif_make_tuple2(env, atom_ok, list);
    return functions ? enif_make_tuple2(env, atom_wrap, answer) : answer;
}

/* (State, Keys, List, Threads): as call, but that each of the other items is the argument of a
 * call of its own; threads 0: as many as there are processors. */
NIF(nif_map)
{
    State *s = get_state(env, argv[0]);
    Values v;
    unsigned keys, threads;
    if (!s || !enif_get_uint(env, argv[1], &keys) || !enif_get_uint(env, argv[3], &threads))
        return enif_make_badarg(env);
    label_keep(s->label);
    if (encode_values(env, s, argv[2], &v) != ENCODED) return enif_make_badarg(env);
    size_t first = keys ? keys : 1;
    ERL_NIF_TERM t;
    moonlet_result r = {.state = NULL};
    moonlet_value f = v.count ? v.values[0] : moonlet_nil();
    if (keys && v.count >= first) {
        r = moonlet_get_keys(v.state, moonlet_globals(v.state), v.values, keys);
        f = moonlet_result_value(&r, 0);
    }
    if (v.count < first || r.status != MOONLET_OK) {
        t = v.count < first ? enif_make_badarg(env)
                            : give_message(env, strdup("the function is not found"));
    } else {
        const moonlet_map_options options = {.threads = threads, .limits = &s->limits};
        const moonlet_state *in = r.state ? r.state : v.state;
        moonlet_items all = moonlet_map(in, f, v.values + first, v.count - first, &options);
        t = items_term(env, &all);
        moonlet_items_release(&all);
    }
    moonlet_release(r.state);
    values_release(&v);
    return t;
}
