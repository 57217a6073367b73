/* SPDX-License-Identifier: MIT */
/*
 * Texts: which long strings a trace has met, by their bytes. Two strings of the same bytes are
 * counted once, as an image has them once: so a loaded program's figures are those of the one
 * that was saved.
 *
 * The set is of hashes with lengths, so two texts that share these are taken for one: the
 * figure is an estimate, and the same wherever it is made. Without memory all are new, and so
 * are some that somebody has chosen to make searches long. Cost: O(1), and O(length) for a
 * string whose hash is not known yet, which is kept in it.
 */
#ifndef MOONLET_TEXTS_H
#define MOONLET_TEXTS_H

#include "value/string.h"

typedef struct Texts {
    uint64_t *places; /* 0: free */
    size_t count, mask;
} Texts;

/* Whether it had not been met before. */
bool texts_add(Texts *x, const String *s);
void texts_free(Texts *x);

#endif
