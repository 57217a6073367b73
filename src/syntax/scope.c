/* SPDX-License-Identifier: MIT */
/*
 * Scopes: local variables and upvalues, labels and gotos.
 *
 * Main invariant: the active variables of the innermost function are the last ones of `vars`
 * but for pending ones, and every label and goto is of an open block.
 */
#include "syntax/scope.h"

#include <assert.h>

#include "memory/mem.h"
#include "tree/tree.h"

void scopes_init(Scopes *s, Lexer *lex)
{
    memset(s, 0, sizeof *s);
    s->lex = lex;
    s->env_name = string_constant("_ENV", 4);
    s->break_name = string_constant("break", 5);
    s->self_name = string_constant("self", 4);
}

void scope_limit(Scopes *s, const FunctionScope *f, int limit, const char *things)
{
    assert(limit > 0 && f->ast && "it is a function that has too many");
    int near = s->lex->token.kind;
    if (f->ast->line) {
        lexer_fail(s->lex, near, "too many %s (limit is %d) in function at line %d", things,
                   limit, f->ast->line);
    } else {
        lexer_fail(s->lex, near, "too many %s (limit is %d) in main function", things, limit);
    }
}

/* Variables -------------------------------------------------------------------------- */

/* Most names that are looked up are globals', which no variable of the chunk has had. */
static unsigned name_bit(const String *name)
{
    if (name->length > LEX_SHORT) return 0; /* they are not one object each */
    return (unsigned)((uintptr_t)name * 0x9e3779b97f4a7c15u >> 32) % (SCOPE_NAMES - 1) + 1;
}

static bool is_declared(const Scopes *s, const String *name)
{
    unsigned bit = name_bit(name);
    return s->declared[bit / 64] >> bit % 64 & 1;
}

static void set_declared(Scopes *s, const String *name)
{
    unsigned bit = name_bit(name);
    s->declared[bit / 64] |= (uint64_t)1 << bit % 64;
}

static void push_var(Scopes *s, AstLocal *local)
{
    FunctionScope *f = s->function;
    assert(s->var_count >= f->first_var && "variables of functions around come first");
    if (!array_room(&s->vars, s->var_count, &s->var_capacity, sizeof *s->vars)) return;
    s->vars[s->var_count++] = local;
    if (s->var_count - f->first_var > LOCALS_MAX) {
        scope_limit(s, f, LOCALS_MAX, "local variables");
    }
}

AstLocal *scope_declare(Scopes *s, String *name)
{
    assert(name && s->function && "a variable has a name, in a function");
    FunctionScope *f = s->function;
    AstFunction *ast = f->ast;
    AstLocal *local = tree_lasting(s->lex->tree, sizeof *local);
    set_declared(s, name);
    local->name = name;
    local->function = ast;
    local->line = s->lex->last_line;
    local->index = ast->local_count;
    if (tree_room(s->lex->tree, &ast->locals, ast->local_count, &f->local_capacity,
                  sizeof *ast->locals))
        ast->locals[ast->local_count++] = local;
    push_var(s, local);
    return local;
}

void scope_declare_hidden(Scopes *s, int n)
{
    for (int i = 0; i < n; i++) push_var(s, NULL);
}

/* What was left out for want of memory is not there. */
void scope_activate(Scopes *s, int n)
{
    assert(n >= 0 && "what is visible stays so until its block ends");
    FunctionScope *f = s->function;
    int there = s->var_count - f->first_var;
    f->active = f->active + n < there ? f->active + n : there;
}

AstLocal **scope_youngest(const Scopes *s, int n)
{
    assert(n > 0 && "there are variables");
    AstLocal **copy = tree_node(s->lex->tree, (size_t)n * sizeof(AstLocal *));
    int there = s->var_count < n ? s->var_count : n;
    if (there) memcpy(copy, s->vars + s->var_count - there, (size_t)there * sizeof *copy);
    return copy;
}

static AstLocal *find_local(const Scopes *s, const FunctionScope *f, const String *name)
{
    assert(f->first_var + f->active <= s->var_count && "active variables are there");
    for (int i = f->first_var + f->active - 1; i >= f->first_var; i--) {
        AstLocal *local = s->vars[i];
        if (local && name_equal(local->name, name)) return local;
    }
    return NULL;
}

/* Answers -1 where there is no memory. */
static int add_upvalue(Scopes *s, FunctionScope *f, AstUpvalue upvalue)
{
    AstFunction *ast = f->ast;
    if (ast->upvalue_count == UPVALUES_MAX) scope_limit(s, f, UPVALUES_MAX, "upvalues");
    if (!tree_room(s->lex->tree, &ast->upvalues, ast->upvalue_count, &f->upvalue_capacity,
                   sizeof *ast->upvalues))
        return -1;
    ast->upvalues[ast->upvalue_count] = upvalue;
    return ast->upvalue_count++;
}

/* The number of f's upvalue for a variable of the functions around it; -1 if it has
 * none, or there is no memory. By name is enough: around f, the meaning of a name does not
 * change. */
static int find_upvalue(Scopes *s, FunctionScope *f, String *name)
{
    const AstFunction *ast = f->ast;
    for (int i = 0; i < ast->upvalue_count; i++) {
        if (name_equal(ast->upvalues[i].name, name)) return i;
    }
    if (!f->outer) return -1;
    AstLocal *local = find_local(s, f->outer, name);
    if (local) {
        local->captured = true;
        return add_upvalue(s, f, (AstUpvalue){name, local, true, local->index});
    }
    int outer = find_upvalue(s, f->outer, name);
    if (outer < 0) return -1;
    local = f->outer->ast->upvalues[outer].local;
    return add_upvalue(s, f, (AstUpvalue){name, local, false, outer});
}

/* The chunk's own _ENV, where no other variable has that name. */
static bool resolve_env(Scopes *s, AstExpr *e)
{
    FunctionScope *f = s->function;
    if (!f->env) f->env = find_upvalue(s, f, s->env_name) + 1;
    if (!f->env) return false; /* no memory */
    e->kind = EXPR_UPVALUE;
    e->u.upvalue = f->env - 1;
    return true;
}

bool scope_resolve(Scopes *s, String *name, AstExpr *e)
{
    if (!is_declared(s, name)) return name == s->env_name && resolve_env(s, e);
    AstLocal *local = find_local(s, s->function, name);
    if (local) {
        e->kind = EXPR_LOCAL;
        e->u.local = local;
        return true;
    }
    int upvalue = find_upvalue(s, s->function, name);
    if (upvalue < 0) return false;
    e->kind = EXPR_UPVALUE;
    e->u.upvalue = upvalue;
    return true;
}

AstExpr *scope_global_env(const Scopes *s, const String *name)
{
    const FunctionScope *f = s->function;
    AstExpr *env = f->env_shared;
    if (!env || f->env != env->u.upvalue + 1 || name == s->env_name) return NULL;
    return is_declared(s, name) || is_declared(s, s->env_name) ? NULL : env;
}

void scope_mark_assigned(const Scopes *s, const AstExpr *e)
{
    if (e->kind == EXPR_LOCAL) {
        e->u.local->assigned = true;
    } else if (e->kind == EXPR_UPVALUE) {
        s->function->ast->upvalues[e->u.upvalue].local->assigned = true;
    }
}

/* Labels and gotos ------------------------------------------------------------------- */

static NamedEntry *entry_at(void *entries, size_t size, int i)
{
    return (NamedEntry *)((char *)entries + (size_t)i * size);
}

static int *chain_head(const NameChains *c, const String *name)
{
    assert(c->size > 0 && (c->size & (c->size - 1)) == 0 && "heads are a power of two");
    return &c->heads[string_hash(name) & ((uint32_t)c->size - 1)];
}

static void link_last(NameChains *c, void *entries, size_t size, int i)
{
    assert(i >= 0 && "an entry has a number");
    NamedEntry *e = entry_at(entries, size, i);
    int *head = chain_head(c, e->name);
    e->before = *head;
    *head = i + 1;
}

/* More heads. Without memory for them the chains stay as they are, and grow long. */
static void chains_widen(NameChains *c, void *entries, size_t size, int count)
{
    int more = c->size ? c->size * 2 : 16;
    size_t bytes = (size_t)more * sizeof *c->heads;
    compile_save_up(bytes);
    int *heads = mem_try_alloc_atomic(bytes);
    if (!heads) {
        mem_refuse();
        return;
    }
    mem_count(bytes);
    memset(heads, 0, bytes);
    c->heads = heads;
    c->size = more;
    for (int k = 0; k < count; k++) link_last(c, entries, size, k);
}

/* Entry i, the last one, comes into its chain. Amortised O(1). */
static void chain_add(NameChains *c, void *entries, size_t size, int i)
{
    if (i >= c->size) chains_widen(c, entries, size, i);
    link_last(c, entries, size, i);
}

/* Entries from `from` on leave. */
static void chain_cut(const NameChains *c, void *entries, size_t size, int count, int from)
{
    assert(from >= 0 && from <= count && "entries leave at the end");
    while (count-- > from) {
        const NamedEntry *e = entry_at(entries, size, count);
        *chain_head(c, e->name) = e->before;
    }
}

static void cut_labels(Scopes *s, int from)
{
    chain_cut(&s->label_chains, s->labels, sizeof *s->labels, s->label_count, from);
    s->label_count = from;
}

static void cut_gotos(Scopes *s, int from)
{
    chain_cut(&s->goto_chains, s->gotos, sizeof *s->gotos, s->goto_count, from);
    s->goto_count = from;
}

/* False: no memory. */
static bool add_goto(Scopes *s, GotoEntry g)
{
    if (!array_room(&s->gotos, s->goto_count, &s->goto_capacity, sizeof *s->gotos))
        return false;
    s->gotos[s->goto_count] = g;
    chain_add(&s->goto_chains, s->gotos, sizeof *s->gotos, s->goto_count);
    s->goto_count++;
    return true;
}

static void into_scope(Scopes *s, const GotoEntry *g)
{
    int index = s->function->first_var + g->active;
    const AstLocal *local = index < s->var_count ? s->vars[index] : NULL;
    const String *name = local ? local->name : s->env_name, *label = g->n.name;
    bool first = !s->lex->failed;
    lexer_fail(s->lex, 0, "<goto %.*s> at line %d jumps into the scope of local '%.*s'",
               text_int(label->length), label->data, g->line, text_int(name->length),
               name->data);
    if (first) s->lex->error_at = g->place;
}

/* The label of this name in the innermost block, or -1 where it has none. */
static int find_label(const Scopes *s, const String *name)
{
    if (!s->label_chains.size) return -1;
    int i = *chain_head(&s->label_chains, name) - 1, first = s->function->block->first_label;
    while (i >= first && !name_equal(s->labels[i].n.name, name)) i = s->labels[i].n.before - 1;
    return i >= first ? i : -1;
}

/* Binds a goto, the last one, to a label of the innermost block, if that has it. */
static void bind_last(Scopes *s)
{
    assert(s->goto_count > 0 && "there is a goto");
    GotoEntry *g = &s->gotos[s->goto_count - 1];
    int i = find_label(s, g->n.name);
    if (i < 0) return;
    if (g->active < s->labels[i].active) into_scope(s, g);
    g->stat->u.label = s->labels[i].label;
    cut_gotos(s, s->goto_count - 1);
}

/* Binds the pending gotos of block b to a label; false if none means it. */
static bool bind_pending(Scopes *s, const BlockScope *b, AstLabel *label, int active)
{
    bool any = false;
    const GotoEntry *wrong = NULL; /* the first one */
    int i = s->goto_chains.size ? *chain_head(&s->goto_chains, label->name) - 1 : -1;
    for (; i >= b->first_goto; i = s->gotos[i].n.before - 1) {
        GotoEntry *g = &s->gotos[i];
        if (!g->stat || !name_equal(g->n.name, label->name)) continue;
        any = true;
        if (g->active < active) wrong = g;
        g->stat->u.label = label;
        g->stat = NULL;
    }
    if (wrong) into_scope(s, wrong);
    return any;
}

static int count_named(const Scopes *s, int active)
{
    assert(s->function->first_var + active <= s->var_count && "active variables are there");
    int named = 0;
    for (int i = 0; i < active; i++) named += s->vars[s->function->first_var + i] != NULL;
    return named;
}

void scope_check_label(Scopes *s, const String *name)
{
    int i = find_label(s, name);
    if (i < 0) return;
    bool first = !s->lex->failed;
    lexer_fail(s->lex, 0, "label '%.*s' already defined on line %d", text_int(name->length),
               name->data, s->labels[i].label->line);
    if (first) s->lex->error_at = s->lex->last_place;
}

int scope_add_label(Scopes *s, AstLabel *label)
{
    if (!array_room(&s->labels, s->label_count, &s->label_capacity, sizeof *s->labels))
        return -1;
    s->labels[s->label_count] = (LabelEntry){{label->name, 0}, label, s->function->active};
    chain_add(&s->label_chains, s->labels, sizeof *s->labels, s->label_count);
    label->index = s->function->ast->label_count++;
    return s->label_count++;
}

void scope_bind_label(Scopes *s, int index, bool ends_block)
{
    assert(index < s->label_count && "the label is known");
    if (index < 0) return;
    LabelEntry *entry = &s->labels[index];
    if (ends_block) entry->active = s->function->block->active;
    entry->label->locals = count_named(s, entry->active);
    bind_pending(s, s->function->block, entry->label, entry->active);
}

void scope_goto(Scopes *s, AstStat *stat, String *name)
{
    GotoEntry g = {{name, 0}, stat->line, s->function->active, stat, s->lex->last_place};
    if (add_goto(s, g)) bind_last(s);
}

/* Blocks and functions --------------------------------------------------------------- */

void scope_open_block(Scopes *s, BlockScope *b, bool is_loop)
{
    FunctionScope *f = s->function;
    b->outer = f->block;
    b->active = f->active;
    b->first_label = s->label_count;
    b->first_goto = s->goto_count;
    b->is_loop = is_loop;
    f->block = b;
}

static AstLabel *bind_breaks(Scopes *s, const BlockScope *b)
{
    if (b->first_goto == s->goto_count) return NULL;
    AstLabel *label = tree_node(s->lex->tree, sizeof *label);
    label->name = s->break_name;
    label->line = s->lex->last_line;
    label->locals = count_named(s, b->active);
    if (!bind_pending(s, b, label, b->active)) return NULL;
    label->index = s->function->ast->label_count++;
    return label;
}

/* Gotos that left b are where b is; the labels before it are theirs to find. */
static void move_gotos_out(Scopes *s, const BlockScope *b)
{
    assert(s->function->block == b->outer && "the block has been left");
    int count = s->goto_count;
    cut_gotos(s, b->first_goto);
    for (int i = b->first_goto; i < count; i++) {
        GotoEntry g = s->gotos[i];
        if (!g.stat) continue;
        if (g.active > b->active) g.active = b->active;
        if (add_goto(s, g)) bind_last(s);
    }
}

static void unbound_goto(Scopes *s, const GotoEntry *g)
{
    bool first = !s->lex->failed;
    if (g->n.name == s->break_name) {
        lexer_fail(s->lex, 0, "<break> at line %d not inside a loop", g->line);
    } else {
        lexer_fail(s->lex, 0, "no visible label '%.*s' for <goto> at line %d",
                   text_int(g->n.name->length), g->n.name->data, g->line);
    }
    if (first) s->lex->error_at = g->place;
}

AstLabel *scope_close_block(Scopes *s)
{
    FunctionScope *f = s->function;
    const BlockScope *b = f->block;
    assert(b && "a block is open");
    assert(b->active <= f->active && "variables of the blocks around stay");
    assert(b->first_label <= s->label_count && b->first_goto <= s->goto_count &&
           "labels and gotos of the blocks around stay");
    AstLabel *break_label = b->is_loop ? bind_breaks(s, b) : NULL;
    f->block = b->outer;
    s->var_count -= f->active - b->active;
    f->active = b->active;
    cut_labels(s, b->first_label);
    if (f->block) {
        move_gotos_out(s, b);
        return break_label;
    }
    int i = b->first_goto;
    while (i < s->goto_count && !s->gotos[i].stat) i++;
    if (i < s->goto_count) unbound_goto(s, &s->gotos[i]);
    return break_label;
}

static void add_env(Scopes *s, FunctionScope *f)
{
    AstLocal *env = tree_lasting(s->lex->tree, sizeof *env);
    env->name = s->env_name;
    env->captured = true;
    add_upvalue(s, f, (AstUpvalue){s->env_name, env, true, 0});
}

static void add_function(Scopes *s, FunctionScope *outer, AstFunction *ast)
{
    AstFunction *in = outer->ast;
    ast->parent = in;
    if (!tree_room(s->lex->tree, &in->functions, in->function_count, &outer->function_capacity,
                   sizeof *in->functions))
        return;
    in->functions[in->function_count++] = ast;
}

void scope_open_function(Scopes *s, FunctionScope *f, AstFunction *ast)
{
    memset(f, 0, sizeof *f);
    f->outer = s->function;
    f->ast = ast;
    f->first_var = s->var_count;
    s->function = f;
    scope_open_block(s, &f->body, false);
    if (f->outer) {
        add_function(s, f->outer, ast);
    } else {
        add_env(s, f);
    }
}

void scope_close_function(Scopes *s)
{
    FunctionScope *f = s->function;
    assert(f->block == &f->body && "all inner blocks are closed");
    assert(f->first_var <= s->var_count && "variables of functions around stay");
    scope_close_block(s);
    cut_gotos(s, f->body.first_goto);
    s->var_count = f->first_var;
    s->function = f->outer;
}
