/* SPDX-License-Identifier: MIT */
/* The iterators of pairs and ipairs, which the generic for knows. */
#ifndef MOONLET_ITERATE_H
#define MOONLET_ITERATE_H

#include "native/native.h"

int native_next(Machine *M, Value *a, int n);
int native_ipairs_step(Machine *M, Value *a, int n);

#endif
