/* SPDX-License-Identifier: MIT */
/*
 * Table: an object with identity, and TableBody: what a table contains.
 *
 *   Table  [hdr|epoch|body]          body: what was in it when its epoch ended
 *   body   [meta | array 1..array_size, nodes | hash for all other keys | flags]
 *
 * All functions here work on a body. Which body a state sees for a Table, and
 * whether it may be written, is the business of state/heap.h: writers get a body
 * that the epoch `token` owns; what hangs below it is copied on the way as far as
 * it is older (hamt.h, pvec.h).
 *
 * Which keys are in the array is as in PUC Lua 5.2, because it decides what `#` is where there
 * are holes. When a new key finds no free node in the hash, the array gets the greatest size
 * 2^k of which more than half is in use. That key counts, even if it is assigned nil. A
 * constructor makes room for its elements. The map has no nodes, so their number is kept. If
 * there are numbers among the keys, it is also kept what is in each node (nodes.h): behind the
 * array, in the same vector. A hash without a number, or of more than NODES_MAX nodes, is full
 * when there are as many pairs as nodes. So it is in PUC Lua, too, where none has become nil.
 *
 * Invariants (table_check):
 *  1. all keys in 1..array_size are in the array, all others in the hash.
 *  2. no value in the hash is nil; no key is nil, NaN or -0.
 *  3. flags: bit m set => metamethod m is absent from this body's hash. TABLE_REMOVED is set
 *     when a key has ever been removed, TABLE_NUMBERS while there are numbers in the hash,
 *     TABLE_FROZEN in a body that nobody writes to, TABLE_GIVEN in one whose table was given
 *     a finalizer (trace/finalize.c); TABLE_NODES: 0, or 1 + the logarithm of the number of
 *     nodes.
 *  4. hash.border, the border: 1..border are not nil, and all above it in the array is;
 *     or TABLE_HOLES + the number of those in the array that are not nil.
 *  5. the vector is longer than the array exactly if it has nodes; then there is a node
 *     for each number in the hash.
 */
#ifndef MOONLET_TABLE_H
#define MOONLET_TABLE_H

#include "hamt.h"
#include "mutable.h"
#include "pvec.h"
#include "value/string.h"

#define TABLE_ABSENT 0x001fffffu
#define TABLE_GIVEN 0x00200000u
#define TABLE_FROZEN 0x00400000u /* read-only: see heap_freeze */
#define TABLE_BUNDLED 0x00800000u
#define TABLE_NODES 0x3f000000u
#define TABLE_NUMBERS 0x40000000u
#define TABLE_REMOVED 0x80000000u
enum { TABLE_NODES_SHIFT = 24 };
#define TABLE_HOLES 0x80000000u
#define TABLE_ARRAY_MAX ((uint32_t)1 << 30)

/* How many bytes a pair in the hash counts for, wherever it lies. (A word of the array counts
 * as a word.) */
enum { TABLE_PAIR_BYTES = 24 };

typedef struct TableBody {
    struct Table *meta;
    Pvec array;
    Hamt hash;
    uint32_t flags; /* TABLE_ABSENT is a cache: also written, atomically, in frozen bodies */
    uint32_t array_size;
} TableBody;

typedef struct Table {
    Object h;
    uint64_t epoch;
    TableBody body;
} Table;

/* Object.flags of a table: it was passed in a look-up that is remembered (state/methods.h);
 * what is in it only saves work, so no image has it. */
enum { TABLE_PASSED = 1, TABLE_MEMO = 2 };
static inline bool table_is_memo(const Table *t)
{
    return __atomic_load_n(&t->h.flags, __ATOMIC_RELAXED) & TABLE_MEMO;
}
static inline bool table_is_passed(const Table *t)
{
    return __atomic_load_n(&t->h.flags, __ATOMIC_RELAXED) & TABLE_PASSED;
}
static inline void table_set_passed(Table *t)
{
    if (!table_is_passed(t)) __atomic_store_n(&t->h.flags, TABLE_PASSED, __ATOMIC_RELAXED);
}

static inline uint32_t table_flags(const TableBody *t)
{
    return __atomic_load_n(&t->flags, __ATOMIC_RELAXED);
}

static inline bool table_is_frozen(const TableBody *t) { return table_flags(t) & TABLE_FROZEN; }

/* The copy of a body that an epoch begins its writes with. */
static inline void table_body_copy(TableBody *to, const TableBody *from)
{
    to->meta = from->meta;
    to->array = from->array;
    to->hash = from->hash;
    to->flags = table_flags(from);
    to->array_size = from->array_size;
}

/* Raw access; nil when absent. No allocation. */
Value table_get(const TableBody *t, Value key);
Value table_get_hashed(const TableBody *t, Value key, uint32_t hash);
/* Where the value is of a key that is not in the array; NULL: it has none. */
const Value *table_find_hashed(const TableBody *t, Value key, uint32_t hash);
Value table_get_int_slow(const TableBody *t, int64_t i);
static inline Value table_get_int(const TableBody *t, int64_t i)
{
    if ((uint64_t)i - 1 < t->array_size) return pvec_get(&t->array, (uint32_t)(i - 1));
    return table_get_int_slow(t, i);
}

#define TABLE_LOOK ((Value)15) /* no Lua value */

#ifdef MOONLET_MUTABLE
#define hamt_each mutable_each
#define hamt_blocks mutable_blocks
#define hamt_reserve mutable_reserve
#define hamt_reserve_like mutable_reserve_like
#define hamt_reserve_shift mutable_reserve_shift
#define hamt_root_size mutable_root_size
#define hamt_copy_in mutable_copy_in
#define hamt_move_out mutable_move_out
#define hamt_root_is_inner mutable_root_is_inner

static inline bool table_is_patched(const TableBody *t) { return (void)t, false; }
static inline bool table_is_flat(const TableBody *t) { return (void)t, false; }
static inline void table_set_patched(TableBody *t, const String *key, uint32_t hash, Value v,
                                     uint64_t token)
{
    (void)t, (void)key, (void)hash, (void)v, (void)token;
}

static inline HamtEntry *table_entry(const TableBody *t, const String *key, uint32_t hash)
{
    MutableMap *m = mutable_of(&t->hash);
    for (uint32_t i = hash; m; i++) {
        HamtEntry *e = &m->entries[i & m->mask];
        if (e->key == string_value(key)) return e;
        if (!e->key) return NULL;
        if (value_is_string(e->key) && string_hash(value_string(e->key)) == hash) return e;
    }
    return NULL;
}

static inline Value table_peek_string(const TableBody *t, const String *key, uint32_t hash)
{
    const HamtEntry *e = table_entry(t, key, hash);
    if (!e) return V_NIL;
    return e->key == string_value(key) ? e->value : TABLE_LOOK;
}
#else
/* Has the hash a patch? */
static inline bool table_is_patched(const TableBody *t) { return hamt_is_patch(t->hash.root); }
/* Are all pairs of the hash side by side at its root? A child would have two at least. */
static inline bool table_is_flat(const TableBody *t)
{
    const HamtNode *root = t->hash.root;
    return root && !hamt_is_patch(root) && root->count == t->hash.count &&
           !(table_flags(t) & TABLE_BUNDLED);
}
/* Does as table_set_string, fast where there is a patch. The value is not nil. */
void table_set_patched(TableBody *t, const String *key, uint32_t hash, Value v, uint64_t token);

/* The first-level entry for the hash. Answers NULL if there is no key with such a hash. */
static inline HamtEntry *table_entry(HamtNode *root, uint32_t hash)
{
    return root ? hamt_at(root, hamt_root_hash(root, hash)) : NULL;
}

/* Another key is where that of a string with this hash would be. So the string has no value,
 * unless the other key has the same hash, which only strings tell at once. */
static inline Value table_peek_other(Value stored, uint32_t hash)
{
    if (!value_is_object(stored)) return V_NIL;
    return string_hash_known(value_pointer(stored)) == hash ? TABLE_LOOK : V_NIL;
}

/* hash must be string_hash(key). The first two levels, inline: the third has keys only in
 * maps of hundreds. TABLE_LOOK: not to be told so easily. */
static inline Value table_peek_string(const TableBody *t, const String *key, uint32_t hash)
{
    HamtNode *root = t->hash.root;
    const HamtEntry *e = table_entry(root, hash);
    if (!e) return hamt_is_patch(root) ? TABLE_LOOK : V_NIL;
    if (e->key == string_value(key)) return e->value;
    if (e->key) return table_peek_other(e->key, hash);
    e = hamt_at(hamt_child(e), hash >> 5);
    if (!e) return V_NIL;
    if (e->key == string_value(key)) return e->value;
    return e->key ? table_peek_other(e->key, hash) : TABLE_LOOK;
}
#endif

/* The same, also where the first changes to an older map are in a patch. A run has its globals
 * there, if they are older than it. */
static inline Value table_peek_patched(const TableBody *t, const String *key, uint32_t hash)
{
#ifndef MOONLET_MUTABLE
    if (t->hash.root && hamt_is_patch(t->hash.root)) {
        const HamtPatch *p = (const HamtPatch *)t->hash.root;
        const TableBody base = {.hash = {.root = p->base}};
        if (!(p->keys->filter >> (hash & 31) & 1)) return table_peek_string(&base, key, hash);
        for (uint32_t i = 0; i < p->count; i++)
            if (p->keys->words[i] == string_value(key)) return p->values[i];
        return TABLE_LOOK;
    }
#endif
    return table_peek_string(t, key, hash);
}

/* The entry of a key if it is at the root of the hash, as those of small tables are. */
static inline HamtEntry *table_entry_at_root(const TableBody *t, const String *key,
                                             uint32_t hash)
{
#ifdef MOONLET_MUTABLE
    HamtEntry *e = table_entry(t, key, hash);
    return e && e->key == string_value(key) && e->value ? e : NULL;
#else
    HamtEntry *e = table_entry(t->hash.root, hash);
    return e && e->key == string_value(key) ? e : NULL;
#endif
}

/*
 * A place: where a key was found at a root, for tables alike.
 *
 *   bitmap of the root, 32 bits | offset of the entry from the root, in bytes
 *
 * A root with this bitmap has an entry there, whose key tells the rest. 0: not known.
 */
static inline HamtEntry *table_entry_at_place(const TableBody *t, const String *key,
                                              uint64_t place)
{
#ifdef MOONLET_MUTABLE
    return (void)t, (void)key, (void)place, NULL;
#else
    HamtNode *root = t->hash.root;
    if (!root || root->bitmap != (uint32_t)place) return NULL;
    HamtEntry *e = (HamtEntry *)((char *)root + (place >> 32));
    return e->key == string_value(key) ? e : NULL;
#endif
}
static inline uint64_t table_place_of(const TableBody *t, const HamtEntry *e)
{
#ifdef MOONLET_MUTABLE
    return (void)t, (void)e, 0;
#else
    const HamtNode *root = t->hash.root;
    return root->bitmap | (uint64_t)((const char *)e - (const char *)root) << 32;
#endif
}
static inline bool table_owns_root(const TableBody *t, uint64_t token)
{
#ifdef MOONLET_MUTABLE
    return (void)t, (void)token, true;
#else
    return t->hash.root->epoch == token;
#endif
}
/* The two most common changes of which keys there are: at a root that the token owns, which
 * does not grow or shrink, in a table whose nodes are not followed. Answer false, and do
 * nothing, where it is not so, or where the key is not at the root. The value is not nil. */
static inline bool table_add_at_root(TableBody *t, const String *key, uint32_t hash, Value v,
                                     uint64_t token)
{
#ifdef MOONLET_MUTABLE
    return (void)t, (void)key, (void)hash, (void)v, (void)token, false;
#else
    HamtNode *root = t->hash.root;
    if (!root || root->epoch != token || root->count >= root->capacity || hamt_is_patch(root))
        return false;
    uint32_t slot = hamt_root_hash(root, hash) & 31, bits = root->bitmap >> slot;
    if (bits & 1 || t->array.size > t->array_size) return false;
    uint32_t code = (table_flags(t) & TABLE_NODES) >> TABLE_NODES_SHIFT;
    if ((2 * t->hash.count + 1) >> code) return false; /* all nodes are taken */
    HamtEntry *e = root->entries + (uint64_t)hamt_popcount(bits);
    for (HamtEntry *last = root->entries + root->count; last > e; last--) {
        *last = last[-1];
        __asm__("" : "+r"(last)); /* no call of memmove: there are few */
    }
    *e = (HamtEntry){string_value(key), v};
    root->bitmap |= (uint32_t)1 << slot;
    root->count++;
    t->hash.count++;
    __atomic_store_n(&t->flags, table_flags(t) & ~TABLE_ABSENT, __ATOMIC_RELAXED);
    mem_count_content(TABLE_PAIR_BYTES);
    return true;
#endif
}
static inline bool table_take_at_root(TableBody *t, const String *key, uint32_t hash,
                                      uint64_t token)
{
#ifdef MOONLET_MUTABLE
    return (void)t, (void)key, (void)hash, (void)token, false;
#else
    HamtNode *root = t->hash.root;
    HamtEntry *e = table_entry_at_root(t, key, hash);
    if (!e || root->epoch != token || t->array.size > t->array_size) return false;
    if (hamt_shrinks(root, root->count - 1u)) return false;
    HamtEntry *last = root->entries + --root->count;
    for (; e < last; e++) {
        *e = e[1];
        __asm__("" : "+r"(e));
    }
    *last = (HamtEntry){0, 0};
    root->bitmap &= ~((uint32_t)1 << (hamt_root_hash(root, hash) & 31));
    if (!root->bitmap) hamt_emptied(root);
    t->hash.count--;
    __atomic_store_n(&t->flags, table_flags(t) | TABLE_REMOVED, __ATOMIC_RELAXED);
    return true;
#endif
}
/* The element of the array, if that is flat and the element there and not nil; else nil. Tells
 * where to look for it, with table_peek_trie, if it is not flat. */
static inline Value table_peek_int(const TableBody *t, int32_t i, bool *in_trie)
{
    uint32_t at = (uint32_t)i - 1;
    if (at >= t->array_size) return V_NIL;
    *in_trie = t->array.shape;
    return *in_trie ? V_NIL : ((const PvecFlat *)t->array.root)->words[at];
}
/* The same of an array that is a trie. */
static inline Value table_peek_trie(const TableBody *t, int32_t i)
{
    uint32_t at = (uint32_t)i - 1;
    return at < t->array_size ? pvec_trie_word(&t->array, at) : V_NIL;
}
/* The place of a word of the array. Answers NULL unless the word lies where the token's owner
 * may write. */
static inline Value *table_own_element(TableBody *t, int32_t i, uint64_t token)
{
    PvecFlat *flat = t->array.root;
    uint32_t at = (uint32_t)i - 1;
    bool own = at < t->array_size && PVEC_OWNS(&t->array, flat, token);
    return own ? &flat->words[at] : NULL;
}

static inline Value table_get_string(const TableBody *t, const String *key, uint32_t hash)
{
    Value v = table_peek_string(t, key, hash);
    return v == TABLE_LOOK ? table_get_hashed(t, string_value(key), hash) : v;
}

/*
 * The place of the value of a key. Answers NULL if the key is not there. What is stored in the
 * place must not be nil. It is good until the next change of the body.
 */
Value *table_slot_hashed(TableBody *t, Value key, uint32_t hash, uint64_t token);
Value *table_slot(TableBody *t, Value key, uint64_t token);
static inline Value *table_slot_string(TableBody *t, const String *key, uint32_t hash,
                                       uint64_t token)
{
#ifdef MOONLET_MUTABLE
    HamtEntry *e = table_entry(t, key, hash);
    if (!e) return NULL;
    if (e->key == string_value(key)) return e->value ? &e->value : NULL;
#else
    HamtNode *node = t->hash.root;
    HamtEntry *e = table_entry(node, hash);
    if (!e) {
        if (!hamt_is_patch(node)) return NULL;
        return table_slot_hashed(t, string_value(key), hash, token);
    }
    if (node->epoch == token) {
        if (e->key == string_value(key)) return &e->value;
        if (!e->key) {
            node = hamt_child(e);
            e = hamt_at(node, hash >> 5);
            if (!e) return NULL;
            if (e->key == string_value(key) && node->epoch == token) return &e->value;
        }
    }
#endif
    return table_slot_hashed(t, string_value(key), hash, token);
}
Value *table_slot_int_slow(TableBody *t, int64_t i, uint64_t token);
static inline Value *table_slot_int(TableBody *t, int64_t i, uint64_t token)
{
    if ((uint64_t)i - 1 >= t->array_size) return table_slot_int_slow(t, i, token);
    Value *slot = pvec_slot(&t->array, (uint32_t)(i - 1), token);
    return *slot == V_NIL ? NULL : slot;
}

/* All pairs in the hash; and the blocks that the contents are made of. O(n). */
void table_each_hashed(const TableBody *t, HamtEachFn *fn, void *context);
void table_blocks(const TableBody *t, MemBlockFn *fn, void *context);

/* Raw assignment; a nil value deletes. key is neither nil nor NaN. O(log32 n),
 * amortised O(1) in the array. */
void table_set(TableBody *t, Value key, Value v, uint64_t token);
void table_set_int(TableBody *t, int64_t i, Value v, uint64_t token);
void table_set_string(TableBody *t, const String *key, Value v, uint64_t token);
/* Puts v[0..n) at first, first+1 ... as a constructor does: they are in the array then. */
void table_set_list(TableBody *t, int64_t first, const Value *v, size_t n, uint64_t token);
/* The elements first..last, behind which is none, become nil. The array keeps its room. */
void table_cut(TableBody *t, int64_t first, int64_t last, uint64_t token);
/* PUC Lua's instructions hold a size in four bits and an exponent, which rounds it up, and #
 * may depend on it. */
static inline uint32_t table_size_rounded(uint32_t n)
{
    uint32_t shift = 0;
    while ((n + ((uint32_t)1 << shift) - 1) >> shift >= 16) shift++;
    return ((n + ((uint32_t)1 << shift) - 1) >> shift) << shift;
}
/* Begins an empty table as PUC Lua's constructor does for so many elements and other fields. */
void table_begin(TableBody *t, uint32_t array, uint32_t hash, uint64_t token);

/* Begins a copy of a table: makes an empty one with the room of another. Then each pair of
 * that one is added once, as it is, or with a value or a key that stands for the other's.
 * After that, whatever is done to the copy has the same effects. The order is the same if the
 * keys' hashes are. */
void table_begin_like(TableBody *t, const TableBody *like, uint64_t token);
void table_add_like(TableBody *t, Value key, Value v, uint64_t token);
/* Makes room for an array of so many, as table_set_list does. Answers whether there is memory
 * for all of it, in one block or in small ones. */
MEM_TRY bool table_list_room(TableBody *t, size_t size, uint64_t token);

/* The room of a table, for images: what decides where its keys go, beside the keys. */
typedef struct TableRoom {
    uint32_t array; /* its size */
    uint32_t nodes; /* a power of two, or 0 */
    uint32_t words; /* that are kept of the nodes (nodes.h) */
    bool bundled, numbers, removed;
    uint8_t shift; /* of the hash's root: hamt.h */
} TableRoom;
TableRoom table_room(const TableBody *t);
Word table_room_word(const TableBody *t, uint32_t i);
/* Begins an empty table with such room, for so many pairs in the hash, to which its elements
 * are then added (table_add_like) and its pairs. Answers false, and does nothing, when there is
 * no such room. */
bool table_begin_room(TableBody *t, const TableRoom *room, const Word *words, size_t pairs,
                      uint64_t token);
/* A pair for the hash, which is not counted. Answers false for a value of nil and a key that
 * the hash has already or cannot have; such a table is good for nothing. */
bool table_add_new(TableBody *t, Value key, Value v, uint64_t token);
/* The places of pairs for the hash, of which there are to be so many, to be written in place of
 * table_add_new, and then told of, as long as the keys are those of `like` in their order. That
 * is the root of another table that is flat; NULL: none. Answers NULL where that cannot be. */
static inline HamtEntry *table_entries_to_fill(TableBody *t, const HamtNode *like, size_t count,
                                               uint64_t token)
{
    HamtNode *root = t->hash.root;
    if (!root || !like || !table_owns_root(t, token)) return NULL;
    bool alike = like->count == count && like->shift == root->shift;
    return alike && !root->count && root->capacity >= count ? root->entries : NULL;
}
void table_entries_filled(TableBody *t, const HamtNode *like, uint32_t count);
/* The words of all of the array, to be written in place of table_add_like, and told of at the
 * end. Answers NULL if they do not lie in a row. */
static inline Value *table_array_to_fill(TableBody *t, uint64_t token)
{
    PvecFlat *flat = t->array.root;
    return flat && PVEC_OWNS(&t->array, flat, token) ? flat->words : NULL;
}
void table_array_filled(TableBody *t);
/* Calls fn for each key whose values differ, with the value in b, which is nil if the key is
 * not there; also for one that is an interned string in one of the two alone. The two must have
 * the same room, but for the number of nodes, what is in them, and flags. What they share costs
 * nothing. There is no order. Answers false, and calls nothing, when the rooms differ. */
typedef void TableDiffFn(void *context, Value key, Value old, Value now);
bool table_diff(const TableBody *a, const TableBody *b, TableDiffFn *fn, void *context);
/* The same of more tables: the array may have grown or shrunk. A key that has moved between
 * hash and array is told of twice, as one that has gone from the one and has come to the other.
 * Answers false, and calls nothing, for tables with bundles, and where the array has not the
 * same size and nodes behind it. */
bool table_diff_moved(const TableBody *a, const TableBody *b, TableDiffFn *fn, void *context);
/* Apply what table_diff told: the table gets the room, and then each value. Answer false for a
 * key, or a room, that the table cannot have. */
bool table_change_room(TableBody *t, const TableRoom *room, const Word *words, uint64_t token);
bool table_change_like(TableBody *t, Value key, Value now, uint64_t token);
/* Gives a hash that has lost all its keys the room's shift again, for so many that follow. */
void table_keep_shift(TableBody *t, const TableRoom *room, size_t pairs, uint64_t token);

/* Whether the room is one that the pairs can have that have been added. O(n). */
bool table_room_is_sound(const TableBody *t);

/* Merges a patch into nodes (hamt.h), for a table that will be read often, and that forks
 * begin with. */
void table_merge_patch(TableBody *t, uint64_t token);

/* The border that PUC Lua finds (manual 3.4.6). O(1) without holes, else O(log n). */
int64_t table_length_slow(const TableBody *t);
static inline int64_t table_length(const TableBody *t)
{
    uint32_t border = t->hash.border;
    if (border < t->array_size) return border;
    if (border == t->array_size && !(table_flags(t) & TABLE_NUMBERS)) return border;
    return table_length_slow(t);
}

/* The entry after *key in the table's order (nil starts); false at the end.
 * Works when *key was deleted meanwhile. O(log32 n). */
bool table_next(const TableBody *t, Value *key, Value *value);
/* Whether a traversal may have come to this key, because it is there, or may have been. */
bool table_may_have_had(const TableBody *t, Value key);

void table_check(const TableBody *t);

#endif
