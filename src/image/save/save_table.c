/* SPDX-License-Identifier: MIT */
/*
 * Values of tables, in rows: with one look at the room for some of them. Tables that are as
 * most are, with all they contain in the object itself and behind it, are written at one go.
 *
 * Main invariant: a table that is written at one go has the very bytes that it would have
 * otherwise.
 */
#include "image/save/put.h"
#include "table/table_bundles.h"

void save_value(Saver *S, Value v)
{
    if (!sink_room(S->out, VALUE_MAX)) return;
    uint8_t *end = put_value(S, sink_at(S->out), v);
    if (end)
        sink_is_at(S->out, end);
    else
        save_other(S, value_pointer(v));
}

void save_pair(Saver *S, Value key, Value v, uint32_t number)
{
    save_entries(S, &(HamtEntry){key, v}, 1, number);
}

/* Writes words up to the first one that is something else. Gives how many. */
static inline uint32_t put_words(Saver *S, const Word *words, uint32_t count)
{
    uint8_t *at = sink_at(S->out), *end;
    uint32_t i = 0;
    for (; i < count && (end = put_value(S, at, words[i])); i++) at = end;
    sink_is_at(S->out, at);
    return i;
}

/* So many are written with one look at the room. */
enum { WORDS_AT_ONCE = 16, FETCHED_AHEAD = 64 };
static inline uint32_t at_once(uint32_t left)
{
    return left < WORDS_AT_ONCE ? left : WORDS_AT_ONCE;
}

/* What the processor is to fetch while words of a long row before it are written. (A call of a
 * function that has no effect is dropped if it is not inlined at once.) */
static inline __attribute__((always_inline)) void fetch_row(const Word *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (value_is_object(words[i])) __builtin_prefetch(value_pointer(words[i]));
}

void save_elements(Saver *S, const Word *words, uint32_t count, uint32_t before,
                   uint32_t number)
{
    for (uint32_t i = 0; i < count;) {
        uint32_t n = at_once(count - i);
        if (!sink_room(S->out, n * VALUE_MAX)) return;
        if (count - i > FETCHED_AHEAD)
            fetch_row(words + i + FETCHED_AHEAD, at_once(count - i - FETCHED_AHEAD));
        uint32_t put = put_words(S, words + i, n);
        i += put;
        if (put == n) continue;
        saver_step(S, STEP_VALUE, number, value_number(before + i + 1));
        save_other(S, value_pointer(words[i++]));
    }
}

void save_entries(Saver *S, const HamtEntry *e, uint32_t count, uint32_t number)
{
    const Word *words = (const Word *)e;
    for (uint32_t i = 0; i < 2 * count;) {
        uint32_t n = at_once(2 * count - i);
        if (!sink_room(S->out, n * VALUE_MAX)) return;
        uint32_t put = put_words(S, words + i, n);
        i += put;
        if (put == n) continue;
        bool key = i % 2 == 0;
        saver_step(S, key ? STEP_KEY : STEP_VALUE, number, key ? V_NIL : words[i - 1]);
        save_other(S, value_pointer(words[i++]));
    }
}

/* At one go ---------------------------------------------------------------------------------
 */

/* Words of a table that is written so. A head is as many bytes as a word at most, as all
 * numbers in it are small. */
enum { QUICK_WORDS = 64 };

/* Goes on behind a value that is something else. Gives where, or NULL without memory. */
static __attribute__((noinline)) uint8_t *put_other(Saver *S, uint8_t *at, Word w)
{
    sink_is_at(S->out, at);
    save_other(S, value_pointer(w));
    return sink_room(S->out, QUICK_WORDS * VALUE_MAX) ? sink_at(S->out) : NULL;
}

/* These two write words that there is room for. */
static inline uint8_t *put_row(Saver *S, uint8_t *at, const Word *words, uint32_t count)
{
    for (uint32_t i = 0; i < count && at; i++) {
        uint8_t *end = put_value(S, at, words[i]);
        at = end ? end : put_other(S, at, words[i]);
    }
    return at;
}

static inline uint8_t *put_pairs(Saver *S, uint8_t *at, const HamtEntry *e, uint32_t count)
{
    for (const HamtEntry *past = e + count; e < past && at; e++) {
        const RecentString *recent = recent_place(S, value_pointer(e->key));
        uint8_t *end = value_pointer(e->key) == recent->string
                           ? put_string_number(at, recent->number)
                           : put_value(S, at, e->key);
        at = end ? end : put_other(S, at, e->key);
        if (!at) return NULL;
        end = put_value(S, at, e->value);
        at = end ? end : put_other(S, at, e->value);
    }
    return at;
}

/* Whether the table has nothing that is rare. */
static inline bool is_quick(const Saver *S, const Table *t)
{
    const TableBody *b = &t->body;
    return object_raw_type(t) == OBJ_TABLE && !table_is_memo(t) && !b->meta &&
           !b->array.shape && b->array.size == b->array_size &&
           (!b->hash.root || table_is_flat(b)) && !(table_flags(b) & TABLE_BUNDLED) &&
           b->array_size + 2 * b->hash.count <= QUICK_WORDS && t != S->M->run.world->hidden;
}

static inline uint32_t quick_array_words(const Word *array, uint32_t size)
{
    uint32_t least = size / IMAGE_ARRAY_WORD, n = size;
    while (n > least && array[n - 1] == V_NIL) n--;
    return n;
}

/* What stands in front of the values: as in the table before, if that was alike. */
static inline uint8_t *put_head(Saver *S, uint8_t *at, const TableBody *b, uint32_t words)
{
    QuickHead *h = &S->head;
    uint32_t flags = table_flags(b) & ~TABLE_ABSENT;
    uint32_t counts = b->array_size << 16 | b->hash.count << 8 | words;
    uint8_t shift = b->hash.root ? b->hash.root->shift : 0;
    if (h->flags != flags || h->counts != counts || h->shift != shift || !h->length) {
        const TableRoom room = table_room_of(b);
        uint8_t *end = put_room(number_put(h->bytes, table_bits(b, &room)), &room);
        if (room.array) end = number_put(end, words);
        if (room.nodes) end = number_put(end, b->hash.count);
        h->flags = flags;
        h->counts = counts;
        h->shift = shift;
        h->length = (uint8_t)(end - h->bytes);
    }
    memcpy(at, h->bytes, sizeof h->bytes);
    return at + h->length;
}

bool save_quick(Saver *S, const void *o)
{
    const Table *t = o;
    const TableBody *b = &t->body;
    if (!is_quick(S, t) || !sink_room(S->out, (QUICK_WORDS + 1) * VALUE_MAX)) return false;
    const PvecFlat *array = b->array.root;
    uint32_t words = array ? quick_array_words(array->words, b->array_size) : 0;
    uint8_t *at = put_head(S, sink_at(S->out), b, words);
    if (words) at = put_row(S, at, array->words, words);
    if (at && b->hash.count) at = put_pairs(S, at, b->hash.root->entries, b->hash.count);
    if (at) sink_is_at(S->out, at);
    return true;
}
