/* SPDX-License-Identifier: MIT */
/*
 * What lies ahead of a ship: forks of the world, each played some frames further with another
 * order for the ship, all at once. A thread of its own waits for them, so that the picture goes
 * on.
 */
#ifndef SHIPS_FUTURE_H
#define SHIPS_FUTURE_H

#include <pthread.h>

#include "world.h"

enum { FORKS = 32, AHEAD = 120, POINTS = AHEAD / 4 };

typedef struct Ghost {
    bool lives;
    int count;
    Place point[POINTS];
} Ghost;

typedef struct Future {
    int ship; /* 0: of none */
    double now;
    Place from; /* where it is then */
    int forks;
    Ghost ghost[FORKS];
    double ms; /* that it took */
} Future;

typedef struct Oracle {
    pthread_t thread;
    pthread_mutex_t lock;
    bool busy;     /* the thread is there */
    bool answered; /* under the lock */
    moonlet_state *state;
    Future next;
} Oracle;

void oracle_begin(Oracle *o);
/* Waits for what is under way. */
void oracle_end(Oracle *o);
/* Asks for the future of a ship in a state, unless something is under way. */
void oracle_ask(Oracle *o, const moonlet_state *s, int ship, Place from, double now);
/* Whether there is an answer, which is then in *f. wait: until there is one. */
bool oracle_answer(Oracle *o, Future *f, bool wait);

#endif
