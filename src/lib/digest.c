/* SPDX-License-Identifier: MIT */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/digest.h"

#include "stack/trace_stack.h"
#include "stack/upvalue.h"

#include <stdlib.h>

typedef struct Digest {
    XXH3_state_t xxh;
    Run *R;
    Table *numbers; /* object -> number, in the order met */
    Table *queue;   /* number -> object */
    Table *texts;   /* long string -> number, likewise */
    int64_t met, texts_met;
    Walk *walk;
} Digest;

enum {
    LONG_TEXT = 64, /* bytes: what is longer is hashed once, wherever else it may be */
    TEXT_AGAIN = 1 << 8
};

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

/* Equal contents count as the same string, so this depends on nothing else. */
static void add_text(Digest *d, Value v)
{
    const String *s = value_string(v);
    Value number = V_NIL;
    if (s->length > LONG_TEXT) number = table_get(&d->texts->body, v);
    if (number != V_NIL) {
        add_word(d, TEXT_AGAIN);
        add_word(d, number);
        return;
    }
    if (s->length > LONG_TEXT)
        table_set(&d->texts->body, v, value_number((double)++d->texts_met), d->R->epoch);
    walk_take(d->walk, s->length / LONG_TEXT, 0);
    add_word(d, 8 + (uint64_t)OBJ_STRING);
    add_string(d, s);
}

/* false: no further. */
static bool add_value(Digest *d, Value v)
{
    bool on = walk_take(d->walk, 1, 0);
    if (!value_is_object(v)) {
        add_word(d, v);
        return on;
    }
    ObjectType type = object_type(value_pointer(v));
    if (type == OBJ_STRING) {
        add_text(d, v);
        return on;
    }
    add_word(d, 8 + (uint64_t)type); /* no immediate, no number */
    Value number = table_get(&d->numbers->body, v);
    if (number == V_NIL) {
        number = value_number((double)++d->met);
        table_set(&d->numbers->body, v, number, d->R->epoch);
        table_set_int(&d->queue->body, d->met, v, d->R->epoch);
    }
    add_word(d, number);
    return on;
}

/* An address must not count, nor decide on an order. So light userdata count by the order in
 * which they are met, as objects do; as keys of tables, which go by their addresses, only by
 * the values there, in an order of these. */
static int by_value(const void *a, const void *b)
{
    Value x = *(const Value *)a, y = *(const Value *)b;
    if (value_is(x, OBJ_LIGHT) && value_is(y, OBJ_LIGHT)) return 0;
    return value_order(x, y);
}

static void add_light_pairs(Digest *d, const TableBody *t, size_t count)
{
    Value key = V_NIL, v, *values = mem_alloc(count * sizeof *values);
    size_t n = 0;
    while (n < count && table_next(t, &key, &v))
        if (value_is(key, OBJ_LIGHT)) values[n++] = v;
    qsort(values, n, sizeof *values, by_value);
    for (size_t i = 0; i < n; i++) {
        add_word(d, 8 + (uint64_t)OBJ_LIGHT);
        if (value_is(values[i], OBJ_LIGHT))
            add_word(d, 8 + (uint64_t)OBJ_LIGHT);
        else if (!add_value(d, values[i]))
            break;
    }
}

typedef struct Pairs {
    Digest *d;
    size_t lights; /* keys left out */
} Pairs;

static bool add_pair(void *pairs, Value key, Value value)
{
    Pairs *p = pairs;
    if (!value_is(key, OBJ_LIGHT)) return add_value(p->d, key) && add_value(p->d, value);
    p->lights++;
    return true;
}

static void add_table(Digest *d, const TableBody *t)
{
    Pairs p = {d, 0};
    add_value(d, t->meta ? value_object(t->meta) : V_NIL);
    bool sorts = table_flags(t) & TABLE_NUMBERS;
    if (!sorts || walk_take(d->walk, t->hash.count / 8, 0))
        table_each_canonical(t, add_pair, &p);
    if (p.lights) add_light_pairs(d, t, p.lights);
    add_word(d, 7);
}

static const void *bytes_of(Run *R, const Userdata *u)
{
    const UserdataBody *b = heap_userdata(R, u);
    return b->own ? b->own : u->data;
}

static void add_bytes(void *to, const void *bytes, size_t size)
{
    Digest *d = to;
    walk_take(d->walk, size / LONG_TEXT, 0);
    add_word(d, size);
    add(d, bytes, size);
}

static void add_userdata(Digest *d, const Userdata *u)
{
    const UserdataBody *b = heap_userdata(d->R, u);
    add_value(d, b->meta ? value_object(b->meta) : V_NIL);
    add_value(d, b->user);
    if (u->kind) u->kind->contents(u, bytes_of(d->R, u), add_bytes, d);
}

static void add_to_state(void *to, const void *bytes, size_t size)
{
    XXH3_64bits_update(to, &size, sizeof size);
    XXH3_64bits_update(to, bytes, size);
}

static uint64_t bytes_digest(Run *R, const Userdata *u)
{
    XXH3_state_t xxh;
    XXH3_64bits_reset(&xxh);
    u->kind->contents(u, bytes_of(R, u), add_to_state, &xxh);
    return XXH3_64bits_digest(&xxh);
}

bool digest_same_userdata(Run *a, Run *b, const Userdata *u)
{
    const UserdataBody *x = heap_userdata(a, u), *y = heap_userdata(b, u);
    if (x->meta != y->meta || !value_equal(x->user, y->user)) return false;
    return x->own == y->own || !u->kind || bytes_digest(a, u) == bytes_digest(b, u);
}

static void add_function(Digest *d, const Closure *c)
{
    const Proto *p = c->proto;
    add_string(d, p->source->chunk_name);
    add_word(d, (uint64_t)p->source->line << 32 | p->node_count);
    for (uint32_t i = 0; i < p->upvalue_count; i++) add_value(d, c->upvalues[i]);
}

static void add_slots(void *digest, Value *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) add_value(digest, slots[i]);
}

static void add_callee(void *digest, Value *fp) { add_value(digest, upvalue_identity(fp[-1])); }

/* The frames' functions, where they are, and what they hold. */
static void add_stack(Digest *d, const CoBody *b)
{
    StackVisitor visitor = {.live = add_slots, .callee = add_callee, .context = d};
    FrameCursor c = frame_cursor(b->segment, b->segment->slots + b->fp, NULL);
    do {
        if (c.at && value_is(c.fp[-1], OBJ_CLOSURE))
            add_word(d, proto_index(frame_proto(c.fp), c.at));
    } while (frame_down(&c));
    stack_visit(&visitor, stack_top(b));
}

static void add_coroutine(Digest *d, const CoBody *b)
{
    add_word(d, b->status);
    if (b->status == CO_FRESH) add_value(d, b->segment->slots[b->fp - 1]);
    if (b->status == CO_SUSPENDED) add_stack(d, b);
}

static void add_contents(Digest *d, void *o)
{
    switch (object_type(o)) {
    case OBJ_TABLE: add_table(d, heap_table(d->R, o)); break;
    case OBJ_CLOSURE: add_function(d, o); break;
    case OBJ_CELL: add_value(d, heap_cell(d->R, o)); break;
    case OBJ_COROUTINE: add_coroutine(d, heap_coroutine(d->R, o)); break;
    case OBJ_USERDATA: add_userdata(d, o); break;
    case OBJ_LIGHT: break;
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

bool digest_world(Run *view, Walk *walk, uint64_t *digest)
{
    Digest *d = mem_alloc(sizeof *d + 64); /* XXH3 wants 64-byte alignment */
    d = (Digest *)(((uintptr_t)d + 63) & ~(uintptr_t)63);
    XXH3_64bits_reset(&d->xxh);
    d->R = view;
    d->numbers = run_new_table(view);
    d->queue = run_new_table(view);
    d->texts = run_new_table(view);
    d->met = d->texts_met = 0;
    d->walk = walk;
    add_random(d, view->random);
    add_value(d, value_object(view->world->globals));
    add_value(d, value_object(view->world->registry));
    for (int i = 0; i < TYPE_COUNT; i++)
        add_value(d,
                  view->world->type_meta[i] ? value_object(view->world->type_meta[i]) : V_NIL);
    for (int64_t i = 1; i <= d->met && !walk->end; i++)
        add_contents(d, value_pointer(table_get_int(&d->queue->body, i)));
    *digest = XXH3_64bits_digest(&d->xxh);
    return !walk->end;
}
