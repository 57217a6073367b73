/* SPDX-License-Identifier: MIT */
/*
 * The full dump of a state: all that can be reached in it, as words, for comparison.
 *
 * Objects get numbers in the order in which they are found; a reference is written as the
 * number. Tables are written in the order of next; the bytes of strings, cells, natives,
 * closures, and of coroutines the whole live stack, word by word.
 *
 * The words of a stack are Values, nodes, functions and small integers. Which is which
 * shows in where they point: into the program, into the nodes of a chunk (dump_chunk must
 * have been told of all chunks that have run), or to a heap object.
 */
#ifndef STATE_DUMP_H
#define STATE_DUMP_H

#include "api/api.h"

#include <stdlib.h>

typedef enum DumpMode {
    DUMP_EXACT,   /* with addresses: for one and the same state */
    DUMP_REPLAY,  /* with ids: for what is made again */
    DUMP_VISIBLE, /* and without stacks: for what is made in another way */
    DUMP_LOADED,  /* nor code by address, and strings by their bytes: for what was loaded */
    DUMP_ALIKE    /* nor ids: for copies */
} DumpMode;

typedef struct Dump {
    uint64_t *words;
    size_t count, capacity;
} Dump;

static void *dump_grown(void *p, size_t *capacity, size_t size)
{
    *capacity = *capacity ? *capacity * 2 : 256;
    p = realloc(p, *capacity * size);
    if (!p) abort();
    return p;
}

static void dump_free(Dump *d)
{
    free(d->words);
    *d = (Dump){0};
}

static inline bool dump_equal(const Dump *a, const Dump *b)
{
    return a->count == b->count && memcmp(a->words, b->words, a->count * sizeof(uint64_t)) == 0;
}

/* What is no heap object -------------------------------------------------------------- */

typedef struct NodeRange {
    const Node *begin, *end;
} NodeRange;

static NodeRange *dump_ranges;
static size_t dump_range_count, dump_range_capacity;
extern const char __executable_start, _end;

static void dump_proto(const Proto *p)
{
    if (dump_range_count == dump_range_capacity)
        dump_ranges = dump_grown(dump_ranges, &dump_range_capacity, sizeof *dump_ranges);
    dump_ranges[dump_range_count++] = (NodeRange){p->nodes, p->nodes + p->node_count};
    for (uint32_t i = 0; i < p->proto_count; i++) dump_proto(p->protos[i]);
}

static int dump_range_order(const void *a, const void *b)
{
    const Node *x = ((const NodeRange *)a)->begin, *y = ((const NodeRange *)b)->begin;
    return x < y ? -1 : x > y;
}

/* To be called for each chunk, which must never be released. */
static inline void dump_chunk(const moonlet_chunk *c)
{
    dump_proto(c->proto);
    qsort(dump_ranges, dump_range_count, sizeof *dump_ranges, dump_range_order);
}

static int dump_range_find(const void *key, const void *element)
{
    const Node *n = key;
    const NodeRange *r = element;
    return n < r->begin ? -1 : n >= r->end;
}

static bool dump_is_object(Value v)
{
    if (!value_is_object(v) || v < (Value)1 << 32) return false;
    if (v >= (uintptr_t)&__executable_start && v < (uintptr_t)&_end) return false;
    return !dump_range_count || !bsearch(value_pointer(v), dump_ranges, dump_range_count,
                                         sizeof *dump_ranges, dump_range_find);
}

/* Walking ----------------------------------------------------------------------------- */

typedef struct DumpWalk {
    Machine *M;
    const State *state;
    Dump *out;
    DumpMode mode;
    void **found; /* in order of their numbers */
    size_t found_count, found_capacity;
    size_t *seen; /* hash table of numbers + 1 */
    size_t seen_mask;
} DumpWalk;

static void dump_put(DumpWalk *w, uint64_t word)
{
    Dump *d = w->out;
    if (d->count == d->capacity) d->words = dump_grown(d->words, &d->capacity, sizeof word);
    d->words[d->count++] = word;
}

static size_t *dump_seen(const DumpWalk *w, const void *o)
{
    size_t i = value_hash_word((uintptr_t)o) & w->seen_mask;
    while (w->seen[i] && w->found[w->seen[i] - 1] != o) i = (i + 1) & w->seen_mask;
    return &w->seen[i];
}

static void dump_seen_grow(DumpWalk *w)
{
    free(w->seen);
    w->seen_mask = w->seen_mask * 2 + 1;
    w->seen = calloc(w->seen_mask + 1, sizeof *w->seen);
    if (!w->seen) abort();
    for (size_t i = 0; i < w->found_count; i++) *dump_seen(w, w->found[i]) = i + 1;
}

static size_t dump_number(DumpWalk *w, void *o)
{
    if (w->found_count * 2 >= w->seen_mask) dump_seen_grow(w);
    size_t *seen = dump_seen(w, o);
    if (*seen) return *seen;
    if (w->found_count == w->found_capacity)
        w->found = dump_grown(w->found, &w->found_capacity, sizeof *w->found);
    w->found[w->found_count++] = o;
    return *seen = w->found_count;
}

static void dump_string(DumpWalk *w, const String *s);

static void dump_value(DumpWalk *w, Value v)
{
    if (w->mode == DUMP_LOADED && value_is_string(v)) {
        dump_string(w, value_string(v));
        return;
    }
    if (dump_is_object(v)) {
        dump_put(w, UINT64_MAX); /* no Value */
        v = dump_number(w, value_pointer(v));
    }
    dump_put(w, v);
}

static void dump_pointer(DumpWalk *w, const void *o) { dump_value(w, value_object(o)); }

static void dump_string(DumpWalk *w, const String *s)
{
    dump_put(w, s->length);
    for (size_t i = 0; i < s->length; i += 8) {
        uint64_t word = 0;
        memcpy(&word, s->data + i, s->length - i < 8 ? s->length - i : 8);
        dump_put(w, word);
    }
}

static void dump_table(DumpWalk *w, const Table *t)
{
    const TableBody *b = heap_table(&w->M->run, t);
    table_check(b);
    dump_pointer(w, b->meta);
    dump_put(w, (uint64_t)table_length(b));
    Value key = V_NIL, v;
    while (table_next(b, &key, &v)) {
        dump_value(w, key);
        dump_value(w, v);
    }
}

static void dump_stack(DumpWalk *w, const CoBody *b)
{
    size_t limit = b->status == CO_DEAD ? b->fp : b->top;
    for (const Segment *s = b->segment; s; limit = s->prev_frame, s = s->prev) {
        dump_put(w, limit);
        dump_put(w, (uintptr_t)s->ret);
        for (size_t i = 0; i < limit; i++) dump_value(w, s->slots[i]);
    }
}

static void dump_coroutine(DumpWalk *w, const Coroutine *c)
{
    /* the main one's stack is nobody's between runs */
    if (c == w->state->base->world->main && !w->state->base->paused) return;
    const CoBody *b = heap_coroutine(&w->M->run, c);
    dump_put(w, b->status);
    if (w->mode >= DUMP_VISIBLE) return;
    dump_put(w, (uint64_t)b->fp << 32 | (uint64_t)b->wrapped << 8 | b->failed);
    if (b->status == CO_PAUSED) dump_put(w, (uintptr_t)b->node);
    dump_pointer(w, b->resumer);
    dump_stack(w, b);
}

static void dump_values(DumpWalk *w, const Value *v, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) dump_value(w, v[i]);
}

static void dump_code(DumpWalk *w, const Proto *p)
{
    bool address = w->mode != DUMP_LOADED;
    dump_put(w, address ? (uintptr_t)p : (uint64_t)p->source->line << 32 | p->node_count);
}

/* As this state sees it: debug.upvaluejoin changes what a function has captured. */
static void dump_closure(DumpWalk *w, const Closure *c)
{
    dump_code(w, c->proto);
    dump_values(w, c->upvalues, c->proto->upvalue_count);
}

static void dump_object(DumpWalk *w, void *o)
{
    ObjectType type = object_type(o);
    dump_put(w, type);
    if (w->mode == DUMP_EXACT)
        dump_put(w, (uintptr_t)o);
    else if (type != OBJ_STRING && type != OBJ_LIGHT && w->mode != DUMP_ALIKE)
        dump_put(w, object_id(o));
    switch (type) {
    case OBJ_STRING: dump_string(w, o); break;
    case OBJ_TABLE: dump_table(w, o); break;
    case OBJ_CLOSURE: dump_closure(w, heap_closure(&w->M->run, o)); break;
    case OBJ_NATIVE:
        dump_put(w, (uintptr_t)((Native *)o)->fn);
        dump_values(w, ((Native *)o)->upvalues, ((Native *)o)->count);
        break;
    case OBJ_COROUTINE: dump_coroutine(w, o); break;
    case OBJ_USERDATA:
        dump_pointer(w, heap_userdata(&w->M->run, o)->meta);
        dump_value(w, heap_userdata(&w->M->run, o)->user);
        break;
    case OBJ_LIGHT: dump_put(w, (uintptr_t)((Light *)o)->pointer); break;
    case OBJ_CELL: dump_value(w, heap_cell(&w->M->run, o)); break;
    default: abort();
    }
}

static Dump dump_state(const State *s, DumpMode mode)
{
    Dump d = {0};
    DumpWalk w = {.M = machine_begin(s), .state = s, .out = &d, .mode = mode, .seen_mask = 255};
    dump_seen_grow(&w);
    if (mode != DUMP_ALIKE) dump_put(&w, s->next_id);
    const Random *r = s->base->random;
    for (unsigned i = 0; r && i < RANDOM_WORDS; i++)
        dump_put(&w, r->words[(r->oldest + i) % RANDOM_WORDS]);
    dump_pointer(&w, s->base->world->globals);
    dump_pointer(&w, s->base->world->registry);
    for (int i = 0; i < TYPE_COUNT; i++) dump_pointer(&w, s->base->world->type_meta[i]);
    dump_pointer(&w, s->base->paused);
    for (size_t i = 0; i < w.found_count; i++) dump_object(&w, w.found[i]);
    free(w.found);
    free(w.seen);
    machine_end(w.M);
    return d;
}

#endif
