/* SPDX-License-Identifier: MIT */
/*
 * What broken nodes do: stack/breaks.h.
 *
 * Main invariant: a broken node looks first, and then does what its kind does: to the program
 * nothing differs.
 */
#include "eval/break.h"

#include <assert.h>

#include "stack/breaks.h"

/* Whether the line is another one than that of the node before, which was the last. */
static bool begins(const Proto *p, const Node *n, const Node *last)
{
    uint32_t i = proto_index(p, n), k = proto_index(p, last);
    return k == UINT32_MAX || i <= k || proto_line(p, i) != proto_line(p, k);
}

static bool jumps_to(const Proto *p, const Node *from, const Node *to)
{
    uint32_t k = proto_index(p, from);
    return k != UINT32_MAX && node_target(&p->nodes[k]) &&
           k + (uint32_t)node_target(&p->nodes[k]) == proto_index(p, to);
}

/* What a node writes to; NULL: perhaps to anything. */
static const void *stored_to(const Node *n, const Value *fp)
{
    const KindInfo *k = &node_kinds[n->kind];
    bool field = k->op >= DO_SET_FIELD && k->op <= DO_SET_INDEX;
    bool upvalue = field ? k->left == 'U' : n->kind == N_SET_UPCELL;
    if (!field && !upvalue && n->kind != N_SET_CELL) return NULL;
    Value v = upvalue ? frame_closure(fp)->upvalues[n->a] : fp[n->a];
    return value_is(v, field ? OBJ_TABLE : OBJ_CELL) ? value_pointer(v) : NULL;
}

/* Whether the node may write to what is watched. */
static bool touches(Machine *M, const Node *n, const Value *fp)
{
    Value key = V_NIL;
    switch (node_kinds[n->kind].op) {
    case DO_SET_FIELD: key = n->k.v; break;
    case DO_SET_ELEMENT: key = value_number((int32_t)n->aux); break;
    case DO_SET_INDEX: key = fp[n->b]; break;
    default: break;
    }
    return breaks_touch(M->breaks, M, stored_to(n, fp), key);
}

/* The frame, perhaps moved; M->call_frame NULL: the run ends here. */
static NOINLINE Value *look(Machine *M, const Node *n, Value *fp, bool line, bool enters)
{
    Breaks *b = M->breaks;
    const Proto *p = frame_proto(fp);
    uint32_t i = proto_index(p, n);
    unsigned wants = i == UINT32_MAX ? 0 : b->wants(b->context, p, i);
    bool ends = false;
    if (line && wants & (BREAK_LINE | BREAK_ENTRY))
        ends = b->line(M, n, &fp, enters && i == breaks_first_line(p));
    else if (wants & BREAK_STORE || (wants & BREAK_AFTER && b->after))
        ends = b->store(M, n, &fp);
    if (wants) b->after = false;
    if (wants & BREAK_STORE) touches(M, n, fp);
    M->call_frame = ends || b->ends ? NULL : fp;
    return fp;
}

static Value *look_at_line(Machine *M, const Node *n, Value *fp)
{
    M->call_frame = fp;
    return M->depth > 1 ? fp : look(M, n, fp, true, true);
}

/* Where no line begins: most stores are to other things. */
static Value *look_at_store(Machine *M, const Node *n, const bool after, Value *fp)
{
    M->call_frame = fp;
    if (M->depth > 1 || (after ? !M->breaks->after : !touches(M, n, fp))) return fp;
    return look(M, n, fp, false, false);
}

/* Looks at a node of a function all of whose nodes are broken. */
static NOINLINE Value *look_at_node(Machine *M, const Node *n, Value *fp)
{
    Breaks *b = M->breaks;
    const Proto *p = frame_proto(fp);
    const Node *last = b->last;
    assert(proto_index(p, n) != UINT32_MAX && "a broken node is one of the function");
    M->call_frame = fp;
    if (M->depth > 1) return fp;
    if (proto_line(p, proto_index(p, n))) b->last = n;
    bool line = proto_line(p, proto_index(p, n)) && begins(p, n, last);
    return look(M, n, fp, line, !jumps_to(p, last, n));
}

static Value *look_at_broken(Machine *M, const Node *n, Exec *exec, Value *fp)
{
    if (exec == break_line) return look_at_line(M, n, fp);
    if (exec == break_look) return look_at_node(M, n, fp);
    return exec == break_ret ? fp : look_at_store(M, n, exec == break_after, fp);
}

Value *break_hooked(Machine *M, const Node *n, Value *fp)
{
    const Proto *p = frame_proto(fp);
    assert(proto_index(p, n) != UINT32_MAX && "a twin is one of the function");
    const Node *plain = p->nodes + proto_index(p, n);
    M->call_frame = fp;
    return breaks_is_broken(plain) ? look_at_broken(M, n, plain->exec, fp) : fp;
}

EXEC(break_line)
{
    if (M->breaks) {
        fp = look_at_line(M, n, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    HAND(node_execs[n->kind], n, fp, acc, d);
}

EXEC(break_look)
{
    if (M->breaks) {
        fp = look_at_node(M, n, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    HAND(node_execs[n->kind], n, fp, acc, d);
}

/* Whether the node stores under a key that nobody watches: programs spend their time with these
 * stores. */
static inline bool is_other_key(const Breaks *b, const Node *n, const Value *fp)
{
    if (!b->keys || b->after || node_kinds[n->kind].op != DO_SET_INDEX) return false;
    return !(b->keys & breaks_key(fp[n->b]));
}

EXEC(break_store)
{
    if (M->breaks && !is_other_key(M->breaks, n, fp)) {
        fp = look_at_store(M, n, false, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    HAND(node_execs[n->kind], n, fp, acc, d);
}

EXEC(break_after)
{
    if (M->breaks && M->breaks->after) {
        fp = look_at_store(M, n, true, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    HAND(node_execs[n->kind], n, fp, acc, d);
}

EXEC(break_ret)
{
    breaks_return(M, n);
    HAND(node_execs[n->kind], n, fp, acc, d);
}

EXEC(break_ret_many)
{
    breaks_return(M, n);
    HAND(node_many[n->kind], n, fp, acc, d);
}

EXEC(break_boxed)
{
    if (M->breaks) {
        M->call_frame = fp;
        fp = look_at_broken(M, n, n->exec, fp);
        if (!M->call_frame) HAND(eval_stop_watched, n, fp, acc, d);
    }
    HAND(node_execs[node_kinds[n->kind].boxed], n, fp, acc, d);
}
