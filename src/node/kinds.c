/* SPDX-License-Identifier: MIT */
/*
 * The table of node kinds, but for what they do, which is the evaluator's (eval/nodes.c).
 *
 * Main invariant: each kind has just one row, from which its name, operands, destination and
 * boxed kind come.
 */
#include "node/node.h"

#define BOXED_KIND_A A
#define BOXED_KIND_D A
#define BOXED_KIND_L L
#define BOXED_KIND_K K
#define PASTE3_(a, b, c) a##b##c
#define PASTE3(a, b, c) PASTE3_(a, b, c)
#define PASTE4_(a, b, c, e) a##b##c##e
#define PASTE4(a, b, c, e) PASTE4_(a, b, c, e)
#define LETTER(x) #x[0]

#define BOXED_OTHER(kind) \
    ((kind) == N_STORE_D ? N_STORE_A : (kind) == N_PAY ? N_PAY_BOXED : (kind))

const KindInfo node_kinds[N_KINDS] = {
#define X_ARITH(op, l, r, dst)                                                              \
    [N_##op##_##l##r##_##dst] = {#op "_" #l #r "_" #dst,                                    \
                                 PASTE4(N_##op##_, BOXED_KIND_##l, BOXED_KIND_##r, _##dst), \
                                 DEST_##dst,                                                \
                                 DO_##op,                                                   \
                                 LETTER(l),                                                 \
                                 LETTER(r)},
    KINDS_ARITH(X_ARITH)
#define X_COMPARE(op, l, r, s) X_ARITH(op, l, r, s)
        KINDS_COMPARE(X_COMPARE)
#define X_EQUAL(l, r, s) \
    [N_EQ_##l##r##_##    \
        s] = {"EQ_" #l #r "_" #s, N_EQ_##l##r##_##s, DEST_##s, DO_EQ, LETTER(l), LETTER(r)},
            KINDS_EQUAL(X_EQUAL)
#define X_UNARY(op, o, dst, boxed_) \
    [N_##op##_##o##_##dst] = {#op "_" #o "_" #dst, boxed_, DEST_##dst, DO_##op, LETTER(o), 0},
#define X_NEG(o, dst) X_UNARY(NEG, o, dst, PASTE3(N_NEG_, BOXED_KIND_##o, _##dst))
                KINDS_NEG(X_NEG)
#define X_LEN(o, dst) X_UNARY(LEN, o, dst, N_LEN_##o##_##dst)
                    KINDS_LEN(X_LEN)
#define X_FIELD(o, dst) X_UNARY(FIELD, o, dst, N_FIELD_##o##_##dst)
                        KINDS_FIELD(X_FIELD)
#define X_ELEMENT(o, dst) X_UNARY(ELEMENT, o, dst, N_ELEMENT_##o##_##dst)
                            KINDS_FIELD(X_ELEMENT)
#define X_INDEX(o, k, dst)                                                   \
    [N_INDEX_##o##k##_##dst] = {"INDEX_" #o #k "_" #dst,                     \
                                PASTE3(N_INDEX_##o, BOXED_KIND_##k, _##dst), \
                                DEST_##dst,                                  \
                                DO_INDEX,                                    \
                                LETTER(o),                                   \
                                LETTER(k)},
                                KINDS_INDEX(X_INDEX)
#define X_STORE_(op, o, v)                                                                \
    [N_##op##_##o##_##v] = {#op "_" #o "_" #v, PASTE3(N_##op##_##o##_, BOXED_KIND_##v, ), \
                            DEST_NONE,         DO_##op,                                   \
                            LETTER(o),         LETTER(v)},
#define X_STORE(o, v) \
    X_STORE_(SET_FIELD, o, v) X_STORE_(SET_ELEMENT, o, v) X_STORE_(SET_INDEX, o, v)
                                    KINDS_STORE(X_STORE)
#define X_OTHER(name, dst) \
    [N_##name] = {#name, BOXED_OTHER(N_##name), DEST_##dst, DO_OTHER, 0, 0},
                                        KINDS_OTHER(X_OTHER)
#define X_GLUE(name, ...) X_OTHER(name, NONE)
                                            KINDS_GLUE(X_GLUE)};

static NodeTakes handed_on(const KindInfo *k)
{
    if (k->left == 'A' || k->right == 'A') return TAKES_ACC;
    return k->left == 'D' || k->right == 'D' ? TAKES_NUMBER : TAKES_NOTHING;
}

NodeTakes node_takes(const Node *n)
{
    while (n->kind == N_JUMP || n->kind == N_PAY || n->kind == N_PAY_BOXED)
        n += n->kind == N_JUMP ? n->target : 1;
    switch (n->kind) {
    case N_STORE_D: return TAKES_NUMBER;
    case N_STORE_A:
    case N_SET_UPCELL:
    case N_SET_CELL:
    case N_NEW_CELL:
    case N_TEST_A_F:
    case N_TEST_A_T:
    case N_KEEP_F:
    case N_KEEP_T:
    case N_NOT_A:
    case N_SELF_A:
    case N_RETURN_A: return TAKES_ACC;
    default: return handed_on(&node_kinds[n->kind]);
    }
}

bool node_may_write(const Node *n, unsigned slot)
{
    if (node_kinds[n->kind].dest == DEST_S) return n->c == slot;
    switch (n->kind) {
    case N_NIL_N:
    case N_RET_N:
    case N_VARARG_N: return slot >= n->c && slot < n->c + n->b;
    case N_RET_OPEN:
    case N_VARARG_OPEN:
    case N_ITER_CALL: return slot >= n->c;
    case N_NEW_CELL:
    case N_WRAP_CELL:
    case N_TABLE: return slot == n->c;
    case N_FOR_PREP: return node_may_write(n + n->target, slot);
    case N_FOR_LOOP:
    case N_FOR_LOOP_1: return slot == n->a || slot == n->c;
    case N_ITER_TEST: return slot == n->a;
    default: return false;
    }
}
