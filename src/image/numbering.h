/* SPDX-License-Identifier: MIT */
/*
 * Numbering: addresses and the numbers that they have in an image.
 *
 *   places [ 0 | {p, 7} | 0 | {q, 0} | ... ]    open addressing, a power of 2 in size
 *
 * For what a writer meets: objects, strings, trees of chunks, states; each kind has its own.
 * Numbers are given out in the order of meeting, from 0. It keeps nothing alive: all that is in
 * it is reachable in other ways while it is used. It lies in memory of malloc's, or,
 * `collected`, in pointer-free memory of the collector's, for one whose end nobody sees.
 *
 * Strings are numbered by their bytes (numbering_string), so that an image has each once. Their
 * own hashes are good as long as nobody has chosen strings that collide; after a long search
 * the places are ordered anew, by a hash with a seed that nobody knows. The hash of other keys
 * has such a seed always: among them are ids, which an image can say anything of.
 *
 * Invariants: at most three quarters of the places are in use; 0 is no member.
 * Cost: O(1), some 5 ns while it is in the cache, whatever the keys are. Without memory it is
 * `failed`, and answers as if all were there with the number 0: the writer looks at the end.
 */
#ifndef MOONLET_NUMBERING_H
#define MOONLET_NUMBERING_H

#include "value/string.h"

typedef struct NumberedPlace {
    const void *key;
    uint32_t number;
    uint32_t note; /* the user's */
} NumberedPlace;

typedef struct Numbering {
    NumberedPlace *places;
    uint32_t count;
    size_t mask; /* the number of places less 1 */
    bool failed, collected;
    bool seeded; /* strings lie where their hash with the seed says */
} Numbering;

void numbering_free(Numbering *n);
/* The place of an address; *fresh: it was not there, and now has the next number. */
NumberedPlace *numbering_place(Numbering *n, const void *p, bool *fresh);
NumberedPlace *numbering_string(Numbering *n, const String *s, bool *fresh);
/* Answers NULL if it is not there. */
NumberedPlace *numbering_find_string(const Numbering *n, const String *s);
/* The entry, or NULL if it is not there. */
NumberedPlace *numbering_find(const Numbering *n, const void *p);

#endif
