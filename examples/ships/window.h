/* SPDX-License-Identifier: MIT */
/* The window: what keys and the mouse do, and a picture after the other. */
#ifndef SHIPS_WINDOW_H
#define SHIPS_WINDOW_H

#include "game.h"

typedef struct Window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    bool paints;
    Paint paint;
} Window;

/* false: SDL_GetError() says why there is none. It is to be closed all the same. */
bool window_open(Window *w);
void window_close(Window *w);
/* Does what has been asked for, lets time run, and shows the next picture. */
void window_picture(Window *w, Game *g);

#endif
