/* SPDX-License-Identifier: MIT */
/* The linker's insides: one Linker per function being laid out. See link.h. */
#ifndef MOONLET_LINK_INTERNAL_H
#define MOONLET_LINK_INTERNAL_H

#include "eval/exec.h"
#include "eval/link.h"

typedef struct LabelNode { /* a label's place, or a jump that waits for its label */
    const AstLabel *label;
    uint32_t node;
} LabelNode;

typedef struct NodeList {
    uint32_t *all;
    uint32_t count, capacity;
} NodeList;

typedef struct LabelNodes {
    LabelNode *all;
    uint32_t count, capacity;
} LabelNodes;

/* Where a value is wanted: in the accumulator, as a double, in a slot. */
typedef struct Dest {
    char kind; /* 'A', 'D', 'S' */
    unsigned slot;
} Dest;

/* Of a node with two operands. */
typedef struct Operand {
    char letter; /* L K A D */
    unsigned slot;
    double number;
    Value value; /* K for == */
} Operand;

typedef struct Place {
    int line;
    const AstExpr *origin;
} Place;

/* An expression begun, of which what is on its left is being linked (link_expr.c). */
typedef struct LinkVertebra {
    const AstExpr *e;
    Dest d, left; /* where its value, and that of what is left of it, are wanted */
    Place place;
    unsigned top;
    Operand l;
} LinkVertebra;

typedef struct Linker {
    struct Linker *parent;
    const AstFunction *source;
    Proto *proto;
    Node *nodes;
    int32_t *lines;
    const AstExpr **origins;
    uint16_t *tops;
    uint32_t count, capacity;
    uint16_t *slots;   /* of each of source->locals */
    unsigned top;      /* first slot not in use */
    unsigned active;   /* first slot above the active locals */
    unsigned max;      /* slots ever in use */
    int line;          /* for nodes made now */
    int test_line;     /* of the test that a goto belongs to; 0: to none */
    uint32_t target;   /* the last node that something jumps to, plus 1 */
    uint32_t nil_end;  /* behind the last node that makes a slot nil, plus 1 */
    unsigned nil_slot; /* behind that slot */
    const AstExpr *origin;
    LabelNodes labels, gotos;
    NodeList landed; /* the branches that lead to node landed_at */
    uint32_t landed_at;
    uint32_t closed_at; /* the node behind a block at whose end PUC Lua jumps; 0: none */
    uint32_t local_capacity;
    const AstLocal *defining; /* by `local function`, while its body is made a closure */
    int depth;                /* of expressions being linked */
    LinkVertebra *spine;      /* of those begun (link_expr.c) */
    uint32_t spine_count, spine_capacity;
    bool failed; /* too many slots, too deep */
    bool celled; /* this function, or one around it, is to have cells for all upvalues */
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
void link_lands_here(Linker *L, uint32_t node);
/* The branches that lead to the next node: it is a jump, and they go where that goes, as
 * they do in PUC Lua. NULL and 0 when there are none. */
static inline NodeList link_landed(const Linker *L)
{
    return L->landed_at == L->count ? L->landed : (NodeList){0};
}
/* Marks the next node as one that is jumped to, and gives its number. */
static inline uint32_t link_target_here(Linker *L)
{
    L->target = L->count + 1;
    return L->count;
}
/* A node that makes count slots nil: at the line of the one before it, if it is of the
 * same sort and for the slots below. PUC Lua makes one instruction of both. */
void link_nil(Linker *L, unsigned slot, unsigned count);
/* Slots: more in use; and how far. */
unsigned link_temp(Linker *L);
void link_use(Linker *L, unsigned top);

static inline bool local_is_cell(const AstLocal *l) { return l->captured && l->assigned; }
static inline unsigned local_slot(const Linker *L, const AstLocal *l)
{
    return L->slots[l->index];
}
/* Upvalue i of the function; in a celled function also whatever comes from outside. */
bool upvalue_is_cell(const Linker *L, int i);

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

/* Assignment targets, their parts evaluated, but for late ones. */
typedef struct Target {
    const AstExpr *expr;
    char object; /* 'L' or 'U' for an indexed one */
    unsigned slot;
    char key; /* 'F' string, 'I' integer, 'L' slot */
    unsigned key_slot;
    bool late_object, late_key; /* captured variables: read by the store */
} Target;
Target link_target(Linker *L, const AstExpr *e);
/* The variable is a later target of the same assignment: if t is to read it, that is done
 * now, as PUC Lua does. */
void link_target_conflict(Linker *L, Target *t, const AstExpr *assigned);
void link_store_expr(Linker *L, const Target *t, const AstExpr *value);
void link_store_slot(Linker *L, const Target *t, unsigned slot);

/* Functions and statements. */
Proto *link_function(Linker *parent, const AstFunction *f, const AstLocal *defining,
                     bool *failed);
void link_block(Linker *L, const AstBlock *b);
/* From the next node on the slot is the variable's. */
void link_activate(Linker *L, const AstLocal *l, unsigned slot);
void link_name_slot(Linker *L, String *name, unsigned slot);

#endif
