/* SPDX-License-Identifier: MIT */
/*
 * Pack: values as bytes, for pipes between processes of one program.
 *
 *   roots   value value ...      contents of table 0, 1, 2 ... as long as there are new ones
 *   value   nil | false | true | integer n | number 8 | string n bytes | pointer 8
 *           | table n | common n address | again n
 *   table   1 if it is read-only, else 0, metatable (a value), count of keys 1, 2, ..., their
 *           values, count of pairs, key value key value ...
 *
 * n are integers of 7 bits a byte. A table is written where it is first met as the number
 * of tables before it, and its contents after those of the tables before it; so identity
 * and cycles are kept, and neither way needs recursion. An object that is older than the
 * moment at which processes parted is in both, so its address is enough.
 *
 * A long string is written once, and where else it stands as the number of long ones before
 * it: one of a megabyte may be in a thousand places.
 *
 * Other functions, coroutines and userdata cannot be packed. Reading trusts nothing: a
 * damaged pack is refused, and no object is taken for another one.
 */
#ifndef MOONLET_PACK_H
#define MOONLET_PACK_H

#include "state/state.h"
#include "state/trail.h"

enum { PACK_ERROR_MAX = 320 };

/* Bytes in memory from malloc. Once error is not empty, what else is put is ignored. */
typedef struct Pack {
    char *bytes;
    size_t length, capacity;
    size_t max;                 /* more is an error; 0: no limit */
    char error[PACK_ERROR_MAX]; /* why: a path and all */
} Pack;

void pack_bytes(Pack *p, const void *bytes, size_t length);
void pack_number(Pack *p, uint64_t n);
/* The values as the run sees them. Objects with smaller ids than common_below are common. */
void pack_values(Pack *p, Run *R, const Value *values, size_t count, uint64_t common_below);
void pack_free(Pack *p);

typedef struct Unpack {
    const char *at, *end;
    bool bad; /* damaged: everything read from then on is 0, nil, empty */
} Unpack;

uint64_t unpack_number(Unpack *u);
const char *unpack_bytes(Unpack *u, size_t length);
/* The values, in collected memory. Their tables are new ones of the run. Answers NULL if the
 * pack is damaged; u->bad is set then. */
Value *unpack_values(Unpack *u, Run *R, size_t *count, uint64_t common_below);

#endif
