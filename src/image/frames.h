/* SPDX-License-Identifier: MIT */
/*
 * Frames in images: numbers for what frames return to, and for nodes.
 *
 * The numbers are part of the format, for one version of the linker (format.h).
 */
#ifndef MOONLET_IMAGE_FRAMES_H
#define MOONLET_IMAGE_FRAMES_H

#include "stack/frame.h"

/* Beside a frame's kind. */
enum {
    FRAME_VARARGS = 1, /* its arguments lie below it */
    FRAME_TAIL = 2,    /* it was tail-called */
    FRAME_TWIN = 4,    /* it returns to a node under a hook */
    FRAME_LAST = 8,    /* the hook has last seen control at a node of its function */
    FRAME_BITS = 15
};

/* Numbers of nodes. */
enum {
    NODE_NOWHERE,
    NODE_CALL_AGAIN,
    NODE_NATIVE_AGAIN,
    NODE_RETURN_AGAIN,
    NODE_THROW_AGAIN,
    NODE_SUSPENDED,
    NODE_FIRST /* and up: 2 times the index in its function, plus 1 for its twin under a hook */
};

enum { FRAME_CODE_CALLED = 0 };

/* The number of what a frame returns to: FRAME_CODE_CALLED for a node of a Lua function. */
unsigned frame_code(const Node *ret);
/* The static node with this number, from 1. NULL if there is none. */
const Node *frame_glue(unsigned code);

#endif
