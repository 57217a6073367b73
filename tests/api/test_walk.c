/* SPDX-License-Identifier: MIT */
/*
 * Random walks through the public functions, each of which meets what the others have made.
 *
 * A pool has states of all sorts: fresh, failed, paused, loaded, imported into, sandboxed,
 * taken from timelines, recordings, maps and debuggers. Each step takes some of them and calls
 * one function of moonlet.h, in a way that can be checked: an image loads as an equal state, a
 * timeline comes to what states come to, a replay has the digest of the run, a map gives the
 * same whatever the threads. After each step every state of the pool must have the digest that
 * it had.
 *
 * WALK_STEPS in the environment is how many steps a walk has.
 */
#include "moonlet.h"
#include "random_program.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

enum { POOL = 20, RUN_STEPS = 30000 };

typedef struct Walk {
    moonlet_state *states[POOL];
    uint64_t digests[POOL];
    unsigned count;
    moonlet_state *first;
    Program program;
    const char *doing; /* for messages */
} Walk;

static unsigned random_below(Walk *w, unsigned below)
{
    return program_random(&w->program, below);
}

static moonlet_state *pick(Walk *w) { return w->states[random_below(w, w->count)]; }

/* Takes the state over. */
static void add(Walk *w, moonlet_state *s)
{
    unsigned i = w->count < POOL ? w->count++ : random_below(w, POOL);
    moonlet_release(w->states[i]);
    w->states[i] = s;
    w->digests[i] = moonlet_digest(s);
}

static void add_limited(Walk *w, moonlet_state *s, uint64_t steps)
{
    moonlet_limits limits = {.steps = steps, .nanoseconds = 20000000000u};
    add(w, moonlet_limit(s, &limits));
    moonlet_release(s);
}

static void assert_equal(Walk *w, const moonlet_state *a, const moonlet_state *b)
{
    ck_assert_msg(moonlet_digest(a) == moonlet_digest(b), "%s: worlds differ after\n%s",
                  w->doing, w->program.text);
}

/* With few steps, or as many as a program of these takes. */
static moonlet_state *limited(Walk *w, const moonlet_state *s)
{
    moonlet_limits limits = {.steps = random_below(w, 3) ? RUN_STEPS : 1 + random_below(w, 400),
                             .nanoseconds = 20000000000u};
    return moonlet_limit(s, &limits);
}

/* A state in which nothing is paused. */
static moonlet_state *pick_idle(Walk *w)
{
    for (int i = 0; i < 10; i++) {
        moonlet_state *s = pick(w);
        if (!moonlet_is_paused(s)) return s;
    }
    return w->first;
}

/* The host ------------------------------------------------------------------------------ */

/* Calls Lua at once, on the C stack. */
static int host_call(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t results;
    if (!count) return moonlet_fail(c, "function expected");
    moonlet_status status =
        moonlet_context_call(c, args[0], args + 1, count - 1, &values, &results);
    return status == MOONLET_OK ? moonlet_return(c, values, results)
                                : moonlet_throw(c, values[0]);
}

static int host_then(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value first = moonlet_context_data(c), t = moonlet_context_new_table(c);
    moonlet_context_set_field(c, t, "first", first);
    for (size_t i = 0; i < count; i++) moonlet_context_set_index(c, t, (int64_t)i + 1, args[i]);
    return moonlet_return_one(c, t);
}

static int host_after(moonlet_context *c, const moonlet_value *args, size_t count)
{
    if (!count) return moonlet_fail(c, "function expected");
    return moonlet_call_then(c, args[0], args + 1, count - 1, host_then, args[0]);
}

static int host_pcall(moonlet_context *c, const moonlet_value *args, size_t count)
{
    if (!count) return moonlet_fail(c, "function expected");
    return moonlet_pcall_then(c, args[0], args + 1, count - 1, host_then, moonlet_number(1));
}

static int host_yield(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_yield_then(c, args, count, host_then, moonlet_text("yield"));
}

static int host_resume(moonlet_context *c, const moonlet_value *args, size_t count)
{
    if (!count) return moonlet_fail(c, "coroutine expected");
    return moonlet_resume_then(c, args[0], args + 1, count - 1, host_then, moonlet_nil());
}

/* Does something to the state that it is called in, and goes on in what has come of it. */
static int host_state(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args;
    const moonlet_state *now = moonlet_context_state(c);
    moonlet_result r = moonlet_do(now, "n1 = n1 + 1 list[#list + 1] = {n1} map.host = list");
    moonlet_state *pinned = moonlet_put_private(r.state, "host", moonlet_number((double)count));
    moonlet_value v = moonlet_global(pinned, "map");
    int answer = moonlet_return_state(c, pinned, &v, 1);
    moonlet_release(r.state);
    moonlet_release(pinned);
    return answer;
}

static void copy_counter(void *to, const void *from, size_t size) { memcpy(to, from, size); }

static bool save_counter(const void *bytes, moonlet_writer *write, void *context)
{
    write(context, bytes, sizeof(double));
    return true;
}

static bool load_counter(void *to, const char *bytes, size_t length)
{
    if (length != sizeof(double)) return false;
    memcpy(to, bytes, length);
    return true;
}

static const moonlet_type_info counter = {.name = "counter",
                                          .size = sizeof(double),
                                          .copy = copy_counter,
                                          .save = save_counter,
                                          .load = load_counter};

static int host_new(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args;
    double d = (double)count;
    return moonlet_return_one(c, moonlet_context_new_userdata(c, &counter, &d));
}

static int host_count(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double *d = count ? moonlet_context_userdata_write(c, args[0], &counter) : NULL;
    if (!d) return moonlet_bad_argument(c, 1, "counter expected");
    *d += 1;
    return moonlet_return_one(c, moonlet_number(*d));
}

static const moonlet_entry host_entries[] = {
    {.name = "call", .call = host_call},     {.name = "after", .call = host_after},
    {.name = "pcall", .call = host_pcall},   {.name = "yield", .call = host_yield},
    {.name = "resume", .call = host_resume}, {.name = "state", .call = host_state},
    {.name = "new", .call = host_new},       {.name = "count", .call = host_count},
    {.name = "then", .call = host_then},     {.name = NULL}};
static const moonlet_library libraries[] = {{"host", host_entries}, {NULL, NULL}};
static const moonlet_type_info *const types[] = {&counter, NULL};
static const moonlet_image_host image_host = {.libraries = libraries, .types = types};

/* What programs do with the host, and with states as values. */
static const char *const more_statements[] = {
    "pcall(host.call, function(a) n# = n# + a return a end, @)",
    "pcall(host.call, function(a) error('host@') end, @)",
    "pcall(function() list = host.after(function(a) n# = a return a, map end, @) end)",
    "list = host.pcall(function() if n# % 2 == 0 then error{n#} end return 1, 2 end)",
    "cos[#] = coroutine.create(function(a) while true do a = host.yield(a, n#) n# = n# + 1 end "
    "end)",
    "cos[#] = coroutine.create(function(a) local t = host.after(bodies[#], a % 9) map[a] = t "
    "end)",
    "pcall(function() map['k@'] = host.resume(cos[#], @) end)",
    "pcall(host.state, @)",
    "objs[#] = host.new(@)",
    "pcall(host.count, objs[#])",
    "for i = 1, 9 do pcall(host.count, objs[i]) end",
    "pcall(S.fork, function() n# = n# + 1 list[1] = {} return n#, list end)",
    "pcall(function() map.fork = S.fork(function() cos[#] = nil return {map, list, go} end) "
    "end)",
    "pcall(S.try, function() n# = n# + 1 if n# % 2 == 0 then error(n#) end return {n#} end)",
    "snaps[#] = S.snapshot()",
    "snaps[#] = nil",
    "if snaps[#] and n# % 3 == 0 then n# = n# + 1 pcall(S.restore, snaps[#], @, list) end",
    "pcall(function() list = S.map(function(x) n# = x return {x, map, host.new()} end, {1, 2, "
    "3}) end)",
    "pcall(function() list = S.map(function(x) for i = 1, 50 * x do n# = {i} end return {x, "
    "n#, "
    "map} end, {1, 2, 3, @, 2}, {threads = @ % 3}) end)",
    "pcall(function() local r, e = S.map(function(x) return S.map(bodies[x], {x, @}, {steps = "
    "300}) end, {2, 5, 9}, {progress = function(a) n# = a end}) list = {r, e} end)",
    "pcall(function() n# = $S.save() % 2 end)",
    "pcall(function() snaps[#] = S.load(S.save()) end)",
    "pcall(function() n# = $S.diff(snaps[#], snaps[#]) end)",
    "pcall(function() s# = S.digest() end)",
    "pcall(function() s# = string.dump(bodies[# % 8 + 1]) fns[#] = load(s#, '=d') s# = '' end)",
    "for i = 1, 9 do local o = objs[i] if type(o) == 'userdata' then map[o] = i end end",
    "setmetatable(map, {__mode = n# % 2 == 0 and 'k' or 'v'})",
    "objs[#] = setmetatable({}, {__gc = function(o) n# = n# + 1 list[1] = o end})",
    "collectgarbage()",
    "debug.sethook(function(e) n# = n# + 1 end, 'crl', @)",
    "debug.sethook()",
};

static moonlet_chunk *compile(Walk *w)
{
    enum { MORE = sizeof more_statements / sizeof *more_statements };
    program_make(&w->program);
    Program *p = &w->program;
    char *own = strstr(p->text, "error({n");
    if (own) p->length = (size_t)(own - p->text);
    for (unsigned n = random_below(w, 12); n > 0; n--)
        program_expand(p, more_statements[random_below(w, MORE)]);
    program_lengths(p);
    moonlet_chunk *c =
        moonlet_compile(w->program.text, strlen(w->program.text), "=random", NULL);
    ck_assert_ptr_nonnull(c);
    return c;
}

/* How far state.diff has to look depends on which states are kept, and so do its steps. */
static void assert_same_steps(const Walk *w, uint64_t a, uint64_t b)
{
    if (strstr(w->program.text, "S.diff")) return;
    ck_assert_msg(a == b, "%s: %llu steps and not %llu with\n%s", w->doing,
                  (unsigned long long)a, (unsigned long long)b, w->program.text);
}

/* The steps ---------------------------------------------------------------------------- */

static void run(Walk *w)
{
    moonlet_state *s = limited(w, pick(w));
    moonlet_chunk *c = compile(w);
    moonlet_result r = moonlet_call_chunk(s, c, NULL, 0), again;
    again = moonlet_call_chunk(s, c, NULL, 0);
    ck_assert_int_eq(r.status, again.status);

    assert_same_steps(w, r.steps, again.steps);
    assert_equal(w, r.state, again.state);
    moonlet_release(again.state);
    moonlet_chunk_release(c);
    moonlet_release(s);
    add(w, r.state);
}

static void resume(Walk *w)
{
    moonlet_state *s = limited(w, pick(w));
    moonlet_result r = moonlet_resume(s);
    if (!moonlet_is_paused(s)) ck_assert_int_eq(r.status, MOONLET_FAILED);
    moonlet_release(s);
    add(w, r.state);
}

static void image(Walk *w)
{
    moonlet_state *s = pick(w);
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, NULL, &image_host, &message);
    ck_assert_msg(i != NULL, "%s", message);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *back = moonlet_image_load(bytes, length, NULL, &image_host, &message);
    ck_assert_msg(back != NULL, "%s", message);
    moonlet_state *loaded = moonlet_image_state(back);
    assert_equal(w, s, loaded);
    moonlet_image *second = moonlet_image_save(loaded, NULL, &image_host, &message);
    ck_assert_int_eq(memcmp(moonlet_image_id(i), moonlet_image_id(second), 16), 0);
    moonlet_image_release(second);
    moonlet_image_release(back);
    moonlet_image_release(i);
    add_limited(w, loaded, RUN_STEPS);
}

/* A delta to a state, of one that has come of it by several runs, is loaded both with the base
 * and collapsed with it. */
static void delta(Walk *w)
{
    char *message = NULL;
    moonlet_state *first = pick(w), *last = moonlet_retain(first);
    for (unsigned n = random_below(w, 4); n > 0; n--) {
        moonlet_chunk *c = compile(w);
        moonlet_result r = moonlet_call_chunk(last, c, NULL, 0);
        moonlet_chunk_release(c);
        moonlet_release(last);
        last = r.state;
    }
    moonlet_image *base = moonlet_image_save(first, NULL, &image_host, &message);
    moonlet_image *change = moonlet_image_save(last, base, &image_host, &message);
    ck_assert_msg(change != NULL, "%s", message);
    if (!moonlet_image_is_delta(change)) { /* a program has restored what was loaded */
        moonlet_image_release(base);
        moonlet_image_release(change);
        add(w, last);
        return;
    }
    const char *bytes[2];
    size_t lengths[2];
    bytes[0] = moonlet_image_bytes(base, &lengths[0]);
    bytes[1] = moonlet_image_bytes(change, &lengths[1]);
    moonlet_image *back = moonlet_image_load(bytes[1], lengths[1], base, &image_host, &message);
    ck_assert_msg(back != NULL, "%s", message);
    moonlet_image *whole =
        moonlet_image_collapse(bytes, lengths, 2, NULL, &image_host, &message);
    ck_assert_msg(whole != NULL, "%s", message);
    moonlet_image *straight = moonlet_image_save(last, NULL, &image_host, &message);
    moonlet_state *loaded = moonlet_image_state(back);
    assert_equal(w, last, loaded);
    ck_assert_int_eq(memcmp(moonlet_image_id(whole), moonlet_image_id(straight), 16), 0);
    moonlet_image_release(base);
    moonlet_image_release(change);
    moonlet_image_release(back);
    moonlet_image_release(whole);
    moonlet_image_release(straight);
    add_limited(w, loaded, RUN_STEPS);
    add(w, last);
}

/* What a timeline's frames come to is what states come to, also after going back. */
static void timeline(Walk *w)
{
    moonlet_state *s = moonlet_retain(pick_idle(w));
    moonlet_result f =
        moonlet_do(s, "function frame(x) n1 = n1 + x list[#list + 1] = x go(cos[x % 9 + 1], x)"
                      " map['t' .. x] = object(x) return #list end");
    if (f.status != MOONLET_OK) {
        moonlet_release(f.state);
        moonlet_release(s);
        return;
    }
    s = moonlet_next(s, &f);
    moonlet_timeline *t = moonlet_timeline_begin(s, 8);
    unsigned frames = 1 + random_below(w, 12), back = random_below(w, frames + 1);
    uint64_t digests[16] = {moonlet_digest(s)};
    for (unsigned i = 1; i <= frames; i++) {
        moonlet_value x = moonlet_number(random_below(w, 20));
        moonlet_result r = moonlet_call_function(s, "frame", &x, 1);
        moonlet_result q = moonlet_timeline_call(t, "frame", &x, 1);
        ck_assert_int_eq(r.status == MOONLET_OK, q.status == MOONLET_OK);
        s = moonlet_next(s, &r);
        if (q.status != MOONLET_OK) frames = i - 1;
        digests[i] = moonlet_digest(s);
        uint64_t d;
        if (q.status == MOONLET_OK && random_below(w, 2)) {
            ck_assert(moonlet_timeline_digest(t, i, &d));
            ck_assert_uint_eq(d, digests[i]);
        }
    }
    if (back > frames) back = frames;
    if (back >= moonlet_timeline_oldest(t)) {
        moonlet_state *at = moonlet_timeline_state_at(t, back);
        ck_assert_uint_eq(moonlet_digest(at), digests[back]);
        add(w, at);
        ck_assert(moonlet_timeline_back(t, back));
        moonlet_state *now = moonlet_timeline_state(t);
        ck_assert_uint_eq(moonlet_digest(now), digests[back]);
        add(w, now);
    }
    moonlet_timeline_end(t);
    add(w, s);
}

static void record(Walk *w)
{
    moonlet_state *s = limited(w, pick_idle(w));
    moonlet_chunk *c = compile(w);
    moonlet_result f = moonlet_load_chunk(s, c), r, plain;
    moonlet_value function = moonlet_result_value(&f, 0);
    moonlet_record_options options = {.spacing =
                                          random_below(w, 2) ? 1 + random_below(w, 50) : 0};
    moonlet_recording *rec = moonlet_record(f.state, function, NULL, 0, &options, &r);
    plain = moonlet_call(f.state, function, NULL, 0);
    ck_assert_ptr_nonnull(rec);
    ck_assert_int_eq(r.status, plain.status);
    assert_same_steps(w, r.steps, plain.steps);
    assert_equal(w, r.state, plain.state);
    uint64_t steps = moonlet_recording_steps(rec);
    moonlet_state *end = moonlet_recording_state(rec, steps);
    assert_equal(w, end, r.state);
    moonlet_release(end);
    if (steps > 0) {
        uint64_t at = random_below(w, (unsigned)steps);
        moonlet_state *then = moonlet_recording_state(rec, at);
        moonlet_state *same = moonlet_recording_state(rec, at);
        ck_assert_ptr_nonnull(then);
        assert_equal(w, then, same);
        moonlet_release(same);
        add_limited(w, then, RUN_STEPS);
    }
    moonlet_recording_release(rec);
    moonlet_chunk_release(c);
    moonlet_release(plain.state);
    moonlet_release(f.state);
    moonlet_release(s);
    add(w, r.state);
}

/* Steps of a debugger, forth and back, and a change with which it goes on. */
static void debug(Walk *w)
{
    moonlet_state *s = limited(w, pick_idle(w));
    moonlet_chunk *c = compile(w);
    moonlet_result f = moonlet_load_chunk(s, c), r;
    moonlet_recording *rec =
        moonlet_record(f.state, moonlet_result_value(&f, 0), NULL, 0, NULL, &r);
    moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
    moonlet_break b = {.write = "n1"};
    moonlet_debugger_break(d, &b, NULL);
    /* What was stopped, or is changed, may go back to snapshots for ever. */
    bool ends = r.status != MOONLET_PAUSED && !strstr(w->program.text, "S.restore");
    moonlet_debugger_go_begin(d);
    uint64_t first = moonlet_digest(moonlet_debugger_state(d));
    for (unsigned i = 0; i < 6; i++) {
        bool back = random_below(w, 3) == 0 || !ends;
        moonlet_debugger_move(d, (moonlet_move)random_below(w, 4), back);
        moonlet_moment m = moonlet_debugger_moment(d);
        uint64_t here = moonlet_digest(moonlet_debugger_state(d));
        if (m.kind == MOONLET_AT_LINE && moonlet_debugger_move(d, MOONLET_MOVE_INTO, false)) {
            ck_assert(moonlet_debugger_move(d, MOONLET_MOVE_INTO, true));
            ck_assert_uint_eq(moonlet_digest(moonlet_debugger_state(d)), here);
        }
        if (ends && random_below(w, 4) == 0) {
            moonlet_result e = moonlet_evaluate(moonlet_debugger_state(d), NULL, "n2 = n2 + 1");
            if (e.status == MOONLET_OK) moonlet_debugger_change(d, e.state);
            moonlet_release(e.state);
        }
        add_limited(w, moonlet_retain(moonlet_debugger_state(d)), RUN_STEPS);
    }
    moonlet_debugger_go_begin(d);
    if (moonlet_debugger_moment(d).futures == 0 && !moonlet_debugger_moment(d).changed)
        ck_assert_uint_eq(moonlet_digest(moonlet_debugger_state(d)), first);
    moonlet_debugger_release(d);
    moonlet_recording_release(rec);
    moonlet_chunk_release(c);
    moonlet_release(f.state);
    moonlet_release(s);
    add(w, r.state);
}

static void map(Walk *w)
{
    enum { N = 6 };
    moonlet_state *s = limited(w, pick_idle(w));
    moonlet_chunk *c = compile(w);
    moonlet_result f = moonlet_load_chunk(s, c);
    moonlet_value inputs[N];
    for (unsigned i = 0; i < N; i++) inputs[i] = moonlet_number(i);
    moonlet_map_options options = {.threads = 1, .give = MOONLET_GIVE_STATES};
    moonlet_items one = moonlet_map(f.state, moonlet_result_value(&f, 0), inputs, N, &options);
    options.threads = 3;
    moonlet_items many = moonlet_map(f.state, moonlet_result_value(&f, 0), inputs, N, &options);
    ck_assert_uint_eq(one.failed, many.failed);
    assert_equal(w, one.state, many.state);
    for (unsigned i = 0; i < N; i++) {
        ck_assert_int_eq(one.items[i].status, many.items[i].status);
        ck_assert_uint_eq(one.items[i].steps, many.items[i].steps);
        assert_equal(w, one.items[i].state, many.items[i].state);
    }
    unsigned i = random_below(w, N);
    add(w, many.items[i].state);
    many.items[i].state = NULL;
    moonlet_items_release(&one);
    moonlet_items_release(&many);
    moonlet_chunk_release(c);
    moonlet_release(f.state);
    moonlet_release(s);
}

static void import(Walk *w)
{
    static const char *const names[] = {"list", "map", "fns", "cos", "objs", "ice", "bodies"};
    moonlet_state *from = pick(w), *to = pick(w);
    moonlet_value values[2];
    for (unsigned i = 0; i < 2; i++)
        values[i] = moonlet_global(from, names[random_below(w, sizeof names / sizeof *names)]);
    moonlet_result r = moonlet_import(to, from, values, 2, NULL);
    if (r.status == MOONLET_OK) {
        moonlet_result set = moonlet_set(r.state, "imported", moonlet_result_value(&r, 0));
        moonlet_release(r.state);
        r = set;
    }
    add(w, r.state);
}

static void look(Walk *w)
{
    moonlet_state *a = pick(w), *b = pick(w);
    moonlet_memory_use use = moonlet_memory(a, b);
    ck_assert_uint_le(use.shared, use.bytes);
    moonlet_result d = moonlet_diff(a, a);
    if (d.status == MOONLET_OK)
        ck_assert_uint_eq(moonlet_raw_length(d.state, moonlet_result_value(&d, 0)), 0);
    moonlet_release(d.state);
    d = moonlet_diff(a, b);
    moonlet_release(d.state);
    moonlet_result trace = moonlet_stacktrace(a);
    moonlet_release(trace.state);
    moonlet_stack *stack = moonlet_stack_of(a, moonlet_nil(), 0, 50);
    for (size_t i = 0; i < stack->count; i++) {
        moonlet_variables *v = moonlet_variables_of(a, &stack->places[i], 31, 0, 10);
        moonlet_variables_release(v);
        moonlet_result e = moonlet_evaluate(a, &stack->places[i], "n1 = n1 + #list return map");
        moonlet_release(e.state);
    }
    moonlet_stack_release(stack);
}

static void host_data(Walk *w)
{
    moonlet_state *s = pick(w);
    uint32_t pin;
    moonlet_state *pinned = moonlet_pin(s, moonlet_global(s, "map"), &pin);
    ck_assert(moonlet_equal(moonlet_pinned(pinned, pin), moonlet_global(s, "map")));
    moonlet_state *private = moonlet_put_private(pinned, "p", moonlet_global(s, "list"));
    ck_assert(moonlet_equal(moonlet_get_private(private, "p"), moonlet_global(s, "list")));
    moonlet_state *less = moonlet_delete_private(private, "p");
    assert_equal(w, less, pinned);
    moonlet_release(less);
    add(w, private);
    moonlet_state *free = moonlet_unpin(pinned, pin);
    ck_assert_int_eq(moonlet_type_of(moonlet_pinned(free, pin)), MOONLET_NIL);
    moonlet_release(pinned);
    add(w, free);
}

static void rule(Walk *w)
{
    moonlet_state *s = pick(w);
    switch (random_below(w, 4)) {
    case 0: add(w, moonlet_freeze(s, moonlet_global(s, "map"), random_below(w, 2))); break;
    case 1: add(w, moonlet_sandbox(s, NULL, NULL)); break;
    case 2: add(w, moonlet_freeze_libraries(s)); break;
    default: {
        moonlet_limits limits = {.steps = RUN_STEPS, .held = 20 << 20, .bytes = 50 << 20};
        add(w, moonlet_limit(s, &limits));
    }
    }
}

static void terms(Walk *w)
{
    moonlet_state *s = pick(w);
    char *message = NULL;
    moonlet_term *t = moonlet_externalize(s, &message);
    if (!t) {
        free(message);
        return;
    }
    moonlet_result r = moonlet_internalize(t);
    moonlet_term_free(t);
    if (r.status == MOONLET_OK)
        add_limited(w, r.state, RUN_STEPS);
    else
        moonlet_release(r.state);
}

static moonlet_limits slice_limits(Walk *w)
{
    enum { LEAST = 60 };
    moonlet_limits limits = {.steps = LEAST + random_below(w, 300)};
    unsigned choice = random_below(w, 6);
    if (choice < 2 && !strstr(w->program.text, "host.state")) /* which runs a state */
        limits = (moonlet_limits){.nanoseconds = 1000 + random_below(w, 300000)};
    if (choice == 2) limits = (moonlet_limits){.bytes = 200000 + random_below(w, 3000000)};
    return limits;
}

/* In slices of few steps, of little time or of few bytes, a program comes to the same end, with
 * as many steps in all. But no slice can end on the C stack. */
static void slices(Walk *w)
{
    enum { SLICES = 3000 };
    moonlet_state *first = pick_idle(w);
    moonlet_chunk *c = compile(w);
    moonlet_limits limits = slice_limits(w);
    moonlet_state *whole = moonlet_limit(first, NULL), *some = moonlet_limit(first, &limits);
    moonlet_result r = moonlet_call_chunk(some, c, NULL, 0);
    uint64_t steps = r.steps;
    for (unsigned n = 0; r.status == MOONLET_PAUSED && n < SLICES; n++) {
        moonlet_state *paused = r.state;
        if (random_below(w, 8) == 0) moonlet_collect();
        r = moonlet_resume(paused);
        moonlet_release(paused);
        steps += r.steps;
    }
    bool limited = r.status == MOONLET_FAILED && r.error->kind == MOONLET_ERROR_LIMIT;
    if (!limited && r.status != MOONLET_PAUSED) {
        moonlet_result all = moonlet_call_chunk(whole, c, NULL, 0);
        ck_assert_int_eq(all.status, r.status);
        assert_equal(w, all.state, r.state);
        assert_same_steps(w, steps, all.steps);
        moonlet_release(all.state);
    }
    moonlet_chunk_release(c);
    moonlet_release(whole);
    moonlet_release(some);
    add_limited(w, r.state, RUN_STEPS);
}

/* A run for which memory is too small says so, or goes well; what there was is as it was. */
static void little_memory(Walk *w)
{
    unsigned kilobytes = 1 + random_below(w, 300);
    moonlet_limits limits = {.steps = RUN_STEPS};
    if (random_below(w, 2))
        limits.bytes = (uint64_t)kilobytes << 10;
    else
        limits.held = (uint64_t)kilobytes << 10;
    moonlet_state *s = moonlet_limit(pick(w), &limits);
    moonlet_chunk *c = compile(w);
    moonlet_result r = moonlet_call_chunk(s, c, NULL, 0);
    for (int i = 0; i < 9 && r.status == MOONLET_PAUSED; i++) {
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    moonlet_chunk_release(c);
    moonlet_release(s);
    add_limited(w, r.state, RUN_STEPS);
}

/* Threads that do the same to the same state get the same. */
typedef struct Beside {
    const moonlet_state *s;
    const moonlet_chunk *c;
    unsigned first;
    uint64_t digest, steps;
    uint8_t id[16];
} Beside;

static void beside_one(Beside *b, unsigned what)
{
    switch (what % 4) {
    case 0: {
        moonlet_result r = moonlet_call_chunk(b->s, b->c, NULL, 0);
        b->digest = moonlet_digest(r.state);
        b->steps = r.steps;
        moonlet_release(r.state);
        break;
    }
    case 1: {
        char *message = NULL;
        moonlet_image *i = moonlet_image_save(b->s, NULL, &image_host, &message);
        ck_assert_msg(i != NULL, "%s", message);
        memcpy(b->id, moonlet_image_id(i), sizeof b->id);
        moonlet_image_release(i);
        break;
    }
    case 2: moonlet_release(moonlet_diff(b->s, b->s).state); break;
    default: moonlet_memory(b->s, NULL);
    }
}

static void *beside_thread(void *data)
{
    Beside *b = data;
    moonlet_thread_attach();
    for (unsigned i = 0; i < 4; i++) beside_one(b, b->first + i);
    moonlet_thread_detach();
    return NULL;
}

static void beside(Walk *w)
{
    enum { THREADS = 3 };
    moonlet_state *s = limited(w, pick(w));
    moonlet_chunk *c = compile(w);
    Beside all[THREADS + 1];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i <= THREADS; i++) all[i] = (Beside){.s = s, .c = c, .first = i};
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, beside_thread, &all[i]), 0);
    for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < 4; i++) beside_one(&all[THREADS], i);
    for (unsigned i = 0; i < THREADS; i++) {
        ck_assert_uint_eq(all[i].digest, all[THREADS].digest);
        assert_same_steps(w, all[i].steps, all[THREADS].steps);
        ck_assert_mem_eq(all[i].id, all[THREADS].id, sizeof all[i].id);
    }
    moonlet_chunk_release(c);
    moonlet_release(s);
}

/* A recording goes through bytes, and its moments are what they were. */
static void recorded_bytes(Walk *w)
{
    moonlet_state *s = limited(w, pick_idle(w));
    moonlet_chunk *c = compile(w);
    moonlet_result f = moonlet_load_chunk(s, c), r;
    moonlet_recording *rec =
        moonlet_record(f.state, moonlet_result_value(&f, 0), NULL, 0, NULL, &r);
    ck_assert_ptr_nonnull(rec);
    size_t length;
    char *message = NULL, *bytes = moonlet_recording_save(rec, &image_host, &length, &message);
    ck_assert_msg(bytes != NULL, "%s", message);
    moonlet_recording *back = moonlet_recording_load(bytes, length, &image_host, &message);
    ck_assert_msg(back != NULL, "%s", message);
    ck_assert_uint_eq(moonlet_recording_steps(back), moonlet_recording_steps(rec));
    for (int i = 0; i < 4; i++) {
        uint64_t at = random_below(w, (unsigned)moonlet_recording_steps(rec) + 1);
        moonlet_state *a = moonlet_recording_state(rec, at);
        moonlet_state *b = moonlet_recording_state(back, at);
        ck_assert_ptr_nonnull(a);
        ck_assert_ptr_nonnull(b);
        assert_equal(w, a, b);
        moonlet_release(a);
        add_limited(w, b, RUN_STEPS);
    }
    free(bytes);
    moonlet_recording_release(rec);
    moonlet_recording_release(back);
    moonlet_chunk_release(c);
    moonlet_release(f.state);
    moonlet_release(s);
    add(w, r.state);
}

/* A variable, or a field, of a paused program gets another value. */
static void assign(Walk *w)
{
    static const char *const paths[] = {"n1", "list", "map",     "i",
                                        "c",  "a",    "list[1]", "map.k1"};
    moonlet_state *s = pick(w);
    moonlet_stack *stack = moonlet_stack_of(s, moonlet_nil(), 0, 20);
    moonlet_state *result = NULL;
    for (size_t i = 0; i < stack->count; i++) {
        const char *path = paths[random_below(w, sizeof paths / sizeof *paths)];
        moonlet_value v =
            random_below(w, 2) ? moonlet_number(random_below(w, 9)) : moonlet_global(s, "map");
        moonlet_result r = moonlet_assign(s, &stack->places[i], path, v);
        if (r.status == MOONLET_OK && !result)
            result = r.state;
        else
            moonlet_release(r.state);
    }
    moonlet_stack_release(stack);
    if (result) add_limited(w, result, RUN_STEPS);
}

/* Keys and fields from the host's side, with metamethods and without. */
static void fields(Walk *w)
{
    static const char *const paths[] = {"list.1",    "map.k1", "objs.3.x",  "ice.2.x",
                                        "n1",        "",       "nowhere.x", "string.x",
                                        "snaps.1.2", "S.map"};
    moonlet_state *s = pick(w);
    const char *path = paths[random_below(w, sizeof paths / sizeof *paths)];
    moonlet_result got = moonlet_get(s, path);
    moonlet_value v = moonlet_result_value(&got, 0);
    moonlet_result set = moonlet_set(got.state, path, v);
    moonlet_value pairs[4] = {moonlet_text("of"), v, moonlet_number(1),
                              moonlet_global(s, "fns")};
    moonlet_result made = moonlet_new_table(set.state, pairs, 2);
    moonlet_value table = moonlet_result_value(&made, 0), key = moonlet_nil(), value;
    unsigned count = 0;
    while (moonlet_table_next(made.state, table, &key, &value)) count++;
    ck_assert_uint_le(count, 2);
    moonlet_result meta = moonlet_set_metatable(made.state, table, moonlet_global(s, "map"));
    moonlet_value keys[2] = {moonlet_text("map"), moonlet_text("made")};
    moonlet_result last =
        moonlet_set_keys(meta.state, moonlet_globals(meta.state), keys, 2, table);
    moonlet_release(got.state);
    moonlet_release(set.state);
    moonlet_release(made.state);
    moonlet_release(meta.state);
    add(w, last.state);
}

/* Values become terms, and values again. */
static void decoded(Walk *w)
{
    static const char *const names[] = {"list", "map", "ice", "n1", "s1", "objs", "cos", "fns"};
    moonlet_state *s = pick(w);
    moonlet_value v = moonlet_global(s, names[random_below(w, sizeof names / sizeof *names)]);
    moonlet_decode_options options = {.nodes = 5000, .bytes = 1 << 20, .depth = 50};
    moonlet_state *bounded = moonlet_set_decoding(s, &options);
    char *message = NULL;
    moonlet_term *t = moonlet_decode(bounded, v, MOONLET_DECODE_REFERENCES, &message);
    moonlet_release(bounded);
    if (!t) {
        ck_assert_ptr_nonnull(message);
        free(message);
        return;
    }
    moonlet_result r = moonlet_encode(s, t);
    if (r.status == MOONLET_OK) {
        moonlet_result set = moonlet_set(r.state, "decoded", moonlet_result_value(&r, 0));
        moonlet_release(r.state);
        r = set;
    }
    moonlet_term_free(t);
    add(w, r.state);
}

/* A map on processes gives what one on threads does. */
static void processes(Walk *w)
{
    enum { N = 5 };
    moonlet_state *s = limited(w, pick_idle(w));
    moonlet_result f =
        moonlet_load(s, "local x = ... n1 = n1 + x list[1] = {x} return list, map, fns[x], x");
    moonlet_value inputs[N];
    for (unsigned i = 0; i < N; i++) inputs[i] = moonlet_number(i);
    moonlet_map_options options = {.threads = 2};
    moonlet_items here = moonlet_map(f.state, moonlet_result_value(&f, 0), inputs, N, &options);
    options.processes = 2;
    moonlet_items apart =
        moonlet_map(f.state, moonlet_result_value(&f, 0), inputs, N, &options);
    if (!here.failed && !apart.failed)
        for (unsigned i = 0; i < N; i++)
            ck_assert_uint_eq(here.items[i].steps, apart.items[i].steps);
    add(w, moonlet_retain(apart.state));
    moonlet_items_release(&here);
    moonlet_items_release(&apart);
    moonlet_release(f.state);
    moonlet_release(s);
}

/* Walks ---------------------------------------------------------------------------------- */

static void check_pool(Walk *w)
{
    for (unsigned i = 0; i < w->count; i++)
        ck_assert_msg(moonlet_digest(w->states[i]) == w->digests[i],
                      "state %u was changed by %s, with\n%s", i, w->doing, w->program.text);
}

static const struct {
    const char *name;
    void (*step)(Walk *w);
} ways[] = {{"run", run},
            {"run", run},
            {"run", run},
            {"resume", resume},
            {"resume", resume},
            {"image", image},
            {"delta", delta},
            {"timeline", timeline},
            {"record", record},
            {"debug", debug},
            {"map", map},
            {"import", import},
            {"host_data", host_data},
            {"look", look},
            {"rule", rule},
            {"terms", terms},
            {"slices", slices},
            {"little memory", little_memory},
            {"beside", beside},
            {"recorded bytes", recorded_bytes},
            {"assign", assign},
            {"fields", fields},
            {"decoded", decoded},
            {"processes", processes}};

START_TEST(walks_change_nothing_that_was)
{
    static Walk w;
    const char *steps = getenv("WALK_STEPS");
    w = (Walk){.program = {.seed = (uint64_t)_i}, .doing = "begin"};
    moonlet_state *s = moonlet_init();
    moonlet_result r =
        moonlet_do(s, "S = require 'state' R = debug.getregistry()['SNAPSHOT*']");
    s = moonlet_next(s, &r);
    r = moonlet_do(s, program_world);
    ck_assert_int_eq(r.status, MOONLET_OK);
    s = moonlet_next(s, &r);
    r = moonlet_do(s, "debug.getregistry()['SNAPSHOT*'] = R R = nil snaps = {}");
    s = moonlet_next(s, &r);
    r = moonlet_load_module(s, "host", host_entries);
    s = moonlet_next(s, &r);
    w.first = moonlet_set_image_host(s, &image_host);
    moonlet_release(s);
    add_limited(&w, moonlet_retain(w.first), RUN_STEPS);
    for (unsigned n = steps ? (unsigned)atoi(steps) : 60; n > 0; n--) {
        unsigned i = random_below(&w, sizeof ways / sizeof *ways);
        w.doing = ways[i].name;
        if (getenv("WALK_TELL")) fprintf(stderr, "%d %u %s\n", _i, n, w.doing);
        ways[i].step(&w);
        if (random_below(&w, 16) == 0) moonlet_collect();
        check_pool(&w);
    }
    for (unsigned i = 0; i < w.count; i++) moonlet_release(w.states[i]);
    moonlet_release(w.first);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("walk");
    TCase *t = tcase_create("walk");
    tcase_set_timeout(t, 300);
    const char *first = getenv("WALK_FIRST"), *last = getenv("WALK_LAST");
    tcase_add_loop_test(t, walks_change_nothing_that_was, first ? atoi(first) : 0,
                        last ? atoi(last) : 12);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
