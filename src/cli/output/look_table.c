/* SPDX-License-Identifier: MIT */
/*
 * Tables for people: see look.h.
 *
 * Entries are the items 1, 2, ... up to the first that is nil, and then the other keys, sorted
 * if they are not too many. Each is first tried in one line, on a sheet that ends where the
 * terminal does; so what is tried in vain is never long.
 *
 * Main invariant: a table that is met within itself is shown as the path to it, and tables
 * that are too deep or too long as how much there is; so showing ends.
 */
#include <stdlib.h>

#include "cli/output/look.h"
#include "cli/output/names.h"
#include "lib/lib.h"
#include "table/table_bundles.h"
#include "value/number.h"

enum { INNER_ENTRIES = 12, KEYS_MAX = 100000, INNER_KEYS = 1000, INDENT = 2, META_NAMES = 8 };

typedef struct Entries {
    size_t items; /* 1..items */
    Value *keys;  /* of the others */
    size_t count;
    bool more; /* there are more keys than were looked at */
} Entries;

/* Keys --------------------------------------------------------------------------------- */

/* Numbers before strings before all else; of these, by their ids. */
static int compare_keys(const void *a, const void *b)
{
    Value x = *(const Value *)a, y = *(const Value *)b;
    int p = value_is_number(x)   ? 0
            : value_is_string(x) ? 1
                                 : 2,
        q = value_is_number(y)   ? 0
            : value_is_string(y) ? 1
                                 : 2;
    if (p != q) return p - q;
    if (p == 0) {
        double m = value_to_double(x), n = value_to_double(y);
        return (m > n) - (m < n);
    }
    if (p == 1) return string_compare(value_string(x), value_string(y));
    if (!value_is_object(x) || !value_is_object(y)) return (x > y) - (x < y);
    uint64_t i = object_id(value_pointer(x)), k = object_id(value_pointer(y));
    return (i > k) - (i < k);
}

static bool is_item(Value key, size_t items)
{
    if (!value_is_number(key)) return false;
    double d = value_to_double(key);
    return d >= 1 && d <= (double)items && d == (double)(size_t)d;
}

static Entries entries_of(const TableBody *t, bool outermost)
{
    Entries e = {0};
    size_t most = outermost ? KEYS_MAX : INNER_KEYS, room = table_pairs(t);
    Value key = V_NIL, v;
    while (table_get_int(t, (int64_t)e.items + 1) != V_NIL) e.items++;
    room += t->array_size; /* where there are holes, what is behind them counts as other keys */
    if (room > most) room = most;
    e.keys = mem_try_alloc((room + 1) * sizeof *e.keys);
    if (e.items == t->array_size && !table_pairs(t)) return e;
    /* the array comes first in the order; items may be in the hash as well */
    size_t skipped = e.items < t->array_size ? e.items : t->array_size;
    if (skipped) key = value_number((double)skipped);
    while (e.keys && table_next(t, &key, &v)) {
        if (is_item(key, e.items)) continue;
        e.more = e.count == room;
        if (e.more) break;
        e.keys[e.count++] = key;
    }
    if (!e.more && e.count) qsort(e.keys, e.count, sizeof *e.keys, compare_keys);
    return e;
}

static Value key_at(const Entries *e, size_t i)
{
    return i < e->items ? value_number((double)i + 1) : e->keys[i - e->items];
}

static bool is_name(Value key)
{
    return value_is_string(key) &&
           name_is_good(value_string(key)->data, value_string(key)->length);
}

static void show_key(Look *l, Value key)
{
    if (is_name(key)) {
        sheet_safe(l->out, INK_KEY, value_string(key)->data, value_string(key)->length);
    } else {
        sheet_text(l->out, INK_PLAIN, "[");
        if (value_is_table(key))
            sheet_text(l->out, INK_NOTE, "a table");
        else
            look_value(l, key, true);
        sheet_text(l->out, INK_PLAIN, "]");
    }
}

static void show_entry(Look *l, const TableBody *t, const Entries *e, size_t i, bool flat)
{
    Value key = key_at(e, i);
    if (i >= e->items) {
        show_key(l, key);
        sheet_text(l->out, INK_PLAIN, " = ");
    }
    l->keys[l->depth - 1] = key;
    look_value(l, table_get(t, key), flat);
}

/* What is not shown -------------------------------------------------------------------- */

static void show_step(Look *l, Value key, bool first)
{
    char number[NUMBER_TEXT_MAX + 1] = "?";
    if (value_is_number(key)) number[number_format(value_to_double(key), number)] = 0;
    if (!is_name(key)) {
        sheet_format(l->out, INK_NOTE, "[%s]", number);
        return;
    }
    if (!first) sheet_text(l->out, INK_NOTE, ".");
    sheet_safe(l->out, INK_NOTE, value_string(key)->data, value_string(key)->length);
}

/* The table is one of those that this one is in: by the path there from the outermost. */
static bool show_cycle(Look *l, const Table *t)
{
    size_t at = 0;
    while (at < l->depth && l->above[at] != t) at++;
    if (at == l->depth) return false;
    sheet_text(l->out, INK_NOTE, at ? "<the table at " : "<the table itself");
    for (size_t i = 0; i < at; i++) show_step(l, l->keys[i], i == 0);
    sheet_text(l->out, INK_NOTE, ">");
    return true;
}

/* The names in its metatable. */
static void show_meta(Look *l, const Table *meta)
{
    if (!meta) return;
    const TableBody *t = heap_table(&l->cli.M->run, meta);
    Entries e = entries_of(t, false);
    sheet_text(l->out, INK_NOTE, " <metatable:");
    for (size_t i = 0; i < e.count && i < META_NAMES; i++) {
        const String *s = value_is_string(e.keys[i]) ? value_string(e.keys[i]) : NULL;
        sheet_text(l->out, INK_NOTE, i ? ", " : " ");
        if (s)
            sheet_safe(l->out, INK_NOTE, s->data, s->length > 40 ? 40 : s->length);
        else
            sheet_text(l->out, INK_NOTE, "...");
    }
    sheet_text(l->out, INK_NOTE, e.count > META_NAMES ? " ...>" : ">");
}

/* Tables ------------------------------------------------------------------------------- */

/* The first entry that is not shown. Inner tables are shown whole or not at all. */
static size_t entries_end(const Look *l, const Entries *e)
{
    size_t total = e->items + e->count;
    if (l->depth > 1 || l->first >= total) return total;
    /* one more takes no more room than to say so */
    return total - l->first <= LOOK_PAGE + 1 ? total : l->first + LOOK_PAGE;
}

static void show_rest(Look *l, const Entries *e, size_t rest)
{
    if (!rest && !e->more) return;
    sheet_line(l->out, INDENT);
    sheet_format(l->out, INK_NOTE, "... %zu%s more", rest, e->more ? " or" : "");
    if (rest) sheet_text(l->out, INK_NOTE, ", see :more");
}

static bool is_long(const Look *l, const Entries *e)
{
    size_t total = e->items + e->count;
    return e->more || total > (l->depth > 1 ? INNER_ENTRIES : LOOK_PAGE);
}

static void show_number_of(Look *l, const Entries *e)
{
    sheet_format(l->out, INK_NOTE, "{... %zu %sentries}", e->items + e->count,
                 e->more ? "or more " : "");
}

static void show_flat(Look *l, const TableBody *t, const Entries *e)
{
    size_t total = e->items + e->count;
    if (is_long(l, e)) {
        show_number_of(l, e);
        return;
    }
    sheet_text(l->out, INK_PLAIN, "{");
    for (size_t i = 0; i < total && !l->out->over; i++) {
        if (i) sheet_text(l->out, INK_PLAIN, ", ");
        show_entry(l, t, e, i, true);
    }
    sheet_text(l->out, INK_PLAIN, "}");
}

/* Tries to show an entry in a line; whether it is on the sheet `one` now. */
static bool try_entry(Look *l, Sheet *one, const TableBody *t, const Entries *e, size_t i)
{
    Sheet *out = l->out;
    sheet_clear(one);
    one->columns_max = l->width - (l->depth * INDENT) - 2;
    l->out = one;
    show_entry(l, t, e, i, true);
    l->out = out;
    return !one->over;
}

/* An entry in a line; items that are short stand beside each other. */
static void show_spread(Look *l, const TableBody *t, const Entries *e)
{
    size_t first = l->depth > 1 ? 0 : l->first, end = entries_end(l, e);
    Sheet one = {.coloured = l->out->coloured};
    bool beside = false;
    sheet_text(l->out, INK_PLAIN, "{");
    for (size_t i = first; i < end; i++) {
        bool flat = try_entry(l, &one, t, e, i), item = i < e->items;
        size_t needed = l->out->columns + one.columns + 2;
        if (beside && flat && item && needed < l->width) {
            sheet_text(l->out, INK_PLAIN, " ");
        } else {
            sheet_line(l->out, l->depth * INDENT);
            if (l->lines_left) l->lines_left--;
        }
        if (flat)
            sheet_add(l->out, &one);
        else
            show_entry(l, t, e, i, false);
        sheet_text(l->out, INK_PLAIN, ",");
        beside = flat && item;
    }
    sheet_free(&one);
    if (l->depth == 1) l->left = e->items + e->count - end;
    show_rest(l, e, e->items + e->count - end);
    sheet_line(l->out, (l->depth - 1) * INDENT);
    sheet_text(l->out, INK_PLAIN, "}");
}

/* Whether it fits in what is left of the line; then it is there. */
static bool show_in_line(Look *l, const TableBody *t, const Entries *e)
{
    Sheet *out = l->out, one = {.coloured = out->coloured};
    if (l->depth == 1 && (l->first || is_long(l, e))) return false;
    one.columns_max = l->width > out->columns + 2 ? l->width - out->columns - 2 : 1;
    l->out = &one;
    show_flat(l, t, e);
    show_meta(l, t->meta);
    l->out = out;
    bool fits = !one.over;
    if (fits) sheet_add(out, &one);
    sheet_free(&one);
    return fits;
}

void look_table(Look *l, Table *table, bool flat)
{
    if (show_cycle(l, table)) return;
    const TableBody *t = heap_table(&l->cli.M->run, table);
    if (l->depth == LOOK_DEPTH_MAX) {
        bool empty = !t->array_size && !table_pairs(t);
        sheet_text(l->out, INK_NOTE, empty ? "{}" : "{...}");
        return;
    }
    Entries e = entries_of(t, l->depth == 0);
    l->above[l->depth++] = table;
    if (flat) {
        show_flat(l, t, &e);
        show_meta(l, t->meta);
    } else if (!show_in_line(l, t, &e)) {
        l->depth == 1 || l->lines_left ? show_spread(l, t, &e) : show_number_of(l, &e);
        show_meta(l, t->meta);
    }
    l->depth--;
}
