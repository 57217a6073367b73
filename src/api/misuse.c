/* SPDX-License-Identifier: MIT */
/*
 * Checks of what the host hands in, in debug builds: a message, then abort.
 *
 * Main invariant: a check reads nothing of what it is given before it knows that it is a
 * block.
 */
#include "api/misuse.h"

#ifdef MOONLET_DEBUG

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/host/host.h"

static __attribute__((noreturn)) void misuse(const char *what, const char *detail)
{
    fprintf(stderr, "moonlet: wrong use: %s%s\n", what, detail);
    abort();
}

void misuse_check_given(bool given, const char *what)
{
    if (!given) misuse("NULL given for ", what);
}

void misuse_check_state(const moonlet_state *s)
{
    if (!s) misuse("NULL given for a state", "");
    if (!s->state) misuse("a state that has been released", "");
}

/* Strings and light userdata are everybody's; what has an id is the state's if it was made
 * before the state was. */
static void check_value(const State *s, Value v)
{
    if (!value_is_object(v)) {
        if (v > V_TRUE && v < VALUE_DOUBLE_OFFSET) misuse("a value that is none", "");
        return;
    }
    if (v % 8) misuse("a value that is none", "");
    ObjectType type = object_type(value_pointer(v));
    if (type < OBJ_STRING || type >= OBJ_CELL) misuse("a value that is none", "");
    bool of_a_state = type != OBJ_STRING && type != OBJ_LIGHT;
    if (of_a_state && object_id(value_pointer(v)) >= s->next_id)
        misuse("a value of another state: a ", value_type_name(v));
}

void misuse_check_values(const State *s, const moonlet_value *values, size_t count)
{
    misuse_check_given(values || !count, "values");
    for (size_t i = 0; i < count; i++) check_value(s, values[i].bits);
}

void misuse_check_context(const moonlet_context *c)
{
    if (!c) misuse("NULL given for a context", "");
    if (c->live != c) misuse("a context whose function has returned", "");
    if (!pthread_equal(c->thread, pthread_self())) misuse("a context of another thread", "");
}

#endif
