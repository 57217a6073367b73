/* SPDX-License-Identifier: MIT */
/*
 * bench_cancel [rounds [name...]]: how long a map goes on after it was cancelled.
 *
 * An item does the same work on a long text, or on a large table, again and again; another
 * thread sets the map's flag at some moment, and what counts is the processor time from then
 * until moonlet_map has returned, collections and the other threads' included.
 *
 * Main invariant: what is made before the work begins is not timed.
 */
#include <moonlet.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum { ROUNDS = 5, DELAY_US = 40000, SPREAD_US = 90000 };

typedef struct Work {
    const char *name, *made, *done; /* once, before it; again and again */
} Work;

static const Work works[] = {
    {"find", "s = ('x'):rep(1e8)", "s:find('xy', 1, true)"},
    {"match", "s = ('x'):rep(1e8)", "s:match('^x*y')"},
    {"reverse", "s = ('x'):rep(1e8)", "s:reverse()"},
    {"upper", "s = ('x'):rep(1e8)", "s:upper()"},
    {"rep", "", "('x'):rep(1e8)"},
    {"rep-pairs", "", "('xy'):rep(5e7, ',')"},
    {"sub", "s = ('x'):rep(1e8)", "s:sub(2)"},
    {"format-q", "s = ('x'):rep(1e8)", "('%q'):format(s)"},
    {"format-s", "s = ('x'):rep(1e8)", "('<%s>'):format(s)"},
    {"gsub", "s = ('x'):rep(1e8)", "s:gsub('x', 'y')"},
    {"concat", "s = ('x'):rep(1e8)", "return 'a' .. s .. 'b'"},
    {"table-concat", "t = {} for i = 1, 100 do t[i] = ('x'):rep(1e6) end", "table.concat(t)"},
    {"equal", "s, z = ('x'):rep(1e8), ('x'):rep(1e8)", "return s == z .. ''"},
    {"less", "s, z = ('x'):rep(1e8), ('x'):rep(1e8)", "return s < z"},
    {"key", "s, t = ('x'):rep(1e8), {}", "return t[s:sub(2)]"},
    {"read-all",
     "name = os.tmpname() f = io.open(name, 'w') f:write(('x'):rep(1e8)) f:close() "
     "f = io.open(name) os.remove(name)",
     "f:seek('set') f:read('*a')"},
    {"read-bytes",
     "name = os.tmpname() f = io.open(name, 'w') f:write(('x'):rep(1e8)) "
     "f:close() f = io.open(name) os.remove(name)",
     "f:seek('set') f:read(1e8)"},
    {"write", "s, f = ('x'):rep(1e8), io.open('/dev/null', 'w')", "f:write(s)"},
    {"tonumber", "s = ('1'):rep(5e7)", "tonumber(s)"},
    {"tonumber-base", "s = ('1'):rep(5e7)", "tonumber(s, 36)"},
    {"tonumber-hex", "s = '0x' .. ('1'):rep(5e7)", "tonumber(s)"},
    {"insert", "t = {} for i = 1, 4e6 do t[i] = i end",
     "for i = 1, 10 do table.insert(t, 1, 0) end for i = 1, 10 do t[#t] = nil end"},
    {"remove", "t = {} for i = 1, 4e6 do t[i] = i end",
     "for i = 1, 10 do table.remove(t, 1) end for i = 1, 10 do t[#t + 1] = 0 end"},
    {"fill", "", "local t = {} for i = 1, 1e7 do t[i] = i end"},
    {"fill-map", "", "local t = {} for i = 1, 1e6 do t[i * 1.5] = i end"},
    {"strings", "", "local t = {} for i = 1, 1e6 do t['k' .. i] = i end"},
    {"sort", "t = {} for i = 1, 1e6 do t[i] = i * 7919 % 1000003 end",
     "local u = {table.unpack(t, 1, 1e5)} table.sort(u)"},
    {"pack", "t = {} for i = 1, 1e5 do t[i] = i end", "table.pack(table.unpack(t))"},
    {"digest", "t = {} for i = 1, 1e6 do t[i] = {i} end",
     "state.digest(state.snapshot()) t[1] = {2}"},
    {"diff",
     "t = {} for i = 1, 1e6 do t[i] = {i} end before = state.snapshot() "
     "for i = 1, 1e6 do t[i][1] = -i end after = state.snapshot()",
     "state.diff(before, after)"},
    {"freeze", "t = {} for i = 1, 1e6 do t[i] = {i} end", "state.freeze(t) error()"},
    {"load",
     "local t = {} for i = 1, 2e5 do t[i] = 'x = x + ' .. i end s = table.concat(t, '\\n')",
     "load(s)"},
    {"dump",
     "local t = {} for i = 1, 2e5 do t[i] = 'x = x + ' .. i end "
     "fn = load(table.concat(t, '\\n'))",
     "string.dump(fn)"},
    {"save", "t = {} for i = 1, 3e5 do t[i] = {i} end", "state.save(state.snapshot())"},
    {"collect", "t = {} for i = 1, 1e6 do t[i] = {i} end", "collectgarbage()"},
};
enum { WORKS = sizeof works / sizeof *works };

static volatile int cancel;
static double cancelled_at;

static void *cancel_later(void *delay)
{
    usleep(*(const unsigned *)delay);
    cancelled_at = clock_busy();
    __atomic_store_n(&cancel, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void die(const char *name, const char *why)
{
    fprintf(stderr, "bench_cancel: %s: %s\n", name, why);
    exit(EXIT_FAILURE);
}

static moonlet_state *world(const Work *w)
{
    char program[2048];
    snprintf(program, sizeof program,
             "state = require 'state' %s\n"
             "local function once() %s end\n"
             "function work() while true do pcall(once) end end",
             w->made, w->done);
    moonlet_result r = moonlet_do(moonlet_init(), program);
    if (r.status != MOONLET_OK) die(w->name, "its world cannot be made");
    return r.state;
}

static double cancel_one(const Work *w, const moonlet_state *s, unsigned delay)
{
    pthread_t thread;
    moonlet_map_options options = {.threads = 1, .cancel = &cancel};
    moonlet_value input = moonlet_number(1);
    cancel = 0;
    pthread_create(&thread, NULL, cancel_later, &delay);
    moonlet_items all = moonlet_map(s, moonlet_global(s, "work"), &input, 1, &options);
    double took = clock_busy() - cancelled_at;
    pthread_join(thread, NULL);
    if (all.items[0].limit != MOONLET_LIMIT_INTERRUPT) die(w->name, "ended by itself");
    moonlet_items_release(&all);
    return took;
}

static void measure(const Work *w, int rounds)
{
    double sum = 0, longest = 0;
    moonlet_state *s = world(w);
    for (int i = 0; i < rounds; i++) {
        unsigned delay =
            DELAY_US + (unsigned)(i * 7919 % rounds) * SPREAD_US / (unsigned)rounds;
        double took = cancel_one(w, s, delay);
        sum += took;
        if (took > longest) longest = took;
    }
    printf("%-14s mean %6.2f  longest %6.2f\n", w->name, sum / rounds * 1e3, longest * 1e3);
    fflush(stdout);
    moonlet_release(s);
    moonlet_collect();
}

static int is_wanted(const char *name, int n, char **names)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(name, names[i])) return 1;
    return !n;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
    puts("ms of processor time from a map's cancellation to its end:");
    for (int i = 0; i < WORKS; i++)
        if (is_wanted(works[i].name, argc - 2, argv + 2)) measure(&works[i], rounds);
    return 0;
}
