/* SPDX-License-Identifier: MIT */
/*
 * What the files of the API share: values in and out of their public dress, sessions,
 * errors. What is handed to the host is immutable from then on.
 *
 * A session is one run for the host, from a state to a result:
 *
 *   Session S;
 *   api_begin(&S, s);
 *   RunStatus status = eval_call(S.R, ...);
 *   return api_end(&S, status);
 *
 * A state that holds a paused program lends the session a main coroutine of its own, so
 * that nothing touches the paused one's stack; it comes back in the new state.
 */
#ifndef MOONLET_API_H
#define MOONLET_API_H

#include "api/handle.h"
#include "eval/eval.h"
#include "eval/link.h"

static inline Value value_in(moonlet_value v) { return v.bits; }
static inline moonlet_value value_out(Value v) { return (moonlet_value){v}; }

struct moonlet_chunk {
    const struct Proto *proto;
    uint32_t refs; /* atomic */
};

typedef struct Session {
    Run *R;
    const moonlet_state *from;
    const moonlet_error *error; /* of what nobody caught */
    bool ran;                   /* something that may have changed the world */
    bool by_host;               /* the last error was raised by a host function */
    Value host_error;           /* namely this one */
    bool bounded;               /* outer is to be put back */
    MemBound outer;
    Coroutine *paused; /* what s holds, and its main coroutine */
    Coroutine *main;
} Session;

/* Prepares the process; first thing in every function that can be the first called. */
void api_init(void);

void api_begin(Session *S, const moonlet_state *s);
/* The same to go on with what s holds paused. */
void api_begin_resumed(Session *S, const moonlet_state *s);
/* The same in a run that is there already, and is the caller's to end. */
void api_begin_in(Session *S, const moonlet_state *s, Run *R);
void api_leave(Session *S);
/* Which limit has stopped it. */
moonlet_limit_kind api_limit_of(const Session *S);
/* For a run that is not the API's: C modules can be loaded in it. */
void api_attach(Run *R);
/* The session of a run, made when an attached one first calls a host function. */
Session *api_session(Run *R);
/* Ends a run that has come to nothing. */
void api_drop(Session *S);
/* The run's world, with the paused program in it again; own: as run_snapshot_own. */
State *api_pack(Session *S, bool own);
/* Packs what the evaluator left behind and ends the run. */
moonlet_result api_end(Session *S, RunStatus status);
/* The same for a run that worked without the evaluator: count values. */
moonlet_result api_end_values(Session *S, const Value *values, size_t count);
/* The same with an error of the host's making. */
moonlet_result api_end_error(Session *S, moonlet_error_kind kind, const char *message);

/* Nothing has run: these values, an error, in the state as it was. */
moonlet_result api_answer(const moonlet_state *s, const Value *values, size_t count);
moonlet_result api_refuse(const moonlet_state *s, moonlet_error_kind kind, const char *message);
/* The same for source that is no Lua; its message has its length. */
moonlet_result api_refuse_source(const moonlet_state *s, const String *name,
                                 const String *message, int line);

/* Compiles; NULL: *error and *line are set. skip_shebang as for files. */
const struct Proto *api_compile(const char *source, size_t length, String *name,
                                bool skip_shebang, String **error, int *line);
/* What source without a name is called: as it is, but for dumps. */
String *api_source_name(const char *source, size_t length);
/* A file's bytes; NULL: *error is a message. Both to be given to free(). */
char *api_read_file(const char *path, size_t *length, char **error);

/* Error records in collected memory: plain; of the run, whose stack is there: frame and
 * node. */
moonlet_error *api_error(moonlet_error_kind kind, Value value, const char *message,
                         size_t length);
moonlet_error *api_error_of_run(Session *S, Value *fp, const struct Node *n);
/* Adds where it was: chunk name as load takes it. */
void api_error_at(moonlet_error *e, const String *chunk_name, int line);
/* The text with a zero behind it, in collected memory. */
const char *api_c_text(const char *bytes, size_t length);

#endif
