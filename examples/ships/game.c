/* SPDX-License-Identifier: MIT */
/* What goes on between pictures: see game.h. */
#include "game.h"

#include <math.h>
#include <stdio.h>

enum { RELOAD_TICKS = 20, MEASURE_TICKS = 120, DESCRIBE_TICKS = 6, NEAR = 30 };

/* A mean over some 30 values. */
static void average(double *mean, double value)
{
    *mean = *mean > 0 ? *mean + (value - *mean) / 30 : value;
}

bool game_begin(Game *g, const char *directory, const char *file)
{
    g->file = file;
    if (!world_begin(&g->world, directory)) {
        fprintf(stderr, "ships: %s\n", g->world.complaint);
        return false;
    }
    oracle_begin(&g->oracle);
    g->scene.view = &g->view;
    g->scene.world = &g->world;
    g->scene.future = &g->future;
    g->scene.costs = &g->costs;
    return true;
}

void game_end(Game *g)
{
    oracle_end(&g->oracle);
    world_end(&g->world);
}

/* Time ------------------------------------------------------------------------------------- */

void game_go(Game *g, long frame)
{
    double began = clock_ms();
    world_go(&g->world, frame);
    average(&g->costs.rewind_us, (clock_ms() - began) * 1e3);
}

/* What the frame has that the one before has not. */
static void measure(Game *g)
{
    const World *w = &g->world;
    const moonlet_state *before = w->now > w->first ? w->kept[(w->now - 1) % HISTORY] : NULL;
    moonlet_memory_use use = moonlet_memory(world_state(w), before);
    g->costs.state_kb = (double)(use.bytes - use.shared) / 1024;
    g->costs.held_mb = (double)moonlet_bytes_held() / (1 << 20);
}

void game_tick(Game *g, int speed)
{
    World *w = &g->world;
    if (g->ticks % RELOAD_TICKS == 0) world_reload(w);
    if (speed < 0) game_go(g, w->now + speed);
    for (int i = 0; i < speed; i++) {
        long last = w->last;
        if (!world_forward(w, &g->helm)) break;
        if (w->now > last) average(&g->costs.frame_ms, w->frame_ms);
    }
    if (g->ticks++ % MEASURE_TICKS == MEASURE_TICKS - 1) measure(g);
}

/* Looking ---------------------------------------------------------------------------------- */

void game_select(Game *g, int ship)
{
    g->scene.selected = ship;
    g->scene.line_count = 0;
    g->helm.ship = 0;
}

void game_select_at(Game *g, double x, double y)
{
    double best = NEAR;
    int found = 0;
    for (int i = 0; i < g->view.ships; i++) {
        Place at = ship_at(&g->view.ship[i], 0);
        double far = hypot(at.x - x, at.y - y);
        if (far >= best || g->view.ship[i].hp <= 0) continue;
        best = far;
        found = i + 1;
    }
    game_select(g, found);
}

static void look_ahead(Game *g, bool wait)
{
    const Scene *s = &g->scene;
    if (oracle_answer(&g->oracle, &g->future, wait)) {
        if (g->future.forks) g->costs.forks_ms = g->future.ms;
    }
    bool known = g->future.ship == s->selected && g->future.now == g->view.now;
    if (!s->selected || known) return;
    Place from = ship_at(&g->view.ship[s->selected - 1], 0);
    oracle_ask(&g->oracle, world_state(&g->world), s->selected, from, g->view.now);
    if (wait) look_ahead(g, true);
}

void game_look(Game *g, bool wait)
{
    Scene *s = &g->scene;
    double began = clock_ms();
    world_look(world_state(&g->world), &g->view);
    average(&g->costs.look_ms, clock_ms() - began);
    if (s->selected > g->view.ships) game_select(g, 0);
    if (s->selected && (wait || !s->line_count || g->ticks % DESCRIBE_TICKS == 0))
        s->line_count = world_describe(world_state(&g->world), s->selected, s->lines);
    look_ahead(g, wait);
    if (wait) measure(g);
}

/* Files ------------------------------------------------------------------------------------ */

void game_save(Game *g)
{
    size_t bytes = 0;
    double began = clock_ms();
    if (!world_save(&g->world, g->file, &bytes)) return;
    g->costs.file_ms = clock_ms() - began;
    g->costs.file_kb = (double)bytes / 1024;
    g->costs.saved = true;
}

void game_load(Game *g)
{
    double began = clock_ms();
    if (!world_load(&g->world, g->file)) return;
    g->costs.file_ms = clock_ms() - began;
    g->costs.saved = false;
    g->future.ship = 0;
}
