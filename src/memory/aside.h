/* SPDX-License-Identifier: MIT */
/*
 * Aside: work that can stop in its middle, wherever it is on the C stack, and go on later. It
 * has a stack, and so a thread, of its own.
 *
 *   who wants it   aside_go_on ........... aside_go_on ......... ends
 *   the work                  ....... aside_pause ....... return
 *
 * The two take turns: never do both run. With the turn goes what a thread counts and by whom it
 * is bounded (MemAccount, mem_short, mem_alarm, mem_meter), so that the work is done as if by
 * the thread that waits for it, which may be another each time.
 *
 * It is for work that cannot be put down as data, as that of a parser in mid-recursion. It
 * costs a thread, some 50 us to begin, and 10 us for a turn. A forked process does not have it.
 */
#ifndef MOONLET_ASIDE_H
#define MOONLET_ASIDE_H

#include "memory/mem.h"

typedef struct Aside Aside;
typedef void AsideWork(void *context);

/* Work to be done, of which nothing is done yet; context is collected memory, kept alive by
 * this. Answers NULL if no thread is to be had, or if too many wait. */
MEM_TRY Aside *aside_new(AsideWork *work, void *context);
/* Does the work until it pauses, and answers false; or until it has returned, and answers
 * true: a is gone then. */
bool aside_go_on(Aside *a);
/* Whether it can go on: it is not one of the process that this one was forked from. */
bool aside_is_there(const Aside *a);
/* Tells the work to end: aside_pause answers false. Does not wait for its end. */
void aside_drop(Aside *a);

/* The work calls this: it gives the turn back, and waits for the next one. Answers false if
 * the work is to return soon. */
bool aside_pause(void);

#endif
