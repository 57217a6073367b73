/* SPDX-License-Identifier: MIT */
/*
 * The evaluator from outside: running a function in a run, pausing, going on.
 *
 * eval_call runs until the function returns, fails, or has to pause. A native may call it
 * on the C stack, as host functions that call back do. What it starts then cannot yield out
 * of it, and cannot pause.
 */
#ifndef MOONLET_EVAL_H
#define MOONLET_EVAL_H

#include "native/native.h"

/* To be called once per process before anything else. It is idempotent and thread-safe. */
void eval_init(void);

/* Results in M->results[0..M->result_count) (valid until the next call), or the error
 * value in M->error. */
RunStatus eval_call(Machine *M, Value f, const Value *args, size_t n);
/*
 * Calls for a C function that keeps its values in its frame, M->native[0..used): what is called
 * is the value behind these with the n arguments behind it. The frame may have been moved
 * afterwards, and there is room in it again. handler: as xpcall's, or nil. What C functions
 * between the two evaluators hold is seen by traces, and their frames by tracebacks.
 *
 *   value ... | handler | ticket | distance | again | glue_c | callee | argument ...
 *   ^ a       used                                                      ^ its frame
 *
 * The ticket says that this very call is waited for. again: what is called may yield. Then this
 * is RUN_YIELDED, the frames stay, and M->call_frame with M->call_count is the call that
 * yields, for the C function to answer NATIVE_CALL; when the frame returns later, again goes on
 * in its place. If again is NULL, a frame that returns to a C function that is gone is an
 * error.
 */
RunStatus eval_call_above(Machine *M, size_t used, size_t n, Value handler, CallAgain *again);
enum { ABOVE_HEADER = 6 };
#define NO_TICKET ((Value)1)
/* Such a frame, for which nobody waits: gives it, with nf[AT_PAYLOAD] to be set. There is room.
 */
Value *eval_frame_above(Value *a, size_t used, size_t n);
/* Goes on with the program that was paused when the run's state was packed. */
RunStatus eval_resume_paused(Machine *M);
/* Goes on with a program that was paused in a native's call. The call is not made again: these
 * values are its results. */
RunStatus eval_resume_with(Machine *M, const Value *values, size_t n);

/* How many steps this run may still make: calls, turns of loops, and long work. UINT64_MAX is
 * no limit. */
void eval_set_budget(Machine *M, uint64_t steps);
/* Takes over the debt of the program that was paused, and what it has paid in advance. */
void eval_set_debt(Machine *M, const CoBody *paused);
uint64_t eval_steps_used(const Machine *M);
uint64_t eval_steps_left(const Machine *M);
/* Those of a run that has ended and does not go on, with what it still owed. */
uint64_t eval_steps_done(Machine *M);
/* To be called at the end of the outermost call, with its results. Answers true if the run
 * owes steps, and so stops. */
bool eval_stop_end(Machine *M);
/* The run stops here as with eval_stop_end, with an error on its way from node n of the frame
 * at fp, which nobody catches. When the run goes on, the error is raised there again. */
bool eval_stop_error(Machine *M, Value *fp, const Node *n);
/* Takes the error from the values, M->results, of the frame that has waited with it. */
void eval_take_error(Machine *M);
/* The run polls at its next step. */
void eval_poll_soon(void *machine);
/* The functions of a MemBound and of a MemAlarm. They make the run poll before more is
 * allocated, if no more may be. */
void eval_count_reached(void *machine);
void eval_memory_alarm(void *machine);

/*
 * Limits of what the run may use. They are set before it begins. A run that reaches one stops,
 * and the program cannot catch that.
 */
/* The run polls after so many steps at the latest. */
void eval_limit_portion(Machine *M, int64_t steps);
/* Nanoseconds from now. An earlier end stays. It is looked at every 1000 steps. */
void eval_limit_time(Machine *M, uint64_t ns);
/* Bytes that are alive (limits/held.h). */
void eval_limit_held(Machine *M, uint64_t bytes);
/* Slots of a coroutine's stack; bytes of a string. */
void eval_limit_stack(Machine *M, size_t slots);
void eval_limit_string(Machine *M, size_t length);
/* Bytes that this thread counts from now on, through mem_bound, which the caller puts back
 * afterwards. Stacks and strings that would be larger are not made. */
void eval_limit_bytes(Machine *M, uint64_t bytes);

/* Many at once, those that are not 0. A tighter limit of time, stack, string or bytes held
 * that the run has already stays. */
typedef struct EvalLimits {
    uint64_t steps, bytes, held, ns;
    size_t stack, string;
} EvalLimits;
void eval_limit(Machine *M, const EvalLimits *l);

/* Nanoseconds on the monotonic clock. */
uint64_t eval_now(void);
/* Begins to count this thread's time in *spent, which is to be no more than `most`. */
void eval_clock_begin(SharedClock *c, _Atomic uint64_t *spent, uint64_t most);
/* Counts what has been used since the last time. Answers whether it is more. */
bool eval_clock_tell(SharedClock *c);
/* Waits for M's turn if it has not come (M->turn). Answers false if it has to stop instead. */
bool eval_take_turn(void *machine);

/* Reasons why a run stops before its end, in M->stop. */
typedef enum EvalStop {
    STOP_NONE,
    STOP_STEPS,
    STOP_BYTES,
    STOP_TIME,
    STOP_STACK,
    STOP_STRING,
    STOP_HELD,
    STOP_HOST,    /* what the host's poll hook has found */
    STOP_OUTSIDE, /* M->stops */
    STOP_STRESS   /* only to go on at once: stress.h */
} EvalStop;

/* Says which of bytes and time has run out, or STOP_NONE. */
EvalStop eval_reached(const Machine *M);
/* Why the run has stopped. It is M->stop, but where a limit of bytes was that of the stack or
 * of a string, it is the limit of bytes. */
EvalStop eval_stop_reason(const Machine *M);
const char *eval_stop_text(EvalStop stop); /* "out of steps" */

/* Whether so many more calls can be made from C. Each has an evaluator on the C stack. */
bool eval_has_room(const Machine *M, int more);

/* A state of this moment. The running program, if there is one, goes on under a new epoch. A
 * native that calls this has another frame afterwards, M->native. */
State *eval_snapshot(Machine *M);
/* Takes a snapshot as eval_snapshot does, for a state that is a value of this world
 * (machine_snapshot_own). */
State *eval_snapshot_own(Machine *M);

/* Makes the coroutine M->run.co, which was saved in its body, the running one again. Answers
 * its top frame, thawed, or NULL if there is no memory for it. There is always memory for the
 * frame of a native. */
Value *eval_reenter(Machine *M);
/* Goes on as eval_reenter does, where the run was only interrupted and goes on counting. */
Value *eval_go_on(Machine *M);

#endif
