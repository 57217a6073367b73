/* SPDX-License-Identifier: MIT */
/* What lib_table.c and lib_sort.c share. */
#ifndef MOONLET_LIB_TABLE_H
#define MOONLET_LIB_TABLE_H

#include "lib/lib.h"

/* A function of n arguments, of which the first is a table of this length. It looks at
 * no more than four of them, and does not call Lua before it has. */
typedef int SizedFn(Machine *M, Value *a, int n, int32_t length);

/* Calls fn with the length of a[0], a table: now, or when __len has answered in cont. */
int table_sized(Machine *M, Value *a, int n, NativeCont *cont, SizedFn *fn);
/* All that cont does. */
int table_sized_cont(Machine *M, Value *a, SizedFn *fn);

#endif
