/* SPDX-License-Identifier: MIT */
/*
 * Digest: a content hash (XXH3, 128 bits, of which 64 are shown) of all that a world's globals
 * and registry reach: tables, functions (by where they were written, with their upvalues),
 * suspended coroutines with their stacks, the random state. It is the sum of what the objects
 * contain (content.h), which are named by their ids. So worlds that have come about in the same
 * way have the same digest on every machine, and no order counts.
 * Userdata count by what their makers say of them (UserdataKind), light ones by where they are.
 * Not included: what runs at the moment, open files, states that snapshots hold.
 */
#ifndef MOONLET_DIGEST_H
#define MOONLET_DIGEST_H

#include "state/state.h"
#include "trace/walk.h"

/* The digest of R's world. R is a run that is used for nothing else, or is at rest. O(size of
 * the world, each string once). Answers false if the walk has ended before. */
bool digest_world(Run *R, Walk *walk, uint64_t *digest);

#endif
