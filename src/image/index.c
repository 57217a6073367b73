/* SPDX-License-Identifier: MIT */
/* Indexes of chains of images: see index.h for the invariants. */
#include "image/index.h"

static ImageIndex *index_new(void)
{
    ImageIndex *x = mem_alloc(sizeof *x);
    pthread_mutex_init(&x->lock, NULL);
    return x;
}

static void index_add(ImageIndex *x, void *const *objects, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) objects_add(&x->objects, objects[i]);
}

/* The base's index with what is new, or a copy of it, or NULL where there is no memory. */
static ImageIndex *index_for(const Image *base, const ImageNew *more)
{
    ImageIndex *x = base ? base->index : index_new(), *to = x;
    if (!base) {
        x->objects = *more->objects;
        return x;
    }
    pthread_mutex_lock(&x->lock);
    if (base->object_count != x->objects.count) {
        to = index_new();
        index_add(to, x->objects.list, base->object_count);
    }
    index_add(to, more->objects->list, more->objects->count);
    pthread_mutex_unlock(&x->lock);
    return to->objects.failed ? NULL : to;
}

/* How many images the index has now. */
static uint32_t count_image(ImageIndex *x, int change)
{
    pthread_mutex_lock(&x->lock);
    uint32_t images = x->images += (uint32_t)change;
    pthread_mutex_unlock(&x->lock);
    return images;
}

static const struct Proto *const *chunks_with(const Image *base, const ImageNew *more)
{
    uint32_t before = base ? base->chunk_count : 0;
    if (!more->chunk_count && base) return base->chunks;
    const struct Proto **chunks =
        mem_try_alloc((before + more->chunk_count + 1) * sizeof *chunks);
    if (!chunks) return NULL;
    for (uint32_t i = 0; i < before; i++) chunks[i] = base->chunks[i];
    for (uint32_t i = 0; i < more->chunk_count; i++) chunks[before + i] = more->chunks[i];
    return chunks;
}

Image *image_new(const State *s, const Image *base, const ImageNew *more)
{
    ImageIndex *x = index_for(base, more);
    const struct Proto *const *chunks = chunks_with(base, more);
    if (!x || !chunks) return NULL;
    Image *image = mem_alloc(sizeof *image);
    count_image(x, 1);
    *image = (Image){.state = s,
                     .index = x,
                     .whole = !base,
                     .object_count = (base ? base->object_count : 0) + more->objects->count,
                     .chunk_count = (base ? base->chunk_count : 0) + more->chunk_count,
                     .chunks = chunks};
    return image;
}

uint32_t image_number(const Image *image, const void *o)
{
    ImageIndex *x = image->index;
    pthread_mutex_lock(&x->lock);
    uint32_t number = objects_number(&x->objects, o);
    pthread_mutex_unlock(&x->lock);
    return number < image->object_count ? number : OBJECT_NONE;
}

void *image_object(const Image *image, uint32_t number)
{
    ImageIndex *x = image->index;
    pthread_mutex_lock(&x->lock);
    void *o = x->objects.list[number];
    pthread_mutex_unlock(&x->lock);
    return o;
}

void image_release(Image *image)
{
    ImageIndex *x = image->index;
    image->index = NULL;
    if (count_image(x, -1) == 0) objects_free(&x->objects);
}
