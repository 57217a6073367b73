/* SPDX-License-Identifier: MIT */
/*
 * Nanoseconds per operation of the two persistent structures, beside a plain mutable
 * hash table and a plain array, and PUC Lua 5.2's table through its API.
 *
 *   bench_structures [n ...]      sizes; 1000 100000 1000000 by default
 *
 * Keys are random 53-bit numbers, visited in another random order. "in place" keeps one
 * edit token, "persistent" takes a new one for each operation.
 */
#define _GNU_SOURCE
#include "pvec.h"
#include "table/table.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HAMT_NAME map
#define HAMT_KEY_HASH(k) value_hash_word(k)
#define HAMT_KEY_EQ(a, b) false
#define HAMT_KEY_ORDER(a, b) (((a) > (b)) - ((a) < (b)))
#include "hamt_template.h"

enum { OPERATIONS_MIN = 3000000, ROUNDS_MIN = 3 }; /* small sizes are repeated */

static uint64_t *keys;   /* in order of insertion */
static uint64_t *visits; /* the same in another order */
static uint32_t *order;  /* 0..n-1 shuffled */
static uint64_t sink;

/* Processor time, which other programs disturb less. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t random_next(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void make_keys(size_t n)
{
    keys = realloc(keys, n * sizeof *keys);
    visits = realloc(visits, n * sizeof *visits);
    order = realloc(order, n * sizeof *order);
    for (size_t i = 0; i < n; i++) {
        keys[i] = random_next() >> 11 | 1;
        order[i] = (uint32_t)i;
    }
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = random_next() % (i + 1);
        uint32_t swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (size_t i = 0; i < n; i++) visits[i] = keys[order[i]];
}

/* ---- the mutable hash to compare with: open addressing, linear probing ---- */

typedef struct Open {
    HamtEntry *entries;
    size_t mask, count;
} Open;

static HamtEntry *open_find(const Open *o, Word key)
{
    size_t i = value_hash_word(key) & o->mask;
    while (o->entries[i].key && o->entries[i].key != key) i = (i + 1) & o->mask;
    return &o->entries[i];
}

static void open_put(Open *o, Word key, Word value)
{
    if (!o->entries || o->count * 4 >= (o->mask + 1) * 3) {
        Open old = *o;
        o->mask = old.entries ? 2 * old.mask + 1 : 7;
        o->entries = calloc(o->mask + 1, sizeof(HamtEntry));
        for (size_t i = 0; old.entries && i <= old.mask; i++)
            if (old.entries[i].key) *open_find(o, old.entries[i].key) = old.entries[i];
        free(old.entries);
    }
    HamtEntry *e = open_find(o, key);
    o->count += !e->key;
    *e = (HamtEntry){key, value};
}

/* ---- measuring ---- */

/* One thing under test: begin makes it empty; the others are one operation. */
typedef struct Subject {
    const char *name;
    void (*begin)(size_t n);
    void (*put)(size_t i, Word key); /* insert, then update */
    void (*get)(size_t i, Word key);
    double (*bytes)(void);
    bool persistent;
} Subject;

typedef struct Times {
    double insert, lookup, update;
} Times;

static void keep_least(double *least, double nanoseconds, size_t n)
{
    double each = nanoseconds / (double)n;
    if (*least == 0 || each < *least) *least = each;
}

/* The best of several rounds, as other programs disturb. */
static Times measure(const Subject *s, size_t n)
{
    Times t = {0, 0, 0};
    size_t operations = s->persistent ? OPERATIONS_MIN / 4 : OPERATIONS_MIN;
    size_t rounds = operations / n > ROUNDS_MIN ? operations / n : ROUNDS_MIN;
    for (size_t r = 0; r < rounds; r++) {
        s->begin(n);
        double a = now();
        for (size_t i = 0; i < n; i++) s->put(i, keys[i]);
        double b = now();
        for (size_t i = 0; i < n; i++) s->get(order[i], visits[i]);
        double c = now();
        for (size_t i = 0; i < n; i++) s->put(order[i], visits[i]);
        double d = now();
        keep_least(&t.insert, b - a, n);
        keep_least(&t.lookup, c - b, n);
        keep_least(&t.update, d - c, n);
    }
    return t;
}

static void report(const Subject *subjects, size_t count, size_t n)
{
    printf("%-34s %10s %8s %8s %8s   n = %zu\n", "", "insert", "lookup", "update", "B/entry",
           n);
    for (size_t i = 0; i < count; i++) {
        Times t = measure(&subjects[i], n);
        printf("%-34s %10.1f %8.1f %8.1f", subjects[i].name, t.insert, t.lookup, t.update);
        if (subjects[i].bytes) printf(" %8.1f", subjects[i].bytes() / (double)n);
        printf("\n");
        fflush(stdout);
        subjects[i].begin(n); /* leaves nothing for the next one's collections to mark */
    }
}

/* ---- maps ---- */

static Hamt hamt;
static Open open_hash;
static TableBody table;
static lua_State *lua;
static uint64_t token;

static void add_block(void *sum, const void *block, size_t bytes)
{
    (void)block;
    *(double *)sum += (double)bytes;
}

static double map_bytes(const Hamt *map)
{
    double sum = 0;
    hamt_blocks(map, add_block, &sum);
    return sum;
}

static void hamt_begin(size_t n)
{
    (void)n;
    hamt = (Hamt){0};
    token = epoch_new();
}
static void hamt_set(size_t i, Word key)
{
    map_put(&hamt, key, value_hash_word(key), i + 1, token);
}
static void hamt_set_persistent(size_t i, Word key)
{
    map_put(&hamt, key, value_hash_word(key), i + 1, epoch_new());
}
static void hamt_read(size_t i, Word key)
{
    (void)i;
    sink += *map_find(&hamt, key, value_hash_word(key));
}
static double hamt_bytes(void) { return map_bytes(&hamt); }

static void open_begin(size_t n)
{
    (void)n;
    free(open_hash.entries);
    open_hash = (Open){0};
}
static void open_set(size_t i, Word key) { open_put(&open_hash, key, i + 1); }
static void open_read(size_t i, Word key)
{
    (void)i;
    sink += open_find(&open_hash, key)->value;
}
static double open_bytes(void) { return (double)((open_hash.mask + 1) * sizeof(HamtEntry)); }

static void tables_begin(size_t n)
{
    (void)n;
    table = (TableBody){0};
    token = epoch_new();
}
static void table_write(size_t i, Word key)
{
    table_set(&table, value_number((double)key), value_number((double)i), token);
}
static void table_read(size_t i, Word key)
{
    (void)i;
    sink += table_get(&table, value_number((double)key));
}
static double table_bytes(void) { return map_bytes(&table.hash); }

static size_t lua_bytes_empty;
static size_t lua_bytes_used(void)
{
    return (size_t)lua_gc(lua, LUA_GCCOUNT, 0) * 1024 + (size_t)lua_gc(lua, LUA_GCCOUNTB, 0);
}
static void lua_begin(size_t n)
{
    (void)n;
    lua_settop(lua, 0);
    lua_gc(lua, LUA_GCCOLLECT, 0);
    lua_gc(lua, LUA_GCSTOP, 0);
    lua_bytes_empty = lua_bytes_used();
    lua_newtable(lua);
}
static void lua_write(size_t i, Word key)
{
    lua_pushnumber(lua, (double)key);
    lua_pushnumber(lua, (double)i);
    lua_rawset(lua, 1);
}
static void lua_read(size_t i, Word key)
{
    (void)i;
    lua_pushnumber(lua, (double)key);
    lua_rawget(lua, 1);
    sink += (uint64_t)lua_tonumber(lua, -1);
    lua_pop(lua, 1);
}
static double lua_table_bytes(void) { return (double)(lua_bytes_used() - lua_bytes_empty); }

static const Subject maps[] = {
    {"open addressing, mutable", open_begin, open_set, open_read, open_bytes, false},
    {"PUC Lua 5.2 table", lua_begin, lua_write, lua_read, lua_table_bytes, false},
    {"hamt, in place", hamt_begin, hamt_set, hamt_read, hamt_bytes, false},
    {"hamt, persistent", hamt_begin, hamt_set_persistent, hamt_read, hamt_bytes, true},
    {"table, in place", tables_begin, table_write, table_read, table_bytes, false},
};

/* ---- vectors ---- */

static Pvec vec;
static Word *flat;
static size_t flat_size, flat_capacity;

static void flat_begin(size_t n)
{
    (void)n;
    free(flat);
    flat = NULL;
    flat_size = flat_capacity = 0;
}
static void flat_write(size_t i, Word key)
{
    if (i < flat_size) {
        flat[i] = key;
        return;
    }
    if (flat_size == flat_capacity) {
        flat_capacity = flat_capacity ? 2 * flat_capacity : 4;
        flat = realloc(flat, flat_capacity * sizeof(Word));
    }
    flat[flat_size++] = key;
}
static void flat_read(size_t i, Word key)
{
    (void)key;
    sink += flat[i];
}
static double flat_bytes(void) { return (double)(flat_capacity * sizeof(Word)); }

static void vec_begin(size_t n)
{
    (void)n;
    vec = (Pvec){0};
    token = epoch_new();
}
static void vec_write_with(size_t i, Word key, uint64_t with)
{
    uint32_t size = vec.size;
    if (i >= size) pvec_resize(&vec, size, size ? 2 * size : 4, with); /* as tables do */
    pvec_set(&vec, (uint32_t)i, key, with);
}
static void vec_write(size_t i, Word key) { vec_write_with(i, key, token); }
static void vec_write_persistent(size_t i, Word key) { vec_write_with(i, key, epoch_new()); }
static void vec_read(size_t i, Word key)
{
    (void)key;
    sink += pvec_get(&vec, (uint32_t)i);
}
static double vec_bytes(void)
{
    return vec.shape ? 0 : (double)((const PvecFlat *)vec.root)->capacity * sizeof(Word);
}

static void table_int_write(size_t i, Word key)
{
    table_set_int(&table, (int64_t)i + 1, value_number((double)key), token);
}
static void table_int_read(size_t i, Word key)
{
    (void)key;
    sink += table_get_int(&table, (int64_t)i + 1);
}

static void lua_int_write(size_t i, Word key)
{
    lua_pushnumber(lua, (double)key);
    lua_rawseti(lua, 1, (int)i + 1);
}
static void lua_int_read(size_t i, Word key)
{
    (void)key;
    lua_rawgeti(lua, 1, (int)i + 1);
    sink += (uint64_t)lua_tonumber(lua, -1);
    lua_pop(lua, 1);
}

static const Subject vectors[] = {
    {"array, mutable", flat_begin, flat_write, flat_read, flat_bytes, false},
    {"PUC Lua 5.2 table, 1..n", lua_begin, lua_int_write, lua_int_read, lua_table_bytes, false},
    {"vector, in place", vec_begin, vec_write, vec_read, vec_bytes, false},
    {"vector, persistent", vec_begin, vec_write_persistent, vec_read, NULL, true},
    {"table 1..n, in place", tables_begin, table_int_write, table_int_read, NULL, false},
};

/* ---- snapshots ---- */

/* Updates in random order, with a new token after every `every` of them; 0: never. */
static double snapshot_updates(bool vector, size_t n, size_t every)
{
    enum { ROUNDS = 20, UPDATES = OPERATIONS_MIN / ROUNDS };
    double least = 0;
    token = epoch_new();
    for (size_t done = 0; done < ROUNDS * UPDATES;) {
        double start = now();
        for (size_t end = done + UPDATES; done < end; done++) {
            if (every && done % every == 0) token = epoch_new();
            if (vector)
                vec_write(order[done % n], done);
            else
                hamt_set(done, visits[done % n]);
        }
        keep_least(&least, now() - start, UPDATES);
    }
    return least;
}

static void report_snapshots(size_t n)
{
    static const size_t rates[] = {0, 10000, 1000, 100, 10, 1};
    printf("update with a snapshot every k updates, n = %zu: hamt, vector\n", n);
    hamt_begin(n);
    vec_begin(n);
    for (size_t i = 0; i < n; i++) {
        hamt_set(i, keys[i]);
        vec_write(i, keys[i]);
    }
    for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
        double map_time = snapshot_updates(false, n, rates[k]);
        double vec_time = snapshot_updates(true, n, rates[k]);
        printf("  %-6zu %8.1f %8.1f\n", rates[k], map_time, vec_time);
    }
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1000, 100000, 1000000};
    mem_init();
    lua = luaL_newstate();
    for (int i = 0; i < (argc > 1 ? argc - 1 : 3); i++) {
        size_t n = argc > 1 ? strtoul(argv[i + 1], NULL, 10) : sizes[i];
        make_keys(n);
        report(maps, sizeof maps / sizeof *maps, n);
        report(vectors, sizeof vectors / sizeof *vectors, n);
        report_snapshots(n);
    }
    lua_close(lua);
    return sink == 42;
}
