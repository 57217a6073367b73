/* SPDX-License-Identifier: MIT */
/*
 * Indexes of images: which objects an image has, and what their numbers are.
 *
 *   root     [ o0 o1 o2 ... ]          of the whole image that the chain begins with: shared
 *   list     [ o7 o8 | o9 ]            those of the deltas since, by number
 *   numbers  o7 -> 7, o8 -> 8, ...     persistent maps: an image's have those of its base in
 *   held     [ 3..6 | 9..9 ]           common with all that were made to that
 *
 * Main invariant: an index never changes. So a delta costs what is new in it, however many were
 * made to the same base, and nobody needs a lock. What an image does not refer to any more, but
 * its chain does, stays alive until the chain is given up.
 *
 * All of it is collected memory.
 */
#ifndef MOONLET_INDEX_H
#define MOONLET_INDEX_H

#include "hamt.h"
#include "image/image.h"
#include "image/objects.h"
#include "pvec.h"

/* The objects of a whole image, and how many images of its chain have not been released. */
typedef struct IndexRoot {
    Objects objects;
    uint32_t images;
} IndexRoot;

struct ImageIndex {
    IndexRoot *root;
    Pvec list;
    Hamt numbers;
    Pvec held; /* from << 32 | to, ascending: objects from..to-1 are those of an image that only
                  states led to that its variables held */
};

/* What a new image has beside its base's. */
typedef struct ImageNew {
    const Objects *objects; /* handed over if there is no base */
    uint32_t first_count;   /* of these, met in the first record */
    const struct Proto *const *chunks;
    uint32_t chunk_count;
} ImageNew;

/* Answers NULL if there is no memory. O(what is new), and O(chunks of the base) where a chunk
 * is new. */
Image *image_new(const State *s, const Image *base, const ImageNew *more);

/* OBJECT_NONE: it is none of the image's. */
uint32_t image_number(const Image *image, const void *o);
/* Whether only held states led to the object with this number. What it contains in the image's
 * own state depends on how that came to be in memory: nobody is to rely on it. */
bool image_is_held(const Image *image, uint32_t number);
/* The object with this number, which is less than object_count. */
void *image_object(const Image *image, uint32_t number);

#endif
