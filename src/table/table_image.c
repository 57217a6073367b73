/* SPDX-License-Identifier: MIT */
/*
 * The room of tables as numbers, and back from numbers that may be any: see table.h.
 *
 * Main invariant: numbers from outside make a room only if it is one that a table can come to
 * have (table_room_is_sound).
 */
#include "table/table_bundles.h"

TableRoom table_room(const TableBody *t) { return table_room_of(t); }

Word table_room_word(const TableBody *t, uint32_t i)
{
    return pvec_get(&t->array, t->array_size + i);
}

static inline bool is_possible(const TableRoom *room)
{
    uint32_t nodes = room->nodes;
    bool power = !(nodes & (nodes - 1)) && nodes <= TABLE_ARRAY_MAX;
    bool kept = nodes >= 2 && nodes <= NODES_MAX && room->words == nodes_words(nodes);
    if (!power || room->array > TABLE_ARRAY_MAX || room->shift > HAMT_UNFLAT) return false;
    return !room->words || (kept && !room->bundled && room->numbers);
}

void table_keep_shift(TableBody *t, const TableRoom *room, size_t pairs, uint64_t token)
{
    hamt_reserve_shift(&t->hash, pairs, room->shift, token);
}

bool table_begin_room(TableBody *t, const TableRoom *room, const Word *words, size_t pairs,
                      uint64_t token)
{
    if (!is_possible(room)) return false;
    uint32_t hidden = room->bundled ? (uint32_t)BUNDLE_COUNTS : room->words;
    if (room->array) mem_count_content(room->array * sizeof(Value));
    if (room->array + hidden) pvec_begin(&t->array, room->array + hidden, token);
    t->array_size = room->array;
    for (uint32_t i = 0; i < room->words; i++)
        pvec_set(&t->array, room->array + i, words[i], token);
    table_set_flags(t, table_room_flags(room));
    table_keep_shift(t, room, pairs, token);
    return true;
}

void table_entries_filled(TableBody *t, const HamtNode *like, uint32_t count)
{
    HamtNode *root = t->hash.root;
    root->bitmap = count == like->count ? like->bitmap : 0;
    for (uint32_t i = 0; i < count && count < like->count; i++)
        root->bitmap |= (uint32_t)1
                        << (hamt_root_hash(root, value_hash(like->entries[i].key)) & 31);
    root->count = (uint16_t)count;
    t->hash.count = count;
}

void table_array_filled(TableBody *t)
{
    const PvecFlat *flat = t->array.root;
    t->hash.border = table_list_border(flat->words, t->array_size);
}

/* Differences ---------------------------------------------------------------------- */

static bool is_alike(const TableRoom *a, const TableRoom *b)
{
    return a->array == b->array && a->words == b->words && a->shift == b->shift &&
           !a->bundled && !b->bundled;
}

typedef struct TableDiff {
    uint32_t array;
    TableDiffFn *fn;
    void *context;
} TableDiff;

static void differs_at(void *context, uint32_t i, Word a, Word b)
{
    const TableDiff *d = context;
    if (i < d->array) d->fn(d->context, table_integer_key((int64_t)i + 1), a, b);
}

static void differs_in_hash(void *context, Word key, Word a, Word b)
{
    const TableDiff *d = context;
    d->fn(d->context, key, a, b);
}

static void diff_all(const TableBody *a, const TableBody *b, TableDiff *d)
{
    pvec_diff(&a->array, &b->array, differs_at, d);
    table_map_diff(a, b, differs_in_hash, d);
}

bool table_diff(const TableBody *a, const TableBody *b, TableDiffFn *fn, void *context)
{
    TableRoom from = table_room(a), to = table_room(b);
    TableDiff d = {b->array_size, fn, context};
    if (!is_alike(&from, &to)) return false;
    diff_all(a, b, &d);
    return true;
}

/* What is hidden behind the shorter array would be taken for values of the longer one. */
bool table_diff_moved(const TableBody *a, const TableBody *b, TableDiffFn *fn, void *context)
{
    bool hidden = table_has_nodes(a) || table_has_nodes(b);
    if ((table_flags(a) | table_flags(b)) & TABLE_BUNDLED) return false;
    if (hidden && a->array_size != b->array_size) return false;
    TableDiff d = {b->array_size > a->array_size ? b->array_size : a->array_size, fn, context};
    diff_all(a, b, &d);
    return true;
}

bool table_change_room(TableBody *t, const TableRoom *room, const Word *words, uint64_t token)
{
    TableRoom now = table_room(t);
    if (!is_possible(room) || !is_alike(&now, room)) return false;
    uint32_t flags = table_room_flags(room); /* nothing is known to be absent any more */
    for (uint32_t i = 0; i < room->words; i++)
        if (table_room_word(t, i) != words[i])
            pvec_set(&t->array, room->array + i, words[i], token);
    table_set_flags(t, flags);
    return true;
}

bool table_change_like(TableBody *t, Value key, Value now, uint64_t token)
{
    uint32_t place = table_index_in(key, t->array_size);
    if (place)
        table_set_int(t, place, now, token);
    else if (now == V_NIL)
        table_map_remove(t, key, token);
    else if (value_is_number(key) && !(table_flags(t) & TABLE_NUMBERS))
        return false;
    else if (!table_map_put(t, key, now, token) && value_is_string(key))
        table_map_rekey(t, key, token);
    return true;
}

/* Soundness ------------------------------------------------------------------------ */

typedef struct Sound {
    TableBody *t;
    bool numbers, known;
} Sound;

static void look_at(void *context, Word key, Word value)
{
    Sound *s = context;
    (void)value;
    if (!value_is_number(key)) return;
    s->numbers = true;
    if (!table_has_nodes(s->t)) return;
    Nodes n = table_nodes(s->t, EPOCH_NONE);
    int at = nodes_find(&n, node_identity(key));
    s->known = s->known && at >= 0 && node_is_live(node_at(&n, (uint32_t)at));
}

/* Whether each integer that a node says is there is in the hash. */
static bool live_are_there(TableBody *t)
{
    Nodes n = table_nodes(t, EPOCH_NONE);
    for (uint32_t i = 0; i < n.count; i++) {
        int64_t key;
        uint64_t node = node_at(&n, i);
        bool integer = node && node_is_live(node) && node_integer(node, &key);
        if (integer && table_map_get(t, table_integer_key(key)) == V_NIL) return false;
    }
    return true;
}

bool table_room_is_sound(const TableBody *body)
{
    TableBody *t = (TableBody *)body; /* for table_nodes, which then only reads */
    uint32_t nodes = table_node_count(t);
    Sound s = {t, false, true};
    if (table_pairs(t) > nodes) return false;
    if (table_has_nodes(t)) {
        Nodes n = table_nodes(t, EPOCH_NONE);
        if (!nodes_sound(&n) || !live_are_there(t)) return false;
    }
    table_each_hashed(t, look_at, &s);
    if (!s.known || (s.numbers && !(table_flags(t) & TABLE_NUMBERS))) return false;
    bool wants = s.numbers && nodes >= 2 && nodes <= NODES_MAX && !table_bundled(t);
    return !wants || table_has_nodes(t);
}
