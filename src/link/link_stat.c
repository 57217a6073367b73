/* SPDX-License-Identifier: MIT */
/*
 * The linker: statements.
 *
 * Main invariant: a statement that ends leaves the slots as they were but for the locals that
 * it declares, and every jump has a target when its function ends.
 */
#include "link/link_internal.h"

/* Scopes ---------------------------------------------------------------------------- */

typedef struct Extent {
    unsigned top, active;
    uint32_t locals; /* those declared from here on end with it */
} Extent;

static Extent extent_open(const Linker *L)
{
    return (Extent){L->top, L->active, L->proto->local_count};
}

static void extent_end_locals(Linker *L, Extent e)
{
    for (uint32_t i = e.locals; i < L->proto->local_count; i++)
        if (!L->proto->locals[i].end) L->proto->locals[i].end = L->count;
}

static void extent_close(Linker *L, Extent e)
{
    extent_end_locals(L, e);
    L->top = e.top;
    L->active = e.active;
}

/* A jump where PUC Lua would come to only from a jump of its own, and go on from that:
 * at no line. */
static uint32_t jump_node(Linker *L, NodeKind kind)
{
    bool closed = L->count && L->closed_at == L->count;
    uint32_t i = link_emit(L, kind);
    if (closed) L->lines[i] = 0;
    return i;
}

static void loop_node(Linker *L, uint32_t to)
{
    uint32_t i = jump_node(L, N_LOOP);
    L->nodes[i].target = (int32_t)to - (int32_t)i;
}

/* Branches that would land on the jump have one of their own, at no line: in PUC Lua they
 * go back themselves. */
static void jump_back(Linker *L, uint32_t to)
{
    NodeList landed = link_landed(L);
    loop_node(L, to);
    if (!landed.count) return;
    for (uint32_t i = 0; i < landed.count; i++)
        L->nodes[landed.all[i]].target = (int32_t)L->count - (int32_t)landed.all[i];
    L->line = 0;
    loop_node(L, to);
}

/* A jump forward, with the branches that would land on it. */
static void jump_on(Linker *L, Branches *list)
{
    NodeList landed = link_landed(L);
    link_branch_add(L, list, jump_node(L, N_JUMP));
    for (uint32_t i = 0; i < landed.count; i++) link_branch_add(L, list, landed.all[i]);
}

/* PUC Lua jumps to the end of a block that has captured variables, at its last line: a node
 * only if the line is another. */
static void end_captured(Linker *L, Extent e, const AstBlock *b)
{
    bool captured = false;
    for (uint32_t i = e.locals; i < L->proto->local_count; i++)
        captured |= !L->proto->locals[i].end && L->proto->locals[i].captured;
    if (!captured || !L->count || L->closed_at == L->count) return;
    if (L->lines[L->count - 1] == b->end_line) {
        L->closed_at = L->count;
        return;
    }
    L->line = b->end_line;
    Branches on = 0;
    jump_on(L, &on);
    link_branch_here(L, on);
}

static void scoped_block(Linker *L, const AstBlock *b)
{
    Extent e = extent_open(L);
    L->loops++;
    link_block(L, b);
    L->loops--;
    end_captured(L, e, b);
    extent_close(L, e);
}

/* Local variables ------------------------------------------------------------------ */

static void wrap_if_cell(Linker *L, const AstLocal *l, unsigned slot)
{
    if (!local_is_cell(l)) return;
    uint32_t i = link_emit(L, N_WRAP_CELL);
    L->nodes[i].a = L->nodes[i].c = (uint16_t)slot;
    if (i) L->lines[i] = L->lines[i - 1];
    if (L->nil_end == i + 1) L->nil_end++;
}

static void stat_local(Linker *L, const AstStat *s)
{
    unsigned at = L->top, count = (unsigned)s->u.local.count;
    L->line = s->end_line;
    link_list(L, s->u.local.values, at, count);
    L->top = at + count;
    for (unsigned i = 0; i < count; i++) wrap_if_cell(L, s->u.local.locals[i], at + i);
    for (unsigned i = 0; i < count; i++) link_activate(L, s->u.local.locals[i], at + i);
}

/* The variable exists before its function, which may capture it: by itself if it is
 * never assigned again, else through its cell. To the debug library it exists after. */
static void stat_local_function(Linker *L, const AstStat *s)
{
    const AstLocal *l = s->u.local.locals[0];
    unsigned slot = link_temp(L);
    uint32_t known = L->proto->local_count;
    link_activate(L, l, slot);
    L->line = s->u.local.values->u.function->end_line;
    if (local_is_cell(l)) {
        link_node(L, N_CONST_A)->k.v = V_NIL;
        link_node(L, N_NEW_CELL)->c = (uint16_t)slot;
        link_expr_acc(L, s->u.local.values);
        link_node(L, N_SET_CELL)->a = (uint16_t)slot;
    } else {
        const AstLocal *outer = L->defining;
        L->defining = l;
        link_expr_slot(L, s->u.local.values, slot);
        L->defining = outer;
    }
    if (!L->failed) L->proto->locals[known].start = L->count; /* else it may not be there */
}

/* Assignment ------------------------------------------------------------------------ */

/* The values but for the last one, to slots from `at` on; that one if it is the last target's.
 */
static const AstExpr *all_but_last(Linker *L, const AstExpr *e, unsigned at, unsigned count)
{
    unsigned values = 0;
    for (const AstExpr *v = e; v; v = v->next) values++;
    if (values != count) return NULL;
    for (; e->next; e = e->next, at++) {
        link_use(L, at + 1);
        link_expr_slot(L, e, at);
    }
    return e;
}

/* Targets' parts first, then all values, then the stores from the last to the first,
 * as PUC Lua does. The last value is stored at once. */
static void assign_several(Linker *L, const AstStat *s, unsigned count)
{
    Target few[16], *targets = count <= 16 ? few : mem_alloc_counted(count * sizeof *targets);
    unsigned i = 0;
    for (const AstExpr *e = s->u.assign.targets; e; e = e->next) {
        for (unsigned k = 0; k < i; k++) link_target_conflict(L, &targets[k], e);
        targets[i++] = link_target(L, e);
    }
    unsigned at = L->top;
    const AstExpr *last = all_but_last(L, s->u.assign.values, at, count);
    if (last)
        link_store_expr(L, &targets[--i], last);
    else
        link_list(L, s->u.assign.values, at, count);
    while (i-- > 0) link_store_slot(L, &targets[i], at + i);
}

static bool is_same_local(const AstExpr *a, const AstExpr *b)
{
    return a->kind == EXPR_LOCAL && b->kind == EXPR_LOCAL && a->u.local == b->u.local;
}

static void stat_assign(Linker *L, const AstStat *s)
{
    unsigned count = 0;
    L->line = s->end_line;
    for (const AstExpr *e = s->u.assign.targets; e; e = e->next) count++;
    if (count > 1 || s->u.assign.values->next) {
        assign_several(L, s, count);
        return;
    }
    if (is_same_local(s->u.assign.targets, s->u.assign.values)) return;
    Target t = link_target(L, s->u.assign.targets);
    link_store_expr(L, &t, s->u.assign.values);
}

/* Control --------------------------------------------------------------------------- */

static void stat_while(Linker *L, const AstStat *s)
{
    Branches out = 0;
    uint32_t top = link_target_here(L);
    L->loops++;
    L->line = s->u.loop.test_line;
    link_condition(L, s->u.loop.condition, false, &out);
    scoped_block(L, s->u.loop.block);
    L->loops--;
    L->line = s->u.loop.block->end_line;
    jump_back(L, top);
    link_branch_here(L, out);
}

static void forget_landed(Linker *L, uint32_t node)
{
    NodeList *list = &L->landed;
    if (L->landed_at != L->count) return;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->all[i] == node) list->all[i] = list->all[--list->count];
}

/* The condition sees the block's locals, so the scope ends after it. */
static void stat_repeat(Linker *L, const AstStat *s)
{
    Branches out = 0;
    Extent e = extent_open(L);
    uint32_t top = link_target_here(L);
    L->loops++;
    link_block(L, s->u.loop.block);
    L->line = s->u.loop.test_line;
    uint32_t test = L->count;
    link_condition(L, s->u.loop.condition, true, &out);
    L->loops--;
    uint32_t last = L->count - 1;
    if (test == L->count) { /* `until false`, which is a test in PUC Lua */
        loop_node(L, top);
    } else {
        if (L->nodes[last].kind == N_JUMP) L->lines[last] = 0; /* `until true`: nothing */
        jump_back(L, top);
    }
    link_branch_here(L, out);
    forget_landed(L, last); /* in PUC Lua it falls through */
    extent_close(L, e);
}

/* The jump waits for the label. */
static void wait_for(Linker *L, const AstLabel *label, uint32_t node)
{
    link_branch_add(L, &L->waiting[label->index], node);
}

/* The place of a label that is known already, or UINT32_MAX where it comes later. */
static uint32_t label_place(const Linker *L, const AstLabel *label)
{
    return L->places[label->index] - 1;
}

/* Whether the clause is nothing but a goto or break: a branch, as in PUC Lua. */
static bool is_branch(const AstClause *c)
{
    const AstStat *s = c->block->stats;
    return c->condition && s && s->kind == STAT_GOTO && !s->next;
}

static void branch_clause(Linker *L, const AstClause *c)
{
    const AstLabel *label = c->block->stats->u.label;
    uint32_t place = label_place(L, label);
    Branches list = 0;
    link_condition(L, c->condition, place == UINT32_MAX, &list);
    if (place != UINT32_MAX) { /* backwards: costs a step */
        loop_node(L, place);
        link_branch_here(L, list);
        L->landed_at = UINT32_MAX;
        return;
    }
    while (list) {
        uint32_t node = list - 1;
        list = (Branches)L->nodes[node].target;
        wait_for(L, label, node);
    }
}

static void clause(Linker *L, const AstClause *c, Branches *end)
{
    Branches next = 0;
    L->line = c->test_line;
    if (is_branch(c)) {
        branch_clause(L, c);
        return;
    }
    if (c->condition) link_condition(L, c->condition, false, &next);
    scoped_block(L, c->block);
    L->line = c->block->end_line;
    if (c->next) jump_on(L, end);
    link_branch_here(L, next);
}

static void stat_if(Linker *L, const AstStat *s)
{
    Branches end = 0;
    for (const AstClause *c = s->u.clauses; c; c = c->next) clause(L, c, &end);
    link_branch_here(L, end);
}

/* Loops ----------------------------------------------------------------------------- */

/* The loop's own three slots, which are variables to the debug library. */
static void hidden_state(Linker *L, unsigned base, const char *const names[3])
{
    for (unsigned i = 0; i < 3; i++)
        link_name_slot(L, string_constant(names[i], strlen(names[i])), base + i);
}

/* Its nodes but for those that make cells of the variables, which PUC Lua does not have. */
static void loop_body(Linker *L, AstLocal *const *locals, unsigned count, unsigned slot,
                      const AstBlock *b)
{
    Extent e = extent_open(L);
    uint32_t first = L->count;
    for (unsigned i = 0; i < count; i++) wrap_if_cell(L, locals[i], slot + i);
    uint32_t own = L->count;
    for (unsigned i = 0; i < count; i++) link_activate(L, locals[i], slot + i);
    L->loops++;
    link_block(L, b);
    L->loops--;
    end_captured(L, e, b);
    extent_close(L, e);
    if (own < L->count)
        for (; first < own; first++) L->lines[first] = L->lines[own];
}

/* index, limit, step in three slots. A variable that is neither assigned nor a cell
 * is the index itself. */
static void stat_for_num(Linker *L, const AstStat *s)
{
    static const char *const names[3] = {"(for index)", "(for limit)", "(for step)"};
    static const AstExpr one = {.kind = EXPR_NUMBER, .u.number = 1};
    AstLocal *var = s->u.for_num.var;
    const AstExpr *step = s->u.for_num.step ? s->u.for_num.step : &one;
    const AstExpr *parts[] = {s->u.for_num.start, s->u.for_num.limit, step};
    Extent e = extent_open(L);
    unsigned base = L->top;
    for (unsigned i = 0; i < 3; i++) {
        link_use(L, base + i + 1);
        link_expr_slot(L, parts[i], base + i);
    }
    if (step == &one) L->lines[L->count - 1] = s->u.for_num.limit->line;
    hidden_state(L, base, names);
    unsigned slot = var->assigned ? link_temp(L) : base;
    L->line = s->u.for_num.do_line;
    L->origin = s->u.for_num.start; /* and those behind it */
    uint32_t prep = link_emit(L, N_FOR_PREP);
    L->origin = NULL;
    L->nodes[prep].a = (uint16_t)base;
    uint32_t body = L->count;
    L->active = L->top;
    loop_body(L, &var, 1, slot, s->u.for_num.block);
    L->line = s->line;
    bool by_one = step->kind == EXPR_NUMBER && step->u.number == 1;
    uint32_t loop = link_emit(L, by_one ? N_FOR_LOOP_1 : N_FOR_LOOP);
    Node *n = &L->nodes[loop];
    n->a = (uint16_t)base;
    n->c = (uint16_t)slot;
    n->target = (int32_t)body - (int32_t)loop;
    L->nodes[prep].target = (int32_t)loop - (int32_t)prep;
    extent_close(L, e);
}

/* The call of the iterator, and the test of what it gives. */
static void iterate(Linker *L, const AstStat *s, unsigned base, uint32_t body)
{
    unsigned count = (unsigned)s->u.for_in.count, vars = base + 3, frame = vars + count + 2;
    link_use(L, frame + 3);
    L->line = s->u.for_in.call_line;
    L->origin = s->u.for_in.values;
    Node *n = link_node(L, N_ITER_CALL);
    L->origin = NULL;
    n->a = (uint16_t)base;
    n->b = (uint16_t)count;
    n->c = (uint16_t)vars;
    n->aux = frame;
    n = link_node(L, N_RET_N);
    n->a = (uint16_t)frame;
    n->b = (uint16_t)count;
    n->c = (uint16_t)vars;
    n->k.many = link_many(N_RET_N);
    uint32_t test = link_emit(L, N_ITER_TEST);
    n = &L->nodes[test];
    n->a = (uint16_t)(base + 2);
    n->c = (uint16_t)vars;
    n->target = (int32_t)body - (int32_t)test;
}

static void stat_for_in(Linker *L, const AstStat *s)
{
    static const char *const names[3] = {"(for generator)", "(for state)", "(for control)"};
    Extent e = extent_open(L);
    unsigned base = L->top, count = (unsigned)s->u.for_in.count;
    L->line = s->u.for_in.call_line;
    link_list(L, s->u.for_in.values, base, 3);
    hidden_state(L, base, names);
    link_use(L, base + 3 + count);
    L->active = L->top;
    L->line = s->u.for_in.do_line;
    Branches start = 0;
    jump_on(L, &start);
    uint32_t body = L->count;
    loop_body(L, s->u.for_in.locals, count, base + 3, s->u.for_in.block);
    link_branch_here(L, start);
    iterate(L, s, base, body);
    extent_close(L, e);
}

/* Jumps ----------------------------------------------------------------------------- */

/* goto backwards costs a step, as every loop does. */
static void stat_goto(Linker *L, const AstStat *s)
{
    const AstLabel *label = s->u.label;
    uint32_t place = label_place(L, label);
    L->line = s->end_line;
    if (place != UINT32_MAX) {
        jump_back(L, place);
        return;
    }
    NodeList landed = link_landed(L);
    wait_for(L, label, jump_node(L, N_JUMP));
    for (uint32_t i = 0; i < landed.count; i++) wait_for(L, label, landed.all[i]);
}

/* The jumps that wait for a label lead here. */
static void bind_gotos(Linker *L, const AstLabel *label)
{
    link_branch_here(L, L->waiting[label->index]);
    L->waiting[label->index] = 0;
    link_target_here(L);
}

static void label_here(Linker *L, const AstLabel *label)
{
    bind_gotos(L, label);
    L->places[label->index] = L->count + 1;
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
    L->line = s->end_line;
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
    if (s->break_label) bind_gotos(L, s->break_label);
}

/* Code without calls and loops can be long, too, and may be in a loop. A poll before a
 * statement has the line of its first node. */
static void polled_statement(Linker *L, const AstStat *s)
{
    uint32_t i = link_emit(L, N_POLL);
    L->polled = L->paid = L->count;
    statement(L, s);
    L->lines[i] = L->count > i + 1 ? L->lines[i + 1] : 0;
}

void link_block(Linker *L, const AstBlock *b)
{
    for (const AstStat *s = b->stats; s && !L->failed; s = s->next) {
        L->line = s->line;
        L->origin = NULL;
        unsigned top = L->top;
        if (L->count - L->polled < NODES_A_STEP)
            statement(L, s);
        else
            polled_statement(L, s);
        if (s->kind != STAT_LOCAL && s->kind != STAT_LOCAL_FUNCTION) L->top = top;
    }
}
