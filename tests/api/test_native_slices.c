/* SPDX-License-Identifier: MIT */
/*
 * Long work of natives in slices that are small against it: steps, bytes, bytes alive, and all
 * of these. Whatever is resumed for ever comes to its end, saved and loaded between slices or
 * not, and pays once: a native that has no room keeps what it has made. What can never have
 * room, because its result is longer than a slice may allocate, stops each time and pays no
 * more.
 */
#include "api_test.h"
#include "lib/natives.h"

/* s is a string of 60000 bytes, t an array of 6000 numbers, u one of 200 strings. */
static const char *const programs[] = {
    "return #s:gsub('(x)(y)', '%2%1%0')",
    "return #s:gsub('(x)(y)', {x = 'yy'})",
    "return #s:gsub('(x)(y)', function(a, b) return b .. a end)",
    "return #s:gsub('', '-')",
    "return #s:gsub('x', setmetatable({}, {__index = function(t, k) return k .. k end}))",
    "return #('x' .. s):gsub('x', 'yy', 1)",
    "return #table.concat(t, ', ')",
    "return #table.concat(u, ', ')",
    "local n = #u return #table.concat(setmetatable(u, {__len = function() return n end}))",
    "return #('%s,'):rep(#u):format(table.unpack(u))",
    "return #('%q %5d %s'):format(('\\n'):rep(50000), 7, s)",
    "local v = {} for i = 1, #u do v[i] = setmetatable({}, {__tostring = function() return "
    "u[i] "
    "end})\n"
    "end return #('%s,'):rep(#u):format(table.unpack(v))",
    "return #os.date(('%Y-%m-%d '):rep(9000), 0)",
    "return #('xy'):rep(4e4, ',')",
    "return #s:reverse() + #s:upper() + #s:lower() + #s:sub(2)",
    "local r = '' for i = 1, 200 do r = r .. u[i]:sub(1, 100) end return #r",
    "local n = 0 for w in ('abc '):rep(1e4):gmatch('%a+') do n = n + 1 end return n",
    "return (('a'):rep(60000) .. 'b'):find('a*b')",
    "return (('a'):rep(60)):find(('a*'):rep(3) .. 'b') or 0",
    "return #(('('):rep(2000) .. (')'):rep(2000)):match('%b()')",
    "table.sort(t) return t[17]",
    "table.sort(t, function(a, b) return a < b end) return t[17]",
    "table.sort(u) return #u[17]",
    "table.insert(t, 1, 0) table.remove(t, 7) return t[17]",
    "for i = 1, 5000 do t['k' .. i] = i end return table.maxn(t)",
    "return table.pack(table.unpack(t)).n + select('#', table.unpack(t))",
    "return select('#', s:byte(1, 6000)) + #string.char(s:byte(1, 6000))",
    "local f = load(('x = 1 '):rep(9000)) return #string.dump(f)",
    "local i = 0 local f = load(function() i = i + 1 return i < 4000 and 'x = {} ' or nil "
    "end)\n"
    "f() return i",
    "return tonumber(('1'):rep(60000)) and #(('1'):rep(60000) + 1 .. '')",
    "return (rawequal(s, s .. '') and 1 or 2) + (s .. 'x' < s .. 'y' and 10 or 20)",
    "return math.max(table.unpack(t)) + math.min(table.unpack(t))",
    "local b = bit32 return b.band(table.unpack(t)) + b.bor(table.unpack(t)) +\n"
    "b.bxor(table.unpack(t)) + (b.btest(table.unpack(t)) and 1 or 0)",
    "local ok, e = pcall(error, s) ok = assert(table.unpack(t)) return #e",
    "local f = io.tmpfile() f:write(s) f:seek('set') return #f:read('*a')",
    "local f = io.tmpfile() for i = 1, 3000 do f:write('line ', i, '\\n') end f:seek('set')\n"
    "local n = 0 for l in f:lines() do n = n + #l end return n",
    "local f = io.tmpfile() f:write(s, '\\n') f:seek('set') return #f:read('*l')",
    "return #debug.traceback(s)",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static const moonlet_limits limits[] = {
    {.steps = 500},
    {.steps = 3001},
    {.bytes = 600000},
    {.bytes = 300000},
    {.held = 300000},
    {.held = 300000, .steps = 3001},
    {.held = 900000, .bytes = 600000, .steps = 777},
};
enum { LIMITS = sizeof limits / sizeof *limits, SLICES_MAX = 2000 };

static moonlet_state *world_of_work(void)
{
    return world(
        "s, t, u = ('xy'):rep(3e4), {}, {} for i = 1, 6000 do t[i] = i * 7919 % 977 end\n"
        "for i = 1, 200 do u[i] = ('x'):rep(500 + i % 7) end");
}

typedef struct Story {
    int slices;
    uint64_t steps;
    bool ended;
    double result;
} Story;

/* If what is alive is too much the next slice may have more. */
static Story run_in_slices(const char *source, moonlet_limits l, bool saved, int slices_max)
{
    moonlet_state *s = world_of_work(), *limited = moonlet_limit(s, &l);
    uint64_t more = l.held / 8;
    moonlet_result r = moonlet_do(limited, source);
    moonlet_release(limited);
    moonlet_release(s);
    Story story = {.slices = 1, .steps = r.steps};
    while (r.status == MOONLET_PAUSED && story.slices < slices_max) {
        if (r.limit == MOONLET_LIMIT_HELD) l.held += more;
        if (saved) r.state = saved_and_loaded(r.state);
        limited = moonlet_limit(r.state, &l);
        moonlet_release(r.state);
        r = moonlet_resume(limited);
        moonlet_release(limited);
        story.slices++;
        story.steps += r.steps;
    }
    story.ended = r.status == MOONLET_OK;
    if (r.status != MOONLET_PAUSED) assert_ok(r);
    if (story.ended) story.result = number_of(r.values[0]);
    moonlet_release(r.state);
    return story;
}

/* To measure what is alive takes steps, too. What grows in steps that go by how much room there
 * is takes fewer where there is little. */
static void check(const char *source, const moonlet_limits *l, bool saved)
{
    const moonlet_limits none = {0};
    Story whole = run_in_slices(source, none, false, 1);
    Story parts = run_in_slices(source, *l, saved, SLICES_MAX);
    char what[400];
    snprintf(what, sizeof what, "%d slices, %d steps and %d: %.200s (%d, %d, %d)", parts.slices,
             (int)whole.steps, (int)parts.steps, source, (int)l->steps, (int)l->bytes,
             (int)l->held);
    ck_assert_msg(whole.ended && parts.ended && parts.result == whole.result, "%s", what);
    uint64_t most = whole.steps + whole.steps / 8 + 10;
    if (l->held) most += (uint64_t)parts.slices * 4000;
    ck_assert_msg(2 * parts.steps >= whole.steps && parts.steps <= most, "%s", what);
    ck_assert_msg(l->held || l->bytes || parts.steps == whole.steps, "%s", what);
}

START_TEST(whoever_is_resumed_ends)
{
    check(programs[_i / LIMITS], &limits[_i % LIMITS], false);
    bool opens = strstr(programs[_i / LIMITS], "tmpfile"); /* images have no open files */
    if (!opens) check(programs[_i / LIMITS], &limits[_i % LIMITS], true);
}
END_TEST

START_TEST(whoever_has_no_room_pays_once)
{
    enum { SLICES = 60 };
    const moonlet_limits none = {0}, little = {.bytes = 70000};
    Story whole = run_in_slices(programs[_i], none, false, 1);
    Story parts = run_in_slices(programs[_i], little, false, SLICES);
    ck_assert_msg(parts.steps <= 2 * whole.steps + 10 || parts.slices < SLICES,
                  "%d steps and %d: %s", (int)whole.steps, (int)parts.steps, programs[_i]);
}
END_TEST

static bool is_tried(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (int i = 0; i < PROGRAMS; i++)
        if (strstr(programs[i], dot ? dot + 1 : name)) return true;
    return false;
}

/* Those that see files or other things outside, frames of the stack, or the whole state, are
 * tested elsewhere. */
START_TEST(no_native_is_forgotten)
{
    for (const NativeDef *r = natives_next(NULL); r; r = natives_next(r)) {
        bool grows = r->work != WORK_FIXED && r->work != WORK_CALLEE;
        bool elsewhere = r->outside != OUTSIDE_NONE || r->work == WORK_LEVELS ||
                         r->work == WORK_STATE || r->place != PLACE_FIELD;
        if (!grows || elsewhere || strcmp(r->name, "module") == 0) continue;
        ck_assert_msg(is_tried(r->name), "%s", r->name);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("native_slices");
    tcase_add_loop_test(t, whoever_is_resumed_ends, 0, PROGRAMS * LIMITS);
    tcase_add_loop_test(t, whoever_has_no_room_pays_once, 0, PROGRAMS);
    tcase_add_test(t, no_native_is_forgotten);
    return run_suite(t);
}
