/* SPDX-License-Identifier: MIT */
/*
 * The memory of a chunk's syntax tree: nodes one behind the other in blocks that the collector
 * does not look into.
 *
 *   Tree  [outermost AstFunction | at, end | loose | held | lasting]
 *            ^ who keeps this, keeps all        |      |
 *                                               v      v
 *   Held  [count | room | older | block, string, block, string ...]
 *
 * What functions are known by (AstFunction, AstLocal, AstUpvalue, their arrays) and packed
 * constants are lasting; statements and expressions are loose: they can be let go when nodes
 * have been made of them, and the tree be made again when it is wanted (link/again.h).
 *
 * So keeping a tree costs a collection a few words for a block instead of each node's, and a
 * node takes no more room than it needs. The price: what nodes point to must be nodes of the
 * same tree, constants, or told to tree_hold.
 *
 * Invariants:
 *  1. what a node points to lives as long as the outermost function does, but for what is
 *     loose, to which nothing points when it has been let go.
 *  2. the parser's thread writes, and nobody does once parsing is over.
 */
#ifndef MOONLET_TREE_H
#define MOONLET_TREE_H

#include "memory/mem.h"
#include "tree/ast.h"

enum { TREE_HELD_FIRST = 4, TREE_INSIDE = 128, TREE_SMALL = 3 };

typedef struct TreeHeld {
    struct TreeHeld *older;
    uint32_t count, room;
    const void *items[];
} TreeHeld;

typedef struct Tree {
    AstFunction main;        /* must be first */
    char *at, *end;          /* the rest of the last block of loose nodes */
    size_t block;            /* how large the next one is to be */
    void *small[TREE_SMALL]; /* the first of these blocks, up to MEM_SMALL_MAX */
    TreeHeld *loose;         /* the others */
    TreeHeld *held;          /* what lasts */
    char *lasting_at, *lasting_end;
    size_t lasting_block;
    uint64_t inside[TREE_INSIDE / 8]; /* the first lasting block */
    uint64_t behind;                  /* lasting_end points here, and not to another tree */
} Tree;

/* Collected memory; never NULL. */
Tree *tree_new(void);

/* Makes p, which is collected memory, live as long as the tree does. If the tree is NULL, the
 * caller sees to that. Amortised O(1). */
void tree_hold(Tree *t, const void *p);

/* Zeroed and counted, of up to TREE_NODE_MAX bytes. Some 2 ns; never NULL. Blocks are zeroed
 * when they are made. */
enum { TREE_NODE_MAX = 2048, TREE_ALIGN = 8 };
void *tree_node_slow(Tree *t, size_t size);
static inline void *tree_node(Tree *t, size_t size)
{
    size = (size + TREE_ALIGN - 1) & ~(size_t)(TREE_ALIGN - 1);
    mem_count(size);
    if (__builtin_expect((size_t)(t->end - t->at) < size, 0)) return tree_node_slow(t, size);
    void *p = t->at;
    t->at += size;
    return p;
}

/* The same for what lasts. */
void *tree_lasting(Tree *t, size_t size);

/* Lets go of all that is loose. Nobody else has the tree yet, nor looks at its loose nodes. */
void tree_let_go(AstFunction *main);

/* Nodes made since a mark are given back, unless they are in another block. */
typedef struct TreeMark {
    char *at, *end, *lasting_at, *lasting_end;
} TreeMark;
static inline TreeMark tree_mark(const Tree *t)
{
    return (TreeMark){t->at, t->end, t->lasting_at, t->lasting_end};
}
static inline void tree_rewind(Tree *t, TreeMark m)
{
    if (m.end != t->end) return;
    memset(m.at, 0, (size_t)(t->at - m.at));
    t->at = m.at;
}

/* What lasts, too. */
static inline void tree_rewind_all(Tree *t, TreeMark m)
{
    tree_rewind(t, m);
    if (m.lasting_end != t->lasting_end) return;
    memset(m.lasting_at, 0, (size_t)(t->lasting_at - m.lasting_at));
    t->lasting_at = m.lasting_at;
}

/* Zeroed and counted memory that lasts, of any size. Answers NULL if there is none, which is a
 * shortage. */
MEM_TRY void *tree_array(Tree *t, size_t size);

/* Makes room as array_room does (text.h), in arrays that nodes point to. */
MEM_TRY bool tree_room(Tree *t, void *array, int count, int *capacity, size_t item_size);

/* An expression has room for what its kind needs, and for no more: it is never copied whole,
 * and becomes another kind only if that needs no more. */
extern const uint8_t tree_expr_sizes[EXPR_TABLE + 1];
static inline size_t tree_expr_size(ExprKind kind) { return tree_expr_sizes[kind]; }
static inline AstExpr *tree_expr(Tree *t, ExprKind kind)
{
    AstExpr *e = tree_node(t, tree_expr_size(kind));
    e->kind = kind;
    return e;
}

/* The nodes of names met lately, shared by all that have such a name for a key (ast_is_shared).
 * They are the tree's. Each use has counted a node of its own: what counts does not depend on
 * what is shared. */
enum { TREE_NAMES = 64 };
typedef struct TreeNames {
    AstExpr *recent[TREE_NAMES];
} TreeNames;
AstExpr *tree_name(Tree *t, TreeNames *names, String *name);

/* A statement, or a field, has room for what its kind needs, and for no more. */
size_t tree_stat_size(StatKind kind);
static inline AstStat *tree_stat(Tree *t, StatKind kind)
{
    AstStat *s = tree_node(t, tree_stat_size(kind));
    s->kind = kind;
    return s;
}
_Static_assert(offsetof(AstField, value) < offsetof(AstField, key) &&
                   offsetof(AstField, key) < offsetof(AstField, store),
               "what a kind of field does not have is at its end");
static inline AstField *tree_field(Tree *t, FieldKind kind)
{
    size_t size = kind == FIELD_ELEMENT ? offsetof(AstField, key)
                  : kind == FIELD_NAMED ? offsetof(AstField, store)
                                        : sizeof(AstField);
    AstField *f = tree_node(t, size);
    f->kind = kind;
    return f;
}
/* Makes the `store` of a keyed field that is complete otherwise, if its key is not one that
 * always will do. */
void tree_field_store(Tree *t, AstField *f);

#endif
