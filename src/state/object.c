/* SPDX-License-Identifier: MIT */
/*
 * Making objects, and what a world has of its own: metatables, hidden data.
 *
 * Main invariant: what is made carries the run's epoch, and an id that no other object of the
 * state has.
 */
#include "state/state.h"

#include <assert.h>

#define BEGINS(type) (offsetof(type, h) == 0)
_Static_assert(BEGINS(Light) && BEGINS(String) && BEGINS(Closure) && BEGINS(Native) &&
                   BEGINS(Cell) && BEGINS(Userdata) && BEGINS(Table) && BEGINS(Coroutine),
               "a pointer to an object is one to its header");

Table *run_new_table(Run *R)
{
    Table *t = mem_new(sizeof(Table));
    mem_count(sizeof(Table));
    object_init(&t->h, OBJ_TABLE, run_new_id(R));
    t->epoch = R->epoch;
    return t;
}

static const struct Node *base_node;
void state_init(const struct Node *base) { base_node = base; }

static void set_fresh(Run *R, CoBody *b, Value function)
{
    Segment *s = segment_new(R, FRAME_HEADER);
    s->kind = SEGMENT_COMPACT;
    s->slots[FRAME_HEADER - 2] = value_object(base_node);
    s->slots[FRAME_HEADER - 1] = function;
    b->segment = s;
    b->fp = b->top = FRAME_HEADER;
    b->status = CO_FRESH;
}

void run_restart_coroutine(Run *R, Coroutine *c, Value function)
{
    CoBody *b = heap_coroutine_mut(R, c);
    *b = (CoBody){.hook = b->hook};
    set_fresh(R, b, function);
}

Coroutine *run_new_coroutine(Run *R, Value function)
{
    Coroutine *c = mem_new(sizeof(Coroutine));
    mem_count(sizeof(Coroutine));
    object_init(&c->h, OBJ_COROUTINE, run_new_id(R));
    c->epoch = R->epoch;
    set_fresh(R, &c->body, function);
    return c;
}

Native *run_new_native(Run *R, NativeFn *fn, const char *name, int upvalues)
{
    assert(fn && upvalues >= 0 && "a native has a function");
    size_t bytes = sizeof(Native) + (size_t)upvalues * sizeof(Value);
    Native *f = mem_new(bytes);
    mem_count(bytes);
    object_init(&f->h, OBJ_NATIVE, run_new_id(R));
    f->fn = fn;
    f->name = name;
    f->count = (uint32_t)upvalues;
    return f;
}

Userdata *run_new_userdata(Run *R, const void *tag, size_t size)
{
    Userdata *u = mem_new(sizeof(Userdata));
    mem_count(sizeof(Userdata) + size);
    object_init(&u->h, OBJ_USERDATA, run_new_id(R));
    u->epoch = R->epoch;
    u->tag = tag;
    u->size = size;
    u->data = size ? mem_try_alloc(size) : NULL;
    if (size && !u->data) mem_refuse();
    return u;
}

/* The last ones are remembered by where their bytes are; one looks whether these are the same
 * still. Not by each thread: libraries have little room for what is a thread's. */
String *run_name(const char *name)
{
    enum { BITS = 6 };
    static String *names[1 << BITS];
    String **place = &names[(uintptr_t)name * 0x9e3779b97f4a7c15u >> (64 - BITS)];
    String *known = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    size_t length = strlen(name);
    if (known && known->length == length && !memcmp(known->data, name, length)) return known;
    known = string_constant(name, length);
    __atomic_store_n(place, known, __ATOMIC_RELEASE);
    return known;
}

void run_set_field(Run *R, Table *t, const char *name, Value v)
{
    table_set_string(heap_table_mut(R, t), run_name(name), v, R->epoch);
}

Value run_get_field(Run *R, const Table *t, const char *name)
{
    const String *key = string_from_c(name); /* interning takes a lock */
    if (!key) return V_NIL;
    return table_get_hashed(heap_table(R, t), string_value(key), string_hash(key));
}

void run_merge_globals(Run *R)
{
    const TableBody *b = heap_table(R, R->world->globals);
    if (heap_body_owned(R, b)) table_merge_patch((TableBody *)b, R->epoch);
}

Table *run_metatable(Run *R, Value v)
{
    assert(value_is_valid(v) && "a value has a type");
    if (value_is_object(v)) {
        void *o = value_pointer(v);
        switch (object_type(o)) {
        case OBJ_TABLE: return heap_table(R, o)->meta;
        case OBJ_USERDATA: return heap_userdata(R, o)->meta;
        default: break;
        }
    }
    return R->world->type_meta[value_type(v)];
}

static World *edit_world(Run *R)
{
    World *w = mem_alloc(sizeof *w);
    mem_count_beside(sizeof *w);
    *w = *R->world;
    R->world = w;
    return w;
}

void run_set_type_metatable(Run *R, LuaType type, Table *meta)
{
    assert(type != TYPE_TABLE && type != TYPE_USERDATA && "these have metatables of their own");
    edit_world(R)->type_meta[type] = meta;
}

Table *run_hidden_table(Run *R)
{
    if (!R->world->hidden) edit_world(R)->hidden = run_new_table(R);
    return R->world->hidden;
}

Collection *run_edit_collection(Run *R) { return &edit_world(R)->collection; }

Segment *segment_bare(uint32_t size)
{
    size_t bytes = sizeof(Segment) + (size_t)size * sizeof(Value);
    Segment *s = mem_try_new(bytes + SEGMENT_GUARD * sizeof(Value));
    if (!s) return NULL;
    s->size = size;
#ifdef MOONLET_STRESS
    for (unsigned i = 0; i < SEGMENT_GUARD; i++) s->slots[size + i] = SEGMENT_GUARD_WORD;
#endif
    return s;
}

Segment *segment_try_new(Run *R, uint32_t size)
{
    Segment *s = segment_bare(size);
    if (!s) return NULL;
    mem_count_beside(sizeof(Segment) + (size_t)size * sizeof(Value));
    s->epoch = R->epoch;
    return s;
}

Segment *segment_new(Run *R, uint32_t size)
{
    Segment *s = segment_try_new(R, size);
    assert(s && "what may be large is asked for");
    return s;
}
