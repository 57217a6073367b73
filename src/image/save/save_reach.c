/* SPDX-License-Identifier: MIT */
/*
 * Whether a state reaches all that the one before it does, without a walk over it.
 *
 * Of states that variables hold, only what they can reach is told. What leads to an object may
 * go from one state to the next; most often nothing does, or it is still reached in another
 * way. So what changed objects led to before is looked at: an object stays reached if what it
 * was met in first leads to it still, and to that what that was met in, up to a root.
 *
 * Main invariant: an answer "all" is proved, edge by edge, in the state; whoever an object was
 * met in is only where the proof is looked for.
 */
#include "image/save/saver.h"
#include "stack/trace_stack.h"
#include "stack/upvalue.h"

/* What an object leads to ---------------------------------------------------------------- */

typedef void EdgeFn(void *context, const void *to);
typedef struct Edges {
    EdgeFn *fn;
    void *context;
    bool lacks; /* memory, to find out about a frame */
} Edges;

static void edge(Edges *e, Value v)
{
    if (!value_is_object(v)) return;
    const void *o = value_pointer(v);
    ObjectType type = object_type(o);
    bool simple = type == OBJ_STRING || type == OBJ_LIGHT ||
                  (type == OBJ_NATIVE && !((const Native *)o)->count);
    if (!simple) e->fn(e->context, o);
}

static void edge_to(Edges *e, const void *o)
{
    if (o) edge(e, value_object(o));
}

static void edge_item(void *e, Word v) { edge(e, v); }
static void edge_pair(void *e, Word key, Word v)
{
    edge(e, key);
    edge(e, v);
}
static void edge_slots(void *e, Value *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) edge(e, slots[i]);
}
static void edge_callee(void *e, Value *fp) { edge(e, upvalue_identity(fp[AT_FUNCTION])); }
static void edges_lack(void *e) { ((Edges *)e)->lacks = true; }

static void table_edges(Edges *e, const TableBody *b)
{
    uint32_t count;
    edge_to(e, b->meta);
    for (uint32_t i = 0; i < b->array_size; i += count) {
        const Word *words = pvec_piece(&b->array, i, &count);
        if (count > b->array_size - i) count = b->array_size - i;
        for (uint32_t k = 0; k < count; k++) edge_item(e, words[k]);
    }
    table_each_hashed(b, edge_pair, e);
}

static void coroutine_edges(Edges *e, const CoBody *b)
{
    StackVisitor v = {
        .live = edge_slots, .callee = edge_callee, .unknown = edges_lack, .context = e};
    if (coroutine_has_resumer(b)) edge_to(e, b->resumer);
    if (b->hook) edge(e, b->hook->hook->function);
    if (b->status == CO_RUNNING)
        edges_lack(e); /* what it has is in the state that it runs in, and not here */
    else if (b->segment)
        stack_visit(&v, stack_top(b));
}

static void all_edges(Edges *e, Machine *M, const void *o)
{
    const UserdataBody *u;
    const Closure *c;
    switch (object_type(o)) {
    case OBJ_TABLE: table_edges(e, heap_table(&M->run, o)); break;
    case OBJ_CELL: edge(e, heap_cell(&M->run, o)); break;
    case OBJ_CLOSURE:
        c = heap_closure(&M->run, o);
        edge_slots(e, (Value *)c->upvalues, c->proto->upvalue_count);
        break;
    case OBJ_NATIVE:
        edge_slots(e, (Value *)((const Native *)o)->upvalues, ((const Native *)o)->count);
        break;
    case OBJ_COROUTINE: coroutine_edges(e, heap_coroutine(&M->run, o)); break;
    default:
        u = heap_userdata(&M->run, o);
        edge_to(e, u->meta);
        edge(e, u->user);
    }
}

/* Still reached --------------------------------------------------------------------------- */

typedef struct Search {
    Saver *S;
    const void *wanted;
    bool found, lost;
    size_t left; /* edges that may yet be looked at: beyond, a walk over all is as good */
} Search;

static void compare_edge(void *context, const void *to)
{
    Search *x = context;
    x->found |= to == x->wanted;
    if (x->left) x->left--;
}

static bool leads_to(Search *x, const void *from, const void *to)
{
    Edges e = {.fn = compare_edge, .context = x};
    x->wanted = to;
    x->found = false;
    all_edges(&e, x->S->M, from);
    return x->found && !e.lacks;
}

typedef struct Roots {
    const void *at[TYPE_COUNT + 7];
    size_t count;
} Roots;

/* The roots as a trace that marks all has them. */
static Roots roots_of(Machine *M, const Coroutine *paused)
{
    const World *w = M->run.world;
    Roots r = {.at = {w->globals, w->registry, w->hidden, w->main, w->collection.finalizers,
                      w->collection.queue, paused},
               .count = 7};
    for (int t = 0; t < TYPE_COUNT; t++) r.at[r.count++] = w->type_meta[t];
    return r;
}

static bool is_root(const Roots *r, const void *o)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->at[i] == o) return true;
    return false;
}

static bool is_anchored(Search *x, const void *o)
{
    enum { FAR = 50 };
    const Saver *S = x->S;
    Roots roots = roots_of(S->M, S->paused);
    for (int far = 0; far < FAR && x->left; far++) {
        if (is_root(&roots, o)) return true;
        uint32_t number = objects_number(&S->objects, o);
        if (number == OBJECT_NONE) return false;
        uint32_t in = S->meetings[number].in;
        if (in >= S->objects.count || !leads_to(x, S->objects.list[in], o)) return false;
        o = S->objects.list[in];
    }
    return false;
}

static void look_at_lost(void *context, const void *to)
{
    Search *x = context;
    if (!x->lost) x->lost = !is_anchored(x, to);
}

/* Looks at the value that was at a key of a table, and at the key if it is gone. */
static void look_at_pair(void *context, Value key, Value old, Value now)
{
    Edges e = {.fn = look_at_lost, .context = context};
    edge(&e, old);
    if (now == V_NIL) edge(&e, key);
}

static bool loses(Search *x, const void *o)
{
    Saver *S = x->S;
    Edges e = {.fn = look_at_lost, .context = x};
    if (object_type(o) == OBJ_TABLE && o != S->M->run.world->hidden) {
        const TableBody *a = heap_table(&S->from->run, o), *b = heap_table(&S->M->run, o);
        if (a->meta != b->meta) edge_to(&e, a->meta);
        if (table_diff(a, b, look_at_pair, x)) return x->lost;
    }
    all_edges(&e, S->from, o);
    return x->lost || e.lacks;
}

bool saver_keeps_all(Saver *S, const State *from, const PointerList *changed)
{
    Search x = {.S = S, .left = S->objects.count};
    if (S->record < 2 || S->base || S->out->failed) return false;
    Roots before = roots_of(S->from, from->base->paused);
    for (size_t i = 0; i < before.count && !x.lost; i++)
        if (before.at[i]) look_at_lost(&x, before.at[i]);
    for (size_t i = 0; i < changed->count && !x.lost; i++) {
        const void *o = changed->items[i];
        uint32_t number = objects_number(&S->objects, o);
        bool memo = object_type(o) == OBJ_TABLE && table_is_memo(o);
        if (number == OBJECT_NONE || memo || !saver_was_alive(S, number)) continue;
        if (loses(&x, o)) return false;
    }
    return !x.lost;
}

/* Who leads to whom ------------------------------------------------------------------------ */

typedef struct Leading {
    Saver *S;
    uint32_t from;
} Leading;

static void note_leading(void *context, const void *to)
{
    const Leading *l = context;
    uint32_t number = objects_number(&l->S->objects, to);
    if (number != OBJECT_NONE && l->S->meetings[number].in == OBJECT_NONE)
        l->S->meetings[number].in = l->from;
}

void saver_note_leading(Saver *S)
{
    Leading l = {S, 0};
    Edges e = {.fn = note_leading, .context = &l};
    for (uint32_t i = 0; i < S->objects.count; i++) S->meetings[i].in = OBJECT_NONE;
    for (; l.from < S->objects.count; l.from++)
        if (S->meetings[l.from].alive == S->record)
            all_edges(&e, S->M, S->objects.list[l.from]);
}
