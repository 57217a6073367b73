/* SPDX-License-Identifier: MIT */
/*
 * Painting with SDL: triangles, lines and glows in batches, and text of the letters in font.c.
 *
 * What is painted is collected, and drawn when the way of blending changes or paint_flush is
 * called. Coordinates are points of the picture, PICTURE_WIDTH by PICTURE_HEIGHT, however large
 * the window is.
 */
#ifndef SHIPS_PAINT_H
#define SHIPS_PAINT_H

#include <SDL.h>
#include <stdbool.h>

enum {
    PICTURE_WIDTH = 1280,
    PICTURE_HEIGHT = 720,
    FONT_LETTERS = 95, /* from the blank to '~' */
    FONT_ROWS = 9,
    FONT_COLUMNS = 5,
    BATCH = 6000 /* vertices */
};

extern const unsigned char font[FONT_LETTERS][FONT_ROWS];

typedef SDL_Color Color;

typedef struct Paint {
    SDL_Renderer *renderer;
    SDL_Texture *glow, *letters, *sky;
    SDL_Texture *texture; /* of what is collected, or NULL */
    SDL_BlendMode blend;
    SDL_Vertex vertices[BATCH];
    int count;
} Paint;

bool paint_begin(Paint *p, SDL_Renderer *renderer);
void paint_end(Paint *p);
void paint_flush(Paint *p);
/* From now on what is painted is added to what is there, or covers it. */
void paint_adds(Paint *p, bool adds);

static inline Color color_of(int r, int g, int b, double a)
{
    a = a < 0 ? 0 : a > 1 ? 1 : a;
    return (Color){(Uint8)r, (Uint8)g, (Uint8)b, (Uint8)(a * 255)};
}
static inline Color faded(Color c, double a)
{
    c.a = (Uint8)(c.a * (a < 0 ? 0 : a > 1 ? 1 : a));
    return c;
}

void paint_sky(Paint *p);
/* Three corners, each with its colour. */
void paint_triangle(Paint *p, const SDL_FPoint corner[3], const Color color[3]);
/* A line that goes from one colour and width to another. */
void paint_line(Paint *p, SDL_FPoint a, SDL_FPoint b, double wide_a, double wide_b,
                Color color_a, Color color_b);
void paint_ring(Paint *p, double x, double y, double radius, double wide, Color c);
void paint_box(Paint *p, double x, double y, double w, double h, Color c);
/* Light that fades to nothing at this radius. */
void paint_glow(Paint *p, double x, double y, double radius, Color c);
/* A letter takes 6 * size by 9 * size. Gives where the text ends. */
double paint_text(Paint *p, double x, double y, double size, Color c, const char *text);

#endif
