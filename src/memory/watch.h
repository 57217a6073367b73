/* SPDX-License-Identifier: MIT */
/*
 * Watch: blocks that stand for something outside (a file, a host's resource), which is to be
 * given back when nobody can reach the block any more.
 *
 *   watched  [ lost ... | block fn | block fn | ... ]     one list of the process, hidden
 *                  ^ count of those that a collection has found unreachable
 *
 * A collection that finds a watched block unreachable keeps the block itself (not what it
 * points to) until watch_give_back has called its function: then it is garbage. So a function
 * may look at the block's bytes, but not at collected memory that these point to.
 *
 * With the malloc back-end nothing is ever lost, nor if the host has put another function in
 * the place where the collector tells what it does (mem_weak_list_get).
 *
 * Cost: watching some 100 ns, a lock; each collection some 20 ns for a watched block, with
 * all threads stopped.
 */
#ifndef MOONLET_WATCH_H
#define MOONLET_WATCH_H

#include "memory/mem.h"

/* What gives back what the block stands for. */
typedef void WatchLostFn(void *block, const void *context);

/* Watches a block, which begins where mem_new or mem_alloc has given it, and which is not
 * watched yet. If there is no memory for one more, it is not watched. */
void watch_add(void *block, WatchLostFn *lost, const void *context);

/* The collector calls this at the end of marking, when all threads stand still, under its
 * lock. */
void watch_sweep(void);

/* Whether there are lost blocks whose functions are to be called. No lock. */
extern bool watch_waiting;
void watch_give_back_slow(void);
/* Calls the functions of lost blocks, on this thread, which holds no lock that they might
 * want. They may allocate, and watch. */
static inline void watch_give_back(void)
{
    if (__builtin_expect(__atomic_load_n(&watch_waiting, __ATOMIC_RELAXED), 0))
        watch_give_back_slow();
}

/* Forgets all that is watched. A forked process calls it, because these things are the
 * parent's to give back. */
void watch_forget(void);

#endif
