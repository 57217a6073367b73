/* SPDX-License-Identifier: MIT */
/* The numbers that images have for what frames return to: FRAME_KINDS has them. */
#include "image/frames.h"

static const Node *const glues[] = {
#define X_GLUE(name, kind) &name,
    FRAME_GLUES(X_GLUE)
#undef X_GLUE
};

unsigned frame_code(const Node *ret) { return frame_kinds[ret->kind].image; }

const Node *frame_glue(unsigned code)
{
    for (size_t i = 0; i < sizeof glues / sizeof *glues; i++)
        if (code && frame_code(glues[i]) == code) return glues[i];
    return NULL;
}
