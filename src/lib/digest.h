/* SPDX-License-Identifier: MIT */
/*
 * Digest: a content hash (XXH3, 64 bits) of all that a world's globals and registry
 * reach: tables, functions (by where they were written, with their upvalues), suspended
 * coroutines with their stacks, the random state. Objects count by the order in which
 * they are met, not by their ids, so equal worlds have equal digests on every machine;
 * but tables with objects as keys are walked in the order of the ids.
 * Not included: what runs at the moment, open files, host userdata's data.
 */
#ifndef MOONLET_DIGEST_H
#define MOONLET_DIGEST_H

#include "state/state.h"

/* O(size of the world). view: a run that is used for nothing else. */
uint64_t digest_world(Run *view, size_t *values);

#endif
