/* SPDX-License-Identifier: MIT */
/*
 * What the files of the API share: values in and out of their public dress, runs,
 * errors. What is handed to the host is immutable from then on.
 *
 * A HostRun is one run for the host, from a state to a result:
 *
 *   HostRun S;
 *   api_begin(&S, s);
 *   RunStatus status = eval_call(S.M, ...);
 *   return api_end(&S, status);
 *
 * A state that holds a paused program lends the run a main coroutine of its own, so
 * that nothing touches the paused one's stack; it comes back in the new state.
 */
#ifndef MOONLET_API_H
#define MOONLET_API_H

#include "api/handle.h"
#include "control/eval.h"
#include "link/link.h"
#include "syntax/parser.h"
#include "trace/walk.h"

static inline Value value_in(moonlet_value v) { return v.bits; }
static inline moonlet_value value_out(Value v) { return (moonlet_value){v}; }

struct moonlet_chunk {
    const struct Proto *proto;
    uint32_t refs; /* atomic */
};

typedef struct HostRun {
    Machine *M;
    const moonlet_state *from;
    const moonlet_error *error; /* of what nobody caught */
    bool ran;                   /* something that may have changed the world */
    bool adopted;               /* of an item of state.map */
    bool bounded;               /* outer is to be put back */
    MemBound outer;
    Coroutine *paused; /* what s holds, and its main coroutine */
    Coroutine *main;
} HostRun;

/* Prepares the process; first thing in every function that can be the first called. Answers
 * false where there is no memory to begin with: then nothing is to be asked for. */
bool api_init(void);
/* Looks whether there is memory again, where an earlier call had none. */
static inline void api_recover(void)
{
    if (__builtin_expect(mem_short || mem_is_low(), 0)) mem_recover();
}

void api_begin(HostRun *S, const moonlet_state *s);
/* Begins one that goes on with what s holds paused. */
void api_begin_resumed(HostRun *S, const moonlet_state *s);
/* Begins one on a machine that is there already, and is the caller's to end. */
void api_begin_in(HostRun *S, const moonlet_state *s, Machine *M);
void api_leave(HostRun *S);
/* Which limit has stopped it. */
moonlet_limit_kind api_limit_of(const HostRun *S);
/* The host's names of reasons to stop, and back: INTERRUPT is what has come from outside. */
moonlet_limit_kind api_limit_kind(EvalStop stop);
EvalStop api_stop_of(moonlet_limit_kind limit);
/* Lets a run that is not the API's load C modules. */
void api_attach(Machine *M);
/* That of a machine, made when an attached one first calls a host function. */
HostRun *api_host_run(Machine *M);
/* Ends a run that has come to nothing. */
void api_drop(HostRun *S);
/* The run's world, with the paused program in it again; own: as machine_snapshot_own. */
State *api_pack(HostRun *S, bool own);
/* Packs what the evaluator left behind and ends the run. */
moonlet_result api_end(HostRun *S, RunStatus status);
/* Ends a run that worked without the evaluator; its results are count values. */
moonlet_result api_end_values(HostRun *S, const Value *values, size_t count);
/* Ends a run with an error of the host's making. */
moonlet_result api_end_error(HostRun *S, moonlet_error_kind kind, const char *message);

/* Ends a run with the error that there is no memory. */
moonlet_result api_end_memory(HostRun *S);
/* Makes room for count values and one more. Answers NULL if there is none, which is a
 * shortage. */
MEM_TRY Value *api_values(size_t count);

/* Nothing has run: these values, an error, in the state as it was. */
moonlet_result api_answer(const moonlet_state *s, const Value *values, size_t count);
moonlet_result api_refuse(const moonlet_state *s, moonlet_error_kind kind, const char *message);
moonlet_result api_refuse_memory(const moonlet_state *s);
/* Refuses source that is no Lua, and says why; without a reason there was no memory. */
moonlet_result api_refuse_source(const moonlet_state *s, const String *name,
                                 const ParseResult *why);

/* Compiles. Answers NULL if that fails, or there was no memory for the name; *why says why.
 * skip_shebang is for files. */
const struct Proto *api_compile(const char *source, size_t length, String *name,
                                bool skip_shebang, ParseResult *why);
/* What source without a name is called: as it is, but for dumps. */
String *api_source_name(const char *source, size_t length);
/* A file's bytes. Answers NULL if they cannot be had; *error is a message then, or NULL when
 * there is no memory. Both are to be given to free(). */
char *api_read_file(const char *path, size_t *length, char **error);

/* A walk over what the state holds that has, from now on, what the limits of s give a run. */
Walk api_walk(const moonlet_state *s);
/* Why it has ended, as a result says it. */
moonlet_limit_kind api_walk_limit(const Walk *w);

/* Error records in collected memory: plain; of the run, whose stack is there: frame and
 * node. */
moonlet_error *api_error(moonlet_error_kind kind, Value value, const char *message,
                         size_t length);
moonlet_error *api_error_of_run(HostRun *S, Value *fp, const struct Node *n);
/* What the error on its way is about. */
moonlet_cause api_cause(const Machine *M);
/* Adds where it was: chunk name as load takes it; line of the message, and what to point at. */
void api_error_at(moonlet_error *e, const String *chunk_name, int line, AstPlace at);
/* The text with a zero behind it, in collected memory; cut where there is none for all. */
const char *api_c_text(const char *bytes, size_t length);

#endif
