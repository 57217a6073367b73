/* SPDX-License-Identifier: MIT */
/*
 * Values as bytes, for pipes, and back.
 *
 * Main invariant: reading looks at no byte behind the end, and at no object before it is known
 * to be one that both processes have.
 */
#include "map/pack.h"

#include <stdio.h>
#include <stdlib.h>

typedef enum Tag {
    TAG_NIL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INTEGER,  /* 0, 1, 2 ... */
    TAG_NEGATIVE, /* -1, -2 ... as 0, 1 ... */
    TAG_NUMBER,
    TAG_STRING,
    TAG_POINTER,
    TAG_TABLE,
    TAG_COMMON,
    TAG_AGAIN
} Tag;

enum { INTEGER_MAX = 1 << 30, LONG_TEXT = 64 };

/* Writing -------------------------------------------------------------------------- */

static void no_memory(Pack *p) { snprintf(p->error, sizeof p->error, "not enough memory"); }

static bool make_room(Pack *p, size_t length)
{
    if (p->error[0]) return false;
    if (p->max && length > p->max - p->length) {
        snprintf(p->error, sizeof p->error, "more than %zu bytes as a message", p->max);
        return false;
    }
    if (length <= p->capacity - p->length) return true;
    size_t capacity = p->capacity ? p->capacity : 128;
    while (capacity - p->length < length && capacity <= SIZE_MAX / 4) capacity *= 2;
    char *more = capacity - p->length < length ? NULL : realloc(p->bytes, capacity);
    if (!more) {
        no_memory(p);
        return false;
    }
    p->bytes = more;
    p->capacity = capacity;
    return true;
}

void pack_bytes(Pack *p, const void *bytes, size_t length)
{
    if (!make_room(p, length)) return;
    if (length) memcpy(p->bytes + p->length, bytes, length);
    p->length += length;
}

void pack_number(Pack *p, uint64_t n)
{
    unsigned char bytes[10];
    size_t count = 0;
    for (; n >= 0x80; n >>= 7) bytes[count++] = (unsigned char)(n | 0x80);
    bytes[count++] = (unsigned char)n;
    pack_bytes(p, bytes, count);
}

void pack_free(Pack *p)
{
    free(p->bytes);
    *p = (Pack){0};
}

typedef struct Packer {
    Pack *out;
    Run *R;
    uint64_t common_below;
    Trail trail;  /* the tables */
    Table *texts; /* long string -> number */
    double texts_met;
} Packer;

static void put_tag(Packer *k, Tag tag)
{
    char byte = (char)tag;
    pack_bytes(k->out, &byte, 1);
}

static void put_number(Packer *k, double d)
{
    if (d >= 0 && d < INTEGER_MAX && d == (double)(uint32_t)d && !(d == 0 && 1 / d < 0)) {
        put_tag(k, TAG_INTEGER);
        pack_number(k->out, (uint32_t)d);
    } else if (d < 0 && d > -INTEGER_MAX && d == (double)(int32_t)d) {
        put_tag(k, TAG_NEGATIVE);
        pack_number(k->out, (uint32_t)(-1 - (int32_t)d));
    } else {
        put_tag(k, TAG_NUMBER);
        pack_bytes(k->out, &d, sizeof d);
    }
}

static void put_string(Packer *k, const String *s)
{
    Value v = string_value(s), number = V_NIL;
    if (s->length > LONG_TEXT) {
        number = table_get(&k->texts->body, v);
        if (number == V_NIL)
            table_set(&k->texts->body, v, value_number(k->texts_met++), k->texts->epoch);
    }
    if (number != V_NIL) {
        put_tag(k, TAG_AGAIN);
        pack_number(k->out, (uint64_t)value_to_double(number));
        return;
    }
    put_tag(k, TAG_STRING);
    pack_number(k->out, s->length);
    pack_bytes(k->out, s->data, s->length);
}

static void put_common(Packer *k, const void *object)
{
    put_tag(k, TAG_COMMON);
    pack_number(k->out, object_id(object));
    pack_bytes(k->out, &object, sizeof object);
}

static void put_table(Packer *k, Value v, Step step)
{
    const TrailItem *known = trail_find(&k->trail, v);
    if (!known) known = trail_add(&k->trail, v, V_NIL, step);
    if (!known) {
        no_memory(k->out);
        return;
    }
    put_tag(k, TAG_TABLE);
    pack_number(k->out, trail_number(&k->trail, known));
}

static void refuse(Packer *k, Value v, Step step)
{
    char path[PACK_ERROR_MAX - 64];
    if (k->out->error[0]) return;
    const char *what = value_is(v, OBJ_COROUTINE) ? "coroutine" : value_type_name(v);
    snprintf(k->out->error, sizeof k->out->error,
             "a %s cannot leave its process (threads can share it): %s", what,
             trail_path(&k->trail, step, path, sizeof path));
}

static void put_object(Packer *k, Value v, Step step)
{
    const void *o = value_pointer(v);
    ObjectType type = object_type(o);
    if (type == OBJ_STRING) {
        put_string(k, o);
    } else if (type == OBJ_LIGHT) {
        put_tag(k, TAG_POINTER);
        pack_bytes(k->out, &((const Light *)o)->pointer, sizeof(void *));
    } else if (object_id(o) < k->common_below) {
        put_common(k, o);
    } else if (type == OBJ_TABLE) {
        put_table(k, v, step);
    } else {
        refuse(k, v, step);
    }
}

static void put_value(Packer *k, Value v, Step step)
{
    if (value_is_object(v))
        put_object(k, v, step);
    else if (value_is_number(v))
        put_number(k, value_to_double(v));
    else
        put_tag(k, v == V_NIL ? TAG_NIL : v == V_TRUE ? TAG_TRUE : TAG_FALSE);
}

/* The array comes with its holes, so that # is the same, and without keys. */
static void put_contents(Packer *k, uint32_t at)
{
    const TableBody *b = heap_table(k->R, value_pointer(k->trail.items[at].object));
    uint32_t n = b->array_size, pairs = 0;
    Value key = V_NIL, v;
    pack_number(k->out, table_is_frozen(b));
    put_value(k, b->meta ? value_object(b->meta) : V_NIL, (Step){STEP_META, at, V_NIL});
    pack_number(k->out, n);
    for (uint32_t i = 0; i < n; i++)
        put_value(k, pvec_get(&b->array, i), (Step){STEP_VALUE, at, value_number(i + 1)});
    if (n) key = value_number(n);
    for (Value rest = key; table_next(b, &rest, &v);) pairs++;
    pack_number(k->out, pairs);
    while (table_next(b, &key, &v)) {
        put_value(k, key, (Step){STEP_KEY, at, V_NIL});
        put_value(k, v, (Step){STEP_VALUE, at, key});
    }
}

void pack_values(Pack *p, Run *R, const Value *values, size_t count, uint64_t common_below)
{
    Packer k = {.out = p, .R = R, .common_below = common_below, .trail.R = R};
    k.texts = run_new_table(R);
    pack_number(p, count);
    for (size_t i = 0; i < count; i++) put_value(&k, values[i], (Step){STEP_START, 0, V_NIL});
    for (uint32_t at = 0; at < k.trail.count && !p->error[0]; at++) put_contents(&k, at);
}

/* Reading -------------------------------------------------------------------------- */

static void damage(Unpack *u)
{
    u->bad = true;
    u->at = u->end;
}

const char *unpack_bytes(Unpack *u, size_t length)
{
    if (length > (size_t)(u->end - u->at)) {
        damage(u);
        return NULL;
    }
    const char *bytes = u->at;
    u->at += length;
    return bytes;
}

uint64_t unpack_number(Unpack *u)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const char *byte = unpack_bytes(u, 1);
        if (!byte) return 0;
        n |= (uint64_t)(*byte & 0x7f) << shift;
        if (!(*byte & 0x80)) return n;
    }
    damage(u);
    return 0;
}

typedef struct Numbered {
    Value *values; /* collected memory */
    size_t count, capacity;
} Numbered;

typedef struct Unpacker {
    Unpack *in;
    Run *R;
    uint64_t common_below;
    Numbered tables, texts;
} Unpacker;

/* No memory: the rest is not read. */
static Value lack(Unpacker *k)
{
    mem_refuse();
    damage(k->in);
    return V_NIL;
}

static Value number_next(Unpacker *k, Numbered *all, Value v)
{
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 16;
        Value *more = mem_try_alloc(capacity * sizeof *more);
        if (!more) return lack(k);
        if (all->count) memcpy(more, all->values, all->count * sizeof *more);
        all->values = more;
        all->capacity = capacity;
    }
    return all->values[all->count++] = v;
}

static Value get_word(Unpacker *k, void *word)
{
    const char *bytes = unpack_bytes(k->in, 8);
    if (bytes) memcpy(word, bytes, 8);
    return bytes ? V_TRUE : V_NIL;
}

static Value get_string(Unpacker *k)
{
    size_t length = unpack_number(k->in);
    const char *bytes = unpack_bytes(k->in, length);
    String *s = bytes ? string_new(bytes, length) : NULL;
    if (!s) damage(k->in);
    if (!s) return V_NIL;
    return length > LONG_TEXT ? number_next(k, &k->texts, string_value(s)) : string_value(s);
}

static Value get_again(Unpacker *k)
{
    uint64_t number = unpack_number(k->in);
    if (number < k->texts.count) return k->texts.values[number];
    damage(k->in);
    return V_NIL;
}

static Value get_table(Unpacker *k)
{
    uint64_t number = unpack_number(k->in);
    if (number < k->tables.count) return k->tables.values[number];
    if (number > k->tables.count || k->in->bad) {
        damage(k->in);
        return V_NIL;
    }
    return number_next(k, &k->tables, value_object(run_new_table(k->R)));
}

static Value new_light(void *pointer)
{
    Light *light = mem_new(sizeof *light);
    object_init(&light->h, OBJ_LIGHT, 0);
    light->pointer = pointer;
    return value_object(light);
}

static bool is_identity(ObjectType type) { return type >= OBJ_TABLE && type <= OBJ_USERDATA; }

static Value get_common(Unpacker *k)
{
    uint64_t id = unpack_number(k->in);
    void *o;
    bool good = get_word(k, &o) == V_TRUE && id < k->common_below && mem_is_block(o) &&
                is_identity(object_type(o)) && object_id(o) == id;
    if (!good) damage(k->in);
    return good ? value_object(o) : V_NIL;
}

static Value get_value(Unpacker *k)
{
    const char *tag = unpack_bytes(k->in, 1);
    double d;
    void *pointer;
    if (mem_short) return lack(k);
    switch (tag ? *tag : TAG_NIL) {
    case TAG_NIL: return V_NIL;
    case TAG_FALSE: return V_FALSE;
    case TAG_TRUE: return V_TRUE;
    case TAG_INTEGER: return value_number((double)unpack_number(k->in));
    case TAG_NEGATIVE: return value_number(-1 - (double)unpack_number(k->in));
    case TAG_NUMBER: return get_word(k, &d) == V_NIL ? V_NIL : value_number_checked(d);
    case TAG_STRING: return get_string(k);
    case TAG_POINTER: return get_word(k, &pointer) == V_NIL ? V_NIL : new_light(pointer);
    case TAG_TABLE: return get_table(k);
    case TAG_COMMON: return get_common(k);
    case TAG_AGAIN: return get_again(k);
    default: damage(k->in); return V_NIL;
    }
}

static bool is_key(Value v)
{
    return v != V_NIL && (!value_is_number(v) || value_to_double(v) == value_to_double(v));
}

static void get_contents(Unpacker *k, Table *t)
{
    bool frozen = unpack_number(k->in);
    Value meta = get_value(k);
    if (meta != V_NIL && !value_is_table(meta)) damage(k->in);
    if (value_is_table(meta)) t->body.meta = value_pointer(meta);
    uint64_t n = unpack_number(k->in);
    if (n > (size_t)(k->in->end - k->in->at)) damage(k->in); /* each takes a byte at least */
    if (!k->in->bad) table_begin(&t->body, (uint32_t)n, 0, k->R->epoch);
    for (uint64_t i = 1; i <= n && !k->in->bad; i++)
        table_set_int(&t->body, (int64_t)i, get_value(k), k->R->epoch);
    for (uint64_t pairs = unpack_number(k->in); pairs > 0 && !k->in->bad; pairs--) {
        Value key = get_value(k), v = get_value(k);
        if (is_key(key))
            table_set(&t->body, key, v, k->R->epoch);
        else
            damage(k->in);
    }
    if (frozen) heap_freeze(k->R, t);
}

Value *unpack_values(Unpack *u, Run *R, size_t *count, uint64_t common_below)
{
    Unpacker k = {.in = u, .R = R, .common_below = common_below};
    size_t n = unpack_number(u);
    if (n > (size_t)(u->end - u->at)) damage(u); /* each takes a byte at least */
    if (u->bad) return NULL;
    Value *values = mem_try_alloc((n + 1) * sizeof *values);
    if (!values) {
        lack(&k);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) values[i] = get_value(&k);
    for (size_t i = 0; i < k.tables.count && !u->bad; i++)
        get_contents(&k, value_pointer(k.tables.values[i]));
    *count = n;
    return u->bad ? NULL : values;
}
