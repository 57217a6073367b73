/* SPDX-License-Identifier: MIT */
/*
 * The world of ships as C sees it: a state for each frame, and no other memory of them.
 *
 *   kept    first ... now ... last      a ring of states, the last minute
 *
 * Going to any of them is taking another pointer. A new frame comes of the state of now; what
 * was after it, if one has gone back, is dropped when something new is to happen there.
 */
#ifndef SHIPS_WORLD_H
#define SHIPS_WORLD_H

#include <stdbool.h>
#include <time.h>

#include "moonlet.h"

enum {
    KINDS = 6,
    SHIPS = 1440,
    STATIONS_MAX = 16,
    ROCKS_MAX = 200,
    SPARKS = 64,
    HISTORY = 3600, /* frames: a minute */
    LINES_MAX = 30,
    LINE_SIZE = 60,
    WORLD_WIDTH = 1280,
    WORLD_HEIGHT = 640
};

extern const char *const kind_names[KINDS];

/* Who is at the helm of a ship, and where it is to go; ship 0: nobody. */
typedef struct Helm {
    int ship;
    double x, y;
} Helm;

typedef struct World {
    moonlet_state *kept[HISTORY]; /* of frame n at n % HISTORY */
    long first, now, last;
    const char *directory; /* with world.lua and behaviours/ */
    struct timespec changed[KINDS];
    char complaint[200]; /* what is wrong with a file, or a world; empty: nothing */
    bool stands;         /* the last frame could not be */
    double frame_ms;     /* of the last new frame */
} World;

/* Where a ship is on its course: what is needed to draw it at any time near now. */
typedef struct Ship {
    double x, y, vx, vy, ax, ay, age;
    double hp;
    int kind;
} Ship;

typedef struct Spark {
    bool blast;
    int kind; /* who fires */
    double age, x, y, x2, y2;
} Spark;

typedef struct Place {
    double x, y;
} Place;

/* A frame, read out of its state. */
typedef struct View {
    double now;
    int ships, stations, rocks, sparks;
    Ship ship[SHIPS];
    Place station[STATIONS_MAX], rock[ROCKS_MAX];
    Spark spark[SPARKS];
    char complaint[200];
} View;

/* Milliseconds, for measuring. */
static inline double clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* false: w->complaint says why there is none. */
bool world_begin(World *w, const char *directory);
void world_end(World *w);
static inline const moonlet_state *world_state(const World *w)
{
    return w->kept[w->now % HISTORY];
}

/* The next frame: one that has been before, if nobody is at the helm, else a new one. */
bool world_forward(World *w, const Helm *helm);
/* To a frame that is kept, or the nearest one. */
void world_go(World *w, long frame);
/* Looks whether files of behaviours have changed; then they are loaded into the state of now.
 */
void world_reload(World *w);
bool world_save(World *w, const char *file, size_t *bytes);
bool world_load(World *w, const char *file);

void world_look(const moonlet_state *s, View *v);
/* The place of a ship so many frames later, or before. */
Place ship_at(const Ship *s, double frames);
/* A ship's variables as lines of text; gives how many. */
int world_describe(const moonlet_state *s, int ship, char lines[LINES_MAX][LINE_SIZE]);

#endif
