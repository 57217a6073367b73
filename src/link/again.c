/* SPDX-License-Identifier: MIT */
/*
 * Lets trees go, and makes them again; see again.h.
 *
 * Main invariant: a tree that is made again is like the one before, so that its function has
 * the same nodes.
 */
#include "link/again.h"

#include <assert.h>

#include "chunk/chunk.h"
#include "link/link_internal.h"
#include "memory/mem.h"
#include "tree/tree.h"

/* Bytes of a text: of less, and of more, the tree stays. Tests let go of short ones, too. To
 * make the tree of a long one again would take a program much longer than it may: 25 ms a 256
 * KB. */
#ifdef MOONLET_DEBUG
enum { LET_GO_MIN = 1 };
#else
enum { LET_GO_MIN = 256 };
#endif
enum { LET_GO_MAX = 1 << 18 };

typedef struct ProtoText {
    size_t length;
    const char *bytes; /* in a string, or in `copy` */
    const String *in;
    char copy[];
} ProtoText;

/* Letting go -------------------------------------------------------------------------- */

static void forget_origins(Proto *p)
{
    p->origins = NULL;
    for (uint32_t i = 0; i < p->proto_count; i++) forget_origins(p->protos[i]);
}

void link_let_go(Proto *root, const char *text, size_t length, const String *in)
{
    assert(root->root == root && !root->text && "it is the function of a fresh chunk");
    if (length < LET_GO_MIN || length > LET_GO_MAX) return;
    ProtoText *t = in ? mem_alloc(sizeof *t) : mem_try_alloc_atomic(sizeof *t + length);
    if (!t) return;
    *t = (ProtoText){length, in ? text : t->copy, in};
    if (!in) memcpy(t->copy, text, length);
    root->text = t;
    forget_origins(root);
    tree_let_go((AstFunction *)(uintptr_t)root->source);
}

bool link_is_text(const Proto *root, const char *bytes, size_t length)
{
    const ProtoText *t = root->text;
    return t && t->length == length && memcmp(t->bytes, bytes, length) == 0;
}

/* Making again ------------------------------------------------------------------------ */

/* Origins are all that is wanted, and how functions lie within each other. */
static void forget_nodes(Proto *p)
{
    p->nodes = NULL;
    p->entry = NULL;
    p->lines = NULL;
    p->tops = NULL;
    p->locals = NULL;
    for (uint32_t i = 0; i < p->proto_count; i++) forget_nodes(p->protos[i]);
}

static AstFunction *parse_again(const Proto *root)
{
    const ProtoText *t = root->text;
    return parse_chunk(t->bytes, t->length, root->source->chunk_name, false).main;
}

static Proto *make_again(const Proto *root)
{
    bool failed = false;
    const AstFunction *main = parse_again(root);
    if (!main) return NULL;
    Proto *p = link_function(NULL, main, NULL, &failed);
    assert((failed || p->node_count == root->node_count) && "the same text has the same nodes");
    if (failed || p->node_count != root->node_count) return NULL;
    forget_nodes(p);
    return p;
}

static Proto *make_uncounted(const Proto *root)
{
    CompileUncounted u = compile_uncounted_begin();
    Proto *p = make_again(root);
    compile_uncounted_end(&u);
    return p;
}

static const Proto *again_of(const Proto *root)
{
    Proto **kept = &((Proto *)(uintptr_t)root)->again, *known;
    known = __atomic_load_n(kept, __ATOMIC_ACQUIRE);
    if (known) return known;
    Proto *made = make_uncounted(root);
    bool first = made && __atomic_compare_exchange_n(kept, &known, made, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? made : known;
}

/* The function that is in another tree, made again, where f is in its own. */
static const AstFunction *same_place(const AstFunction *again, const AstFunction *f)
{
    if (!f->parent) return again;
    const AstFunction *around = same_place(again, f->parent);
    int i = 0;
    while (f->parent->functions[i] != f) i++;
    return around->functions[i];
}

/* Likewise the function made of it. */
static const Proto *counterpart(const Proto *again, const AstFunction *f)
{
    if (!f->parent) return again;
    const Proto *around = counterpart(again, f->parent);
    const AstFunction *wanted = same_place(again->source, f);
    uint32_t k = 0;
    while (around->protos[k]->source != wanted) k++;
    return around->protos[k];
}

const AstFunction *link_tree(const Proto *p)
{
    if (p->source->body) return p->source;
    const Proto *again = again_of(p->root);
    return again ? same_place(again->source, p->source) : NULL;
}

const AstFunction *link_tree_once(const Proto *p, AstFunction **made)
{
    *made = NULL;
    if (p->source->body || __atomic_load_n(&p->root->again, __ATOMIC_ACQUIRE))
        return link_tree(p);
    uint64_t counted = compile_uncounting_begin();
    *made = parse_again(p->root);
    compile_uncounting_end(counted);
    return *made ? same_place(*made, p->source) : NULL;
}

const AstExpr *const *link_origins(const Proto *p)
{
    if (p->origins) return p->origins;
    const Proto *again = again_of(p->root);
    return again ? counterpart(again, p->source)->origins : NULL;
}
