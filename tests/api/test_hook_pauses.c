/* SPDX-License-Identifier: MIT */
/*
 * A program with hooks sees the same events however often it is paused.
 *
 * Each program writes down all that its hooks are told and can look at. It is run without a
 * pause; then in portions of a few steps; then so that what is paused is traced, and finished
 * twice before it goes on, and once more from an image of it. All must have written the same. A
 * hook that comes or goes while the program is paused sees just the rest, or what was until
 * then.
 */
#include "api_test.h"
#include "random_program.h"

enum { RANDOM_PROGRAMS = 12 };

/* seen: a hook that writes down its event, and the function, its place and its locals. */
static const char prelude[] =
    "log = {}\n"
    "local getinfo, getlocal, tostring, type = debug.getinfo, debug.getlocal, tostring, type\n"
    "local function shown(v) local t = type(v)\n"
    "  return (t == 'number' or t == 'string' or t == 'boolean') and tostring(v) or t end\n"
    "function note(...) local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = shown(t[i]) end log[#log + 1] = table.concat(t, ' ') end\n"
    "function seen(event, line)\n"
    "  local i = getinfo(2, 'Slntu')\n"
    "  if #log > 4000 then debug.sethook() return end\n"
    "  local text = event .. ' ' .. shown(line) .. ' ' .. shown(i.name) .. ' ' .. i.namewhat\n"
    "  text = text .. ' ' .. i.what .. ' ' .. i.linedefined .. ' ' .. i.currentline\n"
    "  text = text .. ' ' .. shown(i.istailcall) .. ' ' .. i.nups .. ':'\n"
    "  for k = 1, 4 do local name, v = getlocal(2, k)\n"
    "    if not name then break end text = text .. ' ' .. name .. '=' .. shown(v) end\n"
    "  log[#log + 1] = text\n"
    "end\n";

/* Each with lines: MASK stands for a mask and a count. */
static const char *const programs[] = {
    "debug.sethook(seen, MASK) return 1",

    "debug.sethook(seen, MASK)\n"
    "for i = 1, 3 do\n  local x = i\nend\n"
    "for i = 3, 1, -1 do local x = i end\n"
    "for k, v in pairs {1, 2, a = 3} do\n  note(k)\nend\n"
    "for k in (function(s, c) return (c or 0) < 3 and (c or 0) + 1 or nil end) do local x = k "
    "end\n"
    "local i = 0\nwhile i < 3 do\n  i = i + 1 end\n"
    "repeat i = i - 1 until i == 0\n"
    "goto done\n::again:: do return 7, 8 end\n::done:: i = i + 1 goto again\n",

    "local function add(a, b) return a + b end\n"
    "local function tail(n, ...) if n == 0 then return ... end return tail(n - 1, n, ...) end\n"
    "local function many(...) return ... end\n"
    "local function rec(n) if n > 0 then rec(n - 1) end end\n"
    "debug.sethook(seen, MASK)\n"
    "local x = add(1, 2) + add(3, 4)\n"
    "x = {tail(4, 1, 2)}\n"
    "x = many(many(1, 2), many(3, 4))\n"
    "x = {many(1, 2, 3), many(4, 5, many())}\n"
    "rec(5) (function() rec(2) end)()\n"
    "note(many(tail(3)))\n"
    "return many(1, add(2, 3), tail(2))\n",

    "local mt = {}\n"
    "local function t() return setmetatable({v = 1}, mt) end\n"
    "mt.__add = function(a, b) local s = 0 for i = 1, 2 do s = s + i end return s end\n"
    "mt.__index = function(o, k) return k end\nmt.__newindex = function(o, k, v)\n rawset(o, "
    "k, v)\n end\n"
    "mt.__eq = function() return true end\nmt.__lt = function() return false end\n"
    "mt.__concat = function(a, b) return 'c' end\nmt.__len = function() return 4 end\n"
    "mt.__call = function(o, ...) return ... end mt.__unm = function() return -1 end\n"
    "debug.sethook(seen, MASK)\n"
    "local a, b = t(), t()\n"
    "local x = a + b + 1\nx = a.foo .. a .. b .. 'x'\na.y = #a\n"
    "if a == b and a <= b and not (a < b) then x = a(1, 2) end\n"
    "x = -a * 2 for i = 1, #a do x = a + i end\n"
    "return a(3), a(4, a + b)\n",

    "local function fails(x) error('e' .. x) end\n"
    "debug.sethook(seen, MASK)\n"
    "note(pcall(fails, 1))\n"
    "note(pcall(pcall, fails, 2))\n"
    "note(xpcall(fails, function(m) for i = 1, 2 do m = m .. i end return m end, 3))\n"
    "note(pcall(function() local x = nil; x.y = 1 end))\n"
    "note(xpcall(function() local t = {} t = t .. t end, debug.traceback))\n"
    "note(select('#', pcall(table.sort, {3, 1, 2}, function(a, b) return fails(a) end)))\n"
    "local t = {3, 1, 2, 5, 4} table.sort(t, function(a, b) return a < b end)\n"
    "note(table.concat(t, ','), (('abc'):gsub('%w', function(c) return c .. c end)))\n"
    "note(load(function() return nil end), tostring(setmetatable({}, {__tostring = function() "
    "return 's' end})))\n",

    "local function gen(n) for i = 1, n do coroutine.yield(i, i) end return 'end' end\n"
    "local co = coroutine.create(gen)\n"
    "debug.sethook(co, seen, MASK)\n"
    "debug.sethook(seen, MASK)\n"
    "note(coroutine.resume(co, 2)) note(coroutine.resume(co))\n"
    "debug.sethook(co)\n"
    "note(coroutine.resume(co)) note(coroutine.resume(co))\n"
    "for a, b in coroutine.wrap(function() debug.sethook(seen, MASK) gen(2) end) do note(a, b) "
    "end\n"
    "local w = coroutine.wrap(function() debug.sethook(seen, MASK)\n"
    "  pcall(function() coroutine.yield(1) error(2) end)\n  error(3) end)\n"
    "note(pcall(w)) note(pcall(w)) note(pcall(w))\n",

    "local n = 0\n"
    "local function other(e, l) n = n + 1 note('other', e, l)\n"
    "  for i = 1, 3 do local x = i end\n"
    "  if n == 5 then debug.sethook(seen, MASK) end end\n"
    "local function body() local s = 0\n  for i = 1, 4 do\n    s = s + i\n  end\n  return "
    "s\nend\n"
    "local function failing(e, l) n = n + 1\n"
    "  local co = coroutine.wrap(function() coroutine.yield(n) end) co()\n"
    "  if n % 3 == 0 and debug.getinfo(2, 'f').func == body then error('in hook ' .. n) end "
    "end\n"
    "debug.sethook(other, MASK)\n"
    "note(body())\nnote(body())\n"
    "debug.sethook(failing, MASK)\n"
    "for i = 1, 9 do note(pcall(body)) end\n"
    "note(xpcall(body, function(m) return 'handled ' .. tostring(m) end))\n"
    "debug.sethook(print, '') debug.sethook(seen, MASK)\nnote(body())\n",

    "local state = require 'state'\n"
    "local function body(x) local s = 0\n  for i = 1, 2 do\n    s = s + x\n  end\n  return s, "
    "x\nend\n"
    "debug.sethook(seen, MASK)\n"
    "note(state.try(body, 1))\n"
    "note(state.try(function() body(2) error 'no' end))\n"
    "note(state.fork(body, 3))\n"
    "local s, n = state.snapshot()\n"
    "n = n or 0\nnote(n, body(n))\n"
    "if n < 2 then state.restore(s, n + 1) end\n"
    "local co = coroutine.create(function() body(coroutine.yield(4)) return 5 end)\n"
    "coroutine.resume(co)\ns = state.snapshot()\ndebug.sethook(co, seen, MASK)\n"
    "note(coroutine.resume(co, 6))\n",

    "local state = require 'state'\n"
    "local taken, again, n = nil, nil, 0\n"
    "local function hook(e, l) n = n + 1\n"
    "  if n == 4 then taken, again = state.snapshot() end\n"
    "  if n == 9 then state.try(function() for i = 1, 3 do n = n + 1 end error(1) end) end\n"
    "  seen(e, l) note(n) if n > 40 then debug.sethook() end end\n"
    "local function body(x) local s = 0\n  for i = 1, 3 do\n    s = s + x\n  end\n  return "
    "s\nend\n"
    "debug.sethook(hook, MASK)\nnote(body(1))\nnote(body(2), body(3))\ndebug.sethook()\n"
    "note(again) again = (again or 0) + 1\n"
    "if taken and again < 3 then state.restore(taken, again) end\n",

    "local s = ('x'):rep(3000)\n"
    "debug.sethook(seen, MASK)\n"
    "local t = {} for i = 1, 40 do t[i] = i end note(#table.concat(t)) note(#s:rep(9))\n"
    "note(s:find('y'), (s:gsub('x', 'y', 5)):sub(1, 8))\n"
    "table.sort(t, function(a, b) return a > b end) note(select('#', table.unpack(t)))\n",
};

static const char *const masks[] = {"'c'",   "'r'",   "'l'",   "'', 1",   "'', 2",
                                    "'', 3", "'', 7", "'crl'", "'crl', 1"};
enum { MASKS = sizeof masks / sizeof *masks };

static char source[1 << 16];
static char random_text[1 << 15];

/* The program, in which MASK is replaced; its results and errors are written down, too. */
static void make_source(const char *program, const char *mask)
{
    char *to = source, *end = source + sizeof source - 100;
    to += sprintf(to, "note('begins', pcall(function(...) ");
    while (*program && to < end) {
        if (strncmp(program, "MASK", 4) == 0) {
            to += sprintf(to, "%s", mask);
            program += 4;
        } else {
            *to++ = *program++;
        }
    }
    sprintf(to, "\nend))");
}

static moonlet_state *base;

static void setup(void)
{
    if (!base) base = world(prelude);
}

static moonlet_state *limited(const moonlet_state *s, uint64_t steps)
{
    moonlet_limits l = {.steps = steps};
    return moonlet_limit(s, &l);
}

static moonlet_result go_on(moonlet_result r)
{
    moonlet_result next = moonlet_resume(r.state);
    moonlet_release(r.state);
    return next;
}

/* What the program that is paused in s writes down if it goes on in portions of its own. */
static char *log_of(moonlet_state *s)
{
    moonlet_state *free = limited(s, 0);
    moonlet_result r = moonlet_do(free, "debug.sethook() return table.concat(log, '\\n')");
    moonlet_release(free);
    assert_ok(r);
    size_t length;
    const char *text = moonlet_to_bytes(moonlet_result_value(&r, 0), &length);
    char *copy = strndup(text, length);
    moonlet_release(r.state);
    return copy;
}

static void same(const char *expected, moonlet_state *s, const char *how, uint64_t steps)
{
    char *got = log_of(s);
    const char *e = expected, *g = got;
    while (*e && *e == *g) e++, g++;
    while (e > expected && e[-1] != '\n') e--, g--;
    ck_assert_msg(strcmp(expected, got) == 0,
                  "%s %d steps at a time:\n%.200s\ninstead of:\n%.200s\n%s", how, (int)steps, g,
                  e, source);
    free(got);
}

static moonlet_state *finished(const moonlet_state *s, uint64_t steps)
{
    moonlet_state *other = limited(s, steps);
    moonlet_result r = moonlet_resume(other);
    moonlet_release(other);
    while (r.status == MOONLET_PAUSED) r = go_on(r);
    assert_ok(r);
    return r.state;
}

static void finish(const moonlet_state *s, uint64_t steps, const char *expected)
{
    moonlet_state *end = finished(s, steps);
    same(expected, end, "finished from a pause,", steps);
    moonlet_release(end);
}

/* Without what slots show in which no variable lives: what earlier calls have left there, which
 * is in no image. */
static char *without_temporaries(const char *log)
{
    char *text = strdup(log), *to = text;
    for (const char *from = text; *from;) {
        if (strncmp(from, " (*temporary)=", 14) == 0)
            from += 1 + strcspn(from + 1, " \n");
        else
            *to++ = *from++;
    }
    *to = 0;
    return text;
}

/* The same from an image, and from an image of what was loaded, which has the same bytes. */
static void finish_loaded(const moonlet_state *s, const char *expected)
{
    char *bytes[2];
    size_t length[2];
    moonlet_state *t = moonlet_retain(s);
    for (int i = 0; i < 2; i++) {
        char *message = NULL;
        moonlet_image *saved = moonlet_image_save(t, NULL, NULL, &message);
        ck_assert_msg(saved != NULL, "%s\n%s", message, source);
        const char *from = moonlet_image_bytes(saved, &length[i]);
        bytes[i] = memcpy(malloc(length[i]), from, length[i]);
        moonlet_image *back = moonlet_image_load(from, length[i], NULL, NULL, &message);
        ck_assert_msg(back != NULL, "%s\n%s", message, source);
        moonlet_release(t);
        t = moonlet_image_state(back);
        moonlet_image_release(saved);
        moonlet_image_release(back);
    }
    ck_assert_uint_eq(length[0], length[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], length[0]);
    moonlet_state *end = finished(t, 3);
    char *log = log_of(end), *got = without_temporaries(log),
         *all = without_temporaries(expected);
    ck_assert_msg(strcmp(got, all) == 0, "from an image:\n%s\ninstead of:\n%s\n%s", got, all,
                  source);
    free(log);
    free(got);
    free(all);
    moonlet_release(end);
    moonlet_release(t);
    free(bytes[0]);
    free(bytes[1]);
}

/* The program, then another one that runs under the hook that is left, both in portions; of
 * every so many pauses two finish by themselves. */
static const char later[] =
    "note 'later' local function f(x) return x end\nlocal y = f(1)\nfor i = 1, 3 do\n"
    "  y = f(y) + i\nend\nreturn f(y)\n";

static moonlet_state *run_in_portions(uint64_t steps, unsigned forks, const char *expected)
{
    moonlet_state *s = limited(base, steps);
    moonlet_result r = moonlet_do(s, source);
    moonlet_release(s);
    for (unsigned pauses = 1; r.status == MOONLET_PAUSED; pauses++) {
        if (forks && pauses % forks == 0) {
            ck_assert_uint_gt(moonlet_memory(r.state, NULL).objects, 0); /* traces the stack */
            finish(r.state, 0, expected);
            finish(r.state, 5, expected);
            finish_loaded(r.state, expected);
        }
        ck_assert_msg(pauses < 3000000, "no progress with %d steps:\n%s", (int)steps, source);
        r = go_on(r);
    }
    assert_ok(r);
    return r.state;
}

static moonlet_state *run_later(moonlet_state *s)
{
    moonlet_result r = moonlet_do(s, later);
    moonlet_release(s);
    while (r.status == MOONLET_PAUSED) r = go_on(r);
    assert_ok(r);
    return r.state;
}

static void try_portions(void)
{
    static const uint64_t portions[] = {1, 2, 3, 7, 30};
    moonlet_state *s = run_in_portions(0, 0, NULL);
    char *first = log_of(s), *all = log_of(s = run_later(s));
    moonlet_release(s);
    for (unsigned i = 0; i < sizeof portions / sizeof *portions; i++) {
        s = run_in_portions(portions[i], 0, NULL);
        same(first, s, "in portions,", portions[i]);
        same(all, s = run_later(s), "in the call after,", portions[i]);
        moonlet_release(s);
    }
    s = run_in_portions(1, strlen(first) / 200 + 7, first);
    moonlet_release(s);
    free(first);
    free(all);
}

START_TEST(programs_see_the_same)
{
    setup();
    for (unsigned m = 0; m < MASKS; m++) {
        make_source(programs[_i], masks[m]);
        try_portions();
    }
}
END_TEST

/* Their world is made anew by each; new coroutines get the hook, too. */
START_TEST(random_programs_see_the_same)
{
    static Program p;
    setup();
    p.seed = 100 + (uint64_t)_i;
    program_make(&p);
    snprintf(random_text, sizeof random_text,
             "%s\nlocal create = coroutine.create\n"
             "function coroutine.create(f) local co = create(f)\n"
             "  debug.sethook(co, seen, MASK) return co end\n"
             "debug.sethook(seen, MASK)\n%s",
             program_world, p.text);
    for (unsigned m = 0; m < 2; m++) {
        make_source(random_text, masks[(2 * (unsigned)_i + m) % MASKS]);
        try_portions();
    }
}
END_TEST

/* Hooks that come and go while the program is paused. --------------------------------- */

static const char walk[] =
    "main = coroutine.running() START\n"
    "local mt = {__index = function(t, k)\n  return k\nend, __add = function(a, b)\n"
    "  local x = 1\n  return x\nend}\n"
    "local t = setmetatable({}, mt)\n"
    "local function f(n, ...)\n  if n > 0 then\n    return f(n - 1, n, ...)\n  end\n"
    "  return ...\nend\n"
    "local function g(n)\n  for i = 1, 2 do\n    n = n + t[i] + (t + 1)\n  end\n"
    "  return n, pcall(f, 2)\nend\n"
    "for i = 1, 3 do\n  local a = {g(i)}\n  a = select('#', f(3))\nend\n"
    "table.sort({3, 2, 1}, function(a, b)\n  return a < b\nend)\n"
    "local co = coroutine.wrap(function()\n  coroutine.yield(g(1))\nend)\n"
    "co()\nco()\n";

static void make_walk(const char *start)
{
    const char *at = strstr(walk, "START");
    sprintf(source, "%.*s%s%s", (int)(at - walk), walk, start, at + strlen("START"));
}

/* What hosts do beside a paused program. */
static moonlet_result beside(moonlet_result r, const char *text)
{
    moonlet_state *free = limited(r.state, 0);
    moonlet_result done = moonlet_do(free, text);
    moonlet_release(free);
    assert_ok(done);
    return done;
}

/* Goes on from each pause, in portions, when the text has run beside it. */
static void try_beside(const char *start, const char *text, const char *all, bool prefix)
{
    make_walk(start);
    moonlet_state *s = limited(base, 1);
    moonlet_result r = moonlet_do(s, source);
    moonlet_release(s);
    for (unsigned pauses = 0; r.status == MOONLET_PAUSED; pauses++) {
        moonlet_result done = beside(r, text);
        moonlet_state *other = limited(done.state, pauses % 5);
        moonlet_release(done.state);
        done = moonlet_resume(other);
        moonlet_release(other);
        while (done.status == MOONLET_PAUSED) done = go_on(done);
        assert_ok(done);
        char *got = log_of(done.state);
        size_t g = strlen(got), length = strlen(all);
        ck_assert_uint_le(g, length);
        ck_assert_msg(memcmp(got, prefix ? all : all + length - g, g) == 0,
                      "at pause %u:\n%s\nis no part of:\n%s", pauses, got, all);
        free(got);
        moonlet_release(done.state);
        r = go_on(r);
    }
    assert_ok(r);
    moonlet_release(r.state);
}

START_TEST(hooks_come_and_go_in_a_pause)
{
    static const char *const kinds[] = {"l", "c", "r", "cr"};
    char text[100];
    setup();
    for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        snprintf(text, sizeof text, "debug.sethook(seen, '%s')", kinds[k]);
        make_walk(text);
        moonlet_state *s = run_in_portions(0, 0, NULL);
        char *all = log_of(s);
        moonlet_release(s);
        try_beside(text, "debug.sethook(main)", all, true);
        snprintf(text, sizeof text, "debug.sethook(main, seen, '%s')", kinds[k]);
        try_beside("", text, all, false);
        free(all);
    }
}
END_TEST

/* Frames that are done again after going back see what they have seen. */
START_TEST(timelines_see_the_same)
{
    setup();
    for (unsigned m = 0; m < MASKS; m++) {
        snprintf(source, sizeof source,
                 "function frame(n) local s = 0\n  for i = 1, n do\n    s = s + #tostring(i)\n"
                 "  end\n  return s\nend\nlater = coroutine.wrap(function() while true do\n"
                 "  coroutine.yield(frame(1))\nend end)\ndebug.sethook(seen, %s)",
                 masks[m]);
        moonlet_state *s = after(moonlet_retain(base), source);
        moonlet_timeline *t = moonlet_timeline_begin(s, 5);
        char *logs[4];
        for (unsigned round = 0; round < 3; round++) {
            for (unsigned i = 0; i < 4; i++) {
                moonlet_value n = moonlet_number(i);
                moonlet_result r = moonlet_timeline_call(t, i == 2 ? "later" : "frame", &n, 1);
                assert_ok(r);
                if (round != 1) continue; /* then nobody looks at the states between */
                moonlet_state *now = moonlet_timeline_state(t);
                free(log_of(now));
                moonlet_release(now);
            }
            moonlet_state *now = moonlet_timeline_state(t);
            logs[round] = log_of(now);
            moonlet_release(now);
            ck_assert(moonlet_timeline_back(t, round));
            ck_assert_str_eq(logs[0], logs[round]);
            ck_assert(moonlet_timeline_back(t, 0));
        }
        for (unsigned i = 0; i < 3; i++) free(logs[i]);
        moonlet_timeline_end(t);
        moonlet_release(s);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("hook_pauses");
    tcase_add_loop_test(t, programs_see_the_same, 0, sizeof programs / sizeof *programs);
    tcase_add_loop_test(t, random_programs_see_the_same, 0, RANDOM_PROGRAMS);
    tcase_add_test(t, hooks_come_and_go_in_a_pause);
    tcase_add_test(t, timelines_see_the_same);
    return run_suite(t);
}
