/* SPDX-License-Identifier: MIT */
/*
 * A session of the Debug Adapter Protocol: what its files share.
 *
 *   dap.c         which requests there are; the loop
 *   dap_launch.c  beginning and ending: the program runs and is recorded
 *   dap_break.c   breaks of all kinds
 *   dap_move.c    steps, both ways
 *   dap_look.c    threads, frames, scopes
 *   dap_value.c   variables and expressions
 *   dap_complete.c  what may stand where one types
 *
 * A frame or a variable is told to the client by a number, which is good until the tour moves.
 */
#ifndef MOONLET_CLI_DAP_SESSION_H
#define MOONLET_CLI_DAP_SESSION_H

#include "api/tour/tour.h"
#include "cli/dap/dap_io.h"
#include "cli/output/report.h"

typedef enum ReferenceKind {
    REFERS_TO_SCOPE,
    REFERS_TO_GLOBALS,
    REFERS_TO_TABLE
} ReferenceKind;

/* What has parts that a client may ask for. */
typedef struct DapReference {
    ReferenceKind kind;
    moonlet_state *state; /* the state in which it is */
    DebugPlace place;     /* REFERS_TO_SCOPE: the frame */
    DebugVariableKind variables;
    bool libraries; /* REFERS_TO_GLOBALS: those that the libraries have made */
    /* REFERS_TO_TABLE: the table; and, unless nil, the key behind which its named keys begin.
     */
    Value table, after;
    char *name; /* an expression for it; NULL: there is none; malloc's */
} DapReference;

typedef struct Dap {
    const Cli *cli;
    json_t *launch;  /* the arguments of the request to launch; NULL: it has not come yet */
    bool attached;   /* what is looked at is a file, not a run */
    bool configured; /* the client has set its breaks */
    bool lines_from_0, columns_from_0;
    bool over;         /* no more requests */
    bool paused;       /* the last run or search was stopped by the client */
    bool ended;        /* the client has been told that the program has */
    json_t *breaks;    /* {path: list}, as the client has set them */
    json_t *functions; /* the list of breaks at functions */
    json_t *data;      /* the list of breaks where data change */
    int breaks_made;
    bool stops_at_errors;   /* at errors that nothing catches */
    bool stops_at_caught;   /* at errors that the program catches */
    char *caught_condition; /* ... if this is true there; malloc's; NULL: always */
    Value function;         /* the program */
    Value *args;
    size_t arg_count;
    moonlet_recording *rec;
    int exit_code;
    char *error; /* the traceback that the program has ended with; NULL: none; malloc's */
    Tour *tour;  /* NULL: the program has not run */
    DapReference *references;
    size_t reference_count;
    DebugPlace *frames;
    size_t frame_count;
    char **sources; /* of chunks that have no file: malloc's */
    size_t source_count;
    char *directory; /* where the program was started */
} Dap;

typedef void DapRequest(Dap *d, const json_t *request, const json_t *arguments);

DapRequest dap_initialize, dap_launch, dap_attach, dap_configured, dap_restart, dap_disconnect,
    dap_terminate;
DapRequest dap_set_breaks, dap_set_functions, dap_set_exceptions, dap_set_data, dap_data_info,
    dap_break_lines;
DapRequest dap_continue, dap_next, dap_step_in, dap_step_out, dap_step_back, dap_reverse,
    dap_pause, dap_cancel, dap_exception_info;
DapRequest dap_threads, dap_stack, dap_scopes, dap_source, dap_sources;
DapRequest dap_variables, dap_set_variable, dap_set_expression, dap_evaluate, dap_complete;

/* Arguments --------------------------------------------------------------------------- */

/* A text; NULL: there is none. Numbers and truths: the other value where there is none. */
const char *dap_word(const json_t *arguments, const char *name);
json_int_t dap_number(const json_t *arguments, const char *name, json_int_t other);
bool dap_is(const json_t *arguments, const char *name, bool other);

/* Stops ------------------------------------------------------------------------------- */

/* Where the tour is now is told to the client; reason NULL: by what it has come to. */
void dap_stopped(Dap *d, const char *reason);
/* The program runs, or goes on; or does not any more. */
void dap_running(Dap *d, bool runs);
/* The program has ended, and the client is told so. */
void dap_ended(Dap *d);
/* Numbers that the client has are good no more. */
void dap_forget(Dap *d);
/* The tour's state has been changed, from a state that what is known was in. */
void dap_rehome(Dap *d, const moonlet_state *before);

/* The tour's breaks become those that the client has set. */
void dap_apply_breaks(Dap *d);
/* A file's path, as a client gives it, for a chunk's name. Answers NULL if it has none. The
 * path is malloc's. */
char *dap_path(const Dap *d, const String *chunk);

/* The frame of a number; NULL: there is none. */
const DebugPlace *dap_frame(const Dap *d, json_int_t number);
/* A number for what is behind a value; 0: nothing is. Keeps the state; takes the name over. */
json_int_t dap_refer(Dap *d, const DapReference *r);
const DapReference *dap_reference(const Dap *d, json_int_t number);
/* Says why there is none. */
bool dap_has_stopped(const Dap *d, const json_t *request);

#endif
