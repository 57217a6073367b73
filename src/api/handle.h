/* SPDX-License-Identifier: MIT */
/*
 * Handles: what the host holds on to.
 *
 *   handle [state|config|refs kind|value or answer]   32 bytes, a root
 *   answer [error|count|v0 v1 v2 ...]                 collected; not if there is one value
 *   slab   [handle|handle|...]                        never given back
 *
 * A handle keeps a State from the collector until its last reference is released; so it
 * also keeps what one run answered: values and error. Free handles wait in a list of
 * their thread; when that has two slabs full, one moves to a list of all threads, where
 * threads that have none look first (one may make what another releases).
 *
 * Invariants:
 *  1. a free handle holds nothing but its link: zero elsewhere.
 *  2. what a handle holds, but for refs, never changes after handle_new's caller has
 *     filled it in and shown it to others.
 *
 * Cost: handle_new and the last moonlet_release some 5 ns, a lock once in 64.
 */
#ifndef MOONLET_HANDLE_H
#define MOONLET_HANDLE_H

#include "moonlet.h"

#include "api/misuse.h"
#include "stack/machine.h"

/* What a state's runs are given; immutable, shared by pointer. */
typedef struct Config {
    moonlet_limits limits;
    moonlet_trace_function *trace; /* NULL: none */
    void *trace_data;
    moonlet_decode_options decoding;
    const moonlet_image_host *images; /* NULL: none */
    void *user;
    moonlet_held_function *held; /* NULL: none */
    void *held_user;
} Config;

/* What a run answered that is not one value. */
typedef struct HandleAnswer {
    const moonlet_error *error; /* NULL: none */
    size_t count;
    Value values[];
} HandleAnswer;

/* Which of the union there is in a handle that is in use. */
typedef enum HandleKind { HANDLE_NONE, HANDLE_VALUE, HANDLE_ANSWER } HandleKind;

struct moonlet_state {
    const State *state; /* NULL: the handle is free */
    union {
        const Config *config;            /* NULL: nothing special */
        struct moonlet_state *next_list; /* of a free handle that is the first of its list */
    };
    uint32_t refs; /* atomic */
    uint32_t kind; /* HandleKind; of a list's first, the list's length */
    union {
        Value value;
        const HandleAnswer *answer;
        struct moonlet_state *next; /* of a free handle */
    } u;
};

/* A handle with one reference. It keeps its configuration, which is a block of its own, alive.
 */
moonlet_state *handle_new(const State *state, const Config *config);
/* Copies values into the handle. Answers false when they are more than one and
 * there is no memory. */
MEM_TRY bool handle_set_values(moonlet_state *h, const Value *values, size_t count);
void handle_set_error(moonlet_state *h, const moonlet_error *error);
/* What it holds. The values are there as long as the handle is. */
const moonlet_error *handle_error(const moonlet_state *h);
const Value *handle_values(const moonlet_state *h, size_t *count);

#endif
