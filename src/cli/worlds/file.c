/* SPDX-License-Identifier: MIT */
/*
 * Reading files of worlds: see file.h.
 *
 * Main invariant: a file is read once, as it may be a pipe: what was looked at for its seed is
 * kept for whoever loads it.
 */
#include "cli/worlds/file.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "value/string.h"

static struct {
    const char *file; /* NULL: nothing is kept */
    char *bytes;
    size_t length;
} kept;

char *world_bytes(const char *file, size_t *length, char **message)
{
    if (kept.file && strcmp(kept.file, file) == 0) {
        kept.file = NULL;
        *length = kept.length;
        return kept.bytes;
    }
    return api_read_file(strcmp(file, "-") == 0 ? "/dev/stdin" : file, length, message);
}

static const char *first_file(const Options *o, char **argv)
{
    if (o->load_count) return o->loads[0];
    if (o->task == TASK_DIFF) return argv[o->rest];
    return o->task == TASK_SHOW ? o->show : NULL;
}

void world_take_seed(const Options *o, char **argv)
{
    uint64_t seed;
    char *message = NULL;
    const char *file = first_file(o, argv);
    if (o->seeded || !file) return;
    kept.bytes = world_bytes(file, &kept.length, &message);
    if (kept.bytes) kept.file = file;
    if (kept.bytes && moonlet_image_seed(kept.bytes, kept.length, &seed)) string_seed(seed);
    free(message);
}
