/* SPDX-License-Identifier: MIT */
/*
 * bench_rivals [directory of bench]: ten thousand evaluations of one warmed-up state.
 *
 * Each evaluation begins in the same state, calls a function that writes ten globals and
 * answers their sum (ten.lua), and what it has made of the state is kept. Time and bytes
 * of one, beside those of who would do it otherwise:
 *
 *   fork(2)     of a process with a warmed-up lua5.2; the sum comes through a pipe
 *   fresh       a new lua5.2 state for each evaluation, in which the program runs first
 *   Luerl       in one Erlang process, if escript and luerl are there
 *
 * in a small world, and in one of 1e5 tables (where Luerl gets two minutes). Times are on the
 * wall, the least of several rounds, on one thread.
 */
#include <moonlet.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"

enum { KEPT = 10000, ROUNDS = 5, LARGE = 100000 };

static const char *directory = "bench";
static char *source;
static size_t source_length;

typedef struct Cost {
    double ns, bytes; /* 0: not known */
} Cost;

static void die(const char *why)
{
    fprintf(stderr, "bench_rivals: %s\n", why);
    exit(EXIT_FAILURE);
}

static const char *path(const char *name)
{
    static char text[4096];
    snprintf(text, sizeof text, "%s/%s", directory, name);
    return text;
}

static void read_source(void)
{
    FILE *f = fopen(path("ten.lua"), "r");
    if (!f) die("cannot open ten.lua");
    source = calloc(1, 1 << 16);
    if (source) source_length = fread(source, 1, (1 << 16) - 1, f);
    fclose(f);
}

static double least(double a, double b) { return a < b ? a : b; }

/* Moonlet -------------------------------------------------------------------------------- */

static moonlet_state *moonlet_world(int tables)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_set(s, "size", moonlet_number(tables));
    s = moonlet_next(s, &r);
    r = moonlet_do(s, source);
    if (r.status != MOONLET_OK) die(r.error->message);
    return moonlet_next(s, &r);
}

/* What each of a few states has that the one made before it has not. */
static double moonlet_bytes(moonlet_state **kept)
{
    enum { FEW = 5 };
    double bytes = 0;
    for (int i = 1; i <= FEW; i++) {
        const moonlet_state *before = kept[i * (KEPT / FEW) - 2];
        moonlet_memory_use m = moonlet_memory(kept[i * (KEPT / FEW) - 1], before);
        bytes += (double)(m.bytes - m.shared);
    }
    return bytes / FEW;
}

static Cost moonlet_cost(int tables)
{
    static moonlet_state *kept[KEPT];
    moonlet_state *s = moonlet_world(tables);
    moonlet_value ten = moonlet_global(s, "ten");
    Cost cost = {1e18, 0};
    for (int round = 0; round < ROUNDS; round++) {
        moonlet_collect();
        double start = clock_busy_all();
        for (int i = 0; i < KEPT; i++) {
            moonlet_result r = moonlet_call(s, ten, NULL, 0);
            double sum = 0;
            if (!moonlet_to_number(r.values[0], &sum) || sum != 55) die("wrong sum");
            kept[i] = r.state;
        }
        cost.ns = least(cost.ns, (clock_busy_all() - start) * 1e9 / KEPT);
        if (round == 0) cost.bytes = moonlet_bytes(kept);
        for (int i = 0; i < KEPT; i++) moonlet_release(kept[i]);
    }
    moonlet_release(s);
    return cost;
}

/* lua5.2 --------------------------------------------------------------------------------- */

static lua_State *lua_world(int tables)
{
    lua_State *L = luaL_newstate();
    if (!L) die("no lua state");
    luaL_openlibs(L);
    lua_pushinteger(L, tables);
    lua_setglobal(L, "size");
    if (luaL_loadbuffer(L, source, source_length, "=ten") || lua_pcall(L, 0, 0, 0))
        die(lua_tostring(L, -1));
    return L;
}

static double lua_ten(lua_State *L)
{
    lua_getglobal(L, "ten");
    lua_call(L, 0, 1);
    double sum = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return sum;
}

/* Of this process, in bytes: what it does not share. */
static double private_dirty(void)
{
    char line[256];
    double kb = 0, value;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Private_Dirty: %lf kB", &value) == 1) kb = value;
    if (f) fclose(f);
    return kb * 1024;
}

static void evaluate_forked(lua_State *L, double out[2])
{
    int ends[2];
    if (pipe(ends) != 0) die("no pipe");
    bool measure = out[1] < 0;
    pid_t pid = fork();
    if (pid == 0) {
        out[0] = lua_ten(L);
        if (measure) out[1] = private_dirty();
        _exit(write(ends[1], out, 2 * sizeof *out) != 2 * sizeof *out);
    }
    if (pid < 0 || read(ends[0], out, 2 * sizeof *out) != 2 * sizeof *out || out[0] != 55)
        die("wrong answer of a process");
    close(ends[0]);
    close(ends[1]);
    waitpid(pid, NULL, 0);
}

static Cost forked_cost(int tables)
{
    enum { N = 300 };
    lua_State *L = lua_world(tables);
    Cost cost = {1e18, 0};
    double answer[2] = {0, -1};
    evaluate_forked(L, answer);
    cost.bytes = answer[1];
    for (int round = 0; round < ROUNDS; round++) {
        double start = clock_busy_all();
        for (int i = 0; i < N; i++) evaluate_forked(L, answer);
        cost.ns = least(cost.ns, (clock_busy_all() - start) * 1e9 / N);
    }
    lua_close(L);
    return cost;
}

static Cost fresh_cost(int tables)
{
    int n = tables > 1000 ? 3 : 1000;
    Cost cost = {1e18, 0};
    for (int round = 0; round < ROUNDS; round++) {
        double start = clock_busy_all();
        for (int i = 0; i < n; i++) {
            lua_State *L = lua_world(tables);
            if (lua_ten(L) != 55) die("wrong sum");
            if (!cost.bytes)
                cost.bytes = lua_gc(L, LUA_GCCOUNT, 0) * 1024.0 + lua_gc(L, LUA_GCCOUNTB, 0);
            lua_close(L);
        }
        cost.ns = least(cost.ns, (clock_busy_all() - start) * 1e9 / n);
    }
    return cost;
}

/* Luerl ---------------------------------------------------------------------------------- */

static Cost luerl_cost(int tables)
{
    char command[9000];
    Cost cost = {0, 0};
    int used = snprintf(command, sizeof command, "timeout 120 escript %s ",
                        path("luerl_fork.escript"));
    snprintf(command + used, sizeof command - (size_t)used, "%s %d %d 2>/dev/null",
             path("ten.lua"), tables, tables > 1000 ? KEPT / 10 : KEPT);
    FILE *f = popen(command, "r");
    if (f && fscanf(f, "%lf %lf", &cost.ns, &cost.bytes) != 2) cost = (Cost){0, 0};
    if (f) pclose(f);
    return cost;
}

/* The table ------------------------------------------------------------------------------ */

static void print(const char *name, Cost cost, Cost moonlet)
{
    if (cost.ns <= 0) {
        printf("  %-28s is not here, or takes too long\n", name);
        return;
    }
    printf("  %-28s %10.2f us %11.0f bytes", name, cost.ns / 1000, cost.bytes);
    if (cost.ns != moonlet.ns) printf("   %7.1f times the time", cost.ns / moonlet.ns);
    putchar('\n');
    fflush(stdout);
}

static Cost compare(const char *world, int tables)
{
    printf("%s\n", world);
    Cost moonlet = moonlet_cost(tables);
    print("Moonlet", moonlet, moonlet);
    print("Luerl", luerl_cost(tables), moonlet);
    print("lua5.2, fresh", fresh_cost(tables), moonlet);
    print("lua5.2, fork(2)", forked_cost(tables), moonlet);
    return moonlet;
}

int main(int argc, char **argv)
{
    if (argc > 1) directory = argv[1];
    read_source();
    Cost small = compare("fork, ten globals and a sum, all kept; a small world", 10);
    Cost large = compare("the same from a world of 1e5 tables", LARGE);
    printf("Moonlet, large to small: time %.2f, bytes %.2f\n", large.ns / small.ns,
           large.bytes / small.bytes);
    free(source);
    return 0;
}
