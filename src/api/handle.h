/* SPDX-License-Identifier: MIT */
/*
 * Handles: what the host holds on to.
 *
 *   handle [state|config|refs count|values|error|v0 v1 v2]   64 bytes, a root
 *   slab   [handle|handle|...]                               never given back
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

enum { HANDLE_INLINE = 3 };

/* What a state's runs are given; immutable, shared by pointer. */
typedef struct Config {
    moonlet_limits limits;
    moonlet_trace_function *trace; /* NULL: none */
    void *trace_data;
    moonlet_decode_options decoding;
    const moonlet_image_host *images; /* NULL: none */
    void *user;
} Config;

struct moonlet_state {
    const State *state;   /* NULL: the handle is free */
    const Config *config; /* NULL: nothing special */
    uint32_t refs;        /* atomic */
    uint32_t count;
    const Value *values; /* `inlined`, or collected memory */
    const moonlet_error *error;
    union {
        Value inlined[HANDLE_INLINE];
        struct { /* of a free handle; the list's first knows its length: count */
            struct moonlet_state *next, *next_list;
        } free;
    } u;
};

/* A handle with one reference. */
moonlet_state *handle_new(const State *state, const Config *config);
/* Copies values into the handle. Answers false when they are many and
 * there is no memory. */
MEM_TRY bool handle_set_values(moonlet_state *h, const Value *values, size_t count);

#endif
