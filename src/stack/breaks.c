/* SPDX-License-Identifier: MIT */
/*
 * Breaking nodes in place, and mending them.
 *
 * Main invariant: a node that is not broken has the exec of its kind.
 */
#include "stack/breaks.h"

#include <pthread.h>
#include <stdlib.h>

#include "link/link.h"
#include "link/link_lines.h"
#include "stack/frame.h"

static BreakExecs execs;
static pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;

void breaks_init(const BreakExecs *these) { execs = *these; }

bool breaks_is_broken(const Node *n)
{
    return n->exec == execs.line || n->exec == execs.look || n->exec == execs.store ||
           n->exec == execs.after || n->exec == execs.ret;
}

void breaks_store(Machine *M, const void *object)
{
    Breaks *b = M->breaks;
    if (M->depth > 1 || !b->store || !breaks_touch(b, M, object, V_NIL)) return;
    if (b->store(M, NULL, NULL)) b->ends = true;
    b->after = breaks_touch(b, M, object, V_NIL);
}

/* Breaking ---------------------------------------------------------------------------- */

static void set_exec(Node *n, Exec *exec)
{
    __atomic_store_n(&n->exec, exec, __ATOMIC_RELAXED);
}

static void break_node(Breaks *b, Node *n, Exec *exec)
{
    bool returned_to = frame_is_called(n);
    b->broke = true;
    set_exec(n, returned_to ? execs.ret : exec);
    if (returned_to) __atomic_store_n(&n->k.many, execs.ret_many, __ATOMIC_RELAXED);
}

/* Whether control comes to it also when the function has been entered already. */
static bool is_jumped_to(const Proto *p, uint32_t at)
{
    for (uint32_t i = 0; i < p->node_count; i++)
        if (node_target(&p->nodes[i]) && i + (uint32_t)node_target(&p->nodes[i]) <= at)
            return true;
    return false;
}

/* Whether what was executed last decides at a node that is wanted. */
static bool must_look(const Breaks *b, const Proto *p, const uint8_t *begins)
{
    for (uint32_t i = 0; i < p->node_count; i++) {
        unsigned wants = b->wants(b->context, p, i);
        if (begins[i] == LINE_SOMETIMES && wants & (BREAK_LINE | BREAK_ENTRY)) return true;
        if (wants & BREAK_ENTRY && is_jumped_to(p, breaks_first_line(p))) return true;
    }
    return false;
}

static void break_function(Breaks *b, Proto *p)
{
    uint8_t *begins = NULL;
    bool looks = false;
    for (uint32_t i = 0; i < p->node_count; i++) {
        unsigned wants = b->wants(b->context, p, i);
        if (!wants) continue;
        if (!begins) {
            begins = link_line_begins(p);
            if (!begins) return;
            looks = must_look(b, p, begins);
            if (looks) break;
        }
        bool line = wants & (BREAK_LINE | BREAK_ENTRY) && begins[i] == LINE_ALWAYS;
        if (frame_is_called(&p->nodes[i])) continue;
        Exec *exec = line                  ? execs.line
                     : wants & BREAK_STORE ? execs.store
                     : wants & BREAK_AFTER ? execs.after
                                           : NULL;
        if (exec) break_node(b, &p->nodes[i], exec);
    }
    for (uint32_t i = 0; looks && i < p->node_count; i++)
        break_node(b, &p->nodes[i], execs.look);
    free(begins);
}

static void break_all(void *context, Proto *p)
{
    Proto *celled = __atomic_load_n(&p->celled, __ATOMIC_ACQUIRE);
    break_function(context, p);
    for (uint32_t i = 0; i < p->proto_count; i++) break_all(context, p->protos[i]);
    if (celled && celled != p) break_all(context, celled);
}

/* The outermost functions of the chunks that have something broken, for whoever holds `taken`.
 * A program that makes its code may make any number of chunks, so they are not kept alive. */
static MemWeakList broken_chunks;

static bool make_room(Breaks *b)
{
    if (broken_chunks.count < b->room) return true;
    uint32_t room = b->room ? 2 * b->room : 64;
    void **roots = mem_try_alloc(room * sizeof *roots);
    if (!roots) return false;
    b->roots = roots;
    b->room = room;
    return true;
}

/* The list has room for those that have left, before it grows. */
static bool remember(Breaks *b, Proto *root)
{
    if (broken_chunks.count && broken_chunks.count == broken_chunks.size)
        mem_weak_list_get(&broken_chunks, b->roots);
    return make_room(b) && mem_weak_list_add(&broken_chunks, root);
}

static void mend_all(Proto *p)
{
    Proto *celled = __atomic_load_n(&p->celled, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < p->node_count; i++) {
        Node *n = &p->nodes[i];
        if (!breaks_is_broken(n)) continue;
        set_exec(n, link_exec_of(n->kind));
        if (frame_is_called(n))
            __atomic_store_n(&n->k.many, link_many((NodeKind)n->kind), __ATOMIC_RELAXED);
    }
    for (uint32_t i = 0; i < p->proto_count; i++) mend_all(p->protos[i]);
    if (celled && celled != p) mend_all(celled);
}

/* Breaks a chunk. There are none in it where there is no memory to remember it. */
static void break_chunk(void *context, Proto *root)
{
    Breaks *b = context;
    b->broke = false;
    break_all(b, root);
    if (b->broke && !remember(b, root)) mend_all(root);
}

bool breaks_begin(Breaks *b, Machine *M)
{
    if (pthread_mutex_trylock(&taken) != 0) return false;
    b->M = M;
    b->after = true;
    M->breaks = b;
    if (!link_each_chunk(break_chunk, b)) {
        breaks_end(b);
        return false;
    }
    link_tell(break_chunk, b);
    return true;
}

void breaks_end(Breaks *b)
{
    link_tell(NULL, NULL);
    int64_t count = b->roots ? mem_weak_list_get(&broken_chunks, b->roots) : 0;
    for (int64_t i = 0; i < count; i++) mend_all(b->roots[i]);
    mem_weak_list_clear(&broken_chunks);
    b->roots = NULL;
    b->room = 0;
    b->M->breaks = NULL;
    pthread_mutex_unlock(&taken);
}
