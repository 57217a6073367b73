/* SPDX-License-Identifier: MIT */
/*
 * Node: one step of the threaded tree; Proto: a function made of nodes.
 *
 * The linker (link.h) lays the syntax tree of each function out in evaluation order.
 * A node does its work and jumps on to the next: n+1, or n+target. `exec` gets
 *
 *   n    the node itself
 *   fp   the frame: fp[0..] parameters, locals, temporaries; below it its header, with the
 *        function and the node to return to (stack/frame.h)
 *   acc  a boxed value on its way from one node to the next
 *   d    an unboxed number on its way
 *
 * Nothing is kept on the C stack from node to node: GO and HAND are tail jumps, or in builds
 * with MOONLET_TRAMPOLINE returns to the loop in eval.c.
 *
 * An open list is made of the values of a call or of `...`, whose number is known only at run
 * time. There are M->open of them, in slots from a position that the node which makes the list
 * and the node which uses it both know. The latter follows the former at once.
 */
#ifndef MOONLET_NODE_H
#define MOONLET_NODE_H

#include "node/kinds.h"
#include "tree/ast.h"
#include "value/function.h"

typedef struct Node Node;
typedef struct Machine Machine; /* stack/machine.h */
typedef const Node *Flow;
/* The third and fourth register are nobody's on x86-64: compilers work in them first, and a
 * distance to shift by must be in the fourth. What were in them would be moved out and in. */
#ifdef __x86_64__
#define EXEC_UNUSED \
    __attribute__((unused)) uintptr_t unused, __attribute__((unused)) uintptr_t unused2,
#define EXEC_ANY exec_third(), exec_fourth(),
/* Whatever is in these registers: no instruction. */
static inline uintptr_t exec_third(void)
{
    uintptr_t any;
    __asm__("# third" : "=d"(any));
    return any;
}
static inline uintptr_t exec_fourth(void)
{
    uintptr_t any;
    __asm__("# fourth" : "=c"(any));
    return any;
}
#else
#define EXEC_UNUSED
#define EXEC_ANY
#endif
typedef Flow Exec(const Node *n, Value *fp, EXEC_UNUSED Value acc, Machine *M, double d);

struct Node {
    Exec *exec;
    uint16_t a, b, c;
    uint16_t kind; /* NodeKind */
    union {
        Value v;
        double d;
        const void *p;
        Exec *many; /* RET and glue nodes: what to do with other than one value */
    } k;
    union {
        struct {
            int32_t target; /* in nodes, relative */
            uint32_t aux;
        };
        uint64_t place; /* FIELD, SET_FIELD: of the key when it was last found; atomic */
    };
};

_Static_assert(sizeof(Node) == 32, "two nodes fill a cache line");

typedef enum Destination { DEST_A, DEST_D, DEST_S, DEST_F, DEST_T, DEST_NONE } Destination;

typedef enum NodeKind {
#define X_ARITH(op, l, r, dst) N_##op##_##l##r##_##dst,
    KINDS_ARITH(X_ARITH)
#undef X_ARITH
#define X_COMPARE(op, l, r, s) N_##op##_##l##r##_##s,
        KINDS_COMPARE(X_COMPARE)
#undef X_COMPARE
#define X_EQUAL(l, r, s) N_EQ_##l##r##_##s,
            KINDS_EQUAL(X_EQUAL)
#undef X_EQUAL
#define X_NEG(o, dst) N_NEG_##o##_##dst,
                KINDS_NEG(X_NEG)
#undef X_NEG
#define X_LEN(o, dst) N_LEN_##o##_##dst,
                    KINDS_LEN(X_LEN)
#undef X_LEN
#define X_FIELD(o, dst) N_FIELD_##o##_##dst,
                        KINDS_FIELD(X_FIELD)
#undef X_FIELD
#define X_ELEMENT(o, dst) N_ELEMENT_##o##_##dst,
                            KINDS_FIELD(X_ELEMENT)
#undef X_ELEMENT
#define X_INDEX(o, k, dst) N_INDEX_##o##k##_##dst,
                                KINDS_INDEX(X_INDEX)
#undef X_INDEX
#define X_STORE(o, v) N_SET_FIELD_##o##_##v, N_SET_ELEMENT_##o##_##v, N_SET_INDEX_##o##_##v,
                                    KINDS_STORE(X_STORE)
#undef X_STORE
#define X_OTHER(name, dst) N_##name,
                                        KINDS_OTHER(X_OTHER)
#undef X_OTHER
#define X_GLUE(name, ...) N_##name,
                                            KINDS_GLUE(X_GLUE)
#undef X_GLUE
                                                N_KINDS
} NodeKind;

/* What a kind does, for the slow paths, which decode it. */
typedef enum NodeOp {
    DO_ADD, /* the arithmetic ones in the order of BinaryOp and of META_ADD... */
    DO_SUB,
    DO_MUL,
    DO_DIV,
    DO_MOD,
    DO_POW,
    DO_LT,
    DO_LE,
    DO_EQ,
    DO_NEG,
    DO_LEN,
    DO_FIELD,
    DO_ELEMENT,
    DO_INDEX,
    DO_SET_FIELD,
    DO_SET_ELEMENT,
    DO_SET_INDEX,
    DO_OTHER
} NodeOp;

typedef struct KindInfo {
    const char *name;
    uint16_t boxed;   /* the kind that has A for D; itself if it has no D */
    uint8_t dest;     /* Destination */
    uint8_t op;       /* NodeOp */
    char left, right; /* operands, as letters; of stores: object and value */
} KindInfo;

extern const KindInfo node_kinds[N_KINDS];

/* Whether it has a place and not a target. */
static inline bool node_has_place(const Node *n)
{
    return node_kinds[n->kind].op == DO_FIELD || node_kinds[n->kind].op == DO_SET_FIELD;
}
/* How far away the other node is to which it may go on; 0: there is none. */
static inline int32_t node_target(const Node *n) { return node_has_place(n) ? 0 : n->target; }

/* What the node before has handed on to a node of a function, as the node's kind has it: d may
 * be boxed, in acc. What it does not take is nobody's: another value each time. */
typedef enum NodeTakes { TAKES_NOTHING, TAKES_ACC, TAKES_NUMBER } NodeTakes;
NodeTakes node_takes(const Node *n);
/* Whether it takes any: then control cannot begin there. */
static inline bool node_takes_value(const Node *n) { return node_takes(n) != TAKES_NOTHING; }
/* Whether it may give the slot of an active local variable another value, by itself or when
 * what it calls has returned. */
bool node_may_write(const Node *n, unsigned slot);

typedef enum UpvalueSource { UP_LOCAL, UP_PARENT, UP_SELF } UpvalueSource;

typedef struct ProtoUpvalue {
    uint8_t source; /* UpvalueSource */
    bool cell;      /* holds a Cell */
    uint16_t index; /* slot or upvalue of the parent */
    String *name;
} ProtoUpvalue;

typedef struct ProtoLocal { /* where a local variable lives, for debug */
    String *name;
    uint32_t start, end; /* active at nodes start <= i < end */
    uint16_t slot;
    bool cell, captured;
} ProtoLocal;

typedef struct Proto {
    const Node *entry;
    uint32_t frame; /* slots a frame needs; FRAME_VARARG added for varargs */
    uint32_t params;
    uint32_t upvalue_count;
    uint32_t node_count;
    bool vararg;
    bool wide_lines, wide_tops; /* they are int32_t and uint16_t; else bytes are enough */
    ProtoUpvalue *upvalues;
    Node *nodes;
    const void *lines; /* per node, for proto_line */
    /* Per node: what to name in messages; NULL if nothing. NULL itself where the tree has been
     * let go: link_origins. */
    const AstExpr **origins;
    const void *tops;          /* per node, for proto_top */
    uint64_t *written;         /* per node: bits of slots (trace_stack.c); NULL: not yet */
    const AstFunction *source; /* its body may have been let go: link_tree */
    struct Proto **protos;
    struct TableShape **shapes; /* that nodes have, shape_count of them */
    ProtoLocal *locals;
    uint32_t proto_count, local_count, shape_count;
    uint64_t celled_path;     /* bit k: the function k levels out, from 0, is link_celled's */
    const struct Proto *root; /* of its chunk's outermost function */
    struct Proto *celled;     /* link_celled's, once it is made: a cache, atomic */
    Node *twin;               /* the nodes to run under a hook (hook.h): likewise */
    uint64_t code;            /* of a chunk in an image, the hash of its dump; likewise */
    String *dump;             /* once it was asked for (code/read.h); likewise */
    /* What a chunk was made of, in its outermost function, when the tree has been let go; the
     * function of the tree made again (link/again.h), likewise a cache. */
    const struct ProtoText *text;
    struct Proto *again;
} Proto;

/* Lists a function's nodes, and its inner functions', as text (moonlet --nodes). */
void proto_print(const Proto *p, void (*write)(void *ctx, const char *s, size_t n), void *ctx);

/* Added to Proto.frame of a vararg function, so that the one stack check of a call
 * sends it to the slow path. */
#define FRAME_VARARG ((uint32_t)1 << 24)

static inline uint32_t proto_frame(const Proto *p) { return p->frame & (FRAME_VARARG - 1); }

/* The line of a node; 0: none, as PUC Lua has no instruction for it. Mostly lines are a byte
 * for each node, by how much they are above that of its group, or 0; the groups' lines are in
 * front. */
enum { PROTO_LINES = 64, PROTO_LINE_MAX = UINT8_MAX };
static inline size_t proto_line_groups(uint32_t nodes)
{
    return (nodes + PROTO_LINES - 1) / PROTO_LINES;
}
static inline int32_t proto_line(const Proto *p, uint32_t i)
{
    const int32_t *lines = p->lines;
    if (p->wide_lines) return lines[i];
    uint8_t above = ((const uint8_t *)(lines + proto_line_groups(p->node_count)))[i];
    return above ? lines[i / PROTO_LINES] + above : 0;
}

/* The slots in use at a node, for the precise trace. */
static inline uint16_t proto_top(const Proto *p, uint32_t i)
{
    return p->wide_tops ? ((const uint16_t *)p->tops)[i] : ((const uint8_t *)p->tops)[i];
}

/* The number of a node of this function or its twin, or UINT32_MAX if it is neither's. */
static inline uint32_t proto_index(const Proto *p, const Node *n)
{
    uintptr_t size = p->node_count * sizeof(Node),
              distance = (uintptr_t)n - (uintptr_t)p->nodes;
    if (distance < size) return (uint32_t)(distance / sizeof(Node));
    distance = (uintptr_t)n - (uintptr_t)__atomic_load_n(&p->twin, __ATOMIC_RELAXED);
    return distance < size ? (uint32_t)(distance / sizeof(Node)) : UINT32_MAX;
}

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COLD __attribute__((cold, noinline))

#define EXEC(name) \
    Flow name(const Node *n, Value *fp, EXEC_UNUSED Value acc, Machine *M, double d)

#define NOINLINE __attribute__((noinline))

#endif
