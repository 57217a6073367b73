/* SPDX-License-Identifier: MIT */
/*
 * Library functions that wait in mid-work: programs are paused every few steps, each pause goes
 * through bytes, twice, and what comes out in the end is what comes out without a pause. All
 * continuations of the table of natives must have been met in these images.
 */
#include "api_test.h"
#include "lib/natives.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAUSES_MAX = 4000 };

typedef struct Waiting {
    unsigned steps; /* in a portion */
    const char *source;
} Waiting;

#define SLOW(result) "function() local x = 0 for i = 1, 5 do x = x + i end " result " end"
#define PROXY(event, result) "setmetatable({3, 1, 2}, {" event " = " SLOW(result) "})"

static const Waiting programs[] = {
    /* one after the other as in the table of natives */
    {2, "local n = 0 for i = 1, 3 do setmetatable({}, {__gc = " SLOW(
            "n = n + 1") "}) end "
                         "collectgarbage() return n"},
    {2, "local n = 0 for i = 1, 3 do setmetatable({}, {__gc = " SLOW(
            "n = n + 1") "}) end "
                         "return collectgarbage('step', 1e6), n"},
    {60, "local t = {} for i = 1, 3000 do t[i] = i end return #table.concat(t, ',')"},
    {300,
     "local name, s = os.tmpname(), ('a = 1 '):rep(500) io.open(name, 'w'):write(s):close() "
     "dofile(name) local g = loadfile(name) package.path = name local r = require('x') "
     "os.remove(name) return type(g), r"},
    {3000, "return #('xy'):rep(2e6)"},
    {60, "return #('%q'):format(('\\n'):rep(2e5))"},
    {60, "local t = {} for i = 1, 3000 do t[i] = i end table.insert(t, 1, 7) return t[3001]"},
    {60, "local t = {} for i = 1, 3000 do t[i] = i end return table.remove(t, 1), t[2999]"},
    {60, "local t = {} for i = 1, 3000 do t[i / 2] = i end return table.maxn(t)"},
    {2, "return table.concat(" PROXY("__len", "return 2") ")"},
    {2, "local t = " PROXY("__len", "return 3") " table.insert(t, 4) return t[4]"},
    {2, "return table.remove(" PROXY("__len", "return 3") ")"},
    {2, "return table.unpack(" PROXY("__len", "return 3") ")"},
    {2, "return os.time(setmetatable({}, {__index = function(t, k) local x = 0 "
        "return ({year = 2020, month = 5, day = 3})[k] end}))"},
    {60, "return #os.date(('!%c %d'):rep(2000), 0)"},
    {2, "local pieces = {'return', ' 1', '+ 2', nil} local i = 0 "
        "return load(function() i = i + 1 local x = pieces[i] return x end)()"},
    {2, "local s = 0 for k, v in pairs(" PROXY(
            "__pairs", "return next, {1, 2}, nil") ") do "
                                                   "s = s + v end return s"},
    {2, "local s = 0 for k, v in ipairs(" PROXY(
            "__ipairs", "return next, {1, 2}, nil") ") do "
                                                    "s = s + v end return s"},
    {2, "print(" PROXY("__tostring", "return '# printed'") ", '# two') return 1"},
    {2, "local f = tostring tostring = nil setmetatable(_G, {__index = " SLOW(
            "return f") "}) print('# with tostring from __index') return 1"},
    {2, "return tostring(" PROXY("__tostring", "return 'text'") ")"},
    {2, "local t = {5, 2, 4, 1, 3} table.sort(t, function(a, b) local c = a return c > b end) "
        "return table.concat(t)"},
    {500, "local t = {} for i = 1, 9000 do t[i] = i * 7919 % 9001 end table.sort(t) "
          "return t[1], t[300], t[600]"},
    {2, "local t = " PROXY("__len", "return 3") " table.sort(t) return t[1], t[2], t[3]"},
    {2, "return (string.gsub('a bc d', '%w+', function(w) local x = w return x .. x end))"},
    {2,
     "return (string.gsub('abc', '%w', setmetatable({}, {__index = function(t, c) local x = c "
     "return x .. '.' end})))"},
    {50, "return #string.gsub(('ab'):rep(9000), 'b', 'cc')"},
    {3000, "return string.gsub(('a'):rep(120), '(.-.-.-)b', '%1')"},
    {3000,
     "local n = 0 for w in string.gmatch(('a'):rep(110) .. 'xc', 'a-a-a-c') do n = n + #w end "
     "return n"},
    {3000, "local s = ('a'):rep(110) .. 'xc' "
           "return s:find('a-(a-)a-c()'), s:match('()(a-)(a-)a-c')"},
    {2, "local function f() module('mm', " SLOW(
            "package.loaded.mm.x = x") ", print, package.seeall) end print = function() end "
                                       "f() return package.loaded.mm.x"},
    {2, "package.preload.m = " SLOW("return x") " return require 'm'"},
    {2, "setmetatable(package.preload, {__index = " SLOW(
            "return function() return x end") "}) "
                                              "return require 'm'"},
    {2, "package.searchers = {function(n) local x = n return function(...) local y = x "
        "return y end, 'extra' end} return require 'other'"},
    {2, "return string.format('%s-%5s', " PROXY("__tostring", "return 'x'") ", 2)"},
    {30,
     "local s = ('x'):rep(2000) return #string.format(('%s%q'):rep(20), s, s, s, s, s, s, s, "
     "s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, "
     "s, s, s, s)"},
    /* what waits in other ways */
    {2, "return pcall(" SLOW("error('e', 0)") ")"},
    {2,
     "return xpcall(" SLOW("error('e', 0)") ", function(m) local x = m return x .. '!' end)"},
    {2, "return xpcall(nil, function(m) local x = m return x end)"},
    {2, "return select(2, pcall(pcall, error))"},
    {2, "local m = {} m.__concat = function(a, b) local x = 1 return 'c' end m.__lt = " SLOW(
            "return true") " m.__eq = m.__lt m.__le = m.__lt m.__unm = m.__lt "
                           "local a, b = setmetatable({}, m), setmetatable({}, m) "
                           "return 'x' .. a .. 'y', a < b, a == b, a >= b, -a"},
    {2, "local t = setmetatable({}, {__index = " SLOW(
            "return x") ", __newindex = function(t, k, v) "
                        "local y = v rawset(t, k, y) end, __call = function(self, ...) local y "
                        "= 1 "
                        "return ... end}) t.a = t.b return t.a, t(1, 2, t(3))"},
    {2, "local co = coroutine.wrap(function(...) local x = coroutine.yield(...) "
        "for i = 1, 3 do x = x + coroutine.yield(i) end return x end) "
        "return co(1, 2), co(3), co(4), co(5), co(6)"},
    {2, "local n = 0 for i = 1, 9 do n = n + #string.dump(" SLOW("return x") ") end return n"},
    {2, "local n = 0 for i = 1, 9 do n = n + #('ab'):rep(9000) + #('x'):rep(i, ', ') end "
        "return n"},
    {2, "local state = require 'state' return state.try(" SLOW("return x") ")"},
    {2, "local state = require 'state' return state.try(" SLOW("error 'no'") ")"},
    {2, "local state = require 'state' local n = 0 return state.fork(" SLOW(
            "n = x return n") "), n"},
    {2, "local state = require 'state' local s, n = state.snapshot() n = (n or 0) + 1 "
        "if n < 3 then state.restore(s, n) end return n"},
    {9,
     "local state = require 'state' local r, e = state.map(function(n) local t = {} for i = 1, "
     "n do t[i] = {i} end return n % 2 == 0 and #t or error(n) end, {4, 50, 3, 7}) "
     "return r[1], r[2], r[3], e[3], e[4]"},
    {3, "local t = {} for i = 1, 40 do t[i] = {i} end return select('#', table.unpack(t)), "
        "#{table.unpack(t)}, (function(...) return select('#', ...) end)(table.unpack(t))"},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static bool *met; /* by row, in the order of natives_next */

static bool has_text(const char *bytes, size_t length, const char *text)
{
    size_t n = strlen(text);
    for (const char *at = bytes; (at = memchr(at, *text, length - (size_t)(at - bytes))); at++)
        if ((size_t)(bytes + length - at) >= n && memcmp(at, text, n) == 0) return true;
    return false;
}

/* An image names what waits in it. */
static void note_rows(const char *bytes, size_t length)
{
    size_t i = 0;
    for (const NativeDef *row = NULL; (row = natives_next(row)); i++)
        if (row->place == PLACE_CONTINUATION && !met[i])
            met[i] = has_text(bytes, length, row->name);
}

/* Its image, loaded; gives the bytes to compare, too. */
static moonlet_state *loaded_once(const moonlet_state *s, char **copy, size_t *length)
{
    char *message = NULL;
    moonlet_image *saved = moonlet_image_save(s, NULL, NULL, &message);
    ck_assert_msg(saved != NULL, "%s", message);
    const char *bytes = moonlet_image_bytes(saved, length);
    note_rows(bytes, *length);
    moonlet_image *back = moonlet_image_load(bytes, *length, NULL, NULL, &message);
    ck_assert_msg(back != NULL, "%s", message);
    *copy = memcpy(malloc(*length), bytes, *length);
    moonlet_state *t = moonlet_image_state(back);
    moonlet_image_release(back);
    moonlet_image_release(saved);
    return t;
}

static moonlet_state *through_bytes(const moonlet_state *s)
{
    char *first, *second;
    size_t m, n;
    moonlet_state *t = loaded_once(s, &first, &m), *u = loaded_once(t, &second, &n);
    ck_assert_uint_eq(m, n);
    ck_assert_mem_eq(first, second, m);
    free(first);
    free(second);
    moonlet_release(t);
    return u;
}

static moonlet_result begin(const Waiting *w, bool paused)
{
    moonlet_limits limits = {.steps = paused ? w->steps : 0};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, w->source);
    moonlet_release(limited);
    moonlet_release(s);
    return r;
}

static moonlet_result go_on(const Waiting *w, moonlet_result r)
{
    moonlet_limits limits = {.steps = w->steps};
    moonlet_state *back = through_bytes(r.state), *limited = moonlet_limit(back, &limits);
    moonlet_release(back);
    moonlet_release(r.state);
    r = moonlet_resume(limited);
    moonlet_release(limited);
    return r;
}

static void assert_same_results(const Waiting *w, const moonlet_result *a,
                                const moonlet_result *b)
{
    ck_assert_msg(a->status == MOONLET_OK && b->status == MOONLET_OK, "%s", w->source);
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        moonlet_value x = moonlet_result_value(a, i), y = moonlet_result_value(b, i);
        bool table = moonlet_type_of(x) == MOONLET_TABLE;
        ck_assert_msg(table || moonlet_equal(x, y), "result %zu of %s", i, w->source);
    }
}

static void goes_on(const Waiting *w)
{
    moonlet_result plain = begin(w, false), r = begin(w, true);
    int pauses = 0;
    for (; r.status == MOONLET_PAUSED && pauses < PAUSES_MAX; pauses++) r = go_on(w, r);
    ck_assert_msg(pauses > 0, "never paused: %s", w->source);
    assert_same_results(w, &plain, &r);
    moonlet_release(plain.state);
    moonlet_release(r.state);
}

static bool *met_row(const char *name)
{
    size_t i = 0;
    for (const NativeDef *row = NULL; (row = natives_next(row)); i++)
        if (strcmp(row->name, name) == 0) return &met[i];
    return NULL;
}

/* os.exit(7, true) while objects with __gc are finalized. The end is in another process. */
static void exits(void)
{
    const Waiting w = {2,
                       "x = setmetatable({}, {__gc = " SLOW("local y = x") "}) "
                                                                           "os.exit(7, true)"};
    int status = 0;
    moonlet_result r = begin(&w, true);
    while (r.status == MOONLET_PAUSED && !*met_row("os.exit:closed")) r = go_on(&w, r);
    pid_t child = fork();
    while (child == 0 && r.status == MOONLET_PAUSED) r = go_on(&w, r);
    if (child == 0) _exit(EXIT_FAILURE);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* What reads a file that an image can name. */
static void reads_files(void)
{
    static const Waiting reads[] = {
        {90, "io.stdin:seek('set') return #io.read('*a'), io.read('*a')"},
        {90, "io.stdin:seek('set') return #io.stdin:read(70000), #io.stdin:read('*l', '*l')"},
        {90, "io.stdin:seek('set') local n = 0 for l, c in io.stdin:lines('*L', 2) do "
             "n = n + #l + #(c or '') end return n"},
    };
    FILE *f = tmpfile();
    for (int i = 0; i < 300000; i++) fputc(i % 60000 == 59999 ? '\n' : 'x', f);
    fflush(f);
    dup2(fileno(f), STDIN_FILENO);
    for (int i = 0; i < 3; i++) goes_on(&reads[i]);
    fclose(f);
}

/* debug.debug reads lines from stdin. */
static void reads_lines(void)
{
    static const char lines[] = "for i = 1, 9 do line = (line or 0) + i end\ncont\n";
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], lines, sizeof lines - 1), (int)sizeof lines - 1);
    close(fds[1]);
    dup2(fds[0], STDIN_FILENO);
    Waiting w = {2, "debug.debug() return line"};
    moonlet_result r = begin(&w, true);
    while (r.status == MOONLET_PAUSED) r = go_on(&w, r);
    assert_ok(r);
    double d = 0;
    ck_assert(moonlet_to_number(moonlet_result_value(&r, 0), &d) && d == 45);
    moonlet_release(r.state);
}

START_TEST(all_that_waits_is_saved_and_goes_on)
{
    size_t i = 0, rows = 0;
    for (const NativeDef *row = NULL; (row = natives_next(row));) rows++;
    met = calloc(rows, sizeof *met);
    for (int k = 0; k < PROGRAMS; k++) goes_on(&programs[k]);
    reads_lines();
    reads_files();
    exits();
    *met_row("message:made") = true; /* the program moonlet's: tests/cli/world.sh saves it */
    for (const NativeDef *row = NULL; (row = natives_next(row)); i++)
        if (row->place == PLACE_CONTINUATION)
            ck_assert_msg(met[i], "no image has %s", row->name);
    free(met);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("image natives");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, all_that_waits_is_saved_and_goes_on);
    return run_suite(t);
}
