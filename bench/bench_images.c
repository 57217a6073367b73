/* SPDX-License-Identifier: MIT */
/*
 * bench_images [images.lua]: what states cost as bytes, beside a plain copy of the same bytes,
 * and beside what programs in plain Lua do (lua5.2: tables written as source, and loaded).
 * Milliseconds of processor time, the median of some rounds, and the least of them. Collections
 * are made between what is timed, and timed on their own: which of two allocations has to wait
 * for one says nothing about it.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum { ROUNDS = 7, LARGE = 250000, FRAMES = 200 };

static void fail(const char *what)
{
    fprintf(stderr, "bench_images: %s\n", what ? what : "failed");
    exit(EXIT_FAILURE);
}

static moonlet_state *after(moonlet_state *s, const char *function, double argument)
{
    moonlet_value v = moonlet_number(argument);
    moonlet_result r = moonlet_call_function(s, function, &v, 1);
    if (r.status != MOONLET_OK) fail(r.error ? r.error->message : "paused");
    return moonlet_next(s, &r);
}

static moonlet_image *saved(const moonlet_state *s, const moonlet_image *base)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, base, NULL, &message);
    if (!i) fail(message);
    return i;
}

static moonlet_image *loaded(const moonlet_image *i, const moonlet_image *base)
{
    char *message = NULL;
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, base, NULL, &message);
    if (!j) fail(message);
    return j;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, size_t n)
{
    qsort(times, n, sizeof *times, by_size);
    return times[n / 2] * 1e3;
}

/* The least that can be done with such bytes: to copy them and give them to the system. */
static double copy_time(const char *bytes, size_t length)
{
    double times[ROUNDS];
    char *to = malloc(length);
    FILE *file = tmpfile();
    if (!to || !file) fail("no memory");
    for (int i = 0; i < ROUNDS; i++) {
        double began = clock_busy();
        memcpy(to, bytes, length);
        if (pwrite(fileno(file), to, length, 0) != (ssize_t)length) fail("cannot write");
        times[i] = clock_busy() - began;
    }
    free(to);
    fclose(file);
    return median(times, ROUNDS);
}

static double collection_time(void)
{
    double began = clock_busy();
    moonlet_collect();
    return clock_busy() - began;
}

static void whole(const char *name, const moonlet_state *s)
{
    double save[ROUNDS], load[ROUNDS], collect[ROUNDS];
    size_t length = 0;
    double copy = 0;
    for (int i = 0; i < ROUNDS; i++) {
        collect[i] = collection_time();
        double began = clock_busy();
        moonlet_image *image = saved(s, NULL);
        save[i] = clock_busy() - began;
        moonlet_collect();
        began = clock_busy();
        moonlet_image *back = loaded(image, NULL);
        load[i] = clock_busy() - began;
        const char *bytes = moonlet_image_bytes(image, &length);
        if (!i) copy = copy_time(bytes, length);
        moonlet_image_release(back);
        moonlet_image_release(image);
    }
    double in_memory = (double)moonlet_memory(s, NULL).bytes, mb = (double)length / 1e6;
    double saving = median(save, ROUNDS), loading = median(load, ROUNDS);
    printf("%-10s %9.2f MB in memory  image %8.3f MB (%.2f)  save %8.2f ms (%.0f MB/s)"
           "  load %8.2f ms (%.0f MB/s)  copy %.2f ms\n",
           name, in_memory / 1e6, mb, (double)length / in_memory, saving, mb / saving * 1e3,
           loading, mb / loading * 1e3, copy);
    printf(
        "%-10s least: save %.2f ms (%.0f MB/s)  load %.2f ms (%.0f MB/s)  collection %.2f ms\n",
        name, save[0] * 1e3, mb / save[0], load[0] * 1e3, mb / load[0],
        median(collect, ROUNDS)); /* sorted by now */
}

static void delta(const char *name, moonlet_state *s, const char *function, int frames)
{
    double save[FRAMES], load[FRAMES];
    size_t length, all = 0;
    moonlet_image *base = saved(s, NULL), *there = loaded(base, NULL);
    for (int i = 0; i < frames; i++) {
        s = after(s, function, 0);
        double began = clock_busy();
        moonlet_image *image = saved(s, base);
        save[i] = clock_busy() - began;
        began = clock_busy();
        moonlet_image *back = loaded(image, there);
        load[i] = clock_busy() - began;
        moonlet_image_bytes(image, &length);
        all += length;
        moonlet_image_release(base);
        moonlet_image_release(there);
        base = image;
        there = back;
    }
    printf("%-10s delta %8.0f bytes  save %8.1f us  load %8.1f us\n", name,
           (double)all / frames, median(save, (size_t)frames) * 1e3,
           median(load, (size_t)frames) * 1e3);
    moonlet_image_release(base);
    moonlet_image_release(there);
    moonlet_release(s);
}

/* Rivals ----------------------------------------------------------------------------- */

static void plain_lua(const char *file, const char *build, const char *table)
{
    double save[ROUNDS], load[ROUNDS];
    size_t length = 0;
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    if (luaL_dofile(L, file)) fail(lua_tostring(L, -1));
    lua_getglobal(L, build);
    if (lua_pcall(L, 0, 0, 0)) fail(lua_tostring(L, -1));
    for (int i = 0; i < ROUNDS; i++) {
        lua_getglobal(L, "dumped");
        lua_getglobal(L, table);
        double began = clock_busy();
        if (lua_pcall(L, 1, 1, 0)) fail(lua_tostring(L, -1));
        save[i] = clock_busy() - began;
        lua_pushfstring(L, "return %s", lua_tolstring(L, -1, &length));
        began = clock_busy();
        if (luaL_dostring(L, lua_tostring(L, -1))) fail(lua_tostring(L, -1));
        load[i] = clock_busy() - began;
        lua_settop(L, 0);
    }
    printf("%-10s lua5.2, tables as source: %.3f MB  save %.2f ms  load %.2f ms\n", table,
           (double)length / 1e6, median(save, ROUNDS), median(load, ROUNDS));
    lua_close(L);
}

static moonlet_state *world(const char *file)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_dofile(s, file);
    if (r.status != MOONLET_OK) fail(r.error->message);
    return moonlet_next(s, &r);
}

int main(int argc, char **argv)
{
    const char *file = argc > 1 ? argv[1] : "bench/images.lua";
    moonlet_state *s = after(world(file), "eris", 0);
    whole("eris", s);
    moonlet_release(s);
    s = after(world(file), "large", LARGE);
    whole("large", s);
    delta("large", s, "touch", 20);
    s = after(world(file), "game", 0);
    whole("game", s);
    delta("game", s, "step", FRAMES);
    plain_lua(file, "game", "entities");
    return EXIT_SUCCESS;
}
