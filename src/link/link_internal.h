/* SPDX-License-Identifier: MIT */
/* The linker's insides: one Linker per function being laid out. See link.h. */
#ifndef MOONLET_LINK_INTERNAL_H
#define MOONLET_LINK_INTERNAL_H

#include "link/link.h"

typedef struct NodeList {
    uint32_t *all;
    uint32_t count, capacity;
} NodeList;

/* Where a value is wanted: in the accumulator, as a double, in a slot. */
typedef struct Dest {
    char kind; /* 'A', 'D', 'S' */
    unsigned slot;
} Dest;
static const Dest link_to_acc = {'A', 0}, link_to_double = {'D', 0};
static inline Dest link_to_slot(unsigned slot) { return (Dest){'S', slot}; }

/* The operands of a node that has two. */
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

/* An expression begun, of which what is on its left is being linked (link_chain.c). There may
 * be a million. */
typedef struct LinkVertebra {
    const AstExpr *e, *origin; /* origin and line: to go on with behind it */
    int line;
    uint16_t top, d_slot, left_slot, l_slot;
    /* Where its value, and that of what is left of it, are wanted; of the left operand, which
     * is no constant. */
    char d, left, l;
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
    unsigned outside;  /* which of these arrays are malloc's, as bits */
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
    uint32_t *places;  /* of each label of source: its node, plus 1; 0: it comes later */
    uint32_t *waiting; /* the branches that wait for each */
    NodeList landed;   /* the branches that lead to node landed_at */
    uint32_t landed_at;
    uint32_t closed_at; /* the node behind a block at whose end PUC Lua jumps; 0: none */
    uint32_t polled;    /* the node behind the last N_POLL */
    uint32_t paid;      /* the node behind the last N_POLL or N_PAY */
    uint32_t local_capacity, shape_capacity;
    int loops;                /* around what is being linked */
    const AstLocal *defining; /* by `local function`, while its body is made a closure */
    int depth;                /* of expressions being linked */
    LinkVertebra *spine;      /* of those begun (link_chain.c) */
    uint32_t spine_count, spine_capacity;
    bool failed; /* too many slots, too deep, no memory */
    bool celled; /* this function, or one around it, is to have cells for all upvalues */
} Linker;

/* Copies old[0..count) to a new block with room for capacity elements of that size. Answers
 * NULL if there is no memory, which is a shortage; L has failed then. */
MEM_TRY void *link_grown(Linker *L, const void *old, size_t count, size_t capacity,
                         size_t size);

/* A list of branches that wait for their target, and are linked through it. 0 is an empty
 * one. */
typedef uint32_t Branches;

uint32_t link_emit(Linker *L, NodeKind kind);
/* Nodes for a step where there are neither calls nor loops. */
enum { NODES_A_STEP = 100 };
/* Makes a node that pays, where there have been many nodes without one. To be called between
 * two parts of an expression of which there may be any number. */
void link_pay(Linker *L);
/* Makes a node, as link_emit. It may move when the next one is made. */
static inline Node *link_node(Linker *L, NodeKind kind)
{
    uint32_t i = link_emit(L, kind);
    return &L->nodes[i];
}
void link_branch_add(Linker *L, Branches *list, uint32_t node);
void link_branch_here(Linker *L, Branches list);
/* The branches that lead to the next node, which is a jump. They go where that goes, as in PUC
 * Lua. NULL and 0 if there are none. */
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
/* Makes a node that sets count slots to nil. If the node before it does so for the slots just
 * below, both are at the line of that one, because PUC Lua makes one instruction of them. */
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
/* All values of a call or ... to slots at ..., as the open list. */
void link_open(Linker *L, const AstExpr *e, unsigned at);
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
    const AstExpr *origin; /* what messages are to name */
    char object;           /* 'L' or 'U' for an indexed one */
    unsigned slot;
    char key; /* 'F' string, 'I' integer, 'L' slot */
    unsigned key_slot;
    bool late_object, late_key; /* captured variables: read by the store */
} Target;
Target link_target(Linker *L, const AstExpr *e);
/* To be called when the variable is a later target of the assignment. If t is to read it, that
 * is done now, as PUC Lua does. */
void link_target_conflict(Linker *L, Target *t, const AstExpr *assigned);
void link_store_expr(Linker *L, const Target *t, const AstExpr *value);
void link_store_slot(Linker *L, const Target *t, unsigned slot);

/* What the files of expressions have in common. */

/* Any expression, its chains without recursion. d is 'D' for arithmetic only. */
void link_expr(Linker *L, const AstExpr *e, Dest d);
/* Sets line and origin for the nodes of e; gives what they were. */
Place link_enter(Linker *L, const AstExpr *e);
void link_leave(Linker *L, Place p);
/* Members of a family differ in the destination last, in the order A D S or A S. */
void link_emit_dest3(Linker *L, NodeKind first, Dest d);
uint32_t link_emit_dest2(Linker *L, NodeKind first, Dest d);
/* The accumulator's value to where it is wanted, where PUC Lua puts it there at once. */
void link_from_acc(Linker *L, Dest d);
void link_emit_constant(Linker *L, Value v, Dest d);
/* Whether expressions are nested too deep, which is an error. It concerns those whose depth the
 * parser does not limit and `spine` does not flatten, as a == b == c ... */
bool link_too_deep(Linker *L);
/* One that is no chain: what link_expr comes to on the left. */
void link_whole(Linker *L, const AstExpr *e, Dest d);
void link_expr_at_line(Linker *L, const AstExpr *e, Dest d, int line);
/* An operand of a node: a constant or local has no instruction in PUC Lua, so what loads
 * it here is at no line. */
void link_operand(Linker *L, const AstExpr *e, Dest d);
/* Links an operand like link_operand, one that is indexed, which may be an upvalue. */
void link_indexed_operand(Linker *L, const AstExpr *e);

/* What is known beforehand (link_const.c). */

/* A constant as for PUC Lua, to which 1/0 is none. */
bool link_fold_number(const AstExpr *e, double *out);
bool link_constant(const AstExpr *e, Value *out);
/* What is known beforehand beside constants, 1/0 and the like: it needs an instruction in PUC
 * Lua, so here a node with a line. */
bool link_known(const AstExpr *e, Value *out);
bool link_is_arith(const AstExpr *e);
bool link_is_comparison(const AstExpr *e);
bool link_is_cell_local(const AstExpr *e);
bool link_is_cell(const Linker *L, const AstExpr *e);

/* Operands, arithmetic, concatenation (link_arith.c). */
Operand link_into_accumulator(Linker *L, const AstExpr *e, bool doubles);
Operand link_into_temp(Linker *L, const AstExpr *e);
/* Evaluates what is not ready, left to right; a local is read by the node itself, so
 * after the other side has been evaluated, as in PUC Lua; a cell likewise. */
void link_operands(Linker *L, const AstExpr *left, const AstExpr *right, bool doubles,
                   Operand *l, Operand *r);
int link_pair_of(char l, char r);
void link_set_operands(Node *n, const Operand *l, const Operand *r);
void link_arith(Linker *L, const AstExpr *e, Dest d);
/* A slot that is wanted for a value, and not yet anybody's, will do for what it is made of. */
Dest link_temp_for(Linker *L, Dest d);
/* Begins arithmetic whose left operand is to be linked first, where *left says. */
Operand link_arith_begin(Linker *L, const AstExpr *e, Dest d, Dest *left);
/* What is right of the operator, where that is after what is left of it. */
Operand link_arith_right(Linker *L, const AstExpr *e);
void link_arith_end(Linker *L, const AstExpr *e, const Operand *l, Dest d);
void link_negation(Linker *L, const AstExpr *e, Dest d);
void link_length(Linker *L, const AstExpr *e, Dest d);
void link_concat(Linker *L, const AstExpr *e, Dest d);

/* Indexing (link_index.c). */
bool link_integer_key(const AstExpr *e, uint32_t *out);
bool link_is_string(const AstExpr *e);
bool link_plain_upvalue(const Linker *L, const AstExpr *e, unsigned *index);
/* The key of a FIELD or SET_FIELD node, which has no place yet. */
void link_set_field_key(Node *n, const String *s);
/* 0 L, 1 A, 2 U: the order of the FIELD family. */
int link_object_operand(Linker *L, const AstExpr *e, unsigned *at);
void link_indexing(Linker *L, const AstExpr *e, Dest d);
/* Begins indexing whose object is no variable, and is to be linked first, where *object says.
 */
void link_index_begin(Linker *L, const AstExpr *e, Dest d, Dest *object);
void link_index_end(Linker *L, const AstExpr *e, Dest object, Dest d);

/* Logic (link_test.c). */

/* The truth of e as a boolean. */
void link_truth(Linker *L, const AstExpr *e);
/* The truth of a comparison whose left operand is on a spine (link_chain.c). */
Operand link_comparison_begin(Linker *L, const AstExpr *e, Dest d, Dest *left);
void link_comparison_end(Linker *L, const AstExpr *e, const Operand *l);
/* a and b: a if it is false, else b. a or b: a if it is true. What is left of it is in the
 * accumulator; `other` lead to b. */
void link_logic_end(Linker *L, const AstExpr *e, Branches other);
void link_logic(Linker *L, const AstExpr *e, Dest d);
void link_logical_not(Linker *L, const AstExpr *e);

/* Calls (link_call.c). */

/* Begins a call of what is no variable, and is to be linked first, where *callee says. */
void link_call_begin(Linker *L, const AstExpr *e, Dest *callee);
void link_call_end(Linker *L, const AstExpr *e, Dest callee, Dest d);
void link_one_value(Linker *L, const AstExpr *e, Dest d);

/* Constructors (link_table.c). */
void link_table(Linker *L, const AstExpr *e, Dest d);

/* Functions and statements. */
Proto *link_function(Linker *parent, const AstFunction *f, const AstLocal *defining,
                     bool *failed);
void link_block(Linker *L, const AstBlock *b);
/* Makes the slot the variable's from the next node on. */
void link_activate(Linker *L, const AstLocal *l, unsigned slot);
void link_name_slot(Linker *L, String *name, unsigned slot);

#endif
