/* SPDX-License-Identifier: MIT */
/*
 * Scope: which variable or label a name means at a place of the source.
 *
 *   vars   | _  main's | x y (pending) | f's  h h h i  a b |
 *                       ^              ^ first_var  ^ block->active
 *   A function's variables lie behind those of the function around it; a variable is
 *   pending from its declaration until its initialiser is read, then active. The state
 *   of a for loop takes three hidden places (NULL), as it takes registers in PUC Lua.
 *
 * Labels and gotos work alike: `labels` are those seen in the open blocks, `gotos` those
 * that have met no label yet. A goto leaving its block counts as standing behind it.
 *
 * Invariants:
 *  1. vars[first_var .. first_var + active) are the innermost function's active ones;
 *     pending ones follow.
 *  2. block->active <= active; labels and gotos of a block are those from its first_*.
 *  3. a bound goto has left `gotos`, and its statement has its label.
 * Names are interned (lexer.h), so that looking for one compares pointers. All functions
 * work on after an error.
 */
#ifndef MOONLET_SCOPE_H
#define MOONLET_SCOPE_H

#include "syntax/lexer.h"

enum {
    LOCALS_MAX = 200,
    UPVALUES_MAX = 255,
    LEVELS_MAX = 200,
    REGISTERS_MAX = 249,
    FOR_HIDDEN = 3,
    SCOPE_NAMES = 512
};

typedef struct BlockScope {
    struct BlockScope *outer; /* in the same function */
    int active;               /* variables active when it began */
    int first_label, first_goto;
    bool is_loop;
} BlockScope;

typedef struct FunctionScope {
    struct FunctionScope *outer;
    BlockScope *block; /* innermost */
    BlockScope body;   /* outermost */
    AstFunction *ast;
    int first_var, active;
    int env;             /* the number of its upvalue _ENV, plus 1; 0: not known */
    AstExpr *env_shared; /* what its globals share as _ENV, or NULL */
    int local_capacity, upvalue_capacity, function_capacity; /* of ast's arrays */
} FunctionScope;

typedef struct NamedEntry {
    String *name;
    int before; /* the one before it in its chain, plus 1 */
} NamedEntry;

typedef struct LabelEntry {
    NamedEntry n; /* must be first */
    AstLabel *label;
    int active; /* variables active there */
} LabelEntry;

typedef struct GotoEntry {
    NamedEntry n; /* must be first */
    int line, active;
    AstStat *stat; /* NULL: it has its label */
    AstPlace place;
} GotoEntry;

/* Finds the entries of a name: heads[hash] is the last entry, plus 1. Entries come and go at
 * the end only. */
typedef struct NameChains {
    int *heads;
    int size; /* a power of two, or 0 */
} NameChains;

typedef struct Scopes {
    Lexer *lex;
    FunctionScope *function; /* innermost */
    AstLocal **vars;
    LabelEntry *labels;
    GotoEntry *gotos;
    int var_count, var_capacity;
    int label_count, label_capacity;
    int goto_count, goto_capacity;
    NameChains label_chains, goto_chains;
    String *env_name, *break_name, *self_name;
    uint64_t declared[SCOPE_NAMES / 64]; /* bits of names that variables have had */
} Scopes;

void scopes_init(Scopes *s, Lexer *lex);

/* A function is nested in the innermost one, or is the main function, whose upvalue 0
 * is _ENV. Closing reports a goto without label. */
void scope_open_function(Scopes *s, FunctionScope *f, AstFunction *ast);
void scope_close_function(Scopes *s);
void scope_open_block(Scopes *s, BlockScope *b, bool is_loop);
/* Gives the label behind a loop if a break goes there, else NULL. */
AstLabel *scope_close_block(Scopes *s);

/* A new pending variable of the innermost function. */
AstLocal *scope_declare(Scopes *s, String *name);
void scope_declare_hidden(Scopes *s, int n);
/* The first n pending variables become visible. */
void scope_activate(Scopes *s, int n);
/* The n youngest variables in a new array. */
AstLocal **scope_youngest(const Scopes *s, int n);

/* Makes e the variable of this name, EXPR_LOCAL or EXPR_UPVALUE. Answers false if there is
 * none, and the name is a global. O(variables in sight), if any variable had such a name. */
bool scope_resolve(Scopes *s, String *name, AstExpr *e);
/* What the function's globals share as _ENV (FunctionScope), where no variable has had the
 * name, so that it is one of them. NULL: to be resolved. */
AstExpr *scope_global_env(const Scopes *s, const String *name);
/* e, a variable, is assigned to. */
void scope_mark_assigned(const Scopes *s, const AstExpr *e);

/* A label is declared in three steps, because the parser reads on in between. The first sees
 * that no other has its name in the block. The second makes it known, and answers -1 if there
 * is no memory for that. The third says whether it ends its block, so that gotos may bind to
 * it. */
void scope_check_label(Scopes *s, const String *name);
int scope_add_label(Scopes *s, AstLabel *label);
void scope_bind_label(Scopes *s, int index, bool ends_block);
/* stat is a goto or break that gets its label now or later. */
void scope_goto(Scopes *s, AstStat *stat, String *name);

/* "too many things (limit is n) in function at line l". */
void scope_limit(Scopes *s, const FunctionScope *f, int limit, const char *things);

#endif
