/* SPDX-License-Identifier: MIT */
/*
 * Fuzzer of images: bytes behind a right header are an error, or a state that may be looked at,
 * traced, saved again and run, whatever they are.
 *
 * Its seeds are made when it begins: images of small worlds, some of them paused. So they are
 * always of the current format. The mutator lets the loader read
 * the image and notes where each field is (SOURCE_SEEN in image/bytes.h). It then changes,
 * moves, repeats and removes whole fields: what follows a change is still read as it was meant.
 *
 * MUTANTS=n MUTANT_SEED=k: instead of libFuzzer's search, about n mutants of the seeds, those
 * of the number k, without looking at what they reach, which takes time. The process says how
 * many it tried and how many of them were images, and ends.
 */
#include "image/bytes.h"
#include "image/format.h"
#include "image/image.h"
#include "image_worlds.h"
#include "moonlet.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/mem.h"

/* fuzz_delta.c: deltas to the first state. */
#ifndef FUZZ_DELTAS
#define FUZZ_DELTAS 0
#endif

enum { SEEDS = 900, FIELDS_MAX = 20000, PAUSES = 24 };

/* The back-end for fuzzing gives no memory back: then it is time for a new process. */
static const uint64_t bytes_max = (uint64_t)1 << 30;

typedef struct Seed {
    uint8_t *body;
    size_t size;
} Seed;

typedef struct Field {
    SourceField kind;
    uint32_t from, to;
} Field;

static struct {
    Seed seeds[SEEDS];
    size_t count, given;
    moonlet_image *base; /* NULL: whole images */
    moonlet_chunk *probe;
    const uint8_t *body; /* of the image whose fields are being noted; NULL: none are */
    size_t size;
    Field fields[FIELDS_MAX];
    size_t field_count;
} fuzz;

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
static void run_mutants(unsigned long count, uint64_t random);

static const char probe[] =
    "local pcall, next, type, info, upvalue = pcall, next, type, info, upvalue\n"
    "local function try(f, ...) return pcall(f, ...) end\n"
    "local seen = {}\n"
    "local function look(v, depth)\n"
    "  if seen[v] or depth > 20 then return end\n"
    "  local t = type(v)\n"
    "  if t == 'table' then seen[v] = true\n"
    "    for k, x in next, v do look(k, depth + 1) look(x, depth + 1) end\n"
    "    look(getmetatable(v), depth + 1) try(function() return #v, v.x, "
    "v + 1 end)\n"
    "  elseif t == 'thread' then seen[v] = true\n"
    "    try(traceback, v) for i = 1, 3 do try(resume, v, i) end\n"
    "  elseif t == 'function' then seen[v] = true\n"
    "    local i = info(v, 'S')\n"
    "    if i.what ~= 'C' then try(v, 1, 2) try(dump, v) end\n"
    "    for i = 1, 9 do local n, x = upvalue(v, i) look(x or 0, depth + 1) end\n"
    "  end\n"
    "end\n"
    "look(_G, 1) collectgarbage() look(_G, 1)\n";

/* Images ------------------------------------------------------------------------------- */

/* The image with this body; NULL: it is none. */
static moonlet_image *from_body(const uint8_t *data, size_t size)
{
    size_t length = size + IMAGE_HEADER;
    uint8_t *bytes = calloc(1, length);
    if (!bytes) abort();
    memcpy(bytes, IMAGE_MAGIC, IMAGE_AT_FORMAT);
    bytes[IMAGE_AT_FORMAT] = IMAGE_FORMAT;
    bytes[IMAGE_AT_LINKER] = IMAGE_LINKER;
    bytes[IMAGE_AT_FLAGS] = IMAGE_HAS_FRAMES | (fuzz.base ? IMAGE_HAS_BASE : 0);
    for (int i = 0; i < 8; i++) bytes[IMAGE_AT_LENGTH + i] = (uint8_t)((uint64_t)size >> 8 * i);
    uint64_t seed = string_seed_in_use();
    for (int i = 0; i < 8; i++) bytes[IMAGE_AT_SEED + i] = (uint8_t)(seed >> 8 * i);
    if (fuzz.base) memcpy(bytes + IMAGE_AT_BASE, moonlet_image_id(fuzz.base), IMAGE_ID);
    if (size) memcpy(bytes + IMAGE_HEADER, data, size);
    image_hash(bytes, length, bytes + IMAGE_AT_HASH);
    char *message = NULL;
    moonlet_image *i =
        moonlet_image_load((char *)bytes, length, fuzz.base, &image_host, &message);
    if (!i && !message) abort();
    free(message);
    free(bytes);
    return i;
}

static void use(const moonlet_state *s)
{
    moonlet_limits limits = {.steps = 2000, .bytes = 8000000, .stack = 5000, .string = 100000};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_digest(s);
    moonlet_memory(s, NULL);
    if (moonlet_is_paused(s)) {
        moonlet_release(moonlet_stacktrace(limited).state);
        moonlet_release(moonlet_resume(limited).state);
    }
    moonlet_result r = moonlet_call_chunk(limited, fuzz.probe, NULL, 0);
    char *message = NULL;
    moonlet_image_release(moonlet_image_save(s, fuzz.base, &image_host, &message));
    free(message);
    moonlet_image_release(moonlet_image_save(r.state, NULL, &image_host, &message));
    free(message);
    moonlet_release(r.state);
    moonlet_release(limited);
}

/* Answers whether it is one. */
static bool try_body(const uint8_t *data, size_t size)
{
    moonlet_image *i = from_body(data, size);
    if (!i) return false;
    moonlet_state *s = moonlet_image_state(i);
    use(s);
    moonlet_release(s);
    moonlet_image_release(i);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (mem_bytes_total() > bytes_max) return raise(SIGUSR1), 0;
    try_body(data, size);
    return 0;
}

/* Seeds -------------------------------------------------------------------------------- */

static moonlet_state *done(moonlet_state *s, const char *source, uint64_t steps)
{
    moonlet_limits limits = {.steps = steps};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, source);
    if (r.status == MOONLET_FAILED && !steps) {
        fprintf(stderr, "%s\n%s\n", source, r.error->message);
        abort();
    }
    moonlet_release(limited);
    moonlet_release(s);
    return r.state;
}

static void add_seed(const moonlet_state *s)
{
    size_t length;
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, fuzz.base, &image_host, &message);
    if (!i) abort();
    if (moonlet_image_is_delta(i) == (fuzz.base != NULL) && fuzz.count < SEEDS) {
        const char *bytes = moonlet_image_bytes(i, &length);
        Seed *seed = &fuzz.seeds[fuzz.count++];
        seed->size = length - IMAGE_HEADER;
        seed->body = malloc(seed->size);
        memcpy(seed->body, bytes + IMAGE_HEADER, seed->size);
    }
    moonlet_image_release(i);
}

static moonlet_state *first_state(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "host", image_entries);
    moonlet_release(s);
    s = done(r.state, strip, 0);
    return FUZZ_DELTAS ? done(s, grown, 0) : s;
}

/* The worlds, and those that have paused at each of their first steps. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz.probe = moonlet_compile(probe, strlen(probe), "=probe", NULL);
    moonlet_state *first = first_state();
    if (FUZZ_DELTAS) fuzz.base = moonlet_image_save(first, NULL, &image_host, NULL);
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        moonlet_state *s = done(moonlet_retain(first), worlds[i], 0);
        size_t length;
        const char *go = moonlet_to_bytes(moonlet_global(s, "go"), &length);
        for (uint64_t steps = 1; go && steps < PAUSES; steps++) {
            char text[512];
            snprintf(text, sizeof text, "%.*s", (int)length, go);
            moonlet_state *paused = done(moonlet_retain(s), text, steps);
            if (moonlet_is_paused(paused)) add_seed(paused);
            moonlet_release(paused);
        }
        add_seed(s);
        moonlet_release(s);
    }
    moonlet_release(first);
    if (!fuzz.probe || fuzz.count < sizeof worlds / sizeof *worlds / 2) abort();
    const char *mutants = getenv("MUTANTS"), *seed = getenv("MUTANT_SEED");
    if (mutants) run_mutants(strtoul(mutants, NULL, 10), seed ? strtoul(seed, NULL, 10) : 0);
    return 0;
}

/* Mutations ---------------------------------------------------------------------------- */

static void note_field(SourceField kind, const uint8_t *from, const uint8_t *to)
{
    bool within = from >= fuzz.body && to <= fuzz.body + fuzz.size && from < to;
    if (!within || fuzz.field_count == FIELDS_MAX) return;
    fuzz.fields[fuzz.field_count++] =
        (Field){kind, (uint32_t)(from - fuzz.body), (uint32_t)(to - fuzz.body)};
}

/* The loader reads a copy of the bytes: where that begins is where it reads first. */
static void note_first(SourceField kind, const uint8_t *from, const uint8_t *to)
{
    fuzz.body = from;
    source_seen = note_field;
    note_field(kind, from, to);
}

static void find_fields(const uint8_t *data, size_t size)
{
    fuzz.field_count = 0;
    fuzz.size = size;
    source_seen = note_first;
    moonlet_image_release(from_body(data, size));
    source_seen = NULL;
    fuzz.body = NULL;
}

typedef struct Mutation {
    uint8_t *data;
    size_t size, max;
    uint64_t random;
} Mutation;

/* splitmix64; 0..below-1. */
static unsigned any(Mutation *m, unsigned below)
{
    uint64_t z = m->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ z >> 31) % below);
}

/* Bytes from..to become these. */
static void splice(Mutation *m, size_t from, size_t to, const uint8_t *bytes, size_t n)
{
    if (to > m->size || m->size - (to - from) + n > m->max) return;
    uint8_t *copy = malloc(n + 1);
    memcpy(copy, bytes, n);
    memmove(m->data + from + n, m->data + to, m->size - to);
    memcpy(m->data + from, copy, n);
    m->size = m->size - (to - from) + n;
    free(copy);
}

static uint64_t number_at(const Mutation *m, const Field *f)
{
    uint64_t n = 0;
    for (uint32_t i = f->from, shift = 0; i < f->to && shift < 64; i++, shift += 7)
        n |= (uint64_t)(m->data[i] & 0x7f) << shift;
    return n;
}

static void put_number(Mutation *m, const Field *f, uint64_t n)
{
    uint8_t bytes[10];
    size_t count = 0;
    for (; n >= 0x80; n >>= 7) bytes[count++] = (uint8_t)(n | 0x80);
    bytes[count++] = (uint8_t)n;
    splice(m, f->from, f->to, bytes, count);
}

static const Field *any_field(Mutation *m)
{
    return &fuzz.fields[any(m, (unsigned)fuzz.field_count)];
}

/* Another field of the kind, if one is found soon. */
static const Field *like(Mutation *m, const Field *f)
{
    const Field *g = f;
    for (int i = 0; i < 20; i++) {
        g = any_field(m);
        if (g->kind == f->kind && g != f) break;
    }
    return g;
}

static void change_number(Mutation *m, const Field *f)
{
    static const uint64_t edges[] = {
        127,       128,        255,        256,        65535,      65536,     (1u << 31) - 1,
        1u << 31,  UINT32_MAX, 1ull << 32, 1ull << 46, 1ull << 47, INT64_MAX, 1ull << 63,
        UINT64_MAX};
    uint64_t n = number_at(m, f);
    switch (any(m, 6)) {
    case 0: n++; break;
    case 1: n--; break;
    case 2: n = any(m, 32); break;
    case 3: n = edges[any(m, sizeof edges / sizeof *edges)]; break;
    case 4: n ^= (uint64_t)1 << any(m, 12); break;
    default: n = number_at(m, like(m, f)); break;
    }
    put_number(m, f, n);
}

static void change_field(Mutation *m, const Field *f)
{
    uint8_t *at = m->data + f->from;
    switch (f->kind) {
    case FIELD_NUMBER: change_number(m, f); break;
    case FIELD_BYTE:
        if (any(m, 3) == 0)
            *at = (uint8_t)any(m, 256);
        else
            *at = any(m, 2) ? (uint8_t)any(m, 24) : m->data[like(m, f)->from];
        break;
    default: at[any(m, f->to - f->from)] ^= (uint8_t)(1 << any(m, 8)); break;
    }
}

/* Some fields in a row go over others, between others, or away. */
static void move_fields(Mutation *m)
{
    size_t i = any(m, (unsigned)fuzz.field_count), n = 1 + any(m, 6);
    size_t j = any(m, (unsigned)fuzz.field_count), k = 1 + any(m, 6);
    if (i + n > fuzz.field_count || j + k > fuzz.field_count) return;
    const Field *f = fuzz.fields;
    uint8_t *from = m->data + f[i].from;
    size_t size = f[i + n - 1].to - f[i].from;
    if (f[i].from > f[i + n - 1].to || f[j].from > f[j + k - 1].to) return;
    switch (any(m, 3)) {
    case 0: splice(m, f[j].from, f[j + k - 1].to, from, size); break;
    case 1: splice(m, f[j].from, f[j].from, from, size); break;
    default: splice(m, f[j].from, f[j + k - 1].to, from, 0); break;
    }
}

static void mutate(Mutation *m)
{
    if (any(m, 4))
        change_field(m, any_field(m));
    else
        move_fields(m);
}

static size_t give_seed(Mutation *m, const Seed *s)
{
    memcpy(m->data, s->body, s->size);
    return m->size = s->size;
}

/* First each of the seeds as it is. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    Mutation m = {.data = data, .size = size, .max = max, .random = seed};
    const Seed *s = &fuzz.seeds[any(&m, (unsigned)fuzz.count)];
    const Seed *next = fuzz.given < fuzz.count ? &fuzz.seeds[fuzz.given++] : NULL;
    if (next && next->size <= max) return give_seed(&m, next);
    if ((size < 8 || any(&m, 16) == 0) && s->size <= max) give_seed(&m, s);
    if (m.size >= 8 && any(&m, 16)) find_fields(m.data, m.size);
    if (!fuzz.field_count) return LLVMFuzzerMutate(data, m.size, max);
    mutate(&m);
    fuzz.field_count = 0;
    return m.size;
}

/* Of one seed, some; each has one change, or some that do not know of each other. */
static size_t mutants_of(Mutation *m, const Seed *s, size_t *images)
{
    enum { OF_A_SEED = 200 };
    if (s->size > m->max) return 0;
    find_fields(s->body, s->size);
    for (int i = 0; i < OF_A_SEED; i++) {
        give_seed(m, s);
        do mutate(m);
        while (any(m, 3) == 0);
        *images += try_body(m->data, m->size);
    }
    return OF_A_SEED;
}

static void run_mutants(unsigned long count, uint64_t random)
{
    static uint8_t data[1 << 14];
    Mutation m = {.data = data, .max = sizeof data, .random = random << 32};
    size_t tried = 0, images = 0;
    while (tried < count && mem_bytes_total() <= bytes_max)
        tried += mutants_of(&m, &fuzz.seeds[any(&m, (unsigned)fuzz.count)], &images);
    printf("%zu mutants, %zu of them images\n", tried, images);
    fflush(stdout);
    _Exit(EXIT_SUCCESS);
}
