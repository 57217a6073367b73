/* SPDX-License-Identifier: MIT */
/*
 * Threads that walk through the same states, timelines and maps, and die on the way.
 *
 * A world has frames that are numbered; what the digest is after each of them, and in the
 * middle of each, is worked out first, on one thread. Then threads take states from a pool that
 * all share and go on with them: by a call, in a timeline that the next thread takes over, in
 * slices of little steps, bytes, memory or time, through an image, from the middle of a frame,
 * with maps that are cancelled. Whatever they do, frame n has its digest. A thread ends after
 * some actions, and another one begins; one thread cancels and interrupts the others.
 *
 *     test_walk_threads          some seconds, for the tests
 *     WALK_THREADS=200           so many threads one after the other, in each walk
 */
#include <moonlet.h>

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { AT_ONCE = 4, ACTIONS = 25, POOL = 24, LINES = 6, FRAMES = 90, KEPT = 12, ITEMS = 6 };

static const char world[] =
    "S = require 'state'\n"
    "n, list, map, all = 0, {}, {}, {}\n"
    "weak = setmetatable({}, {__mode = 'k'})\n"
    "Thing = {} Thing.__index = Thing\n"
    "function Thing:hit(x) self.hp = self.hp - x return self.hp < 0 end\n"
    "local function live(self, x)\n"
    "  local own = 0\n"
    "  local function add(y) own = own + y return own end\n"
    "  while true do\n"
    "    self.log[#self.log % 7 + 1] = add(x)\n"
    "    if own % 5 == 0 then self[own] = tostring(own) .. self.name end\n"
    "    self, x = coroutine.yield(own)\n"
    "  end\n"
    "end\n"
    "function spawn(i)\n"
    "  return setmetatable({hp = i % 11 + 5, log = {}, name = ('x'):rep(i % 90),\n"
    "    co = coroutine.create(live)}, Thing)\n"
    "end\n"
    "for i = 1, 60 do all[i] = spawn(i) end\n"
    "function frame(x)\n"
    "  n = n + 1\n"
    "  for i = 1, 20 do\n"
    "    local at = (n * 7 + i * x) % #all + 1\n"
    "    local _, own = coroutine.resume(all[at].co, all[at], x)\n"
    "    if all[at]:hit(own % 3) then all[at] = spawn(n + i) end\n"
    "  end\n"
    "  if S.frozen(list) then list = {} end list[#list + 1] = {n, x}\n"
    "  if n % 40 == 0 then list = {} end\n"
    "  map['k' .. n % 50] = n % 3 > 0 and {n} or nil\n"
    "  weak[{}] = n\n"
    "  local was = host.keep(n)\n"
    "  was = was + S.fork(function() n = -1 all[1] = nil return {x} end)[1]\n"
    "  S.try(function() map.try = {n} if n % 2 == 0 then error() end end)\n"
    "  if n % 7 == 0 then snap = nil snap = S.snapshot() end\n"
    "  if n % 5 == 0 and snap then map.digest, map.diff = S.digest(snap), #S.diff(snap) end\n"
    "  if n % 11 == 0 then S.freeze({list}, true) end\n"
    "  all[was % #all + 1].was = was\n"
    "  return n\n"
    "end\n"
    "function item(x)\n"
    "  local t = {}\n"
    "  for i = 1, 300 * x do t[i % 50 + 1] = {i, tostring(i)} end\n"
    "  n = n * 100 + x\n"
    "  return n, x > 3 and {t[1][1]} or nil\n"
    "end\n"
    "function within(x)\n"
    "  local r, e = S.map(item, {x, x + 1}, {threads = 2})\n"
    "  return e == nil and r[1] + r[2] - n * 100 - x - 1\n"
    "end\n";

static uint64_t after[FRAMES + 1], amid[FRAMES + 1]; /* digests */
static uint64_t steps_of[FRAMES + 1];

typedef enum Where { AFTER, AMID, SLICED } Where; /* at its end, in host.keep, anywhere */

typedef struct Place {
    moonlet_state *s;
    unsigned frame; /* the last one that is done, or the one that is in the middle */
    Where where;
} Place;

typedef struct Line {
    moonlet_timeline *t;
    unsigned base; /* the frame in which it began */
} Line;

static Place pool[POOL];
static Line lines[LINES];
static pthread_mutex_t hand = PTHREAD_MUTEX_INITIALIZER;
static int stop[AT_ONCE]; /* what cancels and interrupts each thread */
static atomic_bool over;

typedef struct Walker {
    pthread_t thread;
    unsigned number;
    uint64_t seed;
} Walker;

static bool preparing;
static __thread bool keeping; /* whether host.keep gives its state to the pool */
static __thread Walker *self;

static unsigned random_below(unsigned below)
{
    self->seed = self->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(self->seed >> 33) % below;
}

static void must(bool good, const char *what, unsigned frame)
{
    if (good) return;
    fprintf(stderr, "%s, frame %u\n", what, frame);
    abort();
}

static moonlet_value input_of(unsigned frame) { return moonlet_number(1 + frame * 5 % 7); }

/* The pool ----------------------------------------------------------------------------- */

/* Takes the state over. */
static void put(moonlet_state *s, unsigned frame, Where where)
{
    pthread_mutex_lock(&hand);
    Place *p = &pool[random_below(POOL)];
    moonlet_state *old = p->s;
    *p = (Place){s, frame, where};
    pthread_mutex_unlock(&hand);
    moonlet_release(old);
}

static Place take(void)
{
    pthread_mutex_lock(&hand);
    Place p = pool[random_below(POOL)];
    moonlet_retain(p.s);
    pthread_mutex_unlock(&hand);
    return p;
}

static void put_after(moonlet_state *s, unsigned frame)
{
    must(moonlet_digest(s) == after[frame], "a frame has another digest", frame);
    put(s, frame, AFTER);
}

/* The host's --------------------------------------------------------------------------- */

static int host_keep(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double frame = 0;
    if (count) moonlet_to_number(args[0], &frame);
    if (preparing) amid[(unsigned)frame] = moonlet_digest(moonlet_context_state(c));
    if (keeping) put(moonlet_limit(moonlet_context_state(c), NULL), (unsigned)frame, AMID);
    return moonlet_return(c, args, count);
}

static const moonlet_entry entries[] = {{.name = "keep", .call = host_keep}, {.name = NULL}};
static const moonlet_library libraries[] = {{"host", entries}, {NULL, NULL}};
static const moonlet_image_host image_host = {.libraries = libraries};

/* What threads do ------------------------------------------------------------------------ */

/* Goes on without limits. */
static void go_on(void)
{
    Place p = take();
    moonlet_state *free = moonlet_limit(p.s, NULL);
    moonlet_value v = input_of(p.frame + 1), number = moonlet_number(p.frame);
    unsigned frame = p.where == AFTER ? p.frame + 1 : p.frame;
    moonlet_result r;
    if (p.where == AMID) {
        must(moonlet_digest(p.s) == amid[frame], "the middle has another digest", frame);
        r = moonlet_resume_with(free, &number, 1);
    } else if (p.where == SLICED) {
        r = moonlet_resume(free);
    } else if (p.frame == FRAMES) {
        r = moonlet_do(free, "");
        frame = FRAMES;
    } else {
        r = moonlet_call_function(free, "frame", &v, 1);
    }
    must(r.status == MOONLET_OK, "a frame fails", frame);
    put_after(r.state, frame);
    moonlet_release(free);
    moonlet_release(p.s);
}

static void look(void)
{
    Place p = take();
    moonlet_stack *stack = moonlet_stack_of(p.s, moonlet_nil(), 0, 20);
    must((stack->count > 0) == (p.where != AFTER), "a program stands somewhere", p.frame);
    moonlet_stack_release(stack);
    moonlet_memory(p.s, NULL);
    Place other = take();
    moonlet_release(moonlet_diff(p.s, other.s).state);
    moonlet_release(other.s);
    moonlet_release(p.s);
}

static void image(void)
{
    Place p = take();
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(p.s, NULL, &image_host, &message);
    must(i != NULL, message ? message : "an image", p.frame);
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *back = moonlet_image_load(bytes, length, NULL, &image_host, &message);
    must(back != NULL, message ? message : "an image", p.frame);
    moonlet_state *s = moonlet_image_state(back);
    must(moonlet_digest(s) == moonlet_digest(p.s), "what is loaded is the same", p.frame);
    put(s, p.frame, p.where);
    moonlet_image_release(back);
    moonlet_image_release(i);
    moonlet_release(p.s);
}

/* In slices, of which each ends somewhere; the last one anywhere, if there are too many. */
static void slices(void)
{
    Place p = take();
    moonlet_limits limits = {.interrupt = &stop[self->number]};
    switch (random_below(5)) {
    case 0: limits.steps = 30 + random_below(2000); break;
    case 1: limits.bytes = 2000 + random_below(200000); break;
    case 2: limits.nanoseconds = 1 + random_below(200000); break;
    case 3: limits.held = 1000 + random_below(2000000); break;
    default: break; /* interrupted, or not */
    }
    if (p.where == AMID || p.frame == FRAMES) {
        moonlet_release(p.s);
        return;
    }
    moonlet_state *s = moonlet_limit(p.s, &limits);
    moonlet_value v = input_of(p.frame + 1);
    unsigned frame = p.where == AFTER ? p.frame + 1 : p.frame;
    moonlet_result r =
        p.where == AFTER ? moonlet_call_function(s, "frame", &v, 1) : moonlet_resume(s);
    moonlet_release(s);
    uint64_t steps = r.steps;
    for (int n = 0; n < 60 && r.status == MOONLET_PAUSED; n++) {
        __atomic_store_n(&stop[self->number], 0, __ATOMIC_RELAXED);
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
        steps += r.steps;
    }
    /* What state.diff costs goes by what others keep; to measure what is held costs as well. */
    bool as_ever = frame % 5 > 0 && !limits.held;
    must(r.status != MOONLET_OK || p.where != AFTER || !as_ever || steps == steps_of[frame],
         "slices take other steps", frame);
    moonlet_release(p.s);
    s = moonlet_limit(r.state, NULL);
    moonlet_release(r.state);
    if (r.status == MOONLET_OK)
        put_after(s, frame);
    else if (r.status == MOONLET_PAUSED)
        put(s, frame, SLICED);
    else
        moonlet_release(s);
}

/* Items that were not cancelled have what they have. */
static void map(void)
{
    Place p = take();
    bool nested = random_below(3) == 0, own = random_below(2);
    moonlet_value inputs[ITEMS];
    for (unsigned i = 0; i < ITEMS; i++) inputs[i] = moonlet_number(i + 1);
    moonlet_limits limits = {.interrupt = &stop[self->number], .bytes = 1u << 27};
    moonlet_map_options options = {.threads = 1 + random_below(3),
                                   .give = random_below(3),
                                   .limits = own ? &limits : NULL,
                                   .cancel = own ? NULL : &stop[self->number]};
    __atomic_store_n(&stop[self->number], 0, __ATOMIC_RELAXED);
    moonlet_value f = moonlet_global(p.s, nested ? "within" : "item");
    moonlet_items all = moonlet_map(p.s, f, inputs, ITEMS, &options);
    unsigned n = p.where == AFTER ? p.frame : 0;
    for (unsigned i = 0; i < ITEMS; i++) {
        const moonlet_item *it = &all.items[i];
        double d = -1;
        if (it->status == MOONLET_OK && it->terms)
            d = moonlet_term_to_number(moonlet_term_item(it->terms, 0), -1);
        else if (it->status == MOONLET_OK)
            moonlet_to_number(it->values[0], &d);
        else
            must(it->limit == MOONLET_LIMIT_INTERRUPT,
                 it->error ? it->error->message : moonlet_limit_text(it->limit), p.frame);
        if (it->status == MOONLET_OK && p.where == AFTER)
            must(d == n * 100 + i + 1, "an item gives something else", p.frame);
    }
    moonlet_items_release(&all);
    moonlet_release(p.s);
}

static Line take_line(void)
{
    pthread_mutex_lock(&hand);
    unsigned at = random_below(LINES);
    Line line = lines[at];
    lines[at].t = NULL;
    pthread_mutex_unlock(&hand);
    if (line.t && random_below(8)) return line;
    moonlet_timeline_end(line.t);
    Place p = take();
    line = (Line){NULL, p.frame};
    if (p.where == AFTER) line.t = moonlet_timeline_begin(p.s, KEPT);
    moonlet_release(p.s);
    return line;
}

static void put_line(Line line)
{
    pthread_mutex_lock(&hand);
    unsigned at = random_below(LINES);
    moonlet_timeline *old = lines[at].t;
    lines[at] = line;
    pthread_mutex_unlock(&hand);
    moonlet_timeline_end(old);
}

static void step_line(const Line *line)
{
    moonlet_timeline *t = line->t;
    uint64_t now = moonlet_timeline_frame(t), oldest = moonlet_timeline_oldest(t), digest;
    unsigned frame = line->base + (unsigned)now;
    uint64_t some = oldest + random_below((unsigned)(now - oldest) + 1);
    switch (random_below(9)) {
    case 0: must(moonlet_timeline_back(t, some), "a kept frame is there", frame); break;
    case 1:
        must(moonlet_timeline_digest(t, some, &digest), "a digest of a kept frame", frame);
        must(digest == after[line->base + some], "a kept frame has another digest", frame);
        break;
    case 2: put_after(moonlet_timeline_state_at(t, some), line->base + (unsigned)some); break;
    case 3: put_after(moonlet_timeline_state(t), frame); break;
    default: {
        if (frame == FRAMES) break;
        moonlet_value v = input_of(frame + 1);
        moonlet_result r = moonlet_timeline_call(t, "frame", &v, 1);
        must(r.status == MOONLET_OK, "a frame of a timeline fails", frame + 1);
        if (random_below(2)) break;
        must(moonlet_timeline_digest(t, now + 1, &digest), "a digest of now", frame + 1);
        must(digest == after[frame + 1], "a timeline's frame has another digest", frame + 1);
    }
    }
}

static void timeline(void)
{
    Line line = take_line();
    for (unsigned i = 1 + random_below(30); line.t && i > 0; i--) step_line(&line);
    if (line.t) put_line(line);
}

static void rest(void)
{
    if (random_below(4))
        moonlet_idle(random_below(5000000));
    else
        moonlet_collect();
}

static void (*const actions[])(void) = {go_on,    go_on,    go_on,    look, image,
                                        slices,   slices,   slices,   map,  map,
                                        timeline, timeline, timeline, rest};

/* Threads -------------------------------------------------------------------------------- */

static void *walk(void *data)
{
    self = data;
    for (int i = 0; i < ACTIONS; i++) {
        keeping = random_below(3) == 0;
        actions[random_below(sizeof actions / sizeof *actions)]();
    }
    if (random_below(2)) moonlet_thread_detach();
    return NULL;
}

/* Stops one after the other, whatever it does. */
static void *sabotage(void *data)
{
    for (unsigned n = 0; !over; n++) {
        __atomic_store_n(&stop[n * 7 % AT_ONCE], 1, __ATOMIC_RELAXED);
        nanosleep(&(struct timespec){.tv_nsec = 20000 + n * 7919 % 400000}, NULL);
    }
    return data;
}

static void prepare(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "host", entries);
    s = moonlet_next(s, &r);
    r = moonlet_do(s, world);
    ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->message : "paused");
    s = moonlet_next(s, &r);
    r.state = moonlet_set_image_host(s, &image_host);
    moonlet_release(s);
    s = r.state;
    for (unsigned i = 0; i < POOL; i++) pool[i] = (Place){moonlet_retain(s), 0, AFTER};
    after[0] = moonlet_digest(s);
    preparing = true;
    for (unsigned frame = 1; frame <= FRAMES; frame++) {
        moonlet_value v = input_of(frame);
        r = moonlet_call_function(s, "frame", &v, 1);
        ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->message : "paused");
        s = moonlet_next(s, &r);
        after[frame] = moonlet_digest(s);
        steps_of[frame] = r.steps;
    }
    preparing = false;
    moonlet_release(s);
}

static void give_up(void)
{
    for (unsigned i = 0; i < POOL; i++) moonlet_release(pool[i].s);
    for (unsigned i = 0; i < LINES; i++) moonlet_timeline_end(lines[i].t);
}

START_TEST(threads_that_come_and_go_find_what_one_thread_found)
{
    const char *many = getenv("WALK_THREADS");
    unsigned left = many ? (unsigned)atoi(many) : 24, round = 0;
    Walker first = {.seed = (uint64_t)_i + 1};
    Walker walkers[AT_ONCE];
    pthread_t saboteur;
    self = &first;
    prepare();
    ck_assert_int_eq(pthread_create(&saboteur, NULL, sabotage, NULL), 0);
    for (; left > 0; left -= left < AT_ONCE ? left : AT_ONCE, round++) {
        if (_i % 2 && left < 12) moonlet_limit_pauses(5);
        for (unsigned i = 0; i < AT_ONCE; i++) {
            walkers[i] = (Walker){.number = i, .seed = (uint64_t)_i * 1000 + round * 10 + i};
            ck_assert_int_eq(pthread_create(&walkers[i].thread, NULL, walk, &walkers[i]), 0);
        }
        for (unsigned i = 0; i < AT_ONCE; i++) pthread_join(walkers[i].thread, NULL);
    }
    over = true;
    pthread_join(saboteur, NULL);
    give_up();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("walk of threads");
    TCase *t = tcase_create("walk of threads");
    tcase_set_timeout(t, 300);
    const char *first = getenv("WALK_FIRST"), *last = getenv("WALK_LAST");
    tcase_add_loop_test(t, threads_that_come_and_go_find_what_one_thread_found,
                        first ? atoi(first) : 0, last ? atoi(last) : 4);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
