/* SPDX-License-Identifier: MIT */
/*
 * table.sort's quicksort as a machine that is stepped, so that its comparisons may call
 * Lua, yield, or be continued in a fork.
 *
 *   SortState   the part being sorted, two indices, and the parts put off
 *               [depth 2]  (low, high) (low, high) | 30 free places
 *   registers   r[0], r[1], r[2]: three values the driver keeps; r[2] is the pivot
 *   SortStep    what the driver has to do next, with t the array (from 1)
 *
 *     SORT_COMPARE    if (a) r[0] = t[a]; if (b) r[1] = t[b];
 *                     give sort_next whether r[left] < r[right]
 *     SORT_EXCHANGE   t[a] = r[1]; t[b] = r[0]
 *     SORT_PIVOT      r[0] = r[2] = t[a]; r[1] = t[b]; t[a] = r[1]; t[b] = r[0]
 *     SORT_SWAP       r[0] = t[a]; r[1] = t[b]; t[a] = r[1]; t[b] = r[0]
 *     SORT_DONE
 *     SORT_INVALID    error "invalid order function for sorting"
 *
 * Steps follow PUC Lua 5.2 exactly: the same comparisons with the same arguments in the
 * same order, and the same assignments, also when the order is inconsistent or changes
 * the array. (Median of first, middle and last; partition; recursion into the smaller
 * part.) The indices of steps stay in 1..n whatever the order answers.
 *
 * Every step is O(1), allocates nothing, and the state is plain integers: to save it,
 * copy sort_state_size bytes. Invariants: depth <= SORT_DEPTH_MAX, as each part put off
 * is at least as long as the one being sorted; low <= i, j <= high while partitioning.
 */
#ifndef MOONLET_SORT_H
#define MOONLET_SORT_H

#include "value/value.h"

enum { SORT_DEPTH_MAX = 32, SORT_PHASES = 11 };
#define SORT_LENGTH_MAX ((size_t)INT32_MAX)

typedef enum SortKind {
    SORT_COMPARE,
    SORT_EXCHANGE,
    SORT_PIVOT,
    SORT_SWAP,
    SORT_DONE,
    SORT_INVALID
} SortKind;

typedef struct SortStep {
    uint8_t kind; /* SortKind */
    uint8_t left, right;
    uint32_t a, b;
} SortStep;

typedef struct SortRange {
    uint32_t low, high;
} SortRange;

typedef struct SortState {
    uint8_t phase; /* of sort.c */
    uint8_t depth; /* parts put off */
    uint32_t low, high, i, j;
    SortRange later[SORT_DEPTH_MAX];
} SortState;

/* Begins to sort t[1..n], n <= SORT_LENGTH_MAX. */
void sort_begin(SortState *s, size_t n);
/* The next step; `less` is the answer to the last SORT_COMPARE, else ignored. */
SortStep sort_next(SortState *s, bool less);

/* Whether the steps from here on have indices in 1..n; a state that was loaded can be anything.
 */
bool sort_is_sound(const SortState *s, uint32_t n);

/* The bytes at the beginning of the state that are in use. */
static inline size_t sort_state_size(const SortState *s)
{
    return offsetof(SortState, later) + s->depth * sizeof(SortRange);
}

/* Does a step other than SORT_COMPARE on values[0..n), t[1] being values[0]. */
static inline void sort_move(SortStep step, Value *values, Value r[3])
{
    Value *a = values + step.a - 1, *b = values + step.b - 1;
    if (step.kind != SORT_EXCHANGE) {
        r[0] = *a;
        r[1] = *b;
    }
    if (step.kind == SORT_PIVOT) r[2] = r[0];
    *a = r[1];
    *b = r[0];
}

/* A sort without Lua: where it is, the driver's registers, the answer that sort_next is to
 * be given. */
typedef struct SortRun {
    SortState state;
    Value r[3];
    bool less;
} SortRun;

void sort_run_begin(SortRun *run, size_t n);
/* Goes on with it. The values are all numbers, or all strings. SORT_DONE, or SORT_INVALID
 * (NaNs can do that). Fuel, one unit for a comparison, may be NULL; SORT_COMPARE means that
 * it ran out, or that much work was paid for: to be gone on with. The values are a permutation
 * in any case. */
SortKind sort_numbers(SortRun *run, Value *values, uint64_t *fuel);
SortKind sort_strings(SortRun *run, Value *values, uint64_t *fuel);

#endif
