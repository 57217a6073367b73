/* SPDX-License-Identifier: MIT */
/*
 * What states as values are good for, with figures: `make demo`.
 *
 * A world of 10 000 entities, whose behaviours are suspended coroutines (demo_world.lua), is
 * (a) forked into 10 000 evaluations, (b) rolled back and replayed, and (c) compared with
 * its copy in PUC Lua (demo_puc.lua, run by lua5.2). Every claim is checked; the exit
 * code is 1 if one does not hold.
 */
#include <moonlet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENTITIES = 10000, WARM_UP = 200, FORKS = 10000, FRAMES = 600, BACK = 60 };
enum { SAME_INPUT = 1, OTHER_INPUT = 5 };

static int failures;

/* Measuring and telling -------------------------------------------------------------- */

typedef struct Meter {
    double start_ns;
    uint64_t start_bytes;
} Meter;

/* Of the processor, all threads: as os.clock in demo_puc.lua. */
static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static Meter meter_start(void) { return (Meter){now_ns(), moonlet_bytes_allocated()}; }

static double meter_ns(Meter m, int n) { return (now_ns() - m.start_ns) / n; }

static double meter_bytes(Meter m, int n)
{
    return (double)(moonlet_bytes_allocated() - m.start_bytes) / n;
}

static void tell_time(double ns)
{
    if (ns < 10e3)
        printf("%8.0f ns", ns);
    else if (ns < 10e6)
        printf("%8.0f us", ns / 1e3);
    else
        printf("%8.0f ms", ns / 1e6);
}

static void tell(const char *what, double ns, double bytes)
{
    printf("  %-48s", what);
    tell_time(ns);
    if (bytes >= 10e3)
        printf("  %8.0f KB", bytes / 1e3);
    else if (bytes >= 0)
        printf("  %8.0f bytes", bytes);
    putchar('\n');
}

static void check(bool holds, const char *claim)
{
    printf("  %s: %s\n", holds ? "checked" : "FAILED", claim);
    if (!holds) failures++;
}

/* The world --------------------------------------------------------------------------- */

/* Calls a global of the world with up to two numbers; any failure ends the program. */
static moonlet_result call(const moonlet_state *s, const char *function, double a, double b)
{
    moonlet_value args[2] = {moonlet_number(a), moonlet_number(b)};
    moonlet_result r = moonlet_call_function(s, function, args, 2);
    if (r.status != MOONLET_OK) {
        fprintf(stderr, "demo: %s: %s\n", function, r.error ? r.error->traceback : "paused");
        exit(1);
    }
    return r;
}

/* The new world after a call; s is released. */
static moonlet_state *advance(moonlet_state *s, const char *function, double a, double b)
{
    moonlet_result r = call(s, function, a, b);
    return moonlet_next(s, &r);
}

/* The number a call answers; the world it leads to is forgotten. */
static double ask(const moonlet_state *s, const char *function, double a, double b)
{
    moonlet_result r = call(s, function, a, b);
    double d = 0;
    moonlet_to_number(moonlet_result_value(&r, 0), &d);
    moonlet_release(r.state);
    return d;
}

static moonlet_state *make_world(const char *directory)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/demo_world.lua", directory);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_dofile(s, path);
    if (r.status != MOONLET_OK) {
        fprintf(stderr, "demo: %s\n", r.error->message);
        exit(1);
    }
    s = moonlet_next(s, &r);
    s = advance(s, "build", ENTITIES, 0);
    return advance(s, "play", WARM_UP, SAME_INPUT);
}

/* (a) Forks --------------------------------------------------------------------------- */

static void time_bare_forks(const moonlet_state *world)
{
    static moonlet_state *kept[FORKS];
    Meter m = meter_start();
    for (int i = 0; i < FORKS; i++) kept[i] = moonlet_retain(world);
    tell("a fork, kept", meter_ns(m, FORKS), meter_bytes(m, FORKS));
    for (int i = 0; i < FORKS; i++) moonlet_release(kept[i]);

    m = meter_start();
    for (int i = 0; i < FORKS; i++) kept[i] = call(world, "nothing", 0, 0).state;
    tell("a fork that calls a function, kept", meter_ns(m, FORKS), meter_bytes(m, FORKS));
    for (int i = 0; i < FORKS; i++) moonlet_release(kept[i]);
}

/* Answers what a fork and its evaluation cost, in ns. */
static double show_forks(const moonlet_state *world, double digest)
{
    static double answers[FORKS];
    printf("\n(a) %d evaluations of one warm world, each in a fork of its own\n", FORKS);
    time_bare_forks(world);
    Meter m = meter_start();
    for (int i = 0; i < FORKS; i++) answers[i] = ask(world, "evaluate", i, 0);
    double ns = meter_ns(m, FORKS);
    tell("a fork that resumes 10 coroutines and decides", ns, meter_bytes(m, FORKS));
    int same = 0, distinct = 0;
    for (int i = FORKS - 1; i >= 0; i--) same += ask(world, "evaluate", i, 0) == answers[i];
    for (int i = 1; i < FORKS; i++) distinct += answers[i] != answers[i - 1];
    check(same == FORKS, "in the opposite order, each fork answers the same");
    check(distinct > FORKS / 2, "different inputs have different answers");
    check(ask(world, "digest", 0, 0) == digest, "the world itself is what it was");
    return ns;
}

/* (b) Rollback ------------------------------------------------------------------------ */

/* Runs one frame with the input of the variant. */
static moonlet_state *frame(moonlet_state *s, int variant)
{
    return advance(s, "play", 1, variant);
}

/* Plays frames from s, a snapshot after each: history[0..n]. Answers ns per frame. */
static double record(const moonlet_state *world, moonlet_state **history, int n)
{
    Meter m = meter_start();
    moonlet_state *s = moonlet_retain(world);
    history[0] = moonlet_retain(s);
    for (int i = 1; i <= n; i++) {
        s = frame(s, SAME_INPUT);
        history[i] = moonlet_retain(s);
        if (i > BACK) moonlet_release(history[i - BACK - 1]);
    }
    moonlet_release(s);
    double ns = meter_ns(m, n);
    tell("a frame, with a snapshot after it", ns, meter_bytes(m, n));
    return ns;
}

static double replay(const moonlet_state *from, int variant)
{
    moonlet_state *s = moonlet_retain(from);
    for (int i = 0; i < BACK; i++) s = frame(s, variant);
    double digest = ask(s, "digest", 0, 0);
    /* what is in the coroutines shows in what they do next */
    s = advance(s, "play", BACK, SAME_INPUT);
    digest += 4294967296.0 * (double)((uint64_t)ask(s, "digest", 0, 0) % (1 << 20));
    moonlet_release(s);
    return digest;
}

static void time_rollbacks(moonlet_state **history)
{
    moonlet_state *s = moonlet_retain(history[FRAMES]);
    Meter m = meter_start();
    for (int i = 0; i < 1000000; i++) { /* back and forth */
        moonlet_release(s);
        s = moonlet_retain(history[i % 2 ? FRAMES : FRAMES - BACK]);
    }
    tell("a rollback of 60 frames", meter_ns(m, 1000000), meter_bytes(m, 1000000));
    m = meter_start();
    for (int i = 0; i < 1000000; i++) moonlet_release(moonlet_retain(s));
    tell("a snapshot taken and dropped", meter_ns(m, 1000000), meter_bytes(m, 1000000));
    moonlet_release(s);
}

static double digest_now(moonlet_timeline *t)
{
    moonlet_state *s = moonlet_timeline_state(t);
    double digest = ask(s, "digest", 0, 0);
    moonlet_release(s);
    return digest;
}

static void play(moonlet_timeline *t, int frames)
{
    moonlet_value args[2] = {moonlet_number(1), moonlet_number(SAME_INPUT)};
    for (int i = 0; i < frames; i++) {
        moonlet_result r = moonlet_timeline_call(t, "play", args, 2);
        if (r.status == MOONLET_OK) continue;
        fprintf(stderr, "demo: %s\n", r.error->message);
        exit(1);
    }
}

/* The same frames in a timeline, which ends in the world of this digest. */
static void show_timeline(const moonlet_state *world, double end)
{
    moonlet_timeline *t = moonlet_timeline_begin(world, BACK);
    Meter m = meter_start();
    play(t, FRAMES);
    tell("a frame of a timeline, 60 kept in it", meter_ns(m, FRAMES), meter_bytes(m, FRAMES));
    m = meter_start();
    moonlet_timeline_back(t, FRAMES - BACK);
    tell("going 60 frames back in it", meter_ns(m, 1), meter_bytes(m, 1));
    play(t, BACK);
    check(digest_now(t) == end, "a timeline that went back comes to the identical world");
    moonlet_timeline_end(t);
}

static double show_rollback(const moonlet_state *world, double digest)
{
    static moonlet_state *history[FRAMES + 1];
    printf("\n(b) %d frames with a snapshot each, %d kept\n", FRAMES, BACK);
    Meter m = meter_start();
    moonlet_release(advance(moonlet_retain(world), "play", FRAMES, SAME_INPUT));
    tell("a frame, all in one run without snapshots", meter_ns(m, FRAMES),
         meter_bytes(m, FRAMES));
    double ns = record(world, history, FRAMES);
    time_rollbacks(history);

    const moonlet_state *back = history[FRAMES - BACK];
    double before = ask(back, "digest", 0, 0);
    double first = replay(back, SAME_INPUT), other = replay(back, OTHER_INPUT);
    double end = ask(history[FRAMES], "digest", 0, 0);
    check(first - 4294967296.0 * (double)(uint64_t)(first / 4294967296.0) == end,
          "the replay with the same input gives the identical world");
    check(replay(back, SAME_INPUT) == first, "again and again, coroutines and all");
    check(other != first, "the replay with another input gives another");
    check(ask(back, "digest", 0, 0) == before, "the snapshot is what it was");
    check(ask(world, "digest", 0, 0) == digest, "so is the first world");
    for (int i = FRAMES - BACK; i <= FRAMES; i++) moonlet_release(history[i]);
    show_timeline(world, end);
    return ns;
}

/* (c) PUC Lua ------------------------------------------------------------------------- */

typedef struct Figures {
    double digest, fork_bytes, fork_ns, frame_ns, frame_and_copy_ns;
} Figures;

static bool run_puc(const char *directory, Figures *f)
{
    char command[2048], name[64];
    double value;
    snprintf(command, sizeof command, "lua5.2 '%s/demo_puc.lua' '%s'", directory, directory);
    fflush(stdout);
    FILE *p = popen(command, "r");
    if (!p) return false;
    while (fscanf(p, "%63s %lf", name, &value) == 2) {
        if (strcmp(name, "digest") == 0) f->digest = value;
        if (strcmp(name, "fork_bytes") == 0) f->fork_bytes = value;
        if (strcmp(name, "fork_ns") == 0) f->fork_ns = value;
        if (strcmp(name, "frame_ns") == 0) f->frame_ns = value;
        if (strcmp(name, "frame_and_copy_ns") == 0) f->frame_and_copy_ns = value;
    }
    return pclose(p) == 0;
}

static void show_puc(const char *directory, double digest, double fork_ns, double frame_ns)
{
    Figures f = {0};
    printf("\n(c) the same world in lua5.2: behaviours rewritten as state machines, because\n"
           "    coroutines cannot be copied, and a deep copy of all tables for each fork\n");
    if (!run_puc(directory, &f)) {
        check(false, "lua5.2 runs demo_puc.lua");
        return;
    }
    tell("a fork that turns 10 machines and decides", f.fork_ns, f.fork_bytes);
    tell("a frame, without snapshots", f.frame_ns, -1);
    tell("a frame, with a snapshot after it", f.frame_and_copy_ns, f.fork_bytes);
    check(f.digest == digest, "it is the same world: digests are equal");
    printf("\n  Moonlet forks and decides %.0f times faster, and plays frames with snapshots\n"
           "  %.0f times faster.\n",
           f.fork_ns / fork_ns, f.frame_and_copy_ns / frame_ns);
}

int main(int argc, char **argv)
{
    const char *directory = argc > 1 ? argv[1] : "examples";
    printf("Moonlet: states are values\n\n");
    Meter m = meter_start();
    moonlet_state *world = make_world(directory);
    printf("A world of %d entities, each a table and a suspended coroutine, %d frames old\n",
           ENTITIES, WARM_UP);
    tell("built and warmed up, once", meter_ns(m, 1), meter_bytes(m, 1));
    double digest = ask(world, "digest", 0, 0);
    double fork_ns = show_forks(world, digest);
    double frame_ns = show_rollback(world, digest);
    show_puc(directory, digest, fork_ns, frame_ns);
    moonlet_release(world);
    printf("\n%s\n", failures ? "Some checks FAILED." : "All checks hold.");
    printf("To look at: make ships, 1440 scripted ships whose time runs both ways.\n");
    return failures ? 1 : 0;
}
