/* SPDX-License-Identifier: MIT */
/*
 * Lua's operations on any values, up to the point where a metamethod must be called:
 * the caller then calls it in its own way (a node through glue, a native through a
 * continuation).
 */
#ifndef MOONLET_OPERATE_H
#define MOONLET_OPERATE_H

#include "eval/exec.h"

typedef enum Lookup {
    LOOKUP_DONE,        /* *out is the result; the store is done */
    LOOKUP_CALL,        /* call *out with *object, the key (and the value) */
    LOOKUP_ERROR,       /* *object, the operand itself, cannot be indexed */
    LOOKUP_ERROR_INNER, /* *object, found in an __index chain, cannot */
    LOOKUP_LOOP,
    LOOKUP_KEY_NIL,
    LOOKUP_KEY_NAN,
    LOOKUP_FROZEN
} Lookup;

#define FROZEN_TEXT "attempt to modify a readonly table"

/* object[key] and object[key] = v (manual 2.4), following handlers that are no
 * functions; *object becomes the value whose handler it is. */
Lookup operate_index(Machine *M, Value *object, Value key, Value *out);
Lookup operate_store(Machine *M, Value *object, Value key, Value v, Value *out);

typedef enum Compared {
    COMPARED_FALSE,
    COMPARED_TRUE,
    COMPARED_CALL,     /* truth of handler(x, y) */
    COMPARED_CALL_NOT, /* the contrary of handler(y, x): __lt for <= */
    COMPARED_ERROR
} Compared;

Compared operate_compare(Machine *M, bool or_equal, Value x, Value y, Value *handler);
void operate_compare_error(Machine *M, const Value *fp, const Node *n, Value x, Value y);
/* The __eq for two values that are not raw-equal; nil if they are just different. */
Value operate_equal_handler(Machine *M, Value x, Value y);
double operate_arith(BinaryOp op, double x, double y);

/* The rest of a concatenation node; see slow.c. */
Action operate_concat(const Node *n, Value *fp, Machine *M, size_t left);

#endif
