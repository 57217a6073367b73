/* SPDX-License-Identifier: MIT */
/*
 * Digest: a content hash (XXH3, 64 bits) of all that a world's globals and registry
 * reach: tables, functions (by where they were written, with their upvalues), suspended
 * coroutines with their stacks, the random state. Objects count by the order in which
 * they are met, not by their ids, so equal worlds have equal digests on every machine;
 * but tables with objects as keys are walked in the order of the ids.
 * Userdata count by what their makers say of them (UserdataKind), light ones by the order met.
 * Not included: what runs at the moment, open files, states that snapshots hold.
 */
#ifndef MOONLET_DIGEST_H
#define MOONLET_DIGEST_H

#include "state/state.h"
#include "state/walk.h"

/* O(size of the world, each string once). view: a run that is used for nothing else. false:
 * the walk has ended before. */
bool digest_world(Run *view, Walk *walk, uint64_t *digest);

/* Whether a userdata is the same in both: bytes that count, user value, metatable. */
bool digest_same_userdata(Run *a, Run *b, const Userdata *u);

#endif
