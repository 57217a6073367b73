/* SPDX-License-Identifier: MIT */
/* Keys and the mouse: what is pressed, clicked and dragged comes to pass. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "window.h"

static Game g;
static Window w;

static void begin(void)
{
    g = (Game){0};
    ck_assert(game_begin(&g, getenv("SHIPS_DATA"), "window.img"));
    ck_assert_msg(window_open(&w), "%s", SDL_GetError());
}

static void end(void)
{
    window_close(&w);
    game_end(&g);
    unlink("window.img");
}

static void pictures(int count)
{
    for (int i = 0; i < count; i++) window_picture(&w, &g);
}

static void key(SDL_Keycode k, bool down)
{
    SDL_Event e = {.key = {.type = down ? SDL_KEYDOWN : SDL_KEYUP,
                           .state = down ? SDL_PRESSED : SDL_RELEASED,
                           .windowID = SDL_GetWindowID(w.window),
                           .keysym.sym = k}};
    ck_assert_int_eq(SDL_PushEvent(&e), 1);
}

static void press(SDL_Keycode k)
{
    key(k, true);
    key(k, false);
    pictures(1);
}

static void button(int which, double x, double y, bool down)
{
    SDL_Event e = {.button = {.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP,
                              .windowID = SDL_GetWindowID(w.window),
                              .button = (Uint8)which,
                              .state = down ? SDL_PRESSED : SDL_RELEASED,
                              .clicks = 1,
                              .x = (Sint32)x,
                              .y = (Sint32)y}};
    ck_assert_int_eq(SDL_PushEvent(&e), 1);
}

static void motion(double x, double y)
{
    SDL_Event e = {.motion = {.type = SDL_MOUSEMOTION,
                              .windowID = SDL_GetWindowID(w.window),
                              .x = (Sint32)x,
                              .y = (Sint32)y}};
    ck_assert_int_eq(SDL_PushEvent(&e), 1);
}

static uint64_t digest(void) { return moonlet_digest(world_state(&g.world)); }

START_TEST(time_runs_both_ways)
{
    pictures(60);
    ck_assert_int_eq(g.world.now, 60);
    uint64_t then = digest();
    pictures(20);
    key(SDLK_LEFT, true);
    pictures(10); /* two frames each */
    ck_assert_int_eq(g.world.now, 60);
    ck_assert_uint_eq(digest(), then);
    key(SDLK_LSHIFT, true);
    pictures(2);
    ck_assert_int_eq(g.world.now, 60 - 2 * 16);
    key(SDLK_LSHIFT, false);
    pictures(1000); /* not beyond the beginning */
    ck_assert_int_eq(g.world.now, g.world.first);
    key(SDLK_LEFT, false);
    key(SDLK_RIGHT, true);
    pictures(30);
    ck_assert_int_eq(g.world.now, 60);
    ck_assert_uint_eq(digest(), then);
    key(SDLK_RIGHT, false);
    pictures(1);
    ck_assert_int_eq(g.world.now, 61);
}
END_TEST

START_TEST(it_is_held_and_helped_and_left)
{
    pictures(5);
    press(SDLK_SPACE);
    long now = g.world.now;
    pictures(10);
    ck_assert_int_eq(g.world.now, now);
    bool help = g.scene.help;
    press(SDLK_h);
    ck_assert(g.scene.help == !help);
    press(SDLK_SPACE);
    pictures(3);
    ck_assert_int_gt(g.world.now, now);
    ck_assert(!g.ended);
    press(SDLK_q);
    ck_assert(g.ended);
}
END_TEST

START_TEST(a_world_is_saved_and_loaded_in_flight)
{
    pictures(40);
    press(SDLK_SPACE);
    uint64_t then = digest();
    press(SDLK_F5);
    ck_assert(g.costs.saved && g.costs.file_kb > 0);
    press(SDLK_SPACE);
    pictures(30);
    ck_assert_uint_ne(digest(), then);
    press(SDLK_SPACE);
    press(SDLK_F9);
    ck_assert_str_eq(g.world.complaint, "");
    ck_assert_uint_eq(digest(), then);
    press(SDLK_SPACE);
    pictures(10);
    ck_assert_uint_ne(digest(), then);
}
END_TEST

/* A ship that lives, where it is in the picture now. */
static int living(Place *at)
{
    for (int i = 0; i < g.view.ships; i++) {
        *at = ship_at(&g.view.ship[i], 0);
        bool inside =
            at->x > 20 && at->x < WORLD_WIDTH - 20 && at->y > 20 && at->y < WORLD_HEIGHT - 20;
        if (g.view.ship[i].hp > 0 && inside) return i + 1;
    }
    return 0;
}

START_TEST(a_ship_is_clicked_and_steered)
{
    Place at;
    pictures(20);
    press(SDLK_SPACE);
    ck_assert_int_gt(living(&at), 0);
    button(SDL_BUTTON_LEFT, at.x, at.y, true);
    button(SDL_BUTTON_LEFT, at.x, at.y, false);
    pictures(1);
    int ship = g.scene.selected;
    ck_assert_int_gt(ship, 0);
    ck_assert_int_gt(g.scene.line_count, 0);
    Place its = ship_at(&g.view.ship[ship - 1], 0); /* the nearest to where it was clicked */
    ck_assert_double_le(fabs(its.x - at.x) + fabs(its.y - at.y), 2);
    button(SDL_BUTTON_RIGHT, 600, 300, true);
    motion(610, 310);
    pictures(1);
    ck_assert_int_eq(g.helm.ship, ship);
    ck_assert_double_eq(g.helm.x, 610);
    ck_assert_double_eq(g.helm.y, 310);
    button(SDL_BUTTON_RIGHT, 610, 310, false);
    pictures(1);
    ck_assert_int_eq(g.helm.ship, 0);
    press(SDLK_ESCAPE);
    ck_assert_int_eq(g.scene.selected, 0);
}
END_TEST

START_TEST(the_bar_is_dragged)
{
    pictures(200);
    long last = g.world.last;
    button(SDL_BUTTON_LEFT, BAR_LEFT + BAR_WIDTH / 2.0, BAR_Y + 2, true);
    pictures(1);
    ck_assert(g.dragging);
    ck_assert_int_eq(g.world.now, last);            /* the bar is a minute long */
    motion(BAR_LEFT + BAR_WIDTH * 100.0 / 3600, 5); /* wherever the mouse is then */
    pictures(3);
    ck_assert_int_eq(g.world.now,
                     scene_frame_at(&g.world, (int)(BAR_LEFT + BAR_WIDTH * 100.0 / 3600)));
    ck_assert_int_le(labs(g.world.now - 100), 3);
    motion(BAR_LEFT, 5);
    pictures(3);
    ck_assert_int_eq(g.world.now, g.world.first);
    motion(BAR_LEFT + BAR_WIDTH + 30, BAR_Y);
    pictures(3);
    ck_assert_int_eq(g.world.now, last);
    button(SDL_BUTTON_LEFT, BAR_LEFT + BAR_WIDTH + 30, BAR_Y, false);
    pictures(2);
    ck_assert(!g.dragging);
    ck_assert_int_eq(g.world.now, last + 2);
    ck_assert_int_eq(g.scene.selected, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("window");
    TCase *t = tcase_create("keys and mouse");
    tcase_add_checked_fixture(t, begin, end);
    tcase_set_timeout(t, 600);
    tcase_add_test(t, time_runs_both_ways);
    tcase_add_test(t, it_is_held_and_helped_and_left);
    tcase_add_test(t, a_world_is_saved_and_loaded_in_flight);
    tcase_add_test(t, a_ship_is_clicked_and_steered);
    tcase_add_test(t, the_bar_is_dragged);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
