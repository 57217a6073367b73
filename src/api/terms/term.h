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
#include "trace/walk.h"

typedef struct TermItem {
    moonlet_term *key, *value;
} TermItem;

struct moonlet_term {
    moonlet_term_type type;
    bool boolean;
    bool lacks;      /* something that there was no memory for: it cannot be encoded */
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

/* These do what the public functions do that make terms, but answer NULL or false without
 * memory. */
moonlet_term *term_try_new(moonlet_term_type type);
moonlet_term *term_try_string(const char *bytes, size_t length);
/* Appends an item; key NULL: positional. */
bool term_try_push(moonlet_term *list, moonlet_term *key, moonlet_term *value);

/* The Lua value that a term stands for, in a run. Nil and *error, in collected memory, when
 * it cannot be: a key that is nil or NaN, a reference to outside, or term_no_memory. */
extern const char term_no_memory[];
Value term_encode(Machine *M, const moonlet_term *term, const char **error);
/* The values of a list's items, in collected memory, or NULL with *error set. References may be
 * to lists in the items before. */
Value *term_encode_items(Machine *M, const moonlet_term *list, const char **error);
/* Encodes a term in a run that shares with the terms' states only what is older than this id.
 * Values in the term (VALUE) are copied, those of one state all together. */
Value term_import(Machine *M, const moonlet_term *term, uint64_t shared_below,
                  const char **error);

/* How values become terms, and how far that may go. */
typedef struct Decoding {
    unsigned flags; /* MOONLET_DECODE_ */
    Walk walk;
    char *error; /* to be given to free(); NULL: it went well */
} Decoding;

/* The limits on decoding that are set in the state, within its other limits. Their time begins
 * now. */
Decoding term_decoding(const moonlet_state *s);
/* Does the contrary of term_encode; several values become a list. Answers NULL if d->error
 * says why it cannot. */
moonlet_term *term_decode(Machine *M, const moonlet_state *s, Value v, Decoding *d);
moonlet_term *term_decode_list(Machine *M, const moonlet_state *s, const Value *values,
                               size_t count, Decoding *d);
/* The state as it is, with the error, which is freed. */
moonlet_result term_decode_refuse(const moonlet_state *s, Decoding *d);

#endif
