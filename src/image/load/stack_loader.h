/* SPDX-License-Identifier: MIT */
/*
 * What the readers of coroutines' stacks share: the stack that is being put together.
 *
 *   load_stack.c   frames, segments, and where the top frame goes on
 *   load_glue.c    nodes, and what lies between a frame and the one below it
 */
#ifndef MOONLET_IMAGE_STACK_LOADER_H
#define MOONLET_IMAGE_STACK_LOADER_H

#include "image/frames.h"
#include "image/load/loader.h"

typedef struct StackLoader {
    Loader *L;
    Coroutine *co;
    Segment *below; /* the segments that are complete, linked by prev, or NULL */
    Value *words;   /* the slots of the segment that is not complete yet */
    size_t capacity;
    uint32_t depth;   /* Segment.below */
    size_t fp;        /* index of the last frame in words; 0: there is none */
    size_t used;      /* how many slots of that frame have been read */
    size_t extent;    /* words that the frames in words may need when they run */
    const Proto *p;   /* that frame's code; NULL: it is a native's */
    bool record;      /* slot 0 of that frame is what a host function goes on with */
    bool hooked;      /* there is a hook, so frames return to twins */
    bool bare;        /* its vararg function has not begun, so the arguments are in place */
    const Node *last; /* the last node that a hook has seen */
    const Node *ret;  /* what the lowest frame of a segment that has just begun returns to */
    uint32_t ret_at;  /* and the index of the frame to which it does */
} StackLoader;

/* The function of the last frame: no function at all, if it is a value that could not be
 * called, or stands for a result on its way. */
static inline Value stack_function(const StackLoader *k) { return k->words[k->fp - 1]; }

static inline void stack_fail(StackLoader *k) { source_fail(&k->L->in); }
static inline bool stack_failed(const StackLoader *k) { return loader_failed(k->L); }

/* Makes words up to `end`, which are nil where they are new. Answers false if it cannot. */
bool stack_words_up_to(StackLoader *k, size_t end);

/* Reads a node of the last frame's function, or one before a call or a return. Answers NULL if
 * it is nowhere. */
const Node *stack_load_node(StackLoader *k);
/* Reads the node that a call of the last frame's function returns to. Answers NULL if it is
 * refused. */
const Node *stack_load_return(StackLoader *k);
/* How many values of an open list, arguments or results the last frame has at the node. */
uint32_t stack_load_open(StackLoader *k, const Node *n);
/* What comes between a frame and the one below it, up to the words of its header. Answers where
 * the frame's base is, or 0 if it is refused. */
size_t stack_load_glue(StackLoader *k, const Node *glue);

#endif
