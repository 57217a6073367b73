/* SPDX-License-Identifier: MIT */
/*
 * Keys, the mouse, pictures.
 *
 * Main invariant: what somebody does comes as events only, so that a test can do it.
 */
#include "window.h"

enum { FAST = 8 };

/* What has been asked for ------------------------------------------------------------------ */

static void on_key(Game *g, SDL_Keycode key)
{
    switch (key) {
    case SDLK_SPACE: g->scene.paused = !g->scene.paused; break;
    case SDLK_ESCAPE: game_select(g, 0); break;
    case SDLK_F5: game_save(g); break;
    case SDLK_F9: game_load(g); break;
    case SDLK_h: g->scene.help = !g->scene.help; break;
    case SDLK_q: g->ended = true; break;
    default: break;
    }
}

static void hold(Game *g, SDL_Keycode key, bool down)
{
    switch (key) {
    case SDLK_LEFT: g->held.back = down; break;
    case SDLK_RIGHT: g->held.on = down; break;
    case SDLK_LSHIFT:
    case SDLK_RSHIFT: g->held.fast = down; break;
    default: break;
    }
}

/* x, y: in the picture. */
static void on_button(Game *g, const SDL_MouseButtonEvent *e, bool down)
{
    bool bar = e->y > WORLD_HEIGHT + 8;
    if (e->button == SDL_BUTTON_LEFT) {
        g->dragging = down && bar;
        if (g->dragging) game_go(g, scene_frame_at(&g->world, e->x));
        if (down && !bar) game_select_at(g, e->x, e->y);
    } else if (e->button == SDL_BUTTON_RIGHT) {
        g->helm = (Helm){down && !bar ? g->scene.selected : 0, e->x, e->y};
    }
}

static void on_motion(Game *g, int x, int y)
{
    if (g->dragging) game_go(g, scene_frame_at(&g->world, x));
    g->helm.x = x;
    g->helm.y = y < WORLD_HEIGHT ? y : WORLD_HEIGHT;
}

static void take_events(Game *g)
{
    SDL_Event e;
    while (SDL_PollEvent(&e)) {
        switch (e.type) {
        case SDL_QUIT: g->ended = true; break;
        case SDL_KEYDOWN:
            if (!e.key.repeat) on_key(g, e.key.keysym.sym);
            hold(g, e.key.keysym.sym, true);
            break;
        case SDL_KEYUP: hold(g, e.key.keysym.sym, false); break;
        case SDL_MOUSEBUTTONDOWN: on_button(g, &e.button, true); break;
        case SDL_MOUSEBUTTONUP: on_button(g, &e.button, false); break;
        case SDL_MOUSEMOTION: on_motion(g, e.motion.x, e.motion.y); break;
        default: break;
        }
    }
}

/* How many frames the next picture is further. */
static int speed_of(const Game *g)
{
    int fast = g->held.fast ? FAST : 1;
    if (g->held.back) return -2 * fast;
    if (g->held.on) return 2 * fast;
    return g->scene.paused || g->dragging ? 0 : 1;
}

/* Pictures --------------------------------------------------------------------------------- */

void window_picture(Window *w, Game *g)
{
    take_events(g);
    game_tick(g, speed_of(g));
    game_look(g, false);
    double began = clock_ms();
    scene_paint(&w->paint, &g->scene);
    SDL_RenderFlush(w->renderer);
    g->costs.draw_ms += (clock_ms() - began - g->costs.draw_ms) / 30;
    SDL_RenderPresent(w->renderer);
}

bool window_open(Window *w)
{
    *w = (Window){0};
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) return false;
    w->window =
        SDL_CreateWindow("Moonlet: ships", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                         PICTURE_WIDTH, PICTURE_HEIGHT, SDL_WINDOW_RESIZABLE);
    w->renderer = w->window ? SDL_CreateRenderer(w->window, -1, 0) : NULL;
    w->paints = w->renderer &&
                SDL_RenderSetLogicalSize(w->renderer, PICTURE_WIDTH, PICTURE_HEIGHT) == 0 &&
                paint_begin(&w->paint, w->renderer);
    return w->paints;
}

void window_close(Window *w)
{
    if (w->paints) paint_end(&w->paint);
    if (w->renderer) SDL_DestroyRenderer(w->renderer);
    if (w->window) SDL_DestroyWindow(w->window);
    SDL_Quit();
}
