/* SPDX-License-Identifier: MIT */
/* The linker: expressions. */
#include <math.h>

#include "eval/link_internal.h"

/* Constants ------------------------------------------------------------------------ */

enum { FOLD_DEPTH = 100, DEPTH_MAX = 3000 };

/* by_zero: also what divides by zero. */
static bool fold_deep(const AstExpr *e, double *out, bool by_zero, int depth)
{
    double x, y;
    if (depth > FOLD_DEPTH) return false;
    switch (e->kind) {
    case EXPR_NUMBER: *out = e->u.number; return true;
    case EXPR_UNARY:
        if (e->u.unary.op != OP_NEG || !fold_deep(e->u.unary.operand, &x, by_zero, depth + 1))
            return false;
        *out = -x;
        return true;
    case EXPR_BINARY:
        if (e->u.binary.op > OP_POW) return false;
        if (!fold_deep(e->u.binary.left, &x, by_zero, depth + 1)) return false;
        if (!fold_deep(e->u.binary.right, &y, by_zero, depth + 1)) return false;
        switch (e->u.binary.op) {
        case OP_ADD: *out = x + y; break;
        case OP_SUB: *out = x - y; break;
        case OP_MUL: *out = x * y; break;
        case OP_DIV:
            if (y == 0 && !by_zero) return false;
            *out = x / y;
            break;
        case OP_MOD:
            if (y == 0) return false;
            *out = number_mod(x, y);
            break;
        default: *out = number_pow(x, y); break;
        }
        return *out == *out; /* a NaN's sign is the machine's affair, at run time */
    default: return false;
    }
}

/* A constant as for PUC Lua, to which 1/0 is none. */
static bool fold_number(const AstExpr *e, double *out) { return fold_deep(e, out, false, 0); }

static bool constant(const AstExpr *e, Value *out)
{
    double x;
    switch (e->kind) {
    case EXPR_NIL: *out = V_NIL; return true;
    case EXPR_FALSE: *out = V_FALSE; return true;
    case EXPR_TRUE: *out = V_TRUE; return true;
    case EXPR_STRING: *out = string_value(e->u.string); return true;
    default:
        if (!fold_number(e, &x)) return false;
        *out = value_number(x);
        return true;
    }
}

/* Also 1/0 and the like: needs an instruction in PUC Lua, so here a node with a line. */
static bool known(const AstExpr *e, Value *out)
{
    double x;
    if (constant(e, out)) return true;
    if (!fold_deep(e, &x, true, 0)) return false;
    *out = value_number(x);
    return true;
}

static bool is_arith(const AstExpr *e)
{
    return (e->kind == EXPR_BINARY && e->u.binary.op <= OP_POW) ||
           (e->kind == EXPR_UNARY && e->u.unary.op == OP_NEG);
}

static bool is_comparison(const AstExpr *e)
{
    return e->kind == EXPR_BINARY && e->u.binary.op >= OP_EQ;
}

bool link_is_multi(const AstExpr *e)
{
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD || e->kind == EXPR_VARARG;
}

bool link_is_plain_local(const Linker *L, const AstExpr *e, unsigned *slot)
{
    if (e->kind == EXPR_PAREN) e = e->u.unary.operand;
    if (e->kind != EXPR_LOCAL || local_is_cell(e->u.local)) return false;
    *slot = local_slot(L, e->u.local);
    return true;
}

static bool is_cell_local(const AstExpr *e)
{
    return e->kind == EXPR_LOCAL && local_is_cell(e->u.local);
}

static bool is_cell(const Linker *L, const AstExpr *e)
{
    return is_cell_local(e) || (e->kind == EXPR_UPVALUE && upvalue_is_cell(L, e->u.upvalue));
}

/* Destinations --------------------------------------------------------------------- */

static const Dest to_acc = {'A', 0}, to_double = {'D', 0};
static Dest to_slot(unsigned slot) { return (Dest){'S', slot}; }

static void expr(Linker *L, const AstExpr *e, Dest d);
static void operand(Linker *L, const AstExpr *e, Dest d);
static void indexed_operand(Linker *L, const AstExpr *e);

/* Sets line and origin for the nodes of e; gives what they were. */
static Place enter(Linker *L, const AstExpr *e)
{
    Place p = {L->line, L->origin};
    L->line = e->line;
    L->origin = e;
    return p;
}
static void leave(Linker *L, Place p)
{
    L->line = p.line;
    L->origin = p.origin;
}

/* Members of a family differ in the destination last, in the order A D S or A S. */
static void emit_dest3(Linker *L, NodeKind first, Dest d)
{
    uint32_t i = link_emit(L, first + (d.kind == 'A' ? 0 : d.kind == 'D' ? 1 : 2));
    L->nodes[i].c = (uint16_t)d.slot;
}
static uint32_t emit_dest2(Linker *L, NodeKind first, Dest d)
{
    uint32_t i = link_emit(L, first + (d.kind == 'S'));
    L->nodes[i].c = (uint16_t)d.slot;
    return i;
}

/* The accumulator's value to where it is wanted, where PUC Lua puts it there at once. */
static void from_acc(Linker *L, Dest d)
{
    if (d.kind != 'S') return;
    uint32_t i = link_emit(L, N_STORE_A);
    L->nodes[i].c = (uint16_t)d.slot;
    L->lines[i] = 0;
}

static void emit_constant(Linker *L, Value v, Dest d)
{
    if (v == V_NIL && d.kind == 'S') {
        link_nil(L, d.slot, 1);
        return;
    }
    uint32_t i = emit_dest2(L, N_CONST_A, d);
    L->nodes[i].k.v = v;
}

/* Operands of two-operand nodes ---------------------------------------------------- */

/* An operand that needs no node. */
static bool ready(const Linker *L, const AstExpr *e, Operand *o)
{
    if (link_is_plain_local(L, e, &o->slot)) {
        o->letter = 'L';
        return true;
    }
    if (!fold_number(e, &o->number)) return false;
    o->letter = 'K';
    return true;
}

static Operand into_accumulator(Linker *L, const AstExpr *e, bool doubles)
{
    if (doubles && is_arith(e)) {
        expr(L, e, to_double);
        return (Operand){.letter = 'D'};
    }
    operand(L, e, to_acc);
    return (Operand){.letter = 'A'};
}

static Operand into_temp(Linker *L, const AstExpr *e)
{
    unsigned t = link_temp(L);
    operand(L, e, to_slot(t));
    return (Operand){.letter = 'L', .slot = t};
}

/* Evaluates what is not ready, left to right; a local is read by the node itself, so
 * after the other side has been evaluated, as in PUC Lua; a cell likewise. */
static void operands(Linker *L, const AstExpr *left, const AstExpr *right, bool doubles,
                     Operand *l, Operand *r)
{
    bool left_ready = ready(L, left, l), right_ready = ready(L, right, r);
    if (left_ready && right_ready) {
        if (l->letter == 'K' && r->letter == 'K') *l = into_temp(L, left);
    } else if (left_ready) {
        *r = into_accumulator(L, right, doubles);
    } else if (right_ready) {
        *l = into_accumulator(L, left, doubles);
    } else if (is_cell_local(left)) {
        *r = into_temp(L, right);
        *l = into_accumulator(L, left, false);
    } else {
        *l = into_temp(L, left);
        *r = into_accumulator(L, right, doubles);
    }
}

static int pair_of(char l, char r)
{
    static const char pairs[][3] = {"LL", "LK", "KL", "LA", "AL", "AK",
                                    "KA", "LD", "DL", "DK", "KD"};
    for (int i = 0; i < PAIR_COUNT; i++)
        if (pairs[i][0] == l && pairs[i][1] == r) return i;
    return 0;
}

static void set_operands(Node *n, const Operand *l, const Operand *r)
{
    n->a = (uint16_t)l->slot;
    n->b = (uint16_t)r->slot;
    if (l->letter == 'K') n->k.d = l->number;
    if (r->letter == 'K') n->k.d = r->number;
}

static void arith_emit(Linker *L, BinaryOp op, const Operand *l, const Operand *r, Dest d)
{
    int pair = ((int)op - OP_ADD) * PAIR_COUNT + pair_of(l->letter, r->letter);
    emit_dest3(L, N_ADD_LL_A + (NodeKind)(pair * 3), d);
    set_operands(&L->nodes[L->count - 1], l, r);
}

static void arith(Linker *L, const AstExpr *e, Dest d)
{
    Operand l = {0}, r = {0};
    operands(L, e->u.binary.left, e->u.binary.right, true, &l, &r);
    arith_emit(L, e->u.binary.op, &l, &r, d);
}

/* A slot that is wanted for a value, and not yet anybody's, will do for what it is made of. */
static Dest temp_for(Linker *L, Dest d)
{
    bool free = d.kind == 'S' && d.slot >= L->active && d.slot < L->top;
    return free ? d : to_slot(link_temp(L));
}

/* With the left operand to be linked first, where *left says. */
static Operand arith_begin(Linker *L, const AstExpr *e, Dest d, Dest *left)
{
    Operand r;
    bool doubles = is_arith(e->u.binary.left);
    if (ready(L, e->u.binary.right, &r)) {
        *left = doubles ? to_double : to_acc;
        return (Operand){.letter = doubles ? 'D' : 'A'};
    }
    *left = temp_for(L, d);
    return (Operand){.letter = 'L', .slot = left->slot};
}

static void arith_end(Linker *L, const AstExpr *e, const Operand *l, Dest d)
{
    Operand r = {0};
    if (!ready(L, e->u.binary.right, &r)) r = into_accumulator(L, e->u.binary.right, true);
    arith_emit(L, e->u.binary.op, l, &r, d);
}

/* A constant has an instruction here. */
static void unary_operand(Linker *L, const AstExpr *e, Dest d)
{
    if (e->kind == EXPR_LOCAL)
        operand(L, e, d);
    else
        expr(L, e, d);
}

static void negation(Linker *L, const AstExpr *e, Dest d)
{
    Operand o = {0};
    const AstExpr *x = e->u.unary.operand;
    if (!ready(L, x, &o) || o.letter == 'K') {
        o.letter = is_arith(x) ? 'D' : 'A';
        unary_operand(L, x, is_arith(x) ? to_double : to_acc);
    }
    int letter = o.letter == 'L' ? 0 : o.letter == 'A' ? 1 : 2;
    emit_dest3(L, N_NEG_L_A + (NodeKind)(letter * 3), d);
    L->nodes[L->count - 1].a = (uint16_t)o.slot;
}

static void length(Linker *L, const AstExpr *e, Dest d)
{
    unsigned slot = 0;
    bool local = link_is_plain_local(L, e->u.unary.operand, &slot);
    if (!local) unary_operand(L, e->u.unary.operand, to_acc);
    uint32_t i = emit_dest2(L, local ? N_LEN_L_A : N_LEN_A_A, d);
    L->nodes[i].a = (uint16_t)slot;
}

/* Concatenation: the operands of a whole chain side by side, and a slot more. */
static void concat(Linker *L, const AstExpr *e, Dest d)
{
    unsigned top = L->top, count = 0;
    const AstExpr *x = e;
    for (;; x = x->u.binary.right) {
        bool more = x->kind == EXPR_BINARY && x->u.binary.op == OP_CONCAT;
        unsigned slot = link_temp(L);
        link_expr_slot(L, more ? x->u.binary.left : x, slot);
        count++;
        if (!more) break;
    }
    link_temp(L);
    uint32_t i = emit_dest2(L, N_CONCAT_A, d);
    L->nodes[i].a = (uint16_t)top;
    L->nodes[i].b = (uint16_t)count;
    L->top = top;
}

/* Indexing ------------------------------------------------------------------------- */

static bool integer_key(const AstExpr *e, uint32_t *out)
{
    double x;
    if (!fold_number(e, &x) || !(x >= 1 && x <= 1e9) || x != floor(x)) return false;
    *out = (uint32_t)x;
    return true;
}

static bool is_string(const AstExpr *e) { return e->kind == EXPR_STRING; }

static bool plain_upvalue(const Linker *L, const AstExpr *e, unsigned *index)
{
    if (e->kind != EXPR_UPVALUE || upvalue_is_cell(L, e->u.upvalue)) return false;
    *index = (unsigned)e->u.upvalue;
    return true;
}

static void set_string_key(Node *n, const String *s)
{
    n->k.v = string_value(s);
    n->aux = string_hash(s);
}

/* 0 L, 1 A, 2 U: the order of the FIELD family. */
static int object_operand(Linker *L, const AstExpr *e, unsigned *at)
{
    if (link_is_plain_local(L, e, at)) return 0;
    if (plain_upvalue(L, e, at)) return 2;
    indexed_operand(L, e);
    *at = 0;
    return 1;
}

/* object: as object_operand gives it. */
static void index_constant(Linker *L, const AstExpr *e, int object, unsigned at, Dest d)
{
    const AstExpr *key = e->u.index.key;
    uint32_t item = 0;
    bool field = is_string(key);
    if (!field) integer_key(key, &item);
    NodeKind first = field ? N_FIELD_L_A : N_ITEM_L_A;
    uint32_t i = emit_dest2(L, first + (NodeKind)(object * 2), d);
    L->nodes[i].a = (uint16_t)at;
    if (field)
        set_string_key(&L->nodes[i], key->u.string);
    else
        L->nodes[i].aux = item;
}

/* group: where the object is, L U A. The INDEX family is LL LA LD UL UA UD AL. */
static void index_emit(Linker *L, const AstExpr *key, bool key_local, unsigned key_at,
                       int group, unsigned at, Dest d)
{
    Value v;
    int with = 0;
    if (!key_local && constant(key, &v)) {
        key_at = into_temp(L, key).slot;
        key_local = true;
    }
    if (!key_local) with = into_accumulator(L, key, true).letter == 'D' ? 2 : 1;
    uint32_t i = emit_dest2(L, N_INDEX_LL_A + (NodeKind)(group * 6 + with * 2), d);
    L->nodes[i].a = (uint16_t)at;
    L->nodes[i].b = (uint16_t)key_at;
}

/* object[key], neither constant. */
static void index_general(Linker *L, const AstExpr *e, Dest d)
{
    const AstExpr *object = e->u.index.object, *key = e->u.index.key;
    unsigned at = 0, key_at = 0;
    int group;
    bool key_local = link_is_plain_local(L, key, &key_at);
    if (link_is_plain_local(L, object, &at)) {
        group = 0;
    } else if (plain_upvalue(L, object, &at)) {
        group = 1;
    } else if (key_local) {
        indexed_operand(L, object);
        group = 2;
    } else if (is_cell(L, object) && key->kind != EXPR_UPVALUE) {
        key_at = into_temp(L, key).slot; /* it may change the object */
        key_local = true;
        indexed_operand(L, object);
        group = 2;
    } else {
        at = into_temp(L, object).slot;
        group = 0;
    }
    index_emit(L, key, key_local, key_at, group, at, d);
}

static bool is_constant_key(const AstExpr *key)
{
    uint32_t item;
    return is_string(key) || integer_key(key, &item);
}

static void indexing(Linker *L, const AstExpr *e, Dest d)
{
    unsigned at;
    if (is_constant_key(e->u.index.key)) {
        int object = object_operand(L, e->u.index.object, &at);
        index_constant(L, e, object, at, d);
    } else {
        index_general(L, e, d);
    }
}

/* With the object, no variable, to be linked first, where *object says. */
static void index_begin(Linker *L, const AstExpr *e, Dest d, Dest *object)
{
    unsigned key_at;
    bool acc =
        is_constant_key(e->u.index.key) || link_is_plain_local(L, e->u.index.key, &key_at);
    *object = acc ? to_acc : temp_for(L, d);
}

static void index_end(Linker *L, const AstExpr *e, Dest object, Dest d)
{
    const AstExpr *key = e->u.index.key;
    unsigned key_at = 0;
    if (is_constant_key(key)) {
        index_constant(L, e, 1, 0, d);
        return;
    }
    bool key_local = link_is_plain_local(L, key, &key_at);
    index_emit(L, key, key_local, key_at, object.kind == 'A' ? 2 : 0, object.slot, d);
}

/* Variables ------------------------------------------------------------------------ */

static void variable(Linker *L, const AstExpr *e, Dest d)
{
    NodeKind first;
    unsigned from;
    if (e->kind == EXPR_LOCAL) {
        from = local_slot(L, e->u.local);
        if (!local_is_cell(e->u.local)) {
            if (d.kind == 'S' && from == d.slot) return;
            uint32_t i = link_emit(L, d.kind == 'S' ? N_MOVE : N_LOCAL_A);
            L->nodes[i].a = (uint16_t)from;
            L->nodes[i].c = (uint16_t)d.slot;
            return;
        }
        first = N_CELL_A;
    } else {
        from = (unsigned)e->u.upvalue;
        first = upvalue_is_cell(L, e->u.upvalue) ? N_UPCELL_A : N_UPVALUE_A;
    }
    uint32_t i = emit_dest2(L, first, d);
    L->nodes[i].a = (uint16_t)from;
}

/* Logic ---------------------------------------------------------------------------- */

static void keep(Linker *L, bool sense, Branches *list)
{
    link_branch_add(L, list, link_emit(L, sense ? N_KEEP_T : N_KEEP_F));
}

/* The truth of e as a boolean. */
static void truth(Linker *L, const AstExpr *e)
{
    Branches no = 0, end = 0;
    link_condition(L, e, false, &no);
    emit_constant(L, V_TRUE, to_acc);
    link_branch_add(L, &end, link_emit(L, N_JUMP));
    link_branch_here(L, no);
    emit_constant(L, V_FALSE, to_acc);
    link_branch_here(L, end);
}

/* a and b: a if it is false, else b. a or b: a if it is true. What is left of it is in the
 * accumulator; `other` lead to b. */
static void logic_end(Linker *L, const AstExpr *e, Branches other)
{
    Branches end = 0;
    keep(L, e->kind == EXPR_OR, &end);
    link_branch_here(L, other);
    link_expr_acc(L, e->u.binary.right);
    link_branch_here(L, end);
}

static void logic(Linker *L, const AstExpr *e, Dest d)
{
    Branches other = 0;
    const AstExpr *left = e->u.binary.left;
    Value k;
    if (constant(left, &k) && value_is_false(k) == (e->kind == EXPR_OR)) {
        expr(L, e->u.binary.right, d); /* a constant that leads to it is not tested */
        return;
    }
    if (e->kind == EXPR_OR && left->kind == EXPR_AND) {
        /* (c and x) or y needs no value of c: false leads to y */
        L->line = left->line;
        link_condition(L, left->u.binary.left, false, &other);
        left = left->u.binary.right;
        L->line = e->line;
    }
    link_expr_acc(L, left);
    logic_end(L, e, other);
    from_acc(L, d);
}

static void logical_not(Linker *L, const AstExpr *e)
{
    const AstExpr *x = e->u.unary.operand;
    unsigned slot = 0;
    if (is_comparison(x) || x->kind == EXPR_AND || x->kind == EXPR_OR) {
        truth(L, e);
        return;
    }
    bool local = link_is_plain_local(L, x, &slot);
    if (!local) link_expr_acc(L, x);
    uint32_t i = link_emit(L, local ? N_NOT_L : N_NOT_A);
    L->nodes[i].a = (uint16_t)slot;
}

static bool too_deep(Linker *L);

static void branch(Linker *L, NodeKind kind, bool sense, Branches *list)
{
    link_branch_add(L, list, link_emit(L, kind + (sense ? 1 : 0)));
}

static void order_condition(Linker *L, const AstExpr *e, bool sense, Branches *list)
{
    Operand l = {0}, r = {0};
    BinaryOp op = e->u.binary.op;
    operands(L, e->u.binary.left, e->u.binary.right, true, &l, &r);
    if (op == OP_GT || op == OP_GE) {
        Operand swap = l;
        l = r;
        r = swap;
    }
    bool or_equal = op == OP_LE || op == OP_GE;
    branch(L, (or_equal ? N_LE_LL_F : N_LT_LL_F) + (NodeKind)(pair_of(l.letter, r.letter) * 2),
           sense, list);
    set_operands(&L->nodes[L->count - 1], &l, &r);
}

static void equal_condition(Linker *L, const AstExpr *e, bool sense, Branches *list)
{
    const AstExpr *left = e->u.binary.left, *right = e->u.binary.right;
    Value k = V_NIL;
    unsigned a = 0, b = 0;
    NodeKind kind;
    if (constant(left, &k) && !constant(right, &k)) {
        const AstExpr *swap = left;
        left = right;
        right = swap;
    }
    if (e->u.binary.op == OP_NE) sense = !sense;
    bool left_local = link_is_plain_local(L, left, &a);
    if (constant(right, &k)) {
        if (!left_local) operand(L, left, to_acc);
        kind = left_local ? N_EQ_LK_F : N_EQ_AK_F;
    } else if (link_is_plain_local(L, right, &b)) {
        if (!left_local) operand(L, left, to_acc);
        kind = left_local ? N_EQ_LL_F : N_EQ_AL_F;
    } else if (is_cell_local(left)) {
        b = into_temp(L, right).slot;
        operand(L, left, to_acc);
        kind = N_EQ_AL_F;
    } else {
        if (!left_local) a = into_temp(L, left).slot;
        operand(L, right, to_acc);
        kind = N_EQ_LA_F;
    }
    branch(L, kind, sense, list);
    Node *n = &L->nodes[L->count - 1];
    n->a = (uint16_t)a;
    n->b = (uint16_t)b;
    n->k.v = k;
}

/* line: where the truth of e is needed. */
static void test_condition(Linker *L, const AstExpr *e, bool sense, Branches *list, int line)
{
    unsigned slot = 0;
    bool local = link_is_plain_local(L, e, &slot);
    if (!local) link_expr_acc(L, e);
    L->line = line;
    branch(L, local ? N_TEST_L_F : N_TEST_A_F, sense, list);
    L->nodes[L->count - 1].a = (uint16_t)slot;
}

/* a or b or c ..., or with `and`: each operand but the last decides if its truth is `on`.
 * line: where the truth of the whole is needed; that of an operand is at the next operator. */
static void short_circuit(Linker *L, const AstExpr *e, bool sense, Branches *list, int line)
{
    bool on = e->kind == EXPR_OR;
    Branches skip = 0, *decided = sense == on ? list : &skip;
    size_t count = 0;
    const AstExpr *x = e;
    for (; x->kind == e->kind; x = x->u.binary.left) count++;
    const AstExpr *few[16], **all = count <= 16 ? few : mem_alloc(count * sizeof *all);
    size_t i = count;
    for (x = e; x->kind == e->kind; x = x->u.binary.left) all[--i] = x;
    L->line = all[0]->line;
    link_condition(L, x, on, decided);
    for (i = 0; i < count; i++) {
        bool last = i + 1 == count;
        L->line = last ? line : all[i + 1]->line;
        link_condition(L, all[i]->u.binary.right, last ? sense : on, last ? list : decided);
    }
    link_branch_here(L, skip);
}

void link_condition(Linker *L, const AstExpr *e, bool sense, Branches *list)
{
    Value k;
    if (too_deep(L)) return;
    L->depth++;
    unsigned top = L->top;
    Place p = enter(L, e);
    if (e->kind == EXPR_PAREN || (e->kind == EXPR_UNARY && e->u.unary.op == OP_NOT)) {
        L->line = p.line;
        link_condition(L, e->u.unary.operand, (e->kind == EXPR_PAREN) == sense, list);
    } else if (e->kind == EXPR_AND || e->kind == EXPR_OR) {
        short_circuit(L, e, sense, list, p.line);
    } else if (constant(e, &k)) {
        if (!value_is_false(k) == sense) link_branch_add(L, list, link_emit(L, N_JUMP));
    } else if (is_comparison(e)) {
        if (e->u.binary.op <= OP_NE)
            equal_condition(L, e, sense, list);
        else
            order_condition(L, e, sense, list);
    } else {
        test_condition(L, e, sense, list, p.line);
    }
    leave(L, p);
    L->top = top;
    L->depth--;
}

/* Calls ---------------------------------------------------------------------------- */

static unsigned call_base(Linker *L)
{
    unsigned base = L->top + 2;
    link_use(L, base);
    return base;
}

/* object: as object_operand gives it. */
static void self(Linker *L, const AstExpr *e, int object, unsigned slot, unsigned base)
{
    static const NodeKind kinds[] = {N_SELF_L, N_SELF_A, N_SELF_U};
    uint32_t i = link_emit(L, kinds[object]);
    L->lines[i] = e->u.call.name_line;
    L->nodes[i].a = (uint16_t)slot;
    L->nodes[i].b = (uint16_t)base;
    set_string_key(&L->nodes[i], e->u.call.name);
}

/* Behind the callee, and the object of a method; gives their number. */
static unsigned arguments(Linker *L, const AstExpr *e, unsigned base, bool *open)
{
    unsigned own = e->kind == EXPR_METHOD;
    link_use(L, base + own);
    return own + link_list_open(L, e->u.call.args, base + own, open);
}

/* Callee and arguments in place; gives the frame's base. The caller emits the call. */
static unsigned call_setup(Linker *L, const AstExpr *e, unsigned *count, bool *open)
{
    unsigned base = call_base(L);
    if (e->kind == EXPR_METHOD) {
        unsigned slot;
        int object = object_operand(L, e->u.call.callee, &slot);
        self(L, e, object, slot, base);
    } else {
        link_expr_slot(L, e->u.call.callee, base - 1);
    }
    *count = arguments(L, e, base, open);
    return base;
}

static void call_emit(Linker *L, unsigned base, unsigned count, bool open)
{
    NodeKind kind = open ? N_CALL_OPEN : count <= 3 ? N_CALL_0 + (NodeKind)count : N_CALL_N;
    uint32_t i = link_emit(L, kind);
    L->nodes[i].a = (uint16_t)base;
    L->nodes[i].b = (uint16_t)count;
}

static Node *ret_emit(Linker *L, NodeKind kind, unsigned base)
{
    uint32_t i = link_emit(L, kind);
    L->nodes[i].a = (uint16_t)base;
    L->nodes[i].k.many = node_many[kind];
    return &L->nodes[i];
}

/* A call whose results go as the RET kind says. */
static void call(Linker *L, const AstExpr *e, NodeKind ret, unsigned c, unsigned b)
{
    unsigned top = L->top, count;
    bool open;
    Place p = enter(L, e);
    unsigned base = call_setup(L, e, &count, &open);
    L->line = e->line;
    call_emit(L, base, count, open);
    Node *n = ret_emit(L, ret, base);
    n->c = (uint16_t)c;
    n->b = (uint16_t)b;
    leave(L, p);
    L->top = top;
}

/* With what is called, no variable, to be linked first, where *callee says. */
static void call_begin(Linker *L, const AstExpr *e, Dest *callee)
{
    *callee = e->kind == EXPR_METHOD ? to_acc : to_slot(call_base(L) - 1);
}

static void call_end(Linker *L, const AstExpr *e, Dest callee, Dest d)
{
    bool open, method = e->kind == EXPR_METHOD;
    unsigned base = method ? call_base(L) : callee.slot + 1;
    if (method) self(L, e, 1, 0, base);
    unsigned count = arguments(L, e, base, &open);
    L->line = e->line;
    call_emit(L, base, count, open);
    Node *n = ret_emit(L, d.kind == 'S' ? N_RET_S : N_RET_A, base);
    n->c = (uint16_t)d.slot;
    n->b = 1;
}

void link_call_discard(Linker *L, const AstExpr *e) { call(L, e, N_RET_0, 0, 0); }

void link_call_tail(Linker *L, const AstExpr *e)
{
    unsigned top = L->top, count;
    bool open;
    Place p = enter(L, e);
    unsigned base = call_setup(L, e, &count, &open);
    uint32_t i = link_emit(L, open ? N_TAIL_OPEN : N_TAIL_N);
    L->nodes[i].a = (uint16_t)base;
    L->nodes[i].b = (uint16_t)count;
    leave(L, p);
    ret_emit(L, N_RET_TAIL, base);
    L->top = top;
}

static Node *link_vararg(Linker *L, const AstExpr *e, NodeKind kind)
{
    uint32_t i = link_emit(L, kind);
    L->lines[i] = e->line;
    return &L->nodes[i];
}

void link_open(Linker *L, const AstExpr *e, unsigned at)
{
    link_use(L, at);
    if (e->kind == EXPR_VARARG)
        link_vararg(L, e, N_VARARG_OPEN)->c = (uint16_t)at;
    else
        call(L, e, N_RET_OPEN, at, 0);
}

void link_values(Linker *L, const AstExpr *e, unsigned at, unsigned n)
{
    link_use(L, at + n);
    unsigned top = L->top;
    if (at > top) L->top = at;
    if (e->kind == EXPR_VARARG) {
        Node *node = link_vararg(L, e, N_VARARG_N);
        node->c = (uint16_t)at;
        node->b = (uint16_t)n;
    } else if (n == 0) {
        link_call_discard(L, e);
    } else {
        call(L, e, N_RET_N, at, n);
    }
    L->top = top;
}

static void one_value(Linker *L, const AstExpr *e, Dest d)
{
    if (e->kind != EXPR_VARARG) {
        call(L, e, d.kind == 'S' ? N_RET_S : N_RET_A, d.slot, 1);
    } else {
        link_emit(L, N_VARARG_A);
        from_acc(L, d);
    }
}

/* Lists ---------------------------------------------------------------------------- */

void link_list(Linker *L, const AstExpr *list, unsigned at, unsigned count)
{
    unsigned i = 0;
    for (const AstExpr *e = list; e; e = e->next, i++) {
        if (!e->next && link_is_multi(e) && i < count) {
            link_values(L, e, at + i, count - i);
            link_use(L, at + count);
            return;
        }
        if (i < count) {
            link_use(L, at + i + 1);
            link_expr_slot(L, e, at + i);
        } else if (link_is_multi(e)) {
            link_values(L, e, L->top, 0);
        } else {
            link_expr_acc(L, e);
        }
    }
    if (i < count) {
        link_nil(L, at + i, count - i);
        link_use(L, at + count);
    }
}

unsigned link_list_open(Linker *L, const AstExpr *list, unsigned at, bool *open)
{
    unsigned i = 0;
    *open = false;
    for (const AstExpr *e = list; e; e = e->next) {
        if (!e->next && link_is_multi(e)) {
            link_open(L, e, at + i);
            *open = true;
            return i;
        }
        link_use(L, at + i + 1);
        link_expr_slot(L, e, at + i);
        i++;
    }
    return i;
}

/* Constructors --------------------------------------------------------------------- */

enum { LIST_BATCH = 50 };

static void flush_items(Linker *L, unsigned table, unsigned first_slot, unsigned pending,
                        unsigned index, bool open)
{
    if (!pending && !open) return;
    uint32_t i = link_emit(L, open ? N_LIST_OPEN : N_SET_LIST);
    Node *n = &L->nodes[i];
    n->a = (uint16_t)table;
    n->b = (uint16_t)pending;
    n->c = (uint16_t)first_slot;
    n->aux = index;
}

static void field_store(Linker *L, unsigned table, const AstField *f)
{
    unsigned top = L->top;
    static const AstExpr object = {.kind = EXPR_NIL};
    AstExpr *target = mem_alloc(sizeof *target); /* messages may refer to it */
    target->kind = EXPR_INDEX;
    target->line = f->line;
    target->u.index.object = (AstExpr *)&object;
    target->u.index.key = f->key;
    uint32_t item;
    Target t = {.expr = target, .object = 'L', .slot = table};
    if (is_string(f->key)) {
        t.key = 'F';
    } else if (integer_key(f->key, &item)) {
        t.key = 'I';
    } else {
        t.key = 'L';
        t.key_slot = link_expr_anywhere(L, f->key);
    }
    const AstExpr *origin = L->origin;
    link_store_expr(L, &t, f->value);
    L->origin = origin;
    L->top = top;
}

static void constructor(Linker *L, const AstExpr *e, unsigned table)
{
    unsigned top = L->top, pending = 0, index = 1;
    int items = e->u.table.items, named = e->u.table.named;
    uint32_t i = link_emit(L, N_TABLE);
    L->nodes[i].c = (uint16_t)table;
    L->nodes[i].b = (uint16_t)(items < 60000 ? items : 60000);
    L->nodes[i].aux = (uint32_t)named;
    for (const AstField *f = e->u.table.fields; f; f = f->next) {
        if (f->kind != FIELD_ITEM) {
            field_store(L, table, f);
            continue;
        }
        if (!f->next && link_is_multi(f->value)) {
            link_open(L, f->value, top + pending);
            L->line = e->u.table.end_line;
            flush_items(L, table, top, pending, index, true);
            L->top = top;
            return;
        }
        link_use(L, top + pending + 1);
        link_expr_slot(L, f->value, top + pending);
        if (++pending == LIST_BATCH) {
            L->line = f->line;
            flush_items(L, table, top, pending, index, false);
            index += pending;
            pending = 0;
            L->top = top;
        }
    }
    L->line = e->u.table.end_line;
    flush_items(L, table, top, pending, index, false);
    L->top = top;
}

/* The table is made in a slot of its own, as the fields' expressions may still read
 * the variable that it is for. */
static void table(Linker *L, const AstExpr *e, Dest d)
{
    if (d.kind == 'S' && d.slot >= L->active && d.slot < L->top) {
        constructor(L, e, d.slot);
        return;
    }
    unsigned top = L->top, t = link_temp(L);
    constructor(L, e, t);
    uint32_t i = link_emit(L, d.kind == 'S' ? N_MOVE : N_LOCAL_A);
    L->nodes[i].a = (uint16_t)t;
    L->nodes[i].c = (uint16_t)d.slot;
    L->top = top;
}

static void closure(Linker *L, const AstExpr *e, Dest d)
{
    const Proto *p = link_function(L, e->u.function, L->defining, &L->failed);
    L->line = e->u.function->end_line;
    uint32_t i = link_emit(L, N_CLOSURE);
    L->nodes[i].k.p = p;
    from_acc(L, d);
}

/* Any expression ------------------------------------------------------------------- */

static void unary(Linker *L, const AstExpr *e, Dest d)
{
    switch (e->u.unary.op) {
    case OP_NEG: negation(L, e, d); break;
    case OP_LEN: length(L, e, d); break;
    case OP_NOT:
        logical_not(L, e);
        from_acc(L, d);
        break;
    }
}

static void binary(Linker *L, const AstExpr *e, Dest d)
{
    if (e->u.binary.op == OP_CONCAT) {
        concat(L, e, d);
    } else if (e->u.binary.op >= OP_EQ) {
        truth(L, e);
        from_acc(L, d);
    } else {
        arith(L, e, d);
    }
}

/* What the parser does not bound and `spine` does not flatten, as a == b == c ...: beyond
 * reason is an error. */
static bool too_deep(Linker *L)
{
    if (L->depth > DEPTH_MAX) L->failed = true;
    return L->failed;
}

static bool constant_expr(Linker *L, const AstExpr *e, Dest d)
{
    Value k;
    if (!known(e, &k)) return false;
    if (d.kind == 'D') /* arithmetic of constants, not folded away by the user */
        link_node(L, N_CONST_D)->k.d = value_to_double(k);
    else
        emit_constant(L, k, d);
    return true;
}

static void whole(Linker *L, const AstExpr *e, Dest d)
{
    unsigned top = L->top;
    if (constant_expr(L, e, d)) return;
    switch (e->kind) {
    case EXPR_LOCAL:
    case EXPR_UPVALUE: variable(L, e, d); break;
    case EXPR_INDEX: indexing(L, e, d); break;
    case EXPR_VARARG:
    case EXPR_CALL:
    case EXPR_METHOD: one_value(L, e, d); break;
    case EXPR_FUNCTION: closure(L, e, d); break;
    case EXPR_BINARY: binary(L, e, d); break;
    case EXPR_UNARY: unary(L, e, d); break;
    case EXPR_AND:
    case EXPR_OR: logic(L, e, d); break;
    case EXPR_PAREN: expr(L, e->u.unary.operand, d); break;
    case EXPR_TABLE: table(L, e, d); break;
    default: break;
    }
    L->top = top;
}

/*
 * Chains such as a+b+c, a.b.c, a()()() and a or b or c are as deep on their left as they are
 * long. They are linked without recursion: what is left of an operator is begun before it,
 * and the operator ended after it.
 *
 *   ((a + f()) + b) + c     begin + c, begin + b, whole a + f(), end + b, end + c
 */

/* What is left of e if that is no leaf, else NULL. */
static const AstExpr *left_part(const AstExpr *e)
{
    const AstExpr *left;
    Value k;
    switch (e->kind) {
    case EXPR_BINARY:
        if (!is_arith(e)) return NULL;
        left = e->u.binary.left;
        break;
    case EXPR_AND:
    case EXPR_OR:
        left = e->u.binary.left;
        if (left->kind != e->kind) return NULL;
        break;
    case EXPR_INDEX: left = e->u.index.object; break;
    case EXPR_CALL:
    case EXPR_METHOD: left = e->u.call.callee; break;
    default: return NULL;
    }
    switch (left->kind) {
    case EXPR_BINARY: return is_arith(left) && !constant(left, &k) ? left : NULL;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_INDEX:
    case EXPR_CALL:
    case EXPR_METHOD: return left;
    default: return NULL;
    }
}

static void vertebra_begin(Linker *L, LinkVertebra *v)
{
    v->left = to_acc;
    switch (v->e->kind) {
    case EXPR_BINARY: v->l = arith_begin(L, v->e, v->d, &v->left); break;
    case EXPR_INDEX: index_begin(L, v->e, v->d, &v->left); break;
    case EXPR_CALL:
    case EXPR_METHOD: call_begin(L, v->e, &v->left); break;
    default: break;
    }
}

static void vertebra_end(Linker *L, const LinkVertebra *v)
{
    switch (v->e->kind) {
    case EXPR_BINARY: arith_end(L, v->e, &v->l, v->d); break;
    case EXPR_INDEX: index_end(L, v->e, v->left, v->d); break;
    case EXPR_CALL:
    case EXPR_METHOD: call_end(L, v->e, v->left, v->d); break;
    default:
        logic_end(L, v->e, 0);
        from_acc(L, v->d);
        break;
    }
    L->top = v->top;
}

static LinkVertebra *vertebra_push(Linker *L)
{
    if (L->spine_count == L->spine_capacity) {
        uint32_t capacity = L->spine_capacity ? 2 * L->spine_capacity : 8;
        LinkVertebra *more = mem_alloc(capacity * sizeof *more);
        if (L->spine_count) memcpy(more, L->spine, L->spine_count * sizeof *more);
        L->spine = more;
        L->spine_capacity = capacity;
    }
    return &L->spine[L->spine_count++];
}

/* d is 'D' for arithmetic only. */
static void expr(Linker *L, const AstExpr *e, Dest d)
{
    if (too_deep(L)) return;
    L->depth++;
    uint32_t below = L->spine_count;
    for (const AstExpr *left; (left = left_part(e)); e = left) {
        LinkVertebra *v = vertebra_push(L);
        *v = (LinkVertebra){.e = e, .d = d, .top = L->top, .place = enter(L, e)};
        vertebra_begin(L, v);
        d = v->left;
    }
    Place p = enter(L, e);
    whole(L, e, d);
    leave(L, p);
    while (L->spine_count > below) {
        LinkVertebra v = L->spine[--L->spine_count];
        vertebra_end(L, &v);
        leave(L, v.place);
    }
    L->depth--;
}

static void expr_at_line(Linker *L, const AstExpr *e, Dest d, int line)
{
    uint32_t i = L->count;
    expr(L, e, d);
    for (; i < L->count; i++) L->lines[i] = line;
}

/* An operand of a node: a constant or local has no instruction in PUC Lua, so what loads
 * it here is at no line. */
static void operand(Linker *L, const AstExpr *e, Dest d)
{
    Value k;
    if (e->kind == EXPR_LOCAL || constant(e, &k))
        expr_at_line(L, e, d, 0);
    else
        expr(L, e, d);
}

/* The same for what is indexed, which may be an upvalue too. */
static void indexed_operand(Linker *L, const AstExpr *e)
{
    if (e->kind == EXPR_LOCAL || e->kind == EXPR_UPVALUE)
        expr_at_line(L, e, to_acc, 0);
    else
        expr(L, e, to_acc);
}

void link_expr_acc(Linker *L, const AstExpr *e) { expr(L, e, to_acc); }
void link_expr_slot(Linker *L, const AstExpr *e, unsigned slot) { expr(L, e, to_slot(slot)); }

unsigned link_expr_anywhere(Linker *L, const AstExpr *e)
{
    unsigned slot;
    if (link_is_plain_local(L, e, &slot)) return slot;
    return into_temp(L, e).slot;
}

/* Assignment ----------------------------------------------------------------------- */

/* A captured variable is read when the value is stored, as in PUC Lua, where the
 * instruction that stores reads it: the values' calls may have changed it. (A key that
 * is an upvalue is not: it needs an instruction of its own.) */
Target link_target(Linker *L, const AstExpr *e)
{
    Target t = {.expr = e};
    if (e->kind != EXPR_INDEX) return t;
    const AstExpr *object = e->u.index.object, *key = e->u.index.key;
    uint32_t item;
    if (plain_upvalue(L, object, &t.slot)) {
        t.object = 'U';
    } else if (is_cell(L, object)) {
        t.object = 'L', t.late_object = true;
    } else {
        t.object = 'L';
        t.slot = link_expr_anywhere(L, object);
    }
    if (is_string(key)) {
        t.key = 'F';
    } else if (integer_key(key, &item)) {
        t.key = 'I';
    } else if (is_cell_local(key)) {
        t.key = 'L', t.late_key = true;
    } else {
        t.key = 'L';
        t.key_slot = link_expr_anywhere(L, key);
    }
    return t;
}

static bool is_variable(const AstExpr *e, const AstExpr *variable)
{
    if (e->kind != variable->kind) return false;
    if (e->kind == EXPR_LOCAL) return e->u.local == variable->u.local;
    return e->kind == EXPR_UPVALUE && e->u.upvalue == variable->u.upvalue;
}

static unsigned temp_at_line(Linker *L, const AstExpr *e, int line)
{
    unsigned t = link_temp(L);
    expr_at_line(L, e, to_slot(t), line);
    return t;
}

void link_target_conflict(Linker *L, Target *t, const AstExpr *assigned)
{
    const AstExpr *object = t->expr->kind == EXPR_INDEX ? t->expr->u.index.object : NULL;
    const AstExpr *key = object ? t->expr->u.index.key : NULL;
    unsigned at;
    if (!object) return;
    if ((t->late_object || link_is_plain_local(L, object, &at)) &&
        is_variable(object, assigned)) {
        t->slot = temp_at_line(L, object, assigned->line);
        t->late_object = false;
    }
    if ((t->late_key || link_is_plain_local(L, key, &at)) && is_variable(key, assigned)) {
        t->key_slot = temp_at_line(L, key, assigned->line);
        t->late_key = false;
    }
}

/* The stores are, for each of L and U, for each value operand L A D: FIELD ITEM INDEX. */
static void store_indexed(Linker *L, const Target *t, int value, unsigned value_slot)
{
    int what = t->key == 'F' ? 0 : t->key == 'I' ? 1 : 2;
    int object = t->object == 'U' ? 1 : 0;
    unsigned top = L->top, slot = t->slot, key_slot = t->key_slot;
    L->origin = t->expr;
    L->line = t->expr->line;
    if (t->late_object) slot = temp_at_line(L, t->expr->u.index.object, 0);
    if (t->late_key) key_slot = temp_at_line(L, t->expr->u.index.key, 0);
    uint32_t i = link_emit(L, N_SET_FIELD_L_L + (NodeKind)((object * 3 + value) * 3 + what));
    Node *n = &L->nodes[i];
    n->a = (uint16_t)slot;
    n->b = (uint16_t)key_slot;
    n->c = (uint16_t)value_slot;
    if (what == 0) set_string_key(n, t->expr->u.index.key->u.string);
    if (what == 1) integer_key(t->expr->u.index.key, &n->aux);
    L->top = top;
}

static void store_cell(Linker *L, const AstExpr *e)
{
    bool local = e->kind == EXPR_LOCAL;
    uint32_t i = link_emit(L, local ? N_SET_CELL : N_SET_UPCELL);
    L->nodes[i].a = (uint16_t)(local ? local_slot(L, e->u.local) : (unsigned)e->u.upvalue);
}

/* Whether PUC Lua has the value in a register that cannot be chosen, to be moved from. */
static bool is_fixed(const AstExpr *e)
{
    if (e->kind == EXPR_PAREN) e = e->u.unary.operand;
    return e->kind == EXPR_CALL || e->kind == EXPR_METHOD || e->kind == EXPR_FUNCTION ||
           e->kind == EXPR_TABLE;
}

void link_store_expr(Linker *L, const Target *t, const AstExpr *value)
{
    unsigned slot;
    int line = L->line;
    if (t->expr->kind == EXPR_INDEX) {
        L->line = t->expr->line;
        if (link_is_plain_local(L, value, &slot)) {
            store_indexed(L, t, 0, slot);
        } else {
            /* a node that takes a double is the very next one */
            Operand o = into_accumulator(L, value, !t->late_object && !t->late_key);
            store_indexed(L, t, o.letter == 'D' ? 2 : 1, 0);
        }
    } else if (link_is_plain_local(L, t->expr, &slot) && value->kind != EXPR_FUNCTION) {
        link_expr_slot(L, value, slot);
        if (L->count && L->nodes[L->count - 1].kind == N_RET_S) L->lines[L->count - 1] = line;
    } else {
        link_expr_acc(L, value);
        L->line = t->expr->kind == EXPR_UPVALUE || is_fixed(value) ? line : 0;
        if (link_is_plain_local(L, t->expr, &slot))
            link_node(L, N_STORE_A)->c = (uint16_t)slot;
        else
            store_cell(L, t->expr);
    }
    L->line = line;
}

void link_store_slot(Linker *L, const Target *t, unsigned from)
{
    unsigned slot;
    int line = L->line;
    if (t->expr->kind == EXPR_INDEX) {
        store_indexed(L, t, 0, from);
    } else if (link_is_plain_local(L, t->expr, &slot)) {
        uint32_t i = link_emit(L, N_MOVE);
        L->nodes[i].a = (uint16_t)from;
        L->nodes[i].c = (uint16_t)slot;
    } else {
        uint32_t i = link_emit(L, N_LOCAL_A);
        L->nodes[i].a = (uint16_t)from;
        store_cell(L, t->expr);
    }
    L->line = line;
}
