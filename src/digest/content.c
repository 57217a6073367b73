/* SPDX-License-Identifier: MIT */
/* Hashes of what each kind of object contains; see content.h. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "digest/content.h"

#include "stack/trace_stack.h"
#include "stack/upvalue.h"

#include <assert.h>

/* What an object has, for the head of its hash. */
typedef enum Role {
    ROLE_PAIR,
    ROLE_LIGHT_VALUE, /* where a light userdata is */
    ROLE_LIGHT_KEY,
    ROLE_META,
    ROLE_CODE,
    ROLE_UPVALUE,
    ROLE_CELL,
    ROLE_STATUS,
    ROLE_STACK,
    ROLE_USER,
    ROLE_BYTES,
    ROLE_SHARED,
    ROLE_ROOT,
    ROLE_RANDOM
} Role;

enum { LONG_TEXT = 64 }; /* bytes: what is longer is read once */

/* Hashes ----------------------------------------------------------------------------- */

static Sum sum_of(XXH128_hash_t h) { return (Sum){h.low64, h.high64}; }
static Sum hash_bytes(const void *bytes, size_t n) { return sum_of(XXH3_128bits(bytes, n)); }

static inline void put(Content *c, Sum s) { sum_add(&c->sum, c->off ? sum_negative(s) : s); }

static uint64_t head(uint64_t id, Role role, unsigned types)
{
    return id << 16 | (uint64_t)role << 8 | types;
}

static Sum hash_words(uint64_t head, uint64_t a, uint64_t b)
{
    uint64_t words[3] = {head, a, b};
    return hash_bytes(words, sizeof words);
}

static uint64_t text_read(const String *s) { return XXH3_64bits(s->data, s->length); }

static uint64_t text_word(Content *c, const String *s)
{
    if (__builtin_expect(s->length <= LONG_TEXT, 1)) return text_read(s);
    const uint64_t *known = address_map_find(&c->texts, s);
    if (known) return *known;
    walk_take(c->walk, s->length / LONG_TEXT, 0);
    if (c->walk->end) return 0;
    uint64_t word = text_read(s), *place = address_map_make(&c->texts, s);
    if (place) *place = word; /* else it is read again */
    return word;
}

/* A value as 4 bits and a word: what it is, and its bits, bytes or id. */
typedef struct Word4 {
    unsigned type;
    uint64_t word;
} Word4;

static inline Word4 word_of(Content *c, Value v)
{
    if (!value_is_object(v)) return (Word4){0, v};
    const void *o = value_pointer(v);
    ObjectType type = object_type(o);
    if (type == OBJ_STRING) return (Word4){type, text_word(c, o)};
    if (type == OBJ_LIGHT) return (Word4){type, 0};
    return (Word4){type, object_id(o)};
}

static Sum places_hash(const uint64_t *places)
{
    if (!places[0] && !places[1]) return (Sum){0};
    return hash_bytes(places, sizeof(Sum));
}

/* It is also, or no more, at the place. */
static void add_place(Content *c, Value light, Sum place)
{
    const Light *l = value_pointer(light);
    uint64_t *places = address_map_make(&c->lights, l->pointer);
    if (!places) {
        walk_end(c->walk, WALK_MEMORY);
        return;
    }
    sum_add(&c->sum, sum_negative(places_hash(places)));
    Sum s = {places[0], places[1]};
    sum_add(&s, c->off ? sum_negative(place) : place);
    places[0] = s.low, places[1] = s.high;
    sum_add(&c->sum, places_hash(places));
}

static bool is_reference(Value v)
{
    if (!value_is_object(v)) return false;
    ObjectType type = object_type(value_pointer(v));
    return type != OBJ_STRING && type != OBJ_LIGHT;
}

static inline void refer(Content *c, Value v)
{
    if (is_reference(v)) c->refer(c->context, value_pointer(v));
}

/* Tables ------------------------------------------------------------------------------- */

static Sum pair_hash(Content *c, uint64_t id, Value key, Value value)
{
    Word4 k = word_of(c, key), v = word_of(c, value);
    if (__builtin_expect(k.type == OBJ_LIGHT, 0))
        add_place(c, key, hash_words(head(id, ROLE_LIGHT_KEY, v.type), v.word, 0));
    if (__builtin_expect(v.type == OBJ_LIGHT, 0))
        add_place(c, value, hash_words(head(id, ROLE_LIGHT_VALUE, k.type), k.word, 0));
    return hash_words(head(id, ROLE_PAIR, k.type << 4 | v.type), k.word, v.word);
}

typedef struct Pairs {
    Content *c;
    const void *table;
} Pairs;

static void add_pair(void *pairs, Word key, Word value)
{
    const Pairs *p = pairs;
    if (!walk_take(p->c->walk, 2, 0)) return;
    if (!p->c->references) put(p->c, pair_hash(p->c, object_id(p->table), key, value));
    refer(p->c, key);
    refer(p->c, value);
}

static void add_array(Pairs *p, const TableBody *t)
{
    uint32_t count;
    for (uint32_t i = 0; i < t->array_size && !p->c->walk->end; i += count) {
        const Word *words = pvec_chunk(&t->array, i, &count);
        if (count > t->array_size - i) count = t->array_size - i;
        for (uint32_t k = 0; k < count && !p->c->walk->end; k++)
            if (words[k] != V_NIL) add_pair(p, value_number(i + k + 1.0), words[k]);
    }
}

static void add_meta(Content *c, const void *object, const Table *meta)
{
    walk_take(c->walk, 1, 0);
    if (!meta) return;
    if (!c->references)
        put(c, hash_words(head(object_id(object), ROLE_META, 0), object_id(meta), 0));
    c->refer(c->context, (void *)meta);
}

static void add_table(Content *c, const void *table, const TableBody *t)
{
    Pairs p = {c, table};
    add_meta(c, table, t->meta);
    add_array(&p, t);
    table_each_hashed(t, add_pair, &p);
}

/* Other objects -------------------------------------------------------------------------- */

/* A value that is at a place of the object. */
static void add_at(Content *c, uint64_t id, Role role, uint32_t at, Value v)
{
    walk_take(c->walk, 1, 0);
    refer(c, v);
    if (c->references) return;
    Word4 w = word_of(c, v);
    if (w.type == OBJ_LIGHT)
        add_place(c, v, hash_words(head(id, ROLE_LIGHT_VALUE, role), at, 0));
    put(c, hash_words(head(id, role, w.type), at, w.word));
}

static void add_function(Content *c, const Closure *f, const Value *stand_in)
{
    uint64_t id = object_id(f);
    if (stand_in && *stand_in != V_NIL) f = value_pointer(*stand_in);
    const Proto *p = f->proto;
    put(c, hash_words(head(id, ROLE_CODE, 0), text_read(p->source->chunk_name),
                      (uint64_t)p->source->line << 32 | p->node_count));
    for (uint32_t i = 0; i < p->upvalue_count; i++)
        add_at(c, id, ROLE_UPVALUE, i, f->upvalues[i]);
}

static void add_native(Content *c, const Native *f)
{
    uint64_t id = object_id(f);
    put(c, hash_words(head(id, ROLE_CODE, 1), XXH3_64bits(f->name, strlen(f->name)), 0));
    for (uint32_t i = 0; i < f->count; i++) add_at(c, id, ROLE_UPVALUE, i, f->upvalues[i]);
}

/* Stacks: words are hashed some at a time, with their types behind them. */
enum { STACK_WORDS = 30 };

typedef struct Stack {
    Content *c;
    uint64_t id;
    uint32_t count, at;
    struct {
        uint64_t head;
        uint64_t words[STACK_WORDS];
        uint8_t types[STACK_WORDS + 2];
    } part;
} Stack;

static void stack_flush(Stack *s)
{
    size_t n = s->count;
    s->part.head = head(s->id, ROLE_STACK, 0);
    memmove(&s->part.words[n], s->part.types, n);
    put(s->c, sum_of(XXH3_128bits_withSeed(&s->part, 8 + 9 * n, s->at)));
    s->at += s->count;
    s->count = 0;
}

static void stack_word(Stack *s, Word4 w)
{
    if (s->count == STACK_WORDS) stack_flush(s);
    s->part.words[s->count] = w.word;
    s->part.types[s->count++] = (uint8_t)w.type;
}

static void stack_value(Stack *s, Value v)
{
    walk_take(s->c->walk, 1, 0);
    refer(s->c, v);
    if (s->c->references) return;
    Word4 w = word_of(s->c, v);
    if (w.type == OBJ_LIGHT)
        add_place(s->c, v,
                  hash_words(head(s->id, ROLE_LIGHT_VALUE, ROLE_STACK), s->at + s->count, 0));
    stack_word(s, w);
}

static void stack_live(void *stack, Value *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) stack_value(stack, slots[i]);
}

static void stack_callee(void *stack, Value *fp)
{
    stack_value(stack, upvalue_identity(fp[-1]));
}

static void stack_unknown(void *stack) { walk_end(((Stack *)stack)->c->walk, WALK_MEMORY); }

/* The frames' functions, where they are, and what they hold. */
static void add_stack(Stack *s, const CoBody *b)
{
    StackVisitor visitor = {
        .live = stack_live, .callee = stack_callee, .unknown = stack_unknown, .context = s};
    FrameCursor c = frame_cursor(b->segment, b->segment->slots + b->fp, NULL);
    do {
        if (c.at && value_is(c.fp[-1], OBJ_CLOSURE))
            stack_word(s, (Word4){0, proto_index(frame_proto(c.fp), c.at)});
    } while (frame_down(&c));
    stack_visit(&visitor, stack_top(b));
    if (s->count) stack_flush(s);
}

static void add_coroutine(Content *c, const Coroutine *co, const CoBody *b)
{
    uint64_t id = object_id(co);
    put(c, hash_words(head(id, ROLE_STATUS, 0), b->status, 0));
    if (b->status == CO_FRESH) add_at(c, id, ROLE_STACK, 0, b->segment->slots[b->fp - 1]);
    if (b->status == CO_SUSPENDED) {
        Stack s = {.c = c, .id = id};
        add_stack(&s, b);
    }
}

static const void *bytes_of(const Userdata *u, const UserdataBody *b)
{
    return b->own ? b->own : u->data;
}

/* Each piece of bytes with its length. */
static void add_to_state(void *to, const void *bytes, size_t size)
{
    XXH3_128bits_update(to, &size, sizeof size);
    XXH3_128bits_update(to, bytes, size);
}

static Sum bytes_hash(const Userdata *u, const void *bytes)
{
    XXH3_state_t xxh;
    XXH3_128bits_reset(&xxh);
    u->kind->contents(u, bytes, add_to_state, &xxh);
    return sum_of(XXH3_128bits_digest(&xxh));
}

static void add_bytes(Content *c, const Userdata *u, Role role, const void *bytes)
{
    if (!walk_take(c->walk, u->size / LONG_TEXT, 0)) return;
    Sum s = bytes_hash(u, bytes);
    put(c, hash_words(head(object_id(u), role, 0), s.low, s.high));
}

static void add_userdata(Content *c, const Userdata *u, const UserdataBody *b)
{
    add_meta(c, u, b->meta);
    add_at(c, object_id(u), ROLE_USER, 0, b->user);
    if (u->kind && !content_is_shared(u, b) && !c->references)
        add_bytes(c, u, ROLE_BYTES, bytes_of(u, b));
}

bool content_is_shared(const Userdata *u, const UserdataBody *b) { return u->kind && !b->own; }

void content_add_shared(Content *c, const Userdata *u)
{
    add_bytes(c, u, ROLE_SHARED, u->data);
}

bool content_same_bytes(const Userdata *u, const UserdataBody *a, const UserdataBody *b)
{
    if (a->own == b->own || !u->kind) return true;
    Sum x = bytes_hash(u, bytes_of(u, a)), y = bytes_hash(u, bytes_of(u, b));
    return x.low == y.low && x.high == y.high;
}

/* All --------------------------------------------------------------------------------- */

void content_add(Content *c, const void *object, const void *body)
{
    switch (object_type(object)) {
    case OBJ_TABLE: add_table(c, object, body); break;
    case OBJ_CLOSURE: add_function(c, object, body); break;
    case OBJ_CELL: add_at(c, object_id(object), ROLE_CELL, 0, *(const Value *)body); break;
    case OBJ_COROUTINE: add_coroutine(c, object, body); break;
    case OBJ_USERDATA: add_userdata(c, object, body); break;
    case OBJ_NATIVE: add_native(c, object); break;
    default: assert(!"an object that is referred to"); break;
    }
}

void content_add_world(Content *c, const World *world)
{
    Table *const *roots = world->type_meta;
    add_at(c, 0, ROLE_ROOT, 0, value_object(world->globals));
    add_at(c, 0, ROLE_ROOT, 1, value_object(world->registry));
    for (uint32_t i = 0; i < TYPE_COUNT; i++)
        if (roots[i]) add_at(c, 0, ROLE_ROOT, 2 + i, value_object(roots[i]));
}

/* In the order in which the generator comes by them. */
void content_add_random(Content *c, const Random *r)
{
    uint64_t words[RANDOM_WORDS + 1] = {head(0, ROLE_RANDOM, 0)};
    for (unsigned i = 0; r && i < RANDOM_WORDS; i++)
        words[i + 1] = r->words[(r->oldest + i) % RANDOM_WORDS];
    if (r) put(c, hash_bytes(words, sizeof words));
}

uint64_t content_digest(const Content *c) { return XXH3_64bits(&c->sum, sizeof c->sum); }

void content_end(Content *c)
{
    address_map_free(&c->lights);
    address_map_free(&c->texts);
}

/* Changes ------------------------------------------------------------------------------- */

typedef struct Change {
    Content *c;
    const void *table;
} Change;

static void change_pair(void *change, Value key, Value old, Value now)
{
    const Change *d = change;
    Content *c = d->c;
    uint64_t id = object_id(d->table);
    if (now != V_NIL) {
        put(c, pair_hash(c, id, key, now));
        refer(c, now);
        if (old == V_NIL) refer(c, key);
    }
    if (old == V_NIL) return;
    c->off = true;
    put(c, pair_hash(c, id, key, old));
    refer(c, old);
    if (now == V_NIL) refer(c, key);
    c->off = false;
}

static void change_meta(Content *c, const void *object, const Table *old, const Table *now)
{
    if (old == now) return;
    add_meta(c, object, now);
    c->off = true;
    add_meta(c, object, old);
    c->off = false;
}

static bool change_table(Content *c, const void *table, const TableBody *old,
                         const TableBody *now)
{
    Change d = {c, table};
    if (!table_diff(old, now, change_pair, &d)) return false;
    change_meta(c, table, old->meta, now->meta);
    return true;
}

static bool is_same_stack(const CoBody *a, const CoBody *b)
{
    return a->segment == b->segment && a->fp == b->fp && a->status == b->status &&
           a->top == b->top;
}

void content_change(Content *c, const void *object, const void *old, const void *now)
{
    assert(!c->off && "what is new is put in first");
    ObjectType type = object_type(object);
    if (type == OBJ_TABLE && change_table(c, object, old, now)) return;
    if (type == OBJ_COROUTINE && is_same_stack(old, now)) return;
    content_add(c, object, now);
    c->off = true;
    content_add(c, object, old);
    c->off = false;
}
