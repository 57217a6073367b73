/* SPDX-License-Identifier: MIT */
/*
 * The kinds of glue: nodes of no function, to which frames of the evaluator's own return.
 *
 * All that is known of a kind without running it is its row here. From the table come the node
 * kinds (N_...), the nodes themselves, their twins for hooks, what traces, unwinding,
 * tracebacks and the stack's checks look up (frame_kinds), and the numbers in images. The
 * evaluator adds what a frame's return does: exec_KIND with one value, many_KIND with another
 * number of them.
 *
 *   node     the one node of the kind
 *   header   words below the frame that are its own (stack/frame.h names them); 0: no frame
 *            says so by itself that it returns here (GLUE_LOST)
 *   owner    where the frame is that it returns into: BELOW, by its distance; NONE, nowhere;
 *            SAME, it is this very frame as its caller made it, which for GLUE_UNDERFLOW lies
 *            in the segment below
 *   payload  what the word is that says what to go on with: a NODE of the owner's, which it is
 *            at; a CONTINUATION of a native's; the count of protected calls (PCALLS) below; the
 *            WORLD, a State, to go back to; NOTHING
 *   native   what a native's slots below the header are: values that it has KEPT; or NOBODY's
 *   error    what becomes of an error that comes by (FrameError)
 *   hook     what hooks make of it: NOTHING, because no native returns to it; a TWIN; a twin
 *            that goes on at the twin of its NODE; the same at the end of an OPERATION, whose
 *            node is the last one of which a hook has been told
 *   image    the number of the kind in images; 0: it has none there
 *   of       whose frame lies below: a function's in LUA, at an operation; one of NATIVES;
 *            that of a native whose row names the glue as ITS own (native/native.h); any of
 *            FUNCTIONS; ANYBODY's, also of what cannot be called; NOBODY's, as in no image
 *   at       where its NODE may be: at VALUES, nodes that take one; STORES; CONCATS;
 *            STOPS, where a program may have been stopped; EVENTS, where hooks are called;
 *            ERRORS, anywhere, since it does not go on there; NOWHERE, it has none
 *   extra    what the header tells beside: the OPERANDS that a concatenation has left; the
 *            TICKET of an evaluator; a POLL's open list, and whether hooks were off; what a
 *            HOOK has put aside (stack/hook.h); the WORLDS in which a native works
 */
#ifndef MOONLET_GLUES_H
#define MOONLET_GLUES_H

/* clang-format off */
#define KINDS_GLUE(X) \
    /* kind, node, header, owner, payload, native, error, hook, image, of, at, extra */ \
    X(GLUE_VALUE,     glue_value,     4, BELOW, NODE,         KEPT,   PASSES,   OPERATION,  1, LUA,       VALUES,  NOTHING) \
    X(GLUE_BOOL,      glue_bool,      4, BELOW, NODE,         KEPT,   PASSES,   OPERATION,  2, LUA,       VALUES,  NOTHING) \
    X(GLUE_NOT,       glue_not,       4, BELOW, NODE,         KEPT,   PASSES,   OPERATION,  3, LUA,       VALUES,  NOTHING) \
    X(GLUE_NONE,      glue_none,      4, BELOW, NODE,         KEPT,   PASSES,   OPERATION,  4, LUA,       STORES,  NOTHING) \
    X(GLUE_CONCAT,    glue_concat,    4, BELOW, NODE,         KEPT,   PASSES,   OPERATION,  5, LUA,       CONCATS, OPERANDS) \
    X(GLUE_NATIVE,    glue_native,    4, BELOW, CONTINUATION, KEPT,   PASSES,   TWIN,       6, NATIVES,   NOWHERE, NOTHING) \
    X(GLUE_WORLDS,    glue_worlds,    6, BELOW, CONTINUATION, KEPT,   PASSES,   TWIN,      17, NATIVES,   NOWHERE, WORLDS) \
    X(GLUE_ANSWER,    glue_answer,    4, BELOW, NOTHING,      NOBODY, PASSES,   TWIN,       7, NATIVES,   NOWHERE, NOTHING) \
    X(GLUE_PCALL,     glue_pcall,     4, BELOW, PCALLS,       KEPT,   CATCHES,  TWIN,       8, ITS,       NOWHERE, NOTHING) \
    X(GLUE_XPCALL,    glue_xpcall,    4, BELOW, PCALLS,       KEPT,   HANDLES,  TWIN,       9, ITS,       NOWHERE, NOTHING) \
    X(GLUE_HANDLER,   glue_handler,   4, BELOW, NODE,         NOBODY, COUNTS,   TWIN,      10, ANYBODY,   ERRORS,  NOTHING) \
    X(GLUE_HOOK,      glue_hook,      8, BELOW, NODE,         KEPT,   UNHOOKS,  NOTHING,   11, FUNCTIONS, EVENTS,  HOOK) \
    X(GLUE_FORK,      glue_fork,      4, BELOW, WORLD,        KEPT,   RESTORES, TWIN,      12, ITS,       NOWHERE, NOTHING) \
    X(GLUE_TRY,       glue_try,       4, BELOW, WORLD,        KEPT,   RESTORES, TWIN,      13, ITS,       NOWHERE, NOTHING) \
    X(GLUE_POLL,      glue_poll,      6, BELOW, NODE,         KEPT,   PASSES,   NODE,      14, FUNCTIONS, STOPS,   POLL) \
    X(GLUE_BASE,      glue_base,      2, NONE,  NOTHING,      KEPT,   ENDS,     TWIN,      15, NOBODY,    NOWHERE, NOTHING) \
    X(GLUE_HALT,      glue_halt,      4, NONE,  NOTHING,      KEPT,   LEAVES,   TWIN,      16, NOBODY,    NOWHERE, NOTHING) \
    X(GLUE_C,         glue_c,         5, BELOW, NOTHING,      KEPT,   RETURNS,  TWIN,       0, NOBODY,    NOWHERE, TICKET) \
    X(GLUE_VARARG,    glue_vararg,    3, SAME,  NOTHING,      KEPT,   PASSES,   NOTHING,    0, NOBODY,    NOWHERE, NOTHING) \
    X(GLUE_TAIL,      glue_tail,      3, SAME,  NOTHING,      KEPT,   PASSES,   NOTHING,    0, NOBODY,    NOWHERE, NOTHING) \
    X(GLUE_UNDERFLOW, glue_underflow, 2, SAME,  NOTHING,      KEPT,   PASSES,   NOTHING,    0, NOBODY,    NOWHERE, NOTHING) \
    X(GLUE_LOST,      glue_lost,      0, NONE,  NOTHING,      KEPT,   PASSES,   NOTHING,    0, NOBODY,    NOWHERE, NOTHING)
/* clang-format on */

#endif
