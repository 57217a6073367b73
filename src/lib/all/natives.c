/* SPDX-License-Identifier: MIT */
/*
 * The way through all arrays of natives.
 *
 * Main invariant: every row of every array is passed just once, and found by its name and by
 * its function.
 */
#include "lib/natives.h"

#include <pthread.h>

static const NativeDef *const arrays[] = {
#define X_LIST(name) natives_##name,
    X_NATIVES(X_LIST)
#undef X_LIST
        NULL};

const NativeDef *natives_next(const NativeDef *row)
{
    if (!row) return arrays[0];
    if (row[1].name) return row + 1;
    for (const NativeDef *const *array = arrays; *array; array++)
        for (const NativeDef *r = *array; r->name; r++)
            if (r == row) return array[1];
    return NULL;
}

/* Looking up: rows by their hash, made when first asked. */
enum { PLACES = 1024 };
static const NativeDef *by_name[PLACES], *by_function[PLACES];
static pthread_once_t indexed = PTHREAD_ONCE_INIT;

static uint32_t name_place(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++) h = (h ^ (uint8_t)*name) * 16777619u;
    return h % PLACES;
}

static uint32_t function_place(NativeFn *fn) { return value_hash_word((uintptr_t)fn) % PLACES; }

static void make_index(void)
{
    for (const NativeDef *row = natives_next(NULL); row; row = natives_next(row)) {
        uint32_t i = name_place(row->name), k = function_place(row->fn);
        while (by_name[i]) i = (i + 1) % PLACES;
        while (by_function[k]) k = (k + 1) % PLACES;
        by_name[i] = by_function[k] = row;
    }
}

const NativeDef *natives_by_name(const char *name)
{
    pthread_once(&indexed, make_index);
    uint32_t i = name_place(name);
    while (by_name[i] && strcmp(by_name[i]->name, name) != 0) i = (i + 1) % PLACES;
    return by_name[i];
}

const NativeDef *natives_by_function(NativeFn *fn)
{
    pthread_once(&indexed, make_index);
    uint32_t i = function_place(fn);
    while (by_function[i] && by_function[i]->fn != fn) i = (i + 1) % PLACES;
    return by_function[i];
}
