/* SPDX-License-Identifier: MIT */
/* The NIF library: its resources and its table of functions. */
#include "nif.h"

#include <stdio.h>

enum { CHAIN_SHORT = 64 };

ErlNifResourceType *type_of_state, *type_of_value, *type_of_job, *type_of_image;

#define ATOM_VARIABLE(name_) ERL_NIF_TERM atom_##name_;
ATOMS(ATOM_VARIABLE)
#undef ATOM_VARIABLE
ERL_NIF_TERM atom_minus_inf;

void *take(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p) abort();
    return p;
}

bool on_dirty_scheduler(void) { return enif_thread_type() != ERL_NIF_THR_NORMAL_SCHEDULER; }

ERL_NIF_TERM make_text(ErlNifEnv *env, const char *bytes, size_t length)
{
    ERL_NIF_TERM t;
    unsigned char *to = enif_make_new_binary(env, length, &t);
    if (length) memcpy(to, bytes, length);
    return t;
}

/* Labels ------------------------------------------------------------------------------- */

/* Whoever goes from a label to its parent has this, as labels are left out of chains. */
static pthread_rwlock_t chains = PTHREAD_RWLOCK_INITIALIZER;

static Label *ref(Label *l)
{
    atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    return l;
}

Label *label_retain(Label *l)
{
    atomic_fetch_add_explicit(&l->users, 1, memory_order_relaxed);
    return ref(l);
}

static void unref(Label *l, Label **dead)
{
    if (!l || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1) return;
    l->dead = *dead;
    *dead = l;
}

static void drop(Label *l)
{
    Label *dead = NULL;
    for (unref(l, &dead); (l = dead);) {
        dead = l->dead;
        unref(l->parent, &dead);
        unref(l->jump, &dead);
        pthread_mutex_destroy(&l->lock);
        free(l);
    }
}

void label_release(Label *l)
{
    if (l) atomic_fetch_sub_explicit(&l->users, 1, memory_order_release);
    drop(l);
}

/* Jumps are as long as those of a skew binary number: two of one length, if the label above has
 * come by them, are taken in one. So ranks are wanted, but where another chain was swept they
 * may be wrong: then jumps are only shorter. */
static void set_jump(Label *l)
{
    Label *up = l->parent, *one = up->jump, *two = one ? one->jump : NULL, *before = l->jump;
    l->rank = up->rank + 1;
    l->jump = ref(two && up->rank - one->rank == one->rank - two->rank ? two : up);
    drop(before);
}

/* Those of a chain, of so many without its first. */
static void set_jumps(Label *l, size_t count)
{
    Label **all = take(count * sizeof *all);
    for (size_t i = count; i > 0; l = l->parent) all[--i] = l;
    for (size_t i = 0; i < count; i++) set_jump(all[i]);
    free(all);
}

/* Leaves out of l's chain what nobody uses any more: no state and no value will ever have it.
 * (The first label tells worlds apart.) */
static void sweep(Label *l)
{
    size_t count = 0;
    pthread_rwlock_wrlock(&chains);
    for (Label *at = l, *up; (up = at->parent); count++) {
        while (up->parent && !atomic_load_explicit(&up->users, memory_order_acquire)) {
            at->parent = ref(up->parent);
            drop(up);
            up = at->parent;
        }
        at = up;
    }
    set_jumps(l, count);
    pthread_rwlock_unlock(&chains);
    l->length = l->swept = count;
}

Label *label_new(Label *parent)
{
    Label *l = take(sizeof *l);
    *l = (Label){.parent = parent ? ref(parent) : NULL};
    atomic_init(&l->refs, 1);
    atomic_init(&l->users, 1);
    pthread_mutex_init(&l->lock, NULL);
    if (!parent) return l;
    l->depth = parent->depth + 1;
    l->length = parent->length + 1;
    l->swept = parent->swept;
    pthread_rwlock_rdlock(&chains);
    set_jump(l);
    pthread_rwlock_unlock(&chains);
    if (l->length > 2 * l->swept + CHAIN_SHORT) sweep(l);
    return l;
}

const Label *label_root(const Label *l)
{
    pthread_rwlock_rdlock(&chains);
    while (l->jump) l = l->jump;
    pthread_rwlock_unlock(&chains);
    return l;
}

static void label_add(Label *l, ValueRef *v)
{
    pthread_mutex_lock(&l->lock);
    v->next = l->values;
    v->link = &l->values;
    if (v->next) v->next->link = &v->next;
    l->values = v;
    pthread_mutex_unlock(&l->lock);
}

static void label_remove(Label *l, ValueRef *v)
{
    pthread_mutex_lock(&l->lock);
    *v->link = v->next;
    if (v->next) v->next->link = v->link;
    pthread_mutex_unlock(&l->lock);
}

/* Keeping ------------------------------------------------------------------------------ */

static __thread Label *kept_now;

void label_keep(Label *l) { kept_now = l; }

/* Asked by runs that look for garbage, in whose state what Erlang has may be reached by
 * nothing. */
static void hold_values(void *user, moonlet_hold *hold, void *to)
{
    pthread_rwlock_rdlock(&chains);
    for (Label *l = kept_now; l; l = l->parent) {
        pthread_mutex_lock(&l->lock);
        for (const ValueRef *v = l->values; v; v = v->next) hold(to, v->value);
        pthread_mutex_unlock(&l->lock);
    }
    pthread_rwlock_unlock(&chains);
}

moonlet_state *state_prepare(moonlet_state *s)
{
    moonlet_state *prepared = callback_prepare(s);
    if (!prepared) return NULL;
    moonlet_state *holds = moonlet_set_held(prepared, hold_values, NULL);
    moonlet_release(prepared);
    return holds;
}

bool label_reaches(const Label *value, const Label *state)
{
    if (state == value) return true;
    pthread_rwlock_rdlock(&chains);
    while (state && state->depth > value->depth)
        state = state->jump && state->jump->depth >= value->depth ? state->jump : state->parent;
    pthread_rwlock_unlock(&chains);
    return state == value;
}

/* States ------------------------------------------------------------------------------- */

State *get_state(ErlNifEnv *env, ERL_NIF_TERM t)
{
    void *s;
    return enif_get_resource(env, t, type_of_state, &s) ? s : NULL;
}

moonlet_state *with_first_slice(moonlet_state *s, const moonlet_limits *limits)
{
    moonlet_limits l = *limits;
    if (!l.steps || l.steps > SLICE_FIRST) l.steps = SLICE_FIRST;
    moonlet_state *limited = moonlet_limit(s, &l);
    moonlet_release(s);
    return limited;
}

void pending_begin(Pending *p, const moonlet_limits *l, uint64_t now)
{
    p->steps_left = l->steps ? l->steps : UINT64_MAX;
    p->deadline = l->nanoseconds ? now + l->nanoseconds : 0;
}

ERL_NIF_TERM make_state(ErlNifEnv *env, moonlet_state *s, Label *label,
                        const moonlet_limits *limits, const Pending *pending)
{
    State *r = enif_alloc_resource(type_of_state, sizeof *r);
    *r = (State){.state = s, .label = label_retain(label), .limits = *limits};
    if (pending) r->pending = *pending;
    ERL_NIF_TERM t = enif_make_resource(env, r);
    enif_release_resource(r);
    return t;
}

static void state_destroy(ErlNifEnv *env, void *resource)
{
    State *s = resource;
    thread_enter();
    void *image = atomic_load(&s->image);
    if (image) enif_release_resource(image);
    moonlet_release(s->answer);
    moonlet_release(s->state);
    thread_leave();
    label_release(s->label);
}

static void name_value(char *name, uint64_t id)
{
    static const char text[NAME_LENGTH + 1] =
        "a value of Moonlet's, 0x0000000000000000, good in what came of its state";
    memcpy(name, text, NAME_LENGTH);
    for (char *digit = strstr(name, "0x") + 17; id; id >>= 4)
        *digit-- = "0123456789abcdef"[id & 15];
}

ERL_NIF_TERM make_value(ErlNifEnv *env, const moonlet_state *s, moonlet_value v, Label *label,
                        bool by_name)
{
    ValueRef *r = enif_alloc_resource(type_of_value, sizeof *r);
    *r = (ValueRef){.state = moonlet_retain(s), .value = v, .label = label_retain(label)};
    label_add(label, r);
    name_value(r->name, moonlet_identity(v));
    ERL_NIF_TERM t = by_name ? enif_make_resource_binary(env, r, r->name, NAME_LENGTH)
                             : enif_make_resource(env, r);
    enif_release_resource(r);
    return t;
}

static void value_destroy(ErlNifEnv *env, void *resource)
{
    ValueRef *v = resource;
    label_remove(v->label, v);
    thread_enter();
    moonlet_release(v->state);
    thread_leave();
    label_release(v->label);
}

/* Small functions ---------------------------------------------------------------------- */

NIF(nif_new)
{
    static const moonlet_limits none;
    moonlet_state *s = state_prepare(moonlet_init());
    if (!s) return enif_raise_exception(env, atom_memory);
    Label *label = label_new(NULL);
    ERL_NIF_TERM t = make_state(env, with_first_slice(s, &none), label, &none, NULL);
    label_release(label);
    return t;
}

NIF(nif_is_paused)
{
    State *s = get_state(env, argv[0]);
    if (!s) return enif_make_badarg(env);
    return moonlet_is_paused(s->state) ? atom_true : atom_false;
}

static bool get_size(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, uint64_t *out)
{
    ERL_NIF_TERM t;
    ErlNifUInt64 n;
    if (!enif_get_map_value(env, map, key, &t)) return true;
    if (!enif_get_uint64(env, t, &n)) return false;
    *out = n;
    return true;
}

static bool get_limits(ErlNifEnv *env, ERL_NIF_TERM map, moonlet_limits *l)
{
    uint64_t stack = 0, string = 0;
    *l = (moonlet_limits){0};
    bool good = enif_is_map(env, map) && get_size(env, map, atom_steps, &l->steps) &&
                get_size(env, map, atom_nanoseconds, &l->nanoseconds) &&
                get_size(env, map, atom_held, &l->held) &&
                get_size(env, map, atom_stack, &stack) &&
                get_size(env, map, atom_string, &string);
    l->stack = stack;
    l->string = string;
    return good;
}

NIF(nif_limit)
{
    State *s = get_state(env, argv[0]);
    moonlet_limits l;
    if (!s || !get_limits(env, argv[1], &l)) return enif_make_badarg(env);
    moonlet_state *limited = with_first_slice(moonlet_retain(s->state), &l);
    Pending pending = s->pending;
    pending_begin(&pending, &l, (uint64_t)enif_monotonic_time(ERL_NIF_NSEC));
    return make_state(env, limited, s->label, &l, &pending);
}

NIF(nif_limits)
{
    State *s = get_state(env, argv[0]);
    if (!s) return enif_make_badarg(env);
    const moonlet_limits *l = &s->limits;
    const struct {
        ERL_NIF_TERM key;
        uint64_t value;
    } all[] = {{atom_steps, l->steps},
               {atom_held, l->held},
               {atom_nanoseconds, l->nanoseconds},
               {atom_stack, l->stack},
               {atom_string, l->string}};
    ERL_NIF_TERM map = enif_make_new_map(env);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value)
            enif_make_map_put(env, map, all[i].key, enif_make_uint64(env, all[i].value), &map);
    return map;
}

/* Paths, each with a zero, and a NULL at the end; NULL: it is no list of binaries. */
static char **get_paths(ErlNifEnv *env, ERL_NIF_TERM list)
{
    unsigned count, i = 0;
    ERL_NIF_TERM head;
    ErlNifBinary b;
    if (!enif_get_list_length(env, list, &count)) return NULL;
    char **paths = calloc(count + 1, sizeof *paths);
    if (!paths) abort();
    for (; enif_get_list_cell(env, list, &head, &list); i++) {
        bool good = enif_inspect_binary(env, head, &b) && !memchr(b.data, 0, b.size);
        paths[i] = good ? take(b.size + 1) : NULL;
        if (!good) break;
        memcpy(paths[i], b.data, b.size);
        paths[i][b.size] = 0;
    }
    if (i == count) return paths;
    while (i > 0) free(paths[--i]);
    free(paths);
    return NULL;
}

static void free_paths(char **paths)
{
    for (char **p = paths; p && *p; p++) free(*p);
    free(paths);
}

/* (State, Deny | default, Allow) */
NIF(nif_sandbox)
{
    State *s = get_state(env, argv[0]);
    bool standard = enif_is_atom(env, argv[1]);
    char **deny = standard ? NULL : get_paths(env, argv[1]), **allow = get_paths(env, argv[2]);
    ERL_NIF_TERM t;
    if (!s || !allow || (!standard && !deny)) {
        t = enif_make_badarg(env);
    } else {
        label_keep(s->label);
        moonlet_state *boxed =
            moonlet_sandbox(s->state, (const char *const *)deny, (const char *const *)allow);
        t = make_state(env, boxed, s->label, &s->limits, &s->pending);
    }
    free_paths(deny);
    free_paths(allow);
    return t;
}

/* Loading ------------------------------------------------------------------------------ */

static ErlNifFunc functions[] = {
    {"new", 0, nif_new, 0},
    {"is_paused", 1, nif_is_paused, 0},
    {"limit", 2, nif_limit, 0},
    {"limits", 1, nif_limits, 0},
    {"sandbox", 3, nif_sandbox, 0},
    {"do_turn", 3, nif_do, 0},
    {"load", 4, nif_load, 0},
    {"call_turn", 4, nif_call, 0},
    {"method_turn", 4, nif_method, 0},
    {"get", 4, nif_get, 0},
    {"set", 4, nif_set, 0},
    {"raw_get", 3, nif_raw_get, 0},
    {"set_metatable", 2, nif_set_metatable, 0},
    {"set_userdata", 2, nif_set_userdata, 0},
    {"resume_turn", 2, nif_resume, 0},
    {"answer_turn", 5, nif_answer, 0},
    {"trace_turn", 2, nif_trace, 0},
    {"go_on", 1, nif_go_on, 0},
    {"encode", 2, nif_encode, 0},
    {"decode", 3, nif_decode, 0},
    {"save", 2, nif_save, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"load_image", 2, nif_load_image, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"digest", 1, nif_digest, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"diff", 2, nif_diff, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"map", 4, nif_map, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"memory", 1, nif_memory, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"collect", 0, nif_collect, ERL_NIF_DIRTY_JOB_CPU_BOUND},
};

static ErlNifResourceType *open_type(ErlNifEnv *env, const char *name, ErlNifResourceDtor *end)
{
    int flags = ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER;
    return enif_open_resource_type(env, NULL, name, end, flags, NULL);
}

static bool open_types(ErlNifEnv *env)
{
    type_of_state = open_type(env, "moonlet_state", state_destroy);
    type_of_value = open_type(env, "moonlet_value", value_destroy);
    type_of_job = open_type(env, "moonlet_job", job_destroy);
    type_of_image = open_type(env, "moonlet_image", image_destroy);
    return type_of_state && type_of_value && type_of_job && type_of_image;
}

static void make_atoms(ErlNifEnv *env)
{
#define ATOM_MAKE(name_) atom_##name_ = enif_make_atom(env, #name_);
    ATOMS(ATOM_MAKE)
#undef ATOM_MAKE
    atom_minus_inf = enif_make_atom(env, "-inf");
}

static char this_library; /* its address tells two copies of the library apart */

static int load(ErlNifEnv *env, void **data, ERL_NIF_TERM info)
{
    make_atoms(env);
    *data = &this_library;
    thread_enter();
    run_init();
    bool good = open_types(env) && callback_init();
    thread_leave();
    return good ? 0 : 1;
}

/* New code of the module, over the same library, goes on with the states that there are. They
 * have pointers into the library, which another copy of it does not know. */
static int upgrade(ErlNifEnv *env, void **data, void **old, ERL_NIF_TERM info)
{
    if (*old != &this_library) return 1;
    *data = *old;
    return open_types(env) ? 0 : 1;
}

ERL_NIF_INIT(moonlet_nif, functions, load, NULL, upgrade, NULL)
