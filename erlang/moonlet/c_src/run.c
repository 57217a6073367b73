/* SPDX-License-Identifier: MIT */
/*
 * Runs in slices: a scheduler is held up for less than a millisecond, then others have their
 * turn.
 *
 *   begin -> slice -> slice ... -> finish      each arrow may go by enif_schedule_nif
 *
 * The budget of a slice is in steps, so that whatever a program does, it comes further with
 * each. How many make 50 us is measured now and then as it runs; when many others wait for
 * their turn, which shows in how long it had to wait itself, slices are of 12 us, so that
 * timers are not late. What cannot be cut into slices (compiling and decoding what is large)
 * goes to a dirty scheduler; so does what has just held up a normal one, and what takes more
 * than some slices: a pause makes a state, which is much work for a program that has made many
 * objects, and slices there are of 20 ms.
 *
 * However many runs take long, few are in the schedulers' queues, in which others' processes
 * would have to wait for all of them. A long run needs one of some places. Where all are taken
 * it sleeps, in Erlang code (moonlet_nif.erl), and asks again; who has a place then gives it up
 * after a slice of 1 ms. So others' dirty work, as the collection of large heaps, waits for no
 * more than these.
 *
 * A job is on the C stack as long as it can be; when it has to wait for its next turn it
 * moves into a resource, which ends it if the process does not live to see that.
 */
#include "nif.h"

#include <time.h>

enum {
    SLICE_NS = 50000, /* of processor time */
    SLICE_CROWDED_NS = 12000,
    CROWDED_NS = 2000000, /* between two turns */
    MEASURED = 8,         /* one turn of so many */
    TURNS_SHORT = 8,      /* of a run that is not taken for a long one */
    SLICE_DIRTY_NS = 20000000,
    SLICE_QUEUED_NS = 4000000, /* there, while more have places than schedulers are */
    SLICE_SHARED_NS = 1000000, /* ... while others wait for a place */
    PLACES = 8,                /* for each scheduler */
    ASKS = 4,                  /* so often who waits asks until it is its turn */
    SLEEP_MS_MAX = 1000,
    SLICE_MAX = 10000000, /* steps */
    SOURCE_SHORT = 8192,  /* bytes that are compiled on a normal scheduler */
    LOOKUP_STEPS = 1000000,
    COMMAND_TRIES = 1000
};
static const uint64_t beside_ns = 10000000000; /* beside a paused program, if nothing is set */

typedef struct Job {
    moonlet_result r;      /* so far; the state is the job's */
    Label *label;          /* of the state in which it began */
    moonlet_limits limits; /* which Erlang has set for that */
    uint64_t steps_left;   /* of these; UINT64_MAX: no limit */
    uint64_t deadline;     /* 0: none */
    uint64_t slice;        /* steps of the next */
    uint64_t wanted;       /* nanoseconds that it is to take */
    uint64_t waits_since;  /* for its turn */
    unsigned turns;        /* on this kind of scheduler */
    bool crowded;          /* many others want it */
    bool placed, waits;    /* has a place, waits for one */
    bool slow, sliced;
    unsigned mode;   /* TermsMode */
    Pending waiting; /* in the state, whatever the job does beside */
    Asked asked;
} Job;

static uint64_t now_ns(void) { return (uint64_t)enif_monotonic_time(ERL_NIF_NSEC); }

/* Of this thread: what else the machine has to do does not count. */
static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Places ------------------------------------------------------------------------------- */

static atomic_int places, waiting; /* those that are free, and who waits */
static int threads;                /* schedulers of a kind */

void run_init(void)
{
    ErlNifSysInfo info;
    enif_system_info(&info, sizeof info);
    threads = info.scheduler_threads > 0 ? info.scheduler_threads : 1;
    atomic_store(&places, PLACES * threads);
}

static bool place_take(Job *j)
{
    int free_ones = atomic_load(&places);
    while (free_ones > 0 && !atomic_compare_exchange_weak(&places, &free_ones, free_ones - 1))
        ;
    j->placed = free_ones > 0;
    if (j->placed && j->waits) atomic_fetch_sub(&waiting, 1);
    if (j->placed) j->waits = false;
    return j->placed;
}

static void place_leave(Job *j)
{
    if (j->placed) atomic_fetch_add(&places, 1);
    if (j->waits) atomic_fetch_sub(&waiting, 1);
    j->placed = j->waits = false;
}

/* {waits, Job, Milliseconds}: after these, Erlang is to call nif_go_on. Those who wait ask so
 * often that a place is not free for long, at times that are not the same for all. */
static ERL_NIF_TERM come_again(ErlNifEnv *env, ERL_NIF_TERM job)
{
    int others = atomic_load(&waiting);
    uint64_t turn = (uint64_t)others * (SLICE_SHARED_NS / 1000) / (uint64_t)threads / ASKS;
    uint64_t ms = turn / 2000 + now_ns() / 1000 % (turn + 1) / 1000;
    if (ms < 1) ms = 1;
    if (ms > SLEEP_MS_MAX) ms = SLEEP_MS_MAX;
    return enif_make_tuple3(env, atom_waits, job, enif_make_uint64(env, ms));
}

static void job_end(Job *j)
{
    place_leave(j);
    moonlet_release(j->r.state);
    label_release(j->label);
    free(j->asked.values);
    *j = (Job){.mode = AS_TERMS};
}

void job_destroy(ErlNifEnv *env, void *job)
{
    thread_enter();
    job_end(job);
    thread_leave();
}

/* Answers ------------------------------------------------------------------------------ */

static ERL_NIF_TERM limit_atom(moonlet_limit_kind kind)
{
    switch (kind) {
    case MOONLET_LIMIT_STEPS: return atom_steps;
    case MOONLET_LIMIT_BYTES: return atom_bytes;
    case MOONLET_LIMIT_TIME: return atom_time;
    case MOONLET_LIMIT_STACK: return atom_stack;
    case MOONLET_LIMIT_STRING: return atom_string;
    case MOONLET_LIMIT_HELD: return atom_memory;
    case MOONLET_LIMIT_INTERRUPT: return atom_interrupt;
    default: return atom_none;
    }
}

static ERL_NIF_TERM kind_atom(moonlet_error_kind kind)
{
    switch (kind) {
    case MOONLET_ERROR_SYNTAX: return atom_syntax;
    case MOONLET_ERROR_LIMIT: return atom_limit;
    case MOONLET_ERROR_MEMORY: return atom_memory;
    case MOONLET_ERROR_HOST: return atom_host;
    default: return atom_runtime;
    }
}

/* The state of the result, whose values are in it: it has a label of its own if some were
 * given to Erlang. Takes it from the job. */
static ERL_NIF_TERM give_state(ErlNifEnv *env, Job *j, Label *own, const Decoded *d,
                               const Pending *pending)
{
    moonlet_state *s = j->r.state;
    bool has_values = d->references && j->mode & AS_REFERENCES && j->r.status == MOONLET_OK;
    moonlet_state *answer = has_values ? moonlet_retain(s) : NULL;
    j->r.state = NULL;
    if (j->sliced) s = with_first_slice(s, &j->limits);
    Label *label = d->references ? own : j->label;
    ERL_NIF_TERM t = make_state(env, s, label, &j->limits, pending);
    if (!has_values) return t;
    State *given = get_state(env, t);
    given->answer = answer;
    given->values = j->r.values;
    given->count = j->r.count;
    return t;
}

static ERL_NIF_TERM wrapped(ErlNifEnv *env, const Decoded *d, ERL_NIF_TERM answer)
{
    return d->functions ? enif_make_tuple2(env, atom_wrap, answer) : answer;
}

static ERL_NIF_TERM text_of(ErlNifEnv *env, const char *text)
{
    return text ? make_text(env, text, strlen(text)) : atom_nil;
}

/* terms: what error_values have become, or no list. */
static ERL_NIF_TERM error_map(ErlNifEnv *env, const Job *j, ERL_NIF_TERM terms)
{
    const moonlet_error *e = j->r.error;
    ERL_NIF_TERM value = error_value(env, &terms);
    ERL_NIF_TERM keys[] = {atom_kind, atom_message, atom_traceback, atom_value,
                           atom_line, atom_chunk,   atom_limit};
    ERL_NIF_TERM values[] = {kind_atom(e->kind),
                             text_of(env, e->message),
                             text_of(env, e->traceback ? e->traceback : e->message),
                             value,
                             e->line ? enif_make_int(env, e->line) : atom_nil,
                             text_of(env, e->chunk),
                             limit_atom(j->r.limit)};
    size_t count = e->kind == MOONLET_ERROR_LIMIT ? 7 : 6;
    ERL_NIF_TERM map;
    enif_make_map_from_arrays(env, keys, values, count, &map);
    if (!(j->mode & AS_REFERENCES) || !enif_is_list(env, terms)) return map;
    enif_make_map_put(env, map, atom_cause, error_cause(env, &e->cause, &terms), &map);
    enif_make_map_put(env, map, atom_frames, error_frames(env, e, &terms), &map);
    return map;
}

static ERL_NIF_TERM schedule(ErlNifEnv *env, Job *j, bool dirty);

/* (The message says what is not decoded.) */
static ERL_NIF_TERM give_error(ErlNifEnv *env, Job *j)
{
    size_t count;
    Label *own = label_new(j->label);
    moonlet_value *v = error_values(j->r.error, j->mode & AS_REFERENCES, &count);
    Decoded d = decode_values(env, j->r.state, v, count, own, j->mode);
    free(v);
    ERL_NIF_TERM t;
    if (d.is_long) {
        t = schedule(env, j, true);
    } else {
        ERL_NIF_TERM error = error_map(env, j, d.refused ? atom_nil : d.term);
        ERL_NIF_TERM state = give_state(env, j, own, &d, NULL);
        t = wrapped(env, &d, enif_make_tuple3(env, atom_error, error, state));
    }
    label_release(own);
    return t;
}

/* An error that is none of a run. */
static ERL_NIF_TERM give_refusal(ErlNifEnv *env, Job *j, const char *why, ERL_NIF_TERM kind)
{
    Decoded d = {.functions = false};
    ERL_NIF_TERM keys[] = {atom_kind, atom_message, atom_traceback, atom_value};
    ERL_NIF_TERM text = text_of(env, why), map;
    ERL_NIF_TERM values[] = {kind, text, text, text};
    enif_make_map_from_arrays(env, keys, values, 4, &map);
    ERL_NIF_TERM state = give_state(env, j, j->label, &d, NULL);
    return enif_make_tuple3(env, atom_error, map, state);
}

static bool any_object(const moonlet_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (moonlet_type_of(values[i]) >= MOONLET_TABLE) return true;
    return false;
}

/* Values with a tag, and the state; or {callback, Fun, Arguments, State}. */
static ERL_NIF_TERM give_values(ErlNifEnv *env, Job *j, const moonlet_value *values,
                                size_t count, const Pending *pending)
{
    Label *own = any_object(values, count) ? label_new(j->label) : label_retain(j->label);
    Decoded d = decode_values(env, j->r.state, values, count, own, j->mode);
    ERL_NIF_TERM t;
    if (d.is_long)
        t = schedule(env, j, true);
    else if (d.refused)
        t = give_refusal(env, j, d.refused, atom_host);
    else
        t = wrapped(
            env, &d,
            enif_make_tuple3(env, atom_ok, d.term, give_state(env, j, own, &d, pending)));
    label_release(own);
    return t;
}

/* What the program that waits in the state has, which the job has come to. */
static Pending pending_of(const Job *j)
{
    Pending p = j->asked.pending;
    p.steps_left = j->steps_left;
    p.deadline = j->deadline;
    return p;
}

/* An Erlang function is to be called: values[0] is it. */
static ERL_NIF_TERM give_call(ErlNifEnv *env, Job *j)
{
    ERL_NIF_TERM fun;
    Asked *a = &j->asked;
    Pending pending = pending_of(j);
    if (!callback_term(env, j->r.state, a->values[0], &fun))
        return give_refusal(env, j, "what is called is no Erlang function", atom_host);
    Label *own = label_new(j->label);
    Decoded d = decode_values(env, j->r.state, a->values + 1, a->count - 1, own, j->mode);
    ERL_NIF_TERM t;
    if (d.is_long)
        t = schedule(env, j, true);
    else if (d.refused)
        t = give_refusal(env, j, d.refused, atom_host);
    else
        t = wrapped(env, &d,
                    enif_make_tuple4(env, atom_callback, fun, d.term,
                                     give_state(env, j, own, &d, &pending)));
    label_release(own);
    return t;
}

/* The text of an error, if it has one. */
static ERL_NIF_TERM message_of(ErlNifEnv *env, moonlet_value v)
{
    char text[256];
    size_t length;
    const char *bytes = moonlet_to_bytes(v, &length);
    if (!bytes) {
        bytes = moonlet_to_text(v, text, sizeof text);
        length = strlen(text);
    }
    return make_text(env, bytes, length);
}

static ERL_NIF_TERM nested_map(ErlNifEnv *env, const Uncaught *u, ERL_NIF_TERM terms)
{
    ERL_NIF_TERM message = message_of(env, u->error.value), map;
    ERL_NIF_TERM value = error_value(env, &terms);
    ERL_NIF_TERM keys[] = {atom_kind, atom_message, atom_traceback, atom_value};
    ERL_NIF_TERM values[] = {atom_runtime, message, message, value};
    enif_make_map_from_arrays(env, keys, values, 4, &map);
    if (enif_is_list(env, terms))
        enif_make_map_put(env, map, atom_cause, error_cause(env, &u->error.cause, &terms),
                          &map);
    return map;
}

/* What a nested call gave: true and its results, or false and an error. */
static ERL_NIF_TERM give_nested(ErlNifEnv *env, Job *j)
{
    Asked *a = &j->asked;
    Uncaught u;
    size_t count;
    Pending pending = pending_of(j);
    if (a->count && moonlet_is_true(a->values[0]))
        return give_values(env, j, a->values + 1, a->count - 1, &pending);
    callback_uncaught(j->r.state, a->count > 1 ? a->values[1] : moonlet_nil(), &u);
    Label *own = label_new(j->label);
    moonlet_value *v = error_values(&u.error, true, &count);
    if (!(j->mode & AS_REFERENCES)) count = 1;
    Decoded d = decode_values(env, j->r.state, v, count, own, j->mode);
    ERL_NIF_TERM t;
    if (d.is_long) {
        t = schedule(env, j, true);
    } else {
        if (!(j->mode & AS_REFERENCES)) u.error.cause.count = 0;
        ERL_NIF_TERM map = nested_map(env, &u, d.refused ? atom_nil : d.term);
        ERL_NIF_TERM state = give_state(env, j, own, &d, &pending);
        t = wrapped(env, &d, enif_make_tuple3(env, atom_error, map, state));
    }
    free(v);
    free(u.values);
    label_release(own);
    return t;
}

static ERL_NIF_TERM give_pause(ErlNifEnv *env, Job *j)
{
    Decoded d = {.functions = false};
    ERL_NIF_TERM limit = limit_atom(j->r.limit);
    ERL_NIF_TERM state = give_state(env, j, j->label, &d, NULL);
    return enif_make_tuple3(env, atom_paused, limit, state);
}

static bool has_asked(const Job *j)
{
    return j->r.status == MOONLET_PAUSED && j->r.limit == MOONLET_LIMIT_INTERRUPT &&
           j->asked.what != ASKED_NOTHING;
}

static ERL_NIF_TERM finish(ErlNifEnv *env, Job *j)
{
    ERL_NIF_TERM t;
    if (j->r.status == MOONLET_OK)
        t = give_values(env, j, j->r.values, j->r.count, &j->waiting);
    else if (j->r.status == MOONLET_FAILED)
        t = give_error(env, j);
    else if (!has_asked(j))
        t = give_pause(env, j);
    else
        t = j->asked.what == ASKED_CALL ? give_call(env, j) : give_nested(env, j);
    job_end(j);
    return t;
}

/* Slices ------------------------------------------------------------------------------- */

static void note_result(Job *j, moonlet_result r)
{
    moonlet_release(j->r.state);
    j->r = r;
    if (j->steps_left != UINT64_MAX)
        j->steps_left -= r.steps < j->steps_left ? r.steps : j->steps_left;
}

static bool must_go_on(const Job *j)
{
    return j->r.status == MOONLET_PAUSED && j->r.limit == MOONLET_LIMIT_STEPS && j->steps_left;
}

/* s with the limits of the next slice. (No steps would be no limit.) */
static moonlet_state *sliced(Job *j, const moonlet_state *s)
{
    moonlet_limits l = j->limits;
    l.steps = j->slice < j->steps_left ? j->slice : j->steps_left;
    if (!l.steps) l.steps = 1;
    if (j->deadline) {
        uint64_t now = now_ns();
        l.nanoseconds = now < j->deadline ? j->deadline - now : 1;
    }
    j->sliced = true;
    return moonlet_limit(s, &l);
}

static void run_slice(Job *j)
{
    moonlet_state *s = sliced(j, j->r.state);
    free(j->asked.values);
    callback_enter(&j->asked, NULL);
    note_result(j, moonlet_resume(s));
    callback_leave();
    moonlet_release(s);
}

/* So many steps that they take about as long as a slice is to. */
static void adapt(Job *j, uint64_t ns, uint64_t wanted)
{
    uint64_t steps = j->r.steps ? j->r.steps : 1;
    double next = (double)steps * (double)wanted / (double)(ns ? ns : 1);
    double most = 4.0 * (double)j->slice;
    if (next > most) next = most;
    if (next > SLICE_MAX) next = SLICE_MAX;
    j->slice = next < 1000 ? 1000 : (uint64_t)next;
}

static void consume(ErlNifEnv *env, uint64_t ns, uint64_t steps)
{
    uint64_t percent = 1 + ns / 10000 + steps / 1000;
    if (!on_dirty_scheduler()) enif_consume_timeslice(env, percent < 100 ? (int)percent : 100);
}

static ERL_NIF_TERM keep(ErlNifEnv *env, Job *j)
{
    Job *kept = enif_alloc_resource(type_of_job, sizeof *kept);
    *kept = *j;
    *j = (Job){.mode = AS_TERMS};
    ERL_NIF_TERM t = enif_make_resource(env, kept);
    enif_release_resource(kept);
    return t;
}

/* The next turn: here, or if the run is a long one in a place. */
static ERL_NIF_TERM take_turns(ErlNifEnv *env, Job *j)
{
    bool is_long = on_dirty_scheduler() || j->slow || j->turns >= TURNS_SHORT;
    if (!is_long) return schedule(env, j, false);
    bool has = j->placed && !atomic_load(&waiting);
    if (!has) place_leave(j);
    if (has || (!atomic_load(&waiting) && place_take(j))) return schedule(env, j, true);
    j->waits = true;
    atomic_fetch_add(&waiting, 1);
    return come_again(env, keep(env, j));
}

static ERL_NIF_TERM work(ErlNifEnv *env, Job *j)
{
    uint64_t began = must_go_on(j) ? cpu_ns() : 0, last = began, steps = j->r.steps;
    while (must_go_on(j)) {
        run_slice(j);
        uint64_t now = cpu_ns();
        adapt(j, now - last, j->wanted);
        j->slow = now - last > 10 * j->wanted;
        last = now;
        if (must_go_on(j) && now - began > j->wanted / 2) return take_turns(env, j);
    }
    consume(env, last - began, steps);
    return finish(env, j);
}

/* One slice, without asking for the processor's time; if it seems long, the next is measured.
 */
static ERL_NIF_TERM turn(ErlNifEnv *env, Job *j, uint64_t began)
{
    run_slice(j);
    if (now_ns() - began > 4 * j->wanted) j->turns += MEASURED - j->turns % MEASURED;
    if (must_go_on(j)) return take_turns(env, j);
    consume(env, j->wanted, 0);
    return finish(env, j);
}

static void want(Job *j, uint64_t ns)
{
    if (j->wanted == ns) return;
    double slice = (double)j->slice * (double)ns / (double)j->wanted;
    j->slice = slice < 1000 ? 1000 : slice > SLICE_MAX ? SLICE_MAX : (uint64_t)slice;
    j->wanted = ns;
}

static uint64_t dirty_slice(void)
{
    if (atomic_load(&waiting)) return SLICE_SHARED_NS;
    return PLACES * threads - atomic_load(&places) > threads ? SLICE_QUEUED_NS : SLICE_DIRTY_NS;
}

NIF(nif_go_on)
{
    void *job;
    if (!enif_get_resource(env, argv[0], type_of_job, &job)) return enif_make_badarg(env);
    bool waited = ((Job *)job)->waits, dirty = on_dirty_scheduler();
    if (waited && !place_take(job)) return come_again(env, argv[0]);
    Job j = *(Job *)job;
    *(Job *)job = (Job){.mode = AS_TERMS};
    if (waited) return schedule(env, &j, true);
    label_keep(j.label);
    uint64_t now = now_ns();
    j.crowded = !dirty && now - j.waits_since > CROWDED_NS;
    want(&j, dirty ? dirty_slice() : j.crowded ? SLICE_CROWDED_NS : SLICE_NS);
    return j.turns++ % MEASURED && !dirty ? turn(env, &j, now) : work(env, &j);
}

static ERL_NIF_TERM schedule(ErlNifEnv *env, Job *j, bool dirty)
{
    if (dirty != on_dirty_scheduler()) j->turns = 0;
    j->waits_since = now_ns();
    ERL_NIF_TERM t = keep(env, j);
    if (!on_dirty_scheduler()) enif_consume_timeslice(env, 100);
    return enif_schedule_nif(env, "moonlet", dirty ? ERL_NIF_DIRTY_JOB_CPU_BOUND : 0, nif_go_on,
                             1, &t);
}

/* Beginning ------------------------------------------------------------------------------ */

/* What a function of this file has been given. */
typedef struct Given {
    ErlNifEnv *env;
    const State *s;
    ERL_NIF_TERM term; /* of the state */
    unsigned mode;     /* TermsMode */
    uint64_t began;
} Given;

static unsigned mode_of(ERL_NIF_TERM mode)
{
    if (mode == atom_floats) return AS_REFERENCES | AS_FINITE | AS_FLOATS;
    return mode == atom_raw ? AS_REFERENCES | AS_FINITE : AS_TERMS;
}

static bool given(Given *g, ErlNifEnv *env, ERL_NIF_TERM state, ERL_NIF_TERM mode)
{
    *g = (Given){env, get_state(env, state), state, mode_of(mode), now_ns()};
    if (g->s) label_keep(g->s->label);
    return g->s != NULL;
}

/* A run that goes on after a call of an Erlang function has what its limits have left. */
static Job job_begin(const Given *g, moonlet_result r)
{
    Pending p = g->s->pending;
    if (!p.token) pending_begin(&p, &g->s->limits, g->began);
    Job j = {.label = label_retain(g->s->label),
             .limits = g->s->limits,
             .slice = SLICE_FIRST,
             .wanted = on_dirty_scheduler() ? SLICE_DIRTY_NS : SLICE_NS,
             .mode = g->mode,
             .steps_left = p.steps_left,
             .deadline = p.deadline};
    note_result(&j, r);
    return j;
}

/* The answer for what does not pause. */
static ERL_NIF_TERM answer(const Given *g, moonlet_result r)
{
    Job j = job_begin(g, r);
    if (r.status != MOONLET_PAUSED) return finish(g->env, &j);
    ERL_NIF_TERM t = give_refusal(
        g->env, &j, "a metamethod on the way takes too long, or waits", atom_limit);
    job_end(&j);
    return t;
}

static ERL_NIF_TERM again_dirty(ErlNifEnv *env, Nif *nif, int argc, const ERL_NIF_TERM argv[])
{
    return enif_schedule_nif(env, "moonlet", ERL_NIF_DIRTY_JOB_CPU_BOUND, nif, argc, argv);
}

/* A program that a limit has stopped is in the state: what runs beside it cannot be paused,
 * and so has a dirty scheduler for itself. */
static bool runs_beside(const State *s)
{
    return moonlet_is_paused(s->state) && !s->pending.token;
}

static moonlet_state *unsliced(const State *s, const moonlet_state *now, uint64_t steps)
{
    moonlet_limits l = s->limits;
    if (!l.steps || (steps && l.steps > steps)) l.steps = steps;
    if (!steps && !l.nanoseconds) l.nanoseconds = beside_ns;
    return moonlet_limit(now, &l);
}

static moonlet_result tell(Job *j, const Given *g, moonlet_state *now, const Command *command)
{
    bool limited = j->deadline || j->steps_left != UINT64_MAX;
    moonlet_result r = {.state = limited ? sliced(j, now) : moonlet_retain(now)};
    bool obeyed = false;
    for (int i = 0; i < COMMAND_TRIES && !obeyed; i++) {
        moonlet_state *s = r.state;
        callback_enter(&j->asked, command);
        r = moonlet_resume(s);
        obeyed = callback_leave() || r.status != MOONLET_PAUSED;
        moonlet_release(s);
    }
    return r;
}

/* Calls a function of the state `now`, which came of what is given; r is that of the first
 * slice. */
static ERL_NIF_TERM run_function(const Given *g, const moonlet_state *now, moonlet_value f,
                                 const moonlet_value *args, size_t count)
{
    Job j = job_begin(g, (moonlet_result){.state = NULL});
    moonlet_state *s = moonlet_retain(now);
    if (runs_beside(g->s)) {
        moonlet_release(s);
        s = unsliced(g->s, now, 0);
        j.sliced = true;
    }
    Command command = {COMMAND_CALL, g->s->pending, callback_pcall(now), f, count, args};
    moonlet_result r;
    if (g->s->pending.token) {
        r = tell(&j, g, s, &command);
    } else {
        callback_enter(&j.asked, NULL);
        r = moonlet_call(s, f, args, count);
        callback_leave();
    }
    note_result(&j, r);
    moonlet_release(s);
    return work(g->env, &j);
}

/* Sources -------------------------------------------------------------------------------- */

/* The function that a source is, as value 0; the chunk's name may be NULL. */
static moonlet_result load_source(const moonlet_state *s, const ErlNifBinary *source,
                                  const char *name)
{
    moonlet_chunk *c = moonlet_compile((char *)source->data, source->size, name, NULL);
    moonlet_result r;
    if (c) {
        r = moonlet_load_chunk(s, c);
        moonlet_chunk_release(c);
        return r;
    }
    char *text = take(source->size + 1); /* once more, for all that is known of the error */
    memcpy(text, source->data, source->size);
    text[source->size] = 0;
    r = moonlet_load(s, text);
    free(text);
    return r;
}

/* (State, Source, Mode), or with the chunk's name, `@file` and a zero, or none. */
static ERL_NIF_TERM with_source(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[], bool run,
                                Nif *nif)
{
    Given g;
    ErlNifBinary source, name = {.data = NULL};
    if (!given(&g, env, argv[0], argv[2]) || !enif_inspect_binary(env, argv[1], &source))
        return enif_make_badarg(env);
    bool named = argc > 3 && enif_inspect_binary(env, argv[3], &name);
    if (argc > 3 && (named ? !name.size || name.data[name.size - 1] : argv[3] != atom_none))
        return enif_make_badarg(env);
    bool is_long = source.size > SOURCE_SHORT || (run && runs_beside(g.s));
    if (is_long && !on_dirty_scheduler()) return again_dirty(env, nif, argc, argv);
    moonlet_result r = load_source(g.s->state, &source, (const char *)name.data);
    if (!run || r.status != MOONLET_OK) return answer(&g, r);
    ERL_NIF_TERM t = run_function(&g, r.state, r.values[0], NULL, 0);
    moonlet_release(r.state);
    return t;
}

NIF(nif_do) { return with_source(env, argc, argv, true, nif_do); }
NIF(nif_load) { return with_source(env, argc, argv, false, nif_load); }

/* Calls ---------------------------------------------------------------------------------- */

/* The terms as values; or what is to be answered instead. */
static bool encoded(const Given *g, ERL_NIF_TERM list, Values *v, Nif *nif, int argc,
                    const ERL_NIF_TERM argv[], ERL_NIF_TERM *answer)
{
    switch (encode_values(g->env, g->s, list, v)) {
    case ENCODED: return true;
    case ENCODED_LONG: *answer = again_dirty(g->env, nif, argc, argv); return false;
    default: *answer = enif_make_badarg(g->env); return false;
    }
}

/* By keys from the globals, or from a value. What that needs may run metamethods: again with
 * more steps if they are many. */
static moonlet_result look_up(const Given *g, const moonlet_state *now,
                              const moonlet_value *from, const moonlet_value *keys,
                              size_t count)
{
    moonlet_value v = from ? *from : moonlet_globals(now);
    moonlet_result r = moonlet_get_keys(now, v, keys, count);
    if (r.status != MOONLET_PAUSED && r.limit == MOONLET_LIMIT_NONE) return r;
    moonlet_release(r.state);
    moonlet_state *s = unsliced(g->s, now, LOOKUP_STEPS);
    r = moonlet_get_keys(s, v, keys, count);
    moonlet_release(s);
    return r;
}

static ERL_NIF_TERM call_found(const Given *g, const Values *v, size_t keys)
{
    moonlet_result r = look_up(g, v->state, NULL, v->values, keys);
    if (r.status != MOONLET_OK) return answer(g, r);
    ERL_NIF_TERM t = run_function(g, r.state, r.values[0], v->values + keys, v->count - keys);
    moonlet_release(r.state);
    return t;
}

/* (State, Keys, List, Mode): of the list, so many items are keys from the globals, and the
 * others arguments; with 0 the first is the function. */
NIF(nif_call)
{
    Given g;
    Values v;
    unsigned keys;
    ERL_NIF_TERM t;
    if (!given(&g, env, argv[0], argv[3]) || !enif_get_uint(env, argv[1], &keys))
        return enif_make_badarg(env);
    if (runs_beside(g.s) && !on_dirty_scheduler())
        return again_dirty(env, nif_call, argc, argv);
    if (!encoded(&g, argv[2], &v, nif_call, argc, argv, &t)) return t;
    if (v.count < keys || !v.count)
        t = enif_make_badarg(env);
    else if (keys)
        t = call_found(&g, &v, keys);
    else
        t = run_function(&g, v.state, v.values[0], v.values + 1, v.count - 1);
    values_release(&v);
    return t;
}

/* The object is found, the first of the arguments is the name. */
static ERL_NIF_TERM call_method_of(const Given *g, const moonlet_state *now,
                                   moonlet_value object, const moonlet_value *args,
                                   size_t count)
{
    moonlet_result r = look_up(g, now, &object, args, 1);
    if (r.status != MOONLET_OK) return answer(g, r);
    moonlet_value few[VALUES_INLINE + 1], *all = few;
    if (count > VALUES_INLINE) all = take(count * sizeof *all);
    memcpy(all, args, count * sizeof *all);
    all[0] = object;
    ERL_NIF_TERM t = run_function(g, r.state, r.values[0], all, count);
    moonlet_release(r.state);
    if (all != few) free(all);
    return t;
}

/* (State, Keys, List, Mode): keys to the object, or with 0 the object; then the name of
 * the method, and the arguments. */
NIF(nif_method)
{
    Given g;
    Values v;
    unsigned keys;
    ERL_NIF_TERM t;
    if (!given(&g, env, argv[0], argv[3]) || !enif_get_uint(env, argv[1], &keys))
        return enif_make_badarg(env);
    if (runs_beside(g.s) && !on_dirty_scheduler())
        return again_dirty(env, nif_method, argc, argv);
    if (!encoded(&g, argv[2], &v, nif_method, argc, argv, &t)) return t;
    size_t first = keys ? keys : 1;
    moonlet_result r = {.state = NULL};
    if (v.count <= first) {
        t = enif_make_badarg(env);
    } else if (!keys) {
        t = call_method_of(&g, v.state, v.values[0], v.values + 1, v.count - 1);
    } else {
        r = look_up(&g, v.state, NULL, v.values, keys);
        if (r.status == MOONLET_OK)
            t = call_method_of(&g, r.state, r.values[0], v.values + first, v.count - first);
        else
            t = answer(&g, r);
        if (r.status == MOONLET_OK) moonlet_release(r.state);
    }
    values_release(&v);
    return t;
}

/* Tables --------------------------------------------------------------------------------- */

/* Nothing has run: the state is the one that was given. */
static ERL_NIF_TERM same_state(const Given *g, moonlet_result r)
{
    Decoded d = decode_values(g->env, r.state, r.values, r.count, g->s->label, g->mode);
    if (d.is_long) return answer(g, r);
    moonlet_release(r.state);
    if (!d.refused)
        return wrapped(g->env, &d, enif_make_tuple3(g->env, atom_ok, d.term, g->term));
    Job j = job_begin(g, (moonlet_result){.state = moonlet_retain(g->s->state)});
    ERL_NIF_TERM t = give_refusal(g->env, &j, d.refused, atom_host);
    job_end(&j);
    return t;
}

/* The state stays what it was but for its world: what waits in it goes on waiting. */
static ERL_NIF_TERM answer_waiting(const Given *g, moonlet_result r)
{
    if (r.status != MOONLET_OK || !g->s->pending.token) return answer(g, r);
    Job j = job_begin(g, r);
    j.waiting = g->s->pending;
    return finish(g->env, &j);
}

/* (State, From, List, Mode): a value by keys, from the globals, or from the first of the list.
 */
NIF(nif_get)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    unsigned from;
    if (!given(&g, env, argv[0], argv[3]) || !enif_get_uint(env, argv[1], &from) || from > 1)
        return enif_make_badarg(env);
    if (!encoded(&g, argv[2], &v, nif_get, argc, argv, &t)) return t;
    if (v.count <= from) {
        t = enif_make_badarg(env);
    } else {
        moonlet_result r =
            look_up(&g, v.state, from ? v.values : NULL, v.values + from, v.count - from);
        bool same = r.status == MOONLET_OK && !r.steps && v.state == g.s->state;
        t = same ? same_state(&g, r) : answer_waiting(&g, r);
    }
    values_release(&v);
    return t;
}

static moonlet_result put_at(const Given *g, const Values *v, unsigned from)
{
    moonlet_value t = from ? v->values[0] : moonlet_globals(v->state);
    const moonlet_value *keys = v->values + from, *last = v->values + v->count - 1;
    moonlet_state *s = unsliced(g->s, v->state, LOOKUP_STEPS);
    moonlet_result r = moonlet_set_keys(s, t, keys, (size_t)(last - keys), *last);
    moonlet_release(s);
    r.state = with_first_slice(r.state, &g->s->limits);
    r.count = r.status == MOONLET_OK ? 0 : r.count;
    return r;
}

/* The same with the new value at the end of the list. */
NIF(nif_set)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    unsigned from;
    if (!given(&g, env, argv[0], argv[3]) || !enif_get_uint(env, argv[1], &from) || from > 1)
        return enif_make_badarg(env);
    if (!encoded(&g, argv[2], &v, nif_set, argc, argv, &t)) return t;
    if (v.count < from + 2)
        t = enif_make_badarg(env);
    else
        t = answer_waiting(&g, put_at(&g, &v, from));
    values_release(&v);
    return t;
}

/* (State, From, List): what keys lead to without metamethods, from the first of the list, or
 * from its metatable if From is 1. */
NIF(nif_raw_get)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    unsigned from;
    if (!given(&g, env, argv[0], atom_raw) || !enif_get_uint(env, argv[1], &from) || from > 1)
        return enif_make_badarg(env);
    if (!encoded(&g, argv[2], &v, nif_raw_get, argc, argv, &t)) return t;
    moonlet_value found = v.count ? v.values[0] : moonlet_nil();
    if (from) found = moonlet_metatable(v.state, found);
    for (size_t i = 1; i < v.count; i++)
        found = moonlet_type_of(found) == MOONLET_TABLE
                    ? moonlet_raw_get(v.state, found, v.values[i])
                    : moonlet_nil();
    moonlet_state *same = moonlet_retain(v.state);
    t = same_state(&g, (moonlet_result){.state = same, .count = 1, .values = &found});
    values_release(&v);
    return t;
}

typedef moonlet_result PairFn(const moonlet_state *s, moonlet_value a, moonlet_value b);

/* (State, [A, B]): a state in which something has been done to A. */
static ERL_NIF_TERM with_pair(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[], PairFn *act,
                              Nif *nif)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    if (!given(&g, env, argv[0], atom_raw)) return enif_make_badarg(env);
    if (!encoded(&g, argv[1], &v, nif, argc, argv, &t)) return t;
    if (v.count != 2)
        t = enif_make_badarg(env);
    else
        t = answer_waiting(&g, act(v.state, v.values[0], v.values[1]));
    values_release(&v);
    return t;
}

/* [Value, Metatable]; [Userdata, one with another term] */
NIF(nif_set_metatable)
{
    return with_pair(env, argc, argv, moonlet_set_metatable, nif_set_metatable);
}
NIF(nif_set_userdata) { return with_pair(env, argc, argv, callback_put, nif_set_userdata); }

/* Going on --------------------------------------------------------------------------------- */

/* (State, Mode) */
NIF(nif_resume)
{
    Given g;
    if (!given(&g, env, argv[0], argv[1])) return enif_make_badarg(env);
    Job j = job_begin(&g, (moonlet_result){.state = NULL});
    callback_enter(&j.asked, NULL);
    moonlet_result r = moonlet_resume(g.s->state);
    callback_leave();
    note_result(&j, r);
    return work(env, &j);
}

/* (State, return | throw, List, Mode, Origin): to the program that waits in the state for an
 * Erlang function, what that gave; the state came of Origin, which it was given. */
NIF(nif_answer)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    const State *origin = get_state(env, argv[4]);
    if (!given(&g, env, argv[0], argv[3]) || !origin) return enif_make_badarg(env);
    if (!g.s->pending.token || g.s->pending.token != origin->pending.token)
        return enif_make_badarg(env);
    if (!encoded(&g, argv[2], &v, nif_answer, argc, argv, &t)) return t;
    Job j = job_begin(&g, (moonlet_result){.state = NULL});
    bool throws = argv[1] == atom_throw;
    Command command = {throws ? COMMAND_THROW : COMMAND_RETURN,
                       g.s->pending,
                       moonlet_nil(),
                       moonlet_nil(),
                       v.count,
                       v.values};
    if (throws && !v.count) {
        t = enif_make_badarg(env);
        job_end(&j);
    } else {
        note_result(&j, tell(&j, &g, v.state, &command));
        t = work(env, &j);
    }
    values_release(&v);
    return t;
}

/* (State, [Fun] | []): a state in which a function of Erlang is told of each call, return and
 * line, or none. */
NIF(nif_trace)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    if (!given(&g, env, argv[0], atom_raw)) return enif_make_badarg(env);
    if (runs_beside(g.s) && !on_dirty_scheduler())
        return again_dirty(env, nif_trace, argc, argv);
    if (!encoded(&g, argv[1], &v, nif_trace, argc, argv, &t)) return t;
    if (v.count > 1)
        t = enif_make_badarg(env);
    else
        t = run_function(&g, v.state, callback_trace(v.state), v.values, v.count);
    values_release(&v);
    return t;
}

/* Values by themselves --------------------------------------------------------------------- */

/* (State, Terms): the list of them as values, by reference. */
NIF(nif_encode)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    if (!given(&g, env, argv[0], atom_raw)) return enif_make_badarg(env);
    if (!encoded(&g, argv[1], &v, nif_encode, argc, argv, &t)) return t;
    if (v.state == g.s->state) {
        Decoded d = decode_values(env, v.state, v.values, v.count, g.s->label, g.mode);
        values_release(&v);
        return enif_make_tuple3(env, atom_ok, d.term, g.term);
    }
    return answer_waiting(
        &g, (moonlet_result){.state = v.state, .count = v.count, .values = v.values});
}

/* (State, List of values, Mode): as terms, for Luerl. */
NIF(nif_decode)
{
    Given g;
    Values v;
    ERL_NIF_TERM t;
    if (!given(&g, env, argv[0], argv[2])) return enif_make_badarg(env);
    unsigned mode = g.mode & ~(unsigned)AS_REFERENCES;
    if (!encoded(&g, argv[1], &v, nif_decode, argc, argv, &t)) return t;
    Decoded d = decode_values(env, v.state, v.values, v.count, g.s->label, mode);
    if (d.is_long)
        t = again_dirty(env, nif_decode, argc, argv);
    else if (d.refused)
        t = enif_make_tuple2(env, atom_error, text_of(env, d.refused));
    else
        t = wrapped(env, &d, enif_make_tuple3(env, atom_ok, d.term, g.term));
    values_release(&v);
    return t;
}
