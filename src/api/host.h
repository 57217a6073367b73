/* SPDX-License-Identifier: MIT */
/*
 * Host functions from inside: natives whose first captured value is a light userdata of a
 * HostFunction, in collected memory.
 *
 *   native  [fn host_call | light -> {call, term_call, user, name}]
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
} HostFunction;

struct moonlet_context {
    Run *R;
    const HostFunction *function;
    Value data;
    moonlet_state *state;        /* of this moment, once asked for */
    Coroutine *co;               /* that runs */
    const moonlet_context *live; /* itself, until the function returns */
    pthread_t thread;
};

/* A function as a value; name NULL: "?". */
Value host_function(Run *R, const char *name, moonlet_function *call, void *user);
Value host_entry(Run *R, const moonlet_entry *e);
Value host_pointer(const void *p);
/* Sets t[name] for all entries. */
void host_register(Run *R, Table *t, const moonlet_entry *entries);

#endif
