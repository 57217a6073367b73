/* SPDX-License-Identifier: MIT */
/*
 * Frames in images: numbers for what frames return to, and for nodes.
 *
 * The numbers are part of the format, for one version of the linker (format.h). Whether frames
 * return to twins under a hook (stack/hook.h) is not said: where a hook is, all loaded ones do.
 */
#ifndef MOONLET_IMAGE_FRAMES_H
#define MOONLET_IMAGE_FRAMES_H

#include "stack/frame.h"

/* Bits that stand beside a frame's kind. */
enum {
    FRAME_VARARGS = 1, /* its arguments lie below it */
    FRAME_TAIL = 2,    /* it was tail-called */
    FRAME_LAST = 4,    /* the hook has last seen control at a node of its function */
    FRAME_BITS = 7
};

/* Numbers of nodes. */
enum {
    NODE_NOWHERE,
    NODE_CALL_AGAIN,
    NODE_NATIVE_AGAIN,
    NODE_RETURN_AGAIN,
    NODE_THROW_AGAIN,
    NODE_SUSPENDED,
    NODE_FIRST /* and up: the index in its function */
};

enum { FRAME_CODE_CALLED = 0 };

/* The number of what a frame returns to: FRAME_CODE_CALLED for a node of a Lua function. */
unsigned frame_code(const Node *ret);
/* Finds the static node with this number, from 1. Answers NULL if there is none. */
const Node *frame_glue(unsigned code);

#endif
