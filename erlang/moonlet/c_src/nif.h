/* SPDX-License-Identifier: MIT */
/*
 * What the files of the NIF library share: resources, labels, atoms.
 *
 *   State resource  [moonlet_state | label | limits | pending]   what Erlang calls a state
 *   Value resource  [moonlet_state | value | label | name]       a function, table, coroutine
 *   Job resource    a run between two slices (run.c)
 *
 * A value is good in the states that came of the one in which it was found, and in no other.
 * Labels tell: there is a new one for each state in which values were found.
 *
 *   label  <- label <- label     a state has the label of the state that it came of, and one
 *                                of its own when values of it are given to Erlang
 *
 * So a value may be used in a state if its label is the state's, or one further up. All values
 * of these labels are kept by runs in the state: each label knows those that are alive.
 *
 * Two references to a value are to be equal terms, which resources are not. So a reference is
 * its name, as a binary that lies in the resource: equal by its bytes, and gone with the last
 * term. A binary with the same bytes that is no resource is none. The name has the value's
 * identity, which is the same wherever the same has been done, as Luerl's references have it.
 */
#ifndef MOONLET_NIF_H
#define MOONLET_NIF_H

#include <erl_nif.h>
#include <moonlet.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct ValueRef ValueRef;

typedef struct Label {
    atomic_uint refs;
    atomic_uint users; /* of these: states, values and jobs, and not labels further down */
    uint64_t depth;
    size_t length, swept; /* of its chain, when it was made; and after the last sweep of that */
    struct Label *parent;
    struct Label *jump; /* further up: see label_reaches; NULL: the first of its chain */
    size_t rank;        /* in the chain, when jump was set */
    pthread_mutex_t lock;
    union {
        ValueRef *values;   /* resources that have it, a list; under the lock */
        struct Label *dead; /* of one that nobody has: the next to be freed */
    };
} Label;

/* A program that waits for an Erlang function: which call of which; and what the limits of its
 * run have left. */
typedef struct Pending {
    uint64_t token; /* 0: none waits */
    uint64_t callee;
    size_t count;
    uint64_t steps_left; /* UINT64_MAX: no limit */
    uint64_t deadline;   /* 0: none */
} Pending;

typedef struct State {
    moonlet_state *state; /* with the limits of a first slice */
    Label *label;
    moonlet_limits limits; /* what Erlang has set */
    Pending pending;
    void *_Atomic image; /* an image resource (whole.c), once one was made; or NULL */
    /* Values that were given by reference together with it are good in it, also by an equal
     * reference that another state came with. */
    moonlet_state *answer; /* has them; NULL: there are none */
    const moonlet_value *values;
    size_t count;
} State;

/* Longer than binaries that are copied from process to process (64 bytes). */
enum { NAME_LENGTH = 72 };

struct ValueRef {
    moonlet_state *state;
    moonlet_value value;
    Label *label;
    ValueRef *next, **link; /* of the label: link is what points here */
    char name[NAME_LENGTH];
};

extern ErlNifResourceType *type_of_state, *type_of_value, *type_of_job, *type_of_image;

/* clang-format off */
#define ATOMS(X) \
    X(ok) X(error) X(paused) X(callback) X(nil) X(true) X(false) X(kind) X(message) \
    X(traceback) X(value) X(line) X(chunk) X(limit) X(syntax) X(runtime) X(memory) \
    X(host) X(steps) X(time) X(bytes) X(stack) X(string) X(held) X(interrupt) \
    X(userdata) X(tref) X(funref) X(usdref) X(coroutine) X(function) X(inf) X(nan) \
    X(raw) X(floats) X(decoded) X(none) X(nanoseconds) X(wrap) X(erl_func) X(erl_mfa) \
    X(return) X(throw) X(call) X(operator) X(index) X(method) X(loop) X(native) X(cause) \
    X(frames) X(waits)
/* clang-format on */
#define ATOM_VARIABLE(name_) extern ERL_NIF_TERM atom_##name_;
ATOMS(ATOM_VARIABLE)
#undef ATOM_VARIABLE
extern ERL_NIF_TERM atom_minus_inf;

/* Steps: 0.1 to 0.5 ms of most programs. */
enum { SLICE_FIRST = 10000 };

/* Resources -------------------------------------------------------------------------- */

Label *label_new(Label *parent);
Label *label_retain(Label *l);
void label_release(Label *l); /* NULL is allowed */
/* The first of its chain. */
const Label *label_root(const Label *l);
/* In this thread, runs keep the values that are good in a state with this label; NULL: none. */
void label_keep(Label *l);
/* Whether a value with this label is good in a state with that one. O(log of the labels between
 * them). */
bool label_reaches(const Label *value, const Label *state);

State *get_state(ErlNifEnv *env, ERL_NIF_TERM t); /* NULL: it is none */
/* Takes over the state, which gets the limits of a first slice; label is retained. */
ERL_NIF_TERM make_state(ErlNifEnv *env, moonlet_state *s, Label *label,
                        const moonlet_limits *limits, const Pending *pending);
/* What a run has that begins now, in nanoseconds. */
void pending_begin(Pending *p, const moonlet_limits *l, uint64_t now);
/* A value of a state as a resource; the label is the one that its state term has. By its name
 * it is equal to others of the same value; without, it is told from terms. */
ERL_NIF_TERM make_value(ErlNifEnv *env, const moonlet_state *s, moonlet_value v, Label *label,
                        bool by_name);
/* A new state as Erlang is to have it: with what callback.c needs, and keeping what Erlang has;
 * s is released. NULL: an error of Moonlet's. */
moonlet_state *state_prepare(moonlet_state *s);
/* A state with the limits of a first slice; s is released. */
moonlet_state *with_first_slice(moonlet_state *s, const moonlet_limits *limits);

ERL_NIF_TERM make_text(ErlNifEnv *env, const char *bytes, size_t length);
/* malloc, or the end of the node. */
void *take(size_t size);
bool on_dirty_scheduler(void);

/* Terms to values (encode.c) ----------------------------------------------------------- */

typedef enum Encoding {
    ENCODED,
    ENCODED_BAD, /* the term cannot be encoded: badarg */
    ENCODED_LONG /* more than a scheduler should be held up for: to be done on a dirty one */
} Encoding;

enum { VALUES_INLINE = 8 };

/* Values in a state, which is the encoder's until it is taken. To be in a variable on the C
 * stack, as what is inlined must be seen by the collector. */
typedef struct Values {
    moonlet_state *state; /* in which they are */
    size_t count;
    const moonlet_value *values;
    moonlet_value inlined[VALUES_INLINE];
} Values;

/* A list of terms as values in s or a state that comes of it. */
Encoding encode_values(ErlNifEnv *env, const State *s, ERL_NIF_TERM list, Values *out);
void values_release(Values *v);

/* Values to terms (decode.c) ------------------------------------------------------------ */

typedef struct Decoded {
    ERL_NIF_TERM term;
    bool functions;      /* there are references to functions in it */
    bool references;     /* ... to any values */
    bool is_long;        /* not decoded: it is for a dirty scheduler */
    const char *refused; /* not decoded, and why */
} Decoded;

/* How values become terms. */
typedef enum TermsMode {
    AS_TERMS = 0,
    AS_REFERENCES = 1, /* tables and functions are not looked into */
    AS_FINITE = 2,     /* the infinite numbers as the largest ones, as Luerl has them */
    AS_FLOATS = 4      /* numbers that are integers, too */
} TermsMode;

/* The list of values; mode is of TermsMode. */
Decoded decode_values(ErlNifEnv *env, const moonlet_state *s, const moonlet_value *values,
                      size_t count, Label *label, unsigned mode);

/* Erlang functions in Lua (callback.c) --------------------------------------------------- */

/* What a program that waits is to be told. */
typedef struct Command {
    enum { COMMAND_RETURN, COMMAND_THROW, COMMAND_CALL } what;
    Pending pending;
    moonlet_value pcall, function; /* CALL */
    size_t count;
    const moonlet_value *values;
} Command;

/* What a slice has come to beside its result. */
typedef struct Asked {
    enum { ASKED_NOTHING, ASKED_CALL, ASKED_DONE } what;
    Pending pending;
    size_t count;
    moonlet_value *values; /* from malloc: arguments, or results of a nested call */
} Asked;

bool callback_init(void);
/* A new state in which Erlang functions can be; NULL: an error of Moonlet's. */
moonlet_state *callback_prepare(moonlet_state *s);
/* In this thread, until callback_leave. */
void callback_enter(Asked *asked, const Command *command);
bool callback_leave(void); /* whether the command was obeyed */
/* A function that calls an Erlang fun, or a userdata with a term, as value 0. */
moonlet_result callback_function(const moonlet_state *s, ErlNifEnv *env, ERL_NIF_TERM fun);
moonlet_result callback_userdata(const moonlet_state *s, ErlNifEnv *env, ERL_NIF_TERM t);
/* The userdata has the term of another from now on. */
moonlet_result callback_put(const moonlet_state *s, moonlet_value to, moonlet_value from);
/* The term of such a userdata; false if v is none. */
bool callback_term(ErlNifEnv *env, const moonlet_state *s, moonlet_value v, ERL_NIF_TERM *out);
moonlet_value callback_pcall(const moonlet_state *s);
/* The error that a call for an Erlang function has ended with, as far as it is known. */
typedef struct Uncaught {
    moonlet_error error;
    moonlet_value *values; /* of its cause, from malloc */
    char name[64];
} Uncaught;
/* v is what came of callback_pcall's function with false. */
void callback_uncaught(const moonlet_state *s, moonlet_value v, Uncaught *out);
/* Given a function, calls that for each call, return and line; given none, no longer. */
moonlet_value callback_trace(const moonlet_state *s);
/* For images. */
const moonlet_image_host *callback_image_host(void);

/* Errors (error.c) ------------------------------------------------------------------------ */

/* What is to be decoded of an error: its value, and if all is to be told what it is about and
 * the functions that ran. From malloc. */
moonlet_value *error_values(const moonlet_error *e, bool all, size_t *count);
/* The parts of what was decoded, in this order; each takes its own from the list. */
ERL_NIF_TERM error_value(ErlNifEnv *env, ERL_NIF_TERM *terms);
ERL_NIF_TERM error_cause(ErlNifEnv *env, const moonlet_cause *c, ERL_NIF_TERM *terms);
ERL_NIF_TERM error_frames(ErlNifEnv *env, const moonlet_error *e, ERL_NIF_TERM *terms);

/* Threads (thread.c) ----------------------------------------------------------------------

 * Around all that uses Moonlet, in any thread of the BEAM. */
void thread_enter(void);
void thread_leave(void);

/* Runs (run.c) ---------------------------------------------------------------------------- */

void run_init(void);
void job_destroy(ErlNifEnv *env, void *job);
/* Each function that Erlang calls is NIF(name) { ... }. */
typedef ERL_NIF_TERM Nif(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]);
#define NIF(name_)                                                                           \
    static ERL_NIF_TERM name_##_inside(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]); \
    ERL_NIF_TERM name_(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])                  \
    {                                                                                        \
        thread_enter();                                                                      \
        ERL_NIF_TERM t = name_##_inside(env, argc, argv);                                    \
        label_keep(NULL);                                                                    \
        thread_leave();                                                                      \
        return t;                                                                            \
    }                                                                                        \
    static ERL_NIF_TERM name_##_inside(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])

Nif nif_go_on;
Nif nif_do;
Nif nif_load;
Nif nif_call;
Nif nif_method;
Nif nif_get;
Nif nif_set;
Nif nif_raw_get;
Nif nif_set_metatable;
Nif nif_set_userdata;
Nif nif_resume;
Nif nif_answer;
Nif nif_trace;
Nif nif_encode;
Nif nif_decode;

/* Small ones (nif.c) ------------------------------------------------------------------- */

Nif nif_new;
Nif nif_is_paused;
Nif nif_limit;
Nif nif_limits;
Nif nif_sandbox;

/* Images, digests, many at once (whole.c) -------------------------------------------------- */

void image_destroy(ErlNifEnv *env, void *image);
Nif nif_save;
Nif nif_load_image;
Nif nif_digest;
Nif nif_diff;
Nif nif_map;
Nif nif_memory;
Nif nif_collect;

#endif
