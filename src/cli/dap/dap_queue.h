/* SPDX-License-Identifier: MIT */
/*
 * Requests that have come and are not answered yet, and whether the program runs meanwhile.
 *
 *   reader thread --queue_put--> [threads] [pause] [evaluate] --queue_take--> main thread
 *         |                          ^        ^
 *         +--queue_take_threads------+        +-- while it waits here, a run is to stop
 *
 * A wish to stop is a request that waits, and nothing else: it is there from when it has come
 * until its turn, also when it comes before the run that it is meant for has begun. So no
 * beginning of a run can lose it, nor the answer to an earlier wish.
 */
#ifndef MOONLET_CLI_DAP_QUEUE_H
#define MOONLET_CLI_DAP_QUEUE_H

#include <jansson.h>
#include <stdbool.h>

typedef struct DapMessage {
    struct DapMessage *next;
    json_t *json;
    char *refused; /* malloc's: why it is no request; NULL: it is one */
    bool ends;     /* nobody knows where the next message begins: `refused` says why */
    bool pauses;   /* what runs is to stop ... */
    bool leaves;   /* ... and need not be shown any more */
    bool threads;  /* it asks which threads there are */
} DapMessage;

void queue_begin(void);
/* Takes the parts over. */
void queue_put(DapMessage new);
/* Nothing more will be put. */
void queue_end(void);

/* The first one, which becomes the caller's, as its parts do; NULL: there will be none. Waits
 * for it. */
DapMessage *queue_take(void);
/* Those that ask for threads, while the program runs, and its thread; NULL: there are none. */
DapMessage *queue_take_threads(json_int_t *thread);
/* The one of that number, if it waits; NULL: it does not. */
DapMessage *queue_take_number(json_int_t number);
/* Frees it with its parts. */
void queue_free(DapMessage *m);

/* Whether some ask for threads. */
bool queue_has_threads(void);
/* Whether the request of that number has been taken last: it may be about to run. */
bool queue_is_current(json_int_t number);
/* The client is gone, or wants to be: programs need not be run to their end. */
bool queue_is_over(void);

/* A program runs in this thread from now on, until queue_rest. */
void queue_run(json_int_t thread);
/* It does not any more. Answers whether it was to stop, and is to be shown. */
bool queue_rest(void);
/* Wishes to stop that wait have been fulfilled by the last run: the next one may begin. */
void queue_obey(void);

/* Not 0: what runs is to stop. */
extern volatile int dap_interrupted;

#endif
