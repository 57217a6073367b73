/* SPDX-License-Identifier: MIT */
/* What stands beside the world: see panels.h. */
#include "panels.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 15, MARGIN = 12, COSTS_WIDTH = 380, SHIP_WIDTH = 300, HELP_LINES = 9 };

static const Color plain = {205, 220, 240, 255}, quiet = {120, 140, 170, 255},
                   strong = {120, 255, 220, 255}, shade = {6, 10, 22, 215};

static void paint_panel(Paint *p, double x, double y, double w, double h)
{
    paint_adds(p, false);
    paint_box(p, x, y, w, h, shade);
    paint_box(p, x, y, w, 1, faded(strong, 0.35));
    paint_box(p, x, y + h - 1, w, 1, faded(strong, 0.15));
}

/* Costs ------------------------------------------------------------------------------------ */

static double cost_line(Paint *p, double y, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static double cost_line(Paint *p, double y, const char *what, const char *format, ...)
{
    char text[60];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    paint_text(p, MARGIN + 10, y, 1.5, quiet, what);
    paint_text(p, MARGIN + 170, y, 1.5, plain, text);
    return y + LINE;
}

static void paint_costs(Paint *p, const Scene *s)
{
    const Costs *c = s->costs;
    double y = MARGIN + 34;
    paint_panel(p, MARGIN, MARGIN, COSTS_WIDTH, 40 + 7 * LINE);
    paint_text(p, MARGIN + 10, MARGIN + 9, 2, strong, "1440 scripts, one world");
    y = cost_line(p, y, "a frame", "%.2f ms", c->frame_ms);
    y = cost_line(p, y, "its snapshot", "%.0f KB not shared", c->state_kb);
    y = c->rewind_us > 0 ? cost_line(p, y, "rewind", "%.2f us", c->rewind_us)
                         : cost_line(p, y, "rewind", "hold the left arrow");
    y = c->forks_ms > 0 ? cost_line(p, y, "32 forks x 120", "%.0f ms", c->forks_ms)
                        : cost_line(p, y, "32 forks x 120", "click a ship");
    y = cost_line(p, y, "reading, drawing", "%.2f ms, %.1f ms", c->look_ms, c->draw_ms);
    y = cost_line(p, y, "history", "%ld worlds, %.0f MB", s->world->last - s->world->first + 1,
                  c->held_mb);
    if (c->file_ms > 0)
        cost_line(p, y, c->saved ? "saved" : "loaded", "%.0f KB in %.0f ms", c->file_kb,
                  c->file_ms);
    else
        cost_line(p, y, "file", "F5 saves, F9 loads");
}

/* A ship's variables ------------------------------------------------------------------------
 */

static void paint_variables(Paint *p, const Scene *s)
{
    if (!s->selected || s->selected > s->view->ships) return;
    char title[40];
    const Ship *ship = &s->view->ship[s->selected - 1];
    double x = PICTURE_WIDTH - SHIP_WIDTH - MARGIN, y = MARGIN + 34;
    paint_panel(p, x, MARGIN, SHIP_WIDTH, 42 + s->line_count * LINE);
    snprintf(title, sizeof title, "ship %d, %s", s->selected, kind_names[ship->kind]);
    paint_text(p, x + 10, MARGIN + 9, 2, kind_colors[ship->kind], title);
    for (int i = 0; i < s->line_count; i++, y += LINE) {
        bool place = strstr(s->lines[i], ".lua:") != NULL;
        char line[32];
        snprintf(line, sizeof line, "%s", s->lines[i]);
        paint_text(p, x + 10, y, 1.5, place ? strong : plain, line);
    }
}

/* The bar -----------------------------------------------------------------------------------
 */

/* The bar is a minute; what has been fills it from the left. */
static double bar_x(const World *w, long frame)
{
    return BAR_LEFT + (double)(frame - w->first) / (HISTORY - 1) * BAR_WIDTH;
}

long scene_frame_at(const World *w, double x)
{
    double part = (x - BAR_LEFT) / BAR_WIDTH;
    return w->first + lround((part < 0 ? 0 : part > 1 ? 1 : part) * (HISTORY - 1));
}

static void paint_bar(Paint *p, const Scene *s)
{
    const World *w = s->world;
    double now = bar_x(w, w->now), end = bar_x(w, w->last);
    char text[80];
    paint_adds(p, false);
    paint_box(p, 0, WORLD_HEIGHT + 8, PICTURE_WIDTH, PICTURE_HEIGHT - WORLD_HEIGHT - 8, shade);
    paint_box(p, BAR_LEFT, BAR_Y, BAR_WIDTH, BAR_HEIGHT, color_of(30, 42, 70, 1));
    paint_box(p, BAR_LEFT, BAR_Y, end - BAR_LEFT, BAR_HEIGHT, color_of(50, 90, 120, 1));
    paint_box(p, BAR_LEFT, BAR_Y, now - BAR_LEFT, BAR_HEIGHT, color_of(60, 200, 180, 1));
    for (long second = (w->first + 59) / 60; second * 60 <= w->first + HISTORY; second++) {
        bool tenth = second % 10 == 0;
        paint_box(p, bar_x(w, second * 60), BAR_Y + BAR_HEIGHT, 1, tenth ? 6 : 3, quiet);
    }
    paint_adds(p, true);
    paint_glow(p, now, BAR_Y + BAR_HEIGHT / 2.0, 26, color_of(160, 255, 235, 0.8));
    paint_adds(p, false);
    paint_box(p, now - 1.5, BAR_Y - 5, 3, BAR_HEIGHT + 10, color_of(255, 255, 255, 1));
    snprintf(text, sizeof text, "frame %ld%s%s", w->now, w->now < w->last ? " in the past" : "",
             s->paused ? ", stopped" : "");
    paint_text(p, BAR_LEFT, BAR_Y - 18, 1.5, plain, text);
    paint_text(p, BAR_LEFT + BAR_WIDTH - 59 * 6, BAR_Y - 14, 1, quiet,
               "left, right: time   space: stop   click: a ship   H: help   ");
}

/* Kinds, messages, help ----------------------------------------------------------------------
 */

static void paint_kinds(Paint *p, const Scene *s)
{
    int counts[KINDS] = {0};
    double x = BAR_LEFT + 300;
    char text[40];
    for (int i = 0; i < s->view->ships; i++)
        counts[s->view->ship[i].kind] += s->view->ship[i].hp > 0;
    for (int kind = 0; kind < KINDS; kind++) {
        snprintf(text, sizeof text, "%s %d   ", kind_names[kind], counts[kind]);
        paint_box(p, x, BAR_Y - 14, 7, 7, kind_colors[kind]);
        x = paint_text(p, x + 11, BAR_Y - 14, 1, plain, text);
    }
}

static void paint_message(Paint *p, const Scene *s)
{
    const char *text = s->world->complaint[0] ? s->world->complaint : s->view->complaint;
    if (!*text) return;
    double w = 20 + 6.0 * (double)strlen(text), x = (PICTURE_WIDTH - w) / 2;
    paint_panel(p, x, WORLD_HEIGHT - 40, w, 24);
    paint_text(p, x + 10, WORLD_HEIGHT - 32, 1, color_of(255, 120, 110, 1), text);
}

static void paint_help(Paint *p)
{
    static const char *const lines[HELP_LINES] = {
        "left, right     hold to run time back, forward; with shift faster",
        "the bar         drag along it, or click, to go to a moment",
        "space           stop and go",
        "click a ship    its variables, and 32 futures of 120 frames",
        "right button    hold to fly that ship to the pointer: a new future",
        "escape          let go of the ship",
        "F5, F9          write the world to a file; go on from the file",
        "behaviours/     edit a file while this runs: it is loaded at once",
        "Q               end"};
    double x = 420, y = 250;
    paint_panel(p, x, y, 440, 24 + HELP_LINES * 14);
    for (int i = 0; i < HELP_LINES; i++)
        paint_text(p, x + 14, y + 14 + i * 14, 1, plain, lines[i]);
}

void panels_paint(Paint *p, const Scene *s)
{
    paint_bar(p, s);
    paint_kinds(p, s);
    paint_costs(p, s);
    paint_variables(p, s);
    paint_message(p, s);
    if (s->help) paint_help(p);
}
