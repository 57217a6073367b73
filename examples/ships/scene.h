/* SPDX-License-Identifier: MIT */
/* The picture of a frame: ships, what lies ahead of one, its variables, the bar of time, costs.
 */
#ifndef SHIPS_SCENE_H
#define SHIPS_SCENE_H

#include "future.h"
#include "paint.h"
#include "world.h"

enum { BAR_Y = 676, BAR_HEIGHT = 14, BAR_LEFT = 40, BAR_WIDTH = 1200 };

/* What it has cost, as measured. */
typedef struct Costs {
    double frame_ms; /* a new frame, its state kept; averages */
    double look_ms;  /* reading it out */
    double draw_ms;
    double rewind_us; /* going to another frame */
    double forks_ms;  /* FORKS futures of AHEAD frames */
    double state_kb;  /* what the last frame has that the one before has not */
    double held_mb;   /* by the collector */
    double file_ms, file_kb;
    bool saved; /* the file was written, or read */
} Costs;

typedef struct Scene {
    const View *view;
    const World *world;
    const Future *future;
    const Costs *costs;
    int selected; /* a ship, from 1; 0: none */
    bool paused, help;
    char lines[LINES_MAX][LINE_SIZE]; /* of the ship's variables */
    int line_count;
} Scene;

extern const Color kind_colors[KINDS];
/* Of what lies ahead: where the ship lives, where it does not. */
extern const Color ghost_lives, ghost_dead;

void scene_paint(Paint *p, const Scene *s);
/* The frame at a place of the bar. */
long scene_frame_at(const World *w, double x);

#endif
