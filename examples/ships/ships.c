/* SPDX-License-Identifier: MIT */
/*
 * 1440 ships, each with a script of its own, in one world that goes back. README.md says what
 * there is to see.
 *
 *   ships [--data DIR] [--file FILE] [--frames N]
 *   ships --headless [--load] [--frames N] [--back N] [--select N] [--save] [--shot FILE.png]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "game.h"
#include "shot.h"
#include "window.h"

enum { PICTURES_A_SECOND = 60 };

typedef struct Settings {
    const char *data, *file, *shot;
    bool headless, load, save;
    long frames, back; /* frames: 0, no end */
    int select;
} Settings;

/* A window --------------------------------------------------------------------------------- */

static void run_window(Game *g, Window *w, const Settings *o)
{
    double next = clock_ms();
    for (long picture = 0; !g->ended && (!o->frames || picture < o->frames); picture++) {
        window_picture(w, g);
        next += 1000.0 / PICTURES_A_SECOND;
        double left = next - clock_ms();
        if (left > 1 && moonlet_idle((uint64_t)(left * 1e6))) left = next - clock_ms();
        if (left > 1) SDL_Delay((Uint32)left);
        if (left < -100) next = clock_ms(); /* too slow: it does not hurry afterwards */
    }
}

static int show_window(Game *g, const Settings *o)
{
    static Window window;
    bool good = window_open(&window);
    if (good)
        run_window(g, &window, o);
    else
        fprintf(stderr, "ships: SDL: %s\n", SDL_GetError());
    window_close(&window);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* None ------------------------------------------------------------------------------------- */

/* What is the same in every run, and what is measured. */
static void tell(const Game *g)
{
    const Costs *c = &g->costs;
    int lost = 0;
    for (int i = 0; i < g->future.forks; i++) lost += !g->future.ghost[i].lives;
    printf("frame %.0f, %ld worlds kept, digest %016llx\n", g->view.now,
           g->world.last - g->world.first + 1,
           (unsigned long long)moonlet_digest(world_state(&g->world)));
    if (g->future.forks)
        printf("ship %d is lost in %d of %d futures\n", g->future.ship, lost, FORKS);
    fprintf(
        stderr,
        "a frame %.3f ms, its own %.0f KB, looking %.3f ms, forks %.1f ms, painting %.1f ms, "
        "collector %.0f MB, file %.0f KB in %.1f ms\n",
        c->frame_ms, c->state_kb, c->look_ms, c->forks_ms, c->draw_ms, c->held_mb, c->file_kb,
        c->file_ms);
}

static int run_headless(Game *g, const Settings *o)
{
    if (o->load) game_load(g);
    for (long i = 0; i < o->frames; i++) game_tick(g, 1);
    if (o->back) game_go(g, g->world.now - o->back);
    game_select(g, o->select);
    game_look(g, true);
    if (o->save) game_save(g);
    bool good = !g->world.complaint[0];
    if (!good) fprintf(stderr, "ships: %s\n", g->world.complaint);
    if (o->shot) good &= shot_write(&g->scene, o->shot, &g->costs.draw_ms);
    tell(g);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The command line --------------------------------------------------------------------------
 */

static long number_of(const char *name, const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (*end || end == text || n < 0 || n > 1000000000) {
        fprintf(stderr, "ships: --%s takes a number, not '%s'\n", name, text);
        exit(EXIT_FAILURE);
    }
    return n;
}

static void parse(Settings *o, int argc, char **argv)
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"file", required_argument, NULL, 'f'},
        {"shot", required_argument, NULL, 's'}, {"frames", required_argument, NULL, 'n'},
        {"back", required_argument, NULL, 'b'}, {"select", required_argument, NULL, 'i'},
        {"headless", no_argument, NULL, 'h'},   {"load", no_argument, NULL, 'l'},
        {"save", no_argument, NULL, 'w'},       {0}};
    *o = (Settings){.data = "examples/ships", .file = "ships.img"};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'd': o->data = optarg; break;
        case 'f': o->file = optarg; break;
        case 's': o->shot = optarg; break;
        case 'n': o->frames = number_of("frames", optarg); break;
        case 'b': o->back = number_of("back", optarg); break;
        case 'i': o->select = (int)number_of("select", optarg); break;
        case 'h': o->headless = true; break;
        case 'l': o->load = true; break;
        case 'w': o->save = true; break;
        default: exit(EXIT_FAILURE);
        }
    }
}

int main(int argc, char **argv)
{
    static Game game;
    Settings o;
    parse(&o, argc, argv);
    if (!game_begin(&game, o.data, o.file)) return EXIT_FAILURE;
    int code = o.headless ? run_headless(&game, &o) : show_window(&game, &o);
    game_end(&game);
    return code;
}
