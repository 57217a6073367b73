/* SPDX-License-Identifier: MIT */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/digest.h"

#include "eval/frame.h"

typedef struct Digest {
    XXH3_state_t xxh;
    Run *R;
    Table *numbers; /* object -> number, in the order met */
    Table *queue;   /* number -> object */
    int64_t met;
    size_t values; /* looked at */
} Digest;

static void add(Digest *d, const void *bytes, size_t n)
{
    XXH3_64bits_update(&d->xxh, bytes, n);
}
static void add_word(Digest *d, uint64_t w) { add(d, &w, sizeof w); }
static void add_string(Digest *d, const String *s)
{
    add_word(d, s->length);
    add(d, s->data, s->length);
}

static void add_value(Digest *d, Value v)
{
    d->values++;
    if (!value_is_object(v)) {
        add_word(d, v);
        return;
    }
    ObjectType type = object_type(value_pointer(v));
    add_word(d, 8 + (uint64_t)type); /* no immediate, no number */
    if (type == OBJ_STRING) {
        add_string(d, value_string(v));
        return;
    }
    if (type == OBJ_LIGHT) return; /* an address */
    Value number = table_get(&d->numbers->body, v);
    if (number == V_NIL) {
        number = value_number((double)++d->met);
        table_set(&d->numbers->body, v, number, d->R->epoch);
        table_set_int(&d->queue->body, d->met, v, d->R->epoch);
    }
    add_word(d, number);
}

static void add_table(Digest *d, const TableBody *t)
{
    Value key = V_NIL, v;
    add_value(d, t->meta ? value_object(t->meta) : V_NIL);
    while (table_next_canonical(t, &key, &v)) {
        add_value(d, key);
        add_value(d, v);
    }
    add_word(d, 7);
}

static void add_function(Digest *d, const Closure *c)
{
    const Proto *p = c->proto;
    add_string(d, p->source->chunk_name);
    add_word(d, (uint64_t)p->source->line << 32 | p->node_count);
    for (uint32_t i = 0; i < p->upvalue_count; i++) add_value(d, c->upvalues[i]);
}

/* A frame's function, where it is, and the slots it will still use: those below the
 * frame of the call that it waits in. */
static void add_frame(Digest *d, const FrameCursor *c, size_t live)
{
    add_value(d, c->fp[-1]);
    if (!c->at || !value_is(c->fp[-1], OBJ_CLOSURE)) return;
    const Proto *p = frame_proto(c->fp);
    add_word(d, proto_index(p, c->at));
    for (size_t i = 0; i < live; i++) add_value(d, c->fp[i]);
}

static size_t live_slots(const Node *ret, const FrameCursor *below)
{
    if (!value_is(below->fp[-1], OBJ_CLOSURE) || !below->at) return 0;
    const Proto *p = frame_proto(below->fp);
    if (ret == below->at + 1) return ret->a - 2u; /* an ordinary call */
    return p->tops[proto_index(p, below->at)];
}

static void add_coroutine(Digest *d, const CoBody *b)
{
    add_word(d, b->status);
    if (b->status == CO_FRESH) add_value(d, b->segment->slots[b->fp - 1]);
    if (b->status != CO_SUSPENDED) return;
    FrameCursor c = frame_cursor(b->segment, b->segment->slots + b->fp, NULL);
    add_frame(d, &c, 0);
    for (const Node *ret = c.ret; frame_down(&c); ret = c.ret)
        add_frame(d, &c, live_slots(ret, &c));
}

static void add_contents(Digest *d, void *o)
{
    switch (object_type(o)) {
    case OBJ_TABLE: add_table(d, heap_table(d->R, o)); break;
    case OBJ_CLOSURE: add_function(d, o); break;
    case OBJ_CELL: add_value(d, heap_cell(d->R, o)); break;
    case OBJ_COROUTINE: add_coroutine(d, heap_coroutine(d->R, o)); break;
    case OBJ_USERDATA: {
        const UserdataBody *u = heap_userdata(d->R, o);
        add_value(d, u->meta ? value_object(u->meta) : V_NIL);
        add_value(d, u->user);
        break;
    }
    default: {
        const Native *f = o;
        add(d, f->name, strlen(f->name));
        for (uint32_t i = 0; i < f->count; i++) add_value(d, f->upvalues[i]);
        break;
    }
    }
}

/* In the order in which the generator comes by them. */
static void add_random(Digest *d, const Random *r)
{
    add_word(d, r != NULL);
    for (unsigned i = 0; r && i < RANDOM_WORDS; i++)
        add_word(d, r->words[(r->oldest + i) % RANDOM_WORDS]);
}

uint64_t digest_world(Run *view, size_t *values)
{
    Digest *d = mem_alloc(sizeof *d + 64); /* XXH3 wants 64-byte alignment */
    d = (Digest *)(((uintptr_t)d + 63) & ~(uintptr_t)63);
    XXH3_64bits_reset(&d->xxh);
    d->R = view;
    d->numbers = run_new_table(view);
    d->queue = run_new_table(view);
    d->met = 0;
    d->values = 0;
    add_random(d, view->random);
    add_value(d, value_object(view->world->globals));
    add_value(d, value_object(view->world->registry));
    for (int i = 0; i < TYPE_COUNT; i++)
        add_value(d,
                  view->world->type_meta[i] ? value_object(view->world->type_meta[i]) : V_NIL);
    for (int64_t i = 1; i <= d->met; i++)
        add_contents(d, value_pointer(table_get_int(&d->queue->body, i)));
    *values = d->values;
    return XXH3_64bits_digest(&d->xxh);
}
