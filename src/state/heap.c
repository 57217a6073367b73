/* SPDX-License-Identifier: MIT */
/*
 * The heap map, and the cache in front of it.
 *
 * Main invariant: an entry of the cache with the run's view shows what the heap map, or else
 * the object, has. So whoever changes the map changes the cache.
 */
#include "state/heap.h"

#include "state/marks.h"
#include "state/own.h"

#include <assert.h>
#include <stdatomic.h>

/* An object's hash in the heap map: the bits of its id in another order. Ids are serial
 * numbers, and objects made together are written together: eight in a row share a leaf, and
 * 256 a path, so that a frame of a game copies few nodes.
 *
 *   id    ... 13 | 12..8 | 7..3 | 2..0
 *   hash  ... 13 |  2..0 | 7..3 | 12..8      the last first on the way down */
static inline uint32_t place_of(const void *object)
{
    uint32_t id = ((const Object *)object)->id_low;
    return (id & ~(uint32_t)0x1fff) | (id & 7) << 10 | (id >> 3 & 31) << 5 | (id >> 8 & 31);
}

/* Objects are ordered by id. The address decides between objects of different lineages, which a
 * map has only as long as nobody has looked which of them are dead. */
static int order_of(Word a, Word b)
{
    uint64_t x = object_id(value_pointer(a)), y = object_id(value_pointer(b));
    return x != y ? (x < y ? -1 : 1) : (a > b) - (a < b);
}

/* The heap map: objects to their contents as a state sees them. */
#define HAMT_NAME heap_map
#define HAMT_KEY_HASH(k) place_of(value_pointer(k))
#define HAMT_KEY_EQ(a, b) false
#define HAMT_KEY_ORDER(a, b) order_of(a, b)
#include "hamt_template.h"

void heap_note(Hamt *map, const void *object, Word note, uint64_t token)
{
    heap_map_put(map, value_object(object), place_of(object), note, token);
}

const Word *heap_noted(const Hamt *map, const void *object)
{
    return heap_map_find(map, value_object(object), place_of(object));
}

/* An entry's value: contents with the epoch that may write them. A table's box may have the
 * root of its hash, too:
 *
 *   box    [epoch | body ... | 0 | root]      MEM_INNER bytes before the root
 *                    hash.root ----^
 */
typedef struct TableBox {
    uint64_t epoch;
    TableBody body;
} TableBox;
typedef struct CoBox {
    uint64_t epoch;
    CoBody body;
} CoBox;
typedef struct UserdataBox {
    uint64_t epoch;
    UserdataBody body;
} UserdataBox;
typedef struct CellBox {
    uint64_t epoch;
    Value value;
} CellBox;

/* Contents are right behind their epoch: in a box, and in the object, where that is its second
 * word. */
#define AFTER_EPOCH(type, member) \
    (offsetof(type, member) == offsetof(type, epoch) + sizeof(uint64_t))
_Static_assert(AFTER_EPOCH(TableBox, body) && AFTER_EPOCH(CoBox, body) &&
                   AFTER_EPOCH(UserdataBox, body) && AFTER_EPOCH(CellBox, value),
               "contents in a box are behind their epoch");
_Static_assert(AFTER_EPOCH(Table, body) && AFTER_EPOCH(Coroutine, body) &&
                   AFTER_EPOCH(Userdata, body) && AFTER_EPOCH(Cell, value),
               "contents in an object are behind their epoch");
_Static_assert(offsetof(Table, epoch) == sizeof(uint64_t) &&
                   offsetof(Coroutine, epoch) == sizeof(uint64_t) &&
                   offsetof(Userdata, epoch) == sizeof(uint64_t) &&
                   offsetof(Cell, epoch) == sizeof(uint64_t),
               "an object's epoch is its second word: heap_put_back writes from there");
_Static_assert(sizeof(TableBox) == sizeof(uint64_t) + sizeof(TableBody) &&
                   sizeof(CoBox) == sizeof(uint64_t) + sizeof(CoBody) &&
                   sizeof(UserdataBox) == sizeof(uint64_t) + sizeof(UserdataBody) &&
                   sizeof(CellBox) == sizeof(uint64_t) + sizeof(Value),
               "a box has an epoch, contents and nothing else");
_Static_assert(sizeof(TableBox) <= MEM_INNER && MEM_INNER % MEM_GRANULE == 0,
               "behind a table's box is room for a root, where a block could begin");

/* Finding contents ----------------------------------------------------------------- */

enum { CACHE_SIZE_FIRST = 1 << 6, CACHE_SIZE_MAX = 1 << 17 };

/* The collector is not to look into it. Answers NULL where a large one cannot be had. */
static CacheEntry *cache_new(uint32_t size)
{
    CacheEntry *cache = mem_try_alloc_atomic(size * sizeof *cache);
    if (cache) memset(cache, 0, size * sizeof *cache);
    return cache;
}

void heap_init_cache(Run *R)
{
    R->cache = cache_new(CACHE_SIZE_FIRST);
    R->cache_mask = CACHE_SIZE_FIRST - 1;
    R->methods = methods_none;
}

static CacheEntry *cache_slot(const Run *R, const void *object)
{
    return &R->cache[((const Object *)object)->id_low & R->cache_mask];
}

static inline void cache_put(Run *R, const void *object, void *body)
{
    assert(((uintptr_t)object >> CACHE_VIEW_SHIFT) == 0 &&
           "an address leaves room for the view");
    *cache_slot(R, object) = (CacheEntry){(uintptr_t)object | R->view, body};
}

void heap_new_view(Run *R)
{
    R->methods_age++;
    R->view += (uint64_t)1 << CACHE_VIEW_SHIFT;
    if (R->view) return; /* else all numbers have been used: view 0 is of empty entries */
    memset(R->cache, 0, (R->cache_mask + (size_t)1) * sizeof *R->cache);
    R->view = (uint64_t)1 << CACHE_VIEW_SHIFT;
}

/* A run that looks up many more objects than there is room for gets more room. */
static void cache_missed(Run *R)
{
    uint32_t size = R->cache_mask + 1;
    if (++R->cache_misses / 4 < size || size >= CACHE_SIZE_MAX) return;
    CacheEntry *old = R->cache, *larger = cache_new(4 * size);
    R->cache_misses = 0;
    if (!larger) return;
    R->cache = larger;
    R->cache_mask = 4 * size - 1;
    for (uint32_t i = 0; i < size; i++)
        if (old[i].key >> CACHE_VIEW_SHIFT == R->view >> CACHE_VIEW_SHIFT)
            *cache_slot(R, value_pointer(old[i].key ^ R->view)) = old[i];
}

static uint64_t *find_box(const Run *R, const void *object)
{
    const Word *box = heap_map_find(&R->heap, value_object(object), place_of(object));
    return box ? value_pointer(*box) : NULL;
}

const void *heap_read_slow(Run *R, const void *object, const void *frozen)
{
    cache_missed(R);
    uint64_t *box = find_box(R, object);
    void *body = box ? box + 1 : (void *)frozen;
    cache_put(R, object, body);
    return body;
}

/* What the heap map takes is not counted: whether it is needed depends on who has looked into
 * the run's snapshots. */
void heap_put(Hamt *heap, void *object, uint64_t *box, uint64_t token)
{
    uint64_t counted = mem_count_stop();
    if (!object_is_remapped(object)) object_mark_remapped(object);
    heap_map_put(heap, value_object(object), place_of(object), value_object(box), token);
    mem_count_go_on(counted);
}

/* A box for the object in this epoch is what the run finds from now on. */
static void put_box(Run *R, void *object, uint64_t *box)
{
    *box = R->epoch;
    heap_put(&R->heap, object, box, R->epoch);
    cache_put(R, object, box + 1);
}

/* What an object contains is to be written for the first time in this epoch. Copy has what
 * was in old, with its epoch. Gives where to write: in place, if those who see old are known
 * and get the copy, else in the copy. */
static inline void *claim(Run *R, void *object, const void *old, uint64_t *copy, size_t size)
{
    uint64_t *epoch = (uint64_t *)old - 1;
    assert(*epoch < R->epoch && "what is to be written is older than the run's epoch");
    mem_count_beside(size);
    R->packed = 0;
    if (*epoch >= R->since && *epoch < R->epoch) {
        if (R->own.undo) own_save(R, object, copy);
        *epoch = R->epoch;
        return epoch + 1;
    }
    put_box(R, object, copy);
    return copy + 1;
}

static const void *contents(Run *R, const void *object, const void *frozen)
{
    return object_is_remapped(object) ? heap_read(R, object, frozen) : frozen;
}

static inline uint64_t epoch_of(const void *body) { return ((const uint64_t *)body)[-1]; }

/* Contents as they are in old, with its epoch. If the root of the hash is copied, too, that
 * takes root_size bytes more, and the copy is the token's. */
static inline TableBox *table_box(const TableBody *old, size_t root_size, uint64_t token)
{
    TableBox *box = mem_new(root_size ? MEM_INNER + root_size : sizeof *box);
    box->epoch = epoch_of(old);
    table_body_copy(&box->body, old);
    if (root_size) hamt_copy_in(&box->body.hash, (char *)box + MEM_INNER, token);
    return box;
}

static TableBody *lost(Run *R)
{
    TableBox *box = mem_new(sizeof *box);
    box->epoch = R->epoch;
    R->lost = &box->epoch; /* the beginning: that keeps it, so that no other is in its place */
    return &box->body;
}

/* Who will write to a field copies the root of the hash with the contents, so that both are one
 * block. If what is put aside gets the copy, the root itself is written over in place: where it
 * was written last when the contents were begun, nothing else that was put aside has it. */
static TableBody *claim_table(Run *R, Table *t, const TableBody *old, bool field)
{
    if (table_is_frozen(old)) return lost(R);
    uint64_t epoch = epoch_of(old);
    bool in_place = epoch >= R->since, inner = hamt_root_is_inner(&old->hash);
    size_t root_size = field || inner ? hamt_root_size(&old->hash) : 0;
    HamtNode *root = root_size ? old->hash.root : NULL;
    bool renew = root && in_place && root->epoch == epoch;
    if (in_place && !renew && !inner) root_size = 0;
    TableBox *copy = table_box(old, root_size, in_place && root ? root->epoch : R->epoch);
    if (renew) root->epoch = R->epoch;
    return claim(R, t, old, &copy->epoch, sizeof *copy + root_size);
}

/* What claim_table mostly comes to where the run has snapshots of its own, without a call. A
 * root that is copied, too, was last written in the same epoch. */
static inline TableBody *put_aside(Run *R, Table *t, const TableBody *old, size_t root_size)
{
    assert(!table_is_frozen(old) && "what is read-only is of no epoch");
    TableBox *copy = table_box(old, root_size, epoch_of(old));
    mem_count_beside(sizeof *copy + root_size);
    R->packed = 0;
    own_save(R, t, &copy->epoch);
    ((uint64_t *)old)[-1] = R->epoch;
    if (root_size) old->hash.root->epoch = R->epoch;
    return (TableBody *)old;
}

static inline bool is_put_aside(const Run *R, const TableBody *old)
{
    return epoch_of(old) >= R->since && R->own.undo;
}

TableBody *heap_table_slow(Run *R, Table *t)
{
    const TableBody *old = object_is_remapped(t) ? heap_read(R, t, &t->body) : &t->body;
    if (heap_body_owned(R, old)) return (TableBody *)old;
    bool simple = is_put_aside(R, old) && !hamt_root_is_inner(&old->hash);
    return simple ? put_aside(R, t, old, 0) : claim_table(R, t, old, false);
}

TableBody *heap_field_slow(Run *R, Table *t, const TableBody *old)
{
    size_t root_size = hamt_root_size(&old->hash);
    bool simple = is_put_aside(R, old) && root_size && old->hash.root->epoch == epoch_of(old);
    return simple ? put_aside(R, t, old, root_size) : claim_table(R, t, old, true);
}

void heap_freeze(Run *R, Table *t)
{
    TableBody *own = heap_table_mut(R, t);
    if (heap_is_lost(R, own)) return;
    assert(heap_body_owned(R, own) && "what is frozen was the run's own");
    __atomic_fetch_or(&own->flags, TABLE_FROZEN, __ATOMIC_RELAXED);
    ((uint64_t *)own)[-1] = EPOCH_NONE;
}

/* Never in place: other states may see the old contents, of which no epoch tells. */
TableBody *heap_thaw(Run *R, Table *t)
{
    const TableBody *old = contents(R, t, &t->body);
    R->methods_age++;
    if (!table_is_frozen(old)) return heap_table_mut(R, t);
    size_t root_size = hamt_root_is_inner(&old->hash) ? hamt_root_size(&old->hash) : 0;
    TableBox *copy = table_box(old, root_size, R->epoch);
    mem_count(sizeof *copy);
    mem_count_beside(root_size);
    copy->body.flags &= ~TABLE_FROZEN;
    put_box(R, t, &copy->epoch);
    R->packed = 0;
    return &copy->body;
}

/* own is a copy of what was in old. */
static void note_was(const Coroutine *c, CoBody *own, const CoBody *old)
{
    bool waited = old->status == CO_SUSPENDED && old != &c->body;
    own->was = waited && !old->was ? (const CoBox *)((const uint64_t *)old - 1) : NULL;
}

CoBody *heap_coroutine_slow(Run *R, Coroutine *c)
{
    const CoBody *old = object_is_remapped(c) ? heap_read(R, c, &c->body) : &c->body;
    if (heap_body_owned(R, old)) return (CoBody *)old;
    CoBox *copy = mem_new(sizeof *copy);
    copy->epoch = epoch_of(old);
    copy->body = *old;
    CoBody *own = claim(R, c, old, &copy->epoch, sizeof *copy);
    if (own != old) note_was(c, own, old);
    return own;
}

/* Where the run has snapshots of its own, what was written over is put aside already. */
const CoBody *heap_coroutine_settle(Run *R, Coroutine *c, CoBody *own)
{
    const CoBox *was = own->was;
    if (!was) return own;
    own->was = NULL;
    if (memcmp(own, &was->body, sizeof *own) != 0) return own;
    if (R->own.undo || own == &c->body || !heap_body_owned(R, own)) return own;
    Word *place = (Word *)heap_map_find(&R->heap, value_object(c), place_of(c));
    assert(place && value_pointer(*place) == (uint64_t *)own - 1 &&
           "what this epoch has written is in nodes of its own");
    *place = value_object(&was->epoch);
    cache_put(R, c, (void *)&was->body);
    mem_uncount_beside(sizeof(CoBox));
    mem_free((uint64_t *)own - 1, sizeof(CoBox));
    return &was->body;
}

UserdataBody *heap_userdata_slow(Run *R, Userdata *u)
{
    const UserdataBody *old = contents(R, u, &u->body);
    if (heap_body_owned(R, old)) return (UserdataBody *)old;
    UserdataBox *copy = mem_new(sizeof *copy);
    mem_count_beside(sizeof *copy);
    copy->body = *old;
    put_box(R, u, &copy->epoch);
    R->packed = 0;
    return &copy->body;
}

static Value *claim_value(Run *R, void *object, const Value *old)
{
    if (heap_body_owned(R, old)) return (Value *)old;
    CellBox *copy = mem_new(sizeof *copy);
    *copy = (CellBox){epoch_of(old), *old};
    return claim(R, object, old, &copy->epoch, sizeof *copy);
}

Value *heap_cell_slow(Run *R, Cell *c) { return claim_value(R, c, contents(R, c, &c->value)); }

/* What a closure stands for that has no entry in the heap map: itself. */
static const CellBox closure_itself = {EPOCH_NONE, V_NIL};

const Closure *heap_closure_slow(Run *R, const Closure *c)
{
    assert(closure_identity(c) == c && "a stand-in has no stand-in itself");
    Value v = *(const Value *)heap_read(R, c, &closure_itself.value);
    return v == V_NIL ? c : value_pointer(v);
}

static atomic_bool closures_set;

bool heap_closures_set(void)
{
    return atomic_load_explicit(&closures_set, memory_order_relaxed);
}

void heap_set_closure(Run *R, Closure *c, const Closure *now)
{
    assert(closure_identity(c) == c && "a stand-in has no stand-in itself");
    atomic_store_explicit(&closures_set, true, memory_order_relaxed);
    *claim_value(R, c, contents(R, c, &closure_itself.value)) = value_object(now);
}

static const void *frozen_in(const void *object)
{
    switch (object_type(object)) {
    case OBJ_TABLE: return &((const Table *)object)->body;
    case OBJ_COROUTINE: return &((const Coroutine *)object)->body;
    case OBJ_USERDATA: return &((const Userdata *)object)->body;
    case OBJ_CELL: return &((const Cell *)object)->value;
    case OBJ_CLOSURE: return &closure_itself.value;
    default: return NULL;
    }
}

/* The sweep ------------------------------------------------------------------------ */

typedef struct Retain {
    bool (*keep)(void *context, const void *object);
    void *context;
    PointerList dropped;
} Retain;

static void retain_entry(void *context, Word key, Word box)
{
    Retain *r = context;
    if (!r->keep(r->context, value_pointer(key)))
        pointer_list_note(&r->dropped, value_pointer(key));
}

static void drop_entry(Run *R, const Object *o)
{
    if (heap_cached(R, o)) *cache_slot(R, o) = (CacheEntry){0};
    R->packed = 0;
    heap_map_remove(&R->heap, value_object(o), place_of(o), R->epoch);
}

/* One by one, which takes longer: there is no memory for a list. */
static void retain_each(Run *R, const Retain *r)
{
    HamtEntry e = heap_map_next(&R->heap, 0, 0);
    while (e.key) {
        const Object *o = value_pointer(e.key);
        if (!r->keep(r->context, o)) drop_entry(R, o);
        e = heap_map_next(&R->heap, value_object(o), place_of(o));
    }
}

void heap_retain(Run *R, bool (*keep)(void *context, const void *object), void *context)
{
    Retain r = {keep, context, {0}};
    uint64_t counted = mem_count_stop();
    hamt_each(&R->heap, retain_entry, &r);
    for (size_t i = 0; i < r.dropped.count; i++) drop_entry(R, r.dropped.items[i]);
    if (r.dropped.failed) retain_each(R, &r);
    mem_count_go_on(counted);
    pointer_list_free(&r.dropped);
}

/* Measuring ------------------------------------------------------------------------ */

typedef struct Boxes {
    bool (*live)(void *context, const void *object);
    void *context;
    MemBlockFn *fn;
    void *fn_context;
} Boxes;

static size_t box_size(const void *object)
{
    switch (object_type(object)) {
    case OBJ_TABLE: return sizeof(TableBox);
    case OBJ_COROUTINE: return sizeof(CoBox);
    case OBJ_USERDATA: return sizeof(UserdataBox);
    default: return sizeof(CellBox);
    }
}

static void count_box(void *context, Word key, Word box)
{
    const Boxes *b = context;
    const void *object = value_pointer(key);
    if (b->live(b->context, object)) b->fn(b->fn_context, value_pointer(box), box_size(object));
}

void heap_blocks(const Run *R, bool (*live)(void *context, const void *object), void *context,
                 MemBlockFn *fn, void *fn_context)
{
    Boxes b = {live, context, fn, fn_context};
    hamt_blocks(&R->heap, fn, fn_context);
    hamt_each(&R->heap, count_box, &b);
}

/* Contents of any object --------------------------------------------------------------- */

const void *run_contents(Run *R, const void *object)
{
    return contents(R, object, frozen_in(object));
}

typedef struct Changes {
    Run *R;
    UndoFn *fn;
    void *context;
    uint64_t epoch;
} Changes;

/* What has been written over in place says so by its epoch, and was put aside. */
static void changed_entry(void *context, Word key, Word old, Word now)
{
    const Changes *c = context;
    void *object = value_pointer(key);
    uint64_t *box = old ? value_pointer(old) : (uint64_t *)frozen_in(object) - 1;
    (void)now;
    if (*box <= c->epoch) c->fn(c->context, &(UndoEntry){object, box});
}

static Hamt raw_heap(const State *s)
{
    Hamt heap = s->heap;
    heap.more = 0;
    return heap;
}

void run_changes(Run *R, const State *s, UndoFn *fn, void *context)
{
    Hamt from = raw_heap(s);
    own_each(s, fn, context);
    heap_map_diff(&from, &R->heap, changed_entry, &(Changes){R, fn, context, s->epoch});
}

static void lose(const Changes *c, void *object)
{
    c->fn(c->context, &(UndoEntry){object, (uint64_t *)run_contents(c->R, object) - 1});
}

static void lose_saved(void *context, const UndoEntry *e) { lose(context, e->object); }

static void lose_entry(void *context, Word key, Word then, Word now)
{
    (void)then, (void)now;
    lose(context, value_pointer(key));
}

void run_losses(Run *R, const State *s, UndoFn *fn, void *context)
{
    Hamt to = raw_heap(s);
    Changes c = {R, fn, context, 0};
    own_each(s, lose_saved, &c);
    heap_map_diff(&to, &R->heap, lose_entry, &c);
}

uint64_t *heap_copy_box(const UndoEntry *e)
{
    size_t size = box_size(e->object);
    uint64_t *box = mem_alloc(size);
    memcpy(box, e->box, size);
    return box;
}

/* Going back ----------------------------------------------------------------------- */

void heap_put_back(void *context, const UndoEntry *e)
{
    const State *s = context;
    if (*e->box > s->epoch) return;
    const Word *in = heap_map_find(&s->heap, value_object(e->object), place_of(e->object));
    uint64_t *place = in ? value_pointer(*in) : (uint64_t *)e->object + 1;
    memcpy(place, e->box, box_size(e->object));
    if (object_type(e->object) != OBJ_TABLE) return;
    uint64_t counted = mem_count_stop();
    hamt_move_out(&((TableBox *)place)->body.hash);
    mem_count_go_on(counted);
}

/* Checks --------------------------------------------------------------------------- */

#ifndef NDEBUG
typedef struct HeapCheck {
    uint64_t next_id, epoch;
} HeapCheck;

static void check_box(void *context, Word key, Word box)
{
    const HeapCheck *c = context;
    const void *object = value_pointer(key);
    assert(object_is_remapped(object) && "an object with an entry says so");
    assert(object_id(object) < c->next_id && "the heap map has objects of its state");
    assert(epoch_of((const uint64_t *)value_pointer(box) + 1) <= c->epoch &&
           "contents are not younger than the state");
}

void heap_check(const Hamt *heap, uint64_t next_id, uint64_t epoch)
{
    HeapCheck c = {next_id, epoch};
    heap_map_check(heap);
    hamt_each(heap, check_box, &c);
}
#endif

/* Differences ---------------------------------------------------------------------- */

typedef struct DiffContext {
    HeapDiffFn *fn;
    void *context;
    uint64_t below; /* ids of objects that both can have */
    bool enough;
} DiffContext;

static void diff_entry(void *context, Word key, Word a, Word b)
{
    DiffContext *d = context;
    (void)a, (void)b;
    if (d->enough || object_id(value_pointer(key)) >= d->below) return;
    d->enough = !d->fn(d->context, value_pointer(key));
}

void state_diff(const State *a, const State *b, HeapDiffFn *fn, void *context)
{
    DiffContext d = {fn, context, a->next_id < b->next_id ? a->next_id : b->next_id, false};
    Hamt from = state_heap(a), to = state_heap(b);
    heap_map_diff(&from, &to, diff_entry, &d);
}

void run_diff(const Run *a, const Run *b, HeapDiffFn *fn, void *context)
{
    DiffContext d = {fn, context, UINT64_MAX, false};
    heap_map_diff(&a->heap, &b->heap, diff_entry, &d);
}
