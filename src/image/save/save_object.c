/* SPDX-License-Identifier: MIT */
/*
 * Objects of an image. Each is written where it is met first with what making it needs, and is
 * called by its number afterwards; its contents follow later (save.c says when).
 *
 * Main invariant: an object is called by a number only after it was written; its contents say
 * what loading it needs and nothing of addresses.
 */
#include "control/world.h"
#include "image/save/put.h"
#include "lib/io/file.h"
#include "lib/natives.h"
#include "table/table_bundles.h"

#include <stdlib.h>

/* Objects where they are met first ---------------------------------------------------- */

/* Writes the name of a library's function or continuation. Without one it answers false, and
 * the image is refused. */
static bool save_native_name(Saver *S, NativeFn *fn)
{
    bool fresh;
    const void *key = (const void *)(uintptr_t)fn;
    if (S->comparing && !numbering_find(&S->natives, key)) return saver_is_strange(S);
    NumberedPlace *place = numbering_place(&S->natives, key, &fresh);
    if (fresh) {
        const NativeDef *row = natives_by_function(fn);
        if (!row) {
            saver_refuse(S, "cannot save a C function that has no name");
            return false;
        }
        sink_number(S->out, place->number);
        save_text(S, row->name);
    } else {
        sink_number(S->out, place->number);
    }
    return true;
}

static const char *saver_host_name(Saver *S, const Native *f)
{
    return S->host->function_name ? S->host->function_name(S->host->context, f) : NULL;
}

void save_continuation(Saver *S, NativeCont *cont)
{
    bool host = S->host->continuation && cont == S->host->continuation;
    sink_byte(S->out, host);
    if (!host) save_native_name(S, cont);
}

/* What a host function has captured that is saved. */
static Value *host_values(const Saver *S, const Native *f, uint32_t *count)
{
    const ImageHost *h = S->host;
    *count = 0;
    return h->captured ? h->captured(h->context, (Native *)f, count) : NULL;
}

static void save_native(Saver *S, const Native *f)
{
    uint32_t count;
    const char *name = saver_host_name(S, f);
    if (name) {
        bool captures = host_values(S, f, &count);
        sink_byte(S->out, captures ? TAG_CAPTURES : TAG_HOST);
        save_text(S, name);
        if (captures) sink_number(S->out, count);
        return;
    }
    sink_byte(S->out, TAG_NATIVE);
    save_native_name(S, f->fn);
    sink_number(S->out, f->count);
}

/* A standard file is the process's own where the image is loaded, any other is closed. */
static void save_file(Saver *S, const File *file)
{
    uint8_t code = 0;
    if (file->kind == FILE_STANDARD)
        code = file->f == stdin ? 1 : file->f == stdout ? 2 : file->f == stderr ? 3 : 0;
    sink_byte(S->out, TAG_FILE);
    sink_byte(S->out, code);
}

static void save_userdata(Saver *S, const Userdata *u)
{
    const char *name;
    if (u->tag == world_snapshot_tag) {
        sink_byte(S->out, TAG_SNAPSHOT);
        save_state_number(S, u->data);
    } else if (u->tag == file_tag) {
        save_file(S, u->data);
    } else if (S->host->type_name && (name = S->host->type_name(S->host->context, u->tag))) {
        sink_byte(S->out, TAG_USERDATA);
        save_text(S, name);
    } else {
        saver_refuse(S, "cannot save a userdata of an unknown type");
    }
}

static void save_shell(Saver *S, const void *o)
{
    switch (object_type(o)) {
    case OBJ_TABLE: sink_byte(S->out, TAG_TABLE); break;
    case OBJ_CELL: sink_byte(S->out, TAG_CELL); break;
    case OBJ_CLOSURE:
        sink_byte(S->out, TAG_CLOSURE);
        save_proto(S, heap_closure(&S->M->run, o)->proto);
        break;
    case OBJ_NATIVE: save_native(S, o); break;
    case OBJ_COROUTINE: sink_byte(S->out, TAG_COROUTINE); break;
    default: save_userdata(S, o); break;
    }
    sink_signed(S->out, (int64_t)(object_id(o) - S->last_id));
    S->last_id = object_id(o);
}

/* What an earlier record has may be different now: save.c looks. */
static void save_known(Saver *S, uint32_t number)
{
    sink_byte(S->out, TAG_OBJECT);
    sink_number(S->out, S->objects.count - 1 - number);
    saver_met_again(S, number);
}

void save_object(Saver *S, const void *o)
{
    if (!o) {
        sink_byte(S->out, TAG_NIL);
        return;
    }
    uint32_t number = saver_in_base(S, o);
    if (number != OBJECT_NONE) {
        sink_byte(S->out, TAG_BASE);
        sink_number(S->out, number);
        saver_met_based(S, o, number);
    } else if ((number = objects_number(&S->objects, o)) != OBJECT_NONE) {
        save_known(S, number);
    } else if (!saver_is_strange(S)) {
        saver_met(S, o);
        save_shell(S, o);
    }
}

/* Contents -------------------------------------------------------------------------- */

/* How many of the array's words are written: up to the last that is not nil, and not so few
 * that a short image could stand for a large array. */
static uint32_t array_words(const TableBody *b)
{
    uint32_t least = b->array_size / IMAGE_ARRAY_WORD, n = b->array_size;
    while (n > least && pvec_get(&b->array, n - 1) == V_NIL) n--;
    return n;
}

static void save_array(Saver *S, const TableBody *b, uint32_t n, uint32_t number)
{
    uint32_t count;
    for (uint32_t i = 0; i < n; i += count) {
        const Word *words = pvec_piece(&b->array, i, &count);
        if (count > n - i) count = n - i;
        save_elements(S, words, count, i, number);
    }
}

typedef struct Pairs {
    Saver *S;
    uint32_t number;
} Pairs;

static void save_this_pair(void *context, Word key, Word v)
{
    const Pairs *p = context;
    save_pair(p->S, key, v, p->number);
}

typedef struct HiddenPair {
    const char *name; /* of a type; NULL: the key is no address */
    Value key, value;
} HiddenPair;

typedef struct HiddenPairs {
    Saver *S;
    HiddenPair *items;
    uint32_t count;
} HiddenPairs;

static void take_hidden(void *context, Word key, Word value)
{
    HiddenPairs *h = context;
    const ImageHost *host = h->S->host;
    HiddenPair *p = &h->items[h->count++];
    *p = (HiddenPair){NULL, key, value};
    if (!value_is_number(key)) return;
    if (host->type_name)
        p->name = host->type_name(host->context, (void *)(uintptr_t)value_to_double(key));
    if (!p->name) saver_refuse(h->S, "cannot save a type of userdata that has no name here");
}

static int by_name(const void *a, const void *b)
{
    const HiddenPair *x = a, *y = b;
    if (!x->name || !y->name) {
        if (x->name || y->name) return x->name ? 1 : -1;
        return value_is_string(x->key) && value_is_string(y->key)
                   ? string_compare(value_string(x->key), value_string(y->key))
                   : 0;
    }
    return strcmp(x->name, y->name);
}

static void save_hidden(Saver *S, const TableBody *b, uint32_t number)
{
    HiddenPairs h = {S, calloc(b->hash.count + 1, sizeof(HiddenPair)), 0};
    if (!h.items) {
        S->out->failed = true;
        return;
    }
    hamt_each(&b->hash, take_hidden, &h);
    qsort(h.items, h.count, sizeof *h.items, by_name);
    for (uint32_t i = 0; i < h.count; i++) {
        const HiddenPair *p = &h.items[i];
        if (p->name) {
            sink_byte(S->out, TAG_TYPE);
            save_text(S, p->name);
        } else {
            save_value(S, p->key);
        }
        saver_step(S, STEP_VALUE, number, V_NIL);
        save_value(S, p->value);
    }
    free(h.items);
}

/* The hidden table has the addresses of the host's types as keys: their names stand for them,
 * and their order is that of the names, which is the same on every machine. */
static void save_pairs(Saver *S, const Table *t, const TableBody *b, uint32_t number)
{
    Pairs pairs = {S, number};
    if (t == S->M->run.world->hidden) {
        save_hidden(S, b, number);
    } else if (table_is_flat(b)) {
        save_entries(S, b->hash.root->entries, b->hash.count, number);
    } else if (!hamt_patch(&b->hash)) {
        table_each_hashed(b, save_this_pair, &pairs);
    } else { /* where pairs of the patch come last */
        Value key = b->array_size ? value_number(b->array_size) : V_NIL, v;
        while (table_next(b, &key, &v)) save_pair(S, key, v, number);
    }
}

/* Writes bits, metatable and room, and sees to room for two numbers behind them. Gives where
 * these come, or NULL without memory. */
static inline uint8_t *save_head(Saver *S, const TableBody *b, const TableRoom *room,
                                 uint32_t number)
{
    enum { HEAD_MAX = 4 * NUMBER_MAX + 2 };
    if (!sink_room(S->out, HEAD_MAX)) return NULL;
    uint8_t *to = number_put(sink_at(S->out), table_bits(b, room));
    if (b->meta) {
        sink_is_at(S->out, to);
        saver_step(S, STEP_META, number, V_NIL);
        save_object(S, b->meta);
        if (!sink_room(S->out, HEAD_MAX)) return NULL;
        to = sink_at(S->out);
    }
    to = put_room(to, room);
    if (!room->words) return to;
    sink_is_at(S->out, to);
    for (uint32_t i = 0; i < room->words; i++) sink_number(S->out, table_room_word(b, i));
    return sink_room(S->out, HEAD_MAX) ? sink_at(S->out) : NULL;
}

static void save_table(Saver *S, const Table *t, uint32_t number)
{
    const TableBody *b = heap_table(&S->M->run, t);
    TableRoom room = table_room_of(b);
    uint32_t words = array_words(b);
    uint8_t *to = save_head(S, b, &room, number);
    if (!to) return;
    if (room.array) to = number_put(to, words);
    if (room.nodes) to = number_put(to, table_pairs(b));
    sink_is_at(S->out, to);
    if (words) save_array(S, b, words, number);
    if (b->hash.count) save_pairs(S, t, b, number);
}

/* Bytes that the host sees to; a type without such functions is saved as it lies there. */
static void save_userdata_bytes(Saver *S, const Userdata *u, const UserdataBody *b)
{
    ByteSink bytes = {0};
    const void *from = b->own ? b->own : u->data;
    if (S->host->write_userdata(S->host->context, u->tag, from, &bytes)) {
        sink_number(S->out, bytes.length);
        sink_bytes(S->out, bytes.bytes, bytes.length);
    } else {
        saver_refuse(S, "cannot save a userdata of type '%s'",
                     S->host->type_name(S->host->context, u->tag));
    }
    if (bytes.failed) S->out->failed = true;
    sink_free(&bytes);
}

static void save_userdata_contents(Saver *S, const Userdata *u, uint32_t number)
{
    const UserdataBody *b = heap_userdata(&S->M->run, u);
    saver_step(S, STEP_META, number, V_NIL);
    save_object(S, b->meta);
    saver_step(S, STEP_USER, number, V_NIL);
    save_value(S, b->user);
    sink_byte(S->out, (uint8_t)b->finalizer);
    saver_step(S, STEP_CELL, number, V_NIL); /* it is the userdata itself that is refused */
    if (u->tag != world_snapshot_tag && u->tag != file_tag) save_userdata_bytes(S, u, b);
}

static void save_values(Saver *S, const Value *v, uint32_t count, uint32_t number)
{
    for (uint32_t i = 0; i < count; i++) {
        saver_step(S, STEP_UPVALUE, number, value_number(i + 1));
        save_value(S, v[i]);
    }
}

/* Changes ------------------------------------------------------------------------------ */

typedef struct Change {
    Value key, now;
} Change;

typedef struct Changes {
    Change *items;
    size_t count, capacity, most;
    uint64_t next_id; /* of the state that they are told of */
    bool failed;
} Changes;

/* Whether neither of two strings that are equal is interned, or both are. */
static bool is_like(Value a, Value b)
{
    return !((value_string(a)->h.flags ^ value_string(b)->h.flags) & STRING_INTERNED);
}

/* A key that is gone may be an object that is newer than the state, which is not to name it. */
static bool is_newer_key(Value key, uint64_t next_id)
{
    return value_is_object(key) && object_type(value_pointer(key)) != OBJ_STRING &&
           object_type(value_pointer(key)) != OBJ_LIGHT &&
           object_id(value_pointer(key)) >= next_id;
}

static void note_change(void *context, Value key, Value old, Value now)
{
    Changes *c = context;
    bool same_text = old != now && value_is_string(old) && value_equal(old, now);
    if (same_text && is_like(old, now)) return;
    if (c->count == c->most || is_newer_key(key, c->next_id)) c->failed = true;
    if (c->failed) return;
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? c->capacity * 2 : 16;
        Change *items = reallocarray(c->items, capacity, sizeof *items);
        c->failed = !items;
        if (!items) return;
        c->items = items;
        c->capacity = capacity;
    }
    c->items[c->count++] = (Change){key, now};
}

/* The same order for the same changes. What is gone comes first: a small map has never had
 * more keys in the reader's hands than it had in the program's, so the bits by which they lie
 * are the same. Of two objects with one id, the one of another lineage is gone. */
static int by_key(const void *a, const void *b)
{
    bool gone = ((const Change *)a)->now == V_NIL, left = ((const Change *)b)->now == V_NIL;
    Value x = ((const Change *)a)->key, y = ((const Change *)b)->key;
    bool n = value_is_number(x), m = value_is_number(y);
    if (gone != left) return gone ? -1 : 1;
    if (n != m) return n ? -1 : 1;
    if (n)
        return value_to_double(x) < value_to_double(y)
                   ? -1
                   : value_to_double(x) > value_to_double(y);
    uint32_t h = value_hash(x), k = value_hash(y);
    if (h != k) return h < k ? -1 : 1;
    return value_order(x, y);
}

static void save_table_changes(Saver *S, const TableBody *b, Changes *c, uint32_t number)
{
    TableRoom room = table_room(b);
    if (c->count) qsort(c->items, c->count, sizeof *c->items, by_key);
    sink_byte(S->out, CHANGE_KEYS);
    uint8_t *to = save_head(S, b, &room, number);
    if (!to) return;
    sink_is_at(S->out, number_put(to, c->count));
    for (size_t i = 0; i < c->count; i++)
        save_pair(S, c->items[i].key, c->items[i].now, number);
}

/* Whether nothing but values at keys can differ, and none does. */
static bool is_unchanged(const TableBody *a, const TableBody *b, const Changes *c)
{
    TableRoom x = table_room(a), y = table_room(b);
    bool same = !c->count && a->meta == b->meta && x.nodes == y.nodes &&
                x.numbers == y.numbers && x.removed == y.removed &&
                !((table_flags(a) ^ table_flags(b)) & (TABLE_FROZEN | TABLE_GIVEN));
    for (uint32_t i = 0; same && i < x.words; i++)
        same = table_room_word(a, i) == table_room_word(b, i);
    return same;
}

bool save_change_by_keys(Saver *S, Machine *from, const Table *t, uint32_t number, bool *none)
{
    Changes c = {.next_id = S->M->run.next_id};
    const TableBody *a = heap_table(&from->run, t), *b = heap_table(&S->M->run, t);
    c.most = (table_pairs(b) + b->array_size) / 2 + 1;
    bool few = table_diff(a, b, note_change, &c) && !c.failed;
    *none = few && is_unchanged(a, b, &c);
    if (few && !*none) save_table_changes(S, b, &c, number);
    free(c.items);
    return few;
}

static void save_captured(Saver *S, const Native *f, uint32_t number)
{
    uint32_t count = f->count;
    const Value *values = saver_host_name(S, f) ? host_values(S, f, &count) : f->upvalues;
    if (values) save_values(S, values, count, number);
}

static void meet_value(Saver *S, Value v)
{
    const void *o = value_pointer(v);
    if (!value_is_object(v) || object_type(o) == OBJ_STRING || object_type(o) == OBJ_LIGHT)
        return;
    uint32_t number = saver_in_base(S, o);
    if (number != OBJECT_NONE) saver_met_based(S, o, number);
}

void saver_meet_captured(Saver *S, const void *function)
{
    uint32_t count = 0;
    const Value *values = NULL;
    if (object_type(function) == OBJ_CLOSURE) {
        const Closure *c = heap_closure(&S->M->run, function);
        values = c->upvalues;
        count = c->proto->upvalue_count;
    } else {
        const Native *f = function;
        count = f->count;
        values = saver_host_name(S, f) ? host_values(S, f, &count) : f->upvalues;
    }
    for (uint32_t i = 0; values && i < count; i++) meet_value(S, values[i]);
}

void save_contents(Saver *S, const void *o, uint32_t number)
{
    switch (object_type(o)) {
    case OBJ_TABLE:
        if (table_is_memo(o))
            sink_number(S->out, 0); /* an empty one */
        else
            save_table(S, o, number);
        break;
    case OBJ_CELL:
        saver_step(S, STEP_CELL, number, V_NIL);
        save_value(S, heap_cell(&S->M->run, o));
        break;
    case OBJ_CLOSURE: {
        const Closure *c = heap_closure(&S->M->run, o);
        save_values(S, c->upvalues, c->proto->upvalue_count, number);
        break;
    }
    case OBJ_NATIVE: save_captured(S, o, number); break;
    case OBJ_COROUTINE: save_coroutine(S, o, number); break;
    default: save_userdata_contents(S, o, number); break;
    }
}
