/* SPDX-License-Identifier: MIT */
/* The numbers that images have for what frames return to: their places in this list. */
#include "image/frames.h"

static const Node *const glues[FRAME_CODES] = {
    NULL,         &glue_value,  &glue_bool,  &glue_not,    &glue_none,    &glue_concat,
    &glue_native, &glue_answer, &glue_pcall, &glue_xpcall, &glue_handler, &glue_hook,
    &glue_fork,   &glue_try,    &glue_poll,  &glue_base,   &glue_halt};

unsigned frame_code(const Node *ret)
{
    for (unsigned i = 1; i < FRAME_CODES; i++)
        if (glues[i] && glues[i]->kind == ret->kind) return i;
    return FRAME_CODE_CALLED;
}

const Node *frame_glue(unsigned code) { return code < FRAME_CODES ? glues[code] : NULL; }
