/* SPDX-License-Identifier: MIT */
/*
 * Bringing values from one state into another.
 *
 * Strings and other values without identity are shared as they are. An object that is
 * older than the moment at which the two states parted is the same object in both. A
 * younger one, and what it refers to, is copied: each object once, so identity and
 * cycles are kept; copies get ids of the receiving state, in the order in which they
 * are met.
 */
#ifndef MOONLET_IMPORT_H
#define MOONLET_IMPORT_H

#include "state/state.h"

typedef struct Import {
    Run *to;
    Run *from;             /* for reading only */
    uint64_t shared_below; /* ids of the objects that both states have; 0: none */
    Table *copies;         /* original -> copy */
    Value *pending;        /* copies yet to be filled: original, copy, ... */
    size_t count, capacity;
    const char *refused; /* type of a value that cannot be brought, or NULL */
} Import;

void import_begin(Import *im, Run *to, Run *from, uint64_t shared_below);
/* The value as the receiving state has it. Nil, and im->refused set, for what cannot be
 * brought: young coroutines and userdata. O(objects copied); no recursion. */
Value import_value(Import *im, Value v);

#endif
