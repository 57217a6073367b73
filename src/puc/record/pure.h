/* SPDX-License-Identifier: MIT */
/*
 * C libraries that see nothing but what they are given, and keep nothing that is not in the
 * world: they need only functions of Lua and such of C as compute, and have no variables.
 */
#ifndef MOONLET_PUC_PURE_H
#define MOONLET_PUC_PURE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the library that has the function at this address is such a one. */
bool pure_has(const void *address);
/* What is in the file of that library, as a number; never 0. Answers 0 if it cannot be read. */
uint64_t pure_contents(const void *address);

#endif
