/* SPDX-License-Identifier: MIT */
/*
 * The kinds of evaluator nodes, as X-macro tables.
 *
 * Families are {operation} x {operands} x {destination}:
 *   operands      L local slot, K constant, A accumulator, D unboxed accumulator,
 *                 U upvalue held by value
 *   destinations  A accumulator, D unboxed accumulator, S slot c,
 *                 F branch taken when false, T branch taken when true
 *
 * A two-operand node names its operands left to right; slots are a and b.
 *
 * The kinds that belong to no function have a table of their own, KINDS_GLUE (glues.h).
 *
 * A D operand exists on the fast path only. When the node before ends in a value that is
 * no number, as a metamethod's may be, control goes to what the boxed kind does, which has A
 * for D.
 */
#ifndef MOONLET_KINDS_H
#define MOONLET_KINDS_H

#include "node/glues.h"

/* Tables, one entry or one family to a line. */
/* clang-format off */

/* The four pairs with D come last and in the order of their boxed kinds LA AL AK KA. */
enum { PAIR_LL, PAIR_LK, PAIR_KL, PAIR_LA, PAIR_AL, PAIR_AK, PAIR_KA, PAIR_LD, PAIR_COUNT = 11 };

/* X(op, left, right, dest) */
#define KINDS_ARITH_DESTS(X, op, l, r) X(op, l, r, A) X(op, l, r, D) X(op, l, r, S)
#define KINDS_ARITH_OP(X, op)                                                            \
    KINDS_ARITH_DESTS(X, op, L, L)                                                       \
    KINDS_ARITH_DESTS(X, op, L, K)                                                       \
    KINDS_ARITH_DESTS(X, op, K, L)                                                       \
    KINDS_ARITH_DESTS(X, op, L, A)                                                       \
    KINDS_ARITH_DESTS(X, op, A, L)                                                       \
    KINDS_ARITH_DESTS(X, op, A, K)                                                       \
    KINDS_ARITH_DESTS(X, op, K, A)                                                       \
    KINDS_ARITH_DESTS(X, op, L, D)                                                       \
    KINDS_ARITH_DESTS(X, op, D, L)                                                       \
    KINDS_ARITH_DESTS(X, op, D, K)                                                       \
    KINDS_ARITH_DESTS(X, op, K, D)
#define KINDS_ARITH(X)                                                                   \
    KINDS_ARITH_OP(X, ADD)                                                               \
    KINDS_ARITH_OP(X, SUB)                                                               \
    KINDS_ARITH_OP(X, MUL)                                                               \
    KINDS_ARITH_OP(X, DIV)                                                               \
    KINDS_ARITH_OP(X, MOD)                                                               \
    KINDS_ARITH_OP(X, POW)

/* X(op, left, right, sense) */
#define KINDS_COMPARE_SENSES(X, op, l, r) X(op, l, r, F) X(op, l, r, T)
#define KINDS_COMPARE_OP(X, op)                                                          \
    KINDS_COMPARE_SENSES(X, op, L, L)                                                    \
    KINDS_COMPARE_SENSES(X, op, L, K)                                                    \
    KINDS_COMPARE_SENSES(X, op, K, L)                                                    \
    KINDS_COMPARE_SENSES(X, op, L, A)                                                    \
    KINDS_COMPARE_SENSES(X, op, A, L)                                                    \
    KINDS_COMPARE_SENSES(X, op, A, K)                                                    \
    KINDS_COMPARE_SENSES(X, op, K, A)                                                    \
    KINDS_COMPARE_SENSES(X, op, L, D)                                                    \
    KINDS_COMPARE_SENSES(X, op, D, L)                                                    \
    KINDS_COMPARE_SENSES(X, op, D, K)                                                    \
    KINDS_COMPARE_SENSES(X, op, K, D)
#define KINDS_COMPARE(X) KINDS_COMPARE_OP(X, LT) KINDS_COMPARE_OP(X, LE)

/* X(left, right, sense): == and ~=, by sense */
#define KINDS_EQUAL(X)                                                                   \
    X(L, L, F) X(L, L, T) X(L, K, F) X(L, K, T) X(L, A, F) X(L, A, T)                    \
    X(A, L, F) X(A, L, T) X(A, K, F) X(A, K, T)

/* X(operand, dest) */
#define KINDS_NEG(X)                                                                     \
    X(L, A) X(L, D) X(L, S) X(A, A) X(A, D) X(A, S) X(D, A) X(D, D) X(D, S)
#define KINDS_LEN(X) X(L, A) X(L, S) X(A, A) X(A, S)

/* X(object, dest): key k (string, hash aux) or aux (integer) */
#define KINDS_FIELD(X) X(L, A) X(L, S) X(A, A) X(A, S) X(U, A) X(U, S)
/* X(object, key, dest) */
#define KINDS_INDEX(X)                                                                   \
    X(L, L, A) X(L, L, S) X(L, A, A) X(L, A, S) X(L, D, A) X(L, D, S)                    \
    X(U, L, A) X(U, L, S) X(U, A, A) X(U, A, S) X(U, D, A) X(U, D, S)                    \
    X(A, L, A) X(A, L, S)
/* X(object, value): object a, key k/aux or slot b, value slot c */
#define KINDS_STORE(X) X(L, L) X(L, A) X(L, D) X(U, L) X(U, A) X(U, D)

/* X(name, dest): what stands behind a call in Lua code, for its frame to return to */
#define KINDS_RETURNED_TO(X)                                                             \
    X(RET_A, A)                                                                          \
    X(RET_S, S)                                                                          \
    X(RET_0, NONE)                                                                       \
    X(RET_N, NONE)    /* b values to slots c ... */                                      \
    X(RET_OPEN, NONE) /* all to slots c ...: the open list */                            \
    X(RET_TAIL, NONE) /* the values of a native called in tail position */

/* X(name, dest): all kinds outside the families. dest: see Destination in node.h */
#define KINDS_OTHER(X)                                                                   \
    /* loads: constant k, slot a, upvalue a */                                           \
    X(CONST_A, A)                                                                        \
    X(CONST_S, S)                                                                        \
    X(CONST_D, D)                                                                        \
    X(NIL_N, NONE) /* slots c .. c+b-1 */                                                \
    X(LOCAL_A, A)                                                                        \
    X(MOVE, S)                                                                           \
    X(STORE_A, S)                                                                        \
    X(STORE_D, S)                                                                        \
    X(UPVALUE_A, A)                                                                      \
    X(UPVALUE_S, S)                                                                      \
    X(UPCELL_A, A)                                                                       \
    X(UPCELL_S, S)                                                                       \
    X(CELL_A, A)                                                                         \
    X(CELL_S, S)                                                                         \
    X(SET_UPCELL, NONE)                                                                  \
    X(SET_CELL, NONE)                                                                    \
    X(NEW_CELL, NONE)  /* slot c = cell of acc */                                        \
    X(WRAP_CELL, NONE) /* slot c = cell of slot a */                                     \
    /* branches */                                                                       \
    X(JUMP, NONE)                                                                        \
    X(POLL, NONE) /* costs a step: where there are many nodes without */                 \
    X(PAY, NONE)  /* costs a steps: within an expression of many nodes */                \
    X(PAY_BOXED, NONE) /* what PAY does where the number before it is none */            \
    X(LOOP, NONE) /* a jump back: costs a step */                                        \
    X(TEST_L_F, F)                                                                       \
    X(TEST_L_T, T)                                                                       \
    X(TEST_A_F, F)                                                                       \
    X(TEST_A_T, T)                                                                       \
    X(KEEP_F, F) /* and, or: as TEST_A, the accumulator kept */                          \
    X(KEEP_T, T)                                                                         \
    X(NOT_A, A)                                                                          \
    X(NOT_L, A)                                                                          \
    /* calls: frame at fp+a, b arguments; the RET node comes next */                     \
    X(CALL_0, NONE)                                                                      \
    X(CALL_1, NONE)                                                                      \
    X(CALL_2, NONE)                                                                      \
    X(CALL_3, NONE)                                                                      \
    X(CALL_N, NONE)                                                                      \
    X(CALL_OPEN, NONE) /* b arguments and the open list */                               \
    X(TAIL_N, NONE)                                                                      \
    X(TAIL_OPEN, NONE)                                                                   \
    KINDS_RETURNED_TO(X)                                                                 \
    X(SELF_L, NONE)                                                                      \
    X(SELF_A, NONE)                                                                      \
    X(SELF_U, NONE)                                                                      \
    X(RETURN_0, NONE)                                                                    \
    X(RETURN_A, NONE)                                                                    \
    X(RETURN_L, NONE)                                                                    \
    X(RETURN_K, NONE)                                                                    \
    X(RETURN_N, NONE)    /* slots a .. a+b-1 */                                          \
    X(RETURN_OPEN, NONE) /* slots a .. a+b-1 and the open list behind */                 \
    X(VARARG_N, NONE)    /* b values to slots c ... */                                   \
    X(VARARG_OPEN, NONE) /* all to slots c ... */                                        \
    X(VARARG_A, A)                                                                       \
    /* objects */                                                                        \
    X(TABLE, NONE)     /* slot c; b array, aux hash entries to come */                   \
    X(SET_LIST, NONE)  /* table a, slots c .. c+b-1 to index aux ... */                  \
    X(LIST_OPEN, NONE) /* ... and the open list behind these */                         \
    X(SET_NAMED, NONE) /* table a, slots c .. c+b-1 to the keys of shape k */            \
    X(SET_PACKED, NONE) /* table a, b elements and c names, packed at k */                  \
    X(CLOSURE, A)      /* of proto k */                                                  \
    X(CONCAT_A, A)     /* slots a .. a+b-1 */                                            \
    X(CONCAT_S, S)                                                                       \
    /* loops: index, limit, step in slots a, a+1, a+2 */                                 \
    X(FOR_PREP, NONE)                                                                    \
    X(FOR_LOOP, NONE)                                                                    \
    X(FOR_LOOP_1, NONE) /* step 1 */                                                     \
    X(ITER_CALL, NONE)  /* f, s, control in a ...; b variables at c; frame at aux */     \
    X(ITER_TEST, NONE)  /* slot c nil: on; else control = it, to the body */

/* clang-format on */

#endif
