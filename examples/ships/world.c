/* SPDX-License-Identifier: MIT */
/* The world of ships as C sees it: see world.h. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const kind_names[KINDS] = {"trader", "miner", "patrol",
                                       "pirate", "swarm", "courier"};
enum { STEPS_MAX = 3000000, BYTES_MAX = 1 << 28 }; /* of one call: a frame takes some 2000 */
static const int kind_counts[KINDS] = {420, 260, 220, 200, 280, 60};

/* Errors and files ----------------------------------------------------------------------- */

static void complain(World *w, const char *what, const char *why)
{
    const char *name = strrchr(what, '/');
    snprintf(w->complaint, sizeof w->complaint, "%.50s: %.140s", name ? name + 1 : what, why);
}

static const char *why_not(const moonlet_result *r)
{
    return r->error ? r->error->message : moonlet_limit_text(r->limit);
}

/* A behaviour that never ends, or a world that was saved by anybody, must not stop the picture.
 * What is limited has the world of s, which is given back. */
static moonlet_state *limited(moonlet_state *s)
{
    const moonlet_limits limits = {.steps = STEPS_MAX, .bytes = BYTES_MAX};
    moonlet_state *l = moonlet_limit(s, &limits);
    moonlet_release(s);
    return l;
}

/* Goes on from a result's state if it is a good one; else says what is wrong. */
static bool take(World *w, moonlet_result *r, const char *what)
{
    bool good = r->status == MOONLET_OK;
    if (!good) complain(w, what, why_not(r));
    moonlet_state **now = &w->kept[w->now % HISTORY];
    *now = moonlet_next(*now, r);
    return good;
}

static char *read_file(World *w, const char *name, size_t *length)
{
    FILE *f = fopen(name, "rb");
    char *text = NULL;
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0) size = ftell(f);
    if (size >= 0 && fseek(f, 0, SEEK_SET) == 0) text = malloc((size_t)size + 1);
    if (text) {
        *length = fread(text, 1, (size_t)size, f);
        text[*length] = 0;
    } else {
        complain(w, name, "cannot be read");
    }
    if (f) fclose(f);
    return text;
}

static void behaviour_file(const World *w, int kind, char *out, size_t size)
{
    snprintf(out, size, "%s/behaviours/%s.lua", w->directory, kind_names[kind]);
}

/* Behaviours ----------------------------------------------------------------------------- */

/* Whether the file is another one than when this was last asked. */
static bool has_changed(World *w, int kind)
{
    char file[300];
    struct stat st;
    behaviour_file(w, kind, file, sizeof file);
    if (stat(file, &st) != 0) return false;
    struct timespec *was = &w->changed[kind];
    bool same = was->tv_sec == st.st_mtim.tv_sec && was->tv_nsec == st.st_mtim.tv_nsec;
    *was = st.st_mtim;
    return !same;
}

/* Gives the world the behaviour in a file. What is no Lua leaves it as it was. */
static bool install(World *w, int kind)
{
    char file[300], chunk[310];
    size_t length;
    behaviour_file(w, kind, file, sizeof file);
    snprintf(chunk, sizeof chunk, "@%s.lua", kind_names[kind]);
    char *text = read_file(w, file, &length);
    if (!text) return false;
    moonlet_value args[] = {moonlet_text(kind_names[kind]), moonlet_string(text, length),
                            moonlet_text(chunk)};
    free(text);
    moonlet_result r = moonlet_call_function(world_state(w), "install", args, 3);
    moonlet_value why = moonlet_result_value(&r, 0);
    bool refused = r.status == MOONLET_OK && moonlet_is_true(why);
    char words[150];
    if (refused) complain(w, file, moonlet_to_text(why, words, sizeof words));
    return take(w, &r, file) && !refused;
}

/* What is after now was with the old ones. */
static void forget_later(World *w)
{
    for (; w->last > w->now; w->last--) {
        moonlet_release(w->kept[w->last % HISTORY]);
        w->kept[w->last % HISTORY] = NULL;
    }
}

void world_reload(World *w)
{
    for (int kind = 0; kind < KINDS; kind++) {
        if (!has_changed(w, kind)) continue;
        if (!install(w, kind)) continue;
        forget_later(w);
        w->complaint[0] = 0;
    }
}

/* Beginning ------------------------------------------------------------------------------ */

static bool run_file(World *w)
{
    char file[300];
    size_t length;
    snprintf(file, sizeof file, "%s/world.lua", w->directory);
    char *text = read_file(w, file, &length), *message = NULL;
    if (!text) return false;
    moonlet_chunk *chunk = moonlet_compile(text, length, "@world.lua", &message);
    if (chunk) {
        moonlet_result r = moonlet_call_chunk(world_state(w), chunk, NULL, 0);
        free(text);
        moonlet_chunk_release(chunk);
        return take(w, &r, file);
    }
    complain(w, file, message ? message : "?");
    free(message);
    free(text);
    return false;
}

bool world_begin(World *w, const char *directory)
{
    *w = (World){.directory = directory};
    w->kept[0] = limited(moonlet_init());
    if (!run_file(w)) return false;
    moonlet_value args[2 * KINDS];
    for (int kind = 0; kind < KINDS; kind++) {
        has_changed(w, kind);
        if (!install(w, kind)) return false;
        args[2 * kind] = moonlet_text(kind_names[kind]);
        args[2 * kind + 1] = moonlet_number(kind_counts[kind]);
    }
    moonlet_result r = moonlet_call_function(world_state(w), "begin", args, 2 * KINDS);
    return take(w, &r, "world.lua");
}

void world_end(World *w)
{
    for (int i = 0; i < HISTORY; i++) moonlet_release(w->kept[i]);
}

/* Time ------------------------------------------------------------------------------------ */

/* Keeps a new state as the frame after now. */
static void keep(World *w, moonlet_state *s)
{
    forget_later(w);
    w->last = ++w->now;
    if (w->last - w->first == HISTORY) w->first++;
    moonlet_release(w->kept[w->now % HISTORY]);
    w->kept[w->now % HISTORY] = s;
}

bool world_forward(World *w, const Helm *helm)
{
    if (!helm->ship && w->now < w->last) {
        w->now++;
        return true;
    }
    moonlet_value args[] = {moonlet_number(helm->ship), moonlet_number(helm->x),
                            moonlet_number(helm->y)};
    double began = clock_ms();
    moonlet_result r = moonlet_call_function(world_state(w), "frame", args, helm->ship ? 3 : 0);
    w->frame_ms = clock_ms() - began;
    bool good = r.status == MOONLET_OK;
    if (good)
        keep(w, r.state);
    else
        complain(w, "the world stands still", why_not(&r));
    if (!good) moonlet_release(r.state);
    if (good && w->stands) w->complaint[0] = 0;
    w->stands = !good;
    return good;
}

void world_go(World *w, long frame)
{
    w->now = frame < w->first ? w->first : frame > w->last ? w->last : frame;
}

/* Files ------------------------------------------------------------------------------------ */

bool world_save(World *w, const char *file, size_t *bytes)
{
    char *message = NULL;
    moonlet_image *image = moonlet_image_save(world_state(w), NULL, NULL, &message);
    FILE *f = image ? fopen(file, "wb") : NULL;
    const char *data = image ? moonlet_image_bytes(image, bytes) : NULL;
    bool good = f && fwrite(data, 1, *bytes, f) == *bytes;
    if (f && fclose(f) != 0) good = false;
    if (!good) complain(w, file, message ? message : "cannot be written");
    free(message);
    moonlet_image_release(image);
    return good;
}

/* What has been before is another world's. */
bool world_load(World *w, const char *file)
{
    char *message = NULL;
    size_t length;
    char *bytes = read_file(w, file, &length);
    if (!bytes) return false;
    moonlet_image *image = moonlet_image_load(bytes, length, NULL, NULL, &message);
    free(bytes);
    if (!image) {
        complain(w, file, message ? message : "cannot be loaded");
        free(message);
        return false;
    }
    for (int i = 0; i < HISTORY; i++) {
        moonlet_release(w->kept[i]);
        w->kept[i] = NULL;
    }
    w->kept[0] = limited(moonlet_image_state(image));
    w->first = w->now = w->last = 0;
    moonlet_image_release(image);
    return true;
}
