/* SPDX-License-Identifier: MIT */
/*
 * Images of states: reading. See image.h; save.c has the order of what is written.
 *
 * A record's state is made by a run that begins from the state it differs from, the first one
 * of a whole image from nothing: new objects are the run's own, others get other contents as
 * any run gives them. So the states of an image share what they have in common. (save.c says
 * from which a state differs.)
 *
 * Main invariant: nothing that was read is believed before it was checked: a state is given
 * only if all of the image is sound.
 */
#include "image/load/loader.h"
#include "stack/frame.h"
#include "stack/upvalue.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void loader_refuse(Loader *L, const char *format, ...)
{
    va_list ap;
    source_fail(&L->in);
    if (*L->error) return;
    va_start(ap, format);
    vsnprintf(L->error, IMAGE_ERROR_MAX, format, ap);
    va_end(ap);
}

bool loader_walk(Loader *L, uint64_t nodes)
{
    uint64_t bytes = mem_counted - L->counted;
    L->counted = mem_counted;
    if (walk_take(L->walk, nodes, bytes)) return true;
    source_fail(&L->in);
    return false;
}

/* A copy of the items with room for twice as many, at least 16; the items: no memory. */
static void *loader_more(Loader *L, void *items, uint32_t count, uint32_t *capacity,
                         size_t size)
{
    if (count < *capacity) return items;
    uint32_t more = count < 8 ? 16 : count * 2;
    void *copy = mem_try_alloc(more * size);
    if (!copy) {
        loader_refuse(L, "not enough memory");
        return items;
    }
    if (count) memcpy(copy, items, count * size);
    *capacity = more;
    return copy;
}

void load_list_add(Loader *L, LoadList *l, void *item)
{
    l->items = loader_more(L, l->items, l->count, &l->capacity, sizeof *l->items);
    if (l->count < l->capacity) l->items[l->count++] = item;
}

void loader_fix(Loader *L, void **place, uint32_t number)
{
    L->fixups =
        loader_more(L, L->fixups, L->fixup_count, &L->fixup_capacity, sizeof *L->fixups);
    if (L->fixup_count < L->fixup_capacity)
        L->fixups[L->fixup_count++] = (StateFixup){place, number};
}

void loader_fix_word(Loader *L, WordFixup fixup)
{
    L->words = loader_more(L, L->words, L->word_count, &L->word_capacity, sizeof *L->words);
    if (L->word_count < L->word_capacity) L->words[L->word_count++] = fixup;
}

void loader_words_are_in(Loader *L, Segment *s)
{
    for (uint32_t i = L->word_count; i-- > 0 && !L->words[i].segment;) L->words[i].segment = s;
}

/* Closures, when all of a record have been read. */
static void fix_functions(Loader *L)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < L->word_count; i++) {
        const WordFixup *f = &L->words[i];
        if (f->proto)
            f->segment->slots[f->slot] = value_object(upvalue_in_proto(
                &L->M->run, value_pointer(f->segment->slots[f->slot]), f->proto));
        else
            L->words[left++] = *f;
    }
    L->word_count = left;
}

/* Roots ------------------------------------------------------------------------------ */

static Random *load_random(Loader *L)
{
    Random *r = mem_alloc_atomic(sizeof *r);
    *r = (Random){.epoch = L->M->run.epoch};
    const uint8_t *bytes = source_bytes(&L->in, RANDOM_WORDS * 4);
    for (int i = 0; bytes && i < RANDOM_WORDS; i++, bytes += 4)
        r->words[i] = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                      (uint32_t)bytes[3] << 24;
    return r;
}

static int32_t load_int(Loader *L)
{
    int64_t n = source_signed(&L->in);
    if (n != (int32_t)n) source_fail(&L->in);
    return (int32_t)n;
}

static uint32_t load_uint(Loader *L, uint64_t most)
{
    uint64_t n = source_number(&L->in);
    if (n > most) source_fail(&L->in);
    return (uint32_t)n;
}

/* A count of bytes: below 2^62, more than any program comes to, so that differences of them are
 * signed numbers. */
static uint64_t load_bytes_count(Loader *L)
{
    uint64_t n = source_number(&L->in);
    if (n >> 62) source_fail(&L->in);
    return n >> 62 ? 0 : n;
}

static void load_collection(Loader *L, Collection *c)
{
    c->finalizers = load_object(L, OBJ_TABLE, true);
    c->queue = load_object(L, OBJ_TABLE, true);
    c->counted = load_bytes_count(L);
    c->bytes = load_bytes_count(L);
    c->credit = load_bytes_count(L);
    c->pause = load_int(L);
    c->stepmul = load_int(L);
    c->majorinc = load_int(L);
    c->held = load_bytes_count(L);
    c->held_counted = load_bytes_count(L);
    c->held_beside = load_bytes_count(L);
    c->probes = (uint8_t)load_uint(L, UINT8_MAX);
    unsigned bits = source_byte(&L->in);
    c->weak = bits & 1;
    c->watched = bits >> 1 & 1;
    c->stopped = bits >> 2 & 1;
    c->finalizing = bits >> 3 & 1;
    if (bits > 15) source_fail(&L->in);
}

static World *load_world(Loader *L)
{
    World *w = mem_alloc(sizeof *w);
    w->globals = load_object(L, OBJ_TABLE, false);
    w->registry = load_object(L, OBJ_TABLE, false);
    w->main = load_object(L, OBJ_COROUTINE, false);
    w->hidden = load_object(L, OBJ_TABLE, true);
    for (int t = 0; t < TYPE_COUNT; t++) w->type_meta[t] = load_object(L, OBJ_TABLE, true);
    load_collection(L, &w->collection);
    return w;
}

/* Whether the state has all that the world consists of, which may be a later one's. */
static bool has_world(const World *w, uint64_t next_id)
{
    const Collection *c = &w->collection;
    const void *const parts[] = {w->globals, w->registry,   w->main,
                                 w->hidden,  c->finalizers, c->queue};
    bool has = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        has &= !parts[i] || object_id(parts[i]) < next_id;
    for (int t = 0; t < TYPE_COUNT; t++)
        has &= !w->type_meta[t] || object_id(w->type_meta[t]) < next_id;
    return has;
}

static Coroutine *load_roots(Loader *L)
{
    Machine *M = L->M;
    unsigned bits = source_byte(&L->in);
    L->next_id = source_number(&L->in);
    uint64_t counted = load_bytes_count(L);
    if (L->next_id == 0 || L->next_id > RUN_IDS + RUN_IDS / 2) source_fail(&L->in);
    if (bits & ROOTS_RANDOM)
        M->run.random = load_random(L);
    else if (!(bits & ROOTS_SAME_RANDOM))
        M->run.random = NULL;
    if (!(bits & ROOTS_SAME_WORLD))
        M->run.world = load_world(L);
    else if ((!L->record && !L->base) || !has_world(M->run.world, L->next_id))
        source_fail(&L->in);
    M->run.next_id = L->next_id;
    M->run.counted = counted;
    return bits & ROOTS_PAUSED ? load_object(L, OBJ_COROUTINE, false) : NULL;
}

/* Items ------------------------------------------------------------------------------ */

/* What the processor is to fetch while objects before it are read. (A call of a function that
 * has no effect is dropped if it is not inlined at once.) */
static inline __attribute__((always_inline)) void fetch_ahead(const Loader *L)
{
    enum { FAR = 8 };
    if (L->objects.count - L->filled > FAR)
        __builtin_prefetch(L->objects.list[L->filled + FAR]);
}

static void load_new(Loader *L)
{
    while (L->filled < L->objects.count && !loader_failed(L)) {
        mem_count(IMAGE_OBJECT_BYTES);
        if (!loader_walk(L, 1)) return;
        fetch_ahead(L);
        load_contents(L, L->objects.list[L->filled++]);
    }
}

static void *changed_object(Loader *L, uint8_t item)
{
    if (item == ITEM_CHANGE || item == ITEM_CHANGE_BASE)
        return loader_known(L, source_number(&L->in), item == ITEM_CHANGE_BASE);
    source_fail(&L->in);
    return NULL;
}

static void load_items(Loader *L)
{
    uint8_t item;
    while ((item = source_byte(&L->in)) != ITEM_END && !loader_failed(L)) {
        if (item == ITEM_NEW) {
            load_new(L);
            continue;
        }
        void *o = changed_object(L, item);
        if (o && !loader_failed(L)) load_change(L, o);
    }
    if (L->filled < L->objects.count) source_fail(&L->in);
}

/* A state has no contents of objects that were made later, as that may which it differs from.
 */
static bool is_earlier(void *next_id, const void *o)
{
    return object_id(o) < *(const uint64_t *)next_id;
}

/* Roughly as many as are alive: it says when dead entries of the heap map are worth a search.
 */
static uint32_t count_objects(const Loader *L)
{
    return L->objects.count + (L->base ? L->base->object_count : 0);
}

/* Whether the paused coroutine, when it ends, goes back to one that waits for it, and so on
 * down to the one with which the program began. */
static bool can_go_on(const Loader *L, const Coroutine *paused)
{
    uint64_t most = L->objects.count + (L->base ? L->base->object_count : 0);
    for (const Coroutine *co = paused; most-- > 0;) {
        const CoBody *b = heap_coroutine(&L->M->run, co);
        if (!b->segment || b->status != (co == paused ? CO_PAUSED : CO_NORMAL)) return false;
        const Segment *s = b->segment;
        while (s->prev) s = s->prev;
        const Node *ret = value_pointer(s->slots[FRAME_HEADER + AT_RETURN]);
        if (ret->kind == N_GLUE_HALT) return true;
        if (!b->resumer) return false;
        co = b->resumer;
    }
    return false;
}

/* The run whose state is to be the record's, as it is to be packed. */
static void load_record(Loader *L)
{
    uint32_t before = L->record && !L->base ? L->record - 1 : 0;
    const State *from = L->record ? L->states.items[before] : L->base ? L->base->state : NULL;
    L->M = machine_begin(from);
    L->counted = mem_counted;
    L->last_id = 0;
    L->like = NULL;
    L->base_below = from && !L->record ? from->next_id : 0;
    Coroutine *paused = load_roots(L);
    if (!loader_failed(L) && from && L->next_id < from->next_id)
        heap_retain(&L->M->run, is_earlier, &L->next_id);
    if (!loader_failed(L)) load_items(L);
    if (!loader_failed(L)) fix_functions(L);
    if (!loader_failed(L) && paused && !can_go_on(L, paused)) source_fail(&L->in);
    if (!loader_failed(L)) {
        if (!from || L->M->run.world != from->base->world)
            run_edit_collection(&L->M->run)->objects = count_objects(L);
        if (L->host->complete) L->host->complete(L->host->context, L->M);
        L->M->run.next_id = L->next_id;
        L->M->run.counted_from = mem_counted;
        L->M->run.co = paused; /* not the one of the state that it differs from */
        State *s = machine_snapshot(L->M);
        state_set_paused(s, paused);
        load_list_add(L, &L->states, s);
    }
    loader_walk(L, 0);
    machine_end(L->M); /* takes back what it has counted */
    numbering_free(&L->ids);
}

/* The image -------------------------------------------------------------------------- */

bool image_begins(const uint8_t *bytes, size_t length)
{
    return length >= IMAGE_AT_FORMAT && memcmp(bytes, IMAGE_MAGIC, IMAGE_AT_FORMAT) == 0;
}

static uint64_t get_word(const uint8_t *at, int bytes)
{
    uint64_t w = 0;
    for (int i = 0; i < bytes; i++) w |= (uint64_t)at[i] << 8 * i;
    return w;
}

bool image_is_delta(const uint8_t *bytes)
{
    return get_word(bytes + IMAGE_AT_FLAGS, 4) & IMAGE_HAS_BASE;
}

bool image_seed(const uint8_t *bytes, size_t length, uint64_t *seed)
{
    if (!image_begins(bytes, length) || length < IMAGE_HEADER ||
        get_word(bytes + IMAGE_AT_FORMAT, 2) != IMAGE_FORMAT)
        return false;
    *seed = get_word(bytes + IMAGE_AT_SEED, 8);
    return true;
}

static const char other_base[] = "the image is a delta to another base";

/* Why these are not the bytes of an image that this program reads, or NULL if they are. */
static const char *header_fault(const uint8_t *bytes, size_t length, const Image *base,
                                uint8_t id[IMAGE_ID])
{
    if (!image_begins(bytes, length)) return "this is no image of a state";
    if (length < IMAGE_HEADER) return "the image is cut short";
    if (get_word(bytes + IMAGE_AT_FORMAT, 2) != IMAGE_FORMAT)
        return "the image has another format than this version reads";
    if (get_word(bytes + IMAGE_AT_LENGTH, 8) != length - IMAGE_HEADER)
        return "the image is cut short, or has something behind it";
    uint64_t flags = get_word(bytes + IMAGE_AT_FLAGS, 4);
    if (flags & ~(uint64_t)(IMAGE_HAS_BASE | IMAGE_HAS_FRAMES) ||
        get_word(bytes + IMAGE_AT_ZERO, 8))
        return "the image is damaged";
    if (flags & IMAGE_HAS_FRAMES && get_word(bytes + IMAGE_AT_LINKER, 2) != IMAGE_LINKER)
        return "the image has suspended coroutines of another version of the program";
    image_hash(bytes, length, id);
    if (memcmp(bytes + IMAGE_AT_HASH, id, IMAGE_ID) != 0) return "the image is damaged";
    if (!(flags & IMAGE_HAS_BASE)) return NULL;
    if (!base) return "the image is a delta, and needs its base";
    if (memcmp(bytes + IMAGE_AT_BASE, base->id, IMAGE_ID) != 0) return other_base;
    return NULL;
}

const Image *image_base_of(const uint8_t *bytes, size_t length, const Image *base,
                           const ImageHost *host, size_t *written)
{
    uint8_t id[IMAGE_ID];
    char error[IMAGE_ERROR_MAX];
    *written = 0;
    if (!base || base->whole || header_fault(bytes, length, base, id) != other_base)
        return base;
    ByteSink nowhere = {0};
    const Image *whole = image_save(base->state, NULL, host, &nowhere, error);
    *written = nowhere.length;
    sink_free(&nowhere);
    return whole && memcmp(bytes + IMAGE_AT_BASE, whole->id, IMAGE_ID) == 0 ? whole : base;
}

static void fix_states(Loader *L)
{
    for (uint32_t i = 0; i < L->fixup_count; i++) {
        const StateFixup *f = &L->fixups[i];
        if (f->number < L->states.count)
            *f->place = L->states.items[f->number];
        else
            source_fail(&L->in);
    }
    for (uint32_t i = 0; i < L->word_count; i++) {
        const WordFixup *w = &L->words[i];
        if (w->number < L->states.count)
            w->segment->slots[w->slot] = value_object(L->states.items[w->number]);
        else
            source_fail(&L->in);
    }
}

static uint32_t states_wanted(const Loader *L)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < L->word_count; i++)
        if (L->words[i].number > most) most = L->words[i].number;
    for (uint32_t i = 0; i < L->fixup_count; i++)
        if (L->fixups[i].number > most) most = L->fixups[i].number;
    return most;
}

static Image *load_records(Loader *L)
{
    do {
        load_record(L);
        if (!L->record) L->first_count = L->objects.count;
        L->record++;
    } while (!loader_failed(L) && source_left(&L->in));
    if (!loader_failed(L)) fix_states(L);
    if (!loader_failed(L) && states_wanted(L) + 1 != L->states.count) source_fail(&L->in);
    if (loader_failed(L)) return NULL;
    return image_new(L->states.items[0], L->base,
                     &(ImageNew){&L->objects, L->first_count,
                                 (const Proto *const *)L->chunks.items, L->chunks.count});
}

/* The order of pairs goes by the hashes of strings: what was saved in the middle of a traversal
 * would meet keys twice, or not at all, if it went on where they are others. Answers whether
 * they are the same. */
static bool has_our_seed(const uint8_t *bytes, char error[IMAGE_ERROR_MAX])
{
    uint64_t seed = get_word(bytes + IMAGE_AT_SEED, 8), ours = string_seed_in_use();
    if (seed == ours) return true;
    snprintf(error, IMAGE_ERROR_MAX,
             "the image was saved where strings are hashed by the seed %llu, and not by %llu",
             (unsigned long long)seed, (unsigned long long)ours);
    return false;
}

/* Bytes of memory that most images take for one of theirs, and hardly any does not. */
enum { EXPECTED_A_BYTE = 6 };

Image *image_load_within(const uint8_t *bytes, size_t length, const Image *base,
                         const ImageHost *host, Walk *walk, char error[IMAGE_ERROR_MAX])
{
    Loader L = {.base = base, .host = host, .walk = walk, .error = error, .length = length};
    uint8_t id[IMAGE_ID];
    *error = '\0';
    const char *fault = header_fault(bytes, length, base, id);
    if (fault) {
        snprintf(error, IMAGE_ERROR_MAX, "%s", fault);
        return NULL;
    }
    if (!has_our_seed(bytes, error)) return NULL;
    if (!image_is_delta(bytes)) L.base = NULL;
    L.in = (ByteSource){bytes + IMAGE_HEADER, bytes + length, false};
    L.frames = get_word(bytes + IMAGE_AT_FLAGS, 4) & IMAGE_HAS_FRAMES;
    L.stack_words = ((size_t)1 << 20) + 16 * length;
    MemAccount before = mem_account; /* what is counted here is not the program's */
    mem_bound = mem_bound_new(MEM_UNBOUNDED, NULL, NULL);
    if (length < SIZE_MAX / EXPECTED_A_BYTE) mem_expect(length * EXPECTED_A_BYTE);
    Image *image = load_records(&L);
    mem_expect(0);
    if (mem_short) { /* something refused was not noticed */
        image = NULL;
        snprintf(error, IMAGE_ERROR_MAX, "not enough memory");
    }
    mem_account = before;
    if (image) memcpy(image->id, id, IMAGE_ID);
    if (!image && !*error) snprintf(error, IMAGE_ERROR_MAX, "the image is damaged");
    return image;
}

Image *image_load(const uint8_t *bytes, size_t length, const Image *base, const ImageHost *host,
                  char error[IMAGE_ERROR_MAX])
{
    Walk walk = walk_begin();
    return image_load_within(bytes, length, base, host, &walk, error);
}
