/* SPDX-License-Identifier: MIT */
/*
 * Objects of an image: made where they are met first, filled later.
 *
 * Main invariant: an object exists, with its type, before anything refers to its contents, so
 * that cycles need no second pass.
 */
#include "control/world.h"
#include "image/load/quick.h"
#include "lib/io/file.h"
#include "lib/natives.h"
#include "stack/upvalue.h"
#include "table/table_bundles.h"

#include <math.h>

/* References ------------------------------------------------------------------------- */

void *loader_known(Loader *L, uint64_t number, bool of_base)
{
    uint32_t count = !of_base ? L->objects.count : L->base ? L->base->object_count : 0;
    if (number >= count) {
        source_fail(&L->in);
        return NULL;
    }
    void *o =
        of_base ? image_object(L->base, (uint32_t)number) : L->objects.list[count - 1 - number];
    /* new ones have been looked at */
    if ((of_base || L->record) && object_id(o) >= L->next_id) source_fail(&L->in);
    return o;
}

Value load_word(Loader *L)
{
    if (L->in.at < L->in.end && *L->in.at == TAG_NOBODY) {
        L->in.at++;
        return V_NIL;
    }
    return load_any(L);
}

void *load_object(Loader *L, ObjectType type, bool nil_too)
{
    Value v = load_any(L);
    if (value_is(v, type)) return value_pointer(v);
    if (v != V_NIL || !nil_too) source_fail(&L->in);
    return NULL;
}

/* What a closure with this code has as its upvalue i. */
static Value load_upvalue(Loader *L, const Proto *p, uint32_t i)
{
    return p->upvalues[i].cell ? value_object(load_object(L, OBJ_CELL, false)) : load_value(L);
}

/* Shells: objects without their contents ----------------------------------------------- */

static Table *table_shell(Loader *L)
{
    Table *t = mem_new(sizeof *t);
    object_init(&t->h, OBJ_TABLE, 0);
    t->epoch = L->M->run.epoch;
    return t;
}

static Cell *cell_shell(Loader *L)
{
    Cell *c = mem_new(sizeof *c);
    object_init(&c->h, OBJ_CELL, 0);
    c->epoch = L->M->run.epoch;
    return c;
}

static Closure *closure_with(const Proto *p)
{
    Closure *c = run_new_closure(p->upvalue_count);
    object_init(&c->h, OBJ_CLOSURE, 0);
    c->h.flags = (uint8_t)p->upvalue_count;
    c->proto = p;
    return c;
}

static Closure *closure_shell(Loader *L)
{
    const Proto *p = loader_proto(L);
    return p ? closure_with(p) : NULL;
}

static Native *native_shell(Loader *L)
{
    const NativeDef *row = load_native_row(L);
    size_t count = source_count(&L->in, 1);
    if (!row || row->place == PLACE_CONTINUATION || count > UINT8_MAX) {
        source_fail(&L->in);
        return NULL;
    }
    return native_new(L->M, row, (int)count);
}

static Native *host_shell(Loader *L, bool captures)
{
    char name[IMAGE_NAME_MAX];
    if (!load_name(L, name)) return NULL;
    const ImageHost *h = L->host;
    size_t count = captures ? source_count(&L->in, 1) : 0;
    if (count > UINT8_MAX) source_fail(&L->in);
    if (L->in.failed) return NULL;
    Native *f = h->function ? h->function(h->context, L->M, name, (uint32_t)count) : NULL;
    if (!f) loader_refuse(L, "the image needs the host function '%s'", name);
    return f;
}

static Coroutine *coroutine_shell(Loader *L)
{
    Coroutine *c = mem_new(sizeof *c);
    object_init(&c->h, OBJ_COROUTINE, 0);
    c->epoch = L->M->run.epoch;
    c->body.status = CO_DEAD;
    return c;
}

static Userdata *snapshot_shell(Loader *L)
{
    Userdata *u = run_new_userdata(&L->M->run, world_snapshot_tag, 0);
    uint64_t number = source_number(&L->in);
    if (number > UINT32_MAX) source_fail(&L->in);
    loader_fix(L, &u->data, (uint32_t)number);
    return u;
}

static Userdata *file_shell(Loader *L)
{
    FILE *const standard[] = {NULL, stdin, stdout, stderr};
    uint8_t code = source_byte(&L->in);
    Userdata *u = run_new_userdata(&L->M->run, file_tag, sizeof(File));
    if (code > 3) source_fail(&L->in);
    if (code && code <= 3)
        *(File *)u->data = (File){.f = standard[code], .kind = FILE_STANDARD};
    return u;
}

static Userdata *userdata_shell(Loader *L)
{
    char name[IMAGE_NAME_MAX];
    if (!load_name(L, name)) return NULL;
    const ImageHost *h = L->host;
    Userdata *u = h->userdata ? h->userdata(h->context, L->M, name) : NULL;
    if (!u) loader_refuse(L, "the image needs the userdata type '%s'", name);
    return u;
}

static void *new_object(Loader *L, uint8_t tag)
{
    switch (tag) {
    case TAG_TABLE: return table_shell(L);
    case TAG_CELL: return cell_shell(L);
    case TAG_CLOSURE: return closure_shell(L);
    case TAG_NATIVE: return native_shell(L);
    case TAG_HOST: return host_shell(L, false);
    case TAG_CAPTURES: return host_shell(L, true);
    case TAG_COROUTINE: return coroutine_shell(L);
    case TAG_SNAPSHOT: return snapshot_shell(L);
    case TAG_FILE: return file_shell(L);
    case TAG_USERDATA: return userdata_shell(L);
    default: source_fail(&L->in); return NULL;
    }
}

/* Whether another object of this record has the id of the last one. In the first record, those
 * with a place are known anyway. */
static bool id_is_taken(Loader *L, uint64_t id)
{
    bool fresh = true;
    const void *key = (const void *)(uintptr_t)id;
    if (!L->record && id < L->objects.id_limit)
        return L->objects.by_id[id] != L->objects.count || numbering_find(&L->ids, key);
    numbering_place(&L->ids, key, &fresh);
    return !fresh;
}

/* Ids order keys, so no two objects of a state have the same. That is looked at among the new
 * ones of a record, and those of a delta are not the base's. A state that a variable holds may
 * have parted from the history of the first one: then objects that only the first has may have
 * these ids, too. An image could lie and let it have both: their order would go by addresses,
 * and no more than that would be wrong. To know that none does would take a walk over each
 * state. */
static void add_with_id(Loader *L, Object *h)
{
    uint64_t id = L->last_id + (uint64_t)source_signed(&L->in);
    if (id == 0 || id >= L->next_id || id >> 47 || id < L->base_below) source_fail(&L->in);
    h->id_high = (uint16_t)(id >> 32);
    h->id_low = (uint32_t)id;
    L->last_id = object_id(h);
    objects_meet(&L->objects, h);
    bool taken = id_is_taken(L, L->last_id);
    if (L->objects.failed || L->ids.failed) loader_refuse(L, "not enough memory");
    if (taken) source_fail(&L->in);
}

/* Makes an object without its contents, by its tag. Answers NULL if that is refused. */
static void *load_shell(Loader *L, uint8_t tag)
{
    Object *o = new_object(L, tag);
    if (!o) return NULL;
    add_with_id(L, o);
    return o;
}

void *load_object_by_tag(Loader *L, uint8_t tag)
{
    if (tag == TAG_OBJECT || tag == TAG_BASE)
        return loader_known(L, source_number(&L->in), tag == TAG_BASE);
    return load_shell(L, tag);
}

/* Contents ---------------------------------------------------------------------------- */

/* The walk is asked at some of the items of a table. */
enum { WALK_EVERY = 1024 };
static inline void walk_on(Loader *L, size_t i)
{
    if (i % WALK_EVERY == WALK_EVERY - 1) loader_walk(L, WALK_EVERY);
}

static void load_row(Loader *L, Value *row, size_t words)
{
    for (size_t i = 0; i < words && !L->in.failed;) {
        size_t most = words - i < WALK_EVERY ? words - i : WALK_EVERY;
        size_t quick = quick_values(L, row + i, most);
        i += quick;
        if (quick >= WALK_EVERY) loader_walk(L, quick);
        if (quick == most) continue;
        walk_on(L, i);
        row[i++] = load_value(L);
    }
}

static void load_array(Loader *L, TableBody *b, size_t words)
{
    uint64_t epoch = L->M->run.epoch;
    Value *row = table_array_to_fill(b, epoch);
    if (row) {
        load_row(L, row, words);
        table_array_filled(b);
        return;
    }
    for (size_t i = 0; i < words && !L->in.failed; i++) {
        walk_on(L, i);
        Value v = load_value(L);
        if (v != V_NIL) table_add_like(b, value_number((double)i + 1), v, epoch);
    }
}

static bool is_key(Value v)
{
    double d = value_is_number(v) ? value_to_double(v) : 1;
    return v != V_NIL && d == d && !(d == 0 && signbit(d));
}

/* Reads a key if it is this one, a string that has come before. Gives where it ends, or NULL.
 */
static inline const uint8_t *quick_key(const Loader *L, const uint8_t *at, Value key)
{
    Value v;
    const uint8_t *end = quick_value(&L->strings, at, &v);
    if (!end || v != key) return NULL;
    quick_seen(at, end);
    return end;
}

/* Reads a value of a pair. Gives where it ends: if it is refused, at the end of all. */
static inline const uint8_t *pair_value(Loader *L, const uint8_t *at, Value *v)
{
    const uint8_t *end = quick_value(&L->strings, at, v);
    if (end) {
        quick_seen(at, end);
    } else {
        L->in.at = at;
        *v = load_value(L);
        end = L->in.at;
    }
    if (*v == V_NIL) source_fail(&L->in);
    return *v == V_NIL ? L->in.at : end;
}

/* Reads pairs as long as their keys are those of `like` in their order, and so need no search
 * for their places. Gives how many. */
static uint32_t load_alike(Loader *L, TableBody *b, HamtEntry *to, uint32_t count)
{
    const uint8_t *at = L->in.at, *end;
    uint32_t i = 0;
    for (; i < count && (size_t)(L->in.end - at) >= 2 * QUICK_MAX; i++) {
        Value key = L->like->entries[i].key, v;
        if (!(end = quick_key(L, at, key))) break;
        at = pair_value(L, end, &v);
        if (v == V_NIL) break;
        to[i] = (HamtEntry){key, v};
    }
    L->in.at = at;
    table_entries_filled(b, L->like, i);
    return i;
}

/* Answers whether the keys can be of a table with this room. */
static bool load_hash(Loader *L, TableBody *b, const TableRoom *room, size_t count)
{
    bool numbers = room->numbers || room->words;
    HamtEntry *to = numbers ? NULL : table_entries_to_fill(b, L->like, count, L->M->run.epoch);
    uint32_t known = to ? load_alike(L, b, to, (uint32_t)count) : 0;
    for (size_t i = known; i < count && !L->in.failed; i++) {
        walk_on(L, i);
        Value key = load_value(L), v = load_value(L);
        numbers |= value_is_number(key);
        if (!is_key(key) || !table_add_new(b, key, v, L->M->run.epoch)) source_fail(&L->in);
    }
    mem_count_content(count * TABLE_PAIR_BYTES);
    if (known < count) L->like = !numbers && table_is_flat(b) ? b->hash.root : NULL;
    return numbers ? table_room_is_sound(b) : table_pairs(b) <= room->nodes;
}

static inline TableRoom load_room(Loader *L, unsigned bits, Word words[NODES_MAX + 1])
{
    TableRoom room = {.bundled = bits & TABLE_HAS_BUNDLES,
                      .numbers = bits & TABLE_HAS_NUMBERS,
                      .removed = bits & TABLE_HAS_REMOVED};
    uint64_t array = bits & TABLE_HAS_ARRAY ? source_number(&L->in) : 0;
    unsigned log = bits & TABLE_HAS_HASH ? source_byte(&L->in) : 0;
    if (bits & TABLE_HAS_SHIFT) room.shift = source_byte(&L->in);
    if (array > TABLE_ARRAY_MAX || log > 30) source_fail(&L->in);
    room.array = (uint32_t)array;
    room.nodes = bits & TABLE_HAS_HASH ? (uint32_t)1 << (log & 31) : 0;
    if (!(bits & TABLE_HAS_WORDS)) return room;
    if (room.nodes > NODES_MAX) source_fail(&L->in);
    if (loader_failed(L)) return room;
    room.words = nodes_words(room.nodes);
    for (uint32_t i = 0; i < room.words; i++) words[i] = source_number(&L->in);
    return room;
}

static unsigned load_bits(Loader *L)
{
    uint64_t bits = source_number(&L->in);
    if (bits >= 2 * TABLE_IS_GIVEN) source_fail(&L->in);
    return (unsigned)bits;
}

/* Keeps the head that was read from there. */
static void keep_head(Loader *L, const TableHead *h, const uint8_t *from)
{
    size_t length = (size_t)(L->in.at - from);
    L->head = *h;
    L->head.length = 0;
    if (h->meta || h->room.words || length >= sizeof(uint64_t)) return;
    L->head.mask = ((uint64_t)1 << 8 * length) - 1;
    for (size_t i = 0; i < length; i++) L->head.bytes |= (uint64_t)from[i] << 8 * i;
    L->head.length = (unsigned)length;
}

/* Answers whether the head that comes next is the one that is kept, and goes on behind it. */
static inline bool is_as_before(Loader *L)
{
    uint64_t bytes;
    const TableHead *h = &L->head;
    size_t left = source_left(&L->in);
    if (!h->length || left < sizeof bytes || SOURCE_IS_SEEN) return false;
    memcpy(&bytes, L->in.at, sizeof bytes);
    if ((le64toh(bytes) & h->mask) != h->bytes) return false;
    left -= h->length;
    if (h->array > left || h->pairs > left / 2) return false;
    L->in.at += h->length;
    return true;
}

static void load_head(Loader *L, Word words[NODES_MAX + 1])
{
    const uint8_t *from = L->in.at;
    TableHead h = {.bits = load_bits(L)};
    if (h.bits & TABLE_HAS_META) h.meta = load_object(L, OBJ_TABLE, false);
    h.room = load_room(L, h.bits, words);
    h.array = h.room.array ? source_count(&L->in, 1) : 0;
    h.pairs = h.room.nodes ? source_count(&L->in, 2) : 0;
    if (h.array > h.room.array || h.array < h.room.array / IMAGE_ARRAY_WORD)
        source_fail(&L->in);
    keep_head(L, &h, from);
}

static void load_table(Loader *L, Table *t, TableBody *b)
{
    Word words[NODES_MAX + 1];
    if (!is_as_before(L)) load_head(L, words);
    const TableHead *h = &L->head;
    if (loader_failed(L)) return;
    *b = (TableBody){0};
    if (!table_begin_room(b, &h->room, words, h->pairs, L->M->run.epoch)) {
        source_fail(&L->in);
        return;
    }
    load_array(L, b, h->array);
    if (!load_hash(L, b, &h->room, h->pairs)) source_fail(&L->in);
    b->meta = h->meta;
    if (h->bits & TABLE_IS_GIVEN) b->flags |= TABLE_GIVEN;
    if (h->bits & TABLE_IS_FROZEN) heap_freeze(&L->M->run, t);
}

/* Loads what a native has captured: a cell may be among it (load_check_native). */
static void load_values(Loader *L, Value *to, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) to[i] = load_any(L);
}

/* Loads what a host function has captured: cells, as its functions take for granted. */
static void load_captured(Loader *L, Native *f)
{
    uint32_t count = 0;
    const ImageHost *h = L->host;
    Value *values = h->captured ? h->captured(h->context, f, &count) : NULL;
    if (!values) return;
    load_values(L, values, count);
    for (uint32_t i = 0; i < count; i++)
        if (!value_is(values[i], OBJ_CELL)) source_fail(&L->in);
}

static void load_upvalues(Loader *L, Closure *c)
{
    for (uint32_t i = 0; i < c->proto->upvalue_count && !loader_failed(L); i++)
        c->upvalues[i] = load_upvalue(L, c->proto, i);
}

static void load_userdata_bytes(Loader *L, Userdata *u, UserdataBody *b)
{
    size_t length = source_count(&L->in, 1);
    const uint8_t *bytes = source_bytes(&L->in, length);
    if (!bytes) return;
    const ImageHost *h = L->host;
    if (!h->read_userdata || !h->read_userdata(h->context, u, b, bytes, length))
        loader_refuse(L, "the host does not take the bytes of a userdata of the image");
}

static void load_userdata(Loader *L, Userdata *u, UserdataBody *b)
{
    b->meta = load_object(L, OBJ_TABLE, true);
    b->user = load_value(L);
    unsigned finalizer = source_byte(&L->in);
    if (finalizer > FINALIZER_TAKEN_BACK) source_fail(&L->in);
    b->finalizer = finalizer;
    if (u->tag != world_snapshot_tag && u->tag != file_tag) load_userdata_bytes(L, u, b);
}

static bool is_host_native(const Native *f) { return !natives_by_function(f->fn); }

void load_contents(Loader *L, void *o)
{
    Machine *M = L->M;
    switch (object_type(o)) {
    case OBJ_TABLE: load_table(L, o, heap_table_mut(&M->run, o)); break;
    case OBJ_CELL: *heap_cell_mut(&M->run, o) = load_value(L); break;
    case OBJ_CLOSURE: load_upvalues(L, o); break;
    case OBJ_NATIVE:
        if (is_host_native(o)) {
            load_captured(L, o);
            break;
        }
        load_values(L, ((Native *)o)->upvalues, ((Native *)o)->count);
        load_check_native(L, o);
        break;
    case OBJ_COROUTINE: load_coroutine(L, o); break;
    default: load_userdata(L, o, heap_userdata_mut(&M->run, o)); break;
    }
}

/* A closure whose upvalues the debug library has set has a stand-in in this state. */
static void change_closure(Loader *L, Closure *c)
{
    const Proto *p = loader_proto(L);
    if (!p || p->upvalue_count != c->proto->upvalue_count) {
        source_fail(&L->in);
        return;
    }
    Closure *now = upvalue_stand_in(c, p);
    load_upvalues(L, now);
    if (!loader_failed(L)) heap_set_closure(&L->M->run, c, now);
}

/* Whether the room, after changes, is one that the pairs can have. O(n) where there were, or
 * are, numbers among them whose number of nodes has changed. */
static bool is_sound_after(const TableBody *b, const TableRoom *before, const TableRoom *room)
{
    bool numbers = before->numbers || room->numbers;
    bool other = before->numbers != room->numbers || before->nodes != room->nodes;
    if (room->words || (numbers && other)) return table_room_is_sound(b);
    return table_pairs(b) <= room->nodes;
}

static void load_keys(Loader *L, Table *t, TableBody *b)
{
    Word words[NODES_MAX + 1];
    const TableRoom before = table_room(b);
    unsigned bits = load_bits(L);
    Table *meta = bits & TABLE_HAS_META ? load_object(L, OBJ_TABLE, false) : NULL;
    TableRoom room = load_room(L, bits, words);
    size_t count = source_count(&L->in, 2);
    if (loader_failed(L) || !table_change_room(b, &room, words, L->M->run.epoch)) {
        source_fail(&L->in);
        return;
    }
    for (size_t i = 0; i < count && !loader_failed(L); i++) {
        Value key = load_value(L), v = load_value(L);
        if (!is_key(key) || !table_change_like(b, key, v, L->M->run.epoch)) source_fail(&L->in);
        if (room.shift) table_keep_shift(b, &room, count - i - 1, L->M->run.epoch);
    }
    if (!loader_failed(L) && !is_sound_after(b, &before, &room)) source_fail(&L->in);
    b->meta = meta;
    b->flags = (b->flags & ~TABLE_GIVEN) | (bits & TABLE_IS_GIVEN ? TABLE_GIVEN : 0);
    if (bits & TABLE_IS_FROZEN) heap_freeze(&L->M->run, t);
}

static void change_table(Loader *L, Table *t)
{
    uint8_t how = source_byte(&L->in);
    TableBody *b = heap_thaw(&L->M->run, t);
    if (how == CHANGE_KEYS)
        load_keys(L, t, b);
    else if (how == CHANGE_ALL)
        load_table(L, t, b);
    else
        source_fail(&L->in);
}

void load_change(Loader *L, void *o)
{
    L->like = NULL; /* it may be what changes */
    switch (object_type(o)) {
    case OBJ_CLOSURE: change_closure(L, o); break;
    case OBJ_NATIVE: source_fail(&L->in); break; /* it never changes */
    case OBJ_TABLE: change_table(L, o); break;
    default: load_contents(L, o); break;
    }
    L->like = NULL;
}
