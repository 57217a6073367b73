/* SPDX-License-Identifier: MIT */
#include "state/state.h"

#include "state/marks.h"
#include "state/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

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

/* The heap map: objects to their contents as a state sees them. */
#define HAMT_NAME heap_map
#define HAMT_KEY_HASH(k) place_of(value_pointer(k))
#define HAMT_KEY_EQ(a, b) false
#define HAMT_KEY_ORDER(a, b)                            \
    ((int)((const Object *)value_pointer(a))->id_high - \
     (int)((const Object *)value_pointer(b))->id_high)
#include "hamt_template.h"

/* An entry's value: contents with the epoch that may write them. */
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

/* Finding contents ----------------------------------------------------------------- */

enum { CACHE_SIZE_FIRST = 1 << 6, CACHE_SIZE_MAX = 1 << 17 };

static CacheEntry *cache_new(uint32_t size)
{
    CacheEntry *cache = calloc(size, sizeof *cache);
    if (!cache) abort();
    return cache;
}

static CacheEntry *cache_slot(const Run *R, const void *object)
{
    return &R->cache[((const Object *)object)->id_low & R->cache_mask];
}

static inline void cache_put(Run *R, const void *object, void *body)
{
    *cache_slot(R, object) = (CacheEntry){(uintptr_t)object | R->view, body};
}

/* Nothing that is in the cache is what the run sees. */
static void cache_new_view(Run *R)
{
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
    CacheEntry *old = R->cache;
    R->cache = cache_new(4 * size);
    R->cache_mask = 4 * size - 1;
    R->cache_misses = 0;
    for (uint32_t i = 0; i < size; i++)
        if (old[i].key >> CACHE_VIEW_SHIFT == R->view >> CACHE_VIEW_SHIFT)
            *cache_slot(R, value_pointer(old[i].key ^ R->view)) = old[i];
    free(old);
}

static uint64_t *find_box(const Run *R, const void *object)
{
    const HamtEntry *e = heap_map_find(&R->heap, value_object(object), place_of(object));
    return e ? value_pointer(e->value) : NULL;
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
static void *claim(Run *R, void *object, const void *old, uint64_t *copy, size_t size)
{
    uint64_t *epoch = (uint64_t *)old - 1;
    mem_count(size);
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

TableBody *heap_table_slow(Run *R, Table *t)
{
    const TableBody *old = contents(R, t, &t->body);
    if (heap_body_owned(R, old)) return (TableBody *)old;
    TableBox *copy = mem_new(sizeof *copy);
    copy->epoch = epoch_of(old);
    table_body_copy(&copy->body, old);
    return claim(R, t, old, &copy->epoch, sizeof *copy);
}

CoBody *heap_coroutine_slow(Run *R, Coroutine *c)
{
    const CoBody *old = contents(R, c, &c->body);
    if (heap_body_owned(R, old)) return (CoBody *)old;
    CoBox *copy = mem_new(sizeof *copy);
    *copy = (CoBox){epoch_of(old), *old};
    return claim(R, c, old, &copy->epoch, sizeof *copy);
}

/* Never in place: contents at another address tell who made the bytes (UserdataBody.own). */
UserdataBody *heap_userdata_slow(Run *R, Userdata *u)
{
    const UserdataBody *old = contents(R, u, &u->body);
    if (heap_body_owned(R, old)) return (UserdataBody *)old;
    UserdataBox *copy = mem_new(sizeof *copy);
    mem_count(sizeof *copy);
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
    atomic_store_explicit(&closures_set, true, memory_order_relaxed);
    *claim_value(R, c, contents(R, c, &closure_itself.value)) = value_object(now);
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
        pointer_list_add(&r->dropped, value_pointer(key));
}

void heap_retain(Run *R, bool (*keep)(void *context, const void *object), void *context)
{
    Retain r = {keep, context, {0}};
    uint64_t counted = mem_count_stop();
    hamt_each(&R->heap, retain_entry, &r);
    for (size_t i = 0; i < r.dropped.count; i++) {
        const Object *o = r.dropped.items[i];
        if (heap_cached(R, o)) *cache_slot(R, o) = (CacheEntry){0};
        R->packed = 0;
        heap_map_remove(&R->heap, value_object(o), place_of(o), R->epoch);
    }
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

/* Objects -------------------------------------------------------------------------- */

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

/* A new coroutine has its maker's mask and count, but, as in PUC Lua, no function. */
static HookState *inherited_hook(const Hook *h)
{
    Hook *copy = mem_new(sizeof *copy);
    HookState *s = mem_new(sizeof *s);
    *copy = (Hook){V_NIL, h->mask, h->count};
    s->hook = copy;
    return s;
}

Coroutine *run_new_coroutine(Run *R, Value function)
{
    Coroutine *c = mem_new(sizeof(Coroutine));
    mem_count(sizeof(Coroutine));
    object_init(&c->h, OBJ_COROUTINE, run_new_id(R));
    c->epoch = R->epoch;
    Segment *s = segment_new(R, FRAME_HEADER);
    s->kind = SEGMENT_COMPACT;
    s->slots[FRAME_HEADER - 2] = value_object(base_node);
    s->slots[FRAME_HEADER - 1] = function;
    c->body.segment = s;
    c->body.fp = c->body.top = FRAME_HEADER;
    c->body.status = CO_FRESH;
    if (R->hook.hook) c->body.hook = inherited_hook(R->hook.hook);
    return c;
}

Native *run_new_native(Run *R, NativeFn *fn, const char *name, int upvalues)
{
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
    u->data = size ? mem_alloc(size) : NULL;
    return u;
}

void run_set_field(Run *R, Table *t, const char *name, Value v)
{
    table_set_string(heap_table_mut(R, t), string_constant(name, strlen(name)), v, R->epoch);
}

Value run_get_field(Run *R, const Table *t, const char *name)
{
    const String *key = string_from_c(name); /* interning takes a lock */
    return table_get_hashed(heap_table(R, t), string_value(key), string_hash(key));
}

void run_settle_globals(Run *R)
{
    const TableBody *b = heap_table(R, R->world->globals);
    if (heap_body_owned(R, b)) table_settle((TableBody *)b, R->epoch);
}

Table *run_metatable(Run *R, Value v)
{
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
    mem_count(sizeof *w);
    *w = *R->world;
    R->world = w;
    return w;
}

void run_set_type_metatable(Run *R, LuaType type, Table *meta)
{
    edit_world(R)->type_meta[type] = meta;
}

Table *run_hidden_table(Run *R)
{
    if (!R->world->hidden) edit_world(R)->hidden = run_new_table(R);
    return R->world->hidden;
}

Collection *run_edit_collection(Run *R) { return &edit_world(R)->collection; }

Segment *segment_new(Run *R, uint32_t size)
{
    size_t bytes = sizeof(Segment) + (size_t)size * sizeof(Value);
    Segment *s = mem_new(bytes);
    mem_count(bytes);
    s->epoch = R->epoch;
    s->size = size;
    return s;
}

/* Runs and states ------------------------------------------------------------------ */

/* This thread's runs, and those that ended threads have left. */
static MEM_THREAD Run *pool;
static Run *left_over;
static pthread_mutex_t left_over_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;

static void thread_ended(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&left_over_lock);
    while (pool) {
        Run *R = pool;
        pool = R->next;
        R->next = left_over;
        left_over = R;
    }
    pthread_mutex_unlock(&left_over_lock);
}

static void lock_left_over(void) { pthread_mutex_lock(&left_over_lock); }
static void unlock_left_over(void) { pthread_mutex_unlock(&left_over_lock); }

static void make_key(void)
{
    pthread_key_create(&thread_end, thread_ended);
    pthread_atfork(lock_left_over, unlock_left_over, unlock_left_over);
}

static Run *take_left_over(void)
{
    pthread_once(&end_once, make_key);
    pthread_setspecific(thread_end, &pool);
    pthread_mutex_lock(&left_over_lock);
    Run *R = left_over;
    if (R) left_over = R->next;
    pthread_mutex_unlock(&left_over_lock);
    return R;
}

static Run *run_alloc(void)
{
    Run *R = pool;
    if (R) {
        pool = R->next;
        return R;
    }
    R = take_left_over();
    if (R) return R;
    R = mem_alloc_root(sizeof *R);
    R->cache = cache_new(CACHE_SIZE_FIRST);
    R->cache_mask = CACHE_SIZE_FIRST - 1;
    return R;
}

enum { STRING_MAX_DEFAULT = 0x7fffffff, PORTION = 100000 };

static void run_defaults(Run *R)
{
    R->depth = 0;
    R->fuel = R->portion = 0;
    R->steps_left = UINT64_MAX;
    R->steps_used = 0;
    R->string_max = STRING_MAX_DEFAULT;
    R->stack_max = R->stack_limit = STACK_MAX_DEFAULT;
    R->portion_max = PORTION;
    R->stack_limited = R->string_limited = R->fatal = false;
    R->bytes_limited = R->stack_of_bytes = false;
    R->deadline = 0;
    R->stop = 0;
    R->hooks = NULL;
    R->hook = (HookState){0};
    R->hooking = false;
    R->interrupt = NULL;
    R->stops = NULL;
    R->boundary = NULL;
    R->spare = NULL;
    R->error = R->handler = R->value = V_NIL;
    R->error_handled = false;
    R->open = R->result_count = 0;
    R->host = NULL;
    R->pinned = NULL;
    R->pinned_count = 0;
    R->began_counted = mem_counted;
}

static void new_world(Run *R)
{
    World *w = mem_alloc(sizeof *w);
    w->globals = run_new_table(R);
    w->registry = run_new_table(R);
    w->main = run_new_coroutine(R, V_NIL);
    w->main->body.status = CO_RUNNING;
    R->world = w;
}

static void new_epoch(Run *R, uint64_t after)
{
    R->epoch = epoch_after(after);
    run_close(R);
}

/* The run's world becomes that of s, with this heap map. */
static void load(Run *R, const State *s, Hamt heap)
{
    if (R->packed != s->epoch) cache_new_view(R);
    R->packed = s->epoch;
    R->heap = heap;
    R->next_id = s->next_id;
    R->random = s->random;
    R->counted = s->counted;
    R->counted_from = mem_counted;
    R->world = s->world;
    R->co = s->paused;
    R->spare = NULL;
    if (s->paused) R->main_segment = NULL;
    if (s->heap.spare && s->more->running.segment)
        *heap_coroutine_mut(R, R->co) = s->more->running;
}

void run_load(Run *R, const State *s)
{
    Hamt heap = state_heap(s);
    new_epoch(R, s->epoch);
    load(R, s, heap);
}

/* What is put back was written over where it lies: in a box of s, or in the object. */
static void write_back(void *context, const UndoEntry *e)
{
    const State *s = context;
    if (*e->box > s->epoch) return;
    const HamtEntry *in = heap_map_find(&s->heap, value_object(e->object), place_of(e->object));
    uint64_t *place = in ? value_pointer(in->value) : (uint64_t *)e->object + 1;
    memcpy(place, e->box, box_size(e->object));
}

void run_back(Run *R, const State *s)
{
    if (!own_undo(R, s, write_back)) {
        run_load(R, s);
        return;
    }
    Hamt heap = s->heap;
    heap.spare = 0;
    R->epoch = epoch_after(R->epoch);
    R->packed = 0;
    load(R, s, heap);
}

Run *run_begin(const State *state)
{
    Run *R = run_alloc();
    run_defaults(R);
    if (state) {
        run_load(R, state);
    } else {
        new_epoch(R, EPOCH_NONE);
        cache_new_view(R);
        R->packed = 0;
        R->heap = (Hamt){0};
        R->next_id = 1;
        R->random = NULL;
        R->counted = 0;
        R->counted_from = mem_counted;
        new_world(R);
        R->co = NULL;
    }
    return R;
}

static State *snapshot(Run *R, size_t size)
{
    State *s = mem_new(size);
    s->heap = R->heap;
    s->next_id = R->next_id;
    s->random = R->random;
    s->counted = run_counted(R);
    s->world = R->world;
    s->paused = R->status == RUN_PAUSED || R->depth ? R->co : NULL;
    s->epoch = R->packed = R->epoch;
    R->epoch = epoch_after(R->epoch); /* the thread may be another by now */
    if (R->spare) R->spare->epoch = R->epoch;
    return s;
}

static State *snapshot_more(Run *R, const CoBody *body, StateMoreKind more)
{
    State *s = snapshot(R, state_size(more));
    s->heap.spare = more;
    if (body ? R->segment != R->main_segment : s->paused != NULL) R->main_segment = NULL;
    if (!body) return s;
    s->more->running = *body;
    R->segment->epoch = R->epoch;
    return s;
}

State *run_snapshot(Run *R)
{
    State *s = snapshot(R, sizeof *s);
    run_close(R);
    if (s->paused) R->main_segment = NULL;
    return s;
}

State *run_snapshot_running(Run *R, const CoBody *body)
{
    State *s = snapshot_more(R, body, STATE_RUNNING);
    run_close(R);
    return s;
}

State *run_snapshot_own(Run *R, const CoBody *body)
{
    State *s = snapshot_more(R, body, STATE_OWN);
    own_begin(R, s);
    return s;
}

const State *state_settled(const State *s)
{
    if (!s->heap.spare) return s;
    Run *R = run_begin(s);
    State *settled = run_snapshot(R);
    settled->paused = s->paused;
    run_end(R);
    return settled;
}

/* What lies in them is of no state any more, but the collector would see it. */
static void clear_scratch(Run *R)
{
    for (Segment *s = R->scratch; s; s = s->prev) memset(s->slots, 0, s->size * sizeof(Value));
    R->scratch_used = false;
}

void run_rest(Run *R)
{
    if (R->status == RUN_PAUSED) R->main_segment = NULL;
    R->status = RUN_OK;
    mem_counted = R->began_counted; /* a run within another is not the other's */
    R->co = NULL;
    R->spare = NULL;
    run_reclaim(R);
    if (R->scratch_used) clear_scratch(R);
    R->error = R->handler = R->value = V_NIL;
}

void run_wake(Run *R, const State *s)
{
    run_defaults(R);
    R->counted = s->counted;
    R->counted_from = mem_counted;
}

void run_end(Run *R)
{
    run_close(R);
    R->own.expected = 0;
    run_rest(R);
    R->heap = (Hamt){0};
    R->world = NULL;
    R->next = pool;
    pool = R;
}

void run_end_view(Run *R)
{
    uint64_t counted = mem_counted;
    run_end(R);
    mem_counted = counted;
}

typedef struct DiffContext {
    HeapDiffFn *fn;
    void *context;
    uint64_t below; /* ids of objects that both can have */
} DiffContext;

static void diff_entry(void *context, Word key, Word a, Word b)
{
    const DiffContext *d = context;
    (void)a, (void)b;
    if (object_id(value_pointer(key)) < d->below) d->fn(d->context, value_pointer(key));
}

void state_diff(const State *a, const State *b, HeapDiffFn *fn, void *context)
{
    DiffContext d = {fn, context, a->next_id < b->next_id ? a->next_id : b->next_id};
    Hamt from = state_heap(a), to = state_heap(b);
    heap_map_diff(&from, &to, diff_entry, &d);
}
