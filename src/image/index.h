/* SPDX-License-Identifier: MIT */
/*
 * The index of a chain of images: a whole one and the deltas that follow.
 *
 *   objects  [ o0 o1 o2 ... | o7 o8 | o9 ]    by number: of the whole image, of the first
 *                                             delta, of the second
 *
 * An image of the chain has the first `object_count` of them. So what an image does not refer
 * to any more, but the chain does, stays alive until the chain is given up.
 *
 * The index belongs to its images together; who adds to it, or looks up in it, holds its lock.
 * All of it is collected memory.
 */
#ifndef MOONLET_INDEX_H
#define MOONLET_INDEX_H

#include "image/image.h"
#include "image/objects.h"

#include <pthread.h>

/* Objects from..to-1 are those of an image that only states led to that its variables held. */
typedef struct HeldRange {
    uint32_t from, to;
} HeldRange;

struct ImageIndex {
    pthread_mutex_t lock;
    Objects objects;
    HeldRange *held; /* in order */
    uint32_t held_count, held_capacity;
    uint32_t images; /* that have not been released */
};

/* What a new image has beside its base's. */
typedef struct ImageNew {
    const Objects *objects; /* handed over if there is no base */
    uint32_t first_count;   /* of these, met in the first record */
    const struct Proto *const *chunks;
    uint32_t chunk_count;
} ImageNew;

/* Answers NULL if there is no memory. O(what is new), or O(objects of the base) when the base
 * is not the last one of its chain. */
Image *image_new(const State *s, const Image *base, const ImageNew *more);

/* OBJECT_NONE: it is none of the image's. */
uint32_t image_number(const Image *image, const void *o);
/* Whether only held states led to the object with this number. What it contains in the image's
 * own state depends on how that came to be in memory: nobody is to rely on it. */
bool image_is_held(const Image *image, uint32_t number);
/* The object with this number, which is less than object_count. */
void *image_object(const Image *image, uint32_t number);

#endif
