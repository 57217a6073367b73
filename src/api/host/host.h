/* SPDX-License-Identifier: MIT */
/*
 * Host functions from inside: natives whose first captured value is a light userdata of a
 * HostFunction, in collected memory.
 *
 *   native  [fn host_call | light -> {call, term_call, user, name}]
 *
 * name is what images call it by: the path at which it was registered, or NULL.
 *
 * One that calls Lua afterwards (moonlet_call_then) leaves in its frame
 *
 *   a[0] light -> {then, user}   a[1] data   header   function   arguments...
 *
 * A userdata whose type copies has its bytes in its contents (UserdataBody.own), so that
 * they are found and copied as a table's contents are; any other in Userdata.data.
 */
#ifndef MOONLET_HOST_H
#define MOONLET_HOST_H

#include <pthread.h>

#include "api/api.h"

typedef struct HostFunction {
    moonlet_function *call;
    moonlet_term_call *term_call;
    void *user;
    const char *name;
    bool looks_outside;
} HostFunction;

struct moonlet_context {
    Machine *M;
    const HostFunction *function;
    Value data;
    moonlet_state *state;  /* of this moment, once asked for */
    Coroutine *co;         /* that runs */
    const Segment **given; /* its frames in the states that the context has given */
    size_t given_count, given_size;
    const moonlet_context *live; /* itself, until the function returns */
    pthread_t thread;
};

/* What looks outside, in a run that is recorded or replayed: api/host/host_outside.c. */
int host_record_call(Machine *M, const HostFunction *f, Value *a, int n);
/* Calls it. */
int host_enter(Machine *M, const HostFunction *f, Value *a, int n);

/* A function as a value; name NULL: "?". */
Value host_function(Machine *M, const char *name, moonlet_function *call, void *user);
/* The record of a native, NULL if it is none of the host's; what goes on in continuations. */
const HostFunction *host_record(const Native *f);
extern NativeCont *const host_continuation;
/* captured: that an image says it has, though functions of the host capture nothing, as it
 * stands for one of C. */
Native *host_native(Machine *M, const char *name, const HostFunction *record,
                    uint32_t captured);
/* These, or NULL where it is none of the host's, or has captured nothing. */
Value *host_captured(Native *f, uint32_t *count);
/* A record for what an image calls by this name. */
const HostFunction *host_new_record(const moonlet_entry *e, const char *name);
Value host_pointer(const void *p);
/* Sets t[name] for all entries; path is that of the table, for images. */
void host_register(Machine *M, Table *t, const moonlet_entry *entries, const char *path);
/* Answers NULL if there is no memory, which is a shortage. */
void *library_bytes(const moonlet_type_info *type, const void *from);
/* A userdata without a metatable; NULL where there is no memory. If init is NULL, its bytes are
 * 0. What ends bytes is to be told of them. */
Userdata *library_userdata(Machine *M, const moonlet_type_info *type, const void *init);
void library_userdata_watch(void *bytes, const moonlet_type_info *type);
/* A userdata with its metatable, and watched; nil where there is no memory. */
Value library_new_userdata(Machine *M, const moonlet_type_info *type, const void *init);
/* The bytes of one of these, for the run to write; NULL where there is no memory. */
void *library_userdata_write(Machine *M, Userdata *u);
extern const UserdataKind library_kind; /* of all of these */

#endif
