/* SPDX-License-Identifier: MIT */
/*
 * The linker's base: emitting nodes, branches, slots; and what is made of a whole function.
 *
 * Main invariant: nodes are in the order of evaluation. A branch that waits for its target is
 * in exactly one list.
 */
#include "link/link.h"

#include <assert.h>
#include <stdlib.h>

#include "link/again.h"
#include "link/link_internal.h"
#include "link/link_lines.h"
#include "memory/inject.h"
#include "node/check_proto.h"
#include "node/lines.h"
#include "syntax/parser.h"

enum { SLOTS_MAX = 60000 };

/* What kinds of nodes do, and with another number of values than one: the evaluator's. */
static Exec *const *link_execs;
static Exec *const *link_manys;

void link_init(Exec *const *execs, Exec *const *manys)
{
    if (link_execs) return;
    link_execs = execs;
    link_manys = manys;
}

Exec *link_many(NodeKind kind) { return link_manys[kind]; }

/* Nodes ---------------------------------------------------------------------------- */

void *link_grown(Linker *L, const void *old, size_t count, size_t capacity, size_t size)
{
    compile_save_up(capacity * size);
    if (!mem_count_first(capacity * size) && count) { /* all is in vain */
        L->failed = true;
        return NULL;
    }
    void *p = mem_try_alloc(capacity * size);
    if (!p) {
        mem_refuse();
        L->failed = true;
        return NULL;
    }
    if (count) memcpy(p, old, count * size);
    return p;
}

/* What is made for each node, until the function is complete. The first arrays are never
 * refused; larger ones are malloc's, which the collector does not look into, and which grow
 * without a copy where there is room: nothing that nodes point to needs these arrays to live.
 */
enum { CAPACITY_FIRST = 16, ARRAYS = 4 };
typedef struct LinkArray {
    void *at; /* of a pointer to elements of any type */
    size_t size;
} LinkArray;

static void arrays_of(Linker *L, LinkArray all[ARRAYS])
{
    all[0] = (LinkArray){&L->nodes, sizeof *L->nodes};
    all[1] = (LinkArray){&L->lines, sizeof *L->lines};
    all[2] = (LinkArray){&L->origins, sizeof *L->origins};
    all[3] = (LinkArray){&L->tops, sizeof *L->tops};
}

static bool grow(Linker *L, const LinkArray *a, unsigned bit, uint32_t capacity)
{
    void *old, *more;
    bool outside = L->outside & bit;
    memcpy(&old, a->at, sizeof old);
    compile_save_up(capacity * a->size);
    if (!mem_count_first(capacity * a->size)) return false; /* all is in vain */
    more = inject_failure() ? NULL : realloc(outside ? old : NULL, capacity * a->size);
    if (!more) mem_refuse();
    if (!more) return false;
    if (!outside) {
        memcpy(more, old, L->capacity * a->size);
        mem_free(old, L->capacity * a->size);
    }
    memcpy(a->at, &more, sizeof more);
    L->outside |= bit;
    return true;
}

static bool widen(Linker *L)
{
    LinkArray all[ARRAYS];
    uint32_t capacity = L->capacity * 2;
    arrays_of(L, all);
    for (unsigned i = 0; i < ARRAYS; i++) {
        if (grow(L, &all[i], 1u << i, capacity)) continue;
        L->failed = true;
        return false;
    }
    L->capacity = capacity;
    return true;
}

static void arrays_begin(Linker *L)
{
    L->nodes = mem_alloc_counted(CAPACITY_FIRST * sizeof *L->nodes);
    L->lines = mem_alloc_counted(CAPACITY_FIRST * sizeof *L->lines);
    L->origins = mem_alloc_counted(CAPACITY_FIRST * sizeof *L->origins);
    L->tops = mem_alloc_counted(CAPACITY_FIRST * sizeof *L->tops);
    L->capacity = CAPACITY_FIRST;
}

static void arrays_end(Linker *L)
{
    LinkArray all[ARRAYS];
    arrays_of(L, all);
    for (unsigned i = 0; i < ARRAYS; i++) {
        void *p;
        memcpy(&p, all[i].at, sizeof p);
        if (L->outside & 1u << i)
            free(p);
        else
            mem_free(p, CAPACITY_FIRST * all[i].size);
    }
}

/* Emits a node. If there is no memory for more, the last one is written again and again:
 * nothing of what is made then is used, but for the arrays to be as long as they say. */
uint32_t link_emit(Linker *L, NodeKind kind)
{
    if (L->count == L->capacity && !widen(L)) L->count--;
    if (compile_is_due()) L->failed = true;
    uint32_t i = L->count++;
    L->nodes[i] = (Node){.exec = link_execs[kind], .kind = (uint16_t)kind};
    L->lines[i] = L->line;
    L->origins[i] = L->origin;
    L->tops[i] = (uint16_t)L->top;
    return i;
}

void link_pay(Linker *L)
{
    assert((L->failed || (int32_t)(L->count - L->paid) >= 0) && "what was paid for is there");
    uint32_t steps = (L->count - L->paid) / NODES_A_STEP;
    if (!steps) return;
    uint32_t i = link_emit(L, N_PAY);
    L->nodes[i].a = (uint16_t)(steps < UINT16_MAX ? steps : UINT16_MAX);
    L->lines[i] = 0;
    L->paid = L->count;
}

/* A waiting branch keeps in its target the one that waited before it, plus 1. */
void link_branch_add(Linker *L, Branches *list, uint32_t node)
{
    assert(node < L->count && "a branch that waits is a node that is there");
    L->nodes[node].target = (int32_t)*list;
    *list = node + 1;
}

static void link_lands_here(Linker *L, uint32_t node)
{
    assert(node < L->count && "what lands here was emitted before");
    NodeList *list = &L->landed;
    link_target_here(L);
    L->nodes[node].target = (int32_t)L->count - (int32_t)node;
    if (L->landed_at != L->count) list->count = 0;
    L->landed_at = L->count;
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 8;
        uint32_t *all = link_grown(L, list->all, list->count, capacity, sizeof *all);
        if (!all) return;
        list->all = all;
        list->capacity = capacity;
    }
    list->all[list->count++] = node;
}

void link_branch_here(Linker *L, Branches list)
{
    while (list && !L->failed) { /* else the list may be a ring */
        Branches next = (Branches)L->nodes[list - 1].target;
        link_lands_here(L, list - 1);
        list = next;
    }
}

void link_nil(Linker *L, unsigned slot, unsigned count)
{
    uint32_t i = link_emit(L, N_NIL_N);
    L->nodes[i].c = (uint16_t)slot;
    L->nodes[i].b = (uint16_t)count;
    bool joins = L->nil_end == i + 1 && L->nil_slot == slot && L->target != i + 1;
    if (joins) L->lines[i] = L->lines[i - 1];
    L->nil_end = i + 2;
    L->nil_slot = slot + count;
}

void link_use(Linker *L, unsigned top)
{
    if (top > SLOTS_MAX) {
        L->failed = true;
        top = SLOTS_MAX;
    }
    L->top = top;
    if (top > L->max) L->max = top;
}

unsigned link_temp(Linker *L)
{
    link_use(L, L->top + 1);
    return L->top - 1;
}

void link_name_slot(Linker *L, String *name, unsigned slot)
{
    Proto *p = L->proto;
    if (p->local_count == L->local_capacity) {
        uint32_t capacity = L->local_capacity ? L->local_capacity * 2 : 8;
        ProtoLocal *all = link_grown(L, p->locals, p->local_count, capacity, sizeof *all);
        if (!all) return;
        p->locals = all;
        L->local_capacity = capacity;
    }
    p->locals[p->local_count++] =
        (ProtoLocal){.name = name, .start = L->count, .slot = (uint16_t)slot};
}

void link_activate(Linker *L, const AstLocal *l, unsigned slot)
{
    assert((L->failed || slot < L->top) && "a variable has a slot that is in use");
    link_name_slot(L, l->name, slot);
    ProtoLocal *p = &L->proto->locals[L->proto->local_count - 1];
    p->cell = local_is_cell(l);
    p->captured = l->captured;
    L->slots[l->index] = (uint16_t)slot;
    if (L->active <= slot) L->active = slot + 1;
}

/* Functions ------------------------------------------------------------------------ */

bool upvalue_is_cell(const Linker *L, int i)
{
    const AstLocal *l = L->source->upvalues[i].local;
    if (local_is_cell(l)) return true;
    if (!L->celled) return false;
    for (const Linker *x = L->parent; x; x = x->parent)
        if (x->source == l->function) return false;
    return true;
}

static void describe_upvalues(Linker *L, const AstLocal *defining)
{
    const AstFunction *f = L->source;
    Proto *p = L->proto;
    p->upvalue_count = (uint32_t)f->upvalue_count;
    p->upvalues = mem_alloc_counted((size_t)f->upvalue_count * sizeof *p->upvalues + 1);
    for (int i = 0; i < f->upvalue_count; i++) {
        const AstUpvalue *u = &f->upvalues[i];
        ProtoUpvalue *v = &p->upvalues[i];
        v->name = u->name;
        v->cell = upvalue_is_cell(L, i);
        v->source = UP_PARENT;
        v->index = (uint16_t)u->index;
        if (!u->from_parent || !L->parent) continue;
        v->source = u->local == defining ? UP_SELF : UP_LOCAL;
        v->index = (uint16_t)local_slot(L->parent, u->local);
    }
}

static void parameters(Linker *L)
{
    const AstFunction *f = L->source;
    link_use(L, (unsigned)f->params);
    for (int i = 0; i < f->params; i++) {
        if (local_is_cell(f->locals[i])) {
            uint32_t n = link_emit(L, N_WRAP_CELL);
            L->nodes[n].a = L->nodes[n].c = (uint16_t)i;
        }
        link_activate(L, f->locals[i], (unsigned)i);
    }
}

/* Pointer-free, as all that nodes have is held by the tree or by the function. */
static void *room_for(Linker *L, size_t bytes)
{
    compile_save_up(bytes);
    mem_count(bytes);
    void *p = mem_try_alloc_atomic(bytes);
    if (p) return p;
    mem_refuse();
    L->failed = true;
    return NULL;
}

static void *copied(Linker *L, const void *from, size_t bytes)
{
    void *p = room_for(L, bytes);
    return p ? memcpy(p, from, bytes) : NULL;
}

/* A large one of malloc's is given back piece by piece from its end, so that there are never
 * two of the whole. */
static void *moved(Linker *L, const LinkArray *a, unsigned bit)
{
    enum { PIECE = 1 << 20 };
    size_t bytes = L->count * a->size;
    char *from, *to = room_for(L, bytes);
    memcpy(&from, a->at, sizeof from);
    while (to && L->outside & bit && bytes > PIECE) {
        size_t rest = (bytes - 1) / PIECE * PIECE;
        memcpy(to + rest, from + rest, bytes - rest);
        char *less = realloc(from, rest);
        if (less) from = less;
        bytes = rest;
    }
    memcpy(a->at, &from, sizeof from);
    return to ? memcpy(to, from, bytes) : NULL;
}

static void *narrow_lines(Linker *L)
{
    void *lines = room_for(L, proto_lines_size(L->count));
    if (lines) proto_lines_store(lines, L->lines, L->count);
    return lines;
}

static uint8_t *narrow_tops(Linker *L)
{
    uint8_t *tops = room_for(L, L->count);
    for (uint32_t i = 0; tops && i < L->count; i++) tops[i] = (uint8_t)L->tops[i];
    return tops;
}

static void finish_locals(Linker *L)
{
    Proto *p = L->proto;
    ProtoLocal *made = p->locals;
    for (uint32_t i = 0; i < p->local_count; i++)
        if (!made[i].end) made[i].end = L->count;
    if (!made) return;
    p->locals = copied(L, made, p->local_count * sizeof *made);
    mem_free(made, L->local_capacity * sizeof *made);
}

/* The finished arrays, cut to their size. */
static void finish(Linker *L)
{
    Proto *p = L->proto;
    if (L->failed) return;
    assert(L->count && L->active <= L->max &&
           "a function has nodes, and its slots were counted");
    p->node_count = L->count;
    LinkArray all[ARRAYS];
    arrays_of(L, all);
    p->nodes = moved(L, &all[0], 1);
    p->wide_lines = !proto_lines_fit(L->lines, L->count);
    p->lines = p->wide_lines ? moved(L, &all[1], 2) : narrow_lines(L);
    p->origins = moved(L, &all[2], 4);
    p->wide_tops = L->max > UINT8_MAX;
    p->tops = p->wide_tops ? moved(L, &all[3], 8) : narrow_tops(L);
    p->entry = p->nodes;
    p->frame = L->max + 2;
    finish_locals(L);
    if (p->vararg) p->frame += FRAME_VARARG;
    if (!L->failed) proto_check(p);
}

static void adopt(Linker *parent, Proto *child)
{
    Proto *p = parent->proto;
    size_t count = (size_t)parent->source->function_count + 1;
    if (!p->protos) p->protos = link_grown(parent, NULL, 0, count, sizeof *p->protos);
    if (parent->failed) return;
    p->protos[p->proto_count++] = child;
}

static Linker linker_for(Linker *parent, const AstFunction *f)
{
    Proto *p = mem_alloc_counted(sizeof *p);
    p->source = f;
    p->params = (uint32_t)f->params;
    p->vararg = f->vararg;
    p->root = parent ? parent->proto->root : p;
    p->celled_path = parent ? parent->proto->celled_path << 1 : 0;
    return (Linker){.parent = parent, .source = f, .proto = p, .line = f->line};
}

static Proto *link_body(Linker *L, const AstLocal *defining)
{
    const AstFunction *f = L->source;
    L->failed = mem_short;
    if (L->failed) return L->proto;
    L->slots = link_grown(L, NULL, 0, (size_t)f->local_count + 1, sizeof *L->slots);
    L->places = link_grown(L, NULL, 0, (size_t)f->label_count * 2 + 1, sizeof *L->places);
    if (L->failed) return L->proto;
    L->waiting = L->places + f->label_count;
    describe_upvalues(L, defining);
    arrays_begin(L);
    parameters(L);
    uint32_t first = L->count;
    link_block(L, f->body);
    L->line = f->end_line;
    L->origin = NULL;
    link_emit(L, N_RETURN_0);
    for (uint32_t i = 0; i < first; i++) L->lines[i] = L->lines[first];
    finish(L);
    arrays_end(L);
    mem_free(L->slots, ((size_t)f->local_count + 1) * sizeof *L->slots);
    mem_free(L->places, ((size_t)f->label_count * 2 + 1) * sizeof *L->places);
    return L->proto;
}

Proto *link_function(Linker *parent, const AstFunction *f, const AstLocal *defining,
                     bool *failed)
{
    Linker L = linker_for(parent, f);
    L.celled = parent && parent->celled;
    Proto *p = link_body(&L, defining);
    if (L.failed) *failed = true;
    if (parent) adopt(parent, p);
    return p;
}

static bool has_only_cells(const Proto *p)
{
    for (uint32_t i = 0; i < p->upvalue_count; i++)
        if (!p->upvalues[i].cell) return false;
    return true;
}

/* Gives functions of a tree that was made again those that the others know. */
static void give_sources(Proto *made, const AstFunction *f)
{
    const AstFunction *again = made->source;
    made->source = f;
    for (uint32_t k = 0; k < made->proto_count; k++) {
        int i = 0;
        while (again->functions[i] != made->protos[k]->source) i++;
        give_sources(made->protos[k], f->functions[i]);
    }
}

static Proto *make_celled(const Proto *p)
{
    if (has_only_cells(p)) return (Proto *)p;
    const AstFunction *tree = link_tree(p);
    if (!tree) return NULL;
    Linker L = linker_for(NULL, tree);
    L.celled = true;
    L.proto->root = p->root;
    L.proto->celled_path = p->celled_path | 1;
    Proto *celled = link_body(&L, NULL);
    if (L.failed) return NULL; /* then it has no arrays */
    celled->celled = celled;
    if (tree != p->source) give_sources(celled, p->source);
    for (uint32_t i = 0; i < p->upvalue_count; i++) {
        celled->upvalues[i].source = p->upvalues[i].source;
        celled->upvalues[i].index = p->upvalues[i].index;
    }
    return celled;
}

const Proto *link_celled(const Proto *p)
{
    Proto **known = &((Proto *)p)->celled, *celled = __atomic_load_n(known, __ATOMIC_ACQUIRE);
    if (celled) return celled;
    CompileUncounted u = compile_uncounted_begin();
    Proto *made = make_celled(p);
    compile_uncounted_end(&u);
    bool first = made && __atomic_compare_exchange_n(known, &celled, made, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return first ? made : celled;
}

Proto *link_chunk(const AstFunction *main, String **error)
{
    bool failed = false;
    Proto *p = link_function(NULL, main, NULL, &failed);
    if (!failed) {
        link_note_chunk(p);
        return p;
    }
    *error = string_from_c("function or expression too complex");
    return NULL;
}

Exec *link_exec_of(unsigned kind) { return link_execs[kind]; }
