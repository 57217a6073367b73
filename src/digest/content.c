/* SPDX-License-Identifier: MIT */
/*
 * Hashes of what each kind of object contains; see content.h.
 *
 * Main invariant: what an object contributes depends on ids and contents alone, never on an
 * address, nor on the order in which things are met.
 */
#include "digest/content_internal.h"

#include "stack/upvalue.h"

#include <assert.h>

enum { LONG_TEXT = 64 }; /* bytes: what is longer is read once */

/* Hashes ----------------------------------------------------------------------------- */

static uint64_t text_read(const String *s) { return XXH3_64bits(s->data, s->length); }

uint64_t content_text(Content *c, const String *s)
{
    if (__builtin_expect(s->length <= LONG_TEXT, 1)) return text_read(s);
    /* Whether equal texts are one object is no part of a state: each is paid for. */
    if (!walk_take(c->walk, s->length / LONG_TEXT, 0)) return 0;
    const uint64_t *known = address_map_find(&c->texts, s);
    if (known) return *known;
    uint64_t word = text_read(s), *place = address_map_make(&c->texts, s);
    if (place) *place = word; /* else it is read again */
    return word;
}

static Sum places_hash(const uint64_t *places)
{
    if (!places[0] && !places[1]) return (Sum){0};
    return content_hash_bytes(places, sizeof(Sum));
}

/* It is also, or no more, at the place. */
void content_add_place(Content *c, Value light, Sum place)
{
    const Light *l = value_pointer(light);
    if (l->h.flags & LIGHT_RECORD) return;
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

/* Tables ------------------------------------------------------------------------------- */

/* k: the word of the key. */
static Sum pair_hash(Content *c, uint64_t id, Value key, Word4 k, Value value)
{
    Word4 v = content_word(c, value);
    if (__builtin_expect(k.type == OBJ_LIGHT, 0))
        content_add_place(c, key,
                          content_hash(content_head(id, ROLE_LIGHT_KEY, v.type), v.word, 0));
    if (__builtin_expect(v.type == OBJ_LIGHT, 0))
        content_add_place(c, value,
                          content_hash(content_head(id, ROLE_LIGHT_VALUE, k.type), k.word, 0));
    return content_hash(content_head(id, ROLE_PAIR, k.type << 4 | v.type), k.word, v.word);
}

typedef struct Pairs {
    Content *c;
    const void *table;
} Pairs;

static void add_pair(void *pairs, Word key, Word value)
{
    const Pairs *p = pairs;
    if (!walk_take(p->c->walk, 2, 0)) return;
    if (!p->c->references)
        content_put(p->c,
                    pair_hash(p->c, object_id(p->table), key, content_word(p->c, key), value));
    content_refer(p->c, key);
    content_refer(p->c, value);
}

static void add_array(Pairs *p, const TableBody *t)
{
    uint32_t count;
    for (uint32_t i = 0; i < t->array_size && !p->c->walk->end; i += count) {
        const Word *words = pvec_piece(&t->array, i, &count);
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
        content_put(
            c, content_hash(content_head(object_id(object), ROLE_META, 0), object_id(meta), 0));
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

void content_add_at(Content *c, uint64_t id, Role role, uint32_t at, Value v)
{
    walk_take(c->walk, 1, 0);
    content_refer(c, v);
    if (c->references) return;
    Word4 w = content_word(c, v);
    if (w.type == OBJ_LIGHT)
        content_add_place(c, v, content_hash(content_head(id, ROLE_LIGHT_VALUE, role), at, 0));
    content_put(c, content_hash(content_head(id, role, w.type), at, w.word));
}

static void add_function(Content *c, const Closure *f, const Value *stand_in)
{
    uint64_t id = object_id(f);
    if (stand_in && *stand_in != V_NIL) f = value_pointer(*stand_in);
    const Proto *p = f->proto;
    content_put(c,
                content_hash(content_head(id, ROLE_CODE, 0), text_read(p->source->chunk_name),
                             (uint64_t)p->source->line << 32 | p->node_count));
    for (uint32_t i = 0; i < p->upvalue_count; i++)
        content_add_at(c, id, ROLE_UPVALUE, i, f->upvalues[i]);
}

static void add_native(Content *c, const Native *f)
{
    uint64_t id = object_id(f);
    content_put(c, content_hash(content_head(id, ROLE_CODE, 1),
                                XXH3_64bits(f->name, strlen(f->name)), 0));
    for (uint32_t i = 0; i < f->count; i++)
        content_add_at(c, id, ROLE_UPVALUE, i, f->upvalues[i]);
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
    content_put(c, content_hash(content_head(object_id(u), role, 0), s.low, s.high));
}

static void add_userdata(Content *c, const Userdata *u, const UserdataBody *b)
{
    add_meta(c, u, b->meta);
    content_add_at(c, object_id(u), ROLE_USER, 0, b->user);
    if (u->kind && !content_is_shared(u, b) && !c->references)
        add_bytes(c, u, ROLE_BYTES, bytes_of(u, b));
}

bool content_is_shared(const Userdata *u, const UserdataBody *b) { return u->kind && !b->own; }

void content_add_shared(Content *c, const Userdata *u)
{
    add_bytes(c, u, ROLE_SHARED, u->data);
}

bool content_same_bytes(const Userdata *u, const UserdataBody *a, const Userdata *other,
                        const UserdataBody *b)
{
    if (u->tag != other->tag) return false;
    if ((u == other && a->own == b->own) || !u->kind) return true;
    Sum x = bytes_hash(u, bytes_of(u, a)), y = bytes_hash(other, bytes_of(other, b));
    return x.low == y.low && x.high == y.high;
}

/* All --------------------------------------------------------------------------------- */

void content_add(Content *c, const void *object, const void *body)
{
    switch (object_type(object)) {
    case OBJ_TABLE: add_table(c, object, body); break;
    case OBJ_CLOSURE: add_function(c, object, body); break;
    case OBJ_CELL:
        content_add_at(c, object_id(object), ROLE_CELL, 0, *(const Value *)body);
        break;
    case OBJ_COROUTINE: content_add_coroutine(c, object, body); break;
    case OBJ_USERDATA: add_userdata(c, object, body); break;
    case OBJ_NATIVE: add_native(c, object); break;
    default: assert(!"an object that is referred to"); break;
    }
}

void content_add_world(Content *c, const World *world)
{
    Table *const *roots = world->type_meta;
    content_add_at(c, 0, ROLE_ROOT, 0, value_object(world->globals));
    content_add_at(c, 0, ROLE_ROOT, 1, value_object(world->registry));
    for (uint32_t i = 0; i < TYPE_COUNT; i++)
        if (roots[i]) content_add_at(c, 0, ROLE_ROOT, 2 + i, value_object(roots[i]));
}

/* Adds the numbers in the order in which the generator comes by them. */
void content_add_random(Content *c, const Random *r)
{
    uint64_t words[RANDOM_WORDS + 1] = {content_head(0, ROLE_RANDOM, 0)};
    for (unsigned i = 0; r && i < RANDOM_WORDS; i++)
        words[i + 1] = r->words[(r->oldest + i) % RANDOM_WORDS];
    if (r) content_put(c, content_hash_bytes(words, sizeof words));
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
    Word4 k = content_word(c, key);
    if (now != V_NIL) {
        content_put(c, pair_hash(c, id, key, k, now));
        content_refer(c, now);
        if (old == V_NIL) content_refer(c, key);
    }
    if (old == V_NIL) return;
    c->off = true;
    content_put(c, pair_hash(c, id, key, k, old));
    content_refer(c, old);
    if (now == V_NIL) content_refer(c, key);
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
    if (!table_diff_moved(old, now, change_pair, &d)) return false;
    change_meta(c, table, old->meta, now->meta);
    return true;
}

void content_change(Content *c, const void *object, const void *old, const void *now)
{
    assert(!c->off && "what is new is put in first");
    ObjectType type = object_type(object);
    if (type == OBJ_TABLE && change_table(c, object, old, now)) return;
    if (type == OBJ_COROUTINE && content_change_coroutine(c, object, old, now)) return;
    content_add(c, object, now);
    c->off = true;
    content_add(c, object, old);
    c->off = false;
}
