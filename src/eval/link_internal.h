/* SPDX-License-Identifier: MIT */
/* The linker's insides: one Linker per function being laid out. See link.h. */
#ifndef MOONLET_LINK_INTERNAL_H
#define MOONLET_LINK_INTERNAL_H

#include "eval/exec.h"
#include "eval/link.h"

typedef struct PendingGoto {
    const AstLabel *label;
    uint32_t node;
} PendingGoto;

typedef struct Linker {
    struct Linker *parent;
    const AstFunction *source;
    Proto *proto;
    Node *nodes;
    int32_t *lines;
    const AstExpr **origins;
    uint16_t *tops;
    uint32_t count, capacity;
    uint16_t *slots;    /* of each of source->locals */
    unsigned top;       /* first slot not in use */
    unsigned active;    /* first slot above the active locals */
    unsigned max;       /* slots ever in use */
    int line;           /* for nodes made now */
    const AstExpr *origin;
    PendingGoto *gotos;
    uint32_t goto_count, goto_capacity;
    uint32_t local_capacity;
    const AstLocal *defining; /* by `local function`, while its body is made a closure */
    int depth;   /* of expressions being linked */
    bool failed; /* too many slots, too deep */
} Linker;

/* A list of branches that wait for their target: linked through it. 0: empty. */
typedef uint32_t Branches;

uint32_t link_emit(Linker *L, NodeKind kind);
/* The same; the node may move when the next one is made. */
static inline Node *link_node(Linker *L, NodeKind kind)
{
    uint32_t i = link_emit(L, kind);
    return &L->nodes[i];
}
void link_branch_add(Linker *L, Branches *list, uint32_t node);
void link_branch_here(Linker *L, Branches list);
/* Slots: more in use; and how far. */
unsigned link_temp(Linker *L);
void link_use(Linker *L, unsigned top);

static inline bool local_is_cell(const AstLocal *l) { return l->captured && l->assigned; }
static inline unsigned local_slot(const Linker *L, const AstLocal *l) { return L->slots[l->index]; }
static inline bool upvalue_is_cell(const Linker *L, int i)
{
    return local_is_cell(L->source->upvalues[i].local);
}

/* Expressions. */
void link_expr_acc(Linker *L, const AstExpr *e);
void link_expr_slot(Linker *L, const AstExpr *e, unsigned slot);
/* A plain local: its slot, no node; else a new temporary with the value. */
unsigned link_expr_anywhere(Linker *L, const AstExpr *e);
bool link_is_plain_local(const Linker *L, const AstExpr *e, unsigned *slot);
bool link_is_multi(const AstExpr *e);
/* All values of a call or ... to slots at ..., as the open list; exactly n of them. */
void link_open(Linker *L, const AstExpr *e, unsigned at);
void link_values(Linker *L, const AstExpr *e, unsigned at, unsigned n);
/* A call as a statement; as a function's last act. */
void link_call_discard(Linker *L, const AstExpr *e);
void link_call_tail(Linker *L, const AstExpr *e);
/* List of expressions to count slots from at, adjusted with nils or cut. */
void link_list(Linker *L, const AstExpr *list, unsigned at, unsigned count);
/* Values to slots from at; gives their number, and whether an open list follows. */
unsigned link_list_open(Linker *L, const AstExpr *list, unsigned at, bool *open);
/* Branches if the truth of e is `sense`, else falls through. */
void link_condition(Linker *L, const AstExpr *e, bool sense, Branches *list);

/* Assignment targets, their parts evaluated. */
typedef struct Target {
    const AstExpr *expr;
    char object; /* 'L' or 'U' for an indexed one */
    unsigned slot;
    char key; /* 'F' string, 'I' integer, 'L' slot */
    unsigned key_slot;
} Target;
Target link_target(Linker *L, const AstExpr *e, bool copy_locals);
void link_store_expr(Linker *L, const Target *t, const AstExpr *value);
void link_store_slot(Linker *L, const Target *t, unsigned slot);

/* Functions and statements. */
Proto *link_function(Linker *parent, const AstFunction *f, const AstLocal *defining, bool *failed);
void link_block(Linker *L, const AstBlock *b);
void link_activate(Linker *L, const AstLocal *l, unsigned slot);

#endif
