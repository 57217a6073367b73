/* SPDX-License-Identifier: MIT */
/* Painting with SDL: see paint.h. */
#include "paint.h"

#include <math.h>

enum { GLOW_SIZE = 64, RING_PARTS = 40 };

/* Textures ------------------------------------------------------------------------------- */

typedef Uint32 PixelOf(int x, int y);

static SDL_Texture *make_texture(SDL_Renderer *r, int w, int h, PixelOf *pixel_of)
{
    SDL_Surface *s = SDL_CreateRGBSurfaceWithFormat(0, w, h, 32, SDL_PIXELFORMAT_ARGB8888);
    if (!s) return NULL;
    for (int y = 0; y < h; y++) {
        Uint32 *row = (Uint32 *)((char *)s->pixels + y * s->pitch);
        for (int x = 0; x < w; x++) row[x] = pixel_of(x, y);
    }
    SDL_Texture *t = SDL_CreateTextureFromSurface(r, s);
    SDL_FreeSurface(s);
    return t;
}

static Uint32 glow_pixel(int x, int y)
{
    double dx = (x + 0.5) / GLOW_SIZE * 2 - 1, dy = (y + 0.5) / GLOW_SIZE * 2 - 1;
    double far = sqrt(dx * dx + dy * dy), light = far < 1 ? (1 - far) * (1 - far) : 0;
    return (Uint32)(light * 255) << 24 | 0xffffff;
}

/* Letters side by side, with a column and a row between them that are empty. */
static Uint32 letter_pixel(int x, int y)
{
    int letter = x / (FONT_COLUMNS + 1), column = x % (FONT_COLUMNS + 1);
    bool lit = y < FONT_ROWS && column < FONT_COLUMNS &&
               (font[letter][y] >> (FONT_COLUMNS - 1 - column) & 1);
    return lit ? 0xffffffff : 0x00ffffff;
}

static double noise_at(int x, int y)
{
    Uint32 h = (Uint32)x * 374761393u + (Uint32)y * 668265263u;
    h = (h ^ (h >> 13)) * 1274126177u;
    return (double)((h ^ (h >> 16)) & 0xffff) / 65535;
}

static double smooth_noise(double x, double y)
{
    int i = (int)floor(x), j = (int)floor(y);
    double u = x - i, v = y - j;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    double top = noise_at(i, j) * (1 - u) + noise_at(i + 1, j) * u,
           bottom = noise_at(i, j + 1) * (1 - u) + noise_at(i + 1, j + 1) * u;
    return top * (1 - v) + bottom * v;
}

static double cloud(double x, double y)
{
    double sum = 0, part = 0.5;
    for (int octave = 0; octave < 5; octave++, part /= 2, x *= 2, y *= 2)
        sum += part * smooth_noise(x, y);
    return sum;
}

/* A dark night with two nebulas and stars. */
static Uint32 sky_pixel(int x, int y)
{
    double blue = cloud(x / 260.0, y / 260.0) - 0.42,
           red = cloud(x / 340.0 + 40, y / 300.0 + 9) - 0.48,
           star = noise_at(x + 7001, y + 977);
    double r = 5, g = 8, b = 18, bright = star > 0.9988 ? (star - 0.9988) / 0.0012 : 0;
    if (blue > 0) {
        r += 30 * blue;
        g += 70 * blue;
        b += 150 * blue;
    }
    if (red > 0) {
        r += 120 * red;
        g += 30 * red;
        b += 90 * red;
    }
    bright = bright * bright * 170;
    r += bright;
    g += bright;
    b += bright;
    return 0xff000000 | (Uint32)(r > 255 ? 255 : r) << 16 | (Uint32)(g > 255 ? 255 : g) << 8 |
           (Uint32)(b > 255 ? 255 : b);
}

bool paint_begin(Paint *p, SDL_Renderer *renderer)
{
    *p = (Paint){.renderer = renderer, .blend = SDL_BLENDMODE_BLEND};
    p->glow = make_texture(renderer, GLOW_SIZE, GLOW_SIZE, glow_pixel);
    p->letters =
        make_texture(renderer, FONT_LETTERS * (FONT_COLUMNS + 1), FONT_ROWS + 1, letter_pixel);
    p->sky = make_texture(renderer, PICTURE_WIDTH, PICTURE_HEIGHT, sky_pixel);
    if (p->glow) SDL_SetTextureScaleMode(p->glow, SDL_ScaleModeLinear);
    if (p->letters) SDL_SetTextureScaleMode(p->letters, SDL_ScaleModeNearest);
    return p->glow && p->letters && p->sky;
}

void paint_end(Paint *p)
{
    SDL_DestroyTexture(p->glow);
    SDL_DestroyTexture(p->letters);
    SDL_DestroyTexture(p->sky);
}

/* Batches --------------------------------------------------------------------------------- */

void paint_flush(Paint *p)
{
    if (p->texture)
        SDL_SetTextureBlendMode(p->texture, p->blend);
    else
        SDL_SetRenderDrawBlendMode(p->renderer, p->blend);
    if (p->count) SDL_RenderGeometry(p->renderer, p->texture, p->vertices, p->count, NULL, 0);
    p->count = 0;
}

void paint_adds(Paint *p, bool adds)
{
    SDL_BlendMode blend = adds ? SDL_BLENDMODE_ADD : SDL_BLENDMODE_BLEND;
    if (blend != p->blend) paint_flush(p);
    p->blend = blend;
}

/* Room for three more vertices with a texture. */
static SDL_Vertex *room(Paint *p, SDL_Texture *texture)
{
    if (p->texture != texture || p->count + 3 > BATCH) paint_flush(p);
    p->texture = texture;
    p->count += 3;
    return p->vertices + p->count - 3;
}

void paint_triangle(Paint *p, const SDL_FPoint corner[3], const Color color[3])
{
    SDL_Vertex *v = room(p, NULL);
    for (int i = 0; i < 3; i++) v[i] = (SDL_Vertex){corner[i], color[i], {0, 0}};
}

/* A rectangle of a texture, in parts of its size. */
static void paint_part(Paint *p, SDL_Texture *texture, SDL_FRect to, SDL_FRect part, Color c)
{
    static const int order[] = {0, 1, 2, 0, 2, 3};
    SDL_Vertex corner[4];
    for (int i = 0; i < 4; i++) {
        float right = i == 1 || i == 2, down = i >= 2;
        corner[i] = (SDL_Vertex){{to.x + right * to.w, to.y + down * to.h},
                                 c,
                                 {part.x + right * part.w, part.y + down * part.h}};
    }
    for (int half = 0; half < 2; half++) {
        SDL_Vertex *v = room(p, texture);
        for (int i = 0; i < 3; i++) v[i] = corner[order[3 * half + i]];
    }
}

/* Shapes ---------------------------------------------------------------------------------- */

void paint_sky(Paint *p)
{
    paint_flush(p);
    SDL_RenderCopy(p->renderer, p->sky, NULL, NULL);
}

void paint_line(Paint *p, SDL_FPoint a, SDL_FPoint b, double wide_a, double wide_b,
                Color color_a, Color color_b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length = sqrt(dx * dx + dy * dy) + 1e-9;
    float ux = (float)(-dy / length / 2), uy = (float)(dx / length / 2);
    float m = (float)wide_a, n = (float)wide_b;
    SDL_FPoint a1 = {a.x + ux * m, a.y + uy * m}, a2 = {a.x - ux * m, a.y - uy * m},
               b1 = {b.x + ux * n, b.y + uy * n}, b2 = {b.x - ux * n, b.y - uy * n};
    paint_triangle(p, (SDL_FPoint[]){a1, a2, b1}, (Color[]){color_a, color_a, color_b});
    if (n > 0)
        paint_triangle(p, (SDL_FPoint[]){a2, b2, b1}, (Color[]){color_a, color_b, color_b});
}

void paint_ring(Paint *p, double x, double y, double radius, double wide, Color c)
{
    SDL_FPoint last = {(float)(x + radius), (float)y};
    for (int i = 1; i <= RING_PARTS; i++) {
        double angle = i * 2 * M_PI / RING_PARTS;
        SDL_FPoint next = {(float)(x + radius * cos(angle)), (float)(y + radius * sin(angle))};
        paint_line(p, last, next, wide, wide, c, c);
        last = next;
    }
}

void paint_box(Paint *p, double x, double y, double w, double h, Color c)
{
    SDL_FPoint a = {(float)x, (float)(y + h / 2)}, b = {(float)(x + w), (float)(y + h / 2)};
    paint_line(p, a, b, h, h, c, c);
}

void paint_glow(Paint *p, double x, double y, double radius, Color c)
{
    SDL_FRect to = {(float)(x - radius), (float)(y - radius), (float)(2 * radius),
                    (float)(2 * radius)};
    paint_part(p, p->glow, to, (SDL_FRect){0, 0, 1, 1}, c);
}

double paint_text(Paint *p, double x, double y, double size, Color c, const char *text)
{
    for (; *text; text++, x += (FONT_COLUMNS + 1) * size) {
        int letter = (unsigned char)*text - ' ';
        if (letter <= 0 || letter >= FONT_LETTERS) continue;
        SDL_FRect to = {(float)x, (float)y, (float)(FONT_COLUMNS * size),
                        (float)(FONT_ROWS * size)},
                  part = {(float)letter / FONT_LETTERS, 0,
                          (float)FONT_COLUMNS / ((FONT_COLUMNS + 1) * FONT_LETTERS),
                          (float)FONT_ROWS / (FONT_ROWS + 1)};
        paint_part(p, p->letters, to, part, c);
    }
    return x;
}
