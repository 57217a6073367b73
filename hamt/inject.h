/* SPDX-License-Identifier: MIT */
/*
 * Failures of requests for memory on purpose, for tests (mem_fail_requests in mem.h), in the
 * kinds debug and those with the malloc back-end: in others none ever is. A request is what
 * goes to the back-end: with malloc each allocation, with bdwgc each page of small blocks and
 * each large one; and what goes to malloc from where a run must not notice that it has failed.
 */
#ifndef MOONLET_INJECT_H
#define MOONLET_INJECT_H

#include <stdbool.h>

#if defined(MOONLET_DEBUG) || defined(MOONLET_MALLOC)
enum { INJECTS = 1 };
bool inject_failure(void); /* whether this request is to fail */
void inject_reported(void);
void inject_init(void); /* MOONLET_FAIL_ALLOC in the environment: "n", "n+" or "n-" */
#else
enum { INJECTS = 0 };
static inline bool inject_failure(void) { return false; }
static inline void inject_reported(void) {}
static inline void inject_init(void) {}
#endif

#endif
