/* SPDX-License-Identifier: MIT */
/*
 * Ledger: the digest of a world that goes on, kept up with what has changed.
 *
 * digest_world (digest.h) sees the whole world, for two reasons: to add up what its objects
 * contain, and to find out which objects there are. The ledger keeps both. The sum is easy:
 * what an object contained is taken off, what it contains now is added. Which objects there are
 * is kept as a tree:
 *
 *   node     [object | references to it | some of the nodes they are from: in[0] is its parent]
 *   tree     every node but the root, which stands for globals and registry, has a parent whose
 *            object refers to its object; so what is in the tree is reached
 *
 * A reference that goes away mostly is none of the tree's, and that is all. When it is one, its
 * node and what hangs below look for other parents among the references that they know; those
 * that find none are not reached any more, cycles and all.
 *
 * Invariants (ledger_check):
 *  1. the objects in the tree are those that the world reaches, and the sum is theirs.
 *  2. a node's references are those that the world has, one for each place; `in` are some of
 *     them, all if they are at most IN_MAX.
 *  3. parents lead to the root.
 *
 * Memory: 44 to 88 bytes for an object, of malloc's; none for the collector to look at. The
 * objects are kept alive by the state that the ledger is at, which its owner holds.
 */
#ifndef MOONLET_LEDGER_H
#define MOONLET_LEDGER_H

#include "state/state.h"

typedef struct Ledger Ledger;

/* Answers NULL if there is no memory. */
Ledger *ledger_new(void);
void ledger_free(Ledger *l);

/* The digest of what R sees, a run between two of its own snapshots. `from` is the state that
 * the ledger is at, or NULL if there is none or if it does not matter. Afterwards it is at
 * what R sees. Cost: that of what was written since, if references that it does not know are
 * not needed; else, and the first time, O(world). Answers false if the ledger is at nothing
 * afterwards, because there is no memory or because it would not pay. */
bool ledger_digest(Ledger *l, Run *R, const State *from, uint64_t *digest);

/* What is known around a run's going back to a state of its own, where the ledger is at what R
 * sees. */
typedef struct LedgerBack {
    UndoList contents; /* of now, of what was written since */
    const World *world;
} LedgerBack;
void ledger_before_back(LedgerBack *b, Run *R, const State *to);
/* Afterwards it is at that state; or it answers false, and is at nothing. */
bool ledger_after_back(Ledger *l, LedgerBack *b, Run *R);

/* Asserts the invariants, in what R sees: after each digest where assertions are on. O(world).
 */
#ifndef NDEBUG
void ledger_check(Ledger *l, Run *R);
#else
static inline void ledger_check(Ledger *l, Run *R) { (void)l, (void)R; }
#endif

#endif
