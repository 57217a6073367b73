/* SPDX-License-Identifier: MIT */
/*
 * Random walks through worlds that have parted: whichever of them an item of a map ends in, no
 * two objects of the world that has its result have one id. Images of that world load, and what
 * it is depends neither on threads, nor on how often the program was paused, or went on from an
 * image.
 */
#include "api_test.h"
#include "parted_walk.h"

#include <stdio.h>

typedef struct Found {
    uint64_t digest, steps;
    moonlet_status status;
    uint8_t image[16];
} Found;

/* The state from its image, whose hash is *id. The state is released. */
static moonlet_state *through_image(moonlet_state *s, uint8_t *id)
{
    char *message = NULL;
    size_t length;
    moonlet_image *saved = moonlet_image_save(s, NULL, NULL, &message);
    ck_assert_msg(saved != NULL, "%s", message);
    const char *bytes = moonlet_image_bytes(saved, &length);
    memcpy(id, moonlet_image_id(saved), 16);
    moonlet_image *back = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(back != NULL, "%s", message);
    moonlet_state *t = moonlet_image_state(back);
    ck_assert(moonlet_digest(t) == moonlet_digest(s));
    moonlet_image_release(back);
    moonlet_image_release(saved);
    moonlet_release(s);
    return t;
}

/* Walks in slices of so many steps, 0: in one; from image to image if wanted. */
static Found walk(int seed, const char *how, const char *workers, uint64_t slice, bool images)
{
    char source[sizeof parted_walk_unique + sizeof parted_walk + 40];
    Found f = {0};
    uint8_t id[16];
    setenv("PARTED_HOW", how, 1);
    setenv("PARTED_WORKERS", workers, 1);
    snprintf(source, sizeof source, "seed = %d %s%s", seed, parted_walk_unique, parted_walk);
    moonlet_state *s = moonlet_init();
    moonlet_state *limited = moonlet_limit(s, &(moonlet_limits){.steps = slice});
    moonlet_release(s);
    moonlet_result r = moonlet_do(limited, source);
    moonlet_release(limited);
    f.steps = r.steps;
    while (r.status == MOONLET_PAUSED) {
        s = images ? through_image(r.state, id) : r.state;
        limited = moonlet_limit(s, &(moonlet_limits){.steps = slice});
        moonlet_release(s);
        r = moonlet_resume(limited);
        moonlet_release(limited);
        f.steps += r.steps;
    }
    f.status = r.status; /* it may have ended as an item whose snapshot it went back to */
    f.digest = moonlet_digest(r.state);
    s = through_image(after(r.state, "results = nil"), f.image);
    uint8_t again[16];
    s = through_image(after(s, "if unique then unique(_G) end"), again);
    moonlet_release(s);
    return f;
}

static void assert_same(int seed, const char *what, Found a, Found b)
{
    ck_assert_msg(a.status == b.status, "status, seed %d: %s", seed, what);
    ck_assert_msg(a.digest == b.digest, "digest, seed %d: %s", seed, what);
    ck_assert_msg(a.steps == b.steps, "steps %d for %d, seed %d: %s", (int)b.steps,
                  (int)a.steps, seed, what);
    ck_assert_msg(memcmp(a.image, b.image, 16) == 0, "image, seed %d: %s", seed, what);
}

/* More seeds are tried by PARTED_SEEDS=n, from the one that PARTED_FROM says. */
static int number_of_environment(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

START_TEST(walks_do_not_depend_on_threads_or_slices)
{
    int from = number_of_environment("PARTED_FROM", 1);
    int count = number_of_environment("PARTED_SEEDS", 24);
    for (int seed = from; seed < from + count; seed++) {
        Found f = walk(seed * 7919, "threads", "1", 0, false);
        assert_same(seed, "three threads", f, walk(seed * 7919, "threads", "3", 0, false));
        assert_same(seed, "slices", f, walk(seed * 7919, "threads", "3", 300, false));
        assert_same(seed, "images", f, walk(seed * 7919, "threads", "2", 1000, true));
    }
}
END_TEST

START_TEST(walks_over_processes_do_not_depend_on_slices)
{
    int from = number_of_environment("PARTED_FROM", 1);
    int count = number_of_environment("PARTED_SEEDS", 24) / 8;
    for (int seed = from; seed < from + count; seed++) {
        Found f = walk(seed * 7919, "processes", "1", 0, false);
        assert_same(seed, "two processes", f, walk(seed * 7919, "processes", "2", 0, false));
        assert_same(seed, "slices", f, walk(seed * 7919, "processes", "1", 3000, true));
    }
}
END_TEST

/* The items go back to a world that has objects of its own with ids of the map's world. */
static const char host_program[] =
    "state = require 'state'\n"
    "local function list(n) local t = {} for i = 1, n do t[i] = {i} end return t end\n"
    "parted = state.map(function()\n"
    "  local mine = list(300)\n"
    "  local s, v = state.snapshot()\n"
    "  if v then return mine, v end\n"
    "  return s\n"
    "end, {1})[1]\n"
    "big = list(300)\n"
    "function item(i) state.restore(parted, i) end\n";

START_TEST(hosts_get_copies_of_what_parted)
{
    moonlet_state *s = after(moonlet_init(), parted_walk_unique);
    s = after(s, host_program);
    moonlet_value inputs[] = {moonlet_number(1), moonlet_number(2)};
    moonlet_map_options o = {.threads = _i ? 0 : 2, .processes = _i ? 2 : 0};
    moonlet_items all = moonlet_map(s, moonlet_global(s, "item"), inputs, 2, &o);
    ck_assert_uint_eq(all.failed, 0);
    moonlet_result r = moonlet_set(all.state, "got", all.items[1].values[0]);
    assert_ok(r);
    uint8_t id[16];
    moonlet_state *t = through_image(moonlet_retain(r.state), id);
    moonlet_release(r.state);
    t = after(t, "unique(_G) assert(#got == 300 and got[300][1] == 300 and got[1] ~= big[1])");
    moonlet_release(t);
    moonlet_items_release(&all);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("parted");
    tcase_add_test(t, walks_do_not_depend_on_threads_or_slices);
    tcase_add_test(t, walks_over_processes_do_not_depend_on_slices);
    tcase_add_loop_test(t, hosts_get_copies_of_what_parted, 0, 2);
    return run_suite(t);
}
