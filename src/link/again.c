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

/* Bytes of a text: of less, the tree stays. Tests let go of all. */
#ifdef MOONLET_DEBUG
enum { LET_GO_MIN = 1 };
#else
enum { LET_GO_MIN = 256 };
#endif

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
    if (length < LET_GO_MIN) return;
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

static Proto *make_again(const Proto *root)
{
    bool failed = false;
    const ProtoText *t = root->text;
    ParseResult r = parse_chunk(t->bytes, t->length, root->source->chunk_name, false);
    if (!r.main) return NULL;
    Proto *p = link_function(NULL, r.main, NULL, &failed);
    assert((failed || p->node_count == root->node_count) && "the same text has the same nodes");
    if (failed || p->node_count != root->node_count) return NULL;
    forget_nodes(p);
    return p;
}

/* Nobody counts it or pays; within the time that there is, or however long it takes. */
static Proto *make_uncounted(const Proto *root, bool in_time)
{
    CompileLook look = compile_look;
    int64_t beside = mem_beside;
    if (!in_time) compile_look = compile_look_new(NULL, NULL, false);
    uint64_t counted = compile_counted();
    compile_paid_begin();
    compile_unbound();
    Proto *p = make_again(root);
    compile_bind();
    compile_paid_end();
    mem_counted = counted + compile_look.moved;
    if (in_time) return p;
    compile_look = look;
    mem_beside = beside;
    mem_bound_tune();
    return p;
}

static const Proto *again_of(const Proto *root, bool in_time)
{
    Proto **kept = &((Proto *)(uintptr_t)root)->again, *known;
    known = __atomic_load_n(kept, __ATOMIC_ACQUIRE);
    if (known) return known;
    Proto *made = make_uncounted(root, in_time);
    bool first = made && __atomic_compare_exchange_n(kept, &known, made, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? made : known;
}

/* The function in the tree made again that is where f is in its own. */
static const Proto *counterpart(const Proto *again, const AstFunction *f)
{
    if (!f->parent) return again;
    const Proto *around = counterpart(again, f->parent);
    int i = 0;
    while (f->parent->functions[i] != f) i++;
    const AstFunction *wanted = around->source->functions[i];
    for (uint32_t k = 0; k < around->proto_count; k++)
        if (around->protos[k]->source == wanted) return around->protos[k];
    return NULL;
}

static const Proto *made_again(const Proto *p, bool in_time)
{
    const Proto *again = again_of(p->root, in_time);
    return again ? counterpart(again, p->source) : NULL;
}

const AstFunction *link_tree(const Proto *p, bool in_time)
{
    if (p->source->body) return p->source;
    p = made_again(p, in_time);
    return p ? p->source : NULL;
}

const AstExpr *const *link_origins(const Proto *p)
{
    if (!p->origins) p = made_again(p, false);
    return p ? p->origins : NULL;
}
