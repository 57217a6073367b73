/* SPDX-License-Identifier: MIT */
/*
 * Terms from inside: the external data format, in memory from malloc.
 *
 *   term   [type|count|payload|next]
 *   list   [type|count|items] -> [key value | key value | ...]   key NULL: positional
 *
 * A term owns what hangs below it, but for a reference, which points to a list that is
 * above it or before it in the same tree. So a tree is freed by walking what is owned,
 * without recursion (`next` links what is still to be freed).
 */
#ifndef MOONLET_TERM_H
#define MOONLET_TERM_H

#include "api/api.h"

typedef struct TermItem {
    moonlet_term *key, *value;
} TermItem;

struct moonlet_term {
    moonlet_term_type type;
    bool boolean;
    size_t count;    /* of a string's bytes, of a list's items */
    size_t capacity; /* of items */
    union {
        double number;
        char *bytes; /* and a zero behind them */
        TermItem *items;
        const void *pointer;
        moonlet_term *target;
        struct {
            moonlet_state *state; /* holds the value */
            moonlet_value value;
        } held;
        struct {
            moonlet_function *call;
            void *user;
        } function;
    } u;
    moonlet_term *next;
};

/* Appends an item; key NULL: positional. */
void term_push(moonlet_term *list, moonlet_term *key, moonlet_term *value);
moonlet_term *term_reference(moonlet_term *target);

/* The Lua value that a term stands for, in a run. Nil and *error set (to be given to
 * free()) when it cannot be: a key that is nil or NaN, a reference to outside. */
Value term_encode(Run *R, const moonlet_term *term, char **error);
/* The same in a run that has no part of the terms' states but what is older than this id:
 * VALUE terms are copied, those of one state all together. */
Value term_import(Run *R, const moonlet_term *term, uint64_t shared_below, char **error);
/* The contrary; NULL: *error. */
moonlet_term *term_decode(Run *R, const moonlet_state *s, Value v, unsigned options,
                          char **error);

#endif
