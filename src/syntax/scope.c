/* SPDX-License-Identifier: MIT */
/*
 * Scopes: local variables and upvalues, labels and gotos.
 */
#include "syntax/scope.h"

#include "mem.h"

void scopes_init(Scopes *s, Lexer *lex)
{
    memset(s, 0, sizeof *s);
    s->lex = lex;
    s->env_name = string_constant("_ENV", 4);
    s->break_name = string_constant("break", 5);
}

void scope_limit(Scopes *s, const FunctionScope *f, int limit, const char *things)
{
    int near = s->lex->token.kind;
    if (f->ast->line) {
        lexer_fail(s->lex, near, "too many %s (limit is %d) in function at line %d", things,
                   limit, f->ast->line);
    } else {
        lexer_fail(s->lex, near, "too many %s (limit is %d) in main function", things, limit);
    }
}

/* Variables -------------------------------------------------------------------------- */

static void push_var(Scopes *s, AstLocal *local)
{
    FunctionScope *f = s->function;
    s->vars = array_room(s->vars, s->var_count, &s->var_capacity, sizeof *s->vars);
    s->vars[s->var_count++] = local;
    if (s->var_count - f->first_var > LOCALS_MAX) {
        scope_limit(s, f, LOCALS_MAX, "local variables");
    }
}

AstLocal *scope_declare(Scopes *s, String *name)
{
    FunctionScope *f = s->function;
    AstFunction *ast = f->ast;
    AstLocal *local = mem_new_counted(sizeof *local);
    local->name = name;
    local->function = ast;
    local->line = s->lex->last_line;
    local->index = ast->local_count;
    ast->locals =
        array_room(ast->locals, ast->local_count, &f->local_capacity, sizeof *ast->locals);
    ast->locals[ast->local_count++] = local;
    push_var(s, local);
    return local;
}

void scope_declare_hidden(Scopes *s, int n)
{
    for (int i = 0; i < n; i++) push_var(s, NULL);
}

void scope_activate(Scopes *s, int n) { s->function->active += n; }

AstLocal **scope_youngest(const Scopes *s, int n)
{
    AstLocal **copy = mem_alloc_counted((size_t)n * sizeof(AstLocal *));
    memcpy(copy, s->vars + s->var_count - n, (size_t)n * sizeof(AstLocal *));
    return copy;
}

static AstLocal *find_local(const Scopes *s, const FunctionScope *f, const String *name)
{
    for (int i = f->first_var + f->active - 1; i >= f->first_var; i--) {
        AstLocal *local = s->vars[i];
        if (local && name_equal(local->name, name)) return local;
    }
    return NULL;
}

static int add_upvalue(Scopes *s, FunctionScope *f, AstUpvalue upvalue)
{
    AstFunction *ast = f->ast;
    if (ast->upvalue_count == UPVALUES_MAX) scope_limit(s, f, UPVALUES_MAX, "upvalues");
    ast->upvalues = array_room(ast->upvalues, ast->upvalue_count, &f->upvalue_capacity,
                               sizeof *ast->upvalues);
    ast->upvalues[ast->upvalue_count] = upvalue;
    return ast->upvalue_count++;
}

/* The number of f's upvalue for a variable of the functions around it; -1 if it has
 * none. By name is enough: around f, the meaning of a name does not change. */
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

bool scope_resolve(Scopes *s, String *name, AstExpr *e)
{
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

void scope_mark_assigned(const Scopes *s, const AstExpr *e)
{
    if (e->kind == EXPR_LOCAL) {
        e->u.local->assigned = true;
    } else if (e->kind == EXPR_UPVALUE) {
        s->function->ast->upvalues[e->u.upvalue].local->assigned = true;
    }
}

/* Labels and gotos ------------------------------------------------------------------- */

static bool into_scope(Scopes *s, const GotoEntry *g, const LabelEntry *entry)
{
    if (g->active >= entry->active) return false;
    const AstLocal *local = s->vars[s->function->first_var + g->active];
    const String *name = local ? local->name : s->env_name;
    lexer_fail(s->lex, 0, "<goto %.*s> at line %d jumps into the scope of local '%.*s'",
               text_int(g->name->length), g->name->data, g->line, text_int(name->length),
               name->data);
    return true;
}

static void remove_goto(Scopes *s, int index)
{
    s->goto_count--;
    memmove(s->gotos + index, s->gotos + index + 1,
            (size_t)(s->goto_count - index) * sizeof *s->gotos);
}

static void bind_goto(Scopes *s, int index, const LabelEntry *entry)
{
    GotoEntry *g = &s->gotos[index];
    into_scope(s, g, entry);
    g->stat->u.label = entry->label;
    remove_goto(s, index);
}

/* Binds a pending goto to a label of the innermost block, if that has it. */
static bool find_label(Scopes *s, int index)
{
    for (int i = s->function->block->first_label; i < s->label_count; i++) {
        if (name_equal(s->labels[i].label->name, s->gotos[index].name)) {
            bind_goto(s, index, &s->labels[i]);
            return true;
        }
    }
    return false;
}

/* Binds the pending gotos of block b to a label; false if none means it. */
static bool bind_pending(Scopes *s, const BlockScope *b, const LabelEntry *entry)
{
    bool any = false;
    for (int i = b->first_goto; i < s->goto_count;) {
        if (name_equal(s->gotos[i].name, entry->label->name)) {
            bind_goto(s, i, entry);
            any = true;
        } else {
            i++;
        }
    }
    return any;
}

static int count_named(const Scopes *s, int active)
{
    int named = 0;
    for (int i = 0; i < active; i++) named += s->vars[s->function->first_var + i] != NULL;
    return named;
}

void scope_check_label(Scopes *s, const String *name)
{
    for (int i = s->function->block->first_label; i < s->label_count; i++) {
        const AstLabel *label = s->labels[i].label;
        if (!name_equal(label->name, name)) continue;
        lexer_fail(s->lex, 0, "label '%.*s' already defined on line %d", text_int(name->length),
                   name->data, label->line);
    }
}

int scope_add_label(Scopes *s, AstLabel *label)
{
    s->labels = array_room(s->labels, s->label_count, &s->label_capacity, sizeof *s->labels);
    s->labels[s->label_count] = (LabelEntry){label, s->function->active};
    return s->label_count++;
}

void scope_bind_label(Scopes *s, int index, bool ends_block)
{
    LabelEntry *entry = &s->labels[index];
    if (ends_block) entry->active = s->function->block->active;
    entry->label->locals = count_named(s, entry->active);
    bind_pending(s, s->function->block, entry);
}

void scope_goto(Scopes *s, AstStat *stat, String *name)
{
    s->gotos = array_room(s->gotos, s->goto_count, &s->goto_capacity, sizeof *s->gotos);
    s->gotos[s->goto_count] = (GotoEntry){name, stat->line, s->function->active, stat};
    find_label(s, s->goto_count++);
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
    AstLabel *label = mem_new_counted(sizeof *label);
    label->name = s->break_name;
    label->line = s->lex->last_line;
    label->locals = count_named(s, b->active);
    return bind_pending(s, b, &(LabelEntry){label, b->active}) ? label : NULL;
}

/* Gotos that left b are where b is; the labels before it are theirs to find. */
static void move_gotos_out(Scopes *s, const BlockScope *b)
{
    for (int i = b->first_goto; i < s->goto_count;) {
        GotoEntry *g = &s->gotos[i];
        if (g->active > b->active) g->active = b->active;
        if (!find_label(s, i)) i++;
    }
}

static void unbound_goto(Scopes *s, const GotoEntry *g)
{
    if (g->name == s->break_name) {
        lexer_fail(s->lex, 0, "<break> at line %d not inside a loop", g->line);
    } else {
        lexer_fail(s->lex, 0, "no visible label '%.*s' for <goto> at line %d",
                   text_int(g->name->length), g->name->data, g->line);
    }
}

AstLabel *scope_close_block(Scopes *s)
{
    FunctionScope *f = s->function;
    const BlockScope *b = f->block;
    AstLabel *break_label = b->is_loop ? bind_breaks(s, b) : NULL;
    f->block = b->outer;
    s->var_count -= f->active - b->active;
    f->active = b->active;
    s->label_count = b->first_label;
    if (f->block) {
        move_gotos_out(s, b);
    } else if (b->first_goto < s->goto_count) {
        unbound_goto(s, &s->gotos[b->first_goto]);
    }
    return break_label;
}

static void add_env(Scopes *s, FunctionScope *f)
{
    AstLocal *env = mem_new_counted(sizeof *env);
    env->name = s->env_name;
    env->captured = true;
    add_upvalue(s, f, (AstUpvalue){s->env_name, env, true, 0});
}

static void add_function(FunctionScope *outer, AstFunction *ast)
{
    AstFunction *in = outer->ast;
    ast->parent = in;
    in->functions = array_room(in->functions, in->function_count, &outer->function_capacity,
                               sizeof *in->functions);
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
        add_function(f->outer, ast);
    } else {
        add_env(s, f);
    }
}

void scope_close_function(Scopes *s)
{
    FunctionScope *f = s->function;
    scope_close_block(s);
    s->goto_count = f->body.first_goto;
    s->var_count = f->first_var;
    s->function = f->outer;
}
