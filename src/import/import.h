/* SPDX-License-Identifier: MIT */
/*
 * Bringing values from one state into another.
 *
 * Strings and other values without identity are shared as they are. An object that is
 * older than the moment at which the two states parted is the same object in both. A
 * younger one, and what it refers to, is copied: each object once, so identity and
 * cycles are kept; copies get ids of the receiving state, in the order in which they
 * are met.
 *
 * A state that was loaded from an image has no object of another one, though they have ids as
 * if they had a history in common. Between two such strangers the objects of the libraries are
 * found by their ids, if the receiving state still has them.
 *
 *   table       a new table; one that refers to nothing that must be copied shares the
 *               contents, as a fork would: O(1) memory
 *   function    the same code; its captured variables are copied, shared ones once
 *   coroutine   suspended where it is, its stack and its hook copied; one that has failed
 *               with its stack for tracebacks, but the values in the function that failed;
 *               one that is running, or in the middle of state.fork, cannot be brought
 *   userdata    the same bytes: those that each state has its own of are copied when one
 *               of the two writes to them
 *
 * Metatables come along; weak tables are weak again, and who had a finalizer has one.
 */
#ifndef MOONLET_IMPORT_H
#define MOONLET_IMPORT_H

#include "state/state.h"
#include "state/trail.h"
#include "trace/walk.h"

enum { IMPORT_PATH_MAX = 256 };

typedef struct Import {
    Run *to;
    Run *from;             /* for reading only: of a state, which nobody changes */
    uint64_t shared_below; /* ids of the objects that both states have; 0: none */
    void **libraries;      /* between strangers: the receiving state's, by ids; else NULL */
    Trail trail;           /* what is copied; those from `filled` on are still empty */
    uint32_t filled;
    Walk walk; /* without bounds, unless the caller sets some: what is copied */
    /* What could not be brought, "a running coroutine", and where: its path. It is NULL if all
     * could. */
    const char *refused;
    char path[IMPORT_PATH_MAX], why[WALK_TEXT_MAX];
} Import;

/* The libraries have been opened: their objects have the ids below this one, in each state. */
void import_set_libraries(uint64_t below);
uint64_t import_libraries(void);

/* shared_below is for states that are no strangers. */
void import_begin(Import *im, Run *to, Run *from, uint64_t shared_below);
/* The value as the receiving state has it. Nil, and im->refused set, when something in it
 * cannot be brought. O(objects copied and what they hold); no recursion. */
Value import_value(Import *im, Value v);

#endif
