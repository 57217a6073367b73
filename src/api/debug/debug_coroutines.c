/* SPDX-License-Identifier: MIT */
/*
 * Coroutines and other objects of a state: a walk over what its program can reach.
 *
 * Main invariant: each object is put into the queue once, strings not at all. All that the
 * program can reach are, up to OBJECTS_MAX.
 */
#include "api/debug/debug_look.h"
#include "stack/trace_stack.h"
#include "stack/upvalue.h"

enum { OBJECTS_MAX = 5000000 };

typedef struct Search {
    Machine *M;
    Table *met;   /* object -> true */
    Table *queue; /* number -> object */
    int64_t count;
} Search;

static void meet(Search *s, Value v)
{
    if (!value_is_object(v) || value_is_string(v) || s->count >= OBJECTS_MAX) return;
    if (table_get(&s->met->body, v) != V_NIL) return;
    table_set(&s->met->body, v, V_TRUE, s->M->run.epoch);
    table_set_int(&s->queue->body, ++s->count, v, s->M->run.epoch);
}

static void meet_pairs(Search *s, const TableBody *t)
{
    Value key = V_NIL, v;
    if (t->meta) meet(s, value_object(t->meta));
    while (table_next(t, &key, &v)) {
        meet(s, key);
        meet(s, v);
    }
}

static void meet_slots(void *search, Value *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) meet(search, slots[i]);
}

static void meet_callee(void *search, Value *fp)
{
    meet(search, upvalue_identity(fp[AT_FUNCTION]));
}

static void meet_stack(Search *s, const CoBody *b)
{
    StackVisitor visitor = {.live = meet_slots, .callee = meet_callee, .context = s};
    if (b->resumer) meet(s, value_object(b->resumer));
    if (!b->segment) return;
    if (b->status == CO_FRESH) meet(s, b->segment->slots[b->fp - 1]);
    if (b->status == CO_SUSPENDED || b->status == CO_PAUSED || b->status == CO_NORMAL)
        stack_visit(&visitor, stack_top(b));
}

static void look_into(Search *s, void *o)
{
    switch (object_type(o)) {
    case OBJ_TABLE: meet_pairs(s, heap_table(&s->M->run, o)); break;
    case OBJ_CLOSURE: {
        const Closure *c = heap_closure(&s->M->run, o);
        for (uint32_t i = 0; i < c->proto->upvalue_count; i++) meet(s, c->upvalues[i]);
        break;
    }
    case OBJ_CELL: meet(s, heap_cell(&s->M->run, o)); break;
    case OBJ_COROUTINE: meet_stack(s, heap_coroutine(&s->M->run, o)); break;
    case OBJ_USERDATA: {
        const UserdataBody *b = heap_userdata(&s->M->run, o);
        if (b->meta) meet(s, value_object(b->meta));
        meet(s, b->user);
        break;
    }
    case OBJ_NATIVE: {
        const Native *f = o;
        for (uint32_t i = 0; i < f->count; i++) meet(s, f->upvalues[i]);
        break;
    }
    default: break;
    }
}

/* One that has a stack of the program's. */
static bool has_stack(Machine *M, Value v)
{
    if (!value_is(v, OBJ_COROUTINE)) return false;
    const CoBody *b = heap_coroutine(&M->run, value_pointer(v));
    return b->segment &&
           (b->status == CO_SUSPENDED || b->status == CO_PAUSED || b->status == CO_NORMAL);
}

static Search search_begin(const moonlet_state *s)
{
    Machine *M = machine_begin(s->state);
    Search x = {.M = M, .met = run_new_table(&M->run), .queue = run_new_table(&M->run)};
    for (Coroutine *co = s->state->base->paused; co; co = heap_coroutine(&M->run, co)->resumer)
        meet(&x, value_object(co));
    meet(&x, value_object(M->run.world->globals));
    meet(&x, value_object(M->run.world->registry));
    for (int i = 0; i < TYPE_COUNT; i++)
        if (M->run.world->type_meta[i]) meet(&x, value_object(M->run.world->type_meta[i]));
    return x;
}

/* The i-th object met, which is looked into then, or NULL where there are no more. */
static void *search_next(Search *x, int64_t i)
{
    if (i > x->count) return NULL;
    void *o = value_pointer(table_get_int(&x->queue->body, i));
    look_into(x, o);
    return o;
}

size_t debug_coroutines(const moonlet_state *s, Coroutine **out, size_t most)
{
    size_t n = 0;
    void *o;
    Search x = search_begin(s);
    for (int64_t i = 1; n < most && (o = search_next(&x, i)); i++)
        if (has_stack(x.M, value_object(o))) out[n++] = o;
    machine_end(x.M);
    return n;
}

/* Adds a text that is not there yet. Answers how many there are now. */
static size_t note_chunk(const String **out, size_t n, const String *chunk)
{
    for (size_t i = 0; i < n; i++)
        if (string_equal(out[i], chunk)) return n;
    out[n] = chunk;
    return n + 1;
}

size_t debug_chunks(const moonlet_state *s, const String **out, size_t most)
{
    size_t n = 0;
    void *o;
    Search x = search_begin(s);
    for (int64_t i = 1; n < most && (o = search_next(&x, i)); i++)
        if (object_type(o) == OBJ_CLOSURE)
            n = note_chunk(out, n, heap_closure(&x.M->run, o)->proto->source->chunk_name);
    machine_end(x.M);
    return n;
}

void *debug_object(const moonlet_state *s, uint64_t id)
{
    void *o;
    Search x = search_begin(s);
    for (int64_t i = 1; (o = search_next(&x, i)); i++)
        if ((object_type(o) == OBJ_TABLE || object_type(o) == OBJ_CELL) && object_id(o) == id)
            break;
    machine_end(x.M);
    return o;
}
