/* SPDX-License-Identifier: MIT */
/*
 * Inject: makes requests for memory fail on purpose, for tests (mem_fail_requests in mem.h).
 * Only debug builds, and those with the malloc back-end, do that. A request is what goes to the
 * back-end: with malloc each allocation, with bdwgc each page of small blocks and each large
 * block. What goes to malloc from places where a run must not notice a failure is a request,
 * too.
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
