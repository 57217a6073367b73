/* SPDX-License-Identifier: MIT */
/* A picture without a window: see shot.h. */
#include "shot.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINER = 2, CHANNELS = 3 };

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "ships: %s: %s\n", what, why);
    return false;
}

/* The mean of FINER by FINER points. */
static void make_smaller(const SDL_Surface *from, png_byte *to)
{
    for (int y = 0; y < PICTURE_HEIGHT; y++)
        for (int x = 0; x < PICTURE_WIDTH; x++, to += CHANNELS) {
            unsigned sum[CHANNELS] = {0};
            for (int i = 0; i < FINER * FINER; i++) {
                const char *row =
                    (const char *)from->pixels + (FINER * y + i / FINER) * from->pitch;
                Uint32 pixel = ((const Uint32 *)row)[FINER * x + i % FINER];
                for (int c = 0; c < CHANNELS; c++) sum[c] += pixel >> (16 - 8 * c) & 0xff;
            }
            for (int c = 0; c < CHANNELS; c++) to[c] = (png_byte)(sum[c] / (FINER * FINER));
        }
}

static bool write_png(const SDL_Surface *surface, const char *file)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = PICTURE_WIDTH;
    image.height = PICTURE_HEIGHT;
    image.format = PNG_FORMAT_RGB;
    png_byte *pixels = malloc((size_t)PICTURE_WIDTH * PICTURE_HEIGHT * CHANNELS);
    if (!pixels) return complain(file, "not enough memory");
    make_smaller(surface, pixels);
    bool good = png_image_write_to_file(&image, file, 0, pixels, 0, NULL);
    free(pixels);
    return good || complain(file, image.message);
}

bool shot_write(const Scene *s, const char *file, double *ms)
{
    static Paint paint;
    bool good = false;
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(
        0, FINER * PICTURE_WIDTH, FINER * PICTURE_HEIGHT, 32, SDL_PIXELFORMAT_ARGB8888);
    SDL_Renderer *renderer = surface ? SDL_CreateSoftwareRenderer(surface) : NULL;
    if (renderer && paint_begin(&paint, renderer)) {
        SDL_RenderSetScale(renderer, FINER, FINER);
        double began = clock_ms();
        scene_paint(&paint, s); /* once for the time, which is in the picture */
        SDL_RenderFlush(renderer);
        *ms = clock_ms() - began;
        scene_paint(&paint, s);
        SDL_RenderFlush(renderer);
        good = write_png(surface, file);
        paint_end(&paint);
    } else {
        complain("SDL", SDL_GetError());
    }
    if (renderer) SDL_DestroyRenderer(renderer);
    SDL_FreeSurface(surface);
    return good;
}
