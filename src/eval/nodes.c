/* SPDX-License-Identifier: MIT */
/*
 * What each kind of node does, and the handing over of that to the layers below, which make
 * nodes and know of them no more than their kinds.
 *
 * Main invariant: each kind has an exec, and each kind that frames return to has a many.
 */
#include "eval/break.h"
#include "eval/event.h"
#include "eval/exec.h"
#include "link/link.h"
#include "stack/breaks.h"

/* clang-format off */
Exec *const node_execs[N_KINDS] = {
#define X_ARITH(op, l, r, dst) [N_##op##_##l##r##_##dst] = exec_##op##_##l##r##_##dst,
    KINDS_ARITH(X_ARITH)
    KINDS_COMPARE(X_ARITH)
#define X_EQUAL(l, r, s) [N_EQ_##l##r##_##s] = exec_EQ_##l##r##_##s,
    KINDS_EQUAL(X_EQUAL)
#define X_UNARY(op, o, dst) [N_##op##_##o##_##dst] = exec_##op##_##o##_##dst,
#define X_NEG(o, dst) X_UNARY(NEG, o, dst)
    KINDS_NEG(X_NEG)
#define X_LEN(o, dst) X_UNARY(LEN, o, dst)
    KINDS_LEN(X_LEN)
#define X_FIELD(o, dst) X_UNARY(FIELD, o, dst) X_UNARY(ELEMENT, o, dst)
    KINDS_FIELD(X_FIELD)
#define X_INDEX(o, k, dst) [N_INDEX_##o##k##_##dst] = exec_INDEX_##o##k##_##dst,
    KINDS_INDEX(X_INDEX)
#define X_STORE(o, v) \
    X_UNARY(SET_FIELD, o, v) X_UNARY(SET_ELEMENT, o, v) X_UNARY(SET_INDEX, o, v)
    KINDS_STORE(X_STORE)
#define X_OTHER(name, dst) [N_##name] = exec_##name,
    KINDS_OTHER(X_OTHER)
#define X_GLUE(name, ...) [N_##name] = exec_##name,
    KINDS_GLUE(X_GLUE)
#undef X_GLUE
};

Exec *const node_many[N_KINDS] = {
#define X_MANY(name, ...) [N_##name] = many_##name,
    KINDS_RETURNED_TO(X_MANY)
    KINDS_GLUE(X_MANY)
};
/* clang-format on */

void nodes_init(void)
{
    link_init(node_execs, node_many);
    frame_init(&(FrameExecs){.exec = node_execs,
                             .many = node_many,
                             .again = {.call = eval_call_again,
                                       .native = eval_native_again,
                                       .returns = eval_return_again,
                                       .throws = eval_throw_again,
                                       .suspended = eval_suspend}});
    breaks_init(&(BreakExecs){break_line, break_look, break_store, break_after, break_ret,
                              break_ret_many});
    hook_init(hook_step, hook_ret, hook_ret_many);
}
