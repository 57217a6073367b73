/* SPDX-License-Identifier: MIT */
/*
 * The build kind `stress`, after PUC Lua's ltests: a run is disturbed at every few of its
 * steps and returns, in ways of which a program must not notice anything.
 *
 * At a poll, that is at a call, also of a native, or at a turn of a loop; and where a function
 * returns to what has called it (node.h):
 *
 *  - All that a trace of the stack would look at is checked to be values.
 *  - The end of the running segment is checked to be whole.
 *  - In turn, the top frame moves to another segment, with no more room than it needs, and what
 *    it leaves is made no values; or the state is packed (as the program's own snapshot or as
 *    the host's) and gone on from; or it is loaded as well, as after a return to it; or, at
 *    polls, the run pauses: it leaves the evaluator, and is resumed in the state it has given.
 *  - Now and then all that the state reaches is traced and checked, and what is dead is
 * dropped.
 *
 * The stack, arguments and results are also checked around each native and at each error.
 *
 * MOONLET_STRESS in the environment says after how many steps there is a poll (5). With 1 there
 * is one at each step. That many steps are a portion of fuel, and a step that makes or copies
 * much uses up several. MOONLET_STRESS_TURN says with which disturbance to begin, so that a
 * program can be run with each of them at each of its polls.
 *
 * While a C function waits on the C stack, only the checks are made. Other build kinds have
 * nothing of this.
 */
#ifndef MOONLET_STRESS_H
#define MOONLET_STRESS_H

#include "stack/frame.h"

#ifdef MOONLET_STRESS
/* Disturbs the run at node n, or at a call (node_call_again). Answers fp, which may have moved.
 */
Value *stress_poll(Machine *M, const Node *n, Value *fp);
/* Checks that v[0..count) are values. */
void stress_values(const Value *v, size_t count);
/* Checks that the stack holds values, with control at n. */
void stress_stack(Machine *M, const Node *n, Value *fp);
/* Steps between polls. */
int64_t stress_portion(int64_t most);
/* Whether the run is to pause at this poll: STOP_STRESS. */
bool stress_pauses(Machine *M);
/* Whether the run has left the evaluator because of that. If so, this takes it back to where it
 * was, and sets fp and the node that is to be executed. */
bool stress_resume(Machine *M, const Node **n, Value **fp);
#else
static inline Value *stress_poll(Machine *M, const Node *n, Value *fp) { return fp; }
static inline void stress_values(const Value *v, size_t count) {}
static inline void stress_stack(Machine *M, const Node *n, Value *fp) {}
static inline int64_t stress_portion(int64_t most) { return most; }
static inline bool stress_pauses(Machine *M) { return false; }
static inline bool stress_resume(Machine *M, const Node **n, Value **fp) { return false; }
#endif

#endif
