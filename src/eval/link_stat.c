/* SPDX-License-Identifier: MIT */
/* The linker: statements. */
#include "eval/link_internal.h"

/* Local variables ------------------------------------------------------------------ */

static void wrap_if_cell(Linker *L, const AstLocal *l, unsigned slot)
{
    if (!local_is_cell(l)) return;
    uint32_t i = link_emit(L, N_WRAP_CELL);
    L->nodes[i].a = L->nodes[i].c = (uint16_t)slot;
}

static void stat_local(Linker *L, const AstStat *s)
{
    unsigned at = L->top, count = (unsigned)s->u.local.count;
    link_list(L, s->u.local.values, at, count);
    L->top = at + count;
    for (unsigned i = 0; i < count; i++) {
        wrap_if_cell(L, s->u.local.locals[i], at + i);
        link_activate(L, s->u.local.locals[i], at + i);
    }
}

/* The variable exists before its function, which may capture it: by itself if it is
 * never assigned again, else through its cell. */
static void stat_local_function(Linker *L, const AstStat *s)
{
    const AstLocal *l = s->u.local.locals[0];
    unsigned slot = link_temp(L);
    link_activate(L, l, slot);
    uint32_t i;
    if (local_is_cell(l)) {
        link_node(L, N_CONST_A)->k.v = V_NIL;
        link_node(L, N_NEW_CELL)->c = (uint16_t)slot;
        link_expr_acc(L, s->u.local.values);
        i = link_emit(L, N_SET_CELL);
        L->nodes[i].a = (uint16_t)slot;
    } else {
        const AstLocal *outer = L->defining;
        L->defining = l;
        link_expr_slot(L, s->u.local.values, slot);
        L->defining = outer;
    }
}

/* Assignment ------------------------------------------------------------------------ */

/* Targets' parts first, then all values, then the stores from the last to the first,
 * as PUC Lua does. */
static void assign_several(Linker *L, const AstStat *s, unsigned count)
{
    Target few[16], *targets = count <= 16 ? few : mem_alloc(count * sizeof *targets);
    unsigned i = 0;
    for (const AstExpr *e = s->u.assign.targets; e; e = e->next)
        targets[i++] = link_target(L, e, true);
    unsigned at = L->top;
    link_list(L, s->u.assign.values, at, count);
    while (i-- > 0) link_store_slot(L, &targets[i], at + i);
}

static void stat_assign(Linker *L, const AstStat *s)
{
    unsigned count = 0;
    for (const AstExpr *e = s->u.assign.targets; e; e = e->next) count++;
    if (count > 1 || s->u.assign.values->next) {
        assign_several(L, s, count);
        return;
    }
    Target t = link_target(L, s->u.assign.targets, false);
    link_store_expr(L, &t, s->u.assign.values);
}

/* Control --------------------------------------------------------------------------- */

static void jump_back(Linker *L, uint32_t to)
{
    uint32_t i = link_emit(L, N_LOOP);
    L->nodes[i].target = (int32_t)to - (int32_t)i;
}

static void scoped_block(Linker *L, const AstBlock *b)
{
    unsigned top = L->top, active = L->active;
    uint32_t locals = L->proto->local_count;
    link_block(L, b);
    for (; locals < L->proto->local_count; locals++)
        if (!L->proto->locals[locals].end) L->proto->locals[locals].end = L->count;
    L->top = top;
    L->active = active;
}

static void stat_while(Linker *L, const AstStat *s)
{
    Branches out = 0;
    uint32_t top = L->count;
    link_condition(L, s->u.loop.condition, false, &out);
    scoped_block(L, s->u.loop.block);
    L->line = s->end_line;
    jump_back(L, top);
    link_branch_here(L, out);
}

/* The condition sees the block's locals, so the scope ends after it. */
static void stat_repeat(Linker *L, const AstStat *s)
{
    Branches out = 0;
    unsigned slots = L->top, active = L->active;
    uint32_t top = L->count;
    link_block(L, s->u.loop.block);
    link_condition(L, s->u.loop.condition, true, &out);
    jump_back(L, top);
    link_branch_here(L, out);
    L->top = slots;
    L->active = active;
}

static void stat_if(Linker *L, const AstStat *s)
{
    Branches end = 0;
    for (const AstClause *c = s->u.clauses; c; c = c->next) {
        Branches next = 0;
        if (c->condition) {
            L->line = c->line;
            link_condition(L, c->condition, false, &next);
        }
        scoped_block(L, c->block);
        if (c->next) link_branch_add(L, &end, link_emit(L, N_JUMP));
        link_branch_here(L, next);
    }
    link_branch_here(L, end);
}

/* index, limit, step in three slots. A variable that is neither assigned nor a cell
 * is the index itself. */
static void stat_for_num(Linker *L, const AstStat *s)
{
    static const AstExpr one = {.kind = EXPR_NUMBER, .u.number = 1};
    const AstLocal *var = s->u.for_num.var;
    const AstExpr *step = s->u.for_num.step ? s->u.for_num.step : &one;
    unsigned slots = L->top, active = L->active, base = slots;
    const AstExpr *parts[] = {s->u.for_num.start, s->u.for_num.limit, step};
    for (unsigned i = 0; i < 3; i++) {
        link_use(L, base + i + 1);
        link_expr_slot(L, parts[i], base + i);
    }
    unsigned slot = var->assigned ? link_temp(L) : base;
    L->line = s->u.for_num.do_line;
    uint32_t prep = link_emit(L, N_FOR_PREP);
    L->nodes[prep].a = (uint16_t)base;
    uint32_t body = L->count;
    L->active = L->top;
    wrap_if_cell(L, var, slot);
    link_activate(L, var, slot);
    scoped_block(L, s->u.for_num.block);
    L->line = s->line;
    bool by_one = step->kind == EXPR_NUMBER && step->u.number == 1;
    uint32_t loop = link_emit(L, by_one ? N_FOR_LOOP_1 : N_FOR_LOOP);
    Node *n = &L->nodes[loop];
    n->a = (uint16_t)base;
    n->c = (uint16_t)slot;
    n->target = (int32_t)body - (int32_t)loop;
    L->nodes[prep].target = (int32_t)loop - (int32_t)prep;
    L->top = slots;
    L->active = active;
}

static void stat_for_in(Linker *L, const AstStat *s)
{
    unsigned slots = L->top, active = L->active, base = slots;
    unsigned count = (unsigned)s->u.for_in.count, vars = base + 3, frame = vars + count + 2;
    link_list(L, s->u.for_in.values, base, 3);
    link_use(L, vars + count);
    L->active = L->top;
    L->line = s->line;
    uint32_t start = link_emit(L, N_JUMP), body = L->count;
    for (unsigned i = 0; i < count; i++) {
        wrap_if_cell(L, s->u.for_in.locals[i], vars + i);
        link_activate(L, s->u.for_in.locals[i], vars + i);
    }
    scoped_block(L, s->u.for_in.block);
    L->line = s->line;
    link_use(L, frame + 3);
    L->line = s->u.for_in.call_line;
    uint32_t call = link_emit(L, N_ITER_CALL);
    L->nodes[call].a = (uint16_t)base;
    L->nodes[call].b = L->nodes[call].c = 0;
    L->nodes[call].b = (uint16_t)count;
    L->nodes[call].c = (uint16_t)vars;
    L->nodes[call].aux = frame;
    uint32_t ret = link_emit(L, N_RET_N);
    L->nodes[ret].a = (uint16_t)frame;
    L->nodes[ret].b = (uint16_t)count;
    L->nodes[ret].c = (uint16_t)vars;
    L->nodes[ret].k.many = node_many[N_RET_N];
    uint32_t test = link_emit(L, N_ITER_TEST);
    L->nodes[test].a = (uint16_t)(base + 2);
    L->nodes[test].c = (uint16_t)vars;
    L->nodes[test].target = (int32_t)body - (int32_t)test;
    L->nodes[start].target = (int32_t)call - (int32_t)start;
    L->top = slots;
    L->active = active;
}

/* goto backwards costs a step, as every loop does. */
static void stat_goto(Linker *L, const AstStat *s)
{
    const AstLabel *label = s->u.label;
    if (label->link) {
        jump_back(L, (uint32_t)((uintptr_t)label->link >> 1));
        return;
    }
    if (L->goto_count == L->goto_capacity) {
        uint32_t capacity = L->goto_capacity ? L->goto_capacity * 2 : 8;
        PendingGoto *more = mem_alloc(capacity * sizeof *more);
        if (L->goto_count) memcpy(more, L->gotos, L->goto_count * sizeof *more);
        L->gotos = more;
        L->goto_capacity = capacity;
    }
    L->gotos[L->goto_count++] = (PendingGoto){label, link_emit(L, N_JUMP)};
}

static void label_here(Linker *L, AstLabel *label)
{
    /* odd, so that it is never taken for an address */
    label->link = (void *)((uintptr_t)L->count << 1 | 1);
    for (uint32_t i = 0; i < L->goto_count; i++) {
        if (L->gotos[i].label != label) continue;
        uint32_t from = L->gotos[i].node;
        L->nodes[from].target = (int32_t)L->count - (int32_t)from;
    }
}

static void return_slots(Linker *L, unsigned at, unsigned count, bool open)
{
    uint32_t i = link_emit(L, open ? N_RETURN_OPEN : N_RETURN_N);
    L->nodes[i].a = (uint16_t)at;
    L->nodes[i].b = (uint16_t)count;
}

static void return_one(Linker *L, const AstExpr *e)
{
    unsigned slot = 0;
    bool local = link_is_plain_local(L, e, &slot);
    if (!local) link_expr_acc(L, e);
    uint32_t i = link_emit(L, local ? N_RETURN_L : N_RETURN_A);
    L->nodes[i].a = (uint16_t)slot;
}

static void stat_return(Linker *L, const AstStat *s)
{
    const AstExpr *values = s->u.values;
    unsigned top = L->top;
    bool open;
    if (!values) {
        link_emit(L, N_RETURN_0);
    } else if (!values->next && (values->kind == EXPR_CALL || values->kind == EXPR_METHOD)) {
        link_call_tail(L, values);
    } else if (!values->next && !link_is_multi(values)) {
        return_one(L, values);
    } else {
        unsigned count = link_list_open(L, values, top, &open);
        return_slots(L, top, count, open);
    }
    L->top = top;
}

static void statement(Linker *L, const AstStat *s)
{
    switch (s->kind) {
    case STAT_LOCAL: stat_local(L, s); return; /* keeps its slots */
    case STAT_LOCAL_FUNCTION: stat_local_function(L, s); return;
    case STAT_ASSIGN: stat_assign(L, s); break;
    case STAT_CALL: link_call_discard(L, s->u.call); break;
    case STAT_DO: scoped_block(L, s->u.loop.block); break;
    case STAT_WHILE: stat_while(L, s); break;
    case STAT_REPEAT: stat_repeat(L, s); break;
    case STAT_IF: stat_if(L, s); break;
    case STAT_FOR_NUM: stat_for_num(L, s); break;
    case STAT_FOR_IN: stat_for_in(L, s); break;
    case STAT_RETURN: stat_return(L, s); break;
    case STAT_GOTO: stat_goto(L, s); break;
    case STAT_LABEL: label_here(L, s->u.label); break;
    }
    if (s->break_label) label_here(L, s->break_label);
}

void link_block(Linker *L, const AstBlock *b)
{
    for (const AstStat *s = b->stats; s; s = s->next) {
        L->line = s->line;
        L->origin = NULL;
        unsigned top = L->top;
        statement(L, s);
        if (s->kind != STAT_LOCAL && s->kind != STAT_LOCAL_FUNCTION) L->top = top;
    }
}
