/* SPDX-License-Identifier: MIT */
/*
 * Full userdata of C functions: blocks that all states share, and their finalizers.
 *
 *   Userdata -> block  [ bytes of C ... | UserdataEnd ]
 *
 * The bytes are the world outside: no state has its own, and a finalizer is called once. A
 * state that has lost a userdata calls it if no other state can have it; else the block is
 * watched (watch.h), and when a collection has found it lost, a userdata is made of it again,
 * in the queue of the next run that calls a C function and knows the metatable: C functions ask
 * the registry whether a userdata is theirs. A metatable whose finalizer is no C function
 * belongs to its state: then it is not called any more.
 *
 * Main invariant: a block never moves, and its finalizer is called once at most, whatever
 * number of states has had it.
 */
#include <pthread.h>

#include "lib/io/file.h"
#include "memory/watch.h"
#include "puc/puc.h"
#include "puc/record/note.h"

typedef struct UserdataEnd {
    uintptr_t meta; /* hidden; of lost ones, which the roots hold */
    bool watched, finalized;
} UserdataEnd;

static const char puc_userdata_tag[] = "userdata of C";

static size_t end_offset(size_t size) { return (size + 15) & ~(size_t)15; }

static UserdataEnd *end_of(const void *block, size_t size)
{
    return (UserdataEnd *)((char *)(uintptr_t)block + end_offset(size));
}

static bool is_recorded_finalizer(Machine *M, const Userdata *u);

/* Two states may come to this at once. */
static bool finalizes(Machine *M, Userdata *u)
{
    if (M->outside && !is_recorded_finalizer(M, u)) return false;
    return !__atomic_exchange_n(&end_of(u->data, u->size)->finalized, true, __ATOMIC_ACQ_REL);
}

static void no_contents(const Userdata *u, const void *bytes, UserdataAddFn *add, void *to) {}

static const UserdataKind kind = {.contents = no_contents, .finalizes = finalizes};

static Userdata *new_userdata(Machine *M, void *block, size_t size)
{
    Userdata *u = run_new_userdata(&M->run, puc_userdata_tag, 0);
    u->data = block;
    u->size = size;
    u->kind = &kind;
    return u;
}

static void *new_block(lua_State *L, size_t sz)
{
    if (sz > machine_string_room(L->M)) puc_throw_memory(L);
    size_t size = end_offset(sz) + sizeof(UserdataEnd);
    void *block = mem_try_alloc_atomic(size);
    if (!block) {
        mem_refuse();
        puc_throw_memory(L);
    }
    *end_of(block, sz) = (UserdataEnd){0};
    mem_count(sz);
    return block;
}

void *lua_newuserdata(lua_State *L, size_t sz)
{
    NOTE(L, NOTE_NEWUSERDATA, sz);
    void *block = new_block(L, sz);
    puc_push(L, value_object(new_userdata(L->M, block, sz)));
    return block;
}

/* Userdata of replays --------------------------------------------------------------------
 *
 * What C functions have made, and a replay makes in their place, has no bytes: nobody has
 * written them. C functions that were not recorded get an error when they ask for them.
 */

/* Others are of functions that replays call; while a run is recorded they wait: they would free
 * what states have that the recording keeps. */
static bool is_recorded_finalizer(Machine *M, const Userdata *u)
{
    Value gc = meta_of(M, value_object((void *)(uintptr_t)u), META_GC);
    lua_CFunction fn = puc_c_function(gc);
    return !fn || note_is_recorded(fn);
}

static bool never_finalizes(Machine *M, Userdata *u) { return false; }

static const UserdataKind recorded_kind = {.contents = no_contents,
                                           .finalizes = never_finalizes};

void puc_new_recorded(lua_State *L, size_t size)
{
    new_block(L, size); /* is paid for as in the recorded run */
    Userdata *u = new_userdata(L->M, NULL, size);
    u->kind = &recorded_kind;
    puc_push(L, value_object(u));
}

/* The functions of io know it by its tag, and that it is C's by the function that closes it. */
static void make_stream(Userdata *u)
{
    enum { ANY = 1 << 30 };
    luaL_Stream *stream = mem_try_alloc_atomic(u->size);
    if (!stream) return;
    memset(stream, 0, u->size);
    stream->closef = (lua_CFunction)(uintptr_t)((uint64_t)1 << 48 | ANY);
    u->data = stream;
    u->tag = file_tag;
}

bool puc_is_recorded(const Userdata *u) { return u->kind == &recorded_kind; }

/* Finalizers ----------------------------------------------------------------------------- */

/* Blocks that are lost, and the metatables of all that are watched. Roots; under the lock. */
typedef struct Lost {
    void *block;
    size_t size;
} Lost;
typedef struct WatchedMeta {
    Table *meta;
    Value name;   /* the registry's for it, a string, or nil */
    size_t count; /* of blocks */
} WatchedMeta;
static Lost *lost;
static WatchedMeta *metas;
static size_t lost_count, lost_size, meta_count, meta_size;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
bool puc_has_lost;

static void *grow(void *old, size_t *size, size_t item)
{
    size_t more = *size ? 2 * *size : 16;
    void *grown = mem_try_alloc_root(more * item);
    if (!grown) return NULL;
    if (old) {
        memcpy(grown, old, *size * item);
        mem_free_root(old);
    }
    *size = more;
    return grown;
}

/* A WatchLostFn. */
static void on_lost(void *block, const void *size)
{
    pthread_mutex_lock(&lock);
    Lost *grown = lost_count == lost_size ? grow(lost, &lost_size, sizeof *lost) : lost;
    if (grown) {
        lost = grown;
        lost[lost_count++] = (Lost){block, (size_t)(uintptr_t)size};
        __atomic_store_n(&puc_has_lost, true, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&lock);
}

static WatchedMeta *find_meta(const Table *meta)
{
    for (size_t i = meta_count; i > 0; i--)
        if (metas[i - 1].meta == meta) return &metas[i - 1];
    return NULL;
}

static bool is_held(const Table *meta)
{
    pthread_mutex_lock(&lock);
    bool held = find_meta(meta) != NULL;
    pthread_mutex_unlock(&lock);
    return held;
}

/* Answers the key by which luaL_checkudata finds it. */
static Value name_of_meta(Run *R, const Table *meta)
{
    Value k = V_NIL, v;
    while (table_next(heap_table(R, R->world->registry), &k, &v))
        if (v == value_object((void *)(uintptr_t)meta) && value_is_string(k)) return k;
    return V_NIL;
}

static bool hold_meta(Run *R, Table *meta)
{
    Value name = is_held(meta) ? V_NIL : name_of_meta(R, meta);
    pthread_mutex_lock(&lock);
    WatchedMeta *m = find_meta(meta);
    if (!m) {
        WatchedMeta *grown =
            meta_count == meta_size ? grow(metas, &meta_size, sizeof *metas) : metas;
        if (grown) {
            metas = grown;
            m = &metas[meta_count++];
            *m = (WatchedMeta){meta, name, 0};
        }
    }
    if (m) m->count++;
    pthread_mutex_unlock(&lock);
    return m != NULL;
}

/* Answers its name. */
static Value drop_meta(const Table *meta)
{
    pthread_mutex_lock(&lock);
    WatchedMeta *m = find_meta(meta);
    Value name = m ? m->name : V_NIL;
    if (m && --m->count == 0) {
        *m = metas[--meta_count];
        metas[meta_count] = (WatchedMeta){0};
    }
    pthread_mutex_unlock(&lock);
    return name;
}

void puc_userdata_meta(lua_State *L, Userdata *u, Table *meta)
{
    Machine *M = L->M;
    heap_userdata_mut(&M->run, u)->meta = meta;
    if (u->kind != &kind && u->kind != &recorded_kind) return;
    bool stream =
        meta && u->size >= sizeof(luaL_Stream) &&
        puc_get_raw(&M->run, M->run.world->registry, LUA_FILEHANDLE) == value_object(meta);
    if (stream && u->kind == &recorded_kind)
        make_stream(u);
    else if (stream)
        u->tag = file_tag; /* io's functions know it by that */
    if (u->kind == &recorded_kind) return;
    if (meta_of_table(M, meta, META_GC) == V_NIL) return;
    UserdataEnd *end = end_of(u->data, u->size);
    if (end->watched && end->meta == ~(uintptr_t)meta) return;
    if (!hold_meta(&M->run, meta)) return;
    if (end->watched)
        drop_meta((Table *)~end->meta);
    else
        watch_add(u->data, on_lost, (const void *)(uintptr_t)u->size);
    end->meta = ~(uintptr_t)meta;
    end->watched = true;
}

static bool take(Lost *out)
{
    pthread_mutex_lock(&lock);
    bool any = lost_count > 0;
    if (any) {
        *out = lost[--lost_count];
        lost[lost_count] = (Lost){0};
    } else {
        __atomic_store_n(&puc_has_lost, false, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&lock);
    return any;
}

/* Another world may have opened the module as well, and has a metatable of its own. */
static bool knows_meta(Run *R, const Table *meta, Value name)
{
    return name == V_NIL ||
           run_get(R, R->world->registry, name) == value_object((void *)(uintptr_t)meta);
}

void puc_take_lost(Machine *M)
{
    for (Lost l; take(&l);) {
        const UserdataEnd *end = end_of(l.block, l.size);
        Table *meta = (Table *)~end->meta;
        bool calls = !end->finalized && value_is(meta_of_table(M, meta, META_GC), OBJ_NATIVE);
        Value name = drop_meta(meta);
        if (!calls || !knows_meta(&M->run, meta, name)) continue;
        Userdata *u = new_userdata(M, l.block, l.size);
        u->body.meta = meta;
        trace_queue_finalizer(&M->run, value_object(u));
        M->finalizes_soon = true;
        if (M->depth) eval_poll_soon(M);
    }
}

/* Files ---------------------------------------------------------------------------------- */

int puc_close_file(Machine *M, Value *a, Value file)
{
    Userdata *u = value_pointer(file);
    luaL_Stream *stream = u->data;
    lua_CFunction close = note_closes(M, stream->closef);
    stream->closef = NULL;
    trace_remove_finalizer(&M->run, file);
    a[NATIVE_HEADER - 1] = puc_function(puc_running(M), close, 0);
    a[NATIVE_HEADER] = file;
    return native_tail(M, a, 0, 1);
}

/* User values ---------------------------------------------------------------------------- */

void lua_getuservalue(lua_State *L, int idx)
{
    NOTE(L, NOTE_GETUSERVALUE, idx);
    Value u = puc_value(L, idx), v = V_NIL;
    if (value_is(u, OBJ_USERDATA)) v = heap_userdata(&L->M->run, value_pointer(u))->user;
    puc_push(L, v);
}

void lua_setuservalue(lua_State *L, int idx)
{
    NOTE(L, NOTE_SETUSERVALUE, idx);
    Value u = puc_value(L, idx);
    if (value_is(u, OBJ_USERDATA))
        heap_userdata_mut(&L->M->run, value_pointer(u))->user = L->top[-1];
    L->top--;
}
