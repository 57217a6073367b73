/* SPDX-License-Identifier: MIT */
/*
 * The syntax tree of a chunk, with every name bound.
 *
 * The parser builds it, binding names as it goes (as Lua's own compiler does, so
 * that errors come in the same order): a name is a local of its function, an
 * upvalue, or a field of _ENV. Each variable is one AstLocal, which collects what
 * the evaluator needs to know: captured by an inner function? assigned again after
 * its declaration? A captured variable that is never assigned again is copied into
 * closures; one that is lives in a cell.
 *
 * Nodes are immutable once parsing is over: chunks are shared by all threads and states. They
 * live as long as the outermost function does (tree.h). Lists are linked through `next`.
 *
 * Nesting is at most LEVELS_MAX (scope.h) deep, but for one direction: a chain of left
 * associative operators, fields or calls, a+b+c+... or a.b().c..., is as deep on its left
 * (binary.left, index.object, call.callee) as it is long. Who walks trees recurses into
 * right parts and goes down left ones in a loop.
 */
#ifndef MOONLET_AST_H
#define MOONLET_AST_H

#include "value/string.h"

typedef struct AstFunction AstFunction;
typedef struct AstExpr AstExpr;
typedef struct AstStat AstStat;
typedef struct AstBlock AstBlock;

/* Where something stands in the source, as people count: its name, operator or first token.
 * Columns are bytes. Column 0: not known. */
typedef struct AstPlace {
    int line, column;
} AstPlace;

typedef struct AstLocal {
    String *name;
    AstFunction *function; /* NULL for the chunk's outermost _ENV */
    int line;
    int index;     /* position in function->locals, order of declaration */
    bool captured; /* used by an inner function */
    bool assigned; /* assigned by anything but its declaration */
    /* `local function f`: the variable whose initialiser may capture it */
    bool recursive;
} AstLocal;

typedef struct AstUpvalue {
    String *name;
    AstLocal *local;  /* the variable meant, however far out */
    bool from_parent; /* a local of the enclosing function, not one of its upvalues */
    int index;        /* from_parent ? local->index : number of the parent's upvalue */
} AstUpvalue;

typedef enum ExprKind {
    EXPR_NIL,
    EXPR_FALSE,
    EXPR_TRUE,
    EXPR_NUMBER,
    EXPR_STRING,
    EXPR_VARARG,
    EXPR_FUNCTION,
    EXPR_LOCAL,
    EXPR_UPVALUE,
    EXPR_INDEX, /* object[key], object.name; a global is _ENV.name */
    EXPR_CALL,
    EXPR_METHOD, /* object:name(args) */
    EXPR_BINARY,
    EXPR_UNARY,
    EXPR_AND,
    EXPR_OR,
    EXPR_PAREN, /* only around what can have several values (call, ...) */
    EXPR_TABLE
} ExprKind;

typedef enum BinaryOp {
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_POW,
    OP_CONCAT,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE
} BinaryOp;

typedef enum UnaryOp { OP_NEG, OP_NOT, OP_LEN } UnaryOp;

/* Operators as sources have them, by their BinaryOp. */
extern const char *const ast_binary_names[];

typedef enum FieldKind { FIELD_ELEMENT, FIELD_NAMED, FIELD_KEYED } FieldKind;

typedef struct AstField { /* of a table constructor, in source order */
    struct AstField *next;
    FieldKind kind; /* value | name = value (key is EXPR_STRING) | [key] = value */
    int line;       /* where the store into the table fails: the end of the value */
    AstExpr *value;
    AstExpr *key; /* not there for an element */
    AstExpr
        *store; /* only there if keyed: table[key], what an error in it points at; or NULL */
} AstField;

/* A field of a constructor in which all is constant and on one line (packed.h). The fields of a
 * table in it are behind it. */
typedef struct AstPacked {
    const String *key; /* NULL: an element */
    Value value;       /* unless it is a table; of a minus, what is negated */
    uint16_t key_column, column;
    uint8_t kind;                   /* ExprKind: a constant, unary minus, or a table */
    uint8_t elements, named, total; /* of a table: its fields; all that are behind it */
} AstPacked;

struct AstExpr {
    ExprKind kind : 6;
    /* Where its name or operator stands (ast_place): so many lines above `line`, and the
     * column. What is further away or too far right has no place. */
    int place_up : 10;
    unsigned place_column : 16;
    /* The line of PUC's instruction for this node. Arithmetic, concatenation, minus, #: of
     * the operator (a chain of `..` is one operation, at its last operator). Comparison,
     * not: of the end of the right operand. Call: where the called expression begins.
     * Constant, variable, index: of the last token read when the value is first needed;
     * as a target, the end of the assignment. `...`, table: of the token before it. In the
     * parser, while a value is not yet needed, less the line where it stands. */
    int line;
    AstExpr *next; /* also from a for loop's start to its limit and its step */
    union {
        double number;
        String *string;
        AstFunction *function;
        AstLocal *local;
        int upvalue; /* number in the function's upvalues */
        struct {
            AstExpr *object; /* of a global, most share the node of _ENV: ast_is_shared */
            AstExpr *key;    /* of .name and of a global, most share the name's node */
            bool global;     /* written as a bare name */
        } index;
        struct {
            AstExpr *callee; /* of a method call: the object */
            String *name;    /* of a method call */
            AstExpr *args;
            int count;
            int name_line; /* of a method call: where the look-up of the method fails */
        } call;
        struct {
            BinaryOp op;
            uint8_t nesting; /* ast_nesting */
            AstExpr *left, *right;
        } binary; /* also and, or */
        struct {
            UnaryOp op;
            uint8_t nesting;
            AstExpr *operand;
        } unary; /* also paren: operand */
        struct {
            union {
                AstField *fields;
                const AstPacked *packed; /* if is_packed: see packed.h for who walks both */
            };
            int elements, named; /* counts: FIELD_ELEMENT, all others */
            int end_line;        /* of `}` */
            bool is_packed;
            uint8_t total; /* packed ones, those of inner tables too */
        } table;
    } u;
};

/* How deep arithmetic of numbers is nested, plus 1, or 0 where it has other operands, or is
 * nested so deep that it is not computed beforehand. So whether to fold is known without a
 * walk. */
enum { NESTING_MAX = 101 };
static inline int ast_nesting(const AstExpr *e)
{
    switch (e->kind) {
    case EXPR_NUMBER: return 1;
    case EXPR_BINARY: return e->u.binary.nesting;
    case EXPR_UNARY: return e->u.unary.nesting;
    default: return 0;
    }
}

/* Sets the nesting of e, an operation that is complete else. */
static inline void ast_set_nesting(AstExpr *e)
{
    if (e->kind == EXPR_UNARY) {
        int n = e->u.unary.op == OP_NEG ? ast_nesting(e->u.unary.operand) : 0;
        e->u.unary.nesting = n && n < NESTING_MAX ? (uint8_t)(n + 1) : 0;
    } else if (e->kind == EXPR_BINARY && e->u.binary.op <= OP_POW) {
        int l = ast_nesting(e->u.binary.left), r = ast_nesting(e->u.binary.right);
        int n = !l || !r ? 0 : l > r ? l : r;
        e->u.binary.nesting = n && n < NESTING_MAX ? (uint8_t)(n + 1) : 0;
    }
}

static inline AstPlace ast_place(const AstExpr *e)
{
    AstPlace at = {e->line > 0 ? e->line - e->place_up : -e->line, (int)e->place_column};
    return at;
}

enum { PLACE_UP_MAX = 511, PLACE_COLUMN_MAX = 65535 };
/* Whether an expression at the line of a place has room for the place. */
static inline bool ast_place_fits(AstPlace at)
{
    return at.column > 0 && at.column <= PLACE_COLUMN_MAX;
}
static inline void ast_set_place(AstExpr *e, AstPlace at)
{
    int up = e->line > 0 ? e->line - at.line : 0;
    bool fits = up >= -PLACE_UP_MAX && up <= PLACE_UP_MAX && ast_place_fits(at);
    e->place_up = fits ? up : 0;
    e->place_column = fits ? (unsigned)at.column : 0;
}

/* A node that many indices share has no line and no place. It is the name in the source of
 * each: its line and place are those where the index stands. (Where the place of an index
 * cannot be kept, it has nodes of its own.) In stripped chunks nothing has lines. */
static inline bool ast_is_shared(const AstExpr *part) { return !part->line; }

/* Sets the line of an expression, and leaves its place as it is. */
static inline void ast_set_line(AstExpr *e, int line)
{
    AstPlace at = ast_place(e);
    e->line = line;
    ast_set_place(e, at);
}

/* What to point at for people: of a call, what is called. */
static inline AstPlace ast_shown_place(const AstExpr *e)
{
    while (e->kind == EXPR_CALL || e->kind == EXPR_PAREN)
        e = e->kind == EXPR_CALL ? e->u.call.callee : e->u.unary.operand;
    return ast_place(e);
}

typedef enum StatKind {
    STAT_LOCAL,
    STAT_ASSIGN,
    STAT_CALL,
    STAT_DO,
    STAT_WHILE,
    STAT_REPEAT,
    STAT_IF,
    STAT_FOR_NUM,
    STAT_FOR_IN,
    STAT_LOCAL_FUNCTION,
    STAT_RETURN,
    STAT_GOTO, /* and break, which is a goto to the loop's break_label */
    STAT_LABEL
} StatKind;

typedef struct AstLabel {
    String *name;
    int line;
    int locals; /* number of active locals at the label, hidden loop state not counted */
    int index;  /* of function->label_count */
} AstLabel;

typedef struct AstClause { /* if/elseif; condition NULL for else */
    struct AstClause *next;
    AstExpr *condition;
    AstBlock *block;
    int line;
    int test_line; /* of `then` */
} AstClause;

struct AstStat {
    StatKind kind;
    int line;
    /* The line of `end` or `until`; of the last token of a local, an assignment, a return; of a
     * function statement's name; of the token before a goto. */
    int end_line;
    AstStat *next;
    AstLabel *break_label; /* of a loop: just behind it; NULL if no break goes there */
    union {
        struct {
            AstLocal **locals; /* n of them */
            int count;
            AstExpr *values;
        } local; /* also local function: locals[0], values a EXPR_FUNCTION */
        struct {
            AstExpr *targets; /* EXPR_LOCAL, EXPR_UPVALUE or EXPR_INDEX */
            AstExpr *values;
        } assign; /* also `function a.b:c()` */
        AstExpr *call;
        struct {
            AstExpr *condition; /* NULL for do */
            AstBlock *block;
            int test_line; /* where the condition ends */
        } loop;            /* do, while, repeat */
        AstClause *clauses;
        struct {
            AstLocal *var;
            AstExpr *start, *limit, *step; /* step may be NULL */
            AstBlock *block;
            int do_line; /* of `do`, where "'for' limit must be a number" is reported */
        } for_num;
        struct {
            AstLocal **locals;
            int count;
            AstExpr *values;
            AstBlock *block;
            int call_line; /* where the iterator's call is: the line after `in` */
            int do_line;
        } for_in;
        AstExpr *values; /* return */
        AstLabel *label; /* goto, label */
    } u;
};

struct AstBlock {
    AstStat *stats;
    int end_line; /* of its last token, or the one before it if it is empty */
    /* a repeat block's locals are visible in its condition; others' are not */
};

struct AstFunction {
    AstFunction *parent; /* NULL for a chunk's outermost one */
    String *chunk_name;  /* as given to load: "=stdin", "@file", or source text */
    int line, end_line;  /* for a main chunk 0, and that of its last token */
    int params;          /* named ones; locals[0..params) */
    bool vararg;
    bool method; /* has an implicit self, written with ':' */
    /* Read from a dump that has no names of variables (here they are "?") and no lines
     * (here 0) but line and end_line of functions. */
    bool stripped;
    AstLocal **locals;
    int local_count;
    AstUpvalue *upvalues;
    int upvalue_count;
    AstBlock *body;
    AstFunction **functions; /* nested ones, in order */
    int function_count;
    int label_count; /* with those behind loops that breaks go to */
};

#endif
