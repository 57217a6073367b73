/* SPDX-License-Identifier: MIT */
/*
 * picture FILE.png OTHER.png NOW LAST LOST: whether a picture of the ships has in it what it
 * must: ships of each kind, the bar as long as time is, text, and more than the other, which is
 * of the same frame, the futures of a ship of which LOST of 32 end in its loss.
 */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static png_byte *pixels;
static int failures;

static const png_byte *at(int x, int y) { return pixels + 3 * (y * PICTURE_WIDTH + x); }

static void need(bool good, const char *what, long count)
{
    printf("%s - %s (%ld)\n", good ? "ok" : "not ok", what, count);
    failures += !good;
}

/* How many points of a part of the picture are nearly of a colour. */
static long count_near(Color c, int x0, int y0, int x1, int y1, int distance)
{
    long count = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const png_byte *p = at(x, y);
            count += abs(p[0] - c.r) + abs(p[1] - c.g) + abs(p[2] - c.b) < distance;
        }
    return count;
}

/* Points of the colour's hue, as light as ships are: trails, glows, hulls. */
static long count_hue(Color c)
{
    long count = 0;
    int most = c.r > c.g ? c.r : c.g;
    if (c.b > most) most = c.b;
    for (int y = 120; y < WORLD_HEIGHT; y++)
        for (int x = 0; x < PICTURE_WIDTH; x++) {
            const png_byte *p = at(x, y);
            int light = p[0] > p[1] ? p[0] : p[1];
            if (p[2] > light) light = p[2];
            if (light < 140) continue;
            int far = abs(p[0] * most / light - c.r) + abs(p[1] * most / light - c.g) +
                      abs(p[2] * most / light - c.b);
            count += far < 70;
        }
    return count;
}

static void check_bar(long now, long last)
{
    int y = BAR_Y + BAR_HEIGHT / 2, end = 0, done = 0;
    for (int x = BAR_LEFT; x < BAR_LEFT + BAR_WIDTH; x++) {
        const png_byte *p = at(x, y);
        if (p[1] > 70) end = x - BAR_LEFT + 1;
        if (p[1] > 150) done = x - BAR_LEFT + 1;
    }
    long now_at = now * BAR_WIDTH / HISTORY, last_at = last * BAR_WIDTH / HISTORY;
    need(labs(done - now_at) < 20, "the bar is light up to now", done);
    need(labs(end - last_at) < 6, "and ends where time does", end);
    const Color white = {255, 255, 255, 255};
    long cursor = count_near(white, BAR_LEFT + (int)now_at - 4, BAR_Y - 4,
                             BAR_LEFT + (int)now_at + 5, BAR_Y + BAR_HEIGHT + 4, 60);
    need(cursor > 20 && cursor < 120, "a mark stands at now", cursor);
}

/* What of a colour the other picture has, and this one has more. */
static void check_futures(const long other[2], long lost)
{
    long living = count_hue(ghost_lives) - other[0], dead = count_hue(ghost_dead) - other[1];
    need(lost == FORKS || living > 300, "futures that go on", living);
    need(lost == 0 || dead > 100, "futures that do not", dead);
}

static bool load(const char *file)
{
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(&image, file)) return false;
    image.format = PNG_FORMAT_RGB;
    if (image.width != PICTURE_WIDTH || image.height != PICTURE_HEIGHT) return false;
    pixels = malloc(PNG_IMAGE_SIZE(image));
    return pixels && png_image_finish_read(&image, NULL, pixels, 0, NULL);
}

int main(int argc, char **argv)
{
    static const long least[KINDS] = {2000, 1000, 800, 300, 800, 200};
    const Color text = {205, 220, 240, 255};
    if (argc != 6 || !load(argv[2])) {
        printf("not ok - there is no picture\n");
        return EXIT_FAILURE;
    }
    const long other[] = {count_hue(ghost_lives), count_hue(ghost_dead)};
    free(pixels);
    if (!load(argv[1])) return EXIT_FAILURE;
    for (int kind = 0; kind < KINDS; kind++) {
        long count = count_hue(kind_colors[kind]);
        need(count > least[kind], kind_names[kind], count);
    }
    check_bar(atol(argv[3]), atol(argv[4]));
    check_futures(other, atol(argv[5]));
    need(count_near(text, 12, 12, 392, 160, 90) > 500, "costs",
         count_near(text, 12, 12, 392, 160, 90));
    need(count_near(text, 968, 12, 1268, 300, 90) > 500, "variables",
         count_near(text, 968, 12, 1268, 300, 90));
    need(count_near((Color){0, 0, 0, 255}, 0, 0, PICTURE_WIDTH, WORLD_HEIGHT, 90) > 300000,
         "a night", 0);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
