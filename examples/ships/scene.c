/* SPDX-License-Identifier: MIT */
/* The picture of a frame: the world in it. panels.c has what stands beside it. */
#include "scene.h"

#include <math.h>

#include "panels.h"

enum { TRAIL = 26, SHOT_AGE = 14, BLAST_AGE = 40 }; /* frames */

const Color kind_colors[KINDS] = {{255, 190, 80, 255},  {90, 225, 140, 255},
                                  {80, 155, 255, 255},  {255, 64, 72, 255},
                                  {190, 100, 255, 255}, {200, 250, 255, 255}};

const Color ghost_lives = {120, 255, 220, 230}, ghost_dead = {255, 70, 80, 255};

static SDL_FPoint point(Place p) { return (SDL_FPoint){(float)p.x, (float)p.y}; }

/* Places ----------------------------------------------------------------------------------- */

static void paint_places(Paint *p, const View *v)
{
    const Color light = {120, 180, 255, 255}, rock = {150, 130, 110, 150};
    paint_adds(p, true);
    for (int i = 0; i < v->rocks; i++)
        paint_glow(p, v->rock[i].x, v->rock[i].y, 2 + i % 4, rock);
    for (int i = 0; i < v->stations; i++) {
        double x = v->station[i].x, y = v->station[i].y, turn = v->now / 90 + i;
        paint_glow(p, x, y, 60, faded(light, 0.28));
        paint_glow(p, x, y, 14, faded(light, 0.9));
        paint_ring(p, x, y, 9, 1.6, faded(light, 0.8));
        paint_ring(p, x, y, 15, 0.8, faded(light, 0.35));
        for (int arm = 0; arm < 3; arm++) {
            double angle = turn + arm * 2 * M_PI / 3;
            SDL_FPoint a = {(float)(x + 9 * cos(angle)), (float)(y + 9 * sin(angle))},
                       b = {(float)(x + 16 * cos(angle)), (float)(y + 16 * sin(angle))};
            paint_line(p, a, b, 1.6, 1.2, faded(light, 0.8), faded(light, 0.8));
        }
    }
}

/* Ships ------------------------------------------------------------------------------------ */

static void paint_trails(Paint *p, const View *v)
{
    paint_adds(p, true);
    for (int i = 0; i < v->ships; i++) {
        const Ship *s = &v->ship[i];
        if (s->hp <= 0) continue;
        Color c = kind_colors[s->kind];
        SDL_FPoint head = point(ship_at(s, 0)), middle = point(ship_at(s, -TRAIL / 2.0)),
                   tail = point(ship_at(s, -TRAIL));
        paint_line(p, head, middle, 2.2, 1.4, faded(c, 0.5), faded(c, 0.22));
        paint_line(p, middle, tail, 1.4, 0, faded(c, 0.22), faded(c, 0));
    }
}

static void paint_hull(Paint *p, const Ship *s, double size)
{
    Place at = ship_at(s, 0), before = ship_at(s, -1);
    double dx = at.x - before.x, dy = at.y - before.y, far = sqrt(dx * dx + dy * dy);
    double ux = far > 1e-6 ? dx / far : 1, uy = far > 1e-6 ? dy / far : 0;
    Color c = kind_colors[s->kind],
          bright = color_of((c.r + 510) / 3, (c.g + 510) / 3, (c.b + 510) / 3, 1);
    SDL_FPoint corner[3] = {
        {(float)(at.x + ux * size * 1.7), (float)(at.y + uy * size * 1.7)},
        {(float)(at.x - ux * size - uy * size), (float)(at.y - uy * size + ux * size)},
        {(float)(at.x - ux * size + uy * size), (float)(at.y - uy * size - ux * size)}};
    paint_triangle(p, corner, (Color[]){bright, c, c});
}

static void paint_ships(Paint *p, const View *v)
{
    static const double sizes[KINDS] = {2.4, 2.2, 2.4, 2.8, 1.7, 2.6};
    paint_adds(p, true);
    for (int i = 0; i < v->ships; i++) {
        Place at = ship_at(&v->ship[i], 0);
        if (v->ship[i].hp > 0)
            paint_glow(p, at.x, at.y, 8, faded(kind_colors[v->ship[i].kind], 0.4));
    }
    paint_adds(p, false);
    for (int i = 0; i < v->ships; i++)
        if (v->ship[i].hp > 0) paint_hull(p, &v->ship[i], sizes[v->ship[i].kind]);
}

static void paint_sparks(Paint *p, const View *v)
{
    paint_adds(p, true);
    for (int i = 0; i < v->sparks; i++) {
        const Spark *s = &v->spark[i];
        double left = 1 - s->age / (s->blast ? BLAST_AGE : SHOT_AGE);
        if (s->age < 0 || left <= 0) continue;
        Color c = kind_colors[s->kind];
        if (s->blast) {
            paint_glow(p, s->x, s->y, 10 + 24 * (1 - left), color_of(255, 170, 80, left));
            paint_ring(p, s->x, s->y, 4 + 26 * (1 - left), 2.5 * left,
                       color_of(255, 200, 140, left * 0.8));
        } else {
            SDL_FPoint a = {(float)s->x, (float)s->y}, b = {(float)s->x2, (float)s->y2};
            paint_line(p, a, b, 1.4, 2.4, faded(c, left * 0.9), faded(c, left * 0.5));
            paint_glow(p, s->x2, s->y2, 9, faded(c, left));
        }
    }
}

/* What lies ahead ---------------------------------------------------------------------------
 */

static void paint_ghost(Paint *p, const Ghost *g, SDL_FPoint from)
{
    Color c = g->lives ? ghost_lives : ghost_dead;
    for (int i = 0; i < g->count; i++) {
        double a = 1 - 0.65 * i / POINTS, b = 1 - 0.65 * (i + 1) / POINTS;
        SDL_FPoint to = point(g->point[i]);
        paint_line(p, from, to, 2.2, 2.2, faded(c, a), faded(c, b));
        from = to;
    }
    paint_glow(p, from.x, from.y, g->lives ? 6 : 12, c);
    if (g->lives) return;
    for (int i = -1; i <= 1; i += 2) {
        SDL_FPoint a = {from.x - 5, from.y - 5 * (float)i},
                   b = {from.x + 5, from.y + 5 * (float)i};
        paint_line(p, a, b, 2, 2, c, c);
    }
}

static void paint_future(Paint *p, const Scene *s)
{
    const Future *f = s->future;
    if (!s->selected || s->selected > s->view->ships) return;
    const Ship *ship = &s->view->ship[s->selected - 1];
    Place at = ship_at(ship, 0);
    paint_adds(p, true);
    if (f->ship == s->selected)
        for (int i = 0; i < f->forks; i++) paint_ghost(p, &f->ghost[i], point(f->from));
    paint_ring(p, at.x, at.y, 13, 1.8, color_of(255, 255, 255, 0.95));
    paint_ring(p, at.x, at.y, 18, 1, color_of(120, 255, 220, 0.6));
}

void scene_paint(Paint *p, const Scene *s)
{
    paint_sky(p);
    paint_places(p, s->view);
    paint_trails(p, s->view);
    paint_future(p, s);
    paint_ships(p, s->view);
    paint_sparks(p, s->view);
    panels_paint(p, s);
    paint_flush(p);
}
