/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a syntax tree's nodes, and the list of what the nodes hold.
 *
 * Main invariant: what a node points to is in a block of the tree, a constant, or in the list.
 */
#include "tree/tree.h"

#include <assert.h>

#include "tree/compile.h"

enum {
    BLOCK_FIRST = 256,
    LASTING_FIRST = 256,
    BLOCK_MAX = (16 << 10) - MEM_GRANULE,
    HELD_MAX = 64,
    LASTING_MAX = 4096 - MEM_GRANULE,
    ARRAY_MIN = 2
};

const char *const ast_binary_names[] = {"+",  "-",  "*", "/",  "%", "^", "..",
                                        "==", "~=", "<", "<=", ">", ">="};

static TreeHeld *held_new(TreeHeld *older, uint32_t room)
{
    TreeHeld *h = mem_alloc(sizeof *h + room * sizeof *h->items);
    h->older = older;
    h->room = room;
    return h;
}

Tree *tree_new(void)
{
    mem_count(sizeof(AstFunction));
    Tree *t = mem_alloc(sizeof *t);
    t->held = held_new(NULL, TREE_HELD_FIRST);
    t->block = BLOCK_FIRST;
    t->lasting_block = LASTING_FIRST;
    t->lasting_at = (char *)t->inside;
    t->lasting_end = (char *)t->inside + sizeof t->inside;
    return t;
}

static void hold(TreeHeld **list, const void *p)
{
    TreeHeld *h = *list;
    uint32_t room = !h ? TREE_HELD_FIRST : h->room < HELD_MAX / 2 ? h->room * 2 : HELD_MAX;
    if (!h || h->count == h->room) h = *list = held_new(h, room);
    h->items[h->count++] = p;
}

void tree_hold(Tree *t, const void *p)
{
    if (t) hold(&t->held, p);
}

/* Where a block ends is pointed to, and must not be where another one begins, which would live
 * as long then, with all that it holds. */
enum { BLOCK_END = TREE_ALIGN };

/* *room: how much is in it, `least` or more. */
static void *new_block(size_t *size, size_t least, size_t most, size_t *room)
{
    size_t bytes = *size < least + BLOCK_END ? least + BLOCK_END : *size;
    char *block = mem_alloc_atomic(bytes);
    *size = *size <= most / 2 ? *size * 2 : most;
    *room = bytes - BLOCK_END;
    return memset(block, 0, bytes);
}

void *tree_node_slow(Tree *t, size_t size)
{
    assert(size <= TREE_NODE_MAX && "nodes are small");
    size_t room;
    char *block = new_block(&t->block, size, BLOCK_MAX, &room);
    int i = 0;
    while (i < TREE_SMALL && t->small[i]) i++;
    bool is_small = room + BLOCK_END <= MEM_SMALL_MAX;
    assert((i < TREE_SMALL || !is_small) && "few blocks are small");
    if (!is_small)
        hold(&t->loose, block);
    else
        t->small[i] = block;
    t->at = block + size;
    t->end = block + room;
    return block;
}

void *tree_lasting(Tree *t, size_t size)
{
    assert(size <= TREE_NODE_MAX && "nodes are small");
    size = (size + TREE_ALIGN - 1) & ~(size_t)(TREE_ALIGN - 1);
    mem_count(size);
    if ((size_t)(t->lasting_end - t->lasting_at) < size) {
        size_t room;
        t->lasting_at = new_block(&t->lasting_block, size, LASTING_MAX, &room);
        t->lasting_end = t->lasting_at + room;
        tree_hold(t, t->lasting_at);
    }
    void *p = t->lasting_at;
    t->lasting_at += size;
    return p;
}

static void forget_bodies(AstFunction *f)
{
    f->body = NULL;
    for (int i = 0; i < f->function_count; i++) forget_bodies(f->functions[i]);
}

void tree_let_go(AstFunction *main)
{
    Tree *t = (Tree *)main;
    forget_bodies(main);
    for (const TreeHeld *h = t->loose; h; h = h->older)
        for (uint32_t i = 0; i < h->count; i++)
            mem_free((void *)(uintptr_t)h->items[i], MEM_SMALL_MAX + 1);
    memset(t->small, 0, sizeof t->small);
    t->at = t->end = NULL;
    t->loose = NULL;
}

void *tree_array(Tree *t, size_t size)
{
    if (size <= TREE_NODE_MAX) return tree_lasting(t, size);
    compile_save_up(size);
    mem_count(size);
    void *p = mem_try_alloc_atomic(size);
    if (!p) {
        mem_refuse();
        compile_lacks();
        return NULL;
    }
    tree_hold(t, p);
    return memset(p, 0, size);
}

bool tree_room(Tree *t, void *array, int count, int *capacity, size_t item_size)
{
    assert(count >= 0 && count <= *capacity && "items fit the array");
    void *old, *copy;
    if (count < *capacity) return true;
    int wider = *capacity ? *capacity * 2 : ARRAY_MIN;
    size_t bytes = (size_t)wider * item_size;
    compile_save_up(bytes);
    if (!compile_may_take(bytes)) return false;
    copy = tree_array(t, bytes);
    if (!copy) return false;
    memcpy(&old, array, sizeof old); /* a pointer to items of any type */
    if (count) memcpy(copy, old, (size_t)count * item_size);
    memcpy(array, &copy, sizeof copy);
    *capacity = wider;
    return true;
}

#define UPTO(type, member) (offsetof(type, u) + sizeof(((type *)NULL)->u.member))

const uint8_t tree_expr_sizes[EXPR_TABLE + 1] = {
    [EXPR_NIL] = UPTO(AstExpr, number),      [EXPR_FALSE] = UPTO(AstExpr, number),
    [EXPR_TRUE] = UPTO(AstExpr, number),     [EXPR_NUMBER] = UPTO(AstExpr, number),
    [EXPR_STRING] = UPTO(AstExpr, string),   [EXPR_VARARG] = UPTO(AstExpr, number),
    [EXPR_FUNCTION] = UPTO(AstExpr, number), [EXPR_LOCAL] = UPTO(AstExpr, local),
    [EXPR_UPVALUE] = UPTO(AstExpr, number),  [EXPR_INDEX] = UPTO(AstExpr, index),
    [EXPR_CALL] = UPTO(AstExpr, call),       [EXPR_METHOD] = UPTO(AstExpr, call),
    [EXPR_BINARY] = UPTO(AstExpr, binary),   [EXPR_UNARY] = UPTO(AstExpr, unary),
    [EXPR_AND] = UPTO(AstExpr, binary),      [EXPR_OR] = UPTO(AstExpr, binary),
    [EXPR_PAREN] = UPTO(AstExpr, unary),     [EXPR_TABLE] = UPTO(AstExpr, table),
};

AstExpr *tree_name(Tree *t, TreeNames *names, String *name)
{
    AstExpr **recent = &names->recent[string_hash(name) % TREE_NAMES], *e = *recent;
    if (e && e->u.string == name) return e;
    e = *recent = tree_expr(t, EXPR_STRING);
    mem_uncount(tree_expr_size(EXPR_STRING));
    e->u.string = name;
    return e;
}

size_t tree_stat_size(StatKind kind)
{
    switch (kind) {
    case STAT_LOCAL:
    case STAT_LOCAL_FUNCTION: return UPTO(AstStat, local);
    case STAT_ASSIGN: return UPTO(AstStat, assign);
    case STAT_CALL: return UPTO(AstStat, call);
    case STAT_DO:
    case STAT_WHILE:
    case STAT_REPEAT: return UPTO(AstStat, loop);
    case STAT_IF: return UPTO(AstStat, clauses);
    case STAT_RETURN: return UPTO(AstStat, values);
    case STAT_GOTO:
    case STAT_LABEL: return UPTO(AstStat, label);
    default: return sizeof(AstStat);
    }
}

void tree_field_store(Tree *t, AstField *f)
{
    static AstExpr table = {.kind = EXPR_NIL}; /* has no name */
    if (f->key->kind == EXPR_STRING || f->key->kind == EXPR_NUMBER) return;
    f->store = tree_expr(t, EXPR_INDEX);
    f->store->line = f->line;
    ast_set_place(f->store, ast_shown_place(f->key));
    f->store->u.index.object = &table;
    f->store->u.index.key = f->key;
}
