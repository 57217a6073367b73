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

/* Notes which of the last objects only held states led to. Answers false without memory. */
static bool index_add_held(ImageIndex *x, HeldRange range)
{
    if (range.from >= range.to) return true;
    if (x->held_count == x->held_capacity) {
        uint32_t capacity = x->held_capacity ? 2 * x->held_capacity : 4;
        HeldRange *held = mem_try_alloc_atomic(capacity * sizeof *held);
        if (!held) return false;
        if (x->held_count) memcpy(held, x->held, x->held_count * sizeof *held);
        x->held = held;
        x->held_capacity = capacity;
    }
    x->held[x->held_count++] = range;
    return true;
}

/* The first n objects of another index. Answers false without memory. */
static bool index_copy(ImageIndex *x, const ImageIndex *from, uint32_t n)
{
    bool good = true;
    index_add(x, from->objects.list, n);
    for (uint32_t i = 0; good && i < from->held_count && from->held[i].to <= n; i++)
        good = index_add_held(x, from->held[i]);
    return good;
}

/* The base's index with what is new, or a copy of it, or NULL where there is no memory. */
static ImageIndex *index_for(const Image *base, const ImageNew *more)
{
    ImageIndex *x = base ? base->index : index_new(), *to = x;
    uint32_t before = base ? base->object_count : 0;
    HeldRange held = {before + more->first_count, before + more->objects->count};
    if (!base) {
        x->objects = *more->objects;
        return index_add_held(x, held) ? x : NULL;
    }
    bool good = true;
    pthread_mutex_lock(&x->lock);
    if (before != x->objects.count) {
        to = index_new();
        good = index_copy(to, x, before);
    }
    index_add(to, more->objects->list, more->objects->count);
    good &= index_add_held(to, held);
    pthread_mutex_unlock(&x->lock);
    return to->objects.failed || !good ? NULL : to;
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
                     .has_held =
                         (base && base->has_held) || more->first_count < more->objects->count,
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

bool image_is_held(const Image *image, uint32_t number)
{
    if (!image->has_held) return false;
    ImageIndex *x = image->index;
    pthread_mutex_lock(&x->lock);
    uint32_t low = 0, high = x->held_count; /* the ranges that may be the one */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (x->held[middle].from <= number)
            low = middle;
        else
            high = middle;
    }
    bool held = high && x->held[low].from <= number && number < x->held[low].to;
    pthread_mutex_unlock(&x->lock);
    return held;
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
