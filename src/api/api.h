/* SPDX-License-Identifier: MIT */
/*
 * What the files of the API share: values in and out of their public dress, errors, and
 * the way a run begins and ends. All of it is immutable once shown to the host.
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

/* Prepares the process; first thing in every function that can be the first called. */
void api_init(void);

/* An empty run on s with its limits; api_end ends it. */
Run *api_begin(const moonlet_state *s);
/* Packs what eval_call or eval_resume_paused left behind and ends the run. */
moonlet_result api_end(const moonlet_state *s, Run *R, RunStatus status);
/* The same for a run that worked without the evaluator: count values. */
moonlet_result api_end_values(const moonlet_state *s, Run *R, const Value *values,
                              size_t count);
/* Nothing has run: an error in the state as it was. */
moonlet_result api_refuse(const moonlet_state *s, moonlet_error_kind kind, int line,
                          const char *message, size_t length);

/* Compiles; NULL: *error and *line are set. skip_shebang as for files. */
const Proto *api_compile(const char *source, size_t length, String *name, bool skip_shebang,
                         String **error, int *line);

/* A file's bytes; NULL: *error is a message. Both to be given to free(). */
char *api_read_file(const char *path, size_t *length, char **error);

/* An error record in collected memory; traceback NULL: the message. */
moonlet_error *api_error(moonlet_error_kind kind, Value value, int line, const char *message,
                         size_t length, const String *traceback);
/* The text with a zero behind it. */
const char *api_c_text(const char *bytes, size_t length);

#endif
