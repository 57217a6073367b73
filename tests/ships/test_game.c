/* SPDX-License-Identifier: MIT */
/*
 * The game without its window: the same world each time, time both ways, futures that change
 * nothing, files of behaviours that are edited, files that are no world.
 */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "game.h"

static Game g;
static char directory[40];

/* A copy of the data, to be edited. */
static void begin(void)
{
    char command[400];
    strcpy(directory, "/tmp/ships-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(command, sizeof command, "cp -r '%s/world.lua' '%s/behaviours' %s",
             getenv("SHIPS_DATA"), getenv("SHIPS_DATA"), directory);
    ck_assert_int_eq(system(command), 0);
    memset(&g, 0, sizeof g);
    ck_assert(game_begin(&g, directory, "test.img"));
}

static void end(void)
{
    char command[60];
    game_end(&g);
    snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static uint64_t digest(void) { return moonlet_digest(world_state(&g.world)); }

static void run(long frames)
{
    for (long i = 0; i < frames; i++) ck_assert(world_forward(&g.world, &g.helm));
}

/* Files are told apart by their time. */
static void edit(const char *kind, const char *text)
{
    char file[100];
    static long later = 1;
    snprintf(file, sizeof file, "%s/behaviours/%s.lua", directory, kind);
    FILE *f = fopen(file, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    struct timespec times[2] = {{0, UTIME_OMIT}, {time(NULL) + later++, 0}};
    ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
    world_reload(&g.world);
}

START_TEST(time_runs_both_ways)
{
    uint64_t digests[3];
    for (int i = 0; i < 3; i++) {
        run(50);
        digests[i] = digest();
    }
    game_go(&g, 50);
    ck_assert_uint_eq(digest(), digests[0]);
    run(50); /* what has been */
    ck_assert_int_eq(g.world.last, 150);
    ck_assert_uint_eq(digest(), digests[1]);
    game_go(&g, 0);
    g.world.last = 0; /* and once more, as if it had not been */
    run(150);
    ck_assert_uint_eq(digest(), digests[2]);
    game_go(&g, -5);
    ck_assert_int_eq(g.world.now, 0);
    game_go(&g, 1000);
    ck_assert_int_eq(g.world.now, 150);
}
END_TEST

START_TEST(a_helm_makes_another_future)
{
    run(60);
    uint64_t was = digest();
    game_go(&g, 30);
    g.helm = (Helm){5, 100, 100};
    run(30);
    ck_assert_int_eq(g.world.last, 60);
    ck_assert_uint_ne(digest(), was);
    game_look(&g, false);
    g.helm.ship = 0;
    Place before = ship_at(&g.view.ship[4], 0);
    ck_assert(before.x > 0 && before.y > 0);
}
END_TEST

START_TEST(a_minute_is_kept)
{
    run(HISTORY + 99);
    ck_assert_int_eq(g.world.first, 100);
    ck_assert_int_eq(g.world.last, HISTORY + 99);
    game_go(&g, 0);
    ck_assert_int_eq(g.world.now, 100);
    game_look(&g, false);
    ck_assert_int_eq((int)g.view.now, 100);
    ck_assert_int_eq(g.view.ships, SHIPS);
    ck_assert_int_eq(scene_frame_at(&g.world, BAR_LEFT), 100);
    ck_assert_int_eq(scene_frame_at(&g.world, BAR_LEFT + BAR_WIDTH), HISTORY + 99);
}
END_TEST

START_TEST(futures_change_nothing)
{
    run(300);
    uint64_t was = digest();
    game_look(&g, false);
    int living = 0;
    while (g.view.ship[living].hp <= 0) living++;
    game_select(&g, living + 1);
    game_look(&g, true);
    Future first = g.future;
    ck_assert_int_eq(first.ship, living + 1);
    ck_assert_int_eq(first.forks, FORKS);
    ck_assert_int_ge(g.scene.line_count, 10);
    g.future.now = -1;
    game_look(&g, true);
    for (int i = 0; i < FORKS; i++) {
        const Ghost *a = &first.ghost[i], *b = &g.future.ghost[i];
        ck_assert_int_eq(a->count, b->count);
        ck_assert_int_gt(a->count, 0);
        ck_assert_mem_eq(a->point, b->point, (size_t)a->count * sizeof *a->point);
    }
    ck_assert_uint_eq(digest(), was);
    /* and what is foreseen comes, if one does so: direction 0 is to the right */
    const Ghost *ghost = &first.ghost[0];
    g.helm.ship = living + 1;
    for (int f = 0; f < 4 * ghost->count; f++) {
        Place at = ship_at(&g.view.ship[living], 0);
        g.helm.x = fmin(WORLD_WIDTH - 10, fmax(10, at.x + 240));
        g.helm.y = fmin(WORLD_HEIGHT - 10, fmax(10, at.y));
        run(1);
        game_look(&g, false);
    }
    Place at = ship_at(&g.view.ship[living], 0), end = ghost->point[ghost->count - 1];
    ck_assert_double_eq_tol(at.x, end.x, 1e-6);
    ck_assert_double_eq_tol(at.y, end.y, 1e-6);
    ck_assert_uint_ne(digest(), was);
}
END_TEST

START_TEST(behaviours_are_edited)
{
    run(50);
    edit("courier", "return function(ship) while true do edited = true ship:stop() "
                    "coroutine.yield() end end");
    ck_assert_str_eq(g.world.complaint, "");
    run(40);
    ck_assert(moonlet_is_true(moonlet_global(world_state(&g.world), "edited")));
    uint64_t was = digest();
    edit("courier", "return function(ship) while");
    ck_assert_ptr_nonnull(strstr(g.world.complaint, "courier.lua:1:"));
    ck_assert_uint_eq(digest(), was);
    edit("courier", "return 7");
    ck_assert_ptr_nonnull(strstr(g.world.complaint, "returns no function"));
    run(10);
    edit("courier", "return function(ship) ship = ship.nothing.at end");
    ck_assert_str_eq(g.world.complaint, "");
    run(40);
    game_look(&g, false);
    ck_assert_ptr_nonnull(strstr(g.view.complaint, "courier.lua:1:"));
    edit("courier", "return function(ship) end");
    game_look(&g, false);
    ck_assert_str_eq(g.view.complaint, "");
}
END_TEST

/* What has been after now stays until something new happens. */
START_TEST(an_edit_in_the_past)
{
    run(50);
    game_go(&g, 20);
    edit("courier", "return function(ship) while");
    ck_assert_int_eq(g.world.last, 50);
    edit("courier", "return function(ship) end");
    ck_assert_int_eq(g.world.last, 20);
    run(50);
}
END_TEST

START_TEST(one_that_never_ends_stops_the_world_only)
{
    edit("courier", "return function(ship) while true do end end");
    bool good = true;
    for (int i = 0; i < 40 && good; i++) good = world_forward(&g.world, &g.helm);
    ck_assert(!good);
    ck_assert_ptr_nonnull(strstr(g.world.complaint, "out of steps"));
    edit("courier", "return function(ship) end");
    run(40);
    ck_assert_str_eq(g.world.complaint, "");
}
END_TEST

START_TEST(worlds_in_files)
{
    run(30);
    uint64_t was = digest();
    game_save(&g);
    ck_assert(g.costs.saved);
    run(30);
    game_load(&g);
    ck_assert_uint_eq(digest(), was);
    ck_assert_int_eq(g.world.last, 0);
    run(30);
    unlink("test.img");
}
END_TEST

/* Whatever a world of others has in its globals, there is a picture. */
START_TEST(strange_worlds)
{
    static const char *const worlds[] = {
        "ships = nil",
        "ships = {1, 'x', {}, {x = 1/0, y = 0/0, hp = 'no', kind = 5}} stations = ships rocks "
        "= 1",
        "ships = setmetatable({}, {__len = function() while true do end end}) now = {}",
        "for i = 1, 5000 do ships[i] = {x = 1e300, y = -1e300, vx = i, hp = 1} end sparks = "
        "ships",
        "function describe() while true do end end function futures() error({}) end frame = "
        "nil",
    };
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        moonlet_result r = moonlet_do(world_state(&g.world), worlds[i]);
        ck_assert_int_eq(r.status, MOONLET_OK);
        moonlet_state **now = &g.world.kept[g.world.now % HISTORY], *was = *now;
        *now = r.state;
        game_select(&g, 3);
        game_look(&g, true);
        game_tick(&g, 1);
        ck_assert_int_le(g.view.ships, SHIPS);
        ck_assert_int_le(g.view.sparks, SPARKS);
        game_go(&g, 0);
        moonlet_release(*now);
        *now = was;
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ships");
    TCase *c = tcase_create("game");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, time_runs_both_ways);
    tcase_add_test(c, a_helm_makes_another_future);
    tcase_add_test(c, a_minute_is_kept);
    tcase_add_test(c, futures_change_nothing);
    tcase_add_test(c, behaviours_are_edited);
    tcase_add_test(c, an_edit_in_the_past);
    tcase_add_test(c, one_that_never_ends_stops_the_world_only);
    tcase_add_test(c, worlds_in_files);
    tcase_add_test(c, strange_worlds);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
