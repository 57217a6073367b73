/* SPDX-License-Identifier: MIT */
/*
 * Threads of the program's own, each with its share of the reserve (reserve.h).
 *
 * A thread that begins while there is no memory takes some of the reserve before it can raise
 * an error. So that no number of them can use up all of it, each is promised its share before
 * it is started: there is no other way to start one that asks for memory.
 */
#ifndef MOONLET_THREAD_H
#define MOONLET_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* How many threads more are promised a share, at most so many. Each is then started with
 * thread_start, or given up. */
unsigned thread_promise(unsigned more);
void thread_give_up(unsigned promised);

/* Starts a promised thread: it is attached before the body and detached after it. Answers false
 * if that cannot be; the promise is then given up. */
bool thread_start(pthread_t *thread, const pthread_attr_t *attributes, void (*body)(void *),
                  void *context);

#endif
