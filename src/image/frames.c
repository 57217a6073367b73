/* SPDX-License-Identifier: MIT */
/*
 * The numbers of glue in images, from the table of its kinds (node/glues.h).
 *
 * Main invariant: each kind of frame has one number in images, which no other kind has and
 * which never changes.
 */
#include "image/frames.h"

static const Node *const glues[] = {
#define X_GLUE(kind, name, ...) &name,
    KINDS_GLUE(X_GLUE)
#undef X_GLUE
};

/* No two kinds have one number: added up, the bits of the numbers are what they are together.
 */
#define BIT(image) (UINT32_C(1) << image & ~UINT32_C(1))
#define X_SUM(k, n, header, o, p, native, e, h, image, ...) +BIT(image)
#define X_ALL(k, n, header, o, p, native, e, h, image, ...) | BIT(image)
_Static_assert((0 KINDS_GLUE(X_SUM)) == (0 KINDS_GLUE(X_ALL)), "each kind has its own number");

unsigned frame_code(const Node *ret) { return frame_kinds[ret->kind].image; }

const Node *frame_glue(unsigned code)
{
    for (size_t i = 0; i < sizeof glues / sizeof *glues; i++)
        if (code && frame_code(glues[i]) == code) return glues[i];
    return NULL;
}
