/* SPDX-License-Identifier: MIT */
/* Indexes of images: see index.h for the invariant. */
#include "image/index.h"

#include "state/heap.h"

static void push(Pvec *v, Word w, uint64_t token)
{
    uint32_t size = v->size;
    pvec_resize(v, size, size + 1, token);
    pvec_set(v, size, w, token);
}

/* Adds the objects of a delta, which have the numbers from `first` on. */
static void add_objects(ImageIndex *x, const Objects *more, uint32_t first, uint64_t token)
{
    uint32_t size = x->list.size;
    if (!more->count) return;
    pvec_resize(&x->list, size, size + more->count, token);
    for (uint32_t i = 0; i < more->count; i++) {
        pvec_set(&x->list, size + i, value_object(more->list[i]), token);
        heap_note(&x->numbers, more->list[i], first + i, token);
    }
}

static ImageIndex *index_for(const Image *base, const ImageNew *more)
{
    uint64_t token = epoch_new();
    uint32_t before = base ? base->object_count : 0;
    uint32_t from = before + more->first_count, to = before + more->objects->count;
    ImageIndex *x = mem_alloc(sizeof *x);
    if (base) {
        *x = *base->index;
        add_objects(x, more->objects, before, token);
    } else {
        x->root = mem_alloc(sizeof *x->root);
        x->root->objects = *more->objects;
    }
    if (from < to) push(&x->held, (Word)from << 32 | to, token);
    __atomic_fetch_add(&x->root->images, 1, __ATOMIC_RELAXED);
    return x;
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
    const struct Proto *const *chunks = chunks_with(base, more);
    if (!chunks) return NULL;
    Image *image = mem_alloc(sizeof *image);
    *image = (Image){.state = s,
                     .index = index_for(base, more),
                     .whole = !base,
                     .object_count = (base ? base->object_count : 0) + more->objects->count,
                     .chunk_count = (base ? base->chunk_count : 0) + more->chunk_count,
                     .chunks = chunks};
    return image;
}

uint32_t image_number(const Image *image, const void *o)
{
    const ImageIndex *x = image->index;
    uint32_t number = objects_number(&x->root->objects, o);
    if (number != OBJECT_NONE) return number;
    const Word *noted = heap_noted(&x->numbers, o);
    return noted ? (uint32_t)*noted : OBJECT_NONE;
}

bool image_is_held(const Image *image, uint32_t number)
{
    const Pvec *held = &image->index->held;
    if (!held->size) return false;
    uint32_t low = 0, high = held->size; /* the ranges that may be the one */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (pvec_get(held, middle) >> 32 <= number)
            low = middle;
        else
            high = middle;
    }
    Word range = pvec_get(held, low);
    return range >> 32 <= number && number < (uint32_t)range;
}

void *image_object(const Image *image, uint32_t number)
{
    const ImageIndex *x = image->index;
    const Objects *root = &x->root->objects;
    return number < root->count ? root->list[number]
                                : value_pointer(pvec_get(&x->list, number - root->count));
}

void image_release(Image *image)
{
    IndexRoot *root = image->index->root;
    image->index = NULL;
    if (__atomic_fetch_sub(&root->images, 1, __ATOMIC_ACQ_REL) == 1)
        objects_free(&root->objects);
}
