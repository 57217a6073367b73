/* SPDX-License-Identifier: MIT */
/*
 * Breaks: nodes at which somebody looks at a replay, and that cost nothing elsewhere.
 *
 *   node   [exec_ADD | a b c kind ...]     what it does
 *          [break_line | a b c kind ...]   looks first, then does what its kind does
 *
 * A node that is broken has another exec, in place: so frames that are there already come by
 * it, and functions without breaks run as ever. Other machines that run the same functions
 * meanwhile have no Breaks, and do what the kind does. One machine of the process has breaks at
 * a time.
 *
 * A line is broken where it begins. Where that is decided by what was executed last
 * (link/link_lines.h), all nodes of the function are broken, and keep that in mind; this is so
 * of loops on one line.
 *
 * Invariant: Breaks.line is called for just those lines that a Watch (hook.h) is told of, among
 * those that are wanted.
 */
#ifndef MOONLET_BREAKS_H
#define MOONLET_BREAKS_H

#include "stack/machine.h"

enum {
    BREAK_LINE = 1,  /* where its line begins */
    BREAK_ENTRY = 2, /* where its function is entered, if it is the first of a line */
    BREAK_STORE = 4, /* before it is executed: it may write what is watched */
    BREAK_AFTER = 8  /* before it is executed, if the last store was to what is watched */
};
typedef struct Breaks {
    /* What is wanted of a node: bits. Of one that BREAK_LINE is wanted of, also the others. */
    unsigned (*wants)(void *context, const Proto *p, uint32_t i);
    /* A wanted line begins at the node; true ends the run there. The frame may be moved. */
    bool (*line)(Machine *M, const Node *n, Value **fp, bool enters);
    /* Something may be written: by a node of which that is wanted, or by a native. true ends
     * the run, at the next such node or line. */
    bool (*store)(Machine *M, const Node *n, Value **fp); /* of a native: NULL */
    /* Whether a store under this key of this object may be to what is watched, or to an object
     * through which that is found. `store` is not called for other stores. If object is NULL,
     * anything may be written; if key is nil, any key may be. touches NULL: all stores may. */
    bool (*touches)(void *context, Machine *M, const void *object, Value key);
    uint64_t keys; /* breaks_key of all keys under which tables are watched; 0: of any */
    Value *(*raised)(Machine *M, const Node *n, Value *fp, bool *ends); /* as a Watch's */
    void *context;
    bool ends;        /* `store`, asked about a native's, has ended the run */
    bool after;       /* something watched may have been written since the last look */
    bool assigns;     /* what may have been written is a local variable */
    bool again;       /* the node that is gone on with is looked at first */
    const Node *last; /* as Watch.last, in functions all of whose nodes are broken */
    bool broke;       /* something of the chunk at hand was broken */
    void **roots;     /* room for the chunks that have something broken; collected memory */
    uint32_t room;
    Machine *M;
} Breaks;

/* What broken nodes do: the evaluator's. line: where one begins; look: in functions all of
 * whose nodes are broken; ret: what is returned to there. */
typedef struct BreakExecs {
    Exec *line, *look, *store, *after, *ret, *ret_many;
} BreakExecs;
void breaks_init(const BreakExecs *execs);

/* Breaks the nodes of all functions that there are, and of those that are loaded until
 * breaks_end. Answers false if another machine has breaks, if nobody knows which functions
 * there are, or if there is no memory. O(nodes of all chunks). */
bool breaks_begin(Breaks *b, Machine *M);
void breaks_end(Breaks *b);

/* The first node of a function that has a line. */
static inline uint32_t breaks_first_line(const Proto *p)
{
    uint32_t i = (uint32_t)(p->entry - p->nodes);
    while (i + 1 < p->node_count && !proto_line(p, i)) i++;
    return i;
}

/* A bit for a key; keys of several bits are other keys. What is no number, nor a string, has
 * none. */
static inline uint64_t breaks_key(Value key)
{
    if (value_is_string(key)) return (uint64_t)1 << (value_string(key)->length & 31);
    if (!value_is_number(key)) return 0;
    Value plain = value_number(value_to_double(key) + 0.0); /* one zero */
    return (uint64_t)1 << (32 + (plain * 0x9e3779b97f4a7c15u >> 59));
}

/* Whether a store is to be looked at. */
static inline bool breaks_touch(Breaks *b, Machine *M, const void *object, Value key)
{
    bool after = b->after;
    b->after = !b->touches || b->touches(b->context, M, object, key);
    return after || b->after;
}

/* A native is about to write to the object, or, for NULL, perhaps to anything. */
void breaks_store(Machine *M, const void *object);

/* A local variable is about to be written by somebody else than its function. */
static inline void breaks_assign(Machine *M)
{
    M->breaks->assigns = true;
    breaks_store(M, NULL);
    M->breaks->assigns = false;
}

/* Control has come back to a function's node, which had called something. */
static inline void breaks_return(Machine *M, const Node *n)
{
    if (UNLIKELY(M->breaks != NULL)) M->breaks->last = n;
}

bool breaks_is_broken(const Node *n);

static inline bool breaks_look_again(Breaks *b)
{
    bool again = b->again;
    b->again = false;
    return again;
}

#endif
