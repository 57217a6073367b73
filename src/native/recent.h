/* SPDX-License-Identifier: MIT */
/*
 * What has been compiled lately: a program that loads the same text or dump again, or dumps the
 * same function again, gets what it got. Code and strings are immutable, so nobody can tell but
 * by the time; what it has cost is counted again.
 *
 * A machine's chunks are not kept alive by this: they are forgotten when the collector has run.
 * A function keeps its last dump.
 */
#ifndef MOONLET_RECENT_H
#define MOONLET_RECENT_H

#include "stack/machine.h"

typedef struct Recent Recent;

/* What was asked for: bytes of a text, from `from` on, as a chunk of this name. */
typedef struct RecentKey {
    const String *text, *name;
    size_t from;
    uint64_t hash; /* of both */
} RecentKey;

/* What making it took: of mem_counted, of mem_beside, of steps. */
typedef struct RecentCost {
    uint64_t counted;
    int64_t beside, steps;
} RecentCost;

/* O(length of the text). */
RecentKey recent_key(const String *text, size_t from, const String *name);
/* The chunk, and what it took; NULL if that is not known. O(length of the text). */
const Proto *recent_chunk(const Machine *M, const RecentKey *key, RecentCost *cost);
void recent_keep_chunk(Machine *M, const RecentKey *key, const Proto *p, RecentCost cost);

/* The function's last dump, and what it took; NULL if there is none of this sort. Any thread
 * may call this. */
String *recent_dump(const Proto *p, bool strip, RecentCost *cost);
void recent_keep_dump(const Proto *p, bool strip, const String *dump, RecentCost cost);

#endif
