/* SPDX-License-Identifier: MIT */
/*
 * The evaluator from outside: running a function in a run, pausing, going on.
 *
 * eval_call runs until the function returns, fails, or has to pause. It may be
 * called by a native on the C stack (a host function that calls back): then what it
 * starts cannot yield out of it or pause.
 */
#ifndef MOONLET_EVAL_H
#define MOONLET_EVAL_H

#include "eval/native.h"

/* Once per process before anything else; idempotent, thread-safe. */
void eval_init(void);

/* Results in R->results[0..R->result_count) (valid until the next call), or the error
 * value in R->error. */
RunStatus eval_call(Run *R, Value f, const Value *args, size_t n);
/* Goes on with the program that was paused when the run's state was packed. */
RunStatus eval_resume_paused(Run *R);

/* Steps this run may still make: calls and turns of loops; UINT64_MAX: no limit. */
void eval_set_budget(Run *R, uint64_t steps);
uint64_t eval_steps_used(const Run *R);
uint64_t eval_steps_left(const Run *R);
/* The run polls at its next step. A MemBound's function. */
void eval_poll_soon(void *run);

/*
 * What else it may use; before it begins, or it may go on with what it has used. Reaching
 * one is a stop that the program cannot catch.
 */
/* It polls after so many steps at the latest. */
void eval_limit_portion(Run *R, int64_t steps);
/* Nanoseconds from now; an earlier end stays. Looked at every 1000 steps. */
void eval_limit_time(Run *R, uint64_t ns);
/* Slots of a coroutine's stack; bytes of a string. */
void eval_limit_stack(Run *R, size_t slots);
void eval_limit_string(Run *R, size_t length);
/* Bytes that this thread counts from now on, through mem_bound: the caller puts that back.
 * Stacks and strings that would be larger are not made. */
void eval_limit_bytes(Run *R, uint64_t bytes);

/* Reasons why a run stops before its end, in R->stop. */
typedef enum EvalStop {
    STOP_NONE,
    STOP_STEPS,
    STOP_BYTES,
    STOP_TIME,
    STOP_STACK,
    STOP_STRING,
    STOP_HOST,   /* what the host's poll hook has found */
    STOP_OUTSIDE /* R->stops */
} EvalStop;

/* Whether bytes or time have run out: which, or STOP_NONE. */
EvalStop eval_reached(const Run *R);
/* Why it has stopped: as R->stop, but that a stack or a string of which a limit of bytes
 * was the limit means that one. */
EvalStop eval_stop_reason(const Run *R);
const char *eval_stop_text(EvalStop stop); /* "out of steps" */

/* A state as things are now; the running program, if any, goes on under a new epoch.
 * From a native: its frame is moved; R->native is the new one. */
State *eval_snapshot(Run *R);
/* The same as a value of this world: see run_snapshot_own. */
State *eval_snapshot_own(Run *R);

/* The coroutine in R->co, saved in its body, is the running one again: gives its top
 * frame, thawed. */
Value *eval_reenter(Run *R);

#endif
