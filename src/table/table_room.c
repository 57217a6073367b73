/* SPDX-License-Identifier: MIT */
/*
 * The room of tables: how large the array and the hash are, by PUC Lua 5.2's rule, and how
 * keys move between them; see table.h.
 *
 *   array       hash, 1 node                   array           hash, no node
 *   [a|b]       {4:d}           t[3]=c         [a|b|c|d]       {}
 *
 * 4 is the greatest power of two of which more than half is in use then.
 *
 * Main invariant: after the room has changed each key is where the new sizes say, and `#`
 * answers what it would in PUC Lua.
 */
#include "table/table_bundles.h"

/* The number of bits of x: 2^bits is the first power of two not below x, if x > 0. */
static uint32_t log2_above(uint32_t x)
{
    return x <= 1 ? 0 : 32 - (uint32_t)__builtin_clz(x - 1);
}

static uint32_t power_above(uint32_t x) { return x ? (uint32_t)1 << log2_above(x) : 0; }

/* ---- census ---- */

/* Integer keys by the power of two that they are below or at: 1, 2, 3-4, 5-8 ... */
typedef struct Census {
    uint32_t slices[32];
    uint32_t integers;
} Census;

static void count_integer(Census *c, int64_t i)
{
    if (i < 1 || i > TABLE_ARRAY_MAX) return;
    c->slices[log2_above((uint32_t)i)]++;
    c->integers++;
}

static void count_pair(void *context, Word key, Word value)
{
    (void)value;
    count_integer(context, table_index_in(key, TABLE_ARRAY_MAX));
}

static void count_array(Census *c, const TableBody *t)
{
    for (uint32_t i = 0, n; i < t->array_size; i += n) {
        const Word *words = pvec_piece(&t->array, i, &n);
        if (n > t->array_size - i) n = t->array_size - i;
        for (uint32_t k = 0; k < n; k++)
            if (words[k] != V_NIL) count_integer(c, (int64_t)i + k + 1);
    }
}

static void count_hash(Census *c, TableBody *t)
{
    int64_t i;
    if (!table_has_nodes(t)) {
        table_each_hashed(t, count_pair, c);
        return;
    }
    Nodes nodes = table_nodes(t, EPOCH_NONE);
    for (uint32_t k = 0; k < nodes.count; k++) {
        uint64_t node = node_at(&nodes, k);
        if (node_is_live(node) && node_integer(node, &i)) count_integer(c, i);
    }
}

/* The greatest power of two of which more than half is in use; *used: so many. */
static uint32_t best_size(const Census *c, uint32_t *used)
{
    uint32_t size = 0, below = 0;
    *used = 0;
    for (uint32_t k = 0; k <= 30 && ((uint32_t)1 << k) / 2 < c->integers; k++) {
        below += c->slices[k];
        if (below <= ((uint32_t)1 << k) / 2) continue;
        size = (uint32_t)1 << k;
        *used = below;
    }
    return size;
}

/* Those in the array that are not nil. */
static uint32_t array_used(const TableBody *t) { return t->hash.border & ~TABLE_HOLES; }

static void set_nodes(TableBody *t, uint32_t nodes)
{
    uint32_t code = nodes ? log2_above(nodes) + 1 : 0;
    table_set_flags(t, (table_flags(t) & ~TABLE_NODES) | code << TABLE_NODES_SHIFT);
}

static void rehash(TableBody *t, Value key, uint64_t token)
{
    uint32_t used = array_used(t);
    uint32_t pairs = (uint32_t)table_pairs(t) + used + (key != V_NIL);
    bool dense = !(t->hash.border & TABLE_HOLES) && !(table_flags(t) & TABLE_NUMBERS);
    uint32_t size;
    if (dense && key == table_integer_key((int64_t)used + 1)) {
        size = power_above(++used);
    } else if (dense && !value_is_number(key)) {
        size = power_above(used);
    } else {
        Census c = {{0}, 0};
        count_array(&c, t);
        count_hash(&c, t);
        count_integer(&c, table_index_in(key, TABLE_ARRAY_MAX));
        size = best_size(&c, &used);
    }
    table_resize(t, size, power_above(pairs - used), key, token);
}

void table_rehash(TableBody *t, Value key, uint64_t token)
{
    bool names = !(table_flags(t) & TABLE_NUMBERS) && !value_is_number(key);
    if (names && !t->array_size)
        set_nodes(t, power_above(t->hash.count + (key != V_NIL)));
    else
        rehash(t, key, token);
}

/* ---- nodes ---- */

bool table_note(TableBody *t, Value key, bool live, uint64_t token)
{
    Nodes nodes = table_nodes(t, token);
    uint64_t identity = node_identity(key);
    if (identity == NODE_OBJECT && (table_map_get(t, key) != V_NIL) == live) return true;
    return nodes_set(&nodes, identity, live);
}

/* Identities of keys that will be in the hash beside an array of a new size, in the order in
 * which PUC Lua puts them into its nodes. */
typedef struct KeyList {
    uint64_t items[NODES_MAX];
    uint32_t count, size;
} KeyList;

static void list_key(KeyList *list, uint64_t identity)
{
    int64_t i;
    bool in_array = node_integer(identity, &i) && i >= 1 && i <= list->size;
    if (!in_array && list->count < NODES_MAX) list->items[list->count++] = identity;
}

static void list_pair(void *list, Word key, Word value)
{
    (void)value;
    list_key(list, node_identity(key));
}

/* What an array that shrinks gives up, and then the old nodes from the last to the first. */
static void list_keys(KeyList *list, TableBody *t)
{
    for (uint32_t i = list->size; i < t->array_size; i++) {
        Value v = pvec_get(&t->array, i);
        if (v != V_NIL) list_pair(list, table_integer_key((int64_t)i + 1), v);
    }
    if (!table_has_nodes(t)) {
        table_each_hashed(t, list_pair, list);
        return;
    }
    Nodes nodes = table_nodes(t, EPOCH_NONE);
    for (uint32_t i = nodes.count; i-- > 0;) {
        uint64_t node = node_at(&nodes, i);
        if (node_is_live(node)) list_key(list, node_key(node));
    }
}

/* ---- resizing ---- */

/* Puts what is above a new size of the array into the hash. */
static void spill(TableBody *t, uint32_t size, uint64_t token)
{
    for (uint32_t i = size; i < t->array_size; i++) {
        Value v = pvec_get(&t->array, i), key = table_integer_key((int64_t)i + 1);
        if (v == V_NIL) continue;
        if (table_bundled(t))
            table_bundle_set(t, (int64_t)i + 1, v, token);
        else
            table_map_put(t, key, v, token);
    }
}

/* The pairs that go to the array. */
typedef struct Move {
    TableBody *t;
    uint64_t token;
    Value *keys;
    size_t count, room;
} Move;

static void move_pair(void *context, Word key, Word value)
{
    Move *m = context;
    uint32_t i = table_index_in(key, m->t->array_size);
    if (!i || m->count == m->room) return;
    pvec_set(&m->t->array, i - 1, value, m->token);
    m->keys[m->count++] = key;
}

/* Moves pairs from the hash to the array. */
static void absorb(TableBody *t, uint64_t token)
{
    if (table_bundled(t)) {
        table_absorb_bundles(t, token);
        return;
    }
    Move m = {.t = t, .token = token, .room = t->hash.count};
    m.keys = mem_alloc_most(&m.room, sizeof(Value));
    do {
        m.count = 0;
        hamt_each(&t->hash, move_pair, &m);
        if (m.count == t->hash.count) {
            t->hash.root = NULL;
            t->hash.count = 0;
            return;
        }
        for (size_t i = 0; i < m.count; i++) table_map_remove(t, m.keys[i], token);
    } while (m.count == m.room);
}

static void recount(TableBody *t)
{
    uint32_t used = 0, dense = 0, size = t->array_size;
    for (uint32_t i = 0, n; i < size; i += n) {
        const Word *words = pvec_piece(&t->array, i, &n);
        if (n > size - i) n = size - i;
        for (uint32_t k = 0; k < n; k++) {
            if (words[k] == V_NIL) continue;
            dense += used == i + k;
            used++;
        }
    }
    t->hash.border = used == dense ? dense : TABLE_HOLES | used;
}

/* hidden: words behind the array, which become 0 unless they are the counts of bundles. */
static void set_room(TableBody *t, uint32_t size, uint32_t nodes, uint32_t hidden,
                     uint64_t token)
{
    Word counts[BUNDLE_COUNTS] = {0, 0};
    bool bundled = table_bundled(t);
    for (uint32_t k = 0; k < BUNDLE_COUNTS && bundled; k++)
        counts[k] = pvec_get(&t->array, t->array_size + k);
    uint32_t keep = size < t->array_size ? size : t->array_size;
    uint32_t words = size + hidden;
    set_nodes(t, nodes);
    if (size < t->array_size) table_set_flags(t, table_flags(t) | TABLE_REMOVED);
    if (size > t->array_size) mem_count_content((size - t->array_size) * sizeof(Value));
    if (hidden || keep != size || words != t->array.size)
        pvec_resize(&t->array, keep, words, token);
    t->array_size = size;
    for (uint32_t k = 0; k < hidden && bundled; k++)
        pvec_set(&t->array, size + k, counts[k], token);
}

typedef struct Staying {
    uint32_t size;
    bool found;
} Staying;

static void look_for_number(void *context, Word key, Word value)
{
    Staying *s = context;
    (void)value;
    if (value_is_number(key) && !table_index_in(key, s->size)) s->found = true;
}

/* Will there be numbers in the hash, when the array has this size? (Or, in large ones, may
 * there be?) */
static bool numbers_stay(const TableBody *t, uint32_t size, Value key)
{
    Staying s = {size, false};
    look_for_number(&s, key, V_NIL);
    if (!s.found && table_flags(t) & TABLE_NUMBERS && t->hash.count) {
        if (t->hash.count > NODES_MAX) return true;
        table_each_hashed(t, look_for_number, &s);
    }
    for (uint32_t i = size; i < t->array_size && !s.found; i++)
        s.found = pvec_get(&t->array, i) != V_NIL;
    return s.found;
}

/* Moves what belongs elsewhere when the array has the size, and the hash so many nodes. */
static void change_room(TableBody *t, uint32_t size, uint32_t nodes, uint64_t token)
{
    uint32_t before = t->array_size;
    bool moves = size > before && t->hash.count, bundles = table_wants_bundles(t, size, nodes);
    if (bundles && !table_bundled(t)) {
        set_room(t, before, nodes, BUNDLE_COUNTS, token);
        table_bundle_all(t, token);
    }
    if (size < before) spill(t, size, token);
    set_room(t, size, nodes, table_bundled(t) ? BUNDLE_COUNTS : 0, token);
    if (moves) absorb(t, token);
    if (table_bundled(t) && !bundles) {
        table_unbundle_all(t, token);
        set_room(t, size, nodes, 0, token);
    }
    if (moves || t->hash.border > size) recount(t);
}

/* The same when the nodes are kept. */
static NOINLINE void change_nodes(TableBody *t, uint32_t size, uint32_t nodes, uint64_t token)
{
    KeyList keys;
    keys.count = 0;
    keys.size = size;
    list_keys(&keys, t);
    change_room(t, size, nodes, token);
    set_room(t, size, nodes, nodes_words(nodes), token);
    Nodes fresh = table_nodes(t, token);
    nodes_begin(&fresh);
    for (uint32_t k = 0; k < keys.count; k++) nodes_set(&fresh, keys.items[k], true);
}

/* An array that only grows, of a table without other keys. */
static void grow_array(TableBody *t, uint32_t size, uint32_t nodes, uint64_t token)
{
    mem_count_content((size - t->array_size) * sizeof(Value));
    pvec_resize(&t->array, t->array_size, size, token);
    t->array_size = size;
    set_nodes(t, nodes);
    table_set_flags(t, table_flags(t) & ~TABLE_NUMBERS);
}

void table_resize(TableBody *t, uint32_t size, uint32_t nodes, Value key, uint64_t token)
{
    bool belongs = !value_is_number(key) || table_index_in(key, size);
    if (!t->hash.count && size > t->array_size && t->array.size == t->array_size && belongs) {
        grow_array(t, size, nodes, token);
        return;
    }
    bool numbers = numbers_stay(t, size, key);
    if (numbers && nodes >= 2 && nodes <= NODES_MAX)
        change_nodes(t, size, nodes, token);
    else
        change_room(t, size, nodes, token);
    uint32_t others = table_flags(t) & ~TABLE_NUMBERS;
    if (!t->hash.count && belongs) numbers = false; /* all went to the array */
    table_set_flags(t, others | (numbers ? TABLE_NUMBERS : 0));
}

void table_begin(TableBody *t, uint32_t array, uint32_t hash, uint64_t token)
{
    if (hash) {
        t->flags = (log2_above(hash) + 1) << TABLE_NODES_SHIFT;
        hamt_reserve(&t->hash, hash, token);
    }
    if (!array) return;
    mem_count_content(array * sizeof(Value));
    pvec_resize(&t->array, 0, array, token);
    t->array_size = array;
}

uint32_t table_room_flags(const TableRoom *room)
{
    uint32_t code = room->nodes ? log2_above(room->nodes) + 1 : 0;
    return code << TABLE_NODES_SHIFT | (room->bundled ? TABLE_BUNDLED : 0) |
           (room->numbers ? TABLE_NUMBERS : 0) | (room->removed ? TABLE_REMOVED : 0);
}

void table_begin_like(TableBody *t, const TableBody *like, uint64_t token)
{
    uint32_t size = like->array_size;
    set_room(t, size, table_node_count(like), like->array.size - size, token);
    if (table_bundled(like)) {
        table_set_flags(t, table_flags(t) | TABLE_BUNDLED);
    } else {
        for (uint32_t i = size; i < like->array.size; i++)
            pvec_set(&t->array, i, pvec_get(&like->array, i), token);
    }
    table_set_flags(t, table_flags(t) | (table_flags(like) & TABLE_NUMBERS));
    hamt_reserve_like(&t->hash, &like->hash, token);
}
