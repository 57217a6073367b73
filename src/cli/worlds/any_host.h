/* SPDX-License-Identifier: MIT */
/*
 * A host that knows all that an image may name, for those who only look at it: functions that
 * do nothing, types of userdata without contents but the bytes that the image has. It notes
 * what was named.
 */
#ifndef MOONLET_CLI_ANY_HOST_H
#define MOONLET_CLI_ANY_HOST_H

#include "cli/options/options.h"
#include "cli/output/report.h"
#include "image/image.h"

typedef struct AnyNames { /* each once, in the order of meeting */
    const char **items;
    size_t count;
} AnyNames;

typedef struct AnyHost {
    ImageHost host;
    AnyNames functions, types;
    size_t lights;
} AnyHost;

void any_host_init(AnyHost *h);

/* The image in a file, of whatever host. With chain the images of --load come before it if it
 * is a delta: *base is then the last of these, else NULL. Answers NULL if it cannot be loaded,
 * and has said so. The bytes are for free(). */
typedef struct AnyImage {
    const Image *image, *base;
    uint8_t *bytes;
    size_t length;
} AnyImage;
bool any_image_read(const Cli *c, const Options *o, AnyHost *h, const char *file,
                    AnyImage *out);
/* Reads one image, which may be a delta to base. */
bool any_image_read_next(const Cli *c, AnyHost *h, const char *file, const Image *base,
                         AnyImage *out);

#endif
