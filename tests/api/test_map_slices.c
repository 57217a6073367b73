/* SPDX-License-Identifier: MIT */
/*
 * Maps that the limits of the run stop again and again: whatever comes of them, and what it
 * costs in steps, is as if nobody had stopped them.
 */
#include "api_test.h"

#include <stdio.h>

/* %s: threads or processes. */
static const char *const programs[] = {
    "local r = state.map(function(x) local n = 0 for i = 1, x * 100 do n = n + i end return n "
    "end, list(20), {%s}) return table.concat(r, ' ')",
    /* one that is larger than all slices, and many that are small */
    "local r = state.map(function(x) local n = 0 for i = 1, x == 7 and 30000 or 3 do n = n + i "
    "end return n end, list(100), {%s}) return table.concat(r, ' ')",
    /* addresses are ids: those of the world in which items begin, and of that which waits */
    "local r = state.map(function(x) local t = {} for i = 1, x * 10 do t[i] = {} end return "
    "{tostring(t), t[x], t[x], a = function() return x, t[1] end} end, list(9), {%s}) local "
    "out = {} "
    "for i, t in ipairs(r) do out[i] = t and table.concat({t[1], tostring(t), tostring(t[2]), "
    "tostring(t[2] == t[3]), type(t.a), t.a and tostring(select(2, t.a())) or ''}, ' ') or "
    "'none' end return table.concat(out, '\\n') .. tostring({})",
    /* errors, limits of the items, none of whose steps are lost */
    "local r, e = state.map(function(x) if x %% 3 == 0 then error{x} end local n = 0 for i = "
    "1, "
    "x * 300 do n = n + i end return n end, list(20), {steps = 3000, %s}) return "
    "tostring(r[1]) .. tostring(r[8]) .. tostring(r[10]) .. tostring(e[10]) .. "
    "tostring(e[11]) .. tostring(type(e[9]) == 'table' and e[9][1] or e[9])",
    /* coroutines, pcall, gsub and sort within */
    "local r = state.map(function(x) local co = coroutine.wrap(function() for i = 1, 50 do "
    "coroutine.yield(i * x) end end) local t = {} for i = 1, 50 do t[i] = co() end "
    "table.sort(t, function(a, b) return a > b end) local s = table.concat(t, ' "
    "'):gsub('%%d+', "
    "function(d) return pcall(error) and d or #d end) return s end, list(5), {%s}) return "
    "table.concat(r, '\\n')",
    /* maps within maps */
    "local r = state.map(function(x) local r = state.map(function(y) local n = 0 for i = 1, x "
    "* "
    "y * 10 do n = n + i end return n end, list(7), {%s}) return table.concat(r, ' ') end, "
    "list(6)) return table.concat(r, '\\n')",
    /* told when all is done, at least; what that costs depends on the clock but then */
    "local r, e = state.map(function(x) return x end, list(3), {progress = function(done, all) "
    "if done == all then for i = 1, 5000 do end return #list(done) end end, %s}) return #r",
    "return pcall(state.map, function(x) return x end, list(3), {progress = function(done, "
    "all) "
    "if done == all then for i = 1, 5000 do end error('at ' .. done) end end, %s})",
    /* no items, and more than are done at a time */
    "return #state.map(error, {}, {%s})",
    "local r, e = state.map(function(x) return x %% 1000 == 0 and error(x, 0) or x end, "
    "list(9000), {%s}) return #r .. tostring(r[4097]) .. tostring(e[9000])",
    /* the world around them is as it was, within a coroutine, too */
    "local x = 1 local co = coroutine.wrap(function() local r = state.map(function(y) x = x + "
    "y "
    "for i = 1, 900 do end return x end, list(5), {%s}) coroutine.yield(r[5] .. ' ' .. x) end) "
    "return co()",
    /* few bytes an item, however many slices it takes */
    "local r, e = state.map(function(x) local n = 0 for i = 1, 3000 do n = n + i end return n "
    "end, list(2), {bytes = 1200000, %s}) return r[1] + r[2]",
    /* items that go back to a moment before the map */
    "local s, x = state.snapshot() if x then local t = {} for i = 1, 300 do t[i] = {i} end "
    "return x * 1000 + #t end local made = {} for i = 1, 500 do made[i] = {} end local r = "
    "state.map(function(x) state.restore(s, x) end, list(4), {%s}) return table.concat(r, ' ')",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static const char *const workers[] = {"threads = 1", "threads = 3", "processes = 2"};
enum { WORKERS = sizeof workers / sizeof *workers };

typedef struct Found {
    char text[4000];
    uint64_t steps, digest;
    int pauses;
    uint8_t image[16]; /* its hash: with ids, and bytes counted */
} Found;

static moonlet_state *through_image(const moonlet_state *s)
{
    char *message = NULL;
    size_t length;
    moonlet_image *saved = moonlet_image_save(s, NULL, NULL, &message);
    ck_assert_msg(saved != NULL, "%s", message);
    const char *bytes = moonlet_image_bytes(saved, &length);
    moonlet_image *back = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(back != NULL, "%s", message);
    moonlet_state *t = moonlet_image_state(back);
    moonlet_image_release(back);
    moonlet_image_release(saved);
    return t;
}

/* Runs in slices of so many steps, through images if wanted; 0: in one. */
static void run(Found *f, int program, const char *how, uint64_t slice, bool images)
{
    char source[1500];
    size_t at = (size_t)snprintf(source, sizeof source,
                                 "local state = require 'state' local function list(n) local t "
                                 "= {} for i = 1, n do t[i] = i end return t end ");
    snprintf(source + at, sizeof source - at, programs[program], how);
    moonlet_state *s = moonlet_init();
    moonlet_state *limited = moonlet_limit(s, &(moonlet_limits){.steps = slice});
    moonlet_result r = moonlet_do(limited, source);
    *f = (Found){.steps = r.steps};
    while (r.status == MOONLET_PAUSED && f->pauses++ < 100000) {
        moonlet_state *paused = images ? through_image(r.state) : moonlet_retain(r.state);
        moonlet_release(r.state);
        moonlet_state *again = moonlet_limit(paused, &(moonlet_limits){.steps = slice});
        r = moonlet_resume(again);
        f->steps += r.steps;
        moonlet_release(again);
        moonlet_release(paused);
    }
    ck_assert_msg(r.status == MOONLET_OK, "%s: %s", source, r.error ? r.error->message : "?");
    for (size_t i = 0, n = 0; i < r.count; i++, n = strlen(f->text))
        moonlet_to_text(r.values[i], f->text + n, sizeof f->text - n);
    f->digest = moonlet_digest(r.state);
    moonlet_image *image = moonlet_image_save(r.state, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(image);
    memcpy(f->image, moonlet_image_id(image), sizeof f->image);
    moonlet_image_release(image);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}

START_TEST(slices_do_not_matter)
{
    int program = _i / WORKERS;
    const char *how = workers[_i % WORKERS];
    Found whole, found;
    run(&whole, program, how, 0, false);
    const uint64_t slices[] = {7, 100, 1000, 4000};
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
        if (slices[i] < 1000 && (program == 9 || strstr(how, "processes"))) continue;
        run(&found, program, how, slices[i], false);
        ck_assert_str_eq(found.text, whole.text);
        ck_assert_msg(found.digest == whole.digest, "slices of %d: %s", (int)slices[i], how);
        ck_assert_msg(memcmp(found.image, whole.image, sizeof found.image) == 0,
                      "images, slices of %d: %s, %s", (int)slices[i], how, programs[program]);
        if (slices[i] >= 100 && program != 9) {
            Found loaded;
            run(&loaded, program, how, slices[i], true);
            ck_assert_str_eq(loaded.text, whole.text);
            ck_assert_int_eq(loaded.pauses, found.pauses);
            ck_assert_msg(loaded.digest == whole.digest, "images");
        }
        ck_assert_msg(found.steps == whole.steps, "%llu steps for %llu, slices of %d: %s",
                      (unsigned long long)found.steps, (unsigned long long)whole.steps,
                      (int)slices[i], how);
    }
}
END_TEST

/* Whoever is told of progress can cancel a map that a pause has gone through: when that is
 * depends on the clock. The first item is over by then, the others would take for ever. */
START_TEST(what_is_paused_can_be_cancelled)
{
    char source[600];
    snprintf(source, sizeof source,
             "local state, t = require 'state', os.clock()\n"
             "local r, e = state.map(function(x) while x > 1 do end return x end, {1, 2, 3},\n"
             "  {%s, progress = function(done) return done < 1 or os.clock() - t < 0.1 end})\n"
             "return r[1], e[2], e[3]",
             workers[_i]);
    moonlet_state *s = moonlet_init();
    moonlet_limits slice = {.steps = 100000};
    moonlet_state *limited = moonlet_limit(s, &slice);
    moonlet_result r = moonlet_do(limited, source);
    int pauses = 0;
    for (; r.status == MOONLET_PAUSED; pauses++) {
        moonlet_state *again = moonlet_limit(r.state, &slice);
        moonlet_release(r.state);
        r = moonlet_resume(again);
        moonlet_release(again);
    }
    assert_ok(r);
    ck_assert_int_gt(pauses, 0);
    assert_number(r.values[0], 1);
    assert_bytes(r.values[1], "cancelled");
    assert_bytes(r.values[2], "cancelled");
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("map_slices");
    tcase_add_loop_test(t, what_is_paused_can_be_cancelled, 0, WORKERS);
    tcase_add_loop_test(t, slices_do_not_matter, 0, PROGRAMS * WORKERS);
    return run_suite(t);
}
