/* SPDX-License-Identifier: MIT */
/* What goes on between pictures: time runs, one way or the other; somebody asks for things. */
#ifndef SHIPS_GAME_H
#define SHIPS_GAME_H

#include "future.h"
#include "scene.h"

/* Keys that are down: time runs back, or on, and fast. */
typedef struct Held {
    bool back, on, fast;
} Held;

typedef struct Game {
    World world;
    View view;
    Future future;
    Oracle oracle;
    Costs costs;
    Scene scene;
    Helm helm;
    Held held;
    const char *file; /* that F5 writes and F9 reads */
    long ticks;
    bool dragging, ended;
} Game;

/* false: there is no world, which has been said. */
bool game_begin(Game *g, const char *directory, const char *file);
void game_end(Game *g);

/* One picture later: speed frames forward, or back if it is negative. */
void game_tick(Game *g, int speed);
/* To another frame. */
void game_go(Game *g, long frame);
/* The nearest ship to a place is looked at, or none. */
void game_select_at(Game *g, double x, double y);
void game_select(Game *g, int ship);
void game_save(Game *g);
void game_load(Game *g);
/* Reads out the frame of now, for a picture. wait: for what lies ahead, too. */
void game_look(Game *g, bool wait);

#endif
